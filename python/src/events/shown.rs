//! How events look in a repr: the facts that tell them apart, on one line.

use super::{AccountState, Deliver, Log, Outcome, Report, Response, Segment, Trouble};
use crate::convert::{Short, Shown};
use sanwang::message::shown::number;
use sanwang::text::number::mask_text;

/// Characters of a message that a repr shows.
const SHOWN: usize = 40;

/// The first characters of a text as Python shows it in a repr.
fn quoted(text: &str, most: usize) -> String {
    let mut out = String::from("'");
    for c in text.chars().take(most) {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    if text.chars().nth(most).is_some() {
        out.push_str("...");
    }
    out.push('\'');
    out
}

/// A phone's number as the account lets it show.
pub(super) fn phone(show: Shown, field: &Short<32>) -> String {
    number(show.0, &field.0.to_string_lossy())
}

/// A content as the account lets it show.
pub(super) fn content(show: Shown, text: Option<&str>, octets: &[u8]) -> String {
    match text {
        Some(text) if show.0.contents() => quoted(text, SHOWN),
        Some(text) => mask_text(text),
        None => format!("{} octets", octets.len()),
    }
}

impl Deliver {
    pub(super) fn shown(&self) -> String {
        let what = content(self.show, self.text.as_deref(), &self.octets.0);
        let missing =
            if self.complete { String::new() } else { format!(", {} of {}", self.parts, self.total) };
        format!("Deliver({} to {}, {what}{missing})", phone(self.show, &self.sender), self.receiver.0)
    }
}

impl Report {
    pub(super) fn shown(&self) -> String {
        let which = match self.ticket {
            Some(ticket) => format!("ticket {ticket}, segment {}", self.segment),
            None => format!("no ticket, id {}", self.message_id.0),
        };
        format!("Report({}, {}, {which})", self.stat.0, phone(self.show, &self.receiver))
    }
}

impl Segment {
    pub(super) fn shown(&self) -> String {
        format!("Segment({}, {})", self.status.0, self.message_id.0)
    }
}

impl Outcome {
    pub(super) fn shown(&self) -> String {
        self.0.to_string()
    }
}

impl Response {
    pub(super) fn shown(&self) -> String {
        let late = if self.late { ", late" } else { "" };
        let Self { result, segment, segments, ticket, .. } = self;
        format!("Response({result} {}, ticket {ticket}, segment {segment} of {segments}{late})", self.name.0)
    }
}

impl AccountState {
    pub(super) fn shown(&self) -> String {
        let Self { up, wanted, reason, .. } = self;
        let why = if reason.is_empty() { String::new() } else { format!(", {reason}") };
        format!("AccountState({}, {}, {up} of {wanted} up{why})", self.account.0, self.state.0.name())
    }
}

impl Trouble {
    pub(super) fn shown(&self) -> String {
        format!("Trouble({}, {}, {})", self.account.0, self.reason, self.action)
    }
}

impl Log {
    pub(super) fn shown(&self) -> String {
        format!("Log({}, {}, {})", self.level.0, self.account.0, quoted(&self.text, usize::MAX))
    }
}
