//! What can be wrong with a setting. No error holds a secret: the parts of a URL before the `?` are never quoted.

use super::kinds::{Row, Side};
use crate::wire::Protocol;
use crate::words::{nearest_of, shorten};

/// A setting or an account URL that is wrong, and what to write instead.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// There is no such key.
    #[error("unknown setting {key}{}", nearest.map_or_else(|| ": docs/settings.md lists them".into(), |n| format!(": did you mean {n}?")))]
    Unknown {
        /// The key as written.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// The value has the right form and is too small, too large or too long.
    #[error("{key}={value} is out of range: write {range}")]
    Range {
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// The range with its unit.
        range: String,
    },
    /// The value has the wrong form.
    #[error("{key}={value} is not valid: write {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// What belongs there.
        expected: String,
    },
    /// The key belongs to another protocol.
    #[error("{key} does not apply to {protocol}{}", instead.map_or_else(String::new, |i| format!(": use {i}")))]
    Protocol {
        /// The key.
        key: &'static str,
        /// The protocol of the account.
        protocol: Protocol,
        /// The key with the same meaning in that protocol.
        instead: Option<&'static str>,
    },
    /// The key has no effect on this side.
    #[error("{key} is a setting of {side} only")]
    Side {
        /// The key.
        key: &'static str,
        /// The side it belongs to.
        side: Side,
    },
    /// The key cannot be overridden by one message.
    #[error("{key} cannot be set for one message: set it on the account")]
    PerMessage {
        /// The key.
        key: &'static str,
    },
    /// A key that takes one value has two.
    #[error("{key} is given twice: it takes one value")]
    Twice {
        /// The key.
        key: &'static str,
    },
    /// The value has a meaning only with a durable store.
    #[error("{key}={value} needs a durable store, which this version does not have: write {instead}")]
    Unavailable {
        /// The key.
        key: &'static str,
        /// The value as written.
        value: &'static str,
        /// What may be written now.
        instead: &'static str,
    },
    /// An open account keeps what it has.
    #[error("{key} cannot change while the account is open: remove the account and add it again")]
    Fixed {
        /// The key.
        key: &'static str,
    },
    /// The URL has the wrong form.
    #[error("wrong account URL: {what}; write it like {example}")]
    Url {
        /// What is wrong, without quoting the URL.
        what: &'static str,
        /// A right URL.
        example: &'static str,
    },
    /// User, secret and settings do not fit together.
    #[error("{what}")]
    Account {
        /// What is wrong and what to do.
        what: String,
    },
}

impl SettingError {
    /// The key the error is about, where there is one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Unknown { key, .. } => Some(key),
            Self::Range { key, .. }
            | Self::Value { key, .. }
            | Self::Protocol { key, .. }
            | Self::Side { key, .. }
            | Self::PerMessage { key }
            | Self::Unavailable { key, .. }
            | Self::Fixed { key }
            | Self::Twice { key } => Some(key),
            Self::Url { .. } | Self::Account { .. } => None,
        }
    }

    pub(super) fn unknown(key: &str, rows: &'static [Row]) -> Self {
        Self::Unknown { key: shorten(key), nearest: nearest(key, rows) }
    }

    pub(super) fn account(what: impl Into<String>) -> Self {
        Self::Account { what: what.into() }
    }
}

/// The known key with the smallest edit distance, where it is near enough to be meant.
fn nearest(key: &str, rows: &'static [Row]) -> Option<&'static str> {
    nearest_of(key, rows.iter().map(|row| row.key))
}
