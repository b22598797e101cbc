//! The forms of values: numbers with a unit, times, the distance to UTC.

/// Milliseconds in a second, a minute, an hour: the unit of every range of a duration.
pub(super) const S: u64 = 1000;
pub(super) const M: u64 = 60 * S;
pub(super) const H: u64 = 60 * M;
/// Octets in `1k`, `1m`, `1g`.
pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;
pub(super) const GIB: u64 = 1024 * MIB;

/// A number without a unit.
pub(super) fn read_number(text: &str) -> Option<u64> {
    read_scaled(text, 1, &[])
}

/// A duration in milliseconds; a number without a unit is seconds.
pub(super) fn read_duration(text: &str) -> Option<u64> {
    read_scaled(text, S, &[("ms", 1), ("s", S), ("m", M), ("h", H)])
}

/// A size in octets.
pub(super) fn read_size(text: &str) -> Option<u64> {
    read_scaled(text, 1, &[("k", KIB), ("m", MIB), ("g", GIB)])
}

/// Whether the text is empty or a time of 16 characters: 15 digits, then `+`, `-` or `R` (`cmpp.md` 2.4).
pub(super) fn is_wire_time(text: &str) -> bool {
    let form = |(i, b): (usize, u8)| if i < 15 { b.is_ascii_digit() } else { b"+-R".contains(&b) };
    text.is_empty() || (text.len() == 16 && text.bytes().enumerate().all(form))
}

/// `16` in the unit `plain`, or with one of the suffixes. `None` for another form; a number too large to hold is
/// `u64::MAX`, so that it is out of every range.
fn read_scaled(text: &str, plain: u64, suffixes: &[(&str, u64)]) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    if digits.is_empty() {
        return None;
    }
    let scale = match suffix {
        "" => plain,
        _ => suffixes.iter().find(|(s, _)| s.eq_ignore_ascii_case(suffix))?.1,
    };
    Some(digits.parse().unwrap_or(u64::MAX).saturating_mul(scale))
}

fn scaled_text(value: u64, suffixes: &[(&str, u64)], plain: &str) -> String {
    let whole = suffixes.iter().find(|(_, scale)| value != 0 && value.is_multiple_of(*scale));
    whole.map_or_else(|| format!("{value}{plain}"), |(suffix, scale)| format!("{}{suffix}", value / scale))
}

/// A duration in milliseconds, in its largest whole unit: `48h`, `500ms`, `0s`.
pub(super) fn duration_text(ms: u64) -> String {
    if ms == 0 { "0s".into() } else { scaled_text(ms, &[("h", H), ("m", M), ("s", S)], "ms") }
}

/// A size in octets, in its largest whole unit.
pub(super) fn size_text(octets: u64) -> String {
    scaled_text(octets, &[("g", GIB), ("m", MIB), ("k", KIB)], "")
}

/// `+08:00` or minutes, a multiple of 15 between -12 and +14 hours.
pub(super) fn read_offset(text: &str) -> Option<i16> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = |t: &str| if t.bytes().all(|b| b.is_ascii_digit()) { t.parse::<i16>().ok() } else { None };
    let minutes = match rest.split_once(':') {
        Some((h, m)) if h.len() <= 2 && m.len() == 2 => number(h)? * 60 + number(m).filter(|m| *m < 60)?,
        Some(_) => return None,
        None => number(rest)?,
    };
    // Bounded before the sign is applied; a lone 8 is not a multiple of 15, so hours are never taken for minutes.
    let minutes = sign * minutes.min(24 * 60);
    ((-720..=840).contains(&minutes) && minutes % 15 == 0).then_some(minutes)
}

/// The form of [`read_offset`].
pub(super) fn offset_text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn alternatives(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_and_sizes_have_units() {
        let good = [
            ("30", 30_000),
            ("30s", 30_000),
            ("500ms", 500),
            ("10m", 600_000),
            ("48H", 172_800_000),
            ("0", 0),
        ];
        for (text, ms) in good {
            assert_eq!(read_duration(text), Some(ms), "{text}");
        }
        let sizes = [("4096", 4096), ("64k", 65_536), ("1m", 1 << 20), ("2G", 2 << 30)];
        for (text, octets) in sizes {
            assert_eq!(read_size(text), Some(octets), "{text}");
        }
        for bad in ["", "s", "1x", "-1", "+1", "1.5s", "1 s", " 1", "1d", "٣"] {
            assert_eq!((read_duration(bad), read_number(bad)), (None, None), "{bad}");
        }
        assert_eq!(read_duration("99999999999999999999h"), Some(u64::MAX));
        assert_eq!(
            (duration_text(0), duration_text(90_000), duration_text(1_500)),
            ("0s".into(), "90s".into(), "1500ms".into())
        );
        assert_eq!(
            (size_text(0), size_text(1536), size_text(1 << 20)),
            ("0".into(), "1536".into(), "1m".into())
        );
    }

    #[test]
    fn offsets_are_not_mistaken_for_hours() {
        for (text, minutes) in
            [("+08:00", 480), ("480", 480), ("-03:30", -210), ("+8:00", 480), ("0", 0), ("-720", -720)]
        {
            assert_eq!(read_offset(text), Some(minutes), "{text}");
        }
        for bad in [
            "8",
            "+8",
            "",
            "+",
            "+14:15",
            "-12:15",
            "08:60",
            "+08:0",
            "008:00",
            "99999999999",
            "--8:00",
            "+-8:00",
        ] {
            assert_eq!(read_offset(bad), None, "{bad}");
        }
        assert_eq!((offset_text(480), offset_text(-210)), ("+08:00".into(), "-03:30".into()));
    }

    #[test]
    fn wire_times_are_16_characters() {
        for good in ["", "030709101023032+", "000001000000000R", "030709101023032-"] {
            assert!(is_wire_time(good), "{good}");
        }
        for bad in [
            "030709101023032",
            "030709101023032x",
            "0307091010230320",
            "03070910102303+2",
            "2003-07-09 10:10",
        ] {
            assert!(!is_wire_time(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value: u64, minutes in -48i16..=56) {
            let value = value >> 8;
            prop_assert_eq!(read_duration(&duration_text(value)), Some(value));
            prop_assert_eq!(read_size(&size_text(value)), Some(value));
            prop_assert_eq!(read_offset(&offset_text(minutes * 15)), Some(minutes * 15));
        }

        #[test]
        fn any_text_is_safe(text in "\\PC*") {
            let _ = (read_duration(&text), read_size(&text), read_offset(&text), is_wire_time(&text));
        }
    }
}
