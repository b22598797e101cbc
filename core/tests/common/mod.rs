//! A desk to test an SP's account on: the state machine alone, with a virtual clock, and the gateway's side
//! written by hand, PDU by PDU.
#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    reason = "each test file uses a part of it"
)]

pub mod pair;
pub mod ports;

use bytes::BytesMut;
use sanwang::Event;
use sanwang::account::slab::Key;
use sanwang::account::tickets::Order;
use sanwang::account::{Account, AccountProfile, Action, Core, Room};
use sanwang::client::{References, Sp, Target, prepare};
use sanwang::dialect::dialect;
use sanwang::gateway::{Lobby, LobbyEvent};
use sanwang::message::{EventKinds, TicketMaker};
use sanwang::text::number;
use sanwang::time::{Now, SECOND, nanos};
use sanwang::wire::{
    AnyPdu, CmppReport, Header, Notes, Protocol, Seq, Text, Version, cmpp, frame, sgip, smgp,
};
use sanwang::{Outcome, Submit, Ticket};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// A PDU as the gateway sees it.
#[derive(Debug)]
pub struct Seen {
    pub header: Header,
    pub pdu: AnyPdu,
}

/// An account of an SP and the clock it lives in.
pub struct Desk {
    pub account: Account<Sp>,
    pub now: Now,
    pub protocol: Protocol,
    pub version: Version,
    settings: sanwang::settings::AccountSettings,
    user: String,
    references: References,
    tickets: TicketMaker,
    room: Arc<Room>,
    pub events: Vec<Event>,
    /// The tickets that sends gave out.
    pub given: Vec<Ticket>,
    /// Octets that come in one piece with the answer to the login.
    pub behind_login: Vec<u8>,
}

impl Desk {
    /// From an account URL; nothing is connected yet.
    pub fn new(url: &str) -> Self {
        Desk::numbered(url, 3, Arc::new(AtomicU32::new(0)))
    }

    /// The account with this number among those of a client, with the serials of its node (SGIP).
    pub fn numbered(url: &str, index: u16, serials: Arc<AtomicU32>) -> Self {
        let parsed = sanwang::Account::parse(url).unwrap();
        let s = parsed.settings.clone();
        let speaks = dialect(parsed.protocol, s.version);
        let now = Now { mono_ns: SECOND, unix_ms: 1_783_476_623_000 };
        let profile = AccountProfile {
            index,
            name: Arc::from(parsed.name.as_str()),
            user: parsed.user.clone(),
            secret: Arc::from(parsed.secret.as_bytes()),
            addresses: parsed.addresses.clone(),
            login_mode: if parsed.protocol == Protocol::Sgip { 1 } else { s.login_mode[0] },
            settings: Arc::new(s.clone()),
            dialect: speaks.clone(),
            node: s.node.map(|n| (n, serials)),
            sends_on_accepted: false,
            sends_on_dialed: true,
            on_demand: speaks.dials_both_ways(),
            wants: EventKinds::ALL,
            seed: 7,
        };
        let room = Arc::new(Room::new(s.queue as usize, s.queue_octets as usize, s.open_tickets as usize));
        let account = Account::new(Core::new(profile, room.clone()), Sp::new(&s));
        let mut desk = Desk {
            account,
            now,
            protocol: parsed.protocol,
            version: s.version,
            settings: s,
            user: parsed.user,
            references: References::new(1),
            tickets: TicketMaker::new(index),
            room,
            events: Vec::new(),
            given: Vec::new(),
            behind_login: Vec::new(),
        };
        desk.account.start(now);
        desk.collect();
        desk
    }

    /// A desk whose only connection is logged in.
    pub fn online(url: &str) -> (Self, Key) {
        let mut desk = Desk::new(url);
        let conn = desk.connect();
        (desk, conn)
    }

    /// The slot the account wants to dial now.
    pub fn dialed(&mut self) -> Option<usize> {
        let action = self.account.core.actions.pop()?;
        let Action::Dial { slot, .. } = action;
        Some(slot)
    }

    /// Lets the account's dial succeed and its login be accepted.
    pub fn connect(&mut self) -> Key {
        let slot = self.dialed().expect("the account dials");
        let conn = self.account.connected(self.now, slot, "192.0.2.1:1").unwrap();
        let login = self.sent(conn);
        self.accept(conn, &login[0]);
        conn
    }

    /// Lets a gateway in that opened a connection to deliver (SGIP).
    pub fn visited(&mut self) -> Key {
        let speaks = dialect(self.protocol, self.version);
        let rules = self.account.core.rules().clone();
        let mut lobby = Lobby::new(speaks.clone(), rules.clone());
        let who = lobby.enter(self.now);
        let secret = self.account.core.profile.secret.clone();
        let bind = sgip::Bind {
            login_type: 2,
            login_name: self.user.as_str().try_into().unwrap(),
            login_password: std::str::from_utf8(&secret).unwrap().try_into().unwrap(),
            reserve: [0; 8],
        };
        let octets = encode(&sgip(bind), self.version, Seq::default());
        let told = lobby.receive(self.now, who, &octets);
        assert!(matches!(told[..], [LobbyEvent::Login(_)]), "{told:?}");
        let seqs = self.account.core.seqs();
        let session = lobby.admit(self.now, who, speaks, Some(&secret), rules, seqs).unwrap();
        let conn = self.account.adopt(self.now, session, "192.0.2.2:1");
        self.account.resume(self.now, conn);
        assert_eq!(self.sent(conn).len(), 1, "the answer to the login");
        self.collect();
        conn
    }

    /// Accepts a login, digest included.
    pub fn accept(&mut self, conn: Key, login: &Seen) {
        let speaks = dialect(self.protocol, self.version);
        let mut frame = BytesMut::new();
        let octets = encode(&login.pdu, self.version, login.header.seq);
        let (seq, inbound) = speaks.decode(&octets, &mut Notes::default()).unwrap();
        let sanwang::dialect::Inbound::Login(request) = inbound else { panic!("{inbound:?}") };
        let secret = self.account.core.profile.secret.clone();
        assert!(speaks.login_is_valid(&request, &secret), "the login proves the secret");
        speaks.login_answer(&request, 0, Some(&secret), seq, &mut frame);
        frame.extend_from_slice(&self.behind_login);
        self.give_octets(conn, &frame);
        assert!(self.account.core.standing().1 > 0, "online after the login");
    }

    /// Hands a message to the account.
    pub fn send(&mut self, submit: Submit) -> Ticket {
        let number = number::normalise(&submit.receiver).unwrap();
        let speaks = dialect(self.protocol, self.version);
        let target = Target {
            settings: &self.settings,
            dialect: &*speaks,
            user: &self.user,
            references: &self.references,
            form: None,
        };
        let prepared = prepare(&target, &submit.lent(), number.national()).unwrap();
        let ticket = self.tickets.next(self.now.unix_ms);
        self.given.push(ticket);
        let valid = prepared.valid_for_ns;
        let order = Order {
            ticket,
            reference: submit.reference,
            user_data: submit.user_data,
            receiver: prepared.receiver,
            report: prepared.report,
            segments: prepared.segments,
            valid_until: (valid > 0).then(|| self.now.mono_ns + valid),
            accepted_at: self.now.unix_ms,
        };
        assert!(self.room.reserve(order.segments.len(), order.octets()));
        self.account.order(self.now, order);
        self.account.settle(self.now);
        self.collect();
        ticket
    }

    pub fn queued(&self) -> usize {
        self.room.queued()
    }

    pub fn open(&self) -> usize {
        self.room.open()
    }

    pub fn collect(&mut self) {
        self.events.append(&mut self.account.core.events);
    }

    /// What the account wrote to a connection since the last call.
    pub fn sent(&mut self, conn: Key) -> Vec<Seen> {
        let Some(out) = self.account.transmit(conn) else { return Vec::new() };
        let octets = out.split();
        let mut rest = &octets[..];
        let mut seen = Vec::new();
        while let Some(length) = frame::next(self.protocol, rest, 65_536).unwrap() {
            let (one, more) = rest.split_at(length);
            let (header, pdu) =
                AnyPdu::decode(self.protocol, self.version, one, &mut Notes::default()).unwrap();
            seen.push(Seen { header, pdu });
            rest = more;
        }
        assert!(rest.is_empty(), "whole frames only");
        seen
    }

    /// The gateway says something.
    pub fn give(&mut self, conn: Key, pdu: impl Into<AnyPdu>, seq: Seq) {
        let octets = encode(&pdu.into(), self.version, seq);
        self.give_octets(conn, &octets);
    }

    pub fn give_octets(&mut self, conn: Key, octets: &[u8]) {
        self.account.received(self.now, conn, octets);
        self.collect();
    }

    /// The connection breaks.
    pub fn cut(&mut self, conn: Key) {
        self.account.disconnected(self.now, conn, "reset");
        self.account.forget(conn);
        self.collect();
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub fn pass(&mut self, ns: u64) {
        let end = self.now.mono_ns + ns;
        loop {
            let due = self.account.deadline().filter(|at| *at <= end);
            let Some(at) = due else { break };
            self.jump(at.max(self.now.mono_ns));
            self.account.timeout(self.now);
            self.collect();
            assert!(
                self.account.deadline().is_none_or(|next| next > self.now.mono_ns),
                "a deadline that has been served is over"
            );
        }
        self.jump(end);
    }

    fn jump(&mut self, to: u64) {
        self.now.unix_ms += ((to - self.now.mono_ns) / 1_000_000) as i64;
        self.now.mono_ns = to;
    }

    /// Outcomes so far, in order.
    pub fn outcomes(&self) -> Vec<&Outcome> {
        self.events
            .iter()
            .filter_map(|e| match e {
                Event::Outcome(o) => Some(&**o),
                _ => None,
            })
            .collect()
    }

    /// Reports so far, in order.
    pub fn reports(&self) -> Vec<&sanwang::message::Report> {
        self.events
            .iter()
            .filter_map(|e| match e {
                Event::Report(r) => Some(&**r),
                _ => None,
            })
            .collect()
    }

    /// Deliveries so far, in order.
    pub fn delivers(&self) -> Vec<&sanwang::message::Deliver> {
        self.events
            .iter()
            .filter_map(|e| match e {
                Event::Deliver(d) => Some(&**d),
                _ => None,
            })
            .collect()
    }

    /// What the log said.
    pub fn log(&self) -> String {
        let lines = self.events.iter().filter_map(|e| match e {
            Event::Log(l) => Some(l.text.as_str()),
            Event::Trouble(t) => Some(t.reason.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Closes and lets everything end.
    pub fn close(&mut self) {
        let deadline = self.now.mono_ns + nanos(std::time::Duration::from_secs(5));
        self.account.close(self.now, deadline);
        self.collect();
        self.pass(10 * SECOND);
        assert!(self.account.is_closed());
    }
}

pub fn encode(pdu: &AnyPdu, version: Version, seq: Seq) -> BytesMut {
    let mut out = BytesMut::new();
    match pdu {
        AnyPdu::Cmpp(p) => p.encode(version, seq, &mut out),
        AnyPdu::Sgip(p) => p.encode(version, seq, &mut out),
        AnyPdu::Smgp(p) => p.encode(version, seq, &mut out),
    }
    .unwrap();
    out
}

pub fn cmpp(pdu: impl Into<cmpp::Pdu>) -> AnyPdu {
    AnyPdu::Cmpp(pdu.into())
}

pub fn sgip(pdu: impl Into<sgip::Pdu>) -> AnyPdu {
    AnyPdu::Sgip(pdu.into())
}

pub fn smgp(pdu: impl Into<smgp::Pdu>) -> AnyPdu {
    AnyPdu::Smgp(pdu.into())
}

/// The gateway accepts or refuses a CMPP submit.
pub fn answer(msg_id: u64, result: u32) -> AnyPdu {
    cmpp(cmpp::SubmitResp { msg_id, result })
}

/// A CMPP 3.0 report.
pub fn report(deliver: u64, msg_id: u64, to: &str, stat: &str) -> AnyPdu {
    let content = CmppReport {
        msg_id,
        stat: Text::new(stat).unwrap(),
        submit_time: Text::new("2607081010").unwrap(),
        done_time: Text::new("2607081011").unwrap(),
        dest_terminal_id: Text::new(to).unwrap(),
        smsc_sequence: 0,
    };
    cmpp(cmpp::Deliver {
        msg_id: deliver,
        registered_delivery: 1,
        src_terminal_id: Text::new(to).unwrap(),
        dest_id: Text::new("10657001").unwrap(),
        msg_content: content.to_bytes(cmpp::V30).unwrap(),
        ..cmpp::Deliver::default()
    })
}

/// A CMPP 3.0 message from a phone.
pub fn mo(id: u64, udhi: bool, coding: u8, content: &[u8]) -> AnyPdu {
    cmpp(cmpp::Deliver {
        msg_id: id,
        src_terminal_id: Text::new("8613800138000").unwrap(),
        dest_id: Text::new("1065700188").unwrap(),
        tp_udhi: u8::from(udhi),
        msg_fmt: coding,
        msg_content: content.to_vec().into(),
        ..cmpp::Deliver::default()
    })
}
