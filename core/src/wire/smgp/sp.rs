//! SMGP between SP and gateway, and between gateways (`smgp.md 5.1` to 5.6).

use bytes::Bytes;

use super::{V13, V13B, V13C, V20, V30};
use crate::few::Few;
use crate::wire::field::{content_u8, except, list, octets, text, tlvs, u8, u32};
use crate::wire::text::Text;
use crate::wire::tlv::Tlvs;
use crate::wire::version::Version;

/// Submit of 1.3 with two fee fields (A, B) or one (C): if the lengths inside fit only one of these, that one is meant
/// (`smgp.md 14.2`).
fn submit_layout(version: Version, body: &[u8]) -> Version {
    if version >= V20 {
        return version;
    }
    // Behind the receivers: the content length, the content and eight reserved octets.
    let fits = |count_at: usize| {
        let receivers = usize::from(*body.get(count_at)?).checked_mul(21)?;
        let length_at = count_at.checked_add(1)?.checked_add(receivers)?;
        let content = usize::from(*body.get(length_at)?);
        Some(length_at.checked_add(9)?.checked_add(content)? == body.len())
    };
    match (version == V13C, fits(104) == Some(true), fits(98) == Some(true)) {
        (false, false, true) => V13C,
        (true, true, false) => V13,
        _ => version,
    }
}

pdus! { Smgp;
    /// Login (`smgp.md 5.1`).
    login: Login = 0x0000_0001 {
        /// Account: SP service code, gateway code or GNS code.
        client_id: Text<8> = text(8),
        /// MD5 over account, secret and timestamp (`smgp.md 8`).
        authenticator_client: [u8; 16] = octets(16).secret(),
        /// 0 send, 1 receive, 2 both.
        login_mode: u8 = u8,
        /// MMDDHHMMSS as a decimal number, the same that went into the digest.
        time_stamp: u32 = u32,
        /// The version the client speaks: high nibble major, low nibble minor.
        client_version: u8 = u8,
    }

    /// Answer to a login (`smgp.md 5.1`).
    login_resp: LoginResp = 0x8000_0001 {
        /// 0 accepted; see `smgp.md 11`.
        status: u32 = u32,
        /// MD5 over status, the client's digest and the secret (`smgp.md 8`); all zero after a failure.
        authenticator_server: [u8; 16] = octets(16).secret(),
        /// The highest version the server supports.
        server_version: u8 = u8,
    }

    /// A message towards phones (`smgp.md 5.2` and 6).
    submit: Submit = 0x0000_0002 layout(submit_layout) swap(V13B: fee_code, fixed_fee) {
        /// 6 for a message of an SP; before 3.0 1 cancel, 2 subscribe, 3 on demand, 4 push, 5 interactive, 6 query
        /// (`smgp.md 14.3`).
        msg_type: u8 = u8,
        /// 0 no report, 1 report wanted.
        need_report: u8 = u8,
        /// 0 low to 3 high; 0 to 9 before 3.0.
        priority: u8 = u8,
        /// Service code of the fixed network.
        service_id: Text<10> = text(10),
        /// `00` free, `01` per message, `02` monthly, `03` capped.
        fee_type: Text<2> = text(2),
        /// Price of a message in fen (1/100 yuan), decimal digits.
        fee_code: Text<6> = text(6),
        /// Monthly fee or cap in fen, decimal digits; layout C of 1.3 has none.
        fixed_fee: Text<6> = except(V13C, text(6)),
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK.
        msg_format: u8 = u8,
        /// End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then `+`, `-` or `R` for a period.
        /// Empty for the default.
        valid_time: Text<17> = text(17),
        /// Scheduled delivery, in the same form; empty for at once.
        at_time: Text<17> = text(17),
        /// Sender: the access number.
        src_term_id: Text<21> = text(21),
        /// Charged number; empty for the receiver.
        charge_term_id: Text<21> = text(21),
        /// Receivers, 1 to 100.
        dest_term_id: Few<Text<21>> = list("dest_term_id_count", 1, 100, text(21)),
        /// The content, with its user data header if TP_udhi is 1.
        msg_content: Bytes = content_u8("msg_length"),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
        /// Optional parameters, from 3.0 on.
        tlvs: Tlvs = tlvs(V30),
    }

    /// Answer to a submit (`smgp.md 5.2`).
    submit_resp: SubmitResp = 0x8000_0002 {
        /// The id of the message; with n receivers the first of n ids (`smgp.md 9.3`).
        msg_id: [u8; 10] = octets(10),
        /// 0 accepted; see `smgp.md 11`.
        status: u32 = u32,
    }

    /// A message from a phone, or a status report (`smgp.md 5.3`).
    deliver: Deliver = 0x0000_0003 {
        /// Id of this deliver; the response repeats it.
        msg_id: [u8; 10] = octets(10),
        /// 0 message, 1 status report.
        is_report: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK; 0 in a report.
        msg_format: u8 = u8,
        /// When the gateway received it, YYYYMMDDHHMMSS.
        recv_time: Text<14> = text(14),
        /// The phone.
        src_term_id: Text<21> = text(21),
        /// Access number of the SP.
        dest_term_id: Text<21> = text(21),
        /// Text, or a report of usually 122 octets (`smgp.md 10`).
        msg_content: Bytes = content_u8("msg_length"),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
        /// Optional parameters, from 3.0 on.
        tlvs: Tlvs = tlvs(V30),
    }

    /// Answer to a deliver (`smgp.md 5.3`).
    deliver_resp: DeliverResp = 0x8000_0003 {
        /// The id of the deliver.
        msg_id: [u8; 10] = octets(10),
        /// 0 accepted; see `smgp.md 11`.
        status: u32 = u32,
    }

    /// Link check of a long connection (`smgp.md 5.5`).
    active_test: ActiveTest = 0x0000_0004 {}

    /// Answer to a link check (`smgp.md 5.5`). Some stacks add one octet, which is ignored.
    active_test_resp: ActiveTestResp = 0x8000_0004 {}

    /// A message or a report from one gateway to the next (`smgp.md 5.4`).
    forward: Forward = 0x0000_0005 {
        /// The id, unchanged along the path.
        msg_id: [u8; 10] = octets(10),
        /// Code of the next gateway.
        dest_smgw_no: Text<6> = text(6),
        /// Code of this gateway.
        src_smgw_no: Text<6> = text(6),
        /// Code of the sender's message centre.
        smc_no: Text<6> = text(6),
        /// 0 MO, 6 MT, 7 phone to phone.
        msg_type: u8 = u8,
        /// 0 this is a report, 1 report wanted, 2 not wanted.
        report_flag: u8 = u8,
        /// 0 low to 3 high.
        priority: u8 = u8,
        /// Service code.
        service_id: Text<10> = text(10),
        /// `00` free, `01` per message, `02` monthly, `03` capped.
        fee_type: Text<2> = text(2),
        /// Price of a message in fen, decimal digits.
        fee_code: Text<6> = text(6),
        /// Monthly fee or cap in fen, decimal digits.
        fixed_fee: Text<6> = text(6),
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK.
        msg_format: u8 = u8,
        /// End of validity, unchanged along the path.
        valid_time: Text<17> = text(17),
        /// Scheduled delivery, unchanged along the path.
        at_time: Text<17> = text(17),
        /// Sender.
        src_term_id: Text<21> = text(21),
        /// The one receiver.
        dest_term_id: Text<21> = text(21),
        /// Charged number; here behind the receiver.
        charge_term_id: Text<21> = text(21),
        /// Text, or a report.
        msg_content: Bytes = content_u8("msg_length"),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
        /// Optional parameters, from 3.0 on.
        tlvs: Tlvs = tlvs(V30),
    }

    /// Answer to a forward (`smgp.md 5.4`).
    forward_resp: ForwardResp = 0x8000_0005 {
        /// The id of the forward.
        msg_id: [u8; 10] = octets(10),
        /// 0 accepted; see `smgp.md 11`.
        status: u32 = u32,
        /// PkTotal and PkNumber, from 3.0 on.
        tlvs: Tlvs = tlvs(V30),
    }

    /// End of a session (`smgp.md 5.5`).
    exit: Exit = 0x0000_0006 {}

    /// Answer to the end of a session (`smgp.md 5.5`).
    exit_resp: ExitResp = 0x8000_0006 {}

    /// Asks for the counters of a day (`smgp.md 5.6`).
    query: Query = 0x0000_0007 {
        /// The day, YYYYMMDD.
        query_time: Text<8> = text(8),
        /// 0 totals, 1 per service code.
        query_type: u8 = u8,
        /// Service code, for type 1.
        query_code: Text<10> = text(10),
    }

    /// The counters of a day (`smgp.md 5.6`).
    query_resp: QueryResp = 0x8000_0007 {
        /// The day, YYYYMMDD.
        query_time: Text<8> = text(8),
        /// 0 totals, 1 per service code.
        query_type: u8 = u8,
        /// Service code, for type 1.
        query_code: Text<10> = text(10),
        /// Messages received from the SP.
        mt_tl_msg: u32 = u32,
        /// Receivers in messages from the SP.
        mt_tl_usr: u32 = u32,
        /// Forwarded successfully.
        mt_scs: u32 = u32,
        /// Waiting to be forwarded.
        mt_wt: u32 = u32,
        /// Failed to forward.
        mt_fl: u32 = u32,
        /// Delivered to the SP.
        mo_scs: u32 = u32,
        /// Waiting for the SP.
        mo_wt: u32 = u32,
        /// Failed towards the SP.
        mo_fl: u32 = u32,
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }
}
