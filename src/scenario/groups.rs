//! Consumer groups: which partition of the offsets topic holds each, and that topic itself, which Kafka makes when the first group needs it.

use super::cluster::Cluster;
use crate::fault::assign;
use crate::kafka::config::TopicConfig;
use crate::kafka::{BrokerIx, LeaderEpoch, PartitionEpoch, PartitionIx, Replicas, TopicIx};
use crate::model::groups::{OFFSETS_TOPIC, offsets_partition};
use crate::model::spec::{GroupSpec, PartitionSpec, TopicSpec};

/// The groups of these names, in this order (a `GroupIx` is a position here). Where there is a group and no offsets topic, it is added as the
/// last topic: `KafkaApis.getCoordinator`, `DefaultAutoTopicCreationManager`. One that is there, from a dump of the cluster, is taken as it is.
pub(super) fn resolve(
    names: &[String],
    cluster: &Cluster,
    topics: &mut Vec<TopicSpec>,
    partitions: &mut Vec<PartitionSpec>,
) -> Vec<GroupSpec> {
    if names.is_empty() {
        return Vec::new();
    }
    let ix = topics.iter().position(|t| is_internal(&t.name)).unwrap_or_else(|| {
        let topic = offsets_topic(TopicIx(topics.len() as u32), cluster, partitions);
        topics.push(topic);
        topics.len() - 1
    });
    let held = &topics[ix].partitions;
    let group = |name: &String| GroupSpec { name: name.clone(), partition: held[offsets_partition(name, held.len() as u32) as usize] };
    if held.is_empty() { Vec::new() } else { names.iter().map(group).collect() }
}

/// Whether a topic is Kafka's own: no client of a scenario writes to it or reads it unless it names it.
pub(super) fn is_internal(topic: &str) -> bool {
    topic == OFFSETS_TOPIC
}

/// The offsets topic as brokers make it. Kafka refuses a replication factor above the number of brokers; here it is lowered to that.
fn offsets_topic(ix: TopicIx, cluster: &Cluster, partitions: &mut Vec<PartitionSpec>) -> TopicSpec {
    let racks: Vec<Option<&str>> = cluster.brokers.iter().map(|b| b.rack.as_deref()).collect();
    let factor = cluster.config.offsets_topic_replication_factor.min(racks.len() as u32);
    let lists = assign(&racks, cluster.config.offsets_topic_num_partitions, factor, partitions.len());
    let first = partitions.len() as u32;
    for (i, list) in lists.into_iter().enumerate() {
        let replicas: Replicas = list.into_iter().map(|b| BrokerIx(b as u32)).collect();
        partitions.push(partition(ix, i as u32, replicas, cluster));
    }
    let config = TopicConfig {
        min_insync_replicas: cluster.config.min_insync_replicas,
        unclean_leader_election_enable: cluster.config.unclean_leader_election_enable,
    };
    let own = (first..partitions.len() as u32).map(PartitionIx).collect();
    TopicSpec { name: OFFSETS_TOPIC.to_owned(), config, partitions: own, exists: true }
}

/// In sync are the replicas whose brokers run; where none does, the first.
fn partition(topic: TopicIx, index: u32, replicas: Replicas, cluster: &Cluster) -> PartitionSpec {
    let up = |b: &BrokerIx| cluster.brokers[b.index()].up;
    let alive: Replicas = replicas.iter().copied().filter(up).collect();
    let leader = alive.first().copied();
    let isr = if alive.is_empty() { replicas.iter().copied().take(1).collect() } else { alive };
    PartitionSpec {
        topic,
        index,
        replicas,
        isr,
        elr: Replicas::new(),
        last_known_leader: None,
        leader,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
    }
}
