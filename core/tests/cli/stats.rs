//! Metrics of a running simulator: `sanwang simulate --metrics` and `sanwang stats`.

use super::common::{Simulated, run, run_with_input};
use serde_json::json;
use std::io::BufRead;

#[test]
fn the_counts_of_a_simulator_can_be_read() {
    let options = ["--digit", "9=13", "--metrics", "127.0.0.1:0", "--quiet"];
    let mut simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &options);
    let mut line = String::new();
    simulated.out.read_line(&mut line).expect("a line");
    let url = line.strip_prefix("metrics ").expect("the address of the metrics").trim().to_owned();
    run(&["stats", &url]).expect(0, &[], &["no account has counted anything yet"]);

    let account = format!("cmpp://901234:secret@{}?version=2.0", simulated.addresses[0]);
    let rows = "receiver,text\n13800138000,a\n13800138001,b\n13800138009,c\n";
    let args = ["send", "--account", &account, "--file", "-", "--wait"];
    run_with_input(&args, rows.as_bytes()).expect(1, &["3 messages: 2 DELIVERED, 1 REJECTED"], &[]);

    let page = run(&["stats", &url]).expect(0, &["account 901234, cmpp 2.0, gateway\n"], &[]).out;
    let words: Vec<Vec<&str>> = page.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.contains(&vec!["submits_total", "3", "PDUs"]), "{page}");
    assert!(words.contains(&vec!["logins_total", "1", "logins"]), "{page}");
    assert!(!page.contains("congested_total"), "nothing that is 0: {page}");

    let host = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/metrics")).expect("a URL");
    let lines = run(&["stats", host, "--json"]).expect(0, &[], &[]).json_lines();
    let [one, listener] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(listener["side"], json!("listener"));
    assert_eq!(listener["metrics"]["turned_away_total"]["nonsense"], json!(0), "{listener}");
    assert_eq!(
        (&one["protocol"], &one["version"], &one["side"]),
        (&json!("cmpp"), &json!("2.0"), &json!("gateway"))
    );
    let metrics = &one["metrics"];
    assert_eq!((&metrics["sent_total"], &metrics["accepted_total"]), (&json!(2), &json!(2)), "the reports");
    assert_eq!((&metrics["congested_total"], &metrics["open_tickets"]), (&json!(0), &json!(0)));
    assert!(metrics["state"].as_object().is_some_and(|states| states.values().any(|n| *n == json!(1))));
    assert!(metrics["reports_total"].as_object().is_some_and(|c| c.keys().eq([
        "delivered",
        "failed",
        "interim"
    ])));
}

#[test]
fn wrong_addresses_say_what_is_wrong() {
    run(&["stats", "9100"]).expect(2, &[], &["write HOST:PORT"]);
    run(&["stats", "127.0.0.1:1"]).expect(1, &[], &["sanwang: 127.0.0.1:1: "]);
    let simulated = Simulated::start(&["cmpp://127.0.0.1:0"], &["--quiet"]);
    // A gateway is no page of metrics: it closes what speaks no CMPP.
    let address = &simulated.addresses[0];
    run(&["stats", address]).expect(1, &[], &[&format!("sanwang: {address}: ")]);
    let with = |at: &str| run(&["simulate", "cmpp://127.0.0.1:0", "--metrics", at]);
    with("9100").expect(2, &[], &["--metrics: \"9100\": write HOST:PORT"]);
    with(&simulated.addresses[0]).expect(1, &["listening cmpp"], &["cannot listen on "]);
}
