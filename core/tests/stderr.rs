//! A program whose stderr takes nothing, because the disk is full or who read it is gone. It runs in a process of its own.
#![cfg(target_os = "linux")]

use sanwang::{Access, Answer, Client, Gateway, Status, Submit};
use std::fs::OpenOptions;
use std::process::{Command, Stdio};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const INSIDE: &str = "SANWANG_TEST_FULL_STDERR";

/// Everything that is said where nobody takes log lines, and a message after it.
fn work() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .accounts_by(|_, name| match name {
            "good" => Access::Secret(b"secret".to_vec()),
            "panics" => panic!("the application's bug"),
            _ => Access::Unknown,
        })
        .on_submit(
            |submit| if submit.text().as_deref() == Some("panic") { panic!("a bug") } else { Answer::Accept },
        )
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let refused = |name: &str| {
        let sp = Client::open(&format!("cmpp://{name}:wrong@{at}")).unwrap();
        assert!(sp.wait_online(LONG).unwrap_err().to_string().contains("refused"), "{name}");
        sp
    };
    let others = ["nobody", "panics"].map(refused);
    let sp = Client::open(&format!("cmpp://good:secret@{at}?report=no")).unwrap();
    sp.send(Submit::to("13800138000").text("panic")).unwrap();
    let ticket = sp.send(Submit::to("13800138000").text("hi")).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
    for sp in others.iter().chain([&sp]) {
        sp.close(Duration::ZERO).unwrap();
    }
    gateway.close(Duration::ZERO).unwrap();
}

#[test]
fn what_cannot_be_said_stops_nothing() {
    if std::env::var_os(INSIDE).is_some() {
        return work();
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_cannot_be_said_stops_nothing", "--nocapture"])
        .env(INSIDE, "1")
        .stdout(Stdio::null())
        .stderr(full)
        .status()
        .unwrap();
    assert!(inside.success(), "{inside}");
}
