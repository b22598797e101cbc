//! The SP's client: opening, waiting, looking, ending.

use crate::boundary::{Grows, millis, print_to};
use crate::config::sanwang_config_t;
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::event::sanwang_event_t;
use crate::fork::Birth;
use crate::handlers::{Handlers, sanwang_client_handlers_t};
use crate::outcome::sanwang_outcome_t;
use crate::view::Held;
use sanwang_core::{Client, ClientBuilder, Counters, EventKinds, Left, Ticket};
use std::ffi::c_char;
use std::ptr::null_mut;
use std::sync::Arc;

/// An SP's client: one or more accounts, and the messages that go through them. Every thread may use it, until it
/// is freed.
#[derive(Debug)]
pub struct sanwang_client_t {
    client: Arc<Client>,
    handlers: Arc<Handlers>,
    polls: bool,
    birth: Birth,
}

/// What a close left behind. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_left_t {
    /// Tickets never written to a connection.
    pub abandoned: u64,
    /// Tickets written without answer.
    pub in_doubt: u64,
    /// Tickets accepted whose report was open.
    pub no_report: u64,
}

// SAFETY: integers of eight octets.
unsafe impl Grows for sanwang_left_t {}

/// What an account counted since the client was opened. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_counters_t {
    /// Segments written.
    pub sent: u64,
    /// Answers that accepted.
    pub accepted: u64,
    /// Answers that refused for good.
    pub rejected: u64,
    /// Answers that asked to slow down.
    pub congested: u64,
    /// Requests without answer in time.
    pub unanswered: u64,
    /// Answers after their time.
    pub late: u64,
    /// Reports that came.
    pub reports: u64,
    /// Reports that no message of ours is known for.
    pub reports_unmatched: u64,
    /// Deliver PDUs that came.
    pub delivers: u64,
    /// Requests answered by `ack_within` because the application had not.
    pub acked_unhandled: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that were refused.
    pub refusals: u64,
    /// Sessions that ended otherwise than in order.
    pub breaks: u64,
    /// Frames that could not be used.
    pub troubles: u64,
    /// Tickets decided.
    pub outcomes: u64,
    /// Gateway digests that were all zero.
    pub empty_digests: u64,
    /// Submit PDUs that came to a gateway.
    pub submits: u64,
    /// Requests refused as busy because the peer had more than `inbound_window` open at once.
    pub refused_busy: u64,
    /// Requests written again after silence (`resend`).
    pub resent: u64,
    /// Submits refused at a gateway because more came than `rate` allows.
    pub refused_rate: u64,
}

// SAFETY: integers of eight octets.
unsafe impl Grows for sanwang_counters_t {}

macro_rules! add_up {
    ($all:ident, $one:ident: $($field:ident)+) => {
        sanwang_counters_t { $($field: $all.$field + $one.$field,)+ }
    };
}

impl sanwang_counters_t {
    pub(crate) fn zero() -> Self {
        // SAFETY: the promise of `Grows`.
        unsafe { std::mem::zeroed() }
    }

    pub(crate) fn plus(self, one: Counters) -> Self {
        add_up!(self, one: sent accepted rejected congested unanswered late reports reports_unmatched delivers
            acked_unhandled logins refusals breaks troubles outcomes empty_digests submits refused_busy resent
            refused_rate)
    }
}

impl sanwang_client_t {
    fn open(builder: ClientBuilder, handlers: Arc<Handlers>) -> Result<Self, Failure> {
        let birth = Birth::now();
        let polled = handlers.polled()?;
        let kinds = handlers.kinds();
        let builder = match polled {
            Some(kinds) => builder.polled(kinds),
            None if kinds == EventKinds::default() => builder,
            None => {
                let handlers = handlers.clone();
                builder.on_event_later(kinds, move |event| handlers.handle(event))
            }
        };
        let builder = if handlers.defers() {
            let handlers = handlers.clone();
            builder.on_deliver_later(move |deliver| handlers.deliver(deliver))
        } else {
            builder
        };
        let client = Arc::new(builder.open()?);
        Ok(sanwang_client_t { client, handlers, polls: polled.is_some(), birth })
    }

    /// The client, unless this is a child of the process that opened it.
    pub(crate) fn alive(&self) -> Result<&Client, Failure> {
        self.birth.check()?;
        Ok(&self.client)
    }
}

impl Drop for sanwang_client_t {
    fn drop(&mut self) {
        if self.birth.is_forked() {
            // The parent's threads may have held locks of the client: a child leaves it alone.
            std::mem::forget(self.client.clone());
            std::mem::forget(self.handlers.clone());
        } else {
            self.handlers.end();
        }
    }
}

/// The caller's handlers. From here on `user_free` is called, whatever happens.
unsafe fn taken(
    handlers: *const sanwang_client_handlers_t,
    handlers_size: usize,
) -> Result<Arc<Handlers>, Failure> {
    if handlers.is_null() {
        // SAFETY: the promise of `Grows`.
        return Ok(Arc::new(Handlers::new(unsafe { std::mem::zeroed() })));
    }
    Ok(Arc::new(Handlers::new(given!(handlers, handlers_size))))
}

/// Opens a client with one account, given by its URL. Checks settings and returns; it does not wait for the
/// network: sanwang_client_wait_online does. Handlers may run before this has stored the client in `out`.
///
/// `handlers` may be NULL, with size 0: outcomes can be asked for by ticket then. SANWANG_BAD_SETTING: the URL is
/// wrong. SANWANG_SYSTEM: no thread, listening address or secret file. Where it fails, `out` becomes NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_open(
    out: *mut *mut sanwang_client_t,
    url: *const c_char,
    handlers: *const sanwang_client_handlers_t,
    handlers_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        // SAFETY: rule 3.
        let handlers = unsafe { taken(handlers, handlers_size) }?;
        need_place!(out);
        give!(out, sanwang_client_t::open(Client::builder().account(need_text!(url)), handlers)?);
        Ok(())
    })
}

/// Opens a client with the accounts, routes and settings of a configuration, as sanwang_client_open does. The
/// configuration is not consumed.
///
/// SANWANG_BAD_CONFIG: it has no account, or a route names one that it does not have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_open_config(
    out: *mut *mut sanwang_client_t,
    config: *const sanwang_config_t,
    handlers: *const sanwang_client_handlers_t,
    handlers_size: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(out, null_mut());
        // SAFETY: rule 3.
        let handlers = unsafe { taken(handlers, handlers_size) }?;
        need_place!(out);
        give!(out, sanwang_client_t::open(need!(config).builder(), handlers)?);
        Ok(())
    })
}

/// Waits until every account is online, or idle and able to dial (SGIP). A negative time is without limit.
///
/// SANWANG_REFUSED: the gateway refused the login; the message says why. SANWANG_TIMEOUT: not in time; the message
/// says where the accounts stand. SANWANG_CLOSED: closed, also meanwhile. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_wait_online(
    client: *mut sanwang_client_t,
    timeout_ms: i64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(client).alive()?.wait_online(millis(timeout_ms))?;
        Ok(())
    })
}

/// Waits until every ticket has its outcome and the handlers of those events have returned. A negative time is
/// without limit. SANWANG_TIMEOUT: not in time. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_wait(
    client: *mut sanwang_client_t,
    timeout_ms: i64,
) -> sanwang_result_t {
    call!(null_mut(), {
        match need!(client).alive()?.wait(millis(timeout_ms))? {
            true => Ok(()),
            false => Err(Failure::new(sanwang_result_t::SANWANG_TIMEOUT, "tickets are open")),
        }
    })
}

/// Gives the outcome of a ticket, waiting for it up to `timeout_ms` (negative: without limit). Free it with
/// sanwang_outcome_free. Outcomes can be asked for until 10 minutes after their event, the last 65536 of them.
///
/// SANWANG_TIMEOUT: there is none yet; `outcome` becomes NULL. SANWANG_WOULD_DEADLOCK: in a handler, when it would
/// have to wait. The ticket of the handler's own event has its outcome by then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_outcome(
    client: *mut sanwang_client_t,
    ticket: u64,
    timeout_ms: i64,
    outcome: *mut *mut sanwang_outcome_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(outcome, null_mut());
        need_place!(outcome);
        let found = need!(client).alive()?.outcome(Ticket::from_u64(ticket), millis(timeout_ms))?;
        let found = found.ok_or_else(|| {
            Failure::new(sanwang_result_t::SANWANG_TIMEOUT, format!("ticket {ticket} has no outcome yet"))
        })?;
        give!(outcome, sanwang_outcome_t::new(Held::Shared(found)));
        Ok(())
    })
}

/// Takes up to `cap` events of a client that was opened with `poll_kinds`, waiting up to `timeout_ms` for the first
/// (negative: without limit; 0: not at all). Free each with sanwang_event_free. Several threads may poll.
///
/// Gives the number of events in `out`; 0: none in time; negative: a sanwang_result_t with a minus sign.
/// -SANWANG_CLOSED: the client is closed, and no events are left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_poll(
    client: *mut sanwang_client_t,
    out: *mut *mut sanwang_event_t,
    cap: usize,
    timeout_ms: i64,
) -> i32 {
    let mut count = 0;
    let result = call!(null_mut(), {
        need_place!(out);
        let own = need!(client);
        let client = own.alive()?;
        if !own.polls || cap == 0 {
            return Err(Failure::argument("the client has no poll_kinds, or cap is 0"));
        }
        let events = client.poll(cap.min(i32::MAX as usize), millis(timeout_ms));
        let events = events.ok_or_else(|| Failure::from(sanwang_core::SendError::Closed))?;
        let events = events.into_iter().map(|e| (e, Arc::downgrade(&own.client)));
        // SAFETY: rule 3: there is room for `cap` pointers, and no more events than that came.
        count = unsafe { sanwang_event_t::give(events, own.birth, out) };
        Ok(())
    });
    if result == sanwang_result_t::SANWANG_OK { count } else { -(result as i32) }
}

/// Says where an account stands. `account` NULL: the first. `state`, where not NULL, becomes a sanwang_state_t.
/// `reason`, where not NULL, gets why, in words, cut to `reason_size` octets with the NUL at its end.
///
/// SANWANG_NOT_FOUND: no such account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_state(
    client: *mut sanwang_client_t,
    account: *const c_char,
    state: *mut i32,
    reason: *mut c_char,
    reason_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let client = need!(client).alive()?;
        let first = client.accounts().next();
        let name = text!(account).or(first.as_deref()).unwrap_or_default();
        let (link, why) = client.state(name).ok_or_else(|| unknown(name))?;
        put!(state, crate::names::sanwang_state_t::from(link) as i32);
        if !reason.is_null() && reason_size > 0 {
            let end = (0..reason_size.min(why.len() + 1)).rev().find(|at| why.is_char_boundary(*at));
            let why = why.get(..end.unwrap_or(0)).unwrap_or_default();
            // SAFETY: rule 3: there is room for `reason_size` octets, and `why` and its NUL are no more.
            unsafe {
                std::ptr::copy_nonoverlapping(why.as_ptr(), reason.cast(), why.len());
                reason.add(why.len()).write(0);
            }
        }
        Ok(())
    })
}

/// Says what an account has counted. `account` NULL: all accounts, added up. SANWANG_NOT_FOUND: no such account.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_counters(
    client: *mut sanwang_client_t,
    account: *const c_char,
    counters: *mut sanwang_counters_t,
    counters_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let client = need!(client).alive()?;
        let zero = sanwang_counters_t::zero();
        let sum = match text!(account) {
            Some(name) => zero.plus(client.counters(name).ok_or_else(|| unknown(name))?),
            None => client
                .accounts()
                .filter_map(|name| client.counters(&name))
                .fold(zero, sanwang_counters_t::plus),
        };
        fill!(counters, counters_size, sum);
        Ok(())
    })
}

/// The metrics of all accounts in the text format of Prometheus (docs/metrics.md): counters, queues, windows, and how
/// long segments were held back. Writes as much as `page_size` octets hold, with a NUL at the end, and gives the length
/// of the whole page without the NUL, as snprintf does: where that is not below `page_size`, it was cut off. `page` may
/// be NULL with size 0. 0 for NULL and in a forked child.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_metrics(
    client: *const sanwang_client_t,
    page: *mut c_char,
    page_size: usize,
) -> usize {
    look!(client, 0, |c: &sanwang_client_t| {
        let page_of = |client: &Client| sanwang_core::metrics::prometheus(&client.metrics());
        let text = c.alive().map_or_else(|_| String::new(), page_of);
        // SAFETY: rule 3: there is room for that many octets.
        unsafe { print_to(&text, page, page_size) }
    })
}

pub(crate) fn unknown(account: &str) -> Failure {
    Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, format!("no account is called {account:?}"))
}

/// Number of tickets whose outcome has not been handled; 0 for NULL and in a forked child.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_open_tickets(client: *const sanwang_client_t) -> u64 {
    look!(client, 0, |c: &sanwang_client_t| c.alive().map_or(0, |client| client.open_tickets() as u64))
}

/// Ends the client: no new messages; queued ones and answers until the deadline (negative: without limit); then
/// what is left is decided and counted in `left`, which may be NULL with size 0. Returns after the last handler or
/// at the deadline. Closing twice is no error. SANWANG_WOULD_DEADLOCK: in a handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_close(
    client: *mut sanwang_client_t,
    deadline_ms: i64,
    left: *mut sanwang_left_t,
    left_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        let Left { abandoned, in_doubt, no_report } = need!(client).alive()?.close(millis(deadline_ms))?;
        if !left.is_null() {
            fill!(left, left_size, sanwang_left_t { abandoned, in_doubt, no_report });
        }
        Ok(())
    })
}

/// Frees a client. Never waits: what is not decided by then ends without outcome, so close it first. After this no
/// handler starts; one that still runs may finish but not use the client any more. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_free(client: *mut sanwang_client_t) {
    free!(client);
}
