//! The run: sending, the handlers, and what they note.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::check::{Met, Places};
use super::meter::Histogram;
use super::process::{self, Cpu};
use crate::client::SendError;
use crate::engine::{Client, EngineCounts};
use crate::message::{Outcome, Response, Status, Submit};
use crate::settings::{Account, EngineSettings};
use crate::text::Coding;
use crate::wire::Protocol;

use super::super::out::Failure;

/// Receivers in the table.
const RECEIVERS: usize = 1000;
/// Longest sleep of the sending thread, so that it sees the end. Waking up costs, and is measured.
const NAP: Duration = Duration::from_millis(20);
/// In a closed loop with at least [`MANY`] open messages, those of one in so many places are timed: reading the clock for
/// each would cost more than some of what is measured.
const TIMED: u64 = 4;
const MANY: usize = 16;
/// How soon a due message looks for a free place again.
const FULL: Duration = Duration::from_micros(100);

/// What is noted in the measured time.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// From send or due time to outcome, of the messages that are timed.
    pub(super) outcomes: Histogram,
    /// From send or due time to the last answer, with `--answers` only.
    pub(super) answers: Histogram,
}

/// Clocks and counters at one end of the measured time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) at: Instant,
    pub(super) own: Option<Cpu>,
    pub(super) server: Option<Cpu>,
    pub(super) switches: Option<u64>,
    pub(super) reports: u64,
    pub(super) engine: EngineCounts,
}

#[derive(Debug)]
struct Shared {
    client: OnceLock<Client>,
    account: String,
    protocol: Protocol,
    places: Places,
    /// Places where a message can be sent, for the sending thread.
    free: Mutex<Vec<u64>>,
    record: Mutex<Record>,
    /// Outcomes in the measured time. An account's handlers run one at a time, so counting needs no locked instruction.
    by_status: [AtomicU64; Status::ALL.len()],
    recording: AtomicBool,
    stopping: AtomicBool,
    /// Why nothing can be sent any more.
    broken: OnceLock<String>,
    begin: Instant,
    receivers: Vec<String>,
    content: Bytes,
    /// Messages a second; `None`: the next one when one has ended.
    rate: Option<u32>,
    answers: bool,
}

/// A run.
#[derive(Clone, Debug)]
pub(super) struct Load(Arc<Shared>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load {
    /// Opens the client.
    pub(super) fn open(options: &super::Load, account: Account) -> Result<Self, Failure> {
        let outstanding = options.outstanding();
        let load = Self(Arc::new(Shared {
            client: OnceLock::new(),
            account: account.name.clone(),
            protocol: account.protocol,
            places: Places::new(outstanding),
            // The lowest place is taken first.
            free: Mutex::new((0..u64::from(outstanding)).rev().collect()),
            record: Mutex::default(),
            by_status: Default::default(),
            recording: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            broken: OnceLock::new(),
            begin: Instant::now(),
            receivers: (0..RECEIVERS).map(|i| format!("1380013{i:04}")).collect(),
            content: Bytes::from(vec![b'A'; usize::from(options.content)]),
            rate: options.rate,
            answers: options.answers,
        }));
        let engine = EngineSettings { threads: options.threads, ..EngineSettings::default() };
        let ended = load.clone();
        let mut builder =
            Client::builder().add(account).engine(engine).on_outcome(move |outcome| ended.ended(outcome));
        if options.answers {
            let answered = load.clone();
            builder = builder.on_response(move |response| answered.answered(response));
        }
        let client = builder.open()?;
        load.0.client.get_or_init(|| client);
        Ok(load)
    }

    pub(super) fn client(&self) -> &Client {
        self.0.client.wait()
    }

    fn now(&self) -> u64 {
        self.0.begin.elapsed().as_nanos() as u64
    }

    /// Whether the messages of a place are timed.
    fn is_timed(&self, place: u64) -> bool {
        self.0.rate.is_some() || self.0.places.len() < MANY || place.is_multiple_of(TIMED)
    }

    /// The time, where the messages of a place are timed; else zero.
    fn now_for(&self, place: u64) -> u64 {
        if self.is_timed(place) { self.now() } else { 0 }
    }

    /// Starts to send.
    pub(super) fn start(&self) -> JoinHandle<()> {
        let load = self.clone();
        std::thread::spawn(move || match load.0.rate {
            Some(rate) => load.evenly(rate),
            None => load.closely(),
        })
    }

    /// Closed loop: every place gets its first message; the handler sends the next. Places come back here only when
    /// a queue was full.
    fn closely(&self) {
        while !self.is_over() {
            let place = lock(&self.0.free).pop();
            match place {
                Some(place) => self.send(place, self.now_for(place)),
                None => std::thread::sleep(NAP),
            }
        }
    }

    /// Open loop: due times are fixed beforehand, whatever the gateway does.
    fn evenly(&self, rate: u32) {
        let step = 1e9 / f64::from(rate);
        let first = self.now();
        let mut sent = 0u64;
        while !self.is_over() {
            let due = first + (sent as f64 * step) as u64;
            let now = self.now();
            if due > now {
                std::thread::sleep(Duration::from_nanos(due - now).min(NAP));
                continue;
            }
            let place = lock(&self.0.free).pop();
            match place {
                Some(place) => {
                    self.send(place, due);
                    sent += 1;
                }
                // The message stays due, and its latency grows.
                None => std::thread::sleep(FULL),
            }
        }
    }

    fn is_over(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed) || self.0.broken.get().is_some()
    }

    /// Sends a message from a place; in a closed loop the next one too when it has ended meanwhile.
    fn send(&self, place: u64, mut since: u64) {
        let shared = &*self.0;
        while !self.is_over() {
            let receiver = shared.receivers.get(place as usize % RECEIVERS).map_or("", String::as_str);
            let submit = Submit::to(receiver).content(Coding::ASCII, shared.content.clone()).user_data(place);
            shared.places.begin(place, since);
            match self.client().try_send(submit) {
                Ok(ticket) => {
                    if shared.places.sent(place, ticket) != Met::Both {
                        return;
                    }
                }
                Err(SendError::QueueFull(_)) => {
                    lock(&shared.free).push(place);
                    return;
                }
                Err(error) => {
                    shared.broken.get_or_init(|| format!("sending failed: {error}"));
                    return;
                }
            }
            if shared.rate.is_some() {
                lock(&shared.free).push(place);
                return;
            }
            since = self.now_for(place);
        }
    }

    fn ended(&self, outcome: &Outcome) {
        let shared = &*self.0;
        let place = outcome.user_data;
        let now = self.now_for(place);
        if shared.recording.load(Ordering::Relaxed) {
            let at = Status::ALL.iter().position(|status| *status == outcome.status);
            if let Some(n) = at.and_then(|at| shared.by_status.get(at)) {
                n.store(n.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
            if self.is_timed(place) {
                lock(&shared.record).outcomes.add(now.saturating_sub(shared.places.since(place)));
            }
        }
        // Before the outcome counts as seen: the place is somebody else's afterwards.
        if shared.places.ended(place, outcome.ticket) == Met::Both {
            match shared.rate {
                Some(_) => lock(&shared.free).push(place),
                None => self.send(place, now),
            }
        }
    }

    fn answered(&self, response: &Response) {
        let shared = &*self.0;
        let place = response.user_data;
        // An answer that its report overtook finds another message in its place.
        if response.segment == response.segments
            && shared.recording.load(Ordering::Relaxed)
            && self.is_timed(place)
            && shared.places.holds(place, response.ticket)
        {
            let took = self.now().saturating_sub(shared.places.since(place));
            lock(&shared.record).answers.add(took);
        }
    }

    /// Begins or ends the measured time.
    pub(super) fn record(&self, on: bool) {
        self.0.recording.store(on, Ordering::SeqCst);
    }

    /// Ends sending.
    pub(super) fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
    }

    /// Why nothing can be sent any more.
    pub(super) fn broken(&self) -> Option<String> {
        self.0.broken.get().cloned()
    }

    /// Messages that have ended so far.
    pub(super) fn ended_count(&self) -> u64 {
        self.0.places.counts().1
    }

    /// Messages sent and ended over the whole run.
    pub(super) fn counts(&self) -> (u64, u64) {
        self.0.places.counts()
    }

    /// What is wrong with tickets and outcomes when the run is over.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.0.places.faults();
        faults.extend(self.broken());
        faults
    }

    /// Reads clocks and counters.
    pub(super) fn mark(&self, server: Option<u32>) -> Mark {
        Mark {
            at: Instant::now(),
            own: process::own_cpu(),
            server: server.and_then(process::cpu),
            switches: process::own_switches(),
            reports: self.client().counters(&self.0.account).map_or(0, |counters| counters.reports),
            engine: self.client().engine_counts(),
        }
    }

    /// Statuses of the outcomes in the measured time, with their counts.
    pub(super) fn by_status(&self) -> impl Iterator<Item = (Status, u64)> {
        let counts = self.0.by_status.iter().map(|n| n.load(Ordering::SeqCst));
        Status::ALL.into_iter().zip(counts).filter(|(_, n)| *n > 0)
    }

    /// Looks at what was noted.
    pub(super) fn noted<R>(&self, look: impl FnOnce(&Record) -> R) -> R {
        look(&lock(&self.0.record))
    }

    /// The protocol of the account.
    pub(super) fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// Whether the times of answers are noted.
    pub(super) fn notes_answers(&self) -> bool {
        self.0.answers
    }
}
