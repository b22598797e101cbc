"""A gateway that plays a carrier."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from . import _native
from ._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from ._native import Counts
    from ._owner import Seconds

ALL = ("cmpp://127.0.0.1:0", "sgip://127.0.0.1:0", "smgp://127.0.0.1:0")
DEFAULT_LOGINS = {"cmpp": "901234", "sgip": "sp", "smgp": "10000001"}
DEFAULT_SECRET = "secret"
DEFAULT_NODE = 3010012345


class Simulator:
    """A simulated gateway for tests and demos, in this process.

    ``urls`` are where it listens; without any, all three protocols on free ports. ``accounts`` maps login
    names to secrets, which are checked then; without any, everyone may log in.

    Submits are answered after ``answer_delay`` with success, except that ``results`` refuses a share of them
    (``{8: 1.0}``: one per cent with code 8) and ``digits`` those whose receiver ends in a digit (``{9:
    13}``). Reports follow after ``report_delay`` (plus up to ``report_jitter``) with ``stats`` by weight.
    ``replies`` lets phones that read a word write back (``{"TD": "bye"}``) after ``reply_delay``. Times are
    seconds.
    """

    def __init__(
        self,
        *urls: str,
        accounts: Mapping[str, str] | None = None,
        answer_delay: Seconds = 0.0,
        report_delay: Seconds = 0.0,
        report_jitter: Seconds = 0.0,
        reply_delay: Seconds = 0.0,
        stats: Mapping[str, int] | None = None,
        results: Mapping[int, float] | None = None,
        digits: Mapping[int, int] | None = None,
        replies: Mapping[str, str] | None = None,
        seed: int = 1,
    ) -> None:
        rules: dict[str, object] = {
            "answer_delay": answer_delay,
            "report_delay": report_delay,
            "report_jitter": report_jitter,
            "reply_delay": reply_delay,
            "seed": seed,
            "results": [f"{code}={share}%" for code, share in (results or {}).items()],
            "digits": [f"{digit}={code}" for digit, code in (digits or {}).items()],
            "replies": list((replies or {}).items()),
        }
        if stats is not None:
            rules["stats"] = ",".join(f"{stat}={weight}" for stat, weight in stats.items())
        self._accounts = dict(accounts or {})
        self._deliver_to = ""
        listen = [self._with_deliver_to(url) for url in urls or ALL]
        self._native = _native.Simulator(listen, list(self._accounts.items()), rules)

    def _with_deliver_to(self, url: str) -> str:
        """Give an SGIP listener the address where the SP of :meth:`url` will listen."""
        if not url.startswith("sgip://") or "deliver_to=" in url:
            return url
        if not self._deliver_to:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._deliver_to = f"127.0.0.1:{free.getsockname()[1]}"
        return f"{url}{'&' if '?' in url else '?'}deliver_to={self._deliver_to}"

    def address(self, protocol: str) -> str:
        """Where it listens for a protocol, as ``host:port``."""
        address = self._native.address(protocol)
        if address is None:
            raise ConfigError(f"the simulator does not listen for {protocol}: add {protocol}://127.0.0.1:0")
        return address

    def url(
        self,
        protocol: str,
        *,
        user: str | None = None,
        secret: str | None = None,
        **settings: str | int | float,
    ) -> str:
        """Return an account URL that logs in here, with further settings.

        The user is the first of ``accounts`` where none is given. SGIP accounts get a node number and the
        address at which the simulator delivers to them.
        """
        name = user or next(iter(self._accounts), DEFAULT_LOGINS.get(protocol, ""))
        key = secret or self._accounts.get(name, DEFAULT_SECRET)
        query: dict[str, str | int | float] = {}
        if protocol == "sgip":
            query["node"] = DEFAULT_NODE
            if self._deliver_to:
                query["listen"] = self._deliver_to
        query.update(settings)
        tail = f"?{urlencode(query)}" if query else ""
        return f"{protocol}://{quote(name, safe='')}:{quote(key, safe='')}@{self.address(protocol)}{tail}"

    def deliver(
        self,
        account: str,
        sender: str,
        receiver: str,
        text: str,
        *,
        coding: str | int | None = None,
        link_id: str = "",
        service_id: str = "",
    ) -> int:
        """Let the phone ``sender`` write ``text`` to ``receiver``, an access number of ``account``.

        ``account`` is the login name; it must have logged in. Returns the number of the push.
        """
        coding = None if coding is None else str(coding)
        return self._native.deliver(account, sender, receiver, text, coding, link_id, service_id)

    def counts(self) -> Counts:
        """Count what it has done so far."""
        return self._native.counts()

    def close(self, timeout: Seconds = 0.0) -> None:
        """End it: stop listening, push what is due until ``timeout``, end every session."""
        self._native.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<sanwang.Simulator {self.counts()!r}>"
