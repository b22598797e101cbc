//! A hostile gateway, and what it does to an SP's account: the state machine with a virtual clock.

#[path = "../common/mod.rs"]
mod common;

pub(crate) use common::Desk;
use common::{answer, cmpp as pdu, mo, report};
use sanwang::account::slab::Key;
use sanwang::time::SECOND;
use sanwang::wire::{Seq, cmpp};
use sanwang::{Event, Status, Submit};

pub(crate) const GATEWAY: &str = "192.0.2.1:7890";

fn desk(settings: &str) -> (Desk, Key) {
    Desk::online(&format!("cmpp://901234:hush-hush@{GATEWAY}?rate=0&keepalive=1h{settings}"))
}

#[test]
fn answers_twice_in_any_sequence_decide_once() {
    let (mut desk, conn) = desk("&report=no");
    desk.send(Submit::to("13800138000").text("hi"));
    let seq = desk.sent(conn)[0].header.seq;
    for wrong in [0, seq.serial + 1, u32::MAX] {
        desk.give(conn, answer(7, 0), Seq::serial(wrong));
    }
    assert!(desk.outcomes().is_empty(), "answers to nothing decide nothing");
    for result in [0, 0, 13] {
        desk.give(conn, answer(7, result), seq);
    }
    let outcomes: Vec<Status> = desk.outcomes().iter().map(|o| o.status).collect();
    assert_eq!((outcomes, desk.account.core.counters.stray_answers), (vec![Status::Sent], 5));
    desk.close();
}

#[test]
fn a_gateway_that_never_answers_costs_its_connection_and_no_memory() {
    let (mut desk, conn) = desk("&report=no&window=4&timeouts_to_close=3");
    for _ in 0..50 {
        desk.send(Submit::to("13800138000").text("hi"));
    }
    assert_eq!(desk.sent(conn).len(), 4, "never more than the window");
    desk.pass(61 * SECOND);
    assert!(desk.account.is_over(conn));
    assert_eq!(desk.account.core.counters.breaks, 1);
    desk.pass(61 * SECOND);
    let in_doubt = desk.outcomes().iter().filter(|o| o.status == Status::InDoubt).count();
    assert_eq!((in_doubt, desk.queued()), (4, 46), "what was not written waits for another connection");
    desk.close();
    assert_eq!((desk.outcomes().len(), desk.open()), (50, 0));
}

#[test]
fn deliveries_past_the_window_are_refused_as_busy() {
    let (mut desk, conn) = desk("&inbound_window=4&ack_within=5m");
    for i in 1..=500u32 {
        desk.give(conn, mo(u64::from(i), false, 0, b"TD"), Seq::serial(i));
    }
    let answers = desk.sent(conn);
    assert_eq!((desk.delivers().len(), answers.len()), (4, 496));
    assert_eq!(desk.account.core.counters.refused_busy, 496);
    let busy = |p: &cmpp::DeliverResp| p.result == 8;
    for seen in answers {
        let sanwang::wire::AnyPdu::Cmpp(cmpp::Pdu::DeliverResp(p)) = &seen.pdu else { panic!("{seen:?}") };
        assert!(busy(p), "{p:?}");
    }
    desk.close();
}

#[test]
fn first_parts_of_long_messages_without_end_are_bounded_in_count_and_octets() {
    let first_part = |i: u32| {
        let [.., high, low] = i.to_be_bytes();
        let udh = [6, 8, 4, high, low, 3, 1];
        mo(u64::from(i), true, 8, &[&udh[..], &[0x4f; 100]].concat())
    };
    // By count: the oldest is handed over as far as it came.
    let (mut counted, conn) = desk("&join_sets=10&ack=received");
    for i in 1..=1_000 {
        counted.give(conn, first_part(i), Seq::serial(i));
    }
    let partial = counted.delivers().iter().filter(|d| !d.complete && d.parts == 1 && d.total == 3).count();
    assert_eq!((partial, counted.sent(conn).len()), (990, 1_000), "each is answered");
    counted.close();
    assert_eq!(counted.delivers().len(), 1_000);
    // By octets: 164 each, so 64 KiB hold 399.
    let (mut weighed, conn) = desk("&join_octets=64k&ack=received");
    for i in 1..=1_000 {
        weighed.give(conn, first_part(i), Seq::serial(i));
    }
    assert_eq!(weighed.delivers().len(), 1_000 - (64 << 10) / 164);
    weighed.close();
}

#[test]
fn reports_about_nothing_are_parked_up_to_a_bound() {
    let (mut desk, conn) = desk("&inbound_window=65536&park_max=10000");
    // An answer is awaited, so any of them might be about its message.
    desk.send(Submit::to("13800138000").text("hi"));
    for i in 1..=12_000u32 {
        let about = report(u64::from(i), u64::from(i) << 32, "13800138000", "DELIVRD");
        desk.give(conn, about, Seq::serial(i));
        desk.sent(conn);
    }
    assert_eq!(desk.account.core.counters.reports_unmatched, 2_000);
    desk.pass(61 * SECOND);
    assert_eq!(desk.account.core.counters.reports_unmatched, 12_000);
    let matched = desk.reports().iter().filter(|r| r.ticket.is_some()).count();
    assert_eq!(matched, 0);
    desk.close();
}

#[test]
fn a_connection_that_was_busy_once_gives_its_buffers_back() {
    let url = format!("cmpp://901234:hush-hush@{GATEWAY}?rate=0&window=64&keepalive=30s&report=no");
    let (mut desk, conn) = Desk::online(&url);
    for i in 0..64u64 {
        desk.send(
            Submit::to("13800138000").text("a text of some length, so that there is something to write"),
        );
        if i == 63 {
            assert!(desk.account.transmit(conn).is_some_and(|out| out.len() > 8_000));
            for seen in desk.sent(conn) {
                desk.give(conn, answer(seen.header.seq.serial.into(), 0), seen.header.seq);
            }
        }
    }
    assert_eq!(desk.outcomes().len(), 64);
    desk.pass(31 * SECOND);
    let capacity = desk.account.transmit(conn).map(|out| out.capacity());
    assert!(capacity.is_some_and(|octets| octets < 256), "{capacity:?}");
    desk.close();
}

#[test]
fn requests_of_another_role_are_refused_and_told() {
    let (mut desk, conn) = desk("");
    for i in 1..=100u32 {
        desk.give(conn, crate::peer::submit("hi"), Seq::serial(i));
        desk.give(conn, pdu(cmpp::ActiveTest {}), Seq::serial(i));
    }
    let troubles = desk.events.iter().filter(|e| matches!(e, Event::Trouble(_))).count();
    assert_eq!((troubles, desk.account.core.counters.troubles), (100, 100));
    assert!(!desk.account.is_over(conn), "the connection stays");
    desk.close();
}

#[test]
fn a_gateway_that_ends_every_connection_is_dialled_ever_more_seldom() {
    let mut desk = Desk::new(&format!("cmpp://901234:hush-hush@{GATEWAY}"));
    let mut logins = 0;
    for _ in 0..600 {
        if let Some(slot) = desk.dialed() {
            let conn = desk.account.connected(desk.now, slot, GATEWAY).unwrap();
            logins += 1;
            desk.cut(conn);
        }
        desk.pass(SECOND);
    }
    assert!(logins < 120, "{logins} logins in ten minutes");
    let lines = desk.log().lines().count();
    assert!(lines <= 3 * logins, "{lines} lines for {logins} logins");
}
