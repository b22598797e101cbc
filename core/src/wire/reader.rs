//! A cursor over the body of one PDU.

use super::error::{DecodeError, ErrorClass};
use super::notes::{Note, Notes};
use super::version::Version;

/// Reads one body front to back. It is the only place that slices what came in.
#[derive(Debug)]
pub struct Reader<'a> {
    pdu: &'static str,
    version: Version,
    rest: &'a [u8],
    // Octets from the first octet of the frame to the end of the body, so that an offset is `end - rest.len()`.
    end: usize,
    // What earlier fields said about the content: is it a report, and how is it coded.
    is_report: bool,
    coding: u8,
    notes: &'a mut Notes,
}

impl<'a> Reader<'a> {
    /// A reader of `body`, which begins `base` octets after the first octet of its frame.
    #[must_use]
    pub fn new(
        pdu: &'static str,
        version: Version,
        base: usize,
        body: &'a [u8],
        notes: &'a mut Notes,
    ) -> Self {
        let end = base.saturating_add(body.len());
        Self { pdu, version, rest: body, end, is_report: false, coding: 0, notes }
    }

    /// The version whose layout is read.
    #[must_use]
    #[inline]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Octets not read yet.
    #[must_use]
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Where the next octet lies, counted from the first octet of the frame.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// The octets not read yet, without reading them.
    #[must_use]
    pub const fn peek(&self) -> &'a [u8] {
        self.rest
    }

    /// An error about `field`, at the next octet.
    #[must_use]
    #[cold]
    pub const fn fail(&self, field: &'static str, class: ErrorClass) -> DecodeError {
        self.fail_at(self.offset(), field, class)
    }

    /// An error about `field`, at `offset`.
    #[must_use]
    #[cold]
    pub const fn fail_at(&self, offset: usize, field: &'static str, class: ErrorClass) -> DecodeError {
        DecodeError { pdu: self.pdu, field, offset, class }
    }

    /// Records a tolerance.
    #[inline]
    pub const fn note(&mut self, note: Note) {
        self.notes.insert(note);
    }

    /// The next `count` octets.
    ///
    /// # Errors
    /// [`ErrorClass::BodyTooShort`] if fewer are left.
    #[inline]
    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(count) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(self.fail(field, ErrorClass::BodyTooShort)),
        }
    }

    /// The next `count` octets, or all that are left if these are fewer.
    pub fn take_up_to(&mut self, count: usize) -> &'a [u8] {
        let (head, tail) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = tail;
        head
    }

    /// An unsigned big-endian number of `width` octets, at most 8.
    ///
    /// # Errors
    /// [`ErrorClass::BodyTooShort`] if fewer octets are left.
    #[inline]
    pub fn uint(&mut self, width: usize, field: &'static str) -> Result<u64, DecodeError> {
        let octets = self.take(width, field)?;
        Ok(match *octets {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_be_bytes([a, b])),
            [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => octets.iter().fold(0, |value, &octet| value << 8 | u64::from(octet)),
        })
    }

    /// Remembers that the content that follows is a status report.
    pub(crate) const fn mark_report(&mut self, is_report: bool) {
        self.is_report = is_report;
    }

    /// Remembers the coding of the content that follows.
    pub(crate) const fn mark_coding(&mut self, coding: u8) {
        self.coding = coding;
    }

    pub(crate) const fn is_report(&self) -> bool {
        self.is_report
    }

    pub(crate) const fn coding(&self) -> u8 {
        self.coding
    }

    /// Ends the reading: octets that are left are ignored and recorded.
    #[inline]
    pub fn finish(self) {
        self.notes.add_trailing(self.rest.len());
    }
}
