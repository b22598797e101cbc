//! One account: its connections, its queue, its tickets. The part that an SP and a gateway share.
//!
//! [`Account`] is a state machine: octets, orders, completions and `now` in; octets, events, actions and a
//! deadline out. What an SP does its own way (reports, joining) and what a gateway does (ids) is a [`Side`].

mod answers;
mod change;
mod connections;
mod core;
pub mod dial;
mod ending;
mod groups;
mod inbound;
mod links;
pub mod pace;
mod passing;
mod questions;
mod queue;
mod requests;
mod room;
mod tables;
pub mod tickets;
mod waits;

pub use self::core::{AccountProfile, Action, Core, Counters, Left, ResultCounts};
pub use crate::slab;
pub use change::AccountChange;
pub use connections::ConnectionGauges;
pub use groups::{Group, GroupOrder};
pub use passing::{Passed, PassedOn, Sibling};
pub use questions::{AskError, Cancelable, Question, Reply};
pub use room::{Backlog, Freed, Room};
pub use tables::Tables;
pub use waits::{Wait, Waits};

use crate::dialect::{AnswerTo, Inbound};
use crate::message::{Outcome, Status, Token};
use crate::session::{EndReason, Session, SessionEvent};
use crate::settings::AccountSettings;
use crate::time::Now;
use crate::wire::{AnyPdu, MsgId, Seq};
use bytes::BytesMut;
use slab::Key;
use std::fmt::Debug;
use tickets::{Order, SegmentKey};

/// What an SP or a gateway does its own way.
pub trait Side: Send + Debug {
    /// A segment was written with this sequence.
    fn released(&mut self, core: &mut Core, now: Now, key: SegmentKey, seq: Seq);
    /// A segment was written with a sequence that it had before.
    fn released_again(&mut self, _core: &mut Core, _now: Now, _key: SegmentKey) {}
    /// A segment was accepted with this id.
    fn accepted(&mut self, core: &mut Core, now: Now, key: SegmentKey, id: MsgId);
    /// A segment was accepted with this id after it had been decided as in doubt.
    fn accepted_late(&mut self, _: &mut Core, _: Now, _: SegmentKey, _: MsgId) {}
    /// A segment that had an id ended otherwise than by a report.
    fn settled(&mut self, core: &mut Core, key: SegmentKey, id: MsgId);
    /// The other side wants something.
    fn requested(&mut self, core: &mut Core, now: Now, conn: Key, seq: Seq, request: Inbound);
    /// When it wants [`Side::timeout`].
    fn deadline(&self) -> Option<u64>;
    /// Does what is due.
    fn timeout(&mut self, core: &mut Core, now: Now);
    /// A request of a raw link was answered with this PDU, or with this part of an answer.
    fn responded(&mut self, _core: &mut Core, _now: Now, _key: SegmentKey, _pdu: AnyPdu) {}
    /// A ticket ended.
    fn decided(&mut self, _core: &mut Core, _outcome: &Outcome) {}
    /// A connection is over.
    fn ended(&mut self, _core: &mut Core, _now: Now, _conn: Key) {}
    /// The account has other settings.
    fn changed(&mut self, _: Now, _: &AccountSettings) {}
    /// What another account passed on is here.
    fn passed(&mut self, _core: &mut Core, _now: Now, _passed: PassedOn) {}
    /// The account closes: what is held for later comes out now.
    fn closing(&mut self, core: &mut Core, now: Now);
    /// The account has closed: what came since and is acknowledged comes out now, or never.
    fn closed(&mut self, core: &mut Core, now: Now) {
        self.closing(core, now);
    }
}

/// One account of a client or of a gateway.
#[derive(Debug)]
pub struct Account<S> {
    /// Connections, queue, tickets.
    pub core: Core,
    /// What its side does.
    pub side: S,
}

impl<S: Side> Account<S> {
    /// An account that stands still until [`Account::start`].
    pub fn new(core: Core, side: S) -> Self {
        Account { core, side }
    }

    /// Opens what is wanted from the start.
    pub fn start(&mut self, now: Now) {
        self.core.started = true;
        self.settle(now);
    }

    /// Takes an accepted message.
    pub fn order(&mut self, now: Now, order: Order) {
        self.core.order(now, order);
        if self.core.closed {
            // It came while the account was being removed, and has its outcome all the same.
            self.core.finish(now, &mut self.side);
            self.core.give_back();
        }
    }

    /// Takes an accepted submit to several receivers.
    pub fn order_group(&mut self, now: Now, order: GroupOrder) {
        self.core.order_group(now, order);
        if self.core.closed {
            self.core.finish(now, &mut self.side);
            self.core.give_back();
        }
    }

    /// The engine connected dial `slot`.
    pub fn connected(&mut self, now: Now, slot: usize, peer: &str) -> Option<Key> {
        let key = self.core.connected(now, slot, peer);
        self.settle(now);
        key
    }

    /// The engine could not connect dial `slot`.
    pub fn dial_failed(&mut self, now: Now, slot: usize, why: &str) {
        self.core.dial_failed(now, slot, why);
        self.settle(now);
    }

    /// Takes over a connection that the other side opened and that has been accepted.
    pub fn adopt(&mut self, now: Now, session: Session, peer: &str) -> Key {
        let conn = self.core.adopt(now, session, peer);
        self.settle(now);
        conn
    }

    /// Handles what an adopted connection received before its login was decided.
    pub fn resume(&mut self, now: Now, conn: Key) {
        self.with_session(now, conn, |session, now, events| session.resume(now, events));
    }

    /// Octets arrived.
    pub fn received(&mut self, now: Now, conn: Key, data: &[u8]) {
        self.with_session(now, conn, |session, now, events| session.receive(now, data, events));
    }

    /// The connection broke.
    pub fn disconnected(&mut self, now: Now, conn: Key, why: &str) {
        self.with_session(now, conn, |session, _, events| session.disconnected(why, events));
    }

    fn with_session(
        &mut self,
        now: Now,
        conn: Key,
        act: impl FnOnce(&mut Session, Now, &mut Vec<SessionEvent>),
    ) {
        let mut events = std::mem::take(&mut self.core.scratch);
        if let Some(link) = self.core.links.get_mut(conn) {
            self.core.awaited = link.session.waiting() > 0;
            act(&mut link.session, now, &mut events);
        }
        self.handle(now, conn, &mut events);
        self.core.scratch = events;
        self.settle(now);
    }

    fn handle(&mut self, now: Now, conn: Key, events: &mut Vec<SessionEvent>) {
        for event in events.drain(..) {
            match event {
                SessionEvent::Answered { tag, seq, id, result, late } => {
                    self.answered(now, conn, SegmentKey::from_tag(tag), seq, id, result, late);
                }
                SessionEvent::Counted { tag, counts } => {
                    let key = SegmentKey::from_tag(tag);
                    self.core.answer_question(key, Ok(Reply::Counts(counts)));
                }
                // After the close nobody would be told: it stays without an answer, and the peer keeps it.
                SessionEvent::Request(..) if self.core.closed => {}
                SessionEvent::Request(seq, request) => {
                    self.side.requested(&mut self.core, now, conn, seq, request);
                }
                SessionEvent::Stray => self.core.counters.stray_answers += 1,
                SessionEvent::Responded { tag, pdu } => {
                    self.side.responded(&mut self.core, now, SegmentKey::from_tag(tag), *pdu);
                }
                SessionEvent::Unanswered { tag } => {
                    self.core.unanswered(now, conn, SegmentKey::from_tag(tag))
                }
                SessionEvent::Online { version, check } => self.core.online(now, conn, version, check),
                SessionEvent::Ended(reason) => self.ended(now, conn, &reason),
                SessionEvent::Trouble { reason, action, octets } => {
                    self.core.trouble(now, conn, reason, action, octets);
                }
                // Only a listener's lobby asks for logins; an account's sessions are past it.
                SessionEvent::LoginRequested(_) => {}
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn answered(
        &mut self,
        now: Now,
        conn: Key,
        key: SegmentKey,
        seq: Seq,
        id: MsgId,
        result: u32,
        late: bool,
    ) {
        if key.is_question() {
            return self.core.answer_question(key, Ok(Reply::Result(result)));
        }
        // In SGIP the sequence of the request is the message's id, whatever the answer echoes.
        let id =
            if self.core.dialect.sequence_is_id() { MsgId::from_sgip(self.core.id_of(key, seq)) } else { id };
        let answered = self.core.answered(now, conn, key, id, result, late);
        if let links::Answered::Again(before) = answered {
            return self.renamed(key, before);
        }
        if self.core.grouped && !self.core.members(key.ticket).is_empty() {
            return match answered {
                links::Answered::Accepted => self.core.group_accepted(now, key, id, &mut self.side),
                links::Answered::Refused => self.core.open_envelope(now, conn, key, &mut self.side),
                links::Answered::Late => self.core.group_accepted_late(now, key, id, &mut self.side),
                links::Answered::Again(_) | links::Answered::Nothing => {}
            };
        }
        match answered {
            links::Answered::Accepted => self.side.accepted(&mut self.core, now, key, id),
            links::Answered::Late => self.side.accepted_late(&mut self.core, now, key, id),
            links::Answered::Refused => {
                self.side.settled(&mut self.core, key, id);
                self.core.end_segment(now, key, Status::Rejected, &mut self.side);
            }
            links::Answered::Again(_) | links::Answered::Nothing => {}
        }
    }

    /// A segment goes again under another id. The one it had must not stay known as one that waits.
    fn renamed(&mut self, key: SegmentKey, before: MsgId) {
        if before.is_zero() {
            return;
        }
        for ticket in self.core.members(key.ticket) {
            self.side.settled(&mut self.core, SegmentKey { ticket, segment: key.segment }, before);
        }
        self.side.settled(&mut self.core, key, before);
    }

    fn ended(&mut self, now: Now, conn: Key, reason: &EndReason) {
        self.core.link_ended(now, conn, reason);
        self.side.ended(&mut self.core, now, conn);
    }

    /// The application has handled a request: answers it with `result`. False: the token is stale.
    pub fn answer(&mut self, now: Now, token: Token, result: u32) -> bool {
        let known = self.core.answer(now, token, result);
        // Closing may have waited for this one only.
        if self.core.closing.is_some() {
            self.settle(now);
        }
        known
    }

    /// Sends what may be sent, dials what is wanted, and closes what is done. Called after every input.
    pub fn settle(&mut self, now: Now) {
        if !self.core.asked.is_empty() {
            self.core.ask_on(now);
        }
        // When the time to close is over, what waits is unsent for certain: it would be in doubt if it went now.
        if self.core.closing.is_none_or(|deadline| deadline > now.mono_ns) {
            self.core.schedule(now, &mut self.side);
        }
        self.core.tend(now);
        if self.core.closing.is_some() {
            self.core.proceed_closing(now, &mut self.side);
        }
        self.core.publish_state(now);
        self.core.told_all = self.core.closed;
        self.core.give_back();
    }

    /// When [`Account::timeout`] wants to be called.
    pub fn deadline(&self) -> Option<u64> {
        if self.core.closed {
            return None;
        }
        match (self.core.deadline(), self.side.deadline()) {
            (Some(core), Some(side)) => Some(core.min(side)),
            (core, side) => core.or(side),
        }
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Now) {
        for index in 0..self.core.links.places() {
            let Some(conn) = self.core.links.key_at(index) else { continue };
            let due = self.core.links.get(conn).and_then(|l| l.session.deadline());
            if due.is_some_and(|at| at <= now.mono_ns) {
                let mut events = std::mem::take(&mut self.core.scratch);
                if let Some(link) = self.core.links.get_mut(conn) {
                    link.session.timeout(now, &mut events);
                }
                self.handle(now, conn, &mut events);
                self.core.scratch = events;
            }
        }
        self.side.timeout(&mut self.core, now);
        self.core.tickets_due(now, &mut self.side);
        self.core.acks_due(now);
        self.settle(now);
    }

    /// Starts to close: nothing new, queued messages and answers until `deadline` (monotonic ns).
    pub fn close(&mut self, now: Now, deadline: u64) {
        if self.core.closing.is_none() {
            self.core.closing = Some(deadline);
            self.side.closing(&mut self.core, now);
        }
        self.settle(now);
    }

    /// Whether closing is finished: no connection, no open ticket.
    pub fn is_closed(&self) -> bool {
        self.core.closed
    }

    /// What is to be written to a connection.
    pub fn transmit(&mut self, conn: Key) -> Option<&mut BytesMut> {
        self.core.links.get_mut(conn).map(|link| link.session.transmit())
    }

    /// Whether a connection's session is over and the socket is to be closed once it is flushed.
    pub fn is_over(&self, conn: Key) -> bool {
        self.core.links.get(conn).is_none_or(|link| link.session.is_over())
    }

    /// The socket of a connection that is over has been closed.
    pub fn forget(&mut self, conn: Key) {
        if let Some(link) = self.core.links.remove(conn) {
            self.core.tolerances.add(link.session.tolerances());
        }
    }

    /// Answers a request directly, without a token.
    pub fn answer_now(&mut self, now: Now, conn: Key, to: &AnswerTo, result: u32) {
        self.core.answer_now(now, conn, to, result);
    }
}
