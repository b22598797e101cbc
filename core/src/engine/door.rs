//! A listening address and the connections that have not logged in on it.
//!
//! A gate decides who comes in: a client's gate lets a carrier's gateway in to deliver (SGIP), a gateway's gate
//! lets its SPs in. Who is in belongs to its account from then on; its pass still counts for the listener's limits. A
//! gate that has to ask for the secret gets a [`LoginQuestion`] to hand on; the guest waits for the reply, at most until
//! its time for the login is over.

mod deciding;

pub(super) use deciding::{Admission, Gate, is_deciding};

use super::cell::{Cell, with_read_buffer};
use super::hub::Hub;
use super::lines::Lines;
use super::net::{self, Got};
use super::reactor::{Driven, Reactor, lock};
use super::transport::{Entrance, Stream};
use crate::account::Side;
use crate::account::slab::Key;
use crate::dialect::{Dialect, Refusal};
use crate::gateway::{Guard, GuardRules, Hold, Lobby, LobbyEvent, Notices, TurnedAway, TurnedAwayCounts};
use crate::message::LogLevel;
use crate::metrics::ListenerMetrics;
use crate::session::{EndReason, Session, SessionRules};
use crate::settings::AccountSettings;
use crate::time::{Now, SECOND, nanos};
use deciding::{Admitted, Held, REPLIED, Replied};
use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Connections one listener accepts in one turn, before others get theirs.
const ACCEPTS: usize = 256;
/// When the process has no descriptor left, what waits in the backlog raises no new edge: look again after this.
const ACCEPT_AGAIN_NS: u64 = SECOND / 10;

/// Takes over connections whose login was accepted.
pub(super) trait Host: Send + Sync {
    fn take(self: Arc<Self>, reactor: &Arc<Reactor>, now: Now, newcomer: Newcomer);
}

impl<S: Side + 'static> Host for Cell<S> {
    fn take(self: Arc<Self>, reactor: &Arc<Reactor>, now: Now, newcomer: Newcomer) {
        self.adopt(reactor, now, newcomer);
    }
}

/// A connection whose login was accepted.
pub(super) struct Newcomer {
    pub(super) session: Session,
    pub(super) stream: Stream,
    /// Where the reactor has its socket.
    pub(super) place: usize,
    pub(super) peer: SocketAddr,
    pub(super) pass: Pass,
}

/// Counts a connection for the limits of its listener until it is dropped.
pub(super) struct Pass {
    guard: Arc<Mutex<Guard>>,
    /// `None`: a proxy's, that has not said yet for whom it calls.
    address: Option<IpAddr>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        lock(&self.guard).leave(self.address);
    }
}

/// A connection before its login, at the place of its session in the lobby.
struct Guest {
    stream: Stream,
    place: usize,
    peer: SocketAddr,
    who: Key,
    pass: Pass,
}

struct State {
    entrance: Entrance,
    /// Gone once the door is shut, so that another process can have the address.
    listener: Option<(TcpListener, usize)>,
    lobby: Lobby,
    guests: Vec<Option<Guest>>,
    held: BinaryHeap<Reverse<Held>>,
    notices: Notices,
    /// When accepting is tried again after an error of the system; `u64::MAX`: there was none.
    accept_at: u64,
    armed: u64,
}

/// A listening address.
pub(super) struct Door {
    state: Mutex<State>,
    guard: Arc<Mutex<Guard>>,
    gate: Arc<dyn Gate>,
    dialect: Arc<dyn Dialect>,
    lines: Lines,
    /// Apart from the state, because a look-up of the application runs while that is locked, and may ask.
    counts: Mutex<TurnedAwayCounts>,
    waiting: AtomicUsize,
    /// Apart from the state, because replies come from anywhere.
    replies: Mutex<VecDeque<Replied>>,
    /// Where it listens; the port is the real one.
    pub(super) address: SocketAddr,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How a door is told apart from an account in log lines and metrics.
fn named(dialect: &dyn Dialect, address: SocketAddr) -> String {
    format!("{}://{address}", dialect.protocol())
}

/// What holds for a connection before anybody knows whose it is.
fn lobby_rules(settings: &AccountSettings) -> Arc<SessionRules> {
    Arc::new(SessionRules {
        login_timeout_ns: nanos(settings.login_timeout),
        frame_limit: settings.frame_limit as usize,
        utc_offset: i32::from(settings.utc_offset),
        strict: settings.strict.0,
        ..SessionRules::default()
    })
}

impl Door {
    /// Listens on `address`, with the limits of `settings`.
    pub(super) fn open(
        reactor: &Arc<Reactor>,
        hub: &Arc<Hub>,
        address: &str,
        settings: &AccountSettings,
        entrance: Entrance,
        dialect: Arc<dyn Dialect>,
        gate: Arc<dyn Gate>,
    ) -> std::io::Result<Arc<Self>> {
        let guard = Guard::new(GuardRules::of(settings));
        let mut listener = net::listen(address)?;
        let address = listener.local_addr()?;
        let door = Arc::new(Door {
            address,
            state: Mutex::new(State {
                entrance,
                listener: None,
                lobby: Lobby::new(dialect.clone(), lobby_rules(settings)),
                guests: Vec::new(),
                held: BinaryHeap::new(),
                notices: Notices::default(),
                accept_at: u64::MAX,
                armed: u64::MAX,
            }),
            guard: Arc::new(Mutex::new(guard)),
            gate,
            lines: Lines::new(hub.clone(), &named(&*dialect, address)),
            counts: Mutex::default(),
            waiting: AtomicUsize::new(0),
            replies: Mutex::default(),
            dialect,
        });
        // Held while it is registered: the first connection may come at once.
        let mut state = lock(&door.state);
        let place = reactor.register(door.clone(), 0, &mut listener, Interest::READABLE)?;
        state.listener = Some((listener, place));
        drop(state);
        Ok(door)
    }

    /// Takes connections in another way from now on.
    pub(super) fn take_by(&self, entrance: Entrance) {
        lock(&self.state).entrance = entrance;
    }

    /// Takes other limits, for who comes from now on.
    pub(super) fn change(&self, settings: &AccountSettings) {
        lock(&self.guard).change(GuardRules::of(settings));
        lock(&self.state).lobby.change(lobby_rules(settings));
    }

    /// Stops listening and closes who has not logged in.
    pub(super) fn shut(&self, reactor: &Arc<Reactor>) {
        let mut state = lock(&self.state);
        if let Some((mut listener, place)) = state.listener.take() {
            reactor.deregister(place, &mut listener);
        }
        state.accept_at = u64::MAX;
        state.held.clear();
        for at in 0..state.guests.len() {
            send_off(reactor, &mut state, at);
        }
        self.waiting.store(0, Ordering::SeqCst);
    }

    /// What it counted and holds: see [`crate::metrics::ListenerMetrics`].
    pub(super) fn metrics(&self) -> ListenerMetrics {
        ListenerMetrics {
            listener: named(&*self.dialect, self.address),
            protocol: self.dialect.protocol(),
            version: self.dialect.version(),
            connections: lock(&self.guard).connections() as u64,
            waiting: self.waiting.load(Ordering::SeqCst) as u64,
            turned_away: *lock(&self.counts),
        }
    }

    /// A connection ended without a login.
    fn turn_away(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        peer: SocketAddr,
        why: TurnedAway,
        text: &str,
        now: Now,
    ) {
        lock(&self.counts).add(why);
        if state.notices.count(now, why) {
            self.say(reactor, now, LogLevel::Info, format!("{peer} did not log in: {text}"));
        }
    }

    fn say(self: &Arc<Self>, reactor: &Arc<Reactor>, now: Now, level: LogLevel, text: String) {
        if self.lines.say(now, level, text) {
            reactor.has_events(self.clone());
        }
    }

    fn accept(self: &Arc<Self>, reactor: &Arc<Reactor>, state: &mut State, now: Now) {
        for _ in 0..ACCEPTS {
            let Some((listener, _)) = &state.listener else { return };
            match listener.accept() {
                Ok((stream, peer)) => {
                    state.accept_at = u64::MAX;
                    self.enter(reactor, state, stream, peer, now);
                }
                Err(error) => match error.kind() {
                    std::io::ErrorKind::WouldBlock => {
                        // Nobody waits. Without a descriptor the system says so instead of this, even then.
                        state.accept_at = u64::MAX;
                        return;
                    }
                    // The peer was gone before it was accepted.
                    std::io::ErrorKind::Interrupted | std::io::ErrorKind::ConnectionAborted => {}
                    _ => {
                        if state.accept_at == u64::MAX {
                            let text = format!("cannot accept connections: {error}");
                            self.say(reactor, now, LogLevel::Error, text);
                        }
                        state.accept_at = now.mono_ns.saturating_add(ACCEPT_AGAIN_NS);
                        return;
                    }
                },
            }
        }
        reactor.read_again(self.clone(), 0);
    }

    fn enter(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        stream: TcpStream,
        peer: SocketAddr,
        now: Now,
    ) {
        let proxied = state.entrance.is_proxy(peer.ip());
        let waiting = state.lobby.len();
        let mut guard = lock(&self.guard);
        let arrived = if proxied { guard.arrive_unnamed(waiting) } else { guard.arrive(peer.ip(), waiting) };
        drop(guard);
        if let Err(why) = arrived {
            return self.turn_away(reactor, state, peer, why, why.text(), now);
        }
        let pass = Pass { guard: self.guard.clone(), address: (!proxied).then_some(peer.ip()) };
        let Ok(mut stream) = state.entrance.take(stream, proxied) else { return };
        let who = state.lobby.enter(now);
        let at = who.index as usize;
        let both = Interest::READABLE | Interest::WRITABLE;
        let Ok(place) = reactor.register(self.clone(), at + 1, &mut stream.tcp, both) else {
            return state.lobby.forget(who);
        };
        if state.guests.len() <= at {
            state.guests.resize_with(at + 1, || None);
        }
        if let Some(empty) = state.guests.get_mut(at) {
            *empty = Some(Guest { stream, place, peer, who, pass });
        }
    }

    fn read(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        at: usize,
        now: Now,
    ) -> Option<Admitted> {
        let State { lobby, guests, .. } = &mut *state;
        let guest = guests.get_mut(at)?.as_mut()?;
        let who = guest.who;
        let told = with_read_buffer(|buffer| match guest.stream.read(buffer) {
            Got::Octets(n) => lobby.receive(now, who, buffer.get(..n).unwrap_or_default()),
            Got::Full(n) => {
                reactor.read_again(self.clone(), at + 1);
                lobby.receive(now, who, buffer.get(..n).unwrap_or_default())
            }
            Got::Nothing => Vec::new(),
            Got::Closed(why) => lobby.disconnected(who, &why),
        });
        if let Some(caller) = guest.stream.take_origin() {
            guest.peer = caller;
            let named = lock(&self.guard).name(caller.ip());
            match named {
                Ok(()) => guest.pass.address = Some(caller.ip()),
                Err(why) => {
                    send_off(reactor, state, at);
                    self.turn_away(reactor, state, caller, why, why.text(), now);
                    return None;
                }
            }
        }
        self.told(reactor, state, who, told, now)
    }

    fn told(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        state: &mut State,
        who: Key,
        told: Vec<LobbyEvent>,
        now: Now,
    ) -> Option<Admitted> {
        let peer = state.guests.get(who.index as usize)?.as_ref().filter(|g| g.who == who)?.peer;
        let mut admitted = None;
        for event in told {
            match event {
                LobbyEvent::Login(request) => {
                    let hold = lock(&self.guard).hold(now, peer.ip());
                    match hold {
                        Hold::No => admitted = self.decide(reactor, state, (who, peer), &request, None, now),
                        Hold::Until(at) => state.held.push(Reverse(Held { at, who, peer, request })),
                        Hold::Refuse => {
                            let (why, status) = (TurnedAway::Slowed, self.dialect.refusal(Refusal::TooMany));
                            state.lobby.refuse(now, who, status, why.text());
                            self.turn_away(reactor, state, peer, why, why.text(), now);
                        }
                    }
                }
                LobbyEvent::Ended(reason) => {
                    let why = match &reason {
                        EndReason::LoginTimeout => TurnedAway::Timeout,
                        EndReason::BadFrame(_) => TurnedAway::Nonsense,
                        _ => TurnedAway::Left,
                    };
                    self.turn_away(reactor, state, peer, why, &reason.to_string(), now);
                }
                LobbyEvent::Trouble(..) => {}
            }
        }
        if admitted.is_none() {
            self.finish(reactor, state, who.index as usize);
        }
        admitted
    }

    /// Writes what is left and closes who is done.
    fn finish(&self, reactor: &Arc<Reactor>, state: &mut State, at: usize) {
        let State { lobby, guests, .. } = &mut *state;
        let Some(guest) = guests.get_mut(at).and_then(Option::as_mut) else { return };
        if let Some(out) = lobby.transmit(guest.who).filter(|out| !out.is_empty()) {
            // At most the answer to a login: a socket that does not take that much is not worth waiting for.
            let _ = guest.stream.write(out);
        }
        if lobby.is_over(guest.who) {
            send_off(reactor, state, at);
        }
    }

    fn arm(self: &Arc<Self>, reactor: &Arc<Reactor>, state: &mut State) {
        self.waiting.store(state.lobby.len(), Ordering::SeqCst);
        let due = [
            state.lobby.deadline(),
            state.held.peek().map(|Reverse(held)| held.at),
            state.notices.deadline(),
            Some(state.accept_at).filter(|at| *at != u64::MAX),
        ];
        // A timer that fires too early looks again; only an earlier one needs a new entry.
        if let Some(at) = due.into_iter().flatten().min().filter(|at| *at < state.armed) {
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
        if let Some(Admitted { host, newcomer }) = admitted {
            host.take(reactor, now, newcomer);
        }
    }

    fn timer(self: Arc<Self>, reactor: &Arc<Reactor>, at: u64, now: Now) {
        {
            let mut state = lock(&self.state);
            if at != state.armed && at != REPLIED {
                return;
            }
            if at == state.armed {
                state.armed = u64::MAX;
            }
            if state.accept_at <= now.mono_ns {
                self.accept(reactor, &mut state, now);
            }
        }
        // One after the other: its account counts each before the next is decided, and may take its time.
        while let Some(Admitted { host, newcomer }) = self.look_at_waiting(reactor, now) {
            host.take(reactor, now, newcomer);
        }
        let mut state = lock(&self.state);
        for who in state.lobby.due(now) {
            let told = state.lobby.timeout(now, who);
            self.told(reactor, &mut state, who, told, now);
        }
        if let Some(text) = state.notices.due(now) {
            self.say(reactor, now, LogLevel::Info, text);
        }
        self.arm(reactor, &mut state);
    }

    fn dispatch(self: Arc<Self>, reactor: &Arc<Reactor>) {
        self.lines.dispatch(reactor);
    }

    fn poke(self: Arc<Self>, _: &Arc<Reactor>) {}
}

/// Forgets a guest, and closes its socket.
fn send_off(reactor: &Reactor, state: &mut State, at: usize) {
    if let Some(mut guest) = state.guests.get_mut(at).and_then(Option::take) {
        state.lobby.forget(guest.who);
        reactor.deregister(guest.place, &mut guest.stream.tcp);
    }
}
