//! Octets to PDUs as Python values: names and values come from the core's tables.

use crate::convert::Octets;
use crate::errors::setting_error;
use crate::settings;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use sanwang::settings::AccountSettings;
use sanwang::wire::{
    AnyPdu, DecodeError, Field, Header, Notes, Protocol, Report, Seq, Tlv, TlvShown, Value, Version, frame,
};

/// What is wrong: class, PDU, field, offset in the frame, text.
type Wrong = (&'static str, &'static str, &'static str, usize, String);

/// The PDUs that were read, and where the next one begins and what is wrong with it.
type Read<'py> = (Vec<Bound<'py, PyDict>>, usize, Option<Wrong>);

/// Reads the frames of one piece of octets. An error ends it; what came before is kept.
#[pyfunction]
pub(crate) fn decode<'py>(
    py: Python<'py>,
    protocol: &str,
    octets: Octets,
    version: Option<&str>,
) -> PyResult<Read<'py>> {
    let (protocol, version) = layout(py, protocol, version)?;
    let (mut pdus, mut at) = (Vec::new(), 0);
    while let Some(rest) = octets.0.get(at..).filter(|rest| !rest.is_empty()) {
        match one(py, protocol, version, rest)? {
            Ok((pdu, length)) => {
                pdus.push(pdu);
                at += length;
            }
            Err(wrong) => return Ok((pdus, at, Some(wrong))),
        }
    }
    Ok((pdus, at, None))
}

/// A protocol and a version by their names; without a version the default one of an account.
pub(crate) fn layout(py: Python<'_>, protocol: &str, version: Option<&str>) -> PyResult<(Protocol, Version)> {
    let protocol = settings::protocol(py, protocol)?;
    let mut account = AccountSettings::for_protocol(protocol);
    if let Some(version) = version {
        account.set("version", version).map_err(|e| setting_error(py, &e))?;
    }
    Ok((protocol, account.version))
}

fn wrong(e: DecodeError) -> Wrong {
    (e.class.name(), e.pdu, e.field, e.offset, e.to_string())
}

fn one<'py>(
    py: Python<'py>,
    protocol: Protocol,
    version: Version,
    octets: &[u8],
) -> PyResult<Result<(Bound<'py, PyDict>, usize), Wrong>> {
    let length = match frame::next(protocol, octets, protocol.default_limit()) {
        Ok(Some(length)) => length,
        Ok(None) => {
            let (field, have) = (protocol.length_field(), octets.len());
            let what = format!("the frame is not complete: {have} octets are there, {field} says more");
            return Ok(Err(("incomplete_frame", "header", field, have, what)));
        }
        Err(error) => return Ok(Err(wrong(error))),
    };
    let mut notes = Notes::default();
    let octets = octets.get(..length).unwrap_or_default();
    let (header, pdu) = match AnyPdu::decode(protocol, version, octets, &mut notes) {
        Ok(read) => read,
        Err(error) => return Ok(Err(wrong(error))),
    };
    let report = Report::inside(&pdu, &mut notes).and_then(Result::ok).map(|report| report.fields());
    let dict = PyDict::new(py);
    dict.set_item("protocol", protocol.name())?;
    dict.set_item("version", version.to_string())?;
    dict.set_item("pdu", pdu.name())?;
    dict.set_item("header", header_dict(py, protocol, header)?)?;
    dict.set_item("fields", fields(py, &pdu.fields(version))?)?;
    dict.set_item("report", report.map(|f| fields(py, &f)).transpose()?)?;
    dict.set_item("warnings", PyTuple::new(py, notes.names().collect::<Vec<_>>())?)?;
    Ok(Ok((dict, length)))
}

pub(crate) fn seq_tuple(seq: Seq) -> (u32, u32, u32) {
    (seq.node, seq.time, seq.serial)
}

fn header_dict<'py>(py: Python<'py>, protocol: Protocol, header: Header) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("length", header.length)?;
    dict.set_item("command", header.command)?;
    match protocol {
        Protocol::Sgip => dict.set_item("sequence", seq_tuple(header.seq))?,
        Protocol::Cmpp | Protocol::Smgp => dict.set_item("sequence", header.seq.serial)?,
    }
    Ok(dict)
}

pub(crate) fn fields<'py>(py: Python<'py>, fields: &[Field]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for field in fields {
        dict.set_item(field.name, value(py, &field.value)?)?;
    }
    Ok(dict)
}

fn value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::Flag(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::Octets(octets) => Octets(octets.clone()).into_pyobject(py)?.into_any(),
        Value::TextList(texts) => PyTuple::new(py, texts)?.into_any(),
        Value::Seq(seq) => seq_tuple(*seq).into_pyobject(py)?.into_any(),
        Value::Group(groups) => {
            let all = groups.iter().map(|g| fields(py, g)).collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(py, all)?.into_any()
        }
        Value::Tlvs(tlvs) => {
            let all = tlvs.iter().map(|t| tlv(py, t)).collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(py, all)?.into_any()
        }
        Value::Absent => py.None().into_bound(py),
    })
}

fn tlv<'py>(py: Python<'py>, tlv: &Tlv) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("tag", tlv.tag)?;
    dict.set_item("name", tlv.name())?;
    dict.set_item("octets", Octets(tlv.value.clone()).into_pyobject(py)?)?;
    match tlv.shown() {
        Some(TlvShown::Int(number)) => dict.set_item("value", number)?,
        Some(TlvShown::Text(text)) => dict.set_item("value", text)?,
        None => dict.set_item("value", py.None())?,
    }
    Ok(dict)
}
