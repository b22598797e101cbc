//! Listeners that are added to an open gateway and taken from it, over real sockets on loopback.

use sanwang::settings::Listen;
use sanwang::wire::Protocol;
use sanwang::{Access, Answer, Client, Gateway, MoMessage, OpenError, SendError, Status, Submit};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
const TO: &str = "13800138000";

fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !what() {
        assert!(Instant::now() < end, "it comes in time");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a client gets in.
fn comes_in(url: &str) -> bool {
    let sp = Client::open(url).unwrap();
    let came = sp.wait_online(LONG).is_ok();
    sp.close(LONG).unwrap();
    came
}

/// How a message of an account ends that asks for no report.
fn status(sp: &Client) -> Status {
    let ticket = sp.send(Submit::to(TO).text("hi")).unwrap();
    sp.outcome(ticket, LONG).unwrap().unwrap().status
}

fn listen(url: &str, name: &str) -> Listen {
    Listen::parse(url).unwrap().with_name(name)
}

/// A gateway with one listener, called mobile, and one account, and a connection that is logged in.
fn with_one_sp() -> (Gateway, Client, String) {
    let gateway = Gateway::builder()
        .listen_as(listen("cmpp://127.0.0.1:0", "mobile"))
        .account("901234", "secret")
        .on_submit(|_| Answer::Accept)
        .on_log(|_| {})
        .open()
        .unwrap();
    let at = gateway.listeners()[0].1;
    let url = format!("cmpp://901234:secret@{at}?rate=0&report=no&congestion_max=0&sender=10657001");
    let sp = Client::open(&url).unwrap();
    sp.wait_online(LONG).unwrap();
    (gateway, sp, url)
}

#[test]
fn a_listener_is_added_to_an_open_gateway() {
    let (gateway, sp, url) = with_one_sp();
    let at = gateway.listeners()[0].1;
    gateway.set_account_settings("901234", [("versions", "2.0")]).unwrap();

    let added = gateway.add_listener(listen("cmpp://127.0.0.1:0?gateway_id=7", "more")).unwrap();
    let other = gateway.add_listener(listen("smgp://127.0.0.1:0", "")).unwrap();
    let all = [(Protocol::Cmpp, at), (Protocol::Cmpp, added), (Protocol::Smgp, other)];
    assert_eq!(gateway.listeners(), all);
    assert_eq!(gateway.listener_names(), ["mobile".into(), "more".into(), format!("smgp://{other}")]);
    let measured: Vec<String> = gateway.listener_metrics().into_iter().map(|m| m.listener).collect();
    assert_eq!(measured, [format!("cmpp://{at}"), format!("cmpp://{added}"), format!("smgp://{other}")]);
    let there = url.replace(&at.to_string(), &added.to_string());
    assert!(comes_in(&format!("{there}&version=2.0")) && !comes_in(&there), "its own settings hold there");
    gateway.set("more", [("bind_from", "192.0.2.0/24")]).unwrap();
    assert!(!comes_in(&format!("{there}&version=2.0")) && comes_in(&format!("{url}&version=2.0")));

    for (wrong, what) in [
        (listen("cmpp://127.0.0.1:0", "more"), "\"more\" already: give another name".to_owned()),
        (listen(&format!("sgip://{at}"), ""), format!("cannot listen on {at}: ")),
        (listen("cmpp://127.0.0.1:0?tls=yes", ""), "tls_cert".to_owned()),
    ] {
        let error = gateway.add_listener(wrong).unwrap_err();
        assert!(error.to_string().contains(&what), "{error}");
        if let OpenError::System { source, .. } = &error {
            assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
        }
    }
    assert_eq!(gateway.listeners(), all, "nothing has changed");
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
    let late = gateway.add_listener(listen("cmpp://127.0.0.1:0", "late")).unwrap_err();
    assert!(late.to_string().contains("closed"), "{late}");
}

#[test]
fn a_listener_goes_and_who_is_logged_in_stays() {
    let (gateway, sp, url) = with_one_sp();
    let at = gateway.listeners()[0].1;
    assert!(!comes_in(&url.replace(":secret", ":wrong")));
    let turned_away = gateway.turned_away();
    assert!(turned_away > 0);
    let mut silent = std::net::TcpStream::connect(at).unwrap();
    until(|| gateway.listener_metrics()[0].waiting == 1);

    let unknown = gateway.remove_listener("telecom").unwrap_err();
    assert_eq!(unknown.to_string(), "no listener is called \"telecom\"; there are: mobile");
    gateway.remove_listener("mobile").unwrap();
    assert!(gateway.listeners().is_empty() && gateway.listener_metrics().is_empty());
    assert_eq!(gateway.turned_away(), turned_away, "what was counted stays counted");
    silent.set_read_timeout(Some(LONG)).unwrap();
    let read = std::io::Read::read(&mut silent, &mut [0; 1]);
    assert!(!matches!(&read, Ok(1..)), "who has not logged in is closed");
    if let Err(error) = read {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    drop(silent);
    assert!(std::net::TcpStream::connect(at).is_err());
    assert_eq!(status(&sp), Status::Sent);
    let mo = MoMessage::new(TO, "10657001", "hi");
    let push = gateway.deliver("901234", &mo, Duration::ZERO).unwrap();
    assert_eq!(gateway.outcome(push, LONG).unwrap().unwrap().status, Status::Acked);
    let gone = gateway.set("mobile", [("window", "8")]).unwrap_err();
    assert!(gone.to_string().ends_with("there are: none"), "{gone}");

    // The settings of the account can be changed as before.
    gateway.set_account_settings("901234", [("rate", "1"), ("burst", "1")]).unwrap();
    assert!([status(&sp), status(&sp), status(&sp)].contains(&Status::Rejected));
    let wrong = gateway.set_account_settings("901234", [("rate", "fast")]).unwrap_err();
    assert!(wrong.to_string().contains("rate=fast"), "{wrong}");
    gateway.set_account_settings("901234", [("rate", "0")]).unwrap();
    assert_eq!([status(&sp), status(&sp)], [Status::Sent; 2]);

    // Another listener at its address.
    assert_eq!(gateway.add_listener(listen(&format!("cmpp://{at}"), "again")).unwrap(), at);
    assert!(comes_in(&url));
    assert_eq!(status(&sp), Status::Sent);
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn an_account_takes_the_settings_of_the_listener_it_logs_in_on_when_its_own_is_gone() {
    let (gateway, sp, url) = with_one_sp();
    let at = gateway.listeners()[0].1;
    let slow = gateway.add_listener(listen("cmpp://127.0.0.1:0?rate=1&burst=1", "slow")).unwrap();
    let there = url.replace(&at.to_string(), &slow.to_string());
    assert!(comes_in(&there));
    assert_eq!([status(&sp), status(&sp)], [Status::Sent; 2], "its first listener is still there");
    gateway.remove_listener(&format!("cmpp://{at}")).unwrap();
    assert_eq!([status(&sp), status(&sp)], [Status::Sent; 2], "it has not logged in again");
    assert!(comes_in(&there));
    assert!([status(&sp), status(&sp), status(&sp)].contains(&Status::Rejected));
    gateway.set("slow", [("rate", "0")]).unwrap();
    assert_eq!([status(&sp), status(&sp)], [Status::Sent; 2], "and follows it from then on");
    sp.close(LONG).unwrap();
    gateway.close(LONG).unwrap();
}

#[test]
fn listeners_come_and_go_many_times() {
    let (gateway, sp, _) = with_one_sp();
    let mut inside = Vec::new();
    for round in 0..20 {
        let name = format!("round {round}");
        let at = gateway.add_listener(listen("cmpp://127.0.0.1:0", &name)).unwrap();
        gateway.set_account(format!("90{round:04}"), "secret");
        let url = format!("cmpp://90{round:04}:secret@{at}?rate=0&report=no&sender=10657001");
        let other = Client::open(&url).unwrap();
        other.wait_online(LONG).unwrap();
        gateway.remove_listener(&name).unwrap();
        gateway.add_listener(listen(&format!("cmpp://{at}"), &name)).unwrap();
        gateway.remove_listener(&name).unwrap();
        inside.push(other);
        inside.iter().for_each(|other| assert_eq!(status(other), Status::Sent));
    }
    assert_eq!((status(&sp), gateway.listener_names()), (Status::Sent, vec!["mobile".to_owned()]));
    assert!(gateway.metrics().iter().all(|account| account.inbound == 1));
    for one in inside.into_iter().chain([sp]) {
        one.close(LONG).unwrap();
    }
    gateway.close(LONG).unwrap();
}

#[test]
fn settings_of_accounts_for_a_protocol_whose_listener_is_gone_do_no_harm() {
    let gateway = Gateway::builder()
        .listen_as(listen("cmpp://127.0.0.1:0", "mobile"))
        .listen_as(listen("sgip://127.0.0.1:0", "unicom"))
        .account("901234", "secret")
        .account_setting("901234", "deliver_to", "127.0.0.1:8802")
        .open()
        .unwrap();
    gateway.remove_listener("unicom").unwrap();
    gateway.set("mobile", [("window", "8")]).unwrap();
    gateway.set_account_settings("901234", [("connections", "2")]).unwrap();
    let nobody = gateway.set_account_settings("901234", [("deliver_to", "127.0.0.1:8803")]).unwrap_err();
    assert!(nobody.to_string().contains("deliver_to"), "{nobody}");
    gateway.add_listener(listen("sgip://127.0.0.1:0", "unicom")).unwrap();
    gateway.set_account_settings("901234", [("deliver_to", "127.0.0.1:8803")]).unwrap();
    gateway.close(LONG).unwrap();
}

/// A listener waits for a look-up, so a change inside it would wait for itself.
#[test]
fn a_look_up_cannot_change_its_gateway() {
    let itself: Arc<OnceLock<Gateway>> = Arc::default();
    let (tell, told) = mpsc::channel();
    let (tell, known) = (Mutex::new(tell), itself.clone());
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .accounts_by(move |_, _| {
            let gateway = known.get().unwrap();
            let name = gateway.listener_names().remove(0);
            let said = [
                gateway.set(&name, [("window", "8")]).unwrap_err().to_string(),
                gateway.set_account_settings("901234", [("window", "8")]).unwrap_err().to_string(),
                gateway.add_listener(listen("cmpp://127.0.0.1:0", "")).unwrap_err().to_string(),
                gateway.remove_listener(&name).unwrap_err().to_string(),
            ];
            assert_eq!(gateway.close(LONG).unwrap_err(), SendError::WouldDeadlock);
            tell.lock().unwrap().send(said).unwrap();
            Access::Secret(b"secret".to_vec())
        })
        .open()
        .unwrap();
    itself.set(gateway.clone()).unwrap();
    assert!(comes_in(&format!("cmpp://901234:secret@{}", gateway.listeners()[0].1)));
    for said in told.recv_timeout(LONG).unwrap() {
        assert_eq!(said, "a look-up of accounts cannot change the gateway: let another thread do it");
    }
    gateway.close(LONG).unwrap();
}
