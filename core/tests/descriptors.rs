//! A process that has no descriptor left. It runs in a process of its own.
#![cfg(target_os = "linux")]

use sanwang::{Client, Event, EventKinds, Gateway};
use std::fs::File;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
const INSIDE: &str = "SANWANG_TEST_DESCRIPTORS";

/// Waits for a log line of the gateway that has these words.
fn said(gateway: &Gateway, words: &str) {
    let end = Instant::now() + LONG;
    loop {
        assert!(Instant::now() < end, "it says {words:?}");
        for event in gateway.poll(16, Duration::from_millis(100)).unwrap() {
            if matches!(&event, Event::Log(log) if log.text.contains(words)) {
                return;
            }
        }
    }
}

fn work() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0?login_timeout=1s")
        .account("901234", "secret")
        .polled(EventKinds::LOG)
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let mut all = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        all.push(file);
    }
    // Two are left, for both ends of one connection: the system refuses to look for a second one.
    all.truncate(all.len() - 2);
    let silent = TcpStream::connect(at).unwrap();
    said(&gateway, "cannot accept connections");
    drop(all);
    let before = gateway.engine_counts().polls;
    said(&gateway, "did not log in");
    let polls = gateway.engine_counts().polls - before;
    assert!(polls < 200, "{polls} polls while nothing came");
    drop(silent);

    let sp = Client::open(&format!("cmpp://901234:secret@{at}")).unwrap();
    sp.wait_online(LONG).unwrap();
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn a_listener_without_descriptors_waits_and_goes_on() {
    if std::env::var_os(INSIDE).is_some() {
        return work();
    }
    let inside = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_listener_without_descriptors_waits_and_goes_on", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(inside.status.success(), "{}", String::from_utf8_lossy(&inside.stderr));
}
