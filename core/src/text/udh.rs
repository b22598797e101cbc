//! The user data header: reading it, and building the headers of long and port-addressed messages
//! (`sms-content.md` 4).

use super::coding::Coding;

/// Information element of a concatenation with an 8-bit reference.
pub const IEI_CONCAT8: u8 = 0x00;
/// Information element of 8-bit application ports.
pub const IEI_PORTS8: u8 = 0x04;
/// Information element of 16-bit application ports.
pub const IEI_PORTS16: u8 = 0x05;
/// Information element of a concatenation with a 16-bit reference.
pub const IEI_CONCAT16: u8 = 0x08;

/// A header that cannot be read. The content is then to be delivered as it came, marked as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UdhError {
    /// There is no octet at all.
    #[error("the content is empty, so it has no header length")]
    Empty,
    /// The header is longer than the content.
    #[error("the header says {udhl} octets follow its length, but the content has {available}")]
    LongerThanContent {
        /// The header's own length octet.
        udhl: u8,
        /// Octets after the length octet.
        available: usize,
    },
    /// An element is longer than the header, or half an element is left at its end.
    #[error("the element at octet {offset} does not end where the header ends")]
    ElementOverrun {
        /// Where the element starts in the content.
        offset: usize,
    },
    /// Octets follow a header that was given by itself.
    #[error("the header has {octets} octets, but {given} were given")]
    Trailing {
        /// Length by the header's own length octet, that octet included.
        octets: usize,
        /// Octets that were given.
        given: usize,
    },
}

/// Number of bits of the reference in a concatenation element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// Element 0x00.
    Eight,
    /// Element 0x08.
    Sixteen,
}

/// A concatenation element: which part of which message this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Number of bits of the reference. References of different width are different.
    pub width: Width,
    /// The message's reference, the same in all its parts.
    pub reference: u16,
    /// Number of parts, 1 to 255. With 1 the message is complete.
    pub total: u8,
    /// This part, 1 to `total`; 0 only from [`UdhList::concat_from_zero`].
    pub index: u8,
}

/// Application ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Destination port.
    pub dest: u16,
    /// Source port.
    pub source: u16,
}

/// A well-formed header at the start of a content: a list of information elements that fills its length exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdhList<'a> {
    octets: &'a [u8],
}

impl<'a> UdhList<'a> {
    /// Reads the header at the start of `content`; call it when the PDU says that there is one.
    ///
    /// # Errors
    /// The length octet or an element does not fit: deliver the content as it came, marked as such.
    pub fn parse(content: &'a [u8]) -> Result<Self, UdhError> {
        let (&udhl, rest) = content.split_first().ok_or(UdhError::Empty)?;
        let list = rest
            .get(..usize::from(udhl))
            .ok_or(UdhError::LongerThanContent { udhl, available: rest.len() })?;
        let mut elements = Elements { rest: list };
        while elements.next().is_some() {}
        if !elements.rest.is_empty() {
            let before = list.len().saturating_sub(elements.rest.len());
            return Err(UdhError::ElementOverrun { offset: before.saturating_add(1) });
        }
        let octets = content.get(..list.len().saturating_add(1)).unwrap_or_default();
        Ok(Self { octets })
    }

    /// Finds a concatenation header in a deliver that does not say it has one.
    ///
    /// Only where the content starts with `05 00 03` or `06 08 04`, has 2 or more parts, a valid index, octets after
    /// the header, and coding 0, 4, 8 or 15. A text is never taken for a header; a binary payload could be, so this is
    /// an option (`sms-content.md` 4).
    pub fn detect(content: &'a [u8], coding: Coding) -> Option<Self> {
        if !matches!(coding, Coding::ASCII | Coding::BINARY | Coding::UCS2 | Coding::GB18030)
            || !(content.starts_with(&[5, IEI_CONCAT8, 3]) || content.starts_with(&[6, IEI_CONCAT16, 4]))
        {
            return None;
        }
        let list = Self::parse(content).ok()?;
        let parts = list.concat()?;
        (parts.total >= 2 && content.len() > list.octets.len()).then_some(list)
    }

    /// The header's octets, its length octet included. What follows them in the content is the payload.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The information elements in their order: identifier and data.
    pub fn ies(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        Elements { rest: self.octets.get(1..).unwrap_or_default() }
    }

    /// The concatenation element. One with a bad length, total or index is ignored; of several the last counts.
    pub fn concat(&self) -> Option<Concat> {
        self.concats().filter(|part| part.index >= 1 && part.index <= part.total).last()
    }

    /// As [`concat`](Self::concat), but takes an index of 0 too, as senders do that number their parts from 0.
    /// [`Joiner`](super::Joiner) completes such a message when parts 0 to `total` - 1 are there.
    pub fn concat_from_zero(&self) -> Option<Concat> {
        self.concats().filter(|part| part.index <= part.total).last()
    }

    fn concats(&self) -> impl Iterator<Item = Concat> + use<'a> {
        let read = |(iei, data): (u8, &[u8])| match (iei, data) {
            (IEI_CONCAT8, &[reference, total, index]) => {
                Some(Concat { width: Width::Eight, reference: u16::from(reference), total, index })
            }
            // Some encoders write the 16-bit reference under the identifier of the 8-bit one (cmpp.md quirk 12).
            (IEI_CONCAT16 | IEI_CONCAT8, &[high, low, total, index]) => Some(Concat {
                width: Width::Sixteen,
                reference: u16::from_be_bytes([high, low]),
                total,
                index,
            }),
            _ => None,
        };
        self.ies().filter_map(read).filter(|part| part.total >= 1)
    }

    /// The application ports. Of several elements the last counts.
    pub fn ports(&self) -> Option<Ports> {
        let read = |(iei, data): (u8, &[u8])| match (iei, data) {
            (IEI_PORTS8, &[dest, source]) => Some(Ports { dest: u16::from(dest), source: u16::from(source) }),
            (IEI_PORTS16, &[a, b, c, d]) => {
                Some(Ports { dest: u16::from_be_bytes([a, b]), source: u16::from_be_bytes([c, d]) })
            }
            _ => None,
        };
        self.ies().filter_map(read).last()
    }
}

/// Stops before the first element that does not fit; `rest` is then what is left.
struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [iei, iel, tail @ ..] = self.rest else { return None };
        let (data, rest) = tail.split_at_checked(usize::from(*iel))?;
        self.rest = rest;
        Some((*iei, data))
    }
}

/// Whether a TP_udhi value of a PDU says that the content starts with a header: bit 0, or bit 6 as in the air
/// interface's own octet.
pub fn indicated(tp_udhi: u8) -> bool {
    tp_udhi & 0x41 != 0
}

/// The 6-octet header of part `index` of `total` with an 8-bit reference.
pub fn concat8(reference: u8, total: u8, index: u8) -> [u8; 6] {
    [5, IEI_CONCAT8, 3, reference, total, index]
}

/// The 7-octet header of part `index` of `total` with a 16-bit reference.
pub fn concat16(reference: u16, total: u8, index: u8) -> [u8; 7] {
    let [high, low] = reference.to_be_bytes();
    [6, IEI_CONCAT16, 4, high, low, total, index]
}

/// The 7-octet header of 16-bit application ports: WAP push is 2948 and 9200.
pub fn ports(dest: u16, source: u16) -> [u8; 7] {
    let ([a, b], [c, d]) = (dest.to_be_bytes(), source.to_be_bytes());
    [6, IEI_PORTS16, 4, a, b, c, d]
}

/// The 5-octet header of 8-bit application ports (240 to 255).
pub fn ports8(dest: u8, source: u8) -> [u8; 5] {
    [4, IEI_PORTS8, 2, dest, source]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_what_does_not_fit() {
        assert_eq!(UdhList::parse(&[]), Err(UdhError::Empty));
        assert_eq!(
            UdhList::parse(&[5, 0, 3, 7, 2]),
            Err(UdhError::LongerThanContent { udhl: 5, available: 4 })
        );
        assert_eq!(UdhList::parse(&[5, 0, 8, 7, 2, 1]), Err(UdhError::ElementOverrun { offset: 1 }));
        assert_eq!(UdhList::parse(&[6, 0, 3, 7, 2, 1, 0]), Err(UdhError::ElementOverrun { offset: 6 }));
    }

    #[test]
    fn builders_read_back() {
        let header = concat8(0xFF, 3, 2);
        let part = Concat { width: Width::Eight, reference: 255, total: 3, index: 2 };
        assert_eq!(UdhList::parse(&header).unwrap().concat(), Some(part));
        let header = concat16(0, 255, 255);
        let part = Concat { width: Width::Sixteen, reference: 0, total: 255, index: 255 };
        assert_eq!(UdhList::parse(&header).unwrap().concat(), Some(part));
        let header = ports(2948, 9200);
        assert_eq!(UdhList::parse(&header).unwrap().ports(), Some(Ports { dest: 2948, source: 9200 }));
        let header = ports8(240, 241);
        assert_eq!(UdhList::parse(&header).unwrap().ports(), Some(Ports { dest: 240, source: 241 }));
    }

    #[test]
    fn payload_after_the_header_is_not_part_of_it() {
        let list = UdhList::parse(&[5, 0, 3, 7, 2, 1, 0, 3, 9]).unwrap();
        assert_eq!(list.octets().len(), 6);
        assert_eq!(list.ies().count(), 1);
    }

    #[test]
    fn a_violated_element_does_not_hide_a_good_one() {
        let list = UdhList::parse(&[10, 0, 3, 7, 2, 1, 0, 3, 9, 2, 3]).unwrap();
        assert_eq!(list.concat().map(|part| part.reference), Some(7));
        assert_eq!(UdhList::parse(&[5, 0, 3, 7, 0, 0]).unwrap().concat(), None);
        assert_eq!(UdhList::parse(&[4, 0, 2, 7, 1]).unwrap().concat(), None);
        assert_eq!(UdhList::parse(&[7, 0, 5, 7, 2, 1, 1, 1]).unwrap().concat(), None);
    }

    #[test]
    fn a_wide_reference_under_the_narrow_identifier_is_one() {
        let part = UdhList::parse(&[6, 0, 4, 1, 7, 2, 1]).unwrap().concat();
        let wide = UdhList::parse(&[6, 8, 4, 1, 7, 2, 1]).unwrap().concat();
        assert!(part.is_some() && part == wide);
    }

    #[test]
    fn index_zero_only_where_it_is_asked_for() {
        let list = UdhList::parse(&[5, 0, 3, 7, 2, 0]).unwrap();
        assert_eq!(list.concat(), None);
        assert_eq!(list.concat_from_zero().map(|part| part.index), Some(0));
        assert_eq!(UdhList::parse(&[5, 0, 3, 7, 0, 0]).unwrap().concat_from_zero(), None);
    }

    #[test]
    fn detection_needs_every_sign() {
        let content = [5, 0, 3, 7, 2, 1, 0x4E, 0x2D];
        let wide = [6, 8, 4, 1, 7, 2, 1, 0x4E, 0x2D];
        for coding in [0, 4, 8, 15] {
            assert!(UdhList::detect(&content, Coding(coding)).is_some());
            assert!(UdhList::detect(&wide, Coding(coding)).is_some());
        }
        assert!(UdhList::detect(&content, Coding::SIM_TOOLKIT).is_none());
        assert!(UdhList::detect(&content[..6], Coding::UCS2).is_none(), "no payload");
        assert!(UdhList::detect(&[5, 0, 3, 7, 1, 1, 0x4E], Coding::UCS2).is_none(), "one part");
        assert!(UdhList::detect(&[5, 0, 3, 7, 2, 3, 0x4E], Coding::UCS2).is_none(), "index above total");
        assert!(UdhList::detect(&[6, 5, 4, 7, 2, 3, 4, 5], Coding::BINARY).is_none(), "ports");
    }

    #[test]
    fn indicator_values() {
        for (value, expect) in [(0, false), (1, true), (0x40, true), (0x41, true), (2, false), (0x80, false)]
        {
            assert_eq!(indicated(value), expect, "{value}");
        }
    }
}
