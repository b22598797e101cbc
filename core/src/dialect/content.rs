//! What is odd about a content: user data headers that are missing or written another way, wrong codings.

use super::{Note, Notes, Protocol, Text};
use crate::codes;
use crate::text::Coding;
use crate::text::udh::{Concat, IEI_CONCAT8, UdhList, Width};

/// Notes what is odd about the content of a submit or deliver. `udhi` is TP_udhi as it came. Returns whether the content
/// begins with a user data header that the PDU speaks of.
pub(super) fn look(protocol: Protocol, udhi: u8, format: u8, content: &[u8], notes: &mut Notes) -> bool {
    // The values of the documents. Flash texts (16, 24) are none of them.
    let named = matches!(format, 0 | 3 | 4 | 8 | 15) || (protocol == Protocol::Smgp && format == 246);
    if !named {
        notes.insert(Note::MessageFormat);
    }
    // Some gateways copy the bit of SMPP's esm_class (cmpp.md quirk 11); SGIP has one octet with one meaning.
    let has_udh = if protocol == Protocol::Sgip { udhi != 0 } else { udhi & 0x41 != 0 };
    if has_udh && udhi != 1 {
        notes.insert(Note::UdhiBit);
    }
    let coding = Coding(format);
    let header = match has_udh {
        true => UdhList::parse(content).ok(),
        false => UdhList::detect(content, coding).inspect(|_| notes.insert(Note::UdhiMissing)),
    };
    let length = header.map_or(0, |header| header.octets().len());
    if format == 0 && !content.get(length..).unwrap_or_default().is_ascii() {
        notes.insert(Note::GbkInAscii);
    }
    let Some(header) = header else { return has_udh };
    if header.ies().any(|(iei, data)| iei == IEI_CONCAT8 && data.len() == 4) {
        notes.insert(Note::WideReference);
    }
    if let Some(part) = header.concat_from_zero().filter(|part| part.total > 1) {
        if part.index == 0 {
            notes.insert(Note::PartFromZero);
        }
        if content.len() == length {
            notes.insert(Note::EmptyPart);
        }
    }
    has_udh
}

/// Notes a state of a report that no list has. It counts as a final failure.
pub(super) fn state<const N: usize>(protocol: Protocol, stat: &Text<N>, notes: &mut Notes) {
    if stat.as_bytes() != b"DELIVRD" && !codes::stat(protocol, &stat.to_string_lossy()).is_known() {
        notes.insert(Note::UnknownState);
    }
}

/// The part of a long message that parameters of a PDU name: the numbers of sender and receiver take the place of a
/// reference (`sms-content.md 6`).
pub(super) fn part(total: Option<u8>, number: Option<u8>, notes: &mut Notes) -> Option<Concat> {
    let (total, index) = (total.filter(|total| *total > 1)?, number?);
    if index == 0 {
        notes.insert(Note::PartFromZero);
    }
    (index <= total).then_some(Concat { width: Width::Eight, reference: 0, total, index })
}
