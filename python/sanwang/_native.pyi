"""The native part of sanwang: events, tickets, and what the Python classes stand on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, final

from ._enums import LinkState, Status
from ._errors import SendError
from .wire import Pdu

__all__ = [
    "ACCEPT",
    "KINDS",
    "LATER",
    "NOT_NOW",
    "AccountState",
    "Answer",
    "Cancel",
    "Changed",
    "Client",
    "Counts",
    "DayCounts",
    "Deliver",
    "Gateway",
    "Left",
    "Link",
    "LinkReply",
    "LinkRequest",
    "Log",
    "Login",
    "NotNow",
    "Outcome",
    "Preview",
    "Query",
    "Report",
    "Response",
    "RouteEntry",
    "RouteTable",
    "Segment",
    "Simulator",
    "Submit",
    "Ticket",
    "Trouble",
    "__version__",
    "decode",
    "decode_body",
    "encode",
    "note_fork",
    "preview",
    "reject",
    "run_command",
    "setting_keys",
]

__version__: str

KINDS: dict[str, int]

@final
class Deliver:
    """A message from a phone, joined from its parts."""

    __match_args__ = ("sender", "text")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        sender: str = ...,
        receiver: str = ...,
        message_id: str = ...,
        text: str | None = ...,
        octets: bytes = ...,
        coding: int = ...,
        udh: bytes = ...,
        link_id: str = ...,
        service_id: str = ...,
        parts: int = ...,
        total: int = ...,
        complete: bool = ...,
        repeated: bool = ...,
        raw: bytes = ...,
        show: str = ...,
    ) -> Deliver: ...
    @property
    def account(self) -> str:
        """The account it came through."""
    @property
    def connection(self) -> int:
        """The connection the last part came on."""
    @property
    def time(self) -> datetime:
        """When the last part came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request until it is answered; 0 when it has been."""
    @property
    def sender(self) -> str:
        """The phone."""
    @property
    def receiver(self) -> str:
        """The access number it was sent to, with its extension."""
    @property
    def message_id(self) -> str:
        """The gateway's id of the last part."""
    @property
    def text(self) -> str | None:
        """The text; None for binary content."""
    @property
    def octets(self) -> bytes:
        """The octets, without user data headers."""
    @property
    def coding(self) -> int:
        """The data coding octet."""
    @property
    def message_class(self) -> int | None:
        """The message class, 0 to 3, if the coding carries one: 0 is flash."""
    @property
    def udh(self) -> bytes:
        """The user data header of the first part, empty when there was none."""
    @property
    def link_id(self) -> str:
        """LinkID of an on-demand service; empty when there is none."""
    @property
    def service_id(self) -> str:
        """Service_Id, where the protocol has one."""
    @property
    def parts(self) -> int:
        """Parts that came."""
    @property
    def total(self) -> int:
        """Parts in all."""
    @property
    def complete(self) -> bool:
        """False when parts are missing."""
    @property
    def repeated(self) -> bool:
        """Every part of it was in an earlier event: the gateway sent it again."""
    @property
    def raw(self) -> bytes:
        """The content of the last part as it came, with its user data header."""
    @property
    def show(self) -> str:
        """What its repr shows of numbers and contents, as the account's `show` says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Report:
    """A status report on one segment."""

    __match_args__ = ("stat", "receiver")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        ticket: int | None = ...,
        reference: str | None = ...,
        user_data: int = ...,
        segment: int = ...,
        message_id: str = ...,
        receiver: str = ...,
        stat: str = ...,
        error: str = ...,
        is_final: bool = ...,
        submitted_at: datetime | None = ...,
        done_at: datetime | None = ...,
        repeated: bool = ...,
        raw: bytes = ...,
        show: str = ...,
    ) -> Report: ...
    @property
    def account(self) -> str:
        """The account it came through."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request until it is answered; 0 when it has been."""
    @property
    def ticket(self) -> int | None:
        """The ticket's number; None when no message of ours has this id."""
    @property
    def reference(self) -> str | None:
        """The caller's own name for the message."""
    @property
    def user_data(self) -> int:
        """The caller's own number for the message."""
    @property
    def segment(self) -> int:
        """Which segment, from 1; 0 without a ticket."""
    @property
    def message_id(self) -> str:
        """The id it names."""
    @property
    def receiver(self) -> str:
        """The receiver as the report writes it."""
    @property
    def stat(self) -> str:
        """DELIVRD, UNDELIV ..."""
    @property
    def error(self) -> str:
        """SMGP Err or SGIP ErrorCode; empty in CMPP."""
    @property
    def is_final(self) -> bool:
        """Whether it is the last word on the segment."""
    @property
    def submitted_at(self) -> datetime | None:
        """Submit time of the report, where it has one."""
    @property
    def done_at(self) -> datetime | None:
        """Done time of the report, where it has one."""
    @property
    def repeated(self) -> bool:
        """A final report for this segment came before."""
    @property
    def raw(self) -> bytes:
        """The report's octets."""
    @property
    def show(self) -> str:
        """What its repr shows of numbers and contents, as the account's `show` says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Submit:
    """A message towards a phone, or one segment of it, that came to a gateway."""

    __match_args__ = ("receiver", "text")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        protocol: str = ...,
        message_id: str = ...,
        sender: str = ...,
        message_ids: Sequence[str] | None = ...,
        receivers: Sequence[str] = ...,
        text: str | None = ...,
        content: bytes = ...,
        coding: int = ...,
        has_udh: bool = ...,
        wants_report: bool = ...,
        segments: int = ...,
        segment: int = ...,
        link_id: str = ...,
        complete: bool = ...,
        fields: dict[str, Any] | None = ...,
        show: str = ...,
    ) -> Submit: ...
    @property
    def account(self) -> str:
        """The account that sent it: its login name."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request until it is answered."""
    @property
    def protocol(self) -> str:
        """``cmpp``, ``sgip`` or ``smgp``."""
    @property
    def message_id(self) -> str:
        """The id that the gateway gives it when it is accepted."""
    @property
    def sender(self) -> str:
        """The access number it is sent from."""
    @property
    def receiver(self) -> str:
        """The first receiver."""
    @property
    def receivers(self) -> tuple[str, ...]:
        """The receivers as the submit writes them."""
    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids of its segments: one, unless it was joined (``join=yes``)."""
    @property
    def text(self) -> str | None:
        """The text, of this segment unless it was joined; None for binary content."""
    @property
    def octets(self) -> bytes:
        """The content without its user data header."""
    @property
    def udh(self) -> bytes:
        """The user data header, of a joined submit that of its first segment; empty where there is none."""
    @property
    def complete(self) -> bool:
        """False when segments of a joined submit are missing."""
    @property
    def content(self) -> bytes:
        """The content, with its user data header."""
    @property
    def coding(self) -> int:
        """The data coding octet."""
    @property
    def has_udh(self) -> bool:
        """Whether the content begins with a user data header."""
    @property
    def wants_report(self) -> bool:
        """Whether a status report is wanted."""
    @property
    def segments(self) -> int:
        """Segments that the message has in all, from 1."""
    @property
    def segment(self) -> int:
        """Which one this is, from 1."""
    @property
    def link_id(self) -> str:
        """LinkID of an on-demand service; empty when there is none."""
    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the PDU by their names in the protocol, in snake case."""
    def later(self) -> Answer:
        """Return what ``on_submit`` returns to answer later: ``sanwang.LATER``."""
    @property
    def show(self) -> str:
        """What its repr shows of numbers and contents, as the account's `show` says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Answer:
    """What a handler says to a submit: ``ACCEPT``, ``LATER``, or what ``reject`` returns."""

    @property
    def result(self) -> int | None:
        """The carrier's result code; 0 accepts; None: the answer comes later."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

ACCEPT: Answer
LATER: Answer

def reject(code: int) -> Answer:
    """Refuse a submit with the carrier's result code, such as 8 (CMPP: too many at once)."""

@final
class NotNow:
    """What a look-up says of an account that is not let in now: ``NOT_NOW``."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

NOT_NOW: NotNow

@final
class Login:
    """Somebody who wants to log in, and waits for the answer."""

    @property
    def protocol(self) -> str:
        """``cmpp``, ``sgip`` or ``smgp``."""
    @property
    def name(self) -> str:
        """The login name."""
    @property
    def address(self) -> str:
        """Where the connection comes from, as ``host:port``."""
    def answer(self, secret: str | bytes | NotNow | None) -> None:
        """Give the secret, or None when there is no such account. Only the first answer counts.

        ``sanwang.NOT_NOW`` refuses the login without counting it as a wrong one.
        """

@final
class Segment:
    """How one segment ended."""

    __match_args__ = ("status", "message_id")

    def __new__(
        cls,
        *,
        status: Status | str = ...,
        message_id: str = ...,
        result: int = ...,
        stat: str = ...,
        error: str = ...,
        sent_at: datetime | None = ...,
        done_at: datetime = ...,
    ) -> Segment: ...
    @property
    def status(self) -> Status:
        """Its own terminal state."""
    @property
    def message_id(self) -> str:
        """The gateway's id, empty when none was given."""
    @property
    def result(self) -> int:
        """Result of the response; 0: accepted, or no response came."""
    @property
    def stat(self) -> str:
        """Stat of the final report, empty without one."""
    @property
    def error(self) -> str:
        """Error of the final report, empty without one."""
    @property
    def sent_at(self) -> datetime | None:
        """When it was written to a connection; None when never."""
    @property
    def done_at(self) -> datetime:
        """When it was decided."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Outcome:
    """The one terminal event of a ticket."""

    __match_args__ = ("status", "receiver")

    def __new__(
        cls,
        *,
        account: str = ...,
        ticket: int = ...,
        reference: str | None = ...,
        user_data: int = ...,
        receiver: str = ...,
        status: Status | str = ...,
        code: int = ...,
        text: str = ...,
        retriable: bool = ...,
        segments: Iterable[Segment] = ...,
        accepted_at: datetime = ...,
        decided_at: datetime = ...,
        repeated: bool = ...,
        show: str = ...,
    ) -> Outcome: ...
    @property
    def account(self) -> str:
        """The account it went through."""
    @property
    def ticket(self) -> int:
        """The ticket's number."""
    @property
    def reference(self) -> str | None:
        """The caller's own name for the message."""
    @property
    def user_data(self) -> int:
        """The caller's own number for the message."""
    @property
    def receiver(self) -> str:
        """The receiver in national form."""
    @property
    def status(self) -> Status:
        """How it ended."""
    @property
    def code(self) -> int:
        """The result or report code that decided it; 0 when none did."""
    @property
    def text(self) -> str:
        """Why, in words."""
    @property
    def retriable(self) -> bool:
        """Whether sending the same message again can help."""
    @property
    def segments(self) -> tuple[Segment, ...]:
        """One entry per segment, in order."""
    @property
    def accepted_at(self) -> datetime:
        """When send accepted it (UTC)."""
    @property
    def decided_at(self) -> datetime:
        """When it was decided (UTC)."""
    @property
    def took(self) -> float:
        """Seconds from acceptance to decision."""
    @property
    def repeated(self) -> bool:
        """Set when this event may have been seen before."""
    @property
    def show(self) -> str:
        """What its repr shows of numbers and contents, as the account's `show` says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Response:
    """The gateway's answer to one segment."""

    __match_args__ = ("result", "message_id")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        ticket: int = ...,
        reference: str | None = ...,
        user_data: int = ...,
        segment: int = ...,
        segments: int = ...,
        message_id: str = ...,
        result: int = ...,
        name: str = ...,
        late: bool = ...,
    ) -> Response: ...
    @property
    def account(self) -> str:
        """The account it came through."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def ticket(self) -> int:
        """The ticket's number."""
    @property
    def reference(self) -> str | None:
        """The caller's own name for the message."""
    @property
    def user_data(self) -> int:
        """The caller's own number for the message."""
    @property
    def segment(self) -> int:
        """Which segment, from 1."""
    @property
    def segments(self) -> int:
        """Segments in all."""
    @property
    def message_id(self) -> str:
        """The gateway's id of this segment."""
    @property
    def result(self) -> int:
        """0: accepted; else the carrier's code."""
    @property
    def name(self) -> str:
        """The code's name."""
    @property
    def late(self) -> bool:
        """The answer came after its time-out."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class AccountState:
    """An account's connections changed."""

    __match_args__ = ("account", "state")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        state: LinkState | str = ...,
        up: int = ...,
        wanted: int = ...,
        inbound: int = ...,
        reason: str = ...,
        last_frames: str = ...,
    ) -> AccountState: ...
    @property
    def account(self) -> str:
        """The account."""
    @property
    def connection(self) -> int:
        """The connection that caused the change; 0 when none did."""
    @property
    def time(self) -> datetime:
        """When (UTC)."""
    @property
    def state(self) -> LinkState:
        """Where the account stands now."""
    @property
    def up(self) -> int:
        """Connections that are logged in."""
    @property
    def wanted(self) -> int:
        """Connections that are wanted."""
    @property
    def inbound(self) -> int:
        """Inbound connections that are logged in (SGIP)."""
    @property
    def reason(self) -> str:
        """Why, in words."""
    @property
    def last_frames(self) -> str:
        """The last frames of a connection that ended otherwise than in order, one a line."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Trouble:
    """Input that could not be used."""

    __match_args__ = ("account", "reason")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        reason: str = ...,
        action: str = ...,
        octets: bytes = ...,
    ) -> Trouble: ...
    @property
    def account(self) -> str:
        """The account."""
    @property
    def connection(self) -> int:
        """The connection."""
    @property
    def time(self) -> datetime:
        """When (UTC)."""
    @property
    def reason(self) -> str:
        """What is wrong."""
    @property
    def action(self) -> str:
        """What was done about it."""
    @property
    def octets(self) -> bytes:
        """The octets, the first 4,096 of them."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Log:
    """A line for the log. Numbers and contents are masked."""

    __match_args__ = ("level", "text")

    def __new__(
        cls, *, account: str = ..., time: datetime = ..., level: int = ..., area: str = ..., text: str = ...
    ) -> Log: ...
    @property
    def account(self) -> str:
        """The account."""
    @property
    def time(self) -> datetime:
        """When (UTC)."""
    @property
    def level(self) -> int:
        """How much it matters, as a level of the module logging."""
    @property
    def area(self) -> str:
        """Which part of the library says it."""
    @property
    def text(self) -> str:
        """What it says."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DayCounts:
    """What a carrier counted for an SP on one day."""

    __match_args__ = ("mt_messages", "mt_receivers")

    def __new__(
        cls,
        *,
        mt_messages: int = ...,
        mt_receivers: int = ...,
        mt_sent: int = ...,
        mt_waiting: int = ...,
        mt_failed: int = ...,
        mo_delivered: int = ...,
        mo_waiting: int = ...,
        mo_failed: int = ...,
    ) -> DayCounts: ...
    @property
    def mt_messages(self) -> int:
        """Messages taken from the SP."""
    @property
    def mt_receivers(self) -> int:
        """Receivers of these messages."""
    @property
    def mt_sent(self) -> int:
        """Forwarded successfully."""
    @property
    def mt_waiting(self) -> int:
        """Waiting to be forwarded."""
    @property
    def mt_failed(self) -> int:
        """Not forwarded for good."""
    @property
    def mo_delivered(self) -> int:
        """Messages from phones delivered to the SP."""
    @property
    def mo_waiting(self) -> int:
        """Messages from phones that wait for the SP."""
    @property
    def mo_failed(self) -> int:
        """Messages from phones not delivered for good."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Query:
    """An SP asks for the counts of a day."""

    __match_args__ = ("day", "service")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        day: str = ...,
        service: str | None = ...,
    ) -> Query: ...
    @property
    def account(self) -> str:
        """The account that asks."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request for ``answer_query``."""
    @property
    def day(self) -> str:
        """The day, YYYYMMDD."""
    @property
    def service(self) -> str | None:
        """The service code to count; None counts all."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Cancel:
    """An SP asks to take a message back."""

    __match_args__ = ("message_id",)

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        message_id: str = ...,
    ) -> Cancel: ...
    @property
    def account(self) -> str:
        """The account that asks."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request for ``answer``."""
    @property
    def message_id(self) -> str:
        """The id that the message was given."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Ticket:
    """One accepted message to one receiver. Equal to its number, and hashed like it."""

    @property
    def id(self) -> int:
        """The number that events carry."""
    @property
    def done(self) -> bool:
        """Whether the outcome is there."""
    def outcome(self, timeout: float | timedelta | None = None) -> Outcome:
        """Return the outcome, waiting up to ``timeout`` seconds for it; without one as long as it takes.

        Raises Timeout when it is not there in time. Inside a handler nothing waits: WouldDeadlock, where the
        outcome is not there yet and the timeout is not 0.
        """
    def __int__(self) -> int: ...
    def __index__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Left:
    """What a close left. False when nothing was left."""

    def __new__(cls, *, abandoned: int = ..., in_doubt: int = ..., no_report: int = ...) -> Left: ...
    @property
    def abandoned(self) -> int:
        """Tickets never written to a connection."""
    @property
    def in_doubt(self) -> int:
        """Tickets written without answer."""
    @property
    def no_report(self) -> int:
        """Tickets accepted whose report was open."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Counts:
    """What a simulator has done so far."""

    @property
    def submits(self) -> int:
        """Submits that came, one a segment."""
    @property
    def accepted(self) -> int:
        """Submits it accepted."""
    @property
    def refused(self) -> int:
        """Submits it refused."""
    @property
    def reports(self) -> int:
        """Reports it pushed."""
    @property
    def delivers(self) -> int:
        """Messages from phones it pushed."""
    @property
    def acked(self) -> int:
        """Pushes that were acknowledged."""
    @property
    def failed(self) -> int:
        """Pushes that were not."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Preview:
    """What a text will cost."""

    @property
    def coding(self) -> int:
        """The data coding octet that will be used."""
    @property
    def characters(self) -> int:
        """Characters as Unicode counts them."""
    @property
    def units(self) -> int:
        """Length of the text as the coding counts it."""
    @property
    def unit(self) -> str:
        """What ``units`` and the rooms are counted in: octet, utf16 or septet."""
    @property
    def segments(self) -> int:
        """Segments, which is what a carrier bills."""
    @property
    def room_left(self) -> int:
        """Units that can be added without one more segment."""
    @property
    def room_per_segment(self) -> int:
        """Units a segment holds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Changed:
    """What a change of an open client did. Its text is a line for the log; false: nothing changed."""

    @property
    def at_once(self) -> tuple[tuple[str, str], ...]:
        """Account and setting: in effect now."""
    @property
    def on_reconnect(self) -> tuple[tuple[str, str], ...]:
        """Account and setting, or user, secret or address: in effect with the next connection."""
    @property
    def added(self) -> tuple[str, ...]:
        """Accounts that were added."""
    @property
    def removed(self) -> tuple[str, ...]:
        """Accounts that were removed."""
    @property
    def replaced(self) -> tuple[str, ...]:
        """Accounts that were removed and added again: their protocol, version, node or listener changed."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Client:
    """A client of the core, for one Python client."""

    def __new__(
        cls,
        accounts: list[tuple[str | None, str, dict[str, Any]]],
        settings: dict[str, Any],
        routes: list[tuple[str | None, str, list[str]]],
        config: str | PathLike[str] | None,
    ) -> Client: ...
    @property
    def accounts(self) -> list[str]: ...
    @property
    def listeners(self) -> list[str]: ...
    @property
    def open_tickets(self) -> int: ...
    @property
    def forked(self) -> bool: ...
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
        valid_for: float | timedelta | None = None,
        content: bytes | bytearray | memoryview | None = None,
        udh: bytes | bytearray | memoryview | None = None,
        timeout: float | timedelta | None = None,
        **fields: Any,
    ) -> Ticket: ...
    def send_together(
        self, messages: list[tuple[tuple[str, ...], dict[str, Any]]], tickets: list[Ticket]
    ) -> None: ...
    def send_to_all(
        self,
        receivers: list[str],
        text: str | None,
        timeout: float | timedelta | None,
        options: dict[str, Any],
    ) -> list[Ticket | SendError]: ...
    def query(
        self, account: str, day: str, service: str | None, timeout: float | timedelta | None
    ) -> DayCounts: ...
    def cancel(self, ticket: int, timeout: float | timedelta | None) -> str: ...
    def cancel_id(self, account: str, message_id: str, timeout: float | timedelta | None) -> str: ...
    def want(self, kinds: int) -> None: ...
    def dispatch(
        self,
        handlers: list[tuple[Callable[[Any], object], ...]],
        unhandled: Callable[[Any], object],
        failed: Callable[[Callable[[Any], object], BaseException], object],
        timeout: float | timedelta | None,
    ) -> bool: ...
    def wait(self, timeout: float | timedelta | None) -> bool: ...
    def wait_online(self, timeout: float | timedelta | None) -> None: ...
    def set(self, account: str, settings: dict[str, Any]) -> Changed: ...
    def set_secret(self, account: str, secret: str | bytes) -> Changed: ...
    def add_accounts(
        self, accounts: list[tuple[str | None, str, dict[str, Any]]], settings: dict[str, Any]
    ) -> None: ...
    def remove_account(self, account: str, timeout: float | timedelta | None) -> Left: ...
    def reconfigure(
        self,
        accounts: list[tuple[str | None, str, dict[str, Any]]],
        settings: dict[str, Any],
        routes: list[tuple[str | None, str, list[str]]],
        config: str | PathLike[str] | None,
        timeout: float | timedelta | None,
    ) -> Changed: ...
    def close(self, timeout: float | timedelta | None) -> Left: ...
    def abandon(self) -> None: ...
    def state(self, account: str) -> tuple[str, str] | None: ...
    def counters(self, account: str) -> dict[str, int] | None: ...
    def metrics(self) -> str: ...

@final
class Gateway:
    """A gateway of the core, for one Python gateway."""

    def __new__(
        cls,
        urls: list[str],
        accounts: list[tuple[str, str | bytes, dict[str, Any]]],
        looks_up: bool,
        config: str | PathLike[str] | None,
        settings: dict[str, Any],
    ) -> Gateway: ...
    @property
    def listener_names(self) -> list[str]: ...
    @property
    def listeners(self) -> list[tuple[str, str]]: ...
    @property
    def accounts(self) -> AbstractSet[str]: ...
    def set(self, listener: str, settings: dict[str, Any]) -> Changed: ...
    def add_listener(self, url: str, name: str | None, settings: dict[str, Any]) -> tuple[str, str]: ...
    def remove_listener(self, listener: str) -> None: ...
    def set_account_settings(self, name: str, settings: dict[str, Any]) -> Changed: ...
    @property
    def turned_away(self) -> int: ...
    @property
    def open_tickets(self) -> int: ...
    @property
    def forked(self) -> bool: ...
    def next_login(self) -> Login | None: ...
    def want(self, kinds: int) -> None: ...
    def dispatch(
        self,
        handlers: list[tuple[Callable[[Any], object], ...]],
        unhandled: Callable[[Any], object],
        failed: Callable[[Callable[[Any], object], BaseException], object],
        timeout: float | timedelta | None,
    ) -> bool: ...
    def answer(self, token: int, answer: Answer, after: float | timedelta) -> None: ...
    def answer_query(self, token: int, counts: DayCounts) -> None: ...
    def report(
        self, submit: Submit, stat: str, receiver: str | None, error: str, after: float | timedelta
    ) -> list[Ticket]: ...
    def deliver(
        self,
        account: str,
        sender: str,
        receiver: str,
        text: str | None,
        coding: str | int | None,
        content: bytes | bytearray | memoryview | None,
        udh: bytes | bytearray | memoryview | None,
        flash: bool,
        link_id: str,
        service_id: str,
        reference: str | None,
        after: float | timedelta,
    ) -> Ticket: ...
    def wait(self, timeout: float | timedelta | None) -> bool: ...
    def close(self, timeout: float | timedelta | None) -> Left: ...
    def set_account(self, name: str, secret: str | bytes) -> None: ...
    def remove_account(self, name: str, timeout: float | timedelta | None) -> bool: ...
    def abandon(self) -> None: ...
    def counters(self, account: str | None) -> dict[str, int] | None: ...
    def metrics(self) -> str: ...

@final
class LinkRequest:
    """A PDU with which a peer of a link asks for something."""

    __match_args__ = ("name", "account")

    def __new__(
        cls,
        *,
        account: str = ...,
        connection: int = ...,
        time: datetime = ...,
        token: int = ...,
        protocol: str = ...,
        version: str = ...,
        name: str = ...,
        octets: bytes = ...,
    ) -> LinkRequest: ...
    @property
    def account(self) -> str:
        """The peer."""
    @property
    def connection(self) -> int:
        """The connection it came on."""
    @property
    def time(self) -> datetime:
        """When it came (UTC)."""
    @property
    def token(self) -> int:
        """Names the request until it is answered."""
    @property
    def protocol(self) -> str:
        """cmpp, sgip or smgp."""
    @property
    def version(self) -> str:
        """The version the peer speaks."""
    @property
    def name(self) -> str:
        """The name of the PDU in snake case."""
    @property
    def octets(self) -> bytes:
        """Its frame."""
    @property
    def pdu(self) -> Pdu:
        """The PDU, as ``sanwang.wire.decode`` reads it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class LinkReply:
    """What became of a request to a peer of a link."""

    __match_args__ = ("account", "error")

    def __new__(
        cls,
        *,
        account: str = ...,
        time: datetime = ...,
        user_data: int = ...,
        protocol: str = ...,
        version: str = ...,
        name: str = ...,
        octets: bytes = ...,
        error: str = ...,
        reason: str = ...,
    ) -> LinkReply: ...
    @property
    def account(self) -> str:
        """The peer."""
    @property
    def time(self) -> datetime:
        """When (UTC)."""
    @property
    def user_data(self) -> int:
        """The number of the request."""
    @property
    def protocol(self) -> str:
        """cmpp, sgip or smgp; empty without an answer."""
    @property
    def version(self) -> str:
        """The version the peer speaks; empty without an answer."""
    @property
    def name(self) -> str:
        """The name of the PDU in snake case; empty without an answer."""
    @property
    def octets(self) -> bytes:
        """The frames of the answer."""
    @property
    def error(self) -> str:
        """Why there is no answer: NO_ANSWER, LOST, NOT_SENT ...; empty when there is one."""
    @property
    def reason(self) -> str:
        """The same in words."""
    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
    @property
    def pdu(self) -> Pdu:
        """The answer, as ``sanwang.wire.decode`` reads its first frame. Without one it raises LinkError."""
    @property
    def pdus(self) -> list[Pdu]:
        """The answer frame by frame: SGIP's QueryRoute_Resp may have several.

        Without an answer it raises LinkError.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Link:
    """A link of the core, for one Python link."""

    def __new__(
        cls,
        dials: list[tuple[str | None, str, dict[str, Any]]],
        urls: list[str],
        peers: list[tuple[str, str | bytes]],
        settings: dict[str, Any],
    ) -> Link: ...
    @property
    def listeners(self) -> list[tuple[str, str]]: ...
    @property
    def peers(self) -> list[tuple[str, str]]: ...
    @property
    def forked(self) -> bool: ...
    def speaks(self, peer: str) -> tuple[str, str] | None: ...
    def request(
        self,
        peer: str,
        pdu: object,
        sequence: tuple[int, int, int] | None,
        timeout: float | timedelta | None,
    ) -> LinkReply: ...
    def ask(
        self,
        peer: str,
        pdu: object,
        sequence: tuple[int, int, int] | None,
        timeout: float | timedelta | None,
        user_data: int,
    ) -> None: ...
    def answer(self, request: LinkRequest, pdu: object) -> None: ...
    def refuse(self, token: int, busy: bool) -> None: ...
    def want(self, kinds: int) -> None: ...
    def dispatch(
        self,
        handlers: list[tuple[Callable[[Any], object], ...]],
        unhandled: Callable[[Any], object],
        failed: Callable[[Callable[[Any], object], BaseException], object],
        timeout: float | timedelta | None,
    ) -> bool: ...
    def wait_online(self, peer: str, timeout: float | timedelta | None) -> None: ...
    def close(self, timeout: float | timedelta | None) -> Left: ...
    def abandon(self) -> None: ...
    def counters(self, peer: str | None) -> dict[str, int] | None: ...
    def metrics(self) -> str: ...

@final
class RouteEntry:
    """One route of a route table."""

    __match_args__ = ("kind", "gateway")

    def __new__(
        cls,
        *,
        kind: str = ...,
        number: int = ...,
        gateway: str = ...,
        address: str = ...,
        port: int = ...,
        changed: datetime | None = ...,
        first: str = ...,
        last: str = ...,
        area: str = ...,
        user_type: int = ...,
        sp_id: str = ...,
        sp_code: str = ...,
        service_id: str = ...,
        first_code: int = ...,
        last_code: int = ...,
        access: int = ...,
        sp_type: int = ...,
        user: str = ...,
        password: str = ...,
    ) -> RouteEntry: ...
    @property
    def kind(self) -> str:
        """segment: phone numbers; service: a service number; gateway: a gateway itself (SGIP)."""
    @property
    def number(self) -> int:
        """Its number among those of its kind; the table gives it."""
    @property
    def gateway(self) -> str:
        """Code of the gateway that it leads to."""
    @property
    def address(self) -> str:
        """IPv4 address of the gateway."""
    @property
    def port(self) -> int:
        """Port of the gateway; 0 in SGIP."""
    @property
    def changed(self) -> datetime | None:
        """Last change; None when it is not known."""
    @property
    def first(self) -> str:
        """segment: the first number segment, such as 1390100."""
    @property
    def last(self) -> str:
        """segment: the last number segment; empty: the first."""
    @property
    def area(self) -> str:
        """segment: area or province code."""
    @property
    def user_type(self) -> int:
        """segment: kind of user."""
    @property
    def sp_id(self) -> str:
        """service: SP_Id, SPID or CorpId."""
    @property
    def sp_code(self) -> str:
        """service: SP_Code, SPCode or SPNumber."""
    @property
    def service_id(self) -> str:
        """service: Service_Id or ServiceTag; empty: not bound to a service."""
    @property
    def first_code(self) -> int:
        """service: the first service number."""
    @property
    def last_code(self) -> int:
        """service: the last service number."""
    @property
    def access(self) -> int:
        """service: 0 main access point, 1 mirror."""
    @property
    def sp_type(self) -> int:
        """service: 0 local SP, 1 national SP (SMGP)."""
    @property
    def user(self) -> str:
        """gateway: login name for it."""
    @property
    def password(self) -> str:
        """gateway: its password."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RouteTable:
    """A route table of the core, for one Python table."""

    def __new__(cls, protocol: str, own: str | None, limit: int | None) -> RouteTable: ...
    @staticmethod
    def from_text(text: str) -> RouteTable: ...
    @staticmethod
    def load(path: str | PathLike[str]) -> RouteTable: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def to_text(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def own(self) -> str | None: ...
    def __len__(self) -> int: ...
    @property
    def routes(self) -> list[RouteEntry]: ...
    def get(self, kind: str, number: int) -> RouteEntry | None: ...
    def add(self, route: RouteEntry) -> int: ...
    def change(self, route: RouteEntry) -> None: ...
    def remove(self, kind: str, number: int) -> RouteEntry: ...
    def by_phone(self, number: str) -> RouteEntry | None: ...
    def by_service(self, number: str, service_id: str, code: int, asking: str) -> RouteEntry | None: ...
    def follow(self, gateway: str) -> None: ...
    def forget(self, gateway: str) -> None: ...
    @property
    def behind(self) -> list[tuple[str, int]]: ...
    def answer(self, request: LinkRequest) -> bytes | None: ...
    def push(self, link: Link, timeout: float | timedelta | None) -> None: ...
    def fetch(self, link: Link, peer: str, timeout: float | timedelta | None) -> int: ...

@final
class Simulator:
    """A simulator of the core."""

    def __new__(
        cls, urls: list[str], accounts: list[tuple[str, str]], rules: dict[str, object]
    ) -> Simulator: ...
    def address(self, protocol: str) -> str | None: ...
    def deliver(
        self,
        account: str,
        sender: str,
        receiver: str,
        text: str,
        coding: str | None,
        link_id: str,
        service_id: str,
    ) -> int: ...
    def counts(self) -> Counts: ...
    def close(self, timeout: float | timedelta | None) -> None: ...

def preview(text: str, protocol: str, settings: Mapping[str, Any]) -> Preview: ...
def decode(
    protocol: str, octets: bytes | bytearray | memoryview, version: str | None
) -> tuple[list[dict[str, Any]], int, tuple[str, str, str, int, str] | None]: ...
def decode_body(protocol: str, version: str, octets: bytes) -> dict[str, Any]: ...
def encode(
    protocol: str,
    version: str | None,
    pdu: str,
    fields: dict[str, Any],
    sequence: int | tuple[int, int, int],
) -> bytes: ...
def note_fork() -> None: ...
def setting_keys() -> tuple[list[str], list[str]]: ...
def run_command(args: list[str]) -> int: ...
