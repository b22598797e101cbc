//! The one boundary between C and Rust: pointers in, results out, no panic through.
//!
//! The rules that the header gives its callers, and that the reasons of the `unsafe` blocks name:
//!
//! 1. A pointer to an object is NULL or was given out by this library and not freed since.
//! 2. A text is NULL or ends with a NUL; octets come with their number; an array of texts ends with NULL.
//! 3. A struct comes with its size; an out-parameter is NULL or points to room for its type.

use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use std::ffi::{CStr, c_char};
use std::mem::{MaybeUninit, size_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Largest size of a struct that is believed. A larger one is a mistake and not a newer header.
const LARGEST: usize = 4096;
/// What "without limit" means to the clock.
const VERY_LONG: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Wraps a function that can fail: the body may use `?` and ends with `Ok(())`. What it says is returned and, as
/// an object, stored in the error parameter.
macro_rules! call {
    ($err:expr, $body:block) => {{
        let err: *mut *mut $crate::error::sanwang_error_t = $err;
        let result = $crate::boundary::run(|| $body);
        // SAFETY: rule 3.
        unsafe { $crate::boundary::finish(err, result) }
    }};
}

/// Wraps a function that only looks at an object: the default for NULL and for a panic.
macro_rules! look {
    ($object:expr, $default:expr, $look:expr) => {{
        let pointer = $object;
        // SAFETY: rule 1.
        match unsafe { pointer.as_ref() } {
            Some(object) => $crate::boundary::shielded($default, move || $look(object)),
            None => $default,
        }
    }};
}

/// Wraps a function that frees an object. NULL is no object.
macro_rules! free {
    ($object:expr) => {{
        let pointer = $object;
        if !pointer.is_null() {
            // SAFETY: rule 1; the object came out of `give!`, a Box, and is given up by its owner now.
            let object = unsafe { Box::from_raw(pointer) };
            $crate::boundary::shielded((), move || drop(object));
        }
    }};
}

/// The object behind a pointer, or the failure that names the parameter.
macro_rules! need {
    ($object:ident) => {{
        let pointer = $object;
        // SAFETY: rule 1.
        unsafe { pointer.as_ref() }.ok_or_else(|| $crate::error::Failure::null(stringify!($object)))?
    }};
}

/// The object behind a pointer, to change it.
macro_rules! need_mut {
    ($object:ident) => {{
        let pointer = $object;
        // SAFETY: rule 1; the header says that these objects are used by one thread at a time.
        unsafe { pointer.as_mut() }.ok_or_else(|| $crate::error::Failure::null(stringify!($object)))?
    }};
}

/// The text behind a pointer, or `None`.
macro_rules! text {
    ($text:expr) => {{
        let pointer: *const ::std::ffi::c_char = $text;
        // SAFETY: rule 2.
        unsafe { $crate::boundary::text_at(pointer, stringify!($text)) }?
    }};
}

/// The text behind a pointer, or the failure that names the parameter.
macro_rules! need_text {
    ($text:expr) => {
        text!($text).ok_or_else(|| $crate::error::Failure::null(stringify!($text)))?
    };
}

/// The texts of an array; none for NULL.
macro_rules! texts {
    ($texts:expr) => {{
        let pointer: *const *const ::std::ffi::c_char = $texts;
        // SAFETY: rule 2.
        unsafe { $crate::boundary::texts_at(pointer, stringify!($texts)) }?
    }};
}

/// A struct of the caller.
macro_rules! given {
    ($from:ident, $size:expr) => {{
        let (pointer, size): (_, usize) = ($from, $size);
        // SAFETY: rule 3.
        unsafe { $crate::boundary::read(pointer, size, stringify!($from)) }?
    }};
}

/// Fills a struct of the caller.
macro_rules! fill {
    ($to:ident, $size:expr, $value:expr) => {{
        let (pointer, size, value): (_, usize, _) = ($to, $size, $value);
        // SAFETY: rule 3.
        unsafe { $crate::boundary::write(value, pointer, size, stringify!($to)) }?
    }};
}

/// Stores a value in an out-parameter, if there is one.
macro_rules! put {
    ($to:expr, $value:expr) => {{
        let (pointer, value) = ($to, $value);
        if !pointer.is_null() {
            // SAFETY: rule 3.
            unsafe { pointer.write(value) };
        }
    }};
}

/// Fails unless there is an out-parameter.
macro_rules! need_place {
    ($to:ident) => {
        if $to.is_null() {
            return Err($crate::error::Failure::null(stringify!($to)));
        }
    };
}

/// Gives an object to the caller.
macro_rules! give {
    ($to:expr, $object:expr) => {
        put!($to, Box::into_raw(Box::new($object)))
    };
}

/// Runs the body of a function that can fail. A panic is our bug and becomes SANWANG_INTERNAL.
pub(crate) fn run(body: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(Failure::panicked(&*panic)))
}

/// Runs the body of a function that cannot fail.
pub(crate) fn shielded<R>(default: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(default)
}

/// Stores and returns what a call says.
pub(crate) unsafe fn finish(err: *mut *mut sanwang_error_t, result: Result<(), Failure>) -> sanwang_result_t {
    let (code, object) = match result {
        Ok(()) => (sanwang_result_t::SANWANG_OK, std::ptr::null_mut()),
        Err(failure) if err.is_null() => (failure.code(), std::ptr::null_mut()),
        Err(failure) => (failure.code(), Box::into_raw(Box::new(sanwang_error_t::new(failure)))),
    };
    put!(err, object);
    code
}

/// A time limit of the caller: negative is without limit.
pub(crate) fn millis(ms: i64) -> Duration {
    u64::try_from(ms).map_or(VERY_LONG, |ms| Duration::from_millis(ms).min(VERY_LONG))
}

/// The text at `at`; `name` is the parameter's.
pub(crate) unsafe fn text_at<'a>(at: *const c_char, name: &str) -> Result<Option<&'a str>, Failure> {
    if at.is_null() {
        return Ok(None);
    }
    // SAFETY: rule 2, passed on by the caller.
    let octets = unsafe { CStr::from_ptr(at) }.to_bytes();
    if is_ascii(octets) {
        // SAFETY: ASCII is UTF-8.
        return Ok(Some(unsafe { std::str::from_utf8_unchecked(octets) }));
    }
    std::str::from_utf8(octets).map(Some).map_err(|error| {
        let name = name.trim_start_matches("self.");
        Failure::argument(format!(
            "{name} is not UTF-8 from octet {} on: convert it first",
            error.valid_up_to()
        ))
    })
}

/// Whether all octets are ASCII. Most texts here are digits and names, and some come with each message: `from_utf8`
/// looks at each octet of those by itself.
fn is_ascii(octets: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = octets.as_chunks::<8>();
    let words = words.iter().fold(0, |all, word| all | u64::from_ne_bytes(*word));
    let rest = rest.iter().fold(0, |all, octet| all | octet);
    words & HIGH == 0 && rest < 0x80
}

/// The texts of the array at `at`, which ends with NULL; `name` is the parameter's.
pub(crate) unsafe fn texts_at<'a>(at: *const *const c_char, name: &str) -> Result<Vec<&'a str>, Failure> {
    let mut texts = Vec::new();
    if at.is_null() {
        return Ok(texts);
    }
    loop {
        // SAFETY: rule 2, passed on by the caller: the entries before this one were not NULL.
        let text = unsafe { text_at(*at.add(texts.len()), name) }?;
        match text {
            Some(text) => texts.push(text),
            None => return Ok(texts),
        }
    }
}

/// The octets at `at`; `name` is the parameter's.
pub(crate) unsafe fn octets_at<'a>(at: *const u8, len: usize, name: &str) -> Result<&'a [u8], Failure> {
    match (at.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Failure::argument(format!("{name} is NULL and {name}_len is not 0"))),
        (_, 1..=LARGEST_OCTETS) => {
            // SAFETY: rule 2, passed on by the caller.
            Ok(unsafe { std::slice::from_raw_parts(at, len) })
        }
        _ => {
            Err(Failure::argument(format!("{name}_len is {len}: no message has more than {LARGEST_OCTETS}")))
        }
    }
}

/// Most octets that a message of 255 segments can have.
const LARGEST_OCTETS: usize = 255 * 255;

/// Keys and values that alternate in one array.
pub(crate) fn pairs<'a>(texts: &[&'a str], name: &str) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    let (pairs, rest) = texts.as_chunks::<2>();
    match rest.first() {
        None => Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect()),
        Some(key) => Err(Failure::argument(format!(
            "{name} has no value for {key}: write key, value, key, value and NULL at the end"
        ))),
    }
}

/// A name that may be left out, but is not empty. `instead` is what takes its place.
pub(crate) fn given_name<'a>(name: Option<&'a str>, instead: &str) -> Result<Option<&'a str>, Failure> {
    match name {
        Some("") => Err(Failure::argument(format!("name is empty: give a name, or NULL for {instead}"))),
        name => Ok(name),
    }
}

/// A struct of the header. Fields are only ever added at its end, so that its size tells its age.
///
/// # Safety
/// It is `repr(C)`, holds only integers, arrays of them, pointers and `Option`s of function pointers (all valid when
/// zero), and has no padding at its end.
pub(crate) unsafe trait Grows: Copy {}

fn check_size<T: Grows>(size: usize, name: &str) -> Result<(), Failure> {
    if size == 0 || size > LARGEST || !size.is_multiple_of(align_of::<T>()) {
        return Err(Failure::argument(format!("the size of {name} is {size}: pass sizeof *{name}")));
    }
    Ok(())
}

/// Reads a struct that may be older or newer than ours: fields that it lacks are zero, and fields that we do not
/// know must be.
pub(crate) unsafe fn read<T: Grows>(from: *const T, size: usize, name: &str) -> Result<T, Failure> {
    if from.is_null() {
        return Err(Failure::null(name));
    }
    check_size::<T>(size, name)?;
    let known = size.min(size_of::<T>());
    if size > known {
        // SAFETY: rule 3, passed on by the caller: `size` octets are there.
        let rest = unsafe { std::slice::from_raw_parts(from.cast::<u8>().add(known), size - known) };
        if rest.iter().any(|octet| *octet != 0) {
            return Err(Failure::too_new(name));
        }
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: rule 3 for the source; the destination is ours and no smaller; and zero octets are a value of `T`
    // by the promise of `Grows`, as are the caller's.
    unsafe {
        std::ptr::copy_nonoverlapping(from.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known);
        Ok(value.assume_init())
    }
}

/// Fills a struct that may be older or newer than ours: what it has no room for is left out, and fields that we
/// do not know become zero.
pub(crate) unsafe fn write<T: Grows>(value: T, to: *mut T, size: usize, name: &str) -> Result<(), Failure> {
    if to.is_null() {
        return Err(Failure::null(name));
    }
    check_size::<T>(size, name)?;
    let known = size.min(size_of::<T>());
    // SAFETY: rule 3, passed on by the caller: there is room for `size` octets, and `known` are no more than
    // `value` has.
    unsafe {
        std::ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), to.cast::<u8>(), known);
        to.cast::<u8>().add(known).write_bytes(0, size - known);
    }
    Ok(())
}

/// Writes a text with a NUL at its end as far as there is room, and gives its length without the NUL, as snprintf does.
///
/// # Safety
/// `room` is NULL or has `size` octets.
pub(crate) unsafe fn print_to(text: &str, room: *mut c_char, size: usize) -> usize {
    if !room.is_null() && size > 0 {
        let most = text.len().min(size - 1);
        let fits = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        // SAFETY: `fits` and the NUL are within `size`; the text is not the caller's room.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast::<c_char>(), room, fits);
            room.add(fits).write(0);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::{null, null_mut};

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Two {
        a: u64,
        b: u64,
    }
    // SAFETY: two integers of one size.
    unsafe impl Grows for Two {}

    unsafe extern "C" fn panics(err: *mut *mut sanwang_error_t) -> sanwang_result_t {
        call!(err, { Err(Failure::argument(String::from_utf8(vec![0xff]).unwrap())) })
    }

    #[test]
    fn a_text_that_is_not_utf8_is_found_wherever_it_is_wrong() {
        for length in 0..40 {
            let good = vec![b'x'; length];
            assert!(is_ascii(&good));
            for at in 0..length {
                let mut bad = good.clone();
                bad[at] = 0x80;
                assert!(!is_ascii(&bad), "octet {at} of {length}");
                bad.push(0);
                // SAFETY: it ends with a NUL.
                let said = unsafe { text_at(bad.as_ptr().cast(), "self.text") }.unwrap_err();
                assert_eq!(said.text(), format!("text is not UTF-8 from octet {at} on: convert it first"));
            }
        }
        // SAFETY: as above.
        assert_eq!(unsafe { text_at(c"短信".as_ptr(), "text") }.ok(), Some(Some("短信")));
    }

    #[test]
    fn a_panic_becomes_an_error_object() {
        let mut err = null_mut();
        // SAFETY: `err` is a place for the error.
        assert_eq!(unsafe { panics(&raw mut err) }, sanwang_result_t::SANWANG_INTERNAL);
        // SAFETY: the call above stored an object.
        let message = unsafe { CStr::from_ptr(crate::error::sanwang_error_message(err)) };
        assert!(message.to_str().unwrap().contains("Utf8Error"), "{message:?}");
        free!(err);
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { panics(null_mut()) }, sanwang_result_t::SANWANG_INTERNAL);
        let here = Two { a: 1, b: 2 };
        assert_eq!(look!(&raw const here, 7, |_: &Two| panic!("in an accessor")), 7);
        assert_eq!(look!(null::<Two>(), 7, |two: &Two| two.a), 7);
    }

    #[test]
    fn structs_of_other_ages_are_read() {
        let newer = [1u64, 2, 0, 9];
        let at = newer.as_ptr().cast::<Two>();
        // SAFETY: 32 octets are there.
        let read_as = |size| unsafe { read::<Two>(at, size, "two") };
        assert_eq!(read_as(16).ok(), Some(Two { a: 1, b: 2 }));
        assert_eq!(read_as(8).ok(), Some(Two { a: 1, b: 0 }), "a field that is missing");
        assert_eq!(read_as(24).ok(), Some(Two { a: 1, b: 2 }), "a field of later that is not used");
        let code = |size| read_as(size).err().map(|f| f.code());
        assert_eq!(code(32), Some(sanwang_result_t::SANWANG_STRUCT_TOO_NEW));
        for size in [0, 4, 12, 17, LARGEST + 8, usize::MAX] {
            assert_eq!(code(size), Some(sanwang_result_t::SANWANG_BAD_ARGUMENT), "{size}");
        }
    }

    #[test]
    fn structs_of_other_ages_are_filled() {
        for (size, want) in [(8, [1, 7, 7, 7]), (16, [1, 2, 7, 7]), (32, [1, 2, 0, 0])] {
            let mut place = [7u64; 4];
            // SAFETY: 32 octets are there.
            unsafe { write(Two { a: 1, b: 2 }, place.as_mut_ptr().cast(), size, "two") }.ok().unwrap();
            assert_eq!(place, want);
        }
    }

    #[test]
    fn texts_and_pairs_are_checked() {
        // SAFETY: the texts end with a NUL, the array with NULL.
        unsafe {
            let bad = text_at(c"a\xff".as_ptr(), "text").err().unwrap();
            assert!(bad.text().contains("octet 1"), "{}", bad.text());
            let array = [c"k".as_ptr(), c"v".as_ptr(), c"alone".as_ptr(), null()];
            let texts = texts_at(array.as_ptr(), "fields").ok().unwrap();
            assert_eq!(texts, ["k", "v", "alone"]);
            assert_eq!(pairs(&texts[..2], "fields").ok().unwrap(), [("k", "v")]);
            assert!(pairs(&texts, "fields").err().unwrap().text().contains("no value for alone"));
            assert!(octets_at(null(), 1, "content").is_err());
            assert!(octets_at(array.as_ptr().cast(), usize::MAX, "content").is_err());
        }
    }
}
