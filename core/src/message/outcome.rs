//! How one ticket ended.

use super::Ticket;
use crate::few::Few;
use crate::settings::Show;
use crate::wire::{MsgId, Text};
use std::fmt;
use std::sync::Arc;

/// The terminal state of a ticket, or of one of its segments.
///
/// Where segments end differently, the ticket takes the first in this order: REJECTED, UNDELIVERED, EXPIRED,
/// CANCELED, ABANDONED, IN_DOUBT, NO_REPORT, SENT or ACKED, DELIVERED.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Status {
    /// The gateway answered with an error; `code` is its result.
    Rejected = 1,
    /// A final report says the handset did not get it; `code` is its error.
    Undelivered = 2,
    /// `valid_for` ran out before it was sent.
    Expired = 3,
    /// Canceled by the caller, or not sent because an earlier segment was rejected.
    Canceled = 4,
    /// The client was closed before it was written to a connection.
    Abandoned = 5,
    /// Written to a connection, no answer came, and it was not sent again: it may or may not have arrived.
    InDoubt = 6,
    /// The gateway accepted it, but no final report came before the deadline or before the close.
    NoReport = 7,
    /// The gateway accepted it and no report was asked for.
    Sent = 8,
    /// The other side acknowledged what a gateway pushed.
    Acked = 9,
    /// A report says the handset has it.
    Delivered = 10,
}

impl Status {
    /// Every status, in the order of precedence.
    pub const ALL: [Status; 10] = [
        Status::Rejected,
        Status::Undelivered,
        Status::Expired,
        Status::Canceled,
        Status::Abandoned,
        Status::InDoubt,
        Status::NoReport,
        Status::Sent,
        Status::Acked,
        Status::Delivered,
    ];

    /// The name used in every language, for example `DELIVERED`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Rejected => "REJECTED",
            Status::Undelivered => "UNDELIVERED",
            Status::Expired => "EXPIRED",
            Status::Canceled => "CANCELED",
            Status::Abandoned => "ABANDONED",
            Status::InDoubt => "IN_DOUBT",
            Status::NoReport => "NO_REPORT",
            Status::Sent => "SENT",
            Status::Acked => "ACKED",
            Status::Delivered => "DELIVERED",
        }
    }

    /// Whether the message is where it should be: DELIVERED, SENT or ACKED.
    pub fn is_success(self) -> bool {
        matches!(self, Status::Delivered | Status::Sent | Status::Acked)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How one segment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentOutcome {
    /// Its own terminal state.
    pub status: Status,
    /// The gateway's id, zero octets when none was given.
    pub message_id: MsgId,
    /// Result of the response, 0 when accepted or when no response came.
    pub result: u32,
    /// Stat of the final report (`DELIVRD` ...), empty without one. SGIP writes its state as a word.
    pub stat: Text<8>,
    /// Error of the final report (SMGP Err, SGIP ErrorCode), empty without one.
    pub error: Text<8>,
    /// When it was written to a connection, milliseconds since 1970 UTC; 0 when never.
    pub sent_at: i64,
    /// When it was decided, milliseconds since 1970 UTC; never before `sent_at`.
    pub done_at: i64,
}

/// The one terminal event of a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The account it went through.
    pub account: Arc<str>,
    /// The handle `send` returned.
    pub ticket: Ticket,
    /// The caller's own reference, as given to `send`.
    pub reference: Option<Arc<str>>,
    /// The caller's own number, as given to `send`.
    pub user_data: u64,
    /// The receiver in national form.
    pub receiver: Text<32>,
    /// How it ended.
    pub status: Status,
    /// The result or report code that decided it, 0 when none did.
    pub code: u32,
    /// Why, in words: the code's name and meaning, or the stat, or the reason of a refused login.
    pub text: String,
    /// Whether sending the same message again can help.
    pub retriable: bool,
    /// One entry per segment, in order.
    pub segments: Few<SegmentOutcome>,
    /// When `send` accepted it, milliseconds since 1970 UTC.
    pub accepted_at: i64,
    /// When the outcome was decided, milliseconds since 1970 UTC; never before a segment's `done_at`, even when the
    /// wall clock was set back.
    pub decided_at: i64,
    /// Set when this event may have been seen before (a durable store after a crash).
    pub repeated: bool,
    /// What its Debug and Display forms show of the receiver: the account's `show`.
    pub show: Show,
}

impl Outcome {
    /// Milliseconds from acceptance to decision.
    pub fn took_ms(&self) -> i64 {
        (self.decided_at - self.accepted_at).max(0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.segments.len();
        write!(
            f,
            "Outcome({}, {}, {n} segment{}",
            self.status,
            super::shown::number(self.show, &self.receiver.to_string_lossy()),
            if n == 1 { "" } else { "s" }
        )?;
        if !self.text.is_empty() {
            write!(f, ", {}", self.text)?;
        }
        write!(f, ", {:.1} s)", self.took_ms() as f64 / 1000.0)
    }
}
