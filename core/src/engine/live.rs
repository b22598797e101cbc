//! Changing a client while it is open: settings, secrets, accounts and routes.
//!
//! Everything is checked before anything is applied: a change that is refused leaves the client as it was.

use super::OpenError;
use super::accounts::{Port, Table, check_names, introduce};
use super::cell::Command;
use super::client::Client;
use super::closing::GRACE;
use super::reactor::lock;
use super::secrets;
use super::transport::{Entrance, Way};
use crate::account::{AccountChange, Left};
use crate::client::{Route, SendError};
use crate::dialect::SubmitForm;
use crate::settings::{Account, AccountSettings, Secret, SettingError};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What a change did. Its text is a line for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Account and setting: in effect now.
    pub at_once: Vec<(String, &'static str)>,
    /// Account and setting, or `user`, `secret` or `address`: in effect with the next connection.
    pub on_reconnect: Vec<(String, &'static str)>,
    /// Accounts that were added.
    pub added: Vec<String>,
    /// Accounts that were removed. What they had queued is sent or decided as at a close.
    pub removed: Vec<String>,
    /// Accounts that were removed and added again, because protocol, version, node or listening address changed.
    pub replaced: Vec<String>,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = |list: &[(String, &'static str)]| {
            list.iter().map(|(account, key)| format!("{account}.{key}")).collect::<Vec<_>>().join(", ")
        };
        let parts = [
            ("changed", settings(&self.at_once)),
            ("with the next connection", settings(&self.on_reconnect)),
            ("added", self.added.join(", ")),
            ("removed", self.removed.join(", ")),
            ("replaced", self.replaced.join(", ")),
        ];
        let said: Vec<String> = parts
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(what, list)| format!("{what}: {list}"))
            .collect();
        if said.is_empty() { f.write_str("nothing changed") } else { f.write_str(&said.join("; ")) }
    }
}

/// Why an account cannot become another one without being removed and added.
fn needs_new(old: &Account, new: &Account) -> bool {
    old.protocol != new.protocol || old.settings.differences(&new.settings).iter().any(|row| row.anew)
}

/// Sorts what differs between two accounts into now and later.
fn note(changed: &mut Changed, old: &Account, new: &Account) {
    let name = || new.name.clone();
    for row in old.settings.differences(&new.settings) {
        let list = if row.live { &mut changed.at_once } else { &mut changed.on_reconnect };
        list.push((name(), row.key));
    }
    let more = [
        (old.user != new.user, "user"),
        (old.secret != new.secret, "secret"),
        (old.addresses != new.addresses, "address"),
    ];
    for (_, what) in more.into_iter().filter(|(differs, _)| *differs) {
        changed.on_reconnect.push((name(), what));
    }
}

fn no_account(table: &Table, name: &str) -> OpenError {
    let names: Vec<&str> = table.ports.iter().map(|p| &*p.name).collect();
    OpenError::Config(format!("no account is called {name:?}; there are: {}", names.join(", ")))
}

impl Client {
    /// Changes settings of an account: keys and values as in its URL.
    ///
    /// # Errors
    /// No such account, a setting that is wrong, or one that an open account keeps (version, node, listen): remove
    /// the account and add it again then. Nothing is changed.
    pub fn set<'a>(
        &self,
        account: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Changed, OpenError> {
        self.alter(account, |new| {
            let source = |a: &Account| (a.settings.secret_env.clone(), a.settings.secret_file.clone());
            let before = source(new);
            new.set_all(settings)?;
            if before != source(new) {
                new.secret = Secret::default();
            }
            Ok(())
        })
    }

    /// Changes the secret of an account, for its next login.
    ///
    /// # Errors
    /// No such account, or a secret that is too long for the protocol.
    pub fn set_secret(&self, account: &str, secret: impl Into<Vec<u8>>) -> Result<Changed, OpenError> {
        self.alter(account, |new| new.set_secret(Secret::new(secret)))
    }

    /// Changes one account, and refuses what an open one keeps.
    fn alter(
        &self,
        name: &str,
        work: impl FnOnce(&mut Account) -> Result<(), SettingError>,
    ) -> Result<Changed, OpenError> {
        self.become_these(Duration::ZERO, |table, mut accounts, rules| {
            let account = accounts.iter_mut().find(|account| account.name == name);
            let account = account.ok_or_else(|| no_account(table, name))?;
            let old = account.settings.clone();
            work(account)?;
            match old.differences(&account.settings).into_iter().find(|row| row.anew) {
                Some(row) => Err(SettingError::Fixed { key: row.key }.into()),
                None => Ok((accounts, rules)),
            }
        })
    }

    /// Adds an account. It connects at once.
    ///
    /// # Errors
    /// There is an account of this name, a setting is wrong, its secret cannot be read, or it cannot listen.
    pub fn add_account(&self, account: Account) -> Result<(), OpenError> {
        let added = self.become_these(Duration::ZERO, |_, mut accounts, rules| {
            accounts.push(account);
            Ok((accounts, rules))
        });
        added.map(drop)
    }

    /// Removes an account: nothing new is accepted for it; queued messages and answers until `deadline`, then what
    /// is left is decided and counted, as [`Client::close`] does. Routing rules no longer name it. Inside a handler it
    /// does not wait, and counts what is left by then.
    ///
    /// # Errors
    /// No such account, it is the last one, or a rule names no other: change the routes first, with
    /// [`Client::reconfigure`].
    pub fn remove_account(&self, name: &str, deadline: Duration) -> Result<Left, OpenError> {
        let mut cell = None;
        self.become_these(deadline, |table, mut accounts, mut rules| {
            let port = table.by_name(name).ok_or_else(|| no_account(table, name))?;
            cell = Some(port.cell.clone());
            accounts.retain(|account| account.name != name);
            for rule in &mut rules {
                rule.accounts.retain(|account| account != name);
            }
            Ok((accounts, rules))
        })?;
        let Some(cell) = cell else { return Ok(Left::default()) };
        if !self.inner.reactor.in_handler() {
            self.inner.hub.wait_until(deadline.saturating_add(GRACE), || cell.is_closed());
        }
        Ok(cell.snapshot(&self.inner.reactor).1)
    }

    /// Makes the accounts and routes those given, as a file says them: accounts of new names are added, those of known
    /// names changed, the others removed as [`Client::remove_account`] does within `deadline`, without waiting for it.
    /// Secrets that the accounts only name are read again. An account whose protocol, version, node or listening
    /// address changed is replaced.
    ///
    /// # Errors
    /// What is wrong with an account, a secret or a route: nothing is changed then. That an account cannot listen shows
    /// when everything else is applied; it is there, and cannot be delivered to.
    pub fn reconfigure(
        &self,
        accounts: Vec<Account>,
        routes: Vec<Route>,
        deadline: Duration,
    ) -> Result<Changed, OpenError> {
        self.become_these(deadline, |_, _, _| Ok((accounts, routes)))
    }

    fn become_these(
        &self,
        deadline: Duration,
        plan: impl FnOnce(&Table, Vec<Account>, Vec<Route>) -> Result<(Vec<Account>, Vec<Route>), OpenError>,
    ) -> Result<Changed, OpenError> {
        let inner = &*self.inner;
        let mut office = lock(&inner.office);
        if inner.closing.load(Ordering::SeqCst) {
            return Err(OpenError::Config(SendError::Closed.to_string()));
        }
        let table = inner.table.get();
        let standing = table.ports.iter().map(|p| (*p.account).clone()).collect();
        let (accounts, rules) = plan(&table, standing, office.rules.clone())?;
        check_names(&accounts)?;
        if accounts.is_empty() {
            return Err(OpenError::Config("a client needs an account: the last one stays".to_owned()));
        }
        let mut wanted = Vec::with_capacity(accounts.len());
        for mut account in accounts {
            secrets::fill_in(&mut account)?;
            account.validate()?;
            wanted.push(account);
        }
        let mut changed = Changed::default();
        let (mut ports, mut changes, mut fresh, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for account in wanted {
            let known = table.by_name(&account.name).filter(|old| !needs_new(&old.account, &account));
            match known {
                Some(old) if *old.account == account => ports.push(old.clone()),
                Some(old) => {
                    note(&mut changed, &old.account, &account);
                    let settings = Arc::new(inner.hub.settings_of(&account.settings));
                    let way = Way::of(&account.name, &settings)?;
                    let entrance = Entrance::of_deliveries(&account.name, &settings)?;
                    let change = change(&account, &settings);
                    let form = SubmitForm::of(&*old.dialect, &settings, &account.user).map(Arc::new);
                    let account = Arc::new(account);
                    let port = Port { settings, form, account, entrance, ..old.clone() };
                    changes.push((port.clone(), change, way));
                    ports.push(port);
                }
                None => {
                    let is_known = table.by_name(&account.name).is_some();
                    let list = if is_known { &mut changed.replaced } else { &mut changed.added };
                    list.push(account.name.clone());
                    let port = office.port(account, &inner.reactor, &inner.hub)?;
                    fresh.push(port.clone());
                    ports.push(port);
                }
            }
        }
        for old in &table.ports {
            if !ports.iter().any(|port| port.index == old.index) {
                gone.push(old.clone());
                if !changed.replaced.iter().any(|name| **name == *old.name) {
                    changed.removed.push(old.name.to_string());
                }
            }
        }
        let new = Table::new(ports, &rules, office.segments.clone())?;
        // From here on it is applied. An address that a replaced account leaves must be free for its follower.
        for port in &gone {
            office.keep_out(port, &inner.reactor);
        }
        let mut refused = None;
        for port in &fresh {
            if let Err(error) = office.let_in(port, &inner.reactor, &inner.hub) {
                refused = Some(error);
            }
        }
        for (port, change, way) in changes {
            port.cell.change(&inner.reactor, change, way);
            office.let_in_by(&port);
        }
        introduce(&new.ports, &inner.reactor);
        inner.table.set(new);
        office.rules = rules;
        for port in &fresh {
            port.cell.start(&inner.reactor);
        }
        let until = inner.reactor.now().mono_ns.saturating_add(crate::time::nanos(deadline));
        for port in &gone {
            port.cell.tell(&inner.reactor, Command::Close(until));
        }
        refused.map_or(Ok(changed), Err)
    }
}

fn change(account: &Account, settings: &Arc<AccountSettings>) -> AccountChange {
    AccountChange {
        settings: settings.clone(),
        user: account.user.clone(),
        secret: Arc::from(account.secret.as_bytes()),
        addresses: account.addresses.clone(),
    }
}
