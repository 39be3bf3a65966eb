//! Applying metadata in two steps, on one thread: first the metadata cache, then the partition roles.
//! Source: `MetadataLoader`, `BrokerMetadataPublisher.onMetadataUpdate`, `ReplicaManager.applyDelta`.

use super::Broker;
use super::coordinator::group_partitions;
use super::roles::Role;
use crate::engine::{Duration, Instant, mix};
use crate::kafka::{MetadataOffset, PartitionIx};
use crate::model::metadata::Changed;
use crate::model::{Broken, Ctx, Outbox, TimerKind};
use crate::observe::Fact;
use std::collections::{BTreeSet, VecDeque};

/// See the module.
#[derive(Default)]
pub struct Image {
    /// The metadata cache; what a metadata request is answered from.
    cache: Option<MetadataOffset>,
    /// Everything up to here has been applied by all parts of the broker.
    applied: Option<MetadataOffset>,
    batch: Option<Batch>,
}

/// A batch of metadata on its way into the broker.
struct Batch {
    target: MetadataOffset,
    /// The cache is swapped and the role changes start then.
    publish_at: Instant,
    published: bool,
    /// Partitions of this batch that hold groups.
    coordinated: Vec<PartitionIx>,
    /// Role changes that are left, in order, each with the moment at which it is done.
    roles: VecDeque<(Instant, RoleChange)>,
}

/// One role change of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RoleChange {
    Lead(PartitionIx),
    Follow(PartitionIx),
    /// All followers are switched: fetchers are moved and waiting requests answered.
    FollowersDone,
}

impl Image {
    /// The broker has had everything up to `last` for long.
    pub fn start_at(&mut self, last: MetadataOffset) {
        self.cache = Some(last);
        self.applied = Some(last);
    }

    /// The offset of the metadata cache.
    pub fn offset(&self) -> Option<MetadataOffset> {
        self.cache
    }

    /// Moves the end of loading the logs, if that is under way at `now`, to where `rest` says.
    pub(super) fn stretch_loading(&mut self, now: Instant, rest: impl Fn(Instant) -> Instant, out: &mut Outbox) {
        let is_loading = self.applied.is_none();
        if let Some(batch) = self.batch.as_mut().filter(|batch| is_loading && batch.publish_at > now) {
            batch.publish_at = rest(batch.publish_at);
            out.timer(TimerKind::Apply, batch.publish_at);
        }
    }

    /// What heartbeats report as applied.
    pub fn reported(&self) -> MetadataOffset {
        self.applied.unwrap_or_default()
    }
}

impl Broker {
    /// More metadata may be committed than has been applied. The first that is known is applied after the logs were loaded, whether the broker has
    /// registered or not: one that is refused takes the roles of its former life, and fetches (`BrokerServer.startup` installs the publishers
    /// before it waits for `initialCatchUpFuture`; `BrokerMetadataPublisher.initializeManagers`).
    pub(super) fn image_available(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_ref() else { return };
        let Some(target) = ram.observer.available().0.checked_sub(1).map(MetadataOffset) else { return };
        if ram.image.batch.is_some() || ram.image.applied >= Some(target) || !ram.lifecycle.applies_metadata(ctx.now) {
            return;
        }
        let cost = if ram.image.applied.is_none() { self.load_logs() } else { self.apply_cost(target) };
        let publish_at = ctx.now + cost;
        let Some(ram) = self.ram.as_mut() else { return };
        ram.image.batch = Some(Batch { target, publish_at, published: false, coordinated: Vec::new(), roles: VecDeque::new() });
        out.timer(TimerKind::Apply, publish_at);
    }

    fn apply_cost(&self, target: MetadataOffset) -> Duration {
        self.costs.metadata_apply.sample(self.draws.apply.at(mix(target.0, 0))).scale(self.pace.work)
    }

    /// Takes every role that is due, and the cache before them.
    pub(super) fn apply_turn(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        loop {
            let Some(batch) = self.ram.as_mut().and_then(|ram| ram.image.batch.as_mut()) else { return };
            if !batch.published {
                if batch.publish_at > ctx.now {
                    return out.timer(TimerKind::Apply, batch.publish_at);
                }
                batch.published = true;
                self.publish(ctx, out);
                continue;
            }
            match batch.roles.front().copied() {
                Some((at, _)) if at > ctx.now => return out.timer(TimerKind::Apply, at),
                Some((_, change)) => {
                    batch.roles.pop_front();
                    self.change_role(change, ctx, out);
                }
                None => return self.finish_batch(ctx, out),
            }
        }
    }

    /// Swaps the cache and plans the role changes: leaders one at a time, then followers.
    fn publish(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(batch) = ram.image.batch.as_ref() else { return };
        let (from, to) = (ram.image.applied, batch.target);
        ram.image.cache = Some(to);
        out.fact(Fact::ImageApplied { broker: self.ix, offset: to });
        let touched = self.touched(from, to, ctx);
        let groups = group_partitions(ctx);
        if let Some(batch) = self.ram.as_mut().and_then(|ram| ram.image.batch.as_mut()) {
            batch.coordinated = groups.into_iter().filter(|p| touched.binary_search(p).is_ok()).collect();
        }
        let mut leaders = Vec::new();
        let mut followers = Vec::new();
        for partition in touched {
            let Some(registration) = self.hosted_registration(partition, to, ctx) else {
                self.delete_replica(partition, ctx, out);
                continue;
            };
            let led = self.ram.as_ref().is_some_and(|ram| matches!(ram.roles.get(&partition), Some(Role::Leader(_))));
            let leads = registration.leader == Some(self.ix) || led && ctx.is_broken(Broken::DeposedLeaderLeadsOn);
            let new_epoch = self.role_epoch(partition).is_none_or(|known| known < registration.leader_epoch);
            if leads { leaders.push((partition, new_epoch)) } else { followers.push((partition, new_epoch)) }
        }
        self.stop_fetching(leaders.iter().map(|(p, _)| *p), out);
        self.plan_roles(&leaders, &followers, to, ctx);
    }

    fn plan_roles(&mut self, leaders: &[(PartitionIx, bool)], followers: &[(PartitionIx, bool)], to: MetadataOffset, ctx: &Ctx) {
        let costs = self.costs.clone();
        let draws = self.draws.apply;
        let (slowness, life) = (self.pace.work * self.pace.disk, self.disk.lives);
        let Some(ram) = self.ram.as_mut() else { return };
        let mut at = ctx.now;
        let mut plan = VecDeque::new();
        let mut schedule = |changes: &[(PartitionIx, bool)], first, next, wrap: fn(PartitionIx) -> RoleChange| {
            let mut begun = false;
            for &(partition, new_epoch) in changes {
                // Only a new leader epoch is written to the checkpoint file; an ISR change costs next to nothing.
                if new_epoch {
                    let cost: &crate::engine::Distribution = if begun { next } else { first };
                    let epoch = ctx.history.partition(partition, to).map_or(0, |r| u64::from(r.leader_epoch.0));
                    let role = mix(mix(life, ctx.spec.partition_key(partition).bits()), epoch);
                    at += cost.sample(draws.at(mix(1, role))).scale(slowness);
                    if std::mem::take(&mut ram.cold.role) {
                        at += costs.cold.sample(draws.at(mix(2, life))).scale(slowness);
                    }
                    begun = true;
                }
                plan.push_back((at, wrap(partition)));
            }
        };
        schedule(leaders, &costs.first_leader_role, &costs.next_leader_role, RoleChange::Lead);
        schedule(followers, &costs.first_follower_role, &costs.next_follower_role, RoleChange::Follow);
        if !followers.is_empty() {
            plan.push_back((at, RoleChange::FollowersDone));
        }
        if let Some(batch) = ram.image.batch.as_mut() {
            batch.roles = plan;
        }
    }

    fn change_role(&mut self, change: RoleChange, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(target) = self.ram.as_ref().and_then(|ram| ram.image.batch.as_ref()).map(|b| b.target) else { return };
        match change {
            RoleChange::Lead(partition) => self.make_leader(partition, target, ctx, out),
            RoleChange::Follow(partition) => self.make_follower(partition, target, ctx, out),
            RoleChange::FollowersDone => self.followers_done(target, ctx, out),
        }
    }

    fn finish_batch(&mut self, ctx: &mut Ctx, out: &mut Outbox) {
        let Some(ram) = self.ram.as_mut() else { return };
        let Some(batch) = ram.image.batch.take() else { return };
        let first = ram.image.applied.replace(batch.target).is_none();
        if first {
            // `ReplicaManager.startup`, `BrokerMetadataPublisher.finishInitializingReplicaManager`.
            self.arm_housekeeping(ctx, out);
        }
        self.coordinate(&batch.coordinated, ctx, out);
        self.proposals_after_metadata(ctx, out);
        self.fetchers_turn(ctx, out);
        self.image_available(ctx, out);
    }

    /// The partitions that concern this broker and changed between two offsets; all of them for a first image.
    fn touched(&self, from: Option<MetadataOffset>, to: MetadataOffset, ctx: &Ctx) -> Vec<PartitionIx> {
        let Some(from) = from else {
            return (0..ctx.history.partition_count() as u32).map(PartitionIx).filter(|p| self.concerns(*p, to, ctx)).collect();
        };
        let mut touched = BTreeSet::new();
        for changed in ctx.history.changes(from, to) {
            match changed {
                Changed::Partition(partition) if self.concerns(*partition, to, ctx) => {
                    touched.insert(*partition);
                }
                Changed::Topic(topic) if ctx.history.topic(*topic, to).is_none() => {
                    touched.extend(ctx.spec.topics[topic.index()].partitions.iter().filter(|p| self.concerns(**p, to, ctx)));
                }
                Changed::Partition(_) | Changed::Topic(_) | Changed::Broker(_) | Changed::Nothing => {}
            }
        }
        touched.into_iter().collect()
    }

    fn concerns(&self, partition: PartitionIx, at: MetadataOffset, ctx: &Ctx) -> bool {
        self.disk.replicas.contains_key(&partition) || self.hosted_registration(partition, at, ctx).is_some()
    }
}
