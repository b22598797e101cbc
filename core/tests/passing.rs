//! SGIP accounts with one login at one listener, as state machines, with a virtual clock and seeds: what a gateway
//! delivers over connections that belong to any of them finds its account, and every request has one answer, whatever
//! breaks or closes in between. The same over real sockets: `shared_login.rs`.

#[allow(dead_code, reason = "the simulation uses all of it")]
#[path = "simulation/dice.rs"]
mod dice;

mod common;

use common::{Desk, sgip};
use dice::Dice;
use sanwang::account::Sibling;
use sanwang::account::slab::Key;
use sanwang::message::Status;
use sanwang::wire::{AnyPdu, Seq, Text, sgip as pdu};
use sanwang::{Event, Submit, Ticket, Token};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

const SEEDS: u64 = 400;
const STEPS: u64 = 150;
const SENDERS: [&str; 3] = ["1065500", "106550019", "106550018"];
const TO: &str = "8613000000001";

/// A connection that a gateway opened, and what it asked there without an answer so far.
struct Gate {
    home: usize,
    conn: Key,
    asked: BTreeMap<u32, &'static str>,
}

/// A message that was sent.
struct Sent {
    desk: usize,
    seq: Seq,
    reported: bool,
}

struct House {
    dice: Dice,
    desks: Vec<Desk>,
    dialed: Vec<Key>,
    closed: Vec<bool>,
    gates: Vec<Gate>,
    sent: HashMap<Ticket, Sent>,
    /// Texts of deliveries: the account they are for, and how often they were told.
    delivered: HashMap<String, (usize, u32)>,
    /// What handlers have not finished, and whose they are.
    held: Vec<(usize, Token)>,
    next_seq: u32,
    /// Reports told without a ticket, and those that may be.
    unmatched: u32,
    orphans: u32,
}

impl House {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let one_node = dice.below(2) == 0;
        let ack = dice.pick(&["handled", "received"]);
        let serials = Arc::new(AtomicU32::new(0));
        let node = |at: usize| if one_node { 3_010_012_345 } else { 3_010_012_345 + at as u32 };
        let mut desks: Vec<Desk> = (0..SENDERS.len())
            .map(|at| {
                let url = format!(
                    "sgip://sp:secret@127.0.0.1:8801?node={}&sender={}&listen=127.0.0.1:8802&rate=0&idle_close=0&ack={ack}",
                    node(at),
                    SENDERS[at]
                );
                let own = if one_node { serials.clone() } else { Arc::new(AtomicU32::new(0)) };
                Desk::numbered(&url, at as u16, own)
            })
            .collect();
        for (at, desk) in desks.iter_mut().enumerate() {
            let others = (0..SENDERS.len()).filter(|other| *other != at);
            desk.account.core.siblings = others
                .map(|at| Sibling { index: at as u16, node: node(at), sender: SENDERS[at].to_owned() })
                .collect();
        }
        let mut house = House {
            dice,
            desks,
            dialed: Vec::new(),
            closed: vec![false; SENDERS.len()],
            gates: Vec::new(),
            sent: HashMap::new(),
            delivered: HashMap::new(),
            held: Vec::new(),
            next_seq: 0,
            unmatched: 0,
            orphans: 0,
        };
        for at in 0..SENDERS.len() {
            house.desks[at].send(Submit::to(TO).text("first"));
            let conn = house.desks[at].connect();
            house.dialed.push(conn);
            house.sent_off(at);
        }
        house
    }

    /// One of those that are open.
    fn any(&mut self) -> Option<usize> {
        let open: Vec<usize> = (0..self.desks.len()).filter(|at| !self.closed[*at]).collect();
        if open.is_empty() { None } else { Some(self.dice.one(&open)) }
    }

    /// The gateway takes what an account wrote.
    fn sent_off(&mut self, at: usize) {
        let conn = self.dialed[at];
        for seen in self.desks[at].sent(conn) {
            if let AnyPdu::Sgip(pdu::Pdu::Submit(_)) = seen.pdu {
                let ticket = *self.desks[at].given.last().expect("a submit is of a ticket");
                self.sent.insert(ticket, Sent { desk: at, seq: seen.header.seq, reported: false });
                self.desks[at].give(conn, sgip(pdu::SubmitResp::default()), seen.header.seq);
            }
        }
        self.tend();
    }

    fn gate(&mut self) -> Option<usize> {
        if self.gates.len() < 4 && self.dice.below(3) == 0 {
            let home = self.any()?;
            let conn = self.desks[home].visited();
            self.gates.push(Gate { home, conn, asked: BTreeMap::new() });
        }
        if self.gates.is_empty() { None } else { Some(self.dice.below(self.gates.len() as u64) as usize) }
    }

    /// The gateway asks something on one of its connections.
    fn ask(&mut self, gate: usize, what: &'static str, pdu: AnyPdu) {
        self.next_seq += 1;
        let seq = Seq { node: 1_010_012_345, time: 708_101_010, serial: self.next_seq };
        let gate = &mut self.gates[gate];
        gate.asked.insert(self.next_seq, what);
        self.desks[gate.home].give(gate.conn, pdu, seq);
        self.tend();
    }

    /// Passes on what is for others, takes the answers and what the applications are told, until all is quiet.
    fn tend(&mut self) {
        while let Some(from) =
            (0..self.desks.len()).find(|at| !self.desks[*at].account.core.passed.is_empty())
        {
            for passed in std::mem::take(&mut self.desks[from].account.core.passed) {
                let to = usize::from(passed.to);
                let now = self.desks[to].now;
                // One that has been removed is not there any more; the others still name it.
                if self.closed[to] && self.dice.below(2) == 0 {
                    self.desks[from].account.take_back(now, passed);
                } else {
                    self.desks[to].account.take_passed(now, passed);
                }
            }
        }
        for at in 0..self.desks.len() {
            self.desks[at].collect();
            for event in std::mem::take(&mut self.desks[at].events) {
                self.told(at, event);
            }
        }
        for gate in &mut self.gates {
            for seen in self.desks[gate.home].sent(gate.conn) {
                let serial = seen.header.seq.serial;
                let what = gate.asked.remove(&serial);
                assert!(what.is_some(), "an answer to nothing, or a second one: {seen:?}");
            }
        }
    }

    fn told(&mut self, at: usize, event: Event) {
        let token = event.token();
        match event {
            Event::Deliver(deliver) => {
                let text = deliver.text.clone().expect("a text");
                let (wanted, times) = self.delivered.get_mut(&text).expect("it was delivered");
                *times += 1;
                assert_eq!(*times, 1, "{text} is told twice");
                assert!(at == *wanted || self.closed[*wanted], "{text} is for {wanted}, not {at}");
            }
            Event::Report(report) => match report.ticket {
                Some(ticket) => assert_eq!(self.sent[&ticket].desk, at, "the report's account"),
                None => self.unmatched += 1,
            },
            Event::Outcome(outcome) => {
                let sent = self.sent.remove(&outcome.ticket).expect("one outcome a ticket");
                assert_eq!(sent.desk, at, "the outcome's account");
                let right = if sent.reported { Status::Delivered } else { Status::NoReport };
                assert_eq!(outcome.status, right, "{outcome}");
            }
            _ => {}
        }
        if let Some(token) = token.filter(|token| *token != Token::default()) {
            self.held.push((at, token));
        }
    }

    fn step(&mut self) {
        match self.dice.below(12) {
            0..=2 => {
                let Some(at) = self.any() else { return };
                let ticket = self.desks[at].send(Submit::to(TO).text("hi"));
                assert!(!self.sent.contains_key(&ticket));
                self.sent_off(at);
            }
            3..=5 => self.report(),
            6..=7 => {
                let Some(gate) = self.gate() else { return };
                let number = self.dice.pick(&["1065500", "10655001", "1065500199", "106550018", "95588"]);
                let fits = (0..3).filter(|at| number.starts_with(SENDERS[*at]));
                let home = self.gates[gate].home;
                let wanted = fits.max_by_key(|at| SENDERS[*at].len()).unwrap_or(home);
                let text = format!("text {}", self.next_seq);
                self.delivered.insert(text.clone(), (wanted, 0));
                let mo = pdu::Deliver {
                    user_number: Text::new(TO).unwrap(),
                    sp_number: Text::new(number).unwrap(),
                    message_content: text.into_bytes().into(),
                    ..pdu::Deliver::default()
                };
                self.ask(gate, "deliver", sgip(mo));
            }
            8..=9 => {
                for _ in 0..self.dice.below(4) {
                    self.finish_one();
                }
            }
            10 if !self.gates.is_empty() => {
                let at = self.dice.below(self.gates.len() as u64) as usize;
                let gate = self.gates.swap_remove(at);
                self.desks[gate.home].cut(gate.conn);
                self.tend();
            }
            _ if self.dice.below(60) == 0 => {
                let Some(at) = self.any() else { return };
                self.close(at);
            }
            _ => {}
        }
    }

    /// A report on some message that was sent, over any connection.
    fn report(&mut self) {
        let mut tickets: Vec<Ticket> = self.sent.keys().copied().collect();
        tickets.sort();
        let Some(gate) = self.gate() else { return };
        if tickets.is_empty() {
            return;
        }
        let sent = self.sent.get_mut(&self.dice.one(&tickets)).expect("it is one of them");
        sent.reported = true;
        let report = pdu::Report {
            submit_sequence: sent.seq,
            user_number: Text::new(TO).unwrap(),
            ..pdu::Report::default()
        };
        self.ask(gate, "report", sgip(report));
    }

    fn finish_one(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (at, token) = self.held.swap_remove(self.dice.below(self.held.len() as u64) as usize);
        let now = self.desks[at].now;
        self.desks[at].account.answer(now, token, 0);
        self.desks[at].account.settle(now);
        self.tend();
    }

    /// The application removes an account.
    fn close(&mut self, at: usize) {
        let now = self.desks[at].now;
        self.desks[at].account.close(now, now.mono_ns);
        self.desks[at].pass(1);
        self.closed[at] = true;
        self.orphans += 1;
        self.gates.retain(|gate| gate.home != at);
        self.tend();
        assert!(self.desks[at].account.is_closed());
        assert!(self.sent.values().all(|sent| sent.desk != at), "its tickets have their outcomes");
    }

    fn end(mut self) {
        while !self.held.is_empty() {
            self.finish_one();
        }
        for gate in &self.gates {
            assert!(gate.asked.is_empty(), "without an answer: {:?}", gate.asked);
        }
        let missed: Vec<_> = self.delivered.iter().filter(|(_, (_, times))| *times == 0).collect();
        assert!(missed.is_empty(), "never told: {missed:?}");
        assert!(self.unmatched == 0 || self.orphans > 0, "every report had its message");
        while let Some(at) = self.any() {
            self.close(at);
        }
        assert!(self.sent.is_empty(), "tickets without outcome");
    }
}

#[test]
fn whatever_breaks_each_finds_its_account_and_has_one_answer() {
    for seed in 0..SEEDS {
        let story = std::panic::catch_unwind(|| {
            let mut house = House::new(seed);
            for _ in 0..STEPS {
                house.step();
            }
            house.end();
        });
        assert!(story.is_ok(), "seed {seed}");
    }
}
