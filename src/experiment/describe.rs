//! The simulated cluster at one moment, as Kafka's own tools would print it.

use crate::engine::{Duration, Instant};
use crate::kafka::text::{describe, quorum};
use crate::kafka::{BrokerIx, MetadataOffset, Replicas, TopicIx, VoterIx};
use crate::logs::uuid;
use crate::model::Spec;
use crate::model::metadata::PartitionRegistration;
use crate::scenario::Scenario;
use crate::world::World;

/// Which tool's view.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// `kafka-topics.sh --describe`.
    Topics,
    /// `kafka-topics.sh --describe --under-replicated-partitions`.
    UnderReplicated,
    /// `kafka-metadata-quorum.sh describe --status`.
    Quorum,
}

/// Runs the scenario until `after` has been counted and prints the committed metadata of that moment.
pub fn describe(scenario: &Scenario, after: Duration, view: View) -> String {
    let mut world = World::build(scenario.spec.clone(), scenario.seed);
    let mut plan = scenario.plan.clone();
    let end = Instant::ZERO + scenario.count_from + after;
    while let Some(at) = plan.next_at().filter(|at| *at <= end) {
        world.run_until(at);
        plan.act(at, &mut world);
        world.drain_facts(&mut |_, _| {});
    }
    world.run_until(end);
    shown(&world, view)
}

/// The committed metadata of this moment, as one of Kafka's tools prints it.
pub fn shown(world: &World, view: View) -> String {
    let release = world.spec().release;
    match view {
        View::Topics => describe::print(&topics(world), describe::PrintOptions::of(release)),
        View::UnderReplicated => {
            describe::print(&topics(world), describe::PrintOptions { under_replicated_only: true, ..describe::PrintOptions::of(release) })
        }
        View::Quorum => quorum::print(&status(world), release),
    }
}

fn topics(world: &World) -> describe::Description {
    let last = world.history().last();
    let spec = world.spec();
    let topics = (0..spec.topics.len() as u32).map(TopicIx).filter_map(|t| topic(world, t, last)).collect();
    describe::Description { topics, notes: Vec::new() }
}

fn topic(world: &World, topic: TopicIx, last: MetadataOffset) -> Option<describe::Topic> {
    let spec = &world.spec().topics[topic.index()];
    let registration = world.history().topic(topic, last)?;
    let partitions: Vec<describe::Partition> = registration
        .partitions
        .iter()
        .enumerate()
        .filter_map(|(index, p)| Some(partition(world.spec(), index as u32, world.history().partition(*p, last)?)))
        .collect();
    let first = registration.partitions.first().and_then(|p| world.history().partition(*p, last));
    let defaults = crate::kafka::config::TopicConfig::default();
    let configs = crate::kafka::config::TopicConfig::KEYS
        .iter()
        .filter(|key| registration.config.get(key.name) != defaults.get(key.name))
        .filter_map(|key| Some((key.name.to_owned(), registration.config.get(key.name)?)))
        .collect();
    let header = describe::Header {
        id: Some(uuid(&spec.name)),
        partition_count: partitions.len() as u32,
        replication_factor: first.map_or(0, |r| (r.replicas.len() - r.adding.len()) as u32),
        configs,
        ..describe::Header::default()
    };
    Some(describe::Topic { name: spec.name.clone(), header: Some(header), partitions })
}

fn partition(spec: &Spec, index: u32, registration: &PartitionRegistration) -> describe::Partition {
    let ids = |list: &Replicas| list.iter().map(|b| spec.brokers[b.index()].id).collect::<Vec<u32>>();
    let id = |b: BrokerIx| spec.brokers[b.index()].id;
    let reassigning = !registration.adding.is_empty() || !registration.removing.is_empty();
    describe::Partition {
        index,
        leader: registration.leader.map(id),
        replicas: ids(&registration.replicas),
        isr: ids(&registration.isr),
        elr: Some(ids(&registration.elr)),
        last_known_elr: Some(registration.last_known_leader.map(id).into_iter().collect()),
        reassignment: reassigning
            .then(|| describe::Reassignment { adding: ids(&registration.adding), removing: ids(&registration.removing) }),
        ..describe::Partition::default()
    }
}

fn status(world: &World) -> quorum::Quorum {
    let spec = world.spec();
    let voters: Vec<VoterIx> = (0..spec.voters.len() as u32).map(VoterIx).collect();
    let leader = world.active_controller().or_else(|| voters.iter().find_map(|v| world.controller(*v).known_leader())).unwrap_or_default();
    let member = |id| quorum::Member { id, directory_id: None, endpoints: Vec::new() };
    let observers = spec.brokers.iter().filter(|b| spec.nodes[b.node.index()].voter.is_none() && world.is_up(b.node));
    quorum::Quorum {
        cluster_id: uuid(&spec.name),
        leader_id: spec.voters[leader.index()].id,
        leader_epoch: world.controller(leader).epoch().0,
        high_watermark: i64::try_from(world.history().end().0).unwrap_or(i64::MAX),
        max_follower_lag: 0,
        max_follower_lag_time_ms: 0,
        voters: spec.voters.iter().map(|v| member(v.id)).collect(),
        observers: observers.map(|b| member(b.id)).collect(),
    }
}
