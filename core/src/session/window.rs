//! The window of one connection: requests sent and not answered yet, in the order they were sent.
//!
//! Every request waits equally long, so the order of sending is the order of timing out: one look at the head
//! is the whole timer.

use crate::wire::{Protocol, Seq, frame};
use bytes::BytesMut;
use std::collections::VecDeque;

/// Requests whose answer is late are remembered for this many more, to recognise it.
const LATE_KEPT: usize = 1024;

/// Requests that are answered and keep their places behind one that is not, beside as many as wait.
const KEPT: usize = 1024;

#[derive(Clone, Copy, Debug)]
struct Slot {
    seq: Seq,
    tag: u64,
    sent_ns: u64,
    /// Offset of the frame's first octet in everything this connection ever wrote.
    start: u64,
    waiting: bool,
    /// An answered one before it was swept out.
    behind_answered: bool,
}

/// What an answer turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It answers a waiting request with this tag.
    Waiting(u64),
    /// It answers a request that timed out before.
    Late(u64),
    /// It answers nothing we sent.
    Unknown,
}

#[derive(Debug, Default)]
pub(super) struct Window {
    slots: VecDeque<Slot>,
    waiting: usize,
    /// Requests written again: their serials do not rise, so they stand apart.
    resent: VecDeque<Slot>,
    late: VecDeque<(Seq, u64)>,
    /// Since one timed out last, one that was sent after it has turned out to be answered.
    answered_since: bool,
    /// Those that were swept out last had none behind them.
    swept: bool,
}

/// A request that has timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expired {
    pub(super) tag: u64,
    /// No request that was sent between the one that timed out before it and this one was answered.
    pub(super) follows: bool,
}

impl Window {
    /// Requests that wait for their answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// A request was sent. `kept`: with a sequence from before, so it does not rise.
    pub(super) fn push(&mut self, seq: Seq, tag: u64, now_ns: u64, start: u64, kept: bool) {
        let behind_answered = !kept && std::mem::take(&mut self.swept);
        let slot = Slot { seq, tag, sent_ns: now_ns, start, waiting: true, behind_answered };
        if kept {
            self.resent.push_back(slot);
        } else {
            self.slots.push_back(slot);
        }
        self.waiting += 1;
    }

    /// An answer with this sequence came.
    pub(super) fn answer(&mut self, seq: Seq) -> Match {
        if let Some(at) = self.find(seq) {
            let slot = &mut self.slots[at];
            if slot.waiting {
                slot.waiting = false;
                let tag = slot.tag;
                self.waiting -= 1;
                self.drop_answered();
                self.sweep();
                return Match::Waiting(tag);
            }
            return Match::Unknown;
        }
        if let Some(at) = self.resent.iter().position(|s| same(s.seq, seq)) {
            self.waiting -= 1;
            self.answered_since = true;
            return self.resent.remove(at).map_or(Match::Unknown, |slot| Match::Waiting(slot.tag));
        }
        match self.late.iter().position(|(late, _)| same(*late, seq)) {
            Some(at) => Match::Late(self.late.remove(at).map_or(0, |(_, tag)| tag)),
            None => Match::Unknown,
        }
    }

    /// The tag of the request that an answer belongs to; the request waits on. A part that is not the last one
    /// belongs to a waiting request only: what came before it of a late answer is lost.
    pub(super) fn asked(&self, seq: Seq, last: bool) -> Option<u64> {
        let waiting = self.find(seq).and_then(|at| self.slots.get(at)).filter(|slot| slot.waiting);
        let again = || self.resent.iter().find(|slot| same(slot.seq, seq));
        let late = || self.late.iter().find(|(late, _)| last && same(*late, seq)).map(|(_, tag)| *tag);
        waiting.or_else(again).map(|slot| slot.tag).or_else(late)
    }

    /// Serials rise within one connection, so the distance from the head finds the slot: directly while none
    /// is skipped, by bisection when other connections took some (SGIP).
    fn find(&self, seq: Seq) -> Option<usize> {
        let first = self.slots.front()?.seq.serial;
        let distance = seq.serial.wrapping_sub(first);
        let at = distance as usize;
        if self.slots.get(at).is_some_and(|s| same(s.seq, seq)) {
            return Some(at);
        }
        let at = self.slots.partition_point(|s| s.seq.serial.wrapping_sub(first) < distance);
        self.slots.get(at).filter(|s| same(s.seq, seq)).map(|_| at)
    }

    fn drop_answered(&mut self) {
        while self.slots.front().is_some_and(|s| !s.waiting) {
            self.slots.pop_front();
            self.answered_since = true;
        }
    }

    /// One request without an answer must not keep the places of all that are answered behind it.
    fn sweep(&mut self) {
        if self.slots.len() <= KEPT + 2 * self.waiting {
            return;
        }
        let swept = &mut self.swept;
        *swept = false;
        self.slots.retain_mut(|slot| {
            slot.behind_answered |= *swept;
            *swept = !slot.waiting;
            slot.waiting
        });
    }

    /// Gives back the memory of lists that are empty.
    pub(super) fn give_back(&mut self) {
        let Window { slots, resent, late, .. } = self;
        [slots, resent].into_iter().filter(|list| list.is_empty()).for_each(VecDeque::shrink_to_fit);
        if late.is_empty() {
            late.shrink_to_fit();
        }
    }

    /// When the oldest request times out.
    pub(super) fn deadline(&self, timeout_ns: u64) -> Option<u64> {
        let first = |list: &VecDeque<Slot>| list.front().map(|s| s.sent_ns.saturating_add(timeout_ns));
        match (first(&self.slots), first(&self.resent)) {
            (Some(sent), Some(resent)) => Some(sent.min(resent)),
            (sent, resent) => sent.or(resent),
        }
    }

    /// One request that has timed out, whose place is free now.
    pub(super) fn expire(&mut self, now_ns: u64, timeout_ns: u64) -> Option<Expired> {
        let due = |list: &VecDeque<Slot>| {
            list.front().is_some_and(|s| s.sent_ns.saturating_add(timeout_ns) <= now_ns)
        };
        let slot = if due(&self.slots) {
            self.slots.pop_front()?
        } else if due(&self.resent) {
            self.resent.pop_front()?
        } else {
            return None;
        };
        self.waiting -= 1;
        if self.late.len() == LATE_KEPT {
            self.late.pop_front();
        }
        self.late.push_back((slot.seq, slot.tag));
        self.answered_since |= slot.behind_answered;
        let follows = !std::mem::take(&mut self.answered_since);
        self.drop_answered();
        Some(Expired { tag: slot.tag, follows })
    }

    /// A request that timed out is written again with its own sequence and waits once more. False: it is not
    /// known any more.
    pub(super) fn again(&mut self, tag: u64, now_ns: u64) -> Option<Seq> {
        let at = self.late.iter().position(|(_, late)| *late == tag)?;
        let (seq, tag) = self.late.remove(at)?;
        self.resent.push_back(Slot {
            seq,
            tag,
            sent_ns: now_ns,
            start: 0,
            waiting: true,
            behind_answered: false,
        });
        self.waiting += 1;
        Some(seq)
    }

    /// Offset of the first waiting request that begins at `flushed` or later.
    pub(super) fn first_from(&self, flushed: u64) -> Option<u64> {
        self.slots
            .iter()
            .chain(&self.resent)
            .filter(|s| s.waiting)
            .map(|s| s.start)
            .filter(|at| *at >= flushed)
            .min()
    }

    /// The connection is gone: every waiting request in order, with whether its first octet was written
    /// before offset `flushed`.
    pub(super) fn abandon(&mut self, flushed: u64) -> Vec<(u64, bool)> {
        self.waiting = 0;
        let waiting = self.slots.drain(..).filter(|s| s.waiting);
        let resent = self.resent.drain(..);
        waiting
            .map(|s| (s.tag, s.start < flushed))
            .chain(resent.map(|s| (s.tag, s.start < flushed || s.start == 0)))
            .collect()
    }
}

/// Equal, or equal in the serial where the peer zeroed the rest (`sgip.md D16`).
fn same(ours: Seq, answer: Seq) -> bool {
    ours.serial == answer.serial
        && ((ours.node == answer.node && ours.time == answer.time) || (answer.node == 0 && answer.time == 0))
}

/// Takes the requests out of what is to be written, from the frame that begins at `at`; returns their octets.
pub(super) fn keep_answers(protocol: Protocol, out: &mut BytesMut, at: usize) -> u64 {
    let mut rest = out.split_off(at.min(out.len()));
    let mut taken = 0;
    while let Ok(Some(length)) = frame::next(protocol, &rest, usize::MAX) {
        let one = rest.split_to(length);
        if frame::header(protocol, &one).is_ok_and(|header| header.is_response()) {
            out.extend_from_slice(&one);
        } else {
            taken += length as u64;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(serial: u32) -> Seq {
        Seq::serial(serial)
    }

    #[test]
    fn answers_in_any_order_and_over_the_wrap() {
        let mut w = Window::default();
        let serials: Vec<u32> = (0..10).map(|i| (u32::MAX - 4).wrapping_add(i)).collect();
        for (i, s) in serials.iter().enumerate() {
            w.push(seq(*s), i as u64, 0, 0, false);
        }
        for i in [3usize, 0, 9, 1, 2, 8, 5, 4, 7, 6] {
            assert_eq!(w.answer(seq(serials[i])), Match::Waiting(i as u64));
            assert_eq!(w.answer(seq(serials[i])), Match::Unknown, "a second answer");
        }
        assert_eq!((w.waiting(), w.slots.len()), (0, 0));
    }

    #[test]
    fn serials_with_gaps_are_found() {
        let mut w = Window::default();
        for s in [10, 17, 18, 40] {
            w.push(Seq { node: 3_010_012_345, time: 1, serial: s }, u64::from(s), 0, 0, false);
        }
        assert_eq!(w.answer(Seq { node: 3_010_012_345, time: 1, serial: 18 }), Match::Waiting(18));
        assert_eq!(w.answer(Seq { node: 7, time: 1, serial: 17 }), Match::Unknown, "another node's answer");
        assert_eq!(w.answer(seq(40)), Match::Waiting(40), "a peer that zeroes node and time");
        assert_eq!(w.answer(seq(11)), Match::Unknown);
    }

    #[test]
    fn time_outs_free_places_in_order_and_late_answers_are_known() {
        let mut w = Window::default();
        w.push(seq(1), 1, 0, 0, false);
        w.push(seq(2), 2, 10, 0, false);
        assert_eq!(w.answer(seq(1)), Match::Waiting(1));
        assert_eq!(w.deadline(100), Some(110));
        assert_eq!(w.expire(109, 100), None);
        assert_eq!(
            w.expire(110, 100),
            Some(Expired { tag: 2, follows: false }),
            "after one that was answered"
        );
        assert_eq!((w.waiting(), w.deadline(100)), (0, None));
        assert_eq!(w.answer(seq(2)), Match::Late(2));
        assert_eq!(w.answer(seq(2)), Match::Unknown);
    }

    #[test]
    fn those_that_time_out_know_whether_one_between_was_answered() {
        let mut w = Window::default();
        (1..=8).for_each(|s| w.push(seq(s), u64::from(s), 0, 0, false));
        // 1 and 2 have no answer, 3 has one, 4 and 5 have none, 6 has one, 7 and 8 have none.
        for s in [6, 3] {
            w.answer(seq(s));
        }
        let expired: Vec<_> = std::iter::from_fn(|| w.expire(100, 100)).map(|e| (e.tag, e.follows)).collect();
        assert_eq!(expired, [(1, true), (2, true), (4, false), (5, true), (7, false), (8, true)]);
    }

    #[test]
    fn one_without_an_answer_does_not_keep_those_behind_it() {
        let mut w = Window::default();
        let lost = [0, 500, 40_000, 40_001];
        for s in 0..60_000 {
            w.push(seq(s), u64::from(s), 0, 0, false);
            if !lost.contains(&s) {
                assert_eq!(w.answer(seq(s)), Match::Waiting(u64::from(s)));
            }
            assert!(w.slots.len() <= KEPT + 2 * lost.len(), "{} places", w.slots.len());
        }
        assert_eq!(w.answer(seq(30_000)), Match::Unknown, "a second answer");
        assert_eq!(w.answer(seq(40_001)), Match::Waiting(40_001));
        w.push(seq(60_000), 60_000, 0, 0, false);
        let expired: Vec<_> = std::iter::from_fn(|| w.expire(100, 100)).map(|e| (e.tag, e.follows)).collect();
        assert_eq!(expired, [(0, true), (500, false), (40_000, false), (60_000, false)]);

        let mut w = Window::default();
        w.push(seq(0), 0, 0, 0, false);
        let many = KEPT as u32 + 2;
        (1..=many).for_each(|s| w.push(seq(s), u64::from(s), 0, 0, false));
        for s in 1..=many {
            w.answer(seq(s));
        }
        assert_eq!(w.slots.len(), 1, "none is behind them");
        w.push(seq(many + 1), 1, 0, 0, false);
        w.push(seq(many + 2), 2, 0, 0, false);
        let expired: Vec<_> = std::iter::from_fn(|| w.expire(100, 100)).map(|e| (e.tag, e.follows)).collect();
        assert_eq!(expired, [(0, true), (1, false), (2, true)]);
    }

    #[test]
    fn requests_that_go_again_wait_again() {
        let mut w = Window::default();
        w.push(seq(1), 1, 0, 0, false);
        w.push(seq(2), 2, 50, 0, false);
        assert_eq!(w.expire(100, 100), Some(Expired { tag: 1, follows: true }));
        assert_eq!(w.again(1, 100), Some(seq(1)), "its own sequence");
        assert_eq!((w.waiting(), w.deadline(100)), (2, Some(150)));
        assert_eq!(w.answer(seq(1)), Match::Waiting(1));
        w.push(seq(9), 9, 60, 0, true);
        assert_eq!(w.answer(seq(2)), Match::Waiting(2));
        assert_eq!(w.expire(160, 100), Some(Expired { tag: 9, follows: false }));
        assert_eq!(w.again(7, 0), None);
    }

    #[test]
    fn abandoned_requests_say_whether_they_were_written() {
        let mut w = Window::default();
        w.push(seq(1), 1, 0, 0, false);
        w.push(seq(2), 2, 0, 100, false);
        w.push(seq(3), 3, 0, 200, false);
        w.answer(seq(1));
        assert_eq!(w.abandon(150), vec![(2, true), (3, false)]);
        assert_eq!(w.waiting(), 0);
    }
}
