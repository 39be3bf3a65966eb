//! The batches of a partition, one after another, each tried until its attempts are spent. Source: `writer.go` partitionWriter.

use super::pool::Grabbed;
use super::writer::Writer;
use super::{Purpose, backoff, is_temporary};
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode, PartitionIx};
use crate::model::client::kit::{Batch, reference};
use crate::model::message::Acks;
use crate::model::{Channel, Ctx, Outbox};
use crate::observe::Fact;
use crate::observe::fact::Unreachable;
use std::collections::VecDeque;

/// The batches of one partition.
#[derive(Clone, Default, Debug)]
pub(super) struct PartitionWriter {
    /// Still taking records, until a moment.
    pub current: Option<(Batch, Instant)>,
    queue: VecDeque<Batch>,
    active: Option<Attempts>,
}

/// The batch that is being written.
#[derive(Clone, Debug)]
struct Attempts {
    batch: Batch,
    /// Number of this attempt, from zero.
    number: u32,
    /// When it ends whatever happens (`WriteTimeout`).
    deadline: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Pausing(Instant),
    Connecting,
    Sent(BrokerIx),
}

impl PartitionWriter {
    /// The next moment at which something happens here by itself.
    pub(super) fn wake_at(&self) -> Instant {
        let lingers = self.current.as_ref().map_or(Instant::MAX, |c| c.1);
        match &self.active {
            Some(Attempts { stage: Stage::Pausing(at), .. }) => lingers.min(*at),
            Some(Attempts { stage: Stage::Connecting | Stage::Sent(_), .. }) | None => lingers,
        }
    }

    fn pause_is_over(&self, now: Instant) -> bool {
        matches!(&self.active, Some(Attempts { stage: Stage::Pausing(at), .. }) if *at <= now)
    }
}

impl Writer {
    /// A batch that is full, or has lingered, is queued.
    pub(super) fn enqueue(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let writer = self.partitions.entry(partition).or_default();
        let Some((batch, _)) = writer.current.take() else { return };
        writer.queue.push_back(batch);
        self.next_batch(partition, ctx, out);
    }

    /// `partitionWriter.writeBatches`: one at a time.
    fn next_batch(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(writer) = self.partitions.get_mut(&partition) else { return };
        if writer.active.is_some() {
            return;
        }
        let Some(batch) = writer.queue.pop_front() else { return };
        writer.active = Some(Attempts { batch, number: 0, deadline: ctx.now, stage: Stage::Connecting });
        self.attempt(partition, ctx, out);
    }

    /// What is due in a partition: a batch that has lingered, or the next attempt.
    pub(super) fn look_at_partition(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(writer) = self.partitions.get(&partition) else { return };
        if writer.pause_is_over(ctx.now) {
            self.attempt(partition, ctx, out);
        }
        let lingered = self.partitions.get(&partition).and_then(|w| w.current.as_ref()).is_some_and(|c| c.1 <= ctx.now);
        if lingered {
            self.enqueue(partition, ctx, out);
        }
    }

    /// `Writer.produce`: finds the leader in the layout and a connection to it.
    fn attempt(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let deadline = ctx.now + self.settings.write_timeout;
        let Some(active) = self.active(partition) else { return };
        active.deadline = deadline;
        active.stage = Stage::Connecting;
        let Some(leader) = self.kit.cache.belief(partition, reference(ctx)).0 else {
            self.leaderless(partition, ctx, out);
            return;
        };
        match self.grab(leader, Some(partition), ctx, out) {
            Grabbed::Ready(channel) => self.write(channel, partition, ctx, out),
            Grabbed::Opening => {}
            Grabbed::Dead => {
                self.wrote_into_the_void(partition, leader, out);
                self.failed(partition, ErrorCode::NetworkException, ctx, out);
            }
        }
    }

    fn active(&mut self, partition: PartitionIx) -> Option<&mut Attempts> {
        self.partitions.get_mut(&partition)?.active.as_mut()
    }

    /// `protocol.ErrNoLeader` is not temporary, so that the batch fails whatever attempts are left (`protocol/produce/produce.go`).
    fn leaderless(&mut self, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        self.want_metadata(ctx.now, out);
        if self.settings.leaderless_fails {
            self.settle(partition, ErrorCode::LeaderNotAvailable, ctx, out);
        } else {
            self.failed(partition, ErrorCode::LeaderNotAvailable, ctx, out);
        }
    }

    /// The broker had closed the connection while it was idle: the request is written and nobody reads it.
    fn wrote_into_the_void(&mut self, partition: PartitionIx, broker: BrokerIx, out: &mut Outbox) {
        let (client, entry) = (self.kit.index, self.kit.new_entry());
        let Some(active) = self.active(partition) else { return };
        let (batch, attempt) = (Some(active.batch.id), active.batch.sent);
        active.batch.sent += 1;
        out.fact(Fact::EntrySent { client, broker, partition, entry, batch, attempt });
        out.fact(Fact::EntryUnreachable { client, broker, partition, entry, how: Unreachable::Reset });
    }

    /// The request leaves; half of the attempt's time is what the broker is given (`Client.timeout`).
    pub(super) fn write(&mut self, channel: Channel, partition: PartitionIx, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Channel::Lane(broker, _) = channel else { return };
        let (acks, write_timeout) = (self.settings.acks, self.settings.write_timeout);
        let Some(active) = self.partitions.get_mut(&partition).and_then(|w| w.active.as_mut()) else { return };
        active.stage = Stage::Sent(broker);
        let left = active.deadline.since(ctx.now);
        let server_timeout = write_timeout.scale(0.5);
        let purpose = Purpose::Produce(partition);
        self.kit.produce(channel, purpose, &mut [&mut active.batch], acks, server_timeout, left, ctx.now, out);
        if acks == Acks::None {
            active.batch.entry = None;
            self.release(channel, ctx.now, out);
            self.settle(partition, ErrorCode::None, ctx, out);
        }
    }

    /// The broker's answer.
    pub(super) fn answered(&mut self, partition: PartitionIx, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(active) = self.partitions.get_mut(&partition).and_then(|w| w.active.as_mut()) else { return };
        self.kit.returned(&mut active.batch, error, out);
        if error.invalidates_metadata() {
            self.want_metadata(ctx.now, out);
        }
        if is_temporary(error) {
            self.failed(partition, error, ctx, out);
        } else {
            self.settle(partition, error, ctx, out);
        }
    }

    /// The connection broke, could not be made, or the attempt's time is over.
    pub(super) fn unanswered(&mut self, partition: PartitionIx, how: Unreachable, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(active) = self.partitions.get_mut(&partition).and_then(|w| w.active.as_mut()) else { return };
        if let Stage::Sent(broker) = active.stage {
            self.kit.unreachable(&mut active.batch, broker, how, out);
        }
        self.want_metadata(ctx.now, out);
        let error = if how == Unreachable::TimedOut { ErrorCode::RequestTimedOut } else { ErrorCode::NetworkException };
        self.failed(partition, error, ctx, out);
    }

    /// An attempt failed in a way that another may not.
    fn failed(&mut self, partition: PartitionIx, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let (most, min, max) = (self.settings.max_attempts, self.settings.backoff_min, self.settings.backoff_max);
        let Some(active) = self.active(partition) else { return };
        active.number += 1;
        if active.number >= most {
            self.settle(partition, error, ctx, out);
            return;
        }
        active.stage = Stage::Pausing(ctx.now + backoff(active.number, min, max));
    }

    /// The batch is done, one way or the other, and the next one's turn has come.
    fn settle(&mut self, partition: PartitionIx, error: ErrorCode, ctx: &mut Ctx<'_>, out: &mut Outbox) {
        let Some(Attempts { batch, .. }) = self.partitions.get_mut(&partition).and_then(|w| w.active.take()) else { return };
        self.kit.finish(&batch, error, &mut self.application, out);
        self.next_batch(partition, ctx, out);
    }
}
