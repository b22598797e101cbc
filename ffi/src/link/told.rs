//! What a link tells: requests of its peers, and what became of its own.

use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::view::{Cached, Held, octets, terminated};
use sanwang_core::link;
use sanwang_core::wire::{AnyPdu, Protocol, Seq, Version};
use sanwang_core::{Link, LinkError, LinkRequest, Ticket};
use std::ffi::{CString, c_char};
use std::ptr::{NonNull, null};
use std::sync::{Arc, OnceLock, Weak};

/// A PDU with which a peer of a link asks for something.
#[derive(Debug)]
pub struct sanwang_link_request_t {
    data: Held<LinkRequest>,
    link: By,
    account: Cached,
    protocol: Cached,
    version: Cached,
    name: Cached,
    octets: OnceLock<Vec<u8>>,
}

/// The way to the link.
#[derive(Debug)]
enum By {
    /// In a handler, which the link outlives.
    Handler(NonNull<Link>),
    /// A polled event, which may outlive the link.
    Event(Weak<Link>),
}

// SAFETY: the pointer is used only while the handler runs; a link may be used by every thread.
unsafe impl Send for By {}
// SAFETY: as above.
unsafe impl Sync for By {}

impl sanwang_link_request_t {
    fn new(data: Held<LinkRequest>, link: By) -> Self {
        sanwang_link_request_t {
            data,
            link,
            account: Cached::default(),
            protocol: Cached::default(),
            version: Cached::default(),
            name: Cached::default(),
            octets: OnceLock::new(),
        }
    }

    /// For a handler: it must not outlive `link` and `data`.
    pub(crate) unsafe fn borrowed(link: &Link, data: &LinkRequest) -> Self {
        // SAFETY: passed on.
        Self::new(unsafe { Held::borrow(data) }, By::Handler(NonNull::from(link)))
    }

    pub(crate) fn owned(link: &Arc<Link>, data: Box<LinkRequest>) -> Self {
        Self::new(Held::Own(data), By::Event(Arc::downgrade(link)))
    }

    pub(crate) fn data(&self) -> &LinkRequest {
        &self.data
    }

    /// Answers it.
    pub(crate) fn answer(&self, pdu: AnyPdu) -> Result<(), LinkError> {
        match &self.link {
            // SAFETY: the promise of `borrowed`.
            By::Handler(link) => unsafe { link.as_ref() }.answer(self.data.token, pdu),
            By::Event(link) => link.upgrade().ok_or(LinkError::Closed)?.answer(self.data.token, pdu),
        }
    }

    fn octets(&self) -> &[u8] {
        self.octets.get_or_init(|| {
            // It was read with this layout, so it can be written with it.
            link::written(&self.data.pdu, self.data.version, self.data.seq).unwrap_or_default().to_vec()
        })
    }
}

/// Name of the peer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_peer(request: *const sanwang_link_request_t) -> *const c_char {
    look!(request, null(), |r: &sanwang_link_request_t| r.account.get(|| &*r.data.account))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_connection(request: *const sanwang_link_request_t) -> u32 {
    look!(request, 0, |r: &sanwang_link_request_t| r.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_time(request: *const sanwang_link_request_t) -> i64 {
    look!(request, 0, |r: &sanwang_link_request_t| r.data.time)
}

/// The token for sanwang_link_answer and sanwang_link_refuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_token(request: *const sanwang_link_request_t) -> u64 {
    look!(request, 0, |r: &sanwang_link_request_t| r.data.token.as_u64())
}

/// The protocol: `cmpp`, `sgip` or `smgp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_protocol(
    request: *const sanwang_link_request_t,
) -> *const c_char {
    look!(request, null(), |r: &sanwang_link_request_t| r.protocol.get(|| r.data.pdu.protocol().name()))
}

/// The version that the peer speaks, such as `3.0`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_version(
    request: *const sanwang_link_request_t,
) -> *const c_char {
    look!(request, null(), |r: &sanwang_link_request_t| r.version.get(|| r.data.version.to_string()))
}

/// The name of the PDU in snake case: `mt_route`, `fwd` ...
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_name(request: *const sanwang_link_request_t) -> *const c_char {
    look!(request, null(), |r: &sanwang_link_request_t| r.name.get(|| r.data.pdu.name()))
}

/// The octets of its frame.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_octets(
    request: *const sanwang_link_request_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(request, null(), |r: &sanwang_link_request_t| octets(r.octets(), len))
}

/// Answers a request, in its handler or while its polled event is there. `pdu` are the octets of the answer's frame,
/// whose sequence is not looked at.
///
/// SANWANG_WRONG_PDU: they are none, or the answer to something else. SANWANG_STALE: it was answered before, or is gone.
/// SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_request_answer(
    request: *const sanwang_link_request_t,
    pdu: *const u8,
    pdu_len: usize,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        let request = need!(request);
        // SAFETY: rule 2.
        let octets = unsafe { super::asking::pdu_octets(pdu, pdu_len) }?;
        let LinkRequest { version, .. } = *request.data();
        let answer = link::read(request.data().pdu.protocol(), version, octets)?;
        request.answer(answer)?;
        Ok(())
    })
}

/// What became of a request to a peer of a link.
#[derive(Debug)]
pub struct sanwang_link_reply_t {
    peer: CString,
    ticket: u64,
    user_data: u64,
    result: sanwang_result_t,
    message: CString,
    protocol: CString,
    version: CString,
    name: CString,
    octets: Vec<u8>,
}

impl sanwang_link_reply_t {
    /// `speaks`: what is spoken with the peer.
    pub(crate) fn new(
        peer: &str,
        ticket: Ticket,
        user_data: u64,
        answer: &Result<Box<AnyPdu>, LinkError>,
        speaks: Option<(Protocol, Version)>,
    ) -> Self {
        let version = speaks.map(|(_, version)| version).unwrap_or_default();
        let empty = CString::default;
        let none = sanwang_link_reply_t {
            peer: terminated(peer.to_owned()),
            ticket: ticket.as_u64(),
            user_data,
            result: sanwang_result_t::SANWANG_OK,
            message: empty(),
            protocol: empty(),
            version: empty(),
            name: empty(),
            octets: Vec::new(),
        };
        match answer {
            Ok(pdu) => sanwang_link_reply_t {
                protocol: terminated(pdu.protocol().name().to_owned()),
                version: terminated(version.to_string()),
                name: terminated(pdu.name().to_owned()),
                // It was read with this layout, so it can be written with it.
                octets: link::written(pdu, version, Seq::default()).unwrap_or_default().to_vec(),
                ..none
            },
            Err(error) => sanwang_link_reply_t {
                result: Failure::from(error.clone()).code(),
                message: terminated(error.to_string()),
                ..none
            },
        }
    }
}

/// Name of the peer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_peer(reply: *const sanwang_link_reply_t) -> *const c_char {
    look!(reply, null(), |r: &sanwang_link_reply_t| r.peer.as_ptr())
}

/// The ticket that sanwang_link_ask gave out; 0 for a reply of sanwang_link_request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_ticket(reply: *const sanwang_link_reply_t) -> u64 {
    look!(reply, 0, |r: &sanwang_link_reply_t| r.ticket)
}

/// The caller's own number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_user_data(reply: *const sanwang_link_reply_t) -> u64 {
    look!(reply, 0, |r: &sanwang_link_reply_t| r.user_data)
}

/// SANWANG_OK: there is an answer. Otherwise why not: SANWANG_NO_ANSWER, SANWANG_NOT_SENT, SANWANG_LOST ...
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_result(reply: *const sanwang_link_reply_t) -> i32 {
    look!(reply, 0, |r: &sanwang_link_reply_t| r.result as i32)
}

/// Why there is no answer, in words; empty when there is one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_message(reply: *const sanwang_link_reply_t) -> *const c_char {
    look!(reply, null(), |r: &sanwang_link_reply_t| r.message.as_ptr())
}

/// The protocol: `cmpp`, `sgip` or `smgp`; empty without an answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_protocol(reply: *const sanwang_link_reply_t) -> *const c_char {
    look!(reply, null(), |r: &sanwang_link_reply_t| r.protocol.as_ptr())
}

/// The version that the peer speaks; empty without an answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_version(reply: *const sanwang_link_reply_t) -> *const c_char {
    look!(reply, null(), |r: &sanwang_link_reply_t| r.version.as_ptr())
}

/// The name of the PDU in snake case; empty without an answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_name(reply: *const sanwang_link_reply_t) -> *const c_char {
    look!(reply, null(), |r: &sanwang_link_reply_t| r.name.as_ptr())
}

/// The octets of the answer's frame; SGIP's QueryRoute_Resp may have several, one behind the other.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_octets(
    reply: *const sanwang_link_reply_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(reply, null(), |r: &sanwang_link_reply_t| octets(&r.octets, len))
}

/// Frees a reply of sanwang_link_request. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_link_reply_free(reply: *mut sanwang_link_reply_t) {
    free!(reply);
}
