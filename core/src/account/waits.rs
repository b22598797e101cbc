//! How long segments that are ready to go were held back, and by what.

/// How often something held segments back, and how long in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    times: u64,
    total_ns: u64,
    since: Option<u64>,
}

impl Wait {
    /// It holds segments back now, or it does not (monotonic ns).
    pub fn set(&mut self, holds: bool, now_ns: u64) {
        match (self.since, holds) {
            (None, true) => {
                self.times += 1;
                self.since = Some(now_ns);
            }
            (Some(since), false) => {
                self.total_ns = self.total_ns.saturating_add(now_ns.saturating_sub(since));
                self.since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// How often it began.
    pub const fn times(&self) -> u64 {
        self.times
    }

    /// How long in all, ns; a wait that lasts counts up to now.
    pub fn total_ns(&self, now_ns: u64) -> u64 {
        self.total_ns.saturating_add(self.since.map_or(0, |since| now_ns.saturating_sub(since)))
    }
}

/// What may hold back the segments of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Every connection has as many requests without answer as its window allows.
    pub window: Wait,
    /// The token bucket has no turn, or a congestion answer asked for a pause.
    pub rate: Wait,
    /// A socket takes no more octets for now.
    pub socket: Wait,
    /// No connection is logged in.
    pub connection: Wait,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_counted_once_and_timed_to_its_end() {
        let mut wait = Wait::default();
        wait.set(false, 1);
        assert_eq!((wait.times(), wait.total_ns(9)), (0, 0));
        wait.set(true, 10);
        wait.set(true, 15);
        assert_eq!((wait.times(), wait.total_ns(17)), (1, 7));
        wait.set(false, 20);
        wait.set(true, 100);
        wait.set(false, 101);
        assert_eq!((wait.times(), wait.total_ns(500)), (2, 11));
    }
}
