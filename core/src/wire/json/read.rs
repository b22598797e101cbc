//! JSON text to [`Given`] values. Numbers are whole, names are unique, and nothing is nested deeper than PDUs are.

use crate::wire::given::{Given, GivenError, GivenErrorKind, GivenFields};

/// A PDU has five levels: document, fields, groups, a group, a text that is not UTF-8.
const DEEPEST: usize = 8;

/// Reads one JSON value.
///
/// # Errors
/// [`GivenErrorKind::Malformed`], with the octet where it goes wrong.
pub fn read(text: &str) -> Result<Given, GivenError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.skip_blanks();
    if reader.at < text.len() { Err(reader.fail("something follows the value")) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    #[cold]
    fn fail(&self, what: &str) -> GivenError {
        let what = format!("not JSON at octet {}: {what}", self.at);
        GivenError::new(GivenErrorKind::Malformed, what)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets);
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.step(1);
        }
    }

    /// Takes this octet, blanks before it skipped.
    fn take(&mut self, octet: u8) -> bool {
        self.skip_blanks();
        let is_next = self.peek() == Some(octet);
        self.step(usize::from(is_next));
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Given, GivenError> {
        if depth > DEEPEST {
            return Err(self.fail("it is nested too deeply"));
        }
        let deeper = depth.saturating_add(1);
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.object(deeper),
            Some(b'[') => self.list(deeper),
            Some(b'"') => self.string().map(Given::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Given, GivenError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let words = [("null", Given::Null), ("true", Given::Flag(true)), ("false", Given::Flag(false))];
        match words.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, value)) => {
                self.step(word.len());
                Ok(value)
            }
            None if rest.is_empty() => Err(self.fail("it ends where a value is due")),
            None => Err(self.fail("a value is due: null, true, false, a number, text, [ or {")),
        }
    }

    fn number(&mut self) -> Result<Given, GivenError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |octet: u8| octet.is_ascii_digit() || b"-+.eE".contains(&octet);
        let digits = rest.get(..rest.bytes().take_while(|o| is_part(*o)).count()).unwrap_or_default();
        let plain = digits.strip_prefix('-').unwrap_or(digits);
        if plain.len() > 1 && plain.starts_with('0') {
            return Err(self.fail("a number begins with 0"));
        }
        let Ok(number) = digits.parse() else {
            return Err(self.fail("this is no whole number of usual size"));
        };
        self.step(digits.len());
        Ok(Given::Int(number))
    }

    fn list(&mut self, depth: usize) -> Result<Given, GivenError> {
        self.step(1);
        let mut entries = Vec::new();
        if self.take(b']') {
            return Ok(Given::List(entries));
        }
        loop {
            entries.push(self.value(depth)?);
            if self.take(b']') {
                return Ok(Given::List(entries));
            }
            if !self.take(b',') {
                return Err(self.fail("a comma or ] is due"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Given, GivenError> {
        self.step(1);
        let mut fields = GivenFields::new();
        if self.take(b'}') {
            return Ok(Given::Fields(fields));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.fail("a name in quotes is due"));
            }
            let name = self.string()?;
            if !self.take(b':') {
                return Err(self.fail("a colon is due"));
            }
            let value = self.value(depth)?;
            fields.push((name, value));
            if self.take(b'}') {
                return Ok(Given::Fields(fields));
            }
            if !self.take(b',') {
                return Err(self.fail("a comma or } is due"));
            }
        }
    }

    fn string(&mut self) -> Result<String, GivenError> {
        self.step(1);
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.bytes().position(|octet| matches!(octet, b'"' | b'\\' | 0..0x20));
            let Some(plain) = plain else { return Err(self.fail("a text does not end")) };
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.step(plain);
            match self.peek() {
                Some(b'"') => {
                    self.step(1);
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.fail("a control character is not escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, GivenError> {
        self.step(1);
        let found = match self.peek() {
            Some(b'u') => return self.unicode(),
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            _ => return Err(self.fail("this escape is not known")),
        };
        self.step(1);
        Ok(found)
    }

    /// `uXXXX`; two of them for a character beyond U+FFFF.
    fn unicode(&mut self) -> Result<char, GivenError> {
        let first = self.unit()?;
        let second = if matches!(first, 0xD800..0xDC00) && self.peek() == Some(b'\\') {
            self.step(1);
            Some(self.unit()?)
        } else {
            None
        };
        let mut decoded = char::decode_utf16([first].into_iter().chain(second));
        match (decoded.next(), decoded.next()) {
            (Some(Ok(found)), None) => Ok(found),
            _ => Err(self.fail("half a surrogate pair is no character")),
        }
    }

    fn unit(&mut self) -> Result<u16, GivenError> {
        let digits = self.text.get(self.at.saturating_add(1)..self.at.saturating_add(5));
        let is_hex = |digits: &&str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let unit = digits.filter(is_hex).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match unit {
            Some(unit) if self.peek() == Some(b'u') => {
                self.step(5);
                Ok(unit)
            }
            _ => Err(self.fail("u and four hexadecimal digits are due")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn same(ours: &Given, theirs: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (ours, theirs) {
            (Given::Null, Json::Null) => true,
            (Given::Flag(a), Json::Bool(b)) => a == b,
            (Given::Int(a), Json::Number(b)) => a.to_string() == b.to_string(),
            (Given::Text(a), Json::String(b)) => a == b,
            (Given::List(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Given::Fields(a), Json::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
            }
            _ => false,
        }
    }

    #[test]
    fn it_reads_as_others_do() {
        for text in [
            "null",
            " true ",
            "[false,0,-1,18446744073709551615]",
            r#"{"a":[],"b":{},"c":{"d":[[1],{"e":null}]}}"#,
            r#""a\"\\\/\b\f\n\r\t\u4f60\ud83d\ude00验证码🎉""#,
            "\n{ \"x\" :\t[ 1 , 2 ]\r\n}\n",
        ] {
            let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
            assert!(same(&read(text).unwrap(), &theirs), "{text}: {:?}", read(text));
            // Cut anywhere it is none, for both.
            for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                let cut = &text[..at];
                let theirs = serde_json::from_str::<serde_json::Value>(cut).is_ok();
                assert_eq!(read(cut).is_ok(), theirs, "{cut}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_placed() {
        for (text, said) in [
            ("", "octet 0: it ends"),
            ("[1 2]", "octet 3: a comma or ]"),
            ("{\"a\" 1}", "octet 5: a colon"),
            ("{a:1}", "octet 1: a name"),
            ("{\"a\":1,}", "octet 7: a name"),
            ("1.5", "octet 0: this is no whole number"),
            ("1e3", "octet 0: this is no whole number"),
            ("-", "octet 0: this is no whole number"),
            ("01", "octet 0: a number begins with 0"),
            ("\"a\nb\"", "octet 2: a control character"),
            ("\"\\x\"", "octet 2: this escape"),
            ("\"\\u12G4\"", "octet 2: u and four"),
            ("\"\\u+123\"", "octet 2: u and four"),
            ("\"\\ud83d\"", "octet 7: half a surrogate"),
            ("\"\\ude00\"", "octet 7: half a surrogate"),
            ("\"\\ud83d\\n\"", "octet 8: u and four"),
            ("nul", "octet 0: a value is due"),
            ("1 1", "octet 2: something follows"),
            ("[[[[[[[[[[1]]]]]]]]]]", "octet 9: it is nested too deeply"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind, GivenErrorKind::Malformed);
            assert!(error.to_string().starts_with(&format!("not JSON at {said}")), "{text}: {error}");
        }
    }
}
