//! A route table at work: answered from, pushed, fetched over links, saved to a file.

use super::link::Link;
use super::reactor::lock;
use crate::message::{LinkError, LinkRequest};
use crate::routes::{RouteError, Table};
use crate::time::Now;
use crate::wire::{AnyPdu, Protocol};
use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Why a whole table could not be fetched or loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// An exchange failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What came makes no sense.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file does not hold a table.
    #[error("{path}: {source}")]
    Text {
        /// Which.
        path: String,
        /// What is wrong in it.
        source: RouteError,
    },
}

#[derive(Debug)]
struct Inner {
    table: Mutex<Table>,
    /// Gateways that are being told of a change now: one change at a time each, in order.
    telling: Mutex<HashSet<String>>,
}

/// A route server's table, or a gateway's replica of it, shared by threads and links.
///
/// Cheap to clone; every clone is the same table.
#[derive(Clone, Debug)]
pub struct RouteTable {
    inner: Arc<Inner>,
}

/// A gateway that is being told of a change, until this is dropped.
struct Telling {
    table: RouteTable,
    gateway: String,
}

impl Drop for Telling {
    fn drop(&mut self) {
        lock(&self.table.inner.telling).remove(&self.gateway);
    }
}

fn now() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now { mono_ns: 0, unix_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
}

impl RouteTable {
    /// An empty table of a route server (GNS).
    pub fn server(protocol: Protocol) -> Self {
        Self::new(Table::server(protocol))
    }

    /// An empty replica of the gateway with this code.
    pub fn replica(protocol: Protocol, own: &str) -> Self {
        Self::new(Table::replica(protocol, own))
    }

    /// A table that was made otherwise.
    pub fn new(table: Table) -> Self {
        let inner = Inner { table: Mutex::new(table), telling: Mutex::default() };
        RouteTable { inner: Arc::new(inner) }
    }

    /// Looks at the table or changes it. Changes of a server's table are pushed by the next
    /// [`RouteTable::push`].
    pub fn with<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        work(&mut lock(&self.inner.table))
    }

    /// Adds a route now and gives its number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&self, route: crate::routes::Route) -> Result<u32, RouteError> {
        self.with(|table| table.add(now().unix_ms, route))
    }

    /// Changes a route now, by its number.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn change(&self, route: crate::routes::Route) -> Result<(), RouteError> {
        self.with(|table| table.change(now().unix_ms, route))
    }

    /// The code of the gateway that serves a phone number.
    pub fn gateway_of(&self, number: &str) -> Option<String> {
        self.with(|table| table.by_phone(number).map(|route| route.gateway.clone()))
    }

    /// Answers a request about routes; `None` for any other request. Whom a route server tells of changes
    /// is said with [`Table::follow`].
    pub fn answer(&self, request: &LinkRequest) -> Option<AnyPdu> {
        self.with(|table| table.answer(now(), &request.account, &request.pdu, request.version))
    }

    /// Pushes to every gateway what it has not been told, and returns at once: one change after the other, each
    /// when the one before was answered. A gateway that is away keeps its place: call this again when it is back,
    /// for example from [`crate::LinkBuilder::on_state`], and after every change.
    pub fn push(&self, link: &Link, timeout: Duration) {
        let gateways = self.with(|table| {
            let behind = table.followers().filter(|name| table.behind(name) > 0);
            behind.map(str::to_owned).collect::<Vec<_>>()
        });
        for gateway in gateways {
            self.tell(link, gateway, timeout);
        }
    }

    fn tell(&self, link: &Link, gateway: String, timeout: Duration) {
        let Some((protocol, version)) = link.speaks(&gateway) else { return };
        if !lock(&self.inner.telling).insert(gateway.clone()) {
            return;
        }
        // Also when the link ends without an answer: the next link tells the gateway again.
        let telling = Telling { table: self.clone(), gateway: gateway.clone() };
        let next =
            self.with(
                |table| {
                    if table.protocol() == protocol { table.next_push(&gateway, version) } else { None }
                },
            );
        let Some(pdu) = next else { return };
        // A push that is not answered does not keep the link.
        let again = link.downgrade();
        let asked = link.request_then(&gateway, pdu, timeout, move |answer| {
            let (table, name) = (telling.table.clone(), telling.gateway.clone());
            let taken = answer.is_ok_and(|pdu| {
                table.with(|t| t.pushed(&name, &pdu));
                true
            });
            drop(telling);
            if let (true, Some(link)) = (taken, again.upgrade()) {
                table.tell(&link, name, timeout);
            }
        });
        // Nothing was asked: the function is dropped, and the next push tries again.
        drop(asked);
    }

    /// Fetches the whole table from the route server `peer`; how many routes it has. The old table stays until
    /// the new one is whole.
    ///
    /// # Errors
    /// An exchange that failed, or a list that loops, is too long or makes no sense.
    pub fn fetch(&self, link: &Link, peer: &str, timeout: Duration) -> Result<usize, FetchError> {
        let version = match link.speaks(peer) {
            Some((_, version)) => version,
            None => return Err(LinkError::NoPeer(peer.to_owned()).into()),
        };
        let mut fetch = self.with(|table| table.fetch(version));
        while let Some(pdu) = fetch.next() {
            fetch.answered(&link.request(peer, pdu, timeout)?)?;
        }
        Ok(self.with(|table| fetch.finish(table))?)
    }

    /// Saves the table to a file, which is whole or the old one at any time. It may hold passwords (SGIP), so
    /// only its owner may read it.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let text = self.with(|table| table.to_text());
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let fresh = Path::new(&name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(fresh, path)
    }

    /// Loads a table from a file.
    ///
    /// # Errors
    /// What the system says, or the line that is wrong.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FetchError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        let text =
            fs::read_to_string(path).map_err(|source| FetchError::File { path: shown.clone(), source })?;
        let table = Table::from_text(&text).map_err(|source| FetchError::Text { path: shown, source })?;
        Ok(Self::new(table))
    }
}
