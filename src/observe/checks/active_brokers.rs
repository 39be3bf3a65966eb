//! Only a broker that is active (neither fenced nor shutting down) leads or joins an ISR.
//! Sources: `ReplicationControlManager.handleBrokerFenced` (partitions move before the broker is fenced), KIP-841 (`isReplicaIsrEligible`).

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, Replicas};
use crate::model::Spec;
use crate::observe::fact::{Fact, Why};
use crate::observe::truth::{PartitionTruth, Truth};

/// The check.
#[derive(Clone, Debug)]
pub struct ActiveBrokers {
    pub(super) findings: Findings,
    active: Vec<bool>,
    fenced: Vec<bool>,
    /// Before 4.0 a new process registers, fenced, while partitions are still the old one's (KAFKA-18106).
    moves_first: bool,
}

impl ActiveBrokers {
    pub(super) fn new(spec: &Spec) -> Self {
        let moves_first = spec.release.rules().unclean_restart_leaves_isr;
        let active = spec.brokers.iter().map(|b| b.up).collect();
        ActiveBrokers { findings: Findings::of("active brokers lead"), active, fenced: vec![false; spec.brokers.len()], moves_first }
    }

    /// A broker's registration is committed.
    pub(super) fn broker(&mut self, at: Instant, fact: &Fact, truth: &Truth) {
        let Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } = fact else { return };
        // A heartbeat that was under way for long may come after the broker was let go; it says nothing of a shutdown, and the broker is unfenced
        // and elected (`BrokerHeartbeatManager.calculateNextBrokerState`, `ReplicationControlManager.handleBrokerUnfenced`).
        let was_fenced = std::mem::replace(&mut self.fenced[broker.index()], *fenced);
        let is_revived = was_fenced && !fenced && *in_controlled_shutdown;
        if is_revived {
            self.findings.suspend(format!("{broker:?} had been let go, and a heartbeat from before unfenced it"));
        }
        self.active[broker.index()] = is_revived || !fenced && !in_controlled_shutdown;
        if !fenced || !self.moves_first {
            return;
        }
        if let Some((partition, _)) = truth.partitions().find(|(_, p)| p.leader == Some(*broker)) {
            self.findings.violated(at, format!("partition {partition}: {broker:?} is fenced and still leads"));
        }
    }

    /// A registration is committed; `before` is the one that it replaces.
    pub(super) fn committed(&mut self, at: Instant, fact: &Fact, before: &PartitionTruth) {
        let Fact::PartitionCommitted { partition, leader, isr, unclean, why, .. } = fact else { return };
        if let Some(leader) = leader.filter(|l| self.moves_first && !self.is_active(*l)) {
            self.findings.violated(at, format!("partition {partition}: {leader:?} leads and is not active"));
        }
        // A cancelled reassignment of whose ISR nobody is left puts the first replica there, active or not (`PartitionReassignmentRevert`).
        if *unclean && *why == Why::Reassignment {
            return;
        }
        let joined: Replicas = isr.iter().copied().filter(|m| !before.isr.contains(m) && !self.is_active(*m)).collect();
        for member in joined {
            self.findings.violated(at, format!("partition {partition}: {member:?} joins the ISR and is not active"));
        }
    }

    fn is_active(&self, broker: BrokerIx) -> bool {
        self.active.get(broker.index()).copied().unwrap_or(false)
    }
}
