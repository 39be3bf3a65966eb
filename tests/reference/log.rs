//! A replica's log as a plain list, one element a record: the element at index i is the record at offset i.

use kafkasim::kafka::ClientIx;
use kafkasim::observe::fact::BatchId;
use std::fmt;

/// Which record it is. Two records are the same only if both this and the leader epoch in which they were written agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// From before the run.
    Before,
    /// The nth record of a producer's batch.
    Produced { client: ClientIx, batch: BatchId, nth: u32, sequence: Option<u32> },
    /// Written by a group coordinator; the number makes it unlike all others.
    OfCoordinator(u32),
}

/// A record in a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// The leader epoch in which it was appended (KIP-101: stamped by the leader, copied by followers).
    pub epoch: u32,
    pub content: Content,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log(pub Vec<Record>);

impl Log {
    /// A log of so many records of which nothing is known but that they were there before the run.
    pub fn from_before(length: usize, epoch: u32) -> Log {
        Log(vec![Record { epoch, content: Content::Before }; length])
    }

    /// The log end offset.
    pub fn end(&self) -> usize {
        self.0.len()
    }

    /// How many records, from the first on, are the same in both.
    pub fn common(&self, other: &Log) -> usize {
        self.0.iter().zip(&other.0).take_while(|(a, b)| a == b).count()
    }

    /// Whether the other log begins with all of this one.
    pub fn is_prefix_of(&self, other: &Log) -> bool {
        self.common(other) == self.end()
    }

    /// The epoch of the last record.
    pub fn last_epoch(&self) -> Option<u32> {
        self.0.last().map(|record| record.epoch)
    }

    /// The largest epoch of a record that is not above `epoch`.
    fn largest_epoch_up_to(&self, epoch: u32) -> Option<u32> {
        self.0.iter().map(|record| record.epoch).filter(|e| *e <= epoch).max()
    }

    /// Where the records of `epoch` and of those before end: the first offset of a later epoch, or the log end.
    fn end_of_epoch(&self, epoch: u32) -> usize {
        self.0.iter().position(|record| record.epoch > epoch).unwrap_or(self.end())
    }

    /// How much a follower with this log keeps after one exchange with a leader of `leader_epoch` that has `leader` as its log; none if it
    /// may go on fetching from its log end.
    ///
    /// KIP-101 as KIP-279 completed it: the follower names its last epoch; the leader answers with its own largest epoch that is not above
    /// that, and where it ends. If both have that epoch, the follower keeps what lies below both ends of it. If not, it keeps what it has of
    /// epochs before, and asks again.
    pub fn kept_after_asking(&self, leader: &Log, leader_epoch: u32) -> Option<usize> {
        let asked = self.last_epoch()?;
        // The leader has its own epoch, even with no record in it yet; a follower cannot have a later one.
        let has = if asked == leader_epoch { Some(leader_epoch) } else { leader.largest_epoch_up_to(asked) };
        let end = leader.end_of_epoch(asked);
        if has == Some(asked) && self.end() <= end {
            return None;
        }
        let Some(has) = has else { return Some(0) };
        let own = self.largest_epoch_up_to(has);
        Some(if own == Some(has) { self.end_of_epoch(has).min(end) } else { self.end_of_epoch(has) })
    }

    /// The last record of a producer.
    pub fn last_of(&self, producer: ClientIx) -> Option<Record> {
        let is_its = |record: &&Record| matches!(record.content, Content::Produced { client, .. } if client == producer);
        self.0.iter().rev().find(is_its).copied()
    }

    /// Where the last record of a batch ends, if it is here.
    pub fn end_of_batch(&self, wanted: BatchId) -> Option<usize> {
        let is_of = |record: &Record| matches!(record.content, Content::Produced { batch, .. } if batch == wanted);
        self.0.iter().rposition(is_of).map(|at| at + 1)
    }

    /// Whether the records `base..end` are all of this batch (none: from before the run).
    pub fn holds(&self, wanted: Option<BatchId>, base: usize, end: usize) -> bool {
        let is_of = |record: &Record| match (record.content, wanted) {
            (Content::Produced { batch, .. }, Some(wanted)) => batch == wanted,
            (Content::Before, None) => true,
            _ => false,
        };
        self.0.get(base..end).is_some_and(|records| records.iter().all(is_of))
    }

    /// Whether a log may end here: not within a producer's batch, which is written and copied as a whole.
    pub fn is_between_batches(&self, offset: usize) -> bool {
        let starts = |record: &Record| !matches!(record.content, Content::Produced { nth, .. } if nth > 0);
        self.0.get(offset).is_none_or(starts)
    }
}

/// For messages: stretches of the same epoch.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut from = 0;
        for (i, record) in self.0.iter().enumerate() {
            if self.0.get(i + 1).is_none_or(|next| next.epoch != record.epoch) {
                write!(f, "[{from}..{} epoch {}]", i + 1, record.epoch)?;
                from = i + 1;
            }
        }
        if self.0.is_empty() { f.write_str("[empty]") } else { Ok(()) }
    }
}
