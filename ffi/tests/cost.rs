//! What a message costs in allocations and in calls to the system: the same on every machine, unlike its time.
//!
//! It stands here because counting allocations takes `unsafe`, which the core forbids.

#[path = "common/submits.rs"]
mod submits;

use bytes::BytesMut;
use sanwang_core::sim::Simulator;
use sanwang_core::text::Coding;
use sanwang_core::wire::{AnyPdu, Notes, Protocol, Seq};
use sanwang_core::{Client, EngineCounts, Submit, SubmitRef};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use submits::samples;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System` by `alloc` or `realloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations a message, both sides and what the caller makes for it included.
fn per_message(report: bool, lent: bool) -> f64 {
    const MESSAGES: u64 = 20_000;
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let at = sim.address(Protocol::Cmpp).unwrap();
    let report = if report { "yes" } else { "no" };
    let account = format!("cmpp://900001:secret@{at}?rate=0&queue=100000&report={report}&window=64");
    let sp = Client::builder().account(&account).on_outcome(|_| {}).open().unwrap();
    sp.wait_online(Duration::from_secs(20)).unwrap();
    let send = |n: u64| {
        for _ in 0..n {
            match lent {
                true => sp.send(SubmitRef::to("13800138000").content(Coding::ASCII, &[b'x'; 140])),
                false => sp.send(Submit::to("13800138000").text("x".repeat(140))),
            }
            .unwrap();
        }
        assert!(sp.wait(Duration::from_secs(60)).unwrap());
    };
    send(1000);
    let before = ALLOCATIONS.load(Relaxed);
    send(MESSAGES);
    let each = (ALLOCATIONS.load(Relaxed) - before) as f64 / MESSAGES as f64;
    sp.close(Duration::from_secs(5)).unwrap();
    sim.close(Duration::from_secs(5)).unwrap();
    each
}

/// One test at a time: allocations are counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_message_costs_few_allocations() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (plain, reported, lent) =
        (per_message(false, false), per_message(true, false), per_message(false, true));
    // A little above what it takes today; a lower figure is a reason to lower the bound.
    assert!(plain <= PLAIN, "{plain:.1} allocations a message, at most {PLAIN} wanted");
    assert!(
        reported <= REPORTED,
        "{reported:.1} allocations a message with its report, at most {REPORTED} wanted"
    );
    assert!(lent <= LENT, "{lent:.1} allocations a lent message, at most {LENT} wanted");
}

/// A frame is written into a buffer that is there without an allocation, and read with two: its content, and the count
/// of those who share it.
#[test]
fn the_codec_allocates_what_the_pdu_keeps() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, protocol, version, pdu) in samples() {
        let mut frame = BytesMut::with_capacity(1024);
        let mut least = [u64::MAX; 2];
        // Other threads of the process may allocate meanwhile, so the best of some tries counts.
        for _ in 0..20 {
            frame.clear();
            let before = ALLOCATIONS.load(Relaxed);
            pdu.encode(version, Seq::serial(7), &mut frame).unwrap();
            let written = ALLOCATIONS.load(Relaxed);
            let read = AnyPdu::decode(protocol, version, &frame, &mut Notes::default()).unwrap();
            let done = ALLOCATIONS.load(Relaxed);
            assert_eq!(read.1, pdu);
            least = [least[0].min(written - before), least[1].min(done - written)];
        }
        assert!(least[0] == 0 && least[1] <= 2, "{name}: {least:?} allocations to write and to read");
    }
}

fn calls(counts: EngineCounts) -> u64 {
    counts.polls + counts.reads + counts.writes + counts.wakes
}

/// Calls to the system a message, by client and gateway, in a closed loop of 16: every outcome's handler sends the next
/// message.
fn calls_per_message() -> (f64, f64) {
    const WINDOW: usize = 16;
    const MESSAGES: u64 = 4_000;
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let at = sim.address(Protocol::Cmpp).unwrap();
    let account = format!("cmpp://900001:secret@{at}?rate=0&report=no&window={WINDOW}");
    let sp: Arc<OnceLock<Client>> = Arc::new(OnceLock::new());
    let (own, sent) = (sp.clone(), AtomicU64::new(0));
    let next = move || {
        if sent.fetch_add(1, Relaxed) < MESSAGES {
            own.wait().send(Submit::to("13800138000").text("x".repeat(140))).unwrap();
        }
    };
    let next = Arc::new(next);
    let ended = next.clone();
    sp.set(Client::builder().account(&account).on_outcome(move |_| ended()).open().unwrap()).unwrap();
    let client = sp.wait();
    client.wait_online(Duration::from_secs(20)).unwrap();
    let before = (calls(client.engine_counts()), calls(sim.gateway().engine_counts()));
    (0..WINDOW).for_each(|_| next());
    assert!(client.wait(Duration::from_secs(60)).unwrap());
    let after = (calls(client.engine_counts()), calls(sim.gateway().engine_counts()));
    client.close(Duration::from_secs(5)).unwrap();
    sim.close(Duration::from_secs(5)).unwrap();
    let each = |n: u64| n as f64 / MESSAGES as f64;
    (each(after.0 - before.0), each(after.1 - before.1))
}

#[test]
fn messages_share_their_calls_to_the_system() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Alone, a message takes a poll, a read and a write on each side. How many come together depends on what else the
    // machine does, so the best of a few tries counts: where batching is broken none is good.
    let tries: Vec<_> = (0..10).map(|_| calls_per_message()).collect();
    let best = |calls: fn(&(f64, f64)) -> f64| tries.iter().map(calls).fold(f64::MAX, f64::min);
    let (client, gateway) = (best(|t| t.0), best(|t| t.1));
    assert!(
        client <= CALLS,
        "{client:.2} calls to the system a message by the client, at most {CALLS} wanted"
    );
    assert!(
        gateway <= CALLS,
        "{gateway:.2} calls to the system a message by the gateway, at most {CALLS} wanted"
    );
}

const CALLS: f64 = 1.5;
const PLAIN: f64 = 7.5;
const REPORTED: f64 = 15.0;
const LENT: f64 = 5.5;
