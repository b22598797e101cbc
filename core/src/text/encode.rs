//! Text to segments, and what a caller may know of them before sending.

use bytes::{BufMut, Bytes, BytesMut};

use super::coding::Coding;
use super::error::TextError;
use super::plan::Plan;
use super::rules::SplitRules;
use super::udh::{IEI_CONCAT8, IEI_CONCAT16, Width};

/// What the length of a message is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Octets of content: ASCII, GB18030 and binary.
    Octet,
    /// UTF-16 units: UCS-2. An emoji has two or more.
    Utf16,
    /// Codes of the GSM 7-bit alphabet; an escaped character has two.
    Septet,
}

/// A message ready to be sent: its coding and the payload of each segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The message-format octet, the same for all segments.
    pub coding: Coding,
    /// Payload of each segment, without header. One part is a single message.
    pub parts: Vec<Bytes>,
    /// What `units` counts.
    pub unit: Unit,
    /// Length of the whole message.
    pub units: u32,
    pub(crate) width: Width,
    /// Elements of the application's own header, without its length octet.
    pub(crate) user_ies: Bytes,
    /// Length of each part in septets, where they are packed.
    pub(crate) septets: Vec<u32>,
}

impl Encoded {
    /// Number of segments, 1 to 255.
    pub fn segments(&self) -> u8 {
        u8::try_from(self.parts.len()).unwrap_or(u8::MAX)
    }

    /// Whether the content of each segment starts with a user data header, so that the PDU has to say so.
    pub fn has_udh(&self) -> bool {
        self.parts.len() > 1 || !self.user_ies.is_empty()
    }

    /// Length of part `index` (from 0) in [`unit`](Self::unit); 0 if there is no such part.
    pub fn part_units(&self, index: usize) -> u32 {
        let octets = self.parts.get(index).map_or(0, Bytes::len);
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        match self.unit {
            Unit::Octet => octets,
            Unit::Utf16 => octets / 2,
            Unit::Septet => self.septets.get(index).copied().unwrap_or(octets),
        }
    }

    /// The content field of segment `index` (from 0): header and payload. A single message has no concatenation
    /// element and so ignores `reference`; with an 8-bit reference its low octet counts. Empty if there is no such
    /// segment.
    pub fn content(&self, index: usize, reference: u16) -> Bytes {
        match self.parts.get(index) {
            Some(part) if !self.has_udh() => part.clone(),
            Some(part) => {
                let mut out = BytesMut::with_capacity(part.len().saturating_add(self.header_octets()));
                self.content_into(index, reference, &mut out);
                out.freeze()
            }
            None => Bytes::new(),
        }
    }

    /// Appends what [`content`](Self::content) gives; nothing if there is no such segment.
    pub fn content_into(&self, index: usize, reference: u16, out: &mut BytesMut) {
        let Some(part) = self.parts.get(index) else { return };
        if self.has_udh() {
            let udhl = self.header_octets().saturating_sub(1);
            out.put_u8(u8::try_from(udhl).unwrap_or(u8::MAX));
            out.put_slice(&self.user_ies);
            if self.parts.len() > 1 {
                let number = u8::try_from(index.saturating_add(1)).unwrap_or(u8::MAX);
                let [high, low] = reference.to_be_bytes();
                match self.width {
                    Width::Eight => out.put_slice(&[IEI_CONCAT8, 3, low, self.segments(), number]),
                    Width::Sixteen => out.put_slice(&[IEI_CONCAT16, 4, high, low, self.segments(), number]),
                }
            }
        }
        out.put_slice(part);
    }

    fn header_octets(&self) -> usize {
        let concat = match self.width {
            _ if self.parts.len() < 2 => 0_usize,
            Width::Eight => 5,
            Width::Sixteen => 6,
        };
        concat.saturating_add(self.user_ies.len()).saturating_add(1)
    }
}

/// What a text will cost, before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The coding that will be used.
    pub coding: Coding,
    /// Characters as Unicode counts them: an emoji sequence has several.
    pub characters: u32,
    /// Length of the text as the coding counts it, without what the gateway adds.
    pub units: u32,
    /// What `units` and the rooms are counted in.
    pub unit: Unit,
    /// Segments, which is what a carrier bills.
    pub segments: u8,
    /// Units that can be added without one more segment, beside what is reserved for the gateway. In GB18030, where
    /// UTF-16 units may be limited too, the room for Chinese characters.
    pub room_left: u32,
    /// Units a segment holds: of a single message while it is one, else of a segment of a long one.
    pub room_per_segment: u32,
}

/// Codes a text and cuts it into segments. An empty text gives one empty segment.
///
/// # Errors
/// The text does not fit the rules: see [`TextError`].
pub fn encode(text: &str, rules: &SplitRules) -> Result<Encoded, TextError> {
    Ok(Plan::of(text, rules)?.encoded(rules))
}

/// What [`encode`] would make of a text.
///
/// # Errors
/// As [`encode`].
pub fn preview(text: &str, rules: &SplitRules) -> Result<Preview, TextError> {
    let plan = Plan::of(text, rules)?;
    Ok(Preview {
        coding: plan.coding,
        characters: u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
        units: plan.units(plan.payload.len()),
        unit: plan.unit(),
        segments: u8::try_from(plan.needed).unwrap_or(u8::MAX),
        room_left: plan.room_left(),
        room_per_segment: plan.room_per_segment(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Coding, CodingChoice};
    use super::*;

    fn ucs2() -> SplitRules {
        SplitRules { coding: CodingChoice::Fixed(Coding::UCS2), ..SplitRules::cmpp() }
    }

    #[test]
    fn a_single_message_has_no_header() {
        let encoded = encode("你好", &ucs2()).unwrap();
        assert!(!encoded.has_udh());
        assert_eq!(encoded.content(0, 7), encoded.parts[0]);
        assert!(encoded.content(1, 7).is_empty());
        let mut out = BytesMut::new();
        encoded.content_into(1, 7, &mut out);
        assert!(out.is_empty());
        assert_eq!(encoded.part_units(1), 0);
    }

    #[test]
    fn references_are_written_in_their_width() {
        let text = "字".repeat(71);
        let narrow = encode(&text, &ucs2()).unwrap();
        assert_eq!(&narrow.content(1, 0x1234)[..6], [5, 0, 3, 0x34, 2, 2]);
        let wide = encode(&text, &SplitRules { reference_width: Width::Sixteen, ..ucs2() }).unwrap();
        assert_eq!(&wide.content(0, 0x1234)[..7], [6, 8, 4, 0x12, 0x34, 2, 1]);
    }

    #[test]
    fn content_into_appends() {
        let encoded = encode(&"字".repeat(71), &ucs2()).unwrap();
        let mut out = BytesMut::from(&b"head"[..]);
        encoded.content_into(1, 5, &mut out);
        assert_eq!(&out[..4], b"head");
        assert_eq!(&out[4..], &encoded.content(1, 5)[..]);
    }

    #[test]
    fn clusters_stay_whole_where_it_costs_nothing() {
        let units = |text: &str| {
            let encoded = encode(text, &ucs2()).unwrap();
            (0..encoded.parts.len()).map(|index| encoded.part_units(index)).collect::<Vec<_>>()
        };
        let family = "👨‍👩‍👧"; // 8 units
        assert_eq!(units(&[&"中".repeat(64), family].concat()), [64, 8]);
        // 64 + 8 + 60 = 132 units: whole is 64 + 68, which would need a third segment.
        assert_eq!(units(&[&"中".repeat(64), family, &"文".repeat(60)].concat()), [67, 65]);
        assert_eq!(units(&[&"中".repeat(64), family, &"文".repeat(59)].concat()), [64, 67]);
        assert_eq!(units(&[&"中".repeat(66), "1️⃣", "文文"].concat()), [66, 5]);
        assert_eq!(units(&[&"中".repeat(65), "🇨🇳", "文文文"].concat()), [65, 7]);
        // A cluster longer than a segment is cut between its characters.
        assert_eq!(units(&["e", &"\u{301}".repeat(80)].concat()), [67, 14]);
    }

    #[test]
    fn preview_says_what_is_left() {
        let short = preview("你好😀", &SplitRules::cmpp()).unwrap();
        assert_eq!(
            short,
            Preview {
                coding: Coding::UCS2,
                characters: 3,
                units: 4,
                unit: Unit::Utf16,
                segments: 1,
                room_left: 66,
                room_per_segment: 70
            }
        );
        let long = preview(&"字".repeat(100), &SplitRules { reserve_tail: 4, ..ucs2() }).unwrap();
        assert_eq!((long.segments, long.room_left, long.room_per_segment), (2, 67 - 33 - 4, 67));
        let single = preview("字", &SplitRules { reserve_head: 6, reserve_tail: 4, ..ucs2() }).unwrap();
        assert_eq!((single.segments, single.room_left), (1, 59));
        let gbk = preview("字", &SplitRules::smgp()).unwrap();
        assert_eq!((gbk.unit, gbk.units, gbk.room_left, gbk.room_per_segment), (Unit::Octet, 2, 138, 140));
        let packed = SplitRules { coding: CodingChoice::Gsm7Packed, ..SplitRules::cmpp() };
        let packed = preview(&"a".repeat(161), &packed).unwrap();
        assert_eq!((packed.unit, packed.segments, packed.room_left), (Unit::Septet, 2, 145));
    }
}
