//! How much an account's tables hold, for tests and for looking into a process.

use super::core::Core;

/// Entries in the tables of an account. All are zero when everything it accepted is over and forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Tickets without outcome, and those whose late answers are still recognised.
    pub tickets: usize,
    /// Segments that wait to be sent.
    pub queued: usize,
    /// Places of tickets and segments in the queues; some may have ended.
    pub queues: usize,
    /// Entries of the lists of times: doubts, reports, expiries, late answers.
    pub times: usize,
    /// Requests of the other side that the application has not finished.
    pub requests: usize,
    /// Entries of the lists beside them: times, shared answers, what is asked for.
    pub beside: usize,
    /// Queries and cancellations of our own without an answer.
    pub questions: usize,
}

impl Tables {
    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        *self == Tables::default()
    }
}

impl Core {
    /// How much its tables hold.
    pub fn tables(&self) -> Tables {
        Tables {
            tickets: self.tickets.len(),
            queued: self.queued,
            queues: self.outbox.len() + self.retry.len(),
            times: self.doubts.len()
                + self.waits.len()
                + self.own_waits.len()
                + self.expiries.len()
                + self.lingering.len(),
            requests: self.inbound.held(),
            beside: self.inbound.lists() + self.queries.len(),
            questions: self.questions.len() + self.asked.len(),
        }
    }
}
