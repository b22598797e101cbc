//! The tolerances a reader used.

/// One way in which a frame differed from the documents and was read nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Note {
    /// The length of the body chose a layout other than that of the session's version.
    LayoutByLength,
    /// The command belongs to another version of the protocol.
    OtherVersion,
    /// The response came under the id of its request, as the SGIP tables misprint it.
    MisprintedCommand,
    /// A trailing reserved field was left out.
    ReserveMissing,
    /// The field after the content is shorter than its size.
    ShortTail,
    /// Octets follow the last field.
    TrailingOctets,
    /// The content length of a report contradicted the frame length, which decided.
    ReportLength,
    /// The content length counted characters; the frame length decided.
    CharacterCount,
    /// Text was padded with blanks.
    BlankPadding,
    /// Octets other than NUL follow the NUL that ends a text.
    PaddingGarbage,
    /// Up to three octets after the optional parameters that make no parameter.
    StrayTlvOctets,
    /// Optional parameters in a version that has none.
    TlvInOldVersion,
    /// A known optional parameter with an unexpected length.
    TlvLength,
    /// A status report with labels, separators or sizes other than the usual ones.
    ReportVariant,
    /// A status report with a state that its table does not have.
    UnknownState,
}

impl Note {
    /// All notes.
    pub const ALL: [Self; 15] = [
        Self::LayoutByLength,
        Self::OtherVersion,
        Self::MisprintedCommand,
        Self::ReserveMissing,
        Self::ShortTail,
        Self::TrailingOctets,
        Self::ReportLength,
        Self::CharacterCount,
        Self::BlankPadding,
        Self::PaddingGarbage,
        Self::StrayTlvOctets,
        Self::TlvInOldVersion,
        Self::TlvLength,
        Self::ReportVariant,
        Self::UnknownState,
    ];

    /// The name in snake case, for counters and dumps.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LayoutByLength => "layout_by_length",
            Self::OtherVersion => "other_version",
            Self::MisprintedCommand => "misprinted_command",
            Self::ReserveMissing => "reserve_missing",
            Self::ShortTail => "short_tail",
            Self::TrailingOctets => "trailing_octets",
            Self::ReportLength => "report_length",
            Self::CharacterCount => "character_count",
            Self::BlankPadding => "blank_padding",
            Self::PaddingGarbage => "padding_garbage",
            Self::StrayTlvOctets => "stray_tlv_octets",
            Self::TlvInOldVersion => "tlv_in_old_version",
            Self::TlvLength => "tlv_length",
            Self::ReportVariant => "report_variant",
            Self::UnknownState => "unknown_state",
        }
    }

    const fn bit(self) -> u16 {
        1u16.wrapping_shl(self as u32)
    }
}

/// The set of tolerances used while one frame was read, and the number of octets that were ignored at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    bits: u16,
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
    }
}
