//! One TCP connection: which protocol and version it speaks, and its PDUs.

use std::net::SocketAddr;
use std::rc::Rc;

use super::half::{Half, Oddities, Piece};
use crate::wire::frame::RESPONSE;
use crate::wire::{AnyPdu, DecodeError, Header, Note, Notes, Protocol, Version, cmpp, frame, smgp};

/// Pieces of a connection that may be looked at until its protocol is known.
const LOOKS: u8 = 32;

/// What a connection gives.
pub(super) enum Heard<'a> {
    Pdu {
        header: Header,
        pdu: &'a AnyPdu,
        notes: Notes,
    },
    /// A frame that cannot be read.
    Refused {
        header: Option<Header>,
        error: DecodeError,
    },
    /// Octets that are not in the capture.
    Gap(u32),
    /// Octets between a gap and the next frame.
    Skipped(usize),
}

/// The protocol that a port speaks.
fn usual(port: u16) -> Option<Protocol> {
    match port {
        7890 | 7900 | 7930 | 9168 => Some(Protocol::Cmpp),
        8801 | 8802 => Some(Protocol::Sgip),
        8890 | 8900 | 8901 => Some(Protocol::Smgp),
        _ => None,
    }
}

/// How a connection is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) protocol: Option<Protocol>,
    pub(super) version: Version,
    /// The version was given, not to be learned.
    fixed: bool,
    looks: u8,
    /// What the ports usually carry.
    hint: Option<Protocol>,
    pub(super) is_foreign: bool,
    /// Of each direction: the beginning of a frame, and whether the reader is in step.
    sides: [Side; 2],
}

#[derive(Debug, Default)]
struct Side {
    partial: Vec<u8>,
    in_step: bool,
}

/// One direction of a connection, as it is shown.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) from: String,
    pub(super) to: String,
    /// ` 10.0.0.1:40000 > 10.0.0.2:7890 `
    pub(super) arrow: String,
}

impl Way {
    fn new(from: SocketAddr, to: SocketAddr) -> Self {
        Self { from: from.to_string(), to: to.to_string(), arrow: format!(" {from} > {to} ") }
    }
}

/// A connection. Direction 0 is that of the end with the lower address.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) id: u32,
    /// The packet that was last seen.
    pub(super) last: u64,
    pub(super) ended: [bool; 2],
    /// The ends as text, for each direction.
    pub(super) ways: [Rc<Way>; 2],
    halves: [Half; 2],
    pub(super) reading: Reading,
}

impl Talk {
    pub(super) fn new(
        id: u32,
        ends: (SocketAddr, SocketAddr),
        protocol: Option<Protocol>,
        version: Option<Version>,
    ) -> Self {
        let reading = Reading {
            protocol,
            version: version.or(protocol.map(Protocol::default_version)).unwrap_or_default(),
            fixed: version.is_some(),
            looks: 0,
            hint: [ends.0, ends.1].into_iter().find_map(|end| usual(end.port())),
            is_foreign: false,
            sides: <[Side; 2]>::default(),
        };
        let ways = [(ends.0, ends.1), (ends.1, ends.0)].map(|(from, to)| Rc::new(Way::new(from, to)));
        Self { id, last: 0, ended: [false; 2], ways, halves: <[Half; 2]>::default(), reading }
    }

    /// Octets that are kept for this connection.
    pub(super) fn held(&self) -> usize {
        self.halves.iter().map(|half| half.held).sum()
    }

    /// A direction begins.
    pub(super) fn begin(&mut self, back: bool, seq: u32) {
        if let (Some(half), Some(side)) =
            (self.halves.get_mut(usize::from(back)), self.reading.sides.get_mut(usize::from(back)))
        {
            half.begin(seq);
            *side = Side { in_step: true, ..Side::default() };
        }
    }

    /// A segment came.
    pub(super) fn push(
        &mut self,
        back: bool,
        seq: u32,
        payload: &[u8],
        odd: &mut Oddities,
        hear: &mut impl FnMut(&Reading, Heard<'_>),
    ) {
        let Self { halves, reading, .. } = self;
        if let Some(half) = halves.get_mut(usize::from(back)).filter(|_| !reading.is_foreign) {
            half.push(seq, payload, odd, &mut |piece| reading.piece(back, piece, hear));
        }
    }

    /// The other direction has received everything before `ack`.
    pub(super) fn acknowledged(
        &mut self,
        back: bool,
        ack: u32,
        odd: &mut Oddities,
        hear: &mut impl FnMut(&Reading, Heard<'_>),
    ) {
        let Self { halves, reading, .. } = self;
        if let Some(half) = halves.get_mut(usize::from(back)).filter(|half| half.held > 0) {
            half.acknowledged(ack, odd, &mut |piece| reading.piece(back, piece, hear));
        }
    }

    /// The connection or the capture ends.
    pub(super) fn finish(
        &mut self,
        back: bool,
        odd: &mut Oddities,
        hear: &mut impl FnMut(&Reading, Heard<'_>),
    ) {
        let Self { halves, reading, .. } = self;
        if let Some(half) = halves.get_mut(usize::from(back)) {
            half.finish(odd, &mut |piece| reading.piece(back, piece, hear));
        }
    }
}

impl Reading {
    fn piece(&mut self, back: bool, piece: Piece<'_>, hear: &mut impl FnMut(&Self, Heard<'_>)) {
        match piece {
            Piece::Gap(lost) => {
                let Some(side) = self.sides.get_mut(usize::from(back)) else { return };
                let partial = std::mem::take(&mut side.partial).len();
                side.in_step = false;
                if self.protocol.is_some() {
                    hear(self, Heard::Gap(lost));
                    if partial > 0 {
                        hear(self, Heard::Skipped(partial));
                    }
                }
            }
            Piece::Octets(octets) => self.octets(back, octets, hear),
        }
    }

    fn octets(&mut self, back: bool, octets: &[u8], hear: &mut impl FnMut(&Self, Heard<'_>)) {
        if self.is_foreign {
            return;
        }
        let Some(side) = self.sides.get_mut(usize::from(back)) else { return };
        let mut joined = std::mem::take(&mut side.partial);
        let all = if joined.is_empty() {
            octets
        } else {
            joined.extend_from_slice(octets);
            &joined[..]
        };
        let Some(protocol) = self.protocol.or_else(|| self.recognise(all)) else {
            if all.len() < 8
                && let Some(side) = self.sides.get_mut(usize::from(back))
            {
                side.partial = all.to_vec();
            }
            self.looks = self.looks.saturating_add(1);
            self.is_foreign = self.looks >= LOOKS;
            return;
        };
        let used = self.frames(back, protocol, all, hear);
        let left = all.get(used..).unwrap_or_default();
        if let Some(side) = self.sides.get_mut(usize::from(back)) {
            side.partial = if left.is_empty() { Vec::new() } else { left.to_vec() };
        }
    }

    /// Reads whole frames; gives how many octets were used.
    fn frames(
        &mut self,
        back: bool,
        protocol: Protocol,
        octets: &[u8],
        hear: &mut impl FnMut(&Self, Heard<'_>),
    ) -> usize {
        let mut used = 0;
        while let Some(rest) = octets.get(used..).filter(|rest| !rest.is_empty()) {
            if !self.sides.get(usize::from(back)).is_some_and(|side| side.in_step) {
                let found =
                    (0..rest.len()).find(|at| begins(protocol, rest.get(*at..).unwrap_or_default(), *at));
                let skipped = found.unwrap_or(rest.len());
                if skipped > 0 {
                    hear(self, Heard::Skipped(skipped));
                    used += skipped;
                }
                if let Some(side) = self.sides.get_mut(usize::from(back)) {
                    side.in_step = found.is_some();
                }
                continue;
            }
            match frame::next(protocol, rest, protocol.default_limit()) {
                Ok(Some(length)) => {
                    used += length;
                    self.frame(protocol, rest.get(..length).unwrap_or_default(), hear);
                }
                Ok(None) => break,
                Err(error) => {
                    hear(self, Heard::Refused { header: None, error });
                    if let Some(side) = self.sides.get_mut(usize::from(back)) {
                        side.in_step = false;
                    }
                    // The search begins behind the length that made no sense.
                    used += 1;
                }
            }
        }
        used
    }

    fn frame(&mut self, protocol: Protocol, octets: &[u8], hear: &mut impl FnMut(&Self, Heard<'_>)) {
        let mut notes = Notes::default();
        match &self.decode(protocol, octets, &mut notes) {
            Ok((header, pdu)) => {
                self.learn(pdu);
                hear(self, Heard::Pdu { header: *header, pdu, notes });
            }
            Err(error) => {
                let header = frame::header(protocol, octets).ok();
                hear(self, Heard::Refused { header, error: *error });
            }
        }
    }

    /// Reads a frame in the version of the connection, or in another one that suits it better: the login may not be in
    /// the capture, or may name another version than the one that is spoken.
    fn decode(
        &mut self,
        protocol: Protocol,
        octets: &[u8],
        notes: &mut Notes,
    ) -> Result<(Header, AnyPdu), DecodeError> {
        let first = AnyPdu::decode(protocol, self.version, octets, notes);
        let doubtful = match &first {
            Ok(_) => [Note::TrailingOctets, Note::ShortTail, Note::OtherVersion]
                .iter()
                .any(|note| notes.contains(*note)),
            Err(error) => error.pdu != "header",
        };
        if doubtful && !self.fixed {
            for &version in protocol.versions().iter().filter(|version| **version != self.version) {
                let mut others = Notes::default();
                let found = AnyPdu::decode(protocol, version, octets, &mut others);
                if found.is_ok() && others.is_empty() {
                    self.version = version;
                    *notes = others;
                    return found;
                }
            }
        }
        first
    }

    /// The version that a login agrees on.
    fn learn(&mut self, pdu: &AnyPdu) {
        if self.fixed {
            return;
        }
        self.version = match pdu {
            AnyPdu::Cmpp(cmpp::Pdu::Connect(connect)) => cmpp_layout(connect.version),
            AnyPdu::Cmpp(cmpp::Pdu::ConnectResp(resp)) if resp.status == 0 && resp.version >= 0x20 => {
                self.version.min(cmpp_layout(resp.version))
            }
            AnyPdu::Smgp(smgp::Pdu::Login(login)) => smgp_layout(login.client_version),
            AnyPdu::Smgp(smgp::Pdu::LoginResp(resp)) if resp.status == 0 && resp.server_version >= 0x13 => {
                self.version.min(smgp_layout(resp.server_version))
            }
            _ => return,
        };
    }

    /// Tells the protocol by a login, or else by a frame that only one protocol reads without a note.
    fn recognise(&mut self, octets: &[u8]) -> Option<Protocol> {
        let login = match octets.first_chunk::<8>() {
            Some([0, 0, 0, 39, 0, 0, 0, 1]) => Some(Protocol::Cmpp),
            Some([0, 0, 0, 61, 0, 0, 0, 1]) => Some(Protocol::Sgip),
            Some([0, 0, 0, 42, 0, 0, 0, 1]) => Some(Protocol::Smgp),
            _ => None,
        };
        let protocol = login.or_else(|| self.hint.filter(|hint| reads(*hint, octets))).or_else(|| {
            let mut clean = Protocol::ALL.into_iter().filter(|protocol| reads(*protocol, octets));
            clean.next().filter(|_| clean.next().is_none())
        })?;
        self.protocol = Some(protocol);
        if !self.fixed {
            self.version = protocol.default_version();
        }
        Some(protocol)
    }
}

/// Whether the octets begin with a frame that some version of the protocol reads without a note.
fn reads(protocol: Protocol, octets: &[u8]) -> bool {
    let Ok(Some(length)) = frame::next(protocol, octets, protocol.default_limit()) else { return false };
    let frame = octets.get(..length).unwrap_or_default();
    protocol.versions().iter().any(|version| {
        let mut notes = Notes::default();
        AnyPdu::decode(protocol, *version, frame, &mut notes).is_ok() && notes.is_empty()
    })
}

/// Whether a frame seems to begin here: a length within the limit, a known command, and behind it the end of the octets
/// or another such header. At the start of a segment the header alone is enough.
fn begins(protocol: Protocol, octets: &[u8], at: usize) -> bool {
    let Some(length) = plausible(protocol, octets) else { return false };
    match octets.get(length..) {
        None => at == 0,
        Some([]) => true,
        Some(next) => at == 0 || next.len() < 8 || plausible(protocol, next).is_some(),
    }
}

fn plausible(protocol: Protocol, octets: &[u8]) -> Option<usize> {
    let [l3, l2, l1, l0, c3, c2, c1, c0, ..] = octets else { return None };
    let length = u32::from_be_bytes([*l3, *l2, *l1, *l0]) as usize;
    let command = u32::from_be_bytes([*c3, *c2, *c1, *c0]);
    let fits = length >= protocol.header_len() && length <= protocol.default_limit();
    let known = || AnyPdu::table(protocol).iter().any(|info| info.command & !RESPONSE == command & !RESPONSE);
    (fits && known()).then_some(length)
}

const fn cmpp_layout(version: u8) -> Version {
    match version {
        0x30.. => cmpp::V30,
        0x21.. => cmpp::V21,
        _ => cmpp::V20,
    }
}

const fn smgp_layout(version: u8) -> Version {
    match version {
        0x30.. => smgp::V30,
        0x20.. => smgp::V20,
        _ => smgp::V13,
    }
}
