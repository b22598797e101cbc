//! What a raw link tells: requests of its peers, and what became of its own.

use super::{Ticket, Token};
use crate::settings::Show;
use crate::wire::{AnyPdu, EncodeError, Seq, Version};
use std::sync::Arc;

/// A PDU with which a peer of a raw link asks for something.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// The peer.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// Answers it.
    pub token: Token,
    /// Its sequence; a forwarded SGIP message keeps it (`sgip.md 4.1`).
    pub seq: Seq,
    /// The version the peer speaks.
    pub version: Version,
    /// The PDU.
    pub pdu: Box<AnyPdu>,
    /// What its Debug form shows of the PDU: the setting `show` of the peer.
    pub show: Show,
}

/// What became of a request to a peer of a raw link.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkReply {
    /// The peer.
    pub account: Arc<str>,
    /// When.
    pub time: i64,
    /// The request.
    pub ticket: Ticket,
    /// The caller's own number.
    pub user_data: u64,
    /// The answer, or why there is none.
    pub answer: Result<Box<AnyPdu>, LinkError>,
    /// What its Debug form shows of the PDU: the setting `show` of the peer.
    pub show: Show,
}

/// Why a request on a raw link has no answer, or why an answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No peer of this name is known.
    #[error("no peer {0:?} is known: it is neither dialled nor has it logged in")]
    NoPeer(String),
    /// A field does not fit.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The PDU cannot be used here; the text says why.
    #[error("{0}")]
    WrongPdu(String),
    /// Too many requests wait for the peer.
    #[error("too many requests wait for peer {0}: wait for answers, or raise queue or queue_octets")]
    QueueFull(String),
    /// It was not written in time; the text says where the connection stands.
    #[error("not sent in time: {0}")]
    NotSent(String),
    /// It was written, and no answer came in time.
    #[error("no answer in time")]
    NoAnswer,
    /// It was written, and the connection ended before the answer came.
    #[error("the connection ended before the answer came")]
    Lost,
    /// The answer is longer than is accepted.
    #[error("the answer has more than {0} parts")]
    TooLong(usize),
    /// The request was answered already, or its connection is gone.
    #[error("nothing waits for this answer: it was answered before, or too late")]
    Stale,
    /// The link is closed or closing.
    #[error("it is closed: open a new one")]
    Closed,
    /// The call would wait for the very handler it is called from.
    #[error("this would wait for the handler it is called from: use request_then, or another thread")]
    WouldDeadlock,
}

impl LinkError {
    /// The name of the kind of error in every language, for example `NO_ANSWER`.
    pub fn name(&self) -> &'static str {
        match self {
            LinkError::NoPeer(_) => "NO_PEER",
            LinkError::Encode(_) => "ENCODE",
            LinkError::WrongPdu(_) => "WRONG_PDU",
            LinkError::QueueFull(_) => "QUEUE_FULL",
            LinkError::NotSent(_) => "NOT_SENT",
            LinkError::NoAnswer => "NO_ANSWER",
            LinkError::Lost => "LOST",
            LinkError::TooLong(_) => "TOO_LONG",
            LinkError::Stale => "STALE",
            LinkError::Closed => "CLOSED",
            LinkError::WouldDeadlock => "WOULD_DEADLOCK",
        }
    }
}
