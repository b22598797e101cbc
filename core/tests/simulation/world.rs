//! One seed's world: its clock, its plans, and the steps from one moment to the next.

use crate::cast::{Carrier, Cast, Faults, LONGEST_REPORT_DEADLINE, LONGEST_RESPONSE_TIMEOUT, Line, Role};
use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::network::{Pipe, Seat};
use crate::tally::{Check, Kind, Tally};
use sanwang::Token;
use sanwang::account::Action;
use sanwang::gateway::Lobby;
use sanwang::message::{SubmitRequest, TicketMaker};
use sanwang::time::{Now, SECOND};
use sanwang::wire::Protocol;
use std::collections::BTreeMap;

/// Something that happens at its time.
pub(crate) enum Plan {
    /// A moment to look again.
    Nothing,
    Send(usize),
    Deliver(usize),
    Dialed {
        line: usize,
        role: Role,
        epoch: u32,
        slot: usize,
        address: String,
        works: bool,
    },
    Arrive(u32, usize),
    HungUp(u32),
    Reset(u32),
    Answer {
        line: usize,
        epoch: u32,
        token: Token,
        result: u32,
    },
    Report {
        line: usize,
        submit: Box<SubmitRequest>,
        /// Which of its receivers, from 0.
        receiver: usize,
        stat: &'static str,
    },
    ForeignReport(usize),
    Handled {
        line: usize,
        epoch: u32,
        token: Token,
    },
    Counted {
        line: usize,
        epoch: u32,
        token: Token,
    },
    Ask(usize),
    Change(usize, Role),
    Leave(usize),
    HangUp(usize),
    Restart(usize),
    GatewayEnds(usize),
    Close(usize),
}

pub(crate) struct World {
    pub(crate) dice: Dice,
    /// For what came later: see [`crate::cast::Habits`].
    pub(crate) extra: Dice,
    pub(crate) now: Now,
    talk: bool,
    pub(crate) lines: Vec<Line>,
    pub(crate) carriers: Vec<Carrier>,
    pub(crate) listener: Lobby,
    pub(crate) pipes: BTreeMap<u32, Pipe>,
    pub(crate) next_pipe: u32,
    plans: BTreeMap<(u64, u64), Plan>,
    next_plan: u64,
    pub(crate) faults: Faults,
    pub(crate) tickets: TicketMaker,
    pub(crate) ledger: Ledger,
    pub(crate) tally: Tally,
    /// Everything ends by itself before the close, rather than by it.
    patient: bool,
    ending: bool,
    story: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
        let mut extra = Dice::new(!seed);
        let cast = Cast::new(seed, &mut dice, &mut extra);
        let mut tally = Tally::new();
        for line in &cast.lines {
            tally.saw(match line.protocol {
                Protocol::Cmpp => Kind::Cmpp,
                Protocol::Sgip => Kind::Sgip,
                Protocol::Smgp => Kind::Smgp,
            });
            let other =
                |l: &&Line| l.protocol == line.protocol && l.speaks.version() != line.speaks.version();
            if cast.lines.iter().any(|l| other(&l)) {
                tally.saw(Kind::SeveralVersions);
            }
        }
        if cast.shared_node {
            tally.saw(Kind::SharedListener);
            tally.saw(Kind::SharedNode);
        }
        World {
            faults: Faults::new(&mut dice),
            patient: dice.below(2) == 0,
            dice,
            extra,
            now,
            talk: std::env::var("SANWANG_SEED").is_ok_and(|s| !s.is_empty()),
            lines: cast.lines,
            carriers: cast.carriers,
            listener: cast.listener,
            pipes: BTreeMap::new(),
            next_pipe: 0,
            plans: BTreeMap::new(),
            next_plan: 0,
            tickets: TicketMaker::new(0),
            ledger: Ledger::default(),
            tally,
            ending: false,
            story: 0,
        }
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if self.talk {
            eprintln!("{:>10.3} {}", self.now.mono_ns as f64 / 1e9, text());
        }
    }

    pub(crate) fn plan(&mut self, after_ns: u64, plan: Plan) {
        self.next_plan += 1;
        self.plans.insert((self.now.mono_ns + after_ns, self.next_plan), plan);
    }

    /// Runs to the end and returns a number that stands for the whole story.
    pub(crate) fn run(mut self) -> (u64, Tally) {
        for line in 0..self.lines.len() {
            self.lines[line].party.start(self.now);
            self.lines[line].sp.start(self.now);
            self.plan(0, Plan::Send(line));
            self.plan(SECOND, Plan::Deliver(line));
            self.plan_habits(line);
        }
        for carrier in 0..self.carriers.len() {
            if self.dice.happens(self.faults.gateway_ends) {
                let after = self.dice.below(30 * SECOND);
                let plan =
                    if self.dice.below(2) == 0 { Plan::Restart(carrier) } else { Plan::GatewayEnds(carrier) };
                self.plan(after, plan);
            }
        }
        self.settle();
        let mut steps = 0u64;
        while self.lines.iter().any(|line| !line.sp.is_closed()) {
            steps += 1;
            assert!(steps < 400_000, "the world does not end");
            self.step();
            self.settle();
        }
        self.end();
        (self.story, self.tally)
    }

    fn timer(&self) -> Option<u64> {
        let lines = self.lines.iter().flat_map(|l| [l.sp.deadline(), l.party.deadline()]);
        let lobbies = self.carriers.iter().map(|c| c.lobby.deadline());
        lines.chain(lobbies).chain([self.listener.deadline()]).flatten().min()
    }

    fn step(&mut self) {
        let plan = self.plans.first_key_value().map(|((at, _), _)| *at);
        let next = plan.into_iter().chain(self.timer()).min().expect("something happens before the close");
        self.go_to(next);
        if plan.is_some_and(|at| at <= self.now.mono_ns) {
            if let Some((_, plan)) = self.plans.pop_first() {
                self.carry_out(plan);
            }
        } else {
            self.time_out();
        }
        self.story = self.story.rotate_left(7) ^ self.now.mono_ns ^ self.ledger.outcomes << 40;
    }

    pub(crate) fn go_to(&mut self, at: u64) {
        if at > self.now.mono_ns {
            self.now.unix_ms += (at / 1_000_000 - self.now.mono_ns / 1_000_000) as i64;
            self.now.mono_ns = at;
        }
    }

    /// Serves every deadline that is due, and sees that it is served.
    pub(crate) fn time_out(&mut self) {
        let now = self.now;
        let due = |deadline: Option<u64>| deadline.is_some_and(|at| at <= now.mono_ns);
        for line in &mut self.lines {
            if due(line.sp.deadline()) {
                line.sp.timeout(now);
                self.tally.check(Check::DeadlineServed);
                assert!(!due(line.sp.deadline()), "an SP's deadline stays after it was served");
            }
            if due(line.party.deadline()) {
                line.party.timeout(now);
                self.tally.check(Check::DeadlineServed);
                assert!(!due(line.party.deadline()), "a gateway's deadline stays after it was served");
            }
        }
        for carrier in &mut self.carriers {
            for who in carrier.lobby.due(now) {
                carrier.lobby.timeout(now, who);
            }
            assert!(!due(carrier.lobby.deadline()), "a lobby's deadline stays after it was served");
        }
        for who in self.listener.due(now) {
            self.listener.timeout(now, who);
        }
    }

    fn carry_out(&mut self, plan: Plan) {
        let now = self.now;
        match plan {
            Plan::Nothing => {}
            Plan::Send(line) => self.send(line),
            Plan::Deliver(line) => self.deliver(line),
            Plan::Dialed { line, role, epoch, slot, address, works } => {
                self.dialed(line, role, epoch, slot, &address, works);
            }
            Plan::Arrive(pipe, end) => self.arrive(pipe, end),
            Plan::HungUp(pipe) => self.drop_pipe(pipe, "the peer closed"),
            Plan::Reset(pipe) if self.pipes.contains_key(&pipe) => self.reset(pipe),
            Plan::Reset(_) => {}
            Plan::Answer { line, epoch, token, result } => {
                let line = &mut self.lines[line];
                if line.epochs[1] == epoch {
                    line.party.answer(now, token, result);
                    line.party.settle(now);
                }
            }
            Plan::Report { line, submit, receiver, stat } => self.report(line, &submit, receiver, stat),
            Plan::ForeignReport(line) => self.foreign_report(line),
            Plan::Handled { line, epoch, token } => {
                let line = &mut self.lines[line];
                if line.epochs[0] == epoch {
                    line.sp.answer(now, token, 0);
                    line.sp.settle(now);
                }
            }
            Plan::Counted { line, epoch, token } => self.counted(line, epoch, token),
            Plan::Ask(line) => self.ask(line),
            Plan::Change(line, role) => self.change(line, role),
            Plan::Leave(line) => self.leave(line),
            Plan::HangUp(line) => self.hang_up_all(line),
            Plan::Restart(carrier) => self.restart(carrier),
            Plan::GatewayEnds(carrier) => self.gateway_ends(carrier),
            // Congestion may hold a long queue for hours; what never leaves the queue keeps the world from ending.
            Plan::Close(line) if self.patient && self.lines[line].room.queued() > 0 => {
                self.plan(LONGEST_REPORT_DEADLINE + 600 * SECOND, Plan::Close(line));
            }
            Plan::Close(line) => {
                let patience = self.dice.one(&[0, SECOND, 5 * SECOND]);
                self.say(|| format!("close line {line}"));
                if self.patient {
                    self.check_tables(line);
                }
                let line = &mut self.lines[line];
                line.closing = Some(now.mono_ns + patience);
                line.sp.close(now, now.mono_ns + patience);
            }
        }
    }

    /// Moves what the machines want to dial, tell and write, until nothing moves any more.
    pub(crate) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "the machines do not come to rest");
            let mut moved = false;
            for line in 0..self.lines.len() {
                moved |= self.dials(line);
                moved |= self.events(line);
            }
            moved |= self.flush();
            if !moved {
                break;
            }
        }
        self.gateways_that_ended();
        self.accounts_that_left();
        self.check_bounds();
    }

    fn dials(&mut self, at: usize) -> bool {
        let mut moved = false;
        for role in [Role::Sp, Role::Party] {
            loop {
                let line = &mut self.lines[at];
                let actions = match role {
                    Role::Sp => &mut line.sp.core.actions,
                    Role::Party => &mut line.party.core.actions,
                };
                let Some(Action::Dial { slot, address }) = actions.pop() else { break };
                moved = true;
                let epoch = line.epochs[role as usize];
                let works = !self.dice.happens(self.faults.dial);
                let after = 1 + self.dice.below(self.faults.latency_ns);
                self.plan(after, Plan::Dialed { line: at, role, epoch, slot, address, works });
            }
        }
        moved
    }

    fn dialed(&mut self, at: usize, role: Role, epoch: u32, slot: usize, address: &str, works: bool) {
        let now = self.now;
        let line = &mut self.lines[at];
        if line.epochs[role as usize] != epoch {
            return;
        }
        let carrier = line.carrier;
        let which: Option<usize> = address.rsplit_once(':').and_then(|(_, which)| which.parse().ok());
        let up = role == Role::Party
            || which
                .and_then(|which| self.carriers[carrier].down_until.get(which))
                .is_some_and(|t| *t <= now.mono_ns);
        if !works || !up {
            self.tally.saw(Kind::DialFailed);
            return match role {
                Role::Sp => line.sp.dial_failed(now, slot, "unreachable"),
                Role::Party => line.party.dial_failed(now, slot, "unreachable"),
            };
        }
        if role == Role::Sp && which.is_some_and(|which| which > 0) {
            self.tally.saw(Kind::Failover);
        }
        let conn = match role {
            Role::Sp => line.sp.connected(now, slot, address),
            Role::Party => line.party.connected(now, slot, address),
        };
        let Some(conn) = conn else { return };
        let callee = match role {
            Role::Sp => Seat::Lobby(carrier, self.carriers[carrier].lobby.enter(now)),
            Role::Party => Seat::Listener(self.listener.enter(now)),
        };
        self.open_pipe(at, role, conn, callee);
    }

    /// The last message of a line is out: it is closed soon, or after everything has ended by itself.
    pub(crate) fn plan_close(&mut self, line: usize) {
        let after = if self.patient {
            // The report deadline, the lingering of tickets in doubt, and the longest queue before.
            LONGEST_REPORT_DEADLINE + 600 * SECOND + 11 * LONGEST_RESPONSE_TIMEOUT
        } else {
            self.tally.saw(Kind::CloseInMidst);
            self.dice.one(&[0, SECOND / 10, 2 * SECOND, 20 * SECOND, 100 * SECOND])
        };
        self.plan(after, Plan::Close(line));
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending
    }

    /// Every SP is closed. The gateways close too, and late things arrive at nobody.
    fn end(&mut self) {
        self.ending = true;
        let deadline = self.now.mono_ns + 3 * SECOND;
        for line in &mut self.lines {
            line.party.close(self.now, deadline);
        }
        self.settle();
        for _ in 0..100_000 {
            if self.lines.iter().all(|line| line.party.is_closed()) {
                break;
            }
            self.step();
            self.settle();
        }
        // A little longer, for what is still on its way.
        let late = self.now.mono_ns + 30 * SECOND;
        while let Some(entry) = self.plans.first_entry().filter(|entry| entry.key().0 < late) {
            let at = entry.key().0;
            let plan = entry.remove();
            self.go_to(at);
            self.carry_out(plan);
            self.settle();
        }
        for at in self.pipes.keys().copied().collect::<Vec<_>>() {
            self.drop_pipe(at, "the end");
        }
        self.go_to(self.now.mono_ns + 1000 * SECOND);
        let now = self.now;
        for line in &mut self.lines {
            line.sp.timeout(now);
            line.party.timeout(now);
        }
        self.settle();
        self.check_end();
        self.count_what_happened();
        self.story ^= self.ledger.print();
    }
}
