//! What each metric does in each kind of trouble, and what it does not do though people expect it. The rules are those of Kafka's source:
//! `Partition.isUnderReplicated`, `handleAlterPartitionUpdate`, `handleAlterPartitionError`; `ControllerMetricsChanges`.

use super::Gauges;
use crate::engine::Instant;
use crate::experiment::Simulation;
use crate::observe::record::gauges::{self as record, Gauge};
use crate::scenario::Scenario;

/// Twelve partitions on brokers 1 to 3, four led by each, `min.insync.replicas` 2, and a producer; `faults` begin 5 s in.
fn watch(faults: &str, more: &str) -> record::Gauges {
    let text = format!(
        r#"
        duration = "1m"
        faults = [{faults}]
        {more}
        [config]
        "auto.leader.rebalance.enable" = false
        [[topic]]
        name = "orders"
        partitions = 12
        replication_factor = 3
        config = {{ "min.insync.replicas" = 2 }}
        [[topic]]
        name = "single"
        partitions = 3
        replication_factor = 1
        [[client]]
        name = "shop"
        profile = "java-4.3"
        rate = 20
        partitioning = "round-robin"
        topics = ["orders"]
        "#
    );
    let scenario: Scenario = text.parse().unwrap();
    let mut simulation = Simulation::new(&scenario, 7);
    let mut gauges = Gauges::new(simulation.world().spec(), Instant::ZERO + scenario.count_from);
    let end = simulation.end();
    simulation.run_to(end, &mut |at, fact| gauges.on_fact(at, fact));
    let found = gauges.finish(simulation.world().spec(), end);
    assert!(simulation.finish().checks.violated.is_empty());
    found
}

const THREE: &str = "cluster = { brokers = 3, controllers = 3 }";

impl record::Gauges {
    fn of(&self, name: &str) -> &Gauge {
        self.metrics.iter().find(|g| g.name == name).unwrap()
    }
    fn most(&self, name: &str) -> u64 {
        self.of(name).total.most.unwrap()
    }
    fn moved(&self, name: &str) -> f64 {
        self.of(name).total.moved_ms.unwrap()
    }
    fn is_still(&self, name: &str) -> bool {
        self.of(name).total.moved_ms.is_none() && self.of(name).total.changes == 0
    }
}

#[test]
fn a_restart_expands_every_isr_and_shrinks_none() {
    let seen = watch(r#""at 5s restart broker 2 down 5s""#, THREE);
    // The controller takes the broker out of its ISRs: no leader has shrunk one. The leaders let it in again.
    assert!(seen.is_still("IsrShrinksPerSec"));
    assert_eq!(seen.most("IsrExpandsPerSec"), 12);
    // Every partition of `orders` misses it, and the others lead them all; what has one replica is led by nobody.
    assert_eq!(seen.most("UnderReplicatedPartitions"), 12);
    assert_eq!((seen.most("ControlledShutdownBrokerCount"), seen.most("FencedBrokerCount")), (1, 1));
    assert_eq!(seen.most("OfflinePartitionsCount"), 1);
    assert!(seen.is_still("UnderMinIsrPartitionCount"), "two of three are in sync, and two are the minimum");
    let leaders = &seen.of("LeaderCount").nodes;
    assert_eq!(leaders[&1].at_start, Some(5));
    assert_eq!(leaders[&2].at_end, Some(1), "leadership does not come back by itself, but of what only it has");
    assert_eq!(leaders[&1].at_end.unwrap() + leaders[&3].at_end.unwrap(), 14);
    // While it is gone it shows nothing, which is not zero.
    assert!(leaders[&2].gap_ms > 5_000.0 && leaders[&1].gap_ms == 0.0);
}

#[test]
fn in_a_crash_nothing_that_kafka_counts_moves_before_the_session_runs_out() {
    let seen = watch(r#""at 5s kill broker 2 for 30s""#, THREE);
    assert_eq!(seen.moved("up"), 5_000.0);
    for name in ["UnderReplicatedPartitions", "FencedBrokerCount", "ActiveBrokerCount", "OfflinePartitionsCount", "leader epochs"] {
        // broker.session.timeout.ms is 9 s; the last heartbeat was at most 2 s old, and the check comes every 0.9 s.
        assert!((12_000.0..=15_500.0).contains(&seen.moved(name)), "{name} moved at {} ms", seen.moved(name));
    }
    // What the dead broker led is missing from the sum, because a dead broker shows nothing.
    assert_eq!(seen.moved("LeaderCount"), 5_000.0);
    assert_eq!(seen.of("LeaderCount").total.least, Some(10));
    assert!(seen.is_still("IsrShrinksPerSec"), "the controller fenced it long before replica.lag.time.max.ms");
    assert_eq!(seen.most("OfflinePartitionsCount"), 1, "only the partition with one replica: the same commit that fences elects");
}

#[test]
fn a_partition_without_a_leader_is_under_replicated_on_no_broker() {
    let seen = watch(r#""at 5s kill broker 1 for 40s", "at 5s kill broker 2 for 40s", "at 5s kill broker 3 for 40s""#, THREE);
    assert_eq!(seen.most("OfflinePartitionsCount"), 15);
    assert!(seen.is_still("UnderReplicatedPartitions") || seen.moved("UnderReplicatedPartitions") > 45_000.0);
    assert!(seen.of("UnderReplicatedPartitions").total.gap_ms > 35_000.0, "nobody is there to show it");
}

#[test]
fn a_follower_that_cannot_reach_its_leader_is_shrunk_out_and_never_fenced() {
    let seen = watch(r#""at 5s cut broker 2 from broker 1""#, THREE);
    // Of the 4 that broker 1 leads and the 4 that broker 2 leads, all whose leader has looked in time: it looks every 15 s.
    assert!((4..=8).contains(&seen.most("IsrShrinksPerSec")));
    assert_eq!(seen.most("UnderReplicatedPartitions"), seen.most("IsrShrinksPerSec"));
    assert!(seen.moved("UnderReplicatedPartitions") >= 5_000.0 + 30_000.0 - 1_000.0, "replica.lag.time.max.ms is 30 s");
    for name in ["FencedBrokerCount", "ActiveBrokerCount", "OfflinePartitionsCount", "LeaderCount", "leader epochs", "up"] {
        assert!(seen.is_still(name), "{name}");
    }
}

#[test]
fn below_the_minimum_a_leader_says_so() {
    let seen = watch(r#""at 5s stop broker 2 for 30s", "at 15s stop broker 3 for 20s""#, THREE);
    assert_eq!(seen.most("UnderMinIsrPartitionCount"), 12);
    assert_eq!(seen.of("UnderMinIsrPartitionCount").total.at_end, Some(0));
    let at_minimum = &seen.of("AtMinIsrPartitionCount").total;
    assert_eq!((at_minimum.at_start, at_minimum.most), (Some(3), Some(15)), "of one replica, one is always the minimum");
}

#[test]
fn a_dead_controller_is_seen_in_who_is_active_and_in_no_partition() {
    let seen = watch(r#""at 5s kill controller leader for 20s""#, THREE);
    let active = &seen.of("ActiveControllerCount").total;
    assert_eq!((active.at_start, active.least, active.at_end), (Some(1), Some(0), Some(1)));
    assert_eq!(seen.most("NewActiveControllersCount"), 1);
    for name in ["UnderReplicatedPartitions", "LeaderCount", "leader epochs", "FencedBrokerCount", "OfflinePartitionsCount", "up"] {
        assert!(seen.is_still(name), "{name}");
    }
}

#[test]
fn a_controller_that_is_cut_off_takes_itself_for_active_for_a_while() {
    let seen = watch(r#""at 5s cut controller leader from controllers for 10s""#, THREE);
    // The others elect one when controller.quorum.fetch.timeout.ms (2 s) is over, it resigns after half as long again.
    let active = &seen.of("ActiveControllerCount").total;
    assert_eq!((active.at_start, active.least, active.most, active.at_end), (Some(1), Some(1), Some(2), Some(1)));
}

#[test]
fn a_move_of_replicas_is_no_missing_replica_but_a_failed_update() {
    let seen = watch(r#""at 5s reassign orders-0 to 2,3,4""#, "cluster = { brokers = 4, controllers = 1 }");
    assert!(seen.is_still("UnderReplicatedPartitions"), "what a reassignment adds is missing from nothing");
    assert_eq!(seen.most("ReassigningPartitions"), 1);
    assert_eq!(seen.of("ReassigningPartitions").total.at_end, Some(0));
    assert_eq!(seen.most("leader epochs"), 1);
    // The leader's own proposal completes the move and takes the leader away: it is answered NEW_LEADER_ELECTED, which counts as a failure.
    let counted = ["IsrExpandsPerSec", "IsrShrinksPerSec", "FailedIsrUpdatesPerSec"].map(|name| seen.most(name));
    assert_eq!(counted, [0, 0, 1]);
}

#[test]
fn before_4_1_a_new_replica_that_leads_at_once_counts_as_an_unclean_election() {
    let move_leader = r#""at 5s reassign orders-0 to 4,2,3""#;
    let brokers = |kafka: &str| format!("kafka = \"{kafka}\"\ncluster = {{ brokers = 4, controllers = 1 }}");
    assert_eq!(watch(move_leader, &brokers("3.9")).most("UncleanLeaderElectionsPerSec"), 1);
    assert!(watch(move_leader, &brokers("4.3")).is_still("UncleanLeaderElectionsPerSec"));
}

#[test]
fn a_broker_that_wakes_leads_what_others_lead_by_now() {
    let seen = watch(r#""at 5s pause broker 2 for 20s""#, THREE);
    let sum = &seen.of("LeaderCount").total;
    // It leads four of `orders` and one of `single`; until it has read on, the four are counted twice.
    assert_eq!((sum.at_start, sum.least, sum.most), (Some(15), Some(10), Some(19)));
    assert_eq!(seen.of("LeaderCount").nodes[&2].at_end, Some(1));
    assert!((19_999.0..20_001.0).contains(&seen.of("LeaderCount").nodes[&2].gap_ms));
}

#[test]
fn who_is_cut_off_from_everybody_is_cut_off_from_the_monitoring() {
    let all = watch(r#""at 5s cut broker 2 from everything for 20s""#, THREE);
    assert_eq!((all.moved("up"), all.of("up").total.back_ms), (5_000.0, Some(25_000.0)));
    let some = watch(r#""at 5s cut broker 2 from controllers for 20s""#, THREE);
    assert!(some.is_still("up"));
    assert_eq!(some.most("FencedBrokerCount"), 1);
    assert_eq!(some.most("LeaderCount"), 19, "it serves on and counts what it led, and the others have taken it");
}

#[test]
fn a_release_shows_what_it_has() {
    let old = watch("", "kafka = \"3.7\"\ncluster = { brokers = 3, controllers = 1 }");
    assert!(old.metrics.iter().all(|g| g.name != "UncleanLeaderElectionsPerSec" && g.name != "ControlledShutdownBrokerCount"));
    assert_eq!(old.not_told.len(), 2);
    assert!(old.metrics.iter().all(|g| g.total.moved_ms.is_none()), "nothing happens, and nothing moves");
}
