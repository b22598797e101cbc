//! What a client and its tickets share: the core's client, outcomes by ticket, and what has not been handled.

use crate::client::is_wanted;
use crate::convert::Seconds;
use crate::errors::{guarded, send_error};
use crate::ticket::Ticket;
use pyo3::prelude::*;
use sanwang::{Event, EventKinds, Outcome, SendError, Submit};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Longest time without a look at the signals.
const SLICE: Duration = Duration::from_millis(100);

/// The place of a ticket's outcome. A ticket object keeps it as long as it lives, however many others follow.
pub(crate) type Slot = OnceLock<Outcome>;

/// Tickets and the places of their outcomes.
#[derive(Default)]
struct Book {
    /// Open tickets whose object may still be asked.
    slots: HashMap<u64, Weak<Slot>>,
    /// Calls of `send` that have not come back.
    sending: usize,
    /// Outcomes that overtook the `send` of their ticket.
    early: HashMap<u64, Outcome>,
    /// Tickets without a handled outcome.
    open: usize,
    /// Outcomes of the batch in work that no handler wants: they count once the batch is done, in its order.
    skipped: usize,
}

impl Book {
    /// Gives an outcome to the ticket object, if it is still there.
    fn keep(&mut self, outcome: &Outcome) {
        let ticket = outcome.ticket.as_u64();
        match self.slots.remove(&ticket) {
            Some(slot) => {
                if let Some(slot) = slot.upgrade() {
                    let _ = slot.set(outcome.clone());
                }
            }
            None if self.sending > 0 => {
                self.early.insert(ticket, outcome.clone());
            }
            None => {}
        }
    }

    /// A `send` came back.
    fn sent(&mut self, ticket: Option<u64>) -> Option<Arc<Slot>> {
        self.sending -= 1;
        let slot = ticket.map(|ticket| {
            let slot = Arc::new(Slot::new());
            match self.early.remove(&ticket) {
                Some(outcome) => drop(slot.set(outcome)),
                None => drop(self.slots.insert(ticket, Arc::downgrade(&slot))),
            }
            slot
        });
        if self.sending == 0 {
            self.early.clear();
        }
        slot
    }
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

/// See the module.
pub(crate) struct Shared {
    /// `None` only while dropping.
    client: Option<sanwang::Client>,
    pid: u32,
    book: Mutex<Book>,
    fewer: Condvar,
    wanted: AtomicU32,
    handler_thread: OnceLock<ThreadId>,
}

impl Shared {
    pub(crate) fn new(client: sanwang::Client) -> Self {
        Shared {
            client: Some(client),
            pid: std::process::id(),
            book: Mutex::default(),
            fewer: Condvar::new(),
            wanted: AtomicU32::new(0),
            handler_thread: OnceLock::new(),
        }
    }

    pub(crate) fn client(&self) -> &sanwang::Client {
        self.client.as_ref().expect("only dropping takes it")
    }

    pub(crate) fn is_forked(&self) -> bool {
        std::process::id() != self.pid
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

    pub(crate) fn polling(&self) {
        let _ = self.handler_thread.set(thread::current().id());
        let skipped = std::mem::take(&mut lock(&self.book).skipped);
        self.decided(skipped);
    }

    pub(crate) fn want(&self, kinds: EventKinds) {
        self.wanted.store(kinds.0, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) -> usize {
        lock(&self.book).open
    }

    pub(crate) fn send(self: &Arc<Self>, submit: Submit, wait: Duration) -> Result<Ticket, SendError> {
        // Counted before it is accepted, because its outcome may overtake us.
        {
            let mut book = lock(&self.book);
            book.open += 1;
            book.sending += 1;
        }
        // A panic inside leaves the counts right, too.
        let sent = catch_unwind(AssertUnwindSafe(|| self.client().send_within(submit, wait)));
        let ticket = sent.as_ref().ok().and_then(|sent| sent.as_ref().ok()).map(|t| t.as_u64());
        let slot = lock(&self.book).sent(ticket);
        if ticket.is_none() {
            self.decided(1);
        }
        let ticket = sent.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(Ticket::new(ticket, self.clone(), slot.unwrap_or_default()))
    }

    /// Events for the handlers. Those that nobody wants are finished here, without Python.
    pub(crate) fn poll(&self, max: usize, until: Instant) -> Option<Vec<Event>> {
        let client = self.client();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let mut events = client.poll(max, left)?;
            let kinds = EventKinds(self.wanted.load(Ordering::SeqCst));
            let (mut skipped, mut unhandled) = (0, Vec::new());
            let mut book = lock(&self.book);
            events.retain(|event| {
                let wanted = is_wanted(event, kinds);
                if let Event::Outcome(outcome) = event {
                    book.keep(outcome);
                    skipped += usize::from(!wanted);
                }
                if !wanted {
                    unhandled.extend(event.token());
                }
                wanted
            });
            if !events.is_empty() {
                book.skipped += skipped;
                skipped = 0;
            }
            drop(book);
            self.decided(skipped);
            unhandled.into_iter().for_each(|token| client.handled(token));
            if !events.is_empty() {
                return Some(events);
            }
            if left.is_zero() {
                return Some(events);
            }
        }
    }

    /// So many tickets are done with.
    pub(crate) fn decided(&self, tickets: usize) {
        if tickets == 0 {
            return;
        }
        let mut book = lock(&self.book);
        book.open = book.open.saturating_sub(tickets);
        if book.open == 0 {
            drop(book);
            self.fewer.notify_all();
        }
    }

    /// Whether every ticket is done with, waiting up to `wait` for it.
    pub(crate) fn all_decided(&self, wait: Duration) -> bool {
        let waited = self.fewer.wait_timeout_while(lock(&self.book), wait, |book| book.open > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.open == 0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The threads of a parent are not in its child, and a lock they held there stays taken: nothing to end.
        if self.is_forked() {
            std::mem::forget(self.client.take());
        }
    }
}
