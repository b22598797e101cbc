//! Clients, gateways and the network between them from one seed: state machines only, a virtual clock, faults.
//!
//! `make simulate SEEDS=n` runs n worlds and `make simulate SEED=s` runs one and tells its story; `make test` runs
//! 10,000. What must hold stands in `audit.rs` and `ledger.rs`, which see the octets and the events and none of the
//! machines' insides, and in `bounds.rs`, which looks at the machines after every step. A failing seed is printed with
//! its command and belongs into `regressions.txt`.

mod asks;
mod audit;
mod bounds;
mod cast;
mod changes;
mod dice;
mod groups;
mod ledger;
mod network;
mod play;
mod tally;
mod world;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tally::Tally;
use world::World;

/// Worlds of a plain `cargo test`, which is not optimised; `make test` runs 10,000 in a profile of their own.
const SEEDS: u64 = 200;

/// Below this many worlds a rare kind of thing may be missing.
const ENOUGH: u64 = 1_000;

fn regressions() -> Vec<u64> {
    let lines = include_str!("regressions.txt").lines().map(|l| l.split('#').next().unwrap_or("").trim());
    lines.filter(|l| !l.is_empty()).map(|l| l.parse().expect("regressions.txt has one seed a line")).collect()
}

/// A run ends when so many worlds have failed.
const FAILURES: usize = 10;

/// One world; `None` when it broke a promise.
fn run(seed: u64) -> Option<Tally> {
    let result = std::panic::catch_unwind(|| World::new(seed).run());
    if result.is_err() {
        eprintln!("seed {seed} failed; its story: make simulate SEED={seed}");
    }
    result.ok().map(|(_, tally)| tally)
}

/// Printed whether the test passes or not: the harness holds back what `print!` writes.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

#[test]
fn every_world_keeps_every_promise() {
    if let Some(seed) = number("SANWANG_SEED") {
        return say(&run(seed).expect("no world failed").page());
    }
    let started = std::time::Instant::now();
    let seeds = number("SANWANG_SEEDS").unwrap_or(SEEDS);
    let total = Mutex::new(Tally::new());
    let old = regressions();
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Tally::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let seed = match old.get(at as usize) {
                        Some(seed) => *seed,
                        None if at - (old.len() as u64) < seeds => at - old.len() as u64,
                        None => break,
                    };
                    match run(seed) {
                        Some(tally) => own.add(&tally),
                        None => {
                            let mut failed = failed.lock().expect("no panic with it");
                            failed.push(seed);
                            if failed.len() >= FAILURES {
                                break next.store(u64::MAX / 2, Ordering::Relaxed);
                            }
                        }
                    }
                }
                total.lock().expect("no panic with it").add(&own);
            });
        }
    });
    let failed = failed.into_inner().expect("no panic with it");
    assert!(failed.is_empty(), "these seeds broke a promise, see above: {failed:?}");
    let total = total.into_inner().expect("no panic with it");
    let kept = old.len();
    say(&format!(
        "\n| simulation: {seeds} seeds and {kept} regressions, {} invariants checked {} million times, in {:.0} s on \
         {threads} threads\n{}",
        total.invariants(),
        total.checked() / 1_000_000,
        started.elapsed().as_secs_f64(),
        total.page()
    ));
    if seeds >= ENOUGH {
        let missing = total.missing();
        assert!(missing.is_empty(), "the worlds never showed {missing:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_story() {
    for seed in [1, 2, 3, 100] {
        assert_eq!(World::new(seed).run().0, World::new(seed).run().0);
    }
}
