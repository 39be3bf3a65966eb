//! A leader's proposal for the ISR is carried out only if the leader knew the registration that it replaces.
//! Source: `ReplicationControlManager.validateAlterPartitionData` (INVALID_UPDATE_VERSION: the partition epoch of the proposal is older).

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, MetadataOffset, PartitionIx};
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::Truth;
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct IsrProposals {
    pub(super) findings: Findings,
    proposed: BTreeMap<(PartitionIx, BrokerIx), Instant>,
    /// The last change of each partition that its leader did not propose.
    changed: BTreeMap<PartitionIx, MetadataOffset>,
}

impl IsrProposals {
    pub(super) const fn new() -> Self {
        IsrProposals { findings: Findings::of("ISR proposals are not stale"), proposed: BTreeMap::new(), changed: BTreeMap::new() }
    }

    /// A leader proposes an ISR.
    pub(super) fn proposed(&mut self, at: Instant, broker: BrokerIx, partition: PartitionIx) {
        self.proposed.insert((partition, broker), at);
    }

    /// A registration is committed.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact, truth: &Truth) {
        let Fact::PartitionCommitted { partition, why, offset, .. } = fact else { return };
        if *why != Why::AlterPartition {
            self.changed.insert(*partition, *offset);
            return;
        }
        let Some(leader) = truth.partition(*partition).leader else { return };
        let (Some(proposed), Some(before)) = (self.proposed.get(&(*partition, leader)), self.changed.get(partition)) else { return };
        // A leader whose process is gone since has no image any more.
        let known = truth.image_reached(leader, *before);
        if truth.is_running(leader) && known.is_none_or(|known| known > *proposed) {
            let text = format!("partition {partition}: an ISR is committed that {leader:?} proposed before it knew of the change before");
            self.findings.violated(at, text);
        }
    }
}
