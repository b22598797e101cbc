//! PDUs as the values of their Python classes, and back. Nothing is lost: text that is not UTF-8 comes as
//! `os.fsdecode` would give it.

use crate::convert::Octets;
use crate::errors::exception;
use crate::wire::{layout, seq_tuple};
use bytes::BytesMut;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};
use sanwang::wire::{AnyPdu, Given, GivenError, GivenFields, Notes, Protocol, Seq, Shown, Visit};

/// The fields of one frame, without counts: they follow from what they count. Groups are dictionaries, optional
/// parameters pairs of tag and octets.
#[pyfunction]
pub(crate) fn decode_body<'py>(
    py: Python<'py>,
    protocol: &str,
    version: &str,
    octets: Octets,
) -> PyResult<Bound<'py, PyDict>> {
    let (protocol, version) = layout(py, protocol, Some(version))?;
    let (_, pdu) = AnyPdu::decode(protocol, version, &octets.0, &mut Notes::default())
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let table = AnyPdu::table(protocol).iter().find(|info| info.name == pdu.name());
    let counts = table.into_iter().flat_map(|info| info.fields).filter_map(|field| field.spec.count());
    let mut values = Values { dict: PyDict::new(py), counts: counts.map(|c| c.name).collect(), failed: None };
    pdu.show(version, &mut values);
    match values.failed {
        Some(error) => Err(error),
        None => Ok(values.dict),
    }
}

/// One frame of the fields of a PDU.
#[pyfunction]
pub(crate) fn encode<'py>(
    py: Python<'py>,
    protocol: &str,
    version: Option<&str>,
    pdu: &str,
    fields: &Bound<'py, PyDict>,
    sequence: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (protocol, version) = layout(py, protocol, version)?;
    let seq = sequence_of(protocol, sequence)?;
    let refused = |error: GivenError| {
        let mut attributes = vec![("error", error.kind.name()), ("pdu", error.pdu)];
        attributes.extend((!error.path.is_empty()).then_some(("field", error.path.as_str())));
        exception(py, "EncodeError", &error.to_string(), &attributes)
    };
    let pdu = AnyPdu::from_fields(protocol, version, pdu, &given_fields(fields)?).map_err(refused)?;
    let mut octets = BytesMut::new();
    pdu.encode(version, seq, &mut octets).map_err(|error| {
        let attributes = [("pdu", error.pdu), ("field", error.field)];
        exception(py, "EncodeError", &error.to_string(), &attributes)
    })?;
    Ok(PyBytes::new(py, &octets))
}

/// A sequence number: a number, or the three of SGIP. Zero is zero for all.
fn sequence_of(protocol: Protocol, sequence: &Bound<'_, PyAny>) -> PyResult<Seq> {
    let wrong = |what| PyValueError::new_err(format!("sequence {what} from 0 to 4294967295"));
    match (sequence.extract::<u32>(), protocol) {
        (Ok(serial), Protocol::Cmpp | Protocol::Smgp) | (Ok(serial @ 0), Protocol::Sgip) => {
            Ok(Seq::serial(serial))
        }
        (_, Protocol::Sgip) => {
            let parts = sequence.extract::<(u32, u32, u32)>();
            parts
                .map(|(node, time, serial)| Seq::new(node, time, serial))
                .map_err(|_| wrong("of SGIP is (node, time, serial), numbers"))
        }
        _ => Err(wrong("is a number")),
    }
}

fn given_fields(fields: &Bound<'_, PyDict>) -> PyResult<GivenFields> {
    let one = |(key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let key = key.extract::<String>()?;
        let value = given(&key, &value)?;
        Ok((key, value))
    };
    fields.iter().map(one).collect()
}

fn given(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Given> {
    if value.is_none() {
        return Ok(Given::Null);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        // In Python a yes or no is a number.
        return Ok(Given::Int(flag.is_true().into()));
    }
    if value.is_instance_of::<PyInt>() {
        // What is larger fits no field either.
        return Ok(Given::Int(value.extract().unwrap_or(i128::MAX)));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(match text.to_str() {
            Ok(text) => Given::Text(text.to_owned()),
            Err(_) => {
                let octets = text.call_method1("encode", ("utf-8", "surrogateescape"))?;
                Given::Octets(octets.extract::<Octets>()?.0)
            }
        });
    }
    if let Ok(fields) = value.cast::<PyDict>() {
        return given_fields(fields).map(Given::Fields);
    }
    if value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>() {
        let items = value.try_iter()?.map(|item| given(name, &item?));
        return items.collect::<PyResult<_>>().map(Given::List);
    }
    value.extract::<Octets>().map(|octets| Given::Octets(octets.0)).map_err(|_| {
        let kind = value.get_type().name().map_or_else(|_| "value".to_owned(), |n| n.to_string());
        PyTypeError::new_err(format!("{name} holds a {kind}: give numbers, text, octets, or tuples of these"))
    })
}

/// Collects fields into a dictionary.
struct Values<'py> {
    dict: Bound<'py, PyDict>,
    /// Names that are left out.
    counts: Vec<&'static str>,
    failed: Option<PyErr>,
}

impl<'py> Values<'py> {
    fn set<V: IntoPyObject<'py>>(&mut self, name: &str, value: PyResult<V>) {
        let done = value.and_then(|value| self.dict.set_item(name, value));
        if let Err(error) = done {
            self.failed.get_or_insert(error);
        }
    }
}

fn text<'py>(py: Python<'py>, octets: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match std::str::from_utf8(octets) {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        Err(_) => PyBytes::new(py, octets).call_method1("decode", ("utf-8", "surrogateescape")),
    }
}

impl Visit for Values<'_> {
    fn field(&mut self, name: &'static str, value: Shown<'_>) {
        if self.counts.contains(&name) {
            return;
        }
        let py = self.dict.py();
        match value {
            Shown::Int(number) => self.set(name, Ok(number)),
            Shown::Flag(flag) => self.set(name, Ok(flag)),
            Shown::Text(octets) => self.set(name, text(py, octets)),
            Shown::Octets(octets) => self.set(name, Ok(PyBytes::new(py, octets))),
            Shown::Seq(seq) => self.set(name, Ok(seq_tuple(seq))),
            Shown::Tlvs(tlvs) => {
                let pairs = tlvs.iter().map(|tlv| (tlv.tag, PyBytes::new(py, &tlv.value)));
                self.set(name, PyTuple::new(py, pairs.collect::<Vec<_>>()));
            }
            Shown::Absent => self.set(name, Ok(py.None())),
        }
    }

    fn texts(&mut self, name: &'static str, texts: &mut dyn Iterator<Item = &[u8]>) {
        let py = self.dict.py();
        let texts = texts.map(|octets| text(py, octets)).collect::<PyResult<Vec<_>>>();
        self.set(name, texts.and_then(|texts| PyTuple::new(py, texts)));
    }

    fn groups(&mut self, name: &'static str, count: usize, show: &dyn Fn(usize, &mut dyn Visit)) {
        let py = self.dict.py();
        let mut groups = Vec::with_capacity(count);
        for index in 0..count {
            let mut group = Values { dict: PyDict::new(py), counts: Vec::new(), failed: None };
            show(index, &mut group);
            if let Some(error) = group.failed {
                self.failed.get_or_insert(error);
            }
            groups.push(group.dict);
        }
        self.set(name, PyTuple::new(py, groups));
    }
}
