//! The only place with threads, sockets, files and clocks: it drives the state machines below it.

mod accounts;
mod asking;
mod cell;
mod changing;
mod client;
mod clock;
mod closing;
mod door;
mod gateway;
mod hub;
mod lines;
mod link;
mod live;
mod many;
mod net;
mod question;
mod reactor;
mod routes;
mod secrets;
mod several;
mod transport;

pub use client::{Client, ClientBuilder, OpenError, WaitError};
pub use gateway::{Access, Gateway, GatewayBuilder};
pub use hub::Answer;
pub use link::{Link, LinkAnswer, LinkBuilder};
pub use live::Changed;
pub use question::LoginQuestion;
pub use reactor::{EngineCounts, note_fork};
pub use routes::{FetchError, RouteTable};
#[cfg(feature = "cli")]
pub(crate) use secrets::{fill_in, of_login};
