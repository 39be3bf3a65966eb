//! The active controller's view of the metadata: what is committed and what it has written itself, replayed at once
//! (`QuorumController.replay`). Lost at renounce, rebuilt at claim.

use crate::kafka::{BrokerIx, MetadataOffset, PartitionIx, TopicIx};
use crate::model::History;
use crate::model::metadata::{BrokerRegistration, PartitionRegistration, Record, TopicRegistration};
use std::collections::BTreeSet;

/// Current registrations, by index.
#[derive(Clone, Default, Debug)]
pub(super) struct Registrations {
    topics: Vec<Option<TopicRegistration>>,
    partitions: Vec<Option<PartitionRegistration>>,
    topic_of: Vec<Option<TopicIx>>,
    brokers: Vec<Option<BrokerRegistration>>,
    /// By broker, the partitions that have it in their ISR or ELR (`BrokersToIsrs`, `BrokersToElrs`).
    members: Vec<BTreeSet<PartitionIx>>,
    leaderships: Vec<usize>,
    imbalanced: BTreeSet<PartitionIx>,
    leaderless: BTreeSet<PartitionIx>,
}

fn slot<T>(list: &mut Vec<Option<T>>, index: usize) -> &mut Option<T> {
    if list.len() <= index {
        list.resize_with(index + 1, || None);
    }
    &mut list[index]
}

/// Not led by its preferred replica; without a leader counts too (`ReplicationControlManager.imbalancedPartitions`).
fn is_imbalanced(partition: &PartitionRegistration) -> bool {
    partition.leader != partition.replicas.first().copied()
}

/// Who may lead it or is in sync, each once.
fn members(partition: &PartitionRegistration) -> impl Iterator<Item = BrokerIx> {
    let eligible = partition.elr.iter().filter(|b| !partition.isr.contains(b));
    partition.isr.iter().chain(eligible).copied()
}

impl Registrations {
    /// Everything that is committed.
    pub fn committed(history: &History) -> Self {
        let mut registrations = Registrations::default();
        let last = history.last();
        for topic in (0..history.topic_count() as u32).map(TopicIx) {
            let Some(registration) = history.topic(topic, last) else { continue };
            registrations.set_topic(topic, registration.clone());
            for partition in &registration.partitions {
                registrations.set_partition(*partition, history.partition(*partition, last).cloned());
            }
        }
        for broker in (0..history.broker_count() as u32).map(BrokerIx) {
            *slot(&mut registrations.brokers, broker.index()) = history.broker(broker, last).copied();
        }
        registrations
    }

    /// Takes one record in.
    pub fn replay(&mut self, record: &Record) {
        match record {
            Record::Topic(topic, value) if value.exists => self.set_topic(*topic, value.clone()),
            Record::Topic(topic, _) => self.remove_topic(*topic),
            Record::Partition(partition, value, _) => self.set_partition(*partition, Some(value.clone())),
            Record::Broker(broker, value) => *slot(&mut self.brokers, broker.index()) = Some(*value),
            Record::Nothing => {}
        }
    }

    fn set_topic(&mut self, topic: TopicIx, value: TopicRegistration) {
        for partition in &value.partitions {
            *slot(&mut self.topic_of, partition.index()) = Some(topic);
        }
        *slot(&mut self.topics, topic.index()) = Some(value);
    }

    fn set_partition(&mut self, partition: PartitionIx, value: Option<PartitionRegistration>) {
        let old = std::mem::replace(slot(&mut self.partitions, partition.index()), value);
        if let Some(old) = old {
            self.imbalanced.remove(&partition);
            self.leaderless.remove(&partition);
            members(&old).for_each(|b| _ = self.members[b.index()].remove(&partition));
            old.leader.into_iter().for_each(|b| self.leaderships[b.index()] -= 1);
        }
        let Some(new) = self.partitions[partition.index()].as_ref() else { return };
        if is_imbalanced(new) {
            self.imbalanced.insert(partition);
        }
        if new.leader.is_none() {
            self.leaderless.insert(partition);
        }
        for broker in members(new) {
            if self.members.len() <= broker.index() {
                self.members.resize_with(broker.index() + 1, BTreeSet::new);
            }
            self.members[broker.index()].insert(partition);
        }
        if let Some(leader) = new.leader {
            if self.leaderships.len() <= leader.index() {
                self.leaderships.resize(leader.index() + 1, 0);
            }
            self.leaderships[leader.index()] += 1;
        }
    }

    fn remove_topic(&mut self, topic: TopicIx) {
        let Some(registration) = slot(&mut self.topics, topic.index()).take() else { return };
        for partition in registration.partitions {
            self.set_partition(partition, None);
        }
    }

    /// A topic that exists.
    pub fn topic(&self, topic: TopicIx) -> Option<&TopicRegistration> {
        self.topics.get(topic.index())?.as_ref()
    }

    /// A partition that exists.
    pub fn partition(&self, partition: PartitionIx) -> Option<&PartitionRegistration> {
        self.partitions.get(partition.index())?.as_ref()
    }

    /// The topic of a partition that exists.
    pub fn topic_of(&self, partition: PartitionIx) -> Option<&TopicRegistration> {
        self.topic(self.topic_of.get(partition.index()).copied().flatten()?)
    }

    /// A broker that has ever registered.
    pub fn broker(&self, broker: BrokerIx) -> Option<&BrokerRegistration> {
        self.brokers.get(broker.index())?.as_ref()
    }

    /// Whether the broker may lead and be in an ISR (`ClusterControlManager.isActive`).
    pub fn is_active(&self, broker: BrokerIx) -> bool {
        self.broker(broker).is_some_and(BrokerRegistration::is_active)
    }

    /// All registered brokers, in order.
    pub fn brokers(&self) -> impl Iterator<Item = (BrokerIx, &BrokerRegistration)> {
        self.brokers.iter().enumerate().filter_map(|(i, b)| b.as_ref().map(|b| (BrokerIx(i as u32), b)))
    }

    /// All partitions, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionIx, &PartitionRegistration)> {
        self.partitions.iter().enumerate().filter_map(|(i, p)| p.as_ref().map(|p| (PartitionIx(i as u32), p)))
    }

    /// Whether the broker leads anything (`BrokersToIsrs.hasLeaderships`).
    pub fn leads_any(&self, broker: BrokerIx) -> bool {
        self.leaderships.get(broker.index()).is_some_and(|count| *count > 0)
    }

    /// The partitions that have the broker in their ISR or ELR, in order.
    pub fn of_member(&self, broker: BrokerIx) -> impl Iterator<Item = (PartitionIx, &PartitionRegistration)> {
        self.all_of(self.members.get(broker.index()).into_iter().flatten())
    }

    /// The partitions that are not led by their preferred replica, in order.
    pub fn imbalanced(&self) -> impl Iterator<Item = (PartitionIx, &PartitionRegistration)> {
        self.all_of(self.imbalanced.iter())
    }

    /// The partitions without a leader, in order.
    pub fn leaderless(&self) -> impl Iterator<Item = (PartitionIx, &PartitionRegistration)> {
        self.all_of(self.leaderless.iter())
    }

    fn all_of<'a>(
        &'a self,
        partitions: impl Iterator<Item = &'a PartitionIx>,
    ) -> impl Iterator<Item = (PartitionIx, &'a PartitionRegistration)> {
        partitions.filter_map(|p| Some((*p, self.partition(*p)?)))
    }

    /// Whether some partition is not led by its preferred replica.
    pub fn any_imbalanced(&self) -> bool {
        !self.imbalanced.is_empty()
    }

    /// Whether some partition has no leader.
    pub fn any_leaderless(&self) -> bool {
        !self.leaderless.is_empty()
    }
}

/// Where the next records of one event go: offsets are given as they are made.
#[derive(Debug)]
pub(super) struct Write {
    /// The offset of the first record.
    pub base: MetadataOffset,
    /// The records.
    pub records: Vec<Record>,
}

impl Write {
    /// The offset that the next record gets.
    pub fn next(&self) -> MetadataOffset {
        MetadataOffset(self.base.0 + self.records.len() as u64)
    }
}
