//! The queue of one partition (`rd_kafka_toppar_t`). Batches that come back for another attempt keep their identity: they stand before the
//! messages that were never sent, in order. One request may carry several of them.

use crate::engine::Instant;
use crate::kafka::{BrokerIx, PartitionIx};
use crate::model::Ctx;
use crate::model::client::kit::Batch;
use crate::observe::fact::RecordId;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What an empty batch weighs in bytes (`RD_KAFKAP_MSGSET_V2_SIZE`, as `kit` counts it).
pub(super) const BATCH_OVERHEAD: u32 = 61;

/// A message that was never sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub record: RecordId,
    pub created_at: Instant,
    pub bytes: u32,
}

/// A batch that waits for another attempt, until the moment given (`ts_backoff`).
#[derive(Clone, Debug)]
pub(super) struct Retry {
    pub batch: Batch,
    pub until: Instant,
}

/// What may go into one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub messages: u32,
    pub bytes: u32,
    /// Batches of an earlier attempt are sent alone, so that the broker sees the same sequence numbers again.
    pub alone: bool,
}

/// See the module.
#[derive(Clone, Default, Debug)]
pub(super) struct Toppar {
    pub retries: VecDeque<Retry>,
    pub fresh: VecDeque<Message>,
    fresh_bytes: u64,
    /// Where it was delegated when it was last served.
    pub broker: Option<BrokerIx>,
    /// Requests in flight, to any broker.
    pub in_flight: u32,
    /// Nothing is sent until no request is in flight (`rktp_eos.wait_drain`).
    pub wait_drain: bool,
    /// The next sequence number of an idempotent producer, and the one that is acknowledged next.
    pub next_sequence: u32,
    pub next_acked: u32,
}

impl Toppar {
    pub fn is_empty(&self) -> bool {
        self.retries.is_empty() && self.fresh.is_empty()
    }

    pub fn push(&mut self, message: Message) {
        self.fresh_bytes += u64::from(message.bytes);
        self.fresh.push_back(message);
    }

    /// Back into the queue, at its place.
    pub fn put_back(&mut self, batch: Batch, until: Instant) {
        let at = self.retries.partition_point(|r| r.batch.address() < batch.address());
        self.retries.insert(at, Retry { batch, until });
    }

    /// When the head of the queue may be sent; never when there is none (`rd_kafka_msgq_allow_wakeup_at`).
    pub fn ready_at(&self, linger: crate::engine::Duration, limits: Limits, now: Instant) -> Instant {
        if let Some(head) = self.retries.front() {
            return head.until;
        }
        let full = self.fresh.len() >= limits.messages as usize || self.fresh_bytes >= u64::from(limits.bytes);
        match self.fresh.front() {
            Some(_) if full => now,
            Some(head) => head.created_at + linger,
            None => Instant::MAX,
        }
    }

    /// Takes what the next request carries: everything in order up to the limits or to a batch that backs off
    /// (`rd_kafka_msgset_writer_write_msgq`).
    pub fn take(&mut self, partition: PartitionIx, limits: Limits, ctx: &mut Ctx<'_>) -> SmallVec<[Batch; 1]> {
        let mut taken: SmallVec<[Batch; 1]> = SmallVec::new();
        let (mut messages, mut bytes) = (0, 0);
        while let Some(head) = self.retries.front() {
            let (count, size) = (head.batch.records.len() as u32, head.batch.bytes);
            let fits = taken.is_empty() || (messages + count <= limits.messages && bytes + size <= limits.bytes);
            if head.until > ctx.now || !fits {
                return taken;
            }
            (messages, bytes) = (messages + count, bytes + size);
            taken.extend(self.retries.pop_front().map(|r| r.batch));
            if limits.alone {
                return taken;
            }
        }
        let rest = Limits { messages: limits.messages.saturating_sub(messages), bytes: limits.bytes.saturating_sub(bytes), ..limits };
        if rest.messages > 0 && (taken.is_empty() || rest.bytes > 0) {
            taken.extend(self.take_fresh(partition, rest, ctx));
        }
        taken
    }

    fn take_fresh(&mut self, partition: PartitionIx, limits: Limits, ctx: &mut Ctx<'_>) -> Option<Batch> {
        self.fresh.front()?;
        let mut batch = Batch::new(partition, ctx);
        while let Some(head) = self.fresh.front() {
            let full = batch.records.len() as u32 >= limits.messages || batch.bytes + head.bytes > limits.bytes;
            if full && !batch.records.is_empty() {
                break;
            }
            batch.push(head.record, head.created_at, head.bytes);
            self.fresh_bytes -= u64::from(head.bytes);
            self.fresh.pop_front();
        }
        Some(batch)
    }

    /// When its oldest message was handed over.
    pub fn oldest(&self) -> Option<Instant> {
        let retry = self.retries.iter().flat_map(|r| r.batch.records.first()).map(|r| r.1).min();
        retry.into_iter().chain(self.fresh.front().map(|m| m.created_at)).min()
    }

    /// Takes out what was handed over at or before the moment given. Batches go whole, with their first message.
    pub fn expire(&mut self, until: Instant) -> (Vec<Batch>, Vec<Message>) {
        let late = |r: &Retry| r.batch.records.first().is_some_and(|(_, created)| *created <= until);
        let (gone, kept): (VecDeque<Retry>, VecDeque<Retry>) = std::mem::take(&mut self.retries).into_iter().partition(late);
        self.retries = kept;
        let mut messages = Vec::new();
        while let Some(head) = self.fresh.front().filter(|m| m.created_at <= until) {
            self.fresh_bytes -= u64::from(head.bytes);
            messages.push(*head);
            self.fresh.pop_front();
        }
        (gone.into_iter().map(|r| r.batch).collect(), messages)
    }
}
