//! How a ticket ended.

use crate::names::sanwang_status_t;
use crate::view::{Cached, Held};
use sanwang_core::Outcome;
use sanwang_core::message::SegmentOutcome;
use std::ffi::c_char;
use std::ptr::null;
use std::sync::OnceLock;

/// How a ticket ended: its one terminal event.
#[derive(Debug)]
pub struct sanwang_outcome_t {
    data: Held<Outcome>,
    account: Cached,
    reference: Cached,
    receiver: Cached,
    text: Cached,
    /// Made when a segment is asked about: few handlers do.
    segments: OnceLock<Box<[SegmentTexts]>>,
}

#[derive(Debug, Default)]
struct SegmentTexts {
    message_id: Cached,
    stat: Cached,
    error: Cached,
}

impl sanwang_outcome_t {
    pub(crate) fn new(data: Held<Outcome>) -> Self {
        sanwang_outcome_t {
            data,
            account: Cached::default(),
            reference: Cached::default(),
            receiver: Cached::default(),
            text: Cached::default(),
            segments: OnceLock::new(),
        }
    }

    fn segment(&self, index: usize) -> Option<(&SegmentOutcome, &SegmentTexts)> {
        let texts = self
            .segments
            .get_or_init(|| self.data.segments.iter().map(|_| SegmentTexts::default()).collect());
        Some((self.data.segments.get(index)?, texts.get(index)?))
    }
}

macro_rules! segment {
    ($outcome:expr, $index:expr, $default:expr, $look:expr) => {{
        let index = $index;
        look!($outcome, $default, |o: &sanwang_outcome_t| o.segment(index).map_or($default, $look))
    }};
}

/// Name of the account it went through.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_account(outcome: *const sanwang_outcome_t) -> *const c_char {
    look!(outcome, null(), |o: &sanwang_outcome_t| o.account.get(|| &*o.data.account))
}

/// The ticket that the send gave out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_ticket(outcome: *const sanwang_outcome_t) -> u64 {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.ticket.as_u64())
}

/// The caller's own name for the message; NULL when it gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_reference(outcome: *const sanwang_outcome_t) -> *const c_char {
    look!(outcome, null(), |o: &sanwang_outcome_t| o.reference.get_some(o.data.reference.as_deref()))
}

/// The caller's own number for the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_user_data(outcome: *const sanwang_outcome_t) -> u64 {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.user_data)
}

/// The receiver in national form.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_receiver(outcome: *const sanwang_outcome_t) -> *const c_char {
    look!(outcome, null(), |o: &sanwang_outcome_t| o.receiver.get(|| o.data.receiver.to_string_lossy()))
}

/// How it ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_status(outcome: *const sanwang_outcome_t) -> sanwang_status_t {
    look!(outcome, sanwang_status_t::SANWANG_STATUS_NONE, |o: &sanwang_outcome_t| o.data.status.into())
}

/// The result or report code that decided it, 0 when none did.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_code(outcome: *const sanwang_outcome_t) -> u32 {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.code)
}

/// Why, in words: the code's name and meaning, the stat, or the reason of a refused login. May be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_text(outcome: *const sanwang_outcome_t) -> *const c_char {
    look!(outcome, null(), |o: &sanwang_outcome_t| o.text.get(|| o.data.text.as_str()))
}

/// 1: sending the same message again can help.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_retriable(outcome: *const sanwang_outcome_t) -> i32 {
    look!(outcome, 0, |o: &sanwang_outcome_t| i32::from(o.data.retriable))
}

/// When the send accepted it, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_accepted_at(outcome: *const sanwang_outcome_t) -> i64 {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.accepted_at)
}

/// When it was decided, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_decided_at(outcome: *const sanwang_outcome_t) -> i64 {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.decided_at)
}

/// 1: this event may have been seen before (a durable store after a crash).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_repeated(outcome: *const sanwang_outcome_t) -> i32 {
    look!(outcome, 0, |o: &sanwang_outcome_t| i32::from(o.data.repeated))
}

/// Number of segments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segments(outcome: *const sanwang_outcome_t) -> usize {
    look!(outcome, 0, |o: &sanwang_outcome_t| o.data.segments.len())
}

/// How segment `index` (from 0) ended; SANWANG_STATUS_NONE where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_status(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> sanwang_status_t {
    segment!(outcome, index, sanwang_status_t::SANWANG_STATUS_NONE, |(s, _)| s.status.into())
}

/// The gateway's id of segment `index`; empty when it gave none, NULL where there is no segment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_message_id(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> *const c_char {
    segment!(outcome, index, null(), |(s, texts)| texts.message_id.get(|| s.message_id.to_string()))
}

/// Result of the gateway's answer to segment `index`, 0 when it accepted or gave none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_result(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> u32 {
    segment!(outcome, index, 0, |(s, _)| s.result)
}

/// Stat of the final report on segment `index` (`DELIVRD` ...); empty without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_stat(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> *const c_char {
    segment!(outcome, index, null(), |(s, texts)| texts.stat.get(|| s.stat.to_string_lossy()))
}

/// Error of the final report on segment `index` (SMGP Err, SGIP ErrorCode); empty without one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_error(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> *const c_char {
    segment!(outcome, index, null(), |(s, texts)| texts.error.get(|| s.error.to_string_lossy()))
}

/// When segment `index` was written to a connection, milliseconds since 1970 UTC; 0 when never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_sent_at(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> i64 {
    segment!(outcome, index, 0, |(s, _)| s.sent_at)
}

/// When segment `index` was decided, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_segment_done_at(
    outcome: *const sanwang_outcome_t,
    index: usize,
) -> i64 {
    segment!(outcome, index, 0, |(s, _)| s.done_at)
}

/// Frees an outcome that sanwang_client_outcome gave. NULL is allowed. One that a handler or an event lends is
/// not the caller's to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_outcome_free(outcome: *mut sanwang_outcome_t) {
    free!(outcome);
}
