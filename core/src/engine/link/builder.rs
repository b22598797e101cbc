//! Collects peers, listeners and handlers, and opens a link.

use super::peers::{LinkDoor, LookUp, Shared};
use super::{Inner, Link, LinkAnswer};
use crate::dialect;
use crate::engine::client::OpenError;
use crate::engine::door::Door;
use crate::engine::gateway::Access;
use crate::engine::hub::{Answer, Handlers, Hub, handlers};
use crate::engine::reactor::Reactor;
use crate::engine::secrets;
use crate::engine::transport::{Entrance, Way};
use crate::message::{AccountState, Event, EventKinds, LinkRequest, Log, TicketMaker, Trouble};
use crate::settings::{Account, EngineSettings, Listen, SettingError};
use crate::wire::Protocol;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, RwLock, Weak};

/// Collects peers, listeners and handlers, and opens the link.
#[derive(Default)]
pub struct LinkBuilder {
    dials: Vec<Result<Account, SettingError>>,
    listeners: Vec<Result<Listen, SettingError>>,
    secrets: HashMap<String, Vec<u8>>,
    look_up: Option<LookUp>,
    handlers: Handlers,
    on_request: Option<OnRequest>,
    polls: Option<EventKinds>,
    engine: EngineSettings,
}

type OnRequest = Box<dyn Fn(&Link, &LinkRequest) -> LinkAnswer + Send + Sync>;

impl fmt::Debug for LinkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkBuilder")
            .field("dials", &self.dials.len())
            .field("listeners", &self.listeners.len())
            .finish_non_exhaustive()
    }
}

impl LinkBuilder {
    /// Dials a peer: `name` is the peer's name here, the URL holds its address and our own login.
    /// `sgip://100101:secret@gns:8802?node=100101&login_type=4`. SGIP, and every link with `idle_close`, dials
    /// when there is something to say.
    #[must_use]
    pub fn dial(mut self, name: impl Into<String>, url: &str) -> Self {
        self.dials.push(Account::parse(url).map(|account| account.with_name(name)));
        self
    }

    /// Dials a peer with settings that were read before; the account's name is the peer's.
    #[must_use]
    pub fn dial_as(mut self, account: Account) -> Self {
        self.dials.push(Ok(account));
        self
    }

    /// Listens with settings that were read before.
    #[must_use]
    pub fn listen_as(mut self, listen: Listen) -> Self {
        self.listeners.push(Ok(listen));
        self
    }

    /// Listens at a URL without user: `cmpp://127.0.0.1:7930`. Port 0 takes a free one. SGIP: `login_type` is the
    /// one LoginType that is let in, `gateway_id` our own node number.
    #[must_use]
    pub fn listen(mut self, url: &str) -> Self {
        self.listeners.push(Listen::parse(url));
        self
    }

    /// Adds a peer that may log in on every listener.
    #[must_use]
    pub fn peer(mut self, name: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        self.secrets.insert(name.into(), secret.into());
        self
    }

    /// Asks for the secret of a name that no [`LinkBuilder::peer`] has. Must not block.
    #[must_use]
    pub fn peers_by(mut self, look_up: impl Fn(Protocol, &str) -> Access + Send + Sync + 'static) -> Self {
        self.look_up = Some(Box::new(look_up));
        self
    }

    /// Handles requests of peers; what the handler returns is the answer. Without a handler every request is
    /// refused in the protocol's words.
    #[must_use]
    pub fn on_request(self, handler: impl Fn(&LinkRequest) -> LinkAnswer + Send + Sync + 'static) -> Self {
        self.on_request_with(move |_, request| handler(request))
    }

    /// As [`LinkBuilder::on_request`], with the link itself, to ask others before answering.
    #[must_use]
    pub fn on_request_with(
        mut self,
        handler: impl Fn(&Link, &LinkRequest) -> LinkAnswer + Send + Sync + 'static,
    ) -> Self {
        self.on_request = Some(Box::new(handler));
        self
    }

    /// Settings of threads and queues.
    #[must_use]
    pub fn engine(mut self, settings: EngineSettings) -> Self {
        self.engine = settings;
        self
    }

    /// Polls events of these kinds with [`Link::poll`] instead of handling them.
    #[must_use]
    pub fn polled(mut self, kinds: EventKinds) -> Self {
        self.polls = Some(kinds);
        self
    }

    /// Handles every event of these kinds in one place.
    #[must_use]
    pub fn on_event(mut self, kinds: EventKinds, handler: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            kinds,
            Box::new(move |event| {
                handler(event);
                Answer::Later
            }),
        ));
        self
    }

    handlers! {
        /// Handles changes of a peer's connections.
        on_state, ACCOUNT_STATE, AccountState(state: AccountState);
        /// Handles input that could not be used.
        on_trouble, TROUBLE, Trouble(trouble: Trouble);
        /// Takes log lines; without it warnings go to stderr.
        on_log, LOG, Log(log: Log);
    }

    /// Opens the link: it listens when this returns, and dials.
    ///
    /// # Errors
    /// What is wrong with a peer or a listener, or what the system refused.
    pub fn open(mut self) -> Result<Link, OpenError> {
        let mut dials = self.dials.into_iter().collect::<Result<Vec<_>, _>>()?;
        let listeners = self.listeners.into_iter().collect::<Result<Vec<_>, _>>()?;
        if dials.is_empty() && listeners.is_empty() {
            let text = "a link needs a peer to dial or an address to listen on";
            return Err(OpenError::Config(text.to_owned()));
        }
        for (at, account) in dials.iter().enumerate() {
            if dials.iter().take(at).any(|other| other.name == account.name) {
                let text = format!("two peers are called {:?}: give one another name", account.name);
                return Err(OpenError::Config(text));
            }
        }
        for account in &mut dials {
            secrets::fill_in(account)?;
        }
        let reactor = Reactor::start(self.engine.threads as usize + 1, "sanwang-link")
            .map_err(|source| OpenError::System { what: "threads cannot be started".to_owned(), source })?;
        let (secrets, ask) = (self.secrets, self.look_up);
        let look_up: LookUp = Box::new(move |protocol, name| match (secrets.get(name), &ask) {
            (Some(secret), _) => Access::Secret(secret.clone()),
            (None, Some(ask)) => ask(protocol, name),
            (None, None) => Access::Unknown,
        });
        // Handlers need the link, which needs the handlers.
        let place: Arc<OnceLock<Weak<Inner>>> = Arc::default();
        if let Some(on_request) = self.on_request {
            let place = place.clone();
            let handler = move |event: &Event| match (event, place.get().and_then(Weak::upgrade)) {
                (Event::LinkRequest(request), Some(inner)) => {
                    let link = Link { inner };
                    let said = on_request(&link, request);
                    link.carry_out(request, said)
                }
                _ => Answer::Later,
            };
            self.handlers.list.push((EventKinds::LINK_REQUEST, Box::new(handler)));
        }
        let here = place.clone();
        let replies = move |event: &Event| {
            if let (Event::LinkReply(reply), Some(inner)) = (event, here.get().and_then(Weak::upgrade)) {
                inner.shared.waiters.call(reply);
            }
            Answer::Later
        };
        self.handlers.list.push((EventKinds::LINK_REPLY, Box::new(replies)));
        let now = reactor.now();
        let polls = self.polls.map(|kinds| kinds | EventKinds::LINK_REPLY);
        let shared = Arc::new(Shared {
            hub: Arc::new(Hub::new(self.handlers, polls, &self.engine)),
            reactor: reactor.clone(),
            waiters: Arc::default(),
            peers: RwLock::default(),
            closing: AtomicBool::new(false),
            serials: Mutex::default(),
            look_up,
        });
        let tickets = TicketMaker::new(self.engine.worker as u16);
        let inner = Arc::new(Inner { shared: shared.clone(), doors: OnceLock::new(), tickets });
        // Before the first connection, whose requests need it.
        let _ = place.set(Arc::downgrade(&inner));
        let mut doors = Vec::new();
        for listen in listeners {
            let door = open_door(&shared, &listen);
            doors.push((listen.protocol, door.inspect_err(|_| reactor.stop())?));
        }
        let _ = inner.doors.set(doors);
        for account in dials {
            let way = Way::of(&account.name, &account.settings).inspect_err(|_| reactor.stop())?;
            shared.dialled(account, way, now);
        }
        Ok(Link { inner })
    }
}

fn open_door(shared: &Arc<Shared>, listen: &Listen) -> Result<Arc<Door>, OpenError> {
    let s = &listen.settings;
    let gate = Arc::new(LinkDoor { shared: shared.clone(), protocol: listen.protocol, settings: s.clone() });
    let speaks = dialect::dialect(listen.protocol, s.version);
    let entrance = Entrance::of(listen)?;
    Door::open(&shared.reactor, &shared.hub, &listen.address, s, entrance, speaks, gate)
        .map_err(|source| OpenError::System { what: format!("cannot listen on {}", listen.address), source })
}
