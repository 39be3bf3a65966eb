//! How a broker comes to coordinate groups, and stops. Source: `BrokerMetadataPublisher.updateCoordinator`: after all role changes of a batch
//! of metadata; `GroupMetadataManager.loadGroupsAndOffsets` and `removeGroupsForPartition`; `CoordinatorRuntime.scheduleLoadOperation`.

use super::effects::Effects;
use super::group::Group;
use super::{Phase, Shard};
use crate::engine::mix;
use crate::kafka::{GroupIx, LeaderEpoch, Offset, PartitionIx};
use crate::model::broker::Broker;
use crate::model::broker::roles::Role;
use crate::model::group_log::GroupRecord;
use crate::model::{Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::GroupFact;
use std::collections::{BTreeMap, VecDeque};

impl Broker {
    /// A batch of role changes is done: of these partitions those that hold groups are taken over or given up.
    pub(in crate::model::broker) fn coordinate(&mut self, partitions: &[PartitionIx], ctx: &mut Ctx, out: &mut Outbox) {
        for &partition in partitions {
            match self.leads_in(partition) {
                Some(epoch) => self.elected(partition, epoch, ctx, out),
                None => self.resign(partition, ctx, out),
            }
        }
    }

    /// A broker that has been running for long has loaded its groups long ago.
    pub(in crate::model::broker) fn coordinate_warm(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        for partition in group_partitions(ctx) {
            if let Some(epoch) = self.leads_in(partition) {
                self.load(partition, epoch, ctx, out);
            }
        }
        self.arm_coordinator(out);
    }

    fn leads_in(&self, partition: PartitionIx) -> Option<LeaderEpoch> {
        match self.ram.as_ref()?.roles.get(&partition)? {
            Role::Leader(leadership) => Some(leadership.epoch),
            Role::Follower { .. } => None,
        }
    }

    /// The leader of a partition coordinates its groups once it has read them. One that led it before goes on with what it has.
    fn elected(&mut self, partition: PartitionIx, epoch: LeaderEpoch, ctx: &mut Ctx, out: &mut Outbox) {
        let load = self.cost(&self.costs.group_load, mix(mix(ctx.spec.partition_key(partition).bits(), u64::from(epoch.0)), 5));
        let Some(ram) = self.ram.as_mut() else { return };
        match ram.coordinator.shards.get_mut(&partition) {
            Some(shard) => shard.epoch = shard.epoch.max(epoch),
            None => {
                let phase = Phase::Loading { until: ctx.now + load };
                ram.coordinator.shards.insert(partition, Shard { epoch, phase, groups: BTreeMap::new(), writes: VecDeque::new() });
            }
        }
        self.arm_coordinator(out);
    }

    /// Another leads the partition now: whoever waits is told that this is not the coordinator.
    fn resign(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(shard) = self.ram.as_mut().and_then(|ram| ram.coordinator.shards.remove(&partition)) else { return };
        let mut effects = Effects::default();
        for write in shard.writes {
            self.write_failed(write.after, crate::kafka::ErrorCode::NotLeaderOrFollower, ctx, &mut effects);
        }
        for group in shard.groups.into_values() {
            group.unload(&mut effects);
        }
        self.carry_out(partition, effects, ctx, out);
    }

    pub(super) fn load_if_due(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let shard = self.ram.as_ref().and_then(|ram| ram.coordinator.shards.get(&partition));
        let Some((epoch, Phase::Loading { until })) = shard.map(|s| (s.epoch, s.phase)) else { return };
        if until <= ctx.now {
            self.load(partition, epoch, ctx, out);
        }
    }

    /// Reads the whole log, also what is not committed yet (`FetchIsolation.LOG_END`).
    fn load(&mut self, partition: PartitionIx, epoch: LeaderEpoch, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(log) = self.disk.replicas.get(&partition) else { return };
        let starts: Vec<(LeaderEpoch, Offset)> = log.epochs_between(Offset(0), log.end()).collect();
        let mut groups: BTreeMap<GroupIx, Group> = BTreeMap::new();
        for (i, (of, start)) in starts.iter().enumerate() {
            let end = starts.get(i + 1).map_or(log.end(), |(_, next)| *next);
            for record in ctx.journal.groups.records(partition, *of, *start, end) {
                let (GroupRecord::Offsets(group, _) | GroupRecord::Generation { group, .. }) = record;
                groups.entry(*group).or_insert_with(|| Group::new(*group)).replay(record);
            }
        }
        groups.values_mut().for_each(|g| g.loaded(ctx.now));
        let Some(ram) = self.ram.as_mut() else { return };
        ram.coordinator.shards.insert(partition, Shard { epoch, phase: Phase::Active, groups, writes: VecDeque::new() });
        for (i, group) in ctx.spec.groups.iter().enumerate().filter(|(_, g)| g.partition == partition) {
            let _ = group;
            out.fact(Fact::Group { group: GroupIx(i as u32), what: GroupFact::CoordinatorLoaded { broker: self.ix } });
        }
    }
}

/// The partitions of the offsets topic that hold the groups of this run, each once.
pub(in crate::model::broker) fn group_partitions(ctx: &Ctx) -> Vec<PartitionIx> {
    let mut partitions: Vec<PartitionIx> = ctx.spec.groups.iter().map(|g| g.partition).collect();
    partitions.sort_unstable();
    partitions.dedup();
    partitions
}
