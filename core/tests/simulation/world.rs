//! One seed's world.

use bytes::BytesMut;
use sanwang::account::dial::Jitter;
use sanwang::account::slab::Key;
use sanwang::account::tickets::Order;
use sanwang::account::{Account, AccountProfile, Action, Core, Room};
use sanwang::client::{References, Sp, Target, prepare};
use sanwang::dialect::{Dialect, LOGIN_GATEWAY, dialect};
use sanwang::gateway::{IdForm, IdMaker, Lobby, LobbyEvent, Party, StatusReport, encode_report};
use sanwang::message::{EventKinds, SubmitRequest, TicketMaker};
use sanwang::settings::{AccountSettings, Resend};
use sanwang::time::{Now, SECOND};
use sanwang::wire::{AnyPdu, Notes, Protocol, cmpp, frame, sgip, smgp};
use sanwang::{Event, Outcome, Status, Submit, Ticket, Token};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

const SECRET: &[u8] = b"secret";
const BUSY: u32 = 8;

/// Whose end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Sp,
    Gateway,
}

/// Where a connection's gateway end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Lobby(Key),
    Party(Key),
    Gone,
}

/// One TCP connection.
struct Pipe {
    sp: Option<Key>,
    gateway: Seat,
    /// Octets on their way, each way, with the time they arrive.
    to_sp: Vec<(u64, Vec<u8>)>,
    to_gateway: Vec<(u64, Vec<u8>)>,
    /// Swallows everything from this time on without telling anybody.
    dead_from: u64,
    /// Whole requests of the SP that reached the wire, for the checks.
    wire: BytesMut,
    sequences: HashSet<(u32, u32, u32)>,
}

/// Something that happens at its time.
enum Plan {
    Send,
    Dialed(usize, bool),
    Answer(Token, u32),
    Report(Box<SubmitRequest>, &'static str),
    Handled(Token),
    Reset(usize),
    Close,
}

/// What the gateway said of a piece of content.
#[derive(Default)]
struct Sent {
    copies: u32,
    congested: u32,
}

pub(crate) struct World {
    seed: u64,
    dice: Jitter,
    now: Now,
    talk: bool,
    protocol: Protocol,
    speaks: Arc<dyn Dialect>,
    settings: AccountSettings,
    sp: Account<Sp>,
    room: Arc<Room>,
    references: References,
    tickets: TicketMaker,
    party: Account<Party>,
    lobby: Lobby,
    pipes: Vec<Pipe>,
    plans: BTreeMap<(u64, u64), Plan>,
    next_plan: u64,
    sends_left: u32,
    accepted: HashMap<Ticket, u8>,
    outcomes: HashMap<Ticket, Outcome>,
    sent: HashMap<Vec<u8>, Sent>,
    answered: HashMap<Vec<u8>, Vec<u32>>,
    faults: Faults,
    closed_at: Option<u64>,
    story: u64,
}

/// How bad this world is, each in percent.
struct Faults {
    reset: u64,
    dead: u64,
    no_answer: u64,
    refuse: u64,
    congest: u64,
    lose_report: u64,
    repeat_report: u64,
    early_report: u64,
    dial_fails: u64,
    latency_ns: u64,
    unsteady_handler: bool,
}

fn pick<'a, T>(dice: &mut Jitter, list: &'a [T]) -> &'a T {
    &list[dice.below(list.len() as u64) as usize]
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Jitter::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(seed));
        for _ in 0..8 {
            dice.below(1);
        }
        let protocol = *pick(&mut dice, &Protocol::ALL);
        let mut settings = AccountSettings::for_protocol(protocol);
        let window = *pick(&mut dice, &["1", "2", "16", "64"]);
        let connections = *pick(&mut dice, &["1", "1", "2", "4"]);
        let pairs = [
            ("window", window),
            ("connections", connections),
            ("rate", *pick(&mut dice, &["0", "0", "50", "1000"])),
            ("response_timeout", *pick(&mut dice, &["2s", "10s"])),
            ("keepalive", *pick(&mut dice, &["1s", "5s", "30s"])),
            ("report_deadline", *pick(&mut dice, &["1m", "10m"])),
            ("park", *pick(&mut dice, &["1s", "1m"])),
            ("ack_within", *pick(&mut dice, &["1s", "10s"])),
            ("congestion_max", *pick(&mut dice, &["0", "3", "30"])),
            ("resend", *pick(&mut dice, &["never", "never", "same", "always"])),
            ("resend_max", *pick(&mut dice, &["1", "3"])),
            ("sender", "10657001"),
            ("max_segments", "20"),
        ];
        for (key, value) in pairs {
            if key == "keepalive" && protocol == Protocol::Sgip {
                continue;
            }
            settings.set(key, value).unwrap();
        }
        let speaks = dialect(protocol, settings.version);
        let now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
        let on_demand = speaks.dials_both_ways();
        let wants = if dice.below(2) == 0 { EventKinds::ALL } else { EventKinds::OUTCOME };
        let node = (protocol == Protocol::Sgip).then(|| (3_010_012_345, Arc::new(AtomicU32::new(0))));
        let profile = AccountProfile {
            index: 0,
            name: Arc::from("sp"),
            user: "901234".to_owned(),
            secret: Arc::from(SECRET),
            addresses: vec!["192.0.2.1:1".to_owned(), "192.0.2.2:1".to_owned()],
            login_mode: if on_demand { 1 } else { 2 },
            settings: Arc::new(settings.clone()),
            dialect: speaks.clone(),
            node,
            sends_on_accepted: false,
            sends_on_dialed: true,
            on_demand,
            wants,
            seed,
        };
        let room = Arc::new(Room::new(settings.queue as usize, settings.queue_octets as usize, 1_000_000));
        let sp = Account::new(Core::new(profile.clone(), room.clone()), Sp::new(&settings));
        let mut theirs = AccountSettings::for_gateway(protocol);
        theirs.set("window", pick::<&str>(&mut dice, &["1", "16"])).unwrap();
        theirs.set("response_timeout", "5s").unwrap();
        let ids = Arc::new(IdMaker::new(IdForm::Opaque, 1001, 480));
        let party = AccountProfile {
            addresses: Vec::new(),
            login_mode: LOGIN_GATEWAY,
            settings: Arc::new(theirs.clone()),
            sends_on_accepted: true,
            sends_on_dialed: false,
            on_demand: false,
            wants: EventKinds::ALL,
            node: (protocol == Protocol::Sgip).then(|| (101_001, Arc::new(AtomicU32::new(0)))),
            ..profile
        };
        let party_room = Arc::new(Room::new(1_000_000, 1 << 30, 1_000_000));
        let party = Account::new(Core::new(party, party_room), Party::new(ids));
        let rules = party.core.rules().clone();
        let calm = dice.below(4) == 0;
        let mut share = |most: u64| if calm { 0 } else { dice.below(most + 1) };
        let faults = Faults {
            reset: share(10),
            dead: share(20),
            no_answer: share(5),
            refuse: share(10),
            congest: share(20),
            lose_report: share(10),
            repeat_report: share(20),
            early_report: share(30),
            dial_fails: share(30),
            latency_ns: SECOND / 1000 * (1 + share(300)),
            unsteady_handler: !calm,
        };
        let sends_left = 1 + dice.below(60) as u32;
        World {
            seed,
            now,
            talk: std::env::var("SANWANG_SEED").is_ok(),
            protocol,
            lobby: Lobby::new(speaks.clone(), rules),
            speaks,
            settings,
            sp,
            room,
            references: References::new(seed),
            tickets: TicketMaker::new(0),
            party,
            pipes: Vec::new(),
            plans: BTreeMap::new(),
            next_plan: 0,
            sends_left,
            accepted: HashMap::new(),
            outcomes: HashMap::new(),
            sent: HashMap::new(),
            answered: HashMap::new(),
            faults,
            closed_at: None,
            story: 0,
            dice,
        }
    }

    fn say(&mut self, text: impl FnOnce() -> String) {
        if self.talk {
            eprintln!("{:>10.3} {}", self.now.mono_ns as f64 / 1e9, text());
        }
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.dice.below(100) < percent
    }

    fn plan(&mut self, after_ns: u64, plan: Plan) {
        self.next_plan += 1;
        self.plans.insert((self.now.mono_ns + after_ns, self.next_plan), plan);
    }

    fn delay(&mut self) -> u64 {
        let latency = self.faults.latency_ns;
        1 + self.dice.below(latency)
    }

    /// Runs to the end and returns a number that stands for the whole story.
    pub(crate) fn run(mut self) -> u64 {
        self.party.start(self.now);
        self.sp.start(self.now);
        self.plan(0, Plan::Send);
        self.say(|| "begin".to_owned());
        self.settle();
        let mut steps = 0u64;
        while !self.sp.is_closed() {
            steps += 1;
            assert!(steps < 2_000_000, "the world does not end");
            self.step();
            self.settle();
        }
        self.finish();
        self.story
    }

    /// The next thing in time: a plan, octets that arrive, a deadline.
    fn step(&mut self) {
        let plan = self.plans.first_key_value().map(|((at, _), _)| *at);
        let octets =
            self.pipes.iter().flat_map(|p| p.to_sp.iter().chain(&p.to_gateway)).map(|(at, _)| *at).min();
        let deadlines = [self.sp.deadline(), self.party.deadline(), self.lobby.deadline()];
        let timer = deadlines.into_iter().flatten().min();
        let next =
            [plan, octets, timer].into_iter().flatten().min().expect("something happens before the close");
        if next > self.now.mono_ns {
            self.now.unix_ms += ((next - self.now.mono_ns) / 1_000_000) as i64;
            self.now.mono_ns = next;
        }
        let now = self.now;
        self.story = self.story.rotate_left(7) ^ now.mono_ns ^ (self.outcomes.len() as u64) << 40;
        if plan.is_some_and(|at| at <= now.mono_ns) {
            if let Some((_, plan)) = self.plans.pop_first() {
                self.carry_out(plan);
            }
        } else if octets.is_some_and(|at| at <= now.mono_ns) {
            self.arrive();
        } else {
            if self.sp.deadline().is_some_and(|at| at <= now.mono_ns) {
                self.sp.timeout(now);
                let after = self.sp.deadline();
                assert!(after.is_none_or(|at| at > now.mono_ns), "a served deadline is over");
            }
            if self.party.deadline().is_some_and(|at| at <= now.mono_ns) {
                self.party.timeout(now);
            }
            for who in self.lobby.due(now) {
                let told = self.lobby.timeout(now, who);
                self.lobby_told(who, told);
            }
        }
    }

    fn carry_out(&mut self, plan: Plan) {
        let now = self.now;
        match plan {
            Plan::Send => self.send(),
            Plan::Dialed(slot, works) => {
                if !works {
                    return self.sp.dial_failed(now, slot, "unreachable");
                }
                if let Some(conn) = self.sp.connected(now, slot, "gateway") {
                    let seat = Seat::Lobby(self.lobby.enter(now));
                    let dead = self.chance(self.faults.dead);
                    let dead_from = if dead { now.mono_ns + self.dice.below(20 * SECOND) } else { u64::MAX };
                    let at = self.pipes.len();
                    self.pipes.push(Pipe {
                        sp: Some(conn),
                        gateway: seat,
                        to_sp: Vec::new(),
                        to_gateway: Vec::new(),
                        dead_from,
                        wire: BytesMut::new(),
                        sequences: HashSet::new(),
                    });
                    if self.chance(self.faults.reset) {
                        let after = self.dice.below(10 * SECOND);
                        self.plan(after, Plan::Reset(at));
                    }
                }
            }
            Plan::Answer(token, result) => {
                self.party.answer(now, token, result);
            }
            Plan::Report(submit, stat) => {
                let report = StatusReport::on(&submit, stat);
                let settings = self.party.core.profile.settings.clone();
                let id = self.party.side.next_id(now, self.protocol).unwrap();
                let push = encode_report(&*self.speaks, &settings, &report, id, now).unwrap();
                let order = Order {
                    ticket: Ticket::from_u64(u64::MAX >> 1),
                    reference: None,
                    user_data: 0,
                    receiver: push.receiver,
                    report: false,
                    segments: push.segments,
                    valid_until: Some(now.mono_ns + 60 * SECOND),
                    accepted_at: now.unix_ms,
                };
                assert!(self.party.core.room.reserve(order.segments.len(), order.octets()));
                self.party.order(now, order);
            }
            Plan::Handled(token) => {
                self.sp.answer(now, token, 0);
            }
            Plan::Reset(at) => self.reset(at),
            Plan::Close => {
                self.say(|| "close".to_owned());
                self.closed_at = Some(now.mono_ns);
                self.sp.close(now, now.mono_ns + 5 * SECOND);
            }
        }
        self.sp.settle(now);
        self.party.settle(now);
    }

    fn send(&mut self) {
        let number = self.accepted.len();
        let long = self.chance(20);
        let filler = if long { "长".repeat(40 + self.dice.below(200) as usize) } else { String::new() };
        // Every message's content is its own, so that a copy on the wire can be recognised.
        let text = format!("m{number} {filler}");
        let mut submit = Submit::to(format!("138001{number:05}")).text(text);
        submit.report = Some(self.chance(70));
        if self.chance(10) {
            submit.valid_for = Some(std::time::Duration::from_millis(1 + self.dice.below(5000)));
        }
        let target = Target {
            settings: &self.settings,
            dialect: &*self.speaks,
            user: "901234",
            references: &self.references,
        };
        let prepared = prepare(&target, &submit, &submit.receiver.clone()).unwrap();
        let valid = prepared.valid_for_ns;
        let order = Order {
            ticket: self.tickets.next(self.now.unix_ms),
            reference: None,
            user_data: 0,
            receiver: prepared.receiver,
            report: prepared.report,
            segments: prepared.segments,
            valid_until: (valid > 0).then(|| self.now.mono_ns + valid),
            accepted_at: self.now.unix_ms,
        };
        assert!(self.room.reserve(order.segments.len(), order.octets()));
        self.accepted.insert(order.ticket, order.segments.len() as u8);
        let ticket = order.ticket;
        self.say(|| format!("send {ticket}"));
        self.sp.order(self.now, order);
        self.sends_left -= 1;
        if self.sends_left > 0 {
            let after = *pick(&mut self.dice, &[0, 0, SECOND / 1000, SECOND / 10, 10 * SECOND]);
            self.plan(after, Plan::Send);
        } else {
            let after = *pick(&mut self.dice, &[0, SECOND, 30 * SECOND, 900 * SECOND]);
            self.plan(after, Plan::Close);
        }
    }

    /// The connection breaks for both ends.
    fn reset(&mut self, at: usize) {
        let now = self.now;
        let pipe = &mut self.pipes[at];
        pipe.to_sp.clear();
        pipe.to_gateway.clear();
        let (sp, gateway) = (pipe.sp.take(), std::mem::replace(&mut pipe.gateway, Seat::Gone));
        if let Some(conn) = sp {
            self.sp.disconnected(now, conn, "reset");
            self.sp.forget(conn);
        }
        match gateway {
            Seat::Party(conn) => {
                self.party.disconnected(now, conn, "reset");
                self.party.forget(conn);
            }
            Seat::Lobby(who) => {
                self.lobby.disconnected(who, "reset");
                self.lobby.forget(who);
            }
            Seat::Gone => {}
        }
    }

    /// Octets that are due arrive, in pieces.
    fn arrive(&mut self) {
        let now = self.now;
        for at in 0..self.pipes.len() {
            while let Some(piece) = due(&mut self.pipes[at].to_sp, now.mono_ns) {
                if let Some(conn) = self.pipes[at].sp {
                    for part in self.pieces(&piece) {
                        self.sp.received(now, conn, &part);
                    }
                }
            }
            while let Some(piece) = due(&mut self.pipes[at].to_gateway, now.mono_ns) {
                for part in self.pieces(&piece) {
                    match self.pipes[at].gateway {
                        Seat::Party(conn) => self.party.received(now, conn, &part),
                        Seat::Lobby(who) => {
                            let told = self.lobby.receive(now, who, &part);
                            self.lobby_told(who, told);
                        }
                        Seat::Gone => {}
                    }
                }
            }
        }
    }

    /// Half of the time whole, else cut anywhere.
    fn pieces(&mut self, octets: &[u8]) -> Vec<Vec<u8>> {
        if octets.len() < 2 || self.chance(50) {
            return vec![octets.to_vec()];
        }
        let cut = 1 + self.dice.below(octets.len() as u64 - 1) as usize;
        vec![octets[..cut].to_vec(), octets[cut..].to_vec()]
    }

    fn lobby_told(&mut self, who: Key, told: Vec<LobbyEvent>) {
        let now = self.now;
        for event in told {
            let LobbyEvent::Login(request) = event else { continue };
            assert!(self.speaks.login_is_valid(&request, SECRET));
            let (rules, seqs) = (self.party.core.rules().clone(), self.party.core.seqs());
            let session = self.lobby.admit(now, who, self.speaks.clone(), Some(SECRET), rules, seqs).unwrap();
            let conn = self.party.adopt(now, session, "sp");
            if let Some(pipe) = self.pipes.iter_mut().find(|p| p.gateway == Seat::Lobby(who)) {
                pipe.gateway = Seat::Party(conn);
            }
            self.party.resume(now, conn);
        }
    }

    /// Moves what the machines want to say, dial and tell.
    fn settle(&mut self) {
        for _ in 0..100 {
            self.dials();
            let moved = self.transmit();
            let told = self.events();
            if !moved && !told {
                break;
            }
        }
        self.check();
    }

    fn dials(&mut self) {
        while let Some(Action::Dial { slot, .. }) = self.sp.core.actions.pop() {
            let works = !self.chance(self.faults.dial_fails);
            let after = self.delay();
            self.plan(after, Plan::Dialed(slot, works));
        }
    }

    fn transmit(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.pipes.len() {
            for end in [End::Sp, End::Gateway] {
                let (out, over) = match (end, self.pipes[at].sp, self.pipes[at].gateway) {
                    (End::Sp, Some(conn), _) => {
                        let out = self.sp.transmit(conn).map(|o| o.split());
                        (out, self.sp.is_over(conn))
                    }
                    (End::Gateway, _, Seat::Party(conn)) => {
                        let out = self.party.transmit(conn).map(|o| o.split());
                        (out, self.party.is_over(conn))
                    }
                    (End::Gateway, _, Seat::Lobby(who)) => {
                        let out = self.lobby.transmit(who).map(|o| o.split());
                        (out, self.lobby.is_over(who))
                    }
                    _ => continue,
                };
                if let Some(octets) = out.filter(|o| !o.is_empty()) {
                    moved = true;
                    self.put(at, end, &octets);
                }
                if over {
                    moved = true;
                    self.hang_up(at, end);
                }
            }
        }
        moved
    }

    fn put(&mut self, at: usize, end: End, octets: &[u8]) {
        if end == End::Sp {
            self.look_at_the_wire(at, octets);
        }
        let arrives = self.now.mono_ns + self.delay();
        let pipe = &mut self.pipes[at];
        if self.now.mono_ns >= pipe.dead_from {
            return;
        }
        let queue = if end == End::Sp { &mut pipe.to_gateway } else { &mut pipe.to_sp };
        // A stream keeps its order.
        let arrives = arrives.max(queue.last().map_or(0, |(at, _)| *at));
        queue.push((arrives, octets.to_vec()));
    }

    /// One end closes; the other learns it after what is on its way.
    fn hang_up(&mut self, at: usize, end: End) {
        let now = self.now;
        match end {
            End::Sp => {
                if let Some(conn) = self.pipes[at].sp.take() {
                    self.sp.forget(conn);
                }
            }
            End::Gateway => match std::mem::replace(&mut self.pipes[at].gateway, Seat::Gone) {
                Seat::Party(conn) => self.party.forget(conn),
                Seat::Lobby(who) => self.lobby.forget(who),
                Seat::Gone => {}
            },
        }
        if now.mono_ns < self.pipes[at].dead_from {
            let after = self.delay();
            let last = self.pipes[at].to_sp.iter().chain(&self.pipes[at].to_gateway).map(|(t, _)| *t).max();
            let after = after.max(last.map_or(0, |t| t.saturating_sub(now.mono_ns) + 1));
            self.plan(after, Plan::Reset(at));
        }
    }

    /// Checks what the SP writes: whole frames, sequences used once, nothing twice without a reason.
    fn look_at_the_wire(&mut self, at: usize, octets: &[u8]) {
        let protocol = self.protocol;
        self.pipes[at].wire.extend_from_slice(octets);
        while let Some(length) = frame::next(protocol, &self.pipes[at].wire, 65_536).expect("sane frames") {
            let one = self.pipes[at].wire.split_to(length);
            let (header, pdu) = AnyPdu::decode(protocol, self.settings.version, &one, &mut Notes::default())
                .expect("sane PDUs");
            if header.is_response() {
                continue;
            }
            let seq = (header.seq.node, header.seq.time, header.seq.serial);
            let resend = self.settings.resend;
            let fresh = self.pipes[at].sequences.insert(seq);
            assert!(fresh || resend != Resend::Never, "sequence {seq:?} used twice");
            let content = match &pdu {
                AnyPdu::Cmpp(cmpp::Pdu::Submit(p)) => key(p.dest_terminal_id[0].as_bytes(), &p.msg_content),
                AnyPdu::Sgip(sgip::Pdu::Submit(p)) => key(p.user_numbers[0].as_bytes(), &p.message_content),
                AnyPdu::Smgp(smgp::Pdu::Submit(p)) => key(p.dest_term_id[0].as_bytes(), &p.msg_content),
                _ => continue,
            };
            let sent = self.sent.entry(content).or_default();
            sent.copies += 1;
            let most = if resend == Resend::Never { 1 } else { u32::from(self.settings.resend_max) };
            assert!(
                sent.copies <= most + sent.congested,
                "a segment went out {} times with {} congestion answers",
                sent.copies,
                sent.congested
            );
        }
    }

    fn events(&mut self) -> bool {
        let told = std::mem::take(&mut self.sp.core.events);
        let submits = std::mem::take(&mut self.party.core.events);
        let any = !told.is_empty() || !submits.is_empty();
        for event in told {
            self.sp_event(event);
        }
        for event in submits {
            if let Event::Submit(submit) = event {
                self.gateway_decides(submit);
            }
        }
        any
    }

    fn sp_event(&mut self, event: Event) {
        if let Some(token) = event.token() {
            let late = self.faults.unsteady_handler && self.chance(10);
            let after = if late { 20 * SECOND } else { self.delay() };
            self.plan(after, Plan::Handled(token));
        }
        if let Event::Outcome(outcome) = event {
            let ticket = outcome.ticket;
            self.say(|| format!("outcome {ticket} {}", outcome.status));
            let segments = self.accepted.get(&ticket).expect("an outcome of an accepted ticket");
            assert_eq!(outcome.segments.len(), usize::from(*segments));
            let worst = outcome.segments.iter().map(|s| s.status).min().unwrap();
            assert!(outcome.status <= worst, "{} over {worst}", outcome.status);
            if outcome.status != Status::Rejected {
                assert_eq!(outcome.status, worst);
            }
            assert!(self.outcomes.insert(ticket, *outcome).is_none(), "a second outcome for {ticket}");
        }
    }

    fn gateway_decides(&mut self, submit: Box<SubmitRequest>) {
        if self.chance(self.faults.no_answer) {
            return;
        }
        let result = if self.chance(self.faults.congest) {
            if self.protocol == Protocol::Sgip { 88 } else { self.speaks.busy().min(BUSY) }
        } else if self.chance(self.faults.refuse) {
            5
        } else {
            0
        };
        let content = key(submit.receivers[0].as_bytes(), &submit.content);
        if result != 0 && result != 5 {
            self.sent.entry(content.clone()).or_default().congested += 1;
        }
        self.answered.entry(content).or_default().push(result);
        let after = self.delay();
        if result == 0 && submit.report && !self.chance(self.faults.lose_report) {
            let stat = *pick(&mut self.dice, &["DELIVRD", "DELIVRD", "DELIVRD", "UNDELIV", "EXPIRED"]);
            let early = self.chance(self.faults.early_report);
            let later = after + self.dice.below(30 * SECOND);
            let at = if early { after / 2 } else { later };
            let repeat = self.chance(self.faults.repeat_report);
            self.plan(at, Plan::Report(submit.clone(), stat));
            if repeat {
                self.plan(later + SECOND, Plan::Report(submit.clone(), stat));
            }
        }
        self.plan(after, Plan::Answer(submit.token, result));
    }

    /// What must hold at every step.
    fn check(&mut self) {
        for (_, number, waiting, _) in self.sp.core.connections() {
            assert!(waiting <= usize::from(self.settings.window), "connection {number}: {waiting} wait");
        }
        let open = self.accepted.len() - self.outcomes.len();
        assert_eq!(self.room.open(), open, "open tickets are those without outcome");
        assert!(self.room.queued() <= self.settings.queue as usize);
    }

    /// What must hold in the end.
    fn finish(&mut self) {
        self.settle();
        let closed = self.closed_at.expect("closed on purpose");
        assert!(self.now.mono_ns <= closed + 12 * SECOND, "the close keeps its deadline");
        for ticket in self.accepted.keys() {
            assert!(self.outcomes.contains_key(ticket), "seed {}: {ticket} has no outcome", self.seed);
        }
        assert_eq!((self.room.open(), self.room.queued()), (0, 0), "nothing is left behind");
        assert!(self.sp.deadline().is_none(), "nothing more will happen");
        // Nothing comes after the close, whatever still arrives.
        for at in 0..self.pipes.len() {
            self.reset(at);
        }
        self.sp.timeout(Now { mono_ns: self.now.mono_ns + 1000 * SECOND, ..self.now });
        assert!(
            !self.sp.core.events.iter().any(|e| matches!(e, Event::Outcome(_))),
            "an outcome after the close"
        );
        self.story ^=
            self.outcomes.values().fold(0, |all, o| all ^ o.ticket.as_u64().rotate_left(o.status as u32));
    }
}

fn due(queue: &mut Vec<(u64, Vec<u8>)>, now_ns: u64) -> Option<Vec<u8>> {
    (queue.first()?.0 <= now_ns).then(|| queue.remove(0).1)
}

fn key(receiver: &[u8], content: &[u8]) -> Vec<u8> {
    // SGIP writes 86 in front; the rest is the number.
    let number = receiver.strip_prefix(b"86").filter(|n| n.len() == 11).unwrap_or(receiver);
    [number, b" ", content].concat()
}
