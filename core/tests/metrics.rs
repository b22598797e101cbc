//! The table of metrics: what real traffic counts, the text format, and the page of documentation.

use sanwang::metrics::{AccountMetrics, Kind, PREFIX, markdown, prometheus, rows};
use sanwang::settings::Account;
use sanwang::sim::{Simulator, SimulatorRules};
use sanwang::wire::{Note, Protocol};
use sanwang::{Client, EventKinds, Gateway, Submit};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

/// A value of an account, by the metric's name and its own label.
fn value(of: &AccountMetrics, name: &str, label: &str) -> u64 {
    let row = rows().iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}"));
    let values = row.values(of);
    values.iter().find(|(own, _)| own == label).unwrap_or_else(|| panic!("{name} {label}: {values:?}")).1
}

/// Looks again until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::yield_now();
    }
}

fn simulator(rules: SimulatorRules, url: &str) -> (Simulator, String) {
    let simulator = Simulator::builder().listen(url).rules(rules).silent().open().expect("it opens");
    let address = simulator.listeners()[0].1.to_string();
    (simulator, address)
}

#[test]
fn both_sides_count_what_happened() {
    let mut rules = SimulatorRules::default();
    rules.add_digit("9=13").expect("a rule");
    rules.add_digit("8=8").expect("a rule");
    rules.set_stats("UNDELIV=1").expect("a rule");
    let (simulator, address) = simulator(rules, "cmpp://127.0.0.1:0");
    let url = format!("cmpp://901234:secret@{address}?congestion_max=2&rate=0&sender=10657001");
    let client = Client::builder().account(&url).polled(EventKinds::OUTCOME).open().expect("it opens");
    client.wait_online(LONG).expect("a login");
    let long = "好".repeat(100);
    for (receiver, text) in [("13800138000", &*long), ("13800138009", "a"), ("13800138008", "b")] {
        client.send(Submit::to(receiver).text(text)).expect("it is taken");
    }
    assert!(client.wait(LONG).expect("no handler"), "every outcome");
    let [own] = &client.metrics()[..] else { panic!("one account") };
    let is = |name: &str, label: &str, n: u64| assert_eq!(value(own, name, label), n, "{name} {label}");
    is("sent_total", "", 2 + 1 + 3);
    is("accepted_total", "", 2);
    is("rejected_total", "", 2);
    is("rejected_by_result_total", "13", 1);
    is("rejected_by_result_total", "8", 1);
    is("congested_total", "", 2);
    is("reports_total", "failed", 2);
    is("reports_total", "delivered", 0);
    is("outcomes_total", "", 3);
    is("logins_total", "", 1);
    is("empty_digests_total", "", 1);
    is("open_tickets", "", 0);
    is("queued", "", 0);
    is("connections", "up", 1);
    is("connections", "wanted", 1);
    is("state", "online", 1);
    is("state", "idle", 0);
    is("window_used", "1", 0);
    assert_eq!((own.side(), own.protocol), ("sp", Protocol::Cmpp));

    until("the reports are acknowledged", || simulator.counts().acked == 2);
    let [theirs] = &simulator.gateway().metrics()[..] else { panic!("one account") };
    let is = |name: &str, label: &str, n: u64| assert_eq!(value(theirs, name, label), n, "{name} {label}");
    is("submits_total", "", 6);
    is("sent_total", "", 2);
    is("accepted_total", "", 2);
    is("connections", "inbound", 1);
    is("state", "online", 1);
    assert_eq!(theirs.side(), "gateway");

    // Both in one page: the label `side` tells them apart.
    let page = prometheus(&[client.metrics(), simulator.gateway().metrics()].concat());
    check_page(&page);
    let labels = r#"{account="901234",protocol="cmpp",version="3.0",side="sp",result="13"}"#;
    assert!(page.contains(&format!("\nsanwang_rejected_by_result_total{labels} 1\n")), "{page}");
    client.close(LONG).expect("no handler");
    simulator.close(LONG).expect("no handler");
}

/// Every sample has its type before it, and no two have the same name and labels.
fn check_page(page: &str) {
    let (mut typed, mut seen) = ("", HashSet::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed = rest.split(' ').next().expect("a name");
            assert!(matches!(rest.split(' ').nth(1), Some("counter" | "gauge")), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (sample, number) = line.rsplit_once(' ').expect("a number");
            assert!(number.parse::<u64>().is_ok(), "{line}");
            assert_eq!(sample.split('{').next(), Some(typed), "{line}");
            assert!(seen.insert(sample.to_owned()), "twice: {line}");
        }
    }
    assert!(seen.len() > rows().len(), "there are samples");
}

#[test]
fn tolerances_are_counted_and_stay_when_the_connection_is_gone() {
    let (simulator, address) = simulator(SimulatorRules::default(), "cmpp://127.0.0.1:0");
    let mut sp = TcpStream::connect(&address).expect("it listens");
    let header =
        |length: u8, command: u8, sequence: u8| [0, 0, 0, length, 0, 0, 0, command, 0, 0, 0, sequence];
    let login = [&header(39, 1, 1)[..], b"901234", &[0; 16], &[0x30], &[0; 4]].concat();
    // A link test of 12 octets, with 2 more.
    let test = [&header(14, 8, 2)[..], &[0, 0]].concat();
    sp.write_all(&[&login[..], &test, &test].concat()).expect("it reads");
    let mut answers = [0; 33 + 13 + 13];
    sp.read_exact(&mut answers).expect("three answers");
    let trailing = || {
        let [m] = &simulator.gateway().metrics()[..] else { panic!("one account") };
        let count = m.tolerances.iter().find(|(note, _)| *note == Note::TrailingOctets).map(|(_, n)| n);
        (count, value(m, "tolerances_total", "trailing_octets"), m.inbound)
    };
    assert_eq!(trailing(), (Some(2), 2, 1));
    drop(sp);
    until("the connection is gone", || trailing().2 == 0);
    assert_eq!(trailing(), (Some(2), 2, 0));
    simulator.close(LONG).expect("no handler");
}

#[test]
fn names_of_accounts_are_escaped() {
    let account =
        Account::parse("smgp://10000001:secret@127.0.0.1:1").expect("a URL").with_name("a\"b\\c\nd");
    let client = Client::builder().add(account).on_log(|_| {}).open().expect("it opens");
    let page = prometheus(&client.metrics());
    check_page(&page);
    assert!(
        page.contains(r#"sanwang_queued{account="a\"b\\c\nd",protocol="smgp",version="3.0",side="sp"} 0"#)
    );
    client.close(Duration::ZERO).expect("no handler");
    let gateway = Gateway::builder().listen("sgip://127.0.0.1:0").open().expect("it opens");
    assert!(gateway.metrics().is_empty(), "nobody has logged in");
    assert!(prometheus(&[]).contains("# TYPE sanwang_sent_total counter\n"));
}

#[test]
fn names_are_plain_and_said_once() {
    let mut names = HashSet::new();
    for row in rows() {
        assert!(row.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", row.name);
        assert!(names.insert(row.name), "twice: {}", row.name);
        assert_eq!(row.name.ends_with("_total"), row.kind == Kind::Counter, "{}", row.name);
        assert!(row.text.ends_with('.') && !row.text.contains(['\n', '\\', '|']), "{}", row.text);
    }
}

#[test]
fn the_page_of_metrics_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = markdown();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("docs/metrics.md can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/metrics.md is stale: run the tests once with UPDATE=1");
    assert!(rows().iter().all(|row| page.contains(&format!("| `{PREFIX}{}", row.name))));
}
