//! A second opinion on one partition's replication and leadership: small, slow, and written from the KIPs without a look at the model.

mod broken;
mod cluster;
mod commitment;
mod controller;
pub mod history;
mod log;
mod partition;
mod registration;
mod replica;
mod told;

use cluster::Cluster;
use kafkasim::engine::Instant;
use kafkasim::kafka::PartitionIx;
use kafkasim::observe::Fact;
use kafkasim::scenario::Scenario;
use partition::Partition;
use std::collections::{BTreeMap, VecDeque};

/// How many facts of a partition a complaint shows.
const SHOWN: usize = 20;

/// One partition's reference, with its last facts; silent once it has complained, since from then on the two go apart.
struct Watch {
    partition: Partition,
    last: VecDeque<String>,
    complaint: Option<String>,
}

/// All partitions of a run, each with its own reference.
pub struct Reference {
    cluster: Cluster,
    partitions: BTreeMap<PartitionIx, Watch>,
    warm_up: Instant,
    /// How many facts were compared.
    pub compared: u64,
}

impl Reference {
    pub fn new(scenario: &Scenario) -> Reference {
        let warm_up = Instant::ZERO + scenario.count_from;
        Reference { cluster: Cluster::new(scenario), partitions: BTreeMap::new(), warm_up, compared: 0 }
    }

    /// The next fact of the run.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        self.cluster.on_fact(at, fact);
        match concerns(fact) {
            Concern::Nobody => {}
            Concern::All => {
                for watch in self.partitions.values_mut() {
                    watch.on_fact(at, fact, &self.cluster, self.warm_up);
                }
            }
            Concern::One(ix) => {
                self.compared += 1;
                let new = || Watch { partition: Partition::new(ix), last: VecDeque::new(), complaint: None };
                self.partitions.entry(ix).or_insert_with(new).on_fact(at, fact, &self.cluster, self.warm_up);
            }
        }
        if let Fact::EntryAnswered { entry, partition, .. } = fact {
            self.cluster.entries.remove(&(*entry, *partition));
        }
    }

    /// The history ends in a calm that has healed everything.
    pub fn ends_in_calm(&mut self, end: Instant) {
        for watch in self.partitions.values_mut().filter(|watch| watch.complaint.is_none() && !watch.partition.removed) {
            if let Err(opinions) = watch.partition.nothing_is_held_back(end) {
                watch.complaint = Some(format!("partition {} at the end: {opinions}", watch.partition.ix));
            }
        }
    }

    /// Where the two opinions differ: one complaint a partition.
    pub fn complaints(&self) -> Vec<String> {
        self.partitions.values().filter_map(|watch| watch.complaint.clone()).collect()
    }
}

/// What the references of all partitions say of a history.
pub fn complaints(scenario: &Scenario, facts: &[(Instant, Fact)]) -> Vec<String> {
    let mut reference = Reference::new(scenario);
    facts.iter().for_each(|(at, fact)| reference.on_fact(*at, fact));
    reference.complaints()
}

impl Watch {
    fn on_fact(&mut self, at: Instant, fact: &Fact, cluster: &Cluster, warm_up: Instant) {
        if self.complaint.is_some() || self.partition.removed {
            return;
        }
        let ms = at.millis_after(warm_up);
        if !matches!(fact, Fact::EntryAnswered { .. } | Fact::Delivered { .. }) {
            if self.last.len() == SHOWN {
                self.last.pop_front();
            }
            self.last.push_back(format!("    {ms:.3} ms {fact:?}"));
        }
        if let Err(opinions) = self.partition.on_fact(at, fact, cluster) {
            let last: Vec<&str> = self.last.iter().map(String::as_str).collect();
            let ix = self.partition.ix;
            self.complaint = Some(format!("partition {ix} at {ms:.3} ms: {opinions}\n  its last facts:\n{}", last.join("\n")));
        }
    }
}

enum Concern {
    Nobody,
    One(PartitionIx),
    All,
}

/// Which references a fact is for.
fn concerns(fact: &Fact) -> Concern {
    match fact {
        Fact::PartitionCommitted { partition, .. }
        | Fact::LeaderRoleTaken { partition, .. }
        | Fact::FollowerRoleTaken { partition, .. }
        | Fact::ReplicaDeleted { partition, .. }
        | Fact::HighWatermarkMoved { partition, .. }
        | Fact::Appended { partition, .. }
        | Fact::Replicated { partition, .. }
        | Fact::Truncated { partition, .. }
        | Fact::UnflushedLost { partition, .. }
        | Fact::IsrProposed { partition, .. }
        | Fact::IsrAnswered { partition, .. }
        | Fact::EntryAnswered { partition, .. }
        | Fact::Delivered { partition, .. }
        | Fact::GroupAppended { partition, .. } => Concern::One(*partition),
        Fact::ProcessEnded { .. } | Fact::BrokerCommitted { .. } | Fact::TopicRemoved { .. } => Concern::All,
        _ => Concern::Nobody,
    }
}
