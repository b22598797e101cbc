//! The state of an account and what both sides do with it.

use super::dial::{BackOff, Dial, DialState, Jitter};
use super::inbound::{Inbound, Pending};
use super::links::{Answered, Link};
use super::pace::Pace;
use super::slab::{Key, Slab};
use super::tickets::{Open, Order, SegmentKey, SegmentState, Verdict};
use super::{Room, Side};
use crate::codes;
use crate::dialect::{AnswerCheck, AnswerTo, Dialect};
use crate::message::{
    AccountState, Event, EventKinds, LinkState, Log, LogLevel, Response, Status, Token, Trouble,
};
use crate::session::{EndReason, SeqSource, Session, SessionEvent, SessionRules};
use crate::settings::AccountSettings;
use crate::time::{Now, nanos};
use crate::wire::{MsgId, Seq};
use bytes::Bytes;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// What an account is, apart from its state.
#[derive(Debug, Clone)]
pub struct AccountProfile {
    /// Its number in the process; part of tokens.
    pub index: u16,
    /// Its name in events.
    pub name: Arc<str>,
    /// Login name.
    pub user: String,
    /// The shared secret.
    pub secret: Arc<[u8]>,
    /// Addresses to dial, in order; empty for an account that only answers.
    pub addresses: Vec<String>,
    /// LoginType (SGIP) or LoginMode (SMGP) of our own logins.
    pub login_mode: u8,
    /// Its settings.
    pub settings: Arc<AccountSettings>,
    /// What it speaks.
    pub dialect: Arc<dyn Dialect>,
    /// Its node number and the serial counter all connections of the node share (SGIP).
    pub node: Option<(u32, Arc<AtomicU32>)>,
    /// Whether requests go out on connections the other side opened (the gateway's CMPP and SMGP).
    pub sends_on_accepted: bool,
    /// Whether requests go out on connections we opened.
    pub sends_on_dialed: bool,
    /// Dial only while there is something to send (SGIP).
    pub on_demand: bool,
    /// Which events are wanted.
    pub wants: EventKinds,
    /// Seed of the jitter.
    pub seed: u64,
}

/// What the engine is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connect to `address` for dial `slot`.
    Dial {
        /// Which of the account's dials.
        slot: usize,
        /// Host and port.
        address: String,
    },
}

/// What an account counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Segments or pushes written.
    pub sent: u64,
    /// Answers that accepted.
    pub accepted: u64,
    /// Answers that refused for good.
    pub rejected: u64,
    /// Answers that asked to slow down.
    pub congested: u64,
    /// Requests without answer in time.
    pub unanswered: u64,
    /// Answers after their time.
    pub late: u64,
    /// Reports that came.
    pub reports: u64,
    /// Reports that no message of ours is known for.
    pub reports_unmatched: u64,
    /// Deliver PDUs that came.
    pub delivers: u64,
    /// Submit PDUs that came.
    pub submits: u64,
    /// Requests answered by `ack_within` because the application had not.
    pub acked_unhandled: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that were refused.
    pub refusals: u64,
    /// Sessions that ended otherwise than in order.
    pub breaks: u64,
    /// Frames that could not be used.
    pub troubles: u64,
    /// Tickets decided.
    pub outcomes: u64,
    /// Gateway digests that were all zero.
    pub empty_digests: u64,
}

/// What a close left behind, per account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Tickets never written to a connection.
    pub abandoned: u64,
    /// Tickets written without answer.
    pub in_doubt: u64,
    /// Tickets accepted whose report was open.
    pub no_report: u64,
}

/// Connections, queue and tickets of one account.
#[derive(Debug)]
pub struct Core {
    /// What it is.
    pub profile: AccountProfile,
    /// What it speaks.
    pub dialect: Arc<dyn Dialect>,
    /// Bounds shared with the senders.
    pub room: Arc<Room>,
    /// What it counted.
    pub counters: Counters,
    /// What closing left.
    pub left: Left,
    /// Events to hand out.
    pub events: Vec<Event>,
    /// Things the engine is to do.
    pub actions: Vec<Action>,
    pub(super) links: Slab<Link>,
    pub(super) scratch: Vec<SessionEvent>,
    pub(super) started: bool,
    /// Set while closing: the deadline, monotonic ns.
    pub closing: Option<u64>,
    pub(super) closed: bool,
    rules: Arc<SessionRules>,
    tickets: Slab<Open>,
    outbox: VecDeque<Key>,
    retry: VecDeque<SegmentKey>,
    dials: Vec<Dial>,
    back_off: BackOff,
    jitter: Jitter,
    pace: Pace,
    /// When the token bucket has a turn again; `None` when it was not the reason to wait.
    pace_at: Option<u64>,
    inbound: Inbound,
    ack_within_ns: u64,
    /// Segments in doubt, decided when their time comes.
    doubts: VecDeque<(u64, SegmentKey)>,
    /// Segments that wait for reports.
    waits: VecDeque<(u64, SegmentKey)>,
    /// Messages that must be sent by a time.
    expiries: BinaryHeap<Reverse<(u64, u32, u32)>>,
    /// Decided tickets whose late answers are still recognised.
    lingering: VecDeque<(u64, Key)>,
    next_number: u32,
    published: (LinkState, u16, u16),
    /// Why the last connection ended or could not be made.
    pub trouble: String,
}

impl Core {
    /// The core of an account.
    pub fn new(profile: AccountProfile, room: Arc<Room>) -> Self {
        let s = profile.settings.clone();
        let rules = SessionRules {
            window: usize::from(s.window),
            keepalive_ns: nanos(s.keepalive),
            keepalive_tries: u32::from(s.keepalive_tries),
            response_timeout_ns: nanos(s.response_timeout),
            timeouts_to_close: u32::from(s.timeouts_to_close),
            login_timeout_ns: nanos(s.login_timeout),
            idle_close_ns: nanos(s.idle_close),
            frame_limit: s.frame_limit as usize,
            verify: s.verify,
            utc_offset: i32::from(s.utc_offset),
        };
        let dials = if profile.addresses.is_empty() { 0 } else { usize::from(s.connections) };
        Core {
            dialect: profile.dialect.clone(),
            room,
            counters: Counters::default(),
            left: Left::default(),
            events: Vec::new(),
            actions: Vec::new(),
            links: Slab::default(),
            scratch: Vec::new(),
            started: false,
            closing: None,
            closed: false,
            rules: Arc::new(rules),
            tickets: Slab::default(),
            outbox: VecDeque::new(),
            retry: VecDeque::new(),
            dials: vec![Dial::default(); dials],
            back_off: BackOff {
                first_ns: nanos(s.reconnect_min),
                last_ns: nanos(s.reconnect_max),
                refused_first_ns: nanos(s.refused_min),
                refused_last_ns: nanos(s.refused_max),
            },
            jitter: Jitter::new(profile.seed),
            pace: Pace::new(s.rate, s.effective_burst()),
            pace_at: None,
            inbound: Inbound::default(),
            ack_within_ns: nanos(s.ack_within),
            doubts: VecDeque::new(),
            waits: VecDeque::new(),
            expiries: BinaryHeap::new(),
            lingering: VecDeque::new(),
            next_number: 0,
            published: (LinkState::Offline, 0, 0),
            trouble: String::new(),
            profile,
        }
    }

    /// The session rules of this account.
    pub fn rules(&self) -> &Arc<SessionRules> {
        &self.rules
    }

    /// A sequence source for a new connection.
    pub fn seqs(&self) -> SeqSource {
        match &self.profile.node {
            Some((node, serial)) => SeqSource::Node { node: *node, serial: serial.clone() },
            None => SeqSource::Own(0),
        }
    }

    /// Hands an event out if anybody wants its kind.
    pub fn emit(&mut self, event: Event) {
        if self.profile.wants.has(event.kind()) {
            self.events.push(event);
        }
    }

    /// Whether a kind of event is wanted.
    pub fn wants(&self, kind: EventKinds) -> bool {
        self.profile.wants.has(kind)
    }

    fn log(&mut self, now: Now, level: LogLevel, area: &'static str, text: String) {
        let account = self.profile.name.clone();
        self.emit(Event::Log(Log { account, time: now.unix_ms, level, area, text }));
    }

    /// The number of a connection in events.
    pub fn connection(&self, conn: Key) -> u32 {
        self.links.get(conn).map_or(0, |l| l.number)
    }

    // ---- queue ------------------------------------------------------------------------------------------

    /// Takes a push whose time has come; its room was reserved when it was accepted.
    pub fn push(&mut self, now: Now, order: Order) {
        self.order(now, order);
    }

    pub(super) fn order(&mut self, _now: Now, order: Order) {
        let valid_until = order.valid_until;
        let key = self.tickets.insert(Open::new(order));
        if let Some(at) = valid_until {
            self.expiries.push(Reverse((at, key.index, key.generation)));
        }
        self.outbox.push_back(key);
    }

    /// The next segment for a connection: its own first, then congested ones, then a new message, which is
    /// bound to it.
    fn next_for(&mut self, conn: Key) -> Option<SegmentKey> {
        loop {
            let link = self.links.get_mut(conn)?;
            let key = match link.bound.pop_front().or_else(|| self.retry.pop_front()) {
                Some(key) => key,
                None => {
                    let ticket = self.outbox.pop_front()?;
                    let segments = self.tickets.get(ticket).map_or(0, |o| o.order.segments.len());
                    link.bound.extend((0..segments).map(|i| SegmentKey { ticket, segment: i as u8 }));
                    continue;
                }
            };
            if self.state_of(key) == Some(SegmentState::Queued) {
                return Some(key);
            }
        }
    }

    fn state_of(&self, key: SegmentKey) -> Option<SegmentState> {
        Some(self.tickets.get(key.ticket)?.order.segments.get(usize::from(key.segment))?.state)
    }

    fn has_work(&self) -> bool {
        !self.outbox.is_empty()
            || !self.retry.is_empty()
            || self.links.values().any(|link| !link.bound.is_empty())
    }

    /// Fills the windows: one connection's before the next one's.
    pub(super) fn schedule(&mut self, now: Now, side: &mut impl Side) {
        self.pace_at = None;
        for conn in self.sending() {
            while self.links.get(conn).is_some_and(Link::ready) {
                let Some(key) = self.next_for(conn) else { break };
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

    fn sending(&self) -> Vec<Key> {
        if self.has_work() {
            self.links.keys().into_iter().filter(|k| self.links.get(*k).is_some_and(Link::ready)).collect()
        } else {
            Vec::new()
        }
    }

    fn release(&mut self, now: Now, conn: Key, key: SegmentKey, side: &mut impl Side) {
        let Some(link) = self.links.get_mut(conn) else { return };
        let Some(open) = self.tickets.get_mut(key.ticket) else { return };
        let Some(segment) = open.segment_mut(key.segment) else { return };
        let seq = link.session.request(now, &segment.frame, key.tag());
        segment.state = SegmentState::Released;
        segment.sent_at = now.unix_ms;
        self.room.sent(1, segment.frame.len());
        self.counters.sent += 1;
        if self.dialect.sequence_is_id() {
            segment.id = MsgId::from_sgip(seq);
        }
        side.released(self, now, key, seq);
    }

    // ---- answers ----------------------------------------------------------------------------------------

    /// The sequence a segment was sent with, where that is its id; else what the answer echoed.
    pub(super) fn id_of(&self, key: SegmentKey, echoed: Seq) -> Seq {
        let sent = self.segment(key).map(|s| s.id).filter(|id| !id.is_zero());
        sent.and_then(|id| id.to_sgip()).unwrap_or(echoed)
    }

    /// A segment to look at.
    pub fn segment(&self, key: SegmentKey) -> Option<&super::tickets::Segment> {
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
        let congested = result != 0 && self.profile.settings.is_congestion(result);
        let limit = u32::from(self.profile.settings.congestion_max);
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return Answered::Nothing;
        };
        if !matches!(segment.state, SegmentState::Released | SegmentState::InDoubt) {
            // A report came first and counted as its answer, or the time for it is over.
            if result == 0 {
                segment.id = id;
            }
            return Answered::Nothing;
        }
        segment.result = result;
        if result == 0 {
            segment.id = id;
            segment.frame = Bytes::new();
            self.counters.accepted += 1;
            self.pace.accepted();
            return Answered::Accepted;
        }
        if congested && !late && segment.congested < limit && self.closing.is_none() {
            segment.congested += 1;
            segment.state = SegmentState::Queued;
            let octets = segment.frame.len();
            self.counters.congested += 1;
            self.room.back(1, octets);
            self.pace.congested(now.mono_ns);
            // Same connection, new sequence: the segments of a message stay together.
            match self.links.get_mut(conn) {
                Some(link) if link.sends && !link.over => link.bound.push_front(key),
                _ => self.retry.push_back(key),
            }
            return Answered::Nothing;
        }
        self.counters.rejected += 1;
        Answered::Refused
    }

    fn emit_response(&mut self, now: Now, conn: Key, key: SegmentKey, id: MsgId, result: u32, late: bool) {
        let Some(open) = self.tickets.get(key.ticket) else { return };
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
        self.emit(Event::Response(response));
    }

    pub(super) fn unanswered(&mut self, now: Now, key: SegmentKey) {
        self.counters.unanswered += 1;
        self.doubt(now, key);
    }

    /// A segment was written and its answer will not come in time: it is decided one more time-out later.
    fn doubt(&mut self, now: Now, key: SegmentKey) {
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return;
        };
        if segment.state == SegmentState::Released {
            segment.state = SegmentState::InDoubt;
            let at = now.mono_ns.saturating_add(self.rules.response_timeout_ns);
            self.doubts.push_back((at, key));
        }
    }

    /// The segment is accepted and waits for its report until the deadline.
    pub fn await_report(&mut self, now: Now, key: SegmentKey) {
        let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment)) else {
            return;
        };
        segment.state = SegmentState::Waiting;
        let at = now.mono_ns.saturating_add(nanos(self.profile.settings.report_deadline));
        self.waits.push_back((at, key));
    }

    /// Ends a segment, and decides its ticket when that is the last word.
    pub fn end_segment(&mut self, now: Now, key: SegmentKey, status: Status, side: &mut impl Side) {
        let Some(open) = self.tickets.get_mut(key.ticket) else { return };
        let queued = unsent(open);
        let verdict = open.end(now, key.segment, status);
        let gone = unsent(open);
        self.room.sent(queued.0 - gone.0, queued.1 - gone.1);
        self.conclude(now, key.ticket, verdict, side);
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

    fn conclude(&mut self, now: Now, key: Key, verdict: Verdict, side: &mut impl Side) {
        let Some(open) = self.tickets.get(key) else { return };
        if verdict == Verdict::Decided {
            let (mut outcome, decider) = open.outcome(now, &self.profile.name);
            self.explain(open, decider, &mut outcome);
            let settled: Vec<(SegmentKey, MsgId)> = (0u8..)
                .zip(&open.order.segments)
                .filter(|(_, s)| !s.id.is_zero() && matches!(s.state, SegmentState::Done(_)))
                .filter(|(_, s)| {
                    !matches!(s.state, SegmentState::Done(Status::Delivered | Status::Undelivered))
                })
                .map(|(i, s)| (SegmentKey { ticket: key, segment: i }, s.id))
                .collect();
            for (segment, id) in settled {
                side.settled(self, segment, id);
            }
            self.counters.outcomes += 1;
            self.room.closed_one();
            // Always handed out: completions are set from it, wanted or not.
            self.events.push(Event::Outcome(Arc::new(outcome)));
        }
        let Some(open) = self.tickets.get(key) else { return };
        if !open.decided {
            return;
        }
        let doubtful = |s: &super::tickets::Segment| {
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
            self.tickets.remove(key);
        }
    }

    /// Fills in code and words of an outcome.
    fn explain(&self, open: &Open, decider: Option<u8>, outcome: &mut crate::message::Outcome) {
        let segment = decider.and_then(|i| open.order.segments.get(usize::from(i)));
        let protocol = self.dialect.protocol();
        match (outcome.status, segment) {
            (Status::Rejected, Some(s)) => {
                let code = codes::result(protocol, self.dialect.version(), s.result);
                outcome.code = s.result;
                outcome.retriable = code.class.retriable();
                outcome.text = format!("{} {}: {}", s.result, code.name, code.en);
            }
            (Status::Undelivered, Some(s)) => {
                let (stat, error) = (s.stat.to_string_lossy(), s.error.to_string_lossy());
                outcome.code = error.parse().unwrap_or(0);
                let meaning = codes::stat(protocol, &stat);
                outcome.text = match error.as_ref() {
                    "" => format!("{stat}: {}", meaning.en),
                    error => format!("{stat} error {error}: {}", meaning.en),
                };
            }
            (Status::Delivered | Status::Sent | Status::Acked, _) => {}
            (status, _) => {
                outcome.retriable = matches!(status, Status::Expired | Status::Abandoned | Status::Canceled);
                outcome.text = match &open.why {
                    Some(why) => why.clone(),
                    None => self.trouble.clone(),
                };
            }
        }
    }

    // ---- requests of the other side ---------------------------------------------------------------------

    /// Keeps a request for the application. `acknowledged`: it is answered by `ack_within` in any case.
    pub fn take_request(&mut self, now: Now, conn: Key, to: AnswerTo, acknowledged: bool) -> Token {
        let deadline = acknowledged.then(|| now.mono_ns.saturating_add(self.ack_within_ns));
        if let Some(link) = self.links.get_mut(conn) {
            link.unanswered += 1;
        }
        self.inbound.take(self.profile.index, Pending { conn, to }, deadline)
    }

    pub(super) fn answer(&mut self, now: Now, token: Token, result: u32) -> bool {
        let Some(request) = self.inbound.release(token) else { return false };
        if let Some(link) = self.links.get_mut(request.conn) {
            link.unanswered -= 1;
        }
        self.answer_now(now, request.conn, &request.to, result);
        true
    }

    /// Answers a request directly.
    pub fn answer_now(&mut self, now: Now, conn: Key, to: &AnswerTo, result: u32) {
        if let Some(link) = self.links.get_mut(conn) {
            link.session.answer(now, to, result);
        }
    }

    /// A request nobody wants to see is answered at once.
    pub fn release_token(&mut self, now: Now, token: Token) {
        self.answer(now, token, 0);
    }

    /// Answers a request by its token; a stale one is ignored.
    pub fn answer_request(&mut self, now: Now, token: Token, result: u32) {
        self.answer(now, token, result);
    }

    pub(super) fn acks_due(&mut self, now: Now) {
        while let Some(token) = self.inbound.due(now.mono_ns) {
            self.counters.acked_unhandled += 1;
            self.answer(now, token, 0);
        }
    }

    /// Tells of input that could not be used.
    pub fn trouble(&mut self, now: Now, conn: Key, reason: String, action: &str, octets: Bytes) {
        self.counters.troubles += 1;
        let trouble = Trouble {
            account: self.profile.name.clone(),
            connection: self.connection(conn),
            time: now.unix_ms,
            reason,
            action: action.to_owned(),
            octets,
        };
        self.emit(Event::Trouble(Box::new(trouble)));
    }

    // ---- connections ------------------------------------------------------------------------------------

    /// The address a dial uses.
    pub fn dialed_address(&self, slot: usize) -> String {
        let address = self.dials.get(slot).and_then(|d| self.profile.addresses.get(d.address));
        address.cloned().unwrap_or_default()
    }

    fn number(&mut self) -> u32 {
        self.next_number = self.next_number.checked_add(1).unwrap_or(1);
        self.next_number
    }

    pub(super) fn connected(&mut self, now: Now, slot: usize, peer: &str) -> Option<Key> {
        if self.dials.get(slot)?.state != DialState::Dialing {
            return None;
        }
        let session = Session::call(
            self.dialect.clone(),
            self.rules.clone(),
            self.seqs(),
            &self.profile.user,
            self.profile.secret.clone(),
            self.profile.login_mode,
            now,
        );
        match session {
            Ok(session) => {
                let number = self.number();
                let conn = self.links.insert(Link::new(
                    session,
                    number,
                    Some(slot),
                    self.profile.sends_on_dialed,
                    peer,
                ));
                self.dials.get_mut(slot)?.state = DialState::Up(conn);
                Some(conn)
            }
            Err(error) => {
                self.dial_failed(now, slot, &format!("the login cannot be written: {error}"));
                None
            }
        }
    }

    pub(super) fn dial_failed(&mut self, now: Now, slot: usize, why: &str) {
        self.trouble = why.to_owned();
        self.log(now, LogLevel::Warn, "connection", why.to_owned());
        if let Some(dial) = self.dials.get_mut(slot) {
            dial.failed(now.mono_ns, self.profile.addresses.len(), &self.back_off, &mut self.jitter);
        }
    }

    pub(super) fn adopt(&mut self, now: Now, session: Session, peer: &str) -> Key {
        let number = self.number();
        self.counters.logins += 1;
        let link = Link::new(session, number, None, self.profile.sends_on_accepted, peer);
        self.trouble.clear();
        self.log(now, LogLevel::Info, "login", format!("connection {number} from {peer} logged in"));
        self.links.insert(link)
    }

    pub(super) fn online(&mut self, now: Now, conn: Key, version: u8, check: AnswerCheck) {
        self.counters.logins += 1;
        let Some(link) = self.links.get(conn) else { return };
        let (peer, number) = (link.peer.clone(), link.number);
        if let Some(dial) = link.dial.and_then(|slot| self.dials.get_mut(slot)) {
            dial.online(now.mono_ns);
        }
        self.trouble.clear();
        let named = match version {
            0 => String::new(),
            v => format!(", the gateway names version {}", crate::wire::Version(v)),
        };
        let speaks = self.dialect.version();
        self.log(
            now,
            LogLevel::Info,
            "login",
            format!("connection {number} logged in to {peer}, speaking {speaks}{named}"),
        );
        match check {
            AnswerCheck::Right => {}
            AnswerCheck::Empty => self.counters.empty_digests += 1,
            AnswerCheck::Deviation(how) => {
                self.log(now, LogLevel::Warn, "login", format!("the gateway's digest deviates: {how}"));
            }
            AnswerCheck::Wrong => self.log(
                now,
                LogLevel::Warn,
                "login",
                "the gateway's digest is wrong; use verify=strict to refuse such a gateway".to_owned(),
            ),
        }
    }

    pub(super) fn link_ended(&mut self, now: Now, conn: Key, reason: &EndReason) {
        let Some(link) = self.links.get_mut(conn) else { return };
        link.over = true;
        let bound: Vec<SegmentKey> = link.bound.drain(..).collect();
        let (number, dial, peer) = (link.number, link.dial, link.peer.clone());
        let abandoned = link.session.abandoned();
        self.inbound.forget(conn);
        // What was not sent goes to the head of the queue in its old order, on another connection.
        for key in bound.into_iter().rev() {
            self.retry.push_front(key);
        }
        for (tag, written) in abandoned.into_iter().rev() {
            let key = SegmentKey::from_tag(tag);
            if written { self.doubt(now, key) } else { self.unsend(key) }
        }
        let in_order = matches!(reason, EndReason::ByUs | EndReason::Idle)
            || (matches!(reason, EndReason::ByPeer) && self.profile.on_demand);
        let text = match reason {
            EndReason::Refused(status) => {
                self.counters.refusals += 1;
                let code = codes::login(self.dialect.protocol(), self.dialect.version(), *status);
                format!("login refused with status {status} {}: {}", code.name, code.en)
            }
            other => other.to_string(),
        };
        if !in_order {
            self.counters.breaks += 1;
            self.trouble = format!("{peer}: {text}");
        }
        let level = if in_order { LogLevel::Info } else { LogLevel::Warn };
        self.log(now, level, "connection", format!("connection {number} to {peer} ended: {text}"));
        if let Some(dial) = dial.and_then(|slot| self.dials.get_mut(slot)) {
            match reason {
                EndReason::Refused(_) | EndReason::GatewayNotProven => {
                    dial.refused(now.mono_ns, &self.back_off, &mut self.jitter);
                }
                _ if in_order => dial.rest(),
                _ => dial.failed(now.mono_ns, self.profile.addresses.len(), &self.back_off, &mut self.jitter),
            }
        }
    }

    /// Not an octet of it was written: it is as good as new.
    fn unsend(&mut self, key: SegmentKey) {
        if let Some(segment) = self.tickets.get_mut(key.ticket).and_then(|o| o.segment_mut(key.segment))
            && segment.state == SegmentState::Released
        {
            segment.state = SegmentState::Queued;
            segment.sent_at = 0;
            self.room.back(1, segment.frame.len());
            self.counters.sent -= 1;
            self.retry.push_front(key);
        }
    }

    /// Dials what is wanted.
    pub(super) fn tend(&mut self, now: Now) {
        if !self.started || self.closed {
            return;
        }
        let wanted =
            if self.profile.on_demand { self.has_work() } else { self.closing.is_none() || self.has_work() };
        for slot in 0..self.dials.len() {
            let Some(dial) = self.dials.get_mut(slot) else { continue };
            let due = match dial.state {
                DialState::Idle => wanted,
                DialState::Waiting(until) => wanted && until <= now.mono_ns,
                DialState::Dialing | DialState::Up(_) => false,
            };
            if due && let Some(address) = self.profile.addresses.get(dial.address) {
                dial.state = DialState::Dialing;
                self.actions.push(Action::Dial { slot, address: address.clone() });
            }
        }
    }

    /// Where the account stands, connections up, inbound ones up.
    pub fn standing(&self) -> (LinkState, u16, u16) {
        let online = self.links.values().filter(|l| l.session.is_online());
        let (mut up, mut inbound) = (0u16, 0u16);
        for link in online {
            if link.dial.is_some() { up += 1 } else { inbound += 1 }
        }
        let wanted = self.dials.len() as u16;
        let busy = self.dials.iter().any(|d| matches!(d.state, DialState::Dialing | DialState::Up(_)));
        let waits = self.dials.iter().any(|d| matches!(d.state, DialState::Waiting(_)));
        let refused = self.dials.iter().any(Dial::is_refused);
        let state = if !self.started || self.closed {
            LinkState::Offline
        } else if wanted == 0 {
            if inbound > 0 { LinkState::Online } else { LinkState::Idle }
        } else if up >= wanted || (up > 0 && self.profile.on_demand) {
            LinkState::Online
        } else if up > 0 {
            LinkState::Degraded
        } else if refused {
            LinkState::Refused
        } else if busy {
            LinkState::Connecting
        } else if waits || !self.profile.on_demand {
            LinkState::Offline
        } else {
            LinkState::Idle
        };
        (state, up, inbound)
    }

    pub(super) fn publish_state(&mut self, now: Now) {
        let standing = self.standing();
        if standing == self.published {
            return;
        }
        self.published = standing;
        let (state, up, inbound) = standing;
        self.room.set_online(usize::from(up) + usize::from(inbound));
        let event = AccountState {
            account: self.profile.name.clone(),
            connection: self.next_number,
            time: now.unix_ms,
            state,
            up,
            wanted: self.dials.len() as u16,
            inbound,
            reason: self.trouble.clone(),
        };
        self.emit(Event::AccountState(event));
    }

    // ---- time -------------------------------------------------------------------------------------------

    pub(super) fn deadline(&self) -> Option<u64> {
        if self.closed {
            return None;
        }
        let links = self.links.values().filter_map(|l| l.session.deadline());
        let wanted = !self.profile.on_demand || self.has_work();
        let dials = self.dials.iter().filter_map(|d| match d.state {
            DialState::Waiting(until) if wanted => Some(until),
            _ => None,
        });
        let lists = [
            self.pace_at,
            self.inbound.deadline(),
            self.doubts.front().map(|(at, _)| *at),
            self.waits.front().map(|(at, _)| *at),
            self.expiries.peek().map(|Reverse((at, _, _))| *at),
            self.lingering.front().map(|(at, _)| *at),
            self.closing,
        ];
        links.chain(dials).chain(lists.into_iter().flatten()).min()
    }

    /// Decides the tickets whose time is over.
    pub(super) fn tickets_due(&mut self, now: Now, side: &mut impl Side) {
        let at = now.mono_ns;
        while let Some((due, key)) = self.doubts.front().copied().filter(|(due, _)| *due <= at) {
            self.doubts.pop_front();
            debug_assert!(due <= at);
            if self.state_of(key) == Some(SegmentState::InDoubt) {
                if let Some(open) = self.tickets.get_mut(key.ticket) {
                    open.why = Some("sent, no answer came, and it was not sent again".to_owned());
                }
                self.end_segment(now, key, Status::InDoubt, side);
            }
        }
        while let Some((_, key)) = self.waits.front().copied().filter(|(due, _)| *due <= at) {
            self.waits.pop_front();
            if self.state_of(key) == Some(SegmentState::Waiting) {
                if let Some(open) = self.tickets.get_mut(key.ticket) {
                    open.why = Some("no report before report_deadline".to_owned());
                }
                self.end_segment(now, key, Status::NoReport, side);
            }
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
        // Waiting entries at the head that have ended keep nothing alive.
        while self.waits.front().is_some_and(|(_, key)| self.state_of(*key) != Some(SegmentState::Waiting)) {
            self.waits.pop_front();
        }
    }

    fn expire(&mut self, now: Now, key: Key, side: &mut impl Side) {
        self.end_queued(now, key, Status::Expired, "valid_for ran out before it was sent", side);
    }

    /// Ends the segments of a ticket that have not been sent.
    fn end_queued(&mut self, now: Now, key: Key, status: Status, why: &str, side: &mut impl Side) {
        let Some(open) = self.tickets.get_mut(key) else { return };
        let queued = unsent(open);
        if queued.0 == 0 {
            return;
        }
        open.why =
            Some(if self.trouble.is_empty() { why.to_owned() } else { format!("{why} ({})", self.trouble) });
        open.end_all(now, |state| (state == SegmentState::Queued).then_some(status));
        self.room.sent(queued.0, queued.1);
        let verdict = open.decide();
        self.conclude(now, key, verdict, side);
    }

    // ---- the end ----------------------------------------------------------------------------------------

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
        if !over && (self.has_work() || answers_open || self.inbound.len() > 0) {
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

    fn abandon_queue(&mut self, now: Now, side: &mut impl Side) {
        for key in self.tickets.keys() {
            let never = self
                .tickets
                .get(key)
                .is_some_and(|o| !o.decided && o.order.segments.iter().all(|s| s.sent_at == 0));
            self.end_queued(now, key, Status::Abandoned, "closed before it was sent", side);
            self.left.abandoned += u64::from(never);
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
    fn finish(&mut self, now: Now, side: &mut impl Side) {
        self.abandon_queue(now, side);
        for key in self.tickets.keys() {
            let Some(open) = self.tickets.get_mut(key).filter(|o| !o.decided) else { continue };
            let doubtful = open.order.segments.iter().any(|s| {
                matches!(
                    s.state,
                    SegmentState::Released | SegmentState::InDoubt | SegmentState::Done(Status::InDoubt)
                )
            });
            let why =
                if doubtful { "closed before its answer came" } else { "closed before its report came" };
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
        self.closed = true;
    }
}

/// Segments of a ticket that hold room in the queue, and their octets.
fn unsent(open: &Open) -> (usize, usize) {
    let queued = open.order.segments.iter().filter(|s| s.state == SegmentState::Queued);
    queued.fold((0, 0), |(n, octets), s| (n + 1, octets + s.frame.len()))
}
