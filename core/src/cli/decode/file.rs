//! Capture files: pcap and pcapng, front to back, one packet at a time.

use std::io::Read;
use std::ops::Range;

/// No packet or block is larger; a file that says so is broken.
const LARGEST: usize = 16 << 20;

const BLOCK: usize = 256 << 10;

/// One captured packet.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    /// Nanoseconds since 1970, if the file says when.
    pub(super) at: Option<i64>,
    /// The type of the link layer.
    pub(super) link: u16,
    pub(super) data: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    /// Units of a time stamp in a second.
    units: u64,
    /// Seconds to add to every time stamp.
    offset: i64,
}

#[derive(Debug)]
enum Form {
    Pcap { interface: Interface },
    Pcapng { interfaces: Vec<Interface> },
}

/// The place of a packet in the buffer.
struct Found {
    at: Option<i64>,
    link: u16,
    data: Range<usize>,
}

/// A capture file.
#[derive(Debug)]
pub(super) struct Packets<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    big_endian: bool,
    form: Form,
    /// Octets of the file that were read.
    pub(super) read: u64,
    /// The file ends inside a packet, as it does when the capturing program was killed.
    pub(super) is_cut: bool,
}

fn word(octets: &[u8], at: usize) -> [u8; 4] {
    octets.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default()
}

impl<R: Read> Packets<R> {
    /// Reads the head of the file.
    pub(super) fn open(input: R) -> Result<Self, String> {
        let interface = Interface { link: 0, units: 1_000_000, offset: 0 };
        let mut file = Self {
            input,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            big_endian: true,
            form: Form::Pcap { interface },
            read: 0,
            is_cut: false,
        };
        let magic = if file.need(4)? { word(file.rest(), 0) } else { [0; 4] };
        let nano = match magic {
            [0x0A, 0x0D, 0x0D, 0x0A] => {
                file.form = Form::Pcapng { interfaces: Vec::new() };
                return Ok(file);
            }
            [0xA1, 0xB2, 0xC3, 0xD4] | [0xD4, 0xC3, 0xB2, 0xA1] => false,
            [0xA1, 0xB2, 0x3C, 0x4D] | [0x4D, 0x3C, 0xB2, 0xA1] => true,
            [0x1F, 0x8B, ..] => return Err("it is compressed: unpack it with gunzip first".to_owned()),
            [0x28, 0xB5, 0x2F, 0xFD] => {
                return Err("it is compressed: unpack it with unzstd first".to_owned());
            }
            _ => return Err("it is no capture: neither pcap nor pcapng".to_owned()),
        };
        file.big_endian = magic[0] == 0xA1;
        if !file.need(24)? {
            return Err("it ends inside its first 24 octets".to_owned());
        }
        let link = file.u32(20) as u16;
        let units = if nano { 1_000_000_000 } else { 1_000_000 };
        file.form = Form::Pcap { interface: Interface { link, units, offset: 0 } };
        file.start += 24;
        Ok(file)
    }

    /// The next packet; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, String> {
        let found = match &self.form {
            Form::Pcap { interface } => {
                let interface = *interface;
                self.next_record(interface)?
            }
            Form::Pcapng { .. } => self.next_block()?,
        };
        Ok(found.map(|Found { at, link, data }| {
            let data = self.buffer.get(data).unwrap_or_default();
            Packet { at, link, data }
        }))
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// A number at this place behind the start.
    fn u32(&self, at: usize) -> u32 {
        let word = word(self.rest(), at);
        if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    }

    fn u16(&self, at: usize) -> u16 {
        let [a, b, ..] = word(self.rest(), at);
        if self.big_endian { u16::from_be_bytes([a, b]) } else { u16::from_le_bytes([a, b]) }
    }

    /// Makes sure that so many octets are in the buffer; `false` if the file ends before.
    fn need(&mut self, octets: usize) -> Result<bool, String> {
        if self.end - self.start >= octets {
            return Ok(true);
        }
        if octets > LARGEST {
            return Err(format!("it is broken: a block of {octets} octets"));
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < octets {
            self.buffer.resize(octets.next_multiple_of(BLOCK), 0);
        }
        while self.end < octets {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => {
                    self.is_cut = self.end > 0;
                    return Ok(false);
                }
                Ok(read) => {
                    self.end += read;
                    self.read += read as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("it cannot be read: {error}")),
            }
        }
        Ok(true)
    }

    fn next_record(&mut self, interface: Interface) -> Result<Option<Found>, String> {
        if !self.need(16)? {
            return Ok(None);
        }
        let (seconds, fraction) = (u64::from(self.u32(0)), u64::from(self.u32(4)));
        let captured = self.u32(8) as usize;
        if captured > LARGEST {
            return Err(format!("it is broken: a packet of {captured} octets"));
        }
        if !self.need(16 + captured)? {
            return Ok(None);
        }
        let data = self.start + 16..self.start + 16 + captured;
        self.start = data.end;
        let at = time(interface, seconds.saturating_mul(interface.units).saturating_add(fraction));
        Ok(Some(Found { at, link: interface.link, data }))
    }

    fn next_block(&mut self) -> Result<Option<Found>, String> {
        loop {
            if !self.need(12)? {
                return Ok(None);
            }
            let kind = self.u32(0);
            if kind == 0x0A0D_0D0A {
                match word(self.rest(), 8) {
                    [0x1A, 0x2B, 0x3C, 0x4D] => self.big_endian = true,
                    [0x4D, 0x3C, 0x2B, 0x1A] => self.big_endian = false,
                    _ => return Err("it is broken: a section without byte order".to_owned()),
                }
                self.form = Form::Pcapng { interfaces: Vec::new() };
            }
            let length = self.u32(4) as usize;
            if length < 12 || !length.is_multiple_of(4) {
                return Err(format!("it is broken: a block of {length} octets"));
            }
            if !self.need(length)? {
                return Ok(None);
            }
            let found = match kind {
                1 => {
                    self.interface(length);
                    None
                }
                2 if length >= 32 => self.stamped(self.u16(8), length),
                3 if length >= 16 => self.simple(length),
                6 if length >= 32 => self.stamped(self.u32(8) as u16, length),
                _ => None,
            };
            self.start += length;
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// An interface description with its options.
    fn interface(&mut self, length: usize) {
        let mut interface = Interface { link: self.u16(8), units: 1_000_000, offset: 0 };
        let mut at = 16;
        while at + 4 <= length - 4 {
            let (code, size) = (self.u16(at), usize::from(self.u16(at + 2)));
            let value = self.rest().get(at + 4..at + 4 + size).unwrap_or_default();
            match (code, value) {
                (0, _) => break,
                (9, [power]) if power & 0x80 != 0 => {
                    interface.units = 1u64.checked_shl(u32::from(power & 0x7F)).unwrap_or(u64::MAX);
                }
                (9, [power]) => interface.units = 10u64.checked_pow(u32::from(*power)).unwrap_or(u64::MAX),
                (14, value) if value.len() == 8 => {
                    let mut octets: [u8; 8] = value.first_chunk().copied().unwrap_or_default();
                    if !self.big_endian {
                        octets.reverse();
                    }
                    interface.offset = i64::from_be_bytes(octets);
                }
                _ => {}
            }
            at += 4 + size.next_multiple_of(4);
        }
        if let Form::Pcapng { interfaces } = &mut self.form {
            interfaces.push(interface);
        }
    }

    fn interface_of(&self, number: u16) -> Option<Interface> {
        match &self.form {
            Form::Pcapng { interfaces } => interfaces.get(usize::from(number)).copied(),
            Form::Pcap { .. } => None,
        }
    }

    /// A packet with interface, time and captured length.
    fn stamped(&self, number: u16, length: usize) -> Option<Found> {
        let interface = self.interface_of(number)?;
        let stamp = u64::from(self.u32(12)) << 32 | u64::from(self.u32(16));
        let captured = (self.u32(20) as usize).min(length - 32);
        let data = self.start + 28..self.start + 28 + captured;
        Some(Found { at: time(interface, stamp), link: interface.link, data })
    }

    /// A packet of the first interface, without time.
    fn simple(&self, length: usize) -> Option<Found> {
        let interface = self.interface_of(0)?;
        let captured = (self.u32(8) as usize).min(length - 16);
        let data = self.start + 12..self.start + 12 + captured;
        Some(Found { at: None, link: interface.link, data })
    }
}

/// Nanoseconds since 1970 of a time stamp.
fn time(interface: Interface, stamp: u64) -> Option<i64> {
    let nanos = u128::from(stamp) * 1_000_000_000 / u128::from(interface.units.max(1));
    i64::try_from(nanos).ok()?.checked_add(interface.offset.checked_mul(1_000_000_000)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    /// Time, link type, octets.
    type Record = (Option<i64>, u16, Vec<u8>);

    fn all(file: &[u8]) -> Result<(Vec<Record>, bool), String> {
        let mut packets = Packets::open(file)?;
        let mut found = Vec::new();
        while let Some(packet) = packets.next()? {
            found.push((packet.at, packet.link, packet.data.to_vec()));
        }
        Ok((found, packets.is_cut))
    }

    fn block(kind: u32, body: &[u8], number: fn(u32) -> [u8; 4]) -> Vec<u8> {
        let length = number(12 + body.len().next_multiple_of(4) as u32);
        let mut padded = body.to_vec();
        padded.resize(body.len().next_multiple_of(4), 0);
        [&number(kind)[..], &length, &padded, &length].concat()
    }

    /// A pcapng file with an interface in nanoseconds and one in the default microseconds.
    pub(in super::super) fn pcapng(number: fn(u32) -> [u8; 4], half: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let section = [&number(0x1A2B_3C4D)[..], &half(1), &half(0), &[0xFF; 8]].concat();
        let nano =
            [&half(1)[..], &half(0), &number(0), &half(9), &half(1), &[9, 0, 0, 0], &half(0), &half(0)];
        let micro = [&half(101)[..], &half(0), &number(0)];
        let stamp = |interface, low, data: &[u8]| {
            let length = number(data.len() as u32);
            [&number(interface)[..], &number(0), &number(low), &length, &length, data].concat()
        };
        [
            block(0x0A0D_0D0A, &section, number),
            block(1, &nano.concat(), number),
            block(1, &micro.concat(), number),
            block(5, b"statistics", number),
            block(6, &stamp(0, 5, b"abc"), number),
            block(6, &stamp(1, 7, b"defg"), number),
            block(6, &stamp(9, 7, b"no such interface"), number),
            block(3, &[&number(2)[..], b"hi"].concat(), number),
        ]
        .concat()
    }

    #[test]
    fn pcap_in_both_orders_and_precisions() {
        for (magic, nano) in [(0xA1B2_C3D4u32, false), (0xA1B2_3C4D, true)] {
            for number in [u32::to_be_bytes, u32::to_le_bytes] {
                let head = [magic, 0, 0, 0, 65535, 113].map(number).concat();
                let record = [&[2, 500, 3, 3].map(number).concat()[..], b"xyz"].concat();
                let at = if nano { 2_000_000_500 } else { 2_000_500_000 };
                let expected = vec![(Some(at), 113, b"xyz".to_vec()); 2];
                assert_eq!(all(&[&head[..], &record, &record].concat()), Ok((expected.clone(), false)));
                let cut = [&head[..], &record, &record, &record[..18]].concat();
                assert_eq!(all(&cut), Ok((expected, true)));
            }
        }
    }

    #[test]
    fn pcapng_in_both_orders() {
        let expected = vec![
            (Some(5), 1, b"abc".to_vec()),
            (Some(7000), 101, b"defg".to_vec()),
            (None, 1, b"hi".to_vec()),
        ];
        let little = all(&pcapng(u32::to_le_bytes, u16::to_le_bytes)).unwrap();
        let big = all(&pcapng(u32::to_be_bytes, u16::to_be_bytes)).unwrap();
        assert_eq!(little, (expected.clone(), false));
        assert_eq!(big, (expected, false));
    }

    #[test]
    fn other_files_are_refused_with_advice() {
        assert!(all(b"GET / HTTP/1.1").unwrap_err().contains("neither pcap nor pcapng"));
        assert!(all(b"").unwrap_err().contains("neither"));
        assert!(all(&[0x1F, 0x8B, 8, 0]).unwrap_err().contains("gunzip"));
        assert!(all(&[0xA1, 0xB2, 0xC3, 0xD4, 0]).unwrap_err().contains("24 octets"));
        let huge = [0xA1B2_C3D4u32, 0, 0, 0, 0, 1, 0, 0, u32::MAX, 0].map(u32::to_be_bytes).concat();
        assert!(all(&huge).unwrap_err().contains("4294967295 octets"));
    }
}
