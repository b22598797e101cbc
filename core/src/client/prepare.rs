//! What `send` does on the caller's own thread: check the message, cut it, encode its segments.

use crate::account::tickets::Segment;
use crate::dialect::{Dialect, SubmitForm, SubmitPart};
use crate::few::Few;
use crate::message::{BodyRef, SubmitRef};
use crate::settings::{AccountSettings, SettingError};
use crate::text::{self, Coding, CodingChoice, SplitRules, TextError};
use crate::wire::{EncodeError, Protocol, Text};
use bytes::{Bytes, BytesMut};
use std::sync::atomic::{AtomicU16, Ordering};
use thiserror::Error;

/// Why `send` did not accept a message. Nothing was accepted, and there will be no outcome.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The receiver is no mobile number.
    #[error("receiver: {0}")]
    BadReceiver(String),
    /// The text cannot be written in the coding that was asked for.
    #[error("{0}")]
    BadCoding(String),
    /// The message needs more segments than allowed, or a field is longer than the protocol has room for.
    #[error("{0}")]
    TooLong(String),
    /// The text is empty.
    #[error("the text is empty: give text or content")]
    Empty,
    /// A setting of the message is unknown or out of range.
    #[error("{0}")]
    BadSetting(SettingError),
    /// No account may carry it.
    #[error("no route: {0}")]
    NoRoute(String),
    /// The queue is full: wait for room (`send` with a timeout) or slow down.
    #[error(
        "the queue of account {0} is full: wait for room, handle or poll the events that wait, or raise queue, queue_octets, open_tickets or event_queue"
    )]
    QueueFull(String),
    /// The account is down and does not queue (`queue_offline=no`).
    #[error("account {0} is not connected and queue_offline=no: {1}")]
    NotConnected(String, String),
    /// The client is closing or closed.
    #[error("it is closed: open a new one")]
    Closed,
    /// The call would wait for the very handler it is called from.
    #[error("this would wait for the handler it is called from: call it from another thread")]
    WouldDeadlock,
    /// The process was forked after the client was opened.
    #[error("the process was forked after the client was opened: open a new client in the child")]
    Forked,
}

impl SendError {
    /// The name of the kind of error in every language, for example `QUEUE_FULL`.
    pub fn name(&self) -> &'static str {
        match self {
            SendError::BadReceiver(_) => "BAD_RECEIVER",
            SendError::BadCoding(_) => "BAD_CODING",
            SendError::TooLong(_) => "TOO_LONG",
            SendError::Empty => "EMPTY",
            SendError::BadSetting(_) => "BAD_SETTING",
            SendError::NoRoute(_) => "NO_ROUTE",
            SendError::QueueFull(_) => "QUEUE_FULL",
            SendError::NotConnected(..) => "NOT_CONNECTED",
            SendError::Closed => "CLOSED",
            SendError::WouldDeadlock => "WOULD_DEADLOCK",
            SendError::Forked => "FORKED",
        }
    }

    /// The part of the message or the setting at fault, where one is: `receiver`, `coding`, `text`, or a key.
    pub fn field(&self) -> Option<&str> {
        match self {
            SendError::BadReceiver(_) => Some("receiver"),
            SendError::BadCoding(_) => Some("coding"),
            SendError::Empty => Some("text"),
            SendError::BadSetting(error) => error.key(),
            _ => None,
        }
    }

    /// Whether the same message may be accepted later.
    pub fn retriable(&self) -> bool {
        matches!(self, SendError::QueueFull(_) | SendError::NotConnected(..))
    }
}

impl From<SettingError> for SendError {
    fn from(error: SettingError) -> Self {
        SendError::BadSetting(error)
    }
}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        SendError::TooLong(error.to_string())
    }
}

impl From<TextError> for SendError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::NotEncodable { .. } => SendError::BadCoding(error.to_string()),
            _ => SendError::TooLong(error.to_string()),
        }
    }
}

/// References of long messages: by receiver, so that two in a row to one handset always differ
/// (`sms-content.md 5.7`). Receivers share counters; that only makes them step further.
#[derive(Debug)]
pub struct References([AtomicU16; 256]);

impl References {
    /// Counters that start at different places for different seeds.
    pub fn new(seed: u64) -> Self {
        References(std::array::from_fn(|i| {
            AtomicU16::new(
                (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 13) as u16 ^ (i as u16).wrapping_mul(251),
            )
        }))
    }

    /// The next reference for a receiver.
    pub fn next(&self, receiver: &str) -> u16 {
        let at = receiver.bytes().fold(0u8, |h, b| h.wrapping_mul(31).wrapping_add(b));
        self.0.get(usize::from(at)).map_or(0, |counter| counter.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a message is encoded for.
#[derive(Debug)]
pub struct Target<'a> {
    /// The account's settings.
    pub settings: &'a AccountSettings,
    /// The account's dialect.
    pub dialect: &'a dyn Dialect,
    /// The account's login name.
    pub user: &'a str,
    /// The account's references.
    pub references: &'a References,
    /// Its submit with everything filled in that is the same in most messages.
    pub form: Option<&'a SubmitForm>,
}

/// A message ready to be handed to its account.
#[derive(Debug)]
pub struct Prepared {
    /// The receiver in national form.
    pub receiver: Text<32>,
    /// Whether a report is awaited.
    pub report: bool,
    /// Its encoded segments.
    pub segments: Few<Segment>,
    /// How long it may wait before it is sent, ns; 0: no limit.
    pub valid_for_ns: u64,
}

/// How a text is cut for a protocol under these settings.
pub fn split_rules(protocol: Protocol, settings: &AccountSettings) -> SplitRules {
    let mut rules = match protocol {
        Protocol::Cmpp => SplitRules::cmpp(),
        Protocol::Sgip => SplitRules::sgip(),
        Protocol::Smgp => SplitRules::smgp(),
    };
    if settings.single_limit != 0 {
        rules.single_limit_ascii = settings.single_limit;
        rules.single_limit = settings.single_limit;
    }
    rules.coding = settings.coding;
    rules.class = settings.flash.then_some(0);
    rules.reference_width = settings.udh;
    rules.reserve_head = settings.signature_head;
    rules.reserve_tail = settings.signature_tail;
    rules.max_segments = settings.max_segments;
    rules
}

/// Checks and encodes a message to `receiver`, a number in national form.
///
/// # Errors
/// What is wrong with it, with the field and the limit.
pub fn prepare(target: &Target<'_>, submit: &SubmitRef<'_>, receiver: &str) -> Result<Prepared, SendError> {
    prepare_for(target, submit, receiver, &[])
}

/// As [`prepare`], with further receivers in the same submit.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_for(
    target: &Target<'_>,
    submit: &SubmitRef<'_>,
    receiver: &str,
    more: &[Text<32>],
) -> Result<Prepared, SendError> {
    let own;
    let settings = if submit.fields.is_empty() {
        target.settings
    } else {
        own = own_settings(target.settings, submit)?;
        &*own
    };
    if let Some(sender) = submit.sender {
        check_sender(settings, sender)?;
    }
    let protocol = target.dialect.protocol();
    let mut rules = split_rules(protocol, settings);
    if let Some(choice) = submit.coding {
        rules.coding = choice;
    }
    if submit.class.is_some() {
        rules.class = submit.class;
    }
    let report = submit.report.unwrap_or(settings.report);
    let mut writer = SegmentWriter {
        target,
        settings,
        sender: submit.sender.unwrap_or(&settings.sender),
        receiver,
        more,
        report,
        form: target.form.filter(|form| {
            let own = submit.fields.is_empty() && submit.sender.is_none();
            own && more.is_empty() && form.report() == report
        }),
        segments: Few::default(),
    };
    match submit.body {
        BodyRef::Text("") => return Err(SendError::Empty),
        BodyRef::Text(text) if text::is_plain(text, &rules) => {
            writer.whole(Coding::ASCII, text.as_bytes())?;
        }
        BodyRef::Text(text) => {
            let encoded = text::encode(text, &rules)?;
            let total = encoded.segments();
            writer.check_long(total)?;
            let reference = if total > 1 { target.references.next(receiver) } else { 0 };
            for index in 0..total {
                let content = encoded.content(usize::from(index), reference);
                writer.put(encoded.coding, encoded.has_udh(), content, total, index + 1)?;
            }
        }
        BodyRef::Content { octets, coding, udh } => {
            let coding = match (submit.class, submit.coding) {
                (_, Some(CodingChoice::Fixed(fixed))) => fixed,
                (Some(class), _) => coding.with_class(class).unwrap_or(coding),
                _ => coding,
            };
            writer.content(coding, octets, udh, &rules)?;
        }
    }
    let valid_for = submit.valid_for.unwrap_or(settings.valid_for);
    Ok(Prepared {
        receiver: Text::new(receiver).map_err(|_| SendError::BadReceiver("is too long".to_owned()))?,
        report,
        segments: writer.segments,
        valid_for_ns: crate::time::nanos(valid_for),
    })
}

/// The account's settings, with the message's own fields on top.
fn own_settings(
    account: &AccountSettings,
    submit: &SubmitRef<'_>,
) -> Result<Box<AccountSettings>, SendError> {
    let mut own = Box::new(account.clone());
    for (key, value) in &submit.fields {
        own.set_for_message(key, value)?;
    }
    Ok(own)
}

/// The sender of one message is what the account's may be.
fn check_sender(settings: &AccountSettings, sender: &str) -> Result<(), SettingError> {
    // So few digits are always good: the table is asked about the others.
    if sender.len() <= 16 && sender.bytes().all(|octet| octet.is_ascii_digit()) {
        return Ok(());
    }
    settings.clone().set_for_message("sender", sender)
}

struct SegmentWriter<'a> {
    target: &'a Target<'a>,
    settings: &'a AccountSettings,
    sender: &'a str,
    receiver: &'a str,
    more: &'a [Text<32>],
    report: bool,
    form: Option<&'a SubmitForm>,
    segments: Few<Segment>,
}

impl SegmentWriter<'_> {
    /// Takes the account's form for a whole message. False: it does not fit.
    fn fill_in(&mut self, coding: Coding, content: &[u8]) -> bool {
        match self.form.and_then(|form| form.fill(self.receiver, coding, content)) {
            Some(frame) => {
                self.segments.push(Segment::new(frame));
                true
            }
            None => false,
        }
    }

    /// A message of one segment without header.
    fn whole(&mut self, coding: Coding, content: &[u8]) -> Result<(), SendError> {
        if self.fill_in(coding, content) {
            return Ok(());
        }
        self.encode(coding, false, Bytes::copy_from_slice(content), 1, 1)
    }

    /// SMGP below 3.0 cannot say that a header is there (`smgp.md 13`).
    fn check_long(&self, total: u8) -> Result<(), SendError> {
        let dialect = self.target.dialect;
        if total > 1 && dialect.protocol() == Protocol::Smgp && dialect.version().0 < 0x30 {
            return Err(SendError::TooLong(format!(
                "SMGP {} has no long messages and this one needs {total} segments: shorten it or use version=3.0",
                dialect.version()
            )));
        }
        Ok(())
    }

    fn content(
        &mut self,
        coding: Coding,
        octets: &[u8],
        header: Option<&[u8]>,
        rules: &SplitRules,
    ) -> Result<(), SendError> {
        if octets.is_empty() && header.is_none() {
            return Err(SendError::Empty);
        }
        if header.is_none() && text::is_whole(octets.len(), coding, rules) {
            return self.whole(coding, octets);
        }
        let rules = SplitRules { coding: CodingChoice::Fixed(coding), class: None, ..*rules };
        let encoded = text::split_octets(octets, header, &rules)?;
        let total = encoded.segments();
        self.check_long(total)?;
        let reference = if total > 1 { self.target.references.next(self.receiver) } else { 0 };
        for index in 0..total {
            let content = encoded.content(usize::from(index), reference);
            self.put(coding, encoded.has_udh(), content, total, index + 1)?;
        }
        Ok(())
    }

    /// One of the segments that a text was cut into.
    fn put(
        &mut self,
        coding: Coding,
        has_udh: bool,
        content: Bytes,
        total: u8,
        index: u8,
    ) -> Result<(), SendError> {
        if total == 1 && !has_udh && self.fill_in(coding, &content) {
            return Ok(());
        }
        self.encode(coding, has_udh, content, total, index)
    }

    /// Writes a segment without the form.
    fn encode(
        &mut self,
        coding: Coding,
        has_udh: bool,
        content: Bytes,
        total: u8,
        index: u8,
    ) -> Result<(), SendError> {
        // Sized once: the fixed fields of the largest layout and the content.
        let mut frame = BytesMut::with_capacity(256 + 32 * self.more.len() + content.len());
        let part = SubmitPart {
            settings: self.settings,
            user: self.target.user,
            sender: self.sender,
            receiver: self.receiver,
            more: self.more,
            coding,
            has_udh,
            content,
            total,
            index,
            report: self.report,
        };
        self.target.dialect.submit(part, &mut frame)?;
        let mut segment = Segment::new(frame);
        if self.settings.report_deadline != self.target.settings.report_deadline {
            // The longest is 30 days.
            segment.report_within = self.settings.report_deadline.as_secs() as u32;
        }
        self.segments.push(segment);
        Ok(())
    }
}
