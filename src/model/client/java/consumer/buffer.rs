//! Answers that wait to be given to the application. Source: `FetchBuffer`, `CompletedFetch`.

use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, Offset, PartitionIx};
use crate::model::message::FetchedRecords;
use crate::observe::fact::BatchId;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// One partition's answer.
#[derive(Clone, Debug)]
pub(super) struct Completed {
    pub partition: PartitionIx,
    pub error: ErrorCode,
    /// The offset that was asked for; then that of the next record (`nextFetchOffset`).
    pub next: Offset,
    pub records: SmallVec<[FetchedRecords; 2]>,
    pub preferred_replica: Option<BrokerIx>,
}

/// Records taken out of an answer, all of one batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    pub batch: Option<BatchId>,
    pub base: Offset,
    pub end: Offset,
    pub epoch: LeaderEpoch,
}

/// All that has come.
#[derive(Clone, Default, Debug)]
pub(super) struct Buffer {
    /// The answer that is being read.
    pub current: Option<Completed>,
    /// Those after it, in order of arrival.
    pub completed: VecDeque<Completed>,
}

impl Completed {
    /// Takes records of the next batch, so many at most.
    pub(super) fn take(&mut self, most: u64) -> Option<Taken> {
        while self.records.first().is_some_and(|r| r.end <= self.next) {
            self.records.remove(0);
        }
        let run = self.records.first()?;
        // A batch may begin below the offset asked for.
        let base = run.base.max(self.next);
        let end = Offset(run.end.0.min(base.0 + most));
        self.next = end;
        Some(Taken { batch: run.batch, base, end, epoch: run.leader_epoch })
    }

    /// Whether all its records were taken.
    pub(super) fn is_consumed(&self) -> bool {
        self.records.iter().all(|r| r.end <= self.next)
    }
}
