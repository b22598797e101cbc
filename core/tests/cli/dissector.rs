//! `sanwang dissector` in tshark: every field of every golden vector equals our own decoding.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::BytesMut;
use sanwang::wire::{AnyPdu, Field, Notes, Protocol, Seq, Value, Version, cmpp, sgip, smgp};
use serde_json::{Map, Value as Json};

use super::common::run;
use super::pcap::{End, Pcap, Wire};

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits")).collect()
}

fn login(version: Version, protocol: Protocol) -> Vec<u8> {
    let pdu: AnyPdu = match protocol {
        Protocol::Cmpp => {
            cmpp::Pdu::from(cmpp::Connect { version: version.0, ..cmpp::Connect::default() }).into()
        }
        Protocol::Sgip => sgip::Pdu::from(sgip::Bind::default()).into(),
        Protocol::Smgp => {
            smgp::Pdu::from(smgp::Login { client_version: version.0, ..smgp::Login::default() }).into()
        }
    };
    let mut out = BytesMut::new();
    pdu.encode(version, Seq::default(), &mut out).expect("it fits");
    out.to_vec()
}

/// What tshark prints about each packet with a PDU of this protocol.
pub(crate) fn tshark(protocol: Protocol, pcap: &Pcap) -> Vec<Json> {
    // Tests run at once, so each run has its own.
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("sanwang-{}-tshark-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let lua = folder.join("dissector.lua");
    std::fs::write(&lua, run(&["dissector"]).expect(0, &["local protocols"], &[]).out)
        .expect("a temporary file");
    let file = pcap.save(&format!("tshark-{number}"));
    let script = format!("lua_script:{}", lua.display());
    let output = Command::new("tshark")
        .args(["-X", &script, "-r"])
        .arg(&file)
        .args(["-T", "json", "--no-duplicate-keys", "-Y", &format!("sw_{protocol}")])
        .env("WIRESHARK_CONFIG_DIR", &folder)
        .output()
        .expect("tshark is installed: apt-get install tshark");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("Lua"), "{errors}");
    std::fs::remove_file(file).expect("the file");
    std::fs::remove_dir_all(folder).expect("the folder");
    let packets: Vec<Json> = serde_json::from_slice(&output.stdout).expect("JSON");
    packets
        .into_iter()
        .map(|mut packet| packet["_source"]["layers"][format!("sw_{protocol}")].take())
        .collect()
}

pub(crate) fn many(value: Option<&Json>) -> Vec<&Json> {
    match value {
        None => Vec::new(),
        Some(Json::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    }
}

/// What tshark has under the name of a field; a name with two kinds of value in one protocol has a suffix.
pub(crate) fn named<'a>(shown: &'a Json, protocol: Protocol, name: &str) -> Vec<&'a Json> {
    let names = ["", "_text", "_int", "_octets"].map(|suffix| format!("sw_{protocol}.{name}{suffix}"));
    let found: Vec<_> = names.iter().filter_map(|name| shown.get(name)).collect();
    assert!(found.len() < 2, "{names:?}");
    many(found.first().copied())
}

fn colons(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}

pub(crate) fn compare(protocol: Protocol, shown: &Json, fields: &[Field], wrong: &mut Vec<String>) {
    for field in fields {
        let name = field.name;
        let mut expect = |name: &str, expected: Vec<String>| {
            let found: Vec<String> =
                named(shown, protocol, name).iter().map(|v| v.as_str().unwrap_or("?").to_owned()).collect();
            if found != expected {
                wrong.push(format!("{name}: tshark {found:?}, we {expected:?}"));
            }
        };
        match &field.value {
            Value::Int(number) => expect(name, vec![number.to_string()]),
            Value::Flag(_) => expect(name, vec!["1".to_owned()]),
            Value::Text(text) => expect(name, vec![text.clone()]),
            Value::Octets(octets) if octets.is_empty() => expect(name, Vec::new()),
            // Reserved octets that the frame leaves out.
            Value::Octets(octets)
                if octets.iter().all(|o| *o == 0) && named(shown, protocol, name).is_empty() => {}
            Value::Octets(octets) => expect(name, vec![colons(octets)]),
            Value::TextList(texts) => expect(name, texts.clone()),
            Value::Seq(seq) => {
                for (part, value) in [("node", seq.node), ("time", seq.time), ("serial", seq.serial)] {
                    expect(&format!("{name}.{part}"), vec![value.to_string()]);
                }
            }
            Value::Absent => expect(name, Vec::new()),
            Value::Group(groups) => {
                let trees = many(shown.get(format!("sw_{protocol}.{name}")));
                assert_eq!(trees.len(), groups.len(), "{name} in {shown}");
                for (tree, group) in trees.into_iter().zip(groups) {
                    compare(protocol, tree, group, wrong);
                }
            }
            Value::Tlvs(tlvs) => {
                let trees = many(shown.get(format!("sw_{protocol}.tlv")));
                assert_eq!(trees.len(), tlvs.len(), "{shown}");
                for (tree, tlv) in trees.into_iter().zip(tlvs) {
                    assert_eq!(tree["sw_smgp.tlv.tag"], tlv.tag.to_string());
                    assert_eq!(tree["sw_smgp.tlv.value"], colons(&tlv.value));
                }
            }
        }
    }
}

fn check(protocol: Protocol, port: u16, expected: usize) {
    let path = format!("{}/../tests/vectors/{protocol}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the vectors");
    let all: Vec<Map<String, Json>> = serde_json::from_str(&text).expect("JSON");
    let read: Vec<_> = all.iter().filter(|v| v["kind"] == "canonical" || v["kind"] == "tolerance").collect();
    assert_eq!(read.len(), expected);
    let mut pcap = Pcap::new();
    for (client, vector) in (20_000u16..).zip(&read) {
        let version = vector["version"].as_str().expect("a version").parse().expect("a version");
        let mut wire = Wire::open(&mut pcap, End(1, client), End(2, port));
        wire.send(&mut pcap, false, &login(version, protocol));
        wire.send(&mut pcap, true, &unhex(vector["hex"].as_str().expect("digits")));
    }
    let shown = tshark(protocol, &pcap);
    assert_eq!(shown.len(), 2 * read.len(), "a login and a PDU each");
    let mut faults = Vec::new();
    for (vector, shown) in read.iter().zip(shown.chunks(2)) {
        let version = vector["version"].as_str().expect("a version").parse().expect("a version");
        let octets = unhex(vector["hex"].as_str().expect("digits"));
        let (header, pdu) =
            AnyPdu::decode(protocol, version, &octets, &mut Notes::default()).expect("a vector");
        let mut wrong = Vec::new();
        let shown = &shown[1];
        compare(protocol, shown, &pdu.fields(version), &mut wrong);
        let key = |name: &str| format!("sw_{protocol}.{name}");
        if shown[key("pdu")] != pdu.name() || shown[key("length")] != format!("{}", header.length) {
            wrong.push(format!("pdu {} length {}", shown[key("pdu")], shown[key("length")]));
        }
        if !wrong.is_empty() {
            faults.push(format!("{}: {}", vector["name"], wrong.join("; ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn cmpp_fields_are_ours() {
    check(Protocol::Cmpp, 7890, 78);
}

#[test]
fn sgip_fields_are_ours() {
    check(Protocol::Sgip, 8801, 68);
}

#[test]
fn smgp_fields_are_ours() {
    check(Protocol::Smgp, 8890, 53);
}

/// Frames cut by segments, and a login on an unusual port.
#[test]
fn streams_and_other_ports_are_followed() {
    let test = [0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 3];
    let mut pcap = Pcap::new();
    let mut wire = Wire::open(&mut pcap, End(1, 20_000), End(2, 17_890));
    wire.send(&mut pcap, false, &login(cmpp::V20, Protocol::Cmpp));
    wire.send(&mut pcap, false, &[&test[..], &test[..5]].concat());
    wire.send(&mut pcap, false, &test[5..]);
    let shown = tshark(Protocol::Cmpp, &pcap);
    let names: Vec<&Json> =
        shown.iter().flat_map(|layer| many(Some(layer))).map(|l| &l["sw_cmpp.pdu"]).collect();
    assert_eq!(names, ["connect", "active_test", "active_test"]);
}
