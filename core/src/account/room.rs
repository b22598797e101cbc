//! Room in an account's queue, reserved by the caller's thread before anything else is touched.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How much of an account's bounds is used. Shared between the account and those who send through it.
#[derive(Debug)]
pub struct Room {
    segments: AtomicUsize,
    octets: AtomicUsize,
    open: AtomicUsize,
    online: AtomicUsize,
    max_segments: usize,
    max_octets: usize,
    max_open: usize,
}

impl Room {
    /// Bounds: segments and octets that may wait to be sent, tickets that may be open.
    pub fn new(max_segments: usize, max_octets: usize, max_open: usize) -> Self {
        Room {
            segments: AtomicUsize::new(0),
            octets: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            online: AtomicUsize::new(0),
            max_segments,
            max_octets,
            max_open,
        }
    }

    /// Reserves room for one ticket of so many segments and octets. A message larger than the whole bound is
    /// let in when the queue is empty, so that no setting makes it impossible to send.
    pub fn reserve(&self, segments: usize, octets: usize) -> bool {
        let before = (self.segments.fetch_add(segments, Relaxed), self.octets.fetch_add(octets, Relaxed));
        let open = self.open.fetch_add(1, Relaxed);
        let fits = before.0 + segments <= self.max_segments && before.1 + octets <= self.max_octets;
        if (fits || before.0 == 0) && open < self.max_open {
            return true;
        }
        self.sent(segments, octets);
        self.closed_one();
        false
    }

    /// Segments left the queue.
    pub fn sent(&self, segments: usize, octets: usize) {
        self.segments.fetch_sub(segments, Relaxed);
        self.octets.fetch_sub(octets, Relaxed);
    }

    /// A congestion answer put a segment back.
    pub fn back(&self, segments: usize, octets: usize) {
        self.segments.fetch_add(segments, Relaxed);
        self.octets.fetch_add(octets, Relaxed);
    }

    /// A ticket has its outcome.
    pub fn closed_one(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    /// Segments that wait to be sent.
    pub fn queued(&self) -> usize {
        self.segments.load(Relaxed)
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
        room.sent(10, 200);
        assert!(room.reserve(1, 1));
        assert!(!room.reserve(1, 1), "open tickets");
        assert_eq!((room.queued(), room.open()), (1, 3));
    }

    #[test]
    fn a_message_larger_than_the_bound_goes_alone() {
        let room = Room::new(1, 10, 10);
        assert!(room.reserve(5, 500));
        assert!(!room.reserve(1, 1));
    }
}
