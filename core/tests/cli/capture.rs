//! `sanwang decode` of captures: what belongs together, what is masked, and what a bad capture costs.

use bytes::BytesMut;
use sanwang::wire::{AnyPdu, CmppReport, Seq, SmgpReport, Text, Version, cmpp, sgip, smgp};
use serde_json::{Value as Json, json};

use super::common::{Ran, run, run_with_input};
use super::pcap::{End, PUSH, Pcap, Wire};

const SP: End = End(1, 51234);
const GATEWAY: End = End(2, 17890);

fn frame(pdu: impl Into<AnyPdu>, version: Version, seq: Seq) -> Vec<u8> {
    let mut out = BytesMut::new();
    pdu.into().encode(version, seq, &mut out).expect("it fits");
    out.to_vec()
}

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).expect("it fits")
}

fn cmpp_submit(receivers: usize) -> cmpp::Pdu {
    cmpp::Submit {
        pk_total: 1,
        pk_number: 1,
        registered_delivery: 1,
        msg_fmt: 8,
        src_id: text("10657001"),
        dest_terminal_id: (0..receivers).map(|n| text(&format!("1380013800{n}"))).collect(),
        msg_content: "验证码".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ..cmpp::Submit::default()
    }
    .into()
}

fn active_test(serial: u32) -> Vec<u8> {
    frame(cmpp::Pdu::from(cmpp::ActiveTest::default()), cmpp::V30, Seq::serial(serial))
}

fn decode(pcap: &Pcap, args: &[&str]) -> Ran {
    run_with_input(&[&["decode", "-"], args].concat(), pcap.octets())
}

/// Login, a submit with two receivers, its answer, the report on the second receiver, and its answer.
fn cmpp_talk(version: Version) -> Pcap {
    let id = 0x7428_a5c0_03e9_3039;
    let report = CmppReport {
        msg_id: id + 1,
        stat: text("DELIVRD"),
        dest_terminal_id: text("13800138001"),
        ..CmppReport::default()
    };
    let login = cmpp::Connect { source_addr: text("901234"), version: version.0, ..cmpp::Connect::default() };
    let deliver = cmpp::Deliver {
        msg_id: 9,
        registered_delivery: 1,
        src_terminal_id: text("13800138001"),
        dest_id: text("10657001"),
        msg_content: report.to_bytes(version).expect("it fits"),
        ..cmpp::Deliver::default()
    };
    let resp = cmpp::ConnectResp { version: version.0, ..cmpp::ConnectResp::default() };
    let talk: [(bool, u32, cmpp::Pdu); 6] = [
        (false, 1, login.into()),
        (true, 1, resp.into()),
        (false, 2, cmpp_submit(2)),
        (true, 2, cmpp::SubmitResp { msg_id: id, result: 0 }.into()),
        (true, 1, deliver.into()),
        (false, 1, cmpp::DeliverResp { msg_id: 9, result: 0 }.into()),
    ];
    let mut pcap = Pcap::new();
    let mut wire = Wire::open(&mut pcap, SP, GATEWAY);
    for (back, serial, pdu) in talk {
        wire.send(&mut pcap, back, &frame(pdu, version, Seq::serial(serial)));
    }
    wire.close(&mut pcap);
    pcap
}

#[test]
fn a_time_line_joins_requests_answers_and_reports() {
    let ran = decode(&cmpp_talk(cmpp::V20), &[]).expect(0, &[], &["6 PDUs in 10 packets on 1 connection\n"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let expected = [
        "2025-11-22T08:26:40.003000Z #1 10.0.0.1:51234 > 10.0.0.2:17890 cmpp 2.0 connect 1 from 90**34",
        "2025-11-22T08:26:40.004000Z #2 10.0.0.2:17890 > 10.0.0.1:51234 cmpp 2.0 connect_resp 1 result 0 answers #1 \
         after 1.000 ms",
        "2025-11-22T08:26:40.005000Z #3 10.0.0.1:51234 > 10.0.0.2:17890 cmpp 2.0 submit 2 from ****7001 to \
         138****8000 and 1 more ucs2 6 octets",
        "2025-11-22T08:26:40.006000Z #4 10.0.0.2:17890 > 10.0.0.1:51234 cmpp 2.0 submit_resp 2 result 0 answers #3 \
         after 1.000 ms",
        "2025-11-22T08:26:40.007000Z #5 10.0.0.2:17890 > 10.0.0.1:51234 cmpp 2.0 deliver 1 from 138****8001 to \
         ****7001 report on 7428a5c003e9303a DELIVRD of submit #3 after 2.000 ms",
        "2025-11-22T08:26:40.008000Z #6 10.0.0.1:51234 > 10.0.0.2:17890 cmpp 2.0 deliver_resp 1 result 0 answers #5 \
         after 1.000 ms",
    ];
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(line.replace("****34", "90**34"), expected.replace("****34", "90**34"));
    }
    assert_eq!(lines.len(), expected.len());
    decode(&cmpp_talk(cmpp::V20), &["--show"]).expect(
        0,
        &["13800138000 and 1 more ucs2 6 octets \"验证码\""],
        &[],
    );
}

#[test]
fn json_has_every_field_and_hides_messages() {
    for version in [cmpp::V20, cmpp::V30] {
        let ran = decode(&cmpp_talk(version), &["--json"]).expect(0, &[], &[]);
        let lines = ran.json_lines();
        assert!(lines.iter().all(|line| line["version"] == version.to_string()), "{}", ran.out);
        assert_eq!(lines[2]["fields"]["dest_terminal_id"], json!(["138****8000", "138****8001"]));
        assert_eq!(lines[2]["fields"]["msg_content"], "(6 octets)");
        assert_eq!(lines[2]["text"], "(3 characters)");
        assert_eq!((&lines[3]["answers"], &lines[3]["answered_after_ms"]), (&json!(3), &json!(1.0)));
        assert_eq!((&lines[4]["reports_on"], &lines[4]["reported_after_ms"]), (&json!(3), &json!(2.0)));
        assert_eq!(lines[4]["report"]["dest_terminal_id"], "138****8001");
        assert!(!ran.out.contains("1380013800"), "{}", ran.out);
        let shown = decode(&cmpp_talk(version), &["--json", "--show"]).expect(0, &[], &[]).json_lines();
        assert_eq!(shown[2]["text"], "验证码");
        assert_eq!(shown[2]["number"], 3);
        assert_eq!(
            (&shown[2]["from"], &shown[2]["to"]),
            (&json!("10.0.0.1:51234"), &json!("10.0.0.2:17890"))
        );
    }
}

/// SGIP reports come on a connection of their own; SMGP ids are octets.
#[test]
fn reports_find_their_submit_on_every_protocol() {
    let seq = Seq::new(3_010_012_345, 1_122_093_000, 5);
    let bind = sgip::Bind { login_type: 1, login_password: text("hunter2"), ..sgip::Bind::default() };
    let submit = sgip::Submit { user_numbers: vec![text("8613000000001")].into(), ..sgip::Submit::default() };
    let report =
        sgip::Report { submit_sequence: seq, user_number: text("8613000000001"), ..sgip::Report::default() };
    let mut pcap = Pcap::new();
    let mut up = Wire::open(&mut pcap, SP, End(2, 18801));
    up.send(&mut pcap, false, &frame(sgip::Pdu::from(bind.clone()), sgip::V12, Seq::new(1, 2, 3)));
    up.send(&mut pcap, false, &frame(sgip::Pdu::from(submit), sgip::V12, seq));
    let mut down = Wire::open(&mut pcap, End(2, 40000), End(1, 18802));
    down.send(&mut pcap, false, &frame(sgip::Pdu::from(bind), sgip::V12, Seq::new(9, 2, 3)));
    down.send(&mut pcap, false, &frame(sgip::Pdu::from(report), sgip::V12, Seq::new(9, 2, 4)));
    let login = smgp::Login { client_version: 0x20, ..smgp::Login::default() };
    let submit = smgp::Submit { dest_term_id: vec![text("18900000001")].into(), ..smgp::Submit::default() };
    let id = *b"\x01\x00\x61\x01\x16\x17\x00\x01\x23\x45";
    let report = SmgpReport { msg_id: id, stat: text("DELIVRD"), ..SmgpReport::default() };
    let content = report.to_bytes().expect("it fits");
    let deliver = smgp::Deliver { is_report: 1, msg_content: content, ..smgp::Deliver::default() };
    let mut wire = Wire::open(&mut pcap, SP, End(3, 18890));
    for (back, serial, pdu) in [
        (false, 1, smgp::Pdu::from(login)),
        (false, 2, submit.into()),
        (true, 2, smgp::SubmitResp { msg_id: id, status: 0 }.into()),
        (true, 1, deliver.into()),
    ] {
        wire.send(&mut pcap, back, &frame(pdu, smgp::V20, Seq::serial(serial)));
    }
    let ran = decode(&pcap, &["--json", "--show"]).expect(0, &[], &["6 requests without answer"]);
    let lines = ran.json_lines();
    let masked = decode(&pcap, &["--json"]).json_lines();
    assert_eq!(masked[7]["report"]["text_hex"], "(20 octets)");
    let names: Vec<&Json> = lines.iter().map(|line| &line["pdu"]).collect();
    let expected = ["bind", "submit", "bind", "report", "login", "submit", "submit_resp", "deliver"];
    assert_eq!(names, expected.map(Json::from).iter().collect::<Vec<_>>());
    assert_eq!((&lines[3]["reports_on"], &lines[7]["reports_on"]), (&json!(2), &json!(6)));
    assert_eq!((&lines[1]["version"], &lines[5]["version"]), (&json!("1.2"), &json!("2.0")));
    assert_eq!(lines[0]["fields"]["login_password"], "***", "not even with --show");
}

#[test]
fn segments_in_any_order_give_the_frames() {
    let mut stream = Vec::new();
    for serial in 0..50 {
        stream.extend(active_test(serial));
        stream.extend(frame(cmpp_submit(1), cmpp::V30, Seq::serial(1000 + serial)));
    }
    let mut pcap = Pcap::new();
    let wire = Wire::open(&mut pcap, SP, GATEWAY);
    let login = frame(
        cmpp::Pdu::from(cmpp::Connect { version: 0x30, ..cmpp::Connect::default() }),
        cmpp::V30,
        Seq::serial(1),
    );
    stream.splice(0..0, login);
    let mut pieces: Vec<(usize, &[u8])> =
        stream.chunks(37).enumerate().map(|(at, piece)| (at * 37, piece)).collect();
    for pair in pieces.chunks_mut(3) {
        pair.reverse();
    }
    for (at, piece) in pieces {
        let seq = wire.sent[0] + u32::try_from(at).expect("small");
        pcap.segment(SP, GATEWAY, seq, 5000, PUSH, piece);
        if at % 5 == 0 {
            pcap.segment(SP, GATEWAY, seq, 5000, PUSH, piece);
        }
    }
    let ran = decode(&pcap, &["--json"]).expect(
        0,
        &[],
        &["101 PDUs", "segments repeated", "segments out of order"],
    );
    let lines = ran.json_lines();
    let serials: Vec<_> =
        lines[1..].iter().map(|line| line["header"]["sequence"].as_u64().expect("a number")).collect();
    let expected: Vec<_> = (0..50).flat_map(|serial| [serial, 1000 + serial]).collect();
    assert_eq!(serials, expected);
    assert!(!ran.err.contains("gap"), "{}", ran.err);
}

#[test]
fn a_hole_costs_only_what_is_in_it() {
    let mut pcap = Pcap::new();
    // The capture begins in the middle of the connection; the port tells the protocol.
    let mut wire = Wire { client: SP, server: End(2, 7890), sent: [77, 88] };
    wire.send(&mut pcap, false, &active_test(1));
    let submit = frame(cmpp_submit(1), cmpp::V20, Seq::serial(2));
    wire.send(&mut pcap, false, &submit[..100]);
    wire.lose(false, submit.len() - 100 + 5);
    let rest =
        [&active_test(3)[5..], &active_test(4), &frame(cmpp_submit(1), cmpp::V20, Seq::serial(5))].concat();
    wire.send(&mut pcap, false, &rest);
    wire.send(&mut pcap, true, &[]);
    let ran = decode(&pcap, &["--json"]).expect(0, &[], &["3 PDUs", "1 gaps", "octets not in the capture"]);
    let lines = ran.json_lines();
    let seen: Vec<_> = lines.iter().map(|line| line["header"]["sequence"].as_u64()).collect();
    assert_eq!(seen, [Some(1), None, None, None, Some(4), Some(5)], "{}", ran.out);
    assert_eq!(lines[1]["gap"], submit.len() - 100 + 5);
    assert_eq!((&lines[2]["skipped"], &lines[3]["skipped"]), (&json!(100), &json!(7)));
    assert_eq!(lines[5]["version"], "2.0", "a frame tells the version where no login does");
}

#[test]
fn bad_frames_are_named_and_other_talk_is_left_alone() {
    let mut pcap = Pcap::new();
    let mut wire = Wire::open(&mut pcap, SP, GATEWAY);
    wire.send(&mut pcap, false, &[0, 0, 0, 12, 0, 0, 0, 0xFF, 0, 0, 0, 1]);
    wire.send(&mut pcap, false, &active_test(7));
    let mut web = Wire::open(&mut pcap, End(1, 40001), End(4, 80));
    for _ in 0..40 {
        web.send(&mut pcap, false, b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
    }
    let args = ["--port", "17890=cmpp"];
    let ran = decode(&pcap, &args).expect(
        1,
        &["refused: header: command at octet 4", "active_test 7"],
        &["1 frames refused", "1 connections of other protocols"],
    );
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    let refused = &decode(&pcap, &["--json", "--port", "17890=cmpp"]).json_lines()[0];
    assert_eq!((&refused["error"], &refused["offset"]), (&json!("unknown_command"), &json!(4)));
}

#[test]
fn files_that_are_none_are_refused() {
    run(&["decode", "/no/such.pcap"]).expect(2, &[], &["/no/such.pcap cannot be read", "cmpp, sgip or smgp"]);
    run_with_input(&["decode", "-"], b"hello, this is text").expect(1, &[], &["neither pcap nor pcapng"]);
    run(&["decode", "cmpp", "00", "--json"]).expect(2, &[], &["are for captures"]);
    run(&["decode", "-", "--port", "7890"]).expect(2, &[], &["write PORT=PROTOCOL"]);
    let path = cmpp_talk(cmpp::V30).save("talk");
    let whole = std::fs::read(&path).expect("the file");
    run(&["decode", path.to_str().expect("a name")]).expect(0, &["submit_resp"], &["6 PDUs"]);
    std::fs::remove_file(&path).expect("the file");
    // Cut anywhere, it shows what is whole.
    for length in (24..whole.len()).step_by(97) {
        let ran = run_with_input(&["decode", "-"], &whole[..length]);
        assert_eq!(ran.code, 0, "{length}: {}", ran.err);
    }
}
