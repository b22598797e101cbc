//! The carrier's handle: listeners, accounts, submits with their answers, pushes.

mod builder;
mod listeners;
mod live;
mod parties;

use super::cell::{Command, counts_of};
use super::closing::close_all;
use super::door::is_deciding;
use super::reactor::{self, EngineCounts, lock};
use crate::account::{Account as Machine, Counters, Left};
use crate::client::SendError;
use crate::dialect::dialect;
use crate::gateway::{MoMessage, Party, StatusReport, encode_deliver, encode_report};
use crate::message::{DayCounts, Event, Outcome, SubmitRequest, Ticket, Token};
use crate::metrics::AccountMetrics;
use crate::settings::{AccountSettings, Listen};
use crate::wire::Protocol;
pub use builder::GatewayBuilder;
use listeners::{Gone, Listening};
use parties::{PartyPort, Shared};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

/// What a login check says of a name.
#[derive(Clone)]
pub enum Access {
    /// The account exists; this is its secret.
    Secret(Vec<u8>),
    /// No such account. As with a wrong secret, its address has to wait after the fourth (`wrong_login_delay`).
    Unknown,
    /// The account is not let in now: refused with the status of a wrong secret, and not counted as one.
    Refused,
    /// Let in without any check, with an all-zero digest. For simulators only.
    Unchecked,
}

/// Without the secret.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Access::Secret(_) => "Secret(***)",
            Access::Unknown => "Unknown",
            Access::Refused => "Refused",
            Access::Unchecked => "Unchecked",
        })
    }
}

/// A gateway: SPs log in to it, it answers their submits and pushes deliveries and reports to them.
///
/// Cheap to clone; every clone is the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// The listeners that are open. Apart from the office: who asks for them does not wait for a change.
    doors: RwLock<Vec<Listening>>,
    office: Mutex<Office>,
    /// Connections that ended without a login at listeners that are gone.
    turned_away: AtomicU64,
}

/// What only opening and changing need. Nothing waits for it inside a look-up of the application.
struct Office {
    /// The listeners as they are now, as many as there are doors and in their order.
    listens: Vec<Listen>,
    /// Listeners that were removed, but whose settings accounts still have.
    gone: Vec<Gone>,
    /// Listeners that were ever opened: the number of the next.
    opened: usize,
    /// Accounts, keys and values of their own settings.
    own: Vec<(String, String, String)>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("listeners", &self.listeners()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Starts to collect what a gateway needs.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::default()
    }

    /// Adds an account that may log in on every listener, or changes its secret: for its next login. Connections that
    /// are logged in stay.
    pub fn set_account(&self, name: impl Into<String>, secret: impl Into<Vec<u8>>) {
        let mut secrets =
            self.inner.shared.secrets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        secrets.insert(name.into(), secret.into());
    }

    /// Removes an account that was added by name: it may not log in any more, and its connections are ended in order,
    /// after the answers that are awaited, or after `deadline`. Pushes to it wait up to `valid_for` for its return.
    /// False: there is no such account.
    pub fn remove_account(&self, name: &str, deadline: Duration) -> bool {
        let shared = &self.inner.shared;
        let removed = {
            let mut secrets = shared.secrets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            secrets.remove(name).is_some()
        };
        let until = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(deadline));
        let parties: Vec<Arc<PartyPort>> = {
            let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            parties.list.iter().filter(|p| removed && &*p.name == name).cloned().collect()
        };
        for port in parties {
            let end = move |account: &mut Machine<Party>, now| account.hang_up(now, until);
            port.cell.tell(&shared.reactor, Command::Call(Box::new(end)));
        }
        removed
    }

    /// The accounts that were added by name.
    pub fn accounts(&self) -> Vec<String> {
        let secrets = self.inner.shared.secrets.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut names: Vec<String> = secrets.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Answers a submit that its handler left for later: result 0 accepts.
    pub fn answer(&self, token: Token, result: u32) {
        if let Some(port) = self.inner.shared.party(token) {
            port.cell.tell(&self.inner.shared.reactor, Command::Answer(token, result));
        }
    }

    /// Answers a polled request for counts.
    pub fn answer_query(&self, token: Token, counts: DayCounts) {
        if let Some(port) = self.inner.shared.party(token) {
            port.cell.tell(&self.inner.shared.reactor, counts_of(token, counts));
        }
    }

    /// Answers a submit that its handler left for later, `after` so much time.
    pub fn answer_after(&self, token: Token, result: u32, after: Duration) {
        let shared = &self.inner.shared;
        let Some(port) = shared.party(token) else { return };
        let at = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(after));
        let hold = move |account: &mut Machine<Party>, _| account.side.hold_answer(at, token, result);
        port.cell.tell(&shared.reactor, Command::Call(Box::new(hold)));
    }

    /// Answers several submits at once, with one turn and one write an account.
    pub fn answer_all(&self, answers: &[(Token, u32)]) {
        let shared = &self.inner.shared;
        let mut left = answers.to_vec();
        while let Some((first, _)) = left.first() {
            let account = first.account();
            let (own, others) = left.into_iter().partition::<Vec<_>, _>(|(t, _)| t.account() == account);
            left = others;
            if let Some(port) = shared.by_index(usize::from(account)) {
                let answer = move |account: &mut Machine<Party>, now| {
                    own.into_iter().for_each(|(token, result)| {
                        account.answer(now, token, result);
                    });
                };
                port.cell.tell(&shared.reactor, Command::Call(Box::new(answer)));
            }
        }
    }

    /// The result by which a submit of this protocol is refused as one too many, so that its SP sends it again
    /// later: what a submit without handler is answered with.
    pub fn busy(protocol: Protocol) -> u32 {
        dialect(protocol, AccountSettings::for_gateway(protocol).version).busy()
    }

    /// Pushes a status report on a submit, `after` so much time: on every receiver, and on every segment of a joined
    /// submit. It waits while the SP is away, up to `valid_for` (72 h). The ticket is that of the first report; the
    /// others have their own: [`Gateway::report_receiver`] gives them.
    ///
    /// # Errors
    /// Why it was not accepted. With several reports, those before it are pushed all the same.
    pub fn report(&self, submit: &SubmitRequest, stat: &str, after: Duration) -> Result<Ticket, SendError> {
        if submit.receivers.len() == 1 && submit.joined.is_none() {
            return self.report_as(submit.token.account(), StatusReport::on(submit, stat), after);
        }
        let mut first = None;
        for index in 0..submit.receivers.len() {
            let tickets = self.report_receiver(submit, index, stat, after)?;
            first = first.or_else(|| tickets.first().copied());
        }
        first.ok_or_else(|| SendError::BadReceiver("the submit has none".to_owned()))
    }

    /// Pushes a status report on one receiver of a submit, by its index from 0: one report for each segment, of which
    /// only a joined submit has several. Waits like [`Gateway::report`].
    ///
    /// # Errors
    /// Why it was not accepted. With several reports, those before it are pushed all the same.
    pub fn report_receiver(
        &self,
        submit: &SubmitRequest,
        index: usize,
        stat: &str,
        after: Duration,
    ) -> Result<Vec<Ticket>, SendError> {
        let reports = StatusReport::on_receiver(submit, index, stat);
        if reports.is_empty() {
            let text =
                format!("the submit has {} receivers, and none with index {index}", submit.receivers.len());
            return Err(SendError::BadReceiver(text));
        }
        let account = submit.token.account();
        reports.iter().map(|report| self.report_as(account, report.clone(), after)).collect()
    }

    /// Pushes a status report to the account of a submit's token.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn report_on(
        &self,
        token: Token,
        report: StatusReport,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        self.report_as(token.account(), report, after)
    }

    /// Pushes a status report to an account by its name, also on a submit that came before the gateway was opened.
    /// The account's protocol is that of the submit's id; a login that is online is preferred.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn report_to(
        &self,
        account: &str,
        report: StatusReport,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        let protocol = report.submit.protocol();
        let index = {
            let parties = self.inner.shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let fits = |p: &PartyPort| &*p.name == account && Some(p.dialect.protocol()) == protocol;
            let online = parties.list.iter().position(|p| fits(p) && p.room.online() > 0);
            online.or_else(|| parties.list.iter().rposition(|p| fits(p)))
        };
        let index = index.ok_or_else(|| {
            SendError::NoRoute(format!("no account called {account:?} has logged in yet with this protocol"))
        })?;
        self.report_as(index as u16, report, after)
    }

    fn report_as(&self, account: u16, report: StatusReport, after: Duration) -> Result<Ticket, SendError> {
        let shared = &self.inner.shared;
        let port = shared
            .by_index(usize::from(account))
            .ok_or_else(|| SendError::NoRoute("the submit's account is unknown".to_owned()))?;
        let mut now = shared.reactor.callers_now();
        now.unix_ms = now.unix_ms.saturating_add(after.as_millis() as i64);
        let protocol = port.dialect.protocol();
        let id = port.ids.next(now, protocol).unwrap_or_default();
        let push = encode_report(&*port.dialect, &port.settings.get(), &report, id, now)?;
        shared.push(&port, push, None, after)
    }

    /// Pushes a message from a phone to an account, `after` so much time.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn deliver(&self, account: &str, message: &MoMessage, after: Duration) -> Result<Ticket, SendError> {
        let shared = &self.inner.shared;
        let port = shared
            .by_name(account)
            .ok_or_else(|| SendError::NoRoute(format!("no account called {account:?} has logged in yet")))?;
        let now = shared.reactor.callers_now();
        let protocol = port.dialect.protocol();
        let next = || port.ids.next(now, protocol).unwrap_or_default();
        let reference = port.references.next(&message.receiver);
        let push = encode_deliver(&*port.dialect, &port.settings.get(), message, reference, next, now)?;
        shared.push(&port, push, message.reference.clone(), after)
    }

    /// The outcome of a push, waiting up to `timeout` for it.
    ///
    /// # Errors
    /// WOULD_DEADLOCK when it would wait inside a handler.
    pub fn outcome(&self, ticket: Ticket, timeout: Duration) -> Result<Option<Arc<Outcome>>, SendError> {
        if self.inner.shared.reactor.in_handler() && !timeout.is_zero() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.shared.hub.outcome(ticket, timeout))
    }

    /// Waits until every push has its outcome and the handlers of those events have returned.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn wait(&self, timeout: Duration) -> Result<bool, SendError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.shared.hub.wait(timeout))
    }

    /// Takes up to `max` polled events, waiting up to `timeout` for the first. `None` after the close.
    pub fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        self.inner.shared.hub.poll(max, timeout)
    }

    /// Runs what handles polled events: what it sends and answers on this thread is written together, when it
    /// returns, or after a millisecond. As in a handler, nothing may wait inside: `wait`, `close` and the like
    /// answer WOULD_DEADLOCK.
    pub fn together<R>(&self, run: impl FnOnce() -> R) -> R {
        reactor::together(&self.inner.shared.reactor, run)
    }

    /// What each account has counted, by name; an account that logs in with two versions has two entries.
    pub fn counters(&self) -> Vec<(Arc<str>, Counters)> {
        let shared = &self.inner.shared;
        let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.list.iter().map(|p| (p.name.clone(), p.cell.snapshot(&shared.reactor).0)).collect()
    }

    /// What its threads asked of the system so far.
    pub fn engine_counts(&self) -> EngineCounts {
        self.inner.shared.reactor.counts()
    }

    /// The state and the counts of every account that has logged in: [`crate::metrics`].
    pub fn metrics(&self) -> Vec<AccountMetrics> {
        let shared = &self.inner.shared;
        let now = shared.reactor.now();
        let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties
            .list
            .iter()
            .map(|p| p.cell.look(&shared.reactor, |a| AccountMetrics::of(&a.core, true, now)))
            .collect()
    }

    /// Ends the gateway: stops listening, pushes what is queued until `deadline`, ends every session.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler or a look-up of accounts.
    pub fn close(&self, deadline: Duration) -> Result<Left, SendError> {
        if self.inner.shared.reactor.in_handler() || is_deciding(&self.inner.shared.reactor) {
            return Err(SendError::WouldDeadlock);
        }
        let shared = &self.inner.shared;
        shared.closing.store(true, Ordering::SeqCst);
        // A listener that is being added is there when the office is free, or not added.
        drop(lock(&self.inner.office));
        for one in self.inner.listening() {
            one.door.shut(&shared.reactor);
        }
        let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner).list.clone();
        let cells: Vec<_> = parties.iter().map(|port| port.cell.clone()).collect();
        Ok(close_all(&cells, &shared.reactor, &shared.hub, deadline))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.hub.end_polling();
        self.shared.reactor.stop();
    }
}
