//! What can be wrong with octets that came in, and with values that shall go out.

use std::fmt;

/// The class of a decode error. What it leads to (close, answer, skip) is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The length field is smaller than the header. The stream is lost.
    LengthBelowHeader,
    /// The length field is above the receive limit. The stream is lost.
    LengthAboveLimit,
    /// No PDU of the protocol has this command id.
    UnknownCommand,
    /// The frame ends before the fixed part of the body does.
    BodyTooShort,
    /// The body has a length this PDU never has.
    BodyLengthInvalid,
    /// A count or a length inside the body says more than the frame holds.
    FieldOverrunsFrame,
    /// A value is outside its range.
    ValueOutOfRange,
}

impl ErrorClass {
    /// The name in snake case, as in the golden vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LengthBelowHeader => "length_below_header",
            Self::LengthAboveLimit => "length_above_limit",
            Self::UnknownCommand => "unknown_command",
            Self::BodyTooShort => "body_too_short",
            Self::BodyLengthInvalid => "body_length_invalid",
            Self::FieldOverrunsFrame => "field_overruns_frame",
            Self::ValueOutOfRange => "value_out_of_range",
        }
    }

    const fn explain(self) -> &'static str {
        match self {
            Self::LengthBelowHeader => "says less than a header; the stream is lost",
            Self::LengthAboveLimit => "says more than the receive limit; the stream is lost",
            Self::UnknownCommand => "is not a command of this protocol",
            Self::BodyTooShort => "is missing: the frame ends before it",
            Self::BodyLengthInvalid => "does not fit: the body has a length this PDU never has",
            Self::FieldOverrunsFrame => "says more than the frame holds",
            Self::ValueOutOfRange => "is out of range",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A frame that cannot be read. `Copy`, so that it can be counted, logged and answered without an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeError {
    /// Name of the PDU, or `header`.
    pub pdu: &'static str,
    /// Name of the field at fault.
    pub field: &'static str,
    /// Where that field begins, in octets from the first octet of the frame.
    pub offset: usize,
    /// What is wrong.
    pub class: ErrorClass,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pdu, field, offset, class } = self;
        write!(f, "{pdu}: {field} at octet {offset} {} ({class})", class.explain())
    }
}

impl std::error::Error for DecodeError {}

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncodeErrorKind {
    /// More octets than the field holds.
    TooLong,
    /// More entries than the PDU may carry.
    TooMany,
    /// Fewer entries than the PDU must carry.
    TooFew,
    /// The number does not fit the field.
    OutOfRange,
    /// The PDU or the field does not exist in this version.
    NotInVersion,
}

/// A value that does not fit its field. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EncodeError {
    /// Name of the PDU.
    pub pdu: &'static str,
    /// Name of the field at fault.
    pub field: &'static str,
    /// The most (or for [`EncodeErrorKind::TooFew`] the least) the field takes.
    pub limit: usize,
    /// What it was given.
    pub actual: usize,
    /// What is wrong.
    pub kind: EncodeErrorKind,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pdu, field, limit, actual, kind } = self;
        match kind {
            EncodeErrorKind::TooLong => {
                write!(f, "{pdu}: {field} has {actual} octets, the field holds {limit}; shorten it")
            }
            EncodeErrorKind::TooMany => {
                write!(f, "{pdu}: {field} has {actual} entries, at most {limit} are allowed")
            }
            EncodeErrorKind::TooFew => {
                write!(f, "{pdu}: {field} has {actual} entries, at least {limit} are needed")
            }
            EncodeErrorKind::OutOfRange => {
                write!(f, "{pdu}: {field} is {actual}, the field holds at most {limit}")
            }
            EncodeErrorKind::NotInVersion => {
                write!(
                    f,
                    "{pdu}: {field} does not exist in this version; leave it at its default or use another"
                )
            }
        }
    }
}

impl std::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_fault() {
        let error = DecodeError {
            pdu: "submit",
            field: "msg_length",
            offset: 150,
            class: ErrorClass::FieldOverrunsFrame,
        };
        assert_eq!(
            error.to_string(),
            "submit: msg_length at octet 150 says more than the frame holds (field_overruns_frame)"
        );
        let error = EncodeError {
            pdu: "submit",
            field: "src_id",
            limit: 21,
            actual: 22,
            kind: EncodeErrorKind::TooLong,
        };
        assert_eq!(error.to_string(), "submit: src_id has 22 octets, the field holds 21; shorten it");
    }
}
