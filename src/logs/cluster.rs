//! What the facts have told of the cluster so far, for whoever words a line.

use super::ids;
use crate::engine::Instant;
use crate::kafka::{BrokerEpoch, BrokerIx, LeaderEpoch, MetadataOffset, Offset, PartitionEpoch, PartitionIx, Release, Replicas, VoterIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::Why;
use std::collections::BTreeMap;

/// A partition as the controller committed it.
#[derive(Clone, PartialEq, Debug)]
pub struct Registration {
    /// Where in the metadata log it stands.
    pub offset: MetadataOffset,
    pub leader: Option<BrokerIx>,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub replicas: Replicas,
    pub isr: Replicas,
    /// The replicas that a reassignment under way adds.
    pub adding: Replicas,
}

/// A broker as the controller committed it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Registered {
    pub epoch: BrokerEpoch,
    pub fenced: bool,
    pub in_controlled_shutdown: bool,
    /// Where this life's registration stands in the metadata log.
    pub since: MetadataOffset,
}

/// The cluster as the facts so far tell it.
pub struct Cluster<'s> {
    pub spec: &'s Spec,
    partitions: BTreeMap<PartitionIx, Vec<Registration>>,
    /// Every change of a partition, in the order of the metadata log.
    pub commits: Vec<(MetadataOffset, PartitionIx)>,
    brokers: Vec<Option<Registered>>,
    /// The active controller, and when it had claimed.
    pub active: Option<VoterIx>,
    /// The last offset of the metadata log that any fact has named.
    pub last: MetadataOffset,
    /// The ends of replicas' logs.
    ends: BTreeMap<(BrokerIx, PartitionIx), Offset>,
    /// The highest high watermark that any leader has had.
    committed: BTreeMap<PartitionIx, Offset>,
    /// Since when a replica has not had all that its leader has.
    behind_since: BTreeMap<(BrokerIx, PartitionIx), Instant>,
}

impl<'s> Cluster<'s> {
    /// Nothing is known yet.
    pub fn new(spec: &'s Spec) -> Self {
        Cluster {
            spec,
            partitions: BTreeMap::new(),
            commits: Vec::new(),
            brokers: vec![None; spec.brokers.len()],
            active: None,
            last: MetadataOffset(0),
            ends: BTreeMap::new(),
            committed: BTreeMap::new(),
            behind_since: BTreeMap::new(),
        }
    }

    /// The release of brokers and controllers.
    pub fn release(&self) -> Release {
        self.spec.release
    }

    /// `node.id`.
    pub fn id(&self, broker: BrokerIx) -> u32 {
        self.spec.brokers[broker.index()].id
    }

    /// Several, separated by commas.
    pub fn ids(&self, brokers: &Replicas) -> String {
        let ids: Vec<String> = brokers.iter().map(|b| self.id(*b).to_string()).collect();
        ids.join(",")
    }

    /// `orders-0`; none for a partition of a topic that a fault made, whose name no fact tells.
    pub fn name(&self, partition: PartitionIx) -> Option<String> {
        (partition.index() < self.spec.partitions.len()).then(|| self.spec.partition_name(partition))
    }

    /// The id of a partition's topic.
    pub fn topic_id(&self, partition: PartitionIx) -> String {
        let topic = self.spec.partitions[partition.index()].topic;
        ids::uuid(&self.spec.topics[topic.index()].name)
    }

    /// The least ISR that the topic asks for, at most all replicas.
    pub fn is_under_min_isr(&self, partition: PartitionIx, registration: &Registration) -> bool {
        let topic = self.spec.partitions[partition.index()].topic;
        let wanted = self.spec.topics[topic.index()].config.min_insync_replicas as usize;
        registration.isr.len() < wanted.min(registration.replicas.len())
    }

    /// A partition as it was committed last.
    pub fn latest(&self, partition: PartitionIx) -> Option<&Registration> {
        self.partitions.get(&partition)?.last()
    }

    /// A partition as the metadata log had it at `offset`.
    pub fn at(&self, partition: PartitionIx, offset: MetadataOffset) -> Option<&Registration> {
        self.partitions.get(&partition)?.iter().rev().find(|r| r.offset <= offset)
    }

    /// The partitions that were ever committed.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionIx> + '_ {
        self.partitions.keys().copied()
    }

    /// A broker as it was committed last.
    pub fn broker(&self, broker: BrokerIx) -> Option<Registered> {
        self.brokers[broker.index()]
    }

    /// The end of a replica's log.
    pub fn end(&self, broker: BrokerIx, partition: PartitionIx) -> Offset {
        self.ends.get(&(broker, partition)).copied().unwrap_or_default()
    }

    /// The highest high watermark of a partition.
    pub fn high_watermark(&self, partition: PartitionIx) -> Offset {
        self.committed.get(&partition).copied().unwrap_or_default()
    }

    /// When a replica last had all that its leader has: now, unless it is behind.
    pub fn caught_up_at(&self, broker: BrokerIx, partition: PartitionIx, now: Instant) -> Instant {
        self.behind_since.get(&(broker, partition)).copied().unwrap_or(now)
    }

    /// A partition's new registration is committed.
    pub fn committed(&mut self, fact: &Fact) {
        let Fact::PartitionCommitted { partition, offset, .. } = fact else { return };
        self.last = self.last.max(*offset);
        let registration = self.registration(fact);
        self.commits.push((*offset, *partition));
        self.partitions.entry(*partition).or_default().extend(registration);
    }

    /// A broker's new registration is committed.
    pub fn broker_committed(
        &mut self,
        broker: BrokerIx,
        epoch: BrokerEpoch,
        fenced: bool,
        in_controlled_shutdown: bool,
        offset: MetadataOffset,
    ) {
        self.last = self.last.max(offset);
        let since = self.broker(broker).filter(|b| b.epoch == epoch).map_or(offset, |b| b.since);
        self.brokers[broker.index()] = Some(Registered { epoch, fenced, in_controlled_shutdown, since });
    }

    /// A leader knows that this is committed.
    pub fn raise(&mut self, partition: PartitionIx, high_watermark: Offset) {
        let known = self.committed.entry(partition).or_default();
        *known = (*known).max(high_watermark);
    }

    /// A replica's log ends here now; a replica that falls behind its leader is remembered with the moment.
    pub fn set_end(&mut self, broker: BrokerIx, partition: PartitionIx, end: Offset, at: Instant) {
        self.ends.insert((broker, partition), end);
        let Some(registration) = self.partitions.get(&partition).and_then(|r| r.last()) else { return };
        let Some(leader) = registration.leader else { return };
        let leader_end = self.end(leader, partition);
        for follower in registration.replicas.iter().filter(|b| **b != leader) {
            let key = (*follower, partition);
            let is_behind = self.ends.get(&key).copied().unwrap_or_default() < leader_end;
            if !is_behind {
                self.behind_since.remove(&key);
            } else {
                self.behind_since.entry(key).or_insert(at);
            }
        }
    }

    fn registration(&self, fact: &Fact) -> Option<Registration> {
        let Fact::PartitionCommitted { partition, leader, leader_epoch, partition_epoch, replicas, isr, why, offset, .. } = fact else {
            return None;
        };
        let before = self.latest(*partition);
        let adding = match (before, why) {
            (Some(before), Why::Reassignment) => replicas.iter().copied().filter(|b| !before.replicas.contains(b)).collect(),
            (Some(before), _) => {
                before.adding.iter().copied().filter(|b| replicas.len() >= before.replicas.len() && replicas.contains(b)).collect()
            }
            (None, _) => Replicas::new(),
        };
        Some(Registration {
            offset: *offset,
            leader: *leader,
            leader_epoch: *leader_epoch,
            partition_epoch: *partition_epoch,
            replicas: replicas.clone(),
            isr: isr.clone(),
            adding,
        })
    }
}
