//! From the application to a buffer. Source: `Client.Produce`, `doPartition` (producer.go), `recBuf.bufferRecord` (sink.go),
//! `UniformBytesPartitioner` (partitioner.go).

use super::buffers::{Buffer, Item};
use super::producer::{Identity, Producer, workload};
use crate::engine::{Instant, mix};
use crate::kafka::{ErrorCode, PartitionIx, TopicIx};
use crate::model::client::application::{Done, Handover, assigned};
use crate::model::client::kit::{Batch, reference};
use crate::model::{Ctx, Outbox};
use crate::observe::fact::RecordId;

/// After so many bytes records without a key go to another partition.
const STICKY_BYTES: u32 = 64 << 10;

/// The partition that records without a key go to for now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sticky {
    partition: PartitionIx,
    bytes: u32,
}

/// A record that is not in a buffer yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    record: RecordId,
    pub(super) topic: TopicIx,
    partition: PartitionIx,
    bytes: u32,
    created_at: Instant,
}

impl Producer {
    /// Hands over every record that is due and arms the timer for the next.
    pub(super) fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let index = self.core.kit.index;
        while let Some(handover) = self.application.next(ctx.now, workload(ctx.spec, index)) {
            let Handover { topic, bytes, .. } = handover;
            let partitions = self.partitions(topic, ctx);
            let partitioning = workload(ctx.spec, index).partitioning;
            let chosen = assigned(partitioning, &handover, partitions.len(), self.core.draws.partition);
            let partition = chosen.and_then(|i| partitions.get(i).copied());
            let record = self.take_record(topic, partition, bytes, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// Takes a record from the application; it waits behind earlier ones that wait.
    pub(super) fn take_record(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> RecordId {
        if self.core.kit.cache.add(topic, Instant::MAX) {
            self.core.trigger_now(out);
        }
        let partition = partition.unwrap_or_else(|| self.sticky_partition(topic, bytes, ctx));
        let record = self.core.kit.new_record(partition, out);
        self.blocked.push_back(Waiting { record, topic, partition, bytes, created_at: ctx.now });
        self.unblock(ctx, out);
        record
    }

    /// Buffers what waits, as far as there is room. Records of a topic that is not known wait apart, and hold nobody else up (`unknownTopics`).
    pub(super) fn unblock(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let mut unknown = 0;
        while self.buffered < self.producing.max_buffered
            && let Some(waiting) = self.blocked.get(unknown).copied()
        {
            if self.is_known(&waiting, ctx) {
                self.blocked.remove(unknown);
                self.append(&waiting, ctx, out);
            } else {
                unknown += 1;
            }
        }
    }

    /// Whether a record has a buffer to go to. What was known once stays, although answers know the topic no longer (`mergeTopicPartitions`).
    fn is_known(&self, waiting: &Waiting, ctx: &Ctx<'_>) -> bool {
        let index = ctx.spec.partitions[waiting.partition.index()].index as usize;
        let count = self.core.kit.cache.partition_count(waiting.topic, ctx.history);
        self.buffers.contains_key(&waiting.partition) || count.is_some_and(|count| index < count)
    }

    fn append(&mut self, waiting: &Waiting, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let partition = waiting.partition;
        if !self.buffers.contains_key(&partition) {
            self.new_buffer(partition, ctx, out);
        }
        let most = self.producing.batch_bytes;
        let Some(buffer) = self.buffers.get_mut(&partition) else { return };
        let fits = |item: &Item| !item.frozen && item.batch.bytes + waiting.bytes <= most;
        let joins = buffer.undrained() > 0 && buffer.items.back().is_some_and(fits);
        if !joins {
            buffer.items.push_back(Item::new(Batch::new(partition, ctx)));
        }
        if let Some(item) = buffer.items.back_mut() {
            item.batch.push(waiting.record, waiting.created_at, waiting.bytes);
        }
        self.buffered += 1;
        self.trigger_drain(partition, ctx.now);
    }

    /// A partition is used for the first time. Without a leader it fails until a metadata update brings one.
    fn new_buffer(&mut self, partition: PartitionIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        let leader = self.core.kit.cache.belief(partition, reference(ctx)).0;
        let mut buffer = Buffer::new(leader, self.identity == Identity::Lost);
        // One that was used before the run began has had its first good answer.
        buffer.ok_on_sink = self.warm_sinks;
        self.buffers.insert(partition, buffer);
        if leader.is_none() {
            self.core.trigger(true, ctx.now, out);
        }
    }

    /// Records of a topic that answer after answer does not know fail (`kgo.UnknownTopicRetries`, `waitUnknownTopic`).
    pub(super) fn topic_unknown(&mut self, topic: TopicIx, out: &mut Outbox) {
        let count = self.unknown_topics.entry(topic).or_default();
        *count += 1;
        if *count <= self.producing.unknown_retries {
            return;
        }
        self.unknown_topics.remove(&topic);
        let (failed, kept): (Vec<_>, Vec<_>) = self.blocked.drain(..).partition(|w| w.topic == topic);
        self.blocked.extend(kept);
        for Waiting { record, partition, created_at, .. } in failed {
            let error = ErrorCode::UnknownTopicOrPartition;
            self.application.told(Done { record, partition, batch: None, created_at, error }, out);
        }
    }

    /// The partitions of a topic as the client knows them; those that there are, while it knows none.
    fn partitions<'a>(&self, topic: TopicIx, ctx: &'a Ctx<'_>) -> &'a [PartitionIx] {
        let existing = ctx.history.topic(topic, ctx.history.last()).map(|t| t.partitions.as_slice());
        let all = existing.unwrap_or(&ctx.spec.topics[topic.index()].partitions);
        let known = self.core.kit.cache.partition_count(topic, ctx.history).unwrap_or(all.len());
        &all[..known.min(all.len())]
    }

    fn sticky_partition(&mut self, topic: TopicIx, bytes: u32, ctx: &Ctx<'_>) -> PartitionIx {
        let current = self.sticky.get(&topic).copied().filter(|s| s.bytes < STICKY_BYTES);
        let sticky = current.unwrap_or_else(|| Sticky { partition: self.any_partition(topic, ctx), bytes: 0 });
        self.sticky.insert(topic, Sticky { bytes: sticky.bytes + bytes, ..sticky });
        sticky.partition
    }

    /// Any partition with a leader; any at all when none has one.
    fn any_partition(&self, topic: TopicIx, ctx: &Ctx<'_>) -> PartitionIx {
        let partitions = self.partitions(topic, ctx);
        let led = |p: &&PartitionIx| self.core.kit.cache.belief(**p, reference(ctx)).0.is_some();
        let led: Vec<PartitionIx> = partitions.iter().filter(led).copied().collect();
        let among = if led.is_empty() { partitions } else { &led };
        let draw = self.core.draws.partition.at(mix(self.core.kit.next_record(), 1));
        among.get(draw.below(among.len() as u64) as usize).copied().unwrap_or_default()
    }
}
