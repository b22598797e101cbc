//! How events look in a repr: the facts that tell them apart, on one line.

use super::{AccountState, Deliver, Log, Outcome, Report, Response, Segment, Trouble};

/// Characters of a message that a repr shows.
pub(super) const SHOWN: usize = 40;

/// The first characters of a text as Python shows it in a repr.
pub(super) fn quoted(text: &str, most: usize) -> String {
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

impl Deliver {
    pub(super) fn shown(&self) -> String {
        let what = match &self.text {
            Some(text) => quoted(text, SHOWN),
            None => format!("{} octets", self.octets.0.len()),
        };
        let missing =
            if self.complete { String::new() } else { format!(", {} of {}", self.parts, self.total) };
        format!("Deliver({} to {}, {what}{missing})", self.sender.0, self.receiver.0)
    }
}

impl Report {
    pub(super) fn shown(&self) -> String {
        let which = match self.ticket {
            Some(ticket) => format!("ticket {ticket}, segment {}", self.segment),
            None => format!("no ticket, id {}", self.message_id.0),
        };
        format!("Report({}, {}, {which})", self.stat.0, self.receiver.0)
    }
}

impl Segment {
    pub(super) fn shown(&self) -> String {
        format!("Segment({}, {})", self.status.0, self.message_id.0)
    }
}

impl Outcome {
    pub(super) fn shown(&self) -> String {
        let o = &*self.0;
        let n = o.segments.len();
        let plural = if n == 1 { "" } else { "s" };
        let why = if o.text.is_empty() { String::new() } else { format!(", {}", o.text) };
        let took = o.took_ms() as f64 / 1000.0;
        format!("Outcome({}, {}, {n} segment{plural}{why}, {took:.1} s)", o.status, o.receiver)
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
