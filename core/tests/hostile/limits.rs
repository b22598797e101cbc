//! The limits of a listener and of its accounts.

use crate::peer::{House, NAME, Peer, SECRET, until};
use sanwang::gateway::TurnedAway;
use sanwang::sim::{Faults, Share, Simulator};
use sanwang::wire::{cmpp, smgp};
use sanwang::{Access, Answer, Gateway};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[test]
fn the_allow_lists_of_listener_and_account_keep_addresses_out() {
    let house = House::open("cmpp://127.0.0.1:0?bind_from=127.0.0.2,127.0.0.3");
    assert_eq!(house.dial().login(NAME, SECRET), Some(2), "cmpp.md 7.2: illegal source address");
    assert_eq!(house.dial_from("127.0.0.2").login(NAME, SECRET), Some(0));
    house.until_turned_away(TurnedAway::Address, 1);
    assert!(house.lines("bind_from")[0].starts_with(&format!("cmpp://{} 127.0.0.1:", house.address)));
    house.close();

    let house = House::built("cmpp://127.0.0.1:0", |builder| {
        builder.on_submit(|_| Answer::Accept).account_setting(NAME, "bind_from", "127.0.0.2/32")
    });
    assert_eq!(house.dial().login(NAME, SECRET), Some(2));
    assert_eq!(house.dial().login(NAME, "a guess"), Some(3), "strangers learn nothing about the account");
    assert_eq!(house.dial_from("127.0.0.2").login(NAME, SECRET), Some(0));
    assert_eq!(house.dial().login("901235", SECRET), Some(0), "the other account has no such list");
    house.close();
}

#[test]
fn an_account_has_so_many_connections_and_no_more() {
    let house = House::built("cmpp://127.0.0.1:0?connections=8", |builder| {
        builder.on_submit(|_| Answer::Accept).account_setting(NAME, "connections", "2")
    });
    let mut held = [house.guest(), house.guest()];
    assert_eq!(house.dial().login(NAME, SECRET), Some(5));
    let others: Vec<_> = (0..8)
        .map(|_| {
            let mut peer = house.dial();
            assert_eq!(peer.login("901235", SECRET), Some(0), "another account has its own limit");
            peer
        })
        .collect();
    assert_eq!(house.dial().login("901235", SECRET), Some(5));
    house.until_turned_away(TurnedAway::TooMany, 2);
    held.iter_mut().for_each(Peer::lives);
    drop((held, others));
    until("the places come back", || house.connections() == (0, 0));
    house.guest().lives();
    house.close();
}

#[test]
fn logins_that_are_answered_together_count_one_by_one() {
    const LOGINS: usize = 5;
    let asked = Mutex::new(Vec::new());
    let house = House::built("cmpp://127.0.0.1:0?connections=2", |builder| {
        builder.on_submit(|_| Answer::Accept).accounts_later(move |question| {
            let mut asked = asked.lock().unwrap();
            asked.push(question);
            if asked.len() == LOGINS {
                // While the listener waits for this one: it finds all the answers at once.
                asked.drain(..).for_each(|one| one.answer(Access::Secret(SECRET.into())));
            }
        })
    });
    let logins: Vec<_> = (0..LOGINS)
        .map(|_| {
            let mut peer = house.dial();
            std::thread::spawn(move || (peer.login("901239", SECRET), peer))
        })
        .collect();
    let peers: Vec<_> = logins.into_iter().map(|one| one.join().unwrap()).collect();
    let let_in = peers.iter().filter(|(status, _)| *status == Some(0)).count();
    assert_eq!(let_in, 2, "{:?}", peers.iter().map(|(status, _)| status).collect::<Vec<_>>());
    house.close();
}

#[test]
fn an_address_has_so_many_connections_and_no_more() {
    let house = House::open("cmpp://127.0.0.1:0?address_limit=2");
    let (mut one, silent) = (house.guest(), house.dial());
    until("both count", || house.connections() == (2, 1));
    assert_eq!(house.dial().until_closed(), 0, "a third is closed at once");
    house.until_turned_away(TurnedAway::AddressFull, 1);
    let mut other = house.dial_from("127.0.0.2");
    assert_eq!(other.login(NAME, SECRET), Some(0));
    drop(silent);
    until("its place comes back", || house.connections() == (2, 0));
    let mut again = house.guest();
    [&mut one, &mut other, &mut again].into_iter().for_each(Peer::lives);
    house.close();
}

#[test]
fn a_listener_has_so_many_connections_and_so_many_without_a_login() {
    let house = House::open("cmpp://127.0.0.1:0?lobby_limit=2&listen_limit=4");
    let mut guests = [house.guest(), house.guest()];
    let silent = [house.dial(), house.dial()];
    until("all count", || house.connections() == (4, 2));
    assert_eq!(house.dial().until_closed(), 0);
    house.until_turned_away(TurnedAway::Full, 1);
    drop(guests[0].stream.shutdown(std::net::Shutdown::Both));
    until("one has gone", || house.connections() == (3, 2));
    assert_eq!(house.dial().until_closed(), 0);
    house.until_turned_away(TurnedAway::LobbyFull, 1);
    guests[1].lives();
    drop(silent);
    until("the silent ones have gone", || house.connections() == (1, 0));
    house.guest().lives();
    house.close();
}

#[test]
fn versions_that_are_not_allowed_are_refused_with_the_protocols_status() {
    let house = House::built("cmpp://127.0.0.1:0?versions=3.0,2.1", |builder| {
        builder.on_submit(|_| Answer::Accept).account_setting("901235", "versions", "2.0")
    });
    assert_eq!(house.dial().speaking(cmpp::V20).login(NAME, SECRET), Some(4), "cmpp.md 7.2");
    assert_eq!(house.dial().speaking(cmpp::V30).login(NAME, SECRET), Some(0));
    assert_eq!(house.dial().speaking(cmpp::V30).login("901235", SECRET), Some(4), "its own list counts");
    assert_eq!(house.dial().speaking(cmpp::V20).login("901235", SECRET), Some(0));
    house.until_turned_away(TurnedAway::Version, 2);
    let lines = house.lines("did not log in");
    assert_eq!(lines.len(), 2, "one line each: {lines:?}");
    assert!(lines[0].ends_with("901234: version 2.0 is not in versions"), "{lines:?}");
    house.close();

    let house = House::open("smgp://127.0.0.1:0?versions=3.0");
    assert_eq!(house.dial().speaking(smgp::V13).login(NAME, SECRET), Some(22));
    assert_eq!(house.dial().speaking(smgp::V30).login(NAME, SECRET), Some(0));
    house.close();
}

#[test]
fn wrong_logins_slow_down_their_address_and_no_other() {
    let house = House::open("cmpp://127.0.0.1:0?wrong_login_delay=300ms");
    for _ in 0..3 {
        assert_eq!(house.dial().login(NAME, "a guess"), Some(3));
    }
    // The delay counts from the fourth on, whenever this thread learns of its answer.
    let begun = Instant::now();
    assert_eq!(house.dial().login(NAME, "a guess"), Some(3));
    // The right secret waits as long as a wrong one, or waiting would tell them apart.
    assert_eq!(house.dial().login(NAME, SECRET), Some(0));
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    house.until_turned_away(TurnedAway::Credentials, 4);
    house.close();

    let house = House::open("cmpp://127.0.0.1:0?wrong_login_delay=1m&login_timeout=5m");
    for _ in 0..4 {
        assert_eq!(house.dial().login(NAME, "a guess"), Some(3));
    }
    let mut held = house.dial();
    let octets = held.login_octets(NAME, SECRET);
    held.write(&octets);
    until("it is in the lobby", || house.connections().1 == 1);
    assert_eq!(house.dial_from("127.0.0.2").login(NAME, SECRET), Some(0), "another address does not wait");
    until("the held one still does", || house.connections().1 == 1);
    drop(held);
    until("a held peer may go", || house.connections().1 == 0);
    house.close();
}

#[test]
fn who_is_not_let_in_for_another_reason_than_its_secret_is_not_slowed_down() {
    let refuse = |_, name: &str| if name == "909090" { Access::Refused } else { Access::Unknown };
    let house = House::built("cmpp://127.0.0.1:0?wrong_login_delay=1m&login_timeout=5m", |builder| {
        builder.on_submit(|_| Answer::Accept).accounts_by(refuse)
    });
    // More often than any number of wrong logins is free; a held one would not be answered in this test's time.
    for _ in 0..20 {
        assert_eq!(house.dial().login("909090", SECRET), Some(3), "as a wrong secret looks");
    }
    assert_eq!(house.dial().login(NAME, SECRET), Some(0));
    house.until_turned_away(TurnedAway::NotNow, 20);
    assert_eq!(house.turned_away(TurnedAway::Credentials), 0);
    assert!(house.lines("909090")[0].ends_with("909090: the account is not let in now"));
    house.close();
}

#[test]
fn a_carrier_that_refuses_logins_on_a_bad_day_does_not_slow_down_its_sps() {
    let sim = Simulator::builder()
        .listen("cmpp://127.0.0.1:0?wrong_login_delay=1m&login_timeout=5m")
        .faults(Faults { refuse_login: Share::new(10_000), ..Faults::default() })
        .silent()
        .open()
        .unwrap();
    let (protocol, address) = sim.listeners()[0];
    for _ in 0..20 {
        let mut peer = Peer::new(TcpStream::connect(address).unwrap(), protocol);
        assert_eq!(peer.login(NAME, SECRET), Some(3), "refused, and at once");
    }
    assert_eq!(sim.fault_counts().refuse_login, 20);
    sim.close(Duration::ZERO).unwrap();
}

#[test]
fn login_deadlines_hold_for_who_says_nothing_and_for_who_says_half() {
    let house = House::open("cmpp://127.0.0.1:0?login_timeout=1s");
    let (mut silent, mut half) = (house.dial(), house.dial());
    let octets = half.login_octets(NAME, SECRET);
    half.write(&octets[..20]);
    assert_eq!((silent.until_closed(), half.until_closed()), (0, 0));
    house.until_turned_away(TurnedAway::Timeout, 2);
    house.guest().lives();
    house.close();
}

#[test]
fn settings_of_one_account_are_checked_when_the_gateway_opens() {
    let open = |key: &str, value: &str| {
        let builder = Gateway::builder().listen("cmpp://127.0.0.1:0").account(NAME, SECRET);
        builder.account_setting(NAME, key, value).open().unwrap_err().to_string()
    };
    for (key, value, words) in [
        ("bind_from", "everywhere", "10.0.0.0/8"),
        ("conections", "3", "connections"),
        ("address_limit", "3", "listener"),
        ("report", "yes", "SP"),
        ("deliver_to", "127.0.0.1:1", "cmpp"),
    ] {
        let error = open(key, value);
        assert!(error.contains(words) && error.contains(NAME), "{key}: {error}");
    }
}
