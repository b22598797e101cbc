//! Log lines about connections that were turned away: the first ones of an interval each, the rest as one number.

use super::guard::{TurnedAway, TurnedAwayCounts};
use crate::time::{Now, SECOND};
use std::fmt::Write as _;

/// How long an interval is.
const INTERVAL_NS: u64 = 10 * SECOND;
/// Lines of one interval that are written each.
const LINES: u32 = 10;

/// Bounds the lines of one listener: a flood of port scanners must fill neither the log nor the memory.
#[derive(Debug, Default)]
pub struct Notices {
    /// When the interval began.
    since: u64,
    said: u32,
    more: TurnedAwayCounts,
}

impl Notices {
    /// Somebody was turned away. True: write a line about it; otherwise it is counted.
    pub fn count(&mut self, now: Now, why: TurnedAway) -> bool {
        let over = now.mono_ns.saturating_sub(self.since) >= INTERVAL_NS;
        if self.said == 0 || (over && self.more.sum() == 0) {
            (self.since, self.said) = (now.mono_ns, 0);
        }
        if self.said < LINES && self.more.sum() == 0 {
            self.said += 1;
            return true;
        }
        self.more.add(why);
        false
    }

    /// When [`Notices::due`] has something to say.
    pub fn deadline(&self) -> Option<u64> {
        (self.more.sum() > 0).then(|| self.since.saturating_add(INTERVAL_NS))
    }

    /// The line about those that were counted, once their interval is over.
    pub fn due(&mut self, now: Now) -> Option<String> {
        if self.deadline()? > now.mono_ns {
            return None;
        }
        let more = std::mem::take(&mut self.more);
        self.said = 0;
        let mut line = format!("and {} more did not log in:", grouped(more.sum()));
        let mut before = " ";
        for (why, n) in more.iter().filter(|(_, n)| *n > 0) {
            let _ = write!(line, "{before}{} {}", grouped(n), why.word());
            before = ", ";
        }
        Some(line)
    }
}

/// `1,234`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Now {
        Now { mono_ns: ms * 1_000_000, unix_ms: 0 }
    }

    #[test]
    fn a_flood_is_a_few_lines_and_a_number() {
        let mut notices = Notices::default();
        let said = (0..1_000).filter(|_| notices.count(at(1), TurnedAway::Left)).count();
        assert_eq!(said, LINES as usize);
        let said = (0..254).filter(|_| notices.count(at(9_000), TurnedAway::Nonsense)).count();
        assert_eq!((said, notices.deadline(), notices.due(at(10_000))), (0, Some(at(10_001).mono_ns), None));
        let line = notices.due(at(10_001)).unwrap();
        assert_eq!(line, "and 1,244 more did not log in: 990 left, 254 nonsense");
        assert_eq!((notices.deadline(), notices.due(at(50_000))), (None, None));
        assert!(notices.count(at(50_000), TurnedAway::Left), "a new interval");
    }

    #[test]
    fn a_few_an_interval_are_lines_each() {
        let mut notices = Notices::default();
        for i in 0..100 {
            assert!(notices.count(at(i * 2_000), TurnedAway::Credentials), "{i}");
            assert_eq!(notices.deadline(), None);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        let texts = [0, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
