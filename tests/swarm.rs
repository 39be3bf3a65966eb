//! A stretch of the swarm: random clusters under random faults, then calm, each of which must come out well.
//!
//! `KAFKASIM_SWARM_FIRST` and `KAFKASIM_SWARM_COUNT` choose others than the usual few; `KAFKASIM_SWARM_THREADS` says how many run side by
//! side. A failure prints the scenario.

use kafkasim::scenario::Source;
use kafkasim::swarm::{Flight, Kind, Options, fly, fly_with};
use std::sync::atomic::{AtomicU64, Ordering};

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What is wrong with one cluster of the swarm.
fn told(flight: &Flight) -> String {
    let complaints: Vec<&str> = flight.complaints.iter().map(|c| c.text.as_str()).collect();
    format!("### swarm {}\n{}\n---\n{}", flight.number, complaints.join("\n"), flight.toml)
}

#[test]
fn whatever_happens_promises_hold_and_calm_heals_everything() {
    let first = setting("KAFKASIM_SWARM_FIRST", 1);
    let end = first + setting("KAFKASIM_SWARM_COUNT", 190);
    let next = &AtomicU64::new(first);
    let mut failures: Vec<Flight> = std::thread::scope(|scope| {
        let numbers = move || std::iter::from_fn(move || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < end));
        let one = move || numbers().map(|n| fly(n, &Options::default())).filter(|flight| !flight.is_good()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..setting("KAFKASIM_SWARM_THREADS", 2)).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a panic is caught where it happens")).collect()
    });
    failures.sort_by_key(|flight| flight.number);
    assert!(failures.is_empty(), "{} of {} failed\n{}", failures.len(), end - first, failures.iter().map(told).collect::<String>());
}

#[test]
fn a_number_is_always_the_same_cluster() {
    let [one, same, other] = [7, 7, 8].map(|number| fly(number, &Options::default()));
    assert_eq!((&one.toml, &one.digest), (&same.toml, &same.digest));
    assert_ne!(one.toml, other.toml);
    assert_ne!(one.digest, other.digest);
}

#[test]
fn a_cluster_that_stays_broken_is_noticed() {
    let without_a_calm = |scenario: &mut kafkasim::scenario::Scenario| {
        let killed = format!("faults = [\"at 1s kill broker 1\"]\n{}", flown_without_faults(3));
        *scenario = kafkasim::scenario::load(&Source { name: "broken".to_owned(), text: killed }, &[]).expect("it can be read");
    };
    let flight = fly_with(3, &Options::default(), &without_a_calm);
    assert!(flight.complaints.iter().any(|c| c.kind == Kind::UnderReplicated), "{:?}", flight.complaints);
}

/// The scenario of a number without its list of faults.
fn flown_without_faults(number: u64) -> String {
    let toml = fly(number, &Options { max_events: 0 }).toml;
    let (before, rest) = toml.split_once("faults = [").expect("there are faults");
    let (_, after) = rest.split_once("\n]").expect("the list ends");
    format!("{before}{after}")
}
