//! Short connections, one request each; and the profile of CMPP 1.x.

mod common;

use common::pair::Pair;
use sanwang::message::{LinkState, Status};
use sanwang::settings::AccountSettings;
use sanwang::sim::Simulator;
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, Protocol, cmpp};
use sanwang::{Answer, Client, Event, EventKinds, Gateway, OpenError, SendError, Submit, WaitError};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn to(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => "13800138000",
        Protocol::Sgip => "13000000001",
        Protocol::Smgp => "18900000001",
    }
}

fn states(p: &Pair) -> Vec<LinkState> {
    let states = p.sp_events.iter().filter_map(|e| match e {
        Event::AccountState(s) => Some(s.state),
        _ => None,
    });
    states.collect()
}

#[test]
fn every_segment_has_its_own_connection() {
    for protocol in Protocol::ALL {
        let mut p = Pair::new(protocol, &[("short", "yes"), ("report", "no")], &[("short", "yes")]);
        assert_eq!(p.connections, 0, "{protocol}: it dials when there is something to send");
        let ticket = p.send(Submit::to(to(protocol)).text("中".repeat(150)));
        for done in 0..3 {
            let submits = p.submits();
            assert_eq!((submits.len(), p.connections), (1, done + 1), "{protocol}");
            assert_eq!(usize::from(submits[0].segment), done + 1, "in order");
            p.answer(submits[0].token, 0);
        }
        assert_eq!(p.outcome(ticket).status, Status::Sent, "{protocol}");
        assert_eq!(p.connections, 3);
        let core = &p.sp.core;
        assert_eq!((core.counters.logins, core.counters.breaks, core.counters.sent), (3, 0, 3));
        assert!(core.connections().is_empty(), "{protocol}: closed after the answer");
        assert_eq!(p.gateway.core.counters.breaks, 0, "the gateway takes it for an orderly end");
        assert!(p.gateway.core.connections().is_empty());
        let ends: usize = ["terminate", "exit"].iter().map(|end| p.written(end).len()).sum();
        assert_eq!(ends, 0, "closed without more ado");
        assert_eq!(p.written("unbind").len(), if protocol == Protocol::Sgip { 3 } else { 0 });
        assert!(states(&p).iter().all(|s| *s == LinkState::Idle), "{:?}", states(&p));
        assert_eq!(p.sp.deadline(), None, "nothing is left to do");
    }
}

#[test]
fn as_many_at_once_as_connections_allow_and_no_more() {
    let own = [("short", "yes"), ("report", "no"), ("connections", "3")];
    let mut p = Pair::new(Protocol::Cmpp, &own, &[("short", "yes")]);
    p.send(Submit::to("13800138000").text("one"));
    assert_eq!(p.connections, 1, "one message, one connection");
    let tickets: Vec<_> = (0..10).map(|_| p.send(Submit::to("13800138000").text("more"))).collect();
    assert_eq!(p.connections, 3, "bounded");
    let mut answered = 0;
    loop {
        let submits = p.submits();
        if submits.is_empty() {
            break;
        }
        assert!(submits.len() <= 3);
        for submit in submits {
            p.answer(submit.token, 0);
            answered += 1;
        }
    }
    assert_eq!((answered, p.connections), (11, 11));
    assert!(tickets.iter().all(|t| p.outcome(*t).status == Status::Sent));
    assert!(p.sp.core.connections().is_empty());
}

#[test]
fn congestion_silence_and_idleness_end_well() {
    let mut p = Pair::new(Protocol::Smgp, &[("short", "yes"), ("report", "no")], &[("short", "yes")]);
    let ticket = p.send(Submit::to("18900000001").text("hi"));
    let first = p.submits();
    p.answer(first[0].token, 1);
    p.pass(SECOND);
    let again = p.submits();
    assert!(p.connections >= 2, "it goes again on another one");
    p.answer(again[0].token, 0);
    assert_eq!(p.outcome(ticket).status, Status::Sent);
    let silent = p.send(Submit::to("18900000001").text("silence"));
    p.pass(125 * SECOND);
    assert_eq!(p.outcome(silent).status, Status::InDoubt);
    assert!(p.sp.core.connections().is_empty(), "closed after the time-out");
}

#[test]
fn a_gateway_pushes_nothing_on_a_short_connection() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0?short=yes")
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(|_| Answer::Accept)
        .on_log(|_| {})
        .open()
        .unwrap();
    let (short, long) = (gateway.listeners()[0].1, gateway.listeners()[1].1);
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let account = |at, more: &str| format!("cmpp://901234:secret@{at}?sender=10657001{more}");
    let sp = Client::builder()
        .account(&account(short, "&short=yes&report=no&connections=4"))
        .on_event(EventKinds::DELIVER, move |_| tell.lock().unwrap().send("short").unwrap())
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    let tickets: Vec<_> = (0..20).map(|_| sp.send(Submit::to("13800138000").text("hi")).unwrap()).collect();
    for ticket in tickets {
        assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
    }
    let counters = sp.counters("901234").unwrap();
    assert_eq!((counters.sent, counters.breaks), (20, 0));
    assert!(counters.logins >= 20);
    let push = sanwang::MoMessage::new("13800138000", "10657001", "TD");
    let push = gateway.deliver("901234", &push, Duration::ZERO).unwrap();
    sp.send(Submit::to("13800138000").text("one more")).unwrap();
    assert!(sp.wait(LONG).unwrap());
    assert!(gateway.outcome(push, Duration::ZERO).unwrap().is_none(), "it waits");
    let receiver = Client::builder()
        .account(&account(long, ""))
        .on_deliver(|d| assert_eq!(d.text.as_deref(), Some("TD")))
        .open()
        .unwrap();
    assert_eq!(gateway.outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    assert!(told.try_recv().is_err());
    sp.close(LONG).unwrap();
    receiver.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn one_x_is_spoken_with_the_layouts_of_2_0_where_it_is_asked_for() {
    for version in ["1.1", "1.2"] {
        let mut p = Pair::new(Protocol::Cmpp, &[("version", version)], &[]);
        let ticket = p.send(Submit::to("13800138000").text("hi"));
        let submits = p.submits();
        p.answer(submits[0].token, 0);
        p.report(&sanwang::StatusReport::on(&submits[0], "DELIVRD"));
        assert_eq!(p.outcome(ticket).status, Status::Delivered, "{version}");
        let AnyPdu::Cmpp(cmpp::Pdu::Connect(login)) = p.written("connect")[0] else { panic!() };
        assert_eq!(login.version, if version == "1.1" { 0x11 } else { 0x12 });
        assert_eq!(p.wire.iter().find(|(_, pdu)| pdu.name() == "submit").unwrap().0.length, 138 + 21 + 2);
    }
    assert!(AccountSettings::for_protocol(Protocol::Sgip).set("version", "1.0").is_err());
    assert_eq!(AccountSettings::for_protocol(Protocol::Cmpp).version, cmpp::V30, "never by default");
}

#[test]
fn a_gateway_takes_1_x_only_where_its_listener_says_so() {
    for (listener, refused) in [("", true), ("?version=2.0", true), ("?version=1.2", false)] {
        let gateway = Gateway::builder()
            .listen(&format!("cmpp://127.0.0.1:0{listener}"))
            .account("901234", "secret")
            .on_submit(|_| Answer::Accept)
            .on_log(|_| {})
            .open()
            .unwrap();
        let at = gateway.listeners()[0].1;
        let sp = Client::builder()
            .account(&format!("cmpp://901234:secret@{at}?sender=10657001&version=1.2&report=no"))
            .on_log(|_| {})
            .open()
            .unwrap();
        match sp.wait_online(LONG) {
            Err(WaitError::Refused(why)) => assert!(refused && why.contains("VERSION"), "{why}"),
            other => {
                assert!(!refused && other.is_ok(), "{listener}: {other:?}");
                let ticket = sp.send(Submit::to("13800138000").text("hi")).unwrap();
                assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
            }
        }
        sp.close(Duration::ZERO).unwrap();
        gateway.close(LONG).unwrap();
    }
}

#[test]
fn short_is_a_setting_of_accounts_and_listeners() {
    let sim = Simulator::builder().listen("smgp://127.0.0.1:0").silent().open().unwrap();
    let at = sim.address(Protocol::Smgp).unwrap();
    let sp = Client::open(&format!("smgp://10000001:x@{at}?short=yes&report=no&queue_offline=no")).unwrap();
    let sent: Result<_, SendError> = sp.send(Submit::to("18900000001").text("hi"));
    let ticket = sent.expect("an account that dials is not offline");
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
    sp.close(LONG).unwrap();
    let wrong = Client::open("smgp://10000001:x@127.0.0.1:1?short=perhaps");
    assert!(matches!(wrong, Err(OpenError::Setting(_))));
}
