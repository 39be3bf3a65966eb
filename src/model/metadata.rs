//! The committed metadata log. A view of it is one offset: nobody clones an image, and how stale a view is, is a subtraction.

use crate::engine::Instant;
use crate::kafka::config::TopicConfig;
use crate::kafka::{BrokerEpoch, BrokerIx, ErrorCode, LeaderEpoch, MetadataOffset, PartitionEpoch, PartitionIx, Replicas, TopicIx};
use crate::observe::fact::Why;

/// `PartitionRegistration`: the controller's tuple of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionRegistration {
    /// Assigned replicas; the first is the preferred leader.
    pub replicas: Replicas,
    /// In-sync replicas in Kafka's order.
    pub isr: Replicas,
    /// Replicas that a reassignment adds.
    pub adding: Replicas,
    /// Replicas that a reassignment removes.
    pub removing: Replicas,
    /// Eligible leader replicas (KIP-966).
    pub elr: Replicas,
    /// The last leader before the partition lost its last eligible replica (KIP-966).
    pub last_known_leader: Option<BrokerIx>,
    /// The leader, or none (-1 in Kafka).
    pub leader: Option<BrokerIx>,
    /// Whether the leader was elected uncleanly and has not yet said that it recovered.
    pub recovering: bool,
    /// Counts leader changes.
    pub leader_epoch: LeaderEpoch,
    /// Counts all changes.
    pub partition_epoch: PartitionEpoch,
}

/// `BrokerRegistration`: what the metadata says of one broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokerRegistration {
    /// One number for each life of the process.
    pub epoch: BrokerEpoch,
    /// Random identity of the process life (`incarnationId`).
    pub incarnation: u64,
    /// Registered, but not allowed to lead or to be in an ISR.
    pub fenced: bool,
    /// Asked for a controlled shutdown and not yet gone.
    pub in_controlled_shutdown: bool,
    /// Offset of the registration record itself, which a broker must reach before it may be unfenced.
    pub registered_at: MetadataOffset,
}

impl BrokerRegistration {
    /// Registered, not fenced, not in controlled shutdown (`ClusterControlManager.isActive`).
    pub const fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

/// A topic as the metadata has it.
#[derive(Clone, PartialEq, Debug)]
pub struct TopicRegistration {
    /// False once it was deleted.
    pub exists: bool,
    /// Its configuration.
    pub config: TopicConfig,
    /// Its partitions, by index.
    pub partitions: Vec<PartitionIx>,
}

/// One metadata record: the whole new state of what it changes.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    /// A topic was created, reconfigured, grown or deleted.
    Topic(TopicIx, TopicRegistration),
    /// A partition changed.
    Partition(PartitionIx, PartitionRegistration, Change),
    /// A broker changed.
    Broker(BrokerIx, BrokerRegistration),
    /// A new raft leader's first record, or a no-op.
    Nothing,
}

/// Why and when a partition record was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its reason.
    pub why: Why,
    /// Whether it elected from outside the ISR, or put into an ISR that nobody was left of who may have nothing.
    pub unclean: bool,
    /// When what caused it reached the controller.
    pub asked_at: Instant,
    /// When the controller made it.
    pub decided_at: Instant,
}

/// What one committed record changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// A topic.
    Topic(TopicIx),
    /// A partition.
    Partition(PartitionIx),
    /// A broker.
    Broker(BrokerIx),
    /// Nothing that anybody sees.
    Nothing,
}

/// Versions of one entity, each with the offset from which it holds, ascending.
type Versions<T> = Vec<(MetadataOffset, T)>;

/// All committed metadata of a run.
#[derive(Clone, Default, Debug)]
pub struct History {
    changed: Vec<Changed>,
    topics: Vec<Versions<TopicRegistration>>,
    partitions: Vec<Versions<PartitionRegistration>>,
    brokers: Vec<Versions<BrokerRegistration>>,
}

fn version_at<T>(versions: &[Versions<T>], index: usize, offset: MetadataOffset) -> Option<&T> {
    let list = versions.get(index)?;
    // Most views are of the newest version or nearly so.
    list.iter().rev().find(|(from, _)| *from <= offset).map(|(_, value)| value)
}

impl History {
    /// The offset after the last committed record: the metadata high watermark that the truth has reached.
    /// A view that has applied everything stands at `end() - 1`.
    pub fn end(&self) -> MetadataOffset {
        MetadataOffset(self.changed.len() as u64)
    }

    /// The offset of the last committed record.
    pub fn last(&self) -> MetadataOffset {
        MetadataOffset((self.changed.len() as u64).saturating_sub(1))
    }

    /// Appends one committed record and gives its offset.
    pub fn commit(&mut self, record: &Record) -> MetadataOffset {
        let offset = self.end();
        let changed = match record {
            Record::Topic(topic, value) => {
                push(&mut self.topics, topic.index(), offset, value.clone());
                Changed::Topic(*topic)
            }
            Record::Partition(partition, value, _) => {
                push(&mut self.partitions, partition.index(), offset, value.clone());
                Changed::Partition(*partition)
            }
            Record::Broker(broker, value) => {
                push(&mut self.brokers, broker.index(), offset, *value);
                Changed::Broker(*broker)
            }
            Record::Nothing => Changed::Nothing,
        };
        self.changed.push(changed);
        offset
    }

    /// What the records after `from` up to and including `to` changed, in order.
    pub fn changes(&self, from: MetadataOffset, to: MetadataOffset) -> &[Changed] {
        let end = (to.index() + 1).min(self.changed.len());
        &self.changed[(from.index() + 1).min(end)..end]
    }

    /// A topic as of `offset`; none when it did not exist yet or no longer.
    pub fn topic(&self, topic: TopicIx, offset: MetadataOffset) -> Option<&TopicRegistration> {
        version_at(&self.topics, topic.index(), offset).filter(|t| t.exists)
    }

    /// A partition as of `offset`.
    pub fn partition(&self, partition: PartitionIx, offset: MetadataOffset) -> Option<&PartitionRegistration> {
        version_at(&self.partitions, partition.index(), offset)
    }

    /// A broker as of `offset`.
    pub fn broker(&self, broker: BrokerIx, offset: MetadataOffset) -> Option<&BrokerRegistration> {
        version_at(&self.brokers, broker.index(), offset)
    }

    /// How many topics were ever committed.
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// How many partitions were ever committed.
    pub fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// How many brokers were ever registered (dense indices below this may still be unregistered).
    pub fn broker_count(&self) -> usize {
        self.brokers.len()
    }

    /// The brokers that a metadata answer from an image at `offset` lists: registered and not fenced
    /// (`KRaftMetadataCache.getAliveBrokers`); those in controlled shutdown are listed.
    pub fn listed_brokers(&self, offset: MetadataOffset) -> impl Iterator<Item = BrokerIx> + '_ {
        (0..self.brokers.len() as u32).map(BrokerIx).filter(move |b| self.broker(*b, offset).is_some_and(|r| !r.fenced))
    }

    /// What a metadata answer from an image at `offset` says of a partition's leader
    /// (`KRaftMetadataCache.getPartitionMetadata`): the leader is named even when it is fenced, as long as it is registered.
    pub fn leader_answer(&self, partition: PartitionIx, offset: MetadataOffset) -> (ErrorCode, Option<BrokerIx>, LeaderEpoch) {
        match self.partition(partition, offset) {
            None => (ErrorCode::UnknownTopicOrPartition, None, LeaderEpoch(0)),
            Some(p) => match p.leader.filter(|b| self.broker(*b, offset).is_some()) {
                Some(leader) => (ErrorCode::None, Some(leader), p.leader_epoch),
                None => (ErrorCode::LeaderNotAvailable, None, p.leader_epoch),
            },
        }
    }
}

fn push<T>(versions: &mut Vec<Versions<T>>, index: usize, offset: MetadataOffset, value: T) {
    if versions.len() <= index {
        versions.resize_with(index + 1, Vec::new);
    }
    versions[index].push((offset, value));
}
