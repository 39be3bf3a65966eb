//! What the true leader calls committed stands on every member of the committed ISR.
//! Source: `Partition.maybeIncrementLeaderHW`: the high watermark is the least log end of the maximal ISR, which contains the committed one.
//!
//! A member that lost its unflushed tail in a power-off is excused until it leaves the ISR: the leader cannot know yet.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, Offset, PartitionIx};
use crate::observe::fact::Fact;
use crate::observe::truth::PartitionTruth;

#[derive(Clone, Copy, Debug)]
struct Log {
    broker: BrokerIx,
    /// None as long as nothing was heard of it: a broker that has not started since the run began.
    end: Option<Offset>,
    excused: bool,
}

/// The check.
#[derive(Clone, Debug)]
pub struct CommittedData {
    pub(super) findings: Findings,
    logs: Vec<Vec<Log>>,
}

impl CommittedData {
    pub(super) const fn new() -> Self {
        CommittedData { findings: Findings::of("committed data on all of the ISR"), logs: Vec::new() }
    }

    /// A registration is committed: who has left the ISR must catch up before it is in it again.
    pub(super) fn committed(&mut self, fact: &Fact) {
        let Fact::PartitionCommitted { partition, isr, .. } = fact else { return };
        for log in self.logs_of(*partition).iter_mut().filter(|l| !isr.contains(&l.broker)) {
            log.excused = false;
        }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact, truth: &PartitionTruth) {
        if let Fact::LeaderRoleTaken { broker, partition, log_end, .. } | Fact::FollowerRoleTaken { broker, partition, log_end, .. } = fact
        {
            self.log(*partition, *broker).end = Some(*log_end);
        }
        if let Fact::Appended { broker, partition, end, .. }
        | Fact::GroupAppended { broker, partition, end, .. }
        | Fact::Replicated { broker, partition, end } = fact
        {
            self.log(*partition, *broker).end = Some(*end);
        }
        if let Fact::Truncated { broker, partition, from, to } = fact {
            self.log(*partition, *broker).end = Some(*from.min(to));
        }
        if let Fact::UnflushedLost { broker, partition, from, to } = fact {
            let log = self.log(*partition, *broker);
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
            for member in &truth.isr {
                let log = *self.log(*partition, *member);
                let Some(end) = log.end.filter(|_| !log.excused) else { continue };
                if end < *high_watermark {
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
            logs.push(Log { broker, end: None, excused: false });
            logs.len() - 1
        });
        &mut logs[index]
    }
}
