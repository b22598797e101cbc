//! A capture of the demo: three simulated carriers, one client, the demo's messages. What `sanwang decode` and tshark with
//! our dissector say of it is the same, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use sanwang::wire::Protocol;
use sanwang::{Client, Status, Submit};
use serde_json::{Value as Json, json};

use super::common::{Simulated, free_port, run};
use super::dissector::{compare, many, named, tshark};
use super::pcap::{End, Pcap, Wire};

const LONG: Duration = Duration::from_secs(60);

/// Ours, and the carriers'.
const SP: u8 = 1;
const GATEWAY: u8 = 2;

fn until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !is() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// What has gone over the relays, in the order in which they saw it.
struct Capture {
    pcap: Pcap,
    /// The connections, and the octets of their two directions.
    wires: Vec<(Wire, [Vec<u8>; 2])>,
}

type Shared = Arc<Mutex<Capture>>;

fn lock(capture: &Shared) -> std::sync::MutexGuard<'_, Capture> {
    capture.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether these octets have gone over some connection.
fn has_gone(capture: &Shared, octets: &[u8]) -> bool {
    let capture = lock(capture);
    let mut ways = capture.wires.iter().flat_map(|(_, ways)| ways);
    ways.any(|way| way.windows(octets.len()).any(|window| window == octets))
}

/// Carries connections on to `to`, and what they say into the capture.
struct Relay {
    address: SocketAddr,
    to: Arc<OnceLock<SocketAddr>>,
    ends: Arc<AtomicBool>,
    accepts: JoinHandle<Vec<JoinHandle<()>>>,
}

impl Relay {
    /// In the capture the one who calls is `caller`, and who is called `called`.
    fn start(capture: &Shared, caller: u8, called: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (to, ends) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
        let (capture, target, over) = (capture.clone(), to.clone(), ends.clone());
        let accepts = spawn(move || {
            let mut pumps = Vec::new();
            for stream in listener.incoming() {
                let Ok(near) = stream else { continue };
                if over.load(Ordering::SeqCst) {
                    break;
                }
                // Who is called is not there any more: neither is the relay.
                let Some(Ok(far)) = target.get().map(TcpStream::connect) else { continue };
                let wire = {
                    let Capture { pcap, wires } = &mut *lock(&capture);
                    let port = 50_000 + u16::try_from(wires.len()).expect("few connections");
                    wires.push((Wire::open(pcap, End(caller, port), called), Default::default()));
                    wires.len() - 1
                };
                for (back, from, to) in [(false, &near, &far), (true, &far, &near)] {
                    let clones = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let capture = capture.clone();
                    pumps.push(spawn(move || pump(&capture, wire, back, clones)));
                }
            }
            pumps
        });
        Relay { address, to, ends, accepts }
    }

    /// Waits until every connection has ended.
    fn join(self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        for pump in self.accepts.join().expect("it accepts to the end") {
            pump.join().expect("it carries to the end");
        }
    }
}

fn pump(capture: &Shared, wire: usize, back: bool, (mut from, mut to): (TcpStream, TcpStream)) {
    // As much as a segment holds: frames are cut where they come.
    let mut octets = [0; 1460];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        {
            let Capture { pcap, wires } = &mut *lock(capture);
            let (wire, ways) = &mut wires[wire];
            wire.send(pcap, back, &octets[..count]);
            ways[usize::from(back)].extend(&octets[..count]);
        }
        if to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    // Either may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

/// A message of the demo.
struct Message {
    submit: Submit,
    /// Its phone writes back what is cut into several segments.
    is_answered: bool,
}

fn messages() -> Vec<Message> {
    let path = format!("{}/../examples/data/messages.csv", env!("CARGO_MANIFEST_DIR"));
    let mut rows = csv::Reader::from_path(path).expect("the messages of the demo");
    let rows = rows.records().map(|row| row.expect("a row"));
    let message = |row: csv::StringRecord| {
        let (receiver, text, sender) = (&row[0], &row[1], &row[2]);
        let mut submit = Submit::to(receiver).text(text);
        if !sender.is_empty() {
            submit = submit.sender(sender);
        }
        Message { submit, is_answered: text.contains("满意度调查") }
    };
    rows.map(message).collect()
}

/// Plays the demo through relays, with logins, link tests and ends, and gives the capture.
fn demo() -> Pcap {
    let pcap = Pcap::new();
    let capture: Shared = Arc::new(Mutex::new(Capture { pcap, wires: Vec::new() }));
    let reply = format!("满意度调查={}", "服务不错,师傅很准时,讲解也很耐心,网速比以前快了不少。👍".repeat(4));
    let deliveries = Relay::start(&capture, GATEWAY, End(SP, 8802));
    let mut relays = Vec::new();
    let mut carriers = Vec::new();
    for (url, port, digit) in [
        ("cmpp://127.0.0.1:0".to_owned(), 7890, "4=13"),
        (format!("sgip://127.0.0.1:0?deliver_to={}", deliveries.address), 8801, "4=6"),
        ("smgp://127.0.0.1:0".to_owned(), 8890, "4=47"),
    ] {
        let options = ["--digit", digit, "--reply", &reply, "--quiet"];
        let carrier = Simulated::start(&[&url], &options);
        let relay = Relay::start(&capture, SP, End(GATEWAY, port));
        relay.to.set(carrier.addresses[0].parse().expect("an address")).expect("it is the first");
        relays.push(relay);
        carriers.push(carrier);
    }
    let at: Vec<SocketAddr> = relays.iter().map(|relay| relay.address).collect();
    let [cmpp, sgip, smgp] = at[..] else { panic!("three relays") };
    let listen = free_port();
    deliveries.to.set(listen.parse().expect("an address")).expect("it is the first");
    relays.push(deliveries);
    let joined = Arc::new(AtomicU64::new(0));
    let heard = joined.clone();
    let client = Client::builder()
        .account(&format!("cmpp://901234:secret@{cmpp}?sender=10657001&keepalive=1s"))
        .account(&format!("sgip://sp12345:secret@{sgip}?node=3010012345&sender=10655001&listen={listen}"))
        .account(&format!("smgp://10000001:secret@{smgp}?sender=1065900001&keepalive=1s"))
        .on_deliver(move |deliver| {
            heard.fetch_add(u64::from(deliver.parts > 1), Ordering::SeqCst);
        })
        .open()
        .expect("the client opens");
    let messages = messages();
    let replies = messages.iter().filter(|message| message.is_answered).count() as u64;
    let tickets: Vec<_> =
        messages.into_iter().map(|message| client.send(message.submit).expect("it is accepted")).collect();
    let mut delivered = 0;
    for ticket in tickets {
        let outcome = client.outcome(ticket, LONG).expect("no handler").expect("in time");
        delivered += u64::from(outcome.status == Status::Delivered);
    }
    assert!(delivered > 200, "{delivered}");
    until("every long reply", || joined.load(Ordering::SeqCst) == replies);
    for octets in [
        &[0, 0, 0, 12, 0, 0, 0, 8][..],
        &[0, 0, 0, 13, 0x80, 0, 0, 8],
        &[0, 0, 0, 12, 0, 0, 0, 4],
        &[0, 0, 0, 12, 0x80, 0, 0, 4],
    ] {
        until("a link test and its answer", || has_gone(&capture, octets));
    }
    client.close(LONG).expect("no handler");
    drop(carriers);
    relays.into_iter().for_each(Relay::join);
    let Capture { mut pcap, mut wires } =
        Arc::into_inner(capture).expect("the relays have ended").into_inner().expect("no relay failed");
    wires.iter_mut().for_each(|(wire, _)| wire.close(&mut pcap));
    pcap
}

/// What differs between a line of `sanwang decode --json` and what tshark shows of the same PDU.
fn differences(protocol: Protocol, line: &Json, shown: &Json) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |name: &str, expected: String| {
        let found: Vec<&str> =
            named(shown, protocol, name).into_iter().map(|v| v.as_str().unwrap_or("?")).collect();
        if found != [expected.as_str()] {
            wrong.push(format!("{name}: tshark {found:?}, we {expected:?}"));
        }
    };
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    expect("pdu", text(&line["pdu"]));
    expect("layout", text(&line["version"]));
    expect("length", line["header"]["length"].to_string());
    expect("command", line["header"]["command"].to_string());
    match &line["header"]["sequence"] {
        Json::Array(parts) => {
            for (part, value) in ["node", "time", "serial"].iter().zip(parts) {
                // A report and the route PDUs have such fields themselves.
                let name = format!("sw_{protocol}.sequence.{part}");
                let found = many(shown.get(&name)).first().and_then(|found| found.as_str());
                if found != Some(&value.to_string()) {
                    wrong.push(format!("{name}: tshark {found:?}, we {value}"));
                }
            }
        }
        serial => expect("sequence", serial.to_string()),
    }
    if let Some(content) = line.get("text").and_then(Json::as_str) {
        let found = named(shown, protocol, "text");
        if found.first().and_then(|found| found.as_str()) != Some(content) {
            wrong.push(format!("text: tshark {found:?}, we {content:?}"));
        }
    }
    let mut fields = line["fields"].clone();
    if fields.get("login_password").is_some() {
        // Never shown by us.
        assert_eq!(fields["login_password"], "***");
        fields["login_password"] = json!("secret");
    }
    let document = json!({
        "protocol": line["protocol"], "version": line["version"], "pdu": line["pdu"], "header": line["header"],
        "fields": fields,
    });
    let read = sanwang::wire::json::Document::read(&document.to_string()).expect("what we write we read");
    compare(protocol, shown, &read.pdu.fields(read.version), &mut wrong);
    // The dissector has the reports of CMPP; those of SMGP are a text that it shows as such.
    if let (Protocol::Cmpp, Some(Json::Object(report))) = (protocol, line.get("report")) {
        let inside = &shown["sw_cmpp.report"];
        for (name, value) in report {
            // tshark writes octets with colons between.
            let found = named(inside, protocol, name).first().and_then(|found| found.as_str());
            let same = |found: &str| found == text(value) || found.replace(':', "") == text(value);
            let same = found.is_some_and(same);
            if !same {
                wrong.push(format!("report.{name}: tshark {found:?}, we {value}"));
            }
        }
    }
    wrong
}

#[test]
fn a_capture_of_the_demo_is_the_same_for_us_and_for_tshark() {
    let pcap = demo();
    let file = pcap.save("demo");
    let ran = run(&["decode", file.to_str().expect("a name"), "--json", "--show"]).expect(0, &[], &[]);
    std::fs::remove_file(&file).expect("the file");
    for bad in ["gap", "refused", "without answer", "other protocols"] {
        assert!(!ran.err.contains(bad), "{}", ran.err);
    }
    let mut lines: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for line in ran.json_lines() {
        lines.entry(line["protocol"].as_str().expect("a protocol").to_owned()).or_default().push(line);
    }
    for (protocol, names) in [
        (Protocol::Cmpp, &["connect", "submit", "deliver", "active_test", "terminate"][..]),
        (Protocol::Sgip, &["bind", "submit", "deliver", "report", "unbind"]),
        (Protocol::Smgp, &["login", "submit", "deliver", "active_test", "exit"]),
    ] {
        let lines = &lines[protocol.name()];
        let seen: BTreeSet<&str> = lines.iter().filter_map(|line| line["pdu"].as_str()).collect();
        let expected = names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_resp")]);
        let missing: Vec<String> = expected.filter(|name| !seen.contains(&**name)).collect();
        assert!(missing.is_empty(), "{protocol}: the capture has no {missing:?}");
        let cut = |line: &&Json| line["pdu"] == "submit" && line.get("udh").is_some();
        assert!(lines.iter().filter(cut).count() > 50, "{protocol}: few segments of long messages");
        if protocol != Protocol::Sgip {
            assert!(lines.iter().any(|line| line.get("report").is_some()), "{protocol}: no report");
        }
        let layers = tshark(protocol, &pcap);
        let shown: Vec<&Json> = layers.iter().flat_map(|layer| many(Some(layer))).collect();
        assert_eq!(shown.len(), lines.len(), "{protocol}: PDUs of tshark, and ours");
        let mut faults = Vec::new();
        for (line, shown) in lines.iter().zip(shown) {
            let wrong = differences(protocol, line, shown);
            if !wrong.is_empty() {
                faults.push(format!("{protocol} #{} {}: {}", line["number"], line["pdu"], wrong.join("; ")));
            }
        }
        assert!(
            faults.is_empty(),
            "{} of {}:\n{}",
            faults.len(),
            lines.len(),
            faults[..faults.len().min(20)].join("\n")
        );
    }
}
