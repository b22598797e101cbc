//! Who sends what to whom (`cmpp.md 3`, `sgip.md 5.1`, `smgp.md 2.1`), for documents.

use super::frame::RESPONSE;
use super::version::Protocol;

/// The two ends of a connection, the sender of the request first.
type Path = (&'static str, &'static str);

const SP: &str = "SP";
const GATEWAY: &str = "gateway";
const GNS: &str = "GNS";
const BILLING: &str = "billing";

const SP_TO_GATEWAY: Path = (SP, GATEWAY);
const GATEWAY_TO_SP: Path = (GATEWAY, SP);
const GATEWAYS: Path = (GATEWAY, GATEWAY);
const GATEWAY_TO_GNS: Path = (GATEWAY, GNS);
const GNS_TO_GATEWAY: Path = (GNS, GATEWAY);

const EVERY: &[Path] = &[SP_TO_GATEWAY, GATEWAY_TO_SP, GATEWAYS, GATEWAY_TO_GNS, GNS_TO_GATEWAY];

const fn cmpp(request: u32) -> &'static [Path] {
    match request {
        0x01 => &[SP_TO_GATEWAY, GATEWAYS, GATEWAY_TO_GNS, GNS_TO_GATEWAY],
        0x02 | 0x08 => EVERY,
        0x04 | 0x06 | 0x07 => &[SP_TO_GATEWAY],
        0x05 => &[GATEWAY_TO_SP],
        0x09 => &[GATEWAYS],
        0x10..=0x14 | 0x17 => &[GATEWAY_TO_GNS],
        0x15 | 0x16 => &[GNS_TO_GATEWAY],
        _ => &[],
    }
}

const fn sgip(request: u32) -> &'static [Path] {
    match request {
        0x01 | 0x02 => EVERY,
        0x03 | 0x1000 => &[SP_TO_GATEWAY, GATEWAYS],
        0x04 | 0x05 | 0x11 => &[GATEWAY_TO_SP, GATEWAYS],
        0x06..=0x08 | 0x0A..=0x0C => &[GATEWAY_TO_GNS, GNS_TO_GATEWAY],
        0x09 => &[GATEWAY_TO_GNS],
        0x0D..=0x0F => &[GNS_TO_GATEWAY],
        0x10 => &[(GATEWAY, BILLING)],
        _ => &[],
    }
}

/// Two ids have another meaning in 1.x ([`super::smgp::MtRouteUpdate`]); then they go between gateways.
const fn smgp(request: u32, is_old: bool) -> &'static [Path] {
    match request {
        0x01 => &[SP_TO_GATEWAY, GATEWAYS, GNS_TO_GATEWAY],
        0x04 | 0x06 => EVERY,
        0x02 | 0x07 => &[SP_TO_GATEWAY],
        0x03 => &[GATEWAY_TO_SP],
        0x05 => &[GATEWAYS],
        0x08 | 0x09 if is_old => &[GATEWAYS],
        0x08 | 0x09 | 0x0D..=0x10 => &[GATEWAY_TO_GNS],
        0x0A..=0x0C => &[(GATEWAY, BILLING), GATEWAYS],
        0x11 | 0x12 => &[GNS_TO_GATEWAY],
        _ => &[],
    }
}

/// Sender and receiver of a PDU on each kind of connection that carries it, for documents: `("SP", "gateway")`. A
/// response goes the way of its request back. Empty for a command the protocol does not have. `is_old` asks for
/// SMGP 1.x, which gave two ids another meaning.
#[must_use]
pub fn paths(protocol: Protocol, command: u32, is_old: bool) -> Vec<(&'static str, &'static str)> {
    let request = command & !RESPONSE;
    let paths = match protocol {
        Protocol::Cmpp => cmpp(request),
        Protocol::Sgip => sgip(request),
        Protocol::Smgp => smgp(request, is_old),
    };
    if command == request { paths.to_vec() } else { paths.iter().map(|&(from, to)| (to, from)).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::any::AnyPdu;
    use super::*;

    #[test]
    fn every_pdu_goes_somewhere() {
        for protocol in Protocol::ALL {
            for info in AnyPdu::table(protocol) {
                assert!(!paths(protocol, info.command, false).is_empty(), "{protocol} {}", info.name);
            }
            assert!(paths(protocol, 0x0FFF, false).is_empty());
        }
        assert_eq!(paths(Protocol::Cmpp, 0x8000_0004, false), [(GATEWAY, SP)]);
        assert_eq!(paths(Protocol::Smgp, 0x08, true), [GATEWAYS]);
    }
}
