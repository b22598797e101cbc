"""Words that events use. They are text, so they compare and print as text; unknown words are taken, too."""

from __future__ import annotations

from enum import Enum


class _Word(str, Enum):
    """A member is its own text. A word that a newer library sends becomes a member of the same class."""

    @classmethod
    def _missing_(cls, value: object) -> _Word | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = value.upper()
        word._value_ = value
        return word

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Status(_Word):
    """How a ticket, or one segment of it, ended.

    Where segments end differently, the ticket takes the first in the order of this list.
    """

    REJECTED = "REJECTED"
    """The gateway answered with an error; ``code`` is its result."""
    UNDELIVERED = "UNDELIVERED"
    """A final report says that the handset did not get it."""
    EXPIRED = "EXPIRED"
    """``valid_for`` ran out before it was sent."""
    CANCELED = "CANCELED"
    """Canceled, or not sent because an earlier segment was rejected."""
    ABANDONED = "ABANDONED"
    """The client was closed before it was written to a connection."""
    IN_DOUBT = "IN_DOUBT"
    """Written, no answer came, and it was not sent again: it may or may not have arrived."""
    NO_REPORT = "NO_REPORT"
    """Accepted, but no final report came before the deadline or before the close."""
    SENT = "SENT"
    """Accepted, and no report was asked for."""
    ACKED = "ACKED"
    """The other side acknowledged what a gateway pushed."""
    DELIVERED = "DELIVERED"
    """A report says that the handset has it."""

    @property
    def is_success(self) -> bool:
        """Whether the message is where it should be: DELIVERED, SENT or ACKED."""
        return self.value in ("DELIVERED", "SENT", "ACKED")


class Cancellation(_Word):
    """What became of a request to take a message back."""

    NOT_SENT = "not_sent"
    """Nothing of it had been sent: its outcome is CANCELED."""
    DELETED = "deleted"
    """The gateway deleted every segment. An open ticket's outcome follows its report."""
    REFUSED = "refused"
    """The gateway did not delete at least one segment: it may still arrive."""


class LinkState(_Word):
    """Where an account stands."""

    OFFLINE = "offline"
    """Nothing is connected and nothing is tried now."""
    CONNECTING = "connecting"
    """A connection is being made or is logging in."""
    ONLINE = "online"
    """All connections that are wanted are logged in."""
    DEGRADED = "degraded"
    """Some connections are logged in, fewer than wanted."""
    IDLE = "idle"
    """Nothing is open because nothing is needed: a quiet SGIP account is healthy. ``send`` dials."""
    REFUSED = "refused"
    """The gateway refused the login; it is tried again later and less often."""

    @property
    def is_usable(self) -> bool:
        """Whether a message can go out now: online, degraded, or idle and able to dial."""
        return self.value in ("online", "degraded", "idle")
