//! Values for the generated tests: the widest ones, or pseudo-random ones from a seed.

use crate::wire::text::Text;

/// Chooses values.
#[derive(Debug)]
pub enum Sampler {
    /// Always the largest number, the longest text, the fullest list.
    Widest,
    /// A linear congruential generator; good enough to vary sizes and octets.
    Random(u64),
}

impl Sampler {
    fn next(&mut self) -> Option<u64> {
        match self {
            Self::Widest => None,
            Self::Random(state) => {
                *state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Some(*state ^ (*state >> 33))
            }
        }
    }

    /// A number up to the largest one, which has all its bits set.
    pub fn number(&mut self, largest: u64) -> u64 {
        self.next().map_or(largest, |value| value & largest)
    }

    /// How many entries, octets or characters.
    pub fn entries(&mut self, min: u32, max: u32) -> u32 {
        let span = u64::from(max.saturating_sub(min)).saturating_add(1);
        self.next().map_or(max, |value| min.saturating_add(value.checked_rem(span).unwrap_or(0) as u32))
    }

    /// Text that survives reading: no NUL inside, no blank at the end.
    pub fn text<const N: usize>(&mut self, width: usize) -> Text<N> {
        let length = self.entries(0, u32::try_from(width).unwrap_or(0));
        let octets: Vec<u8> = (0..length).map(|_| b'@' | self.number(0x3F) as u8).collect();
        Text::from_octets(&octets).unwrap_or_default()
    }
}
