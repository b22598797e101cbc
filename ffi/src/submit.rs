//! The message that an application sends.

use crate::boundary::{self, Grows, octets_at};
use crate::error::{Failure, sanwang_result_t};
use crate::names::sanwang_choice_t::{SANWANG_DEFAULT, SANWANG_NO, SANWANG_YES};
use sanwang_core::text::{Coding, CodingChoice};
use sanwang_core::{BodyRef, SubmitRef};
use std::ffi::c_char;
use std::time::Duration;

/// A message to one receiver. Only `receiver` and one of `text` and `content` are required; every field that is
/// zero has its default. Fields are only ever added at the end. Everything is copied by the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_submit_t {
    /// The receiver: 11 digits, with or without `86`, `+86` or `0086`.
    pub receiver: *const c_char,
    /// The text; the library encodes and cuts it.
    pub text: *const c_char,
    /// Octets instead of text: they go out as they are.
    pub content: *const u8,
    /// Number of octets.
    pub content_len: usize,
    /// User data header of the octets with its length octet, for example port addressing.
    pub udh: *const u8,
    /// Number of octets of the header.
    pub udh_len: usize,
    /// How text becomes octets (`auto`, `cheapest`, `ascii`, `ucs2`, `gb18030` ... or a number), or what the octets
    /// are: a number or `binary`, the default there.
    pub coding: *const c_char,
    /// Access number shown to the receiver; default: the account's `sender`.
    pub sender: *const c_char,
    /// The caller's own name for the message; comes back in every event.
    pub reference: *const c_char,
    /// The caller's own number for the message; comes back in every event.
    pub user_data: u64,
    /// Name of the account to use; default: by rule or by the receiver's number segment.
    pub account: *const c_char,
    /// Carrier fields of this message: setting keys and values that alternate, and NULL at the end.
    pub fields: *const *const c_char,
    /// How many milliseconds the message may wait before it is sent. 0: as the account says; negative: no limit.
    pub valid_for_ms: i64,
    /// Whether a status report is wanted, a sanwang_choice_t.
    pub report: i32,
    /// Whether the handset shows the text at once and does not keep it, a sanwang_choice_t.
    pub flash: i32,
}

// SAFETY: pointers and integers; the last two fill the eight octets of an alignment together.
unsafe impl Grows for sanwang_submit_t {}

impl sanwang_submit_t {
    /// The message in the core's form, which lends what this points to. The caller of the C function promises rule 2 of
    /// the boundary, as long as the call lasts.
    pub(crate) unsafe fn message<'call>(&self) -> Result<SubmitRef<'call>, Failure> {
        let receiver = need_text!(self.receiver);
        // SAFETY: as this function.
        let body = unsafe {
            body(self.text, (self.content, self.content_len), (self.udh, self.udh_len), self.coding)
        }?;
        let mut fields = boundary::pairs(&texts!(self.fields), "fields")?;
        if let Some(flash) = choice("flash", self.flash)? {
            fields.push(("flash", if flash { "yes" } else { "no" }));
        }
        Ok(SubmitRef {
            receiver,
            body,
            sender: text!(self.sender),
            reference: text!(self.reference).map(Into::into),
            user_data: self.user_data,
            account: text!(self.account),
            // Octets have theirs in the body.
            coding: match self.text.is_null() {
                true => None,
                // SAFETY: as this function.
                false => unsafe { coding_of(self.coding) }?,
            },
            class: None,
            report: choice("report", self.report)?,
            valid_for: match self.valid_for_ms {
                0 => None,
                limit => Some(Duration::from_millis(limit.try_into().unwrap_or(0))),
            },
            fields,
        })
    }
}

/// Text, or octets with their coding and header. The caller of the C function promises rule 2 of the boundary, as long
/// as the call lasts.
pub(crate) unsafe fn body<'call>(
    text: *const c_char,
    (content, content_len): (*const u8, usize),
    (udh, udh_len): (*const u8, usize),
    coding: *const c_char,
) -> Result<BodyRef<'call>, Failure> {
    // SAFETY: rule 2.
    let octets = unsafe { octets_at(content, content_len, "content") }?;
    // SAFETY: as above.
    let udh = unsafe { octets_at(udh, udh_len, "udh") }?;
    match text!(text) {
        Some(_) if !octets.is_empty() => Err(Failure::argument("text and content are both given: use one")),
        Some(_) if !udh.is_empty() => Err(Failure::argument("udh goes with content, not with text")),
        Some(text) => Ok(BodyRef::Text(text)),
        None if octets.is_empty() && udh.is_empty() => Ok(BodyRef::Text("")),
        None => {
            // SAFETY: as this function.
            let coding = match unsafe { coding_of(coding) }? {
                None => Coding::BINARY,
                Some(CodingChoice::Fixed(coding)) => coding,
                Some(choice) => {
                    let text = format!("coding {choice} is for text: content takes binary or a number");
                    return Err(Failure::new(sanwang_result_t::SANWANG_BAD_CODING, text));
                }
            };
            let udh = (!udh.is_empty()).then_some(udh);
            Ok(BodyRef::Content { octets, coding, udh })
        }
    }
}

/// A coding by its name or number. The caller of the C function promises rule 2 of the boundary.
pub(crate) unsafe fn coding_of(coding: *const c_char) -> Result<Option<CodingChoice>, Failure> {
    let parsed = text!(coding).map(str::parse::<CodingChoice>).transpose();
    parsed.map_err(|error| Failure::new(sanwang_result_t::SANWANG_BAD_CODING, error.to_string()))
}

pub(crate) fn choice(name: &str, number: i32) -> Result<Option<bool>, Failure> {
    match number {
        n if n == SANWANG_DEFAULT as i32 => Ok(None),
        n if n == SANWANG_YES as i32 => Ok(Some(true)),
        n if n == SANWANG_NO as i32 => Ok(Some(false)),
        n => Err(Failure::argument(format!("{name} is {n}: use SANWANG_DEFAULT, SANWANG_YES or SANWANG_NO"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanwang_core::Submit;
    use std::mem::{offset_of, size_of, zeroed};

    fn empty() -> sanwang_submit_t {
        // SAFETY: the promise of `Grows`.
        unsafe { zeroed() }
    }

    fn message<'a>(m: &sanwang_submit_t) -> Result<SubmitRef<'a>, Failure> {
        // SAFETY: the tests give texts that end with a NUL and octets with their number.
        unsafe { m.message() }
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn fields_stay_where_they_are() {
        use sanwang_submit_t as S;
        let offsets = [
            offset_of!(S, receiver),
            offset_of!(S, text),
            offset_of!(S, content),
            offset_of!(S, content_len),
            offset_of!(S, udh),
            offset_of!(S, udh_len),
            offset_of!(S, coding),
            offset_of!(S, sender),
            offset_of!(S, reference),
            offset_of!(S, user_data),
            offset_of!(S, account),
            offset_of!(S, fields),
            offset_of!(S, valid_for_ms),
            offset_of!(S, report),
            offset_of!(S, flash),
        ];
        assert_eq!(offsets, [0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 108]);
        assert_eq!(size_of::<S>(), 112);
    }

    #[test]
    fn every_field_arrives() {
        let fields = [c"service_id".as_ptr(), c"HELP".as_ptr(), std::ptr::null()];
        let m = sanwang_submit_t {
            receiver: c"13800138000".as_ptr(),
            text: c"hello".as_ptr(),
            coding: c"ucs2".as_ptr(),
            sender: c"1065".as_ptr(),
            reference: c"order".as_ptr(),
            user_data: 7,
            account: c"mobile".as_ptr(),
            fields: fields.as_ptr(),
            valid_for_ms: 1500,
            report: SANWANG_NO as i32,
            flash: SANWANG_YES as i32,
            ..empty()
        };
        let want = Submit::to("13800138000")
            .text("hello")
            .coding(CodingChoice::Fixed(Coding::UCS2))
            .sender("1065")
            .reference("order")
            .user_data(7)
            .account("mobile")
            .valid_for(Duration::from_millis(1500))
            .report(false)
            .field("service_id", "HELP")
            .field("flash", "yes");
        assert_eq!(message(&m).ok(), Some(want.lent()));
        let no_limit = sanwang_submit_t { valid_for_ms: -1, ..m };
        assert_eq!(message(&no_limit).ok().unwrap().valid_for, Some(Duration::ZERO));
    }

    #[test]
    fn octets_arrive() {
        let (content, udh): (&[u8], &[u8]) = (&[1, 0, 2], &[6, 5, 4, 0, 80, 0, 80]);
        let m = sanwang_submit_t {
            receiver: c"13800138000".as_ptr(),
            content: content.as_ptr(),
            content_len: 3,
            udh: udh.as_ptr(),
            udh_len: 7,
            ..empty()
        };
        let want = Submit::to("13800138000").content(Coding::BINARY, content).udh(udh);
        let body = |m: sanwang_submit_t| message(&m).map(|m| m.body);
        assert_eq!(message(&m).ok(), Some(want.lent()));
        let numbered = sanwang_submit_t { coding: c"245".as_ptr(), ..m };
        assert!(matches!(body(numbered), Ok(BodyRef::Content { coding: Coding(245), .. })));
        let auto = sanwang_submit_t { coding: c"auto".as_ptr(), ..m };
        assert_eq!(body(auto).err().unwrap().code(), sanwang_result_t::SANWANG_BAD_CODING);
        let both = sanwang_submit_t { text: c"x".as_ptr(), ..m };
        assert!(body(both).err().unwrap().text().contains("both"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |m: sanwang_submit_t| message(&m).err().unwrap().text().to_owned();
        assert_eq!(said(empty()), "receiver is NULL");
        let m = sanwang_submit_t { receiver: c"1".as_ptr(), text: c"x".as_ptr(), ..empty() };
        assert!(said(sanwang_submit_t { report: 3, ..m }).starts_with("report is 3"));
        assert!(said(sanwang_submit_t { coding: c"morse".as_ptr(), ..m }).contains("morse"));
        assert!(said(sanwang_submit_t { sender: c"\xe4".as_ptr(), ..m }).contains("sender is not UTF-8"));
    }
}
