//! What a gateway is opened with: listeners, accounts, handlers.

use super::listeners::Listening;
use super::parties::{LookUp, Shared, Terms};
use super::{Access, Gateway, Inner, Office};
use crate::engine::client::{OpenError, seed};
use crate::engine::hub::{Answer, Handlers, Hub, handlers};
use crate::engine::question::LoginQuestion;
use crate::engine::reactor::Reactor;
use crate::engine::secrets;
use crate::message::{
    AccountState, CancelRequest, DayCounts, Event, EventKinds, Log, Outcome, QueryRequest, SubmitRequest,
    TicketMaker, Trouble,
};
use crate::settings::{AccountSettings, EngineSettings, Listen, SecretSource, SettingError};
use crate::wire::Protocol;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

/// Collects listeners, accounts and handlers, and opens the gateway.
#[derive(Default)]
pub struct GatewayBuilder {
    listeners: Vec<Result<Listen, SettingError>>,
    secrets: HashMap<String, Vec<u8>>,
    sources: Vec<(String, SecretSource)>,
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

    /// Adds an account that may log in on every listener, whose secret is read when the gateway is opened.
    #[must_use]
    pub fn account_from(mut self, name: impl Into<String>, secret: SecretSource) -> Self {
        self.sources.push((name.into(), secret));
        self
    }

    /// Takes the listeners, accounts and engine settings of a file.
    #[cfg(feature = "config")]
    #[must_use]
    pub fn config(mut self, config: crate::config::GatewayConfig) -> Self {
        self.listeners.extend(config.listeners.into_iter().map(Ok));
        for account in config.accounts {
            let name = &account.name;
            self.own.extend(account.settings.into_iter().map(|(key, value)| (name.clone(), key, value)));
            self.sources.push((account.name, account.secret));
        }
        self.engine = config.engine;
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

    /// Asks for the secret of a name that no [`GatewayBuilder::account`] has. Must not block, and cannot change or close
    /// the gateway. A login whose look-up panics is refused as with [`Access::Refused`].
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
    pub fn on_query(self, handler: impl Fn(&QueryRequest) -> DayCounts + Send + Sync + 'static) -> Self {
        self.on_query_later(move |query| Some(handler(query)))
    }

    /// As [`GatewayBuilder::on_query`]; `None` leaves the answer for [`Gateway::answer_query`].
    #[must_use]
    pub fn on_query_later(
        mut self,
        handler: impl Fn(&QueryRequest) -> Option<DayCounts> + Send + Sync + 'static,
    ) -> Self {
        self.handlers.list.push((
            EventKinds::QUERY,
            Box::new(move |event| match event {
                Event::Query(query) => handler(query).map_or(Answer::Later, Answer::Counts),
                _ => Answer::Accept,
            }),
        ));
        self
    }

    /// Handles requests to take a message back: true says that it is done. Without it they are refused.
    #[must_use]
    pub fn on_cancel(self, handler: impl Fn(&CancelRequest) -> bool + Send + Sync + 'static) -> Self {
        self.on_cancel_later(move |cancel| Some(handler(cancel)))
    }

    /// As [`GatewayBuilder::on_cancel`]; `None` leaves the answer for [`Gateway::answer`]: 0 says that it is done, 1
    /// that it is not.
    #[must_use]
    pub fn on_cancel_later(
        mut self,
        handler: impl Fn(&CancelRequest) -> Option<bool> + Send + Sync + 'static,
    ) -> Self {
        self.handlers.list.push((
            EventKinds::CANCEL,
            Box::new(move |event| match event {
                Event::Cancel(cancel) => match handler(cancel) {
                    Some(true) => Answer::Accept,
                    Some(false) => Answer::Reject(1),
                    None => Answer::Later,
                },
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

    handlers! {
        /// Handles the end of each push.
        on_outcome, OUTCOME, Outcome(outcome: Outcome);
        /// Handles changes of an account's connections.
        on_state, ACCOUNT_STATE, AccountState(state: AccountState);
        /// Handles input that could not be used.
        on_trouble, TROUBLE, Trouble(trouble: Trouble);
        /// Takes log lines; without it warnings go to stderr.
        on_log, LOG, Log(log: Log);
    }

    /// Opens the gateway: it listens when this returns.
    ///
    /// # Errors
    /// What is wrong with a listener, or what the system refused.
    pub fn open(mut self) -> Result<Gateway, OpenError> {
        for (name, source) in std::mem::take(&mut self.sources) {
            let secret = secrets::of_login(&name, source)?;
            self.secrets.insert(name, secret);
        }
        let listeners = self.listeners.into_iter().collect::<Result<Vec<_>, _>>()?;
        if listeners.is_empty() {
            let text = "a gateway needs an address to listen on: add one, such as cmpp://127.0.0.1:7890";
            return Err(OpenError::Config(text.to_owned()));
        }
        check_names(&listeners)?;
        check_own(&listeners, &self.own)?;
        let terms = terms_of(&listeners, &self.own)?;
        let reactor = Reactor::start(self.engine.threads as usize + 1, "sanwang-gw")
            .map_err(|source| OpenError::System { what: "threads cannot be started".to_owned(), source })?;
        let now = reactor.now();
        let shared = Arc::new(Shared {
            hub: Arc::new(Hub::new(self.handlers, self.polls, &self.engine)),
            reactor: reactor.clone(),
            secrets: RwLock::new(self.secrets),
            look_up: self.look_up.unwrap_or(LookUp::Nobody),
            parties: RwLock::default(),
            homes: Mutex::default(),
            tickets: TicketMaker::new(self.engine.worker as u16),
            closing: AtomicBool::new(false),
            seed: seed(now, usize::MAX),
        });
        let mut doors = Vec::new();
        for ((number, listen), terms) in listeners.iter().enumerate().zip(terms) {
            let opened = shared.open_door(listen, terms, number);
            let (door, gate) = opened.inspect_err(|_| reactor.stop())?;
            doors.push(Listening::new(listen, door, gate));
        }
        let opened = listeners.len();
        let office = Office { listens: listeners, gone: Vec::new(), opened, own: self.own };
        let (doors, office) = (RwLock::new(doors), Mutex::new(office));
        Ok(Gateway { inner: Arc::new(Inner { shared, doors, office, turned_away: AtomicU64::new(0) }) })
    }
}

/// Names tell listeners apart.
fn check_names(listeners: &[Listen]) -> Result<(), OpenError> {
    let mut names = HashSet::new();
    match listeners.iter().find(|listen| !listen.name.is_empty() && !names.insert(&listen.name)) {
        Some(twice) => Err(OpenError::Config(format!(
            "two listeners are called {:?}: give one another name",
            twice.name
        ))),
        None => Ok(()),
    }
}

/// By what each listener lets in.
pub(super) fn terms_of(
    listeners: &[Listen],
    own: &[(String, String, String)],
) -> Result<Vec<Terms>, OpenError> {
    listeners.iter().map(|listen| terms_at(listen, own)).collect()
}

/// By what one listener lets in.
pub(super) fn terms_at(listen: &Listen, own: &[(String, String, String)]) -> Result<Terms, OpenError> {
    Terms::new(listen, own_settings(listen, own)?)
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

fn of_account(name: &str) -> impl FnOnce(SettingError) -> OpenError {
    move |error| OpenError::Config(format!("account {name}: {error}"))
}

/// Settings of single accounts may be those of one of the listeners only, but not of none; without listeners, of any
/// protocol.
pub(super) fn check_own(listeners: &[Listen], own: &[(String, String, String)]) -> Result<(), OpenError> {
    let any = || Protocol::ALL.into_iter().map(AccountSettings::for_gateway);
    let here: Vec<AccountSettings> = match listeners {
        [] => any().collect(),
        some => some.iter().map(|listen| listen.settings.clone()).collect(),
    };
    for (name, key, value) in own {
        if OF_LISTENER.contains(&key.as_str()) {
            let text = format!("account {name}: {key} belongs to the listener: set it in the listener's URL");
            return Err(OpenError::Config(text));
        }
        let row = AccountSettings::row(key);
        let fits = |settings: &&AccountSettings| row.is_some_and(|row| row.applies_to(settings.protocol));
        if let Some(settings) = here.iter().find(fits).or(here.first()) {
            settings.clone().set_at_gateway(key, value).map_err(of_account(name))?;
        }
    }
    Ok(())
}

/// The settings of a listener's accounts that have some of their own. What another protocol has is left out.
fn own_settings(
    listen: &Listen,
    own: &[(String, String, String)],
) -> Result<HashMap<String, AccountSettings>, OpenError> {
    let mut accounts = HashMap::<String, AccountSettings>::new();
    for (name, key, value) in own {
        if AccountSettings::row(key).is_some_and(|row| row.applies_to(listen.protocol)) {
            let settings = accounts.entry(name.clone()).or_insert_with(|| listen.settings.clone());
            settings.set_at_gateway(key, value).map_err(of_account(name))?;
        }
    }
    Ok(accounts)
}
