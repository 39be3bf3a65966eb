//! One broker's own state of its partitions, worked out of facts: what `ReplicaManager` counts.
//!
//! Facts tell when a broker takes a role in a new leader epoch. A leader that stays learns of a changed ISR without a fact, at the place of
//! the partition in the batch of metadata that it applies (`BrokerMetadataPublisher.onMetadataUpdate`: leaders first, in order); so the
//! batch is followed here. Source of the counts: `Partition.isUnderReplicated`, `isUnderMinIsr`, `isAtMinIsr`,
//! `handleAlterPartitionUpdate`, `handleAlterPartitionError`, `submitAlterPartition`.

use super::registrations::{Registration, Registrations};
use crate::kafka::{BrokerIx, ErrorCode, LeaderEpoch, MetadataOffset, PartitionEpoch, PartitionIx, Replicas};
use std::collections::{BTreeMap, VecDeque};

/// What a broker's gauges show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Counts {
    pub partitions: u64,
    pub leaders: u64,
    pub under_replicated: u64,
    pub under_min_isr: u64,
    pub at_min_isr: u64,
    pub reassigning: u64,
}

/// What a broker's meters have counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Meters {
    pub isr_shrinks: u64,
    pub isr_expands: u64,
    pub failed_isr_updates: u64,
}

/// `min.insync.replicas` of each partition's topic.
#[derive(Clone, Debug)]
pub struct MinIsr {
    /// By partition; a partition that is not here is not counted against it.
    pub of: Vec<u32>,
    /// The gauges take no more than the number of replicas (`Rules::min_isr_at_most_replicas`).
    pub capped: bool,
}

/// A partition as its leader has it.
#[derive(Clone, Debug)]
struct Led {
    partition_epoch: PartitionEpoch,
    replicas: usize,
    adding: usize,
    isr: Replicas,
    /// A proposal that neither the controller's answer nor newer metadata has settled (`PendingPartitionChange`).
    proposal: Option<Replicas>,
}

/// A partition that a broker hosts.
#[derive(Clone, Debug)]
struct Hosted {
    epoch: LeaderEpoch,
    led: Option<Led>,
}

/// A batch of metadata whose leader roles are being taken.
#[derive(Clone, Debug)]
struct Batch {
    to: MetadataOffset,
    /// What is left: a partition, and whether its role is of a new epoch, which a fact will tell.
    left: VecDeque<(PartitionIx, bool)>,
}

/// A broker.
#[derive(Clone, Debug)]
pub struct Broker {
    me: BrokerIx,
    hosted: BTreeMap<PartitionIx, Hosted>,
    applied: Option<MetadataOffset>,
    batch: Option<Batch>,
    counts: Counts,
    meters: Meters,
}

impl Led {
    fn of(registration: &Registration) -> Led {
        Led {
            partition_epoch: registration.partition_epoch,
            replicas: registration.replicas.len(),
            adding: registration.adding,
            isr: registration.isr.clone(),
            proposal: None,
        }
    }
}

impl Broker {
    /// A broker whose process is not there yet.
    pub fn new(me: BrokerIx) -> Self {
        let (counts, meters) = (Counts::default(), Meters::default());
        Broker { me, hosted: BTreeMap::new(), applied: None, batch: None, counts, meters }
    }

    /// What its gauges show now.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What its meters have counted since counting began, over all lives of its process.
    pub fn meters(&self) -> Meters {
        self.meters
    }

    /// Counting begins.
    pub fn count_from_now(&mut self) {
        self.meters = Meters::default();
    }

    /// Its process has ended: another one knows nothing.
    pub fn ended(&mut self) {
        self.hosted.clear();
        (self.applied, self.batch, self.counts) = (None, None, Counts::default());
    }

    /// Its metadata cache stands at `to`, and the roles follow.
    pub fn image_applied(&mut self, to: MetadataOffset, registrations: &Registrations, min: &MinIsr) {
        let leads = |p: &PartitionIx| registrations.at(*p, to).is_some_and(|r| r.leader == Some(self.me));
        let is_new = |p: PartitionIx| {
            let epoch = registrations.at(p, to).map(|r| r.leader_epoch);
            self.hosted.get(&p).map(|h| h.epoch) < epoch
        };
        let changed = registrations.changed(self.applied, to);
        let left = changed.into_iter().filter(leads).map(|p| (p, is_new(p))).collect();
        self.batch = Some(Batch { to, left });
        self.applied = Some(to);
        self.leaders_who_stay(registrations, min);
    }

    /// The next leaders of the batch that stay in their epoch; they cost no time.
    fn leaders_who_stay(&mut self, registrations: &Registrations, min: &MinIsr) {
        while let Some(batch) = &mut self.batch
            && let Some((partition, false)) = batch.left.front().copied()
        {
            batch.left.pop_front();
            let Some(registration) = registrations.at(partition, batch.to) else { continue };
            self.change(partition, min, |led| {
                if registration.partition_epoch >= led.partition_epoch {
                    *led = Led::of(registration);
                }
            });
        }
    }

    /// It leads in a new epoch.
    pub fn leader_role_taken(&mut self, partition: PartitionIx, epoch: LeaderEpoch, registrations: &Registrations, min: &MinIsr) {
        // A process that has been there for long when the run starts takes its roles without a batch.
        let to = self.batch.as_ref().map(|b| b.to).or(registrations.last()).unwrap_or_default();
        self.applied.get_or_insert(to);
        let led = registrations.at(partition, to).map(Led::of);
        self.host(partition, Hosted { epoch, led }, min);
        if let Some(batch) = &mut self.batch {
            batch.left.retain(|(p, _)| *p != partition);
        }
        self.leaders_who_stay(registrations, min);
    }

    /// It follows in a new epoch.
    pub fn follower_role_taken(&mut self, partition: PartitionIx, epoch: LeaderEpoch, registrations: &Registrations, min: &MinIsr) {
        if self.applied.is_none() {
            self.applied = registrations.last();
        }
        self.host(partition, Hosted { epoch, led: None }, min);
    }

    /// It hosts the partition no longer.
    pub fn deleted(&mut self, partition: PartitionIx, registrations: &Registrations, min: &MinIsr) {
        if let Some(hosted) = self.hosted.remove(&partition) {
            self.counts.take_away(min.shown(partition, &hosted));
        }
        if let Some(batch) = &mut self.batch {
            batch.left.retain(|(p, _)| *p != partition);
        }
        self.leaders_who_stay(registrations, min);
    }

    /// It proposes another ISR.
    pub fn proposed(&mut self, partition: PartitionIx, isr: &Replicas) {
        if let Some(Hosted { led: Some(led), .. }) = self.hosted.get_mut(&partition) {
            led.proposal = Some(isr.clone());
        }
    }

    /// The controller's answer has come. One to a proposal that newer metadata has overtaken counts for nothing.
    pub fn answered(&mut self, partition: PartitionIx, error: ErrorCode, shrink: bool, registrations: &Registrations, min: &MinIsr) {
        let Some(Hosted { epoch, led: Some(led) }) = self.hosted.get_mut(&partition) else { return };
        if led.proposal.is_none() {
            return;
        }
        let committed = registrations.last_proposed(partition, *epoch);
        let Some(committed) = committed.filter(|r| error.is_none() && r.partition_epoch >= led.partition_epoch) else {
            self.meters.failed_isr_updates += 1;
            if error == ErrorCode::IneligibleReplica {
                led.proposal = None;
            }
            return;
        };
        let meter = if shrink { &mut self.meters.isr_shrinks } else { &mut self.meters.isr_expands };
        *meter += 1;
        let (isr, partition_epoch) = (committed.isr.clone(), committed.partition_epoch);
        self.change(partition, min, |led| {
            (led.isr, led.partition_epoch, led.proposal) = (isr, partition_epoch, None);
        });
    }

    /// What its gauges show, counted anew.
    #[cfg(test)]
    pub fn recounted(&self, min: &MinIsr) -> Counts {
        let mut counts = Counts::default();
        self.hosted.iter().for_each(|(partition, hosted)| counts.add(min.shown(*partition, hosted)));
        counts
    }

    /// Whether all that it leads is to it as the last registration has it.
    #[cfg(test)]
    pub fn agrees_with(&self, registrations: &Registrations) -> bool {
        let last = registrations.last().unwrap_or_default();
        let agrees = |partition: &PartitionIx, led: &Led| {
            registrations.at(*partition, last).is_some_and(|r| {
                led.isr == r.isr && led.partition_epoch == r.partition_epoch && led.adding == r.adding && r.leader == Some(self.me)
            })
        };
        self.hosted.iter().all(|(partition, hosted)| hosted.led.as_ref().is_none_or(|led| agrees(partition, led)))
    }

    fn host(&mut self, partition: PartitionIx, hosted: Hosted, min: &MinIsr) {
        self.counts.add(min.shown(partition, &hosted));
        if let Some(before) = self.hosted.insert(partition, hosted) {
            self.counts.take_away(min.shown(partition, &before));
        }
    }

    fn change(&mut self, partition: PartitionIx, min: &MinIsr, change: impl FnOnce(&mut Led)) {
        let Some(mut hosted) = self.hosted.get(&partition).cloned() else { return };
        let Some(led) = &mut hosted.led else { return };
        change(led);
        self.host(partition, hosted, min);
    }
}

impl Counts {
    fn add(&mut self, more: Counts) {
        self.partitions += more.partitions;
        self.leaders += more.leaders;
        self.under_replicated += more.under_replicated;
        self.under_min_isr += more.under_min_isr;
        self.at_min_isr += more.at_min_isr;
        self.reassigning += more.reassigning;
    }

    fn take_away(&mut self, less: Counts) {
        self.partitions -= less.partitions;
        self.leaders -= less.leaders;
        self.under_replicated -= less.under_replicated;
        self.under_min_isr -= less.under_min_isr;
        self.at_min_isr -= less.at_min_isr;
        self.reassigning -= less.reassigning;
    }
}

impl MinIsr {
    /// What one partition adds to the gauges of a broker. Replicas that a reassignment adds are missing from nothing
    /// (`OngoingReassignmentState.replicationFactor`), but they count where they are in sync.
    fn shown(&self, partition: PartitionIx, hosted: &Hosted) -> Counts {
        let Some(led) = &hosted.led else { return Counts { partitions: 1, ..Counts::default() } };
        let wanted = self.of.get(partition.index()).map(|min| *min as usize);
        let min = wanted.map(|min| if self.capped { min.min(led.replicas) } else { min });
        Counts {
            partitions: 1,
            leaders: 1,
            under_replicated: u64::from(led.replicas - led.adding > led.isr.len()),
            under_min_isr: u64::from(min.is_some_and(|min| led.isr.len() < min)),
            at_min_isr: u64::from(min.is_some_and(|min| led.isr.len() == min)),
            reassigning: u64::from(led.adding > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Instant;
    use crate::observe::Fact;
    use crate::observe::fact::Why;

    const ME: BrokerIx = BrokerIx(1);
    const P: PartitionIx = PartitionIx(0);

    fn commit(offset: u64, isr: &[u32], why: Why) -> Fact {
        Fact::PartitionCommitted {
            partition: P,
            old_leader: None,
            leader: Some(ME),
            leader_epoch: LeaderEpoch(5),
            partition_epoch: PartitionEpoch(offset as u32),
            replicas: [1, 2, 3].map(BrokerIx).into_iter().collect(),
            isr: isr.iter().map(|b| BrokerIx(*b)).collect(),
            unclean: false,
            why,
            asked_at: Instant::ZERO,
            decided_at: Instant::ZERO,
            offset: MetadataOffset(offset),
        }
    }

    fn leader() -> (Broker, Registrations, MinIsr) {
        let (mut broker, mut all, min) = (Broker::new(ME), Registrations::default(), MinIsr { of: vec![2], capped: true });
        all.commit(&commit(1, &[1, 2, 3], Why::Created));
        broker.leader_role_taken(P, LeaderEpoch(5), &all, &min);
        (broker, all, min)
    }

    #[test]
    fn a_leader_learns_of_its_own_shrink_from_the_answer_and_of_the_controllers_from_metadata() {
        let (mut broker, mut all, min) = leader();
        broker.proposed(P, &smallvec::smallvec![ME, BrokerIx(2)]);
        all.commit(&commit(2, &[1, 2], Why::AlterPartition));
        assert_eq!(broker.counts().under_replicated, 0, "committed, and nobody has told it");
        broker.answered(P, ErrorCode::None, true, &all, &min);
        assert_eq!((broker.counts().under_replicated, broker.counts().at_min_isr, broker.meters().isr_shrinks), (1, 1, 1));
        all.commit(&commit(3, &[1], Why::Fenced));
        broker.image_applied(MetadataOffset(3), &all, &min);
        assert_eq!((broker.counts().under_min_isr, broker.counts().at_min_isr), (1, 0));
        assert_eq!(broker.meters().isr_shrinks, 1, "a fenced follower leaves the ISR, and no leader has shrunk it");
    }

    #[test]
    fn an_answer_that_metadata_overtook_counts_for_nothing() {
        let (mut broker, mut all, min) = leader();
        broker.proposed(P, &smallvec::smallvec![ME, BrokerIx(2)]);
        all.commit(&commit(2, &[1, 2], Why::AlterPartition));
        broker.image_applied(MetadataOffset(2), &all, &min);
        broker.answered(P, ErrorCode::None, true, &all, &min);
        assert_eq!((broker.counts().under_replicated, broker.meters()), (1, Meters::default()));
        broker.answered(P, ErrorCode::InvalidUpdateVersion, true, &all, &min);
        assert_eq!(broker.meters(), Meters::default());
    }

    #[test]
    fn a_refused_proposal_is_a_failed_update_each_time() {
        let (mut broker, all, min) = leader();
        broker.proposed(P, &smallvec::smallvec![ME, BrokerIx(2)]);
        broker.answered(P, ErrorCode::NewLeaderElected, true, &all, &min);
        broker.answered(P, ErrorCode::IneligibleReplica, true, &all, &min);
        broker.answered(P, ErrorCode::IneligibleReplica, true, &all, &min);
        assert_eq!(broker.meters().failed_isr_updates, 2, "after an ineligible replica the proposal is dropped");
    }
}
