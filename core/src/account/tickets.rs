//! The life of a ticket: its segments, how each ended, and the one outcome.

use super::groups::Group;
use super::slab::Key;
use crate::few::Few;
use crate::message::shown::{digits, shown};
use crate::message::{Outcome, SegmentOutcome, Status, Ticket};
use crate::settings::Show;
use crate::time::Now;
use crate::wire::{MsgId, Text};
use bytes::BytesMut;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// Names one segment: which ticket record, which use of it, which segment (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentKey {
    /// The ticket's record.
    pub ticket: Key,
    /// Index of the segment, from 0.
    pub segment: u8,
}

impl SegmentKey {
    /// One number, as the session's tags and the correlation keep it.
    pub fn tag(self) -> u64 {
        u64::from(self.ticket.generation) << 40 | u64::from(self.segment) << 32 | u64::from(self.ticket.index)
    }

    /// The key of a tag.
    pub fn from_tag(tag: u64) -> Self {
        SegmentKey {
            ticket: Key { index: tag as u32, generation: (tag >> 40) as u32 },
            segment: (tag >> 32) as u8,
        }
    }
}

/// Where a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Not written yet.
    Queued,
    /// Written, no answer yet.
    Released,
    /// Written, the answer is overdue.
    InDoubt,
    /// Accepted, its report is awaited.
    Waiting,
    /// Ended.
    Done(Status),
}

/// One PDU of a message.
#[derive(Clone)]
pub struct Segment {
    /// The encoded request, sequence zero. Dropped once it is not needed any more.
    pub frame: BytesMut,
    /// Where it is.
    pub state: SegmentState,
    /// Its id, zero octets until it has one.
    pub id: MsgId,
    /// The result of its answer.
    pub result: u32,
    /// Stat of its final report.
    pub stat: Text<8>,
    /// Error of its final report.
    pub error: Text<8>,
    /// When it was written, ms since 1970; 0: never.
    pub sent_at: i64,
    /// When it ended, ms since 1970.
    pub done_at: i64,
    /// How often a congestion answer sent it back to the queue.
    pub congested: u32,
    /// How often it was written.
    pub sends: u32,
    /// A copy of it went out whose answer will not come: it may have arrived.
    pub doubtful: bool,
    /// The message's own time for its report, seconds; 0: the account's.
    pub report_within: u32,
}

impl Segment {
    /// A segment that waits to be sent.
    pub fn new(frame: BytesMut) -> Self {
        Segment {
            frame,
            state: SegmentState::Queued,
            id: MsgId::default(),
            result: 0,
            stat: Text::default(),
            error: Text::default(),
            sent_at: 0,
            done_at: 0,
            congested: 0,
            sends: 0,
            doubtful: false,
            report_within: 0,
        }
    }

    /// The same segment of another receiver of its submit, without a frame of its own.
    #[must_use]
    pub fn twin(&self) -> Self {
        Segment { report_within: self.report_within, ..Segment::new(BytesMut::new()) }
    }
}

/// One message that an account has accepted: what the caller's thread hands over.
pub struct Order {
    /// Its ticket.
    pub ticket: Ticket,
    /// The caller's own reference.
    pub reference: Option<Arc<str>>,
    /// The caller's own number.
    pub user_data: u64,
    /// The receiver in national form.
    pub receiver: Text<32>,
    /// Whether a report is awaited.
    pub report: bool,
    /// Its segments, encoded.
    pub segments: Few<Segment>,
    /// When it may not be sent any more, monotonic ns.
    pub valid_until: Option<u64>,
    /// When it was accepted, ms since 1970.
    pub accepted_at: i64,
}

shown! {
    Segment as "Segment", never { state, id, result, stat, error, sent_at, done_at, congested, sends, doubtful, report_within }
    Order as "Order", never {
        ticket, reference, user_data, receiver: digits, report, segments, valid_until, accepted_at,
    }
}

impl Order {
    /// Octets of its frames.
    pub fn octets(&self) -> usize {
        self.segments.iter().map(|s| s.frame.len()).sum()
    }
}

/// A ticket that has no outcome yet, or whose outcome leaves segments open.
#[derive(Debug)]
pub struct Open {
    /// What was accepted.
    pub order: Order,
    /// Segments that have not ended.
    pub undecided: usize,
    /// The outcome is out.
    pub decided: bool,
    /// Why it ended, where no code says it.
    pub why: Option<String>,
    /// What it has to do with a submit to several receivers.
    pub group: Option<Box<Group>>,
}

/// What an outcome says beside its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The result or report code that decided it, 0 when none did.
    pub code: u32,
    /// Why, in words.
    pub text: String,
    /// Whether sending the same message again can help.
    pub retriable: bool,
}

/// What a change of a segment led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The ticket is open still, or was decided before.
    Nothing,
    /// The ticket is decided now.
    Decided,
}

impl Open {
    /// A ticket whose segments are all queued.
    pub fn new(order: Order) -> Self {
        Open { undecided: order.segments.len(), order, decided: false, why: None, group: None }
    }

    /// A segment to change.
    pub fn segment_mut(&mut self, index: u8) -> Option<&mut Segment> {
        self.order.segments.get_mut(usize::from(index))
    }

    /// Ends a segment. The first rejected one decides the ticket and cancels what has not been sent.
    pub fn end(&mut self, now: Now, index: u8, status: Status) -> Verdict {
        let Some(segment) = self.segment_mut(index) else { return Verdict::Nothing };
        if matches!(segment.state, SegmentState::Done(_)) {
            return Verdict::Nothing;
        }
        segment.state = SegmentState::Done(status);
        segment.done_at = now.unix_ms;
        segment.frame = BytesMut::new();
        self.undecided -= 1;
        if status == Status::Rejected {
            self.end_all(now, |state| (state == SegmentState::Queued).then_some(Status::Canceled));
        }
        if !self.decided && (self.undecided == 0 || status == Status::Rejected) {
            self.decided = true;
            return Verdict::Decided;
        }
        Verdict::Nothing
    }

    /// Ends every segment for which `how` names a status. What may have arrived is in doubt rather than not sent.
    pub fn end_all(&mut self, now: Now, how: impl Fn(SegmentState) -> Option<Status>) {
        for segment in &mut self.order.segments {
            if !matches!(segment.state, SegmentState::Done(_))
                && let Some(status) = how(segment.state)
            {
                let unsent = matches!(status, Status::Expired | Status::Canceled | Status::Abandoned);
                let status = if unsent && segment.doubtful { Status::InDoubt } else { status };
                segment.state = SegmentState::Done(status);
                segment.done_at = now.unix_ms;
                segment.frame = BytesMut::new();
                self.undecided -= 1;
            }
        }
    }

    /// Decides the ticket if every segment has ended.
    pub fn decide(&mut self) -> Verdict {
        if !self.decided && self.undecided == 0 {
            self.decided = true;
            return Verdict::Decided;
        }
        Verdict::Nothing
    }

    /// How it ended, by precedence over the segments that have ended, and which of them decided it.
    pub fn decision(&self) -> (Status, Option<&Segment>) {
        let ended = self.order.segments.iter().filter_map(|s| match s.state {
            SegmentState::Done(status) => Some((status, s)),
            _ => None,
        });
        // Of equals the first.
        match ended.min_by_key(|(status, _)| *status) {
            Some((status, segment)) => (status, Some(segment)),
            None => (Status::Abandoned, None),
        }
    }

    /// The outcome. It is shared with those who ask for it later.
    pub fn outcome(
        &self,
        now: Now,
        account: &Arc<str>,
        show: Show,
        status: Status,
        words: Words,
    ) -> Arc<Outcome> {
        let order = &self.order;
        // The wall clock may have been set back meanwhile: one outcome's own times stand in their order all the same.
        let mut decided_at = now.unix_ms.max(order.accepted_at);
        let segments = order.segments.iter().map(|s| {
            let sent_at = if s.sent_at == 0 { 0 } else { s.sent_at.max(order.accepted_at) };
            let done_at = if s.done_at == 0 { now.unix_ms } else { s.done_at };
            let done_at = done_at.max(order.accepted_at).max(sent_at);
            decided_at = decided_at.max(done_at);
            SegmentOutcome {
                status: match s.state {
                    SegmentState::Done(status) => status,
                    // A rejected sibling decided the message while this one was on its way.
                    _ => Status::InDoubt,
                },
                message_id: s.id,
                result: s.result,
                stat: s.stat,
                error: s.error,
                sent_at,
                done_at,
            }
        });
        let segments = segments.collect();
        Arc::new(Outcome {
            account: account.clone(),
            ticket: order.ticket,
            reference: order.reference.clone(),
            user_data: order.user_data,
            receiver: order.receiver,
            status,
            code: words.code,
            text: words.text,
            retriable: words.retriable,
            segments,
            accepted_at: order.accepted_at,
            decided_at,
            repeated: false,
            show,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(segments: usize) -> Open {
        Open::new(Order {
            ticket: Ticket::from_u64(1),
            reference: None,
            user_data: 0,
            receiver: Text::new("13800138000").unwrap(),
            report: true,
            segments: (0..segments).map(|_| Segment::new(BytesMut::from(&b"x"[..]))).collect(),
            valid_until: None,
            accepted_at: 0,
        })
    }

    fn status(open: &Open) -> Status {
        open.decision().0
    }

    #[test]
    fn tags_round_trip() {
        let key = SegmentKey { ticket: Key { index: u32::MAX, generation: 0xff_ffff }, segment: 254 };
        assert_eq!(SegmentKey::from_tag(key.tag()), key);
    }

    #[test]
    fn the_times_of_an_outcome_stand_in_their_order_when_the_clock_is_set_back() {
        let at = |unix_ms| Now { mono_ns: 1, unix_ms };
        let mut o = open(2);
        o.order.accepted_at = 5_000;
        o.order.segments[0].sent_at = 9_000;
        o.end(at(8_000), 0, Status::Delivered);
        o.end(at(4_000), 1, Status::Expired);
        let outcome = o.outcome(at(3_000), &Arc::from("a"), Show::None, Status::Expired, Words::default());
        assert_eq!((outcome.accepted_at, outcome.decided_at), (5_000, 9_000));
        assert_eq!((outcome.segments[0].sent_at, outcome.segments[0].done_at), (9_000, 9_000));
        assert_eq!((outcome.segments[1].sent_at, outcome.segments[1].done_at), (0, 5_000));
    }

    #[test]
    fn the_worst_segment_names_the_outcome_whatever_the_order() {
        // Every pair: the status that comes first in the table wins.
        for (i, a) in Status::ALL.iter().enumerate() {
            for b in &Status::ALL[i..] {
                for (first, second) in [(a, b), (b, a)] {
                    let mut o = open(2);
                    let one = o.end(Now::default(), 0, *first);
                    let two = o.end(Now::default(), 1, *second);
                    assert!(one == Verdict::Decided || two == Verdict::Decided, "{a} {b}");
                    assert!(one != two, "decided once: {a} {b}");
                    if two == Verdict::Decided {
                        assert_eq!(status(&o), *a, "{first} then {second}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_rejection_cancels_what_was_not_sent_and_decides_at_once() {
        let mut o = open(3);
        o.segment_mut(0).unwrap().state = SegmentState::Released;
        o.segment_mut(1).unwrap().state = SegmentState::Released;
        assert_eq!(o.end(Now::default(), 0, Status::Rejected), Verdict::Decided);
        assert_eq!(o.undecided, 1, "the second is on its way");
        assert_eq!(o.order.segments[2].state, SegmentState::Done(Status::Canceled));
        assert_eq!(status(&o), Status::Rejected);
        assert_eq!(o.end(Now::default(), 1, Status::Delivered), Verdict::Nothing, "one outcome only");
    }
}
