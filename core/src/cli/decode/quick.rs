//! Small things that a capture does a hundred million times: digits and hashes.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Appends a number.
pub(super) fn number(out: &mut String, mut value: u64) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    loop {
        from -= 1;
        if let Some(digit) = digits.get_mut(from) {
            *digit = b'0' + (value % 10) as u8;
        }
        value /= 10;
        if value == 0 || from == 0 {
            break;
        }
    }
    out.push_str(digits.get(from..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
}

/// Appends a number with at least so many digits.
pub(super) fn padded(out: &mut String, value: u64, digits: u32) {
    for power in (1..digits).rev() {
        if value < 10u64.pow(power) {
            out.push('0');
        }
    }
    number(out, value);
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
        for value in [0, 7, 10, 999, 1_000, u64::from(u32::MAX), u64::MAX] {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, value.to_string());
            out.clear();
            padded(&mut out, value, 6);
            assert_eq!(out, format!("{value:06}"));
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
