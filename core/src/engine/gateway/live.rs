//! Changing a gateway while it is open: the settings of its listeners and of single accounts.
//!
//! Everything is checked before anything is applied: a change that is refused leaves the gateway as it was.

use super::builder::terms_of;
use super::{Gateway, Listening};
use crate::client::SendError;
use crate::engine::OpenError;
use crate::engine::live::Changed;
use crate::engine::reactor::lock;
use crate::engine::transport::Entrance;
use crate::settings::{AccountSettings, Listen};
use std::sync::atomic::Ordering;

impl Gateway {
    /// The names of the listeners, in their order: the name they were given, or protocol and address such as
    /// `cmpp://127.0.0.1:7890`.
    pub fn listener_names(&self) -> Vec<String> {
        self.inner.doors.iter().map(|one| one.name.clone()).collect()
    }

    /// Changes settings of a listener, named as [`Gateway::listener_names`] says: keys and values as in its URL. Limits
    /// and allow-lists hold for who comes from now on, the settings of accounts for those that are logged in, too. Who is
    /// in stays in. Files of certificates are read again.
    ///
    /// # Errors
    /// No such listener, a setting that is wrong, or one that an open gateway keeps (version, ids, gateway_id, short,
    /// push_back). Nothing is changed then.
    pub fn set<'a>(
        &self,
        listener: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Changed, OpenError> {
        let inner = &*self.inner;
        let mut office = lock(&inner.office);
        self.check_open()?;
        let place = inner.doors.iter().position(|one| one.is_called(listener));
        let place = place.ok_or_else(|| self.no_listener(listener))?;
        let mut listens = office.listens.clone();
        let Some(listen) = listens.get_mut(place) else { return Err(self.no_listener(listener)) };
        let before = listen.settings.clone();
        listen.set_all(settings)?;
        let mut changed = Changed::default();
        note(&mut changed, listener, &before, &listen.settings)?;
        let entrance = Entrance::of(listen)?;
        let terms = terms_of(&listens, &office.own)?;
        // From here on it is applied.
        let pairs = inner.doors.iter().zip(terms).zip(&listens).skip(place).take(1);
        for ((one, terms), Listen { settings, .. }) in pairs {
            one.door.take_by(entrance.clone());
            one.door.change(settings);
            one.gate.terms.set(terms);
            one.gate.renew(None);
        }
        office.listens = listens;
        Ok(changed)
    }

    /// Changes settings of one account, on top of those of the listeners: as
    /// [`GatewayBuilder::account_setting`](super::GatewayBuilder::account_setting), at once for connections that are
    /// open.
    ///
    /// # Errors
    /// A setting that is wrong, that belongs to the listener, or that an open account keeps (short, push_back). Nothing
    /// is changed then.
    pub fn set_account_settings<'a>(
        &self,
        name: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Changed, OpenError> {
        let inner = &*self.inner;
        let mut office = lock(&inner.office);
        self.check_open()?;
        let mut own = office.own.clone();
        let given: Vec<(&str, &str)> = settings.into_iter().collect();
        own.retain(|(account, key, _)| account != name || !given.iter().any(|(new, _)| new == key));
        let owned = |(key, value): &(&str, &str)| (name.to_owned(), (*key).to_owned(), (*value).to_owned());
        own.extend(given.iter().map(owned));
        let before = terms_of(&office.listens, &office.own)?;
        let terms = terms_of(&office.listens, &own)?;
        let mut changed = Changed::default();
        for (before, after) in before.iter().zip(&terms) {
            let mut here = Changed::default();
            note(&mut here, name, before.of(name), after.of(name))?;
            for one in here.at_once {
                if !changed.at_once.contains(&one) {
                    changed.at_once.push(one);
                }
            }
            for one in here.on_reconnect {
                if !changed.on_reconnect.contains(&one) {
                    changed.on_reconnect.push(one);
                }
            }
        }
        for (one, terms) in inner.doors.iter().zip(terms) {
            one.gate.terms.set(terms);
            one.gate.renew(Some(name));
        }
        office.own = own;
        Ok(changed)
    }

    fn check_open(&self) -> Result<(), OpenError> {
        match self.inner.shared.closing.load(Ordering::SeqCst) {
            true => Err(OpenError::Config(SendError::Closed.to_string())),
            false => Ok(()),
        }
    }

    fn no_listener(&self, name: &str) -> OpenError {
        let names = self.listener_names().join(", ");
        OpenError::Config(format!("no listener is called {name:?}; there are: {names}"))
    }
}

impl Listening {
    /// By its name, or by protocol and address.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || format!("{}://{}", self.gate.protocol, self.door.address) == name
    }
}

/// Sorts what differs into now and later, and refuses what an open gateway keeps.
fn note(
    changed: &mut Changed,
    name: &str,
    before: &AccountSettings,
    after: &AccountSettings,
) -> Result<(), OpenError> {
    for row in before.differences(after) {
        if row.anew {
            let what = format!("{name}: {} cannot change while the gateway is open: open it anew", row.key);
            return Err(OpenError::Config(what));
        }
        let list = if row.live { &mut changed.at_once } else { &mut changed.on_reconnect };
        list.push((name.to_owned(), row.key));
    }
    Ok(())
}
