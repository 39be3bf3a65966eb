//! Draws the processes, topics, network and machines of a case.

use super::super::case::{Broker, Cluster, Link, Network, Place, Processes, Settings, Topic};
use super::super::dice::Dice;
use super::super::features::{Feature, Features};
use super::settings::{Strength, of_brokers};
use crate::kafka::Release;

/// Names of racks, and of the places where they stand.
const RACKS: [&str; 3] = ["ra", "rb", "rc"];
/// Consumers read from a replica in their own rack (KIP-392).
const BY_RACK: &str = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
/// A place where clients may stand.
pub(super) const FAR: &str = "far";
const DELAYS: [&str; 6] =
    ["0.05ms", "uniform(0.1ms, 2ms)", "exponential(1ms)", "lognormal(median 1ms, p99 20ms)", "5ms", "lognormal(median 10ms, p99 60ms)"];
/// Costs of machines, and what is drawn for them.
const COSTS: [(&str, [&str; 3]); 14] = [
    ("start", ["0.2s", "uniform(1s, 6s)", "12s"]),
    ("clean_recovery", ["0ms", "exponential(1s)", "5s"]),
    ("unclean_recovery", ["0ms", "exponential(3s)", "15s"]),
    ("listen", ["0ms", "uniform(1ms, 200ms)", "1s"]),
    ("stop", ["0ms", "exponential(300ms)", "4s"]),
    ("raft_flush", ["0ms", "exponential(3ms)", "20ms"]),
    ("controller_event", ["0ms", "exponential(1ms)", "3ms"]),
    ("fetcher_turn", ["0ms", "exponential(1ms)", "10ms"]),
    ("metadata_apply", ["0ms", "exponential(20ms)", "200ms"]),
    ("first_leader_role", ["0ms", "exponential(50ms)", "500ms"]),
    ("first_follower_role", ["0ms", "exponential(50ms)", "500ms"]),
    ("cold", ["0ms", "exponential(200ms)", "1s"]),
    ("produce", ["0ms", "exponential(1ms)", "10ms"]),
    ("group_load", ["0ms", "exponential(100ms)", "2s"]),
];

/// The cluster without its clients.
pub(super) fn draw(number: u64, features: &Features, dice: &mut Dice) -> Cluster {
    let kafka = dice.pick(&Release::ALL).name();
    let processes = processes(features, dice);
    let replicas = dice.between(1, u64::from(processes.brokers).min(4));
    let topics = dice.pick(&[1, 1, 2, 2, 3]);
    Cluster {
        kafka,
        seed: number,
        ties: if features.has(Feature::ShuffledTies) { "shuffled" } else { "fifo" },
        config: config(features, dice),
        broker: brokers(&processes, features, dice),
        topic: (0..topics).map(|i| topic(i, replicas, features, dice)).collect(),
        client: Vec::new(),
        network: network(&processes, features, dice),
        costs: costs(features, dice),
        processes,
    }
}

fn processes(features: &Features, dice: &mut Dice) -> Processes {
    let controllers = dice.pick(&[1, 1, 3, 3, 3, 5]);
    let combined = features.has(Feature::Combined);
    let brokers = dice.pick(&[1, 2, 3, 3, 3, 3, 4, 5, 7]).max(if combined { controllers } else { 1 });
    let racks = if features.has(Feature::Racks) { RACKS[..dice.between(1, 3) as usize].to_vec() } else { Vec::new() };
    Processes { brokers, controllers, combined, racks }
}

fn config(features: &Features, dice: &mut Dice) -> Settings {
    let mut settings = Settings::new();
    if features.has(Feature::BrokerSettings) {
        let wild = features.has(Feature::WildSettings);
        settings = of_brokers(Strength { percent: if wild { 8 } else { 20 }, wild }, dice);
    }
    if features.has(Feature::Racks) && dice.chance(50) {
        settings.insert("replica.selector.class".to_owned(), BY_RACK.to_owned());
    }
    if features.has(Feature::Groups) {
        settings.insert("offsets.topic.num.partitions".to_owned(), dice.between(1, 3).to_string());
    }
    settings
}

fn brokers(processes: &Processes, features: &Features, dice: &mut Dice) -> Vec<Broker> {
    let mut differing = Vec::new();
    for id in 1..=processes.brokers {
        // A combined node of the quorum is up: without it there may be no quorum at all. About the first broker see `first_down`.
        let may_be_down = id > 1 && !(processes.combined && id <= processes.controllers);
        let up = !(features.has(Feature::DownAtStart) && may_be_down && dice.chance(30));
        let cold = features.has(Feature::ColdStart) && dice.chance(50);
        if !up || cold {
            differing.push(Broker { id, up, cold });
        }
    }
    differing
}

/// The first broker may be down at the start too, and then perhaps all of them are.
pub(super) fn first_down(cluster: &mut Cluster) {
    match cluster.broker.first_mut().filter(|broker| broker.id == 1) {
        Some(broker) => broker.up = false,
        None => cluster.broker.insert(0, Broker { id: 1, up: false, cold: false }),
    }
}

fn topic(ordinal: u64, replicas: u64, features: &Features, dice: &mut Dice) -> Topic {
    let mut config = Settings::new();
    let replicas = if dice.chance(20) { dice.between(1, replicas) } else { replicas };
    if features.has(Feature::StrictIsr) {
        config.insert("min.insync.replicas".to_owned(), dice.between(1, replicas).to_string());
    }
    if features.has(Feature::ImpossibleIsr) {
        config.insert("min.insync.replicas".to_owned(), (replicas + 1).to_string());
    }
    if features.has(Feature::Unclean) && dice.chance(70) {
        config.insert("unclean.leader.election.enable".to_owned(), "true".to_owned());
    }
    let partitions = dice.pick(&[1, 1, 1, 2, 2, 3, 4, 8, 20]);
    Topic { name: format!("t{ordinal}"), partitions, replication_factor: replicas as u32, config }
}

fn network(processes: &Processes, features: &Features, dice: &mut Dice) -> Network {
    let mut network = Network::default();
    if features.has(Feature::SlowNetwork) {
        network.latency = Some(dice.pick(&DELAYS));
        network.bandwidth = dice.chance(30).then(|| dice.pick(&["10Mbit", "1Gbit"]));
    }
    if features.has(Feature::Loss) {
        network.loss = Some(dice.pick(&[0.0001, 0.001, 0.01, 0.03]));
    }
    if features.has(Feature::Secured) {
        network.tls = Some(dice.pick(&["none", "1.2", "1.3"]));
        network.sasl = Some(dice.pick(&["none", "plain", "scram"]));
    }
    if features.has(Feature::Places) {
        let names = std::iter::once(FAR).chain(processes.racks.iter().copied().take(processes.brokers as usize));
        network.place = names.map(|name| Place { name }).collect();
        network.link = network.place.iter().map(|place| Link { between: ["lan", place.name], latency: dice.pick(&DELAYS) }).collect();
    }
    network
}

fn costs(features: &Features, dice: &mut Dice) -> Settings {
    if !features.has(Feature::Machines) {
        return Settings::new();
    }
    let chosen: Vec<_> = COSTS.iter().filter(|_| dice.chance(25)).collect();
    chosen.into_iter().map(|(key, texts)| ((*key).to_owned(), dice.pick(texts).to_owned())).collect()
}
