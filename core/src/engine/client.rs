//! The SP's handle: accounts, sending, events, outcomes, the end.

mod accepting;
mod builder;

use super::accounts::{Office, Table};
use super::cell::Command;
use super::changing::Changing;
use super::closing::close_all;
use super::hub::Hub;
use super::reactor::{self, EngineCounts, Reactor, lock};
use crate::account::{Account as Machine, Counters, Left};
use crate::client::{SendError, Sp};
use crate::message::{
    Deliver, Event, Lend, LinkState, Outcome, Submit, SubmitRef, Ticket, TicketMaker, Token,
};
use crate::metrics::AccountMetrics;
use crate::settings::SettingError;
use crate::time::Now;
pub use builder::ClientBuilder;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Why a client or gateway could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting is wrong; the text names it.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Routes or accounts do not fit together.
    #[error("{0}")]
    Config(String),
    /// The system refused a thread or a listening address.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Why waiting for a connection ended.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// Not within the time; the text says where the accounts stand.
    #[error("not online in time: {0}")]
    Timeout(String),
    /// The gateway refused the login.
    #[error("{0}")]
    Refused(String),
    /// It was closed, before or meanwhile.
    #[error("it is closed: open a new one")]
    Closed,
    /// Called from a handler.
    #[error("this would wait for the handler it is called from: call it from another thread")]
    WouldDeadlock,
}

/// Far ends of waiting are cut to what the clock can hold.
pub(super) const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

pub(super) struct Inner {
    pub(super) reactor: Arc<Reactor>,
    pub(super) hub: Arc<Hub>,
    pub(super) table: Changing<Table>,
    pub(super) office: Mutex<Office>,
    tickets: TicketMaker,
    pub(super) closing: AtomicBool,
}

/// An SP's client: one or more accounts, and the messages that go through them.
///
/// Cheap to clone; every clone is the same client. Dropping the last one ends its threads without waiting:
/// [`Client::close`] first, to drain.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let table = self.inner.table.get();
        let names: Vec<&str> = table.ports.iter().map(|p| &*p.name).collect();
        f.debug_struct("Client").field("accounts", &names).finish_non_exhaustive()
    }
}

/// A seed for jitter and references: different in every process and account.
pub(super) fn seed(now: Now, index: usize) -> u64 {
    (now.unix_ms as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ u64::from(std::process::id()) << 32
        ^ (index as u64).wrapping_mul(0xd134_2543_de82_ef95)
        ^ now.mono_ns
}

impl Client {
    /// Starts to collect what a client needs.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with one account and no handlers, for example to send and ask for outcomes.
    ///
    /// # Errors
    /// As [`ClientBuilder::open`].
    pub fn open(url: &str) -> Result<Self, OpenError> {
        Self::builder().account(url).open()
    }

    /// Accepts a message, waiting for room in the queue as long as it takes. Inside a handler it does not
    /// wait.
    ///
    /// # Errors
    /// Why nothing was accepted. There is no outcome then.
    pub fn send(&self, submit: impl Lend) -> Result<Ticket, SendError> {
        self.send_within(submit, Duration::MAX)
    }

    /// Accepts a message if there is room now.
    ///
    /// # Errors
    /// As [`Client::send`], and QUEUE_FULL.
    pub fn try_send(&self, submit: impl Lend) -> Result<Ticket, SendError> {
        self.send_within(submit, Duration::ZERO)
    }

    /// Accepts a message, waiting up to `timeout` for room.
    ///
    /// # Errors
    /// As [`Client::send`], and QUEUE_FULL.
    pub fn send_within(&self, submit: impl Lend, timeout: Duration) -> Result<Ticket, SendError> {
        submit.lend(|submit| self.send_lent(submit, timeout))
    }

    fn send_lent(&self, submit: SubmitRef<'_>, timeout: Duration) -> Result<Ticket, SendError> {
        let inner = &*self.inner;
        inner.check()?;
        let table = inner.table.get();
        let (port, mut order, valid_for_ns) = inner.order(&table, submit)?;
        let caller = inner.reactor.caller();
        inner.reserve(caller, port, 1, (order.segments.len(), order.octets()), timeout)?;
        // After the wait for room, which takes nothing from the message's own time.
        let now = caller.now(&inner.reactor);
        let ticket = inner.accept(now, &mut order, valid_for_ns);
        port.cell.order(&inner.reactor, now, order);
        Ok(ticket)
    }

    /// Answers a message from a phone: on the same account, from the access number it was sent to with its
    /// extension, with its LinkID echoed, whatever the routes say.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn reply(&self, deliver: &Deliver, text: impl Into<String>) -> Result<Ticket, SendError> {
        let mut submit = Submit::to(deliver.sender.to_string_lossy())
            .text(text)
            .sender(deliver.receiver.to_string_lossy())
            .account(&*deliver.account);
        if !deliver.link_id.is_empty() {
            submit = submit.field("link_id", deliver.link_id.to_string_lossy());
        }
        self.send(submit)
    }

    /// Answers a deliver or report that a handler left for later, or that was polled.
    pub fn handled(&self, token: Token) {
        if let Some(port) = self.inner.table.get().by_token(token) {
            port.cell.tell(&self.inner.reactor, Command::Answer(token, 0));
        }
    }

    /// Answers several requests at once, with one turn and one write an account.
    pub fn handled_all(&self, tokens: &[Token]) {
        for port in &self.inner.table.get().ports {
            let own = tokens.iter().copied().filter(|t| t.account() == port.index);
            let own: Vec<Token> = own.collect();
            if !own.is_empty() {
                let answer = move |account: &mut Machine<Sp>, now| {
                    for token in own {
                        account.answer(now, token, 0);
                    }
                };
                port.cell.tell(&self.inner.reactor, Command::Call(Box::new(answer)));
            }
        }
    }

    /// Runs what handles polled events: what it sends and answers on this thread is written together, when it
    /// returns, or after a millisecond. As in a handler, nothing may wait inside: `wait`, `close` and the like
    /// answer WOULD_DEADLOCK.
    pub fn together<R>(&self, run: impl FnOnce() -> R) -> R {
        reactor::together(&self.inner.reactor, run)
    }

    /// The outcome of a ticket, waiting up to `timeout` for it; `None` when there is none yet. Outcomes can be
    /// asked for until 10 minutes after their event, the last 65,536 of them.
    ///
    /// # Errors
    /// WOULD_DEADLOCK when it would wait inside a handler.
    pub fn outcome(&self, ticket: Ticket, timeout: Duration) -> Result<Option<Arc<Outcome>>, SendError> {
        if let Some(outcome) = self.inner.hub.outcome(ticket, Duration::ZERO) {
            return Ok(Some(outcome));
        }
        if self.inner.reactor.in_handler() && !timeout.is_zero() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.hub.outcome(ticket, timeout))
    }

    /// Waits until every ticket has its outcome and the handlers of those events have returned. False: not
    /// within `timeout`.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn wait(&self, timeout: Duration) -> Result<bool, SendError> {
        if self.inner.reactor.in_handler() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.hub.wait(timeout))
    }

    /// Waits until every account is online, or idle and able to dial (SGIP).
    ///
    /// # Errors
    /// A refused login and a close at once; the others' state when the time is over.
    pub fn wait_online(&self, timeout: Duration) -> Result<(), WaitError> {
        if self.inner.reactor.in_handler() {
            return Err(WaitError::WouldDeadlock);
        }
        let end = Instant::now() + timeout.min(LONGEST);
        loop {
            if self.inner.closing.load(Ordering::SeqCst) {
                return Err(WaitError::Closed);
            }
            let mut missing = Vec::new();
            for port in &self.inner.table.get().ports {
                let (_, _, state, trouble) = port.cell.snapshot(&self.inner.reactor);
                match state {
                    LinkState::Online | LinkState::Idle => {}
                    LinkState::Refused => {
                        return Err(WaitError::Refused(format!("{}: {trouble}", port.name)));
                    }
                    other => missing.push(format!("{} is {} ({trouble})", port.name, other.name())),
                }
            }
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(WaitError::Timeout(missing.join("; ")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Takes up to `max` polled events, waiting up to `timeout` for the first. `None` after the close, when
    /// the queue is empty.
    pub fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        self.inner.hub.poll(max, timeout)
    }

    /// Tickets without a handled outcome.
    pub fn open_tickets(&self) -> usize {
        self.inner.hub.open()
    }

    /// Names of the accounts.
    pub fn accounts(&self) -> impl Iterator<Item = Arc<str>> + use<> {
        let names: Vec<Arc<str>> = self.inner.table.get().ports.iter().map(|p| p.name.clone()).collect();
        names.into_iter()
    }

    /// Where an account stands, and why.
    pub fn state(&self, account: &str) -> Option<(LinkState, String)> {
        let table = self.inner.table.get();
        let port = table.by_name(account)?;
        let (_, _, state, trouble) = port.cell.snapshot(&self.inner.reactor);
        Some((state, trouble))
    }

    /// What an account has counted.
    pub fn counters(&self, account: &str) -> Option<Counters> {
        let table = self.inner.table.get();
        let port = table.by_name(account)?;
        Some(port.cell.snapshot(&self.inner.reactor).0)
    }

    /// What its threads asked of the system so far.
    pub fn engine_counts(&self) -> EngineCounts {
        self.inner.reactor.counts()
    }

    /// The state and the counts of every account: [`crate::metrics`].
    pub fn metrics(&self) -> Vec<AccountMetrics> {
        let reactor = &self.inner.reactor;
        let now = reactor.now();
        self.inner
            .table
            .get()
            .ports
            .iter()
            .map(|p| p.cell.look(reactor, |a| AccountMetrics::of(&a.core, false, now)))
            .collect()
    }

    /// Where the accounts listen for deliveries (SGIP).
    pub fn listeners(&self) -> Vec<SocketAddr> {
        lock(&self.inner.office).doors.iter().map(|(_, door, _)| door.address).collect()
    }

    /// Ends the client: no new messages; queued ones and answers until `deadline`; then what is left is
    /// decided (ABANDONED, IN_DOUBT, NO_REPORT) and counted. Returns after the last handler or at the
    /// deadline. Closing twice is no error.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn close(&self, deadline: Duration) -> Result<Left, SendError> {
        if self.inner.reactor.in_handler() {
            return Err(SendError::WouldDeadlock);
        }
        let inner = &*self.inner;
        inner.closing.store(true, Ordering::SeqCst);
        // Who adds or removes accounts is waited for; from now on nobody does, and handlers may look meanwhile.
        for (_, door, _) in &lock(&inner.office).doors {
            door.shut(&inner.reactor);
        }
        let cells: Vec<_> = inner.table.get().ports.iter().map(|port| port.cell.clone()).collect();
        Ok(close_all(&cells, &inner.reactor, &inner.hub, deadline))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Never waits: the threads end by themselves.
        self.hub.end_polling();
        self.reactor.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_while_somebody_is_at_an_account_is_done() {
        // It dials on demand and is asked for nothing, so no thread of the library comes by.
        let sp = Client::open("sgip://user:secret@127.0.0.1:1?node=3010012345").unwrap();
        let table = sp.inner.table.get();
        let (cell, reactor) = (&table.ports[0].cell, &sp.inner.reactor);
        let done = Arc::new(AtomicBool::new(false));
        let left = done.clone();
        let call = move |_: &mut Machine<Sp>, _| left.store(true, Ordering::SeqCst);
        cell.look(reactor, |_| {
            std::thread::scope(|s| s.spawn(|| cell.tell(reactor, Command::Call(Box::new(call)))).join())
                .unwrap();
            assert!(!done.load(Ordering::SeqCst), "the account was looked at");
        });
        assert!(done.load(Ordering::SeqCst));
        // A bug of ours that panics while it has the account leaves it to the next one.
        let panics = |_: &mut Machine<Sp>, _| panic!("while it has the lock");
        let tell = || cell.tell(reactor, Command::Call(Box::new(panics)));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(tell)).is_err());
        let left = done.clone();
        cell.tell(reactor, Command::Call(Box::new(move |_, _| left.store(false, Ordering::SeqCst))));
        assert!(!done.load(Ordering::SeqCst));
        sp.close(Duration::ZERO).unwrap();
    }
}
