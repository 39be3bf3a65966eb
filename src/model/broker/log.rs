//! The log of one replica: its epoch cache, its end, its high watermark. What stands in it is in the journal.

use crate::engine::{Duration, Instant};
use crate::kafka::{LeaderEpoch, Offset, PartitionIx};
use crate::model::Journal;
use crate::model::journal::Entry;
use crate::model::message::FetchedRecords;
use std::collections::VecDeque;

/// What a record weighs that was there before the run: nobody in the run has written it.
pub const BYTES_BEFORE: u64 = 1000;

/// Data that has been in the page cache this long is taken to be on disk (Linux `dirty_expire_centisecs`: 30 s, written back every 5 s).
const WRITTEN_BACK_AFTER: Duration = Duration::from_secs(35);

/// The log of one replica; it survives the process.
#[derive(Clone, Default, Debug)]
pub struct ReplicaLog {
    /// (epoch, its first offset), ascending (`LeaderEpochFileCache`).
    epochs: Vec<(LeaderEpoch, Offset)>,
    end: Offset,
    /// What the replica knows to be committed; in memory, so only its checkpoint survives.
    pub high_watermark: Offset,
    checkpoint: Offset,
    /// (moment, end at that moment), for what a power-off takes.
    growth: VecDeque<(Instant, Offset)>,
}

impl ReplicaLog {
    /// A log that holds `end` records of `epoch`, all committed and on disk.
    pub fn with_history(epoch: LeaderEpoch, end: Offset) -> Self {
        ReplicaLog {
            epochs: if end.0 > 0 { vec![(epoch, Offset(0))] } else { Vec::new() },
            end,
            high_watermark: end,
            checkpoint: end,
            growth: VecDeque::from([(Instant::ZERO, end)]),
        }
    }

    /// Log end offset: the offset after the last record.
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Epoch of the last record.
    pub fn last_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.last().map(|(e, _)| *e)
    }

    /// Epoch of the first record.
    pub fn first_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.first().map(|(e, _)| *e)
    }

    /// Begins an epoch at the end of the log (`LeaderEpochFileCache.assign`).
    pub fn begin_epoch(&mut self, epoch: LeaderEpoch) {
        self.assign(epoch, self.end);
    }

    fn assign(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.epochs.last().is_some_and(|(last, from)| *last == epoch && *from <= start) {
            return;
        }
        // An epoch without records leaves no trace once another begins at the same offset, be it an older one: a leader that had lost its
        // log with the power began its term at 0, and follows now (`LeaderEpochFileCache.maybeTruncateNonMonotonicEntries`).
        self.epochs.retain(|(e, s)| *e < epoch && *s < start);
        self.epochs.push((epoch, start));
    }

    /// Makes the log reach to `end`.
    pub fn extend(&mut self, end: Offset) {
        self.end = self.end.max(end);
    }

    /// Takes over data up to `end` whose epochs the leader has named.
    pub fn copy(&mut self, epochs: &[(LeaderEpoch, Offset)], end: Offset) {
        for &(epoch, start) in epochs {
            self.assign(epoch, start.max(self.end));
        }
        self.extend(end);
    }

    /// The epochs that the offsets from `from` to `to` touch, each with its first offset there.
    pub fn epochs_between(&self, from: Offset, to: Offset) -> impl Iterator<Item = (LeaderEpoch, Offset)> + '_ {
        let ends = self.epochs.iter().skip(1).map(|(_, s)| *s).chain(std::iter::once(self.end));
        self.epochs
            .iter()
            .zip(ends)
            .filter(move |((_, start), end)| *start < to && *end > from)
            .map(move |((epoch, start), _)| (*epoch, (*start).max(from)))
    }

    /// End offset of `epoch` in this log: (the largest epoch at most that, where it ends); for an epoch before the first one that is
    /// known, where that one begins; none for a log without epochs (`LeaderEpochFileCache.endOffsetFor`).
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let after = self.epochs.partition_point(|(e, _)| *e <= epoch);
        let Some(found) = after.checked_sub(1).map(|i| self.epochs[i].0) else {
            return self.epochs.first().map(|(_, start)| (epoch, *start));
        };
        let end = self.epochs.get(after).map_or(self.end, |(_, start)| *start);
        Some((found, end))
    }

    /// Throws away what stands at `to` and after it. An epoch that began at the very end, without a record, goes in any case: it may
    /// not be the leader's, and a follower that kept it would diverge for ever (`UnifiedLog.truncateTo`, "always truncate epoch cache").
    pub fn truncate(&mut self, to: Offset) {
        let to = to.min(self.end);
        self.end = to;
        self.epochs.retain(|(_, start)| *start < to);
        self.high_watermark = self.high_watermark.min(to);
        self.checkpoint = self.checkpoint.min(to);
        for (_, end) in &mut self.growth {
            *end = (*end).min(to);
        }
    }

    /// Writes the high watermark to disk (`replication-offset-checkpoint`), and notes how far the log has grown.
    pub fn checkpoint(&mut self, now: Instant) {
        self.checkpoint = self.high_watermark;
        if self.growth.back().is_none_or(|(_, end)| *end != self.end) {
            self.growth.push_back((now, self.end));
        }
        while self.growth.get(1).is_some_and(|(at, _)| *at + WRITTEN_BACK_AFTER <= now) {
            self.growth.pop_front();
        }
    }

    /// What the process knew is gone: the high watermark falls back to its checkpoint.
    pub fn forget(&mut self) {
        self.high_watermark = self.checkpoint;
    }

    /// The offset up to which the log is on disk for certain.
    pub fn flushed(&self, now: Instant) -> Offset {
        self.growth.iter().rev().find(|(at, _)| *at + WRITTEN_BACK_AFTER <= now || *at == Instant::ZERO).map_or(Offset(0), |(_, end)| *end)
    }

    /// The batches of this log from `from` on, in order.
    pub fn entries<'a>(&'a self, partition: PartitionIx, journal: &'a Journal, from: Offset) -> impl Iterator<Item = &'a Entry> + 'a {
        let ends = self.epochs.iter().skip(1).map(|(_, s)| *s).chain(std::iter::once(self.end));
        self.epochs
            .iter()
            .zip(ends)
            .filter(move |(_, end)| *end > from)
            .flat_map(move |((epoch, start), end)| journal.entries(partition, *epoch, (*start).max(from), end))
    }

    /// What stands between two offsets, in order, each run of records with its bytes. A batch that begins before `from` is cut there: a client
    /// skips what it did not ask for. What the journal does not know was there before the run.
    pub fn records<'a>(
        &'a self,
        partition: PartitionIx,
        journal: &'a Journal,
        from: Offset,
        to: Offset,
    ) -> impl Iterator<Item = (FetchedRecords, u64)> + 'a {
        let ends = self.epochs.iter().skip(1).map(|(_, s)| *s).chain(std::iter::once(self.end));
        let parts = self.epochs.iter().zip(ends).filter(move |((_, start), end)| *end > from && *start < to);
        parts.flat_map(move |((epoch, start), end)| {
            let (start, end) = ((*start).max(from), end.min(to));
            let entries = journal.entries(partition, *epoch, start, end);
            let known_from = entries.first().map_or(end, |e| e.base.max(start));
            let before = FetchedRecords { batch: None, base: start, end: known_from, leader_epoch: *epoch };
            let before = (known_from > start).then(|| (before, BYTES_BEFORE * (known_from.0 - start.0)));
            before.into_iter().chain(entries.iter().map(move |e| {
                let records = FetchedRecords { batch: Some(e.batch), base: e.base.max(start), end: e.end, leader_epoch: *epoch };
                (records, u64::from(e.bytes))
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epochs: &[(u32, u64)], end: u64) -> ReplicaLog {
        let mut log = ReplicaLog::default();
        for &(epoch, start) in epochs {
            log.extend(Offset(start));
            log.begin_epoch(LeaderEpoch(epoch));
        }
        log.extend(Offset(end));
        log
    }

    #[test]
    fn the_end_of_an_epoch_is_where_the_next_one_begins() {
        let log = log(&[(1, 0), (3, 10), (4, 20)], 25);
        assert_eq!(log.end_of_epoch(LeaderEpoch(0)), Some((LeaderEpoch(0), Offset(0))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(1)), Some((LeaderEpoch(1), Offset(10))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(2)), Some((LeaderEpoch(1), Offset(10))));
        assert_eq!(log.end_of_epoch(LeaderEpoch(9)), Some((LeaderEpoch(4), Offset(25))));
    }

    #[test]
    fn a_term_without_a_record_is_forgotten_although_nothing_is_cut_off() {
        let mut log = log(&[(1, 0)], 10);
        log.begin_epoch(LeaderEpoch(3));
        log.truncate(Offset(10));
        assert_eq!((log.end(), log.last_epoch()), (Offset(10), Some(LeaderEpoch(1))));
    }

    #[test]
    fn truncation_forgets_epochs_and_lowers_the_high_watermark() {
        let mut log = log(&[(1, 0), (3, 10), (4, 20)], 25);
        log.high_watermark = Offset(22);
        log.truncate(Offset(10));
        assert_eq!((log.end(), log.high_watermark, log.last_epoch()), (Offset(10), Offset(10), Some(LeaderEpoch(1))));
    }

    #[test]
    fn an_epoch_without_records_leaves_no_trace() {
        let log = log(&[(1, 0), (2, 5), (3, 5)], 8);
        assert_eq!(
            log.epochs_between(Offset(0), Offset(8)).collect::<Vec<_>>(),
            [(LeaderEpoch(1), Offset(0)), (LeaderEpoch(3), Offset(5))]
        );
    }

    #[test]
    fn what_a_follower_copies_is_of_the_epochs_that_its_leader_names_whatever_it_had_begun_itself() {
        let mut log = log(&[(1, 0)], 0);
        log.copy(&[(LeaderEpoch(0), Offset(0)), (LeaderEpoch(1), Offset(15)), (LeaderEpoch(2), Offset(17))], Offset(20));
        let epochs: Vec<_> = log.epochs_between(Offset(0), Offset(20)).map(|(epoch, start)| (epoch.0, start.0)).collect();
        assert_eq!(epochs, [(0, 0), (1, 15), (2, 17)]);
    }

    #[test]
    fn a_power_off_keeps_what_was_written_back_long_ago() {
        let at = |s| Instant::ZERO + Duration::from_secs(s);
        let mut log = ReplicaLog::with_history(LeaderEpoch(0), Offset(100));
        log.extend(Offset(150));
        log.checkpoint(at(10));
        log.extend(Offset(200));
        log.checkpoint(at(40));
        assert_eq!(log.flushed(at(41)), Offset(100));
        assert_eq!(log.flushed(at(46)), Offset(150));
    }
}
