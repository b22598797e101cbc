//! Messages from phones.

use crate::view::{Cached, Held, octets};
use sanwang_core::message::Deliver;
use std::ffi::c_char;
use std::ptr::null;

/// A message from a phone (MO), joined from its parts.
#[derive(Debug)]
pub struct sanwang_deliver_t {
    data: Held<Deliver>,
    account: Cached,
    sender: Cached,
    receiver: Cached,
    message_id: Cached,
    text: Cached,
    link_id: Cached,
    service_id: Cached,
}

impl sanwang_deliver_t {
    pub(crate) fn new(data: Held<Deliver>) -> Self {
        sanwang_deliver_t {
            data,
            account: Cached::default(),
            sender: Cached::default(),
            receiver: Cached::default(),
            message_id: Cached::default(),
            text: Cached::default(),
            link_id: Cached::default(),
            service_id: Cached::default(),
        }
    }

    pub(crate) fn data(&self) -> &Deliver {
        &self.data
    }
}

/// Name of the account it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_account(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.account.get(|| &*d.data.account))
}

/// The connection its last part came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_connection(deliver: *const sanwang_deliver_t) -> u32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| d.data.connection)
}

/// When its last part came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_time(deliver: *const sanwang_deliver_t) -> i64 {
    look!(deliver, 0, |d: &sanwang_deliver_t| d.data.time)
}

/// The token for sanwang_client_handled; 0 when it has been answered already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_token(deliver: *const sanwang_deliver_t) -> u64 {
    look!(deliver, 0, |d: &sanwang_deliver_t| d.data.token.as_u64())
}

/// The phone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_sender(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.sender.get(|| d.data.sender.to_string_lossy()))
}

/// The access number it was sent to, with its extension.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_receiver(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.receiver.get(|| d.data.receiver.to_string_lossy()))
}

/// The gateway's id of its last part.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_message_id(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.message_id.get(|| d.data.message_id.to_string()))
}

/// The text; NULL for binary content. A character U+0000 in it is given as U+FFFD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_text(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.text.get_some(d.data.text.as_deref()))
}

/// The octets, without user data headers.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_octets(
    deliver: *const sanwang_deliver_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(deliver, null(), |d: &sanwang_deliver_t| octets(&d.data.octets, len))
}

/// The data coding octet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_coding(deliver: *const sanwang_deliver_t) -> u32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| u32::from(d.data.coding.0))
}

/// Message class: 0 flash, 1 phone, 2 card, 3 terminal equipment; -1 when it has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_message_class(deliver: *const sanwang_deliver_t) -> i32 {
    look!(deliver, -1, |d: &sanwang_deliver_t| d.data.coding.class().map_or(-1, i32::from))
}

/// The user data header of the first part; no octets when it had none.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_udh(
    deliver: *const sanwang_deliver_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(deliver, null(), |d: &sanwang_deliver_t| octets(&d.data.udh, len))
}

/// LinkID of an on-demand service, to be sent back as the field `link_id` of the answer (sanwang_client_reply does);
/// may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_link_id(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.link_id.get(|| d.data.link_id.to_string_lossy()))
}

/// Service_Id, where the protocol has one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_service_id(deliver: *const sanwang_deliver_t) -> *const c_char {
    look!(deliver, null(), |d: &sanwang_deliver_t| d.service_id.get(|| d.data.service_id.to_string_lossy()))
}

/// Parts that came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_parts(deliver: *const sanwang_deliver_t) -> u32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| u32::from(d.data.parts))
}

/// Parts in all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_total(deliver: *const sanwang_deliver_t) -> u32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| u32::from(d.data.total))
}

/// 0: parts are missing, because their deadline passed or their reference was used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_complete(deliver: *const sanwang_deliver_t) -> i32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| i32::from(d.data.complete))
}

/// 1: every part of it was in an earlier event, and the gateway sent it again because it had no answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_repeated(deliver: *const sanwang_deliver_t) -> i32 {
    look!(deliver, 0, |d: &sanwang_deliver_t| i32::from(d.data.repeated))
}

/// The content of its last part as it came, with its user data header; no octets when the parts that came were given
/// up without a last one.
/// `len`, where not NULL, becomes their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_deliver_raw(
    deliver: *const sanwang_deliver_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(deliver, null(), |d: &sanwang_deliver_t| octets(&d.data.raw, len))
}
