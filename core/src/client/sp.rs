//! The SP's side of an account: reports find their message, long deliveries are joined.

mod passed;

use crate::account::slab::Key;
use crate::account::tickets::SegmentKey;
use crate::account::{Core, Passed, PassedOn, Side};
use crate::codes::{self, Stat};
use crate::dialect::{AnswerTo, DeliverPdu, Inbound, ReportPdu};
use crate::message::{Deliver, Event, EventKinds, Report, Status, Token};
use crate::settings::{AccountSettings, Ack};
use crate::store::{Correlation, CorrelationRules, Entry, fingerprint};
use crate::text::{self, JoinRules, JoinState, Joined, Joiner, Message, Part, udh};
use crate::time::{Now, WireTime, nanos};
use crate::wire::{MsgId, Seq, Text};
use bytes::Bytes;
use passed::From;
use std::collections::{HashSet, VecDeque};

/// Early reports of one connection that wait without an answer; further ones are answered when they come. A gateway's
/// window is full of them otherwise, and the answer that would release them is not hurried by holding more.
const UNANSWERED_EARLY: usize = 8;

/// Parts of deliveries an account remembers to recognise copies.
const SEEN: usize = 4096;

/// What tells the parts of one long deliver from those of another, beside the reference.
type Between = (Text<32>, Text<32>);

/// A report that came before the answer to its submit.
#[derive(Clone, Debug)]
struct Early {
    conn: u32,
    at: i64,
    report: Box<ReportPdu>,
    /// Its request, where it waits for its answer as long as it is parked.
    token: Token,
}

/// The deliver that brought the latest part of a set: its LinkID and id go into the joined event.
#[derive(Clone, Debug)]
struct Carrier {
    link_id: Text<20>,
    service_id: Text<10>,
    id: MsgId,
    print: u64,
    raw: Bytes,
}

/// The latest parts of deliveries that went out in events.
#[derive(Debug, Default)]
struct Seen {
    prints: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// Remembers a part. False: it is known already. 0 names nothing.
    fn add(&mut self, print: u64) -> bool {
        if print == 0 || !self.prints.insert(print) {
            return print == 0;
        }
        self.order.push_back(print);
        if self.order.len() > SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.prints.remove(&oldest);
        }
        true
    }
}

/// What a copy of a deliver has in common with it: its id (SGIP: its sequence), number and content. 0 where the
/// gateway gives no id: two equal texts of one phone are two messages then.
fn part_print(core: &Core, pdu: &DeliverPdu, print: u64) -> u64 {
    if core.dialect.sequence_is_id() {
        return fingerprint(&[MsgId::from_sgip(pdu.to.seq).as_bytes(), &print.to_be_bytes()]);
    }
    if pdu.to.id.is_zero() { 0 } else { print }
}

/// The SP's side of an account.
#[derive(Debug)]
pub struct Sp {
    correlation: Correlation<Early>,
    joiner: Joiner<Between>,
    seen: Seen,
}

impl Sp {
    /// From the account's settings.
    pub fn new(settings: &AccountSettings) -> Self {
        let (reports, parts) = rules(settings);
        Sp { correlation: Correlation::new(reports), joiner: Joiner::new(parts), seen: Seen::default() }
    }

    /// Segments known for their reports, reports that came early, and incomplete long deliveries.
    pub fn held(&self) -> (usize, usize, usize) {
        (self.correlation.len(), self.correlation.parked(), self.joiner.sets())
    }

    fn insert(&mut self, core: &mut Core, now: Now, key: SegmentKey, id: MsgId) {
        let Some(open) = core.ticket(key) else { return };
        let order = &open.order;
        let entry = Entry {
            ticket: order.ticket,
            reference: order.reference.clone(),
            user_data: order.user_data,
            receiver: order.receiver,
            tag: key.tag(),
            segment: key.segment + 1,
            done: false,
        };
        self.correlation.insert(now.mono_ns, id, entry);
    }

    /// A segment has its id; gives the other id that reports on it may name.
    fn learn(&mut self, core: &mut Core, now: Now, key: SegmentKey, id: MsgId) -> Option<MsgId> {
        // A gateway that does not count ids up names the first one in the reports on every receiver.
        let first = core.other_ids(key).pop().filter(|first| *first != id);
        for id in first.into_iter().chain([id]) {
            self.insert(core, now, key, id);
        }
        first
    }

    fn report(&mut self, core: &mut Core, now: Now, conn: Key, report: Box<ReportPdu>) {
        let print = fingerprint(&[report.to.id.as_bytes(), &report.raw]);
        if !core.is_new(now, conn, &report.to, print) {
            return;
        }
        if core.dialect.sequence_is_id()
            && !codes::stat(core.dialect.protocol(), &report.stat.to_string_lossy()).is_known()
        {
            let reason = format!("a report with the state {}, which no list has", report.stat);
            core.trouble(now, conn, reason, "taken as a final failure", report.raw.clone());
        }
        if !core.siblings.is_empty() && !self.correlation.knows(&report.id) {
            let others = core.others_that_sent(report.id);
            if !others.is_empty() {
                let token = self.keep(core, now, conn, report.to, print);
                return core.pass_on(others, core.connection(conn), token, Passed::Report(report));
            }
        }
        let judged = judge(core, &report);
        match self.correlation.find(report.id, &report.receiver, judged.is_final) {
            Some(found) => {
                let token = self.keep(core, now, conn, report.to, print);
                let conn = core.connection(conn);
                self.apply(core, now, &report, judged, &found.entry, found.repeated, conn, token);
            }
            None => {
                let (id, receiver) = (report.id, report.receiver);
                // Without a request of ours that waits for its answer, no answer will name its message.
                let waits = !id.is_zero() && !core.profile.settings.park.is_zero() && core.awaits_answers();
                let held = core.unhandled(conn) >= core.early_limit(UNANSWERED_EARLY);
                let token = if waits && held && !core.backlog_is_full() {
                    core.answer_at_once(now, conn, &report.to, print, 0);
                    Token::default()
                } else {
                    self.keep(core, now, conn, report.to, print)
                };
                let early = Early { conn: core.connection(conn), at: now.unix_ms, report, token };
                if !waits {
                    self.unmatched(core, now, &early);
                } else if let Some(displaced) = self.correlation.park(now.mono_ns, id, receiver, early) {
                    self.unmatched(core, now, &displaced);
                }
            }
        }
    }

    /// Holds a request for the application, or answers it at once.
    fn keep(&mut self, core: &mut Core, now: Now, conn: Key, to: AnswerTo, print: u64) -> Token {
        let ack = core.profile.settings.ack.resolve(false);
        // While the application does not keep up, even what is answered on arrival waits for it.
        let handled = ack != Ack::Received || core.backlog_is_full();
        let wanted = EventKinds::DELIVER | EventKinds::REPORT;
        if handled && core.profile.wants.0 & wanted.0 != 0 {
            core.take_request(now, conn, to, print, true)
        } else {
            core.answer_at_once(now, conn, &to, print, 0);
            Token::default()
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn apply(
        &mut self,
        core: &mut Core,
        now: Now,
        report: &ReportPdu,
        judged: Stat,
        entry: &Entry,
        repeated: bool,
        conn: u32,
        token: Token,
    ) {
        if core.wants(EventKinds::REPORT) {
            let event = event(core, now, report, Some(entry), judged.is_final, repeated, conn, token);
            core.emit(Event::Report(Box::new(event)));
        } else if token != Token::default() {
            core.release_token(now, token);
        }
        if judged.is_final && !repeated {
            let key = SegmentKey::from_tag(entry.tag);
            core.note_report(key, report);
            let others = core.other_ids(key);
            if !others.is_empty() {
                let own = core.segment(key).map(|s| s.id);
                others.into_iter().chain(own).for_each(|id| self.correlation.settle(id, entry.tag));
            }
            let status = if judged.is_success() { Status::Delivered } else { Status::Undelivered };
            core.end_segment(now, key, status, self);
        }
    }

    /// Reports that came before the answer that names their message.
    fn unpark(&mut self, core: &mut Core, now: Now, id: MsgId) {
        for early in self.correlation.unpark(id) {
            let judged = codes::stat(core.dialect.protocol(), &early.report.stat.to_string_lossy());
            match self.correlation.find(id, &early.report.receiver, judged.is_final) {
                Some(found) => {
                    let Early { report, conn, token, .. } = &early;
                    self.apply(core, now, report, judged, &found.entry, found.repeated, *conn, *token);
                }
                None => self.unmatched(core, now, &early),
            }
        }
    }

    fn unmatched(&mut self, core: &mut Core, now: Now, early: &Early) {
        core.counters.reports_unmatched += 1;
        if core.wants(EventKinds::REPORT) {
            let judged = codes::stat(core.dialect.protocol(), &early.report.stat.to_string_lossy());
            let at = Now { mono_ns: 0, unix_ms: early.at };
            let event = event(core, at, &early.report, None, judged.is_final, false, early.conn, early.token);
            core.emit(Event::Report(Box::new(event)));
        } else {
            core.release_token(now, early.token);
        }
    }

    fn deliver(&mut self, core: &mut Core, now: Now, conn: Key, pdu: DeliverPdu) {
        let print = fingerprint(&[pdu.to.id.as_bytes(), pdu.sender.as_bytes(), &pdu.content]);
        if !core.is_new(now, conn, &pdu.to, print) {
            return;
        }
        if let Some(other) = core.other_with_number(pdu.receiver.as_bytes()) {
            let (token, number) = (self.keep(core, now, conn, pdu.to, print), core.connection(conn));
            return core.pass_on(vec![other], number, token, Passed::Deliver(Box::new(pdu), print));
        }
        self.take_deliver(core, now, From::Here(conn), pdu, print);
    }

    fn take_deliver(&mut self, core: &mut Core, now: Now, from: From, pdu: DeliverPdu, print: u64) {
        core.counters.delivers += 1;
        let header = if pdu.has_udh {
            udh::UdhList::parse(&pdu.content).ok()
        } else {
            udh::UdhList::detect(&pdu.content, pdu.coding)
        };
        let (length, concat) = match &header {
            Some(header) => (header.octets().len().min(pdu.content.len()), header.concat_from_zero()),
            None => (0, None),
        };
        if pdu.has_udh && header.is_none() {
            // A header that makes no sense: the octets go out as they are.
            let raw = pdu.content.clone();
            return self.whole(core, now, from, pdu, Bytes::new(), raw, true, print);
        }
        let (head, payload) = (pdu.content.slice(..length), pdu.content.slice(length..));
        match concat.or(pdu.part).filter(|c| c.total > 1) {
            None => {
                let raw = pdu.content.clone();
                let pdu = DeliverPdu { content: payload, ..pdu };
                self.whole(core, now, from, pdu, head, raw, false, print);
            }
            Some(concat) => {
                let tag = part_print(core, &pdu, print);
                // A part goes into memory and is answered; what it displaces is an event. Neither has room now.
                if core.backlog_is_full() && !from.is_answered() {
                    return from.refuse_busy(core, now, &pdu.to);
                }
                let part = Part { coding: pdu.coding, content: payload, tag };
                let between = (pdu.sender, pdu.receiver);
                let joined = self.joiner.add(now.mono_ns, between, concat, part);
                let carrier = Carrier {
                    link_id: pdu.link_id,
                    service_id: pdu.service_id,
                    id: pdu.to.id,
                    print,
                    raw: pdu.content,
                };
                self.joined(core, now, from, pdu.to, joined, &carrier, head);
            }
        }
    }

    /// A part is answered when it is parked; the one that completes its message is answered like a whole
    /// message.
    #[allow(clippy::too_many_arguments)]
    fn joined(
        &mut self,
        core: &mut Core,
        now: Now,
        from: From,
        to: AnswerTo,
        joined: Joined<Between>,
        carrier: &Carrier,
        head: Bytes,
    ) {
        let connection = from.number(core);
        for displaced in joined.displaced {
            self.emit_joined(core, now, connection, displaced, None, Bytes::new(), Token::default());
        }
        match joined.state {
            JoinState::Complete(message) => {
                let token = from.keep(self, core, now, to, carrier.print);
                self.emit_joined(core, now, connection, message, Some(carrier), head, token);
            }
            JoinState::Parked | JoinState::Duplicate => {
                from.answer_at_once(core, now, &to, carrier.print);
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn emit_joined(
        &mut self,
        core: &mut Core,
        now: Now,
        connection: u32,
        message: Message<Between>,
        carrier: Option<&Carrier>,
        head: Bytes,
        token: Token,
    ) {
        if !core.wants(EventKinds::DELIVER) {
            return core.release_token(now, token);
        }
        // Every part is noted, also behind one that is new.
        let new = message.parts.iter().flatten().filter(|part| self.seen.add(part.tag)).count();
        let repeated = new == 0;
        let (sender, receiver) = message.key;
        let deliver = Deliver {
            account: core.profile.name.clone(),
            connection,
            time: now.unix_ms,
            token,
            sender: national(&sender),
            receiver,
            message_id: carrier.map(|c| c.id).unwrap_or_default(),
            text: message.text().text,
            octets: message.octets(),
            coding: message.coding,
            udh: head,
            link_id: carrier.map(|c| c.link_id).unwrap_or_default(),
            service_id: carrier.map(|c| c.service_id).unwrap_or_default(),
            parts: message.have,
            total: message.total,
            complete: message.complete,
            repeated,
            raw: carrier.map(|c| c.raw.clone()).unwrap_or_default(),
            show: core.profile.settings.show,
        };
        core.emit(Event::Deliver(Box::new(deliver)));
    }

    #[allow(clippy::too_many_arguments)]
    fn whole(
        &mut self,
        core: &mut Core,
        now: Now,
        from: From,
        pdu: DeliverPdu,
        udh: Bytes,
        raw: Bytes,
        broken: bool,
        print: u64,
    ) {
        let token = from.keep(self, core, now, pdu.to, print);
        if !core.wants(EventKinds::DELIVER) {
            return core.release_token(now, token);
        }
        let repeated = !self.seen.add(part_print(core, &pdu, print));
        // A broken header is not text: the application gets the octets and judges.
        let text = if broken { None } else { text::decode(pdu.coding, &pdu.content).text };
        let deliver = Deliver {
            account: core.profile.name.clone(),
            connection: from.number(core),
            time: now.unix_ms,
            token,
            sender: national(&pdu.sender),
            receiver: pdu.receiver,
            message_id: pdu.to.id,
            text,
            octets: pdu.content,
            coding: pdu.coding,
            udh,
            link_id: pdu.link_id,
            service_id: pdu.service_id,
            parts: 1,
            total: 1,
            complete: !broken,
            repeated,
            raw,
            show: core.profile.settings.show,
        };
        core.emit(Event::Deliver(Box::new(deliver)));
    }
}

impl Side for Sp {
    fn released(&mut self, core: &mut Core, now: Now, key: SegmentKey, seq: Seq) {
        // SGIP: the report's key exists before the answer does, and the report may overtake it.
        if core.dialect.sequence_is_id() && core.ticket(key).is_some_and(|o| o.order.report) {
            self.insert(core, now, key, MsgId::from_sgip(seq));
        }
    }

    fn accepted(&mut self, core: &mut Core, now: Now, key: SegmentKey, id: MsgId) {
        let Some(open) = core.ticket(key) else { return };
        if !open.order.report {
            return core.end_segment(now, key, Status::Sent, self);
        }
        core.await_report(now, key);
        if !core.dialect.sequence_is_id() {
            self.learn(core, now, key, id);
            self.unpark(core, now, id);
        }
    }

    fn accepted_late(&mut self, core: &mut Core, now: Now, key: SegmentKey, id: MsgId) {
        // The outcome is out; its reports are events that still know their message.
        if !core.dialect.sequence_is_id() && core.ticket(key).is_some_and(|o| o.order.report) {
            let first = self.learn(core, now, key, id);
            for id in first.into_iter().chain([id]) {
                self.correlation.settle(id, key.tag());
            }
            self.unpark(core, now, id);
        }
    }

    fn settled(&mut self, core: &mut Core, key: SegmentKey, id: MsgId) {
        self.correlation.settle(id, key.tag());
        for other in core.other_ids(key) {
            self.correlation.settle(other, key.tag());
        }
    }

    fn requested(&mut self, core: &mut Core, now: Now, conn: Key, _: Seq, request: Inbound) {
        match request {
            Inbound::Report(report) => self.report(core, now, conn, report),
            Inbound::Deliver(deliver) => self.deliver(core, now, conn, *deliver),
            Inbound::BadReport(to, octets) => {
                core.answer_now(now, conn, &to, 0);
                core.trouble(
                    now,
                    conn,
                    "marked as a report, but its content is none".to_owned(),
                    "answered",
                    octets,
                );
            }
            Inbound::Query(..) | Inbound::Cancel(..) => {
                let reason = "a query or cancel has no place at an SP".to_owned();
                core.trouble(now, conn, reason, "skipped", Bytes::new());
            }
            Inbound::Submit(pdu) => {
                let name = pdu.name();
                core.trouble(now, conn, format!("a {name} has no place at an SP"), "skipped", Bytes::new());
            }
            Inbound::Other(pdu, refuse) => {
                let action = match refuse {
                    Some(to) => {
                        core.answer_now(now, conn, &to, core.dialect.malformed());
                        "answered with an error"
                    }
                    None => "skipped",
                };
                let reason = format!("a {} has no place at an SP", pdu.name());
                core.trouble(now, conn, reason, action, Bytes::new());
            }
            // The session handles the rest itself.
            _ => {}
        }
    }

    fn passed(&mut self, core: &mut Core, now: Now, passed: PassedOn) {
        self.take_passed(core, now, passed);
    }

    fn deadline(&self) -> Option<u64> {
        [self.correlation.deadline(), self.joiner.deadline()].into_iter().flatten().min()
    }

    fn timeout(&mut self, core: &mut Core, now: Now) {
        while let Some(early) = self.correlation.expire_early(now.mono_ns) {
            self.unmatched(core, now, &early);
        }
        // Open ones are decided by the account's own deadline, which is the same.
        while self.correlation.expire(now.mono_ns).is_some() {}
        for message in self.joiner.expire(now.mono_ns) {
            self.emit_joined(core, now, 0, message, None, Bytes::new(), Token::default());
        }
    }

    fn changed(&mut self, now: Now, settings: &AccountSettings) {
        let (reports, parts) = rules(settings);
        self.correlation.change(now.mono_ns, reports);
        self.joiner.change(parts);
    }

    fn closing(&mut self, core: &mut Core, now: Now) {
        while let Some(early) = self.correlation.expire_early(u64::MAX) {
            self.unmatched(core, now, &early);
        }
        for message in self.joiner.expire(u64::MAX) {
            self.emit_joined(core, now, 0, message, None, Bytes::new(), Token::default());
        }
    }
}

/// What a report says, counted.
fn judge(core: &mut Core, report: &ReportPdu) -> Stat {
    core.counters.reports += 1;
    let judged = codes::stat(core.dialect.protocol(), &report.stat.to_string_lossy());
    match (judged.is_final, judged.is_success()) {
        (true, true) => core.counters.reports_delivered += 1,
        (true, false) => core.counters.reports_failed += 1,
        (false, _) => core.counters.reports_interim += 1,
    }
    judged
}

fn rules(settings: &AccountSettings) -> (CorrelationRules, JoinRules) {
    let reports = CorrelationRules {
        deadline_ns: nanos(settings.report_deadline),
        park_ns: nanos(settings.park),
        remember: settings.remember as usize,
        parked: settings.park_max as usize,
    };
    let parts = JoinRules {
        deadline_ns: nanos(settings.join_deadline),
        max_sets: settings.join_sets as usize,
        max_octets: settings.join_octets as usize,
    };
    (reports, parts)
}

#[allow(clippy::too_many_arguments)]
fn event(
    core: &Core,
    now: Now,
    report: &ReportPdu,
    entry: Option<&Entry>,
    is_final: bool,
    repeated: bool,
    connection: u32,
    token: Token,
) -> Report {
    let offset = i32::from(core.profile.settings.utc_offset);
    let when = |text: &Text<14>| {
        let time = WireTime::parse(text.as_str()?)?;
        Some(time.to_unix_ms(offset))
    };
    Report {
        account: core.profile.name.clone(),
        connection,
        time: now.unix_ms,
        token,
        ticket: entry.map(|e| e.ticket),
        reference: entry.and_then(|e| e.reference.clone()),
        user_data: entry.map_or(0, |e| e.user_data),
        segment: entry.map_or(0, |e| e.segment),
        message_id: report.id,
        receiver: report.receiver,
        stat: report.stat,
        error: report.error,
        is_final,
        submitted_at: when(&report.submit_time),
        done_at: when(&report.done_time),
        repeated,
        raw: report.raw.clone(),
        show: core.profile.settings.show,
    }
}

/// A phone's number without the country code, which some gateways write and others do not.
fn national(number: &Text<32>) -> Text<32> {
    let octets = number.as_bytes();
    let rest = octets.strip_prefix(b"+").unwrap_or(octets);
    match rest.strip_prefix(b"86") {
        Some(national) if matches!(national.len(), 11 | 13) && national.first() == Some(&b'1') => {
            Text::from_octets(national).unwrap_or(*number)
        }
        _ => *number,
    }
}
