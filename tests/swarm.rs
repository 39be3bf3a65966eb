//! Stories of the swarm: a stretch of it, that it notices what is wrong, and that it makes failures smaller.
//!
//! A campaign of any length is `kafkasim check`; its failures are repeated and made smaller by it too.

use kafkasim::engine::{Distribution, Duration};
use kafkasim::model::spec::Role;
use kafkasim::scenario::{Scenario, Source, load};
use kafkasim::swarm::{Dimension, Flight, Kind, Options, fly, fly_with, judge, shrink_with};
use rayon::prelude::*;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every change runs so many clusters.
const RUNS: u64 = 400;
/// Numbers that fail and are not understood yet, with what is known: no other may fail, and one that no longer does leaves the list.
const OPEN: &str = include_str!("swarm/open.toml");

/// The numbers of [`OPEN`].
fn open() -> Vec<u64> {
    let table: toml::Table = OPEN.parse().expect("the open failures are TOML");
    let rows = table.get("failure").map(|rows| rows.as_array().expect("a list of failures"));
    rows.into_iter().flatten().map(|row| row["number"].as_integer().expect("a number of the swarm") as u64).collect()
}

/// What is wrong with one cluster of the swarm.
fn told(flight: &Flight) -> String {
    let complaints: Vec<&str> = flight.complaints.iter().map(|c| c.text.as_str()).collect();
    format!("### kafkasim check --runs 1 --seed {}\n{}\n---\n{}\n", flight.number, complaints.join("\n"), flight.toml)
}

#[test]
fn whatever_happens_promises_hold_and_calm_heals_everything() {
    let flights = (1..=RUNS).into_par_iter().map(|number| fly(number, &Options::default()));
    let mut failures: Vec<Flight> = flights.filter(|flight| !flight.is_good()).collect();
    failures.sort_by_key(|flight| flight.number);
    let known: Vec<u64> = open().into_iter().filter(|number| *number <= RUNS).collect();
    let (old, new): (Vec<Flight>, Vec<Flight>) = failures.into_iter().partition(|flight| known.contains(&flight.number));
    assert!(new.is_empty(), "{} of {RUNS} failed\n{}", new.len(), new.iter().map(told).collect::<String>());
    assert_eq!(old.iter().map(|flight| flight.number).collect::<Vec<_>>(), known, "what fails no longer leaves tests/swarm/open.toml");
}

#[test]
fn a_number_is_always_the_same_cluster_and_the_same_run() {
    let [one, same, other] = [7, 7, 8].map(|number| fly(number, &Options::default()));
    assert_eq!((&one.toml, &one.digest, &one.coverage), (&same.toml, &same.digest, &same.coverage));
    assert_ne!(one.toml, other.toml);
    assert_ne!(one.digest, other.digest);
}

/// Hardly anything comes in the same nanosecond: which of two is first then is nobody's promise, and hangs on what else was in the queue.
fn without_ties(scenario: &mut Scenario) {
    let jitter = |latency: &mut Distribution| {
        if let Distribution::Constant(delay) = *latency {
            *latency = Distribution::Uniform(delay, delay + Duration::from_micros(10));
        }
    };
    let graph = &mut scenario.spec.topology.graph;
    graph.node_weights_mut().for_each(|place| jitter(&mut place.inside.latency));
    graph.edge_weights_mut().for_each(|link| jitter(&mut link.latency));
}

/// Lets so little be written that there is much to skip.
fn with_little_traffic(scenario: &mut Scenario) {
    for client in &mut scenario.spec.clients {
        if let Role::Producer(workload) = &mut client.role {
            workload.rate = workload.rate.min(0.3);
        }
    }
}

/// The numbers from `KAFKASIM_SKIPPING_FROM` on (one), as many as `KAFKASIM_SKIPPING_COUNT` says (sixty).
#[test]
fn whatever_happens_what_is_skipped_would_have_changed_nothing() {
    let asked = |name, usual| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let from: u64 = asked("KAFKASIM_SKIPPING_FROM", 1);
    let run = |number, in_full| {
        let change = |scenario: &mut Scenario| {
            without_ties(scenario);
            if number % 2 == 0 {
                with_little_traffic(scenario);
            }
            scenario.spec.in_full = in_full;
        };
        fly_with(number, &Options::default(), &change)
    };
    let (few, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let is_different = |number: &u64| {
        let (skips, in_full) = (run(*number, false), run(*number, true));
        few.fetch_add(skips.events as usize, Ordering::Relaxed);
        all.fetch_add(in_full.events as usize, Ordering::Relaxed);
        let is_too_long = in_full.events > Options::default().max_events;
        !is_too_long && (skips.digest, skips.simulated) != (in_full.digest, in_full.simulated)
    };
    let different: Vec<u64> = (from..from + asked("KAFKASIM_SKIPPING_COUNT", 60)).into_par_iter().filter(is_different).collect();
    assert!(different.is_empty(), "not the same in full: {different:?}");
    let (few, all) = (few.into_inner(), all.into_inner());
    assert!(few < all - all / 40, "hardly anything was skipped: {few} events instead of {all}");
}

#[test]
fn the_scenario_that_is_told_is_the_run_that_was_judged() {
    for number in 1..=20 {
        let flown = fly(number, &Options::default());
        let judged = judge(&scenario(&flown.toml), &Options::default());
        assert_eq!((flown.digest, flown.simulated), (judged.digest, judged.simulated), "{number}");
    }
}

#[test]
fn few_draws_are_refused_and_settings_of_the_whole_range_are_among_them() {
    // No event is processed: only the draws are looked at.
    let flights: Vec<Flight> = (1..=600).into_par_iter().map(|number| fly(number, &Options { max_events: 0 })).collect();
    let refused: u64 = flights.iter().map(|flight| flight.redrawn).sum();
    assert!(refused < 60, "{refused} draws of 600 were refused");
    assert!(flights.iter().all(|flight| flight.complaints.iter().all(|c| c.kind != Kind::Refused)));
    let wild = flights.iter().filter(|f| f.coverage.reached(Dimension::Features).any(|(name, _)| name.contains("whole legal range")));
    assert!(wild.count() > 30);
}

fn scenario(text: &str) -> Scenario {
    load(&Source { name: "told".to_owned(), text: text.to_owned() }, &[]).unwrap_or_else(|found| panic!("{found}\n{text}"))
}

/// Three brokers, of which one is killed for good, and so much time after that.
fn without_a_broker(seconds: u64) -> Flight {
    let text = format!(
        "duration = \"{seconds}s\"\nfaults = [\"at 1s kill broker 1\"]\ncluster = {{ brokers = 3, controllers = 1 }}\n\
         topic = [{{ name = \"orders\", partitions = 3, replication_factor = 3 }}]\n\
         client = [{{ name = \"app\", rate = 2, topics = [\"orders\"] }}]\n"
    );
    judge(&scenario(&text), &Options::default())
}

fn kinds(flight: &Flight) -> Vec<Kind> {
    flight.complaints.iter().map(|complaint| complaint.kind.clone()).collect()
}

#[test]
fn a_cluster_that_stays_broken_is_noticed_but_not_before_it_had_time_to_heal() {
    let found = kinds(&without_a_broker(1500));
    assert!(found.contains(&Kind::NotServing) && found.contains(&Kind::UnderReplicated), "{found:?}");
    assert_eq!(kinds(&without_a_broker(30)), []);
}

#[test]
fn what_settings_make_impossible_is_not_asked_for() {
    let text = "duration = \"1500s\"\ncluster = { brokers = 1, controllers = 1 }\n\
         topic = [{ name = \"orders\", partitions = 1, replication_factor = 1, config = { \"min.insync.replicas\" = 2 } }]\n\
         client = [{ name = \"app\", rate = 2, topics = [\"orders\"] }]\n";
    let flight = judge(&scenario(text), &Options::default());
    assert!(flight.is_good(), "every record fails, as it must: {:?}", flight.complaints);
    let hasty = text.replace("[client]", "").replace("topic =", "config = { \"broker.session.timeout.ms\" = 100 }\ntopic =");
    let flight = judge(&scenario(&hasty), &Options::default());
    assert_eq!(flight.coverage.reached(Dimension::Unjudged).count(), 1, "{:?}", flight.coverage);
}

/// Of a hundred records a second, each a request of its own, with followers that take ten milliseconds between two fetches.
#[test]
fn more_than_a_connection_carries_is_not_asked_for() {
    let flight = |acks| {
        let text = format!(
            "duration = \"300s\"\ncluster = {{ brokers = 3, controllers = 1 }}\ncosts = {{ fetcher_turn = \"10ms\" }}\n\
             topic = [{{ name = \"orders\", partitions = 1, replication_factor = 3 }}]\n\
             client = [{{ name = \"app\", profile = \"kafkajs-2.2\", rate = 100, config = {{ acks = \"{acks}\" }} }}]\n"
        );
        judge(&scenario(&text), &Options::default())
    };
    let (all, leader) = (flight("-1"), flight("1"));
    assert_eq!((kinds(&all), all.coverage.reached(Dimension::Unjudged).count()), (vec![], 1), "{:?}", all.coverage);
    assert_eq!((kinds(&leader), leader.coverage.reached(Dimension::Unjudged).count()), (vec![], 0), "{:?}", leader.coverage);
}

#[test]
fn who_reads_a_deleted_topic_by_hand_may_ask_without_pause() {
    let few = Options { max_events: 6_000 };
    let flight = |faults: &str| {
        let text = format!(
            "duration = \"60s\"\nfaults = [{faults}]\ncluster = {{ brokers = 3, controllers = 1 }}\n\
             topic = [{{ name = \"orders\", partitions = 3, replication_factor = 3 }}]\n\
             client = [{{ name = \"reader\", role = \"consumer\", topics = [\"orders\"] }}, {{ name = \"app\", rate = 2, topics = [\"orders\"] }}]\n"
        );
        kinds(&judge(&scenario(&text), &few))
    };
    assert_eq!(flight("\"at 1s delete topic orders\""), []);
    assert_eq!(flight(""), [Kind::TooManyEvents]);
}

#[test]
fn a_failure_is_made_as_small_as_it_goes() {
    let break_it = |scenario: &mut Scenario| {
        assert!(scenario.spec.clients.iter().all(|client| client.consumption().is_none()), "there is a consumer");
    };
    let options = Options::default();
    let with_a_consumer = |number: &u64| fly(*number, &Options { max_events: 0 }).toml.contains("role = \"consumer\"");
    let number = (1..).find(with_a_consumer).expect("most have one");
    assert_eq!(kinds(&fly_with(number, &options, &break_it)), [Kind::Panicked]);

    let shrunk = shrink_with(number, &Kind::Panicked, &options, 400, &break_it, &|| true).expect("it fails");
    let small = scenario(&shrunk.flight.toml);
    let spec = &small.spec;
    assert_eq!((spec.brokers.len(), spec.voters.len(), spec.partitions.len(), spec.clients.len()), (1, 1, 1, 1), "{}", shrunk.flight.toml);
    assert!(small.duration < Duration::from_secs(3601), "{}", shrunk.flight.toml);
    let faults = small.canonical.lines().filter(|line| line.contains("\"at ") && !line.contains("start") && !line.contains("resume"));
    assert_eq!(faults.count(), 1, "only the calm's own: {}", shrunk.flight.toml);
    assert_eq!(kinds(&shrunk.flight), [Kind::Panicked]);

    // Whoever has had enough is given the smallest so far, and nothing where there was no time to see that it fails.
    let asked = AtomicUsize::new(0);
    let thrice = || asked.fetch_add(1, Ordering::Relaxed) < 3;
    let had_enough = shrink_with(number, &Kind::Panicked, &options, 400, &break_it, &thrice).expect("it fails");
    assert!(had_enough.tried < shrunk.tried, "{} of {}", had_enough.tried, shrunk.tried);
    assert_eq!(kinds(&had_enough.flight), [Kind::Panicked]);
    let healthy = |_: &mut Scenario| {};
    assert!(shrink_with(number, &Kind::Waiting, &options, 400, &healthy, &|| false).is_none());
}

/// Clusters of which each failed once, by number.
const ONCE: [u64; 56] = [
    89, 127, 480, 660, 863, 876, 907, 1054, 1689, 1834, 1850, 1901, 2080, 2629, 3866, 7168, 7276, 9232, 9236, 9333, 11_069, 12_040, 12_637,
    20_224, 20_620, 20_720, 21_929, 23_233, 25_282, 25_438, 26_090, 101_332, 101_375, 102_190, 102_349, 200_427, 202_375, 205_779, 209_060,
    210_493, 215_014, 300_816, 301_036, 307_374, 308_670, 309_411, 310_512, 400_009, 402_889, 406_790, 407_184, 407_666, 506_773, 516_660,
    517_875, 7_808_589,
];

fn once(number: u64) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/swarm/once-{number}.toml"));
    scenario(&std::fs::read_to_string(&path).expect("it is there"))
}

#[test]
fn what_once_was_wrong_stays_right() {
    // Clusters of earlier campaigns: a check knew too little of logs that had lost data, or a scenario of who had led a partition; records
    // and groups that waited for ever, or were taken to.
    for number in ONCE {
        let flight = judge(&once(number), &Options::default());
        assert!(flight.is_good(), "{number}: {:?}", flight.complaints);
    }
    // Events at the speed of the network, where 50 ms lie between two attempts.
    let flight = judge(&once(6949), &Options { max_events: 50_000 });
    assert!(flight.is_good(), "6949: {:?}", flight.complaints);
}
