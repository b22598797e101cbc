//! Clients, gateways and the network between them from one seed: state machines only, a virtual clock, faults.
//!
//! `SANWANG_SEEDS=n` runs n seeds, `SANWANG_SEED=s` runs one and tells its story. What must hold at every step
//! stands in `world.rs` as assertions; a failing seed is printed and belongs into `REGRESSIONS`.

mod world;

use world::World;

/// Seeds that failed once.
const REGRESSIONS: &[u64] = &[];

fn run(seed: u64) {
    let result = std::panic::catch_unwind(|| World::new(seed).run());
    if let Err(panic) = result {
        eprintln!("seed {seed} failed: run it alone with SANWANG_SEED={seed}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_message_has_one_outcome_whatever_the_network_does() {
    if let Ok(seed) = std::env::var("SANWANG_SEED") {
        return run(seed.parse().expect("SANWANG_SEED is a number"));
    }
    for seed in REGRESSIONS {
        run(*seed);
    }
    let seeds: u64 = std::env::var("SANWANG_SEEDS").map_or(2_000, |n| n.parse().expect("a number"));
    let halves = [0, 1].map(|half| {
        std::thread::spawn(move || {
            for seed in (0..seeds).filter(|s| s % 2 == half) {
                run(seed);
            }
        })
    });
    for half in halves {
        half.join().expect("a seed failed, see above");
    }
}

#[test]
fn the_same_seed_is_the_same_story() {
    for seed in [1, 2, 3, 100] {
        assert_eq!(World::new(seed).run(), World::new(seed).run());
    }
}
