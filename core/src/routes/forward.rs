//! Messages between gateways: a submit becomes a forward, a forward an answer and a report on the way back.
//!
//! SGIP has no forward of its own: the Submit goes on with the sequence it had, and so does its Report
//! (`sgip.md 4.1`). So there is nothing to build, only [`second_hop`] to ask.

use super::error::RouteError;
use super::{string, text};
use crate::wire::{cmpp, smgp};
use bytes::Bytes;

/// Gateways a CMPP message may pass. The text counts them and names no bound; a path through every gateway of
/// the country is shorter than this, so more is a loop.
pub const MOST_NODES: u8 = 32;

/// CMPP: the forward of a submit to one of its receivers (`cmpp.md 5.1`, `5.2`). `msg_id` is the id the submit was
/// answered with, `from` our own code, `to` that of the next gateway.
pub fn cmpp_forward(
    submit: &cmpp::Submit,
    receiver: usize,
    msg_id: u64,
    from: &str,
    to: &str,
) -> Option<cmpp::Fwd> {
    let receiver = submit.dest_terminal_id.get(receiver)?;
    Some(cmpp::Fwd {
        source_id: text(from),
        destination_id: text(to),
        nodes_count: 1,
        msg_fwd_type: 0,
        msg_id,
        pk_total: submit.pk_total,
        pk_number: submit.pk_number,
        registered_delivery: submit.registered_delivery,
        msg_level: submit.msg_level,
        service_id: submit.service_id,
        fee_user_type: submit.fee_user_type,
        fee_terminal_id: text(&string(&submit.fee_terminal_id)),
        tp_pid: submit.tp_pid,
        tp_udhi: submit.tp_udhi,
        msg_fmt: submit.msg_fmt,
        msg_src: submit.msg_src,
        fee_type: submit.fee_type,
        fee_code: submit.fee_code,
        valid_time: submit.valid_time,
        at_time: submit.at_time,
        src_id: submit.src_id,
        // A 3.0 receiver of 32 octets is a pseudonym; it has a field of its own.
        dest_id: vec![text(&string(receiver))].into(),
        dest_pseudo: if submit.dest_terminal_type == 1 { text(&string(receiver)) } else { text("") },
        msg_content: submit.msg_content.clone(),
        link_id: submit.link_id,
        ..Default::default()
    })
}

/// CMPP: a forward that came to `own` and is for somebody else goes on: the same message with the next gateway's
/// code, one node more (`cmpp.md 5.1`).
///
/// # Errors
/// It was here before, comes back to where it came from, or has passed too many gateways.
pub fn cmpp_relay(fwd: &cmpp::Fwd, own: &str, next: &str) -> Result<cmpp::Fwd, RouteError> {
    let loops = |why: String| Err(RouteError::Loop(why));
    if next == own {
        return loops(format!("the route leads to this gateway, {own}, itself"));
    }
    if string(&fwd.source_id) == next {
        return loops(format!("it came from gateway {next} and would go back there"));
    }
    if string(&fwd.source_id) == own {
        return loops(format!("this gateway, {own}, sent it before"));
    }
    if fwd.nodes_count >= MOST_NODES {
        return loops(format!("it has passed {} gateways", fwd.nodes_count));
    }
    let nodes_count = fwd.nodes_count.saturating_add(1);
    Ok(cmpp::Fwd { source_id: text(own), destination_id: text(next), nodes_count, ..fwd.clone() })
}

/// CMPP: the answer to a forward; result 9 is a wrong decision of the sender (`cmpp.md 10.5`).
pub fn cmpp_answer(fwd: &cmpp::Fwd, result: u32) -> cmpp::FwdResp {
    cmpp::FwdResp { msg_id: fwd.msg_id, pk_total: fwd.pk_total, pk_number: fwd.pk_number, result }
}

/// CMPP: the report on a forwarded MT, back to the gateway it came from (`cmpp.md 5.2`, type 2). `report` is the
/// content of 60 or 71 octets, `msg_id` of this forward is the message's own.
pub fn cmpp_report(fwd: &cmpp::Fwd, report: Bytes) -> cmpp::Fwd {
    cmpp::Fwd {
        source_id: fwd.destination_id,
        destination_id: fwd.source_id,
        nodes_count: 1,
        msg_fwd_type: 2,
        msg_id: fwd.msg_id,
        pk_total: 1,
        pk_number: 1,
        src_id: fwd.dest_id.first().copied().unwrap_or_default(),
        dest_id: vec![fwd.src_id].into(),
        msg_src: fwd.msg_src,
        service_id: fwd.service_id,
        msg_content: report,
        ..Default::default()
    }
}

/// SMGP: the forward of a submit to one of its receivers (`smgp.md 5.4`); `msg_id` is unchanged along the path.
pub fn smgp_forward(
    submit: &smgp::Submit,
    receiver: usize,
    msg_id: [u8; 10],
    from: &str,
    to: &str,
) -> Option<smgp::Forward> {
    Some(smgp::Forward {
        msg_id,
        dest_smgw_no: text(to),
        src_smgw_no: text(from),
        msg_type: submit.msg_type,
        // 0 would say that this is a report.
        report_flag: if submit.need_report == 1 { 1 } else { 2 },
        priority: submit.priority,
        service_id: submit.service_id,
        fee_type: submit.fee_type,
        fee_code: submit.fee_code,
        fixed_fee: submit.fixed_fee,
        msg_format: submit.msg_format,
        valid_time: submit.valid_time,
        at_time: submit.at_time,
        src_term_id: submit.src_term_id,
        dest_term_id: *submit.dest_term_id.get(receiver)?,
        charge_term_id: submit.charge_term_id,
        msg_content: submit.msg_content.clone(),
        tlvs: submit.tlvs.clone(),
        ..Default::default()
    })
}

/// SMGP: the answer to a forward; 39 is a routing error (`smgp.md 11`).
pub fn smgp_answer(forward: &smgp::Forward, status: u32) -> smgp::ForwardResp {
    smgp::ForwardResp { msg_id: forward.msg_id, status, ..Default::default() }
}

/// SMGP: the report on a forwarded message, back to the gateway it came from (`smgp.md 5.4`, ReportFlag 0).
pub fn smgp_report(forward: &smgp::Forward, report: Bytes) -> smgp::Forward {
    smgp::Forward {
        msg_id: forward.msg_id,
        dest_smgw_no: forward.src_smgw_no,
        src_smgw_no: forward.dest_smgw_no,
        smc_no: forward.smc_no,
        msg_type: forward.msg_type,
        report_flag: 0,
        src_term_id: forward.dest_term_id,
        dest_term_id: forward.src_term_id,
        msg_content: report,
        ..Default::default()
    }
}

/// SGIP: what a gateway says to a message that another gateway forwarded and whose route leads to `gateway`. A
/// forwarded message has no second hop (`sgip.md 2`): unless the route ends here it is refused with 22, sent to
/// the wrong SMG; without any route with 23.
pub fn second_hop(own: &str, gateway: Option<&str>) -> Option<u8> {
    match gateway {
        Some(gateway) if gateway == own => None,
        Some(_) => Some(22),
        None => Some(23),
    }
}
