//! A case: one cluster of the swarm as data, so that it can be made smaller, and its text as a scenario.

use crate::engine::Duration;
use crate::fault::{Action, Fault, Known, Target};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Keys under the names of whoever reads them, and their values.
pub(super) type Settings = BTreeMap<String, String>;

/// Warm-up of every case.
pub(super) const COUNT_FROM: Duration = Duration::from_secs(5);
/// The calm is never longer.
pub(super) const LONGEST_CALM: Duration = Duration::from_secs(3600);
/// When, in the calm, whatever is down is started: some end late or give up, and need it more than once.
const STARTS: [u64; 7] = [0, 10, 25, 45, 75, 120, 200];

/// A cluster and what happens to it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Case {
    /// The cluster.
    pub cluster: Cluster,
    /// What happens before the calm.
    pub storm: Vec<Fault>,
    /// How long that takes, from the end of the warm-up; then all is healed and started.
    pub storm_lasts: Duration,
    /// How long the run goes on after all is well again.
    pub patience: Duration,
}

/// All of a case's scenario but its faults and its length.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Cluster {
    pub kafka: &'static str,
    pub seed: u64,
    #[serde(skip_serializing_if = "is_fifo")]
    pub ties: &'static str,
    #[serde(rename = "cluster")]
    pub processes: Processes,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broker: Vec<Broker>,
    pub topic: Vec<Topic>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<Client>,
    #[serde(skip_serializing_if = "Network::is_plain")]
    pub network: Network,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: Settings,
}

fn is_fifo(ties: &&str) -> bool {
    *ties == "fifo"
}

/// `[cluster]`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Processes {
    pub brokers: u32,
    pub controllers: u32,
    pub combined: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<&'static str>,
}

/// `[[broker]]`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Broker {
    pub id: u32,
    pub up: bool,
    pub cold: bool,
}

/// `[[topic]]`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Topic {
    pub name: String,
    pub partitions: u32,
    pub replication_factor: u32,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
}

/// `[[client]]`. What is none is left to its default.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(super) struct Client {
    pub name: String,
    pub role: &'static str,
    pub profile: String,
    pub topics: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitioning: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    pub start: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    pub stop: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: Settings,
}

/// `[network]`.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(super) struct Network {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sasl: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<Link>,
}

/// `[[network.place]]`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Place {
    pub name: &'static str,
}

/// `[[network.link]]`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Link {
    pub between: [&'static str; 2],
    pub latency: &'static str,
}

impl Network {
    /// Whether all is left to its default.
    pub fn is_plain(&self) -> bool {
        *self == Network::default()
    }
}

fn time<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.unwrap_or_default().to_string().serialize(serializer)
}

impl Case {
    /// As a scenario that runs for `duration` after its warm-up; faults after that are left out.
    pub fn toml(&self, duration: Duration) -> String {
        let fits = |fault: &&Fault| !matches!(fault, Fault::At(at, _) if *at > duration);
        let calm = self.calm();
        let faults = self.storm.iter().chain(&calm).filter(fits).map(Fault::to_string).collect();
        let page = Page { count_from: COUNT_FROM.to_string(), duration: duration.to_string(), faults };
        let texts = (toml::to_string_pretty(&page), toml::to_string_pretty(&self.cluster));
        let (Ok(page), Ok(cluster)) = texts else { unreachable!("a case is plain data with text keys") };
        format!("{page}{cluster}")
    }

    /// All cuts end, everything goes on and is started.
    fn calm(&self) -> Vec<Fault> {
        let at = |after: Duration, action: Action| Fault::At(self.storm_lasts + after, action);
        let mut calm = vec![at(Duration::ZERO, Action::Heal)];
        for target in self.cluster.targets() {
            calm.push(at(Duration::ZERO, Action::Resume(target)));
            calm.extend(STARTS.map(|after| at(Duration::from_secs(after), Action::Start(target))));
        }
        calm
    }
}

impl Case {
    /// Everywhere that settings are.
    pub fn settings(&mut self) -> Vec<&mut Settings> {
        let cluster = &mut self.cluster;
        let topics = cluster.topic.iter_mut().map(|topic| &mut topic.config);
        let clients = cluster.client.iter_mut().map(|client| &mut client.config);
        [&mut cluster.config, &mut cluster.costs].into_iter().chain(topics).chain(clients).collect()
    }
}

/// The first lines of a scenario.
#[derive(Serialize)]
struct Page {
    count_from: String,
    duration: String,
    faults: Vec<String>,
}

impl Cluster {
    /// Every process of the cluster.
    pub fn targets(&self) -> Vec<Target> {
        let brokers = (1..=self.processes.brokers).map(Target::Broker);
        let controllers = self.processes.controller_ids().into_iter().map(Target::Controller);
        if self.processes.combined { brokers.collect() } else { brokers.chain(controllers).collect() }
    }

    /// What its faults may name.
    pub fn known(&self) -> Known {
        Known {
            brokers: (1..=self.processes.brokers).collect(),
            controllers: self.processes.controller_ids(),
            clients: self.client.iter().map(|client| client.name.clone()).collect(),
            racks: self.processes.racks.iter().take(self.processes.brokers as usize).map(|rack| (*rack).to_owned()).collect(),
            topics: self.topic.iter().map(|topic| (topic.name.clone(), topic.partitions)).collect(),
            end: LONGEST_CALM,
        }
    }
}

impl Processes {
    /// The ids that a scenario gives its controllers.
    pub fn controller_ids(&self) -> Vec<u32> {
        let first = if self.combined { 1 } else { 3000 };
        (first..first + self.controllers).collect()
    }
}
