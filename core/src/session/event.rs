//! What a session tells its owner, and where it stands.

use super::EndReason;
use crate::dialect::{AnswerCheck, Inbound, LoginProof, LoginRequest};
use crate::message::DayCounts;
use crate::wire::{AnyPdu, MsgId, Seq};
use bytes::Bytes;
use std::sync::Arc;

/// What a session tells its owner.
#[derive(Debug)]
pub enum SessionEvent {
    /// Somebody wants in: answer with [`accept`](super::Session::accept) or [`refuse`](super::Session::refuse).
    LoginRequested(LoginRequest),
    /// The login succeeded; requests may go.
    Online {
        /// Version octet the other side named, 0 when it named none.
        version: u8,
        /// What was found about the gateway's digest.
        check: AnswerCheck,
    },
    /// A request was answered.
    Answered {
        /// The tag given with the request.
        tag: u64,
        /// Sequence of the request.
        seq: Seq,
        /// The id the gateway gave.
        id: MsgId,
        /// 0: accepted.
        result: u32,
        /// It had timed out before.
        late: bool,
    },
    /// An answer to nothing that was asked: repeated, or with a sequence of its own.
    Stray,
    /// A request for the counts of a day was answered.
    Counted {
        /// The tag given with the request.
        tag: u64,
        /// The counts.
        counts: DayCounts,
    },
    /// A request of a raw link was answered; [`SessionEvent::Answered`] follows the last part.
    Responded {
        /// The tag given with the request.
        tag: u64,
        /// The answer, or a part of it.
        pdu: Box<AnyPdu>,
    },
    /// A request was not answered in time; its window place is free.
    Unanswered {
        /// The tag given with the request.
        tag: u64,
    },
    /// The other side wants something.
    Request(Seq, Inbound),
    /// Input that could not be used.
    Trouble {
        /// What is wrong.
        reason: String,
        /// What was done.
        action: &'static str,
        /// The octets.
        octets: Bytes,
    },
    /// The session is over; close the connection once `transmit` is empty.
    Ended(EndReason),
}

pub(super) enum State {
    LoggingIn {
        proof: LoginProof,
        secret: Arc<[u8]>,
        deadline: u64,
    },
    AwaitingLogin {
        deadline: u64,
    },
    /// A login was asked for and its owner has not decided yet.
    LoginPending {
        seq: Seq,
        request: LoginRequest,
        deadline: u64,
    },
    Online,
    /// No new requests; the end is sent once the window is empty.
    Draining {
        deadline: u64,
    },
    Ending {
        deadline: u64,
        reason: EndReason,
    },
    Over,
}

impl State {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            State::LoggingIn { .. } => "logging in",
            State::AwaitingLogin { .. } => "awaiting a login",
            State::LoginPending { .. } => "deciding a login",
            State::Online => "online",
            State::Draining { .. } => "draining",
            State::Ending { .. } => "ending",
            State::Over => "over",
        }
    }
}
