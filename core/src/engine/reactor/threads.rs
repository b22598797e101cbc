//! The threads: who polls, who stands by, and what a turn of polling does.

use super::duty::ON_DUTY;
use super::{PollState, Reactor, WAKER, count, lock, try_lock};
use crate::engine::hub::say;
use crate::time::{Now, SECOND};
use std::cmp::Reverse;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Handlers that run longer than this hand polling over.
const TAKE_OVER_NS: u64 = 2_000_000;
/// How often the one that watches looks whether a handler runs that long. Each look may cost a message on its way the
/// processor, so they are not more often than needed.
const WATCH_NS: u64 = 4_000_000;
/// Without traffic for this long, the one that watches sleeps for good, too, until traffic comes.
const QUIET_NS: u64 = SECOND;

/// Runs what an account or a listener does. A panic there is a bug of the library: it costs that what it was doing, and
/// not the thread, which drives the others, too.
fn apart(run: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        ON_DUTY.with(|duty| {
            let mut duty = duty.borrow_mut();
            (duty.dispatching, duty.now) = (0, None);
        });
        say(format_args!(
            "internal error at an account or a listener, please report it; the library goes on"
        ));
    }
}

impl Reactor {
    pub(super) fn work(self: Arc<Self>) {
        while !self.is_stopped() {
            let Some(mut state) = try_lock(&self.poll) else {
                self.stand_by();
                continue;
            };
            self.busy_since.store(0, Ordering::SeqCst);
            ON_DUTY.with(|duty| duty.borrow_mut().polling = self.identity());
            self.turn(&mut state);
            ON_DUTY.with(|duty| duty.borrow_mut().polling = 0);
            // Without a free thread behind it, this one goes on polling and leaves the handlers to those that
            // run some already.
            let may_leave = || self.standing_by.load(Ordering::SeqCst) > 0;
            if !may_leave() || lock(&self.ready).is_empty() {
                drop(state);
                continue;
            }
            // Announced first and checked again: the last one that stood by may just have gone to run handlers.
            self.busy_since.store(self.clock.mono_ns(), Ordering::SeqCst);
            if !may_leave() {
                drop(state);
                continue;
            }
            drop(state);
            self.wake_stand_by();
            self.dispatch_ready();
        }
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.let_go();
        }
    }

    /// Forgets what it drove, because that may hold the reactor in turn (a gateway's listener does).
    fn let_go(&self) {
        let timers = std::mem::take(&mut *lock(&self.timers));
        let ready = std::mem::take(&mut *lock(&self.ready));
        let again = std::mem::take(&mut *lock(&self.again));
        let targets = std::mem::take(&mut *self.targets.write().unwrap_or_else(PoisonError::into_inner));
        drop((timers, ready, again, targets));
    }

    fn dispatch_ready(self: &Arc<Self>) {
        loop {
            let Some(cell) = lock(&self.ready).pop_front() else { break };
            apart(|| cell.dispatch(self));
        }
    }

    /// Waits until the thread that polls is away for too long. One of those that wait watches for it; the others sleep
    /// until it is gone and another dispatch begins.
    fn stand_by(self: &Arc<Self>) {
        self.standing_by.fetch_add(1, Ordering::SeqCst);
        let mut watches = false;
        loop {
            if self.is_stopped() {
                break;
            }
            // The one that polls leaves events behind when it finds nobody standing by: they are ours then. While
            // nobody polls they are not, because somebody has to take the polling over.
            if self.busy_since.load(Ordering::SeqCst) == 0 && !lock(&self.ready).is_empty() {
                self.standing_by.fetch_sub(1, Ordering::SeqCst);
                if std::mem::take(&mut watches) {
                    self.watched.store(false, Ordering::SeqCst);
                    // Somebody else may run handlers at this moment.
                    self.wake_stand_by();
                }
                // The one that polls may be about to leave because it saw this one: it has said so by now.
                if self.busy_since.load(Ordering::SeqCst) == 0 {
                    self.dispatch_ready();
                }
                self.standing_by.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            watches = watches || !self.watched.swap(true, Ordering::SeqCst);
            let now = self.clock.mono_ns();
            let since = self.busy_since.load(Ordering::SeqCst);
            if watches && since != 0 && now.saturating_sub(since) >= TAKE_OVER_NS {
                count(&self.counting.take_overs);
                break;
            }
            let quiet = now.saturating_sub(self.last_traffic.load(Ordering::Relaxed)) > QUIET_NS;
            let guard = lock(&self.bench.0);
            if watches && !(since == 0 && quiet) {
                let _ = self.bench.1.wait_timeout(guard, Duration::from_nanos(WATCH_NS));
                continue;
            }
            // Announced first and checked again, so that a dispatch that begins now is not missed.
            if std::mem::take(&mut watches) {
                self.watched.store(false, Ordering::SeqCst);
            }
            self.sound_asleep.fetch_add(1, Ordering::SeqCst);
            let needed = self.busy_since.load(Ordering::SeqCst) != 0 && !self.watched.load(Ordering::SeqCst);
            if !needed && !self.is_stopped() {
                let _ = self.bench.1.wait_timeout(guard, Duration::from_secs(3600));
            }
            self.sound_asleep.fetch_sub(1, Ordering::SeqCst);
        }
        if watches {
            self.watched.store(false, Ordering::SeqCst);
        }
        self.standing_by.fetch_sub(1, Ordering::SeqCst);
    }

    /// A dispatch begins: somebody has to watch it.
    fn wake_stand_by(&self) {
        if !self.watched.load(Ordering::SeqCst) && self.sound_asleep.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&self.bench.0);
            self.bench.1.notify_one();
        }
    }

    fn turn(self: &Arc<Self>, state: &mut PollState) {
        let timeout = self.poll_timeout();
        count(&self.counting.polls);
        if let Err(error) = state.poll.poll(&mut state.events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            // Nothing sensible is left to poll; do not spin.
            std::thread::sleep(Duration::from_millis(10));
        }
        self.asleep_until.store(0, Ordering::SeqCst);
        if self.is_stopped() {
            return;
        }
        let now = self.now();
        let again = std::mem::take(&mut *lock(&self.again));
        if !state.events.is_empty() || !again.is_empty() {
            self.last_traffic.store(now.mono_ns, Ordering::Relaxed);
        }
        for event in &state.events {
            if event.token() == WAKER {
                continue;
            }
            let target_of = |event: &mio::event::Event| {
                let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
                targets.places.get(event.token().0).cloned().flatten()
            };
            if let Some(target) = target_of(event) {
                let readable = event.is_readable() || event.is_read_closed() || event.is_error();
                let writable = event.is_writable();
                apart(|| target.driven.ready(self, target.socket, now, readable, writable));
                // The end came in one event with the last octets, and no other event tells of it. Whose
                // connection it is may have changed: a guest that logged in belongs to its account.
                if event.is_read_closed()
                    && let Some(target) = target_of(event)
                {
                    self.read_again(target.driven, target.socket);
                }
            }
        }
        for target in again {
            apart(|| target.driven.ready(self, target.socket, now, true, false));
        }
        self.due_timers(now);
    }

    /// How long to poll: until the next timer, or not at all when something is waiting.
    fn poll_timeout(&self) -> Option<Duration> {
        let first = lock(&self.timers).peek().map(|Reverse(timer)| timer.at);
        let until = first.unwrap_or(u64::MAX);
        self.asleep_until.store(until, Ordering::SeqCst);
        let waiting = !lock(&self.again).is_empty()
            || (!lock(&self.ready).is_empty() && self.standing_by.load(Ordering::SeqCst) > 0);
        if waiting {
            return Some(Duration::ZERO);
        }
        // A timer that came between the look and the announcement would not wake us: look again.
        let first = lock(&self.timers).peek().map(|Reverse(timer)| timer.at)?;
        let now = self.clock.mono_ns();
        Some(Duration::from_nanos(first.saturating_sub(now)))
    }

    fn due_timers(self: &Arc<Self>, now: Now) {
        // Those that are asked for meanwhile come with the next turn, or one that is always due would keep the sockets
        // waiting for good.
        let there = lock(&self.timers).len();
        for _ in 0..there {
            let due = {
                let mut timers = lock(&self.timers);
                match timers.peek() {
                    Some(Reverse(timer)) if timer.at <= now.mono_ns => timers.pop(),
                    _ => None,
                }
            };
            match due {
                Some(Reverse(timer)) => apart(|| timer.driven.timer(self, timer.at, now)),
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Driven;
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::{self, Sender};

    /// Panics at the first of its timers.
    #[derive(Debug)]
    struct Trap(Mutex<Option<Sender<u64>>>);

    impl Driven for Trap {
        fn ready(self: Arc<Self>, _: &Arc<Reactor>, _: usize, _: Now, _: bool, _: bool) {}
        fn timer(self: Arc<Self>, _: &Arc<Reactor>, at: u64, _: Now) {
            assert_ne!(at, 1, "as it should");
            lock(&self.0).take().unwrap().send(at).unwrap();
        }
        fn dispatch(self: Arc<Self>, _: &Arc<Reactor>) {}
        fn poke(self: Arc<Self>, _: &Arc<Reactor>) {}
    }

    #[test]
    fn a_panic_at_one_of_those_it_drives_stops_no_other() {
        let reactor = Reactor::start(2, "test").unwrap();
        let (tell, told) = mpsc::channel();
        let trap = Arc::new(Trap(Mutex::new(Some(tell))));
        for at in [1, 2] {
            reactor.at(at, trap.clone());
        }
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(2));
        reactor.stop();
    }
}
