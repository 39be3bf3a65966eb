//! What the true leader calls committed stands on every member of the committed ISR: when it says so, when a member joins or is elected, and
//! when a member cuts off its log.
//! Sources: `Partition.maybeIncrementLeaderHW` (the high watermark is the least log end of the maximal ISR, which contains the committed one),
//! `Partition.isFollowerInSync`, KIP-101.
//!
//! A member that lost its unflushed tail in a power-off is excused until it leaves the ISR: the leader cannot know yet.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, Offset, PartitionIx};
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::PartitionTruth;

#[derive(Clone, Copy, Debug)]
struct Log {
    broker: BrokerIx,
    /// None as long as nothing was heard of it: a broker that has not started since the run began.
    end: Option<Offset>,
    excused: bool,
    /// Where it ended before a power-off took its tail: a leader that does not hear of another epoch goes on counting what it was told of it.
    had: Option<Offset>,
}

/// The check.
#[derive(Clone, Debug)]
pub struct CommittedData {
    pub(super) findings: Findings,
    logs: Vec<Vec<Log>>,
    /// Up to where the records of each partition are committed, as far as that is known.
    committed: Vec<Option<Offset>>,
}

impl CommittedData {
    pub(super) const fn new() -> Self {
        CommittedData { findings: Findings::of("committed data on all of the ISR"), logs: Vec::new(), committed: Vec::new() }
    }

    /// A registration is committed: who has left the ISR must catch up before it is in it again.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact) {
        let Fact::PartitionCommitted { partition, isr, unclean, why, .. } = fact else { return };
        for log in self.logs_of(*partition).iter_mut().filter(|l| !isr.contains(&l.broker)) {
            log.excused = false;
        }
        if *unclean || *why == Why::UncleanElection {
            *self.committed_mut(*partition) = None;
        }
        let Some(committed) = *self.committed_mut(*partition) else { return };
        for member in isr {
            if let Some(end) = self.lacks(*partition, *member, committed) {
                let text =
                    format!("partition {partition}: {member:?} is in the ISR with a log that ends at {end}, and {committed} is committed");
                self.findings.violated(at, text);
            }
        }
    }

    /// On how many replicas a batch that ends at `end` stands; one that lost unflushed data counts as before.
    pub(super) fn holders(&self, partition: PartitionIx, end: Offset) -> usize {
        let logs = self.logs.get(partition.index()).map_or(&[][..], |logs| &logs[..]);
        logs.iter().filter(|l| l.excused || l.end.max(l.had).is_some_and(|e| e >= end)).count()
    }

    /// Where the log of a member of the ISR ends, if that is before `committed` and there is no excuse.
    fn lacks(&mut self, partition: PartitionIx, member: BrokerIx, committed: Offset) -> Option<Offset> {
        let log = *self.log(partition, member);
        log.end.filter(|end| !log.excused && *end < committed)
    }

    fn committed_mut(&mut self, partition: PartitionIx) -> &mut Option<Offset> {
        if self.committed.len() <= partition.index() {
            self.committed.resize(partition.index() + 1, None);
        }
        &mut self.committed[partition.index()]
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact, truth: &PartitionTruth) {
        if let Fact::LeaderRoleTaken { broker, partition, log_end, .. } | Fact::FollowerRoleTaken { broker, partition, log_end, .. } = fact
        {
            self.log(*partition, *broker).end = Some(*log_end);
        }
        if let Fact::LeaderRoleTaken { broker, partition, log_end, .. } = fact
            && truth.leader == Some(*broker)
        {
            // What the true leader does not have is gone, however that came about.
            let committed = self.committed_mut(*partition);
            *committed = committed.map(|c| c.min(*log_end));
        }
        if let Fact::Appended { broker, partition, end, .. }
        | Fact::GroupAppended { broker, partition, end, .. }
        | Fact::Replicated { broker, partition, end } = fact
        {
            self.log(*partition, *broker).end = Some(*end);
        }
        if let Fact::Truncated { broker, partition, from, to } = fact {
            self.log(*partition, *broker).end = Some(*from.min(to));
            let committed = *self.committed_mut(*partition);
            if let Some(committed) = committed.filter(|_| truth.isr.contains(broker))
                && let Some(end) = self.lacks(*partition, *broker, committed)
            {
                let text = format!("partition {partition}: {broker:?} in the ISR cuts its log off at {end}, and {committed} is committed");
                self.findings.violated(at, text);
            }
        }
        if let Fact::UnflushedLost { broker, partition, from, to } = fact {
            let log = self.log(*partition, *broker);
            log.had = log.had.max(Some(*from));
            log.end = Some(*from.min(to));
            log.excused = true;
        }
        if let Fact::ReplicaDeleted { broker, partition } = fact {
            self.log(*partition, *broker).end = Some(Offset(0));
        }
        if let Fact::HighWatermarkMoved { broker, partition, leader_epoch, high_watermark } = fact
            && truth.leader == Some(*broker)
            && truth.leader_epoch == *leader_epoch
        {
            let committed = self.committed_mut(*partition);
            *committed = (*committed).max(Some(*high_watermark));
            for member in &truth.isr {
                if let Some(end) = self.lacks(*partition, *member, *high_watermark) {
                    let text = format!(
                        "partition {partition}: {broker:?} moves the high watermark to {high_watermark}, but the log of {member:?} in the ISR ends at {end}"
                    );
                    self.findings.violated(at, text);
                }
            }
        }
    }

    fn logs_of(&mut self, partition: PartitionIx) -> &mut Vec<Log> {
        if self.logs.len() <= partition.index() {
            self.logs.resize_with(partition.index() + 1, Vec::new);
        }
        &mut self.logs[partition.index()]
    }

    /// The log of a broker.
    fn log(&mut self, partition: PartitionIx, broker: BrokerIx) -> &mut Log {
        let logs = self.logs_of(partition);
        let index = logs.iter().position(|l| l.broker == broker).unwrap_or_else(|| {
            logs.push(Log { broker, end: None, excused: false, had: None });
            logs.len() - 1
        });
        &mut logs[index]
    }
}
