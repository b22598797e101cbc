//! What a text costs before it is sent.

use crate::boundary::{Grows, pairs};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use sanwang_core::SendError;
use sanwang_core::client::split_rules;
use sanwang_core::settings::AccountSettings;
use sanwang_core::text::{Unit, preview};
use sanwang_core::wire::Protocol;
use std::ffi::c_char;

/// What a text costs. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_preview_t {
    /// The data coding octet that would be used.
    pub coding: u32,
    /// Segments, which is what a carrier bills.
    pub segments: u32,
    /// Characters as Unicode counts them.
    pub characters: u32,
    /// Length of the text in units.
    pub units: u32,
    /// Units that can be added without one more segment.
    pub room_left: u32,
    /// Units that a segment holds.
    pub room_per_segment: u32,
    /// What a unit is, a sanwang_unit_t.
    pub unit: u32,
    /// Always 0.
    pub reserved: u32,
}

// SAFETY: eight integers of four octets; the size stays a multiple of eight with every field that is added.
unsafe impl Grows for sanwang_preview_t {}

/// What the length of a text is counted in.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_unit_t {
    /// Octets: ASCII, GB18030 and binary.
    SANWANG_UNIT_OCTET = 0,
    /// UTF-16 units: UCS-2. An emoji has two or more.
    SANWANG_UNIT_UTF16 = 1,
    /// Codes of the GSM 7-bit alphabet; an escaped character has two.
    SANWANG_UNIT_SEPTET = 2,
}

/// Says what a text would cost on a protocol (`cmpp`, `sgip` or `smgp`). `settings` are keys and values of the
/// account's settings that matter for it, such as `coding` and `signature_tail`, alternating and with NULL at the
/// end; NULL for the defaults. Needs no client and no connection.
///
/// SANWANG_BAD_CODING, SANWANG_TOO_LONG, SANWANG_BAD_SETTING: as for sending it. SANWANG_NOT_FOUND: no such
/// protocol.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_text_preview(
    protocol: *const c_char,
    text: *const c_char,
    settings: *const *const c_char,
    preview: *mut sanwang_preview_t,
    preview_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let protocol = protocol_named(need_text!(protocol))?;
        let text = need_text!(text);
        let pairs = pairs(&texts!(settings), "settings")?;
        let mut settings = AccountSettings::for_protocol(protocol);
        for (key, value) in pairs {
            settings.set(key, value)?;
        }
        let cost = self::preview(text, &split_rules(protocol, &settings)).map_err(SendError::from)?;
        let cost = sanwang_preview_t {
            coding: cost.coding.0.into(),
            segments: cost.segments.into(),
            characters: cost.characters,
            units: cost.units,
            room_left: cost.room_left,
            room_per_segment: cost.room_per_segment,
            unit: match cost.unit {
                Unit::Octet => sanwang_unit_t::SANWANG_UNIT_OCTET as u32,
                Unit::Utf16 => sanwang_unit_t::SANWANG_UNIT_UTF16 as u32,
                Unit::Septet => sanwang_unit_t::SANWANG_UNIT_SEPTET as u32,
            },
            reserved: 0,
        };
        fill!(preview, preview_size, cost);
        Ok(())
    })
}

/// The protocol of a name.
pub(crate) fn protocol_named(name: &str) -> Result<Protocol, Failure> {
    Protocol::ALL.into_iter().find(|protocol| protocol.name() == name).ok_or_else(|| {
        let text = format!("there is no protocol {name}: write cmpp, sgip or smgp");
        Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, text)
    })
}
