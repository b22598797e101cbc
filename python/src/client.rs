//! The native client: the core's client, the tickets that wait for outcomes, and waiting that hears signals.

use crate::convert::{Id, Name, Octets, Seconds, Validity};
use crate::dispatch::dispatch;
use crate::errors::{ask_error, exception, guarded, open_error, send_error, wait_error};
use crate::events::DayCounts;
use crate::gateway::secret_of;
use crate::live::{self, Changed};
use crate::settings::{self, Given, GivenRoute};
use crate::several;
use crate::shared::{Handle, Shared, elsewhere, wait_in_slices};
use crate::stats;
use crate::ticket::Ticket;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use sanwang::message::Query;
use sanwang::text::CodingChoice;
use sanwang::{AskError, BodyRef, EventKinds, SendError, SubmitRef, WaitError};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What a close left, per kind.
#[pyclass(frozen, get_all, eq, hash, module = "sanwang")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// Tickets never written to a connection.
    abandoned: u64,
    /// Tickets written without answer.
    in_doubt: u64,
    /// Tickets accepted whose report was open.
    no_report: u64,
}

impl Left {
    /// What a close came to; `None`: it did not come to an end.
    pub(crate) fn of(py: Python<'_>, left: Option<Result<sanwang::Left, SendError>>) -> PyResult<Self> {
        match left {
            Some(Ok(l)) => Ok(Left { abandoned: l.abandoned, in_doubt: l.in_doubt, no_report: l.no_report }),
            Some(Err(error)) => Err(send_error(py, &error)),
            None => Err(exception(py, "InternalError", "closing ended early: this is a bug of sanwang", &[])),
        }
    }
}

#[pymethods]
impl Left {
    #[new]
    #[pyo3(signature = (*, abandoned = 0, in_doubt = 0, no_report = 0))]
    fn new(abandoned: u64, in_doubt: u64, no_report: u64) -> Self {
        Left { abandoned, in_doubt, no_report }
    }

    fn __bool__(&self) -> bool {
        *self != Left { abandoned: 0, in_doubt: 0, no_report: 0 }
    }

    fn __repr__(&self) -> String {
        let Self { abandoned, in_doubt, no_report } = self;
        format!("Left(abandoned={abandoned}, in_doubt={in_doubt}, no_report={no_report})")
    }
}

/// A core's client for one Python client.
#[pyclass(frozen, module = "sanwang._native")]
pub(crate) struct Client {
    shared: Arc<Shared>,
}

impl Client {
    fn core(&self) -> &sanwang::Client {
        match self.shared.handle() {
            Handle::Client(client) => client,
            _ => unreachable!("it was made of a client"),
        }
    }
}

impl Client {
    /// Waits for an answer of the carrier on a thread of its own, so that Ctrl-C is heard meanwhile.
    fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        ask: impl FnOnce(&sanwang::Client, Duration) -> Result<T, AskError> + Send + 'static,
    ) -> PyResult<T> {
        self.shared.check_waiting(py)?;
        let (core, wait) = (self.core().clone(), Seconds::or_forever(timeout));
        match elsewhere(py, move || ask(&core, wait))? {
            Some(answer) => answer.map_err(|error| ask_error(py, &error)),
            None => Err(exception(py, "InternalError", "asking ended early: this is a bug of sanwang", &[])),
        }
    }
}

/// A coding by name or by its octet.
pub(crate) fn coding_choice(value: &Bound<'_, PyAny>) -> PyResult<CodingChoice> {
    let text = value.str()?.to_string();
    text.parse().map_err(|e: sanwang::text::BadCoding| {
        exception(value.py(), "BadCoding", &e.to_string(), &[("field", "coding")])
    })
}

/// The body of a message as Python gives it.
pub(crate) fn body_of<'a>(
    py: Python<'_>,
    text: Option<&'a str>,
    content: Option<&'a Octets>,
    udh: Option<&'a Octets>,
    coding: Option<CodingChoice>,
) -> PyResult<BodyRef<'a>> {
    let bad = |what: &str, field: &str| Err(exception(py, "BadSetting", what, &[("field", field)]));
    match (text, content) {
        (Some(text), Some(_)) if !text.is_empty() => {
            bad("text and content are both given: give text, or content for octets", "content")
        }
        (_, Some(octets)) => {
            let coding = match coding {
                Some(CodingChoice::Fixed(coding)) => coding,
                None => sanwang::text::Coding::BINARY,
                Some(_) => {
                    let what =
                        "content needs a coding that names its octet, such as coding=4 or coding='ucs2'";
                    return Err(exception(py, "BadCoding", what, &[("field", "coding")]));
                }
            };
            Ok(BodyRef::Content { octets: &octets.0, coding, udh: udh.map(|u| &*u.0) })
        }
        (_, None) if udh.is_some() => bad("udh goes with content: give the octets as content", "udh"),
        (text, None) => Ok(BodyRef::Text(text.unwrap_or_default())),
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(
        py: Python<'_>,
        accounts: Vec<Given<'_>>,
        settings: &Bound<'_, PyDict>,
        routes: Vec<GivenRoute>,
        config: Option<PathBuf>,
    ) -> PyResult<Self> {
        let parts = live::parts(py, &accounts, settings, routes, config)?;
        let kinds = EventKinds(EventKinds::ALL.0 & !EventKinds::SUBMIT.0);
        let builder = sanwang::Client::builder().engine(parts.engine).polled(kinds);
        let builder = parts.accounts.into_iter().fold(builder, sanwang::ClientBuilder::add);
        let builder = parts.routes.into_iter().fold(builder, sanwang::ClientBuilder::route);
        let client = guarded(py, || py.detach(|| builder.open()))?.map_err(|e| open_error(py, &e))?;
        Ok(Client { shared: Arc::new(Shared::new(Handle::Client(client))) })
    }

    /// Names of the accounts.
    #[getter]
    fn accounts(&self) -> Vec<String> {
        self.core().accounts().map(|name| name.to_string()).collect()
    }

    /// Accepts a message. The fast way keeps the GIL: it never blocks, and giving the GIL away for two microseconds
    /// would cost a busy program a whole switch interval.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (to, text = None, *, sender = None, reference = None, user_data = 0, account = None,
        coding = None, flash = false, report = None, valid_for = None, content = None, udh = None, timeout = None,
        **fields))]
    fn send(
        &self,
        py: Python<'_>,
        to: &str,
        text: Option<&str>,
        sender: Option<&str>,
        reference: Option<Name>,
        user_data: u64,
        account: Option<&str>,
        coding: Option<Bound<'_, PyAny>>,
        flash: bool,
        report: Option<bool>,
        valid_for: Option<Validity>,
        content: Option<Octets>,
        udh: Option<Octets>,
        timeout: Option<Seconds>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Ticket> {
        let shared = &self.shared;
        shared.check_fork(py)?;
        let coding = coding.as_ref().map(coding_choice).transpose()?;
        let fields = fields.map_or_else(|| Ok(Vec::new()), |f| settings::pairs(f, "BadSetting"))?;
        let submit = SubmitRef {
            receiver: to,
            body: body_of(py, text, content.as_ref(), udh.as_ref(), coding)?,
            sender,
            reference: reference.map(|name| name.0),
            user_data,
            account,
            coding,
            class: flash.then_some(0),
            report,
            valid_for: valid_for.map(|s| s.0),
            fields: fields.iter().map(|(key, value)| (&**key, &**value)).collect(),
        };
        let core = self.core();
        let full = match guarded(py, || shared.send(|| core.send_within(submit.clone(), Duration::ZERO)))? {
            Ok(ticket) => return Ok(ticket),
            Err(full @ SendError::QueueFull(_)) => full,
            Err(error) => return Err(send_error(py, &error)),
        };
        let wait = Seconds::or_forever(timeout);
        // Inside a handler nothing waits: the room may depend on that very handler.
        if wait.is_zero() || shared.in_handler() {
            return Err(send_error(py, &full));
        }
        let sent = wait_in_slices(py, wait, |slice| {
            match shared.send(|| core.send_within(submit.clone(), slice)) {
                Err(SendError::QueueFull(_)) => None,
                done => Some(done),
            }
        })?;
        sent.unwrap_or(Err(full)).map_err(|e| send_error(py, &e))
    }

    /// Accepts messages, each the arguments of a call of `send`, up to the first that is not accepted: one turn of the
    /// account and one write for all of them. Nothing waits inside.
    fn send_together(
        slf: &Bound<'_, Self>,
        messages: Vec<(Bound<'_, PyTuple>, Bound<'_, PyDict>)>,
        tickets: &Bound<'_, PyList>,
    ) -> PyResult<()> {
        let send = slf.getattr("send")?;
        guarded(slf.py(), || {
            slf.get().shared.handle().together(|| {
                messages.iter().try_for_each(|(to_and_text, options)| {
                    tickets.append(send.call(to_and_text, Some(options))?)
                })
            })
        })?
    }

    /// Accepts a message to several receivers: a ticket or an error for each.
    fn send_to_all<'py>(
        &self,
        py: Python<'py>,
        receivers: Vec<String>,
        text: Option<&str>,
        timeout: Option<Seconds>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyList>> {
        several::send_to_all(py, &self.shared, self.core(), &receivers, text, timeout, options)
    }

    /// Asks the carrier for the counts of a day.
    fn query(
        &self,
        py: Python<'_>,
        account: String,
        day: &str,
        service: Option<&str>,
        timeout: Option<Seconds>,
    ) -> PyResult<DayCounts> {
        let query = Query::new(day, service).ok_or_else(|| {
            let what = "write the day as 20260708, and a service code of at most 10 characters";
            exception(py, "AskError", what, &[("name", "BAD_SETTING")])
        })?;
        let asked = move |core: &sanwang::Client, wait| core.query(&account, &query, wait);
        self.ask(py, timeout, asked).map(DayCounts::from)
    }

    /// Takes a message back by its ticket; what became of it.
    fn cancel(&self, py: Python<'_>, ticket: u64, timeout: Option<Seconds>) -> PyResult<&'static str> {
        let ticket = sanwang::Ticket::from_u64(ticket);
        self.ask(py, timeout, move |core, wait| core.cancel(ticket, wait)).map(|done| done.name())
    }

    /// Takes a segment back by its id; what became of it.
    fn cancel_id(
        &self,
        py: Python<'_>,
        account: String,
        message_id: Id,
        timeout: Option<Seconds>,
    ) -> PyResult<&'static str> {
        self.ask(py, timeout, move |core, wait| core.cancel_id(&account, message_id.0, wait))
            .map(|done| done.name())
    }

    /// Says which kinds of events have handlers. Deliveries, troubles and log lines are always handed over.
    fn want(&self, kinds: u32) {
        self.shared.want(EventKinds(kinds));
    }

    /// Takes one batch of events, waiting up to `timeout` for the first, and calls their handlers. False: the client
    /// is closed and nothing is left.
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

    /// Waits until every ticket has its outcome and the handlers of those have returned.
    fn wait(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<bool> {
        self.shared.check_waiting(py)?;
        let wait = Seconds::or_forever(timeout);
        let done = wait_in_slices(py, wait, |slice| self.shared.all_decided(slice).then_some(()))?;
        Ok(done.is_some())
    }

    /// Waits until every account is online.
    fn wait_online(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<()> {
        self.shared.check_waiting(py)?;
        let mut late = String::new();
        let wait = Seconds::or_forever(timeout);
        let done = wait_in_slices(py, wait, |slice| match self.core().wait_online(slice) {
            Err(WaitError::Timeout(standing)) => {
                late = standing;
                None
            }
            other => Some(other),
        })?;
        done.unwrap_or(Err(WaitError::Timeout(late))).map_err(|e| wait_error(py, &e))
    }

    /// Ends the client: queued messages and answers until the deadline. The thread that polls ends after the last
    /// event.
    fn close(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<Left> {
        self.shared.check_waiting(py)?;
        let handle = self.shared.handle().clone();
        let deadline = Seconds::or_forever(timeout);
        Left::of(py, elsewhere(py, move || handle.close(deadline))?)
    }

    /// Changes settings of an account.
    fn set(&self, py: Python<'_>, account: &str, settings: &Bound<'_, PyDict>) -> PyResult<Changed> {
        self.shared.check_fork(py)?;
        live::set(py, self.core(), account, settings)
    }

    /// Changes the secret of an account, for its next login.
    fn set_secret(&self, py: Python<'_>, account: &str, secret: &Bound<'_, PyAny>) -> PyResult<Changed> {
        self.shared.check_fork(py)?;
        live::set_secret(py, self.core(), account, secret_of(secret)?)
    }

    /// Adds accounts.
    fn add_accounts(
        &self,
        py: Python<'_>,
        accounts: Vec<Given<'_>>,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        self.shared.check_fork(py)?;
        live::add_accounts(py, self.core(), &accounts, settings)
    }

    /// Removes an account: what is queued until the deadline.
    fn remove_account(&self, py: Python<'_>, account: String, timeout: Option<Seconds>) -> PyResult<Left> {
        live::remove_account(py, self.core(), &self.shared, account, timeout)
    }

    /// Makes the accounts and routes those given.
    fn reconfigure(
        &self,
        py: Python<'_>,
        accounts: Vec<Given<'_>>,
        settings: &Bound<'_, PyDict>,
        routes: Vec<GivenRoute>,
        config: Option<PathBuf>,
        timeout: Option<Seconds>,
    ) -> PyResult<Changed> {
        self.shared.check_fork(py)?;
        let parts = live::parts(py, &accounts, settings, routes, config)?;
        live::reconfigure(py, self.core(), parts, timeout)
    }

    /// Ends the client without waiting, for one that was forgotten.
    fn abandon(&self) {
        if self.shared.is_forked() {
            return;
        }
        let handle = self.shared.handle().clone();
        let _ = thread::Builder::new()
            .name("sanwang-close".to_owned())
            .spawn(move || handle.close(Duration::ZERO));
    }

    /// Where an account stands, and why.
    fn state(&self, account: &str) -> Option<(&'static str, String)> {
        self.core().state(account).map(|(state, why)| (state.name(), why))
    }

    /// What an account has counted.
    fn counters<'py>(&self, py: Python<'py>, account: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.core().counters(account).map(|c| stats::counters(py, &[c])).transpose()
    }

    /// The metrics of all accounts in the text format of Prometheus.
    fn metrics(&self) -> String {
        sanwang::metrics::prometheus(&self.core().metrics())
    }

    /// Tickets whose outcome has not been handled.
    #[getter]
    fn open_tickets(&self) -> usize {
        self.shared.open()
    }

    /// Where SGIP accounts listen.
    #[getter]
    fn listeners(&self) -> Vec<String> {
        self.core().listeners().iter().map(ToString::to_string).collect()
    }

    /// Whether this is the child of a fork.
    #[getter]
    fn forked(&self) -> bool {
        self.shared.is_forked()
    }
}
