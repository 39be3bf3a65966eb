//! Leader and follower roles of one broker. Source: `Partition.makeLeader`, `makeFollower`; `ReplicaManager.applyDelta`.

use super::Broker;
use super::leader::Leadership;
use super::producers::Producers;
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, MetadataOffset, Offset, PartitionEpoch, PartitionIx};
use crate::model::message::LeaderHint;
use crate::model::metadata::PartitionRegistration;
use crate::model::{Broken, Ctx, Outbox};
use crate::observe::Fact;

/// What a broker does with a partition.
pub enum Role {
    /// It leads.
    Leader(Box<Leadership>),
    /// It follows.
    Follower {
        /// Whom, if there is a leader.
        leader: Option<BrokerIx>,
        /// The leader epoch it knows.
        leader_epoch: LeaderEpoch,
        /// The partition epoch it knows.
        partition_epoch: PartitionEpoch,
    },
}

impl Role {
    /// The leader epoch that the broker knows.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        match self {
            Role::Leader(l) => l.epoch,
            Role::Follower { leader_epoch, .. } => *leader_epoch,
        }
    }

    fn partition_epoch(&self) -> PartitionEpoch {
        match self {
            Role::Leader(l) => l.partition_epoch,
            Role::Follower { partition_epoch, .. } => *partition_epoch,
        }
    }
}

impl Broker {
    /// The leader epoch that this broker knows of a partition that it hosts.
    pub(super) fn role_epoch(&self, partition: PartitionIx) -> Option<LeaderEpoch> {
        self.ram.as_ref().and_then(|ram| ram.roles.get(&partition)).map(Role::leader_epoch)
    }

    /// A partition's registration, if this broker is among its replicas and its topic exists.
    pub(super) fn hosted_registration<'a>(
        &self,
        partition: PartitionIx,
        at: MetadataOffset,
        ctx: &'a Ctx,
    ) -> Option<&'a PartitionRegistration> {
        ctx.history.topic(ctx.spec.partitions[partition.index()].topic, at)?;
        ctx.history.partition(partition, at).filter(|r| r.replicas.contains(&self.ix))
    }

    /// Roles of a broker that has been running for long: nothing has to be written, nothing is waited for.
    pub(super) fn take_initial_roles(&mut self, at: MetadataOffset, ctx: &mut Ctx, out: &mut Outbox) {
        let is_mine = |p: &PartitionIx| self.hosted_registration(*p, at, ctx).is_some();
        let mine: Vec<PartitionIx> = self.disk.replicas.keys().copied().filter(is_mine).collect();
        for partition in &mine {
            let leads = self.hosted_registration(*partition, at, ctx).is_some_and(|r| r.leader == Some(self.ix));
            if leads { self.make_leader(*partition, at, ctx, out) } else { self.make_follower(*partition, at, ctx, out) }
        }
        self.followers_done(at, ctx, out);
    }

    /// `Partition.makeLeader`.
    pub(super) fn make_leader(&mut self, partition: PartitionIx, at: MetadataOffset, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(registration) = self.hosted_registration(partition, at, ctx).cloned() else { return };
        self.unsettle(partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        let known = ram.roles.get(&partition);
        if known.is_some_and(|role| role.partition_epoch() > registration.partition_epoch) {
            return;
        }
        let log = self.disk.replicas.entry(partition).or_default();
        if let Some(Role::Leader(leadership)) = ram.roles.get_mut(&partition)
            && leadership.epoch == registration.leader_epoch
        {
            leadership.update(&registration, self.ix, ctx.now);
            self.advance_high_watermark(partition, ctx, out);
            return;
        }
        let end = log.end();
        let high_watermark = log.high_watermark;
        let producers = match ctx.is_broken(Broken::ProducersForgotten) {
            true => Producers::default(),
            false => Producers::of_log(log.entries(partition, ctx.journal, Offset(0))),
        };
        log.begin_epoch(registration.leader_epoch);
        let mut leadership = Leadership::begin(&registration, self.ix, end, producers, ctx.now);
        if let Some(Role::Leader(before)) = ram.roles.remove(&partition) {
            leadership.goes_on(*before, ctx.now);
        }
        ram.roles.insert(partition, Role::Leader(Box::new(leadership)));
        out.fact(Fact::LeaderRoleTaken {
            broker: self.ix,
            partition,
            leader_epoch: registration.leader_epoch,
            log_end: end,
            high_watermark,
        });
        // Fetches that were parked with the epoch before are answered (`DelayedFetch`: fenced).
        self.answer_parked_fetches(&[partition], ctx, out);
        self.advance_high_watermark(partition, ctx, out);
    }

    /// `Partition.makeFollower`. Fetchers are moved and waiting requests answered when the whole batch is done.
    pub(super) fn make_follower(&mut self, partition: PartitionIx, at: MetadataOffset, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(registration) = self.hosted_registration(partition, at, ctx).cloned() else { return };
        self.unsettle(partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        let known = ram.roles.get(&partition);
        if known.is_some_and(|role| role.partition_epoch() > registration.partition_epoch) {
            return;
        }
        let moved = known.is_none_or(|role| role.leader_epoch() < registration.leader_epoch);
        let log = self.disk.replicas.entry(partition).or_default();
        if moved {
            let (leader_epoch, leader) = (registration.leader_epoch, registration.leader);
            out.fact(Fact::FollowerRoleTaken { broker: self.ix, partition, leader_epoch, leader, log_end: log.end() });
            if ctx.is_broken(Broken::TruncationToHighWatermark) && log.end() > log.high_watermark {
                out.fact(Fact::Truncated { broker: self.ix, partition, from: log.end(), to: log.high_watermark });
                log.truncate(log.high_watermark);
            }
        }
        // Requests that wait for the high watermark are kept aside until the batch is done.
        let waiting = match ram.roles.remove(&partition) {
            Some(Role::Leader(before)) => before.waiting,
            Some(Role::Follower { .. }) | None => Default::default(),
        };
        ram.purgatory.orphan(partition, waiting);
        let (leader, leader_epoch, partition_epoch) = (registration.leader, registration.leader_epoch, registration.partition_epoch);
        ram.roles.insert(partition, Role::Follower { leader, leader_epoch, partition_epoch });
        if moved {
            ram.moved.insert(partition);
        }
    }

    /// The end of a batch of follower roles: fetchers are removed for all that moved, added for those with a leader,
    /// and only then are waiting requests answered (`ReplicaManager.applyLocalFollowersDelta`).
    pub(super) fn followers_done(&mut self, at: MetadataOffset, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        // What the process itself was told (`ReplicaManager.isInControlledShutdown`), not what the controller says of a former life.
        let leaving = ram.lifecycle.is_leaving();
        let mut moved = std::mem::take(&mut ram.moved);
        if leaving {
            moved.extend(ram.roles.keys());
        }
        let follows = |p: &PartitionIx| matches!(ram.roles.get(p), Some(Role::Follower { .. }));
        let moved: Vec<PartitionIx> = moved.into_iter().filter(follows).collect();
        self.stop_fetching(moved.iter().copied(), out);
        for &partition in &moved {
            let Some(registration) = self.hosted_registration(partition, at, ctx) else { continue };
            let Some(leader) = registration.leader else { continue };
            // A broker in controlled shutdown stops fetching what it is no longer in the ISR of (`ReplicaManager.applyLocalFollowersDelta`).
            if leaving && !registration.isr.contains(&self.ix) || leader == self.ix {
                continue;
            }
            // A leader that is fenced is fetched from as any other: it is registered, and has an address (`ClusterImage.broker`).
            self.start_fetching(partition, leader, ctx, out);
        }
        self.answer_orphans(ErrorCode::NotLeaderOrFollower, ctx, out);
        self.answer_parked_fetches(&moved, ctx, out);
        // `completeDelayedOperationsWhenNotPartitionLeader`; a new leader role wakes consumers only if its high watermark moves.
        moved.iter().for_each(|p| self.wake_consumers(*p, ctx, out));
        self.fetchers_turn(ctx, out);
    }

    /// The broker is no longer among the replicas, or the topic is gone.
    pub(super) fn delete_replica(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        self.stop_fetching(std::iter::once(partition), out);
        self.unsettle(partition, ctx, out);
        let Some(ram) = self.ram.as_mut() else { return };
        if let Some(Role::Leader(before)) = ram.roles.remove(&partition) {
            ram.purgatory.orphan(partition, before.waiting);
        }
        if self.disk.replicas.remove(&partition).is_some() {
            out.fact(Fact::ReplicaDeleted { broker: self.ix, partition });
        }
        self.answer_orphans(ErrorCode::NotLeaderOrFollower, ctx, out);
        self.answer_parked_fetches(&[partition], ctx, out);
        self.wake_consumers(partition, ctx, out);
    }

    /// `Partition.maybeIncrementLeaderHW`, and everything that waits for it.
    pub(super) fn advance_high_watermark(&mut self, partition: PartitionIx, ctx: &mut Ctx, out: &mut Outbox) {
        let min_isr = if ctx.rules.min_isr_freezes_high_watermark { self.min_isr(partition, ctx) } else { 0 };
        let lag_max = self.config.replica_lag_time_max;
        let image = self.image().unwrap_or_default();
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(Role::Leader(leadership)) = ram.roles.get_mut(&partition) else { return };
        let Some(log) = self.disk.replicas.get_mut(&partition) else { return };
        let may_join = |f: &super::leader::Follower| super::isr::is_eligible(f, image, ctx);
        let committed = leadership.committed_end(log.end(), min_isr, ctx.now, lag_max, may_join, ctx.spec.broken);
        let may_fall = ctx.is_broken(Broken::HighWatermarkFalls);
        let moves = |hw: &Offset| *hw > log.high_watermark || may_fall && *hw != log.high_watermark;
        let Some(high_watermark) = committed.filter(moves) else { return };
        log.high_watermark = high_watermark;
        out.fact(Fact::HighWatermarkMoved { broker: self.ix, partition, leader_epoch: leadership.epoch, high_watermark });
        self.answer_committed(partition, ctx, out);
        self.wake_consumers(partition, ctx, out);
        self.group_writes_committed(partition, ctx, out);
    }

    /// The topic's `min.insync.replicas`, where the release has `Partition.effectiveMinIsr` at most the number of replicas.
    pub(super) fn min_isr(&self, partition: PartitionIx, ctx: &Ctx) -> usize {
        if ctx.is_broken(Broken::MinIsrIgnored) {
            return 0;
        }
        let image = self.image().unwrap_or_default();
        let topic = ctx.spec.partitions[partition.index()].topic;
        let wanted = ctx.history.topic(topic, image).map_or(1, |t| t.config.min_insync_replicas as usize);
        if !ctx.rules.min_isr_at_most_replicas {
            return wanted;
        }
        wanted.min(ctx.history.partition(partition, image).map_or(1, |r| r.replicas.len()))
    }

    /// `KafkaApis.getCurrentLeader` (KIP-951): the role's own knowledge where the partition is hosted, the metadata cache otherwise;
    /// the address only of a broker that the cache lists.
    pub(super) fn leader_hint(&self, partition: PartitionIx, ctx: &Ctx) -> Option<LeaderHint> {
        let image = self.image()?;
        let (leader, leader_epoch) = match self.ram.as_ref()?.roles.get(&partition) {
            Some(Role::Leader(l)) => (Some(self.ix), l.epoch),
            Some(Role::Follower { leader, leader_epoch, .. }) => (*leader, *leader_epoch),
            None => ctx.history.partition(partition, image).map(|r| (r.leader, r.leader_epoch))?,
        };
        let leader = leader?;
        let has_endpoint = ctx.history.broker(leader, image).is_some_and(|r| !r.fenced);
        Some(LeaderHint { leader, leader_epoch, has_endpoint })
    }
}
