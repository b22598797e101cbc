//! What an event object holds: the event, borrowed or owned, and the C form of the texts that were asked for.

use std::ffi::{CString, c_char};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

/// What an event object looks at.
#[derive(Debug)]
pub(crate) enum Held<T> {
    /// It belongs to the library's caller of the handler and outlives the object.
    Borrowed(NonNull<T>),
    /// It is the object's own.
    Own(Box<T>),
    /// The library keeps it, too.
    Shared(Arc<T>),
}

impl<T> Held<T> {
    /// Borrows for as long as the object lives, which must not be longer than `data`: the object is made on the
    /// stack of the function that runs the handler, and given to C by address only.
    pub(crate) unsafe fn borrow(data: &T) -> Self {
        Held::Borrowed(NonNull::from(data))
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            // SAFETY: the promise of `borrow`.
            Held::Borrowed(data) => unsafe { data.as_ref() },
            Held::Own(data) => data,
            Held::Shared(data) => data,
        }
    }
}

/// A text of an event in its C form, made when it is asked for. Several threads may ask.
#[derive(Debug, Default)]
pub(crate) struct Cached(OnceLock<CString>);

impl Cached {
    /// The text, valid as long as this.
    pub(crate) fn get<S: Into<String>>(&self, text: impl FnOnce() -> S) -> *const c_char {
        self.0.get_or_init(|| terminated(text().into())).as_ptr()
    }

    /// The text, or NULL where there is none.
    pub(crate) fn get_some<S: Into<String>>(&self, text: Option<S>) -> *const c_char {
        text.map_or(std::ptr::null(), |text| self.get(|| text))
    }
}

/// The C form of a text. A NUL inside would cut it off: U+FFFD stands in its place.
pub(crate) fn terminated(text: String) -> CString {
    let text = if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    CString::new(text).unwrap_or_default()
}

/// The octets and their number.
pub(crate) fn octets(octets: &[u8], len: *mut usize) -> *const u8 {
    put!(len, octets.len());
    octets.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_nul_inside_does_not_cut_a_text() {
        assert_eq!(terminated("a\0b".into()).to_str(), Ok("a\u{fffd}b"));
        assert_eq!(terminated(String::new()).as_c_str(), c"");
    }

    #[test]
    fn a_text_is_made_once() {
        let cached = Cached::default();
        let first = cached.get(|| "one");
        assert_eq!(cached.get(|| "two"), first);
        // SAFETY: `cached` lives.
        assert_eq!(unsafe { CStr::from_ptr(first) }, c"one");
        assert!(Cached::default().get_some(None::<String>).is_null());
    }
}
