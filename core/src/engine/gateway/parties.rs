//! The accounts of a gateway: who may come in on a listener, and what is pushed to whom.

use super::Access;
use crate::account::tickets::Order;
use crate::account::{Account as Machine, AccountChange, AccountProfile, Core, Room};
use crate::client::{References, SendError};
use crate::dialect::{self, LoginRequest, Refusal, dialect};
use crate::engine::cell::{Cell, Command, made_for};
use crate::engine::changing::Changing;
use crate::engine::client::{OpenError, seed};
use crate::engine::door::{Admission, Door, Gate};
use crate::engine::hub::Hub;
use crate::engine::question::{self, LoginQuestion, Reply};
use crate::engine::reactor::{Reactor, lock};
use crate::engine::transport::{Entrance, Way};
use crate::gateway::{IdForm, IdMaker, Party, Push};
use crate::message::{Ticket, TicketMaker, Token};
use crate::session::{SessionRules, strict_reason};
use crate::settings::{AccountSettings, Ids, Listen};
use crate::time::{Now, WireTime};
use crate::wire::{Protocol, Version};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

type Know = dyn Fn(Protocol, &str) -> Access + Send + Sync;

/// Who is asked about names that are not in the table.
pub(super) enum LookUp {
    Nobody,
    Now(Box<Know>),
    Later(Arc<dyn Fn(LoginQuestion) + Send + Sync>),
}

/// One account of one protocol version: layouts differ by version, so an SP that logs in with two versions
/// has two of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PartyKey {
    pub(super) protocol: Protocol,
    pub(super) name: String,
    pub(super) version: Version,
}

pub(super) struct PartyPort {
    pub(super) name: Arc<str>,
    pub(super) settings: Changing<AccountSettings>,
    pub(super) dialect: Arc<dyn dialect::Dialect>,
    pub(super) references: References,
    pub(super) room: Arc<Room>,
    pub(super) ids: Arc<IdMaker>,
    pub(super) cell: Arc<Cell<Party>>,
    /// The listener of its first login, whose settings it has.
    pub(super) door: AtomicUsize,
    /// Where its first login came from.
    peer: IpAddr,
}

#[derive(Default)]
pub(super) struct Parties {
    pub(super) list: Vec<Arc<PartyPort>>,
    pub(super) by_key: HashMap<PartyKey, usize>,
}

/// What every listener and every account of a gateway share.
pub(super) struct Shared {
    pub(super) reactor: Arc<Reactor>,
    pub(super) hub: Arc<Hub>,
    pub(super) secrets: RwLock<HashMap<String, Vec<u8>>>,
    pub(super) look_up: LookUp,
    pub(super) parties: RwLock<Parties>,
    /// The numbers of listeners that are gone, but whose settings accounts still have. Held while an account is given
    /// the settings of a listener. Before `parties`.
    pub(super) homes: Mutex<Vec<usize>>,
    pub(super) tickets: TicketMaker,
    pub(super) closing: AtomicBool,
    pub(super) seed: u64,
}

/// Lets SPs in on one listener.
pub(super) struct SpDoor {
    pub(super) shared: Arc<Shared>,
    pub(super) protocol: Protocol,
    /// Tells it from the gateway's other listeners.
    pub(super) number: usize,
    pub(super) terms: Changing<Terms>,
    pub(super) ids: Arc<IdMaker>,
    pub(super) serial: Arc<AtomicU32>,
}

/// By what a listener lets in, at one moment.
pub(super) struct Terms {
    settings: AccountSettings,
    /// The accounts with settings of their own: the listener's with the account's on top.
    accounts: HashMap<String, AccountSettings>,
    /// How SPs are called that it delivers to (SGIP), and the accounts that are called otherwise.
    way: Way,
    ways: HashMap<String, Way>,
}

impl Terms {
    /// # Errors
    /// A file of certificates that is missing or wrong.
    pub(super) fn new(
        listen: &Listen,
        accounts: HashMap<String, AccountSettings>,
    ) -> Result<Self, OpenError> {
        let of_account = |(name, own): (&String, &AccountSettings)| {
            Way::delivering(&format!("account {name}"), own).map(|way| (name.clone(), way))
        };
        Ok(Terms {
            settings: listen.settings.clone(),
            way: Way::delivering(&format!("listener {}", listen.address), &listen.settings)?,
            ways: accounts.iter().map(of_account).collect::<Result<_, _>>()?,
            accounts,
        })
    }

    pub(super) fn of(&self, name: &str) -> &AccountSettings {
        self.accounts.get(name).unwrap_or(&self.settings)
    }

    fn way_to(&self, name: &str) -> Way {
        self.ways.get(name).unwrap_or(&self.way).clone()
    }
}

impl Shared {
    pub(super) fn open_door(
        self: &Arc<Self>,
        listen: &Listen,
        terms: Terms,
        number: usize,
    ) -> Result<(Arc<Door>, Arc<SpDoor>), OpenError> {
        let (s, now) = (&listen.settings, self.reactor.now());
        let form = match s.ids {
            Ids::Dated => IdForm::Dated,
            Ids::Opaque => IdForm::Opaque,
        };
        let gate = Arc::new(SpDoor {
            shared: self.clone(),
            protocol: listen.protocol,
            number,
            terms: Changing::new(terms),
            ids: Arc::new(IdMaker::new(form, s.gateway_id, i32::from(s.utc_offset))),
            serial: Arc::new(AtomicU32::new(now.unix_ms as u32)),
        });
        let speaks = dialect(listen.protocol, s.version);
        let entrance = Entrance::of(listen)?;
        let door = Door::open(&self.reactor, &self.hub, &listen.address, s, entrance, speaks, gate.clone());
        let door = door.map_err(|source| OpenError::System {
            what: format!("cannot listen on {}", listen.address),
            source,
        })?;
        Ok((door, gate))
    }

    /// The secret of an account that was added by name.
    pub(super) fn secret(&self, name: &str) -> Option<Vec<u8>> {
        self.secrets.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn party(&self, token: Token) -> Option<Arc<PartyPort>> {
        self.by_index(usize::from(token.account()))
    }

    pub(super) fn by_index(&self, index: usize) -> Option<Arc<PartyPort>> {
        let parties = self.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.list.get(index).cloned()
    }

    /// The party a push to `account` goes through: one that is online, else the latest.
    pub(super) fn by_name(&self, account: &str) -> Option<Arc<PartyPort>> {
        let parties = self.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut own = parties.list.iter().filter(|p| &*p.name == account);
        own.clone().find(|p| p.room.online() > 0).or_else(|| own.next_back()).cloned()
    }

    pub(super) fn push(
        &self,
        port: &PartyPort,
        push: Push,
        reference: Option<Arc<str>>,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(SendError::Closed);
        }
        let now = self.reactor.callers_now();
        let s = port.settings.get();
        let mut order = Order {
            ticket: Ticket::default(),
            reference,
            user_data: 0,
            receiver: push.receiver,
            report: false,
            segments: push.segments,
            valid_until: None,
            accepted_at: now.unix_ms,
        };
        // In a handler the backlog is what is being worked off.
        let open = self.reactor.in_handler() || !port.room.backlog_is_full(0);
        if !open || !port.room.reserve(order.segments.len(), order.octets()) {
            return Err(SendError::QueueFull(port.name.to_string()));
        }
        order.ticket = self.tickets.next(now.unix_ms);
        let start = now.mono_ns.saturating_add(crate::time::nanos(after));
        if !s.valid_for.is_zero() {
            order.valid_until = Some(start.saturating_add(crate::time::nanos(s.valid_for)));
        }
        let ticket = order.ticket;
        self.hub.opened();
        if after.is_zero() {
            port.cell.order(&self.reactor, now, order);
        } else {
            let hold = move |account: &mut Machine<Party>, now| account.push_at(now, start, order);
            port.cell.tell(&self.reactor, Command::Call(Box::new(hold)));
        }
        Ok(ticket)
    }
}

impl SpDoor {
    /// The version to speak with somebody who proposes this one; `None`: not allowed.
    pub(super) fn version_for(&self, proposed: u8) -> Option<Version> {
        dialect::proposed(self.protocol, self.terms.get().settings.version, proposed)
    }

    /// The settings of an account that speaks this version, from those it is given, and where it is called.
    fn settle(
        &self,
        own: &AccountSettings,
        version: Version,
        peer: IpAddr,
    ) -> (AccountSettings, Vec<String>) {
        let mut settings = self.shared.hub.settings_of(own);
        settings.version = version;
        let dials = self.dials(&settings);
        let addresses = match (&settings.deliver_to, dials) {
            (Some(address), true) => vec![address.clone()],
            (None, true) => vec![SocketAddr::new(peer, 8802).to_string()],
            _ => Vec::new(),
        };
        if dials {
            // One connection towards the SP carries its deliveries and reports.
            settings.connections = 1;
        }
        (settings, addresses)
    }

    fn dials(&self, settings: &AccountSettings) -> bool {
        self.protocol == Protocol::Sgip && !settings.push_back
    }

    /// Gives the accounts of this listener, or one of them, the settings that its terms say now.
    pub(super) fn renew(&self, only: Option<&str>) {
        let shared = &self.shared;
        let _homes = lock(&shared.homes);
        let own: Vec<Arc<PartyPort>> = {
            let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let is_own = |p: &PartyPort| p.door.load(Ordering::SeqCst) == self.number;
            let fits = |p: &&Arc<PartyPort>| is_own(p) && only.is_none_or(|name| name == &*p.name);
            parties.list.iter().filter(fits).cloned().collect()
        };
        let terms = self.terms.get();
        for port in own {
            self.renew_one(&port, &terms);
        }
    }

    /// Gives an account of this listener the settings that these terms say, but for what an account keeps.
    pub(super) fn renew_one(&self, port: &PartyPort, terms: &Terms) {
        let mut own = terms.of(&port.name).clone();
        {
            let kept = port.settings.get();
            (own.gateway_id, own.ids) = (kept.gateway_id, kept.ids);
            (own.short, own.push_back) = (kept.short, kept.push_back);
        }
        let (settings, addresses) = self.settle(&own, port.dialect.version(), port.peer);
        let reactor = &self.shared.reactor;
        let secret = port.cell.look(reactor, |a| a.core.profile.secret.clone());
        let user = port.name.to_string();
        let change = AccountChange { settings: Arc::new(settings.clone()), user, secret, addresses };
        port.settings.set(settings);
        port.cell.change(reactor, change, terms.way_to(&port.name));
    }

    pub(super) fn party(
        &self,
        name: &str,
        version: Version,
        secret: &[u8],
        peer: SocketAddr,
        now: Now,
    ) -> Option<Arc<PartyPort>> {
        let shared = &self.shared;
        let mut parties = shared.parties.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = PartyKey { protocol: self.protocol, name: name.to_owned(), version };
        if let Some(at) = parties.by_key.get(&key) {
            let known = parties.list.get(*at).cloned()?;
            // The secret may have changed since; an SGIP gateway logs in with it.
            if known.cell.look(&shared.reactor, |a| *a.core.profile.secret != *secret) {
                let secret: Arc<[u8]> = Arc::from(secret);
                let keep = move |account: &mut Machine<Party>, _| account.core.profile.secret = secret;
                known.cell.tell(&shared.reactor, Command::Call(Box::new(keep)));
            }
            drop(parties);
            self.take_in(&known);
            return Some(known);
        }
        let index = parties.list.len();
        if index >= Token::MAX_ACCOUNTS {
            return None;
        }
        // Read behind the lock: a change renews the accounts that are in the list, and this one is not yet.
        let terms = self.terms.get();
        let sgip = self.protocol == Protocol::Sgip;
        let (settings, addresses) = self.settle(terms.of(name), version, peer.ip());
        let dials = self.dials(&settings);
        let speaks = dialect(self.protocol, version);
        let settings = Arc::new(settings);
        let profile = AccountProfile {
            index: index as u16,
            name: Arc::from(name),
            user: name.to_owned(),
            secret: Arc::from(secret),
            addresses,
            login_mode: dialect::LOGIN_GATEWAY,
            settings: settings.clone(),
            dialect: speaks.clone(),
            node: sgip.then(|| (settings.gateway_id, self.serial.clone())),
            sends_on_accepted: !dials,
            sends_on_dialed: dials,
            on_demand: dials,
            wants: made_for(&shared.hub),
            seed: seed(now, index),
        };
        let room = Arc::new(Room::of(&settings, shared.hub.backlog().clone()));
        let machine = {
            let party = Party::new(self.ids.clone()).joins(&settings).paced(&settings);
            Machine::new(Core::new(profile, room.clone()).unpaced(), party)
        };
        let cell = Cell::new(machine, shared.hub.clone(), terms.way_to(name));
        cell.start(&shared.reactor);
        let port = Arc::new(PartyPort {
            name: Arc::from(name),
            settings: Changing::new((*settings).clone()),
            dialect: speaks,
            references: References::new(shared.seed ^ index as u64),
            room,
            ids: self.ids.clone(),
            cell,
            door: AtomicUsize::new(self.number),
            peer: peer.ip(),
        });
        parties.list.push(port.clone());
        parties.by_key.insert(key, index);
        Some(port)
    }
}

impl Gate for SpDoor {
    fn admit(&self, request: &LoginRequest, peer: SocketAddr, now: Now, reply: Option<Reply>) -> Admission {
        // The name comes from a stranger: control characters must not reach a log as they are.
        let refuse =
            |why, text: &str| Admission::Refuse(why, format!("{}: {text}", request.name.escape_debug()));
        if self.shared.closing.load(Ordering::SeqCst) {
            return refuse(Refusal::TooMany, "the gateway is closing");
        }
        let may_come = |s: &AccountSettings| {
            s.bind_from.is_empty() || s.bind_from.iter().any(|net| net.contains(peer.ip()))
        };
        let terms = self.terms.get();
        if !may_come(&terms.settings) {
            return refuse(Refusal::Address, "the address is not in bind_from");
        }
        let Some(version) = self.version_for(request.version) else {
            return refuse(Refusal::Version, "the version is not spoken here");
        };
        let own = terms.of(&request.name);
        let speaks = dialect(self.protocol, version);
        let known = self.shared.secret(&request.name).map(Access::Secret);
        let access = match (reply.or(known), &self.shared.look_up) {
            (Some(access), _) => access,
            (None, LookUp::Now(look_up)) => {
                question::ask(|| look_up(self.protocol, &request.name), Access::Refused)
            }
            (None, LookUp::Later(ask)) => return Admission::Ask(ask.clone()),
            (None, LookUp::Nobody) => Access::Unknown,
        };
        let (secret, signed) = match access {
            Access::Secret(secret) if speaks.login_is_valid(request, &secret) => (secret, true),
            // An SGIP gateway logs in to the SP with the pair the SP logs in with.
            Access::Unchecked => (request.password.as_bytes().to_vec(), false),
            Access::Secret(_) => return refuse(Refusal::Credentials, "the secret is wrong"),
            Access::Unknown => return refuse(Refusal::Credentials, "there is no such account"),
            Access::Refused => return refuse(Refusal::NotNow, "the account is not let in now"),
        };
        if self.protocol == Protocol::Sgip && request.mode != dialect::LOGIN_SP {
            return refuse(Refusal::Mode, "an SP logs in with type 1");
        }
        // What an account may do is told only to who has its secret.
        if !may_come(own) {
            return refuse(Refusal::Address, "the address is not in the account's bind_from");
        }
        if !own.versions.is_empty() && !own.versions.contains(&version) {
            return refuse(Refusal::Version, &format!("version {version} is not in versions"));
        }
        let at = WireTime::from_unix_ms(now.unix_ms, i32::from(own.utc_offset));
        let mut notes = dialect::login_notes(self.protocol, version, request, at);
        notes.add(speaks.login_check(request, &secret).unwrap_or_default());
        let refused = notes.both(own.strict.0);
        if !refused.is_empty() {
            return refuse(Refusal::of(refused), &strict_reason(refused));
        }
        let Some(port) = self.party(&request.name, version, &secret, peer, now) else {
            return refuse(Refusal::TooMany, "the gateway has as many accounts as it can");
        };
        let (rules, seqs, links) = port
            .cell
            .look(&self.shared.reactor, |a| (a.core.rules().clone(), a.core.seqs(), a.core.standing().2));
        if links >= own.connections {
            return refuse(Refusal::TooMany, "the account has its connections already");
        }
        let rules = match terms.settings.short && self.protocol != Protocol::Sgip {
            // Nothing is pushed on it; reports and deliveries wait for a long connection.
            true => Arc::new(SessionRules { once: true, keepalive_ns: 0, ..(*rules).clone() }),
            // LoginMode 0: it only sends (smgp.md 5.1).
            false if self.protocol == Protocol::Smgp && request.mode == 0 => {
                Arc::new(SessionRules { only_sends: true, ..(*rules).clone() })
            }
            false => rules,
        };
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
