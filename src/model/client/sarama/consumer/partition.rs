//! A `partitionConsumer`: where it reads, and who is asked. Whatever goes wrong, it waits `Consumer.Retry.Backoff`, refreshes, and subscribes to
//! the broker that the cache names then. It checks no epoch of its position.

use super::super::core::Purpose;
use super::super::refresh::Wanted;
use super::broker::BrokerConsumerId;
use super::{Consumer, Job, consumption};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::client::kit::reference;
use crate::model::message::{OffsetAnswer, OffsetQuery, OffsetSpec, Request};
use crate::model::{Channel, Ctx, Outbox};

/// What a look-up of a position weighs, in bytes.
const QUERY_BYTES: u32 = 40;

/// One partition of the consumer.
#[derive(Clone, Debug)]
pub(super) struct Child {
    /// Offset of the next record.
    pub offset: Offset,
    /// The leader epoch that its fetches carry: that of the look-up.
    pub leader_epoch: LeaderEpoch,
    /// The replica that the leader sent it to, and until when (KIP-392).
    pub replica: Option<(BrokerIx, Instant)>,
    /// Who fetches for it.
    pub broker: Option<BrokerConsumerId>,
    /// It sleeps before it looks for a broker.
    triggered: bool,
    /// It looks for a second time, after a refresh of the look-up's own.
    again: bool,
    /// Failures since the last good fetch.
    retries: u32,
    /// It was closed: its position is out of range, or its retries are spent. The application gets nothing more.
    pub closed: bool,
}

impl Child {
    /// One that is not read yet.
    pub(super) fn new() -> Self {
        Child {
            offset: Offset(0),
            leader_epoch: LeaderEpoch(0),
            replica: None,
            broker: None,
            triggered: false,
            again: false,
            retries: 0,
            closed: false,
        }
    }

    /// A fetch came back without an error.
    pub(super) fn fetched(&mut self) {
        self.retries = 0;
    }
}

impl Consumer {
    pub(super) fn child(&mut self, partition: PartitionIx) -> &mut Child {
        self.children.get_mut(&partition).expect("only partitions that are consumed are heard of")
    }

    /// `ConsumePartition`: the leader is asked where to begin.
    pub(super) fn find_position(&mut self, partition: PartitionIx, refreshed: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let job = Job::Begin(partition);
        match self.core.leader(partition, ctx, out) {
            Some(leader) => self.core.call(leader, Purpose::Job(job), ctx, out),
            None if refreshed => self.no_position(partition, ctx),
            None => self.core.refresh(job, Wanted::one(ctx.spec.partitions[partition.index()].topic), ctx, out),
        }
    }

    pub(super) fn ask_position(&mut self, partition: PartitionIx, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.take_slot(channel) {
            return self.no_position(partition, ctx);
        }
        let consumption = consumption(ctx.spec, self.client());
        let spec = if consumption.from_beginning { OffsetSpec::Earliest } else { OffsetSpec::Latest };
        let queries = vec![OffsetQuery { partition, leader_epoch: None, spec }];
        let request = Request::ListOffsets { client: self.client(), isolation: self.settings.isolation, queries };
        let timeout = self.settings.read_timeout;
        self.core.kit.ask(channel, Purpose::Job(Job::Begin(partition)), request, QUERY_BYTES, timeout, ctx.now, out);
    }

    pub(super) fn position_answered(&mut self, partition: PartitionIx, answers: &[OffsetAnswer], ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(answer) = answers.iter().find(|a| a.partition == partition && a.error.is_none()) else {
            return self.no_position(partition, ctx);
        };
        self.set_position(partition, answer.offset, out);
        self.subscribe(partition, ctx, out);
    }

    /// `ConsumePartition` failed; the application tries again.
    pub(super) fn no_position(&mut self, partition: PartitionIx, ctx: &Ctx<'_>) {
        let later = self.later(ctx.now);
        self.core.sleep(later, Job::Begin(partition));
    }

    /// `triggerRedispatch`: a pause, unless one is under way already, or the change of replica needs none.
    pub(super) fn redispatch(&mut self, partition: PartitionIx, now: Instant) {
        let (later, most) = (self.later(now), self.settings.retry_max);
        let child = self.child(partition);
        if child.triggered || child.closed {
            return;
        }
        if most.is_some_and(|most| child.retries >= most) {
            child.closed = true;
            return;
        }
        child.retries += 1;
        child.triggered = true;
        self.core.sleep(later, Job::Child(partition));
    }

    /// The leader sent it to another replica, or its time there is over.
    pub(super) fn switch(&mut self, partition: PartitionIx, now: Instant) {
        if !self.settings.switches_replica_at_once {
            return self.redispatch(partition, now);
        }
        let child = self.child(partition);
        if !child.triggered {
            child.triggered = true;
            self.core.sleep(now, Job::Child(partition));
        }
    }

    /// `partitionConsumer.dispatch`: leaves its broker, refreshes.
    pub(super) fn child_woken(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(broker) = self.child(partition).broker.take() {
            self.release(broker);
        }
        self.look(partition, false, ctx, out);
    }

    fn look(&mut self, partition: PartitionIx, again: bool, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.child(partition).again = again;
        let topic = ctx.spec.partitions[partition.index()].topic;
        self.core.refresh(Job::Child(partition), Wanted::one(topic), ctx, out);
    }

    /// `partitionConsumer.preferredBroker`, then the subscription.
    pub(super) fn child_refreshed(&mut self, partition: PartitionIx, result: Result<(), ErrorCode>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if result.is_err() {
            return self.not_found(partition, ctx);
        }
        if self.subscribe(partition, ctx, out) {
            self.child(partition).triggered = false;
        } else if self.child(partition).again {
            self.not_found(partition, ctx);
        } else {
            self.look(partition, true, ctx, out);
        }
    }

    fn not_found(&mut self, partition: PartitionIx, ctx: &Ctx<'_>) {
        self.child(partition).triggered = false;
        self.redispatch(partition, ctx.now);
    }

    /// Whom it is to read from now: the replica that it was sent to while that counts, else the leader.
    pub(super) fn preferred(&mut self, partition: PartitionIx, ctx: &Ctx<'_>) -> Option<BrokerIx> {
        let replica = self.child(partition).replica;
        if let Some((replica, until)) = replica {
            if ctx.now <= until && self.core.registered.contains(&replica) {
                return Some(replica);
            }
            self.child(partition).replica = None;
        }
        self.core.kit.cache.belief(partition, reference(ctx)).0.filter(|leader| self.core.registered.contains(leader))
    }

    /// Subscribes to its broker; false when there is none.
    pub(super) fn subscribe(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(broker) = self.choose(partition, ctx, out) else { return false };
        self.queue(broker, partition, ctx.now);
        true
    }

    /// The same for a consumer that has been running for long.
    pub(super) fn subscribe_at_once(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match self.choose(partition, ctx, out) {
            Some(broker) => self.join(broker, partition),
            None => self.redispatch(partition, ctx.now),
        }
    }

    fn choose(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Option<BrokerConsumerId> {
        let whom = self.preferred(partition, ctx)?;
        let object = self.core.broker(whom, ctx, out)?;
        let broker = self.broker_consumer(object, whom);
        let epoch = self.core.kit.cache.belief(partition, reference(ctx)).1;
        let child = self.child(partition);
        child.leader_epoch = epoch;
        child.broker = Some(broker);
        Some(broker)
    }
}
