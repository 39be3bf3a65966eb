//! How long a committed change takes to be known to brokers.

use super::harness::{Cluster, brokers, partition};
use crate::kafka::{BrokerIx, MetadataOffset, PartitionIx, Release};
use crate::model::message::AdminRequest;
use crate::observe::Fact;

/// Milliseconds from the commit of one isolated election to each of two brokers knowing it.
fn told_after(release: Release, voters: usize, seed: u64) -> [f64; 2] {
    let mut cluster = Cluster::new(release, voters, seed, &[partition(&[1, 0, 2], &[0, 1, 2], Some(0))]);
    cluster.observe(BrokerIx(0));
    cluster.observe(BrokerIx(2));
    cluster.run_until(5000 + 61 * seed);
    cluster.admin(AdminRequest::ElectPreferred(vec![PartitionIx(0)]));
    cluster.run_until(8000 + 61 * seed);
    assert_eq!(cluster.truth(0).leader, Some(BrokerIx(1)));
    let of = |(at, fact): &(crate::engine::Instant, Fact)| match fact {
        Fact::PartitionCommitted { offset, .. } => Some((at.as_millis_f64(), MetadataOffset(offset.0 + 1))),
        _ => None,
    };
    let (committed, end) = cluster.facts.iter().find_map(of).unwrap();
    [0, 2].map(|b| {
        let learned = &cluster.observers[&BrokerIx(b)].learned;
        learned.iter().find(|(_, hw)| *hw >= end).unwrap_or_else(|| panic!("{release} {voters} {seed}: never told")).0 - committed
    })
}

#[test]
fn with_three_voters_brokers_before_4_1_wait_for_the_next_append_and_learn_together() {
    let waits: Vec<f64> = (0..40)
        .map(|seed| {
            let [a, b] = told_after(Release::V3_9, 3, seed);
            // One whose own wait of 500 ms has just ended asks again, and is told a round trip later.
            assert!((a - b).abs() < 4.5, "woken by the same append: {a} {b}");
            a
        })
        .collect();
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    let (least, most) = waits.iter().fold((f64::MAX, 0.0_f64), |(l, m), w| (l.min(*w), m.max(*w)));
    assert!((200.0..360.0).contains(&mean), "mean {mean}");
    assert!(least < 120.0 && (420.0..535.0).contains(&most), "from {least} to {most}");
}

#[test]
fn from_4_1_on_or_with_one_voter_brokers_learn_within_a_round_trip() {
    for (release, voters) in [(Release::V4_3, 3), (Release::V4_3, 1), (Release::V3_9, 1)] {
        for seed in 0..10 {
            for wait in told_after(release, voters, seed) {
                assert!(wait <= 4.5, "{release} {voters} voters: {wait}");
            }
        }
    }
}

#[test]
fn an_idle_cluster_of_one_voter_writes_nothing() {
    for release in [Release::V3_9, Release::V4_3] {
        let mut cluster = Cluster::new(release, 1, 1, &[partition(&[0, 1, 2], &[0, 1, 2], Some(0))]);
        cluster.observe(BrokerIx(0));
        let before = cluster.history.end();
        cluster.run_until(60_000);
        assert_eq!(cluster.history.end(), before, "{release}");
        assert_eq!(cluster.truth(0).isr, brokers(&[0, 1, 2]));
    }
}
