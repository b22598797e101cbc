//! What users of other libraries miss, each promise on the state machine alone with a virtual clock.
//! `tests/README.md` says which test shows which promise.

mod common;

use common::{Desk, answer, mo, report, sgip, smgp};
use sanwang::Submit;
use sanwang::message::{Event, Status};
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, Seq, cmpp as pdu, sgip as spdu, smgp as tpdu};

const CMPP: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001";
const SGIP: &str = "sgip://sp:secret@127.0.0.1:8801?node=3010012345&sender=10655001";
const SMGP: &str = "smgp://10000001:secret@127.0.0.1:8890?sender=1065900001";
const TO: &str = "13800138000";

#[test]
fn a_report_is_asked_for_on_every_protocol_unless_told_otherwise() {
    for url in [CMPP, SGIP, SMGP] {
        for wanted in [true, false] {
            let mut d = Desk::new(&if wanted { url.to_owned() } else { format!("{url}&report=no") });
            d.send(Submit::to(TO).text("hi"));
            let c = d.connect();
            let asked = match &d.sent(c)[0].pdu {
                AnyPdu::Cmpp(pdu::Pdu::Submit(p)) => p.registered_delivery == 1,
                AnyPdu::Sgip(spdu::Pdu::Submit(p)) => p.report_flag == 1,
                AnyPdu::Smgp(tpdu::Pdu::Submit(p)) => p.need_report == 1,
                other => panic!("{other:?}"),
            };
            assert_eq!(asked, wanted, "{url}");
        }
    }
}

#[test]
fn requests_do_not_wait_for_each_other() {
    for url in [CMPP, SGIP, SMGP] {
        let mut d = Desk::new(&format!("{url}&rate=0"));
        for _ in 0..20 {
            d.send(Submit::to(TO).text("hi"));
        }
        let c = d.connect();
        assert_eq!(d.sent(c).len(), 16, "a window full at once: {url}");
    }
}

#[test]
fn each_segments_report_is_an_event_and_the_message_has_one_outcome() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&rate=0"));
    let ticket = d.send(Submit::to(TO).text("中".repeat(190)).reference("order-7"));
    let sent = d.sent(c);
    assert_eq!(sent.len(), 3);
    for (id, seen) in (1..).zip(&sent) {
        d.give(c, answer(id, 0), seen.header.seq);
    }
    // In any order, and the last word counts only when there are all.
    for (seq, id) in [(100, 3), (101, 1)] {
        d.give(c, report(id + 10, id, TO, "DELIVRD"), Seq::serial(seq));
        assert!(d.outcomes().is_empty());
    }
    d.give(c, report(12, 2, TO, "UNDELIV"), Seq::serial(102));
    assert_eq!(d.reports().iter().map(|r| r.segment).collect::<Vec<_>>(), [3, 1, 2]);
    assert!(
        d.reports().iter().all(|r| r.ticket == Some(ticket) && r.reference.as_deref() == Some("order-7"))
    );
    let outcomes = d.outcomes();
    assert_eq!((outcomes.len(), outcomes[0].status), (1, Status::Undelivered));
    let each: Vec<Status> = outcomes[0].segments.iter().map(|s| s.status).collect();
    assert_eq!(each, [Status::Delivered, Status::Undelivered, Status::Delivered]);
}

#[test]
fn a_report_finds_its_message_on_another_connection() {
    let mut d = Desk::new(&format!("{CMPP}&connections=2"));
    let (a, b) = (d.connect(), d.connect());
    let ticket = d.send(Submit::to(TO).text("hi"));
    let (on, other) = match d.sent(a) {
        sent if sent.is_empty() => (d.sent(b), a),
        sent => (sent, b),
    };
    let home = if other == a { b } else { a };
    d.give(home, answer(7, 0), on[0].header.seq);
    d.give(other, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    assert_eq!((d.outcomes()[0].ticket, d.outcomes()[0].status), (ticket, Status::Delivered));
}

#[test]
fn parts_of_a_long_delivery_join_across_connections() {
    let mut d = Desk::new(&format!("{CMPP}&connections=2"));
    let (a, b) = (d.connect(), d.connect());
    d.give(a, mo(1, true, 8, b"\x05\0\x03\x42\x02\x01\x4e\x0a"), Seq::serial(50));
    d.give(b, mo(2, true, 8, b"\x05\0\x03\x42\x02\x02\x4e\x0b"), Seq::serial(50));
    assert_eq!(d.delivers()[0].text.as_deref(), Some("上下"));
    assert!(d.delivers()[0].complete);
}

#[test]
fn congestion_of_every_protocol_slows_down_and_sends_again() {
    let answers: [(&str, AnyPdu, AnyPdu); 6] = [
        (CMPP, answer(0, 8), answer(7, 0)),
        (
            SGIP,
            sgip(spdu::SubmitResp { result: 11, ..Default::default() }),
            sgip(spdu::SubmitResp::default()),
        ),
        (
            SGIP,
            sgip(spdu::SubmitResp { result: 33, ..Default::default() }),
            sgip(spdu::SubmitResp::default()),
        ),
        (
            SGIP,
            sgip(spdu::SubmitResp { result: 88, ..Default::default() }),
            sgip(spdu::SubmitResp::default()),
        ),
        (SMGP, smgp(tpdu::SubmitResp { status: 1, ..Default::default() }), smgp(tpdu::SubmitResp::default())),
        (
            "smgp://10000001:secret@127.0.0.1:8890?congestion=77",
            smgp(tpdu::SubmitResp { status: 77, ..Default::default() }),
            smgp(tpdu::SubmitResp::default()),
        ),
    ];
    for (url, busy, accepted) in answers {
        let url = format!("{url}{}report=no", if url.contains('?') { "&" } else { "?" });
        let mut d = Desk::new(&url);
        d.send(Submit::to(TO).text("hi"));
        let c = d.connect();
        let first = d.sent(c);
        d.give(c, busy, first[0].header.seq);
        assert!(d.sent(c).is_empty(), "not at once: {url}");
        d.pass(SECOND);
        let again = d.sent(c);
        assert_ne!(again[0].header.seq, first[0].header.seq, "a new sequence: {url}");
        d.give(c, accepted, again[0].header.seq);
        assert_eq!(d.outcomes()[0].status, Status::Sent, "{url}");
    }
}

#[test]
fn what_may_have_arrived_is_in_doubt_and_never_said_to_be_unsent() {
    // Written, the connection broke, and nothing else carried the second copy that `always` allows.
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=always"));
    d.send(Submit::to(TO).text("written"));
    assert_eq!(d.sent(c).len(), 1);
    d.send(Submit::to(TO).text("not written"));
    d.cut(c);
    d.close();
    let statuses: Vec<Status> = d.outcomes().iter().map(|o| o.status).collect();
    assert_eq!(statuses, [Status::InDoubt, Status::Abandoned]);
    assert!(!d.outcomes()[0].retriable, "sending it again may send it twice");
    let left = d.account.core.left;
    assert_eq!((left.abandoned, left.in_doubt), (1, 1));
    // The same where the time to send it runs out.
    let (mut d, c) = Desk::online(&format!("{CMPP}&resend=always"));
    d.send(Submit::to(TO).text("hi").valid_for(std::time::Duration::from_secs(5)));
    assert_eq!(d.sent(c).len(), 1);
    d.cut(c);
    d.pass(6 * SECOND);
    assert_eq!(d.outcomes()[0].status, Status::InDoubt);
}

#[test]
fn a_late_answer_names_the_message_for_its_reports() {
    let (mut d, c) = Desk::online(&format!("{CMPP}&keepalive=10m"));
    let ticket = d.send(Submit::to(TO).text("hi").reference("order-7"));
    let sent = d.sent(c);
    d.pass(121 * SECOND);
    assert_eq!(d.outcomes()[0].status, Status::InDoubt);
    d.give(c, answer(7, 0), sent[0].header.seq);
    assert!(d.events.iter().any(|e| matches!(e, Event::Response(r) if r.late)));
    d.give(c, report(1, 7, TO, "DELIVRD"), Seq::serial(100));
    let told = d.reports()[0];
    assert_eq!((told.ticket, told.reference.as_deref()), (Some(ticket), Some("order-7")));
    assert_eq!(d.outcomes().len(), 1, "its outcome stays");
}
