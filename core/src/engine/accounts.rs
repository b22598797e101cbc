//! The accounts of a client: how they are opened, listened for and looked up.

use super::OpenError;
use super::cell::{Cell, made_for};
use super::client::seed;
use super::door::{Admission, Door, Gate};
use super::hub::Hub;
use super::question::Reply;
use super::reactor::{Reactor, lock};
use super::secrets;
use super::transport::{Entrance, Way};
use crate::account::{Account as Machine, AccountProfile, Core, Room, Sibling};
use crate::client::{Candidate, References, Route, Routes, SendError, Sp, Target};
use crate::dialect::{Dialect, LoginRequest, Refusal, SubmitForm, dialect};
use crate::message::Token;
use crate::segments::Segments;
use crate::settings::{Account, AccountSettings};
use crate::time::Now;
use crate::wire::{Notes, Protocol};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

/// An account as those see it who send. A change makes a new one of these with the same cell.
#[derive(Clone)]
pub(super) struct Port {
    /// Its number in tokens.
    pub(super) index: u16,
    pub(super) name: Arc<str>,
    pub(super) account: Arc<Account>,
    pub(super) settings: Arc<AccountSettings>,
    pub(super) dialect: Arc<dyn Dialect>,
    pub(super) references: Arc<References>,
    pub(super) form: Option<Arc<SubmitForm>>,
    pub(super) room: Arc<Room>,
    pub(super) cell: Arc<Cell<Sp>>,
    /// How gateways come in that deliver to it, where it listens.
    pub(super) entrance: Entrance,
}

/// The accounts and the routes over them, at one moment. Routes count accounts by their places here.
pub(super) struct Table {
    pub(super) ports: Vec<Port>,
    pub(super) routes: Routes,
}

impl Table {
    pub(super) fn new(
        ports: Vec<Port>,
        rules: &[Route],
        segments: Option<Arc<Segments>>,
    ) -> Result<Self, OpenError> {
        check_shared_addresses(&ports)?;
        let candidates =
            ports.iter().map(|p| Candidate { name: p.name.clone(), protocol: p.account.protocol }).collect();
        let routes = Routes::new(candidates, rules, segments).map_err(OpenError::Config)?;
        Ok(Table { ports, routes })
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Port> {
        self.ports.iter().find(|p| &*p.name == name)
    }

    /// The account that carries a message to `receiver`, a number in national form, and its place.
    pub(super) fn port_for(
        &self,
        reactor: &Arc<Reactor>,
        account: Option<&str>,
        receiver: &str,
    ) -> Result<(usize, &Port), SendError> {
        let dials = |p: &Port| p.dialect.dials_both_ways() || p.settings.short;
        let is_up = |i: usize| self.ports.get(i).is_some_and(|p| p.room.online() > 0 || dials(p));
        let at = self.routes.choose(account, receiver, is_up).map_err(SendError::NoRoute)?;
        let port = self.ports.get(at).ok_or_else(|| SendError::NoRoute("no account".to_owned()))?;
        if !port.settings.queue_offline && !is_up(at) {
            let (_, _, _, trouble) = port.cell.snapshot(reactor);
            return Err(SendError::NotConnected(port.name.to_string(), trouble));
        }
        Ok((at, port))
    }

    /// The account of a token.
    pub(super) fn by_token(&self, token: Token) -> Option<&Port> {
        let own = |p: &&Port| p.index == token.account();
        // Without changes, numbers are places.
        self.ports.get(usize::from(token.account())).filter(own).or_else(|| self.ports.iter().find(own))
    }
}

/// What only opening and changing need.
pub(super) struct Office {
    pub(super) rules: Vec<Route>,
    pub(super) segments: Option<Arc<Segments>>,
    pub(super) serials: HashMap<u32, Arc<AtomicU32>>,
    pub(super) next_index: usize,
    pub(super) doors: Vec<(String, Arc<Door>, Arc<SpGate>)>,
}

/// Names tell accounts apart.
pub(super) fn check_names(accounts: &[Account]) -> Result<(), OpenError> {
    let mut names = HashSet::new();
    match accounts.iter().find(|account| !names.insert(account.name.as_str())) {
        Some(twice) => {
            Err(OpenError::Config(format!("two accounts are called {:?}: give one another name", twice.name)))
        }
        None => Ok(()),
    }
}

/// A connection is taken before its login says for whom: accounts that listen at one address take them alike.
fn check_shared_addresses(ports: &[Port]) -> Result<(), OpenError> {
    let tls = |s: &AccountSettings| {
        s.deliver_tls.then(|| (s.tls_ca.clone(), s.tls_cert.clone(), s.tls_key.clone()))
    };
    for (at, port) in ports.iter().enumerate() {
        let Some(address) = &port.settings.listen else { continue };
        let mut before =
            ports.iter().take(at).filter(|other| other.settings.listen.as_ref() == Some(address));
        if let Some(other) = before.find(|other| tls(&other.settings) != tls(&port.settings)) {
            return Err(OpenError::Config(format!(
                "accounts {} and {} listen at {address}: give both the same deliver_tls, tls_ca, tls_cert and \
                 tls_key, or another address to one",
                other.name, port.name
            )));
        }
    }
    Ok(())
}

impl Office {
    pub(super) fn open(
        mut self,
        accounts: Vec<Account>,
        reactor: &Arc<Reactor>,
        hub: &Arc<Hub>,
    ) -> Result<(Self, Table), OpenError> {
        check_names(&accounts)?;
        let mut ports = Vec::with_capacity(accounts.len());
        for mut account in accounts {
            secrets::fill_in(&mut account)?;
            ports.push(self.port(account, reactor, hub)?);
        }
        let table = Table::new(ports, &self.rules, self.segments.clone())?;
        for port in &table.ports {
            self.let_in(port, reactor, hub)?;
        }
        introduce(&table.ports, reactor);
        Ok((self, table))
    }

    /// Makes an account whose secret is filled in. It stands still until its cell is started.
    pub(super) fn port(
        &mut self,
        account: Account,
        reactor: &Arc<Reactor>,
        hub: &Arc<Hub>,
    ) -> Result<Port, OpenError> {
        let index = u16::try_from(self.next_index).map_err(|_| {
            OpenError::Config("the client has had as many accounts as it can: open a new one".to_owned())
        })?;
        self.next_index += 1;
        let now = reactor.now();
        let settings = Arc::new(hub.settings_of(&account.settings));
        let speaks = dialect(account.protocol, settings.version);
        let node = settings.node.filter(|_| account.protocol == Protocol::Sgip).map(|node| {
            // A start that differs between restarts: carriers remember sequences (sgip.md 4.1).
            let start = AtomicU32::new(now.unix_ms as u32);
            (node, self.serials.entry(node).or_insert_with(|| Arc::new(start)).clone())
        });
        let seed = seed(now, usize::from(index));
        let profile = AccountProfile {
            index,
            name: Arc::from(account.name.as_str()),
            user: account.user.clone(),
            secret: Arc::from(account.secret.as_bytes()),
            addresses: account.addresses.clone(),
            login_mode: match account.protocol {
                Protocol::Sgip => settings.login_type,
                _ => settings.login_mode.first().copied().unwrap_or(2),
            },
            settings: settings.clone(),
            dialect: speaks.clone(),
            node,
            sends_on_accepted: false,
            sends_on_dialed: true,
            on_demand: speaks.dials_both_ways() || settings.short,
            wants: made_for(hub),
            seed,
        };
        let room = Arc::new(Room::of(&settings, hub.backlog().clone()));
        let name = profile.name.clone();
        let way = Way::of(&name, &settings)?;
        let entrance = Entrance::of_deliveries(&name, &settings)?;
        let machine = Machine::new(Core::new(profile, room.clone()), Sp::new(&settings));
        let cell = Cell::new(machine, hub.clone(), way);
        let references = Arc::new(References::new(seed));
        let form = SubmitForm::of(&*speaks, &settings, &account.user).map(Arc::new);
        let account = Arc::new(account);
        Ok(Port { index, name, account, settings, dialect: speaks, references, form, room, cell, entrance })
    }

    /// Lets a gateway deliver to an account where it listens.
    pub(super) fn let_in(
        &mut self,
        port: &Port,
        reactor: &Arc<Reactor>,
        hub: &Arc<Hub>,
    ) -> Result<(), OpenError> {
        let Some(address) = &port.settings.listen else { return Ok(()) };
        if let Some((.., gate)) = self.doors.iter().find(|(at, ..)| at == address) {
            lock(&gate.candidates).push(port.cell.clone());
            return Ok(());
        }
        let candidates = Mutex::new(vec![port.cell.clone()]);
        let gate = Arc::new(SpGate { reactor: reactor.clone(), candidates });
        let speaks = port.dialect.clone();
        let entrance = port.entrance.clone();
        let door = Door::open(reactor, hub, address, &port.settings, entrance, speaks, gate.clone())
            .map_err(|source| OpenError::System {
                what: format!("cannot listen on {address} for deliveries and reports"),
                source,
            })?;
        self.doors.push((address.clone(), door, gate));
        Ok(())
    }

    /// Gateways that deliver to an account come in as its settings say now. The limits are those of the first account
    /// that listens there.
    pub(super) fn let_in_by(&self, port: &Port) {
        let here = self.doors.iter().find(|(at, ..)| Some(at) == port.settings.listen.as_ref());
        if let Some((_, door, gate)) = here {
            door.take_by(port.entrance.clone());
            if lock(&gate.candidates).first().is_some_and(|cell| Arc::ptr_eq(cell, &port.cell)) {
                door.change(&port.settings);
            }
        }
    }

    /// No gateway delivers to an account any more. Its address is free when no other account listens there.
    pub(super) fn keep_out(&mut self, port: &Port, reactor: &Arc<Reactor>) {
        self.doors.retain(|(_, door, gate)| {
            let mut candidates = lock(&gate.candidates);
            candidates.retain(|cell| !Arc::ptr_eq(cell, &port.cell));
            if candidates.is_empty() {
                door.shut(reactor);
            }
            !candidates.is_empty()
        });
    }
}

/// Tells the accounts that a gateway cannot tell apart by its login about each other.
pub(super) fn introduce(ports: &[Port], reactor: &Arc<Reactor>) {
    let login = |port: &Port| {
        let (a, s) = (&port.account, &port.settings);
        let who = (a.user.clone(), a.secret.as_bytes().to_vec());
        Some((s.listen.clone()?, who, s.bind_from.clone(), s.peer_type.clone()))
    };
    for port in ports.iter().filter(|port| port.settings.listen.is_some()) {
        let own = login(port);
        let others = ports.iter().filter(|other| other.index != port.index && login(other) == own);
        let sibling = |other: &Port| Sibling {
            index: other.index,
            node: other.settings.node.unwrap_or_default(),
            sender: other.settings.sender.clone(),
        };
        let known = others.map(|other| (sibling(other), Arc::downgrade(&other.cell))).collect();
        port.cell.introduce(reactor, known);
    }
}

/// Lets gateways in that deliver to our SGIP accounts: by login name, secret and `bind_from`. The node in the
/// Bind's own header is the gateway's and is not checked.
pub(super) struct SpGate {
    reactor: Arc<Reactor>,
    candidates: Mutex<Vec<Arc<Cell<Sp>>>>,
}

impl Gate for SpGate {
    fn admit(&self, request: &LoginRequest, peer: SocketAddr, _: Now, _: Option<Reply>) -> Admission {
        let mut why = (Refusal::Credentials, "wrong name or secret".to_owned());
        let candidates = lock(&self.candidates).clone();
        for cell in candidates {
            let (core_dialect, rules, seqs, profile) = cell.look(&self.reactor, |a| {
                let core = &a.core;
                (core.dialect.clone(), core.rules().clone(), core.seqs(), core.profile.clone())
            });
            let from = &profile.settings.bind_from;
            if profile.user != request.name || !core_dialect.login_is_valid(request, &profile.secret) {
                continue;
            }
            if !profile.settings.peer_type.contains(&request.mode) {
                why = (Refusal::Mode, format!("login type {} is not in peer_type", request.mode));
                continue;
            }
            if !from.is_empty() && !from.iter().any(|net| net.contains(peer.ip())) {
                why = (Refusal::Address, format!("{} is not in bind_from", peer.ip()));
                continue;
            }
            let notes = Notes::default();
            return Admission::Admit { host: cell, dialect: core_dialect, secret: None, rules, seqs, notes };
        }
        Admission::Refuse(why.0, why.1)
    }
}

impl Port {
    /// What a message is encoded for.
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            settings: &self.settings,
            dialect: &*self.dialect,
            user: &self.account.user,
            references: &self.references,
            form: self.form.as_deref(),
        }
    }
}
