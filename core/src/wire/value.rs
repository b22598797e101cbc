//! A decoded PDU as names and values known at run time: for dumps, JSON, Python dictionaries and test vectors.

use bytes::Bytes;

use super::tlv::Tlvs;
use super::version::Seq;

/// One field of a decoded PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name in the protocol document, in snake case.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

impl Field {
    /// A field.
    #[must_use]
    pub const fn new(name: &'static str, value: Value) -> Self {
        Self { name, value }
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Int(i64),
    /// A yes or no that has no octet of its own, such as `end_of_routes`.
    Flag(bool),
    /// Text without padding; what is not UTF-8 is shown as U+FFFD.
    Text(String),
    /// Raw octets: contents, reserves, authenticators and message ids.
    Octets(Bytes),
    /// Repeated text: receivers.
    TextList(Vec<String>),
    /// A sequence number inside a body (SGIP).
    Seq(Seq),
    /// Repeated groups of fields: routes, trace nodes.
    Group(Vec<Vec<Field>>),
    /// Optional parameters in the order of the wire.
    Tlvs(Tlvs),
    /// The field may be left out and was.
    Absent,
}
