//! Relabelling the brokers relabels the facts and changes nothing else.
//!
//! A broker's label is its place in the list of brokers, which facts carry. To relabel is to let the brokers stand in another order: each keeps
//! its `node.id`, by which its draws are addressed, its rack, configuration and machine; replica lists, ISRs and bootstrap lists name the
//! same brokers in the same order as before; faults name brokers by id.

use super::cluster::{self, Cluster, Strike, client};
use super::facts::{self, Told, difference, with_ordered_entries};
use kafkasim::engine::Instant;
use kafkasim::kafka::{BrokerIx, NodeIx, Replicas};
use kafkasim::model::Spec;
use kafkasim::scenario::Scenario;
use proptest::prelude::*;

/// The same cluster with broker `i` at place `places[i]`.
fn relabelled(spec: &Spec, places: &[u32]) -> Spec {
    let broker = |b: BrokerIx| BrokerIx(places[b.index()]);
    let node = |n: NodeIx| places.get(n.index()).map_or(n, |place| NodeIx(*place));
    let all = |list: &Replicas| list.iter().map(|b| broker(*b)).collect::<Replicas>();
    let mut new = spec.clone();
    for (i, old) in spec.brokers.iter().enumerate() {
        assert_eq!(old.node, NodeIx(i as u32), "the processes of brokers stand first, in the order of the brokers");
        let place = places[i] as usize;
        new.brokers[place] = old.clone();
        new.brokers[place].node = node(old.node);
        new.nodes[place] = spec.nodes[i].clone();
        new.nodes[place].broker = Some(BrokerIx(place as u32));
        new.topology.place_of[place] = spec.topology.place_of[i];
    }
    new.voters.iter_mut().for_each(|v| v.node = node(v.node));
    for partition in &mut new.partitions {
        (partition.replicas, partition.isr, partition.elr) = (all(&partition.replicas), all(&partition.isr), all(&partition.elr));
        (partition.leader, partition.last_known_leader) = (partition.leader.map(broker), partition.last_known_leader.map(broker));
    }
    new.clients.iter_mut().flat_map(|c| &mut c.bootstrap).for_each(|b| *b = broker(*b));
    new
}

/// Every fact in words that name brokers and processes as people do; those of one moment in the order of their words, because which of two
/// brokers that do something at the same moment is told first is no more than a matter of labels.
fn in_words(spec: &Spec, facts: &[Told]) -> Vec<(Instant, String)> {
    let mut words: Vec<(Instant, String)> = facts.iter().map(|(at, fact)| (*at, named(spec, &format!("{fact:?}")))).collect();
    words.sort();
    words
}

/// Puts names in the place of labels. Before the run brokers register in the order in which they stand: what their first registrations are
/// called by, an offset, is a label too.
fn named(spec: &Spec, text: &str) -> String {
    facts::named(text, |before, number| name(spec, before, number))
}

/// What a number is called that stands behind `before`, if it is a label.
fn name(spec: &Spec, before: &str, number: usize) -> Option<String> {
    let id = |place: usize| spec.brokers.get(place).map(|b| format!("id {}", b.id));
    if before.ends_with("BrokerIx(") {
        id(number)
    } else if before.ends_with("NodeIx(") {
        Some(spec.nodes[number].name.clone())
    } else if before.ends_with("BrokerEpoch(") || before.ends_with("MetadataOffset(") {
        number.checked_sub(1).and_then(id)
    } else {
        None
    }
}

/// Where the run of the relabelled cluster parts from that of the original.
fn parts(scenario: &Scenario, places: &[u32]) -> Option<String> {
    let other = relabelled(&scenario.spec, places);
    let end = Instant::ZERO + scenario.count_from + scenario.duration;
    let mut one = facts::of(scenario);
    let mut two = facts::of_spec(other.clone(), scenario.plan.clone(), scenario.seed, end);
    with_ordered_entries(&mut one);
    with_ordered_entries(&mut two);
    difference(&in_words(&scenario.spec, &one), &in_words(&other, &two))
}

fn cluster(seed: u64, kafka: &'static str, brokers: u64, controllers: u64, clients: &[(&str, &str)], faults: Vec<Strike>) -> Cluster {
    let clients = clients.iter().enumerate().map(|(i, (profile, rest))| client(&format!("c{i}"), profile, rest));
    Cluster {
        seed,
        kafka,
        ties: "fifo",
        brokers,
        controllers,
        partitions: 6,
        replication: 3,
        config: ["\"broker.session.timeout.ms\" = 6000", "\"leader.imbalance.check.interval.seconds\" = 5"].map(str::to_owned).to_vec(),
        // No two things happen at the same moment by accident: every delay is drawn from a continuum.
        costs: Vec::new(),
        clients: ["[network]\nlatency = \"uniform(100us, 400us)\"\n".to_owned()].into_iter().chain(clients).collect(),
        faults,
    }
}

/// Another order of so many brokers.
fn another_order(brokers: u64) -> impl Strategy<Value = Vec<u32>> {
    let order: Vec<u32> = (0..brokers as u32).collect();
    let same = order.clone();
    Just(order).prop_shuffle().prop_filter("it is another order", move |o| *o != same)
}

/// The controller stays: one that takes over counts the sessions of all brokers from the same moment, and they may run out together.
fn faults(brokers: u64) -> impl Strategy<Value = Vec<Strike>> {
    cluster::storm(brokers, 0..cluster::STORM_MS, 6)
        .prop_map(|faults| faults.into_iter().filter(|(_, line)| !line.contains("controller leader")).collect())
}

fn relabelling() -> impl Strategy<Value = (Cluster, Vec<u32>)> {
    (3_u64..=5).prop_flat_map(|brokers| {
        let drawn = (
            cluster::any_seed(),
            prop::sample::select(vec!["3.6", "3.9", "4.0", "4.3"]),
            prop::sample::select(vec![1_u64, 3]),
            prop::sample::select(CLIENTS.to_vec()),
            faults(brokers),
        );
        let clusters =
            drawn.prop_map(move |(seed, kafka, controllers, clients, faults)| cluster(seed, kafka, brokers, controllers, clients, faults));
        (clusters, another_order(brokers))
    })
}

const ROUND: &str = "rate = 20\npartitioning = \"round-robin\"";

const CLIENTS: [&[(&str, &str)]; 5] = [
    &[("java-4.3", ROUND), ("java-3.6", "rate = 20\npartitioning = \"round-robin\"\nconfig = { acks = \"1\" }")],
    &[("java-3.9", ROUND), ("java-4.3", "role = \"consumer\"")],
    &[("kafka-python-3.0", ROUND), ("java-3.6", "role = \"consumer\"")],
    &[("franz-go-1.22", ROUND), ("kafkajs-2.2", ROUND)],
    &[("sarama-1.61", ROUND), ("librdkafka-2.16", ROUND)],
];

proptest! {
    #![proptest_config(cluster::cases(24))]

    /// Premise: delays are continuous, so that no two brokers do something at the same moment
    /// by accident; the controller stays.
    #[test]
    fn brokers_in_another_order_do_the_same((cluster, places) in relabelling()) {
        let scenario = cluster.scenario();
        prop_assert_eq!(parts(&scenario, &places), None);
    }
}

#[test]
fn brokers_with_the_ids_of_others_have_the_chance_of_others() {
    let scenario = cluster(4, "4.3", 3, 1, CLIENTS[0], Vec::new()).scenario();
    assert_eq!(parts(&scenario, &[1, 2, 0]), None);
    let mut swapped = scenario.clone();
    (swapped.spec.brokers[0].id, swapped.spec.brokers[1].id) = (scenario.spec.brokers[1].id, scenario.spec.brokers[0].id);
    assert!(difference(&facts::of(&scenario), &facts::of(&swapped)).is_some());
}

#[test]
fn names_stand_in_the_place_of_labels() {
    let scenario = cluster(4, "4.3", 3, 1, CLIENTS[0], Vec::new()).scenario();
    let said = named(&scenario.spec, "Fact { broker: BrokerIx(2), node: Some(NodeIx(3)), client: ClientIx(1) }");
    assert_eq!(said, "Fact { broker: BrokerIx(id 3), node: Some(NodeIx(controller 3000)), client: ClientIx(1) }");
}
