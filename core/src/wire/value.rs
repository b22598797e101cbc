//! A PDU as names and values known at run time: for dumps, JSON, Python dictionaries and test vectors.

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

/// The value of a field where it lies in its PDU. Nothing is lost: text is the octets it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// A number.
    Int(i64),
    /// A yes or no that has no octet of its own, such as `end_of_routes`.
    Flag(bool),
    /// The octets of a text without padding.
    Text(&'a [u8]),
    /// Raw octets: contents, reserves, authenticators and message ids.
    Octets(&'a [u8]),
    /// A sequence number inside a body (SGIP).
    Seq(Seq),
    /// Optional parameters in the order of the wire.
    Tlvs(&'a Tlvs),
    /// The field may be left out and was.
    Absent,
}

/// Takes the fields of a PDU one by one, in the order of the wire.
pub trait Visit {
    /// A field with one value.
    fn field(&mut self, name: &'static str, value: Shown<'_>);

    /// Repeated text, for example receivers.
    fn texts(&mut self, name: &'static str, texts: &mut dyn Iterator<Item = &[u8]>);

    /// Repeated groups of fields, `count` of them: `show` gives the fields of one group to a visitor.
    fn groups(&mut self, name: &'static str, count: usize, show: &dyn Fn(usize, &mut dyn Visit));
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Collects the fields.
impl Visit for Vec<Field> {
    fn field(&mut self, name: &'static str, value: Shown<'_>) {
        let value = match value {
            Shown::Int(number) => Value::Int(number),
            Shown::Flag(flag) => Value::Flag(flag),
            Shown::Text(octets) => Value::Text(lossy(octets)),
            Shown::Octets(octets) => Value::Octets(Bytes::copy_from_slice(octets)),
            Shown::Seq(seq) => Value::Seq(seq),
            Shown::Tlvs(tlvs) => Value::Tlvs(tlvs.clone()),
            Shown::Absent => Value::Absent,
        };
        self.push(Field::new(name, value));
    }

    fn texts(&mut self, name: &'static str, texts: &mut dyn Iterator<Item = &[u8]>) {
        self.push(Field::new(name, Value::TextList(texts.map(lossy).collect())));
    }

    fn groups(&mut self, name: &'static str, count: usize, show: &dyn Fn(usize, &mut dyn Visit)) {
        let groups = (0..count).map(|index| {
            let mut group = Self::new();
            show(index, &mut group);
            group
        });
        self.push(Field::new(name, Value::Group(groups.collect())));
    }
}
