//! The gateway's answers to segments.

use crate::view::{Cached, Held};
use sanwang_core::message::Response;
use std::ffi::c_char;
use std::ptr::null;

/// The gateway's answer to one segment.
#[derive(Debug)]
pub struct sanwang_response_t {
    data: Held<Response>,
    account: Cached,
    reference: Cached,
    message_id: Cached,
    name: Cached,
}

impl sanwang_response_t {
    pub(crate) fn new(data: Held<Response>) -> Self {
        sanwang_response_t {
            data,
            account: Cached::default(),
            reference: Cached::default(),
            message_id: Cached::default(),
            name: Cached::default(),
        }
    }
}

/// Name of the account it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_account(response: *const sanwang_response_t) -> *const c_char {
    look!(response, null(), |r: &sanwang_response_t| r.account.get(|| &*r.data.account))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_connection(response: *const sanwang_response_t) -> u32 {
    look!(response, 0, |r: &sanwang_response_t| r.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_time(response: *const sanwang_response_t) -> i64 {
    look!(response, 0, |r: &sanwang_response_t| r.data.time)
}

/// The message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_ticket(response: *const sanwang_response_t) -> u64 {
    look!(response, 0, |r: &sanwang_response_t| r.data.ticket.as_u64())
}

/// The caller's own name for the message; NULL when it gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_reference(response: *const sanwang_response_t) -> *const c_char {
    look!(response, null(), |r: &sanwang_response_t| r.reference.get_some(r.data.reference.as_deref()))
}

/// The caller's own number for the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_user_data(response: *const sanwang_response_t) -> u64 {
    look!(response, 0, |r: &sanwang_response_t| r.data.user_data)
}

/// Which segment, from 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_segment(response: *const sanwang_response_t) -> u32 {
    look!(response, 0, |r: &sanwang_response_t| u32::from(r.data.segment))
}

/// Segments in all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_segments(response: *const sanwang_response_t) -> u32 {
    look!(response, 0, |r: &sanwang_response_t| u32::from(r.data.segments))
}

/// The gateway's id of the segment; empty when it gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_message_id(response: *const sanwang_response_t) -> *const c_char {
    look!(response, null(), |r: &sanwang_response_t| r.message_id.get(|| r.data.message_id.to_string()))
}

/// 0: accepted; else the carrier's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_result(response: *const sanwang_response_t) -> u32 {
    look!(response, 0, |r: &sanwang_response_t| r.data.result)
}

/// The code's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_name(response: *const sanwang_response_t) -> *const c_char {
    look!(response, null(), |r: &sanwang_response_t| r.name.get(|| r.data.name))
}

/// 1: the answer came after its time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_response_late(response: *const sanwang_response_t) -> i32 {
    look!(response, 0, |r: &sanwang_response_t| i32::from(r.data.late))
}
