//! One submit to several receivers: one ticket each, ids by the rule, and only the bad number refused. Both ends on one
//! virtual clock.

mod common;

use common::pair::Pair;
use sanwang::gateway::StatusReport;
use sanwang::message::{Status, SubmitRequest};
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, Protocol, cmpp, sgip, smgp};
use sanwang::{Event, Submit, Ticket};

const CMPP: [&str; 3] = ["13800138000", "13800138001", "13800138002"];
const SGIP: [&str; 3] = ["13000000001", "13000000002", "13000000003"];
const SMGP: [&str; 3] = ["18900000001", "18900000002", "18900000003"];

fn of(protocol: Protocol) -> [&'static str; 3] {
    match protocol {
        Protocol::Cmpp => CMPP,
        Protocol::Sgip => SGIP,
        Protocol::Smgp => SMGP,
    }
}

fn pair(protocol: Protocol, settings: &[(&str, &str)]) -> Pair {
    let mut own = vec![("max_receivers", "10")];
    own.extend(settings);
    Pair::new(protocol, &own, &[])
}

fn receivers(pdu: &AnyPdu) -> usize {
    match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Submit(p)) => p.dest_terminal_id.len(),
        AnyPdu::Sgip(sgip::Pdu::Submit(p)) => p.user_numbers.len(),
        AnyPdu::Smgp(smgp::Pdu::Submit(p)) => p.dest_term_id.len(),
        other => panic!("{}", other.name()),
    }
}

/// What a submit of the SP says of its receivers: one number a submit.
fn sizes(p: &Pair) -> Vec<usize> {
    p.written("submit").into_iter().map(receivers).collect()
}

fn report(p: &mut Pair, submit: &SubmitRequest, index: usize, stat: &str) {
    let reports = StatusReport::on_receiver(submit, index, stat);
    assert!(!reports.is_empty());
    for one in reports.iter() {
        p.report(one);
    }
}

fn statuses(p: &Pair, tickets: &[Ticket]) -> Vec<Status> {
    tickets.iter().map(|t| p.outcome(*t).status).collect()
}

fn nothing_left(p: &Pair) {
    assert_eq!((p.room.queued(), p.room.open()), (0, 0));
    assert!(p.room.reserve(10_000, 1 << 24), "and all the room is free");
}

#[test]
fn every_receiver_has_its_ticket_its_id_and_its_outcome() {
    for protocol in Protocol::ALL {
        let mut p = pair(protocol, &[]);
        let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi").reference("r").user_data(7));
        assert_eq!(sizes(&p), [3], "{protocol}");
        let submits = p.submits();
        assert_eq!((submits.len(), submits[0].receivers.len()), (1, 3));
        p.answer(submits[0].token, 0);
        assert!(p.outcomes().is_empty());
        // In any order.
        report(&mut p, &submits[0], 2, "DELIVRD");
        report(&mut p, &submits[0], 0, "UNDELIV");
        assert_eq!(p.outcomes().len(), 2);
        report(&mut p, &submits[0], 1, "DELIVRD");
        assert_eq!(statuses(&p, &tickets), [Status::Undelivered, Status::Delivered, Status::Delivered]);
        for (i, ticket) in tickets.iter().enumerate() {
            let outcome = p.outcome(*ticket);
            assert_eq!(outcome.receiver.to_string_lossy(), of(protocol)[i]);
            assert_eq!((outcome.reference.as_deref(), outcome.user_data), (Some("r"), 7));
            let id = submits[0].message_id;
            let own = id.of_receiver(i as u16).unwrap_or(id);
            assert_eq!(outcome.segments[0].message_id, own, "{protocol} {i}");
        }
        assert_eq!(p.reports().iter().filter(|r| r.ticket.is_some()).count(), 3);
        let answers = p.sp_events.iter().filter(|e| matches!(e, Event::Response(r) if r.result == 0));
        assert_eq!(answers.count(), 3, "one response a ticket");
        assert_eq!(p.sp.core.counters.outcomes, 3);
        nothing_left(&p);
    }
}

#[test]
fn long_messages_go_to_several_receivers_segment_by_segment() {
    for protocol in Protocol::ALL {
        let mut p = pair(protocol, &[]);
        let tickets = p.send_group(&of(protocol), &Submit::to("").text("中".repeat(150)));
        assert_eq!(sizes(&p), [3, 3, 3]);
        let submits = p.submits();
        for submit in &submits {
            p.answer(submit.token, 0);
        }
        for submit in &submits {
            for index in 0..3 {
                report(&mut p, submit, index, "DELIVRD");
            }
        }
        assert_eq!(statuses(&p, &tickets), [Status::Delivered; 3], "{protocol}");
        assert!(tickets.iter().all(|t| p.outcome(*t).segments.len() == 3));
        nothing_left(&p);
    }
}

#[test]
fn without_a_report_the_answer_decides_all() {
    let mut p = pair(Protocol::Cmpp, &[("version", "2.0")]);
    let tickets = p.send_group(&CMPP, &Submit::to("").text("hi").report(false));
    let submits = p.submits();
    p.answer(submits[0].token, 0);
    assert_eq!(statuses(&p, &tickets), [Status::Sent; 3]);
    nothing_left(&p);
}

#[test]
fn a_refused_submit_goes_again_one_by_one_and_only_the_bad_number_is_refused() {
    for protocol in Protocol::ALL {
        let mut p = pair(protocol, &[]);
        let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi"));
        let submits = p.submits();
        p.answer(submits[0].token, 6);
        assert!(p.outcomes().is_empty(), "nobody is refused yet");
        let alone = p.submits();
        assert_eq!(sizes(&p), [3, 1, 1, 1]);
        for (i, submit) in alone.iter().enumerate() {
            assert!(submit.receivers[0].to_string_lossy().ends_with(of(protocol)[i]), "in their order");
            assert_eq!(&submit.content[..], b"hi");
            p.answer(submit.token, if i == 1 { 6 } else { 0 });
        }
        assert_eq!(p.outcome(tickets[1]).status, Status::Rejected, "{protocol}");
        report(&mut p, &alone[0], 0, "DELIVRD");
        report(&mut p, &alone[2], 0, "DELIVRD");
        assert_eq!(statuses(&p, &tickets), [Status::Delivered, Status::Rejected, Status::Delivered]);
        assert_eq!((p.outcome(tickets[1]).code, p.outcomes().len()), (6, 3));
        nothing_left(&p);
    }
}

#[test]
fn a_refused_segment_takes_the_unsent_ones_with_it_into_single_submits() {
    let mut p = pair(Protocol::Cmpp, &[("window", "1")]);
    let tickets = p.send_group(&CMPP, &Submit::to("").text("中".repeat(150)));
    let first = p.submits();
    p.answer(first[0].token, 13);
    // One after the other, because the window is one.
    let mut seen = Vec::new();
    loop {
        let submits = p.submits();
        let Some(submit) = submits.first() else { break };
        seen.push((submit.receivers[0].to_string_lossy().into_owned(), submit.segment));
        let bad = submit.receivers[0].as_bytes() == CMPP[0].as_bytes();
        p.answer(submit.token, if bad { 13 } else { 0 });
    }
    let own = |n: usize| (1..=3).map(move |s| (CMPP[n].to_owned(), s));
    let expected: Vec<_> = [(CMPP[0].to_owned(), 1)].into_iter().chain(own(1)).chain(own(2)).collect();
    assert_eq!(seen, expected, "the segments of a message in order, and none after a refusal");
    assert_eq!(p.outcome(tickets[0]).status, Status::Rejected);
    p.sp.close(p.now, p.now.mono_ns);
    p.run();
    assert_eq!(statuses(&p, &tickets[1..]), [Status::NoReport; 2]);
    nothing_left(&p);
}

#[test]
fn congestion_puts_the_whole_submit_back() {
    for protocol in Protocol::ALL {
        let mut p = pair(protocol, &[]);
        let busy = [(Protocol::Cmpp, 8), (Protocol::Sgip, 11), (Protocol::Smgp, 1)];
        let busy = busy.iter().find(|(of, _)| *of == protocol).unwrap().1;
        let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi"));
        let first = p.submits();
        p.answer(first[0].token, busy);
        assert_eq!(p.room.queued(), 3);
        p.pass(SECOND);
        let second = p.submits();
        assert_eq!(sizes(&p), [3, 3], "{protocol}");
        p.answer(second[0].token, 0);
        for index in 0..3 {
            report(&mut p, &second[0], index, "DELIVRD");
        }
        assert_eq!(statuses(&p, &tickets), [Status::Delivered; 3], "{protocol}");
        nothing_left(&p);
    }
}

#[test]
fn a_broken_connection_leaves_every_ticket_its_outcome() {
    for (resend, sends) in [("never", 1), ("always", 2)] {
        for protocol in Protocol::ALL {
            let mut p = pair(protocol, &[("resend", resend)]);
            let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi"));
            p.submits();
            p.cut();
            p.pass(20 * SECOND);
            assert_eq!(sizes(&p).len(), sends, "{protocol} {resend}");
            for submit in p.submits() {
                p.answer(submit.token, 0);
                for index in 0..3 {
                    report(&mut p, &submit, index, "DELIVRD");
                }
            }
            p.pass(200 * SECOND);
            let status = if sends == 1 { Status::InDoubt } else { Status::Delivered };
            assert_eq!(statuses(&p, &tickets), [status; 3], "{protocol} {resend}");
            nothing_left(&p);
        }
    }
}

#[test]
fn silence_puts_every_receiver_in_doubt_and_a_late_answer_out_of_it() {
    let mut p = pair(Protocol::Smgp, &[]);
    let tickets = p.send_group(&SMGP, &Submit::to("").text("hi"));
    let submits = p.submits();
    p.pass(70 * SECOND);
    p.answer(submits[0].token, 0);
    p.pass(100 * SECOND);
    assert!(p.outcomes().is_empty());
    for index in 0..3 {
        report(&mut p, &submits[0], index, "DELIVRD");
    }
    assert_eq!(statuses(&p, &tickets), [Status::Delivered; 3]);
    let tickets = p.send_group(&SMGP, &Submit::to("").text("hi"));
    p.pass(130 * SECOND);
    assert_eq!(statuses(&p, &tickets), [Status::InDoubt; 3]);
    nothing_left(&p);
}

#[test]
fn reports_before_the_answer_find_their_receiver() {
    for protocol in Protocol::ALL {
        let mut p = pair(protocol, &[]);
        let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi"));
        let submits = p.submits();
        report(&mut p, &submits[0], 1, "DELIVRD");
        report(&mut p, &submits[0], 0, "UNDELIV");
        p.answer(submits[0].token, 0);
        report(&mut p, &submits[0], 2, "DELIVRD");
        let expected = [Status::Undelivered, Status::Delivered, Status::Delivered];
        assert_eq!(statuses(&p, &tickets), expected, "{protocol}");
        nothing_left(&p);
    }
}

#[test]
fn a_gateway_that_names_one_id_for_all_is_understood() {
    for early in [false, true] {
        for protocol in [Protocol::Cmpp, Protocol::Smgp] {
            let mut p = pair(protocol, &[]);
            let tickets = p.send_group(&of(protocol), &Submit::to("").text("hi"));
            let submits = p.submits();
            if !early {
                p.answer(submits[0].token, 0);
            }
            for (index, stat) in [(1, "DELIVRD"), (2, "UNDELIV"), (0, "DELIVRD")] {
                let mut one = StatusReport::on(&submits[0], stat);
                one.receiver = submits[0].receivers[index];
                p.report(&one);
            }
            if early {
                p.answer(submits[0].token, 0);
            }
            let expected = [Status::Delivered, Status::Delivered, Status::Undelivered];
            assert_eq!(statuses(&p, &tickets), expected, "{protocol} {early}");
            nothing_left(&p);
        }
    }
}

#[test]
fn what_expires_before_it_is_sent_leaves_no_room_taken() {
    let mut p = pair(Protocol::Sgip, &[]);
    let soon = std::time::Duration::from_secs(5);
    // The window is full of others, so it waits.
    let before: Vec<Ticket> = (0..16).map(|_| p.send(Submit::to(SGIP[0]).text("x"))).collect();
    let tickets = p.send_group(&SGIP, &Submit::to("").text("hi").valid_for(soon));
    assert_eq!(p.room.queued(), 3);
    p.pass(6 * SECOND);
    assert_eq!(statuses(&p, &tickets), [Status::Expired; 3]);
    assert_eq!(p.room.queued(), 0);
    for submit in p.submits() {
        p.answer(submit.token, 0);
    }
    assert!(p.submits().is_empty(), "nothing of it is sent");
    assert_eq!(before.len(), 16);
}

#[test]
fn closing_decides_every_receiver_once() {
    let mut p = pair(Protocol::Cmpp, &[("window", "1")]);
    let sent = p.send_group(&CMPP, &Submit::to("").text("hi"));
    let queued = p.send_group(&CMPP, &Submit::to("").text("ho"));
    p.sp.close(p.now, p.now.mono_ns);
    p.run();
    p.pass(SECOND);
    assert_eq!(statuses(&p, &sent), [Status::InDoubt; 3]);
    assert_eq!(statuses(&p, &queued), [Status::Abandoned; 3]);
    let left = p.sp.core.left;
    assert_eq!((left.abandoned, left.in_doubt, left.no_report), (3, 3, 0));
    nothing_left(&p);
}

#[test]
fn a_message_to_three_counts_three_times() {
    let mut p = pair(Protocol::Cmpp, &[("rate", "3"), ("burst", "1"), ("window", "64")]);
    for _ in 0..10 {
        p.send_group(&CMPP, &Submit::to("").text("hi").report(false));
    }
    assert_eq!(sizes(&p).len(), 1);
    p.pass(5 * SECOND);
    assert!((5..=6).contains(&sizes(&p).len()), "{:?}: one a second", sizes(&p));
}
