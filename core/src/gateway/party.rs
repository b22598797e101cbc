//! The gateway's side of an account: submits become events with an id, pushes end with their acknowledgement.

use super::ids::IdMaker;
use super::joining::{Joining, Whole, concat_of};
use crate::account::pace::Pace;
use crate::account::slab::Key;
use crate::account::tickets::{Order, SegmentKey};
use crate::account::{Account, Core, Side};
use crate::dialect::{AnswerTo, Inbound, widen};
use crate::few::Few;
use crate::message::{CancelRequest, Event, EventKinds, QueryRequest, Status, SubmitRequest, Token};
use crate::settings::AccountSettings;
use crate::store::fingerprint;
use crate::text::Coding;
use crate::time::Now;
use crate::wire::{AnyPdu, MsgId, Protocol, Seq, Text, cmpp, sgip, smgp};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something whose time has not come.
#[derive(Debug)]
enum Later {
    Push(Order),
    Answer(Token, u32),
}

/// The gateway's side of an account.
#[derive(Debug)]
pub struct Party {
    ids: Arc<IdMaker>,
    /// What is to be done later, by time and order.
    later: BTreeMap<(u64, u64), Later>,
    next_later: u64,
    /// Whether long submits are joined.
    joins: bool,
    /// Long submits whose segments have not all come; `None` where none was ever joined.
    joining: Option<Box<Joining>>,
    /// How fast submits are taken.
    pace: Pace,
}

impl Party {
    /// With the gateway's ids.
    pub fn new(ids: Arc<IdMaker>) -> Self {
        Party {
            ids,
            later: BTreeMap::new(),
            next_later: 0,
            joins: false,
            joining: None,
            pace: Pace::new(0, 0),
        }
    }

    /// Joins long submits where the account's settings say so.
    #[must_use]
    pub fn joins(mut self, settings: &AccountSettings) -> Self {
        self.join_by(settings);
        self
    }

    fn join_by(&mut self, settings: &AccountSettings) {
        self.joins = settings.join;
        match &mut self.joining {
            // What waits is handed over, whole or by its deadline, also where nothing is joined any more.
            Some(joining) => joining.change(settings),
            None if settings.join => self.joining = Some(Box::new(Joining::new(settings))),
            None => {}
        }
    }

    /// Takes submits no faster than the account's settings say.
    #[must_use]
    pub fn paced(mut self, settings: &AccountSettings) -> Self {
        self.pace = Pace::new(settings.rate, settings.effective_burst());
        self
    }

    /// The next id; `None` when dated ids have run too far ahead of the clock.
    pub fn next_id(&self, now: Now, protocol: Protocol) -> Option<MsgId> {
        self.ids.next(now, protocol)
    }

    /// Keeps an answer until `at` (monotonic ns).
    pub fn hold_answer(&mut self, at: u64, token: Token, result: u32) {
        self.keep(at, Later::Answer(token, result));
    }

    fn keep(&mut self, at: u64, later: Later) {
        self.next_later += 1;
        self.later.insert((at, self.next_later), later);
    }

    fn run_until(&mut self, core: &mut Core, now: Now, at: u64) {
        let rest = self.later.split_off(&(at.saturating_add(1), 0));
        for later in std::mem::replace(&mut self.later, rest).into_values() {
            match later {
                Later::Push(order) => core.push(now, order),
                Later::Answer(token, result) => core.answer_request(now, token, result),
            }
        }
    }

    fn submit(&mut self, core: &mut Core, now: Now, conn: Key, seq: Seq, pdu: Box<AnyPdu>) {
        let Some(fields) = read(&pdu) else { return };
        let receiver = fields.receivers.first().map_or(&[][..], |r| r.as_bytes());
        let print = fingerprint(&[receiver, &fields.content]);
        let asked = AnswerTo { seq, command: fields.answer, id: MsgId::default() };
        if !core.is_new(now, conn, &asked, print) {
            return;
        }
        core.counters.submits += 1;
        if self.pace.take(now.mono_ns).is_err() {
            core.counters.refused_rate += 1;
            return core.answer_now(now, conn, &asked, core.dialect.over_rate());
        }
        // Carriers count every receiver.
        self.pace.spend(fields.receivers.len().saturating_sub(1));
        let joining = self.joining.as_deref().filter(|_| self.joins);
        let concat = joining.and_then(|_| concat_of(&fields.content, fields.has_udh));
        let copy = joining.zip(concat).and_then(|(joining, concat)| {
            joining.id_of_copy(fields.sender, &fields.receivers, concat, &fields.content)
        });
        let id = match copy.or_else(|| self.ids.range(now, core.dialect.protocol(), fields.receivers.len())) {
            Some(_) if core.dialect.sequence_is_id() => MsgId::from_sgip(seq),
            Some(id) => id,
            None => return core.answer_now(now, conn, &asked, core.dialect.busy()),
        };
        let to = AnswerTo { seq, command: fields.answer, id };
        if !core.wants(EventKinds::SUBMIT) {
            return core.answer_now(now, conn, &to, core.dialect.busy());
        }
        let token = core.take_request(now, conn, to, print, false);
        let request = SubmitRequest {
            account: core.profile.name.clone(),
            connection: core.connection(conn),
            time: now.unix_ms,
            token,
            message_id: id,
            sender: fields.sender,
            receivers: fields.receivers,
            coding: Coding(fields.coding),
            has_udh: fields.has_udh,
            content: fields.content,
            report: fields.report,
            segments: fields.segments,
            segment: fields.segment,
            link_id: fields.link_id,
            pdu,
            joined: None,
            show: core.profile.settings.show,
        };
        match (self.joining.as_deref_mut(), concat) {
            (Some(joining), Some(concat)) => hand_over(core, joining.add(now, request, concat)),
            _ => core.emit(Event::Submit(Box::new(request))),
        }
    }
}

/// Hands joined submits to their handler, whose answer goes to all segments.
fn hand_over(core: &mut Core, whole: Vec<Whole>) {
    for Whole { request, others } in whole {
        core.tie_requests(request.token, others);
        core.emit(Event::Submit(Box::new(request)));
    }
}

impl Side for Party {
    fn released(&mut self, _: &mut Core, _: Now, _: SegmentKey, _: Seq) {}

    fn accepted(&mut self, core: &mut Core, now: Now, key: SegmentKey, _: MsgId) {
        core.end_segment(now, key, Status::Acked, self);
    }

    fn settled(&mut self, _: &mut Core, _: SegmentKey, _: MsgId) {}

    fn requested(&mut self, core: &mut Core, now: Now, conn: Key, seq: Seq, request: Inbound) {
        let (name, refuse) = match request {
            Inbound::Submit(pdu) => return self.submit(core, now, conn, seq, pdu),
            Inbound::Query(to, query) if core.wants(EventKinds::QUERY) => {
                let token = core.take_query(now, conn, to, *query);
                let (account, connection) = (core.profile.name.clone(), core.connection(conn));
                let request = QueryRequest { account, connection, time: now.unix_ms, token, query: *query };
                return core.emit(Event::Query(Box::new(request)));
            }
            Inbound::Query(..) => ("query", None),
            Inbound::Cancel(to, id) => return cancel(core, now, conn, to, id),
            Inbound::Deliver(deliver) => ("deliver", Some(deliver.to)),
            Inbound::Report(report) => ("report", Some(report.to)),
            Inbound::BadReport(to, _) => ("report", Some(to)),
            Inbound::Other(pdu, to) => (pdu.name(), to),
            _ => return,
        };
        let action = match refuse {
            Some(to) => {
                core.answer_now(now, conn, &to, core.dialect.malformed());
                "answered with an error"
            }
            None => "skipped",
        };
        core.trouble(now, conn, format!("a {name} from an SP"), action, Bytes::new());
    }

    fn changed(&mut self, _: Now, settings: &AccountSettings) {
        self.pace.change(settings.rate, settings.effective_burst());
        self.join_by(settings);
    }

    fn deadline(&self) -> Option<u64> {
        let later = self.later.first_key_value().map(|((at, _), _)| *at);
        let joining = self.joining.as_ref().and_then(|joining| joining.deadline());
        later.into_iter().chain(joining).min()
    }

    fn timeout(&mut self, core: &mut Core, now: Now) {
        self.run_until(core, now, now.mono_ns);
        if let Some(joining) = &mut self.joining {
            hand_over(core, joining.expire(now.mono_ns));
        }
    }

    fn closing(&mut self, core: &mut Core, now: Now) {
        // What was to be pushed later is pushed now or abandoned with the queue.
        self.run_until(core, now, u64::MAX - 1);
        if let Some(joining) = &mut self.joining {
            hand_over(core, joining.drain());
        }
    }

    // A submit that is not whole has no answer: its SP keeps it.
    fn closed(&mut self, _: &mut Core, _: Now) {}
}

impl Account<Party> {
    /// Pushes at `at` (monotonic ns). Nothing waits for its time once the account closes: it is pushed or abandoned with
    /// what waited before.
    pub fn push_at(&mut self, now: Now, at: u64, order: Order) {
        match self.core.closing {
            Some(_) => self.order(now, order),
            None => self.side.keep(at, Later::Push(order)),
        }
    }
}

/// Success_Id of a cancellation that was not done (`cmpp.md 4.10`).
const NOT_CANCELED: u32 = 1;

fn cancel(core: &mut Core, now: Now, conn: Key, to: AnswerTo, id: MsgId) {
    let print = fingerprint(&[id.as_bytes()]);
    if !core.is_new(now, conn, &to, print) {
        return;
    }
    if !core.wants(EventKinds::CANCEL) {
        return core.answer_now(now, conn, &to, NOT_CANCELED);
    }
    let token = core.take_request(now, conn, to, print, false);
    let (account, connection) = (core.profile.name.clone(), core.connection(conn));
    let request = CancelRequest { account, connection, time: now.unix_ms, token, message_id: id };
    core.emit(Event::Cancel(Box::new(request)));
}

struct Fields {
    answer: u32,
    sender: Text<32>,
    receivers: Few<Text<32>>,
    coding: u8,
    has_udh: bool,
    content: Bytes,
    report: bool,
    segments: u8,
    segment: u8,
    link_id: Text<20>,
}

/// The fields every protocol's submit has.
fn read(pdu: &AnyPdu) -> Option<Fields> {
    Some(match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Submit(p)) => Fields {
            answer: cmpp::SubmitResp::COMMAND,
            sender: widen(&p.src_id),
            receivers: p.dest_terminal_id.iter().copied().collect(),
            coding: p.msg_fmt,
            has_udh: p.tp_udhi & 0x41 != 0,
            content: p.msg_content.clone(),
            report: p.registered_delivery == 1,
            segments: p.pk_total.max(1),
            segment: p.pk_number.max(1),
            link_id: p.link_id,
        },
        AnyPdu::Sgip(sgip::Pdu::Submit(p)) => {
            let has_udh = p.tp_udhi != 0;
            let concat = has_udh
                .then(|| crate::text::udh::UdhList::parse(&p.message_content).ok()?.concat())
                .flatten();
            Fields {
                answer: sgip::SubmitResp::COMMAND,
                sender: widen(&p.sp_number),
                receivers: p.user_numbers.iter().map(widen).collect(),
                coding: p.message_coding,
                has_udh,
                content: p.message_content.clone(),
                report: p.report_flag == 1 || p.report_flag == 3,
                segments: concat.map_or(1, |c| c.total),
                segment: concat.map_or(1, |c| c.index),
                link_id: Text::from_octets(&p.reserve).unwrap_or_default(),
            }
        }
        AnyPdu::Smgp(smgp::Pdu::Submit(p)) => {
            let has_udh = p.tlvs.tp_udhi().is_some_and(|v| v & 0x41 != 0);
            // Some clients number PkNumber from 0: the header of the content is the authority (smgp.md quirk 20).
            let concat = concat_of(&p.msg_content, has_udh);
            let (total, number) = (p.tlvs.pk_total().unwrap_or(1), p.tlvs.pk_number().unwrap_or(1));
            Fields {
                answer: smgp::SubmitResp::COMMAND,
                sender: widen(&p.src_term_id),
                receivers: p.dest_term_id.iter().map(widen).collect(),
                coding: p.msg_format,
                has_udh,
                content: p.msg_content.clone(),
                report: p.need_report == 1,
                segments: concat.map_or(total, |concat| concat.total).max(1),
                segment: concat.map_or(number, |concat| concat.index).max(1),
                link_id: p.tlvs.link_id().and_then(|id| Text::from_octets(id).ok()).unwrap_or_default(),
            }
        }
        _ => return None,
    })
}
