//! CMPP 2.0, 2.1 and 3.0: every PDU (`cmpp.md`).
//!
//! Version octets below 2.1, also those of 1.x and the 0x00 to 0x02 of some clients, read and write the 2.0 layouts.

use super::field::{Spec, by, text};
use super::notes::Notes;
use super::table::ByLength;
use super::version::Version;

mod gateway;
mod route;
mod sp;

pub use gateway::{Fwd, FwdResp};
pub use route::{
    GetMoRoute, GetMoRouteResp, GetMtRoute, GetMtRouteResp, GetRoute, GetRouteResp, MoRoute, MoRouteResp,
    MoRouteUpdate, MoRouteUpdateResp, MtRoute, MtRouteResp, MtRouteUpdate, MtRouteUpdateResp,
    PushMoRouteUpdate, PushMoRouteUpdateResp, PushMtRouteUpdate, PushMtRouteUpdateResp,
};
pub use sp::{
    ActiveTest, ActiveTestResp, Cancel, CancelResp, Connect, ConnectResp, Deliver, DeliverResp, Query,
    QueryResp, Submit, SubmitResp, Terminate, TerminateResp,
};

/// CMPP 1.1: see [`V12`].
pub const V11: Version = Version(0x11);
/// CMPP 1.2. Its layouts are not known; those of 2.0 are used, as for 1.1 (`cmpp.md 13.2`).
pub const V12: Version = Version(0x12);
/// CMPP 2.0.
pub const V20: Version = Version(0x20);
/// CMPP 2.1: as 2.0 between SP and gateway, other route messages.
pub const V21: Version = Version(0x21);
/// CMPP 3.0.
pub const V30: Version = Version(0x30);

/// Text that 3.0 made wider.
const fn text_by(old: u16, new: u16) -> Spec {
    by(V30, text(old), text(new))
}

/// A status code: one octet in 2.x, four in 3.0.
const fn int(old: u16, new: u16) -> Spec {
    by(V30, super::field::number(old), super::field::number(new))
}

/// Responses whose length tells 2.x from 3.0, whatever the session's version.
fn by_length(old: usize, new: usize) -> impl Fn(Version, &[u8]) -> Version {
    let lengths = ByLength { old: (old, V20), new: (new, V30) };
    move |version, body| lengths.choose(version, body)
}

#[inline(always)]
const fn repair(command: u32, _: usize, _: &mut Notes) -> u32 {
    command
}

protocol! { Cmpp, repair;
    Connect, ConnectResp, Terminate, TerminateResp, Submit, SubmitResp, Deliver, DeliverResp, Query, QueryResp,
    Cancel, CancelResp, ActiveTest, ActiveTestResp, Fwd, FwdResp,
    MtRoute, MtRouteResp, MoRoute, MoRouteResp, GetRoute, GetRouteResp, GetMtRoute, GetMtRouteResp,
    GetMoRoute, GetMoRouteResp, MtRouteUpdate, MtRouteUpdateResp, MoRouteUpdate, MoRouteUpdateResp,
    PushMtRouteUpdate, PushMtRouteUpdateResp, PushMoRouteUpdate, PushMoRouteUpdateResp,
}

#[cfg(test)]
mod tests;
