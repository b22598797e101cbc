//! What an account gives a connection: limits and times, and where its sequences come from.

use crate::settings::Verify;
use crate::time::{BEIJING_MINUTES, Now, SECOND, WireTime};
use crate::wire::{Notes, Seq};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Limits and times of one connection, taken from the account's settings.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// Requests that may wait for their answer.
    pub window: usize,
    /// Silence after which a link test is sent; 0: none is sent.
    pub keepalive_ns: u64,
    /// Link tests without any sign of life that end the connection.
    pub keepalive_tries: u32,
    /// How long a request waits for its answer.
    pub response_timeout_ns: u64,
    /// Requests in a row without an answer that end the connection.
    pub timeouts_to_close: u32,
    /// How long a login may take.
    pub login_timeout_ns: u64,
    /// Silence after which a connection with nothing to do is ended; 0: never.
    pub idle_close_ns: u64,
    /// A short connection: its caller makes one request and closes it after the answer; the side that was called makes
    /// none.
    pub once: bool,
    /// Longest frame that is accepted, octets.
    pub frame_limit: usize,
    /// What is done with the gateway's digest.
    pub verify: Verify,
    /// Tolerances that are refused.
    pub strict: Notes,
    /// CMPP: what stands in Source_Addr instead of the login name's first six characters; empty: these.
    pub source_addr: String,
    /// The peer logged in to send only (SMGP): nothing is asked of it.
    pub only_sends: bool,
    /// SMGP: the answer to a link test has a reserved octet.
    pub test_reserve: bool,
    /// Offset of wire times from UTC, minutes.
    pub utc_offset: i32,
}

impl Default for SessionRules {
    fn default() -> Self {
        SessionRules {
            window: 16,
            keepalive_ns: 30 * SECOND,
            keepalive_tries: 3,
            response_timeout_ns: 60 * SECOND,
            timeouts_to_close: 3,
            login_timeout_ns: 30 * SECOND,
            idle_close_ns: 0,
            once: false,
            frame_limit: 4096,
            verify: Verify::Lenient,
            strict: Notes::default(),
            source_addr: String::new(),
            only_sends: false,
            test_reserve: false,
            utc_offset: BEIJING_MINUTES,
        }
    }
}

/// Where a connection's requests take their sequence from.
#[derive(Clone, Debug)]
pub enum SeqSource {
    /// Its own counter: CMPP and SMGP.
    Own(u32),
    /// One counter a node number, shared by all its connections: SGIP, where the sequence is an id.
    Node {
        /// The node number.
        node: u32,
        /// The next serial.
        serial: Arc<AtomicU32>,
    },
}

impl SeqSource {
    pub(super) fn next(&mut self, now: Now, utc_offset: i32) -> Seq {
        match self {
            SeqSource::Own(last) => {
                // 0 is skipped: some gateways take it for "not set" (cmpp.md 11.3).
                *last = last.checked_add(1).unwrap_or(1);
                Seq::serial(*last)
            }
            SeqSource::Node { node, serial } => Seq {
                node: *node,
                time: WireTime::from_unix_ms(now.unix_ms, utc_offset).mmddhhmmss(),
                serial: serial.fetch_add(1, Ordering::Relaxed),
            },
        }
    }
}
