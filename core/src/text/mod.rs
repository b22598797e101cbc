//! What a phone shows <-> the octets of a message content: character codings, splitting into segments, the user
//! data header, joining, and phone numbers.
//!
//! Nothing here knows a protocol's PDUs, a clock or a socket, so all of it can be used alone. The rules come from
//! `sms-content.md`; the sections are named where they apply.
//!
//! | To | Use |
//! |---|---|
//! | choose a coding and cut a text into segments | [`encode`] with [`SplitRules`] |
//! | know the number of segments before sending | [`preview`] |
//! | cut binary content, with ports or another header | [`split_octets`] |
//! | read the content of a deliver | [`udh::UdhList`], then [`decode()`] |
//! | put the segments of a long deliver together | [`Joiner`] |
//! | check and normalise a receiver | [`number::normalise`] |
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

mod cluster;
mod coding;
mod cut;
mod decode;
mod encode;
mod error;
mod gb;
mod join;
mod message;
mod octets;
mod plan;
mod rules;

pub mod gsm7;
pub mod number;
pub mod udh;

#[cfg(test)]
mod properties;

pub use coding::{BadCoding, Charset, Coding, CodingChoice};
pub use decode::{DecodeFlags, Decoded, decode, decode_as};
pub use encode::{Encoded, Preview, Unit, encode, preview};
pub use error::TextError;
pub use join::{JoinRules, JoinState, Joined, Joiner};
pub use message::{Message, Part};
pub use octets::split_octets;
pub use plan::{is_plain, is_whole};
pub use rules::{RefWidth, Room, SplitRules, TextProtocol};
