//! When to open connections: exponential back-off with full jitter, harder after a refused login, addresses in
//! turn.

use super::slab::Key;
use crate::time::SECOND;

/// A session that lasted this long resets the back-off.
const STEADY_NS: u64 = 10 * SECOND;

/// A small generator of jitter. Its seed is an argument, so a simulation repeats.
#[derive(Clone, Debug)]
pub struct Jitter(u64);

impl Jitter {
    /// From a seed; zero is as good as any.
    pub fn new(seed: u64) -> Self {
        Jitter(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `limit` (0 for 0).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        if limit == 0 { 0 } else { self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit }
    }
}

/// Where one of the account's outgoing connections is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialState {
    /// Not wanted now.
    Idle,
    /// To be tried again at this time.
    Waiting(u64),
    /// Being connected.
    Dialing,
    /// A session stands on it.
    Up(Key),
}

/// One of the account's outgoing connections.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where it is.
    pub state: DialState,
    /// Which of the account's addresses is used.
    pub address: usize,
    failures: u32,
    refusals: u32,
    online_since: Option<u64>,
}

/// Bounds of the back-off, ns.
#[derive(Clone, Copy, Debug)]
pub struct BackOff {
    /// First bound after a broken or impossible connection.
    pub first_ns: u64,
    /// Largest bound.
    pub last_ns: u64,
    /// First wait after a refused login.
    pub refused_first_ns: u64,
    /// Longest wait after a refused login.
    pub refused_last_ns: u64,
}

impl Default for Dial {
    fn default() -> Self {
        Dial { state: DialState::Idle, address: 0, failures: 0, refusals: 0, online_since: None }
    }
}

impl Dial {
    /// The login succeeded.
    pub fn online(&mut self, now_ns: u64) {
        self.refusals = 0;
        self.online_since = Some(now_ns);
    }

    /// The connection could not be made or broke: the next address is tried after a wait.
    pub fn failed(&mut self, now_ns: u64, addresses: usize, bounds: &BackOff, jitter: &mut Jitter) {
        if self.online_since.take().is_some_and(|since| now_ns.saturating_sub(since) >= STEADY_NS) {
            self.failures = 0;
        }
        self.address = (self.address + 1) % addresses.max(1);
        let bound = doubled(bounds.first_ns, self.failures, bounds.last_ns);
        self.failures += 1;
        // Full jitter: many clients that lost the same gateway come back spread over the whole bound.
        self.state = DialState::Waiting(now_ns + jitter.below(bound + 1));
    }

    /// The login was refused. Carriers lock accounts that knock too often, so the wait is at least half its
    /// bound.
    pub fn refused(&mut self, now_ns: u64, bounds: &BackOff, jitter: &mut Jitter) {
        self.online_since = None;
        let bound = doubled(bounds.refused_first_ns, self.refusals, bounds.refused_last_ns);
        self.refusals += 1;
        self.state = DialState::Waiting(now_ns + bound / 2 + jitter.below(bound / 2 + 1));
    }

    /// It ended in order and is not wanted again until something is to be sent.
    pub fn rest(&mut self) {
        self.online_since = None;
        self.failures = 0;
        self.state = DialState::Idle;
    }

    /// How often every one of the account's addresses has failed: the turn of the next address behind a name.
    pub fn round(&self, addresses: usize) -> usize {
        self.failures as usize / addresses.max(1)
    }

    /// Whether the last login was refused.
    pub fn is_refused(&self) -> bool {
        self.refusals > 0
    }
}

fn doubled(first: u64, times: u32, last: u64) -> u64 {
    first.saturating_mul(1u64 << times.min(20)).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: BackOff = BackOff {
        first_ns: SECOND,
        last_ns: 60 * SECOND,
        refused_first_ns: 30 * SECOND,
        refused_last_ns: 600 * SECOND,
    };

    fn wait(dial: &Dial) -> u64 {
        match dial.state {
            DialState::Waiting(until) => until,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_grow_to_their_bound_and_addresses_take_turns() {
        let mut jitter = Jitter::new(1);
        let mut dial = Dial::default();
        for i in 0..12u32 {
            dial.failed(0, 3, &BOUNDS, &mut jitter);
            assert!(wait(&dial) <= doubled(SECOND, i, 60 * SECOND));
            assert_eq!(dial.address, (i as usize + 1) % 3);
            assert_eq!(dial.round(3), (i as usize + 1) / 3, "a name's next address when all had their turn");
        }
        let spread: Vec<u64> = (0..200)
            .map(|_| {
                dial.failed(0, 3, &BOUNDS, &mut jitter);
                wait(&dial)
            })
            .collect();
        assert!(
            spread.iter().min().unwrap() < &(10 * SECOND) && spread.iter().max().unwrap() > &(50 * SECOND)
        );
    }

    #[test]
    fn a_steady_session_resets_and_a_flapping_one_does_not() {
        let mut jitter = Jitter::new(1);
        let mut dial = Dial::default();
        for _ in 0..5 {
            dial.failed(0, 1, &BOUNDS, &mut jitter);
        }
        dial.online(0);
        dial.failed(SECOND, 1, &BOUNDS, &mut jitter);
        assert_eq!(dial.failures, 6, "it lasted a second");
        dial.online(0);
        dial.failed(STEADY_NS, 1, &BOUNDS, &mut jitter);
        assert_eq!(dial.failures, 1);
    }

    #[test]
    fn a_refused_login_waits_long() {
        let mut jitter = Jitter::new(1);
        let mut dial = Dial::default();
        for i in 0..10 {
            dial.refused(0, &BOUNDS, &mut jitter);
            let bound = doubled(30 * SECOND, i, 600 * SECOND);
            assert!(wait(&dial) >= bound / 2 && wait(&dial) <= bound);
        }
        assert!(dial.is_refused());
        dial.online(0);
        assert!(!dial.is_refused());
    }
}
