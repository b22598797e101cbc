//! The wire specs a row of a table may use.
//!
//! A [`Spec`] is plain data: how wide a field is in which version, and how it is counted. The Rust type of the row
//! decides how its octets are read and written ([`Wire`]). Both are constants of the row, so the compiler folds the
//! version arithmetic and most of the checks away.

use super::error::{DecodeError, EncodeError};
use super::given::{Given, GivenError};
use super::reader::Reader;
use super::table::{FieldInfo, Shape};
use super::value::Visit;
use super::version::Version;
use super::writer::Writer;

mod lists;
mod scalars;

pub(super) use scalars::give_text;

#[cfg(test)]
pub mod sample;

/// The form of a field on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A big-endian number.
    Int,
    /// A big-endian number that is shown as octets: a message id.
    Id,
    /// A number that a peer may leave out.
    OptionalInt,
    /// Left-justified text, padded with NUL.
    Text,
    /// Raw octets of a fixed number.
    Octets,
    /// Three numbers of four octets: a sequence number of SGIP.
    Sequence,
    /// Reserved octets that may be left out as a whole.
    Reserve,
    /// The last field after a content, which may be shorter or longer than its size.
    Tail,
    /// A count, then as many texts.
    List,
    /// A count, then as many groups of fields.
    Groups,
    /// A length, then as many octets.
    Content,
    /// Optional parameters up to the end of the frame.
    Tlvs,
    /// All octets up to the end of the frame.
    Rest,
}

/// The count or length in front of a repeated field or a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Name of the count's own field.
    pub name: &'static str,
    /// Octets of the count: 1 or 4.
    pub size: u8,
    /// Fewest entries.
    pub min: u32,
    /// Most entries that are written, before the turning version.
    pub max_old: u32,
    /// Most entries that are written, from the turning version on.
    pub max_new: u32,
    /// Whether more entries are refused when reading, too.
    pub bounded: bool,
}

/// What a field tells a reader about later fields, or a dump about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing.
    Plain,
    /// It is the coding of the content.
    Coding,
    /// The content is a status report if the value is at least this.
    ReportFrom(u8),
    /// It is a secret; dumps and logs should mask it.
    Secret,
}

/// The wire spec of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    kind: Kind,
    name: Option<&'static str>,
    old: u16,
    new: u16,
    turn: Version,
    hole: Option<Version>,
    count: Option<Count>,
    tail: (u16, u16),
    strict_rest: bool,
    role: Role,
}

impl Spec {
    const fn of(kind: Kind, size: u16) -> Self {
        Self {
            kind,
            name: None,
            old: size,
            new: size,
            turn: Version(0),
            hole: None,
            count: None,
            tail: (0, 0),
            strict_rest: false,
            role: Role::Plain,
        }
    }

    /// The form of the field.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Octets of the field in this version; for lists and groups those of one entry (groups: 1), for contents and
    /// optional parameters 1. Zero if the version does not have the field.
    #[must_use]
    #[inline(always)]
    pub const fn size(&self, version: Version) -> usize {
        if let Some(hole) = self.hole
            && hole.0 == version.0
        {
            return 0;
        }
        if version.0 < self.turn.0 { self.old as usize } else { self.new as usize }
    }

    /// Octets of the field in this version, or in the others if this one does not have it: for values that are checked
    /// before their version is.
    pub(crate) const fn size_anywhere(&self, version: Version) -> usize {
        match self.size(version) {
            0 => self.widest(),
            size => size,
        }
    }

    /// The widest size over all versions.
    #[must_use]
    pub const fn widest(&self) -> usize {
        if self.old > self.new { self.old as usize } else { self.new as usize }
    }

    /// Sizes before and from a version on, if they differ.
    #[must_use]
    pub const fn turn(&self) -> Option<(u16, u16, Version)> {
        if self.old == self.new { None } else { Some((self.old, self.new, self.turn)) }
    }

    /// A version without the field, besides what [`Spec::turn`] says.
    #[must_use]
    pub const fn hole(&self) -> Option<Version> {
        self.hole
    }

    /// The count or length in front of the field.
    #[must_use]
    pub const fn count(&self) -> Option<Count> {
        self.count
    }

    /// What the field tells about others or itself.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The name on the wire, given the name of the row.
    #[must_use]
    pub const fn name(&self, row: &'static str) -> &'static str {
        match self.name {
            Some(name) => name,
            None => row,
        }
    }

    /// The same spec under another name on the wire than the row's.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The field is the coding of the content that follows.
    #[must_use]
    pub const fn coding(mut self) -> Self {
        self.role = Role::Coding;
        self
    }

    /// The content that follows is a status report if this field is at least `value`.
    #[must_use]
    pub const fn report_from(mut self, value: u8) -> Self {
        self.role = Role::ReportFrom(value);
        self
    }

    /// The field is a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.role = Role::Secret;
        self
    }

    /// A content that is followed by one field of this size (before, from the turning version on), so that the frame
    /// length can correct a wrong content length.
    #[must_use]
    pub const fn before_tail(mut self, turn: Version, old: u16, new: u16) -> Self {
        self.turn = turn;
        self.tail = (old, new);
        self
    }

    /// The size of the field after a content.
    #[inline(always)]
    pub(crate) const fn tail_size(&self, version: Version) -> usize {
        if version.0 < self.turn.0 { self.tail.0 as usize } else { self.tail.1 as usize }
    }

    /// From the version `turn` on, at most `max` entries.
    #[must_use]
    pub const fn at_most_since(mut self, turn: Version, max: u32) -> Self {
        // A turning version that chooses the size as well must be the same one.
        assert!(self.old == self.new || self.turn.0 == turn.0);
        self.turn = turn;
        if let Some(count) = &mut self.count {
            count.max_new = max;
        }
        self
    }

    #[inline(always)]
    pub(crate) const fn max_entries(&self, version: Version, count: &Count) -> u32 {
        if version.0 < self.turn.0 { count.max_old } else { count.max_new }
    }

    pub(crate) const fn refuses_partial_reserve_by_length(&self) -> bool {
        self.strict_rest
    }

    const fn counted(mut self, name: &'static str, size: u8, min: u32, max: u32, bounded: bool) -> Self {
        self.count = Some(Count { name, size, min, max_old: max, max_new: max, bounded });
        self
    }
}

/// A number of one octet.
#[allow(non_upper_case_globals)]
pub const u8: Spec = Spec::of(Kind::Int, 1);
/// A number of two octets.
#[allow(non_upper_case_globals)]
pub const u16: Spec = Spec::of(Kind::Int, 2);
/// A number of four octets.
#[allow(non_upper_case_globals)]
pub const u32: Spec = Spec::of(Kind::Int, 4);

/// A number of `size` octets: 1, 2, 4 or 8.
#[must_use]
pub const fn number(size: u16) -> Spec {
    Spec::of(Kind::Int, size)
}

/// A message id: a number of eight octets that is shown as octets.
#[must_use]
pub const fn id() -> Spec {
    Spec::of(Kind::Id, 8)
}

/// Text of `size` octets.
#[must_use]
pub const fn text(size: u16) -> Spec {
    Spec::of(Kind::Text, size)
}

/// Raw octets.
#[must_use]
pub const fn octets(size: u16) -> Spec {
    Spec::of(Kind::Octets, size)
}

/// A number of one octet that a peer may leave out.
#[must_use]
pub const fn optional_u8() -> Spec {
    Spec::of(Kind::OptionalInt, 1)
}

/// A sequence number of SGIP inside a body.
#[must_use]
pub const fn sequence() -> Spec {
    Spec::of(Kind::Sequence, 12)
}

/// The eight reserved octets that end most bodies of SGIP. Some peers leave them out, always all eight.
#[must_use]
pub const fn reserve() -> Spec {
    Spec::of(Kind::Reserve, 8)
}

/// As [`reserve`], in a generic response. A body of 2 to 8 octets is refused there, because it may be a result
/// of four octets, whose first octet would read as success (`sgip.md 14`, D10).
#[must_use]
pub const fn resp_reserve() -> Spec {
    let mut spec = reserve();
    spec.strict_rest = true;
    spec
}

/// The field after a content: usually `size` octets, but some peers send fewer or more (`cmpp.md 14`, row 2).
#[must_use]
pub const fn tail(size: u16) -> Spec {
    Spec::of(Kind::Tail, size)
}

/// Texts with a count of one octet in front, from `min` to `max` entries. Other counts are refused.
#[must_use]
pub const fn list(count: &'static str, min: u32, max: u32, item: Spec) -> Spec {
    let mut spec = item.counted(count, 1, min, max, true);
    spec.kind = Kind::List;
    spec
}

/// Groups with a count of `size` octets in front; at most `max` are written, and as many read as the frame holds.
#[must_use]
pub const fn groups(count: &'static str, size: u8, max: u32) -> Spec {
    Spec::of(Kind::Groups, 1).counted(count, size, 0, max, false)
}

/// A content with its length in one octet in front.
#[must_use]
pub const fn content_u8(length: &'static str) -> Spec {
    Spec::of(Kind::Content, 1).counted(length, 1, 0, 255, true)
}

/// A content with its length in four octets in front.
#[must_use]
pub const fn content_u32(length: &'static str) -> Spec {
    Spec::of(Kind::Content, 1).counted(length, 4, 0, u32::MAX, true)
}

/// Optional parameters, written from version `since` on.
#[must_use]
pub const fn tlvs(since_version: Version) -> Spec {
    since(since_version, Spec::of(Kind::Tlvs, 1).named("tlv"))
}

/// All that is left, as it is.
#[must_use]
pub const fn rest() -> Spec {
    Spec::of(Kind::Rest, 1)
}

/// `old` before the version `turn`, `new` from it on. Both have one kind.
#[must_use]
pub const fn by(turn: Version, old: Spec, new: Spec) -> Spec {
    assert!(old.kind as u8 == new.kind as u8);
    let mut spec = new;
    spec.old = old.old;
    spec.turn = turn;
    spec
}

/// A field that exists from the version `turn` on.
#[must_use]
pub const fn since(turn: Version, spec: Spec) -> Spec {
    let mut spec = spec;
    spec.old = 0;
    spec.turn = turn;
    spec
}

/// A field that exists before the version `turn`.
#[must_use]
pub const fn before(turn: Version, spec: Spec) -> Spec {
    let mut spec = spec;
    spec.new = 0;
    spec.turn = turn;
    spec
}

/// A field that one version does not have.
#[must_use]
pub const fn except(version: Version, spec: Spec) -> Spec {
    let mut spec = spec;
    spec.hole = Some(version);
    spec
}

/// How a Rust type travels under a spec.
pub trait Wire: Sized {
    /// The kinds of spec the type can travel under.
    const KINDS: &'static [Kind];
    /// The widest fixed size it can hold.
    const MAX: usize;
    /// What its value is.
    const SHAPE: Shape;
    /// The fields of one entry, for groups.
    const ENTRIES: &'static [FieldInfo] = &[];
    /// The name of the struct of one entry, for groups.
    const ENTRY: &'static str = "";

    /// Octets it takes, its count included.
    fn wire_len(&self, spec: &Spec, version: Version) -> usize;

    /// Reads it.
    ///
    /// # Errors
    /// [`DecodeError`] naming the field, or its count.
    fn get(spec: &Spec, name: &'static str, reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Writes it.
    ///
    /// # Errors
    /// [`EncodeError`] naming the field.
    fn put(&self, spec: &Spec, name: &'static str, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// Shows it, with its count in front.
    fn show(&self, spec: &Spec, name: &'static str, version: Version, to: &mut dyn Visit);

    /// Makes it of a value that is known at run time only. The inverse of [`Wire::show`].
    ///
    /// # Errors
    /// [`GivenError`] if the value does not fit the field. A field that the version does not have is checked as in the
    /// others.
    fn give(spec: &Spec, version: Version, given: &Given) -> Result<Self, GivenError>;

    /// A value for the generated tests.
    #[cfg(test)]
    fn sample(spec: &Spec, version: Version, sampler: &mut sample::Sampler) -> Self;
}
