//! Changing clients and gateways while they are open, over real sockets on loopback.

#[path = "common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang::gateway::TurnedAway;
use sanwang::settings::Listen;
use sanwang::sim::Simulator;
use sanwang::wire::Protocol;
use sanwang::{
    Account, Answer, Client, Event, EventKinds, Gateway, LinkState, MoMessage, OpenError, Route, SendError,
    Status, Submit,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);
const TO: &str = "13800138000";

fn simulator() -> Simulator {
    Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap()
}

fn url(sim: &Simulator, user: &str) -> String {
    format!("cmpp://{user}:secret@{}?sender=10657001&rate=0", sim.address(Protocol::Cmpp).unwrap())
}

fn hi() -> Submit {
    Submit::to(TO).text("hi")
}

fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !what() {
        assert!(Instant::now() < end, "it comes in time");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn delivered(sp: &Client, submit: Submit) -> bool {
    let ticket = sp.send(submit).unwrap();
    sp.outcome(ticket, LONG).unwrap().unwrap().status == Status::Delivered
}

#[test]
fn settings_change_under_open_connections_and_nothing_breaks() {
    let sim = simulator();
    let sp = Client::open(&url(&sim, "a")).unwrap();
    sp.wait_online(LONG).unwrap();
    let changed = sp.set("a", [("window", "2"), ("rate", "50"), ("local", "127.0.0.1")]).unwrap();
    assert_eq!(changed.to_string(), "changed: a.window, a.rate; with the next connection: a.local");
    assert!(delivered(&sp, hi()));
    assert_eq!(sp.counters("a").unwrap().logins, 1, "no connection was lost");
    sp.set("a", [("connections", "3")]).unwrap();
    until(|| sp.metrics()[0].up == 3);
    sp.set("a", [("connections", "1")]).unwrap();
    until(|| sp.metrics()[0].up == 1);
    assert!(delivered(&sp, hi()));
    sp.set("a", [("report", "no")]).unwrap();
    let ticket = sp.send(hi()).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent, "for new messages");
    sp.close(LONG).unwrap();
}

#[test]
fn a_wrong_change_changes_nothing() {
    let sim = simulator();
    let sp = Client::open(&url(&sim, "a")).unwrap();
    sp.wait_online(LONG).unwrap();
    let before = sp.metrics()[0].clone();
    for (settings, what) in [
        (vec![("report", "no"), ("window", "0")], "window=0 is out of range"),
        (vec![("report", "no"), ("windw", "1")], "did you mean window"),
        (vec![("report", "no"), ("version", "2.0")], "version cannot change while the account is open"),
        (vec![("report", "no"), ("reconnect_min", "1h")], "reconnect_min is longer"),
    ] {
        let error = sp.set("a", settings).unwrap_err();
        assert!(matches!(&error, OpenError::Setting(_)) && error.to_string().contains(what), "{error}");
    }
    assert!(sp.set("b", [("window", "1")]).unwrap_err().to_string().contains("there are: a"));
    let twice = sp.add_account(Account::parse(&url(&sim, "a")).unwrap()).unwrap_err();
    assert!(twice.to_string().contains("two accounts are called"));
    let last = sp.remove_account("a", LONG).unwrap_err();
    assert!(last.to_string().contains("the last one stays"));
    let missing =
        Account::parse(&url(&sim, "b").replace(":secret", "").replace('?', "?secret_file=/nowhere&"))
            .unwrap();
    assert!(sp.add_account(missing).unwrap_err().to_string().contains("/nowhere"));
    let route = Route { accounts: vec!["b".into()], ..Route::default() };
    let accounts = vec![Account::parse(&format!("{}&report=no", url(&sim, "a"))).unwrap()];
    assert!(sp.reconfigure(accounts, vec![route], LONG).unwrap_err().to_string().contains("\"b\""));
    assert!(delivered(&sp, hi()), "report=no was never applied");
    assert_eq!((sp.metrics()[0].up, sp.metrics().len()), (before.up, 1));
    sp.close(LONG).unwrap();
}

#[test]
fn accounts_come_and_go_and_every_ticket_has_its_outcome() {
    let sim = simulator();
    let sp = Client::open(&url(&sim, "a")).unwrap();
    for round in 0..20 {
        let name = format!("b{round}");
        sp.add_account(Account::parse(&url(&sim, "b")).unwrap().with_name(&*name)).unwrap();
        assert_eq!(sp.accounts().count(), 2);
        let tickets: Vec<_> = (0..50).map(|_| sp.send(hi().account(&*name)).unwrap()).collect();
        let left = sp.remove_account(&name, LONG).unwrap();
        assert_eq!((left.abandoned, left.in_doubt), (0, 0), "the queue was sent");
        assert!(sp.send(hi().account(&*name)).is_err());
        for ticket in tickets {
            assert!(sp.outcome(ticket, LONG).unwrap().is_some());
        }
        assert_eq!(sp.state(&name), None);
    }
    assert!(delivered(&sp, hi()));
    sp.close(LONG).unwrap();
}

#[test]
fn a_whole_configuration_takes_the_place_of_another() {
    let sim = simulator();
    let account = |user: &str, more: &str| Account::parse(&format!("{}{more}", url(&sim, user))).unwrap();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sp = Client::builder()
        .add(account("same", ""))
        .add(account("other", ""))
        .add(account("gone", ""))
        .add(account("old", "&version=2.0"))
        .on_state(move |s| drop(tell.lock().unwrap().send((s.account.to_string(), s.state))))
        .open()
        .unwrap();
    sp.wait_online(LONG).unwrap();
    let route = Route { accounts: vec!["new".into(), "same".into()], ..Route::default() };
    let accounts = vec![
        account("same", ""),
        account("other", "&window=3"),
        account("new", ""),
        account("old", "&version=3.0"),
    ];
    let changed = sp.reconfigure(accounts, vec![route], LONG).unwrap();
    assert_eq!(changed.to_string(), "changed: other.window; added: new; removed: gone; replaced: old");
    sp.wait_online(LONG).unwrap();
    let ticket = sp.send(hi()).unwrap();
    assert_eq!(&*sp.outcome(ticket, LONG).unwrap().unwrap().account, "new", "the routes changed, too");
    assert!(delivered(&sp, hi().account("old")));
    let heard = |told: &Receiver<_>, what: (&str, LinkState)| {
        until(|| told.try_iter().any(|(name, state): (String, _)| (&*name, state) == what));
    };
    heard(&told, ("gone", LinkState::Offline));
    assert_eq!(sp.counters("same").unwrap().logins, 1);
    assert_eq!(sp.counters("other").unwrap().logins, 1);
    sp.close(LONG).unwrap();
    assert!(sp.set("same", [("window", "1")]).unwrap_err().to_string().contains("closed"));
}

#[test]
fn a_gateway_takes_and_drops_accounts_and_secrets_change() {
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .account("901234", "one")
        .on_submit(|_| Answer::Accept)
        .on_log(|_| {})
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let client = |secret: &str| {
        let url = format!("cmpp://901234:{secret}@{at}?reconnect_min=100ms&reconnect_max=100ms&report=no");
        Client::builder().account(&url).on_log(|_| {}).open().unwrap()
    };
    let sp = client("one");
    sp.wait_online(LONG).unwrap();
    gateway.set_account("901234", "two");
    let ticket = sp.send(hi()).unwrap();
    assert_eq!(sp.outcome(ticket, LONG).unwrap().unwrap().status, Status::Sent, "who is in stays in");
    let late = client("one");
    assert!(late.wait_online(LONG).is_err(), "the old secret is refused");
    let changed = late.set_secret("901234", "two").unwrap();
    assert_eq!(changed.to_string(), "with the next connection: 901234.secret");
    // It does not wait out the back-off of the refused login.
    until(|| late.state("901234").unwrap().0 == LinkState::Online);
    assert!(gateway.remove_account("901234", LONG) && !gateway.remove_account("901234", LONG));
    until(|| late.state("901234").unwrap().0 == LinkState::Refused);
    until(|| sp.state("901234").unwrap().0 == LinkState::Refused);
    gateway.set_account("901235", "x");
    assert_eq!(gateway.accounts(), ["901235"]);
    for sp in [sp, late] {
        sp.close(Duration::ZERO).unwrap();
    }
    gateway.close(LONG).unwrap();
}

#[test]
fn an_sgip_account_leaves_its_address_to_the_next() {
    let port = free_port();
    let url = |user: &str| format!("sgip://{user}:secret@127.0.0.1:9?node=3010012345&listen={port}");
    let sp = Client::builder().account(&url("a")).polled(EventKinds::DELIVER).open().unwrap();
    sp.add_account(Account::parse(&url("b")).unwrap()).unwrap();
    assert_eq!(sp.listeners(), [port], "shared");
    sp.remove_account("a", LONG).unwrap();
    assert_eq!(sp.listeners(), [port], "still used");
    sp.add_account(Account::parse("cmpp://c:x@127.0.0.1:9").unwrap()).unwrap();
    sp.remove_account("b", LONG).unwrap();
    assert!(sp.listeners().is_empty());
    drop(std::net::TcpListener::bind(port).expect("the address is free"));
    assert!(
        !matches!(sp.poll(1, Duration::ZERO), Some(list) if list.iter().any(|e| matches!(e, Event::Deliver(_))))
    );
    sp.close(Duration::ZERO).unwrap();
}

/// Whether a client gets in.
fn comes_in(url: &str) -> bool {
    let sp = Client::open(url).unwrap();
    let came = sp.wait_online(LONG).is_ok();
    sp.close(LONG).unwrap();
    came
}

#[test]
fn a_listener_takes_other_settings_while_it_is_open() {
    let gateway = Gateway::builder()
        .listen_as(Listen::parse("cmpp://127.0.0.1:0").unwrap().with_name("mobile"))
        .listen("smgp://127.0.0.1:0")
        .account("901234", "secret")
        .on_submit(|_| Answer::Accept)
        .open()
        .unwrap();
    let (at, other) = (gateway.listeners()[0].1, gateway.listeners()[1].1);
    assert_eq!(gateway.listener_names(), ["mobile".to_owned(), format!("smgp://{other}")]);
    let url = format!("cmpp://901234:secret@{at}?rate=0&report=no&congestion_max=0&sender=10657001");
    let sp = Client::open(&url).unwrap();
    sp.wait_online(LONG).unwrap();
    let status = |sp: &Client| {
        let ticket = sp.send(hi()).unwrap();
        sp.outcome(ticket, LONG).unwrap().unwrap().status
    };
    assert_eq!(status(&sp), Status::Sent);

    // For who is in, too: what an account may send.
    let changed = gateway.set("mobile", [("rate", "1"), ("burst", "1"), ("tcp_keepalive", "2m")]).unwrap();
    let said = "changed: mobile.rate, mobile.burst; with the next connection: mobile.tcp_keepalive";
    assert_eq!(changed.to_string(), said);
    let many: Vec<_> = (0..16).map(|_| sp.send(hi()).unwrap()).collect();
    let said = |ticket| sp.outcome(ticket, LONG).unwrap().unwrap().status;
    let many: Vec<Status> = many.into_iter().map(said).collect();
    assert!(many.contains(&Status::Rejected), "one a second: {many:?}");
    gateway.set("mobile", [("rate", "0")]).unwrap();
    assert_eq!([status(&sp), status(&sp)], [Status::Sent; 2]);

    // For who comes: who is in stays in.
    gateway.set("mobile", [("bind_from", "192.0.2.0/24")]).unwrap();
    assert!(!comes_in(&url));
    assert_eq!(status(&sp), Status::Sent);
    gateway.set(&format!("cmpp://{at}"), [("bind_from", ""), ("versions", "2.0")]).unwrap();
    assert!(!comes_in(&url) && comes_in(&format!("{url}&version=2.0")));
    gateway.set("mobile", [("versions", ""), ("connections", "1")]).unwrap();
    assert!(!comes_in(&url), "the account has its one connection");
    gateway.set("mobile", [("connections", "64"), ("listen_limit", "1")]).unwrap();
    let full = Client::open(&format!("{url}&reconnect_min=10m&reconnect_max=1h")).unwrap();
    until(|| {
        gateway.listener_metrics()[0].turned_away.iter().any(|(why, n)| why == TurnedAway::Full && n > 0)
    });
    full.close(Duration::ZERO).unwrap();
    gateway.set("mobile", [("listen_limit", "100")]).unwrap();
    assert!(comes_in(&url));

    // One account: on top of every listener.
    let changed = gateway.set_account_settings("901234", [("connections", "1")]).unwrap();
    assert_eq!(changed.to_string(), "changed: 901234.connections");
    assert!(!comes_in(&url));
    gateway.set_account_settings("901234", [("connections", "2")]).unwrap();
    assert!(comes_in(&url));
    assert_eq!(status(&sp), Status::Sent);
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn a_wrong_change_of_a_gateway_changes_nothing() {
    let gateway = Gateway::builder().listen("cmpp://127.0.0.1:0").account("901234", "secret").open().unwrap();
    let at = gateway.listeners()[0].1;
    let name = format!("cmpp://{at}");
    for (settings, what) in [
        (vec![("bind_from", "192.0.2.0/24"), ("window", "0")], "window=0 is out of range"),
        (vec![("bind_from", "192.0.2.0/24"), ("windw", "1")], "did you mean window"),
        (vec![("bind_from", "192.0.2.0/24"), ("gateway_id", "7")], "gateway_id cannot change while"),
        (vec![("bind_from", "192.0.2.0/24"), ("alt", "h:1")], "alt"),
        (vec![("bind_from", "192.0.2.0/24"), ("tls", "yes")], "tls_cert"),
    ] {
        let error = gateway.set(&name, settings).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let error = gateway.set("mobile", [("window", "1")]).unwrap_err().to_string();
    assert_eq!(error, format!("no listener is called \"mobile\"; there are: {name}"));
    for (key, what) in
        [("ids", "belongs to the listener"), ("windw", "did you mean window"), ("short", "cannot change")]
    {
        let error = gateway.set_account_settings("901234", [("bind_from", "192.0.2.0/24"), (key, "yes")]);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    assert!(comes_in(&format!("cmpp://901234:secret@{at}")), "bind_from has not changed");
    gateway.close(LONG).unwrap();
    assert!(gateway.set(&name, [("window", "1")]).unwrap_err().to_string().contains("closed"));
    let twice = |name: &str| Listen::parse("cmpp://127.0.0.1:0").unwrap().with_name(name);
    let error = Gateway::builder().listen_as(twice("a")).listen_as(twice("a")).open().unwrap_err();
    assert!(error.to_string().contains("two listeners are called \"a\""), "{error}");
}

#[cfg(feature = "config")]
#[test]
fn a_gateway_is_opened_from_a_file() {
    let folder = std::env::temp_dir().join(format!("sanwang-gateway-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("sp.secret"), "hush-hush\n").unwrap();
    let text = "[listeners.mobile]\nurl = \"cmpp://127.0.0.1:0\"\n[accounts.901234]\nsecret_file = \"sp.secret\"\n\
                versions = [\"2.0\"]\n[engine]\nthreads = 1\n";
    let config = sanwang::config::GatewayConfig::parse(text, &folder).unwrap();
    let open = || Gateway::builder().config(config.clone()).on_submit(|_| Answer::Accept).open();
    let gateway = open().unwrap();
    assert_eq!(
        (gateway.listener_names(), gateway.accounts()),
        (vec!["mobile".into()], vec!["901234".into()])
    );
    let url = format!("cmpp://901234:hush-hush@{}", gateway.listeners()[0].1);
    assert!(comes_in(&format!("{url}?version=2.0")) && !comes_in(&url), "its own versions");
    gateway.close(LONG).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(open().unwrap_err().to_string().contains("secret_file"), "read when it is opened");
}

#[test]
fn a_handler_may_look_while_another_thread_closes() {
    let listen = free_port();
    let sim = Simulator::builder()
        .listen(&format!("sgip://127.0.0.1:0?deliver_to={listen}"))
        .silent()
        .open()
        .unwrap();
    let at = sim.address(Protocol::Sgip).unwrap();
    let itself: Arc<OnceLock<Client>> = Arc::default();
    let (known, (tell, told)) = (itself.clone(), mpsc::channel());
    let tell = Mutex::new(tell);
    let returned = Arc::new(AtomicBool::new(false));
    let done = returned.clone();
    let sp = Client::builder()
        .account(&format!("sgip://one:first@{at}?node=3010012345&listen={listen}&sender=10655001"))
        .on_deliver(move |_| {
            let sp = known.wait();
            tell.lock().unwrap().send(()).unwrap();
            until(|| sp.send(hi()) == Err(SendError::Closed));
            assert_eq!(sp.listeners(), [listen]);
            done.store(true, Ordering::SeqCst);
        })
        .open()
        .unwrap();
    let sp = itself.get_or_init(|| sp);
    assert!(delivered(sp, Submit::to("13000000001").text("hi")));
    let push = sim.deliver("one", &MoMessage::new("13000000001", "10655001", "TD")).unwrap();
    told.recv_timeout(LONG).unwrap();
    sp.close(LONG).unwrap();
    assert!(returned.load(Ordering::SeqCst), "its handler returned before the close was over");
    let answered = sim.gateway().outcome(push, LONG).unwrap().unwrap();
    assert_eq!(answered.status, Status::Acked);
    sim.close(Duration::ZERO).unwrap();
}
