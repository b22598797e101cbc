//! SMS through the three carrier networks of China: CMPP (China Mobile), SGIP (China Unicom) and SMGP (China
//! Telecom), as the SP that sends and as the gateway that receives.
//!
//! ```no_run
//! use sanwang::{Client, Submit};
//! use std::time::Duration;
//!
//! let sp = Client::open("cmpp://901234:secret@127.0.0.1:7890?version=3.0&sender=10657001")?;
//! let ticket = sp.send(Submit::to("13800138000").text("你好"))?;
//! if let Some(outcome) = sp.outcome(ticket, Duration::from_secs(60))? {
//!     println!("{outcome}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Layers, each using only those before it: [`wire`], [`text`], [`settings`], [`codes`]; [`message`]; dialect,
//! store; session; account; client and gateway; engine; [`sim`]; `cli`.
#![forbid(unsafe_code)]
// `eprintln!` panics where stderr takes nothing, and with it the thread that was at the sockets.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

pub mod account;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod codes;
#[cfg(feature = "config")]
pub mod config;
pub mod dialect;
mod due;
mod engine;
pub mod few;
pub mod gateway;
pub mod link;
pub mod message;
pub mod metrics;
pub mod routes;
pub mod segments;
pub mod session;
pub mod settings;
pub mod sim;
pub mod slab;
pub mod store;
pub mod text;
pub mod time;
pub mod wire;
mod words;

pub use account::AskError;
pub use account::{Counters, Left};
pub use client::{Route, SendError};
pub use engine::{
    Access, Answer, Changed, Client, ClientBuilder, EngineCounts, FetchError, Gateway, GatewayBuilder, Link,
    LinkAnswer, LinkBuilder, LoginQuestion, OpenError, RouteTable, WaitError, note_fork,
};
pub use gateway::{MoMessage, StatusReport};
pub use message::{Body, Event, EventKinds, LinkState, Outcome, Status, Submit, Ticket, Token};
pub use message::{BodyRef, Lend, SubmitRef};
pub use message::{LinkError, LinkReply, LinkRequest};
pub use settings::Account;
