//! What a client is opened with: accounts, routes, handlers.

use super::{Client, Inner, OpenError};
use crate::client::Route;
use crate::engine::accounts::Office;
use crate::engine::changing::Changing;
use crate::engine::hub::{Answer, Handlers, Hub, handlers};
use crate::engine::reactor::Reactor;
use crate::message::{
    AccountState, Deliver, Event, EventKinds, Log, Outcome, Report, Response, TicketMaker, Trouble,
};
use crate::segments::Segments;
use crate::settings::{Account, EngineSettings, SettingError};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Collects accounts, routes and handlers, and opens the client.
#[derive(Debug, Default)]
pub struct ClientBuilder {
    accounts: Vec<Result<Account, SettingError>>,
    routes: Vec<Route>,
    segments: Option<Arc<Segments>>,
    handlers: Handlers,
    polls: Option<EventKinds>,
    engine: EngineSettings,
}

impl ClientBuilder {
    /// Adds an account by its URL.
    #[must_use]
    pub fn account(mut self, url: &str) -> Self {
        self.accounts.push(Account::parse(url));
        self
    }

    /// Adds an account that was made otherwise, for example with another name or from a file.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "an account is added to a builder, nothing is summed")]
    pub fn add(mut self, account: Account) -> Self {
        self.accounts.push(Ok(account));
        self
    }

    /// Adds a routing rule; rules are tried in order.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Replaces the built-in table of number segments.
    #[must_use]
    pub fn segments(mut self, table: Segments) -> Self {
        self.segments = Some(Arc::new(table));
        self
    }

    /// Settings of threads and queues.
    #[must_use]
    pub fn engine(mut self, settings: EngineSettings) -> Self {
        self.engine = settings;
        self
    }

    /// Polls events of these kinds with [`Client::poll`] instead of handling them.
    #[must_use]
    pub fn polled(mut self, kinds: EventKinds) -> Self {
        self.polls = Some(kinds);
        self
    }

    /// Handles every event in one place.
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

    /// Handles every event of these kinds in one place; `true` leaves the answer of a delivery or report for
    /// [`Client::handled`] with the event's token.
    #[must_use]
    pub fn on_event_later(
        mut self,
        kinds: EventKinds,
        handler: impl Fn(&Event) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.handlers.list.push((
            kinds,
            Box::new(move |event| if handler(event) { Answer::Later } else { Answer::Accept }),
        ));
        self
    }

    /// Handles deliveries; `true` leaves the answer for [`Client::handled`] with the event's token.
    #[must_use]
    pub fn on_deliver_later(mut self, handler: impl Fn(&Deliver) -> bool + Send + Sync + 'static) -> Self {
        self.handlers.list.push((
            EventKinds::DELIVER,
            Box::new(move |event| match event {
                Event::Deliver(deliver) if handler(deliver) => Answer::Later,
                _ => Answer::Accept,
            }),
        ));
        self
    }

    handlers! {
        /// Handles the end of each ticket.
        on_outcome, OUTCOME, Outcome(outcome: Outcome);
        /// Handles messages from phones. They are answered when the handler has returned.
        on_deliver, DELIVER, Deliver(deliver: Deliver);
        /// Handles status reports.
        on_report, REPORT, Report(report: Report);
        /// Handles the gateways' answers.
        on_response, RESPONSE, Response(response: Response);
        /// Handles changes of an account's connections.
        on_state, ACCOUNT_STATE, AccountState(state: AccountState);
        /// Handles input that could not be used.
        on_trouble, TROUBLE, Trouble(trouble: Trouble);
        /// Takes log lines; without it warnings go to stderr.
        on_log, LOG, Log(log: Log);
    }

    /// Opens the client. Checks settings and returns; it does not wait for the network.
    ///
    /// # Errors
    /// What is wrong with an account or a route, or what the system refused.
    pub fn open(self) -> Result<Client, OpenError> {
        let accounts = self.accounts.into_iter().collect::<Result<Vec<_>, _>>()?;
        if accounts.is_empty() {
            return Err(OpenError::Config("a client needs an account: add one by its URL".to_owned()));
        }
        let threads = self.engine.threads as usize + 1;
        let reactor = Reactor::start(threads, "sanwang")
            .map_err(|source| OpenError::System { what: "threads cannot be started".to_owned(), source })?;
        let hub = Arc::new(Hub::new(self.handlers, self.polls, &self.engine));
        let office = Office {
            rules: self.routes,
            segments: self.segments,
            serials: HashMap::new(),
            next_index: 0,
            doors: Vec::new(),
        };
        let opened = office.open(accounts, &reactor, &hub);
        let (office, table) = opened.inspect_err(|_| reactor.stop())?;
        for port in &table.ports {
            port.cell.start(&reactor);
        }
        let tickets = TicketMaker::new(self.engine.worker as u16);
        let closing = AtomicBool::new(false);
        let (table, office) = (Changing::new(table), Mutex::new(office));
        Ok(Client { inner: Arc::new(Inner { reactor, hub, table, office, tickets, closing }) })
    }
}
