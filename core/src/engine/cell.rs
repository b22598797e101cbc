//! An account with its sockets, behind one lock.
//!
//! Whoever has something for the account takes the lock and does the whole turn: commands, state machine, one
//! write per connection. Who finds it taken leaves the command; the holder looks again before it goes.

mod handling;
mod wires;

pub(super) use handling::counts_of;
pub(super) use wires::with_read_buffer;

use super::hub::Hub;
use super::reactor::{self, Driven, Reactor, lock, try_lock};
use super::transport::Way;
use crate::account::tickets::Order;
use crate::account::{Account, AccountChange, Counters, Left, Sibling, Side};
use crate::message::{Event, EventKinds, LinkState, Token};
use crate::time::Now;
use handling::Batch;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use wires::{Wire, WireState};

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
    /// The latest time the account was given.
    latest: Now,
}

impl<S> Driver<S> {
    /// The time of a turn. A thread reads the clock before it gets the lock, and another one may have been here with
    /// a later time since: for the account, time only goes on.
    fn at(&mut self, read: Now) -> Now {
        self.latest = self.latest.max(read);
        self.latest
    }
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
    /// The accounts behind the same login (SGIP), by their numbers.
    siblings: Mutex<Vec<(u16, Weak<Self>)>>,
}

impl<S> Debug for Cell<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell").finish_non_exhaustive()
    }
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
                latest: Now::default(),
            }),
            inbox: Mutex::new(VecDeque::new()),
            waiting: AtomicUsize::new(0),
            dirty: AtomicBool::new(false),
            queue: Mutex::new(VecDeque::new()),
            dispatching: AtomicBool::new(false),
            batch: Mutex::default(),
            hub,
            closed: AtomicBool::new(false),
            siblings: Mutex::default(),
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
    /// its way when this returns; inside one it goes with the rest of the batch. `now` is when it was accepted.
    pub(super) fn order(self: &Arc<Self>, reactor: &Arc<Reactor>, now: Now, order: Order) {
        // What was left earlier comes first, a close among it.
        if self.waiting.load(Ordering::SeqCst) > 0 {
            return self.tell(reactor, Command::Send(order));
        }
        let Some(mut driver) = try_lock(&self.driver) else {
            return self.tell(reactor, Command::Send(order));
        };
        let now = driver.at(now);
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
            let Some(mut driver) = try_lock(&self.driver) else { return };
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
        let now = driver.at(now);
        work(driver, reactor, now);
        self.commands(driver, now);
        if !driver.account.core.passed.is_empty() {
            self.pass_on(reactor, driver, now);
        }
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
        let Driver { account, spare: commands, way, .. } = driver;
        std::mem::swap(&mut *lock(&self.inbox), commands);
        self.waiting.fetch_sub(commands.len(), Ordering::SeqCst);
        for command in commands.drain(..) {
            match command {
                Command::Send(order) => account.order(now, order),
                Command::Answer(token, result) => {
                    account.answer(now, token, result);
                }
                Command::Resolved(slot, found) => Self::resolved(account, way.local(), slot, found, now),
                Command::Close(deadline) => account.close(now, deadline),
                Command::Call(call) => call(account, now),
            }
        }
        account.settle(now);
    }

    /// Tells the account which others are behind the same login.
    pub(super) fn introduce(self: &Arc<Self>, reactor: &Arc<Reactor>, others: Vec<(Sibling, Weak<Self>)>) {
        let (known, cells) = others.into_iter().map(|(s, cell)| (s.clone(), (s.index, cell))).unzip();
        *lock(&self.siblings) = cells;
        self.mark(reactor, |account| account.core.siblings = known);
    }

    /// Hands to others what is for them. Their locks are only tried: who is at one of them finds it left there.
    fn pass_on(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
        while !driver.account.core.passed.is_empty() {
            for passed in std::mem::take(&mut driver.account.core.passed) {
                let at = |(index, cell): &(u16, Weak<Self>)| (*index == passed.to).then(|| cell.upgrade());
                let other = lock(&self.siblings).iter().find_map(at).flatten();
                match other {
                    Some(cell) => {
                        let take = move |account: &mut Account<S>, now| account.take_passed(now, passed);
                        cell.tell(reactor, Command::Call(Box::new(take)));
                    }
                    None => driver.account.take_back(now, passed),
                }
            }
        }
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
