//! The choice of a coding for a text, and the coded payload with its cuts.

use bytes::Bytes;

use super::coding::{Charset, Coding, CodingChoice};
use super::cut::Cutter;
use super::encode::{Encoded, Unit};
use super::error::TextError;
use super::gb::{gb18030, gbk_only};
use super::gsm7;
use super::rules::{Form, Limits, Size, SplitRules, TextProtocol};

/// A coded payload and where it is cut.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) coding: Coding,
    pub(crate) charset: Charset,
    pub(crate) form: Form,
    pub(crate) payload: Vec<u8>,
    pub(crate) limits: Limits,
    /// The fewest segments the payload needs.
    pub(crate) needed: usize,
    /// Ends of the segments; empty for a single message.
    pub(crate) ends: Vec<usize>,
}

impl Plan {
    /// Chooses the coding of a text and cuts it.
    pub(crate) fn of(text: &str, rules: &SplitRules) -> Result<Self, TextError> {
        let mut plan = match rules.coding {
            CodingChoice::Auto => Self::auto(text, rules)?,
            CodingChoice::Cheapest => Self::cheapest(text, rules)?,
            CodingChoice::Fixed(coding) => Self::fixed(text, coding, rules)?,
            CodingChoice::Gsm7Packed => Self::gsm7(text, Coding::ASCII, Form::Packed, rules)?,
            CodingChoice::Gsm7Unpacked => Self::gsm7(text, Coding::ASCII, Form::Plain, rules)?,
        };
        plan.cut(Some(text), rules)?;
        Ok(plan)
    }

    /// Table 2.5 of `sms-content.md`.
    fn auto(text: &str, rules: &SplitRules) -> Result<Self, TextError> {
        let ascii_room = usize::from(rules.single_limit_ascii);
        if text.len() <= ascii_room && !rules.reserves() && is_printable_ascii(text) {
            return Self::ascii(text, Coding::ASCII, rules);
        }
        // Three octets of UTF-8 are at least two of GBK, so a longer text is never a single message.
        let worth_trying = text.len() <= usize::from(rules.single_limit).saturating_mul(3) / 2;
        if rules.protocol == TextProtocol::Smgp
            && rules.class.is_none()
            && worth_trying
            && let Ok(plan) = Self::gbk(text, rules)
            && plan.needed == 1
        {
            return Ok(plan);
        }
        Self::ucs2(text, Coding::UCS2, rules)
    }

    fn cheapest(text: &str, rules: &SplitRules) -> Result<Self, TextError> {
        let mut best = Self::ucs2(text, Coding::UCS2, rules)?;
        if rules.class.is_none()
            && let Ok(plan) = Self::gbk(text, rules)
        {
            // As long in both: 15 where the protocol asks for it, and 8 for anything long.
            let preferred = rules.protocol == TextProtocol::Smgp && plan.needed == 1;
            if plan.cost() < best.cost() || (plan.cost() == best.cost() && preferred) {
                best = plan;
            }
        }
        if !rules.reserves() && is_printable_ascii(text) {
            let plan = Self::ascii(text, Coding::ASCII, rules)?;
            if plan.cost() <= best.cost() {
                best = plan;
            }
        }
        Ok(best)
    }

    /// Every segment of a message has the same header, so it can be left out.
    fn cost(&self) -> (usize, usize) {
        (self.needed, self.payload.len())
    }

    fn fixed(text: &str, coding: Coding, rules: &SplitRules) -> Result<Self, TextError> {
        match coding.charset() {
            Charset::Ascii => Self::ascii(text, coding, rules),
            Charset::Gsm7 => Self::gsm7(text, coding, Form::Plain, rules),
            Charset::Binary => Err(TextError::NotText { coding }),
            Charset::Ucs2 => Self::ucs2(text, coding, rules),
            Charset::Gb18030 => {
                let payload = gb18030(text, coding)?;
                if rules.gb_only {
                    gbk_only(text, &payload, coding)?;
                }
                Self::new(
                    Some(text),
                    coding,
                    (Charset::Gb18030, Form::Plain),
                    payload,
                    rules,
                    rules.gb_unit_limit,
                )
            }
        }
    }

    fn ascii(text: &str, coding: Coding, rules: &SplitRules) -> Result<Self, TextError> {
        if let Some((index, character)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii()) {
            return Err(TextError::NotEncodable { character, position: index.saturating_add(1), coding });
        }
        let payload = text.as_bytes().to_vec();
        Self::new(Some(text), coding, (Charset::Ascii, Form::Plain), payload, rules, false)
    }

    fn gsm7(text: &str, coding: Coding, form: Form, rules: &SplitRules) -> Result<Self, TextError> {
        let payload = gsm7::encode(text).map_err(|gsm7::NotInAlphabet { character, position }| {
            TextError::NotEncodable { character, position, coding }
        })?;
        Self::new(Some(text), coding, (Charset::Gsm7, form), payload, rules, false)
    }

    fn ucs2(text: &str, coding: Coding, rules: &SplitRules) -> Result<Self, TextError> {
        let units = text.chars().map(char::len_utf16).fold(0, usize::saturating_add);
        let mut payload = Vec::with_capacity(units.saturating_mul(2));
        for unit in text.encode_utf16() {
            payload.extend_from_slice(&unit.to_be_bytes());
        }
        Self::new(Some(text), coding, (Charset::Ucs2, Form::Plain), payload, rules, false)
    }

    /// Format 15 as `Auto` and `Cheapest` use it: GBK characters only, and both limits of `sms-content.md` 2.4.
    fn gbk(text: &str, rules: &SplitRules) -> Result<Self, TextError> {
        let payload = gb18030(text, Coding::GB18030)?;
        gbk_only(text, &payload, Coding::GB18030)?;
        Self::new(Some(text), Coding::GB18030, (Charset::Gb18030, Form::Plain), payload, rules, true)
    }

    fn new(
        text: Option<&str>,
        coding: Coding,
        (charset, form): (Charset, Form),
        payload: Vec<u8>,
        rules: &SplitRules,
        unit_limit: bool,
    ) -> Result<Self, TextError> {
        let limits = Limits::new(rules, charset, form, 0, unit_limit);
        Self::with_limits(text, with_class(coding, rules)?, (charset, form), payload, limits, rules)
    }

    pub(crate) fn with_limits(
        text: Option<&str>,
        coding: Coding,
        (charset, form): (Charset, Form),
        payload: Vec<u8>,
        limits: Limits,
        rules: &SplitRules,
    ) -> Result<Self, TextError> {
        let mut plan = Self { coding, charset, form, payload, limits, needed: 1, ends: Vec::new() };
        plan.needed = plan.cutter(text).segments().map_err(|_| plan.no_room(rules))?;
        Ok(plan)
    }

    /// Finds where the payload is cut.
    pub(crate) fn cut(&mut self, text: Option<&str>, rules: &SplitRules) -> Result<(), TextError> {
        let max = rules.max_segments.max(1);
        if self.needed > usize::from(max) {
            return Err(TextError::TooManySegments {
                needed: u32::try_from(self.needed).unwrap_or(u32::MAX),
                max,
            });
        }
        if self.needed > 1 {
            self.ends = self.cutter(text).ends(self.needed).map_err(|_| self.no_room(rules))?;
        }
        Ok(())
    }

    fn cutter<'a>(&'a self, text: Option<&'a str>) -> Cutter<'a> {
        Cutter::new(self.charset, &self.payload, text, self.limits)
    }

    /// Units that can be added without one more segment.
    pub(crate) fn room_left(&self) -> u32 {
        let left = self.cutter(None).room_left().unwrap_or(Size::ZERO);
        self.units(left.codes.min(left.utf16.saturating_mul(2)))
    }

    /// Units of a single message while it is one, else of a segment.
    pub(crate) fn room_per_segment(&self) -> u32 {
        let room = if self.ends.is_empty() { self.limits.single } else { self.limits.segment };
        self.units(room.codes)
    }

    fn no_room(&self, rules: &SplitRules) -> TextError {
        TextError::ReserveTooLarge {
            reserve: u32::from(rules.reserve_head).saturating_add(u32::from(rules.reserve_tail)),
            room: match self.charset {
                Charset::Gb18030 => u32::try_from(self.limits.segment.codes / 2).unwrap_or(u32::MAX),
                _ => self.units(self.limits.segment.codes),
            },
        }
    }

    pub(crate) fn unit(&self) -> Unit {
        match self.charset {
            Charset::Ucs2 => Unit::Utf16,
            Charset::Gsm7 => Unit::Septet,
            Charset::Ascii | Charset::Gb18030 | Charset::Binary => Unit::Octet,
        }
    }

    pub(crate) fn units(&self, codes: usize) -> u32 {
        let codes = if self.charset == Charset::Ucs2 { codes / 2 } else { codes };
        u32::try_from(codes).unwrap_or(u32::MAX)
    }

    /// Makes the parts.
    pub(crate) fn encoded(self, rules: &SplitRules) -> Encoded {
        let (coding, unit, units) = (self.coding, self.unit(), self.units(self.payload.len()));
        let mut septets = Vec::new();
        let parts = if self.form == Form::Packed {
            let udh_octets = if self.ends.is_empty() { 0 } else { rules.udh_octets() };
            let fill_bits = gsm7::fill_bits(udh_octets);
            septets = pieces(&self.payload, &self.ends)
                .map(|piece| u32::try_from(piece.len()).unwrap_or(u32::MAX))
                .collect();
            pieces(&self.payload, &self.ends).map(|piece| Bytes::from(gsm7::pack(piece, fill_bits))).collect()
        } else {
            let payload = Bytes::from(self.payload);
            match self.ends.as_slice() {
                [] => vec![payload],
                ends => pieces(&payload, ends).map(|piece| payload.slice_ref(piece)).collect(),
            }
        };
        Encoded { coding, parts, unit, units, width: rules.reference_width, user_ies: Bytes::new(), septets }
    }
}

/// The segments of `payload`; all of it if there is no end.
fn pieces<'a>(payload: &'a [u8], ends: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut from = 0;
    ends.iter().copied().chain(ends.is_empty().then_some(payload.len())).map(move |end| {
        let piece = payload.get(from..end).unwrap_or_default();
        from = end;
        piece
    })
}

/// `coding` with the class that the rules ask for.
pub(crate) fn with_class(coding: Coding, rules: &SplitRules) -> Result<Coding, TextError> {
    match rules.class {
        None => Ok(coding),
        Some(class) => coding.with_class(class).ok_or(TextError::NoSuchClass { coding, class }),
    }
}

/// Whether [`split_octets`](super::split_octets()) makes one segment of so many octets in this coding, without a
/// header and untouched. Where a character takes several octets the answer is no, and the plan says more.
#[must_use]
pub fn is_whole(octets: usize, coding: Coding, rules: &SplitRules) -> bool {
    let room = match coding.charset() {
        Charset::Ascii | Charset::Gsm7 => rules.single_limit_ascii,
        Charset::Binary => rules.single_limit,
        Charset::Ucs2 | Charset::Gb18030 => return false,
    };
    octets <= usize::from(room) && !rules.reserves()
}

fn is_printable_ascii(text: &str) -> bool {
    // Without stopping early, so that the compiler looks at many octets at once.
    text.bytes().fold(true, |all, octet| all & matches!(octet, b' '..=b'~' | b'\r' | b'\n'))
}

/// Whether [`encode`](super::encode()) makes one segment of the text's own octets, in ASCII: most one-time codes
/// and all texts of that kind need no plan.
#[must_use]
pub fn is_plain(text: &str, rules: &SplitRules) -> bool {
    rules.coding == CodingChoice::Auto
        && rules.class.is_none()
        && text.len() <= usize::from(rules.single_limit_ascii)
        && !rules.reserves()
        && is_printable_ascii(text)
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;

    fn coding(text: &str, rules: &SplitRules) -> u8 {
        encode(text, rules).unwrap().coding.0
    }

    fn segments(text: &str, rules: &SplitRules) -> u8 {
        encode(text, rules).unwrap().segments()
    }

    fn fixed(coding: Coding) -> SplitRules {
        SplitRules { coding: CodingChoice::Fixed(coding), ..SplitRules::cmpp() }
    }

    #[test]
    fn auto_follows_the_table() {
        let (cmpp, sgip, smgp) = (SplitRules::cmpp(), SplitRules::sgip(), SplitRules::smgp());
        for rules in [cmpp, sgip, smgp] {
            assert_eq!(coding("Hello\r\n~", &rules), 0);
            assert_eq!(coding("", &rules), 0);
            assert_eq!(coding("😀", &rules), 8);
            assert_eq!(coding("㐀", &rules), 8, "four octets of GB18030");
            assert_eq!(coding(&"字".repeat(71), &rules), 8);
            assert_eq!(coding(&"a".repeat(161), &rules), 8);
        }
        for (rules, han) in [(cmpp, 8), (sgip, 8), (smgp, 15)] {
            assert_eq!(coding("你好", &rules), han);
            assert_eq!(coding("tab\t", &rules), han, "no printable ASCII");
            assert_eq!(coding(&"字".repeat(70), &rules), han);
        }
        for (rules, limit) in [(cmpp, 159), (sgip, 160), (smgp, 140)] {
            assert_eq!((coding(&"a".repeat(limit), &rules), segments(&"a".repeat(limit), &rules)), (0, 1));
            assert_eq!(coding(&"a".repeat(limit + 1), &rules), 8);
        }
    }

    #[test]
    fn auto_keeps_both_limits_of_format_15() {
        // 70 characters in 71 octets, then 71 characters in 72 octets.
        let smgp = SplitRules::smgp();
        let seventy = ["字", &"a".repeat(69)].concat();
        assert_eq!((coding(&seventy, &smgp), segments(&seventy, &smgp)), (15, 1));
        let more = [&seventy, "a"].concat();
        assert_eq!((coding(&more, &smgp), segments(&more, &smgp)), (8, 2));
    }

    #[test]
    fn fixed_format_15_keeps_the_unit_limit_where_asked() {
        let text = ["字", &"a".repeat(70)].concat();
        let rules = fixed(Coding::GB18030);
        assert_eq!(segments(&text, &rules), 1);
        let both = SplitRules { gb_unit_limit: true, ..rules };
        let encoded = encode(&text, &both).unwrap();
        assert_eq!((encoded.part_units(0), encoded.part_units(1)), (68, 4), "67 units, then 4");
    }

    #[test]
    fn cheapest_has_the_fewest_segments_then_octets() {
        let cheapest = SplitRules { coding: CodingChoice::Cheapest, ..SplitRules::cmpp() };
        let smgp = SplitRules { coding: CodingChoice::Cheapest, ..SplitRules::smgp() };
        assert_eq!(coding("Hello", &cheapest), 0);
        let long_ascii = "a".repeat(268);
        assert_eq!((coding(&long_ascii, &cheapest), segments(&long_ascii, &cheapest)), (0, 2));
        assert_eq!(coding("字", &cheapest), 8, "as long in both");
        assert_eq!(coding("字", &smgp), 15, "as long in both");
        assert_eq!(coding("字a", &cheapest), 15, "three octets, not four");
        assert_eq!(coding(&"字".repeat(100), &smgp), 8, "as long in both, and safer");
        assert_eq!(coding("😀", &cheapest), 8);
        assert_eq!(coding("", &cheapest), 0);
    }

    #[test]
    fn class_makes_flash_and_rules_out_15() {
        let flash = SplitRules { class: Some(0), ..SplitRules::smgp() };
        assert_eq!(coding("Code", &flash), 16);
        assert_eq!(coding("你好", &flash), 24);
        assert_eq!(coding("你好a", &SplitRules { coding: CodingChoice::Cheapest, ..flash }), 24);
        let error = encode("你好", &SplitRules { class: Some(0), ..fixed(Coding::GB18030) }).unwrap_err();
        assert_eq!(error, TextError::NoSuchClass { coding: Coding::GB18030, class: 0 });
        let error = encode("Hi", &SplitRules { class: Some(4), ..SplitRules::cmpp() }).unwrap_err();
        assert_eq!(error, TextError::NoSuchClass { coding: Coding::ASCII, class: 4 });
    }

    #[test]
    fn errors_name_the_character() {
        let error = encode("ab字", &fixed(Coding::ASCII)).unwrap_err();
        assert_eq!(error, TextError::NotEncodable { character: '字', position: 3, coding: Coding::ASCII });
        let strict = SplitRules { gb_only: true, ..fixed(Coding::GB18030) };
        let error = encode("字a😀", &strict).unwrap_err();
        assert_eq!(error, TextError::NotEncodable { character: '😀', position: 3, coding: Coding::GB18030 });
        assert!(error.to_string().contains("15 (GB18030)"), "{error}");
        let gsm7 = SplitRules { coding: CodingChoice::Gsm7Unpacked, ..SplitRules::cmpp() };
        assert!(matches!(encode("字", &gsm7), Err(TextError::NotEncodable { position: 1, .. })));
        assert_eq!(encode("x", &fixed(Coding::BINARY)), Err(TextError::NotText { coding: Coding::BINARY }));
    }

    #[test]
    fn reserve_counts_at_head_and_tail() {
        let rules = SplitRules { reserve_head: 6, reserve_tail: 4, ..fixed(Coding::UCS2) };
        let units = |count: usize| {
            let encoded = encode(&"字".repeat(count), &rules).unwrap();
            (0..encoded.parts.len()).map(|index| encoded.part_units(index)).collect::<Vec<_>>()
        };
        assert_eq!(units(60), [60], "6 + 60 + 4");
        assert_eq!(units(61), [60, 1], "not 61 + 0, and no 65 with the tail");
        assert_eq!(units(61 + 63), [61, 63]);
        assert_eq!(units(61 + 64), [61, 63, 1]);
        assert_eq!(units(61 + 67 + 63), [61, 67, 63]);
    }

    #[test]
    fn reserve_is_taken_for_chinese() {
        let rules = SplitRules { reserve_head: 6, ..SplitRules::cmpp() };
        assert_eq!(coding("Hello", &rules), 8);
        assert_eq!(coding("Hello", &SplitRules { coding: CodingChoice::Cheapest, ..rules }), 15);
        assert_eq!(coding("Hello", &SplitRules { reserve_tail: 3, ..SplitRules::smgp() }), 15);
        let octets = SplitRules { reserve_head: 6, ..fixed(Coding::GB18030) };
        assert_eq!((segments(&"字".repeat(64), &octets), segments(&"字".repeat(65), &octets)), (1, 2));
        let ascii = SplitRules { reserve_head: 6, ..fixed(Coding::ASCII) };
        assert_eq!((segments(&"a".repeat(153), &ascii), segments(&"a".repeat(154), &ascii)), (1, 2));
    }

    #[test]
    fn a_reserve_without_room_is_an_error() {
        for rules in [
            SplitRules { reserve_head: 70, ..fixed(Coding::UCS2) },
            SplitRules { reserve_tail: u16::MAX, ..fixed(Coding::UCS2) },
        ] {
            let error = encode("字字", &rules).unwrap_err();
            assert!(matches!(error, TextError::ReserveTooLarge { room: 67, .. }), "{error}");
        }
        let full = SplitRules { reserve_head: 66, reserve_tail: 66, ..fixed(Coding::UCS2) };
        assert_eq!(segments("字字", &full), 2);
        assert!(matches!(encode("😀", &full), Err(TextError::ReserveTooLarge { reserve: 132, .. })));
    }

    #[test]
    fn max_segments_names_what_is_needed() {
        let rules = SplitRules { max_segments: 3, ..SplitRules::cmpp() };
        assert_eq!(segments(&"字".repeat(201), &rules), 3);
        let error = encode(&"字".repeat(202), &rules).unwrap_err();
        assert_eq!(error, TextError::TooManySegments { needed: 4, max: 3 });
        let none = SplitRules { max_segments: 0, ..rules };
        assert_eq!(segments("字", &none), 1);
    }

    #[test]
    fn a_small_single_limit_is_kept_by_segments_too() {
        let rules = SplitRules { single_limit_ascii: 100, ..fixed(Coding::ASCII) };
        let encoded = encode(&"a".repeat(101), &rules).unwrap();
        assert_eq!((encoded.part_units(0), encoded.part_units(1)), (100, 1));
        // SMGP below 3.0: 252 octets and no long messages.
        let old = SplitRules { single_limit: 252, max_segments: 1, ..fixed(Coding::UCS2) };
        assert_eq!(segments(&"字".repeat(126), &old), 1);
        assert!(encode(&"字".repeat(127), &old).is_err());
    }
}
