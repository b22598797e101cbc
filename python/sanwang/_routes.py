"""Route tables: which gateway serves a number segment or a service number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _native

if TYPE_CHECKING:
    import os

    from typing_extensions import Self

    from ._link import Link
    from ._native import LinkRequest, RouteEntry
    from ._owner import Seconds


class RouteTable:
    """A route server's table (GNS), or with ``own``, a gateway's code, that gateway's replica of it.

    Every thread and link may use it. ``limit`` bounds its routes (100,000).
    """

    def __init__(self, protocol: str, own: str | None = None, *, limit: int | None = None) -> None:
        self._native = _native.RouteTable(protocol, own, limit)

    @classmethod
    def _of(cls, native: _native.RouteTable) -> Self:
        table = cls.__new__(cls)
        table._native = native
        return table

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a table from a file.

        Raises :class:`OSError`, or :class:`RouteError`, which names the line that is wrong.
        """
        return cls._of(_native.RouteTable.load(path))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a table from what :meth:`to_text` gave."""
        return cls._of(_native.RouteTable.from_text(text))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the table to a file, which is whole or the old one at any time.

        It holds what gateways have not been told, and SGIP's passwords: only its owner may read it.
        """
        self._native.save(path)

    def to_text(self) -> str:
        """Return the table as text, one line a route."""
        return self._native.to_text()

    # ---- routes

    def add(self, route: RouteEntry) -> int:
        """Add a route now and return its number. Raises :class:`RouteError`."""
        return self._native.add(route)

    def change(self, route: RouteEntry) -> None:
        """Change a route now, by its kind and number. Raises :class:`RouteError`."""
        self._native.change(route)

    def remove(self, kind: str, number: int) -> RouteEntry:
        """Delete a route and return it. Raises :class:`RouteError` where there is none."""
        return self._native.remove(kind, number)

    def get(self, kind: str, number: int) -> RouteEntry | None:
        """Return a route by its kind (``segment``, ``service``, ``gateway``) and number."""
        return self._native.get(kind, number)

    @property
    def routes(self) -> list[RouteEntry]:
        """The routes, by kind and number."""
        return self._native.routes

    def by_phone(self, number: str) -> RouteEntry | None:
        """Return the route of a phone number: the longest segment that holds it."""
        return self._native.by_phone(number)

    def by_service(
        self, number: str, service_id: str = "", code: int = 0, *, asking: str = ""
    ) -> RouteEntry | None:
        """Return the route of a service number: the longest SP_Code that it begins with.

        One that is bound to the service is preferred, then one that leads to the gateway ``asking``, then the
        main access point.
        """
        return self._native.by_service(number, service_id, code, asking)

    def gateway_of(self, number: str) -> str | None:
        """Return the code of the gateway that serves a phone number."""
        route = self.by_phone(number)
        return None if route is None else route.gateway

    def __len__(self) -> int:
        return len(self._native)

    # ---- at work

    def answer(self, request: LinkRequest) -> bytes | None:
        """Answer a request about routes: the PDU for ``on_request`` to return. None for any other request."""
        return self._native.answer(request)

    def follow(self, gateway: str) -> None:
        """Tell a gateway of changes from now on; it is taken to know the table as it is."""
        self._native.follow(gateway)

    def forget(self, gateway: str) -> None:
        """Tell a gateway of changes no more."""
        self._native.forget(gateway)

    @property
    def behind(self) -> dict[str, int]:
        """The gateways that are told of changes, and how many changes each has not been told."""
        return dict(self._native.behind)

    def push(self, link: Link, *, timeout: Seconds | None = 60) -> None:
        """Push to every gateway that is followed what it has not been told, and return at once.

        It is one change after the other, each when the one before was answered within ``timeout``. A
        gateway that is away keeps its place: call this again when it is back, for example from
        ``on_state``, and after every change.
        """
        self._native.push(link._native, timeout)

    def fetch(self, link: Link, peer: str, *, timeout: Seconds | None = 60) -> int:
        """Fetch the whole table from the route server ``peer``, and return how many routes it has.

        The old table stays until the new one is whole. Each exchange may take ``timeout``. Raises
        :class:`LinkError` or :class:`RouteError`.
        """
        return self._native.fetch(link._native, peer, timeout)

    # ---- what is known

    @property
    def protocol(self) -> str:
        """cmpp, sgip or smgp."""
        return self._native.protocol

    @property
    def own(self) -> str | None:
        """A replica's own gateway code; None in a route server."""
        return self._native.own

    def __repr__(self) -> str:
        role = "server" if self.own is None else f"replica of {self.own}"
        return f"<sanwang.RouteTable {self.protocol} {role}, {len(self)} routes>"
