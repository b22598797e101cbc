//! What an SP asks its carrier beside sending: the counts of a day, and to take a message back.

use super::Token;
use crate::wire::{MsgId, Text};
use std::sync::Arc;

/// What a carrier counted for an SP on one day (`cmpp.md 4.9`, `smgp.md 5.6`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// Messages taken from the SP.
    pub mt_messages: u32,
    /// Receivers of these messages.
    pub mt_receivers: u32,
    /// Forwarded successfully.
    pub mt_sent: u32,
    /// Waiting to be forwarded.
    pub mt_waiting: u32,
    /// Not forwarded for good.
    pub mt_failed: u32,
    /// Messages from phones delivered to the SP.
    pub mo_delivered: u32,
    /// Messages from phones that wait for the SP.
    pub mo_waiting: u32,
    /// Messages from phones not delivered for good.
    pub mo_failed: u32,
}

impl DayCounts {
    /// The counts with the names that they have in every language.
    pub fn named(&self) -> [(&'static str, u32); 8] {
        [
            ("mt_messages", self.mt_messages),
            ("mt_receivers", self.mt_receivers),
            ("mt_sent", self.mt_sent),
            ("mt_waiting", self.mt_waiting),
            ("mt_failed", self.mt_failed),
            ("mo_delivered", self.mo_delivered),
            ("mo_waiting", self.mo_waiting),
            ("mo_failed", self.mo_failed),
        ]
    }
}

/// The counts a query asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The day, `YYYYMMDD`.
    pub day: Text<8>,
    /// The service code to count; `None` counts all.
    pub service: Option<Text<10>>,
}

impl Query {
    /// The counts of a day (`YYYYMMDD`), of all messages or of one service code. `None`: the day is not eight digits,
    /// or the code has more than 10 characters.
    pub fn new(day: &str, service: Option<&str>) -> Option<Self> {
        let digits = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
        let service = service.map(Text::new).transpose().ok()?;
        digits.then(|| Text::new(day).ok()).flatten().map(|day| Query { day, service })
    }
}

/// An SP asks our gateway for the counts of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRequest {
    /// The account that asks.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// Answers it.
    pub token: Token,
    /// What it asks for.
    pub query: Query,
}

/// An SP asks our gateway to take a message back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelRequest {
    /// The account that asks.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// Answers it: result 0 has done it, 1 has not.
    pub token: Token,
    /// The id that the message was given.
    pub message_id: MsgId,
}

/// What became of a request to take a message back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// Nothing of it had been sent: its outcome is CANCELED.
    NotSent,
    /// The gateway has deleted every segment. An open ticket's outcome follows its report.
    Deleted,
    /// The gateway did not delete at least one segment: it may still arrive.
    Refused,
}

impl Cancellation {
    /// The name used in every language, for example `deleted`.
    pub fn name(self) -> &'static str {
        match self {
            Cancellation::NotSent => "not_sent",
            Cancellation::Deleted => "deleted",
            Cancellation::Refused => "refused",
        }
    }
}
