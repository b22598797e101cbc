//! Fields of a fixed size: numbers, text, octets, sequence numbers.

use super::{Kind, Role, Spec, Wire};
use crate::wire::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorClass};
use crate::wire::given::{Given, GivenError, GivenErrorKind};
use crate::wire::notes::Note;
use crate::wire::reader::Reader;
use crate::wire::table::Shape;
use crate::wire::text::{Padding, Text};
use crate::wire::value::{Shown, Visit};
use crate::wire::version::{Seq, Version};
use crate::wire::writer::Writer;

#[cfg(test)]
use super::sample::Sampler;

/// The error for a value in a version that does not have its field, unless it is the default.
#[inline]
fn absent(is_default: bool, name: &'static str, w: &Writer<'_>) -> Result<(), EncodeError> {
    if is_default { Ok(()) } else { Err(w.fail(name, EncodeErrorKind::NotInVersion, 0, 1)) }
}

/// The largest number in `width` octets.
const fn largest(width: usize) -> u64 {
    match width {
        0 => 0,
        1 => 0xFF,
        2 => 0xFFFF,
        4 => 0xFFFF_FFFF,
        _ => u64::MAX,
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Wire for $number {
            const KINDS: &'static [Kind] = &[Kind::Int, Kind::Id];
            const SHAPE: Shape = Shape::Number;
            const MAX: usize = size_of::<Self>();

            #[inline(always)]
            fn wire_len(&self, spec: &Spec, version: Version) -> usize {
                spec.size(version)
            }

            #[inline(always)]
            fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let width = spec.size(r.version());
                if width == 0 {
                    return Ok(0);
                }
                let value = r.uint(width, name)?;
                match spec.role() {
                    Role::Coding => r.mark_coding(value as u8),
                    Role::ReportFrom(least) => r.mark_report(value >= u64::from(least)),
                    Role::Plain | Role::Secret => {}
                }
                // The table checks at compile time that the type holds the widest size of its row.
                Ok(value as Self)
            }

            #[inline(always)]
            fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
                let width = spec.size(w.version());
                if width == 0 {
                    return absent(*self == 0, name, w);
                }
                let value = u64::from(*self);
                if value > largest(width) {
                    let (limit, actual) = (largest(width) as usize, value as usize);
                    return Err(w.fail(name, EncodeErrorKind::OutOfRange, limit, actual));
                }
                w.put_uint(value, width);
                Ok(())
            }

            fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit) {
                if spec.size(version) == 0 {
                    return;
                }
                match spec.kind() {
                    Kind::Id => to.field(name, Shown::Octets(&self.to_be_bytes())),
                    _ => to.field(name, Shown::Int(*self as i64)),
                }
            }

            fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
                let width = spec.size_anywhere(version);
                let number = match (spec.kind(), given) {
                    (Kind::Id, Given::Text(_) | Given::Octets(_)) => {
                        given.exactly(width)?.iter().fold(0, |value, octet| value << 8 | i128::from(*octet))
                    }
                    _ => given.number(0, largest(width).into())?,
                };
                // The table checks at compile time that the type holds the widest size of its row.
                Ok(number as Self)
            }

            #[cfg(test)]
            fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
                sampler.number(largest(spec.size(version))) as Self
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

/// Only `Last_route_Id` of CMPP is signed.
impl Wire for i32 {
    const KINDS: &'static [Kind] = &[Kind::Int];
    const SHAPE: Shape = Shape::Signed;
    const MAX: usize = 4;

    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version)
    }

    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(u32::get(spec, name, r)?.cast_signed())
    }

    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.cast_unsigned().put(spec, name, w)
    }

    fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit) {
        if spec.size(version) > 0 {
            to.field(name, Shown::Int(i64::from(*self)));
        }
    }

    fn give(_: &Spec, _: Version, given: &Given) -> Result<Self, GivenError> {
        Ok(given.number(Self::MIN.into(), Self::MAX.into())? as Self)
    }

    #[cfg(test)]
    fn sample(_: &Spec, _: Version, sampler: &mut Sampler) -> Self {
        (sampler.number(0xFFFF_FFFF) as u32).cast_signed()
    }
}

/// A number that a peer may leave out. It is always written: as 0 if there is none.
impl Wire for Option<u8> {
    const KINDS: &'static [Kind] = &[Kind::OptionalInt];
    const SHAPE: Shape = Shape::OptionalNumber;
    const MAX: usize = 1;

    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version)
    }

    fn get(_: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.remaining() == 0 {
            r.note(Note::ReserveMissing);
            return Ok(None);
        }
        Ok(Some(r.uint(1, name)? as u8))
    }

    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.unwrap_or(0).put(spec, name, w)
    }

    fn show(&self, _: &Spec, name: &'static str, _: Version, to: &mut dyn Visit) {
        to.field(name, self.map_or(Shown::Absent, |value| Shown::Int(i64::from(value))));
    }

    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
        u8::give(spec, version, given).map(Some)
    }

    #[cfg(test)]
    fn sample(_: &Spec, _: Version, sampler: &mut Sampler) -> Self {
        Some(sampler.number(0xFF) as u8)
    }
}

impl<const N: usize> Wire for Text<N> {
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Tail];
    const SHAPE: Shape = Shape::Text;
    const MAX: usize = N;

    #[inline(always)]
    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version)
    }

    #[inline(always)]
    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let width = spec.size(r.version());
        if width == 0 {
            return Ok(Self::EMPTY);
        }
        let field =
            if spec.kind() as u8 == Kind::Tail as u8 { short_tail(width, r) } else { r.take(width, name)? };
        let (text, padding) = Self::read(field);
        match padding {
            Padding::Clean => {}
            Padding::Blanks => r.note(Note::BlankPadding),
            Padding::Garbage => r.note(Note::PaddingGarbage),
        }
        Ok(text)
    }

    #[inline(always)]
    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let width = spec.size(w.version());
        if width == 0 {
            return absent(self.is_empty(), name, w);
        }
        if self.len() > width {
            return Err(w.fail(name, EncodeErrorKind::TooLong, width, self.len()));
        }
        put_text(self, width, w);
        Ok(())
    }

    fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit) {
        if spec.size(version) > 0 {
            to.field(name, Shown::Text(self.as_bytes()));
        }
    }

    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError> {
        give_text(spec.size_anywhere(version), given)
    }

    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
        sampler.text(spec.size(version))
    }
}

/// Writes a text that fits its width. A copy of known size is a few instructions.
#[inline(always)]
pub(super) fn put_text<const N: usize>(text: &Text<N>, width: usize, w: &mut Writer<'_>) {
    if width == N {
        w.put_array(*text.whole());
    } else {
        w.put_padded(text.as_bytes(), width);
    }
}

/// A text of at most `width` octets.
pub(in crate::wire) fn give_text<const N: usize>(width: usize, given: &Given) -> Result<Text<N>, GivenError> {
    let octets = given.text()?;
    let error = |what| Err(GivenError::new(GivenErrorKind::BadLength, what));
    match Text::from_octets(&octets) {
        Ok(text) if text.len() <= width => Ok(text),
        Err(fault) if fault.limit < N => error("has a NUL inside, and a NUL ends a text".to_owned()),
        _ => error(format!("has {} octets, the field holds {width}: shorten it", octets.len())),
    }
}

fn short_tail<'a>(width: usize, r: &mut Reader<'a>) -> &'a [u8] {
    let field = r.take_up_to(width);
    if field.len() < width {
        r.note(Note::ShortTail);
    }
    field
}

impl<const N: usize> Wire for [u8; N] {
    const KINDS: &'static [Kind] = &[Kind::Octets, Kind::Reserve, Kind::Tail];
    const SHAPE: Shape = Shape::Octets;
    const MAX: usize = N;

    #[inline(always)]
    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version)
    }

    #[inline]
    fn get(spec: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut octets = [0; N];
        let width = spec.size(r.version());
        if width == 0 {
            return Ok(octets);
        }
        let field = match spec.kind() {
            Kind::Tail => short_tail(width, r),
            Kind::Reserve if r.remaining() == 0 => {
                r.note(Note::ReserveMissing);
                return Ok(octets);
            }
            Kind::Reserve if r.remaining() < width && spec.refuses_partial_reserve_by_length() => {
                return Err(r.fail(name, ErrorClass::BodyLengthInvalid));
            }
            _ => r.take(width, name)?,
        };
        for (to, from) in octets.iter_mut().zip(field) {
            *to = *from;
        }
        Ok(octets)
    }

    #[inline]
    fn put(&self, spec: &Spec, name: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let width = spec.size(w.version());
        if width == 0 {
            return absent(self.iter().all(|&o| o == 0), name, w);
        }
        w.put(self.get(..width).unwrap_or_default());
        Ok(())
    }

    fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit) {
        if spec.size(version) > 0 {
            to.field(name, Shown::Octets(self));
        }
    }

    fn give(_: &Spec, _: Version, given: &Given) -> Result<Self, GivenError> {
        let octets = given.exactly(N)?;
        Ok(octets.first_chunk().copied().unwrap_or([0; N]))
    }

    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut Sampler) -> Self {
        let present = spec.size(version) > 0;
        std::array::from_fn(|_| if present { sampler.number(0xFF) as u8 } else { 0 })
    }
}

impl Wire for Seq {
    const KINDS: &'static [Kind] = &[Kind::Sequence];
    const SHAPE: Shape = Shape::Sequence;
    const MAX: usize = 12;

    fn wire_len(&self, spec: &Spec, version: Version) -> usize {
        spec.size(version)
    }

    fn get(_: &Spec, name: &'static str, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let octets = r.take(12, name)?;
        Ok(octets.first_chunk().map_or_else(Self::default, |octets| Self::from_bytes(*octets)))
    }

    fn put(&self, _: &Spec, _: &'static str, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.put(&self.to_bytes());
        Ok(())
    }

    fn show(&self, _: &Spec, name: &'static str, _: Version, to: &mut dyn Visit) {
        to.field(name, Shown::Seq(*self));
    }

    fn give(_: &Spec, _: Version, given: &Given) -> Result<Self, GivenError> {
        given.sequence()
    }

    #[cfg(test)]
    fn sample(_: &Spec, _: Version, sampler: &mut Sampler) -> Self {
        let mut part = || sampler.number(0xFFFF_FFFF) as u32;
        Self::new(part(), part(), part())
    }
}
