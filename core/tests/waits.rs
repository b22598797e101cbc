//! What holds segments back and for how long, the time a message gives its own report, what is sent again and what is
//! not, and what is told of a connection that ended.

mod common;

use common::{Desk, answer};
use sanwang::message::AccountState;
use sanwang::time::SECOND;
use sanwang::wire::Protocol;
use sanwang::{Client, Event, Gateway, Status, Submit};
use std::time::Duration;

const PHONE: &str = "13800138000";

fn desk(settings: &str) -> (Desk, sanwang::account::slab::Key) {
    Desk::online(&format!("cmpp://901234:hush-hush@192.0.2.1:7890?keepalive=1h{settings}"))
}

#[test]
fn waits_for_the_window_are_counted_and_timed() {
    let (mut desk, conn) = desk("&rate=0&window=1&report=no");
    for _ in 0..3 {
        desk.send(Submit::to(PHONE).text("hi"));
    }
    let first = desk.sent(conn);
    assert_eq!(first.len(), 1);
    desk.pass(2 * SECOND);
    let held = desk.account.core.held;
    assert_eq!((held.window.times(), held.window.total_ns(desk.now.mono_ns)), (1, 2 * SECOND), "it lasts");
    desk.give(conn, answer(1, 0), first[0].header.seq);
    let second = desk.sent(conn);
    desk.pass(SECOND);
    desk.give(conn, answer(2, 0), second[0].header.seq);
    desk.pass(5 * SECOND);
    let held = desk.account.core.held;
    assert_eq!((held.window.times(), held.window.total_ns(desk.now.mono_ns)), (1, 3 * SECOND), "one wait");
    assert_eq!((held.rate.times(), held.socket.times()), (0, 0));
    desk.close();
}

#[test]
fn waits_for_the_rate_and_for_a_connection_are_told_apart() {
    let mut desk =
        Desk::new("cmpp://901234:hush-hush@192.0.2.1:7890?keepalive=1h&rate=1&burst=1&report=no&window=16");
    for _ in 0..3 {
        desk.send(Submit::to(PHONE).text("hi"));
    }
    let held = desk.account.core.held;
    assert_eq!((held.connection.times(), held.rate.times(), held.window.times()), (1, 0, 0));
    let conn = desk.connect();
    desk.pass(3 * SECOND);
    let held = desk.account.core.held;
    assert_eq!((held.connection.times(), held.connection.total_ns(desk.now.mono_ns)), (1, 0));
    assert_eq!(held.window.times(), 0);
    // The first went at once, the second after a second, the third after another.
    assert_eq!((held.rate.times(), held.rate.total_ns(desk.now.mono_ns)), (1, 2 * SECOND));
    assert_eq!(desk.sent(conn).len(), 3);
    desk.close();
}

#[test]
fn a_pause_after_a_congestion_answer_is_a_wait_for_the_rate() {
    let (mut desk, conn) = desk("&rate=0&report=no");
    desk.send(Submit::to(PHONE).text("hi"));
    let seq = desk.sent(conn)[0].header.seq;
    desk.give(conn, answer(0, 8), seq);
    desk.pass(SECOND);
    let held = desk.account.core.held;
    assert_eq!((held.rate.times(), held.rate.total_ns(desk.now.mono_ns)), (1, SECOND / 4));
    desk.close();
}

#[test]
fn what_was_taken_back_is_not_sent_again_when_its_message_was_refused() {
    let (mut desk, conn) = desk("&rate=0");
    desk.send(Submit::to(PHONE).text("好".repeat(100)));
    let sent = desk.sent(conn);
    assert_eq!(sent.len(), 2);
    desk.give(conn, answer(0, 8), sent[0].header.seq);
    desk.give(conn, answer(0, 13), sent[1].header.seq);
    desk.pass(20 * SECOND);
    assert!(desk.sent(conn).is_empty(), "the first segment stays here");
    let statuses: Vec<Status> = desk.outcomes().iter().map(|o| o.status).collect();
    assert_eq!((statuses, desk.queued(), desk.open()), (vec![Status::Rejected], 0, 0));
    desk.close();
    assert!(desk.account.core.tables().is_empty(), "{:?}", desk.account.core.tables());
}

#[test]
fn a_message_may_have_a_time_of_its_own_for_its_report() {
    let (mut desk, conn) = desk("&rate=0&report_deadline=1h");
    for own in ["2h", "10m", "1h"] {
        desk.send(Submit::to(PHONE).text("hi").field("report_deadline", own).reference(own));
    }
    for (id, seen) in (1..).zip(desk.sent(conn)) {
        desk.give(conn, answer(id, 0), seen.header.seq);
    }
    let mut ended = Vec::new();
    for minutes in [9, 2, 48, 2, 58, 2] {
        desk.pass(minutes * 60 * SECOND);
        ended.push(desk.outcomes().len());
    }
    assert_eq!(ended, [0, 1, 1, 2, 2, 3]);
    let order: Vec<_> = desk.outcomes().iter().map(|o| o.reference.clone().unwrap_or_default()).collect();
    assert_eq!(order.iter().map(|r| &**r).collect::<Vec<_>>(), ["10m", "1h", "2h"]);
    assert!(desk.outcomes().iter().all(|o| o.status == Status::NoReport));
    desk.close();
    assert!(desk.account.core.tables().is_empty(), "{:?}", desk.account.core.tables());
}

fn states(desk: &Desk) -> Vec<&AccountState> {
    let states = desk.events.iter().filter_map(|e| match e {
        Event::AccountState(state) => Some(&**state),
        _ => None,
    });
    states.collect()
}

#[test]
fn the_end_of_a_connection_tells_its_last_frames() {
    let (mut desk, conn) = desk("&rate=0");
    assert!(states(&desk).iter().all(|s| s.last_frames.is_empty()), "nothing has ended");
    for result in [0, 13] {
        desk.send(Submit::to(PHONE).text("hi"));
        let seq = desk.sent(conn)[0].header.seq;
        desk.pass(SECOND);
        desk.give(conn, answer(1, result), seq);
    }
    desk.pass(SECOND / 2);
    desk.cut(conn);
    let told = states(&desk).last().expect("it is told").last_frames.clone();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 6, "{told}");
    assert!(lines[0].ends_with("s before: sent connect 1, 39 octets"), "{told}");
    assert!(lines[1].contains("received connect_resp 1") && lines[1].ends_with("result 0"), "{told}");
    assert!(lines[4].starts_with("1.500 s before: sent submit 3, "), "{told}");
    assert_eq!(lines[5], "0.500 s before: received submit_resp 3, 24 octets, result 13");
    assert!(!told.contains(PHONE));
    desk.close();
}

#[test]
fn a_gateway_takes_no_more_than_its_rate() {
    for (protocol, busy) in [(Protocol::Cmpp, 8), (Protocol::Sgip, 88), (Protocol::Smgp, 1)] {
        let gateway = Gateway::builder()
            .listen(&format!("{}://127.0.0.1:0?rate=1&burst=2", protocol.name()))
            .account("901234", "secret")
            .on_submit(|_| sanwang::Answer::Accept)
            .open()
            .expect("opened");
        let address = gateway.listeners()[0].1;
        let node = if protocol == Protocol::Sgip { "&node=3010012345" } else { "" };
        let url = format!(
            "{}://901234:secret@{address}?rate=0&congestion_max=0&report=no&sender=10657001{node}",
            protocol.name()
        );
        let sp = Client::open(&url).expect("opened");
        let tickets: Vec<_> =
            (0..40).map(|_| sp.send(Submit::to(PHONE).text("hi")).expect("accepted")).collect();
        assert!(sp.wait(Duration::from_secs(60)).expect("no handler"));
        let mut sent = 0;
        let mut refused = 0;
        for ticket in tickets {
            let outcome = sp.outcome(ticket, Duration::ZERO).expect("no handler").expect("it has ended");
            match outcome.status {
                Status::Sent => sent += 1,
                Status::Rejected => {
                    assert_eq!(outcome.code, busy, "{protocol}: {outcome}");
                    assert!(outcome.retriable, "{outcome}");
                    refused += 1;
                }
                other => panic!("{protocol}: {other}"),
            }
        }
        assert!(sent >= 2 && refused >= 1, "{protocol}: {sent} sent, {refused} refused");
        let counted: u64 = gateway.counters().iter().map(|(_, c)| c.refused_rate).sum();
        assert_eq!(counted, refused, "{protocol}");
        sp.close(Duration::from_secs(5)).expect("no handler");
        gateway.close(Duration::from_secs(5)).expect("no handler");
    }
}
