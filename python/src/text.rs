//! What a text will cost, before it is sent.

use crate::errors::{exception, setting_error};
use crate::settings;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sanwang::client::split_rules;
use sanwang::settings::AccountSettings;
use sanwang::text::{Coding, TextError, Unit};

/// What a text will cost.
#[pyclass(frozen, get_all, eq, hash, module = "sanwang.text")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Preview {
    /// The data coding octet that will be used.
    coding: u8,
    /// Characters as Unicode counts them.
    characters: u32,
    /// Length of the text as the coding counts it.
    units: u32,
    /// What `units` and the rooms are counted in: octet, utf16 or septet.
    unit: &'static str,
    /// Segments, which is what a carrier bills.
    segments: u8,
    /// Units that can be added without one more segment.
    room_left: u32,
    /// Units a segment holds.
    room_per_segment: u32,
}

#[pymethods]
impl Preview {
    fn __repr__(&self) -> String {
        let Self { units, unit, segments, room_left, .. } = self;
        let plural = if *segments == 1 { "" } else { "s" };
        let coding = Coding(self.coding);
        format!(
            "Preview({segments} segment{plural}, coding {coding}, {units} {unit} units, {room_left} left)"
        )
    }
}

/// See `sanwang.text.preview`.
#[pyfunction]
pub(crate) fn preview(
    py: Python<'_>,
    text: &str,
    protocol: &str,
    settings: &Bound<'_, PyDict>,
) -> PyResult<Preview> {
    let protocol = settings::protocol(py, protocol)?;
    let mut account = AccountSettings::for_protocol(protocol);
    for (key, value) in settings::pairs(settings, "ConfigError")? {
        account.set(&key, &value).map_err(|e| setting_error(py, &e))?;
    }
    let seen =
        sanwang::text::preview(text, &split_rules(protocol, &account)).map_err(|e| text_error(py, &e))?;
    Ok(Preview {
        coding: seen.coding.0,
        characters: seen.characters,
        units: seen.units,
        unit: match seen.unit {
            Unit::Octet => "octet",
            Unit::Utf16 => "utf16",
            Unit::Septet => "septet",
        },
        segments: seen.segments,
        room_left: seen.room_left,
        room_per_segment: seen.room_per_segment,
    })
}

fn text_error(py: Python<'_>, error: &TextError) -> PyErr {
    let (class, name) = match error {
        TextError::NotEncodable { .. } => ("BadCoding", "BAD_CODING"),
        _ => ("TooLong", "TOO_LONG"),
    };
    exception(py, class, &error.to_string(), &[("name", name), ("field", "text")])
}
