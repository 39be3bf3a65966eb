//! What a fault line may name, so that a name that does not exist is an error before the run.

use super::{Action, Fault};
use crate::engine::Duration;
use crate::model::Spec;
use std::collections::BTreeMap;

/// The names that exist in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// `node.id` of each broker.
    pub brokers: Vec<u32>,
    /// `node.id` of each controller.
    pub controllers: Vec<u32>,
    /// Name of each client, or fleet of clients.
    pub clients: Vec<String>,
    /// Name of each rack.
    pub racks: Vec<String>,
    /// Each topic and how many partitions it has.
    pub topics: BTreeMap<String, u32>,
    /// Length of the counted time: no fault may come later.
    pub end: Duration,
}

impl Known {
    /// The names of a cluster; no fault may come after `end`.
    pub fn of(spec: &Spec, end: Duration) -> Self {
        Known {
            brokers: spec.brokers.iter().map(|b| b.id).collect(),
            controllers: spec.voters.iter().map(|v| v.id).collect(),
            clients: client_names(spec),
            racks: spec.brokers.iter().filter_map(|b| b.rack.clone()).collect(),
            topics: spec.topics.iter().map(|t| (t.name.clone(), t.partitions.len() as u32)).collect(),
            end,
        }
    }

    /// Later lines may name what this one makes.
    pub fn learn(&mut self, fault: &Fault) {
        match fault {
            Fault::At(_, Action::CreateTopic { topic, partitions: n, .. } | Action::AddPartitions { topic, up_to: n }) => {
                self.topics.insert(topic.clone(), *n);
            }
            Fault::At(..) | Fault::Random(_) => {}
        }
    }
}

/// Clients and fleets, each once: a line means all members of a fleet.
fn client_names(spec: &Spec) -> Vec<String> {
    let mut names: Vec<String> = spec.clients.iter().map(|c| c.fleet.as_deref().unwrap_or(&c.name).to_owned()).collect();
    names.dedup();
    names
}

/// The candidate that a misspelt word most likely meant.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|c| (strsim::jaro_winkler(word, c), c));
    scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, c)| c)
}
