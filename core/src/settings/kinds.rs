//! The rows of the table of settings: what a value may be, and how its text is read and written.

use std::fmt;

use super::error::SettingError;
use super::forms::{
    alternatives, duration_text, is_wire_time, read_duration, read_number, read_size, size_text,
};
use crate::text::number::mask;
use crate::wire::{Protocol, Version, cmpp, smgp};
use crate::words::shorten;

/// What a setting applies to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// One account.
    Account,
    /// The whole engine.
    Engine,
}

/// Who uses a setting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The SP and the gateway.
    Both,
    /// The SP only.
    Sp,
    /// The gateway only.
    Gateway,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "both sides",
            Self::Sp => "the SP",
            Self::Gateway => "the gateway",
        })
    }
}

/// The form of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `yes`, `no`, `true`, `false`, `1` or `0`.
    Flag,
    /// A whole number.
    Number,
    /// `30` (seconds), `500ms`, `30s`, `10m`, `48h`.
    Duration,
    /// Octets: `4096`, `64k`, `16m`, `1g` (powers of 1024).
    Size,
    /// Distance to UTC: `+08:00`, or minutes.
    Offset,
    /// One of a few words.
    Choice,
    /// Decimal digits, kept as text.
    Digits,
    /// Printable ASCII.
    Text,
    /// A path of the file system.
    Path,
    /// A time as it stands on the wire: empty, or 15 digits and `+`, `-` or `R`.
    WireTime,
    /// `host:port`, the port optional.
    Address,
    /// An IP address.
    Ip,
    /// A network: `10.0.0.0/8`, `2001:db8::/32`, or one address.
    Cidr,
    /// A protocol version.
    Version,
    /// A choice of coding.
    Coding,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The key, lower case with underscores.
    pub key: &'static str,
    /// What it means, in one line that names the unit.
    pub text: &'static str,
    /// The heading it stands under in the documentation.
    pub section: &'static str,
    /// What it applies to.
    pub scope: Scope,
    /// The form of its value.
    pub kind: Kind,
    /// Whether it takes several values: repeated in a URL, or separated by commas.
    pub list: bool,
    /// Whether a change takes effect at once; otherwise with the next connection or start.
    pub live: bool,
    /// Whether an open account keeps what it has, so that a change needs the account to be removed and added.
    pub anew: bool,
    /// Whether one message may override it.
    pub per_message: bool,
    /// Who uses it.
    pub side: Side,
    /// The words a choice may be, or digits may be instead.
    pub choices: &'static [&'static str],
    /// The unit of a number.
    pub unit: &'static str,
    applies: [bool; 3],
    min: [u64; 3],
    max: [u64; 3],
    defaults: [&'static str; 3],
    gateway_defaults: [&'static str; 3],
    instead: &'static [&'static str],
    pub(super) port: Option<u16>,
}

const fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Cmpp => 0,
        Protocol::Sgip => 1,
        Protocol::Smgp => 2,
    }
}

/// The versions an account may name: those of the wire, the two other layouts of SMGP 1.3 (`smgp.md` 14.2), and CMPP 1.x
/// with the layouts of 2.0 (`cmpp.md` 13.2).
fn versions(protocol: Protocol) -> impl Iterator<Item = Version> {
    let more: &[Version] = match protocol {
        Protocol::Smgp => &[smgp::V13B, smgp::V13C],
        Protocol::Cmpp => &[cmpp::V11, cmpp::V12],
        Protocol::Sgip => &[],
    };
    protocol.versions().iter().chain(more).copied()
}

/// A row of `kind` with the default `default`. The functions below fill in the rest.
const fn row(kind: Kind, default: &'static str) -> Row {
    Row {
        key: "",
        text: "",
        section: "",
        scope: Scope::Account,
        kind,
        list: false,
        live: true,
        anew: false,
        per_message: false,
        side: Side::Both,
        choices: &[],
        unit: "",
        applies: [true; 3],
        min: [0; 3],
        max: [0; 3],
        defaults: [default; 3],
        gateway_defaults: [default; 3],
        instead: &[],
        port: None,
    }
}

pub(super) const fn flag(default: &'static str) -> Row {
    row(Kind::Flag, default)
}

pub(super) const fn number(default: &'static str, min: u64, max: u64, unit: &'static str) -> Row {
    Row { unit, ..row(Kind::Number, default).within(min, max) }
}

pub(super) const fn duration(default: &'static str, min: u64, max: u64) -> Row {
    row(Kind::Duration, default).within(min, max)
}

pub(super) const fn size(default: &'static str, min: u64, max: u64) -> Row {
    row(Kind::Size, default).within(min, max)
}

pub(super) const fn choice(default: &'static str, choices: &'static [&'static str]) -> Row {
    Row { choices, ..row(Kind::Choice, default) }
}

pub(super) const fn digits(default: &'static str, max: u64) -> Row {
    row(Kind::Digits, default).within(0, max)
}

pub(super) const fn text(default: &'static str, max: u64) -> Row {
    row(Kind::Text, default).within(0, max)
}

pub(super) const fn plain(kind: Kind, default: &'static str) -> Row {
    row(kind, default)
}

impl Row {
    const fn within(mut self, min: u64, max: u64) -> Self {
        self.min = [min; 3];
        self.max = [max; 3];
        self
    }

    /// Another range for one protocol.
    pub(super) const fn range_on(mut self, protocol: Protocol, min: u64, max: u64) -> Self {
        self.min[index(protocol)] = min;
        self.max[index(protocol)] = max;
        self
    }

    /// Another default for one protocol.
    pub(super) const fn on(mut self, protocol: Protocol, default: &'static str) -> Self {
        self.defaults[index(protocol)] = default;
        self.gateway_defaults[index(protocol)] = default;
        self
    }

    /// Another default for the gateway side.
    pub(super) const fn at_gateway(mut self, default: &'static str) -> Self {
        self.gateway_defaults = [default; 3];
        self
    }

    /// Another default for the gateway side of one protocol.
    pub(super) const fn at_gateway_on(mut self, protocol: Protocol, default: &'static str) -> Self {
        self.gateway_defaults[index(protocol)] = default;
        self
    }

    /// The only protocol, or the only two, that have this; `instead` names the others' keys for it.
    pub(super) const fn only(mut self, protocols: &[Protocol], instead: &'static [&'static str]) -> Self {
        self.applies = [false; 3];
        let mut i = 0;
        while i < protocols.len() {
            self.applies[index(protocols[i])] = true;
            i += 1;
        }
        self.instead = instead;
        self
    }

    /// Words that digits may be instead.
    pub(super) const fn or(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }

    pub(super) const fn list(self) -> Self {
        Self { list: true, ..self }
    }

    /// A change waits for the next connection or start.
    pub(super) const fn fixed(self) -> Self {
        Self { live: false, ..self }
    }

    /// A change needs a new account.
    pub(super) const fn anew(self) -> Self {
        Self { live: false, anew: true, ..self }
    }

    pub(super) const fn message(self) -> Self {
        Self { per_message: true, ..self }
    }

    pub(super) const fn sp(self) -> Self {
        Self { side: Side::Sp, ..self }
    }

    pub(super) const fn gateway(self) -> Self {
        Self { side: Side::Gateway, ..self }
    }

    /// The port of an address that names none; without this it is the protocol's.
    pub(super) const fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    pub(super) const fn named(
        self,
        scope: Scope,
        section: &'static str,
        key: &'static str,
        text: &'static str,
    ) -> Self {
        Self { scope, section, key, text, ..self }
    }

    /// Whether the protocol has this setting.
    pub const fn applies_to(&self, protocol: Protocol) -> bool {
        self.applies[index(protocol)]
    }

    /// The default of an SP's account, as text; empty means none.
    pub const fn default_for(&self, protocol: Protocol) -> &'static str {
        self.defaults[index(protocol)]
    }

    /// The default at a gateway, as text.
    pub const fn gateway_default_for(&self, protocol: Protocol) -> &'static str {
        self.gateway_defaults[index(protocol)]
    }

    /// What the value may be, with its unit: `1 to 1024 requests`, `strict, lenient or off`.
    pub fn range(&self, protocol: Protocol) -> String {
        let (min, max) = self.bounds(protocol);
        match self.kind {
            Kind::Flag => "yes or no".into(),
            Kind::Number if self.unit.is_empty() => format!("{min} to {max}"),
            Kind::Number => format!("{min} to {max} {}", self.unit),
            Kind::Duration => format!("{} to {}", duration_text(min), duration_text(max)),
            Kind::Size => format!("{} to {} octets", size_text(min), size_text(max)),
            Kind::Offset => "-12:00 to +14:00, in steps of 15 minutes".into(),
            Kind::Choice => alternatives(self.choices.iter().map(|c| (*c).to_owned())),
            Kind::Digits if self.choices.is_empty() => format!("at most {max} digits"),
            Kind::Digits => format!("at most {max} digits, or {}", self.choices.join(", ")),
            Kind::Text => format!("at most {max} printable ASCII characters"),
            Kind::Path => "a path".into(),
            Kind::WireTime => "16 characters YYMMDDhhmmsstnnp such as 301231120000032+, or nothing".into(),
            Kind::Address => "host:port".into(),
            Kind::Ip => "an IP address".into(),
            Kind::Cidr => "an address with a prefix length such as 10.0.0.0/8".into(),
            Kind::Version => alternatives(versions(protocol).map(|v| v.to_string())),
            Kind::Coding => {
                "auto, cheapest, ascii, ucs2, gb18030, gbk, binary, gsm7, gsm7-packed or a number from 0 to 255".into()
            },
        }
    }

    pub(super) const fn bounds(&self, protocol: Protocol) -> (u64, u64) {
        (self.min[index(protocol)], self.max[index(protocol)])
    }

    /// Whether a text about the row is the same for every protocol that has the setting.
    pub(super) fn same_for_all<T: PartialEq>(&self, of: impl Fn(Protocol) -> T) -> bool {
        let mut values = Protocol::ALL.into_iter().filter(|&p| self.applies_to(p)).map(of);
        let first = values.next();
        values.all(|v| Some(v) == first)
    }

    pub(super) fn check_protocol(
        &self,
        protocol: Protocol,
        rows: &'static [Self],
    ) -> Result<(), SettingError> {
        if self.applies_to(protocol) {
            return Ok(());
        }
        let has = |key: &&&'static str| rows.iter().any(|r| r.key == **key && r.applies_to(protocol));
        let instead = self.instead.iter().find(has).copied();
        Err(SettingError::Protocol { key: self.key, protocol, instead })
    }

    pub(super) fn check_side(&self, side: Side) -> Result<(), SettingError> {
        if self.side == Side::Both || self.side == side {
            return Ok(());
        }
        Err(SettingError::Side { key: self.key, side: self.side })
    }

    /// A value for an error. Who is billed stays out of logs.
    fn quote(&self, value: &str) -> String {
        let billed = ["fee_terminal", "charge_number", "charge_term_id"].contains(&self.key);
        let is_number = value.bytes().filter(u8::is_ascii_digit).count() > 4;
        if billed && is_number { shorten(&mask(value)) } else { shorten(value) }
    }

    pub(super) fn bad(&self, protocol: Protocol, value: &str) -> SettingError {
        let expected = self.range(protocol);
        SettingError::Value { key: self.key, value: self.quote(value), expected }
    }

    pub(super) fn outside(&self, protocol: Protocol, value: &str) -> SettingError {
        SettingError::Range { key: self.key, value: self.quote(value), range: self.range(protocol) }
    }

    /// Reads a number, a duration in milliseconds or a size in octets, and checks its range.
    pub(super) fn read_number(&self, protocol: Protocol, text: &str) -> Result<u64, SettingError> {
        let read = match self.kind {
            Kind::Duration => read_duration(text),
            Kind::Size => read_size(text),
            _ => read_number(text),
        };
        let value = read.ok_or_else(|| self.bad(protocol, text))?;
        let (min, max) = self.bounds(protocol);
        if (min..=max).contains(&value) { Ok(value) } else { Err(self.outside(protocol, text)) }
    }

    /// Checks digits, text, a path or a time for form and length.
    pub(super) fn check_text(&self, protocol: Protocol, text: &str) -> Result<(), SettingError> {
        let (_, max) = self.bounds(protocol);
        let (good, bounded) = match self.kind {
            Kind::Digits if self.choices.contains(&text) => (true, false),
            Kind::Digits => (text.bytes().all(|b| b.is_ascii_digit()), true),
            Kind::Text => (text.bytes().all(|b| (b' '..=b'~').contains(&b)), true),
            Kind::WireTime => (is_wire_time(text), false),
            _ => (!text.contains(char::is_control), false),
        };
        if !good {
            return Err(self.bad(protocol, text));
        }
        if bounded && text.len() as u64 > max { Err(self.outside(protocol, text)) } else { Ok(()) }
    }

    pub(super) fn read_version(&self, protocol: Protocol, text: &str) -> Result<Version, SettingError> {
        let version = text.parse().ok().filter(|v| versions(protocol).any(|known| known == *v));
        version.ok_or_else(|| self.bad(protocol, text))
    }
}
