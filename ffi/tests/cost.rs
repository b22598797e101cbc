//! What a message costs in allocations: the same on every machine, unlike its time.
//!
//! It stands here because counting them takes `unsafe`, which the core forbids.

use sanwang_core::sim::Simulator;
use sanwang_core::wire::Protocol;
use sanwang_core::{Client, Submit};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

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

/// Allocations a message, both sides and the caller's own two strings included.
fn per_message(report: bool) -> f64 {
    const MESSAGES: u64 = 20_000;
    let sim = Simulator::builder().listen("cmpp://127.0.0.1:0").silent().open().unwrap();
    let at = sim.address(Protocol::Cmpp).unwrap();
    let report = if report { "yes" } else { "no" };
    let account = format!("cmpp://900001:secret@{at}?rate=0&queue=100000&report={report}&window=64");
    let sp = Client::builder().account(&account).on_outcome(|_| {}).open().unwrap();
    sp.wait_online(Duration::from_secs(20)).unwrap();
    let send = |n: u64| {
        for _ in 0..n {
            sp.send(Submit::to("13800138000").text("x".repeat(140))).unwrap();
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

#[test]
fn a_message_costs_few_allocations() {
    let (plain, reported) = (per_message(false), per_message(true));
    // A little above what it takes today; a lower figure is a reason to lower the bound.
    assert!(plain <= PLAIN, "{plain:.1} allocations a message, at most {PLAIN} wanted");
    assert!(
        reported <= REPORTED,
        "{reported:.1} allocations a message with its report, at most {REPORTED} wanted"
    );
}

const PLAIN: f64 = 13.5;
const REPORTED: f64 = 28.0;
