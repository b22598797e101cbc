//! The tolerances a reader used.

macro_rules! notes {
    ($($(#[doc = $text:literal])+ $note:ident = $name:literal,)+) => {
        /// One way in which a peer differed from the documents and was understood nevertheless. What a frame alone shows
        /// is noted when it is read; the rest by the session and at the login.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Note { $($(#[doc = $text])+ $note,)+ }

        impl Note {
            /// All notes.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$note),+];

            /// `all`, and the names: what the setting `strict` takes.
            pub const WORDS: &[&str] = &["all", $($name),+];

            /// The name in snake case, for counters, dumps and the setting `strict`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$note => $name,)+ }
            }

            /// What differed, as a sentence.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$note => concat!($($text),+).trim(),)+ }
            }
        }
    };
}

notes! {
    /// The length of the body chose a layout other than that of the session's version.
    LayoutByLength = "layout_by_length",
    /// The command belongs to another version of the protocol.
    OtherVersion = "other_version",
    /// The response came under the id of its request, as the SGIP tables misprint it.
    MisprintedCommand = "misprinted_command",
    /// A trailing reserved field was left out.
    ReserveMissing = "reserve_missing",
    /// The field after the content is shorter than its size.
    ShortTail = "short_tail",
    /// Octets follow the last field.
    TrailingOctets = "trailing_octets",
    /// The content length of a report contradicted the frame length, which decided.
    ReportLength = "report_length",
    /// The content length counted characters; the frame length decided.
    CharacterCount = "character_count",
    /// Text was padded with blanks.
    BlankPadding = "blank_padding",
    /// Octets other than NUL follow the NUL that ends a text.
    PaddingGarbage = "padding_garbage",
    /// Up to three octets after the optional parameters that make no parameter.
    StrayTlvOctets = "stray_tlv_octets",
    /// Optional parameters in a version that has none.
    TlvInOldVersion = "tlv_in_old_version",
    /// A known optional parameter with an unexpected length.
    TlvLength = "tlv_length",
    /// An optional parameter that no document names.
    UnknownTlv = "unknown_tlv",
    /// A status report with labels, separators or sizes other than the usual ones.
    ReportVariant = "report_variant",
    /// A status report with a state or a type that its table does not have.
    UnknownState = "unknown_state",
    /// A status report with the size of the protocol's other version.
    ReportSize = "report_size",
    /// A status report whose receiver stands where the sender should be.
    SwappedNumbers = "swapped_numbers",
    /// A reserved octet that is not zero.
    ReservedValue = "reserved_value",
    /// A number of nothing but zeros where an empty one is meant.
    ZeroNumber = "zero_number",
    /// A request without a node number.
    ZeroNode = "zero_node",
    /// A message was accepted without an id.
    ZeroId = "zero_id",
    /// An answer without the sequence of its request, or with a part of it only.
    AnswerSequence = "answer_sequence",
    /// Two different requests with one sequence.
    RepeatedSequence = "repeated_sequence",
    /// A delivery or report on a connection that the SP opened.
    OwnConnection = "own_connection",
    /// The bit for a user data header stands where SMPP has it.
    UdhiBit = "udhi_bit",
    /// A part of a long message that does not say it has a user data header.
    UdhiMissing = "udhi_missing",
    /// A reference of 16 bits under the identifier of one with 8.
    WideReference = "wide_reference",
    /// Parts of a long message numbered from 0.
    PartFromZero = "part_from_zero",
    /// A part of a long message without content.
    EmptyPart = "empty_part",
    /// Octets above 127 in a content that says it is ASCII: read as GBK.
    GbkInAscii = "gbk_in_ascii",
    /// A message format that the document does not name.
    MessageFormat = "message_format",
    /// A version in a login, or in its answer, that is unknown, missing or another one.
    VersionOctet = "version_octet",
    /// A login for a purpose that the document does not name.
    LoginMode = "login_mode",
    /// The time in a login is more than ten minutes off.
    LoginTime = "login_time",
    /// The digest of a login was made over the time without its leading zero.
    UnpaddedTime = "unpadded_time",
    /// The digest of a login was made over the padded name.
    PaddedName = "padded_name",
    /// The gateway's own digest is all zero.
    DigestEmpty = "digest_empty",
    /// The gateway's own digest was made over another form of the status.
    DigestDeviation = "digest_deviation",
    /// The gateway's own digest does not prove that it knows the secret.
    DigestWrong = "digest_wrong",
}

impl Note {
    /// The note of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|note| note.name() == name)
    }

    const fn bit(self) -> u64 {
        1u64.wrapping_shl(self as u32)
    }
}

/// The set of tolerances used while one frame was read, and the number of octets that were ignored at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    bits: u64,
    trailing: u32,
}

impl Notes {
    /// No tolerance was used.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether this tolerance was used.
    #[must_use]
    pub const fn contains(self, note: Note) -> bool {
        self.bits & note.bit() != 0
    }

    /// The tolerances that both sets have.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self { bits: self.bits & other.bits, trailing: 0 }
    }

    /// Records further tolerances.
    pub const fn add(&mut self, more: Self) {
        self.bits |= more.bits;
        self.trailing = self.trailing.saturating_add(more.trailing);
    }

    /// Octets after the last field that were ignored.
    #[must_use]
    pub const fn trailing(self) -> usize {
        self.trailing as usize
    }

    /// Records a tolerance.
    pub const fn insert(&mut self, note: Note) {
        self.bits |= note.bit();
    }

    /// Records octets that were ignored at the end.
    pub fn add_trailing(&mut self, octets: usize) {
        if octets > 0 {
            self.insert(Note::TrailingOctets);
            self.trailing = self.trailing.saturating_add(u32::try_from(octets).unwrap_or(u32::MAX));
        }
    }

    /// The tolerances used.
    pub fn iter(self) -> impl Iterator<Item = Note> {
        Note::ALL.into_iter().filter(move |note| self.contains(*note))
    }

    /// The names of the tolerances used.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(Note::name)
    }
}

impl FromIterator<Note> for Notes {
    fn from_iter<I: IntoIterator<Item = Note>>(notes: I) -> Self {
        let mut all = Self::default();
        notes.into_iter().for_each(|note| all.insert(note));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_a_set() {
        let mut notes = Notes::default();
        assert!(notes.is_empty());
        notes.add_trailing(0);
        assert!(notes.is_empty());
        for note in Note::ALL {
            assert!(!notes.contains(note));
            notes.insert(note);
            assert!(notes.contains(note));
        }
        notes.add_trailing(3);
        assert_eq!((notes.iter().count(), notes.trailing()), (Note::ALL.len(), 3));
        let mut names: Vec<_> = notes.names().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Note::ALL.len());
        assert!(Note::ALL.len() <= 64, "one bit each");
        let few: Notes = [Note::ShortTail, Note::UdhiBit].into_iter().collect();
        assert_eq!(notes.both(few), few);
        assert!(few.both([Note::ReportSize].into_iter().collect()).is_empty());
    }

    #[test]
    fn names_read_back_and_texts_are_sentences() {
        assert_eq!(Note::WORDS.len(), Note::ALL.len() + 1);
        for note in Note::ALL {
            assert_eq!(Note::from_name(note.name()), Some(note));
            assert!(note.text().ends_with('.') && !note.text().starts_with(' '), "{}", note.text());
        }
        assert_eq!(Note::from_name("all"), None);
    }
}
