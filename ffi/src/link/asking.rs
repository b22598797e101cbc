//! Requests to peers, and answers to theirs.

use super::sanwang_link_t;
use super::told::sanwang_link_reply_t;
use crate::boundary::{Grows, millis};
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use sanwang_core::wire::Seq;
use sanwang_core::{Ticket, Token};
use std::ffi::c_char;
use std::ptr::null_mut;

/// Most octets of one answer: 5,000 frames of route lists.
const LARGEST: usize = 16 << 20;

/// A sequence of SGIP: what names a message on its whole way. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_sequence_t {
    /// The node that made it.
    pub node: u32,
    /// When: MMDDHHMMSS as a number.
    pub time: u32,
    /// Its number.
    pub serial: u32,
}

// SAFETY: integers of four octets.
unsafe impl Grows for sanwang_sequence_t {}

/// The octets of a PDU.
pub(super) unsafe fn pdu_octets<'a>(pdu: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    match (pdu.is_null(), len) {
        (true, _) => Err(Failure::null("pdu")),
        (false, 0..=LARGEST) => {
            // SAFETY: rule 2, passed on by the caller.
            Ok(unsafe { std::slice::from_raw_parts(pdu, len) })
        }
        _ => Err(Failure::argument(format!("pdu_len is {len}: no PDU has more than {LARGEST} octets"))),
    }
}

/// The caller's sequence; none for NULL.
unsafe fn sequence_at(sequence: *const sanwang_sequence_t, size: usize) -> Result<Option<Seq>, Failure> {
    if sequence.is_null() {
        return Ok(None);
    }
    let given: sanwang_sequence_t = given!(sequence, size);
    Ok(Some(Seq { node: given.node, time: given.time, serial: given.serial }))
}

/// Requests something of a peer and waits for the answer up to `timeout_ms` (negative: without limit), from the call on;
/// a peer that is away is waited for within the same time. `peer` NULL: the only one. `pdu` are the octets of the frame;
/// the sequence in them is not looked at. `sequence`, with its size, is the one that a forwarded SGIP message keeps;
/// NULL with size 0: the next one. Free the reply with sanwang_link_reply_free; where this fails it becomes NULL.
///
/// SANWANG_WRONG_PDU: the octets are no PDU, or none that can be requested. SANWANG_NO_PEER. SANWANG_QUEUE_FULL,
/// SANWANG_NOT_SENT, SANWANG_NO_ANSWER, SANWANG_LOST: there is no answer. SANWANG_WOULD_DEADLOCK: in a handler; there,
/// use sanwang_link_ask. SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request(
    link: *mut sanwang_link_t,
    peer: *const c_char,
    pdu: *const u8,
    pdu_len: usize,
    sequence: *const sanwang_sequence_t,
    sequence_size: usize,
    timeout_ms: i64,
    reply: *mut *mut sanwang_link_reply_t,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(reply, null_mut());
        let link = need!(link).alive()?;
        need_place!(reply);
        let peer = text!(peer).unwrap_or_default();
        // SAFETY: rules 2 and 3.
        let (octets, seq) = unsafe { (pdu_octets(pdu, pdu_len)?, sequence_at(sequence, sequence_size)?) };
        let asked = link.read(peer, octets)?;
        let speaks = link.speaks(peer);
        let wait = millis(timeout_ms);
        let answer = match seq {
            Some(seq) => link.request_as(peer, seq, asked, wait)?,
            None => link.request(peer, asked, wait)?,
        };
        let none = Ticket::default();
        give!(reply, sanwang_link_reply_t::new(peer, none, 0, &Ok(Box::new(answer)), speaks));
        Ok(())
    })
}

/// Requests something of a peer and returns at once; the reply goes to on_reply or is polled. It may be used in a
/// handler. `user_data` comes back in the reply, and so does `ticket`, where not NULL. Otherwise as sanwang_link_request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_ask(
    link: *mut sanwang_link_t,
    peer: *const c_char,
    pdu: *const u8,
    pdu_len: usize,
    sequence: *const sanwang_sequence_t,
    sequence_size: usize,
    timeout_ms: i64,
    user_data: u64,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(ticket, 0);
        let link = need!(link).alive()?;
        let peer = text!(peer).unwrap_or_default();
        // SAFETY: rules 2 and 3.
        let (octets, seq) = unsafe { (pdu_octets(pdu, pdu_len)?, sequence_at(sequence, sequence_size)?) };
        let asked = link.read(peer, octets)?;
        let given_out = link.ask(peer, seq, asked, millis(timeout_ms), user_data)?;
        put!(ticket, given_out.as_u64());
        Ok(())
    })
}

/// Answers a request that its handler left for later, or that was polled, by its token. Otherwise as
/// sanwang_link_request_answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_answer(
    link: *mut sanwang_link_t,
    token: u64,
    pdu: *const u8,
    pdu_len: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let link = need!(link).alive()?;
        // SAFETY: rule 2.
        let octets = unsafe { pdu_octets(pdu, pdu_len) }?;
        let token = Token::from_u64(token);
        link.answer(token, link.read_answer(token, octets)?)?;
        Ok(())
    })
}

/// Refuses a request that its handler left for later, or that was polled, in the protocol's words. `busy` not 0: the
/// peer may ask again.
///
/// SANWANG_STALE: it was answered before, or is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_refuse(
    link: *mut sanwang_link_t,
    token: u64,
    busy: i32,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        need!(link).alive()?.refuse(Token::from_u64(token), busy != 0)?;
        Ok(())
    })
}
