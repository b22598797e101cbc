//! SGIP accounts with one login name and secret at one listener: what comes on a connection of the gateway finds its
//! account, a report by the node and the sequence of its submit, a delivery by the number it was sent to.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::sim::{Simulator, SimulatorRules};
use sanwang::wire::Protocol;
use sanwang::{Client, ClientBuilder, Event, EventKinds, MoMessage, Status, Submit, Token};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const TO: &str = "13000000001";

/// A carrier that delivers to `listen` with one login for all its SPs.
fn carrier(listen: SocketAddr) -> Simulator {
    let rules = SimulatorRules { report_delay: Duration::from_millis(5), ..SimulatorRules::default() };
    Simulator::builder()
        .listen(&format!("sgip://127.0.0.1:0?deliver_to={listen}"))
        .account("sp", "secret")
        .rules(rules)
        .silent()
        .open()
        .unwrap()
}

fn account(sim: &Simulator, listen: SocketAddr, node: u32, sender: &str) -> String {
    let at = sim.address(Protocol::Sgip).unwrap();
    format!("sgip://sp:secret@{at}?node={node}&listen={listen}&sender={sender}")
}

/// Accounts `north` and `south`, and one that is not asked for.
fn client(sim: &Simulator, listen: SocketAddr, nodes: [u32; 2], sender: &str) -> ClientBuilder {
    let named = |name: &str, url: String| {
        let mut account = sanwang::Account::parse(&url).unwrap();
        account.name = name.to_owned();
        account
    };
    Client::builder()
        .add(named("north", account(sim, listen, nodes[0], sender)))
        .add(named("south", account(sim, listen, nodes[1], "106550019")))
}

fn got<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(LONG).expect("it comes in time")
}

#[test]
fn reports_and_deliveries_find_their_account() {
    for nodes in [[3_010_012_345, 3_020_054_321], [3_010_012_345, 3_010_012_345]] {
        let listen = free_port();
        let sim = carrier(listen);
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let sp = client(&sim, listen, nodes, "1065500")
            .on_event(EventKinds::REPORT | EventKinds::DELIVER, move |event| {
                let said = match event {
                    Event::Report(r) => {
                        (r.account.to_string(), r.ticket.map_or("none".into(), |t| t.to_string()))
                    }
                    Event::Deliver(d) => (d.account.to_string(), d.text.clone().unwrap_or_default()),
                    other => panic!("{other:?}"),
                };
                tell.lock().unwrap().send(said).unwrap();
            })
            .open()
            .unwrap();
        for name in ["north", "south", "north", "south"] {
            let ticket = sp.send(Submit::to(TO).text("hi").account(name)).unwrap();
            assert_eq!(got(&told), (name.to_owned(), ticket.to_string()), "{nodes:?}");
            let outcome = sp.outcome(ticket, LONG).unwrap().unwrap();
            assert_eq!((outcome.status, &*outcome.account), (Status::Delivered, name));
        }
        let long = "一".repeat(150);
        for (number, text, name) in [
            ("10655001", "TD", "north"),
            ("106550019", "TD", "south"),
            ("1065500199", &*long, "south"),
            ("1065500188", &*long, "north"),
            ("95588", "no account has this number", "north"),
        ] {
            let push = sim.deliver("sp", &MoMessage::new(TO, number, text)).unwrap();
            assert_eq!(got(&told), (name.to_owned(), text.to_owned()), "{number}");
            assert_eq!(sim.gateway().outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
        }
        let counted = |name| sp.counters(name).unwrap();
        assert_eq!((counted("north").reports, counted("south").reports), (2, 2));
        assert_eq!((counted("north").reports_unmatched, counted("south").reports_unmatched), (0, 0));
        sp.close(LONG).unwrap();
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn the_answer_waits_for_the_handler_of_the_other_account() {
    let listen = free_port();
    let sim = carrier(listen);
    let tokens: Arc<Mutex<Vec<Token>>> = Arc::default();
    let (tell, told) = mpsc::channel();
    let (kept, tell) = (tokens.clone(), Mutex::new(tell));
    let sp = client(&sim, listen, [3_010_012_345, 3_020_054_321], "1065500")
        .on_deliver_later(move |deliver| {
            kept.lock().unwrap().push(deliver.token);
            tell.lock().unwrap().send(deliver.account.to_string()).unwrap();
            true
        })
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    let ticket = sp.send(Submit::to(TO).text("hi").account("south")).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Delivered);
    let push = sim.deliver("sp", &MoMessage::new(TO, "106550019", "TD")).unwrap();
    assert_eq!(got(&told), "south");
    assert!(
        sim.gateway().outcome(push, Duration::from_millis(50)).unwrap().is_none(),
        "its handler has it still"
    );
    sp.handled(tokens.lock().unwrap()[0]);
    assert_eq!(sim.gateway().outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    sp.close(LONG).unwrap();
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn it_follows_changes_of_the_accounts() {
    let listen = free_port();
    let sim = carrier(listen);
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sp = client(&sim, listen, [3_010_012_345, 3_020_054_321], "1065500")
        .on_deliver(move |deliver| tell.lock().unwrap().send(deliver.account.to_string()).unwrap())
        .on_log(|_| {})
        .open()
        .unwrap();
    let ticket = sp.send(Submit::to(TO).text("hi").account("south")).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Delivered);
    let comes = |number: &str| {
        let push = sim.deliver("sp", &MoMessage::new(TO, number, "TD")).unwrap();
        let account = got(&told);
        assert_eq!(sim.gateway().outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
        account
    };
    assert_eq!(comes("106550019"), "south");
    sp.set("south", [("sender", "95588")]).unwrap();
    assert_eq!((comes("106550019"), comes("95588")), ("north".to_owned(), "south".to_owned()));
    // Another secret: the gateway no longer comes for both.
    sp.set_secret("south", "another").unwrap();
    assert_eq!(comes("95588"), "north");
    sp.set_secret("south", "secret").unwrap();
    assert_eq!(comes("95588"), "south");
    sp.remove_account("south", LONG).unwrap();
    assert_eq!(comes("95588"), "north");
    sp.close(LONG).unwrap();
    sim.close(Duration::ZERO).unwrap();
}
