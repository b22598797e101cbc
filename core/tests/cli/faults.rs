//! A gateway with every fault, and what the client makes of it: every ticket has one outcome, and nothing grows.

use super::common::{Ran, Simulated, free_port, run, run_with_input, sanwang, signal};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

const EVERY_FAULT: [&str; 27] = [
    "--no-answer",
    "2%",
    "--duplicate-answer",
    "5%",
    "--wrong-sequence",
    "2%",
    "--hold-answer",
    "5%=200ms",
    "--split-writes",
    "10%",
    "--reset-every",
    "2s",
    "--restart-every",
    "3s",
    "--wrong-digest",
    "100%",
    "--refuse-login",
    "10%",
    "--repeat-report",
    "5%",
    "--lose-report",
    "2%",
    "--early-report",
    "5%",
    "--congest",
    "300ms/2s",
    "--quiet",
];

/// Waits that are short enough for a test.
const SHORT: &str =
    "response_timeout=1s&reconnect_min=100ms&reconnect_max=200ms&refused_min=1s&refused_max=1s";

/// Resident memory in KiB and threads of a process.
#[cfg(target_os = "linux")]
fn size(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("a line");
        line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number")
    };
    (number("VmRSS:"), number("Threads:"))
}

#[cfg(not(target_os = "linux"))]
fn size(_: u32) -> (u64, u64) {
    (0, 0)
}

/// The counts of a line `faults a=1 b=2`.
fn made(line: &str) -> BTreeMap<String, u64> {
    let pairs = line.strip_prefix("faults ").unwrap_or_else(|| panic!("{line:?}")).split_whitespace();
    pairs
        .map(|pair| {
            let (name, n) = pair.split_once('=').expect("name=number");
            (name.to_owned(), n.parse().expect("a number"))
        })
        .collect()
}

/// Messages that a run with every fault takes: with the smallest share above, twenty are hit.
const ENOUGH: u64 = 1000;

/// The messages of a line `3 s of 600 s: 149 messages in the last second, 12 open`.
fn in_the_last_second(line: &str) -> Option<u64> {
    let before =
        line.split(" messages in the last second").next().filter(|before| before.len() < line.len())?;
    before.rsplit(' ').next()?.parse().ok()
}

/// Loads a gateway that has every fault until enough messages have ended, however long that takes.
fn load_with_every_fault(url: &str, account: &str) {
    let mut simulated = Simulated::start(&[url], &EVERY_FAULT);
    let account = account.replace("ADDRESS", &simulated.addresses[0]);
    let args = ["load", &account, "--report", "--seconds", "600", "--rate", "150", "--connections", "2"];
    let more = ["--rest", "3", "--tolerant", "--warmup", "0"];
    // Memory in huge pages would be counted by 2 MiB, used or not.
    let mut child =
        sanwang(&[&args[..], &more].concat()).env("MIMALLOC_ALLOW_THP", "0").spawn().expect("it starts");
    // Its line of each second is the clock.
    let mut err = BufReader::new(child.stderr.take().expect("stderr"));
    let mut sizes = Vec::new();
    let (mut ended, mut asked) = (0, false);
    let mut line = String::new();
    while err.read_line(&mut line).expect("a line") > 0 {
        if let Some(more) = in_the_last_second(&line) {
            sizes.push(size(child.id()));
            ended += more;
        }
        if !asked && ended >= ENOUGH && sizes.len() >= 8 {
            asked = true;
            signal(&child, "TERM");
        }
        line.clear();
    }
    let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(0, &[], &[]);
    let result = ran.json_lines().pop().expect("a line");
    assert_eq!(result["sent"], result["ended"], "every ticket one outcome: {result}");
    assert!(result["sent"].as_u64() >= Some(ENOUGH), "{result}");
    assert!(result["outcomes"]["DELIVERED"].as_u64() > Some(100), "{result}");
    let (early, late) = (sizes[2], sizes[sizes.len() - 1]);
    assert!(late.1 <= early.1, "threads grow: {sizes:?}");
    assert!(late.0 <= early.0 + 16 * 1024, "memory grows: {sizes:?}");

    #[cfg(unix)]
    {
        simulated.signal("TERM");
        let mut lines = String::new();
        simulated.out.read_to_string(&mut lines).expect("its last lines");
        let (counts, faults) = lines.split_once('\n').expect("two lines");
        assert!(counts.starts_with("counts submits="), "{counts}");
        let no_digest = url.starts_with("sgip");
        for (name, n) in made(faults) {
            // Of a few logins none may be hit, and a restart may come before each connection's reset.
            let rare = matches!(&*name, "refuse_login" | "reset") || (name == "wrong_digest" && no_digest);
            assert!(n > 0 || rare, "{name}: {faults}");
        }
    }
}

#[test]
fn every_ticket_has_one_outcome_on_cmpp_whatever_the_gateway_does() {
    let url = format!("cmpp://{}", free_port());
    load_with_every_fault(&url, &format!("cmpp://901234:secret@ADDRESS?{SHORT}"));
}

#[test]
fn every_ticket_has_one_outcome_on_sgip_whatever_the_gateway_does() {
    let reports = free_port();
    load_with_every_fault(
        &format!("sgip://{}?deliver_to={reports}", free_port()),
        &format!("sgip://sp:secret@ADDRESS?node=3010012345&listen={reports}&{SHORT}"),
    );
}

#[test]
fn every_ticket_has_one_outcome_on_smgp_whatever_the_gateway_does() {
    let url = format!("smgp://{}", free_port());
    load_with_every_fault(&url, &format!("smgp://10000001:secret@ADDRESS?{SHORT}"));
}

#[test]
fn a_fault_does_what_it_says() {
    let send = |faults: &[&str], query: &str, code: i32, out: &[&str], err: &[&str]| {
        let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &[faults, &["--quiet"]].concat());
        let account = format!("cmpp://901234:secret@{}?{SHORT}&{query}", simulated.addresses[0]);
        run(&["send", "--account", &account, "13800138000", "hi", "--wait", "6"]).expect(code, out, err);
    };
    send(&["--no-answer", "100%"], "", 1, &["IN_DOUBT 13800138000"], &[]);
    send(&["--wrong-sequence", "100%"], "", 1, &["IN_DOUBT 13800138000"], &[]);
    send(&["--no-answer", "100%"], "resend=same", 1, &["IN_DOUBT 13800138000"], &[]);
    send(&["--duplicate-answer", "100%"], "", 0, &["1 DELIVERED"], &[]);
    send(&["--split-writes", "100%"], "", 0, &["1 DELIVERED"], &[]);
    send(&["--early-report", "100%", "--repeat-report", "100%"], "", 0, &["1 DELIVERED"], &[]);
    send(&["--hold-answer", "100%=1500ms"], "", 0, &["1 DELIVERED"], &[]);
    send(&["--wrong-digest", "100%"], "", 0, &["1 DELIVERED"], &["the gateway's digest is wrong"]);
    let strict = "verify=strict";
    send(&["--wrong-digest", "100%"], strict, 1, &["ABANDONED"], &["it may not know the secret"]);
    send(&["--refuse-login", "100%"], "", 1, &["ABANDONED"], &["login refused with status 3 "]);
    send(&["--lose-report", "100%"], "", 1, &["NO_REPORT 13800138000"], &["nothing was heard for 6 s"]);
    send(&["--congest", "1s/1s"], "congestion_max=2", 1, &["REJECTED 13800138000", ": 8 "], &[]);
}

#[test]
fn a_restart_gives_the_same_port_and_a_reset_breaks_a_connection() {
    let options = ["--restart-every", "700ms", "--report-delay", "1500ms", "--quiet"];
    // A port that stays free while nobody is there.
    let url = format!("cmpp://{}?resend=always", free_port());
    let simulated = Simulated::start(&[&url], &options);
    let account = format!("cmpp://901234:secret@{}?{SHORT}", simulated.addresses[0]);
    let send = |wait: &str| run(&["send", "--account", &account, "13800138000", "hi", "--wait", wait]);
    send("20").expect(0, &["1 DELIVERED"], &["the peer closed the connection; trying again"]);
    drop(simulated);
    let simulated = Simulated::start(
        &["cmpp://127.0.0.1:0?resend=always"],
        &["--reset-every", "1s", "--report-delay", "3s", "--quiet"],
    );
    let account = format!("cmpp://901234:secret@{}?{SHORT}", simulated.addresses[0]);
    let send = ["send", "--account", &account, "13800138000", "hi", "--wait", "20"];
    run(&send).expect(0, &["1 DELIVERED"], &["Connection reset by peer"]);
}

#[test]
fn wrong_faults_say_what_to_write() {
    let wrong = |args: &[&str], what: &str| {
        run(&[&["simulate", "cmpp://127.0.0.1:0"], args].concat()).expect(2, &[], &[what]);
    };
    wrong(&["--no-answer", "1"], "write 1% or 0.5%");
    wrong(&["--hold-answer", "5%"], "as in 5%=3s");
    wrong(&["--congest", "30s/2s"], "lasts longer than its period");
    wrong(&["--reset-every", "0"], "longer than 0");
    let bound = ["simulate", "cmpp://127.0.0.1:0?bind_from=10.0.0.0/8", "--no-answer", "1%"];
    run(&bound).expect(2, &[], &["bind_from does not go with these faults"]);
}

/// An SP that has gone before its reports is one line, however often it is tried.
#[test]
fn an_sp_that_has_gone_is_one_line() {
    let gone = free_port();
    let url = format!("sgip://127.0.0.1:0?deliver_to={gone}&reconnect_min=100ms&reconnect_max=100ms");
    // As long as a busy machine needs to send three messages.
    let mut times = ["2", "8", "32"].into_iter();
    let (child, mut out, mut line) = loop {
        let args = ["simulate", &url, "--for", times.next().expect("it is there long enough")];
        let mut child = sanwang(&args).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening sgip ").expect("the address");
        let account = format!("sgip://sp:secret@{address}?node=3010012345");
        let rows = "receiver,text\n13000000001,a\n13000000002,b\n13000000003,c\n";
        let sent = run_with_input(&["send", "--account", &account, "--file", "-"], rows.as_bytes());
        if sent.out.contains("3 ACCEPTED") {
            break (child, out, line);
        }
        assert!(child.wait().is_ok(), "it has ended: {}", sent.err);
    };
    out.read_to_string(&mut line).expect("the counts");
    assert!(line.contains("submits=3 accepted=3 refused=0 reports=3"), "{line}");
    let ran = Ran::of(child.wait_with_output().expect("it ends")).expect(0, &[], &[]);
    assert_eq!(ran.err.matches("refused").count(), 1, "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains(&gone), "{}", ran.err);
}
