//! Two raw links on one virtual clock, without a socket.

use super::*;
use crate::account::slab::Key;
use crate::account::{Account, AccountProfile, Core, Room, Side};
use crate::dialect::{Inbound, LOGIN_SP, raw};
use crate::gateway::{Lobby, LobbyEvent};
use crate::message::{Event, EventKinds, LinkError, LinkReply, LinkRequest, Ticket, Token};
use crate::session::SessionRules;
use crate::settings::AccountSettings;
use crate::time::{Now, SECOND};
use crate::wire::{AnyPdu, Protocol, Seq, Version, cmpp, sgip, smgp};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// Nobody waits: every reply is an event.
#[derive(Debug)]
struct Nobody;

impl Replies for Nobody {
    fn take(&self, reply: LinkReply) -> Option<LinkReply> {
        Some(reply)
    }
}

struct End {
    account: Account<LinkSide>,
    conn: Key,
}

struct World {
    now: Now,
    protocol: Protocol,
    version: Version,
    client: End,
    server: End,
    next: u64,
}

fn machine(
    protocol: Protocol,
    version: Version,
    dials: bool,
    change: impl Fn(&mut AccountSettings),
) -> Account<LinkSide> {
    let mut settings = AccountSettings::for_protocol(protocol);
    settings.version = version;
    change(&mut settings);
    let room = Arc::new(Room::new(1000, 1 << 20, 1000));
    let profile = AccountProfile {
        index: 3,
        name: Arc::from(if dials { "server" } else { "client" }),
        user: "001001".to_owned(),
        secret: Arc::from(&b"secret"[..]),
        addresses: if dials { vec!["10.0.0.1:1".to_owned()] } else { Vec::new() },
        login_mode: LOGIN_SP,
        dialect: raw(protocol, version),
        node: (protocol == Protocol::Sgip).then(|| (100_101, Arc::new(AtomicU32::new(7)))),
        sends_on_accepted: true,
        sends_on_dialed: true,
        on_demand: false,
        wants: EventKinds::ALL | EventKinds::LINK_REQUEST | EventKinds::LINK_REPLY,
        seed: 1,
        settings: Arc::new(settings),
    };
    let mut account = Account::new(Core::new(profile, room), LinkSide::new(Arc::new(Nobody)));
    account.start(Now::default());
    account
}

impl World {
    fn new(protocol: Protocol, version: Version, change: impl Fn(&mut AccountSettings)) -> World {
        let now = Now { mono_ns: SECOND, unix_ms: 1_700_000_000_000 };
        let mut client = machine(protocol, version, true, &change);
        client.core.actions.clear();
        let conn = client.connected(now, 0, "10.0.0.1:1").unwrap();
        let login = client.transmit(conn).unwrap().split();
        let mut lobby = Lobby::new(raw(protocol, version), Arc::new(SessionRules::default()));
        let who = lobby.enter(now);
        let events = lobby.receive(now, who, &login);
        assert!(matches!(events.as_slice(), [LobbyEvent::Login(_)]), "{events:?}");
        let mut server = machine(protocol, version, false, &change);
        let (rules, seqs) = (server.core.rules().clone(), server.core.seqs());
        let session =
            lobby.admit(now, who, raw(protocol, version), Some(&b"secret"[..]), rules, seqs).unwrap();
        let at = server.adopt(now, session, "10.0.0.2:2");
        let mut world = World {
            now,
            protocol,
            version,
            client: End { account: client, conn },
            server: End { account: server, conn: at },
            next: 0,
        };
        world.carry();
        assert_eq!(world.client.account.core.standing().1, 1, "the client is online");
        world.client.account.core.events.clear();
        world.server.account.core.events.clear();
        world
    }

    /// Carries octets both ways until nothing moves.
    fn carry(&mut self) {
        loop {
            let up = self.client.account.transmit(self.client.conn).map(|o| o.split()).unwrap_or_default();
            let down = self.server.account.transmit(self.server.conn).map(|o| o.split()).unwrap_or_default();
            if up.is_empty() && down.is_empty() {
                return;
            }
            self.server.account.received(self.now, self.server.conn, &up);
            self.client.account.received(self.now, self.client.conn, &down);
        }
    }

    fn ask(&mut self, pdu: impl Into<AnyPdu>, seq: Option<Seq>, seconds: u64) -> Ticket {
        self.next += 1;
        let ticket = Ticket::from_u64(self.next);
        let frame = frames(&pdu.into(), self.version).unwrap().remove(0);
        assert!(self.client.account.core.room.reserve(1, frame.len()));
        let deadline = self.now.mono_ns + seconds * SECOND;
        let asked = Asked { ticket, user_data: self.next, frame, seq, deadline };
        let account = &mut self.client.account;
        account.side.ask(&mut account.core, self.now, asked);
        account.settle(self.now);
        self.carry();
        ticket
    }

    /// What the server was asked since the last time.
    fn asked(&mut self) -> Vec<LinkRequest> {
        let events = self.server.account.core.events.drain(..);
        events.filter_map(|e| if let Event::LinkRequest(r) = e { Some(*r) } else { None }).collect()
    }

    fn answer(&mut self, token: Token, pdu: impl Into<AnyPdu>) -> bool {
        let frames = frames(&pdu.into(), self.version).unwrap();
        let account = &mut self.server.account;
        let done = account.side.answer(&mut account.core, self.now, token, frames);
        self.carry();
        done
    }

    /// What the client's requests led to since the last time.
    fn replies(&mut self) -> Vec<(Ticket, Result<AnyPdu, LinkError>)> {
        let events = self.client.account.core.events.drain(..);
        let replies = events.filter_map(|e| if let Event::LinkReply(r) = e { Some(*r) } else { None });
        replies.map(|r| (r.ticket, r.answer.map(|pdu| *pdu))).collect()
    }

    /// Lets time pass, doing what is due on the way.
    fn pass(&mut self, seconds: u64) {
        let end = self.now.mono_ns + seconds * SECOND;
        loop {
            let due = [self.client.account.deadline(), self.server.account.deadline()];
            let Some(at) = due.into_iter().flatten().min().filter(|at| *at <= end) else { break };
            let at = at.max(self.now.mono_ns);
            self.now.unix_ms += ((at - self.now.mono_ns) / 1_000_000) as i64;
            self.now.mono_ns = at;
            self.client.account.timeout(self.now);
            self.server.account.timeout(self.now);
            self.carry();
        }
        self.now.mono_ns = end;
    }
}

fn each(test: impl Fn(World, AnyPdu, AnyPdu)) {
    let plain = |_: &mut AccountSettings| {};
    let ask = cmpp::MtRoute { source_id: "001001".parse().unwrap(), ..Default::default() };
    let answer = cmpp::MtRouteResp { route_id: 7, ..Default::default() };
    for version in [cmpp::V20, cmpp::V21, cmpp::V30] {
        let world = World::new(Protocol::Cmpp, version, plain);
        test(world, cmpp::Pdu::from(ask.clone()).into(), cmpp::Pdu::from(answer.clone()).into());
    }
    let ask = sgip::AddSp { smg_id: "100101".parse().unwrap(), ..Default::default() };
    let answer = sgip::AddSpResp { result: 10, reserve: [0; 8] };
    let world = World::new(Protocol::Sgip, sgip::V12, plain);
    test(world, sgip::Pdu::from(ask).into(), sgip::Pdu::from(answer).into());
    let ask = smgp::Forward { src_smgw_no: "010061".parse().unwrap(), ..Default::default() };
    let answer = smgp::ForwardResp { status: 39, ..Default::default() };
    let world = World::new(Protocol::Smgp, smgp::V30, plain);
    test(world, smgp::Pdu::from(ask).into(), smgp::Pdu::from(answer).into());
}

#[test]
fn any_pdu_is_asked_and_answered() {
    each(|mut world, ask, answer| {
        let ticket = world.ask(ask.clone(), None, 30);
        let asked = world.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(*asked[0].pdu, ask);
        assert_eq!(world.replies(), []);
        assert!(world.answer(asked[0].token, answer.clone()));
        assert_eq!(world.replies(), [(ticket, Ok(answer.clone()))]);
        assert!(!world.answer(asked[0].token, answer), "once only");
        assert_eq!(world.client.account.core.room.open(), 0);
    });
}

#[test]
fn a_request_that_nobody_answers_is_refused_as_busy_in_time() {
    each(|mut world, ask, _| {
        let ticket = world.ask(ask.clone(), None, 60);
        let token = world.asked()[0].token;
        world.pass(11);
        let refused = refusal(&ask, world.version, Refused::Busy).unwrap();
        assert_eq!(world.replies(), [(ticket, Ok(refused))]);
        assert!(!world.answer(token, ask), "too late");
    });
}

#[test]
fn a_request_that_nobody_handles_is_refused_at_once() {
    each(|mut world, ask, _| {
        world.server.account.core.profile.wants = EventKinds::ALL;
        let ticket = world.ask(ask.clone(), None, 60);
        let refused = refusal(&ask, world.version, Refused::Unwanted).unwrap();
        assert_eq!(world.replies(), [(ticket, Ok(refused))]);
    });
}

#[test]
fn the_callers_time_rules_even_where_it_is_longer_than_the_window_waits() {
    // Trace: an answer may take five minutes (sgip.md 6.14).
    let patient = |s: &mut AccountSettings| {
        s.ack_within = std::time::Duration::from_secs(300);
        s.idle_close = std::time::Duration::ZERO;
    };
    let mut world = World::new(Protocol::Sgip, sgip::V13, patient);
    let ticket = world.ask(sgip::Pdu::from(sgip::Trace::default()), None, 300);
    let token = world.asked()[0].token;
    world.pass(200);
    assert_eq!(world.replies(), [], "the window gave up, the caller did not");
    let answer = sgip::Pdu::from(sgip::TraceResp { nodes: vec![sgip::TraceNode::default(); 3] });
    assert!(world.answer(token, answer.clone()));
    assert_eq!(world.replies(), [(ticket, Ok(answer.into()))]);
    let ticket = world.ask(sgip::Pdu::from(sgip::Trace::default()), None, 5);
    world.pass(6);
    assert_eq!(world.replies(), [(ticket, Err(LinkError::NoAnswer))]);
}

#[test]
fn a_lost_connection_ends_what_was_written_and_keeps_what_was_not() {
    let narrow = |s: &mut AccountSettings| s.window = 1;
    let mut world = World::new(Protocol::Cmpp, cmpp::V30, narrow);
    let first = world.ask(cmpp::Pdu::from(cmpp::MtRoute::default()), None, 30);
    let second = world.ask(cmpp::Pdu::from(cmpp::MoRoute::default()), None, 30);
    assert_eq!(world.asked().len(), 1);
    let (now, conn) = (world.now, world.client.conn);
    world.client.account.disconnected(now, conn, "cut");
    assert_eq!(world.replies(), [(first, Err(LinkError::Lost))]);
    world.pass(31);
    let replies = world.replies();
    assert!(
        matches!(replies.as_slice(), [(t, Err(LinkError::NotSent(why)))] if *t == second && why.contains("cut")),
        "{replies:?}"
    );
}

#[test]
fn a_repeated_request_shares_one_answer() {
    let again = |s: &mut AccountSettings| {
        s.resend = crate::settings::Resend::Same;
        s.response_timeout = std::time::Duration::from_secs(2);
    };
    let mut world = World::new(Protocol::Smgp, smgp::V30, again);
    let ticket = world.ask(smgp::Pdu::from(smgp::Forward::default()), None, 60);
    let asked = world.asked();
    world.pass(3);
    assert_eq!(world.client.account.core.counters.resent, 1);
    assert_eq!(world.asked().len(), 0, "the copy is not asked again");
    let answer = smgp::Pdu::from(smgp::ForwardResp { status: 1, ..Default::default() });
    assert!(world.answer(asked[0].token, answer.clone()));
    assert_eq!(world.replies(), [(ticket, Ok(answer.into()))]);
}

#[test]
fn a_request_repeated_without_end_costs_little() {
    let mut world = World::new(Protocol::Cmpp, cmpp::V30, |_| {});
    let ask = AnyPdu::from(cmpp::Pdu::from(cmpp::MtRoute::default()));
    let seq = Seq { node: 0, time: 0, serial: 900 };
    let (now, conn) = (world.now, world.server.conn);
    let repeat = |world: &mut World| {
        let Account { core, side } = &mut world.server.account;
        for _ in 0..10_000 {
            side.requested(core, now, conn, seq, Inbound::Raw(Box::new(ask.clone())));
        }
    };
    repeat(&mut world);
    let token = world.asked()[0].token;
    let answer = frames(&cmpp::Pdu::from(cmpp::MtRouteResp::default()).into(), world.version).unwrap();
    let octets: usize = answer.iter().map(|frame| frame.len()).sum();
    let Account { core, side } = &mut world.server.account;
    assert!(side.answer(core, now, token, answer));
    assert_eq!(core.unwritten(conn), 17 * octets, "one answer and those of sixteen copies");
    repeat(&mut world);
    let unwritten = world.server.account.core.unwritten(conn);
    assert!(unwritten <= 64 * 1024 + octets, "{unwritten} octets to a peer that does not read");
}

#[test]
fn an_sgip_forward_keeps_its_sequence_and_a_second_use_is_refused() {
    let mut world = World::new(Protocol::Sgip, sgip::V12, |_| {});
    let seq = Seq { node: 3_010_012_345, time: 1_122_080_000, serial: 77 };
    let forward = |text: &'static [u8]| {
        sgip::Pdu::from(sgip::Submit {
            user_numbers: vec!["8613001000000".parse().unwrap()].into(),
            message_content: bytes::Bytes::from_static(text),
            ..Default::default()
        })
    };
    let ok = sgip::Pdu::from(sgip::SubmitResp::default());
    let first = world.ask(forward(b"one"), Some(seq), 30);
    let asked = world.asked();
    assert_eq!(asked[0].seq, seq);
    world.answer(asked[0].token, ok.clone());
    assert_eq!(world.replies(), [(first, Ok(ok.clone().into()))]);
    // The same again: the answer is repeated. Other content: error 9 (sgip.md 4.1).
    let second = world.ask(forward(b"one"), Some(seq), 30);
    assert_eq!(world.asked().len(), 0);
    assert_eq!(world.replies(), [(second, Ok(ok.into()))]);
    let third = world.ask(forward(b"two"), Some(seq), 30);
    assert_eq!(world.asked().len(), 0);
    let refused = sgip::Pdu::from(sgip::SubmitResp { result: 9, reserve: [0; 8] });
    assert_eq!(world.replies(), [(third, Ok(refused.into()))]);
}

#[test]
fn a_long_list_of_routes_is_one_answer() {
    for routes in [0usize, 20, 45] {
        let mut world = World::new(Protocol::Sgip, sgip::V12, |_| {});
        let ticket = world.ask(sgip::Pdu::from(sgip::QueryRoute::default()), None, 30);
        let token = world.asked()[0].token;
        let entry = sgip::RouteEntry { route_type: 2, ..Default::default() };
        let answer = sgip::Pdu::from(sgip::QueryRouteResp {
            end_of_routes: false,
            result: 0,
            routes: vec![entry; routes],
        });
        world.answer(token, answer.clone());
        assert_eq!(world.replies(), [(ticket, Ok(answer.into()))], "{routes} routes");
    }
}

#[test]
fn a_peer_that_asks_too_much_is_refused_as_busy() {
    let small = |s: &mut AccountSettings| {
        s.inbound_window = 4;
        s.window = 16;
    };
    let mut world = World::new(Protocol::Cmpp, cmpp::V21, small);
    for i in 0..6u32 {
        let ask = cmpp::MoRoute { service_code: i, ..Default::default() };
        world.ask(cmpp::Pdu::from(ask), None, 60);
    }
    assert_eq!(world.asked().len(), 4);
    let replies = world.replies();
    assert_eq!(replies.len(), 2);
    for (_, reply) in replies {
        assert!(matches!(reply, Ok(AnyPdu::Cmpp(cmpp::Pdu::MoRouteResp(r))) if r.result == 9));
    }
    assert_eq!(world.server.account.core.counters.refused_busy, 2);
}

#[test]
fn closing_decides_every_request() {
    let mut world = World::new(Protocol::Cmpp, cmpp::V30, |s| s.window = 1);
    let first = world.ask(cmpp::Pdu::from(cmpp::MtRoute::default()), None, 60);
    let second = world.ask(cmpp::Pdu::from(cmpp::MtRoute::default()), None, 60);
    let now = world.now;
    world.client.account.close(now, now.mono_ns + SECOND);
    world.pass(2);
    let mut replies = world.replies();
    replies.sort_by_key(|(ticket, _)| *ticket);
    assert_eq!(replies, [(first, Err(LinkError::Closed)), (second, Err(LinkError::Closed))]);
    assert_eq!(world.protocol, Protocol::Cmpp);
}
