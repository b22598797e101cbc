//! What a connection does in time: answers that do not come, link tests, the end.

use super::event::{SessionEvent, State};
use super::window::Expired;
use super::{EndReason, Session};
use crate::time::Now;
use bytes::BytesMut;

impl Session {
    pub(super) fn test_due(&self, now: Now) -> u64 {
        match self.rules.keepalive_ns {
            0 => u64::MAX,
            every => now.mono_ns.saturating_add(every),
        }
    }

    /// When [`Session::timeout`] wants to be called.
    pub fn deadline(&self) -> Option<u64> {
        match &self.state {
            State::LoggingIn { deadline, .. }
            | State::AwaitingLogin { deadline }
            | State::LoginPending { deadline, .. }
            | State::Ending { deadline, .. } => Some(*deadline),
            State::Over => None,
            State::Online | State::Draining { .. } => {
                let answers = self.window.deadline(self.rules.response_timeout_ns);
                let drain = match self.state {
                    State::Draining { deadline } => deadline,
                    _ => u64::MAX,
                };
                let due = answers.unwrap_or(u64::MAX).min(self.next_test).min(drain).min(self.idle_at());
                (due != u64::MAX).then_some(due)
            }
        }
    }

    fn idle_at(&self) -> u64 {
        match self.rules.idle_close_ns {
            0 => u64::MAX,
            _ if self.window.waiting() > 0 => u64::MAX,
            idle => self.last_in.max(self.last_out).saturating_add(idle),
        }
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Now, events: &mut Vec<SessionEvent>) {
        let at = now.mono_ns;
        match &self.state {
            State::LoggingIn { deadline, .. }
            | State::AwaitingLogin { deadline }
            | State::LoginPending { deadline, .. } => {
                if *deadline <= at {
                    self.over(EndReason::LoginTimeout, events);
                }
            }
            State::Ending { deadline, reason } => {
                if *deadline <= at {
                    let reason = reason.clone();
                    self.over(reason, events);
                }
            }
            State::Over => {}
            State::Online | State::Draining { .. } => self.online_timeout(now, events),
        }
    }

    fn online_timeout(&mut self, now: Now, events: &mut Vec<SessionEvent>) {
        let at = now.mono_ns;
        let mut silent = false;
        while let Some(Expired { tag, follows }) = self.window.expire(at, self.rules.response_timeout_ns) {
            // In a row as they were sent: while nothing is sent, in a pause or with a full window, single losses
            // time out one after the other with no answer between, and the peer is alive.
            self.timeouts_in_a_row = if follows { self.timeouts_in_a_row.saturating_add(1) } else { 1 };
            silent |= self.timeouts_in_a_row >= self.rules.timeouts_to_close;
            events.push(SessionEvent::Unanswered { tag });
        }
        if silent {
            return self.over(EndReason::NoAnswers, events);
        }
        if let State::Draining { deadline } = self.state {
            if self.window.waiting() == 0 || deadline <= at {
                return self.end(now, EndReason::ByUs);
            }
        } else if self.idle_at() <= at {
            return self.end(now, EndReason::Idle);
        }
        if self.next_test <= at {
            self.link_test(now, events);
        }
    }

    /// A connection that was busy once does not keep what it needed then.
    fn give_back(&mut self) {
        if self.out.is_empty() {
            self.out = BytesMut::new();
        }
        self.window.give_back();
    }

    /// Any received octet counts as life, so a busy connection is never tested and a test needs no matching
    /// answer.
    fn link_test(&mut self, now: Now, events: &mut Vec<SessionEvent>) {
        self.give_back();
        let quiet_until = self.last_in.saturating_add(self.rules.keepalive_ns);
        if self.tests_unanswered == 0 && quiet_until > now.mono_ns {
            self.next_test = quiet_until;
            return;
        }
        if self.tests_unanswered >= self.rules.keepalive_tries {
            return self.over(EndReason::KeepaliveLost, events);
        }
        let seq = self.next_seq(now);
        if !self.put(now, |dialect, out| dialect.keepalive(seq, out)) {
            self.next_test = u64::MAX;
            return;
        }
        self.tests_unanswered += 1;
        let again = self.rules.response_timeout_ns.min(self.rules.keepalive_ns);
        self.next_test = now.mono_ns.saturating_add(again);
    }
}
