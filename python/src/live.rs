//! Changing a client while it is open.

use crate::client::Left;
use crate::convert::Seconds;
use crate::errors::{exception, guarded, open_error, read_file};
use crate::settings::{self, Given, GivenRoute};
use crate::shared::{Shared, elsewhere};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use sanwang::config::Config;
use sanwang::settings::EngineSettings;
use sanwang::{Account, Client, OpenError, Route};
use std::path::{Path, PathBuf};

/// What a change did.
#[pyclass(frozen, eq, module = "sanwang")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed(sanwang::Changed);

#[pymethods]
impl Changed {
    /// Account and setting: in effect now.
    #[getter]
    fn at_once<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.at_once)
    }

    /// Account and setting, or `user`, `secret` or `address`: in effect with the next connection.
    #[getter]
    fn on_reconnect<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.on_reconnect)
    }

    /// Accounts that were added.
    #[getter]
    fn added<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.added)
    }

    /// Accounts that were removed.
    #[getter]
    fn removed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.removed)
    }

    /// Accounts that were removed and added again.
    #[getter]
    fn replaced<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.replaced)
    }

    fn __bool__(&self) -> bool {
        self.0 != sanwang::Changed::default()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Changed({})", self.0)
    }
}

/// Accounts, routes and engine settings of a client.
pub(crate) struct Parts {
    pub(crate) accounts: Vec<Account>,
    pub(crate) routes: Vec<Route>,
    pub(crate) engine: EngineSettings,
}

/// What Python gives, after what a file says.
pub(crate) fn parts(
    py: Python<'_>,
    accounts: &[Given<'_>],
    shared: &Bound<'_, PyDict>,
    routes: Vec<GivenRoute>,
    config: Option<PathBuf>,
) -> PyResult<Parts> {
    let mut parts = match config {
        None => Parts { accounts: Vec::new(), routes: Vec::new(), engine: EngineSettings::default() },
        Some(path) => {
            let text = read_file(&path)?;
            let file = Config::parse(&text, path.parent().unwrap_or(Path::new(""))).map_err(|error| {
                let what = format!("{}: {error}", path.display());
                exception(py, "ConfigError", &what, &[("field", "config")])
            })?;
            Parts { accounts: file.accounts, routes: file.routes, engine: file.engine }
        }
    };
    let shared = settings::pairs(shared, "ConfigError")?;
    let used: Vec<_> = accounts.iter().filter_map(|(_, url, _)| settings::protocol_of(url)).collect();
    for given in accounts {
        parts.accounts.push(settings::account(py, given, &shared, &used)?);
    }
    parts.routes.extend(settings::routes(py, routes)?);
    settings::engine_on(py, &mut parts.engine, &shared)?;
    Ok(parts)
}

/// What a change of a gateway did.
pub(crate) fn changed(py: Python<'_>, result: Result<sanwang::Changed, OpenError>) -> PyResult<Changed> {
    done(py, result).map(Changed)
}

fn done<T>(py: Python<'_>, result: Result<T, OpenError>) -> PyResult<T> {
    result.map_err(|error| open_error(py, &error))
}

pub(crate) fn set(
    py: Python<'_>,
    client: &Client,
    account: &str,
    settings: &Bound<'_, PyDict>,
) -> PyResult<Changed> {
    let pairs = settings::pairs(settings, "ConfigError")?;
    let set = || client.set(account, pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    done(py, guarded(py, || py.detach(set))?).map(Changed)
}

pub(crate) fn set_secret(
    py: Python<'_>,
    client: &Client,
    account: &str,
    secret: Vec<u8>,
) -> PyResult<Changed> {
    done(py, guarded(py, || py.detach(|| client.set_secret(account, secret)))?).map(Changed)
}

pub(crate) fn add_accounts(
    py: Python<'_>,
    client: &Client,
    accounts: &[Given<'_>],
    shared: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let parts = parts(py, accounts, shared, Vec::new(), None)?;
    for account in parts.accounts {
        done(py, guarded(py, || py.detach(|| client.add_account(account)))?)?;
    }
    Ok(())
}

pub(crate) fn remove_account(
    py: Python<'_>,
    client: &Client,
    shared: &Shared,
    account: String,
    timeout: Option<Seconds>,
) -> PyResult<Left> {
    shared.check_waiting(py)?;
    let client = client.clone();
    let deadline = Seconds::or_forever(timeout);
    match elsewhere(py, move || client.remove_account(&account, deadline))? {
        Some(Err(error)) => Err(open_error(py, &error)),
        Some(Ok(left)) => Left::of(py, Some(Ok(left))),
        None => Left::of(py, None),
    }
}

pub(crate) fn reconfigure(
    py: Python<'_>,
    client: &Client,
    parts: Parts,
    timeout: Option<Seconds>,
) -> PyResult<Changed> {
    let deadline = Seconds::or_forever(timeout);
    let change = || client.reconfigure(parts.accounts, parts.routes, deadline);
    done(py, guarded(py, || py.detach(change))?).map(Changed)
}
