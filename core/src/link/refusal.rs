//! How a request is refused that nobody answers: each protocol has its own words for it.

use crate::wire::{AnyPdu, Version, cmpp, sgip, smgp};

/// Why a request is refused without being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody here handles such requests.
    Unwanted,
    /// Too many of them wait, or nobody answered in time.
    Busy,
    /// Its sequence was used for another request (`sgip.md 4.1`).
    Repeated,
}

/// The answer that refuses a request; `None` where the protocol has no answer to this PDU.
pub fn refusal(request: &AnyPdu, version: Version, why: Refused) -> Option<AnyPdu> {
    match request {
        AnyPdu::Cmpp(pdu) => cmpp_refusal(pdu, version, why).map(AnyPdu::Cmpp),
        AnyPdu::Sgip(pdu) => sgip_refusal(pdu, why).map(AnyPdu::Sgip),
        AnyPdu::Smgp(pdu) => smgp_refusal(pdu, why).map(AnyPdu::Smgp),
    }
}

/// `cmpp.md 10.2`, `10.5`, `10.6`.
fn cmpp_refusal(request: &cmpp::Pdu, version: Version, why: Refused) -> Option<cmpp::Pdu> {
    use cmpp::Pdu;
    let result = match why {
        Refused::Unwanted => 2,
        Refused::Busy => 8,
        Refused::Repeated => 3,
    };
    // GNS results: 2.0 has no "busy" and no "takes no updates".
    let new = version >= cmpp::V21;
    let busy = why == Refused::Busy && new;
    let no_route = if busy { 9 } else { 1 };
    let no_update = match (new, busy) {
        (false, _) => 1,
        (true, true) => 9,
        (true, false) => 4,
    };
    let no_push = match (new, busy) {
        (false, _) => 1,
        (true, true) => 9,
        (true, false) => 5,
    };
    Some(match request {
        Pdu::Submit(_) => cmpp::SubmitResp { msg_id: 0, result }.into(),
        Pdu::Deliver(p) => cmpp::DeliverResp { msg_id: p.msg_id, result }.into(),
        Pdu::Fwd(p) => {
            cmpp::FwdResp { msg_id: p.msg_id, pk_total: p.pk_total, pk_number: p.pk_number, result }.into()
        }
        Pdu::Cancel(_) => cmpp::CancelResp { success_id: 1 }.into(),
        Pdu::MtRoute(_) => cmpp::MtRouteResp { result: no_route, ..Default::default() }.into(),
        Pdu::MoRoute(_) => cmpp::MoRouteResp { result: no_route, ..Default::default() }.into(),
        Pdu::GetRoute(_) => cmpp::GetRouteResp { result: no_route, ..Default::default() }.into(),
        Pdu::GetMtRoute(_) => cmpp::GetMtRouteResp { result: no_route, ..Default::default() }.into(),
        Pdu::GetMoRoute(_) => cmpp::GetMoRouteResp { result: no_route, ..Default::default() }.into(),
        Pdu::MtRouteUpdate(p) => {
            cmpp::MtRouteUpdateResp { result: no_update, route_id: p.route_id, ..Default::default() }.into()
        }
        Pdu::MoRouteUpdate(p) => {
            cmpp::MoRouteUpdateResp { result: no_update, route_id: p.route_id, ..Default::default() }.into()
        }
        Pdu::PushMtRouteUpdate(_) => cmpp::PushMtRouteUpdateResp { result: no_push }.into(),
        Pdu::PushMoRouteUpdate(_) => cmpp::PushMoRouteUpdateResp { result: no_push }.into(),
        // Query_Resp has no code: an answer would be a false count.
        _ => return None,
    })
}

/// The answer of SGIP with a result and nothing else, whatever the request; `None` for a PDU that is no
/// request.
fn sgip_result(request: &sgip::Pdu, result: u8) -> Option<sgip::Pdu> {
    use sgip::Pdu;
    let reserve = [0; 8];
    Some(match request {
        Pdu::Submit(_) => sgip::SubmitResp { result, reserve }.into(),
        Pdu::Deliver(_) => sgip::DeliverResp { result, reserve }.into(),
        Pdu::Report(_) => sgip::ReportResp { result, reserve }.into(),
        Pdu::UserRpt(_) => sgip::UserRptResp { result, reserve }.into(),
        Pdu::AddSp(_) => sgip::AddSpResp { result, reserve }.into(),
        Pdu::ModifySp(_) => sgip::ModifySpResp { result, reserve }.into(),
        Pdu::DeleteSp(_) => sgip::DeleteSpResp { result, reserve }.into(),
        Pdu::AddTeleSeg(_) => sgip::AddTeleSegResp { result, reserve }.into(),
        Pdu::ModifyTeleSeg(_) => sgip::ModifyTeleSegResp { result, reserve }.into(),
        Pdu::DeleteTeleSeg(_) => sgip::DeleteTeleSegResp { result, reserve }.into(),
        Pdu::AddSmg(_) => sgip::AddSmgResp { result, reserve }.into(),
        Pdu::ModifySmg(_) => sgip::ModifySmgResp { result, reserve }.into(),
        Pdu::DeleteSmg(_) => sgip::DeleteSmgResp { result, reserve }.into(),
        Pdu::QueryRoute(_) => {
            sgip::QueryRouteResp { end_of_routes: false, result, routes: Vec::new() }.into()
        }
        Pdu::CheckUser(_) => sgip::CheckUserResp { result, ..Default::default() }.into(),
        Pdu::Trace(_) => sgip::TraceResp { nodes: Vec::new() }.into(),
        _ => return None,
    })
}

/// `sgip.md 9.2`, `10.1`: the text prescribes no code for a command that a side does not handle; 5 is in every
/// version's list, and 10 is the one for operations on route tables.
fn sgip_refusal(request: &sgip::Pdu, why: Refused) -> Option<sgip::Pdu> {
    use sgip::Pdu;
    let routes = !matches!(
        request,
        Pdu::Submit(_) | Pdu::Deliver(_) | Pdu::Report(_) | Pdu::UserRpt(_) | Pdu::CheckUser(_)
    );
    let result = match why {
        Refused::Unwanted if routes => 10,
        Refused::Unwanted => 5,
        Refused::Busy => 11,
        Refused::Repeated => 9,
    };
    sgip_result(request, result)
}

/// `smgp.md 11`.
fn smgp_refusal(request: &smgp::Pdu, why: Refused) -> Option<smgp::Pdu> {
    use smgp::Pdu;
    let status = match why {
        Refused::Unwanted => 11,
        Refused::Busy => 1,
        Refused::Repeated => 12,
    };
    let no_update = if why == Refused::Unwanted { 68 } else { status };
    Some(match request {
        Pdu::Submit(_) => smgp::SubmitResp { msg_id: [0; 10], status }.into(),
        Pdu::Deliver(p) => smgp::DeliverResp { msg_id: p.msg_id, status }.into(),
        Pdu::Forward(p) => smgp::ForwardResp { msg_id: p.msg_id, status, ..Default::default() }.into(),
        Pdu::QueryTeRoute(_) => smgp::QueryTeRouteResp { status, ..Default::default() }.into(),
        Pdu::QuerySpRoute(_) => smgp::QuerySpRouteResp { status, ..Default::default() }.into(),
        Pdu::GetAllTeRoute(_) => smgp::GetAllTeRouteResp { status, ..Default::default() }.into(),
        Pdu::GetAllSpRoute(_) => smgp::GetAllSpRouteResp { status, ..Default::default() }.into(),
        Pdu::UpdateTeRoute(p) => {
            smgp::UpdateTeRouteResp { status: no_update, route_id: p.route_id, ..Default::default() }.into()
        }
        Pdu::UpdateSpRoute(p) => {
            smgp::UpdateSpRouteResp { status: no_update, route_id: p.route_id, ..Default::default() }.into()
        }
        Pdu::PushUpdateTeRoute(_) => smgp::PushUpdateTeRouteResp { status: no_update }.into(),
        Pdu::PushUpdateSpRoute(_) => smgp::PushUpdateSpRouteResp { status: no_update }.into(),
        Pdu::MtRouteUpdate(_) => smgp::MtRouteUpdateResp { status }.into(),
        Pdu::MoRouteUpdate(_) => smgp::MoRouteUpdateResp { status }.into(),
        // The bodies of the billing answers are not known well enough to refuse with (smgp.md 15).
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Protocol, Seq};
    use bytes::BytesMut;

    /// Every request of every protocol, decoded from a body of zeros of the right size where that is valid.
    fn requests(protocol: Protocol) -> Vec<(AnyPdu, Version)> {
        let mut found = Vec::new();
        for version in protocol.versions().iter().copied() {
            for info in AnyPdu::table(protocol).iter().filter(|i| i.command & 0x8000_0000 == 0) {
                for size in 0..600usize {
                    let mut frame = vec![0; protocol.header_len() + size];
                    let length = frame.len() as u32;
                    frame[..4].copy_from_slice(&length.to_be_bytes());
                    frame[4..8].copy_from_slice(&info.command.to_be_bytes());
                    if let Ok((_, pdu)) = AnyPdu::decode(protocol, version, &frame, &mut Default::default()) {
                        found.push((pdu, version));
                        break;
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_refusal_answers_its_request_and_can_be_written() {
        for protocol in Protocol::ALL {
            let mut refused = 0;
            for (request, version) in requests(protocol) {
                for why in [Refused::Unwanted, Refused::Busy, Refused::Repeated] {
                    let Some(answer) = refusal(&request, version, why) else { continue };
                    assert_eq!(answer.command(), request.command() | 0x8000_0000, "{}", request.name());
                    let mut out = BytesMut::new();
                    if request.encode(version, Seq::serial(1), &mut out).is_err() {
                        // Read tolerantly, though this version does not have it.
                        continue;
                    }
                    answer.encode(version, Seq::serial(1), &mut out).unwrap();
                    refused += 1;
                }
            }
            assert!(refused > 20, "{protocol:?}: {refused}");
        }
    }
}
