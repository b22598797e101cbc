//! What SPs send to a gateway.

use super::shown::{content, phone};
use crate::convert::{Id, Name, Octets, Short, Shown, Time};
use crate::gateway::Answer;
use crate::shared::Shared;
use crate::wire;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use sanwang::message::SubmitRequest;
use sanwang::settings::Show;
use sanwang::text::udh::UdhList;
use sanwang::text::{self, Coding};
use sanwang::wire::AnyPdu;
use std::hash::{Hash, Hasher};

/// The PDU of a submit: from the wire, or the fields that a test gave.
#[derive(Debug)]
enum Source {
    Wire(Box<AnyPdu>),
    Given(Option<Py<PyDict>>),
}

/// A message towards a phone, or one segment of it, that came to a gateway.
#[pyclass(frozen, eq, hash, module = "sanwang")]
#[derive(Debug)]
pub(crate) struct Submit {
    /// The account that sent it.
    #[pyo3(get)]
    pub(crate) account: Name,
    /// The connection it came on.
    #[pyo3(get)]
    connection: u32,
    /// When it came.
    #[pyo3(get)]
    pub(crate) time: Time,
    /// Names the request until it is answered.
    #[pyo3(get)]
    pub(crate) token: u64,
    /// `cmpp`, `sgip` or `smgp`.
    #[pyo3(get)]
    protocol: Name,
    /// The id that the gateway gives it when it is accepted.
    #[pyo3(get)]
    pub(crate) message_id: Id,
    /// The access number it is sent from.
    #[pyo3(get)]
    pub(crate) sender: Short<32>,
    pub(crate) receivers: Vec<Short<32>>,
    /// The ids of its segments.
    pub(crate) message_ids: Vec<Id>,
    /// The text, where it is not what `content` says.
    given_text: Option<Option<String>>,
    /// The content, with its user data header.
    #[pyo3(get)]
    content: Octets,
    /// The data coding octet.
    #[pyo3(get)]
    coding: u8,
    /// Whether the content begins with a user data header.
    #[pyo3(get)]
    has_udh: bool,
    /// Whether a status report is wanted.
    #[pyo3(get)]
    wants_report: bool,
    /// Segments that the message has in all, from 1.
    #[pyo3(get)]
    segments: u8,
    /// Which one this is, from 1.
    #[pyo3(get)]
    segment: u8,
    /// LinkID of an on-demand service; empty when there is none.
    #[pyo3(get)]
    link_id: Short<20>,
    /// False when segments of a joined submit are missing.
    #[pyo3(get)]
    complete: bool,
    /// What its repr shows of numbers and contents: the account's `show`.
    #[pyo3(get)]
    show: Shown,
    joined_udh: Option<Octets>,
    source: Source,
    /// The gateway it came to; 0: made by hand.
    home: usize,
}

impl PartialEq for Submit {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

impl Eq for Submit {}

impl Hash for Submit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values().hash(state);
    }
}

impl Submit {
    fn values(&self) -> impl Eq + Hash + '_ {
        (
            (&self.account, self.connection, self.time, self.token, &self.protocol, self.message_id),
            (&self.sender, &self.receivers, &self.given_text, &self.content, self.coding, self.has_udh),
            (self.wants_report, self.segments, self.segment, &self.link_id, self.complete, &self.message_ids),
            self.show,
        )
    }

    pub(crate) fn from_core(e: SubmitRequest, shared: &Shared) -> Self {
        let message_ids = e.ids().map(Id).collect();
        let (given_text, complete, joined_udh) = match e.joined {
            Some(joined) => (Some(joined.text), joined.complete, Some(Octets(joined.udh))),
            None => (None, true, None),
        };
        Submit {
            message_ids,
            given_text,
            complete,
            joined_udh,
            account: Name(e.account),
            connection: e.connection,
            time: Time(e.time),
            token: e.token.as_u64(),
            protocol: Name(e.pdu.protocol().name().into()),
            message_id: Id(e.message_id),
            sender: Short(e.sender),
            receivers: e.receivers.iter().map(|r| Short(*r)).collect(),
            content: Octets(e.content),
            coding: e.coding.0,
            has_udh: e.has_udh,
            wants_report: e.report,
            segments: e.segments,
            segment: e.segment,
            link_id: Short(e.link_id),
            show: Shown(e.show),
            source: Source::Wire(e.pdu),
            home: std::ptr::from_ref(shared).addr(),
        }
    }

    /// Whether its token means something to this gateway.
    pub(crate) fn is_from(&self, shared: &Shared) -> bool {
        self.token != 0 && self.home == std::ptr::from_ref(shared).addr()
    }

    fn header(&self) -> usize {
        let header = if self.has_udh { UdhList::parse(&self.content.0).ok() } else { None };
        header.map_or(0, |h| h.octets().len())
    }

    /// The content without its user data header; all of it when the header makes no sense.
    pub(crate) fn payload(&self) -> &[u8] {
        self.content.0.get(self.header()..).unwrap_or_default()
    }

    fn shown(&self) -> String {
        let what = content(self.show, self.text().as_deref(), self.payload());
        let to: Vec<String> = self.receivers.iter().map(|r| phone(self.show, r)).collect();
        let part = match self.segments {
            0 | 1 => String::new(),
            all => format!(", segment {} of {all}", self.segment),
        };
        format!("Submit({} from {} to {}, {what}{part})", self.account.0, self.sender.0, to.join(", "))
    }
}

#[pymethods]
impl Submit {
    #[new]
    #[pyo3(signature = (*, account = Name::none(), connection = 0, time = Time(0), token = 0,
        protocol = Name("cmpp".into()), message_id = Id::default(), sender = Short::default(),
        message_ids = None, receivers = Vec::new(), text = None, content = Octets::default(), coding = 0,
        has_udh = false, wants_report = false, segments = 1, segment = 1, link_id = Short::default(),
        complete = true, fields = None, show = Shown(Show::None)))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        account: Name,
        connection: u32,
        time: Time,
        token: u64,
        protocol: Name,
        message_id: Id,
        sender: Short<32>,
        message_ids: Option<Vec<Id>>,
        receivers: Vec<Short<32>>,
        text: Option<String>,
        content: Octets,
        coding: u8,
        has_udh: bool,
        wants_report: bool,
        segments: u8,
        segment: u8,
        link_id: Short<20>,
        complete: bool,
        fields: Option<Py<PyDict>>,
        show: Shown,
    ) -> Self {
        Submit {
            message_ids: message_ids.unwrap_or_else(|| vec![message_id]),
            complete,
            joined_udh: None,
            account,
            connection,
            time,
            token,
            protocol,
            message_id,
            sender,
            receivers,
            given_text: text.map(Some),
            content,
            coding,
            has_udh,
            wants_report,
            segments,
            segment,
            link_id,
            show,
            source: Source::Given(fields),
            home: 0,
        }
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["receiver", "text"])
    }

    /// The receivers as the submit writes them.
    #[getter]
    fn receivers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.receivers.iter())
    }

    /// The first receiver; empty where there is none.
    #[getter]
    fn receiver(&self) -> String {
        self.receivers.first().map(|r| r.0.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The ids of its segments: one, unless it was joined.
    #[getter]
    fn message_ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.message_ids.iter())
    }

    /// The user data header, of a joined submit that of its first segment; empty where there is none.
    #[getter]
    fn udh(&self) -> &[u8] {
        match &self.joined_udh {
            Some(udh) => &udh.0,
            None => self.content.0.get(..self.header()).unwrap_or_default(),
        }
    }

    /// The text, of this segment unless it was joined; None for binary content.
    #[getter]
    fn text(&self) -> Option<String> {
        match &self.given_text {
            Some(text) => text.clone(),
            None => text::decode(Coding(self.coding), self.payload()).text,
        }
    }

    /// The content without its user data header.
    #[getter]
    fn octets(&self) -> &[u8] {
        self.payload()
    }

    /// The fields of the PDU by their names in the protocol, in snake case.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match &self.source {
            Source::Wire(pdu) => {
                // The newest layout has the fields of all.
                let versions = pdu.protocol().versions();
                let fields = versions.last().map(|version| pdu.fields(*version)).unwrap_or_default();
                wire::fields(py, &fields)
            }
            Source::Given(Some(fields)) => fields.bind(py).copy(),
            Source::Given(None) => Ok(PyDict::new(py)),
        }
    }

    /// What on_submit returns to answer later, with Gateway.answer.
    #[allow(clippy::unused_self)]
    fn later(&self) -> Answer {
        Answer::LATER
    }

    fn __repr__(&self) -> String {
        self.shown()
    }
}
