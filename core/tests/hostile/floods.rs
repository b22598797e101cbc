//! Peers that are logged in and do not behave.

use crate::peer::{House, LONG, Peer, submit, until};
use sanwang::wire::{AnyPdu, cmpp};
use sanwang::{Answer, Event, EventKinds, Token};
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn link_test() -> AnyPdu {
    AnyPdu::Cmpp(cmpp::ActiveTest {}.into())
}

#[test]
fn a_peer_that_never_reads_is_not_read_either() {
    let house = House::open("cmpp://127.0.0.1:0");
    let (mut deaf, mut bystander) = (house.guest(), house.guest());
    let waits = || house.gateway.metrics().iter().map(|m| m.waits.socket.times()).sum::<u64>();
    assert_eq!(waits(), 0);
    let one = deaf.encode(&link_test(), 7);
    let many = one.repeat(4096);
    deaf.stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let end = Instant::now() + LONG;
    let (mut written, mut rest) = (0usize, &many[..]);
    loop {
        match deaf.stream.write(rest) {
            Ok(n) => {
                written += n;
                rest = &many[written % one.len()..];
            }
            // A gateway that has no time for it takes nothing either, but it waits for nobody.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if waits() > 0 {
                    break;
                }
                assert!(Instant::now() < end, "the wait for the socket is counted");
            }
            Err(error) => panic!("{error}"),
        }
        assert!(written < 256 << 20, "the gateway goes on reading, and keeps the answers");
    }
    bystander.lives();
    // Who reads again gets every answer.
    for _ in 0..written / one.len() {
        let answer = deaf.frame().expect("an answer");
        assert_eq!((answer[4], answer[7], answer[11]), (0x80, 8, 7));
    }
    bystander.lives();
    house.close();
}

#[test]
fn floods_of_link_tests_and_of_rubbish_stay_among_themselves() {
    let house = House::open("cmpp://127.0.0.1:0");
    let (mut peer, mut bystander) = (house.guest(), house.guest());
    for _ in 0..50 {
        let tests = peer.encode(&link_test(), 9).repeat(1000);
        peer.write(&tests);
        for _ in 0..1000 {
            assert_eq!(peer.frame().expect("an answer")[7], 8);
        }
    }
    // Unknown commands are skipped by their length, an absurd length ends the connection.
    for i in 0..100u8 {
        peer.write(&[0, 0, 0, 12, 0, 0, 0, 0xe0, 0, 0, 0, i]);
    }
    peer.lives();
    peer.write(&[0xff; 64]);
    assert_eq!(peer.until_closed(), 0);
    until("one connection is lost", || house.connections().0 == 1);
    bystander.lives();
    let own = house.gateway.counters()[0].1;
    assert_eq!((own.troubles, own.breaks), (101, 1));
    assert_eq!(house.lines("ended").len(), 1);
    house.close();
}

#[test]
fn submits_past_the_window_are_refused_as_busy_and_never_kept() {
    let tokens: Arc<Mutex<Vec<Token>>> = Arc::default();
    let keep = tokens.clone();
    let house = House::built("cmpp://127.0.0.1:0?inbound_window=8", |builder| {
        builder.on_submit(move |submit| {
            keep.lock().unwrap().push(submit.token);
            Answer::Later
        })
    });
    let (mut peer, mut bystander) = (house.guest(), house.guest());
    let flood: Vec<u8> = (1..=500).flat_map(|serial| peer.encode(&submit("hi"), serial)).collect();
    peer.write(&flood);
    for _ in 0..492 {
        let answer = peer.frame().expect("an answer");
        assert_eq!(*answer.last().unwrap(), 8, "cmpp.md 7.4: flow control");
    }
    until("the first are with the application", || tokens.lock().unwrap().len() == 8);
    assert_eq!(house.gateway.counters()[0].1.refused_busy, 492);
    for token in tokens.lock().unwrap().drain(..) {
        house.gateway.answer(token, 0);
    }
    for _ in 0..8 {
        assert_eq!(*peer.frame().expect("an answer").last().unwrap(), 0);
    }
    [&mut peer, &mut bystander].into_iter().for_each(Peer::lives);
    house.close();
}

#[test]
fn one_request_repeated_a_thousand_times_is_handled_once_and_answered_a_few_times() {
    let tokens: Arc<Mutex<Vec<Token>>> = Arc::default();
    let keep = tokens.clone();
    let house = House::built("cmpp://127.0.0.1:0", |builder| {
        builder.on_submit(move |submit| {
            keep.lock().unwrap().push(submit.token);
            Answer::Later
        })
    });
    let mut peer = house.guest();
    let copies = peer.encode(&submit("hi"), 5).repeat(1000);
    peer.write(&copies);
    peer.lives();
    until("it is with the application", || !tokens.lock().unwrap().is_empty());
    let token = tokens.lock().unwrap()[0];
    house.gateway.answer(token, 0);
    let mut answers = 0;
    peer.say_as(&link_test(), 99);
    while peer.frame().expect("the connection lives")[7] == 4 {
        answers += 1;
    }
    assert!((1..=17).contains(&answers), "{answers} answers");
    assert_eq!((tokens.lock().unwrap().len(), house.gateway.counters()[0].1.submits), (1, 1));
    house.close();
}

#[test]
fn answers_to_nothing_and_further_logins_are_counted_and_lead_nowhere() {
    let house = House::open("cmpp://127.0.0.1:0");
    let (mut peer, mut bystander) = (house.guest(), house.guest());
    for serial in 0..300 {
        let answer = cmpp::DeliverResp { msg_id: 1, result: 0 };
        peer.say_as(&AnyPdu::Cmpp(answer.into()), serial);
        peer.say_as(&AnyPdu::Cmpp(cmpp::SubmitResp { msg_id: 1, result: 0 }.into()), serial);
    }
    peer.lives();
    assert_eq!(house.gateway.counters()[0].1.stray_answers, 600);
    let again = peer.login_octets(crate::peer::NAME, crate::peer::SECRET);
    for _ in 0..50 {
        peer.write(&again);
        assert_ne!(peer.login_status(), Some(0));
    }
    [&mut peer, &mut bystander].into_iter().for_each(Peer::lives);
    assert_eq!(house.gateway.counters()[0].1.troubles, 50);
    house.close();
}

#[test]
fn what_is_told_about_a_further_login_holds_none_of_its_octets() {
    let troubles: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = troubles.clone();
    let house = House::built("sgip://127.0.0.1:0", |builder| {
        builder.on_event(EventKinds::TROUBLE, move |event| {
            if let Event::Trouble(trouble) = event {
                noted
                    .lock()
                    .unwrap()
                    .push(format!("{trouble:?} {}", String::from_utf8_lossy(&trouble.octets)));
            }
        })
    });
    let mut peer = house.guest();
    let again = peer.login_octets(crate::peer::NAME, crate::peer::SECRET);
    peer.write(&again);
    assert_eq!(peer.login_status(), Some(2), "sgip.md 10: a repeated login");
    until("it is told", || !troubles.lock().unwrap().is_empty());
    let said = troubles.lock().unwrap().join("\n");
    assert!(said.contains("a login on a connection") && !said.contains(crate::peer::SECRET), "{said}");
    house.close();
}
