//! The submit of an account with everything filled in that is the same in most of its messages.
//!
//! Most messages are one segment to one mobile number with the account's own settings. Their frames differ in the
//! receiver, the coding and the content only, so the rest is encoded once an account instead of once a message.

use super::{Dialect, SubmitPart};
use crate::settings::AccountSettings;
use crate::text::Coding;
use bytes::{Bytes, BytesMut};

/// Digits of a mobile number.
const DIGITS: usize = 11;
/// Every protocol takes a content of so many octets, whatever its coding.
const MOST: usize = 140;

/// A frame with places for receiver, coding and content.
#[derive(Debug)]
pub struct SubmitForm {
    /// What stands before the content.
    head: Box<[u8]>,
    /// What stands behind it.
    tail: Box<[u8]>,
    /// Where the receiver stands: SGIP names it as the payer, too.
    receivers: Box<[usize]>,
    coding: usize,
    /// The last octet of the content's length.
    length: usize,
    /// Whether a report is asked for.
    report: bool,
}

impl SubmitForm {
    /// The form of an account. The places are found by encoding messages that differ in one thing each, so no layout
    /// is written down a second time. `None`: the account's settings do not encode, or not in this shape; every
    /// message is encoded by itself then.
    pub fn of(dialect: &dyn Dialect, settings: &AccountSettings, user: &str) -> Option<Self> {
        let encode = |receiver: &str, coding: Coding, content: &[u8]| {
            let mut frame = BytesMut::new();
            let part = SubmitPart {
                settings,
                user,
                sender: &settings.sender,
                receiver,
                more: &[],
                coding,
                has_udh: false,
                content: Bytes::copy_from_slice(content),
                total: 1,
                index: 1,
                report: settings.report,
            };
            dialect.submit(part, &mut frame).ok().map(|()| frame)
        };
        let (one, other) = ("1".repeat(DIGITS), "2".repeat(DIGITS));
        let base = encode(&one, Coding::ASCII, b"AA")?;
        let receivers = differences(&base, &encode(&other, Coding::ASCII, b"AA")?)?;
        let coding = differences(&base, &encode(&one, Coding(0xa5), b"AA")?)?;
        let content = differences(&base, &encode(&one, Coding::ASCII, b"BB")?)?;
        let (&at, end) = (content.first()?, content.last()? + 1);
        let shorter = encode(&one, Coding::ASCII, b"A")?;
        // The frame's own length stands in its first four octets.
        let lengths: Vec<usize> = (4..at).filter(|i| base.get(*i) != shorter.get(*i)).collect();
        let form = SubmitForm {
            head: base.get(..at)?.into(),
            tail: base.get(end..)?.into(),
            receivers: receivers.chunks(DIGITS).filter_map(|digits| digits.first().copied()).collect(),
            coding: coding.first().copied()?,
            length: lengths.first().copied()?,
            report: settings.report,
        };
        // What it writes is what the dialect writes, or it is not used.
        let content: Vec<u8> = (0..MOST as u8).collect();
        let right = encode("13800138000", Coding::UCS2, &content)?;
        (form.fill("13800138000", Coding::UCS2, &content)? == right).then_some(form)
    }

    /// Whether its messages ask for a report.
    pub fn report(&self) -> bool {
        self.report
    }

    /// The frame of a message. `None`: it does not fit the form and has to be encoded by itself.
    pub fn fill(&self, receiver: &str, coding: Coding, content: &[u8]) -> Option<BytesMut> {
        if receiver.len() != DIGITS || content.is_empty() || content.len() > MOST {
            return None;
        }
        let total = self.head.len() + content.len() + self.tail.len();
        let mut frame = BytesMut::with_capacity(total);
        for part in [&self.head, content, &self.tail] {
            frame.extend_from_slice(part);
        }
        frame.get_mut(..4)?.copy_from_slice(&u32::try_from(total).ok()?.to_be_bytes());
        for at in &self.receivers {
            frame.get_mut(*at..at + DIGITS)?.copy_from_slice(receiver.as_bytes());
        }
        *frame.get_mut(self.coding)? = coding.0;
        *frame.get_mut(self.length)? = content.len() as u8;
        Some(frame)
    }
}

/// Where two frames of the same size differ.
fn differences(one: &[u8], other: &[u8]) -> Option<Vec<usize>> {
    let pairs = one.iter().zip(other).enumerate();
    (one.len() == other.len()).then(|| pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Account;

    const URLS: [&str; 9] = [
        "cmpp://900001:s@h?version=3.0",
        "cmpp://900001:s@h?version=2.0&sender=10657001&report=no",
        "cmpp://900001234:s@h?prefix86=yes&link_id=ABC&fee_terminal=13900139000&service_id=HELP",
        "sgip://3010012345:s@h?node=3010012345&sender=1065",
        "sgip://sp:s@h?node=3010012345&charge_number=13900139000&link_id=12345678&prefix86=no",
        "sgip://sp:s@h?node=3010012345&charge_number=sp&report=no",
        "smgp://900001:s@h?version=3.0&sender=118",
        "smgp://900001:s@h?link_id=ABC&msg_src=X&m_service_id=Y&tp_pid=3&prefix86=yes",
        "smgp://900001:s@h?version=2.0",
    ];

    #[test]
    fn a_filled_form_is_what_the_dialect_encodes() {
        for url in URLS {
            let account = Account::parse(url).unwrap();
            let settings = &account.settings;
            let dialect = super::super::dialect(account.protocol, settings.version);
            let form = SubmitForm::of(&*dialect, settings, &account.user).expect(url);
            assert_eq!(form.report(), settings.report, "{url}");
            for (n, receiver) in
                ["13800138000", "11111111111", "22222222222", "19999999999"].iter().enumerate()
            {
                for coding in [Coding::ASCII, Coding::UCS2, Coding(15), Coding(0xa5), Coding(4)] {
                    for length in [1, 2, 70, 139, 140] {
                        let content: Vec<u8> = (0..length).map(|i| (i * 7 + n) as u8).collect();
                        let mut right = BytesMut::new();
                        let part = SubmitPart {
                            settings,
                            user: &account.user,
                            sender: &settings.sender,
                            receiver,
                            more: &[],
                            coding,
                            has_udh: false,
                            content: Bytes::from(content.clone()),
                            total: 1,
                            index: 1,
                            report: settings.report,
                        };
                        dialect.submit(part, &mut right).unwrap();
                        assert_eq!(form.fill(receiver, coding, &content).as_ref(), Some(&right), "{url}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_dialect() {
        let account = Account::parse("cmpp://900001:s@h").unwrap();
        let dialect = super::super::dialect(account.protocol, account.settings.version);
        let form = SubmitForm::of(&*dialect, &account.settings, "900001").unwrap();
        assert!(form.fill("13800138000", Coding::ASCII, &[65; 140]).is_some());
        for (receiver, length) in
            [("13800138000", 0), ("13800138000", 141), ("1380013800", 9), ("861380013800", 9)]
        {
            assert!(form.fill(receiver, Coding::ASCII, &vec![65; length]).is_none(), "{receiver} {length}");
        }
        let long = "x".repeat(40);
        let settings = AccountSettings { sender: long, ..account.settings.clone() };
        assert!(SubmitForm::of(&*dialect, &settings, "900001").is_none(), "a sender that does not fit");
    }
}
