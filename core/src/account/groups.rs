//! One submit to several receivers. Each receiver has its own ticket; the PDU they share travels as an envelope: a
//! record like a ticket's that holds the frames, and that nobody hears of.
//!
//! What happens to a segment of the envelope on the wire happens to the same segment of every member. From the answer
//! on each member goes its own way: its id is counted from the one in the answer, and its report is its own. A refused
//! envelope is opened: its members go one by one, so that only the bad number is refused (`cmpp.md 11.7`: one bad
//! number refuses the whole submit).

use super::Side;
use super::core::Core;
use super::slab::Key;
use super::tickets::{Open, Order, Segment, SegmentKey, SegmentState, Verdict};
use crate::dialect;
use crate::few::Few;
use crate::message::Status;
use crate::time::Now;
use crate::wire::{MsgId, Seq};
use bytes::BytesMut;

/// A submit to several receivers, as the caller's thread hands it over.
#[derive(Debug)]
pub struct GroupOrder {
    /// One ticket a receiver, in the order of the PDU; their segments hold no frames.
    pub members: Vec<Order>,
    /// The encoded segments they share.
    pub frames: Few<Segment>,
}

impl GroupOrder {
    /// What it takes of the queue: segments, counted for every receiver, and octets.
    pub fn size(&self) -> (usize, usize) {
        let octets = self.frames.iter().map(|s| s.frame.len()).sum();
        (self.frames.len() * self.members.len(), octets)
    }
}

/// What a record has to do with a group.
#[derive(Clone, Debug)]
pub enum Group {
    /// It is the envelope of these tickets.
    Envelope(Vec<Key>),
    /// It travels in this envelope.
    Member {
        /// The envelope.
        envelope: Key,
        /// The ids in the answers to the envelope's segments, with their indices. A gateway that does not count ids up
        /// names them in the reports on all receivers.
        answered: Vec<(u8, MsgId)>,
    },
}

impl Open {
    /// Whether it is an envelope rather than a ticket.
    pub(super) fn is_envelope(&self) -> bool {
        matches!(self.group.as_deref(), Some(Group::Envelope(_)))
    }
}

impl Core {
    pub(super) fn order_group(&mut self, now: Now, order: GroupOrder) {
        let GroupOrder { members, frames } = order;
        let Some(first) = members.first() else { return };
        self.grouped = true;
        let envelope = Order {
            ticket: crate::message::Ticket::default(),
            reference: None,
            user_data: 0,
            receiver: first.receiver,
            report: first.report,
            segments: frames,
            valid_until: None,
            accepted_at: now.unix_ms,
        };
        let envelope = self.tickets.insert(Open::new(envelope));
        let mut keys = Vec::with_capacity(members.len());
        for member in members {
            let key = self.insert(member);
            if let Some(open) = self.tickets.get_mut(key) {
                open.group = Some(Box::new(Group::Member { envelope, answered: Vec::new() }));
            }
            keys.push(key);
        }
        if let Some(open) = self.tickets.get_mut(envelope) {
            open.group = Some(Box::new(Group::Envelope(keys)));
        }
        self.outbox.push_back(envelope);
    }

    /// The tickets of an envelope; none for a ticket of its own.
    pub(super) fn members(&self, key: Key) -> Vec<Key> {
        if !self.grouped {
            return Vec::new();
        }
        match self.tickets.get(key).and_then(|open| open.group.as_deref()) {
            Some(Group::Envelope(members)) => members.clone(),
            _ => Vec::new(),
        }
    }

    /// Lets the segment of every member be where the envelope's is. Gives how many of them moved.
    fn follow(&mut self, key: SegmentKey, from: impl Fn(SegmentState) -> bool) -> usize {
        let is_id = self.dialect.sequence_is_id();
        let Some(own) = self.segment(key) else { return 0 };
        let (state, sends, sent_at, congested, doubtful, id) =
            (own.state, own.sends, own.sent_at, own.congested, own.doubtful, own.id);
        let mut moved = 0;
        for member in self.members(key.ticket) {
            let segment = self.tickets.get_mut(member).and_then(|o| o.segment_mut(key.segment));
            if let Some(segment) = segment.filter(|s| from(s.state)) {
                (segment.state, segment.sends, segment.sent_at) = (state, sends, sent_at);
                (segment.congested, segment.doubtful) = (congested, doubtful);
                if is_id {
                    segment.id = id;
                }
                moved += 1;
            }
        }
        moved
    }

    /// A segment of an envelope was written. False: it is a ticket's own.
    pub(super) fn group_released(
        &mut self,
        now: Now,
        key: SegmentKey,
        seq: Seq,
        octets: usize,
        again: bool,
        side: &mut impl Side,
    ) -> bool {
        let members = self.members(key.ticket);
        if members.is_empty() {
            return false;
        }
        let moved = self.follow(key, |state| state == SegmentState::Queued);
        self.left_queue(moved, octets);
        // A message to n receivers counts n times.
        self.pace.spend(members.len() - 1);
        if !again {
            for ticket in members {
                side.released(self, now, SegmentKey { ticket, segment: key.segment }, seq);
            }
        }
        true
    }

    /// A segment of an envelope goes back into the queue. False: it is a ticket's own.
    pub(super) fn group_requeued(&mut self, now: Now, key: SegmentKey, octets: usize) -> bool {
        if self.members(key.ticket).is_empty() {
            return false;
        }
        let moved = self.follow(key, in_flight);
        if moved == 0 {
            // Every member has been decided meanwhile: it goes nowhere.
            if let Some(open) = self.tickets.get_mut(key.ticket)
                && open.end(now, key.segment, Status::Canceled) == Verdict::Decided
            {
                let linger = now.mono_ns.saturating_add(self.rules.response_timeout_ns.saturating_mul(10));
                self.lingering.push_back((linger, key.ticket));
            }
            return true;
        }
        self.queued += moved;
        self.room.back(moved, octets);
        true
    }

    /// The answer to a segment of an envelope is overdue, or it is being written again.
    pub(super) fn group_follows(&mut self, key: SegmentKey) {
        self.follow(key, in_flight);
    }

    /// The segments of the members are in doubt with that of the envelope.
    pub(super) fn group_doubted(&mut self, now: Now, key: SegmentKey) {
        for ticket in self.members(key.ticket) {
            self.doubt(now, SegmentKey { ticket, segment: key.segment });
        }
    }

    /// The id of the member at `index`, where the answer named `first`.
    pub(super) fn id_of_member(first: MsgId, index: usize) -> MsgId {
        if first.is_zero() {
            return first;
        }
        u16::try_from(index).ok().and_then(|index| first.of_receiver(index)).unwrap_or(first)
    }

    /// An envelope was accepted: every member has its id and goes its own way.
    pub(super) fn group_accepted(&mut self, now: Now, key: SegmentKey, first: MsgId, side: &mut impl Side) {
        // The first one last: its turn takes the early reports that name the first id, whoever they are about.
        for (index, ticket) in self.members(key.ticket).into_iter().enumerate().rev() {
            let id = Self::id_of_member(first, index);
            let member = SegmentKey { ticket, segment: key.segment };
            let Some(open) = self.tickets.get_mut(ticket) else { continue };
            if let Some(Group::Member { answered, .. }) = open.group.as_deref_mut() {
                answered.push((key.segment, first));
            }
            let Some(segment) = open.segment_mut(key.segment) else { continue };
            segment.id = id;
            if in_flight(segment.state) {
                segment.result = 0;
                side.accepted(self, now, member, id);
            }
        }
        self.end_segment(now, key, Status::Sent, side);
    }

    /// An envelope was accepted when its members had been decided as in doubt: late reports find them all the same.
    pub(super) fn group_accepted_late(
        &mut self,
        now: Now,
        key: SegmentKey,
        first: MsgId,
        side: &mut impl Side,
    ) {
        for (index, ticket) in self.members(key.ticket).into_iter().enumerate().rev() {
            let id = Self::id_of_member(first, index);
            let Some(open) = self.tickets.get_mut(ticket) else { continue };
            if let Some(Group::Member { answered, .. }) = open.group.as_deref_mut() {
                answered.push((key.segment, first));
            }
            let Some(segment) = open.segment_mut(key.segment) else { continue };
            if segment.state == SegmentState::Done(Status::InDoubt) {
                segment.id = id;
                side.accepted_late(self, now, SegmentKey { ticket, segment: key.segment }, id);
            }
        }
    }

    /// The ids that reports on a segment of a member may name beside its own.
    pub fn other_ids(&self, key: SegmentKey) -> Vec<MsgId> {
        if !self.grouped {
            return Vec::new();
        }
        match self.ticket(key).and_then(|open| open.group.as_deref()) {
            Some(Group::Member { answered, .. }) => {
                answered.iter().filter(|(segment, _)| *segment == key.segment).map(|(_, id)| *id).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a member of an envelope that is to be written has left it: canceled, expired. One that keeps its
    /// sequence is a copy of what was written, and stays as it is.
    pub(super) fn lacks_a_member(&self, key: SegmentKey) -> bool {
        let changes = self.segment(key).is_some_and(|s| !self.dialect.sequence_is_id() || s.id.is_zero());
        changes && self.members(key.ticket).iter().any(|ticket| !self.is_queued(*ticket, key.segment))
    }

    fn is_queued(&self, ticket: Key, segment: u8) -> bool {
        self.state_of(SegmentKey { ticket, segment }) == Some(SegmentState::Queued)
    }

    /// Opens an envelope: the members of this segment, and of those that have not been written, go one by one. Where
    /// `conn` can carry them they stay on it.
    pub(super) fn open_envelope(&mut self, now: Now, conn: Key, key: SegmentKey, side: &mut impl Side) {
        let members = self.members(key.ticket);
        let Some(open) = self.tickets.get(key.ticket) else { return };
        let frames: Vec<(u8, SegmentState, BytesMut)> = (0u8..)
            .zip(&open.order.segments)
            .filter(|(i, s)| *i == key.segment || s.state == SegmentState::Queued)
            .map(|(i, s)| (i, s.state, s.frame.clone()))
            .collect();
        let mut alone = Vec::new();
        let mut nowhere = Vec::new();
        for (index, ticket) in members.into_iter().enumerate() {
            for (at, _, frame) in &frames {
                let member = SegmentKey { ticket, segment: *at };
                let state = self.state_of(member);
                if !state.is_some_and(|s| s == SegmentState::Queued || in_flight(s)) {
                    continue;
                }
                // Another segment may have decided the ticket.
                let open = self.tickets.get(ticket).is_some_and(|open| !open.decided);
                match dialect::single(&*self.dialect, frame, index).filter(|_| open) {
                    Some(own) => {
                        self.go_alone(member, own, side);
                        alone.push(member);
                    }
                    None => nowhere.push(member),
                }
            }
        }
        for member in nowhere {
            self.end_segment(now, member, Status::Rejected, side);
        }
        for (segment, _, _) in frames {
            self.end_segment(now, SegmentKey { segment, ..key }, Status::Canceled, side);
        }
        match self.links.get_mut(conn) {
            Some(link) if link.sends && !link.over => {
                alone.into_iter().rev().for_each(|member| link.bound.push_front(member));
            }
            _ => alone.into_iter().rev().for_each(|member| self.retry.push_front(member)),
        }
    }

    /// Gives a member's segment its own frame and queues it.
    fn go_alone(&mut self, member: SegmentKey, frame: BytesMut, side: &mut impl Side) {
        let Some(segment) =
            self.tickets.get_mut(member.ticket).and_then(|open| open.segment_mut(member.segment))
        else {
            return;
        };
        let octets = frame.len();
        let (before, id) = (segment.state, std::mem::take(&mut segment.id));
        segment.frame = frame;
        segment.state = SegmentState::Queued;
        // A copy that was lost with its connection counts on.
        if !segment.doubtful {
            segment.sends = 0;
        }
        if before == SegmentState::Queued {
            self.room.back(0, octets);
        } else {
            self.back_to_queue(octets);
        }
        if !id.is_zero() {
            // SGIP: the sequence of the refused submit names nothing any more.
            side.settled(self, member, id);
        }
    }

    /// Segments of a member have ended: frames that nobody waits for any more are dropped.
    pub(super) fn left_group(&mut self, now: Now, member: Key, side: &mut impl Side) {
        let envelope = match self.tickets.get(member).and_then(|open| open.group.as_deref()) {
            Some(Group::Member { envelope, .. }) => *envelope,
            _ => return,
        };
        let members = self.members(envelope);
        let Some(open) = self.tickets.get(envelope) else { return };
        let idle: Vec<u8> = (0u8..)
            .zip(&open.order.segments)
            .filter(|(_, s)| s.state == SegmentState::Queued)
            .map(|(at, _)| at)
            .filter(|at| !members.iter().any(|ticket| self.is_queued(*ticket, *at)))
            .collect();
        for segment in idle {
            self.end_segment(now, SegmentKey { ticket: envelope, segment }, Status::Canceled, side);
        }
    }
}

fn in_flight(state: SegmentState) -> bool {
    matches!(state, SegmentState::Released | SegmentState::InDoubt)
}
