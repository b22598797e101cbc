//! The faults of a simulated carrier: what a real one does on a bad day.

use super::BadRule;
use crate::wire::Protocol;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A share in ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share(u32);

/// What a share is a part of.
const WHOLE: u32 = 10_000;

impl Share {
    /// So many ten-thousandths, at most all of them.
    pub fn new(ten_thousandths: u32) -> Self {
        Self(ten_thousandths.min(WHOLE))
    }

    /// Whether it is not nothing.
    pub fn is_some(self) -> bool {
        self.0 > 0
    }

    /// Whether it hits; `below` gives a random number below its argument and is asked only where it matters.
    pub(super) fn hits(self, below: impl FnOnce(u64) -> u64) -> bool {
        self.is_some() && below(WHOLE.into()) < self.0.into()
    }
}

impl FromStr for Share {
    type Err = BadRule;

    /// Reads `1%` or `0.5%`.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        let wrong = || BadRule(format!("{text:?} is no share: write 1% or 0.5%, at most 100%"));
        let number = text.strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = number.parse().map_err(|_| wrong())?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(wrong());
        }
        Ok(Self((percent * 100.0).round() as u32))
    }
}

/// The faults of a simulator; the default has none.
///
/// Faults of octets and connections are made by a relay between the listening port and the gateway, which therefore
/// sees connections from this machine only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Answers to submits that are lost on the way.
    pub no_answer: Share,
    /// Answers to submits that come twice.
    pub duplicate_answer: Share,
    /// Answers to submits with a sequence that nobody sent, instead of the right one.
    pub wrong_sequence: Share,
    /// Answers to submits that are late by this much.
    pub hold_answer: Option<(Share, Duration)>,
    /// Frames that are written in pieces: in two halves with a pause between, or octet by octet.
    pub split_writes: Share,
    /// Time after which a connection is reset, in the middle of a frame if one is on its way: half to one and a half
    /// of this.
    pub reset_every: Option<Duration>,
    /// Time after which the ports are closed with everything on them, and opened again half a second later.
    pub restart_every: Option<Duration>,
    /// Logins whose answer has a wrong digest (CMPP and SMGP; SGIP has none).
    pub wrong_digest: Share,
    /// Logins that are refused.
    pub refuse_login: Share,
    /// Reports that come twice.
    pub repeat_report: Share,
    /// Reports that never come.
    pub lose_report: Share,
    /// Reports that come before the answer to their submit.
    pub early_report: Share,
    /// Congestion: so long at the end of each second time, every submit is answered with the carrier's congestion
    /// code.
    pub congest: Option<(Duration, Duration)>,
}

impl Faults {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether some are of octets and connections.
    pub(super) fn needs_relay(&self) -> bool {
        let shares = [
            self.no_answer,
            self.duplicate_answer,
            self.wrong_sequence,
            self.split_writes,
            self.wrong_digest,
        ];
        shares.into_iter().any(Share::is_some) || self.reset_every.is_some() || self.restart_every.is_some()
    }

    /// The congestion code, where it is congested so long after the start.
    pub(super) fn congestion(
        &self,
        since_start: impl FnOnce() -> Duration,
        protocol: Protocol,
    ) -> Option<u32> {
        let (lasts, every) = self.congest?;
        let every = every.as_nanos().max(1);
        let left = every - since_start().as_nanos() % every;
        (left <= lasts.as_nanos()).then_some(match protocol {
            Protocol::Cmpp => 8,
            Protocol::Sgip => 88,
            Protocol::Smgp => 1,
        })
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// How often a simulator made each fault.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct FaultCounts {
            $($(#[$doc])* pub $name: u64,)+
        }

        /// The same while it runs.
        #[derive(Debug, Default)]
        pub(super) struct Made {
            $(pub(super) $name: AtomicU64,)+
        }

        impl Made {
            pub(super) fn counts(&self) -> FaultCounts {
                FaultCounts { $($name: self.$name.load(Relaxed),)+ }
            }
        }

        impl FaultCounts {
            /// Every count with its name.
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

counts! {
    /// Answers lost.
    no_answer,
    /// Answers sent twice.
    duplicate_answer,
    /// Answers with a wrong sequence.
    wrong_sequence,
    /// Answers held.
    hold_answer,
    /// Frames written in pieces.
    split_writes,
    /// Connections reset.
    reset,
    /// Restarts.
    restart,
    /// Logins answered with a wrong digest.
    wrong_digest,
    /// Logins refused.
    refuse_login,
    /// Reports sent twice.
    repeat_report,
    /// Reports lost.
    lose_report,
    /// Reports sent before the answer.
    early_report,
    /// Submits answered with congestion.
    congest,
}

/// Counts one.
pub(super) fn count(of: &AtomicU64) {
    of.fetch_add(1, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_hit() {
        let share = |text: &str| text.parse::<Share>();
        assert_eq!(
            (share("1%"), share("0.5%"), share("100%")),
            (Ok(Share(100)), Ok(Share(50)), Ok(Share(10_000)))
        );
        for wrong in ["1", "", "%", "101%", "-1%", "x%", "NaN%"] {
            assert!(share(wrong).unwrap_err().0.contains("write 1% or 0.5%"), "{wrong}");
        }
        let hits = |share: Share| (0..10_000).filter(|roll| share.hits(|_| *roll)).count();
        assert_eq!((hits(Share(100)), hits(Share(10_000))), (100, 10_000));
        assert!(!Share::default().hits(|_| panic!("nothing is rolled where nothing can hit")));
        assert_eq!(Share::new(20_000), Share(10_000));
    }

    #[test]
    fn congestion_is_at_the_end_of_each_period() {
        let s = Duration::from_secs;
        let faults = Faults { congest: Some((s(2), s(30))), ..Faults::default() };
        let at = |time: Duration| faults.congestion(|| time, Protocol::Cmpp).is_some();
        assert!(!at(s(0)) && !at(s(27)) && at(s(28)) && at(s(29)) && !at(s(30)) && at(s(59)));
        for protocol in Protocol::ALL {
            let code = faults.congestion(|| s(29), protocol).unwrap();
            assert!(crate::codes::is_congestion(protocol, code), "{protocol}");
        }
        assert!(Faults::default().congestion(|| s(29), Protocol::Cmpp).is_none());
    }

    #[test]
    fn only_octets_and_connections_need_the_relay() {
        let faults = Faults { lose_report: Share(1), refuse_login: Share(1), ..Faults::default() };
        assert!(faults.any() && !faults.needs_relay() && !Faults::default().any());
        assert!(Faults { wrong_digest: Share(1), ..faults }.needs_relay());
        assert!(Faults { restart_every: Some(Duration::from_secs(1)), ..faults }.needs_relay());
    }
}
