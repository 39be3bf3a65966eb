//! The scenario file as it stands in TOML. Its JSON Schema drives the reading: what is not here is an unknown key.

use super::at::{At, Setting};
use super::costs::CostsFile;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Keys under Kafka's own names and their values.
pub(super) type Settings = BTreeMap<At<String>, At<Setting>>;

/// A scenario: a cluster, its clients, what happens to them, and what is expected of the answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    /// Name of the scenario. Default: the name of the file without `.toml`.
    pub name: Option<String>,
    /// What it shows, for people.
    pub about: Option<String>,
    /// Kafka release of all brokers and controllers. Default: `4.3`.
    pub kafka: Option<At<String>>,
    /// Seed of all chance. Default: 1.
    pub seed: Option<At<u64>>,
    /// Warm-up before counting begins. Default: `20s`.
    pub count_from: Option<At<String>>,
    /// Time that is counted. Default: `2m`.
    pub duration: Option<At<String>>,
    /// True: each producer's first records go to every partition of its topics in turn, so that none is new to it later. Default: false.
    pub seasoned: Option<bool>,
    /// Order of events at the same moment: `fifo` or `shuffled`. Default: `fifo`.
    pub ties: Option<Ties>,
    /// Sentences that the answer repeats among what is assumed or not modelled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// True when the clients' rates are a guess: the answer then leads with shares and durations instead of counts. Default: false.
    pub assumed_rates: Option<bool>,
    /// What happens to the cluster, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<At<String>>,
    /// What must hold of the answer, one line each: path, operator, number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<At<String>>,
    /// What the handbook says beside `about`.
    pub handbook: Option<HandbookFile>,
    /// The processes.
    pub cluster: Option<ClusterFile>,
    /// Keys of `server.properties` for every broker and controller.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
    /// Single brokers that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broker: Vec<BrokerFile>,
    /// The topics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topic: Vec<At<TopicFile>>,
    /// Client libraries of your own, each on top of another one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<ProfileFile>,
    /// The clients.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<ClientFile>,
    /// The network.
    pub network: Option<NetworkFile>,
    /// What the machines' own work costs.
    pub costs: Option<CostsFile>,
    /// Further kinds of machines, that brokers name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cost_profile: Vec<CostsFile>,
}

/// A scenario's page in the handbook. Its prose is Markdown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandbookFile {
    /// Its heading.
    pub title: String,
    /// Why it happens.
    pub why: String,
    /// What to look at: log lines, metrics, commands.
    pub look: String,
    /// What to do.
    #[serde(rename = "do")]
    pub remedy: String,
    /// What `triage` should name as the cause. Default: none.
    pub cause: Option<String>,
    /// The numbers of the answer that the page shows over many seeds, as paths such as `requests.stale`. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<At<String>>,
    /// The catalogue's scenario that does it the other way. Default: none.
    pub without: Option<String>,
}

/// Order of events at the same moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ties {
    Fifo,
    Shuffled,
}

/// The processes of the cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClusterFile {
    /// Number of brokers, with ids from 1. Default: 3.
    pub brokers: Option<At<u32>>,
    /// The brokers by `node.id`, instead of their number.
    pub broker_ids: Option<At<Vec<u32>>>,
    /// Number of controllers: 1, 3 or 5, with ids from 3000. Default: 1.
    pub controllers: Option<At<u32>>,
    /// The controllers by `node.id`, instead of their number.
    pub controller_ids: Option<At<Vec<u32>>>,
    /// True: the first brokers are the controllers too, in the same processes. Default: false.
    pub combined: Option<At<bool>>,
    /// Racks, given to the brokers in turn. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<String>,
}

/// A broker that differs from the others.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokerFile {
    /// Its `node.id`.
    pub id: At<u32>,
    /// Its `broker.rack`. Default: from `cluster.racks`.
    pub rack: Option<String>,
    /// False: it is down when the run starts. Default: true.
    pub up: Option<bool>,
    /// True: it has only just started, so that its first operations are slow. Default: false.
    pub cold: Option<bool>,
    /// Name of the `[[cost_profile]]` of its machine. Default: `[costs]`.
    pub costs: Option<At<String>>,
    /// Keys of its `server.properties` that differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
}

/// A topic.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicFile {
    /// Its name.
    pub name: At<String>,
    /// Number of partitions, spread over the brokers round robin.
    pub partitions: Option<At<u32>>,
    /// Replicas of each partition. Default with `partitions`: 3, or the number of brokers if that is less.
    pub replication_factor: Option<At<u32>>,
    /// Topic keys under Kafka's names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
    /// The replicas of each partition by `node.id`, preferred leader first; instead of `partitions` and `replication_factor`.
    pub assignment: Option<At<Vec<At<Vec<u32>>>>>,
    /// The leader of each partition at the start, -1 for none. Default: its first replica in sync.
    pub leaders: Option<At<Vec<At<i64>>>>,
    /// The in-sync replicas of each partition at the start. Default: the replicas whose brokers are up.
    pub isr: Option<At<Vec<At<Vec<u32>>>>>,
    /// The leader epoch of each partition at the start. Default: 0.
    pub leader_epochs: Option<At<Vec<At<u32>>>>,
    /// The eligible leader replicas of each partition at the start. Default: none.
    pub elr: Option<At<Vec<At<Vec<u32>>>>>,
    /// The last known leader of each partition that has no leader and no replica in sync at the start, -1 for none. Default: none.
    pub last_known_leaders: Option<At<Vec<At<i64>>>>,
}

/// A client library of your own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileFile {
    /// Its name, as clients use it.
    pub name: At<String>,
    /// The profile that it starts from: a built-in one, or another one of the scenario.
    pub base: At<String>,
    /// Behaviours that differ, as `kafkasim clients show` names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: Settings,
    /// Keys of the library with other defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: Settings,
}

/// A client: a producer or a consumer, of any library.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientFile {
    /// Its name.
    pub name: At<String>,
    /// Its library and release, or a `[[profile]]`. Default: `java-4.3`.
    pub profile: Option<At<String>>,
    /// Behaviours of its library that differ, as `kafkasim clients show` names them: `"defect.…" = false` switches a defect off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: Settings,
    /// What it is: `producer` or `consumer`. Default: `consumer` where a consumer's own key is set, else `producer`.
    pub role: Option<RoleFile>,
    /// How many such clients there are: a fleet, told of as one. Each member is a process of its own, at a phase of its own. Default: 1.
    pub count: Option<At<u32>>,
    /// The topics that it writes to or reads from. Default: every topic.
    pub topics: Option<Vec<At<String>>>,
    /// A consumer's group. Default: none, all partitions of its topics are assigned to it by hand.
    pub group: Option<At<String>>,
    /// Where a consumer without group begins: at the `end` of each log or at its `beginning`. Default: `end`.
    pub from: Option<At<FromFile>>,
    /// Who commits the progress of a group's member: the `library` (as its configuration says), or its application `before-processing` what it was
    /// given (at most once) or `after-processing` it (at least once). Default: `library`.
    pub commit: Option<At<CommitFile>>,
    /// What a consumer's application takes for one record, between two polls: a duration or a distribution. Default: `0ms`.
    pub processing: Option<At<String>>,
    /// Records a second of a producer. Default: 10.
    pub rate: Option<At<f64>>,
    /// When they come: `constant` (at equal distances) or `poisson`. Default: `constant`.
    pub arrivals: Option<At<ArrivalsFile>>,
    /// Bytes of one record. Default: 200.
    pub record_bytes: Option<At<u32>>,
    /// Which partition each record goes to: `round-robin`, `keyed(N)` (N equally likely keys) or `sticky`. Default: `sticky`.
    pub partitioning: Option<At<String>>,
    /// What a producer's application does when its library gives a record up: `give-up`, `retry(100ms)` (it hands the same payload over again as a
    /// new record) or `crash(5s)` (its process ends, and is started again after so long). Default: `give-up`.
    pub on_failure: Option<At<String>>,
    /// Its start (a producer's first record), from the start of the run, the warm-up included. Default: `0s`.
    pub start: Option<At<String>>,
    /// Its end (a producer's last record), from the start of the run. Default: never.
    pub stop: Option<At<String>>,
    /// The brokers in its `bootstrap.servers`. Default: all.
    pub bootstrap: Option<Vec<At<u32>>>,
    /// The place where it stands. Default: the default place.
    pub place: Option<At<String>>,
    /// Keys of its library, under the library's own names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
}

/// What a client is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleFile {
    Producer,
    Consumer,
}

/// Where a consumer begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FromFile {
    End,
    Beginning,
}

/// Who commits a group's progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CommitFile {
    Library,
    BeforeProcessing,
    AfterProcessing,
}

/// When records come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ArrivalsFile {
    Constant,
    Poisson,
}

/// The network.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NetworkFile {
    /// One-way delay inside the default place, named `lan`: a duration or a distribution. Default: `0.25ms`.
    pub latency: Option<At<String>>,
    /// Bits a second for each connection. Default: unlimited.
    pub bandwidth: Option<At<String>>,
    /// Share of messages that wait for a retransmission. Default: 0.
    pub loss: Option<At<f64>>,
    /// TLS between clients and brokers: `none`, `1.2` or `1.3`. Default: `none`.
    pub tls: Option<At<String>>,
    /// SASL between clients and brokers: `none`, `plain` or `scram`. Default: `none`.
    pub sasl: Option<At<String>>,
    /// Places apart from the default one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<PlaceFile>,
    /// Links between places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<LinkFile>,
}

/// A place: a rack, a zone, the network of some clients.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceFile {
    /// Its name.
    pub name: At<String>,
    /// Who stands there: `broker 101`, `rack a`, `client app`, `controller 3000`, `brokers`, `clients`, `controllers`. Default: the rack of that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<At<String>>,
    /// One-way delay inside it. Default: that of the default place.
    pub latency: Option<At<String>>,
}

/// A link between two places.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkFile {
    /// The two places; `lan` is the default one.
    pub between: At<Vec<String>>,
    /// One-way delay: a duration or a distribution.
    pub latency: At<String>,
    /// Bits a second for each connection. Default: unlimited.
    pub bandwidth: Option<At<String>>,
    /// Share of messages that wait for a retransmission. Default: 0.
    pub loss: Option<At<f64>>,
}
