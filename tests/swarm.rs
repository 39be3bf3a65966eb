//! A swarm: random clusters under random faults, then calm. Whatever was drawn, no promise of the protocol may be broken, nothing may panic, and
//! when all is healed and started again every partition is led, every ISR is full, and every client is served.
//!
//! A number is a cluster: the same one every time. `KAFKASIM_SWARM_FIRST` and `KAFKASIM_SWARM_COUNT` choose others than the usual few, for a
//! campaign; `KAFKASIM_SWARM_THREADS` says how many run side by side. A failure prints the scenario and the command that repeats it.

#[path = "swarm/draw.rs"]
mod draw;
#[path = "swarm/judge.rs"]
mod judge;

use kafkasim::experiment::{RunOptions, run};
use kafkasim::scenario::{Source, load};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// More events than any of these runs should take.
const MAX_EVENTS: u64 = 30_000_000;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What is wrong with one cluster of the swarm, if anything.
fn fly(number: u64) -> Option<String> {
    let text = draw::scenario(number);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let source = Source { name: format!("swarm-{number}"), text: text.clone() };
        let scenario = match load(&source, &[]) {
            Ok(scenario) => scenario,
            Err(found) => return found.iter().map(|d| format!("cannot be read: {}", d.message)).collect(),
        };
        let mut witness = judge::Witness::default();
        let options = RunOptions { seed: None, max_events: MAX_EVENTS };
        match run(&scenario, &options, Some(&mut |at, fact| witness.see(at, fact))) {
            Ok(record) => witness.complaints(&scenario, &record),
            Err(stopped) => vec![stopped.to_string()],
        }
    }));
    let complaints = outcome.unwrap_or_else(|_| vec!["it panicked, see above".to_owned()]);
    (!complaints.is_empty()).then(|| {
        format!(
            "### swarm {number}\n{}\n--- save as swarm-{number}.toml, then: kafkasim run swarm-{number}.toml --seed {number}\n{text}",
            complaints.join("\n")
        )
    })
}

#[test]
fn whatever_happens_promises_hold_and_calm_heals_everything() {
    let first = setting("KAFKASIM_SWARM_FIRST", 1);
    let end = first + setting("KAFKASIM_SWARM_COUNT", 190);
    let next = AtomicU64::new(first);
    let mut failures: Vec<String> = std::thread::scope(|scope| {
        let one =
            || std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < end)).filter_map(fly).collect::<Vec<_>>();
        let threads: Vec<_> = (0..setting("KAFKASIM_SWARM_THREADS", 2)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a panic is caught where it happens")).collect()
    });
    failures.sort();
    assert!(failures.is_empty(), "{} of {} failed\n{}", failures.len(), end - first, failures.join("\n"));
}

#[test]
fn a_number_is_always_the_same_cluster() {
    assert_eq!(draw::scenario(7), draw::scenario(7));
    assert_ne!(draw::scenario(7), draw::scenario(8));
}

#[test]
fn a_cluster_that_stays_broken_is_noticed() {
    let text = draw::scenario(3).lines().filter(|line| !line.contains(draw::CALM_MARK)).collect::<Vec<_>>().join("\n");
    let killed = text.replacen("faults = [", "faults = [\n  \"at 1s kill broker 1\",", 1);
    assert_ne!(text, killed);
    let scenario = load(&Source { name: "broken".to_owned(), text: killed }, &[]).expect("it can be read");
    let mut witness = judge::Witness::default();
    let record = run(&scenario, &RunOptions::default(), Some(&mut |at, fact| witness.see(at, fact))).expect("it ends");
    assert!(!witness.complaints(&scenario, &record).is_empty());
}
