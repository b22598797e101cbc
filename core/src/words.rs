//! A caller's words in errors: quoted so that a log can bear them, with the known word that was probably meant.

/// The longest text of a caller that an error quotes, in characters.
const QUOTED: usize = 48;

/// A caller's text for an error: bounded, control characters escaped.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED).is_some() {
        short.push_str("...");
    }
    short
}

/// The known word with the smallest edit distance, where it is near enough to be meant.
pub(crate) fn nearest_of(key: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let plain = |k: &str| -> Vec<u8> {
        k.bytes().take(QUOTED).filter(|b| !b"_-".contains(b)).map(|b| b.to_ascii_lowercase()).collect()
    };
    let wanted = plain(key);
    let (distance, word) = words.map(|word| (distance(&wanted, &plain(word)), word)).min()?;
    (distance <= wanted.len() / 2).then_some(word)
}

/// How many octets must be put in, taken out or changed to turn `a` into `b`.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        row[0] = left;
        for (y, cell) in b.iter().zip(&mut row[1..]) {
            let change = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = change.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_single_changes() {
        let of = |a: &str, b: &str| distance(a.as_bytes(), b.as_bytes());
        assert_eq!((of("", ""), of("", "abc"), of("abc", ""), of("abc", "abc")), (0, 3, 3, 0));
        assert_eq!((of("windw", "window"), of("kitten", "sitting"), of("ab", "ba")), (1, 3, 2));
    }

    #[test]
    fn quoted_text_is_short_and_printable() {
        assert_eq!(shorten("a\nb"), "a\\nb");
        assert_eq!(shorten(&"好".repeat(60)), format!("{}...", "好".repeat(QUOTED)));
    }
}
