//! What must be kept about messages between their answer and their reports, in memory.
//!
//! [`Correlation`] finds the message a report is about, holds reports that came before their answer, and
//! remembers decided messages so that late and repeated reports are still recognised.

mod correlation;

pub use correlation::{Correlation, CorrelationRules, Entry, Found, fingerprint};
