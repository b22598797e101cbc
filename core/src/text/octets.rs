//! Content given as octets: cut when it has to be, and otherwise passed through untouched.

use bytes::Bytes;

use super::coding::{Charset, Coding, CodingChoice};
use super::encode::Encoded;
use super::error::TextError;
use super::plan::{Plan, with_class};
use super::rules::{Form, Limits, SplitRules, USER_DATA};
use super::udh::{IEI_CONCAT8, IEI_CONCAT16, UdhError, UdhList};

/// Cuts a content given as octets.
///
/// The coding is the fixed one of the rules, else [`Coding::BINARY`], with the class of the rules. Content in a text
/// coding is cut between characters. `user_udh` is a header of the application's own with its length octet, such as
/// [`udh::ports`](super::udh::ports()); it goes into every segment, and a concatenation element is added to it when
/// the content must be cut. It may hold a concatenation element itself as long as the content fits into one message.
///
/// # Errors
/// The content does not fit the rules, or the header is broken or too long: see [`TextError`].
pub fn split_octets(
    content: &[u8],
    user_udh: Option<&[u8]>,
    rules: &SplitRules,
) -> Result<Encoded, TextError> {
    let coding = match rules.coding {
        CodingChoice::Fixed(coding) => coding,
        _ => Coding::BINARY,
    };
    let charset = coding.charset();
    let list = user_udh.map(whole_header).transpose()?;
    // A header of no elements is no header.
    let user_ies = list.and_then(|list| list.octets().get(1..)).unwrap_or_default();
    let user_octets = if user_ies.is_empty() { 0 } else { user_ies.len().saturating_add(1) };

    let unit_limit = charset == Charset::Gb18030 && rules.gb_unit_limit;
    let limits = Limits::new(rules, charset, Form::Plain, user_octets, unit_limit);
    let too_long = |octets: usize| TextError::UdhTooLong { octets, max: USER_DATA };
    if user_octets > USER_DATA {
        return Err(too_long(user_octets));
    }
    if content.len() > limits.single.codes && limits.segment.codes < LARGEST_ATOM {
        return Err(too_long(user_octets.saturating_add(rules.udh_octets()).saturating_sub(1)));
    }
    let coding = with_class(coding, rules)?;
    let mut plan = Plan::with_limits(None, coding, (charset, Form::Plain), content.to_vec(), limits, rules)?;
    if plan.needed > 1 && list.is_some_and(|list| list.ies().any(is_concat)) {
        let needed = u32::try_from(plan.needed).unwrap_or(u32::MAX);
        return Err(TextError::AlreadyConcatenated { needed });
    }
    plan.cut(None, rules)?;
    Ok(Encoded { user_ies: Bytes::copy_from_slice(user_ies), ..plan.encoded(rules) })
}

/// Octets of a surrogate pair or of a GB18030 quadruple.
const LARGEST_ATOM: usize = 4;

fn whole_header(udh: &[u8]) -> Result<UdhList<'_>, UdhError> {
    let list = UdhList::parse(udh)?;
    match list.octets().len() {
        octets if octets == udh.len() => Ok(list),
        octets => Err(UdhError::Trailing { octets, given: udh.len() }),
    }
}

fn is_concat((iei, _): (u8, &[u8])) -> bool {
    matches!(iei, IEI_CONCAT8 | IEI_CONCAT16)
}

#[cfg(test)]
mod tests {
    use super::super::udh;
    use super::*;

    const PORTS: [u8; 7] = [6, 5, 4, 0x0B, 0x84, 0x23, 0xF0];

    #[test]
    fn small_content_is_untouched() {
        let encoded = split_octets(b"\x00\xFF", None, &SplitRules::cmpp()).unwrap();
        assert_eq!(encoded.coding, Coding::BINARY);
        assert!(!encoded.has_udh());
        assert_eq!(&encoded.content(0, 7)[..], b"\x00\xFF");
        assert_eq!(split_octets(b"", None, &SplitRules::cmpp()).unwrap().content(0, 0), Bytes::new());
    }

    #[test]
    fn wap_push_has_ports_in_every_part() {
        let content: Vec<u8> = (0..=255).collect();
        let single = split_octets(&content[..133], Some(&PORTS), &SplitRules::smgp()).unwrap();
        assert!(single.has_udh());
        assert_eq!(single.segments(), 1);
        assert_eq!(&single.content(0, 0x21)[..7], PORTS);
        assert_eq!(single.content(0, 0x21).len(), 140);

        let long = split_octets(&content, Some(&PORTS), &SplitRules::smgp()).unwrap();
        assert_eq!(long.segments(), 2);
        let first = long.content(0, 0x21);
        assert_eq!(&first[..12], [0x0B, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 0x21, 2, 1]);
        assert_eq!(first.len(), 140);
        let second = long.content(1, 0x21);
        assert_eq!([&first[12..], &second[12..]].concat(), content);
        let list = UdhList::parse(&second).unwrap();
        assert_eq!(list.ports(), Some(udh::Ports { dest: 2948, source: 9200 }));
        assert_eq!(list.concat().map(|part| (part.index, part.total)), Some((2, 2)));
    }

    #[test]
    fn octets_of_a_text_are_cut_between_characters() {
        let rules = SplitRules { coding: CodingChoice::Fixed(Coding::UCS2), ..SplitRules::cmpp() };
        let mut content = [0x4E, 0x2D].repeat(66);
        content.extend_from_slice(&[0xD8, 0x3D, 0xDE, 0x00]);
        content.extend_from_slice(&[0x65, 0x87].repeat(5));
        let encoded = split_octets(&content, None, &rules).unwrap();
        assert_eq!((encoded.part_units(0), encoded.part_units(1)), (66, 7));
    }

    #[test]
    fn class_and_coding_come_from_the_rules() {
        let rules = SplitRules { class: Some(1), ..SplitRules::cmpp() };
        assert_eq!(split_octets(b"x", None, &rules).unwrap().coding, Coding::ME_BINARY);
        let fixed = SplitRules { coding: CodingChoice::Fixed(Coding::SIM_TOOLKIT), ..SplitRules::smgp() };
        let encoded = split_octets(b"packet", Some(&[2, 0x70, 0]), &fixed).unwrap();
        assert_eq!(encoded.coding, Coding::SIM_TOOLKIT);
        assert_eq!(&encoded.content(0, 0)[..], b"\x02\x70\x00packet");
    }

    #[test]
    fn broken_and_oversized_headers_are_refused() {
        let rules = SplitRules::cmpp();
        let of = |content: &[u8], udh: &[u8]| split_octets(content, Some(udh), &rules).unwrap_err();
        assert_eq!(of(b"x", &[]), TextError::BadUdh(UdhError::Empty));
        assert!(matches!(of(b"x", &[5, 0, 8, 7, 2, 1]), TextError::BadUdh(UdhError::ElementOverrun { .. })));
        let trailing = UdhError::Trailing { octets: 7, given: 8 };
        assert_eq!(of(b"x", &[&PORTS[..], &[0]].concat()), TextError::BadUdh(trailing));
        let long = [&[140, 0x70, 138][..], &[0; 138]].concat();
        assert_eq!(of(b"", &long), TextError::UdhTooLong { octets: 141, max: 140 });
        let full = [&[134, 0x70, 132][..], &[0; 132]].concat();
        assert_eq!(of(&[0; 6], &full), TextError::UdhTooLong { octets: 140, max: 140 });
        assert_eq!(split_octets(&[0; 5], Some(&full), &rules).unwrap().content(0, 0).len(), 140);
    }

    #[test]
    fn own_concatenation_passes_in_one_message_only() {
        let own = udh::concat8(9, 2, 1);
        let rules = SplitRules::cmpp();
        let encoded = split_octets(&[1; 134], Some(&own), &rules).unwrap();
        assert_eq!(&encoded.content(0, 77)[..6], own);
        let error = split_octets(&[1; 135], Some(&own), &rules).unwrap_err();
        assert_eq!(error, TextError::AlreadyConcatenated { needed: 2 });
    }
}
