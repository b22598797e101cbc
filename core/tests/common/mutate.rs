//! A mutator for bad input: the same octets from the same seed, so that a failure can be repeated.

/// Changes octets at random; a xorshift generator.
pub(crate) struct Mutator(u64);

/// Lengths, counts and bounds that programs get wrong.
const WORDS: [u32; 9] = [0, 1, 11, 12, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF, 0x1001];

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, or 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of the seeds, changed in one to six places.
    pub(crate) fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut octets = self.pick(seeds).clone();
        for _ in 0..=self.below(6) {
            let at = self.below(octets.len() + 1);
            match self.below(9) {
                0 => octets.truncate(at),
                1 => octets.insert(at, self.next() as u8),
                2 if at < octets.len() => {
                    octets.remove(at);
                }
                3 if at < octets.len() => octets[at] ^= 1 << self.below(8),
                4 if at < octets.len() => octets[at] = *self.pick(&[0, 1, 0x7F, 0x80, 0xFF, b' ']),
                5 if at < octets.len() => octets[at] = self.next() as u8,
                6 if at + 4 <= octets.len() => {
                    let word = *self.pick(&WORDS);
                    octets[at..at + 4].copy_from_slice(&word.to_be_bytes());
                }
                7 => {
                    let other = self.pick(seeds).clone();
                    let from = self.below(other.len());
                    octets.truncate(at);
                    octets.extend(&other[from..]);
                }
                8 => {
                    let end = (at + self.below(64)).min(octets.len());
                    let copy = octets[at..end].to_vec();
                    octets.splice(at..at, copy);
                }
                _ => {}
            }
            octets.truncate(16 << 10);
        }
        octets
    }
}
