//! CMPP between gateways (`cmpp.md 5`).

use bytes::Bytes;

use super::{V30, by_length, int};
use crate::few::Few;
use crate::wire::field::{before, content_u8, id, list, since, tail, text, u8};
use crate::wire::text::Text;

pdus! { Cmpp;
    /// A message or a report from one gateway to the next (`cmpp.md 5.1`).
    fwd: Fwd = 0x0000_0009 {
        /// Code of the sending gateway, six digits.
        source_id: Text<6> = text(6),
        /// Code of the target gateway, six digits.
        destination_id: Text<6> = text(6),
        /// Gateways passed so far.
        nodes_count: u8 = u8,
        /// 0 MT, 1 MO, 2 report on an MT, 3 report on an MO.
        msg_fwd_type: u8 = u8.report_from(2),
        /// The id.
        msg_id: u64 = id(),
        /// Number of segments.
        pk_total: u8 = u8,
        /// Index of this segment, from 1.
        pk_number: u8 = u8,
        /// 0 no report, 1 report wanted, 2 charging record.
        registered_delivery: u8 = u8,
        /// Priority, 0 to 9 in practice.
        msg_level: u8 = u8,
        /// Service code.
        service_id: Text<10> = text(10),
        /// Who is billed: 0 receiver, 1 sender, 2 SP, 3 see `fee_terminal_id`.
        fee_user_type: u8 = u8,
        /// Billed number.
        fee_terminal_id: Text<21> = text(21),
        /// Pseudonym of the billed user.
        fee_terminal_pseudo: Text<32> = since(V30, text(32)),
        /// Kind of the billed user: 0 post-paid, 1 pre-paid.
        fee_terminal_user_type: u8 = since(V30, u8),
        /// Protocol identifier of GSM 03.40.
        tp_pid: u8 = u8,
        /// 1 if the content begins with a user data header.
        tp_udhi: u8 = u8,
        /// Coding of the content: 0 ASCII, 3 SIM write, 4 binary, 8 UCS2, 15 GBK (`cmpp.md 12.1`).
        msg_fmt: u8 = u8.coding(),
        /// SP_Id of the owner of the content.
        msg_src: Text<6> = text(6),
        /// `00` none (2.x), `01` free, `02` per message, `03` monthly; 2.x also `04` capped, `05` by the SP; 3.0 also `06`
        /// monthly query (`cmpp.md 10.7`).
        fee_type: Text<2> = text(2),
        /// Amount in fen, decimal digits.
        fee_code: Text<6> = text(6),
        /// End of validity, YYMMDDhhmmsstnnp: tenths, quarter hours from UTC, then `+`, `-` or `R` for a period.
        valid_time: Text<17> = text(17),
        /// Scheduled delivery, in the same form.
        at_time: Text<17> = text(17),
        /// MT: `src_id` of the submit; MO: the phone; report on an MT: the phone; report on an MO: `dest_id` of the deliver
        /// (`cmpp.md 5.2`).
        src_id: Text<21> = text(21),
        /// Pseudonym of the source.
        src_pseudo: Text<32> = since(V30, text(32)),
        /// Kind of the source user: 0 post-paid, 1 pre-paid.
        src_user_type: u8 = since(V30, u8),
        /// Kind of the source number shown to the SP: 0 real, 1 pseudonym.
        src_type: u8 = since(V30, u8),
        /// MT: the phones; MO: the SP's number; report on an MT: `src_id` of the submit; report on an MO: the phone. Exactly
        /// one in 3.0.
        dest_id: Few<Text<21>> = list("dest_usr_tl", 1, 99, text(21)).at_most_since(V30, 1),
        /// Pseudonym of the destination.
        dest_pseudo: Text<32> = since(V30, text(32)),
        /// Kind of the destination user: 0 post-paid, 1 pre-paid.
        dest_user_type: u8 = since(V30, u8),
        /// Text, or a report.
        msg_content: Bytes = content_u8("msg_length").before_tail(V30, 8, 20),
        /// Reserved, zero.
        reserve: [u8; 8] = before(V30, tail(8)),
        /// Token of an on-demand service.
        link_id: Text<20> = since(V30, tail(20)),
    }

    /// Answer to a forward (`cmpp.md 5.3`).
    fwd_resp: FwdResp = 0x8000_0009 layout(by_length(11, 14)) {
        /// The id of the forward.
        msg_id: u64 = id(),
        /// Number of segments, from the forward.
        pk_total: u8 = u8,
        /// Index of the segment, from the forward.
        pk_number: u8 = u8,
        /// 0 accepted; see `cmpp.md 10.5`.
        result: u32 = int(1, 4),
    }
}
