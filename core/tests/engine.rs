//! The handles: threads, handlers, polling, waiting, closing, reconnecting — over real sockets on loopback.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::message::Deliver;
use sanwang::settings::EngineSettings;
use sanwang::sim::{Simulator, SimulatorRules};
use sanwang::wire::{Protocol, cmpp};
use sanwang::{
    Access, Answer, Client, Event, EventKinds, Gateway, LinkState, MoMessage, SendError, Status, Submit,
    Ticket, WaitError,
};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const TO: &str = "13800138000";

fn simulator() -> Simulator {
    Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap()
}

fn url(sim: &Simulator) -> String {
    format!("cmpp://901234:secret@{}?sender=10657001&rate=0", sim.address(Protocol::Cmpp).unwrap())
}

fn got<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(LONG).expect("it comes in time")
}

#[test]
fn events_of_an_account_come_in_order_and_one_at_a_time() {
    let sim = simulator();
    let inside = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (i, s) = (inside.clone(), seen.clone());
    let sp = Client::builder()
        .account(&url(&sim))
        .on_event(EventKinds::RESPONSE | EventKinds::REPORT | EventKinds::OUTCOME, move |event| {
            assert_eq!(i.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
            let (ticket, kind) = match event {
                Event::Response(r) => (r.ticket, 0),
                Event::Report(r) => (r.ticket.unwrap(), 1),
                Event::Outcome(o) => (o.ticket, 2),
                other => panic!("{other:?}"),
            };
            s.lock().unwrap().push((ticket, kind));
            i.fetch_sub(1, Ordering::SeqCst);
        })
        .open()
        .unwrap();
    let tickets: Vec<Ticket> = (0..200).map(|_| sp.send(Submit::to(TO).text("hi")).unwrap()).collect();
    assert!(sp.wait(LONG).unwrap());
    let seen = seen.lock().unwrap();
    for ticket in tickets {
        let kinds: Vec<i32> = seen.iter().filter(|(t, _)| *t == ticket).map(|(_, k)| *k).collect();
        assert_eq!(kinds, [0, 1, 2], "answer, report, outcome");
    }
    sp.close(LONG).unwrap();
}

#[test]
fn calls_inside_a_handler_work_or_answer_a_code() {
    let sim = simulator();
    let own: Arc<OnceLock<Client>> = Arc::new(OnceLock::new());
    let (tell, told) = mpsc::channel();
    let (inner, tell) = (own.clone(), Mutex::new(tell));
    let first = AtomicBool::new(true);
    let sp = Client::builder()
        .account(&url(&sim))
        .on_outcome(move |o| {
            let sp = inner.get().unwrap();
            let tell = tell.lock().unwrap();
            if first.swap(false, Ordering::SeqCst) {
                tell.send(format!("{:?}", sp.outcome(o.ticket, LONG).unwrap().map(|o| o.status))).unwrap();
                tell.send(format!("{:?}", sp.outcome(Ticket::from_u64(1), LONG))).unwrap();
                tell.send(format!("{:?}", sp.wait(LONG))).unwrap();
                tell.send(format!("{:?}", sp.close(LONG))).unwrap();
                tell.send(format!("{:?}", sp.wait_online(LONG).is_err())).unwrap();
                sp.send(Submit::to(TO).text("from the handler")).unwrap();
            } else {
                tell.send("the second".to_owned()).unwrap();
            }
        })
        .open()
        .unwrap();
    own.set(sp.clone()).unwrap();
    sp.send(Submit::to(TO).text("hi")).unwrap();
    let said: Vec<String> = (0..6).map(|_| got(&told)).collect();
    assert_eq!(
        said,
        [
            "Some(Delivered)",
            "Err(WouldDeadlock)",
            "Err(WouldDeadlock)",
            "Err(WouldDeadlock)",
            "true",
            "the second"
        ]
    );
    sp.close(LONG).unwrap();
}

#[test]
fn a_handler_may_use_and_close_another_client() {
    // An SP's handler forwards through a second client and closes it, and ends a simulator; only its own client is
    // out of its reach.
    let (sim, behind) = (simulator(), simulator());
    let other = Client::open(&url(&behind)).unwrap();
    let (tell, told) = mpsc::channel();
    let (tell, second) = (Mutex::new(tell), other.clone());
    let (own, ended) = (Arc::new(OnceLock::<Client>::new()), behind.clone());
    let inner = own.clone();
    let sp = Client::builder()
        .account(&url(&sim))
        .on_outcome(move |_| {
            let ticket = second.send(Submit::to(TO).text("forwarded")).unwrap();
            let outcome = second.outcome(ticket, LONG).unwrap().map(|o| o.status);
            let closed = second.close(LONG).map(|left| left.abandoned);
            let said = (outcome, closed, ended.close(LONG).is_ok(), inner.get().unwrap().close(LONG).is_ok());
            tell.lock().unwrap().send(said).unwrap();
        })
        .open()
        .unwrap();
    own.set(sp.clone()).unwrap();
    sp.send(Submit::to(TO).text("hi")).unwrap();
    assert_eq!(got(&told), (Some(Status::Delivered), Ok(0), true, false));
    assert_eq!(other.send(Submit::to(TO).text("late")), Err(SendError::Closed));
    sp.close(LONG).unwrap();
    sim.close(LONG).unwrap();
}

#[test]
fn a_simulator_that_cannot_close_says_so() {
    let own: Arc<OnceLock<Simulator>> = Arc::new(OnceLock::new());
    let (tell, told) = mpsc::channel();
    let (inner, tell) = (own.clone(), Mutex::new(tell));
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().on_log(move |_| {
        let closed = inner.get().map(|sim: &Simulator| sim.close(LONG));
        tell.lock().unwrap().send(closed).unwrap();
    });
    let sim = sim.open().unwrap();
    own.set(sim.clone()).unwrap();
    drop(std::net::TcpStream::connect(sim.listeners()[0].1).unwrap());
    assert_eq!(got(&told), Some(Err(SendError::WouldDeadlock)));
    sim.close(LONG).unwrap();
}

#[test]
fn a_handler_that_blocks_stops_neither_link_tests_nor_other_accounts() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let sim = simulator();
    let (hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let other = sim.address(Protocol::Cmpp).unwrap();
    let sp = Client::builder()
        .account(&format!("cmpp://900001:x@{}?verify=off", gateway.local_addr().unwrap()))
        .account(&format!("cmpp://900002:x@{other}"))
        .on_deliver(move |_| {
            tell.lock().unwrap().send(()).unwrap();
            held.lock().unwrap().recv_timeout(LONG).unwrap();
        })
        .open()
        .unwrap();
    let (mut peer, _) = gateway.accept().unwrap();
    peer.set_read_timeout(Some(LONG)).unwrap();
    let mut login = [0; 39];
    peer.read_exact(&mut login).unwrap();
    let write = |peer: &mut std::net::TcpStream, pdu: cmpp::Pdu, serial: u32| {
        let mut out = bytes::BytesMut::new();
        pdu.encode(cmpp::V30, sanwang::wire::Seq::serial(serial), &mut out).unwrap();
        peer.write_all(&out).unwrap();
    };
    let serial = u32::from_be_bytes(login[8..12].try_into().unwrap());
    write(&mut peer, cmpp::ConnectResp { version: 0x30, ..Default::default() }.into(), serial);
    let mo = cmpp::Deliver { msg_content: "TD".into(), ..Default::default() };
    write(&mut peer, mo.into(), 1);
    got(&told);
    // The handler blocks now. Link tests are answered all the same.
    for i in 2..10 {
        write(&mut peer, cmpp::ActiveTest {}.into(), i);
        let mut answer = [0; 13];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!((answer[4], answer[7], answer[11]), (0x80, 8, i as u8));
    }
    // And the other account delivers; its outcome needs no handler.
    let ticket = sp.send(Submit::to(TO).text("hi").account("900002")).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Delivered);
    hold.send(()).unwrap();
    let mut answer = [0; 24];
    peer.read_exact(&mut answer).unwrap();
    assert_eq!((answer[4], answer[7]), (0x80, 5), "the delivery is answered when its handler has returned");
    sp.close(Duration::from_millis(200)).unwrap();
}

/// Handlers of two accounts that block at once, with one thread for handlers: the other one goes on polling.
#[test]
fn the_last_free_thread_polls_whatever_waits_for_a_handler() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let peers: Arc<Mutex<Vec<std::net::TcpStream>>> = Arc::default();
    let others = peers.clone();
    let write = |peer: &mut std::net::TcpStream, pdu: cmpp::Pdu, serial: u32| {
        let mut out = bytes::BytesMut::new();
        pdu.encode(cmpp::V30, sanwang::wire::Seq::serial(serial), &mut out).unwrap();
        peer.write_all(&out).unwrap();
    };
    let mo = |text: &'static str| cmpp::Deliver { msg_content: text.into(), ..Default::default() };
    let (hold, held) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    let inside = Mutex::new((tell, held));
    let at = gateway.local_addr().unwrap();
    let mut one_thread = EngineSettings::default();
    one_thread.set("threads", "1").unwrap();
    let sp = Client::builder()
        .account(&format!("cmpp://900001:x@{at}?verify=off"))
        .account(&format!("cmpp://900002:x@{at}?verify=off"))
        .engine(one_thread)
        .on_deliver(move |deliver| match deliver.text.as_deref() {
            // Nobody polls while this runs, so what is written here is found with one look.
            Some("go") => {
                for (n, peer) in (2..).zip(&mut *others.lock().unwrap()) {
                    write(peer, mo("block").into(), n);
                }
            }
            _ => {
                let inside = inside.lock().unwrap();
                inside.0.send(()).unwrap();
                let _ = inside.1.recv_timeout(LONG);
            }
        })
        .open()
        .unwrap();
    for _ in 0..2 {
        let (mut peer, _) = gateway.accept().unwrap();
        peer.set_read_timeout(Some(LONG / 2)).unwrap();
        let mut login = [0; 39];
        peer.read_exact(&mut login).unwrap();
        let serial = u32::from_be_bytes(login[8..12].try_into().unwrap());
        write(&mut peer, cmpp::ConnectResp { version: 0x30, ..Default::default() }.into(), serial);
        peers.lock().unwrap().push(peer);
    }
    sp.wait_online(LONG).unwrap();
    let mut own: Vec<_> = peers.lock().unwrap().iter().map(|peer| peer.try_clone().unwrap()).collect();
    write(&mut own[0], mo("go").into(), 1);
    let mut answer = [0; 24];
    own[0].read_exact(&mut answer).unwrap();
    got(&told);
    for peer in &mut own {
        write(peer, cmpp::ActiveTest {}.into(), 9);
        let mut answer = [0; 13];
        peer.read_exact(&mut answer).expect("link tests are answered");
        assert_eq!((answer[4], answer[7], answer[11]), (0x80, 8, 9));
    }
    drop(hold);
    sp.close(Duration::from_millis(200)).unwrap();
}

#[test]
fn a_panic_in_a_handler_is_the_applications_and_the_rest_goes_on() {
    let sim = simulator();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let sp = Client::builder()
        .account(&url(&sim))
        .on_outcome(move |_| {
            if seen.fetch_add(1, Ordering::SeqCst) == 0 {
                panic!("the application's bug");
            }
        })
        .open()
        .unwrap();
    for _ in 0..3 {
        sp.send(Submit::to(TO).text("hi")).unwrap();
    }
    assert!(sp.wait(LONG).unwrap());
    assert_eq!(count.load(Ordering::SeqCst), 3);
    sp.close(LONG).unwrap();
}

#[test]
fn events_can_be_polled_instead() {
    let sim = simulator();
    let sp = Client::builder().account(&url(&sim)).polled(EventKinds::ALL).open().unwrap();
    let ticket = sp.send(Submit::to(TO).text("hi")).unwrap();
    sp.outcome(ticket, LONG).unwrap().unwrap();
    sim.deliver("901234", &MoMessage::new(TO, "10657001", "TD")).unwrap();
    let mut kinds = EventKinds::default();
    let mut delivered = None;
    while !kinds.has(EventKinds::OUTCOME) || delivered.is_none() {
        for event in sp.poll(100, LONG).unwrap() {
            kinds = kinds | event.kind();
            if let Some(token) = event.token() {
                sp.handled(token);
            }
            if let Event::Deliver(d) = event {
                delivered = Some(d.text);
            }
        }
    }
    assert_eq!(delivered.flatten().as_deref(), Some("TD"));
    assert!(
        kinds.has(EventKinds::RESPONSE | EventKinds::REPORT | EventKinds::ACCOUNT_STATE | EventKinds::LOG)
    );
    sp.close(LONG).unwrap();
    // What was queued can be taken still, then it ends.
    while sp.poll(100, Duration::ZERO).is_some() {}
    assert!(sp.poll(1, LONG).is_none());
}

#[test]
fn the_queue_is_bounded_and_send_waits_for_room() {
    let sim = Simulator::builder()
        .listen("cmpp://127.0.0.1:0")
        .rules(SimulatorRules { answer_delay: Duration::from_millis(5), ..SimulatorRules::default() })
        .silent()
        .open()
        .unwrap();
    let sp = Client::open(&format!("{}&queue=10&window=4&report=no", url(&sim))).unwrap();
    let full =
        (0..100).find_map(|_| sp.try_send(Submit::to(TO).text("hi")).err()).expect("the bound is reached");
    assert!(matches!(&full, SendError::QueueFull(name) if name == "901234"), "{full}");
    assert!(full.retriable());
    for _ in 0..50 {
        sp.send(Submit::to(TO).text("hi")).unwrap();
    }
    assert!(sp.wait(LONG).unwrap());
    sp.close(LONG).unwrap();
}

#[test]
fn an_account_that_must_not_queue_says_so() {
    let nobody = free_port();
    let sp = Client::builder()
        .account(&format!("cmpp://901234:secret@{nobody}?queue_offline=no"))
        .on_log(|_| {})
        .open()
        .unwrap();
    let error = sp.send(Submit::to(TO).text("hi")).unwrap_err();
    assert!(matches!(error, SendError::NotConnected(..)) && error.retriable(), "{error}");
    sp.close(Duration::ZERO).unwrap();
}

#[test]
fn closing_twice_dropping_without_closing_and_sending_afterwards() {
    let sim = simulator();
    let sp = Client::open(&url(&sim)).unwrap();
    let ticket = sp.send(Submit::to(TO).text("hi")).unwrap();
    sp.close(LONG).unwrap();
    sp.close(LONG).unwrap();
    assert_eq!(sp.send(Submit::to(TO).text("hi")), Err(SendError::Closed));
    assert_eq!(sp.wait_online(Duration::MAX), Err(WaitError::Closed));
    assert!(sp.outcome(ticket, Duration::ZERO).unwrap().is_some(), "outcomes stay");
    let (tell, told) = mpsc::channel();
    let asks = std::thread::spawn(move || tell.send(sp.outcome(Ticket::from_u64(5), Duration::MAX)).unwrap());
    assert!(got(&told).unwrap().is_none(), "where no ticket is open, nobody waits for one");
    asks.join().unwrap();
    let dropped = Client::open(&url(&sim)).unwrap();
    dropped.send(Submit::to(TO).text("hi")).unwrap();
    drop(dropped);
}

#[test]
fn a_gateway_that_comes_back_gets_what_was_queued() {
    // A port that stays free while nobody is there.
    let address = free_port();
    let open = || Simulator::builder().listen(&format!("cmpp://{address}")).silent().open().unwrap();
    let sim = open();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .account(&format!("{}&reconnect_min=100ms&reconnect_max=200ms", url(&sim)))
        .on_state(move |s| tell.lock().unwrap().send(s.state).unwrap())
        .on_log(|_| {})
        .open()
        .unwrap();
    while got(&told) != LinkState::Online {}
    sim.close(Duration::ZERO).unwrap();
    while got(&told) == LinkState::Online {}
    let ticket = sp.send(Submit::to(TO).text("while it is away")).unwrap();
    let again = open();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Delivered);
    sp.close(LONG).unwrap();
    again.close(Duration::ZERO).unwrap();
}

#[test]
fn names_are_looked_up_and_further_addresses_tried() {
    let sim = simulator();
    let port = sim.listeners()[0].1.port();
    let nobody = free_port();
    let sp = Client::builder()
        .account(&format!(
            "cmpp://901234:x@{nobody}?alt=localhost:{port}&alt=127.0.0.1:{port}&reconnect_min=100ms&reconnect_max=100ms"
        ))
        .on_log(|_| {})
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    sp.close(LONG).unwrap();
}

#[test]
fn a_gateway_answers_later_reports_and_pushes() {
    let (tell, submits) = mpsc::channel();
    let tell = Mutex::new(tell);
    let (acked, acks) = mpsc::channel();
    let acked = Mutex::new(acked);
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(move |s| {
            if s.text().as_deref() == Some("no") {
                return Answer::Reject(13);
            }
            tell.lock().unwrap().send(s.clone()).unwrap();
            Answer::Later
        })
        .on_outcome(move |o| acked.lock().unwrap().send((o.ticket, o.status)).unwrap())
        .open()
        .unwrap();
    let address = gateway.listeners()[0].1;
    let (tell, delivers) = mpsc::channel::<Deliver>();
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .account(&format!("cmpp://901234:secret@{address}?sender=10657001&verify=strict"))
        .on_deliver(move |d| tell.lock().unwrap().send(d.clone()).unwrap())
        .open()
        .unwrap();
    let refused = sp.send(Submit::to(TO).text("no")).unwrap();
    let outcome = sp.outcome(refused, LONG).unwrap().unwrap();
    assert_eq!((outcome.status, outcome.code), (Status::Rejected, 13));
    let ticket = sp.send(Submit::to(TO).text("yes")).unwrap();
    let submit = got(&submits);
    assert_eq!(submit.text().as_deref(), Some("yes"));
    assert_eq!((submit.receivers[0].as_str(), submit.sender.as_str()), (Some(TO), Some("10657001")));
    assert!(sp.outcome(ticket, Duration::ZERO).unwrap().is_none());
    gateway.answer(submit.token, 0);
    gateway.answer(submit.token, 8);
    let report = gateway.report(&submit, "UNDELIV", Duration::from_millis(10)).unwrap();
    let outcome = sp.outcome(ticket, LONG).unwrap().unwrap();
    assert_eq!(outcome.status, Status::Undelivered, "{outcome}");
    assert_eq!(outcome.segments[0].message_id, submit.message_id);
    assert_eq!(got(&acks), (report, Status::Acked));
    let text = "上行".repeat(100);
    let push = gateway
        .deliver("901234", &MoMessage::new("13900139000", "1065700199", text.as_str()), Duration::ZERO)
        .unwrap();
    let deliver = got(&delivers);
    assert_eq!(deliver.text.as_deref(), Some(text.as_str()));
    assert_eq!((deliver.parts, deliver.receiver.as_str()), (3, Some("1065700199")));
    assert_eq!(got(&acks), (push, Status::Acked));
    let unknown = gateway.deliver("nobody", &MoMessage::new("13900139000", "1", "x"), Duration::ZERO);
    assert!(unknown.unwrap_err().to_string().contains("nobody"));
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

/// Octets of a CMPP 3.0 login of this name, whose digest is wrong.
fn login(name: &str) -> bytes::BytesMut {
    let connect = cmpp::Connect {
        source_addr: name.try_into().unwrap(),
        authenticator_source: [7; 16],
        version: 0x30,
        timestamp: 101_000_000,
    };
    let mut out = bytes::BytesMut::new();
    connect.encode(cmpp::V30, sanwang::wire::Seq::default(), &mut out).unwrap();
    out
}

/// Takes log lines until one has these words.
fn until(said: &Receiver<String>, words: &str) {
    while !got(said).contains(words) {}
}

#[test]
fn a_login_waits_until_its_question_is_answered() {
    let (ask, questions) = mpsc::channel();
    let ask = Mutex::new(ask);
    let (say, said) = mpsc::channel();
    let say = Mutex::new(say);
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0?login_timeout=30")
        .account("900000", "table")
        .accounts_later(move |question| match question.name() {
            // Answered before the function returns.
            "900001" => question.answer(Access::Secret(b"first".to_vec())),
            // Dropped, which is an answer, too.
            "900002" => {}
            _ => ask.lock().unwrap().send(question).unwrap(),
        })
        .on_submit(|_| Answer::Accept)
        .on_event(EventKinds::LOG, move |event| {
            if let Event::Log(log) = event {
                say.lock().unwrap().send(log.text.clone()).unwrap();
            }
        })
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let open = |who: &str| Client::open(&format!("cmpp://{who}@{at}?sender=10657001")).unwrap();
    for who in ["900000:table", "900001:first"] {
        let sp = open(who);
        sp.wait_online(LONG).unwrap();
        sp.close(LONG).unwrap();
    }
    let mut peer = std::net::TcpStream::connect(at).unwrap();
    peer.write_all(&login("900002")).unwrap();
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).unwrap();
    assert_eq!((answer.len(), answer[15]), (33, 3));
    until(&said, "900002: there is no such account");

    // Asked of another thread, which takes its time; what the SP sends meanwhile waits with it.
    let sp = open("900003:third");
    let question = got(&questions);
    assert_eq!((question.protocol(), question.name()), (Protocol::Cmpp, "900003"));
    assert!(question.peer().ip().is_loopback());
    assert_eq!(sp.state("900003").unwrap().0, LinkState::Connecting);
    question.answer(Access::Secret(b"third".to_vec()));
    sp.wait_online(LONG).unwrap();
    let ticket = sp.send(Submit::to(TO).text("hi").report(false)).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent);
    sp.close(LONG).unwrap();

    // Gone before the answer: nothing is left of it, and the answer is for nobody.
    let mut peer = std::net::TcpStream::connect(at).unwrap();
    peer.write_all(&login("900004")).unwrap();
    let question = got(&questions);
    drop(peer);
    until(&said, "did not log in");
    question.answer(Access::Secret(b"fourth".to_vec()));

    // Who sends much before it is let in is closed.
    let mut peer = std::net::TcpStream::connect(at).unwrap();
    peer.write_all(&login("900005")).unwrap();
    let question = got(&questions);
    let sent = (0..10_000).try_for_each(|_| peer.write_all(&[0; 1024]));
    assert!(sent.is_err());
    until(&said, "more than 64 KiB behind a login");
    drop(question);

    // A question outlives its gateway.
    let mut peer = std::net::TcpStream::connect(at).unwrap();
    peer.write_all(&login("900006")).unwrap();
    let question = got(&questions);
    gateway.close(LONG).unwrap();
    drop(gateway);
    question.answer(Access::Secret(b"sixth".to_vec()));
}

#[test]
fn a_polled_gateway_answers_many_at_once_and_polls_who_was_turned_away() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .polled(EventKinds::SUBMIT | EventKinds::LOG)
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let sp = Client::open(&format!("cmpp://901234:secret@{at}?sender=10657001&rate=0&report=no")).unwrap();
    let tickets: Vec<Ticket> =
        (0..10).map(|n| sp.send(Submit::to(TO).text(n.to_string())).unwrap()).collect();
    let mut answers = Vec::new();
    while answers.len() < 10 {
        for event in gateway.poll(10, LONG).unwrap() {
            let Event::Submit(submit) = event else { continue };
            let result = if submit.text().unwrap().as_str() < "5" { 0 } else { 13 };
            answers.push((submit.token, result));
        }
    }
    gateway.answer_all(&answers);
    for (n, ticket) in tickets.into_iter().enumerate() {
        let status = sp.outcome(ticket, LONG).unwrap().unwrap().status;
        assert_eq!(status, if n < 5 { Status::Sent } else { Status::Rejected });
    }
    std::net::TcpStream::connect(at).unwrap().write_all(&login("nobody")).unwrap();
    let refused = |event: &Event| matches!(event, Event::Log(log) if log.text.contains("no such account"));
    while !gateway.poll(10, LONG).unwrap().iter().any(refused) {}
    assert_eq!([Protocol::Cmpp, Protocol::Sgip, Protocol::Smgp].map(Gateway::busy), [8, 11, 1]);
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn what_a_poller_sends_together_goes_out_even_while_it_is_busy() {
    let sim = simulator();
    let sp = Client::builder().account(&format!("{}&report=no", url(&sim))).open().unwrap();
    sp.wait_online(LONG).unwrap();
    let other = sp.clone();
    let tickets = sp.together(|| {
        let tickets: Vec<Ticket> = (0..20).map(|_| sp.send(Submit::to(TO).text("x")).unwrap()).collect();
        assert!(matches!(sp.wait(Duration::ZERO), Err(SendError::WouldDeadlock)));
        // Busy with something that waits for another thread, which waits for the first message.
        let first = tickets[0];
        let seen = std::thread::spawn(move || other.outcome(first, LONG)).join().unwrap();
        assert_eq!(seen.unwrap().unwrap().status, Status::Sent);
        tickets
    });
    assert!(sp.wait(LONG).unwrap());
    for ticket in tickets {
        assert_eq!(sp.outcome(ticket, Duration::ZERO).unwrap().unwrap().status, Status::Sent);
    }
    sp.close(LONG).unwrap();
}

/// A gateway whose handler passes everything on through a client, whose connections belong to other threads: SGIP
/// dials when there is something to send, which is inside the handler.
#[test]
fn a_gateways_handler_sends_through_a_client() {
    let far = Simulator::builder().listen("sgip://127.0.0.1:0").silent().open().unwrap();
    let at = far.address(Protocol::Sgip).unwrap();
    let on = Client::open(&format!("sgip://one:x@{at}?node=3010012345&sender=10655001&report=no")).unwrap();
    let (tell, passed) = mpsc::channel();
    let tell = Mutex::new(tell);
    let through = on.clone();
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(move |submit| {
            let passed = through.send(Submit::to("13000000001").text(submit.text().unwrap())).unwrap();
            tell.lock().unwrap().send(passed).unwrap();
            Answer::Accept
        })
        .open()
        .unwrap();
    let near = gateway.listeners()[0].1;
    let sp = Client::open(&format!("cmpp://901234:secret@{near}?sender=10657001&report=no")).unwrap();
    let first = sp.send(Submit::to(TO).text("one")).unwrap();
    assert_eq!(sp.outcome(first, LONG).unwrap().unwrap().status, Status::Sent);
    assert_eq!(on.outcome(got(&passed), LONG).unwrap().unwrap().status, Status::Sent);
    // The gateway and its threads go; what they sent through still works.
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
    let last = on.send(Submit::to("13000000001").text("two")).unwrap();
    assert_eq!(on.outcome(last, LONG).unwrap().unwrap().status, Status::Sent);
    on.close(LONG).unwrap();
    far.close(Duration::ZERO).unwrap();
}

#[test]
fn pushes_wait_while_the_sp_is_away() {
    let gateway = Gateway::builder()
        .listen("smgp://127.0.0.1:0")
        .account("10000001", "secret")
        .on_submit(|_| Answer::Accept)
        .on_log(|_| {})
        .open()
        .unwrap();
    let account = format!("smgp://10000001:secret@{}?sender=1065900001", gateway.listeners()[0].1);
    let first = Client::open(&account).unwrap();
    first.wait_online(LONG).unwrap();
    first.close(LONG).unwrap();
    let push = gateway
        .deliver("10000001", &MoMessage::new("18900000001", "1065900001", "TD"), Duration::ZERO)
        .unwrap();
    assert!(gateway.outcome(push, Duration::from_millis(50)).unwrap().is_none());
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let second = Client::builder()
        .account(&account)
        .on_deliver(move |d| tell.lock().unwrap().send(d.text.clone()).unwrap())
        .open()
        .unwrap();
    assert_eq!(got(&told).as_deref(), Some("TD"));
    assert_eq!(gateway.outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    second.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn sgip_accounts_share_a_listener_and_each_gets_its_own() {
    let listen = free_port();
    let sim = Simulator::builder()
        .listen(&format!("sgip://127.0.0.1:0?deliver_to={listen}"))
        .account("one", "first")
        .account("two", "second")
        .silent()
        .open()
        .unwrap();
    let at = sim.address(Protocol::Sgip).unwrap();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .account(&format!("sgip://one:first@{at}?node=3010012345&listen={listen}&sender=10655001"))
        .account(&format!("sgip://two:second@{at}?node=3010054321&listen={listen}&sender=10655002"))
        .on_deliver(move |d| tell.lock().unwrap().send((d.account.to_string(), d.text.clone())).unwrap())
        .open()
        .unwrap();
    for name in ["one", "two"] {
        let ticket = sp.send(Submit::to("13000000001").text("hi").account(name)).unwrap();
        let outcome = sp.outcome(ticket, LONG).unwrap().unwrap();
        assert_eq!((outcome.status, &*outcome.account), (Status::Delivered, name), "{outcome}");
        sim.deliver(name, &MoMessage::new("13000000001", "10655001", "TD")).unwrap();
        assert_eq!(got(&told), (name.to_owned(), Some("TD".to_owned())));
    }
    assert_eq!(sp.listeners(), [listen]);
    sp.close(LONG).unwrap();
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn a_stranger_does_not_get_in_to_deliver() {
    let listen = free_port();
    let sp = Client::builder()
        .account(&format!(
            "sgip://one:first@127.0.0.1:1?node=3010012345&listen={listen}&bind_from=127.0.0.2/32"
        ))
        .on_deliver(|d| panic!("{d:?}"))
        .on_log(|_| {})
        .open()
        .unwrap();
    // A right name with a wrong secret, a right secret with the wrong type, all right from an address that is not in
    // `bind_from`, and who may come in.
    for (login_type, secret, from, status) in
        [(2u8, "wrong", 2, 1u8), (1, "first", 2, 4), (2, "first", 3, 1), (2, "first", 2, 0)]
    {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&std::net::SocketAddr::from(([127, 0, 0, from], 0)).into()).unwrap();
        socket.connect(&listen.into()).unwrap();
        let mut peer = std::net::TcpStream::from(socket);
        peer.set_read_timeout(Some(LONG)).unwrap();
        let bind = sanwang::wire::sgip::Bind {
            login_type,
            login_name: "one".try_into().unwrap(),
            login_password: secret.try_into().unwrap(),
            reserve: [0; 8],
        };
        let mut out = bytes::BytesMut::new();
        bind.encode(sanwang::wire::sgip::V12, sanwang::wire::Seq::default(), &mut out).unwrap();
        peer.write_all(&out).unwrap();
        let mut answer = [0; 29];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer[20], status, "type {login_type}, {secret}, from 127.0.0.{from}");
        if status != 0 {
            assert_eq!(peer.read(&mut answer).unwrap(), 0, "and the connection is closed");
        }
    }
    sp.close(Duration::ZERO).unwrap();
}

#[test]
fn every_version_speaks() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .listen("smgp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(|_| Answer::Accept)
        .open()
        .unwrap();
    let at = gateway.listeners();
    for (scheme, version, address) in [
        ("cmpp", "2.0", at[0].1),
        ("cmpp", "2.1", at[0].1),
        ("cmpp", "3.0", at[0].1),
        ("smgp", "2.0", at[1].1),
        ("smgp", "3.0", at[1].1),
    ] {
        let account = format!("{scheme}://901234:secret@{address}?version={version}&verify=strict&report=no");
        let sp = Client::open(&account).unwrap();
        let ticket = sp.send(Submit::to(TO).text("hi")).unwrap();
        let outcome = sp
            .outcome(ticket, LONG)
            .unwrap()
            .unwrap_or_else(|| panic!("{version}: {:?}", sp.state("901234")));
        assert_eq!(outcome.status, Status::Sent, "{scheme} {version}: {outcome}");
        sp.close(LONG).unwrap();
    }
    gateway.close(LONG).unwrap();
}

#[test]
fn a_deliver_is_answered_later_by_its_token() {
    let sim = simulator();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .account(&url(&sim))
        .on_deliver_later(move |d| {
            tell.lock().unwrap().send(d.token).unwrap();
            true
        })
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    let push = sim.deliver("901234", &MoMessage::new(TO, "10657001", "TD")).unwrap();
    let token = got(&told);
    assert!(sim.gateway().outcome(push, Duration::from_millis(50)).unwrap().is_none());
    sp.handled(token);
    assert_eq!(sim.gateway().outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    sp.close(LONG).unwrap();
}

#[test]
fn a_reply_goes_back_where_the_message_came_from() {
    let (tell, submits) = mpsc::channel();
    let tell = Mutex::new(tell);
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(move |s| {
            tell.lock().unwrap().send(s.clone()).unwrap();
            Answer::Accept
        })
        .open()
        .unwrap();
    let own: Arc<OnceLock<Client>> = Arc::new(OnceLock::new());
    let inner = own.clone();
    let sp = Client::builder()
        // The other account comes first and would be the default route.
        .account("cmpp://900009:x@127.0.0.1:1")
        .account(&format!("cmpp://901234:secret@{}?sender=10657001&report=no", gateway.listeners()[0].1))
        .on_deliver(move |d| {
            inner.get().unwrap().reply(d, "thanks").unwrap();
        })
        .on_log(|_| {})
        .open()
        .unwrap();
    own.set(sp.clone()).unwrap();
    while gateway.deliver("901234", &MoMessage::new(TO, "x", "x"), Duration::ZERO).is_err() {}
    let mut mo = MoMessage::new(TO, "1065700188", "TD");
    mo.link_id = "LINK42".to_owned();
    gateway.deliver("901234", &mo, Duration::ZERO).unwrap();
    let reply =
        std::iter::repeat_with(|| got(&submits)).find(|s| s.sender.as_str() == Some("1065700188")).unwrap();
    assert_eq!((reply.receivers[0].as_str(), reply.link_id.as_str()), (Some(TO), Some("LINK42")));
    assert_eq!(reply.text().as_deref(), Some("thanks"));
    sp.close(Duration::from_millis(100)).unwrap();
    gateway.close(Duration::from_millis(100)).unwrap();
}

#[test]
fn a_push_nobody_answered_goes_again_where_resend_says_so() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0?resend=always")
        .account("901234", "secret")
        .on_submit(|_| Answer::Accept)
        .on_log(|_| {})
        .open()
        .unwrap();
    let account = format!("cmpp://901234:secret@{}", gateway.listeners()[0].1);
    let first = Client::builder().account(&account).polled(EventKinds::DELIVER).open().unwrap();
    first.wait_online(LONG).unwrap();
    let push = gateway.deliver("901234", &MoMessage::new(TO, "10657001", "TD"), Duration::ZERO).unwrap();
    assert_eq!(first.poll(1, LONG).unwrap().len(), 1);
    // It comes, and the application goes away without having answered.
    first.close(Duration::ZERO).unwrap();
    let second = Client::builder().account(&account).polled(EventKinds::DELIVER).open().unwrap();
    let again = second.poll(1, LONG).unwrap();
    second.handled(again.first().expect("it comes again").token().unwrap());
    assert_eq!(gateway.outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    second.close(Duration::from_millis(100)).unwrap();
    gateway.close(Duration::ZERO).unwrap();
}

#[test]
fn a_message_to_several_receivers_gives_a_ticket_each() {
    let mut rules = SimulatorRules::default();
    rules.add_digit("9=13").unwrap();
    let sim = Simulator::builder()
        .listen("cmpp://127.0.0.1:0")
        .listen("smgp://127.0.0.1:0")
        .rules(rules)
        .silent()
        .open()
        .unwrap();
    let smgp = format!("smgp://10000001:x@{}?max_receivers=50", sim.address(Protocol::Smgp).unwrap());
    let sp =
        Client::builder().account(&format!("{}&max_receivers=2", url(&sim))).account(&smgp).open().unwrap();
    sp.wait_online(LONG).unwrap();
    let to = ["13800138000", "18900000001", "nobody", "+8613800138009", "13800138002", "18900000002"];
    let sent = sp.send_to_all(&to, Submit::to("").text("hi").reference("all"));
    assert_eq!(sent.len(), to.len());
    assert!(matches!(&sent[2], Err(SendError::BadReceiver(_))), "{sent:?}");
    let outcomes: Vec<_> = sent.iter().flatten().map(|t| sp.outcome(*t, LONG).unwrap().unwrap()).collect();
    let said: Vec<(String, Status)> =
        outcomes.iter().map(|o| (o.receiver.to_string_lossy().into_owned(), o.status)).collect();
    let expected = [
        ("13800138000", Status::Delivered),
        ("18900000001", Status::Delivered),
        ("13800138009", Status::Rejected),
        ("13800138002", Status::Delivered),
        ("18900000002", Status::Delivered),
    ];
    assert_eq!(said, expected.map(|(number, status)| (number.to_owned(), status)));
    assert!(outcomes.iter().all(|o| o.reference.as_deref() == Some("all")));
    // Two together, refused; both alone; the third alone; and two on the other network.
    assert_eq!(sim.counts().submits, 5);
    assert!(sp.wait(LONG).unwrap());
    sp.close(LONG).unwrap();
    assert!(sp.send_to_all(&to[..1], Submit::to("").text("x"))[0].is_err(), "closed");
}
