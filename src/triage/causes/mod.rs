//! The causes that are known: each weighs what speaks for and against it.
//!
//! Weights: 6 for what hardly anything else explains, 3 for what few other things do, 1.5 for what fits, 0.5 for what is merely not
//! against it. The score is the weight for a cause in the weight of all that is known about it and a doubt of one.

mod broker_crash;
mod broker_restart;
mod controller_instability;
mod flapping_broker;
mod network_partition;
mod overload;
mod preferred_election;
mod reassignment;
mod stale_metadata;

use super::clue::Refusal;
use super::evidence::Place;
use super::record::{CauseRecord, EvidenceRecord};
use super::story::Story;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hardly anything else explains it.
const DECISIVE: f64 = 6.0;
/// Few other things explain it.
const STRONG: f64 = 3.0;
/// It fits.
const FAIR: f64 = 1.5;
/// It is not against it.
const WEAK: f64 = 0.5;
/// What nothing speaks for.
const DOUBT: f64 = 1.0;
/// Below this, what the evidence speaks for is not enough to name a cause.
const ENOUGH: f64 = 0.55;
/// Most lines that are quoted for or against a cause.
const MOST_QUOTED: usize = 12;

/// A cause of a burst of leadership errors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A broker leaves and comes back again and again.
    FlappingBroker,
    /// A broker's process ended without a word.
    BrokerCrash,
    /// A broker was stopped in an orderly way, and started again.
    BrokerRestart,
    /// Replicas are moved between brokers.
    Reassignment,
    /// Leadership was given to preferred leaders.
    PreferredElection,
    /// The controllers elect each other, or none.
    ControllerInstability,
    /// Nodes do not reach each other.
    NetworkPartition,
    /// A machine is too slow or stands still.
    Overload,
    /// Clients go on asking brokers that no longer lead.
    StaleMetadata,
    /// The files do not tell.
    Unknown,
}

/// Something that speaks for or against a cause.
struct Argument {
    /// Its weight; negative against it.
    weight: f64,
    says: String,
    places: Vec<Place>,
}

/// What is known about a cause.
#[derive(Default)]
struct Case {
    summary: String,
    arguments: Vec<Argument>,
}

impl Case {
    /// Something speaks for it.
    fn for_it(&mut self, weight: f64, says: impl Into<String>, places: Vec<Place>) {
        self.arguments.push(Argument { weight, says: says.into(), places });
    }

    /// Something speaks against it.
    fn against(&mut self, weight: f64, says: impl Into<String>, places: Vec<Place>) {
        self.arguments.push(Argument { weight: -weight, says: says.into(), places });
    }

    fn weights(&self) -> (f64, f64) {
        let sum = |sign: f64| self.arguments.iter().map(|argument| (argument.weight * sign).max(0.0)).sum();
        (sum(1.0), sum(-1.0))
    }

    fn score(&self) -> f64 {
        let (good, bad) = self.weights();
        (good / (good + bad + DOUBT) * 100.0).round() / 100.0
    }
}

/// How the weight of a cause is found.
type Weigh = fn(&Story) -> Case;

const ALL: [(Cause, Weigh); 9] = [
    (Cause::FlappingBroker, flapping_broker::weigh),
    (Cause::BrokerCrash, broker_crash::weigh),
    (Cause::BrokerRestart, broker_restart::weigh),
    (Cause::Reassignment, reassignment::weigh),
    (Cause::PreferredElection, preferred_election::weigh),
    (Cause::ControllerInstability, controller_instability::weigh),
    (Cause::NetworkPartition, network_partition::weigh),
    (Cause::Overload, overload::weigh),
    (Cause::StaleMetadata, stale_metadata::weigh),
];

/// The causes that something speaks for, the most likely first; `unknown` where the evidence for the best is thin.
pub fn ranked(story: &Story) -> Vec<CauseRecord> {
    let mut all: Vec<CauseRecord> = ALL
        .iter()
        .map(|(cause, weigh)| (*cause, weigh(story)))
        .filter(|(_, case)| case.weights().0 > 0.0)
        .map(|(cause, case)| record(story, cause, &case))
        .collect();
    let best = all.iter().map(|cause| cause.score).fold(0.0, f64::max);
    if best < ENOUGH {
        all.push(unknown(best));
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.cause.cmp(&b.cause)));
    all
}

fn unknown(best: f64) -> CauseRecord {
    CauseRecord {
        cause: Cause::Unknown,
        score: ((100.0 - best * 100.0).round() / 100.0).max(ENOUGH),
        summary: "these files do not tell what caused it; what is missing is listed below".to_owned(),
        evidence: Vec::new(),
        against: Vec::new(),
    }
}

fn record(story: &Story, cause: Cause, case: &Case) -> CauseRecord {
    let quoted = |good: bool| {
        let arguments = case.arguments.iter().filter(move |argument| (argument.weight > 0.0) == good);
        arguments.flat_map(|argument| lines(story, argument)).take(MOST_QUOTED).collect()
    };
    CauseRecord { cause, score: case.score(), summary: case.summary.clone(), evidence: quoted(true), against: quoted(false) }
}

/// An argument as its lines, each with what it says; the weight stands with the first.
fn lines(story: &Story, argument: &Argument) -> Vec<EvidenceRecord> {
    let entry = |i: usize, place: &Place| EvidenceRecord {
        says: argument.says.clone(),
        weight: if i == 0 { argument.weight.abs() } else { 0.0 },
        file: story.file(place).to_owned(),
        line: place.line,
        text: place.text.clone(),
    };
    if argument.places.is_empty() {
        return vec![EvidenceRecord {
            says: argument.says.clone(),
            weight: argument.weight.abs(),
            file: String::new(),
            line: 0,
            text: String::new(),
        }];
    }
    argument.places.iter().take(3).enumerate().map(|(i, place)| entry(i, place)).collect()
}

/// In plain words: what a client was told.
pub fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotLeader => "not the leader",
        Refusal::NoLeader => "no leader",
        Refusal::TooFewReplicas => "too few in-sync replicas",
        Refusal::TimedOut => "the broker could not do it in time",
        Refusal::Unanswered => "no answer in time",
        Refusal::GivenUp => "given up",
        Refusal::UnknownPartition => "unknown partition",
    }
}

/// `3 partitions`.
fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
