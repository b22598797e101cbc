//! The `sanwang` command from outside: what it prints, and its exit codes.
#![cfg(feature = "cli")]

#[path = "cli/accounts.rs"]
mod accounts;
#[path = "cli/ask.rs"]
mod ask;
#[path = "cli/capture.rs"]
mod capture;
#[path = "cli/common.rs"]
mod common;
#[path = "cli/dissector.rs"]
mod dissector;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/listen.rs"]
mod listen;
#[path = "common/pcap.rs"]
mod pcap;
#[path = "common/ports.rs"]
mod ports;
#[path = "cli/stats.rs"]
mod stats;
#[path = "cli/tools.rs"]
mod tools;
#[path = "cli/traffic.rs"]
mod traffic;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;

use common::{RECEIVERS, Ran, Simulated, free_port, run, run_with_input, sanwang, signal, three};
use serde_json::json;

/// Nothing listens there: the port is reserved.
const NOWHERE: &str = "127.0.0.1:1";

// ---- send ------------------------------------------------------------------------------------------------

#[test]
fn one_message_through_each_network() {
    let (_simulated, accounts) = three(&[]);
    let long = "您好".repeat(50);
    for (account, receiver) in accounts.iter().zip(RECEIVERS) {
        let send = ["send", "--account", account, receiver];
        let with = |more: &[&str]| run(&[&send[..], more].concat());
        let line = format!("DELIVERED {receiver}, 1 segment, ");
        let ran =
            with(&["你好,世界", "--wait"]).expect(0, &[&line, ", id ", "\n1 message: 1 DELIVERED\n"], &[]);
        assert_eq!((ran.out.lines().count(), ran.err.as_str()), (2, ""));
        let line = format!("SENT {receiver}, 2 segments, ");
        let more = [&long, "--no-report", "--wait", "9", "--reference", "r 7"];
        with(&more).expect(0, &[&line, ", reference r 7, id ", "\n1 message: 1 SENT\n"], &[]);
        let line = format!("ACCEPTED {receiver}, 2 segments, id ");
        with(&[&long]).expect(0, &[&line, "\n1 message: 1 ACCEPTED\n"], &[]);
    }
}

#[test]
fn several_receivers_share_a_submit_and_only_the_bad_number_is_refused() {
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--digit", "9=13"]);
    let at = &simulated.addresses[0];
    let account = format!("cmpp://901234:secret@{at}?sender=10657001&max_receivers=3");
    let to = "13800138000,13800138009, 13800138002,nobody";
    let ran = run(&["send", "--account", &account, to, "hi", "--wait"]);
    let said = ["DELIVERED 13800138000", "REJECTED 13800138009", "DELIVERED 13800138002"];
    ran.expect(1, &said, &["nobody: receiver"]);
    signal(&simulated.child, "INT");
    let counts = simulated.counts();
    assert!(counts.contains("submits=4 "), "one to three, then three to one each: {counts}");
}

#[test]
fn results_as_json_and_options_of_the_message() {
    let (_simulated, accounts) = three(&["--stat", "UNDELIV=1", "--digit", "9=13"]);
    let send = ["send", "--json", "--account", &accounts[0], "--wait=20"];
    let with = |more: &[&str]| run(&[&send[..], more].concat());
    let options = ["--flash", "--coding", "ucs2", "--sender", "106570019", "--set", "service_id=NEWS"];
    let ran = with(&[&["+86 138-0013-8000", "hi", "--reference", "r1"][..], &options].concat());
    let [outcome, summary] = &ran.expect(1, &[], &[]).json_lines()[..] else { panic!("two lines") };
    assert_eq!(outcome["event"], "outcome");
    assert_eq!((&outcome["receiver"], &outcome["reference"]), (&json!("+86 138-0013-8000"), &json!("r1")));
    assert_eq!((&outcome["status"], &outcome["account"]), (&json!("UNDELIVERED"), &json!("901234")));
    assert_eq!(outcome["segments"][0]["stat"], "UNDELIV");
    assert!(outcome["ticket"].as_str().is_some_and(|ticket| ticket.parse::<u64>().is_ok()));
    let expected = json!({"event": "summary", "messages": 1, "outcomes": {"UNDELIVERED": 1}, "not_sent": 0});
    assert_eq!(*summary, expected);

    let rejected = with(&["13800138009", "hi"]).expect(1, &[], &[]).json_lines();
    assert_eq!((&rejected[0]["status"], &rejected[0]["code"]), (&json!("REJECTED"), &json!(13)));
    assert!(rejected[0]["text"].as_str().is_some_and(|text| text.contains("DEST_TERMINAL_ID_ERROR")));
    let accepted =
        run(&["send", "--json", "--account", &accounts[2], "18900000001", "hi"]).expect(0, &[], &[]);
    assert_eq!(accepted.json_lines()[0]["event"], "accepted");
}

fn file(name: &str, octets: &[u8]) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, octets).expect("the file is written");
    path
}

#[test]
fn a_file_of_mixed_rows() {
    let (_simulated, accounts) = three(&["--digit", "9=13"]);
    let mut rows = "\u{feff}receiver,text,reference,account,report,coding\r\n".to_owned();
    rows += "13800138000,\"hello, \"\"you\"\"\nand you\",a,,,\r\n"; // lines 2 and 3
    rows += "13000000001,你好,b,,,\r\n"; // 4
    rows += "18900000001,no report,c,,no,\r\n"; // 5
    rows += "13900139000,by name,d,10000001,,\r\n"; // 6
    rows += "13800138009,refused,e,,,\r\n"; // 7
    rows += "1990019,short,f,,,\r\n"; // 8
    rows += "13800138000,,g,,,\r\n"; // 9
    rows += "13800138000,x,h,nobody,,\r\n"; // 10
    rows += "13800138000,你好,i,,,ascii\r\n"; // 11
    rows += "13800138000,x,j,,maybe,\r\n"; // 12
    rows += "13800138000,too few\r\n"; // 13
    let mut octets = rows.into_bytes();
    octets.extend_from_slice(b"13800138000,\xff,k,,,\r\n"); // 14
    octets.extend_from_slice(b"13800138000,last,l,,,\r\n"); // 15
    let path = file("mixed.csv", &octets);
    let [a, b, c] = &accounts;
    let args = ["send", "--account", a, "--account", b, "--account", c, "--file", &path, "--wait", "20"];
    let ran =
        run(&args).expect(1, &["\n6 messages: 4 DELIVERED, 1 SENT, 1 REJECTED; 7 wrong and not sent\n"], &[]);
    for (start, reference) in [
        ("DELIVERED 13800138000", "reference a"),
        ("DELIVERED 13000000001", "reference b"),
        ("SENT 18900000001", "reference c"),
        ("DELIVERED 13900139000", "reference d"),
        ("REJECTED 13800138009", "reference e"),
        ("DELIVERED 13800138000", "reference l"),
    ] {
        let found = ran.out.lines().any(|line| line.starts_with(start) && line.contains(reference));
        assert!(found, "{start} {reference}: {}", ran.out);
    }
    for (line, what) in [
        (8, "7 digits"),
        (9, "text is empty"),
        (10, "no account is called \"nobody\"; there are: 901234, unicom, 10000001"),
        (11, "character 1"),
        (12, "report \"maybe\": write yes or no"),
        (13, "2 fields, the header has 6"),
        (14, "text is not UTF-8"),
    ] {
        let start = format!("sanwang: {path}: line {line}: ");
        let found = ran.err.lines().any(|l| l.starts_with(&start) && l.contains(what));
        assert!(found, "{start}{what}: {}", ran.err);
    }
    assert!(!ran.err.contains("1990019"), "a number on stderr: {}", ran.err);

    let input = b"receiver,text\n13800138000,from stdin\n";
    run_with_input(&["send", "--account", a, "--file", "-"], input).expect(
        0,
        &["1 message: 1 ACCEPTED"],
        &[],
    );
    let headless = file("headless.csv", b"13800138000,hello\n");
    let ran = run(&["send", "--account", a, "--file", &headless]);
    let ran = ran.expect(1, &[], &["headless.csv: line 1: unknown name of column 1", "receiver, text"]);
    assert!(!ran.err.contains("1380013"), "{}", ran.err);
    run(&["send", "--account", a, "--file", "/no/such/file"]).expect(1, &[], &["sanwang: /no/such/file: "]);
}

#[test]
fn wrong_messages_and_settings_say_what_is_wrong() {
    let account = format!("cmpp://901234:secret@{NOWHERE}");
    let message = |receiver, text, code, what: &str| {
        let ran =
            run(&["send", "--account", &account, receiver, text, "--wait", "5"]).expect(code, &[], &[what]);
        assert_eq!(ran.out, "", "nothing was sent");
    };
    message("1380013800", "hi", 1, "has 10 digits");
    message("12345678901", "hi", 1, "starts with 13 to 19");
    message("13800138000", "", 1, "text is empty");
    message("13800138000", &"好".repeat(2000), 1, "the limit is 20");
    let setting = |extra: &[&str], what: &str| {
        run(&[&["send", "13800138000", "hi"], extra].concat()).expect(2, &[], &[what]);
    };
    let url = |query: &str| format!("{account}?{query}");
    setting(&["--account", &url("windw=4")], "unknown setting windw: did you mean window?");
    setting(&["--account", &account, "--set", "sevice_id=A"], "did you mean service_id?");
    setting(&["--account", &account, "--set", "node=1"], "node does not apply to cmpp");
    setting(&["--account", &account, "--set", "window=0"], "1 to 1024 requests");
    setting(&["--account", &account, "--set", "window"], "write key=value");
    setting(&["--account", &account, "--coding", "utf8"], "unknown coding \"utf8\"");
    setting(&["--account", &account, "--account", &account], "two accounts are called");
    setting(&["--account", "901234:sesame@127.0.0.1"], "wrong account URL");
    setting(&[], "--account");
    setting(&["--account", &account, "--file", "x.csv"], "cannot be used with");
    setting(&["--account", &account, "--wait=soon"], "no duration");
    let ran = run(&["send", "--account", "cmpp://901234:sesame@[::1", "13800138000", "hi"]);
    assert!(!ran.expect(2, &[], &[]).err.contains("sesame"), "the secret is shown");
}

#[test]
fn a_refused_login_ends_it_at_once() {
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--account", "901234:right", "--quiet"]);
    let address = &simulated.addresses[0];
    let send = |account: &str| run(&["send", "--account", account, "13800138000", "hi", "--wait", "600"]);
    let begin = std::time::Instant::now();
    let ran = send(&format!("cmpp://901234:wrong@{address}"));
    let ran =
        ran.expect(1, &["ABANDONED 13800138000, 1 segment"], &["login refused with status 3 ", "901234: "]);
    assert!(begin.elapsed().as_secs() < 60, "it waited");
    assert!(!ran.err.contains("wrong"), "the secret is shown");
    send(&format!("cmpp://900000:right@{address}")).expect(1, &[], &["login refused with status "]);
    send(&format!("cmpp://901234:right@{address}")).expect(0, &["1 DELIVERED"], &[]);
}

#[test]
fn an_unreachable_address_is_given_up_when_the_wait_is_over() {
    let account = format!("cmpp://901234:secret@{NOWHERE}?reconnect_min=100ms&reconnect_max=200ms");
    let ran = run(&["send", "--account", &account, "13800138000", "hi", "--wait", "1.2"]);
    let said = [
        &format!("sanwang: 901234: {NOWHERE}: ")[..],
        "; trying again\n",
        "nothing was heard for 1.2 s; without outcome: 1 message; 901234 is ",
    ];
    ran.expect(1, &["ABANDONED 13800138000", "1 message: 1 ABANDONED"], &said);
}

#[test]
fn an_unreachable_address_is_tried_again() {
    let address = free_port();
    let account = format!("cmpp://901234:secret@{address}?reconnect_min=100ms&reconnect_max=200ms");
    let args = ["send", "--account", &account, "13800138000", "hi", "--wait", "60"];
    let mut child = sanwang(&args).spawn().expect("the command starts");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("stderr")).read_line(&mut line).expect("a line");
    assert!(line.contains("trying again"), "{line}");
    let _simulated = Simulated::start(&[&format!("cmpp://{address}")], &[]);
    Ran::of(child.wait_with_output().expect("it ends")).expect(0, &["1 message: 1 DELIVERED"], &[]);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_what_is_left_is_printed() {
    let account = format!("cmpp://901234:secret@{NOWHERE}");
    for name in ["INT", "TERM"] {
        let args = ["send", "--account", &account, "13800138000", "hi", "--wait", "600"];
        let mut child = sanwang(&args).spawn().expect("the command starts");
        let mut err = BufReader::new(child.stderr.take().expect("stderr"));
        let mut line = String::new();
        err.read_line(&mut line).expect("a line");
        assert!(line.contains("trying again"), "{line}");
        signal(&child, name);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut err, &mut rest).expect("stderr");
        assert!(rest.contains("ended by a signal; without outcome: 1 message"), "{rest}");
        Ran::of(child.wait_with_output().expect("it ends")).expect(1, &["ABANDONED 13800138000"], &[]);
    }
}

// ---- simulate --------------------------------------------------------------------------------------------

#[cfg(unix)]
#[test]
fn a_simulator_counts_what_it_did() {
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--digit", "9=13"]);
    let account = format!("cmpp://901234:secret@{}", simulated.addresses[0]);
    let rows = "receiver,text\n13800138000,a\n13800138001,b\n13800138009,c\n";
    let args = ["send", "--account", &account, "--file", "-", "--wait"];
    run_with_input(&args, rows.as_bytes()).expect(1, &["3 messages: 2 DELIVERED, 1 REJECTED"], &[]);
    simulated.signal("TERM");
    let counts = simulated.counts();
    assert_eq!(counts, "counts submits=3 accepted=2 refused=1 reports=2 delivers=0 acked=2 failed=0\n");
}

#[test]
fn a_simulator_ends_by_itself_and_refuses_wrong_options() {
    let simulated = Simulated::start(&["sgip://127.0.0.1:0", "smgp://127.0.0.1:0"], &["--for", "0.2"]);
    assert!(simulated.counts().starts_with("counts submits=0 "));
    let wrong = |args: &[&str], code, what: &str| {
        run(&[&["simulate"], args].concat()).expect(code, &[], &[what]);
    };
    let url = "cmpp://127.0.0.1:0";
    wrong(&["http://127.0.0.1"], 2, "wrong account URL");
    wrong(&["cmpp://901234:secret@127.0.0.1:0"], 2, "a listener has not");
    wrong(&[url, "--account", "sesame"], 2, "write NAME:SECRET");
    wrong(&[url, "--stat", "DELIVERED=1"], 2, "--stat: ");
    wrong(&[url, "--result", "8"], 2, "8=1%");
    wrong(&[url, "--digit", "x=1"], 2, "9=13");
    wrong(&[url, "--reply", "TD"], 2, "--reply: ");
    wrong(&[url, "--report-delay", "soon"], 2, "no duration");
    wrong(&[], 2, "<URL>");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    wrong(&[&format!("cmpp://{}", taken.local_addr().expect("an address"))], 1, "listen");
}
