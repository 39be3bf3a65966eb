//! A leader's proposal for the ISR is carried out only on the registration that it was made from: a partition that changed since is not changed
//! by it. Source: `ReplicationControlManager.validateAlterPartitionData` (INVALID_UPDATE_VERSION), KIP-497.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, PartitionIx};
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::PartitionTruth;
use std::collections::BTreeSet;

/// The check.
#[derive(Clone, Debug)]
pub struct IsrProposals {
    pub(super) findings: Findings,
    /// Who has proposed an ISR since the last change of the partition was committed: nobody knows a registration earlier.
    proposed: BTreeSet<(PartitionIx, BrokerIx)>,
}

impl IsrProposals {
    pub(super) const fn new() -> Self {
        IsrProposals { findings: Findings::of("ISR proposals are not stale"), proposed: BTreeSet::new() }
    }

    /// A leader proposes an ISR.
    pub(super) fn proposed(&mut self, partition: PartitionIx, broker: BrokerIx) {
        self.proposed.insert((partition, broker));
    }

    /// A registration is committed; `before` is the one that it replaces.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact, before: &PartitionTruth) {
        let Fact::PartitionCommitted { partition, why, .. } = fact else { return };
        if *why == Why::AlterPartition
            && let Some(leader) = before.leader.filter(|leader| !self.proposed.contains(&(*partition, *leader)))
        {
            let text = format!("partition {partition}: an ISR is committed that {leader:?} proposed before the change before it");
            self.findings.violated(at, text);
        }
        self.proposed.retain(|(p, _)| p != partition);
    }
}
