//! The text report of SMGP (`smgp.md 10`): labelled values around a raw id.

use bytes::{BufMut, Bytes, BytesMut};

use crate::wire::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorClass};
use crate::wire::notes::{Note, Notes};
use crate::wire::text::Text;
use crate::wire::value::{Field, Shown, Visit};

/// The report of SMGP, the content of a Deliver with `is_report` 1 or of a Forward with `report_flag` 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmgpReport {
    /// The id of the message reported on, raw octets.
    pub msg_id: [u8; 10],
    /// Without meaning today; written as `001` if empty.
    pub sub: Text<3>,
    /// Without meaning today; written as `001` if empty.
    pub dlvrd: Text<3>,
    /// When the message was submitted, YYMMDDhhmm. Twelve digits are read.
    pub submit_date: Text<12>,
    /// When it reached its state, YYMMDDhhmm. Twelve digits are read.
    pub done_date: Text<12>,
    /// State, for example `DELIVRD` (`smgp.md 10.2`). Eight characters are read, seven written.
    pub stat: Text<8>,
    /// Cause, three digits (`smgp.md 10.3`); written as `000` if empty. Four characters are read.
    pub err: Text<4>,
    /// Three digits and the beginning of the message, or NULs: at most 20 octets.
    pub text: Bytes,
}

/// Labels and sizes of the values in the usual form, 122 octets in all.
const LAYOUT: [(&str, usize); 8] = [
    ("id:", 10),
    (" sub:", 3),
    (" dlvrd:", 3),
    (" submit date:", 10),
    (" done date:", 10),
    (" stat:", 7),
    (" err:", 3),
    (" text:", 20),
];

/// Octets of the usual form.
const USUAL: usize = 122;

/// The labels behind the id, without separator; a blank also stands for `_`.
const LABELS: [&[&str]; 7] =
    [&["sub:"], &["dlvrd:"], &["submit date:"], &["done date:"], &["stat:"], &["err:"], &["text:", "txt:"]];

/// A value, and where it begins and ends in the content.
type Span = std::ops::Range<usize>;

fn label_at(content: &[u8], at: usize, label: &str) -> bool {
    content.get(at..).and_then(|rest| rest.get(..label.len())).is_some_and(|found| {
        found.iter().zip(label.bytes()).all(|(octet, expected)| match octet {
            b'_' => expected == b' ',
            octet => octet.eq_ignore_ascii_case(&expected),
        })
    })
}

/// The first place at or behind `from` with one of the labels, and the end of the label there.
fn find(content: &[u8], from: usize, labels: &[&str]) -> Option<Span> {
    (from..content.len()).find_map(|at| {
        let label = labels.iter().find(|label| label_at(content, at, label))?;
        Some(at..at.checked_add(label.len())?)
    })
}

/// The values at the places of the usual form.
fn usual_places() -> [Span; 8] {
    let mut at = 0usize;
    LAYOUT.map(|(label, size)| {
        let begin = at.saturating_add(label.len());
        at = begin.saturating_add(size);
        begin..at
    })
}

/// Whether the content has exactly the labels of the usual form at their places.
fn is_usual(content: &[u8]) -> bool {
    content.len() == USUAL
        && usual_places().iter().zip(LAYOUT).all(|(value, (label, _))| {
            let begin = value.start.saturating_sub(label.len());
            content.get(begin..value.start) == Some(label.as_bytes())
        })
}

fn hex_id(octets: &[u8]) -> Option<[u8; 10]> {
    let mut id = [0; 10];
    for (octet, pair) in id.iter_mut().zip(octets.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *octet = nibble(high)? << 4 | nibble(low)?;
    }
    Some(id)
}

/// The id and the place behind it. Twenty hexadecimal digits before `sub:` are an id, too.
fn read_id(content: &[u8]) -> Option<([u8; 10], usize)> {
    if !label_at(content, 0, "id:") {
        return None;
    }
    if let Some(digits) = content.get(3..23)
        && (label_at(content, 23, "sub:") || label_at(content, 24, "sub:"))
        && let Some(id) = hex_id(digits)
    {
        return Some((id, 23));
    }
    let id = content.get(3..)?.first_chunk()?;
    Some((*id, 13))
}

/// The values behind the id; `None` where a label is missing.
fn read_labels(content: &[u8], from: usize) -> [Option<Span>; 7] {
    let mut places: [Option<Span>; 7] = Default::default();
    let mut at = from;
    for (place, labels) in places.iter_mut().zip(LABELS) {
        if let Some(label) = find(content, at, labels) {
            at = label.end;
            *place = Some(label);
        }
    }
    // A value goes from the end of its label to the separator before the next one.
    let mut end = content.len();
    let mut last = true;
    for place in places.iter_mut().rev() {
        let Some(label) = place else { continue };
        let start = label.start;
        let mut stop = end;
        let separated = stop.checked_sub(1).and_then(|at| content.get(at));
        if !last && matches!(separated, Some(b' ' | b's' | 0)) {
            stop = stop.saturating_sub(1);
        }
        *place = Some(label.end..stop.max(label.end));
        end = start;
        last = false;
    }
    places
}

fn value<const N: usize>(content: &[u8], place: Option<&Span>) -> Text<N> {
    let mut value = place.and_then(|place| content.get(place.clone())).unwrap_or_default();
    while let [0 | b' ', tail @ ..] = value {
        value = tail;
    }
    Text::from_field(value)
}

fn free_text(content: &[u8], place: Option<&Span>) -> Bytes {
    let mut text = place.and_then(|place| content.get(place.clone())).unwrap_or_default();
    while let [head @ .., 0] = text
        && head.len() >= 20
    {
        text = head;
    }
    Bytes::copy_from_slice(text)
}

impl SmgpReport {
    const NAME: &str = "report";

    /// Reads the content of a report, in any of the forms live gateways send (`smgp.md 10.4`). A form other than the
    /// usual one is recorded. Offsets of errors count from the first octet of the content.
    ///
    /// # Errors
    /// [`ErrorClass::ValueOutOfRange`] if the content does not begin with `id:`, ends inside the id, or has no state.
    /// Such a content is no report; hand it over as it is.
    pub fn parse(content: &[u8], notes: &mut Notes) -> Result<Self, DecodeError> {
        let fail =
            |field| DecodeError { pdu: Self::NAME, field, offset: 0, class: ErrorClass::ValueOutOfRange };
        let (msg_id, at) = read_id(content).ok_or_else(|| fail("id"))?;
        let mut places = read_labels(content, at);
        if content.len() == USUAL && places.iter().any(Option::is_none) {
            let [_, usual @ ..] = usual_places();
            places = usual.map(Some);
        }
        let [sub, dlvrd, submit_date, done_date, stat, err, text] = &places;
        if stat.is_none() {
            return Err(fail("stat"));
        }
        if !is_usual(content) {
            notes.insert(Note::ReportVariant);
        }
        Ok(Self {
            msg_id,
            sub: value(content, sub.as_ref()),
            dlvrd: value(content, dlvrd.as_ref()),
            submit_date: value(content, submit_date.as_ref()),
            done_date: value(content, done_date.as_ref()),
            stat: value(content, stat.as_ref()),
            err: value(content, err.as_ref()),
            text: free_text(content, text.as_ref()),
        })
    }

    /// The content in the usual form, 122 octets. Values shorter than their place are padded with blanks, the text
    /// with NUL.
    ///
    /// # Errors
    /// [`EncodeError`] naming the value that is too long for its place.
    pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
        let or = |value: &'static [u8], given: &[u8]| {
            if given.is_empty() { Bytes::from_static(value) } else { Bytes::copy_from_slice(given) }
        };
        let values: [(&'static str, Bytes, u8); 8] = [
            ("id", Bytes::copy_from_slice(&self.msg_id), 0),
            ("sub", or(b"001", self.sub.as_bytes()), b' '),
            ("dlvrd", or(b"001", self.dlvrd.as_bytes()), b' '),
            ("submit_date", or(b"", self.submit_date.as_bytes()), b' '),
            ("done_date", or(b"", self.done_date.as_bytes()), b' '),
            ("stat", or(b"", self.stat.as_bytes()), b' '),
            ("err", or(b"000", self.err.as_bytes()), b' '),
            ("text", self.text.clone(), 0),
        ];
        let mut content = BytesMut::with_capacity(USUAL);
        for ((label, size), (field, value, pad)) in LAYOUT.into_iter().zip(values) {
            let Some(padding) = size.checked_sub(value.len()) else {
                let (kind, actual) = (EncodeErrorKind::TooLong, value.len());
                return Err(EncodeError { pdu: Self::NAME, field, limit: size, actual, kind });
            };
            content.put_slice(label.as_bytes());
            content.put_slice(&value);
            content.put_bytes(pad, padding);
        }
        Ok(content.freeze())
    }

    /// What a gateway puts into `text` for a message with this content: three digits of its length and its first 17
    /// octets if they are ASCII, else nothing but NUL (`smgp.md 10.5`).
    #[must_use]
    pub fn excerpt(content: &[u8]) -> Bytes {
        let mut text = BytesMut::zeroed(20);
        let head = content.get(..content.len().min(17)).unwrap_or_default();
        if head.iter().all(|octet| (0x20..0x7F).contains(octet)) {
            let shown = format!("{:03}", content.len().min(999));
            for (to, from) in text.iter_mut().zip(shown.as_bytes().iter().chain(head)) {
                *to = *from;
            }
        }
        text.freeze()
    }

    /// The fields with their values. The text is raw octets, under the name `text_hex`.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.show(&mut fields);
        fields
    }

    /// Shows the fields to a visitor. The text is raw octets, under the name `text_hex`.
    pub fn show(&self, to: &mut dyn Visit) {
        to.field("id", Shown::Octets(&self.msg_id));
        to.field("sub", Shown::Text(self.sub.as_bytes()));
        to.field("dlvrd", Shown::Text(self.dlvrd.as_bytes()));
        to.field("submit_date", Shown::Text(self.submit_date.as_bytes()));
        to.field("done_date", Shown::Text(self.done_date.as_bytes()));
        to.field("stat", Shown::Text(self.stat.as_bytes()));
        to.field("err", Shown::Text(self.err.as_bytes()));
        to.field("text_hex", Shown::Octets(&self.text));
    }
}

#[cfg(test)]
mod tests;
