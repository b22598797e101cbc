//! The numbers of the header that are no results, and their names.

use sanwang_core::message::{Cancellation, LogLevel};
use sanwang_core::{LinkState, Status};
use std::ffi::{CStr, c_char};

/// How a ticket, or one of its segments, ended.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_status_t {
    /// There is none: the object or the segment does not exist.
    SANWANG_STATUS_NONE = 0,
    /// The gateway answered with an error.
    SANWANG_STATUS_REJECTED = 1,
    /// A final report says the handset did not get it.
    SANWANG_STATUS_UNDELIVERED = 2,
    /// `valid_for` ran out before it was sent.
    SANWANG_STATUS_EXPIRED = 3,
    /// Canceled, or not sent because an earlier segment was rejected.
    SANWANG_STATUS_CANCELED = 4,
    /// The client was closed before it was written to a connection.
    SANWANG_STATUS_ABANDONED = 5,
    /// Written to a connection, no answer came, and it was not sent again: it may or may not have arrived.
    SANWANG_STATUS_IN_DOUBT = 6,
    /// The gateway accepted it, but no final report came before the deadline or before the close.
    SANWANG_STATUS_NO_REPORT = 7,
    /// The gateway accepted it and no report was asked for.
    SANWANG_STATUS_SENT = 8,
    /// The other side acknowledged what a gateway pushed.
    SANWANG_STATUS_ACKED = 9,
    /// A report says the handset has it.
    SANWANG_STATUS_DELIVERED = 10,
}

/// Where an account stands.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_state_t {
    /// Nothing is connected and nothing is tried now.
    SANWANG_STATE_OFFLINE = 0,
    /// A connection is being made or is logging in.
    SANWANG_STATE_CONNECTING = 1,
    /// All connections that are wanted are logged in.
    SANWANG_STATE_ONLINE = 2,
    /// Some connections are logged in, fewer than wanted.
    SANWANG_STATE_DEGRADED = 3,
    /// No connection is open because none is needed: the healthy state of a quiet SGIP account. Sending dials.
    SANWANG_STATE_IDLE = 4,
    /// The gateway refused the login; it is tried again later and less often.
    SANWANG_STATE_REFUSED = 5,
}

/// Kinds of events: bits, so that they make a set.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_event_kind_t {
    /// No event.
    SANWANG_EVENT_NONE = 0,
    /// An account's connections changed.
    SANWANG_EVENT_STATE = 1,
    /// The gateway answered one segment.
    SANWANG_EVENT_RESPONSE = 2,
    /// A status report came.
    SANWANG_EVENT_REPORT = 4,
    /// A ticket ended.
    SANWANG_EVENT_OUTCOME = 8,
    /// A message from a phone came, whole.
    SANWANG_EVENT_DELIVER = 16,
    /// A message towards a phone came to our gateway.
    SANWANG_EVENT_SUBMIT = 32,
    /// Input that could not be used.
    SANWANG_EVENT_TROUBLE = 64,
    /// A line for the log.
    SANWANG_EVENT_LOG = 128,
    /// All of them but those below, which few applications handle.
    SANWANG_EVENT_ALL = 255,
    /// An SP asks our gateway for the counts of a day.
    SANWANG_EVENT_QUERY = 256,
    /// An SP asks our gateway to take a message back.
    SANWANG_EVENT_CANCEL = 512,
    /// A peer of a link asks for something.
    SANWANG_EVENT_LINK_REQUEST = 1024,
    /// A request to a peer of a link ended.
    SANWANG_EVENT_LINK_REPLY = 2048,
}

/// What became of a request to take a message back.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_cancellation_t {
    /// There is no answer.
    SANWANG_CANCELLATION_NONE = 0,
    /// Nothing of it had been sent: its outcome is CANCELED.
    SANWANG_CANCELLATION_NOT_SENT = 1,
    /// The gateway has deleted every segment. An open ticket's outcome follows its report.
    SANWANG_CANCELLATION_DELETED = 2,
    /// The gateway did not delete at least one segment: it may still arrive.
    SANWANG_CANCELLATION_REFUSED = 3,
}

/// How much a log line matters.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_log_level_t {
    /// No line.
    SANWANG_LOG_NONE = 0,
    /// Something is lost or refused.
    SANWANG_LOG_ERROR = 1,
    /// Something is odd.
    SANWANG_LOG_WARN = 2,
    /// Something changed.
    SANWANG_LOG_INFO = 3,
}

/// A choice that can be left to the account.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sanwang_choice_t {
    /// As the account's settings say.
    SANWANG_DEFAULT = 0,
    /// Yes.
    SANWANG_YES = 1,
    /// No.
    SANWANG_NO = 2,
}

use sanwang_log_level_t::*;
use sanwang_state_t::*;
use sanwang_status_t::*;

const STATUSES: [(sanwang_status_t, &CStr); 11] = [
    (SANWANG_STATUS_NONE, c"NONE"),
    (SANWANG_STATUS_REJECTED, c"REJECTED"),
    (SANWANG_STATUS_UNDELIVERED, c"UNDELIVERED"),
    (SANWANG_STATUS_EXPIRED, c"EXPIRED"),
    (SANWANG_STATUS_CANCELED, c"CANCELED"),
    (SANWANG_STATUS_ABANDONED, c"ABANDONED"),
    (SANWANG_STATUS_IN_DOUBT, c"IN_DOUBT"),
    (SANWANG_STATUS_NO_REPORT, c"NO_REPORT"),
    (SANWANG_STATUS_SENT, c"SENT"),
    (SANWANG_STATUS_ACKED, c"ACKED"),
    (SANWANG_STATUS_DELIVERED, c"DELIVERED"),
];

const STATES: [(sanwang_state_t, &CStr); 6] = [
    (SANWANG_STATE_OFFLINE, c"offline"),
    (SANWANG_STATE_CONNECTING, c"connecting"),
    (SANWANG_STATE_ONLINE, c"online"),
    (SANWANG_STATE_DEGRADED, c"degraded"),
    (SANWANG_STATE_IDLE, c"idle"),
    (SANWANG_STATE_REFUSED, c"refused"),
];

impl From<Status> for sanwang_status_t {
    fn from(status: Status) -> Self {
        STATUSES
            .iter()
            .find(|(known, _)| *known as i32 == status as i32)
            .map_or(SANWANG_STATUS_NONE, |(known, _)| *known)
    }
}

impl From<LinkState> for sanwang_state_t {
    fn from(state: LinkState) -> Self {
        STATES
            .iter()
            .find(|(known, _)| *known as i32 == state as i32)
            .map_or(SANWANG_STATE_OFFLINE, |(known, _)| *known)
    }
}

impl From<Cancellation> for sanwang_cancellation_t {
    fn from(done: Cancellation) -> Self {
        match done {
            Cancellation::NotSent => Self::SANWANG_CANCELLATION_NOT_SENT,
            Cancellation::Deleted => Self::SANWANG_CANCELLATION_DELETED,
            Cancellation::Refused => Self::SANWANG_CANCELLATION_REFUSED,
        }
    }
}

impl From<LogLevel> for sanwang_log_level_t {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => SANWANG_LOG_ERROR,
            LogLevel::Warn => SANWANG_LOG_WARN,
            LogLevel::Info => SANWANG_LOG_INFO,
        }
    }
}

/// The name of a status, for example `DELIVERED`; the same in every language. `UNKNOWN` for a number that is no
/// status.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_status_name(status: i32) -> *const c_char {
    let known = STATUSES.iter().find(|(known, _)| *known as i32 == status);
    known.map_or(c"UNKNOWN", |(_, name)| name).as_ptr()
}

/// 1 for DELIVERED, SENT and ACKED: the message is where it should be. Else 0.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_status_is_success(status: i32) -> i32 {
    i32::from(Status::ALL.iter().any(|known| *known as i32 == status && known.is_success()))
}

/// The name of a state, for example `online`. `unknown` for a number that is no state.
#[unsafe(no_mangle)]
pub extern "C" fn sanwang_state_name(state: i32) -> *const c_char {
    let known = STATES.iter().find(|(known, _)| *known as i32 == state);
    known.map_or(c"unknown", |(_, name)| name).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanwang_core::EventKinds;
    use sanwang_event_kind_t::*;

    fn text(name: *const c_char) -> &'static str {
        // SAFETY: the names are constants.
        unsafe { CStr::from_ptr(name) }.to_str().unwrap()
    }

    #[test]
    fn statuses_are_those_of_the_core() {
        for status in Status::ALL {
            assert_eq!(sanwang_status_t::from(status) as i32, status as i32);
            assert_eq!(text(sanwang_status_name(status as i32)), status.name());
            assert_eq!(sanwang_status_is_success(status as i32) != 0, status.is_success());
        }
        assert_eq!(STATUSES.len(), Status::ALL.len() + 1);
        assert_eq!((text(sanwang_status_name(0)), text(sanwang_status_name(99))), ("NONE", "UNKNOWN"));
    }

    #[test]
    fn states_are_those_of_the_core() {
        use LinkState::*;
        for state in [Offline, Connecting, Online, Degraded, Idle, Refused] {
            assert_eq!(sanwang_state_t::from(state) as i32, state as i32);
            assert_eq!(text(sanwang_state_name(state as i32)), state.name());
        }
        assert_eq!(text(sanwang_state_name(-1)), "unknown");
    }

    #[test]
    fn kinds_are_those_of_the_core() {
        let kinds = [
            (SANWANG_EVENT_NONE, EventKinds::default()),
            (SANWANG_EVENT_STATE, EventKinds::ACCOUNT_STATE),
            (SANWANG_EVENT_RESPONSE, EventKinds::RESPONSE),
            (SANWANG_EVENT_REPORT, EventKinds::REPORT),
            (SANWANG_EVENT_OUTCOME, EventKinds::OUTCOME),
            (SANWANG_EVENT_DELIVER, EventKinds::DELIVER),
            (SANWANG_EVENT_SUBMIT, EventKinds::SUBMIT),
            (SANWANG_EVENT_TROUBLE, EventKinds::TROUBLE),
            (SANWANG_EVENT_LOG, EventKinds::LOG),
            (SANWANG_EVENT_ALL, EventKinds::ALL),
            (SANWANG_EVENT_QUERY, EventKinds::QUERY),
            (SANWANG_EVENT_CANCEL, EventKinds::CANCEL),
            (SANWANG_EVENT_LINK_REQUEST, EventKinds::LINK_REQUEST),
            (SANWANG_EVENT_LINK_REPLY, EventKinds::LINK_REPLY),
        ];
        for (ours, core) in kinds {
            assert_eq!(ours as u32, core.0);
        }
    }
}
