//! An account's events on their way to the application, and what its handlers answer.

use super::{Cell, Command, Driver};
use crate::account::{Account, Side};
use crate::engine::hub::{Answer, supersede};
use crate::engine::reactor::{self, Reactor, lock, try_lock};
use crate::message::{DayCounts, Event, Token};
use crate::time::Now;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A batch of handlers is written out at the latest after this time.
const BATCH_NS: u64 = 100_000;

/// Handlers that take less are quick, and the clock is read once for [`QUICK_ONES`] of them.
const QUICK_NS: u64 = 2_000;
const QUICK_ONES: u64 = 4;

/// Events that are being handled, and the answers their handlers gave.
#[derive(Default)]
pub(super) struct Batch {
    events: VecDeque<Event>,
    answers: Vec<(Token, u32)>,
}

impl<S: Side + 'static> Cell<S> {
    /// Moves the account's events to their takers.
    pub(super) fn hand_out(self: &Arc<Self>, reactor: &Arc<Reactor>, driver: &mut Driver<S>, now: Now) {
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
    pub(super) fn run_handlers(self: &Arc<Self>, reactor: &Arc<Reactor>) {
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
        match try_lock(&self.driver) {
            Some(mut driver) => {
                let now = driver.at(now);
                for (token, result) in answers.drain(..) {
                    driver.account.answer(now, token, result);
                }
                self.dirty.store(true, Ordering::Release);
            }
            None => self.leave_answers(answers),
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
            match try_lock(&self.driver) {
                Some(mut driver) => self.turn(reactor, &mut driver, now, |driver, _, now| {
                    for (token, result) in answers.drain(..) {
                        driver.account.answer(now, token, result);
                    }
                }),
                None => self.leave_answers(answers),
            }
        }
        self.attend(reactor);
    }

    fn busy(self: &Arc<Self>, reactor: &Arc<Reactor>) -> u32 {
        self.look(reactor, |a| a.core.dialect.busy())
    }
}

/// The answer to a request for counts.
pub(in crate::engine) fn counts_of<S: Side>(token: Token, counts: DayCounts) -> Command<S> {
    Command::Call(Box::new(move |account: &mut Account<S>, now| {
        account.core.answer_query(now, token, Some(&counts));
    }))
}
