//! An account's connections as the queue sees them.

use super::tickets::SegmentKey;
use crate::session::Session;
use crate::wire::MsgId;
use std::collections::VecDeque;

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    /// Its rules.
    pub(super) session: Session,
    /// Its number in events, from 1.
    pub(super) number: u32,
    /// The dial it came from; `None` when the other side opened it.
    pub(super) dial: Option<usize>,
    /// Whether our requests may go out on it.
    pub(super) sends: bool,
    /// The peer's address.
    pub(super) peer: String,
    /// Segments bound to it: those of one message stay on one connection.
    pub(super) bound: VecDeque<SegmentKey>,
    /// Requests of the other side that are not answered yet.
    pub(super) unanswered: usize,
    /// Requests of the other side that the application has not finished, answered or not.
    pub(super) unhandled: usize,
    /// Highest serial of the other side's requests.
    pub(super) highest: Option<u32>,
    /// The session is over; only its last octets remain to be written.
    pub(super) over: bool,
}

impl Link {
    /// A connection with nothing bound to it.
    pub(super) fn new(session: Session, number: u32, dial: Option<usize>, sends: bool, peer: &str) -> Self {
        Link {
            session,
            number,
            dial,
            sends,
            peer: peer.to_owned(),
            bound: VecDeque::new(),
            unanswered: 0,
            unhandled: 0,
            highest: None,
            over: false,
        }
    }

    /// Whether requests may go out now.
    pub(super) fn ready(&self) -> bool {
        self.sends && self.session.room() > 0
    }
}

/// What an answer meant for its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// Accepted: the side decides what follows.
    Accepted,
    /// Accepted, after the segment was decided as in doubt.
    Late,
    /// Refused for good.
    Refused,
    /// It went back to the queue, and the id it had names it no more (zero octets where it had none).
    Again(MsgId),
    /// Stale.
    Nothing,
}
