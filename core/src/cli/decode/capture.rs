//! A capture file to a time line or JSON lines.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::super::out::{self, Failure};
use super::file::Packets;
use super::half::Oddities;
use super::packet::{self, Seen, Segment};
use super::quick::{self, Quick};
use super::shown::{self, Show};
use super::talk::{Heard, Reading, Talk, Way};
use super::track::{Mark, Related, Tracker};
use crate::time::WireTime;
use crate::wire::{Protocol, Version, json};

/// Connections that are followed at once; beyond, the quarter that was silent longest is forgotten.
const CONNECTIONS: usize = 4096;

/// Octets of segments that wait for earlier ones, over all connections.
const HELD: usize = 32 << 20;

/// How to show a capture.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) json: bool,
    pub(super) show: Show,
    /// The version of all connections, instead of what their logins say.
    pub(super) version: Option<Version>,
    /// Ports and their protocols, before the usual ones.
    pub(super) ports: Vec<(u16, Protocol)>,
}

/// What was counted.
#[derive(Debug, Default)]
struct Totals {
    packets: u64,
    pdus: u64,
    refused: u64,
    connections: u64,
    foreign: u64,
    fragments: u64,
    forgotten: u64,
    skipped_octets: u64,
    links: Vec<(u16, u64)>,
}

/// The output, written in large pieces.
struct Sink<W> {
    to: W,
    text: String,
    stamp: Stamp,
}

/// The time that was written last: most packets have several PDUs, and a second has many packets.
#[derive(Default)]
struct Stamp {
    at: Option<i64>,
    second: Option<i64>,
    text: String,
    /// Octets of the text up to the fraction of the second.
    whole: usize,
}

impl<W: Write> Sink<W> {
    fn flush(&mut self) -> Result<(), Failure> {
        let written = self.to.write_all(self.text.as_bytes()).and_then(|()| self.to.flush());
        self.text.clear();
        written.map_err(|error| match error.kind() {
            // The reader has seen enough, as `head` does.
            ErrorKind::BrokenPipe => Failure::Said,
            _ => Failure::Failed(format!("stdout cannot be written: {error}")),
        })
    }

    /// A time in UTC: `2026-11-22T00:30:01.123456Z`.
    fn time(&mut self, at: Option<i64>) {
        let Some(at) = at else {
            self.text.push('-');
            return;
        };
        if self.stamp.at != Some(at) {
            self.stamp.set(at);
        }
        self.text.push_str(&self.stamp.text);
    }
}

impl Stamp {
    fn set(&mut self, at: i64) {
        let second = at.div_euclid(1_000_000_000);
        if self.second != Some(second) {
            let time = WireTime::from_unix_ms(second.saturating_mul(1000), 0);
            let WireTime { year, month, day, hour, minute, second: s } = time;
            self.text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{s:02}.");
            (self.second, self.whole) = (Some(second), self.text.len());
        }
        self.text.truncate(self.whole);
        quick::padded(&mut self.text, (at.rem_euclid(1_000_000_000) / 1000).cast_unsigned(), 6);
        self.text.push('Z');
        self.at = Some(at);
    }
}

/// Everything but the connections.
struct Trace<'a, W> {
    options: &'a Options,
    sink: Sink<W>,
    tracker: Tracker,
    totals: Totals,
}

/// Where and when a segment was seen.
struct Place {
    at: Option<i64>,
    way: Rc<Way>,
    talk: u32,
    back: bool,
}

impl Place {
    fn new(talk: &Talk, at: Option<i64>, back: bool) -> Self {
        let [there, again] = &talk.ways;
        Self { at, way: Rc::clone(if back { again } else { there }), talk: talk.id, back }
    }
}

impl<W: Write> Trace<'_, W> {
    fn heard(&mut self, place: &Place, reading: &Reading, heard: &Heard<'_>) {
        let protocol = reading.protocol.unwrap_or(Protocol::Cmpp);
        let mut related = Related::default();
        let is_frame = match heard {
            Heard::Pdu { header, pdu, .. } => {
                self.totals.pdus += 1;
                let mark = Mark { number: self.totals.pdus, at: place.at };
                related = self.tracker.see(place.talk, place.back, mark, header, pdu);
                true
            }
            Heard::Refused { .. } => {
                self.totals.pdus += 1;
                self.totals.refused += 1;
                true
            }
            Heard::Skipped(octets) => {
                self.totals.skipped_octets += *octets as u64;
                false
            }
            Heard::Gap(_) => false,
        };
        let number = is_frame.then_some(self.totals.pdus);
        if self.options.json {
            self.object(place, reading.version, protocol, number, heard, related);
        } else {
            self.line(place, reading.version, protocol, number, heard, related);
        }
    }

    fn line(
        &mut self,
        place: &Place,
        version: Version,
        protocol: Protocol,
        number: Option<u64>,
        heard: &Heard<'_>,
        related: Related,
    ) {
        self.sink.time(place.at);
        let out = &mut self.sink.text;
        if let Some(number) = number {
            out.push_str(" #");
            quick::number(out, number);
        }
        out.push_str(&place.way.arrow);
        match heard {
            Heard::Pdu { header, pdu, notes } => {
                shown::line(out, version, header, pdu, *notes, related.report, self.options.show);
            }
            Heard::Refused { error, .. } => {
                let _ = write!(out, "{protocol} {version} refused: {error}");
            }
            Heard::Gap(lost) => {
                let _ = write!(out, "gap: {lost} octets are not in the capture");
            }
            Heard::Skipped(octets) => {
                let _ = write!(out, "skipped {octets} octets up to the next frame");
            }
        }
        for (mark, what) in [(related.answers, "answers"), (related.reports_on, "of submit")] {
            if let Some(mark) = mark {
                for piece in [" ", what, " #"] {
                    out.push_str(piece);
                }
                quick::number(out, mark.number);
                if let Some(took) = took(mark.at, place.at) {
                    out.push_str(" after ");
                    quick::number(out, took / 1000);
                    out.push('.');
                    quick::padded(out, took % 1000, 3);
                    out.push_str(" ms");
                }
            }
        }
        out.push('\n');
    }

    fn object(
        &mut self,
        place: &Place,
        version: Version,
        protocol: Protocol,
        number: Option<u64>,
        heard: &Heard<'_>,
        related: Related,
    ) {
        self.sink.text.push('{');
        if let Some(number) = number {
            let _ = write!(self.sink.text, "\"number\":{number},");
        }
        if place.at.is_some() {
            self.sink.text.push_str("\"at\":\"");
            self.sink.time(place.at);
            self.sink.text.push_str("\",");
        }
        let out = &mut self.sink.text;
        for piece in ["\"from\":\"", &place.way.from, "\",\"to\":\"", &place.way.to, "\","] {
            out.push_str(piece);
        }
        match heard {
            Heard::Pdu { header, pdu, notes } => {
                shown::object(out, version, header, pdu, *notes, self.options.show);
            }
            Heard::Refused { header, error } => {
                shown::start(out, protocol, version);
                if let Some(header) = header {
                    out.push_str(",\"header\":");
                    json::header(out, protocol, header);
                }
                let (class, field, offset) = (error.class, error.field, error.offset);
                let _ = write!(
                    out,
                    ",\"error\":\"{class}\",\"field\":\"{field}\",\"offset\":{offset},\"message\":"
                );
                json::text(out, &error.to_string());
            }
            Heard::Gap(lost) => {
                let _ = write!(out, "\"gap\":{lost}");
            }
            Heard::Skipped(octets) => {
                let _ = write!(out, "\"skipped\":{octets}");
            }
        }
        for (mark, what, after) in [
            (related.answers, "answers", "answered_after_ms"),
            (related.reports_on, "reports_on", "reported_after_ms"),
        ] {
            if let Some(mark) = mark {
                let _ = write!(out, ",\"{what}\":{}", mark.number);
                if let Some(took) = took(mark.at, place.at) {
                    let _ = write!(out, ",\"{after}\":{}.{:03}", took / 1000, took % 1000);
                }
            }
        }
        out.push_str("}\n");
    }
}

/// Microseconds between two packets.
fn took(from: Option<i64>, to: Option<i64>) -> Option<u64> {
    u64::try_from(to?.checked_sub(from?)? / 1000).ok()
}

/// The connections, by their ends in a fixed order.
struct Talks {
    all: HashMap<(SocketAddr, SocketAddr), Talk, Quick>,
    /// Octets that wait for earlier segments, over all of them.
    held: usize,
}

impl Talks {
    fn segment<W: Write>(
        &mut self,
        trace: &mut Trace<'_, W>,
        at: Option<i64>,
        segment: &Segment<'_>,
        odd: &mut Oddities,
    ) {
        let back = segment.from > segment.to;
        let ends = if back { (segment.to, segment.from) } else { (segment.from, segment.to) };
        // A connection that begins, or begins again on the same ports.
        if segment.is_syn && segment.ack.is_none() {
            self.end(trace, ends, at, odd);
        }
        if !self.all.contains_key(&ends) {
            if segment.payload.is_empty() && !segment.is_syn {
                return;
            }
            self.make_room(trace);
            trace.totals.connections += 1;
            let protocol = [segment.to.port(), segment.from.port()].into_iter().find_map(|port| {
                trace.options.ports.iter().find(|(given, _)| *given == port).map(|(_, protocol)| *protocol)
            });
            let id = trace.totals.connections as u32;
            self.all.insert(ends, Talk::new(id, ends, protocol, trace.options.version));
        }
        let Some(talk) = self.all.get_mut(&ends) else { return };
        talk.last = trace.totals.packets;
        if segment.is_syn {
            talk.begin(back, segment.seq);
        }
        let before = talk.held();
        let place = Place::new(talk, at, back);
        talk.push(back, segment.seq, segment.payload, odd, &mut |reading, heard| {
            trace.heard(&place, reading, &heard);
        });
        if let Some(ack) = segment.ack.filter(|_| talk.held() > 0) {
            let place = Place::new(talk, at, !back);
            talk.acknowledged(!back, ack, odd, &mut |reading, heard| trace.heard(&place, reading, &heard));
        }
        if self.held + talk.held() > HELD + before {
            talk.finish(back, odd, &mut |reading, heard| trace.heard(&place, reading, &heard));
        }
        self.held = (self.held + talk.held()).saturating_sub(before);
        if segment.is_end {
            if let Some(ended) = talk.ended.get_mut(usize::from(back)) {
                *ended = true;
            }
            if talk.ended == [true; 2] {
                self.end(trace, ends, at, odd);
            }
        }
    }

    /// Gives what a connection still holds and forgets it.
    fn end<W: Write>(
        &mut self,
        trace: &mut Trace<'_, W>,
        ends: (SocketAddr, SocketAddr),
        at: Option<i64>,
        odd: &mut Oddities,
    ) {
        let Some(mut talk) = self.all.remove(&ends) else { return };
        self.held = self.held.saturating_sub(talk.held());
        trace.totals.foreign += u64::from(talk.reading.is_foreign || talk.reading.protocol.is_none());
        for back in [false, true] {
            let place = Place::new(&talk, at, back);
            talk.finish(back, odd, &mut |reading, heard| trace.heard(&place, reading, &heard));
        }
    }

    fn make_room<W: Write>(&mut self, trace: &mut Trace<'_, W>) {
        if self.all.len() < CONNECTIONS {
            return;
        }
        let mut seen: Vec<u64> = self.all.values().map(|talk| talk.last).collect();
        seen.sort_unstable();
        let oldest = seen.get(CONNECTIONS / 4).copied().unwrap_or(u64::MAX);
        self.all.retain(|_, talk| talk.last > oldest);
        trace.totals.forgotten += seen.len().saturating_sub(self.all.len()) as u64;
        self.held = self.all.values().map(Talk::held).sum();
    }
}

/// Says how far it is, now and then.
struct Progress {
    size: Option<u64>,
    last: Instant,
    since: u64,
}

impl Progress {
    fn tick(&mut self, read: u64, pdus: u64) {
        // The clock is looked at every 16 MiB.
        if read - self.since < 16 << 20 {
            return;
        }
        self.since = read;
        if self.last.elapsed() > Duration::from_secs(2) {
            self.last = Instant::now();
            let of = self.size.map_or(String::new(), |size| format!(" of {}", size >> 20));
            out::say(format_args!("{}{of} MiB read, {}", read >> 20, out::count(pdus, "PDU")));
        }
    }
}

/// Shows a capture, and on stderr what was odd. `size` is that of the file, where it is known.
pub(super) fn run(
    input: impl Read,
    size: Option<u64>,
    name: &str,
    options: &Options,
    to: impl Write,
) -> Result<(), Failure> {
    let (summary, is_refused) = show(input, size, name, options, to)?;
    out::say(summary);
    if is_refused { Err(Failure::Said) } else { Ok(()) }
}

/// Shows a capture; gives what is to be said about it, and whether a frame was refused.
fn show(
    input: impl Read,
    size: Option<u64>,
    name: &str,
    options: &Options,
    to: impl Write,
) -> Result<(String, bool), Failure> {
    let wrong = |why: String| Failure::Failed(format!("{name}: {why}"));
    let mut packets = Packets::open(input).map_err(wrong)?;
    let sink = Sink { to, text: String::with_capacity(128 << 10), stamp: Stamp::default() };
    let mut trace = Trace { options, sink, tracker: Tracker::new(), totals: Totals::default() };
    let mut talks = Talks { all: HashMap::default(), held: 0 };
    let (mut odd, mut last) = (Oddities::default(), None);
    let mut progress = Progress { size, last: Instant::now(), since: 0 };
    loop {
        progress.tick(packets.read, trace.totals.pdus);
        // A file that is broken further on has shown what comes before.
        let packet = match packets.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(why) => {
                trace.sink.flush()?;
                return Err(wrong(why));
            }
        };
        trace.totals.packets += 1;
        last = packet.at;
        match packet::parse(packet.link, packet.data) {
            Seen::Tcp(segment) => talks.segment(&mut trace, packet.at, &segment, &mut odd),
            Seen::Fragment => trace.totals.fragments += 1,
            Seen::Other => {}
            Seen::Link(link) => match trace.totals.links.iter_mut().find(|(known, _)| *known == link) {
                Some((_, count)) => *count += 1,
                None => trace.totals.links.push((link, 1)),
            },
        }
        if trace.sink.text.len() > 64 << 10 {
            trace.sink.flush()?;
        }
    }
    let mut open: Vec<_> = talks.all.keys().copied().collect();
    open.sort_unstable();
    for ends in open {
        talks.end(&mut trace, ends, last, &mut odd);
    }
    trace.sink.flush()?;
    let text = summary(&trace.totals, &odd, trace.tracker.unanswered(), packets.is_cut);
    Ok((text, trace.totals.refused > 0))
}

/// What was found and what was odd.
fn summary(totals: &Totals, odd: &Oddities, unanswered: usize, is_cut: bool) -> String {
    let mut text = format!(
        "{} in {} on {}",
        out::count(totals.pdus, "PDU"),
        out::count(totals.packets, "packet"),
        out::count(totals.connections - totals.foreign, "connection"),
    );
    let rows = [
        (totals.refused, "frames refused"),
        (unanswered as u64, "requests without answer"),
        (odd.repeated, "segments repeated"),
        (odd.reordered, "segments out of order"),
        (odd.gaps, "gaps"),
        (odd.lost_octets, "octets not in the capture"),
        (totals.skipped_octets, "octets skipped"),
        (totals.fragments, "IP fragments refused: capture on a link that does not fragment"),
        (totals.foreign, "connections of other protocols"),
        (totals.forgotten, "idle connections forgotten"),
    ];
    for (count, what) in rows {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    for (link, count) in &totals.links {
        let _ = write!(text, "; {count} packets of link type {link}, which is not read");
    }
    if is_cut {
        text.push_str("; the file ends inside a packet");
    }
    text
}

/// A port and its protocol: `7890=cmpp`.
pub(super) fn port(text: &str) -> Result<(u16, Protocol), String> {
    let (port, protocol) = text.split_once('=').ok_or("write PORT=PROTOCOL, for example 7890=cmpp")?;
    let port = port.parse().map_err(|_| format!("{port} is no port: use 1 to 65535"))?;
    let protocol = protocol.parse().map_err(|error| format!("{protocol}: {error}"))?;
    Ok((port, protocol))
}

#[cfg(test)]
#[path = "../../../tests/common/mutate.rs"]
mod mutate;
#[cfg(test)]
#[path = "../../../tests/common/pcap.rs"]
#[allow(dead_code)]
mod pcap;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::mutate::Mutator;
    use super::pcap::{End, Pcap, Wire};
    use super::*;

    fn shown(file: &[u8], json: bool) -> (bool, String) {
        let mut text = Vec::new();
        let options = Options { json, ..Options::default() };
        let done = show(file, Some(file.len() as u64), "it", &options, &mut text).is_ok();
        (done, String::from_utf8(text).unwrap())
    }

    fn talk() -> Vec<u8> {
        let mut pcap = Pcap::new();
        for (number, port) in [(1, 7890), (2, 8801), (3, 8890)] {
            let mut wire = Wire::open(&mut pcap, End(number, 40_000), End(9, port));
            for serial in 1..6 {
                let frame = [0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, serial];
                wire.send(&mut pcap, false, &frame);
                wire.send(&mut pcap, true, &[&[0, 0, 0, 13, 0x80][..], &frame[5..], &[0]].concat());
            }
            wire.close(&mut pcap);
        }
        pcap.octets().to_vec()
    }

    /// Captures come from anywhere: a mutated one gives lines or a reason, and memory stays bounded.
    #[test]
    fn no_capture_makes_it_panic() {
        let seeds =
            [talk(), super::super::file::tests::pcapng(u32::to_le_bytes, u16::to_le_bytes)].map(Vec::from);
        let budget = std::env::var("SANWANG_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(1_500);
        for number in 0..budget {
            let input = Mutator::new(number).mutate(&seeds);
            let (_, text) = shown(&input, number % 2 == 0);
            assert!(text.len() < 400 * input.len() + 400, "input {number}");
        }
    }

    #[test]
    fn the_number_of_connections_is_bounded() {
        let mut pcap = Pcap::new();
        for number in 0..6000u32 {
            let port = u16::try_from(10_000 + number % 5000).unwrap();
            let host = u8::try_from(number / 5000).unwrap();
            let mut wire = Wire { client: End(host, port), server: End(9, 7890), sent: [1, 1] };
            wire.send(&mut pcap, false, &[0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 1]);
        }
        let (done, text) = shown(pcap.octets(), false);
        assert_eq!((done, text.lines().count()), (true, 6000));
    }

    #[test]
    fn ports_are_read() {
        assert_eq!(port("17890=CMPP"), Ok((17890, Protocol::Cmpp)));
        for bad in ["7890", "=cmpp", "70000=cmpp", "7890=smpp"] {
            assert!(port(bad).is_err(), "{bad}");
        }
    }
}
