//! `sanwang decode`: octets to JSON.

use std::io::Read;

use bytes::Bytes;
use serde_json::Value as Json;

use super::json::{self, Object};
use super::out::{self, Failure};
use crate::text::udh::{self, UdhList};
use crate::text::{Coding, DecodeFlags, decode};
use crate::wire::{
    AnyPdu, CmppMoReport, CmppReport, DecodeError, Field, Notes, Protocol, SmgpReport, Value, Version, cmpp,
    frame, sgip, smgp, tag,
};

const PAGE: &str = "\
One JSON object a PDU, in the order of the input:
  protocol, version, pdu   what it was read as
  header                   length, command, sequence (SGIP: [node, time, serial])
  fields                   in the order of the wire, snake_case names of the protocol documents; octets are hexadecimal
  report                   the status report inside the content, if it is one
  udh, text                header and text of the content, if it is text
  warnings                 what was tolerated
Refused input gives error (its class), field, offset (octets from the start of its frame), message and frame_at (where
the frame begins in the input). A frame with a wrong length ends the input; other wrong frames are skipped.

Examples:
  sanwang decode cmpp 0000000c0000000800000003
  sanwang decode smgp --version 3.0 0000000c00000004ffffffff
  sanwang decode sgip 0000001400000002b36924b942c4f1d900000005
  echo 00 00 00 0c 00 00 00 08 00 00 00 03 | sanwang decode cmpp -

Exit codes: 0 every frame was read; 1 a frame was refused, or is incomplete; 2 the input is not hexadecimal, or an
option is wrong.";

/// Print PDUs as JSON.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Decode {
    /// cmpp, sgip or smgp
    protocol: Protocol,
    /// Octets in hexadecimal, one or more frames; blanks, line ends and colons are skipped. `-` reads stdin
    #[arg(required = true)]
    hex: Vec<String>,
    /// The version whose layouts are used: CMPP 2.0, 2.1, 3.0; SGIP 1.1, 1.2, 1.3; SMGP 1.3, 1.3b, 1.3c, 2.0, 3.0,
    /// 3.1 [default: CMPP 3.0, SGIP 1.2, SMGP 3.0]
    #[arg(long, value_name = "V")]
    version: Option<Version>,
}

pub(super) fn run(options: &Decode) -> Result<(), Failure> {
    let octets = octets(&options.hex)?;
    let version = version(options)?;
    let limit = options.protocol.default_limit();
    let mut refused = false;
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        let found = frame::next(options.protocol, rest, limit);
        let (object, length) = match found {
            Ok(Some(length)) => {
                let frame = rest.get(..length).unwrap_or_default();
                match pdu(options.protocol, version, frame) {
                    Ok(object) => (object, length),
                    Err(error) => {
                        refused = true;
                        (refusal(options.protocol, version, frame, at, &error), length)
                    }
                }
            }
            Ok(None) => {
                refused = true;
                (incomplete(options.protocol, rest, at), rest.len())
            }
            Err(error) => {
                refused = true;
                (refusal(options.protocol, version, rest, at, &error), rest.len())
            }
        };
        out::print(object)?;
        at += length;
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

fn version(options: &Decode) -> Result<Version, Failure> {
    let (default, more): (Version, &[Version]) = match options.protocol {
        Protocol::Cmpp => (cmpp::V30, &[]),
        Protocol::Sgip => (sgip::V12, &[]),
        Protocol::Smgp => (smgp::V30, &[smgp::V13B, smgp::V13C]),
    };
    let version = options.version.unwrap_or(default);
    let known = || options.protocol.versions().iter().chain(more);
    if known().any(|v| *v == version) {
        return Ok(version);
    }
    let names: Vec<String> = known().map(ToString::to_string).collect();
    Err(Failure::Usage(format!("{} has no version {version}: use {}", options.protocol, names.join(", "))))
}

fn octets(pieces: &[String]) -> Result<Vec<u8>, Failure> {
    let mut text = String::new();
    for piece in pieces {
        if piece == "-" {
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::Failed(format!("stdin cannot be read: {error}")))?;
        } else {
            text.push_str(piece);
        }
        text.push(' ');
    }
    let octets = unhex(&text).map_err(Failure::Usage)?;
    if octets.is_empty() {
        return Err(Failure::Usage("no octets are given: write them in hexadecimal".to_owned()));
    }
    Ok(octets)
}

/// Reads pairs of digits; blanks and colons may stand anywhere between.
fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::with_capacity(text.len() / 2);
    let mut half: Option<u32> = None;
    for (index, character) in text.chars().enumerate() {
        if character.is_whitespace() || character == ':' {
            continue;
        }
        let digit = character.to_digit(16).ok_or_else(|| {
            format!(
                "character {} of the input, {character:?}, is no hexadecimal digit: use 0-9 and a-f",
                index + 1
            )
        })?;
        half = match half {
            None => Some(digit),
            Some(high) => {
                octets.push((high * 16 + digit) as u8);
                None
            }
        };
    }
    match half {
        None => Ok(octets),
        Some(_) => Err(format!(
            "the input has an odd number of hexadecimal digits: after {} octets half an octet is left",
            octets.len()
        )),
    }
}

fn start(protocol: Protocol, version: Version) -> Object {
    let mut object = Object::default();
    object.put("protocol", protocol.name());
    object.put("version", version.to_string());
    object
}

fn refusal(protocol: Protocol, version: Version, octets: &[u8], at: usize, error: &DecodeError) -> Object {
    let mut object = start(protocol, version);
    if error.pdu != "header" {
        object.put("pdu", error.pdu);
    }
    if let Ok(header) = frame::header(protocol, octets) {
        object.put("header", json::header(protocol, header));
    }
    object.put("error", error.class.name());
    object.put("field", error.field);
    object.put("offset", error.offset);
    object.put("message", error.to_string());
    object.put("frame_at", at);
    object
}

/// The input ends inside a frame.
fn incomplete(protocol: Protocol, rest: &[u8], at: usize) -> Object {
    let mut object = Object::default();
    object.put("protocol", protocol.name());
    object.put("error", "incomplete_frame");
    object.put("field", protocol.length_field());
    object.put("offset", rest.len());
    let wanted = rest.first_chunk().map(|length| u32::from_be_bytes(*length));
    let message = match wanted {
        Some(wanted) => format!("the input ends after {} of the frame's {wanted} octets", rest.len()),
        None => format!("the input ends after {} octets, inside the length of a frame", rest.len()),
    };
    object.put("message", message);
    object.put("frame_at", at);
    object
}

fn pdu(protocol: Protocol, version: Version, octets: &[u8]) -> Result<Object, DecodeError> {
    let mut notes = Notes::default();
    let (header, pdu) = AnyPdu::decode(protocol, version, octets, &mut notes)?;
    let fields = pdu.fields(version);
    let mut object = start(protocol, version);
    object.put("pdu", pdu.name());
    object.put("header", json::header(protocol, header));
    object.put("fields", json::fields(&fields));
    let mut warnings: Vec<Json> = Vec::new();
    match report(&pdu, &mut notes) {
        Some(Ok(report)) => object.put("report", json::fields(&report)),
        Some(Err(error)) => {
            warnings.push(format!("report_{}", error.class).into());
            content(&fields, &mut object, &mut warnings);
        }
        None => content(&fields, &mut object, &mut warnings),
    }
    warnings.splice(0..0, notes.names().map(Json::from));
    object.put("warnings", warnings);
    Ok(object)
}

/// The report inside the content, if the PDU says that it is one. (The report of SGIP is a PDU.)
fn report(pdu: &AnyPdu, notes: &mut Notes) -> Option<Result<Vec<Field>, DecodeError>> {
    match pdu {
        AnyPdu::Cmpp(cmpp::Pdu::Deliver(deliver)) if deliver.registered_delivery != 0 => {
            Some(CmppReport::parse(&deliver.msg_content, notes).map(|report| report.fields()))
        }
        AnyPdu::Cmpp(cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 2 => {
            Some(CmppReport::parse(&fwd.msg_content, notes).map(|report| report.fields()))
        }
        AnyPdu::Cmpp(cmpp::Pdu::Fwd(fwd)) if fwd.msg_fwd_type == 3 => {
            Some(CmppMoReport::parse(&fwd.msg_content, notes).map(|report| report.fields()))
        }
        AnyPdu::Smgp(smgp::Pdu::Deliver(deliver)) if deliver.is_report == 1 => {
            Some(SmgpReport::parse(&deliver.msg_content, notes).map(|report| report.fields()))
        }
        AnyPdu::Smgp(smgp::Pdu::Forward(forward)) if forward.report_flag == 0 => {
            Some(SmgpReport::parse(&forward.msg_content, notes).map(|report| report.fields()))
        }
        _ => None,
    }
}

/// The parts of a content, by the names that the three protocols give them.
#[derive(Default)]
struct Content {
    octets: Bytes,
    coding: Option<Coding>,
    has_udh: bool,
}

impl Content {
    fn of(fields: &[Field]) -> Self {
        let mut content = Self::default();
        for field in fields {
            match (field.name, &field.value) {
                ("msg_content" | "message_content", Value::Octets(octets)) => content.octets = octets.clone(),
                ("msg_fmt" | "msg_format" | "message_coding", Value::Int(coding)) => {
                    content.coding = u8::try_from(*coding).ok().map(Coding);
                }
                ("tp_udhi", Value::Int(udhi)) => {
                    content.has_udh = u8::try_from(*udhi).is_ok_and(udh::indicated)
                }
                (_, Value::Tlvs(tlvs)) => {
                    content.has_udh = tlvs.octet(tag::TP_UDHI).is_some_and(udh::indicated)
                }
                _ => {}
            }
        }
        content
    }
}

fn content(fields: &[Field], object: &mut Object, warnings: &mut Vec<Json>) {
    let content = Content::of(fields);
    let Some(coding) = content.coding.filter(|_| !content.octets.is_empty()) else { return };
    let mut payload = &content.octets[..];
    if content.has_udh {
        match UdhList::parse(&content.octets) {
            Ok(header) => {
                object.put("udh", json::hex(header.octets()));
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
        object.put("text", text);
        let DecodeFlags { odd, replaced, bom, little_endian, gbk_in_ascii } = decoded.flags;
        let flags = [
            (odd, "text_odd_octets"),
            (replaced, "text_replaced"),
            (bom, "text_byte_order_mark"),
            (little_endian, "text_little_endian"),
            (gbk_in_ascii, "text_gbk_in_ascii"),
        ];
        warnings.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, name)| Json::from(name)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ErrorClass;

    #[test]
    fn digits_are_read_and_faults_are_placed() {
        assert_eq!(
            unhex("00 0C:fF\n1"),
            Err("the input has an odd number of hexadecimal digits: after 3 octets half an octet is left"
                .to_owned())
        );
        assert_eq!(unhex("00 0C:fF\n"), Ok(vec![0, 12, 255]));
        assert!(unhex("0xff").unwrap_err().starts_with("character 2 of the input, 'x'"));
    }

    #[test]
    fn classes_are_the_words_of_the_vectors() {
        assert_eq!(ErrorClass::BodyTooShort.name(), "body_too_short");
        let error = frame::next(Protocol::Cmpp, &[0, 0, 0, 11], 4096).unwrap_err();
        let line = refusal(Protocol::Cmpp, cmpp::V30, &[0, 0, 0, 11], 7, &error).to_string();
        assert!(
            line.contains(r#""error":"length_below_header","field":"total_length","offset":0"#),
            "{line}"
        );
        assert!(line.ends_with(r#""frame_at":7}"#), "{line}");
    }
}
