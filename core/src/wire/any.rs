//! A PDU of any of the three protocols.

use bytes::BytesMut;

use super::error::{DecodeError, EncodeError};
use super::frame::Header;
use super::given::{Given, GivenError};
use super::notes::Notes;
use super::table::PduInfo;
use super::value::{Field, Visit};
use super::version::{Protocol, Seq, Version};
use super::{cmpp, sgip, smgp};

/// A PDU of any of the three protocols.
#[derive(Clone, Debug, PartialEq, Eq)]
// As for the enums inside: moved once, never kept in numbers.
#[allow(clippy::large_enum_variant)]
pub enum AnyPdu {
    /// A PDU of CMPP.
    Cmpp(cmpp::Pdu),
    /// A PDU of SGIP.
    Sgip(sgip::Pdu),
    /// A PDU of SMGP.
    Smgp(smgp::Pdu),
}

macro_rules! each {
    ($any:expr, $pdu:ident => $body:expr) => {
        match $any {
            AnyPdu::Cmpp($pdu) => $body,
            AnyPdu::Sgip($pdu) => $body,
            AnyPdu::Smgp($pdu) => $body,
        }
    };
}

impl AnyPdu {
    /// Reads a whole frame; see [`cmpp::Pdu::decode`].
    ///
    /// # Errors
    /// [`DecodeError`] if the header is wrong, the command unknown, or the body unreadable.
    pub fn decode(
        protocol: Protocol,
        version: Version,
        frame: &[u8],
        notes: &mut Notes,
    ) -> Result<(Header, Self), DecodeError> {
        match protocol {
            Protocol::Cmpp => cmpp::Pdu::decode_as(version, frame, notes, Self::Cmpp),
            Protocol::Sgip => sgip::Pdu::decode_as(version, frame, notes, Self::Sgip),
            Protocol::Smgp => smgp::Pdu::decode_as(version, frame, notes, Self::Smgp),
        }
    }

    /// Every PDU of a protocol.
    #[must_use]
    pub const fn table(protocol: Protocol) -> &'static [PduInfo] {
        match protocol {
            Protocol::Cmpp => cmpp::Pdu::TABLE,
            Protocol::Sgip => sgip::Pdu::TABLE,
            Protocol::Smgp => smgp::Pdu::TABLE,
        }
    }

    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Cmpp(_) => Protocol::Cmpp,
            Self::Sgip(_) => Protocol::Sgip,
            Self::Smgp(_) => Protocol::Smgp,
        }
    }

    /// Appends the whole frame to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] naming the field that does not fit; `out` is as before.
    pub fn encode(&self, version: Version, seq: Seq, out: &mut BytesMut) -> Result<(), EncodeError> {
        each!(self, pdu => pdu.encode(version, seq, out))
    }

    /// Octets of the whole frame in this version.
    #[must_use]
    pub fn encoded_len(&self, version: Version) -> usize {
        each!(self, pdu => pdu.encoded_len(version))
    }

    /// The name in snake case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        each!(self, pdu => pdu.name())
    }

    /// The command id.
    #[must_use]
    pub const fn command(&self) -> u32 {
        each!(self, pdu => pdu.command())
    }

    /// The fields this version has, with their values, in the order of the wire.
    #[must_use]
    pub fn fields(&self, version: Version) -> Vec<Field> {
        each!(self, pdu => pdu.fields(version))
    }

    /// Shows the fields this version has to a visitor, in the order of the wire.
    pub fn show(&self, version: Version, to: &mut dyn Visit) {
        each!(self, pdu => pdu.show(version, to));
    }

    /// Makes a PDU of its name and of values that are known at run time only: the inverse of [`Self::show`]. What is
    /// not given keeps its default; counts may be left out.
    ///
    /// # Errors
    /// [`GivenError`] naming the value, or the PDU if it is unknown or not in this version. Without one,
    /// [`Self::encode`] writes the PDU.
    pub fn from_fields(
        protocol: Protocol,
        version: Version,
        name: &str,
        fields: &[(String, Given)],
    ) -> Result<Self, GivenError> {
        match protocol {
            Protocol::Cmpp => cmpp::Pdu::from_fields(version, name, fields).map(Self::Cmpp),
            Protocol::Sgip => sgip::Pdu::from_fields(version, name, fields).map(Self::Sgip),
            Protocol::Smgp => smgp::Pdu::from_fields(version, name, fields).map(Self::Smgp),
        }
    }
}

impl From<cmpp::Pdu> for AnyPdu {
    fn from(pdu: cmpp::Pdu) -> Self {
        Self::Cmpp(pdu)
    }
}

impl From<sgip::Pdu> for AnyPdu {
    fn from(pdu: sgip::Pdu) -> Self {
        Self::Sgip(pdu)
    }
}

impl From<smgp::Pdu> for AnyPdu {
    fn from(pdu: smgp::Pdu) -> Self {
        Self::Smgp(pdu)
    }
}
