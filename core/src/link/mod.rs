//! A raw link: the side of an account that passes PDUs as they are, in both directions, for every role: gateway
//! to gateway, gateway to route server, tests.
//!
//! Connections, login, window, pace and keep-alive are the account's; here is what belongs to one request: its
//! deadline and its answer, and for a request of the peer its token.

mod octets;
mod parts;
mod refusal;
mod requests;
mod side;
#[cfg(test)]
mod tests;

pub use octets::{read, written};
pub use parts::{MOST_PARTS, frames};
pub use refusal::{Refused, refusal};
pub use side::{Asked, LinkSide, Replies};
