"""What the tests share: a simulator, clients, and queues of events."""

from __future__ import annotations

import itertools
import os
import queue
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import sanwang

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROTOCOLS = ("cmpp", "sgip", "smgp")
RECEIVERS = {"cmpp": "13800138000", "sgip": "13000000001", "smgp": "18900000001"}
SOON = 20.0
"""Seconds after which something that should have happened has not."""


class Events:
    """Collects events; ``next`` waits for one."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()
        self.seen: list[Any] = []

    def __call__(self, event: Any) -> None:
        self.seen.append(event)
        self._queue.put(event)

    def next(self) -> Any:
        return self._queue.get(timeout=SOON)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def sim() -> Iterator[sanwang.Simulator]:
    with sanwang.Simulator() as simulator:
        yield simulator


_given = itertools.count(os.getpid() * 64)


def free_port() -> int:
    """Give a port of this machine that is free, and stays so until the test uses it.

    It is below those that the system gives to connections, and above those of the examples.
    """
    while True:
        port = 10_000 + next(_given) % 20_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@pytest.fixture
def dead_url() -> str:
    """An account at an address where nobody listens."""
    return f"cmpp://901234:secret@127.0.0.1:{free_port()}?sender=10657001"


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in an interpreter of its own."""

    def run(script: str) -> subprocess.CompletedProcess[str]:
        # Started in the background of a shell the tests inherit an ignored SIGINT, and Python keeps it so.
        head = (
            "import faulthandler, signal, sys; faulthandler.dump_traceback_later(50, exit=True)\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        )
        return subprocess.run(
            [sys.executable, "-W", "error::ResourceWarning", "-c", head + script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
