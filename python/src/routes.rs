//! The native route table: the core's table, shared with links.

use crate::convert::Seconds;
use crate::errors::{exception, guarded, link_error, setting_error};
use crate::events::{LinkRequest, RouteEntry, kind_of};
use crate::link::Link;
use crate::settings;
use crate::shared::elsewhere;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sanwang::routes::{MOST_ROUTES, RouteError, Table};
use sanwang::settings::AccountSettings;
use sanwang::wire::Seq;
use sanwang::{FetchError, Token, link, message};
use std::path::PathBuf;

/// A core's route table for one Python table.
#[pyclass(frozen, module = "sanwang._native")]
pub(crate) struct RouteTable {
    table: sanwang::RouteTable,
}

fn route_error(py: Python<'_>, error: &RouteError) -> PyErr {
    exception(py, "RouteError", &error.to_string(), &[])
}

fn fetch_error(py: Python<'_>, error: FetchError) -> PyErr {
    match error {
        FetchError::Link(error) => link_error(py, &error),
        FetchError::File { source, .. } => source.into(),
        other => exception(py, "RouteError", &other.to_string(), &[]),
    }
}

/// What a request was read with.
fn spoken(py: Python<'_>, request: &LinkRequest) -> PyResult<AccountSettings> {
    let protocol = settings::protocol(py, &request.protocol.0)?;
    let mut account = AccountSettings::for_protocol(protocol);
    account.set("version", &request.version.0).map_err(|e| setting_error(py, &e))?;
    Ok(account)
}

#[pymethods]
impl RouteTable {
    #[new]
    fn new(py: Python<'_>, protocol: &str, own: Option<&str>, limit: Option<usize>) -> PyResult<Self> {
        let protocol = settings::protocol(py, protocol)?;
        let table = match own {
            Some(own) => Table::replica(protocol, own),
            None => Table::server(protocol),
        };
        Ok(RouteTable { table: sanwang::RouteTable::new(table.with_limit(limit.unwrap_or(MOST_ROUTES))) })
    }

    /// A table from its text.
    #[staticmethod]
    fn from_text(py: Python<'_>, text: &str) -> PyResult<Self> {
        let table = guarded(py, || Table::from_text(text))?.map_err(|error| route_error(py, &error))?;
        Ok(RouteTable { table: sanwang::RouteTable::new(table) })
    }

    /// A table from a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let table = guarded(py, || py.detach(|| sanwang::RouteTable::load(path)))?;
        Ok(RouteTable { table: table.map_err(|error| fetch_error(py, error))? })
    }

    /// Saves the table to a file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        Ok(guarded(py, || py.detach(|| self.table.save(path)))??)
    }

    /// The table as text.
    fn to_text(&self) -> String {
        self.table.with(|t| t.to_text())
    }

    /// The protocol.
    #[getter]
    fn protocol(&self) -> &'static str {
        self.table.with(|t| t.protocol().name())
    }

    /// A replica's own gateway code.
    #[getter]
    fn own(&self) -> Option<String> {
        self.table.with(|t| t.own().map(str::to_owned))
    }

    fn __len__(&self) -> usize {
        self.table.with(|t| t.len())
    }

    /// The routes, by kind and number.
    #[getter]
    fn routes(&self) -> Vec<RouteEntry> {
        self.table.with(|t| t.routes().map(RouteEntry::from).collect())
    }

    /// A route by its kind and number.
    fn get(&self, py: Python<'_>, kind: &str, number: u32) -> PyResult<Option<RouteEntry>> {
        let kind = kind_of(py, kind)?;
        Ok(self.table.with(|t| t.get(kind, number).map(RouteEntry::from)))
    }

    /// Adds a route and gives its number.
    fn add(&self, py: Python<'_>, route: &RouteEntry) -> PyResult<u32> {
        let route = route.route(py)?;
        guarded(py, || self.table.add(route))?.map_err(|error| route_error(py, &error))
    }

    /// Changes a route, by its number.
    fn change(&self, py: Python<'_>, route: &RouteEntry) -> PyResult<()> {
        let route = route.route(py)?;
        guarded(py, || self.table.change(route))?.map_err(|error| route_error(py, &error))
    }

    /// Deletes a route.
    fn remove(&self, py: Python<'_>, kind: &str, number: u32) -> PyResult<RouteEntry> {
        let kind = kind_of(py, kind)?;
        let removed = guarded(py, || self.table.with(|t| t.remove(kind, number)))?;
        removed.map(|route| RouteEntry::from(&route)).map_err(|error| route_error(py, &error))
    }

    /// The route of a phone number.
    fn by_phone(&self, number: &str) -> Option<RouteEntry> {
        self.table.with(|t| t.by_phone(number).map(RouteEntry::from))
    }

    /// The route of a service number.
    fn by_service(&self, number: &str, service_id: &str, code: u32, asking: &str) -> Option<RouteEntry> {
        self.table.with(|t| t.by_service(number, service_id, code, asking).map(RouteEntry::from))
    }

    /// Tells a gateway of changes from now on.
    fn follow(&self, gateway: &str) {
        self.table.with(|t| t.follow(gateway));
    }

    /// Tells a gateway of changes no more.
    fn forget(&self, gateway: &str) {
        self.table.with(|t| t.forget(gateway));
    }

    /// The gateways that are told of changes, and how many changes each has not been told.
    #[getter]
    fn behind(&self) -> Vec<(String, usize)> {
        self.table.with(|t| t.followers().map(|name| (name.to_owned(), t.behind(name))).collect())
    }

    /// Answers a request about routes; None for any other request.
    fn answer<'py>(&self, py: Python<'py>, request: &LinkRequest) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let AccountSettings { protocol, version, show, .. } = spoken(py, request)?;
        let answered = guarded(py, || -> Result<_, message::LinkError> {
            let asked = message::LinkRequest {
                account: request.account.0.clone(),
                connection: request.connection,
                time: request.time.0,
                token: Token::from_u64(request.token),
                seq: Seq::default(),
                version,
                pdu: Box::new(link::read(protocol, version, &request.octets.0)?),
                show,
            };
            let Some(answer) = self.table.answer(&asked) else { return Ok(None) };
            Ok(Some(link::written(&answer, version, Seq::default())?))
        })?;
        let answered = answered.map_err(|error| link_error(py, &error))?;
        Ok(answered.map(|octets| PyBytes::new(py, &octets)))
    }

    /// Pushes to every gateway what it has not been told, and returns at once.
    fn push(&self, py: Python<'_>, link: &Link, timeout: Option<Seconds>) -> PyResult<()> {
        link.shared().check_fork(py)?;
        guarded(py, || self.table.push(link.core(), Seconds::or_forever(timeout)))
    }

    /// Fetches the whole table from the route server; how many routes it has.
    fn fetch(&self, py: Python<'_>, link: &Link, peer: String, timeout: Option<Seconds>) -> PyResult<usize> {
        link.shared().check_waiting(py)?;
        let (table, core) = (self.table.clone(), link.core().clone());
        let wait = Seconds::or_forever(timeout);
        match elsewhere(py, move || table.fetch(&core, &peer, wait))? {
            Some(fetched) => fetched.map_err(|error| fetch_error(py, error)),
            None => {
                Err(exception(py, "InternalError", "fetching ended early: this is a bug of sanwang", &[]))
            }
        }
    }
}
