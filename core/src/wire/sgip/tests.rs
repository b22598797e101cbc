#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic)]

use super::*;
use crate::wire::error::ErrorClass;
use crate::wire::laws::body_size;
use crate::wire::text::Text;
use crate::wire::value::{Field, Value};
use crate::wire::version::Seq;
use bytes::BytesMut;

/// Body sizes of `sgip.md 5` in 1.2, for one receiver or entry and an empty content; all others are generic responses.
const SIZES: [(&str, usize); 22] = [
    ("bind", 41),
    ("unbind", 0),
    ("unbind_resp", 0),
    ("submit", 123 + 21),
    ("deliver", 57),
    ("report", 44),
    ("add_sp", 50),
    ("modify_sp", 81),
    ("delete_sp", 45),
    ("query_route", 40),
    ("query_route_resp", 5 + 87),
    ("add_tele_seg", 26),
    ("modify_tele_seg", 33),
    ("delete_tele_seg", 21),
    ("add_smg", 50),
    ("modify_smg", 56),
    ("delete_smg", 14),
    ("check_user", 61),
    ("check_user_resp", 10),
    ("user_rpt", 51),
    ("trace", 41),
    ("trace_resp", 1 + 47),
];

const SEQ: Seq = Seq::new(3_010_012_345, 1_120_203_225, 7);

#[test]
fn sizes_are_those_of_the_document() {
    assert_eq!(Pdu::TABLE.len(), 36);
    for info in Pdu::TABLE {
        let size = SIZES.iter().find(|(name, _)| *name == info.name).map_or(9, |(_, size)| *size);
        for version in [V11, V12, V13] {
            let wider = if info.name == "trace_resp" && version == V13 { 4 } else { 0 };
            assert_eq!(body_size(info, version, 1, 0), size + wider, "{} {version}", info.name);
        }
    }
    assert_eq!(
        Pdu::TABLE.iter().filter(|info| !SIZES.iter().any(|(name, _)| *name == info.name)).count(),
        14
    );
}

#[test]
fn every_block_is_dispatched() {
    let blocks = [sp::NAMES, answer::NAMES, route::NAMES].concat();
    assert_eq!(blocks.len(), Pdu::TABLE.len());
    assert!(Pdu::TABLE.iter().all(|info| blocks.contains(&info.name) && !info.doc.is_empty()));
}

#[test]
fn requests_and_responses_come_in_pairs() {
    for info in Pdu::TABLE.iter().filter(|info| !info.is_response()) {
        let resp = Pdu::TABLE.iter().find(|resp| resp.command == info.command | 0x8000_0000).unwrap();
        assert_eq!(resp.name, format!("{}_resp", info.name));
    }
}

fn frame(pdu: impl Into<Pdu>, version: Version) -> Vec<u8> {
    let mut out = BytesMut::new();
    pdu.into().encode(version, SEQ, &mut out).unwrap();
    out.to_vec()
}

fn framed(header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut octets = [&header[..20], body].concat();
    let length = u32::try_from(octets.len()).unwrap();
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

#[test]
fn generic_responses_have_nine_octets_or_one() {
    let whole = frame(SubmitResp { result: 8, reserve: [0; 8] }, V12);
    for length in 0..=12 {
        let body = &[8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..length];
        let mut notes = Notes::default();
        let result = Pdu::decode(V12, &framed(&whole, body), &mut notes);
        match length {
            0 => assert_eq!(result.unwrap_err().class, ErrorClass::BodyTooShort),
            2..=8 => assert_eq!(result.unwrap_err().class, ErrorClass::BodyLengthInvalid),
            _ => {
                assert_eq!(result.unwrap().1, SubmitResp { result: 8, reserve: [0; 8] }.into());
                assert_eq!(notes.contains(Note::ReserveMissing), length == 1);
                assert_eq!(notes.trailing(), length.saturating_sub(9));
            }
        }
    }
}

#[test]
fn only_a_whole_reserve_may_be_missing() {
    for pdu in [
        Pdu::from(Bind::default()),
        Deliver::default().into(),
        Report::default().into(),
        Trace::default().into(),
    ] {
        let whole = frame(pdu.clone(), V13);
        for missing in 1..=9 {
            let mut notes = Notes::default();
            let result = Pdu::decode(V13, &framed(&whole, &whole[20..whole.len() - missing]), &mut notes);
            if missing == 8 {
                assert_eq!((result.unwrap().1, notes.contains(Note::ReserveMissing)), (pdu.clone(), true));
            } else {
                assert_eq!(result.unwrap_err().class, ErrorClass::BodyTooShort);
            }
        }
    }
}

#[test]
fn misprinted_id_is_a_response_only_with_nine_octets() {
    let whole = frame(ModifySmgResp { result: 3, reserve: [0; 8] }, V12);
    let mut misprinted = whole.clone();
    misprinted[4] = 0;
    let mut notes = Notes::default();
    let (header, pdu) = Pdu::decode(V12, &misprinted, &mut notes).unwrap();
    assert_eq!((header.command, pdu.name()), (0x0E, "modify_smg_resp"));
    assert!(notes.contains(Note::MisprintedCommand));
    assert_eq!(frame(pdu, V12), whole);
    let (_, pdu) = Pdu::decode(V12, &frame(ModifySmg::default(), V12), &mut Notes::default()).unwrap();
    assert_eq!(pdu.name(), "modify_smg");
}

#[test]
fn trace_layout_follows_the_length() {
    let node = TraceNode { node_id: Text::new("101001").unwrap(), ..TraceNode::default() };
    for nodes in [vec![node.clone()], vec![node; 3]] {
        let pdu = Pdu::from(TraceResp { nodes });
        for written in [V11, V12, V13] {
            let octets = frame(pdu.clone(), written);
            for read in [V11, V12, V13] {
                let mut notes = Notes::default();
                assert_eq!(Pdu::decode(read, &octets, &mut notes).unwrap().1, pdu);
                assert_eq!(notes.contains(Note::LayoutByLength), (read == V13) != (written == V13));
            }
        }
    }
}

#[test]
fn end_of_routes_is_a_frame_without_body() {
    let end = QueryRouteResp { end_of_routes: true, ..QueryRouteResp::default() };
    let octets = frame(end.clone(), V12);
    assert_eq!(octets.len(), 20);
    assert_eq!(end.encoded_len(V12), 20);
    assert_eq!(Pdu::decode(V12, &octets, &mut Notes::default()).unwrap().1, end.clone().into());
    assert_eq!(end.fields(V12), [Field::new("end_of_routes", Value::Flag(true))]);
    let both = QueryRouteResp { end_of_routes: true, result: 1, routes: vec![] };
    assert_eq!(both.encode(V12, SEQ, &mut BytesMut::new()).unwrap_err().field, "end_of_routes");
    // A refusal in the form of a generic response.
    let refusal = framed(&octets, &[29, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut notes = Notes::default();
    let (_, pdu) = Pdu::decode(V12, &refusal, &mut notes).unwrap();
    assert_eq!(pdu, QueryRouteResp { end_of_routes: false, result: 29, routes: vec![] }.into());
    assert_eq!(notes.trailing(), 4);
}

#[test]
fn at_most_twenty_routes_are_written() {
    let routes = vec![RouteEntry::default(); 21];
    let many = QueryRouteResp { end_of_routes: false, result: 0, routes };
    let error = many.encode(V12, SEQ, &mut BytesMut::new()).unwrap_err();
    assert_eq!((error.field, error.limit, error.actual), ("routes", 20, 21));
}

#[test]
fn secrets_are_marked() {
    use crate::wire::field::Role;
    for info in Pdu::TABLE {
        for field in info.fields.iter().chain(info.fields.iter().flat_map(|field| field.entries)) {
            assert_eq!(field.spec.role() == Role::Secret, field.name.contains("password"), "{}", field.name);
        }
    }
}
