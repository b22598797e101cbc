//! The simulated gateway.

use crate::convert::Seconds;
use crate::errors::{exception, guarded, open_error, send_error};
use crate::settings;
use crate::shared::elsewhere;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sanwang::sim::{Reply, SimulatorCounts, SimulatorRules};
use sanwang::text::CodingChoice;
use sanwang::{MoMessage, SendError};
use std::time::Duration;

/// What a simulator has done so far.
#[pyclass(frozen, get_all, eq, hash, module = "sanwang")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Counts {
    /// Submits that came, one a segment.
    submits: u64,
    /// Submits it accepted.
    accepted: u64,
    /// Submits it refused.
    refused: u64,
    /// Reports it pushed.
    reports: u64,
    /// Messages from phones it pushed.
    delivers: u64,
    /// Pushes that were acknowledged.
    acked: u64,
    /// Pushes that were not.
    failed: u64,
}

#[pymethods]
impl Counts {
    fn __repr__(&self) -> String {
        let Self { submits, accepted, refused, reports, delivers, acked, failed } = self;
        format!(
            "Counts(submits={submits}, accepted={accepted}, refused={refused}, reports={reports}, \
             delivers={delivers}, acked={acked}, failed={failed})"
        )
    }
}

impl From<SimulatorCounts> for Counts {
    fn from(c: SimulatorCounts) -> Self {
        Counts {
            submits: c.submits,
            accepted: c.accepted,
            refused: c.refused,
            reports: c.reports,
            delivers: c.delivers,
            acked: c.acked,
            failed: c.failed,
        }
    }
}

/// A simulator of the core.
#[pyclass(frozen, module = "sanwang._native")]
pub(crate) struct Simulator {
    /// `None` only while dropping.
    simulator: Option<sanwang::sim::Simulator>,
    pid: u32,
}

impl Simulator {
    fn get(&self, py: Python<'_>) -> PyResult<&sanwang::sim::Simulator> {
        match &self.simulator {
            Some(simulator) if std::process::id() == self.pid => Ok(simulator),
            _ => Err(send_error(py, &SendError::Forked)),
        }
    }
}

/// The rules of a dictionary whose keys are the parameters of `sanwang.Simulator`.
fn rules(given: &Bound<'_, PyDict>) -> PyResult<SimulatorRules> {
    let mut rules = SimulatorRules::default();
    let wrong = |e: sanwang::sim::BadRule| exception(given.py(), "ConfigError", &e.to_string(), &[]);
    for (key, value) in given {
        let key: String = key.extract()?;
        let seconds = |value: &Bound<'_, PyAny>| value.extract::<Seconds>().map(|s| s.0);
        match key.as_str() {
            "answer_delay" => rules.answer_delay = seconds(&value)?,
            "report_delay" => rules.report_delay = seconds(&value)?,
            "report_jitter" => rules.report_jitter = seconds(&value)?,
            "reply_delay" => rules.reply_delay = seconds(&value)?,
            "seed" => rules.seed = value.extract()?,
            "stats" => rules.set_stats(&value.extract::<String>()?).map_err(wrong)?,
            "results" => {
                for one in value.extract::<Vec<String>>()? {
                    rules.add_result(&one).map_err(wrong)?;
                }
            }
            "digits" => {
                for one in value.extract::<Vec<String>>()? {
                    rules.add_digit(&one).map_err(wrong)?;
                }
            }
            "replies" => {
                let replies = value.extract::<Vec<(String, String)>>()?;
                rules.replies.extend(replies.into_iter().map(|(keyword, text)| Reply { keyword, text }));
            }
            _ => return Err(wrong(sanwang::sim::BadRule(format!("unknown rule {key}")))),
        }
    }
    Ok(rules)
}

#[pymethods]
impl Simulator {
    #[new]
    fn new(
        py: Python<'_>,
        urls: Vec<String>,
        accounts: Vec<(String, String)>,
        rules: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let mut builder = sanwang::sim::Simulator::builder().rules(self::rules(rules)?).silent();
        for url in &urls {
            builder = builder.listen(url);
        }
        for (name, secret) in accounts {
            builder = builder.account(name, secret);
        }
        let simulator = guarded(py, || py.detach(|| builder.open()))?.map_err(|e| open_error(py, &e))?;
        Ok(Simulator { simulator: Some(simulator), pid: std::process::id() })
    }

    /// Where it listens for a protocol; None when it does not.
    fn address(&self, py: Python<'_>, protocol: &str) -> PyResult<Option<String>> {
        Ok(self.get(py)?.address(settings::protocol(py, protocol)?))
    }

    /// Pushes a message from a phone; the ticket's number.
    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &self,
        py: Python<'_>,
        account: &str,
        sender: String,
        receiver: String,
        text: String,
        coding: Option<&str>,
        link_id: String,
        service_id: String,
    ) -> PyResult<u64> {
        let coding = coding.map(str::parse::<CodingChoice>).transpose();
        let coding =
            coding.map_err(|e| exception(py, "BadCoding", &e.to_string(), &[("field", "coding")]))?;
        let message = MoMessage { coding, link_id, service_id, ..MoMessage::new(sender, receiver, text) };
        let simulator = self.get(py)?;
        let pushed = guarded(py, || py.detach(|| simulator.deliver(account, &message)))?;
        pushed.map(|t| t.as_u64()).map_err(|e| send_error(py, &e))
    }

    /// What it has done so far.
    fn counts(&self, py: Python<'_>) -> PyResult<Counts> {
        Ok(self.get(py)?.counts().into())
    }

    /// Ends it.
    fn close(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<()> {
        let simulator = self.get(py)?.clone();
        let deadline = timeout.map_or(Duration::ZERO, |s| s.0);
        elsewhere(py, move || simulator.close(deadline)).map(|_| ())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if std::process::id() != self.pid {
            std::mem::forget(self.simulator.take());
        }
    }
}
