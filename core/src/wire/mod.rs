//! Octets to PDUs and back, for every PDU of CMPP, SGIP and SMGP.
//!
//! The module knows layouts and nothing else: no socket, no clock, no policy. One table a protocol names every
//! field of every PDU once; struct, reader, writer, run-time field list and tests come from it.
//!
//! Writing is strict: a value that does not fit its field is an error that names the field. Reading is tolerant where
//! live gateways are known to differ, and each tolerance used is recorded in [`Notes`]. No input makes it panic.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

#[macro_use]
mod macros;

mod any;
pub mod cmpp;
mod error;
pub mod field;
pub mod frame;
mod given;
pub mod json;
mod msg_id;
mod notes;
mod path;
pub mod reader;
pub mod report;
pub mod sgip;
pub mod smgp;
pub mod table;
pub mod text;
mod tlv;
mod value;
mod version;
pub mod writer;

#[cfg(test)]
mod laws;

pub use any::AnyPdu;
pub use error::{DecodeError, EncodeError, EncodeErrorKind, ErrorClass};
pub use frame::{Header, header, patch_seq};
pub use given::{Given, GivenError, GivenErrorKind, GivenFields};
pub use msg_id::{BadMsgId, CmppId, MsgId, SmgpId};
pub use notes::{Note, Notes};
pub use path::paths;
pub use report::{CmppMoReport, CmppReport, Report, SmgpReport};
pub use table::{FieldInfo, PduInfo};
pub use text::{Text, TooLong};
pub use tlv::{Tlv, TlvShown, Tlvs, tag};
pub use value::{Field, Shown, Value, Visit};
pub use version::{Protocol, Seq, UnknownVersion, Version};
