//! PDUs of a link as octets: how the doors of other languages pass them.

use super::parts::{frames, join};
use crate::message::LinkError;
use crate::wire::{AnyPdu, EncodeError, Notes, Protocol, Seq, Version, frame, patch_seq};
use bytes::{Bytes, BytesMut};

/// Reads one PDU: its frame, or the frames of a long answer to QueryRoute (`sgip.md 6.9`). The sequences in them are not
/// looked at.
///
/// # Errors
/// What is wrong, and where.
pub fn read(protocol: Protocol, version: Version, octets: &[u8]) -> Result<AnyPdu, LinkError> {
    let wrong = |why: String| LinkError::WrongPdu(why);
    let mut whole: Option<AnyPdu> = None;
    let mut rest = octets;
    while !rest.is_empty() || whole.is_none() {
        let length =
            frame::next(protocol, rest, protocol.default_limit()).map_err(|e| wrong(e.to_string()))?;
        let one = length.and_then(|length| rest.split_at_checked(length));
        let Some((one, more)) = one else {
            return Err(wrong(format!("the frame is not complete: only {} octets are there", rest.len())));
        };
        let pdu = AnyPdu::decode(protocol, version, one, &mut Notes::default());
        let (_, pdu) = pdu.map_err(|error| wrong(error.to_string()))?;
        match &mut whole {
            None => whole = Some(pdu),
            Some(first) => {
                if first.command() != pdu.command() || !join(first, pdu) {
                    return Err(wrong(format!("more octets follow the {}", first.name())));
                }
            }
        }
        rest = more;
    }
    whole.ok_or_else(|| wrong("there are no octets".to_owned()))
}

/// The frames of a PDU with their sequence, one behind the other.
///
/// # Errors
/// A field that does not fit.
pub fn written(pdu: &AnyPdu, version: Version, seq: Seq) -> Result<Bytes, EncodeError> {
    let mut all = BytesMut::new();
    for mut frame in frames(pdu, version)? {
        patch_seq(pdu.protocol(), &mut frame, seq);
        all.extend_from_slice(&frame);
    }
    Ok(all.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sgip::{self, QueryRouteResp, RouteEntry};
    use crate::wire::{Text, cmpp};

    #[test]
    fn what_is_written_is_read() {
        let entry = |i: u32| RouteEntry {
            route_type: 1,
            number: Text::new(&i.to_string()).unwrap(),
            ..Default::default()
        };
        let long: AnyPdu =
            sgip::Pdu::from(QueryRouteResp { routes: (0..61).map(entry).collect(), ..Default::default() })
                .into();
        let short: AnyPdu = cmpp::Pdu::from(cmpp::MtRoute {
            source_id: "101001".parse().unwrap(),
            terminal_id: "13901001234".parse().unwrap(),
        })
        .into();
        let seq = Seq { node: 1, time: 2, serial: 3 };
        for (pdu, version) in [(long, sgip::V12), (short, cmpp::V30)] {
            let octets = written(&pdu, version, seq).unwrap();
            assert_eq!(read(pdu.protocol(), version, &octets), Ok(pdu.clone()));
            let header = AnyPdu::decode(pdu.protocol(), version, &first(&octets), &mut Notes::default());
            assert_eq!(header.unwrap().0.seq.serial, 3);
            let said = |octets: &[u8]| match read(pdu.protocol(), version, octets) {
                Err(LinkError::WrongPdu(why)) => why,
                other => panic!("{other:?}"),
            };
            assert!(said(&[]).contains("not complete: only 0 octets"), "{}", said(&[]));
            for cut in [1, 4, 11, octets.len() - 1] {
                assert!(!said(&octets[..cut]).is_empty());
            }
            if pdu.protocol() == Protocol::Cmpp {
                assert!(said(&[octets.clone(), octets.clone()].concat()).contains("more octets follow"));
            }
            let mut other = octets.to_vec();
            other[7] = 0xee;
            assert!(!said(&other).is_empty(), "a command that does not exist");
        }
    }

    fn first(octets: &[u8]) -> Vec<u8> {
        let length = u32::from_be_bytes(octets[..4].try_into().unwrap()) as usize;
        octets[..length].to_vec()
    }
}
