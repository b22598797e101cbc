//! Which library this is.

use std::ffi::{CStr, c_char};

/// Version of the header: major * 1000000 + minor * 1000 + patch.
pub const SANWANG_VERSION_NUMBER: u32 = 1000;

/// The version of the library.
pub(crate) const TEXT: &str = env!("CARGO_PKG_VERSION");

const fn number(text: &str) -> u32 {
    let (octets, mut at, mut part, mut whole) = (text.as_bytes(), 0, 0, 0);
    while at < octets.len() {
        match octets[at] {
            digit @ b'0'..=b'9' => part = part * 10 + (digit - b'0') as u32,
            _ => {
                whole = (whole + part) * 1000;
                part = 0;
            }
        }
        at += 1;
    }
    whole + part
}

// Written by hand, because only a literal gets into the header.
const _: () =
    assert!(SANWANG_VERSION_NUMBER == number(TEXT), "SANWANG_VERSION_NUMBER is not Cargo's version");

/// Version of the library at run time, for example `0.1.0`.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Version of the library at run time, as SANWANG_VERSION_NUMBER. It may be higher than the header's.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_version_number() -> u32 {
    SANWANG_VERSION_NUMBER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_made_of_three_parts() {
        assert_eq!((number("0.1.0"), number("1.2.3"), number("12.34.567")), (1_000, 1_002_003, 12_034_567));
        // SAFETY: a constant.
        assert_eq!(unsafe { CStr::from_ptr(sanwang_version()) }.to_str(), Ok(TEXT));
    }
}
