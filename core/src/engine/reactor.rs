//! Threads, polling and timers.
//!
//! The threads take turns at polling. The one that polls also reads, runs the state machines and writes, and
//! then runs the handlers itself, because a hand-over costs as much as the rest of a message. Only when its
//! handlers take longer than [`TAKE_OVER_NS`] does another thread take the polling over; and the last free
//! thread never runs handlers, so that link tests and answers are read whatever the handlers do.

mod duty;
mod threads;

pub(crate) use duty::{as_dispatcher, drive_touched, set_handler_time, together, touch_later};

use super::clock::Clock;
use crate::time::Now;
use duty::ON_DUTY;
use mio::event::Source;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

/// At least so many handlers run before what they sent is written, because a write costs as much as a few messages.
const FIRST_WRITE: usize = 8;
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
    /// One of those that stand by watches how long the handlers take.
    watched: AtomicBool,
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

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A handler's panic is caught before it can poison; what is left is better used than refused.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock, if nobody has it. As [`lock`], it takes what a panic left behind: nobody would ever have it again otherwise.
pub(crate) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(left)) => Some(left.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Where a call comes from: looked up once for what a send asks more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// Inside a handler of this client or gateway.
    pub(crate) in_handler: bool,
    read: Option<Now>,
}

impl Caller {
    /// The time for something it wants: inside a handler the one its dispatcher read.
    pub(crate) fn now(self, reactor: &Reactor) -> Now {
        self.read.unwrap_or_else(|| reactor.clock.now())
    }
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
            watched: AtomicBool::new(false),
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
            let spawned = std::thread::Builder::new().name(format!("{name}-{i}")).spawn(move || own.work());
            // Those that run already would poll for nobody.
            spawned.inspect_err(|_| reactor.stop())?;
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

    /// Tells it from others; never 0.
    pub(crate) fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Whether the caller is inside a handler of this client or gateway.
    pub(crate) fn in_handler(&self) -> bool {
        ON_DUTY.with(|duty| duty.borrow().dispatching) == self.identity()
    }

    /// Where the caller is.
    pub(crate) fn caller(&self) -> Caller {
        ON_DUTY.with(|duty| {
            let duty = duty.borrow();
            let in_handler = duty.dispatching == self.identity();
            // Another reactor's clock counts from another start.
            Caller { in_handler, read: duty.now.filter(|_| in_handler) }
        })
    }

    /// The time for something a caller wants: inside a handler the one its dispatcher read.
    pub(crate) fn callers_now(&self) -> Now {
        self.caller().now(self)
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
}
