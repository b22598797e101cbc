//! The queue of an account: which segment goes out next, on which connection, and when.

use super::Side;
use super::core::Core;
use super::links::Link;
use super::slab::Key;
use super::tickets::{Open, Order, SegmentKey, SegmentState};
use crate::message::Status;
use crate::time::Now;
use crate::wire::MsgId;
use std::cmp::Reverse;

impl Core {
    /// Takes a push whose time has come; its room was reserved when it was accepted.
    pub fn push(&mut self, now: Now, order: Order) {
        self.order(now, order);
    }

    pub(super) fn order(&mut self, _now: Now, order: Order) {
        let key = self.insert(order);
        self.outbox.push_back(key);
        // Tickets that expired in the queue are dropped now and then, so that it stays in proportion.
        if self.outbox.len() > 1024 + 2 * self.tickets.len() {
            let tickets = &self.tickets;
            self.outbox.retain(|key| tickets.get(*key).is_some());
        }
    }

    /// Makes the record of a ticket.
    pub(super) fn insert(&mut self, order: Order) -> Key {
        let (valid_until, ticket) = (order.valid_until, order.ticket);
        self.queued += order.segments.len();
        let key = self.tickets.insert(Open::new(order));
        self.index_ticket(ticket, key);
        if let Some(at) = valid_until {
            self.expiries.push(Reverse((at, key.index, key.generation)));
            // Times of tickets that have ended are dropped now and then, so that the heap stays in proportion.
            if self.expiries.len() > 1024 + 2 * self.tickets.len() {
                let tickets = &self.tickets;
                self.expiries.retain(|Reverse((_, index, generation))| {
                    tickets.get(Key { index: *index, generation: *generation }).is_some()
                });
            }
        }
        key
    }

    /// The next segment for a connection: its own first, then congested ones, then a new message, which is
    /// bound to it.
    pub(super) fn next_for(&mut self, now: Now, conn: Key, side: &mut impl Side) -> Option<SegmentKey> {
        loop {
            let link = self.links.get_mut(conn)?;
            let again = link.bound.pop_front().or_else(|| {
                let key = self.retry.pop_front()?;
                // The rest of its message goes with it: segments of one message stay together.
                while let Some(more) = self.retry.front().filter(|more| more.ticket == key.ticket) {
                    link.bound.push_back(*more);
                    self.retry.pop_front();
                }
                Some(key)
            });
            let key = match again {
                Some(key) => key,
                None => {
                    let ticket = self.outbox.pop_front()?;
                    let segments = self.tickets.get(ticket).map_or(0, |o| o.order.segments.len());
                    if segments != 1 {
                        link.bound.extend((0..segments).map(|i| SegmentKey { ticket, segment: i as u8 }));
                        continue;
                    }
                    SegmentKey { ticket, segment: 0 }
                }
            };
            if self.state_of(key) == Some(SegmentState::Queued) {
                if self.tickets.get(key.ticket).is_some_and(|open| open.decided) {
                    // It was taken back after another segment had decided the message.
                    self.end_segment(now, key, Status::Canceled, side);
                    continue;
                }
                if self.grouped && self.lacks_a_member(key) {
                    self.open_envelope(now, conn, key, side);
                    continue;
                }
                return Some(key);
            }
        }
    }

    pub(super) fn state_of(&self, key: SegmentKey) -> Option<SegmentState> {
        Some(self.tickets.get(key.ticket)?.order.segments.get(usize::from(key.segment))?.state)
    }

    pub(super) fn has_work(&self) -> bool {
        self.queued > 0
    }

    /// Segments left the queue.
    pub(super) fn left_queue(&mut self, segments: usize, octets: usize) {
        self.queued -= segments;
        self.freed.segments += segments;
        self.freed.octets += octets;
    }

    /// Lets callers have the room that became free in this turn.
    pub(super) fn give_back(&mut self) {
        self.room.free(std::mem::take(&mut self.freed));
    }

    /// A segment that was written goes back into the queue.
    pub(super) fn requeue(&mut self, now: Now, key: SegmentKey, octets: usize) {
        if !self.grouped || !self.group_requeued(now, key, octets) {
            self.back_to_queue(octets);
        }
    }

    /// A segment came back into the queue.
    pub(super) fn back_to_queue(&mut self, octets: usize) {
        self.queued += 1;
        self.room.back(1, octets);
    }

    /// Fills the windows: one connection's before the next one's.
    pub(super) fn schedule(&mut self, now: Now, side: &mut impl Side) {
        self.pace_at = None;
        if self.has_work() {
            self.fill(now, side);
        } else {
            // What is named here has ended.
            self.outbox.clear();
            self.retry.clear();
        }
        let work = self.has_work();
        let paced = work && self.pace_at.is_some();
        let sends = work && !paced && self.links.values().any(|link| link.sends && link.session.is_online());
        let held = &mut self.held;
        held.rate.set(paced, now.mono_ns);
        held.window.set(sends, now.mono_ns);
        held.connection.set(work && !paced && !sends, now.mono_ns);
    }

    fn fill(&mut self, now: Now, side: &mut impl Side) {
        for index in 0..self.links.places() {
            let Some(conn) = self.links.key_at(index) else { continue };
            while self.links.get(conn).is_some_and(Link::ready) {
                let Some(key) = self.next_for(now, conn, side) else { break };
                if let Err(at) = self.pace.take(now.mono_ns) {
                    if let Some(link) = self.links.get_mut(conn) {
                        link.bound.push_front(key);
                    }
                    self.pace_at = Some(at);
                    return;
                }
                self.release(now, conn, key, side);
            }
        }
    }

    pub(super) fn release(&mut self, now: Now, conn: Key, key: SegmentKey, side: &mut impl Side) {
        let Some(link) = self.links.get_mut(conn) else { return };
        let Some(open) = self.tickets.get_mut(key.ticket) else { return };
        let Some(segment) = open.segment_mut(key.segment) else { return };
        // In SGIP the sequence is the id: a segment that goes again without an answer keeps it.
        let kept = segment.id.to_sgip().filter(|_| self.dialect.sequence_is_id());
        let seq = link.session.request(now, &segment.frame, key.tag(), kept);
        segment.state = SegmentState::Released;
        segment.sends += 1;
        segment.sent_at = now.unix_ms;
        let octets = segment.frame.len();
        self.counters.sent += 1;
        if self.dialect.sequence_is_id() {
            segment.id = MsgId::from_sgip(seq);
        }
        if self.grouped && self.group_released(now, key, seq, octets, kept.is_some(), side) {
            return;
        }
        self.left_queue(1, octets);
        match kept {
            None => side.released(self, now, key, seq),
            Some(_) => side.released_again(self, now, key),
        }
    }
}

/// Segments of a ticket that hold room in the queue, and their octets.
pub(super) fn unsent(open: &Open) -> (usize, usize) {
    let queued = open.order.segments.iter().filter(|s| s.state == SegmentState::Queued);
    // The segments of an envelope are counted with its members.
    let each = usize::from(!open.is_envelope());
    queued.fold((0, 0), |(n, octets), s| (n + each, octets + s.frame.len()))
}
