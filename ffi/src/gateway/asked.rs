//! What SPs ask a gateway beside sending: the counts of a day, and to take a message back.

use super::sanwang_gateway_t;
use crate::asking::sanwang_day_counts_t;
use crate::error::sanwang_result_t;
use crate::view::{Cached, Held};
use sanwang_core::Token;
use sanwang_core::message::{CancelRequest, QueryRequest};
use std::ffi::c_char;
use std::ptr::{null, null_mut};

/// An SP asks for the counts of a day.
#[derive(Debug)]
pub struct sanwang_query_event_t {
    data: Held<QueryRequest>,
    account: Cached,
    day: Cached,
    service: Cached,
}

impl sanwang_query_event_t {
    pub(crate) fn new(data: Held<QueryRequest>) -> Self {
        sanwang_query_event_t {
            data,
            account: Cached::default(),
            day: Cached::default(),
            service: Cached::default(),
        }
    }
}

/// Name of the account that asks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_account(query: *const sanwang_query_event_t) -> *const c_char {
    look!(query, null(), |q: &sanwang_query_event_t| q.account.get(|| &*q.data.account))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_connection(query: *const sanwang_query_event_t) -> u32 {
    look!(query, 0, |q: &sanwang_query_event_t| q.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_time(query: *const sanwang_query_event_t) -> i64 {
    look!(query, 0, |q: &sanwang_query_event_t| q.data.time)
}

/// The token for sanwang_gateway_answer_query.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_token(query: *const sanwang_query_event_t) -> u64 {
    look!(query, 0, |q: &sanwang_query_event_t| q.data.token.as_u64())
}

/// The day, `YYYYMMDD`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_day(query: *const sanwang_query_event_t) -> *const c_char {
    look!(query, null(), |q: &sanwang_query_event_t| q.day.get(|| q.data.query.day.to_string_lossy()))
}

/// The service code to count; NULL: all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_query_event_service(query: *const sanwang_query_event_t) -> *const c_char {
    look!(query, null(), |q: &sanwang_query_event_t| {
        q.service.get_some(q.data.query.service.as_ref().map(|s| s.to_string_lossy()))
    })
}

/// An SP asks to take a message back.
#[derive(Debug)]
pub struct sanwang_cancel_event_t {
    data: Held<CancelRequest>,
    account: Cached,
    message_id: Cached,
}

impl sanwang_cancel_event_t {
    pub(crate) fn new(data: Held<CancelRequest>) -> Self {
        sanwang_cancel_event_t { data, account: Cached::default(), message_id: Cached::default() }
    }
}

/// Name of the account that asks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_cancel_event_account(
    cancel: *const sanwang_cancel_event_t,
) -> *const c_char {
    look!(cancel, null(), |c: &sanwang_cancel_event_t| c.account.get(|| &*c.data.account))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_cancel_event_connection(cancel: *const sanwang_cancel_event_t) -> u32 {
    look!(cancel, 0, |c: &sanwang_cancel_event_t| c.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_cancel_event_time(cancel: *const sanwang_cancel_event_t) -> i64 {
    look!(cancel, 0, |c: &sanwang_cancel_event_t| c.data.time)
}

/// The token for sanwang_gateway_answer: SANWANG_ACCEPT says that it is done, 1 that it is not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_cancel_event_token(cancel: *const sanwang_cancel_event_t) -> u64 {
    look!(cancel, 0, |c: &sanwang_cancel_event_t| c.data.token.as_u64())
}

/// The id that the message was given.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_cancel_event_message_id(
    cancel: *const sanwang_cancel_event_t,
) -> *const c_char {
    look!(cancel, null(), |c: &sanwang_cancel_event_t| c.message_id.get(|| c.data.message_id.to_string()))
}

/// Answers a request for counts that on_query left for later, or that was polled. `counts_size` is `sizeof` the struct.
/// A token that was answered before is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_answer_query(
    gateway: *mut sanwang_gateway_t,
    token: u64,
    counts: *const sanwang_day_counts_t,
    counts_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let gateway = need!(gateway).alive()?;
        let counts: sanwang_day_counts_t = given!(counts, counts_size);
        gateway.answer_query(Token::from_u64(token), counts.into());
        Ok(())
    })
}
