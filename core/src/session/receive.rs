//! What arrives on a connection: frames, one after the other.

use super::event::{SessionEvent, State};
use super::window::Match;
use super::{EndReason, Session};
use crate::dialect::{BadFrame, Inbound};
use crate::time::Now;
use crate::wire::{AnyPdu, MsgId, Note, Notes, Seq, frame};
use bytes::{Buf, Bytes, BytesMut};

/// Octets of a bad frame that are kept for the Trouble event.
const TROUBLE_OCTETS: usize = 4096;

/// Longest frame before the login: a login has 61 octets at most.
const LOGIN_OCTETS: usize = 512;

/// Octets that may wait behind a login that is not decided yet.
const BEHIND_LOGIN: usize = 64 * 1024;

impl Session {
    /// Takes octets that arrived. Frames are handled one after the other; a partial one is kept.
    pub fn receive(&mut self, now: Now, data: &[u8], events: &mut Vec<SessionEvent>) {
        self.last_in = now.mono_ns;
        self.tests_unanswered = 0;
        if self.partial.is_empty() {
            let rest = self.frames(now, data, events);
            if !self.is_over() {
                self.partial.extend_from_slice(rest);
            }
            return self.bound_behind_login(events);
        }
        let mut whole = std::mem::take(&mut self.partial);
        whole.extend_from_slice(data);
        let used = whole.len() - self.frames(now, &whole, events).len();
        whole.advance(used);
        // An empty buffer is given back: idle connections hold no memory.
        self.partial = if whole.is_empty() || self.is_over() { BytesMut::new() } else { whole };
        self.bound_behind_login(events);
    }

    fn bound_behind_login(&mut self, events: &mut Vec<SessionEvent>) {
        if self.partial.len() > BEHIND_LOGIN && matches!(self.state, State::LoginPending { .. }) {
            self.over(EndReason::BadFrame("more than 64 KiB behind a login".to_owned()), events);
        }
    }

    fn frame_limit(&self) -> usize {
        match self.state {
            State::AwaitingLogin { .. } => self.rules.frame_limit.min(LOGIN_OCTETS),
            _ => self.rules.frame_limit,
        }
    }

    /// Handles the whole frames of `data` and returns what is left.
    fn frames<'d>(&mut self, now: Now, mut data: &'d [u8], events: &mut Vec<SessionEvent>) -> &'d [u8] {
        // While a login is undecided, what follows it waits: its layouts may depend on the account.
        while !self.is_over() && !matches!(self.state, State::LoginPending { .. }) {
            if !self.overlong.is_empty() && self.lost_step(data, events) {
                break;
            }
            match frame::next(self.dialect.protocol(), data, self.frame_limit()) {
                Ok(Some(length)) => {
                    let Some((one, rest)) = data.split_at_checked(length) else { break };
                    data = rest;
                    self.frame(now, one, events);
                }
                Ok(None) => break,
                Err(error) => {
                    let octets = Bytes::copy_from_slice(data.get(..TROUBLE_OCTETS).unwrap_or(data));
                    let reason = explain(data, &error.to_string());
                    events.push(SessionEvent::Trouble { reason: reason.clone(), action: "closed", octets });
                    self.over(EndReason::BadFrame(reason), events);
                }
            }
        }
        data
    }

    /// Handles what waited behind a login that has been decided now.
    pub fn resume(&mut self, now: Now, events: &mut Vec<SessionEvent>) {
        let mut waiting = std::mem::take(&mut self.partial);
        let used = waiting.len() - self.frames(now, &waiting, events).len();
        waiting.advance(used);
        self.partial = if waiting.is_empty() || self.is_over() { BytesMut::new() } else { waiting };
    }

    fn frame(&mut self, now: Now, octets: &[u8], events: &mut Vec<SessionEvent>) {
        self.recent.note(self.dialect.protocol(), false, octets, now);
        let mut notes = Notes::default();
        let decoded = self.dialect.decode(octets, &mut notes);
        let (seq, inbound) = match decoded {
            Ok(decoded) => decoded,
            Err(bad) => {
                self.tolerate(notes);
                return self.bad_frame(now, octets, &bad, events);
            }
        };
        if self.own && matches!(inbound, Inbound::Deliver(_) | Inbound::Report(_)) {
            notes.insert(Note::OwnConnection);
        }
        if !notes.is_empty() {
            if notes.contains(Note::TrailingOctets) || notes.contains(Note::StrayTlvOctets) {
                self.overlong = trouble_octets(octets);
            }
            if self.tolerances_of(now, octets, seq, &inbound, notes, events) {
                return;
            }
        }
        match (&self.state, inbound) {
            (State::LoggingIn { .. }, Inbound::LoginAnswer(answer)) => {
                self.login_answered(now, &answer, events);
            }
            (State::AwaitingLogin { deadline }, Inbound::Login(request)) => {
                let deadline = *deadline;
                self.state = State::LoginPending { seq, request: request.clone(), deadline };
                events.push(SessionEvent::LoginRequested(request));
            }
            (State::AwaitingLogin { .. } | State::LoggingIn { .. }, Inbound::End) => {
                self.put(now, |dialect, out| dialect.end_answer(seq, out));
                self.over(EndReason::ByPeer, events);
            }
            (State::AwaitingLogin { .. } | State::LoggingIn { .. }, _) => {
                let reason = "a request before the login".to_owned();
                let octets = trouble_octets(octets);
                events.push(SessionEvent::Trouble { reason: reason.clone(), action: "closed", octets });
                self.over(EndReason::BadFrame(reason), events);
            }
            (_, Inbound::Answer { id, result }) => self.answered(now, seq, id, result, events),
            (_, Inbound::Counts(counts)) => {
                if let Match::Waiting(tag) | Match::Late(tag) = self.window.answer(seq) {
                    self.timeouts_in_a_row = 0;
                    events.push(SessionEvent::Counted { tag, counts: *counts });
                    self.exchanged(now, events);
                }
            }
            (_, Inbound::RawAnswer { pdu, last }) => self.responded(now, seq, pdu, last, events),
            (_, Inbound::KeepAlive) => {
                let reserve = self.rules.test_reserve;
                self.put(now, |dialect, out| dialect.keepalive_answer(seq, reserve, out));
            }
            (_, Inbound::KeepAliveAnswer) => {}
            (_, Inbound::End) => {
                self.put(now, |dialect, out| dialect.end_answer(seq, out));
                let reason = match &self.state {
                    State::Ending { reason, .. } => reason.clone(),
                    _ => EndReason::ByPeer,
                };
                self.over(reason, events);
            }
            (State::Ending { reason, .. }, Inbound::EndAnswer) => {
                let reason = reason.clone();
                self.over(reason, events);
            }
            (_, Inbound::EndAnswer | Inbound::LoginAnswer(_)) => {}
            (_, Inbound::Login(request)) => {
                // A second login: answered (SGIP result 2), the session stays as it is (sgip.md 9.1).
                self.put(now, |dialect, out| dialect.login_answer(&request, 2, None, seq, out));
                // Without its octets: they hold a password or a digest.
                events.push(SessionEvent::Trouble {
                    reason: "a login on a connection that is logged in".to_owned(),
                    action: "refused",
                    octets: Bytes::new(),
                });
            }
            (_, request) => events.push(SessionEvent::Request(seq, request)),
        }
    }

    fn bad_frame(
        &mut self,
        now: Now,
        octets: &[u8],
        bad: &crate::dialect::Undecodable,
        events: &mut Vec<SessionEvent>,
    ) {
        let logged_in = matches!(self.state, State::Online | State::Draining { .. } | State::Ending { .. });
        let action = if logged_in { bad.action } else { BadFrame::Close };
        let reason = match bad.hint {
            Some(hint) => format!("{}; {hint}", bad.error),
            None => bad.error.to_string(),
        };
        let said = match action {
            BadFrame::Answer(to, result) => {
                self.answer(now, &to, result);
                "answered with an error"
            }
            BadFrame::Skip => "skipped",
            BadFrame::Close => "closed",
        };
        events.push(SessionEvent::Trouble {
            reason: reason.clone(),
            action: said,
            octets: trouble_octets(octets),
        });
        if action == BadFrame::Close {
            self.over(EndReason::BadFrame(reason), events);
        }
    }

    fn answered(&mut self, now: Now, seq: Seq, id: MsgId, result: u32, events: &mut Vec<SessionEvent>) {
        self.recent.result(result);
        let (tag, late) = match self.window.answer(seq) {
            Match::Waiting(tag) => {
                self.timeouts_in_a_row = 0;
                (tag, false)
            }
            Match::Late(tag) => (tag, true),
            Match::Unknown => return events.push(SessionEvent::Stray),
        };
        events.push(SessionEvent::Answered { tag, seq, id, result, late });
        self.exchanged(now, events);
    }

    /// An answer has come: what waited for it goes on.
    fn exchanged(&mut self, now: Now, events: &mut Vec<SessionEvent>) {
        if matches!(self.state, State::Draining { .. }) {
            self.drained(now, EndReason::ByUs);
        } else if self.spent && self.window.waiting() == 0 {
            // CMPP and SMGP close a short connection without more ado (cmpp.md 11.4); SGIP unbinds.
            if self.dialect.dials_both_ways() {
                self.end(now, EndReason::ByUs);
            } else {
                self.over(EndReason::ByUs, events);
            }
        }
    }

    /// A raw answer: each part is told, the last one ends the wait.
    fn responded(
        &mut self,
        now: Now,
        seq: Seq,
        pdu: Box<AnyPdu>,
        last: bool,
        events: &mut Vec<SessionEvent>,
    ) {
        let Some(tag) = self.window.asked(seq, last) else { return events.push(SessionEvent::Stray) };
        events.push(SessionEvent::Responded { tag, pdu });
        if last {
            self.answered(now, seq, MsgId::default(), 0, events);
        }
    }
}

pub(super) fn trouble_octets(octets: &[u8]) -> Bytes {
    Bytes::copy_from_slice(octets.get(..TROUBLE_OCTETS).unwrap_or(octets))
}

/// Names what usually stands behind an absurd length.
fn explain(data: &[u8], error: &str) -> String {
    let head = data.get(..4).unwrap_or(data);
    if head.starts_with(&[0x16, 0x03]) {
        format!("{error} (a TLS client on a plain port)")
    } else if matches!(head, b"GET " | b"POST" | b"HEAD" | b"OPTI" | b"PUT ") {
        format!("{error} (an HTTP client)")
    } else {
        error.to_owned()
    }
}
