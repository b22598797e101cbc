//! A cursor over the room for one PDU.

use super::error::{EncodeError, EncodeErrorKind};
use super::version::Version;

/// Writes one body front to back into room that is already reserved and zeroed.
#[derive(Debug)]
pub struct Writer<'a> {
    pdu: &'static str,
    version: Version,
    rest: &'a mut [u8],
}

impl<'a> Writer<'a> {
    /// A writer into `room`.
    #[must_use]
    pub const fn new(pdu: &'static str, version: Version, room: &'a mut [u8]) -> Self {
        Self { pdu, version, rest: room }
    }

    /// The version whose layout is written.
    #[must_use]
    #[inline]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Octets of room not used yet.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// An error about `field`.
    #[must_use]
    #[cold]
    pub const fn fail(
        &self,
        field: &'static str,
        kind: EncodeErrorKind,
        limit: usize,
        actual: usize,
    ) -> EncodeError {
        EncodeError { pdu: self.pdu, field, limit, actual, kind }
    }

    /// Appends octets. The room was measured with the same table, so there is always enough of it.
    #[inline]
    pub fn put(&mut self, octets: &[u8]) {
        let rest = std::mem::take(&mut self.rest);
        if let Some((head, tail)) = rest.split_at_mut_checked(octets.len()) {
            head.copy_from_slice(octets);
            self.rest = tail;
        } else {
            debug_assert!(false, "{}: the measured length is too small", self.pdu);
        }
    }

    /// Appends octets and leaves zeros behind them, `width` octets in all. The room is zeroed already.
    #[inline]
    pub fn put_padded(&mut self, octets: &[u8], width: usize) {
        let rest = std::mem::take(&mut self.rest);
        if let Some((head, tail)) = rest.split_at_mut_checked(width)
            && let Some(room) = head.get_mut(..octets.len())
        {
            if !octets.is_empty() {
                room.copy_from_slice(octets);
            }
            self.rest = tail;
        } else {
            debug_assert!(false, "{}: the measured length is too small", self.pdu);
        }
    }

    /// Appends the lowest `width` octets of a number, big-endian.
    #[inline]
    pub fn put_uint(&mut self, value: u64, width: usize) {
        // The usual widths one by one: half of all fields are numbers, and a copy of known size is one instruction.
        match width {
            1 => self.put_array([value as u8]),
            4 => self.put_array((value as u32).to_be_bytes()),
            8 => self.put_array(value.to_be_bytes()),
            _ => {
                let octets = value.to_be_bytes();
                self.put(octets.get(octets.len().saturating_sub(width)..).unwrap_or_default());
            }
        }
    }

    /// Appends octets whose number is known to the compiler.
    #[inline(always)]
    pub(crate) fn put_array<const N: usize>(&mut self, octets: [u8; N]) {
        let rest = std::mem::take(&mut self.rest);
        if let Some((head, tail)) = rest.split_first_chunk_mut() {
            *head = octets;
            self.rest = tail;
        } else {
            debug_assert!(false, "{}: the measured length is too small", self.pdu);
        }
    }
}
