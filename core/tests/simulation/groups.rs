//! Submits to several receivers: how they are sent, and what a gateway reports on the receivers after the first.

use crate::cast::Role;
use crate::tally::Kind;
use crate::world::{Plan, World};
use sanwang::account::GroupOrder;
use sanwang::account::tickets::{Order, Segment};
use sanwang::client::{prepare_for, receivers_at_once};
use sanwang::dialect::single;
use sanwang::message::SubmitRequest;
use sanwang::time::SECOND;
use sanwang::wire::Text;
use sanwang::{Submit, Ticket};

impl World {
    /// Hands a message to several receivers to an account, as a client does.
    pub(crate) fn order_group(&mut self, at: usize) {
        let now = self.now;
        let long = if self.extra.below(5) == 0 { 40 + self.extra.below(150) as usize } else { 0 };
        let wants_report = self.extra.below(10) < 7;
        let valid = (self.extra.below(10) == 0).then(|| 1 + self.extra.below(5000));
        let line = &mut self.lines[at];
        line.sends_left -= 1;
        let left = line.sends_left;
        let mut text = format!("g{left}.{at} {}", "长".repeat(long));
        let mut submit = Submit::to("").text(&text).reference(format!("g{at}.{left}"));
        submit.report = Some(wants_report && !line.habits.short);
        submit.valid_for = valid.map(std::time::Duration::from_millis);
        let most = receivers_at_once(line.protocol, &line.settings, &submit.lent()) as u64;
        let many = (2 + self.extra.below(most)).min(most);
        let numbers: Vec<Text<32>> = (0..many)
            .map(|_| {
                line.next_receiver += 1;
                Text::new(&format!("1381{at}{:06}", line.next_receiver)).expect("a number")
            })
            .collect();
        let Some((first, more)) = numbers.split_first() else { return };
        let prepared = prepare_for(&line.target(), &submit.lent(), &first.to_string_lossy(), more)
            .unwrap_or_else(|_| {
                // SMGP 1.3 has no long messages.
                text = format!("g{left}.{at}");
                submit = submit.clone().text(&text);
                prepare_for(&line.target(), &submit.lent(), &first.to_string_lossy(), more)
                    .expect("a short message can be written")
            });
        if line.habits.joins {
            self.ledger.sent.insert((at, text));
        }
        let valid_until = (prepared.valid_for_ns > 0).then(|| now.mono_ns + prepared.valid_for_ns);
        let member = |receiver: &Text<32>, ticket: Ticket| Order {
            ticket,
            reference: submit.reference.clone(),
            user_data: 0,
            receiver: *receiver,
            report: prepared.report,
            segments: prepared.segments.iter().map(Segment::twin).collect(),
            valid_until,
            accepted_at: now.unix_ms,
        };
        let members: Vec<Order> =
            numbers.iter().map(|receiver| member(receiver, self.tickets.next(now.unix_ms))).collect();
        let order = GroupOrder { members, frames: prepared.segments };
        let (segments, octets) = order.size();
        if !line.room.reserve_for(order.members.len(), segments, octets) {
            return self.tally.saw(Kind::QueueFull);
        }
        let speaks = line.speaks.clone();
        let alone =
            |frame: &[u8], index: usize| single(&*speaks, frame, index).expect("one of them").to_vec();
        if order.members.len() > 1 {
            self.ledger.accept_group(at, line.epochs[Role::Sp as usize], &order, alone);
            line.sp.order_group(now, order);
        } else if let Some(mut own) = order.members.into_iter().next() {
            // The client sends a single one as every other message.
            own.segments = order.frames;
            self.ledger.accept(at, Role::Sp, line.epochs[Role::Sp as usize], &own);
            line.sp.order(now, own);
        }
        self.say(|| format!("line {at} sends g{left} to {many} receivers in {segments} segments"));
    }

    /// What a gateway that answers `after` so much time reports on the receivers after the first.
    pub(crate) fn report_on_others(&mut self, at: usize, submit: &SubmitRequest, after: u64) {
        for receiver in 1..submit.receivers.len() {
            if self.extra.happens(self.faults.lose_report) {
                self.tally.saw(Kind::LostReport);
                continue;
            }
            let early = self.extra.happens(self.faults.early_report);
            let later = after + self.extra.below(30 * SECOND);
            let again = self.extra.happens(self.faults.repeat_report);
            let stat = self.extra.pick(&["DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV"]);
            let plan = |stat| Plan::Report { line: at, submit: Box::new(submit.clone()), receiver, stat };
            self.plan(if early { after / 2 } else { later }, plan(stat));
            if again {
                self.plan(later + SECOND, plan(stat));
            }
        }
    }
}
