//! Addresses: `host:port` as an account writes it, and networks that may connect.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The default port of each protocol's gateway, where an account or a listener names none.
pub const fn default_port(protocol: crate::wire::Protocol) -> u16 {
    match protocol {
        crate::wire::Protocol::Cmpp => 7890,
        crate::wire::Protocol::Sgip => 8801,
        crate::wire::Protocol::Smgp => 8890,
    }
}

/// Reads `host`, `host:port`, `[ipv6]` or `[ipv6]:port` and gives `host:port`. The error says what is wrong and does
/// not quote the text, because a URL whose `@` is missing has its secret here.
pub(super) fn read_address(text: &str, default_port: u16) -> Result<String, &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("the ] after an IPv6 address is missing")?;
            let host: Ipv6Addr = host.parse().map_err(|_| "the text in brackets is not an IPv6 address")?;
            (format!("[{host}]"), after.strip_prefix(':').or(after.is_empty().then_some("")))
        }
        None => {
            let (host, port) = text.split_once(':').map_or((text, Some("")), |(h, p)| (h, Some(p)));
            if port.is_some_and(|p| p.contains(':')) {
                return Err("there is more than one colon after the @; an IPv6 address stands in brackets");
            }
            let good = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            if host.is_empty() || host.len() > 253 || !host.bytes().all(good) {
                return Err("the host is missing or is not a host name");
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    let port = match port {
        Some("") => default_port,
        Some(p) if p.bytes().all(|b| b.is_ascii_digit()) => {
            p.parse().map_err(|_| "the port is not a number from 0 to 65535")?
        }
        _ => return Err("the port is not a number from 0 to 65535"),
    };
    Ok(format!("{host}:{port}"))
}

/// A network: every address whose first `prefix` bits are those of `address`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Whether `address` belongs to the network. An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                same_start(a.to_bits().into(), b.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => same_start(a.to_bits(), b.to_bits(), 128, self.prefix),
            _ => false,
        }
    }
}

fn same_start(a: u128, b: u128, width: u8, prefix: u8) -> bool {
    (a ^ b).checked_shr(u32::from(width - prefix)).unwrap_or(0) == 0
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = ();

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or one address.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(p) if p.bytes().all(|b| b.is_ascii_digit()) => p.parse().map_err(|_| ())?,
            Some(_) => return Err(()),
        };
        if prefix <= width { Ok(Self { address, prefix }) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_get_a_port() {
        let good = [
            ("gw.example", "gw.example:7890"),
            ("GW1.example:9", "gw1.example:9"),
            ("10.0.0.1:0", "10.0.0.1:0"),
            ("[::1]", "[::1]:7890"),
            ("[2001:DB8::1]:8801", "[2001:db8::1]:8801"),
            ("host:", "host:7890"),
        ];
        for (text, expected) in good {
            assert_eq!(read_address(text, 7890).as_deref(), Ok(expected), "{text}");
        }
        for bad in [
            "", ":1", "a b", "a:65536", "a:+1", "a:x", "::1", "[::1", "[x]", "[::1]x", "[::1]:x", "a/b", "号",
        ] {
            assert!(read_address(bad, 7890).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        let holds = |net: &str, ip: &str| net.parse::<Cidr>().unwrap().contains(ip.parse().unwrap());
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.2"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(holds("::/0", "::1") && holds("::1/128", "::1") && !holds("::1/128", "::2"));
        for bad in ["", "x", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0/8/8"]
        {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn networks_print_as_they_read(a: [u8; 4], prefix in 0u8..=32) {
            let text = format!("{}/{prefix}", std::net::Ipv4Addr::from(a));
            prop_assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
        }

        #[test]
        fn any_text_is_safe(text in "\\PC*") {
            let _ = read_address(&text, 1);
            let _ = text.parse::<Cidr>();
        }
    }
}
