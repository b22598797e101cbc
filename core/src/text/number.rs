//! Phone numbers of receivers: reading them in the forms people write, and hiding them in logs
//! (`sms-content.md` 9.1).

use std::fmt;

/// A mobile or IoT number of China.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    original: Box<str>,
    national: Box<str>,
}

impl Number {
    /// The number as it was given.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// 11 digits (mobile) or 13 (IoT and M2M), without country code.
    pub fn national(&self) -> &str {
        &self.national
    }

    /// The national number behind `86`, as SGIP wants it.
    pub fn with_86(&self) -> String {
        ["86", &self.national].concat()
    }

    /// Whether it is a 13-digit number of a thing, not of a person.
    pub fn is_iot(&self) -> bool {
        self.national.len() == IOT_DIGITS
    }
}

/// Writes the national number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.national)
    }
}

const MOBILE_DIGITS: usize = 11;
const IOT_DIGITS: usize = 13;
/// Longer input is no number; it is not looked at further.
const LONGEST_INPUT: usize = 64;

/// Why a text is not a number that a message can go to. The texts do not repeat the number, so they may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadNumber {
    /// No digit was given.
    #[error("the number is empty: give 11 digits such as 13800138000")]
    Empty,
    /// A character that no number has.
    #[error(
        "character {position} of the number is {character:?}: use digits, which may have +86 before and blanks, \
         hyphens or parentheses between, such as +86 138-0013-8000"
    )]
    BadCharacter {
        /// The first such character.
        character: char,
        /// Its place, in characters from 1.
        position: usize,
    },
    /// Too few or too many digits.
    #[error(
        "the number has {digits} digits without country code: a mobile number has 11 (13800138000), \
         an IoT number 13 (1440123456789)"
    )]
    BadLength {
        /// Digits after the country code was taken away.
        digits: usize,
    },
    /// 11 digits that are no mobile number.
    #[error(
        "a mobile number starts with 13 to 19 (13800138000); fixed lines and short numbers get no messages"
    )]
    NotMobile,
    /// 13 digits that are no IoT number.
    #[error("a number of 13 digits starts with 140, 141, 144, 146, 148 or 1064 (1440123456789)")]
    NotIot,
    /// More than any number has.
    #[error("the number has {length} octets: give one number of 11 or 13 digits for each receiver")]
    TooLong {
        /// Octets that were given.
        length: usize,
    },
}

/// Whether the text is a mobile number already: 11 digits from 13 on and nothing else. Then [`normalise`] would
/// return it as it is.
#[must_use]
pub fn is_plain_mobile(text: &str) -> bool {
    let octets = text.as_bytes();
    octets.len() == MOBILE_DIGITS
        && matches!(octets, [b'1', b'3'..=b'9', ..])
        && octets.iter().all(u8::is_ascii_digit)
}

/// Reads a number as people write it.
///
/// Blanks, hyphens and parentheses are taken away, full-width digits become ASCII, and one of `+86`, `0086` and `86` is
/// taken away if 11 or 13 digits with a leading 1 are left.
///
/// # Errors
/// It is no mobile or IoT number of China; the error says what is wrong.
pub fn normalise(text: &str) -> Result<Number, BadNumber> {
    if text.len() > LONGEST_INPUT {
        return Err(BadNumber::TooLong { length: text.len() });
    }
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for (index, character) in text.chars().enumerate() {
        match character {
            '0'..='9' => digits.push(character),
            '０'..='９' => digits.push(ascii_digit(character)),
            '+' | '＋' if digits.is_empty() && !plus => plus = true,
            '-' | '－' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '(' | ')' | '（' | '）' => {}
            blank if blank.is_whitespace() => {}
            _ => return Err(BadNumber::BadCharacter { character, position: index.saturating_add(1) }),
        }
    }
    if digits.is_empty() {
        return Err(BadNumber::Empty);
    }
    let prefixes: &[&str] = if plus { &["86"] } else { &["0086", "86"] };
    let stripped =
        prefixes.iter().filter_map(|prefix| digits.strip_prefix(prefix)).find(|rest| is_national(rest));
    let national = stripped.unwrap_or(&digits);
    check(national)?;
    Ok(Number { original: text.into(), national: national.into() })
}

fn ascii_digit(full_width: char) -> char {
    let value = u32::from(full_width).saturating_sub(u32::from('０'));
    char::from_digit(value, 10).unwrap_or('0')
}

fn is_national(digits: &str) -> bool {
    digits.starts_with('1') && matches!(digits.len(), MOBILE_DIGITS | IOT_DIGITS)
}

fn check(national: &str) -> Result<(), BadNumber> {
    match (national.len(), national.as_bytes()) {
        (MOBILE_DIGITS, [b'1', b'3'..=b'9', ..]) => Ok(()),
        (MOBILE_DIGITS, _) => Err(BadNumber::NotMobile),
        (IOT_DIGITS, [b'1', b'4', b'0' | b'1' | b'4' | b'6' | b'8', ..] | [b'1', b'0', b'6', b'4', ..]) => {
            Ok(())
        }
        (IOT_DIGITS, _) => Err(BadNumber::NotIot),
        (digits, _) => Err(BadNumber::BadLength { digits }),
    }
}

/// Hides the part of a number that tells whose it is: `138****8000`. For logs.
///
/// Of 8 and more digits and letters the last four stay and the four before them are hidden; of 5 to 7 the last two
/// stay; of fewer none. What stands between them, such as a `+` or blanks, stays.
pub fn mask(number: &str) -> String {
    let length = number.chars().filter(|c| c.is_alphanumeric()).count();
    let (from, to) = match length {
        0..=4 => (0, length),
        5..=7 => (0, length.saturating_sub(2)),
        _ => (length.saturating_sub(8), length.saturating_sub(4)),
    };
    let mut seen = 0_usize;
    let hide = |character: char| {
        if !character.is_alphanumeric() {
            return character;
        }
        let hidden = (from..to).contains(&seen);
        seen = seen.saturating_add(1);
        if hidden { '*' } else { character }
    };
    number.chars().map(hide).collect()
}

/// Stands for the content of a message in logs: its length and nothing of it.
pub fn mask_text(text: &str) -> String {
    match text.chars().count() {
        1 => "(1 character)".to_owned(),
        count => format!("({count} characters)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn national(text: &str) -> String {
        normalise(text).unwrap().national().to_owned()
    }

    #[test]
    fn the_forms_people_write() {
        for text in [
            "13800138000",
            "+8613800138000",
            "008613800138000",
            "8613800138000",
            "+86 138-0013-8000",
            " (86) 138 0013 8000\t",
            "１３８００１３８０００",
            "＋８６（138）0013－8000",
            "138\u{3000}0013\u{a0}8000",
        ] {
            let number = normalise(text).unwrap();
            assert_eq!(number.national(), "13800138000", "{text}");
            assert_eq!(number.with_86(), "8613800138000");
            assert_eq!(number.original(), text);
            assert!(!number.is_iot());
        }
    }

    #[test]
    fn iot_numbers_have_13_digits() {
        for text in ["1440123456789", "1064912345678", "1410123456789", "1481234567890"] {
            assert_eq!(national(text), text);
            assert_eq!(national(&format!("86{text}")), text);
            assert!(normalise(text).unwrap().is_iot());
        }
        // 13 digits that begin with 86 are a mobile number with its country code.
        assert_eq!(national("8618900000001"), "18900000001");
    }

    #[test]
    fn a_country_code_is_taken_once_and_only_from_a_number() {
        assert_eq!(normalise("868613800138000"), Err(BadNumber::BadLength { digits: 15 }));
        assert_eq!(normalise("8602087310323"), Err(BadNumber::NotIot));
        assert_eq!(normalise("+008613800138000"), Err(BadNumber::BadLength { digits: 15 }));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        assert_eq!(normalise(""), Err(BadNumber::Empty));
        assert_eq!(normalise("+ -"), Err(BadNumber::Empty));
        assert_eq!(normalise("138x"), Err(BadNumber::BadCharacter { character: 'x', position: 4 }));
        assert_eq!(normalise("138+00138000"), Err(BadNumber::BadCharacter { character: '+', position: 4 }));
        assert_eq!(
            normalise("13800138000,13800138001"),
            Err(BadNumber::BadCharacter { character: ',', position: 12 })
        );
        assert_eq!(normalise("1380013800"), Err(BadNumber::BadLength { digits: 10 }));
        assert_eq!(normalise("12800138000"), Err(BadNumber::NotMobile));
        assert_eq!(normalise("02087310323"), Err(BadNumber::NotMobile));
        assert_eq!(normalise("1380013800000"), Err(BadNumber::NotIot));
        assert_eq!(normalise(&"1".repeat(65)), Err(BadNumber::TooLong { length: 65 }));
        assert!(normalise("1380013800").unwrap_err().to_string().contains("13800138000"));
    }

    #[test]
    fn masks() {
        for (number, masked) in [
            ("13800138000", "138****8000"),
            ("8613800138000", "86138****8000"),
            ("+86 138-0013-8000", "+86 138-****-8000"),
            ("106590001234", "1065****1234"),
            ("1234567", "*****67"),
            ("10086", "***86"),
            ("110", "***"),
            ("", ""),
        ] {
            assert_eq!(mask(number), masked);
        }
        assert_eq!(mask_text("验证码 246810"), "(10 characters)");
        assert_eq!(mask_text("a"), "(1 character)");
    }
}
