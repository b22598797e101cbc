//! Requests that are no messages: queries and cancellations. They take a place in a window, but no turn of the token
//! bucket, and nothing of them is kept or sent again.

use super::core::Core;
use super::queue::unsent;
use super::slab::Key;
use super::tickets::{SegmentKey, SegmentState};
use super::{Account, Side};
use crate::message::{DayCounts, Status, Ticket};
use crate::time::Now;
use crate::wire::MsgId;
use bytes::BytesMut;
use std::sync::mpsc::Sender;
use thiserror::Error;

/// The segment number that marks a question: messages have at most 255 segments, counted from 0.
const QUESTION: u8 = u8::MAX;

/// Why a question has no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError {
    /// The protocol has no such request.
    #[error("{0}")]
    Unsupported(String),
    /// There is no such account or ticket.
    #[error("{0}")]
    NotFound(String),
    /// A value is of the wrong form.
    #[error("{0}")]
    Bad(String),
    /// The message is on its way: what may be cancelled is not known before its answer has come.
    #[error("the answer to a segment has not come yet: cancel again after it")]
    InFlight,
    /// No connection is logged in.
    #[error("not connected: {0}")]
    NotConnected(String),
    /// No answer in time, or the connection ended before it.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The call would wait for the handler it is called from.
    #[error("this would wait for the handler it is called from: call it from another thread")]
    WouldDeadlock,
    /// The client is closed.
    #[error("it is closed: open a new one")]
    Closed,
    /// This is the child of the process that opened the client.
    #[error("the client was opened before a fork: open one in the child")]
    Forked,
}

impl AskError {
    /// The name of the kind of error in every language.
    pub fn name(&self) -> &'static str {
        match self {
            AskError::Unsupported(_) => "UNSUPPORTED",
            AskError::NotFound(_) => "NOT_FOUND",
            AskError::Bad(_) => "BAD_SETTING",
            AskError::InFlight => "IN_FLIGHT",
            AskError::NotConnected(_) => "NOT_CONNECTED",
            AskError::NoAnswer(_) => "TIMEOUT",
            AskError::WouldDeadlock => "WOULD_DEADLOCK",
            AskError::Closed => "CLOSED",
            AskError::Forked => "FORKED",
        }
    }
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The counts of a day.
    Counts(DayCounts),
    /// The result of a cancellation: 0 done.
    Result(u32),
}

/// A question, and who waits for its answer.
#[derive(Debug)]
pub struct Question {
    /// The encoded request, sequence zero.
    pub frame: BytesMut,
    /// Takes the answer; who has gone does not get it.
    pub reply: Sender<Result<Reply, AskError>>,
}

/// What a cancellation finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelable {
    /// It was not sent, and is canceled now.
    Canceled,
    /// These ids are to be canceled at the gateway.
    Ids(Vec<MsgId>),
}

impl SegmentKey {
    pub(super) fn of_question(key: Key) -> Self {
        SegmentKey { ticket: key, segment: QUESTION }
    }

    pub(super) fn is_question(self) -> bool {
        self.segment == QUESTION
    }
}

impl Core {
    pub(super) fn ask(&mut self, question: Question) {
        if self.closed {
            let _ = question.reply.send(Err(AskError::NotConnected("the account is closed".to_owned())));
        } else if self.rules.once || self.links.values().any(|link| link.sends && link.session.is_online()) {
            let key = self.questions.insert(question);
            self.asked.push_back(key);
        } else {
            let _ = question.reply.send(Err(AskError::NotConnected(self.trouble.clone())));
        }
    }

    /// Writes the questions that a window has room for; without any connection they have no answer.
    pub(super) fn ask_on(&mut self, now: Now) {
        while let Some(key) = self.asked.front().copied() {
            let ready = self.links.keys().into_iter().find(|k| self.links.get(*k).is_some_and(|l| l.ready()));
            let online = self.links.values().any(|link| link.sends && link.session.is_online());
            match (ready.and_then(|conn| self.links.get_mut(conn)), self.questions.get(key)) {
                (Some(link), Some(question)) => {
                    link.session.request(now, &question.frame, SegmentKey::of_question(key).tag(), None);
                }
                // A short connection is made for it.
                (None, Some(_)) if online || self.rules.once => return,
                (None, Some(_)) => {
                    let why = AskError::NotConnected(self.trouble.clone());
                    self.answer_question(SegmentKey::of_question(key), Err(why));
                }
                (_, None) => {}
            }
            self.asked.pop_front();
        }
    }

    /// Where an open ticket is. The first cancellation makes the index; an account without any has none.
    fn record_of(&mut self, ticket: Ticket) -> Option<Key> {
        let tickets = &self.tickets;
        let index = self.by_ticket.get_or_insert_with(|| {
            let records = tickets.keys().into_iter().filter_map(|key| Some((key, tickets.get(key)?)));
            let own = records.filter(|(_, open)| !open.is_envelope());
            own.map(|(key, open)| (open.order.ticket, key)).collect()
        });
        index.get(&ticket).copied()
    }

    /// A ticket has its record. Those that have ended are dropped from the index now and then, so that it stays in
    /// proportion.
    pub(super) fn index_ticket(&mut self, ticket: Ticket, key: Key) {
        let Some(index) = &mut self.by_ticket else { return };
        index.insert(ticket, key);
        if index.len() > 1024 + 2 * self.tickets.len() {
            let tickets = &self.tickets;
            index.retain(|_, key| tickets.get(*key).is_some());
        }
    }

    /// Nobody is asked any more.
    pub(super) fn end_questions(&mut self) {
        self.asked.clear();
        for key in self.questions.keys() {
            let why = "the account was closed before it came".to_owned();
            self.answer_question(SegmentKey::of_question(key), Err(AskError::NoAnswer(why)));
        }
    }

    pub(super) fn answer_question(&mut self, key: SegmentKey, reply: Result<Reply, AskError>) {
        if let Some(question) = self.questions.remove(key.ticket) {
            // Who asked may have stopped waiting.
            let _ = question.reply.send(reply);
        }
    }
}

impl<S: Side> Account<S> {
    /// Asks the other side something.
    pub fn ask(&mut self, question: Question) {
        self.core.ask(question);
    }

    /// Cancels what is not sent of a ticket, or says which ids are to be canceled at the gateway.
    ///
    /// # Errors
    /// No open ticket of this number, or one whose answer has not come.
    pub fn cancel(&mut self, now: Now, ticket: Ticket) -> Result<Cancelable, AskError> {
        let found = self.core.record_of(ticket);
        let open = found.and_then(|key| Some((key, self.core.tickets.get(key)?)));
        let Some((key, open)) = open.filter(|(_, open)| open.order.ticket == ticket && !open.decided) else {
            return Err(AskError::NotFound(format!("ticket {ticket} is not open on this account")));
        };
        let segments = &open.order.segments;
        if segments.iter().any(|s| matches!(s.state, SegmentState::Released | SegmentState::InDoubt)) {
            return Err(AskError::InFlight);
        }
        let waiting = segments.iter().filter(|s| s.state == SegmentState::Waiting);
        let ids: Vec<MsgId> = waiting.map(|s| s.id).filter(|id| !id.is_zero()).collect();
        if unsent(open).0 > 0 {
            self.core.end_queued(now, key, Status::Canceled, "canceled before it was sent", &mut self.side);
        }
        Ok(if ids.is_empty() { Cancelable::Canceled } else { Cancelable::Ids(ids) })
    }
}
