//! A later fault cannot change an earlier fact.

use super::cluster::{self, Cluster, END_MS, Strike};
use super::facts::{self, Told, difference};
use kafkasim::engine::{Duration, Instant};
use proptest::prelude::*;

/// A cluster, a moment, and further faults from that moment on.
fn with_later_faults() -> impl Strategy<Value = (Cluster, u64, Vec<Strike>)> {
    (cluster::any(), 500..END_MS - 500)
        .prop_flat_map(|(cluster, t)| {
            let later = cluster::storm(cluster.brokers, t..END_MS, 5);
            (Just(cluster), Just(t), later)
        })
        .prop_filter("there are later faults", |(_, _, later)| !later.is_empty())
}

/// What was told before a moment, in milliseconds.
fn before(ms: u64, facts: &[Told]) -> &[Told] {
    let t = Instant::ZERO + Duration::from_millis(ms);
    &facts[..facts.partition_point(|(at, _)| *at < t)]
}

proptest! {
    #![proptest_config(cluster::cases(24))]

    /// Premise: none. Two plans that are the same before t give the same facts before t, whatever comes from t on: nothing in the model
    /// knows the plan, and no draw counts what will happen.
    #[test]
    fn a_later_fault_changes_no_earlier_fact((cluster, t, later) in with_later_faults()) {
        let (plain, struck) = (facts::of(&cluster.scenario()), facts::of(&cluster.and(&later).scenario()));
        prop_assert_eq!(difference(before(t, &plain), before(t, &struck)), None);
        prop_assert!(struck.len() != before(t, &struck).len(), "the later faults left no trace at all");
    }

    /// Premise: none. Where a run ends changes nothing of what comes before.
    #[test]
    fn a_run_that_ends_sooner_tells_the_beginning_of_the_longer_one(cluster in cluster::any(), ms in 1..END_MS) {
        let scenario = cluster.scenario();
        let end = Instant::ZERO + Duration::from_millis(ms);
        let short = facts::of_spec(scenario.spec.clone(), scenario.plan.clone(), scenario.seed, end);
        prop_assert_eq!(difference(&short[..before(ms, &short).len()], before(ms, &facts::of(&scenario))), None);
    }
}

#[test]
fn an_earlier_fault_does_change_what_follows() {
    let quiet = Cluster {
        seed: 1,
        kafka: "4.3",
        ties: "fifo",
        brokers: 3,
        controllers: 1,
        partitions: 3,
        replication: 3,
        config: Vec::new(),
        costs: Vec::new(),
        clients: vec![cluster::client("app", "java-4.3", "rate = 20")],
        faults: Vec::new(),
    };
    let struck = quiet.and(&[(5_000, "kill broker 1 for 2s".to_owned())]);
    let (plain, struck) = (facts::of(&quiet.scenario()), facts::of(&struck.scenario()));
    assert_eq!(difference(before(5_000, &plain), before(5_000, &struck)), None);
    assert!(difference(before(5_001, &plain), before(5_001, &struck)).is_some(), "the kill is told at its moment");
    assert!(difference(before(6_000, &plain), before(6_000, &struck)).is_some());
}
