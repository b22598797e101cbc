//! The listeners of a gateway: looking at them, adding some while it is open, taking some away.
//!
//! Who is logged in stays when its listener goes, with the settings it has. It takes those of the listener it logs in on
//! next.

use super::builder::terms_at;
use super::parties::{PartyPort, SpDoor};
use super::{Gateway, Inner};
use crate::engine::OpenError;
use crate::engine::door::Door;
use crate::engine::reactor::lock;
use crate::metrics::ListenerMetrics;
use crate::settings::Listen;
use crate::wire::Protocol;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// A listener of a gateway.
#[derive(Clone)]
pub(super) struct Listening {
    pub(super) name: String,
    pub(super) door: Arc<Door>,
    pub(super) gate: Arc<SpDoor>,
}

impl Listening {
    pub(super) fn new(listen: &Listen, door: Arc<Door>, gate: Arc<SpDoor>) -> Self {
        let name = match listen.name.as_str() {
            "" => format!("{}://{}", listen.protocol, door.address),
            name => name.to_owned(),
        };
        Listening { name, door, gate }
    }

    /// By its name, or by protocol and address.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || format!("{}://{}", self.gate.protocol, self.door.address) == name
    }
}

/// A listener that was removed, while accounts still have their settings from it.
pub(super) struct Gone {
    pub(super) listen: Listen,
    pub(super) gate: Arc<SpDoor>,
}

impl Inner {
    /// The listeners that are open, in their order.
    pub(super) fn listening(&self) -> Vec<Listening> {
        self.doors.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gateway {
    /// Where it listens, with the real ports: as it was opened, then what was added.
    pub fn listeners(&self) -> Vec<(Protocol, SocketAddr)> {
        self.inner.listening().iter().map(|one| (one.gate.protocol, one.door.address)).collect()
    }

    /// The names of the listeners, in their order: the name they were given, or protocol and address such as
    /// `cmpp://127.0.0.1:7890`.
    pub fn listener_names(&self) -> Vec<String> {
        self.inner.listening().into_iter().map(|one| one.name).collect()
    }

    /// Adds a listener: it listens when this returns. Accounts and their own settings hold there, too. Gives its address,
    /// with the real port.
    ///
    /// # Errors
    /// What is wrong with it: there is a listener of this name, a certificate cannot be read, it cannot listen there.
    /// Nothing is changed then. Not inside a look-up of accounts.
    pub fn add_listener(&self, listen: Listen) -> Result<SocketAddr, OpenError> {
        let inner = &*self.inner;
        self.check_place()?;
        let mut office = lock(&inner.office);
        self.check_open()?;
        if inner.listening().iter().any(|one| one.is_called(&listen.name)) {
            let text = format!("a listener is called {:?} already: give another name", listen.name);
            return Err(OpenError::Config(text));
        }
        let terms = terms_at(&listen, &office.own)?;
        let (door, gate) = inner.shared.open_door(&listen, terms, office.opened)?;
        let address = door.address;
        let one = Listening::new(&listen, door, gate);
        inner.doors.write().unwrap_or_else(PoisonError::into_inner).push(one);
        office.opened += 1;
        office.listens.push(listen);
        Ok(address)
    }

    /// Removes a listener, named as [`Gateway::listener_names`] says: its address is free when this returns, and who has
    /// not logged in there is closed. Who is logged in stays, with the settings it has, and is pushed to;
    /// [`Gateway::remove_account`] ends the connections of an account. An account takes the settings of the listener it
    /// logs in on next, but for its message ids and `push_back`, which stay. The last listener may go, too.
    ///
    /// # Errors
    /// No such listener. Not inside a look-up of accounts.
    pub fn remove_listener(&self, listener: &str) -> Result<(), OpenError> {
        let inner = &*self.inner;
        self.check_place()?;
        let mut office = lock(&inner.office);
        self.check_open()?;
        let open = inner.listening();
        let place = open.iter().position(|one| one.is_called(listener));
        let found = place.and_then(|place| Some((place, open.get(place)?)));
        let Some((place, one)) = found else { return Err(self.no_listener(listener)) };
        // Without the lock of the list: the door waits for a look-up of the application, which may ask for it.
        one.door.shut(&inner.shared.reactor);
        {
            let mut doors = inner.doors.write().unwrap_or_else(PoisonError::into_inner);
            doors.remove(place);
            inner.turned_away.fetch_add(one.door.metrics().turned_away.sum(), Ordering::SeqCst);
        }
        let listen = office.listens.remove(place);
        office.gone.push(Gone { listen, gate: one.gate.clone() });
        let used = inner.shared.leave(one.gate.number);
        office.gone.retain(|gone| used.contains(&gone.gate.number));
        Ok(())
    }

    /// The connections of every listener, and who was turned away, by reason:
    /// [`crate::metrics::prometheus_listeners`].
    pub fn listener_metrics(&self) -> Vec<ListenerMetrics> {
        self.inner.listening().iter().map(|one| one.door.metrics()).collect()
    }

    /// Connections that ended without a login, also at listeners that were removed.
    pub fn turned_away(&self) -> u64 {
        let doors = self.inner.doors.read().unwrap_or_else(PoisonError::into_inner);
        let open: u64 = doors.iter().map(|one| one.door.metrics().turned_away.sum()).sum();
        open + self.inner.turned_away.load(Ordering::SeqCst)
    }

    pub(super) fn no_listener(&self, name: &str) -> OpenError {
        let names = self.listener_names().join(", ");
        let names = if names.is_empty() { "none" } else { &names };
        OpenError::Config(format!("no listener is called {name:?}; there are: {names}"))
    }
}

impl super::Shared {
    /// A listener goes. Gives the numbers of those that are gone, but whose settings accounts still have.
    fn leave(&self, number: usize) -> Vec<usize> {
        let mut homes = lock(&self.homes);
        homes.push(number);
        let parties = self.parties.read().unwrap_or_else(PoisonError::into_inner);
        homes.retain(|home| parties.list.iter().any(|port| port.door.load(Ordering::SeqCst) == *home));
        homes.clone()
    }
}

impl SpDoor {
    /// An account logs in: where its listener is gone, this one is its listener from now on.
    pub(super) fn take_in(&self, port: &PartyPort) {
        if port.door.load(Ordering::SeqCst) == self.number {
            return;
        }
        let homes = lock(&self.shared.homes);
        if homes.contains(&port.door.load(Ordering::SeqCst)) {
            port.door.store(self.number, Ordering::SeqCst);
            self.renew_one(port, &self.terms.get());
        }
    }
}
