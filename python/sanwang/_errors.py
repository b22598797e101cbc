"""The errors of the package. Every one carries ``name``, ``retriable`` and ``field``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._native import Ticket
    from .wire import Pdu


class SanwangError(Exception):
    """The base of all errors of the package."""

    default_name: ClassVar[str] = "ERROR"
    retriable: bool = False
    """Whether the same call may succeed later."""

    def __init__(self, message: str = "", *, name: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.name: str = name or self.default_name
        """The name of the error in every language, for example ``QUEUE_FULL``."""
        self.field: str | None = field
        """The parameter or setting at fault, where there is one."""


class ConfigError(SanwangError, ValueError):
    """A setting, an account URL or a route is wrong; the text says what to write instead."""

    default_name = "BAD_SETTING"


class OpenFailed(SanwangError, OSError):
    """The system refused a thread or a listening address."""

    default_name = "OPEN_FAILED"


class SendError(SanwangError):
    """``send`` did not accept a message: there is no ticket and will be no outcome."""

    default_name = "SEND_FAILED"

    def __init__(self, message: str = "", *, name: str | None = None, field: str | None = None) -> None:
        super().__init__(message, name=name, field=field)
        self.index: int | None = None
        """Which message of ``send_many`` it was, from 0."""
        self.tickets: list[Ticket] = []
        """The tickets of the messages of ``send_many`` that were accepted before it."""


class BadReceiver(SendError, ValueError):
    """The receiver is no mobile number."""

    default_name = "BAD_RECEIVER"


class BadCoding(SendError, ValueError):
    """The text cannot be written in the coding that was asked for."""

    default_name = "BAD_CODING"


class TooLong(SendError, ValueError):
    """The message needs too many segments, or a field is longer than the protocol has room for."""

    default_name = "TOO_LONG"


class EmptyMessage(SendError, ValueError):
    """Neither text nor content was given."""

    default_name = "EMPTY"


class BadSetting(SendError, ValueError):
    """A carrier field of the message is unknown or out of range."""

    default_name = "BAD_SETTING"


class NoRoute(SendError):
    """No account may carry the message."""

    default_name = "NO_ROUTE"


class QueueFull(SendError):
    """There is no room in the queue: wait with ``timeout``, or slow down."""

    default_name = "QUEUE_FULL"
    retriable = True


class NotConnected(SendError):
    """The account is down and does not queue (``queue_offline=False``)."""

    default_name = "NOT_CONNECTED"
    retriable = True


class Closed(SendError):
    """The client is closed."""

    default_name = "CLOSED"


class WouldDeadlock(SendError):
    """The call would wait for the very handler it is called from."""

    default_name = "WOULD_DEADLOCK"


class Forked(SendError):
    """The process was forked after the client was opened: open a new client in the child."""

    default_name = "FORKED"


class AskError(SanwangError):
    """A query or cancel has no answer: UNSUPPORTED by the protocol, NOT_FOUND, BAD_SETTING."""

    default_name = "UNSUPPORTED"


class InFlight(AskError):
    """The answer to a segment is awaited: cancel again after it."""

    default_name = "IN_FLIGHT"
    retriable = True


class LinkError(SanwangError):
    """A request on a link has no answer, or an answer was not taken; ``name`` says why.

    NO_PEER, WRONG_PDU, ENCODE, QUEUE_FULL, NOT_SENT (not in time), NO_ANSWER (not in time), LOST (the
    connection ended), TOO_LONG (the answer), STALE (answered before, or too late).
    """

    default_name = "NO_ANSWER"

    def __init__(self, message: str = "", *, name: str | None = None, field: str | None = None) -> None:
        super().__init__(message, name=name, field=field)
        self.retriable = self.name in ("QUEUE_FULL", "NOT_SENT", "NO_ANSWER", "LOST")


class RouteError(SanwangError, ValueError):
    """A route or a route table is wrong."""

    default_name = "BAD_ROUTE"


class LoginRefused(SanwangError):
    """A gateway refused the login; the text has its code and meaning."""

    default_name = "LOGIN_REFUSED"


class Timeout(SanwangError, TimeoutError):
    """What was waited for did not come in time."""

    default_name = "TIMEOUT"
    retriable = True


class DecodeError(SanwangError, ValueError):
    """Octets that are no PDU of the protocol."""

    default_name = "DECODE_ERROR"

    def __init__(
        self,
        message: str = "",
        *,
        error: str = "",
        pdu: str = "",
        field: str | None = None,
        offset: int = 0,
        start: int = 0,
        pdus: list[Pdu] | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.error = error
        """The class of the error, for example ``body_too_short``."""
        self.pdu = pdu
        """The PDU at fault, or ``header``."""
        self.offset = offset
        """Where the field begins, in octets from the first octet of its frame."""
        self.start = start
        """Where that frame begins in what was given."""
        self.pdus: list[Pdu] = pdus or []
        """The PDUs that were read before it."""


class EncodeError(SanwangError, ValueError):
    """Values that make no PDU; the text says what to give instead."""

    default_name = "BAD_PDU"

    def __init__(
        self, message: str = "", *, error: str = "", pdu: str = "", field: str | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.error = error
        """The class of the error, for example ``out_of_range``."""
        self.pdu = pdu
        """The PDU. The ``field`` is the place in it, for example ``dest_terminal_id[2]``."""


class InternalError(SanwangError):
    """A bug of the library."""

    default_name = "INTERNAL"
