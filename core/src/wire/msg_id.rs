//! Message ids: the gateway's name for one segment.

use std::fmt;

use super::version::{Protocol, Seq};

mod parts;

pub use parts::{CmppId, SmgpId};

/// A message id of any protocol: opaque octets, compared as such. Gateways put anything into them (`cmpp.md 14`,
/// row 16), so nothing here assumes that the parts of an id mean what the documents say.
///
/// The text form ([`fmt::Display`]) parses back with [`MsgId::parse`]:
///
/// | Protocol | Octets | Text form |
/// |---|---|---|
/// | CMPP | 8 | 16 lower-case hexadecimal digits |
/// | SGIP | 12 | `node-MMDDhhmmss-serial`, decimal, the last two with ten digits |
/// | SMGP | 10 | 20 lower-case hexadecimal digits |
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgId {
    // Octets from `len` on are zero, so that the derived comparisons hold.
    octets: [u8; 12],
    len: u8,
}

/// A text that is no message id of its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMsgId {
    /// The protocol.
    pub protocol: Protocol,
}

impl fmt::Display for BadMsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.protocol {
            Protocol::Cmpp => "16 hexadecimal digits, a decimal number, or 21 or 22 digits",
            Protocol::Sgip => "node-time-serial, three decimal numbers",
            Protocol::Smgp => "20 hexadecimal digits",
        };
        write!(f, "not a message id of {}: write {form}", self.protocol)
    }
}

impl std::error::Error for BadMsgId {}

impl MsgId {
    /// No id.
    pub const NONE: Self = Self { octets: [0; 12], len: 0 };

    /// The id of CMPP.
    #[must_use]
    pub const fn from_cmpp(id: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = id.to_be_bytes();
        Self { octets: [a, b, c, d, e, f, g, h, 0, 0, 0, 0], len: 8 }
    }

    /// The id of SMGP.
    #[must_use]
    pub const fn from_smgp(id: [u8; 10]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j] = id;
        Self { octets: [a, b, c, d, e, f, g, h, i, j, 0, 0], len: 10 }
    }

    /// The id of SGIP: the sequence number of the submit.
    #[must_use]
    pub const fn from_sgip(seq: Seq) -> Self {
        Self { octets: seq.to_bytes(), len: 12 }
    }

    /// An id from its octets: 8, 10 or 12 of them, or none at all.
    #[must_use]
    pub fn from_bytes(octets: &[u8]) -> Option<Self> {
        match octets.len() {
            0 => Some(Self::NONE),
            8 => octets.first_chunk().map(|id| Self::from_cmpp(u64::from_be_bytes(*id))),
            10 => octets.first_chunk().map(|id| Self::from_smgp(*id)),
            12 => octets.first_chunk().map(|id| Self::from_sgip(Seq::from_bytes(*id))),
            _ => None,
        }
    }

    /// The octets: 8 (CMPP), 10 (SMGP), 12 (SGIP), or none.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The protocol, which the number of octets tells; `None` for no id.
    #[must_use]
    pub const fn protocol(&self) -> Option<Protocol> {
        match self.len {
            8 => Some(Protocol::Cmpp),
            10 => Some(Protocol::Smgp),
            12 => Some(Protocol::Sgip),
            _ => None,
        }
    }

    /// Whether there is no id.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.len == 0
    }

    /// Whether every octet is zero, or there is no id. Gateways return such ids, also for accepted messages; they must
    /// not be used as a key.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.octets == [0; 12]
    }

    /// The id as CMPP writes it.
    #[must_use]
    pub fn to_cmpp(&self) -> Option<u64> {
        let octets = self.octets.first_chunk().filter(|_| self.len == 8)?;
        Some(u64::from_be_bytes(*octets))
    }

    /// The id as SMGP writes it.
    #[must_use]
    pub fn to_smgp(&self) -> Option<[u8; 10]> {
        self.octets.first_chunk().filter(|_| self.len == 10).copied()
    }

    /// The id as SGIP writes it.
    #[must_use]
    pub fn to_sgip(&self) -> Option<Seq> {
        (self.len == 12).then_some(Seq::from_bytes(self.octets))
    }

    /// The id of receiver `index` (from 0) of a submit with several receivers, where this is the id in its response
    /// (`cmpp.md 11.7`, `smgp.md 9.3`). CMPP counts up the lowest 16 bits, SMGP the last six digits, both without
    /// carry. `None` for SGIP, whose receivers share one id, for index numbers beyond the range, and for an SMGP id
    /// that is not made of decimal digits.
    #[must_use]
    pub fn of_receiver(&self, index: u16) -> Option<Self> {
        match self.protocol()? {
            Protocol::Cmpp => {
                let id = self.to_cmpp()?;
                let low = (id as u16).wrapping_add(index);
                Some(Self::from_cmpp(id & !0xFFFF | u64::from(low)))
            }
            Protocol::Smgp => {
                let mut id = SmgpId::unpack(self.to_smgp()?)?;
                id.sequence = id.sequence.checked_add(u32::from(index))?.checked_rem(1_000_000)?;
                id.pack().map(Self::from_smgp)
            }
            Protocol::Sgip => None,
        }
    }

    /// Reads the text form of a protocol.
    ///
    /// CMPP knows more forms (`cmpp.md 8`), which are read, too: a decimal number, signed or not, and the forms of 21
    /// and 22 digits. Sixteen digits are always hexadecimal.
    ///
    /// # Errors
    /// [`BadMsgId`] if the text has none of these forms.
    pub fn parse(protocol: Protocol, text: &str) -> Result<Self, BadMsgId> {
        let id = match protocol {
            Protocol::Cmpp => parse_cmpp(text).map(Self::from_cmpp),
            Protocol::Sgip => parse_sgip(text).map(Self::from_sgip),
            Protocol::Smgp => parse_hex(text).map(Self::from_smgp),
        };
        id.ok_or(BadMsgId { protocol })
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *octet = nibble(high)? << 4 | nibble(low)?;
    }
    Some(octets)
}

fn parse_cmpp(text: &str) -> Option<u64> {
    if text.len() == 16 {
        return parse_hex(text).map(u64::from_be_bytes);
    }
    if let Some(digits) = text.strip_prefix('-') {
        return if all_digits(digits) { text.parse::<i64>().ok().map(i64::cast_unsigned) } else { None };
    }
    if !all_digits(text) {
        return None;
    }
    match text.len() {
        1..=20 => text.parse().ok(),
        21 | 22 => CmppId::parse_digits(text)?.pack(),
        _ => None,
    }
}

fn parse_sgip(text: &str) -> Option<Seq> {
    let mut parts = text.split('-').map(|part| if all_digits(part) { part.parse().ok() } else { None });
    let seq = Seq::new(parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() { None } else { Some(seq) }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_sgip() {
            Some(Seq { node, time, serial }) => write!(f, "{node}-{time:010}-{serial:010}"),
            None => self.as_bytes().iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

impl fmt::Debug for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MsgId({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cmpp(text: &str) -> u64 {
        MsgId::parse(Protocol::Cmpp, text).unwrap().to_cmpp().unwrap()
    }

    #[test]
    fn text_forms_parse_back() {
        let ids = [
            (Protocol::Cmpp, MsgId::from_cmpp(0x7428_a5c0_03e9_3039), "7428a5c003e93039"),
            (
                Protocol::Smgp,
                MsgId::from_smgp([1, 0, 0x61, 1, 0x16, 0x17, 0, 1, 0x23, 0x45]),
                "01006101161700012345",
            ),
            (Protocol::Sgip, MsgId::from_sgip(Seq::new(3_010_012_345, 101_000_000, 1)), {
                "3010012345-0101000000-0000000001"
            }),
            (Protocol::Sgip, MsgId::from_sgip(Seq::new(0, u32::MAX, u32::MAX)), "0-4294967295-4294967295"),
        ];
        for (protocol, id, text) in ids {
            assert_eq!(id.to_string(), text);
            assert_eq!(MsgId::parse(protocol, text), Ok(id));
            assert_eq!(id.protocol(), Some(protocol));
            assert_eq!(MsgId::from_bytes(id.as_bytes()), Some(id));
            assert!(!id.is_zero() && !id.is_none());
        }
        assert_eq!((MsgId::NONE.to_string(), MsgId::NONE.protocol()), (String::new(), None));
        assert!(MsgId::NONE.is_zero() && MsgId::from_cmpp(0).is_zero());
        assert_ne!(MsgId::NONE, MsgId::from_cmpp(0));
        assert_eq!(MsgId::from_bytes(&[0; 9]), None);
    }

    #[test]
    fn every_cmpp_form_is_the_same_id() {
        for text in
            ["cfdfbec134fdffff", "14978900622684585983", "-3467843451024965633", "1231235959007910165535"]
        {
            assert_eq!(cmpp(text), 0xcfdf_bec1_34fd_ffff, "{text}");
        }
        assert_eq!(cmpp("123123595907910165535"), 0xcfdf_bec1_34fd_ffff);
        assert_eq!(cmpp("8370122151585984569"), 0x7428_a5c0_03e9_3039);
        assert_eq!(cmpp("0"), 0);
        assert_eq!(cmpp("0000000000000010"), 0x10, "sixteen digits are hexadecimal");
    }

    #[test]
    fn bad_texts_are_refused() {
        for text in
            ["", "-", "+1", "7428a5c003e9303", "99999999999999999999", "9999999999999999999999", "1 ", "--1"]
        {
            assert!(MsgId::parse(Protocol::Cmpp, text).is_err(), "{text}");
        }
        for text in ["", "1-2", "1-2-3-4", "1--3", "4294967296-0-0", "+1-2-3", "1-2-3 "] {
            assert!(MsgId::parse(Protocol::Sgip, text).is_err(), "{text}");
        }
        for text in ["", "0100610116170001234", "0100610116170001234g", "01006101161700012345 "] {
            assert!(MsgId::parse(Protocol::Smgp, text).is_err(), "{text}");
        }
        let message = MsgId::parse(Protocol::Smgp, "x").unwrap_err().to_string();
        assert_eq!(message, "not a message id of smgp: write 20 hexadecimal digits");
    }

    #[test]
    fn ids_of_further_receivers() {
        let id = MsgId::from_cmpp(0x7428_a5c0_03e9_ffff);
        assert_eq!(id.of_receiver(0), Some(id));
        assert_eq!(
            id.of_receiver(1),
            Some(MsgId::from_cmpp(0x7428_a5c0_03e9_0000)),
            "no carry into the gateway"
        );
        let id = MsgId::parse(Protocol::Smgp, "01006101161700999999").unwrap();
        assert_eq!(id.of_receiver(2).unwrap().to_string(), "01006101161700000001");
        assert_eq!(MsgId::from_smgp([0xAB; 10]).of_receiver(1), None);
        assert_eq!(MsgId::from_sgip(Seq::new(1, 2, 3)).of_receiver(1), None);
        assert_eq!(MsgId::NONE.of_receiver(0), None);
    }
}
