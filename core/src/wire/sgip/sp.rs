//! SGIP between SP and gateway (`sgip.md 6.2` to 6.6 and 6.13).

use bytes::Bytes;

use crate::few::Few;
use crate::wire::field::{content_u32, list, reserve, sequence, text, u8};
use crate::wire::text::Text;
use crate::wire::version::Seq;

pdus! { Sgip;
    /// Login of the side that dialled (`sgip.md 6.2`).
    bind: Bind = 0x0000_0001 {
        /// Kind of connection: 1 SP to gateway, 2 gateway to SP, 3 between gateways, 4 gateway to GNS, 5 GNS to gateway,
        /// 6 between a GNS and its standby, 11 test.
        login_type: u8 = u8,
        /// Name given by the side that listens.
        login_name: Text<16> = text(16),
        /// Password, in clear text.
        login_password: Text<16> = text(16).secret(),
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// End of a connection (`sgip.md 6.3`).
    unbind: Unbind = 0x0000_0002 {}

    /// Answer to the end of a connection (`sgip.md 6.3`).
    unbind_resp: UnbindResp = 0x8000_0002 {}

    /// A message towards phones (`sgip.md 6.4` and 7).
    submit: Submit = 0x0000_0003 {
        /// Access number of the SP, shown as the sender.
        sp_number: Text<21> = text(21),
        /// Who pays: 86 and a number, empty for each receiver, 21 times `0` for the SP.
        charge_number: Text<21> = text(21),
        /// Receivers with 86 in front, 1 to 100.
        user_numbers: Few<Text<21>> = list("user_count", 1, 100, text(21)),
        /// Enterprise code, 0 to 99999.
        corp_id: Text<5> = text(5),
        /// Service code agreed with the operator.
        service_type: Text<10> = text(10),
        /// 0 none, 1 free, 2 per message, 3 monthly, 4 by the SP.
        fee_type: u8 = u8,
        /// Fee in fen (1/100 yuan), decimal digits.
        fee_value: Text<6> = text(6),
        /// Credit given to the user in fen, decimal digits.
        given_value: Text<6> = text(6),
        /// 0 receivable, 1 received.
        agent_flag: u8 = u8,
        /// 0 first answer to an MO, 1 later answer, 2 not caused by an MO, 3 system feedback.
        morelate_to_mt_flag: u8 = u8,
        /// 0 to 9, 0 is lowest.
        priority: u8 = u8,
        /// End of validity, yymmddhhmmss and `032+` for UTC+8 (`sgip.md 7.2`); empty for the default.
        expire_time: Text<16> = text(16),
        /// Scheduled delivery, in the same form; empty for at once.
        schedule_time: Text<16> = text(16),
        /// Report: 0 on final failure, 1 always, 2 never, 3 billing record.
        report_flag: u8 = u8,
        /// Protocol identifier of GSM 03.40; 0 for ordinary text.
        tp_pid: u8 = u8,
        /// 1 if the content begins with a user data header.
        tp_udhi: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK (`sgip.md 11`).
        message_coding: u8 = u8,
        /// 0, a short message.
        message_type: u8 = u8,
        /// The content, with its user data header if `tp_udhi` is 1.
        message_content: Bytes = content_u32("message_length"),
        /// Zero, or the LinkID of an on-demand service (`sgip.md 7.3`).
        reserve: [u8; 8] = reserve(),
    }

    /// A message from a phone (`sgip.md 6.5`).
    deliver: Deliver = 0x0000_0004 {
        /// Sender, with 86 in front.
        user_number: Text<21> = text(21),
        /// Access number the user wrote to.
        sp_number: Text<21> = text(21),
        /// Protocol identifier of GSM 03.40.
        tp_pid: u8 = u8,
        /// Not 0 if the content begins with a user data header.
        tp_udhi: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK (`sgip.md 11`).
        message_coding: u8 = u8,
        /// The content.
        message_content: Bytes = content_u32("message_length"),
        /// Zero, or the LinkID of an on-demand service (`sgip.md 7.3`).
        reserve: [u8; 8] = reserve(),
    }

    /// A status report (`sgip.md 6.6` and 8).
    report: Report = 0x0000_0005 {
        /// The sequence number of the submit, all three parts.
        submit_sequence: Seq = sequence(),
        /// 0 on a submit, 1 on a forwarded deliver.
        report_type: u8 = u8,
        /// Receiver, with 86 in front.
        user_number: Text<21> = text(21),
        /// 0 sent, 1 waiting, 2 failed.
        state: u8 = u8,
        /// Why, if the state is 2; else 0.
        error_code: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }

    /// A change of a user's condition (`sgip.md 6.13`).
    user_rpt: UserRpt = 0x0000_0011 {
        /// Access number of the SP.
        sp_number: Text<21> = text(21),
        /// The user, with 86 in front.
        user_number: Text<21> = text(21),
        /// 0 cancelled, 1 suspended for arrears, 2 back to normal.
        user_condition: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = reserve(),
    }
}
