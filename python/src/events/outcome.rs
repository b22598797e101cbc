//! The outcome: the event that every message has. It stays as the core made it, and is shared with its ticket.

use super::Segment;
use super::from_core::some_time;
use crate::convert::{Id, Name, Short, Shown, StatusWord, Time};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use sanwang::message as model;
use sanwang::settings::Show;
use sanwang::{Status, Ticket};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The one terminal event of a ticket.
#[pyclass(frozen, eq, hash, module = "sanwang")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome(pub(crate) Arc<model::Outcome>);

impl Hash for Outcome {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // What differs between outcomes that are not equal, as a rule.
        let o = &*self.0;
        (o.ticket, o.status, o.code, o.user_data, o.decided_at).hash(state);
        (&o.receiver, &o.reference, &o.text).hash(state);
    }
}

impl From<&model::SegmentOutcome> for Segment {
    fn from(s: &model::SegmentOutcome) -> Self {
        Segment {
            status: StatusWord(s.status),
            message_id: Id(s.message_id),
            result: s.result,
            stat: Short(s.stat),
            error: Short(s.error),
            sent_at: some_time(s.sent_at),
            done_at: Time(s.done_at),
        }
    }
}

impl From<&Segment> for model::SegmentOutcome {
    fn from(s: &Segment) -> Self {
        model::SegmentOutcome {
            status: s.status.0,
            message_id: s.message_id.0,
            result: s.result,
            stat: s.stat.0,
            error: s.error.0,
            sent_at: s.sent_at.map_or(0, |at| at.0),
            done_at: s.done_at.0,
        }
    }
}

#[pymethods]
impl Outcome {
    #[new]
    #[pyo3(signature = (*, account = Name::none(), ticket = 0, reference = None, user_data = 0,
        receiver = Short::default(), status = StatusWord(Status::Delivered), code = 0, text = String::new(),
        retriable = false, segments = None, accepted_at = Time(0), decided_at = Time(0), repeated = false,
        show = Shown(Show::None)))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        account: Name,
        ticket: u64,
        reference: Option<Name>,
        user_data: u64,
        receiver: Short<32>,
        status: StatusWord,
        code: u32,
        text: String,
        retriable: bool,
        segments: Option<Bound<'_, PyAny>>,
        accepted_at: Time,
        decided_at: Time,
        repeated: bool,
        show: Shown,
    ) -> PyResult<Self> {
        let mut all: Vec<model::SegmentOutcome> = Vec::new();
        if let Some(segments) = segments {
            for item in segments.try_iter()? {
                all.push(item?.cast::<Segment>()?.get().into());
            }
        }
        Ok(Outcome(Arc::new(model::Outcome {
            account: account.0,
            ticket: Ticket::from_u64(ticket),
            reference: reference.map(|r| r.0),
            user_data,
            receiver: receiver.0,
            status: status.0,
            code,
            text,
            retriable,
            segments: all.into_iter().collect(),
            accepted_at: accepted_at.0,
            decided_at: decided_at.0,
            repeated,
            show: show.0,
        })))
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["status", "receiver"])
    }

    /// The account it went through.
    #[getter]
    fn account(&self) -> &str {
        &self.0.account
    }

    /// The ticket's number.
    #[getter]
    fn ticket(&self) -> u64 {
        self.0.ticket.as_u64()
    }

    /// The caller's own name for the message.
    #[getter]
    fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// The caller's own number for the message.
    #[getter]
    fn user_data(&self) -> u64 {
        self.0.user_data
    }

    /// The receiver in national form.
    #[getter]
    fn receiver<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok((&Short(self.0.receiver)).into_pyobject(py)?.into_any())
    }

    /// How it ended.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        (&StatusWord(self.0.status)).into_pyobject(py)
    }

    /// The result or report code that decided it; 0 when none did.
    #[getter]
    fn code(&self) -> u32 {
        self.0.code
    }

    /// Why, in words.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether sending the same message again can help.
    #[getter]
    fn retriable(&self) -> bool {
        self.0.retriable
    }

    /// One entry per segment, in order.
    #[getter]
    fn segments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let all = self.0.segments.iter().map(|s| Py::new(py, Segment::from(s)));
        PyTuple::new(py, all.collect::<PyResult<Vec<_>>>()?)
    }

    /// When send accepted it.
    #[getter]
    fn accepted_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok((&Time(self.0.accepted_at)).into_pyobject(py)?.into_any())
    }

    /// When it was decided.
    #[getter]
    fn decided_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok((&Time(self.0.decided_at)).into_pyobject(py)?.into_any())
    }

    /// Set when this event may have been seen before.
    #[getter]
    fn repeated(&self) -> bool {
        self.0.repeated
    }

    /// What its repr shows of the receiver: the account's `show`.
    #[getter]
    fn show(&self) -> &'static str {
        self.0.show.word()
    }

    /// Seconds from acceptance to decision.
    #[getter]
    fn took(&self) -> f64 {
        self.0.took_ms() as f64 / 1000.0
    }

    fn __repr__(&self) -> String {
        self.shown()
    }
}
