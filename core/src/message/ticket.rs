//! Handles: [`Ticket`] for one accepted message to one receiver, [`Token`] for one inbound request.

use std::fmt;

/// Our handle for one accepted message to one receiver, across its segments, ids and reports.
///
/// 63 bits: 41 bits of milliseconds since 2020-01-01 UTC, 10 bits worker number, 12 bits counter. Unique over
/// restarts and over workers with different numbers. Zero is never given out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticket(u64);

impl Ticket {
    const EPOCH_MS: i64 = 1_577_836_800_000;

    /// The number to keep or to pass through another language; [`Ticket::from_u64`] takes it back.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// A ticket from its number.
    pub fn from_u64(number: u64) -> Self {
        Ticket(number)
    }

    /// When the message was accepted, in milliseconds since 1970 UTC.
    pub fn accepted_at(self) -> i64 {
        (self.0 >> 22) as i64 + Self::EPOCH_MS
    }

    /// The worker that accepted it, 0-1023.
    pub fn worker(self) -> u16 {
        (self.0 >> 12 & 0x3ff) as u16
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.0)
    }
}

/// Gives out tickets. One per process and worker number.
#[derive(Debug)]
pub struct TicketMaker {
    worker: u64,
    /// The last ticket's time and counter in one word: `ms << 12 | counter`.
    last: std::sync::atomic::AtomicU64,
}

impl TicketMaker {
    /// A maker for worker number `worker` (0-1023; higher bits are dropped).
    pub fn new(worker: u16) -> Self {
        TicketMaker { worker: u64::from(worker & 0x3ff), last: std::sync::atomic::AtomicU64::new(0) }
    }

    /// The next ticket. More than 4,096 in one millisecond borrow from the next one, and a clock that steps
    /// back is ignored, so that no number comes twice.
    pub fn next(&self, unix_ms: i64) -> Ticket {
        use std::sync::atomic::Ordering::Relaxed;
        let clock = ((unix_ms - Ticket::EPOCH_MS).max(1) as u64) << 12;
        let mut last = self.last.load(Relaxed);
        loop {
            let next = clock.max(last + 1);
            match self.last.compare_exchange_weak(last, next, Relaxed, Relaxed) {
                Ok(_) => {
                    let (ms, counter) = (next >> 12 & 0x1ff_ffff_ffff, next & 0xfff);
                    return Ticket(ms << 22 | self.worker << 12 | counter);
                }
                Err(seen) => last = seen,
            }
        }
    }
}

/// Names one inbound request (deliver, report, or a gateway's submit) until it is answered.
///
/// It holds the account's number, a slot and a generation, so that a stale token is noticed and answers
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Token(u64);

impl Token {
    /// Accounts a process may have: the token holds 16 bits of it.
    pub const MAX_ACCOUNTS: usize = 1 << 16;

    pub(crate) fn new(account: u16, slot: u32, generation: u32) -> Self {
        Token(
            u64::from(account) << 48 | u64::from(generation & 0xff_ffff) << 24 | u64::from(slot & 0xff_ffff),
        )
    }

    /// The number to pass through another language.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// A token from its number.
    pub fn from_u64(number: u64) -> Self {
        Token(number)
    }

    pub(crate) fn account(self) -> u16 {
        (self.0 >> 48) as u16
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 24 & 0xff_ffff) as u32
    }

    pub(crate) fn slot(self) -> u32 {
        (self.0 & 0xff_ffff) as u32
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:#x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_rise_and_keep_their_parts() {
        let maker = TicketMaker::new(5);
        let at = 1_800_000_000_000;
        let mut last = Ticket::default();
        for i in 0..10_000i64 {
            // The clock steps back half-way: numbers still rise.
            let now = if i < 5_000 { at } else { at - 60_000 };
            let ticket = maker.next(now);
            assert!(ticket > last);
            assert_eq!(ticket.worker(), 5);
            last = ticket;
        }
        assert_eq!(maker.next(at + 10_000).accepted_at(), at + 10_000);
        assert_eq!(last.as_u64() >> 63, 0, "63 bits");
    }

    #[test]
    fn tokens_give_their_parts_back() {
        let token = Token::new(40_000, 0xab_cdef, 0x12_3456);
        assert_eq!((token.account(), token.slot(), token.generation()), (40_000, 0xab_cdef, 0x12_3456));
        assert_eq!(Token::from_u64(token.as_u64()), token);
    }
}
