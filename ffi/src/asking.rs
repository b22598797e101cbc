//! What an SP asks its carrier beside sending: the counts of a day, and to take a message back.

use crate::boundary::{Grows, millis};
use crate::client::sanwang_client_t;
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::gateway::pushes::message_id;
use crate::names::sanwang_cancellation_t;
use sanwang_core::message::{DayCounts, Query};
use sanwang_core::{AskError, Client, Ticket};
use std::ffi::c_char;

/// What a carrier counted for an SP on one day. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_day_counts_t {
    /// Messages taken from the SP.
    pub mt_messages: u32,
    /// Receivers of these messages.
    pub mt_receivers: u32,
    /// Forwarded successfully.
    pub mt_sent: u32,
    /// Waiting to be forwarded.
    pub mt_waiting: u32,
    /// Not forwarded for good.
    pub mt_failed: u32,
    /// Messages from phones delivered to the SP.
    pub mo_delivered: u32,
    /// Messages from phones that wait for the SP.
    pub mo_waiting: u32,
    /// Messages from phones not delivered for good.
    pub mo_failed: u32,
}

// SAFETY: integers of four octets.
unsafe impl Grows for sanwang_day_counts_t {}

macro_rules! same_fields {
    ($from:ident, $to:ident { $($field:ident)+ }) => {
        $to { $($field: $from.$field,)+ }
    };
}

impl From<DayCounts> for sanwang_day_counts_t {
    fn from(c: DayCounts) -> Self {
        same_fields!(c, sanwang_day_counts_t {
            mt_messages mt_receivers mt_sent mt_waiting mt_failed mo_delivered mo_waiting mo_failed
        })
    }
}

impl From<sanwang_day_counts_t> for DayCounts {
    fn from(c: sanwang_day_counts_t) -> Self {
        same_fields!(c, DayCounts {
            mt_messages mt_receivers mt_sent mt_waiting mt_failed mo_delivered mo_waiting mo_failed
        })
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        let code = sanwang_result_t::named(error.name()).unwrap_or(sanwang_result_t::SANWANG_INTERNAL);
        Failure::new(code, error.to_string())
    }
}

/// The account of this name; NULL: the first.
fn account_of(client: &Client, name: Option<&str>) -> String {
    name.map(str::to_owned).or_else(|| client.accounts().next().map(|n| n.to_string())).unwrap_or_default()
}

/// Asks the carrier what it counted for an account on one day, waiting for the answer up to `timeout_ms` (negative:
/// without limit). `account` NULL: the first. `day` is `YYYYMMDD`. `service` is the service code to count; NULL: all.
/// `counts_size` is `sizeof` the struct. Many gateways do not answer it.
///
/// SANWANG_UNSUPPORTED: SGIP has no such request. SANWANG_NOT_FOUND: no such account. SANWANG_NOT_CONNECTED,
/// SANWANG_TIMEOUT: no answer. SANWANG_WOULD_DEADLOCK: in a handler. SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_query(
    client: *mut sanwang_client_t,
    account: *const c_char,
    day: *const c_char,
    service: *const c_char,
    timeout_ms: i64,
    counts: *mut sanwang_day_counts_t,
    counts_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        need_place!(counts);
        let query = Query::new(need_text!(day), text!(service)).ok_or_else(|| {
            Failure::argument("day is not eight digits such as 20260708, or service has over 10 characters")
        })?;
        let found = client.query(&account_of(client, text!(account)), &query, millis(timeout_ms))?;
        fill!(counts, counts_size, found.into());
        Ok(())
    })
}

/// Takes a message back by its ticket. What has not been sent is not sent, whatever the protocol. Segments that the
/// gateway has accepted are cancelled there (CMPP), waiting for its answers up to `timeout_ms` (negative: without limit).
/// `result`, where not NULL, becomes a sanwang_cancellation_t.
///
/// SANWANG_UNSUPPORTED: something was sent, and the protocol cannot cancel (SGIP, SMGP). SANWANG_IN_FLIGHT: an answer is
/// awaited, cancel again after it. SANWANG_NOT_FOUND: the ticket has its outcome, or is none. SANWANG_NOT_CONNECTED,
/// SANWANG_TIMEOUT: no answer. SANWANG_WOULD_DEADLOCK: in a handler. SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_cancel(
    client: *mut sanwang_client_t,
    ticket: u64,
    timeout_ms: i64,
    result: *mut i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(result, sanwang_cancellation_t::SANWANG_CANCELLATION_NONE as i32);
        let done = need!(client).alive()?.cancel(Ticket::from_u64(ticket), millis(timeout_ms))?;
        put!(result, sanwang_cancellation_t::from(done) as i32);
        Ok(())
    })
}

/// As sanwang_client_cancel, for one segment by the id that the gateway gave it (CMPP), also one of an earlier run of
/// the program. `account` NULL: the first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_cancel_id(
    client: *mut sanwang_client_t,
    account: *const c_char,
    id: *const c_char,
    timeout_ms: i64,
    result: *mut i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(result, sanwang_cancellation_t::SANWANG_CANCELLATION_NONE as i32);
        let client = need!(client).alive()?;
        let id = message_id(need_text!(id), "id")?;
        let done = client.cancel_id(&account_of(client, text!(account)), id, millis(timeout_ms))?;
        put!(result, sanwang_cancellation_t::from(done) as i32);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_keep_their_places() {
        let counts = DayCounts {
            mt_messages: 1,
            mt_receivers: 2,
            mt_sent: 3,
            mt_waiting: 4,
            mt_failed: 5,
            mo_delivered: 6,
            mo_waiting: 7,
            mo_failed: 8,
        };
        assert_eq!(DayCounts::from(sanwang_day_counts_t::from(counts)), counts);
        assert_eq!(size_of::<sanwang_day_counts_t>(), 8 * 4);
    }

    #[test]
    fn errors_keep_their_names() {
        let s = String::new;
        let errors = [
            AskError::Unsupported(s()),
            AskError::NotFound(s()),
            AskError::Bad(s()),
            AskError::InFlight,
            AskError::NotConnected(s()),
            AskError::NoAnswer(s()),
            AskError::WouldDeadlock,
            AskError::Closed,
            AskError::Forked,
        ];
        for error in errors {
            let name = error.name();
            assert_eq!(Failure::from(error).code(), sanwang_result_t::named(name).unwrap(), "{name}");
        }
    }
}
