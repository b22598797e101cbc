"""The SP's client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict, TypeVar

from . import _native
from ._enums import Cancellation, LinkState
from ._errors import ConfigError, QueueFull, SendError
from ._owner import Seconds, Setting, TicketOwner, check_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from os import PathLike

    from ._native import (
        AccountState,
        Changed,
        DayCounts,
        Deliver,
        Left,
        Log,
        Outcome,
        Report,
        Response,
        Ticket,
        Trouble,
    )

    H = TypeVar("H", bound=Callable[..., object])

AccountGiven: TypeAlias = "str | tuple[str, str] | Mapping[str, str | Mapping[str, Setting]]"
"""A URL, a name and a URL, or names with URLs (or with ``url`` and settings of their own)."""


Call: TypeAlias = "tuple[tuple[str, ...], dict[str, Any]]"
"""The arguments of one ``send``."""


class Route(TypedDict, total=False):
    """A routing rule: which receivers go to which accounts, the next when the first is down."""

    carrier: str
    prefix: str
    accounts: Iterable[str]


class Standing(NamedTuple):
    """Where an account stands, and why."""

    state: LinkState
    reason: str


TOGETHER = 128
"""Messages of ``send_many`` that are handed over at once."""

MESSAGE = "give a pair of receiver and text, or a dictionary"

HANDLERS = ("on_deliver", "on_report", "on_outcome", "on_response", "on_state", "on_trouble", "on_log")


class Client(TicketOwner):
    """Sends and receives SMS through one or more accounts.

    ``accounts`` are URLs, pairs of name and URL, or dictionaries of these. Keyword arguments are settings of
    every account they apply to (``docs/settings.md``), settings of the engine (``threads``, ``worker``),
    ``routes``, or handlers (``on_deliver=handle``): those given here see every event from the first one on.
    ``config`` is the path of a file in TOML (``examples/data/accounts.toml``) whose accounts, routes and
    engine settings come first; keyword settings do not rule over its accounts.

    Opening checks the settings and returns; it does not wait for the network: see :meth:`wait_online`.
    """

    def __init__(
        self,
        *accounts: AccountGiven,
        routes: Iterable[Route] = (),
        config: str | PathLike[str] | None = None,
        on_deliver: Callable[[Deliver], object] | None = None,
        on_report: Callable[[Report], object] | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        on_response: Callable[[Response], object] | None = None,
        on_state: Callable[[AccountState], object] | None = None,
        on_trouble: Callable[[Trouble], object] | None = None,
        on_log: Callable[[Log], object] | None = None,
        **settings: Setting,
    ) -> None:
        check_keys(settings, "routes", "config", *HANDLERS)
        self._native: _native.Client = _native.Client(
            _given(accounts), settings, [_route(route) for route in routes], config
        )
        if type(self).send is Client.send:
            # The native function has the same parameters, and saves the way through Python for each message.
            self.send = self._native.send  # type: ignore[method-assign]
        self._begin(
            ",".join(self._native.accounts),
            {
                "on_deliver": on_deliver,
                "on_report": on_report,
                "on_outcome": on_outcome,
                "on_response": on_response,
                "on_state": on_state,
                "on_trouble": on_trouble,
                "on_log": on_log,
            },
        )

    # ---- sending

    def send(
        self,
        to: str,
        text: str | None = None,
        *,
        sender: str | None = None,
        reference: str | None = None,
        user_data: int = 0,
        account: str | None = None,
        coding: str | int | None = None,
        flash: bool = False,
        report: bool | None = None,
        valid_for: Seconds | None = None,
        content: bytes | bytearray | memoryview | None = None,
        udh: bytes | bytearray | memoryview | None = None,
        timeout: Seconds | None = None,
        **fields: Setting,
    ) -> Ticket:
        """Accept one message to one receiver.

        ``text`` is encoded and cut as needed; ``content`` are octets that go out as they are, with ``coding``
        (4, binary, where none is given) and an optional ``udh`` with its length octet. ``reference`` and
        ``user_data`` come back in every event. ``fields`` are carrier fields for this message only
        (``service_id=...``).

        While the queue is full it waits for room, at most ``timeout``, without the GIL; inside a handler it
        does not wait. Raises a :class:`SendError`, which names what is wrong.
        """
        return self._native.send(
            to,
            text,
            sender=sender,
            reference=reference,
            user_data=user_data,
            account=account,
            coding=coding,
            flash=flash,
            report=report,
            valid_for=valid_for,
            content=content,
            udh=udh,
            timeout=timeout,
            **fields,
        )

    def try_send(self, to: str, text: str | None = None, **options: Any) -> Ticket:
        """Accept a message if there is room now: ``send`` with ``timeout=0``, and else the same options."""
        return self.send(to, text, **{**options, "timeout": 0})

    def send_many(
        self,
        messages: Iterable[tuple[str, str] | Mapping[str, Any]],
        **options: Any,
    ) -> list[Ticket]:
        """Accept many messages: pairs of receiver and text, or dictionaries of what ``send`` takes.

        ``options`` hold for every message that does not say otherwise. At the first message that is not
        accepted the error is raised, with its ``index`` and the ``tickets`` of those before it. Other errors
        have both, too: of something that is no message, of ``messages`` itself, Ctrl-C.

        Messages go out together, up to 128 with one write, which is much faster than one by one.
        """
        tickets: list[Ticket] = []
        calls: list[Call] = []
        try:
            try:
                for message in messages:
                    calls.append(_call(message, options, len(tickets) + len(calls)))
                    if len(calls) == TOGETHER:
                        ready, calls = calls, []
                        self._send_all(ready, tickets)
            finally:
                # Where ``messages`` fails, too: those that came before are sent.
                self._send_all(calls, tickets)
        except BaseException as error:
            # What was accepted must not be lost with it.
            with suppress(AttributeError):
                error.index, error.tickets = len(tickets), tickets  # type: ignore[attr-defined]
            raise
        return tickets

    def _send_all(self, calls: list[Call], tickets: list[Ticket]) -> None:
        while calls:
            before = len(tickets)
            if type(self).send is Client.send:
                # Nothing may wait inside: the first that finds no room waits below.
                with suppress(QueueFull):
                    self._native.send_together([(to, {**kw, "timeout": 0}) for to, kw in calls], tickets)
                calls = calls[len(tickets) - before :]
            if calls:
                args, options = calls.pop(0)
                tickets.append(self.send(*args, **options))

    def send_to_all(
        self,
        receivers: Iterable[str],
        text: str | None = None,
        *,
        timeout: Seconds | None = None,
        **options: Any,
    ) -> list[Ticket | SendError]:
        """Accept one message to several receivers: a ticket for each, in their order, with its own outcome.

        ``options`` are those of ``send``. Where an account's ``max_receivers`` is above 1, receivers of one
        account share submits; one that is refused goes again, one receiver at a time. A receiver whose
        message was not accepted has its :class:`SendError` in the list; the others are sent all the same.
        """
        if isinstance(receivers, str):
            raise TypeError("give a list of receivers; to one receiver there is send")
        return self._native.send_to_all(list(receivers), text, timeout, options)

    def reply(self, deliver: Deliver, text: str | None = None, **options: Any) -> Ticket:
        """Answer a message from a phone: on its account, from the number it was sent to, with its LinkID."""
        own: dict[str, Any] = {"sender": deliver.receiver, "account": deliver.account}
        if deliver.link_id:
            own["link_id"] = deliver.link_id
        return self.send(deliver.sender, text, **{**own, **options})

    # ---- asking the carrier

    def query(
        self,
        day: str | date,
        *,
        account: str | None = None,
        service: str | None = None,
        timeout: Seconds | None = 60,
    ) -> DayCounts:
        """Ask the carrier what it counted on one day: a date or ``YYYYMMDD``.

        That is in all, or for one service code. CMPP and SMGP have this request; many gateways do not
        answer it. Raises :class:`AskError`,
        :class:`NotConnected` or :class:`Timeout`.
        """
        text = day if isinstance(day, str) else day.strftime("%Y%m%d")
        return self._native.query(self._name(account), text, service, timeout)

    def cancel(self, ticket: Ticket | int, *, timeout: Seconds | None = 60) -> Cancellation:
        """Take a message back.

        What has not been sent is not sent, whatever the protocol. Segments that the gateway has accepted
        are cancelled there (CMPP). Raises :class:`InFlight` while an answer is awaited, :class:`AskError`
        where the protocol cannot cancel what was sent or the ticket has its outcome, :class:`NotConnected`
        or :class:`Timeout`.
        """
        return Cancellation(self._native.cancel(int(ticket), timeout))

    def cancel_id(
        self, message_id: str, *, account: str | None = None, timeout: Seconds | None = 60
    ) -> Cancellation:
        """Take a segment back by the gateway's id, also one of an earlier run of the program (CMPP)."""
        return Cancellation(self._native.cancel_id(self._name(account), message_id, timeout))

    # ---- handlers

    def on_deliver(self, handler: H) -> H:
        """Handle messages from phones. They are answered when the handler has returned.

        Messages that come before the first handler are answered and kept for it, up to 1,000.
        """
        return self._on("on_deliver", handler)

    def on_report(self, handler: H) -> H:
        """Handle status reports. Outcomes have them, too: reports before the first handler are not kept."""
        return self._on("on_report", handler)

    def on_response(self, handler: H) -> H:
        """Handle the gateways' answers. Earlier ones are not kept."""
        return self._on("on_response", handler)

    # ---- waiting

    def wait_online(self, timeout: Seconds | None = None) -> None:
        """Wait until every account is online, or idle and able to dial (SGIP).

        Raises :class:`LoginRefused` at once when a gateway refuses, :class:`Closed` when it is closed
        meanwhile, and :class:`Timeout`, which says where the accounts stand.
        """
        self._native.wait_online(timeout)

    # ---- changing it while it is open

    def set(self, account: str | None = None, /, **settings: Setting) -> Changed:
        """Change settings of an account (``sp.set("mobile", rate=50)``); connections stay.

        All of them are checked before any is applied. Raises :class:`ConfigError` for one that is wrong, or
        that an open account keeps (version, node, listen): remove the account and add it again then.
        """
        check_keys(settings)
        return self._native.set(self._name(account), settings)

    def set_secret(self, secret: str | bytes, account: str | None = None) -> Changed:
        """Change the secret of an account, for its next login."""
        return self._native.set_secret(self._name(account), secret)

    def add_account(self, *accounts: AccountGiven, **settings: Setting) -> None:
        """Add accounts, given as to the constructor. They connect at once."""
        check_keys(settings)
        self._native.add_accounts(_given(accounts), settings)

    def remove_account(self, account: str, timeout: Seconds | None = 10) -> Left:
        """Remove an account: nothing new; what is queued and its answers until ``timeout``.

        Returns what was left of it, as :meth:`close` does. Raises :class:`ConfigError` for the last account
        or one that a route needs, and :class:`WouldDeadlock` inside a handler.
        """
        return self._native.remove_account(account, timeout)

    def reconfigure(
        self,
        *accounts: AccountGiven,
        routes: Iterable[Route] = (),
        config: str | PathLike[str] | None = None,
        timeout: Seconds | None = 10,
        **settings: Setting,
    ) -> Changed:
        """Make the accounts and routes those given, as to the constructor, for example a file read again.

        Accounts of new names are added, those of known names changed, the others removed within ``timeout``,
        without waiting for it. Everything is checked first: what is wrong changes nothing. Settings of the
        engine stay.
        """
        check_keys(settings, "routes", "config", "timeout")
        named = [_route(route) for route in routes]
        return self._native.reconfigure(_given(accounts), settings, named, config, timeout)

    # ---- what is known

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of the accounts."""
        return tuple(self._native.accounts)

    @property
    def listeners(self) -> tuple[str, ...]:
        """Where SGIP accounts listen, as ``host:port``."""
        return tuple(self._native.listeners)

    def state(self, account: str | None = None) -> Standing:
        """Where an account stands, and why. The name may be left out where there is one account."""
        name = self._name(account)
        found = self._native.state(name)
        if found is None:
            raise self._unknown(name)
        return Standing(LinkState(found[0]), found[1])

    def counters(self, account: str | None = None) -> dict[str, int]:
        """Return what an account has counted since it was opened: sent, accepted, rejected, reports ..."""
        name = self._name(account)
        found = self._native.counters(name)
        if found is None:
            raise self._unknown(name)
        return found

    def _name(self, account: str | None) -> str:
        if account is not None:
            return account
        if len(self.accounts) != 1:
            raise ConfigError(f"which account? There are: {', '.join(self.accounts)}", field="account")
        return self.accounts[0]

    def _unknown(self, name: str) -> ConfigError:
        known = ", ".join(self.accounts)
        return ConfigError(f"no account is called {name!r}; there are: {known}", field="account")

    def __repr__(self) -> str:
        return f"<sanwang.Client {', '.join(self.accounts)}>"


def _call(message: tuple[str, str] | Mapping[str, Any], options: dict[str, Any], at: int) -> Call:
    if isinstance(message, Mapping):
        return (), {**options, **message}
    if isinstance(message, (str, bytes)) or not isinstance(message, Iterable):
        what = type(message).__name__
        raise TypeError(f"message {at} is {what}: {MESSAGE}")
    args = tuple(message)
    if len(args) != 2:
        raise TypeError(f"message {at} has {len(args)} parts: {MESSAGE}")
    return args, options


def _given(accounts: Iterable[AccountGiven]) -> list[tuple[str | None, str, dict[str, Setting]]]:
    return [one for account in accounts for one in _accounts(account)]


def _accounts(given: AccountGiven) -> list[tuple[str | None, str, dict[str, Setting]]]:
    if isinstance(given, str):
        return [(None, given, {})]
    if isinstance(given, tuple):
        name, url = given
        return [(name, url, {})]
    if not hasattr(given, "items"):
        raise ConfigError(f"an account is a URL, a pair of name and URL, or a dictionary, not {given!r}")
    found: list[tuple[str | None, str, dict[str, Setting]]] = []
    for name, value in given.items():
        if isinstance(value, str):
            found.append((name, value, {}))
            continue
        own = dict(value)
        at = own.pop("url", None)
        if not isinstance(at, str):
            raise ConfigError(f"the account {name!r} has no url", field="url")
        check_keys(own)
        found.append((name, at, own))
    return found


def _route(route: Route) -> tuple[str | None, str, list[str]]:
    unknown = set(route) - {"carrier", "prefix", "accounts"}
    if unknown:
        raise ConfigError(
            f"a route has carrier, prefix and accounts, not {', '.join(sorted(unknown))}", field="routes"
        )
    accounts = route.get("accounts", ())
    names = [accounts] if isinstance(accounts, str) else list(accounts)
    return route.get("carrier"), route.get("prefix", ""), names
