//! The carrier's handle: listeners, accounts, submits with their answers, pushes.

use super::cell::{Cell, Command, counts_of, made_for};
use super::client::{OpenError, seed};
use super::door::{Admission, Door, Gate};
use super::hub::{Answer, Handlers, Hub};
use super::question::{LoginQuestion, Reply};
use super::reactor::{self, EngineCounts, Reactor};
use super::transport::{Entrance, Way};
use crate::account::tickets::Order;
use crate::account::{Account as Machine, AccountProfile, Core, Counters, Left, Room};
use crate::client::{References, SendError};
use crate::dialect::{self, LoginRequest, Refusal, dialect};
use crate::gateway::{IdForm, IdMaker, MoMessage, Party, Push, StatusReport, encode_deliver, encode_report};
use crate::message::{
    AccountState, CancelRequest, DayCounts, Event, EventKinds, Log, Outcome, QueryRequest, SubmitRequest,
    Ticket, TicketMaker, Token, Trouble,
};
use crate::metrics::{AccountMetrics, ListenerMetrics};
use crate::session::{SeqSource, SessionRules};
use crate::settings::{AccountSettings, EngineSettings, Ids, Listen, SettingError};
use crate::time::Now;
use crate::wire::{Protocol, Version};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// What a login check says of a name.
#[derive(Clone)]
pub enum Access {
    /// The account exists; this is its secret.
    Secret(Vec<u8>),
    /// No such account.
    Unknown,
    /// Let in without any check, with an all-zero digest. For simulators only.
    Unchecked,
}

/// Without the secret.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Access::Secret(_) => "Secret(***)",
            Access::Unknown => "Unknown",
            Access::Unchecked => "Unchecked",
        })
    }
}

type Know = dyn Fn(Protocol, &str) -> Access + Send + Sync;

/// Who is asked about names that are not in the table.
enum LookUp {
    Nobody,
    Now(Box<Know>),
    Later(Arc<dyn Fn(LoginQuestion) + Send + Sync>),
}

/// One account of one protocol version: layouts differ by version, so an SP that logs in with two versions
/// has two of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PartyKey {
    protocol: Protocol,
    name: String,
    version: Version,
}

struct PartyPort {
    name: Arc<str>,
    settings: Arc<AccountSettings>,
    dialect: Arc<dyn dialect::Dialect>,
    references: References,
    room: Arc<Room>,
    ids: Arc<IdMaker>,
    cell: Arc<Cell<Party>>,
}

#[derive(Default)]
struct Parties {
    list: Vec<Arc<PartyPort>>,
    by_key: HashMap<PartyKey, usize>,
}

/// What every listener and every account of a gateway share.
struct Shared {
    reactor: Arc<Reactor>,
    hub: Arc<Hub>,
    secrets: RwLock<HashMap<String, Vec<u8>>>,
    look_up: LookUp,
    parties: RwLock<Parties>,
    tickets: TicketMaker,
    closing: AtomicBool,
    seed: u64,
}

/// Lets SPs in on one listener.
struct SpDoor {
    shared: Arc<Shared>,
    protocol: Protocol,
    settings: AccountSettings,
    /// The accounts with settings of their own: the listener's with the account's on top.
    accounts: HashMap<String, AccountSettings>,
    ids: Arc<IdMaker>,
    serial: Arc<AtomicU32>,
}

/// A gateway: SPs log in to it, it answers their submits and pushes deliveries and reports to them.
///
/// Cheap to clone; every clone is the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    doors: Vec<(Protocol, Arc<Door>)>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("listeners", &self.listeners()).finish_non_exhaustive()
    }
}

/// Collects listeners, accounts and handlers, and opens the gateway.
#[derive(Default)]
pub struct GatewayBuilder {
    listeners: Vec<Result<Listen, SettingError>>,
    secrets: HashMap<String, Vec<u8>>,
    own: Vec<(String, String, String)>,
    look_up: Option<LookUp>,
    handlers: Handlers,
    polls: Option<EventKinds>,
    engine: EngineSettings,
}

impl std::fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayBuilder").field("listeners", &self.listeners.len()).finish_non_exhaustive()
    }
}

impl GatewayBuilder {
    /// Listens at a URL without user: `cmpp://127.0.0.1:7890`. Port 0 takes a free one.
    #[must_use]
    pub fn listen(mut self, url: &str) -> Self {
        self.listeners.push(Listen::parse(url));
        self
    }

    /// Listens with settings that were read before.
    #[must_use]
    pub fn listen_as(mut self, listen: Listen) -> Self {
        self.listeners.push(Ok(listen));
        self
    }

    /// Adds an account that may log in on every listener.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        self.secrets.insert(name.into(), secret.into());
        self
    }

    /// Sets a setting of one account, on top of those of the listener it logs in on: `bind_from`, `connections`,
    /// `versions`, `window`, `rate` and the like. It counts on the listeners whose protocol has it.
    #[must_use]
    pub fn account_setting(
        mut self,
        name: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.own.push((name.into(), key.into(), value.into()));
        self
    }

    /// Asks for the secret of a name that no [`GatewayBuilder::account`] has. Must not block.
    #[must_use]
    pub fn accounts_by(mut self, look_up: impl Fn(Protocol, &str) -> Access + Send + Sync + 'static) -> Self {
        self.look_up = Some(LookUp::Now(Box::new(look_up)));
        self
    }

    /// Asks for the secret of a name that no [`GatewayBuilder::account`] has, and lets the connection wait for the
    /// answer: [`LoginQuestion::answer`], from any thread. `ask` itself must not block. It takes the place of
    /// [`GatewayBuilder::accounts_by`].
    #[must_use]
    pub fn accounts_later(mut self, ask: impl Fn(LoginQuestion) + Send + Sync + 'static) -> Self {
        self.look_up = Some(LookUp::Later(Arc::new(ask)));
        self
    }

    /// Settings of threads and queues.
    #[must_use]
    pub fn engine(mut self, settings: EngineSettings) -> Self {
        self.engine = settings;
        self
    }

    /// Polls events of these kinds with [`Gateway::poll`] instead of handling them.
    #[must_use]
    pub fn polled(mut self, kinds: EventKinds) -> Self {
        self.polls = Some(kinds);
        self
    }

    /// Handles submits; what the handler returns is the answer.
    #[must_use]
    pub fn on_submit(mut self, handler: impl Fn(&SubmitRequest) -> Answer + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            EventKinds::SUBMIT,
            Box::new(move |event| match event {
                Event::Submit(submit) => handler(submit),
                _ => Answer::Accept,
            }),
        ));
        self
    }

    /// Handles requests for the counts of a day; what the handler returns is the answer. Without it they are skipped.
    #[must_use]
    pub fn on_query(mut self, handler: impl Fn(&QueryRequest) -> DayCounts + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            EventKinds::QUERY,
            Box::new(move |event| match event {
                Event::Query(query) => Answer::Counts(handler(query)),
                _ => Answer::Accept,
            }),
        ));
        self
    }

    /// Handles requests to take a message back: true says that it is done. Without it they are refused.
    #[must_use]
    pub fn on_cancel(mut self, handler: impl Fn(&CancelRequest) -> bool + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            EventKinds::CANCEL,
            Box::new(move |event| match event {
                Event::Cancel(cancel) if !handler(cancel) => Answer::Reject(1),
                _ => Answer::Accept,
            }),
        ));
        self
    }

    /// Handles every event of these kinds in one place.
    #[must_use]
    pub fn on_event(mut self, kinds: EventKinds, handler: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            kinds,
            Box::new(move |event| {
                handler(event);
                Answer::Accept
            }),
        ));
        self
    }

    /// Handles the end of each push.
    #[must_use]
    pub fn on_outcome(self, handler: impl Fn(&Outcome) + Send + Sync + 'static) -> Self {
        self.on_event(EventKinds::OUTCOME, move |event| {
            if let Event::Outcome(outcome) = event {
                handler(outcome);
            }
        })
    }

    /// Handles changes of an account's connections.
    #[must_use]
    pub fn on_state(self, handler: impl Fn(&AccountState) + Send + Sync + 'static) -> Self {
        self.on_event(EventKinds::ACCOUNT_STATE, move |event| {
            if let Event::AccountState(state) = event {
                handler(state);
            }
        })
    }

    /// Handles input that could not be used.
    #[must_use]
    pub fn on_trouble(self, handler: impl Fn(&Trouble) + Send + Sync + 'static) -> Self {
        self.on_event(EventKinds::TROUBLE, move |event| {
            if let Event::Trouble(trouble) = event {
                handler(trouble);
            }
        })
    }

    /// Takes log lines; without it warnings go to stderr.
    #[must_use]
    pub fn on_log(self, handler: impl Fn(&Log) + Send + Sync + 'static) -> Self {
        self.on_event(EventKinds::LOG, move |event| {
            if let Event::Log(log) = event {
                handler(log);
            }
        })
    }

    /// Opens the gateway: it listens when this returns.
    ///
    /// # Errors
    /// What is wrong with a listener, or what the system refused.
    pub fn open(self) -> Result<Gateway, OpenError> {
        let listeners = self.listeners.into_iter().collect::<Result<Vec<_>, _>>()?;
        if listeners.is_empty() {
            let text = "a gateway needs an address to listen on: add one, such as cmpp://127.0.0.1:7890";
            return Err(OpenError::Config(text.to_owned()));
        }
        let own = own_settings(&listeners, &self.own)?;
        let reactor = Reactor::start(self.engine.threads as usize + 1, "sanwang-gw")
            .map_err(|source| OpenError::System { what: "threads cannot be started".to_owned(), source })?;
        let now = reactor.now();
        let shared = Arc::new(Shared {
            hub: Arc::new(Hub::new(self.handlers, self.polls, &self.engine)),
            reactor: reactor.clone(),
            secrets: RwLock::new(self.secrets),
            look_up: self.look_up.unwrap_or(LookUp::Nobody),
            parties: RwLock::default(),
            tickets: TicketMaker::new(self.engine.worker as u16),
            closing: AtomicBool::new(false),
            seed: seed(now, usize::MAX),
        });
        let mut doors = Vec::new();
        for (listen, accounts) in listeners.into_iter().zip(own) {
            let door = shared.open_door(&listen, accounts, now);
            doors.push((listen.protocol, door.inspect_err(|_| reactor.stop())?));
        }
        Ok(Gateway { inner: Arc::new(Inner { shared, doors }) })
    }
}

/// Settings that count before anybody knows whose connection it is, or that are the gateway's own.
const OF_LISTENER: [&str; 8] = [
    "version",
    "login_timeout",
    "listen_limit",
    "lobby_limit",
    "address_limit",
    "wrong_login_delay",
    "gateway_id",
    "ids",
];

/// The settings of each listener's accounts that have some of their own.
fn own_settings(
    listeners: &[Listen],
    own: &[(String, String, String)],
) -> Result<Vec<HashMap<String, AccountSettings>>, OpenError> {
    let mut accounts = vec![HashMap::<String, AccountSettings>::new(); listeners.len()];
    for (name, key, value) in own {
        if OF_LISTENER.contains(&key.as_str()) {
            let text = format!("account {name}: {key} belongs to the listener: set it in the listener's URL");
            return Err(OpenError::Config(text));
        }
        let row = AccountSettings::row(key);
        let has = |listen: &Listen| row.is_none_or(|row| row.applies_to(listen.protocol));
        let anywhere = listeners.iter().any(has);
        for (listen, accounts) in listeners.iter().zip(&mut accounts) {
            if has(listen) || !anywhere {
                let settings = accounts.entry(name.clone()).or_insert_with(|| listen.settings.clone());
                let named = |error| OpenError::Config(format!("account {name}: {error}"));
                settings.set_at_gateway(key, value).map_err(named)?;
            }
        }
    }
    Ok(accounts)
}

impl Shared {
    fn open_door(
        self: &Arc<Self>,
        listen: &Listen,
        accounts: HashMap<String, AccountSettings>,
        now: Now,
    ) -> Result<Arc<Door>, OpenError> {
        let s = &listen.settings;
        let form = match s.ids {
            Ids::Dated => IdForm::Dated,
            Ids::Opaque => IdForm::Opaque,
        };
        let gate = Arc::new(SpDoor {
            shared: self.clone(),
            protocol: listen.protocol,
            settings: s.clone(),
            accounts,
            ids: Arc::new(IdMaker::new(form, s.gateway_id, i32::from(s.utc_offset))),
            serial: Arc::new(AtomicU32::new(now.unix_ms as u32)),
        });
        let speaks = dialect(listen.protocol, s.version);
        let entrance = Entrance::of(listen)?;
        Door::open(&self.reactor, &self.hub, &listen.address, s, entrance, speaks, gate).map_err(|source| {
            OpenError::System { what: format!("cannot listen on {}", listen.address), source }
        })
    }

    /// The secret of an account that was added by name.
    fn secret(&self, name: &str) -> Option<Vec<u8>> {
        self.secrets.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(name).cloned()
    }

    fn party(&self, token: Token) -> Option<Arc<PartyPort>> {
        self.by_index(usize::from(token.account()))
    }

    fn by_index(&self, index: usize) -> Option<Arc<PartyPort>> {
        let parties = self.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.list.get(index).cloned()
    }

    /// The party a push to `account` goes through: one that is online, else the latest.
    fn by_name(&self, account: &str) -> Option<Arc<PartyPort>> {
        let parties = self.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut own = parties.list.iter().filter(|p| &*p.name == account);
        own.clone().find(|p| p.room.online() > 0).or_else(|| own.next_back()).cloned()
    }

    fn push(
        &self,
        port: &PartyPort,
        push: Push,
        reference: Option<Arc<str>>,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(SendError::Closed);
        }
        let now = self.reactor.now();
        let s = &port.settings;
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
            port.cell.order(&self.reactor, order);
        } else {
            let hold = move |account: &mut Machine<Party>, _| account.side.hold(start, order);
            port.cell.tell(&self.reactor, Command::Call(Box::new(hold)));
        }
        Ok(ticket)
    }
}

impl SpDoor {
    /// The version to speak with somebody who proposes this one; `None`: not allowed.
    fn version_for(&self, proposed: u8) -> Option<Version> {
        dialect::proposed(self.protocol, self.settings.version, proposed)
    }

    fn party(
        &self,
        name: &str,
        own: &AccountSettings,
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
            return Some(known);
        }
        let index = parties.list.len();
        if index >= Token::MAX_ACCOUNTS {
            return None;
        }
        let mut settings = own.clone();
        settings.version = version;
        let sgip = self.protocol == Protocol::Sgip;
        let addresses = match (&settings.deliver_to, sgip) {
            (Some(address), true) => vec![address.clone()],
            (None, true) => vec![SocketAddr::new(peer.ip(), 8802).to_string()],
            _ => Vec::new(),
        };
        if sgip {
            // One connection towards the SP carries its deliveries and reports.
            settings.connections = 1;
        }
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
            sends_on_accepted: !sgip,
            sends_on_dialed: sgip,
            on_demand: sgip,
            wants: made_for(&shared.hub),
            seed: seed(now, index),
        };
        let room = Arc::new(Room::with_backlog(
            settings.queue as usize,
            settings.queue_octets as usize,
            settings.open_tickets as usize,
            shared.hub.backlog().clone(),
        ));
        let machine =
            Machine::new(Core::new(profile, room.clone()), Party::new(self.ids.clone()).joins(&settings));
        let way = Way::straight(&settings);
        let cell = Cell::new(machine, shared.hub.clone(), way);
        cell.start(&shared.reactor);
        let port = Arc::new(PartyPort {
            name: Arc::from(name),
            settings,
            dialect: speaks,
            references: References::new(shared.seed ^ index as u64),
            room,
            ids: self.ids.clone(),
            cell,
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
        if !may_come(&self.settings) {
            return refuse(Refusal::Address, "the address is not in bind_from");
        }
        let Some(version) = self.version_for(request.version) else {
            return refuse(Refusal::Version, "the version is not spoken here");
        };
        let own = self.accounts.get(&request.name).unwrap_or(&self.settings);
        let speaks = dialect(self.protocol, version);
        let known = self.shared.secret(&request.name).map(Access::Secret);
        let access = match (reply.or(known), &self.shared.look_up) {
            (Some(access), _) => access,
            (None, LookUp::Now(look_up)) => look_up(self.protocol, &request.name),
            (None, LookUp::Later(ask)) => return Admission::Ask(ask.clone()),
            (None, LookUp::Nobody) => Access::Unknown,
        };
        let (secret, signed) = match access {
            Access::Secret(secret) if speaks.login_is_valid(request, &secret) => (secret, true),
            // An SGIP gateway logs in to the SP with the pair the SP logs in with.
            Access::Unchecked => (request.password.as_bytes().to_vec(), false),
            Access::Secret(_) => return refuse(Refusal::Credentials, "the secret is wrong"),
            Access::Unknown => return refuse(Refusal::Credentials, "there is no such account"),
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
        let Some(port) = self.party(&request.name, own, version, &secret, peer, now) else {
            return refuse(Refusal::TooMany, "the gateway has as many accounts as it can");
        };
        let (rules, seqs, links) = port
            .cell
            .look(&self.shared.reactor, |a| (a.core.rules().clone(), a.core.seqs(), a.core.standing().2));
        if links >= own.connections {
            return refuse(Refusal::TooMany, "the account has its connections already");
        }
        let rules = match self.settings.short && self.protocol != Protocol::Sgip {
            // Nothing is pushed on it; reports and deliveries wait for a long connection.
            true => Arc::new(SessionRules { once: true, keepalive_ns: 0, ..(*rules).clone() }),
            false => rules,
        };
        Admission::Admit {
            host: port.cell.clone(),
            dialect: speaks,
            secret: signed.then(|| Arc::from(secret)),
            rules,
            seqs: match self.protocol {
                Protocol::Sgip => seqs,
                _ => SeqSource::Own(0),
            },
        }
    }
}

impl Gateway {
    /// Starts to collect what a gateway needs.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::default()
    }

    /// Where it listens, with the real ports.
    pub fn listeners(&self) -> Vec<(Protocol, SocketAddr)> {
        self.inner.doors.iter().map(|(protocol, door)| (*protocol, door.address)).collect()
    }

    /// Adds an account that may log in on every listener, or changes its secret: for its next login. Connections that
    /// are logged in stay.
    pub fn set_account(&self, name: impl Into<String>, secret: impl Into<Vec<u8>>) {
        let mut secrets =
            self.inner.shared.secrets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        secrets.insert(name.into(), secret.into());
    }

    /// Removes an account that was added by name: it may not log in any more, and its connections are ended in order,
    /// after the answers that are awaited, or after `deadline`. Pushes to it wait up to `valid_for` for its return.
    /// False: there is no such account.
    pub fn remove_account(&self, name: &str, deadline: Duration) -> bool {
        let shared = &self.inner.shared;
        let removed = {
            let mut secrets = shared.secrets.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            secrets.remove(name).is_some()
        };
        let until = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(deadline));
        let parties: Vec<Arc<PartyPort>> = {
            let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            parties.list.iter().filter(|p| removed && &*p.name == name).cloned().collect()
        };
        for port in parties {
            let end = move |account: &mut Machine<Party>, now| account.hang_up(now, until);
            port.cell.tell(&shared.reactor, Command::Call(Box::new(end)));
        }
        removed
    }

    /// The accounts that were added by name.
    pub fn accounts(&self) -> Vec<String> {
        let secrets = self.inner.shared.secrets.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut names: Vec<String> = secrets.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Answers a submit that its handler left for later: result 0 accepts.
    pub fn answer(&self, token: Token, result: u32) {
        if let Some(port) = self.inner.shared.party(token) {
            port.cell.tell(&self.inner.shared.reactor, Command::Answer(token, result));
        }
    }

    /// Answers a polled request for counts.
    pub fn answer_query(&self, token: Token, counts: DayCounts) {
        if let Some(port) = self.inner.shared.party(token) {
            port.cell.tell(&self.inner.shared.reactor, counts_of(token, counts));
        }
    }

    /// Answers a submit that its handler left for later, `after` so much time.
    pub fn answer_after(&self, token: Token, result: u32, after: Duration) {
        let shared = &self.inner.shared;
        let Some(port) = shared.party(token) else { return };
        let at = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(after));
        let hold = move |account: &mut Machine<Party>, _| account.side.hold_answer(at, token, result);
        port.cell.tell(&shared.reactor, Command::Call(Box::new(hold)));
    }

    /// Answers several submits at once, with one turn and one write an account.
    pub fn answer_all(&self, answers: &[(Token, u32)]) {
        let shared = &self.inner.shared;
        let mut left = answers.to_vec();
        while let Some((first, _)) = left.first() {
            let account = first.account();
            let (own, others) = left.into_iter().partition::<Vec<_>, _>(|(t, _)| t.account() == account);
            left = others;
            if let Some(port) = shared.by_index(usize::from(account)) {
                let answer = move |account: &mut Machine<Party>, now| {
                    own.into_iter().for_each(|(token, result)| {
                        account.answer(now, token, result);
                    });
                };
                port.cell.tell(&shared.reactor, Command::Call(Box::new(answer)));
            }
        }
    }

    /// The result by which a submit of this protocol is refused as one too many, so that its SP sends it again
    /// later: what a submit without handler is answered with.
    pub fn busy(protocol: Protocol) -> u32 {
        dialect(protocol, AccountSettings::for_gateway(protocol).version).busy()
    }

    /// Pushes a status report on a submit, `after` so much time: on every receiver, and on every segment of a joined
    /// submit. It waits while the SP is away, up to `valid_for` (72 h). The ticket is that of the first report; the
    /// others have their own: [`Gateway::report_receiver`] gives them.
    ///
    /// # Errors
    /// Why it was not accepted. With several reports, those before it are pushed all the same.
    pub fn report(&self, submit: &SubmitRequest, stat: &str, after: Duration) -> Result<Ticket, SendError> {
        if submit.receivers.len() == 1 && submit.joined.is_none() {
            return self.report_as(submit.token.account(), StatusReport::on(submit, stat), after);
        }
        let mut first = None;
        for index in 0..submit.receivers.len() {
            let tickets = self.report_receiver(submit, index, stat, after)?;
            first = first.or_else(|| tickets.first().copied());
        }
        first.ok_or_else(|| SendError::BadReceiver("the submit has none".to_owned()))
    }

    /// Pushes a status report on one receiver of a submit, by its index from 0: one report for each segment, of which
    /// only a joined submit has several. Waits like [`Gateway::report`].
    ///
    /// # Errors
    /// Why it was not accepted. With several reports, those before it are pushed all the same.
    pub fn report_receiver(
        &self,
        submit: &SubmitRequest,
        index: usize,
        stat: &str,
        after: Duration,
    ) -> Result<Vec<Ticket>, SendError> {
        let reports = StatusReport::on_receiver(submit, index, stat);
        if reports.is_empty() {
            let text =
                format!("the submit has {} receivers, and none with index {index}", submit.receivers.len());
            return Err(SendError::BadReceiver(text));
        }
        let account = submit.token.account();
        reports.iter().map(|report| self.report_as(account, report.clone(), after)).collect()
    }

    /// Pushes a status report to the account of a submit's token.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn report_on(
        &self,
        token: Token,
        report: StatusReport,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        self.report_as(token.account(), report, after)
    }

    /// Pushes a status report to an account by its name, also on a submit that came before the gateway was opened.
    /// The account's protocol is that of the submit's id; a login that is online is preferred.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn report_to(
        &self,
        account: &str,
        report: StatusReport,
        after: Duration,
    ) -> Result<Ticket, SendError> {
        let protocol = report.submit.protocol();
        let index = {
            let parties = self.inner.shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let fits = |p: &PartyPort| &*p.name == account && Some(p.dialect.protocol()) == protocol;
            let online = parties.list.iter().position(|p| fits(p) && p.room.online() > 0);
            online.or_else(|| parties.list.iter().rposition(|p| fits(p)))
        };
        let index = index.ok_or_else(|| {
            SendError::NoRoute(format!("no account called {account:?} has logged in yet with this protocol"))
        })?;
        self.report_as(index as u16, report, after)
    }

    fn report_as(&self, account: u16, report: StatusReport, after: Duration) -> Result<Ticket, SendError> {
        let shared = &self.inner.shared;
        let port = shared
            .by_index(usize::from(account))
            .ok_or_else(|| SendError::NoRoute("the submit's account is unknown".to_owned()))?;
        let mut now = shared.reactor.now();
        now.unix_ms = now.unix_ms.saturating_add(after.as_millis() as i64);
        let protocol = port.dialect.protocol();
        let id = port.ids.next(now, protocol).unwrap_or_default();
        let push = encode_report(&*port.dialect, &port.settings, &report, id, now)?;
        shared.push(&port, push, None, after)
    }

    /// Pushes a message from a phone to an account, `after` so much time.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn deliver(&self, account: &str, message: &MoMessage, after: Duration) -> Result<Ticket, SendError> {
        let shared = &self.inner.shared;
        let port = shared
            .by_name(account)
            .ok_or_else(|| SendError::NoRoute(format!("no account called {account:?} has logged in yet")))?;
        let now = shared.reactor.now();
        let protocol = port.dialect.protocol();
        let next = || port.ids.next(now, protocol).unwrap_or_default();
        let reference = port.references.next(&message.receiver);
        let push = encode_deliver(&*port.dialect, &port.settings, message, reference, next, now)?;
        shared.push(&port, push, message.reference.clone(), after)
    }

    /// The outcome of a push, waiting up to `timeout` for it.
    ///
    /// # Errors
    /// WOULD_DEADLOCK when it would wait inside a handler.
    pub fn outcome(&self, ticket: Ticket, timeout: Duration) -> Result<Option<Outcome>, SendError> {
        if self.inner.shared.reactor.in_handler() && !timeout.is_zero() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.shared.hub.outcome(ticket, timeout))
    }

    /// Waits until every push has its outcome and the handlers of those events have returned.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn wait(&self, timeout: Duration) -> Result<bool, SendError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(SendError::WouldDeadlock);
        }
        Ok(self.inner.shared.hub.wait(timeout))
    }

    /// Takes up to `max` polled events, waiting up to `timeout` for the first. `None` after the close.
    pub fn poll(&self, max: usize, timeout: Duration) -> Option<Vec<Event>> {
        self.inner.shared.hub.poll(max, timeout)
    }

    /// Runs what handles polled events: what it sends and answers on this thread is written together, when it
    /// returns, or after a millisecond. As in a handler, nothing may wait inside: `wait`, `close` and the like
    /// answer WOULD_DEADLOCK.
    pub fn together<R>(&self, run: impl FnOnce() -> R) -> R {
        reactor::together(&self.inner.shared.reactor, run)
    }

    /// What each account has counted, by name; an account that logs in with two versions has two entries.
    pub fn counters(&self) -> Vec<(Arc<str>, Counters)> {
        let shared = &self.inner.shared;
        let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.list.iter().map(|p| (p.name.clone(), p.cell.snapshot(&shared.reactor).0)).collect()
    }

    /// What its threads asked of the system so far.
    pub fn engine_counts(&self) -> EngineCounts {
        self.inner.shared.reactor.counts()
    }

    /// The state and the counts of every account that has logged in: [`crate::metrics`].
    pub fn metrics(&self) -> Vec<AccountMetrics> {
        let shared = &self.inner.shared;
        let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties
            .list
            .iter()
            .map(|p| p.cell.look(&shared.reactor, |a| AccountMetrics::of(&a.core, true)))
            .collect()
    }

    /// The connections of every listener, and who was turned away, by reason:
    /// [`crate::metrics::prometheus_listeners`].
    pub fn listener_metrics(&self) -> Vec<ListenerMetrics> {
        self.inner.doors.iter().map(|(_, door)| door.metrics()).collect()
    }

    /// Connections that ended without a login.
    pub fn turned_away(&self) -> u64 {
        self.listener_metrics().iter().map(|listener| listener.turned_away.sum()).sum()
    }

    /// Ends the gateway: stops listening, pushes what is queued until `deadline`, ends every session.
    ///
    /// # Errors
    /// WOULD_DEADLOCK inside a handler.
    pub fn close(&self, deadline: Duration) -> Result<Left, SendError> {
        if self.inner.shared.reactor.in_handler() {
            return Err(SendError::WouldDeadlock);
        }
        let shared = &self.inner.shared;
        shared.closing.store(true, Ordering::SeqCst);
        for (_, door) in &self.inner.doors {
            door.shut(&shared.reactor);
        }
        let until = shared.reactor.now().mono_ns.saturating_add(crate::time::nanos(deadline));
        let parties: Vec<Arc<PartyPort>> = {
            let parties = shared.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            parties.list.clone()
        };
        for port in &parties {
            port.cell.tell(&shared.reactor, Command::Close(until));
        }
        let grace = deadline.saturating_add(Duration::from_secs(2));
        shared.hub.wait_until(grace, || parties.iter().all(|p| p.cell.is_closed()));
        let mut left = Left::default();
        for port in &parties {
            let (_, own, _, _) = port.cell.snapshot(&shared.reactor);
            left.abandoned += own.abandoned;
            left.in_doubt += own.in_doubt;
        }
        shared.hub.end_polling();
        shared.reactor.stop();
        Ok(left)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.hub.end_polling();
        self.shared.reactor.stop();
    }
}
