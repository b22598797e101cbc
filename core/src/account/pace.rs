//! The token bucket of an account, in segments, and the pause after a congestion answer.

use crate::time::SECOND;

/// How fast segments may leave. Counts segments, over all connections of the account.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Nanoseconds between two segments; 0: unlimited.
    interval_ns: u64,
    /// How far the schedule may lag behind: the burst.
    slack_ns: u64,
    /// When the next segment would leave if they left evenly.
    next_ns: u64,
    /// Nothing leaves before this time: the gateway is congested.
    paused_until: u64,
    pause_ns: u64,
}

/// First pause after a congestion answer.
const FIRST_PAUSE_NS: u64 = SECOND / 4;
/// Longest pause.
const LAST_PAUSE_NS: u64 = 8 * SECOND;

impl Pace {
    /// `rate` segments a second (0: unlimited), `burst` of them at once.
    pub fn new(rate: u32, burst: u32) -> Self {
        let interval_ns = if rate == 0 { 0 } else { SECOND / u64::from(rate) };
        Pace {
            interval_ns,
            slack_ns: interval_ns.saturating_mul(u64::from(burst.max(1) - 1)),
            next_ns: 0,
            paused_until: 0,
            pause_ns: 0,
        }
    }

    /// Another rate and burst. A pause goes on, and what went out counts.
    pub fn change(&mut self, rate: u32, burst: u32) {
        let Pace { interval_ns, slack_ns, .. } = Self::new(rate, burst);
        // At a higher rate the schedule must not lag behind by what the old rate put into it.
        let ahead = self.interval_ns.saturating_sub(interval_ns);
        self.next_ns = self.next_ns.saturating_sub(ahead);
        (self.interval_ns, self.slack_ns) = (interval_ns, slack_ns);
    }

    /// Takes one segment's turn, or says when to come again.
    pub fn take(&mut self, now_ns: u64) -> Result<(), u64> {
        if self.paused_until > now_ns {
            return Err(self.paused_until);
        }
        if self.interval_ns == 0 {
            return Ok(());
        }
        let earliest = self.next_ns.saturating_sub(self.slack_ns);
        if earliest > now_ns {
            return Err(earliest);
        }
        self.next_ns = self.next_ns.max(now_ns) + self.interval_ns;
        Ok(())
    }

    /// Takes the turns of `more` segments that went together with one.
    pub fn spend(&mut self, more: usize) {
        self.next_ns = self.next_ns.saturating_add(self.interval_ns.saturating_mul(more as u64));
    }

    /// Takes the turns of `many` segments that went without asking.
    pub fn charge(&mut self, now_ns: u64, many: usize) {
        self.next_ns = self.next_ns.max(now_ns);
        self.spend(many);
    }

    /// The gateway said it is congested: pause, each time twice as long.
    pub fn congested(&mut self, now_ns: u64) {
        if self.paused_until > now_ns {
            return;
        }
        self.pause_ns =
            if self.pause_ns == 0 { FIRST_PAUSE_NS } else { (self.pause_ns * 2).min(LAST_PAUSE_NS) };
        self.paused_until = now_ns + self.pause_ns;
    }

    /// The gateway accepted again: the next pause starts short.
    pub fn accepted(&mut self) {
        self.pause_ns = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_rate_plus_burst_in_any_second() {
        let mut pace = Pace::new(100, 10);
        let mut sent = Vec::new();
        let mut now = 5 * SECOND;
        while now < 8 * SECOND {
            match pace.take(now) {
                Ok(()) => sent.push(now),
                Err(at) => {
                    assert!(at > now);
                    now = at;
                }
            }
        }
        for (i, from) in sent.iter().enumerate() {
            let within = sent[i..].iter().take_while(|t| **t < from + SECOND).count();
            assert!(within <= 110, "{within} in one second");
        }
        assert!(sent.len() >= 300);
    }

    #[test]
    fn a_change_holds_from_the_next_segment_on() {
        let mut pace = Pace::new(1, 1);
        assert!(pace.take(SECOND).is_ok());
        assert_eq!(pace.take(SECOND), Err(2 * SECOND));
        pace.change(10, 1);
        assert_eq!(pace.take(SECOND), Err(SECOND + SECOND / 10));
        pace.change(0, 1);
        assert!(pace.take(SECOND).is_ok());
        pace.congested(SECOND);
        pace.change(1000, 10);
        assert_eq!(pace.take(SECOND), Err(SECOND + FIRST_PAUSE_NS), "a pause goes on");
    }

    #[test]
    fn zero_is_unlimited() {
        let mut pace = Pace::new(0, 0);
        assert!((0..10_000).all(|_| pace.take(1).is_ok()));
    }

    #[test]
    fn congestion_pauses_longer_each_time_and_recovers() {
        let mut pace = Pace::new(0, 1);
        pace.congested(0);
        assert_eq!(pace.take(0), Err(FIRST_PAUSE_NS));
        pace.congested(1);
        assert_eq!(pace.take(1), Err(FIRST_PAUSE_NS), "one window full of such answers is one pause");
        assert_eq!(pace.take(FIRST_PAUSE_NS), Ok(()));
        pace.congested(FIRST_PAUSE_NS);
        assert_eq!(pace.take(FIRST_PAUSE_NS), Err(3 * FIRST_PAUSE_NS));
        pace.accepted();
        pace.congested(100 * SECOND);
        assert_eq!(pace.take(100 * SECOND), Err(100 * SECOND + FIRST_PAUSE_NS));
    }
}
