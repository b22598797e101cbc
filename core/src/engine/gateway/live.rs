//! Changing a gateway while it is open: the settings of its listeners and of single accounts.
//!
//! Everything is checked before anything is applied: a change that is refused leaves the gateway as it was.

use super::Gateway;
use super::builder::{check_own, terms_of};
use crate::client::SendError;
use crate::engine::OpenError;
use crate::engine::door::is_deciding;
use crate::engine::live::Changed;
use crate::engine::reactor::lock;
use crate::engine::transport::Entrance;
use crate::settings::{AccountSettings, Listen};
use std::sync::atomic::Ordering;

impl Gateway {
    /// Changes settings of a listener, named as [`Gateway::listener_names`] says: keys and values as in its URL. Limits
    /// and allow-lists hold for who comes from now on, the settings of accounts for those that are logged in, too. Who is
    /// in stays in. Files of certificates are read again.
    ///
    /// # Errors
    /// No such listener, a setting that is wrong, or one that an open gateway keeps (version, ids, gateway_id, short,
    /// push_back). Nothing is changed then. Not inside a look-up of accounts.
    pub fn set<'a>(
        &self,
        listener: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Changed, OpenError> {
        let inner = &*self.inner;
        self.check_place()?;
        let mut office = lock(&inner.office);
        self.check_open()?;
        let doors = inner.listening();
        let place = doors.iter().position(|one| one.is_called(listener));
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
        let pairs = doors.iter().zip(terms).zip(&listens).skip(place).take(1);
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
    /// is changed then. Not inside a look-up of accounts.
    pub fn set_account_settings<'a>(
        &self,
        name: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Changed, OpenError> {
        let inner = &*self.inner;
        self.check_place()?;
        let mut office = lock(&inner.office);
        self.check_open()?;
        let mut own = office.own.clone();
        let given: Vec<(&str, &str)> = settings.into_iter().collect();
        own.retain(|(account, key, _)| account != name || !given.iter().any(|(new, _)| new == key));
        let owned = |(key, value): &(&str, &str)| (name.to_owned(), (*key).to_owned(), (*value).to_owned());
        let given: Vec<_> = given.iter().map(owned).collect();
        let gone = || office.gone.iter();
        let listens: Vec<Listen> =
            office.listens.iter().chain(gone().map(|one| &one.listen)).cloned().collect();
        check_own(&listens, &given)?;
        own.extend(given);
        let before = terms_of(&listens, &office.own)?;
        let terms = terms_of(&listens, &own)?;
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
        let gates = inner.listening().into_iter().map(|one| one.gate);
        for (gate, terms) in gates.chain(gone().map(|one| one.gate.clone())).zip(terms) {
            gate.terms.set(terms);
            gate.renew(Some(name));
        }
        office.own = own;
        Ok(changed)
    }

    /// A change waits for the listeners, and a listener for the look-up.
    pub(super) fn check_place(&self) -> Result<(), OpenError> {
        match is_deciding(&self.inner.shared.reactor) {
            true => Err(OpenError::Config(
                "a look-up of accounts cannot change the gateway: let another thread do it".to_owned(),
            )),
            false => Ok(()),
        }
    }

    pub(super) fn check_open(&self) -> Result<(), OpenError> {
        match self.inner.shared.closing.load(Ordering::SeqCst) {
            true => Err(OpenError::Config(SendError::Closed.to_string())),
            false => Ok(()),
        }
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
