//! Status reports.

use crate::view::{Cached, Held, octets};
use sanwang_core::message::Report;
use std::ffi::c_char;
use std::ptr::null;

/// A status report (回执) on one segment.
#[derive(Debug)]
pub struct sanwang_report_t {
    data: Held<Report>,
    account: Cached,
    reference: Cached,
    message_id: Cached,
    receiver: Cached,
    stat: Cached,
    error: Cached,
}

impl sanwang_report_t {
    pub(crate) fn new(data: Held<Report>) -> Self {
        sanwang_report_t {
            data,
            account: Cached::default(),
            reference: Cached::default(),
            message_id: Cached::default(),
            receiver: Cached::default(),
            stat: Cached::default(),
            error: Cached::default(),
        }
    }
}

/// Name of the account it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_account(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.account.get(|| &*r.data.account))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_connection(report: *const sanwang_report_t) -> u32 {
    look!(report, 0, |r: &sanwang_report_t| r.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_time(report: *const sanwang_report_t) -> i64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.time)
}

/// The token for sanwang_client_handled; 0 when it has been answered already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_token(report: *const sanwang_report_t) -> u64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.token.as_u64())
}

/// The message it is about; 0 when no submit of ours has its id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_ticket(report: *const sanwang_report_t) -> u64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.ticket.map_or(0, |ticket| ticket.as_u64()))
}

/// The caller's own name for the message; NULL when it gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_reference(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.reference.get_some(r.data.reference.as_deref()))
}

/// The caller's own number for the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_user_data(report: *const sanwang_report_t) -> u64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.user_data)
}

/// Which segment it is about, from 1; 0 without a ticket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_segment(report: *const sanwang_report_t) -> u32 {
    look!(report, 0, |r: &sanwang_report_t| u32::from(r.data.segment))
}

/// The gateway's id that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_message_id(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.message_id.get(|| r.data.message_id.to_string()))
}

/// The receiver as the report writes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_receiver(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.receiver.get(|| r.data.receiver.to_string_lossy()))
}

/// `DELIVRD`, `UNDELIV` ...; SGIP's states are written DELIVRD, ENROUTE and UNDELIV.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_stat(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.stat.get(|| r.data.stat.to_string_lossy()))
}

/// SMGP Err or SGIP ErrorCode; empty in CMPP.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_error(report: *const sanwang_report_t) -> *const c_char {
    look!(report, null(), |r: &sanwang_report_t| r.error.get(|| r.data.error.to_string_lossy()))
}

/// 1: it is the last word on the segment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_is_final(report: *const sanwang_report_t) -> i32 {
    look!(report, 0, |r: &sanwang_report_t| i32::from(r.data.is_final))
}

/// Its submit time, milliseconds since 1970 UTC; 0 when absent or a placeholder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_submitted_at(report: *const sanwang_report_t) -> i64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.submitted_at.unwrap_or(0))
}

/// Its done time, milliseconds since 1970 UTC; 0 when absent or a placeholder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_done_at(report: *const sanwang_report_t) -> i64 {
    look!(report, 0, |r: &sanwang_report_t| r.data.done_at.unwrap_or(0))
}

/// 1: a final report on this segment came before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_repeated(report: *const sanwang_report_t) -> i32 {
    look!(report, 0, |r: &sanwang_report_t| i32::from(r.data.repeated))
}

/// Its octets as they came.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_report_raw(report: *const sanwang_report_t, len: *mut usize) -> *const u8 {
    put!(len, 0);
    look!(report, null(), |r: &sanwang_report_t| octets(&r.data.raw, len))
}
