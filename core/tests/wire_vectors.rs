//! Every golden vector of the three protocols, against the tables of `wire`.
//!
//! `canonical` decodes to its fields and encodes to the same octets, `tolerance` decodes to its fields, `invalid` is
//! refused with its class, `stream` splits into the frames it names, also when it comes octet by octet.

use bytes::BytesMut;
use sanwang::wire::json::{self as wire_json, Document};
use sanwang::wire::{
    AnyPdu, CmppMoReport, CmppReport, DecodeError, Field, Header, Notes, Protocol, Seq, SmgpReport, TlvShown,
    Value, Version, frame, smgp,
};
use serde_json::{Map, Value as Json, json};

/// Keys of `fields` that explain a vector and are no fields of its body.
const EXPLANATIONS: [(Protocol, &str, &str); 3] = [
    // The digest of the request, which the authenticator of the answer was computed from.
    (Protocol::Smgp, "login_resp", "authenticator_client"),
    // Parts of the message id, for reading.
    (Protocol::Smgp, "submit_resp", "smgw"),
    (Protocol::Smgp, "submit_resp", "time"),
];

/// The one vector with the fee fields of 1.3 in the other order.
const SWAPPED_FEES: &str = "submit_v13_swapped";

fn vectors(protocol: Protocol) -> Vec<Json> {
    let path = format!("{}/../tests/vectors/{protocol}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text<'a>(vector: &'a Json, key: &str) -> &'a str {
    vector[key].as_str().unwrap_or_else(|| panic!("{}: no text {key}", vector["name"]))
}

fn unhex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "odd number of hexadecimal digits");
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn version(vector: &Json) -> Version {
    match text(vector, "name") {
        SWAPPED_FEES => smgp::V13B,
        _ => text(vector, "version").parse().expect("a version"),
    }
}

fn seq_json(seq: Seq) -> Json {
    json!([seq.node, seq.time, seq.serial])
}

fn json(value: &Value) -> Json {
    match value {
        Value::Int(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Text(text) => json!(text),
        Value::Octets(octets) => json!(hex(octets)),
        Value::TextList(texts) => json!(texts),
        Value::Seq(seq) => seq_json(*seq),
        Value::Group(groups) => groups.iter().map(|group| Json::Object(object(group))).collect(),
        Value::Tlvs(tlvs) => tlvs
            .iter()
            .map(|tlv| {
                let shown = match tlv.shown() {
                    Some(TlvShown::Int(number)) => json!(number),
                    Some(TlvShown::Text(text)) => json!(text),
                    None => Json::Null,
                };
                json!({ "tag": tlv.tag, "name": tlv.name(), "value_hex": hex(&tlv.value), "value": shown })
            })
            .collect(),
        Value::Absent => Json::Null,
    }
}

fn object(fields: &[Field]) -> Map<String, Json> {
    let object: Map<_, _> = fields.iter().map(|field| (field.name.to_owned(), json(&field.value))).collect();
    assert_eq!(object.len(), fields.len(), "a field name appears twice");
    object
}

fn header_json(protocol: Protocol, header: Header) -> Json {
    let sequence = match protocol {
        Protocol::Sgip => seq_json(header.seq),
        Protocol::Cmpp | Protocol::Smgp => json!(header.seq.serial),
    };
    json!({ "length": header.length, "command": header.command, "sequence": sequence })
}

/// What a receiver does with a piece of a stream: split it, then read the frame.
fn receive(
    protocol: Protocol,
    version: Version,
    octets: &[u8],
) -> Result<(Header, AnyPdu, Notes), DecodeError> {
    let length = frame::next(protocol, octets, protocol.default_limit())?.expect("a complete frame");
    assert_eq!(length, octets.len(), "one frame");
    let mut notes = Notes::default();
    let (header, pdu) = AnyPdu::decode(protocol, version, octets, &mut notes)?;
    Ok((header, pdu, notes))
}

/// Objects are compared without regard to the order of their keys.
fn assert_same(name: &str, real: &Json, expected: &Json) {
    match (real, expected) {
        (Json::Object(real), Json::Object(expected)) => {
            for (key, value) in expected {
                assert_same(
                    &format!("{name}.{key}"),
                    real.get(key).unwrap_or(&json!("(no such key)")),
                    value,
                );
            }
            let more: Vec<_> = real.keys().filter(|key| !expected.contains_key(*key)).collect();
            assert!(more.is_empty(), "{name}: unexpected {more:?}");
        }
        (Json::Array(real), Json::Array(expected)) => {
            assert_eq!(real.len(), expected.len(), "{name}");
            real.iter()
                .zip(expected)
                .enumerate()
                .for_each(|(at, (r, e))| assert_same(&format!("{name}[{at}]"), r, e));
        }
        _ => assert_eq!(real, expected, "{name}"),
    }
}

fn check_report(name: &str, pdu: &AnyPdu, expected: &Json) {
    let mut notes = Notes::default();
    let (fields, content, again) = match pdu {
        AnyPdu::Cmpp(sanwang::wire::cmpp::Pdu::Deliver(deliver)) => {
            let content = &deliver.msg_content;
            let report = CmppReport::parse(content, &mut notes).expect(name);
            let version =
                if content.len() == 60 { sanwang::wire::cmpp::V20 } else { sanwang::wire::cmpp::V30 };
            (report.fields(), content, report.to_bytes(version).expect(name))
        }
        AnyPdu::Cmpp(sanwang::wire::cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 3 => {
            let report = CmppMoReport::parse(&fwd.msg_content, &mut notes).expect(name);
            (report.fields(), &fwd.msg_content, report.to_bytes().expect(name))
        }
        AnyPdu::Smgp(smgp::Pdu::Deliver(deliver)) => {
            let report = SmgpReport::parse(&deliver.msg_content, &mut notes).expect(name);
            (report.fields(), &deliver.msg_content, report.to_bytes().expect(name))
        }
        other => panic!("{name}: no report is known in {}", other.name()),
    };
    assert_same(name, &Json::Object(object(&fields)), expected);
    if notes.is_empty() {
        assert_eq!(again, content, "{name}: the report written again");
    } else {
        assert_eq!(again.len(), content.len(), "{name}: the report in its usual form");
    }
}

fn check_frame(protocol: Protocol, vector: &Json) {
    let name = text(vector, "name");
    let canonical = text(vector, "kind") == "canonical";
    let octets = unhex(text(vector, "hex"));
    let mut versions = vec![version(vector)];
    if let Some(compatible) = vector["compatible"].as_array() {
        versions.extend(
            compatible.iter().map(|v| v.as_str().expect("text").parse::<Version>().expect("a version")),
        );
    }
    let mut expected = vector["fields"].as_object().expect("fields").clone();
    expected.retain(|key, _| !EXPLANATIONS.contains(&(protocol, text(vector, "pdu"), key)));
    for version in versions {
        let name = &format!("{protocol} {name} as {version}");
        let (header, pdu, notes) =
            receive(protocol, version, &octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_same(name, &header_json(protocol, header), &vector["header"]);
        assert_eq!(pdu.name(), text(vector, "pdu"), "{name}");
        assert_same(name, &Json::Object(object(&pdu.fields(version))), &Json::Object(expected.clone()));
        let mut again = BytesMut::new();
        pdu.encode(version, header.seq, &mut again).unwrap_or_else(|error| panic!("{name}: {error}"));
        if canonical {
            assert_eq!(hex(&again), text(vector, "hex"), "{name}");
            assert!(notes.is_empty(), "{name}: {:?}", notes.names().collect::<Vec<_>>());
            assert_eq!(pdu.encoded_len(version), octets.len(), "{name}");
            assert_eq!(pdu.command(), header.command, "{name}");
        } else if let Some(expected) = vector["reencode_hex"].as_str() {
            assert_eq!(hex(&again), expected, "{name}");
            assert_eq!(notes.is_empty(), expected == text(vector, "hex"), "{name}: an unrecorded tolerance");
        }
        // The JSON of the frame makes a frame with the same octets as the PDU does.
        let mut document = String::new();
        wire_json::document(&mut document, version, &header, &pdu, notes);
        let read = Document::read(&document).unwrap_or_else(|error| panic!("{name}: {error}: {document}"));
        assert_eq!(read.frame().expect(name), again, "{name}: {document}");
        if let Some(trailing) = vector["trailing_hex"].as_str() {
            assert_eq!(notes.trailing(), unhex(trailing).len(), "{name}");
        }
        if !vector["report"].is_null() {
            check_report(name, &pdu, &vector["report"]);
        }
    }
}

fn check_invalid(protocol: Protocol, vector: &Json) {
    let name = text(vector, "name");
    let octets = unhex(text(vector, "hex"));
    let error = receive(protocol, version(vector), &octets).expect_err(name);
    assert_eq!(error.class.name(), text(vector, "error"), "{protocol} {name}: {error}");
    assert!(error.offset <= octets.len() && !error.field.is_empty(), "{protocol} {name}: {error:?}");
    if let Some(pdu) = vector["pdu"].as_str() {
        assert_eq!(error.pdu, pdu, "{protocol} {name}");
    }
}

/// Splits what `pieces` gives, as a receiver with a buffer does; returns the frames and what is left.
fn split<'a>(protocol: Protocol, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, usize) {
    let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(length) =
            frame::next(protocol, &buffer, protocol.default_limit()).expect("a good length")
        {
            frames.push(buffer.split_to(length).to_vec());
        }
    }
    (frames, buffer.len())
}

fn check_stream(protocol: Protocol, vector: &Json, all: &[Json]) {
    let name = text(vector, "name");
    let octets = unhex(text(vector, "hex"));
    let expected: Vec<_> = vector["fields"]["frames"]
        .as_array()
        .expect("frames")
        .iter()
        .map(|frame| {
            let named = all.iter().find(|other| other["name"] == *frame);
            unhex(text(named.unwrap_or_else(|| panic!("{name}: no vector {frame}")), "hex"))
        })
        .collect();
    let trailing = vector["fields"]["trailing_octets"].as_u64().expect("trailing_octets") as usize;
    assert_eq!(
        split(protocol, std::iter::once(&octets[..])),
        (expected.clone(), trailing),
        "{protocol} {name}"
    );
    assert_eq!(split(protocol, octets.chunks(1)), (expected, trailing), "{protocol} {name} octet by octet");
}

/// Checks one file; returns how many vectors of the kinds canonical, tolerance, invalid and stream it had.
fn check(protocol: Protocol) -> [usize; 4] {
    let all = vectors(protocol);
    let mut counts = [0; 4];
    for vector in &all {
        assert_eq!(text(vector, "protocol"), protocol.name(), "{}", vector["name"]);
        let kind = match text(vector, "kind") {
            "canonical" => {
                check_frame(protocol, vector);
                0
            }
            "tolerance" => {
                check_frame(protocol, vector);
                1
            }
            "invalid" => {
                check_invalid(protocol, vector);
                2
            }
            "stream" => {
                check_stream(protocol, vector, &all);
                3
            }
            kind => panic!("{}: unknown kind {kind}", vector["name"]),
        };
        counts[kind] += 1;
    }
    assert_eq!(counts.iter().sum::<usize>(), all.len(), "a vector was skipped");
    counts
}

#[test]
fn cmpp_vectors() {
    assert_eq!(check(Protocol::Cmpp), [70, 8, 8, 1]);
}

#[test]
fn sgip_vectors() {
    assert_eq!(check(Protocol::Sgip), [61, 7, 8, 2]);
}

#[test]
fn smgp_vectors() {
    assert_eq!(check(Protocol::Smgp), [52, 1, 7, 1]);
}

#[test]
fn explanations_are_all_needed() {
    for (protocol, pdu, key) in EXPLANATIONS {
        let used =
            vectors(protocol).iter().any(|vector| vector["pdu"] == pdu && !vector["fields"][key].is_null());
        assert!(used, "{protocol} {pdu} {key}");
        let table = AnyPdu::table(protocol).iter().find(|info| info.name == pdu).expect(pdu);
        assert!(table.fields.iter().all(|field| field.name != key), "{key} is a field of {pdu}");
    }
    assert!(vectors(Protocol::Smgp).iter().any(|vector| vector["name"] == SWAPPED_FEES));
}
