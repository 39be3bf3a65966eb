//! What a cluster is made of: everything resolved and validated, names interned, ready to build.

use super::broken::Broken;
use super::client::profile::Profile;
use super::cost::Costs;
use super::message::Acks;
use super::network::topology::Topology;
use crate::engine::{Distribution, Duration};
use crate::kafka::config::{BrokerConfig, ClientConfig, TopicConfig};
use crate::kafka::{
    BrokerIx, ClientIx, GroupIx, LeaderEpoch, NodeIx, Offset, PartitionEpoch, PartitionIx, Release, Replicas, TopicIx, VoterIx,
};
use std::sync::Arc;

/// Records that every partition holds when a run starts, so that logs, epochs and lags have something to be about. All of them are of the
/// leader epoch that the partition has then, and are below the high watermark.
pub const RECORDS_BEFORE: Offset = Offset(1000);

/// A whole cluster with its clients.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Name of the scenario.
    pub name: String,
    /// The release of all brokers and controllers.
    pub release: Release,
    /// Every process.
    pub nodes: Vec<NodeSpec>,
    /// Every broker.
    pub brokers: Vec<BrokerSpec>,
    /// Every KRaft voter.
    pub voters: Vec<VoterSpec>,
    /// Every topic, also those created during the run (added when they are).
    pub topics: Vec<TopicSpec>,
    /// Every partition.
    pub partitions: Vec<PartitionSpec>,
    /// Every client.
    pub clients: Vec<ClientSpec>,
    /// Every consumer group.
    pub groups: Vec<GroupSpec>,
    /// Who is how far from whom.
    pub topology: Topology,
    /// Events of one moment come in a drawn order instead of first in, first out.
    pub shuffle_ties: bool,
    /// The rule that is not kept: none, unless a test says so.
    pub broken: Option<Broken>,
    /// Nothing is skipped in which nothing happens: no partition of a fetch (`follower_sessions.rs`), no fetch (`lull.rs`). Only tests turn it on: it
    /// changes no fact.
    pub in_full: bool,
}

/// What a process is.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// As people call it: `broker 101`, `controller 1`, or the client's name.
    pub name: String,
    /// Its broker role.
    pub broker: Option<BrokerIx>,
    /// Its controller role; with a broker role too it is a combined node.
    pub voter: Option<VoterIx>,
    /// It is this client.
    pub client: Option<ClientIx>,
}

/// A broker.
#[derive(Clone, Debug)]
pub struct BrokerSpec {
    /// Its process.
    pub node: NodeIx,
    /// Its `node.id`.
    pub id: u32,
    /// Its `broker.rack`.
    pub rack: Option<String>,
    /// Its configuration.
    pub config: Arc<BrokerConfig>,
    /// What its work costs.
    pub costs: Arc<Costs>,
    /// Whether it runs when the run starts.
    pub up: bool,
    /// Whether it has only just started (its first operations are slow).
    pub cold: bool,
}

/// A voter.
#[derive(Clone, Debug)]
pub struct VoterSpec {
    /// Its process.
    pub node: NodeIx,
    /// Its `node.id`.
    pub id: u32,
    /// Its configuration.
    pub config: Arc<BrokerConfig>,
    /// What its work costs.
    pub costs: Arc<Costs>,
    /// Whether it leads the quorum when the run starts (exactly one does).
    pub leads: bool,
}

/// A topic.
#[derive(Clone, Debug)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its configuration.
    pub config: TopicConfig,
    /// Its partitions by index.
    pub partitions: Vec<PartitionIx>,
    /// Whether it exists when the run starts.
    pub exists: bool,
}

/// A partition as it stands when the run starts.
#[derive(Clone, Debug)]
pub struct PartitionSpec {
    /// Its topic.
    pub topic: TopicIx,
    /// Its index in the topic.
    pub index: u32,
    /// Assigned replicas, preferred leader first.
    pub replicas: Replicas,
    /// In-sync replicas.
    pub isr: Replicas,
    /// Eligible leader replicas.
    pub elr: Replicas,
    /// The last known leader, of a partition without leader and ISR (`LastKnownElr`).
    pub last_known_leader: Option<BrokerIx>,
    /// The leader.
    pub leader: Option<BrokerIx>,
    /// Counts leader changes.
    pub leader_epoch: LeaderEpoch,
    /// Counts all changes.
    pub partition_epoch: PartitionEpoch,
}

/// A client.
#[derive(Clone, Debug)]
pub struct ClientSpec {
    /// Its process.
    pub node: NodeIx,
    /// Its `client.id`.
    pub name: String,
    /// The fleet of alike clients that it is a member of; its members stand beside each other.
    pub fleet: Option<Arc<str>>,
    /// Its library and release.
    pub profile: Arc<Profile>,
    /// Its configuration.
    pub config: Arc<ClientConfig>,
    /// Its `bootstrap.servers`.
    pub bootstrap: Vec<BrokerIx>,
    /// What it is there for.
    pub role: Role,
}

/// What a client is there for.
#[derive(Clone, Debug)]
pub enum Role {
    /// It writes.
    Producer(Workload),
    /// It reads.
    Consumer(Consumption),
}

impl ClientSpec {
    /// Whether a scenario means this client by a name: its own, or that of its fleet.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.fleet.as_deref() == Some(name)
    }

    /// What it writes, if it is a producer.
    pub fn workload(&self) -> Option<&Workload> {
        match &self.role {
            Role::Producer(workload) => Some(workload),
            Role::Consumer(_) => None,
        }
    }

    /// Which acknowledgement it asks for, if it is a producer.
    pub fn acks(&self) -> Option<Acks> {
        match &*self.config {
            ClientConfig::JavaProducer(config) => Some(Acks::of(config.acks)),
            ClientConfig::Librdkafka(config) => self.workload().map(|_| Acks::of(config.acks)),
            ClientConfig::FranzGoProducer(config) => Some(Acks::of(config.required_acks)),
            ClientConfig::SaramaProducer(config) => Some(Acks::of(config.producer_required_acks)),
            ClientConfig::KafkaPythonProducer(config) => Some(Acks::of(config.acks)),
            ClientConfig::KafkajsProducer(config) => Some(Acks::of(config.acks)),
            ClientConfig::KafkaGoWriter(config) => Some(Acks::of(config.required_acks)),
            ClientConfig::JavaConsumer(_)
            | ClientConfig::FranzGoConsumer(_)
            | ClientConfig::SaramaConsumer(_)
            | ClientConfig::KafkajsConsumer(_)
            | ClientConfig::KafkaGoReader(_) => None,
        }
    }

    /// What it reads, if it is a consumer.
    pub fn consumption(&self) -> Option<&Consumption> {
        match &self.role {
            Role::Producer(_) => None,
            Role::Consumer(consumption) => Some(consumption),
        }
    }
}

/// What a consumer reads, and what its application does with it.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// From these topics.
    pub topics: Vec<TopicIx>,
    /// As a member of this group; none: all partitions of its topics are assigned to it by hand.
    pub group: Option<GroupIx>,
    /// Where a consumer assigned by hand begins: at the end of each log, or at its beginning.
    pub from_beginning: bool,
    /// What the application takes for one record, between two polls.
    pub processing: Distribution,
    /// Who commits the group's progress, and when.
    pub commits: Commits,
    /// Its start.
    pub start: Duration,
    /// Its end.
    pub stop: Option<Duration>,
}

/// A consumer group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSpec {
    /// Its `group.id`.
    pub name: String,
    /// The partition of the offsets topic that holds its state; who leads that coordinates the group.
    pub partition: PartitionIx,
}

/// Who commits how far a member of a group has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commits {
    /// The library, from time to time, if its configuration says so.
    Library,
    /// The application, when it is given records and before it works on them: a crash passes over what it was given (at most once).
    BeforeProcessing,
    /// The application, when it is done with what it was given: a crash has it given again (at least once).
    AfterProcessing,
}

/// What a producer sends.
#[derive(Clone, Debug)]
pub struct Workload {
    /// To these topics, in turn.
    pub topics: Vec<TopicIx>,
    /// Records a second.
    pub rate: f64,
    /// When they come.
    pub arrivals: ArrivalLaw,
    /// Bytes of one record.
    pub record_bytes: u32,
    /// Which partition each goes to.
    pub partitioning: Partitioning,
    /// Its first records go to each partition in turn, as if it had used them all before: a partition that is new to an idempotent producer
    /// fares otherwise in a fault than one that knows its sequences.
    pub seasoned: bool,
    /// What the application does when its library gives a record up.
    pub on_failure: OnFailure,
    /// First record.
    pub start: Duration,
    /// No record from here on.
    pub stop: Option<Duration>,
}

/// What an application does when its library gives a record up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnFailure {
    /// Nothing: what the record said is not said.
    GiveUp,
    /// After a pause it hands the same payload over again, as a new record; as often as it takes. The failed one may have been written.
    Retry(Duration),
    /// The process crashes, with every record that its library still has, and is started again after so long.
    Crash(Duration),
}

/// When records come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArrivalLaw {
    /// At equal distances, whatever happens to earlier ones.
    Constant,
    /// As a Poisson process.
    Poisson,
}

/// Which partition a record goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partitioning {
    /// Record i to partition i mod n.
    RoundRobin,
    /// By a hash of one of this many equally likely keys.
    Keyed(u32),
    /// Kafka's own for records without a key (KIP-794): one partition until a batch's worth of bytes has gone there.
    Sticky,
}

impl Spec {
    /// A partition as Kafka names it: `topic-3`.
    pub fn partition_name(&self, partition: PartitionIx) -> String {
        let p = &self.partitions[partition.index()];
        format!("{}-{}", self.topics[p.topic.index()].name, p.index)
    }

    /// A broker by its `node.id`.
    pub fn broker_by_id(&self, id: u32) -> Option<BrokerIx> {
        self.brokers.iter().position(|b| b.id == id).map(|i| BrokerIx(i as u32))
    }

    /// A topic by name; of several of that name, the newest.
    pub fn topic_by_name(&self, name: &str) -> Option<TopicIx> {
        self.topics.iter().rposition(|t| t.name == name).map(|i| TopicIx(i as u32))
    }

    /// A client by name.
    pub fn client_by_name(&self, name: &str) -> Option<ClientIx> {
        self.clients.iter().position(|c| c.name == name).map(|i| ClientIx(i as u32))
    }

    /// The consumers that are members of a group.
    pub fn members(&self, group: GroupIx) -> impl Iterator<Item = (ClientIx, &Consumption)> + '_ {
        let of_group =
            move |(i, c): (usize, &'_ ClientSpec)| c.consumption().filter(|c| c.group == Some(group)).map(|_| ClientIx(i as u32));
        let clients = self.clients.iter().enumerate().filter_map(of_group);
        clients.filter_map(|ix| self.clients[ix.index()].consumption().map(|consumption| (ix, consumption)))
    }

    /// The partition of a topic by name and index.
    pub fn partition_by_name(&self, topic: &str, index: u32) -> Option<PartitionIx> {
        let topic = self.topics.iter().rev().find(|t| t.name == topic)?;
        topic.partitions.get(index as usize).copied()
    }
}
