"""What the tests share: the four dialects, a Java peer and a recording relay."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from peer import SOON, Peer, free_port
from relay import Relay

ACCOUNT, SECRET = "901234", "secret"
NUMBER = "10657001"
LONG = "长短信经过三个网关，一个字也不能少。" * 10
"""180 characters: three segments."""


@dataclass(frozen=True)
class Dialect:
    """One protocol version of both sides."""

    name: str
    protocol: str
    version: str
    phone: str
    wire_phone: str
    login: str
    report: str
    end: str
    link_test: str

    @property
    def deliver_class(self) -> str:
        """What they call a delivery."""
        return "DeliverMessage" if self.protocol == "smgp" else "DeliverRequestMessage"

    def url(self, port: int, secret: str = SECRET, **settings: Any) -> str:
        """An account of ours at this port."""
        settings = {"version": self.version, "sender": NUMBER, **settings}
        if self.protocol == "sgip":
            settings = {"node": 3037112346, "corp_id": "12345", **settings}
        query = "&".join(f"{key}={value}" for key, value in settings.items())
        return f"{self.protocol}://{ACCOUNT}:{secret}@127.0.0.1:{port}?{query}"


CMPP20 = Dialect(
    "cmpp20", "cmpp", "2.0", "13800138000", "13800138000", "connect", "deliver", "terminate", "active_test"
)
CMPP30 = Dialect(
    "cmpp30", "cmpp", "3.0", "13800138000", "13800138000", "connect", "deliver", "terminate", "active_test"
)
SGIP12 = Dialect("sgip12", "sgip", "1.2", "13000000001", "8613000000001", "bind", "report", "unbind", "")
SMGP30 = Dialect(
    "smgp30", "smgp", "3.0", "18900000001", "18900000001", "login", "deliver", "exit", "active_test"
)


ALL = (CMPP20, CMPP30, SGIP12, SMGP30)
KEPT_OPEN = (CMPP20, CMPP30, SMGP30)
"""Both sides use one connection for everything, and test it when it is quiet. SGIP does neither."""


def dialects(*which: Dialect) -> pytest.MarkDecorator:
    """The dialects a test is for."""
    return pytest.mark.parametrize("dialect", which, ids=lambda dialect: dialect.name)


class Events:
    """Collects events of a handler; ``next`` waits for one."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def __call__(self, event: Any) -> None:
        self._queue.put(event)

    def next(self) -> Any:
        return self._queue.get(timeout=SOON)

    def until(self, wanted: Callable[[Any], bool]) -> Any:
        while not wanted(event := self.next()):
            pass
        return event


Start = Callable[..., tuple[Peer, Relay]]


@pytest.fixture
def start(dialect: Dialect, tmp_path: Path) -> Iterator[Start]:
    """Starts the Java side with a relay in front of the side that listens."""
    with contextlib.ExitStack() as stack:

        def one(
            role: str, port: int = 0, secret: str = SECRET, window: int = 16, version: str | None = None
        ) -> tuple[Peer, Relay]:
            target = port or free_port()
            relay = stack.enter_context(Relay(dialect.protocol, version or dialect.version, target))
            where = relay.port if role == "sp" else target
            log = tmp_path / f"{role}.log"
            peer = Peer(
                role, dialect.name, port=where, account=ACCOUNT, secret=secret, window=window, log=log
            )
            stack.callback(peer.close)
            peer.until("open")
            return peer, relay

        yield one
