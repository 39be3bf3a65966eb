//! What all partitions share: which brokers are registered how, which processes live, how far each has read the metadata.

use kafkasim::engine::Instant;
use kafkasim::kafka::{BrokerIx, ClientIx, MetadataOffset, NodeIx, PartitionIx, Release, TopicIx};
use kafkasim::model::message::Acks;
use kafkasim::observe::Fact;
use kafkasim::observe::fact::{BatchId, Ending, EntryId};
use kafkasim::scenario::Scenario;
use std::collections::BTreeMap;

/// The settings of a topic that its partitions' replication depends on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub min_isr: usize,
    pub unclean: bool,
}

/// One broker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Broker {
    /// Committed registration: not fenced and not in controlled shutdown (`ClusterControlManager.isActive`).
    pub active: bool,
    /// When it was not, for the last time.
    pub last_inactive: Instant,
    /// Committed: in controlled shutdown.
    pub shuts_down: bool,
    /// How its process ended last, if it is not there.
    pub ended: Option<Ending>,
    pub powered_off: bool,
    pub paused: bool,
    /// How far its metadata cache stands, and how far it stood before that: roles follow the cache, one step after the other, so whatever
    /// the step before held is in the roles by now.
    pub image: MetadataOffset,
    pub image_before: MetadataOffset,
}

/// A produce request's entry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub broker: BrokerIx,
    pub batch: BatchId,
    pub acks: Acks,
    /// When the broker took it from the connection.
    pub taken: Option<Instant>,
}

/// See the module.
pub struct Cluster {
    pub release: Release,
    pub brokers: Vec<Broker>,
    broker_of: Vec<Option<BrokerIx>>,
    acks: Vec<Option<Acks>>,
    settings: BTreeMap<PartitionIx, Settings>,
    topics: Vec<Vec<PartitionIx>>,
    pub entries: BTreeMap<(EntryId, PartitionIx), Entry>,
}

impl Cluster {
    pub fn new(scenario: &Scenario) -> Cluster {
        let spec = &scenario.spec;
        let mut settings = BTreeMap::new();
        for (i, partition) in spec.partitions.iter().enumerate() {
            let config = &spec.topics[partition.topic.index()].config;
            let of_topic = Settings { min_isr: config.min_insync_replicas as usize, unclean: config.unclean_leader_election_enable };
            settings.insert(PartitionIx(i as u32), of_topic);
        }
        Cluster {
            release: spec.release,
            brokers: vec![Broker::default(); spec.brokers.len()],
            broker_of: spec.nodes.iter().map(|node| node.broker).collect(),
            acks: spec.clients.iter().map(|client| client.acks()).collect(),
            settings,
            topics: spec.topics.iter().map(|topic| topic.partitions.clone()).collect(),
            entries: BTreeMap::new(),
        }
    }

    /// Facts do not tell of which topic a partition is that was made during the run: then nothing is known.
    pub fn settings(&self, partition: PartitionIx) -> Option<Settings> {
        self.settings.get(&partition).copied()
    }

    /// Whether this partition can be of that topic. Of which topic one is that was made during the run no fact tells.
    pub fn may_be_of(&self, partition: PartitionIx, topic: TopicIx) -> bool {
        match self.topics.get(topic.index()) {
            Some(partitions) => partitions.contains(&partition) || !self.settings.contains_key(&partition),
            None => !self.settings.contains_key(&partition),
        }
    }

    pub fn broker(&self, broker: BrokerIx) -> &Broker {
        &self.brokers[broker.index()]
    }

    pub fn is_active(&self, broker: BrokerIx) -> bool {
        self.broker(broker).active
    }

    /// The broker that a process is.
    pub fn broker_of(&self, node: NodeIx) -> Option<BrokerIx> {
        self.broker_of.get(node.index()).copied().flatten()
    }

    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::EntrySent { client, broker, partition, entry, batch: Some(batch), .. } = fact {
            self.sent(*client, (*entry, *partition), *broker, *batch);
        }
        if let Fact::EntryTaken { partition, entry, .. } = fact
            && let Some(entry) = self.entries.get_mut(&(*entry, *partition))
        {
            entry.taken = Some(at);
        }
        if let Fact::BrokerCommitted { broker, fenced, in_controlled_shutdown, .. } = fact {
            let broker = &mut self.brokers[broker.index()];
            if !broker.active {
                broker.last_inactive = at;
            }
            broker.active = !fenced && !in_controlled_shutdown;
            broker.shuts_down = *in_controlled_shutdown;
        }
        if let Fact::ImageApplied { broker, offset } = fact {
            let broker = &mut self.brokers[broker.index()];
            broker.image_before = std::mem::replace(&mut broker.image, *offset);
        }
        let node = match fact {
            Fact::ProcessStarted { node } | Fact::ProcessEnded { node, .. } | Fact::Paused { node } | Fact::Resumed { node } => *node,
            _ => return,
        };
        let Some(broker) = self.broker_of(node) else { return };
        let broker = &mut self.brokers[broker.index()];
        match fact {
            Fact::ProcessEnded { how, .. } => {
                broker.ended = Some(*how);
                broker.powered_off = *how == Ending::PoweredOff;
                broker.paused = false;
                (broker.image, broker.image_before) = Default::default();
            }
            Fact::ProcessStarted { .. } => broker.ended = None,
            Fact::Paused { .. } => broker.paused = true,
            _ => broker.paused = false,
        }
    }

    fn sent(&mut self, client: ClientIx, entry: (EntryId, PartitionIx), broker: BrokerIx, batch: BatchId) {
        let Some(acks) = self.acks[client.index()] else { return };
        self.entries.insert(entry, Entry { broker, batch, acks, taken: None });
    }
}
