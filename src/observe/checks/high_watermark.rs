//! Within a leader's term its high watermark never goes back. Source: `Partition.maybeIncrementLeaderHW`. (A new leader may start lower.)

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, Offset, PartitionIx};
use crate::observe::fact::Fact;

#[derive(Clone, Copy, Debug)]
struct Term {
    broker: BrokerIx,
    epoch: LeaderEpoch,
    high_watermark: Offset,
}

/// The check.
#[derive(Clone, Debug)]
pub struct HighWatermark {
    pub(super) findings: Findings,
    terms: Vec<Vec<Term>>,
}

impl HighWatermark {
    pub(super) const fn new() -> Self {
        HighWatermark { findings: Findings::of("high watermark monotone within a term"), terms: Vec::new() }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::LeaderRoleTaken { broker, partition, leader_epoch, high_watermark, .. } = fact {
            let term = Term { broker: *broker, epoch: *leader_epoch, high_watermark: *high_watermark };
            match self.term(*partition, *broker) {
                Some(old) => *old = term,
                None => self.terms[partition.index()].push(term),
            }
        }
        if let Fact::HighWatermarkMoved { broker, partition, leader_epoch, high_watermark } = fact {
            let now = Term { broker: *broker, epoch: *leader_epoch, high_watermark: *high_watermark };
            match self.term(*partition, *broker) {
                Some(old) if old.epoch == now.epoch && now.high_watermark < old.high_watermark => {
                    let text = format!(
                        "partition {partition}: the high watermark of {broker:?} in epoch {leader_epoch} falls from {} to {high_watermark}",
                        old.high_watermark
                    );
                    self.findings.violated(at, text);
                }
                Some(old) => *old = now,
                None => self.terms[partition.index()].push(now),
            }
        }
    }

    fn term(&mut self, partition: PartitionIx, broker: BrokerIx) -> Option<&mut Term> {
        if self.terms.len() <= partition.index() {
            self.terms.resize_with(partition.index() + 1, Vec::new);
        }
        self.terms[partition.index()].iter_mut().find(|t| t.broker == broker)
    }
}
