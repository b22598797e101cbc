//! Connections that never log in: scanners, other protocols, silence, in great numbers.

use crate::peer::{House, LONG, NAME, Peer, SECRET, until};
use sanwang::gateway::TurnedAway;
use sanwang::{Client, Event, EventKinds, Gateway, SendError};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

/// Octets that look random and are the same in every run.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut octet = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..length).map(|_| octet()).collect()
}

#[test]
fn scanners_and_other_protocols_cost_one_count_and_few_lines() {
    for url in ["cmpp://127.0.0.1:0", "sgip://127.0.0.1:0", "smgp://127.0.0.1:0"] {
        let house = House::open(&format!("{url}?address_limit=0"));
        for _ in 0..200 {
            drop(house.dial());
        }
        house.until_turned_away(TurnedAway::Left, 200);
        let tls = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x00, 1, 2, 3, 4];
        let mut bad = vec![b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), tls.to_vec()];
        bad.extend((0..20).map(|seed| {
            let mut octets = noise(seed, 300);
            octets[0] |= 0x80; // An absurd length, or it would wait for the rest until the deadline.
            octets
        }));
        // Longer than any login, and shorter than a header.
        bad.push([&[0, 0, 0x0f, 0xff, 0, 0, 0, 1][..], &[7; 100]].concat());
        bad.push(vec![0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1]);
        let n = bad.len() as u64;
        for octets in bad {
            let mut peer = house.dial();
            peer.write(&octets);
            assert_eq!(peer.until_closed(), 0, "{url}: not an octet for {octets:02x?}");
        }
        house.until_turned_away(TurnedAway::Nonsense, n);
        assert_eq!(house.gateway.turned_away(), 200 + n);
        until("nothing is left of them", || house.connections() == (0, 0));
        let lines = house.lines("did not log in");
        assert!(lines.len() <= 30, "{} lines", lines.len());
        assert_eq!(house.dial().login(NAME, SECRET), Some(0), "{url}");
        house.close();
    }
}

#[test]
fn a_name_with_control_characters_reaches_the_log_escaped() {
    let house = House::open("cmpp://127.0.0.1:0");
    assert_eq!(house.dial().login("a\nb\u{7}", SECRET), Some(3));
    let lines = house.lines("a\\nb");
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
    house.close();
}

#[test]
fn floods_of_failed_look_ups_ask_seldom_and_remember_little() {
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    let own: Arc<OnceLock<Gateway>> = Arc::new(OnceLock::new());
    let inner = own.clone();
    let house = House::built("cmpp://127.0.0.1:0?wrong_login_delay=1m&login_timeout=2s", |builder| {
        builder.accounts_by(move |_, _| {
            *count.lock().unwrap() += 1;
            // A look-up may ask the gateway for its counts.
            if let Some(gateway) = inner.get() {
                gateway.turned_away();
            }
            sanwang::Access::Unknown
        })
    });
    own.set(house.gateway.clone()).unwrap();
    let mut peers: Vec<Peer> = (0..100).map(|_| house.dial()).collect();
    for (i, peer) in peers.iter_mut().enumerate() {
        let octets = peer.login_octets(&format!("9{i:05}"), SECRET);
        peer.write(&octets);
    }
    for peer in &mut peers {
        let _ = peer.until_closed();
    }
    // The first four are looked at, sixteen wait for their turn, the others are refused without a look.
    let asked = *asked.lock().unwrap();
    assert!((4..=20).contains(&asked), "asked {asked} times");
    assert_eq!(house.turned_away(TurnedAway::Slowed), 100 - asked);
    assert_eq!(house.gateway.turned_away(), 100);
    until("nothing is left of them", || house.connections() == (0, 0));
    house.close();
}

#[test]
fn a_look_up_that_panics_refuses_one_login_and_stops_nothing() {
    let look_up = |name: &str| match name {
        "909090" => panic!("the application's bug"),
        _ => sanwang::Access::Unknown,
    };
    let now = House::built("cmpp://127.0.0.1:0", |builder| {
        builder.on_submit(|_| sanwang::Answer::Accept).accounts_by(move |_, name| look_up(name))
    });
    let later = House::built("cmpp://127.0.0.1:0", |builder| {
        builder.on_submit(|_| sanwang::Answer::Accept).accounts_later(move |question| {
            let access = look_up(question.name());
            question.answer(access);
        })
    });
    for house in [now, later] {
        let mut guest = house.guest();
        // More often than there are threads, and than wrong logins are free.
        for _ in 0..10 {
            assert_eq!(house.dial().login("909090", SECRET), Some(3));
            guest.lives();
        }
        house.until_turned_away(TurnedAway::NotNow, 10);
        assert_eq!(house.dial().login("nobody", SECRET), Some(3));
        assert_eq!(house.dial().login(NAME, SECRET), Some(0));
        house.close();
    }
}

/// How many files this process may open, and how many it has open.
fn files() -> (usize, usize) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let limit = line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX);
    (limit, std::fs::read_dir("/proc/self/fd").unwrap().count())
}

fn rss() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn ten_thousand_silent_connections_are_bounded() {
    let (limit, open) = files();
    // Two files a connection, because both ends are in this process; and room for the other tests.
    let n = (limit.saturating_sub(open + 1_000) / 2).min(10_000);
    eprintln!("{n} silent connections: this process may open {limit} files");
    let house = House::open("cmpp://127.0.0.1:0?address_limit=0&lobby_limit=20000&login_timeout=5m");
    let mut guest = house.guest();
    let before = rss();
    let silent: Vec<Peer> = (0..n).map(|_| house.dial()).collect();
    until("all are in the lobby", || house.connections() == (n as u64 + 1, n as u64));
    let grown = rss().saturating_sub(before);
    eprintln!("{} octets each", grown / n.max(1));
    // Other tests run beside it, so there is some slack.
    assert!(grown < n * 4096 + (32 << 20), "{grown} octets for {n}");
    guest.lives();
    assert_eq!(house.dial().login("901235", SECRET), Some(0));
    drop(silent);
    until("nothing is left of them", || house.connections().1 == 0);
    house.until_turned_away(TurnedAway::Left, n as u64);
    house.close();

    let house = House::open("cmpp://127.0.0.1:0?address_limit=0&lobby_limit=50&login_timeout=5m");
    let mut guest = house.guest();
    let silent: Vec<Peer> = (0..n.min(2_000)).map(|_| house.dial()).collect();
    house.until_turned_away(TurnedAway::LobbyFull, silent.len() as u64 - 50);
    until("the others have gone", || house.connections() == (51, 50));
    guest.lives();
    house.close();
}

#[test]
fn lines_about_strangers_go_the_way_of_every_event() {
    // To handlers, where waiting would wait for itself.
    let own: Arc<OnceLock<Gateway>> = Arc::new(OnceLock::new());
    let (tell, told) = mpsc::channel();
    let (inner, tell) = (own.clone(), Mutex::new(tell));
    let gateway = Gateway::builder()
        .listen("cmpp://127.0.0.1:0")
        .on_log(move |log| {
            let gateway = inner.get().unwrap();
            let said = (log.text.clone(), gateway.wait(LONG), gateway.close(LONG).map(|_| ()));
            tell.lock().unwrap().send(said).unwrap();
        })
        .open()
        .unwrap();
    own.set(gateway.clone()).unwrap();
    drop(std::net::TcpStream::connect(gateway.listeners()[0].1).unwrap());
    let (text, wait, close) = told.recv_timeout(LONG).unwrap();
    assert!(text.contains("did not log in"), "{text}");
    assert_eq!((wait, close), (Err(SendError::WouldDeadlock), Err(SendError::WouldDeadlock)));
    assert!(gateway.wait(LONG).unwrap());
    gateway.close(Duration::ZERO).unwrap();

    // And to the queue of who polls; an SP's own listener (SGIP) is no other.
    let gateway = Gateway::builder().listen("cmpp://127.0.0.1:0").polled(EventKinds::LOG).open().unwrap();
    let sgip = "sgip://sp:x@127.0.0.1:1?node=3010012345&listen=127.0.0.1:0";
    let sp = Client::builder().account(sgip).polled(EventKinds::LOG).open().unwrap();
    drop(std::net::TcpStream::connect(gateway.listeners()[0].1).unwrap());
    drop(std::net::TcpStream::connect(sp.listeners()[0]).unwrap());
    let line = |poll: &dyn Fn() -> Option<Vec<Event>>| match &poll().unwrap()[..] {
        [Event::Log(log)] => format!("{} {}", log.account, log.text),
        other => panic!("{other:?}"),
    };
    let said = line(&|| gateway.poll(1, LONG));
    assert!(said.starts_with("cmpp://127.0.0.1:") && said.contains("did not log in"), "{said}");
    let said = line(&|| sp.poll(1, LONG));
    assert!(said.starts_with("sgip://127.0.0.1:") && said.contains("did not log in"), "{said}");
    gateway.close(Duration::ZERO).unwrap();
    sp.close(Duration::ZERO).unwrap();
}
