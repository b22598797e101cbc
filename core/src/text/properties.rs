//! Properties that hold for any text, any octets and any order of arrival.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::udh::{Concat, UdhList, Width};
use super::*;

/// Pieces that meet every rule of cutting: one to four octets, one or two units, clusters, escapes.
const PIECES: [&str; 22] = [
    "a",
    "Z",
    " ",
    "\n",
    "~",
    "{",
    "€",
    "字",
    "汉",
    "，",
    "【",
    "é",
    "㐀",
    "😀",
    "👍🏽",
    "👨‍👩‍👧",
    "1️⃣",
    "🇨🇳",
    "e\u{301}",
    "\u{200d}",
    "中文",
    "hello world",
];
const ASCII_PIECES: [&str; 6] = ["a", "Z", " ", "@[]", "~\n", "The quick brown fox "];
const GSM7_PIECES: [&str; 7] = ["a", "Z", "{", "€", "Δ", "\n", "quick brown fox "];
const GBK_PIECES: [&str; 6] = ["a", "字", "，", "【示例】", "hello", "汉"];

fn text_of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(select(pieces), 0..300).prop_map(|pieces| pieces.concat())
}

/// A text and rules under which it can be encoded.
fn message() -> impl Strategy<Value = (String, SplitRules)> {
    let fixed = |octet| Just(CodingChoice::Fixed(Coding(octet)));
    let choice = prop_oneof![
        (text_of(&PIECES), prop_oneof![Just(CodingChoice::Auto), Just(CodingChoice::Cheapest)]),
        (text_of(&PIECES), prop_oneof![fixed(8), fixed(24), fixed(15)]),
        (
            text_of(&GBK_PIECES),
            prop_oneof![Just(CodingChoice::Auto), Just(CodingChoice::Cheapest), fixed(15)]
        ),
        (text_of(&ASCII_PIECES), prop_oneof![Just(CodingChoice::Auto), fixed(0), fixed(16)]),
        (
            text_of(&GSM7_PIECES),
            prop_oneof![Just(CodingChoice::Gsm7Packed), Just(CodingChoice::Gsm7Unpacked)]
        ),
    ];
    let protocol = select(vec![SplitRules::cmpp(), SplitRules::sgip(), SplitRules::smgp()]);
    let width = select(vec![Width::Eight, Width::Sixteen]);
    // Together less than the 66 characters of the smallest part.
    let reserve = prop_oneof![3 => Just((0, 0)), 1 => (0..32_u16, 0..32_u16)];
    (choice, protocol, width, reserve, any::<bool>()).prop_map(
        |((text, coding), rules, reference_width, (reserve_head, reserve_tail), gb_unit_limit)| {
            (text, SplitRules { coding, reference_width, reserve_head, reserve_tail, gb_unit_limit, ..rules })
        },
    )
}

fn read<K>(message: &Message<K>, rules: &SplitRules) -> Decoded {
    match rules.coding {
        CodingChoice::Gsm7Packed | CodingChoice::Gsm7Unpacked => message.text_as(Charset::Gsm7),
        _ => message.text(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn split_shuffle_repeat_join_gives_the_text(
        (text, rules) in message(),
        reference in prop_oneof![Just(0), any::<u16>()],
        order in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let encoded = encode(&text, &rules).unwrap();
        let total = encoded.parts.len();
        // Any order, with repeats in between; then all of them once.
        let mut arrivals: Vec<usize> = order.iter().map(|index| index.index(total)).collect();
        arrivals.extend((0..total).rev());
        let mut joiner = Joiner::new(JoinRules::default());
        let mut whole = None;
        for index in arrivals {
            let content = encoded.content(index, reference);
            let (concat, udh) = if encoded.has_udh() {
                let list = UdhList::parse(&content).unwrap();
                (list.concat().unwrap(), list.octets().len())
            } else {
                (Concat { width: Width::Eight, reference, total: 1, index: 1 }, 0)
            };
            prop_assert_eq!((usize::from(concat.index), usize::from(concat.total)), (index + 1, total));
            let part = if rules.coding == CodingChoice::Gsm7Packed {
                Part::from_packed(encoded.coding, &content[udh..], udh, 0)
            } else {
                Part { coding: encoded.coding, content: content.slice(udh..), tag: 0 }
            };
            let joined = joiner.add(0, "from", concat, part);
            prop_assert!(joined.displaced.is_empty());
            if let JoinState::Complete(message) = joined.state {
                whole = Some(message);
                break;
            }
        }
        let decoded = read(&whole.unwrap(), &rules);
        prop_assert_eq!(decoded.text, Some(text));
        prop_assert!(decoded.flags.is_clean());
        prop_assert_eq!((joiner.sets(), joiner.octets()), (0, 0));
    }

    #[test]
    fn segments_are_full_whole_and_no_more_than_needed((text, rules) in message()) {
        let encoded = encode(&text, &rules).unwrap();
        let charset = match rules.coding {
            CodingChoice::Gsm7Packed | CodingChoice::Gsm7Unpacked => Charset::Gsm7,
            _ => encoded.coding.charset(),
        };
        let packed = rules.coding == CodingChoice::Gsm7Packed;
        let mut again = String::new();
        for (index, part) in encoded.parts.iter().enumerate() {
            prop_assert!(encoded.parts.len() == 1 || !part.is_empty());
            if encoded.parts.len() > 1 {
                prop_assert!(encoded.content(index, 0).len() <= 140);
            }
            let septets = encoded.part_units(index) as usize;
            let fill = if encoded.parts.len() == 1 { 0 } else { gsm7::fill_bits(udh_octets(&rules)) };
            let octets = if packed { gsm7::unpack(part, fill, Some(septets)) } else { part.to_vec() };
            let decoded = decode_as(charset, &octets);
            // Every part reads alone: nothing was cut inside.
            prop_assert!(decoded.flags.is_clean());
            again.push_str(&decoded.text.unwrap());
        }
        prop_assert_eq!(&again, &text);

        let unit_limit = charset == Charset::Gb18030
            && (rules.gb_unit_limit || !matches!(rules.coding, CodingChoice::Fixed(_)));
        let fewest = fewest_segments(&text, &rules, charset, packed, unit_limit);
        prop_assert_eq!(encoded.parts.len(), fewest);
    }

    #[test]
    fn preview_is_what_encode_does((text, rules) in message()) {
        let encoded = encode(&text, &rules).unwrap();
        let seen = preview(&text, &rules).unwrap();
        prop_assert_eq!((seen.segments, seen.coding), (encoded.segments(), encoded.coding));
        prop_assert_eq!((seen.units, seen.unit), (encoded.units, encoded.unit));
    }

    #[test]
    fn room_left_is_what_still_fits(text in text_of(&GBK_PIECES), tail in 0..20_u16, head in 0..20_u16) {
        let coding = CodingChoice::Fixed(Coding::UCS2);
        let rules = SplitRules { coding, reserve_tail: tail, reserve_head: head, ..SplitRules::cmpp() };
        let seen = preview(&text, &rules).unwrap();
        let with = |more: u32| preview(&(text.clone() + &"字".repeat(more as usize)), &rules).unwrap().segments;
        prop_assert_eq!(with(seen.room_left), seen.segments);
        prop_assert_eq!(with(seen.room_left + 1), seen.segments + 1);
    }

    #[test]
    fn cheapest_is_never_dearer_than_a_fixed_coding(text in text_of(&PIECES), gbk in text_of(&GBK_PIECES)) {
        for text in [text, gbk] {
            let with = |coding| {
                let rules = SplitRules { coding, gb_only: true, gb_unit_limit: true, ..SplitRules::cmpp() };
                let encoded = encode(&text, &rules).ok()?;
                Some((encoded.parts.len(), encoded.parts.iter().map(Bytes::len).sum::<usize>()))
            };
            let cheapest = with(CodingChoice::Cheapest).unwrap();
            for octet in [0, 8, 15] {
                if let Some(cost) = with(CodingChoice::Fixed(Coding(octet))) {
                    prop_assert!(cheapest <= cost, "{:?} {:?} {}", cheapest, cost, octet);
                }
            }
        }
    }

    #[test]
    fn octets_with_a_header_join_again(
        content in vec(any::<u8>(), 0..1_000),
        own in select(vec![None, Some(udh::ports(2948, 9200).to_vec()), Some(vec![0]), Some(vec![2, 0x70, 0])]),
        octet in select(vec![0_u8, 4, 8, 15, 21, 240, 246]),
        reference: u16,
    ) {
        let coding = CodingChoice::Fixed(Coding(octet));
        let rules = SplitRules { coding, ..SplitRules::smgp() };
        let encoded = split_octets(&content, own.as_deref(), &rules).unwrap();
        let mut joined = Vec::new();
        for index in 0..encoded.parts.len() {
            let segment = encoded.content(index, reference);
            prop_assert!(segment.len() <= 140);
            let header = if encoded.has_udh() {
                let list = UdhList::parse(&segment).unwrap();
                let ies = own.as_deref().and_then(|own| own.get(1..)).unwrap_or_default();
                prop_assert_eq!(&list.octets()[1..=ies.len()], ies);
                list.octets().len()
            } else {
                0
            };
            prop_assert!(encoded.parts.len() == 1 || segment.len() > header);
            joined.extend_from_slice(&segment[header..]);
        }
        prop_assert_eq!(joined, content);
    }

    #[test]
    fn any_octets_decode(octet: u8, content in vec(any::<u8>(), 0..300)) {
        let decoded = decode(Coding(octet), &content);
        prop_assert_eq!(decoded.text.is_some(), Coding(octet).is_text());
        for fill in 0..=255 {
            let _ = gsm7::unpack(&content, fill, None);
        }
    }

    #[test]
    fn what_is_encoded_decodes(text: String) {
        let coding = CodingChoice::Fixed(Coding::UCS2);
        let rules = SplitRules { coding, ..SplitRules::cmpp() };
        let encoded = encode(&text, &rules).unwrap();
        let octets: Vec<u8> = encoded.parts.concat();
        // A mark at the start is taken for a byte order mark, which is the rule.
        prop_assume!(!text.starts_with(['\u{feff}', '\u{fffe}']));
        prop_assert_eq!(decode(Coding::UCS2, &octets).text, Some(text));
    }

    #[test]
    fn any_octets_are_a_header_or_an_error(content in header_like()) {
        let Ok(list) = UdhList::parse(&content) else { return Ok(()) };
        prop_assert!(content.starts_with(list.octets()));
        let length: usize = list.ies().map(|(_, data)| data.len() + 2).sum();
        prop_assert_eq!(length + 1, list.octets().len());
        if let Some(part) = list.concat() {
            prop_assert!(part.index >= 1 && part.index <= part.total);
            prop_assert!(list.concat_from_zero().is_some());
        }
        let _ = (list.ports(), UdhList::detect(&content, Coding::UCS2));
    }

    #[test]
    fn any_text_is_a_number_or_an_error(text in prop_oneof!["\\PC*", "[+0-9 ()-]{0,20}", "(86|0086|[+]86)?1[0-9]{10,12}"]) {
        let _ = number::mask(&text);
        let Ok(found) = number::normalise(&text) else { return Ok(()) };
        prop_assert!(matches!(found.national().len(), 11 | 13));
        prop_assert!(found.national().bytes().all(|b| b.is_ascii_digit()));
        for form in [found.national().to_owned(), found.with_86()] {
            let again = number::normalise(&form).unwrap();
            prop_assert_eq!(again.national(), found.national());
        }
    }
}

fn header_like() -> impl Strategy<Value = Vec<u8>> {
    let element = (select(vec![0_u8, 4, 5, 8, 0x24, 0x70]), vec(0..4_u8, 0..5)).prop_map(|(iei, data)| {
        let mut octets = vec![iei, data.len() as u8];
        octets.extend(data);
        octets
    });
    let header =
        (vec(element, 0..4), -1..=1_i32, vec(any::<u8>(), 0..4)).prop_map(|(elements, off, payload)| {
            let elements = elements.concat();
            let length = (elements.len() as i32 + off).max(0) as u8;
            [vec![length], elements, payload].concat()
        });
    prop_oneof![vec(any::<u8>(), 0..40), header]
}

fn udh_octets(rules: &SplitRules) -> usize {
    match rules.reference_width {
        Width::Eight => 6,
        Width::Sixteen => 7,
    }
}

/// Counts segments from the characters alone, another way than the library does: the latest place each segment can end.
fn fewest_segments(
    text: &str,
    rules: &SplitRules,
    charset: Charset,
    packed: bool,
    unit_limit: bool,
) -> usize {
    let costs: Vec<(usize, usize)> = text
        .chars()
        .map(|c| {
            let cost = match charset {
                Charset::Ucs2 => 2 * c.len_utf16(),
                Charset::Gb18030 => encoding_rs::GB18030.encode(c.encode_utf8(&mut [0; 4])).0.len(),
                Charset::Gsm7 => gsm7::encode(c.encode_utf8(&mut [0; 4])).unwrap().len(),
                _ => 1,
            };
            (cost, c.len_utf16())
        })
        .collect();
    let wide = matches!(charset, Charset::Ucs2 | Charset::Gb18030);
    let reserve = |n: u16| (usize::from(n) * if wide { 2 } else { 1 }, usize::from(n));
    let (head, tail) = (reserve(rules.reserve_head), reserve(rules.reserve_tail));
    let room = 140 - udh_octets(rules);
    let (single, segment) = match charset {
        _ if packed => (160, room * 8 / 7),
        Charset::Ascii | Charset::Gsm7 => {
            (usize::from(rules.single_limit_ascii), room.min(usize::from(rules.single_limit_ascii)))
        }
        _ => (140, room),
    };
    let fits = |cost: (usize, usize), room: usize| cost.0 <= room && (!unit_limit || cost.1 <= room / 2);
    let sum = |costs: &[(usize, usize)], more: (usize, usize)| {
        costs.iter().fold(more, |sum, cost| (sum.0 + cost.0, sum.1 + cost.1))
    };
    if fits(sum(&costs, (head.0 + tail.0, head.1 + tail.1)), single) {
        return 1;
    }
    // reach[i]: the fewest segments that hold the first i characters, the last of them without the tail.
    let mut from = 0;
    let mut segments = 0;
    loop {
        let more = if segments == 0 { head } else { (0, 0) };
        segments += 1;
        let rest = &costs[from..];
        if fits(sum(rest, (more.0 + tail.0, more.1 + tail.1)), segment) {
            return segments;
        }
        let longest = (0..rest.len()).rev().find(|&n| fits(sum(&rest[..n], more), segment)).unwrap();
        assert!(longest > 0, "a segment without a character");
        from += longest;
    }
}
