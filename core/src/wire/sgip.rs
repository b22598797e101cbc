//! SGIP 1.1, 1.2 and 1.3: all 36 commands (`sgip.md`).
//!
//! No version travels on the wire. The layouts differ in one PDU only, Trace_Resp.

use super::notes::{Note, Notes};
use super::version::Version;

mod answer;
mod route;
mod sp;

pub use answer::{
    AddSmgResp, AddSpResp, AddTeleSegResp, BindResp, DeleteSmgResp, DeleteSpResp, DeleteTeleSegResp,
    DeliverResp, ModifySmgResp, ModifySpResp, ModifyTeleSegResp, ReportResp, SubmitResp, UserRptResp,
};
pub use route::{
    AddSmg, AddSp, AddTeleSeg, CheckUser, CheckUserResp, DeleteSmg, DeleteSp, DeleteTeleSeg, ModifySmg,
    ModifySp, ModifyTeleSeg, QueryRoute, QueryRouteResp, RouteEntry, Trace, TraceNode, TraceResp,
};
pub use sp::{Bind, Deliver, Report, Submit, Unbind, UnbindResp, UserRpt};

/// SGIP 1.1.
pub const V11: Version = Version(0x11);
/// SGIP 1.2.
pub const V12: Version = Version(0x12);
/// SGIP 1.3: Trace_Resp names nodes in 10 octets.
pub const V13: Version = Version(0x13);

/// The tables misprint the id of ModifySMG_Resp as that of its request. ModifySMG has 56 octets, so a body of 9 can
/// only be the response (`sgip.md 14`, D1).
#[inline(always)]
const fn repair(command: u32, body: usize, notes: &mut Notes) -> u32 {
    if command == ModifySmg::COMMAND && body == 9 {
        notes.insert(Note::MisprintedCommand);
        ModifySmgResp::COMMAND
    } else {
        command
    }
}

protocol! { Sgip, repair;
    Bind, BindResp, Unbind, UnbindResp, Submit, SubmitResp, Deliver, DeliverResp, Report, ReportResp,
    AddSp, AddSpResp, ModifySp, ModifySpResp, DeleteSp, DeleteSpResp, QueryRoute, QueryRouteResp,
    AddTeleSeg, AddTeleSegResp, ModifyTeleSeg, ModifyTeleSegResp, DeleteTeleSeg, DeleteTeleSegResp,
    AddSmg, AddSmgResp, ModifySmg, ModifySmgResp, DeleteSmg, DeleteSmgResp, CheckUser, CheckUserResp,
    UserRpt, UserRptResp, Trace, TraceResp,
}

#[cfg(test)]
mod tests;
