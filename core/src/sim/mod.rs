//! A gateway that plays a carrier: for tests, demos and load runs.
//!
//! It stands on the library's own [`Gateway`] and answers submits by rules: how late, with which codes, which
//! reports follow when, and which phones write back. With [`Faults`] it has the bad days of a real one, too.

mod brain;
mod faults;
mod front;
mod relay;
mod rules;

pub use faults::{FaultCounts, Faults, Share};
pub use rules::{BadRule, Reply, SimulatorRules};

use crate::account::Left;
use crate::client::SendError;
use crate::engine::{Gateway, GatewayBuilder, OpenError};
use crate::gateway::MoMessage;
use crate::message::{Event, EventKinds, Log, Ticket};
use crate::settings::{EngineSettings, Listen, Secret, SettingError};
use crate::wire::Protocol;
use brain::Brain;
use faults::Made;
use front::{Front, Ports};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// What a simulator has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SimulatorCounts {
    /// Submits that came, one a segment.
    pub submits: u64,
    /// Submits it accepted.
    pub accepted: u64,
    /// Submits it refused.
    pub refused: u64,
    /// Reports it pushed.
    pub reports: u64,
    /// Messages from phones it pushed.
    pub delivers: u64,
    /// Pushes that were acknowledged.
    pub acked: u64,
    /// Pushes that were not.
    pub failed: u64,
}

#[derive(Debug, Default)]
struct Counts {
    submits: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    reports: AtomicU64,
    delivers: AtomicU64,
    acked: AtomicU64,
    failed: AtomicU64,
}

/// Collects listeners, accounts and rules.
#[derive(Debug, Default)]
pub struct SimulatorBuilder {
    gateway: GatewayBuilder,
    listens: Vec<Result<Listen, SettingError>>,
    accounts: HashMap<String, Secret>,
    rules: SimulatorRules,
    faults: Faults,
    silent: bool,
}

/// A simulated gateway.
#[derive(Clone, Debug)]
pub struct Simulator {
    gateway: Gateway,
    counts: Arc<Counts>,
    made: Arc<Made>,
    /// Its ports, where they are a relay's.
    front: Option<Arc<Front>>,
    /// Shared by all clones; the last one parts brain and gateway, which hold each other.
    tie: Arc<Tie>,
}

/// Parts a brain from its gateway when it is dropped.
struct Tie(Arc<Brain>);

impl std::fmt::Debug for Tie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tie")
    }
}

impl Drop for Tie {
    fn drop(&mut self) {
        let gateway = self.0.gateway.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(gateway);
    }
}

impl SimulatorBuilder {
    /// Listens at a URL without user: `cmpp://127.0.0.1:0`. Ids are opaque unless the URL says `ids=dated`: dated
    /// ones run out at high rates (SMGP has a million a minute), and a load run would measure that.
    #[must_use]
    pub fn listen(mut self, url: &str) -> Self {
        self.listens.push(Listen::parse_over(&[("ids", "opaque")], url, []));
        self
    }

    /// Listens with settings that were read before, as they are.
    #[must_use]
    pub fn listen_as(mut self, listen: Listen) -> Self {
        self.listens.push(Ok(listen));
        self
    }

    /// Sets a setting of one account, as [`GatewayBuilder::account_setting`].
    #[must_use]
    pub fn account_setting(
        mut self,
        name: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.gateway = self.gateway.account_setting(name, key, value);
        self
    }

    /// Only accounts that are added may log in, digests checked and answered. Without any, every name may,
    /// nothing is checked, and the digest of the answer is all zero.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        self.accounts.insert(name.into(), Secret::new(secret));
        self
    }

    /// Sets the rules.
    #[must_use]
    pub fn rules(mut self, rules: SimulatorRules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the faults.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Settings of threads.
    #[must_use]
    pub fn engine(mut self, settings: EngineSettings) -> Self {
        self.gateway = self.gateway.engine(settings);
        self
    }

    /// Says nothing on stderr, whatever happens to its connections.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Takes the log lines of its gateway.
    #[must_use]
    pub fn on_log(mut self, handler: impl Fn(&Log) + Send + Sync + 'static) -> Self {
        self.gateway = self.gateway.on_log(handler);
        self
    }

    /// Opens it: it listens when this returns.
    ///
    /// # Errors
    /// What is wrong with a listener, or what the system refused.
    pub fn open(self) -> Result<Simulator, OpenError> {
        let (counts, made) = (Arc::new(Counts::default()), Arc::new(Made::default()));
        let (seed, faults) = (self.rules.seed, self.faults);
        let brain = Arc::new(Brain::new(self.rules, faults, self.accounts, counts.clone(), made.clone()));
        let listens = self.listens.into_iter().collect::<Result<Vec<_>, _>>()?;
        let (ports, listens) = match faults.needs_relay() {
            true => Ports::open(listens).map(|(ports, listens)| (Some(ports), listens))?,
            false => (None, listens),
        };
        let mut builder = listens.into_iter().fold(self.gateway, GatewayBuilder::listen_as);
        if self.silent {
            builder = builder.on_log(|_| {});
        }
        let (submits, logins, outcomes) = (brain.clone(), brain.clone(), counts.clone());
        let gateway = builder
            .accounts_by(move |_, name| logins.access(name))
            .on_submit(move |submit| submits.submitted(submit))
            .on_event(EventKinds::OUTCOME, move |event| {
                if let Event::Outcome(outcome) = event {
                    let count = if outcome.status.is_success() { &outcomes.acked } else { &outcomes.failed };
                    count.fetch_add(1, Relaxed);
                }
            })
            .open()?;
        // A submit can only come after the address is known to somebody, which is after this.
        *brain.gateway.write().unwrap_or_else(PoisonError::into_inner) = Some(gateway.clone());
        let tie = Arc::new(Tie(brain));
        let front = ports.map(|ports| ports.start(&gateway.listeners(), faults, &made, seed)).transpose()?;
        Ok(Simulator { gateway, counts, made, front: front.map(Arc::new), tie })
    }
}

impl Simulator {
    /// Starts to collect what a simulator needs.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// Where it listens, with the real ports.
    pub fn listeners(&self) -> Vec<(Protocol, SocketAddr)> {
        match &self.front {
            Some(front) => front.listeners.clone(),
            None => self.gateway.listeners(),
        }
    }

    /// The address of the first listener of a protocol as `host:port`.
    pub fn address(&self, protocol: Protocol) -> Option<String> {
        self.listeners().into_iter().find(|(p, _)| *p == protocol).map(|(_, at)| at.to_string())
    }

    /// Pushes a message from a phone to an account that has logged in.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn deliver(&self, account: &str, message: &MoMessage) -> Result<Ticket, SendError> {
        let ticket = self.gateway.deliver(account, message, Duration::ZERO)?;
        self.counts.delivers.fetch_add(1, Relaxed);
        Ok(ticket)
    }

    /// What it has done so far.
    pub fn counts(&self) -> SimulatorCounts {
        let c = &*self.counts;
        SimulatorCounts {
            submits: c.submits.load(Relaxed),
            accepted: c.accepted.load(Relaxed),
            refused: c.refused.load(Relaxed),
            reports: c.reports.load(Relaxed),
            delivers: c.delivers.load(Relaxed),
            acked: c.acked.load(Relaxed),
            failed: c.failed.load(Relaxed),
        }
    }

    /// Other accounts may log in from now on; without any, every name may. Who is logged in stays.
    pub fn set_accounts(&self, accounts: HashMap<String, Secret>) {
        self.tie.0.set_accounts(accounts);
    }

    /// How often it made each fault.
    pub fn fault_counts(&self) -> FaultCounts {
        self.made.counts()
    }

    /// The gateway it stands on. Where faults need a relay, it listens behind it: [`Simulator::listeners`] says where
    /// others connect to.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Ends it: stops listening, pushes what is due until `deadline`, ends every session.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler of its own gateway ([`Simulator::gateway`]); nothing is closed then.
    pub fn close(&self, deadline: Duration) -> Result<Left, SendError> {
        let left = self.gateway.close(deadline)?;
        if let Some(front) = &self.front {
            front.close();
        }
        Ok(left)
    }
}
