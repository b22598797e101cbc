//! An account with its sockets, behind one lock.
//!
//! Whoever has something for the account takes the lock and does the whole turn: commands, state machine, one
//! write per connection. Who finds it taken leaves the command; the holder looks again before it goes.

use super::door::{Newcomer, Pass};
use super::hub::{Answer, Hub, supersede};
use super::net::{self, Got};
use super::reactor::{self, Driven, READ_OCTETS, Reactor, lock};
use super::transport::{Stream, Way};
use crate::account::slab::Key;
use crate::account::tickets::Order;
use crate::account::{Account, AccountChange, Action, Counters, Left, Side};
use crate::message::{DayCounts, Event, EventKinds, LinkState, Token};
use crate::time::{Now, SECOND};
use mio::Interest;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A batch of handlers is written out at the latest after this time.
const BATCH_NS: u64 = 100_000;

/// Handlers that take less are quick, and the clock is read once for [`QUICK_ONES`] of them.
const QUICK_NS: u64 = 2_000;
const QUICK_ONES: u64 = 4;

/// Octets that wait for a peer which does not read; from there on it is not read either, so it cannot ask for more.
const UNSENT_OCTETS: usize = 256 * 1024;
/// A connection that is over waits so long for its last octets to be taken.
const LINGER_NS: u64 = 5 * SECOND;

/// What others leave for an account.
pub(super) enum Command<S> {
    /// An accepted message.
    Send(Order),
    /// An answer to a request, by its token.
    Answer(Token, u32),
    /// Addresses that were looked up for a dial.
    Resolved(usize, Result<Vec<SocketAddr>, String>),
    /// Start to close, with the deadline.
    Close(u64),
    /// Something else.
    Call(Call<S>),
}

/// Something to do with an account while its lock is held.
type Call<S> = Box<dyn FnOnce(&mut Account<S>, Now) + Send>;

struct Wire {
    stream: Stream,
    place: usize,
    state: WireState,
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
enum WireState {
    /// Connecting for this dial, until this time.
    Dialing { slot: usize, until: u64 },
    /// A session stands on it. `blocked`: the socket took no more.
    Up { conn: Key, blocked: bool },
}

pub(super) struct Driver<S> {
    pub(super) account: Account<S>,
    wires: Vec<Option<Wire>>,
    /// Dials whose address is being looked up.
    armed: u64,
    connect_timeout_ns: u64,
    way: Way,
    /// Whether `close` has been told.
    closed_told: bool,
    /// The other inbox.
    spare: VecDeque<Command<S>>,
}

pub(super) struct Cell<S> {
    driver: Mutex<Driver<S>>,
    inbox: Mutex<VecDeque<Command<S>>>,
    waiting: AtomicUsize,
    /// The account took something without a turn: the next one has to follow it up. Written under the lock only, by
    /// who then does that turn.
    dirty: AtomicBool,
    queue: Mutex<VecDeque<Event>>,
    dispatching: AtomicBool,
    /// The lists of the thread that dispatches, kept so that they are not made anew.
    batch: Mutex<Batch>,
    pub(super) hub: Arc<Hub>,
    closed: AtomicBool,
}

/// Events that are being handled, and the answers their handlers gave.
#[derive(Default)]
struct Batch {
    events: VecDeque<Event>,
    answers: Vec<(Token, u32)>,
}

impl<S> Debug for Cell<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
}

thread_local! {
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Gives the thread's read buffer. Idle connections hold none.
pub(super) fn with_read_buffer<R>(run: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = READ.with(|b| std::mem::take(&mut *b.borrow_mut()));
    if buffer.is_empty() {
        buffer = vec![0; READ_OCTETS];
    }
    let result = run(&mut buffer);
    READ.with(|b| *b.borrow_mut() = buffer);
    result
}

impl<S: Side + 'static> Cell<S> {
    pub(super) fn new(account: Account<S>, hub: Arc<Hub>, way: Way) -> Arc<Self> {
        let settings = account.core.profile.settings.clone();
        Arc::new(Cell {
            driver: Mutex::new(Driver {
                account,
                wires: Vec::new(),
                armed: u64::MAX,
                connect_timeout_ns: crate::time::nanos(settings.connect_timeout),
                way,
                closed_told: false,
                spare: VecDeque::new(),
            }),
            inbox: Mutex::new(VecDeque::new()),
            waiting: AtomicUsize::new(0),
            dirty: AtomicBool::new(false),
            queue: Mutex::new(VecDeque::new()),
            dispatching: AtomicBool::new(false),
            batch: Mutex::default(),
            hub,
            closed: AtomicBool::new(false),
        })
    }

    fn driven(self: &Arc<Self>) -> Arc<dyn Driven> {
        self.clone()
    }

    /// Leaves a command. Outside of handlers it is carried out before this returns, unless another thread is
    /// at the account and does it.
    pub(super) fn tell(self: &Arc<Self>, reactor: &Arc<Reactor>, command: Command<S>) {
        lock(&self.inbox).push_back(command);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if !reactor::touch_later(reactor, self) {
            self.attend(reactor);
        }
    }

    /// Leaves several commands: one turn and one write.
    pub(super) fn tell_all(self: &Arc<Self>, reactor: &Arc<Reactor>, commands: Vec<Command<S>>) {
        let count = commands.len();
        lock(&self.inbox).extend(commands);
        self.waiting.fetch_add(count, Ordering::SeqCst);
        if !reactor::touch_later(reactor, self) {
            self.attend(reactor);
        }
    }

    /// Hands an accepted message over: straight to the account when nobody is at it. Outside of handlers it is on
    /// its way when this returns; inside one it goes with the rest of the batch.
    pub(super) fn order(self: &Arc<Self>, reactor: &Arc<Reactor>, order: Order) {
        // What was left earlier comes first, a close among it.
        if self.waiting.load(Ordering::SeqCst) > 0 {
            return self.tell(reactor, Command::Send(order));
        }
        let Ok(mut driver) = self.driver.try_lock() else {
            return self.tell(reactor, Command::Send(order));
        };
        let now = reactor.callers_now();
        driver.account.order(now, order);
        self.dirty.store(true, Ordering::Release);
        if reactor::touch_later(reactor, self) {
            drop(driver);
            // What somebody left meanwhile does not wait for the rest of the batch.
            if self.waiting.load(Ordering::SeqCst) > 0 {
                self.attend(reactor);
            }
            return;
        }
        self.turn(reactor, &mut driver, now, |_, _, _| {});
        drop(driver);
        self.attend(reactor);
    }

    fn is_due(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0 || self.dirty.load(Ordering::Acquire)
    }

    /// Runs what is in the inbox, if nobody else does.
    fn attend(self: &Arc<Self>, reactor: &Arc<Reactor>) {
        while self.is_due() {
            let Ok(mut driver) = self.driver.try_lock() else { return };
            let now = reactor.now();
            self.turn(reactor, &mut driver, now, |_, _, _| {});
        }
    }

    /// One turn: `work`, then everything that follows from it.
    fn drive(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        now: Now,
        work: impl FnOnce(&mut Driver<S>, &Arc<Reactor>, Now),
    ) {
        {
            let mut driver = lock(&self.driver);
            self.turn(reactor, &mut driver, now, work);
        }
        // Commands that came while the lock was held.
        self.attend(reactor);
    }

    fn turn(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        driver: &mut Driver<S>,
        now: Now,
        work: impl FnOnce(&mut Driver<S>, &Arc<Reactor>, Now),
    ) {
        work(driver, reactor, now);
        self.commands(driver, now);
        self.actions(reactor, driver, now);
        self.flush(reactor, driver, now);
        self.arm(reactor, driver);
        self.hand_out(reactor, driver, now);
        if driver.account.is_closed() && !driver.closed_told {
            driver.closed_told = true;
            self.drop_wires(reactor, driver);
            self.closed.store(true, Ordering::SeqCst);
            self.hub.nudge();
        }
    }

    fn commands(&self, driver: &mut Driver<S>, now: Now) {
        // Only who holds the driver marks it, so what is looked at here cannot be set meanwhile.
        let dirty = self.dirty.load(Ordering::Acquire);
        if dirty {
            self.dirty.store(false, Ordering::Release);
        }
        if self.waiting.load(Ordering::SeqCst) == 0 {
            if dirty {
                driver.account.settle(now);
            }
            return;
        }
        // Two lists take turns, so that neither is made anew.
        let Driver { account, spare: commands, .. } = driver;
        std::mem::swap(&mut *lock(&self.inbox), commands);
        self.waiting.fetch_sub(commands.len(), Ordering::SeqCst);
        for command in commands.drain(..) {
            match command {
                Command::Send(order) => account.order(now, order),
                Command::Answer(token, result) => {
                    account.answer(now, token, result);
                }
                Command::Resolved(slot, found) => Self::resolved(account, slot, found, now),
                Command::Close(deadline) => account.close(now, deadline),
                Command::Call(call) => call(account, now),
            }
        }
        account.settle(now);
    }

    fn resolved(account: &mut Account<S>, slot: usize, found: Result<Vec<SocketAddr>, String>, now: Now) {
        match found.map(|list| list.first().copied()) {
            Ok(Some(address)) => {
                account.core.actions.push(Action::Dial { slot, address: address.to_string() });
            }
            Ok(None) => account.dial_failed(now, slot, "the name has no address"),
            Err(why) => account.dial_failed(now, slot, &why),
        }
    }

    fn actions(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
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
    pub(super) fn adopt(self: &Arc<Self>, reactor: &Arc<Reactor>, now: Now, newcomer: Newcomer) {
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

    fn read(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, at: usize, now: Now) {
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
    fn connected(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, at: usize, now: Now) {
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

    fn drop_wire(&self, reactor: &Arc<Reactor>, wires: &mut [Option<Wire>], at: usize) {
        if let Some(mut wire) = wires.get_mut(at).and_then(Option::take) {
            wire.stream.finish();
            reactor.deregister(wire.place, &mut wire.stream.tcp);
        }
    }

    fn drop_wires(&self, reactor: &Arc<Reactor>, driver: &mut Driver<S>) {
        for at in 0..driver.wires.len() {
            self.drop_wire(reactor, &mut driver.wires, at);
        }
    }

    /// Writes what the sessions have to say and closes what is over.
    fn flush(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
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

    fn arm(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>) {
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

    /// Moves the account's events to their takers.
    fn hand_out(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
        let events = &mut driver.account.core.events;
        if events.is_empty() {
            return;
        }
        if events.iter().any(|e| matches!(e, Event::Outcome(_))) {
            self.hub.complete(events, now.mono_ns);
        }
        let kinds = self.hub.kinds();
        let backlog = self.hub.backlog();
        let (mut unwanted, mut wanted, mut octets, mut outcomes, mut dropped) = (0, 0, 0, 0, 0);
        let mut queue = lock(&self.queue);
        for event in events.drain(..) {
            if kinds.has(event.kind()) {
                // Words are dropped when nobody listens; what the application must know is not.
                if backlog.is_full_with(wanted, octets) {
                    if matches!(event, Event::Log(_) | Event::Trouble(_)) {
                        dropped += 1;
                        continue;
                    }
                    supersede(&mut queue, &event, backlog);
                }
                wanted += 1;
                octets += event.octets();
                outcomes += usize::from(matches!(event, Event::Outcome(_)));
                queue.push_back(event);
            } else {
                unwanted += usize::from(matches!(event, Event::Outcome(_)));
                if matches!(event, Event::Log(_)) {
                    self.hub.fallback(&event);
                }
            }
        }
        // Counted before anybody can take them.
        backlog.add(wanted, octets);
        drop(queue);
        driver.account.core.counters.events_dropped += dropped;
        if unwanted > 0 {
            self.hub.decided(unwanted);
        }
        if wanted == 0 {
            return;
        }
        if self.hub.polls() {
            let queue = std::mem::take(&mut *lock(&self.queue));
            self.hub.queue(queue.into_iter());
            self.hub.decided(outcomes);
        } else {
            if !self.dispatching.load(Ordering::SeqCst) {
                reactor.has_events(self.driven());
            }
        }
    }

    /// Handles queued events until there are none. Only one thread at a time, so that an account's events are
    /// handled in order.
    fn run_handlers(self: &Arc<Self>, reactor: &Arc<Reactor>) {
        while !self.dispatching.swap(true, Ordering::SeqCst) {
            let mut batch = lock(&self.batch);
            loop {
                std::mem::swap(&mut *lock(&self.queue), &mut batch.events);
                if batch.events.is_empty() {
                    break;
                }
                reactor::as_dispatcher(reactor, || self.run_batch(reactor, &mut batch));
            }
            drop(batch);
            self.dispatching.store(false, Ordering::SeqCst);
            // Events that came between the last look and the mark.
            if lock(&self.queue).is_empty() {
                break;
            }
        }
    }

    fn run_batch(self: &Arc<Self>, reactor: &Arc<Reactor>, batch: &mut Batch) {
        let mut now = reactor.now();
        let (mut written, mut write_at) = (now.mono_ns, reactor.first_write(batch.events.len()));
        let (mut handled, mut octets, mut outcomes) = (0, 0, 0);
        let (mut untimed, mut until_timed) = (0, 1);
        let Batch { events, answers } = batch;
        reactor::set_handler_time(Some(now));
        for event in events.drain(..) {
            let answer = self.hub.handle(&event);
            if let Some(token) = event.token() {
                let result = match (&event, answer) {
                    (_, Some(Answer::Later)) => None,
                    (_, Some(Answer::Reject(code))) => Some(code),
                    // A submit whose handler failed is not accepted: its sender shall send it again.
                    (Event::Submit(_), None) => Some(self.busy(reactor)),
                    // Nobody has taken it back.
                    (Event::Cancel(_), None) => Some(1),
                    _ => Some(0),
                };
                if let (Event::Query(_), Some(Answer::Counts(counts))) = (&event, answer) {
                    lock(&self.inbox).push_back(counts_of(token, counts));
                    self.waiting.fetch_add(1, Ordering::SeqCst);
                } else if let Some(result) = result {
                    answers.push((token, result));
                    // What the handler sent, such as the submit's report, comes after its answer.
                    if self.is_due() {
                        self.keep_answers(reactor, answers, now);
                    }
                }
            }
            handled += 1;
            octets += event.octets();
            outcomes += usize::from(matches!(event, Event::Outcome(_)));
            drop(event);
            untimed += 1;
            if untimed >= until_timed {
                let before = now.mono_ns;
                now = reactor.clock.after(now);
                reactor::set_handler_time(Some(now));
                until_timed = if now.mono_ns - before < QUICK_NS * untimed { QUICK_ONES } else { 1 };
                untimed = 0;
            }
            if handled >= write_at || now.mono_ns - written > BATCH_NS {
                (written, write_at) = (now.mono_ns, write_at.saturating_mul(2));
                let done = [&mut handled, &mut octets, &mut outcomes].map(std::mem::take);
                self.hub.finished(done[0], done[1], done[2]);
                self.give_answers(reactor, answers, now);
                reactor::drive_touched(reactor);
            }
        }
        reactor::set_handler_time(None);
        self.hub.finished(handled, octets, outcomes);
        self.give_answers(reactor, answers, now);
        reactor::drive_touched(reactor);
    }

    /// Gives the account the answers of handlers, to be written with the next turn.
    fn keep_answers(self: &Arc<Self>, reactor: &Arc<Reactor>, answers: &mut Vec<(Token, u32)>, now: Now) {
        match self.driver.try_lock() {
            Ok(mut driver) => {
                for (token, result) in answers.drain(..) {
                    driver.account.answer(now, token, result);
                }
                self.dirty.store(true, Ordering::Release);
            }
            Err(_) => self.leave_answers(answers),
        }
        // What somebody left meanwhile does not wait for the rest of the batch.
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.attend(reactor);
        }
    }

    fn leave_answers(&self, answers: &mut Vec<(Token, u32)>) {
        let left = answers.len();
        lock(&self.inbox).extend(answers.drain(..).map(|(token, result)| Command::Answer(token, result)));
        self.waiting.fetch_add(left, Ordering::SeqCst);
    }

    /// Gives the account the answers of handlers and does a turn, or leaves them to who is at it.
    fn give_answers(self: &Arc<Self>, reactor: &Arc<Reactor>, answers: &mut Vec<(Token, u32)>, now: Now) {
        if !answers.is_empty() {
            match self.driver.try_lock() {
                Ok(mut driver) => self.turn(reactor, &mut driver, now, |driver, _, now| {
                    for (token, result) in answers.drain(..) {
                        driver.account.answer(now, token, result);
                    }
                }),
                Err(_) => self.leave_answers(answers),
            }
        }
        self.attend(reactor);
    }

    fn busy(self: &Arc<Self>, reactor: &Arc<Reactor>) -> u32 {
        self.look(reactor, |a| a.core.dialect.busy())
    }

    /// Takes other settings.
    pub(super) fn change(self: &Arc<Self>, reactor: &Arc<Reactor>, change: AccountChange, way: Way) {
        self.drive(reactor, reactor.now(), |driver, _, now| {
            driver.connect_timeout_ns = crate::time::nanos(change.settings.connect_timeout);
            driver.way = way;
            driver.account.change(now, change);
        });
    }

    /// Starts the account.
    pub(super) fn start(self: &Arc<Self>, reactor: &Arc<Reactor>) {
        self.drive(reactor, reactor.now(), |driver, _, now| driver.account.start(now));
    }

    /// Whether closing is finished and every event is handled.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
            && lock(&self.queue).is_empty()
            && !self.dispatching.load(Ordering::SeqCst)
    }

    /// Looks at the account. Whoever had something for it meanwhile left it, so it is done here before this
    /// returns: nobody else would look again until something happens on a socket.
    pub(super) fn look<R>(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        look: impl FnOnce(&Account<S>) -> R,
    ) -> R {
        let seen = look(&lock(&self.driver).account);
        self.attend(reactor);
        seen
    }

    /// As [`Cell::look`], for what asks for no turn of the account.
    pub(super) fn mark<R>(
        self: &Arc<Self>,
        reactor: &Arc<Reactor>,
        mark: impl FnOnce(&mut Account<S>) -> R,
    ) -> R {
        let marked = mark(&mut lock(&self.driver).account);
        self.attend(reactor);
        marked
    }

    /// What the account counted, what closing left, where it stands, and why.
    pub(super) fn snapshot(self: &Arc<Self>, reactor: &Arc<Reactor>) -> (Counters, Left, LinkState, String) {
        self.look(reactor, |a| (a.core.counters, a.core.left, a.core.standing().0, a.core.trouble.clone()))
    }
}

/// The answer to a request for counts.
pub(super) fn counts_of<S: Side>(token: Token, counts: DayCounts) -> Command<S> {
    Command::Call(Box::new(move |account: &mut Account<S>, now| {
        account.core.answer_query(now, token, Some(&counts));
    }))
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

impl<S: Side + 'static> Driven for Cell<S> {
    fn ready(
        self: Arc<Self>,
        reactor: &Arc<Reactor>,
        socket: usize,
        now: Now,
        readable: bool,
        writable: bool,
    ) {
        self.drive(reactor, now, |driver, reactor, now| {
            let Some(wire) = driver.wires.get_mut(socket).and_then(Option::as_mut) else { return };
            match &mut wire.state {
                WireState::Dialing { .. } => {
                    self.connected(reactor, driver, socket, now);
                    // A peer that hangs up at once: its end raises no edge of its own.
                    if readable {
                        self.read(reactor, driver, socket, now);
                    }
                }
                WireState::Up { blocked, .. } => {
                    if writable {
                        *blocked = false;
                    }
                    if readable {
                        self.read(reactor, driver, socket, now);
                    }
                }
            }
        });
    }

    fn timer(self: Arc<Self>, reactor: &Arc<Reactor>, at: u64, now: Now) {
        self.drive(reactor, now, |driver, reactor, now| {
            // An earlier one has been asked for since, and it asks for the next.
            if at != driver.armed {
                return;
            }
            driver.armed = u64::MAX;
            for at in 0..driver.wires.len() {
                let Some(wire) = driver.wires.get(at).and_then(Option::as_ref) else { continue };
                if let WireState::Dialing { slot, until } = wire.state
                    && until <= now.mono_ns
                {
                    self.drop_wire(reactor, &mut driver.wires, at);
                    let address = driver.account.core.dialed_address(slot);
                    let why = format!("{address}: no connection within connect_timeout");
                    driver.account.dial_failed(now, slot, &why);
                }
            }
            driver.account.timeout(now);
        });
    }

    fn dispatch(self: Arc<Self>, reactor: &Arc<Reactor>) {
        self.run_handlers(reactor);
    }

    fn poke(self: Arc<Self>, reactor: &Arc<Reactor>) {
        self.attend(reactor);
    }
}

/// Kinds that a cell makes for a hub: what is wanted, and log lines for the fallback.
pub(super) fn made_for(hub: &Hub) -> EventKinds {
    hub.kinds() | EventKinds::LOG
}
