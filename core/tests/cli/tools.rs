//! `sanwang decode`, `load`, `settings`, and the pages of help.

use serde_json::{Value as Json, json};

use super::common::{Ran, Simulated, run, run_with_input, three};

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
    // A canonical PDU may hold a report of another form than usual, or none where it says that it holds one.
    let of_report = |warning: &Json| warning.as_str().is_some_and(|name| name.starts_with("report_"));
    assert!(!canonical || warnings.iter().all(of_report), "{name}: {warnings:?}");
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
    wrong(&["smpp"], "cmpp, sgip or smgp and octets");
    wrong(&["cmpp", "00", "--version", "1.3"], "cmpp has no such version: write 2.0, 2.1, 3.0, 1.1, 1.2");
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
        let more = ["--window", "8", "--connections", "2", "--content", "70", "--label", "a b", "--answers"];
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
    let pages: [(&str, &[&str]); 8] = [
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
                "--metrics",
                "--no-answer",
                "--duplicate-answer",
                "--wrong-sequence",
                "--hold-answer",
                "--split-writes",
                "--reset-every",
                "--restart-every",
                "--wrong-digest",
                "--refuse-login",
                "--repeat-report",
                "--lose-report",
                "--early-report",
                "--congest",
            ],
        ),
        ("listen", &["--account", "--config", "--set", "--show", "--for", "--metrics", "account_state"]),
        ("stats", &["ADDR", "--json"]),
        (
            "send",
            &[
                "--account",
                "--config",
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
        ("dissector", &["lua_script", "plugins"]),
        ("decode", &["--version", "HEX", "stdin", "3.0", "--show", "pcapng"]),
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
                "--config",
                "--rest",
                "--tolerant",
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
