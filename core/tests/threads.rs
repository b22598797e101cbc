//! Handlers that block, and the threads that go on without them.

use sanwang::settings::EngineSettings;
use sanwang::sim::Simulator;
use sanwang::wire::Protocol;
use sanwang::{Client, Submit};
use std::collections::HashMap;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Of four threads two are held up by handlers: one after the other takes their place, and the last account is served as
/// if nothing were. It goes on like that when they are free again, also after a quiet time, when all of them sleep.
#[test]
fn handlers_of_two_accounts_block_at_once_and_a_third_is_served() {
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let address = sim.address(Protocol::Cmpp).unwrap();
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let (mut holds, mut held) = (HashMap::new(), HashMap::new());
    for name in ["900001", "900002"] {
        let (hold, wait) = mpsc::channel::<()>();
        holds.insert(name, hold);
        held.insert(name, Mutex::new(wait));
    }
    let mut builder = Client::builder().engine(EngineSettings { threads: 4, ..EngineSettings::default() });
    for name in ["900001", "900002", "900003"] {
        builder = builder.account(&format!("cmpp://{name}:x@{address}?rate=0&report=no"));
    }
    let sp = builder
        .on_outcome(move |outcome| {
            tell.lock().unwrap().send(outcome.account.to_string()).unwrap();
            if let Some(wait) = held.get(&*outcome.account) {
                wait.lock().unwrap().recv_timeout(LONG).unwrap();
            }
        })
        .open()
        .unwrap();
    let send = |account: &str| sp.send(Submit::to("13800138000").text("hi").account(account)).unwrap();
    let next = || told.recv_timeout(LONG).expect("its handler runs");
    for round in 0..3 {
        for account in ["900001", "900002", "900003"] {
            send(account);
            assert_eq!(next(), account, "round {round}");
        }
        for _ in 0..20 {
            send("900003");
            assert_eq!(next(), "900003", "round {round}");
        }
        for hold in holds.values() {
            hold.send(()).unwrap();
        }
        assert!(sp.wait(LONG).unwrap());
        if round == 1 {
            // Longer than threads look out for traffic.
            std::thread::sleep(Duration::from_millis(1_100));
        }
    }
    sp.close(LONG).unwrap();
    sim.close(LONG).unwrap();
}
