//! The contents of all partition logs, kept once.
//!
//! A record at (partition, leader epoch, offset) is the same in every replica that has it (log matching), because only
//! one broker appends in an epoch. So a replica's log is its epoch cache and its end offset, and what stands at an offset is looked
//! up here. Source of the property: KIP-101, `LeaderEpochFileCache`.

use super::group_log::GroupLog;
use crate::kafka::{ClientIx, LeaderEpoch, Offset, PartitionIx};
use crate::observe::fact::BatchId;

/// One appended batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Offset of its first record.
    pub base: Offset,
    /// Offset after its last record.
    pub end: Offset,
    /// The producer's batch.
    pub batch: BatchId,
    /// The producer.
    pub client: ClientIx,
    /// Producer epoch (idempotent producers; 0 otherwise).
    pub producer_epoch: u32,
    /// First sequence number, for an idempotent producer.
    pub sequence: Option<u32>,
    /// Size on the wire.
    pub bytes: u32,
}

/// Everything appended to all partitions.
#[derive(Clone, Default, Debug)]
pub struct Journal {
    partitions: Vec<Vec<Segment>>,
    /// What group coordinators have written.
    pub groups: GroupLog,
    batches: BatchId,
}

#[derive(Clone, Debug)]
struct Segment {
    epoch: LeaderEpoch,
    entries: Vec<Entry>,
}

impl Journal {
    /// A number for a new producer batch, dense from zero in a run.
    pub fn new_batch(&mut self) -> BatchId {
        self.batches += 1;
        self.batches - 1
    }

    /// Notes what the leader of `epoch` appended. Before 4.0 a leader that lost its unflushed tail with the power can go on in the same epoch,
    /// at lower offsets (KAFKA-18106): what stood there is gone, and a follower that still holds it is taken to hold the new.
    pub fn append(&mut self, partition: PartitionIx, epoch: LeaderEpoch, entry: Entry) {
        if self.partitions.len() <= partition.index() {
            self.partitions.resize_with(partition.index() + 1, Vec::new);
        }
        let segments = &mut self.partitions[partition.index()];
        match segments.binary_search_by_key(&epoch, |s| s.epoch) {
            Ok(i) => {
                let entries = &mut segments[i].entries;
                let stands = place_from_end(entries, |e| e.end <= entry.base);
                entries.truncate(stands);
                entries.push(entry);
            }
            Err(i) => segments.insert(i, Segment { epoch, entries: vec![entry] }),
        }
    }

    /// The batches that a replica holds of one epoch between two offsets, from the one that holds `from` on.
    pub fn entries(&self, partition: PartitionIx, epoch: LeaderEpoch, from: Offset, to: Offset) -> &[Entry] {
        let Some(segments) = self.partitions.get(partition.index()) else { return &[] };
        let Ok(i) = segments.binary_search_by_key(&epoch, |s| s.epoch) else { return &[] };
        let entries = &segments[i].entries;
        let last = place_from_end(entries, |e| e.end <= to);
        let first = place_from_end(&entries[..last], |e| e.end <= from);
        &entries[first..last]
    }
}

/// How many of the entries, which are ordered so that those for which it is true come first, satisfy `before`.
/// Readers are nearly always near the end, where a short walk beats a search through memory that nobody else touches.
fn place_from_end(entries: &[Entry], before: impl Fn(&Entry) -> bool) -> usize {
    const WALK: usize = 8;
    let tail = entries.len().saturating_sub(WALK);
    match entries[tail..].iter().rposition(&before) {
        Some(found) => tail + found + 1,
        None => entries[..tail].partition_point(before),
    }
}
