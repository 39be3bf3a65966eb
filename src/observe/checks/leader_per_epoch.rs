//! In each leader epoch of a partition one broker leads, takes the role and appends.
//! Source: `PartitionRegistration.leaderEpoch` is raised with each leader change (`PartitionChangeBuilder.triggerLeaderEpochBumpIfNeeded`).

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, LeaderEpoch, PartitionIx};
use crate::observe::fact::Fact;

/// The check.
#[derive(Clone, Debug)]
pub struct LeaderPerEpoch {
    pub(super) findings: Findings,
    leaders: Vec<Vec<(LeaderEpoch, BrokerIx)>>,
}

impl LeaderPerEpoch {
    pub(super) const fn new() -> Self {
        LeaderPerEpoch { findings: Findings::of("one leader per epoch"), leaders: Vec::new() }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::PartitionCommitted { partition, leader: Some(leader), leader_epoch, .. } = fact {
            self.acts(at, *partition, *leader_epoch, *leader, "is committed as leader");
        }
        if let Fact::LeaderRoleTaken { partition, broker, leader_epoch, .. } = fact {
            self.acts(at, *partition, *leader_epoch, *broker, "takes the leader's role");
        }
        if let Fact::Appended { partition, broker, leader_epoch, .. } = fact {
            self.acts(at, *partition, *leader_epoch, *broker, "appends");
        }
    }

    fn acts(&mut self, at: Instant, partition: PartitionIx, epoch: LeaderEpoch, broker: BrokerIx, what: &str) {
        if self.leaders.len() <= partition.index() {
            self.leaders.resize_with(partition.index() + 1, Vec::new);
        }
        let leaders = &mut self.leaders[partition.index()];
        match leaders.iter().rev().find(|(e, _)| *e == epoch) {
            None => leaders.push((epoch, broker)),
            Some((_, leader)) if *leader == broker => {}
            Some((_, leader)) => {
                let text = format!("partition {partition}: {broker:?} {what} in epoch {epoch}, which is that of {leader:?}");
                self.findings.violated(at, text);
            }
        }
    }
}
