//! Who comes in: what a gate decides about a login, at once, when its address may be looked at again, or when the secret
//! that was asked for is there.

use super::{Door, Guest, Host, Newcomer, State};
use crate::account::slab::Key;
use crate::dialect::{Dialect, LoginRequest, Refusal};
use crate::engine::question::{self, LoginQuestion, Reply};
use crate::engine::reactor::{Reactor, lock};
use crate::gateway::TurnedAway;
use crate::session::{SeqSource, SessionRules};
use crate::time::Now;
use crate::wire::Notes;
use std::cell::Cell;
use std::cmp::Reverse;
use std::net::SocketAddr;
use std::sync::Arc;

/// The time of a timer that says: there are replies.
pub(super) const REPLIED: u64 = 0;

thread_local! {
    /// The reactor whose door this thread asks a gate for; 0: none.
    static DECIDING: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread asks a gate about a login, so that a door of this reactor waits for the caller.
pub(in crate::engine) fn is_deciding(reactor: &Reactor) -> bool {
    DECIDING.get() == reactor.identity()
}

/// Until it is dropped this thread asks a gate.
struct Deciding;

impl Deciding {
    fn begin(reactor: &Reactor) -> Self {
        DECIDING.set(reactor.identity());
        Deciding
    }
}

impl Drop for Deciding {
    fn drop(&mut self) {
        DECIDING.set(0);
    }
}

/// What a gate decides.
pub(in crate::engine) enum Admission {
    /// Let in.
    Admit {
        host: Arc<dyn Host>,
        dialect: Arc<dyn Dialect>,
        /// Signs the answer; `None`: the digest stays zero.
        secret: Option<Arc<[u8]>>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
        /// What was tolerated of the login.
        notes: Notes,
    },
    /// Keep out, with the reason for the log.
    Refuse(Refusal, String),
    /// Ask this one; the gate is asked again with the reply.
    Ask(Arc<dyn Fn(LoginQuestion) + Send + Sync>),
}

/// Decides who comes in.
pub(in crate::engine) trait Gate: Send + Sync {
    /// `reply` is what the one who was asked about this login said, if so.
    fn admit(&self, request: &LoginRequest, peer: SocketAddr, now: Now, reply: Option<Reply>) -> Admission;
}

/// A login that is looked at later, because of wrong ones from its address.
pub(super) struct Held {
    pub(super) at: u64,
    pub(super) who: Key,
    pub(super) peer: SocketAddr,
    pub(super) request: LoginRequest,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Held {}
impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// What was replied about a login.
pub(super) struct Replied {
    pub(super) who: Key,
    pub(super) peer: SocketAddr,
    pub(super) request: LoginRequest,
    pub(super) reply: Reply,
}

pub(super) struct Admitted {
    pub(super) host: Arc<dyn Host>,
    pub(super) newcomer: Newcomer,
}

impl Door {
    /// Asks the gate about a login.
    pub(super) fn decide(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        (who, peer): (Key, SocketAddr),
        request: &LoginRequest,
        reply: Option<Reply>,
        now: Now,
    ) -> Option<Admitted> {
        let _deciding = Deciding::begin(reactor);
        match self.gate.admit(request, peer, now, reply) {
            Admission::Admit { host, dialect, secret, rules, seqs, notes } => {
                let mut session = state.lobby.admit(now, who, dialect, secret.as_deref(), rules, seqs)?;
                session.tolerate(notes);
                let Guest { stream, place, peer, pass, .. } =
                    state.guests.get_mut(who.index as usize)?.take()?;
                Some(Admitted { host, newcomer: Newcomer { session, stream, place, peer, pass } })
            }
            Admission::Refuse(refusal, text) => {
                state.lobby.refuse(now, who, self.dialect.refusal(refusal), &text);
                let why = match refusal {
                    Refusal::Credentials => TurnedAway::Credentials,
                    Refusal::Address => TurnedAway::Address,
                    Refusal::Version => TurnedAway::Version,
                    Refusal::TooMany => TurnedAway::TooMany,
                    Refusal::Mode => TurnedAway::Mode,
                    Refusal::NotNow => TurnedAway::NotNow,
                };
                if why == TurnedAway::Credentials {
                    lock(&self.guard).wrong_login(now, peer.ip());
                }
                self.turn_away(reactor, state, peer, why, &text, now);
                None
            }
            Admission::Ask(ask) => {
                let (door, reactor) = (Arc::downgrade(self), Arc::downgrade(reactor));
                let (protocol, name, request) =
                    (self.dialect.protocol(), request.name.clone(), request.clone());
                let tell = move |reply| {
                    if let (Some(door), Some(reactor)) = (door.upgrade(), reactor.upgrade()) {
                        lock(&door.replies).push_back(Replied { who, peer, request, reply });
                        reactor.at(REPLIED, door);
                    }
                };
                let asked = LoginQuestion::new(protocol, name, peer, Box::new(tell));
                question::ask(|| ask(asked), ());
                None
            }
        }
    }

    /// Looks at the logins that were held until now, and at those about whom somebody was asked, up to the first that is
    /// let in.
    pub(super) fn look_at_waiting(self: &Arc<Self>, reactor: &Arc<Reactor>, now: Now) -> Option<Admitted> {
        let mut state = lock(&self.state);
        let held = self.look_at_held(reactor, &mut state, now);
        held.or_else(|| self.look_at_replied(reactor, &mut state, now))
    }

    fn look_at_held(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        now: Now,
    ) -> Option<Admitted> {
        while state.held.peek().is_some_and(|Reverse(held)| held.at <= now.mono_ns) {
            let Some(Reverse(Held { who, peer, request, .. })) = state.held.pop() else { break };
            lock(&self.guard).release(peer.ip());
            if !state.lobby.is_here(who) {
                continue;
            }
            let admitted = self.decide(reactor, state, (who, peer), &request, None, now);
            if admitted.is_some() {
                return admitted;
            }
            self.finish(reactor, state, who.index as usize);
        }
        None
    }

    /// Who has gone meanwhile, or whose time was over, is not here any more.
    fn look_at_replied(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        now: Now,
    ) -> Option<Admitted> {
        loop {
            // Not held meanwhile: a look-up replies under it.
            let Replied { who, peer, request, reply } = lock(&self.replies).pop_front()?;
            if !state.lobby.is_here(who) {
                continue;
            }
            let admitted = self.decide(reactor, state, (who, peer), &request, Some(reply), now);
            if admitted.is_some() {
                return admitted;
            }
            self.finish(reactor, state, who.index as usize);
        }
    }
}
