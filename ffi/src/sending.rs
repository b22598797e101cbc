//! The SP's client: sending and answering.

use crate::boundary::millis;
use crate::client::sanwang_client_t;
use crate::deliver::sanwang_deliver_t;
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::submit::sanwang_submit_t;
use sanwang_core::{SendError, SubmitRef, Ticket, Token};
use std::ffi::c_char;
use std::ptr::null_mut;
use std::time::Duration;

/// Checks, sends, gives the ticket out.
unsafe fn send(
    client: *mut sanwang_client_t,
    message: *const sanwang_submit_t,
    message_size: usize,
    timeout: Duration,
    ticket: *mut u64,
) -> Result<(), Failure> {
    put!(ticket, 0);
    let client = need!(client).alive()?;
    let message: sanwang_submit_t = given!(message, message_size);
    // SAFETY: rule 2.
    let message = unsafe { message.message() }?;
    let given_out = client.send_within(message, timeout)?;
    put!(ticket, given_out.as_u64());
    Ok(())
}

/// Stores the ticket and the result of each message, where there is room for them. What the first one says that was not
/// accepted.
unsafe fn tell_each(
    done: impl Iterator<Item = Result<Ticket, Failure>>,
    tickets: *mut u64,
    results: *mut i32,
) -> Result<(), Failure> {
    let mut first = None;
    for (index, one) in done.enumerate() {
        let (ticket, failure) = match one {
            Ok(ticket) => (ticket.as_u64(), None),
            Err(failure) => (0, Some(failure)),
        };
        let result = failure.as_ref().map_or(sanwang_result_t::SANWANG_OK, Failure::code);
        if !tickets.is_null() {
            put!(tickets.wrapping_add(index), ticket);
        }
        if !results.is_null() {
            put!(results.wrapping_add(index), result as i32);
        }
        first = first.or(failure);
    }
    first.map_or(Ok(()), Err)
}

/// Accepts a message, waiting for room in the account's queue as long as it takes; in a handler it does not wait.
/// `message_size` is `sizeof` the message. `ticket`, where not NULL, becomes the handle that outcomes and events
/// name; handlers may run before it is stored, so `reference` and `user_data` come back in every event, too.
///
/// Where it fails nothing was accepted and no outcome comes: SANWANG_BAD_RECEIVER, SANWANG_BAD_CODING,
/// SANWANG_TOO_LONG, SANWANG_EMPTY, SANWANG_BAD_SETTING: mend the message. SANWANG_NO_ROUTE, SANWANG_NOT_CONNECTED,
/// SANWANG_QUEUE_FULL (in a handler), SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_send(
    client: *mut sanwang_client_t,
    message: *const sanwang_submit_t,
    message_size: usize,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    // SAFETY: rules 1 to 3.
    call!(err, { unsafe { send(client, message, message_size, Duration::MAX, ticket) } })
}

/// Accepts a message if there is room now, else SANWANG_QUEUE_FULL. Otherwise as sanwang_client_send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_try_send(
    client: *mut sanwang_client_t,
    message: *const sanwang_submit_t,
    message_size: usize,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    // SAFETY: rules 1 to 3.
    call!(err, { unsafe { send(client, message, message_size, Duration::ZERO, ticket) } })
}

/// Accepts a message, waiting for room up to `timeout_ms` (negative: without limit), then SANWANG_QUEUE_FULL.
/// Otherwise as sanwang_client_send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_send_timeout(
    client: *mut sanwang_client_t,
    message: *const sanwang_submit_t,
    message_size: usize,
    timeout_ms: i64,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    // SAFETY: rules 1 to 3.
    call!(err, { unsafe { send(client, message, message_size, millis(timeout_ms), ticket) } })
}

/// Accepts `count` messages, waiting for room up to `timeout_ms` in all (negative: without limit): faster than sending
/// them one by one, with one lock and one wake-up an account. `messages` is an array, and `message_size` is `sizeof` one
/// of them. `tickets` and `results`, where not NULL, have room for `count` each: message by message they become the
/// ticket (0: none) and the sanwang_result_t of its own. Those that find no room in time are SANWANG_QUEUE_FULL.
///
/// SANWANG_OK: all are accepted. Otherwise the result of the first that is not, and `err` says why; the others are
/// accepted or not each for itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_send_many(
    client: *mut sanwang_client_t,
    messages: *const sanwang_submit_t,
    message_size: usize,
    count: usize,
    timeout_ms: i64,
    tickets: *mut u64,
    results: *mut i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        let read = |index: usize| -> Result<SubmitRef<'_>, Failure> {
            let message = messages.cast::<u8>().wrapping_add(index.wrapping_mul(message_size));
            let message = message.cast::<sanwang_submit_t>();
            let message: sanwang_submit_t = given!(message, message_size);
            // SAFETY: rule 2.
            unsafe { message.message() }
        };
        if messages.is_null() && count > 0 {
            return Err(Failure::null("messages"));
        }
        let mut good = Vec::new();
        // Those that cannot be read keep their place.
        let places: Vec<Result<(), Failure>> = (0..count).map(|at| read(at).map(|m| good.push(m))).collect();
        let mut sent = client.send_many_within(good, millis(timeout_ms)).into_iter();
        let done = places.into_iter().map(|place| {
            place.and_then(|()| sent.next().unwrap_or(Err(SendError::Closed)).map_err(Failure::from))
        });
        // SAFETY: rule 3.
        unsafe { tell_each(done, tickets, results) }
    })
}

/// Accepts a message to several receivers, one ticket each with an outcome of its own. `receivers` are their numbers,
/// with NULL at the end; the receiver of the message is not used and may be NULL. Where the account's `max_receivers` is
/// above 1, receivers of one account share submits; a submit that is refused goes again, one receiver at a time. Waits
/// for room up to `timeout_ms` (negative: without limit).
///
/// `tickets` and `results`, where not NULL, have room for one element a receiver: its ticket, or 0, and its
/// sanwang_result_t. The others are sent although one is not accepted; what this returns, and what `err` says, is
/// about the first one that was not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_send_to_all(
    client: *mut sanwang_client_t,
    receivers: *const *const c_char,
    message: *const sanwang_submit_t,
    message_size: usize,
    timeout_ms: i64,
    tickets: *mut u64,
    results: *mut i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let client = need!(client).alive()?;
        let receivers = texts!(receivers);
        if receivers.is_empty() {
            return Err(Failure::argument("receivers is empty: give numbers, with NULL at the end"));
        }
        let mut message: sanwang_submit_t = given!(message, message_size);
        message.receiver = c"".as_ptr();
        // SAFETY: rule 2.
        let message = unsafe { message.message() }?;
        let sent = client.send_to_all_within(&receivers, message, millis(timeout_ms));
        // SAFETY: rule 3.
        unsafe { tell_each(sent.into_iter().map(|one| one.map_err(Failure::from)), tickets, results) }
    })
}

/// Answers a message from a phone with a text: on the same account, from the access number it was sent to with its
/// extension, with its LinkID, whatever the routes say. Otherwise as sanwang_client_send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_reply(
    client: *mut sanwang_client_t,
    deliver: *const sanwang_deliver_t,
    text: *const c_char,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(ticket, 0);
        let client = need!(client).alive()?;
        let given_out = client.reply(need!(deliver).data(), need_text!(text))?;
        put!(ticket, given_out.as_u64());
        Ok(())
    })
}

/// Says by its token that a polled delivery or report, or a delivery that on_deliver_later has left, has been handled,
/// as sanwang_event_handled does with the event itself. A token that was answered before is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_client_handled(
    client: *mut sanwang_client_t,
    token: u64,
) -> sanwang_result_t {
    call!(null_mut(), {
        need!(client).alive()?.handled(Token::from_u64(token));
        Ok(())
    })
}
