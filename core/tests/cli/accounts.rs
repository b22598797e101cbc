//! Accounts, routes and engine settings from a file: `--config`.

use super::common::{Simulated, free_port, run};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The example, with the ports of simulators of this test.
fn example(name: &str) -> (Simulated, PathBuf) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/accounts.toml");
    let mut text = std::fs::read_to_string(path).expect("the example");
    let deliver_to = free_port();
    let sgip = format!("sgip://127.0.0.1:0?deliver_to={deliver_to}");
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0", &sgip, "smgp://127.0.0.1:0"], &["--quiet"]);
    let own = simulated.addresses.iter().chain([&deliver_to]);
    for (documented, own) in
        ["127.0.0.1:7890", "127.0.0.1:8801", "127.0.0.1:8890", "127.0.0.1:8802"].iter().zip(own)
    {
        assert!(text.contains(documented), "{documented}");
        text = text.replace(documented, own);
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("it is written");
    (simulated, path)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn the_example_sends_through_its_three_accounts_and_its_routes() {
    let (_simulated, path) = example("accounts.toml");
    let send = |receiver: &str| {
        let ran = run(&["send", "--config", text(&path), receiver, "hello", "--wait", "20", "--json"]);
        let lines = ran.expect(0, &[], &[]).json_lines();
        assert_eq!(lines[0]["status"], "DELIVERED");
        lines[0]["account"].clone()
    };
    assert_eq!(send("13800138000"), "mobile");
    assert_eq!(send("13000000001"), "unicom");
    assert_eq!(send("18900000001"), "telecom");
    assert_eq!(send("17000000001"), "unicom", "by the route of the prefix");
    let set = ["send", "--config", text(&path), "--set", "serviceid=X", "13800138000", "hello"];
    run(&set).expect(2, &[], &["unknown setting serviceid: did you mean service_id?"]);

    let load = |more: &[&str]| {
        run(&[&["load", "--config", text(&path), "--seconds", "0.3", "--warmup", "0", "--quiet"], more]
            .concat())
    };
    let line = load(&["telecom"]).expect(0, &[], &[]).json_lines().pop().expect("a line");
    assert_eq!((&line["protocol"], &line["sent"]), (&json!("smgp"), &line["ended"]));
    load(&[]).expect(2, &[], &["several accounts: name one of mobile, unicom, telecom"]);
    load(&["nobody"]).expect(2, &[], &["no account \"nobody\""]);
}

#[test]
fn without_an_account_every_command_says_both_ways_to_give_one() {
    for command in
        [&["send", "13800138000", "hello"][..], &["listen"], &["query", "20260708"], &["cancel", "1"]]
    {
        run(command).expect(2, &[], &["--account 'cmpp://USER:SECRET@HOST:PORT'", "--config FILE"]);
    }
}

#[test]
fn a_secret_file_stands_beside_the_file() {
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--account", "901234:s3same", "--quiet"]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beside");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("mobile.secret"), "s3same\n").expect("the secret");
    let file = format!(
        "[accounts.mobile]\nurl = \"cmpp://901234@{}\"\nsecret_file = \"mobile.secret\"\n",
        simulated.addresses[0]
    );
    let path = folder.join("accounts.toml");
    std::fs::write(&path, file).expect("the file");
    let send = ["send", "--config", text(&path), "13800138000", "hello", "--wait", "20"];
    run(&send).expect(0, &["1 DELIVERED"], &[]);
}

#[test]
fn wrong_files_say_where() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.toml");
    let with = |file: &str, code: i32, what: &str| {
        std::fs::write(&path, file).expect("the file");
        let ran = run(&["send", "--config", text(&path), "13800138000", "hello"]).expect(code, &[], &[what]);
        assert!(!ran.err.contains("sesame"), "the secret is shown: {}", ran.err);
    };
    let account = "[accounts.a]\nurl = \"cmpp://u:sesame@127.0.0.1:1\"\n";
    with(
        &format!("{account}windw = 4\n"),
        2,
        "wrong.toml: [accounts.a]: unknown key windw: did you mean window?",
    );
    with(&format!("{account}url = 1\n"), 2, "wrong.toml: line 3, column ");
    with(&format!("{account}[[route]]\naccounts = [\"b\"]\n"), 2, "no account is called \"b\"; there are: a");
    let unset = "[accounts.a]\nurl = \"cmpp://u@127.0.0.1:1\"\nsecret_env = \"SANWANG_TEST_UNSET\"\n";
    with(unset, 2, "SANWANG_TEST_UNSET, which is not set");
    run(&["send", "--config", "/no/such.toml", "13800138000", "x"]).expect(1, &[], &["/no/such.toml: "]);
    run(&["send", "13800138000", "x"]).expect(2, &[], &["--account"]);
}
