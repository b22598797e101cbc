//! What a gateway does on request: long submits joined, binary content and headers passed through, ids by the rule.
//! Both ends on one virtual clock.

mod common;

use bytes::Bytes;
use common::pair::Pair;
use sanwang::gateway::{MoMessage, StatusReport};
use sanwang::message::{Body, Status};
use sanwang::text::{Coding, udh};
use sanwang::time::SECOND;
use sanwang::wire::{MsgId, Protocol};
use sanwang::{Event, Submit, Token};
use std::collections::HashSet;

/// A receiver of each network.
fn to(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Cmpp => "13800138000",
        Protocol::Sgip => "13000000001",
        Protocol::Smgp => "18900000001",
    }
}

#[test]
fn a_long_submit_is_one_event_and_its_answer_goes_to_every_part() {
    for protocol in Protocol::ALL {
        let mut p = Pair::new(protocol, &[], &[("join", "yes")]);
        let text = "长短信".repeat(60);
        let ticket = p.send(Submit::to(to(protocol)).text(text.as_str()));
        let submits = p.submits();
        assert_eq!(submits.len(), 1, "{protocol}");
        let submit = &submits[0];
        let joined = submit.joined.as_deref().expect("joined");
        assert_eq!(submit.text().as_deref(), Some(text.as_str()));
        assert_eq!((submit.segments, joined.parts.len(), joined.complete), (3, 3, true));
        assert_eq!(joined.parts.iter().map(|part| part.segment).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(submit.ids().collect::<HashSet<_>>().len(), 3, "each segment has its own id");
        assert!(p.outcomes().is_empty());
        p.answer(submit.token, 0);
        for report in StatusReport::on_receiver(submit, 0, "DELIVRD").iter() {
            p.report(report);
        }
        let outcome = p.outcome(ticket);
        assert_eq!(outcome.status, Status::Delivered, "{protocol}: {outcome}");
        let ids: Vec<MsgId> = outcome.segments.iter().map(|s| s.message_id).collect();
        assert_eq!(ids, submit.ids().collect::<Vec<_>>());
    }
}

#[test]
fn a_joined_submit_is_refused_as_a_whole() {
    let mut p = Pair::new(Protocol::Cmpp, &[], &[("join", "yes")]);
    let ticket = p.send(Submit::to(to(Protocol::Cmpp)).text("长".repeat(100)));
    let token = p.submits()[0].token;
    p.answer(token, 13);
    let outcome = p.outcome(ticket);
    assert_eq!((outcome.status, outcome.code), (Status::Rejected, 13));
    let answers = p.sp_events.iter().filter(|e| matches!(e, Event::Response(r) if r.result == 13));
    assert_eq!(answers.count(), 2, "every part was refused");
}

#[test]
fn without_the_setting_and_for_short_ones_nothing_changes() {
    let mut p = Pair::new(Protocol::Cmpp, &[], &[]);
    p.send(Submit::to("13800138000").text("长".repeat(100)));
    let submits = p.submits();
    assert_eq!(submits.len(), 2);
    assert!(submits.iter().all(|s| s.joined.is_none() && s.has_udh));
    let mut p = Pair::new(Protocol::Cmpp, &[], &[("join", "yes")]);
    p.send(Submit::to("13800138000").text("short"));
    let submits = p.submits();
    assert_eq!((submits.len(), submits[0].joined.is_none()), (1, true));
    assert_eq!(submits[0].ids().collect::<Vec<_>>(), [submits[0].message_id]);
}

#[test]
fn an_incomplete_submit_is_handed_over_at_its_deadline() {
    // The window of the SP holds one of three: the others would never come.
    let mut p = Pair::new(Protocol::Smgp, &[("window", "1")], &[("join", "yes"), ("join_deadline", "5s")]);
    let ticket = p.send(Submit::to("18900000001").text("长短信".repeat(60)));
    assert!(p.submits().is_empty());
    p.pass(6 * SECOND);
    let first = p.submits();
    assert_eq!(first.len(), 1);
    let joined = first[0].joined.as_deref().unwrap();
    assert_eq!((joined.complete, joined.parts.len(), first[0].segments), (false, 1, 3));
    p.answer(first[0].token, 0);
    for _ in 0..2 {
        p.pass(6 * SECOND);
        for submit in p.submits() {
            p.answer(submit.token, 0);
        }
    }
    p.pass(49 * 3600 * SECOND);
    assert_eq!(p.outcome(ticket).status, Status::NoReport, "every segment was accepted");
}

#[test]
fn a_segment_that_comes_again_shares_the_answer_and_the_id() {
    let sp = [("resend", "always"), ("window", "2")];
    let mut p = Pair::new(Protocol::Cmpp, &sp, &[("join", "yes"), ("join_deadline", "30s")]);
    let ticket = p.send(Submit::to("13800138000").text("长短信".repeat(60)));
    assert!(p.submits().is_empty(), "two of three are there");
    p.cut();
    p.pass(5 * SECOND);
    assert_eq!((p.connections, p.written("submit").len()), (2, 4));
    assert!(p.submits().is_empty(), "the same two came again");
    p.pass(26 * SECOND);
    let first = p.submits();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].joined.as_deref().unwrap().parts.len(), 2);
    p.answer(first[0].token, 0);
    assert_eq!(p.written("submit").len(), 5, "both were answered, and the window is free for the third");
    p.pass(31 * SECOND);
    let rest = p.submits();
    p.answer(rest[0].token, 0);
    for submit in [&first[0], &rest[0]] {
        for report in StatusReport::on_receiver(submit, 0, "DELIVRD").iter() {
            p.report(report);
        }
    }
    assert_eq!(p.outcome(ticket).status, Status::Delivered, "the ids of the copies are those of the first");
}

#[test]
fn closing_hands_over_what_waits() {
    let mut p = Pair::new(Protocol::Cmpp, &[("window", "1")], &[("join", "yes")]);
    p.send(Submit::to("13800138000").text("长".repeat(100)));
    p.gateway.close(p.now, p.now.mono_ns + SECOND);
    p.run();
    let submits = p.submits();
    assert_eq!(submits.len(), 1);
    assert!(!submits[0].joined.as_deref().unwrap().complete);
    assert_ne!(submits[0].token, Token::default());
}

#[test]
fn what_is_to_be_pushed_later_has_its_outcome_however_the_gateway_closes() {
    let mut p = Pair::new(Protocol::Cmpp, &[], &[]);
    let message = MoMessage::new("13800138000", "10657001", "TD");
    let early = p.deliver_later(&message, 3600 * SECOND);
    p.gateway.close(p.now, p.now.mono_ns + SECOND);
    // From another thread, at the same moment: while it closes, and when it is closed.
    let meanwhile = p.deliver_later(&message, 3600 * SECOND);
    p.pass(5 * SECOND);
    assert!(p.gateway.is_closed());
    let late = p.deliver_later(&message, 3600 * SECOND);
    for ticket in [early, meanwhile, late] {
        let ended = |e: &&Event| matches!(e, Event::Outcome(o) if o.ticket == ticket);
        assert_eq!(p.gateway_events.iter().filter(ended).count(), 1, "{ticket}");
    }
}

#[test]
fn wap_push_ports_and_flash_pass_in_both_directions() {
    let wap = Bytes::from_static(b"\x01\x06\x03\xae\x81\xea\x02\x05\x6a\x00");
    let mut header = vec![6];
    header.extend(udh::ports(2948, 9200).get(1..).unwrap());
    let header = if udh::ports(2948, 9200)[0] == 6 { udh::ports(2948, 9200).to_vec() } else { header };
    for protocol in Protocol::ALL {
        let mut p = Pair::new(protocol, &[], &[]);
        let phone = to(protocol);
        // Towards the phone.
        p.send(Submit::to(phone).content(Coding::BINARY, wap.clone()).udh(header.clone()));
        p.send(Submit::to(phone).text("flash").flash());
        let submits = p.submits();
        assert_eq!((submits[0].coding, submits[0].has_udh), (Coding::BINARY, true), "{protocol}");
        assert_eq!(submits[0].payload(), &wap[..]);
        let list = udh::UdhList::parse(&submits[0].content).unwrap();
        assert_eq!(list.ports().unwrap().dest, 2948);
        assert_eq!(submits[0].text(), None);
        assert_eq!(submits[1].coding.class(), Some(0), "{protocol}: {:?}", submits[1].coding);
        // From the phone.
        p.deliver(&MoMessage::new(phone, "10657001", "").content(
            Coding::BINARY,
            wap.clone(),
            header.clone(),
        ));
        p.deliver(&MoMessage::new(phone, "10657001", "flash").flash());
        let long: Vec<u8> = (0..400u32).map(|i| i as u8).collect();
        p.deliver(&MoMessage::new(phone, "10657001", "").content(
            Coding::BINARY,
            long.clone(),
            header.clone(),
        ));
        p.deliver(&MoMessage::new(phone, "10657001", "").content(Coding(0xf5), wap.clone(), Bytes::new()));
        let delivers = p.delivers();
        assert_eq!(delivers.len(), 4, "{protocol}");
        assert_eq!((&delivers[0].octets, &delivers[0].udh[..]), (&wap, &header[..]));
        assert_eq!((delivers[0].coding, delivers[0].text.as_deref()), (Coding::BINARY, None));
        assert_eq!(delivers[1].coding.class(), Some(0), "{protocol}: {:?}", delivers[1].coding);
        assert_eq!(delivers[1].text.as_deref(), Some("flash"));
        assert_eq!((&delivers[2].octets[..], delivers[2].parts), (&long[..], 4));
        let list = udh::UdhList::parse(&delivers[2].udh).unwrap();
        assert_eq!(list.ports().unwrap().dest, 2948, "the ports are in every part");
        assert_eq!((delivers[3].coding, &delivers[3].octets), (Coding(0xf5), &wap));
    }
}

#[test]
fn ids_are_dated_or_opaque_as_asked() {
    for protocol in Protocol::ALL {
        for form in ["dated", "opaque"] {
            let mut p = Pair::new(protocol, &[], &[("ids", form)]);
            for _ in 0..3 {
                p.send(Submit::to(to(protocol)).text("hi"));
            }
            let submits = p.submits();
            let ids: Vec<MsgId> = submits.iter().map(|s| s.message_id).collect();
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3);
            // 2026-07-08 10:10:23 Beijing time.
            let dated = match protocol {
                Protocol::Cmpp => ids[0].as_bytes().starts_with(&[0x74, 0x28, 0xa5, 0xc0]),
                Protocol::Smgp => ids[0].as_bytes().starts_with(&[0x01, 0x00, 0x61, 0x07, 0x08, 0x10, 0x10]),
                // The sequence is the id, whatever the setting says.
                Protocol::Sgip => ids[0].to_sgip().unwrap().time == 708_101_023,
            };
            assert_eq!(dated, form == "dated" || protocol == Protocol::Sgip, "{protocol} {form} {}", ids[0]);
            for submit in &submits {
                p.answer(submit.token, 0);
                p.report(&StatusReport::on(submit, "DELIVRD"));
            }
            let outcomes = p.outcomes();
            assert_eq!(outcomes.len(), 3, "{protocol} {form}");
            assert!(outcomes.iter().all(|o| o.status == Status::Delivered));
            assert_eq!(outcomes.iter().map(|o| o.segments[0].message_id).collect::<Vec<_>>(), ids);
        }
    }
}

#[test]
fn a_push_says_what_is_wrong_with_it() {
    let p = Pair::new(Protocol::Cmpp, &[], &[]);
    let message =
        MoMessage::new("13800138000", "10657001", "").content(Coding::BINARY, vec![1u8], vec![9u8, 1]);
    assert!(matches!(message.body, Body::Content { .. }));
    let speaks = sanwang::dialect::dialect(Protocol::Cmpp, p.settings.version);
    let error = sanwang::gateway::encode_deliver(&*speaks, &p.settings, &message, 1, MsgId::default, p.now)
        .unwrap_err();
    assert!(error.to_string().contains("header"), "{error}");
}
