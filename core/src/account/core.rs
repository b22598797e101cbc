//! The state of an account and what both sides do with it.

use super::dial::{BackOff, Dial, Jitter};
use super::inbound::Inbound;
use super::links::Link;
use super::pace::Pace;
use super::passing::{PassedOn, Sibling};
use super::questions::Question;
use super::slab::{Key, Slab};
use super::tickets::{Open, SegmentKey};
use super::waits::Waits;
use super::{Freed, Room};
use crate::dialect::Dialect;
use crate::due::DueList;
use crate::message::{Event, EventKinds, LinkState, Log, LogLevel, Query, Ticket, Token};
use crate::session::{SeqSource, SessionEvent, SessionRules, Tolerances};
use crate::settings::AccountSettings;
use crate::time::{Now, nanos};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// What an account is, apart from its state.
#[derive(Clone)]
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

/// Without the secret.
impl std::fmt::Debug for AccountProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountProfile")
            .field("index", &self.index)
            .field("name", &self.name)
            .field("user", &self.user)
            .field("addresses", &self.addresses)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
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
    /// Answers to nothing: repeated, or with a sequence that was never sent.
    pub stray_answers: u64,
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
    /// Requests refused as busy because the peer had more than `inbound_window` open at once.
    pub refused_busy: u64,
    /// Submits refused at a gateway because more came than `rate` allows.
    pub refused_rate: u64,
    /// Requests written again after silence (`resend`).
    pub resent: u64,
    /// Frames that could not be used.
    pub troubles: u64,
    /// Tickets decided.
    pub outcomes: u64,
    /// Gateway digests that were all zero.
    pub empty_digests: u64,
    /// Of `sent`, taken back because the connection ended before an octet of them was written. `sent` is already
    /// without them.
    pub unsent: u64,
    /// Of `reports`, those that say the handset has the message.
    pub reports_delivered: u64,
    /// Of `reports`, those that say it will never have it.
    pub reports_failed: u64,
    /// Of `reports`, those that are no last word.
    pub reports_interim: u64,
    /// Log lines and troubles that were dropped because `event_queue` or `event_octets` was reached.
    pub events_dropped: u64,
}

/// Result codes that refused, with their counts. Codes come from the other side, so there is a bound: what comes after
/// [`ResultCounts::MOST`] different ones is counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultCounts {
    codes: Vec<(u32, u64)>,
    others: u64,
}

impl ResultCounts {
    /// Codes that are counted each by itself.
    pub const MOST: usize = 64;

    /// Counts a code.
    pub fn add(&mut self, code: u32) {
        let room = self.codes.len() < Self::MOST;
        match self.codes.iter_mut().find(|(known, _)| *known == code) {
            Some((_, n)) => *n += 1,
            None if room => self.codes.push((code, 1)),
            None => self.others += 1,
        }
    }

    /// Codes with their counts, in the order of their first coming.
    pub fn codes(&self) -> &[(u32, u64)] {
        &self.codes
    }

    /// Refusals with codes beyond the bound.
    pub fn others(&self) -> u64 {
        self.others
    }
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
    /// Room that became free in this turn.
    pub(super) freed: Freed,
    /// What it counted.
    pub counters: Counters,
    /// Answers that refused for good, by result code.
    pub rejected: ResultCounts,
    /// Frames by the tolerances used to read them, of connections that are gone.
    pub(super) tolerances: Tolerances,
    /// What held its segments back, and how long.
    pub held: Waits,
    /// What closing left.
    pub left: Left,
    /// Events to hand out.
    pub events: Vec<Event>,
    /// Things the engine is to do.
    pub actions: Vec<Action>,
    /// The other accounts behind the same login (SGIP).
    pub siblings: Vec<Sibling>,
    /// What is for one of them.
    pub passed: Vec<PassedOn>,
    pub(super) links: Slab<Link>,
    pub(super) scratch: Vec<SessionEvent>,
    pub(super) started: bool,
    /// Set while closing: the deadline, monotonic ns.
    pub closing: Option<u64>,
    pub(super) closed: bool,
    /// The state after the close is told; nothing comes after it.
    pub(super) told_all: bool,
    pub(super) rules: Arc<SessionRules>,
    pub(super) tickets: Slab<Open>,
    /// The records of open tickets, once one was looked for.
    pub(super) by_ticket: Option<HashMap<Ticket, Key>>,
    pub(super) outbox: VecDeque<Key>,
    pub(super) retry: VecDeque<SegmentKey>,
    /// A submit to several receivers has been sent: only from then on records are asked for their group.
    pub(super) grouped: bool,
    /// Requests that are no messages, and those of them that have not been written.
    pub(super) questions: Slab<Question>,
    pub(super) asked: VecDeque<Key>,
    /// What the requests for counts that wait for the application ask.
    pub(super) queries: HashMap<Token, Query>,
    /// Segments that wait to be sent; the lists above may name some that have ended.
    pub(super) queued: usize,
    pub(super) dials: Vec<Dial>,
    pub(super) back_off: BackOff,
    pub(super) jitter: Jitter,
    pub(super) pace: Pace,
    /// Whether `rate` is for what it sends.
    pub(super) paced: bool,
    /// When the token bucket has a turn again; `None` when it was not the reason to wait.
    pub(super) pace_at: Option<u64>,
    pub(super) inbound: Inbound,
    pub(super) ack_within_ns: u64,
    pub(super) inbound_window: usize,
    /// Segments in doubt, decided when their time comes.
    pub(super) doubts: DueList<SegmentKey>,
    /// Segments that wait for reports.
    pub(super) waits: DueList<SegmentKey>,
    /// Segments that wait for reports until a time of their own, by their tags; and how many there were when those
    /// that had ended were dropped.
    pub(super) own_waits: BinaryHeap<Reverse<(u64, u64)>>,
    pub(super) own_waits_kept: usize,
    /// Messages that must be sent by a time.
    pub(super) expiries: BinaryHeap<Reverse<(u64, u32, u32)>>,
    /// Decided tickets whose late answers are still recognised.
    pub(super) lingering: VecDeque<(u64, Key)>,
    /// Before the octets that are handled now, answers were awaited: some of them may be among these events.
    pub(super) awaited: bool,
    pub(super) next_number: u32,
    pub(super) published: (LinkState, u16, u16),
    /// The last frames of the connection that ended last, until its event has them.
    pub(super) last_frames: String,
    /// Why the last connection ended or could not be made.
    pub trouble: String,
}

impl Core {
    /// The core of an account.
    pub fn new(profile: AccountProfile, room: Arc<Room>) -> Self {
        let s = profile.settings.clone();
        let rules = SessionRules::of(&s, !profile.addresses.is_empty());
        let dials = if profile.addresses.is_empty() { 0 } else { usize::from(s.connections) };
        Core {
            dialect: profile.dialect.clone(),
            room,
            freed: Freed::default(),
            counters: Counters::default(),
            rejected: ResultCounts::default(),
            tolerances: Tolerances::default(),
            held: Waits::default(),
            left: Left::default(),
            events: Vec::new(),
            actions: Vec::new(),
            siblings: Vec::new(),
            passed: Vec::new(),
            links: Slab::default(),
            scratch: Vec::new(),
            started: false,
            closing: None,
            closed: false,
            told_all: false,
            rules: Arc::new(rules),
            tickets: Slab::default(),
            by_ticket: None,
            outbox: VecDeque::new(),
            retry: VecDeque::new(),
            grouped: false,
            questions: Slab::default(),
            asked: VecDeque::new(),
            queries: HashMap::new(),
            queued: 0,
            dials: vec![Dial::default(); dials],
            back_off: BackOff::of(&s),
            jitter: Jitter::new(profile.seed),
            pace: Pace::new(s.rate, s.effective_burst()),
            paced: true,
            pace_at: None,
            inbound: Inbound::default(),
            ack_within_ns: nanos(s.ack_within),
            // Never below the peer's own window, so that a well-behaved peer is never refused.
            inbound_window: s.inbound_window as usize,
            doubts: DueList::default(),
            waits: DueList::default(),
            own_waits: BinaryHeap::new(),
            own_waits_kept: 0,
            expiries: BinaryHeap::new(),
            lingering: VecDeque::new(),
            awaited: false,
            next_number: 0,
            // Nobody has to be told that an account that only answers is idle before its first connection is there.
            published: (if dials == 0 { LinkState::Idle } else { LinkState::Offline }, 0, 0),
            last_frames: String::new(),
            trouble: String::new(),
            profile,
        }
    }

    /// Sends as fast as windows allow: at a gateway `rate` is for what is taken.
    #[must_use]
    pub fn unpaced(mut self) -> Self {
        self.paced = false;
        self.pace = Pace::new(0, 0);
        self
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
        if self.profile.wants.has(event.kind()) && !self.told_all {
            self.events.push(event);
        }
    }

    /// Whether as many events wait for the application as may.
    pub fn backlog_is_full(&self) -> bool {
        self.room.backlog_is_full(self.events.len())
    }

    /// Whether a kind of event is wanted.
    pub fn wants(&self, kind: EventKinds) -> bool {
        self.profile.wants.has(kind)
    }

    pub(super) fn log(&mut self, now: Now, level: LogLevel, area: &'static str, text: String) {
        let account = self.profile.name.clone();
        self.emit(Event::Log(Box::new(Log { account, time: now.unix_ms, level, area, text })));
    }

    /// Frames by the tolerances used to read them.
    pub fn tolerances(&self) -> Tolerances {
        let mut all = self.tolerances;
        self.links.values().for_each(|link| all.add(link.session.tolerances()));
        all
    }

    /// The number of a connection in events.
    pub fn connection(&self, conn: Key) -> u32 {
        self.links.get(conn).map_or(0, |l| l.number)
    }
}
