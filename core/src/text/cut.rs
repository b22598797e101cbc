//! Where a payload is cut into segments (`sms-content.md` 5).
//!
//! Cuts fall between atoms: what a phone cannot read when it is torn apart. Where it costs no segment, they also fall
//! between clusters: what does not look right when it is torn apart.

use std::str::Chars;

use super::cluster::Clusters;
use super::coding::Charset;
use super::gsm7;
use super::rules::{Limits, Size};

/// The reserve leaves no room for even one atom.
#[derive(Debug)]
pub(crate) struct NoRoom;

/// A place in a payload, between two atoms.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    charset: Charset,
    rest: &'a [u8],
    at: usize,
    /// The text of the payload from here, one character an atom. Without it every atom is a cluster.
    text: Option<Chars<'a>>,
    clusters: Clusters,
}

struct Atom {
    size: Size,
    continues_cluster: bool,
}

impl Cursor<'_> {
    fn step(&mut self) -> Option<Atom> {
        let size = atom(self.charset, self.rest)?;
        self.rest = self.rest.get(size.codes..).unwrap_or_default();
        self.at = self.at.saturating_add(size.codes);
        let character = self.text.as_mut().and_then(Iterator::next);
        Some(Atom { size, continues_cluster: character.is_some_and(|c| self.clusters.continues(c)) })
    }
}

/// The first atom of `octets`: surrogate pair, GBK pair, GB18030 quadruple, GSM 7-bit escape and code, else one unit.
fn atom(charset: Charset, octets: &[u8]) -> Option<Size> {
    let (codes, utf16) = match (charset, octets) {
        (_, []) => return None,
        (Charset::Ucs2, &[0xD8..=0xDB, _, 0xDC..=0xDF, _, ..]) => (4, 2),
        (Charset::Ucs2, &[_, _, ..]) => (2, 1),
        (Charset::Gb18030, &[lead @ 0x81..=0xFE, 0x30..=0x39, _, _, ..]) => {
            (4, if lead >= 0x90 { 2 } else { 1 })
        }
        (Charset::Gb18030, &[0x81..=0xFE, 0x40..=0xFE, ..]) => (2, 1),
        (Charset::Gsm7, &[gsm7::ESCAPE, _, ..]) => (2, 1),
        _ => (1, 1),
    };
    Some(Size { codes, utf16 })
}

/// A payload and the limits that say how it is cut.
#[derive(Clone, Debug)]
pub(crate) struct Cutter<'a> {
    start: Cursor<'a>,
    limits: Limits,
}

struct Cut<'a> {
    /// Where the segment ends at the latest.
    latest: Cursor<'a>,
    /// The last place up to there that is between two clusters.
    whole: Option<Cursor<'a>>,
}

enum Fill<'a> {
    /// All that is left fits, with the reserve at the tail.
    Last { used: Size },
    /// All that is left fits, but not with the reserve at the tail: the last atom goes to a segment of its own.
    Short { used: Size, cut: Cut<'a> },
    /// More is left than fits.
    Full(Cut<'a>),
}

impl<'a> Cutter<'a> {
    /// `text` is what `payload` means, one character an atom; without it clusters are not looked for.
    pub(crate) fn new(charset: Charset, payload: &'a [u8], text: Option<&'a str>, limits: Limits) -> Self {
        let start = Cursor {
            charset,
            rest: payload,
            at: 0,
            text: text.map(str::chars),
            clusters: Clusters::default(),
        };
        Self { start, limits }
    }

    /// Size of the whole payload.
    fn size(&self) -> Size {
        let mut cursor = Cursor { text: None, ..self.start.clone() };
        let mut size = Size::ZERO;
        while let Some(atom) = cursor.step() {
            size = size.plus(atom.size);
        }
        size
    }

    /// What can be added without one more segment. A cluster that is kept whole gives way, and so does a segment that
    /// was cut short for the tail.
    pub(crate) fn room_left(&self) -> Result<Size, NoRoom> {
        let Limits { single, segment, head, tail } = self.limits;
        if self.fits_single() {
            return Ok(self.size().plus(head).plus(tail).left_in(single));
        }
        let mut start = self.start.clone();
        loop {
            match self.fill(&start)? {
                Fill::Last { used } => return Ok(used.plus(tail).left_in(segment)),
                Fill::Short { used, .. } => return Ok(used.left_in(segment).plus(tail.left_in(segment))),
                Fill::Full(Cut { latest, .. }) => start = latest,
            }
        }
    }

    fn fits_single(&self) -> bool {
        let reserve = self.limits.head.plus(self.limits.tail);
        // Octets are known at once; counting UTF-16 units takes a walk.
        let codes = Size { codes: self.start.rest.len(), utf16: 0 };
        codes.plus(reserve).fits(self.limits.single)
            && (self.limits.single.utf16 == usize::MAX || self.size().plus(reserve).fits(self.limits.single))
    }

    /// The fewest segments the payload needs.
    pub(crate) fn segments(&self) -> Result<usize, NoRoom> {
        if self.fits_single() { Ok(1) } else { self.count(&self.start) }
    }

    /// The end of each segment, where [`segments`](Self::segments) said `needed` and that is 2 or more.
    pub(crate) fn ends(&self, needed: usize) -> Result<Vec<usize>, NoRoom> {
        let mut ends = Vec::with_capacity(needed);
        let mut start = self.start.clone();
        loop {
            match self.fill(&start)? {
                Fill::Last { .. } => {
                    ends.push(self.start.rest.len());
                    return Ok(ends);
                }
                Fill::Short { cut: Cut { latest, whole }, .. } | Fill::Full(Cut { latest, whole }) => {
                    let left = needed.saturating_sub(ends.len()).saturating_sub(1);
                    start = match whole {
                        Some(whole) if whole.at == latest.at => latest,
                        Some(whole) if self.count(&whole).is_ok_and(|more| more <= left) => whole,
                        _ => latest,
                    };
                    ends.push(start.at);
                }
            }
        }
    }

    /// Segments needed from `start` when each is filled to the last atom.
    fn count(&self, start: &Cursor<'a>) -> Result<usize, NoRoom> {
        let mut segments = 1_usize;
        let mut start = start.clone();
        while let Fill::Short { cut: Cut { latest, .. }, .. } | Fill::Full(Cut { latest, .. }) =
            self.fill(&start)?
        {
            segments = segments.saturating_add(1);
            start = latest;
        }
        Ok(segments)
    }

    fn fill(&self, start: &Cursor<'a>) -> Result<Fill<'a>, NoRoom> {
        let mut used = if start.at == 0 { self.limits.head } else { Size::ZERO };
        let mut cursor = start.clone();
        let mut last_atom = start.clone();
        let mut whole = None;
        loop {
            let before = cursor.clone();
            let Some(atom) = cursor.step() else {
                return if used.plus(self.limits.tail).fits(self.limits.segment) {
                    Ok(Fill::Last { used })
                } else if last_atom.at > start.at {
                    Ok(Fill::Short { used, cut: Cut { latest: last_atom, whole } })
                } else {
                    Err(NoRoom)
                };
            };
            if before.at > start.at && !atom.continues_cluster {
                whole = Some(before.clone());
            }
            used = used.plus(atom.size);
            if !used.fits(self.limits.segment) {
                return if before.at > start.at {
                    Ok(Fill::Full(Cut { latest: before, whole }))
                } else {
                    Err(NoRoom)
                };
            }
            last_atom = before;
        }
    }
}
