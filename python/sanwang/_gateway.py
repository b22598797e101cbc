"""The carrier's side: a gateway that SPs log in to."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from . import _native
from ._dispatch import logger
from ._errors import ConfigError
from ._native import ACCEPT, LATER, NOT_NOW, Cancel, Login, NotNow, Query, Submit
from ._owner import CLOSE, LAST_HANDLER, Seconds, Setting, TicketOwner, check_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from ._native import AccountState, Answer, Changed, DayCounts, Left, Log, Outcome, Ticket, Trouble

    H = TypeVar("H", bound=Callable[..., object])

Secret: TypeAlias = "str | bytes"

Accounts: TypeAlias = (
    "Mapping[str, Secret | Mapping[str, Secret | Setting]]"
    "| Callable[[Login], Secret | Answer | NotNow | None]"
)
"""Login names with their secrets (or with ``secret`` and settings of their own), or a function that looks a
secret up.
"""


HANDLERS = ("on_submit", "on_query", "on_cancel", "on_outcome", "on_state", "on_trouble", "on_log")


class Listener(NamedTuple):
    """Where a gateway listens."""

    protocol: str
    address: str


class Gateway(TicketOwner):
    """A gateway: SPs log in to it, it answers their submits and pushes reports and messages from phones.

    ``urls`` are where it listens, without user: ``cmpp://0.0.0.0:7890`` (port 0 takes a free one).
    ``accounts`` maps login names to secrets, or to dictionaries with ``secret`` and settings of this account
    (``connections``, ``bind_from``, ``deliver_to``, ``window`` ...). Or it is a function that gets a
    :class:`Login` and returns the secret, None where there is no such account, ``sanwang.NOT_NOW`` where it
    is not let in now (which does not count as a wrong login), or ``sanwang.LATER`` when
    ``login.answer(secret)`` follows. It runs on a thread of its own and may take its time: only logins wait
    meanwhile, at most ``login_timeout``. Where it raises, that is logged, and the login refused as with
    ``NOT_NOW``.

    ``config`` is a file in TOML of listeners, accounts and settings of the engine, as
    ``examples/data/gateway.toml``; ``urls`` and ``accounts`` come beside what it says.

    Keyword arguments are settings of every listener in ``urls`` they apply to (``docs/settings.md``),
    settings of the engine, or handlers: those given here see every event from the first one on. Submits are
    refused as busy until there is an ``on_submit``. It listens when this returns.
    """

    _is_client = False

    def __init__(
        self,
        *urls: str,
        accounts: Accounts | None = None,
        config: str | PathLike[str] | None = None,
        on_submit: Callable[[Submit], Answer] | None = None,
        on_query: Callable[[Query], DayCounts | Answer] | None = None,
        on_cancel: Callable[[Cancel], Answer] | None = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        on_state: Callable[[AccountState], object] | None = None,
        on_trouble: Callable[[Trouble], object] | None = None,
        on_log: Callable[[Log], object] | None = None,
        **settings: Setting,
    ) -> None:
        check_keys(settings, "accounts", "config", *HANDLERS)
        if accounts is None:
            if config is None:
                raise ConfigError("nobody could log in: give accounts, or config=FILE", field="accounts")
            accounts = {}
        table: list[tuple[str, Any, dict[str, Any]]] = []
        if isinstance(accounts, Mapping):
            table = [_account(name, given) for name, given in accounts.items()]
        elif not callable(accounts):
            raise ConfigError(
                f"accounts is a dictionary of names and secrets, or a function, not {accounts!r}",
                field="accounts",
            )
        self._native: _native.Gateway = _native.Gateway(
            list(urls), table, callable(accounts), config, settings
        )
        self._ended = threading.Event()
        name = ",".join(address for _, address in self._native.listeners)
        self._looking: threading.Thread | None = None
        if callable(accounts):
            self._looking = threading.Thread(
                target=_look_up, args=(self._native, accounts), name=f"sanwang-logins-{name}", daemon=True
            )
            self._looking.start()
        self._begin(
            name,
            {
                "on_submit": on_submit,
                "on_query": on_query,
                "on_cancel": on_cancel,
                "on_outcome": on_outcome,
                "on_state": on_state,
                "on_trouble": on_trouble,
                "on_log": on_log,
            },
        )

    # ---- accounts

    def set_account(self, name: str, secret: Secret) -> None:
        """Add an account that may log in, or change its secret, for its next login. Connections stay."""
        self._native.set_account(name, secret)

    def remove_account(self, name: str, timeout: Seconds | None = 10) -> bool:
        """Remove an account that was given by name; its connections end in order, by ``timeout``.

        It does not wait for that. False: there is no such account.
        """
        return self._native.remove_account(name, timeout)

    # ---- changing it while it is open

    @property
    def listener_names(self) -> tuple[str, ...]:
        """The names of the listeners: as the file says, or such as ``cmpp://127.0.0.1:7890``."""
        return tuple(self._native.listener_names)

    def set(self, listener: str | None = None, /, **settings: Setting) -> Changed:
        """Change settings of a listener (``gw.set("mobile", bind_from="10.0.0.0/8")``); connections stay.

        Without a name it is the only one. Limits and allow-lists hold for who comes from now on, the settings
        of accounts for those that are logged in, too. All of them are checked before any is applied. Raises
        :class:`ConfigError` for one that is wrong, or that an open gateway keeps (version, ids, gateway_id).
        """
        check_keys(settings)
        if listener is None:
            names = self.listener_names
            if len(names) != 1:
                raise ConfigError(f"name the listener, one of: {', '.join(names)}", field="listener")
            listener = names[0]
        return self._native.set(listener, settings)

    def add_listener(self, url: str, /, *, name: str | None = None, **settings: Setting) -> Listener:
        """Add a listener (``gw.add_listener("smgp://0.0.0.0:8890")``): it listens when this returns.

        Returns where it listens, with the real port. ``name`` is its name for :meth:`set` and
        :meth:`remove_listener`; without it it is called by protocol and address. The accounts and their own
        settings hold there, too; keywords that the constructor got for its URLs do not. Raises
        :class:`ConfigError` for what is wrong, :class:`OpenFailed` when it cannot listen there.
        """
        check_keys(settings, "name")
        if name == "":
            raise ConfigError("name is empty: give a name, or None", field="name")
        return Listener(*self._native.add_listener(url, name, settings))

    def remove_listener(self, listener: str | Listener, /) -> None:
        """Remove a listener: its address is free when this returns; who has not logged in there is closed.

        Who is logged in stays, with the settings it has, and is pushed to; :meth:`remove_account` ends the
        connections of an account. An account takes the settings of the listener it logs in on next, but for
        its message ids and ``push_back``, which stay. The last listener may go, too.
        """
        if isinstance(listener, Listener):
            listener = f"{listener.protocol}://{listener.address}"
        self._native.remove_listener(listener)

    def set_account_settings(self, name: str, /, **settings: Setting) -> Changed:
        """Change settings of one account, on top of those of the listeners, at once for open connections."""
        check_keys(settings)
        return self._native.set_account_settings(name, settings)

    # ---- submits

    def on_submit(self, handler: H) -> H:
        """Handle submits: what the handler returns is the answer.

        That is ``sanwang.ACCEPT``, ``sanwang.reject(code)`` with the carrier's result code, or
        ``sanwang.LATER`` (``submit.later()``), which :meth:`answer` follows. There is one such handler. Where
        it raises or returns something else, that is logged and the SP is told to send it again (CMPP 8, SGIP
        11, SMGP 1).
        """
        return self._on("on_submit", handler)

    def answer(self, submit: Submit | Cancel | int, answer: Answer = ACCEPT, *, after: Seconds = 0) -> None:
        """Answer a submit or cancel, or its token, that was left for later; ``after`` so many seconds.

        Every thread may do so. Nobody else answers it: an SP waits, or sends again. Only the first answer
        counts.
        """
        token = submit if isinstance(submit, int) else submit.token
        self._native.answer(token, answer, after)

    # ---- what SPs ask beside

    def on_query(self, handler: H) -> H:
        """Handle requests for the counts of a day: what the handler returns is the answer.

        That is ``sanwang.DayCounts(...)``, or ``sanwang.LATER``, which :meth:`answer_query` follows. There is
        one such handler. Without it, and where it raises or returns something else, nothing is answered.
        """
        return self._on("on_query", handler)

    def answer_query(self, query: Query | int, counts: DayCounts) -> None:
        """Answer a query, or the token of one, that was left for later. Only the first answer counts."""
        self._native.answer_query(query if isinstance(query, int) else query.token, counts)

    def on_cancel(self, handler: H) -> H:
        """Handle requests to take a message back: what the handler returns is the answer.

        That is ``sanwang.ACCEPT`` when it is done, ``sanwang.reject(1)`` when it is not, or
        ``sanwang.LATER``, which :meth:`answer` follows. There is one such handler. Without it, and where it
        raises or returns something else, they are refused.
        """
        return self._on("on_cancel", handler)

    # ---- pushes

    def report(
        self,
        submit: Submit,
        stat: str = "DELIVRD",
        *,
        receiver: str | None = None,
        error: str = "",
        after: Seconds = 0,
    ) -> Ticket:
        """Push a status report on a submit, ``after`` so many seconds.

        There is one for each receiver, where none is named, and for each segment of a joined submit; the
        ticket is that of the first. ``stat`` is ``DELIVRD``, ``UNDELIV`` ..., for SGIP, too; ``error`` SMGP's
        Err or SGIP's ErrorCode. The ticket's outcome is ACKED when the SP has it; while the SP is away it
        waits, up to ``valid_for``. A submit that came before the gateway was opened may be made again:
        ``Submit(account=..., message_id=..., sender=..., receivers=[...], time=...)``.

        Raises a :class:`SendError`, as :meth:`deliver` does.
        """
        return self._native.report(submit, stat, receiver, error, after)[0]

    def deliver(
        self,
        account: str,
        sender: str,
        receiver: str,
        text: str | None = None,
        *,
        coding: str | int | None = None,
        content: bytes | bytearray | memoryview | None = None,
        udh: bytes | bytearray | memoryview | None = None,
        flash: bool = False,
        link_id: str = "",
        service_id: str = "",
        reference: str | None = None,
        after: Seconds = 0,
    ) -> Ticket:
        """Push a message from the phone ``sender`` to ``receiver``, an access number of ``account``.

        ``account`` is the login name; it must have logged in once. A long text goes out in parts; ``content``
        are octets instead, with ``coding`` (4, binary, where none is given) and ``udh``. ``reference`` comes
        back in the outcome, which is ACKED when the SP has all of it.
        """
        return self._native.deliver(
            account,
            sender,
            receiver,
            text,
            coding,
            content,
            udh,
            flash,
            link_id,
            service_id,
            reference,
            after,
        )

    # ---- running

    def serve_forever(self) -> None:
        """Wait until the gateway is closed, or until Ctrl-C, which closes it."""
        try:
            self._ended.wait()
        except KeyboardInterrupt:
            self.close()

    def close(self, timeout: Seconds = CLOSE) -> Left:
        """End it: stop listening, push what is queued until ``timeout``, end every session.

        Returns what was left, which has been decided as ABANDONED or IN_DOUBT. Closing again returns the
        same. Raises :class:`WouldDeadlock` inside a handler.
        """
        left = super().close(timeout)
        if self._looking is not None and self._looking is not threading.current_thread():
            self._looking.join(LAST_HANDLER)
        self._ended.set()
        return left

    # ---- what is known

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Where it listens, in the order of the URLs and then of their adding, with the real ports."""
        return tuple(Listener(protocol, address) for protocol, address in self._native.listeners)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of the accounts that have logged in."""
        return tuple(sorted(self._native.accounts))

    @property
    def turned_away(self) -> int:
        """Connections that ended without a login."""
        return self._native.turned_away

    def counters(self, account: str | None = None) -> dict[str, int]:
        """Return what an account has counted since its first login: submits, sent, accepted ...

        All its protocols and versions are added up; without a name all accounts.
        """
        found = self._native.counters(account)
        if found is None:
            known = ", ".join(self.accounts) or "none yet"
            raise ConfigError(
                f"no account called {account!r} has logged in; there are: {known}", field="account"
            )
        return found

    def __repr__(self) -> str:
        return f"<sanwang.Gateway {', '.join(f'{p}://{at}' for p, at in self._native.listeners)}>"


def _account(name: str, given: Secret | Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    if not isinstance(given, Mapping):
        return name, given, {}
    own = dict(given)
    if "secret" not in own:
        raise ConfigError(f"the account {name!r} has no secret", field="accounts")
    secret = own.pop("secret")
    check_keys(own)
    return name, secret, own


def _look_up(native: _native.Gateway, accounts: Callable[[Login], Any]) -> None:
    """Ask for the secrets of those who want to log in, one after the other, until the gateway is closed."""
    while (login := native.next_login()) is not None:
        try:
            secret = accounts(login)
            if secret is not LATER:
                login.answer(secret)
        except BaseException as error:
            name = getattr(accounts, "__qualname__", repr(accounts))
            logger.error("the look-up %s failed; %r is refused", name, login, exc_info=error)
            # It is not the SP that is wrong.
            login.answer(NOT_NOW)
        # A login that nobody holds any more is refused at once, not when the next one comes.
        del login
