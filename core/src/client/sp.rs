//! The SP's side of an account: reports find their message, long deliveries are joined.

use crate::account::slab::Key;
use crate::account::tickets::SegmentKey;
use crate::account::{Core, Side};
use crate::codes;
use crate::dialect::{AnswerTo, DeliverPdu, Inbound, ReportPdu};
use crate::message::{Deliver, Event, EventKinds, Report, Status, Token};
use crate::settings::{AccountSettings, Ack};
use crate::store::{Correlation, CorrelationRules, Entry, fingerprint};
use crate::text::{self, JoinRules, JoinState, Joined, Joiner, Message, Part, udh};
use crate::time::{Now, WireTime, nanos};
use crate::wire::{MsgId, Seq, Text};
use bytes::Bytes;

/// Early reports an account holds at most.
const PARKED_MAX: usize = 10_000;

/// What tells the parts of one long deliver from those of another, beside the reference.
type Between = (Text<32>, Text<32>);

/// A report that came before the answer to its submit.
#[derive(Clone, Debug)]
struct Early {
    conn: u32,
    at: i64,
    report: Box<ReportPdu>,
}

/// The deliver that brought the latest part of a set: its LinkID and id go into the joined event.
#[derive(Clone, Debug)]
struct Carrier {
    link_id: Text<20>,
    service_id: Text<10>,
    id: MsgId,
    print: u64,
}

/// The SP's side of an account.
#[derive(Debug)]
pub struct Sp {
    correlation: Correlation<Early>,
    joiner: Joiner<Between>,
}

impl Sp {
    /// From the account's settings.
    pub fn new(settings: &AccountSettings) -> Self {
        Sp {
            correlation: Correlation::new(CorrelationRules {
                deadline_ns: nanos(settings.report_deadline),
                park_ns: nanos(settings.park),
                remember: settings.remember as usize,
                parked: PARKED_MAX,
            }),
            joiner: Joiner::new(JoinRules {
                deadline_ns: nanos(settings.join_deadline),
                max_sets: settings.join_sets as usize,
                max_octets: settings.join_octets as usize,
            }),
        }
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

    fn report(&mut self, core: &mut Core, now: Now, conn: Key, report: Box<ReportPdu>) {
        let print = fingerprint(&[report.to.id.as_bytes(), &report.raw]);
        if !core.is_new(now, conn, &report.to, print) {
            return;
        }
        core.counters.reports += 1;
        let judged = codes::stat(core.dialect.protocol(), &report.stat.to_string_lossy());
        match (judged.is_final, judged.is_success()) {
            (true, true) => core.counters.reports_delivered += 1,
            (true, false) => core.counters.reports_failed += 1,
            (false, _) => core.counters.reports_interim += 1,
        }
        match self.correlation.find(report.id, &report.receiver, judged.is_final) {
            Some(found) => {
                let token = self.keep(core, now, conn, report.to, print);
                self.apply(core, now, &report, &found.entry, found.repeated, core.connection(conn), token);
            }
            None => {
                // Parked reports are answered now: a gateway repeats what stays unanswered.
                core.answer_at_once(now, conn, &report.to, print, 0);
                let (id, receiver) = (report.id, report.receiver);
                let early = Early { conn: core.connection(conn), at: now.unix_ms, report };
                if id.is_zero() {
                    self.unmatched(core, &early);
                } else if let Some(displaced) = self.correlation.park(now.mono_ns, id, receiver, early) {
                    self.unmatched(core, &displaced);
                }
            }
        }
    }

    /// Holds a request for the application, or answers it at once.
    fn keep(&mut self, core: &mut Core, now: Now, conn: Key, to: AnswerTo, print: u64) -> Token {
        let handled = core.profile.settings.ack.resolve(false) != Ack::Received;
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
        entry: &Entry,
        repeated: bool,
        conn: u32,
        token: Token,
    ) {
        let judged = codes::stat(core.dialect.protocol(), &report.stat.to_string_lossy());
        if core.wants(EventKinds::REPORT) {
            let event = event(core, now, report, Some(entry), judged.is_final, repeated, conn, token);
            core.emit(Event::Report(Box::new(event)));
        } else if token != Token::default() {
            core.release_token(now, token);
        }
        if judged.is_final && !repeated {
            let key = SegmentKey::from_tag(entry.tag);
            core.note_report(key, report);
            let status = if judged.is_success() { Status::Delivered } else { Status::Undelivered };
            core.end_segment(now, key, status, self);
        }
    }

    fn unmatched(&mut self, core: &mut Core, early: &Early) {
        core.counters.reports_unmatched += 1;
        if core.wants(EventKinds::REPORT) {
            let judged = codes::stat(core.dialect.protocol(), &early.report.stat.to_string_lossy());
            let at = Now { mono_ns: 0, unix_ms: early.at };
            let event =
                event(core, at, &early.report, None, judged.is_final, false, early.conn, Token::default());
            core.emit(Event::Report(Box::new(event)));
        }
    }

    fn deliver(&mut self, core: &mut Core, now: Now, conn: Key, pdu: DeliverPdu) {
        let print = fingerprint(&[pdu.to.id.as_bytes(), pdu.sender.as_bytes(), &pdu.content]);
        if !core.is_new(now, conn, &pdu.to, print) {
            return;
        }
        core.counters.delivers += 1;
        let header = if pdu.has_udh {
            udh::UdhList::parse(&pdu.content).ok()
        } else {
            udh::UdhList::detect(&pdu.content, pdu.coding)
        };
        let Some(header) = header else {
            // No header, or one that makes no sense: the octets go out as they are.
            let flagged = pdu.has_udh;
            return self.whole(core, now, conn, pdu, Bytes::new(), flagged, print);
        };
        let length = header.octets().len().min(pdu.content.len());
        let (head, payload) = (pdu.content.slice(..length), pdu.content.slice(length..));
        match header.concat().filter(|c| c.total > 1) {
            None => {
                let pdu = DeliverPdu { content: payload, ..pdu };
                self.whole(core, now, conn, pdu, head, false, print);
            }
            Some(concat) => {
                let part = Part { coding: pdu.coding, content: payload, tag: 0 };
                let between = (pdu.sender, pdu.receiver);
                let joined = self.joiner.add(now.mono_ns, between, concat, part);
                let carrier =
                    Carrier { link_id: pdu.link_id, service_id: pdu.service_id, id: pdu.to.id, print };
                self.joined(core, now, conn, pdu.to, joined, &carrier, head);
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
        conn: Key,
        to: AnswerTo,
        joined: Joined<Between>,
        carrier: &Carrier,
        head: Bytes,
    ) {
        let connection = core.connection(conn);
        for displaced in joined.displaced {
            self.emit_joined(core, now, connection, displaced, None, Bytes::new(), Token::default());
        }
        match joined.state {
            JoinState::Complete(message) => {
                let token = self.keep(core, now, conn, to, carrier.print);
                self.emit_joined(core, now, connection, message, Some(carrier), head, token);
            }
            JoinState::Parked | JoinState::Duplicate => {
                core.answer_at_once(now, conn, &to, carrier.print, 0);
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
        };
        core.emit(Event::Deliver(Box::new(deliver)));
    }

    #[allow(clippy::too_many_arguments)]
    fn whole(
        &mut self,
        core: &mut Core,
        now: Now,
        conn: Key,
        pdu: DeliverPdu,
        udh: Bytes,
        broken: bool,
        print: u64,
    ) {
        let token = self.keep(core, now, conn, pdu.to, print);
        if !core.wants(EventKinds::DELIVER) {
            return core.release_token(now, token);
        }
        // A broken header is not text: the application gets the octets and judges.
        let text = if broken { None } else { text::decode(pdu.coding, &pdu.content).text };
        let deliver = Deliver {
            account: core.profile.name.clone(),
            connection: core.connection(conn),
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
            self.insert(core, now, key, id);
            for early in self.correlation.unpark(id) {
                let judged = codes::stat(core.dialect.protocol(), &early.report.stat.to_string_lossy());
                match self.correlation.find(id, &early.report.receiver, judged.is_final) {
                    Some(found) => {
                        let token = Token::default();
                        self.apply(core, now, &early.report, &found.entry, found.repeated, early.conn, token);
                    }
                    None => self.unmatched(core, &early),
                }
            }
        }
    }

    fn settled(&mut self, _: &mut Core, key: SegmentKey, id: MsgId) {
        self.correlation.settle(id, key.tag());
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

    fn deadline(&self) -> Option<u64> {
        [self.correlation.deadline(), self.joiner.deadline()].into_iter().flatten().min()
    }

    fn timeout(&mut self, core: &mut Core, now: Now) {
        while let Some(early) = self.correlation.expire_early(now.mono_ns) {
            self.unmatched(core, &early);
        }
        // Open ones are decided by the account's own deadline, which is the same.
        while self.correlation.expire(now.mono_ns).is_some() {}
        for message in self.joiner.expire(now.mono_ns) {
            self.emit_joined(core, now, 0, message, None, Bytes::new(), Token::default());
        }
    }

    fn closing(&mut self, core: &mut Core, now: Now) {
        while let Some(early) = self.correlation.expire_early(u64::MAX) {
            self.unmatched(core, &early);
        }
        for message in self.joiner.expire(u64::MAX) {
            self.emit_joined(core, now, 0, message, None, Bytes::new(), Token::default());
        }
    }
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
