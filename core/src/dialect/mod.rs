//! What is specific to one protocol: login, the neutral model to PDUs and back, codes, keep-alive, quirks.
//!
//! A dialect is stateless: time, seeds and secrets are arguments. [`Dialect`] is the trait that session, client
//! and gateway see; `cmpp.rs`, `sgip.rs` and `smgp.rs` are its three speakers.

mod cmpp;
mod content;
mod digest;
mod form;
mod raw;
mod receivers;
mod sgip;
mod smgp;

pub use form::SubmitForm;
pub use raw::{is_session_command, raw};
pub use receivers::single;
pub use sgip::{LOGIN_GATEWAY, LOGIN_SP};

use crate::message::{DayCounts, Query};
use crate::settings::AccountSettings;
use crate::text::Coding;
use crate::text::udh::Concat;
use crate::time::WireTime;
use crate::wire::{AnyPdu, DecodeError, EncodeError, MsgId, Note, Notes, Protocol, Seq, Text, Version};
use crate::wire::{cmpp as cmpp_wire, smgp as smgp_wire};
use bytes::{Bytes, BytesMut};
use std::fmt::Debug;

/// What one protocol does its own way.
pub trait Dialect: Debug + Send + Sync {
    /// The protocol.
    fn protocol(&self) -> Protocol;
    /// The version whose layouts are spoken.
    fn version(&self) -> Version;
    /// Writes the login request; returns what checking the answer needs.
    fn login(&self, who: &Credentials<'_>, seq: Seq, out: &mut BytesMut) -> Result<LoginProof, EncodeError>;
    /// Writes the answer to a login: `status` 0 accepts. `secret` signs the answer where the protocol has a
    /// digest; without it the digest is all zero.
    fn login_answer(
        &self,
        request: &LoginRequest,
        status: u32,
        secret: Option<&[u8]>,
        seq: Seq,
        out: &mut BytesMut,
    );
    /// Whether the peer that logs in knows the secret, and what had to be tolerated for it; `None`: it does not.
    fn login_check(&self, request: &LoginRequest, secret: &[u8]) -> Option<Notes>;
    /// Whether the peer that logs in knows the secret.
    fn login_is_valid(&self, request: &LoginRequest, secret: &[u8]) -> bool {
        self.login_check(request, secret).is_some()
    }
    /// Whether the gateway that answered our login knows the secret.
    fn check_answer(&self, answer: &LoginAnswer, proof: &LoginProof, secret: &[u8]) -> AnswerCheck;
    /// Status that refuses a login for this reason.
    fn refusal(&self, why: Refusal) -> u32;
    /// Reads one whole frame.
    fn decode(&self, frame: &[u8], notes: &mut Notes) -> Result<(Seq, Inbound), Undecodable>;
    /// What a frame leads to that could be read, but is refused as malformed (setting `strict`).
    fn refused(&self, frame: &[u8]) -> BadFrame;
    /// Writes a link test. False: the protocol has none (SGIP).
    fn keepalive(&self, seq: Seq, out: &mut BytesMut) -> bool;
    /// Answers a link test. `reserve`: with a reserved octet where the document has none (`smgp.md 16`, row 7).
    fn keepalive_answer(&self, seq: Seq, reserve: bool, out: &mut BytesMut);
    /// Writes the request that ends the session.
    fn end(&self, seq: Seq, out: &mut BytesMut);
    /// Answers the request that ends the session.
    fn end_answer(&self, seq: Seq, out: &mut BytesMut);
    /// Answers a submit, deliver or report with `result`.
    fn answer(&self, to: &AnswerTo, result: u32, out: &mut BytesMut);
    /// Encodes one segment with sequence zero; the sequence is patched in when it is sent.
    fn submit(&self, part: SubmitPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError>;
    /// Encodes a deliver towards an SP with sequence zero.
    fn deliver(&self, part: DeliverPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError>;
    /// Encodes a status report towards an SP with sequence zero.
    fn report(&self, part: &ReportPart<'_>, out: &mut BytesMut) -> Result<(), EncodeError>;
    /// Writes a request for the counts of a day. False: the protocol has none (SGIP).
    fn query(&self, _query: &Query, _out: &mut BytesMut) -> bool {
        false
    }
    /// Answers a request for the counts of a day.
    fn query_answer(&self, _seq: Seq, _query: &Query, _counts: &DayCounts, _out: &mut BytesMut) {}
    /// Writes a request to take a message back. False: the protocol has none (SGIP, SMGP).
    fn cancel(&self, _id: MsgId, _out: &mut BytesMut) -> bool {
        false
    }
    /// The code that says: slow down.
    fn busy(&self) -> u32;
    /// The code that says: more came than the rate that was agreed on.
    fn over_rate(&self) -> u32 {
        self.busy()
    }
    /// The code that says: this request is malformed.
    fn malformed(&self) -> u32;
    /// Whether requests take their sequence from the account (SGIP: it is the message's id) rather than from
    /// the connection.
    fn sequence_is_id(&self) -> bool {
        false
    }
    /// Whether the side that has something to say opens a connection for it (SGIP).
    fn dials_both_ways(&self) -> bool {
        false
    }
}

/// The dialect of a protocol in a version.
pub fn dialect(protocol: Protocol, version: Version) -> std::sync::Arc<dyn Dialect> {
    match protocol {
        Protocol::Cmpp => std::sync::Arc::new(cmpp::Cmpp { version }),
        Protocol::Sgip => std::sync::Arc::new(sgip::Sgip { version }),
        Protocol::Smgp => std::sync::Arc::new(smgp::Smgp { version }),
    }
}

/// The version to speak with somebody whose login names this version octet; `None`: it is not known. `own` is
/// the one of the listener's settings.
pub fn proposed(protocol: Protocol, own: Version, octet: u8) -> Option<Version> {
    Some(match (protocol, octet) {
        (Protocol::Sgip, _) => own,
        (Protocol::Cmpp, 0x30) => cmpp_wire::V30,
        (Protocol::Cmpp, 0x21) => cmpp_wire::V21,
        // Old libraries send 0, 1 or 2 for 2.0 (cmpp.md quirk 9).
        (Protocol::Cmpp, 0x20 | 0..=2) => cmpp_wire::V20,
        // Experimental, and only where it is asked for (cmpp.md 13.2).
        (Protocol::Cmpp, 0x11 | 0x12) if own < cmpp_wire::V20 => own,
        // Two more layouts travel as 1.3 (smgp.md 14.2).
        (Protocol::Smgp, 0x13) if own.octet() == 0x13 => own,
        (Protocol::Smgp, 0x13) => smgp_wire::V13,
        (Protocol::Smgp, 0x20) => smgp_wire::V20,
        (Protocol::Smgp, 0x30 | 0x31) => smgp_wire::V30,
        // Unknown octets mean the configured version (smgp.md quirk 2); above 3.x is too high (status 22).
        (Protocol::Smgp, 0..=0x3f) => own,
        _ => return None,
    })
}

/// How far the time in a login may be from ours before it is noted, seconds.
const LOGIN_TIME_OFF: u64 = 600;

/// What is odd about a login whose version is spoken, apart from its digest. `at` is the time of `utc_offset`.
pub fn login_notes(protocol: Protocol, version: Version, request: &LoginRequest, at: WireTime) -> Notes {
    let mut notes = Notes::default();
    if protocol == Protocol::Sgip {
        return notes;
    }
    let newer = version == smgp_wire::V30 && request.version == smgp_wire::V31.0;
    if request.version != version.octet() && !(protocol == Protocol::Smgp && newer) {
        notes.insert(Note::VersionOctet);
    }
    if request.mode > 2 {
        notes.insert(Note::LoginMode);
    }
    if at.seconds_off(request.timestamp).is_none_or(|off| off > LOGIN_TIME_OFF) {
        notes.insert(Note::LoginTime);
    }
    notes
}

/// Who logs in.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// Login name: SP_Id, LoginName or ClientID.
    pub user: &'a str,
    /// CMPP: Source_Addr where it is not the first six characters of `user`; empty: it is.
    pub source_addr: &'a str,
    /// The shared secret.
    pub secret: &'a [u8],
    /// SGIP LoginType or SMGP LoginMode.
    pub mode: u8,
    /// Local time of the carrier, read once for the digest and the field.
    pub at: WireTime,
}

impl Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// What the login request carried, to check the answer's digest.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct LoginProof {
    /// The digest we sent; zero in SGIP, which has none.
    pub digest: [u8; 16],
}

/// Without the digest: with it the secret can be guessed at leisure.
impl Debug for LoginProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginProof").finish_non_exhaustive()
    }
}

/// A login as the callee sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginRequest {
    /// The login name.
    pub name: String,
    /// Digest of CMPP and SMGP.
    pub digest: [u8; 16],
    /// Clear password of SGIP.
    pub password: Text<16>,
    /// `MMDDhhmmss` as a number, CMPP and SMGP.
    pub timestamp: u32,
    /// The version octet that was proposed; 0 in SGIP.
    pub version: u8,
    /// SGIP LoginType or SMGP LoginMode.
    pub mode: u8,
}

impl Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRequest")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// The answer to a login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LoginAnswer {
    /// 0: accepted.
    pub status: u32,
    /// The gateway's digest; zero in SGIP.
    pub digest: [u8; 16],
    /// The version octet the gateway supports; 0: not said.
    pub version: u8,
    /// The status was one octet wide on the wire (CMPP 2.x layout).
    pub narrow: bool,
}

/// Without the digest.
impl Debug for LoginAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginAnswer")
            .field("status", &self.status)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How the gateway's digest compares with what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerCheck {
    /// As the protocol says, or the protocol has none.
    Right,
    /// All zero: many gateways do not implement the field (`cmpp.md 7.2`).
    Empty,
    /// A deviation that still proves the secret, named.
    Deviation(&'static str),
    /// Neither: the gateway may not know the secret.
    Wrong,
}

/// Why a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Name or secret are wrong. The same for both, so that names cannot be probed.
    Credentials,
    /// The address is not allowed.
    Address,
    /// The version is not allowed.
    Version,
    /// The account has its connections already.
    TooMany,
    /// The login type does not fit.
    Mode,
    /// Name and secret may be right: the account tolerates less than this login needs, or is not let in now. Looks
    /// like wrong credentials to the peer, and does not count as such.
    NotNow,
}

impl Refusal {
    /// Of a login that is right but for what the account does not tolerate.
    pub fn of(refused: Notes) -> Self {
        if refused.contains(Note::VersionOctet) {
            Self::Version
        } else if refused.contains(Note::LoginMode) {
            Self::Mode
        } else {
            Self::NotNow
        }
    }
}

/// One decoded frame in neutral terms.
#[derive(Clone, Debug)]
pub enum Inbound {
    /// Somebody logs in.
    Login(LoginRequest),
    /// Our login was answered.
    LoginAnswer(LoginAnswer),
    /// A message towards a phone.
    Submit(Box<AnyPdu>),
    /// A message from a phone.
    Deliver(Box<DeliverPdu>),
    /// A status report.
    Report(Box<ReportPdu>),
    /// A submit, deliver or report of ours was answered.
    Answer {
        /// The id the gateway gave (submit only; zero otherwise).
        id: MsgId,
        /// 0: accepted.
        result: u32,
    },
    /// The counts of a day are asked for.
    Query(AnswerTo, Box<Query>),
    /// The counts of a day that we asked for.
    Counts(Box<DayCounts>),
    /// A message is to be taken back; our request for it is answered with [`Inbound::Answer`].
    Cancel(AnswerTo, MsgId),
    /// A link test.
    KeepAlive,
    /// The answer to a link test.
    KeepAliveAnswer,
    /// The peer ends the session.
    End,
    /// The end was acknowledged.
    EndAnswer,
    /// A PDU this role has no use for; `Some` is how to refuse it.
    Other(Box<AnyPdu>, Option<AnswerTo>),
    /// A deliver marked as a report whose content is none.
    BadReport(AnswerTo, Bytes),
    /// A request as it came, on a raw link.
    Raw(Box<AnyPdu>),
    /// An answer as it came, on a raw link.
    RawAnswer {
        /// The answer, or a part of it.
        pdu: Box<AnyPdu>,
        /// Whether the answer is whole with this part.
        last: bool,
    },
}

/// Which request an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerTo {
    /// Its sequence.
    pub seq: Seq,
    /// The command id of the answer.
    pub command: u32,
    /// The id to write: the new message's (submit) or a copy of the request's (deliver, report).
    pub id: MsgId,
}

/// A deliver in neutral terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverPdu {
    /// How to answer it.
    pub to: AnswerTo,
    /// The phone.
    pub sender: Text<32>,
    /// The access number.
    pub receiver: Text<32>,
    /// Data coding.
    pub coding: Coding,
    /// The content begins with a user data header.
    pub has_udh: bool,
    /// The content, as it came.
    pub content: Bytes,
    /// LinkID or an empty text.
    pub link_id: Text<20>,
    /// Service_Id or an empty text.
    pub service_id: Text<10>,
    /// Which part of a long message it is, where parameters of the PDU say so and not the content (SMGP).
    pub part: Option<Concat>,
}

/// A status report in neutral terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPdu {
    /// How to answer it.
    pub to: AnswerTo,
    /// The id of the submit it is about.
    pub id: MsgId,
    /// The receiver.
    pub receiver: Text<32>,
    /// Stat; SGIP's states as DELIVRD, ENROUTE, UNDELIV.
    pub stat: Text<8>,
    /// SMGP Err, SGIP ErrorCode as digits, empty in CMPP.
    pub error: Text<8>,
    /// Submit time as written, empty in SGIP.
    pub submit_time: Text<14>,
    /// Done time as written, empty in SGIP.
    pub done_time: Text<14>,
    /// The octets of the report.
    pub raw: Bytes,
}

/// A frame that could not be read, and what the dialect does about it.
#[derive(Clone, Debug)]
pub struct Undecodable {
    /// What is wrong.
    pub error: DecodeError,
    /// What to do.
    pub action: BadFrame,
    /// What usually stands behind it, where something does.
    pub hint: Option<&'static str>,
}

/// What a frame that cannot be read leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// Answer with this result; the connection stays.
    Answer(AnswerTo, u32),
    /// Skip it by its length; the connection stays.
    Skip,
    /// Close the connection.
    Close,
}

/// One segment of a submit, ready to be written.
#[derive(Debug)]
pub struct SubmitPart<'a> {
    /// The account's settings with the message's own fields on top.
    pub settings: &'a AccountSettings,
    /// The account's login name: default of Msg_src.
    pub user: &'a str,
    /// Access number shown to the receiver.
    pub sender: &'a str,
    /// Receiver in national form.
    pub receiver: &'a str,
    /// Further receivers of the same submit.
    pub more: &'a [Text<32>],
    /// Data coding.
    pub coding: Coding,
    /// The content begins with a user data header.
    pub has_udh: bool,
    /// The content with its user data header.
    pub content: Bytes,
    /// Segments in all.
    pub total: u8,
    /// Which one, from 1.
    pub index: u8,
    /// Whether a report is wanted.
    pub report: bool,
}

/// A deliver to be written by a gateway.
#[derive(Debug)]
pub struct DeliverPart<'a> {
    /// The account's settings.
    pub settings: &'a AccountSettings,
    /// The gateway's id of this deliver.
    pub id: MsgId,
    /// The phone.
    pub sender: &'a str,
    /// The access number.
    pub receiver: &'a str,
    /// Data coding.
    pub coding: Coding,
    /// The content begins with a user data header.
    pub has_udh: bool,
    /// The content.
    pub content: Bytes,
    /// LinkID, may be empty.
    pub link_id: &'a str,
    /// Service_Id, may be empty.
    pub service_id: &'a str,
    /// When it came from the phone.
    pub at: WireTime,
}

/// A report to be written by a gateway.
#[derive(Debug)]
pub struct ReportPart<'a> {
    /// The account's settings.
    pub settings: &'a AccountSettings,
    /// The gateway's id of the deliver that carries it (CMPP, SMGP).
    pub id: MsgId,
    /// The id of the submit it is about.
    pub submit: MsgId,
    /// The submit's receiver.
    pub receiver: &'a str,
    /// The submit's sender.
    pub sender: &'a str,
    /// `DELIVRD` ...
    pub stat: &'a str,
    /// SMGP Err or SGIP ErrorCode as digits; empty: derived from `stat`.
    pub error: &'a str,
    /// When the submit came.
    pub submitted: WireTime,
    /// When it was done.
    pub done: WireTime,
    /// The first octets of the content (SMGP Txt).
    pub excerpt: &'a [u8],
}

/// A text of another width; what does not fit is empty rather than cut, because a cut number names somebody
/// else.
pub(crate) fn widen<const FROM: usize, const TO: usize>(text: &Text<FROM>) -> Text<TO> {
    text.resize().unwrap_or_default()
}
