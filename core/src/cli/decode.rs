//! `sanwang decode`: octets or a capture to PDUs.

mod capture;
mod file;
mod half;
mod masked;
mod packet;
mod quick;
mod shown;
mod talk;
mod track;

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;

use bytes::Bytes;

use self::shown::Show;
use super::out::{self, Failure};
use crate::text::Coding;
use crate::text::udh;
use crate::wire::{AnyPdu, DecodeError, Notes, Protocol, Shown, Version, Visit, frame, json, tag};

const PAGE: &str = "\
Octets give one JSON object a PDU, in the order of the input:
  protocol, version, pdu   what it was read as
  header                   length, command, sequence (SGIP: [node, time, serial])
  fields                   in the order of the wire, snake_case names of the protocol documents; octets are hexadecimal
  report                   the status report inside the content, if it is one
  udh, text                header and text of the content, if it is text
  warnings                 what was tolerated
Refused input gives error (its class), field, offset (octets from the start of its frame), message and frame_at (where
the frame begins in the input). A frame with a wrong length ends the input; other wrong frames are skipped.

A capture (pcap or pcapng, of tcpdump or Wireshark) gives a line a PDU: time (UTC), number, ends, protocol, version,
name, sequence, and what it is about; answers name their request, reports their submit, with the time between. --json
gives the objects above, with number, at, from, to, answers, answered_after_ms, reports_on, reported_after_ms; holes are
{gap} and {skipped}. Protocol and version are learned from the login, else from the frames. Numbers and contents are
masked; --show shows them. Passwords are never shown. Counts and progress go to stderr.

Examples:
  sanwang decode cmpp 0000000c0000000800000003
  sanwang decode smgp --version 3.0 0000000c00000004ffffffff
  sanwang decode sgip 0000001400000002b36924b942c4f1d900000005
  echo 00 00 00 0c 00 00 00 08 00 00 00 03 | sanwang decode cmpp -
  sanwang decode carrier.pcap
  tcpdump -w - port 7890 | sanwang decode - --json --port 7890=cmpp

Exit codes: 0 every frame was read; 1 a frame was refused, or is incomplete, or the file cannot be read; 2 the input is
not hexadecimal, or an option is wrong.";

/// Print PDUs of octets or of a capture.
#[derive(clap::Args, Debug)]
#[command(after_help = PAGE)]
pub(super) struct Decode {
    /// cmpp, sgip or smgp, before octets; or a capture file, `-` for one on stdin
    #[arg(value_name = "PROTOCOL|FILE")]
    what: String,
    /// Octets in hexadecimal, one or more frames; blanks, line ends and colons are skipped. `-` reads stdin
    hex: Vec<String>,
    /// The version whose layouts are used: CMPP 2.0, 2.1, 3.0; SGIP 1.1, 1.2, 1.3; SMGP 1.3, 1.3b, 1.3c, 2.0, 3.0,
    /// 3.1 [default: CMPP 3.0, SGIP 1.2, SMGP 3.0; in a capture what the login says]
    #[arg(long, value_name = "V")]
    version: Option<Version>,
    /// Capture: JSON lines instead of a time line
    #[arg(long)]
    json: bool,
    /// Capture: show numbers and contents
    #[arg(long)]
    show: bool,
    /// Capture: what a port carries, for example 17890=cmpp; repeat for more
    #[arg(long, value_name = "PORT=PROTOCOL", value_parser = capture::port)]
    port: Vec<(u16, Protocol)>,
}

pub(super) fn run(options: &Decode) -> Result<(), Failure> {
    match options.what.parse() {
        Ok(protocol) => frames(options, protocol),
        Err(_) if options.hex.is_empty() => capture(options),
        Err(unknown) => Err(Failure::Usage(format!("{}: {unknown}", options.what))),
    }
}

fn capture(options: &Decode) -> Result<(), Failure> {
    let how = capture::Options {
        json: options.json,
        show: if options.show { Show::Messages } else { Show::Masked },
        version: options.version,
        ports: options.port.clone(),
    };
    let stdout = std::io::stdout().lock();
    if options.what == "-" {
        return capture::run(std::io::stdin().lock(), None, "stdin", &how, stdout);
    }
    let name = &options.what;
    let unreadable = |error| {
        let advice = "give a capture file, or cmpp, sgip or smgp and octets";
        Failure::Usage(format!("{name} cannot be read: {error}; {advice}"))
    };
    let file = File::open(name).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    capture::run(file, Some(size), name, &how, stdout)
}

/// Octets on the command line or on stdin.
fn frames(options: &Decode, protocol: Protocol) -> Result<(), Failure> {
    if options.json || options.show || !options.port.is_empty() {
        return Err(Failure::Usage("--json, --show and --port are for captures".to_owned()));
    }
    if options.hex.is_empty() {
        return Err(Failure::Usage(format!(
            "no octets are given: {protocol} <HEX>, or - to read them on stdin"
        )));
    }
    let octets = octets(&options.hex)?;
    let version = version(options, protocol)?;
    let limit = protocol.default_limit();
    let mut refused = false;
    let mut at = 0;
    while at < octets.len() {
        let rest = octets.get(at..).unwrap_or_default();
        let (line, length) = match frame::next(protocol, rest, limit) {
            Ok(Some(length)) => match pdu(protocol, version, rest.get(..length).unwrap_or_default()) {
                Ok(line) => (line, length),
                Err(error) => {
                    refused = true;
                    let frame = rest.get(..length).unwrap_or_default();
                    (refusal(protocol, version, frame, at, &error), length)
                }
            },
            Ok(None) => {
                refused = true;
                (incomplete(protocol, rest, at), rest.len())
            }
            Err(error) => {
                refused = true;
                (refusal(protocol, version, rest, at, &error), rest.len())
            }
        };
        out::print(line)?;
        at += length;
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

fn version(options: &Decode, protocol: Protocol) -> Result<Version, Failure> {
    match options.version {
        None => Ok(protocol.default_version()),
        Some(version) => {
            protocol.version_named(&version.to_string()).map_err(|error| Failure::Usage(error.to_string()))
        }
    }
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

fn refusal(protocol: Protocol, version: Version, octets: &[u8], at: usize, error: &DecodeError) -> String {
    let mut line = "{".to_owned();
    shown::start(&mut line, protocol, version);
    if error.pdu != "header" {
        let _ = write!(line, ",\"pdu\":\"{}\"", error.pdu);
    }
    if let Ok(header) = frame::header(protocol, octets) {
        line.push_str(",\"header\":");
        json::header(&mut line, protocol, &header);
    }
    let (class, field, offset) = (error.class, error.field, error.offset);
    let _ = write!(line, ",\"error\":\"{class}\",\"field\":\"{field}\",\"offset\":{offset},\"message\":");
    json::text(&mut line, &error.to_string());
    let _ = write!(line, ",\"frame_at\":{at}}}");
    line
}

/// The input ends inside a frame.
fn incomplete(protocol: Protocol, rest: &[u8], at: usize) -> String {
    let wanted = rest.first_chunk().map(|length| u32::from_be_bytes(*length));
    let message = match wanted {
        Some(wanted) => format!("the input ends after {} of the frame's {wanted} octets", rest.len()),
        None => format!("the input ends after {} octets, inside the length of a frame", rest.len()),
    };
    let (field, have) = (protocol.length_field(), rest.len());
    format!(
        "{{\"protocol\":\"{protocol}\",\"error\":\"incomplete_frame\",\"field\":\"{field}\",\"offset\":{have},\
         \"message\":\"{message}\",\"frame_at\":{at}}}"
    )
}

fn pdu(protocol: Protocol, version: Version, octets: &[u8]) -> Result<String, DecodeError> {
    let mut notes = Notes::default();
    let (header, pdu) = AnyPdu::decode(protocol, version, octets, &mut notes)?;
    let mut line = "{".to_owned();
    shown::object(&mut line, version, &header, &pdu, notes, Show::All);
    line.push('}');
    Ok(line)
}

/// The parts of a content, by the names that the three protocols give them.
#[derive(Default)]
struct Content {
    octets: Bytes,
    coding: Option<Coding>,
    has_udh: bool,
}

impl Content {
    fn of(pdu: &AnyPdu, version: Version) -> Self {
        let mut content = Self::default();
        pdu.show(version, &mut content);
        content
    }
}

impl Visit for Content {
    fn field(&mut self, name: &'static str, value: Shown<'_>) {
        match (name, value) {
            ("msg_content" | "message_content", Shown::Octets(octets)) => {
                self.octets = Bytes::copy_from_slice(octets);
            }
            ("msg_fmt" | "msg_format" | "message_coding", Shown::Int(coding)) => {
                self.coding = u8::try_from(coding).ok().map(Coding);
            }
            ("tp_udhi", Shown::Int(udhi)) => {
                self.has_udh = u8::try_from(udhi).is_ok_and(udh::indicated);
            }
            (_, Shown::Tlvs(tlvs)) => {
                self.has_udh = tlvs.octet(tag::TP_UDHI).is_some_and(udh::indicated);
            }
            _ => {}
        }
    }

    fn texts(&mut self, _: &'static str, _: &mut dyn Iterator<Item = &[u8]>) {}

    fn groups(&mut self, _: &'static str, _: usize, _: &dyn Fn(usize, &mut dyn Visit)) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ErrorClass, cmpp};

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
        let line = refusal(Protocol::Cmpp, cmpp::V30, &[0, 0, 0, 11], 7, &error);
        assert!(
            line.contains(r#""error":"length_below_header","field":"total_length","offset":0"#),
            "{line}"
        );
        assert!(line.ends_with(r#""frame_at":7}"#), "{line}");
    }
}
