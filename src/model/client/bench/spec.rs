//! What a bench is made of: three brokers, one topic, one client.

use crate::engine::{Distribution, Duration};
use crate::kafka::config::{BrokerConfig, TopicConfig};
use crate::kafka::{BrokerIx, LeaderEpoch, NodeIx, PartitionEpoch, PartitionIx, Release, Replicas, TopicIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::client::profiles;
use crate::model::cost::Costs;
use crate::model::network::topology::{Link, Topology};
use crate::model::spec::{
    ArrivalLaw, BrokerSpec, ClientSpec, Commits, Consumption, NodeSpec, OnFailure, PartitionSpec, Partitioning, Role, TopicSpec, Workload,
};
use std::borrow::Cow;
use std::sync::Arc;

pub fn spec(profile: &str, leaders: &[u32], config: &[(&str, &str)]) -> Spec {
    let role = Role::Producer(Workload {
        topics: vec![TopicIx(0)],
        rate: 0.0,
        arrivals: ArrivalLaw::Constant,
        record_bytes: 100,
        partitioning: Partitioning::RoundRobin,
        seasoned: false,
        on_failure: OnFailure::GiveUp,
        start: Duration::ZERO,
        stop: None,
    });
    spec_of(profile, leaders, config, role)
}

/// The same with a consumer, whose application takes this long for a record.
pub fn consumer_spec(profile: &str, leaders: &[u32], config: &[(&str, &str)], processing: Duration) -> Spec {
    let role = Role::Consumer(Consumption {
        topics: vec![TopicIx(0)],
        group: None,
        from_beginning: false,
        processing: Distribution::Constant(processing),
        commits: Commits::Library,
        start: Duration::ZERO,
        stop: None,
    });
    spec_of(profile, leaders, config, role)
}

fn spec_of(profile: &str, leaders: &[u32], config: &[(&str, &str)], role: Role) -> Spec {
    let profile = profiles::find(profile).unwrap();
    let consumes = matches!(role, Role::Consumer(_));
    let mut settings = profile.library.config(consumes).unwrap();
    for default in if consumes { profile.consumer_defaults } else { profile.producer_defaults } {
        settings.set(default.key, default.value).unwrap();
    }
    for (key, value) in config {
        settings.set(key, value).unwrap();
    }
    let node = |name: &str| NodeSpec { name: name.to_owned(), broker: None, voter: None, client: None };
    let broker = |i: u32| BrokerSpec {
        node: NodeIx(i),
        id: i,
        rack: None,
        config: Arc::new(BrokerConfig::default()),
        costs: Arc::new(Costs::default()),
        up: true,
        cold: false,
    };
    let all: Replicas = (0..3).map(BrokerIx).collect();
    let partition = |(i, leader): (usize, &u32)| PartitionSpec {
        last_known_leader: None,
        topic: TopicIx(0),
        index: i as u32,
        replicas: all.clone(),
        isr: all.clone(),
        elr: Replicas::new(),
        leader: Some(BrokerIx(*leader)),
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
    };
    let partitions: Vec<_> = (0..leaders.len() as u32).map(PartitionIx).collect();
    Spec {
        name: "bench".to_owned(),
        release: Release::V4_3,
        nodes: ["b0", "b1", "b2", "client"].map(node).to_vec(),
        brokers: (0..3).map(broker).collect(),
        voters: Vec::new(),
        topics: vec![TopicSpec { name: "t".to_owned(), config: TopicConfig::default(), partitions, exists: true }],
        partitions: leaders.iter().enumerate().map(partition).collect(),
        clients: vec![ClientSpec {
            node: NodeIx(3),
            name: "client-1".to_owned(),
            fleet: None,
            profile: Arc::new(profile.clone()),
            config: Arc::new(settings),
            bootstrap: (0..3).map(BrokerIx).collect(),
            role,
        }],
        groups: Vec::new(),
        topology: Topology::flat(Link { latency: Distribution::ZERO, bits_per_second: None, loss: 0.0 }, 4),
        shuffle_ties: false,
        broken: None,
        in_full: false,
    }
}

/// The client's profile with other behaviours.
pub fn changed(mut spec: Spec, policies: &[(&'static str, &'static str)]) -> Spec {
    let profile = Arc::make_mut(&mut spec.clients[0].profile);
    for (key, value) in policies {
        let policy = profile.policies.to_mut().iter_mut().find(|p| p.key == *key).unwrap();
        policy.value = Cow::Borrowed(value);
    }
    spec
}

/// The configuration with a metadata age that does not interfere.
pub fn settled<'a>(profile: &str, config: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let age: &[_] = match profiles::find(profile).unwrap().library {
        Library::Java => &[("metadata.max.age.ms", "100000000")],
        Library::FranzGo => &[("kgo.MetadataMaxAge", "3600000")],
        Library::Sarama => &[("Metadata.RefreshFrequency", "100000000")],
        Library::Kafkajs => &[("metadataMaxAge", "2147483647")],
        Library::KafkaGo => &[],
        Library::Librdkafka => &[("topic.metadata.refresh.interval.ms", "-1")],
        Library::KafkaPython => &[("metadata_max_age_ms", "100000000")],
    };
    age.iter().chain(config).copied().collect()
}
