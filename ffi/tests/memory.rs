//! Long runs take no more memory than short ones: octets that are allocated, counted exactly, and threads.
//!
//! It stands here because counting allocations takes `unsafe`, which the core forbids.

#[path = "../../core/tests/common/ports.rs"]
mod ports;

use ports::free_port;
use sanwang_core::settings::EngineSettings;
use sanwang_core::sim::{Faults, Share, Simulator};
use sanwang_core::wire::Protocol;
use sanwang_core::{Client, Submit};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the pointer came from `System` by `alloc` or `realloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One test at a time: octets are counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const LONG: Duration = Duration::from_secs(60);

/// What one round may take more than another: a hash table that doubles once, a few messages. A list that kept something
/// of every message would take more than twice of it.
const ROUGHLY: i64 = 128 * 1024;

/// Tables that fill soon, so that a short run sees them full.
fn engine() -> EngineSettings {
    let mut settings = EngineSettings::default();
    settings.set("outcomes", "1024").unwrap();
    settings
}

fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn messages_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const ROUND: usize = 3_000;
    for protocol in Protocol::ALL {
        // Where SGIP takes reports: the simulator has to know it first.
        let reports = free_port();
        let faults =
            Faults { repeat_report: Share::new(500), early_report: Share::new(500), ..Faults::default() };
        let name = protocol.name().to_lowercase();
        let sgip = protocol == Protocol::Sgip;
        let (to, more) = match sgip {
            true => (format!("?deliver_to={reports}"), format!("&node=3010012345&listen={reports}")),
            false => (String::new(), String::new()),
        };
        let sim = Simulator::builder().listen(&format!("{name}://127.0.0.1:0{to}")).faults(faults);
        let sim = sim.engine(engine()).silent().open().unwrap();
        let at = sim.address(protocol).unwrap();
        // Few messages at once, so that what is in flight is the same each time.
        let user = if protocol == Protocol::Smgp { "10000001" } else { "900001" };
        let url = format!("{name}://{user}:secret@{at}?rate=0&remember=100&window=16&open_tickets=64{more}");
        let sp = Client::builder()
            .account(&url)
            .engine(engine())
            .on_outcome(|_| {})
            .on_log(|_| {})
            .open()
            .unwrap();
        let mut sent = 0;
        let mut round = || {
            for _ in 0..ROUND {
                sp.send(Submit::to("13800138000").text("x".repeat(140)).reference(format!("{sent:06}")))
                    .unwrap();
                sent += 1;
            }
            assert!(sp.wait(LONG).unwrap(), "{protocol}: every message has its outcome");
            // Reports that come twice and early are taken, too.
            until("every report is acknowledged", || sim.counts().reports == sim.counts().acked);
            LIVE.load(Relaxed)
        };
        // The first rounds fill what is bounded: outcomes to ask for, decided tickets, answers, buffers.
        let before = (0..4).map(|_| round()).max().unwrap();
        let after = (0..4).map(|_| round()).min().unwrap();
        assert!(
            after <= before + ROUGHLY,
            "{protocol}: {} octets more after {} more messages",
            after - before,
            4 * ROUND
        );
        sp.close(Duration::from_secs(5)).unwrap();
        sim.close(Duration::from_secs(5)).unwrap();
    }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// The octets of one login to a gateway, as a client of this library writes them.
fn a_login() -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("cmpp://900001:x@{}?version=2.0", listener.local_addr().unwrap());
    let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
    let mut login = [0; 39];
    listener.accept().unwrap().0.read_exact(&mut login).unwrap();
    sp.close(Duration::ZERO).unwrap();
    login.to_vec()
}

/// A gateway that accepts a login and breaks the connection.
fn log_in_and_break(gateway: &TcpListener, times: usize) {
    for _ in 0..times {
        let (mut peer, _) = gateway.accept().unwrap();
        let mut login = [0; 39];
        peer.read_exact(&mut login).unwrap();
        // Length, CMPP_CONNECT_RESP, the sequence, status 0, no digest, version 2.0 (cmpp.md 4.2).
        let mut answer = vec![0, 0, 0, 30, 0x80, 0, 0, 1];
        answer.extend_from_slice(&login[8..12]);
        answer.resize(29, 0);
        answer.push(0x20);
        // The octets may meet a connection that the client has given up.
        let _ = peer.write_all(&answer);
    }
}

#[test]
fn a_thousand_reconnects_leave_nothing_behind_on_either_side() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let login = a_login();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let times = "reconnect_min=100ms&reconnect_max=100ms&verify=off&version=2.0";
    let url = format!("cmpp://900001:x@{at}?{times}&connections=32&report=no");
    let sp = Client::builder().account(&url).on_log(|_| {}).open().unwrap();
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let gateway = sim.address(Protocol::Cmpp).unwrap();
    let break_off = |address: &str, times: usize| {
        for _ in 0..times {
            let mut sp = TcpStream::connect(address).unwrap();
            sp.write_all(&login).unwrap();
            let mut answer = [0; 30];
            sp.read_exact(&mut answer).unwrap();
            assert_eq!(answer[12], 0, "the login is accepted");
        }
        until("the gateway sees every connection end", || {
            sim.gateway().metrics().iter().all(|account| account.inbound == 0)
        });
    };
    let round = |times: usize| {
        log_in_and_break(&listener, times);
        break_off(&gateway, times);
        (LIVE.load(Relaxed), threads())
    };
    round(200);
    let before = [round(50), round(50), round(50)];
    round(1_000);
    let after = [round(50), round(50), round(50)];
    assert!(sp.counters("900001").unwrap().logins >= 1_000, "the client logged in each time");
    let most =
        |list: &[(i64, usize)]| (list.iter().map(|one| one.0).max(), list.iter().map(|one| one.1).max());
    let least =
        |list: &[(i64, usize)]| (list.iter().map(|one| one.0).min(), list.iter().map(|one| one.1).min());
    let (octets, count) = (least(&after).0.unwrap() - most(&before).0.unwrap(), least(&after).1);
    assert!(octets <= ROUGHLY, "{octets} octets more after 1,000 reconnects of both sides");
    assert!(
        count <= most(&before).1,
        "{count:?} threads after 1,000 reconnects, {:?} before",
        most(&before).1
    );
    sp.close(Duration::ZERO).unwrap();
    sim.close(Duration::from_secs(5)).unwrap();
}
