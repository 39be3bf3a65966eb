//! From the application to a batch. Source: `KafkaProducer.doSend`, `KafkaProducer.waitOnMetadata`, `BuiltInPartitioner`.

use super::accumulator::Append;
use super::batch::{Blocked, Record};
use super::{Producer, workload};
use crate::engine::{Instant, mix};
use crate::kafka::{ErrorCode, PartitionIx, TopicIx};
use crate::model::client::application::{Done, Handover, assigned};
use crate::model::{Ctx, Outbox};
use crate::observe::fact::RecordId;

/// The partition that records without a key go to for now (KIP-794).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sticky {
    index: usize,
    bytes: u32,
}

/// A record as the application hands it over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handed {
    pub topic: TopicIx,
    pub partition: Option<PartitionIx>,
    pub bytes: u32,
    /// What its draws are addressed by.
    pub address: u64,
}

/// Why a record cannot be appended now.
enum Wait {
    Metadata,
    Memory,
}

impl Producer {
    /// Takes a record from the application. It blocks behind earlier ones, for metadata, or for memory.
    pub(super) fn take_record(&mut self, handed: Handed, ctx: &mut Ctx<'_>, out: &mut Outbox) -> RecordId {
        self.use_topic(handed.topic, ctx, out);
        let sticky = handed.partition.is_none();
        let partition = handed.partition.unwrap_or_else(|| self.sticky_partition(handed, ctx));
        let record = Record { record: self.net.kit.new_record(partition, out), created_at: ctx.now };
        let blocked = Blocked { record, topic: handed.topic, partition, bytes: handed.bytes, since: ctx.now };
        if !self.blocked.is_empty() {
            self.blocked.push_back(blocked);
            if sticky {
                self.count_sticky(handed, partition, ctx);
            }
            return record.record;
        }
        match self.try_append(&blocked, ctx) {
            Ok(append) => self.wake_sender(append, partition, ctx, out),
            Err(_) => {
                self.blocked.push_back(blocked);
                self.pass(ctx, out);
            }
        }
        if sticky {
            self.count_sticky(handed, partition, ctx);
        }
        record.record
    }

    /// `ProducerMetadata.add`: keeps a topic in the set, and asks for a new one at once.
    pub(super) fn use_topic(&mut self, topic: TopicIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        if self.net.kit.cache.add(topic, ctx.now + self.settings.metadata_max_idle) {
            self.net.refresh.request_new_topics(out);
        }
    }

    fn try_append(&mut self, blocked: &Blocked, ctx: &mut Ctx<'_>) -> Result<Append, Wait> {
        let index = ctx.spec.partitions[blocked.partition.index()].index as usize;
        if self.net.kit.cache.partition_count(blocked.topic, ctx.history).is_none_or(|count| index >= count) {
            return Err(Wait::Metadata);
        }
        match self.accumulator.append(blocked.partition, blocked.record, blocked.bytes, ctx.now, &self.settings, ctx.journal) {
            Append::NoMemory => Err(Wait::Memory),
            append @ (Append::Joined | Append::Woke { .. }) => Ok(append),
        }
    }

    /// The Sender is woken only when a batch is new or full. For a new one that lingers its turn would only set the timer.
    fn wake_sender(&mut self, append: Append, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Append::Woke { full } = append else { return };
        let lingers = !full && !self.settings.linger.is_zero();
        if lingers && self.net.belief(partition, ctx).0.is_some() {
            let until = ctx.now + self.settings.linger;
            self.net.wake = self.net.wake.min(until);
            if !self.settings.metadata_first {
                self.loops.sleeps_until = self.loops.sleeps_until.min(until);
            }
            self.arm(out);
            return;
        }
        self.pass(ctx, out);
    }

    /// Appends blocked records in order for as long as it can; true when one went through, or when the head newly waits for
    /// memory, which makes every batch sendable.
    pub(super) fn unblock(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) -> bool {
        let mut moved = false;
        let was_out_of_memory = std::mem::take(&mut self.out_of_memory);
        while let Some(&head) = self.blocked.front() {
            let wait = match self.try_append(&head, ctx) {
                Ok(_) => {
                    moved = true;
                    self.unblocked(ctx.now);
                    continue;
                }
                Err(wait) => wait,
            };
            let until = head.since + self.settings.max_block;
            if ctx.now >= until {
                self.fail_blocked(&head, out);
                self.unblocked(ctx.now);
                continue;
            }
            self.net.wake = self.net.wake.min(until);
            match wait {
                Wait::Memory => self.out_of_memory = true,
                Wait::Metadata => self.ask_for_topic(head.topic, ctx, out),
            }
            break;
        }
        moved || (self.out_of_memory && !was_out_of_memory)
    }

    /// The head's `send()` has returned; the next one's begins.
    fn unblocked(&mut self, now: Instant) {
        self.blocked.pop_front();
        if let Some(next) = self.blocked.front_mut() {
            next.since = now;
        }
    }

    /// `max.block.ms` is over: a TimeoutException in the record's future.
    fn fail_blocked(&mut self, blocked: &Blocked, out: &mut Outbox) {
        self.application.told(
            Done {
                record: blocked.record.record,
                partition: blocked.partition,
                batch: None,
                created_at: blocked.record.created_at,
                error: ErrorCode::RequestTimedOut,
            },
            out,
        );
    }

    /// `ProducerMetadata.requestUpdateForTopic`, once for each answer that did not bring the topic.
    fn ask_for_topic(&mut self, topic: TopicIx, ctx: &Ctx<'_>, out: &mut Outbox) {
        self.use_topic(topic, ctx, out);
        if self.net.refresh.is_wanted() || self.net.refresh.is_in_flight() {
            return;
        }
        if self.net.kit.cache.is_new(topic) {
            self.net.refresh.request_new_topics(out);
        } else {
            self.net.refresh.request(out);
        }
    }

    /// Hands over every record that is due and arms the timer for the next.
    pub(super) fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        while let Some(handover) = self.application.next(ctx.now, workload(ctx.spec, self.index)) {
            let Handover { topic, bytes, address, .. } = handover;
            let partitions = self.partitions(topic, ctx);
            let partitioning = workload(ctx.spec, self.index).partitioning;
            let index = assigned(partitioning, &handover, partitions.len(), self.draws.partition);
            let partition = index.and_then(|i| partitions.get(i).copied());
            let record = self.take_record(Handed { topic, partition, bytes, address }, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// The partitions of a topic as the client knows them; those that there are, while it knows none. What an operator asked for and was
    /// refused has an index too, but is no partition.
    fn partitions<'a>(&self, topic: TopicIx, ctx: &'a Ctx<'_>) -> &'a [PartitionIx] {
        let existing = ctx.history.topic(topic, ctx.history.last()).map(|t| t.partitions.as_slice());
        let all = existing.unwrap_or(&ctx.spec.topics[topic.index()].partitions);
        let known = self.net.kit.cache.partition_count(topic, ctx.history).unwrap_or(all.len());
        &all[..known.min(all.len())]
    }

    fn sticky_partition(&mut self, handed: Handed, ctx: &Ctx<'_>) -> PartitionIx {
        let sticky = match self.sticky.get(&handed.topic) {
            Some(sticky) => *sticky,
            None => Sticky { index: self.next_partition(handed, 0, ctx), bytes: 0 },
        };
        self.sticky.insert(handed.topic, sticky);
        self.partitions(handed.topic, ctx).get(sticky.index).copied().unwrap_or_default()
    }

    /// `BuiltInPartitioner.updatePartitionInfo`: moves on after a batch's worth of bytes, at a batch boundary or after two.
    fn count_sticky(&mut self, handed: Handed, partition: PartitionIx, ctx: &Ctx<'_>) {
        let boundary = self.accumulator.all_full(partition);
        let batch_size = self.settings.batch_size;
        let Some(sticky) = self.sticky.get_mut(&handed.topic) else { return };
        sticky.bytes += handed.bytes;
        if (sticky.bytes >= batch_size && boundary) || sticky.bytes >= batch_size.saturating_mul(2) {
            let next = Sticky { index: self.next_partition(handed, 1, ctx), bytes: 0 };
            self.sticky.insert(handed.topic, next);
        }
    }

    /// `BuiltInPartitioner.nextPartition`: over the partitions with a known leader, by the room in their queues once every
    /// partition has been used and the queues differ; else evenly.
    fn next_partition(&self, handed: Handed, salt: u64, ctx: &Ctx<'_>) -> usize {
        let partitions = self.partitions(handed.topic, ctx);
        let led = |p: &PartitionIx| self.net.belief(*p, ctx).0.is_some();
        let led: Vec<usize> = (0..partitions.len()).filter(|i| led(&partitions[*i])).collect();
        let draw = self.draws.partition.at(mix(handed.address, salt));
        if led.is_empty() {
            return draw.below(partitions.len() as u64) as usize;
        }
        let all_used = partitions.iter().all(|p| self.accumulator.queue_of(*p).is_some());
        let queue = |i: usize| self.accumulator.queue_of(partitions[i]).map_or(0, |q| q.batches.len() as u64);
        let longest = led.iter().map(|i| queue(*i)).max().unwrap_or(0);
        // The weights are all one when the queues are equal, and when some partition was never used.
        let weight = |i: usize| if all_used { longest + 1 - queue(i) } else { 1 };
        let mut ticket = draw.below(led.iter().map(|i| weight(*i)).sum());
        for &i in &led {
            match ticket.checked_sub(weight(i)) {
                Some(rest) => ticket = rest,
                None => return i,
            }
        }
        led[0]
    }
}
