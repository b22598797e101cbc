//! What a PDU shows: its JSON, the line of the time line, and numbers and contents masked in both.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::masked::Masked;
use super::{Content, quick};
use crate::text::number::mask;
use crate::text::udh::UdhList;
use crate::text::{Coding, DecodeFlags, decode};
use crate::wire::{
    AnyPdu, Header, MsgId, Notes, Protocol, Report, Text, Version, Visit, cmpp, json, sgip, smgp,
};

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// Neither numbers nor contents nor passwords.
    #[default]
    Masked,
    /// Everything but passwords.
    Messages,
    /// Everything.
    All,
}

impl Show {
    pub(super) fn messages(self) -> bool {
        self != Self::Masked
    }
}

/// The rest of a JSON object for a PDU that was read: `pdu` to `warnings`, without braces.
pub(super) fn object(
    out: &mut String,
    version: Version,
    header: &Header,
    pdu: &AnyPdu,
    mut notes: Notes,
    show: Show,
) {
    let protocol = pdu.protocol();
    start(out, protocol, version);
    let _ = write!(out, ",\"pdu\":\"{}\",\"header\":", pdu.name());
    json::header(out, protocol, header);
    let report = Report::inside(pdu, &mut notes);
    out.push_str(",\"fields\":");
    fields(out, show, |to| pdu.show(version, to));
    let mut warnings: Vec<Cow<'static, str>> = notes.names().map(Cow::from).collect();
    match report {
        Some(Ok(report)) => {
            out.push_str(",\"report\":");
            fields(out, show, |to| report.show(to));
        }
        Some(Err(error)) => {
            warnings.push(format!("report_{}", error.class).into());
            text(out, &Content::of(pdu, version), &mut warnings, show);
        }
        None => text(out, &Content::of(pdu, version), &mut warnings, show),
    }
    out.push_str(",\"warnings\":[");
    for (index, warning) in warnings.iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        json::text(out, warning);
    }
    out.push(']');
}

/// An object with what `say` shows, masked.
fn fields(out: &mut String, show: Show, say: impl FnOnce(&mut dyn Visit)) {
    let mut object = json::Object::new(out, json::Form::Readable);
    say(&mut Masked { to: &mut object, show });
    object.end();
}

/// `"protocol":"cmpp","version":"3.0"`.
pub(super) fn start(out: &mut String, protocol: Protocol, version: Version) {
    let _ = write!(out, "\"protocol\":\"{protocol}\",\"version\":\"{version}\"");
}

/// User data header and text of a content.
fn text(out: &mut String, content: &Content, warnings: &mut Vec<Cow<'static, str>>, show: Show) {
    let Some(coding) = content.coding.filter(|_| !content.octets.is_empty()) else { return };
    let mut payload = &content.octets[..];
    if content.has_udh {
        match UdhList::parse(&content.octets) {
            Ok(header) => {
                out.push_str(",\"udh\":");
                json::hex(out, header.octets());
                payload = payload.get(header.octets().len()..).unwrap_or_default();
            }
            Err(_) => {
                // What follows a broken header is not text.
                warnings.push("udh_broken".into());
                return;
            }
        }
    }
    let decoded = decode(coding, payload);
    if let Some(text) = decoded.text {
        out.push_str(",\"text\":");
        if show.messages() {
            json::text(out, &text);
        } else {
            json::text(out, &crate::text::number::mask_text(&text));
        }
        let DecodeFlags { odd, replaced, bom, little_endian, gbk_in_ascii } = decoded.flags;
        let flags = [
            (odd, "text_odd_octets"),
            (replaced, "text_replaced"),
            (bom, "text_byte_order_mark"),
            (little_endian, "text_little_endian"),
            (gbk_in_ascii, "text_gbk_in_ascii"),
        ];
        warnings.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, name)| Cow::from(name)));
    }
}

/// What the time line says about a PDU besides its name and sequence.
#[derive(Default)]
struct Facts<'a> {
    from: &'a [u8],
    to: &'a [u8],
    more: usize,
    result: Option<u32>,
    content: Option<(u8, &'a [u8])>,
}

impl<'a> Facts<'a> {
    fn message(from: &'a [u8], to: Option<&'a [u8]>, all: usize, coding: u8, content: &'a [u8]) -> Self {
        let to = to.unwrap_or_default();
        Self { from, to, more: all.saturating_sub(1), result: None, content: Some((coding, content)) }
    }

    fn result(result: impl Into<u32>) -> Self {
        Self { result: Some(result.into()), ..Self::default() }
    }

    fn of(pdu: &'a AnyPdu) -> Self {
        match pdu {
            AnyPdu::Cmpp(pdu) => Self::of_cmpp(pdu),
            AnyPdu::Sgip(pdu) => Self::of_sgip(pdu),
            AnyPdu::Smgp(pdu) => Self::of_smgp(pdu),
        }
    }

    fn of_cmpp(pdu: &'a cmpp::Pdu) -> Self {
        use cmpp::Pdu;
        match pdu {
            Pdu::Connect(p) => Self { from: p.source_addr.as_bytes(), ..Self::default() },
            Pdu::ConnectResp(p) => Self::result(p.status),
            Pdu::Submit(p) => {
                let to = p.dest_terminal_id.first().map(|to| to.as_bytes());
                Self::message(p.src_id.as_bytes(), to, p.dest_terminal_id.len(), p.msg_fmt, &p.msg_content)
            }
            Pdu::SubmitResp(p) => Self::result(p.result),
            Pdu::Deliver(p) => {
                let (from, to) = (p.src_terminal_id.as_bytes(), p.dest_id.as_bytes());
                Self::message(from, Some(to), 1, p.msg_fmt, &p.msg_content)
            }
            Pdu::DeliverResp(p) => Self::result(p.result),
            Pdu::Fwd(p) => {
                let to = p.dest_id.first().map(|to| to.as_bytes());
                Self::message(p.src_id.as_bytes(), to, p.dest_id.len(), p.msg_fmt, &p.msg_content)
            }
            Pdu::FwdResp(p) => Self::result(p.result),
            Pdu::CancelResp(p) => Self::result(p.success_id),
            _ => Self::default(),
        }
    }

    fn of_sgip(pdu: &'a sgip::Pdu) -> Self {
        use sgip::Pdu;
        match pdu {
            Pdu::Bind(p) => Self { from: p.login_name.as_bytes(), ..Self::default() },
            Pdu::BindResp(p) => Self::result(p.result),
            Pdu::Submit(p) => {
                let to = p.user_numbers.first().map(|to| to.as_bytes());
                let (coding, content) = (p.message_coding, &p.message_content);
                Self::message(p.sp_number.as_bytes(), to, p.user_numbers.len(), coding, content)
            }
            Pdu::SubmitResp(p) => Self::result(p.result),
            Pdu::Deliver(p) => {
                let (from, to) = (p.user_number.as_bytes(), p.sp_number.as_bytes());
                Self::message(from, Some(to), 1, p.message_coding, &p.message_content)
            }
            Pdu::DeliverResp(p) => Self::result(p.result),
            Pdu::ReportResp(p) => Self::result(p.result),
            _ => Self::default(),
        }
    }

    fn of_smgp(pdu: &'a smgp::Pdu) -> Self {
        use smgp::Pdu;
        match pdu {
            Pdu::Login(p) => Self { from: p.client_id.as_bytes(), ..Self::default() },
            Pdu::LoginResp(p) => Self::result(p.status),
            Pdu::Submit(p) => {
                let to = p.dest_term_id.first().map(|to| to.as_bytes());
                Self::message(
                    p.src_term_id.as_bytes(),
                    to,
                    p.dest_term_id.len(),
                    p.msg_format,
                    &p.msg_content,
                )
            }
            Pdu::SubmitResp(p) => Self::result(p.status),
            Pdu::Deliver(p) => {
                let (from, to) = (p.src_term_id.as_bytes(), p.dest_term_id.as_bytes());
                Self::message(from, Some(to), 1, p.msg_format, &p.msg_content)
            }
            Pdu::DeliverResp(p) => Self::result(p.status),
            Pdu::Forward(p) => {
                let (from, to) = (p.src_term_id.as_bytes(), p.dest_term_id.as_bytes());
                Self::message(from, Some(to), 1, p.msg_format, &p.msg_content)
            }
            Pdu::ForwardResp(p) => Self::result(p.status),
            _ => Self::default(),
        }
    }
}

/// Appends somebody's number.
pub(super) fn number(out: &mut String, octets: &[u8], show: Show) {
    // The usual case of `mask`, without an allocation.
    if let (false, Some(hidden), true) =
        (show.messages(), octets.len().checked_sub(8), octets.iter().all(u8::is_ascii_alphanumeric))
        && let Ok(text) = std::str::from_utf8(octets)
    {
        out.push_str(text.get(..hidden).unwrap_or_default());
        out.push_str("****");
        out.push_str(text.get(hidden + 4..).unwrap_or_default());
        return;
    }
    let text = String::from_utf8_lossy(octets);
    out.push_str(&if show.messages() { text } else { mask(&text).into() });
}

/// `3.0`.
fn version_text(out: &mut String, version: Version) {
    if matches!(version, smgp::V13B | smgp::V13C) {
        let _ = write!(out, "{version}");
    } else {
        quick::number(out, version.major().into());
        out.push('.');
        quick::number(out, version.minor().into());
    }
}

/// The rest of a line of the time line: name, sequence, and the fields that a reader looks for first.
pub(super) fn line(
    out: &mut String,
    version: Version,
    header: &Header,
    pdu: &AnyPdu,
    notes: Notes,
    report: Option<(MsgId, Text<8>)>,
    show: Show,
) {
    out.push_str(pdu.protocol().name());
    out.push(' ');
    version_text(out, version);
    out.push(' ');
    out.push_str(pdu.name());
    out.push(' ');
    match pdu.protocol() {
        Protocol::Sgip => {
            let _ = write!(out, "{}", MsgId::from_sgip(header.seq));
        }
        Protocol::Cmpp | Protocol::Smgp => quick::number(out, header.seq.serial.into()),
    }
    let facts = Facts::of(pdu);
    if !facts.from.is_empty() {
        out.push_str(" from ");
        number(out, facts.from, show);
    }
    if !facts.to.is_empty() {
        out.push_str(" to ");
        number(out, facts.to, show);
        if facts.more > 0 {
            let _ = write!(out, " and {} more", facts.more);
        }
    }
    if let Some(result) = facts.result {
        out.push_str(" result ");
        quick::number(out, result.into());
    }
    match (report, facts.content) {
        (Some((id, stat)), _) => {
            out.push_str(" report on ");
            if id.to_sgip().is_some() {
                let _ = write!(out, "{id}");
            } else {
                json::digits(out, id.as_bytes());
            }
            if !stat.is_empty() {
                out.push(' ');
                out.push_str(&stat.to_string_lossy());
            }
        }
        (None, Some((coding, octets))) => content(out, Coding(coding), octets, show),
        (None, None) => {}
    }
    if let AnyPdu::Sgip(sgip::Pdu::Report(report)) = pdu {
        out.push_str(" for ");
        number(out, report.user_number.as_bytes(), show);
        let _ = write!(out, " state {} error {}", report.state, report.error_code);
    }
    if !notes.is_empty() {
        for name in notes.names() {
            let _ = write!(out, " ({name})");
        }
    }
}

fn content(out: &mut String, coding: Coding, octets: &[u8], show: Show) {
    out.push_str(match coding.0 {
        0 => " ascii ",
        3 => " sim ",
        4 => " binary ",
        8 => " ucs2 ",
        15 => " gbk ",
        _ => " coding ",
    });
    if !matches!(coding.0, 0 | 3 | 4 | 8 | 15) {
        let _ = write!(out, "{} ", coding.0);
    }
    quick::number(out, octets.len() as u64);
    out.push_str(" octets");
    let header = UdhList::detect(octets, coding);
    if let Some(concat) = header.as_ref().and_then(UdhList::concat) {
        let _ = write!(out, " part {}/{}", concat.index, concat.total);
    }
    if show.messages() {
        let payload = octets.get(header.map_or(0, |header| header.octets().len())..).unwrap_or_default();
        if let Some(text) = decode(coding, payload).text {
            out.push(' ');
            json::text(out, &text);
        }
    }
}
