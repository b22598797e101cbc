#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::arithmetic_side_effects)]

use bytes::BytesMut;

use super::super::any::AnyPdu;
use super::super::json::{self, Document};
use super::super::notes::Notes;
use super::super::version::{Protocol, Seq};
use super::super::{cmpp, sgip, smgp};
use super::*;

fn fields(text: &str) -> GivenFields {
    match json::read(text).unwrap() {
        Given::Fields(fields) => fields,
        other => panic!("{other:?}"),
    }
}

fn said(protocol: Protocol, version: Version, pdu: &str, text: &str) -> String {
    AnyPdu::from_fields(protocol, version, pdu, &fields(text)).unwrap_err().to_string()
}

fn submit(text: &str) -> String {
    said(Protocol::Cmpp, cmpp::V30, "submit", text)
}

#[test]
fn what_is_not_given_has_its_default() {
    let given = fields(r#"{"dest_terminal_id":["13800138000"],"msg_content":"6869","src_id":null}"#);
    let pdu = cmpp::Submit::from_fields(cmpp::V30, &given).unwrap();
    let expected = cmpp::Submit {
        dest_terminal_id: vec!["13800138000".parse().unwrap()].into(),
        msg_content: "hi".into(),
        ..cmpp::Submit::default()
    };
    assert_eq!(pdu, expected);
    assert_eq!(submit("{}"), "submit: dest_terminal_id is missing: give at least 1");
    // A field that the version does not have may be given as long as it says nothing.
    let given = fields(r#"{"dest_terminal_id":["1"],"link_id":"","fee_terminal_type":0}"#);
    assert!(cmpp::Submit::from_fields(cmpp::V20, &given).is_ok());
}

#[test]
fn names_are_those_of_the_tables() {
    let error = said(Protocol::Cmpp, cmpp::V30, "sumbit", "{}");
    assert_eq!(error, "there is no PDU sumbit: did you mean submit?");
    assert!(said(Protocol::Sgip, sgip::V12, "zzzzzzzz", "{}").contains("docs/protocol"));
    assert_eq!(
        said(Protocol::Cmpp, cmpp::V30, "get_route", "{}"),
        "get_route does not exist in 3.0: use another version"
    );
    assert_eq!(submit(r#"{"scr_id":"1"}"#), "submit: scr_id is no field: did you mean src_id?");
    assert_eq!(
        said(Protocol::Cmpp, cmpp::V30, "submit_resp", r#"{"quantity":0}"#),
        "submit_resp: quantity is no field: there are msg_id, result"
    );
    assert_eq!(
        said(Protocol::Cmpp, cmpp::V30, "active_test", r#"{"x":0}"#),
        "active_test: x is no field: there are none"
    );
    assert_eq!(submit(r#"{"src_id":"1","src_id":"2"}"#), "submit: src_id is given twice");
}

#[test]
fn values_that_do_not_fit_are_named() {
    for (given, expected) in [
        (r#"{"pk_total":256}"#, "pk_total is 256: give a number from 0 to 255"),
        (r#"{"pk_total":-1}"#, "pk_total is -1: give a number from 0 to 255"),
        (r#"{"pk_total":"1"}"#, "pk_total is text: give a number from 0 to 255"),
        (r#"{"pk_total":true}"#, "pk_total is a yes or no: give a number from 0 to 255"),
        (r#"{"msg_id":"00"}"#, "msg_id has 1 octets: give 8"),
        (r#"{"msg_id":-1}"#, "msg_id is -1: give a number from 0 to 18446744073709551615"),
        (r#"{"service_id":"12345678901"}"#, "service_id has 11 octets, the field holds 10: shorten it"),
        (r#"{"service_id":"a\u0000b"}"#, "service_id has a NUL inside, and a NUL ends a text"),
        (r#"{"service_id":7}"#, "service_id is a number: give text"),
        (
            r#"{"service_id":{"hex":"0g"}}"#,
            "service_id is \"0g\": give octets as pairs of hexadecimal digits",
        ),
        (r#"{"service_id":{"x":"00"}}"#, "service_id is an object: give text, or {\"hex\": its octets}"),
        (r#"{"dest_terminal_id":"1"}"#, "dest_terminal_id is text: give a list of texts"),
        (r#"{"dest_terminal_id":[]}"#, "dest_terminal_id has 0 entries: at least 1 are needed"),
        (r#"{"dest_terminal_id":["1",2]}"#, "dest_terminal_id[1] is a number: give text"),
        (
            r#"{"dest_terminal_id":["1"],"dest_usr_tl":2}"#,
            "dest_usr_tl does not agree with dest_terminal_id, which makes it 1: leave it out",
        ),
        (
            r#"{"dest_terminal_id":["1"],"msg_content":"00","msg_length":2}"#,
            "msg_length does not agree with msg_content, which makes it 1: leave it out",
        ),
        (
            r#"{"dest_terminal_id":["1"],"msg_content":"000"}"#,
            "msg_content is \"000\": give octets as pairs of hexadecimal digits",
        ),
        (
            r#"{"dest_terminal_id":["1"],"reserve":"0000000000000001"}"#,
            "reserve does not exist in 3.0: leave it out, or use another version",
        ),
    ] {
        assert_eq!(submit(given), format!("submit: {expected}"));
    }
    let long = format!(r#"{{"dest_terminal_id":["1"],"msg_content":"{}"}}"#, "00".repeat(256));
    assert_eq!(submit(&long), "submit: msg_content has 256 octets: at most 255 are allowed");
    let many = format!(r#"{{"dest_terminal_id":[{}"1"]}}"#, "\"1\",".repeat(99));
    assert_eq!(submit(&many), "submit: dest_terminal_id has 100 entries: at most 99 are allowed");
    // The size is that of the version.
    let number = r#"{"dest_terminal_id":["1234567890123456789012"]}"#;
    assert!(AnyPdu::from_fields(Protocol::Cmpp, cmpp::V30, "submit", &fields(number)).is_ok());
    assert_eq!(
        said(Protocol::Cmpp, cmpp::V20, "submit", number),
        "submit: dest_terminal_id[0] has 22 octets, the field holds 21: shorten it"
    );
}

#[test]
fn groups_have_paths() {
    let routes = |entry: &str| {
        said(Protocol::Sgip, sgip::V12, "query_route_resp", &format!(r#"{{"routes":[{{}},{entry}]}}"#))
    };
    assert_eq!(
        routes(r#"{"type":300}"#),
        "query_route_resp: routes[1].type is 300: give a number from 0 to 255"
    );
    assert_eq!(
        routes(r#"{"passwort":""}"#),
        "query_route_resp: routes[1].passwort is no field: did you mean password?"
    );
    assert_eq!(routes("1"), "query_route_resp: routes[1] is a number: give an object with fields");
    let sequence =
        |value: &str| said(Protocol::Sgip, sgip::V12, "report", &format!(r#"{{"submit_sequence":{value}}}"#));
    assert_eq!(
        sequence("[1,2]"),
        "report: submit_sequence is a list: give a list of three numbers: node, time, serial"
    );
    assert!(sequence("[1,2,-3]").starts_with("report: submit_sequence[2] is -3"));
}

#[test]
fn an_empty_body_has_nothing_else() {
    let read = |text: &str| AnyPdu::from_fields(Protocol::Sgip, sgip::V12, "query_route_resp", &fields(text));
    let ended = sgip::QueryRouteResp { end_of_routes: true, ..sgip::QueryRouteResp::default() };
    for text in [r#"{"end_of_routes":true}"#, r#"{"end_of_routes":1,"result":0,"count":0,"routes":[]}"#] {
        assert_eq!(read(text), Ok(AnyPdu::Sgip(ended.clone().into())));
    }
    assert_eq!(
        read(r#"{"end_of_routes":true,"result":1}"#).unwrap_err().to_string(),
        "query_route_resp: result is given, and end_of_routes is true: give one of them"
    );
    assert!(read(r#"{"end_of_routes":"yes"}"#).unwrap_err().to_string().contains("give true or false"));
}

#[test]
fn parameters_in_every_form() {
    let tlvs = |text: &str| {
        let given = fields(&format!(r#"{{"dest_term_id":["1"],"tlv":{text}}}"#));
        smgp::Submit::from_fields(smgp::V30, &given).map(|submit| submit.tlvs)
    };
    let one = |text: &str| {
        let tlvs = tlvs(&format!("[{text}]")).unwrap();
        tlvs.iter().map(|tlv| (tlv.tag, tlv.value.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(one(r#"{"tag":2,"value_hex":"01"}"#), [(2, vec![1])]);
    assert_eq!(one(r#"{"tag":2,"name":"TP_udhi","value_hex":"01","value":1}"#), [(2, vec![1])]);
    assert_eq!(one(r#"{"name":"tp_udhi","value":1}"#), [(2, vec![1])]);
    assert_eq!(one(r#"{"name":"MsgSrc","value":"abc"}"#), [(0x10, b"abc\0\0\0\0\0".to_vec())]);
    assert_eq!(one(r#"{"name":"SrcTermPseudo","value":"abc"}"#), [(0x0E, b"abc".to_vec())]);
    assert_eq!(one(r#"{"tag":513,"name":null,"value_hex":"","value":null}"#), [(513, vec![])]);
    assert_eq!(
        one(r#"{"tag":2,"value_hex":"01"},{"tag":2,"value_hex":"0203"}"#),
        [(2, vec![1]), (2, vec![2, 3])],
        "order and repeats are kept"
    );
    for (text, expected) in [
        ("{}", "tlv[0] has neither tag nor name: give one"),
        (r#"{"tag":2}"#, "tlv[0] has no value: give value_hex"),
        (r#"{"tag":65536}"#, "tlv[0].tag is 65536: give a number from 0 to 65535"),
        (r#"{"name":"Nobody"}"#, "tlv[0].name is no known parameter: give its tag"),
        (r#"{"tag":1,"name":"TP_udhi"}"#, "tlv[0].name belongs to another tag: give one of them"),
        (r#"{"tag":2,"value":256}"#, "tlv[0].value is 256: give a number from 0 to 255"),
        (r#"{"tag":513,"value":1}"#, "tlv[0].value is not known for this tag: give value_hex"),
        (
            r#"{"tag":2,"value_hex":"01","value":2}"#,
            "tlv[0].value does not agree with value_hex: give one of them",
        ),
        (
            r#"{"name":"MsgSrc","value":"123456789"}"#,
            "tlv[0].value has 9 octets, the field holds 8: shorten it",
        ),
        (r#"{"tag":2,"octets":"01"}"#, "tlv[0].octets is no field: there are tag, name, value_hex, value"),
    ] {
        let error = tlvs(&format!("[{text}]")).unwrap_err();
        assert_eq!(error.to_string(), format!("submit: {expected}"));
    }
    let given = fields(r#"{"dest_term_id":["1"],"tlv":[{"tag":2,"value_hex":"01"}]}"#);
    let error = smgp::Submit::from_fields(smgp::V20, &given).unwrap_err();
    assert_eq!((error.kind, &error.path[..]), (GivenErrorKind::NotInVersion, "tlv"));
}

/// Text in GBK, an id that is all ones, a report, a tolerance: the document of a frame makes the frame again.
#[test]
fn documents_lose_nothing() {
    let octets = |text: &[u8]| super::super::text::Text::from_octets(text).unwrap();
    let deliver = cmpp::Deliver {
        msg_id: u64::MAX,
        service_id: octets(&[0xC4, 0xE3]).resize().unwrap(),
        dest_id: octets(b"\"\\\t\x01 \xEF\xBF\xBD").resize().unwrap(),
        src_terminal_id: octets(&[0xFF; 32]),
        registered_delivery: 1,
        msg_content: cmpp_report(),
        ..cmpp::Deliver::default()
    };
    let mut frame = BytesMut::new();
    deliver.encode(cmpp::V30, Seq::serial(u32::MAX), &mut frame).unwrap();
    let mut notes = Notes::default();
    let (header, pdu) = AnyPdu::decode(Protocol::Cmpp, cmpp::V30, &frame, &mut notes).unwrap();
    let mut text = String::new();
    json::document(&mut text, cmpp::V30, &header, &pdu, notes);
    assert!(
        text.contains(r#""service_id":{"hex":"c4e3"}"#) && text.contains(r#""report":{"msg_id":"#),
        "{text}"
    );
    let read = Document::read(&text).unwrap();
    assert_eq!((read.version, read.seq, &read.pdu), (cmpp::V30, Seq::serial(u32::MAX), &pdu));
    assert_eq!(read.frame().unwrap(), frame);
}

fn cmpp_report() -> Bytes {
    super::super::CmppReport { msg_id: 1, ..Default::default() }.to_bytes(cmpp::V30).unwrap()
}

#[test]
fn documents_that_are_none() {
    for (text, expected) in [
        ("[]", "is a list: give an object with fields"),
        ("{}", "protocol is missing: give protocol, version, pdu and fields"),
        (r#"{"protocol":1}"#, "protocol is no text"),
        (r#"{"protocol":"smpp"}"#, "protocol is unknown: write cmpp, sgip or smgp"),
        (r#"{"protocol":"sgip"}"#, "version is missing: give protocol, version, pdu and fields"),
        (
            r#"{"protocol":"sgip","version":"3.0"}"#,
            "version is unknown: sgip has no such version: write 1.1, 1.2, 1.3",
        ),
        (
            r#"{"protocol":"sgip","version":"1.2","pdu":"bind","sequence":[1,2,3]}"#,
            "sequence is no field: there are protocol, version, pdu, header, fields, report, udh, text, warnings",
        ),
        (
            r#"{"protocol":"sgip","version":"1.2","pdu":"bind","header":{"sequence":3}}"#,
            "header.sequence is a number: give a list of three numbers: node, time, serial",
        ),
        (
            r#"{"protocol":"cmpp","version":"3.0","pdu":"terminate","header":{"sequence":4294967296}}"#,
            "header.sequence is 4294967296: give a number from 0 to 4294967295",
        ),
        (
            r#"{"protocol":"cmpp","version":"3.0","pdu":"terminate","fields":[]}"#,
            "fields is a list: give an object with fields",
        ),
        (
            r#"{"protocol":"cmpp","version":"3.0","pdu":"connect","fields":{"timestamp":-1}}"#,
            "connect: timestamp is -1: give a number from 0 to 4294967295",
        ),
    ] {
        assert_eq!(Document::read(text).unwrap_err().to_string(), expected, "{text}");
    }
    let plain = r#"{"protocol":"cmpp","version":"3.0","pdu":"terminate"}"#;
    let read = Document::read(plain).unwrap();
    assert_eq!((read.seq, read.pdu), (Seq::default(), AnyPdu::Cmpp(cmpp::Terminate {}.into())));
}
