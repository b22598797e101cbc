//! What a gateway says to its SPs: answers, status reports, messages from phones.

use super::handlers::SANWANG_LATER;
use super::sanwang_gateway_t;
use super::submitted::sanwang_submit_event_t;
use crate::boundary::Grows;
use crate::error::{Failure, sanwang_error_t, sanwang_result_t};
use crate::submit::{body, choice, coding_of};
use sanwang_core::wire::{MsgId, Protocol, Text};
use sanwang_core::{Body, MoMessage, StatusReport, Token};
use std::ffi::c_char;
use std::ptr::null_mut;
use std::time::Duration;

/// What a status report says about the submit it is on: plain memory to copy, keep and store, filled by
/// sanwang_submit_event_ref or by hand. It stays good when the event and even the gateway are gone: a gateway that
/// is opened later can report on it. Texts end with a NUL. Fields are only ever added at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_submit_ref_t {
    /// Name of the account.
    pub account: [c_char; 64],
    /// The id that the submit was given, as sanwang_submit_event_message_id writes it.
    pub message_id: [c_char; 40],
    /// The receiver that the report is on.
    pub receiver: [c_char; 40],
    /// The access number it was sent from.
    pub sender: [c_char; 40],
    /// When it came, milliseconds since 1970 UTC.
    pub time: i64,
    /// The first octets of its content, which SMGP repeats in reports.
    pub excerpt: [u8; 20],
    /// Number of octets in `excerpt`.
    pub excerpt_len: u32,
}

// SAFETY: integers and arrays of octets; the last two fields are three times the eight octets of an alignment.
unsafe impl Grows for sanwang_submit_ref_t {}

/// A message from a phone, to be pushed to an SP. `sender`, `receiver` and one of `text` and `content` are required;
/// every field that is zero has its default. Fields are only ever added at the end. Everything is copied by the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct sanwang_mo_t {
    /// The phone.
    pub sender: *const c_char,
    /// The access number it wrote to.
    pub receiver: *const c_char,
    /// What it wrote; the library encodes and cuts it.
    pub text: *const c_char,
    /// How the text becomes octets (`auto`, `ucs2`, `gb18030` ...), by default as the listener's `coding` says; or what
    /// the octets are: a number or `binary`, the default there.
    pub coding: *const c_char,
    /// LinkID of an on-demand service.
    pub link_id: *const c_char,
    /// Service_Id.
    pub service_id: *const c_char,
    /// The caller's own name for it; comes back in its outcome.
    pub reference: *const c_char,
    /// Octets instead of text: they go out as they are.
    pub content: *const u8,
    /// Number of octets.
    pub content_len: usize,
    /// User data header of the octets with its length octet, for example port addressing.
    pub udh: *const u8,
    /// Number of octets of the header.
    pub udh_len: usize,
    /// Whether it is a flash message (class 0), a sanwang_choice_t.
    pub flash: i64,
}

// SAFETY: pointers and integers of eight octets.
unsafe impl Grows for sanwang_mo_t {}

/// Stores a text in an array, with the NUL that ends it. `false`: it is too long.
fn store<const N: usize>(to: &mut [c_char; N], octets: &[u8]) -> bool {
    if octets.len() >= N {
        return false;
    }
    for (place, octet) in to.iter_mut().zip(octets) {
        *place = octet.cast_signed() as c_char;
    }
    true
}

/// The octets of a text in an array, up to its NUL.
fn stored(from: &[c_char], name: &str) -> Result<Vec<u8>, Failure> {
    let octets: Vec<u8> = from.iter().map(|place| *place as u8).take_while(|octet| *octet != 0).collect();
    match octets.len() {
        0 => Err(Failure::argument(format!("{name} of submit is empty"))),
        len if len == from.len() => Err(Failure::argument(format!("{name} of submit has no NUL at its end"))),
        _ => Ok(octets),
    }
}

impl sanwang_submit_ref_t {
    fn of(submit: &sanwang_submit_event_t, index: usize, part: usize) -> Result<Self, Failure> {
        let data = submit.data();
        let reports = StatusReport::on_receiver(data, index, "");
        let on = reports.get(part).ok_or_else(|| {
            let (receivers, parts) = (data.receivers.len(), data.ids().count());
            let text = format!(
                "the submit has {receivers} receivers and {parts} parts, and none with the indexes {index} and {part}"
            );
            Failure::new(sanwang_result_t::SANWANG_NOT_FOUND, text)
        })?;
        // SAFETY: the promise of `Grows`.
        let mut all: sanwang_submit_ref_t = unsafe { std::mem::zeroed() };
        let fits = store(&mut all.account, data.account.as_bytes())
            && store(&mut all.message_id, on.submit.to_string().as_bytes())
            && store(&mut all.receiver, on.receiver.as_bytes())
            && store(&mut all.sender, on.sender.as_bytes());
        if !fits {
            return Err(Failure::new(sanwang_result_t::SANWANG_TOO_LONG, "the account's name is too long"));
        }
        all.time = on.submitted_at;
        for (place, octet) in all.excerpt.iter_mut().zip(&on.excerpt) {
            *place = *octet;
            all.excerpt_len += 1;
        }
        Ok(all)
    }

    /// The account and the report.
    fn report(&self, stat: &str, error: &str) -> Result<(String, StatusReport), Failure> {
        let number = |from: &[c_char], name: &str| {
            Text::from_octets(&stored(from, name)?).map_err(|_| {
                Failure::new(
                    sanwang_result_t::SANWANG_TOO_LONG,
                    format!("{name} of submit has over 32 octets"),
                )
            })
        };
        let account = String::from_utf8(stored(&self.account, "account")?)
            .map_err(|_| Failure::argument("account of submit is not UTF-8"))?;
        let id = stored(&self.message_id, "message_id")?;
        let excerpt = self.excerpt.get(..self.excerpt_len as usize).ok_or_else(|| {
            let text = format!("excerpt_len of submit is {}: excerpt has 20 octets", self.excerpt_len);
            Failure::argument(text)
        })?;
        let sender = match self.sender.first() {
            Some(0) => Text::default(),
            _ => number(&self.sender, "sender")?,
        };
        let report = StatusReport {
            submit: message_id(&String::from_utf8_lossy(&id), "message_id of submit")?,
            receiver: number(&self.receiver, "receiver")?,
            sender,
            stat: stat.to_owned(),
            error: error.to_owned(),
            submitted_at: self.time,
            excerpt: excerpt.to_vec().into(),
        };
        Ok((account, report))
    }
}

/// An id from its text form, which tells the protocol. `name` is where it stands.
pub(crate) fn message_id(text: &str, name: &str) -> Result<MsgId, Failure> {
    let protocol = match (text.len(), text.find('-')) {
        (_, Some(1..)) => Protocol::Sgip,
        (20, None) => Protocol::Smgp,
        _ => Protocol::Cmpp,
    };
    MsgId::parse(protocol, text).map_err(|error| Failure::argument(format!("{name}: {error}")))
}

/// How much later something is to be done.
fn after(after_ms: i64) -> Result<Duration, Failure> {
    let ms = u64::try_from(after_ms);
    ms.map(Duration::from_millis).map_err(|_| Failure::argument(format!("after_ms is {after_ms}: 0 is now")))
}

/// Fills in what a status report on receiver `index` (from 0) of a submit has to say, to be kept for
/// sanwang_gateway_report_on. A submit that the gateway joined takes one report a part:
/// sanwang_submit_event_part_ref. `reference_size` is `sizeof` the struct. SANWANG_NOT_FOUND: it has no such receiver.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_ref(
    submit: *const sanwang_submit_event_t,
    index: usize,
    reference: *mut sanwang_submit_ref_t,
    reference_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        fill!(reference, reference_size, sanwang_submit_ref_t::of(need!(submit), index, 0)?);
        Ok(())
    })
}

/// As sanwang_submit_event_ref, for part `part` (from 0) of a submit that the gateway joined from several.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_submit_event_part_ref(
    submit: *const sanwang_submit_event_t,
    index: usize,
    part: usize,
    reference: *mut sanwang_submit_ref_t,
    reference_size: usize,
) -> sanwang_result_t {
    call!(null_mut(), {
        fill!(reference, reference_size, sanwang_submit_ref_t::of(need!(submit), index, part)?);
        Ok(())
    })
}

/// Answers a submit or cancel that its handler left for later (SANWANG_LATER), or that was polled: SANWANG_ACCEPT, or a
/// result code of the carrier. The library never does it by itself: an SP waits for it or sends again. A token that was
/// answered before is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_answer(
    gateway: *mut sanwang_gateway_t,
    token: u64,
    result: u32,
) -> sanwang_result_t {
    call!(null_mut(), {
        let gateway = need!(gateway).alive()?;
        no_more_later(result)?;
        gateway.answer(Token::from_u64(token), result);
        Ok(())
    })
}

/// As sanwang_gateway_answer, `after_ms` from now. May be called before on_submit has returned SANWANG_LATER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_answer_after(
    gateway: *mut sanwang_gateway_t,
    token: u64,
    result: u32,
    after_ms: i64,
) -> sanwang_result_t {
    call!(null_mut(), {
        let gateway = need!(gateway).alive()?;
        no_more_later(result)?;
        gateway.answer_after(Token::from_u64(token), result, after(after_ms)?);
        Ok(())
    })
}

fn no_more_later(result: u32) -> Result<(), Failure> {
    match result {
        SANWANG_LATER => Err(Failure::argument("result is SANWANG_LATER: this is the answer")),
        _ => Ok(()),
    }
}

/// Pushes a status report on a submit, `after_ms` from now: on each of its receivers, and on each part of a joined
/// one; `ticket` is that of the first report. `stat` is `DELIVRD`, `UNDELIV` ...,
/// up to 7 characters; SGIP's states are written so, too. `ticket`, where not NULL, becomes the handle that its
/// outcome names; it ends with SANWANG_STATUS_ACKED when the SP has acknowledged it. While the SP is away it waits, up
/// to the listener's `valid_for`. An SP expects it after the answer, and only where sanwang_submit_event_wants_report.
///
/// SANWANG_TOO_LONG: `stat` does not fit. SANWANG_QUEUE_FULL, SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_report(
    gateway: *mut sanwang_gateway_t,
    submit: *const sanwang_submit_event_t,
    stat: *const c_char,
    after_ms: i64,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(ticket, 0);
        let gateway = need!(gateway).alive()?;
        let given_out = gateway.report(need!(submit).data(), need_text!(stat), after(after_ms)?)?;
        put!(ticket, given_out.as_u64());
        Ok(())
    })
}

/// Pushes a status report on a submit whose event has ended, as sanwang_gateway_report does. `submit_size` is
/// `sizeof` the struct. `error` is SMGP's Err or SGIP's ErrorCode as digits; NULL: what fits the stat.
///
/// SANWANG_NO_ROUTE: the account has not logged in yet since the gateway was opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_report_on(
    gateway: *mut sanwang_gateway_t,
    submit: *const sanwang_submit_ref_t,
    submit_size: usize,
    stat: *const c_char,
    error: *const c_char,
    after_ms: i64,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(ticket, 0);
        let gateway = need!(gateway).alive()?;
        let submit: sanwang_submit_ref_t = given!(submit, submit_size);
        let (account, report) = submit.report(need_text!(stat), text!(error).unwrap_or_default())?;
        let given_out = gateway.report_to(&account, report, after(after_ms)?)?;
        put!(ticket, given_out.as_u64());
        Ok(())
    })
}

/// Pushes a message from a phone to an account, `after_ms` from now, in as many delivers as it needs. `message_size`
/// is `sizeof` the struct. `ticket`, where not NULL, becomes the handle that its outcome names; it ends with
/// SANWANG_STATUS_ACKED when the SP has acknowledged all of it. While the SP is away it waits, up to the listener's
/// `valid_for`.
///
/// SANWANG_NO_ROUTE: the account has not logged in yet. SANWANG_BAD_CODING, SANWANG_TOO_LONG: mend the message.
/// SANWANG_QUEUE_FULL, SANWANG_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanwang_gateway_deliver(
    gateway: *mut sanwang_gateway_t,
    account: *const c_char,
    message: *const sanwang_mo_t,
    message_size: usize,
    after_ms: i64,
    ticket: *mut u64,
    err: *mut *mut sanwang_error_t,
) -> sanwang_result_t {
    call!(err, {
        put!(ticket, 0);
        let gateway = need!(gateway).alive()?;
        let account = need_text!(account);
        let message: sanwang_mo_t = given!(message, message_size);
        // SAFETY: rule 2.
        let message = unsafe { message.message() }?;
        let given_out = gateway.deliver(account, &message, after(after_ms)?)?;
        put!(ticket, given_out.as_u64());
        Ok(())
    })
}

impl sanwang_mo_t {
    /// The message in the core's form. The caller of the C function promises rule 2 of the boundary.
    unsafe fn message(&self) -> Result<MoMessage, Failure> {
        let (sender, receiver) = (need_text!(self.sender), need_text!(self.receiver));
        let mut message = MoMessage::new(sender, receiver, "");
        // SAFETY: as this function.
        let body = unsafe {
            body(self.text, (self.content, self.content_len), (self.udh, self.udh_len), self.coding)
        }?;
        message.body = body.into();
        if !self.text.is_null() {
            // SAFETY: as this function.
            message.coding = unsafe { coding_of(self.coding) }?;
        } else if matches!(message.body, Body::Text(_)) {
            return Err(Failure::argument("text is NULL, and there is no content"));
        }
        if choice("flash", self.flash.try_into().unwrap_or(i32::MAX))? == Some(true) {
            message = message.flash();
        }
        message.link_id = text!(self.link_id).unwrap_or_default().to_owned();
        message.service_id = text!(self.service_id).unwrap_or_default().to_owned();
        message.reference = text!(self.reference).map(Into::into);
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{offset_of, zeroed};

    fn filled(account: &str, id: &str, receiver: &str) -> sanwang_submit_ref_t {
        // SAFETY: the promise of `Grows`.
        let mut submit: sanwang_submit_ref_t = unsafe { zeroed() };
        assert!(store(&mut submit.account, account.as_bytes()));
        assert!(store(&mut submit.message_id, id.as_bytes()));
        assert!(store(&mut submit.receiver, receiver.as_bytes()));
        submit
    }

    #[test]
    fn ids_tell_their_protocol() {
        for (text, protocol) in [
            ("7428a5c003e93039", Protocol::Cmpp),
            ("-3467843451024965633", Protocol::Cmpp),
            ("01006101161700012345", Protocol::Smgp),
            ("3010012345-0101000000-0000000001", Protocol::Sgip),
        ] {
            let (account, report) = filled("901234", text, "138").report("DELIVRD", "").ok().unwrap();
            assert_eq!((account.as_str(), report.submit.protocol()), ("901234", Some(protocol)));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = filled("901234", "7428a5c003e93039", "13800138000");
        let said =
            |submit: sanwang_submit_ref_t| submit.report("DELIVRD", "").err().unwrap().text().to_owned();
        assert_eq!(said(sanwang_submit_ref_t { account: [0; 64], ..good }), "account of submit is empty");
        assert!(said(sanwang_submit_ref_t { account: [120; 64], ..good }).contains("has no NUL"));
        assert!(
            said(sanwang_submit_ref_t { receiver: [0; 40], ..good }).contains("receiver of submit is empty")
        );
        assert!(said(sanwang_submit_ref_t { excerpt_len: 21, ..good }).contains("excerpt_len"));
        assert!(said(filled("a", "x", "1")).contains("not a message id of cmpp"));
        let long = filled("a", "7428a5c003e93039", &"1".repeat(39));
        assert!(said(long).contains("over 32 octets"));
        assert!(!store(&mut [0; 4], b"four"));
    }

    #[test]
    fn fields_stay_where_they_are() {
        use sanwang_submit_ref_t as S;
        let offsets = [
            offset_of!(S, account),
            offset_of!(S, message_id),
            offset_of!(S, receiver),
            offset_of!(S, sender),
            offset_of!(S, time),
            offset_of!(S, excerpt),
            offset_of!(S, excerpt_len),
        ];
        assert_eq!(offsets, [0, 64, 104, 144, 184, 192, 212]);
        assert_eq!(size_of::<S>(), 216);
    }
}
