//! One partition's next registration, as a pure function of what stands and what is asked.
//!
//! Sources: `PartitionChangeBuilder`, `PartitionReassignmentReplicas`, `PartitionRegistration.merge`.

use crate::kafka::{BrokerIx, Replicas};
use crate::model::Broken;
use crate::model::metadata::PartitionRegistration;
use smallvec::SmallVec;

/// How a leader may be chosen (`PartitionChangeBuilder.Election`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Election {
    /// The current leader if it can stay, else the first in-sync replica.
    Online,
    /// The first replica of the assignment if it is in sync.
    Preferred,
    /// As `Online`, and if nobody in sync is left, any live replica.
    Unclean,
}

/// What is asked of a partition. `PartitionAsk::of` asks for nothing but an online election.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionAsk {
    /// The wanted ISR.
    pub isr: Replicas,
    /// The wanted replicas.
    pub replicas: Replicas,
    /// Replicas that a reassignment removes.
    pub removing: Replicas,
    /// Replicas that a reassignment adds.
    pub adding: Replicas,
    /// How a leader may be chosen.
    pub election: Election,
    /// A broker that ended uncleanly: it is no eligible leader replica any more (KIP-966).
    pub unclean_shutdown: Option<BrokerIx>,
    /// Whether the leader is still recovering from an unclean election.
    pub recovering: bool,
}

impl PartitionAsk {
    /// Everything as it stands.
    pub fn of(registration: &PartitionRegistration) -> Self {
        PartitionAsk {
            isr: registration.isr.clone(),
            replicas: registration.replicas.clone(),
            removing: registration.removing.clone(),
            adding: registration.adding.clone(),
            election: Election::Online,
            unclean_shutdown: None,
            recovering: registration.recovering,
        }
    }
}

/// A partition's next registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionChange {
    /// The registration.
    pub registration: PartitionRegistration,
    /// Whether its leader was elected uncleanly.
    pub unclean: bool,
}

struct Elected {
    leader: Option<BrokerIx>,
    unclean: bool,
}

struct Builder<'a> {
    now: &'a PartitionRegistration,
    ask: PartitionAsk,
    elr: Replicas,
    min_isr: usize,
    elr_enabled: bool,
    acceptable: &'a dyn Fn(BrokerIx) -> bool,
    broken: Option<Broken>,
}

/// The partition's next registration, or none when nothing changes (`PartitionChangeBuilder.build`).
///
/// `acceptable` says who may lead (`LeaderAcceptor`); `min_isr` is the effective one (`getTopicEffectiveMinIsr`).
pub fn partition_change(
    now: &PartitionRegistration,
    ask: PartitionAsk,
    min_isr: usize,
    elr_enabled: bool,
    acceptable: &dyn Fn(BrokerIx) -> bool,
    broken: Option<Broken>,
) -> Option<PartitionChange> {
    Builder { now, ask, elr: now.elr.clone(), min_isr, elr_enabled, acceptable, broken }.build()
}

impl Builder<'_> {
    fn build(mut self) -> Option<PartitionChange> {
        self.complete_reassignment();
        self.populate_elr();
        let elected = self.elect();
        let moved = elected.leader != self.now.leader;
        let unclean = moved && elected.unclean;
        // Kafka leaves in the ELR whom a reassignment has taken out of the replicas, and whose log is gone. Put back, it may lead at once, and has
        // nothing: no unclean election by Kafka's word, but by what comes of it.
        let has_nothing = moved && elected.leader.is_some_and(|l| self.elr.contains(&l) && !self.now.replicas.contains(&l));
        self.seat(&elected, moved);
        // triggerLeaderEpochBumpForReplicaReassignmentIfNeeded: a replica that leaves the list bumps the leader epoch.
        let names_leader = moved || self.now.replicas.iter().any(|r| !self.ask.replicas.contains(r));
        if unclean || !self.elr_enabled {
            self.elr.clear();
        }
        let isr = if self.ask.isr.is_empty() && !self.elr_enabled { self.now.isr.clone() } else { self.ask.isr.clone() };
        let mut next = PartitionRegistration {
            replicas: self.ask.replicas.clone(),
            last_known_leader: self.last_known_leader(&isr, &elected),
            isr,
            adding: self.ask.adding.clone(),
            removing: self.ask.removing.clone(),
            elr: self.elr.clone(),
            leader: elected.leader,
            recovering: self.ask.recovering || unclean,
            leader_epoch: self.now.leader_epoch,
            partition_epoch: self.now.partition_epoch,
        };
        if next == *self.now && !names_leader {
            return None;
        }
        // PartitionRegistration.merge: every record raises the partition epoch, one that names a leader the leader epoch.
        if self.broken != Some(Broken::PartitionEpochNotRaised) {
            next.partition_epoch = next.partition_epoch.next();
        }
        if names_leader && self.broken != Some(Broken::LeaderEpochNotRaised) {
            next.leader_epoch = next.leader_epoch.next();
        }
        Some(PartitionChange { registration: next, unclean: unclean || has_nothing })
    }

    /// `PartitionReassignmentReplicas.maybeCompleteReassignment`.
    fn complete_reassignment(&mut self) {
        if self.ask.removing.is_empty() && self.ask.adding.is_empty() {
            return;
        }
        let stays = |r: &&BrokerIx| !self.ask.removing.contains(r);
        let isr: Replicas = self.ask.isr.iter().filter(stays).copied().collect();
        let replicas: Replicas = self.ask.replicas.iter().filter(stays).copied().collect();
        if isr.is_empty() || replicas.is_empty() || !replicas.iter().all(|r| isr.contains(r)) {
            return;
        }
        self.ask.isr = isr;
        self.ask.replicas = replicas;
        self.ask.removing.clear();
        self.ask.adding.clear();
    }

    /// `maybePopulateTargetElr`: who was in sync when the ISR fell below the minimum stays eligible.
    fn populate_elr(&mut self) {
        if !self.elr_enabled {
            return;
        }
        if self.ask.isr.len() >= self.min_isr {
            self.elr.clear();
            return;
        }
        let mut eligible: SmallVec<[BrokerIx; 8]> = self.elr.iter().chain(&self.now.isr).copied().collect();
        eligible.sort_unstable();
        eligible.dedup();
        self.elr = eligible.into_iter().filter(|r| !self.ask.isr.contains(r) && self.ask.unclean_shutdown != Some(*r)).collect();
    }

    /// `isValidNewLeader`.
    fn valid(&self, replica: BrokerIx) -> bool {
        let in_sync = self.ask.isr.contains(&replica) || (self.ask.isr.is_empty() && self.elr.contains(&replica));
        let eligible = in_sync || self.broken == Some(Broken::LeaderFromOutsideIsr);
        eligible && (self.acceptable)(replica)
    }

    /// `electLeader`, `electPreferredLeader`, `electAnyLeader`.
    fn elect(&self) -> Elected {
        let clean = |leader| Elected { leader: Some(leader), unclean: false };
        let preferred = self.ask.replicas.first().filter(|r| self.ask.election == Election::Preferred && self.valid(**r));
        if let Some(&preferred) = preferred {
            return clean(preferred);
        }
        if let Some(leader) = self.now.leader.filter(|l| self.valid(*l)) {
            return clean(leader);
        }
        if let Some(&online) = self.ask.replicas.iter().find(|r| self.valid(**r)) {
            return clean(online);
        }
        if let Some(last) = self.last_known_electable() {
            return Elected { leader: Some(last), unclean: true };
        }
        if self.ask.election != Election::Unclean {
            return Elected { leader: None, unclean: false };
        }
        let leader = self.ask.replicas.iter().copied().find(|r| (self.acceptable)(*r));
        Elected { leader, unclean: leader.is_some() }
    }

    /// `canElectLastKnownLeader`, with the correction of KAFKA-19522 (4.1, the first release that has ELR on): it must be alive.
    fn last_known_electable(&self) -> Option<BrokerIx> {
        if !self.elr_enabled || !self.elr.is_empty() || !self.ask.isr.is_empty() {
            return None;
        }
        self.now.last_known_leader.filter(|l| (self.acceptable)(*l))
    }

    /// What an election does to ISR and ELR (`tryElection`).
    fn seat(&mut self, elected: &Elected, moved: bool) {
        let Some(leader) = elected.leader.filter(|_| moved) else { return };
        if self.elr.contains(&leader) {
            self.ask.isr = Replicas::from_slice(&[leader]);
            self.elr.retain(|r| *r != leader);
        }
        if elected.unclean {
            self.ask.isr = Replicas::from_slice(&[leader]);
        }
    }

    /// `maybeUpdateLastKnownLeader`.
    fn last_known_leader(&self, isr: &Replicas, elected: &Elected) -> Option<BrokerIx> {
        if !self.elr_enabled {
            return None;
        }
        let lost_last = isr.is_empty() && !self.now.isr.is_empty();
        if lost_last && self.now.leader.is_some() {
            return self.now.leader;
        }
        if elected.leader.is_some() { None } else { self.now.last_known_leader }
    }
}
