//! The peers of a link: those it dials and those that log in.

use super::waiters::Waiters;
use crate::account::{Account as Machine, AccountProfile, Core, Room};
use crate::dialect::{self, Dialect, LoginRequest, Refusal};
use crate::engine::cell::{Cell, made_for};
use crate::engine::client::seed;
use crate::engine::door::{Admission, Gate};
use crate::engine::gateway::Access;
use crate::engine::hub::Hub;
use crate::engine::question::{self, Reply};
use crate::engine::reactor::Reactor;
use crate::engine::transport::Way;
use crate::link::LinkSide;
use crate::message::Token;
use crate::session::strict_reason;
use crate::settings::{Account, AccountSettings};
use crate::time::{Now, WireTime};
use crate::wire::{Protocol, Version};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// LoginTypes that exist (`sgip.md 6.2`); a listener that names none takes each.
const LOGIN_TYPES: [u8; 7] = [1, 2, 3, 4, 5, 6, 11];

/// Who is asked about names: their secrets.
pub(super) type LookUp = Box<dyn Fn(Protocol, &str) -> Access + Send + Sync>;

/// One peer.
pub(super) struct Peer {
    pub(super) name: Arc<str>,
    pub(super) dialect: Arc<dyn Dialect>,
    pub(super) settings: Arc<AccountSettings>,
    pub(super) room: Arc<Room>,
    pub(super) cell: Arc<Cell<LinkSide>>,
    secret: Vec<u8>,
}

/// What all peers of a link share.
pub(super) struct Shared {
    pub(super) reactor: Arc<Reactor>,
    pub(super) hub: Arc<Hub>,
    pub(super) waiters: Arc<Waiters>,
    pub(super) peers: RwLock<Vec<Arc<Peer>>>,
    pub(super) closing: AtomicBool,
    /// One counter a node number (SGIP).
    pub(super) serials: Mutex<HashMap<u32, Arc<AtomicU32>>>,
    pub(super) look_up: LookUp,
}

impl Shared {
    pub(super) fn list(&self) -> Vec<Arc<Peer>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The peer of a token.
    pub(super) fn by_token(&self, token: Token) -> Option<Arc<Peer>> {
        let peers = self.peers.read().unwrap_or_else(PoisonError::into_inner);
        peers.get(usize::from(token.account())).cloned()
    }

    /// The peer of a name: one that is online, else the latest. An empty name is the only peer's.
    pub(super) fn by_name(&self, name: &str) -> Option<Arc<Peer>> {
        let peers = self.peers.read().unwrap_or_else(PoisonError::into_inner);
        if name.is_empty() {
            return peers.first().filter(|_| peers.len() == 1).cloned();
        }
        let mut own = peers.iter().filter(|p| &*p.name == name);
        own.clone().find(|p| p.room.online() > 0).or_else(|| own.next_back()).cloned()
    }

    fn serial(&self, node: u32, now: Now) -> (u32, Arc<AtomicU32>) {
        let mut serials = crate::engine::reactor::lock(&self.serials);
        // A start that differs between restarts: carriers remember sequences (sgip.md 4.1).
        let serial = serials.entry(node).or_insert_with(|| Arc::new(AtomicU32::new(now.unix_ms as u32)));
        (node, serial.clone())
    }

    /// Adds a peer that is dialled.
    pub(super) fn dialled(&self, account: Account, way: Way, now: Now) -> Option<Arc<Peer>> {
        let settings = Arc::new(self.hub.settings_of(&account.settings));
        let sgip = account.protocol == Protocol::Sgip;
        let index = self.list().len();
        self.add(
            AccountProfile {
                index: index as u16,
                name: Arc::from(account.name.as_str()),
                user: account.user,
                secret: Arc::from(account.secret.as_bytes()),
                addresses: account.addresses,
                login_mode: match sgip {
                    true => settings.login_type,
                    false => settings.login_mode.first().copied().unwrap_or(2),
                },
                dialect: dialect::raw(account.protocol, settings.version),
                node: settings.node.filter(|_| sgip).map(|node| self.serial(node, now)),
                sends_on_accepted: !sgip,
                sends_on_dialed: true,
                on_demand: sgip || !settings.idle_close.is_zero(),
                wants: made_for(&self.hub),
                seed: seed(now, index),
                settings,
            },
            account.secret.as_bytes().to_vec(),
            way,
        )
    }

    /// The peer of a login: one that is dialled under this name, one that logged in before, or a new one.
    fn logged_in(
        &self,
        listener: &AccountSettings,
        name: &str,
        version: Version,
        secret: &[u8],
        now: Now,
    ) -> Option<Arc<Peer>> {
        let speaks = |p: &&Arc<Peer>| {
            &*p.name == name && p.dialect.protocol() == listener.protocol && p.dialect.version() == version
        };
        if let Some(peer) = self.list().iter().find(speaks) {
            return Some(peer.clone());
        }
        let mut settings = self.hub.settings_of(listener);
        settings.version = version;
        let sgip = listener.protocol == Protocol::Sgip;
        let index = self.list().len();
        let way = Way::straight(&settings);
        self.add(
            AccountProfile {
                index: index as u16,
                name: Arc::from(name),
                user: name.to_owned(),
                secret: Arc::from(secret),
                addresses: Vec::new(),
                login_mode: 0,
                dialect: dialect::raw(listener.protocol, version),
                node: sgip.then(|| self.serial(listener.gateway_id, now)),
                sends_on_accepted: true,
                sends_on_dialed: false,
                on_demand: false,
                wants: made_for(&self.hub),
                seed: seed(now, index),
                settings: Arc::new(settings),
            },
            secret.to_vec(),
            way,
        )
    }

    fn add(&self, mut profile: AccountProfile, secret: Vec<u8>, way: Way) -> Option<Arc<Peer>> {
        let settings = profile.settings.clone();
        let room = Arc::new(Room::of(&settings, self.hub.backlog().clone()));
        let mut peers = self.peers.write().unwrap_or_else(PoisonError::into_inner);
        // Two logins at once: the index is the place in the list.
        let index = peers.len();
        if index >= Token::MAX_ACCOUNTS {
            return None;
        }
        profile.index = index as u16;
        let (name, dialect) = (profile.name.clone(), profile.dialect.clone());
        let side = LinkSide::new(self.waiters.clone());
        let cell = Cell::new(Machine::new(Core::new(profile, room.clone()), side), self.hub.clone(), way);
        cell.start(&self.reactor);
        let peer = Arc::new(Peer { name, dialect, settings, room, cell, secret });
        peers.push(peer.clone());
        Some(peer)
    }
}

/// Lets peers in on one listener.
pub(super) struct LinkDoor {
    pub(super) shared: Arc<Shared>,
    pub(super) protocol: Protocol,
    pub(super) settings: AccountSettings,
}

impl Gate for LinkDoor {
    fn admit(&self, request: &LoginRequest, peer: SocketAddr, now: Now, _: Option<Reply>) -> Admission {
        // The name comes from a stranger: control characters must not reach a log as they are.
        let refuse =
            |why, text: &str| Admission::Refuse(why, format!("{}: {text}", request.name.escape_debug()));
        let shared = &self.shared;
        if shared.closing.load(Ordering::SeqCst) {
            return refuse(Refusal::TooMany, "the link is closing");
        }
        let from = &self.settings.bind_from;
        if !from.is_empty() && !from.iter().any(|net| net.contains(peer.ip())) {
            return refuse(Refusal::Address, "the address is not in bind_from");
        }
        let Some(version) = dialect::proposed(self.protocol, self.settings.version, request.version) else {
            return refuse(Refusal::Version, "the version is not spoken here");
        };
        let speaks = dialect::raw(self.protocol, version);
        // A peer that is also dialled may have its secret there.
        let dialled = shared.list().into_iter().find(|p| *p.name == *request.name).map(|p| p.secret.clone());
        let access = question::ask(|| (shared.look_up)(self.protocol, &request.name), Access::Refused);
        let (secret, signed) = match (access, dialled) {
            (Access::Secret(secret), _) | (Access::Unknown, Some(secret)) => (secret, true),
            (Access::Unchecked, _) => (request.password.as_bytes().to_vec(), false),
            (Access::Unknown, None) => return refuse(Refusal::Credentials, "there is no such peer"),
            (Access::Refused, _) => return refuse(Refusal::NotNow, "the peer is not let in now"),
        };
        let at = WireTime::from_unix_ms(now.unix_ms, i32::from(self.settings.utc_offset));
        let mut notes = dialect::login_notes(self.protocol, version, request, at);
        match speaks.login_check(request, &secret) {
            Some(found) => notes.add(found),
            None if signed => return refuse(Refusal::Credentials, "the secret is wrong"),
            None => {}
        }
        let refused = notes.both(self.settings.strict.0);
        if !refused.is_empty() {
            return refuse(Refusal::of(refused), &strict_reason(refused));
        }
        let fits = match (self.protocol, self.settings.login_type) {
            (Protocol::Sgip, 0) => LOGIN_TYPES.contains(&request.mode),
            (Protocol::Sgip, one) => request.mode == one,
            (Protocol::Smgp | Protocol::Cmpp, _) => true,
        };
        if !fits {
            return refuse(Refusal::Mode, &format!("login type {} is not for this listener", request.mode));
        }
        let versions = &self.settings.versions;
        if !versions.is_empty() && !versions.contains(&version) {
            return refuse(Refusal::Version, &format!("version {version} is not in versions"));
        }
        let Some(port) = shared.logged_in(&self.settings, &request.name, version, &secret, now) else {
            return refuse(Refusal::TooMany, "the link has as many peers as it can");
        };
        let (rules, seqs, links) =
            port.cell.look(&shared.reactor, |a| (a.core.rules().clone(), a.core.seqs(), a.core.standing().2));
        if u32::from(links) >= u32::from(self.settings.connections) {
            return refuse(Refusal::TooMany, "the peer has its connections already");
        }
        Admission::Admit {
            host: port.cell.clone(),
            dialect: speaks,
            secret: signed.then(|| Arc::from(secret)),
            rules,
            seqs,
            notes,
        }
    }
}
