//! Where events go: handlers, or a queue to poll; and the outcomes that callers ask or wait for.

use crate::account::Backlog;
use crate::message::{DayCounts, Event, EventKinds, LogLevel, Outcome, Ticket};
use crate::settings::{AccountSettings, EngineSettings, Show};
use crate::time::SECOND;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::reactor::lock;

/// What the handler of a submit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accept it.
    Accept,
    /// Refuse it with the carrier's result code.
    Reject(u32),
    /// Answer later, with the event's token.
    Later,
    /// The counts that a query asks for.
    Counts(DayCounts),
}

/// Says on stderr what nobody else takes. A stderr that takes nothing, on a full disk for example, must not stop the
/// thread that is at it, as `eprintln!` would.
pub(super) fn say(text: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "sanwang: {text}");
}

/// A handler of one kind of events.
pub(super) type On = Box<dyn Fn(&Event) -> Answer + Send + Sync>;

/// The handlers of a client or gateway. Kinds without a handler are not made.
#[derive(Default)]
pub(super) struct Handlers {
    pub(super) list: Vec<(EventKinds, On)>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("count", &self.list.len()).finish()
    }
}

impl Handlers {
    pub(super) fn kinds(&self) -> EventKinds {
        self.list.iter().fold(EventKinds::default(), |all, (kind, _)| all | *kind)
    }
}

/// Methods of a builder that has `on_event`: each hands one kind of event to a handler as what it is.
macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $variant:ident($event:ident: $ty:ty);)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, handler: impl Fn(&$ty) + Send + Sync + 'static) -> Self {
            self.on_event(EventKinds::$kind, move |event| {
                if let Event::$variant($event) = event {
                    handler($event);
                }
            })
        })+
    };
}
pub(super) use handlers;

/// Outcomes can be asked for this long.
const KEPT_FOR_NS: u64 = 600 * SECOND;

/// The last outcomes in the order they were decided. Most callers take outcomes from their events and never
/// ask, so the index is made when somebody asks, and only for what has come since.
#[derive(Debug)]
struct Completions {
    /// Most that are kept.
    most: usize,
    /// With the times they were decided at (monotonic ns).
    ring: VecDeque<(u64, Arc<Outcome>)>,
    /// Number of the first entry of the ring, counted since the start.
    first: u64,
    by_ticket: HashMap<Ticket, u64>,
    /// Entries below this number are in the index.
    indexed: u64,
}

impl Completions {
    fn new(most: usize) -> Self {
        Completions { most, ring: VecDeque::new(), first: 0, by_ticket: HashMap::new(), indexed: 0 }
    }

    fn push(&mut self, at: u64, outcome: &Arc<Outcome>) {
        // Room is made first: one entry above a power of two doubles what the ring takes.
        let old = |kept: &u64| at.saturating_sub(*kept) > KEPT_FOR_NS;
        while self.ring.len() >= self.most || self.ring.front().is_some_and(|(kept, _)| old(kept)) {
            let gone = self.ring.pop_front();
            if let Some((_, outcome)) = gone.filter(|_| self.first < self.indexed) {
                self.by_ticket.remove(&outcome.ticket);
            }
            self.first += 1;
        }
        self.indexed = self.indexed.max(self.first);
        self.ring.push_back((at, outcome.clone()));
    }

    fn find(&mut self, ticket: Ticket) -> Option<&Arc<Outcome>> {
        let new = self.ring.iter().skip((self.indexed - self.first) as usize);
        for (at, (_, outcome)) in (self.indexed..).zip(new) {
            self.by_ticket.insert(outcome.ticket, at);
        }
        self.indexed = self.first + self.ring.len() as u64;
        let at = *self.by_ticket.get(&ticket)?;
        self.ring.get((at - self.first) as usize).map(|(_, outcome)| outcome)
    }
}

#[derive(Debug)]
struct Polled {
    queue: VecDeque<Event>,
    closed: bool,
}

/// Where an account stood before does not matter once the backlog is full: its latest state takes the place of an
/// earlier one.
pub(super) fn supersede(queue: &mut VecDeque<Event>, event: &Event, backlog: &Backlog) {
    let Event::AccountState(new) = event else { return };
    let older = |e: &Event| matches!(e, Event::AccountState(old) if old.account == new.account);
    if let Some(at) = queue.iter().position(older) {
        let octets = queue.remove(at).map_or(0, |gone| gone.octets());
        backlog.done(1, octets);
    }
}

/// One client's or gateway's events, outcomes and waiters.
#[derive(Debug)]
pub(super) struct Hub {
    handlers: Handlers,
    kinds: EventKinds,
    polls: bool,
    polled: Mutex<Polled>,
    polled_more: Condvar,
    completions: Mutex<Completions>,
    decided: Condvar,
    /// Callers inside `outcome` or `wait`.
    waiters: AtomicUsize,
    /// Tickets accepted whose outcome has not been handled.
    open: AtomicUsize,
    /// Events handed to handlers and not finished, or in the poll queue.
    backlog: Arc<Backlog>,
    /// What logs of every account show.
    show: Show,
}

impl Hub {
    /// Handlers, or with `polls` a queue for the kinds in `kinds`.
    pub(super) fn new(handlers: Handlers, polls: Option<EventKinds>, engine: &EngineSettings) -> Self {
        let kinds = polls.unwrap_or_else(|| handlers.kinds());
        Hub {
            kinds,
            polls: polls.is_some(),
            handlers,
            polled: Mutex::new(Polled { queue: VecDeque::new(), closed: false }),
            polled_more: Condvar::new(),
            completions: Mutex::new(Completions::new(engine.outcomes as usize)),
            decided: Condvar::new(),
            waiters: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            backlog: Arc::new(Backlog::new(engine.event_queue as usize, engine.event_octets as usize)),
            show: engine.show,
        }
    }

    /// The settings of an account with those on top that hold for all of them.
    pub(super) fn settings_of(&self, own: &AccountSettings) -> AccountSettings {
        AccountSettings { show: own.show.or(self.show), ..own.clone() }
    }

    /// Kinds somebody wants.
    pub(super) fn kinds(&self) -> EventKinds {
        self.kinds
    }

    /// Whether events are polled rather than handled.
    pub(super) fn polls(&self) -> bool {
        self.polls
    }

    /// The events that wait for the application.
    pub(super) fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    /// A ticket was accepted.
    pub(super) fn opened(&self) {
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    /// Tickets without a handled outcome.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Keeps outcomes for those who ask. Called before the events are queued, so that asking inside a handler
    /// finds them.
    pub(super) fn complete(&self, events: &[Event], now_ns: u64) {
        let mut completions = lock(&self.completions);
        for event in events {
            if let Event::Outcome(outcome) = event {
                completions.push(now_ns, outcome);
            }
        }
        drop(completions);
        if self.waiters.load(Ordering::SeqCst) > 0 {
            self.decided.notify_all();
        }
    }

    /// Events have been handled, among them so many outcomes.
    pub(super) fn finished(&self, events: usize, octets: usize, outcomes: usize) {
        self.backlog.done(events, octets);
        self.decided(outcomes);
    }

    /// So many outcomes need no handler any more.
    pub(super) fn decided(&self, outcomes: usize) {
        self.open.fetch_sub(outcomes, Ordering::SeqCst);
        if self.waiters.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.completions);
            self.decided.notify_all();
        }
    }

    /// Runs the handlers of one event. Without a handler for a submit it is refused later by the caller.
    pub(super) fn handle(&self, event: &Event) -> Option<Answer> {
        let kind = event.kind();
        let mut answer = None;
        for (wanted, on) in &self.handlers.list {
            if wanted.has(kind) {
                // A panic in a handler is the application's bug; the library and its other handlers go on.
                match catch_unwind(AssertUnwindSafe(|| on(event))) {
                    Ok(said) => answer = Some(said),
                    Err(_) => say(format_args!("a handler panicked; its event counts as handled")),
                }
            }
        }
        answer
    }

    /// Says on stderr what nobody else takes: a refused login or an unreachable address must not stay unseen.
    pub(super) fn fallback(&self, event: &Event) {
        if let Event::Log(log) = event
            && log.level <= LogLevel::Warn
        {
            say(format_args!("{}: {}", log.account, log.text));
        }
    }

    // ---- polling ------------------------------------------------------------------------------------------

    /// Adds events to the poll queue; the backlog counts them already.
    pub(super) fn queue(&self, events: impl Iterator<Item = Event>) {
        let mut polled = lock(&self.polled);
        let empty = polled.queue.is_empty();
        for event in events {
            if self.backlog.is_full() {
                supersede(&mut polled.queue, &event, &self.backlog);
            }
            polled.queue.push_back(event);
        }
        if empty && !polled.queue.is_empty() {
            drop(polled);
            self.polled_more.notify_all();
        }
    }

    /// No more events will come: pollers return at once from now on.
    pub(super) fn end_polling(&self) {
        lock(&self.polled).closed = true;
        self.polled_more.notify_all();
    }

    /// Takes up to `max` events, waiting up to `timeout` for the first. `None`: closed and empty.
    pub(super) fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        let mut polled = lock(&self.polled);
        if polled.queue.is_empty() && !polled.closed && !timeout.is_zero() {
            polled = self
                .polled_more
                .wait_timeout_while(polled, timeout, |p| p.queue.is_empty() && !p.closed)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        if polled.queue.is_empty() && polled.closed {
            return None;
        }
        let n = max.min(polled.queue.len());
        let events: Vec<Event> = polled.queue.drain(..n).collect();
        drop(polled);
        self.backlog.done(events.len(), events.iter().map(Event::octets).sum());
        Some(events)
    }

    // ---- waiting ------------------------------------------------------------------------------------------

    /// The outcome of a ticket, waiting up to `timeout` for it, and no longer than a ticket is open: one that is
    /// unknown or forgotten is not waited for in vain.
    pub(super) fn outcome(&self, ticket: Ticket, timeout: Duration) -> Option<Arc<Outcome>> {
        let found = || lock(&self.completions).find(ticket).cloned();
        if let Some(outcome) = found() {
            return Some(outcome);
        }
        if timeout.is_zero() {
            return None;
        }
        // Outcomes are kept before their tickets count as decided.
        self.wait_until(timeout, || found().is_some() || self.open() == 0);
        found()
    }

    /// Waits until every ticket has its outcome and every event queued so far is handled. True: so it is.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        self.wait_until(timeout, || {
            self.open.load(Ordering::SeqCst) == 0 && (self.polls || self.backlog.events() == 0)
        })
    }

    /// Waits for a condition that is announced by `complete` or `finished`.
    pub(super) fn wait_until(&self, timeout: Duration, condition: impl Fn() -> bool) -> bool {
        // Far ends are cut to what the clock can hold.
        let end = Instant::now() + timeout.min(Duration::from_secs(10 * 365 * 86_400));
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let reached = loop {
            if condition() {
                break true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break false;
            }
            let guard = lock(&self.completions);
            // Announcements are not tied to the condition's own lock, so look again now and then.
            let slice = left.min(Duration::from_nanos(SECOND / 50));
            drop(self.decided.wait_timeout(guard, slice));
        };
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        reached
    }

    /// Wakes those who wait, to look at their condition again.
    pub(super) fn nudge(&self) {
        if self.waiters.load(Ordering::SeqCst) > 0 {
            self.decided.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{AccountState, LinkState};

    fn state(of: &str) -> Event {
        Event::AccountState(Box::new(AccountState {
            account: Arc::from(of),
            connection: 1,
            time: 0,
            state: LinkState::Offline,
            up: 0,
            wanted: 1,
            inbound: 0,
            reason: String::new(),
            last_frames: "its last frames".to_owned(),
        }))
    }

    #[test]
    fn a_state_that_is_superseded_leaves_nothing_in_the_backlog() {
        let backlog = Backlog::new(100, 10);
        let mut queue = VecDeque::from([state("a"), state("b")]);
        backlog.add(2, queue.iter().map(Event::octets).sum());
        supersede(&mut queue, &state("a"), &backlog);
        assert_eq!((queue.len(), backlog.events()), (1, 1));
        assert!(backlog.is_full());
        backlog.done(1, state("b").octets());
        assert!(!backlog.is_full());
    }
}
