//! Committed registrations of partitions, each with the offset from which it holds: a broker's view of them is an offset.

use crate::kafka::{BrokerIx, LeaderEpoch, MetadataOffset, PartitionEpoch, PartitionIx, Replicas};
use crate::observe::Fact;
use crate::observe::fact::Why;
use smallvec::SmallVec;

/// A partition's registration.
#[derive(Clone, Debug)]
pub struct Registration {
    /// From here on.
    pub offset: MetadataOffset,
    /// Its leader.
    pub leader: Option<BrokerIx>,
    /// Counts leader changes.
    pub leader_epoch: LeaderEpoch,
    /// Counts all changes.
    pub partition_epoch: PartitionEpoch,
    /// Assigned replicas, with those that a reassignment adds.
    pub replicas: Replicas,
    /// In-sync replicas.
    pub isr: Replicas,
    /// How many of the replicas a reassignment adds.
    pub adding: usize,
    /// Its leader had proposed it.
    pub proposed: bool,
}

impl Registration {
    /// Whether the first of its replicas leads (`PartitionRegistration.hasPreferredLeader`).
    pub fn has_preferred_leader(&self) -> bool {
        self.leader == self.replicas.first().copied()
    }
}

#[derive(Clone, Debug, Default)]
struct Partition {
    versions: SmallVec<[Registration; 1]>,
    /// Its replicas without what a reassignment adds.
    settled: Replicas,
    removed: bool,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Registrations {
    partitions: Vec<Partition>,
    changes: Vec<(MetadataOffset, PartitionIx)>,
}

impl Registrations {
    /// Takes in a commit, and gives the registration before it.
    pub fn commit(&mut self, fact: &Fact) -> Option<Registration> {
        let Fact::PartitionCommitted { partition, leader, leader_epoch, partition_epoch, replicas, isr, why, offset, .. } = fact else {
            return None;
        };
        if self.partitions.len() <= partition.index() {
            self.partitions.resize_with(partition.index() + 1, Partition::default);
        }
        let this = &mut self.partitions[partition.index()];
        let adding = this.adding(replicas, isr);
        let before = this.versions.last().cloned();
        this.versions.push(Registration {
            offset: *offset,
            leader: *leader,
            leader_epoch: *leader_epoch,
            partition_epoch: *partition_epoch,
            replicas: replicas.clone(),
            isr: isr.clone(),
            adding,
            proposed: *why == Why::AlterPartition,
        });
        self.changes.push((*offset, *partition));
        before
    }

    /// A partition's topic is gone: the registration that it had until then.
    pub fn remove(&mut self, partition: PartitionIx) -> Option<Registration> {
        let this = self.partitions.get_mut(partition.index()).filter(|p| !p.removed)?;
        this.removed = true;
        this.versions.last().cloned()
    }

    /// A partition as of an offset.
    pub fn at(&self, partition: PartitionIx, offset: MetadataOffset) -> Option<&Registration> {
        self.partitions.get(partition.index())?.versions.iter().rev().find(|v| v.offset <= offset)
    }

    /// The last registration of a term that its leader proposed, or else the last of all.
    pub fn last_proposed(&self, partition: PartitionIx, epoch: LeaderEpoch) -> Option<&Registration> {
        let versions = &self.partitions.get(partition.index())?.versions;
        versions.iter().rev().find(|v| v.proposed && v.leader_epoch == epoch).or(versions.last())
    }

    /// The offset of the last commit of a partition.
    pub fn last(&self) -> Option<MetadataOffset> {
        self.changes.last().map(|(offset, _)| *offset)
    }

    /// Which partitions changed after `from` (none: all there are) up to and including `to`, in order.
    pub fn changed(&self, from: Option<MetadataOffset>, to: MetadataOffset) -> Vec<PartitionIx> {
        let Some(from) = from else {
            return (0..self.partitions.len() as u32).map(PartitionIx).collect();
        };
        let begin = self.changes.partition_point(|(offset, _)| *offset <= from);
        let mut changed: Vec<PartitionIx> =
            self.changes[begin..].iter().take_while(|(offset, _)| *offset <= to).map(|(_, partition)| *partition).collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}

impl Partition {
    /// How many replicas a reassignment adds. Commits do not say; but as long as one is under way the list holds all that was there before
    /// beside what is added, and it ends as soon as all that shall stay are in sync
    /// (`PartitionReassignmentReplicas.maybeCompleteReassignment`): then what shall go has left the list, or, where nothing shall go, the
    /// whole list is in sync.
    fn adding(&mut self, replicas: &Replicas, isr: &Replicas) -> usize {
        let added = replicas.iter().filter(|r| !self.settled.contains(r)).count();
        let all_stay = self.settled.iter().all(|r| replicas.contains(r));
        let is_complete = replicas.iter().all(|r| isr.contains(r));
        if !self.versions.is_empty() && added > 0 && all_stay && !is_complete {
            return added;
        }
        self.settled.clone_from(replicas);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Instant;

    fn commit(offset: u64, replicas: &[u32], isr: &[u32]) -> Fact {
        let brokers = |ids: &[u32]| ids.iter().map(|b| BrokerIx(*b)).collect::<Replicas>();
        Fact::PartitionCommitted {
            partition: PartitionIx(0),
            old_leader: None,
            leader: Some(BrokerIx(1)),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(offset as u32),
            replicas: brokers(replicas),
            isr: brokers(isr),
            unclean: false,
            why: Why::Reassignment,
            asked_at: Instant::ZERO,
            decided_at: Instant::ZERO,
            offset: MetadataOffset(offset),
        }
    }

    /// How many replicas a reassignment adds after each commit.
    fn adding(commits: &[(&[u32], &[u32])]) -> Vec<usize> {
        let mut all = Registrations::default();
        let commits: Vec<(u64, Fact)> = commits.iter().zip(1..).map(|((replicas, isr), n)| (n, commit(n, replicas, isr))).collect();
        let now = |(n, fact): &(u64, Fact)| {
            all.commit(fact);
            all.at(PartitionIx(0), MetadataOffset(*n)).unwrap().adding
        };
        commits.iter().map(now).collect()
    }

    #[test]
    fn what_a_reassignment_adds_is_known_from_the_lists() {
        let created: (&[u32], &[u32]) = (&[1, 2, 3], &[1, 2, 3]);
        // 3 makes way for 4, which joins; then 3 goes.
        assert_eq!(adding(&[created, (&[1, 2, 4, 3], &[1, 2, 3]), (&[1, 2, 4], &[1, 2, 4])]), [0, 1, 0]);
        // One more replica; the list does not change when it is done, the ISR does. In between one falls out.
        assert_eq!(adding(&[created, (&[1, 2, 3, 4], &[1, 2, 3]), (&[1, 2, 3, 4], &[1, 2]), (&[1, 2, 3, 4], &[1, 2, 3, 4])]), [0, 1, 1, 0]);
        // It is cancelled; another order, fewer replicas.
        assert_eq!(adding(&[created, (&[1, 2, 4, 3], &[1, 2, 3]), created, (&[3, 2, 1], &[1, 2, 3]), (&[3, 2], &[3, 2])]), [0, 1, 0, 0, 0]);
        // Another target on the way.
        assert_eq!(adding(&[created, (&[1, 2, 4, 3], &[1, 2, 3]), (&[5, 6, 1, 2, 3], &[1, 2, 3]), (&[5, 6], &[5, 6])]), [0, 1, 2, 0]);
    }

    #[test]
    fn a_view_is_an_offset() {
        let mut all = Registrations::default();
        all.commit(&commit(3, &[1, 2], &[1, 2]));
        all.commit(&commit(8, &[1, 2], &[1]));
        let isr = |offset| all.at(PartitionIx(0), MetadataOffset(offset)).map(|r| r.isr.len());
        assert_eq!([isr(2), isr(3), isr(7), isr(8)], [None, Some(2), Some(2), Some(1)]);
        assert_eq!(all.changed(Some(MetadataOffset(3)), MetadataOffset(8)), [PartitionIx(0)]);
        assert_eq!(all.changed(Some(MetadataOffset(3)), MetadataOffset(7)), []);
    }
}
