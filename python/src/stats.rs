//! What accounts count.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use sanwang::Counters;

macro_rules! sums {
    ($dict:ident, $all:ident: $($field:ident)+) => {
        $($dict.set_item(stringify!($field), $all.iter().map(|c| c.$field).sum::<u64>())?;)+
    };
}

/// Counters of one name, added up.
pub(crate) fn counters<'py>(py: Python<'py>, all: &[Counters]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    sums!(dict, all: sent accepted rejected congested unanswered late reports reports_unmatched delivers submits
        acked_unhandled logins refusals breaks refused_busy refused_rate resent troubles outcomes empty_digests unsent
        reports_delivered reports_failed reports_interim events_dropped);
    Ok(dict)
}
