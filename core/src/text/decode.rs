//! Octets of a content to text. Nothing is refused: what cannot be read is replaced and flagged.

use encoding_rs::GB18030;

use super::coding::{Charset, Coding};
use super::gsm7;

/// What was odd about the octets of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DecodeFlags {
    /// UCS-2 with an odd number of octets: the last one was dropped.
    pub odd: bool,
    /// Octets that mean nothing became U+FFFD.
    pub replaced: bool,
    /// A byte order mark was there and was taken away.
    pub bom: bool,
    /// UCS-2 whose byte order mark says little-endian.
    pub little_endian: bool,
    /// Octets above 0x7F in a format of 7 bits: read as GBK.
    pub gbk_in_ascii: bool,
}

impl DecodeFlags {
    /// Whether nothing was odd.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            odd: self.odd || other.odd,
            replaced: self.replaced || other.replaced,
            bom: self.bom || other.bom,
            little_endian: self.little_endian || other.little_endian,
            gbk_in_ascii: self.gbk_in_ascii || other.gbk_in_ascii,
        }
    }
}

/// A content as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The text; `None` if the coding carries octets. Never trimmed.
    pub text: Option<String>,
    /// What was odd.
    pub flags: DecodeFlags,
}

/// Reads a content without user data header as `coding` says.
pub fn decode(coding: Coding, octets: &[u8]) -> Decoded {
    decode_as(coding.charset(), octets)
}

/// Reads a content as `charset`, whatever its coding says: for channels that label their content wrongly.
pub fn decode_as(charset: Charset, octets: &[u8]) -> Decoded {
    let mut flags = DecodeFlags::default();
    let text = match charset {
        Charset::Binary => None,
        Charset::Ucs2 => Some(ucs2(octets, &mut flags)),
        Charset::Gb18030 => Some(gb18030(octets, &mut flags)),
        Charset::Ascii | Charset::Gsm7 if !octets.is_ascii() => {
            flags.gbk_in_ascii = true;
            Some(gb18030(octets, &mut flags))
        }
        Charset::Ascii => Some(String::from_utf8_lossy(octets).into_owned()),
        Charset::Gsm7 => Some(gsm7::decode(octets).0),
    };
    Decoded { text, flags }
}

fn ucs2(octets: &[u8], flags: &mut DecodeFlags) -> String {
    let body = match octets {
        [0xFE, 0xFF, body @ ..] => {
            flags.bom = true;
            body
        }
        [0xFF, 0xFE, body @ ..] => {
            flags.bom = true;
            flags.little_endian = true;
            body
        }
        body => body,
    };
    let (pairs, rest) = body.as_chunks::<2>();
    flags.odd = !rest.is_empty();
    let little_endian = flags.little_endian;
    let units = pairs
        .iter()
        .map(|&pair| if little_endian { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) });
    // Han are three octets of UTF-8.
    let mut text = String::with_capacity(pairs.len().saturating_mul(3));
    for character in char::decode_utf16(units) {
        text.push(character.unwrap_or_else(|_| {
            flags.replaced = true;
            char::REPLACEMENT_CHARACTER
        }));
    }
    text
}

fn gb18030(octets: &[u8], flags: &mut DecodeFlags) -> String {
    let (text, replaced) = GB18030.decode_without_bom_handling(octets);
    flags.replaced |= replaced;
    match text.strip_prefix('\u{feff}') {
        Some(body) => {
            flags.bom = true;
            body.to_owned()
        }
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(coding: u8, octets: &[u8]) -> (String, DecodeFlags) {
        let decoded = decode(Coding(coding), octets);
        (decoded.text.unwrap(), decoded.flags)
    }

    #[test]
    fn little_endian_mark_turns_the_octets() {
        let (text, flags) = text(8, &[0xFF, 0xFE, 0x60, 0x4F]);
        assert_eq!(text, "你");
        assert!(flags.bom && flags.little_endian && !flags.replaced);
    }

    #[test]
    fn odd_octet_is_dropped_and_flagged() {
        assert_eq!(text(8, &[0x4F]), (String::new(), DecodeFlags { odd: true, ..DecodeFlags::default() }));
    }

    #[test]
    fn flash_reads_as_its_alphabet() {
        assert_eq!(text(24, &[0x4F, 0x60]).0, "你");
        assert_eq!(text(16, b"Code").0, "Code");
        assert_eq!(text(240, &[0, b'A', 0x1B, 0x65]).0, "@A€");
    }

    #[test]
    fn content_is_never_trimmed() {
        assert_eq!(text(0, b" a \0").0, " a \0");
    }

    #[test]
    fn binary_is_no_text() {
        for coding in [3, 4, 21, 245, 246, 0x80, 0x28] {
            assert_eq!(decode(Coding(coding), b"abc").text, None, "{coding}");
        }
    }

    #[test]
    fn half_a_gbk_character_is_replaced() {
        let (decoded, flags) = text(15, &[0xC4, 0xE3, 0xBA]);
        assert_eq!(decoded, "你\u{fffd}");
        assert!(flags.replaced);
    }

    #[test]
    fn gb18030_mark_is_taken_away() {
        let (decoded, flags) = text(15, &[0x84, 0x31, 0x95, 0x33, 0x41]);
        assert_eq!(decoded, "A");
        assert!(flags.bom);
    }

    #[test]
    fn another_charset_can_be_named() {
        let decoded = decode_as(Charset::Gb18030, &[0xC4, 0xE3]);
        assert_eq!(decoded.text.as_deref(), Some("你"));
        assert!(decoded.flags.is_clean());
    }
}
