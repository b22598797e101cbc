//! Which characters belong together on a screen, so that a cut does not tear them apart (`sms-content.md` 5, rule 4).
//!
//! This is the part of the grapheme rules that short messages meet: emoji sequences and combining marks.

const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Walks through a text and tells for each character whether it continues the cluster before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clusters {
    previous: Option<char>,
    /// The previous character is the first half of a flag.
    half_flag: bool,
}

impl Clusters {
    /// Whether `character` belongs to the same cluster as the character before it.
    pub(crate) fn continues(&mut self, character: char) -> bool {
        let previous = self.previous.replace(character);
        let half_flag = std::mem::take(&mut self.half_flag);
        if is_regional(character) {
            self.half_flag = !half_flag;
            return half_flag;
        }
        match previous {
            None => false,
            Some(ZERO_WIDTH_JOINER) => true,
            Some(_) => extends(character),
        }
    }
}

fn is_regional(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

fn extends(character: char) -> bool {
    // No mark is below U+0300: the common case ends here.
    character >= '\u{300}'
        && matches!(character,
            ZERO_WIDTH_JOINER
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' // variation selectors
            | '\u{1f3fb}'..='\u{1f3ff}' // skin tones
            | '\u{e0020}'..='\u{e007f}' // tags of regional flags
            | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' // includes the keycap
            | '\u{fe20}'..='\u{fe2f}' | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}'
            | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' // Cyrillic, Hebrew
            | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' // Arabic, Uyghur
            | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' // Thai
            | '\u{f71}'..='\u{f84}' | '\u{f90}'..='\u{fbc}' // Tibetan
            | '\u{180b}'..='\u{180d}' // Mongolian
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(text: &str) -> Vec<String> {
        let mut walk = Clusters::default();
        let mut found: Vec<String> = Vec::new();
        for character in text.chars() {
            match found.last_mut() {
                Some(last) if walk.continues(character) => last.push(character),
                _ => {
                    if found.is_empty() {
                        walk.continues(character);
                    }
                    found.push(character.to_string());
                }
            }
        }
        found
    }

    #[test]
    fn keeps_together_what_shows_as_one() {
        assert_eq!(clusters("a👨‍👩‍👧b"), ["a", "👨‍👩‍👧", "b"]);
        assert_eq!(clusters("1️⃣2️⃣"), ["1️⃣", "2️⃣"]);
        assert_eq!(clusters("👍🏽👍"), ["👍🏽", "👍"]);
        assert_eq!(clusters("🇨🇳🇫🇷🇩"), ["🇨🇳", "🇫🇷", "🇩"]);
        assert_eq!(clusters("x🇨a🇳"), ["x", "🇨", "a", "🇳"]);
        assert_eq!(clusters("e\u{301}e"), ["e\u{301}", "e"]);
        assert_eq!(clusters("中文"), ["中", "文"]);
        assert_eq!(clusters("\u{301}a"), ["\u{301}", "a"]);
    }
}
