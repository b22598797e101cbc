//! What a segment holds, and the rules of a channel for cutting a message (`sms-content.md` 3 and 5).

use super::coding::{Charset, CodingChoice};
use super::gsm7;
use super::udh::Width;

/// Octets of user data in one message on the air.
pub(crate) const USER_DATA: usize = 140;
/// Septets that fit into them.
pub(crate) const USER_SEPTETS: usize = 160;

/// What is left for content in one message after a user data header (`sms-content.md` 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Octets: 140 without a header.
    pub octets: usize,
    /// Packed GSM 7-bit codes: 160 without a header.
    pub septets: usize,
    /// UTF-16 units: 70 without a header.
    pub utf16_units: usize,
    /// Zero bits between the header and the first septet.
    pub fill_bits: u8,
}

impl Room {
    /// The room after a header of `udh_octets` octets, its length octet included; 0 for no header.
    pub fn after_udh(udh_octets: usize) -> Self {
        let octets = USER_DATA.saturating_sub(udh_octets);
        Self {
            octets,
            septets: octets.saturating_mul(8) / 7,
            utf16_units: octets / 2,
            fill_bits: gsm7::fill_bits(udh_octets),
        }
    }
}

/// The protocol a text is for. It decides between 15 and 8 for Chinese text in one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextProtocol {
    /// China Mobile: 8.
    Cmpp,
    /// China Unicom: 8.
    Sgip,
    /// China Telecom: 15, which its document asks for.
    Smgp,
}

/// Number of bits of the reference in the headers of a long message.
pub type RefWidth = Width;

/// How a message is coded and cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitRules {
    /// The protocol. See [`TextProtocol`].
    pub protocol: TextProtocol,
    /// Longest single message in ASCII or unpacked GSM 7-bit, in octets: CMPP 159, SGIP 160, SMGP 140.
    pub single_limit_ascii: u16,
    /// Longest single message in other codings, in octets: 140. SMGP below 3.0 takes 252.
    pub single_limit: u16,
    /// Reference of long messages. The 7-octet header of a 16-bit one shows as garbage on parts of China Telecom.
    pub reference_width: RefWidth,
    /// How the coding is found.
    pub coding: CodingChoice,
    /// Message class, 0 to 3; 0 is flash. A class turns 0 into 16 and 8 into 24; 15 cannot carry one.
    pub class: Option<u8>,
    /// Characters that the gateway puts before the text, such as its 【signature】: the first segment holds so many
    /// fewer. A character counts as one UTF-16 unit in UCS-2, two octets in GB18030, one octet in ASCII and one septet
    /// in GSM 7-bit. Binary content has no reserve. The gateway's text is taken to be Chinese: with a reserve at head
    /// or tail, `Auto` and `Cheapest` do not use ASCII.
    pub reserve_head: u16,
    /// Characters that the gateway puts after the text, such as its opt-out words: the last segment holds so many
    /// fewer, counted as for `reserve_head`. A single message is first and last segment at once.
    pub reserve_tail: u16,
    /// Most segments of one message, 1 to 255. 0 counts as 1.
    pub max_segments: u8,
    /// With a fixed coding of GB18030: refuse characters outside GBK, for gateways that know no four-octet sequences.
    /// `Auto` and `Cheapest` never use 15 for such a text.
    pub gb_only: bool,
    /// With a fixed coding of GB18030: also keep to half as many UTF-16 units as octets, because networks turn 15 into
    /// UCS-2 for the phone. `Auto` and `Cheapest` always do.
    pub gb_unit_limit: bool,
}

impl SplitRules {
    /// The rules of CMPP: 159 ASCII octets, Chinese text as 8.
    pub fn cmpp() -> Self {
        Self::new(TextProtocol::Cmpp, 159)
    }

    /// The rules of SGIP: 160 ASCII octets, Chinese text as 8.
    pub fn sgip() -> Self {
        Self::new(TextProtocol::Sgip, 160)
    }

    /// The rules of SMGP 3: 140 ASCII octets, short Chinese text as 15.
    pub fn smgp() -> Self {
        Self::new(TextProtocol::Smgp, 140)
    }

    fn new(protocol: TextProtocol, single_limit_ascii: u16) -> Self {
        Self {
            protocol,
            single_limit_ascii,
            single_limit: 140,
            reference_width: Width::Eight,
            coding: CodingChoice::Auto,
            class: None,
            reserve_head: 0,
            reserve_tail: 0,
            max_segments: u8::MAX,
            gb_only: false,
            gb_unit_limit: false,
        }
    }

    /// Octets of the header of a segment.
    pub(crate) fn udh_octets(&self) -> usize {
        match self.reference_width {
            Width::Eight => 6,
            Width::Sixteen => 7,
        }
    }

    /// Whether the gateway adds text of its own.
    pub(crate) fn reserves(&self) -> bool {
        self.reserve_head > 0 || self.reserve_tail > 0
    }
}

/// How the codes of a payload lie in its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the character set says.
    Plain,
    /// GSM 7-bit codes, to be packed after cutting.
    Packed,
}

/// An amount of content: octets (septets where they are to be packed), and UTF-16 units of the text they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) codes: usize,
    pub(crate) utf16: usize,
}

impl Size {
    pub(crate) const ZERO: Self = Self { codes: 0, utf16: 0 };

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { codes: self.codes.saturating_add(other.codes), utf16: self.utf16.saturating_add(other.utf16) }
    }

    pub(crate) fn fits(self, room: Self) -> bool {
        self.codes <= room.codes && self.utf16 <= room.utf16
    }

    pub(crate) fn left_in(self, room: Self) -> Self {
        Self { codes: room.codes.saturating_sub(self.codes), utf16: room.utf16.saturating_sub(self.utf16) }
    }
}

/// The limits of one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A message that is not cut.
    pub(crate) single: Size,
    /// A segment of a message that is cut.
    pub(crate) segment: Size,
    /// Kept free in the first segment.
    pub(crate) head: Size,
    /// Kept free in the last segment.
    pub(crate) tail: Size,
}

impl Limits {
    /// The limits for `charset`. `user_udh` are the octets of a header of the application's own, 0 for none;
    /// `unit_limit` keeps GB18030 to the UTF-16 units that fit.
    pub(crate) fn new(
        rules: &SplitRules,
        charset: Charset,
        form: Form,
        user_udh: usize,
        unit_limit: bool,
    ) -> Self {
        // One length octet serves both headers.
        let segment_udh = match user_udh {
            0 => rules.udh_octets(),
            own => rules.udh_octets().saturating_sub(1).saturating_add(own),
        };
        let room = Room::after_udh(segment_udh);
        let single = match (charset, form) {
            (_, Form::Packed) => USER_SEPTETS,
            (Charset::Ascii | Charset::Gsm7, Form::Plain) => usize::from(rules.single_limit_ascii),
            _ => usize::from(rules.single_limit),
        };
        let single = if user_udh > 0 { single.min(Room::after_udh(user_udh).octets) } else { single };
        // A segment never holds more than a single message, so what does not fit into one makes two.
        let segment = match form {
            Form::Packed => room.septets,
            Form::Plain => room.octets,
        };
        let segment = segment.min(single);
        let limit = |codes: usize| Size { codes, utf16: if unit_limit { codes / 2 } else { usize::MAX } };
        let reserve = |characters: u16| {
            let characters = usize::from(characters);
            match charset {
                Charset::Binary => Size::ZERO,
                Charset::Ascii | Charset::Gsm7 => Size { codes: characters, utf16: characters },
                Charset::Ucs2 | Charset::Gb18030 => {
                    Size { codes: characters.saturating_mul(2), utf16: characters }
                }
            }
        };
        Self {
            single: limit(single),
            segment: limit(segment),
            head: reserve(rules.reserve_head),
            tail: reserve(rules.reserve_tail),
        }
    }
}
