//! Threads, polling and timers.
//!
//! The threads take turns at polling. The one that polls also reads, runs the state machines and writes, and
//! then runs the handlers itself, because a hand-over costs as much as the rest of a message. Only when its
//! handlers take longer than [`TAKE_OVER_NS`] does another thread take the polling over; and the last free
//! thread never runs handlers, so that link tests and answers are read whatever the handlers do.

use super::clock::Clock;
use crate::time::{Now, SECOND};
use mio::event::Source;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// Handlers that run longer than this hand polling over.
const TAKE_OVER_NS: u64 = 2_000_000;
/// At least so many handlers run before what they sent is written, because a write costs as much as a few messages.
const FIRST_WRITE: usize = 8;
/// Without traffic for this long, waiting threads sleep for good until traffic comes.
const QUIET_NS: u64 = SECOND;
/// Octets read from one connection in one go.
pub(crate) const READ_OCTETS: usize = 16 * 1024;
const WAKER: Token = Token(usize::MAX);

/// Forks of this process, counted in each child.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// To be called in the child of a fork, by those who can be told of one (`pthread_atfork`, Python's
/// `os.register_at_fork`): the threads of clients and gateways did not come along, and their calls answer
/// FORKED from then on. Asking the system for the process number with every message would cost as much as
/// encoding one.
pub fn note_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// What the threads of one client or gateway asked of the system so far. Divided by the messages of the same time it
/// shows how well they are batched: the one cost that depends on neither the machine nor what else runs on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounts {
    /// Polls for sockets that are ready.
    pub polls: u64,
    /// Reads from sockets.
    pub reads: u64,
    /// Writes to sockets.
    pub writes: u64,
    /// Times the thread that polls was woken by another one.
    pub wakes: u64,
    /// Times a waiting thread took the polling over because handlers ran long.
    pub take_overs: u64,
}

#[derive(Debug, Default)]
struct Counting {
    polls: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    wakes: AtomicU64,
    take_overs: AtomicU64,
}

fn count(of: &AtomicU64) {
    of.fetch_add(1, Ordering::Relaxed);
}

/// Something the reactor drives: an account with its connections, or a listener with its lobby.
pub(crate) trait Driven: Send + Sync + fmt::Debug {
    /// A socket is ready.
    fn ready(
        self: Arc<Self>,
        reactor: &Arc<Reactor>,
        socket: usize,
        now: Now,
        readable: bool,
        writable: bool,
    );
    /// A time it asked for has come; it may have asked for an earlier one since.
    fn timer(self: Arc<Self>, reactor: &Arc<Reactor>, at: u64, now: Now);
    /// Hands queued events to the handlers. Called on a thread that does not poll.
    fn dispatch(self: Arc<Self>, reactor: &Arc<Reactor>);
    /// Takes commands that were left for it.
    fn poke(self: Arc<Self>, reactor: &Arc<Reactor>);
}

struct PollState {
    poll: Poll,
    events: Events,
}

#[derive(Clone)]
struct Target {
    driven: Arc<dyn Driven>,
    socket: usize,
}

#[derive(Default)]
struct Targets {
    places: Vec<Option<Target>>,
    free: Vec<usize>,
}

struct Timer {
    at: u64,
    driven: Arc<dyn Driven>,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Timer {}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// Polls sockets and keeps time for everything of one client or gateway.
pub(crate) struct Reactor {
    pub(crate) clock: Clock,
    poll: Mutex<PollState>,
    registry: Registry,
    waker: Waker,
    targets: RwLock<Targets>,
    timers: Mutex<BinaryHeap<Reverse<Timer>>>,
    /// When the poll that runs now ends by itself; an earlier timer has to wake it.
    asleep_until: AtomicU64,
    /// Cells with events to hand out.
    ready: Mutex<VecDeque<Arc<dyn Driven>>>,
    /// Sockets that had more to read than one turn allows.
    again: Mutex<Vec<Target>>,
    /// When the thread that polled last began to run handlers; 0: somebody polls.
    busy_since: AtomicU64,
    /// Threads that wait to take over.
    standing_by: AtomicUsize,
    /// Waiting threads that sleep for good.
    sound_asleep: AtomicUsize,
    last_traffic: AtomicU64,
    bench: (Mutex<()>, Condvar),
    stop: AtomicBool,
    counting: Counting,
    /// How many handlers run before what they sent is written, at least.
    first_write: usize,
    /// Threads that have not ended.
    running: AtomicUsize,
    /// How many forks this process had behind it when the threads started.
    forks: u32,
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor").finish_non_exhaustive()
    }
}

/// Longest time that what a handler outside the library sent waits for what it sends next.
const BACKSTOP_NS: u64 = 1_000_000;

thread_local! {
    static ON_DUTY: RefCell<Duty> =
        const {
            RefCell::new(Duty { polling: 0, dispatching: 0, outside: None, touched: Vec::new(), now: None })
        };
}

/// What this thread is doing for the library.
struct Duty {
    /// The reactor that polls here, by its address; 0: none. What it finds for handlers it runs itself, or leaves to
    /// others, right after.
    polling: usize,
    /// The reactor whose handler runs here, by its address; 0: none. A handler may use another client as any thread
    /// may: that one has its own reactor.
    dispatching: usize,
    /// Set while the handlers run outside the library, where nobody looks after each of them ([`together`]): where
    /// the last timer is due that makes up for it, and when.
    outside: Option<(usize, u64)>,
    /// Cells that got commands from handlers and are driven when the batch is done.
    touched: Vec<Arc<dyn Driven>>,
    /// The time as the dispatcher read it last: a handler that sends need not ask again.
    now: Option<Now>,
}

/// Inside a handler of this reactor: remembers a cell to drive after the batch. False outside.
pub(crate) fn touch_later<D: Driven + 'static>(reactor: &Arc<Reactor>, cell: &Arc<D>) -> bool {
    ON_DUTY.with(|duty| {
        let mut duty = duty.borrow_mut();
        let inside = duty.dispatching == reactor.identity();
        let known = |t: &Arc<dyn Driven>| std::ptr::addr_eq(Arc::as_ptr(t), Arc::as_ptr(cell));
        if inside && !duty.touched.iter().any(known) {
            duty.touched.push(cell.clone());
            if let Some(backstop) = &mut duty.outside {
                // A handler that sends and then takes its time must not keep what it sent. One timer does for all
                // that is sent before it is due.
                let (now, place) = (reactor.now().mono_ns, Arc::as_ptr(cell).addr());
                if backstop.0 != place || backstop.1 <= now {
                    let at = now.saturating_add(BACKSTOP_NS);
                    *backstop = (place, at);
                    reactor.at(at, cell.clone());
                }
            }
        }
        inside
    })
}

/// Tells handlers on this thread what time it is; `None` when no handler runs.
pub(crate) fn set_handler_time(now: Option<Now>) {
    ON_DUTY.with(|duty| duty.borrow_mut().now = now);
}

/// Runs handlers with the thread marked, so that what they send is written together.
pub(crate) fn as_dispatcher<R>(reactor: &Arc<Reactor>, run: impl FnOnce() -> R) -> R {
    let own = reactor.identity();
    let nested = ON_DUTY.with(|duty| std::mem::replace(&mut duty.borrow_mut().dispatching, own));
    let result = run();
    ON_DUTY.with(|duty| duty.borrow_mut().dispatching = nested);
    result
}

/// Drives the cells that got commands meanwhile.
pub(crate) fn drive_touched(reactor: &Arc<Reactor>) {
    let touched = ON_DUTY.with(|duty| std::mem::take(&mut duty.borrow_mut().touched));
    for cell in touched {
        cell.poke(reactor);
    }
}

/// Runs what handles polled events: what it sends and answers on this thread is written together, when it returns
/// or after [`BACKSTOP_NS`].
pub(crate) fn together<R>(reactor: &Arc<Reactor>, run: impl FnOnce() -> R) -> R {
    let nested = ON_DUTY.with(|duty| duty.borrow_mut().outside.replace((0, 0)));
    let result = as_dispatcher(reactor, run);
    ON_DUTY.with(|duty| duty.borrow_mut().outside = nested);
    drive_touched(reactor);
    result
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A handler's panic is caught before it can poison; what is left is better used than refused.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reactor {
    /// Starts `threads` threads (at least 2: one polls while the other runs handlers).
    pub(crate) fn start(threads: usize, name: &str) -> io::Result<Arc<Self>> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKER)?;
        let reactor = Arc::new(Reactor {
            clock: Clock::new(),
            poll: Mutex::new(PollState { poll, events: Events::with_capacity(256) }),
            registry,
            waker,
            targets: RwLock::new(Targets::default()),
            timers: Mutex::new(BinaryHeap::new()),
            asleep_until: AtomicU64::new(0),
            ready: Mutex::new(VecDeque::new()),
            again: Mutex::new(Vec::new()),
            busy_since: AtomicU64::new(0),
            standing_by: AtomicUsize::new(0),
            sound_asleep: AtomicUsize::new(0),
            last_traffic: AtomicU64::new(0),
            bench: (Mutex::new(()), Condvar::new()),
            stop: AtomicBool::new(false),
            counting: Counting::default(),
            // With one processor there is nobody who could work meanwhile.
            first_write: match std::thread::available_parallelism() {
                Ok(processors) if processors.get() == 1 => usize::MAX,
                _ => FIRST_WRITE,
            },
            running: AtomicUsize::new(threads.max(2)),
            forks: FORKS.load(Ordering::Relaxed),
        });
        for i in 0..threads.max(2) {
            let own = reactor.clone();
            std::thread::Builder::new().name(format!("{name}-{i}")).spawn(move || own.work())?;
        }
        Ok(reactor)
    }

    /// Asks the threads to end. Does not wait: a handler may run still.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.wake();
        // Under the lock, or a thread that is about to sleep for good would miss it.
        let _guard = lock(&self.bench.0);
        self.bench.1.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether this is a child of the process that started the threads.
    pub(crate) fn is_forked(&self) -> bool {
        FORKS.load(Ordering::Relaxed) != self.forks
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Whether the caller is inside a handler of this client or gateway.
    pub(crate) fn in_handler(&self) -> bool {
        ON_DUTY.with(|duty| duty.borrow().dispatching) == self.identity()
    }

    /// The time for something a caller wants: inside a handler the one its dispatcher read.
    pub(crate) fn callers_now(&self) -> Now {
        let read = ON_DUTY.with(|duty| {
            let duty = duty.borrow();
            // Another reactor's clock counts from another start.
            duty.now.filter(|_| duty.dispatching == self.identity())
        });
        read.unwrap_or_else(|| self.clock.now())
    }

    /// After how many handlers of a batch what they sent is written for the first time: after half of them, so that
    /// the other side works on it while the rest is handled.
    pub(crate) fn first_write(&self, batch: usize) -> usize {
        self.first_write.max(batch.div_ceil(2))
    }

    /// What its threads asked of the system.
    pub(crate) fn counts(&self) -> EngineCounts {
        let c = &self.counting;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        EngineCounts {
            polls: read(&c.polls),
            reads: read(&c.reads),
            writes: read(&c.writes),
            wakes: read(&c.wakes),
            take_overs: read(&c.take_overs),
        }
    }

    pub(crate) fn count_read(&self) {
        count(&self.counting.reads);
    }

    pub(crate) fn count_write(&self) {
        count(&self.counting.writes);
    }

    pub(crate) fn wake(&self) {
        count(&self.counting.wakes);
        // A waker that fails has no poll to wake any more.
        let _ = self.waker.wake();
    }

    // ---- what cells use -----------------------------------------------------------------------------------

    pub(crate) fn register(
        &self,
        driven: Arc<dyn Driven>,
        socket: usize,
        source: &mut impl Source,
        interest: Interest,
    ) -> io::Result<usize> {
        let place = {
            let mut targets = self.targets.write().unwrap_or_else(PoisonError::into_inner);
            let target = Some(Target { driven, socket });
            match targets.free.pop() {
                Some(place) => {
                    if let Some(empty) = targets.places.get_mut(place) {
                        *empty = target;
                    }
                    place
                }
                None => {
                    targets.places.push(target);
                    targets.places.len() - 1
                }
            }
        };
        let registered = self.registry.register(source, Token(place), interest);
        if registered.is_err() {
            self.release(place);
        }
        registered.map(|()| place)
    }

    /// Gives a registered socket to another owner.
    pub(crate) fn retarget(&self, place: usize, driven: Arc<dyn Driven>, socket: usize) {
        let mut targets = self.targets.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = targets.places.get_mut(place) {
            *target = Some(Target { driven, socket });
        }
    }

    pub(crate) fn deregister(&self, place: usize, source: &mut impl Source) {
        let _ = self.registry.deregister(source);
        self.release(place);
    }

    fn release(&self, place: usize) {
        let mut targets = self.targets.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = targets.places.get_mut(place)
            && target.take().is_some()
        {
            targets.free.push(place);
        }
    }

    /// Calls `driven.timer` at `at` (monotonic ns).
    pub(crate) fn at(&self, at: u64, driven: Arc<dyn Driven>) {
        if self.is_stopped() {
            return;
        }
        lock(&self.timers).push(Reverse(Timer { at, driven }));
        if at < self.asleep_until.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// A cell has events for handlers.
    pub(crate) fn has_events(&self, driven: Arc<dyn Driven>) {
        lock(&self.ready).push_back(driven);
        if ON_DUTY.with(|duty| duty.borrow().polling) != self.identity() {
            self.wake();
        }
    }

    /// A socket has more to read than a turn allows.
    pub(crate) fn read_again(&self, driven: Arc<dyn Driven>, socket: usize) {
        lock(&self.again).push(Target { driven, socket });
    }

    // ---- threads ------------------------------------------------------------------------------------------

    fn work(self: Arc<Self>) {
        while !self.is_stopped() {
            let Ok(mut state) = self.poll.try_lock() else {
                self.stand_by();
                continue;
            };
            self.busy_since.store(0, Ordering::SeqCst);
            ON_DUTY.with(|duty| duty.borrow_mut().polling = self.identity());
            self.turn(&mut state);
            ON_DUTY.with(|duty| duty.borrow_mut().polling = 0);
            // Without a free thread behind it, this one goes on polling and leaves the handlers to those that
            // run some already.
            let may_leave = self.standing_by.load(Ordering::SeqCst) > 0;
            if !may_leave || lock(&self.ready).is_empty() {
                drop(state);
                continue;
            }
            self.busy_since.store(self.clock.mono_ns(), Ordering::SeqCst);
            drop(state);
            self.wake_stand_by();
            self.dispatch_ready();
        }
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.let_go();
        }
    }

    /// Forgets what it drove, because that may hold the reactor in turn (a gateway's listener does).
    fn let_go(&self) {
        let timers = std::mem::take(&mut *lock(&self.timers));
        let ready = std::mem::take(&mut *lock(&self.ready));
        let again = std::mem::take(&mut *lock(&self.again));
        let targets = std::mem::take(&mut *self.targets.write().unwrap_or_else(PoisonError::into_inner));
        drop((timers, ready, again, targets));
    }

    fn dispatch_ready(self: &Arc<Self>) {
        loop {
            let Some(cell) = lock(&self.ready).pop_front() else { break };
            cell.dispatch(self);
        }
    }

    /// Waits until the thread that polls is away for too long.
    fn stand_by(self: &Arc<Self>) {
        self.standing_by.fetch_add(1, Ordering::SeqCst);
        loop {
            if self.is_stopped() {
                break;
            }
            // The one that polls leaves events behind when it finds nobody standing by: they are ours then.
            if !lock(&self.ready).is_empty() {
                self.standing_by.fetch_sub(1, Ordering::SeqCst);
                self.dispatch_ready();
                self.standing_by.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let now = self.clock.mono_ns();
            let since = self.busy_since.load(Ordering::SeqCst);
            if since != 0 && now.saturating_sub(since) >= TAKE_OVER_NS {
                count(&self.counting.take_overs);
                break;
            }
            let quiet = now.saturating_sub(self.last_traffic.load(Ordering::Relaxed)) > QUIET_NS;
            let guard = lock(&self.bench.0);
            if since == 0 && quiet {
                // Announced first and checked again, so that a dispatch that begins now is not missed.
                self.sound_asleep.fetch_add(1, Ordering::SeqCst);
                if self.busy_since.load(Ordering::SeqCst) == 0 && !self.is_stopped() {
                    let _ = self.bench.1.wait_timeout(guard, Duration::from_secs(3600));
                }
                self.sound_asleep.fetch_sub(1, Ordering::SeqCst);
            } else {
                let _ = self.bench.1.wait_timeout(guard, Duration::from_nanos(TAKE_OVER_NS));
            }
        }
        self.standing_by.fetch_sub(1, Ordering::SeqCst);
    }

    fn wake_stand_by(&self) {
        if self.sound_asleep.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.bench.0);
            self.bench.1.notify_all();
        }
    }

    fn turn(self: &Arc<Self>, state: &mut PollState) {
        let timeout = self.poll_timeout();
        count(&self.counting.polls);
        if let Err(error) = state.poll.poll(&mut state.events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            // Nothing sensible is left to poll; do not spin.
            std::thread::sleep(Duration::from_millis(10));
        }
        self.asleep_until.store(0, Ordering::SeqCst);
        if self.is_stopped() {
            return;
        }
        let now = self.now();
        let again = std::mem::take(&mut *lock(&self.again));
        if !state.events.is_empty() || !again.is_empty() {
            self.last_traffic.store(now.mono_ns, Ordering::Relaxed);
        }
        for event in &state.events {
            if event.token() == WAKER {
                continue;
            }
            let target_of = |event: &mio::event::Event| {
                let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
                targets.places.get(event.token().0).cloned().flatten()
            };
            if let Some(target) = target_of(event) {
                let readable = event.is_readable() || event.is_read_closed() || event.is_error();
                let writable = event.is_writable();
                target.driven.ready(self, target.socket, now, readable, writable);
                // The end came in one event with the last octets, and no other event tells of it. Whose
                // connection it is may have changed: a guest that logged in belongs to its account.
                if event.is_read_closed()
                    && let Some(target) = target_of(event)
                {
                    self.read_again(target.driven, target.socket);
                }
            }
        }
        for target in again {
            target.driven.ready(self, target.socket, now, true, false);
        }
        self.due_timers(now);
    }

    /// How long to poll: until the next timer, or not at all when something is waiting.
    fn poll_timeout(&self) -> Option<Duration> {
        let first = lock(&self.timers).peek().map(|Reverse(timer)| timer.at);
        let until = first.unwrap_or(u64::MAX);
        self.asleep_until.store(until, Ordering::SeqCst);
        let waiting = !lock(&self.again).is_empty()
            || (!lock(&self.ready).is_empty() && self.standing_by.load(Ordering::SeqCst) > 0);
        if waiting {
            return Some(Duration::ZERO);
        }
        // A timer that came between the look and the announcement would not wake us: look again.
        let first = lock(&self.timers).peek().map(|Reverse(timer)| timer.at)?;
        let now = self.clock.mono_ns();
        Some(Duration::from_nanos(first.saturating_sub(now)))
    }

    fn due_timers(self: &Arc<Self>, now: Now) {
        loop {
            let due = {
                let mut timers = lock(&self.timers);
                match timers.peek() {
                    Some(Reverse(timer)) if timer.at <= now.mono_ns => timers.pop(),
                    _ => None,
                }
            };
            match due {
                Some(Reverse(timer)) => timer.driven.timer(self, timer.at, now),
                None => break,
            }
        }
    }
}
