//! A `brokerProducer`: collects the records of all partitions that send to one broker into requests, and hears of their fate.
//! `partitionMuter`: a partition with a batch on its way is left out of the next request.

use super::super::core::{Object, Purpose};
use super::message::{Item, Message, Part, Set, SetId};
use super::{Job, Producer};
use crate::kafka::{ErrorCode, PartitionIx};
use crate::model::client::kit::Batch;
use crate::model::message::{Acks, ProduceResult};
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A broker producer; an object has several over time.
pub(super) type BrokerProducerId = u64;

/// Requests that are ready and not sent: one stands before the connection, one behind it (`bridge`, `flushingBatch`).
const READY_MAX: usize = 2;

/// What became of a request.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The broker's word on each partition.
    Answered(Vec<(PartitionIx, ErrorCode)>),
    /// There is no answer to wait for (acks=0).
    Sent,
    /// It could not be sent, or its connection is gone.
    Lost,
}

/// One broker producer.
#[derive(Clone, Debug)]
pub(super) struct BrokerProducer {
    pub object: Object,
    /// Partitions that send to it. Without any it ends when it has nothing left to do.
    refs: u32,
    input: VecDeque<Item>,
    accumulating: BTreeMap<PartitionIx, Vec<Message>>,
    /// The producer's epoch when it began to collect these (`produceSet.producerEpoch`).
    epoch: u32,
    timer_set: bool,
    timer_fired: bool,
    /// Requests that have not left, the first before the connection.
    ready: VecDeque<SetId>,
    /// Requests that have left, or failed to, and were not heard of here.
    unheard: u32,
    pub outcomes: VecDeque<(SetId, Outcome)>,
    /// It refreshes before it goes on with this outcome.
    pub busy: Option<(SetId, Outcome)>,
    /// Its connection failed: everything that comes in goes back.
    pub closing: bool,
    /// Partitions whose records go back until a fin or syn passes (`currentRetries`).
    pub retrying: BTreeSet<PartitionIx>,
    /// Partitions shall look for another (`Producer.Retry.Max` is 0).
    pub abandoned: bool,
}

impl BrokerProducer {
    /// Whether it holds records of a partition that may be waiting for its turn.
    pub(super) fn holds(&self, partition: PartitionIx) -> bool {
        self.accumulating.contains_key(&partition)
    }

    fn bytes(&self, partition: PartitionIx) -> u32 {
        self.accumulating.get(&partition).map_or(0, |messages| messages.iter().map(|m| m.bytes).sum())
    }

    fn count(&self) -> u32 {
        self.accumulating.values().map(|messages| messages.len() as u32).sum()
    }

    /// Takes the records of a partition out (`dropPartition`).
    pub(super) fn drop_partition(&mut self, partition: PartitionIx) -> Vec<Message> {
        self.accumulating.remove(&partition).unwrap_or_default()
    }

    /// Takes everything out.
    pub(super) fn drop_all(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.accumulating).into_values().flatten().collect()
    }

    /// Begins to collect anew (`rollOver`).
    pub(super) fn roll_over(&mut self, epoch: u32) {
        self.timer_fired = false;
        self.epoch = epoch;
    }

    /// Begins anew where an answer has left it nothing (`handleResponse`).
    pub(super) fn roll_over_if_empty(&mut self, epoch: u32) {
        if self.accumulating.is_empty() {
            self.roll_over(epoch);
        }
    }

    /// It collects for another epoch than the record was numbered in.
    fn is_of_another_epoch(&self, message: &Message) -> bool {
        self.epoch != message.epoch
    }

    /// The record has a lower number than the first of its batch (`produceSet.add`: "message out of sequence added to a batch").
    fn comes_too_late(&self, message: &Message) -> bool {
        let first = self.accumulating.get(&message.partition).and_then(|messages| messages.first());
        first.is_some_and(|first| message.sequence.unwrap_or(0) < first.sequence.unwrap_or(0))
    }

    fn is_over(&self) -> bool {
        let idle = self.input.is_empty() && self.accumulating.is_empty() && self.ready.is_empty() && self.outcomes.is_empty();
        idle && self.refs == 0 && self.unheard == 0 && self.busy.is_none()
    }
}

impl Producer {
    /// `getBrokerProducer`.
    pub(super) fn broker_producer(&mut self, object: Object) -> BrokerProducerId {
        let id = *self.current.entry(object).or_insert_with(|| {
            let id = self.next_broker;
            self.next_broker += 1;
            let broker = BrokerProducer {
                object,
                refs: 0,
                input: VecDeque::new(),
                accumulating: BTreeMap::new(),
                epoch: self.producer_epoch,
                timer_set: false,
                timer_fired: false,
                ready: VecDeque::new(),
                unheard: 0,
                outcomes: VecDeque::new(),
                busy: None,
                closing: false,
                retrying: BTreeSet::new(),
                abandoned: false,
            };
            self.brokers.insert(id, broker);
            id
        });
        self.broker(id).refs += 1;
        id
    }

    /// `unrefBrokerProducer`.
    pub(super) fn release(&mut self, object: Object, id: BrokerProducerId) {
        let broker = self.broker(id);
        broker.refs -= 1;
        if broker.refs == 0 {
            if self.current.get(&object) == Some(&id) {
                self.current.remove(&object);
            }
            self.due_brokers.insert(id);
        }
    }

    /// `abandonBrokerConnection`.
    pub(super) fn abandon(&mut self, id: BrokerProducerId) {
        let never_retries = self.settings.retry_max == 0;
        let broker = self.broker(id);
        broker.abandoned |= never_retries;
        let object = broker.object;
        if self.current.get(&object) == Some(&id) {
            self.current.remove(&object);
        }
    }

    pub(super) fn broker(&mut self, id: BrokerProducerId) -> &mut BrokerProducer {
        self.brokers.get_mut(&id).expect("a broker producer lives while somebody uses it")
    }

    pub(super) fn is_abandoned(&self, id: BrokerProducerId) -> bool {
        self.brokers.get(&id).is_some_and(|b| b.abandoned)
    }

    /// `brokerProducer.input`.
    pub(super) fn hand_to_broker(&mut self, id: BrokerProducerId, item: Item) {
        self.broker(id).input.push_back(item);
        self.number_next(id, item.partition());
        self.due_brokers.insert(id);
    }

    /// A partition numbers a record and then waits until it is taken (`brokerProducer.input` holds none): so of those that wait here the first
    /// has its number, and the one behind it when the first is in hand and waits for space.
    fn number_next(&mut self, id: BrokerProducerId, partition: PartitionIx) {
        let Some(broker) = self.brokers.get(&id) else { return };
        let first_is_in_hand = broker.input.front().is_some_and(|item| item.partition() == partition) && self.waits_for_space(broker);
        let numbered = if first_is_in_hand { 2 } else { 1 };
        let Some(broker) = self.brokers.get_mut(&id) else { return };
        for item in broker.input.iter_mut().filter(|item| item.partition() == partition).take(numbered) {
            let Item::Data(message) = item else { continue };
            if std::mem::take(&mut message.awaits_number) {
                let next = self.sequences.entry(partition).or_default();
                (message.sequence, message.epoch) = (Some(*next), self.producer_epoch);
                *next += 1;
            }
        }
    }

    /// Whether it hears of a request before it makes another: a `select` with both before it takes either.
    fn hears_first(&self, id: BrokerProducerId) -> bool {
        let next = self.brokers.get(&id).and_then(|b| b.outcomes.front());
        next.is_some_and(|(set, _)| self.draws.select.at(*set).happens(0.5))
    }

    /// `brokerProducer.run`: takes what came, hears of its requests, sends.
    pub(super) fn run_broker(&mut self, id: BrokerProducerId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while self.brokers.get(&id).is_some_and(|b| b.busy.is_none()) {
            let flushed = !self.hears_first(id) && self.flush(id, ctx, out);
            if let Some((set, outcome)) = self.broker(id).outcomes.pop_front() {
                self.broker(id).unheard -= 1;
                self.hear(id, set, outcome, ctx, out);
            } else if let Some(item) = self.next_item(id) {
                self.take_item(id, item, ctx, out);
            } else if !flushed {
                break;
            }
        }
        if self.brokers.get(&id).is_some_and(BrokerProducer::is_over) {
            self.brokers.remove(&id);
        }
    }

    /// The next item, unless it must wait until there is room for it.
    fn next_item(&mut self, id: BrokerProducerId) -> Option<Item> {
        if self.waits_for_space(&self.brokers[&id]) {
            let first = self.broker(id).input.front()?.partition();
            self.number_next(id, first);
            return None;
        }
        let item = self.broker(id).input.pop_front()?;
        self.number_next(id, item.partition());
        Some(item)
    }

    /// The next record does not fit: what was collected goes first (`wouldOverflow`, `waitForSpace`).
    fn waits_for_space(&self, broker: &BrokerProducer) -> bool {
        let Some(Item::Data(message)) = broker.input.front() else { return false };
        if broker.closing || broker.accumulating.is_empty() {
            return false;
        }
        if self.settings.numbers_records && broker.is_of_another_epoch(message) {
            return true;
        }
        let (bytes, messages) = (self.settings.max_message_bytes, self.settings.flush_max_messages);
        let too_large = broker.holds(message.partition) && broker.bytes(message.partition) + message.bytes >= bytes;
        too_large || (messages > 0 && broker.count() >= messages)
    }

    fn take_item(&mut self, id: BrokerProducerId, item: Item, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let (numbers_records, epoch) = (self.settings.numbers_records, self.producer_epoch);
        let broker = self.broker(id);
        match item {
            Item::Syn(partition) => {
                broker.retrying.remove(&partition);
            }
            Item::Fin(partition, level) => {
                if !broker.closing {
                    broker.retrying.remove(&partition);
                }
                self.come_back(partition, Item::Fin(partition, level + 1));
            }
            Item::Data(message) if broker.closing || broker.retrying.contains(&message.partition) => {
                self.retry_messages(vec![message], ErrorCode::NetworkException, out);
            }
            Item::Data(message) => {
                if numbers_records && broker.is_of_another_epoch(&message) {
                    broker.roll_over(epoch);
                }
                if numbers_records && broker.comes_too_late(&message) {
                    return self.fail(vec![message], ErrorCode::OutOfOrderSequenceNumber, out);
                }
                broker.accumulating.entry(message.partition).or_default().push(message);
                if self.settings.flush_frequency > crate::engine::Duration::ZERO && !self.broker(id).timer_set {
                    self.broker(id).timer_set = true;
                    self.core.sleep(ctx.now + self.settings.flush_frequency, Job::Flush(id));
                }
            }
        }
    }

    /// `Producer.Flush.Frequency` is over.
    pub(super) fn flush_now(&mut self, id: BrokerProducerId) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.timer_set = false;
            broker.timer_fired = !broker.accumulating.is_empty();
            self.due_brokers.insert(id);
        }
    }

    /// `produceSet.readyToFlush`: at once, unless something shall be collected first; what is left when no partition sends to it any more goes
    /// too (`shutdown`).
    fn ready_to_flush(&self, broker: &BrokerProducer) -> bool {
        let s = &self.settings;
        if broker.accumulating.is_empty() || broker.ready.len() >= READY_MAX {
            return false;
        }
        let collects = s.flush_frequency > crate::engine::Duration::ZERO || s.flush_bytes > 0 || s.flush_messages > 0;
        let bytes = || broker.accumulating.keys().map(|p| broker.bytes(*p)).sum::<u32>();
        !collects
            || broker.timer_fired
            || (s.flush_messages > 0 && broker.count() >= s.flush_messages)
            || (s.flush_bytes > 0 && bytes() >= s.flush_bytes)
            || self.waits_for_space(broker)
            || (broker.refs == 0 && broker.input.is_empty())
    }

    /// Makes a request of what was collected, without the partitions that have a batch on its way. True when one was made.
    fn flush(&mut self, id: BrokerProducerId, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let Some(broker) = self.brokers.get(&id).filter(|b| self.ready_to_flush(b)) else { return false };
        let free = |p: &PartitionIx| !self.settings.mutes_partitions || !self.muted.contains_key(p);
        let partitions: Vec<PartitionIx> = broker.accumulating.keys().copied().filter(free).collect();
        if partitions.is_empty() {
            return false;
        }
        let (object, epoch) = (broker.object, broker.epoch);
        let mut parts = Vec::new();
        for partition in partitions {
            let messages = self.broker(id).drop_partition(partition);
            if self.settings.mutes_partitions {
                *self.muted.entry(partition).or_default() += 1;
            }
            parts.push(self.batch(partition, messages, epoch, ctx, out));
        }
        let epoch = self.producer_epoch;
        self.broker(id).roll_over_if_empty(epoch);
        let set = self.new_set(Set { parts, by: id, object, resent: false });
        self.enqueue(id, set, ctx, out);
        true
    }

    /// A batch of one partition's records, numbered if the producer is idempotent (`sequenceFlushingBatch`). Where records have their numbers
    /// already, the batch begins with that of its first record, whatever epoch that was given in (`produceSet.add`).
    fn batch(&mut self, partition: PartitionIx, mut messages: Vec<Message>, epoch: u32, ctx: &mut Ctx<'_>, out: &mut Outbox) -> Part {
        let mut batch = Batch::new(partition, ctx);
        if self.settings.numbers_records {
            batch.sequence = messages.first().map(|m| m.sequence.unwrap_or(0));
            batch.producer_epoch = epoch;
        } else if self.settings.idempotent {
            let next = self.sequences.entry(partition).or_default();
            for message in messages.iter_mut().filter(|m| m.sequence.is_none()) {
                message.sequence = Some(*next);
                *next += 1;
            }
            batch.sequence = messages.first().and_then(|m| m.sequence);
            batch.producer_epoch = self.producer_epoch;
        }
        for message in &mut messages {
            if let Some(before) = message.batch.replace(batch.id) {
                out.fact(Fact::RecordRebatched { client: self.client(), record: message.record, batch: before });
            }
            batch.push(message.record, message.created_at, message.bytes);
        }
        Part { batch, messages }
    }

    pub(super) fn new_set(&mut self, set: Set) -> SetId {
        self.next_set += 1;
        self.sets.insert(self.next_set, set);
        self.next_set
    }

    /// Puts a request behind those that have not left.
    pub(super) fn enqueue(&mut self, id: BrokerProducerId, set: SetId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let broker = self.broker(id);
        let object = broker.object;
        broker.ready.push_back(set);
        broker.unheard += 1;
        if broker.ready.len() == 1 {
            self.core.call(object, Purpose::Job(Job::Set(set)), ctx, out);
        }
    }

    /// The request leaves.
    pub(super) fn send_set(&mut self, id: SetId, channel: Channel, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if !self.core.take_slot(channel) {
            return self.set_failed(id, Unreachable::Reset, ctx, out);
        }
        let s = &self.settings;
        let (acks, server, read) = (s.acks, s.server_timeout, s.read_timeout);
        let Some(set) = self.sets.get_mut(&id) else { return };
        let mut batches: Vec<&mut Batch> = set.parts.iter_mut().map(|p| &mut p.batch).collect();
        self.core.kit.produce(channel, Purpose::Job(Job::Set(id)), &mut batches, acks, server, read, ctx.now, out);
        let by = set.by;
        self.gone(by, id, ctx, out);
        if acks == Acks::None {
            self.outcome(by, id, Outcome::Sent);
        }
    }

    /// A request has left the queue: the next one stands before the connection.
    fn gone(&mut self, by: BrokerProducerId, set: SetId, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let broker = self.broker(by);
        if broker.ready.front() != Some(&set) {
            return;
        }
        broker.ready.pop_front();
        let (object, next) = (broker.object, broker.ready.front().copied());
        if let Some(next) = next {
            self.core.call(object, Purpose::Job(Job::Set(next)), ctx, out);
        }
        self.due_brokers.insert(by);
    }

    fn outcome(&mut self, by: BrokerProducerId, set: SetId, outcome: Outcome) {
        self.broker(by).outcomes.push_back((set, outcome));
        self.due_brokers.insert(by);
    }

    /// The answer is here.
    pub(super) fn set_answered(&mut self, id: SetId, results: &[ProduceResult], out: &mut Outbox) {
        let Some(set) = self.sets.get_mut(&id) else { return };
        let mut words = Vec::with_capacity(set.parts.len());
        for part in &mut set.parts {
            let partition = part.batch.partition;
            let result = results.iter().find(|r| r.partition == partition).expect("an answer leaves no entry out");
            self.core.kit.returned(&mut part.batch, result.error, out);
            words.push((partition, result.error));
        }
        let by = set.by;
        self.outcome(by, id, Outcome::Answered(words));
    }

    /// There will be no answer.
    pub(super) fn set_failed(&mut self, id: SetId, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(set) = self.sets.get_mut(&id) else { return };
        if let Channel::Broker(broker) = set.object.channel {
            set.parts.iter_mut().for_each(|part| self.core.kit.unreachable(&mut part.batch, broker, how, out));
        }
        let by = set.by;
        self.gone(by, id, ctx, out);
        self.outcome(by, id, Outcome::Lost);
    }
}
