//! One connection's rules: octets, requests and `now` in; octets, events and a deadline out.
//!
//! The same machine is the caller's side and the callee's side of a connection, for every role. It knows
//! nothing of sockets: `receive` takes what arrived, `transmit` holds what is to be written, and `deadline`
//! says when `timeout` wants to be called.

mod end;
mod event;
mod receive;
mod recent;
mod rules;
mod timing;
mod tolerance;
mod window;

pub use end::EndReason;
pub use event::SessionEvent;
pub use rules::{SeqSource, SessionRules};
pub use tolerance::{Tolerances, strict_reason};

use crate::dialect::{AnswerTo, Credentials, Dialect};
use crate::message::{DayCounts, Query};
use crate::time::{Now, SECOND, WireTime};
use crate::wire::{Seq, patch_seq};
use bytes::{Bytes, BytesMut};
use event::State;
use recent::Recent;
use std::fmt;
use std::sync::Arc;
use window::Window;

/// How long the end of a session waits for its acknowledgement.
const END_TIMEOUT_NS: u64 = 5 * SECOND;

/// One connection.
pub struct Session {
    dialect: Arc<dyn Dialect>,
    rules: Arc<SessionRules>,
    seqs: SeqSource,
    state: State,
    window: Window,
    out: BytesMut,
    /// Octets ever put into `out`.
    queued: u64,
    /// A frame that has not arrived whole.
    partial: BytesMut,
    last_in: u64,
    last_out: u64,
    tests_unanswered: u32,
    next_test: u64,
    timeouts_in_a_row: u32,
    /// No request of ours goes out on this short connection any more.
    spent: bool,
    /// How often each tolerance was used; nothing while there was none.
    tolerances: Option<Box<Tolerances>>,
    /// We opened it, and the other side would open one of its own for what it has to say (SGIP).
    own: bool,
    /// The frame before, where octets followed what it held.
    overlong: Bytes,
    recent: Recent,
}

/// Without the octets in its buffers: a login may be among them.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("dialect", &self.dialect)
            .field("state", &self.state.name())
            .field("waiting", &self.window.waiting())
            .field("to_write", &self.out.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The caller's side: writes the login at once.
    ///
    /// # Errors
    /// A name or secret that does not fit its field.
    pub fn call(
        dialect: Arc<dyn Dialect>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
        user: &str,
        secret: Arc<[u8]>,
        mode: u8,
        now: Now,
    ) -> Result<Self, crate::wire::EncodeError> {
        let mut session = Self::new(dialect, rules, seqs, now);
        let deadline = now.mono_ns.saturating_add(session.rules.login_timeout_ns);
        // One reading of the clock serves digest and field (quirk 19).
        let at = WireTime::from_unix_ms(now.unix_ms, session.rules.utc_offset);
        let seq = session.next_seq(now);
        session.own = session.dialect.dials_both_ways();
        let source_addr = session.rules.source_addr.clone();
        let who = Credentials { user, source_addr: &source_addr, secret: &secret, mode, at };
        let proof = session.put(now, |dialect, out| dialect.login(&who, seq, out))?;
        session.state = State::LoggingIn { proof, secret, deadline };
        Ok(session)
    }

    /// The callee's side: waits for a login.
    pub fn answer_call(
        dialect: Arc<dyn Dialect>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
        now: Now,
    ) -> Self {
        let deadline = now.mono_ns.saturating_add(rules.login_timeout_ns);
        let mut session = Self::new(dialect, rules, seqs, now);
        session.state = State::AwaitingLogin { deadline };
        session
    }

    fn new(dialect: Arc<dyn Dialect>, rules: Arc<SessionRules>, seqs: SeqSource, now: Now) -> Self {
        Session {
            dialect,
            rules,
            seqs,
            state: State::Over,
            window: Window::default(),
            out: BytesMut::new(),
            queued: 0,
            partial: BytesMut::new(),
            last_in: now.mono_ns,
            last_out: now.mono_ns,
            tests_unanswered: 0,
            next_test: u64::MAX,
            timeouts_in_a_row: 0,
            spent: false,
            tolerances: None,
            own: false,
            overlong: Bytes::new(),
            recent: Recent::default(),
        }
    }

    /// The dialect this connection speaks.
    pub fn dialect(&self) -> &Arc<dyn Dialect> {
        &self.dialect
    }

    /// Takes other limits and times. What the connection itself is stays: a short one, or one whose peer only sends.
    pub fn change(&mut self, now: Now, rules: Arc<SessionRules>) {
        let SessionRules { once, only_sends, .. } = *self.rules;
        self.rules = if once == rules.once && only_sends == rules.only_sends {
            rules
        } else {
            let keepalive_ns = if once { 0 } else { rules.keepalive_ns };
            Arc::new(SessionRules { once, only_sends, keepalive_ns, ..(*rules).clone() })
        };
        if self.is_up() {
            self.next_test = self.test_due(now);
        }
    }

    /// Whether requests may go.
    pub fn is_online(&self) -> bool {
        matches!(self.state, State::Online)
    }

    /// Whether the login is done and the end has not been said: requests go, or their answers are awaited.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Online | State::Draining { .. })
    }

    /// Whether our login waits for its answer.
    pub fn is_logging_in(&self) -> bool {
        matches!(self.state, State::LoggingIn { .. })
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Requests that may be sent now.
    pub fn room(&self) -> usize {
        match self.is_online() {
            true if self.rules.once => usize::from(!self.spent),
            true => self.rules.window.saturating_sub(self.window.waiting()),
            false => 0,
        }
    }

    /// Whether it is a short connection that has carried its request.
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Requests that wait for their answer.
    pub fn waiting(&self) -> usize {
        self.window.waiting()
    }

    /// The last frames both ways, one a line, the oldest first.
    pub fn last_frames(&self, now: Now) -> String {
        self.recent.lines(self.dialect.protocol(), now)
    }

    /// Octets that the socket has not taken yet.
    pub fn unwritten(&self) -> usize {
        self.out.len()
    }

    /// What is to be written to the connection. The engine advances it by what the socket took.
    pub fn transmit(&mut self) -> &mut BytesMut {
        &mut self.out
    }

    fn put<R>(&mut self, now: Now, write: impl FnOnce(&dyn Dialect, &mut BytesMut) -> R) -> R {
        let before = self.out.len();
        let result = write(&*self.dialect, &mut self.out);
        if let Some(written) = self.out.get(before..) {
            self.recent.note(self.dialect.protocol(), true, written, now);
        }
        self.queued += (self.out.len() - before) as u64;
        self.last_out = now.mono_ns;
        result
    }

    fn next_seq(&mut self, now: Now) -> Seq {
        self.seqs.next(now, self.rules.utc_offset)
    }

    /// Sends an encoded request and returns the sequence it went out with: the next one, or `kept` for a request
    /// that went out before on another connection. `tag` comes back with its answer. The caller has looked at
    /// [`Session::room`].
    pub fn request(&mut self, now: Now, frame: &[u8], tag: u64, kept: Option<Seq>) -> Seq {
        self.spent = self.rules.once;
        let seq = kept.unwrap_or_else(|| self.next_seq(now));
        let start = self.queued;
        let at = self.out.len();
        self.out.extend_from_slice(frame);
        if let Some(written) = self.out.get_mut(at..) {
            patch_seq(self.dialect.protocol(), written, seq);
            self.recent.note(self.dialect.protocol(), true, written, now);
        }
        self.queued += frame.len() as u64;
        self.last_out = now.mono_ns;
        self.window.push(seq, tag, now.mono_ns, start, kept.is_some());
        seq
    }

    /// Writes a request again that timed out, with the sequence it had. False: it is not known any more, or the
    /// connection is not online.
    pub fn resend(&mut self, now: Now, frame: &[u8], tag: u64) -> bool {
        if !self.is_online() {
            return false;
        }
        let Some(seq) = self.window.again(tag, now.mono_ns) else { return false };
        let at = self.out.len();
        self.out.extend_from_slice(frame);
        if let Some(written) = self.out.get_mut(at..) {
            patch_seq(self.dialect.protocol(), written, seq);
            self.recent.note(self.dialect.protocol(), true, written, now);
        }
        self.queued += frame.len() as u64;
        self.last_out = now.mono_ns;
        true
    }

    /// Answers a request of the other side.
    pub fn answer(&mut self, now: Now, to: &AnswerTo, result: u32) {
        if !self.is_over() {
            self.put(now, |dialect, out| dialect.answer(to, result, out));
            self.recent.result(result);
        }
    }

    /// Answers a request for the counts of a day.
    pub fn answer_query(&mut self, now: Now, seq: Seq, query: &Query, counts: &DayCounts) {
        if !self.is_over() {
            self.put(now, |dialect, out| dialect.query_answer(seq, query, counts, out));
        }
    }

    /// Writes a whole frame that answers a request of the other side.
    pub fn respond(&mut self, now: Now, frame: &[u8]) {
        if !self.is_over() {
            self.put(now, |_, out| out.extend_from_slice(frame));
        }
    }

    /// Accepts the pending login. `secret` signs the answer; without it the digest stays zero. `rules`
    /// and `seqs` of the account take the place of the listener's.
    pub fn accept(
        &mut self,
        now: Now,
        dialect: Arc<dyn Dialect>,
        secret: Option<&[u8]>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
    ) {
        if let State::LoginPending { seq, request, .. } = std::mem::replace(&mut self.state, State::Over) {
            self.dialect = dialect;
            self.rules = rules;
            self.seqs = seqs;
            self.spent = self.rules.once;
            self.put(now, |dialect, out| dialect.login_answer(&request, 0, secret, seq, out));
            self.state = State::Online;
            self.next_test = self.test_due(now);
        }
    }

    /// Refuses the pending login with `status` and ends the session.
    pub fn refuse(&mut self, now: Now, status: u32, why: &str, events: &mut Vec<SessionEvent>) {
        if let State::LoginPending { seq, request, .. } = std::mem::replace(&mut self.state, State::Over) {
            self.put(now, |dialect, out| dialect.login_answer(&request, status, None, seq, out));
            events.push(SessionEvent::Ended(EndReason::RefusedPeer(why.to_owned())));
        }
    }

    /// Ends the session in order: no new requests, answers are awaited until `deadline`, then the end is
    /// sent.
    pub fn close(&mut self, now: Now, deadline: u64, events: &mut Vec<SessionEvent>) {
        match self.state {
            State::Online => {
                if deadline <= now.mono_ns {
                    return self.end(now, EndReason::ByUs);
                }
                self.state = State::Draining { deadline };
                self.drained(now, EndReason::ByUs);
            }
            State::LoggingIn { .. } | State::AwaitingLogin { .. } | State::LoginPending { .. } => {
                self.over(EndReason::ByUs, events);
            }
            State::Draining { .. } | State::Ending { .. } | State::Over => {}
        }
    }

    fn drained(&mut self, now: Now, reason: EndReason) {
        if self.window.waiting() == 0 {
            self.end(now, reason);
        }
    }

    fn end(&mut self, now: Now, reason: EndReason) {
        let seq = self.next_seq(now);
        self.put(now, |dialect, out| dialect.end(seq, out));
        self.state = State::Ending { deadline: now.mono_ns.saturating_add(END_TIMEOUT_NS), reason };
    }

    fn over(&mut self, reason: EndReason, events: &mut Vec<SessionEvent>) {
        if !self.is_over() {
            self.state = State::Over;
            self.partial = BytesMut::new();
            events.push(SessionEvent::Ended(reason));
        }
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, why: &str, events: &mut Vec<SessionEvent>) {
        // A peer that closes without acknowledging the end has ended the session all the same.
        let reason = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return,
            State::Ending { reason, .. } => reason,
            State::LoggingIn { .. } => EndReason::Network(format!("closed during login: {why}")),
            State::Draining { .. } => EndReason::ByUs,
            // Short connections end with their answer, and SGIP gateways often leave out the Unbind (sgip.md 15.1).
            State::Online
                if (self.rules.once || self.dialect.dials_both_ways()) && self.window.waiting() == 0 =>
            {
                EndReason::ByPeer
            }
            _ => EndReason::Network(why.to_owned()),
        };
        events.push(SessionEvent::Ended(reason));
    }

    /// Requests without answer of a session that is over: tag, and whether any octet of it was written. Those that
    /// were not will not be: only answers are left to write.
    pub fn abandoned(&mut self) -> Vec<(u64, bool)> {
        let flushed = self.queued - self.out.len() as u64;
        let first = self.window.first_from(flushed);
        if let Some(at) = first.and_then(|start| usize::try_from(start - flushed).ok()) {
            self.queued -= window::keep_answers(self.dialect.protocol(), &mut self.out, at);
        }
        self.window.abandon(flushed)
    }
}
