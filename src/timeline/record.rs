//! The timeline as data: versioned, bounded, and all that pictures, pages and the terminal's view read of a run's course.
//!
//! Every moment is in whole microseconds from the moment from which the scenario counts; what lies in the warm-up is negative.
//! Brokers, clients, partitions and texts are referred to by their places in the lists of this record.

use serde::{Deserialize, Serialize};

/// Version of this schema; raised when a field changes its meaning or goes away.
pub const SCHEMA: &str = "kafkasim/timeline/1";

/// A moment, in microseconds from the moment from which the scenario counts.
pub type Micros = i64;

/// A run's course.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// Version of this schema.
    pub schema: String,
    /// When the run began (the start of the warm-up).
    pub from: Micros,
    /// When it ended.
    pub to: Micros,
    /// Facts that it is made of.
    pub facts: u64,
    /// The controllers.
    pub controllers: Vec<Controller>,
    /// The brokers.
    pub brokers: Vec<Broker>,
    /// Partitions with a lane of their own.
    pub partitions: Vec<Partition>,
    /// The other partitions, by topic.
    pub groups: Vec<Group>,
    /// Clients, and groups of them.
    pub clients: Vec<Client>,
    /// Names of partitions that moves and requests refer to.
    pub names: Vec<String>,
    /// Committed changes of a leader, in order.
    pub moves: Vec<Move>,
    /// Requests shown one by one, in the order in which they were sent.
    pub requests: Vec<Request>,
    /// What became of requests: words that requests refer to.
    pub outcomes: Vec<String>,
    /// Why requests were sent to the wrong broker: words that requests refer to.
    pub causes: Vec<String>,
    /// Steps of the causal paths of requests.
    pub steps: Vec<Step>,
    /// Metadata requests of clients.
    pub refreshes: Vec<Refresh>,
    /// What the scenario did to the cluster.
    pub faults: Vec<Step>,
    /// What happened, told in sentences.
    pub events: Vec<Event>,
    /// What was counted, over time.
    pub series: Series,
    /// How long each bucket of a flow is, in microseconds, from the first bucket of the series on.
    pub flow_bucket: u64,
    /// How much went from whom to whom.
    pub flows: Vec<Flow>,
    /// What is counted of the whole run; the same numbers as in its record.
    pub counts: Counts,
    /// What this timeline leaves out, a sentence each.
    pub left_out: Vec<String>,
}

/// A stretch of time; an end of `null` says that the run ended first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span(pub Micros, pub Option<Micros>);

impl Span {
    /// Whether it covers a moment.
    pub fn covers(self, at: Micros) -> bool {
        self.0 <= at && self.1.is_none_or(|end| at < end)
    }
}

/// A voter of the controller quorum.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Controller {
    /// Its `node.id`.
    pub id: u32,
    /// When it was the active controller, each with its epoch.
    pub active: Vec<(Span, u32)>,
    /// When its process was not there.
    pub down: Vec<Span>,
    /// When its process was not scheduled.
    pub paused: Vec<Span>,
    /// When a cut parted it from somebody; of few who are parted from many, the few are meant.
    pub cut: Vec<Span>,
}

/// A broker.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Broker {
    /// Its `node.id`.
    pub id: u32,
    /// Its rack.
    pub rack: Option<String>,
    /// Its states (`BrokerState`), in order: since when, and which.
    pub states: Vec<(Micros, String)>,
    /// When its process was not scheduled.
    pub paused: Vec<Span>,
    /// When a cut parted it from somebody.
    pub cut: Vec<Span>,
    /// When committed metadata had it fenced.
    pub fenced: Vec<Span>,
    /// When its metadata cache reached which offset.
    pub images: Vec<(Micros, u64)>,
}

/// A partition with a lane of its own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its true leaders by committed metadata, in order.
    pub leaders: Vec<Leader>,
    /// When which broker took the role of its leader.
    pub ready: Vec<(Micros, u32)>,
    /// How many replicas were in sync, and of how many, since when.
    pub in_sync: Vec<(Micros, u32, u32)>,
}

/// A leader of a partition, until the next one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Leader {
    /// Since when.
    pub at: Micros,
    /// Which broker; null when nobody leads.
    pub broker: Option<u32>,
    /// The leader epoch.
    pub epoch: u32,
    /// Why the controller chose it; empty for the one at the start.
    pub why: String,
}

/// Partitions of a topic without a lane of their own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// The topic.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// Since when each broker led how many; the last number is of those without a leader.
    pub leaders: Vec<(Micros, Vec<u32>)>,
}

/// A client, or a group of them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Client {
    /// Its name, or that of its fleet.
    pub name: String,
    /// How many clients.
    pub members: u32,
    /// Its library and release.
    pub profile: String,
    /// `producer` or `consumer`.
    pub role: String,
    /// What it believes of each partition with a lane; empty for a group.
    pub beliefs: Vec<Beliefs>,
    /// When its cache named another leader than the truth, or none: from the commit of a move until it was told. For a group, of any member.
    pub stale: Vec<Stale>,
    /// Since when it held how many stale beliefs, over all partitions and members.
    pub stale_count: Vec<(Micros, u32)>,
    /// When its process was not there; empty for a group.
    pub down: Vec<Span>,
}

/// What a client believes of one partition, in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Beliefs {
    /// The partition: a place in the partitions with a lane.
    pub partition: u32,
    /// Its beliefs.
    pub held: Vec<Belief>,
}

/// What a client believes of a partition's leader, until the next belief.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Belief {
    /// Since when.
    pub at: Micros,
    /// Who leads, as the client has it.
    pub broker: Option<u32>,
    /// The leader epoch, as the client has it.
    pub epoch: u32,
    /// Who told it: a place in `steps`.
    pub told: u32,
}

/// A stale window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stale {
    /// The partition: a place in `names`.
    pub partition: u32,
    /// From the commit of the move until the cache named the true leader.
    pub span: Span,
}

/// A committed change of a leader.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Move {
    /// When it was committed.
    pub at: Micros,
    /// The partition: a place in `names`.
    pub partition: u32,
    /// The broker that led before.
    pub from: Option<u32>,
    /// The broker that leads after.
    pub to: Option<u32>,
    /// The new leader epoch.
    pub epoch: u32,
    /// Why.
    pub why: String,
    /// When what caused it reached the controller.
    pub asked: Micros,
    /// When the controller made the record.
    pub decided: Micros,
    /// When the new leader took the role.
    pub ready: Option<Micros>,
}

/// What a request was found to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It asked the true leader.
    Right,
    /// It met a stale leader.
    Stale,
    /// It was right, and the leader moved while it was parked.
    Overtaken,
    /// Nobody led.
    Leaderless,
}

/// One partition's entry of a produce or fetch request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The client: a place in `clients`.
    pub client: u32,
    /// Which member of a group; null for a client of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub member: Option<String>,
    /// The partition: a place in `names`.
    pub partition: u32,
    /// The broker that it was sent to.
    pub broker: u32,
    /// Whether it is a produce request; a fetch else.
    pub produce: bool,
    /// What it was found to be.
    pub kind: Kind,
    /// When it was sent.
    pub sent: Micros,
    /// When the broker took it.
    pub taken: Option<Micros>,
    /// When the broker answered.
    pub answered: Option<Micros>,
    /// When the client had the answer, or gave up.
    pub ended: Option<Micros>,
    /// What became of it: a place in `outcomes`.
    pub outcome: u32,
    /// Why it was sent there: a place in `causes`; null for one that was right.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<u32>,
    /// Its causal path: places in `steps`, in the order of time; empty for one that was right.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub path: Vec<u32>,
}

/// Something that happened, in a sentence.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Micros,
    /// What.
    pub text: String,
}

/// How a metadata request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was answered.
    Answered,
    /// It failed.
    Failed,
    /// The run, or the client's process, ended first.
    Open,
}

/// A metadata request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Refresh {
    /// The client: a place in `clients`.
    pub client: u32,
    /// The broker that was asked.
    pub broker: u32,
    /// When it was wanted and when it was sent.
    pub wanted: Micros,
    /// When it was sent.
    pub sent: Micros,
    /// When it ended.
    pub ended: Option<Micros>,
    /// How.
    pub answer: Answer,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The scenario did something, or the network changed.
    Fault,
    /// The controller quorum.
    Controller,
    /// A broker's life.
    Broker,
    /// A leader moved.
    Move,
    /// A broker took the role of a leader.
    Role,
    /// In-sync replicas, logs.
    Replication,
    /// What a client believes.
    Belief,
    /// A metadata refresh.
    Refresh,
    /// A connection of a client.
    Connection,
    /// A request that met a stale leader, or nobody.
    Stale,
    /// A consumer group or a consumer's position.
    Group,
}

/// Something that happened, in a sentence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// What it is about.
    pub topic: Topic,
    /// What happened.
    pub text: String,
}

/// What was counted, over time: each list holds one number a bucket.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Series {
    /// When the first bucket begins.
    pub from: Micros,
    /// How long each bucket is, in microseconds.
    pub bucket: u64,
    /// Partition entries of requests that were judged; only counted time has any.
    pub requests: Vec<u32>,
    /// Of these: met a stale leader.
    pub stale: Vec<u32>,
    /// Of these: right when taken, and the leader moved while they were parked.
    pub overtaken: Vec<u32>,
    /// Of these: found no leader at all.
    pub leaderless: Vec<u32>,
    /// Entries that were answered with an error, or given up without an answer.
    pub errors: Vec<u32>,
    /// Records acknowledged.
    pub acknowledged: Vec<u32>,
    /// Records that failed to their application.
    pub failed: Vec<u32>,
    /// Longest time from `send()` to the acknowledgement, of records acknowledged then, in milliseconds.
    pub longest_wait: Vec<u32>,
    /// Metadata requests sent.
    pub refreshes: Vec<u32>,
    /// Most partitions under-replicated at once.
    pub under_replicated: Vec<u32>,
    /// Most partitions without a leader at once.
    pub without_leader: Vec<u32>,
    /// Most stale beliefs at once: (client, partition) whose cache has not been told of a committed move.
    pub stale_beliefs: Vec<u32>,
}

/// Requests from one client, or group of clients, to one broker.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Flow {
    /// The client: a place in `clients`.
    pub client: u32,
    /// The broker.
    pub broker: u32,
    /// Buckets with requests: which, and how many partition entries were sent. Buckets without are left out.
    pub sent: Vec<(u32, u32)>,
}

/// What is counted of the whole run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Partition entries of requests that were judged.
    pub requests: u64,
    /// Of these: met a stale leader.
    pub stale: u64,
    /// Of these: overtaken by a move.
    pub overtaken: u64,
    /// Of these: found no leader at all.
    pub leaderless: u64,
    /// Committed leader changes in counted time.
    pub moves: u64,
    /// Stale windows that opened in counted time.
    pub windows: u64,
    /// Partitions, those without a lane too.
    pub partitions: u64,
    /// Clients, each member of a group counted.
    pub clients: u64,
}
