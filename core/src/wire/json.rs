//! PDUs as JSON text: the form of the golden vectors, of `sanwang decode` and of the C library.

use std::fmt::Write as _;

use super::any::AnyPdu;
use super::frame::Header;
use super::notes::Notes;
use super::report::Report;
use super::tlv::{TlvShown, Tlvs};
use super::value::{Shown, Visit};
use super::version::{Protocol, Seq, Version};

#[cfg(feature = "json")]
mod document;
#[cfg(feature = "json")]
mod read;

#[cfg(feature = "json")]
pub use document::Document;
#[cfg(feature = "json")]
pub use read::read;

/// Appends a PDU that was decoded: protocol, version, name, header, fields, the report inside its content if there is
/// one, and the names of the tolerances. [`Document::read`] reads it back without a loss.
pub fn document(out: &mut String, version: Version, frame: &Header, pdu: &AnyPdu, mut notes: Notes) {
    let protocol = pdu.protocol();
    let name = pdu.name();
    let _ =
        write!(out, "{{\"protocol\":\"{protocol}\",\"version\":\"{version}\",\"pdu\":\"{name}\",\"header\":");
    header(out, protocol, frame);
    out.push_str(",\"fields\":");
    let mut fields = Object::new(out, Form::Exact);
    pdu.show(version, &mut fields);
    fields.end();
    if let Some(Ok(report)) = Report::inside(pdu, &mut notes) {
        out.push_str(",\"report\":");
        let mut fields = Object::new(out, Form::Exact);
        report.show(&mut fields);
        fields.end();
    }
    out.push_str(",\"warnings\":");
    list(out, notes.names(), text);
    out.push('}');
}

/// Appends a text in quotes.
pub fn text(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|octet| octet >= b' ' && octet != b'"' && octet != b'\\') {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut from = 0;
    for (at, octet) in text.bytes().enumerate() {
        let short = match octet {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0C => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        if short.is_empty() {
            let _ = write!(out, "\\u{octet:04x}");
        } else {
            out.push_str(short);
        }
        from = at.saturating_add(1);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}

/// Appends octets in lower-case hexadecimal.
pub fn digits(out: &mut String, octets: &[u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    for chunk in octets.chunks(32) {
        let mut pairs = [[b'0'; 2]; 32];
        for (pair, octet) in pairs.iter_mut().zip(chunk) {
            *pair = [octet >> 4, octet & 0x0F]
                .map(|nibble| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
        }
        let text = pairs.get(..chunk.len()).unwrap_or_default().as_flattened();
        out.push_str(std::str::from_utf8(text).unwrap_or_default());
    }
}

/// Appends octets in lower-case hexadecimal, in quotes.
pub fn hex(out: &mut String, octets: &[u8]) {
    out.push('"');
    digits(out, octets);
    out.push('"');
}

fn seq(out: &mut String, seq: Seq) {
    let _ = write!(out, "[{},{},{}]", seq.node, seq.time, seq.serial);
}

/// Appends an array.
fn list<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut String, T)) {
    out.push('[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        one(out, item);
    }
    out.push(']');
}

/// Appends a header: `{"length":12,"command":8,"sequence":3}`; the sequence of SGIP has three parts.
pub fn header(out: &mut String, protocol: Protocol, header: &Header) {
    let _ = write!(out, "{{\"length\":{},\"command\":{},\"sequence\":", header.length, header.command);
    match protocol {
        Protocol::Sgip => seq(out, header.seq),
        Protocol::Cmpp | Protocol::Smgp => {
            let _ = write!(out, "{}", header.seq.serial);
        }
    }
    out.push('}');
}

fn tlvs(out: &mut String, tlvs: &Tlvs) {
    list(out, tlvs, |out, tlv| {
        let _ = write!(out, "{{\"tag\":{},\"name\":", tlv.tag);
        match tlv.name() {
            Some(name) => text(out, name),
            None => out.push_str("null"),
        }
        out.push_str(",\"value_hex\":");
        hex(out, &tlv.value);
        out.push_str(",\"value\":");
        match tlv.shown() {
            Some(TlvShown::Int(number)) => {
                let _ = write!(out, "{number}");
            }
            Some(TlvShown::Text(shown)) => text(out, &shown),
            None => out.push_str("null"),
        }
        out.push('}');
    });
}

/// Appends a number.
fn number(out: &mut String, number: i64) {
    // Most numbers of most PDUs have one digit.
    match u8::try_from(number) {
        Ok(digit @ 0..=9) => out.push(char::from(b'0'.saturating_add(digit))),
        _ => {
            let _ = write!(out, "{number}");
        }
    }
}

/// How an object shows text that is not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// With U+FFFD in place of what is not: for people.
    #[default]
    Readable,
    /// As `{"hex": "c4e3"}`: reads back to the same octets.
    Exact,
}

/// Writes the fields that it is shown as an object.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut String,
    form: Form,
    more: bool,
}

impl<'a> Object<'a> {
    /// Begins an object.
    #[must_use]
    pub fn new(out: &'a mut String, form: Form) -> Self {
        out.push('{');
        Self { out, form, more: false }
    }

    /// Ends it.
    pub fn end(self) {
        self.out.push('}');
    }

    fn key(&mut self, name: &'static str) {
        self.out.push_str(if self.more { ",\"" } else { "\"" });
        self.out.push_str(name);
        self.out.push_str("\":");
        self.more = true;
    }

    fn octets_of_text(out: &mut String, form: Form, octets: &[u8]) {
        match (std::str::from_utf8(octets), form) {
            (Ok(shown), _) => text(out, shown),
            (Err(_), Form::Readable) => text(out, &String::from_utf8_lossy(octets)),
            (Err(_), Form::Exact) => {
                out.push_str("{\"hex\":");
                hex(out, octets);
                out.push('}');
            }
        }
    }
}

impl Visit for Object<'_> {
    fn field(&mut self, name: &'static str, value: Shown<'_>) {
        self.key(name);
        match value {
            Shown::Int(value) => number(self.out, value),
            Shown::Flag(flag) => self.out.push_str(if flag { "true" } else { "false" }),
            Shown::Text(octets) => Self::octets_of_text(self.out, self.form, octets),
            Shown::Octets(octets) => hex(self.out, octets),
            Shown::Seq(value) => seq(self.out, value),
            Shown::Tlvs(all) => tlvs(self.out, all),
            Shown::Absent => self.out.push_str("null"),
        }
    }

    fn texts(&mut self, name: &'static str, texts: &mut dyn Iterator<Item = &[u8]>) {
        self.key(name);
        list(self.out, texts, |out, octets| Self::octets_of_text(out, self.form, octets));
    }

    fn groups(&mut self, name: &'static str, count: usize, show: &dyn Fn(usize, &mut dyn Visit)) {
        self.key(name);
        list(self.out, 0..count, |out, index| {
            let mut group = Object::new(out, self.form);
            show(index, &mut group);
            group.end();
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        let all: String = (0..0x300u32).filter_map(char::from_u32).chain("验证码🎉".chars()).collect();
        let mut out = String::new();
        text(&mut out, &all);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), all);
        out.clear();
        hex(&mut out, &[0, 0x0F, 0xA5, 0xFF]);
        assert_eq!(out, "\"000fa5ff\"");
    }

    #[test]
    fn an_object_is_what_its_fields_are() {
        let mut report = crate::wire::CmppReport { msg_id: 7, ..Default::default() };
        report.stat = "DELI\"VRD".parse().unwrap_or_default();
        let mut shown = String::new();
        let mut object = Object::new(&mut shown, Form::Readable);
        report.show(&mut object);
        object.end();
        assert!(shown.starts_with(r#"{"msg_id":"0000000000000007","stat":"DELI\"VRD","#), "{shown}");
        assert!(shown.ends_with(r#","smsc_sequence":0}"#), "{shown}");
        report.dest_terminal_id = crate::wire::Text::from_octets(&[0xC4, 0xE3]).unwrap();
        for (form, expected) in
            [(Form::Readable, "\"\u{FFFD}\u{FFFD}\""), (Form::Exact, "{\"hex\":\"c4e3\"}")]
        {
            let mut shown = String::new();
            report.show(&mut Object::new(&mut shown, form));
            assert!(shown.contains(&format!("\"dest_terminal_id\":{expected}")), "{shown}");
        }
    }

    #[test]
    fn every_kind_of_value() {
        let mut out = String::new();
        let mut object = Object::new(&mut out, Form::Readable);
        object.field("int", Shown::Int(-1));
        object.field("flag", Shown::Flag(true));
        object.texts("list", &mut [&b"a"[..], b"b\""].into_iter());
        object.field("seq", Shown::Seq(Seq::new(1, 2, 3)));
        object.groups("group", 2, &|index, group| {
            if index == 0 {
                group.field("x", Shown::Absent);
            }
        });
        object.end();
        let expected = r#"{"int":-1,"flag":true,"list":["a","b\""],"seq":[1,2,3],"group":[{"x":null},{}]}"#;
        assert_eq!(out, expected);
    }
}
