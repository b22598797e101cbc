//! One connection's rules: octets, requests and `now` in; octets, events and a deadline out.
//!
//! The same machine is the caller's side and the callee's side of a connection, for every role. It knows
//! nothing of sockets: `receive` takes what arrived, `transmit` holds what is to be written, and `deadline`
//! says when `timeout` wants to be called.

mod end;
mod recent;
mod tolerance;
mod window;

pub use end::EndReason;
pub use tolerance::{Tolerances, strict_reason};

use crate::dialect::{
    AnswerCheck, AnswerTo, BadFrame, Credentials, Dialect, Inbound, LoginProof, LoginRequest,
};
use crate::message::{DayCounts, Query};
use crate::settings::Verify;
use crate::time::{BEIJING_MINUTES, Now, SECOND, WireTime};
use crate::wire::{AnyPdu, MsgId, Note, Notes, Seq, frame, patch_seq};
use bytes::{Buf, Bytes, BytesMut};
use recent::Recent;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use window::{Expired, Match, Window};

/// How long the end of a session waits for its acknowledgement.
const END_TIMEOUT_NS: u64 = 5 * SECOND;

/// Octets of a bad frame that are kept for the Trouble event.
const TROUBLE_OCTETS: usize = 4096;

/// Longest frame before the login: a login has 61 octets at most.
const LOGIN_OCTETS: usize = 512;

/// Octets that may wait behind a login that is not decided yet.
const BEHIND_LOGIN: usize = 64 * 1024;

/// Limits and times of one connection, taken from the account's settings.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// Requests that may wait for their answer.
    pub window: usize,
    /// Silence after which a link test is sent; 0: none is sent.
    pub keepalive_ns: u64,
    /// Link tests without any sign of life that end the connection.
    pub keepalive_tries: u32,
    /// How long a request waits for its answer.
    pub response_timeout_ns: u64,
    /// Requests in a row without an answer that end the connection.
    pub timeouts_to_close: u32,
    /// How long a login may take.
    pub login_timeout_ns: u64,
    /// Silence after which a connection with nothing to do is ended; 0: never.
    pub idle_close_ns: u64,
    /// A short connection: its caller makes one request and closes it after the answer; the side that was called makes
    /// none.
    pub once: bool,
    /// Longest frame that is accepted, octets.
    pub frame_limit: usize,
    /// What is done with the gateway's digest.
    pub verify: Verify,
    /// Tolerances that are refused.
    pub strict: Notes,
    /// CMPP: what stands in Source_Addr instead of the login name's first six characters; empty: these.
    pub source_addr: String,
    /// The peer logged in to send only (SMGP): nothing is asked of it.
    pub only_sends: bool,
    /// SMGP: the answer to a link test has a reserved octet.
    pub test_reserve: bool,
    /// Offset of wire times from UTC, minutes.
    pub utc_offset: i32,
}

impl Default for SessionRules {
    fn default() -> Self {
        SessionRules {
            window: 16,
            keepalive_ns: 30 * SECOND,
            keepalive_tries: 3,
            response_timeout_ns: 60 * SECOND,
            timeouts_to_close: 3,
            login_timeout_ns: 30 * SECOND,
            idle_close_ns: 0,
            once: false,
            frame_limit: 4096,
            verify: Verify::Lenient,
            strict: Notes::default(),
            source_addr: String::new(),
            only_sends: false,
            test_reserve: false,
            utc_offset: BEIJING_MINUTES,
        }
    }
}

/// Where a connection's requests take their sequence from.
#[derive(Clone, Debug)]
pub enum SeqSource {
    /// Its own counter: CMPP and SMGP.
    Own(u32),
    /// One counter a node number, shared by all its connections: SGIP, where the sequence is an id.
    Node {
        /// The node number.
        node: u32,
        /// The next serial.
        serial: Arc<AtomicU32>,
    },
}

impl SeqSource {
    fn next(&mut self, now: Now, utc_offset: i32) -> Seq {
        match self {
            SeqSource::Own(last) => {
                // 0 is skipped: some gateways take it for "not set" (cmpp.md 11.3).
                *last = last.checked_add(1).unwrap_or(1);
                Seq::serial(*last)
            }
            SeqSource::Node { node, serial } => Seq {
                node: *node,
                time: WireTime::from_unix_ms(now.unix_ms, utc_offset).mmddhhmmss(),
                serial: serial.fetch_add(1, Ordering::Relaxed),
            },
        }
    }
}

/// What a session tells its owner.
#[derive(Debug)]
pub enum SessionEvent {
    /// Somebody wants in: answer with [`Session::accept`] or [`Session::refuse`].
    LoginRequested(LoginRequest),
    /// The login succeeded; requests may go.
    Online {
        /// Version octet the other side named, 0 when it named none.
        version: u8,
        /// What was found about the gateway's digest.
        check: AnswerCheck,
    },
    /// A request was answered.
    Answered {
        /// The tag given with the request.
        tag: u64,
        /// Sequence of the request.
        seq: Seq,
        /// The id the gateway gave.
        id: MsgId,
        /// 0: accepted.
        result: u32,
        /// It had timed out before.
        late: bool,
    },
    /// An answer to nothing that was asked: repeated, or with a sequence of its own.
    Stray,
    /// A request for the counts of a day was answered.
    Counted {
        /// The tag given with the request.
        tag: u64,
        /// The counts.
        counts: DayCounts,
    },
    /// A request of a raw link was answered; [`SessionEvent::Answered`] follows the last part.
    Responded {
        /// The tag given with the request.
        tag: u64,
        /// The answer, or a part of it.
        pdu: Box<AnyPdu>,
    },
    /// A request was not answered in time; its window place is free.
    Unanswered {
        /// The tag given with the request.
        tag: u64,
    },
    /// The other side wants something.
    Request(Seq, Inbound),
    /// Input that could not be used.
    Trouble {
        /// What is wrong.
        reason: String,
        /// What was done.
        action: &'static str,
        /// The octets.
        octets: Bytes,
    },
    /// The session is over; close the connection once `transmit` is empty.
    Ended(EndReason),
}

enum State {
    LoggingIn {
        proof: LoginProof,
        secret: Arc<[u8]>,
        deadline: u64,
    },
    AwaitingLogin {
        deadline: u64,
    },
    /// A login was asked for and its owner has not decided yet.
    LoginPending {
        seq: Seq,
        request: LoginRequest,
        deadline: u64,
    },
    Online,
    /// No new requests; the end is sent once the window is empty.
    Draining {
        deadline: u64,
    },
    Ending {
        deadline: u64,
        reason: EndReason,
    },
    Over,
}

impl State {
    const fn name(&self) -> &'static str {
        match self {
            State::LoggingIn { .. } => "logging in",
            State::AwaitingLogin { .. } => "awaiting a login",
            State::LoginPending { .. } => "deciding a login",
            State::Online => "online",
            State::Draining { .. } => "draining",
            State::Ending { .. } => "ending",
            State::Over => "over",
        }
    }
}

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

    /// Takes other limits and times.
    pub fn change(&mut self, now: Now, rules: Arc<SessionRules>) {
        self.rules = rules;
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

    fn test_due(&self, now: Now) -> u64 {
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

fn trouble_octets(octets: &[u8]) -> Bytes {
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
