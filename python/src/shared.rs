//! What a client or gateway and its tickets share: the core's handle, outcomes by ticket, and what has not been
//! handled.

use crate::convert::Seconds;
use crate::errors::{guarded, send_error};
use crate::ticket::Ticket;
use pyo3::prelude::*;
use sanwang::message::{DayCounts, Outcome};
use sanwang::{Client, Event, EventKinds, Gateway, Left, Link, LinkError, SendError, Token};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Longest time without a look at the signals.
const SLICE: Duration = Duration::from_millis(100);

/// Forks that this process has behind it. A counter, because asking for the process's number is a system call.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// This is the child of a fork.
pub(crate) fn note_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The place of a ticket's outcome. A ticket object keeps it as long as it lives, however many others follow.
pub(crate) type Slot = OnceLock<Arc<Outcome>>;

/// Tickets are numbers that nobody outside chooses, so one multiplication spreads them well enough.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.write_u64(u64::from(*octet)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

type ByTicket<T> = HashMap<u64, T, BuildHasherDefault<Spread>>;

/// Tickets and the places of their outcomes.
#[derive(Default)]
struct Book {
    /// Open tickets whose object may still be asked.
    slots: ByTicket<Weak<Slot>>,
    /// Outcomes that overtook the `send` of their ticket.
    early: ByTicket<Arc<Outcome>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for `step`, which waits at most for the time it is given, without the GIL; Ctrl-C is heard between. `None`:
/// not within `wait`.
pub(crate) fn wait_in_slices<T: Send>(
    py: Python<'_>,
    wait: Duration,
    mut step: impl FnMut(Duration) -> Option<T> + Send,
) -> PyResult<Option<T>> {
    let end = Instant::now() + wait;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if let Some(value) = guarded(py, || py.detach(|| step(left.min(SLICE))))? {
            return Ok(Some(value));
        }
        py.check_signals()?;
        if left.is_zero() {
            return Ok(None);
        }
    }
}

/// Does something long on a thread of its own and waits for it, so that Ctrl-C is heard meanwhile; it then goes on
/// without us. `None`: it panicked.
pub(crate) fn elsewhere<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<Option<T>> {
    let (tell, told) = channel();
    let run = move || {
        let _ = tell.send(work());
    };
    thread::Builder::new().name("sanwang-close".to_owned()).spawn(run)?;
    let done = wait_in_slices(py, Seconds::or_forever(None), move |slice| match told.recv_timeout(slice) {
        Ok(value) => Some(Some(value)),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(None),
    })?;
    Ok(done.flatten())
}

/// The core's handle.
#[derive(Clone)]
pub(crate) enum Handle {
    Client(Client),
    Gateway(Gateway),
    Link(Link),
}

impl Handle {
    /// Kinds that are handed over whether there is a handler or not.
    fn always(&self) -> EventKinds {
        match self {
            Handle::Client(_) => EventKinds::DELIVER | EventKinds::TROUBLE | EventKinds::LOG,
            Handle::Gateway(_) => {
                EventKinds::SUBMIT
                    | EventKinds::QUERY
                    | EventKinds::CANCEL
                    | EventKinds::TROUBLE
                    | EventKinds::LOG
            }
            Handle::Link(_) => {
                EventKinds::LINK_REQUEST | EventKinds::LINK_REPLY | EventKinds::TROUBLE | EventKinds::LOG
            }
        }
    }

    fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        match self {
            Handle::Client(client) => client.poll(max, timeout),
            Handle::Gateway(gateway) => gateway.poll(max, timeout),
            Handle::Link(link) => link.poll(max, timeout),
        }
    }

    pub(crate) fn outcome(&self, ticket: sanwang::Ticket, wait: Duration) -> Option<Arc<Outcome>> {
        let found = match self {
            Handle::Client(client) => client.outcome(ticket, wait),
            Handle::Gateway(gateway) => gateway.outcome(ticket, wait),
            Handle::Link(_) => return None,
        };
        found.ok().flatten()
    }

    pub(crate) fn close(&self, deadline: Duration) -> Result<Left, SendError> {
        match self {
            Handle::Client(client) => client.close(deadline),
            Handle::Gateway(gateway) => gateway.close(deadline),
            Handle::Link(link) => link.close(deadline).map_err(|error| match error {
                LinkError::WouldDeadlock => SendError::WouldDeadlock,
                _ => SendError::Closed,
            }),
        }
    }

    /// Runs handlers: what they send is written together, when this returns or after a millisecond.
    pub(crate) fn together<R>(&self, run: impl FnOnce() -> R) -> R {
        match self {
            Handle::Client(client) => client.together(run),
            Handle::Gateway(gateway) => gateway.together(run),
            Handle::Link(_) => run(),
        }
    }

    /// Answers a request for counts.
    pub(crate) fn answer_query(&self, token: Token, counts: DayCounts) {
        if let Handle::Gateway(gateway) = self {
            gateway.answer_query(token, counts);
        }
    }

    /// Answers what handlers are done with; an SP's requests have no other result than 0.
    pub(crate) fn answer(&self, answers: &[(Token, u32)]) {
        match self {
            Handle::Client(client) => {
                client.handled_all(&answers.iter().map(|(token, _)| *token).collect::<Vec<_>>());
            }
            Handle::Gateway(gateway) => gateway.answer_all(answers),
            // Its requests are answered with PDUs.
            Handle::Link(_) => {}
        }
    }
}

/// One polled event.
pub(crate) enum Item {
    /// An outcome, and whether a handler wants it.
    Outcome(Arc<Outcome>, bool),
    /// Something else that is handed over.
    Event(Event),
    /// Something else that nobody wants, with the token to answer.
    Unwanted(Option<Token>),
}

/// See the module.
pub(crate) struct Shared {
    /// `None` only while dropping.
    handle: Option<Handle>,
    forks: u32,
    book: Mutex<Book>,
    /// Calls of `send` that have not come back.
    sending: AtomicUsize,
    /// Tickets without a handled outcome.
    open: AtomicUsize,
    fewer: Condvar,
    wanted: AtomicU32,
    handler_thread: OnceLock<ThreadId>,
}

impl Shared {
    pub(crate) fn new(handle: Handle) -> Self {
        Shared {
            handle: Some(handle),
            forks: FORKS.load(Ordering::Relaxed),
            book: Mutex::default(),
            sending: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            fewer: Condvar::new(),
            wanted: AtomicU32::new(0),
            handler_thread: OnceLock::new(),
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.handle.as_ref().expect("only dropping takes it")
    }

    pub(crate) fn is_forked(&self) -> bool {
        FORKS.load(Ordering::Relaxed) != self.forks
    }

    pub(crate) fn check_fork(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_forked() { Err(send_error(py, &SendError::Forked)) } else { Ok(()) }
    }

    /// Before anything that waits: not in a child, not in a handler.
    pub(crate) fn check_waiting(&self, py: Python<'_>) -> PyResult<()> {
        self.check_fork(py)?;
        if self.in_handler() { Err(send_error(py, &SendError::WouldDeadlock)) } else { Ok(()) }
    }

    pub(crate) fn in_handler(&self) -> bool {
        self.handler_thread.get() == Some(&thread::current().id())
    }

    /// From here on the caller's thread is the one that calls handlers.
    pub(crate) fn polling(&self) {
        let _ = self.handler_thread.set(thread::current().id());
    }

    pub(crate) fn want(&self, kinds: EventKinds) {
        self.wanted.store(kinds.0, Ordering::SeqCst);
    }

    /// Whether anybody takes an event.
    fn is_wanted(&self, event: &Event) -> bool {
        let kinds = EventKinds(self.wanted.load(Ordering::Relaxed));
        (kinds | self.handle().always()).has(event.kind())
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Makes a ticket; `accept` is the core's part of it.
    pub(crate) fn send(
        self: &Arc<Self>,
        accept: impl FnOnce() -> Result<sanwang::Ticket, SendError>,
    ) -> Result<Ticket, SendError> {
        // Counted before it is accepted, because its outcome may overtake us.
        self.open.fetch_add(1, Ordering::SeqCst);
        self.sending.fetch_add(1, Ordering::SeqCst);
        // A panic inside leaves the counts right, too.
        let sent = catch_unwind(AssertUnwindSafe(accept));
        let ticket = sent.as_ref().ok().and_then(|sent| sent.as_ref().ok()).map(|t| t.as_u64());
        let slot = Arc::new(Slot::new());
        let mut book = lock(&self.book);
        if let Some(ticket) = ticket {
            let early = if book.early.is_empty() { None } else { book.early.remove(&ticket) };
            match early {
                Some(outcome) => drop(slot.set(outcome)),
                None => drop(book.slots.insert(ticket, Arc::downgrade(&slot))),
            }
        }
        if self.sending.fetch_sub(1, Ordering::SeqCst) == 1 {
            book.early.clear();
        }
        drop(book);
        if ticket.is_none() {
            self.decided(1);
        }
        let ticket = sent.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(Ticket::new(ticket, self.clone(), slot))
    }

    /// Makes up to `most` tickets; `accept` is the core's part of it.
    pub(crate) fn send_each(
        self: &Arc<Self>,
        most: usize,
        accept: impl FnOnce() -> Vec<Result<sanwang::Ticket, SendError>>,
    ) -> Vec<Result<Ticket, SendError>> {
        self.open.fetch_add(most, Ordering::SeqCst);
        self.sending.fetch_add(1, Ordering::SeqCst);
        let sent = catch_unwind(AssertUnwindSafe(accept));
        let mut book = lock(&self.book);
        let mut tickets = Vec::new();
        for result in sent.as_ref().ok().into_iter().flatten() {
            tickets.push(result.as_ref().map_err(Clone::clone).map(|ticket| {
                let slot = Arc::new(Slot::new());
                match book.early.remove(&ticket.as_u64()) {
                    Some(outcome) => drop(slot.set(outcome)),
                    None => drop(book.slots.insert(ticket.as_u64(), Arc::downgrade(&slot))),
                }
                Ticket::new(*ticket, self.clone(), slot)
            }));
        }
        if self.sending.fetch_sub(1, Ordering::SeqCst) == 1 {
            book.early.clear();
        }
        drop(book);
        self.decided(most.saturating_sub(tickets.iter().filter(|ticket| ticket.is_ok()).count()));
        if let Err(panic) = sent {
            resume_unwind(panic);
        }
        tickets
    }

    /// Gives outcomes to the ticket objects that are still there.
    fn keep(&self, items: &[Item]) {
        if !items.iter().any(|item| matches!(item, Item::Outcome(..))) {
            return;
        }
        let mut book = lock(&self.book);
        for item in items {
            let Item::Outcome(outcome, _) = item else { continue };
            let ticket = outcome.ticket.as_u64();
            match book.slots.remove(&ticket) {
                Some(slot) => {
                    if let Some(slot) = slot.upgrade() {
                        let _ = slot.set(outcome.clone());
                    }
                }
                None if self.sending.load(Ordering::SeqCst) > 0 => {
                    book.early.insert(ticket, outcome.clone());
                }
                None => {}
            }
        }
    }

    /// Events for the handlers, waiting until `until` for the first. A batch that nobody wants is finished here,
    /// without Python. `None`: the end.
    pub(crate) fn poll(&self, max: usize, until: Instant) -> Option<Vec<Item>> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let events = self.handle().poll(max, left)?;
            let mut wanted = false;
            let item = |event: Event| {
                let is_wanted = self.is_wanted(&event);
                wanted |= is_wanted;
                match event {
                    Event::Outcome(outcome) => Item::Outcome(outcome, is_wanted),
                    event if is_wanted => Item::Event(event),
                    event => Item::Unwanted(event.token()),
                }
            };
            let items: Vec<Item> = events.into_iter().map(item).collect();
            self.keep(&items);
            if wanted || left.is_zero() {
                return Some(items);
            }
            self.finish(&items);
        }
    }

    /// Ends a batch in which there is nothing for a handler.
    fn finish(&self, items: &[Item]) {
        let tokens = items.iter().filter_map(|item| match item {
            Item::Unwanted(token) => token.map(|token| (token, 0)),
            _ => None,
        });
        let tokens: Vec<_> = tokens.collect();
        if !tokens.is_empty() {
            self.handle().answer(&tokens);
        }
        self.decided(items.iter().filter(|item| matches!(item, Item::Outcome(..))).count());
    }

    /// So many tickets are done with.
    pub(crate) fn decided(&self, tickets: usize) {
        if tickets > 0 && self.open.fetch_sub(tickets, Ordering::SeqCst) == tickets {
            // Under the lock, or one who is about to wait would miss it.
            drop(lock(&self.book));
            self.fewer.notify_all();
        }
    }

    /// Whether every ticket is done with, waiting up to `wait` for it.
    pub(crate) fn all_decided(&self, wait: Duration) -> bool {
        let open = |_: &mut Book| self.open() > 0;
        drop(self.fewer.wait_timeout_while(lock(&self.book), wait, open));
        self.open() == 0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The threads of a parent are not in its child, and a lock they held there stays taken: nothing to end.
        if self.is_forked() {
            std::mem::forget(self.handle.take());
        }
    }
}
