//! What an operator asks of the cluster: elections, reassignments, topics. Each goes to the active controller, or waits for one.

use super::action::{Partition, list};
use super::placement::assign;
use crate::kafka::config::TopicConfig;
use crate::kafka::{PartitionIx, Replicas, TopicIx};
use crate::model::Spec;
use crate::model::message::AdminRequest;
use crate::world::World;

/// `kafka-leader-election`; no partitions means all.
pub(super) fn elect(unclean: bool, partitions: &[Partition], world: &mut World) {
    let Some(found) = resolve(partitions, world) else { return };
    let request = if unclean { AdminRequest::ElectUnclean(found) } else { AdminRequest::ElectPreferred(found) };
    world.admin(request);
    world.note_fault(format!("{} election of {} asked for", if unclean { "unclean" } else { "preferred" }, names(partitions)));
}

/// `kafka-reassign-partitions --execute`.
pub(super) fn reassign(moves: &[(Partition, Vec<u32>)], world: &mut World) {
    let partitions: Vec<Partition> = moves.iter().map(|(p, _)| p.clone()).collect();
    let Some(found) = resolve(&partitions, world) else { return };
    let replicas = |ids: &[u32]| -> Replicas { ids.iter().filter_map(|id| world.spec().broker_by_id(*id)).collect() };
    let request = found.into_iter().zip(moves).map(|(p, (_, ids))| (p, replicas(ids))).collect();
    world.admin(AdminRequest::Reassign(request));
    let words: Vec<String> = moves.iter().map(|((t, p), to)| format!("{t}-{p} to {}", list(to))).collect();
    world.note_fault(format!("reassignment of {} asked for", words.join("; ")));
}

/// `kafka-reassign-partitions --cancel`; no partitions means all.
pub(super) fn cancel_reassignment(partitions: &[Partition], world: &mut World) {
    let Some(mut found) = resolve(partitions, world) else { return };
    if found.is_empty() {
        found = (0..world.spec().partitions.len() as u32).map(PartitionIx).collect();
    }
    world.admin(AdminRequest::CancelReassignment(found));
    world.note_fault(format!("reassignment of {} cancelled", names(partitions)));
}

/// `kafka-configs --alter`: the settings on top of what the topic has.
pub(super) fn configure(topic: &str, settings: &[(String, String)], world: &mut World) {
    let Some(ix) = find_topic(topic, world) else { return };
    let mut config = config(ix, world);
    for (key, value) in settings {
        config.set(key, value).expect("the grammar let only legal settings through");
    }
    world.admin(AdminRequest::ConfigureTopic(ix, config));
    let words: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    world.note_fault(format!("topic {topic} configured with {}", words.join(", ")));
}

/// `kafka-topics --create`, with the cluster's defaults of the topic keys.
pub(super) fn create_topic(topic: &str, partitions: u32, replication_factor: u32, world: &mut World) {
    let spec = world.spec();
    let mut config = TopicConfig::default();
    if let Some(broker) = spec.brokers.first() {
        config.min_insync_replicas = broker.config.min_insync_replicas;
        config.unclean_leader_election_enable = broker.config.unclean_leader_election_enable;
    }
    let replicas = place(partitions, replication_factor, spec);
    let (ix, new) = world.intern_partitions(topic, config.clone(), &replicas);
    world.admin(AdminRequest::CreateTopic(ix, config, new.into_iter().zip(replicas).collect()));
    world.note_fault(format!("topic {topic} with {partitions} partitions, replication factor {replication_factor}, asked for"));
}

/// `kafka-topics --alter --partitions`, with as many replicas as the topic's first partition has.
pub(super) fn add_partitions(topic: &str, up_to: u32, world: &mut World) {
    let Some(ix) = find_topic(topic, world) else { return };
    let spec = world.spec();
    let existing = world.history().topic(ix, world.history().last()).map(|t| t.partitions.as_slice());
    let partitions = existing.unwrap_or(&spec.topics[ix.index()].partitions);
    let factor = partitions.first().map_or(1, |p| spec.partitions[p.index()].replicas.len() as u32);
    let replicas = place(up_to.saturating_sub(partitions.len() as u32), factor, spec);
    let config = config(ix, world);
    let (ix, new) = world.intern_partitions(topic, config, &replicas);
    world.admin(AdminRequest::GrowTopic(ix, new.into_iter().zip(replicas).collect()));
    world.note_fault(format!("topic {topic} grown to {up_to} partitions"));
}

/// `kafka-topics --delete`.
pub(super) fn delete_topic(topic: &str, world: &mut World) {
    let Some(ix) = find_topic(topic, world) else { return };
    world.admin(AdminRequest::DeleteTopic(ix));
    world.note_fault(format!("deletion of topic {topic} asked for"));
}

/// Round robin, going on where the partitions so far ended.
fn place(partitions: u32, replication_factor: u32, spec: &Spec) -> Vec<Replicas> {
    let racks: Vec<Option<&str>> = spec.brokers.iter().map(|b| b.rack.as_deref()).collect();
    let lists = assign(&racks, partitions, replication_factor, spec.partitions.len());
    lists.into_iter().map(|list| list.into_iter().map(|b| crate::kafka::BrokerIx(b as u32)).collect()).collect()
}

/// The configuration that is committed now, or that the topic was made with.
fn config(topic: TopicIx, world: &World) -> TopicConfig {
    let history = world.history();
    let committed = history.topic(topic, history.last()).map(|t| t.config.clone());
    committed.unwrap_or_else(|| world.spec().topics[topic.index()].config.clone())
}

fn find_topic(name: &str, world: &mut World) -> Option<TopicIx> {
    let found = world.spec().topics.iter().rposition(|t| t.name == name);
    if found.is_none() {
        world.note_fault(format!("there is no topic {name} at this moment, nothing was done"));
    }
    found.map(|i| TopicIx(i as u32))
}

/// All of them, or none and a note when one is not there.
fn resolve(partitions: &[Partition], world: &mut World) -> Option<Vec<PartitionIx>> {
    let mut found = Vec::new();
    for (topic, index) in partitions {
        let Some(partition) = world.spec().partition_by_name(topic, *index) else {
            world.note_fault(format!("there is no partition {topic}-{index} at this moment, nothing was done"));
            return None;
        };
        found.push(partition);
    }
    Some(found)
}

fn names(partitions: &[Partition]) -> String {
    if partitions.is_empty() {
        return "all partitions".to_owned();
    }
    partitions.iter().map(|(topic, index)| format!("{topic}-{index}")).collect::<Vec<_>>().join(", ")
}
