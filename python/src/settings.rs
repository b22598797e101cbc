//! Settings given in Python: any plain value as the text the core reads, and which account takes what.

use crate::convert::Seconds;
use crate::errors::{exception, setting_error};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PyFloat, PyInt, PyString};
use sanwang::settings::{AccountSettings, EngineSettings, Kind};
use sanwang::wire::Protocol;
use sanwang::{Account, Route};

/// A key and its value as text.
pub(crate) type Pair = (String, String);

/// An account as Python gives it: name or none, URL, settings of its own.
pub(crate) type Given<'py> = (Option<String>, String, Bound<'py, PyDict>);

/// A route as Python gives it: carrier or none, prefix, accounts.
pub(crate) type GivenRoute = (Option<String>, String, Vec<String>);

/// A value as text: flags, numbers, seconds, lists and text. `None` leaves the setting as it is.
fn text_of(key: &str, value: &Bound<'_, PyAny>, class: &str) -> PyResult<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Some(if flag.is_true() { "yes" } else { "no" }.to_owned()));
    }
    let seconds = value.is_instance_of::<PyFloat>() && is_duration(key);
    if seconds || value.is_instance_of::<PyDelta>() {
        return Ok(Some(format!("{}ms", value.extract::<Seconds>()?.0.as_millis())));
    }
    let plain = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyFloat>();
    if plain {
        return Ok(Some(value.str()?.to_string()));
    }
    if value.is_instance_of::<PyDict>() {
        return Err(wrong_type(key, value, class));
    }
    let Ok(items) = value.try_iter() else { return Err(wrong_type(key, value, class)) };
    let mut texts = Vec::new();
    for item in items {
        texts.extend(text_of(key, &item?, class)?);
    }
    Ok(Some(texts.join(",")))
}

fn wrong_type(key: &str, value: &Bound<'_, PyAny>, class: &str) -> PyErr {
    let kind = value.get_type().name().map_or_else(|_| "value".to_owned(), |n| n.to_string());
    let what = format!("{key} is a {kind}: give text, a number, True or False, or a list of these");
    exception(value.py(), class, &what, &[("field", key)])
}

fn is_duration(key: &str) -> bool {
    AccountSettings::row(key).is_some_and(|row| row.kind == Kind::Duration)
}

/// The settings of a dictionary as texts, in its order; `class` is the error of a value of the wrong type.
pub(crate) fn pairs(settings: &Bound<'_, PyDict>, class: &str) -> PyResult<Vec<Pair>> {
    let mut pairs = Vec::with_capacity(settings.len());
    for (key, value) in settings {
        let key: String = key.extract()?;
        if let Some(text) = text_of(&key, &value, class)? {
            pairs.push((key, text));
        }
    }
    Ok(pairs)
}

/// The keys of account and engine settings, to name the nearest to a wrong one.
#[pyfunction]
pub(crate) fn setting_keys() -> (Vec<&'static str>, Vec<&'static str>) {
    (
        AccountSettings::rows().iter().map(|r| r.key).collect(),
        EngineSettings::rows().iter().map(|r| r.key).collect(),
    )
}

/// The engine settings among `shared`.
pub(crate) fn engine(py: Python<'_>, shared: &[Pair]) -> PyResult<EngineSettings> {
    let mut settings = EngineSettings::default();
    engine_on(py, &mut settings, shared)?;
    Ok(settings)
}

/// The same, on top of others.
pub(crate) fn engine_on(py: Python<'_>, settings: &mut EngineSettings, shared: &[Pair]) -> PyResult<()> {
    for (key, value) in shared.iter().filter(|(key, _)| EngineSettings::row(key).is_some()) {
        settings.set(key, value).map_err(|e| setting_error(py, &e))?;
    }
    Ok(())
}

/// The account of a URL with those of the shared settings that its protocol has, and its own. A shared setting that
/// fits none of the protocols goes to every account, which then says what is wrong with it.
pub(crate) fn account(
    py: Python<'_>,
    given: &Given<'_>,
    shared: &[Pair],
    used: &[Protocol],
) -> PyResult<Account> {
    let (name, url, own) = given;
    let protocol = protocol_of(url);
    let own = pairs(own, "ConfigError")?;
    let applies = |key: &str| match AccountSettings::row(key) {
        Some(row) => protocol.is_none_or(|p| row.applies_to(p)) || !used.iter().any(|p| row.applies_to(*p)),
        None => EngineSettings::row(key).is_none(),
    };
    let overridden = |key: &str| own.iter().any(|(own, _)| own == key);
    let shared = shared.iter().filter(|(key, _)| applies(key) && !overridden(key));
    let all: Vec<(&str, &str)> = shared.chain(&own).map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let account = Account::parse_with(url, all).map_err(|e| setting_error(py, &e))?;
    Ok(match name {
        Some(name) => account.with_name(name),
        None => account,
    })
}

/// The protocol of a URL, where its scheme is a known one.
pub(crate) fn protocol_of(url: &str) -> Option<Protocol> {
    url.split_once("://").and_then(|(scheme, _)| scheme.parse().ok())
}

/// A protocol by name.
pub(crate) fn protocol(py: Python<'_>, name: &str) -> PyResult<Protocol> {
    name.parse().map_err(|_| {
        let what = format!("unknown protocol {name:?}: use cmpp, sgip or smgp");
        exception(py, "ConfigError", &what, &[("field", "protocol")])
    })
}

/// Routing rules.
pub(crate) fn routes(py: Python<'_>, given: Vec<GivenRoute>) -> PyResult<Vec<Route>> {
    given
        .into_iter()
        .map(|(carrier, prefix, accounts)| {
            let carrier = carrier.map(|c| c.parse()).transpose();
            let carrier = carrier.map_err(|e: sanwang::segments::SegmentsError| {
                exception(py, "ConfigError", &format!("routes: {}", e.what), &[("field", "routes")])
            })?;
            Ok(Route { carrier, prefix, accounts })
        })
        .collect()
}
