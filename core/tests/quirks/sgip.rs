//! The rows of the tables in `sgip.md` 15.

use crate::common::{Desk, encode, sgip};
use crate::stand::{Counts, Stand, hex, sized};
use sanwang::account::slab::Key;
use sanwang::client::prepare;
use sanwang::message::{LinkState, Status};
use sanwang::session::{SeqSource, Session, SessionRules};
use sanwang::text::Coding;
use sanwang::time::{Now, SECOND};
use sanwang::wire::{AnyPdu, MsgId, Note, Notes, Protocol, Seq, Text, frame, sgip as pdu};
use sanwang::{Event, Submit};
use std::sync::Arc;

const URL: &str = "sgip://sp12345:secret@127.0.0.1:8801?node=3010012345&sender=1065500";
const NODE: u32 = 3_010_012_345;
const TO: &str = "13001125453";

/// An SP's account on its own connection, which it has opened for a message.
fn online(more: &str) -> (Desk, Key, Seq) {
    let mut d = Desk::new(&format!("{URL}{more}"));
    d.send(Submit::to(TO).text("hi"));
    let c = d.connect();
    let sent = d.sent(c);
    assert_eq!(sent[0].pdu.name(), "submit");
    (d, c, sent[0].header.seq)
}

fn accept(d: &mut Desk, c: Key, seq: Seq) {
    d.give(c, sgip(pdu::SubmitResp { result: 0, reserve: [0; 8] }), seq);
}

fn report(of: Seq, state: u8, error_code: u8) -> pdu::Report {
    pdu::Report {
        submit_sequence: of,
        user_number: Text::new(&format!("86{TO}")).unwrap(),
        state,
        error_code,
        ..pdu::Report::default()
    }
}

fn mo(content: &'static [u8]) -> pdu::Deliver {
    pdu::Deliver {
        user_number: Text::new("8613001125453").unwrap(),
        sp_number: Text::new("106550088").unwrap(),
        message_content: content.into(),
        ..pdu::Deliver::default()
    }
}

fn submit() -> pdu::Submit {
    pdu::Submit {
        sp_number: Text::new("1065500").unwrap(),
        charge_number: Text::new("000000000000000000000").unwrap(),
        user_numbers: std::iter::once(Text::new("8613001125453").unwrap()).collect(),
        corp_id: Text::new("12345").unwrap(),
        service_type: Text::new("TEST").unwrap(),
        report_flag: 1,
        message_content: (&b"hello"[..]).into(),
        ..pdu::Submit::default()
    }
}

fn seq(serial: u32) -> Seq {
    Seq::new(101_001, 708_101_023, serial)
}

#[test]
fn padding_of_texts_is_read_and_noted() {
    for (pad, note) in [(&b"        "[..], Note::BlankPadding), (b"\0\0garbage", Note::PaddingGarbage)] {
        let (mut d, c, _) = online("");
        let mut octets = encode(&sgip(mo(b"hi")), pdu::V12, seq(1)).to_vec();
        // UserNumber has 13 digits and 8 octets to fill.
        let field = &mut octets[20 + 13..20 + 21];
        field.copy_from_slice(&pad[pad.len() - 8..]);
        if note == Note::PaddingGarbage {
            field[0] = 0;
        }
        d.give_octets(c, &octets);
        assert_eq!(d.delivers()[0].sender.to_string_lossy(), TO);
        assert!(d.tolerated(note) == 1, "{note:?}");
    }
}

#[test]
fn a_missing_reserve_is_read_where_all_of_it_is_missing() {
    let cut = |pdu: AnyPdu, seq: Seq, octets: usize| {
        let whole = encode(&pdu, pdu::V12, seq).to_vec();
        sized(whole[..whole.len() - octets].to_vec())
    };
    let (mut d, c, own) = online("");
    d.give_octets(c, &cut(sgip(mo(b"hi")), seq(1), 8));
    d.give_octets(c, &cut(sgip(pdu::SubmitResp { result: 0, reserve: [0; 8] }), own, 8));
    d.give_octets(c, &cut(sgip(report(own, 0, 0)), seq(2), 8));
    assert_eq!((d.delivers().len(), d.outcomes()[0].status), (1, Status::Delivered));
    assert_eq!(d.tolerated(Note::ReserveMissing), 3);
    let mut s = Stand::online(Protocol::Sgip, "1.2", &[]);
    s.give_octets(&cut(sgip(submit()), Seq::new(NODE, 1, 1), 8));
    assert_eq!((s.submits().len(), s.tolerated(Note::ReserveMissing)), (1, 1));
    // A part of it is no tolerance: a body of 2 to 8 octets could be a wide result read as success.
    for missing in 1..8 {
        let (mut d, c, own) = online("");
        d.give_octets(c, &cut(sgip(pdu::SubmitResp { result: 0, reserve: [0; 8] }), own, missing));
        assert!(d.is_over(c) && d.outcomes().is_empty(), "{missing}");
        let mut s = Stand::online(Protocol::Sgip, "1.2", &[]);
        s.give_octets(&cut(sgip(submit()), Seq::new(NODE, 1, 1), missing));
        assert_eq!(result(&s.sent()[0].1), 8, "{missing}");
    }
}

fn result(pdu: &AnyPdu) -> u8 {
    match pdu {
        AnyPdu::Sgip(pdu::Pdu::SubmitResp(p)) => p.result,
        AnyPdu::Sgip(pdu::Pdu::DeliverResp(p)) => p.result,
        AnyPdu::Sgip(pdu::Pdu::ReportResp(p)) => p.result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn octets_behind_a_body_are_ignored_and_counted() {
    let (mut d, c, own) = online("");
    let longer = |pdu: AnyPdu, seq: Seq| sized([&encode(&pdu, pdu::V12, seq)[..], &[1, 2, 3]].concat());
    d.give_octets(c, &longer(sgip(mo(b"hi")), seq(1)));
    d.give_octets(c, &longer(sgip(pdu::SubmitResp { result: 0, reserve: [0; 8] }), own));
    accept(&mut d, c, own);
    assert_eq!(d.delivers()[0].text.as_deref(), Some("hi"));
    assert_eq!(d.tolerated(Note::TrailingOctets), 2);
    assert!(!d.is_over(c));
}

#[test]
fn an_answer_to_unbind_may_have_a_body() {
    let (mut d, c, own) = online("");
    accept(&mut d, c, own);
    d.give(c, sgip(report(own, 0, 0)), seq(1));
    let token = d.reports()[0].token;
    d.account.answer(d.now, token, 0);
    d.pass(31 * SECOND);
    let unbind = d.sent(c).pop().unwrap();
    assert_eq!(unbind.pdu.name(), "unbind");
    let octets = encode(&sgip(pdu::UnbindResp::default()), pdu::V12, unbind.header.seq).to_vec();
    d.give_octets(c, &sized([&octets[..], &[0; 9]].concat()));
    assert!(d.is_over(c) && d.account.core.counters.breaks == 0);
    assert_eq!(d.tolerated(Note::TrailingOctets), 1);
}

#[test]
fn a_request_without_a_node_or_with_a_random_sequence_is_answered_with_it() {
    let mut s = Stand::online(Protocol::Sgip, "1.2", &[]);
    let sequences = [
        Seq::new(0, 708_101_023, 1),
        Seq::new(0xdead_beef, 4_000_000_000, 77),
        // The serial goes down, and comes again under another time.
        Seq::new(NODE, 708_101_023, 3),
        Seq::new(NODE, 708_101_024, 3),
    ];
    for own in sequences {
        s.give(&sgip(submit()), own);
        let submit = s.submits().remove(0);
        assert_eq!(submit.message_id, MsgId::from_sgip(own), "the key is all twelve octets");
        s.accept(&submit);
        assert_eq!(s.sent()[0].0.seq, own, "the whole of it comes back");
    }
    assert_eq!(s.notes(), [Note::ZeroNode]);
    assert_eq!(s.tolerated(Note::ZeroNode), 1);
}

#[test]
fn reports_and_deliveries_on_the_own_connection_are_taken() {
    let (mut d, c, own) = online("");
    accept(&mut d, c, own);
    d.give(c, sgip(report(own, 0, 0)), seq(1));
    d.give(c, sgip(mo(b"hi")), seq(2));
    assert_eq!((d.outcomes()[0].status, d.delivers().len()), (Status::Delivered, 1));
    assert_eq!(d.tolerated(Note::OwnConnection), 2);
}

#[test]
fn a_gateway_pushes_on_the_connection_of_the_sp_where_it_is_told_to() {
    for back in ["no", "yes"] {
        let s = Stand::online(Protocol::Sgip, "1.2", &[("push_back", back)]);
        let sends: Vec<bool> = s.account.core.connections().iter().map(|(.., online)| *online).collect();
        assert_eq!(sends, [true]);
    }
    let mut p = crate::common::pair::Pair::new(Protocol::Sgip, &[], &[("push_back", "yes")]);
    let ticket = p.send(Submit::to(TO).text("hi"));
    let submit = p.submits().remove(0);
    p.answer(submit.token, 0);
    p.report(&sanwang::StatusReport::on(&submit, "DELIVRD"));
    assert_eq!(p.outcome(ticket).status, Status::Delivered);
    assert_eq!(p.connections, 1, "no second connection");
}

#[test]
fn nothing_is_heard_before_the_login() {
    for first in [sgip(mo(b"hi")), sgip(report(seq(9), 0, 0)), sgip(submit())] {
        let rules = Arc::new(SessionRules::default());
        let now = Now { mono_ns: SECOND, unix_ms: crate::stand::NOW_MS };
        let speaks = sanwang::dialect::dialect(Protocol::Sgip, pdu::V12);
        let mut session = Session::answer_call(speaks, rules, SeqSource::Own(0), now);
        let mut events = Vec::new();
        session.receive(now, &encode(&first, pdu::V12, seq(1)), &mut events);
        assert!(session.is_over() && format!("{events:?}").contains("before the login"));
    }
}

#[test]
fn a_gateway_that_closes_without_unbind_ends_in_order() {
    let (mut d, c, own) = online("");
    accept(&mut d, c, own);
    d.give(c, sgip(report(own, 0, 0)), seq(1));
    d.cut(c);
    let core = &d.account.core;
    assert_eq!((core.counters.breaks, core.standing().0), (0, LinkState::Idle));
    assert!(core.trouble.is_empty(), "{}", core.trouble);
    // The next message dials at once.
    d.send(Submit::to(TO).text("again"));
    assert!(d.dialed().is_some());
    // With an answer missing it is a break.
    let (mut d, c, _) = online("");
    d.cut(c);
    assert_eq!(d.account.core.counters.breaks, 1);
}

#[test]
fn pdus_may_be_cut_and_merged_anywhere() {
    let (mut d, c, own) = online("");
    let octets = [
        &encode(&sgip(pdu::SubmitResp { result: 0, reserve: [0; 8] }), pdu::V12, own)[..],
        &encode(&sgip(mo(b"one")), pdu::V12, seq(1)),
        &encode(&sgip(mo(b"two")), pdu::V12, seq(2)),
    ]
    .concat();
    let (first, second) = octets.split_at(57);
    d.give_octets(c, first);
    second.iter().for_each(|octet| d.give_octets(c, &[*octet]));
    assert_eq!(d.delivers().len(), 2);
    assert!(d.notes().iter().all(|note| *note == Note::OwnConnection));
}

#[test]
fn states_and_types_outside_the_table_are_kept() {
    for (report_type, state) in [(0, 9), (7, 0)] {
        let (mut d, c, own) = online("");
        accept(&mut d, c, own);
        let odd = pdu::Report { report_type, ..report(own, state, 77) };
        d.give(c, sgip(odd), seq(1));
        let report = d.reports()[0];
        assert_eq!(report.stat.to_string_lossy(), if state == 9 { "9" } else { "DELIVRD" });
        assert_eq!((report.raw[12], report.raw[34]), (report_type, state), "the octets are there");
        assert_eq!(d.tolerated(Note::UnknownState), 1);
    }
}

#[test]
fn an_answer_with_the_serial_alone_finds_its_request() {
    let (mut d, c, own) = online("");
    accept(&mut d, c, Seq::new(0, 0, own.serial));
    assert_eq!(d.account.core.counters.accepted, 1);
    assert_eq!(d.notes(), [Note::AnswerSequence]);
    // Another node is no answer to us.
    let (mut d, c, own) = online("");
    accept(&mut d, c, Seq::new(own.node + 1, own.time, own.serial));
    assert_eq!((d.account.core.counters.accepted, d.account.core.counters.stray_answers), (0, 1));
}

#[test]
fn what_we_write_has_the_sizes_and_numbers_of_the_tables() {
    // Bind 61, Submit 164 and the content, every answer 29, Unbind and its answer 20.
    let mut d = Desk::new(URL);
    d.send(Submit::to(TO).text("hello"));
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c).remove(0);
    assert_eq!((login.header.length, login.header.seq.node), (61, NODE), "unsigned");
    d.accept(c, &login);
    let sent = d.sent(c).remove(0);
    assert_eq!((sent.header.length, sent.header.seq.node), (164 + 5, NODE));
    // July is 07, and the serial counts on over connections.
    assert_eq!(sent.header.seq.time, 708_101_023);
    assert_eq!(sent.header.seq.serial, login.header.seq.serial + 1);
    let AnyPdu::Sgip(pdu::Pdu::Submit(written)) = &sent.pdu else { panic!() };
    assert_eq!((written.user_numbers.len(), written.tp_udhi), (1, 0));
    accept(&mut d, c, sent.header.seq);
    d.give(c, sgip(mo(b"hi")), seq(5));
    d.give(c, sgip(report(sent.header.seq, 0, 0)), seq(6));
    let token = d.delivers()[0].token;
    d.account.answer(d.now, token, 0);
    let tokens: Vec<_> = d.reports().iter().map(|r| r.token).collect();
    tokens.into_iter().for_each(|token| {
        d.account.answer(d.now, token, 0);
    });
    let answers = d.sent(c);
    assert_eq!(
        answers.iter().map(|a| (a.header.length, a.header.seq)).collect::<Vec<_>>(),
        [(29, seq(5)), (29, seq(6))]
    );
    d.pass(45 * SECOND);
    assert_eq!(d.sent(c).pop().unwrap().header.length, 20, "unbind");
}

#[test]
fn serials_of_a_node_are_one_row_over_its_connections() {
    let mut d = Desk::new(&format!("{URL}&connections=3&window=1"));
    for _ in 0..6 {
        d.send(Submit::to(TO).text("hi"));
    }
    let mut serials = Vec::new();
    for _ in 0..3 {
        let c = d.connect();
        for seen in d.sent(c) {
            serials.push(seen.header.seq.serial);
        }
    }
    let all = serials.len();
    serials.sort_unstable();
    serials.dedup();
    assert_eq!((serials.len(), all), (all, 3));
}

#[test]
fn what_does_not_fit_is_an_error_and_never_cut() {
    let settings = sanwang::Account::parse(URL).unwrap().settings;
    let speaks = sanwang::dialect::dialect(Protocol::Sgip, pdu::V12);
    let references = sanwang::client::References::new(1);
    let target = sanwang::client::Target {
        settings: &settings,
        dialect: &*speaks,
        user: "sp12345",
        references: &references,
        form: None,
    };
    let error = |submit: Submit| prepare(&target, &submit.lent(), &submit.receiver).unwrap_err().to_string();
    assert!(error(Submit::to(TO).text("hi").field("service_type", "ABCDEFGHIJK")).contains("10"));
    assert!(error(Submit::to(TO).text("hi").sender("1".repeat(22))).contains("21"));
    let binary = error(Submit::to(TO).content(Coding::BINARY, vec![0u8; 5000]));
    assert!(binary.contains("segments"), "{binary}");
    // Binary content stays as it is, NULs and blanks at its ends included; a long text becomes parts with headers.
    let content = [0, b' ', 1, 2, b' ', 0, 0];
    let prepared =
        prepare(&target, &sanwang::SubmitRef::to(TO).content(Coding::BINARY, &content), TO).unwrap();
    assert_eq!(contents(&prepared.segments), [content.to_vec()]);
    let prepared = prepare(&target, &sanwang::SubmitRef::to(TO).text(&"x".repeat(200)), TO).unwrap();
    let parts = contents(&prepared.segments);
    assert!(parts.len() == 3 && parts.iter().all(|part| part.starts_with(&[5, 0, 3]) && part.len() <= 140));
    assert_eq!(parts.iter().map(|part| part.len() - 6).sum::<usize>(), 400, "nothing of its UCS-2 is lost");
}

fn contents(segments: &[sanwang::account::tickets::Segment]) -> Vec<Vec<u8>> {
    let read = |segment: &sanwang::account::tickets::Segment| {
        let (_, pdu) =
            AnyPdu::decode(Protocol::Sgip, pdu::V12, &segment.frame, &mut Notes::default()).unwrap();
        let AnyPdu::Sgip(pdu::Pdu::Submit(submit)) = pdu else { panic!() };
        assert_eq!(
            submit.tp_udhi == 1,
            submit.message_content.starts_with(&[5, 0, 3]),
            "a header where it says so"
        );
        submit.message_content.to_vec()
    };
    segments.iter().map(read).collect()
}

#[test]
fn several_receivers_are_counted_and_a_report_has_its_places() {
    let two = pdu::Submit {
        user_numbers: ["8613001125453", "8613112345678"].iter().map(|n| Text::new(n).unwrap()).collect(),
        ..submit()
    };
    let octets = encode(&sgip(two), pdu::V12, seq(1));
    assert_eq!((octets.len(), octets[20 + 42]), (20 + 123 + 42 + 5, 2), "UserCount, unsigned");
    let many = pdu::Submit { user_numbers: (0..101).map(|_| Text::new("1").unwrap()).collect(), ..submit() };
    let mut out = bytes::BytesMut::new();
    assert!(many.encode(pdu::V12, seq(1), &mut out).is_err() && out.is_empty());
    // Node, time and serial of the submit, in this order, and eight octets of Reserve.
    let octets = encode(&sgip(report(Seq::new(0xb369_24b9, 2, 3), 2, 27)), pdu::V12, seq(1));
    assert_eq!(octets.len(), 64);
    assert_eq!(octets[20..32], hex("b36924b9 00000002 00000003")[..]);
    assert_eq!(octets[54..], [2, 27, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn counts_of_a_hostile_frame_cost_nothing() {
    for (name, at, wrong) in [("MessageLength", 152, "7fffffff"), ("UserCount", 20 + 42, "64")] {
        let mut octets = encode(&sgip(submit()), pdu::V12, Seq::new(NODE, 1, 1)).to_vec();
        let wrong = hex(wrong);
        octets[at..at + wrong.len()].copy_from_slice(&wrong);
        let mut s = Stand::online(Protocol::Sgip, "1.2", &[]);
        s.give_octets(&octets);
        assert_eq!(result(&s.sent()[0].1), 8, "{name}");
        assert!(!s.is_over(s.conn));
    }
    // The same in the header: refused before anything is stored.
    assert!(frame::next(Protocol::Sgip, &hex("7fffffff 00000003"), 4096).is_err());
}

#[test]
fn a_failed_report_says_why_although_the_answer_accepted() {
    let (mut d, c, own) = online("");
    accept(&mut d, c, own);
    d.give(c, sgip(report(own, 2, 67)), seq(1));
    let outcome = d.outcomes()[0];
    assert_eq!(
        (outcome.status, outcome.segments.first().unwrap().error.to_string_lossy().as_ref()),
        (Status::Undelivered, "67")
    );
    assert!(outcome.text.contains("67"), "{}", outcome.text);
}

#[test]
fn a_refused_bind_names_what_it_usually_is() {
    let mut d = Desk::new(URL);
    d.send(Submit::to(TO).text("hi"));
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let bind = d.sent(c).remove(0);
    d.give(c, sgip(pdu::BindResp { result: 1, reserve: [0; 8] }), bind.header.seq);
    assert!(d.log().contains("login refused with status 1"), "{}", d.log());
    assert!(d.account.core.standing().0 == LinkState::Refused);
}

#[test]
fn a_report_that_comes_twice_is_answered_twice_and_decides_once() {
    let (mut d, c, own) = online("&ack=received");
    accept(&mut d, c, own);
    for _ in 0..2 {
        d.give(c, sgip(report(own, 0, 0)), seq(1));
    }
    d.give(c, sgip(report(own, 0, 0)), seq(2));
    assert_eq!(d.sent(c).len(), 3, "every one is answered");
    assert_eq!((d.outcomes().len(), d.reports().len()), (1, 2));
    assert!(d.reports()[1].repeated);
}

#[test]
fn an_event_of_the_own_connection_is_an_ordinary_event() {
    let (mut d, c, _) = online("");
    d.give(c, sgip(mo(b"hi")), seq(2));
    assert!(d.events.iter().any(|e| matches!(e, Event::Deliver(_))) && d.troubles().is_empty());
}
