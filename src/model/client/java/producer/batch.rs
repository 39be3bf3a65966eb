//! One producer batch over all its attempts. Source: `ProducerBatch`.

use crate::engine::Instant;
use crate::kafka::{LeaderEpoch, PartitionIx, TopicIx};
use crate::observe::fact::{BatchId, EntryId, RecordId};

/// Size of an empty batch (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`), in bytes.
pub(super) const BATCH_OVERHEAD: u32 = 61;

/// A record in a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub record: RecordId,
    pub created_at: Instant,
}

/// A batch.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub id: BatchId,
    pub partition: PartitionIx,
    pub records: Vec<Record>,
    pub bytes: u32,
    /// Bytes that it may hold (`writeLimit`), and what it takes from `buffer.memory`.
    pub capacity: u32,
    pub created_at: Instant,
    /// Creation, or when it was put back.
    pub last_attempt: Instant,
    pub attempts: u32,
    /// It takes no more records.
    pub closed: bool,
    /// The newest leader epoch offered to it, and its attempts when that was first seen.
    epoch: Option<LeaderEpoch>,
    attempts_at_epoch: u32,
    /// Base sequence and producer epoch, once it was drained by an idempotent producer.
    pub sequence: Option<u32>,
    pub producer_epoch: u32,
    /// Its sequence was rewritten by an epoch bump (`reopened`).
    pub sequence_reset: bool,
    /// The request entry that carries it now.
    pub entry: Option<EntryId>,
    /// Its records' fate has been told.
    pub done: bool,
    /// Looks at its backoff in this attempt: Java draws the jitter anew at each.
    pub looks: u64,
    /// Until when it backs off, by the last look.
    pub backing_off_until: Option<Instant>,
}

impl Batch {
    /// A new batch; `records` is an empty vector, perhaps a used one.
    pub(super) fn new(id: BatchId, partition: PartitionIx, capacity: u32, now: Instant, records: Vec<Record>) -> Self {
        Batch {
            id,
            partition,
            records,
            bytes: BATCH_OVERHEAD,
            capacity,
            created_at: now,
            last_attempt: now,
            attempts: 0,
            closed: false,
            epoch: None,
            attempts_at_epoch: 0,
            sequence: None,
            producer_epoch: 0,
            sequence_reset: false,
            entry: None,
            done: false,
            looks: 0,
            backing_off_until: None,
        }
    }

    /// `MemoryRecordsBuilder.isFull`.
    pub(super) fn is_full(&self) -> bool {
        self.closed || self.bytes >= self.capacity
    }

    /// Adds a record if there is room (`MemoryRecordsBuilder.hasRoomFor`); closes the batch if not.
    pub(super) fn try_append(&mut self, record: Record, bytes: u32) -> bool {
        if self.closed || (!self.records.is_empty() && self.bytes + bytes > self.capacity) {
            self.closed = true;
            return false;
        }
        self.records.push(record);
        self.bytes += bytes;
        true
    }

    /// `ProducerBatch.maybeUpdateLeaderEpoch`: notes a newer epoch and in which attempt it came.
    pub(super) fn offer_epoch(&mut self, epoch: LeaderEpoch) {
        if self.epoch.is_none_or(|known| epoch > known) {
            self.epoch = Some(epoch);
            self.attempts_at_epoch = self.attempts;
        }
    }

    /// `ProducerBatch.hasLeaderChangedForTheOngoingRetry`.
    pub(super) fn leader_changed(&self) -> bool {
        self.attempts >= 1 && self.attempts == self.attempts_at_epoch
    }

    /// `ProducerBatch.reenqueued`.
    pub(super) fn put_back(&mut self, now: Instant) {
        self.attempts += 1;
        self.last_attempt = now;
        self.looks = 0;
    }

    /// How many sequence numbers it takes.
    pub(super) fn count(&self) -> u32 {
        self.records.len() as u32
    }

    /// The sequence after its last record.
    pub(super) fn next_sequence(&self) -> u32 {
        self.sequence.unwrap_or(0) + self.count()
    }

    /// What its draws are addressed by: the first record's number.
    pub(super) fn address(&self) -> u64 {
        self.records.first().map_or(0, |r| r.record)
    }
}

/// A record that the application has handed over and that blocks in `send()`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocked {
    pub record: Record,
    pub topic: TopicIx,
    pub partition: PartitionIx,
    pub bytes: u32,
    /// When its own `send()` began: the one before had returned.
    pub since: Instant,
}
