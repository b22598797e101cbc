//! Reconnecting takes neither threads nor memory. In a process of its own, so that both can be counted.
#![cfg(target_os = "linux")]

use sanwang::Client;
use std::net::TcpListener;
use std::time::Duration;

/// A number of /proc/self/status: memory in KiB, threads.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_thousand_reconnects_leave_threads_and_memory_as_they_were() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gateway.local_addr().unwrap();
    let url = format!(
        "cmpp://900001:x@{address}?verify=off&reconnect_min=100ms&reconnect_max=100ms&connections=64&report=no"
    );
    let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
    let lose = |connections: u32| {
        for _ in 0..connections {
            drop(gateway.accept().unwrap());
        }
    };
    // Every connection was made more than once: what they take is taken.
    lose(200);
    let (threads, memory) = (status("Threads:"), status("VmRSS:"));
    lose(1000);
    assert!(sp.counters("900001").unwrap().breaks >= 1000);
    assert_eq!(status("Threads:"), threads, "threads");
    let grown = status("VmRSS:").saturating_sub(memory);
    assert!(grown < 2048, "{grown} KiB more after 1,000 reconnects");
    sp.close(Duration::ZERO).unwrap();
    a_connection_comes_from_the_local_address_that_was_set();
}

/// Afterwards, because its threads would be counted.
fn a_connection_comes_from_the_local_address_that_was_set() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gateway.local_addr().unwrap();
    let url = format!("cmpp://900001:x@{address}?local=127.0.0.2");
    let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
    let (_peer, from) = gateway.accept().unwrap();
    assert_eq!(from.ip().to_string(), "127.0.0.2");
    sp.close(Duration::ZERO).unwrap();
}
