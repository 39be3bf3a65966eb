//! A leader is a member of the ISR that its own registration names, and a clean election takes it from the ISR before it.
//! Source: `PartitionChangeBuilder.electLeader`, `PartitionRegistration`; an unclean election makes the leader the ISR.

use super::Findings;
use crate::engine::Instant;
use crate::model::Spec;
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::PartitionTruth;

/// The check.
#[derive(Clone, Debug)]
pub struct LeaderInIsr {
    pub(super) findings: Findings,
    /// With eligible leader replicas (KIP-966) a clean election may also take its leader from the ELR, which facts do not show.
    elr: bool,
}

impl LeaderInIsr {
    pub(super) fn new(spec: &Spec) -> Self {
        LeaderInIsr { findings: Findings::of("leader in ISR"), elr: spec.release.rules().eligible_leader_replicas }
    }

    /// A registration is committed; `before` is the one that it replaces.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact, before: &PartitionTruth) {
        let Fact::PartitionCommitted { partition, leader: Some(leader), isr, unclean, why, .. } = fact else { return };
        if !isr.contains(leader) {
            self.findings.violated(at, format!("partition {partition}: leader {leader:?} is not in the ISR {isr:?}"));
        }
        let is_election = before.exists && before.leader != Some(*leader) && *why != Why::Created;
        // A leader's own proposal may let in the replica that, by ending a reassignment, it is replaced with (NEW_LEADER_ELECTED).
        let let_in_now = *why == Why::AlterPartition && isr.contains(leader);
        if is_election && !unclean && !self.elr && !before.isr.contains(leader) && !let_in_now {
            self.findings
                .violated(at, format!("partition {partition}: {leader:?} was elected cleanly from outside the ISR {:?}", before.isr));
        }
    }
}
