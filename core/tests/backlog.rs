//! Events that nobody takes: what waits has a bound, and what matters is not lost. Over real sockets on loopback.

use sanwang::settings::EngineSettings;
use sanwang::sim::Simulator;
use sanwang::wire::Protocol;
use sanwang::{Client, Event, EventKinds, MoMessage, SendError, Status, Submit, Ticket};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const TO: &str = "13800138000";

fn simulator() -> Simulator {
    Simulator::builder().listen("cmpp://127.0.0.1:0?window=64").silent().open().unwrap()
}

fn url(sim: &Simulator) -> String {
    format!("cmpp://901234:secret@{}?sender=10657001&rate=0", sim.address(Protocol::Cmpp).unwrap())
}

fn engine(event_queue: &str) -> EngineSettings {
    let mut settings = EngineSettings::default();
    settings.set("event_queue", event_queue).unwrap();
    settings
}

fn hi() -> Submit {
    Submit::to(TO).text("hi")
}

#[test]
fn sending_waits_while_outcomes_are_not_polled() {
    let sim = simulator();
    let kinds = EventKinds::OUTCOME;
    let sp = Client::builder().account(&url(&sim)).polled(kinds).engine(engine("50")).open().unwrap();
    let mut tickets = HashSet::new();
    let full = loop {
        match sp.send_within(hi(), Duration::from_millis(200)) {
            Ok(ticket) => assert!(tickets.insert(ticket)),
            Err(error) => break error,
        }
        assert!(tickets.len() < 100_000, "there is a bound");
    };
    assert!(matches!(full, SendError::QueueFull(_)) && full.to_string().contains("event_queue"), "{full}");
    assert!(matches!(sp.try_send(hi()), Err(SendError::QueueFull(_))));
    assert!(sp.wait(LONG).unwrap());
    // Somebody waits for room, and polling makes it.
    let sender = sp.clone();
    let waiting = std::thread::spawn(move || sender.send_within(hi(), LONG));
    let mut seen = HashSet::new();
    while seen.len() < tickets.len() {
        for event in sp.poll(10, LONG).unwrap() {
            if let Event::Outcome(o) = event {
                assert_eq!(o.status, Status::Delivered);
                seen.insert(o.ticket);
            }
        }
    }
    let last = waiting.join().unwrap().unwrap();
    tickets.insert(last);
    while !seen.contains(&last) {
        for event in sp.poll(10, LONG).unwrap() {
            if let Event::Outcome(o) = event {
                seen.insert(o.ticket);
            }
        }
    }
    assert_eq!(seen, tickets, "nothing is lost");
    sp.close(LONG).unwrap();
}

#[test]
fn deliveries_wait_at_the_gateway_while_nobody_polls() {
    for ack in ["handled", "received"] {
        let sim = simulator();
        let account = format!("{}&inbound_window=8&ack={ack}&ack_within=5m", url(&sim));
        let sp = Client::builder()
            .account(&account)
            .polled(EventKinds::DELIVER)
            .engine(engine("5"))
            .open()
            .unwrap();
        sp.wait_online(LONG).unwrap();
        for i in 0..200 {
            sim.deliver("901234", &MoMessage::new(TO, "10657001", i.to_string())).unwrap();
        }
        // The link answers tests all the time, so what is not delivered now is held back on purpose.
        let counted = || sp.counters("901234").unwrap();
        let end = std::time::Instant::now() + LONG;
        while counted().refused_busy == 0 && std::time::Instant::now() < end {
            std::thread::yield_now();
        }
        let c = counted();
        assert!(c.refused_busy > 0, "past the inbound window it is refused as busy");
        assert!(c.delivers <= 5 + 8 + 1, "{ack}: {} deliveries came in", c.delivers);
        let mut texts = HashSet::new();
        while texts.len() < c.delivers as usize {
            for event in sp.poll(100, LONG).unwrap() {
                if let Some(token) = event.token() {
                    sp.handled(token);
                }
                if let Event::Deliver(d) = event {
                    texts.insert(d.text);
                }
            }
        }
        sp.close(Duration::ZERO).unwrap();
        sim.close(Duration::ZERO).unwrap();
    }
}

#[test]
fn words_are_dropped_and_counted_and_the_latest_state_stays() {
    let sim = simulator();
    let kinds = EventKinds::LOG | EventKinds::ACCOUNT_STATE;
    let account = format!("{}&reconnect_min=100ms&reconnect_max=100ms", url(&sim));
    let sp = Client::builder().account(&account).polled(kinds).engine(engine("1")).open().unwrap();
    sp.wait_online(LONG).unwrap();
    sim.close(Duration::ZERO).unwrap();
    let end = std::time::Instant::now() + LONG;
    while sp.counters("901234").unwrap().events_dropped < 3 && std::time::Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    sp.close(Duration::ZERO).unwrap();
    let mut states = Vec::new();
    let mut waiting = 0;
    while let Some(events) = sp.poll(100, Duration::ZERO) {
        waiting += events.len();
        states.extend(events.iter().filter_map(|e| match e {
            Event::AccountState(s) => Some(s.state.name()),
            _ => None,
        }));
    }
    assert!(waiting <= 2, "{waiting} events waited");
    assert_eq!(states.last().copied(), Some("offline"));
    assert!(sp.counters("901234").unwrap().events_dropped >= 3);
}

#[test]
fn handlers_that_do_not_keep_up_hold_senders_back() {
    let sim = simulator();
    let (gate, most) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let (inside, handled) = (gate.clone(), most.clone());
    let sp = Client::builder()
        .account(&url(&sim))
        .on_outcome(move |_| {
            if handled.fetch_add(1, Ordering::SeqCst) == 0 {
                inside.wait();
            }
        })
        .engine(engine("20"))
        .open()
        .unwrap();
    let mut sent = 0;
    while sp.send_within(hi(), Duration::from_millis(300)).is_ok() {
        sent += 1;
        assert!(sent < 100_000, "there is a bound");
    }
    gate.wait();
    sp.send(hi()).unwrap();
    assert!(sp.wait(LONG).unwrap());
    assert_eq!(most.load(Ordering::SeqCst), sent + 1);
    sp.close(LONG).unwrap();
}

#[test]
fn many_messages_go_together_each_with_its_answer() {
    let sim = simulator();
    let sp = Client::open(&format!("{}&queue=10", url(&sim))).unwrap();
    let messages = (0..500).map(|i| match i {
        7 => Submit::to("nobody").text("x"),
        9 => Submit::to(TO).text(""),
        _ => hi().user_data(i),
    });
    let answers = sp.send_many(messages);
    assert_eq!(answers.len(), 500);
    assert!(matches!(answers[7], Err(SendError::BadReceiver(_))));
    assert!(matches!(answers[9], Err(SendError::Empty)));
    let tickets: Vec<Ticket> = answers.into_iter().filter_map(Result::ok).collect();
    assert_eq!(tickets.len(), 498, "a queue of ten takes them one after the other");
    assert!(sp.wait(LONG).unwrap());
    for (at, ticket) in tickets.iter().enumerate() {
        let outcome = sp.outcome(*ticket, LONG).unwrap().unwrap();
        let number = [0, 1, 2, 3, 4, 5, 6, 8].get(at).copied().unwrap_or(at as u64 + 2);
        assert_eq!((outcome.status, outcome.user_data), (Status::Delivered, number));
    }
    let (before, error) = sp.send_until_refused(vec![hi(), Submit::to("x"), hi()], LONG).unwrap_err();
    assert!(before.len() == 1 && matches!(error, SendError::BadReceiver(_)));
    assert_eq!(sp.outcome(before[0], LONG).unwrap().unwrap().status, Status::Delivered);
    sp.close(LONG).unwrap();
    let closed = sp.send_many([hi(), hi()]);
    assert!(closed.iter().all(|one| *one == Err(SendError::Closed)));
}
