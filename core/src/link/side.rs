//! The side of an account that is a raw link.

use super::parts::{self, MOST_PARTS};
use super::refusal::{Refused, refusal};
use super::requests::{Arrival, Pending, Requests};
use crate::account::slab::Key;
use crate::account::tickets::{Order, Segment, SegmentKey, SegmentState};
use crate::account::{Core, Side};
use crate::dialect::Inbound;
use crate::few::Few;
use crate::message::{Event, EventKinds, LinkError, LinkReply, LinkRequest, Outcome, Status, Ticket, Token};
use crate::time::{Now, nanos};
use crate::wire::{AnyPdu, MsgId, Seq, Text, patch_seq};
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

/// Octets that wait for a peer which does not read; from there on no answer is repeated to it.
const REPEATED_OCTETS: usize = 64 * 1024;

/// Where replies go first: to a caller who waits for one. What nobody waits for comes back and is an event.
pub trait Replies: Send + Sync + Debug {
    /// Takes a reply, or gives it back.
    fn take(&self, reply: LinkReply) -> Option<LinkReply>;
}

/// A request to be made.
#[derive(Debug)]
pub struct Asked {
    /// Its ticket.
    pub ticket: Ticket,
    /// The caller's own number.
    pub user_data: u64,
    /// The encoded request, sequence zero.
    pub frame: BytesMut,
    /// The sequence to keep (SGIP forwards); `None`: the next one.
    pub seq: Option<Seq>,
    /// When the caller stops waiting, monotonic ns.
    pub deadline: u64,
}

#[derive(Debug)]
struct Open {
    user_data: u64,
    deadline: u64,
    /// Its segment, once it was written.
    key: Option<SegmentKey>,
    answer: Option<AnyPdu>,
    parts: usize,
}

/// A raw link.
#[derive(Debug)]
pub struct LinkSide {
    replies: Arc<dyn Replies>,
    open: BTreeMap<Ticket, Open>,
    deadlines: BTreeSet<(u64, Ticket)>,
    requests: Requests,
}

impl LinkSide {
    /// A link whose replies go to `replies` first.
    pub fn new(replies: Arc<dyn Replies>) -> Self {
        LinkSide { replies, open: BTreeMap::new(), deadlines: BTreeSet::new(), requests: Requests::default() }
    }

    /// Makes a request; its room was reserved.
    pub fn ask(&mut self, core: &mut Core, now: Now, asked: Asked) {
        let Asked { ticket, user_data, frame, seq, deadline } = asked;
        let mut segment = Segment::new(frame);
        segment.id = seq.map(MsgId::from_sgip).unwrap_or_default();
        self.open.insert(ticket, Open { user_data, deadline, key: None, answer: None, parts: 0 });
        self.deadlines.insert((deadline, ticket));
        core.push(
            now,
            Order {
                ticket,
                reference: None,
                user_data,
                receiver: Text::default(),
                report: false,
                segments: Few::One(segment),
                valid_until: Some(deadline),
                accepted_at: now.unix_ms,
            },
        );
    }

    /// The request that a token names, for those who want to answer it. `None`: it was answered, or somebody claimed it.
    pub fn request(&self, token: Token) -> Option<&AnyPdu> {
        self.requests.get(token).map(|pending| &pending.request)
    }

    /// Nobody else may answer a request: its answer is on the way to [`LinkSide::answer`] or [`LinkSide::refuse`].
    pub fn claim(&mut self, token: Token) {
        self.requests.claim(token);
    }

    /// Answers a request with encoded frames. False: the token is stale.
    pub fn answer(&mut self, core: &mut Core, now: Now, token: Token, frames: Vec<BytesMut>) -> bool {
        let Some(pending) = self.requests.release(token) else { return false };
        for _ in 0..=pending.copies {
            write(core, now, pending.conn, pending.seq, &frames);
        }
        self.requests.remember(pending, frames);
        true
    }

    /// Refuses a request. False: the token is stale.
    pub fn refuse(&mut self, core: &mut Core, now: Now, token: Token, why: Refused) -> bool {
        let Some(pending) = self.requests.release(token) else { return false };
        for _ in 0..=pending.copies {
            refuse(core, now, pending.conn, pending.seq, &pending.request, why);
        }
        true
    }

    fn raw(&mut self, core: &mut Core, now: Now, conn: Key, seq: Seq, pdu: Box<AnyPdu>) {
        if !core.wants(EventKinds::LINK_REQUEST) {
            refuse(core, now, conn, seq, &pdu, Refused::Unwanted);
            let text = format!("a {} that nobody handles", pdu.name());
            return core.trouble(now, conn, text, "answered with an error", Bytes::new());
        }
        let most = core.profile.settings.inbound_window as usize;
        let arrival = self.requests.arrival(conn, seq, &pdu, most, |key| core.connection(key) != 0);
        match arrival {
            Arrival::Shared => {}
            // A short request may have a long answer: who asks faster than it reads gets no more of them.
            Arrival::Repeated(_) if core.unwritten(conn) > REPEATED_OCTETS => {}
            Arrival::Repeated(frames) => write(core, now, conn, seq, &frames),
            Arrival::Clash => refuse(core, now, conn, seq, &pdu, Refused::Repeated),
            Arrival::Full => {
                core.counters.refused_busy += 1;
                refuse(core, now, conn, seq, &pdu, Refused::Busy);
            }
            // The application is behind: what it is not told of must not wait here either.
            Arrival::New if core.backlog_is_full() => {
                core.counters.refused_busy += 1;
                refuse(core, now, conn, seq, &pdu, Refused::Busy);
            }
            Arrival::New => {
                let deadline = now.mono_ns.saturating_add(nanos(core.profile.settings.ack_within));
                let pending = Pending { conn, seq, request: (*pdu).clone(), copies: 0, claimed: false };
                let token = self.requests.take(core.profile.index, pending, deadline);
                let request = LinkRequest {
                    account: core.profile.name.clone(),
                    connection: core.connection(conn),
                    time: now.unix_ms,
                    token,
                    seq,
                    version: core.dialect.version(),
                    pdu,
                    show: core.profile.settings.show,
                };
                core.emit(Event::LinkRequest(Box::new(request)));
            }
        }
    }

    fn finish(&mut self, core: &mut Core, time: i64, ticket: Ticket, answer: Result<AnyPdu, LinkError>) {
        let Some(open) = self.open.remove(&ticket) else { return };
        self.deadlines.remove(&(open.deadline, ticket));
        let answer = match answer {
            Ok(_) if open.parts > MOST_PARTS => Err(LinkError::TooLong(MOST_PARTS)),
            other => other.map(Box::new),
        };
        let account = core.profile.name.clone();
        let show = core.profile.settings.show;
        let reply = LinkReply { account, time, ticket, user_data: open.user_data, answer, show };
        if let Some(reply) = self.replies.take(reply) {
            core.emit(Event::LinkReply(Box::new(reply)));
        }
    }

    fn expire(&mut self, core: &mut Core, now: Now) {
        while let Some((_, ticket)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now.mono_ns) {
            let error = match self.open.get(&ticket).and_then(|open| open.key) {
                Some(_) => LinkError::NoAnswer,
                None => LinkError::NotSent(where_it_stands(core)),
            };
            self.finish(core, now.unix_ms, ticket, Err(error));
            // Without an entry, `finish` did nothing: never look at it again.
            self.deadlines.retain(|(_, t)| *t != ticket);
        }
    }
}

fn where_it_stands(core: &Core) -> String {
    let (state, ..) = core.standing();
    match core.trouble.as_str() {
        "" => format!("the link is {}", state.name()),
        why => format!("the link is {}: {why}", state.name()),
    }
}

fn write(core: &mut Core, now: Now, conn: Key, seq: Seq, frames: &[BytesMut]) {
    for frame in frames {
        let mut frame = frame.clone();
        patch_seq(core.dialect.protocol(), &mut frame, seq);
        core.respond(now, conn, &frame);
    }
}

fn refuse(core: &mut Core, now: Now, conn: Key, seq: Seq, request: &AnyPdu, why: Refused) {
    let version = core.dialect.version();
    // Refusals are made of fields that fit.
    if let Some(answer) = refusal(request, version, why)
        && let Ok(frames) = parts::frames(&answer, version)
    {
        write(core, now, conn, seq, &frames);
    }
}

impl Side for LinkSide {
    fn released(&mut self, core: &mut Core, _: Now, key: SegmentKey, _: Seq) {
        if let Some(ticket) = core.ticket(key).map(|open| open.order.ticket)
            && let Some(open) = self.open.get_mut(&ticket)
        {
            open.key = Some(key);
        }
    }

    fn released_again(&mut self, core: &mut Core, now: Now, key: SegmentKey) {
        self.released(core, now, key, Seq::default());
    }

    fn accepted(&mut self, core: &mut Core, now: Now, key: SegmentKey, _: MsgId) {
        core.end_segment(now, key, Status::Acked, self);
    }

    fn settled(&mut self, _: &mut Core, _: SegmentKey, _: MsgId) {}

    fn requested(&mut self, core: &mut Core, now: Now, conn: Key, seq: Seq, request: Inbound) {
        if let Inbound::Raw(pdu) = request {
            self.raw(core, now, conn, seq, pdu);
        }
    }

    fn responded(&mut self, core: &mut Core, now: Now, key: SegmentKey, pdu: AnyPdu) {
        let Some(ticket) = core.ticket(key).map(|open| open.order.ticket) else { return };
        let state = core.segment(key).map(|segment| segment.state);
        let Some(open) = self.open.get_mut(&ticket) else { return };
        open.key = Some(key);
        open.parts += 1;
        match &mut open.answer {
            Some(whole) if open.parts <= MOST_PARTS => {
                parts::join(whole, pdu);
            }
            Some(_) => {}
            none => *none = Some(pdu),
        }
        // Its time in the window was over and its ticket decided, but the caller still waits.
        if matches!(state, Some(SegmentState::Done(_)))
            && let Some(pdu) = open.answer.take()
        {
            self.finish(core, now.unix_ms, ticket, Ok(pdu));
        }
    }

    fn decided(&mut self, core: &mut Core, outcome: &Outcome) {
        let (ticket, time) = (outcome.ticket, outcome.decided_at);
        let Some(open) = self.open.get_mut(&ticket) else { return };
        let end = match (outcome.status, open.answer.take()) {
            (Status::Acked, Some(pdu)) => Ok(pdu),
            // An answer may still come, and the caller has time.
            (Status::InDoubt, part) if core.closing.is_none() => {
                open.answer = part;
                return;
            }
            (Status::InDoubt | Status::Acked, _) => Err(LinkError::Closed),
            (Status::Expired, _) => Err(LinkError::NotSent(where_it_stands(core))),
            _ => Err(LinkError::Closed),
        };
        self.finish(core, time, ticket, end);
    }

    fn ended(&mut self, core: &mut Core, now: Now, _: Key) {
        if core.connections().iter().any(|(.., online)| *online) {
            return;
        }
        // No other connection can bring their answers.
        let lost = self.open.iter().filter(|(_, open)| {
            let state = open.key.and_then(|key| core.segment(key)).map(|segment| segment.state);
            open.key.is_some() && matches!(state, None | Some(SegmentState::InDoubt | SegmentState::Done(_)))
        });
        let lost: Vec<Ticket> = lost.map(|(ticket, _)| *ticket).collect();
        for ticket in lost {
            self.finish(core, now.unix_ms, ticket, Err(LinkError::Lost));
        }
    }

    fn deadline(&self) -> Option<u64> {
        let own = self.deadlines.first().map(|(at, _)| *at);
        own.into_iter().chain(self.requests.deadline()).min()
    }

    fn timeout(&mut self, core: &mut Core, now: Now) {
        self.expire(core, now);
        while let Some(pending) = self.requests.due(now.mono_ns) {
            core.counters.acked_unhandled += 1;
            for _ in 0..=pending.copies {
                refuse(core, now, pending.conn, pending.seq, &pending.request, Refused::Busy);
            }
        }
    }

    fn closing(&mut self, _: &mut Core, _: Now) {}
}
