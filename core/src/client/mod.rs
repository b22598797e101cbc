//! The SP: what a client does on top of an account — matching reports, joining long deliveries, routing.

mod group;
mod prepare;
mod route;
mod sp;

pub use group::receivers_at_once;
pub use prepare::{Prepared, References, SendError, Target, prepare, prepare_for, split_rules};
pub use route::{Candidate, Route, Routes};
pub use sp::Sp;
