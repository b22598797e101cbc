//! A listening address and the connections that have not logged in on it.
//!
//! A gate decides who comes in: a client's gate lets a carrier's gateway in to deliver (SGIP), a gateway's gate
//! lets its SPs in. Who is in belongs to its account from then on.

use super::cell::{Cell, with_read_buffer};
use super::net::{self, Got};
use super::reactor::{Driven, Reactor, lock};
use crate::account::Side;
use crate::account::slab::Key;
use crate::dialect::{Dialect, LoginRequest, Refusal};
use crate::gateway::{Lobby, LobbyEvent};
use crate::session::{SeqSource, Session, SessionRules};
use crate::time::Now;
use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// Connections one listener accepts in one turn, before others get theirs.
const ACCEPTS: usize = 256;
/// Connections without login that one listener holds; more are closed at once.
const GUESTS: usize = 16_384;

/// Takes over connections whose login was accepted.
pub(super) trait Host: Send + Sync {
    fn take(
        self: Arc<Self>,
        reactor: &Arc<Reactor>,
        now: Now,
        session: Session,
        stream: TcpStream,
        place: usize,
        peer: SocketAddr,
    );
}

impl<S: Side + 'static> Host for Cell<S> {
    fn take(
        self: Arc<Self>,
        reactor: &Arc<Reactor>,
        now: Now,
        session: Session,
        stream: TcpStream,
        place: usize,
        peer: SocketAddr,
    ) {
        self.adopt(reactor, now, session, stream, place, peer);
    }
}

/// What a gate decides.
pub(super) enum Admission {
    /// Let in.
    Admit {
        host: Arc<dyn Host>,
        dialect: Arc<dyn Dialect>,
        /// Signs the answer; `None`: the digest stays zero.
        secret: Option<Arc<[u8]>>,
        rules: Arc<SessionRules>,
        seqs: SeqSource,
    },
    /// Keep out, with the reason for the log.
    Refuse(Refusal, String),
}

/// Decides who comes in.
pub(super) trait Gate: Send + Sync {
    fn admit(&self, reactor: &Arc<Reactor>, request: &LoginRequest, peer: SocketAddr, now: Now) -> Admission;
    /// A connection ended without a login; `who` is its address.
    fn turned_away(&self, who: SocketAddr, why: &str, now: Now);
}

struct Guest {
    stream: TcpStream,
    place: usize,
    peer: SocketAddr,
    who: Key,
}

struct State {
    /// Gone once the door is shut, so that another process can have the address.
    listener: Option<(TcpListener, usize)>,
    lobby: Lobby,
    guests: Vec<Option<Guest>>,
    free: Vec<usize>,
    armed: u64,
}

/// A listening address.
pub(super) struct Door {
    state: Mutex<State>,
    gate: Arc<dyn Gate>,
    dialect: Arc<dyn Dialect>,
    /// Where it listens; the port is the real one.
    pub(super) address: SocketAddr,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("address", &self.address).finish_non_exhaustive()
    }
}

struct Admitted {
    guest: Guest,
    session: Session,
    host: Arc<dyn Host>,
}

impl Door {
    /// Listens on `address`.
    pub(super) fn open(
        reactor: &Arc<Reactor>,
        address: &str,
        dialect: Arc<dyn Dialect>,
        rules: Arc<SessionRules>,
        gate: Arc<dyn Gate>,
    ) -> std::io::Result<Arc<Self>> {
        let mut listener = net::listen(address)?;
        let door = Arc::new(Door {
            address: listener.local_addr()?,
            state: Mutex::new(State {
                listener: None,
                lobby: Lobby::new(dialect.clone(), rules),
                guests: Vec::new(),
                free: Vec::new(),
                armed: u64::MAX,
            }),
            gate,
            dialect,
        });
        // Held while it is registered: the first connection may come at once.
        let mut state = lock(&door.state);
        let place = reactor.register(door.clone(), 0, &mut listener, Interest::READABLE)?;
        state.listener = Some((listener, place));
        drop(state);
        Ok(door)
    }

    /// Stops listening and closes who has not logged in.
    pub(super) fn shut(&self, reactor: &Arc<Reactor>) {
        let mut state = lock(&self.state);
        let State { listener, guests, .. } = &mut *state;
        if let Some((mut listener, place)) = listener.take() {
            reactor.deregister(place, &mut listener);
        }
        for mut guest in guests.drain(..).flatten() {
            reactor.deregister(guest.place, &mut guest.stream);
        }
    }

    fn accept(self: &Arc<Self>, reactor: &Arc<Reactor>, state: &mut State, now: Now) {
        for _ in 0..ACCEPTS {
            let Some((listener, _)) = &state.listener else { return };
            match listener.accept() {
                Ok((stream, peer)) => self.enter(reactor, state, stream, peer, now),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                // Nobody is waiting, or the process has no descriptor left: what waits comes again.
                Err(_) => return,
            }
        }
        reactor.read_again(self.clone(), 0);
    }

    fn enter(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        mut stream: TcpStream,
        peer: SocketAddr,
        now: Now,
    ) {
        if state.lobby.len() >= GUESTS {
            return self.gate.turned_away(peer, "too many connections without login", now);
        }
        let _ = stream.set_nodelay(true);
        let at = state.free.pop().unwrap_or(state.guests.len());
        let Ok(place) =
            reactor.register(self.clone(), at + 1, &mut stream, Interest::READABLE | Interest::WRITABLE)
        else {
            return;
        };
        let guest = Guest { stream, place, peer, who: state.lobby.enter(now) };
        match state.guests.get_mut(at) {
            Some(empty) => *empty = Some(guest),
            None => state.guests.push(Some(guest)),
        }
    }

    fn read(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        at: usize,
        now: Now,
    ) -> Option<Admitted> {
        let State { lobby, guests, .. } = state;
        let guest = guests.get_mut(at)?.as_mut()?;
        let who = guest.who;
        let told = with_read_buffer(|buffer| match net::read(&mut guest.stream, buffer) {
            Got::Octets(n) | Got::Full(n) => lobby.receive(now, who, buffer.get(..n).unwrap_or_default()),
            Got::Nothing => Vec::new(),
            Got::Closed(why) => lobby.disconnected(who, &why),
        });
        self.told(reactor, state, at, told, now)
    }

    fn told(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        at: usize,
        told: Vec<LobbyEvent>,
        now: Now,
    ) -> Option<Admitted> {
        let guest = state.guests.get(at)?.as_ref()?;
        let (who, peer) = (guest.who, guest.peer);
        let mut admitted = None;
        for event in told {
            match event {
                LobbyEvent::Login(request) => match self.gate.admit(reactor, &request, peer, now) {
                    Admission::Admit { host, dialect, secret, rules, seqs } => {
                        let secret = secret.as_deref();
                        if let Some(session) = state.lobby.admit(now, who, dialect, secret, rules, seqs) {
                            admitted = Some((session, host));
                        }
                    }
                    Admission::Refuse(refusal, why) => {
                        state.lobby.refuse(now, who, self.dialect.refusal(refusal), &why);
                        self.gate.turned_away(peer, &why, now);
                    }
                },
                LobbyEvent::Ended(reason) => self.gate.turned_away(peer, &reason.to_string(), now),
                LobbyEvent::Trouble(..) => {}
            }
        }
        if let Some((session, host)) = admitted {
            let guest = state.guests.get_mut(at)?.take()?;
            state.free.push(at);
            return Some(Admitted { guest, session, host });
        }
        self.finish(reactor, state, at);
        None
    }

    /// Writes what is left and closes who is done.
    fn finish(&self, reactor: &Arc<Reactor>, state: &mut State, at: usize) {
        let State { lobby, guests, free, .. } = state;
        let Some(place) = guests.get_mut(at) else { return };
        let Some(guest) = place.as_mut() else { return };
        let flushed = match lobby.transmit(guest.who) {
            Some(out) if !out.is_empty() => net::write(&mut guest.stream, out).unwrap_or(true),
            _ => true,
        };
        if flushed && lobby.is_over(guest.who) {
            lobby.forget(guest.who);
            if let Some(mut guest) = place.take() {
                reactor.deregister(guest.place, &mut guest.stream);
                free.push(at);
            }
        }
    }

    fn arm(self: &Arc<Self>, reactor: &Arc<Reactor>, state: &mut State) {
        // Logins have the same time each, so the first guest's deadline bounds all: look again then.
        if state.armed == u64::MAX
            && let Some(at) = state.lobby.deadline()
        {
            state.armed = at;
            reactor.at(at, self.clone());
        }
    }
}

impl Driven for Door {
    fn ready(self: Arc<Self>, reactor: &Arc<Reactor>, socket: usize, now: Now, readable: bool, _: bool) {
        let admitted = {
            let mut state = lock(&self.state);
            let admitted = match socket.checked_sub(1) {
                None => {
                    self.accept(reactor, &mut state, now);
                    None
                }
                Some(at) if readable => self.read(reactor, &mut state, at, now),
                Some(at) => {
                    self.finish(reactor, &mut state, at);
                    None
                }
            };
            self.arm(reactor, &mut state);
            admitted
        };
        // Outside the lock: the account may take its time.
        if let Some(Admitted { guest, session, host }) = admitted {
            host.take(reactor, now, session, guest.stream, guest.place, guest.peer);
        }
    }

    fn timer(self: Arc<Self>, reactor: &Arc<Reactor>, at: u64, now: Now) {
        let mut state = lock(&self.state);
        if at != state.armed {
            return;
        }
        state.armed = u64::MAX;
        for who in state.lobby.due(now) {
            let told = state.lobby.timeout(now, who);
            let at = state.guests.iter().position(|g| g.as_ref().is_some_and(|g| g.who == who));
            if let Some(at) = at {
                self.told(reactor, &mut state, at, told, now);
            }
        }
        self.arm(reactor, &mut state);
    }

    fn dispatch(self: Arc<Self>, _: &Arc<Reactor>) {}

    fn poke(self: Arc<Self>, _: &Arc<Reactor>) {}
}
