//! What the other side's answers and reports mean for a ticket, and how a ticket is decided.

use super::Side;
use super::core::Core;
use super::links::Answered;
use super::queue::unsent;
use super::slab::{Key, Slab};
use super::tickets::{Open, Segment, SegmentKey, SegmentState, Verdict, Words};
use crate::codes;
use crate::message::{Event, EventKinds, Response, Status};
use crate::settings::Resend;
use crate::time::{Now, SECOND, nanos};
use crate::wire::{MsgId, Protocol, Seq};
use bytes::BytesMut;
use std::cmp::Reverse;

impl Core {
    /// The sequence a segment was sent with, where that is its id; else what the answer echoed.
    pub(super) fn id_of(&self, key: SegmentKey, echoed: Seq) -> Seq {
        let sent = self.segment(key).map(|s| s.id).filter(|id| !id.is_zero());
        sent.and_then(|id| id.to_sgip()).unwrap_or(echoed)
    }

    /// A segment to look at.
    pub fn segment(&self, key: SegmentKey) -> Option<&Segment> {
        self.tickets.get(key.ticket)?.order.segments.get(usize::from(key.segment))
    }

    /// The message a segment belongs to.
    pub fn ticket(&self, key: SegmentKey) -> Option<&Open> {
        self.tickets.get(key.ticket)
    }

    pub(super) fn answered(
        &mut self,
        now: Now,
        conn: Key,
        key: SegmentKey,
        id: MsgId,
        result: u32,
        late: bool,
    ) -> Answered {
        if late {
            self.counters.late += 1;
        }
        if self.wants(EventKinds::RESPONSE) {
            self.emit_response(now, conn, key, id, result, late);
        }
        let result = if result != 0 && self.is_repeat_of_accepted(key, result) { 0 } else { result };
        let congested = result != 0 && self.profile.settings.is_congestion(result);
        let limit = u32::from(self.profile.settings.congestion_max);
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return Answered::Nothing;
        };
        if !matches!(segment.state, SegmentState::Released | SegmentState::InDoubt) {
            // A report came first and counted as its answer, or the time for it is over.
            if result != 0 {
                return Answered::Nothing;
            }
            segment.id = id;
            let over = segment.state == SegmentState::Done(Status::InDoubt);
            return if over { Answered::Late } else { Answered::Nothing };
        }
        segment.result = result;
        if result == 0 {
            segment.id = id;
            segment.frame = BytesMut::new();
            self.counters.accepted += 1;
            self.pace.accepted();
            return Answered::Accepted;
        }
        if congested && !late && segment.congested < limit && self.closing.is_none() {
            segment.congested += 1;
            // An answered segment that goes again has a new sequence.
            let before = std::mem::take(&mut segment.id);
            segment.state = SegmentState::Queued;
            let octets = segment.frame.len();
            self.counters.congested += 1;
            self.requeue(now, key, octets);
            self.pace.congested(now.mono_ns);
            // Same connection, new sequence: the segments of a message stay together.
            match self.links.get_mut(conn) {
                Some(link) if link.sends && !link.over => link.bound.push_front(key),
                _ => self.retry.push_back(key),
            }
            return Answered::Again(before);
        }
        self.counters.rejected += 1;
        self.rejected.add(result);
        Answered::Refused
    }

    pub(super) fn emit_response(
        &mut self,
        now: Now,
        conn: Key,
        key: SegmentKey,
        id: MsgId,
        result: u32,
        late: bool,
    ) {
        if self.grouped {
            for (index, ticket) in self.members(key.ticket).into_iter().enumerate() {
                let id = Self::id_of_member(id, index);
                self.emit_response(now, conn, SegmentKey { ticket, segment: key.segment }, id, result, late);
            }
        }
        let Some(open) = self.tickets.get(key.ticket).filter(|open| !open.is_envelope()) else { return };
        let order = &open.order;
        let response = Response {
            account: self.profile.name.clone(),
            connection: self.connection(conn),
            time: now.unix_ms,
            ticket: order.ticket,
            reference: order.reference.clone(),
            user_data: order.user_data,
            segment: key.segment + 1,
            segments: order.segments.len() as u8,
            message_id: id,
            result,
            name: codes::result(self.dialect.protocol(), self.dialect.version(), result).name,
            late,
        };
        self.emit(Event::Response(Box::new(response)));
    }

    /// A request got no answer in time: it is written again where `resend` says so, else it is in doubt.
    pub(super) fn unanswered(&mut self, now: Now, conn: Key, key: SegmentKey) {
        self.counters.unanswered += 1;
        if key.is_question() {
            let why = "none came within response_timeout".to_owned();
            return self.answer_question(key, Err(super::AskError::NoAnswer(why)));
        }
        let s = &self.profile.settings;
        let (resends, most) = (s.resend != Resend::Never, u32::from(s.resend_max));
        if resends
            && let Some(link) = self.links.get_mut(conn)
            && let Some(open) = self.tickets.get_mut(key.ticket)
            && let Some(segment) = open.segment_mut(key.segment)
            && segment.state == SegmentState::Released
            && segment.sends < most
            && link.session.resend(now, &segment.frame, key.tag())
        {
            segment.sends += 1;
            self.counters.resent += 1;
            // Carriers count what is written again, too: what follows waits longer for its turn.
            let receivers = self.members(key.ticket).len().max(1);
            self.pace.charge(now.mono_ns, receivers);
            if self.grouped {
                self.group_follows(key);
            }
            return;
        }
        self.doubt(now, key);
    }

    /// The connection is gone and the segment's answer with it. `resend=always` puts it back into the queue for
    /// another connection and a new sequence; SGIP keeps the old one, because it is the message's id, and so
    /// does it with `resend=same` too.
    pub(super) fn lost(&mut self, now: Now, key: SegmentKey) {
        let s = &self.profile.settings;
        let keeps = self.dialect.sequence_is_id();
        let again = s.resend == Resend::Always || (keeps && s.resend == Resend::Same);
        let most = u32::from(s.resend_max);
        if again
            && self.closing.is_none()
            && let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment))
            && segment.state == SegmentState::Released
            && segment.sends < most
        {
            segment.state = SegmentState::Queued;
            segment.doubtful = true;
            let octets = segment.frame.len();
            self.requeue(now, key, octets);
            self.counters.resent += 1;
            self.retry.push_front(key);
            return;
        }
        self.doubt(now, key);
    }

    /// Whether the answer says that an earlier copy of this very request was accepted: a "repeated sequence"
    /// answer to a request that was written again (CMPP 3, SMGP 12, SGIP 9).
    fn is_repeat_of_accepted(&self, key: SegmentKey, result: u32) -> bool {
        let repeated = match self.dialect.protocol() {
            Protocol::Cmpp => 3,
            Protocol::Smgp => 12,
            Protocol::Sgip => 9,
        };
        result == repeated && self.segment(key).is_some_and(|s| s.sends > 1 && s.congested == 0)
    }

    /// A segment was written and its answer will not come in time: it is decided one more time-out later.
    pub(super) fn doubt(&mut self, now: Now, key: SegmentKey) {
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return;
        };
        if segment.state == SegmentState::Released {
            segment.state = SegmentState::InDoubt;
            let at = now.mono_ns.saturating_add(self.rules.response_timeout_ns);
            let tickets = &self.tickets;
            self.doubts.push(at, key, |key| is(tickets, key, SegmentState::InDoubt));
            if self.grouped {
                self.group_doubted(now, key);
            }
        }
    }

    /// The segment is accepted and waits for its report until the deadline.
    pub fn await_report(&mut self, now: Now, key: SegmentKey) {
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return;
        };
        segment.state = SegmentState::Waiting;
        match segment.report_within {
            0 => {
                let at = now.mono_ns.saturating_add(nanos(self.profile.settings.report_deadline));
                let tickets = &self.tickets;
                self.waits.push(at, key, |key| is(tickets, key, SegmentState::Waiting));
            }
            own => self.await_own(now.mono_ns.saturating_add(u64::from(own) * SECOND), key),
        }
    }

    /// A message with a time of its own for its report: these are in no order.
    fn await_own(&mut self, at: u64, key: SegmentKey) {
        self.own_waits.push(Reverse((at, key.tag())));
        // Those that have ended are dropped now and then, so that the heap stays in proportion.
        if self.own_waits.len() > 1024 + 4 * self.tickets.len() + self.own_waits_kept {
            let mut waits = std::mem::take(&mut self.own_waits);
            waits.retain(|Reverse((_, tag))| {
                self.state_of(SegmentKey::from_tag(*tag)) == Some(SegmentState::Waiting)
            });
            self.own_waits_kept = waits.len();
            self.own_waits = waits;
        }
    }

    /// Ends a segment, and decides its ticket when that is the last word.
    pub fn end_segment(&mut self, now: Now, key: SegmentKey, status: Status, side: &mut impl Side) {
        let Some(open) = self.tickets.get_mut(key.ticket) else { return };
        let queued = unsent(open);
        let verdict = open.end(now, key.segment, status);
        let gone = unsent(open);
        self.left_queue(queued.0 - gone.0, queued.1 - gone.1);
        self.conclude(now, key.ticket, verdict, side);
        self.trim();
    }

    /// Drops the heads of the time lists that have ended, so that the lists stay in proportion to what is open.
    fn trim(&mut self) {
        let tickets = &self.tickets;
        self.waits.trim(|key| is(tickets, key, SegmentState::Waiting));
        self.doubts.trim(|key| is(tickets, key, SegmentState::InDoubt));
        let waits = |tag| is(tickets, SegmentKey::from_tag(tag), SegmentState::Waiting);
        while self.own_waits.peek().is_some_and(|Reverse((_, tag))| !waits(*tag)) {
            self.own_waits.pop();
        }
    }

    /// Keeps what a report said about a segment.
    pub fn note_report(&mut self, key: SegmentKey, report: &crate::dialect::ReportPdu) {
        if let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment))
            && !matches!(segment.state, SegmentState::Done(_))
        {
            segment.stat = report.stat;
            segment.error = report.error;
            if segment.id.is_zero() {
                segment.id = report.id;
            }
        }
    }

    pub(super) fn conclude(&mut self, now: Now, key: Key, verdict: Verdict, side: &mut impl Side) {
        let Some(open) = self.tickets.get(key) else { return };
        let is_ticket = !open.is_envelope();
        if verdict == Verdict::Decided && is_ticket {
            let (status, decider) = open.decision();
            let words = self.explain(open, status, decider);
            let outcome = open.outcome(now, &self.profile.name, self.profile.settings.show, status, words);
            // Only those whose report is awaited can be looked for by their id. One that a report decided is
            // settled by it.
            if open.order.report {
                let settled: Vec<(SegmentKey, MsgId)> = (0u8..)
                    .zip(&open.order.segments)
                    .filter(|(_, s)| match s.state {
                        SegmentState::Done(Status::Delivered | Status::Undelivered) => false,
                        SegmentState::Done(_) => !s.id.is_zero(),
                        _ => false,
                    })
                    .map(|(i, s)| (SegmentKey { ticket: key, segment: i }, s.id))
                    .collect();
                for (segment, id) in settled {
                    side.settled(self, segment, id);
                }
            }
            self.counters.outcomes += 1;
            self.freed.tickets += 1;
            side.decided(self, &outcome);
            // Always handed out: completions are set from it, wanted or not.
            self.events.push(Event::Outcome(outcome));
            if self.grouped {
                self.left_group(now, key, side);
            }
        }
        let Some(open) = self.tickets.get(key) else { return };
        if !open.decided {
            return;
        }
        let doubtful = |s: &Segment| {
            matches!(
                s.state,
                SegmentState::Done(Status::InDoubt) | SegmentState::Released | SegmentState::InDoubt
            )
        };
        if open.order.segments.iter().any(doubtful) && self.closing.is_none() {
            // Their answers may still come; they are events, and their ids catch late reports.
            if verdict == Verdict::Decided {
                let linger = now.mono_ns.saturating_add(self.rules.response_timeout_ns.saturating_mul(10));
                self.lingering.push_back((linger, key));
            }
        } else if open.undecided == 0 {
            self.tickets.discard(key);
        }
    }

    /// Code and words of an outcome.
    fn explain(&self, open: &Open, status: Status, decider: Option<&Segment>) -> Words {
        let protocol = self.dialect.protocol();
        match (status, decider) {
            (Status::Rejected, Some(s)) => {
                let code = match protocol {
                    Protocol::Sgip => codes::sgip_error(self.profile.settings.codes.answers(), s.result),
                    _ => codes::result(protocol, self.dialect.version(), s.result),
                };
                let text = format!("{} {}: {}", s.result, code.name, code.en);
                Words { code: s.result, text, retriable: code.class.retriable() }
            }
            (Status::Undelivered, Some(s)) => {
                let (stat, error) = (s.stat.to_string_lossy(), s.error.to_string_lossy());
                let code = error.parse().unwrap_or(0);
                let meaning = codes::stat(protocol, &stat);
                // SGIP's state says little; its error code has a list of its own (sgip.md 10).
                let cause = (protocol == Protocol::Sgip && code != 0)
                    .then(|| codes::sgip_error(self.profile.settings.codes.reports(), code));
                let text = match (error.as_ref(), cause) {
                    ("", _) => format!("{stat}: {}", meaning.en),
                    (error, Some(code)) => format!("{stat} error {error} {}: {}", code.name, code.en),
                    (error, None) => format!("{stat} error {error}: {}", meaning.en),
                };
                Words { code, text, retriable: cause.is_some_and(|code| code.class.retriable()) }
            }
            (Status::Delivered | Status::Sent | Status::Acked, _) => Words::default(),
            (status, _) => Words {
                code: 0,
                text: open.why.clone().unwrap_or_else(|| self.trouble.clone()),
                retriable: matches!(status, Status::Expired | Status::Abandoned | Status::Canceled),
            },
        }
    }
}

/// Whether a segment is where it was when it was put into a list of times.
fn is(tickets: &Slab<Open>, key: SegmentKey, state: SegmentState) -> bool {
    let segment = tickets.get(key.ticket).and_then(|open| open.order.segments.get(usize::from(key.segment)));
    segment.is_some_and(|segment| segment.state == state)
}
