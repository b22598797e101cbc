//! Flow, acknowledgement and what events say, on the state machine alone with a virtual clock.

mod common;

use common::{Desk, answer, cmpp, mo, report, sgip};
use sanwang::message::{LinkState, Status};
use sanwang::time::SECOND;
use sanwang::wire::{Seq, Text, cmpp as cpdu, sgip as spdu};
use sanwang::{Event, Submit};

const CMPP: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001";
const SGIP: &str = "sgip://sp:secret@127.0.0.1:8801?node=3010012345&sender=10655001";
const TO: &str = "13800138000";

fn part(index: u8, text: &[u8]) -> Vec<u8> {
    [&[5, 0, 3, 9, 2, index], text].concat()
}

#[test]
fn a_delivery_that_comes_again_is_marked_and_shows_its_octets() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(2));
    d.give(c, mo(8, false, 0, b"TD"), Seq::serial(3));
    d.give(c, mo(0, false, 0, b"TD"), Seq::serial(4));
    d.give(c, mo(0, false, 0, b"TD"), Seq::serial(5));
    let marks: Vec<bool> = d.delivers().iter().map(|d| d.repeated).collect();
    assert_eq!(marks, [false, true, false, false, false], "the id tells; without an id nothing does");
    assert_eq!(&d.delivers()[0].raw[..], b"TD");
}

#[test]
fn a_long_delivery_is_repeated_when_all_its_parts_are() {
    let (mut d, c) = Desk::online(CMPP);
    let both = [(21, part(1, b"one")), (22, part(2, b"two"))];
    for (at, (id, content)) in both.iter().chain(both.iter().rev()).enumerate() {
        d.give(c, mo(*id, true, 0, content), Seq::serial(at as u32 + 1));
    }
    let said: Vec<(Option<&str>, bool)> =
        d.delivers().iter().map(|d| (d.text.as_deref(), d.repeated)).collect();
    assert_eq!(said, [(Some("onetwo"), false), (Some("onetwo"), true)]);
    assert_eq!(&d.delivers()[0].raw[..], &part(2, b"two")[..], "the last part as it came");
    // Another message with the same reference and one part that was seen is new.
    d.give(c, mo(21, true, 0, &part(1, b"one")), Seq::serial(9));
    d.give(c, mo(23, true, 0, &part(2, b"three")), Seq::serial(10));
    assert!(!d.delivers()[2].repeated);
}

#[test]
fn a_parked_report_is_answered_after_its_event() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert!(d.sent(c).is_empty());
    d.give(c, answer(7, 0), sent[0].header.seq);
    let token = d.reports()[0].token;
    assert!(d.sent(c).is_empty(), "its handler has not returned");
    assert!(d.account.answer(d.now, token, 0));
    assert_eq!(d.sent(c)[0].header.seq, Seq::serial(100));
}

#[test]
fn closing_goes_on_with_the_last_answer_of_a_handler() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    let token = d.delivers()[0].token;
    d.account.close(d.now, d.now.mono_ns + 60 * SECOND);
    assert!(d.sent(c).is_empty(), "the handler runs");
    d.account.answer(d.now, token, 0);
    let names: Vec<&str> = d.sent(c).iter().map(|seen| seen.pdu.name()).collect();
    assert_eq!(names, ["deliver_resp", "terminate"]);
}

#[test]
fn a_part_that_comes_while_closing_is_told_at_the_end() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.account.close(d.now, d.now.mono_ns + 60 * SECOND);
    d.give(c, mo(21, true, 0, &part(1, b"one")), Seq::serial(1));
    assert_eq!(d.sent(c).len(), 1, "a part is answered when it is parked, and does not come again");
    assert!(d.delivers().is_empty() && !d.account.is_closed(), "an answer is open");
    d.give(c, answer(7, 0), sent[0].header.seq);
    let end = d.sent(c);
    d.give(c, cmpp(cpdu::TerminateResp {}), end[0].header.seq);
    assert!(d.account.is_closed());
    let said: Vec<(Option<&str>, bool)> =
        d.delivers().iter().map(|d| (d.text.as_deref(), d.complete)).collect();
    assert_eq!(said, [(Some("one"), false)]);
}

#[test]
fn reports_that_nothing_releases_leave_room_in_the_gateways_window() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    d.sent(c);
    for i in 0..20 {
        d.give(c, report(u64::from(i) + 1, 1000 + u64::from(i), TO, "DELIVRD"), Seq::serial(100 + i));
    }
    assert_eq!(d.sent(c).len(), 12, "eight wait, the others are answered when they come");
    d.pass(11 * SECOND);
    assert_eq!(d.sent(c).len(), 8, "by ack_within");
}

#[test]
fn parked_reports_have_a_bound_and_none_is_lost() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&park_max=3"));
    d.send(Submit::to(TO).text("hi"));
    for i in 0..10 {
        d.give(c, report(u64::from(i) + 1, 1000 + u64::from(i), TO, "DELIVRD"), Seq::serial(100 + i));
    }
    assert_eq!(d.reports().len(), 7, "the oldest make room, as events without a ticket");
    d.pass(61 * SECOND);
    assert_eq!(d.reports().len(), 10);
}

#[test]
fn an_sgip_state_that_no_list_has_is_kept_and_told() {
    let mut d = Desk::new(SGIP);
    d.send(Submit::to("13000000001").text("hi"));
    let c = d.connect();
    let seq = d.sent(c)[0].header.seq;
    d.give(c, sgip(spdu::SubmitResp::default()), seq);
    let number = Text::new("13000000001").unwrap();
    let report =
        spdu::Report { submit_sequence: seq, user_number: number, state: 7, ..spdu::Report::default() };
    d.give(c, sgip(report), Seq { node: 1, time: 1, serial: 1 });
    assert_eq!(d.reports()[0].stat.to_string_lossy(), "7");
    let outcome = d.outcomes()[0];
    assert_eq!(outcome.status, Status::Undelivered);
    assert!(outcome.text.starts_with('7'), "{}", outcome.text);
    assert!(d.log().contains("a report with the state 7"), "{}", d.log());
    let counted = d.account.core.tolerances().iter().find(|(note, _)| note.name() == "unknown_state");
    assert_eq!(counted.map(|(_, n)| n), Some(1));
}

#[test]
fn codes_choose_the_table_that_explains() {
    let refused = |codes: &str| {
        let mut d = Desk::new(&format!("{SGIP}&codes={codes}"));
        d.send(Submit::to("13000000001").text("hi"));
        let c = d.connect();
        let seq = d.sent(c)[0].header.seq;
        d.give(c, sgip(spdu::SubmitResp { result: 32, ..spdu::SubmitResp::default() }), seq);
        d.outcomes()[0].text.clone()
    };
    let failed = |codes: &str| {
        let mut d = Desk::new(&format!("{SGIP}&codes={codes}"));
        d.send(Submit::to("13000000001").text("hi"));
        let c = d.connect();
        let seq = d.sent(c)[0].header.seq;
        d.give(c, sgip(spdu::SubmitResp::default()), seq);
        let number = Text::new("13000000001").unwrap();
        let report = spdu::Report {
            submit_sequence: seq,
            user_number: number,
            state: 2,
            error_code: 32,
            ..spdu::Report::default()
        };
        d.give(c, sgip(report), Seq { node: 1, time: 1, serial: 1 });
        d.outcomes()[0].text.clone()
    };
    let name = |table, code| sanwang::codes::sgip_error(table, code).en;
    use sanwang::codes::Dialect::{V1_2, V1_3};
    assert_ne!(name(V1_2, 32), name(V1_3, 32), "a code that means two things");
    for (codes, answer, report) in [("auto", V1_3, V1_2), ("v1_2", V1_2, V1_2), ("v1_3", V1_3, V1_3)] {
        assert!(refused(codes).contains(name(answer, 32)), "{codes}: {}", refused(codes));
        assert!(failed(codes).contains(name(report, 32)), "{codes}: {}", failed(codes));
    }
}

#[test]
fn what_needs_a_durable_store_is_refused() {
    for (pair, instead) in [("ack=stored", "handled or received"), ("accept=queued", "write stored")] {
        let error = sanwang::Account::parse(&format!("{CMPP}&{pair}")).unwrap_err();
        assert_eq!(error.key(), pair.split('=').next());
        assert!(error.to_string().contains(instead), "{error}");
    }
}

fn states(d: &Desk) -> Vec<LinkState> {
    let states = d.events.iter().filter_map(|e| match e {
        Event::AccountState(s) => Some(s.state),
        _ => None,
    });
    states.collect()
}

#[test]
fn closing_goes_from_online_to_offline() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let seq = d.sent(c)[0].header.seq;
    d.account.close(d.now, d.now.mono_ns + 5 * SECOND);
    d.give(c, answer(7, 0), seq);
    d.close();
    assert_eq!(states(&d), [LinkState::Connecting, LinkState::Online, LinkState::Offline]);
}

#[test]
fn what_comes_with_the_login_answer_comes_after_the_news_of_the_login() {
    let mut d = Desk::new(CMPP);
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c).remove(0);
    d.behind_login = common::encode(&mo(7, false, 0, b"TD"), d.version, Seq::serial(1)).to_vec();
    d.accept(c, &login);
    let order: Vec<bool> = d
        .events
        .iter()
        .filter_map(|e| match e {
            Event::AccountState(s) if s.state == LinkState::Online => Some(true),
            Event::Deliver(_) => Some(false),
            _ => None,
        })
        .collect();
    assert_eq!(order, [true, false]);
}

#[test]
fn answers_on_arrival_and_copies_share_the_answer() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&ack=received"));
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    assert_eq!(d.sent(c).len(), 1, "on arrival");
    assert_eq!(d.delivers()[0].token, sanwang::Token::default());
    let (mut d, c) = Desk::online(&format!("{CMPP}&ack=handled&ack_within=5s"));
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    assert_eq!((d.sent(c).len(), d.delivers().len()), (0, 1), "the copy waits for the same handler");
    let token = d.delivers()[0].token;
    d.account.answer(d.now, token, 0);
    assert_eq!(d.sent(c).len(), 2, "both are answered");
    d.give(c, mo(7, false, 0, b"TD"), Seq::serial(1));
    assert_eq!((d.sent(c).len(), d.delivers().len()), (1, 1), "a later copy gets the same answer");
    d.give(c, mo(8, false, 0, b"TD"), Seq::serial(2));
    d.pass(6 * SECOND);
    assert_eq!((d.sent(c).len(), d.account.core.counters.acked_unhandled), (1, 1), "by ack_within");
    d.give(c, mo(8, false, 0, b"TD"), Seq::serial(2));
    assert_eq!((d.sent(c).len(), d.delivers().len()), (1, 2), "a copy of it is answered again, at once");
    let late = d.delivers()[1].token;
    assert!(d.account.answer(d.now, late, 0), "the handler may return still");
    assert!(d.sent(c).is_empty() && !d.account.answer(d.now, late, 0));
}

#[test]
fn a_report_in_one_piece_with_the_answer_behind_it_finds_its_message() {
    let (mut d, c) = Desk::online(CMPP);
    let ticket = d.send(Submit::to(TO).text("hi"));
    let seq = d.sent(c)[0].header.seq;
    let mut both = common::encode(&report(1, 7, TO, "DELIVRD"), d.version, Seq::serial(100));
    both.extend_from_slice(&common::encode(&answer(7, 0), d.version, seq));
    d.give_octets(c, &both);
    assert_eq!(d.reports()[0].ticket, Some(ticket));
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
}
