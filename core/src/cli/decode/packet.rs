//! From a captured packet to a TCP segment: link layers, IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One TCP segment.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) seq: u32,
    /// What the sender has received, if the segment says so.
    pub(super) ack: Option<u32>,
    pub(super) is_syn: bool,
    /// FIN or RST.
    pub(super) is_end: bool,
    pub(super) payload: &'a [u8],
}

/// What a packet was.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    Tcp(Segment<'a>),
    /// A piece of an IP packet. Carriers' frames fit a packet, so pieces are counted and not joined.
    Fragment,
    /// Anything that is no TCP.
    Other,
    /// A link layer that is not read.
    Link(u16),
}

/// Reads a packet.
pub(super) fn parse(link: u16, data: &[u8]) -> Seen<'_> {
    let inside = match link {
        0 | 108 => data.get(4..),
        1 => ethernet(data),
        // Linux "cooked" captures: the protocol stands at the end of the header, or at its start.
        113 => after(data.get(14..)),
        276 => data.get(20..).filter(|_| data.first_chunk().is_some_and(|kind| is_ip(*kind))),
        12 | 14 | 101 | 228 | 229 => Some(data),
        link => return Seen::Link(link),
    };
    match inside.and_then(|packet| packet.first().map(|first| (first >> 4, packet))) {
        Some((4, packet)) => ipv4(packet),
        Some((6, packet)) => ipv6(packet),
        _ => Seen::Other,
    }
}

fn is_ip(kind: [u8; 2]) -> bool {
    matches!(kind, [0x08, 0x00] | [0x86, 0xDD])
}

fn ethernet(data: &[u8]) -> Option<&[u8]> {
    after(data.get(12..))
}

/// What follows an Ethernet type, tags of virtual networks skipped.
fn after(mut rest: Option<&[u8]>) -> Option<&[u8]> {
    loop {
        match rest? {
            [0x81, 0x00, _, _, more @ ..] | [0x88, 0xA8, _, _, more @ ..] | [0x91, 0x00, _, _, more @ ..] => {
                rest = Some(more)
            }
            [a, b, more @ ..] if is_ip([*a, *b]) => return Some(more),
            _ => return None,
        }
    }
}

fn ipv4(packet: &[u8]) -> Seen<'_> {
    let [first, _, l1, l0, _, _, f1, f0, _, protocol, _, _, addresses @ ..] = packet else {
        return Seen::Other;
    };
    if *protocol != 6 {
        return Seen::Other;
    }
    if u16::from_be_bytes([*f1, *f0]) & 0x3FFF != 0 {
        return Seen::Fragment;
    }
    let header = usize::from(first & 0x0F) * 4;
    // Packets that the network card cuts later have no length yet.
    let length = match usize::from(u16::from_be_bytes([*l1, *l0])) {
        0 => packet.len(),
        length => length.min(packet.len()),
    };
    let address = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 4] = *addresses.get(at..)?.first_chunk()?;
        Some(Ipv4Addr::from(octets).into())
    };
    match (address(0), address(4), packet.get(header..length)) {
        (Some(from), Some(to), Some(inside)) if header >= 20 => tcp(from, to, inside),
        _ => Seen::Other,
    }
}

fn ipv6(packet: &[u8]) -> Seen<'_> {
    let Some((header, after)) = packet.split_at_checked(40) else { return Seen::Other };
    let [_, _, _, _, l1, l0, kind, _, addresses @ ..] = header else { return Seen::Other };
    let mut inside = match usize::from(u16::from_be_bytes([*l1, *l0])) {
        0 => after,
        length => after.get(..length.min(after.len())).unwrap_or_default(),
    };
    let mut kind = *kind;
    loop {
        let length = match (kind, inside) {
            (6, _) => break,
            (0 | 43 | 60, [_, length, ..]) => 8 + usize::from(*length) * 8,
            (51, [_, length, ..]) => 8 + usize::from(*length) * 4,
            // A piece that is the whole packet is none.
            (44, [_, _, 0, flags, ..]) if flags & 0xF9 == 0 => 8,
            (44, _) => return Seen::Fragment,
            _ => return Seen::Other,
        };
        kind = inside.first().copied().unwrap_or_default();
        match inside.get(length..) {
            Some(rest) => inside = rest,
            None => return Seen::Other,
        }
    }
    let address = |at: usize| -> Option<IpAddr> {
        let octets: [u8; 16] = *addresses.get(at..)?.first_chunk()?;
        Some(Ipv6Addr::from(octets).into())
    };
    match (address(0), address(16)) {
        (Some(from), Some(to)) => tcp(from, to, inside),
        _ => Seen::Other,
    }
}

fn tcp(from: IpAddr, to: IpAddr, segment: &[u8]) -> Seen<'_> {
    let [p1, p0, q1, q0, s3, s2, s1, s0, a3, a2, a1, a0, offset, flags, ..] = segment else {
        return Seen::Other;
    };
    let header = usize::from(offset >> 4) * 4;
    let Some(payload) = segment.get(header..).filter(|_| header >= 20) else { return Seen::Other };
    Seen::Tcp(Segment {
        from: SocketAddr::new(from, u16::from_be_bytes([*p1, *p0])),
        to: SocketAddr::new(to, u16::from_be_bytes([*q1, *q0])),
        seq: u32::from_be_bytes([*s3, *s2, *s1, *s0]),
        ack: (flags & 0x10 != 0).then(|| u32::from_be_bytes([*a3, *a2, *a1, *a0])),
        is_syn: flags & 0x02 != 0,
        is_end: flags & 0x05 != 0,
        payload,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn segment(seq: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
        let ports = [&51234u16.to_be_bytes()[..], &7890u16.to_be_bytes()].concat();
        let rest = [0x50, flags, 0, 0, 0, 0, 0, 0];
        [&ports[..], &seq.to_be_bytes(), &77u32.to_be_bytes(), &rest, payload].concat()
    }

    pub(in super::super) fn v4(inside: &[u8]) -> Vec<u8> {
        let length = (20 + inside.len()) as u16;
        let head = [
            0x45,
            0,
            (length >> 8) as u8,
            length as u8,
            0,
            0,
            0x40,
            0,
            64,
            6,
            0,
            0,
            10,
            0,
            0,
            1,
            10,
            0,
            0,
            2,
        ];
        [&head[..], inside].concat()
    }

    fn v6(kinds: &[u8], inside: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, kinds[0], 64];
        packet.extend([0; 15]);
        packet.push(1);
        packet.extend([0; 15]);
        packet.push(2);
        for next in &kinds[1..] {
            packet.extend([*next, 0, 0, 0, 0, 0, 0, 0]);
        }
        packet.extend(inside);
        let length = (packet.len() - 40) as u16;
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        packet
    }

    fn payload(link: u16, packet: &[u8]) -> Vec<u8> {
        match parse(link, packet) {
            Seen::Tcp(segment) => segment.payload.to_vec(),
            other => panic!("{link}: {other:?}"),
        }
    }

    #[test]
    fn every_link_layer_leads_to_the_segment() {
        let packet = v4(&segment(9, 0x18, b"hello"));
        let under = |head: &[u8]| [head, &packet[..]].concat();
        let macs = [0; 12];
        for (link, head) in [
            (0, vec![2, 0, 0, 0]),
            (108, vec![0, 0, 0, 2]),
            (1, [&macs[..], &[8, 0]].concat()),
            (1, [&macs[..], &[0x81, 0, 0, 5, 8, 0]].concat()),
            (1, [&macs[..], &[0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat()),
            (113, [&[0; 14][..], &[8, 0]].concat()),
            (276, [&[8, 0][..], &[0; 18]].concat()),
            (101, vec![]),
            (228, vec![]),
        ] {
            assert_eq!(payload(link, &under(&head)), b"hello", "{link}");
        }
        assert!(matches!(parse(147, &packet), Seen::Link(147)));
        // Ethernet pads short packets; the padding is no payload.
        let padded = [&macs[..], &[8, 0], &packet, &[0; 9]].concat();
        assert_eq!(payload(1, &padded), b"hello");
    }

    #[test]
    fn ipv6_with_headers_in_between() {
        let inside = segment(9, 0x18, b"hello");
        assert_eq!(payload(101, &v6(&[6], &inside)), b"hello");
        assert_eq!(payload(229, &v6(&[0, 60, 43, 6], &inside)), b"hello");
        assert_eq!(payload(101, &v6(&[44, 6], &inside)), b"hello", "a piece that is the whole packet");
        let mut piece = v6(&[44, 6], &inside);
        piece[43] = 1;
        assert!(matches!(parse(101, &piece), Seen::Fragment));
        assert!(matches!(parse(101, &v6(&[17], &inside)), Seen::Other));
    }

    #[test]
    fn pieces_and_cut_packets() {
        let mut packet = v4(&segment(9, 0x18, b"hello"));
        for length in 0..packet.len() {
            assert!(matches!(parse(101, &packet[..length]), Seen::Tcp(_) | Seen::Other), "{length}");
        }
        packet[6] = 0x20;
        assert!(matches!(parse(101, &packet), Seen::Fragment));
        packet[6] = 0;
        packet[7] = 1;
        assert!(matches!(parse(101, &packet), Seen::Fragment));
    }

    #[test]
    fn flags_and_ends() {
        let packet = v4(&segment(9, 0x02, b""));
        let Seen::Tcp(syn) = parse(101, &packet) else { panic!("a segment") };
        assert_eq!((syn.seq, syn.ack, syn.is_syn, syn.is_end), (9, None, true, false));
        assert_eq!(
            (syn.from.to_string(), syn.to.to_string()),
            ("10.0.0.1:51234".into(), "10.0.0.2:7890".into())
        );
        let packet = v4(&segment(9, 0x11, b""));
        let Seen::Tcp(fin) = parse(101, &packet) else { panic!("a segment") };
        assert_eq!((fin.ack, fin.is_syn, fin.is_end), (Some(77), false, true));
    }
}
