//! On random clusters under random faults: what is counted as facts come is what a recount of the cluster's own state gives.

use super::Gauges;
use crate::engine::{Duration, Instant, mix};
use crate::experiment::Simulation;
use crate::kafka::{BrokerIx, PartitionIx};
use crate::scenario::Scenario;

/// Clusters that are drawn.
const CLUSTERS: u64 = 24;

/// A number below `end`, of a cluster and a purpose.
fn draw(cluster: u64, purpose: u64, end: u64) -> u64 {
    mix(mix(0x6A75_6765, cluster), purpose) % end
}

/// One to three faults that begin within 20 s and are over by 70 s.
fn faults(cluster: u64) -> Vec<String> {
    (0..1 + draw(cluster, 0, 3)).map(|i| fault(cluster, 10 * (i + 1))).collect()
}

fn fault(cluster: u64, purpose: u64) -> String {
    let a = 1 + draw(cluster, purpose, 4);
    let b = 1 + (a + draw(cluster, purpose + 1, 3)) % 4;
    let what = match draw(cluster, purpose + 2, 11) {
        0 => format!("kill broker {a} for 20s"),
        1 => format!("restart broker {a} down 3s"),
        2 => format!("pause broker {a} for 15s"),
        3 => format!("cut broker {a} from broker {b} for 50s"),
        4 => format!("cut broker {a} from controllers for 15s"),
        5 => format!("cut broker {a} from everything for 15s"),
        6 => "kill controller leader for 10s".to_owned(),
        7 => "pause controller leader for 8s".to_owned(),
        8 => "elect preferred all".to_owned(),
        9 => "reassign orders-0 to 4,3,2; orders-1 to 1,4".to_owned(),
        _ => "reassign orders-2 to 1,2,3,4".to_owned(),
    };
    format!("\"at {}s {what}\"", 5 + draw(cluster, purpose + 3, 15))
}

fn scenario(faults: &[String]) -> Scenario {
    let text = format!(
        r#"
        duration = "150s"
        faults = [{}]
        cluster = {{ brokers = 4, controllers = 3 }}
        [[topic]]
        name = "orders"
        partitions = 8
        replication_factor = 3
        config = {{ "min.insync.replicas" = 2 }}
        [[topic]]
        name = "logs"
        partitions = 4
        replication_factor = 2
        [[client]]
        name = "shop"
        profile = "java-4.3"
        rate = 10
        topics = ["orders", "logs"]
        "#,
        faults.join(", ")
    );
    text.parse().unwrap()
}

/// Partitions that a broker leads, asked of the cluster itself.
fn led(simulation: &Simulation, broker: BrokerIx) -> u64 {
    let world = simulation.world();
    (0..world.spec().partitions.len() as u32).filter(|p| world.broker(broker).leads(PartitionIx(*p))).count() as u64
}

#[test]
fn counts_are_those_of_a_recount() {
    (0..CLUSTERS).for_each(holds);
}

fn holds(cluster: u64) {
    let faults = faults(cluster);
    let scenario = scenario(&faults);
    let mut simulation = Simulation::new(&scenario, cluster);
    let mut gauges = Gauges::new(simulation.world().spec(), Instant::ZERO + scenario.count_from);
    while simulation.now() < simulation.end() {
        let next = simulation.end().min(simulation.now() + Duration::from_millis(100));
        simulation.run_to(next, &mut |at, fact| gauges.on_fact(at, fact));
        for broker in (0..4).map(BrokerIx) {
            let counted = gauges.brokers[broker.index()].counts().leaders;
            assert_eq!(counted, led(&simulation, broker), "cluster {cluster}, {faults:?}, broker {broker} at {:?}", simulation.now());
        }
    }
    for broker in &gauges.brokers {
        assert_eq!(broker.counts(), broker.recounted(&gauges.min_isr), "cluster {cluster}, {faults:?}");
        assert!(broker.agrees_with(&gauges.registrations), "cluster {cluster}, {faults:?}: all is calm, and a leader knows another ISR");
    }
    let leaderless = leaderless(&simulation);
    let under_replicated = simulation.world().under_replicated() as u64 - leaderless;
    let end = simulation.now();
    let found = gauges.finish(simulation.world().spec(), end);
    let record = simulation.finish();
    let at_end = |name: &str| found.metrics.iter().find(|g| g.name == name).unwrap().total.at_end.unwrap();
    let shown = ["UnderReplicatedPartitions", "OfflinePartitionsCount", "LeaderCount", "ReassigningPartitions"].map(at_end);
    assert_eq!(shown, [under_replicated, leaderless, 12 - leaderless, 0], "cluster {cluster}, {faults:?}");
    let shown = ["ActiveControllerCount", "FencedBrokerCount", "ActiveBrokerCount", "up"].map(at_end);
    assert_eq!(shown, [1, 0, 4, 4], "cluster {cluster}, {faults:?}");
    // An answer that newer metadata overtook is an answer, and counts for nothing.
    assert!(at_end("IsrShrinksPerSec") <= record.cluster.isr_shrinks);
    assert!(at_end("IsrExpandsPerSec") <= record.cluster.isr_expands);
}

/// Partitions that nobody leads, asked of the cluster itself.
fn leaderless(simulation: &Simulation) -> u64 {
    let world = simulation.world();
    (0..world.spec().partitions.len() as u32).filter(|p| world.leader(PartitionIx(*p)).is_none()).count() as u64
}
