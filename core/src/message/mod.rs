//! The protocol-neutral model: what an application sends, what it is told, and how both are named.
//!
//! The same words stand in the C header, in Python and in the events of the command line.

mod event;
mod lent;
mod link;
mod outcome;
mod question;
pub mod shown;
mod submit;
mod ticket;

pub use event::{
    AccountState, Deliver, Event, EventKinds, JoinedPart, JoinedSubmit, LinkState, Log, LogLevel, Report,
    Response, SubmitRequest, Trouble,
};
pub use lent::{BodyRef, Lend, SubmitRef};
pub use link::{LinkError, LinkReply, LinkRequest};
pub use outcome::{Outcome, SegmentOutcome, Status};
pub use question::{CancelRequest, Cancellation, DayCounts, Query, QueryRequest};
pub use submit::{Body, Submit};
pub use ticket::{Ticket, TicketMaker, Token};
