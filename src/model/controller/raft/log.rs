//! What a voter keeps on disk: its place in the quorum (`quorum-state`) and its metadata log.

use crate::kafka::{MetadataOffset, RaftEpoch, VoterIx};
use crate::model::message::RaftBatch;
use std::sync::Arc;

/// A voter's disk.
#[derive(Clone, Default, Debug)]
pub(in crate::model::controller) struct Disk {
    /// The highest epoch that it knows.
    pub epoch: RaftEpoch,
    /// Whom it gave its vote in that epoch.
    pub voted: Option<VoterIx>,
    /// The leader of that epoch.
    pub leader: Option<VoterIx>,
    /// Its log.
    pub log: MetadataLog,
}

impl Disk {
    /// A disk that holds what the cluster had committed up to `end` when the run began, all of it in epoch 1.
    pub(in crate::model::controller) fn warm(end: MetadataOffset) -> Self {
        let log = MetadataLog { start: end, epochs: vec![(RaftEpoch(1), MetadataOffset(0))], batches: Vec::new() };
        Disk { epoch: RaftEpoch(1), voted: None, leader: None, log }
    }
}

/// A metadata log: batches from `start` on; everything before was committed when the run began.
#[derive(Clone, Default, Debug)]
pub(in crate::model::controller) struct MetadataLog {
    start: MetadataOffset,
    epochs: Vec<(RaftEpoch, MetadataOffset)>,
    batches: Vec<Arc<RaftBatch>>,
}

impl MetadataLog {
    /// Offset after the last record.
    pub fn end(&self) -> MetadataOffset {
        self.batches.last().map_or(self.start, |batch| batch.end())
    }

    /// Epoch of the last record.
    pub fn last_epoch(&self) -> RaftEpoch {
        self.epochs.last().map_or(RaftEpoch(0), |(epoch, _)| *epoch)
    }

    /// Appends a batch that begins where the log ends.
    pub fn append(&mut self, batch: Arc<RaftBatch>) {
        assert_eq!(batch.base, self.end(), "a batch is appended where the log ends");
        if self.last_epoch() < batch.epoch {
            self.epochs.push((batch.epoch, batch.base));
        }
        self.batches.push(batch);
    }

    /// The batches from `from` on.
    pub fn read(&self, from: MetadataOffset) -> &[Arc<RaftBatch>] {
        &self.batches[self.batches.partition_point(|batch| batch.end() <= from)..]
    }

    /// Where a reader at `from`, whose last record is of `last_epoch`, departs from this log
    /// (`ReplicatedLog.validateOffsetAndEpoch`): the end here of the largest epoch that is not above the reader's.
    pub fn divergence(&self, from: MetadataOffset, last_epoch: RaftEpoch) -> Option<MetadataOffset> {
        if from == MetadataOffset(0) {
            return None;
        }
        let after = self.epochs.partition_point(|(epoch, _)| *epoch <= last_epoch);
        let known = after.checked_sub(1).map(|i| self.epochs[i].0);
        let end = self.epochs.get(after).map_or(self.end(), |(_, start)| *start);
        (known != Some(last_epoch) || from > end).then_some(end)
    }

    /// Drops what cannot be in a leader's log that says it departs at `diverging`: down to there, or, where this log does not
    /// reach so far, its whole last epoch.
    pub fn truncate(&mut self, diverging: MetadataOffset) {
        let last_start = self.epochs.last().map_or(self.start, |(_, start)| (*start).max(self.start));
        let to = if diverging < self.end() { diverging.max(self.start) } else { last_start };
        self.batches.truncate(self.batches.partition_point(|batch| batch.end() <= to));
        let end = self.end();
        self.epochs.retain(|(_, start)| *start < end || start.0 == 0);
    }
}
