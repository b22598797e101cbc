//! The SP: what a client does on top of an account — matching reports, joining long deliveries, routing.

mod prepare;
mod route;
mod sp;

pub use prepare::{Prepared, References, SendError, Target, prepare, split_rules};
pub use route::{Candidate, Route, Routes};
pub use sp::Sp;
