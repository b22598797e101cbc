//! A gateway that plays a carrier: for tests, demos and load runs.
//!
//! It stands on the library's own [`Gateway`] and answers submits by rules: how late, with which codes, which
//! reports follow when, and which phones write back.

mod rules;

pub use rules::{BadRule, Reply, SimulatorRules};

use crate::account::dial::Jitter;
use crate::client::SendError;
use crate::engine::{Access, Answer, Gateway, GatewayBuilder, OpenError};
use crate::gateway::MoMessage;
use crate::message::{Event, EventKinds, SubmitRequest, Ticket};
use crate::settings::EngineSettings;
use crate::wire::Protocol;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
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
    checked: bool,
    rules: SimulatorRules,
    silent: bool,
}

/// A simulated gateway.
#[derive(Clone, Debug)]
pub struct Simulator {
    gateway: Gateway,
    counts: Arc<Counts>,
    /// Shared by all clones; the last one parts brain and gateway, which hold each other.
    _tie: Arc<Tie>,
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

struct Brain {
    rules: SimulatorRules,
    counts: Arc<Counts>,
    jitter: Mutex<Jitter>,
    gateway: RwLock<Option<Gateway>>,
}

impl SimulatorBuilder {
    /// Listens at a URL without user: `cmpp://127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, url: &str) -> Self {
        self.gateway = self.gateway.listen(url);
        self
    }

    /// Only accounts that are added may log in, digests checked and answered. Without any, every name may,
    /// nothing is checked, and the digest of the answer is all zero.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        self.gateway = self.gateway.account(name, secret);
        self.checked = true;
        self
    }

    /// Sets the rules.
    #[must_use]
    pub fn rules(mut self, rules: SimulatorRules) -> Self {
        self.rules = rules;
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

    /// Opens it: it listens when this returns.
    ///
    /// # Errors
    /// What is wrong with a listener, or what the system refused.
    pub fn open(self) -> Result<Simulator, OpenError> {
        let counts = Arc::new(Counts::default());
        let brain = Arc::new(Brain {
            jitter: Mutex::new(Jitter::new(self.rules.seed)),
            rules: self.rules,
            counts: counts.clone(),
            gateway: RwLock::new(None),
        });
        let mut builder = self.gateway;
        if !self.checked {
            builder = builder.accounts_by(|_, _| Access::Unchecked);
        }
        if self.silent {
            builder = builder.on_log(|_| {});
        }
        let (submits, outcomes) = (brain.clone(), counts.clone());
        let gateway = builder
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
        Ok(Simulator { gateway, counts, _tie: Arc::new(Tie(brain)) })
    }
}

impl Brain {
    fn below(&self, limit: u64) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).below(limit)
    }

    /// The gateway it answers for; none when its simulator is gone.
    fn gateway(&self) -> Option<Gateway> {
        self.gateway.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn submitted(&self, submit: &SubmitRequest) -> Answer {
        self.counts.submits.fetch_add(1, Relaxed);
        let rules = &self.rules;
        let receiver = submit.receivers.first().copied().unwrap_or_default();
        let result = rules.result_for(&receiver.to_string_lossy(), self.below(10_000));
        if result == 0 {
            self.counts.accepted.fetch_add(1, Relaxed);
            self.follow_up(submit);
        } else {
            self.counts.refused.fetch_add(1, Relaxed);
        }
        if !rules.answer_delay.is_zero()
            && let Some(gateway) = self.gateway()
        {
            gateway.answer_after(submit.token, result, rules.answer_delay);
            return Answer::Later;
        }
        if result == 0 { Answer::Accept } else { Answer::Reject(result) }
    }

    /// The report, and the reply of a phone.
    fn follow_up(&self, submit: &SubmitRequest) {
        let Some(gateway) = self.gateway() else { return };
        let rules = &self.rules;
        if submit.report {
            let stat = rules.stat_for(self.below(10_000));
            let jitter = rules.report_jitter.as_nanos() as u64;
            let after =
                rules.report_delay + Duration::from_nanos(self.below(jitter + 1)) + rules.answer_delay;
            if gateway.report(submit, stat, after).is_ok() {
                self.counts.reports.fetch_add(1, Relaxed);
            }
        }
        // A phone writes back once, when it has the first segment that says the word.
        if rules.replies.is_empty() {
            return;
        }
        let Some(text) = submit.text() else { return };
        if let Some(reply) = rules.replies.iter().find(|r| text.contains(&r.keyword)) {
            let phone =
                submit.receivers.first().map(|r| r.to_string_lossy().into_owned()).unwrap_or_default();
            let phone = phone.strip_prefix("86").filter(|p| p.len() == 11).unwrap_or(&phone).to_owned();
            let message = MoMessage::new(phone, submit.sender.to_string_lossy(), reply.text.clone());
            let after = rules.report_delay + rules.reply_delay;
            if gateway.deliver(&submit.account, &message, after).is_ok() {
                self.counts.delivers.fetch_add(1, Relaxed);
            }
        }
    }
}

impl Simulator {
    /// Starts to collect what a simulator needs.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// Where it listens, with the real ports.
    pub fn listeners(&self) -> Vec<(Protocol, SocketAddr)> {
        self.gateway.listeners()
    }

    /// The address of the first listener of a protocol as `host:port`.
    pub fn address(&self, protocol: Protocol) -> Option<String> {
        self.gateway.listeners().into_iter().find(|(p, _)| *p == protocol).map(|(_, at)| at.to_string())
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

    /// The gateway it stands on.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Ends it: stops listening, pushes what is due until `deadline`, ends every session.
    pub fn close(&self, deadline: Duration) {
        // It fails only inside a handler, and a simulator's handlers are its own.
        let _ = self.gateway.close(deadline);
    }
}
