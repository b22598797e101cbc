//! Protocols, versions and sequence numbers: the words every other part of the wire uses.

use std::fmt;
use std::str::FromStr;

/// The three carrier protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// China Mobile Peer to Peer (`cmpp.md`).
    Cmpp,
    /// Short Message Gateway Interface Protocol of China Unicom (`sgip.md`).
    Sgip,
    /// Short Message Gateway Protocol of China Telecom (`smgp.md`).
    Smgp,
}

impl Protocol {
    /// All protocols, in the order of the name of this project's documents.
    pub const ALL: [Self; 3] = [Self::Cmpp, Self::Sgip, Self::Smgp];

    /// The lower-case name, as in URLs, logs and golden vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cmpp => "cmpp",
            Self::Sgip => "sgip",
            Self::Smgp => "smgp",
        }
    }

    /// Octets of the PDU header: 12 for CMPP and SMGP, 20 for SGIP.
    #[must_use]
    pub const fn header_len(self) -> usize {
        match self {
            Self::Cmpp | Self::Smgp => 12,
            Self::Sgip => 20,
        }
    }

    /// The recommended receive limit for one frame in octets (`cmpp.md 1`, `sgip.md 3`, `smgp.md 3`).
    #[must_use]
    pub const fn default_limit(self) -> usize {
        match self {
            Self::Cmpp | Self::Sgip => 4096,
            Self::Smgp => 8192,
        }
    }

    /// The name of the length field of the header.
    #[must_use]
    pub const fn length_field(self) -> &'static str {
        match self {
            Self::Cmpp => "total_length",
            Self::Sgip => "message_length",
            Self::Smgp => "packet_length",
        }
    }

    /// The versions whose layouts are known, oldest first.
    #[must_use]
    pub const fn versions(self) -> &'static [Version] {
        match self {
            Self::Cmpp => &[super::cmpp::V20, super::cmpp::V21, super::cmpp::V30],
            Self::Sgip => &[super::sgip::V11, super::sgip::V12, super::sgip::V13],
            Self::Smgp => &[super::smgp::V13, super::smgp::V20, super::smgp::V30, super::smgp::V31],
        }
    }

    /// The version that is taken where none is said: CMPP 3.0, SGIP 1.2, SMGP 3.0.
    #[must_use]
    pub const fn default_version(self) -> Version {
        match self {
            Self::Cmpp => super::cmpp::V30,
            Self::Sgip => super::sgip::V12,
            Self::Smgp => super::smgp::V30,
        }
    }

    /// The version of this name, if its layouts are known: one of [`Self::versions`], CMPP 1.1 or 1.2, or one of the
    /// layouts 1.3b and 1.3c of SMGP.
    ///
    /// # Errors
    /// [`UnknownVersion`], which lists them.
    pub fn version_named(self, name: &str) -> Result<Version, UnknownVersion> {
        let known = |version: &Version| self.versions().contains(version) || self.more().contains(version);
        name.parse().ok().filter(known).ok_or(UnknownVersion(self))
    }

    const fn more(self) -> &'static [Version] {
        match self {
            Self::Cmpp => &[super::cmpp::V11, super::cmpp::V12],
            Self::Sgip => &[],
            Self::Smgp => &[super::smgp::V13B, super::smgp::V13C],
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A protocol name that is none of `cmpp`, `sgip`, `smgp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown protocol: use cmpp, sgip or smgp")]
pub struct UnknownProtocol;

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(name)).ok_or(UnknownProtocol)
    }
}

/// A protocol version as the octet of the login: high nibble major, low nibble minor.
///
/// It chooses the layout of a PDU. The constants live with their protocol (`cmpp::V30`, `smgp::V13`, ...). Two
/// values are layouts only and never travel: `smgp::V13B` and `smgp::V13C`, shown as `1.3b` and `1.3c`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8);

impl Version {
    /// The major number.
    #[must_use]
    pub const fn major(self) -> u8 {
        self.0 >> 4
    }

    /// The minor number.
    #[must_use]
    pub const fn minor(self) -> u8 {
        self.0 & 0x0F
    }

    /// The octet that travels: 0x13 for `smgp::V13B` and `smgp::V13C`, which are layouts of 1.3.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            super::smgp::V13B | super::smgp::V13C => super::smgp::V13.0,
            Self(octet) => octet,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            super::smgp::V13B => f.write_str("1.3b"),
            super::smgp::V13C => f.write_str("1.3c"),
            Self(_) => write!(f, "{}.{}", self.major(), self.minor()),
        }
    }
}

/// A version text that is not of the form `3.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version: write major.minor, for example 3.0")]
pub struct BadVersion;

impl FromStr for Version {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "1.3b" => return Ok(super::smgp::V13B),
            "1.3c" => return Ok(super::smgp::V13C),
            _ => {}
        }
        let (major, minor) = text.split_once('.').ok_or(BadVersion)?;
        let nibble = |part: &str| match part.as_bytes() {
            [b'0'..=b'9'] | [b'1', b'0'..=b'5'] => part.parse::<u8>().map_err(|_| BadVersion),
            _ => Err(BadVersion),
        };
        Ok(Self(nibble(major)? << 4 | nibble(minor)?))
    }
}

/// A version whose layouts are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVersion(Protocol);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(protocol) = self;
        write!(f, "{protocol} has no such version: write")?;
        for (index, version) in protocol.versions().iter().chain(protocol.more()).enumerate() {
            write!(f, "{} {version}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownVersion {}

/// A sequence number. SGIP uses all three parts (`sgip.md 4`); CMPP and SMGP use `serial` only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq {
    /// Node number of the source of the command (SGIP).
    pub node: u32,
    /// Decimal MMDDhhmmss in UTC+8 (SGIP).
    pub time: u32,
    /// Serial number; the whole sequence number of CMPP and SMGP.
    pub serial: u32,
}

impl Seq {
    /// A sequence number of CMPP or SMGP.
    #[must_use]
    pub const fn serial(serial: u32) -> Self {
        Self { node: 0, time: 0, serial }
    }

    /// A sequence number of SGIP.
    #[must_use]
    pub const fn new(node: u32, time: u32, serial: u32) -> Self {
        Self { node, time, serial }
    }

    /// The 12 octets of SGIP: node, time, serial, each big-endian.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 12] {
        let [a, b, c, d] = self.node.to_be_bytes();
        let [e, f, g, h] = self.time.to_be_bytes();
        let [i, j, k, l] = self.serial.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// The inverse of [`Seq::to_bytes`].
    #[must_use]
    pub const fn from_bytes(octets: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
        Self {
            node: u32::from_be_bytes([a, b, c, d]),
            time: u32::from_be_bytes([e, f, g, h]),
            serial: u32::from_be_bytes([i, j, k, l]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_print_and_parse() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.name().parse(), Ok(protocol));
            for &version in protocol.versions() {
                assert_eq!(version.to_string().parse(), Ok(version));
            }
        }
        assert_eq!("3.0".parse(), Ok(Version(0x30)));
        assert_eq!(super::super::smgp::V13C.to_string().parse(), Ok(super::super::smgp::V13C));
        for bad in ["", "3", "3.", ".0", "3.16", "+3.0", "3.0.1", "03.0"] {
            assert_eq!(bad.parse::<Version>(), Err(BadVersion), "{bad}");
        }
        assert!("cmpp2".parse::<Protocol>().is_err());
        assert_eq!(Protocol::Smgp.version_named("1.3b"), Ok(super::super::smgp::V13B));
        for (protocol, version) in [(Protocol::Cmpp, "3.1"), (Protocol::Sgip, "1.3b"), (Protocol::Smgp, "x")]
        {
            assert_eq!(protocol.version_named(version), Err(UnknownVersion(protocol)));
        }
        let said = UnknownVersion(Protocol::Smgp).to_string();
        assert_eq!(said, "smgp has no such version: write 1.3, 2.0, 3.0, 3.1, 1.3b, 1.3c");
    }

    #[test]
    fn sequence_octets() {
        let seq = Seq::new(3_010_012_345, 1_120_203_225, 1);
        let octets = seq.to_bytes();
        assert_eq!(octets, [0xb3, 0x69, 0x24, 0xb9, 0x42, 0xc4, 0xf1, 0xd9, 0, 0, 0, 1]);
        assert_eq!(Seq::from_bytes(octets), seq);
    }
}
