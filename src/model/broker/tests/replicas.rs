//! Consumers that read from replicas nearby (KIP-392).

use super::bench::{A, Ask, B, BEFORE, Bench, C, EPOCH, ask};
use crate::kafka::config::BrokerConfig;
use crate::kafka::{ErrorCode, Offset};
use crate::model::Spec;
use std::sync::Arc;

/// A stands in rack `a`, B and C in rack `b`, and leaders choose by rack.
fn in_racks(spec: &mut Spec) {
    let mut config = BrokerConfig::default();
    config.set("replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector").unwrap();
    for (broker, rack) in spec.brokers.iter_mut().zip(["a", "b", "b"]) {
        broker.config = Arc::new(config.clone());
        broker.rack = Some(rack.to_owned());
    }
}

#[test]
fn a_leader_sends_a_consumer_to_the_replica_of_its_rack_that_has_come_farthest() {
    let mut bench = Bench::new(A, in_racks);
    bench.replicated(&[B, C], BEFORE, EPOCH);
    bench.produce(1);
    bench.replicated(&[B], BEFORE + 1, EPOCH);
    let from = |rack| Ask { rack, ..ask(BEFORE - 1) };
    let (sent_on, waited) = bench.fetched(&from(Some("b")));
    assert_eq!((sent_on.preferred_replica, sent_on.records.len()), (Some(B), 0));
    assert!(waited < 10.0, "{waited}");
    for rack in [Some("a"), Some("c"), None] {
        let (served, _) = bench.fetched(&from(rack));
        assert_eq!((served.preferred_replica, served.records.len()), (None, 1), "{rack:?}");
    }
}

#[test]
fn without_a_selector_everybody_reads_from_the_leader() {
    let mut bench = Bench::leading();
    bench.replicated(&[B, C], BEFORE, EPOCH);
    let (served, _) = bench.fetched(&Ask { rack: Some("b"), ..ask(BEFORE - 1) });
    assert_eq!((served.preferred_replica, served.records.len()), (None, 1));
}

#[test]
fn a_follower_serves_as_far_as_its_own_high_watermark_and_wakes_consumers_when_that_moves() {
    let mut bench = Bench::new(B, |_| {});
    bench.copied(B, BEFORE + 5, BEFORE, EPOCH);
    let waiting = bench.fetch(&ask(BEFORE));
    bench.run_to(bench.now + crate::engine::Duration::from_millis(100));
    assert!(!bench.is_answered(waiting), "it has five records more, and has not been told that they are committed");
    bench.copied(B, BEFORE + 5, BEFORE + 5, EPOCH);
    let given = bench.result(waiting);
    assert_eq!((given.error, given.high_watermark, given.records[0].end), (ErrorCode::None, Offset(BEFORE + 5), Offset(BEFORE + 5)));
    let (beyond, _) = bench.fetched(&ask(BEFORE + 6));
    assert_eq!(beyond.error, ErrorCode::OffsetOutOfRange);
}
