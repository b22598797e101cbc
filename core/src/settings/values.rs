//! The Rust types of settings, and the words of those with a few choices.

use std::net::IpAddr;
use std::time::Duration;

use super::address::{Cidr, default_port, read_address};
use super::error::SettingError;
use super::forms::{duration_text, offset_text, read_offset, size_text};
use super::kinds::{Kind, Row};
use crate::codes::Dialect;
use crate::text::{CodingChoice, RefWidth};
use crate::wire::{Note, Notes, Protocol, Version};

/// A type that a setting may have.
pub(super) trait Value: Sized {
    /// Reads the text of a value and checks it against the row.
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError>;

    /// The text that [`Value::read`] reads back.
    fn write(&self, row: &Row) -> String;

    /// Takes one more value of a list.
    fn add(&mut self, row: &Row, _protocol: Protocol, _text: &str) -> Result<(), SettingError> {
        Err(SettingError::Twice { key: row.key })
    }
}

impl Value for bool {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            _ => Err(row.bad(protocol, text)),
        }
    }

    fn write(&self, _row: &Row) -> String {
        if *self { "yes" } else { "no" }.into()
    }
}

impl Value for u64 {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        row.read_number(protocol, text)
    }

    fn write(&self, row: &Row) -> String {
        if row.kind == Kind::Size { size_text(*self) } else { self.to_string() }
    }
}

macro_rules! narrower {
    ($($ty:ty),+) => {$(
        impl Value for $ty {
            fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
                let value = row.read_number(protocol, text)?;
                value.try_into().map_err(|_| row.outside(protocol, text))
            }

            fn write(&self, row: &Row) -> String {
                u64::from(*self).write(row)
            }
        }
    )+};
}
narrower!(u8, u16, u32);

impl Value for Duration {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        row.read_number(protocol, text).map(Self::from_millis)
    }

    fn write(&self, _row: &Row) -> String {
        duration_text(u64::try_from(self.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The distance to UTC in minutes.
impl Value for i16 {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        read_offset(text).ok_or_else(|| row.bad(protocol, text))
    }

    fn write(&self, _row: &Row) -> String {
        offset_text(*self)
    }
}

impl Value for String {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        if row.kind == Kind::Address {
            let port = row.port.unwrap_or(default_port(protocol));
            return read_address(text, port).map_err(|_| row.bad(protocol, text));
        }
        row.check_text(protocol, text).map(|()| text.to_owned())
    }

    fn write(&self, _row: &Row) -> String {
        self.clone()
    }
}

macro_rules! plain {
    ($($ty:ty: $read:expr),+ $(,)?) => {$(
        impl Value for $ty {
            fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
                #[allow(clippy::redundant_closure_call)]
                ($read)(row, protocol, text)
            }

            fn write(&self, _row: &Row) -> String {
                self.to_string()
            }
        }
    )+};
}
plain! {
    IpAddr: |row: &Row, protocol, text: &str| text.parse().map_err(|_| row.bad(protocol, text)),
    Cidr: |row: &Row, protocol, text: &str| text.parse().map_err(|()| row.bad(protocol, text)),
    CodingChoice: |row: &Row, protocol, text: &str| text.parse().map_err(|_| row.bad(protocol, text)),
    Version: Row::read_version,
}

impl Value for RefWidth {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        match text {
            "8" => Ok(Self::Eight),
            "16" => Ok(Self::Sixteen),
            _ => Err(row.bad(protocol, text)),
        }
    }

    fn write(&self, _row: &Row) -> String {
        match self {
            Self::Eight => "8",
            Self::Sixteen => "16",
        }
        .into()
    }
}

/// Nothing, written as an empty text.
impl<T: Value> Value for Option<T> {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        if text.is_empty() { Ok(None) } else { T::read(row, protocol, text).map(Some) }
    }

    fn write(&self, row: &Row) -> String {
        self.as_ref().map_or_else(String::new, |value| value.write(row))
    }
}

/// A list, written with commas.
impl<T: Value> Value for Vec<T> {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| T::read(row, protocol, item)).collect()
    }

    fn write(&self, row: &Row) -> String {
        self.iter().map(|item| item.write(row)).collect::<Vec<_>>().join(",")
    }

    fn add(&mut self, row: &Row, protocol: Protocol, text: &str) -> Result<(), SettingError> {
        self.extend(Self::read(row, protocol, text)?);
        Ok(())
    }
}

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// The words of the setting.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of this choice.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl Value for $name {
            fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
                match text.to_ascii_lowercase().as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(row.bad(protocol, text)),
                }
            }

            fn write(&self, _row: &Row) -> String {
                self.word().into()
            }
        }
    )+};
}

words! {
    /// How the gateway's own digest is checked at login (`cmpp.md` 7.2, `smgp.md` 8).
    Verify {
        /// A wrong digest ends the login.
        Strict = "strict",
        /// A wrong digest is reported and accepted.
        Lenient = "lenient",
        /// The digest is not looked at.
        Off = "off",
    }
    /// When `send` returns.
    Accept {
        /// When the message is stored.
        Stored = "stored",
        /// When the message is queued; an Accepted event follows when it is stored.
        Queued = "queued",
    }
    /// What happens to a segment that got no answer.
    Resend {
        /// It is not sent again.
        Never = "never",
        /// The same PDU with the same sequence goes on the same connection (SGIP: also on a new one).
        Same = "same",
        /// As `same`, and with a new sequence when the connection is lost.
        Always = "always",
    }
    /// When a delivery or report is answered.
    Ack {
        /// `stored` with a durable store, otherwise `handled`.
        Auto = "auto",
        /// When it is stored.
        Stored = "stored",
        /// When its handler has returned or its token was answered.
        Handled = "handled",
        /// When it has arrived.
        Received = "received",
    }
    /// The form of the message ids a gateway makes.
    Ids {
        /// The protocol's own form, with the time inside.
        Dated = "dated",
        /// Unique whatever the rate, without a time.
        Opaque = "opaque",
    }
    /// Which table explains SGIP codes (`sgip.md` 14, D5).
    SgipCodes {
        /// Answers by 1.3, reports by 1.2.
        Auto = "auto",
        /// Everything by 1.2.
        V1_2 = "v1_2",
        /// Everything by 1.3.
        V1_3 = "v1_3",
    }
    /// What TP_udhi is where a content begins with a user data header (`cmpp.md` 14, row 11).
    Udhi {
        /// As the documents say.
        One = "1",
        /// The bit where SMPP has it.
        SmppBit = "64",
    }
    /// What logs, and events that are printed, show.
    Show {
        /// Numbers and contents are masked.
        None = "none",
        /// Numbers are shown.
        Numbers = "numbers",
        /// Contents are shown.
        Contents = "contents",
        /// Both are shown.
        All = "all",
    }
}

impl Ack {
    /// The moment that counts: `auto` decides by whether the store survives a crash.
    pub const fn resolve(self, durable_store: bool) -> Self {
        match self {
            Self::Auto if durable_store => Self::Stored,
            Self::Auto => Self::Handled,
            other => other,
        }
    }
}

impl Udhi {
    /// The octet.
    pub const fn octet(self) -> u8 {
        match self {
            Self::One => 1,
            Self::SmppBit => 0x40,
        }
    }
}

/// Tolerances that are refused, by name; `all` of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Strict(pub Notes);

impl Value for Strict {
    fn read(row: &Row, protocol: Protocol, text: &str) -> Result<Self, SettingError> {
        let mut refused = Notes::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "all" => Note::ALL.into_iter().for_each(|note| refused.insert(note)),
                name => refused.insert(Note::from_name(name).ok_or_else(|| row.bad(protocol, word))?),
            }
        }
        Ok(Self(refused))
    }

    fn write(&self, _row: &Row) -> String {
        let names: Vec<&str> = self.0.names().collect();
        if names.len() == Note::ALL.len() { "all".into() } else { names.join(",") }
    }

    fn add(&mut self, row: &Row, protocol: Protocol, text: &str) -> Result<(), SettingError> {
        Self::read(row, protocol, text)?.0.iter().for_each(|note| self.0.insert(note));
        Ok(())
    }
}

impl SgipCodes {
    /// The table for results of answers.
    pub const fn answers(self) -> Dialect {
        match self {
            Self::Auto | Self::V1_3 => Dialect::V1_3,
            Self::V1_2 => Dialect::V1_2,
        }
    }

    /// The table for error codes of reports.
    pub const fn reports(self) -> Dialect {
        match self {
            Self::Auto | Self::V1_2 => Dialect::V1_2,
            Self::V1_3 => Dialect::V1_3,
        }
    }
}

impl Show {
    /// Whether phone numbers are shown.
    pub const fn numbers(self) -> bool {
        matches!(self, Self::Numbers | Self::All)
    }

    /// Whether contents are shown.
    pub const fn contents(self) -> bool {
        matches!(self, Self::Contents | Self::All)
    }

    /// What one of two shows.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self.numbers() || other.numbers(), self.contents() || other.contents()) {
            (false, false) => Self::None,
            (true, false) => Self::Numbers,
            (false, true) => Self::Contents,
            (true, true) => Self::All,
        }
    }
}
