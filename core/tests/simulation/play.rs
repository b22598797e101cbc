//! What the players do: applications send and handle, gateways decide, report, deliver, restart and end.

use crate::cast::{LISTENER, Line, Role, SECRET};
use crate::network::Seat;
use crate::tally::{Check, Kind};
use crate::world::{Plan, World};
use bytes::BytesMut;
use sanwang::account::tickets::Order;
use sanwang::client::prepare;
use sanwang::dialect::{Inbound, LOGIN_GATEWAY, LoginRequest, Refusal};
use sanwang::gateway::{MoMessage, Push, StatusReport, encode_deliver, encode_report};
use sanwang::message::SubmitRequest;
use sanwang::session::SessionRules;
use sanwang::settings::Verify;
use sanwang::time::SECOND;
use sanwang::wire::{MsgId, Notes, Protocol, Seq, frame, patch_seq};
use sanwang::{Event, Submit, Ticket};
use std::sync::Arc;

/// A refusal that is no congestion, in every protocol.
pub(crate) const REFUSED: u32 = 5;

impl World {
    /// The application of an SP sends one more message, or several at once.
    pub(crate) fn send(&mut self, at: usize) {
        if self.lines[at].closing.is_some() {
            // The account is being removed and comes back.
            return self.plan(SECOND, Plan::Send(at));
        }
        let batch = self.lines[at].habits.batches && self.extra.below(3) == 0;
        if batch {
            self.tally.saw(Kind::Batch);
        }
        let many = if batch { 2 + self.extra.below(4) as u32 } else { 1 };
        for _ in 0..many.min(self.lines[at].sends_left) {
            if self.lines[at].habits.receivers > 1 && self.extra.below(3) > 0 {
                self.order_group(at);
            } else {
                self.order(at);
            }
        }
        self.lines[at].sp.settle(self.now);
        if self.lines[at].sends_left > 0 {
            let after = self.dice.one(&[0, 0, SECOND / 1000, SECOND / 10, 5 * SECOND]);
            self.plan(after, Plan::Send(at));
        } else {
            self.plan_close(at);
        }
    }

    /// Hands one more message to an account.
    fn order(&mut self, at: usize) {
        let now = self.now;
        let long = if self.dice.below(5) == 0 { 40 + self.dice.below(400) as usize } else { 0 };
        let (wants_report, hurries) = (self.dice.below(10) < 7, self.dice.below(10) == 0);
        let valid = if hurries { Some(1 + self.dice.below(5000)) } else { None };
        let line = &mut self.lines[at];
        line.sends_left -= 1;
        let left = line.sends_left;
        // Every message's content is its own, so that a copy on the wire is recognised.
        let mut text = format!("m{left}.{at} {}", "长".repeat(long));
        let mut submit =
            Submit::to(format!("13800{at:02}{left:04}")).text(&text).reference(format!("r{at}.{left}"));
        submit.report = Some(wants_report && !line.habits.short);
        submit.valid_for = valid.map(std::time::Duration::from_millis);
        let prepared = prepare(&line.target(), &submit.lent(), &submit.receiver).unwrap_or_else(|_| {
            // SMGP 1.3 has no long messages.
            text = format!("m{left}.{at}");
            submit = submit.clone().text(&text);
            prepare(&line.target(), &submit.lent(), &submit.receiver).expect("a short message can be written")
        });
        if line.habits.joins {
            self.ledger.sent.insert((at, text));
        }
        if prepared.segments.len() > 1 {
            self.tally.saw(Kind::LongMessage);
        }
        let order = Order {
            ticket: self.tickets.next(now.unix_ms),
            reference: submit.reference.clone(),
            user_data: 0,
            receiver: prepared.receiver,
            report: prepared.report,
            segments: prepared.segments,
            valid_until: (prepared.valid_for_ns > 0).then(|| now.mono_ns + prepared.valid_for_ns),
            accepted_at: now.unix_ms,
        };
        if line.room.reserve(order.segments.len(), order.octets()) {
            self.ledger.accept(at, Role::Sp, line.epochs[0], &order);
            let (ticket, segments) = (order.ticket, order.segments.len());
            line.sp.order(now, order);
            self.say(|| format!("line {at} sends {ticket} in {segments} segments"));
        } else {
            self.tally.saw(Kind::QueueFull);
        }
    }

    /// What an SP and its gateway told.
    pub(crate) fn events(&mut self, at: usize) -> bool {
        let told = std::mem::take(&mut self.lines[at].sp.core.events);
        let theirs = std::mem::take(&mut self.lines[at].party.core.events);
        let any = !told.is_empty() || !theirs.is_empty();
        let silent = self.lines[at].is_closed;
        assert!(!silent[0] || told.is_empty(), "line {at}: an SP tells {told:?} after its close");
        assert!(!silent[1] || theirs.is_empty(), "line {at}: a gateway tells {theirs:?} after its close");
        if silent != [false; 2] {
            self.tally.check(Check::NothingAfterClose);
        }
        for event in told {
            self.sp_told(at, event);
        }
        for event in theirs {
            match event {
                Event::Submit(submit) => self.gateway_decides(at, submit),
                Event::Query(query) => self.gateway_counts(at, query.token),
                Event::Cancel(cancel) => self.gateway_cancels(at, cancel.token),
                Event::Outcome(outcome) => self.outcome(at, Role::Party, Arc::unwrap_or_clone(outcome)),
                Event::Trouble(trouble) => self.say(|| format!("gateway {at}: {}", trouble.reason)),
                _ => {}
            }
        }
        any
    }

    fn sp_told(&mut self, at: usize, event: Event) {
        if let Some(token) = event.token() {
            if self.dice.happens(self.faults.dead_handler) {
                self.tally.saw(Kind::DeadHandler);
                self.lines[at].dead_handlers = true;
            } else {
                let slow = self.dice.happens(self.faults.slow_handler);
                if slow {
                    self.tally.saw(Kind::SlowHandler);
                }
                let after = if slow { 15 * SECOND } else { self.dice.below(self.faults.latency_ns) };
                let epoch = self.lines[at].epochs[0];
                self.plan(after, Plan::Handled { line: at, epoch, token });
            }
        }
        match event {
            Event::Outcome(outcome) => self.outcome(at, Role::Sp, Arc::unwrap_or_clone(outcome)),
            Event::Report(report) => self.reported(at, &report),
            Event::Deliver(deliver) => self.delivered(at, &deliver),
            Event::Response(response) if response.late => self.tally.saw(Kind::LateAnswer),
            Event::Trouble(trouble) => {
                self.tally.saw(Kind::Trouble);
                self.say(|| format!("line {at}: {}", trouble.reason));
            }
            Event::Log(log) => self.say(|| format!("line {at}: {}", log.text)),
            _ => {}
        }
    }

    /// A gateway that got a submit answers it, or does not, and reports on it.
    fn gateway_decides(&mut self, at: usize, submit: Box<SubmitRequest>) {
        self.submitted(at, &submit);
        if self.dice.happens(self.faults.no_answer) {
            return self.tally.saw(Kind::NoAnswer);
        }
        let line = &self.lines[at];
        let (epoch, token) = (line.epochs[1], submit.token);
        let result = if self.dice.happens(self.faults.congest) {
            self.tally.saw(Kind::Congested);
            match line.protocol {
                Protocol::Sgip => self.dice.one(&[11, 33, 88]),
                _ => line.speaks.busy(),
            }
        } else if self.dice.happens(self.faults.refuse) {
            self.tally.saw(Kind::Refused);
            REFUSED
        } else {
            0
        };
        let after = 1 + self.dice.below(self.faults.latency_ns);
        self.plan(after, Plan::Answer { line: at, epoch, token, result });
        if result != 0 || !submit.report {
            return;
        }
        self.report_on_others(at, &submit, after);
        if self.dice.happens(self.faults.lose_report) {
            return self.tally.saw(Kind::LostReport);
        }
        let stat = self.dice.pick(&["DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV"]);
        let later = after + self.dice.below(30 * SECOND);
        let early = self.dice.happens(self.faults.early_report);
        if early {
            self.tally.saw(Kind::EarlyReport);
        }
        let first = if early { after / 2 } else { later };
        self.plan(first, Plan::Report { line: at, submit: submit.clone(), receiver: 0, stat });
        if self.dice.happens(self.faults.interim_report) {
            self.tally.saw(Kind::InterimReport);
            let stat = if self.lines[at].is_sgip() { "ENROUTE" } else { "ACCEPTD" };
            self.plan(after + 1, Plan::Report { line: at, submit: submit.clone(), receiver: 0, stat });
        }
        if self.dice.happens(self.faults.repeat_report) {
            let contradicts = self.dice.below(3) == 0;
            self.tally.saw(if contradicts { Kind::ContradictingReport } else { Kind::RepeatedReport });
            let other = if stat == "DELIVRD" { "UNDELIV" } else { "DELIVRD" };
            let again = if contradicts { other } else { stat };
            self.plan(later + SECOND, Plan::Report { line: at, submit, receiver: 0, stat: again });
        }
    }

    pub(crate) fn report(&mut self, at: usize, submit: &SubmitRequest, receiver: usize, stat: &str) {
        let first = self.lines[at].habits.first_id;
        // A joined submit has a report for each of its segments.
        for (report, first_id) in StatusReport::on_receiver(submit, receiver, stat).iter().zip(submit.ids()) {
            let mut report = report.clone();
            if first && receiver > 0 {
                self.tally.saw(Kind::ReportByFirstId);
                report.submit = first_id;
            }
            let error = self.lines[at].next_report;
            self.lines[at].next_report = error.wrapping_add(1);
            // Tells the reports on one message apart, also in SGIP, where a report has no id.
            let named = self.lines[at].protocol != Protocol::Cmpp;
            report.error = if named { format!("{error:03}") } else { String::new() };
            self.push_report(at, &report);
        }
    }

    /// A report on a message that nobody sent.
    pub(crate) fn foreign_report(&mut self, at: usize) {
        self.tally.saw(Kind::ForeignReport);
        let unknown = self.dice.next() as u32;
        let id = match self.lines[at].protocol {
            Protocol::Cmpp => MsgId::from_cmpp(1 << 60 | u64::from(unknown)),
            Protocol::Sgip => MsgId::from_sgip(Seq { node: 9, time: 9, serial: unknown }),
            Protocol::Smgp => MsgId::from_smgp([0x99, 0, 0, 0, 0, 0, 0, 0, 0x12, unknown as u8 & 7]),
        };
        let report = StatusReport {
            submit: id,
            receiver: sanwang::wire::Text::new("13900000000").expect("a number"),
            sender: sanwang::wire::Text::new("10657001").expect("a number"),
            stat: "DELIVRD".to_owned(),
            error: if self.lines[at].protocol == Protocol::Cmpp { String::new() } else { "004".to_owned() },
            submitted_at: self.now.unix_ms,
            excerpt: bytes::Bytes::new(),
        };
        self.push_report(at, &report);
    }

    fn push_report(&mut self, at: usize, report: &StatusReport) {
        let line = &self.lines[at];
        if self.carriers[line.carrier].closing || self.ending() {
            return;
        }
        let id = self.carriers[line.carrier].ids.next(self.now, line.protocol).expect("ids do not run out");
        let push = encode_report(&*line.speaks, line.party_settings(), report, id, self.now);
        self.push(at, push.expect("a report fits"), None, 60 * SECOND);
    }

    /// A phone writes to an SP.
    pub(crate) fn deliver(&mut self, at: usize) {
        let long = if self.dice.below(3) == 0 { 60 + self.dice.below(200) as usize } else { 0 };
        let foreign = self.dice.happens(self.faults.foreign_report);
        let line = &mut self.lines[at];
        if line.pushes_left == 0 || line.closing.is_some() || self.ending() {
            return;
        }
        let line = &mut self.lines[at];
        line.pushes_left -= 1;
        let number = line.next_push;
        line.next_push += 1;
        if !self.carriers[line.carrier].closing {
            let text = format!("d{number}.{at} {}", "收".repeat(long));
            let message = MoMessage::new(format!("13900{at:02}{number:04}"), "10657001", text.clone());
            let (ids, now, protocol) = (self.carriers[line.carrier].ids.clone(), self.now, line.protocol);
            let next_id = || ids.next(now, protocol).expect("ids do not run out");
            let push = encode_deliver(&*line.speaks, line.party_settings(), &message, number, next_id, now);
            let valid = self.dice.one(&[SECOND, 60 * SECOND]);
            self.push(at, push.expect("it can be written"), Some(text), valid);
        }
        if foreign {
            self.plan(SECOND, Plan::ForeignReport(at));
        }
        let after = self.dice.one(&[0, SECOND / 100, SECOND, 10 * SECOND]);
        self.plan(after, Plan::Deliver(at));
    }

    fn ending(&self) -> bool {
        self.is_ending()
    }

    fn push(&mut self, at: usize, push: Push, text: Option<String>, valid: u64) {
        let now = self.now;
        // In SGIP reports on one message that say the same look alike, and could not be told apart.
        if push.segments.iter().any(|segment| self.ledger.knows(at, &segment.frame)) {
            return;
        }
        let line = &mut self.lines[at];
        let order = Order {
            ticket: self.tickets.next(now.unix_ms),
            reference: None::<Arc<str>>,
            user_data: 0,
            receiver: push.receiver,
            report: false,
            segments: push.segments,
            valid_until: Some(now.mono_ns + valid),
            accepted_at: now.unix_ms,
        };
        if !line.party_room.reserve(order.segments.len(), order.octets()) {
            return self.tally.saw(Kind::QueueFull);
        }
        self.ledger.accept(at, Role::Party, line.epochs[1], &order);
        if let Some(text) = text {
            self.ledger.pushed(at, order.ticket, text, order.segments.len());
        }
        line.party.order(now, order);
        line.party.settle(now);
    }

    /// Somebody logs in at a gateway or at the SPs' listener.
    pub(crate) fn log_in(&mut self, at: u32, request: &LoginRequest) {
        let now = self.now;
        let Some(seat) = self.pipes.get(&at).map(|pipe| pipe.seats[1]) else { return };
        let refused = self.dice.happens(self.faults.login_refused);
        let unsigned = self.dice.happens(self.faults.wrong_digest);
        let (role, carrier) = match seat {
            Seat::Lobby(carrier, _) => (Role::Party, Some(carrier)),
            Seat::Listener(_) => (Role::Sp, None),
            _ => return,
        };
        let fits = |line: &Line| line.user == request.name && carrier.is_none_or(|c| c == line.carrier);
        let ending = self.ending();
        let found = self.lines.iter().position(fits).expect("only accounts of this world log in");
        let line = &mut self.lines[found];
        assert!(line.speaks.login_is_valid(request, SECRET), "the login proves the secret");
        assert_eq!(role == Role::Sp, line.is_sgip() && request.mode == LOGIN_GATEWAY, "who dials whom");
        let closing = match role {
            Role::Sp => line.closing.is_some(),
            Role::Party => ending || self.carriers[line.carrier].closing,
        };
        let lobby = match seat {
            Seat::Lobby(carrier, _) => &mut self.carriers[carrier].lobby,
            _ => &mut self.listener,
        };
        let (Seat::Lobby(_, who) | Seat::Listener(who)) = seat else { return };
        if refused || closing {
            self.tally.saw(Kind::LoginRefused);
            return lobby.refuse(now, who, line.speaks.refusal(Refusal::TooMany), "not now");
        }
        let core = match role {
            Role::Sp => &line.sp.core,
            Role::Party => &line.party.core,
        };
        let (mut rules, seqs) = (core.rules().clone(), core.seqs());
        if role == Role::Party && line.habits.short {
            rules = Arc::new(SessionRules { once: true, keepalive_ns: 0, ..(*rules).clone() });
        }
        if unsigned && !line.is_sgip() {
            self.tally.saw(Kind::WrongDigest);
        }
        let secret = (!unsigned).then_some(SECRET);
        let Some(session) = lobby.admit(now, who, line.speaks.clone(), secret, rules, seqs) else { return };
        let conn = match role {
            Role::Sp => {
                self.tally.saw(Kind::InboundBind);
                line.sp.adopt(now, session, LISTENER)
            }
            Role::Party => line.party.adopt(now, session, "sp"),
        };
        let strict = self.lines[found].settings.verify == Verify::Strict;
        if let Some(pipe) = self.pipes.get_mut(&at) {
            // A strict SP hears nothing of a gateway that does not know the secret.
            pipe.wires[0].deaf |=
                role == Role::Party && unsigned && strict && pipe.protocol != Protocol::Sgip;
            pipe.seats[1] = Seat::Account(found, role, conn);
        }
        let line = &mut self.lines[found];
        match role {
            Role::Sp => line.sp.resume(now, conn),
            Role::Party => line.party.resume(now, conn),
        }
    }

    /// A gateway dies and comes back with nothing in memory.
    pub(crate) fn restart(&mut self, carrier: usize) {
        if self.carriers[carrier].closing || self.ending() {
            return;
        }
        self.tally.saw(Kind::Restart);
        self.say(|| format!("gateway {carrier} restarts"));
        let its = |seat: &Seat, lines: &[Line]| match seat {
            Seat::Account(line, Role::Party, _) => lines[*line].carrier == carrier,
            Seat::Lobby(at, _) => *at == carrier,
            _ => false,
        };
        let lost = self.pipes.iter().filter(|(_, p)| p.seats.iter().any(|s| its(s, &self.lines)));
        for at in lost.map(|(at, _)| *at).collect::<Vec<_>>() {
            self.drop_pipe(at, "the gateway died");
        }
        for line in 0..self.lines.len() {
            if self.lines[line].carrier == carrier {
                self.renew(line);
            }
        }
        self.go_down(carrier);
    }

    fn go_down(&mut self, carrier: usize) {
        for which in 0..self.carriers[carrier].down_until.len() {
            let until = self.now.mono_ns + self.dice.below(10 * SECOND);
            self.carriers[carrier].down_until[which] = until;
        }
    }

    /// A gateway's account begins a new life.
    fn renew(&mut self, at: usize) {
        let now = self.now;
        // What it told before it died counts.
        self.events(at);
        let line = &mut self.lines[at];
        self.ledger.void(at, line.epochs[1]);
        let counters = line.party.core.counters;
        self.tally.saw_times(Kind::PushResent, counters.resent);
        self.tally.saw_times(Kind::BusyAnswer, counters.refused_busy);
        line.epochs[1] += 1;
        let ids = self.carriers[line.carrier].ids.clone();
        (line.party, line.party_room) = Line::fresh_party(&line.party_profile, &ids);
        line.is_closed[1] = false;
        line.party.start(now);
    }

    /// A gateway ends in order: its accounts close, and it comes back.
    pub(crate) fn gateway_ends(&mut self, carrier: usize) {
        if self.carriers[carrier].closing || self.ending() {
            return;
        }
        self.tally.saw(Kind::GatewayClosed);
        self.say(|| format!("gateway {carrier} ends"));
        self.carriers[carrier].closing = true;
        let deadline = self.now.mono_ns + self.dice.one(&[0, SECOND, 3 * SECOND]);
        for line in self.lines.iter_mut().filter(|line| line.carrier == carrier) {
            line.party.close(self.now, deadline);
        }
        self.go_down(carrier);
    }

    /// Gateways that have closed come back.
    pub(crate) fn gateways_that_ended(&mut self) {
        if self.ending() {
            return;
        }
        for carrier in 0..self.carriers.len() {
            let mut its = self.lines.iter().filter(|line| line.carrier == carrier);
            if !self.carriers[carrier].closing || !its.all(|line| line.party.is_closed()) {
                continue;
            }
            self.carriers[carrier].closing = false;
            let of = |pipe: &crate::network::Pipe, lines: &[Line]| {
                pipe.seats.iter().any(
                    |seat| matches!(seat, Seat::Account(line, Role::Party, _) if lines[*line].carrier == carrier),
                )
            };
            let open = self.pipes.iter().filter(|(_, pipe)| of(pipe, &self.lines));
            for at in open.map(|(at, _)| *at).collect::<Vec<_>>() {
                self.drop_pipe(at, "the gateway ended");
            }
            for line in 0..self.lines.len() {
                if self.lines[line].carrier == carrier {
                    self.events(line);
                    self.nothing_open(line, Role::Party);
                    self.renew(line);
                }
            }
        }
    }

    /// What a faulty peer makes of a frame that it writes.
    pub(crate) fn tamper(&mut self, at: u32, end: usize, mut frame: Vec<u8>, sent: &mut Vec<Vec<u8>>) {
        let Some(pipe) = self.pipes.get(&at) else { return };
        let Seat::Account(line, role, _) = pipe.seats[end] else { return sent.push(frame) };
        let protocol = pipe.protocol;
        let header = frame::header(protocol, &frame).expect("a header");
        let speaks = self.lines[line].speaks.clone();
        let answers = header.is_response()
            && matches!(speaks.decode(&frame, &mut Notes::default()), Ok((_, Inbound::Answer { .. })));
        if answers {
            if self.dice.happens(self.faults.lost_answer) {
                return self.tally.saw(Kind::LostAnswer);
            }
            if self.dice.happens(self.faults.wrong_sequence) {
                self.tally.saw(Kind::WrongSequence);
                let serial = header.seq.serial ^ 0x4000_0000;
                patch_seq(protocol, &mut frame, Seq { serial, ..header.seq });
            } else if self.dice.happens(self.faults.duplicate_answer) {
                self.tally.saw(Kind::DuplicateAnswer);
                sent.push(frame.clone());
            }
        }
        sent.push(frame);
        if role == Role::Party {
            if self.dice.happens(self.faults.unknown_command) {
                self.tally.saw(Kind::UnknownCommand);
                sent.push(Self::header_only(protocol, 0x0000_00ee));
            }
            if self.dice.happens(self.faults.absurd_length) {
                self.tally.saw(Kind::AbsurdLength);
                let mut absurd = Self::header_only(protocol, 1);
                absurd[..4].copy_from_slice(&[0, 0, 0, 3]);
                sent.push(absurd);
            }
        }
    }

    fn header_only(protocol: Protocol, command: u32) -> Vec<u8> {
        let length = protocol.header_len();
        let mut frame = BytesMut::zeroed(length);
        frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
        frame[4..8].copy_from_slice(&command.to_be_bytes());
        patch_seq(protocol, &mut frame, Seq { node: 7, time: 7, serial: 0x3000_0000 });
        frame.to_vec()
    }

    /// No ticket of a line is open in the ledger.
    pub(crate) fn nothing_open(&self, line: usize, role: Role) {
        let open: Vec<Ticket> = self.ledger.open(line, role);
        assert!(open.is_empty(), "line {line}: closed, and {role:?} has no outcome for {open:?}");
    }
}
