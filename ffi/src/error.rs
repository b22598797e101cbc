//! What calls return, and the objects that say why.

use sanwang_core::client::SendError;
use sanwang_core::settings::SettingError;
use sanwang_core::wire::{DecodeError, EncodeError, GivenError};
use sanwang_core::{OpenError, WaitError};
use std::any::Any;
use std::ffi::{CStr, CString, c_char};
use std::ptr::null;

/// What a call returns. The numbers are fixed: new ones are added, and one that goes out of use is never given
/// to another meaning.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_result_t {
    /// Done.
    SANWANG_OK = 0,
    /// A parameter is NULL, no UTF-8 or out of range. The message names it.
    SANWANG_BAD_ARGUMENT = 1,
    /// The struct was made for a newer library and uses fields that this one does not know.
    SANWANG_STRUCT_TOO_NEW = 2,
    /// A bug of the library. Nothing is known about what the call has done.
    SANWANG_INTERNAL = 3,
    /// The process was forked after the object was opened: open a new one in the child.
    SANWANG_FORKED = 4,
    /// The call would wait for the handler it is made from.
    SANWANG_WOULD_DEADLOCK = 5,
    /// The client is closing or closed.
    SANWANG_CLOSED = 6,
    /// The time is over.
    SANWANG_TIMEOUT = 7,
    /// The system refused something: a thread, a listening address, a file.
    SANWANG_SYSTEM = 8,
    /// There is no account, setting or listener of this name.
    SANWANG_NOT_FOUND = 9,
    /// The receiver is no mobile number.
    SANWANG_BAD_RECEIVER = 20,
    /// The text cannot be written in the coding that was asked for.
    SANWANG_BAD_CODING = 21,
    /// The message needs too many segments, or a field is longer than the protocol has room for.
    SANWANG_TOO_LONG = 22,
    /// The message has neither text nor content.
    SANWANG_EMPTY = 23,
    /// A setting is unknown, of another protocol, or out of range.
    SANWANG_BAD_SETTING = 24,
    /// Accounts, routes and handlers do not fit together.
    SANWANG_BAD_CONFIG = 25,
    /// Octets that are no frame, or values that make none.
    SANWANG_BAD_PDU = 26,
    /// A route or a route table is wrong.
    SANWANG_BAD_ROUTE = 27,
    /// A field of a PDU does not fit.
    SANWANG_ENCODE = 28,
    /// The octets are no PDU, or one that cannot be used here.
    SANWANG_WRONG_PDU = 29,
    /// No account may carry the message.
    SANWANG_NO_ROUTE = 40,
    /// The account's queue is full: wait for room or slow down.
    SANWANG_QUEUE_FULL = 41,
    /// The account is down and does not queue (`queue_offline=no`).
    SANWANG_NOT_CONNECTED = 42,
    /// The message cannot be made durable; it was not accepted.
    SANWANG_STORE_FAILED = 43,
    /// The gateway refused the login.
    SANWANG_REFUSED = 44,
    /// The protocol has no such request.
    SANWANG_UNSUPPORTED = 45,
    /// An answer is awaited before this can be done: try again after it.
    SANWANG_IN_FLIGHT = 46,
    /// A link has no peer of this name: it is neither dialled nor has it logged in.
    SANWANG_NO_PEER = 47,
    /// The request was not written in time.
    SANWANG_NOT_SENT = 48,
    /// The request was written, and no answer came in time.
    SANWANG_NO_ANSWER = 49,
    /// The request was written, and the connection ended before the answer came.
    SANWANG_LOST = 50,
    /// The request was answered before, or its connection is gone.
    SANWANG_STALE = 51,
}

use sanwang_result_t::*;

impl sanwang_result_t {
    const ALL: [Self; 32] = [
        SANWANG_OK,
        SANWANG_BAD_ARGUMENT,
        SANWANG_STRUCT_TOO_NEW,
        SANWANG_INTERNAL,
        SANWANG_FORKED,
        SANWANG_WOULD_DEADLOCK,
        SANWANG_CLOSED,
        SANWANG_TIMEOUT,
        SANWANG_SYSTEM,
        SANWANG_NOT_FOUND,
        SANWANG_BAD_RECEIVER,
        SANWANG_BAD_CODING,
        SANWANG_TOO_LONG,
        SANWANG_EMPTY,
        SANWANG_BAD_SETTING,
        SANWANG_BAD_CONFIG,
        SANWANG_BAD_PDU,
        SANWANG_BAD_ROUTE,
        SANWANG_ENCODE,
        SANWANG_WRONG_PDU,
        SANWANG_NO_ROUTE,
        SANWANG_QUEUE_FULL,
        SANWANG_NOT_CONNECTED,
        SANWANG_STORE_FAILED,
        SANWANG_REFUSED,
        SANWANG_UNSUPPORTED,
        SANWANG_IN_FLIGHT,
        SANWANG_NO_PEER,
        SANWANG_NOT_SENT,
        SANWANG_NO_ANSWER,
        SANWANG_LOST,
        SANWANG_STALE,
    ];

    fn name(self) -> &'static CStr {
        match self {
            SANWANG_OK => c"OK",
            SANWANG_BAD_ARGUMENT => c"BAD_ARGUMENT",
            SANWANG_STRUCT_TOO_NEW => c"STRUCT_TOO_NEW",
            SANWANG_INTERNAL => c"INTERNAL",
            SANWANG_FORKED => c"FORKED",
            SANWANG_WOULD_DEADLOCK => c"WOULD_DEADLOCK",
            SANWANG_CLOSED => c"CLOSED",
            SANWANG_TIMEOUT => c"TIMEOUT",
            SANWANG_SYSTEM => c"SYSTEM",
            SANWANG_NOT_FOUND => c"NOT_FOUND",
            SANWANG_BAD_RECEIVER => c"BAD_RECEIVER",
            SANWANG_BAD_CODING => c"BAD_CODING",
            SANWANG_TOO_LONG => c"TOO_LONG",
            SANWANG_EMPTY => c"EMPTY",
            SANWANG_BAD_SETTING => c"BAD_SETTING",
            SANWANG_BAD_CONFIG => c"BAD_CONFIG",
            SANWANG_BAD_PDU => c"BAD_PDU",
            SANWANG_BAD_ROUTE => c"BAD_ROUTE",
            SANWANG_ENCODE => c"ENCODE",
            SANWANG_WRONG_PDU => c"WRONG_PDU",
            SANWANG_NO_ROUTE => c"NO_ROUTE",
            SANWANG_QUEUE_FULL => c"QUEUE_FULL",
            SANWANG_NOT_CONNECTED => c"NOT_CONNECTED",
            SANWANG_STORE_FAILED => c"STORE_FAILED",
            SANWANG_REFUSED => c"REFUSED",
            SANWANG_UNSUPPORTED => c"UNSUPPORTED",
            SANWANG_IN_FLIGHT => c"IN_FLIGHT",
            SANWANG_NO_PEER => c"NO_PEER",
            SANWANG_NOT_SENT => c"NOT_SENT",
            SANWANG_NO_ANSWER => c"NO_ANSWER",
            SANWANG_LOST => c"LOST",
            SANWANG_STALE => c"STALE",
        }
    }

    /// The result that has this name in every language.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.name().to_bytes() == name.as_bytes())
    }
}

/// Why a call failed. Made by the call, freed by the caller with sanwang_error_free.
#[derive(Debug)]
pub struct sanwang_error_t {
    code: sanwang_result_t,
    retriable: bool,
    message: CString,
    field: Option<CString>,
}

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct Failure {
    code: sanwang_result_t,
    retriable: bool,
    text: String,
    field: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: sanwang_result_t, text: impl Into<String>) -> Self {
        Failure {
            code,
            retriable: matches!(
                code,
                SANWANG_TIMEOUT
                    | SANWANG_IN_FLIGHT
                    | SANWANG_NOT_CONNECTED
                    | SANWANG_QUEUE_FULL
                    | SANWANG_NOT_SENT
                    | SANWANG_NO_ANSWER
                    | SANWANG_LOST
            ),
            text: text.into(),
            field: None,
        }
    }

    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self::new(SANWANG_BAD_ARGUMENT, text)
    }

    /// The parameter, or the field of a struct, is NULL.
    pub(crate) fn null(name: &str) -> Self {
        Self::argument(format!("{} is NULL", name.trim_start_matches("self.")))
    }

    pub(crate) fn too_new(name: &str) -> Self {
        let text = format!("{name} uses fields that this library, {}, does not know", crate::version::TEXT);
        Self::new(SANWANG_STRUCT_TOO_NEW, text)
    }

    /// Octets that are no frame, or values that make none.
    pub(crate) fn pdu(text: impl Into<String>, field: &str) -> Self {
        let field = (!field.is_empty()).then(|| field.to_owned());
        Failure { field, ..Self::new(SANWANG_BAD_PDU, text) }
    }

    pub(crate) fn forked() -> Self {
        Self::from(SendError::Forked)
    }

    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::new(SANWANG_INTERNAL, format!("a bug of the library: {}", said.unwrap_or("it panicked")))
    }

    pub(crate) fn code(&self) -> sanwang_result_t {
        self.code
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl sanwang_error_t {
    pub(crate) fn new(failure: Failure) -> Self {
        let Failure { code, retriable, text, field } = failure;
        let field = field.map(crate::view::terminated);
        sanwang_error_t { code, retriable, message: crate::view::terminated(text), field }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let code = sanwang_result_t::named(error.name()).unwrap_or(SANWANG_INTERNAL);
        let field = error.field().map(str::to_owned);
        Failure { code, retriable: error.retriable(), text: error.to_string(), field }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::Setting(error) => return Self::from(error.clone()),
            OpenError::System { .. } => SANWANG_SYSTEM,
            _ => SANWANG_BAD_CONFIG,
        };
        Self::new(code, error.to_string())
    }
}

impl From<WaitError> for Failure {
    fn from(error: WaitError) -> Self {
        let code = match error {
            WaitError::Refused(_) => SANWANG_REFUSED,
            WaitError::Closed => SANWANG_CLOSED,
            WaitError::WouldDeadlock => SANWANG_WOULD_DEADLOCK,
            _ => SANWANG_TIMEOUT,
        };
        Self::new(code, error.to_string())
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::pdu(error.to_string(), error.field)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::pdu(error.to_string(), error.field)
    }
}

impl From<GivenError> for Failure {
    fn from(error: GivenError) -> Self {
        Self::pdu(error.to_string(), &error.path)
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        let field = error.key().map(str::to_owned);
        Failure { field, ..Self::new(SANWANG_BAD_SETTING, error.to_string()) }
    }
}

/// The name of a result, for example `QUEUE_FULL`; the same in every language. `UNKNOWN` for a number that is no
/// result.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_result_name(result: i32) -> *const c_char {
    let known = sanwang_result_t::ALL.into_iter().find(|known| *known as i32 == result);
    known.map_or(c"UNKNOWN", sanwang_result_t::name).as_ptr()
}

/// The result that the failed call returned; SANWANG_OK for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_code(error: *const sanwang_error_t) -> sanwang_result_t {
    look!(error, SANWANG_OK, |e: &sanwang_error_t| e.code)
}

/// The name of the result, for example `QUEUE_FULL`; `OK` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_name(error: *const sanwang_error_t) -> *const c_char {
    look!(error, SANWANG_OK.name().as_ptr(), |e: &sanwang_error_t| e.code.name().as_ptr())
}

/// What is wrong and what to do, in words; empty for NULL. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_message(error: *const sanwang_error_t) -> *const c_char {
    look!(error, c"".as_ptr(), |e: &sanwang_error_t| e.message.as_ptr())
}

/// The setting or field at fault, for example `service_id` or `receiver`; NULL where none is, and for NULL. Valid
/// until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_field(error: *const sanwang_error_t) -> *const c_char {
    look!(error, null(), |e: &sanwang_error_t| e.field.as_ref().map_or(null(), |field| field.as_ptr()))
}

/// 1: the same call may succeed later. 0: it will not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_retriable(error: *const sanwang_error_t) -> i32 {
    look!(error, 0, |e: &sanwang_error_t| i32::from(e.retriable))
}

/// Frees an error. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_error_free(error: *mut sanwang_error_t) {
    free!(error);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_fixed() {
        let numbers: Vec<i32> = sanwang_result_t::ALL.iter().map(|r| *r as i32).collect();
        let fixed = [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 40, 41, 42, 43, 44, 45, 46,
            47, 48, 49, 50, 51,
        ];
        assert_eq!(numbers, fixed, "a number that was published keeps its meaning");
    }

    #[test]
    fn send_errors_keep_their_names() {
        let s = String::new;
        let errors = [
            SendError::BadReceiver(s()),
            SendError::BadCoding(s()),
            SendError::TooLong(s()),
            SendError::Empty,
            SendError::BadSetting(SettingError::PerMessage { key: "rate" }),
            SendError::NoRoute(s()),
            SendError::QueueFull(s()),
            SendError::NotConnected(s(), s()),
            SendError::Closed,
            SendError::WouldDeadlock,
            SendError::Forked,
        ];
        for error in errors {
            let (name, retriable) = (error.name(), error.retriable());
            let field = error.field().map(str::to_owned);
            let failure = Failure::from(error);
            assert_eq!(failure.code().name().to_str(), Ok(name));
            assert_eq!((failure.retriable, failure.field), (retriable, field));
        }
    }
}
