//! Every ticket has exactly one outcome: a place for each open message, where its ticket and its outcome meet.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::message::Ticket;

/// A message that is open.
#[derive(Debug, Default)]
struct Place {
    /// When it was sent or due, ns since the start of the run.
    since: AtomicU64,
    /// The ticket, from whoever knows it first: the sender that got it or the handler that saw its outcome. Whoever
    /// comes second finds the same number and clears it.
    ticket: AtomicU64,
    sent: Tally,
    ended: Tally,
}

/// Messages, and the sum of their tickets, which must be the same for those sent and those ended. A place has one
/// message at a time, so nobody else counts meanwhile, and no locked instruction is needed.
#[derive(Debug, Default)]
struct Tally {
    messages: AtomicU64,
    tickets: AtomicU64,
}

impl Tally {
    fn add(&self, ticket: Ticket) {
        let add = |to: &AtomicU64, n| to.store(to.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
        add(&self.messages, 1);
        add(&self.tickets, ticket.as_u64());
    }
}

/// What the second to come is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// The other side has not come yet.
    First,
    /// The message has its ticket and its outcome: the place is free again.
    Both,
    /// Something is wrong; it has been noted.
    Wrong,
}

/// Places for all open messages. The number of its place travels with a message as `user_data`.
#[derive(Debug)]
pub(super) struct Places {
    places: Box<[Place]>,
    faults: Mutex<Vec<String>>,
}

/// Faults that are named; more of them say nothing new.
const NAMED: usize = 10;

impl Places {
    pub(super) fn new(count: u32) -> Self {
        Self { places: (0..count).map(|_| Place::default()).collect(), faults: Mutex::new(Vec::new()) }
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// A message is about to be sent from this place.
    pub(super) fn begin(&self, place: u64, since: u64) {
        if let Some(place) = self.at(place) {
            place.since.store(since, Ordering::Relaxed);
        }
    }

    /// When the message of a place was sent or due.
    pub(super) fn since(&self, place: u64) -> u64 {
        self.at(place).map_or(0, |place| place.since.load(Ordering::Relaxed))
    }

    /// Whether the message of a place is known to have this ticket.
    pub(super) fn holds(&self, place: u64, ticket: Ticket) -> bool {
        self.at(place).is_some_and(|place| place.ticket.load(Ordering::Acquire) == ticket.as_u64())
    }

    /// The message of a place has this ticket.
    pub(super) fn sent(&self, place: u64, ticket: Ticket) -> Met {
        self.meet(place, ticket, |at| &at.sent)
    }

    /// The message of a place has its outcome.
    pub(super) fn ended(&self, place: u64, ticket: Ticket) -> Met {
        self.meet(place, ticket, |at| &at.ended)
    }

    fn at(&self, place: u64) -> Option<&Place> {
        usize::try_from(place).ok().and_then(|place| self.places.get(place))
    }

    fn meet(&self, place: u64, ticket: Ticket, tally: impl FnOnce(&Place) -> &Tally) -> Met {
        let Some(at) = self.at(place) else {
            self.fault(format!("ticket {ticket} came with the number {place}, which was never given"));
            return Met::Wrong;
        };
        tally(at).add(ticket);
        match at.ticket.swap(ticket.as_u64(), Ordering::AcqRel) {
            0 => Met::First,
            other if other == ticket.as_u64() => {
                at.ticket.store(0, Ordering::Release);
                Met::Both
            }
            other => {
                at.ticket.store(other, Ordering::Release);
                self.fault(format!(
                    "ticket {ticket} came where ticket {other} was open: an outcome came twice or went astray"
                ));
                Met::Wrong
            }
        }
    }

    fn fault(&self, fault: String) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() < NAMED {
            faults.push(fault);
        }
    }

    /// Messages sent and messages ended.
    pub(super) fn counts(&self) -> (u64, u64) {
        let sum = |tally: fn(&Place) -> &Tally| {
            self.places.iter().map(|at| tally(at).messages.load(Ordering::SeqCst)).sum()
        };
        (sum(|at| &at.sent), sum(|at| &at.ended))
    }

    /// What is wrong when nothing is open any more.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (sent, ended) = self.counts();
        if sent != ended {
            faults.push(format!("{sent} tickets were given and {ended} outcomes came"));
        }
        let tickets = |n: &AtomicU64| n.load(Ordering::SeqCst);
        let sum = |tally: fn(&Place) -> &Tally| {
            self.places.iter().fold(0u64, |sum, at| sum.wrapping_add(tickets(&tally(at).tickets)))
        };
        if sent == ended && sum(|at| &at.sent) != sum(|at| &at.ended) {
            faults.push("the outcomes are not of the tickets that were given".to_owned());
        }
        let open = self.places.iter().map(|place| tickets(&place.ticket)).filter(|ticket| *ticket != 0);
        faults.extend(open.take(NAMED).map(|ticket| format!("ticket {ticket} and its outcome did not meet")));
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: u64) -> Ticket {
        Ticket::from_u64(number)
    }

    #[test]
    fn either_may_come_first() {
        let places = Places::new(2);
        places.begin(1, 77);
        assert_eq!((places.sent(1, ticket(5)), places.since(1)), (Met::First, 77));
        assert_eq!(places.ended(0, ticket(6)), Met::First);
        assert_eq!((places.ended(1, ticket(5)), places.sent(0, ticket(6))), (Met::Both, Met::Both));
        assert_eq!((places.counts(), places.faults()), ((2, 2), vec![]));
    }

    #[test]
    fn missing_double_and_strange_outcomes_are_named() {
        let places = Places::new(2);
        places.sent(0, ticket(5));
        assert_eq!(places.faults().len(), 2, "missing: by count and by ticket");
        places.ended(0, ticket(5));
        places.ended(0, ticket(5));
        assert!(places.faults()[0].contains("1 tickets were given and 2 outcomes"));
        assert_eq!(places.sent(0, ticket(6)), Met::Wrong, "the double one stands in the way");
        let strange = Places::new(1);
        strange.sent(0, ticket(5));
        assert_eq!(strange.ended(7, ticket(5)), Met::Wrong);
        assert!(strange.faults().iter().any(|fault| fault.contains("number 7")));
    }
}
