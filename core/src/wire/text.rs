//! Fixed text fields, kept inline.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The text of a fixed field: at most `N` octets, stored without an allocation.
///
/// The octets are those of the wire, usually ASCII digits or letters. On the wire a value is left-justified and padded
/// with NUL, and a NUL ends it, so a value holds none. A reader also strips trailing blanks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text<const N: usize> {
    // Octets from `len` on are NUL, so that the derived comparisons hold and writing is one copy.
    octets: [u8; N],
    len: u8,
}

/// A text that does not fit its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("text of {actual} octets where {limit} fit")]
pub struct TooLong {
    /// Octets that fit. For a text with a NUL inside: the octets before it, because a NUL ends a field.
    pub limit: usize,
    /// Octets given.
    pub actual: usize,
}

/// What a reader had to remove behind a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    Clean,
    Blanks,
    Garbage,
}

impl<const N: usize> Text<N> {
    /// The empty text.
    pub const EMPTY: Self = Self { octets: [0; N], len: 0 };

    /// A text from a string.
    ///
    /// # Errors
    /// [`TooLong`] if it has more than `N` octets, or a NUL other than at its end.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        Self::from_octets(text.as_bytes())
    }

    /// A text from octets. NULs at the end are padding and are dropped; nothing else is.
    ///
    /// # Errors
    /// [`TooLong`] if it has more than `N` octets, or a NUL other than at its end.
    #[inline]
    pub fn from_octets(octets: &[u8]) -> Result<Self, TooLong> {
        // Almost every value fits and has no NUL.
        if octets.len() <= N && first_nul(octets) == octets.len() {
            let mut text = Self::EMPTY;
            if let Some(room) = text.octets.get_mut(..octets.len()) {
                room.copy_from_slice(octets);
            }
            text.len = short_len(octets.len());
            return Ok(text);
        }
        Self::from_padded(octets)
    }

    #[cold]
    fn from_padded(octets: &[u8]) -> Result<Self, TooLong> {
        let value =
            octets.iter().rposition(|&o| o != 0).and_then(|last| octets.get(..=last)).unwrap_or_default();
        let fits = value.iter().position(|&o| o == 0).unwrap_or(N).min(N);
        let mut text = Self::EMPTY;
        match text.octets.get_mut(..value.len()) {
            Some(room) if value.len() <= fits => {
                room.copy_from_slice(value);
                text.len = short_len(value.len());
                Ok(text)
            }
            _ => Err(TooLong { limit: fits, actual: value.len() }),
        }
    }

    /// A text from a whole field of the wire: cut at the first NUL, then trailing blanks stripped. Octets beyond `N`
    /// are not looked at.
    #[must_use]
    pub fn from_field(field: &[u8]) -> Self {
        Self::read(field).0
    }

    #[inline(always)]
    pub(crate) fn read(field: &[u8]) -> (Self, Padding) {
        let field = field.get(..N.min(field.len())).unwrap_or_default();
        let mut text = Self::EMPTY;
        match field.first_chunk::<N>() {
            // A copy of known size is a few instructions.
            Some(whole) => text.octets = *whole,
            None => {
                if let Some(room) = text.octets.get_mut(..field.len()) {
                    room.copy_from_slice(field);
                }
            }
        }
        let (end, beyond) = ends(&text.octets);
        text.len = short_len(end);
        let last = end.checked_sub(1).and_then(|last| text.octets.get(last));
        if !beyond && last != Some(&b' ') {
            return (text, Padding::Clean);
        }
        Self::read_padded(field.get(..end).unwrap_or_default())
    }

    /// A value that is followed by other octets than NUL, or ends with blanks.
    #[cold]
    fn read_padded(mut value: &[u8]) -> (Self, Padding) {
        let padding = if value.last() == Some(&b' ') { Padding::Blanks } else { Padding::Garbage };
        while let [head @ .., b' '] = value {
            value = head;
        }
        let mut text = Self::EMPTY;
        if let Some(room) = text.octets.get_mut(..value.len()) {
            room.copy_from_slice(value);
        }
        text.len = short_len(value.len());
        (text, padding)
    }

    /// The octets of the value, without padding.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The value padded with NUL to `width` octets, or `None` if it is longer or `width` is above `N`.
    #[inline]
    pub(crate) fn padded(&self, width: usize) -> Option<&[u8]> {
        if usize::from(self.len) <= width { self.octets.get(..width) } else { None }
    }

    /// All octets of the field: the value and its padding.
    #[inline(always)]
    pub(crate) const fn whole(&self) -> &[u8; N] {
        &self.octets
    }

    /// The value as a string, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// The value as a string; what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// Whether the value is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Octets of the value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// The same value in a field of another size.
    ///
    /// # Errors
    /// [`TooLong`] if it has more than `M` octets.
    #[inline]
    pub fn resize<const M: usize>(&self) -> Result<Text<M>, TooLong> {
        let (limit, actual) = (M, self.len());
        let mut text = Text::<M>::EMPTY;
        // Behind the value there are NULs, here as there: no need to look for its end.
        match (text.octets.get_mut(..N.min(M)), self.octets.get(..N.min(M))) {
            (Some(room), Some(octets)) if actual <= limit => room.copy_from_slice(octets),
            _ => return Err(TooLong { limit, actual }),
        }
        text.len = self.len;
        Ok(text)
    }
}

/// Where the first NUL is, or the length. Reading spends most of its time here, so it goes by eight octets: a borrow
/// reaches the top bit of an octet only where the octet is zero or a lower one was.
#[inline(always)]
fn first_nul(field: &[u8]) -> usize {
    let (words, tail) = field.as_chunks::<8>();
    let mut at = 0usize;
    for word in words {
        let zero = nul_bits(u64::from_le_bytes(*word));
        if zero != 0 {
            return at.saturating_add(zero.trailing_zeros().wrapping_shr(3) as usize);
        }
        at = at.saturating_add(8);
    }
    at.saturating_add(tail.iter().position(|&o| o == 0).unwrap_or(tail.len()))
}

/// Where the first NUL is, or the length; and whether anything but NUL follows it. A bit an octet, without a branch: the
/// number of words is known to the compiler.
#[inline(always)]
fn ends<const N: usize>(octets: &[u8; N]) -> (usize, bool) {
    if N > 64 {
        let end = first_nul(octets);
        return (end, octets.iter().skip(end).any(|octet| *octet != 0));
    }
    let (words, tail) = octets.as_chunks::<8>();
    let (mut set, mut at) = (0u64, 0u32);
    for word in words {
        set |= set_octets(u64::from_le_bytes(*word)).wrapping_shl(at);
        at = at.wrapping_add(8);
    }
    if !N.is_multiple_of(8) {
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(tail) {
            *to = *from;
        }
        set |= set_octets(u64::from_le_bytes(last)).wrapping_shl(at);
    }
    (set.trailing_ones() as usize, set & set.wrapping_add(1) != 0)
}

/// A bit for each octet that is not zero, the lowest for the first.
#[inline(always)]
const fn set_octets(word: u64) -> u64 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    // Adding carries into the top bit of an octet if one of its lower bits is set, and never beyond.
    let tops = ((word & LOW).wrapping_add(LOW) | word) & !LOW;
    // The product gathers the eight top bits in the highest octet.
    (tops.wrapping_shr(7)).wrapping_mul(0x0102_0408_1020_4080).wrapping_shr(56)
}

/// The top bit of the first octet that is zero; bits above it mean nothing.
#[inline(always)]
const fn nul_bits(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    word.wrapping_sub(LOW) & !word & LOW << 7
}

// No field of the three protocols is wider than 255 octets; `Text<N>` beyond that would not compile its field table.
const fn short_len(len: usize) -> u8 {
    if len > u8::MAX as usize { u8::MAX } else { len as u8 }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.to_string_lossy(), f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

impl<const N: usize> FromStr for Text<N> {
    type Err = TooLong;

    fn from_str(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const N: usize> TryFrom<&str> for Text<N> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        Self::new(text)
    }
}

impl<const N: usize> AsRef<[u8]> for Text<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn constructors_never_cut() {
        assert_eq!(Text::<4>::new("abcd").unwrap(), "abcd");
        assert_eq!(Text::<4>::new("abcde"), Err(TooLong { limit: 4, actual: 5 }));
        assert_eq!(Text::<8>::from_octets(b"ab\0cd"), Err(TooLong { limit: 2, actual: 5 }));
        assert_eq!(Text::<2>::from_octets(b"ab\0\0\0").unwrap(), "ab");
        assert_eq!(Text::<2>::from_octets(b"a ").unwrap().as_bytes(), b"a ");
        assert_eq!(Text::<32>::new("13800138000").unwrap().resize::<11>().unwrap(), "13800138000");
        assert!(Text::<32>::new("13800138000").unwrap().resize::<10>().is_err());
    }

    #[test]
    fn fields_are_cut_and_stripped() {
        assert_eq!(Text::<6>::read(b"901234"), (Text::new("901234").unwrap(), Padding::Clean));
        assert_eq!(Text::<6>::read(b"90\0\0\0\0"), (Text::new("90").unwrap(), Padding::Clean));
        assert_eq!(Text::<6>::read(b"90\0xyz"), (Text::new("90").unwrap(), Padding::Garbage));
        assert_eq!(Text::<6>::read(b"90    "), (Text::new("90").unwrap(), Padding::Blanks));
        assert_eq!(Text::<6>::read(b"      "), (Text::EMPTY, Padding::Blanks));
        assert_eq!(Text::<6>::from_field(b"9 0 \0\0").as_bytes(), b"9 0");
        assert_eq!(Text::<2>::from_field(b"abcd"), "ab");
        assert_eq!(Text::<4>::from_field(b"ab"), "ab");
    }

    #[test]
    fn what_follows_the_first_nul_is_seen() {
        let mut field = [1u8; 21];
        assert_eq!(ends(&field), (21, false));
        for end in (0..21).rev() {
            field[end] = 0;
            assert_eq!(ends(&field), (end, false));
            for at in end + 1..21 {
                field[at] = 0x80;
                assert_eq!(ends(&field), (end, true), "{end} {at}");
                field[at] = 0;
            }
        }
    }

    #[test]
    fn the_first_nul_is_found_anywhere() {
        for length in 0..=33 {
            for fill in [1, 0x80, 0xFF] {
                let mut field = vec![fill; length];
                assert_eq!(first_nul(&field), length);
                for at in (0..length).rev() {
                    field[at] = 0;
                    assert_eq!(first_nul(&field), at);
                }
            }
        }
    }

    #[test]
    fn views() {
        let text = Text::<8>::from_octets(&[0xC4, 0xE3]).unwrap();
        assert_eq!((text.len(), text.as_str(), text.is_empty()), (2, None, false));
        assert_eq!(text.to_string_lossy(), "\u{FFFD}\u{FFFD}");
        assert_eq!(Text::<8>::new("ab").unwrap().padded(4), Some(&b"ab\0\0"[..]));
        assert_eq!(Text::<8>::new("abcde").unwrap().padded(4), None);
        assert_eq!(
            format!("{:?} {:>4}|", Text::<8>::new("ab").unwrap(), Text::<8>::new("ab").unwrap()),
            "\"ab\"   ab|"
        );
    }
}
