//! JSON text to [`Given`] values. Numbers are whole; a name that appears twice is kept twice, so that whoever looks the
//! fields up can refuse it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::wire::given::{Given, GivenError, GivenErrorKind, GivenFields};

/// Reads one JSON value.
///
/// # Errors
/// [`GivenErrorKind::Malformed`], with the line and column where it goes wrong.
pub fn read(text: &str) -> Result<Given, GivenError> {
    serde_json::from_str(text)
        .map_err(|error| GivenError::new(GivenErrorKind::Malformed, format!("not JSON: {error}")))
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, text, true, false, null, [ or {")
    }

    fn visit_unit<E: Error>(self) -> Result<Given, E> {
        Ok(Given::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Given, E> {
        Ok(Given::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Given, E> {
        Ok(Given::Int(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Given, E> {
        Ok(Given::Int(number.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Given, E> {
        Ok(Given::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Given, E> {
        Ok(Given::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Given, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = from.next_element()? {
            list.push(value);
        }
        Ok(Given::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Given, A::Error> {
        let mut fields = GivenFields::new();
        while let Some(field) = from.next_entry()? {
            fields.push(field);
        }
        Ok(Given::Fields(fields))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#" {"a":[null,true,-1,18446744073709551615],"b":{},"a":"\ud83d\ude00验证码"} "#;
        let list =
            Given::List(vec![Given::Null, Given::Flag(true), Given::Int(-1), Given::Int(u64::MAX.into())]);
        let want = [("a", list), ("b", Given::Fields(Vec::new())), ("a", Given::Text("😀验证码".to_owned()))];
        let want = want.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert_eq!(read(text).unwrap(), Given::Fields(want));
    }

    #[test]
    fn what_is_wrong_is_placed() {
        let deep = "[".repeat(100_000);
        for (text, said) in [
            ("", "line 1 column 0"),
            ("[1 2]", "line 1 column 4"),
            ("{\n\"a\" 1}", "line 2 column 5"),
            ("1.5", "expected a whole number"),
            ("1e3", "expected a whole number"),
            ("\"a\nb\"", "control character"),
            ("\"\\ude00\"", "line 1 column 7"),
            ("1 1", "trailing characters"),
            (&deep, "recursion limit"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind, GivenErrorKind::Malformed);
            let error = error.to_string();
            assert!(error.starts_with("not JSON: ") && error.contains(said), "{error}");
        }
    }
}
