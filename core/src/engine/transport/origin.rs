//! The PROXY protocol, versions 1 and 2: who really called, as a proxy in front of a gateway says it.
//!
//! Only read from addresses in `proxy_from`. Anybody else who sends it sends octets that are no PDU.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The first octets of version 2.
const V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const LINE: usize = 107;
/// The longest block of addresses and extensions of version 2 that is read.
const BLOCK: usize = 2048;

/// What the octets so far say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// More octets are needed.
    More,
    /// So many octets were the header. `None`: the proxy calls for itself, as in a health check.
    Known(usize, Option<SocketAddr>),
}

/// Reads the header at the beginning of `came`.
///
/// # Errors
///
/// Why this is no header.
pub(super) fn read(came: &[u8]) -> Result<Origin, String> {
    if came.starts_with(V2) {
        second(came)
    } else if came.starts_with(b"PROXY ") {
        first(came)
    } else if V2.starts_with(came) || b"PROXY ".starts_with(came) {
        Ok(Origin::More)
    } else {
        Err("no PROXY header from an address in proxy_from".to_owned())
    }
}

fn first(came: &[u8]) -> Result<Origin, String> {
    let Some(end) = came.windows(2).take(LINE).position(|two| two == b"\r\n") else {
        return if came.len() < LINE {
            Ok(Origin::More)
        } else {
            Err("the PROXY line does not end".to_owned())
        };
    };
    let bad = || "the PROXY line is wrong".to_owned();
    let line = std::str::from_utf8(came.get(..end).unwrap_or_default()).map_err(|_| bad())?;
    let words: Vec<&str> = line.split(' ').collect();
    let used = end + 2;
    match *words.as_slice() {
        [_, "UNKNOWN", ..] => Ok(Origin::Known(used, None)),
        [_, family, source, _, port, _] => {
            let ip: IpAddr = source.parse().map_err(|_| bad())?;
            let right = matches!((family, ip), ("TCP4", IpAddr::V4(_)) | ("TCP6", IpAddr::V6(_)));
            let port = port.parse().map_err(|_| bad())?;
            if right { Ok(Origin::Known(used, Some(SocketAddr::new(ip, port)))) } else { Err(bad()) }
        }
        _ => Err(bad()),
    }
}

fn second(came: &[u8]) -> Result<Origin, String> {
    let Some(&[kind, family, high, low]) = came.get(12..16) else { return Ok(Origin::More) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > BLOCK {
        return Err(format!("a PROXY header of {length} octets; at most {BLOCK} are read"));
    }
    let Some(block) = came.get(16..16 + length) else { return Ok(Origin::More) };
    let used = 16 + length;
    match (kind, family) {
        (0x20, _) => Ok(Origin::Known(used, None)),
        (0x21, 0x11) => {
            let &[a, b, c, d, _, _, _, _, high, low, ..] = block else { return Err(short()) };
            let ip = Ipv4Addr::new(a, b, c, d);
            Ok(Origin::Known(used, Some(SocketAddr::new(ip.into(), u16::from_be_bytes([high, low])))))
        }
        (0x21, 0x21) => {
            let ip = block.first_chunk::<16>().copied().map(Ipv6Addr::from);
            let port = block.get(32..34).and_then(|two| two.first_chunk::<2>()).copied();
            let (Some(ip), Some(port)) = (ip, port) else { return Err(short()) };
            Ok(Origin::Known(used, Some(SocketAddr::new(ip.into(), u16::from_be_bytes(port)))))
        }
        // A family without addresses, or one that is not TCP.
        (0x21, _) => Ok(Origin::Known(used, None)),
        _ => Err(format!("a PROXY header of the unknown version and command {kind:#04x}")),
    }
}

fn short() -> String {
    "the addresses of the PROXY header are cut off".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(kind: u8, family: u8, block: &[u8]) -> Vec<u8> {
        [V2, &[kind, family][..], &u16::try_from(block.len()).unwrap().to_be_bytes(), block].concat()
    }

    #[test]
    fn both_versions_and_families_name_the_caller() {
        let v4 = v2(0x21, 0x11, &[192, 0, 2, 1, 10, 0, 0, 1, 0x30, 0x39, 0x1e, 0xd2]);
        let mut addresses = Vec::from("2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        addresses.extend([0; 16]);
        addresses.extend([0x30, 0x39, 0x1e, 0xd2]);
        // Extensions behind the addresses are skipped.
        addresses.extend([4, 0, 1, 9]);
        for (header, caller) in [
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 12345 7890\r\n".to_vec(), "192.0.2.1:12345"),
            (b"PROXY TCP6 2001:db8::7 ::1 12345 7890\r\n".to_vec(), "[2001:db8::7]:12345"),
            (v4, "192.0.2.1:12345"),
            (v2(0x21, 0x21, &addresses), "[2001:db8::7]:12345"),
        ] {
            for length in 0..header.len() {
                assert_eq!(read(&header[..length]), Ok(Origin::More), "{length} of {header:?}");
            }
            let all = [&header[..], b"\0\0\0\x27"].concat();
            assert_eq!(read(&all), Ok(Origin::Known(header.len(), Some(caller.parse().unwrap()))));
        }
    }

    #[test]
    fn a_proxy_may_call_for_itself() {
        assert_eq!(read(b"PROXY UNKNOWN\r\n"), Ok(Origin::Known(15, None)));
        assert_eq!(read(&v2(0x20, 0, &[])), Ok(Origin::Known(16, None)));
        assert_eq!(read(&v2(0x21, 0x31, &[0; 216])), Ok(Origin::Known(232, None)));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        let long = [&b"PROXY TCP4 "[..], &[b'1'; 200]].concat();
        for wrong in [
            &b"\0\0\0\x27"[..],
            b"GET / HTTP/1.1\r\n",
            b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
            b"PROXY TCP4 1.2.3.4 1.2.3.4 99999 2\r\n",
            b"PROXY TCP4\r\n",
            &long,
            &v2(0x21, 0x11, &[1, 2, 3]),
            &v2(0x31, 0x11, &[0; 12]),
            &[V2, &[0x21, 0x11, 0xff, 0xff][..]].concat(),
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
