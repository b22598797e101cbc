//! The promises about a message's life, each on the state machine alone with a virtual clock.

mod common;

use common::{Desk, answer, cmpp, mo, report, sgip};
use sanwang::message::{LinkState, Status};
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, Seq, Text, cmpp as pdu, sgip as spdu};
use sanwang::{Event, Submit};

const CMPP: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001";
const SGIP: &str = "sgip://sp:secret@127.0.0.1:8801?node=3010012345&sender=10655001";
const TO: &str = "13800138000";

#[test]
fn report_after_answer_delivers() {
    let (mut d, c) = Desk::online(CMPP);
    let ticket = d.send(Submit::to(TO).text("hi").reference("order-42").user_data(9));
    let sent = d.sent(c);
    d.give(c, answer(7, 0), sent[0].header.seq);
    assert!(d.outcomes().is_empty(), "accepted is not delivered");
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    let outcomes = d.outcomes();
    assert_eq!(outcomes.len(), 1);
    assert_eq!((outcomes[0].status, outcomes[0].ticket), (Status::Delivered, ticket));
    assert_eq!((outcomes[0].reference.as_deref(), outcomes[0].user_data), (Some("order-42"), 9));
    let r = d.reports()[0];
    assert_eq!((r.ticket, r.segment, r.is_final, r.repeated), (Some(ticket), 1, true, false));
    assert_eq!(r.reference.as_deref(), Some("order-42"));
    assert_eq!(r.submitted_at, Some(1_783_476_600_000), "2026-07-08 10:10 Beijing time");
    assert_eq!(d.open(), 0);
}

#[test]
fn report_before_answer_is_parked_and_found() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    let answers = d.sent(c);
    assert!(answers.is_empty(), "a parked report is answered after its event");
    d.pass(11 * SECOND);
    let answers = d.sent(c);
    assert!(matches!(&answers[..], [one] if one.pdu.name() == "deliver_resp"), "or by ack_within");
    d.pass(38 * SECOND);
    d.give(c, answer(7, 0), sent[0].header.seq);
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
    assert_eq!(d.reports().len(), 1);
}

#[test]
fn a_report_nobody_waits_for_comes_without_ticket() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&response_timeout=2m&park=50s"));
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!(d.reports()[0].ticket, None, "no answer is awaited that could name its message");
    assert_eq!(d.account.core.counters.reports_unmatched, 1);
    d.send(Submit::to(TO).text("hi"));
    d.give(c, report(2, 8, TO, "DELIVRD"), Seq::serial(101));
    d.pass(49 * SECOND);
    assert_eq!(d.reports().len(), 1, "it waits for that answer");
    d.pass(2 * SECOND);
    assert_eq!((d.reports().len(), d.account.core.counters.reports_unmatched), (2, 2));
}

#[test]
fn repeated_reports_are_marked_and_change_nothing() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, answer(7, 0), sent[0].header.seq);
    for (i, stat) in ["DELIVRD", "DELIVRD", "UNDELIV"].into_iter().enumerate() {
        d.give(c, report(1, 7, TO, stat), Seq::serial(100 + i as u32));
    }
    assert_eq!(d.outcomes().len(), 1);
    assert_eq!(d.reports().iter().map(|r| r.repeated).collect::<Vec<_>>(), [false, true, true]);
    assert!(d.reports().iter().all(|r| r.ticket.is_some()), "a late report still knows its message");
}

#[test]
fn intermediate_reports_decide_nothing() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, answer(7, 0), sent[0].header.seq);
    d.give(c, report(1, 7, TO, "ACCEPTD"), Seq::serial(100));
    assert!(d.outcomes().is_empty());
    assert!(!d.reports()[0].is_final);
    d.give(c, report(2, 7, TO, "UNDELIV"), Seq::serial(101));
    let outcome = d.outcomes()[0];
    assert_eq!(outcome.status, Status::Undelivered);
    assert!(outcome.text.starts_with("UNDELIV"), "{}", outcome.text);
}

#[test]
fn a_missing_report_ends_at_its_deadline() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&report_deadline=1h"));
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, answer(7, 0), sent[0].header.seq);
    d.cut(c);
    d.pass(3599 * SECOND);
    assert!(d.outcomes().is_empty());
    d.pass(2 * SECOND);
    assert_eq!(d.outcomes()[0].status, Status::NoReport);
}

#[test]
fn a_report_that_has_nowhere_to_go_is_explained() {
    for (url, named) in [(SGIP.to_owned(), true), (format!("{SGIP}&listen=127.0.0.1:8802"), false)] {
        let accepted = |d: &mut Desk| {
            d.send(Submit::to("13000000001").text("hi"));
            let c = d.connect();
            let seq = d.sent(c)[0].header.seq;
            d.give(c, sgip(spdu::SubmitResp::default()), seq);
        };
        let mut late = Desk::new(&format!("{url}&report_deadline=1h"));
        accepted(&mut late);
        late.pass(3601 * SECOND);
        let mut closed = Desk::new(&url);
        accepted(&mut closed);
        closed.close();
        for outcome in [late.outcomes()[0], closed.outcomes()[0]] {
            assert_eq!(outcome.status, Status::NoReport);
            assert_eq!(outcome.text.contains("listen, which is not set"), named, "{}", outcome.text);
        }
    }
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let seq = d.sent(c)[0].header.seq;
    d.give(c, answer(7, 0), seq);
    d.close();
    assert_eq!(d.outcomes()[0].text, "closed before its report came");
}

#[test]
fn no_report_wanted_ends_with_the_answer() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi").report(false));
    let sent = d.sent(c);
    let AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) = &sent[0].pdu else { panic!() };
    assert_eq!(submit.registered_delivery, 0);
    d.give(c, answer(7, 0), sent[0].header.seq);
    assert_eq!(d.outcomes()[0].status, Status::Sent);
}

#[test]
fn a_rejected_segment_decides_at_once_and_cancels_the_rest() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&window=2"));
    d.send(Submit::to(TO).text("中".repeat(300)));
    let sent = d.sent(c);
    assert_eq!(sent.len(), 2, "the window");
    d.give(c, answer(0, 13), sent[0].header.seq);
    let outcome = d.outcomes()[0];
    assert_eq!((outcome.status, outcome.code), (Status::Rejected, 13));
    assert!(!outcome.retriable);
    assert!(outcome.text.contains("13"), "{}", outcome.text);
    let states: Vec<Status> = outcome.segments.iter().map(|s| s.status).collect();
    assert_eq!(
        states,
        [Status::Rejected, Status::InDoubt, Status::Canceled, Status::Canceled, Status::Canceled]
    );
    assert!(d.sent(c).is_empty(), "nothing more of it is sent");
    d.give(c, answer(8, 0), sent[1].header.seq);
    d.give(c, report(1, 8, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!(d.outcomes().len(), 1, "one outcome");
    assert_eq!((d.queued(), d.open()), (0, 0));
}

#[test]
fn all_segments_travel_on_one_connection_in_order() {
    let mut d = Desk::new(&format!("{CMPP}&connections=2&window=3&rate=0"));
    let a = d.connect();
    let b = d.connect();
    for i in 0..4 {
        d.send(Submit::to(TO).text("中".repeat(134)).reference(format!("m{i}")));
    }
    let mut on = std::collections::HashMap::new();
    for _ in 0..10 {
        for conn in [a, b] {
            for seen in d.sent(conn) {
                let AnyPdu::Cmpp(pdu::Pdu::Submit(s)) = &seen.pdu else { panic!() };
                let reference = s.msg_content[3];
                let parts: &mut Vec<_> = on.entry(reference).or_default();
                parts.push((conn, s.pk_number));
                d.give(
                    conn,
                    answer(u64::from(seen.header.seq.serial) << 8 | u64::from(conn.index), 0),
                    seen.header.seq,
                );
            }
        }
    }
    assert_eq!(on.len(), 4);
    for parts in on.values() {
        assert_eq!(parts.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 2]);
        assert!(parts.iter().all(|(conn, _)| *conn == parts[0].0), "on one connection");
    }
}

#[test]
fn silence_is_doubt_and_then_in_doubt() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&window=1&keepalive=10m"));
    d.send(Submit::to(TO).text("hi"));
    d.send(Submit::to(TO).text("second"));
    let sent = d.sent(c);
    assert_eq!(sent.len(), 1);
    d.pass(60 * SECOND);
    assert_eq!(d.sent(c).len(), 1, "its place in the window is free for the second");
    assert!(d.outcomes().is_empty());
    d.pass(60 * SECOND);
    assert_eq!(d.outcomes()[0].status, Status::InDoubt);
    // The answer comes after all: an event marked late, and its report is recognised.
    d.give(c, answer(7, 0), sent[0].header.seq);
    let late = d.events.iter().any(|e| matches!(e, Event::Response(r) if r.late));
    assert!(late);
    assert_eq!(d.outcomes().len(), 1);
}

#[test]
fn a_late_answer_in_time_takes_out_of_doubt() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&keepalive=10m"));
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.pass(70 * SECOND);
    d.give(c, answer(7, 0), sent[0].header.seq);
    d.pass(120 * SECOND);
    assert!(d.outcomes().is_empty(), "accepted, its report is open");
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
    assert_eq!(d.account.core.counters.late, 1);
}

#[test]
fn three_unanswered_in_a_row_end_the_connection() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&keepalive=10m"));
    for _ in 0..3 {
        d.send(Submit::to(TO).text("hi"));
    }
    d.sent(c);
    d.pass(60 * SECOND);
    assert!(d.account.is_over(c), "the connection is over");
    assert!(d.log().contains("unanswered"), "{}", d.log());
    d.pass(61 * SECOND);
    assert_eq!(d.outcomes().iter().filter(|o| o.status == Status::InDoubt).count(), 3);
}

#[test]
fn a_broken_connection_resends_only_what_was_never_written() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("written"));
    assert_eq!(d.sent(c).len(), 1, "taken by the socket");
    d.send(Submit::to(TO).text("not written"));
    d.cut(c);
    d.pass(2 * SECOND);
    let again = d.connect();
    let resent = d.sent(again);
    assert_eq!(resent.len(), 1);
    let AnyPdu::Cmpp(pdu::Pdu::Submit(s)) = &resent[0].pdu else { panic!() };
    assert_eq!(&s.msg_content[..], b"not written");
    d.give(again, answer(9, 0), resent[0].header.seq);
    d.pass(61 * SECOND);
    let outcome = d.outcomes()[0];
    assert_eq!(outcome.status, Status::InDoubt);
    assert_eq!(outcome.segments[0].sent_at, 1_783_476_623_000);
}

#[test]
fn congestion_slows_down_resends_with_a_new_sequence_and_recovers() {
    let (mut d, c) = Desk::online(CMPP);
    d.send(Submit::to(TO).text("hi"));
    let first = d.sent(c);
    d.give(c, answer(0, 8), first[0].header.seq);
    assert!(d.outcomes().is_empty());
    assert!(d.sent(c).is_empty(), "not at once");
    d.pass(SECOND);
    let second = d.sent(c);
    assert_ne!(second[0].header.seq, first[0].header.seq);
    d.give(c, answer(7, 0), second[0].header.seq);
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
    assert_eq!((d.queued(), d.open()), (0, 0));
}

#[test]
fn endless_congestion_is_bounded() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&congestion_max=3"));
    d.send(Submit::to(TO).text("hi"));
    let mut sends = 0;
    for _ in 0..20 {
        for seen in d.sent(c).into_iter().filter(|s| s.pdu.name() == "submit") {
            sends += 1;
            d.give(c, answer(0, 8), seen.header.seq);
        }
        d.pass(10 * SECOND);
    }
    assert_eq!(sends, 4, "the first and three more");
    let outcome = d.outcomes()[0];
    assert_eq!((outcome.status, outcome.retriable), (Status::Rejected, true));
}

#[test]
fn valid_for_ends_what_waits_too_long() {
    let mut d = Desk::new(CMPP);
    d.send(Submit::to(TO).text("code 1234").valid_for(std::time::Duration::from_secs(5)));
    d.pass(4 * SECOND);
    assert!(d.outcomes().is_empty());
    d.pass(2 * SECOND);
    assert_eq!(d.outcomes()[0].status, Status::Expired);
    let c = d.connect();
    assert!(d.sent(c).is_empty(), "it is not sent any more");
    assert_eq!(d.queued(), 0);
}

#[test]
fn closing_drains_what_is_queued_and_says_what_is_left() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&window=2"));
    for _ in 0..3 {
        d.send(Submit::to(TO).text("hi"));
    }
    let sent = d.sent(c);
    d.account.close(d.now, d.now.mono_ns + 5 * SECOND);
    d.give(c, answer(7, 0), sent[0].header.seq);
    let third = d.sent(c);
    assert_eq!(third.len(), 1, "the queue goes on during the close");
    d.give(c, answer(8, 0), third[0].header.seq);
    d.pass(4 * SECOND);
    assert!(!d.account.is_closed(), "one answer is open");
    d.pass(3 * SECOND);
    assert!(d.account.is_closed());
    let mut states: Vec<Status> = d.outcomes().iter().map(|o| o.status).collect();
    states.sort();
    assert_eq!(states, [Status::InDoubt, Status::NoReport, Status::NoReport]);
    let left = d.account.core.left;
    assert_eq!((left.abandoned, left.in_doubt, left.no_report), (0, 1, 2));
}

#[test]
fn closing_without_a_connection_abandons() {
    let mut d = Desk::new(CMPP);
    d.send(Submit::to(TO).text("hi"));
    d.close();
    let outcome = d.outcomes()[0];
    assert_eq!((outcome.status, outcome.retriable), (Status::Abandoned, true));
    assert_eq!(d.account.core.left.abandoned, 1);
}

#[test]
fn closing_ends_the_session_in_order() {
    let (mut d, c) = Desk::online(CMPP);
    d.account.close(d.now, d.now.mono_ns + 5 * SECOND);
    let end = d.sent(c);
    assert_eq!(end[0].pdu.name(), "terminate");
    d.give(c, cmpp(pdu::TerminateResp {}), end[0].header.seq);
    assert!(d.account.is_closed());
}

#[test]
fn sgip_report_before_answer_counts_as_the_answer() {
    let mut d = Desk::new(SGIP);
    d.send(Submit::to("13000000001").text("hi"));
    let c = d.connect();
    let sent = d.sent(c);
    let seq = sent[0].header.seq;
    assert_eq!(seq.node, 3_010_012_345);
    let report = spdu::Report {
        submit_sequence: seq,
        user_number: Text::new("8613000000001").unwrap(),
        state: 0,
        ..spdu::Report::default()
    };
    let theirs = Seq { node: 101_001, time: 708_101_024, serial: 5 };
    d.give(c, sgip(report), theirs);
    assert_eq!(d.outcomes()[0].status, Status::Delivered, "it has its outcome without an answer");
    d.give(c, sgip(spdu::SubmitResp::default()), seq);
    assert_eq!(d.outcomes().len(), 1);
}

#[test]
fn sgip_failure_names_the_error() {
    let mut d = Desk::new(SGIP);
    d.send(Submit::to("13000000001").text("hi"));
    let c = d.connect();
    let seq = d.sent(c)[0].header.seq;
    d.give(c, sgip(spdu::SubmitResp::default()), seq);
    let report = spdu::Report {
        submit_sequence: seq,
        user_number: Text::new("13000000001").unwrap(),
        state: 2,
        error_code: 27,
        ..spdu::Report::default()
    };
    d.give(c, sgip(report), Seq { node: 1, time: 1, serial: 1 });
    let outcome = d.outcomes()[0];
    assert_eq!((outcome.status, outcome.code), (Status::Undelivered, 27));
}

#[test]
fn sgip_rests_when_idle_and_dials_again() {
    let mut d = Desk::new(SGIP);
    assert_eq!(d.dialed(), None, "nothing to send: no connection");
    assert_eq!(d.account.core.standing().0, LinkState::Idle);
    d.send(Submit::to("13000000001").text("hi").report(false));
    let c = d.connect();
    let seq = d.sent(c)[0].header.seq;
    d.give(c, sgip(spdu::SubmitResp::default()), seq);
    d.pass(29 * SECOND);
    assert!(d.sent(c).is_empty());
    d.pass(2 * SECOND);
    let end = d.sent(c);
    assert_eq!(end[0].pdu.name(), "unbind");
    d.give(c, sgip(spdu::UnbindResp {}), end[0].header.seq);
    d.account.forget(c);
    assert_eq!(d.account.core.standing().0, LinkState::Idle);
    d.send(Submit::to("13000000001").text("again"));
    assert!(d.dialed().is_some(), "send dials");
}

#[test]
fn a_long_delivery_is_one_event_and_every_part_is_answered() {
    let (mut d, c) = Desk::online(CMPP);
    let parts: [&[u8]; 3] = [
        b"\x05\0\x03\x42\x03\x02\x4e\x2d",
        b"\x05\0\x03\x42\x03\x01\x4e\x0a",
        b"\x05\0\x03\x42\x03\x03\x4e\x0b",
    ];
    for (i, part) in parts.iter().enumerate() {
        d.give(c, mo(i as u64 + 1, true, 8, part), Seq::serial(50 + i as u32));
    }
    let delivers = d.delivers();
    assert_eq!(delivers.len(), 1);
    let deliver = delivers[0];
    assert_eq!(deliver.text.as_deref(), Some("上中下"));
    assert_eq!((deliver.parts, deliver.total, deliver.complete), (3, 3, true));
    assert_eq!(deliver.sender.as_str(), Some("13800138000"), "without the country code");
    assert_eq!(deliver.receiver.as_str(), Some("1065700188"));
    let token = deliver.token;
    assert_eq!(d.sent(c).len(), 2, "parked parts are answered at once");
    assert!(d.account.answer(d.now, token, 0));
    let last = d.sent(c);
    assert_eq!(last[0].header.seq, Seq::serial(52));
    assert!(!d.account.answer(d.now, token, 0), "answered once");
}

#[test]
fn an_incomplete_long_delivery_comes_out_at_its_deadline() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, mo(1, true, 8, b"\x05\0\x03\x42\x02\x02\x4e\x0b"), Seq::serial(50));
    d.pass(601 * SECOND);
    let deliver = d.delivers()[0];
    assert_eq!(
        (deliver.text.as_deref(), deliver.complete, deliver.parts, deliver.total),
        (Some("下"), false, 1, 2)
    );
}

#[test]
fn a_handler_that_takes_too_long_is_answered_for() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, mo(1, false, 15, b"TD"), Seq::serial(50));
    assert!(d.sent(c).is_empty(), "the handler has not returned");
    d.pass(9 * SECOND);
    assert!(d.sent(c).is_empty());
    d.pass(2 * SECOND);
    assert_eq!(d.sent(c)[0].pdu.name(), "deliver_resp");
    assert_eq!(d.account.core.counters.acked_unhandled, 1);
}

#[test]
fn a_deliver_marked_as_report_without_one_is_told_and_answered() {
    let (mut d, c) = Desk::online(CMPP);
    let odd =
        pdu::Deliver { registered_delivery: 1, msg_content: "nonsense".into(), ..pdu::Deliver::default() };
    d.give(c, cmpp(odd), Seq::serial(50));
    assert_eq!(d.sent(c)[0].pdu.name(), "deliver_resp");
    assert!(d.log().contains("report"), "{}", d.log());
}

#[test]
fn a_quiet_connection_is_tested_and_a_dead_one_ends() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&keepalive=10s"));
    d.pass(10 * SECOND);
    let test = d.sent(c);
    assert_eq!(test[0].pdu.name(), "active_test");
    d.give(c, cmpp(pdu::ActiveTestResp::default()), test[0].header.seq);
    d.pass(9 * SECOND);
    assert!(d.sent(c).is_empty());
    d.pass(41 * SECOND);
    assert!(d.account.is_over(c), "three tests without a sign of life");
    assert!(d.log().contains("link tests"), "{}", d.log());
}

#[test]
fn any_octet_counts_as_life() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&keepalive=10s"));
    for i in 0..100 {
        d.pass(9 * SECOND);
        d.give(c, mo(i, false, 0, b"x"), Seq::serial(50 + i as u32));
    }
    assert!(d.sent(c).iter().all(|s| s.pdu.name() != "active_test"));
}

#[test]
fn the_gateways_link_test_is_answered() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, cmpp(pdu::ActiveTest {}), Seq::serial(77));
    let sent = d.sent(c);
    assert_eq!((sent[0].pdu.name(), sent[0].header.seq), ("active_test_resp", Seq::serial(77)));
}

#[test]
fn a_refused_login_backs_off_and_says_why() {
    let mut d = Desk::new(CMPP);
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c);
    d.give(c, cmpp(pdu::ConnectResp { status: 3, ..pdu::ConnectResp::default() }), login[0].header.seq);
    assert_eq!(d.account.core.standing().0, LinkState::Refused);
    assert!(d.log().contains("status 3"), "{}", d.log());
    d.pass(14 * SECOND);
    assert_eq!(d.dialed(), None, "no knocking");
    d.pass(17 * SECOND);
    assert!(d.dialed().is_some());
}

#[test]
fn a_gateway_that_ends_the_session_is_answered_and_dialed_again() {
    let (mut d, c) = Desk::online(CMPP);
    d.give(c, cmpp(pdu::Terminate {}), Seq::serial(9));
    assert_eq!(d.sent(c)[0].pdu.name(), "terminate_resp");
    assert!(d.account.is_over(c));
    d.pass(2 * SECOND);
    assert!(d.dialed().is_some());
}

#[test]
fn strict_verification_refuses_a_gateway_without_the_secret() {
    let login_with = |verify: &str, digest: [u8; 16]| {
        let mut d = Desk::new(&format!("{CMPP}&verify={verify}"));
        let slot = d.dialed().unwrap();
        let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
        let login = d.sent(c);
        let ok = pdu::ConnectResp { status: 0, authenticator_ismg: digest, version: 0x30 };
        d.give(c, cmpp(ok), login[0].header.seq);
        (d.account.core.standing().1, d.account.core.counters.empty_digests, d.log())
    };
    assert_eq!(login_with("lenient", [0; 16]).0, 1);
    assert_eq!(login_with("lenient", [0; 16]).1, 1, "counted");
    assert!(!login_with("lenient", [0; 16]).2.contains("digest"), "and no warning");
    assert_eq!(login_with("strict", [0; 16]).0, 0);
    let (up, _, log) = login_with("lenient", [1; 16]);
    assert!(up == 1 && log.contains("digest is wrong"), "{log}");
    assert_eq!(login_with("off", [1; 16]).0, 1);
}

#[test]
fn the_rate_counts_segments() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&rate=10&burst=1&window=1000"));
    for _ in 0..10 {
        d.send(Submit::to(TO).text("中".repeat(134)));
    }
    let mut sent = d.sent(c).len();
    assert_eq!(sent, 1);
    for _ in 0..10 {
        d.pass(SECOND / 10);
        sent += d.sent(c).len();
    }
    assert_eq!(sent, 11, "ten a second");
}

#[test]
fn losses_between_answers_are_not_in_a_row_however_late_they_are_noticed() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&report=no&keepalive=10m&timeouts_to_close=3"));
    for _ in 0..8 {
        d.send(Submit::to(TO).text("hi"));
    }
    let sent = d.sent(c);
    for answered in [1, 3, 5, 7] {
        d.give(c, answer(1 + answered as u64, 0), sent[answered].header.seq);
    }
    // Nothing else is sent, so that nothing else can be answered before the four time out, all at once.
    d.pass(61 * SECOND);
    assert!(!d.account.is_over(c), "every second one was answered: the gateway is there");
    assert_eq!(d.account.core.counters.unanswered, 4);
    for _ in 0..3 {
        d.send(Submit::to(TO).text("ho"));
    }
    d.pass(61 * SECOND);
    assert!(d.account.is_over(c), "three in a row");
}

#[test]
fn resend_same_writes_the_same_again_and_gives_up_in_time() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=same&keepalive=10m&timeouts_to_close=100"));
    d.send(Submit::to(TO).text("hi"));
    let first = d.sent(c);
    let mut copies = Vec::new();
    for _ in 0..5 {
        d.pass(60 * SECOND);
        copies.extend(d.sent(c).into_iter().filter(|s| s.pdu.name() == "submit"));
    }
    assert_eq!(copies.len(), 2, "three sends in all");
    assert!(copies.iter().all(|s| s.header.seq == first[0].header.seq && s.pdu == first[0].pdu));
    assert_eq!(d.outcomes()[0].status, Status::InDoubt);
}

#[test]
fn what_was_never_written_counts_as_no_send() {
    let (mut d, c) =
        Desk::online(&format!("{CMPP}&resend=same&resend_max=2&keepalive=10m&timeouts_to_close=100"));
    d.send(Submit::to(TO).text("hi"));
    d.cut(c);
    d.pass(2 * SECOND);
    let again = d.connect();
    let submits = |d: &mut Desk| d.sent(again).iter().filter(|s| s.pdu.name() == "submit").count();
    assert_eq!(submits(&mut d), 1);
    d.pass(60 * SECOND);
    assert_eq!(submits(&mut d), 1, "the second of two sends");
    d.pass(60 * SECOND);
    assert_eq!(submits(&mut d), 0);
}

#[test]
fn what_is_written_again_counts_for_the_rate() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=same&keepalive=10m&rate=1&burst=1&window=16"));
    d.send(Submit::to(TO).text("hi"));
    let first = d.sent(c);
    d.pass(60 * SECOND);
    assert_eq!(d.sent(c)[0].header.seq, first[0].header.seq, "it goes again");
    d.send(Submit::to(TO).text("ho"));
    assert!(d.sent(c).is_empty(), "one a second");
    d.pass(SECOND);
    assert_eq!(d.sent(c).len(), 1);
}

#[test]
fn a_repeated_sequence_answer_to_a_resend_means_accepted() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=same&report=no&keepalive=10m"));
    d.send(Submit::to(TO).text("hi"));
    d.sent(c);
    d.pass(60 * SECOND);
    let again = d.sent(c);
    d.give(c, answer(0, 3), again[0].header.seq);
    assert_eq!(d.outcomes()[0].status, Status::Sent);
    // Without a resend the same answer is a refusal.
    d.send(Submit::to(TO).text("hi"));
    let once = d.sent(c);
    d.give(c, answer(0, 3), once[0].header.seq);
    assert_eq!(d.outcomes()[1].status, Status::Rejected);
}

#[test]
fn resend_always_goes_on_another_connection_with_a_new_sequence() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=always"));
    d.send(Submit::to(TO).text("hi"));
    d.send(Submit::to(TO).text("ho"));
    assert_eq!(d.sent(c).len(), 2);
    d.cut(c);
    d.pass(2 * SECOND);
    let again = d.connect();
    let copies = d.sent(again);
    assert_eq!(copies.len(), 2);
    let AnyPdu::Cmpp(pdu::Pdu::Submit(s)) = &copies[0].pdu else { panic!() };
    assert_eq!(&s.msg_content[..], b"hi", "in their old order");
    d.give(again, answer(7, 0), copies[0].header.seq);
    d.give(again, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
}

#[test]
fn sgip_resends_on_a_new_connection_with_the_same_sequence() {
    let mut d = Desk::new(&format!("{SGIP}&resend=same"));
    d.send(Submit::to("13000000001").text("hi"));
    let c = d.connect();
    let first = d.sent(c);
    d.cut(c);
    d.pass(2 * SECOND);
    let again = d.connect();
    let copy = d.sent(again);
    assert_eq!(copy[0].header.seq, first[0].header.seq);
    d.give(again, sgip(spdu::SubmitResp { result: 9, ..spdu::SubmitResp::default() }), copy[0].header.seq);
    let report = spdu::Report {
        submit_sequence: first[0].header.seq,
        user_number: Text::new("13000000001").unwrap(),
        ..spdu::Report::default()
    };
    d.give(again, sgip(report), Seq { node: 1, time: 1, serial: 1 });
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
}

#[test]
fn repeated_requests_share_their_answer() {
    let (mut d, c) = Desk::online(CMPP);
    for _ in 0..3 {
        d.give(c, mo(1, false, 15, b"TD"), Seq::serial(50));
    }
    assert_eq!(d.delivers().len(), 1, "one event for three copies");
    let token = d.delivers()[0].token;
    d.account.answer(d.now, token, 0);
    assert_eq!(d.sent(c).len(), 3, "each copy is answered");
    d.give(c, mo(1, false, 15, b"TD"), Seq::serial(50));
    assert_eq!((d.delivers().len(), d.sent(c).len()), (1, 1), "a late copy is answered the same");
    // Some senders give every part of a long message the same sequence.
    d.give(c, mo(2, false, 15, b"another"), Seq::serial(50));
    assert_eq!(d.delivers().len(), 2);
}

#[test]
fn a_slow_application_is_the_peers_own_window() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&inbound_window=4&ack_within=1s&keepalive=10m"));
    for i in 0..4 {
        d.give(c, mo(i, false, 0, b"x"), Seq::serial(50 + i as u32));
    }
    d.pass(5 * SECOND);
    assert!(d.sent(c).is_empty(), "while the window is full nothing is answered by time alone");
    d.give(c, mo(9, false, 0, b"x"), Seq::serial(60));
    let busy = d.sent(c);
    let AnyPdu::Cmpp(pdu::Pdu::DeliverResp(r)) = &busy[0].pdu else { panic!() };
    assert_eq!(r.result, 8, "more than the window at once is refused");
    let token = d.delivers()[0].token;
    d.account.answer(d.now, token, 0);
    assert_eq!(d.sent(c).len(), 1);
    d.pass(2 * SECOND);
    assert_eq!(d.sent(c).len(), 3, "with room again, time answers");
    assert_eq!(d.account.core.counters.acked_unhandled, 3);
}

#[test]
fn messages_that_expired_in_the_queue_leave_nothing_to_do() {
    let mut d = Desk::new(SGIP);
    for _ in 0..3 {
        d.send(Submit::to("13000000001").text("hi").valid_for(std::time::Duration::from_secs(1)));
    }
    let slot = d.dialed().unwrap();
    d.pass(2 * SECOND);
    assert_eq!(d.outcomes().len(), 3);
    d.account.dial_failed(d.now, slot, "unreachable");
    d.pass(600 * SECOND);
    assert_eq!(d.dialed(), None, "nothing to send: no more dialing");
    d.account.close(d.now, d.now.mono_ns + 60 * SECOND);
    assert!(d.account.is_closed(), "and nothing to wait for");
}
