//! An SP's account and a gateway's account on one virtual clock, with a network that loses nothing.

use super::encode;
use bytes::BytesMut;
use sanwang::account::slab::Key;
use sanwang::account::tickets::{Order, Segment};
use sanwang::account::{Account, AccountProfile, Action, Core, GroupOrder, Room, Side};
use sanwang::client::{References, Sp, Target, prepare, prepare_for};
use sanwang::dialect::{Dialect, LOGIN_GATEWAY, dialect};
use sanwang::gateway::{
    IdForm, IdMaker, Lobby, LobbyEvent, MoMessage, Party, Push, StatusReport, encode_deliver, encode_report,
};
use sanwang::message::{Deliver, EventKinds, Report, SubmitRequest, TicketMaker};
use sanwang::session::SessionRules;
use sanwang::settings::{AccountSettings, Ids};
use sanwang::time::{Now, SECOND};
use sanwang::wire::{AnyPdu, Header, Notes, Protocol, Seq, Text, frame};
use sanwang::{Event, Outcome, Submit, Ticket, Token};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Sp,
    Gateway,
}

/// Where the called end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Lobby(Key),
    Account(Key),
    Gone,
}

struct Pipe {
    caller: Caller,
    from: Option<Key>,
    to: Seat,
}

/// The two accounts.
pub struct Pair {
    pub now: Now,
    pub sp: Account<Sp>,
    pub gateway: Account<Party>,
    pub settings: AccountSettings,
    speaks: Arc<dyn Dialect>,
    gateway_settings: AccountSettings,
    references: References,
    tickets: TicketMaker,
    pub room: Arc<Room>,
    lobbies: [Lobby; 2],
    pipes: Vec<Pipe>,
    /// What the SP and the gateway were told.
    pub sp_events: Vec<Event>,
    pub gateway_events: Vec<Event>,
    /// What the SP wrote, PDU by PDU.
    pub wire: Vec<(Header, AnyPdu)>,
    /// TCP connections made so far.
    pub connections: usize,
}

fn settings(mut base: AccountSettings, pairs: &[(&str, &str)]) -> AccountSettings {
    for (key, value) in pairs {
        base.set(key, value).unwrap();
    }
    base
}

impl Pair {
    /// Two accounts with these settings; the SP has logged in, unless it dials on demand.
    pub fn new(protocol: Protocol, sp: &[(&str, &str)], gateway: &[(&str, &str)]) -> Self {
        let mut own =
            settings(AccountSettings::for_protocol(protocol), &[("sender", "10657001"), ("rate", "0")]);
        own = settings(own, sp);
        let theirs = settings(AccountSettings::for_gateway(protocol), gateway);
        let theirs = settings(theirs, &[("version", &own.version.to_string())]);
        let speaks = dialect(protocol, own.version);
        let sgip = protocol == Protocol::Sgip;
        let dials = sgip && !theirs.push_back;
        let now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
        let profile = AccountProfile {
            index: 0,
            name: Arc::from("901234"),
            user: "901234".to_owned(),
            secret: Arc::from(&b"secret"[..]),
            addresses: vec!["192.0.2.1:1".to_owned()],
            login_mode: if sgip { 1 } else { 2 },
            settings: Arc::new(own.clone()),
            dialect: speaks.clone(),
            node: sgip.then(|| (3_010_012_345, Arc::new(AtomicU32::new(0)))),
            sends_on_accepted: false,
            sends_on_dialed: true,
            on_demand: sgip || own.short,
            wants: EventKinds::ALL | EventKinds::QUERY | EventKinds::CANCEL,
            seed: 1,
        };
        let gateway_profile = AccountProfile {
            addresses: if dials { vec!["192.0.2.2:1".to_owned()] } else { Vec::new() },
            login_mode: LOGIN_GATEWAY,
            settings: Arc::new(theirs.clone()),
            node: sgip.then(|| (101_001, Arc::new(AtomicU32::new(0)))),
            sends_on_accepted: !dials,
            sends_on_dialed: dials,
            on_demand: dials,
            ..profile.clone()
        };
        let room = Arc::new(Room::new(10_000, 1 << 24, 10_000));
        let form = if theirs.ids == Ids::Dated { IdForm::Dated } else { IdForm::Opaque };
        let ids = Arc::new(IdMaker::new(form, theirs.gateway_id, 480));
        let party = Party::new(ids).joins(&theirs);
        let lobby = || Lobby::new(speaks.clone(), Arc::new(SessionRules::default()));
        let mut pair = Pair {
            now,
            sp: Account::new(Core::new(profile, room.clone()), Sp::new(&own)),
            gateway: Account::new(
                Core::new(gateway_profile, Arc::new(Room::new(10_000, 1 << 24, 10_000))),
                party,
            ),
            settings: own,
            speaks: speaks.clone(),
            gateway_settings: theirs,
            references: References::new(1),
            tickets: TicketMaker::new(0),
            room,
            lobbies: [lobby(), lobby()],
            pipes: Vec::new(),
            sp_events: Vec::new(),
            gateway_events: Vec::new(),
            wire: Vec::new(),
            connections: 0,
        };
        pair.sp.start(now);
        pair.gateway.start(now);
        pair.run();
        pair
    }

    fn target(&self) -> Target<'_> {
        Target {
            settings: &self.settings,
            dialect: &*self.speaks,
            user: "901234",
            references: &self.references,
            form: None,
        }
    }

    /// Hands a message to the SP's account.
    pub fn send(&mut self, submit: Submit) -> Ticket {
        let prepared = prepare(&self.target(), &submit.lent(), &submit.receiver).unwrap();
        let order = Order {
            ticket: self.tickets.next(self.now.unix_ms),
            reference: submit.reference,
            user_data: submit.user_data,
            receiver: prepared.receiver,
            report: prepared.report,
            segments: prepared.segments,
            valid_until: None,
            accepted_at: self.now.unix_ms,
        };
        let ticket = order.ticket;
        assert!(self.room.reserve(order.segments.len(), order.octets()));
        self.sp.order(self.now, order);
        self.sp.settle(self.now);
        self.run();
        ticket
    }

    /// Hands a message to several receivers to the SP's account, all in one submit.
    pub fn send_group(&mut self, receivers: &[&str], submit: &Submit) -> Vec<Ticket> {
        let numbers: Vec<Text<32>> = receivers.iter().map(|r| Text::new(r).unwrap()).collect();
        let prepared = prepare_for(&self.target(), &submit.lent(), receivers[0], &numbers[1..]).unwrap();
        let valid = prepared.valid_for_ns;
        let members: Vec<Order> = numbers
            .iter()
            .map(|receiver| Order {
                ticket: self.tickets.next(self.now.unix_ms),
                reference: submit.reference.clone(),
                user_data: submit.user_data,
                receiver: *receiver,
                report: prepared.report,
                segments: prepared.segments.iter().map(|_| Segment::new(BytesMut::new())).collect(),
                valid_until: (valid > 0).then(|| self.now.mono_ns + valid),
                accepted_at: self.now.unix_ms,
            })
            .collect();
        let tickets = members.iter().map(|m| m.ticket).collect();
        let order = GroupOrder { members, frames: prepared.segments };
        let (segments, octets) = order.size();
        assert!(self.room.reserve_for(numbers.len(), segments, octets));
        self.sp.order_group(self.now, order);
        self.sp.settle(self.now);
        self.run();
        tickets
    }

    /// The gateway answers a submit.
    pub fn answer(&mut self, token: Token, result: u32) {
        self.gateway.answer(self.now, token, result);
        self.gateway.settle(self.now);
        self.run();
    }

    /// The gateway pushes a status report.
    pub fn report(&mut self, report: &StatusReport) {
        let id = self.gateway.side.next_id(self.now, self.speaks.protocol()).unwrap();
        let push = encode_report(&*self.speaks, &self.gateway_settings, report, id, self.now).unwrap();
        self.push(push);
    }

    /// The gateway pushes a message from a phone.
    pub fn deliver(&mut self, message: &MoMessage) {
        let (now, protocol) = (self.now, self.speaks.protocol());
        let next = || self.gateway.side.next_id(now, protocol).unwrap();
        let push = encode_deliver(&*self.speaks, &self.gateway_settings, message, 77, next, now).unwrap();
        self.push(push);
    }

    fn push(&mut self, push: Push) {
        let order = self.order_of(push);
        self.gateway.order(self.now, order);
        self.gateway.settle(self.now);
        self.run();
    }

    /// The gateway is to push a message from a phone later.
    pub fn deliver_later(&mut self, message: &MoMessage, after_ns: u64) -> Ticket {
        let (now, protocol) = (self.now, self.speaks.protocol());
        let next = || self.gateway.side.next_id(now, protocol).unwrap();
        let push = encode_deliver(&*self.speaks, &self.gateway_settings, message, 77, next, now).unwrap();
        let order = self.order_of(push);
        let ticket = order.ticket;
        self.gateway.push_at(now, now.mono_ns + after_ns, order);
        self.gateway.settle(now);
        self.run();
        ticket
    }

    fn order_of(&mut self, push: Push) -> Order {
        let order = Order {
            ticket: self.tickets.next(self.now.unix_ms),
            reference: None,
            user_data: 0,
            receiver: push.receiver,
            report: false,
            segments: push.segments,
            valid_until: None,
            accepted_at: self.now.unix_ms,
        };
        assert!(self.gateway.core.room.reserve(order.segments.len(), order.octets()));
        order
    }

    /// The SP writes a PDU of its own making on its latest connection.
    pub fn inject(&mut self, pdu: &AnyPdu, seq: Seq) {
        let octets = encode(pdu, self.settings.version, seq);
        let seats = self.pipes.iter().rev().filter(|p| p.caller == Caller::Sp).map(|p| p.to);
        let Some(Seat::Account(key)) = seats.into_iter().next() else { panic!("no connection") };
        self.gateway.received(self.now, key, &octets);
        self.run();
    }

    /// Carries octets and events until nothing moves.
    pub fn run(&mut self) {
        while self.step() {}
    }

    fn step(&mut self) -> bool {
        let mut moved = self.dial(Caller::Sp) | self.dial(Caller::Gateway);
        for at in 0..self.pipes.len() {
            moved |= self.carry(at);
        }
        self.sp_events.append(&mut self.sp.core.events);
        let gateway_events = std::mem::take(&mut self.gateway.core.events);
        moved |= !gateway_events.is_empty();
        self.gateway_events.extend(gateway_events);
        // Reports and deliveries are answered as if a handler had returned.
        let tokens: Vec<Token> = self.sp_events.iter().filter_map(Event::token).collect();
        for token in tokens {
            moved |= self.sp.answer(self.now, token, 0);
        }
        self.sp.settle(self.now);
        self.gateway.settle(self.now);
        moved
    }

    fn dial(&mut self, caller: Caller) -> bool {
        let actions = match caller {
            Caller::Sp => std::mem::take(&mut self.sp.core.actions),
            Caller::Gateway => std::mem::take(&mut self.gateway.core.actions),
        };
        for Action::Dial { slot, .. } in &actions {
            let from = match caller {
                Caller::Sp => self.sp.connected(self.now, *slot, "192.0.2.1:1"),
                Caller::Gateway => self.gateway.connected(self.now, *slot, "192.0.2.2:1"),
            };
            let seat = self.lobbies[caller as usize].enter(self.now);
            self.connections += 1;
            self.pipes.push(Pipe { caller, from, to: Seat::Lobby(seat) });
        }
        !actions.is_empty()
    }

    fn carry(&mut self, at: usize) -> bool {
        let Pipe { caller, from, to } = self.pipes[at];
        let (there, over) = match from {
            None => (BytesMut::new(), true),
            Some(key) => match caller {
                Caller::Sp => (taken(&mut self.sp, key), self.sp.is_over(key)),
                Caller::Gateway => (taken(&mut self.gateway, key), self.gateway.is_over(key)),
            },
        };
        if caller == Caller::Sp {
            self.note(&there);
        }
        let mut moved = !there.is_empty();
        if moved {
            self.give_callee(at, &there);
        }
        if over && let Some(key) = from {
            match caller {
                Caller::Sp => self.sp.forget(key),
                Caller::Gateway => self.gateway.forget(key),
            }
            self.pipes[at].from = None;
            self.callee_closed(at);
            moved = true;
        }
        let (back, over) = match to {
            Seat::Gone => (BytesMut::new(), false),
            Seat::Lobby(key) => {
                let lobby = &mut self.lobbies[caller as usize];
                (lobby.transmit(key).map(BytesMut::split).unwrap_or_default(), lobby.is_over(key))
            }
            Seat::Account(key) => match caller {
                Caller::Sp => (taken(&mut self.gateway, key), self.gateway.is_over(key)),
                Caller::Gateway => (taken(&mut self.sp, key), self.sp.is_over(key)),
            },
        };
        if let (Some(key), false) = (self.pipes[at].from, back.is_empty()) {
            match caller {
                Caller::Sp => self.sp.received(self.now, key, &back),
                Caller::Gateway => self.gateway.received(self.now, key, &back),
            }
        }
        moved |= !back.is_empty();
        if over && self.pipes[at].to == to {
            self.callee_gone(at, to);
            moved = true;
        }
        moved
    }

    fn callee_gone(&mut self, at: usize, to: Seat) {
        let Pipe { caller, from, .. } = self.pipes[at];
        match (to, caller) {
            (Seat::Lobby(key), _) => self.lobbies[caller as usize].forget(key),
            (Seat::Account(key), Caller::Sp) => self.gateway.forget(key),
            (Seat::Account(key), Caller::Gateway) => self.sp.forget(key),
            (Seat::Gone, _) => {}
        }
        self.pipes[at].to = Seat::Gone;
        if let Some(key) = from {
            match caller {
                Caller::Sp => self.sp.disconnected(self.now, key, "closed by the peer"),
                Caller::Gateway => self.gateway.disconnected(self.now, key, "closed by the peer"),
            }
        }
    }

    fn callee_closed(&mut self, at: usize) {
        match (self.pipes[at].to, self.pipes[at].caller) {
            (Seat::Account(key), Caller::Sp) => {
                self.gateway.disconnected(self.now, key, "closed by the peer")
            }
            (Seat::Account(key), Caller::Gateway) => {
                self.sp.disconnected(self.now, key, "closed by the peer")
            }
            _ => {}
        }
    }

    fn give_callee(&mut self, at: usize, octets: &[u8]) {
        let Pipe { caller, to, .. } = self.pipes[at];
        match to {
            Seat::Gone => {}
            Seat::Account(key) => match caller {
                Caller::Sp => self.gateway.received(self.now, key, octets),
                Caller::Gateway => self.sp.received(self.now, key, octets),
            },
            Seat::Lobby(who) => {
                for event in self.lobbies[caller as usize].receive(self.now, who, octets) {
                    let LobbyEvent::Login(request) = event else { continue };
                    assert!(self.speaks.login_is_valid(&request, b"secret"));
                    let core = match caller {
                        Caller::Sp => &self.gateway.core,
                        Caller::Gateway => &self.sp.core,
                    };
                    let (mut rules, seqs) = (core.rules().clone(), core.seqs());
                    if caller == Caller::Sp && self.gateway_settings.short && !self.speaks.dials_both_ways() {
                        rules = Arc::new(SessionRules { once: true, keepalive_ns: 0, ..(*rules).clone() });
                    }
                    let lobby = &mut self.lobbies[caller as usize];
                    let session = lobby
                        .admit(self.now, who, self.speaks.clone(), Some(b"secret"), rules, seqs)
                        .unwrap();
                    self.pipes[at].to = Seat::Account(match caller {
                        Caller::Sp => adopt(&mut self.gateway, self.now, session),
                        Caller::Gateway => adopt(&mut self.sp, self.now, session),
                    });
                }
            }
        }
    }

    fn note(&mut self, octets: &[u8]) {
        let (protocol, version) = (self.speaks.protocol(), self.settings.version);
        let mut rest = octets;
        while let Some(length) = frame::next(protocol, rest, 65_536).unwrap() {
            let (one, more) = rest.split_at(length);
            self.wire.push(AnyPdu::decode(protocol, version, one, &mut Notes::default()).unwrap());
            rest = more;
        }
    }

    /// Breaks every connection.
    pub fn cut(&mut self) {
        for Pipe { caller, from, to } in std::mem::take(&mut self.pipes) {
            let (sp, gateway) = match (caller, to) {
                (Caller::Sp, Seat::Account(key)) => (from, Some(key)),
                (Caller::Gateway, Seat::Account(key)) => (Some(key), from),
                (Caller::Sp, _) => (from, None),
                (Caller::Gateway, _) => (None, from),
            };
            if let Some(key) = sp {
                self.sp.disconnected(self.now, key, "reset");
                self.sp.forget(key);
            }
            if let Some(key) = gateway {
                self.gateway.disconnected(self.now, key, "reset");
                self.gateway.forget(key);
            }
        }
        self.run();
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub fn pass(&mut self, ns: u64) {
        let end = self.now.mono_ns + ns;
        loop {
            self.run();
            let due = self.sp.deadline().into_iter().chain(self.gateway.deadline()).min();
            let Some(at) = due.filter(|at| *at <= end) else { break };
            self.jump(at.max(self.now.mono_ns));
            self.sp.timeout(self.now);
            self.gateway.timeout(self.now);
        }
        self.jump(end);
    }

    fn jump(&mut self, to: u64) {
        self.now.unix_ms += ((to - self.now.mono_ns) / 1_000_000) as i64;
        self.now.mono_ns = to;
    }

    /// Submits that the gateway's handler was given, in order, from the last call on.
    pub fn submits(&mut self) -> Vec<SubmitRequest> {
        let events = std::mem::take(&mut self.gateway_events);
        let submits = events.into_iter().filter_map(|event| match event {
            Event::Submit(submit) => Some(*submit),
            _ => None,
        });
        submits.collect()
    }

    /// Outcomes so far, in order.
    pub fn outcomes(&self) -> Vec<&Outcome> {
        let outcomes = self.sp_events.iter().filter_map(|e| match e {
            Event::Outcome(o) => Some(&**o),
            _ => None,
        });
        outcomes.collect()
    }

    /// The outcome of a ticket; there is exactly one.
    pub fn outcome(&self, ticket: Ticket) -> &Outcome {
        let own: Vec<&Outcome> = self.outcomes().into_iter().filter(|o| o.ticket == ticket).collect();
        assert_eq!(own.len(), 1, "{ticket}: {own:?}");
        own[0]
    }

    /// Status reports so far.
    pub fn reports(&self) -> Vec<&Report> {
        let reports = self.sp_events.iter().filter_map(|e| match e {
            Event::Report(r) => Some(&**r),
            _ => None,
        });
        reports.collect()
    }

    /// Deliveries so far.
    pub fn delivers(&self) -> Vec<&Deliver> {
        let delivers = self.sp_events.iter().filter_map(|e| match e {
            Event::Deliver(d) => Some(&**d),
            _ => None,
        });
        delivers.collect()
    }

    /// PDUs of this name that the SP wrote.
    pub fn written(&self, name: &str) -> Vec<&AnyPdu> {
        self.wire.iter().map(|(_, pdu)| pdu).filter(|pdu| pdu.name() == name).collect()
    }
}

fn adopt<S: Side>(account: &mut Account<S>, now: Now, session: sanwang::session::Session) -> Key {
    let key = account.adopt(now, session, "192.0.2.9:1");
    account.resume(now, key);
    key
}

fn taken<S: Side>(account: &mut Account<S>, key: Key) -> BytesMut {
    account.transmit(key).map(BytesMut::split).unwrap_or_default()
}
