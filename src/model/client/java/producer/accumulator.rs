//! Batches that wait, by partition. Source: `RecordAccumulator`, `BufferPool`.

use super::batch::{BATCH_OVERHEAD, Batch, Record};
use super::idempotence::Sequences;
use super::settings::Settings;
use crate::engine::{Instant, Slab};
use crate::kafka::PartitionIx;
use crate::model::Journal;
use std::collections::{BTreeMap, VecDeque};

/// The queue of one partition, with what an idempotent producer tracks for it.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub partition: PartitionIx,
    /// Keys of batches, next to send first.
    pub batches: VecDeque<u32>,
    /// A batch is in flight and `max.in.flight.requests.per.connection` is 1.
    pub muted: bool,
    pub sequences: Sequences,
}

/// What became of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Append {
    /// It joined a batch that goes on waiting.
    Joined,
    /// It opened a batch, or filled one: the Sender is woken.
    Woke { full: bool },
    /// There is no memory for a batch.
    NoMemory,
}

/// All batches that are queued or in flight.
#[derive(Clone, Debug)]
pub(super) struct Accumulator {
    pub batches: Slab<Batch>,
    pub queues: Vec<Queue>,
    index: BTreeMap<PartitionIx, u32>,
    /// Queues that are not empty, ascending by partition.
    waiting: Vec<(PartitionIx, u32)>,
    memory_used: u64,
    /// No batch is past its delivery time-out before this moment: a lower bound that a look refreshes.
    expires_at: Instant,
    spare: Vec<Vec<Record>>,
}

impl Accumulator {
    /// Nothing waits.
    pub(super) fn new() -> Self {
        Accumulator {
            batches: Slab::default(),
            queues: Vec::new(),
            index: BTreeMap::new(),
            waiting: Vec::new(),
            memory_used: 0,
            expires_at: Instant::MAX,
            spare: Vec::new(),
        }
    }

    /// The batch under a key that is queued or in flight.
    pub(super) fn batch(&self, key: u32) -> &Batch {
        self.batches.get(key).expect("a batch lives until its fate is told and no request carries it")
    }

    /// The same, to change.
    pub(super) fn batch_mut(&mut self, key: u32) -> &mut Batch {
        self.batches.get_mut(key).expect("a batch lives until its fate is told and no request carries it")
    }

    /// The queue of a partition, made when it is first used.
    pub(super) fn slot(&mut self, partition: PartitionIx) -> u32 {
        let next = self.queues.len() as u32;
        let slot = *self.index.entry(partition).or_insert(next);
        if slot == next {
            self.queues.push(Queue { partition, batches: VecDeque::new(), muted: false, sequences: Sequences::default() });
        }
        slot
    }

    /// The queue of a partition that was used before.
    pub(super) fn queue_of(&self, partition: PartitionIx) -> Option<&Queue> {
        self.index.get(&partition).map(|slot| &self.queues[*slot as usize])
    }

    /// Queues that are not empty, ascending by partition.
    pub(super) fn waiting(&self) -> &[(PartitionIx, u32)] {
        &self.waiting
    }

    /// Whether the last batch of a partition takes no more records (`allBatchesFull`).
    pub(super) fn all_full(&self, partition: PartitionIx) -> bool {
        let last = self.queue_of(partition).and_then(|q| q.batches.back());
        last.is_none_or(|key| self.batch(*key).is_full())
    }

    /// `RecordAccumulator.append`.
    pub(super) fn append(
        &mut self,
        partition: PartitionIx,
        record: Record,
        bytes: u32,
        now: Instant,
        settings: &Settings,
        journal: &mut Journal,
    ) -> Append {
        let slot = self.slot(partition);
        let queue = &self.queues[slot as usize];
        let several = queue.batches.len() > 1;
        if let Some(&last) = queue.batches.back() {
            let batch = self.batch_mut(last);
            if batch.try_append(record, bytes) {
                return if several || batch.is_full() { Append::Woke { full: true } } else { Append::Joined };
            }
        }
        let capacity = settings.batch_size.max(BATCH_OVERHEAD + bytes);
        if self.memory_used + u64::from(capacity) > settings.buffer_memory {
            return Append::NoMemory;
        }
        self.memory_used += u64::from(capacity);
        let mut batch = Batch::new(journal.new_batch(), partition, capacity, now, self.spare.pop().unwrap_or_default());
        batch.try_append(record, bytes);
        let full = batch.is_full();
        self.expires_at = self.expires_at.min(now + settings.delivery_timeout);
        let key = self.batches.insert(batch);
        self.push_back(slot, key);
        Append::Woke { full: full || self.queues[slot as usize].batches.len() > 1 }
    }

    fn push_back(&mut self, slot: u32, key: u32) {
        self.queues[slot as usize].batches.push_back(key);
        self.note_waiting(slot);
    }

    fn note_waiting(&mut self, slot: u32) {
        let queue = &self.queues[slot as usize];
        let at = self.waiting.binary_search_by_key(&queue.partition, |w| w.0);
        match (at, queue.batches.is_empty()) {
            (Ok(i), true) => {
                self.waiting.remove(i);
            }
            (Err(i), false) => self.waiting.insert(i, (queue.partition, slot)),
            (Ok(_), false) | (Err(_), true) => {}
        }
    }

    /// Takes the first batch of a queue.
    pub(super) fn pop(&mut self, slot: u32) -> Option<u32> {
        let key = self.queues[slot as usize].batches.pop_front();
        self.note_waiting(slot);
        key
    }

    /// `RecordAccumulator.reenqueue`: to the front, or by sequence (`insertInSequenceOrder`) for an idempotent producer.
    pub(super) fn put_back(&mut self, key: u32, now: Instant) {
        let batch = self.batch_mut(key);
        batch.put_back(now);
        let (partition, sequence) = (batch.partition, batch.sequence);
        let slot = self.slot(partition);
        let goes_before = |other: &u32| {
            let other = self.batch(*other).sequence;
            sequence.is_none() || other.is_none_or(|other| Some(other) > sequence)
        };
        let queue = &self.queues[slot as usize];
        let at = queue.batches.iter().position(goes_before).unwrap_or(queue.batches.len());
        self.queues[slot as usize].batches.insert(at, key);
        self.note_waiting(slot);
    }

    /// Gives back the memory of a batch whose fate was told.
    pub(super) fn release(&mut self, key: u32) {
        self.memory_used -= u64::from(self.batch(key).capacity);
    }

    /// Drops a batch that nothing refers to any more.
    pub(super) fn free(&mut self, key: u32) {
        if let Some(mut batch) = self.batches.remove(key) {
            batch.records.clear();
            self.spare.push(batch.records);
        }
    }

    /// Before this moment no batch is past its delivery time-out.
    pub(super) fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Batches past their delivery time-out, queued ones first and taken out of their queues
    /// (`RecordAccumulator.expiredBatches`, `Sender.getExpiredInflightBatches`).
    pub(super) fn expire(&mut self, now: Instant, settings: &Settings) -> Vec<u32> {
        if now < self.expires_at {
            return Vec::new();
        }
        let late = |batch: &Batch| now >= batch.created_at + settings.delivery_timeout;
        let mut expired = Vec::new();
        for slot in 0..self.queues.len() as u32 {
            while let Some(&key) = self.queues[slot as usize].batches.front()
                && late(self.batch(key))
            {
                self.pop(slot);
                expired.push(key);
            }
        }
        let in_flight = self.batches.iter().filter(|(_, b)| b.entry.is_some() && !b.done && late(b));
        expired.extend(in_flight.map(|(key, _)| key));
        let live = self.batches.iter().filter(|(_, b)| !b.done && !late(b));
        self.expires_at = live.map(|(_, b)| b.created_at + settings.delivery_timeout).min().unwrap_or(Instant::MAX);
        expired
    }
}
