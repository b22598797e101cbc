//! Requests of a peer: those that wait for their answer, and the latest answers, to repeat them when a request
//! is repeated.

use crate::account::slab::{Key, Slab};
use crate::message::Token;
use crate::wire::{AnyPdu, Protocol, Seq};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::sync::Arc;

/// Answers that are remembered.
const REMEMBERED: usize = 64;

/// Copies of one request that are answered each; one answer with its sequence serves the others, too.
const COPIES: u32 = 16;

/// One request that waits.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) conn: Key,
    pub(super) seq: Seq,
    pub(super) request: AnyPdu,
    /// Copies that came meanwhile and share its answer.
    pub(super) copies: u32,
    /// Its answer is on the way.
    pub(super) claimed: bool,
}

#[derive(Debug)]
struct Answered {
    conn: Key,
    seq: Seq,
    request: AnyPdu,
    frames: Arc<[BytesMut]>,
}

/// What a request turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    New,
    /// A copy of one that waits.
    Shared,
    /// A copy of one that was answered with these frames.
    Repeated(Arc<[BytesMut]>),
    /// Its sequence was used for something else (SGIP).
    Clash,
    /// Too many wait.
    Full,
}

#[derive(Debug, Default)]
pub(super) struct Requests {
    pending: Slab<Pending>,
    /// Every request waits equally long, so the first is the first to be due.
    deadlines: VecDeque<(u64, Key)>,
    answered: VecDeque<Answered>,
}

impl Requests {
    /// Looks at a request. `alive` says whether a connection still stands; `most` is the bound a connection.
    pub(super) fn arrival(
        &mut self,
        conn: Key,
        seq: Seq,
        request: &AnyPdu,
        most: usize,
        alive: impl Fn(Key) -> bool,
    ) -> Arrival {
        // An SGIP sequence is one for the whole network, others are a connection's.
        let everywhere = request.protocol() == Protocol::Sgip;
        let same = |c: Key, s: Seq, r: &AnyPdu| {
            s == seq && (everywhere || c == conn) && r.command() == request.command()
        };
        let mut waiting = 0;
        for key in self.pending.keys() {
            let Some(pending) = self.pending.get_mut(key) else { continue };
            if same(pending.conn, pending.seq, &pending.request) {
                if pending.request == *request {
                    pending.copies = (pending.copies + 1).min(COPIES);
                    return Arrival::Shared;
                }
                if everywhere {
                    return Arrival::Clash;
                }
            }
            if !alive(pending.conn) {
                self.pending.remove(key);
            } else if pending.conn == conn {
                waiting += 1;
            }
        }
        if let Some(before) = self.answered.iter().rev().find(|a| same(a.conn, a.seq, &a.request)) {
            if before.request == *request {
                return Arrival::Repeated(before.frames.clone());
            }
            if everywhere {
                return Arrival::Clash;
            }
        }
        if waiting >= most { Arrival::Full } else { Arrival::New }
    }

    /// Keeps a request until `deadline` (monotonic ns).
    pub(super) fn take(&mut self, account: u16, pending: Pending, deadline: u64) -> Token {
        let key = self.pending.insert(pending);
        self.deadlines.push_back((deadline, key));
        Token::new(account, key.index, key.generation)
    }

    /// The request a token names, if nobody has claimed it.
    pub(super) fn get(&self, token: Token) -> Option<&Pending> {
        self.pending.get(key_of(token)).filter(|pending| !pending.claimed)
    }

    /// A request is about to be answered.
    pub(super) fn claim(&mut self, token: Token) {
        if let Some(pending) = self.pending.get_mut(key_of(token)) {
            pending.claimed = true;
        }
    }

    /// Takes a request out, to be answered.
    pub(super) fn release(&mut self, token: Token) -> Option<Pending> {
        let pending = self.pending.remove(key_of(token));
        while self.deadlines.front().is_some_and(|(_, key)| self.pending.get(*key).is_none()) {
            self.deadlines.pop_front();
        }
        pending
    }

    /// Remembers what a request was answered with.
    pub(super) fn remember(&mut self, pending: Pending, frames: Vec<BytesMut>) {
        if self.answered.len() == REMEMBERED {
            self.answered.pop_front();
        }
        let Pending { conn, seq, request, .. } = pending;
        self.answered.push_back(Answered { conn, seq, request, frames: frames.into() });
    }

    /// When the next request is to be refused.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.deadlines.front().map(|(at, _)| *at)
    }

    /// One request that nobody has answered in time.
    pub(super) fn due(&mut self, now_ns: u64) -> Option<Pending> {
        while let Some((_, key)) = self.deadlines.front().copied().filter(|(at, _)| *at <= now_ns) {
            self.deadlines.pop_front();
            // One that was claimed has its answer in a moment.
            if self.pending.get(key).is_some_and(|pending| !pending.claimed) {
                return self.pending.remove(key);
            }
        }
        None
    }
}

fn key_of(token: Token) -> Key {
    Key { index: token.slot(), generation: token.generation() }
}
