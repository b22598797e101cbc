//! The only clock of the library.

use crate::time::Now;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Reads both clocks; its monotonic time starts when it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Clock { start: Instant::now() }
    }

    /// A little later than `before`: the wall clock is read again only when a millisecond has passed.
    pub(crate) fn after(&self, before: Now) -> Now {
        let mono_ns = self.mono_ns();
        if mono_ns - before.mono_ns < 1_000_000 { Now { mono_ns, ..before } } else { self.now() }
    }

    /// Monotonic time alone, ns. One, not zero, at the start: zero means "never" in a few atomics.
    pub(crate) fn mono_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64 + 1
    }

    pub(crate) fn now(&self) -> Now {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
        Now { mono_ns: self.mono_ns(), unix_ms }
    }
}
