//! CMPP between SP and gateway (`cmpp.md 4`).

use bytes::Bytes;

use super::{V30, by_length, int, text_by};
use crate::few::Few;
use crate::wire::field::{before, content_u8, id, list, octets, optional_u8, since, tail, text, u8, u32};
use crate::wire::text::Text;

pdus! { Cmpp;
    /// Login (`cmpp.md 4.1`).
    connect: Connect = 0x0000_0001 {
        /// SP_Id; between gateways the code of the caller.
        source_addr: Text<6> = text(6),
        /// MD5 over account, secret and timestamp (`cmpp.md 7.1`).
        authenticator_source: [u8; 16] = octets(16).secret(),
        /// The version the caller proposes: high nibble major, low nibble minor.
        version: u8 = u8,
        /// MMDDHHMMSS as a decimal number, the same that went into the digest.
        timestamp: u32 = u32,
    }

    /// Answer to a login (`cmpp.md 4.2`). Its length decides the layout, not the version proposed.
    connect_resp: ConnectResp = 0x8000_0001 layout(by_length(18, 21)) {
        /// 0 accepted; see `cmpp.md 10.1`.
        status: u32 = int(1, 4),
        /// MD5 over status, the client's digest and the secret (`cmpp.md 7.2`); all zero after a failure.
        authenticator_ismg: [u8; 16] = octets(16).secret(),
        /// The highest version the server supports.
        version: u8 = u8,
    }

    /// End of a session (`cmpp.md 4.3`).
    terminate: Terminate = 0x0000_0002 {}

    /// Answer to the end of a session (`cmpp.md 4.3`).
    terminate_resp: TerminateResp = 0x8000_0002 {}

    /// A message towards phones (`cmpp.md 4.5`).
    submit: Submit = 0x0000_0004 {
        /// 0; the gateway assigns the id and returns it in the response.
        msg_id: u64 = id(),
        /// Number of segments of the message, at least 1.
        pk_total: u8 = u8,
        /// Index of this segment, from 1.
        pk_number: u8 = u8,
        /// 0 no report, 1 report wanted, 2 (2.x only) charging record that is not delivered.
        registered_delivery: u8 = u8,
        /// Priority, 0 to 9 in practice.
        msg_level: u8 = u8,
        /// Service code chosen by the SP.
        service_id: Text<10> = text(10),
        /// Who is billed: 0 receiver, 1 sender, 2 SP, 3 see `fee_terminal_id`.
        fee_user_type: u8 = u8,
        /// Billed number, if `fee_user_type` is 3.
        fee_terminal_id: Text<32> = text_by(21, 32),
        /// Kind of the billed number: 0 real, 1 pseudonym.
        fee_terminal_type: u8 = since(V30, u8),
        /// Protocol identifier of GSM 03.40; 0 for ordinary text.
        tp_pid: u8 = u8,
        /// 1 if the content begins with a user data header.
        tp_udhi: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK (`cmpp.md 12.1`).
        msg_fmt: u8 = u8.coding(),
        /// SP_Id of the owner of the content.
        msg_src: Text<6> = text(6),
        /// `01` free, `02` per message, `03` monthly; in 2.x also `04` capped, `05` by the SP (`cmpp.md 10.7`).
        fee_type: Text<2> = text(2),
        /// Amount in fen (1/100 yuan), decimal digits.
        fee_code: Text<6> = text(6),
        /// End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then `+`, `-` or `R` for a period (`cmpp.md 2.4`).
        /// Empty for the default.
        valid_time: Text<17> = text(17),
        /// Scheduled delivery, in the same form; empty for at once.
        at_time: Text<17> = text(17),
        /// Sender shown on the phone: SP_Code and extension.
        src_id: Text<21> = text(21),
        /// Receivers, 1 to 99.
        dest_terminal_id: Few<Text<32>> = list("dest_usr_tl", 1, 99, text_by(21, 32)),
        /// Kind of all receivers' numbers: 0 real, 1 pseudonyms.
        dest_terminal_type: u8 = since(V30, u8),
        /// The content, with its user data header if `tp_udhi` is 1.
        msg_content: Bytes = content_u8("msg_length").before_tail(V30, 8, 20),
        /// Reserved, zero.
        reserve: [u8; 8] = before(V30, tail(8)),
        /// Token of an on-demand service, else empty.
        link_id: Text<20> = since(V30, tail(20)),
    }

    /// Answer to a submit (`cmpp.md 4.6`).
    submit_resp: SubmitResp = 0x8000_0004 layout(by_length(9, 12)) {
        /// The id of the message; with n receivers the first of n ids (`cmpp.md 11.7`).
        msg_id: u64 = id(),
        /// 0 accepted; see `cmpp.md 10.2`.
        result: u32 = int(1, 4),
    }

    /// A message from a phone, or a status report (`cmpp.md 4.7`).
    deliver: Deliver = 0x0000_0005 {
        /// Id made by the gateway; the response repeats it.
        msg_id: u64 = id(),
        /// Number called: SP_Code and extension.
        dest_id: Text<21> = text(21),
        /// Service code.
        service_id: Text<10> = text(10),
        /// Protocol identifier of GSM 03.40.
        tp_pid: u8 = u8,
        /// Not 0 if the content begins with a user data header; some gateways send 0x40.
        tp_udhi: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK (`cmpp.md 12.1`).
        msg_fmt: u8 = u8.coding(),
        /// Sender; in a report the receiver of the submit.
        src_terminal_id: Text<32> = text_by(21, 32),
        /// Kind of the sender's number: 0 real, 1 pseudonym.
        src_terminal_type: u8 = since(V30, u8),
        /// 0 message, 1 status report.
        registered_delivery: u8 = u8.report_from(1),
        /// Text, or a report of 60 or 71 octets (`cmpp.md 9`).
        msg_content: Bytes = content_u8("msg_length").before_tail(V30, 8, 20),
        /// Reserved, zero.
        reserved: [u8; 8] = before(V30, tail(8)),
        /// Token of an on-demand service, to be repeated in the submit that answers.
        link_id: Text<20> = since(V30, tail(20)),
    }

    /// Answer to a deliver (`cmpp.md 4.8`).
    deliver_resp: DeliverResp = 0x8000_0005 layout(by_length(9, 12)) {
        /// The id of the deliver, never that inside a report.
        msg_id: u64 = id(),
        /// 0 accepted; see `cmpp.md 10.3`.
        result: u32 = int(1, 4),
    }

    /// Asks for the counters of a day (`cmpp.md 4.9`).
    query: Query = 0x0000_0006 {
        /// The day, YYYYMMDD.
        time: Text<8> = text(8),
        /// 0 totals, 1 per service.
        query_type: u8 = u8,
        /// Service code, for type 1.
        query_code: Text<10> = text(10),
        /// Reserved, zero.
        reserve: [u8; 8] = octets(8),
    }

    /// The counters of a day (`cmpp.md 4.9`).
    query_resp: QueryResp = 0x8000_0006 {
        /// The day, YYYYMMDD.
        time: Text<8> = text(8),
        /// 0 totals, 1 per service.
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
    }

    /// Asks to delete a message (`cmpp.md 4.10`).
    cancel: Cancel = 0x0000_0007 {
        /// The id of the message.
        msg_id: u64 = id(),
    }

    /// Answer to a cancel (`cmpp.md 4.10`).
    cancel_resp: CancelResp = 0x8000_0007 layout(by_length(1, 4)) {
        /// 0 done, 1 failed.
        success_id: u32 = int(1, 4),
    }

    /// Link check of a long connection (`cmpp.md 4.3`).
    active_test: ActiveTest = 0x0000_0008 {}

    /// Answer to a link check (`cmpp.md 4.4`).
    active_test_resp: ActiveTestResp = 0x8000_0008 {
        /// Without meaning. `None` if the peer left it out; it is always written, as 0 then.
        reserved: Option<u8> = optional_u8(),
    }
}
