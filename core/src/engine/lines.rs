//! Log lines that belong to no account: they reach handlers and pollers as every other event does.

use super::hub::Hub;
use super::reactor::{self, Reactor, lock};
use crate::message::{Event, EventKinds, Log, LogLevel};
use crate::time::Now;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Lines that wait for a handler that takes long; further ones are lost.
const WAITING: usize = 64;

/// The log lines of one listener.
#[derive(Debug)]
pub(super) struct Lines {
    hub: Arc<Hub>,
    /// What stands for the account: the listener's address.
    source: Arc<str>,
    queue: Mutex<VecDeque<Event>>,
    dispatching: AtomicBool,
}

impl Lines {
    pub(super) fn new(hub: Arc<Hub>, source: &str) -> Self {
        Lines {
            hub,
            source: Arc::from(source),
            queue: Mutex::new(VecDeque::new()),
            dispatching: AtomicBool::new(false),
        }
    }

    /// Writes a line. True: a dispatcher has to call [`Lines::dispatch`].
    pub(super) fn say(&self, now: Now, level: LogLevel, text: String) -> bool {
        let account = self.source.clone();
        let log = Log { account, time: now.unix_ms, level, area: "login", text };
        let event = Event::Log(Box::new(log));
        if !self.hub.kinds().has(EventKinds::LOG) {
            self.hub.fallback(&event);
            return false;
        }
        let backlog = self.hub.backlog();
        let mut queue = lock(&self.queue);
        if backlog.is_full() || queue.len() >= WAITING {
            return false;
        }
        backlog.add(1, event.octets());
        if self.hub.polls() {
            drop(queue);
            self.hub.queue(std::iter::once(event));
            return false;
        }
        queue.push_back(event);
        !self.dispatching.load(Ordering::SeqCst)
    }

    /// Runs the handlers. One thread at a time: lines come in order.
    pub(super) fn dispatch(&self, reactor: &Arc<Reactor>) {
        while !self.dispatching.swap(true, Ordering::SeqCst) {
            loop {
                let Some(event) = lock(&self.queue).pop_front() else { break };
                reactor::as_dispatcher(reactor, || self.hub.handle(&event));
                self.hub.finished(1, event.octets(), 0);
                reactor::drive_touched(reactor);
            }
            self.dispatching.store(false, Ordering::SeqCst);
            // A line that came between the last look and the mark.
            if lock(&self.queue).is_empty() {
                break;
            }
        }
    }
}
