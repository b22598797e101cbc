//! Runs every case of `tests/vectors/text.json`. A kind, encoding or flag that this file does not know is a failure.

use std::collections::BTreeMap;

use bytes::Bytes;
use sanwang::text::udh::{UdhList, Width};
use sanwang::text::{
    Charset, Coding, CodingChoice, Encoded, JoinRules, JoinState, Joiner, Message, Part, RefWidth, Room,
    SplitRules, TextError, Unit, decode, encode, gsm7, preview, split_octets,
};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../tests/vectors/text.json");

#[test]
fn every_vector_holds() {
    let cases: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        let case = Case { case, name: case["name"].as_str().unwrap() };
        let kind = case.str("kind");
        *kinds.entry(kind).or_default() += 1;
        match kind {
            "text" => case.text(),
            "count" => case.count(),
            "capacity" => case.capacity(),
            "udh" => case.udh(),
            "decode" => case.decode(),
            "reassembly" => case.reassembly(),
            other => panic!("{}: unknown kind {other}", case.name),
        }
    }
    assert_eq!(kinds.len(), 6, "a kind has no case: {kinds:?}");
}

struct Case<'a> {
    case: &'a Value,
    name: &'a str,
}

impl<'a> Case<'a> {
    fn str(&self, key: &str) -> &'a str {
        self.case[key].as_str().unwrap_or_else(|| panic!("{}: no text {key}", self.name))
    }

    fn number(&self, key: &str) -> usize {
        let number = self.case[key].as_u64().unwrap_or_else(|| panic!("{}: no number {key}", self.name));
        usize::try_from(number).unwrap()
    }

    fn list(&self, key: &str) -> &'a [Value] {
        self.case[key].as_array().unwrap_or_else(|| panic!("{}: no list {key}", self.name))
    }

    fn coding(&self) -> Coding {
        Coding(u8::try_from(self.number("coding")).unwrap())
    }

    fn rules(&self, choice: CodingChoice) -> SplitRules {
        let reference_width = match self.str("udh") {
            "none" | "concat8" => RefWidth::Eight,
            "concat16" => RefWidth::Sixteen,
            other => panic!("{}: unknown header {other}", self.name),
        };
        SplitRules { coding: choice, reference_width, ..SplitRules::cmpp() }
    }

    fn text(&self) {
        let (name, text) = (self.name, self.str("text"));
        let limit = u16::try_from(self.number("single_limit")).unwrap();
        let (choice, unit) = match self.str("encoding") {
            "ascii" | "gb18030" => (CodingChoice::Fixed(self.coding()), Unit::Octet),
            "utf16be" => (CodingChoice::Fixed(self.coding()), Unit::Utf16),
            "gsm7" => (CodingChoice::Gsm7Unpacked, Unit::Septet),
            "gsm7-packed" => (CodingChoice::Gsm7Packed, Unit::Septet),
            other => panic!("{name}: unknown encoding {other}"),
        };
        let mut rules = self.rules(choice);
        match self.str("encoding") {
            "utf16be" => rules.single_limit = limit * 2,
            "gb18030" => rules.single_limit = limit,
            "gsm7-packed" => assert_eq!(limit, 160, "{name}"),
            _ => rules.single_limit_ascii = limit,
        }
        let unit_name = match unit {
            Unit::Octet => "octet",
            Unit::Utf16 => "utf16",
            Unit::Septet => "septet",
        };
        assert_eq!(self.str("unit"), unit_name, "{name}");

        let encoded = encode(text, &rules).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(encoded.coding, self.coding(), "{name}");
        assert_eq!(encoded.unit, unit, "{name}");
        assert_eq!(encoded.units as usize, self.number("total_units"), "{name}");
        assert_eq!(encoded.has_udh(), self.str("udh") != "none", "{name}");

        let reference = self.case["ref"].as_u64().map_or(0, |number| u16::try_from(number).unwrap());
        let made: Vec<String> =
            (0..encoded.parts.len()).map(|index| to_hex(&encoded.content(index, reference))).collect();
        let canonical: Vec<&str> = self.list("segments").iter().map(|hex| hex.as_str().unwrap()).collect();
        match self.case.get("also_valid") {
            // The alternative keeps a cluster whole, which this library does.
            Some(whole) => {
                let whole: Vec<&str> =
                    whole.as_array().unwrap().iter().map(|hex| hex.as_str().unwrap()).collect();
                assert_eq!(made, whole, "{name}");
            }
            None => {
                assert_eq!(made, canonical, "{name}");
                let units: Vec<u64> =
                    (0..encoded.parts.len()).map(|index| u64::from(encoded.part_units(index))).collect();
                let expect: Vec<u64> = self.list("units").iter().map(|n| n.as_u64().unwrap()).collect();
                assert_eq!(units, expect, "{name}");
            }
        }
        if self.case.get("tp_udl").is_some() {
            self.tp_udl(&encoded);
        }

        let seen = preview(text, &rules).unwrap();
        assert_eq!(seen.segments, encoded.segments(), "{name}");
        assert_eq!((seen.units, seen.unit, seen.coding), (encoded.units, unit, encoded.coding), "{name}");
        assert_eq!(seen.characters as usize, text.chars().count(), "{name}");

        for segments in [canonical, made.iter().map(String::as_str).collect()] {
            self.reads_back(&encoded, &segments);
        }
        self.cuts_alike_as_octets(&rules, &encoded);
    }

    /// The length field of the air interface counts the header and its fill bits in septets.
    fn tp_udl(&self, encoded: &Encoded) {
        let udh = match self.str("udh") {
            "none" => 0,
            "concat8" => 6,
            _ => 7,
        };
        let header = (udh * 8 + usize::from(Room::after_udh(udh).fill_bits)) / 7;
        for (index, expect) in self.list("tp_udl").iter().enumerate() {
            let length = header + encoded.part_units(index) as usize;
            assert_eq!(length as u64, expect.as_u64().unwrap(), "{}", self.name);
        }
    }

    /// Segments to text again, through the header and the joiner.
    fn reads_back(&self, encoded: &Encoded, segments: &[&str]) {
        let (name, text) = (self.name, self.str("text"));
        let encoding = self.str("encoding");
        let read = |octets: &[u8], index: usize, udh: usize| {
            let packed = encoding == "gsm7-packed";
            let fill = Room::after_udh(udh).fill_bits;
            let septets = Some(encoded.part_units(index) as usize);
            let content = if packed { gsm7::unpack(octets, fill, septets) } else { octets.to_vec() };
            Part { coding: encoded.coding, content: Bytes::from(content), tag: 0 }
        };
        let finish = |message: &Message<()>| {
            let decoded =
                if encoding.starts_with("gsm7") { message.text_as(Charset::Gsm7) } else { message.text() };
            assert!(decoded.flags.is_clean(), "{name}: {:?}", decoded.flags);
            assert_eq!(decoded.text.as_deref(), Some(text), "{name}");
        };
        if segments.len() == 1 {
            let part = read(&from_hex(segments[0]), 0, 0);
            let decoded = match encoding {
                "gsm7" | "gsm7-packed" => Some(gsm7::decode(&part.content).0),
                _ => decode(part.coding, &part.content).text,
            };
            assert_eq!(decoded.as_deref(), Some(text), "{name}");
            return;
        }
        let mut joiner = Joiner::new(JoinRules::default());
        for (index, segment) in segments.iter().enumerate().rev() {
            let content = from_hex(segment);
            let list = UdhList::parse(&content).unwrap();
            let udh = list.octets().len();
            let part = read(&content[udh..], index, udh);
            match joiner.add(0, (), list.concat().unwrap(), part).state {
                JoinState::Complete(message) if index == 0 => finish(&message),
                JoinState::Parked if index > 0 => {}
                other => panic!("{name}: {other:?}"),
            }
        }
        assert_eq!(joiner.sets(), 0, "{name}");
    }

    /// Text given as octets is cut at the same places where no cluster is in the way.
    fn cuts_alike_as_octets(&self, rules: &SplitRules, encoded: &Encoded) {
        if !matches!(rules.coding, CodingChoice::Fixed(_)) || self.case.get("also_valid").is_some() {
            return;
        }
        let octets: Vec<u8> = encoded.parts.iter().flat_map(|part| part.to_vec()).collect();
        let again = split_octets(&octets, None, rules).unwrap();
        assert_eq!(again.parts, encoded.parts, "{}", self.name);
        assert_eq!(again.coding, encoded.coding, "{}", self.name);
    }

    fn count(&self) {
        let name = self.name;
        let repeat = self.list("text_repeat");
        let text = repeat[0].as_str().unwrap().repeat(usize::try_from(repeat[1].as_u64().unwrap()).unwrap());
        let rules = self.rules(CodingChoice::Fixed(self.coding()));
        let made = encode(&text, &rules);
        if let Some(error) = self.case.get("error") {
            assert_eq!(error, "more than 255 segments", "{name}");
            assert_eq!(made, Err(TextError::TooManySegments { needed: 256, max: 255 }), "{name}");
            assert_eq!(preview(&text, &rules).unwrap_err(), made.unwrap_err(), "{name}");
            return;
        }
        let encoded = made.unwrap();
        let seen = preview(&text, &rules).unwrap();
        assert_eq!(encoded.parts.len(), self.number("segment_count"), "{name}");
        assert_eq!(usize::from(seen.segments), self.number("segment_count"), "{name}");
        assert_eq!(encoded.units as usize, self.number("total_units"), "{name}");
        let last = encoded.part_units(encoded.parts.len() - 1);
        assert_eq!(last as usize, self.number("last_units"), "{name}");
        assert_eq!(seen.room_left, seen.room_per_segment - last, "{name}");
        assert_eq!(encoded.has_udh(), self.str("udh") != "none", "{name}");
    }

    fn capacity(&self) {
        let udh = self.number("udh_octets");
        let expect = Room {
            octets: self.number("octets"),
            septets: self.number("septets"),
            utf16_units: self.number("utf16_units"),
            fill_bits: u8::try_from(self.number("fill_bits")).unwrap(),
        };
        assert_eq!(Room::after_udh(udh), expect, "{}", self.name);
        let example = from_hex(self.str("example"));
        assert_eq!(UdhList::parse(&example).unwrap().octets().len(), udh, "{}", self.name);
    }

    fn udh(&self) {
        let (name, octets) = (self.name, from_hex(self.str("hex")));
        let parsed = UdhList::parse(&octets);
        if !self.case["valid"].as_bool().unwrap() {
            assert!(parsed.is_err(), "{name}");
            return;
        }
        let list = parsed.unwrap();
        assert_eq!(list.octets().len(), self.number("udh_octets"), "{name}");
        let ies: Vec<Value> = list.ies().map(|(iei, data)| json!([iei, to_hex(data)])).collect();
        assert_eq!(Some(&ies), self.case["ies"].as_array(), "{name}");

        let concat = list.concat().map(|part| {
            let width = match part.width {
                Width::Eight => 8,
                Width::Sixteen => 16,
            };
            (width, u64::from(part.reference), u64::from(part.total), u64::from(part.index))
        });
        let expect = self.case.get("concat").and_then(Value::as_object).map(|concat| {
            let number = |key: &str| concat[key].as_u64().unwrap();
            (number("width"), number("ref"), number("total"), number("index"))
        });
        assert_eq!(concat, expect, "{name}");

        let ports = list.ports().map(|ports| (u64::from(ports.dest), u64::from(ports.source)));
        let expect = self.case.get("ports").map(|ports| {
            let number = |key: &str| ports[key].as_u64().unwrap();
            (number("dest"), number("source"))
        });
        assert_eq!(ports, expect, "{name}");
    }

    fn decode(&self) {
        let (name, octets) = (self.name, from_hex(self.str("hex")));
        if let Some(encoding) = self.case.get("encoding") {
            assert_eq!(encoding, "gsm7-packed", "{name}: unknown encoding");
            let septets = gsm7::unpack(&octets, 0, Some(self.number("septets")));
            assert_eq!(gsm7::decode(&septets), (self.str("text").to_owned(), false), "{name}");
            return;
        }
        let decoded = decode(self.coding(), &octets);
        assert_eq!(decoded.text.as_deref(), Some(self.str("text")), "{name}");
        let flag = self.case.get("flag").and_then(Value::as_str);
        assert!(matches!(flag, None | Some("odd" | "replaced")), "{name}: unknown flag {flag:?}");
        assert_eq!(decoded.flags.odd, flag == Some("odd"), "{name}");
        assert_eq!(decoded.flags.replaced, flag == Some("replaced"), "{name}");
    }

    fn reassembly(&self) {
        const SECOND: u64 = 1_000_000_000;
        let name = self.name;
        let key = (self.str("source"), self.str("dest"));
        let rules = JoinRules::default();
        let mut joiner = Joiner::new(rules);
        let (arrivals, outputs) = (self.list("arrivals"), self.list("outputs"));
        assert_eq!(arrivals.len(), outputs.len(), "{name}");
        let mut now = 0;
        for (step, (arrival, output)) in arrivals.iter().zip(outputs).enumerate() {
            let arrival = arrival.as_str().unwrap();
            let mut out = Vec::new();
            if let Some(reference) = arrival.strip_prefix("timeout 0x") {
                let deadline = joiner.deadline().unwrap();
                assert!(joiner.expire(deadline - 1).is_empty(), "{name}");
                out = joiner.expire(deadline);
                assert_eq!(out[0].reference, u16::from_str_radix(reference, 16).unwrap(), "{name}");
            } else {
                now += SECOND;
                let content = from_hex(arrival);
                let list = UdhList::parse(&content).unwrap();
                let payload = Bytes::copy_from_slice(&content[list.octets().len()..]);
                let part = Part { coding: self.coding(), content: payload, tag: step as u64 };
                let joined = joiner.add(now, key, list.concat().unwrap(), part);
                out.extend(joined.displaced);
                if let JoinState::Complete(message) = joined.state {
                    out.push(message);
                }
            }
            assert_eq!(out.len(), usize::from(!output.is_null()), "{name} step {step}: {out:?}");
            let Some(message) = out.first() else { continue };
            assert_eq!(message.text().text.as_deref(), output["text"].as_str(), "{name} step {step}");
            assert_eq!(Some(message.complete), output["complete"].as_bool(), "{name} step {step}");
            if let Some(have) = output.get("have") {
                assert_eq!(have.as_u64(), Some(u64::from(message.have)), "{name} step {step}");
                assert_eq!(output["total"].as_u64(), Some(u64::from(message.total)), "{name} step {step}");
            }
        }
        assert_eq!((joiner.sets(), joiner.octets()), (0, 0), "{name}");
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0, "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn to_hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
