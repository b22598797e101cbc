//! What happens to accounts: changes of their connections, input that could not be used, log lines.

use crate::names::{sanwang_log_level_t, sanwang_state_t};
use crate::view::{Cached, Held, octets};
use sanwang_core::message::{AccountState, Log, Trouble};
use std::ffi::c_char;
use std::ptr::null;

/// A change of an account's connections.
#[derive(Debug)]
pub struct sanwang_account_state_t {
    data: Held<AccountState>,
    account: Cached,
    reason: Cached,
    last_frames: Cached,
}

impl sanwang_account_state_t {
    pub(crate) fn new(data: Held<AccountState>) -> Self {
        sanwang_account_state_t {
            data,
            account: Cached::default(),
            reason: Cached::default(),
            last_frames: Cached::default(),
        }
    }
}

/// Name of the account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_account(
    state: *const sanwang_account_state_t,
) -> *const c_char {
    look!(state, null(), |s: &sanwang_account_state_t| s.account.get(|| &*s.data.account))
}

/// The connection that caused the change; 0 when none did.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_connection(state: *const sanwang_account_state_t) -> u32 {
    look!(state, 0, |s: &sanwang_account_state_t| s.data.connection)
}

/// When, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_time(state: *const sanwang_account_state_t) -> i64 {
    look!(state, 0, |s: &sanwang_account_state_t| s.data.time)
}

/// Where the account stands now; offline for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_state(
    state: *const sanwang_account_state_t,
) -> sanwang_state_t {
    look!(state, sanwang_state_t::SANWANG_STATE_OFFLINE, |s: &sanwang_account_state_t| s.data.state.into())
}

/// Connections that are logged in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_up(state: *const sanwang_account_state_t) -> u32 {
    look!(state, 0, |s: &sanwang_account_state_t| u32::from(s.data.up))
}

/// Connections that are wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_wanted(state: *const sanwang_account_state_t) -> u32 {
    look!(state, 0, |s: &sanwang_account_state_t| u32::from(s.data.wanted))
}

/// Inbound connections that are logged in (SGIP: those the gateway opened).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_inbound(state: *const sanwang_account_state_t) -> u32 {
    look!(state, 0, |s: &sanwang_account_state_t| u32::from(s.data.inbound))
}

/// Why, in words: the peer's address and version, the refusal and its code, or the network's error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_reason(
    state: *const sanwang_account_state_t,
) -> *const c_char {
    look!(state, null(), |s: &sanwang_account_state_t| s.reason.get(|| s.data.reason.as_str()))
}

/// Where a connection ended otherwise than in order: its last eight frames, both ways, one a line, the oldest first.
/// They hold neither numbers nor contents. Else "".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_account_state_last_frames(
    state: *const sanwang_account_state_t,
) -> *const c_char {
    look!(state, null(), |s: &sanwang_account_state_t| s.last_frames.get(|| s.data.last_frames.as_str()))
}

/// Input that could not be used, or a tolerated oddity worth knowing.
#[derive(Debug)]
pub struct sanwang_trouble_t {
    data: Held<Trouble>,
    account: Cached,
    reason: Cached,
    action: Cached,
}

impl sanwang_trouble_t {
    pub(crate) fn new(data: Held<Trouble>) -> Self {
        sanwang_trouble_t {
            data,
            account: Cached::default(),
            reason: Cached::default(),
            action: Cached::default(),
        }
    }
}

/// Name of the account, or the listener's address before a login.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_account(trouble: *const sanwang_trouble_t) -> *const c_char {
    look!(trouble, null(), |t: &sanwang_trouble_t| t.account.get(|| &*t.data.account))
}

/// The connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_connection(trouble: *const sanwang_trouble_t) -> u32 {
    look!(trouble, 0, |t: &sanwang_trouble_t| t.data.connection)
}

/// When, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_time(trouble: *const sanwang_trouble_t) -> i64 {
    look!(trouble, 0, |t: &sanwang_trouble_t| t.data.time)
}

/// What is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_reason(trouble: *const sanwang_trouble_t) -> *const c_char {
    look!(trouble, null(), |t: &sanwang_trouble_t| t.reason.get(|| t.data.reason.as_str()))
}

/// What was done: answered with a code, skipped, or closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_action(trouble: *const sanwang_trouble_t) -> *const c_char {
    look!(trouble, null(), |t: &sanwang_trouble_t| t.action.get(|| t.data.action.as_str()))
}

/// The octets, the first 4096 of them.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_trouble_octets(
    trouble: *const sanwang_trouble_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(trouble, null(), |t: &sanwang_trouble_t| octets(&t.data.octets, len))
}

/// A line for the log. Numbers and contents are masked.
#[derive(Debug)]
pub struct sanwang_log_t {
    data: Held<Log>,
    account: Cached,
    area: Cached,
    text: Cached,
}

impl sanwang_log_t {
    pub(crate) fn new(data: Held<Log>) -> Self {
        sanwang_log_t { data, account: Cached::default(), area: Cached::default(), text: Cached::default() }
    }
}

/// Name of the account, or the listener's address; may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_log_account(log: *const sanwang_log_t) -> *const c_char {
    look!(log, null(), |l: &sanwang_log_t| l.account.get(|| &*l.data.account))
}

/// When, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_log_time(log: *const sanwang_log_t) -> i64 {
    look!(log, 0, |l: &sanwang_log_t| l.data.time)
}

/// How much it matters; SANWANG_LOG_NONE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_log_level(log: *const sanwang_log_t) -> sanwang_log_level_t {
    look!(log, sanwang_log_level_t::SANWANG_LOG_NONE, |l: &sanwang_log_t| l.data.level.into())
}

/// Which part of the library says it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_log_area(log: *const sanwang_log_t) -> *const c_char {
    look!(log, null(), |l: &sanwang_log_t| l.area.get(|| l.data.area))
}

/// What it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_log_text(log: *const sanwang_log_t) -> *const c_char {
    look!(log, null(), |l: &sanwang_log_t| l.text.get(|| l.data.text.as_str()))
}
