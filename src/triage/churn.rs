//! Changes of leaders and of in-sync replicas, one by one, from the states that logs tell.

use super::clue::Partition;
use super::evidence::{Evidence, Place};
use super::outage::Outage;
use std::collections::BTreeMap;

/// What a fencing takes out of the ISR is told by its leaders within this time.
const AFTER_MS: i64 = 5_000;

/// A partition's leader changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// When it was seen first.
    pub at: i64,
    /// Which partition.
    pub partition: Partition,
    /// Who led before, if anybody.
    pub from: Option<u32>,
    /// Who leads now, if anybody.
    pub to: Option<u32>,
    /// The line.
    pub place: Place,
}

/// A replica left an ISR or joined it.
#[derive(Clone, PartialEq, Debug)]
pub struct Membership {
    /// When it was seen first.
    pub at: i64,
    /// Which partition.
    pub partition: Partition,
    /// Whose replica.
    pub broker: u32,
    /// It joined; else it left.
    pub joined: bool,
    /// The line.
    pub place: Place,
}

/// Every change of a leader, in the order of time.
pub fn changes(evidence: &Evidence) -> Vec<Change> {
    let mut all = Vec::new();
    for (partition, terms) in &evidence.terms {
        let mut before: Option<Option<u32>> = None;
        for term in terms.values() {
            let from = before.unwrap_or(term.previous);
            let known = before.is_some() || term.previous.is_some();
            if known && from != term.leader {
                all.push(Change { at: term.at, partition: partition.clone(), from, to: term.leader, place: term.place.clone() });
            }
            before = Some(term.leader);
        }
    }
    all.sort_by(|a, b| (a.at, &a.partition).cmp(&(b.at, &b.partition)));
    all
}

/// Every change of an ISR, in the order of time. What logs tell first of a partition has nothing before it; who is missing there as he has
/// just gone has left it then.
pub fn memberships(
    evidence: &Evidence,
    outages: &BTreeMap<u32, Vec<Outage>>,
    replicas: impl Fn(&Partition) -> Option<Vec<u32>>,
) -> Vec<Membership> {
    let mut all = Vec::new();
    for (partition, states) in &evidence.in_sync {
        let Some(first) = states.values().next() else { continue };
        let missing = replicas(partition).unwrap_or_default().into_iter().filter(|id| !first.isr.contains(id));
        let gone = |id: &u32| {
            let mut steps = outages.get(id).into_iter().flatten().flat_map(|outage| &outage.steps);
            steps.any(|step| first.at >= step.at - 1_000 && first.at <= step.at + AFTER_MS)
        };
        all.extend(missing.filter(gone).map(|broker| Membership {
            at: first.at,
            partition: partition.clone(),
            broker,
            joined: false,
            place: first.place.clone(),
        }));
    }
    for (partition, states) in &evidence.in_sync {
        for (before, now) in states.values().zip(states.values().skip(1)) {
            let note = |broker: &u32, joined: bool| Membership {
                at: now.at,
                partition: partition.clone(),
                broker: *broker,
                joined,
                place: now.place.clone(),
            };
            all.extend(before.isr.iter().filter(|id| !now.isr.contains(id)).map(|id| note(id, false)));
            all.extend(now.isr.iter().filter(|id| !before.isr.contains(id)).map(|id| note(id, true)));
        }
    }
    all.sort_by(|a, b| (a.at, &a.partition, a.broker).cmp(&(b.at, &b.partition, b.broker)));
    all
}
