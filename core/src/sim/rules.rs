//! How a simulator behaves.

use std::time::Duration;
use thiserror::Error;

/// A phone that writes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// A word in the message that makes the phone answer.
    pub keyword: String,
    /// What it answers.
    pub text: String,
}

/// A rule that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadRule(pub String);

/// How a simulator answers, reports and replies. The default answers at once with success and reports DELIVRD
/// at once.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatorRules {
    /// Time until a submit is answered.
    pub answer_delay: Duration,
    /// Time from the answer to the report.
    pub report_delay: Duration,
    /// Up to so much more, at random, per report.
    pub report_jitter: Duration,
    /// Time from the report to a phone's reply.
    pub reply_delay: Duration,
    /// Stats of reports with their weights.
    pub stats: Vec<(String, u32)>,
    /// Result codes that refuse, with their shares in ten-thousandths.
    pub results: Vec<(u32, u32)>,
    /// Result codes by the last digit of the receiver: they come before shares.
    pub digits: Vec<(u8, u32)>,
    /// Phones that write back.
    pub replies: Vec<Reply>,
    /// Seed of everything that is random here.
    pub seed: u64,
}

impl Default for SimulatorRules {
    fn default() -> Self {
        SimulatorRules {
            answer_delay: Duration::ZERO,
            report_delay: Duration::ZERO,
            report_jitter: Duration::ZERO,
            reply_delay: Duration::ZERO,
            stats: vec![("DELIVRD".to_owned(), 1)],
            results: Vec::new(),
            digits: Vec::new(),
            replies: Vec::new(),
            seed: 1,
        }
    }
}

impl SimulatorRules {
    /// Reads `DELIVRD=95,UNDELIV=5` into [`SimulatorRules::stats`].
    ///
    /// # Errors
    /// A stat of more than 7 characters or a weight that is no number.
    pub fn set_stats(&mut self, text: &str) -> Result<(), BadRule> {
        let mut stats = Vec::new();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let (stat, weight) = part.split_once('=').unwrap_or((part, "1"));
            if stat.is_empty() || stat.len() > 7 {
                return Err(BadRule(format!("stat {stat:?}: a stat has 1 to 7 characters, such as DELIVRD")));
            }
            let weight = weight
                .parse()
                .map_err(|_| BadRule(format!("{part}: the weight is a whole number, as in DELIVRD=95")))?;
            stats.push((stat.to_owned(), weight));
        }
        if stats.iter().all(|(_, weight)| *weight == 0) {
            return Err(BadRule("no stat has a weight above 0: write DELIVRD=95,UNDELIV=5".to_owned()));
        }
        self.stats = stats;
        Ok(())
    }

    /// Reads `8=1%` or `13=0.5%` into [`SimulatorRules::results`].
    ///
    /// # Errors
    /// A code or share that is no number, or shares of more than 100 % in all.
    pub fn add_result(&mut self, text: &str) -> Result<(), BadRule> {
        let wrong = || BadRule(format!("{text:?}: write a result code and its share, as in 8=1%"));
        let (code, share) = text.split_once('=').ok_or_else(wrong)?;
        let code = code.parse().map_err(|_| wrong())?;
        let percent: f64 = share.trim_end_matches('%').parse().map_err(|_| wrong())?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(wrong());
        }
        self.results.push((code, (percent * 100.0).round() as u32));
        let all: u32 = self.results.iter().map(|(_, share)| share).sum();
        if all > 10_000 {
            return Err(BadRule("the shares of result codes are more than 100 % in all".to_owned()));
        }
        Ok(())
    }

    /// Reads `9=13`: receivers that end in 9 are refused with 13.
    ///
    /// # Errors
    /// A digit or code that is none.
    pub fn add_digit(&mut self, text: &str) -> Result<(), BadRule> {
        let wrong = || BadRule(format!("{text:?}: write the last digit and a result code, as in 9=13"));
        let (digit, code) = text.split_once('=').ok_or_else(wrong)?;
        let digit = digit.parse::<u8>().ok().filter(|d| *d < 10).ok_or_else(wrong)?;
        self.digits.push((digit, code.parse().map_err(|_| wrong())?));
        Ok(())
    }

    /// Reads `拒收=R`: a phone that gets a text with 拒收 answers R.
    ///
    /// # Errors
    /// No word or no answer.
    pub fn add_reply(&mut self, text: &str) -> Result<(), BadRule> {
        match text.split_once('=') {
            Some((keyword, reply)) if !keyword.is_empty() && !reply.is_empty() => {
                self.replies.push(Reply { keyword: keyword.to_owned(), text: reply.to_owned() });
                Ok(())
            }
            _ => Err(BadRule(format!("{text:?}: write a word and the phone's answer, as in TD=TD"))),
        }
    }

    /// Whether no rule refuses anything.
    pub(super) fn accepts_all(&self) -> bool {
        self.digits.is_empty() && self.results.is_empty()
    }

    /// The result for a receiver; `roll` is a random number below 10,000.
    pub(super) fn result_for(&self, receiver: &str, roll: u64) -> u32 {
        let digit = receiver.bytes().last().map(|b| b.wrapping_sub(b'0'));
        if let Some((_, code)) = self.digits.iter().find(|(d, _)| Some(*d) == digit) {
            return *code;
        }
        let mut below = 0;
        for (code, share) in &self.results {
            below += u64::from(*share);
            if roll < below {
                return *code;
            }
        }
        0
    }

    /// The stat of a report; `roll` is a random number below 10,000.
    pub(super) fn stat_for(&self, roll: u64) -> &str {
        let all: u64 = self.stats.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = roll * all / 10_000;
        for (stat, weight) in &self.stats {
            if left < u64::from(*weight) {
                return stat;
            }
            left -= u64::from(*weight);
        }
        "DELIVRD"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept() {
        let mut rules = SimulatorRules::default();
        rules.set_stats("DELIVRD=90,UNDELIV=7,EXPIRED=3").unwrap();
        rules.add_result("8=1%").unwrap();
        rules.add_result("13=0.5%").unwrap();
        rules.add_digit("9=10").unwrap();
        let count = |stat: &str| (0..10_000).filter(|r| rules.stat_for(*r) == stat).count();
        assert_eq!((count("DELIVRD"), count("UNDELIV"), count("EXPIRED")), (9000, 700, 300));
        let refused = |code: u32| (0..10_000).filter(|r| rules.result_for("13800138000", *r) == code).count();
        assert_eq!((refused(8), refused(13), refused(0)), (100, 50, 9850));
        assert_eq!(rules.result_for("13800138009", 0), 10);
    }

    #[test]
    fn wrong_rules_say_what_to_write() {
        let mut rules = SimulatorRules::default();
        assert!(rules.set_stats("DELIVERED=1").unwrap_err().0.contains("1 to 7 characters"));
        assert!(rules.set_stats("DELIVRD=x").unwrap_err().0.contains("DELIVRD=95"));
        assert!(rules.set_stats("DELIVRD=0").unwrap_err().0.contains("above 0"));
        assert!(rules.add_result("8").unwrap_err().0.contains("8=1%"));
        assert!(rules.add_result("8=101%").unwrap_err().0.contains("8=1%"));
        rules.add_result("8=60%").unwrap();
        assert!(rules.add_result("9=60%").unwrap_err().0.contains("100 %"));
        assert!(rules.add_digit("12=1").unwrap_err().0.contains("last digit"));
        assert!(rules.add_reply("TD").unwrap_err().0.contains("as in"));
    }
}
