//! Fields of a variable size: receivers, groups, contents, optional parameters.

use bytes::Bytes;

use super::scalars::{give_text, put_text};
use super::{Count, Kind, Spec, Wire};
use crate::few::Few;
use crate::wire::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorClass};
use crate::wire::given::{self, Given, GivenError};
use crate::wire::notes::Note;
use crate::wire::reader::Reader;
use crate::wire::table::{Entry, FieldInfo, Shape};
use crate::wire::text::{Padding, Text};
use crate::wire::tlv::{Tlv, Tlvs};
use crate::wire::value::{Shown, Visit};
use crate::wire::version::Version;
use crate::wire::writer::Writer;

#[cfg(test)]
use super::sample::Sampler;

/// Specs of these kinds always have a count; the fallback is never used.
const NO_COUNT: Count = Count { name: "", size: 1, min: 0, max_old: 0, max_new: 0, bounded: true };

#[inline(always)]
fn count_of(spec: &Spec) -> Count {
    spec.count().unwrap_or(NO_COUNT)
}

/// Reads a count and checks that so many entries of `width` octets are there, before anything is allocated.
#[inline]
fn get_count(spec: &Spec, width: usize, r: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let count = count_of(spec);
    let at = r.offset();
    let entries = r.uint(usize::from(count.size), count.name)?;
    let most = if count.bounded { u64::from(spec.max_entries(r.version(), &count)) } else { u64::MAX };
    if entries < u64::from(count.min) || entries > most {
        return Err(r.fail_at(at, count.name, ErrorClass::ValueOutOfRange));
    }
    match usize::try_from(entries).ok().and_then(|n| n.checked_mul(width)) {
        Some(octets) if octets <= r.remaining() => Ok(octets),
        _ => Err(r.fail_at(at, count.name, ErrorClass::FieldOverrunsFrame)),
    }
}

/// Writes a count after checking it.
#[inline]
fn put_count(spec: &Spec, name: &'static str, entries: usize, w: &mut Writer<'_>) -> Result<(), EncodeError> {
    let count = count_of(spec);
    let most = spec.max_entries(w.version(), &count) as usize;
    let least = count.min as usize;
    if entries > most {
        let kind = if spec.kind() as u8 == Kind::Content as u8 {
            EncodeErrorKind::TooLong
        } else {
            EncodeErrorKind::TooMany
        };
        return Err(w.fail(name, kind, most, entries));
    }
    if entries < least {
        return Err(w.fail(name, EncodeErrorKind::TooFew, least, entries));
    }
    w.put_uint(entries as u64, usize::from(count.size));
    Ok(())
}

fn show_count(spec: &Spec, entries: usize, to: &mut dyn Visit) {
    to.field(count_of(spec).name, Shown::Int(i64::try_from(entries).unwrap_or(i64::MAX)));
}

impl<const N: usize> Wire for Few<Text<N>> {
    const KINDS: &'static [Kind] = &[Kind::List];
    const SHAPE: Shape = Shape::Texts;
    const MAX: usize = N;

    #[inline]
    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version).saturating_mul(self.len()).saturating_add(usize::from(count_of(spec).size))
    }

    #[inline]
    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let width = spec.size(r.version());
        let octets = get_count(spec, width, r)?;
        let octets = r.take(octets, name)?;
        let mut one = |entry| {
            let (text, padding) = Text::read(entry);
            match padding {
                Padding::Clean => {}
                Padding::Blanks => r.note(Note::BlankPadding),
                Padding::Garbage => r.note(Note::PaddingGarbage),
            }
            text
        };
        if octets.len() == width {
            return Ok(Self::One(one(octets)));
        }
        Ok(octets.chunks_exact(width.max(1)).map(one).collect())
    }

    #[inline]
    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        put_count(spec, name, self.len(), w)?;
        let width = spec.size(w.version());
        for text in self {
            if text.len() > width {
                return Err(w.fail(name, EncodeErrorKind::TooLong, width, text.len()));
            }
            put_text(text, width, w);
        }
        Ok(())
    }

    fn show(&self, spec: &Spec, name: &'static str, _: Version, to: &mut dyn Visit) {
        show_count(spec, self.len(), to);
        to.texts(name, &mut self.iter().map(Text::as_bytes));
    }

    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
        let texts = given.list("texts")?;
        given::check_count(spec, version, texts.len(), "entries")?;
        let width = spec.size_anywhere(version);
        let one = |(index, text)| give_text(width, text).map_err(|error| error.in_entry(index));
        texts.iter().enumerate().map(one).collect()
    }

    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
        let count = count_of(spec);
        let entries = sampler.entries(count.min, spec.max_entries(version, &count));
        (0..entries).map(|_| sampler.text(spec.size(version))).collect()
    }
}

impl<E: Entry> Wire for Vec<E> {
    const KINDS: &'static [Kind] = &[Kind::Groups];
    const SHAPE: Shape = Shape::Groups;
    const MAX: usize = 1;
    const ENTRIES: &'static [FieldInfo] = E::FIELDS;
    const ENTRY: &'static str = E::STRUCT;

    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        E::size(version).saturating_mul(self.len()).saturating_add(usize::from(count_of(spec).size))
    }

    fn get(spec: &Spec, _: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let width = E::size(r.version()).max(1);
        let octets = get_count(spec, width, r)?;
        let entries = octets.checked_div(width).unwrap_or(0);
        let mut groups = Self::with_capacity(entries);
        for _ in 0..entries {
            groups.push(E::get_rows(r)?);
        }
        Ok(groups)
    }

    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        put_count(spec, name, self.len(), w)?;
        self.iter().try_for_each(|entry| entry.put_rows(w))
    }

    fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit) {
        show_count(spec, self.len(), to);
        to.groups(name, self.len(), &|index, to| {
            if let Some(entry) = self.get(index) {
                entry.show_rows(version, to);
            }
        });
    }

    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
        let groups = given.list("objects with fields")?;
        given::check_count(spec, version, groups.len(), "entries")?;
        let one = |(index, group): (usize, &Given)| {
            let given = group.fields().and_then(|fields| E::give_rows(fields, version));
            given.map_err(|error| error.in_entry(index))
        };
        groups.iter().enumerate().map(one).collect()
    }

    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
        let count = count_of(spec);
        let entries = sampler.entries(count.min, spec.max_entries(version, &count).min(20));
        (0..entries).map(|_| E::sample_rows(version, sampler)).collect()
    }
}

/// The content length to use where the one in the frame contradicts the frame length.
///
/// A report is 60 or 71 octets, so a frame that leaves exactly that much is believed (`cmpp.md 9.1`). A UCS-2 text
/// whose length is exactly half of what the frame leaves was counted in characters (`cmpp.md 14`, row 25).
fn corrected(declared: usize, spec: &Spec, r: &Reader<'_>) -> Option<(usize, Note)> {
    let tail = spec.tail_size(r.version());
    if tail == 0 {
        return None;
    }
    let room = r.remaining().checked_sub(tail)?;
    if room == declared {
        None
    } else if r.is_report() && matches!(room, 60 | 71) {
        Some((room, Note::ReportLength))
    } else if !r.is_report() && r.coding() == 8 && declared > 0 && declared.checked_mul(2) == Some(room) {
        Some((room, Note::CharacterCount))
    } else {
        None
    }
}

/// Most contents are not longer.
const SHORT: usize = 160;

/// A short content in the same piece of memory as the count of those who hold it: one allocation, and none when it is
/// cloned, which every reader of a submit does.
struct Short {
    octets: [u8; SHORT],
    len: usize,
}

impl AsRef<[u8]> for Short {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

fn content(octets: &[u8]) -> Bytes {
    let mut short = Short { octets: [0; SHORT], len: octets.len() };
    match short.octets.get_mut(..octets.len()) {
        Some(room) if !octets.is_empty() => {
            room.copy_from_slice(octets);
            Bytes::from_owner(short)
        }
        _ => Bytes::copy_from_slice(octets),
    }
}

impl Wire for Bytes {
    const KINDS: &'static [Kind] = &[Kind::Content, Kind::Rest];
    const SHAPE: Shape = Shape::Octets;
    const MAX: usize = 1;

    #[inline]
    fn wire_len(&self, spec: &Spec, _: Version) -> usize {
        self.len().saturating_add(spec.count().map_or(0, |count| usize::from(count.size)))
    }

    #[inline]
    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let Some(count) = spec.count() else {
            return Ok(Self::copy_from_slice(r.take_up_to(r.remaining())));
        };
        let at = r.offset();
        let declared = r.uint(usize::from(count.size), count.name)?;
        let mut length = usize::try_from(declared).unwrap_or(usize::MAX);
        if let Some((room, note)) = corrected(length, spec, r) {
            length = room;
            r.note(note);
        }
        if length > r.remaining() {
            return Err(r.fail_at(at, count.name, ErrorClass::FieldOverrunsFrame));
        }
        Ok(content(r.take(length, name)?))
    }

    #[inline]
    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if spec.count().is_some() {
            put_count(spec, name, self.len(), w)?;
        }
        w.put(self);
        Ok(())
    }

    fn show(&self, spec: &Spec, name: &'static str, _: Version, to: &mut dyn Visit) {
        if spec.count().is_some() {
            show_count(spec, self.len(), to);
        }
        to.field(name, Shown::Octets(self));
    }

    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
        let octets = given.octets()?;
        given::check_count(spec, version, octets.len(), "octets")?;
        Ok(octets)
    }

    #[cfg(test)]
    fn sample(_: &Spec, _: Version, sampler: &mut Sampler) -> Self {
        let length = sampler.entries(0, 255);
        (0..length).map(|_| sampler.number(0xFF) as u8).collect()
    }
}

impl Wire for Tlvs {
    const KINDS: &'static [Kind] = &[Kind::Tlvs];
    const SHAPE: Shape = Shape::Tlvs;
    const MAX: usize = 1;

    fn wire_len(&self, _: &Spec, _: Version) -> usize {
        Tlvs::wire_len(self)
    }

    #[inline]
    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.remaining() == 0 {
            return Ok(Self::new());
        }
        let expected = spec.size(r.version()) > 0;
        let mut tlvs = Self::new();
        let mut notes = Vec::new();
        let mut rest = r.peek();
        while let [t1, t0, l1, l0, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*l1, *l0]));
            let Some((value, next)) = after.split_at_checked(length) else {
                if expected {
                    let at = r.offset().saturating_add(r.remaining().saturating_sub(rest.len()));
                    return Err(r.fail_at(at, name, ErrorClass::FieldOverrunsFrame));
                }
                // No parameters are due in this version: what does not read as such is left as trailing octets.
                return Ok(Self::new());
            };
            let tlv = Tlv { tag: u16::from_be_bytes([*t1, *t0]), value: Bytes::copy_from_slice(value) };
            if !tlv.has_usual_length() {
                notes.push(Note::TlvLength);
            }
            tlvs.push(tlv.tag, tlv.value);
            rest = next;
        }
        if !rest.is_empty() {
            notes.push(Note::StrayTlvOctets);
        }
        if !expected && !tlvs.is_empty() {
            notes.push(Note::TlvInOldVersion);
        }
        let read = r.remaining().saturating_sub(rest.len());
        r.take(read, name)?;
        notes.into_iter().for_each(|note| r.note(note));
        Ok(tlvs)
    }

    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.is_empty() {
            return Ok(());
        }
        if spec.size(w.version()) == 0 {
            return Err(w.fail(name, EncodeErrorKind::NotInVersion, 0, self.len()));
        }
        for tlv in self {
            let Ok(length) = u16::try_from(tlv.value.len()) else {
                let limit = usize::from(u16::MAX);
                return Err(w.fail(name, EncodeErrorKind::TooLong, limit, tlv.value.len()));
            };
            w.put(&tlv.tag.to_be_bytes());
            w.put(&length.to_be_bytes());
            w.put(&tlv.value);
        }
        Ok(())
    }

    fn show(&self, _: &Spec, name: &'static str, _: Version, to: &mut dyn Visit) {
        if !self.is_empty() {
            to.field(name, Shown::Tlvs(self));
        }
    }

    fn give(_: &Spec, _: Version, given: &Given) -> Result<Self, GivenError> {
        let mut tlvs = Self::new();
        for (index, tlv) in given.list("objects with tag and value_hex")?.iter().enumerate() {
            let tlv = tlv.fields().and_then(|fields| Tlv::give(fields)).map_err(|e| e.in_entry(index))?;
            tlvs.push(tlv.tag, tlv.value);
        }
        Ok(tlvs)
    }

    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
        let mut tlvs = Self::new();
        if spec.size(version) == 0 {
            return tlvs;
        }
        for tag in 1..=0x12 {
            if sampler.entries(0, 1) == 1 {
                let length = match tag {
                    0x03 => 20,
                    0x10 => 8,
                    0x12 => 21,
                    0x06 | 0x08 | 0x0E => sampler.entries(0, 40),
                    _ => 1,
                };
                tlvs.push(tag, (0..length).map(|_| sampler.number(0xFF) as u8).collect());
            }
        }
        tlvs.push(0x0101, Bytes::from_static(b"unknown"));
        tlvs
    }
}
