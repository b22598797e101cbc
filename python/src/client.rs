//! The native client: the core's client, the tickets that wait for outcomes, and waiting that hears signals.

use crate::convert::{Name, Octets, Seconds};
use crate::errors::{exception, guarded, open_error, send_error, wait_error};
use crate::events;
use crate::settings::{self, Given, GivenRoute};
use crate::shared::{Shared, elsewhere, wait_in_slices};
use crate::ticket::Ticket;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sanwang::text::CodingChoice;
use sanwang::{Body, Event, EventKinds, SendError, Submit, Token, WaitError};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

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

/// One message as Python gives it.
struct Message<'py> {
    to: String,
    body: Body,
    sender: Option<String>,
    reference: Option<Name>,
    user_data: u64,
    account: Option<String>,
    coding: Option<CodingChoice>,
    flash: bool,
    report: Option<bool>,
    valid_for: Option<Seconds>,
    fields: Option<Bound<'py, PyDict>>,
}

impl Message<'_> {
    fn into_submit(self) -> PyResult<Submit> {
        let fields =
            self.fields.as_ref().map_or_else(|| Ok(Vec::new()), |f| settings::pairs(f, "BadSetting"))?;
        Ok(Submit {
            body: self.body,
            sender: self.sender,
            reference: self.reference.map(|r| r.0),
            user_data: self.user_data,
            account: self.account,
            coding: self.coding,
            class: self.flash.then_some(0),
            report: self.report,
            valid_for: self.valid_for.map(|s| s.0),
            fields,
            ..Submit::to(self.to)
        })
    }
}

/// A coding by name or by its octet.
fn coding_choice(value: &Bound<'_, PyAny>) -> PyResult<CodingChoice> {
    let text = value.str()?.to_string();
    text.parse().map_err(|e: sanwang::text::BadCoding| {
        exception(value.py(), "BadCoding", &e.to_string(), &[("field", "coding")])
    })
}

fn body_of(
    py: Python<'_>,
    text: Option<String>,
    content: Option<Octets>,
    udh: Option<Octets>,
    coding: Option<CodingChoice>,
) -> PyResult<Body> {
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
            Ok(Body::Content { octets: octets.0, coding, udh: udh.map(|u| u.0) })
        }
        (_, None) if udh.is_some() => bad("udh goes with content: give the octets as content", "udh"),
        (text, None) => Ok(Body::Text(text.unwrap_or_default())),
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
    ) -> PyResult<Self> {
        let shared = settings::pairs(settings, "ConfigError")?;
        let used: Vec<_> = accounts.iter().filter_map(|(_, url, _)| settings::protocol_of(url)).collect();
        let kinds = EventKinds(EventKinds::ALL.0 & !EventKinds::SUBMIT.0);
        let mut builder = sanwang::Client::builder().engine(settings::engine(py, &shared)?).polled(kinds);
        for given in &accounts {
            builder = builder.add(settings::account(py, given, &shared, &used)?);
        }
        for route in settings::routes(py, routes)? {
            builder = builder.route(route);
        }
        let client = guarded(py, || py.detach(|| builder.open()))?.map_err(|e| open_error(py, &e))?;
        Ok(Client { shared: Arc::new(Shared::new(client)) })
    }

    /// Names of the accounts.
    #[getter]
    fn accounts(&self) -> Vec<String> {
        self.shared.client().accounts().map(|name| name.to_string()).collect()
    }

    /// Accepts a message. The fast way keeps the GIL: it never blocks, and giving the GIL away for two microseconds
    /// would cost a busy program a whole switch interval.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (to, text, sender, reference, user_data, account, coding, flash, report, valid_for, content,
        udh, timeout, fields))]
    fn send(
        &self,
        py: Python<'_>,
        to: String,
        text: Option<String>,
        sender: Option<String>,
        reference: Option<Name>,
        user_data: u64,
        account: Option<String>,
        coding: Option<Bound<'_, PyAny>>,
        flash: bool,
        report: Option<bool>,
        valid_for: Option<Seconds>,
        content: Option<Octets>,
        udh: Option<Octets>,
        timeout: Option<Seconds>,
        fields: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Ticket> {
        let shared = &self.shared;
        shared.check_fork(py)?;
        let coding = coding.as_ref().map(coding_choice).transpose()?;
        let body = body_of(py, text, content, udh, coding)?;
        let message = Message {
            to,
            body,
            sender,
            reference,
            user_data,
            account,
            coding,
            flash,
            report,
            valid_for,
            fields,
        };
        let submit = message.into_submit()?;
        let wait = Seconds::or_forever(timeout);
        // Inside a handler nothing waits: the room may depend on that very handler.
        if wait.is_zero() || shared.in_handler() {
            let sent = guarded(py, || shared.send(submit, Duration::ZERO))?;
            return sent.map_err(|e| send_error(py, &e));
        }
        match guarded(py, || shared.send(submit.clone(), Duration::ZERO))? {
            Ok(ticket) => return Ok(ticket),
            Err(SendError::QueueFull(_)) => {}
            Err(error) => return Err(send_error(py, &error)),
        }
        let mut full = None;
        let sent = wait_in_slices(py, wait, |slice| match shared.send(submit.clone(), slice) {
            Err(error @ SendError::QueueFull(_)) => {
                full = Some(error);
                None
            }
            done => Some(done),
        })?;
        match (sent, full) {
            (Some(sent), _) => sent.map_err(|e| send_error(py, &e)),
            (None, Some(error)) => Err(send_error(py, &error)),
            (None, None) => Err(send_error(py, &SendError::Closed)),
        }
    }

    /// Says which kinds of events have handlers. Deliveries, troubles and log lines are always handed over.
    fn want(&self, kinds: u32) {
        self.shared.want(EventKinds(kinds));
    }

    /// Takes up to `most` events for the handlers, waiting up to `timeout` for the first. None: the client is closed
    /// and nothing is left. The caller's thread becomes the one where nothing may wait.
    fn poll<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        timeout: Option<Seconds>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let shared = &self.shared;
        shared.polling();
        let until = Instant::now() + Seconds::or_forever(timeout);
        let Some(events) = guarded(py, || py.detach(|| shared.poll(most, until)))? else { return Ok(None) };
        let list = PyList::empty(py);
        for event in events {
            if let Some(object) = events::to_python(py, event)? {
                list.append(object)?;
            }
        }
        Ok(Some(list))
    }

    /// The handlers of a delivery or report have returned.
    fn handled(&self, py: Python<'_>, token: u64) -> PyResult<()> {
        match token {
            0 => Ok(()),
            _ => guarded(py, || self.shared.client().handled(Token::from_u64(token))),
        }
    }

    /// The handlers of an outcome have returned.
    fn decided(&self) {
        self.shared.decided(1);
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
        let done = wait_in_slices(py, wait, |slice| match self.shared.client().wait_online(slice) {
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
        let client = self.shared.client().clone();
        let deadline = Seconds::or_forever(timeout);
        let left = elsewhere(py, move || client.close(deadline))?;
        match left {
            Some(Ok(l)) => Ok(Left { abandoned: l.abandoned, in_doubt: l.in_doubt, no_report: l.no_report }),
            Some(Err(error)) => Err(send_error(py, &error)),
            None => Err(exception(py, "InternalError", "closing ended early: this is a bug of sanwang", &[])),
        }
    }

    /// Ends the client without waiting, for one that was forgotten.
    fn abandon(&self) {
        if self.shared.is_forked() {
            return;
        }
        let client = self.shared.client().clone();
        let _ = thread::Builder::new()
            .name("sanwang-close".to_owned())
            .spawn(move || client.close(Duration::ZERO));
    }

    /// Where an account stands, and why.
    fn state(&self, account: &str) -> Option<(&'static str, String)> {
        self.shared.client().state(account).map(|(state, why)| (state.name(), why))
    }

    /// What an account has counted.
    fn counters<'py>(&self, py: Python<'py>, account: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(c) = self.shared.client().counters(account) else { return Ok(None) };
        let all = [
            ("sent", c.sent),
            ("accepted", c.accepted),
            ("rejected", c.rejected),
            ("congested", c.congested),
            ("unanswered", c.unanswered),
            ("late", c.late),
            ("reports", c.reports),
            ("reports_unmatched", c.reports_unmatched),
            ("delivers", c.delivers),
            ("acked_unhandled", c.acked_unhandled),
            ("logins", c.logins),
            ("refusals", c.refusals),
            ("breaks", c.breaks),
            ("troubles", c.troubles),
            ("outcomes", c.outcomes),
            ("empty_digests", c.empty_digests),
        ];
        let dict = PyDict::new(py);
        for (key, value) in all {
            dict.set_item(key, value)?;
        }
        Ok(Some(dict))
    }

    /// Tickets whose outcome has not been handled.
    #[getter]
    fn open_tickets(&self) -> usize {
        self.shared.open()
    }

    /// Where SGIP accounts listen.
    #[getter]
    fn listeners(&self) -> Vec<String> {
        self.shared.client().listeners().iter().map(ToString::to_string).collect()
    }

    /// Whether this is the child of a fork.
    #[getter]
    fn forked(&self) -> bool {
        self.shared.is_forked()
    }
}

/// Kinds that are handed over whether there is a handler or not.
pub(crate) fn always() -> EventKinds {
    EventKinds::DELIVER | EventKinds::TROUBLE | EventKinds::LOG
}

/// The bits of [`Client::want`], by the name of the event class.
pub(crate) const KINDS: [(&str, EventKinds); 7] = [
    ("AccountState", EventKinds::ACCOUNT_STATE),
    ("Response", EventKinds::RESPONSE),
    ("Report", EventKinds::REPORT),
    ("Outcome", EventKinds::OUTCOME),
    ("Deliver", EventKinds::DELIVER),
    ("Trouble", EventKinds::TROUBLE),
    ("Log", EventKinds::LOG),
];

/// Whether anybody takes an event.
pub(crate) fn is_wanted(event: &Event, kinds: EventKinds) -> bool {
    (kinds | always()).has(event.kind())
}
