//! Many seeds of one case, on all cores.

use crate::quantities::{Found, Watch};
use kafkasim::experiment::{RunOptions, run};
use kafkasim::scenario::{Override, Source, load};
use std::sync::atomic::{AtomicU64, Ordering};

/// What each seed gives, in the order of the seeds.
pub fn run_all(source: &Source, seeds: u64) -> Vec<Found> {
    let next = AtomicU64::new(1);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > seeds {
                return done;
            }
            done.push((seed, run_one(source, seed)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<(u64, Found)> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        started.into_iter().flat_map(|t| t.join().expect("no run panics")).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    all.into_iter().map(|(_, found)| found).collect()
}

fn run_one(source: &Source, seed: u64) -> Found {
    let scenario = load(source, &[Override::Seed(seed.to_string())]).expect("the case can be read");
    let mut watch = Watch::new(&scenario);
    let record = run(&scenario, &RunOptions::default(), Some(&mut |at, fact| watch.see(at, fact))).expect("the case ends");
    assert!(record.checks.violated.is_empty(), "{}, seed {seed}: {:?}", scenario.name, record.checks.violated);
    watch.found(&record)
}
