//! Room in an account's queue, reserved by the caller's thread before anything else is touched.

use crate::settings::AccountSettings;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Events that wait for the application, and their bounds. Shared by all accounts of a client or gateway.
///
/// While it is full nothing new is accepted from callers, and what the other side sends is not answered, so that its
/// own window stops it.
#[derive(Debug)]
pub struct Backlog {
    events: AtomicUsize,
    octets: AtomicUsize,
    max_events: usize,
    max_octets: usize,
}

impl Backlog {
    /// Bounds: events, and octets of their contents.
    pub fn new(max_events: usize, max_octets: usize) -> Self {
        Backlog { events: AtomicUsize::new(0), octets: AtomicUsize::new(0), max_events, max_octets }
    }

    /// Events that wait.
    pub fn events(&self) -> usize {
        self.events.load(Relaxed)
    }

    /// Whether a bound is reached.
    pub fn is_full(&self) -> bool {
        self.is_full_with(0, 0)
    }

    /// Whether a bound is reached once so many more are counted.
    pub fn is_full_with(&self, events: usize, octets: usize) -> bool {
        self.events() + events >= self.max_events || self.octets.load(Relaxed) + octets >= self.max_octets
    }

    /// Events are on their way to the application.
    pub fn add(&self, events: usize, octets: usize) {
        self.events.fetch_add(events, Relaxed);
        self.octets.fetch_add(octets, Relaxed);
    }

    /// The application has them.
    pub fn done(&self, events: usize, octets: usize) {
        self.events.fetch_sub(events, Relaxed);
        self.octets.fetch_sub(octets, Relaxed);
    }
}

impl Default for Backlog {
    /// Without bounds.
    fn default() -> Self {
        Self::new(usize::MAX, usize::MAX)
    }
}

/// Room that nobody needs any more. An account collects it and gives it back once a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Segments that left the queue.
    pub segments: usize,
    /// Their octets.
    pub octets: usize,
    /// Tickets that have their outcome.
    pub tickets: usize,
}

/// How much of an account's bounds is used. Shared between the account and those who send through it.
#[derive(Debug)]
pub struct Room {
    segments: AtomicUsize,
    octets: AtomicUsize,
    open: AtomicUsize,
    online: AtomicUsize,
    max_segments: AtomicUsize,
    max_octets: AtomicUsize,
    max_open: AtomicUsize,
    backlog: Arc<Backlog>,
}

impl Room {
    /// Bounds: segments and octets that may wait to be sent, tickets that may be open.
    pub fn new(max_segments: usize, max_octets: usize, max_open: usize) -> Self {
        Self::with_backlog(max_segments, max_octets, max_open, Arc::default())
    }

    /// As an account's settings say, with the events that wait for the application.
    pub fn of(settings: &AccountSettings, backlog: Arc<Backlog>) -> Self {
        let (queue, octets) = (settings.queue as usize, settings.queue_octets as usize);
        Self::with_backlog(queue, octets, settings.open_tickets as usize, backlog)
    }

    fn with_backlog(max_segments: usize, max_octets: usize, max_open: usize, backlog: Arc<Backlog>) -> Self {
        Room {
            segments: AtomicUsize::new(0),
            octets: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            online: AtomicUsize::new(0),
            max_segments: AtomicUsize::new(max_segments),
            max_octets: AtomicUsize::new(max_octets),
            max_open: AtomicUsize::new(max_open),
            backlog,
        }
    }

    /// Changes the bounds. What is inside stays, even above a smaller bound.
    pub fn resize(&self, max_segments: usize, max_octets: usize, max_open: usize) {
        self.max_segments.store(max_segments, Relaxed);
        self.max_octets.store(max_octets, Relaxed);
        self.max_open.store(max_open, Relaxed);
    }

    /// Whether as many events wait for the application as may, `more` of them on their way.
    pub fn backlog_is_full(&self, more: usize) -> bool {
        self.backlog.is_full_with(more, 0)
    }

    /// Reserves room for one ticket of so many segments and octets. A message larger than the whole bound is
    /// let in when the queue is empty, so that no setting makes it impossible to send.
    pub fn reserve(&self, segments: usize, octets: usize) -> bool {
        self.reserve_for(1, segments, octets)
    }

    /// As [`Room::reserve`], for several tickets that go together.
    pub fn reserve_for(&self, tickets: usize, segments: usize, octets: usize) -> bool {
        let before = (self.segments.fetch_add(segments, Relaxed), self.octets.fetch_add(octets, Relaxed));
        let open = self.open.fetch_add(tickets, Relaxed);
        let fits = before.0 + segments <= self.max_segments.load(Relaxed)
            && before.1 + octets <= self.max_octets.load(Relaxed);
        if (fits || before.0 == 0) && (open + tickets <= self.max_open.load(Relaxed) || open == 0) {
            return true;
        }
        self.free(Freed { segments, octets, tickets });
        false
    }

    /// Takes back what is free again.
    pub fn free(&self, freed: Freed) {
        if freed.segments > 0 {
            self.segments.fetch_sub(freed.segments, Relaxed);
        }
        if freed.octets > 0 {
            self.octets.fetch_sub(freed.octets, Relaxed);
        }
        if freed.tickets > 0 {
            self.open.fetch_sub(freed.tickets, Relaxed);
        }
    }

    /// A congestion answer put a segment back.
    pub fn back(&self, segments: usize, octets: usize) {
        self.segments.fetch_add(segments, Relaxed);
        self.octets.fetch_add(octets, Relaxed);
    }

    /// Segments that wait to be sent.
    pub fn queued(&self) -> usize {
        self.segments.load(Relaxed)
    }

    /// Octets that wait to be sent.
    pub fn octets(&self) -> usize {
        self.octets.load(Relaxed)
    }

    /// Tickets without outcome.
    pub fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Connections that are logged in.
    pub fn online(&self) -> usize {
        self.online.load(Relaxed)
    }

    /// Tells how many connections are logged in.
    pub fn set_online(&self, connections: usize) {
        self.online.store(connections, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_holds_and_a_refusal_leaves_nothing_behind() {
        let room = Room::new(10, 1000, 3);
        assert!(room.reserve(9, 100));
        assert!(!room.reserve(2, 100), "segments");
        assert!(!room.reserve(1, 901), "octets");
        assert!(room.reserve(1, 100));
        assert_eq!((room.queued(), room.open()), (10, 2));
        room.free(Freed { segments: 10, octets: 200, tickets: 0 });
        assert!(room.reserve(1, 1));
        assert!(!room.reserve(1, 1), "open tickets");
        assert_eq!((room.queued(), room.open()), (1, 3));
    }

    #[test]
    fn bounds_change_and_what_is_inside_stays() {
        let room = Room::new(10, 1000, 10);
        assert!(room.reserve(8, 100));
        room.resize(4, 1000, 10);
        assert!(!room.reserve(1, 1));
        room.free(Freed { segments: 5, octets: 50, tickets: 0 });
        assert!(room.reserve(1, 1));
    }

    #[test]
    fn a_backlog_is_full_in_events_or_octets() {
        let backlog = Backlog::new(3, 100);
        backlog.add(2, 50);
        assert!(!backlog.is_full() && backlog.is_full_with(1, 0) && backlog.is_full_with(0, 50));
        backlog.add(0, 50);
        assert!(backlog.is_full());
        backlog.done(0, 50);
        backlog.add(1, 0);
        assert!(backlog.is_full());
        backlog.done(3, 50);
        assert_eq!(backlog.events(), 0);
    }

    #[test]
    fn a_message_larger_than_the_bound_goes_alone() {
        let room = Room::new(1, 10, 10);
        assert!(room.reserve(5, 500));
        assert!(!room.reserve(1, 1));
    }
}
