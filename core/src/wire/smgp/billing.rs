//! The billing extension of SMGP, peer-derived (`smgp.md 15`).

use bytes::Bytes;

use super::V20;
use crate::wire::field::{before, octets, rest, since, text, u8, u32};
use crate::wire::table::Span;
use crate::wire::text::Text;

pdus! { Smgp;
    /// A charge record for the prepaid platform (`smgp.md 15`).
    payment_request: PaymentRequest = 0x0000_000A {
        /// Message id as 20 digits.
        message_id: Text<20> = text(20),
        /// Kind of message, 1.3.
        msg_type: Text<2> = before(V20, text(2)),
        /// Kind of message, from 2.0 on.
        pay_msg_type: Text<2> = since(V20, text(2)),
        /// Charged number.
        charge_term_id: Text<21> = text(21),
        /// Code of the content provider, 1.3.
        cp_id: Text<8> = before(V20, text(8)),
        /// Code of the SP, from 2.0 on.
        sp_code: Text<8> = since(V20, text(8)),
        /// Sender, from 2.0 on.
        src_term_id: Text<21> = since(V20, text(21)),
        /// Receiver.
        dest_term_id: Text<21> = text(21),
        /// Service code.
        service_id: Text<10> = text(10),
        /// Kind of fee.
        fee_type: Text<2> = text(2),
        /// Price of a message in fen, decimal digits.
        fee_code: Text<6> = text(6),
        /// Monthly fee or cap in fen, decimal digits.
        fixed_fee: Text<6> = text(6),
        /// Priority.
        priority: u8 = u8,
        /// Octets of the message.
        msg_length: u8 = u8,
        /// Area code.
        area_code: Text<4> = text(4),
        /// Code of the gateway.
        smg_no: Text<6> = text(6),
        /// Code of the forwarding gateway, 1.3.
        fwd_smg_no: Text<6> = before(V20, text(6)),
        /// Code of the message centre, 1.3.
        smc_no: Text<6> = before(V20, text(6)),
        /// Next network node, from 2.0 on.
        nxt_nwk_nd: Text<6> = since(V20, text(6)),
        /// Previous network node, from 2.0 on.
        pre_nwk_nd: Text<6> = since(V20, text(6)),
        /// When the message was received, YYYYMMDDHHMMSS.
        recv_time: Text<14> = text(14),
        /// When the message was done, YYYYMMDDHHMMSS.
        done_time: Text<14> = text(14),
        /// Kind of record.
        cdr_type: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }

    /// Answer to a charge record (`smgp.md 15`).
    payment_request_resp: PaymentRequestResp = 0x8000_000A {
        /// Result of the notification.
        result_notify_code: u8 = u8,
        /// 0 accepted; see `smgp.md 11`.
        status: u32 = u32,
    }

    /// Confirmation of a charge; its layout is unknown (`smgp.md 15`).
    payment_affirm: PaymentAffirm = 0x0000_000B in(Span::since(V20)) {
        /// The body as it is.
        body: Bytes = rest(),
    }

    /// Answer to the confirmation of a charge; its layout is unknown (`smgp.md 15`).
    payment_affirm_resp: PaymentAffirmResp = 0x8000_000B in(Span::since(V20)) {
        /// The body as it is.
        body: Bytes = rest(),
    }

    /// Asks for the state of a user (`smgp.md 15`).
    query_user_state: QueryUserState = 0x0000_000C in(Span::since(V20)) {
        /// The user's number.
        query_user_addr: Text<21> = text(21),
        /// Code of the gateway.
        smg_no: Text<6> = text(6),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }

    /// The state of a user (`smgp.md 15`).
    query_user_state_resp: QueryUserStateResp = 0x8000_000C in(Span::since(V20)) {
        /// 0 to 8, as a number or as an ASCII digit.
        user_state: u8 = u8,
        /// A number; no source says of what.
        count: u32 = u32,
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }
}
