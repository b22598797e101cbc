//! The table: from one block a PDU come its struct, reader, writer, field list, documentation and tests.
//!
//! A row is `/// meaning` and `name: Type = spec`; the spec is one of [`super::field`]. Besides its rows a block may say
//!
//! - `in(span)`: the versions that have the PDU, and the lengths that tell it from another one with its id;
//! - `layout(fn)`: a function that may choose another version's layout by the body's length;
//! - `empty(flag)`: a body without octets is a value of its own, kept in a field of this name;
//! - `swap(version: a, b)`: in that version the two fields of one type change places on the wire.

use bytes::BytesMut;

use super::error::{DecodeError, EncodeError, EncodeErrorKind, ErrorClass};
use super::field::{Kind, Spec, Wire};
use super::frame;
use super::given::{Given, GivenError};
use super::notes::{Note, Notes};
use super::reader::Reader;
use super::value::Visit;
use super::version::{Protocol, Seq, Version};
use super::writer::Writer;

#[cfg(test)]
use super::field::sample::Sampler;

/// What the value of a field is, whatever its form on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// An unsigned number.
    Number,
    /// A signed number.
    Signed,
    /// A number or nothing.
    OptionalNumber,
    /// Text.
    Text,
    /// Octets.
    Octets,
    /// A sequence number of three parts.
    Sequence,
    /// Several texts.
    Texts,
    /// Several groups of fields.
    Groups,
    /// Optional parameters.
    Tlvs,
}

/// What is known about one field before any PDU is read.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// The name on the wire, in snake case.
    pub name: &'static str,
    /// Its form and sizes.
    pub spec: Spec,
    /// What its value is.
    pub shape: Shape,
    /// One sentence about it.
    pub doc: &'static str,
    /// For groups: the fields of one entry.
    pub entries: &'static [Self],
    /// For groups: the name of the struct of one entry; empty for others.
    pub entry: &'static str,
}

impl FieldInfo {
    /// A row; refuses at compile time a spec that does not suit the type.
    #[must_use]
    pub const fn new<T: Wire>(row: &'static str, spec: Spec, doc: &'static str) -> Self {
        let mut suits = false;
        let mut kinds = T::KINDS;
        while let [kind, more @ ..] = kinds {
            suits |= *kind as u8 == spec.kind() as u8;
            kinds = more;
        }
        assert!(suits, "this type does not travel under this spec");
        assert!(spec.widest() <= T::MAX, "the type is too narrow for the spec");
        let (shape, entries, entry) = (T::SHAPE, T::ENTRIES, T::ENTRY);
        Self { name: spec.name(row), spec, shape, doc: doc.trim_ascii(), entries, entry }
    }

    /// The size of the field in this version, for documents: `21`, `21 each`, `variable`, or `-` if it is absent.
    #[must_use]
    pub fn size_text(&self, version: Version) -> String {
        match (self.spec.kind(), self.spec.size(version)) {
            (_, 0) => "-".to_owned(),
            (Kind::List, size) => format!("{size} each"),
            (Kind::Groups, _) => {
                let size: usize = self.entries.iter().map(|entry| entry.spec.size(version)).sum();
                format!("{size} each")
            }
            (Kind::Content | Kind::Tlvs | Kind::Rest, _) => "variable".to_owned(),
            (_, size) => size.to_string(),
        }
    }
}

/// What is known about one PDU before any is read.
#[derive(Clone, Copy, Debug)]
pub struct PduInfo {
    /// The name in snake case, as in the golden vectors.
    pub name: &'static str,
    /// The command id.
    pub command: u32,
    /// A sentence or two about it.
    pub doc: &'static str,
    /// The versions that have it.
    pub span: Span,
    /// The name of the flag for a body without octets, if that is a value of its own.
    pub empty: Option<&'static str>,
    /// Its fields in the order of the wire.
    pub fields: &'static [FieldInfo],
}

impl PduInfo {
    /// Whether it is a response: the top bit of the command id.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.command & frame::RESPONSE != 0
    }
}

/// The versions that have a PDU. Some ids were given to another PDU later; then the body's length decides between the
/// two where the version is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first version.
    pub since: Version,
    /// The first version that does not have it any more.
    pub before: Option<Version>,
    /// Octets of its body, and of the other PDU with its id.
    lengths: Option<(usize, usize)>,
}

impl Span {
    /// Every version.
    pub const ALL: Self = Self { since: Version(0), before: None, lengths: None };

    /// From a version on.
    #[must_use]
    pub const fn since(version: Version) -> Self {
        Self { since: version, before: None, lengths: None }
    }

    /// Before a version.
    #[must_use]
    pub const fn before(version: Version) -> Self {
        Self { since: Version(0), before: Some(version), lengths: None }
    }

    /// The body has `own` octets; the other PDU with the same id has `other`.
    #[must_use]
    pub const fn told_by(mut self, own: usize, other: usize) -> Self {
        self.lengths = Some((own, other));
        self
    }

    /// Whether the version has the PDU.
    #[must_use]
    #[inline(always)]
    pub const fn has(&self, version: Version) -> bool {
        version.0 >= self.since.0
            && match self.before {
                Some(before) => version.0 < before.0,
                None => true,
            }
    }

    /// Whether a frame with a body of this length is read as this PDU.
    #[inline(always)]
    pub(crate) const fn covers(&self, version: Version, body: usize) -> bool {
        match self.lengths {
            Some((own, _)) if body == own => true,
            Some((_, other)) if body == other => false,
            _ => self.has(version),
        }
    }

    pub(crate) const fn is_all(&self) -> bool {
        self.since.0 == 0 && self.before.is_none() && self.lengths.is_none()
    }
}

/// Chooses between two layouts of a response by the length of its body (`cmpp.md 17`, row 1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByLength {
    pub(crate) old: (usize, Version),
    pub(crate) new: (usize, Version),
}

impl ByLength {
    #[inline(always)]
    pub(crate) const fn choose(self, version: Version, body: &[u8]) -> Version {
        let is_new = version.0 >= self.new.1.0;
        if is_new && body.len() == self.old.0 {
            self.old.1
        } else if !is_new && body.len() == self.new.0 {
            self.new.1
        } else {
            version
        }
    }
}

/// The rows of a PDU, of a repeated group, or of a report inside a content.
pub trait Rows: Clone + Default + PartialEq + std::fmt::Debug {
    /// The name of the struct.
    const STRUCT: &'static str;
    /// The fields in the order of the wire.
    const FIELDS: &'static [FieldInfo];

    /// Octets of all rows.
    fn rows_len(&self, version: Version) -> usize;

    /// Octets of all rows, if every one has a fixed size.
    fn fixed_len(version: Version) -> usize;

    /// Reads all rows.
    ///
    /// # Errors
    /// [`DecodeError`] naming the field.
    fn get_rows(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Writes all rows.
    ///
    /// # Errors
    /// [`EncodeError`] naming the field.
    fn put_rows(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// Shows all fields this version has.
    fn show_rows(&self, version: Version, to: &mut dyn Visit);

    /// Makes all rows of values that are known at run time only. What is not given keeps its default.
    ///
    /// # Errors
    /// [`GivenError`] naming the value.
    fn give_rows(given: &[(String, Given)], version: Version) -> Result<Self, GivenError>;

    /// A value for the generated tests.
    #[cfg(test)]
    fn sample_rows(version: Version, sampler: &mut Sampler) -> Self;
}

/// A group of fields that repeats. All its fields have a fixed size.
pub trait Entry: Rows {
    /// Octets of one entry.
    #[must_use]
    fn size(version: Version) -> usize {
        Self::FIELDS.iter().fold(0, |sum, field| sum.saturating_add(field.spec.size(version)))
    }
}

/// One PDU of a protocol.
pub trait Body: Rows {
    /// Its protocol.
    const PROTOCOL: Protocol;
    /// What the table says about it.
    const INFO: PduInfo;

    /// The version whose layout a body has, given the version of the session.
    #[must_use]
    fn layout(version: Version, body: &[u8]) -> Version;
}

/// Reads the body of a PDU.
#[inline]
pub(crate) fn decode_body<B: Body>(
    version: Version,
    body: &[u8],
    notes: &mut Notes,
) -> Result<B, DecodeError> {
    // Most answers are of one version and of its size. Here the compiler knows both, and one check does for all fields.
    let newest = const { Version(turn(&B::INFO)) };
    if const { most(B::PROTOCOL, &B::INFO).is_some() }
        && version == newest
        && body.len() == B::fixed_len(newest)
        && B::layout(newest, body) == newest
    {
        return read(newest, body, notes);
    }
    let layout = B::layout(version, body);
    if layout != version {
        notes.insert(Note::LayoutByLength);
    }
    read(layout, body, notes)
}

#[inline(always)]
fn read<B: Body>(layout: Version, body: &[u8], notes: &mut Notes) -> Result<B, DecodeError> {
    let mut reader = Reader::new(B::INFO.name, layout, B::PROTOCOL.header_len(), body, notes);
    let pdu = B::get_rows(&mut reader)?;
    reader.finish();
    Ok(pdu)
}

/// The first version in which a field has another size than before; 0 if none has.
const fn turn(info: &PduInfo) -> u8 {
    let mut fields = info.fields;
    while let [field, more @ ..] = fields {
        if let Some((_, _, turn)) = field.spec.turn() {
            return turn.0;
        }
        fields = more;
    }
    0
}

/// Reads a whole frame of a PDU.
#[inline]
pub(crate) fn decode<B: Body>(
    version: Version,
    frame: &[u8],
    notes: &mut Notes,
) -> Result<(Seq, B), DecodeError> {
    let (header, body) = frame::split(B::PROTOCOL, frame)?;
    if header.command != B::INFO.command {
        let class = ErrorClass::ValueOutOfRange;
        return Err(DecodeError { pdu: B::INFO.name, field: "command", offset: 4, class });
    }
    if !B::INFO.span.has(version) {
        notes.insert(Note::OtherVersion);
    }
    Ok((header.seq, decode_body(version, body, notes)?))
}

/// Appends the whole frame of a PDU. On an error `out` is as before.
#[inline]
pub(crate) fn encode<B: Body>(
    body: &B,
    version: Version,
    seq: Seq,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if !B::INFO.span.has(version) {
        let kind = EncodeErrorKind::NotInVersion;
        return Err(EncodeError { pdu: B::INFO.name, field: "command", limit: 0, actual: 1, kind });
    }
    if let Some(most) = const { most(B::PROTOCOL, &B::INFO) } {
        return encode_short(body, version, seq, out, most);
    }
    let length = encoded_len(body, version);
    let start = out.len();
    out.resize(start.saturating_add(length), 0);
    let room = out.get_mut(start..).unwrap_or_default();
    let (head, room) = room.split_at_mut_checked(B::PROTOCOL.header_len()).unwrap_or_default();
    frame::put_header(B::PROTOCOL, head, length, B::INFO.command, seq);
    let mut writer = Writer::new(B::INFO.name, version, room);
    let written = body.put_rows(&mut writer);
    debug_assert!(
        written.is_err() || writer.remaining() == 0,
        "{}: the measured length is too big",
        B::INFO.name
    );
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Octets up to which a PDU is written aside and copied at once.
const SHORT: usize = 64;

/// The most octets that a frame has in any version, for PDUs whose fields all have fixed sizes, if it is short.
const fn most(protocol: Protocol, info: &PduInfo) -> Option<usize> {
    let mut octets = protocol.header_len();
    let mut fields = info.fields;
    while let [field, more @ ..] = fields {
        match field.spec.kind() {
            Kind::List | Kind::Groups | Kind::Content | Kind::Tlvs | Kind::Rest => return None,
            _ => octets = octets.saturating_add(field.spec.widest()),
        }
        fields = more;
    }
    if octets <= SHORT { Some(octets) } else { None }
}

/// As [`encode`], for most answers: room whose size the compiler knows costs neither checks nor calls.
#[inline]
fn encode_short<B: Body>(
    body: &B,
    version: Version,
    seq: Seq,
    out: &mut BytesMut,
    most: usize,
) -> Result<(), EncodeError> {
    let length = encoded_len(body, version);
    let mut frame = [0; SHORT];
    let room = frame.get_mut(..most).unwrap_or_default();
    let (head, rest) = room.split_at_mut_checked(B::PROTOCOL.header_len()).unwrap_or_default();
    frame::put_header(B::PROTOCOL, head, length, B::INFO.command, seq);
    let mut writer = Writer::new(B::INFO.name, version, rest);
    body.put_rows(&mut writer)?;
    debug_assert!(
        writer.remaining().checked_add(length) == Some(most),
        "{}: the measured length is wrong",
        B::INFO.name
    );
    // All of it, because that is a copy of known size; what is behind the frame goes again.
    let end = out.len().saturating_add(length);
    out.extend_from_slice(room);
    out.truncate(end);
    Ok(())
}

/// Makes a PDU of values that are known at run time only.
pub(crate) fn from_fields<B: Body>(version: Version, given: &[(String, Given)]) -> Result<B, GivenError> {
    if !B::INFO.span.has(version) {
        return Err(super::given::not_in_version(&B::INFO, version));
    }
    B::give_rows(given, version).map_err(|error| error.in_pdu(B::INFO.name))
}

/// Octets of the whole frame of a PDU.
#[inline]
pub(crate) fn encoded_len<B: Body>(body: &B, version: Version) -> usize {
    body.rows_len(version).saturating_add(B::PROTOCOL.header_len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::any::AnyPdu;
    use super::super::{cmpp, sgip, smgp};
    use super::*;

    fn sizes(protocol: Protocol, pdu: &str, field: &str) -> Vec<String> {
        let info = AnyPdu::table(protocol).iter().find(|info| info.name == pdu).unwrap();
        let field = info.fields.iter().find(|info| info.name == field).unwrap();
        protocol.versions().iter().map(|version| field.size_text(*version)).collect()
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(sizes(Protocol::Cmpp, "submit", "dest_terminal_id"), ["21 each", "21 each", "32 each"]);
        assert_eq!(sizes(Protocol::Cmpp, "submit", "link_id"), ["-", "-", "20"]);
        assert_eq!(sizes(Protocol::Cmpp, "mt_route_resp", "start_id"), ["6", "9", "9"]);
        assert_eq!(sizes(Protocol::Sgip, "trace_resp", "nodes"), ["47 each", "47 each", "51 each"]);
        assert_eq!(sizes(Protocol::Smgp, "submit", "tlv"), ["-", "-", "variable", "variable"]);
        assert_eq!(sizes(Protocol::Smgp, "submit", "msg_content"), ["variable"; 4]);
    }

    #[test]
    fn every_row_is_documented_and_named_once() {
        for protocol in Protocol::ALL {
            for info in AnyPdu::table(protocol) {
                let counts =
                    info.fields.iter().filter_map(|field| field.spec.count().map(|count| count.name));
                let mut names: Vec<_> = info.fields.iter().map(|field| field.name).chain(counts).collect();
                names.sort_unstable();
                assert!(
                    names.windows(2).all(|pair| matches!(pair, [a, b] if a != b)),
                    "{}: {names:?}",
                    info.name
                );
                for field in info.fields.iter().chain(info.fields.iter().flat_map(|field| field.entries)) {
                    assert!(field.doc.ends_with('.') && field.doc.len() > 2, "{}.{}", info.name, field.name);
                }
            }
        }
    }

    #[test]
    fn commands_are_unique_in_each_version() {
        for protocol in Protocol::ALL {
            for &version in protocol.versions() {
                let here = AnyPdu::table(protocol).iter().filter(|info| info.span.has(version));
                let mut commands: Vec<_> = here.map(|info| info.command).collect();
                let all = commands.len();
                commands.sort_unstable();
                commands.dedup();
                assert_eq!(commands.len(), all, "{protocol} {version}");
            }
        }
    }

    #[test]
    fn spans_tell_two_pdus_of_one_id_apart() {
        let old = Span::before(cmpp::V21).told_by(12, 14);
        let new = Span::since(cmpp::V21).told_by(14, 12);
        for (version, body, is_old) in [
            (cmpp::V20, 12, true),
            (cmpp::V20, 14, false),
            (cmpp::V20, 13, true),
            (cmpp::V30, 12, true),
            (cmpp::V30, 14, false),
            (cmpp::V30, 13, false),
        ] {
            assert_eq!(
                (old.covers(version, body), new.covers(version, body)),
                (is_old, !is_old),
                "{version} {body}"
            );
        }
        assert!(Span::ALL.is_all() && !old.is_all());
        assert!(Span::ALL.has(Version(0)) && !Span::since(smgp::V30).has(smgp::V20));
        assert!(old.has(cmpp::V20) && !old.has(cmpp::V21) && Span::ALL.covers(sgip::V12, 0));
    }
}
