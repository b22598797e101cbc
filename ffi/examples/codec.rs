//! What a frame costs to write and to read: nanoseconds of this thread's CPU time, and allocations. `make bench` runs it
//! beside the codec floor of `tests/floors/limit`.
//!
//! It stands here because counting allocations takes `unsafe`, which the core forbids.

#![allow(clippy::print_stdout, reason = "it is a program that prints figures")]

#[path = "../tests/common/submits.rs"]
mod submits;

use bytes::BytesMut;
use sanwang_core::wire::{AnyPdu, Notes, Protocol, Seq, Version, cmpp};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
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

/// Nanoseconds that this thread has had a processor.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// Measures something in pieces of ten milliseconds and prints the median and the least of fifteen.
fn bench(name: &str, octets: usize, mut run: impl FnMut()) {
    let mut calls = 64u64;
    let mut time = |calls: u64| {
        let from = cpu_ns();
        (0..calls).for_each(|_| run());
        cpu_ns().saturating_sub(from)
    };
    while time(calls) < 10_000_000 && calls < 1 << 30 {
        calls *= 2;
    }
    let before = ALLOCATIONS.load(Relaxed);
    time(1 << 10);
    // Reading the clock allocates, too: less than once in a hundred calls.
    let allocations = (ALLOCATIONS.load(Relaxed) - before) >> 10;
    let mut times: Vec<f64> = (0..15).map(|_| time(calls) as f64 / calls as f64).collect();
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[7]);
    println!(
        "{{\"bench\":\"{name}\",\"octets\":{octets},\"ns_median\":{median:.2},\"ns_min\":{least:.2},\
         \"allocations\":{allocations}}}"
    );
}

/// Writes a PDU into one buffer again and again, then reads it.
fn both(name: &str, protocol: Protocol, version: Version, pdu: &AnyPdu) {
    let mut frame = BytesMut::with_capacity(4096);
    if let Err(error) = pdu.encode(version, Seq::serial(0x17), &mut frame) {
        println!("{name}: {error}");
        return;
    }
    let octets = frame.clone();
    bench(&format!("encode {name}"), octets.len(), || {
        frame.clear();
        let _ = black_box(black_box(pdu).encode(version, Seq::serial(0x17), &mut frame));
        black_box(&frame);
    });
    bench(&format!("decode {name}"), octets.len(), || {
        let mut notes = Notes::default();
        let _ = black_box(AnyPdu::decode(protocol, version, black_box(&octets), &mut notes));
    });
}

/// The same for an answer whose kind is known, as the session writes and reads it.
fn answer(name: &str, version: Version, answer: &cmpp::SubmitResp) {
    let mut frame = BytesMut::with_capacity(4096);
    if let Err(error) = answer.encode(version, Seq::serial(0x17), &mut frame) {
        println!("{name}: {error}");
        return;
    }
    let octets = frame.clone();
    bench(&format!("encode {name}"), octets.len(), || {
        frame.clear();
        let _ = black_box(black_box(answer).encode(version, Seq::serial(0x17), &mut frame));
        black_box(&frame);
    });
    bench(&format!("decode {name}"), octets.len(), || {
        let mut notes = Notes::default();
        if let Ok(read) = cmpp::SubmitResp::decode(version, black_box(&octets), &mut notes) {
            black_box(read);
        }
    });
}

fn main() {
    answer("cmpp submit_resp", black_box(cmpp::V30), &cmpp::SubmitResp { msg_id: 77, result: 0 });
    for (name, protocol, version, pdu) in samples() {
        both(name, protocol, version, &pdu);
    }
}
