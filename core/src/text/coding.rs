//! The message-format octet and the ways to choose it (`sms-content.md` 1).

use std::fmt;
use std::str::FromStr;

/// The message-format octet of a message: Msg_Fmt in CMPP, MessageCoding in SGIP, MsgFormat in SMGP.
///
/// It is a GSM data coding scheme, of which the Chinese protocols name a few values. Any octet is allowed, so that
/// unknown values survive (`sms-content.md` 1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Coding(pub u8);

/// How the octets of a content are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// One octet a character, 0x00 to 0x7F; octets above are mislabelled GBK (`sms-content.md` 2.1).
    Ascii,
    /// Code points of the GSM 7-bit default alphabet, one an octet (`sms-content.md` 2.2).
    Gsm7,
    /// No text: octets for a card, a port or an application.
    Binary,
    /// UTF-16, big-endian (`sms-content.md` 2.3).
    Ucs2,
    /// GB18030, of which GBK is the part without four-octet sequences (`sms-content.md` 2.4).
    Gb18030,
}

impl Coding {
    /// ASCII octets.
    pub const ASCII: Self = Self(0);
    /// Card write operation: octets.
    pub const SIM_WRITE: Self = Self(3);
    /// Binary octets.
    pub const BINARY: Self = Self(4);
    /// UTF-16, big-endian.
    pub const UCS2: Self = Self(8);
    /// GB18030.
    pub const GB18030: Self = Self(15);
    /// ASCII octets, class 0: shown at once and not kept.
    pub const FLASH_ASCII: Self = Self(16);
    /// Binary octets, class 0.
    pub const FLASH_BINARY: Self = Self(20);
    /// Binary octets, class 1: for the phone itself.
    pub const ME_BINARY: Self = Self(21);
    /// Binary octets, class 2: for the card.
    pub const SIM_BINARY: Self = Self(22);
    /// UTF-16, class 0: shown at once and not kept.
    pub const FLASH_UCS2: Self = Self(24);
    /// Octets for the (U)SIM toolkit: class 2 of group 1111.
    pub const SIM_TOOLKIT: Self = Self(246);

    /// How the octets are to be read, by the anatomy of a data coding scheme (`sms-content.md` 1).
    ///
    /// Alphabet 0 of the general groups is ASCII, because that is what the Chinese protocols carry there; alphabet 3
    /// is GB18030. Compressed content and the reserved groups are [`Charset::Binary`], and so is 3.
    pub fn charset(self) -> Charset {
        match self.0 {
            3 => Charset::Binary,
            0x00..=0x7F if self.0 & 0x20 != 0 => Charset::Binary,
            0x00..=0x7F => match self.0 & 0x0C {
                0x00 => Charset::Ascii,
                0x04 => Charset::Binary,
                0x08 => Charset::Ucs2,
                _ => Charset::Gb18030,
            },
            0x80..=0xBF => Charset::Binary,
            0xC0..=0xDF => Charset::Gsm7,
            0xE0..=0xEF => Charset::Ucs2,
            0xF0..=0xFF if self.0 & 0x04 != 0 => Charset::Binary,
            0xF0..=0xFF => Charset::Gsm7,
        }
    }

    /// The message class, 0 to 3, if the octet carries one: 0 flash, 1 phone, 2 card, 3 terminal equipment.
    pub fn class(self) -> Option<u8> {
        let carries = match self.0 {
            0x00..=0x7F => self.0 & 0x10 != 0,
            0x80..=0xEF => false,
            0xF0..=0xFF => true,
        };
        carries.then_some(self.0 & 0x03)
    }

    /// The same alphabet with message class `class` (0 to 3): 0 becomes 16, 8 becomes 24, 4 becomes 20.
    ///
    /// `None` if there is no such value: a class above 3, card write (3), GB18030 (15: its bits are taken), message
    /// waiting and reserved groups.
    pub fn with_class(self, class: u8) -> Option<Self> {
        if class > 3 || self == Self::SIM_WRITE {
            return None;
        }
        match self.0 {
            0x00..=0x7F if self.0 & 0x0C == 0x0C => None,
            0x00..=0x7F => Some(Self((self.0 & 0xEC) | 0x10 | class)),
            0x80..=0xEF => None,
            0xF0..=0xFF => Some(Self((self.0 & 0xFC) | class)),
        }
    }

    /// Whether the content is text.
    pub fn is_text(self) -> bool {
        self.charset() != Charset::Binary
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ascii => "ASCII",
            Self::Gsm7 => "GSM 7-bit",
            Self::Binary => "binary",
            Self::Ucs2 => "UCS-2",
            Self::Gb18030 => "GB18030",
        })
    }
}

/// Writes the number and what it means: `8 (UCS-2)`, `24 (UCS-2, class 0)`.
impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class() {
            Some(class) => write!(f, "{} ({}, class {class})", self.0, self.charset()),
            None => write!(f, "{} ({})", self.0, self.charset()),
        }
    }
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Coding({self})")
    }
}

impl From<u8> for Coding {
    fn from(octet: u8) -> Self {
        Self(octet)
    }
}

/// How [`encode`](super::encode()) finds the coding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CodingChoice {
    /// By the table of `sms-content.md` 2.5: printable ASCII in one message goes as 0; a text of GBK characters in
    /// one message goes as 15 on SMGP; everything else goes as 8.
    #[default]
    Auto,
    /// The coding with the fewest segments, then the fewest octets. It may send long ASCII text as 0 and long
    /// mixed text as 15, which not every network carries well.
    Cheapest,
    /// This coding and no other.
    Fixed(Coding),
    /// Format 0 with GSM 7-bit code points packed into octets. No SP protocol of China carries it.
    Gsm7Packed,
    /// Format 0 with GSM 7-bit code points, one an octet.
    Gsm7Unpacked,
}

/// A text that is no [`CodingChoice`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown coding {0:?}: use auto, cheapest, ascii, ucs2, gb18030, gbk, binary, gsm7, gsm7-packed \
     or a number from 0 to 255"
)]
pub struct BadCoding(pub String);

/// Reads `auto`, `cheapest`, `ascii`, `ucs2`, `gb18030` or `gbk`, `binary`, `gsm7`, `gsm7-packed`, or a number from
/// 0 to 255. Upper and lower case are the same.
impl FromStr for CodingChoice {
    type Err = BadCoding;

    fn from_str(text: &str) -> Result<Self, BadCoding> {
        // Every message of a C program names its coding: no allocation for that.
        if let Some((_, choice)) = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
            return Ok(*choice);
        }
        let octet = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        octet.map(|octet| Self::Fixed(Coding(octet))).ok_or_else(|| BadCoding(text.to_owned()))
    }
}

const NAMES: [(&str, CodingChoice); 9] = [
    ("auto", CodingChoice::Auto),
    ("cheapest", CodingChoice::Cheapest),
    ("ascii", CodingChoice::Fixed(Coding::ASCII)),
    ("ucs2", CodingChoice::Fixed(Coding::UCS2)),
    ("gb18030", CodingChoice::Fixed(Coding::GB18030)),
    ("gbk", CodingChoice::Fixed(Coding::GB18030)),
    ("binary", CodingChoice::Fixed(Coding::BINARY)),
    ("gsm7", CodingChoice::Gsm7Unpacked),
    ("gsm7-packed", CodingChoice::Gsm7Packed),
];

/// Writes what [`FromStr`] reads.
impl fmt::Display for CodingChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Auto => f.write_str("auto"),
            Self::Cheapest => f.write_str("cheapest"),
            Self::Fixed(Coding::ASCII) => f.write_str("ascii"),
            Self::Fixed(Coding::UCS2) => f.write_str("ucs2"),
            Self::Fixed(Coding::GB18030) => f.write_str("gb18030"),
            Self::Fixed(Coding::BINARY) => f.write_str("binary"),
            Self::Fixed(Coding(octet)) => write!(f, "{octet}"),
            Self::Gsm7Packed => f.write_str("gsm7-packed"),
            Self::Gsm7Unpacked => f.write_str("gsm7"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charset_follows_the_anatomy() {
        let expect = [
            (0, Charset::Ascii),
            (1, Charset::Ascii),
            (3, Charset::Binary),
            (4, Charset::Binary),
            (8, Charset::Ucs2),
            (15, Charset::Gb18030),
            (16, Charset::Ascii),
            (20, Charset::Binary),
            (21, Charset::Binary),
            (22, Charset::Binary),
            (24, Charset::Ucs2),
            (0x28, Charset::Binary), // compressed
            (0x48, Charset::Ucs2),   // automatic deletion
            (0x80, Charset::Binary), // reserved
            (0xC8, Charset::Gsm7),   // message waiting
            (0xD0, Charset::Gsm7),
            (0xE0, Charset::Ucs2),
            (240, Charset::Gsm7),
            (245, Charset::Binary),
            (246, Charset::Binary),
        ];
        for (octet, charset) in expect {
            assert_eq!(Coding(octet).charset(), charset, "{octet}");
        }
    }

    #[test]
    fn classes() {
        for (octet, class) in
            [(0, None), (3, None), (8, None), (16, Some(0)), (21, Some(1)), (24, Some(0)), (246, Some(2))]
        {
            assert_eq!(Coding(octet).class(), class, "{octet}");
        }
        for (octet, class, with) in [
            (0, 0, Some(16)),
            (8, 0, Some(24)),
            (4, 1, Some(21)),
            (4, 2, Some(22)),
            (24, 1, Some(25)),
            (245, 2, Some(246)),
            (15, 0, None),
            (3, 1, None),
            (8, 4, None),
            (0xD0, 0, None),
        ] {
            assert_eq!(Coding(octet).with_class(class), with.map(Coding), "{octet} {class}");
        }
    }

    #[test]
    fn every_class_reads_back() {
        for octet in 0..=255 {
            for class in 0..=3 {
                if let Some(coding) = Coding(octet).with_class(class) {
                    assert_eq!(coding.class(), Some(class), "{octet}");
                    assert_eq!(coding.charset(), Coding(octet).charset(), "{octet}");
                }
            }
        }
    }

    #[test]
    fn choice_reads_what_it_writes() {
        for octet in 0..=255 {
            let choice = CodingChoice::Fixed(Coding(octet));
            assert_eq!(choice.to_string().parse(), Ok(choice));
            assert_eq!(octet.to_string().parse(), Ok(choice));
        }
        for choice in
            [CodingChoice::Auto, CodingChoice::Cheapest, CodingChoice::Gsm7Packed, CodingChoice::Gsm7Unpacked]
        {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("GBK".parse(), Ok(CodingChoice::Fixed(Coding::GB18030)));
        assert_eq!("00000000000000000008".parse(), Ok(CodingChoice::Fixed(Coding::UCS2)));
        for bad in ["", "256", "-1", "+8", "utf8", "8 "] {
            let error = bad.parse::<CodingChoice>().unwrap_err();
            assert!(error.to_string().contains("gsm7-packed"), "{error}");
        }
    }

    #[test]
    fn display_says_what_it_means() {
        assert_eq!(Coding::FLASH_UCS2.to_string(), "24 (UCS-2, class 0)");
        assert_eq!(Coding::GB18030.to_string(), "15 (GB18030)");
    }
}
