//! Requests of the other side: kept for the application, answered.

use super::core::Core;
use super::inbound::Pending;
use super::slab::Key;
use crate::dialect::AnswerTo;
use crate::message::{Event, Token, Trouble};
use crate::time::Now;
use bytes::Bytes;

impl Core {
    /// Keeps a request for the application. `acknowledged`: it is answered by `ack_within` in any case.
    pub fn take_request(&mut self, now: Now, conn: Key, to: AnswerTo, acknowledged: bool) -> Token {
        let deadline = acknowledged.then(|| now.mono_ns.saturating_add(self.ack_within_ns));
        if let Some(link) = self.links.get_mut(conn) {
            link.unanswered += 1;
        }
        self.inbound.take(self.profile.index, Pending { conn, to }, deadline)
    }

    pub(super) fn answer(&mut self, now: Now, token: Token, result: u32) -> bool {
        let Some(request) = self.inbound.release(token) else { return false };
        if let Some(link) = self.links.get_mut(request.conn) {
            link.unanswered -= 1;
        }
        self.answer_now(now, request.conn, &request.to, result);
        true
    }

    /// Answers a request directly.
    pub fn answer_now(&mut self, now: Now, conn: Key, to: &AnswerTo, result: u32) {
        if let Some(link) = self.links.get_mut(conn) {
            link.session.answer(now, to, result);
        }
    }

    /// A request nobody wants to see is answered at once.
    pub fn release_token(&mut self, now: Now, token: Token) {
        self.answer(now, token, 0);
    }

    /// Answers a request by its token; a stale one is ignored.
    pub fn answer_request(&mut self, now: Now, token: Token, result: u32) {
        self.answer(now, token, result);
    }

    pub(super) fn acks_due(&mut self, now: Now) {
        while let Some(token) = self.inbound.due(now.mono_ns) {
            self.counters.acked_unhandled += 1;
            self.answer(now, token, 0);
        }
    }

    /// Tells of input that could not be used.
    pub fn trouble(&mut self, now: Now, conn: Key, reason: String, action: &str, octets: Bytes) {
        self.counters.troubles += 1;
        let trouble = Trouble {
            account: self.profile.name.clone(),
            connection: self.connection(conn),
            time: now.unix_ms,
            reason,
            action: action.to_owned(),
            octets,
        };
        self.emit(Event::Trouble(Box::new(trouble)));
    }
}
