//! A login whose secret the application looks up, and answers from any thread.

use crate::error::{sanwang_error_t, sanwang_result_t};
use crate::view::terminated;
use sanwang_core::{Access, LoginQuestion};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// Somebody who wants to log in to a gateway, and waits for sanwang_login_answer or sanwang_login_refuse: at most
/// `login_timeout`. One thread at a time may use it. It outlives its gateway.
#[derive(Debug)]
pub struct sanwang_login_t {
    question: LoginQuestion,
    name: CString,
    address: CString,
}

impl sanwang_login_t {
    pub(crate) fn new(question: LoginQuestion) -> Self {
        let (name, address) = (question.name().to_owned(), question.peer().to_string());
        sanwang_login_t { question, name: terminated(name), address: terminated(address) }
    }
}

/// `cmpp`, `sgip` or `smgp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_login_protocol(login: *const sanwang_login_t) -> *const c_char {
    look!(login, null(), |l: &sanwang_login_t| {
        let name = match l.question.protocol() {
            sanwang_core::wire::Protocol::Cmpp => c"cmpp",
            sanwang_core::wire::Protocol::Sgip => c"sgip",
            sanwang_core::wire::Protocol::Smgp => c"smgp",
        };
        name.as_ptr()
    })
}

/// The login name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_login_name(login: *const sanwang_login_t) -> *const c_char {
    look!(login, null(), |l: &sanwang_login_t| l.name.as_ptr())
}

/// Where the connection comes from, as `host:port`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_login_address(login: *const sanwang_login_t) -> *const c_char {
    look!(login, null(), |l: &sanwang_login_t| l.address.as_ptr())
}

/// Answers a login and frees it: who knows `secret` is let in; NULL: there is no such account. Every thread may call
/// it, inside look_up_later and after it; it never blocks. Each login must be answered or refused once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_login_answer(
    login: *mut sanwang_login_t,
    secret: *const c_char,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(login);
        let access = match text!(secret) {
            Some(secret) => Access::Secret(secret.as_bytes().to_vec()),
            None => Access::Unknown,
        };
        // SAFETY: rule 1; it came out of a Box, and is given up by its owner now.
        let login = unsafe { Box::from_raw(login) };
        login.question.answer(access);
        Ok(())
    })
}

/// Refuses a login and frees it: the account is not let in now, because it is blocked or its secret cannot be asked for.
/// The SP sees the status of a wrong secret, and it does not count as one. Otherwise as sanwang_login_answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_login_refuse(
    login: *mut sanwang_login_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(login);
        // SAFETY: rule 1; it came out of a Box, and is given up by its owner now.
        let login = unsafe { Box::from_raw(login) };
        login.question.answer(Access::Refused);
        Ok(())
    })
}
