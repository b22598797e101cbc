//! Values between Rust and Python. Events keep the Rust form and are converted when an attribute is read, so that
//! a field nobody reads costs nothing.

use crate::errors::exception;
use bytes::Bytes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDelta, PyDeltaAccess, PyInt, PyString, PyTzInfo};
use sanwang::message::LogLevel;
use sanwang::settings::Show;
use sanwang::wire::{MsgId, Protocol, Text};
use sanwang::{LinkState, Status};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// A name: `str`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub(crate) Arc<str>);

impl Name {
    /// No name.
    pub(crate) fn none() -> Self {
        Name(Arc::from(""))
    }
}

/// Milliseconds since 1970: an aware `datetime` in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Time(pub(crate) i64);

/// Octets: `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Octets(pub(crate) Bytes);

/// Text of a fixed field: `str`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Short<const N: usize>(pub(crate) Text<N>);

/// A gateway's id: `str` in the text form of its protocol, empty when there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(crate) MsgId);

/// A member of `sanwang.Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StatusWord(pub(crate) Status);

/// A member of `sanwang.LinkState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LinkWord(pub(crate) LinkState);

/// What a repr shows of numbers and contents: `str`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shown(pub(crate) Show);

/// A level of the module `logging`: `int`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Level(pub(crate) u8);

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Self {
        Level(match level {
            LogLevel::Error => 40,
            LogLevel::Warn => 30,
            LogLevel::Info => 20,
        })
    }
}

/// A length of time: seconds as a number, or a `timedelta`. `None` in Python is an `Option` here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

/// How long a message may wait before it is sent, as [`Seconds`]; below zero it is an error, because the caller's own
/// limit is over then, and nothing would say so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity(pub(crate) Duration);

/// Longer waits than this are for ever.
const FOREVER: f64 = 10.0 * 365.0 * 86_400.0;

impl Seconds {
    /// The time as Rust wants it; nothing given is as good as for ever.
    pub(crate) fn or_forever(wait: Option<Self>) -> Duration {
        wait.map_or(Duration::from_secs_f64(FOREVER), |s| s.0)
    }
}

impl<'py> IntoPyObject<'py> for &Name {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(PyString::new(py, &self.0))
    }
}

impl FromPyObject<'_, '_> for Name {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Name(Arc::from(value.extract::<String>()?)))
    }
}

impl<'py> IntoPyObject<'py> for &Time {
    type Target = PyDateTime;
    type Output = Bound<'py, PyDateTime>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::from_timestamp(py, self.0 as f64 / 1000.0, Some(&utc))
    }
}

impl FromPyObject<'_, '_> for Time {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let time = value.cast::<PyDateTime>()?;
        if time.getattr("tzinfo")?.is_none() {
            return Err(PyValueError::new_err("the time has no zone: write tzinfo=datetime.timezone.utc"));
        }
        let seconds: f64 = time.call_method0("timestamp")?.extract()?;
        Ok(Time((seconds * 1000.0).round() as i64))
    }
}

impl<'py> IntoPyObject<'py> for &Octets {
    type Target = PyBytes;
    type Output = Bound<'py, PyBytes>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(PyBytes::new(py, &self.0))
    }
}

impl FromPyObject<'_, '_> for Octets {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let wrong = || PyTypeError::new_err("octets are bytes, bytearray or memoryview");
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() {
            return Err(wrong());
        }
        // A subclass may answer with anything else than what it looks like, so bytes() decides.
        let octets = value.py().get_type::<PyBytes>().call1((value,)).map_err(|_| wrong())?;
        Ok(Octets(Bytes::copy_from_slice(octets.cast::<PyBytes>()?.as_bytes())))
    }
}

impl<'py, const N: usize> IntoPyObject<'py> for &Short<N> {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(PyString::new(py, &self.0.to_string_lossy()))
    }
}

impl<const N: usize> FromPyObject<'_, '_> for Short<N> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let text = value.extract::<String>()?;
        Text::new(&text).map(Short).map_err(|e| PyValueError::new_err(e.to_string()))
    }
}

impl<'py> IntoPyObject<'py> for &Id {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        Ok(PyString::new(py, &self.0.to_string()))
    }
}

impl FromPyObject<'_, '_> for Id {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let text = value.extract::<String>()?;
        if text.is_empty() {
            return Ok(Id(MsgId::NONE));
        }
        // The length and the hyphens of the text form tell the protocol.
        let protocol = match text.len() {
            _ if text.contains('-') => Protocol::Sgip,
            20 => Protocol::Smgp,
            _ => Protocol::Cmpp,
        };
        MsgId::parse(protocol, &text).map(Id).map_err(|e| PyValueError::new_err(e.to_string()))
    }
}

/// The members of an enumeration of `sanwang._enums`, by the values given.
fn members<'py>(
    py: Python<'py>,
    cell: &PyOnceLock<Vec<Py<PyAny>>>,
    class: &str,
    words: impl Iterator<Item = &'static str>,
    at: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let all = cell.get_or_try_init(py, || {
        let class = py.import("sanwang._enums")?.getattr(class)?;
        words.map(|word| Ok(class.call1((word,))?.unbind())).collect::<PyResult<Vec<_>>>()
    })?;
    all.get(at).map(|m| m.bind(py).clone()).ok_or_else(|| PyValueError::new_err("no such member"))
}

impl<'py> IntoPyObject<'py> for &StatusWord {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
        let at = Status::ALL.iter().position(|s| *s == self.0).unwrap_or(usize::MAX);
        members(py, &MEMBERS, "Status", Status::ALL.iter().map(|s| s.name()), at)
    }
}

impl FromPyObject<'_, '_> for StatusWord {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let word = value.extract::<String>()?;
        let found = Status::ALL.into_iter().find(|s| s.name() == word);
        found.map(StatusWord).ok_or_else(|| {
            let known: Vec<&str> = Status::ALL.iter().map(|s| s.name()).collect();
            PyValueError::new_err(format!("{word:?} is no status: write {}", known.join(", ")))
        })
    }
}

const STATES: [LinkState; 6] = [
    LinkState::Offline,
    LinkState::Connecting,
    LinkState::Online,
    LinkState::Degraded,
    LinkState::Idle,
    LinkState::Refused,
];

impl<'py> IntoPyObject<'py> for &LinkWord {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
        match STATES.iter().position(|s| *s == self.0) {
            Some(at) => members(py, &MEMBERS, "LinkState", STATES.iter().map(|s| s.name()), at),
            // A state this list does not know yet: the enumeration takes any word.
            None => py.import("sanwang._enums")?.getattr("LinkState")?.call1((self.0.name(),)),
        }
    }
}

impl FromPyObject<'_, '_> for LinkWord {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let word = value.extract::<String>()?;
        let found = STATES.into_iter().find(|s| s.name() == word);
        found.map(LinkWord).ok_or_else(|| {
            let known: Vec<&str> = STATES.iter().map(|s| s.name()).collect();
            PyValueError::new_err(format!("{word:?} is no state: write {}", known.join(", ")))
        })
    }
}

impl<'py> IntoPyObject<'py> for &Shown {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.0.word().into_pyobject(py)
    }
}

impl FromPyObject<'_, '_> for Shown {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let word: String = value.extract()?;
        let wrong = || PyValueError::new_err(format!("show={word:?}: write {}", Show::WORDS.join(", ")));
        let all = [Show::None, Show::Numbers, Show::Contents, Show::All];
        all.into_iter().find(|show| show.word() == word).map(Shown).ok_or_else(wrong)
    }
}

impl<'py> IntoPyObject<'py> for &Level {
    type Target = PyInt;
    type Output = Bound<'py, PyInt>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        self.0.into_pyobject(py)
    }
}

impl FromPyObject<'_, '_> for Level {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Level(value.extract()?))
    }
}

impl FromPyObject<'_, '_> for Seconds {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Seconds(Duration::from_secs_f64(seconds_of(value)?.clamp(0.0, FOREVER))))
    }
}

impl FromPyObject<'_, '_> for Validity {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let seconds = seconds_of(value)?;
        if seconds < 0.0 {
            let what = format!("valid_for={seconds} is out of range: write 0 (no limit) or more seconds");
            return Err(exception(value.py(), "BadSetting", &what, &[("field", "valid_for")]));
        }
        Ok(Validity(Duration::from_secs_f64(seconds.min(FOREVER))))
    }
}

fn seconds_of(value: Borrowed<'_, '_, PyAny>) -> PyResult<f64> {
    let seconds = match value.cast::<PyDelta>() {
        Ok(delta) => {
            f64::from(delta.get_days()) * 86_400.0
                + f64::from(delta.get_seconds())
                + f64::from(delta.get_microseconds()) / 1e6
        }
        Err(_) => value
            .extract::<f64>()
            .map_err(|_| PyTypeError::new_err("a time is a number of seconds or a timedelta"))?,
    };
    if seconds.is_nan() {
        return Err(PyValueError::new_err("a time is a number of seconds, not NaN"));
    }
    Ok(seconds)
}
