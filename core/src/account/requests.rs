//! Requests of the other side: kept for the application, answered.

use super::core::Core;
use super::inbound::{Arrival, Pending};
use super::slab::Key;
use crate::dialect::AnswerTo;
use crate::message::{DayCounts, Event, Query, Token, Trouble};
use crate::session::strict_reason;
use crate::time::Now;
use crate::wire::{Note, Notes};
use bytes::Bytes;

impl Core {
    /// Whether a request is to be looked at: not when it is a copy, which shares the answer of the first one, and
    /// not when its connection has more requests open than `inbound_window`, which are refused as busy.
    pub fn is_new(&mut self, now: Now, conn: Key, to: &AnswerTo, print: u64) -> bool {
        let Some(link) = self.links.get_mut(conn) else { return false };
        // Serials rise on a connection, so only one that does not rise can be a copy.
        let serial = to.seq.serial;
        let again = link.highest == Some(serial) && !self.dialect.sequence_is_id();
        let rises = link.highest.is_none_or(|highest| serial.wrapping_sub(highest).wrapping_sub(1) < 1 << 31);
        if rises {
            link.highest = Some(serial);
        }
        let full = link.unhandled >= self.inbound_window && link.unanswered >= self.inbound_window;
        match self.inbound.arrival(conn, to, print, rises) {
            Arrival::Answered(answer, result) => {
                self.answer_now(now, conn, &answer, result);
                false
            }
            Arrival::Shared => false,
            Arrival::New if full => {
                self.refuse_busy(now, conn, to);
                false
            }
            Arrival::New => !(again && self.refuses_sequence(now, conn, to)),
        }
    }

    /// Two different requests in a row have one sequence: both are answered (`cmpp.md` 14, row 14), unless the account is
    /// strict about it.
    fn refuses_sequence(&mut self, now: Now, conn: Key, to: &AnswerTo) -> bool {
        let Some(link) = self.links.get_mut(conn) else { return false };
        let notes = Notes::from_iter([Note::RepeatedSequence]);
        link.session.tolerate(notes);
        let refused = link.session.refuses(notes);
        if !refused.is_empty() {
            self.answer_now(now, conn, to, self.dialect.malformed());
            self.trouble(now, conn, strict_reason(refused), "answered with an error", Bytes::new());
        }
        !refused.is_empty()
    }

    /// Refuses a request with the code that says: slow down.
    pub fn refuse_busy(&mut self, now: Now, conn: Key, to: &AnswerTo) {
        self.counters.refused_busy += 1;
        let busy = self.dialect.busy();
        self.answer_now(now, conn, to, busy);
    }

    /// Whether a request of ours waits for its answer, or may still get one late.
    pub fn awaits_answers(&self) -> bool {
        self.awaited
            || self.links.values().any(|link| link.session.waiting() > 0)
            || !self.doubts.is_empty()
            || !self.lingering.is_empty()
    }

    /// Requests of a connection that the application has not finished.
    pub fn unhandled(&self, conn: Key) -> usize {
        self.links.get(conn).map_or(0, |link| link.unhandled)
    }

    /// How many unhandled requests may wait for something else than the application: `most`, and half the inbound
    /// window.
    pub fn early_limit(&self, most: usize) -> usize {
        most.min(self.inbound_window / 2)
    }

    /// Keeps a request for the application. `acknowledged`: it is answered by `ack_within` in any case.
    pub fn take_request(
        &mut self,
        now: Now,
        conn: Key,
        to: AnswerTo,
        print: u64,
        acknowledged: bool,
    ) -> Token {
        let deadline = acknowledged.then(|| now.mono_ns.saturating_add(self.ack_within_ns));
        if let Some(link) = self.links.get_mut(conn) {
            link.unanswered += 1;
            link.unhandled += 1;
        }
        let pending = Pending { conn, to, print, answered: false, copies: 0 };
        self.inbound.take(self.profile.index, pending, deadline)
    }

    /// Lets requests share the answer of another one.
    pub fn tie_requests(&mut self, first: Token, others: Vec<Token>) {
        self.inbound.tie(first, others);
    }

    pub(super) fn answer(&mut self, now: Now, token: Token, result: u32) -> bool {
        if self.is_of_another(token, result) {
            return true;
        }
        let others = self.inbound.tied(token);
        let known = self.answer_one(now, token, result);
        for other in others {
            self.answer_one(now, other, result);
        }
        known
    }

    /// Keeps a request for counts for the application.
    pub fn take_query(&mut self, now: Now, conn: Key, to: AnswerTo, query: Query) -> Token {
        let token = self.take_request(now, conn, to, 0, false);
        self.queries.insert(token, query);
        token
    }

    /// Answers a request for counts; a stale token is ignored. `None` leaves it without an answer.
    pub fn answer_query(&mut self, now: Now, token: Token, counts: Option<&DayCounts>) {
        let (Some(query), Some(request)) = (self.queries.remove(&token), self.inbound.release(token, 0))
        else {
            return;
        };
        if let Some(link) = self.links.get_mut(request.conn) {
            link.unhandled -= 1;
            link.unanswered -= 1;
            if let Some(counts) = counts {
                link.session.answer_query(now, request.to.seq, &query, counts);
            }
        }
    }

    fn answer_one(&mut self, now: Now, token: Token, result: u32) -> bool {
        if !self.queries.is_empty() && self.queries.contains_key(&token) {
            // A result is no answer to it.
            self.answer_query(now, token, None);
            return true;
        }
        let Some(request) = self.inbound.release(token, result) else { return false };
        if let Some(link) = self.links.get_mut(request.conn) {
            link.unhandled -= 1;
            link.unanswered -= usize::from(!request.answered);
        }
        if !request.answered {
            for _ in 0..=request.copies {
                self.answer_now(now, request.conn, &request.to, result);
            }
        }
        true
    }

    /// Answers a request that nobody has to handle, and remembers the answer for copies of it.
    pub fn answer_at_once(&mut self, now: Now, conn: Key, to: &AnswerTo, print: u64, result: u32) {
        self.inbound.remember(conn, print, *to, result);
        self.answer_now(now, conn, to, result);
    }

    /// Answers a request directly.
    pub fn answer_now(&mut self, now: Now, conn: Key, to: &AnswerTo, result: u32) {
        if let Some(link) = self.links.get_mut(conn) {
            link.session.answer(now, to, result);
        }
    }

    /// Writes a whole frame that answers a request of the other side.
    pub fn respond(&mut self, now: Now, conn: Key, frame: &[u8]) {
        if let Some(link) = self.links.get_mut(conn) {
            link.session.respond(now, frame);
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
        // The peer's own unanswered window is what holds it back when the application is slow: while a
        // connection has `inbound_window` unhandled requests, nothing of it is answered by time alone.
        let (links, limit) = (&self.links, self.inbound_window);
        let full = |conn: Key| links.get(conn).is_some_and(|link| link.unhandled >= limit);
        self.inbound.put_off(full, now.mono_ns, now.mono_ns.saturating_add(self.ack_within_ns));
        while let Some(request) = self.inbound.due(now.mono_ns) {
            self.counters.acked_unhandled += 1;
            if let Some(link) = self.links.get_mut(request.conn) {
                link.unanswered -= 1;
            }
            for _ in 0..=request.copies {
                self.answer_now(now, request.conn, &request.to, 0);
            }
            let (links, limit) = (&self.links, self.inbound_window);
            let full = |conn: Key| links.get(conn).is_some_and(|link| link.unhandled >= limit);
            self.inbound.put_off(full, now.mono_ns, now.mono_ns.saturating_add(self.ack_within_ns));
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
            show: self.profile.settings.show,
        };
        self.emit(Event::Trouble(Box::new(trouble)));
    }
}
