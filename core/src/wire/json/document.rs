//! A whole PDU from one JSON object, as [`super::document`] writes it.

use bytes::{Bytes, BytesMut};

use crate::wire::any::AnyPdu;
use crate::wire::error::EncodeError;
use crate::wire::given::{Given, GivenError, GivenErrorKind, check_names, find};
use crate::wire::version::{Protocol, Seq, Version};

/// Names of the object: those that are read, and those that only say more about what was decoded.
const NAMES: [&str; 9] =
    ["protocol", "version", "pdu", "header", "fields", "report", "udh", "text", "warnings"];

/// A PDU with what its frame needs besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The version whose layout is written.
    pub version: Version,
    /// The sequence number; zero if the text has none.
    pub seq: Seq,
    /// The PDU.
    pub pdu: AnyPdu,
}

impl Document {
    /// The frame.
    ///
    /// # Errors
    /// [`EncodeError`] if a value does not fit; what [`Document::read`] gave always does.
    pub fn frame(&self) -> Result<Bytes, EncodeError> {
        let mut octets = BytesMut::new();
        self.pdu.encode(self.version, self.seq, &mut octets)?;
        Ok(octets.freeze())
    }

    /// Reads an object with `protocol`, `version`, `pdu`, `fields` and `header`; the last two may be left out. Of the
    /// header the sequence counts, because length and command follow from the PDU. `report`, `udh`, `text` and
    /// `warnings` say more about what was decoded and are not looked at.
    ///
    /// # Errors
    /// [`GivenError`] if the text is not JSON, or naming the value that is wrong.
    pub fn read(text: &str) -> Result<Self, GivenError> {
        let given = super::read(text)?;
        let given = given.fields()?;
        check_names(given, NAMES.into_iter())?;
        let unknown = |what: String| GivenError::new(GivenErrorKind::Unknown, what);
        let protocol: Protocol = named(given, "protocol")?
            .parse()
            .map_err(|_| unknown("is unknown: write cmpp, sgip or smgp".to_owned()).in_field("protocol"))?;
        let version = named(given, "version")?;
        let version = protocol
            .version_named(version)
            .map_err(|error| unknown(format!("is unknown: {error}")).in_field("version"))?;
        let name = named(given, "pdu")?;
        let header = object(given, "header")?;
        check_names(header, ["length", "command", "sequence"].into_iter())
            .map_err(|e| e.in_field("header"))?;
        let seq = match find(header, "sequence") {
            None => Seq::default(),
            Some(seq) => sequence(protocol, seq).map_err(|e| e.in_field("sequence").in_field("header"))?,
        };
        let pdu = AnyPdu::from_fields(protocol, version, name, object(given, "fields")?)?;
        Ok(Self { version, seq, pdu })
    }
}

/// A sequence number: a number, or the three of SGIP.
fn sequence(protocol: Protocol, given: &Given) -> Result<Seq, GivenError> {
    match protocol {
        Protocol::Sgip => given.sequence(),
        Protocol::Cmpp | Protocol::Smgp => Ok(Seq::serial(given.number(0, u32::MAX.into())? as u32)),
    }
}

/// The text under a name.
fn named<'a>(given: &'a [(String, Given)], name: &str) -> Result<&'a str, GivenError> {
    match find(given, name) {
        Some(Given::Text(text)) => Ok(text),
        Some(_) => Err(GivenError::new(GivenErrorKind::WrongType, "is no text").in_field(name)),
        None => {
            let what = "is missing: give protocol, version, pdu and fields";
            Err(GivenError::new(GivenErrorKind::Missing, what).in_field(name))
        }
    }
}

/// The fields under a name; none if it is missing.
fn object<'a>(given: &'a [(String, Given)], name: &str) -> Result<&'a [(String, Given)], GivenError> {
    match find(given, name) {
        None => Ok(&[]),
        Some(fields) => fields.fields().map(|fields| &fields[..]).map_err(|error| error.in_field(name)),
    }
}
