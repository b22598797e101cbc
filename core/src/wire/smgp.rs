//! SMGP 1.3, 2.0, 3.0 and 3.1: every PDU, with the route updates of 1.x and the billing extension (`smgp.md`).
//!
//! Optional parameters are written from 3.0 on and read in every version.

use super::notes::Notes;
use super::version::Version;

mod billing;
mod route;
mod sp;

pub use billing::{
    PaymentAffirm, PaymentAffirmResp, PaymentRequest, PaymentRequestResp, QueryUserState, QueryUserStateResp,
};
pub use route::{
    GetAllSpRoute, GetAllSpRouteResp, GetAllTeRoute, GetAllTeRouteResp, MoRouteUpdate, MoRouteUpdateResp,
    MtRouteUpdate, MtRouteUpdateResp, PushUpdateSpRoute, PushUpdateSpRouteResp, PushUpdateTeRoute,
    PushUpdateTeRouteResp, QuerySpRoute, QuerySpRouteResp, QueryTeRoute, QueryTeRouteResp, UpdateSpRoute,
    UpdateSpRouteResp, UpdateTeRoute, UpdateTeRouteResp,
};
pub use sp::{
    ActiveTest, ActiveTestResp, Deliver, DeliverResp, Exit, ExitResp, Forward, ForwardResp, Login, LoginResp,
    Query, QueryResp, Submit, SubmitResp,
};

/// SMGP 1.3; Submit has FeeCode, then FixedFee (layout A of `smgp.md 14.2`).
pub const V13: Version = Version(0x13);
/// SMGP 1.3 with FixedFee before FeeCode in Submit (layout B). A choice of layout; the version octet stays 0x13.
pub const V13B: Version = Version(0x1B);
/// SMGP 1.3 without FixedFee in Submit (layout C). A choice of layout; the version octet stays 0x13.
pub const V13C: Version = Version(0x1C);
/// SMGP 2.0.
pub const V20: Version = Version(0x20);
/// SMGP 3.0, with all 3.0.x.
pub const V30: Version = Version(0x30);
/// SMGP 3.1, read and written as 3.0.
pub const V31: Version = Version(0x31);

#[inline(always)]
const fn repair(command: u32, _: usize, _: &mut Notes) -> u32 {
    command
}

protocol! { Smgp, repair;
    Login, LoginResp, Submit, SubmitResp, Deliver, DeliverResp, ActiveTest, ActiveTestResp, Forward, ForwardResp,
    Exit, ExitResp, Query, QueryResp,
    QueryTeRoute, QueryTeRouteResp, QuerySpRoute, QuerySpRouteResp, GetAllTeRoute, GetAllTeRouteResp,
    GetAllSpRoute, GetAllSpRouteResp, UpdateTeRoute, UpdateTeRouteResp, UpdateSpRoute, UpdateSpRouteResp,
    PushUpdateTeRoute, PushUpdateTeRouteResp, PushUpdateSpRoute, PushUpdateSpRouteResp,
    MtRouteUpdate, MtRouteUpdateResp, MoRouteUpdate, MoRouteUpdateResp,
    PaymentRequest, PaymentRequestResp, PaymentAffirm, PaymentAffirmResp, QueryUserState, QueryUserStateResp,
}

#[cfg(test)]
mod tests;
