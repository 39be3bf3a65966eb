//! Sequence numbers of an idempotent producer. Source: `TransactionManager`, `TxnPartitionEntry`.

use super::accumulator::Accumulator;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ErrorCode};
use crate::model::Channel;

/// What is tracked of one partition (`TxnPartitionEntry`).
#[derive(Clone, Default, Debug)]
pub(super) struct Sequences {
    /// The producer epoch that its sequences belong to; none before the first batch.
    epoch: Option<u32>,
    next: u32,
    last_acked: Option<u32>,
    /// Batches drained and not finished, by (epoch, base sequence): in flight or waiting to be sent again.
    unfinished: Vec<u32>,
    /// A batch expired after it had been sent: the sequence after it (`partitionsWithUnresolvedSequences`).
    unresolved: Option<u32>,
}

/// Where the producer is with its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Id {
    /// It needs one: from this node if it has chosen, not before the moment given.
    Needed { target: Option<(Channel, BrokerIx)>, not_before: Instant },
    /// It has asked.
    Requested,
    /// It has one.
    Known,
}

/// The producer's own part (`TransactionManager`, not transactional).
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub id: Id,
    epoch: u32,
    epoch_bump_required: bool,
    /// Partitions whose sequences start again with the next epoch, as slots.
    rewrite: Vec<u32>,
    /// Partitions with an unresolved sequence, as slots.
    unresolved: Vec<u32>,
}

impl Sequences {
    /// `isNextSequence`.
    fn expects(&self, sequence: u32) -> bool {
        sequence == self.last_acked.map_or(0, |acked| acked + 1)
    }
}

impl Identity {
    /// A producer with its first epoch.
    pub(super) fn new(id: Id, epoch: u32) -> Self {
        Identity { id, epoch, epoch_bump_required: false, rewrite: Vec::new(), unresolved: Vec::new() }
    }

    /// The producer epoch.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// `TransactionManager.maybeResolveSequences`: where nothing is unfinished any more, either every batch was acknowledged
    /// after all, or the epoch is bumped.
    pub(super) fn resolve(&mut self, accumulator: &mut Accumulator) {
        let mut gaps = Vec::new();
        self.unresolved.retain(|&slot| {
            let sequences = &mut accumulator.queues[slot as usize].sequences;
            if !sequences.unfinished.is_empty() {
                return true;
            }
            if !sequences.expects(sequences.next) {
                gaps.push(slot);
            }
            sequences.unresolved = None;
            false
        });
        for slot in gaps {
            self.request_bump(slot);
        }
    }

    /// `requestEpochBumpForPartition`.
    fn request_bump(&mut self, slot: u32) {
        self.epoch_bump_required = true;
        if !self.rewrite.contains(&slot) {
            self.rewrite.push(slot);
        }
    }

    /// `bumpIdempotentProducerEpoch`: the epoch grows without asking anybody, and the partitions that caused it start again
    /// from sequence 0, unfinished batches included.
    pub(super) fn bump_if_required(&mut self, accumulator: &mut Accumulator) {
        if !self.epoch_bump_required {
            return;
        }
        self.epoch_bump_required = false;
        self.epoch += 1;
        for slot in std::mem::take(&mut self.rewrite) {
            self.start_again(accumulator, slot);
            accumulator.queues[slot as usize].sequences.unresolved = None;
            self.unresolved.retain(|s| *s != slot);
        }
    }

    /// `TxnPartitionEntry.startSequencesAtBeginning`.
    fn start_again(&self, accumulator: &mut Accumulator, slot: u32) {
        let unfinished = std::mem::take(&mut accumulator.queues[slot as usize].sequences.unfinished);
        let mut next = 0;
        for &key in &unfinished {
            let batch = accumulator.batch_mut(key);
            batch.sequence = Some(next);
            batch.producer_epoch = self.epoch;
            batch.sequence_reset = true;
            next += batch.count();
        }
        accumulator.queues[slot as usize].sequences =
            Sequences { epoch: Some(self.epoch), next, last_acked: None, unfinished, unresolved: None };
    }

    /// Whether the first batch of a queue may be drained now; if not, the walk over its node stops
    /// (`RecordAccumulator.shouldStopDrainBatchesForPartition`).
    pub(super) fn may_drain(&self, accumulator: &Accumulator, slot: u32, key: u32) -> bool {
        let sequences = &accumulator.queues[slot as usize].sequences;
        let batch = accumulator.batch(key);
        if batch.sequence.is_some() {
            // A batch that is sent again goes only when it is the oldest unfinished one.
            return sequences.unfinished.first().is_none_or(|first| accumulator.batch(*first).sequence == batch.sequence);
        }
        let current = sequences.epoch == Some(self.epoch);
        (current || sequences.unfinished.is_empty()) && sequences.unresolved.is_none()
    }

    /// Gives a drained batch its sequence if it has none yet (`RecordAccumulator.drainBatchesForOneNode`).
    pub(super) fn assign(&self, accumulator: &mut Accumulator, slot: u32, key: u32) {
        if accumulator.batch(key).sequence.is_some() {
            return;
        }
        if accumulator.queues[slot as usize].sequences.epoch != Some(self.epoch) {
            self.start_again(accumulator, slot);
        }
        let count = accumulator.batch(key).count();
        let sequences = &mut accumulator.queues[slot as usize].sequences;
        let sequence = sequences.next;
        sequences.next += count;
        sequences.unfinished.push(key);
        let batch = accumulator.batch_mut(key);
        batch.sequence = Some(sequence);
        batch.producer_epoch = self.epoch;
    }

    /// `TransactionManager.handleCompletedBatch`. Also for a batch that had expired before its answer came.
    pub(super) fn completed(&self, accumulator: &mut Accumulator, key: u32) {
        let batch = accumulator.batch(key);
        let (partition, last) = (batch.partition, batch.next_sequence().saturating_sub(1));
        let slot = accumulator.slot(partition);
        let sequences = &mut accumulator.queues[slot as usize].sequences;
        sequences.last_acked = sequences.last_acked.max(Some(last));
        sequences.unfinished.retain(|k| *k != key);
    }

    /// `TransactionManager.canRetry`: out of order is retried always, and bumps the epoch where there is a real gap.
    pub(super) fn can_retry(&mut self, accumulator: &mut Accumulator, error: ErrorCode, key: u32) -> bool {
        let batch = accumulator.batch(key);
        let (partition, sequence, reset) = (batch.partition, batch.sequence.unwrap_or(0), batch.sequence_reset);
        let slot = accumulator.slot(partition);
        let sequences = &accumulator.queues[slot as usize].sequences;
        if error == ErrorCode::UnknownProducerId {
            if !reset {
                self.request_bump(slot);
            }
            return true;
        }
        if error == ErrorCode::OutOfOrderSequenceNumber {
            let not_next = reset || !sequences.expects(sequence);
            let gap = match sequences.unresolved {
                None => !not_next,
                Some(after) => after == sequence,
            };
            if gap {
                self.request_bump(slot);
            }
            return true;
        }
        error.is_retriable()
    }

    /// `TransactionManager.handleFailedBatch`. `adjust`: the broker certainly did not take it.
    pub(super) fn failed(&mut self, accumulator: &mut Accumulator, key: u32, error: ErrorCode, adjust: bool) {
        let partition = accumulator.batch(key).partition;
        let slot = accumulator.slot(partition);
        let sequences = &mut accumulator.queues[slot as usize].sequences;
        sequences.unfinished.retain(|k| *k != key);
        if error == ErrorCode::UnknownProducerId {
            *sequences = Sequences::default();
            self.unresolved.retain(|s| *s != slot);
        } else if adjust || error == ErrorCode::OutOfOrderSequenceNumber {
            self.request_bump(slot);
        }
    }

    /// `TransactionManager.markSequenceUnresolved`: a batch that had been sent before expired.
    pub(super) fn mark_unresolved(&mut self, accumulator: &mut Accumulator, key: u32) {
        let batch = accumulator.batch(key);
        let (partition, after) = (batch.partition, batch.next_sequence());
        let slot = accumulator.slot(partition);
        let sequences = &mut accumulator.queues[slot as usize].sequences;
        sequences.unresolved = sequences.unresolved.max(Some(after));
        if !self.unresolved.contains(&slot) {
            self.unresolved.push(slot);
        }
    }
}
