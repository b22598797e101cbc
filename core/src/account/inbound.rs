//! Requests of the other side that wait for the application: tokens, and the time within which they are
//! answered whatever the application does.

use super::slab::{Key, Slab};
use crate::dialect::AnswerTo;
use crate::message::Token;
use std::collections::VecDeque;

/// One request that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// The connection it came on.
    pub(super) conn: Key,
    /// How to answer it.
    pub(super) to: AnswerTo,
}

/// The unanswered requests of an account.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    pending: Slab<Pending>,
    /// Tokens by the time they are answered at the latest.
    deadlines: VecDeque<(u64, Token)>,
}

impl Inbound {
    /// Takes a request; it is answered by `deadline` (monotonic ns; `None`: only by the application).
    pub(super) fn take(&mut self, account: u16, request: Pending, deadline: Option<u64>) -> Token {
        let key = self.pending.insert(request);
        let token = Token::new(account, key.index, key.generation);
        if let Some(at) = deadline {
            self.deadlines.push_back((at, token));
        }
        token
    }

    /// Takes a request out; `None` for a stale token.
    pub(super) fn release(&mut self, token: Token) -> Option<Pending> {
        let request = self.pending.remove(Key { index: token.slot(), generation: token.generation() });
        // Answered ones at the head are dropped here, so that the list does not outgrow the table.
        while self.deadlines.front().is_some_and(|(_, t)| !self.holds(*t)) {
            self.deadlines.pop_front();
        }
        request
    }

    fn holds(&self, token: Token) -> bool {
        self.pending.get(Key { index: token.slot(), generation: token.generation() }).is_some()
    }

    /// When the next answer is due.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.deadlines.front().map(|(at, _)| *at)
    }

    /// One token whose answer is due.
    pub(super) fn due(&mut self, now_ns: u64) -> Option<Token> {
        match self.deadlines.front() {
            Some((at, token)) if *at <= now_ns => Some(*token),
            _ => None,
        }
    }

    /// Requests that wait.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Forgets the requests of a connection that is gone.
    pub(super) fn forget(&mut self, conn: Key) {
        for key in self.pending.keys() {
            if self.pending.get(key).is_some_and(|p| p.conn == conn) {
                self.pending.remove(key);
            }
        }
    }
}
