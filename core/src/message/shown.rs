//! What logs may hold of a message: the Debug and Display of everything that carries a number or a content mask both,
//! unless the account's setting `show` says otherwise. The fields themselves are always whole.

use super::{
    Body, BodyRef, Deliver, JoinedPart, JoinedSubmit, LinkReply, LinkRequest, Outcome, Report, Submit,
    SubmitRef, SubmitRequest, Trouble,
};
use crate::few::Few;
use crate::settings::Show;
use crate::text::number::{mask, mask_text};
use crate::wire::{AnyPdu, Text};
use bytes::Bytes;
use std::fmt::{self, Debug, Formatter};

/// Words that stand as they are in a Debug form.
pub(crate) struct Words(String);

impl Debug for Words {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn words(value: &dyn Debug) -> Words {
    Words(format!("{value:?}"))
}

/// A phone's number as a log may hold it: `138****8000`, or all of it.
pub fn number(show: Show, number: &str) -> String {
    if show.numbers() { number.to_owned() } else { mask(number) }
}

/// The same of a field of a PDU.
pub(crate) fn digits<const N: usize>(show: Show, field: &Text<N>) -> Words {
    Words(format!("{:?}", number(show, &field.to_string_lossy())))
}

fn receivers(show: Show, fields: &Few<Text<32>>) -> Words {
    words(&fields.iter().map(|field| digits(show, field)).collect::<Vec<_>>())
}

/// A text, or how long it is.
pub(crate) fn text(show: Show, text: &str) -> Words {
    if show.contents() { words(&text) } else { Words(mask_text(text)) }
}

fn maybe_text(show: Show, content: &Option<String>) -> Words {
    content.as_deref().map_or(Words("None".to_owned()), |content| text(show, content))
}

fn length(octets: &[u8]) -> Words {
    Words(match octets.len() {
        1 => "(1 octet)".to_owned(),
        count => format!("({count} octets)"),
    })
}

/// A content, or how long it is.
pub(crate) fn content(show: Show, octets: &Bytes) -> Words {
    if show.contents() { words(octets) } else { length(octets) }
}

/// Octets that may hold a number and a content, or how many they are.
fn raw(show: Show, octets: &Bytes) -> Words {
    if show == Show::All { words(octets) } else { length(octets) }
}

/// A PDU, or which one it is.
#[allow(clippy::borrowed_box, reason = "the fields are boxes")]
fn pdu(show: Show, pdu: &Box<AnyPdu>) -> Words {
    if show == Show::All { words(pdu) } else { Words(pdu.name().to_owned()) }
}

/// `field` stands as it is, `field: how` as that function says.
macro_rules! shown {
    ($($Name:ty as $name:literal, $show:ident { $($field:ident $(: $how:ident)?),+ $(,)? })+) => {$(
        impl Debug for $Name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                let show = shown!(@show self $show);
                let _ = show;
                f.debug_struct($name)
                    $(.field(stringify!($field), shown!(@field self show $field $($how)?)))+
                    .finish()
            }
        }
    )+};
    (@show $self:ident own) => { $self.show };
    (@show $self:ident never) => { Show::None };
    (@field $self:ident $show:ident $field:ident) => { &$self.$field };
    (@field $self:ident $show:ident $field:ident $how:ident) => { &$how($show, &$self.$field) };
}
pub(crate) use shown;

shown! {
    Outcome as "Outcome", own {
        account, ticket, reference, user_data, receiver: digits, status, code, text, retriable, segments, accepted_at,
        decided_at, repeated,
    }
    Report as "Report", own {
        account, connection, time, token, ticket, reference, user_data, segment, message_id, receiver: digits, stat,
        error, is_final, submitted_at, done_at, repeated, raw: raw,
    }
    Deliver as "Deliver", own {
        account, connection, time, token, sender: digits, receiver, message_id, text: maybe_text, octets: content,
        coding, udh, link_id, service_id, parts, total, complete, repeated, raw: content,
    }
    SubmitRequest as "SubmitRequest", own {
        account, connection, time, token, message_id, sender, receivers: receivers, coding, has_udh, content: content,
        report, segments, segment, link_id, pdu: pdu, joined,
    }
    JoinedSubmit as "JoinedSubmit", own { text: maybe_text, udh, complete, parts }
    JoinedPart as "JoinedPart", never { segment, message_id, pdu: pdu }
    Trouble as "Trouble", own { account, connection, time, reason, action, octets: raw }
    LinkRequest as "LinkRequest", own { account, connection, time, token, seq, version, pdu: pdu }
    Submit as "Submit", never {
        receiver: phone, body, sender, reference, user_data, account, coding, class, report, valid_for, fields: fields,
    }
    SubmitRef<'_> as "Submit", never {
        receiver: phone, body, sender, reference, user_data, account, coding, class, report, valid_for, fields: fields,
    }
}

impl Debug for LinkReply {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkReply")
            .field("account", &self.account)
            .field("time", &self.time)
            .field("ticket", &self.ticket)
            .field("user_data", &self.user_data)
            .field("answer", &self.answer.as_ref().map(|answer| pdu(self.show, answer)))
            .finish()
    }
}

impl Debug for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.lent().fmt(f)
    }
}

impl Debug for BodyRef<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            BodyRef::Text(said) => f.debug_tuple("Text").field(&text(Show::None, said)).finish(),
            BodyRef::Content { octets, coding, udh } => f
                .debug_struct("Content")
                .field("octets", &length(octets))
                .field("coding", coding)
                .field("udh", udh)
                .finish(),
        }
    }
}

/// A number that the application gave.
pub(crate) fn phone(show: Show, given: &impl AsRef<str>) -> Words {
    words(&number(show, given.as_ref()))
}

/// Carrier fields by their keys: some name who is billed.
fn fields<S: AsRef<str>>(show: Show, fields: &[(S, S)]) -> Words {
    words(&fields.iter().map(|(key, value)| (key.as_ref(), number(show, value.as_ref()))).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Coding;

    #[test]
    fn what_is_sent_shows_neither_number_nor_content() {
        let submit = Submit::to("13800138000").text("验证码 246810").field("fee_terminal", "13900139000");
        let said = format!("{submit:?}");
        assert!(said.contains("138****8000") && said.contains("(10 characters)"), "{said}");
        for whole in ["13800138000", "13900139000", "246810", "验证码"] {
            assert!(!said.contains(whole), "{said}");
        }
        let octets = Submit::to("13800138000").content(Coding::BINARY, &b"secret"[..]);
        let said = format!("{octets:?}");
        assert!(said.contains("(6 octets)") && !said.contains("secret"), "{said}");
    }

    #[test]
    fn an_event_shows_what_its_account_allows() {
        let trouble = |show| Trouble {
            account: "a".into(),
            connection: 1,
            time: 0,
            reason: "wrong".to_owned(),
            action: "skipped".to_owned(),
            octets: Bytes::from_static(b"13800138000 hello"),
            show,
        };
        for show in [Show::None, Show::Numbers, Show::Contents] {
            let said = format!("{:?}", trouble(show));
            assert!(said.contains("(17 octets)") && !said.contains("13800138000"), "{said}");
        }
        assert!(format!("{:?}", trouble(Show::All)).contains("13800138000 hello"));
    }
}
