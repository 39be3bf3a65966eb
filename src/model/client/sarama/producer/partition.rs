//! A `partitionProducer`: hands the records of one partition to a broker, and keeps their order while some are tried again.
//!
//! A record that comes back raises the *high watermark*, the level of retry that is let through; records of lower levels wait in buffers
//! until a fin that follows the level's records through the old broker has come back too. The leader is looked up only when there is no
//! broker producer: a refresh that others made does not move a partition.

use super::super::breaker::Breaker;
use super::super::core::Object;
use super::super::refresh::Wanted;
use super::broker::BrokerProducerId;
use super::message::{Item, Message};
use super::{Job, Producer};
use crate::kafka::{ErrorCode, PartitionIx};
use crate::model::{Ctx, Outbox};
use std::collections::{BTreeMap, VecDeque};

/// What the goroutine does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    /// It takes the next record.
    Ready,
    /// It looks the leader up before its first record (`client.Leader`).
    Prefetching,
    /// It sleeps, and then goes on with what it has in hand.
    Pausing,
    /// It refreshes to find the leader (`updateLeader`), and after that once more if the cache names none.
    Refreshing { again: bool },
}

/// Which step of handling a record comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// A broker producer that is abandoned is left first.
    Begin,
    /// The level of the record decides.
    Level,
    /// A new level: a broker producer is needed to send the fin to.
    Raise,
    /// The record goes to the broker.
    Send,
}

/// Records of one level that wait for a higher one (`partitionRetryState`).
#[derive(Clone, Default, Debug)]
struct Level {
    buffer: Vec<Message>,
    expects_fin: bool,
}

/// One partition's producer.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    input: VecDeque<Item>,
    broker: Option<(Object, BrokerProducerId)>,
    breaker: Breaker,
    high_watermark: u32,
    levels: BTreeMap<u32, Level>,
    doing: Doing,
    hand: Option<(Item, Step)>,
    /// The level that is being flushed: the leader is looked up for it.
    flushing: bool,
}

impl Partition {
    /// A level, which has come up with the first record that was retried so often: real ones are all there from the start (`retryState`).
    fn level(&mut self, level: u32) -> &mut Level {
        self.levels.entry(level).or_default()
    }
}

impl Producer {
    /// `newPartitionProducer`: it looks its leader up at once.
    pub(super) fn new_partition(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let state = Partition {
            input: VecDeque::new(),
            broker: None,
            breaker: Breaker::default(),
            high_watermark: 0,
            levels: BTreeMap::new(),
            doing: Doing::Prefetching,
            hand: None,
            flushing: false,
        };
        self.partitions.insert(partition, state);
        match self.core.leader(partition, ctx, out) {
            Some(object) => {
                self.join(partition, object);
                self.partition(partition).doing = Doing::Ready;
            }
            None => self.refresh_for(partition, ctx, out),
        }
    }

    fn partition(&mut self, partition: PartitionIx) -> &mut Partition {
        self.partitions.get_mut(&partition).expect("whoever waits for a partition's producer has made it")
    }

    fn refresh_for(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let topic = ctx.spec.partitions[partition.index()].topic;
        self.core.refresh(Job::Partition(partition), Wanted::one(topic), ctx, out);
    }

    /// Hands a record, or one that comes back, to its partition (`topicProducer.dispatch`).
    pub(super) fn dispatch(&mut self, item: Item, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partition = match item {
            Item::Data(message) => message.partition,
            Item::Syn(partition) | Item::Fin(partition, _) => partition,
        };
        if !self.partitions.contains_key(&partition) {
            self.new_partition(partition, ctx, out);
        }
        self.come_back(partition, item);
    }

    /// Puts something into a partition's queue.
    pub(super) fn come_back(&mut self, partition: PartitionIx, item: Item) {
        self.partition(partition).input.push_back(item);
        self.due_partitions.push_back(partition);
    }

    /// `getBrokerProducer` and the syn that follows.
    fn join(&mut self, partition: PartitionIx, object: Object) {
        let broker = self.broker_producer(object);
        self.partition(partition).broker = Some((object, broker));
        self.hand_to_broker(broker, Item::Syn(partition));
    }

    fn leave(&mut self, partition: PartitionIx) {
        if let Some((object, broker)) = self.partition(partition).broker.take() {
            self.release(object, broker);
        }
    }

    /// Does what the partition can do now.
    pub(super) fn run_partition(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while self.partition(partition).doing == Doing::Ready {
            let state = self.partition(partition);
            if state.flushing {
                self.flush_levels(partition, ctx, out);
                continue;
            }
            let Some((item, step)) = state.hand.take().or_else(|| state.input.pop_front().map(|item| (item, Step::Begin))) else { return };
            self.step(partition, item, step, ctx, out);
        }
    }

    /// One step of the loop of `partitionProducer.dispatch`.
    fn step(&mut self, partition: PartitionIx, item: Item, step: Step, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        match step {
            Step::Begin => {
                let broker = self.partition(partition).broker;
                if broker.is_some_and(|(_, id)| self.is_abandoned(id)) {
                    self.leave(partition);
                    return self.pause(partition, item, Step::Level, ctx);
                }
                self.by_level(partition, item, ctx, out);
            }
            Step::Level => self.by_level(partition, item, ctx, out),
            Step::Raise => self.raise(partition, item, ctx),
            Step::Send => self.send_on(partition, item),
        }
    }

    fn by_level(&mut self, partition: PartitionIx, item: Item, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let state = self.partition(partition);
        let level = match item {
            Item::Data(message) => message.retries,
            Item::Fin(_, retries) => retries,
            Item::Syn(_) => unreachable!("a syn goes to brokers only"),
        };
        if level > state.high_watermark {
            return self.with_leader(partition, item, Step::Raise, ctx, out);
        }
        if level < state.high_watermark {
            let below = state.level(level);
            match item {
                Item::Data(message) => below.buffer.push(message),
                Item::Fin(..) | Item::Syn(_) => below.expects_fin = false,
            }
            return;
        }
        if let Item::Fin(..) = item
            && level > 0
        {
            state.level(level).expects_fin = false;
            state.high_watermark -= 1;
            state.flushing = true;
            return;
        }
        self.with_leader(partition, item, Step::Send, ctx, out);
    }

    /// `updateLeaderIfBrokerProducerIsNil`, then the step.
    fn with_leader(&mut self, partition: PartitionIx, item: Item, step: Step, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let state = self.partition(partition);
        state.hand = Some((item, step));
        if state.broker.is_none() {
            self.update_leader(partition, ctx, out);
        }
    }

    /// `newHighWatermark`: a fin follows what was sent to the old broker, which is left; then the pause.
    fn raise(&mut self, partition: PartitionIx, item: Item, ctx: &mut Ctx<'_>) {
        let state = self.partition(partition);
        let level = state.high_watermark;
        state.high_watermark = match item {
            Item::Data(message) => message.retries,
            Item::Fin(_, retries) => retries,
            Item::Syn(_) => level,
        };
        let raised = state.high_watermark;
        state.level(raised).expects_fin = true;
        if let Some((_, broker)) = state.broker {
            self.hand_to_broker(broker, Item::Fin(partition, raised - 1));
        }
        self.leave(partition);
        self.pause(partition, item, Step::Send, ctx);
    }

    fn pause(&mut self, partition: PartitionIx, item: Item, then: Step, ctx: &Ctx<'_>) {
        let until = ctx.now + self.settings.retry_backoff;
        let state = self.partition(partition);
        state.hand = Some((item, then));
        state.doing = Doing::Pausing;
        self.core.sleep(until, Job::Partition(partition));
    }

    /// The pause is over.
    pub(super) fn partition_woken(&mut self, partition: PartitionIx) {
        self.partition(partition).doing = Doing::Ready;
        self.due_partitions.push_back(partition);
    }

    fn send_on(&mut self, partition: PartitionIx, item: Item) {
        match self.partition(partition).broker {
            Some((_, broker)) => {
                let item = self.to_number(item);
                self.hand_to_broker(broker, item);
            }
            None => self.partition(partition).hand = Some((item, Step::Level)),
        }
    }

    /// A record that was never sent is given its number, where records have their own; it keeps it in whatever batch it leaves
    /// (`partitionProducer.dispatch`, `getAndIncrementSequenceNumber`).
    fn to_number(&self, item: Item) -> Item {
        let Item::Data(message) = item else { return item };
        Item::Data(Message { awaits_number: self.settings.numbers_records && message.retries == 0, ..message })
    }

    /// `updateLeader`: refresh, then look up; guarded by a breaker.
    fn update_leader(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if let Some(error) = self.partition(partition).breaker.refuses(ctx.now) {
            return self.no_leader(partition, error, ctx, out);
        }
        self.partition(partition).doing = Doing::Refreshing { again: false };
        self.refresh_for(partition, ctx, out);
    }

    /// The refresh that the partition waited for is over.
    pub(super) fn partition_refreshed(
        &mut self,
        partition: PartitionIx,
        result: Result<(), ErrorCode>,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) {
        let doing = self.partition(partition).doing;
        let found = if result.is_ok() { self.core.leader(partition, ctx, out) } else { None };
        match (doing, found) {
            (Doing::Prefetching, found) => {
                self.partition(partition).doing = Doing::Ready;
                if let Some(object) = found {
                    self.join(partition, object);
                }
            }
            (_, Some(object)) => {
                let state = self.partition(partition);
                state.doing = Doing::Ready;
                state.breaker.tried(None, ctx.now);
                self.join(partition, object);
            }
            (Doing::Refreshing { again: false }, None) if result.is_ok() => {
                self.partition(partition).doing = Doing::Refreshing { again: true };
                return self.refresh_for(partition, ctx, out);
            }
            (_, None) => {
                let error = result.err().unwrap_or(ErrorCode::LeaderNotAvailable);
                let state = self.partition(partition);
                state.doing = Doing::Ready;
                state.breaker.tried(Some(error), ctx.now);
                self.no_leader(partition, error, ctx, out);
            }
        }
        self.due_partitions.push_back(partition);
    }

    /// No leader was found: what is in hand fails, and the next record waits out a pause.
    fn no_leader(&mut self, partition: PartitionIx, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        if self.partition(partition).flushing {
            return self.flush_failed(partition, error, out);
        }
        let Some((item, _)) = self.partition(partition).hand.take() else { return };
        if let Item::Data(message) = item {
            self.fail(vec![message], error, out);
        }
        self.partition(partition).doing = Doing::Pausing;
        self.core.sleep(ctx.now + self.settings.retry_backoff, Job::Partition(partition));
    }

    /// `flushRetryBuffers`, one level; the watermark stands at it already.
    fn flush_levels(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some((_, broker)) = self.partition(partition).broker else {
            return self.update_leader(partition, ctx, out);
        };
        let state = self.partition(partition);
        let level = state.high_watermark;
        for message in std::mem::take(&mut state.level(level).buffer) {
            let keeps = message.sequence.is_some() || self.settings.forgets_numbers;
            let item = if keeps { Item::Data(message) } else { self.to_number(Item::Data(message)) };
            self.hand_to_broker(broker, item);
        }
        self.level_flushed(partition);
    }

    fn flush_failed(&mut self, partition: PartitionIx, error: ErrorCode, out: &mut Outbox) {
        let state = self.partition(partition);
        let level = state.high_watermark;
        let buffer = std::mem::take(&mut state.level(level).buffer);
        self.fail(buffer, error, out);
        self.level_flushed(partition);
    }

    fn level_flushed(&mut self, partition: PartitionIx) {
        let state = self.partition(partition);
        let level = state.high_watermark;
        if level == 0 || state.level(level).expects_fin {
            state.flushing = false;
        } else {
            state.high_watermark -= 1;
        }
    }
}
