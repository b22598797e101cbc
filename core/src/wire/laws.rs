//! What must hold for every PDU in every version. The tables call [`check`] once for each block.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic)]

use bytes::BytesMut;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

use super::any::AnyPdu;
use super::error::{EncodeErrorKind, ErrorClass};
use super::field::Kind;
use super::field::sample::Sampler;
use super::given::{Given, GivenErrorKind};
use super::json::{self, Form, Object};
use super::notes::{Note, Notes};
use super::table::{Body, FieldInfo, PduInfo, decode, decode_body, encode, encoded_len};
use super::value::Value;
use super::version::{Protocol, Seq, Version};

const SEQ: Seq = Seq { node: 0, time: 0, serial: 0x0102_0304 };

/// The versions of a protocol and the odd ones that must work, too.
fn versions(protocol: Protocol) -> Vec<Version> {
    let mut versions = protocol.versions().to_vec();
    match protocol {
        Protocol::Cmpp => versions.extend([Version(0x01), Version(0x12)]),
        Protocol::Sgip => {}
        Protocol::Smgp => versions.extend([super::smgp::V13B, super::smgp::V13C]),
    }
    versions
}

/// Octets of a body with `n` receivers or entries and a content of `l` octets, from the table alone.
pub(super) fn body_size(info: &PduInfo, version: Version, n: usize, l: usize) -> usize {
    info.fields
        .iter()
        .map(|field| {
            let count = field.spec.count().map_or(0, |count| usize::from(count.size));
            let size = field.spec.size(version);
            match field.spec.kind() {
                Kind::List => count + n * size,
                Kind::Groups => count + n * field.entries.iter().map(|e| e.spec.size(version)).sum::<usize>(),
                Kind::Content => count + l,
                Kind::Tlvs | Kind::Rest => 0,
                _ => size,
            }
        })
        .sum()
}

fn frame<B: Body>(body: &B, version: Version) -> Vec<u8> {
    let mut out = BytesMut::from(&b"before"[..]);
    encode(body, version, SEQ, &mut out).unwrap();
    assert_eq!(&out[..6], b"before");
    let frame = out[6..].to_vec();
    assert_eq!(frame.len(), encoded_len(body, version), "{} {version}: measured length", B::INFO.name);
    assert_eq!(frame[..4], u32::try_from(frame.len()).unwrap().to_be_bytes());
    frame
}

/// A frame of this body under the header of `frame`.
fn reframed<B: Body>(frame: &[u8], body: &[u8]) -> Vec<u8> {
    let mut changed = [&frame[..B::PROTOCOL.header_len()], body].concat();
    let length = u32::try_from(changed.len()).unwrap();
    changed[..4].copy_from_slice(&length.to_be_bytes());
    changed
}

fn body<B: Body>(frame: &[u8]) -> &[u8] {
    &frame[B::PROTOCOL.header_len()..]
}

fn has_kind<B: Body>(kinds: &[Kind]) -> bool {
    B::FIELDS.iter().any(|field| kinds.contains(&field.spec.kind()))
}

fn round_trip<B: Body>(pdu: &B, version: Version) {
    let name = B::INFO.name;
    let octets = frame(pdu, version);
    let mut notes = Notes::default();
    let decoded: B = decode_body(version, body::<B>(&octets), &mut notes).unwrap();
    assert_eq!(&decoded, pdu, "{name} {version}");
    assert!(notes.is_empty(), "{name} {version}: {:?}", notes.names().collect::<Vec<_>>());
    assert_eq!(decode(version, &octets, &mut notes), Ok((SEQ, decoded)), "{name} {version}");
    let mut other = octets.to_vec();
    other[5] ^= 1;
    let error = decode::<B>(version, &other, &mut notes).unwrap_err();
    assert_eq!((error.pdu, error.field, error.class), (name, "command", ErrorClass::ValueOutOfRange));
    let (header, any) = AnyPdu::decode(B::PROTOCOL, version, &octets, &mut notes).unwrap();
    assert_eq!((header.seq, header.command, any.name()), (SEQ, B::INFO.command, name), "{version}");
    let mut again = BytesMut::new();
    any.encode(version, SEQ, &mut again).unwrap();
    assert_eq!(again, octets, "{name} {version}");
    // Every field shown is in the table, and every field of the table that the version has is shown.
    let shown: Vec<_> = any.fields(version).iter().map(|field| field.name).collect();
    for field in B::FIELDS {
        let expected = field.spec.size(version) > 0 && field.spec.kind() != Kind::Tlvs;
        assert!(!expected || shown.contains(&field.name), "{name} {version}: {} is not shown", field.name);
        let count = field.spec.count().map(|count| count.name);
        assert!(!expected || count.is_none_or(|count| shown.contains(&count)), "{name} {version}: count");
    }
}

/// What is shown makes the same PDU again, through JSON text.
fn shown_and_given<B: Body>(pdu: &B, version: Version) {
    let name = B::INFO.name;
    let mut text = String::new();
    let mut object = Object::new(&mut text, Form::Exact);
    pdu.show_rows(version, &mut object);
    object.end();
    let Ok(Given::Fields(mut fields)) = json::read(&text) else { panic!("{name} {version}: {text}") };
    let again = AnyPdu::from_fields(B::PROTOCOL, version, name, &fields)
        .unwrap_or_else(|error| panic!("{version}: {error}: {text}"));
    let mut octets = BytesMut::new();
    again.encode(version, SEQ, &mut octets).unwrap();
    assert_eq!(octets, frame(pdu, version), "{name} {version}: {text}");
    // A value of another type is refused under its own name.
    for index in 0..fields.len() {
        let wrong = Given::List(vec![Given::Flag(true)]);
        let key = fields[index].0.clone();
        let right = std::mem::replace(&mut fields[index].1, wrong);
        let error = AnyPdu::from_fields(B::PROTOCOL, version, name, &fields).unwrap_err();
        let path = error.path.split('[').next().unwrap();
        let counted = B::FIELDS.iter().find(|field| field.name == key).and_then(|field| field.spec.count());
        assert!(path == key || counted.is_some_and(|count| count.name == path), "{name} {key}: {error}");
        assert_eq!(error.pdu, name);
        fields[index].1 = right;
    }
    fields.push(("no_such_field".to_owned(), Given::Int(0)));
    let error = AnyPdu::from_fields(B::PROTOCOL, version, name, &fields).unwrap_err();
    assert_eq!((error.kind, &error.path[..]), (GivenErrorKind::UnknownField, "no_such_field"));
}

/// A frame cut anywhere is an error or uses a recorded tolerance; it is never taken for a whole one.
fn cuts<B: Body>(octets: &[u8], version: Version) {
    let whole = body::<B>(octets);
    for length in 0..whole.len() {
        let cut = reframed::<B>(octets, &whole[..length]);
        let mut notes = Notes::default();
        match AnyPdu::decode(B::PROTOCOL, version, &cut, &mut notes) {
            Err(error) => assert!(error.offset <= cut.len() && !error.field.is_empty()),
            Ok((_, any)) => {
                let open = has_kind::<B>(&[Kind::Tlvs, Kind::Rest]);
                let ends = length == 0 && any.fields(version).iter().any(|f| f.name == "end_of_routes");
                assert!(open || ends || !notes.is_empty(), "{} {version}: cut to {length}", B::INFO.name);
            }
        }
    }
}

fn one_more_octet<B: Body>(pdu: &B, octets: &[u8], version: Version) {
    for octet in [0, 0xFF] {
        let longer = reframed::<B>(octets, &[body::<B>(octets), &[octet]].concat());
        let mut notes = Notes::default();
        let decoded: B = decode_body(version, body::<B>(&longer), &mut notes).unwrap();
        if has_kind::<B>(&[Kind::Rest]) {
            assert_ne!(&decoded, pdu);
        } else {
            assert_eq!(&decoded, pdu, "{} {version}: one octet more", B::INFO.name);
            assert!(notes.contains(Note::TrailingOctets) && notes.trailing() == 1);
        }
    }
}

/// A count in the body.
struct Place {
    /// Where it stands.
    at: usize,
    /// Its octets.
    size: usize,
    /// The kind of its field.
    kind: Kind,
    /// Entries, and the octets of one.
    entries: usize,
    width: usize,
    /// Most entries that the document allows; `None`: it does not bind the reader.
    most: Option<usize>,
}

fn counts<B: Body>(pdu: &B, version: Version) -> Vec<Place> {
    let mut values = Vec::new();
    pdu.show_rows(version, &mut values);
    let shown = |name: &str| values.iter().find(|field| field.name == name).map(|field| &field.value);
    let (mut at, mut found) = (0, Vec::new());
    for field in B::FIELDS {
        let size = field.spec.size(version);
        let Some(count) = field.spec.count() else {
            at += if field.spec.kind() == Kind::Tlvs { 0 } else { size };
            continue;
        };
        let Some(Value::Int(entries)) = shown(count.name) else { panic!("{} is not shown", count.name) };
        let width = match field.spec.kind() {
            Kind::Groups => field.entries.iter().map(|entry| entry.spec.size(version)).sum(),
            Kind::Content => 1,
            _ => size,
        };
        let (kind, entries) = (field.spec.kind(), usize::try_from(*entries).unwrap());
        let most = count.bounded.then(|| field.spec.max_entries(version, &count) as usize);
        found.push(Place { at, size: usize::from(count.size), kind, entries, width, most });
        at += usize::from(count.size) + entries * width;
    }
    found
}

/// A count that does not fit is refused, or the reader says that it knew better.
fn wrong_counts<B: Body>(pdu: &B, octets: &[u8], version: Version) {
    for Place { at, size, kind, .. } in counts(pdu, version) {
        let at = at + B::PROTOCOL.header_len();
        let own = octets[at..at + size].iter().fold(0u64, |value, &octet| value << 8 | u64::from(octet));
        let most = u64::MAX >> (64 - 8 * size);
        for wrong in [0, own.wrapping_sub(1) & most, own + 1, own * 2 + 3, most - 1, most] {
            let mut changed = octets.to_vec();
            if wrong == own || wrong > most {
                continue;
            }
            changed[at..at + size].copy_from_slice(&wrong.to_be_bytes()[8 - size..]);
            let mut notes = Notes::default();
            match AnyPdu::decode(B::PROTOCOL, version, &changed, &mut notes) {
                Err(error) => assert!(error.offset <= changed.len() && !error.field.is_empty()),
                // Parameters may begin anywhere, so octets that are left can read as some.
                Ok(_) => assert!(
                    !notes.is_empty() || has_kind::<B>(&[Kind::Tlvs]),
                    "{} {version}: {kind:?} of {own} read as {wrong}",
                    B::INFO.name
                ),
            }
            if kind == Kind::List && wrong == 0 {
                let error = AnyPdu::decode(B::PROTOCOL, version, &changed, &mut notes).unwrap_err();
                assert_eq!(error.class, ErrorClass::ValueOutOfRange, "{}: no receiver", B::INFO.name);
            }
        }
    }
}

/// One entry more than the document allows, all of them there: refused where the document binds the reader.
fn one_entry_more<B: Body>(pdu: &B, octets: &[u8], version: Version) {
    for Place { at, size, kind, entries, width, most } in counts(pdu, version) {
        let Some(most) = most.filter(|most| kind != Kind::Content && *most < 1 << (8 * size.min(2))) else {
            continue;
        };
        let at = at + B::PROTOCOL.header_len();
        for (wanted, fits) in [(most, true), (most + 1, false)] {
            if wanted as u64 > u64::MAX >> (64 - 8 * size) {
                continue;
            }
            let (head, tail) = (&octets[..at], &octets[at + size + entries * width..]);
            let count = &(wanted as u64).to_be_bytes()[8 - size..];
            let room = vec![0; wanted * width];
            let changed = reframed::<B>(octets, &[body::<B>(head), count, &room, tail].concat());
            let read = AnyPdu::decode(B::PROTOCOL, version, &changed, &mut Notes::default());
            match read {
                Ok(_) => assert!(fits, "{} {version}: {wanted} entries", B::INFO.name),
                Err(error) => {
                    assert!(!fits, "{} {version}: {wanted} entries: {error}", B::INFO.name);
                    assert_eq!(error.class, ErrorClass::ValueOutOfRange, "{} {version}", B::INFO.name);
                }
            }
        }
    }
}

/// A header that says more or less than the frame has, and a parameter that says more than is left.
fn wrong_lengths<B: Body>(octets: &[u8], version: Version) {
    for wrong in [octets.len() - 1, octets.len() + 1, 0, usize::try_from(u32::MAX).unwrap()] {
        let mut changed = octets.to_vec();
        changed[..4].copy_from_slice(&u32::try_from(wrong).unwrap().to_be_bytes());
        let error = AnyPdu::decode(B::PROTOCOL, version, &changed, &mut Notes::default()).unwrap_err();
        let least = wrong < B::PROTOCOL.header_len();
        let class = if least { ErrorClass::LengthBelowHeader } else { ErrorClass::BodyLengthInvalid };
        assert_eq!(error.class, class, "{} {version}: length {wrong}", B::INFO.name);
    }
    let has_tlvs = |field: &FieldInfo| field.spec.kind() == Kind::Tlvs && field.spec.size(version) > 0;
    if B::FIELDS.iter().any(has_tlvs) {
        for overrun in [&[0, 1, 0, 2, 7][..], &[0, 1, 0xFF, 0xFF], &[0xAB, 0xCD, 0, 1]] {
            let longer = reframed::<B>(octets, &[body::<B>(octets), overrun].concat());
            let error = AnyPdu::decode(B::PROTOCOL, version, &longer, &mut Notes::default()).unwrap_err();
            assert_eq!(error.class, ErrorClass::FieldOverrunsFrame, "{} {version}", B::INFO.name);
        }
    }
}

fn garbage<B: Body>(octets: &[u8], version: Version) {
    let whole = body::<B>(octets);
    for length in 0..whole.len() + 9 {
        for octet in [0, 0xFF] {
            let filled = reframed::<B>(octets, &vec![octet; length]);
            let _ = AnyPdu::decode(B::PROTOCOL, version, &filled, &mut Notes::default());
        }
    }
    for at in 0..octets.len() {
        for octet in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = octets.to_vec();
            changed[at] = octet;
            let _ = AnyPdu::decode(B::PROTOCOL, version, &changed, &mut Notes::default());
        }
    }
}

/// A value of one version in another is written or refused with the field's name, and a refusal leaves no trace.
fn other_versions<B: Body>(pdu: &B) {
    for version in versions(B::PROTOCOL) {
        let mut out = BytesMut::from(&b"before"[..]);
        if let Err(error) = encode(pdu, version, SEQ, &mut out) {
            assert_eq!(out, b"before"[..]);
            assert_eq!(error.pdu, B::INFO.name);
            let known = B::FIELDS.iter().chain(B::FIELDS.iter().flat_map(|f| f.entries));
            assert!(error.field == "command" || known.into_iter().any(|f| f.name == error.field), "{error}");
        }
    }
}

/// The default of every field that a version needs: what a caller gets from `..Default::default()`.
fn defaults<B: Body>(version: Version) {
    let pdu = B::default();
    let mut out = BytesMut::new();
    match encode(&pdu, version, SEQ, &mut out) {
        Ok(()) => {
            let given = AnyPdu::from_fields(B::PROTOCOL, version, B::INFO.name, &[]).unwrap();
            assert_eq!(given.fields(version), {
                let mut fields = Vec::new();
                pdu.show_rows(version, &mut fields);
                fields
            });
            let mut notes = Notes::default();
            let decoded: B = decode_body(version, body::<B>(&out), &mut notes).unwrap();
            let mut again = BytesMut::new();
            encode(&decoded, version, SEQ, &mut again).unwrap();
            assert_eq!(out, again, "{} {version}: defaults", B::INFO.name);
        }
        Err(error) => {
            assert_eq!(error.kind, EncodeErrorKind::TooFew, "{} {version}: {error}", B::INFO.name);
            assert!(has_kind::<B>(&[Kind::List]));
            let given = AnyPdu::from_fields(B::PROTOCOL, version, B::INFO.name, &[]).unwrap_err();
            assert_eq!((given.kind, &given.path[..]), (GivenErrorKind::Missing, error.field));
        }
    }
}

/// Checks every law for one PDU.
pub(super) fn check<B: Body>() {
    for version in versions(B::PROTOCOL) {
        if !B::INFO.span.has(version) {
            let error =
                encode(&B::sample_rows(version, &mut Sampler::Widest), version, SEQ, &mut BytesMut::new());
            assert_eq!(error.unwrap_err().kind, EncodeErrorKind::NotInVersion);
            let given = AnyPdu::from_fields(B::PROTOCOL, version, B::INFO.name, &[]).unwrap_err();
            assert_eq!((given.kind, given.pdu), (GivenErrorKind::NotInVersion, B::INFO.name));
            continue;
        }
        defaults::<B>(version);
        let widest = B::sample_rows(version, &mut Sampler::Widest);
        round_trip(&widest, version);
        shown_and_given(&widest, version);
        other_versions(&widest);
        let octets = frame(&widest, version);
        one_more_octet(&widest, &octets, version);
        let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&any::<u64>(), |seed| {
                let sample = B::sample_rows(version, &mut Sampler::Random(seed));
                round_trip(&sample, version);
                shown_and_given(&sample, version);
                Ok(())
            })
            .unwrap();
        let sample = B::sample_rows(version, &mut Sampler::Random(7));
        let some = frame(&sample, version);
        wrong_counts(&widest, &octets, version);
        wrong_counts(&sample, &some, version);
        one_entry_more(&sample, &some, version);
        wrong_lengths::<B>(&some, version);
        cuts::<B>(&octets, version);
        cuts::<B>(&some, version);
        garbage::<B>(&some, version);
    }
}
