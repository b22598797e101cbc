//! The `sanwang` command from outside: what it prints, and its exit codes.
#![cfg(feature = "cli")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::{Value as Json, json};

/// Nothing listens there: the port is reserved.
const NOWHERE: &str = "127.0.0.1:1";

fn sanwang(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanwang"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |octets: Vec<u8>| String::from_utf8(octets).expect("UTF-8");
        let code = output.status.code().expect("an exit code");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Ends with this code; stdout and stderr hold these pieces.
    fn expect(self, code: i32, out: &[&str], err: &[&str]) -> Self {
        let shown = format!("code {}\n{}\n{}", self.code, self.out, self.err);
        assert_eq!(self.code, code, "{shown}");
        assert!(out.iter().all(|piece| self.out.contains(piece)), "{out:?} in {shown}");
        assert!(err.iter().all(|piece| self.err.contains(piece)), "{err:?} in {shown}");
        assert!(self.err.lines().next().is_none_or(|line| line.starts_with("sanwang: ")), "{shown}");
        self
    }

    fn json_lines(&self) -> Vec<Json> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.out.lines().map(parse).collect()
    }
}

fn run(args: &[&str]) -> Ran {
    Ran::of(sanwang(args).output().expect("the command starts"))
}

fn run_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut child = sanwang(args).stdin(Stdio::piped()).spawn().expect("the command starts");
    child.stdin.take().expect("stdin").write_all(input).expect("stdin takes it");
    Ran::of(child.wait_with_output().expect("it ends"))
}

/// A simulator in a process of its own, ended with the test.
struct Simulated {
    child: Child,
    out: BufReader<ChildStdout>,
    addresses: Vec<String>,
}

impl Simulated {
    fn start(urls: &[&str], options: &[&str]) -> Self {
        let args: Vec<&str> = ["simulate"].iter().chain(urls).chain(options).copied().collect();
        let mut child = sanwang(&args).stderr(Stdio::inherit()).spawn().expect("the simulator starts");
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        let addresses = urls
            .iter()
            .map(|url| {
                let mut line = String::new();
                out.read_line(&mut line).expect("a line");
                let scheme = url.split(':').next().expect("a scheme");
                let rest = line.strip_prefix("listening ").and_then(|rest| rest.strip_prefix(scheme));
                rest.unwrap_or_else(|| panic!("{line:?}")).trim().to_owned()
            })
            .collect();
        Self { child, out, addresses }
    }

    fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// The line of counts, after the simulator has ended.
    fn counts(mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{line}");
        line
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").to_string()
}

/// Simulated gateways of all three protocols, and accounts at them.
fn three(options: &[&str]) -> (Simulated, [String; 3]) {
    let reports = free_port();
    let sgip = format!("sgip://127.0.0.1:0?deliver_to={reports}");
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0", &sgip, "smgp://127.0.0.1:0"], options);
    let [cmpp, sgip, smgp] = &simulated.addresses[..] else { panic!("three addresses") };
    let accounts = [
        format!("cmpp://901234:secret@{cmpp}?sender=10657001"),
        format!("unicom=sgip://sp:secret@{sgip}?node=3010012345&listen={reports}&sender=10655001"),
        format!("smgp://10000001:secret@{smgp}?sender=1065900001"),
    ];
    (simulated, accounts)
}

const RECEIVERS: [&str; 3] = ["13800138000", "13000000001", "18900000001"];

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
    rows += "1380013,short,f,,,\r\n"; // 8
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
    assert!(!ran.err.contains("1380013"), "a number on stderr: {}", ran.err);

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
fn an_unreachable_address_is_tried_until_the_wait_is_over() {
    let account = format!("cmpp://901234:secret@{NOWHERE}?reconnect_min=100ms&reconnect_max=200ms");
    let ran = run(&["send", "--account", &account, "13800138000", "hi", "--wait", "1.2"]);
    let said = [
        &format!("sanwang: 901234: {NOWHERE}: ")[..],
        "; trying again\n",
        "nothing was heard for 1.2 s; without outcome: 1 message; 901234 is ",
    ];
    let ran = ran.expect(1, &["ABANDONED 13800138000", "1 message: 1 ABANDONED"], &said);
    assert!(ran.err.matches("trying again").count() > 1, "{}", ran.err);
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

// ---- decode ----------------------------------------------------------------------------------------------

/// Keys of `fields` that explain a vector and are no fields of its body.
const EXPLANATIONS: [(&str, &str, &str); 3] = [
    ("smgp", "login_resp", "authenticator_client"),
    ("smgp", "submit_resp", "smgw"),
    ("smgp", "submit_resp", "time"),
];
/// The one vector with the fee fields of 1.3 in the other order.
const SWAPPED_FEES: &str = "submit_v13_swapped";

fn vectors(protocol: &str) -> Vec<Json> {
    let path = format!("{}/../tests/vectors/{protocol}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn decode(vector: &Json) -> Ran {
    let text = |key: &str| vector[key].as_str().unwrap_or_else(|| panic!("{vector}: {key}"));
    let version = if text("name") == SWAPPED_FEES { "1.3b" } else { text("version") };
    run(&["decode", text("protocol"), "--version", version, text("hex")])
}

fn check_decoded(protocol: &str, vector: &Json) {
    let name = &vector["name"];
    let canonical = vector["kind"] == "canonical";
    let lines = decode(vector).expect(0, &[], &[]).json_lines();
    let [object] = &lines[..] else { panic!("{name}: {lines:?}") };
    let pdu = vector["pdu"].as_str().expect("a name");
    let mut fields = vector["fields"].as_object().expect("fields").clone();
    fields.retain(|key, _| !EXPLANATIONS.contains(&(protocol, pdu, key)));
    assert_eq!(object["protocol"], protocol, "{name}");
    assert_eq!(object["pdu"], pdu, "{name}");
    assert_eq!(object["header"], vector["header"], "{name}");
    assert_eq!(object["fields"], Json::Object(fields), "{name}");
    if !vector["report"].is_null() {
        assert_eq!(object["report"], vector["report"], "{name}");
    }
    if !vector["text"].is_null() {
        assert_eq!(object["text"], vector["text"], "{name}");
    }
    if !vector["udh"].is_null() {
        assert_eq!(object["udh"], vector["udh"], "{name}");
    }
    let warnings = object["warnings"].as_array().expect("warnings");
    assert!(!canonical || warnings.is_empty(), "{name}: {warnings:?}");
}

#[test]
fn decode_prints_every_vector() {
    let mut checked = 0;
    for protocol in ["cmpp", "sgip", "smgp"] {
        for vector in vectors(protocol) {
            match vector["kind"].as_str() {
                Some("canonical" | "tolerance") => check_decoded(protocol, &vector),
                Some("invalid") => {
                    let ran = decode(&vector).expect(1, &[], &[]);
                    let [object] = &ran.json_lines()[..] else { panic!("{}", ran.out) };
                    assert_eq!(object["error"], vector["error"], "{}", vector["name"]);
                    assert!(object["field"].is_string() && object["offset"].is_u64(), "{object}");
                }
                _ => continue,
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 70 + 8 + 8 + 61 + 7 + 8 + 52 + 1 + 7);
}

#[test]
fn decode_keeps_the_order_of_the_wire() {
    let vectors = vectors("cmpp");
    let submit = vectors.iter().find(|v| v["name"] == "v30_submit_ascii_single").expect("the vector");
    let ran = decode(submit);
    let place = |key: &str| ran.out.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}"));
    let keys =
        ["protocol", "version", "pdu", "header", "fields", "msg_id", "pk_total", "msg_content", "warnings"];
    assert!(keys.is_sorted_by_key(|key| place(key)), "{}", ran.out);
}

#[test]
fn decode_splits_streams() {
    for protocol in ["cmpp", "sgip", "smgp"] {
        let all = vectors(protocol);
        for stream in all.iter().filter(|vector| vector["kind"] == "stream") {
            let trailing = stream["fields"]["trailing_octets"].as_u64().expect("a number");
            let ran = decode(stream).expect(i32::from(trailing > 0), &[], &[]);
            let mut lines = ran.json_lines();
            if trailing > 0 {
                let last = lines.pop().expect("a line");
                assert_eq!((&last["error"], &last["offset"]), (&json!("incomplete_frame"), &json!(trailing)));
            }
            let frames = stream["fields"]["frames"].as_array().expect("frames");
            let named = frames.iter().map(|name| all.iter().find(|v| v["name"] == *name).expect("a vector"));
            let headers: Vec<&Json> = named.map(|vector| &vector["header"]).collect();
            assert_eq!(lines.iter().map(|line| &line["header"]).collect::<Vec<_>>(), headers);
        }
    }
}

#[test]
fn decode_skips_a_wrong_frame_and_names_wrong_digits() {
    let unknown_then_good = "0000000c000000ff00000001 0000000c0000000800000003";
    let ran = run(&["decode", "cmpp", unknown_then_good]).expect(1, &[], &[]);
    let lines = ran.json_lines();
    assert_eq!((&lines[0]["error"], &lines[0]["frame_at"]), (&json!("unknown_command"), &json!(0)));
    assert_eq!(lines[1]["pdu"], "active_test");
    run_with_input(&["decode", "cmpp", "-"], b"00:00:00:0c 00000008\n00000003\n").expect(
        0,
        &["active_test"],
        &[],
    );
    let wrong = |args: &[&str], what: &str| {
        run(&[&["decode"], args].concat()).expect(2, &[], &[what]);
    };
    wrong(&["cmpp", "0000000g"], "character 8 of the input, 'g'");
    wrong(&["cmpp", "000"], "after 1 octets half an octet is left");
    wrong(&["cmpp", ""], "no octets");
    wrong(&["smpp", "00"], "use cmpp, sgip or smgp");
    wrong(&["cmpp", "00", "--version", "1.2"], "cmpp has no version 1.2: use 2.0, 2.1, 3.0");
    wrong(&["cmpp"], "<HEX>");
}

// ---- load ------------------------------------------------------------------------------------------------

/// The keys that a reader of `limit`'s line knows.
const LOAD_KEYS: [&str; 19] = [
    "kind",
    "label",
    "window",
    "conns",
    "secs",
    "messages",
    "msgs_per_s",
    "mean_us",
    "p50_us",
    "p90_us",
    "p99_us",
    "p999_us",
    "max_us",
    "own_cpu_user_s_per_M",
    "own_cpu_sys_s_per_M",
    "server_cpu_s_per_M",
    "cpu_s_per_M",
    "own_vcsw_per_msg",
    "reports",
];

fn check_load(ran: &Ran) -> Json {
    let line = ran.json_lines().pop().expect("a line");
    for key in LOAD_KEYS {
        assert!(line.get(key).is_some(), "no {key}: {line}");
    }
    let number = |key: &str| line[key].as_f64().unwrap_or_else(|| panic!("{key}: {line}"));
    assert!(number("messages") > 0.0 && number("p50_us") > 0.0, "{line}");
    assert!(number("p50_us") <= number("p99_us") && number("p99_us") <= number("max_us"), "{line}");
    assert_eq!(line["sent"], line["ended"], "every ticket one outcome: {line}");
    line
}

#[test]
fn load_measures_each_protocol() {
    let (simulated, accounts) = three(&[]);
    let pid = simulated.child.id().to_string();
    for account in &accounts {
        let args = ["load", account, "--seconds", "1", "--warmup", "0.2", "--report", "--server-pid", &pid];
        let more = ["--window", "8", "--connections", "2", "--content", "70", "--label", "a b"];
        let ran = run(&[&args[..], &more].concat()).expect(0, &[], &["1 s of 1 s: "]);
        assert_eq!(ran.out.lines().count(), 1);
        let line = check_load(&ran);
        assert_eq!((&line["label"], &line["window"], &line["conns"]), (&json!("a b"), &json!(8), &json!(2)));
        assert_eq!(line["outcomes"], json!({ "DELIVERED": line["messages"] }));
        assert!(line["reports"].as_u64() > Some(0) && line["answer_p50_us"].as_f64() > Some(0.0), "{line}");
        assert!(cfg!(not(target_os = "linux")) || line["server_cpu_s_per_M"].is_f64(), "{line}");
    }
    let open = ["load", &accounts[0], "--seconds", "1", "--rate", "200", "--quiet"];
    let ran = run(&open).expect(0, &[], &[]);
    assert_eq!(ran.err, "");
    let line = check_load(&ran);
    assert!((100..=300).contains(&line["messages"].as_u64().expect("a number")), "{line}");
    assert_eq!(line["outcomes"], json!({ "SENT": line["messages"] }));
    assert!(line["server_cpu_s_per_M"].is_null(), "{line}");
}

#[test]
fn load_says_why_it_cannot_measure() {
    let simulated = Simulated::start(&["smgp://127.0.0.1:0"], &["--account", "1000:right", "--quiet"]);
    let refused = format!("smgp://1000:wrong@{}", simulated.addresses[0]);
    run(&["load", &refused, "--seconds", "1"]).expect(1, &[], &["login refused with status "]);
    let account = format!("smgp://1000:right@{}", simulated.addresses[0]);
    run(&["load", &account, "--server-pid", "4294967295"]).expect(1, &[], &["no process 4294967295"]);
    run(&["load", &account, "--window", "0"]).expect(2, &[], &["--window"]);
    run(&["load", &account, "--seconds", "0"]).expect(2, &[], &["longer than 0"]);
    run(&["load", "smgp://1000@127.0.0.1"]).expect(2, &[], &["no secret"]);
}

// ---- help ------------------------------------------------------------------------------------------------

#[test]
fn every_page_names_every_option() {
    let pages: [(&str, &[&str]); 5] = [
        (
            "simulate",
            &[
                "--account",
                "--answer-delay",
                "--report-delay",
                "--report-jitter",
                "--stat",
                "--result",
                "--digit",
                "--reply",
                "--reply-delay",
                "--seed",
                "--for",
                "--threads",
                "--quiet",
            ],
        ),
        (
            "send",
            &[
                "--account",
                "--wait",
                "--sender",
                "--flash",
                "--no-report",
                "--coding",
                "--reference",
                "--set",
                "--file",
                "--json",
                "secret_env",
            ],
        ),
        ("decode", &["--version", "HEX", "stdin", "3.0"]),
        (
            "load",
            &[
                "--connections",
                "--window",
                "--seconds",
                "--rate",
                "--report",
                "--server-pid",
                "--content",
                "--warmup",
                "--label",
                "--quiet",
                "--outstanding",
                "--threads",
            ],
        ),
        ("settings", &["--protocol", "--markdown"]),
    ];
    let front = run(&["--help"]).expect(0, &["Exit codes: 0 all went well"], &[]);
    for (command, options) in pages {
        let page = run(&[command, "--help"]).expect(0, &["Exit codes: 0", "Examples"], &[]).out;
        assert!(front.out.contains(command), "{command}");
        for option in options {
            assert!(page.contains(option), "{command}: {option}");
        }
    }
    let version = run(&["--version"]).expect(0, &["sanwang "], &[]);
    assert_eq!(version.out.trim(), concat!("sanwang ", env!("CARGO_PKG_VERSION")));
    run(&[]).expect(2, &[], &["no command is given", "Commands:"]);
    run(&["sned"]).expect(2, &[], &["unrecognized subcommand 'sned'", "'send'"]);
}

#[test]
fn settings_are_listed_and_found() {
    run(&["settings"]).expect(0, &["\n  window ", "\nSending\n", "cmpp 4096"], &[]);
    run(&["settings", "response_timeout"]).expect(0, &["cmpp 1m, sgip 30s, smgp 1m"], &[]);
    run(&["settings", "windw"]).expect(2, &[], &["did you mean window?"]);
    run(&["settings", "--markdown"]).expect(0, &["# Settings", "| `window` |"], &[]);
    let sgip = run(&["settings", "--protocol", "sgip"]).expect(0, &["corp_id"], &[]);
    assert!(!sgip.out.contains("msg_src"));
}
