//! What an application sends, lent: the same as a [`Submit`], with texts and octets that stay the caller's.
//!
//! A message is written into its PDUs before `send` returns, so nothing but the PDUs needs a copy of it.

use super::{Body, Submit};
use crate::text::{Coding, CodingChoice};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What a lent message says; see [`Body`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BodyRef<'a> {
    /// Text; the coding is chosen by the account's `coding` or by [`SubmitRef::coding`].
    Text(&'a str),
    /// Octets that go out as they are.
    Content {
        /// The payload without user data header.
        octets: &'a [u8],
        /// The data coding octet.
        coding: Coding,
        /// User data header with its length octet, without a concatenation element.
        udh: Option<&'a [u8]>,
    },
}

/// One message to one receiver, lent for the time of a call: it costs no copy beside the one into the PDU. The fields
/// are those of [`Submit`].
///
/// ```
/// use sanwang::SubmitRef;
/// let digits = [0x31u8; 11];
/// let receiver = std::str::from_utf8(&digits)?;
/// let m = SubmitRef { user_data: 42, ..SubmitRef::to(receiver).text("hello") };
/// # Ok::<(), std::str::Utf8Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SubmitRef<'a> {
    /// The receiver: 11 digits, with or without `86`, `+86` or `0086`.
    pub receiver: &'a str,
    /// What it says.
    pub body: BodyRef<'a>,
    /// Access number shown to the receiver; default: the account's `sender`.
    pub sender: Option<&'a str>,
    /// The caller's own name for it; it is kept for the events, and so it is no loan.
    pub reference: Option<Arc<str>>,
    /// The caller's own number for it; comes back in every event.
    pub user_data: u64,
    /// The account to use; default: chosen by rule or by number segment.
    pub account: Option<&'a str>,
    /// How text becomes octets; default: the account's `coding`.
    pub coding: Option<CodingChoice>,
    /// Message class 0-3; 0 is flash. Default: none.
    pub class: Option<u8>,
    /// Whether a status report is wanted; default: the account's `report`.
    pub report: Option<bool>,
    /// How long it may wait before it is sent; default: the account's `valid_for` (0: no limit).
    pub valid_for: Option<Duration>,
    /// Carrier fields for this message only, as setting keys and values.
    pub fields: Vec<(&'a str, &'a str)>,
}

impl<'a> SubmitRef<'a> {
    /// A message to `receiver`, empty so far.
    pub fn to(receiver: &'a str) -> Self {
        SubmitRef {
            receiver,
            body: BodyRef::Text(""),
            sender: None,
            reference: None,
            user_data: 0,
            account: None,
            coding: None,
            class: None,
            report: None,
            valid_for: None,
            fields: Vec::new(),
        }
    }

    /// Sets the text.
    #[must_use]
    pub fn text(mut self, text: &'a str) -> Self {
        self.body = BodyRef::Text(text);
        self
    }

    /// Sets octets instead of text, with the data coding octet to write.
    #[must_use]
    pub fn content(mut self, coding: Coding, octets: &'a [u8]) -> Self {
        self.body = BodyRef::Content { octets, coding, udh: None };
        self
    }
}

impl Body {
    /// The same, lent.
    pub fn lent(&self) -> BodyRef<'_> {
        match self {
            Body::Text(text) => BodyRef::Text(text),
            Body::Content { octets, coding, udh } => {
                BodyRef::Content { octets, coding: *coding, udh: udh.as_deref() }
            }
        }
    }
}

impl Submit {
    /// The same message, lent.
    pub fn lent(&self) -> SubmitRef<'_> {
        SubmitRef { reference: self.reference.clone(), ..self.without_reference() }
    }

    fn without_reference(&self) -> SubmitRef<'_> {
        SubmitRef {
            receiver: &self.receiver,
            body: self.body.lent(),
            sender: self.sender.as_deref(),
            reference: None,
            user_data: self.user_data,
            account: self.account.as_deref(),
            coding: self.coding,
            class: self.class,
            report: self.report,
            valid_for: self.valid_for,
            fields: self.fields.iter().map(|(key, value)| (&**key, &**value)).collect(),
        }
    }
}

impl From<BodyRef<'_>> for Body {
    fn from(lent: BodyRef<'_>) -> Self {
        match lent {
            BodyRef::Text(text) => Body::Text(text.to_owned()),
            BodyRef::Content { octets, coding, udh } => Body::Content {
                octets: Bytes::copy_from_slice(octets),
                coding,
                udh: udh.map(Bytes::copy_from_slice),
            },
        }
    }
}

/// What `send` takes: a [`Submit`], a reference to one that is sent again and again, or a [`SubmitRef`].
pub trait Lend {
    /// Lends the message for the time of a call.
    fn lend<R>(self, to: impl FnOnce(SubmitRef<'_>) -> R) -> R;
}

impl Lend for Submit {
    fn lend<R>(mut self, to: impl FnOnce(SubmitRef<'_>) -> R) -> R {
        let reference = self.reference.take();
        to(SubmitRef { reference, ..self.without_reference() })
    }
}

impl Lend for &Submit {
    fn lend<R>(self, to: impl FnOnce(SubmitRef<'_>) -> R) -> R {
        to(self.lent())
    }
}

impl Lend for SubmitRef<'_> {
    fn lend<R>(self, to: impl FnOnce(SubmitRef<'_>) -> R) -> R {
        to(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_lent_whole() {
        let submit = Submit {
            class: Some(1),
            ..Submit::to("13800138000")
                .content(Coding::UCS2, vec![0x4f, 0x60])
                .udh(vec![2, 0x70, 0])
                .sender("10657001")
                .reference("order-42")
                .user_data(7)
                .account("mobile")
                .coding(CodingChoice::Auto)
                .report(true)
                .valid_for(Duration::from_secs(9))
                .field("service_id", "HELP")
        };
        let lent = SubmitRef {
            receiver: "13800138000",
            body: BodyRef::Content { octets: &[0x4f, 0x60], coding: Coding::UCS2, udh: Some(&[2, 0x70, 0]) },
            sender: Some("10657001"),
            reference: Some("order-42".into()),
            user_data: 7,
            account: Some("mobile"),
            coding: Some(CodingChoice::Auto),
            class: Some(1),
            report: Some(true),
            valid_for: Some(Duration::from_secs(9)),
            fields: vec![("service_id", "HELP")],
        };
        assert_eq!(submit.lent(), lent);
        assert_eq!(Body::from(lent.body), submit.body);
        (&submit).lend(|m| assert_eq!(m, lent));
        submit.lend(|m| assert_eq!(m, lent));
        let text = Submit::to("13800138000").text("hi");
        assert_eq!(text.lent(), SubmitRef::to("13800138000").text("hi"));
        assert_eq!(Body::from(text.lent().body), text.body);
        let octets = Submit::to("1").content(Coding::BINARY, vec![1]);
        assert_eq!(octets.lent(), SubmitRef::to("1").content(Coding::BINARY, &[1]));
    }
}
