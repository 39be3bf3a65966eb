//! What group coordinators have written to the offsets topic, kept once, as the journal keeps what producers have written: an entry at
//! (partition, leader epoch, offset) is the same in every replica that holds it. So a group's state moves with the leader role exactly as far
//! as its log was replicated, and what is truncated is forgotten. Source of what is written: `GroupCoordinatorRecordHelpers`
//! (`OffsetCommitKey`, `GroupMetadataKey`).

use crate::engine::Duration;
use crate::kafka::{ClientIx, GroupIx, LeaderEpoch, Offset, PartitionIx, TopicIx};

/// An offset that a group has committed, with the leader epoch of the record before it.
pub type Committed = (Offset, Option<LeaderEpoch>);

/// A member as a group's record has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberRecord {
    /// Its id.
    pub id: u64,
    /// Whose it is.
    pub client: ClientIx,
    /// What it subscribes to.
    pub topics: Vec<TopicIx>,
    /// Its session time-out.
    pub session_timeout: Duration,
    /// Its rebalance time-out.
    pub rebalance_timeout: Duration,
    /// What it was assigned.
    pub assignment: Vec<PartitionIx>,
}

/// What a coordinator writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupRecord {
    /// A group has committed offsets: one record for each.
    Offsets(GroupIx, Vec<(PartitionIx, Committed)>),
    /// A group has a generation: its leader and its members, none when it is empty.
    Generation { group: GroupIx, generation: u32, leader: Option<u64>, members: Vec<MemberRecord> },
}

impl GroupRecord {
    /// How many offsets it takes.
    pub fn records(&self) -> u64 {
        match self {
            GroupRecord::Offsets(_, offsets) => offsets.len() as u64,
            GroupRecord::Generation { .. } => 1,
        }
    }
}

/// One append.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    base: Offset,
    end: Offset,
    record: GroupRecord,
}

/// Everything that was appended in one epoch of one partition, ascending.
#[derive(Clone, Debug)]
struct Segment {
    partition: PartitionIx,
    epoch: LeaderEpoch,
    entries: Vec<Entry>,
}

/// Everything appended to the offsets topic.
#[derive(Clone, Default, Debug)]
pub struct GroupLog {
    /// Ascending by partition and epoch.
    segments: Vec<Segment>,
}

impl GroupLog {
    /// Notes what the leader of `epoch` appended at `base`. As in the journal, a leader that goes on in the same epoch at a lower offset
    /// (KAFKA-18106) takes the place of what stood there.
    pub fn append(&mut self, partition: PartitionIx, epoch: LeaderEpoch, base: Offset, record: GroupRecord) -> Offset {
        let end = Offset(base.0 + record.records());
        let i = self.position(partition, epoch).unwrap_or_else(|i| {
            self.segments.insert(i, Segment { partition, epoch, entries: Vec::new() });
            i
        });
        let entries = &mut self.segments[i].entries;
        let stands = entries.partition_point(|e| e.end <= base);
        entries.truncate(stands);
        entries.push(Entry { base, end, record });
        end
    }

    /// Notes what stands there since before the run, among the records that every partition holds then.
    pub fn was_there(&mut self, partition: PartitionIx, epoch: LeaderEpoch, record: GroupRecord) {
        let last = self.position(partition, epoch).ok().and_then(|i| self.segments[i].entries.last());
        let base = last.map_or(Offset(0), |e| e.end);
        self.append(partition, epoch, base, record);
        if let Ok(i) = self.position(partition, epoch)
            && let Some(entry) = self.segments[i].entries.last_mut()
        {
            // Compacted: however many records it was, it takes one offset.
            entry.end = base.next();
        }
    }

    /// What a replica holds of one epoch between two offsets, in order.
    pub fn records(&self, partition: PartitionIx, epoch: LeaderEpoch, from: Offset, to: Offset) -> impl Iterator<Item = &GroupRecord> + '_ {
        let entries = self.position(partition, epoch).map_or(&[][..], |i| &self.segments[i].entries);
        entries.iter().filter(move |e| e.base >= from && e.end <= to).map(|e| &e.record)
    }

    fn position(&self, partition: PartitionIx, epoch: LeaderEpoch) -> Result<usize, usize> {
        self.segments.binary_search_by_key(&(partition, epoch), |s| (s.partition, s.epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(offset: u64) -> GroupRecord {
        GroupRecord::Offsets(GroupIx(0), vec![(PartitionIx(0), (Offset(offset), None))])
    }

    #[test]
    fn a_replica_reads_what_its_log_holds_and_nothing_of_another_epoch() {
        let (p, first, second) = (PartitionIx(4), LeaderEpoch(1), LeaderEpoch(2));
        let mut log = GroupLog::default();
        log.append(p, first, Offset(10), committed(5));
        log.append(p, first, Offset(11), committed(6));
        log.append(p, second, Offset(11), committed(7));
        let read = |epoch, to| log.records(p, epoch, Offset(0), Offset(to)).cloned().collect::<Vec<_>>();
        assert_eq!(read(first, 11), [committed(5)], "the rest was truncated before the second epoch began");
        assert_eq!(read(second, 12), [committed(7)]);
        assert_eq!(read(LeaderEpoch(3), 12), []);
    }
}
