//! What a gateway sends to an SP: messages from phones and status reports, encoded on the caller's thread.

use crate::account::tickets::Segment;
use crate::client::SendError;
use crate::dialect::{DeliverPart, Dialect, ReportPart};
use crate::few::Few;
use crate::message::shown::{content, digits, phone, shown};
use crate::message::{Body, SubmitRequest};
use crate::settings::{AccountSettings, SettingError, Show};
use crate::text::{self, Coding, CodingChoice, SplitRules};
use crate::time::{Now, WireTime};
use crate::wire::{MsgId, Protocol, Text};
use crate::words::shorten;
use bytes::{Bytes, BytesMut};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// A message from a phone, to be pushed to an SP.
#[derive(Clone)]
pub struct MoMessage {
    /// The phone.
    pub sender: String,
    /// The access number it wrote to.
    pub receiver: String,
    /// What it wrote: text, or octets with their coding and header, such as a WAP push.
    pub body: Body,
    /// How the text is encoded; default: as the account's `coding` says.
    pub coding: Option<CodingChoice>,
    /// Message class 0-3; 0 is flash. Default: none.
    pub class: Option<u8>,
    /// LinkID of an on-demand service.
    pub link_id: String,
    /// Service_Id.
    pub service_id: String,
    /// The caller's own name for it.
    pub reference: Option<Arc<str>>,
}

shown! {
    MoMessage as "MoMessage", never {
        sender: phone, receiver, body, coding, class, link_id, service_id, reference,
    }
    StatusReport as "StatusReport", never {
        submit, receiver: digits, sender, stat, error, submitted_at, excerpt: content,
    }
}

impl MoMessage {
    /// `text` from a phone to an access number.
    pub fn new(sender: impl Into<String>, receiver: impl Into<String>, text: impl Into<String>) -> Self {
        MoMessage {
            sender: sender.into(),
            receiver: receiver.into(),
            body: Body::Text(text.into()),
            coding: None,
            class: None,
            link_id: String::new(),
            service_id: String::new(),
            reference: None,
        }
    }

    /// Octets instead of text, with the data coding octet to write and a user data header, which may be empty. The
    /// header has no concatenation element: it is added where the octets do not fit one deliver.
    #[must_use]
    pub fn content(mut self, coding: Coding, octets: impl Into<Bytes>, udh: impl Into<Bytes>) -> Self {
        let udh = Some(udh.into()).filter(|header: &Bytes| !header.is_empty());
        self.body = Body::Content { octets: octets.into(), coding, udh };
        self
    }

    /// Marks it as a flash message (class 0).
    #[must_use]
    pub fn flash(mut self) -> Self {
        self.class = Some(0);
        self
    }
}

/// A status report on one receiver of a submit.
#[derive(Clone)]
pub struct StatusReport {
    /// The id the submit was given.
    pub submit: MsgId,
    /// The submit's receiver.
    pub receiver: Text<32>,
    /// The submit's sender.
    pub sender: Text<32>,
    /// `DELIVRD`, `UNDELIV` ... up to 7 characters.
    pub stat: String,
    /// SMGP Err or SGIP ErrorCode as digits; empty: what fits the stat.
    pub error: String,
    /// When the submit came, milliseconds since 1970 UTC.
    pub submitted_at: i64,
    /// The first octets of the submit's content.
    pub excerpt: Bytes,
}

impl StatusReport {
    /// A report on the first receiver of a submit (of its first segment, where it was joined).
    pub fn on(submit: &SubmitRequest, stat: impl Into<String>) -> Self {
        Self::one(submit, submit.message_id, 0, stat.into())
    }

    /// A report on receiver `index` (from 0) of a submit: one for each of its segments, of which only a joined submit
    /// has several. None: it has no such receiver.
    pub fn on_receiver(submit: &SubmitRequest, index: usize, stat: &str) -> Few<Self> {
        let known = index < submit.receivers.len();
        submit.ids().filter(|_| known).map(|id| Self::one(submit, id, index, stat.to_owned())).collect()
    }

    fn one(submit: &SubmitRequest, id: MsgId, index: usize, stat: String) -> Self {
        let payload = submit.payload();
        StatusReport {
            // In SGIP the receivers share one id.
            submit: id.of_receiver(u16::try_from(index).unwrap_or(u16::MAX)).unwrap_or(id),
            receiver: submit.receivers.get(index).copied().unwrap_or_default(),
            sender: submit.sender,
            stat,
            error: String::new(),
            submitted_at: submit.time,
            excerpt: submit.content.slice_ref(payload.get(..20).unwrap_or(payload)),
        }
    }
}

/// A push ready to be handed to its account.
#[derive(Debug)]
pub struct Push {
    /// The receiver the ticket names: the phone.
    pub receiver: Text<32>,
    /// Its encoded PDUs.
    pub segments: Few<Segment>,
}

/// Refuses what the SP could not read.
fn check(protocol: Protocol, report: &StatusReport) -> Result<(), SendError> {
    let wrong = |key, value: &str, expected: &str| {
        let (value, expected) = (shorten(&value.escape_default().to_string()), expected.to_owned());
        Err(SendError::BadSetting(SettingError::Value { key, value, expected }))
    };
    if report.stat.is_empty() || !report.stat.bytes().all(|octet| octet.is_ascii_graphic()) {
        return wrong("stat", &report.stat, "1 to 7 printable ASCII characters such as DELIVRD");
    }
    let error = &*report.error;
    if !error.bytes().all(|octet| octet.is_ascii_digit()) {
        return wrong("error", error, "digits, or nothing");
    }
    if protocol == Protocol::Sgip && !error.is_empty() && error.parse::<u8>().is_err() {
        return wrong("error", error, "0 to 255, or nothing");
    }
    Ok(())
}

/// Encodes a status report. `id` is the id of the deliver that carries it (CMPP, SMGP).
///
/// # Errors
/// A stat, error or number that does not fit its field.
pub fn encode_report(
    dialect: &dyn Dialect,
    settings: &AccountSettings,
    report: &StatusReport,
    id: MsgId,
    now: Now,
) -> Result<Push, SendError> {
    check(dialect.protocol(), report)?;
    let offset = i32::from(settings.utc_offset);
    let part = ReportPart {
        settings,
        id,
        submit: report.submit,
        receiver: &report.receiver.to_string_lossy(),
        sender: &report.sender.to_string_lossy(),
        stat: &report.stat,
        error: &report.error,
        submitted: WireTime::from_unix_ms(report.submitted_at, offset),
        done: WireTime::from_unix_ms(now.unix_ms, offset),
        excerpt: &report.excerpt,
    };
    let mut frame = BytesMut::with_capacity(320);
    dialect.report(&part, &mut frame)?;
    Ok(Push { receiver: report.receiver, segments: Few::One(Segment::new(frame)) })
}

/// Encodes a message from a phone, in as many delivers as it needs. `ids` gives one id a deliver.
///
/// # Errors
/// A text that cannot be encoded, or a number that does not fit its field.
pub fn encode_deliver(
    dialect: &dyn Dialect,
    settings: &AccountSettings,
    message: &MoMessage,
    reference: u16,
    mut ids: impl FnMut() -> MsgId,
    now: Now,
) -> Result<Push, SendError> {
    let mut rules = crate::client::split_rules(dialect.protocol(), settings);
    if let Some(choice) = message.coding {
        rules.coding = choice;
    }
    if message.class.is_some() {
        rules.class = message.class;
    }
    let encoded = match &message.body {
        Body::Text(text) => text::encode(text, &rules)?,
        Body::Content { octets, coding, udh } => {
            let coding = message.class.and_then(|class| coding.with_class(class)).unwrap_or(*coding);
            let rules = SplitRules { coding: CodingChoice::Fixed(coding), class: None, ..rules };
            text::split_octets(octets, udh.as_deref(), &rules)?
        }
    };
    let at = WireTime::from_unix_ms(now.unix_ms, i32::from(settings.utc_offset));
    let mut segments = Few::default();
    for index in 0..encoded.segments() {
        let part = DeliverPart {
            settings,
            id: ids(),
            sender: &message.sender,
            receiver: &message.receiver,
            coding: encoded.coding,
            has_udh: encoded.has_udh(),
            content: encoded.content(usize::from(index), reference),
            link_id: &message.link_id,
            service_id: &message.service_id,
            at,
        };
        let mut frame = BytesMut::with_capacity(320);
        dialect.deliver(part, &mut frame)?;
        segments.push(Segment::new(frame));
    }
    Ok(Push { receiver: Text::new(&message.sender).unwrap_or_default(), segments })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Listen;

    #[test]
    fn a_report_that_no_sp_could_read_is_refused() {
        let wrong = |url: &str, stat: &str, error: &str| {
            let listen = Listen::parse(url).unwrap();
            let speaks = crate::dialect::dialect(listen.protocol, listen.settings.version);
            let report = StatusReport {
                submit: MsgId::default(),
                receiver: Text::new("13800138000").unwrap(),
                sender: Text::new("10657001").unwrap(),
                stat: stat.to_owned(),
                error: error.to_owned(),
                submitted_at: 0,
                excerpt: Bytes::new(),
            };
            let push = encode_report(&*speaks, &listen.settings, &report, MsgId::default(), Now::default());
            push.map(|_| String::new()).unwrap_or_else(|error| format!("{} {error}", error.name()))
        };
        for url in ["cmpp://127.0.0.1:0", "sgip://127.0.0.1:0", "smgp://127.0.0.1:0"] {
            for stat in ["", "一", "DE LIVR", "DELIVR\0"] {
                let said = wrong(url, stat, "");
                assert!(said.starts_with("BAD_SETTING stat=") && said.contains("such as DELIVRD"), "{said}");
            }
            assert!(wrong(url, "UNDELIV", "1x").starts_with("BAD_SETTING error=1x is not valid"), "{url}");
            for (stat, error) in [("DELIVRD", ""), ("UNDELIV", "12"), ("XX:0001", "001")] {
                assert_eq!(wrong(url, stat, error), "", "{url} {stat} {error}");
            }
        }
        assert!(wrong("sgip://127.0.0.1:0", "UNDELIV", "256").contains("0 to 255"));
        assert!(wrong("smgp://127.0.0.1:0", "UNDELIV", "1234").starts_with("TOO_LONG"));
        assert!(wrong("cmpp://127.0.0.1:0", "UNDELIVERED", "").starts_with("TOO_LONG"));
    }
}
