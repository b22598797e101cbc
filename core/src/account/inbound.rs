//! Requests of the other side: which wait for the application, which came before, and the time within which
//! they are answered whatever the application does.

use super::slab::{Key, Slab};
use crate::dialect::AnswerTo;
use crate::message::Token;
use std::collections::{HashMap, VecDeque};

/// Answers that are remembered, to repeat them when the request is repeated.
const REMEMBERED: usize = 1024;

/// Copies of one request that are answered each; one answer with its sequence serves the others, too.
const COPIES: u32 = 16;

/// One request that waits for the application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// The connection it came on.
    pub(super) conn: Key,
    /// How to answer it.
    pub(super) to: AnswerTo,
    /// Tells it from another request that has the same sequence.
    pub(super) print: u64,
    /// It was answered because the application took too long.
    pub(super) answered: bool,
    /// Further copies that came meanwhile and share its answer.
    pub(super) copies: u32,
}

/// What a request turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It has not been seen.
    New,
    /// A copy of one that waits; it will be answered with it.
    Shared,
    /// A copy of one that was answered, and how.
    Answered(AnswerTo, u32),
}

/// The requests of an account.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    pending: Slab<Pending>,
    /// Tokens by the time they are answered at the latest.
    deadlines: VecDeque<(u64, Token)>,
    /// The latest answers: connection, fingerprint, answer, result.
    answered: VecDeque<(Key, u64, AnswerTo, u32)>,
    /// Requests that get the answer of another one: the segments of a joined submit.
    ties: HashMap<Token, Vec<Token>>,
}

fn key_of(token: Token) -> Key {
    Key { index: token.slot(), generation: token.generation() }
}

impl Inbound {
    /// Whether a request was here before. Senders repeat what was not answered in time, with the same sequence;
    /// some give several requests one sequence, so the fingerprint counts too. `rises`: its sequence is above
    /// all before it, so it cannot be a copy.
    pub(super) fn arrival(&mut self, conn: Key, to: &AnswerTo, print: u64, rises: bool) -> Arrival {
        if rises {
            return Arrival::New;
        }
        // Copies are rare and those that wait are bounded by `inbound_window`, so they are looked for one by one:
        // an index would cost every request more than that.
        let same = |p: &&mut Pending| p.conn == conn && p.print == print && p.to.seq == to.seq;
        if let Some(waiting) = self.pending.values_mut().find(same) {
            if waiting.answered {
                // By time; the application has still to finish it. Its answer was lost on the way.
                return Arrival::Answered(waiting.to, 0);
            }
            waiting.copies = (waiting.copies + 1).min(COPIES);
            return Arrival::Shared;
        }
        let before = self
            .answered
            .iter()
            .rev()
            .find(|(c, p, a, _)| *c == conn && *p == print && a.seq == to.seq && a.command == to.command);
        before.map_or(Arrival::New, |(_, _, answer, result)| Arrival::Answered(*answer, *result))
    }

    /// Takes a request; it is answered by `deadline` (monotonic ns; `None`: only by the application).
    pub(super) fn take(&mut self, account: u16, request: Pending, deadline: Option<u64>) -> Token {
        let key = self.pending.insert(request);
        let token = Token::new(account, key.index, key.generation);
        if let Some(at) = deadline {
            self.deadlines.push_back((at, token));
            // One request that stays unhandled at the head must not keep the entries of all that followed it.
            if self.deadlines.len() > 2 * self.pending.len() + 64 {
                let pending = &self.pending;
                self.deadlines.retain(|(_, token)| pending.get(key_of(*token)).is_some());
            }
        }
        token
    }

    /// Takes a request out; `None` for a stale token.
    pub(super) fn release(&mut self, token: Token, result: u32) -> Option<Pending> {
        let request = self.pending.remove(key_of(token));
        if let Some(request) = request.filter(|r| !r.answered) {
            self.remember(request.conn, request.print, request.to, result);
        }
        // Answered ones at the head are dropped here, so that the list does not outgrow the table.
        while self.deadlines.front().is_some_and(|(_, t)| self.pending.get(key_of(*t)).is_none()) {
            self.deadlines.pop_front();
        }
        request
    }

    /// `others` get the answer of `first`.
    pub(super) fn tie(&mut self, first: Token, others: Vec<Token>) {
        if !others.is_empty() {
            self.ties.insert(first, others);
        }
    }

    /// The requests that get the answer of this one, too.
    pub(super) fn tied(&mut self, first: Token) -> Vec<Token> {
        if self.ties.is_empty() { Vec::new() } else { self.ties.remove(&first).unwrap_or_default() }
    }

    /// A request was answered without waiting for anybody.
    pub(super) fn remember(&mut self, conn: Key, print: u64, to: AnswerTo, result: u32) {
        if self.answered.len() == REMEMBERED {
            self.answered.pop_front();
        }
        self.answered.push_back((conn, print, to, result));
    }

    /// Nothing waits longer than until `at` (monotonic ns) for its answer.
    pub(super) fn hurry(&mut self, at: u64) {
        self.deadlines.iter_mut().for_each(|(due, _)| *due = (*due).min(at));
    }

    /// When the next answer is due.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.deadlines.front().map(|(at, _)| *at)
    }

    /// One request whose answer is due, marked answered; it is held until the application releases it.
    pub(super) fn due(&mut self, now_ns: u64) -> Option<Pending> {
        while let Some((at, token)) = self.deadlines.front().copied() {
            if at > now_ns {
                return None;
            }
            self.deadlines.pop_front();
            if let Some(request) = self.pending.get_mut(key_of(token)).filter(|r| !r.answered) {
                request.answered = true;
                let copy = *request;
                self.remember(copy.conn, copy.print, copy.to, 0);
                return Some(copy);
            }
        }
        None
    }

    /// The request at the head of the time list waits longer: its connection has too many unhandled ones.
    pub(super) fn put_off(&mut self, conn_is_full: impl Fn(Key) -> bool, now_ns: u64, until: u64) {
        while let Some((at, token)) = self.deadlines.front().copied().filter(|(at, _)| *at <= now_ns) {
            let full = self.pending.get(key_of(token)).is_some_and(|r| conn_is_full(r.conn));
            if !full {
                break;
            }
            debug_assert!(at <= now_ns);
            self.deadlines.pop_front();
            self.deadlines.push_back((until, token));
        }
    }

    /// Requests that the application has not finished.
    pub(super) fn held(&self) -> usize {
        self.pending.len()
    }

    /// Requests that wait for their answer.
    pub(super) fn unanswered(&self) -> usize {
        self.pending.values().filter(|r| !r.answered).count()
    }

    /// Forgets the requests of a connection that is gone.
    pub(super) fn forget(&mut self, conn: Key) {
        for key in self.pending.keys() {
            if self.pending.get(key).is_some_and(|p| p.conn == conn) {
                self.pending.remove(key);
            }
        }
        self.answered.retain(|(c, ..)| *c != conn);
        // A handler may never answer what it was told of them.
        let pending = &self.pending;
        let waits = |token: &Token| pending.get(key_of(*token)).is_some();
        self.ties.retain(|first, others| waits(first) || others.iter().any(waits));
    }

    /// Whether a request waits for the application.
    pub(super) fn holds(&self, token: Token) -> bool {
        self.pending.get(key_of(token)).is_some()
    }

    /// Entries of the lists beside the table of requests.
    pub(super) fn lists(&self) -> usize {
        self.deadlines.len() + self.ties.len()
    }
}
