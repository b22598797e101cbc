//! Message ids a gateway gives: in the protocol's dated form, or opaque and unique whatever the rate.

use crate::time::{Now, WireTime};
use crate::wire::{CmppId, MsgId, Protocol, SmgpId};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How ids look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdForm {
    /// The protocol's form: time, gateway, sequence. Borrows from the next second (CMPP) or minute (SMGP) when
    /// the sequence is used up.
    Dated,
    /// A counter in the id's octets.
    Opaque,
}

/// How far dated ids may run ahead of the clock: beyond it the gateway answers busy.
const AHEAD_MS: u64 = 60_000;

/// Gives out ids; one per gateway, shared by its accounts, because ids are unique per gateway.
#[derive(Debug)]
pub struct IdMaker {
    form: IdForm,
    gateway: u32,
    offset: i32,
    last: AtomicU64,
    /// How far the wall clock was ahead of the monotonic one, at most, milliseconds.
    ahead: AtomicU64,
}

impl IdMaker {
    /// `gateway` is the gateway's number, up to 6 digits; `offset` the minutes of wire times ahead of UTC.
    pub fn new(form: IdForm, gateway: u32, offset: i32) -> Self {
        IdMaker {
            form,
            gateway: gateway % 1_000_000,
            offset,
            last: AtomicU64::new(0),
            ahead: AtomicU64::new(0),
        }
    }

    /// The next id, or `None` when dated ids have run too far ahead of the clock. SGIP has no ids of its own:
    /// there the sequence is the id.
    pub fn next(&self, now: Now, protocol: Protocol) -> Option<MsgId> {
        self.range(now, protocol, 1)
    }

    /// The first of `count` ids that are kept for the receivers of one submit: [`MsgId::of_receiver`] counts from it.
    pub fn range(&self, now: Now, protocol: Protocol, count: usize) -> Option<MsgId> {
        const PER_MINUTE: u64 = 1_000_000;
        let ms = self.clock(now);
        let count = count.max(1) as u64;
        match (self.form, protocol) {
            (_, Protocol::Sgip) => Some(MsgId::default()),
            (IdForm::Opaque, Protocol::Cmpp) => Some(MsgId::from_cmpp(self.rise(ms << 20, count, 1 << 16))),
            (IdForm::Opaque, Protocol::Smgp) => Some(self.opaque_smgp(self.rise(ms * 10, count, PER_MINUTE))),
            (IdForm::Dated, Protocol::Cmpp) => {
                let next = self.rise((ms / 1000) << 16, count, 1 << 16);
                let seconds = next >> 16;
                self.near(seconds * 1000, ms)?;
                let at = WireTime::from_unix_ms(seconds as i64 * 1000, self.offset);
                let (gateway, sequence) = (self.gateway, next as u16);
                let (month, day) = (at.month as u8, at.day as u8);
                let (hour, minute, second) = (at.hour as u8, at.minute as u8, at.second as u8);
                let id = CmppId { month, day, hour, minute, second, gateway, sequence };
                id.pack().map(MsgId::from_cmpp)
            }
            (IdForm::Dated, Protocol::Smgp) => {
                let next = self.rise(ms / 60_000 * PER_MINUTE, count, PER_MINUTE);
                let minutes = next / PER_MINUTE;
                self.near(minutes * 60_000, ms)?;
                let at = WireTime::from_unix_ms(minutes as i64 * 60_000, self.offset);
                let (gateway, sequence) = (self.gateway, (next % PER_MINUTE) as u32);
                let (month, day) = (at.month as u8, at.day as u8);
                let (hour, minute) = (at.hour as u8, at.minute as u8);
                let id = SmgpId { gateway, month, day, hour, minute, sequence };
                id.pack().map(MsgId::from_smgp)
            }
        }
    }

    /// The first of `count` numbers that nobody has, not less than the clock's. The part of the number that a range
    /// counts up wraps without carry, so a range that would cross a multiple of `block` begins there.
    fn rise(&self, clock: u64, count: u64, block: u64) -> u64 {
        let mut last = self.last.load(Relaxed);
        loop {
            let mut next = clock.max(last + 1);
            if count > 1 && next % block + count > block {
                next += block - next % block;
            }
            match self.last.compare_exchange_weak(last, next + count - 1, Relaxed, Relaxed) {
                Ok(_) => return next,
                Err(seen) => last = seen,
            }
        }
    }

    /// The wall clock, milliseconds, as if it had never been set back: ids would come twice, or none for as long as the
    /// step.
    fn clock(&self, now: Now) -> u64 {
        let mono_ms = now.mono_ns / 1_000_000;
        let ahead = (now.unix_ms.max(0) as u64).saturating_sub(mono_ms);
        match self.ahead.load(Relaxed) {
            known if known >= ahead => mono_ms + known,
            _ => mono_ms + self.ahead.fetch_max(ahead, Relaxed).max(ahead),
        }
    }

    fn near(&self, at_ms: u64, clock_ms: u64) -> Option<()> {
        (at_ms <= clock_ms + AHEAD_MS).then_some(())
    }

    /// Twenty decimal digits, so that peers that expect BCD can print it.
    fn opaque_smgp(&self, number: u64) -> MsgId {
        let digits = format!("{:06}{:014}", self.gateway, number % 100_000_000_000_000);
        let mut octets = [0; 10];
        for (octet, pair) in octets.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *octet = pair.iter().fold(0, |acc, digit| acc << 4 | (digit & 0x0f));
        }
        MsgId::from_smgp(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn at(ms: i64) -> Now {
        Now { mono_ns: 0, unix_ms: ms }
    }

    #[test]
    fn ids_are_unique_at_any_rate() {
        for (form, protocol) in [
            (IdForm::Dated, Protocol::Cmpp),
            (IdForm::Dated, Protocol::Smgp),
            (IdForm::Opaque, Protocol::Cmpp),
            (IdForm::Opaque, Protocol::Smgp),
        ] {
            let maker = IdMaker::new(form, 1001, 480);
            let mut seen = HashSet::new();
            // 200,000 within three seconds: more than CMPP's 65,536 a second.
            for i in 0..200_000i64 {
                let id = maker.next(at(1_783_476_623_000 + i / 70), protocol).unwrap();
                assert!(seen.insert(id), "{form:?} {protocol:?} {i}");
            }
        }
    }

    #[test]
    fn ranges_keep_their_ids() {
        for form in [IdForm::Dated, IdForm::Opaque] {
            for protocol in [Protocol::Cmpp, Protocol::Smgp] {
                let maker = IdMaker::new(form, 1001, 480);
                let mut seen = HashSet::new();
                for i in 0..4000usize {
                    let count = 1 + i * 7 % 99;
                    let first = maker.range(at(1_783_476_623_000), protocol, count).unwrap();
                    for index in 0..count {
                        let id = first.of_receiver(index as u16).unwrap();
                        assert!(seen.insert(id), "{form:?} {protocol:?} {i} {index}");
                    }
                }
            }
        }
    }

    #[test]
    fn dated_ids_say_busy_rather_than_lie_about_the_time() {
        let maker = IdMaker::new(IdForm::Dated, 1001, 480);
        let now = at(1_783_476_623_000);
        let given = (0..5_000_000).take_while(|_| maker.next(now, Protocol::Cmpp).is_some()).count();
        assert!((60 * 65_536..=61 * 65_536).contains(&given), "{given}");
    }

    #[test]
    fn a_clock_that_is_set_back_stops_no_ids_and_repeats_none() {
        for protocol in [Protocol::Cmpp, Protocol::Smgp] {
            let maker = IdMaker::new(IdForm::Dated, 1001, 480);
            let mut seen = HashSet::new();
            let mut unix_ms = 1_783_476_623_000i64;
            for second in 0..300u64 {
                unix_ms += if second == 150 { -3_600_000 } else { 1000 };
                let now = Now { mono_ns: second * 1_000_000_000, unix_ms };
                for _ in 0..100 {
                    assert!(
                        seen.insert(maker.next(now, protocol).expect("it goes on")),
                        "{protocol:?} {second}"
                    );
                }
            }
        }
    }

    #[test]
    fn dated_forms_are_the_protocols() {
        let maker = IdMaker::new(IdForm::Dated, 1001, 480);
        // 8 July 10:10:23 Beijing time, gateway 001001, sequence 0 (cmpp.md 8).
        let id = maker.next(at(1_783_476_623_000), Protocol::Cmpp).unwrap();
        assert_eq!(id.as_bytes(), 0x7428_a5c0_03e9_0000u64.to_be_bytes());
        let maker = IdMaker::new(IdForm::Dated, 10_061, 480);
        let id = maker.next(at(1_783_476_623_000), Protocol::Smgp).unwrap();
        assert_eq!(id.as_bytes(), [0x01, 0x00, 0x61, 0x07, 0x08, 0x10, 0x10, 0, 0, 0]);
    }
}
