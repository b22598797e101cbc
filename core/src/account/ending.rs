//! What becomes of tickets by time alone, and the orderly end of an account.

use super::Side;
use super::core::Core;
use super::dial::DialState;
use super::queue::unsent;
use super::slab::Key;
use super::tickets::{SegmentKey, SegmentState};
use crate::message::Status;
use crate::session::{EndReason, SessionEvent};
use crate::time::Now;
use std::cmp::Reverse;

impl Core {
    pub(super) fn deadline(&self) -> Option<u64> {
        // Looked at after every input, so without detours.
        let mut due = u64::MAX;
        for link in self.links.values() {
            due = due.min(link.session.deadline().unwrap_or(u64::MAX));
        }
        let wanted = self.wants_connections();
        for dial in &self.dials {
            if let DialState::Waiting(until) = dial.state
                && wanted
            {
                due = due.min(until);
            }
        }
        for at in [
            self.pace_at,
            self.inbound.deadline(),
            self.doubts.first(),
            self.waits.first(),
            self.own_waits.peek().map(|Reverse((at, _))| *at),
            self.expiries.peek().map(|Reverse((at, _, _))| *at),
            self.lingering.front().map(|(at, _)| *at),
            self.closing,
        ] {
            due = due.min(at.unwrap_or(u64::MAX));
        }
        (due != u64::MAX).then_some(due)
    }

    /// Decides the tickets whose time is over.
    pub(super) fn tickets_due(&mut self, now: Now, side: &mut impl Side) {
        let at = now.mono_ns;
        while let Some(key) = self.doubts.pop_due(at) {
            if self.state_of(key) == Some(SegmentState::InDoubt) {
                if let Some(open) = self.tickets.get_mut(key.ticket) {
                    open.why = Some("sent, no answer came, and it was not sent again".to_owned());
                }
                self.end_segment(now, key, Status::InDoubt, side);
            }
        }
        while let Some(key) = self.waits.pop_due(at) {
            self.report_is_overdue(now, key, side);
        }
        while let Some(Reverse((_, tag))) =
            self.own_waits.peek().copied().filter(|Reverse((due, _))| *due <= at)
        {
            self.own_waits.pop();
            self.report_is_overdue(now, SegmentKey::from_tag(tag), side);
        }
        while let Some(Reverse((due, index, generation))) = self.expiries.peek().copied() {
            if due > at {
                break;
            }
            self.expiries.pop();
            self.expire(now, Key { index, generation }, side);
        }
        while let Some((_, key)) = self.lingering.front().copied().filter(|(due, _)| *due <= at) {
            self.lingering.pop_front();
            self.tickets.remove(key);
        }
    }

    /// Why there is no report, and what most likely keeps it away.
    fn without_report(&self, why: &str) -> String {
        match self.dialect.dials_both_ways() && self.profile.settings.listen.is_none() {
            true => format!("{why}; the gateway delivers reports to the address of listen, which is not set"),
            false => why.to_owned(),
        }
    }

    fn report_is_overdue(&mut self, now: Now, key: SegmentKey, side: &mut impl Side) {
        if self.state_of(key) == Some(SegmentState::Waiting) {
            let why = self.without_report("no report before report_deadline");
            if let Some(open) = self.tickets.get_mut(key.ticket) {
                open.why = Some(why);
            }
            self.end_segment(now, key, Status::NoReport, side);
        }
    }

    pub(super) fn expire(&mut self, now: Now, key: Key, side: &mut impl Side) {
        self.end_queued(now, key, Status::Expired, "valid_for ran out before it was sent", side);
    }

    /// Ends the segments of a ticket that have not been sent.
    pub(super) fn end_queued(&mut self, now: Now, key: Key, status: Status, why: &str, side: &mut impl Side) {
        let Some(open) = self.tickets.get_mut(key) else { return };
        let queued = unsent(open);
        if queued.0 == 0 {
            return;
        }
        let doubtful = open.order.segments.iter().any(|s| s.doubtful && s.state == SegmentState::Queued);
        let why = if doubtful { "sent, its connection broke, and it was not sent again" } else { why };
        open.why =
            Some(if self.trouble.is_empty() { why.to_owned() } else { format!("{why} ({})", self.trouble) });
        open.end_all(now, |state| (state == SegmentState::Queued).then_some(status));
        let verdict = open.decide();
        self.left_queue(queued.0, queued.1);
        if self.grouped {
            // Also where other segments keep the ticket open.
            self.left_group(now, key, side);
        }
        self.conclude(now, key, verdict, side);
    }

    pub(super) fn proceed_closing(&mut self, now: Now, side: &mut impl Side) {
        let Some(deadline) = self.closing else { return };
        if self.closed {
            return;
        }
        let over = deadline <= now.mono_ns;
        if over {
            self.abandon_queue(now, side);
        }
        let answers_open = self.links.values().any(|l| !l.over && l.session.waiting() > 0);
        if !over && (self.has_work() || answers_open || self.inbound.unanswered() > 0) {
            return;
        }
        let mut events = std::mem::take(&mut self.scratch);
        for conn in self.links.keys() {
            let Some(link) = self.links.get_mut(conn).filter(|l| !l.over) else { continue };
            if over && !link.session.is_online() {
                link.session.disconnected("closed here", &mut events);
            } else {
                link.session.close(now, deadline, &mut events);
            }
            if events.drain(..).any(|e| matches!(e, SessionEvent::Ended(_))) {
                self.link_ended(now, conn, &EndReason::ByUs);
            }
        }
        self.scratch = events;
        let standing = self.links.values().any(|l| !l.over);
        // A little beyond the deadline for the end request itself.
        let patience = deadline.saturating_add(crate::time::SECOND);
        if standing && now.mono_ns < patience && !over {
            return;
        }
        self.finish(now, side);
    }

    pub(super) fn abandon_queue(&mut self, now: Now, side: &mut impl Side) {
        for key in self.tickets.keys() {
            let Some(open) = self.tickets.get(key) else { continue };
            let counts = !open.decided && !open.is_envelope();
            // Requeued after a break: it may have arrived.
            let doubtful = open.order.segments.iter().any(|s| s.doubtful && s.state == SegmentState::Queued);
            self.end_queued(now, key, Status::Abandoned, "closed before it was sent", side);
            if counts && self.tickets.get(key).is_none_or(|o| o.decided) {
                self.left.abandoned += u64::from(!doubtful);
                self.left.in_doubt += u64::from(doubtful);
            }
        }
        self.outbox.clear();
        self.retry.clear();
        for conn in self.links.keys() {
            if let Some(link) = self.links.get_mut(conn) {
                link.bound.clear();
            }
        }
    }

    /// Decides every ticket that is left.
    pub(super) fn finish(&mut self, now: Now, side: &mut impl Side) {
        self.abandon_queue(now, side);
        let no_report = self.without_report("closed before its report came");
        for key in self.tickets.keys() {
            let Some(open) = self.tickets.get_mut(key).filter(|o| !o.decided && !o.is_envelope()) else {
                continue;
            };
            let doubtful = open.order.segments.iter().any(|s| {
                matches!(
                    s.state,
                    SegmentState::Released | SegmentState::InDoubt | SegmentState::Done(Status::InDoubt)
                )
            });
            let why = if doubtful { "closed before its answer came" } else { &no_report };
            open.why.get_or_insert_with(|| why.to_owned());
            open.end_all(now, |state| {
                Some(if state == SegmentState::Waiting { Status::NoReport } else { Status::InDoubt })
            });
            if doubtful {
                self.left.in_doubt += 1;
            } else {
                self.left.no_report += 1;
            }
            let verdict = open.decide();
            self.conclude(now, key, verdict, side);
        }
        self.end_questions();
        side.closed(self, now);
        self.closed = true;
    }
}
