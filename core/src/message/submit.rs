//! What an application sends.

use crate::text::{Coding, CodingChoice};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What a message says: text that the library encodes and cuts, or octets that go out as they are.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Text; the coding is chosen by the account's `coding` or by [`Submit::coding`].
    Text(String),
    /// Octets, with the coding written into the PDU and an optional user data header (without a
    /// concatenation element: that is added when the octets do not fit one segment).
    Content {
        /// The payload without user data header.
        octets: Bytes,
        /// The data coding octet.
        coding: Coding,
        /// User data header with its length octet, for example port addressing.
        udh: Option<Bytes>,
    },
}

/// One message to one receiver. Only receiver and body are required.
///
/// ```
/// use sanwang::Submit;
/// let m = Submit::to("13800138000").text("你好").reference("order-42");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Submit {
    /// The receiver: 11 digits, with or without `86`, `+86` or `0086`.
    pub receiver: String,
    /// What it says.
    pub body: Body,
    /// Access number shown to the receiver; default: the account's `sender`.
    pub sender: Option<String>,
    /// The caller's own name for it; comes back in every event.
    pub reference: Option<Arc<str>>,
    /// The caller's own number for it; comes back in every event.
    pub user_data: u64,
    /// The account to use; default: chosen by rule or by number segment.
    pub account: Option<String>,
    /// How text becomes octets; default: the account's `coding`.
    pub coding: Option<CodingChoice>,
    /// Message class 0-3; 0 is flash. Default: none.
    pub class: Option<u8>,
    /// Whether a status report is wanted; default: the account's `report`.
    pub report: Option<bool>,
    /// How long it may wait before it is sent; default: the account's `valid_for` (0: no limit).
    pub valid_for: Option<Duration>,
    /// Carrier fields for this message only, as setting keys and values (`service_id`, `link_id` ...).
    pub fields: Vec<(String, String)>,
}

impl Submit {
    /// A message to `receiver`, empty so far.
    pub fn to(receiver: impl Into<String>) -> Self {
        Submit {
            receiver: receiver.into(),
            body: Body::Text(String::new()),
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
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = Body::Text(text.into());
        self
    }

    /// Sets octets instead of text, with the data coding octet to write.
    #[must_use]
    pub fn content(mut self, coding: Coding, octets: impl Into<Bytes>) -> Self {
        self.body = Body::Content { octets: octets.into(), coding, udh: None };
        self
    }

    /// Sets the user data header of octets set before with [`Submit::content`]; no effect on text.
    #[must_use]
    pub fn udh(mut self, header: impl Into<Bytes>) -> Self {
        if let Body::Content { udh, .. } = &mut self.body {
            *udh = Some(header.into());
        }
        self
    }

    /// Sets the access number shown to the receiver.
    #[must_use]
    pub fn sender(mut self, sender: impl Into<String>) -> Self {
        self.sender = Some(sender.into());
        self
    }

    /// Sets the caller's own name for the message.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<Arc<str>>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// Sets the caller's own number for the message.
    #[must_use]
    pub fn user_data(mut self, number: u64) -> Self {
        self.user_data = number;
        self
    }

    /// Chooses the account by its name.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>) -> Self {
        self.account = Some(name.into());
        self
    }

    /// Chooses how the text is encoded.
    #[must_use]
    pub fn coding(mut self, choice: CodingChoice) -> Self {
        self.coding = Some(choice);
        self
    }

    /// Sets message class 0: the handset shows it at once and does not keep it.
    #[must_use]
    pub fn flash(mut self) -> Self {
        self.class = Some(0);
        self
    }

    /// Says whether a status report is wanted.
    #[must_use]
    pub fn report(mut self, wanted: bool) -> Self {
        self.report = Some(wanted);
        self
    }

    /// Limits how long the message may wait before it is sent.
    #[must_use]
    pub fn valid_for(mut self, limit: Duration) -> Self {
        self.valid_for = Some(limit);
        self
    }

    /// Sets a carrier field of this message by its setting key.
    #[must_use]
    pub fn field(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((key.into(), value.into()));
        self
    }
}
