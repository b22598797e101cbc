//! What the application is told. The same names and fields in every language.

use super::{CancelRequest, LinkReply, LinkRequest, Outcome, QueryRequest, Ticket, Token};
use crate::few::Few;
use crate::settings::Show;
use crate::text::Coding;
use crate::text::udh::UdhList;
use crate::wire::{AnyPdu, MsgId, Text};
use bytes::Bytes;
use std::sync::Arc;

/// One event. Every event names its account; times are milliseconds since 1970 UTC.
///
/// The variants are boxed: an event moves through several queues, and a pointer moves faster.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// An account's connections changed.
    AccountState(Box<AccountState>),
    /// The gateway answered one segment.
    Response(Box<Response>),
    /// A status report came.
    Report(Box<Report>),
    /// A ticket ended.
    Outcome(Arc<Outcome>),
    /// A message from a phone came, whole.
    Deliver(Box<Deliver>),
    /// A message towards a phone came to our gateway.
    Submit(Box<SubmitRequest>),
    /// An SP asks our gateway for the counts of a day.
    Query(Box<QueryRequest>),
    /// An SP asks our gateway to take a message back.
    Cancel(Box<CancelRequest>),
    /// Input that could not be used, or a tolerated oddity worth knowing.
    Trouble(Box<Trouble>),
    /// A line for the log.
    Log(Box<Log>),
    /// A peer of a raw link asks for something.
    LinkRequest(Box<LinkRequest>),
    /// A request to a peer of a raw link ended.
    LinkReply(Box<LinkReply>),
}

impl Event {
    /// The account the event belongs to.
    pub fn account(&self) -> &Arc<str> {
        match self {
            Event::AccountState(e) => &e.account,
            Event::Response(e) => &e.account,
            Event::Report(e) => &e.account,
            Event::Outcome(e) => &e.account,
            Event::Deliver(e) => &e.account,
            Event::Submit(e) => &e.account,
            Event::Query(e) => &e.account,
            Event::Cancel(e) => &e.account,
            Event::Trouble(e) => &e.account,
            Event::Log(e) => &e.account,
            Event::LinkRequest(e) => &e.account,
            Event::LinkReply(e) => &e.account,
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> EventKinds {
        match self {
            Event::AccountState(_) => EventKinds::ACCOUNT_STATE,
            Event::Response(_) => EventKinds::RESPONSE,
            Event::Report(_) => EventKinds::REPORT,
            Event::Outcome(_) => EventKinds::OUTCOME,
            Event::Deliver(_) => EventKinds::DELIVER,
            Event::Submit(_) => EventKinds::SUBMIT,
            Event::Query(_) => EventKinds::QUERY,
            Event::Cancel(_) => EventKinds::CANCEL,
            Event::Trouble(_) => EventKinds::TROUBLE,
            Event::Log(_) => EventKinds::LOG,
            Event::LinkRequest(_) => EventKinds::LINK_REQUEST,
            Event::LinkReply(_) => EventKinds::LINK_REPLY,
        }
    }

    /// Octets of its content: what makes one event larger than another.
    pub fn octets(&self) -> usize {
        match self {
            Event::Deliver(e) => e.octets.len() + e.raw.len() + e.text.as_ref().map_or(0, String::len),
            Event::Submit(e) => e.content.len(),
            Event::Report(e) => e.raw.len(),
            Event::Trouble(e) => e.octets.len(),
            Event::Log(e) => e.text.len(),
            Event::LinkRequest(e) => octets_of(&e.pdu),
            Event::LinkReply(e) => e.answer.as_ref().map_or(0, |pdu| octets_of(pdu)),
            Event::AccountState(e) => e.last_frames.len(),
            Event::Response(_) | Event::Outcome(_) | Event::Query(_) | Event::Cancel(_) => 0,
        }
    }

    /// What may be shown of the numbers and contents in it: the account's `show`.
    pub fn show(&self) -> Show {
        match self {
            Event::Outcome(e) => e.show,
            Event::Report(e) => e.show,
            Event::Deliver(e) => e.show,
            Event::Submit(e) => e.show,
            Event::Trouble(e) => e.show,
            Event::LinkRequest(e) => e.show,
            Event::LinkReply(e) => e.show,
            // They hold neither.
            Event::AccountState(_)
            | Event::Response(_)
            | Event::Query(_)
            | Event::Cancel(_)
            | Event::Log(_) => Show::None,
        }
    }

    /// The token to answer with, where the event is a request that waits for its answer.
    pub fn token(&self) -> Option<Token> {
        let token = match self {
            Event::Report(e) => e.token,
            Event::Deliver(e) => e.token,
            Event::Submit(e) => e.token,
            Event::Query(e) => e.token,
            Event::Cancel(e) => e.token,
            Event::LinkRequest(e) => e.token,
            _ => return None,
        };
        (token != Token::default()).then_some(token)
    }
}

/// Octets of a PDU beyond its own size: its frame in the newest version is near enough.
fn octets_of(pdu: &AnyPdu) -> usize {
    pdu.encoded_len(pdu.protocol().versions().last().copied().unwrap_or_default())
}

/// A set of event kinds: what a handler wants to see. Events nobody wants are not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EventKinds(pub u32);

impl EventKinds {
    /// [`Event::AccountState`].
    pub const ACCOUNT_STATE: EventKinds = EventKinds(1);
    /// [`Event::Response`].
    pub const RESPONSE: EventKinds = EventKinds(2);
    /// [`Event::Report`].
    pub const REPORT: EventKinds = EventKinds(4);
    /// [`Event::Outcome`].
    pub const OUTCOME: EventKinds = EventKinds(8);
    /// [`Event::Deliver`].
    pub const DELIVER: EventKinds = EventKinds(16);
    /// [`Event::Submit`].
    pub const SUBMIT: EventKinds = EventKinds(32);
    /// [`Event::Trouble`].
    pub const TROUBLE: EventKinds = EventKinds(64);
    /// [`Event::Log`].
    pub const LOG: EventKinds = EventKinds(128);
    /// [`Event::Query`].
    pub const QUERY: EventKinds = EventKinds(256);
    /// [`Event::Cancel`].
    pub const CANCEL: EventKinds = EventKinds(512);
    /// [`Event::LinkRequest`].
    pub const LINK_REQUEST: EventKinds = EventKinds(1024);
    /// [`Event::LinkReply`].
    pub const LINK_REPLY: EventKinds = EventKinds(2048);
    /// Every kind but [`EventKinds::QUERY`], [`EventKinds::CANCEL`] and those of raw links: few carriers answer these requests, and without
    /// a taker the library does what is right.
    pub const ALL: EventKinds = EventKinds(255);

    /// Whether all kinds of `other` are in the set.
    pub fn has(self, other: EventKinds) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for EventKinds {
    type Output = EventKinds;
    fn bitor(self, other: EventKinds) -> EventKinds {
        EventKinds(self.0 | other.0)
    }
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum LinkState {
    /// Nothing is connected and nothing is tried now.
    Offline = 0,
    /// A connection is being made or is logging in.
    Connecting = 1,
    /// All connections that are wanted are logged in.
    Online = 2,
    /// Some connections are logged in, fewer than wanted.
    Degraded = 3,
    /// No connection is open because none is needed: the healthy state of a quiet SGIP account. `send` dials.
    Idle = 4,
    /// The gateway refused the login; it is tried again later and less often.
    Refused = 5,
}

impl LinkState {
    /// The name used in every language, for example `online`.
    pub fn name(self) -> &'static str {
        match self {
            LinkState::Offline => "offline",
            LinkState::Connecting => "connecting",
            LinkState::Online => "online",
            LinkState::Degraded => "degraded",
            LinkState::Idle => "idle",
            LinkState::Refused => "refused",
        }
    }
}

/// An account's connections changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The account.
    pub account: Arc<str>,
    /// The connection that caused the change, 0 when none did.
    pub connection: u32,
    /// When.
    pub time: i64,
    /// Where the account stands now.
    pub state: LinkState,
    /// Connections that are logged in.
    pub up: u16,
    /// Connections that are wanted.
    pub wanted: u16,
    /// Inbound connections that are logged in (SGIP: those the gateway opened).
    pub inbound: u16,
    /// Why, in words: the peer's address and version, the refusal and its code, or the network's error.
    pub reason: String,
    /// Where a connection ended otherwise than in order: its last eight frames, both ways, one a line, the oldest
    /// first. They hold neither numbers nor contents. Else empty.
    pub last_frames: String,
}

/// The gateway's answer to one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The account.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// The message.
    pub ticket: Ticket,
    /// The caller's own reference.
    pub reference: Option<Arc<str>>,
    /// The caller's own number.
    pub user_data: u64,
    /// Which segment, from 1.
    pub segment: u8,
    /// Segments in all.
    pub segments: u8,
    /// The gateway's id of this segment.
    pub message_id: MsgId,
    /// 0: accepted; else the carrier's code.
    pub result: u32,
    /// The code's name.
    pub name: &'static str,
    /// The answer came after its time-out.
    pub late: bool,
}

/// A status report (回执).
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// The account.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// Answers it; the default token when it has been answered already.
    pub token: Token,
    /// The message it is about; `None` when no submit of ours has this id.
    pub ticket: Option<Ticket>,
    /// The caller's own reference.
    pub reference: Option<Arc<str>>,
    /// The caller's own number.
    pub user_data: u64,
    /// Which segment, from 1; 0 without a ticket.
    pub segment: u8,
    /// The id it names.
    pub message_id: MsgId,
    /// The receiver as the report writes it.
    pub receiver: Text<32>,
    /// `DELIVRD`, `UNDELIV` ...; SGIP's states are written DELIVRD, ENROUTE and UNDELIV.
    pub stat: Text<8>,
    /// SMGP Err or SGIP ErrorCode; empty in CMPP.
    pub error: Text<8>,
    /// Whether it is a last word on the segment.
    pub is_final: bool,
    /// Submit time of the report; `None` when absent or a placeholder.
    pub submitted_at: Option<i64>,
    /// Done time of the report; `None` when absent or a placeholder.
    pub done_at: Option<i64>,
    /// A final report for this segment came before.
    pub repeated: bool,
    /// The report's octets as they came.
    pub raw: Bytes,
    /// What its Debug form shows of numbers and contents: the account's `show`.
    pub show: Show,
}

/// A message from a phone (MO), joined from its parts.
#[derive(Clone, PartialEq, Eq)]
pub struct Deliver {
    /// The account.
    pub account: Arc<str>,
    /// The connection the last part came on.
    pub connection: u32,
    /// When the last part came.
    pub time: i64,
    /// Answers it; the default token when it has been answered already.
    pub token: Token,
    /// The phone.
    pub sender: Text<32>,
    /// The access number it was sent to, with its extension.
    pub receiver: Text<32>,
    /// The gateway's id of the last part.
    pub message_id: MsgId,
    /// The text; `None` for binary content.
    pub text: Option<String>,
    /// The octets, without user data headers.
    pub octets: Bytes,
    /// The data coding octet.
    pub coding: Coding,
    /// The user data header of the first part, empty when there was none.
    pub udh: Bytes,
    /// LinkID of an on-demand service, to be echoed by the answer; empty when there is none.
    pub link_id: Text<20>,
    /// Service_Id of the deliver, where the protocol has one.
    pub service_id: Text<10>,
    /// Parts that came.
    pub parts: u8,
    /// Parts in all.
    pub total: u8,
    /// False when parts are missing: the deadline passed, or the reference was used again.
    pub complete: bool,
    /// Every part of it was in an earlier event: the gateway sent it again because it had no answer. Known for the
    /// latest parts of the account, as long as the account is open.
    pub repeated: bool,
    /// The content of the last part as it came, with its user data header; empty when the parts that came were given
    /// up without a last one.
    pub raw: Bytes,
    /// What its Debug form shows of numbers and contents: the account's `show`.
    pub show: Show,
}

/// A message towards a phone that came to our gateway.
#[derive(Clone)]
pub struct SubmitRequest {
    /// The account that sent it.
    pub account: Arc<str>,
    /// The connection it came on.
    pub connection: u32,
    /// When it came.
    pub time: i64,
    /// Answers it.
    pub token: Token,
    /// The id our gateway gives it when it is accepted.
    pub message_id: MsgId,
    /// The access number it is sent from.
    pub sender: Text<32>,
    /// The receivers.
    pub receivers: Few<Text<32>>,
    /// The data coding octet.
    pub coding: Coding,
    /// Whether the content begins with a user data header.
    pub has_udh: bool,
    /// The content, with its user data header.
    pub content: Bytes,
    /// Whether a status report is wanted.
    pub report: bool,
    /// Segments the message has in all, from 1.
    pub segments: u8,
    /// Which one this is, from 1.
    pub segment: u8,
    /// LinkID, empty when there is none.
    pub link_id: Text<20>,
    /// The PDU itself, with every field; of a joined submit that of its first segment.
    pub pdu: Box<AnyPdu>,
    /// The segments it was joined from (`join=yes`); `None` for a submit that stands for itself. The fields above say
    /// of a joined submit what its first segment says, but `content` holds the payloads of all, without headers.
    pub joined: Option<Box<JoinedSubmit>>,
    /// What its Debug form shows of numbers and contents: the account's `show`.
    pub show: Show,
}

/// What a joined submit was joined from.
#[derive(Clone)]
pub struct JoinedSubmit {
    /// Its text; `None` for binary content.
    pub text: Option<String>,
    /// The user data header of the first segment that came.
    pub udh: Bytes,
    /// False when segments are missing: `join_deadline` passed, or the reference was used again.
    pub complete: bool,
    /// The segments that came, in order.
    pub parts: Vec<JoinedPart>,
    /// What its Debug form shows of numbers and contents: the account's `show`.
    pub show: Show,
}

/// One segment of a joined submit.
#[derive(Clone)]
pub struct JoinedPart {
    /// Which one, from 1.
    pub segment: u8,
    /// The id our gateway gives it.
    pub message_id: MsgId,
    /// Its PDU.
    pub pdu: Box<AnyPdu>,
}

impl SubmitRequest {
    /// The ids of its segments: one, unless it was joined.
    pub fn ids(&self) -> impl Iterator<Item = MsgId> + '_ {
        let (own, parts) = match &self.joined {
            None => (Some(self.message_id), None),
            Some(joined) => (None, Some(joined.parts.iter().map(|part| part.message_id))),
        };
        own.into_iter().chain(parts.into_iter().flatten())
    }

    /// The content without its user data header; all of it when the header makes no sense.
    pub fn payload(&self) -> &[u8] {
        let header = if self.has_udh { UdhList::parse(&self.content).ok() } else { None };
        self.content.get(header.map_or(0, |h| h.octets().len())..).unwrap_or_default()
    }

    /// The text of this segment, or of all of a joined submit; `None` for binary content.
    pub fn text(&self) -> Option<String> {
        if let Some(joined) = &self.joined {
            return joined.text.clone();
        }
        crate::text::decode(self.coding, self.payload()).text
    }
}

/// Input that could not be used.
#[derive(Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The account, or the listener's address before a login.
    pub account: Arc<str>,
    /// The connection.
    pub connection: u32,
    /// When.
    pub time: i64,
    /// What is wrong.
    pub reason: String,
    /// What was done: answered with a code, skipped, or closed.
    pub action: String,
    /// The octets, the first 4,096 of them.
    pub octets: Bytes,
    /// What its Debug form shows of numbers and contents: the account's `show`.
    pub show: Show,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Something is lost or refused.
    Error = 1,
    /// Something is odd.
    Warn = 2,
    /// Something changed.
    Info = 3,
}

/// A line for the log. Numbers and contents are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The account, or the listener's address.
    pub account: Arc<str>,
    /// When.
    pub time: i64,
    /// How much it matters.
    pub level: LogLevel,
    /// Which part of the library says it.
    pub area: &'static str,
    /// What it says.
    pub text: String,
}
