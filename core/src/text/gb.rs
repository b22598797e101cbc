//! Text to GB18030, and the question whether it is GBK (`sms-content.md` 2.4).

use encoding_rs::{EncoderResult, GB18030};

use super::coding::Coding;
use super::error::TextError;

/// Codes a text as GB18030; names the first character that it does not have.
pub(crate) fn gb18030(text: &str, coding: Coding) -> Result<Vec<u8>, TextError> {
    let mut encoder = GB18030.new_encoder();
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len());
    let mut payload = Vec::with_capacity(room.unwrap_or(0));
    let mut rest = text;
    loop {
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut payload, true);
        match result {
            EncoderResult::InputEmpty => return Ok(payload),
            EncoderResult::Unmappable(character) => {
                let done = text.len().saturating_sub(rest.len()).saturating_add(read);
                let position = text.get(..done).unwrap_or(text).chars().count();
                return Err(TextError::NotEncodable { character, position, coding });
            }
            // The buffer has room for the longest form, so this ends at once.
            EncoderResult::OutputFull => {
                rest = rest.get(read..).unwrap_or_default();
                payload.reserve(rest.len().saturating_mul(2).max(16));
            }
        }
    }
}

/// Refuses four-octet sequences: the characters outside GBK.
pub(crate) fn gbk_only(text: &str, payload: &[u8], coding: Coding) -> Result<(), TextError> {
    let mut rest = payload;
    for (index, character) in text.chars().enumerate() {
        rest = match rest {
            [0x81..=0xFE, 0x30..=0x39, ..] => {
                return Err(TextError::NotEncodable { character, position: index.saturating_add(1), coding });
            }
            [0x81..=0xFE, _, rest @ ..] | [_, rest @ ..] => rest,
            [] => rest,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_four_octets() {
        let octets = gb18030("a字€㐀😀", Coding::GB18030).unwrap();
        assert_eq!(octets, b"a\xD7\xD6\xA2\xE3\x81\x39\xEE\x39\x94\x39\xFC\x36");
    }

    #[test]
    fn long_texts_fit_their_buffer() {
        for piece in ["a", "字", "😀", "㐀é"] {
            let text = piece.repeat(1_000);
            assert_eq!(gb18030(&text, Coding::GB18030).unwrap(), GB18030.encode(&text).0.into_owned());
        }
    }

    #[test]
    fn gbk_has_no_four_octet_sequences() {
        let check = |text: &str| gbk_only(text, &gb18030(text, Coding::GB18030).unwrap(), Coding::GB18030);
        assert_eq!(check("a字€1"), Ok(()));
        // 0x30 to 0x39 after a whole pair is a digit, not a second octet.
        assert_eq!(check("字12字34"), Ok(()));
        let error = TextError::NotEncodable { character: '㐀', position: 3, coding: Coding::GB18030 };
        assert_eq!(check("a字㐀"), Err(error));
    }
}
