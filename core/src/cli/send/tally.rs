//! What became of the messages: counting and printing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::super::json::{self, Object};
use super::super::out::{self, Failure};
use crate::message::{Outcome, Response, Status};

/// How many messages ended how.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Messages that were queued.
    pub(super) messages: u64,
    /// Messages that were wrong and not queued.
    pub(super) bad: u64,
    /// Messages whose segments were all accepted and that nobody waits for longer.
    pub(super) accepted: u64,
    statuses: BTreeMap<Status, u64>,
}

impl Tally {
    /// A message has its outcome.
    pub(super) fn ended(&mut self, outcome: &Outcome) {
        *self.statuses.entry(outcome.status).or_default() += 1;
    }

    /// Whether every message ended well.
    pub(super) fn is_well(&self) -> bool {
        let well: u64 = self.statuses.iter().filter(|(status, _)| status.is_success()).map(|(_, n)| n).sum();
        self.bad == 0 && well + self.accepted == self.messages
    }

    /// Names with their counts, the best first.
    fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let accepted = (self.accepted > 0).then_some(("ACCEPTED", self.accepted));
        accepted.into_iter().chain(self.statuses.iter().rev().map(|(status, n)| (status.name(), *n)))
    }
}

/// Writes results to stdout, for people or as JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) json: bool,
}

impl Printer {
    /// A message has its outcome.
    pub(super) fn outcome(self, outcome: &Outcome, receiver: &str) -> Result<(), Failure> {
        if self.json {
            return out::print(json::outcome(outcome, receiver));
        }
        let mut line = format!(
            "{} {receiver}, {}, {:.1} s",
            outcome.status,
            out::count(outcome.segments.len() as u64, "segment"),
            outcome.took_ms() as f64 / 1000.0
        );
        if let Some(reference) = &outcome.reference {
            let _ = write!(line, ", reference {reference}");
        }
        let mut ids = outcome.segments.iter().map(|s| s.message_id).filter(|id| !id.is_zero());
        if let Some(first) = ids.next() {
            let _ = write!(line, ", id {first}");
            for id in ids {
                let _ = write!(line, " {id}");
            }
        }
        if !outcome.text.is_empty() {
            let _ = write!(line, ": {}", outcome.text);
        }
        out::print(line)
    }

    /// Every segment of a message was accepted; `response` is the last answer.
    pub(super) fn accepted(self, response: &Response, receiver: &str) -> Result<(), Failure> {
        if self.json {
            return out::print(json!({
                "event": "accepted",
                "account": &*response.account,
                "ticket": response.ticket.to_string(),
                "reference": response.reference.as_deref(),
                "receiver": receiver,
                "status": "ACCEPTED",
                "segments": response.segments,
                "message_id": response.message_id.to_string(),
            }));
        }
        let mut line =
            format!("ACCEPTED {receiver}, {}", out::count(u64::from(response.segments), "segment"));
        if let Some(reference) = &response.reference {
            let _ = write!(line, ", reference {reference}");
        }
        let _ = write!(line, ", id {}", response.message_id);
        out::print(line)
    }

    /// The last line.
    pub(super) fn summary(self, tally: &Tally) -> Result<(), Failure> {
        if self.json {
            let mut outcomes = Object::default();
            for (name, n) in tally.named() {
                outcomes.put(name, n);
            }
            return out::print(json!({
                "event": "summary",
                "messages": tally.messages,
                "outcomes": outcomes.into_json(),
                "not_sent": tally.bad,
            }));
        }
        let mut line = out::count(tally.messages, "message");
        for (i, (name, n)) in tally.named().enumerate() {
            let _ = write!(line, "{} {n} {name}", if i == 0 { ":" } else { "," });
        }
        if tally.bad > 0 {
            let _ = write!(line, "; {} wrong and not sent", tally.bad);
        }
        out::print(line)
    }
}
