//! Ports for tests that have to know one before somebody listens there, or that nobody listens on.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// From here on, so many: above the ports of the examples, and below those that the system gives to connections and to
/// listeners without a port of their own (32768 and up). One of these could be anybody's by the time it is used.
const FIRST: u16 = 10_000;
const PORTS: u32 = 20_000;
/// Processes that run side by side begin so far from each other.
const APART: u32 = 64;

/// An address of this machine that is free, and stays so until the test uses it.
pub(crate) fn free_port() -> SocketAddr {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(APART);
    loop {
        let number = begin.wrapping_add(GIVEN.fetch_add(1, Relaxed)) % PORTS;
        let port = FIRST + u16::try_from(number).expect("below PORTS");
        if let Ok(probe) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return probe.local_addr().expect("a bound address");
        }
    }
}
