//! What the controllers show: who of them is active, and counts over the committed metadata.
//! Source: `ControllerMetricsChanges.handleBrokerChange`, `handlePartitionChange`; `OffsetControlManager.activate`, `deactivate`.

use super::registrations::Registration;
use crate::kafka::{BrokerEpoch, BrokerIx, VoterIx};
use crate::observe::Fact;

/// A broker's registration.
#[derive(Clone, Copy, Debug)]
struct Registered {
    epoch: BrokerEpoch,
    fenced: bool,
    in_controlled_shutdown: bool,
}

/// The quorum and the metadata that it has committed.
#[derive(Clone, Debug)]
pub struct Quorum {
    active: Vec<bool>,
    unclean_by_isr: bool,
    brokers: Vec<Option<Registered>>,
    /// Partitions that nobody leads.
    pub offline: u64,
    /// Partitions that another than the first of their replicas leads, or nobody.
    pub imbalanced: u64,
    /// Elections of a controller since counting began.
    pub elections: u64,
    /// Unclean elections of partition leaders since counting began.
    pub unclean_elections: u64,
    /// By how much leader epochs were raised since counting began.
    pub leader_epochs: u64,
}

impl Quorum {
    /// Nothing is committed yet. `unclean_by_isr`: an unclean election is told by the ISR before it and not by the record that it writes
    /// (3.9 and 4.0).
    pub fn new(voters: usize, brokers: usize, unclean_by_isr: bool) -> Self {
        Quorum {
            unclean_by_isr,
            active: vec![false; voters],
            brokers: vec![None; brokers],
            offline: 0,
            imbalanced: 0,
            elections: 0,
            unclean_elections: 0,
            leader_epochs: 0,
        }
    }

    /// Counting begins.
    pub fn count_from_now(&mut self) {
        (self.elections, self.unclean_elections, self.leader_epochs) = (0, 0, 0);
    }

    /// A controller claims the quorum.
    pub fn claimed(&mut self, voter: VoterIx) {
        self.active[voter.index()] = true;
        self.elections += 1;
    }

    /// A controller resigns, or its process has ended.
    pub fn resigned(&mut self, voter: VoterIx) {
        self.active[voter.index()] = false;
    }

    /// Whether a controller takes itself for the active one.
    pub fn is_active(&self, voter: VoterIx) -> bool {
        self.active[voter.index()]
    }

    /// A broker's registration is committed; says whether it is one of another life of its process.
    pub fn broker(&mut self, broker: BrokerIx, epoch: BrokerEpoch, fenced: bool, in_controlled_shutdown: bool) -> bool {
        let before = self.brokers[broker.index()].replace(Registered { epoch, fenced, in_controlled_shutdown });
        before.is_none_or(|before| before.epoch != epoch)
    }

    /// A partition's registration is committed.
    pub fn partition(&mut self, before: Option<&Registration>, now: &Registration, fact: &Fact) {
        if let Some(before) = before {
            self.forget(before);
            self.leader_epochs += u64::from(now.leader_epoch.0.saturating_sub(before.leader_epoch.0));
        }
        self.offline += u64::from(now.leader.is_none());
        self.imbalanced += u64::from(!now.has_preferred_leader());
        self.unclean_elections += u64::from(self.is_unclean(before, now, fact));
    }

    /// What the meter takes for an unclean election. Since 4.1 a record says it (`TopicDelta.updateElectionStats`). Before, whoever was not
    /// in the ISR one change earlier counts (`PartitionRegistration.electionWasClean`), also a replica that a reassignment adds and that
    /// joins the ISR and leads by one and the same change.
    fn is_unclean(&self, before: Option<&Registration>, now: &Registration, fact: &Fact) -> bool {
        let Some(leader) = now.leader else { return false };
        if self.unclean_by_isr {
            return before.is_some_and(|before| !before.isr.contains(&leader));
        }
        matches!(fact, Fact::PartitionCommitted { unclean: true, .. })
    }

    /// A partition is gone.
    pub fn forget(&mut self, before: &Registration) {
        self.offline -= u64::from(before.leader.is_none());
        self.imbalanced -= u64::from(!before.has_preferred_leader());
    }

    /// Registered brokers that are fenced.
    pub fn fenced(&self) -> u64 {
        self.brokers.iter().flatten().filter(|b| b.fenced).count() as u64
    }

    /// Registered brokers that are not fenced; those in controlled shutdown are among them.
    pub fn unfenced(&self) -> u64 {
        self.brokers.iter().flatten().filter(|b| !b.fenced).count() as u64
    }

    /// Registered brokers in controlled shutdown.
    pub fn in_controlled_shutdown(&self) -> u64 {
        self.brokers.iter().flatten().filter(|b| b.in_controlled_shutdown).count() as u64
    }
}
