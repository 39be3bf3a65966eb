//! The protocol's own promises, checked on every fact of every run, warm-up included.

mod active_controller;
mod committed_data;
mod consumers;
mod durability;
mod epoch_order;
mod high_watermark;
mod idempotent_order;
mod leader_in_isr;
mod leader_per_epoch;
#[cfg(test)]
mod tests;
mod votes;

use super::fact::Fact;
use super::ledger::Ledger;
use super::logs::Logs;
use super::record::{Checks as Record, Suspended, Violation};
use super::truth::Truth;
use crate::engine::Instant;
use crate::kafka::PartitionIx;
use crate::model::Spec;

/// Violations of one check that are written out; of more, only the number is told.
const WRITTEN_OUT: usize = 20;

/// Collects what one check found.
#[derive(Clone, Debug)]
pub struct Findings {
    name: &'static str,
    found: Vec<(Instant, String)>,
    more: u64,
    suspended: Option<String>,
}

impl Findings {
    /// Nothing found by the check of this name.
    pub const fn of(name: &'static str) -> Self {
        Findings { name, found: Vec::new(), more: 0, suspended: None }
    }

    /// The promise was broken.
    pub fn violated(&mut self, at: Instant, text: String) {
        if self.found.len() < WRITTEN_OUT {
            self.found.push((at, text));
        } else {
            self.more += 1;
        }
    }

    /// The scenario breaks the premise of the check. The first reason stays.
    pub fn suspend(&mut self, reason: impl Into<String>) {
        self.suspended.get_or_insert_with(|| reason.into());
    }

    fn into_record(self, record: &mut Record, count_from: Instant) {
        if let Some(reason) = self.suspended {
            record.suspended.push(Suspended { check: self.name.to_owned(), reason });
        } else if self.found.is_empty() {
            record.held.push(self.name.to_owned());
        }
        let more = self.more;
        let last = self.found.len().wrapping_sub(1);
        for (i, (at, text)) in self.found.into_iter().enumerate() {
            let text = if i == last && more > 0 { format!("{text} (and {more} more)") } else { text };
            record.violated.push(Violation { check: self.name.to_owned(), at_ms: at.millis_after(count_from), text });
        }
    }
}

/// All checks.
#[derive(Clone, Debug)]
pub struct Checks {
    leader_in_isr: leader_in_isr::LeaderInIsr,
    leader_per_epoch: leader_per_epoch::LeaderPerEpoch,
    epoch_order: epoch_order::EpochOrder,
    high_watermark: high_watermark::HighWatermark,
    committed_data: committed_data::CommittedData,
    durability: durability::Durability,
    idempotent_order: idempotent_order::IdempotentOrder,
    active_controller: active_controller::ActiveController,
    votes: votes::Votes,
    consumers: consumers::Consumers,
}

impl Checks {
    /// All checks, for a run of `spec`.
    pub fn new(spec: &Spec) -> Self {
        Checks {
            leader_in_isr: leader_in_isr::LeaderInIsr::new(spec),
            leader_per_epoch: leader_per_epoch::LeaderPerEpoch::new(),
            epoch_order: epoch_order::EpochOrder::new(),
            high_watermark: high_watermark::HighWatermark::new(),
            committed_data: committed_data::CommittedData::new(),
            durability: durability::Durability::new(spec),
            idempotent_order: idempotent_order::IdempotentOrder::new(),
            active_controller: active_controller::ActiveController::new(),
            votes: votes::Votes::new(),
            consumers: consumers::Consumers::new(spec),
        }
    }

    /// Shows a fact to the checks that it concerns. `truth` and `logs` are as they were *before* the fact.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact, truth: &Truth, logs: &Logs) {
        match fact {
            Fact::PartitionCommitted { partition, .. } => {
                let before = truth.partition(*partition);
                self.leader_in_isr.committed(at, fact, before);
                self.epoch_order.committed(at, fact, before);
                self.leader_per_epoch.on_fact(at, fact);
                self.committed_data.committed(fact);
                self.durability.committed(fact);
                self.consumers.registered(fact);
            }
            Fact::BrokerCommitted { broker, epoch, .. } => self.epoch_order.broker(at, *broker, *epoch),
            Fact::ControllerActive { voter, epoch } => {
                self.active_controller.active(at, *voter, *epoch);
                self.epoch_order.raft(at, *epoch);
            }
            Fact::CandidateRaised { voter, epoch } => self.votes.voted(at, *voter, *voter, *epoch),
            Fact::Voted { voter, candidate, epoch } => self.votes.voted(at, *voter, *candidate, *epoch),
            Fact::LeaderRoleTaken { partition, log_end, .. } => {
                self.consumers.role_taken(*partition, *log_end, logs);
                self.leader_per_epoch.on_fact(at, fact);
                self.high_watermark.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.idempotent_order.on_fact(at, fact);
            }
            Fact::Appended { partition, .. } => {
                self.leader_per_epoch.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.idempotent_order.on_fact(at, fact);
            }
            Fact::HighWatermarkMoved { partition, .. } => {
                self.high_watermark.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
            }
            Fact::FollowerRoleTaken { partition, .. }
            | Fact::ReplicaDeleted { partition, .. }
            | Fact::GroupAppended { partition, .. }
            | Fact::Replicated { partition, .. }
            | Fact::Truncated { partition, .. } => {
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
            }
            Fact::UnflushedLost { broker, partition, .. } => {
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.durability.unflushed_lost(*broker, *partition, &truth.partition(*partition).isr);
                self.consumers.unflushed_lost(*partition);
                self.idempotent_order.unflushed_lost(*partition);
            }
            Fact::ProcessStarted { node } => self.consumers.started(*node),
            Fact::PositionSet { client, partition, to, .. } => self.consumers.position_set(*client, *partition, *to),
            Fact::Delivered { .. } => self.consumers.delivered(at, fact, logs),
            Fact::TopicCommitted { .. }
            | Fact::TopicRemoved { .. }
            | Fact::ControllerResigned { .. }
            | Fact::SessionExpired { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::AdminDone { .. }
            | Fact::ProcessEnded { .. }
            | Fact::Paused { .. }
            | Fact::Resumed { .. }
            | Fact::NetworkChanged { .. }
            | Fact::LinksCut { .. }
            | Fact::LinksHealed { .. }
            | Fact::FaultApplied { .. }
            | Fact::BrokerStateChanged { .. }
            | Fact::ImageApplied { .. }
            | Fact::IsrProposed { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::RequestServed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::ConnectionLost { .. }
            | Fact::Refreshed { .. }
            | Fact::BeliefChanged { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntrySent { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::EntryReturned { .. }
            | Fact::EntryUnreachable { .. }
            | Fact::Processed { .. }
            | Fact::Group { .. }
            | Fact::RecordDone { .. }
            | Fact::ReplicaChosen { .. } => {}
        }
    }

    /// The verdicts, when the run is over and the ledger audited. Partitions for which `removed` holds are gone.
    pub fn finish(
        mut self,
        spec: &Spec,
        end: Instant,
        count_from: Instant,
        ledger: &Ledger,
        removed: impl Fn(PartitionIx) -> bool,
    ) -> Record {
        self.durability.finish(spec, end, ledger, removed);
        let mut record = Record::default();
        for findings in [
            self.leader_in_isr.findings,
            self.leader_per_epoch.findings,
            self.epoch_order.findings,
            self.high_watermark.findings,
            self.committed_data.findings,
            self.durability.findings,
            self.idempotent_order.findings,
            self.active_controller.findings,
            self.votes.findings,
        ]
        .into_iter()
        .chain(self.consumers.findings())
        {
            findings.into_record(&mut record, count_from);
        }
        record
    }
}
