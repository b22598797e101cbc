//! Connections that have not logged in: one lobby a listener, with a deadline for the login.

use crate::account::slab::{Key, Slab};
use crate::dialect::{Dialect, LoginRequest};
use crate::session::{EndReason, SeqSource, Session, SessionEvent, SessionRules};
use crate::time::Now;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::Arc;

/// What happens in a lobby.
#[derive(Debug)]
pub enum LobbyEvent {
    /// Somebody wants in: decide with [`Lobby::admit`] or [`Lobby::refuse`].
    Login(LoginRequest),
    /// The connection is over.
    Ended(EndReason),
    /// Octets that make no sense.
    Trouble(String, Bytes),
}

/// The connections of one listener before their login.
#[derive(Debug)]
pub struct Lobby {
    dialect: Arc<dyn Dialect>,
    rules: Arc<SessionRules>,
    sessions: Slab<Session>,
    /// Who came in, with the deadline of the login, the first that is due first. Some have gone.
    order: VecDeque<(u64, Key)>,
    scratch: Vec<SessionEvent>,
}

impl Lobby {
    /// For a listener that speaks `dialect` until a login says otherwise.
    pub fn new(dialect: Arc<dyn Dialect>, rules: Arc<SessionRules>) -> Self {
        Lobby { dialect, rules, sessions: Slab::default(), order: VecDeque::new(), scratch: Vec::new() }
    }

    /// Takes other limits and times, for who comes in from now on.
    pub fn change(&mut self, rules: Arc<SessionRules>) {
        self.rules = rules;
    }

    /// Connections that wait.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Somebody connected.
    pub fn enter(&mut self, now: Now) -> Key {
        // A lobby makes no requests of its own, so any sequence source will do.
        let seqs = SeqSource::Own(0);
        let session = Session::answer_call(self.dialect.clone(), self.rules.clone(), seqs, now);
        let who = self.sessions.insert(session);
        let deadline = now.mono_ns.saturating_add(self.rules.login_timeout_ns);
        // Last, unless the time for a login has become shorter since.
        let at = self.order.partition_point(|(other, _)| *other <= deadline);
        self.order.insert(at, (deadline, who));
        who
    }

    /// Octets arrived.
    pub fn receive(&mut self, now: Now, who: Key, data: &[u8]) -> Vec<LobbyEvent> {
        self.with(who, |session, events| session.receive(now, data, events))
    }

    /// The connection broke.
    pub fn disconnected(&mut self, who: Key, why: &str) -> Vec<LobbyEvent> {
        self.with(who, |session, events| session.disconnected(why, events))
    }

    /// Does what is due for one connection.
    pub fn timeout(&mut self, now: Now, who: Key) -> Vec<LobbyEvent> {
        self.with(who, |session, events| session.timeout(now, events))
    }

    /// Connections whose time is over.
    pub fn due(&mut self, now: Now) -> Vec<Key> {
        let mut due = Vec::new();
        while let Some((at, who)) = self.order.front().copied().filter(|(at, _)| *at <= now.mono_ns) {
            self.order.pop_front();
            debug_assert!(at <= now.mono_ns);
            if self.is_here(who) {
                due.push(who);
            }
        }
        due
    }

    /// When [`Lobby::due`] is to be looked at.
    pub fn deadline(&self) -> Option<u64> {
        self.order.front().map(|(at, _)| *at)
    }

    /// Whether a connection waits for its login or for the decision about it.
    pub fn is_here(&self, who: Key) -> bool {
        self.sessions.get(who).is_some_and(|session| !session.is_over())
    }

    /// Takes out a connection, and with it the entries of those that have gone.
    fn remove(&mut self, who: Key) -> Option<Session> {
        let session = self.sessions.remove(who)?;
        let sessions = &self.sessions;
        while self.order.front().is_some_and(|(_, who)| sessions.get(*who).is_none()) {
            self.order.pop_front();
        }
        // Somebody silent at the head must not keep the entries of all who came and went since.
        if self.order.len() > 2 * sessions.len() + 64 {
            self.order.retain(|(_, who)| sessions.get(*who).is_some());
        }
        Some(session)
    }

    fn with(&mut self, who: Key, act: impl FnOnce(&mut Session, &mut Vec<SessionEvent>)) -> Vec<LobbyEvent> {
        let Some(session) = self.sessions.get_mut(who) else { return Vec::new() };
        act(session, &mut self.scratch);
        let told = self.scratch.drain(..).filter_map(|event| match event {
            SessionEvent::LoginRequested(request) => Some(LobbyEvent::Login(request)),
            SessionEvent::Ended(reason) => Some(LobbyEvent::Ended(reason)),
            SessionEvent::Trouble { reason, octets, .. } => Some(LobbyEvent::Trouble(reason, octets)),
            _ => None,
        });
        told.collect()
    }

    /// Lets somebody in: writes the answer and hands the session over.
    pub fn admit(
        &mut self,
        now: Now,
        who: Key,
        dialect: Arc<dyn Dialect>,
        secret: Option<&[u8]>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
    ) -> Option<Session> {
        let mut session = self.remove(who)?;
        session.accept(now, dialect, secret, rules, seqs);
        Some(session)
    }

    /// Refuses somebody with `status`.
    pub fn refuse(&mut self, now: Now, who: Key, status: u32, why: &str) {
        if let Some(session) = self.sessions.get_mut(who) {
            session.refuse(now, status, why, &mut self.scratch);
            self.scratch.clear();
        }
    }

    /// What is to be written to a connection.
    pub fn transmit(&mut self, who: Key) -> Option<&mut BytesMut> {
        self.sessions.get_mut(who).map(Session::transmit)
    }

    /// Whether the connection is to be closed once it is flushed.
    pub fn is_over(&self, who: Key) -> bool {
        self.sessions.get(who).is_none_or(Session::is_over)
    }

    /// The connection has been closed.
    pub fn forget(&mut self, who: Key) {
        self.remove(who);
    }
}
