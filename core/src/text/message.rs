//! A long message put together, whole or with parts missing.

use bytes::Bytes;

use super::coding::{Charset, Coding};
use super::decode::{DecodeFlags, Decoded, decode, decode_as};
use super::gsm7;
use super::udh::Width;

/// One part of a long message, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The message-format octet of this part.
    pub coding: Coding,
    /// Content without user data header.
    pub content: Bytes,
    /// The caller's own mark, such as where the part's PDU is kept. It does not take part in comparing.
    pub tag: u64,
}

impl Part {
    /// A part whose GSM 7-bit codes are packed behind a header of `udh_octets` octets. Each part has fill bits of its
    /// own, so it is unpacked here; read the joined message with [`Message::text_as`] and [`Charset::Gsm7`].
    pub fn from_packed(coding: Coding, packed: &[u8], udh_octets: usize, tag: u64) -> Self {
        let septets = gsm7::unpack(packed, gsm7::fill_bits(udh_octets), None);
        Self { coding, content: Bytes::from(septets), tag }
    }
}

/// A message that the [`Joiner`](super::Joiner) hands out: complete, or what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<K> {
    /// The key the parts were added with.
    pub key: K,
    /// Width of the reference.
    pub width: Width,
    /// The reference that the parts shared.
    pub reference: u16,
    /// Coding of the first part that is there.
    pub coding: Coding,
    /// The parts in order, `total` places; `None` where one is missing.
    pub parts: Vec<Option<Part>>,
    /// Number of parts that are there.
    pub have: u8,
    /// Number of parts of the message.
    pub total: u8,
    /// Whether all parts are there.
    pub complete: bool,
}

impl<K> Message<K> {
    /// The text of the parts that are there. Neighbours of one coding are joined as octets and read once, because
    /// foreign senders cut inside characters; parts of another coding, and those after a gap, are read by themselves.
    /// No text if any part carries octets.
    pub fn text(&self) -> Decoded {
        self.read(decode)
    }

    /// As [`text`](Self::text), with `charset` for all parts whatever their coding says.
    pub fn text_as(&self, charset: Charset) -> Decoded {
        self.read(|_, octets| decode_as(charset, octets))
    }

    /// The octets of the parts that are there, joined.
    pub fn octets(&self) -> Bytes {
        self.parts.iter().flatten().flat_map(|part| part.content.iter().copied()).collect()
    }

    fn read(&self, decode: impl Fn(Coding, &[u8]) -> Decoded) -> Decoded {
        let mut text = Some(String::new());
        let mut flags = DecodeFlags::default();
        let mut run = Vec::new();
        let alike = |a: &Option<Part>, b: &Option<Part>| match (a, b) {
            (Some(a), Some(b)) => a.coding == b.coding,
            _ => false,
        };
        for parts in self.parts.chunk_by(alike) {
            let Some(Some(Part { coding, .. })) = parts.first() else { continue };
            run.clear();
            for part in parts.iter().flatten() {
                run.extend_from_slice(&part.content);
            }
            let decoded = decode(*coding, &run);
            flags = flags.or(decoded.flags);
            text = match (text, decoded.text) {
                (Some(before), Some(more)) => Some(before + &more),
                _ => None,
            };
        }
        Decoded { text, flags }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(parts: &[Option<(u8, &[u8])>]) -> Message<()> {
        let parts: Vec<Option<Part>> = parts
            .iter()
            .map(|part| {
                part.map(|(coding, content)| Part {
                    coding: Coding(coding),
                    content: Bytes::copy_from_slice(content),
                    tag: 0,
                })
            })
            .collect();
        let have = parts.iter().flatten().count() as u8;
        let total = parts.len() as u8;
        let coding = parts.iter().flatten().next().unwrap().coding;
        Message {
            key: (),
            width: Width::Eight,
            reference: 0,
            coding,
            parts,
            have,
            total,
            complete: have == total,
        }
    }

    #[test]
    fn mixed_codings_are_read_each_by_its_own() {
        let mixed =
            message(&[Some((0, b"Hi ")), Some((8, &[0x4F, 0x60])), Some((15, &[0xBA])), Some((15, &[0xC3]))]);
        assert_eq!(mixed.text().text.as_deref(), Some("Hi 你好"));
        assert!(mixed.text().flags.is_clean());
        assert_eq!(&mixed.octets()[..], b"Hi \x4F\x60\xBA\xC3");
    }

    #[test]
    fn a_gap_does_not_marry_halves_of_two_characters() {
        let gap = message(&[Some((15, &[0xC4])), None, Some((15, &[0xE3, 0x41]))]);
        let decoded = gap.text();
        assert!(decoded.flags.replaced);
        assert!(!decoded.text.unwrap().contains('你'));
    }

    #[test]
    fn octets_among_texts_give_no_text() {
        assert_eq!(message(&[Some((0, b"a")), Some((4, b"b"))]).text().text, None);
    }

    #[test]
    fn packed_parts_have_fill_bits_of_their_own() {
        let parts = ["first è", "secònd€"]
            .map(|text| gsm7::encode(text).unwrap())
            .map(|septets| Part::from_packed(Coding::ASCII, &gsm7::pack(&septets, 1), 6, 0));
        let mut joined = message(&[Some((0, b"")), Some((0, b""))]);
        joined.parts = parts.map(Some).to_vec();
        assert_eq!(joined.text_as(Charset::Gsm7).text.as_deref(), Some("first èsecònd€"));
    }
}
