//! What a simulator does with a submit: the answer, the report, the reply of a phone.

use super::faults::{Faults, Made, count};
use super::{Counts, SimulatorRules};
use crate::account::dial::Jitter;
use crate::engine::{Access, Answer, Gateway};
use crate::gateway::MoMessage;
use crate::message::SubmitRequest;
use crate::settings::Secret;
use crate::wire::AnyPdu;
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long the answer to a submit waits whose report comes first.
const EARLY: Duration = Duration::from_millis(50);
/// From a report to its repetition.
const AGAIN: Duration = Duration::from_millis(20);

pub(super) struct Brain {
    rules: SimulatorRules,
    faults: Faults,
    /// The accounts that may log in; without any, every name may.
    accounts: RwLock<HashMap<String, Secret>>,
    counts: Arc<Counts>,
    made: Arc<Made>,
    jitter: Mutex<Jitter>,
    start: Instant,
    pub(super) gateway: RwLock<Option<Gateway>>,
}

impl Brain {
    pub(super) fn new(
        rules: SimulatorRules,
        faults: Faults,
        accounts: HashMap<String, Secret>,
        counts: Arc<Counts>,
        made: Arc<Made>,
    ) -> Self {
        let jitter = Mutex::new(Jitter::new(rules.seed));
        Self {
            rules,
            faults,
            accounts: RwLock::new(accounts),
            counts,
            made,
            jitter,
            start: Instant::now(),
            gateway: RwLock::new(None),
        }
    }

    fn below(&self, limit: u64) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).below(limit)
    }

    /// The gateway it answers for; none when its simulator is gone.
    fn gateway(&self) -> Option<Gateway> {
        self.gateway.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Other accounts may log in from now on.
    pub(super) fn set_accounts(&self, accounts: HashMap<String, Secret>) {
        *self.accounts.write().unwrap_or_else(PoisonError::into_inner) = accounts;
    }

    /// Whether a name may log in.
    pub(super) fn access(&self, name: &str) -> Access {
        if self.faults.refuse_login.hits(|limit| self.below(limit)) {
            count(&self.made.refuse_login);
            // A carrier on a bad day. It does not take its SP for somebody who tries secrets.
            return Access::Refused;
        }
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        match accounts.get(name) {
            Some(secret) => Access::Secret(secret.as_bytes().to_vec()),
            None if accounts.is_empty() => Access::Unchecked,
            None => Access::Unknown,
        }
    }

    /// The carrier's congestion code, in a time of congestion.
    fn congestion(&self, submit: &SubmitRequest) -> Option<u32> {
        let protocol = match &*submit.pdu {
            AnyPdu::Cmpp(_) => crate::wire::Protocol::Cmpp,
            AnyPdu::Sgip(_) => crate::wire::Protocol::Sgip,
            AnyPdu::Smgp(_) => crate::wire::Protocol::Smgp,
        };
        let code = self.faults.congestion(|| self.start.elapsed(), protocol)?;
        count(&self.made.congest);
        Some(code)
    }

    pub(super) fn submitted(&self, submit: &SubmitRequest) -> Answer {
        self.counts.submits.fetch_add(1, Relaxed);
        let rules = &self.rules;
        // One bad number refuses the whole submit (cmpp.md 11.7).
        let refusal = || {
            let mut results =
                submit.receivers.iter().map(|r| rules.result_for(&r.to_string_lossy(), self.below(10_000)));
            results.find(|result| *result != 0).unwrap_or_default()
        };
        let result =
            self.congestion(submit).unwrap_or_else(|| if rules.accepts_all() { 0 } else { refusal() });
        let mut delay = rules.answer_delay;
        if let Some((share, held)) = self.faults.hold_answer
            && share.hits(|limit| self.below(limit))
        {
            count(&self.made.hold_answer);
            delay += held;
        }
        if result == 0 {
            self.counts.accepted.fetch_add(1, Relaxed);
            delay = self.follow_up(submit, delay);
        } else {
            self.counts.refused.fetch_add(1, Relaxed);
        }
        if !delay.is_zero()
            && let Some(gateway) = self.gateway()
        {
            gateway.answer_after(submit.token, result, delay);
            return Answer::Later;
        }
        if result == 0 { Answer::Accept } else { Answer::Reject(result) }
    }

    /// The report, and the reply of a phone. Gives the time to the answer, which is longer where the report comes
    /// first.
    fn follow_up(&self, submit: &SubmitRequest, mut delay: Duration) -> Duration {
        let rules = &self.rules;
        if !submit.report && rules.replies.is_empty() {
            return delay;
        }
        let Some(gateway) = self.gateway() else { return delay };
        if submit.report {
            delay = self.report(&gateway, submit, delay);
        }
        // A phone writes back once, when it has the first segment that says the word.
        if rules.replies.is_empty() {
            return delay;
        }
        let Some(text) = submit.text() else { return delay };
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
        delay
    }

    fn report(&self, gateway: &Gateway, submit: &SubmitRequest, delay: Duration) -> Duration {
        let (rules, faults, made) = (&self.rules, &self.faults, &self.made);
        let below = |limit| self.below(limit);
        let stat = rules.stat_for(self.below(10_000));
        let jitter = rules.report_jitter.as_nanos() as u64;
        let mut after = rules.report_delay + Duration::from_nanos(self.below(jitter + 1)) + delay;
        let mut delay = delay;
        if faults.lose_report.hits(below) {
            count(&made.lose_report);
            return delay;
        }
        if faults.early_report.hits(below) {
            count(&made.early_report);
            (after, delay) = (Duration::ZERO, delay.max(EARLY));
        }
        let push = |after| {
            if gateway.report(submit, stat, after).is_ok() {
                let reports = submit.receivers.len() * submit.ids().count();
                self.counts.reports.fetch_add(reports as u64, Relaxed);
            }
        };
        push(after);
        if faults.repeat_report.hits(below) {
            count(&made.repeat_report);
            push(after + AGAIN);
        }
        delay
    }
}
