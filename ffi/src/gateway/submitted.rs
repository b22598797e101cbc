//! Messages towards phones, as a gateway gets them.

use crate::view::{Cached, Held, octets, terminated};
use sanwang_core::message::SubmitRequest;
use sanwang_core::wire::Value;
use std::ffi::{CStr, CString, c_char};
use std::ptr::null;
use std::sync::OnceLock;

/// A message towards a phone, or one segment of it, that came to a gateway.
#[derive(Debug)]
pub struct sanwang_submit_event_t {
    data: Held<SubmitRequest>,
    account: Cached,
    message_id: Cached,
    sender: Cached,
    text: Cached,
    link_id: Cached,
    protocol: Cached,
    receivers: OnceLock<Box<[CString]>>,
    fields: OnceLock<Box<[(&'static str, CString)]>>,
}

impl sanwang_submit_event_t {
    pub(crate) fn new(data: Held<SubmitRequest>) -> Self {
        sanwang_submit_event_t {
            data,
            account: Cached::default(),
            message_id: Cached::default(),
            sender: Cached::default(),
            text: Cached::default(),
            link_id: Cached::default(),
            protocol: Cached::default(),
            receivers: OnceLock::new(),
            fields: OnceLock::new(),
        }
    }

    pub(crate) fn data(&self) -> &SubmitRequest {
        &self.data
    }

    fn receiver(&self, index: usize) -> *const c_char {
        let all = self.receivers.get_or_init(|| {
            self.data.receivers.iter().map(|r| terminated(r.to_string_lossy().into_owned())).collect()
        });
        all.get(index).map_or(null(), |receiver| receiver.as_ptr())
    }

    fn field(&self, name: &CStr) -> *const c_char {
        let all = self.fields.get_or_init(|| {
            // The newest layout has the fields of all.
            let versions = self.data.pdu.protocol().versions();
            let fields = versions.last().map(|version| self.data.pdu.fields(*version)).unwrap_or_default();
            fields.into_iter().filter_map(|f| Some((f.name, terminated(shown(f.value)?)))).collect()
        });
        let found = all.iter().find(|(known, _)| known.as_bytes() == name.to_bytes());
        found.map_or(null(), |(_, value)| value.as_ptr())
    }
}

/// A field's value as a text, where it has one.
fn shown(value: Value) -> Option<String> {
    Some(match value {
        Value::Int(number) => number.to_string(),
        Value::Flag(flag) => u8::from(flag).to_string(),
        Value::Text(text) => text,
        Value::Octets(octets) => octets.iter().map(|octet| format!("{octet:02x}")).collect(),
        _ => return None,
    })
}

/// Name of the account that sent it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_account(
    submit: *const sanwang_submit_event_t,
) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.account.get(|| &*s.data.account))
}

/// The account's protocol: `cmpp`, `sgip` or `smgp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_protocol(
    submit: *const sanwang_submit_event_t,
) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.protocol.get(|| s.data.pdu.protocol().name()))
}

/// The connection it came on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_connection(submit: *const sanwang_submit_event_t) -> u32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| s.data.connection)
}

/// When it came, milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_time(submit: *const sanwang_submit_event_t) -> i64 {
    look!(submit, 0, |s: &sanwang_submit_event_t| s.data.time)
}

/// The token for sanwang_gateway_answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_token(submit: *const sanwang_submit_event_t) -> u64 {
    look!(submit, 0, |s: &sanwang_submit_event_t| s.data.token.as_u64())
}

/// The id that the gateway gives it when it is accepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_message_id(
    submit: *const sanwang_submit_event_t,
) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.message_id.get(|| s.data.message_id.to_string()))
}

/// The access number it is sent from.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_sender(submit: *const sanwang_submit_event_t) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.sender.get(|| s.data.sender.to_string_lossy()))
}

/// Number of receivers: 1, unless the SP puts several into one submit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_receivers(submit: *const sanwang_submit_event_t) -> usize {
    look!(submit, 0, |s: &sanwang_submit_event_t| s.data.receivers.len())
}

/// Receiver `index`, from 0, as the submit writes it; NULL where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_receiver(
    submit: *const sanwang_submit_event_t,
    index: usize,
) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.receiver(index))
}

/// The data coding octet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_coding(submit: *const sanwang_submit_event_t) -> u32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| u32::from(s.data.coding.0))
}

/// 1: the content begins with a user data header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_has_udh(submit: *const sanwang_submit_event_t) -> i32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| i32::from(s.data.has_udh))
}

/// The content, with its user data header.
/// `len`, where not NULL, becomes the number of octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_content(
    submit: *const sanwang_submit_event_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(submit, null(), |s: &sanwang_submit_event_t| octets(&s.data.content, len))
}

/// The content without its user data header; all of it when the header makes no sense.
/// `len`, where not NULL, becomes the number of octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_payload(
    submit: *const sanwang_submit_event_t,
    len: *mut usize,
) -> *const u8 {
    put!(len, 0);
    look!(submit, null(), |s: &sanwang_submit_event_t| octets(s.data.payload(), len))
}

/// The text of this segment, or of all parts of a joined submit; NULL for binary content. A character U+0000 in it is given as U+FFFD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_text(submit: *const sanwang_submit_event_t) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.text.get_some(s.data.text()))
}

/// 1: a status report is wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_wants_report(submit: *const sanwang_submit_event_t) -> i32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| i32::from(s.data.report))
}

/// Segments that the message has in all, from 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_segments(submit: *const sanwang_submit_event_t) -> u32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| u32::from(s.data.segments))
}

/// Which segment this is, from 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_segment(submit: *const sanwang_submit_event_t) -> u32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| u32::from(s.data.segment))
}

/// Number of parts it was joined from (`join=yes` of the listener); 0: it was not joined. Its content is that of all
/// parts without their headers, and its answer goes to all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_parts(submit: *const sanwang_submit_event_t) -> usize {
    look!(submit, 0, |s: &sanwang_submit_event_t| s.data.joined.as_ref().map_or(0, |j| j.parts.len()))
}

/// 0: parts of a joined submit are missing, because they did not come in time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_is_complete(submit: *const sanwang_submit_event_t) -> i32 {
    look!(submit, 0, |s: &sanwang_submit_event_t| i32::from(
        s.data.joined.as_ref().is_none_or(|j| j.complete)
    ))
}

/// LinkID of an on-demand service; may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_link_id(
    submit: *const sanwang_submit_event_t,
) -> *const c_char {
    look!(submit, null(), |s: &sanwang_submit_event_t| s.link_id.get(|| s.data.link_id.to_string_lossy()))
}

/// A field of the submit by its name in the protocol, in snake case: `service_id`, `fee_type`, `valid_time` ...
/// Numbers are decimal, octets hexadecimal. NULL: no such field, or one that is a list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_field(
    submit: *const sanwang_submit_event_t,
    name: *const c_char,
) -> *const c_char {
    if name.is_null() {
        return null();
    }
    // SAFETY: rule 2.
    let name = unsafe { CStr::from_ptr(name) };
    look!(submit, null(), |s: &sanwang_submit_event_t| s.field(name))
}
