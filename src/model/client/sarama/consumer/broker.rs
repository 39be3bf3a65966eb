//! A `brokerConsumer`: fetches for all partitions that subscribe to one broker, one request after the other, without a session.

use super::super::core::{Object, Purpose};
use super::settings::{CHANNEL, COLLECTING};
use super::{Consumer, Job};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::reference;
use crate::model::message::{ConsumerFetch, FetchResult, FetchSession, Request};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use std::collections::BTreeSet;

/// A broker consumer; an object has several over time.
pub(super) type BrokerConsumerId = u64;

/// What a fetch weighs, and each partition in it, in bytes.
const FETCH_BYTES: u32 = 60;
const PARTITION_BYTES: u32 = 32;

/// One broker consumer.
#[derive(Clone, Debug)]
pub(super) struct BrokerConsumer {
    object: Object,
    broker: BrokerIx,
    /// Partitions that count on it. Without any it ends.
    refs: u32,
    subscriptions: BTreeSet<PartitionIx>,
    /// Subscriptions that are being collected; the fetches stand still meanwhile (`subscriptionManager`).
    collecting: Option<BTreeSet<PartitionIx>>,
    /// What was collected and not taken up yet, because a fetch is under way.
    collected: BTreeSet<PartitionIx>,
    /// The fetch that is under way, with its entries once it has left.
    fetching: Option<Vec<ConsumerFetch>>,
}

impl Consumer {
    /// `refBrokerConsumer`.
    pub(super) fn broker_consumer(&mut self, object: Object, broker: BrokerIx) -> BrokerConsumerId {
        let id = *self.current.entry(object).or_insert_with(|| {
            let id = self.next_broker;
            self.next_broker += 1;
            let consumer = BrokerConsumer {
                object,
                broker,
                refs: 0,
                subscriptions: BTreeSet::new(),
                collecting: None,
                collected: BTreeSet::new(),
                fetching: None,
            };
            self.brokers.insert(id, consumer);
            id
        });
        if let Some(consumer) = self.brokers.get_mut(&id) {
            consumer.refs += 1;
        }
        id
    }

    /// `unrefBrokerConsumer`: the last one ends it, but not its connection.
    pub(super) fn release(&mut self, id: BrokerConsumerId) {
        let Some(consumer) = self.brokers.get_mut(&id) else { return };
        consumer.refs -= 1;
        if consumer.refs == 0 {
            let object = consumer.object;
            if self.current.get(&object) == Some(&id) {
                self.current.remove(&object);
            }
            self.due_brokers.insert(id);
        }
    }

    /// `queueSubscription`: what comes within 100 ms is taken up together.
    pub(super) fn queue(&mut self, id: BrokerConsumerId, partition: PartitionIx, now: Instant) {
        let Some(consumer) = self.brokers.get_mut(&id) else { return };
        match &mut consumer.collecting {
            Some(collecting) => {
                collecting.insert(partition);
            }
            None => {
                consumer.collecting = Some([partition].into());
                self.core.sleep(now + COLLECTING, Job::Collect(id));
            }
        }
    }

    /// A partition is subscribed already.
    pub(super) fn join(&mut self, id: BrokerConsumerId, partition: PartitionIx) {
        if let Some(consumer) = self.brokers.get_mut(&id) {
            consumer.subscriptions.insert(partition);
            self.due_brokers.insert(id);
        }
    }

    /// The 100 ms are over.
    pub(super) fn collected(&mut self, id: BrokerConsumerId) {
        if let Some(consumer) = self.brokers.get_mut(&id) {
            consumer.collected.append(&mut consumer.collecting.take().unwrap_or_default());
            self.due_brokers.insert(id);
        }
    }

    /// `subscriptionConsumer`: takes up what was collected and fetches.
    pub(super) fn run_broker(&mut self, id: BrokerConsumerId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(consumer) = self.brokers.get_mut(&id).filter(|c| c.fetching.is_none()) else { return };
        if consumer.refs == 0 {
            self.brokers.remove(&id);
            return;
        }
        if consumer.collecting.is_some() {
            return;
        }
        consumer.subscriptions.append(&mut consumer.collected);
        if consumer.subscriptions.is_empty() {
            return;
        }
        consumer.fetching = Some(Vec::new());
        let object = consumer.object;
        self.core.call(object, Purpose::Job(Job::Fetch(id)), ctx, out);
    }

    /// The fetch leaves.
    pub(super) fn send_fetch(&mut self, id: BrokerConsumerId, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.take_slot(channel) {
            return self.abort(id, Unreachable::Reset, ctx, out);
        }
        let Some(consumer) = self.brokers.get(&id) else { return };
        let (broker, partitions) = (consumer.broker, consumer.subscriptions.clone());
        let mut entries = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let (entry, client) = (self.core.kit.new_entry(), self.client());
            let leader = self.core.kit.cache.belief(partition, reference(ctx)).0;
            let child = self.child(partition);
            let from_follower = child.replica.is_some_and(|(replica, _)| replica == broker) && leader != Some(broker);
            let leader_epoch = Some(child.leader_epoch);
            entries.push(ConsumerFetch { entry, partition, fetch_offset: child.offset, leader_epoch, from_follower });
            out.fact(Fact::EntrySent { client, broker, partition, entry, batch: None, attempt: 0 });
        }
        let request = Request::Fetch {
            only_leader: self.settings.only_leader,
            max_wait: self.settings.max_wait,
            min_bytes: self.settings.fetch_min_bytes,
            max_bytes: self.settings.fetch_max_bytes,
            partition_max_bytes: self.settings.partition_max_bytes,
            isolation: self.settings.isolation,
            session: FetchSession::None,
            rack: self.settings.rack.clone(),
            entries: entries.clone(),
        };
        let bytes = FETCH_BYTES + PARTITION_BYTES * entries.len() as u32;
        if let Some(consumer) = self.brokers.get_mut(&id) {
            consumer.fetching = Some(entries);
        }
        self.core.kit.ask(channel, Purpose::Job(Job::Fetch(id)), request, bytes, self.settings.read_timeout, ctx.now, out);
    }

    /// The answer: every partition hears of its own, then the next fetch leaves.
    pub(super) fn fetch_answered(&mut self, id: BrokerConsumerId, results: Vec<FetchResult>, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(entries) = self.brokers.get_mut(&id).and_then(|c| c.fetching.take()) else { return };
        for entry in entries {
            let Some(result) = results.iter().find(|r| r.entry == entry.entry) else { continue };
            let (client, partition, error) = (self.client(), entry.partition, result.error);
            out.fact(Fact::EntryReturned { client, partition, entry: entry.entry, error });
            if self.brokers.get(&id).is_some_and(|c| c.subscriptions.contains(&partition)) {
                self.part_answered(id, result, ctx, out);
            }
        }
        self.due_brokers.insert(id);
    }

    /// `parseResponse` and `handleResponses`, for one partition.
    fn part_answered(&mut self, id: BrokerConsumerId, result: &FetchResult, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partition = result.partition;
        if !result.error.is_none() {
            return self.refused(id, partition, result.error, ctx);
        }
        let lease = self.settings.replica_lease;
        let child = self.child(partition);
        child.fetched();
        if let Some(replica) = result.preferred_replica {
            child.replica = Some((replica, lease.map_or(Instant::MAX, |lease| ctx.now + lease)));
        }
        self.deliver(partition, result, ctx, out);
        let here = self.brokers.get(&id).map(|c| c.broker);
        if self.preferred(partition, ctx).is_some_and(|whom| Some(whom) != here) {
            self.unsubscribe(id, partition);
            self.switch(partition, ctx.now);
        } else if self.reader.waiting(partition) > CHANNEL {
            // `Consumer.MaxProcessingTime`: a partition whose application is behind is left out until it has caught up.
            self.unsubscribe(id, partition);
        }
    }

    /// The application is given what is new to it.
    fn deliver(&mut self, partition: PartitionIx, result: &FetchResult, ctx: &Ctx<'_>, out: &mut Outbox) {
        let client = self.client();
        for records in &result.records {
            let child = self.child(partition);
            let base = records.base.max(child.offset);
            if base >= records.end {
                continue;
            }
            child.offset = records.end;
            out.fact(Fact::Delivered { client, partition, batch: records.batch, base, end: records.end });
            self.reader.give(partition, base, records.end, ctx, out);
        }
    }

    /// An error: the partition leaves this broker. One whose position is out of range at the leader is closed for good.
    fn refused(&mut self, id: BrokerConsumerId, partition: PartitionIx, error: ErrorCode, ctx: &Ctx<'_>) {
        self.unsubscribe(id, partition);
        let forgives = self.settings.switches_replica_at_once;
        let child = self.child(partition);
        let from_replica = child.replica.take().is_some();
        if error == ErrorCode::OffsetOutOfRange && !(from_replica && forgives) {
            child.closed = true;
            return;
        }
        self.redispatch(partition, ctx.now);
    }

    fn unsubscribe(&mut self, id: BrokerConsumerId, partition: PartitionIx) {
        if let Some(consumer) = self.brokers.get_mut(&id) {
            consumer.subscriptions.remove(&partition);
        }
    }

    /// The application has caught up with a partition.
    pub(super) fn drained(&mut self, partition: PartitionIx, now: Instant) {
        let Some(id) = self.children.get(&partition).and_then(|c| c.broker) else { return };
        let Some(consumer) = self.brokers.get(&id) else { return };
        let known = consumer.subscriptions.contains(&partition) || consumer.collected.contains(&partition);
        if !known && !consumer.collecting.as_ref().is_some_and(|c| c.contains(&partition)) {
            self.queue(id, partition, now);
        }
    }

    /// `brokerConsumer.abort`: the request failed, so the connection is closed and all partitions look for another.
    pub(super) fn abort(&mut self, id: BrokerConsumerId, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(consumer) = self.brokers.get_mut(&id) else { return };
        let (object, broker) = (consumer.object, consumer.broker);
        let entries = consumer.fetching.take().unwrap_or_default();
        let mut partitions = std::mem::take(&mut consumer.subscriptions);
        partitions.append(&mut consumer.collected);
        partitions.append(&mut consumer.collecting.take().unwrap_or_default());
        let client = self.client();
        for ConsumerFetch { entry, partition, .. } in entries {
            out.fact(Fact::EntryUnreachable { client, broker, partition, entry, how });
        }
        if self.current.get(&object) == Some(&id) {
            self.current.remove(&object);
        }
        self.core.close(object, ctx, out);
        for partition in partitions {
            self.redispatch(partition, ctx.now);
        }
    }
}
