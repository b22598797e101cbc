#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic)]

use super::*;
use crate::wire::error::{EncodeErrorKind, ErrorClass};
use crate::wire::laws::body_size;
use crate::wire::notes::Note;
use crate::wire::text::Text;
use crate::wire::version::Seq;
use bytes::{Bytes, BytesMut};

/// Body sizes of `cmpp.md 3.1` in 2.0, 2.1 and 3.0; for one receiver (`n`) and an empty content.
const SIZES: [(&str, [Option<usize>; 3]); 34] = [
    ("connect", [Some(27); 3]),
    ("connect_resp", [Some(18), Some(18), Some(21)]),
    ("terminate", [Some(0); 3]),
    ("terminate_resp", [Some(0); 3]),
    ("active_test", [Some(0); 3]),
    ("active_test_resp", [Some(1); 3]),
    ("submit", [Some(126 + 21), Some(126 + 21), Some(151 + 32)]),
    ("submit_resp", [Some(9), Some(9), Some(12)]),
    ("deliver", [Some(73), Some(73), Some(97)]),
    ("deliver_resp", [Some(9), Some(9), Some(12)]),
    ("query", [Some(27); 3]),
    ("query_resp", [Some(51); 3]),
    ("cancel", [Some(8); 3]),
    ("cancel_resp", [Some(1), Some(1), Some(4)]),
    ("fwd", [Some(140 + 21), Some(140 + 21), Some(252 + 21)]),
    ("fwd_resp", [Some(11), Some(11), Some(14)]),
    ("mt_route", [Some(27); 3]),
    ("mo_route", [Some(41); 3]),
    ("mt_route_resp", [Some(44), Some(65), Some(65)]),
    ("mo_route_resp", [Some(57), Some(78), Some(78)]),
    ("get_route", [Some(12), None, None]),
    ("get_route_resp", [Some(71), None, None]),
    ("mt_route_update", [Some(44), Some(51), Some(51)]),
    ("mt_route_update_resp", [Some(1), Some(19), Some(19)]),
    ("mo_route_update", [Some(67), Some(74), Some(74)]),
    ("mo_route_update_resp", [Some(1), Some(19), Some(19)]),
    ("push_mt_route_update", [Some(44), Some(65), Some(65)]),
    ("push_mt_route_update_resp", [Some(1); 3]),
    ("push_mo_route_update", [Some(67), Some(88), Some(88)]),
    ("push_mo_route_update_resp", [Some(1); 3]),
    ("get_mt_route", [None, Some(14), Some(14)]),
    ("get_mt_route_resp", [None, Some(73), Some(73)]),
    ("get_mo_route", [None, Some(14), Some(14)]),
    ("get_mo_route_resp", [None, Some(96), Some(96)]),
];

#[test]
fn sizes_are_those_of_the_document() {
    assert_eq!(Pdu::TABLE.len(), SIZES.len());
    for info in Pdu::TABLE {
        let (_, sizes) = SIZES.iter().find(|(name, _)| *name == info.name).unwrap();
        for (version, size) in [V20, V21, V30].into_iter().zip(sizes) {
            let real = info.span.has(version).then(|| body_size(info, version, 1, 0));
            assert_eq!(real, *size, "{} {version}", info.name);
        }
    }
    let submit = Pdu::TABLE.iter().find(|info| info.name == "submit").unwrap();
    assert_eq!(12 + body_size(submit, V20, 99, 160), 2377);
    assert_eq!(12 + body_size(submit, V30, 99, 255), 3586);
}

#[test]
fn every_block_is_dispatched() {
    let blocks = [sp::NAMES, gateway::NAMES, route::NAMES].concat();
    assert_eq!(blocks.len(), Pdu::TABLE.len());
    assert!(Pdu::TABLE.iter().all(|info| blocks.contains(&info.name) && !info.doc.is_empty()));
}

fn submit() -> Submit {
    Submit {
        pk_total: 1,
        pk_number: 1,
        registered_delivery: 1,
        src_id: Text::new("10661234").unwrap(),
        dest_terminal_id: vec![Text::new("13800138000").unwrap()].into(),
        msg_content: Bytes::from_static(b"Hello CMPP"),
        ..Submit::default()
    }
}

fn encode(pdu: impl Into<Pdu>, version: Version) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.into().encode(version, Seq::serial(1), &mut out).unwrap();
    out
}

fn decode(version: Version, frame: &[u8]) -> (Pdu, Notes) {
    let mut notes = Notes::default();
    let (_, pdu) = Pdu::decode(version, frame, &mut notes).unwrap();
    (pdu, notes)
}

/// The frame with its length field set to its length.
fn framed(mut octets: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(octets.len()).unwrap();
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

#[test]
fn writing_is_strict() {
    let fails = |submit: Submit, version| {
        let mut out = BytesMut::from(&b"kept"[..]);
        let error = submit.encode(version, Seq::serial(1), &mut out).unwrap_err();
        assert_eq!(out, b"kept"[..]);
        (error.field, error.kind, error.limit, error.actual)
    };
    let wide = Text::new(&"1".repeat(22)).unwrap();
    assert_eq!(fails(Submit { fee_terminal_id: wide, ..submit() }, V20), {
        ("fee_terminal_id", EncodeErrorKind::TooLong, 21, 22)
    });
    assert_eq!(fails(Submit { dest_terminal_id: vec![wide].into(), ..submit() }, V20), {
        ("dest_terminal_id", EncodeErrorKind::TooLong, 21, 22)
    });
    assert_eq!(fails(Submit { dest_terminal_id: vec![].into(), ..submit() }, V30), {
        ("dest_terminal_id", EncodeErrorKind::TooFew, 1, 0)
    });
    assert_eq!(fails(Submit { dest_terminal_id: vec![wide; 100].into(), ..submit() }, V30), {
        ("dest_terminal_id", EncodeErrorKind::TooMany, 99, 100)
    });
    assert_eq!(fails(Submit { msg_content: Bytes::from_static(&[0; 256]), ..submit() }, V30), {
        ("msg_content", EncodeErrorKind::TooLong, 255, 256)
    });
    let link = Text::new("0123").unwrap();
    assert_eq!(
        fails(Submit { link_id: link, ..submit() }, V21),
        ("link_id", EncodeErrorKind::NotInVersion, 0, 1)
    );
    assert_eq!(
        fails(Submit { reserve: [1; 8], ..submit() }, V30),
        ("reserve", EncodeErrorKind::NotInVersion, 0, 1)
    );
    let error =
        SubmitResp { msg_id: 1, result: 256 }.encode(V20, Seq::serial(1), &mut BytesMut::new()).unwrap_err();
    assert_eq!((error.field, error.kind, error.limit), ("result", EncodeErrorKind::OutOfRange, 255));
}

#[test]
fn encoding_reuses_the_buffer() {
    let mut out = BytesMut::with_capacity(4096);
    let before = out.as_ptr();
    for serial in 0..10 {
        out.clear();
        submit().encode(V30, Seq::serial(serial), &mut out).unwrap();
    }
    assert_eq!(before, out.as_ptr());
    assert_eq!(out.len(), 163 + 32 + 10);
}

#[test]
fn response_length_decides_the_layout() {
    let pairs: [(Pdu, usize, usize); 5] = [
        (ConnectResp { status: 3, authenticator_ismg: [7; 16], version: 0x30 }.into(), 30, 33),
        (SubmitResp { msg_id: 9, result: 8 }.into(), 21, 24),
        (DeliverResp { msg_id: 9, result: 8 }.into(), 21, 24),
        (CancelResp { success_id: 1 }.into(), 13, 16),
        (FwdResp { msg_id: 9, pk_total: 1, pk_number: 1, result: 9 }.into(), 23, 26),
    ];
    for (pdu, short, long) in pairs {
        for (written, length) in [(V20, short), (V30, long)] {
            let frame = encode(pdu.clone(), written);
            assert_eq!(frame.len(), length);
            for read in [V20, V21, V30] {
                let (decoded, notes) = decode(read, &frame);
                assert_eq!(decoded, pdu);
                let other = (read == V30) != (written == V30);
                assert_eq!(notes.contains(Note::LayoutByLength), other);
            }
        }
    }
}

#[test]
fn ids_of_route_lists_were_reused() {
    let old = encode(GetRoute { last_route_id: -1, ..GetRoute::default() }, V20);
    let new = encode(GetMtRoute { last_route_id: -1, ..GetMtRoute::default() }, V21);
    for version in [V20, V21, V30] {
        assert!(matches!(decode(version, &old).0, Pdu::GetRoute(GetRoute { last_route_id: -1, .. })));
        assert!(matches!(decode(version, &new).0, Pdu::GetMtRoute(GetMtRoute { last_route_id: -1, .. })));
    }
    let (pdu, notes) = decode(V20, &encode(GetMoRoute::default(), V30));
    assert_eq!((pdu.name(), notes.contains(Note::OtherVersion)), ("get_mo_route", true));
}

fn deliver(content: &'static [u8], fmt: u8, report: u8) -> Deliver {
    let msg_content = Bytes::from_static(content);
    Deliver { msg_fmt: fmt, registered_delivery: report, msg_content, ..Deliver::default() }
}

/// The place of Msg_Length in a Deliver, from the beginning of the frame.
const fn length_at(version: Version) -> usize {
    if version.0 < 0x30 { 76 } else { 88 }
}

#[test]
fn report_length_follows_the_frame() {
    for version in [V20, V30] {
        for (real, said) in [(60, 71), (71, 60), (60, 0), (71, 255)] {
            let content = &[b'r'; 71][..real];
            let mut frame = encode(deliver(content, 0, 1), version).to_vec();
            frame[length_at(version)] = said;
            let (pdu, notes) = decode(version, &frame);
            assert_eq!(pdu, deliver(content, 0, 1).into());
            assert!(notes.contains(Note::ReportLength));
        }
        // A message, not a report: the length is believed and the tail is long.
        let mut frame = encode(deliver(&[b'm'; 71], 0, 0), version).to_vec();
        frame[length_at(version)] = 60;
        let (pdu, notes) = decode(version, &frame);
        let Pdu::Deliver(pdu) = pdu else { panic!("{pdu:?}") };
        assert_eq!((pdu.msg_content.len(), notes.trailing()), (60, 11));
    }
}

#[test]
fn character_counts_are_corrected() {
    for version in [V20, V30] {
        let mut frame = encode(deliver(b"\x4f\x60\x59\x7d", 8, 0), version).to_vec();
        frame[length_at(version)] = 2;
        let (pdu, notes) = decode(version, &frame);
        assert_eq!(pdu, deliver(b"\x4f\x60\x59\x7d", 8, 0).into());
        assert!(notes.contains(Note::CharacterCount));
        frame[length_at(version)] = 255;
        let error = Pdu::decode(version, &frame, &mut Notes::default()).unwrap_err();
        let expected = (ErrorClass::FieldOverrunsFrame, "msg_length", length_at(version));
        assert_eq!((error.class, error.field, error.offset), expected);
    }
}

#[test]
fn tails_may_be_short_or_long() {
    for version in [V20, V30] {
        let whole = encode(deliver(b"hi", 0, 0), version).to_vec();
        let tail = if version == V20 { 8 } else { 20 };
        for missing in 1..=tail {
            let (pdu, notes) = decode(version, &framed(whole[..whole.len() - missing].to_vec()));
            assert_eq!((pdu, notes.contains(Note::ShortTail)), (deliver(b"hi", 0, 0).into(), true));
        }
        let (pdu, notes) = decode(version, &framed([&whole[..], &[0; 12]].concat()));
        assert_eq!((pdu, notes.trailing()), (deliver(b"hi", 0, 0).into(), 12));
    }
    // A LinkID cut short is still one.
    let link_id = Text::new("01020304").unwrap();
    let frame = encode(Submit { link_id, ..submit() }, V30);
    let (pdu, _) = decode(V30, &framed(frame[..frame.len() - 12].to_vec()));
    assert_eq!(pdu, Submit { link_id, ..submit() }.into());
}

#[test]
fn forward_has_one_receiver_in_3_0() {
    let fwd = Fwd { dest_id: vec![Text::EMPTY; 2].into(), ..Fwd::default() };
    let frame = encode(fwd.clone(), V21);
    assert_eq!(decode(V20, &frame).0, fwd.clone().into());
    let error = fwd.encode(V30, Seq::serial(1), &mut BytesMut::new()).unwrap_err();
    assert_eq!((error.field, error.kind, error.limit), ("dest_id", EncodeErrorKind::TooMany, 1));
}

#[test]
fn fields_are_those_of_the_version() {
    let names = |version| submit().fields(version).into_iter().map(|field| field.name).collect::<Vec<_>>();
    assert!(names(V20).contains(&"reserve") && !names(V20).contains(&"link_id"));
    assert!(names(V30).contains(&"link_id") && !names(V30).contains(&"reserve"));
    let wire: Vec<_> = names(V30).into_iter().skip_while(|name| *name != "src_id").collect();
    assert_eq!(
        wire,
        [
            "src_id",
            "dest_usr_tl",
            "dest_terminal_id",
            "dest_terminal_type",
            "msg_length",
            "msg_content",
            "link_id"
        ]
    );
}
