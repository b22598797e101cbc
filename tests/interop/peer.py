"""sms-core in a process of its own (``src/Peer.java``), its words as Python values."""

from __future__ import annotations

import itertools
import json
import os
import queue
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOON = 60.0
"""Seconds after which something that should have happened has not. Java starts slowly on a busy machine."""


_given = itertools.count(os.getpid() * 64)


def free_port() -> int:
    """A port that is free, and stays so: it is below those that the system gives to connections."""
    while True:
        port = 10_000 + next(_given) % 20_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class Peer:
    """One end played by sms-core: ``role`` is ``gateway`` or ``sp``."""

    def __init__(
        self, role: str, dialect: str, *, port: int, account: str, secret: str, window: int, log: Path
    ) -> None:
        classes = f"{HERE}/target/interop-1.jar:{HERE}/target/lib/*"
        self._log = log.open("w")
        self._process = subprocess.Popen(
            # It copies objects by reflection, which newer Java machines must be told to allow.
            [
                *(
                    "java",
                    "-Xmx256m",
                    "-XX:TieredStopAtLevel=1",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                ),
                *("--add-opens=java.base/java.util=ALL-UNNAMED", "-Duser.timezone=Asia/Shanghai"),
                *("-cp", classes, "Peer", role, dialect, str(port), account, secret, str(window)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def until(self, event: str, of: str = "") -> dict[str, Any]:
        """The next event of this name; a ``pdu`` of the class that ends so."""
        while True:
            try:
                found = self._events.get(timeout=SOON)
            except queue.Empty:
                raise AssertionError(f"no {event} {of}; so far {self.names()}") from None
            if found is None:
                raise AssertionError(f"the Java program ended; it had said {self.names()}")
            self.seen.append(found)
            if found["event"] == event and found.get("class", "").endswith(of):
                return found

    def names(self) -> list[str]:
        """What it has said so far."""
        return [str(event.get("class", event["event"])) for event in self.seen]

    def say(self, *words: str) -> None:
        """Give it a command (``Peer.java`` lists them)."""
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join(words) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            try:
                self.say("quit")
                self._process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        self._log.close()
