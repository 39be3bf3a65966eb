//! Consumer groups as the whole model sees them: which partition of the offsets topic holds a group, how its leader shares partitions out,
//! and how a group stands when a run starts.

use super::group_log::{GroupLog, GroupRecord, MemberRecord};
use super::spec::RECORDS_BEFORE;
use super::{History, Spec};
use crate::engine::Duration;
use crate::kafka::config::ClientConfig;
use crate::kafka::{ClientIx, GroupIx, MetadataOffset, Offset, PartitionIx, TopicIx};
use std::collections::BTreeSet;

/// The internal topic that holds what groups have committed (`Topic.GROUP_METADATA_TOPIC_NAME`).
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// The generation of a group that has been running for long when a run starts.
pub const FIRST_GENERATION: u32 = 1;

/// Which of `count` partitions of the offsets topic holds a group: `Utils.abs(groupId.hashCode) % count`, with Java's `String.hashCode` over
/// UTF-16 units and `Utils.abs` that makes the smallest integer zero. Source: `GroupMetadataManager.partitionFor`.
pub fn offsets_partition(group: &str, count: u32) -> u32 {
    let hash = group.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    hash.checked_abs().unwrap_or(0) as u32 % count.max(1)
}

/// The range assignor, the default of most libraries: of each topic every subscribed member gets a run of partitions, the first ones one
/// more where it does not come out even. Source: `RangeAssignor.assign`; members in the order of their ids.
pub fn range(members: &[(u64, Vec<TopicIx>)], partitions: impl Fn(TopicIx) -> Vec<PartitionIx>) -> Vec<(u64, Vec<PartitionIx>)> {
    let mut members: Vec<(u64, Vec<TopicIx>)> = members.to_vec();
    members.sort_unstable_by_key(|(id, _)| *id);
    let mut topics: Vec<TopicIx> = members.iter().flat_map(|(_, topics)| topics.iter().copied()).collect();
    topics.sort_unstable();
    topics.dedup();
    let mut shares: Vec<(u64, Vec<PartitionIx>)> = members.iter().map(|(id, _)| (*id, Vec::new())).collect();
    for topic in topics {
        let takers: Vec<usize> = (0..members.len()).filter(|m| members[*m].1.contains(&topic)).collect();
        let mut rest = &partitions(topic)[..];
        for (i, taker) in takers.iter().enumerate() {
            let share = rest.len().div_ceil(takers.len() - i);
            shares[*taker].1.extend_from_slice(&rest[..share]);
            rest = &rest[share..];
        }
    }
    shares
}

/// The session and rebalance time-outs that a consumer asks its coordinator for.
fn timeouts(config: &ClientConfig) -> (Duration, Duration) {
    if let ClientConfig::Librdkafka(config) = config {
        // `rd_kafka_JoinGroupRequest`: the poll interval here too.
        return (config.session_timeout, config.max_poll_interval);
    }
    let ClientConfig::JavaConsumer(config) = config else {
        unreachable!("a scenario makes members only of consumers whose library has groups in the model")
    };
    // `GroupRebalanceConfig`: the poll interval is the rebalance time-out.
    (config.session_timeout, config.max_poll_interval)
}

/// The members that a group has when a run starts, each with its id and its share: the consumers that begin with the run. Their coordinator
/// has known them for long, and so do they.
pub fn first_members(group: GroupIx, spec: &Spec, history: &History, at: MetadataOffset) -> Vec<MemberRecord> {
    let of_group = spec.members(group).filter(|(_, c)| c.start.is_zero());
    let members: Vec<(u64, Vec<TopicIx>)> = of_group.map(|(client, c)| (first_id(client), c.topics.clone())).collect();
    let partitions = |topic| history.topic(topic, at).map(|t| t.partitions.clone()).unwrap_or_default();
    let shares = range(&members, partitions);
    let record = |(id, assignment): (u64, Vec<PartitionIx>)| {
        let client = ClientIx((id >> 32) as u32);
        let this = &spec.clients[client.index()];
        let (session_timeout, rebalance_timeout) = timeouts(&this.config);
        let topics = this.consumption().map(|c| c.topics.clone()).unwrap_or_default();
        MemberRecord { id, client, topics, session_timeout, rebalance_timeout, assignment }
    };
    shares.into_iter().map(record).collect()
}

/// What the leader of these members shared out: their topics, each with the number of partitions that it had.
pub fn shared_out(members: &[MemberRecord], history: &History, at: MetadataOffset) -> Vec<(TopicIx, usize)> {
    let topics: BTreeSet<TopicIx> = members.iter().flat_map(|m| m.topics.iter().copied()).collect();
    let count = |topic| history.topic(topic, at).map_or(0, |t| t.partitions.len());
    topics.into_iter().map(|topic| (topic, count(topic))).collect()
}

/// The id of a member that has been there since before the run; coordinators give others of the same form.
fn first_id(client: ClientIx) -> u64 {
    u64::from(client.0) << 32
}

/// Where the consumers of a group stand in a partition when a run starts.
pub fn first_offset(group: GroupIx, spec: &Spec) -> Offset {
    let from_beginning = spec.members(group).any(|(_, c)| c.from_beginning);
    if from_beginning { Offset(0) } else { RECORDS_BEFORE }
}

/// What the offsets topic holds when a run starts: each group that has members then is stable, and has committed where it stands.
pub fn seed(log: &mut GroupLog, spec: &Spec, history: &History) {
    for group in (0..spec.groups.len() as u32).map(GroupIx) {
        let members = first_members(group, spec, history, history.last());
        let Some(leader) = members.first().map(|m| m.id) else { continue };
        let partition = spec.groups[group.index()].partition;
        let epoch = spec.partitions[partition.index()].leader_epoch;
        let at = first_offset(group, spec);
        let offsets = members.iter().flat_map(|m| m.assignment.iter().map(|p| (*p, (at, None)))).collect();
        let generation = GroupRecord::Generation { group, generation: FIRST_GENERATION, leader: Some(leader), members };
        log.was_there(partition, epoch, generation);
        log.was_there(partition, epoch, GroupRecord::Offsets(group, offsets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_held_where_java_would_hold_it() {
        // The hash of the first is negative, and of the second the smallest integer there is, whose absolute value `Utils.abs` calls 0.
        assert_eq!(offsets_partition("my-group", 50), 1_906_497_762 % 50);
        assert_eq!(offsets_partition("polygenelubricants", 50), 0);
        assert_eq!(offsets_partition("a", 50), 97 % 50);
        assert_eq!(offsets_partition("ab", 50), (97 * 31 + 98) % 50);
        assert_eq!(offsets_partition("console-consumer-12345", 1), 0);
    }

    #[test]
    fn a_range_is_shared_out_in_runs_and_the_first_get_one_more() {
        let seven = |_: TopicIx| (0..7).map(PartitionIx).collect::<Vec<_>>();
        let members: Vec<_> = [30, 10, 20].map(|id| (id, vec![TopicIx(0)])).to_vec();
        let shares = range(&members, seven);
        let sizes: Vec<_> = shares.iter().map(|(id, p)| (*id, p.len(), p[0])).collect();
        assert_eq!(sizes, [(10, 3, PartitionIx(0)), (20, 2, PartitionIx(3)), (30, 2, PartitionIx(5))]);
    }
}
