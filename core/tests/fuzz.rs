//! Mutated input for everything that reads what others wrote. Seeds come from the golden vectors; the budget is
//! fixed, and `SANWANG_FUZZ=1000000` raises it. No input may make a reader panic, loop or disagree with the writer.

#[path = "common/mutate.rs"]
mod mutate;

use bytes::BytesMut;
use mutate::Mutator;
use sanwang::settings::Account;
use sanwang::text::udh::UdhList;
use sanwang::text::{Coding, decode};
use sanwang::wire::{AnyPdu, CmppMoReport, CmppReport, Notes, Protocol, Seq, SmgpReport, frame};

fn vectors(protocol: Protocol) -> Vec<Vec<u8>> {
    let path = format!("{}/../tests/vectors/{protocol}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vectors");
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let octets = |digits: &str| -> Vec<u8> {
        let pairs = (0..digits.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits")).collect()
    };
    all.iter().map(|vector| octets(vector["hex"].as_str().expect("digits"))).collect()
}

/// Runs a target with as many inputs as the budget allows. The number of a failing input is in the panic's output.
fn fuzz(seeds: &[Vec<u8>], budget: u64, mut target: impl FnMut(&[u8])) {
    let budget = std::env::var("SANWANG_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(budget);
    for seed in seeds {
        target(seed);
    }
    for number in 0..budget {
        let input = Mutator::new(number).mutate(seeds);
        let run = std::panic::AssertUnwindSafe(|| target(&input));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("input {number}: {input:02x?}");
            std::panic::resume_unwind(panic);
        }
    }
}

fn decoder(protocol: Protocol) {
    let limit = protocol.default_limit();
    fuzz(&vectors(protocol), 10_000, |input| {
        // The framer: a frame is at least a header and at most what is there.
        let mut rest = input;
        while let Ok(Some(length)) = frame::next(protocol, rest, limit) {
            assert!((protocol.header_len()..=rest.len().min(limit)).contains(&length));
            rest = &rest[length..];
        }
        for &version in protocol.versions() {
            let mut notes = Notes::default();
            let Ok((header, pdu)) = AnyPdu::decode(protocol, version, input, &mut notes) else { continue };
            assert!(!pdu.fields(version).is_empty() || pdu.encoded_len(version) == protocol.header_len());
            // What was read and can be written reads as the same again.
            let (mut once, mut twice) = (BytesMut::new(), BytesMut::new());
            if pdu.encode(version, header.seq, &mut once).is_err() {
                assert!(once.is_empty(), "a refusal leaves no trace");
                continue;
            }
            assert_eq!(once.len(), pdu.encoded_len(version));
            let (_, again) = AnyPdu::decode(protocol, version, &once, &mut notes).expect("it was written");
            again.encode(version, header.seq, &mut twice).expect("it was written");
            assert_eq!(once, twice, "{protocol} {version} {}", pdu.name());
        }
    });
}

#[test]
fn cmpp_frames() {
    decoder(Protocol::Cmpp);
}

#[test]
fn sgip_frames() {
    decoder(Protocol::Sgip);
}

#[test]
fn smgp_frames() {
    decoder(Protocol::Smgp);
}

#[test]
fn reports() {
    let mut seeds = vec![vec![0x55; 60], vec![0x55; 71]];
    seeds.push(SmgpReport::default().to_bytes().expect("it fits").to_vec());
    // Contents of whole frames, reports among them.
    for protocol in [Protocol::Cmpp, Protocol::Smgp] {
        seeds.extend(
            vectors(protocol).into_iter().filter(|frame| frame.len() > 100).map(|f| f[89..].to_vec()),
        );
    }
    fuzz(&seeds, 20_000, |input| {
        let mut notes = Notes::default();
        if let Ok(report) = CmppReport::parse(input, &mut notes) {
            assert!(input.len() >= 60 && report.fields().len() == 6);
        }
        assert_eq!(CmppMoReport::parse(input, &mut notes).is_ok(), input.len() >= 60);
        if let Ok(report) = SmgpReport::parse(input, &mut notes) {
            let again = report.to_bytes().map(|octets| SmgpReport::parse(&octets, &mut Notes::default()));
            assert!(
                again.is_err() || again.is_ok_and(|again| again.is_ok_and(|a| a.msg_id == report.msg_id))
            );
        }
    });
}

#[test]
fn headers_and_texts() {
    let seeds = [
        vec![5, 0, 3, 1, 2, 1, 0x60, 0xA8],
        vec![6, 8, 4, 0, 1, 2, 1, 0x4F, 0x60],
        vec![11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 1, 2, 1, 1],
        "验证码 246810".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        vec![0xD1, 0xE9, 0xD6, 0xA4, 0x81, 0x30, 0x81, 0x30],
    ];
    fuzz(&seeds, 20_000, |input| {
        for coding in [0, 3, 4, 8, 9, 15, 0x10, 0x18, 0xF5, 0xFF].map(Coding) {
            let decoded = decode(coding, input);
            assert!(decoded.text.is_none_or(|text| text.len() <= input.len() * 4));
            assert!(UdhList::detect(input, coding).is_none_or(|list| list.octets().len() < input.len()));
        }
        if let Ok(list) = UdhList::parse(input) {
            assert!(input.starts_with(list.octets()));
            let elements: usize = list.ies().map(|(_, data)| 2 + data.len()).sum();
            assert_eq!(elements + 1, list.octets().len());
            assert!(list.concat().is_none_or(|part| part.index >= 1 && part.index <= part.total));
            let _ = (list.concat_from_zero(), list.ports());
        }
    });
}

#[test]
fn account_urls() {
    let seeds = [
        "cmpp://901234:secret@127.0.0.1:7890?sender=10657001&window=16",
        "sgip://sp:s%40c@[::1]:8801?node=3010012345&listen=0.0.0.0:8802",
        "smgp://10000001:secret@gw.example.com,10.0.0.2:8890?rate=200&version=3.0&login_mode=2",
    ]
    .map(|url| url.as_bytes().to_vec());
    fuzz(&seeds, 20_000, |input| {
        let Ok(url) = std::str::from_utf8(input) else { return };
        match Account::parse(url) {
            Ok(_) => {}
            // The reason names a key or a part, and never the secret.
            Err(error) => assert!(!error.to_string().is_empty() && !error.to_string().contains("s%40c@")),
        }
    });
}

#[test]
fn sequences_survive_patching() {
    fuzz(&vectors(Protocol::Sgip), 2_000, |input| {
        for protocol in Protocol::ALL {
            let mut octets = input.to_vec();
            frame::patch_seq(protocol, &mut octets, Seq::new(1, 2, 3));
            assert_eq!(octets.len(), input.len());
            assert!(octets.len() < 8 || octets[..8] == input[..8]);
        }
    });
}
