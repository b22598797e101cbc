#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic)]

use super::*;
use crate::wire::error::{EncodeErrorKind, ErrorClass};
use crate::wire::laws::body_size;
use crate::wire::notes::Note;
use crate::wire::text::Text;
use crate::wire::tlv::{Tlvs, tag};
use crate::wire::version::Seq;
use bytes::{Bytes, BytesMut};

/// Body sizes of `smgp.md 5`, 14.4 and 15 for one receiver, an empty content and no optional parameters.
const SIZES: [(&str, usize); 40] = [
    ("login", 30),
    ("login_resp", 21),
    ("submit", 114 + 21),
    ("submit_resp", 14),
    ("deliver", 77),
    ("deliver_resp", 14),
    ("active_test", 0),
    ("active_test_resp", 0),
    ("forward", 162),
    ("forward_resp", 14),
    ("exit", 0),
    ("exit_resp", 0),
    ("query", 19),
    ("query_resp", 59),
    ("query_te_route", 27),
    ("query_te_route_resp", 60),
    ("query_sp_route", 27),
    ("query_sp_route_resp", 76),
    ("get_all_te_route", 14),
    ("get_all_te_route_resp", 68),
    ("get_all_sp_route", 14),
    ("get_all_sp_route_resp", 84),
    ("update_te_route", 43),
    ("update_te_route_resp", 22),
    ("update_sp_route", 59),
    ("update_sp_route_resp", 22),
    ("push_update_te_route", 57),
    ("push_update_te_route_resp", 4),
    ("push_update_sp_route", 73),
    ("push_update_sp_route_resp", 4),
    ("mt_route_update", 44),
    ("mt_route_update_resp", 1),
    ("mo_route_update", 49),
    ("mo_route_update_resp", 1),
    ("payment_request", 178),
    ("payment_request_resp", 5),
    ("payment_affirm", 0),
    ("payment_affirm_resp", 0),
    ("query_user_state", 35),
    ("query_user_state_resp", 13),
];

#[test]
fn sizes_are_those_of_the_document() {
    assert_eq!(Pdu::TABLE.len(), SIZES.len());
    for info in Pdu::TABLE {
        let (_, size) = SIZES.iter().find(|(name, _)| *name == info.name).unwrap();
        for version in [V13, V13B, V13C, V20, V30, V31] {
            let less = match info.name {
                "payment_request" if version < V20 => 21,
                "submit" if version == V13C => 6,
                _ => 0,
            };
            assert_eq!(body_size(info, version, 1, 0), size - less, "{} {version}", info.name);
        }
    }
}

#[test]
fn every_block_is_dispatched() {
    let blocks = [sp::NAMES, route::NAMES, billing::NAMES].concat();
    assert_eq!(blocks.len(), Pdu::TABLE.len());
    assert!(Pdu::TABLE.iter().all(|info| blocks.contains(&info.name) && !info.doc.is_empty()));
}

fn frame(pdu: impl Into<Pdu>, version: Version) -> Vec<u8> {
    let mut out = BytesMut::new();
    pdu.into().encode(version, Seq::serial(1), &mut out).unwrap();
    out.to_vec()
}

fn decode(version: Version, frame: &[u8]) -> (Pdu, Notes) {
    let mut notes = Notes::default();
    let (_, pdu) = Pdu::decode(version, frame, &mut notes).unwrap();
    (pdu, notes)
}

fn framed(frame: &[u8], more: &[u8]) -> Vec<u8> {
    let mut octets = [frame, more].concat();
    let length = u32::try_from(octets.len()).unwrap();
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

fn submit() -> Submit {
    Submit {
        msg_type: 6,
        fee_code: Text::new("10").unwrap(),
        src_term_id: Text::new("1181234567").unwrap(),
        dest_term_id: vec![Text::new("18900000001").unwrap()].into(),
        msg_content: Bytes::from_static(b"Hello SMGP"),
        ..Submit::default()
    }
}

#[test]
fn fee_layouts_of_1_3() {
    let fixed_fee = Text::new("500").unwrap();
    let pdu = Submit { fixed_fee, ..submit() };
    let (a, b) = (frame(pdu.clone(), V13), frame(pdu.clone(), V13B));
    assert_eq!([&a[27..33], &a[33..39]], [b"10\0\0\0\0", b"500\0\0\0"]);
    assert_eq!([&b[27..33], &b[33..39]], [b"500\0\0\0", b"10\0\0\0\0"]);
    assert_eq!(decode(V13, &a).0, pdu.clone().into());
    assert_eq!(decode(V13B, &b).0, pdu.clone().into());
    let error = pdu.encode(V13C, Seq::serial(1), &mut BytesMut::new()).unwrap_err();
    assert_eq!((error.field, error.kind), ("fixed_fee", EncodeErrorKind::NotInVersion));
    // Layout C is shorter, so its lengths give it away whatever layout is configured.
    let c = frame(submit(), V13C);
    assert_eq!(c.len(), 120 + 21 + 10);
    for version in [V13, V13B, V13C] {
        let (pdu, notes) = decode(version, &c);
        assert_eq!((pdu, notes.contains(Note::LayoutByLength)), (submit().into(), version != V13C));
    }
    let (pdu, notes) = decode(V13C, &frame(submit(), V13));
    assert_eq!((pdu, notes.contains(Note::LayoutByLength)), (submit().into(), true));
}

#[test]
fn route_ids_of_1_x_were_reused() {
    let pairs: [(Pdu, Pdu); 4] = [
        (MtRouteUpdate::default().into(), QueryTeRoute::default().into()),
        (MoRouteUpdate::default().into(), QuerySpRoute::default().into()),
        (MtRouteUpdateResp::default().into(), QueryTeRouteResp::default().into()),
        (MoRouteUpdateResp::default().into(), QuerySpRouteResp::default().into()),
    ];
    for (old, new) in pairs {
        assert_eq!(old.command(), new.command());
        for version in [V13, V20, V30] {
            assert_eq!(decode(version, &frame(old.clone(), V13)).0, old);
            assert_eq!(decode(version, &frame(new.clone(), V30)).0, new);
        }
    }
}

#[test]
fn optional_parameters() {
    let mut tlvs = Tlvs::new();
    tlvs.set_tp_udhi(1);
    tlvs.push(0x0101, Bytes::from_static(b"spid"));
    tlvs.set_link_id("01161700010000000042").unwrap();
    let pdu = Submit { tlvs, ..submit() };
    let octets = frame(pdu.clone(), V30);
    assert_eq!(octets.len(), 126 + 21 + 10 + 5 + 8 + 24);
    assert_eq!(decode(V31, &octets), (pdu.clone().into(), Notes::default()));
    // Before 3.0 they are read and never written.
    let (old, notes) = decode(V20, &octets);
    assert_eq!((old, notes.contains(Note::TlvInOldVersion)), (pdu.clone().into(), true));
    let error = pdu.encode(V20, Seq::serial(1), &mut BytesMut::new()).unwrap_err();
    assert_eq!((error.field, error.kind), ("tlv", EncodeErrorKind::NotInVersion));
}

#[test]
fn stray_octets_after_the_parameters() {
    let mut pdu = submit();
    pdu.tlvs.set_pk_total(2);
    let octets = frame(pdu.clone(), V30);
    for stray in 1..4 {
        let (decoded, notes) = decode(V30, &framed(&octets, &[0, 2, 0][..stray]));
        assert_eq!((decoded, notes.trailing()), (pdu.clone().into(), stray));
        assert!(notes.contains(Note::StrayTlvOctets));
    }
    let error = Pdu::decode(V30, &framed(&octets, &[0, 2, 0, 1]), &mut Notes::default()).unwrap_err();
    let expected = (ErrorClass::FieldOverrunsFrame, "tlv", octets.len());
    assert_eq!((error.class, error.field, error.offset), expected);
    // Where no parameters are due, octets that make none are only ignored.
    let (decoded, notes) = decode(V20, &framed(&frame(submit(), V20), &[0, 2, 0, 9]));
    assert_eq!((decoded, notes.trailing()), (submit().into(), 4));
    // A number of an unexpected length.
    let (decoded, notes) = decode(V30, &framed(&octets, &[0, 9, 0, 2, 0, 3]));
    let Pdu::Submit(decoded) = decoded else { panic!("{decoded:?}") };
    assert_eq!((decoded.tlvs.pk_total(), notes.contains(Note::TlvLength)), (Some(3), true));
    assert_eq!(decoded.tlvs.get(tag::PK_TOTAL).unwrap().len(), 2);
}

#[test]
fn active_test_resp_with_an_octet() {
    let octets = frame(ActiveTestResp {}, V30);
    let (pdu, notes) = decode(V30, &framed(&octets, &[0]));
    assert_eq!((pdu, notes.trailing()), (ActiveTestResp {}.into(), 1));
}

#[test]
fn unknown_bodies_are_kept() {
    let pdu = PaymentAffirm { body: Bytes::from_static(b"whatever") };
    let octets = frame(pdu.clone(), V20);
    assert_eq!(&octets[12..], b"whatever");
    assert_eq!(decode(V20, &octets), (pdu.into(), Notes::default()));
}
