//! The GSM 7-bit default alphabet: code points, escapes and packing (`sms-content.md` 2.2).

/// The escape code: the next code is one of the extension table.
pub const ESCAPE: u8 = 0x1B;

/// The default table in code order. Place 0x1B is the escape, which shows as a blank.
#[rustfmt::skip]
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// A character that the alphabet does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {position} ({character:?}) is not in the GSM 7-bit alphabet")]
pub struct NotInAlphabet {
    /// The first such character.
    pub character: char,
    /// Its place in the text, in characters from 1.
    pub position: usize,
}

enum Code {
    Plain(u8),
    Escaped(u8),
}

fn code_of(character: char) -> Option<Code> {
    // These have their ASCII codes.
    if character == ' ' || character.is_ascii_alphanumeric() {
        return u8::try_from(character).ok().map(Code::Plain);
    }
    if let Some(code) = DEFAULT.iter().position(|&c| c == character) {
        return u8::try_from(code).ok().map(Code::Plain);
    }
    EXTENSION.iter().find(|&&(_, c)| c == character).map(|&(code, _)| Code::Escaped(code))
}

/// Turns text into code points, one an octet; the ten characters of the extension table take two.
///
/// # Errors
/// The first character that the alphabet does not have.
pub fn encode(text: &str) -> Result<Vec<u8>, NotInAlphabet> {
    let mut septets = Vec::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        match code_of(character) {
            Some(Code::Plain(code)) => septets.push(code),
            Some(Code::Escaped(code)) => septets.extend_from_slice(&[ESCAPE, code]),
            None => return Err(NotInAlphabet { character, position: index.saturating_add(1) }),
        }
    }
    Ok(septets)
}

/// Turns code points, one an octet, into text. The flag says that an octet above 0x7F became U+FFFD.
///
/// An unknown extension code shows its character of the default table; an escape before an escape or at the end
/// shows a blank.
pub fn decode(septets: &[u8]) -> (String, bool) {
    let mut text = String::with_capacity(septets.len());
    let mut replaced = false;
    let mut codes = septets.iter().copied();
    while let Some(mut code) = codes.next() {
        if code == ESCAPE {
            code = codes.next().unwrap_or(ESCAPE);
            if let Some(&(_, character)) = EXTENSION.iter().find(|&&(extension, _)| extension == code) {
                text.push(character);
                continue;
            }
        }
        match DEFAULT.get(usize::from(code)) {
            Some(&character) => text.push(character),
            None => {
                replaced = true;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    (text, replaced)
}

/// Zero bits before the first septet that follows a header of `udh_octets` octets (its length octet included).
pub fn fill_bits(udh_octets: usize) -> u8 {
    // 8U mod 7 is U mod 7.
    match udh_octets % 7 {
        0 => 0,
        rest => 7_u8.saturating_sub(u8::try_from(rest).unwrap_or(0)),
    }
}

/// Packs code points (0x00 to 0x7F, one an octet) into octets after `fill_bits` zero bits (0 to 6).
pub fn pack(septets: &[u8], fill_bits: u8) -> Vec<u8> {
    let mut octets = Vec::with_capacity(septets.len());
    let mut pending = 0_u16;
    let mut bits = u32::from(fill_bits.min(6));
    for &septet in septets {
        pending |= u16::from(septet & 0x7F).wrapping_shl(bits);
        bits = bits.saturating_add(7);
        if bits >= 8 {
            octets.push(pending.to_le_bytes()[0]);
            pending >>= 8;
            bits = bits.saturating_sub(8);
        }
    }
    if bits > 0 && !septets.is_empty() {
        octets.push(pending.to_le_bytes()[0]);
    }
    octets
}

/// Unpacks code points, one an octet, that follow `fill_bits` bits (0 to 6).
///
/// `count` is the number of septets where it is known (TP-UDL); fewer come back if the octets hold fewer. Without it,
/// all that fit are read; where the last one is 0x00 or CR and could be nothing but padding (exactly 7 spare bits),
/// it is left out.
pub fn unpack(octets: &[u8], fill_bits: u8, count: Option<usize>) -> Vec<u8> {
    let mut septets = Vec::with_capacity(octets.len().saturating_mul(8) / 7);
    let mut pending = 0_u16;
    let mut bits = 0_u32;
    let mut skip = u32::from(fill_bits.min(6));
    for &octet in octets {
        pending |= u16::from(octet).wrapping_shl(bits);
        bits = bits.saturating_add(8);
        pending = pending.wrapping_shr(skip);
        bits = bits.saturating_sub(skip);
        skip = 0;
        while bits >= 7 {
            septets.push(pending.to_le_bytes()[0] & 0x7F);
            pending >>= 7;
            bits = bits.saturating_sub(7);
        }
    }
    match count {
        Some(count) => septets.truncate(count),
        None if bits == 0 && matches!(septets.last(), Some(0x00 | 0x0D)) => {
            septets.pop();
        }
        None => {}
    }
    septets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for code in (0..128_u8).filter(|&code| code != ESCAPE) {
            let (text, replaced) = decode(&[code]);
            assert!(!replaced);
            assert_eq!(encode(&text).unwrap(), [code], "{text:?}");
        }
        for (code, character) in EXTENSION {
            assert_eq!(encode(&character.to_string()).unwrap(), [ESCAPE, code]);
            assert_eq!(decode(&[ESCAPE, code]).0, character.to_string());
        }
    }

    #[test]
    fn escapes_that_mean_nothing() {
        assert_eq!(decode(&[ESCAPE, 0x41]).0, "A");
        assert_eq!(decode(&[ESCAPE, ESCAPE, 0x41]).0, " A");
        assert_eq!(decode(&[0x41, ESCAPE]).0, "A ");
        assert_eq!(decode(&[ESCAPE, 0xFF]), ("\u{fffd}".to_owned(), true));
    }

    #[test]
    fn names_the_character_that_is_missing() {
        assert_eq!(encode("ab`"), Err(NotInAlphabet { character: '`', position: 3 }));
        assert_eq!(encode("ç").unwrap_err().character, 'ç');
    }

    #[test]
    fn fill_bits_bring_septets_to_a_septet_boundary() {
        for udh in 0..=140 {
            let fill = usize::from(fill_bits(udh));
            assert!(fill < 7);
            assert_eq!((udh * 8 + fill) % 7, 0, "{udh}");
        }
    }

    #[test]
    fn packed_septets_read_back_at_every_length_and_fill() {
        for fill in 0..7 {
            for length in 0..40_u8 {
                let septets: Vec<u8> =
                    (0..length).map(|i| i.wrapping_mul(37).wrapping_add(1) & 0x7F).collect();
                let octets = pack(&septets, fill);
                let bits = usize::from(fill) + septets.len() * 7;
                assert_eq!(octets.len(), if septets.is_empty() { 0 } else { bits.div_ceil(8) });
                assert_eq!(unpack(&octets, fill, Some(septets.len())), septets, "{fill} {length}");
            }
        }
    }

    #[test]
    fn padding_is_left_out_only_where_it_can_be_padding() {
        let seven = pack(b"aaaaaaa", 0);
        assert_eq!(unpack(&seven, 0, None), b"aaaaaaa");
        assert_eq!(unpack(&seven, 0, Some(8)), b"aaaaaaa\0");
        assert_eq!(unpack(&pack(b"aaaaaaa\r", 0), 0, None), b"aaaaaaa");
        assert_eq!(unpack(&pack(b"aa\0", 0), 0, None), b"aa\0");
        assert_eq!(unpack(&[], 3, None), b"");
        assert_eq!(unpack(&[0xFF], 6, Some(9)), b"");
    }
}
