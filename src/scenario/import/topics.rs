//! Topics from a description, with the leaders and ISRs as they stand.

use super::super::keys::Scope;
use super::{Findings, Input, settings};
use crate::kafka::Release;
use crate::kafka::config::known::Classified;
use crate::kafka::text::describe::{self, Header, Partition, Topic};
use crate::kafka::text::{TextError, shown};
use std::collections::BTreeSet;

/// Partitions of a topic that only a load names.
const ASSUMED_PARTITIONS: usize = 12;

/// What a description tells.
pub(super) struct Topics {
    /// The topics, without those marked for deletion.
    pub topics: Vec<(Topic, Vec<(&'static str, String)>)>,
    /// Every broker that is a replica.
    pub replicas: BTreeSet<u32>,
    /// Every broker in the ISR of a partition that has a leader. An ISR without a leader holds only dead brokers: of others
    /// the controller would have elected one (`PartitionChangeBuilder.electLeader`).
    pub in_sync: BTreeSet<u32>,
    /// It has the columns `Elr` and `LastKnownElr`.
    pub elr_columns: bool,
    /// No header has a `TopicId`.
    pub without_topic_ids: bool,
}

impl Topics {
    /// Brokers that have replicas but are in no ISR with a leader (and so lead nothing).
    pub fn down(&self) -> BTreeSet<u32> {
        self.replicas.difference(&self.in_sync).copied().collect()
    }
}

/// A topic of the scenario. Values of keys are TOML.
pub(super) struct TopicDraft {
    /// Its name.
    pub name: String,
    /// What the model reads of its configuration.
    pub config: Vec<(&'static str, String)>,
    /// Its partitions.
    pub partitions: Partitions,
}

/// The partitions of a topic.
pub(super) enum Partitions {
    /// As they were described.
    Listed(Vec<Partition>),
    /// This many with so many replicas each.
    Even(usize, usize),
}

impl TopicDraft {
    /// Kafka's own topics, which clients do not write to.
    pub fn is_internal(&self) -> bool {
        self.name.starts_with("__")
    }
}

/// Reads the description.
pub(super) fn read(input: &Input, findings: &mut Findings) -> Option<Topics> {
    let description = match describe::parse(&input.text) {
        Ok(description) => description,
        Err(errors) => {
            findings.errors(&input.name, errors);
            return None;
        }
    };
    for note in &description.notes {
        findings.assume(format!("{}: {note}", shown(&input.name)));
    }
    let mut topics = Vec::new();
    for topic in description.topics {
        let Some(header) = &topic.header else {
            findings.error(&input.name, without_header(&topic));
            return None;
        };
        if header.marked_for_deletion {
            findings.assume(format!("topic {} is left out, because it is being deleted", topic.name));
            continue;
        }
        let config = configs(header, &input.name, findings);
        topics.push((topic, config));
    }
    let partitions = || topics.iter().flat_map(|(t, _)| &t.partitions);
    findings.took(format!(
        "{} with {}, their leaders and ISRs from {}",
        counted(topics.len(), "topic"),
        counted(partitions().count(), "partition"),
        shown(&input.name)
    ));
    Some(Topics {
        replicas: partitions().flat_map(|p| &p.replicas).copied().collect(),
        in_sync: partitions().filter(|p| p.leader.is_some()).flat_map(|p| &p.isr).copied().collect(),
        elr_columns: partitions().any(|p| p.elr.is_some()),
        without_topic_ids: topics.iter().all(|(t, _)| t.header.as_ref().is_some_and(|h| h.id.is_none())) && !topics.is_empty(),
        topics,
    })
}

fn without_header(topic: &Topic) -> TextError {
    TextError {
        line: topic.partitions.first().map_or(1, |p| p.line),
        column: 1,
        length: 1,
        message: format!("topic {} has no header line, so this is a filtered description and not the whole cluster", topic.name),
        help: "describe without --under-replicated-partitions and the like".to_owned(),
    }
}

/// The topic's own settings. A server has checked the names, so none of them is a misspelling.
fn configs(header: &Header, file: &str, findings: &mut Findings) -> Vec<(&'static str, String)> {
    let mut kept = Vec::new();
    for (name, text) in &header.configs {
        match Scope::Topic.classify(name) {
            Classified::Known(reason) => findings.left_out("topics", reason, name),
            Classified::Unknown { suggestion: _ } => findings.left_out("topics", "not a key that Kafka knows", name),
            Classified::Modelled => match settings::value(Scope::Topic, name, text) {
                Ok(setting) => kept.push(setting),
                Err((message, help)) => {
                    findings.error(file, TextError { line: header.line, column: header.configs_column, length: 1, message, help })
                }
            },
        }
    }
    kept
}

/// The topics of the scenario: those described, else those that loads name, else one.
pub(super) fn draft(
    found: Option<&Topics>,
    release: Release,
    loads: &[(String, f64)],
    brokers: usize,
    findings: &mut Findings,
) -> Vec<TopicDraft> {
    let Some(found) = found else { return assumed(loads, brokers, findings) };
    let one = |(topic, config): &(Topic, Vec<(&'static str, String)>)| TopicDraft {
        name: topic.name.clone(),
        config: config.clone(),
        partitions: Partitions::Listed(topic.partitions.iter().map(|p| as_it_stands(&topic.name, p, release, found, findings)).collect()),
    };
    found.topics.iter().map(one).collect()
}

fn assumed(loads: &[(String, f64)], brokers: usize, findings: &mut Findings) -> Vec<TopicDraft> {
    let mut names: Vec<String> = loads.iter().map(|(topic, _)| topic.clone()).collect();
    names.sort();
    names.dedup();
    for name in names.iter().filter(|n| !describe::is_topic_name(n)) {
        findings.option_error(
            "--load",
            format!("`{}` is no name of a topic", shown(name)),
            "letters, digits, `.`, `_` and `-`, 249 at most",
        );
    }
    if names.is_empty() {
        names.push("topic".to_owned());
    }
    let replicas = brokers.clamp(1, 3);
    findings.assume(format!(
        "{} {} {ASSUMED_PARTITIONS} partitions with {replicas} replicas, because no description was given",
        names.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", "),
        if names.len() == 1 { "has" } else { "have each" },
    ));
    names
        .into_iter()
        .map(|name| TopicDraft { name, config: Vec::new(), partitions: Partitions::Even(ASSUMED_PARTITIONS, replicas) })
        .collect()
}

/// The partition as a run of this release can start with it.
fn as_it_stands(topic: &str, p: &Partition, release: Release, found: &Topics, findings: &mut Findings) -> Partition {
    let mut p = p.clone();
    if p.reassignment.take().is_some() {
        findings.left_out("topics", "a reassignment under way; it starts as if these were its replicas", &format!("{topic}-{}", p.index));
    }
    let known = p.last_known_elr.take().unwrap_or_default();
    let elr = p.elr.take().unwrap_or_default();
    if release.rules().eligible_leader_replicas {
        // Nobody is elected from several of them (`PartitionChangeBuilder.canElectLastKnownLeader`).
        p.last_known_elr = Some(if p.leader.is_none() && known.len() == 1 { known.clone() } else { Vec::new() });
        p.elr = Some(elr);
        if found.elr_columns {
            return p;
        }
    }
    if p.isr.is_empty() {
        let guess =
            p.elr.iter().flatten().chain(&known).chain(p.replicas.iter().filter(|id| !found.in_sync.contains(id))).chain(&p.replicas);
        p.isr = guess.copied().take(1).collect();
        findings.assume(
            "partitions without leader whose ISR is not told have their first replica that is down in the ISR, because before 4.1 an ISR is never empty"
                .to_owned(),
        );
    }
    p
}

/// `1 topic`, `3 topics`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
