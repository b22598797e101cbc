//! Answers of several frames. Only SGIP's QueryRoute_Resp has them (`sgip.md 6.9`): at most 20 routes a frame,
//! all with the same sequence, and a frame without body at the end.

use crate::wire::sgip::{Pdu, QueryRouteResp};
use crate::wire::{AnyPdu, EncodeError, Seq, Version};
use bytes::BytesMut;

/// Routes a frame has room for.
const ROUTES: usize = 20;

/// Most frames of one answer that are kept: 100,000 routes.
pub const MOST_PARTS: usize = 5_000;

/// The frames of a PDU with sequence zero: one, except for a long answer to QueryRoute. An answer that fills
/// whole frames also gets the empty one, so that its end is never in doubt.
///
/// # Errors
/// A field that does not fit.
pub fn frames(pdu: &AnyPdu, version: Version) -> Result<Vec<BytesMut>, EncodeError> {
    let one = |pdu: &AnyPdu| {
        let mut out = BytesMut::with_capacity(pdu.encoded_len(version));
        pdu.encode(version, Seq::default(), &mut out).map(|()| out)
    };
    match pdu {
        AnyPdu::Sgip(Pdu::QueryRouteResp(answer)) if answer.routes.len() >= ROUTES => {
            let mut frames = Vec::with_capacity(answer.routes.len() / ROUTES + 2);
            for routes in answer.routes.chunks(ROUTES) {
                let part =
                    QueryRouteResp { end_of_routes: false, result: answer.result, routes: routes.to_vec() };
                frames.push(one(&AnyPdu::Sgip(part.into()))?);
            }
            let end = QueryRouteResp { end_of_routes: true, ..QueryRouteResp::default() };
            frames.push(one(&AnyPdu::Sgip(end.into()))?);
            Ok(frames)
        }
        pdu => Ok(vec![one(pdu)?]),
    }
}

/// Adds a part to what came of an answer. False: it is no answer of several parts.
pub(super) fn join(whole: &mut AnyPdu, part: AnyPdu) -> bool {
    if let AnyPdu::Sgip(Pdu::QueryRouteResp(whole)) = whole
        && let AnyPdu::Sgip(Pdu::QueryRouteResp(part)) = part
    {
        if !part.end_of_routes && whole.result == 0 {
            whole.result = part.result;
        }
        whole.routes.extend(part.routes);
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sgip::{RouteEntry, V12};
    use crate::wire::{Protocol, Text};

    #[test]
    fn long_answers_are_cut_and_joined_again() {
        for (routes, parts) in [(0, 1), (1, 1), (19, 1), (20, 2), (21, 3), (60, 4), (61, 5)] {
            let entry = |i: usize| RouteEntry {
                route_type: 1,
                number: Text::new(&i.to_string()).unwrap(),
                ..RouteEntry::default()
            };
            let answer = AnyPdu::Sgip(
                QueryRouteResp { end_of_routes: false, result: 0, routes: (0..routes).map(entry).collect() }
                    .into(),
            );
            let frames = frames(&answer, V12).unwrap();
            assert_eq!(frames.len(), parts, "{routes} routes");
            let mut read = frames
                .iter()
                .map(|f| AnyPdu::decode(Protocol::Sgip, V12, f, &mut Default::default()).unwrap().1);
            let mut whole = read.next().unwrap();
            read.for_each(|part| assert!(join(&mut whole, part)));
            assert_eq!(whole, answer, "{routes} routes");
        }
    }
}
