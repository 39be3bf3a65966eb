//! `[cluster]`, `[config]` and `[[broker]]`: the processes of the cluster.

use super::at::At;
use super::diagnostic::Diagnostics;
use super::file::{BrokerFile, ClusterFile, File, Settings};
use super::keys::{self, Scope};
use crate::kafka::config::BrokerConfig;
use crate::kafka::{BrokerIx, NodeIx, VoterIx};
use crate::model::cost::Costs;
use crate::model::spec::{BrokerSpec, NodeSpec, VoterSpec};
use std::sync::Arc;

/// Most brokers of a scenario.
const MOST_BROKERS: u32 = 1000;
/// The first id of controllers that are processes of their own.
const FIRST_CONTROLLER: u32 = 3000;

/// The processes of the cluster, and the configuration that they share.
pub(super) struct Cluster {
    pub nodes: Vec<NodeSpec>,
    pub brokers: Vec<BrokerSpec>,
    pub voters: Vec<VoterSpec>,
    pub config: BrokerConfig,
}

/// Builds the processes; where ids are wrong it goes on with what can be used.
pub(super) fn resolve(file: &File, costs: &[Arc<Costs>], found: &mut Diagnostics) -> Cluster {
    let default = ClusterFile::default();
    let cluster = file.cluster.as_ref().unwrap_or(&default);
    let mut config = BrokerConfig::default();
    keys::apply(&file.config, Scope::Broker, found, |key, text| config.set(key, text));
    check_fetch_wait(&config, &file.config, found);
    let ids = broker_ids(cluster, found);
    check_sections(&file.broker, &ids, found);
    let combined = cluster.combined.as_ref().is_some_and(|c| c.value);
    let voter_ids = voter_ids(cluster, &ids, combined, found);

    let shared = Arc::new(config.clone());
    let mut built = Cluster { nodes: Vec::new(), brokers: Vec::new(), voters: Vec::new(), config };
    for (i, id) in ids.iter().enumerate() {
        let own = file.broker.iter().find(|b| b.id.value == *id);
        let rack = cluster.racks.get(i % cluster.racks.len().max(1));
        let broker = broker(*id, own, rack, &shared, costs, found);
        built.nodes.push(NodeSpec { name: format!("broker {id}"), broker: Some(BrokerIx(i as u32)), voter: None, client: None });
        built.brokers.push(broker);
        built.brokers[i].node = NodeIx(i as u32);
    }
    for (i, id) in voter_ids.iter().enumerate() {
        let voter = VoterIx(i as u32);
        let broker = built.brokers.iter().find(|b| combined && b.id == *id);
        let (node, config, costs) = match broker {
            Some(broker) => (broker.node, Arc::clone(&broker.config), Arc::clone(&broker.costs)),
            None => (NodeIx(built.nodes.len() as u32), Arc::clone(&shared), Arc::clone(&costs[0])),
        };
        match built.nodes.get_mut(node.index()) {
            Some(process) => process.voter = Some(voter),
            None => built.nodes.push(NodeSpec { name: format!("controller {id}"), broker: None, voter: Some(voter), client: None }),
        }
        built.voters.push(VoterSpec { node, id: *id, config, costs, leads: i == 0 });
    }
    built
}

/// `KafkaConfig.validateValues`: a broker with other values does not start.
fn check_fetch_wait(config: &BrokerConfig, settings: &Settings, found: &mut Diagnostics) {
    let limits = [("replica.socket.timeout.ms", config.replica_socket_timeout), ("replica.lag.time.max.ms", config.replica_lag_time_max)];
    for (key, limit) in limits {
        let wait = config.replica_fetch_wait_max;
        let written = settings.iter().find(|(k, _)| ***k == *key || ***k == *"replica.fetch.wait.max.ms");
        if let Some((_, written)) = written.filter(|_| wait > limit) {
            let message = format!("replica.fetch.wait.max.ms is {wait}, above {key} of {limit}");
            found.add(Some(&written.span), message, format!("a broker refuses to start with this: raise {key}, or lower the wait"));
        }
    }
}

fn broker_ids(cluster: &ClusterFile, found: &mut Diagnostics) -> Vec<u32> {
    if let Some(ids) = &cluster.broker_ids {
        if let Some(count) = &cluster.brokers
            && count.value as usize != ids.len()
        {
            found.add(Some(&count.span), "`brokers` and `broker_ids` contradict each other".to_owned(), "take one of the two away");
        }
        return distinct(ids, "broker", found);
    }
    let count = cluster.brokers.as_ref().map_or(3, |c| c.value);
    if let Some(written) = cluster.brokers.as_ref().filter(|c| c.value == 0 || c.value > MOST_BROKERS) {
        found.add(Some(&written.span), format!("a cluster of {count} brokers cannot be run"), format!("write 1 to {MOST_BROKERS}"));
    }
    (1..=count.clamp(1, MOST_BROKERS)).collect()
}

fn distinct(ids: &At<Vec<u32>>, what: &str, found: &mut Diagnostics) -> Vec<u32> {
    let mut seen: Vec<u32> = Vec::new();
    if ids.len() > MOST_BROKERS as usize {
        found.add(Some(&ids.span), format!("{} ids of a {what} are too many", ids.len()), format!("name {MOST_BROKERS} at most"));
    }
    for id in ids.iter().take(MOST_BROKERS as usize) {
        if seen.contains(id) {
            found.add(Some(&ids.span), format!("{what} {id} stands twice"), "give every process an id of its own");
        } else {
            seen.push(*id);
        }
    }
    if seen.is_empty() {
        found.add(Some(&ids.span), format!("there is no {what}"), "name at least one id");
        seen.push(1);
    }
    seen
}

fn voter_ids(cluster: &ClusterFile, brokers: &[u32], combined: bool, found: &mut Diagnostics) -> Vec<u32> {
    let written = cluster.controller_ids.as_ref().map(|ids| (distinct(ids, "controller", found), ids.span.clone()));
    let count = written.as_ref().map_or(cluster.controllers.as_ref().map_or(1, |c| c.value), |(ids, _)| ids.len() as u32);
    let span = written.as_ref().map(|(_, span)| span.clone()).or_else(|| cluster.controllers.as_ref().map(|c| c.span.clone()));
    if let (Some(count), Some(ids)) = (&cluster.controllers, &written)
        && count.value as usize != ids.0.len()
    {
        found.add(Some(&count.span), "`controllers` and `controller_ids` contradict each other".to_owned(), "take one of the two away");
    }
    if ![1, 3, 5].contains(&count) {
        found.add(
            span.as_ref(),
            format!("a quorum of {count} controllers is not built"),
            "write 1, 3 or 5: an even number survives no more failures",
        );
    }
    if !combined {
        let ids = written.map_or((FIRST_CONTROLLER..FIRST_CONTROLLER + count.clamp(1, 5)).collect(), |(ids, _)| ids);
        if let Some(id) = ids.iter().find(|id| brokers.contains(id)) {
            found.add(
                span.as_ref(),
                format!("{id} is the id of a broker and of a controller"),
                "give the controller another id, or set combined = true",
            );
        }
        return ids;
    }
    let ids = written.map_or(brokers.iter().take(count.max(1) as usize).copied().collect(), |(ids, _)| ids);
    if count as usize > brokers.len() || ids.iter().any(|id| !brokers.contains(id)) {
        let help = format!("with combined = true every controller is one of the brokers {brokers:?}");
        found.add(span.as_ref(), "a controller is no broker".to_owned(), help);
    }
    ids
}

fn check_sections(sections: &[BrokerFile], ids: &[u32], found: &mut Diagnostics) {
    for (i, section) in sections.iter().enumerate() {
        if !ids.contains(&section.id.value) {
            found.add(Some(&section.id.span), format!("there is no broker {}", section.id.value), format!("the brokers are {ids:?}"));
        }
        if sections[..i].iter().any(|s| s.id.value == section.id.value) {
            found.add(Some(&section.id.span), format!("broker {} has two sections", section.id.value), "join them");
        }
    }
}

fn broker(
    id: u32,
    own: Option<&BrokerFile>,
    rack: Option<&String>,
    shared: &Arc<BrokerConfig>,
    costs: &[Arc<Costs>],
    found: &mut Diagnostics,
) -> BrokerSpec {
    let mut spec = BrokerSpec {
        node: NodeIx(0),
        id,
        rack: rack.cloned(),
        config: Arc::clone(shared),
        costs: Arc::clone(&costs[0]),
        up: true,
        cold: false,
    };
    let Some(own) = own else { return spec };
    if own.rack.is_some() {
        spec.rack.clone_from(&own.rack);
    }
    spec.up = own.up.unwrap_or(true);
    spec.cold = own.cold.unwrap_or(false);
    if !own.config.is_empty() {
        let mut config = (**shared).clone();
        keys::apply(&own.config, Scope::Broker, found, |key, text| config.set(key, text));
        check_fetch_wait(&config, &own.config, found);
        spec.config = Arc::new(config);
    }
    if let Some(name) = &own.costs {
        match costs.iter().skip(1).find(|c| c.name == **name) {
            Some(profile) => spec.costs = Arc::clone(profile),
            None => {
                let names: Vec<&str> = costs.iter().skip(1).map(|c| c.name.as_str()).collect();
                let help = if names.is_empty() {
                    "add a [[cost_profile]] of that name".to_owned()
                } else {
                    format!("there are {}", names.join(", "))
                };
                found.add(Some(&name.span), format!("there is no cost profile `{}`", **name), help);
            }
        }
    }
    spec
}
