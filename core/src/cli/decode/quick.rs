//! Small things that a capture does a hundred million times: digits and hashes.

use std::hash::{BuildHasher, Hasher, RandomState};

/// `000` to `999`, one after the other.
static TRIPLES: &str = {
    const OCTETS: [u8; 3000] = {
        let mut octets = [b'0'; 3000];
        let mut value = 0;
        while value < 1000 {
            octets[value * 3] += (value / 100) as u8;
            octets[value * 3 + 1] += (value / 10 % 10) as u8;
            octets[value * 3 + 2] += (value % 10) as u8;
            value += 1;
        }
        octets
    };
    match std::str::from_utf8(&OCTETS) {
        Ok(text) => text,
        Err(_) => panic!("digits are text"),
    }
};

/// The last three digits of a number.
fn triple(value: u64) -> &'static str {
    let at = (value % 1000) as usize * 3;
    TRIPLES.get(at..at + 3).unwrap_or_default()
}

/// Appends a number.
pub(super) fn number(out: &mut String, value: u64) {
    match value {
        0..10 => out.push(char::from(b'0' + value as u8)),
        10..100 => out.push_str(triple(value).get(1..).unwrap_or_default()),
        100..1000 => out.push_str(triple(value)),
        _ => {
            number(out, value / 1000);
            out.push_str(triple(value));
        }
    }
}

/// Appends a number with at least so many digits.
pub(super) fn padded(out: &mut String, value: u64, digits: u32) {
    match (digits, value) {
        (3, 0..1000) => out.push_str(triple(value)),
        (6, 0..1_000_000) => {
            out.push_str(triple(value / 1000));
            out.push_str(triple(value));
        }
        _ => {
            for power in (1..digits).rev() {
                if value < 10u64.saturating_pow(power) {
                    out.push('0');
                }
            }
            number(out, value);
        }
    }
}

/// A hash that is fast for short keys, and different in every run, so that no capture can be made to be slow.
#[derive(Clone, Debug)]
pub(super) struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher(self.0)
    }
}

#[derive(Debug)]
pub(super) struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(0x9E37_79B9_7F4A_7C15_u64);
        self.0 = (product >> 64) as u64 ^ product as u64 ^ word.rotate_left(32);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, octets: &[u8]) {
        let (words, tail) = octets.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !tail.is_empty() {
            self.add(tail.iter().fold(1, |word, octet| word << 8 | u64::from(*octet)));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.add(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.add(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        for value in
            [0, 7, 10, 99, 100, 305, 999, 1_000, 70_007, 999_999, 1_000_000, u64::from(u32::MAX), u64::MAX]
        {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, value.to_string());
            out.clear();
            for digits in [3, 4, 6] {
                out.clear();
                padded(&mut out, value, digits);
                assert_eq!(out, format!("{value:0width$}", width = digits as usize));
            }
        }
    }

    #[test]
    fn hashes_spread() {
        let quick = Quick::default();
        let mut low = std::collections::HashSet::new();
        for key in 0..4096u64 {
            low.insert(quick.hash_one((key, 1u32)) & 0xFFFF);
        }
        assert!(low.len() > 3500, "{}", low.len());
    }
}
