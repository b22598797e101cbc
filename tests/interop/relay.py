"""A TCP relay that keeps what went through it, frame by frame."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field

import sanwang.wire


@dataclass
class Relay:
    """Listens on a port of its own; each connection is passed on to ``target``."""

    protocol: str
    version: str
    target: int
    port: int = 0
    frames: list[tuple[str, sanwang.wire.Pdu]] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Relay:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def pdus(self, direction: str, name: str) -> list[sanwang.wire.Pdu]:
        """The PDUs of this name that went ``to`` the target or came ``from`` it, in order."""
        return [pdu for where, pdu in list(self.frames) if where == direction and pdu.pdu == name]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._open += [near, far]
                for source, sink, direction in ((near, far, "to"), (far, near, "from")):
                    threading.Thread(target=self._pump, args=(source, sink, direction), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                rest += octets
                while len(rest) >= 4 and len(rest) >= (length := int.from_bytes(rest[:4], "big")):
                    frame, rest = rest[:length], rest[length:]
                    pdus = sanwang.wire.decode(self.protocol, frame, version=self.version)
                    self.frames += [(direction, pdu) for pdu in pdus]
                sink.sendall(octets)
        # Also after a reset: the other side must hear of it.
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
