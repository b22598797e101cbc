//! The sockets of an account: dialled, taken over, read, written and closed.

use super::{Cell, Command, Driver};
use crate::account::slab::Key;
use crate::account::{Account, Action, Side};
use crate::engine::door::{Newcomer, Pass};
use crate::engine::net::{self, Got};
use crate::engine::reactor::{READ_OCTETS, Reactor, lock};
use crate::engine::transport::Stream;
use crate::time::{Now, SECOND};
use mio::Interest;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Octets that wait for a peer which does not read; from there on it is not read either, so it cannot ask for more.
const UNSENT_OCTETS: usize = 256 * 1024;
/// A connection that is over waits so long for its last octets to be taken.
const LINGER_NS: u64 = 5 * SECOND;

pub(super) struct Wire {
    stream: Stream,
    place: usize,
    pub(super) state: WireState,
    /// Counts for the limits of the listener it came in on.
    _pass: Option<Pass>,
    /// Not read: the peer does not take what it is told. It is read again when that has been written.
    unread: bool,
    /// When it is closed although something is left to write; `u64::MAX`: it is not over.
    until: u64,
}

impl Wire {
    fn new(stream: Stream, place: usize, state: WireState, pass: Option<Pass>) -> Self {
        Wire { stream, place, state, _pass: pass, unread: false, until: u64::MAX }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WireState {
    /// Connecting for this dial, until this time.
    Dialing { slot: usize, until: u64 },
    /// A session stands on it. `blocked`: the socket took no more.
    Up { conn: Key, blocked: bool },
}

thread_local! {
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Gives the thread's read buffer. Idle connections hold none.
pub(in crate::engine) fn with_read_buffer<R>(run: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = READ.with(|b| std::mem::take(&mut *b.borrow_mut()));
    if buffer.is_empty() {
        buffer = vec![0; READ_OCTETS];
    }
    let result = run(&mut buffer);
    READ.with(|b| *b.borrow_mut() = buffer);
    result
}

impl<S: Side + 'static> Cell<S> {
    pub(super) fn resolved(
        account: &mut Account<S>,
        local: Option<IpAddr>,
        slot: usize,
        found: Result<Vec<SocketAddr>, String>,
        now: Now,
    ) {
        let round = account.core.dial_round(slot);
        match found.map(|list| net::one_of(&list, local, round)) {
            Ok(Some(address)) => {
                account.core.actions.push(Action::Dial { slot, address: address.to_string() });
            }
            Ok(None) => account.dial_failed(now, slot, "the name has no address"),
            Err(why) => account.dial_failed(now, slot, &why),
        }
    }

    pub(super) fn actions(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
        // Failing to dial can lead to the next dial at once, but only after a wait: this ends.
        while let Some(Action::Dial { slot, address }) = driver.account.core.actions.pop() {
            let target = driver.account.core.dialed_address(slot);
            // The account's own address, or what the name of the hop to it was found to be.
            let hop = if address == target { driver.way.hop(&target) } else { &address };
            match hop.parse::<SocketAddr>() {
                Ok(hop) => self.dial(reactor, driver, slot, hop, &target, now),
                // A name: looking it up may take seconds, and polling must not wait for it.
                Err(_) => {
                    let hop = hop.to_owned();
                    self.look_up(reactor, slot, hop);
                }
            }
        }
    }

    fn look_up(self: &Arc<Self>, reactor: &Arc<Reactor>, slot: usize, name: String) {
        let (cell, reactor) = (self.clone(), reactor.clone());
        let spawned = std::thread::Builder::new().name("sanwang-resolve".to_owned()).spawn(move || {
            let found = net::resolve(&name).map_err(|e| format!("{name}: {e}"));
            cell.tell(&reactor, Command::Resolved(slot, found));
        });
        if let Err(error) = spawned {
            lock(&self.inbox).push_back(Command::Resolved(slot, Err(error.to_string())));
            self.waiting.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn dial(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        driver: &mut Driver<S>,
        slot: usize,
        address: SocketAddr,
        target: &str,
        now: Now,
    ) {
        let at = place_for(&mut driver.wires);
        let until = now.mono_ns + driver.connect_timeout_ns;
        let made = driver.way.connect(address, target).and_then(|mut stream| {
            let both = Interest::READABLE | Interest::WRITABLE;
            let place = reactor.register(self.driven(), at, &mut stream.tcp, both)?;
            Ok(Wire::new(stream, place, WireState::Dialing { slot, until }, None))
        });
        match made {
            Ok(wire) => {
                if let Some(empty) = driver.wires.get_mut(at) {
                    *empty = Some(wire);
                }
            }
            Err(error) => driver.account.dial_failed(now, slot, &format!("{address}: {error}")),
        }
    }

    /// Takes over a connection whose login was accepted.
    pub(in crate::engine) fn adopt(self: &Arc<Self>, reactor: &Arc<Reactor>, now: Now, newcomer: Newcomer) {
        let Newcomer { session, stream, place, peer, pass } = newcomer;
        self.drive(reactor, now, |driver, reactor, now| {
            let at = place_for(&mut driver.wires);
            let conn = driver.account.adopt(now, session, &peer.to_string());
            reactor.retarget(place, self.driven(), at);
            if let Some(empty) = driver.wires.get_mut(at) {
                let up = WireState::Up { conn, blocked: false };
                *empty = Some(Wire::new(stream, place, up, Some(pass)));
            }
            driver.account.resume(now, conn);
            // The edge of octets that arrived meanwhile went to the lobby.
            self.read(reactor, driver, at, now);
        });
    }

    pub(super) fn read(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        driver: &mut Driver<S>,
        at: usize,
        now: Now,
    ) {
        let Driver { account, wires, .. } = driver;
        let Some(wire) = wires.get_mut(at).and_then(Option::as_mut) else { return };
        let WireState::Up { conn, blocked } = &mut wire.state else { return };
        let conn = *conn;
        if wire.stream.is_layered() {
            // What a handshake or a proxy was waited for may be what comes now.
            *blocked = false;
        }
        if account.transmit(conn).is_some_and(|out| out.len() > UNSENT_OCTETS) {
            wire.unread = true;
            return;
        }
        reactor.count_read();
        with_read_buffer(|buffer| match wire.stream.read(buffer) {
            Got::Octets(n) => account.received(now, conn, buffer.get(..n).unwrap_or_default()),
            Got::Full(n) => {
                account.received(now, conn, buffer.get(..n).unwrap_or_default());
                reactor.read_again(self.driven(), at);
            }
            Got::Nothing => {}
            Got::Closed(why) => account.disconnected(now, conn, &why),
        });
    }

    /// A connection attempt ended one way or the other.
    pub(super) fn connected(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        driver: &mut Driver<S>,
        at: usize,
        now: Now,
    ) {
        let Driver { account, wires, .. } = driver;
        let Some(wire) = wires.get_mut(at).and_then(Option::as_mut) else { return };
        let WireState::Dialing { slot, .. } = wire.state else { return };
        let outcome = match wire.stream.tcp.take_error() {
            Ok(None) => match wire.stream.tcp.peer_addr() {
                Ok(peer) => Ok(peer),
                // Not connected yet: the event was an early one.
                Err(error) if error.kind() == std::io::ErrorKind::NotConnected => return,
                Err(error) => Err(error.to_string()),
            },
            Ok(Some(error)) | Err(error) => Err(error.to_string()),
        };
        let address = account.core.dialed_address(slot);
        match outcome {
            Ok(peer) => match account.connected(now, slot, &peer.to_string()) {
                Some(conn) => {
                    wire.state = WireState::Up { conn, blocked: false };
                }
                None => self.drop_wire(reactor, wires, at),
            },
            Err(why) => {
                self.drop_wire(reactor, wires, at);
                account.dial_failed(now, slot, &format!("{address}: {why}"));
            }
        }
    }

    pub(super) fn drop_wire(&self, reactor: &Arc<Reactor>, wires: &mut [Option<Wire>], at: usize) {
        if let Some(mut wire) = wires.get_mut(at).and_then(Option::take) {
            wire.stream.finish();
            reactor.deregister(wire.place, &mut wire.stream.tcp);
        }
    }

    pub(super) fn drop_wires(&self, reactor: &Arc<Reactor>, driver: &mut Driver<S>) {
        for at in 0..driver.wires.len() {
            self.drop_wire(reactor, &mut driver.wires, at);
        }
    }

    /// Writes what the sessions have to say and closes what is over.
    pub(super) fn flush(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
        let mut held = false;
        for at in 0..driver.wires.len() {
            let Driver { account, wires, .. } = driver;
            let Some(wire) = wires.get_mut(at).and_then(Option::as_mut) else { continue };
            let WireState::Up { conn, blocked } = &mut wire.state else { continue };
            let conn = *conn;
            let mut broken = None;
            if !*blocked && let Some(out) = account.transmit(conn).filter(|out| !out.is_empty()) {
                reactor.count_write();
                match wire.stream.write(out) {
                    Ok(all) => {
                        *blocked = !all;
                        if all && std::mem::take(&mut wire.unread) {
                            reactor.read_again(self.driven(), at);
                        }
                    }
                    Err(error) => broken = Some(error.to_string()),
                }
            }
            let blocked = *blocked;
            held |= blocked;
            if let Some(why) = &broken {
                account.disconnected(now, conn, why);
            }
            if account.is_over(conn) {
                if !blocked || broken.is_some() || wire.until <= now.mono_ns {
                    account.forget(conn);
                    self.drop_wire(reactor, wires, at);
                } else if wire.until == u64::MAX {
                    wire.until = now.mono_ns.saturating_add(LINGER_NS);
                }
            }
        }
        driver.account.core.held.socket.set(held, now.mono_ns);
        // A broken connection may have led to a dial.
        if !driver.account.core.actions.is_empty() {
            self.actions(reactor, driver, now);
        }
    }

    pub(super) fn arm(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>) {
        let mut due = driver.account.deadline().unwrap_or(u64::MAX);
        for wire in driver.wires.iter().flatten() {
            due = due.min(match wire.state {
                WireState::Dialing { until, .. } => until,
                WireState::Up { .. } => wire.until,
            });
        }
        // A timer that fires too early looks again; only an earlier one needs a new entry.
        if due < driver.armed {
            driver.armed = due;
            reactor.at(due, self.driven());
        }
    }
}

fn place_for(wires: &mut Vec<Option<Wire>>) -> usize {
    match wires.iter().position(Option::is_none) {
        Some(at) => at,
        None => {
            wires.push(None);
            wires.len() - 1
        }
    }
}
