//! The rows of the table in `cmpp.md` 14.

use crate::common::{Desk, answer, cmpp, encode, mo, report};
use crate::stand::{Counts, Stand, hex, md5, sized};
use bytes::{Bytes, BytesMut};
use sanwang::dialect::{AnswerCheck, Inbound, LoginAnswer, LoginProof, dialect};
use sanwang::message::Status;
use sanwang::text::Coding;
use sanwang::time::SECOND;
use sanwang::wire::{AnyPdu, CmppReport, MsgId, Note, Notes, Protocol, Seq, Text, cmpp as pdu};
use sanwang::{Event, Submit};

const V30: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001";
const V20: &str = "cmpp://901234:secret@127.0.0.1:7890?sender=10657001&version=2.0";
const TO: &str = "13800138000";

/// A report with this content.
fn carrying(content: Bytes) -> AnyPdu {
    cmpp(pdu::Deliver {
        msg_id: 1,
        registered_delivery: 1,
        src_terminal_id: Text::new(TO).unwrap(),
        dest_id: Text::new("10657001").unwrap(),
        msg_content: content,
        ..pdu::Deliver::default()
    })
}

fn report_of(msg_id: u64, to: &str, stat: &str, time: &str) -> CmppReport {
    CmppReport {
        msg_id,
        stat: Text::new(stat).unwrap(),
        submit_time: Text::new(time).unwrap(),
        done_time: Text::new(time).unwrap(),
        dest_terminal_id: Text::new(to).unwrap(),
        smsc_sequence: 0,
    }
}

/// A message that the gateway has accepted with the id 7.
fn accepted(url: &str) -> (Desk, sanwang::account::slab::Key) {
    let (mut d, c) = Desk::online(url);
    d.send(Submit::to(TO).text("hi"));
    let sent = d.sent(c);
    d.give(c, answer(7, 0), sent[0].header.seq);
    (d, c)
}

#[test]
fn a_report_of_the_other_size_is_read() {
    // 60 octets on a 3.0 link, 71 on a 2.0 link.
    for (url, written) in [(V30, pdu::V20), (V20, pdu::V30)] {
        let (mut d, c) = accepted(url);
        let content = report_of(7, TO, "DELIVRD", "2607081010").to_bytes(written).unwrap();
        d.give(c, carrying(content), Seq::serial(100));
        assert_eq!(d.outcomes()[0].status, Status::Delivered, "{url}");
        assert_eq!(d.notes(), [Note::ReportSize], "{url}");
        // The size of its own version is no tolerance.
        let (mut d, c) = accepted(url);
        let own = if url == V30 { pdu::V30 } else { pdu::V20 };
        let content = report_of(7, TO, "DELIVRD", "2607081010").to_bytes(own).unwrap();
        d.give(c, carrying(content), Seq::serial(100));
        assert_eq!((d.outcomes()[0].status, d.notes().len()), (Status::Delivered, 0), "{url}");
    }
}

#[test]
fn the_frame_decides_where_lengths_and_tails_disagree() {
    // Msg_Length says 71 and 60 octets are there.
    let (mut d, c) = accepted(V30);
    let content = report_of(7, TO, "DELIVRD", "2607081010").to_bytes(pdu::V20).unwrap();
    let mut octets = encode(&carrying(content), pdu::V30, Seq::serial(100)).to_vec();
    assert_eq!(octets[88], 60, "Msg_Length");
    octets[88] = 71;
    d.give_octets(c, &octets);
    assert_eq!(d.outcomes()[0].status, Status::Delivered);
    assert_eq!(d.tolerated(Note::ReportLength), 1);
    // A LinkID cut short, and one with octets behind it.
    for (tail, note) in [(-10i32, Note::ShortTail), (4, Note::TrailingOctets)] {
        let (mut d, c) = Desk::online(V30);
        let mut octets = encode(&mo(5, false, 0, b"hello"), pdu::V30, Seq::serial(9)).to_vec();
        octets.resize(octets.len().checked_add_signed(tail as isize).unwrap(), 0);
        d.give_octets(c, &sized(octets));
        assert_eq!(d.delivers()[0].text.as_deref(), Some("hello"));
        assert_eq!(d.notes(), [note]);
    }
}

#[test]
fn the_answer_to_a_link_test_is_read_with_and_without_its_octet() {
    for (octets, notes) in [
        ("0000000d 80000008 00000002 00", &[][..]),
        ("0000000c 80000008 00000002", &[Note::ReserveMissing]),
        ("0000000d 80000008 00000002 01", &[Note::ReservedValue]),
    ] {
        let (mut d, c) = Desk::online(V30);
        for _ in 0..6 {
            d.pass(30 * SECOND);
            assert_eq!(d.sent(c).len(), 1, "a link test");
            d.give_octets(c, &hex(octets));
        }
        assert!(!d.is_over(c) && d.troubles().is_empty());
        assert_eq!(d.notes(), notes);
    }
}

/// A connection that waits for the answer to its login, and the login.
fn logging_in(url: &str) -> (Desk, sanwang::account::slab::Key, pdu::Connect, Seq) {
    let mut d = Desk::new(url);
    let slot = d.dialed().unwrap();
    let c = d.account.connected(d.now, slot, "192.0.2.1:1").unwrap();
    let login = d.sent(c).remove(0);
    let AnyPdu::Cmpp(pdu::Pdu::Connect(connect)) = login.pdu else { panic!("{login:?}") };
    (d, c, connect, login.header.seq)
}

fn connect_resp(
    status: u32,
    digest: [u8; 16],
    version: u8,
    layout: sanwang::wire::Version,
    seq: Seq,
) -> BytesMut {
    encode(&cmpp(pdu::ConnectResp { status, authenticator_ismg: digest, version }), layout, seq)
}

#[test]
fn the_answer_to_a_login_is_read_by_its_length() {
    for (url, layout, octets) in [(V20, pdu::V30, 33), (V30, pdu::V20, 30)] {
        // A refusal of 4 octets read as one of 1 would look like success.
        let (mut d, c, _, seq) = logging_in(url);
        let refused = connect_resp(3, [0; 16], 0x20, layout, seq);
        assert_eq!(refused.len(), octets);
        d.give_octets(c, &refused);
        assert!(d.log().contains("login refused with status 3"), "{}", d.log());
        assert!(d.is_over(c) && d.tolerated(Note::LayoutByLength) == 1);
        // And an acceptance is one; the link goes on in its own version.
        let (mut d, c, connect, seq) = logging_in(url);
        let speaks = dialect(Protocol::Cmpp, layout);
        let width: &[u8] = if layout == pdu::V30 { &[0; 4] } else { &[0] };
        let digest = md5(&[width, &connect.authenticator_source, b"secret"]);
        d.give_octets(c, &connect_resp(0, digest, speaks.version().0, layout, seq));
        d.send(Submit::to(TO).text("hi").report(false));
        let sent = d.sent(c);
        assert_eq!(sent[0].header.length, if url == V30 { 197 } else { 161 }, "{url}");
        assert_eq!(d.tolerated(Note::DigestEmpty) + d.tolerated(Note::DigestWrong), 0);
    }
}

#[test]
fn a_gateway_that_names_no_version_and_no_digest_is_taken() {
    let (mut d, c, _, seq) = logging_in(V30);
    d.give_octets(c, &connect_resp(0, [0; 16], 0, pdu::V30, seq));
    assert!(d.account.core.standing().1 == 1);
    assert_eq!(d.notes(), [Note::VersionOctet, Note::DigestEmpty]);
    assert_eq!(d.account.core.counters.empty_digests, 1);
    let (mut d, c, _, seq) = logging_in(&format!("{V30}&verify=strict"));
    d.give_octets(c, &connect_resp(0, [0; 16], 0x30, pdu::V30, seq));
    assert!(d.is_over(c) && d.log().contains("may not know the secret"), "{}", d.log());
}

#[test]
fn a_lower_version_in_the_answer_changes_no_layout() {
    let (mut d, c, connect, seq) = logging_in(V30);
    let digest = md5(&[&[0; 4], &connect.authenticator_source, b"secret"]);
    d.give_octets(c, &connect_resp(0, digest, 0x20, pdu::V30, seq));
    assert_eq!(d.notes(), [Note::VersionOctet]);
    assert!(d.log().contains("speaking 3.0, the gateway names version 2.0"), "{}", d.log());
    d.send(Submit::to(TO).text("hi"));
    assert_eq!(d.sent(c)[0].header.length, 197, "a submit of 3.0");
}

#[test]
fn the_bit_of_smpp_means_a_header_and_is_written_where_it_is_wanted() {
    let (mut d, c) = Desk::online(V30);
    for index in [1, 2] {
        let content = [&[5, 0, 3, 9, 2, index][..], b"part "].concat();
        let AnyPdu::Cmpp(pdu::Pdu::Deliver(part)) = mo(u64::from(index), true, 0, &content) else { panic!() };
        d.give(c, cmpp(pdu::Deliver { tp_udhi: 0x40, ..part }), Seq::serial(u32::from(index)));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("part part "));
    assert_eq!(d.tolerated(Note::UdhiBit), 2);
    for (setting, octet) in [("", 1), ("&udhi=64", 0x40)] {
        let (mut d, c) = Desk::online(&format!("{V30}{setting}"));
        d.send(Submit::to(TO).text("x".repeat(200)));
        d.send(Submit::to(TO).text("short"));
        let udhi = d.sent(c).into_iter().map(|seen| match seen.pdu {
            AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) => submit.tp_udhi,
            other => panic!("{other:?}"),
        });
        assert_eq!(udhi.collect::<Vec<_>>(), [octet, octet, octet, 0]);
    }
}

#[test]
fn a_wide_reference_under_the_narrow_identifier_joins() {
    let (mut d, c) = Desk::online(V30);
    for index in [2, 1] {
        let content = [&[6, 0, 4, 1, 9, 2, index][..], &[b'0' + index]].concat();
        d.give(c, mo(u64::from(index), true, 0, &content), Seq::serial(u32::from(index)));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("12"));
    assert_eq!(d.notes(), [Note::WideReference]);
}

#[test]
fn repeated_parts_change_nothing() {
    let (mut d, c) = Desk::online(V30);
    for (serial, index) in [1, 1, 3, 2, 3, 1].into_iter().enumerate() {
        let content = [&[5, 0, 3, 9, 3, index][..], &[b'0' + index]].concat();
        d.give(c, mo(u64::from(index), true, 0, &content), Seq::serial(serial as u32));
    }
    assert_eq!(d.delivers()[0].text.as_deref(), Some("123"));
    d.pass(3600 * SECOND);
    let rest: Vec<bool> = d.delivers().iter().map(|one| one.complete).collect();
    assert_eq!(rest.iter().filter(|complete| **complete).count(), 1, "one whole message");
}

#[test]
fn requests_with_one_sequence_are_all_answered() {
    let mut s = Stand::online(Protocol::Cmpp, "3.0", &[]);
    for index in 1..=3 {
        s.give(&part_of_three(index), Seq::serial(7));
    }
    let submits = s.submits();
    assert_eq!(submits.len(), 3);
    submits.iter().for_each(|submit| s.accept(submit));
    let answers = s.sent();
    assert!(answers.iter().all(|(head, _)| head.seq == Seq::serial(7)) && answers.len() == 3);
    assert_eq!(s.tolerated(Note::RepeatedSequence), 2);
    // A true copy is still one.
    s.give(&part_of_three(3), Seq::serial(7));
    assert!(s.submits().is_empty() && s.sent().len() == 1 && s.tolerated(Note::RepeatedSequence) == 2);
}

pub(crate) fn part_of_three(index: u8) -> AnyPdu {
    let content = [&[5, 0, 3, 9, 3, index][..], &[b'a'; 20]].concat();
    cmpp(pdu::Submit {
        pk_total: 3,
        pk_number: index,
        registered_delivery: 1,
        tp_udhi: 1,
        src_id: Text::new("10657001").unwrap(),
        dest_terminal_id: std::iter::once(Text::new(TO).unwrap()).collect(),
        msg_content: content.into(),
        ..pdu::Submit::default()
    })
}

#[test]
fn accepted_without_an_id_is_accepted() {
    let (mut d, c) = Desk::online(V30);
    d.send(Submit::to(TO).text("one").report(false));
    d.send(Submit::to("13900139000").text("two").report(false));
    let sent = d.sent(c);
    d.give(c, answer(0, 0), sent[0].header.seq);
    d.give(c, answer(0, 0), sent[1].header.seq);
    assert!(d.outcomes().iter().all(|o| o.status == Status::Sent) && d.outcomes().len() == 2);
    assert_eq!(d.tolerated(Note::ZeroId), 2);
}

#[test]
fn an_id_is_opaque_whatever_its_parts_say() {
    // Nanoseconds of a clock, a date with a counter, all bits.
    for id in [1_783_476_623_000_000_123, 20_260_708_000_017, u64::MAX, 1] {
        let (mut d, c) = Desk::online(V30);
        let ticket = d.send(Submit::to(TO).text("hi"));
        let sent = d.sent(c);
        d.give(c, answer(id, 0), sent[0].header.seq);
        d.give(c, report(1, id, TO, "DELIVRD"), Seq::serial(100));
        assert_eq!((d.outcomes()[0].status, d.outcomes()[0].ticket), (Status::Delivered, ticket));
        // One text, that no program turns into a negative or rounded number on its way back.
        let text = MsgId::from_cmpp(id).to_string();
        assert!(
            !text.starts_with('-') && MsgId::parse(Protocol::Cmpp, &text) == Ok(MsgId::from_cmpp(id)),
            "{text}"
        );
    }
}

#[test]
fn the_time_of_a_login_has_ten_digits_and_comes_from_one_reading() {
    let (_, _, connect, _) = logging_in(V30);
    assert_eq!(connect.timestamp, 708_101_023, "July: nine digits as a number");
    let ten = md5(&[b"901234", &[0; 9], b"secret", b"0708101023"]);
    assert_eq!(connect.authenticator_source, ten);
    // A gateway takes the digest of an old client, made over nine digits, and knows it from a wrong one.
    let speaks = dialect(Protocol::Cmpp, pdu::V30);
    let nine = md5(&[b"901234", &[0; 9], b"secret", b"708101023"]);
    for (digest, found) in
        [(ten, Some(&[][..])), (nine, Some(&[Note::UnpaddedTime])), (md5(&[b"another"]), None)]
    {
        let login = cmpp(pdu::Connect { authenticator_source: digest, ..connect });
        let octets = encode(&login, pdu::V30, Seq::serial(1));
        let (_, inbound) = speaks.decode(&octets, &mut Notes::default()).unwrap();
        let Inbound::Login(request) = inbound else { panic!("{inbound:?}") };
        let notes = speaks.login_check(&request, b"secret");
        assert_eq!(notes.map(|notes| notes.iter().collect::<Vec<_>>()), found.map(<[_]>::to_vec));
    }
}

#[test]
fn three_ways_to_hash_the_status_are_understood() {
    let proof = LoginProof { digest: [9; 16] };
    for (version, narrow) in [(pdu::V20, true), (pdu::V30, false)] {
        let speaks = dialect(Protocol::Cmpp, version);
        let (one, four): (&[u8], &[u8]) = (&[0], &[0; 4]);
        let (right, other) = if narrow { (one, four) } else { (four, one) };
        let check = |status: &[u8]| {
            let digest = md5(&[status, &proof.digest, b"secret"]);
            speaks.check_answer(&LoginAnswer { status: 0, digest, version: 0, narrow }, &proof, b"secret")
        };
        assert_eq!(check(right), AnswerCheck::Right);
        assert!(matches!(check(other), AnswerCheck::Deviation(_)));
        assert!(matches!(check(b"0"), AnswerCheck::Deviation(_)));
        assert_eq!(check(b"00"), AnswerCheck::Wrong);
    }
    // The account goes on, counts it and says so; verify=strict does not.
    for (setting, online) in [("", true), ("&verify=off", true), ("&verify=strict", false)] {
        let (mut d, c, connect, seq) = logging_in(&format!("{V30}{setting}"));
        let digest = md5(&[&[0], &connect.authenticator_source, b"secret"]);
        d.give_octets(c, &connect_resp(0, digest, 0x30, pdu::V30, seq));
        assert_eq!(d.account.core.standing().1 == 1, online, "{setting}");
        assert_eq!(d.tolerated(Note::DigestDeviation), u64::from(setting != "&verify=off"));
    }
}

#[test]
fn the_longest_legal_submit_is_taken() {
    let mut s = Stand::online(Protocol::Cmpp, "3.0", &[]);
    let AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) = part_of_three(1) else { panic!() };
    let receivers = (0..99).map(|n| Text::new(&format!("138001380{n:02}")).unwrap()).collect();
    let longest = pdu::Submit {
        tp_udhi: 0,
        registered_delivery: 0,
        dest_terminal_id: receivers,
        msg_content: vec![b'a'; 159].into(),
        ..submit
    };
    let octets = encode(&cmpp(longest), pdu::V30, Seq::serial(1));
    assert_eq!(octets.len(), 3490);
    s.give_octets(&octets);
    assert_eq!(s.submits()[0].receivers.len(), 99);
    assert!(s.troubles().is_empty());
}

#[test]
fn a_frame_may_come_octet_by_octet_with_pauses() {
    let (mut d, c) = Desk::online(V30);
    let octets = [
        &encode(&mo(5, false, 0, b"first"), pdu::V30, Seq::serial(8))[..],
        &encode(&mo(6, false, 0, b"second"), pdu::V30, Seq::serial(9)),
    ]
    .concat();
    for octet in octets {
        d.give_octets(c, &[octet]);
        d.pass(SECOND);
    }
    let texts: Vec<&str> = d.delivers().iter().filter_map(|one| one.text.as_deref()).collect();
    assert_eq!(texts, ["first", "second"]);
    assert!(!d.is_over(c));
}

#[test]
fn commands_of_route_messages_are_those_of_the_table() {
    let table = AnyPdu::table(Protocol::Cmpp);
    let command = |name: &str| table.iter().find(|info| info.name == name).unwrap().command;
    assert_eq!([command("mt_route"), command("mo_route"), command("get_mt_route")], [0x10, 0x11, 0x12]);
    // Ten counted in decimal is no command: it is skipped by its length, told, and the link lives.
    let (mut d, c) = Desk::online(V30);
    d.give_octets(c, &hex("00000010 0000000a 00000005 01020304"));
    assert_eq!(d.troubles()[0].action, "skipped");
    d.give_octets(c, &hex("0000000c 00000008 00000006"));
    assert_eq!(d.sent(c)[0].pdu.name(), "active_test_resp");
}

#[test]
fn a_length_in_characters_is_corrected() {
    let (mut d, c) = Desk::online(V30);
    let content: Vec<u8> = "你好".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut octets = encode(&mo(5, false, 8, &content), pdu::V30, Seq::serial(9)).to_vec();
    octets[88] = 2;
    d.give_octets(c, &octets);
    assert_eq!(d.delivers()[0].text.as_deref(), Some("你好"));
    assert_eq!(d.notes(), [Note::CharacterCount]);
}

#[test]
fn a_billed_number_of_zeros_is_an_empty_one() {
    let mut s = Stand::online(Protocol::Cmpp, "2.0", &[]);
    let numbers = [("000000000000000000000", ""), ("13800138000", "13800138000"), ("", "")];
    for (serial, (number, read)) in numbers.into_iter().enumerate() {
        let AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) = part_of_three(1) else { panic!() };
        let fee_terminal_id = Text::new(number).unwrap();
        s.give(&cmpp(pdu::Submit { fee_terminal_id, ..submit }), Seq::serial(serial as u32));
        let submit = s.submits().remove(0);
        let AnyPdu::Cmpp(pdu::Pdu::Submit(kept)) = *submit.pdu else { panic!() };
        assert_eq!(kept.fee_terminal_id.to_string_lossy(), read);
    }
    assert_eq!(s.tolerated(Note::ZeroNumber), 1);
}

#[test]
fn a_country_code_on_one_leg_only_is_no_other_number() {
    for (written, spelled) in
        [("8613900139000", "report"), ("+8613900139000", "report"), ("13900139000", "same")]
    {
        let (mut d, c) = Desk::online(V30);
        let first = d.send(Submit::to(TO).text("one"));
        let second = d.send(Submit::to("+86 139 0013 9000").text("two"));
        let sent = d.sent(c);
        // One id for both: only the number tells them apart.
        d.give(c, answer(7, 0), sent[0].header.seq);
        d.give(c, answer(7, 0), sent[1].header.seq);
        d.give(c, report(1, 7, written, "DELIVRD"), Seq::serial(100));
        assert_eq!(d.outcomes()[0].ticket, second, "{written} {spelled}");
        d.give(c, report(2, 7, TO, "UNDELIV"), Seq::serial(101));
        assert_eq!((d.outcomes()[1].ticket, d.outcomes()[1].status), (first, Status::Undelivered));
    }
}

#[test]
fn states_of_other_lists_and_odd_times_are_read() {
    for (stat, time, status) in [
        ("DELIVRD", "0000000000", Status::Delivered),
        ("MK:0001", "2607081010", Status::Undelivered),
        ("CB:1", "abcdefghij", Status::Undelivered),
        ("ZZ:9999", "", Status::Undelivered),
    ] {
        let (mut d, c) = accepted(V30);
        let content = report_of(7, TO, stat, time).to_bytes(pdu::V30).unwrap();
        d.give(c, carrying(content), Seq::serial(100));
        assert_eq!((d.outcomes()[0].status, d.reports()[0].stat.to_string_lossy().as_ref()), (status, stat));
        assert_eq!(d.reports()[0].done_at.is_some(), time == "2607081010", "{time}");
        assert_eq!(d.tolerated(Note::UnknownState), u64::from(stat == "ZZ:9999"), "{stat}");
    }
}

#[test]
fn formats_that_no_table_names_pass_untouched() {
    for format in [9, 16, 0xF5, 0xF6] {
        let (mut d, c) = Desk::online(V30);
        d.give(c, mo(5, false, format, b"\x01\x02\x7f"), Seq::serial(9));
        let deliver = d.delivers()[0];
        assert_eq!((&deliver.octets[..], deliver.coding), (&b"\x01\x02\x7f"[..], Coding(format)));
        assert_eq!(d.tolerated(Note::MessageFormat), 1);
        let mut s = Stand::online(Protocol::Cmpp, "3.0", &[]);
        let AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) = part_of_three(1) else { panic!() };
        let octets = Bytes::from_static(b"\x00\x80\xff");
        let odd = pdu::Submit { tp_udhi: 0, msg_fmt: format, msg_content: octets.clone(), ..submit };
        s.give(&cmpp(odd), Seq::serial(1));
        assert_eq!(s.submits()[0].content, octets);
    }
}

#[test]
fn a_sender_goes_out_whole_and_a_wrong_one_is_an_outcome() {
    let sender = "106570011234567890123";
    let (mut d, c) = Desk::online(V30);
    d.send(Submit::to(TO).text("hi").sender(sender));
    let sent = d.sent(c);
    let AnyPdu::Cmpp(pdu::Pdu::Submit(submit)) = &sent[0].pdu else { panic!() };
    assert_eq!(submit.src_id.to_string_lossy(), sender, "prefix and extension, 21 octets");
    d.give(c, answer(0, 10), sent[0].header.seq);
    let outcome = d.outcomes()[0];
    assert_eq!((outcome.status, outcome.code), (Status::Rejected, 10));
}

#[test]
fn a_gateway_that_ends_the_session_in_the_middle_loses_nothing() {
    let (mut d, c) = Desk::online(&format!("{V30}&window=1"));
    let first = d.send(Submit::to(TO).text("one").report(false));
    let second = d.send(Submit::to(TO).text("two").report(false));
    assert_eq!(d.sent(c).len(), 1);
    d.give(c, cmpp(pdu::Terminate::default()), Seq::serial(50));
    assert_eq!(d.sent(c)[0].pdu.name(), "terminate_resp", "answered");
    d.account.forget(c);
    d.pass(120 * SECOND);
    let c = d.connect();
    let sent = d.sent(c);
    d.give(c, answer(8, 0), sent[0].header.seq);
    let status = |ticket| d.outcomes().iter().find(|o| o.ticket == ticket).map(|o| o.status);
    assert_eq!(status(first), Some(Status::InDoubt), "it was written and not answered");
    assert_eq!(status(second), Some(Status::Sent), "it was not written");
}

#[test]
fn a_long_login_name_is_hashed_whole_and_written_cut() {
    for (url, field) in [
        ("cmpp://90123456:secret@127.0.0.1:7890", "901234"),
        ("cmpp://90123456:secret@127.0.0.1:7890?source_addr=SP0001", "SP0001"),
        ("cmpp://901:secret@127.0.0.1:7890", "901"),
    ] {
        let (_, _, connect, _) = logging_in(url);
        let user = url.split(['/', ':']).nth(3).unwrap();
        assert_eq!(connect.source_addr.to_string_lossy(), field);
        let whole = md5(&[user.as_bytes(), &[0; 9], b"secret", b"0708101023"]);
        assert_eq!(connect.authenticator_source, whole, "{user}");
    }
}

#[test]
fn what_is_tolerated_is_an_ordinary_event() {
    // What is tolerated is an ordinary event: nobody has to know of the oddity to use the message.
    let (mut d, c) = Desk::online(V30);
    d.give(c, mo(5, false, 0, "你好".as_bytes()), Seq::serial(9));
    assert!(d.events.iter().any(|e| matches!(e, Event::Deliver(_))) && d.troubles().is_empty());
    assert_eq!(d.tolerated(Note::GbkInAscii), 1);
}
