//! A scenario from what an operator has at hand: `kafka-topics.sh --describe`, `server.properties`, `kafka-metadata-quorum.sh`,
//! the properties of clients. The scenario starts from the leaders and ISRs that were found, not from ideal ones, and says in words
//! what was taken, what was assumed and what has no effect.

mod clients;
mod findings;
mod rules;
mod security;
mod servers;
mod settings;
#[cfg(test)]
mod tests;
mod topics;
mod write;

use crate::kafka::Release;
use crate::kafka::text::quorum::{self, Quorum};
use crate::kafka::text::{TextError, shown};
use clients::ClientDraft;
use findings::Findings;
use security::Security;
use servers::{Controllers, Server};
use std::collections::{BTreeMap, BTreeSet};
use topics::{TopicDraft, Topics};

/// The whole of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What to import. Everything is optional, but some broker must be named somewhere.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sources {
    /// Output of `kafka-topics.sh --describe`, of all topics and without filters.
    pub topics: Option<Input>,
    /// `server.properties` of brokers and controllers.
    pub brokers: Vec<Input>,
    /// Properties of producers and consumers of any library by the client's name.
    pub clients: Vec<(String, Input)>,
    /// Output of `kafka-metadata-quorum.sh describe --status`.
    pub quorum: Option<Input>,
    /// Racks as `101=a,102=b`, or one such pair a line.
    pub racks: Option<String>,
    /// Records a second of topics.
    pub loads: Vec<(String, f64)>,
    /// The Kafka release; guessed when not given.
    pub kafka: Option<String>,
}

/// A scenario and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// The scenario's text.
    pub scenario_toml: String,
    /// What was read, in sentences.
    pub took: Vec<String>,
    /// What was not said anywhere and is therefore assumed.
    pub assumed: Vec<String>,
    /// What was said but has no effect in the model.
    pub not_modelled: Vec<String>,
}

/// Everything that the scenario's text is written from.
struct Draft {
    release: Release,
    controllers: Controllers,
    brokers: Vec<BrokerDraft>,
    config: BTreeMap<&'static str, String>,
    topics: Vec<TopicDraft>,
    clients: Vec<ClientDraft>,
    security: Security,
    assumed_rates: bool,
}

/// A broker. Values of keys are TOML.
struct BrokerDraft {
    id: u32,
    rack: Option<String>,
    up: bool,
    config: BTreeMap<&'static str, String>,
}

/// Makes a scenario of the sources.
///
/// # Errors
/// All mistakes of all sources, each with the name of its file (or of the option it came by).
pub fn import(sources: &Sources) -> Result<Imported, Vec<(String, TextError)>> {
    let mut findings = Findings::default();
    let servers = servers::read(&sources.brokers, &mut findings);
    let quorum = sources.quorum.as_ref().and_then(|input| read_quorum(input, &mut findings));
    let racks = servers::read_racks(sources.racks.as_deref().unwrap_or_default(), &mut findings);
    let found = sources.topics.as_ref().and_then(|input| topics::read(input, &mut findings));
    let release = release(sources.kafka.as_deref(), found.as_ref(), &mut findings);
    let clients = clients::read(&sources.clients, &servers, &mut findings);
    if !findings.errors.is_empty() {
        return Err(findings.errors);
    }
    let ids = broker_ids(&servers, quorum.as_ref(), found.as_ref(), &mut findings);
    let topics = topics::draft(found.as_ref(), release, &sources.loads, ids.len(), &mut findings);
    let security = security::common(clients.iter().map(|c| c.security), &mut findings);
    let clients = clients::draft(clients, &topics, &sources.loads, &mut findings);
    if !findings.errors.is_empty() {
        return Err(findings.errors);
    }
    let strangers = racks.keys().filter(|id| !ids.contains(id)).map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !strangers.is_empty() {
        findings.assume(format!("the racks given for {strangers} are left out, because no source names these brokers"));
    }
    say_zookeeper(&servers, found.as_ref(), &mut findings);
    let (config, mut own) = servers::merge(&servers, &mut findings);
    let down = found.as_ref().map(|f| f.down()).unwrap_or_default();
    let rack = |id: u32| racks.get(&id).cloned().or_else(|| servers.iter().find(|s| s.id == id)?.rack.clone());
    let brokers =
        ids.iter().map(|&id| BrokerDraft { id, rack: rack(id), up: !down.contains(&id), config: own.remove(&id).unwrap_or_default() });
    let draft = Draft {
        release,
        controllers: servers::controllers(&servers, quorum.as_ref(), &ids, &mut findings),
        brokers: brokers.collect(),
        config,
        topics,
        clients,
        security,
        assumed_rates: sources.loads.is_empty(),
    };
    say_down(&down, &mut findings);
    let not_modelled = findings.not_modelled();
    let scenario_toml = write::scenario(&draft, &findings, &not_modelled);
    Ok(Imported { scenario_toml, took: findings.took, assumed: findings.assumed, not_modelled })
}

fn read_quorum(input: &Input, findings: &mut Findings) -> Option<Quorum> {
    match quorum::parse(&input.text) {
        Ok(quorum) => {
            findings.took(format!(
                "the controller quorum ({} of {} leads) from {}",
                quorum.leader_id,
                quorum.voters.len(),
                shown(&input.name)
            ));
            Some(quorum)
        }
        Err(errors) => {
            findings.errors(&input.name, errors);
            None
        }
    }
}

/// The release that was asked for, or else what the columns of the description tell.
fn release(asked: Option<&str>, found: Option<&Topics>, findings: &mut Findings) -> Release {
    if let Some(text) = asked {
        return text.parse().unwrap_or_else(|why: String| {
            findings.option_error("--kafka", shown(&why), "give the release line of the brokers, such as 4.1");
            Release::MEASURED
        });
    }
    let (release, why) = match found {
        Some(found) if !found.elr_columns => (Release::V3_7, "the description has no Elr columns, which 3.8 and later print"),
        Some(_) | None => (Release::MEASURED, "nothing tells another one"),
    };
    findings.assume(format!("Kafka {release}, because {why}; give the release if it is another"));
    release
}

/// Every broker that any source names, ascending.
fn broker_ids(servers: &[Server], quorum: Option<&Quorum>, found: Option<&Topics>, findings: &mut Findings) -> BTreeSet<u32> {
    let mut ids: BTreeSet<u32> = servers.iter().filter(|s| s.broker).map(|s| s.id).collect();
    ids.extend(found.into_iter().flat_map(|f| f.replicas.iter().copied()));
    let controllers_only: BTreeSet<u32> = servers.iter().filter(|s| !s.broker).map(|s| s.id).collect();
    let observers = quorum.into_iter().flat_map(|q| &q.observers).map(|m| m.id);
    for id in observers.filter(|id| !controllers_only.contains(id)) {
        if ids.insert(id) {
            findings.assume(format!("node {id}, an observer of the quorum, is a broker without replicas"));
        }
    }
    if ids.is_empty() {
        findings.option_error(
            "import",
            "no source names a broker",
            "give the output of `kafka-topics.sh --describe`, or server.properties files",
        );
    }
    ids
}

fn say_zookeeper(servers: &[Server], found: Option<&Topics>, findings: &mut Findings) {
    let described = found.is_some_and(|f| f.without_topic_ids);
    if described || servers.iter().any(|s| s.zookeeper) {
        let sign = if described { "the description has no TopicId" } else { "zookeeper.connect is set" };
        findings.assume(format!("{sign}, so this is or was a ZooKeeper cluster; KRaft is simulated, whose failover takes another time"));
    }
}

fn say_down(down: &BTreeSet<u32>, findings: &mut Findings) {
    if down.is_empty() {
        return;
    }
    let ids = down.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let (noun, verb) = if down.len() == 1 {
        ("broker", "has replicas but is in no ISR with a leader; it is")
    } else {
        ("brokers", "have replicas but are in no ISR with a leader; they are")
    };
    findings.assume(format!("{noun} {ids} {verb} down at the start"));
}
