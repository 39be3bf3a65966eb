//! Epochs never go back: leader and partition epochs of a partition, epochs of a broker, and of the raft quorum.
//! Sources: `PartitionRegistration.merge` (partition epoch + 1 with each change), `ClusterControlManager.registerBroker` (the epoch is
//! the offset of the registration, and each life of its process has its own), `QuorumState` (a voter's epoch never falls).

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerEpoch, BrokerIx, RaftEpoch, VoterIx};
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::PartitionTruth;
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct EpochOrder {
    pub(super) findings: Findings,
    brokers: BTreeMap<BrokerIx, BrokerEpoch>,
    /// The last epoch in which each voter was active. Another one may be active in an older epoch after it: fetches that were under way when a
    /// majority left that epoch commit its beginning all the same. It commits nothing after that, and gives up.
    raft: BTreeMap<VoterIx, RaftEpoch>,
    /// When each broker's present process started.
    lives: BTreeMap<BrokerIx, Instant>,
    /// When each broker's epoch was first heard of.
    since: BTreeMap<BrokerIx, Instant>,
}

impl EpochOrder {
    pub(super) const fn new() -> Self {
        EpochOrder {
            findings: Findings::of("monotone epochs"),
            brokers: BTreeMap::new(),
            raft: BTreeMap::new(),
            lives: BTreeMap::new(),
            since: BTreeMap::new(),
        }
    }

    /// A registration is committed; `before` is the one that it replaces.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact, before: &PartitionTruth) {
        let Fact::PartitionCommitted { partition, leader, leader_epoch, partition_epoch, why, .. } = fact else { return };
        if !before.exists || *why == Why::Created {
            return;
        }
        if *partition_epoch <= before.partition_epoch {
            let text = format!("partition {partition}: partition epoch {partition_epoch} after {}", before.partition_epoch);
            self.findings.violated(at, text);
        }
        let must_grow = *leader != before.leader;
        if *leader_epoch < before.leader_epoch || must_grow && *leader_epoch == before.leader_epoch {
            let text = format!(
                "partition {partition}: leader epoch {leader_epoch} of {leader:?} after {} of {:?}",
                before.leader_epoch, before.leader
            );
            self.findings.violated(at, text);
        }
    }

    /// A broker's registration is committed.
    pub(super) fn broker(&mut self, at: Instant, broker: BrokerIx, epoch: BrokerEpoch) {
        let last = self.brokers.entry(broker).or_insert(epoch);
        let known = *self.since.entry(broker).or_insert(at);
        self.since.insert(broker, if epoch == *last { known } else { at });
        if epoch < *last {
            self.findings.violated(at, format!("{broker:?}: broker epoch {epoch} after {last}"));
        }
        *last = epoch.max(*last);
    }

    /// A broker's process started.
    pub(super) fn started(&mut self, at: Instant, broker: BrokerIx) {
        self.lives.insert(broker, at);
    }

    /// A broker has applied its own registration: its epoch is one of this life.
    pub(super) fn registered(&mut self, at: Instant, broker: BrokerIx) {
        let (Some(started), Some(since)) = (self.lives.get(&broker), self.since.get(&broker)) else { return };
        if since < started {
            let epoch = self.brokers[&broker];
            self.findings.violated(at, format!("{broker:?}: a new process goes on in broker epoch {epoch} of the one before"));
        }
    }

    /// A controller is active in a raft epoch.
    pub(super) fn raft(&mut self, at: Instant, voter: VoterIx, epoch: RaftEpoch) {
        if let Some(before) = self.raft.insert(voter, epoch).filter(|before| epoch < *before) {
            self.findings.violated(at, format!("{voter:?} is active in raft epoch {epoch} after {before}"));
        }
    }
}
