//! The generic responses of SGIP (`sgip.md 6.1`): one octet of result and eight reserved ones. A body of one octet is
//! read too; of two to eight it is refused.

use crate::wire::field::{resp_reserve, u8};

pdus! { Sgip;
    /// Answer to a login.
    bind_resp: BindResp = 0x8000_0001 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a submit.
    submit_resp: SubmitResp = 0x8000_0003 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a deliver.
    deliver_resp: DeliverResp = 0x8000_0004 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a report.
    report_resp: ReportResp = 0x8000_0005 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a new SP route.
    add_sp_resp: AddSpResp = 0x8000_0006 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a changed SP route.
    modify_sp_resp: ModifySpResp = 0x8000_0007 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a deleted SP route.
    delete_sp_resp: DeleteSpResp = 0x8000_0008 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a new number segment.
    add_tele_seg_resp: AddTeleSegResp = 0x8000_000A {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a changed number segment.
    modify_tele_seg_resp: ModifyTeleSegResp = 0x8000_000B {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a deleted number segment.
    delete_tele_seg_resp: DeleteTeleSegResp = 0x8000_000C {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a new gateway.
    add_smg_resp: AddSmgResp = 0x8000_000D {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a changed gateway.
    modify_smg_resp: ModifySmgResp = 0x8000_000E {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a deleted gateway.
    delete_smg_resp: DeleteSmgResp = 0x8000_000F {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }

    /// Answer to a user condition.
    user_rpt_resp: UserRptResp = 0x8000_0011 {
        /// 0 accepted; see `sgip.md 10`.
        result: u8 = u8,
        /// Reserved, zero.
        reserve: [u8; 8] = resp_reserve(),
    }
}
