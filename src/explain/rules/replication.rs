//! Causes on the way of a record through its replicas.

use super::{Rules, after, all};
use crate::engine::Duration;
use crate::explain::graph::{Cause, Point};
use crate::explain::kept::Ix;
use crate::explain::wait::Wait;
use crate::kafka::{BrokerIx, Offset, PartitionIx, Replicas};
use crate::observe::Fact;
use crate::observe::fact::BatchId;

/// A follower that is not held up by anything copies a record within this time; longer, and it was waiting for something.
const PROMPT: Duration = Duration::from_millis(20);

impl Rules<'_> {
    /// The high watermark moved: the last member of the ISR had copied, or was taken out of the ISR.
    pub(super) fn high_watermark(&self, ix: Ix, leader: BrokerIx, partition: PartitionIx, to: Offset) -> Vec<Cause> {
        let mut causes = Vec::new();
        let is_append =
            |f: &Fact| matches!(f, Fact::Appended { broker, partition: p, base, .. } if (*broker, *p) == (leader, partition) && *base < to);
        causes.extend(self.recent(ix, is_append).map(|cause| after(Point::Fact(cause), Wait::Replication)));
        let isr = self.isr(ix, partition);
        for follower in isr.iter().filter(|b| **b != leader) {
            let copied = self.copied(ix, *follower, partition, to);
            causes.extend(copied.map(|cause| after(Point::Fact(cause), Wait::Replication)));
        }
        causes.extend(self.isr_known(ix, leader, partition).map(|cause| after(Point::Fact(cause), Wait::Handler)));
        let role = |f: &Fact| matches!(f, Fact::LeaderRoleTaken { broker, partition: p, .. } if (*broker, *p) == (leader, partition));
        causes.extend(self.recent(ix, role).map(|cause| after(Point::Fact(cause), Wait::Replication)));
        causes
    }

    /// When a follower's log first reached so far, in the window.
    fn copied(&self, before: Ix, follower: BrokerIx, partition: PartitionIx, to: Offset) -> Option<Ix> {
        let is =
            |f: &Fact| matches!(f, Fact::Replicated { broker, partition: p, end } if (*broker, *p) == (follower, partition) && *end >= to);
        let from = self.kept.after(self.start());
        self.kept.first(from, is).filter(|ix| *ix < before)
    }

    /// The ISR by committed metadata.
    pub(super) fn isr(&self, before: Ix, partition: PartitionIx) -> Replicas {
        let commit = self.kept.last(before, |f| matches!(f, Fact::PartitionCommitted { partition: p, .. } if *p == partition));
        if let Some(Fact::PartitionCommitted { isr, .. }) = commit.map(|ix| self.kept.fact(ix)) {
            isr.clone()
        } else {
            self.spec.partitions.get(partition.index()).map(|p| p.isr.clone()).unwrap_or_default()
        }
    }

    /// A leader heard of the last change of the ISR.
    fn isr_known(&self, before: Ix, leader: BrokerIx, partition: PartitionIx) -> Option<Ix> {
        let answered = self.recent(before, |f| {
            matches!(f, Fact::IsrAnswered { broker, partition: p, error, .. } if (*broker, *p) == (leader, partition) && error.is_none())
        });
        let commit = self.recent(before, |f| matches!(f, Fact::PartitionCommitted { partition: p, .. } if *p == partition));
        let applied = commit.and_then(|commit| {
            if let Fact::PartitionCommitted { offset, .. } = self.kept.fact(commit) {
                self.kept.first(commit, |f| matches!(f, Fact::ImageApplied { broker, offset: o } if *broker == leader && o >= offset))
            } else {
                None
            }
        });
        answered.max(applied.filter(|ix| *ix < before))
    }

    pub(super) fn appended(&self, ix: Ix, broker: BrokerIx, partition: PartitionIx, batch: BatchId) -> Vec<Cause> {
        let client = self.target().client;
        let entries: Vec<u64> = (0..ix)
            .rev()
            .take_while(|i| self.kept.at(*i) >= self.start())
            .filter_map(|i| {
                if let Fact::EntrySent { client: c, broker: b, partition: p, entry, batch: sent, .. } = self.kept.fact(i)
                    && (*c, *b, *p, *sent) == (client, broker, partition, Some(batch))
                {
                    Some(*entry)
                } else {
                    None
                }
            })
            .collect();
        let taken = self.recent(ix, |f| matches!(f, Fact::EntryTaken { entry, .. } if entries.contains(entry)));
        taken.map(|taken| all(Point::Fact(taken), Wait::Handler)).into_iter().collect()
    }

    /// A follower's log reached `end`: the leader had appended it, and the follower had come to follow, or had stopped leaving the partition out.
    pub(super) fn replicated(&self, ix: Ix, follower: BrokerIx, partition: PartitionIx, end: Offset) -> Vec<Cause> {
        let at = self.kept.at(ix);
        let append = self.recent(ix, |f| matches!(f, Fact::Appended { partition: p, base, .. } if *p == partition && *base < end));
        let role = self
            .recent(ix, |f| matches!(f, Fact::FollowerRoleTaken { broker, partition: p, .. } if (*broker, *p) == (follower, partition)));
        let error = self
            .recent(ix, |f| matches!(f, Fact::ReplicaFetchError { follower: b, partition: p, .. } if (*b, *p) == (follower, partition)));
        let before =
            self.recent(ix, |f| matches!(f, Fact::Replicated { broker, partition: p, .. } if (*broker, *p) == (follower, partition)));
        let mut causes = Vec::new();
        let last = append.max(role);
        let prompt = last.is_some_and(|last| at.since(self.kept.at(last)) <= PROMPT);
        // An error that no copy has followed keeps the partition out of the follower's fetches for a while.
        match error.filter(|e| Some(*e) > role && Some(*e) > before) {
            Some(error) if !prompt => causes.push(all(Point::Fact(error), Wait::FetchBackoff)),
            Some(error) => causes.push(after(Point::Fact(error), Wait::FetchBackoff)),
            None => {}
        }
        let wait = if prompt { Wait::Replication } else { Wait::FetcherWait };
        causes.extend(append.map(|cause| after(Point::Fact(cause), wait)));
        causes.extend(role.map(|cause| after(Point::Fact(cause), wait)));
        causes.extend(self.alive(ix, follower).map(|cause| after(Point::Fact(cause), Wait::BrokerStart)));
        causes
    }

    pub(super) fn fetch_error(&self, ix: Ix, follower: BrokerIx, partition: PartitionIx) -> Vec<Cause> {
        let is = |f: &Fact| matches!(f, Fact::ReplicaFetchError { follower: b, partition: p, .. } | Fact::FollowerRoleTaken { broker: b, partition: p, .. } if (*b, *p) == (follower, partition));
        let Some(cause) = self.recent(ix, is) else { return Vec::new() };
        let again = matches!(self.kept.fact(cause), Fact::ReplicaFetchError { .. });
        vec![all(Point::Fact(cause), if again { Wait::FetchBackoff } else { Wait::FetcherWait })]
    }

    pub(super) fn isr_answered(&self, ix: Ix, leader: BrokerIx, partition: PartitionIx) -> Vec<Cause> {
        let commit = self.recent(ix, |f| matches!(f, Fact::PartitionCommitted { partition: p, .. } if *p == partition));
        let proposed =
            self.recent(ix, |f| matches!(f, Fact::IsrProposed { broker, partition: p, .. } if (*broker, *p) == (leader, partition)));
        let causes = [(commit, Wait::Network), (proposed, Wait::IsrChange)];
        causes.into_iter().filter_map(|(cause, wait)| Some(after(Point::Fact(cause?), wait))).collect()
    }

    /// A leader proposed an ISR: it had missed a follower for long enough, or one had caught up.
    pub(super) fn isr_proposed(&self, ix: Ix, leader: BrokerIx, partition: PartitionIx, isr: &Replicas) -> Vec<Cause> {
        let now = self.isr(ix, partition);
        if let Some(joins) = isr.iter().find(|b| !now.contains(b)) {
            let came = self.recent(ix, |f| matches!(f, Fact::Replicated { broker, partition: p, .. } | Fact::FollowerRoleTaken { broker, partition: p, .. } if (broker, *p) == (joins, partition))
|| matches!(f, Fact::BrokerCommitted { broker, .. } if broker == joins));
            return came.max(self.alive(ix, *joins)).map(|c| all(Point::Fact(c), Wait::CatchUp)).into_iter().collect();
        }
        let Some(gone) = now.iter().find(|b| !isr.contains(b) && **b != leader) else { return Vec::new() };
        let node = self.spec.brokers[gone.index()].node;
        let away = self.kept.last(ix, |f| {
            matches!(f, Fact::ProcessEnded { node: n, .. } | Fact::Paused { node: n } if *n == node)
                || matches!(f, Fact::LinksCut { from, to, .. } if from.contains(&node) || to.contains(&node))
                || matches!(f, Fact::Replicated { broker, partition: p, .. } if (broker, *p) == (gone, partition))
        });
        vec![all(away.map_or(Point::Start, Point::Fact), Wait::ReplicaLag)]
    }
}
