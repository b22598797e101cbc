"""Raw links: between gateways, to a route server, from it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from . import _native
from ._client import _accounts
from ._enums import LinkState
from ._errors import ConfigError
from ._gateway import Listener, Secret
from ._owner import Owner, Seconds, Setting, check_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ._native import AccountState, Answer, LinkReply, LinkRequest, Log, Trouble

    H = TypeVar("H", bound=Callable[..., object])


class Encodes(Protocol):
    """A PDU that writes its own frame."""

    def encode(self, version: str, /) -> bytes:
        """Return the frame in the layout of a version."""


PduGiven: TypeAlias = "bytes | bytearray | memoryview | Encodes"
"""A PDU: the octets of its frame, or an object that gives them. Its sequence is not looked at."""

Sequence: TypeAlias = "tuple[int, int, int]"
"""An SGIP sequence, as ``pdu.header["sequence"]`` gives it."""

HANDLERS = ("on_request", "on_state", "on_trouble", "on_log")


class Link(Owner):
    """Raw, authenticated connections of any role and login type.

    ``dial`` maps the names of peers to URLs, or to dictionaries with ``url`` and settings of their own; the
    URL holds the address and our own login. ``listen`` are URLs without user, and ``peers`` the names and
    secrets of those who may log in there. Window, pace, keep-alive and reconnecting are those of every
    account; keyword arguments are settings of every peer and listener they apply to, settings of the engine,
    or handlers.

    Any PDU but login, end and link test can be requested of a peer, and any PDU a peer asks with can be
    answered. PDUs go in as the octets of their frame (or an object with ``encode(version)``), and come out as
    octets and as ``sanwang.wire.decode`` reads them.
    """

    def __init__(
        self,
        *,
        dial: Mapping[str, str | Mapping[str, Setting]] | None = None,
        listen: str | Iterable[str] = (),
        peers: Mapping[str, Secret] | None = None,
        on_request: Callable[[LinkRequest], PduGiven | Answer | None] | None = None,
        on_state: Callable[[AccountState], object] | None = None,
        on_trouble: Callable[[Trouble], object] | None = None,
        on_log: Callable[[Log], object] | None = None,
        **settings: Setting,
    ) -> None:
        check_keys(settings, "dial", "listen", "peers", *HANDLERS)
        urls = [listen] if isinstance(listen, str) else list(listen)
        self._native: _native.Link = _native.Link(
            _accounts(dial or {}), urls, list((peers or {}).items()), settings
        )
        self._waiting: dict[int, Callable[[LinkReply], object]] = {}
        self._number = 0
        self._numbering = threading.Lock()
        waiting = self._waiting

        def replied(reply: LinkReply) -> None:
            # It does not hold the link, so that one nobody holds can go.
            then = waiting.pop(reply.user_data, None)
            if then is not None:
                then(reply)

        self._begin(
            ",".join([*(dial or {}), *(address for _, address in self._native.listeners)]),
            {
                "on_request": on_request,
                "on_reply": replied,
                "on_state": on_state,
                "on_trouble": on_trouble,
                "on_log": on_log,
            },
        )

    # ---- asking

    def request(
        self,
        peer: str,
        pdu: PduGiven,
        *,
        timeout: Seconds | None = 60,
        sequence: Sequence | None = None,
    ) -> LinkReply:
        """Request something of a peer and wait for the answer at most ``timeout``.

        A peer that is away is waited for within the same time. An empty name is the only peer's. ``sequence``
        keeps the one of a forwarded SGIP message. Raises :class:`LinkError`; :class:`WouldDeadlock` inside a
        handler: there, use :meth:`request_then`.
        """
        return self._native.request(peer, pdu, sequence, timeout)

    def request_then(
        self,
        peer: str,
        pdu: PduGiven,
        then: Callable[[LinkReply], object],
        *,
        timeout: Seconds | None = 60,
        sequence: Sequence | None = None,
    ) -> None:
        """Request something of a peer; ``then`` gets the reply, or the news that none came.

        It runs where handlers run, and this may be called in a handler. Raises :class:`LinkError` when
        nothing was asked; ``then`` is not called in that case.
        """
        if not callable(then):
            raise TypeError(f"then is a function that takes the reply, not {then!r}")
        with self._numbering:
            self._number += 1
            number = self._number
        self._waiting[number] = then
        try:
            self._native.ask(peer, pdu, sequence, timeout, number)
        except BaseException:
            self._waiting.pop(number, None)
            raise

    # ---- answering

    def on_request(self, handler: H) -> H:
        """Handle requests of peers: what the handler returns is the answer.

        That is a PDU; ``None`` to refuse it in the protocol's words, because nobody here handles such
        requests; or ``sanwang.LATER``, which :meth:`answer` or :meth:`refuse` follows, or it is refused as
        busy after ``ack_within``. There is one such handler. Without it every request is refused; where it
        raises or returns something else, that is logged and the request refused as busy.
        """
        return self._on("on_request", handler)

    def answer(self, request: LinkRequest, pdu: PduGiven) -> None:
        """Answer a request that its handler left for later. Every thread may do so.

        Raises :class:`LinkError`: STALE when it was answered or refused before.
        """
        self._native.answer(request, pdu)

    def refuse(self, request: LinkRequest, *, busy: bool = False) -> None:
        """Refuse a request that its handler left for later; ``busy``: the peer may ask again."""
        self._native.refuse(request.token, busy)

    # ---- waiting

    def wait_online(self, peer: str = "", timeout: Seconds | None = None) -> None:
        """Wait until a peer is online; an empty name is the only peer's.

        Raises :class:`Closed` when it is closed meanwhile, and :class:`Timeout`, which says where the peer
        stands. A peer that is dialled on demand (SGIP,
        ``idle_close``) is online only while there is something to say.
        """
        self._native.wait_online(peer, timeout)

    # ---- what is known

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Where it listens, in the order of the URLs, with the real ports."""
        return tuple(Listener(protocol, address) for protocol, address in self._native.listeners)

    @property
    def peers(self) -> dict[str, LinkState]:
        """The peers that are dialled or have logged in, and where they stand."""
        return {name: LinkState(state) for name, state in self._native.peers}

    def speaks(self, peer: str = "") -> tuple[str, str] | None:
        """Protocol and version spoken with a peer; None where there is no such peer."""
        return self._native.speaks(peer)

    def counters(self, peer: str | None = None) -> dict[str, int]:
        """Return what a peer has counted, all its versions added up; without a name all peers."""
        found = self._native.counters(peer)
        if found is None:
            known = ", ".join(self.peers) or "none yet"
            raise ConfigError(f"no peer is called {peer!r}; there are: {known}", field="peer")
        return found

    def __repr__(self) -> str:
        at: list[Any] = [*self._native.peers, *self._native.listeners]
        return f"<sanwang.Link {', '.join(str(name) for name, _ in at)}>"
