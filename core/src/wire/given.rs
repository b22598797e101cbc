//! The other way from [`super::value`]: names and values that are known at run time only, to a PDU. From JSON, from
//! another language.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::field::{Kind, Spec, Wire};
use super::table::{FieldInfo, PduInfo};
use super::version::{Seq, Version};
use crate::words::{nearest_of, shorten};

/// A value that somebody gives for a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing: the field keeps its default.
    Null,
    /// A yes or no.
    Flag(bool),
    /// A number.
    Int(i128),
    /// Text; for octets their hexadecimal digits.
    Text(String),
    /// Octets; for text those it is made of.
    Octets(Bytes),
    /// Several values: receivers, groups, optional parameters, the three numbers of a sequence.
    List(Vec<Self>),
    /// The fields of a group or of an optional parameter; `{"hex": "c4e3"}` is a text that is not UTF-8.
    Fields(GivenFields),
}

/// Fields by their names, in any order.
pub type GivenFields = Vec<(String, Given)>;

/// What is wrong with a value that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GivenErrorKind {
    /// The text is not JSON, or a name appears twice.
    Malformed,
    /// No protocol, version or PDU has this name.
    Unknown,
    /// The PDU has no field of this name.
    UnknownField,
    /// The field has no default and was not given.
    Missing,
    /// The value is of another type than the field.
    WrongType,
    /// The number does not fit the field, or does not agree with what it counts.
    OutOfRange,
    /// Too many or too few octets for the field.
    BadLength,
    /// Too many or too few entries.
    BadCount,
    /// The PDU or the field does not exist in this version.
    NotInVersion,
}

impl GivenErrorKind {
    /// The name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::UnknownField => "unknown_field",
            Self::Missing => "missing",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::BadLength => "bad_length",
            Self::BadCount => "bad_count",
            Self::NotInVersion => "not_in_version",
        }
    }
}

/// A value that makes no PDU, and what to give instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenError {
    /// Name of the PDU; empty if it is not known which.
    pub pdu: &'static str,
    /// Where the value stands: `src_id`, `dest_terminal_id[2]`, `routes[0].password`; empty for the PDU itself.
    pub path: String,
    /// What is wrong.
    pub kind: GivenErrorKind,
    what: String,
}

impl fmt::Display for GivenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pdu, path, what, .. } = self;
        match (pdu.is_empty(), path.is_empty()) {
            (true, true) => f.write_str(what),
            (true, false) => write!(f, "{path} {what}"),
            (false, true) => write!(f, "{pdu} {what}"),
            (false, false) => write!(f, "{pdu}: {path} {what}"),
        }
    }
}

impl std::error::Error for GivenError {}

impl GivenError {
    pub(crate) fn new(kind: GivenErrorKind, what: impl Into<String>) -> Self {
        Self { pdu: "", path: String::new(), kind, what: what.into() }
    }

    /// The value stands in this field.
    pub(crate) fn in_field(mut self, name: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{joint}{}", self.path);
        self
    }

    /// The value is this entry of a list.
    pub(super) fn in_entry(mut self, index: usize) -> Self {
        let joint = if self.path.is_empty() { "" } else { "." };
        self.path = format!("[{index}]{joint}{}", self.path);
        self
    }

    pub(super) fn in_pdu(mut self, pdu: &'static str) -> Self {
        self.pdu = pdu;
        self
    }

    fn wrong_type(given: &Given, wanted: &str) -> Self {
        let found = given.what();
        Self::new(GivenErrorKind::WrongType, format!("is {found}: give {wanted}"))
    }
}

impl Given {
    const fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "a yes or no",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Octets(_) => "octets",
            Self::List(_) => "a list",
            Self::Fields(_) => "an object",
        }
    }

    /// A number from `least` to `most`.
    pub(super) fn number(&self, least: i128, most: i128) -> Result<i128, GivenError> {
        match self {
            Self::Int(number) if (least..=most).contains(number) => Ok(*number),
            Self::Int(number) => {
                let what = format!("is {number}: give a number from {least} to {most}");
                Err(GivenError::new(GivenErrorKind::OutOfRange, what))
            }
            other => Err(GivenError::wrong_type(other, &format!("a number from {least} to {most}"))),
        }
    }

    /// The octets of a text.
    pub(super) fn text(&self) -> Result<Cow<'_, [u8]>, GivenError> {
        match self {
            Self::Text(text) => Ok(text.as_bytes().into()),
            Self::Octets(octets) => Ok(octets[..].into()),
            Self::Fields(fields) => match &fields[..] {
                [(key, Self::Text(digits))] if key == "hex" => Ok(unhex(digits)?.into()),
                _ => Err(GivenError::wrong_type(self, "text, or {\"hex\": its octets}")),
            },
            other => Err(GivenError::wrong_type(other, "text")),
        }
    }

    /// Octets.
    pub(super) fn octets(&self) -> Result<Bytes, GivenError> {
        match self {
            Self::Octets(octets) => Ok(octets.clone()),
            Self::Text(digits) => unhex(digits).map(Bytes::from),
            other => Err(GivenError::wrong_type(other, "octets as hexadecimal digits")),
        }
    }

    /// Exactly so many octets.
    pub(super) fn exactly(&self, wanted: usize) -> Result<Bytes, GivenError> {
        let octets = self.octets()?;
        if octets.len() == wanted {
            return Ok(octets);
        }
        let what = format!("has {} octets: give {wanted}", octets.len());
        Err(GivenError::new(GivenErrorKind::BadLength, what))
    }

    /// The three numbers of a sequence.
    pub(super) fn sequence(&self) -> Result<Seq, GivenError> {
        let part = |index: usize, part: &Self| {
            part.number(0, u32::MAX.into()).map(|n| n as u32).map_err(|e| e.in_entry(index))
        };
        match self {
            Self::List(parts) if let [node, time, serial] = &parts[..] => {
                Ok(Seq::new(part(0, node)?, part(1, time)?, part(2, serial)?))
            }
            other => Err(GivenError::wrong_type(other, "a list of three numbers: node, time, serial")),
        }
    }

    /// The entries of a list.
    pub(super) fn list(&self, of: &str) -> Result<&[Self], GivenError> {
        match self {
            Self::List(entries) => Ok(entries),
            other => Err(GivenError::wrong_type(other, &format!("a list of {of}"))),
        }
    }

    /// The fields of a group.
    pub(super) fn fields(&self) -> Result<&GivenFields, GivenError> {
        match self {
            Self::Fields(fields) => Ok(fields),
            other => Err(GivenError::wrong_type(other, "an object with fields")),
        }
    }

    fn flag(&self) -> Result<bool, GivenError> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Int(number @ (0 | 1)) => Ok(*number == 1),
            Self::Null => Ok(false),
            other => Err(GivenError::wrong_type(other, "true or false")),
        }
    }

    /// What a count in front of the value says: entries, or octets of a content.
    fn count(&self) -> Option<usize> {
        match self {
            Self::List(entries) => Some(entries.len()),
            Self::Octets(octets) => Some(octets.len()),
            Self::Text(digits) => digits.len().checked_div(2),
            _ => None,
        }
    }
}

/// Reads pairs of hexadecimal digits.
pub(super) fn unhex(digits: &str) -> Result<Vec<u8>, GivenError> {
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let octet = |pair: &[u8; 2]| Some(nibble(&pair[0])? << 4 | nibble(&pair[1])?);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let octets = pairs.iter().map(octet).collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty());
    octets.ok_or_else(|| {
        let what = format!("is \"{}\": give octets as pairs of hexadecimal digits", shorten(digits));
        GivenError::new(GivenErrorKind::WrongType, what)
    })
}

/// The value that was given under a name.
pub(crate) fn find<'a>(given: &'a [(String, Given)], name: &str) -> Option<&'a Given> {
    given.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Given::Null)
}

/// Refuses names that are none of these, and names that appear twice.
pub(crate) fn check_names(
    given: &[(String, Given)],
    names: impl Iterator<Item = &'static str> + Clone,
) -> Result<(), GivenError> {
    for (index, (key, _)) in given.iter().enumerate() {
        if !names.clone().any(|name| name == key) {
            let known: Vec<_> = names.clone().collect();
            let advice = match nearest_of(key, names) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None if known.is_empty() => "there are none".to_owned(),
                None => format!("there are {}", known.join(", ")),
            };
            let what = format!("is no field: {advice}");
            return Err(GivenError::new(GivenErrorKind::UnknownField, what).in_field(&shorten(key)));
        }
        if given.iter().take(index).any(|(other, _)| other == key) {
            return Err(GivenError::new(GivenErrorKind::Malformed, "is given twice").in_field(key));
        }
    }
    Ok(())
}

/// The names of a table and of its counts, and that of the field for an empty body.
pub(super) fn names(
    fields: &'static [FieldInfo],
    empty: Option<&'static str>,
) -> impl Iterator<Item = &'static str> + Clone {
    let counts = |field: &'static FieldInfo| field.spec.count().map(|count| count.name);
    empty
        .into_iter()
        .chain(fields.iter().flat_map(move |field| counts(field).into_iter().chain([field.name])))
}

/// Whether the body shall be empty. Then nothing else may be given but what is its default anyway.
pub(super) fn empty(given: &[(String, Given)], name: &'static str) -> Result<bool, GivenError> {
    let Some(flag) = find(given, name) else { return Ok(false) };
    if !flag.flag().map_err(|error| error.in_field(name))? {
        return Ok(false);
    }
    let is_nothing = |value: &Given| match value {
        Given::Null | Given::Int(0) => true,
        Given::List(entries) => entries.is_empty(),
        _ => false,
    };
    match given.iter().find(|(key, value)| key != name && !is_nothing(value)) {
        None => Ok(true),
        Some((key, _)) => {
            let what = format!("is given, and {name} is true: give one of them");
            Err(GivenError::new(GivenErrorKind::OutOfRange, what).in_field(key))
        }
    }
}

/// The field of a row: what was given for it, or its default.
pub(super) fn field<T: Wire + Default + PartialEq>(
    given: &[(String, Given)],
    spec: &Spec,
    name: &'static str,
    version: Version,
) -> Result<T, GivenError> {
    let value = find(given, name);
    let field = match value {
        None => T::default(),
        Some(value) => T::give(spec, version, value).map_err(|error| error.in_field(name))?,
    };
    let exists = spec.size(version) > 0;
    if !exists && field != T::default() {
        let what = format!("does not exist in {version}: leave it out, or use another version");
        return Err(GivenError::new(GivenErrorKind::NotInVersion, what).in_field(name));
    }
    if let Some(count) = spec.count() {
        let entries = value.and_then(Given::count).unwrap_or(0);
        if value.is_none() && count.min > 0 && spec.kind() == Kind::List {
            let what = format!("is missing: give at least {}", count.min);
            return Err(GivenError::new(GivenErrorKind::Missing, what).in_field(name));
        }
        if let Some(said) = find(given, count.name)
            && said.number(0, i128::from(u32::MAX)).map_err(|error| error.in_field(count.name))?
                != i128::try_from(entries).unwrap_or(i128::MAX)
        {
            let what = format!("does not agree with {name}, which makes it {entries}: leave it out");
            return Err(GivenError::new(GivenErrorKind::OutOfRange, what).in_field(count.name));
        }
    }
    Ok(field)
}

/// Checks the number of entries, or of octets of a content.
pub(super) fn check_count(
    spec: &Spec,
    version: Version,
    entries: usize,
    what: &str,
) -> Result<(), GivenError> {
    let Some(count) = spec.count() else { return Ok(()) };
    let (least, most) = (count.min as usize, spec.max_entries(version, &count) as usize);
    let kind =
        if spec.kind() == Kind::Content { GivenErrorKind::BadLength } else { GivenErrorKind::BadCount };
    if entries > most {
        return Err(GivenError::new(kind, format!("has {entries} {what}: at most {most} are allowed")));
    }
    if entries < least {
        return Err(GivenError::new(kind, format!("has {entries} {what}: at least {least} are needed")));
    }
    Ok(())
}

/// The error for the name of a PDU that the protocol does not have.
pub(super) fn unknown_pdu(name: &str, table: &'static [PduInfo]) -> GivenError {
    let advice = match nearest_of(name, table.iter().map(|info| info.name)) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "its name is that of the tables in docs/protocol, for example submit_resp".to_owned(),
    };
    let what = format!("there is no PDU {}: {advice}", shorten(name));
    GivenError::new(GivenErrorKind::Unknown, what)
}

/// The error for a PDU that the version does not have.
pub(super) fn not_in_version(info: &PduInfo, version: Version) -> GivenError {
    let what = format!("does not exist in {version}: use another version");
    GivenError::new(GivenErrorKind::NotInVersion, what).in_pdu(info.name)
}

#[cfg(test)]
mod tests;
