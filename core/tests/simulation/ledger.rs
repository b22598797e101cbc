//! What is known of every message from the outside: who accepted it, what of it went over the wire, what was heard of
//! it, and how it ended. The one place that says what an outcome may be.

use crate::cast::Role;
use crate::tally::{Check, Kind};
use crate::world::World;
use sanwang::account::GroupOrder;
use sanwang::account::tickets::Order;
use sanwang::message::{Deliver, Report, SubmitRequest};
use sanwang::time::nanos;
use sanwang::wire::{MsgId, Protocol, Seq};
use sanwang::{Outcome, Status, Ticket};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// architecture.md, section 6: over segments that end differently, the first of these names the outcome.
const PRECEDENCE: [Status; 10] = [
    Status::Rejected,
    Status::Undelivered,
    Status::Expired,
    Status::Canceled,
    Status::Abandoned,
    Status::InDoubt,
    Status::NoReport,
    Status::Sent,
    Status::Acked,
    Status::Delivered,
];

/// The segments that a frame carries: tickets, and which segment of them.
type Carried = Vec<(Ticket, u8)>;

/// One time a segment was written.
pub(crate) struct Copy {
    pub(crate) pipe: u32,
    pub(crate) seq: Seq,
    /// A congestion answer came for it, or one that refused its group.
    pub(crate) congested: bool,
    /// The socket held something back, so that it began earlier, or its session is over and this is the rest of it.
    pub(crate) blurred: bool,
}

#[derive(Default)]
pub(crate) struct Segment {
    pub(crate) copies: Vec<Copy>,
    pub(crate) last_written: u64,
    /// When an answer that accepts was heard, and the id it gave.
    pub(crate) accepted: Option<(u64, MsgId)>,
    pub(crate) refused: bool,
    /// Ids that answers to its group named.
    pub(crate) of_group: Vec<MsgId>,
    /// Its group was refused when it may have been decided already.
    pub(crate) late_refusal: bool,
}

pub(crate) struct Entry {
    pub(crate) line: usize,
    pub(crate) role: Role,
    epoch: u32,
    pub(crate) report: bool,
    receiver: String,
    reference: Option<Arc<str>>,
    pub(crate) segments: Vec<Segment>,
    valid_until: Option<u64>,
    outcome: Option<Status>,
    /// Its account died with it.
    void: bool,
    /// The connection of its first segment.
    pub(crate) home: Option<u32>,
    /// Its sender took it back.
    pub(crate) canceled: bool,
    /// It had to go to another connection.
    pub(crate) moved: bool,
    /// Connections that its account had lost when it was accepted.
    pub(crate) lost_before: u32,
}

/// A final report that an SP heard.
pub(crate) struct Heard {
    pub(crate) pipe: u32,
    pub(crate) seq: Seq,
    at: u64,
    ok: bool,
    receiver: String,
    pub(crate) refused: bool,
    /// The SP answered that it has it.
    pub(crate) taken: bool,
}

struct Pushed {
    ticket: Ticket,
    segments: usize,
    seen: u32,
}

/// A number without the prefix of the country.
pub(crate) fn national(receiver: &str) -> String {
    receiver.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(receiver).to_owned()
}

/// A segment whose id an SP learned.
#[derive(Clone)]
pub(crate) struct Learned {
    pub(crate) ticket: Ticket,
    pub(crate) segment: u8,
    pub(crate) at: u64,
    receiver: String,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) entries: BTreeMap<Ticket, Entry>,
    /// A request's octets with sequence zero name its segment: that of every receiver.
    pub(crate) by_frame: HashMap<(usize, Role, Vec<u8>), Carried>,
    /// Ids as the SP learned them. The receivers of one submit may share one.
    pub(crate) ids: HashMap<(usize, MsgId), Vec<Learned>>,
    pub(crate) reports: HashMap<(usize, MsgId), Vec<Heard>>,
    /// What the report with a sequence of a connection names.
    pub(crate) reported: HashMap<(u32, Seq), MsgId>,
    /// SGIP sequences, for good, with the request.
    pub(crate) sgip: HashMap<Seq, Vec<u8>>,
    /// When messages were written, of the last second.
    pub(crate) written: HashMap<(usize, Role), VecDeque<u64>>,
    /// Lines that lost a connection in the middle of a frame, or whose socket held something back.
    pub(crate) blurred: HashSet<usize>,
    /// Tickets that an answer has decided.
    pub(crate) decided: Vec<Ticket>,
    /// Connections that each account lost.
    pub(crate) lost: HashMap<(usize, Role), u32>,
    given: HashSet<(usize, MsgId)>,
    /// Texts of messages to gateways that join them.
    pub(crate) sent: HashSet<(usize, String)>,
    pushed: BTreeMap<(usize, String), Pushed>,
    partial: HashMap<usize, u32>,
    open: HashMap<(usize, Role), usize>,
    pub(crate) outcomes: u64,
}

impl Ledger {
    /// An account took a message.
    pub(crate) fn accept(&mut self, line: usize, role: Role, epoch: u32, order: &Order) {
        for (at, segment) in (0u8..).zip(order.segments.iter()) {
            self.name(line, role, &segment.frame, vec![(order.ticket, at)]);
        }
        self.enter(line, role, epoch, order);
    }

    fn name(&mut self, line: usize, role: Role, frame: &[u8], segments: Vec<(Ticket, u8)>) {
        let known = self.by_frame.insert((line, role, frame.to_vec()), segments);
        assert!(known.is_none(), "two messages of this world look alike");
    }

    /// An account took a submit to several receivers. `alone` gives the frame of one receiver.
    pub(crate) fn accept_group(
        &mut self,
        line: usize,
        epoch: u32,
        order: &GroupOrder,
        alone: impl Fn(&[u8], usize) -> Vec<u8>,
    ) {
        for (at, shared) in (0u8..).zip(order.frames.iter()) {
            let all = order.members.iter().map(|member| (member.ticket, at)).collect();
            self.name(line, Role::Sp, &shared.frame, all);
            for (index, member) in order.members.iter().enumerate() {
                self.name(line, Role::Sp, &alone(&shared.frame, index), vec![(member.ticket, at)]);
            }
        }
        order.members.iter().for_each(|member| self.enter(line, Role::Sp, epoch, member));
    }

    fn enter(&mut self, line: usize, role: Role, epoch: u32, order: &Order) {
        let entry = Entry {
            line,
            role,
            epoch,
            report: order.report,
            receiver: national(&order.receiver.to_string_lossy()),
            reference: order.reference.clone(),
            segments: order.segments.iter().map(|_| Segment::default()).collect(),
            valid_until: order.valid_until,
            outcome: None,
            void: false,
            home: None,
            moved: false,
            canceled: false,
            lost_before: self.lost.get(&(line, role)).copied().unwrap_or(0),
        };
        self.entries.insert(order.ticket, entry);
        *self.open.entry((line, role)).or_default() += 1;
    }

    /// Whether a gateway has pushed these octets before.
    pub(crate) fn knows(&self, line: usize, frame: &[u8]) -> bool {
        self.by_frame.contains_key(&(line, Role::Party, frame.to_vec()))
    }

    /// A gateway pushes this text.
    pub(crate) fn pushed(&mut self, line: usize, ticket: Ticket, text: String, segments: usize) {
        self.pushed.insert((line, text), Pushed { ticket, segments, seen: 0 });
    }

    /// A gateway's account died: what it had open has no outcome.
    pub(crate) fn void(&mut self, line: usize, epoch: u32) {
        for entry in self.entries.values_mut() {
            if entry.line == line
                && entry.role == Role::Party
                && entry.epoch == epoch
                && entry.outcome.is_none()
            {
                entry.void = true;
            }
        }
        self.open.remove(&(line, Role::Party));
    }

    pub(crate) fn open_count(&self, line: usize, role: Role) -> usize {
        self.open.get(&(line, role)).copied().unwrap_or(0)
    }

    pub(crate) fn open(&self, line: usize, role: Role) -> Vec<Ticket> {
        let open = |e: &Entry| e.line == line && e.role == role && e.outcome.is_none() && !e.void;
        self.entries.iter().filter(|(_, e)| open(e)).map(|(ticket, _)| *ticket).collect()
    }

    pub(crate) fn is_decided(&self, ticket: Ticket) -> bool {
        self.entries.get(&ticket).is_none_or(|e| e.outcome.is_some() || e.void)
    }

    /// An SP learned the id of a segment, at `at`. What it knows stays.
    pub(crate) fn learn(&mut self, line: usize, id: MsgId, ticket: Ticket, segment: u8, at: u64) {
        let Some(receiver) = self.entries.get(&ticket).map(|entry| entry.receiver.clone()) else { return };
        let known = self.ids.entry((line, id)).or_default();
        if !known.iter().any(|one| one.receiver == receiver) {
            known.push(Learned { ticket, segment, at, receiver });
        }
    }

    /// The segment of a receiver with this id.
    pub(crate) fn whose(&self, line: usize, id: MsgId, receiver: &str) -> Option<&Learned> {
        let receiver = national(receiver);
        self.ids.get(&(line, id))?.iter().find(|one| one.receiver == receiver)
    }

    /// An SP heard a final report.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn report_heard(
        &mut self,
        line: usize,
        id: MsgId,
        receiver: &str,
        at: u64,
        ok: bool,
        pipe: u32,
        seq: Seq,
    ) {
        let receiver = national(receiver);
        let list = self.reports.entry((line, id)).or_default();
        // A copy of one that was taken is answered as that one was, and not looked at.
        if list.iter().any(|heard| heard.pipe == pipe && heard.seq == seq && !heard.refused) {
            return;
        }
        list.push(Heard { pipe, seq, at, ok, receiver, refused: false, taken: false });
        self.reported.insert((pipe, seq), id);
    }

    fn verdicts<'a>(
        &'a self,
        line: usize,
        id: MsgId,
        receiver: &'a str,
    ) -> impl Iterator<Item = &'a Heard> + 'a {
        let all = self.reports.get(&(line, id)).into_iter().flatten();
        all.filter(move |heard| !heard.refused && heard.receiver == receiver)
    }

    /// A number that stands for how everything ended.
    pub(crate) fn print(&self) -> u64 {
        let ended =
            self.entries.iter().filter_map(|(t, e)| Some(t.as_u64().wrapping_mul(e.outcome? as u64 + 1)));
        ended.fold(0, |all, one| all.rotate_left(3) ^ one)
    }
}

impl World {
    /// An account told the outcome of a ticket.
    pub(crate) fn outcome(&mut self, line: usize, role: Role, outcome: Outcome) {
        let (ticket, now) = (outcome.ticket, self.now.mono_ns);
        self.say(|| format!("{role:?} {line}: {ticket} {} {}", outcome.status, outcome.text));
        let closing = match role {
            Role::Sp => self.lines[line].closing.is_some(),
            Role::Party => self.is_ending() || self.carriers[self.lines[line].carrier].closing,
        };
        let its = &self.lines[line];
        let sgip = self.lines[line].protocol == Protocol::Sgip;
        let blurred = self.ledger.blurred.contains(&line);
        let entry = self.ledger.entries.get(&ticket).expect("an outcome of an accepted ticket");
        assert!((entry.line, entry.role) == (line, role), "{ticket} ended at another account");
        assert!(entry.outcome.is_none(), "a second outcome for {ticket}");
        assert_eq!(entry.reference, outcome.reference, "the outcome carries the caller's reference");
        self.tally.check(Check::OneOutcome);

        assert_eq!(outcome.segments.len(), entry.segments.len());
        let statuses: Vec<Status> = outcome.segments.iter().map(|s| s.status).collect();
        let first = PRECEDENCE.into_iter().find(|status| statuses.contains(status));
        assert_eq!(Some(outcome.status), first, "{ticket}: precedence over {statuses:?}");
        self.tally.check(Check::Precedence);

        for (at, (told, known)) in outcome.segments.iter().zip(&entry.segments).enumerate() {
            let what = || format!("line {line} {role:?} {ticket} segment {}: {}", at + 1, told.status);
            let outstanding = known.copies.iter().filter(|copy| !copy.congested).count();
            // Before its answer an SGIP message is named by its sequence.
            let since = known.accepted.map_or(if sgip { 0 } else { u64::MAX }, |(at, _)| at);
            // An SGIP message that went again under a new sequence has several ids.
            let others = known.copies.iter().filter(|_| sgip).map(|copy| MsgId::from_sgip(copy.seq));
            let of_group = known.of_group.iter().copied();
            let ids: Vec<MsgId> = others.chain([told.message_id]).chain(of_group).collect();
            let verdicts = |id: MsgId| self.ledger.verdicts(line, id, &entry.receiver);
            let verdict = |ok: bool| ids.iter().any(|id| verdicts(*id).any(|heard| heard.ok == ok));
            match told.status {
                Status::Delivered => assert!(entry.report && verdict(true), "{} without a report", what()),
                Status::Undelivered => assert!(entry.report && verdict(false), "{} without a report", what()),
                Status::Sent | Status::Acked => {
                    assert!(!entry.report && known.accepted.is_some(), "{} without an answer", what());
                    assert_eq!(told.status == Status::Acked, role == Role::Party, "{}", what());
                }
                Status::NoReport => {
                    assert!(entry.report && known.accepted.is_some(), "{} without an answer", what());
                    let late = known
                        .accepted
                        .is_some_and(|(at, _)| at + its.least(role, at, |s| nanos(s.report_deadline)) <= now);
                    assert!(late || closing, "{} before its deadline", what());
                    let heard = ids.iter().any(|id| {
                        verdicts(*id).any(|heard| heard.taken && heard.at > since && heard.at < now)
                    });
                    assert!(!heard || blurred || sgip, "{} though its report was heard", what());
                }
                Status::Rejected => {
                    let congested = known.copies.iter().any(|copy| copy.congested);
                    assert!(known.refused || congested, "{} and nobody refused it", what());
                }
                Status::InDoubt => {
                    // A refusal decides while the answers to the others are on their way, or in the same octets.
                    let rejected = outcome.status == Status::Rejected;
                    assert!(
                        outstanding > 0 || rejected || blurred || known.late_refusal,
                        "{} though nothing is outstanding",
                        what()
                    );
                    let timeout = its.least(role, known.last_written, |s| nanos(s.response_timeout));
                    // An answer that comes after the segment was decided changes nothing.
                    let in_time = known.accepted.is_some_and(|(at, _)| at < known.last_written + 2 * timeout);
                    assert!(!in_time || rejected || blurred, "{} though it was accepted", what());
                    let waited = known.last_written + timeout <= now;
                    let expired = entry.canceled || entry.valid_until.is_some_and(|at| at <= now);
                    assert!(waited || closing || rejected || expired || blurred, "{} too early", what());
                }
                Status::Expired | Status::Canceled | Status::Abandoned => {
                    assert_eq!(outstanding, 0, "{} though a copy may have arrived", what());
                    let right = match told.status {
                        Status::Expired => entry.valid_until.is_some_and(|at| at <= now),
                        Status::Canceled => entry.canceled || outcome.status == Status::Rejected,
                        _ => closing,
                    };
                    assert!(right, "{} for no reason", what());
                }
                other => panic!("an outcome {other} that this test does not know"),
            }
            self.tally.check(Check::StatusFollowsTheFacts);
        }
        if statuses.contains(&Status::Canceled) {
            self.tally.saw(Kind::CanceledSegment);
        }
        self.tally.saw(match (role, outcome.status) {
            (Role::Sp, Status::Delivered) => Kind::Delivered,
            (Role::Sp, Status::Sent) => Kind::Sent,
            (Role::Sp, Status::Undelivered) => Kind::Undelivered,
            (Role::Sp, Status::Rejected) => Kind::Rejected,
            (Role::Sp, Status::Expired) => Kind::Expired,
            (Role::Sp, Status::Canceled) => Kind::Canceled,
            (Role::Sp, Status::Abandoned) => Kind::Abandoned,
            (Role::Sp, Status::InDoubt) => Kind::InDoubt,
            (Role::Sp, Status::NoReport) => Kind::NoReport,
            (Role::Party, Status::Acked) => Kind::PushAcked,
            (Role::Party, Status::Rejected) => Kind::PushRejected,
            (Role::Party, Status::Expired) => Kind::PushExpired,
            (Role::Party, Status::Abandoned) => Kind::PushAbandoned,
            (Role::Party, Status::InDoubt) => Kind::PushInDoubt,
            (role, status) => panic!("{role:?} ended {status}"),
        });
        let entry = self.ledger.entries.get_mut(&ticket).expect("looked up above");
        entry.outcome = Some(outcome.status);
        *self.ledger.open.get_mut(&(line, role)).expect("it was open") -= 1;
        self.ledger.outcomes += 1;
    }

    /// An SP told a report.
    pub(crate) fn reported(&mut self, line: usize, report: &Report) {
        let receiver = report.receiver.to_string_lossy();
        let known = self.ledger.whose(line, report.message_id, &receiver).cloned();
        if let Some(ticket) = report.ticket {
            let whose = known.expect("a report with a ticket names an id we were given");
            let named = (whose.ticket, whose.segment + 1);
            assert_eq!((ticket, report.segment), named, "the report is on another segment");
            let entry = self.ledger.entries.get(&ticket).expect("a ticket of ours");
            assert_eq!(entry.reference, report.reference, "the report carries the caller's reference");
            if report.repeated {
                self.tally.saw(Kind::LateReport);
            }
        } else {
            self.tally.saw(Kind::UnmatchedReport);
            let when = self.now.mono_ns - ((self.now.unix_ms - report.time) as u64) * 1_000_000;
            // An id is known until its deadline.
            let before = known.is_some_and(|Learned { at: learned, .. }| {
                let deadline = self.lines[line].least(Role::Sp, learned, |s| nanos(s.report_deadline));
                learned + 1_000_000 < when && when < learned + deadline
            });
            assert!(
                !before,
                "line {line}: the report on {} came after its id and is told without ticket",
                report.message_id
            );
        }
        self.tally.check(Check::ReportFindsItsMessage);
    }

    /// An SP told a message from a phone.
    pub(crate) fn delivered(&mut self, line: usize, deliver: &Deliver) {
        if !deliver.complete {
            self.tally.saw(Kind::PartialDelivery);
            *self.ledger.partial.entry(line).or_default() += 1;
            return;
        }
        if deliver.total > 1 {
            self.tally.saw(Kind::LongDelivery);
        }
        let text = deliver.text.clone().expect("a text");
        let pushed = self.ledger.pushed.get_mut(&(line, text.clone()));
        let pushed = pushed.unwrap_or_else(|| panic!("nobody wrote {text:?}"));
        pushed.seen += 1;
        self.tally.check(Check::DeliveryAsWritten);
    }

    /// A gateway told a submit.
    pub(crate) fn submitted(&mut self, line: usize, submit: &SubmitRequest) {
        let (carrier, protocol) = (self.lines[line].carrier, self.lines[line].protocol);
        if protocol != Protocol::Sgip {
            let all = 0..submit.receivers.len() as u16;
            for id in submit.ids().flat_map(|id| all.clone().map(move |at| id.of_receiver(at).unwrap_or(id)))
            {
                assert!(self.ledger.given.insert((carrier, id)), "an id was given twice");
                self.tally.check(Check::IdUnique);
            }
        }
        let Some(joined) = &submit.joined else { return };
        if joined.complete {
            let text = joined.text.clone().expect("a text");
            assert!(self.ledger.sent.contains(&(line, text.clone())), "nobody sent {text:?}");
            self.tally.saw(Kind::JoinedSubmit);
            self.tally.check(Check::JoinedAsSent);
        } else {
            self.tally.saw(Kind::PartialSubmit);
        }
    }

    /// What a gateway was told is acknowledged, the SP's application was told.
    pub(crate) fn acknowledged_is_delivered(&mut self) {
        for ((line, text), pushed) in &self.ledger.pushed {
            let entry = self.ledger.entries.get(&pushed.ticket).expect("it was accepted");
            if entry.outcome == Some(Status::Acked) {
                let in_parts = pushed.segments > 1 && self.ledger.partial.contains_key(line);
                assert!(pushed.seen > 0 || in_parts, "{text:?} was acknowledged and never told");
                self.tally.check(Check::AcknowledgedIsDelivered);
            }
        }
    }
}
