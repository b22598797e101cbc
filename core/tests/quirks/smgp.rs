//! The rows of the table in `smgp.md` 16.

use crate::common::{Desk, encode, smgp};
use crate::stand::{Counts, Stand, decode_all, hex, md5, sized};
use bytes::{BufMut, Bytes, BytesMut};
use sanwang::account::slab::Key;
use sanwang::dialect::{Inbound, dialect, proposed};
use sanwang::message::Status;
use sanwang::time::SECOND;
use sanwang::wire::{
    AnyPdu, MsgId, Note, Notes, Protocol, Seq, SmgpReport, Text, Tlvs, Version, smgp as pdu,
};
use sanwang::{Event, Submit};

const URL: &str = "smgp://10000001:secret@127.0.0.1:8890?sender=10659001";
const TO: &str = "18913800138";
const ID: [u8; 10] = [0x01, 0, 0x61, 0x07, 0x08, 0x10, 0x10, 0, 0, 0x07];

fn submit() -> pdu::Submit {
    pdu::Submit {
        msg_type: 6,
        need_report: 1,
        src_term_id: Text::new("10659001").unwrap(),
        dest_term_id: std::iter::once(Text::new(TO).unwrap()).collect(),
        msg_content: Bytes::from_static(b"hello"),
        ..pdu::Submit::default()
    }
}

fn mo(id: u8, format: u8, content: &[u8]) -> pdu::Deliver {
    pdu::Deliver {
        msg_id: [id; 10],
        msg_format: format,
        recv_time: Text::new("20260708101023").unwrap(),
        src_term_id: Text::new(TO).unwrap(),
        dest_term_id: Text::new("1065900188").unwrap(),
        msg_content: content.to_vec().into(),
        ..pdu::Deliver::default()
    }
}

fn with(pdu: pdu::Deliver, set: impl FnOnce(&mut Tlvs)) -> AnyPdu {
    let mut tlvs = Tlvs::default();
    set(&mut tlvs);
    smgp(pdu::Deliver { tlvs, ..pdu })
}

fn report(content: Bytes) -> pdu::Deliver {
    pdu::Deliver { is_report: 1, msg_content: content, ..mo(9, 0, b"") }
}

fn report_text(stat: &str) -> Bytes {
    let report = SmgpReport {
        msg_id: ID,
        stat: Text::new(stat).unwrap(),
        submit_date: Text::new("2607081010").unwrap(),
        done_date: Text::new("2607081011").unwrap(),
        ..SmgpReport::default()
    };
    report.to_bytes().unwrap()
}

fn accept(d: &mut Desk, c: Key, seq: Seq) {
    d.give(c, smgp(pdu::SubmitResp { msg_id: ID, status: 0 }), seq);
}

fn login(name: &str, secret: &[u8], time: u32, mode: u8, version: u8) -> pdu::Login {
    pdu::Login {
        client_id: Text::new(name).unwrap(),
        authenticator_client: md5(&[name.as_bytes(), &[0; 7], secret, format!("{time:010}").as_bytes()]),
        login_mode: mode,
        time_stamp: time,
        client_version: version,
    }
}

/// What a gateway finds about a login, whose digest may be right by some tolerance.
fn checked(login: pdu::Login, secret: &[u8]) -> Option<Vec<Note>> {
    let speaks = dialect(Protocol::Smgp, pdu::V30);
    let octets = encode(&smgp(login), pdu::V30, Seq::serial(1));
    let (_, inbound) = speaks.decode(&octets, &mut Notes::default()).unwrap();
    let Inbound::Login(request) = inbound else { panic!("{inbound:?}") };
    speaks.login_check(&request, secret).map(|notes| notes.iter().collect())
}

fn logging_in(url: &str) -> (Desk, Key, pdu::Login, Seq) {
    let mut d = Desk::new(url);
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c).remove(0);
    let AnyPdu::Smgp(pdu::Pdu::Login(request)) = login.pdu else { panic!("{login:?}") };
    (d, c, request, login.header.seq)
}

#[test]
fn a_constant_short_time_is_hashed_with_ten_digits() {
    assert_eq!(checked(login("10000001", b"secret", 8_080_808, 3, 1), b"secret"), Some(vec![]));
    let nine = pdu::Login {
        authenticator_client: md5(&[b"10000001", &[0; 7], b"secret", b"8080808"]),
        ..login("10000001", b"secret", 8_080_808, 2, 0x30)
    };
    assert_eq!(checked(nine, b"secret"), None, "only the padded form");
}

#[test]
fn unknown_version_octets_mean_the_configured_version() {
    for own in [pdu::V13, pdu::V20, pdu::V30] {
        for octet in [0, 1, 3, 0x1e, 0x22, 0x3f] {
            assert_eq!(proposed(Protocol::Smgp, own, octet), Some(own), "{octet:#x}");
        }
        assert_eq!(proposed(Protocol::Smgp, own, 0x20), Some(pdu::V20));
        assert_eq!(proposed(Protocol::Smgp, own, 0x40), None, "too high");
    }
    // The layouts of 1.3 that have their own names travel as 1.3, in both directions.
    for version in [pdu::V13B, pdu::V13C] {
        let (_, _, request, _) = logging_in(&format!("{URL}&version={version}"));
        assert_eq!(request.client_version, 0x13);
        assert_eq!(proposed(Protocol::Smgp, version, 0x13), Some(version));
    }
}

#[test]
fn a_digest_over_the_padded_name_is_right_too() {
    let short = login("4453", b"secret", 708_101_023, 2, 0x30);
    assert_eq!(checked(short.clone(), b"secret"), Some(vec![]));
    let digest = md5(&[b"4453", &[0; 4], &[0; 7], b"secret", b"0708101023"]);
    let padded = pdu::Login { authenticator_client: digest, ..short };
    assert_eq!(checked(padded.clone(), b"secret"), Some(vec![Note::PaddedName]));
    assert_eq!(checked(padded, b"another"), None);
}

#[test]
fn blanks_and_binary_times_in_the_digest_are_refused() {
    let login = login("4453", b"secret", 708_101_023, 2, 0x30);
    for digest in [
        md5(&[b"4453    ", &[b' '; 7], b"secret", b"0708101023"]),
        md5(&[b"4453", &[0; 7], b"secret", &708_101_023u32.to_be_bytes()]),
        md5(&[b"4453    ", &[0; 7], b"secret", &708_101_023u32.to_be_bytes()]),
    ] {
        assert_eq!(checked(pdu::Login { authenticator_client: digest, ..login.clone() }, b"secret"), None);
    }
}

#[test]
fn a_wrong_digest_of_the_server_ends_no_login_unless_it_is_asked_for() {
    for (digest, note) in [([0; 16], Note::DigestEmpty), ([7; 16], Note::DigestWrong)] {
        for (setting, online) in [("", true), ("&verify=off", true), ("&verify=strict", false)] {
            let (mut d, c, _, seq) = logging_in(&format!("{URL}{setting}"));
            let answer = pdu::LoginResp { status: 0, authenticator_server: digest, server_version: 0x30 };
            d.give(c, smgp(answer), seq);
            assert_eq!(d.account.core.standing().1 == 1, online, "{setting}");
            assert_eq!(d.tolerated(note), u64::from(setting != "&verify=off"));
        }
    }
}

#[test]
fn digests_and_ids_with_nul_inside_stay_whole() {
    let id = [0, 0x10, 0, 0, 0x61, 0, 0, 0, 0, 0];
    let (mut d, c) = Desk::online(URL);
    let ticket = d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, smgp(pdu::SubmitResp { msg_id: id, status: 0 }), sent[0].header.seq);
    let mut text = report_text("DELIVRD").to_vec();
    text[3..13].copy_from_slice(&id);
    d.give(c, smgp(report(text.into())), Seq::serial(9));
    assert_eq!((d.outcomes()[0].ticket, d.outcomes()[0].status), (ticket, Status::Delivered));
    assert_eq!(d.reports()[0].message_id, MsgId::from_smgp(id));
    // A digest that has a NUL in it is compared to its end.
    let with_nul = (0..).map(|n| format!("secret{n}")).find(|secret| {
        login("10000001", secret.as_bytes(), 708_101_023, 2, 0x30).authenticator_client[1..8].contains(&0)
    });
    let secret = with_nul.unwrap();
    let good = login("10000001", secret.as_bytes(), 708_101_023, 2, 0x30);
    assert_eq!(checked(good.clone(), secret.as_bytes()), Some(vec![]));
    let mut digest = good.authenticator_client;
    digest[15] ^= 1;
    assert_eq!(checked(pdu::Login { authenticator_client: digest, ..good }, secret.as_bytes()), None);
}

#[test]
fn the_answer_to_a_link_test_has_twelve_or_thirteen_octets() {
    let (mut d, c) = Desk::online(URL);
    for answer in ["0000000d 80000004 00000002 00", "0000000c 80000004 00000002"] {
        d.pass(30 * SECOND);
        assert_eq!(d.sent(c).len(), 1);
        d.give_octets(c, &hex(answer));
    }
    assert!(!d.is_over(c) && d.notes() == [Note::TrailingOctets]);
    // Ours has 12, or 13 where a gateway wants them.
    for (settings, octets) in [
        (&[][..], "0000000c 80000004 00000005"),
        (&[("test_reserve", "yes")], "0000000d 80000004 00000005 00"),
    ] {
        let mut s = Stand::online(Protocol::Smgp, "3.0", settings);
        s.give(&smgp(pdu::ActiveTest::default()), Seq::serial(5));
        assert_eq!(s.octets(), hex(octets));
    }
    let (mut d, c) = Desk::online(&format!("{URL}&test_reserve=yes"));
    d.give(c, smgp(pdu::ActiveTest::default()), Seq::serial(5));
    assert_eq!(d.sent(c)[0].header.length, 13);
}

#[test]
fn any_octets_count_as_life_whatever_they_say() {
    let (mut d, c) = Desk::online(URL);
    // An answer with sequence 0, and one under the id of the request.
    for (octets, answers) in [("0000000c 80000004 00000000", 0), ("0000000c 00000004 00000002", 1)] {
        for _ in 0..5 {
            d.pass(30 * SECOND);
            assert_eq!(d.sent(c).len(), 1, "the next link test");
            d.give_octets(c, &hex(octets));
            assert_eq!(d.sent(c).len(), answers);
        }
    }
    assert!(!d.is_over(c) && d.tolerated(Note::AnswerSequence) == 5);
}

#[test]
fn an_exit_under_the_id_of_a_link_test_is_a_link_test() {
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    s.give_octets(&hex("0000000c 00000004 00000009"));
    assert_eq!(s.sent()[0].1.name(), "active_test_resp");
    assert!(!s.is_over(s.conn));
}

#[test]
fn parameters_may_come_in_any_order() {
    let set: [fn(&mut Tlvs); 3] =
        [|t| t.set_tp_udhi(1), |t| t.set_pk_total(2), |t| t.set_link_id("12345678901234567890").unwrap()];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (mut d, c) = Desk::online(URL);
        for index in [1, 2] {
            let content = [&[5, 0, 3, 9, 2, index][..], b"x"].concat();
            let part = with(mo(index, 0, &content), |tlvs| order.iter().for_each(|at| set[*at](tlvs)));
            d.give(c, part, Seq::serial(u32::from(index)));
        }
        let deliver = d.delivers()[0];
        assert_eq!((deliver.text.as_deref(), deliver.parts), (Some("xx"), 2));
        assert_eq!(deliver.link_id.to_string_lossy(), "12345678901234567890");
    }
}

#[test]
fn numbers_in_parameters_are_written_with_one_octet_and_read_with_more() {
    let (mut d, c) = Desk::online(URL);
    d.send(Submit::to(TO).text("中".repeat(100)));
    for seen in d.sent(c) {
        let AnyPdu::Smgp(pdu::Pdu::Submit(submit)) = seen.pdu else { panic!() };
        assert!(submit.tlvs.len() == 3 && submit.tlvs.iter().all(|tlv| tlv.value.len() == 1));
    }
    for index in [1u8, 2] {
        let content = [&[5, 0, 3, 9, 2, index][..], b"x"].concat();
        let part = with(mo(index, 0, &content), |t| {
            t.push(0x0002, Bytes::from_static(&[0, 0, 0, 1]));
        });
        d.give(c, part, Seq::serial(u32::from(index)));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("xx"));
    assert_eq!(d.notes(), [Note::TlvLength]);
}

#[test]
fn unknown_parameters_are_skipped_and_none_are_sent() {
    let (mut d, c) = Desk::online(URL);
    let odd = with(mo(1, 0, b"hello"), |t| {
        t.push(0x0101, Bytes::from_static(b"private"));
        t.set_link_id("ABC").unwrap();
    });
    d.give(c, odd, Seq::serial(1));
    let deliver = d.delivers()[0];
    assert_eq!((deliver.text.as_deref(), deliver.link_id.to_string_lossy().as_ref()), (Some("hello"), "ABC"));
    assert_eq!(d.notes(), [Note::UnknownTlv]);
    d.send(
        Submit::to(TO)
            .text("x".repeat(200))
            .field("link_id", "1")
            .field("m_service_id", "2")
            .field("tp_pid", "3"),
    );
    let AnyPdu::Smgp(pdu::Pdu::Submit(submit)) = d.sent(c).remove(0).pdu else { panic!() };
    assert!(submit.tlvs.iter().all(|tlv| tlv.name().is_some()));
}

#[test]
fn parameters_of_zeros_are_as_good_as_none() {
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    let mut octets = encode(&smgp(submit()), pdu::V30, Seq::serial(1)).to_vec();
    octets.extend_from_slice(&[0, 3, 0, 20]);
    octets.extend_from_slice(&[0; 20]);
    octets.extend_from_slice(&[0, 0x0b, 0, 1, 0, 0, 0x0c, 0, 1, 0]);
    s.give_octets(&sized(octets));
    let submit = s.submits().remove(0);
    assert!(submit.link_id.is_empty() && submit.segments == 1 && submit.content == b"hello"[..]);
    assert!(s.notes().is_empty() && s.troubles().is_empty());
}

#[test]
fn a_length_that_is_one_too_large_ends_the_connection_with_the_frame_at_fault() {
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    // TP_pid counted twice: the length says one more than there is, so the first octet behind it is taken along.
    let mut wrong = encode(&smgp(submit()), pdu::V30, Seq::serial(1)).to_vec();
    let length = u32::try_from(wrong.len()).unwrap();
    wrong[..4].copy_from_slice(&(length + 1).to_be_bytes());
    s.give_octets(&wrong);
    assert!(s.submits().is_empty(), "it waits for its last octet");
    s.give_octets(&encode(&smgp(submit()), pdu::V30, Seq::serial(2)));
    assert_eq!(s.submits().len(), 1, "the first one is whole");
    let trouble = s.troubles()[0];
    assert!(trouble.reason.contains("length of the PDU before") && trouble.action == "closed");
    assert_eq!(trouble.octets[..length as usize], wrong[..], "the frame at fault");
    assert!(s.is_over(s.conn));
    // Octets behind a frame that is followed by a real one end nothing.
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    let odd = sized([&encode(&smgp(submit()), pdu::V30, Seq::serial(1))[..], &[0]].concat());
    s.give_octets(&odd);
    s.give_octets(&encode(&smgp(submit()), pdu::V30, Seq::serial(2)));
    assert!(s.submits().len() == 2 && !s.is_over(s.conn));
    assert_eq!(s.notes(), [Note::TrailingOctets, Note::StrayTlvOctets]);
}

#[test]
fn lengths_above_127_are_lengths() {
    for length in [127usize, 128, 140, 200, 255] {
        let (mut d, c) = Desk::online(URL);
        d.give(c, smgp(mo(1, 0, &vec![b'x'; length])), Seq::serial(1));
        assert_eq!(d.delivers()[0].octets.len(), length);
        assert!(d.notes().is_empty());
    }
}

#[test]
fn a_missing_length_is_answered_and_guessed_at() {
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    let gbk = pdu::Submit { msg_format: 15, msg_content: hex("a1bed1e9d6a4a1bf").into(), ..submit() };
    let mut octets = encode(&smgp(gbk), pdu::V30, Seq::serial(1)).to_vec();
    let at = octets.len() - 8 - 8 - 1;
    assert_eq!(octets.remove(at), 8, "MsgLength");
    s.give_octets(&sized(octets));
    assert!(s.submits().is_empty() && !s.is_over(s.conn));
    let (_, answer) = s.sent().remove(0);
    assert!(matches!(answer, AnyPdu::Smgp(pdu::Pdu::SubmitResp(pdu::SubmitResp { status: 10, .. }))));
    assert!(s.troubles()[0].reason.contains("the length was left out"), "{}", s.troubles()[0].reason);
}

#[test]
fn the_format_decides_the_charset_and_gbk_in_ascii_is_read() {
    let gbk = hex("c4e3bac3");
    let ucs2 = hex("4f60597d");
    for (format, content, text, notes) in [
        (15, &gbk, "你好", &[][..]),
        (8, &ucs2, "你好", &[]),
        (0, &gbk, "你好", &[Note::GbkInAscii]),
        (15, &b"plain".to_vec(), "plain", &[]),
        (0, &b"plain".to_vec(), "plain", &[]),
    ] {
        let (mut d, c) = Desk::online(URL);
        d.give(c, smgp(mo(1, format, content)), Seq::serial(1));
        let deliver = d.delivers()[0];
        assert_eq!((deliver.text.as_deref(), &deliver.octets[..]), (Some(text), &content[..]));
        assert_eq!(d.notes(), notes, "{format}");
    }
}

/// Gives the parts of a long delivery in this order; empty parts have a header only.
fn parts(d: &mut Desk, c: Key, first: u32, parts: &[(u8, u8, &str)]) {
    for (serial, (total, index, text)) in parts.iter().enumerate() {
        let content = [&[5, 0, 3, 0, *total, *index][..], text.as_bytes()].concat();
        let part = with(mo(first as u8 + serial as u8, 0, &content), |t| t.set_tp_udhi(1));
        d.give(c, part, Seq::serial(first + serial as u32));
    }
}

#[test]
fn one_reference_for_all_messages_and_an_empty_last_part_join() {
    let (mut d, c) = Desk::online(URL);
    parts(&mut d, c, 1, &[(2, 1, "a1"), (2, 2, "a2"), (2, 1, "b1"), (2, 2, "b2")]);
    // The first half of one, then another with the same reference: what came first is handed over.
    parts(&mut d, c, 10, &[(2, 1, "c1"), (2, 1, "d1"), (2, 2, "d2")]);
    let texts: Vec<(Option<&str>, bool)> =
        d.delivers().iter().map(|one| (one.text.as_deref(), one.complete)).collect();
    assert_eq!(
        texts,
        [(Some("a1a2"), true), (Some("b1b2"), true), (Some("c1"), false), (Some("d1d2"), true)]
    );
    parts(&mut d, c, 20, &[(3, 1, "e1"), (3, 2, "e2"), (3, 3, "")]);
    assert_eq!(d.delivers()[4].text.as_deref(), Some("e1e2"));
    assert_eq!(d.notes(), [Note::EmptyPart]);
    parts(&mut d, c, 30, &[(2, 1, "f1")]);
    d.pass(601 * SECOND);
    assert_eq!((d.delivers()[5].text.as_deref(), d.delivers()[5].complete), (Some("f1"), false));
}

#[test]
fn parts_numbered_from_zero_join_and_the_header_is_the_authority() {
    let (mut d, c) = Desk::online(URL);
    parts(&mut d, c, 1, &[(3, 0, "a"), (3, 2, "c"), (3, 1, "b")]);
    assert_eq!(d.delivers()[0].text.as_deref(), Some("abc"));
    assert_eq!(d.tolerated(Note::PartFromZero), 1);
    // PkNumber from 0, the header from 1.
    for index in [1u8, 2] {
        let content = [&[5, 0, 3, 1, 2, index][..], &[b'0' + index]].concat();
        let part = with(mo(10 + index, 0, &content), |t| {
            t.set_tp_udhi(1);
            t.set_pk_total(2);
            t.set_pk_number(index - 1);
        });
        d.give(c, part, Seq::serial(10 + u32::from(index)));
    }
    assert_eq!(d.delivers()[1].text.as_deref(), Some("12"));
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    for index in [1u8, 2] {
        let content = [&[5, 0, 3, 1, 2, index][..], b"x"].concat();
        let mut tlvs = Tlvs::default();
        tlvs.set_tp_udhi(1);
        tlvs.set_pk_total(2);
        tlvs.set_pk_number(index - 1);
        s.give(
            &smgp(pdu::Submit { msg_content: content.into(), tlvs, ..submit() }),
            Seq::serial(u32::from(index)),
        );
    }
    let numbers: Vec<(u8, u8)> = s.submits().iter().map(|s| (s.segment, s.segments)).collect();
    assert_eq!(numbers, [(1, 2), (2, 2)]);
}

#[test]
fn a_header_without_its_parameter_and_parameters_without_a_header_join() {
    // The gateway forgot TP_udhi.
    let (mut d, c) = Desk::online(URL);
    for index in [1u8, 2] {
        let content = [&[5, 0, 3, 7, 2, index][..], &[b'0' + index]].concat();
        d.give(c, smgp(mo(index, 0, &content)), Seq::serial(u32::from(index)));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("12"));
    assert_eq!(d.notes(), [Note::UdhiMissing]);
    // It forgot the header: PkTotal and PkNumber tell, with the numbers in place of the reference.
    let (mut d, c) = Desk::online(URL);
    for index in [2u8, 1] {
        let part = with(mo(index, 0, &[b'0' + index]), |t| {
            t.set_pk_total(2);
            t.set_pk_number(index);
        });
        d.give(c, part, Seq::serial(u32::from(index)));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("12"));
    assert_eq!((d.delivers()[0].parts, d.delivers().len()), (2, 1));
}

#[test]
fn every_part_has_the_fields_of_the_message() {
    let (mut d, c) =
        Desk::online(&format!("{URL}&service_id=HELP&msg_src=12100135&m_service_id=112000000000000001032"));
    d.send(Submit::to(TO).text("中".repeat(200)).field("link_id", "12345678901234567890"));
    let sent = d.sent(c);
    assert_eq!(sent.len(), 3);
    for (at, seen) in sent.iter().enumerate() {
        let AnyPdu::Smgp(pdu::Pdu::Submit(submit)) = &seen.pdu else { panic!() };
        assert_eq!(submit.service_id.to_string_lossy(), "HELP");
        assert_eq!(
            (submit.fee_type.to_string_lossy(), submit.fee_code.to_string_lossy()),
            ("00".into(), "000000".into())
        );
        assert_eq!(submit.fixed_fee.to_string_lossy(), "000000");
        assert_eq!(submit.tlvs.link_id(), Some(&b"12345678901234567890"[..]));
        assert_eq!(submit.tlvs.msg_src(), Some(&b"12100135"[..]));
        assert_eq!(submit.tlvs.m_service_id(), Some(&b"112000000000000001032"[..]));
        assert_eq!((submit.tlvs.pk_total(), submit.tlvs.pk_number()), (Some(3), Some(at as u8 + 1)));
    }
}

#[test]
fn fees_of_other_forms_are_taken() {
    for fee in ["0", "00", "000", "000000", ""] {
        let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
        let fee_type = Text::new(fee.get(..2).unwrap_or(fee)).unwrap();
        let fee_code = Text::new(fee).unwrap();
        s.give(&smgp(pdu::Submit { fee_type, fee_code, fixed_fee: fee_code, ..submit() }), Seq::serial(1));
        assert_eq!(s.submits().len(), 1, "{fee:?}");
        assert!(s.notes().is_empty());
    }
}

#[test]
fn the_sender_goes_out_as_it_is_allotted() {
    for sender in ["118123", "10659001", "106590010001"] {
        let (mut d, c) = Desk::online(URL);
        d.send(Submit::to(TO).text("hi").sender(sender));
        let AnyPdu::Smgp(pdu::Pdu::Submit(submit)) = d.sent(c).remove(0).pdu else { panic!() };
        assert_eq!(submit.src_term_id.to_string_lossy(), sender);
    }
}

#[test]
fn a_country_code_in_a_delivery_is_taken_away_and_stays_in_the_octets() {
    for number in ["18913800138", "8618913800138", "+8618913800138"] {
        let (mut d, c) = Desk::online(URL);
        let src_term_id = Text::new(number).unwrap();
        d.give(c, smgp(pdu::Deliver { src_term_id, ..mo(1, 0, b"hi") }), Seq::serial(1));
        assert_eq!(d.delivers()[0].sender.to_string_lossy(), "18913800138");
    }
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    let raw = std::iter::once(Text::new("8618913800138").unwrap()).collect();
    s.give(&smgp(pdu::Submit { dest_term_id: raw, ..submit() }), Seq::serial(1));
    assert_eq!(s.submits()[0].receivers.first().unwrap().to_string_lossy(), "8618913800138", "as it came");
}

#[test]
fn a_report_that_overtakes_its_answer_or_swaps_its_numbers_is_matched() {
    let (mut d, c) = Desk::online(URL);
    let ticket = d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    let swapped = report(report_text("DELIVRD"));
    let (src_term_id, dest_term_id) = (Text::new("10659001").unwrap(), Text::new(TO).unwrap());
    d.give(c, smgp(pdu::Deliver { src_term_id, dest_term_id, ..swapped }), Seq::serial(9));
    assert!(d.outcomes().is_empty(), "parked");
    accept(&mut d, c, sent[0].header.seq);
    assert_eq!((d.outcomes()[0].ticket, d.outcomes()[0].status), (ticket, Status::Delivered));
    assert_eq!(d.reports()[0].receiver.to_string_lossy(), TO);
    assert_eq!(d.notes(), [Note::SwappedNumbers]);
}

#[test]
fn a_repeated_delivery_is_answered_again_and_marked() {
    let (mut d, c) = Desk::online(&format!("{URL}&ack=received"));
    for serial in [1, 1, 2] {
        d.give(c, smgp(mo(1, 0, b"hi")), Seq::serial(serial));
    }
    assert_eq!(d.sent(c).len(), 3, "each is answered");
    let repeated: Vec<bool> = d.delivers().iter().map(|one| one.repeated).collect();
    assert_eq!(
        repeated,
        [false, true],
        "a copy with its own sequence is marked, the same one is not handed over"
    );
}

#[test]
fn connections_may_be_for_sending_and_for_receiving() {
    let mut d = Desk::new(&format!("{URL}&connections=3&login_mode=0,1"));
    let slots: Vec<usize> = std::iter::from_fn(|| d.dialed()).collect();
    assert_eq!(slots.len(), 3);
    let mut modes = Vec::new();
    let mut conns = Vec::new();
    for slot in 0..3 {
        let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
        let login = d.sent(c).remove(0);
        let AnyPdu::Smgp(pdu::Pdu::Login(request)) = &login.pdu else { panic!() };
        modes.push(request.login_mode);
        d.accept(c, &login);
        conns.push(c);
    }
    assert_eq!(modes, [0, 1, 0]);
    for _ in 0..8 {
        d.send(Submit::to(TO).text("hi"));
    }
    let sent: Vec<usize> = conns.iter().map(|c| d.sent(*c).len()).collect();
    assert!(sent[1] == 0 && sent[0] + sent[2] == 8, "{sent:?}");
    // A report on the receiving one finds a message that went out on another.
    let (mut d, both) = {
        let mut d = Desk::new(&format!("{URL}&connections=2&login_mode=0,1"));
        let both: Vec<Key> = (0..2)
            .map(|slot| {
                let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
                let login = d.sent(c).remove(0);
                d.accept(c, &login);
                c
            })
            .collect();
        (d, both)
    };
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(both[0]);
    accept(&mut d, both[0], sent[0].header.seq);
    d.give(both[1], smgp(report(report_text("DELIVRD"))), Seq::serial(1));
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
}

#[test]
fn closed_instead_of_refused_is_said() {
    let (mut d, c, ..) = logging_in(URL);
    d.cut(c);
    assert!(d.log().contains("closed during login"), "{}", d.log());
    // And no more connections than the gateway allows is told by its status.
    let (mut d, c, _, seq) = logging_in(URL);
    d.give(c, smgp(pdu::LoginResp { status: 2, authenticator_server: [0; 16], server_version: 0x30 }), seq);
    assert!(d.log().contains("status 2"), "{}", d.log());
}

#[test]
fn a_link_test_is_answered_at_once_under_full_load() {
    let (mut d, c) = Desk::online(&format!("{URL}&window=1&inbound_window=1"));
    d.send(Submit::to(TO).text("one"));
    d.send(Submit::to(TO).text("two"));
    d.give(c, smgp(mo(1, 0, b"unhandled")), Seq::serial(1));
    d.sent(c);
    d.give(c, smgp(pdu::ActiveTest::default()), Seq::serial(2));
    assert_eq!(d.sent(c)[0].pdu.name(), "active_test_resp");
}

#[test]
fn other_kinds_of_messages_pass() {
    let mut s = Stand::online(Protocol::Smgp, "3.0", &[]);
    for (serial, kind) in [13u8, 15].into_iter().enumerate() {
        let mut tlvs = Tlvs::default();
        tlvs.set_submit_msg_type(kind);
        let content = Bytes::from_static(b"DG SERVICE  18913800138:text");
        let order = pdu::Submit { msg_content: content.clone(), tlvs, ..submit() };
        s.give(&smgp(order), Seq::serial(serial as u32));
        let submit = s.submits().remove(0);
        let AnyPdu::Smgp(pdu::Pdu::Submit(kept)) = *submit.pdu else { panic!() };
        assert_eq!((kept.tlvs.submit_msg_type(), submit.content), (Some(kind), content));
    }
    let (mut d, c) = Desk::online(&format!("{URL}&sub_msg_type=15"));
    d.send(Submit::to(TO).text("hi"));
    let AnyPdu::Smgp(pdu::Pdu::Submit(submit)) = d.sent(c).remove(0).pdu else { panic!() };
    assert_eq!(submit.tlvs.submit_msg_type(), Some(15));
}

#[test]
fn reports_of_every_spelling_decide_their_message() {
    let usual = report_text("DELIVRD");
    let text = |form: &str| {
        let mut content = b"id:".to_vec();
        content.extend_from_slice(&ID);
        content.extend_from_slice(form.as_bytes());
        content
    };
    let forms = [
        usual.to_vec(),
        [&usual[..], &[0]].concat(),
        text(" Sub:001 Dlvrd:001 Submit_Date:2607081010 Done_Date:2607081011 Stat:DELIVRD Err:000 Txt:"),
        text(
            "sSub:001sDlvrd:000sSubmit_Date:2607081010sDone_Date:2607081011sStat:DELIVRDsErr:000sText:01234567890123456789",
        ),
        text(" sub:001 dlvrd:001 submit date:2607081010 done date: 2607081011 stat:DELIVRD err:0 text:"),
        text(" sub:001 dlvrd:001 submit date:260708101023 done date:260708101123 stat:DELIVRD err:000 text:"),
        format!(
            "id:{} sub:001 dlvrd:001 submit date:2607081010 done date:2607081011 stat:DELIVRD err:000 text:",
            digits(&ID)
        )
        .into_bytes(),
    ];
    for (at, content) in forms.into_iter().enumerate() {
        let (mut d, c) = Desk::online(URL);
        d.send(Submit::to(TO).text("hi"));
        let sent = d.sent(c);
        accept(&mut d, c, sent[0].header.seq);
        d.give(c, smgp(report(content.into())), Seq::serial(9));
        assert_eq!(d.outcomes()[0].status, Status::Delivered, "form {at}");
        assert_eq!(d.tolerated(Note::ReportVariant), u64::from(at > 0), "form {at}");
    }
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn one_receiver_a_submit_unless_the_account_says_more() {
    let (d, _) = Desk::online(URL);
    assert!(d.events.iter().all(|e| !matches!(e, Event::Trouble(_))));
    let settings = sanwang::settings::AccountSettings::for_protocol(Protocol::Smgp);
    assert_eq!(settings.max_receivers, 1);
    let mut twenty = settings.clone();
    twenty.set("max_receivers", "20").unwrap();
    assert!(twenty.set("max_receivers", "101").is_err() && twenty.max_receivers == 20);
}

#[test]
fn old_layouts_are_spoken_and_recognised() {
    // The three layouts of 1.3: what is sent is the setting's, what comes is known by its length.
    for (version, octets) in [("1.3", 152), ("1.3b", 152), ("1.3c", 146)] {
        let fixed = if version == "1.3c" { "" } else { "&fixed_fee=000200" };
        let (mut d, c) = Desk::online(&format!("{URL}&version={version}&fee_code=000100{fixed}"));
        d.send(Submit::to(TO).text("hello"));
        let mut out = BytesMut::new();
        out.put_slice(d.account.transmit(c).unwrap());
        assert_eq!(out.len(), octets, "{version}");
        let fees = &out[12 + 1 + 1 + 1 + 10 + 2..][..12];
        let expected: &[u8] = match version {
            "1.3" => b"000100000200",
            "1.3b" => b"000200000100",
            _ => b"000100",
        };
        assert!(fees.starts_with(expected), "{version} {fees:?}");
        let version: Version = version.parse().unwrap();
        assert_eq!(decode_all(Protocol::Smgp, version, &out).len(), 1);
    }
}
