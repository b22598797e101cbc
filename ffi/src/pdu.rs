//! PDUs as JSON and as octets.

use crate::boundary::octets_at;
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::text::protocol_named;
use sanwang_core::wire::json::{Document, document};
use sanwang_core::wire::{AnyPdu, Notes, Protocol, frame};
use std::ffi::c_char;
use std::ptr::null;

/// Octets or text that a call made. Given out by the call, freed by the caller with sanwang_octets_free.
#[derive(Debug)]
pub struct sanwang_octets_t {
    // With a NUL behind the octets.
    octets: Vec<u8>,
}

impl sanwang_octets_t {
    fn new(mut octets: Vec<u8>) -> Self {
        octets.push(0);
        sanwang_octets_t { octets }
    }

    fn len(&self) -> usize {
        self.octets.len() - 1
    }
}

/// Reads one frame: octets to JSON, with every field of the PDU. The object has the names `protocol`, `version`,
/// `pdu`, `header` (`length`, `command`, `sequence`), `fields`, `report` (the status report inside the content, if
/// there is one) and `warnings` (what was tolerated); docs/protocol lists the PDUs and their fields. Octets are
/// hexadecimal digits; text that is not UTF-8 is `{"hex": "c4e3"}`. Nothing is masked.
///
/// `protocol` is `cmpp`, `sgip` or `smgp`; `version` chooses the layout, for example `2.0`, and is the usual one if
/// NULL: 3.0, 1.2, 3.0. `octets` begin with the frame. `used` becomes the length of the frame, so that a caller can go
/// on behind it, also behind one that cannot be read; it becomes 0 if there is no whole frame, or its length makes no
/// sense. If `used` is NULL, `octets` have to be one frame and no more.
///
/// SANWANG_BAD_PDU: the frame cannot be read or is not complete; the message says where. SANWANG_NOT_FOUND: no such
/// protocol or version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_pdu_to_json(
    protocol: *const c_char,
    version: *const c_char,
    octets: *const u8,
    octets_len: usize,
    used: *mut usize,
    json: *mut *mut sanwang_octets_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(used, 0);
        need_place!(json);
        put!(json, std::ptr::null_mut());
        let protocol = protocol_named(need_text!(protocol))?;
        let version = match text!(version) {
            None => protocol.default_version(),
            Some(version) => protocol
                .version_named(version)
                .map_err(|error| Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, error.to_string()))?,
        };
        // No frame is longer.
        let len = octets_len.min(protocol.default_limit() + 1);
        // SAFETY: rule 2.
        let octets = unsafe { octets_at(octets, len, "octets") }?;
        let frame = first_frame(protocol, octets)?;
        put!(used, frame.len());
        if used.is_null() && octets_len > frame.len() {
            let text =
                format!("{} octets follow the frame: give used to go on there", octets_len - frame.len());
            return Err(Failure::argument(text));
        }
        let mut notes = Notes::default();
        let (header, pdu) = AnyPdu::decode(protocol, version, frame, &mut notes)?;
        let mut text = String::new();
        document(&mut text, version, &header, &pdu, notes);
        give!(json, sanwang_octets_t::new(text.into_bytes()));
        Ok(())
    })
}

fn first_frame(protocol: Protocol, octets: &[u8]) -> Result<&[u8], Failure> {
    match frame::next(protocol, octets, protocol.default_limit())? {
        Some(length) => Ok(octets.get(..length).unwrap_or_default()),
        None => {
            let (field, have) = (protocol.length_field(), octets.len());
            Err(Failure::pdu(
                format!("the frame is not complete: {have} octets are there, {field} says more"),
                field,
            ))
        }
    }
}

/// Writes one frame: JSON to octets, the inverse of sanwang_pdu_to_json. `protocol`, `version` and `pdu` are needed; a
/// field that is not given has its default, and so has the sequence in `header`, 0. Counts and lengths may be left
/// out, because they follow from the rest; `report` and `warnings` are not looked at.
///
/// SANWANG_BAD_PDU: the text is not JSON, or a value does not fit. The message names it, and sanwang_error_field is
/// its place, for example `dest_terminal_id[2]`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_pdu_from_json(
    json: *const c_char,
    frame: *mut *mut sanwang_octets_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need_place!(frame);
        put!(frame, std::ptr::null_mut());
        let octets = Document::read(need_text!(json))?.frame()?;
        give!(frame, sanwang_octets_t::new(octets.to_vec()));
        Ok(())
    })
}

/// The octets and their number, which may be NULL. A NUL that is not counted stands behind them. Valid until the
/// object is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_octets_data(octets: *const sanwang_octets_t, len: *mut usize) -> *const u8 {
    put!(len, 0);
    look!(octets, null(), |octets: &sanwang_octets_t| {
        put!(len, octets.len());
        octets.octets.as_ptr()
    })
}

/// The same as text, for what is text: JSON. Valid until the object is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_octets_text(octets: *const sanwang_octets_t) -> *const c_char {
    look!(octets, null(), |octets: &sanwang_octets_t| octets.octets.as_ptr().cast())
}

/// Frees the octets. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_octets_free(octets: *mut sanwang_octets_t) {
    free!(octets);
}
