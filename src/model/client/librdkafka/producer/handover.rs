//! How messages come in. Source: `rd_kafka_produce`, `rd_kafka_msg_new`, `rd_kafka_msg_sticky_partition`.

use super::toppar::Message;
use super::{Producer, workload};
use crate::engine::{Instant, mix};
use crate::kafka::{ErrorCode, PartitionIx, TopicIx};
use crate::model::client::application::{Done, assigned};
use crate::model::{Ctx, Outbox};
use crate::observe::fact::RecordId;

/// The partition that messages without a key go to for now, since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sticky {
    partition: PartitionIx,
    since: Instant,
}

impl Producer {
    /// Takes a message from the application. It is refused when the queue is full.
    pub(super) fn take_message(
        &mut self,
        topic: TopicIx,
        partition: Option<PartitionIx>,
        bytes: u32,
        ctx: &mut Ctx<'_>,
        out: &mut Outbox,
    ) -> RecordId {
        self.core.use_topic(topic, ctx, out);
        let partition = partition.unwrap_or_else(|| self.sticky_partition(topic, ctx));
        let record = self.core.kit.new_record(partition, out);
        let config = &self.core.settings.config;
        let full = config.queue_max_messages > 0 && self.queued.0 >= config.queue_max_messages
            || self.queued.1 + u64::from(bytes) > u64::from(config.queue_max_kbytes) * 1024;
        let message = Message { record, created_at: ctx.now, bytes };
        if full || self.fatal {
            let error = if self.fatal { ErrorCode::Fatal } else { ErrorCode::QueueFull };
            self.refuse(partition, message, error, out);
            return record;
        }
        self.queued = (self.queued.0 + 1, self.queued.1 + u64::from(bytes));
        self.toppars.entry(partition).or_default().push(message);
        self.waiting.insert(partition);
        if !config.message_timeout.is_zero() {
            let deadline = ctx.now + config.message_timeout;
            self.expiry_at = self.expiry_at.min(self.core.main_tick(deadline));
        }
        record
    }

    /// A message that was never sent ends.
    pub(super) fn refuse(&mut self, partition: PartitionIx, message: Message, error: ErrorCode, out: &mut Outbox) {
        let Message { record, created_at, .. } = message;
        self.application.told(Done { record, partition, batch: None, created_at, error }, out);
    }

    /// Hands over every message that is due and arms the timer for the next.
    pub(super) fn run_application(&mut self, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let workload = workload(ctx.spec, self.core.kit.index);
        while let Some(handover) = self.application.next(ctx.now, workload) {
            let partitions = self.partitions(handover.topic, ctx);
            let index = assigned(workload.partitioning, &handover, partitions.len(), self.core.draws.partition);
            let partition = index.and_then(|i| partitions.get(i).copied());
            let record = self.take_message(handover.topic, partition, handover.bytes, ctx, out);
            self.application.handed(record, &handover, out);
        }
        self.application.arm(out);
    }

    /// The partitions of a topic as the client knows them; those that there are, while it knows none.
    fn partitions<'a>(&self, topic: TopicIx, ctx: &'a Ctx<'_>) -> &'a [PartitionIx] {
        let existing = ctx.history.topic(topic, ctx.history.last()).map(|t| t.partitions.as_slice());
        let all = existing.unwrap_or(&ctx.spec.topics[topic.index()].partitions);
        let known = self.core.kit.cache.partition_count(topic, ctx.history).unwrap_or(all.len());
        &all[..known.min(all.len())]
    }

    /// A partition with a leader, drawn anew when the last was drawn `sticky.partitioning.linger.ms` ago.
    fn sticky_partition(&mut self, topic: TopicIx, ctx: &Ctx<'_>) -> PartitionIx {
        if let Some(sticky) = self.sticky.get(&topic).filter(|s| ctx.now <= s.since + self.core.settings.config.sticky_linger) {
            return sticky.partition;
        }
        let partitions = self.partitions(topic, ctx);
        let led: Vec<PartitionIx> = partitions.iter().copied().filter(|p| self.core.delegated(*p, ctx).is_some()).collect();
        let choice = if led.is_empty() { partitions } else { &led };
        let draw = self.core.draws.partition.at(mix(2, self.core.kit.next_record()));
        let partition = choice.get(draw.below(choice.len() as u64) as usize).copied().unwrap_or_default();
        self.sticky.insert(topic, Sticky { partition, since: ctx.now });
        partition
    }
}
