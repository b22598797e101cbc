//! Values of the library as JSON, with the same names in every command.

use serde_json::{Map, Value as Json, json};

use crate::message::Outcome;

/// Octets in lower-case hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The event of a ticket's end. `receiver` is the number as the user gave it. Tickets are texts: they have more bits
/// than a JSON number keeps everywhere.
pub(super) fn outcome(outcome: &Outcome, receiver: &str) -> Json {
    let segments: Vec<Json> = outcome
        .segments
        .iter()
        .map(|segment| {
            json!({
                "status": segment.status.name(),
                "message_id": segment.message_id.to_string(),
                "result": segment.result,
                "stat": segment.stat.to_string_lossy(),
                "error": segment.error.to_string_lossy(),
                "sent_at": segment.sent_at,
                "done_at": segment.done_at,
            })
        })
        .collect();
    json!({
        "event": "outcome",
        "account": &*outcome.account,
        "ticket": outcome.ticket.to_string(),
        "reference": outcome.reference.as_deref(),
        "receiver": receiver,
        "status": outcome.status.name(),
        "code": outcome.code,
        "text": outcome.text,
        "retriable": outcome.retriable,
        "segments": segments,
        "accepted_at": outcome.accepted_at,
        "decided_at": outcome.decided_at,
        "repeated": outcome.repeated,
    })
}

/// An object whose keys come one by one and stay in order.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Json>);

impl Object {
    pub(super) fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    pub(super) fn into_json(self) -> Json {
        Json::Object(self.0)
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}
