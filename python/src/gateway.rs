//! The native gateway: the core's gateway, logins that are looked up in Python, and pushes as tickets.

use crate::client::{Left, body_of, coding_choice};
use crate::convert::{Name, Octets, Seconds, Short};
use crate::dispatch::dispatch;
use crate::errors::{exception, guarded, open_error, read_file, send_error, setting_error};
use crate::events::{DayCounts, Submit};
use crate::live::{self, Changed};
use crate::settings::{self, Pair};
use crate::shared::{Handle, Shared, elsewhere, wait_in_slices};
use crate::stats;
use crate::ticket::Ticket;
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sanwang::config::GatewayConfig;
use sanwang::settings::{AccountSettings, EngineSettings, Listen};
use sanwang::wire::Text;
use sanwang::{Access, EventKinds, LoginQuestion, MoMessage, SendError, StatusReport, Token};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What a handler says to a submit.
#[pyclass(frozen, eq, hash, module = "sanwang")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer {
    /// `None`: it comes later.
    result: Option<u32>,
}

impl Answer {
    pub(crate) const ACCEPT: Answer = Answer { result: Some(0) };
    pub(crate) const LATER: Answer = Answer { result: None };

    pub(crate) fn result(self) -> Option<u32> {
        self.result
    }
}

#[pymethods]
impl Answer {
    /// The carrier's result code: 0 accepts; None: the answer comes later.
    #[getter(result)]
    fn shown_result(&self) -> Option<u32> {
        self.result
    }

    fn __repr__(&self) -> String {
        match self.result {
            Some(0) => "sanwang.ACCEPT".to_owned(),
            Some(code) => format!("sanwang.reject({code})"),
            None => "sanwang.LATER".to_owned(),
        }
    }
}

/// Refuses a submit with the carrier's result code.
#[pyfunction]
pub(crate) fn reject(py: Python<'_>, code: u32) -> PyResult<Answer> {
    if code == 0 {
        let what = "0 is no refusal: return sanwang.ACCEPT to accept";
        return Err(exception(py, "BadSetting", what, &[("field", "code")]));
    }
    Ok(Answer { result: Some(code) })
}

/// What a look-up says of an account that is not let in now.
#[pyclass(frozen, eq, hash, module = "sanwang")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NotNow;

#[pymethods]
impl NotNow {
    fn __repr__(&self) -> &'static str {
        "sanwang.NOT_NOW"
    }
}

/// Somebody wants to log in, and waits for the answer.
#[pyclass(frozen, module = "sanwang")]
pub(crate) struct Login {
    protocol: &'static str,
    name: String,
    address: String,
    question: Mutex<Option<LoginQuestion>>,
    shared: Arc<Shared>,
}

impl Login {
    fn take(&self) -> Option<LoginQuestion> {
        self.question.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        // The parent answers it, not its child.
        if self.shared.is_forked() {
            std::mem::forget(self.take());
        }
    }
}

#[pymethods]
impl Login {
    /// `cmpp`, `sgip` or `smgp`.
    #[getter]
    fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The login name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Where the connection comes from, as `host:port`.
    #[getter]
    fn address(&self) -> &str {
        &self.address
    }

    /// Gives the secret, None when there is no such account, or NOT_NOW. Only the first answer counts.
    fn answer(&self, py: Python<'_>, secret: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let access = match secret {
            Some(secret) if secret.is_instance_of::<NotNow>() => Access::Refused,
            Some(secret) => Access::Secret(secret_of(&secret)?),
            None => Access::Unknown,
        };
        match self.take() {
            Some(question) => guarded(py, || question.answer(access)),
            None => Ok(()),
        }
    }

    fn __repr__(&self) -> String {
        format!("Login({}, {}, {})", self.protocol, self.name, self.address)
    }
}

/// Reads a gateway's file.
fn read_config(py: Python<'_>, path: &Path) -> PyResult<GatewayConfig> {
    let text = read_file(path)?;
    GatewayConfig::parse(&text, path.parent().unwrap_or(Path::new(""))).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        exception(py, "ConfigError", &what, &[("field", "config")])
    })
}

/// A secret: text or octets.
pub(crate) fn secret_of(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = value.extract::<String>() {
        return Ok(text.into_bytes());
    }
    let octets = value.extract::<Octets>().map_err(|_| {
        let kind = value.get_type().name().map_or_else(|_| "value".to_owned(), |n| n.to_string());
        pyo3::exceptions::PyTypeError::new_err(format!("a secret is str or bytes, not {kind}"))
    })?;
    Ok(octets.0.to_vec())
}

/// Tells [`Gateway::next_login`] who wants in; `None` is the end.
type Ask = Sender<Option<LoginQuestion>>;

/// A core's gateway for one Python gateway.
#[pyclass(frozen, module = "sanwang._native")]
pub(crate) struct Gateway {
    shared: Arc<Shared>,
    ask: Ask,
    /// `None` only while dropping.
    asked: Mutex<Option<Receiver<Option<LoginQuestion>>>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.shared.is_forked() {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
            std::mem::forget(asked);
        }
    }
}

/// A listener with those of the shared settings that its protocol has. A setting that fits none of the protocols goes
/// to every listener, which then says what is wrong with it.
pub(crate) fn listen(py: Python<'_>, url: &str, shared: &[Pair], urls: &[String]) -> PyResult<Listen> {
    let protocol = settings::protocol_of(url);
    let applies = |key: &str| match AccountSettings::row(key) {
        Some(row) => {
            let fits = |url: &String| settings::protocol_of(url).is_some_and(|p| row.applies_to(p));
            protocol.is_none_or(|p| row.applies_to(p)) || !urls.iter().any(fits)
        }
        None => EngineSettings::row(key).is_none(),
    };
    let own = shared.iter().filter(|(key, _)| applies(key)).map(|(k, v)| (k.as_str(), v.as_str()));
    Listen::parse_with(url, own).map_err(|e| setting_error(py, &e))
}

impl Gateway {
    fn core(&self) -> &sanwang::Gateway {
        match self.shared.handle() {
            Handle::Gateway(gateway) => gateway,
            _ => unreachable!("it was made of a gateway"),
        }
    }

    fn push(
        &self,
        py: Python<'_>,
        push: impl FnOnce() -> Result<sanwang::Ticket, SendError>,
    ) -> PyResult<Ticket> {
        self.shared.check_fork(py)?;
        guarded(py, || self.shared.send(push))?.map_err(|e| send_error(py, &e))
    }
}

#[pymethods]
impl Gateway {
    #[new]
    fn new(
        py: Python<'_>,
        urls: Vec<String>,
        accounts: Vec<(String, Bound<'_, PyAny>, Bound<'_, PyDict>)>,
        looks_up: bool,
        config: Option<PathBuf>,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let pairs = settings::pairs(settings, "ConfigError")?;
        let file = config.map(|path| read_config(py, &path)).transpose()?;
        let kinds = [
            EventKinds::ACCOUNT_STATE,
            EventKinds::OUTCOME,
            EventKinds::SUBMIT,
            EventKinds::QUERY,
            EventKinds::CANCEL,
            EventKinds::TROUBLE,
        ];
        let kinds = kinds.into_iter().fold(EventKinds::LOG, |all, kind| all | kind);
        let mut engine = file.as_ref().map(|file| file.engine.clone()).unwrap_or_default();
        settings::engine_on(py, &mut engine, &pairs)?;
        let mut builder = sanwang::Gateway::builder().polled(kinds);
        if let Some(file) = file {
            builder = builder.config(file);
        }
        builder = builder.engine(engine);
        for url in &urls {
            builder = builder.listen_as(listen(py, url, &pairs, &urls)?);
        }
        for (name, secret, own) in accounts {
            for (key, value) in settings::pairs(&own, "ConfigError")? {
                builder = builder.account_setting(&*name, key, value);
            }
            builder = builder.account(name, secret_of(&secret)?);
        }
        let (ask, asked) = channel();
        if looks_up {
            // Only a note for the package's own thread: nothing of Python runs here.
            let ask = ask.clone();
            builder = builder.accounts_later(move |question| drop(ask.send(Some(question))));
        }
        let gateway = guarded(py, || py.detach(|| builder.open()))?.map_err(|e| open_error(py, &e))?;
        let shared = Arc::new(Shared::new(Handle::Gateway(gateway)));
        Ok(Gateway { shared, ask, asked: Mutex::new(Some(asked)) })
    }

    /// The names of the listeners, in their order.
    #[getter]
    fn listener_names(&self) -> Vec<String> {
        self.core().listener_names()
    }

    /// Changes settings of a listener.
    fn set(&self, py: Python<'_>, listener: &str, settings: &Bound<'_, PyDict>) -> PyResult<Changed> {
        self.shared.check_fork(py)?;
        let pairs = settings::pairs(settings, "ConfigError")?;
        let set = || self.core().set(listener, pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        live::changed(py, guarded(py, || py.detach(set))?)
    }

    /// Adds a listener and gives its address.
    fn add_listener(
        &self,
        py: Python<'_>,
        url: &str,
        name: Option<&str>,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<(&'static str, String)> {
        self.shared.check_fork(py)?;
        let pairs = settings::pairs(settings, "ConfigError")?;
        let given = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let listen = Listen::parse_with(url, given).map_err(|error| setting_error(py, &error))?;
        let listen = listen.with_name(name.unwrap_or_default());
        let protocol = listen.protocol.name();
        let add = || self.core().add_listener(listen);
        let added = guarded(py, || py.detach(add))?.map_err(|error| open_error(py, &error))?;
        Ok((protocol, added.to_string()))
    }

    /// Removes a listener.
    fn remove_listener(&self, py: Python<'_>, listener: &str) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let remove = || self.core().remove_listener(listener);
        guarded(py, || py.detach(remove))?.map_err(|error| open_error(py, &error))
    }

    /// Changes settings of one account.
    fn set_account_settings(
        &self,
        py: Python<'_>,
        name: &str,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<Changed> {
        self.shared.check_fork(py)?;
        let pairs = settings::pairs(settings, "ConfigError")?;
        let given = || pairs.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let set = || self.core().set_account_settings(name, given());
        live::changed(py, guarded(py, || py.detach(set))?)
    }

    /// Where it listens: protocol and address.
    #[getter]
    fn listeners(&self) -> Vec<(&'static str, String)> {
        self.core().listeners().iter().map(|(p, at)| (p.name(), at.to_string())).collect()
    }

    /// Waits for the next login that is to be looked up. None: the gateway is closed.
    fn next_login(&self, py: Python<'_>) -> PyResult<Option<Login>> {
        let wait = || {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.as_ref()?.recv().ok().flatten()
        };
        let Some(question) = guarded(py, || py.detach(wait))? else { return Ok(None) };
        Ok(Some(Login {
            protocol: question.protocol().name(),
            name: question.name().to_owned(),
            address: question.peer().to_string(),
            question: Mutex::new(Some(question)),
            shared: self.shared.clone(),
        }))
    }

    /// Says which kinds of events have handlers. Submits, troubles and log lines are always handed over.
    fn want(&self, kinds: u32) {
        self.shared.want(EventKinds(kinds));
    }

    /// Takes one batch of events and calls their handlers.
    fn dispatch(
        &self,
        py: Python<'_>,
        handlers: &Bound<'_, PyList>,
        unhandled: &Bound<'_, PyAny>,
        failed: &Bound<'_, PyAny>,
        timeout: Option<Seconds>,
    ) -> PyResult<bool> {
        dispatch(py, &self.shared, handlers, unhandled, failed, timeout)
    }

    /// Answers a submit that was left for later, `after` so much time.
    fn answer(&self, py: Python<'_>, token: u64, answer: &Answer, after: Seconds) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let Some(result) = answer.result else {
            let what = "sanwang.LATER is no answer: give sanwang.ACCEPT or sanwang.reject(code)";
            return Err(exception(py, "BadSetting", what, &[("field", "answer")]));
        };
        let token = Token::from_u64(token);
        guarded(py, || match after.0 {
            Duration::ZERO => self.core().answer(token, result),
            after => self.core().answer_after(token, result, after),
        })
    }

    /// Answers a request for counts that was left for later.
    fn answer_query(&self, py: Python<'_>, token: u64, counts: &DayCounts) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let (token, counts) = (Token::from_u64(token), counts.into());
        guarded(py, || self.core().answer_query(token, counts))
    }

    /// Pushes a status report for every receiver of a submit, or for one, and for every segment it was joined from.
    fn report(
        &self,
        py: Python<'_>,
        submit: &Submit,
        stat: &str,
        receiver: Option<Short<32>>,
        error: &str,
        after: Seconds,
    ) -> PyResult<Vec<Ticket>> {
        let bad = |what: &str| Err(exception(py, "BadSetting", what, &[("field", "receiver")]));
        let all: Vec<(usize, Text<32>)> = match receiver {
            Some(one) => vec![(submit.receivers.iter().position(|r| *r == one).unwrap_or(0), one.0)],
            None => submit.receivers.iter().map(|r| r.0).enumerate().collect(),
        };
        if all.is_empty() || all.iter().any(|(_, receiver)| receiver.is_empty()) {
            return bad("the submit has no receiver: name one");
        }
        let payload = submit.payload();
        let excerpt = Bytes::copy_from_slice(payload.get(..20).unwrap_or(payload));
        let own = submit.is_from(&self.shared);
        let mut tickets = Vec::new();
        for ((index, receiver), id) in
            all.iter().flat_map(|one| submit.message_ids.iter().map(move |id| (*one, id.0)))
        {
            let report = StatusReport {
                // In SGIP the receivers share one id.
                submit: id.of_receiver(u16::try_from(index).unwrap_or(u16::MAX)).unwrap_or(id),
                receiver,
                sender: submit.sender.0,
                stat: stat.to_owned(),
                error: error.to_owned(),
                submitted_at: submit.time.0,
                excerpt: excerpt.clone(),
            };
            tickets.push(self.push(py, || {
                if own {
                    self.core().report_on(Token::from_u64(submit.token), report, after.0)
                } else {
                    self.core().report_to(&submit.account.0, report, after.0)
                }
            })?);
        }
        Ok(tickets)
    }

    /// Pushes a message from a phone.
    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &self,
        py: Python<'_>,
        account: &str,
        sender: String,
        receiver: String,
        text: Option<&str>,
        coding: Option<Bound<'_, PyAny>>,
        content: Option<Octets>,
        udh: Option<Octets>,
        flash: bool,
        link_id: String,
        service_id: String,
        reference: Option<Name>,
        after: Seconds,
    ) -> PyResult<Ticket> {
        let coding = coding.as_ref().map(coding_choice).transpose()?;
        let message = MoMessage {
            body: body_of(py, text, content.as_ref(), udh.as_ref(), coding)?.into(),
            coding,
            class: flash.then_some(0),
            link_id,
            service_id,
            reference: reference.map(|r| r.0),
            ..MoMessage::new(sender, receiver, "")
        };
        self.push(py, || self.core().deliver(account, &message, after.0))
    }

    /// Waits until every push has its outcome and the handlers of those have returned.
    fn wait(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<bool> {
        self.shared.check_waiting(py)?;
        let wait = Seconds::or_forever(timeout);
        let done = wait_in_slices(py, wait, |slice| self.shared.all_decided(slice).then_some(()))?;
        Ok(done.is_some())
    }

    /// Ends the gateway: pushes what is queued until the deadline. The threads that poll end after the last event.
    fn close(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<Left> {
        self.shared.check_waiting(py)?;
        let handle = self.shared.handle().clone();
        let deadline = Seconds::or_forever(timeout);
        let ask = self.ask.clone();
        let left = elsewhere(py, move || {
            let left = handle.close(deadline);
            let _ = ask.send(None);
            left
        })?;
        Left::of(py, left)
    }

    /// Adds an account that may log in, or changes its secret.
    fn set_account(&self, py: Python<'_>, name: &str, secret: &Bound<'_, PyAny>) -> PyResult<()> {
        self.shared.check_fork(py)?;
        let secret = secret_of(secret)?;
        guarded(py, || py.detach(|| self.core().set_account(name, secret)))
    }

    /// Removes an account and ends its connections in order. False: there is none.
    fn remove_account(&self, py: Python<'_>, name: &str, timeout: Option<Seconds>) -> PyResult<bool> {
        self.shared.check_fork(py)?;
        let deadline = Seconds::or_forever(timeout);
        guarded(py, || py.detach(|| self.core().remove_account(name, deadline)))
    }

    /// Ends the gateway without waiting, for one that was forgotten.
    fn abandon(&self) {
        if self.shared.is_forked() {
            return;
        }
        let handle = self.shared.handle().clone();
        let ask = self.ask.clone();
        let close = move || {
            let _ = handle.close(Duration::ZERO);
            let _ = ask.send(None);
        };
        let _ = thread::Builder::new().name("sanwang-close".to_owned()).spawn(close);
    }

    /// Names of the accounts that have logged in.
    #[getter]
    fn accounts(&self) -> BTreeSet<String> {
        self.core().counters().into_iter().map(|(name, _)| name.to_string()).collect()
    }

    /// What an account has counted, all its protocols and versions added up; without a name all accounts.
    fn counters<'py>(&self, py: Python<'py>, account: Option<&str>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let all = self.core().counters().into_iter();
        let own = all.filter(|(name, _)| account.is_none_or(|wanted| wanted == &**name));
        let own: Vec<_> = own.map(|(_, counters)| counters).collect();
        let known = account.is_none() || !own.is_empty();
        known.then(|| stats::counters(py, &own)).transpose()
    }

    /// The metrics of all accounts and listeners in the text format of Prometheus.
    fn metrics(&self) -> String {
        let accounts = sanwang::metrics::prometheus(&self.core().metrics());
        accounts + &sanwang::metrics::prometheus_listeners(&self.core().listener_metrics())
    }

    /// Connections that ended without a login.
    #[getter]
    fn turned_away(&self) -> u64 {
        self.core().turned_away()
    }

    /// Pushes whose outcome has not been handled.
    #[getter]
    fn open_tickets(&self) -> usize {
        self.shared.open()
    }

    /// Whether this is the child of a fork.
    #[getter]
    fn forked(&self) -> bool {
        self.shared.is_forked()
    }
}
