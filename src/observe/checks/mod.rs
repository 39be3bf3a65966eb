//! The protocol's own promises, checked on every fact of every run, warm-up included.

mod acknowledgements;
mod active_brokers;
mod active_controller;
mod beliefs;
mod committed_data;
mod consumers;
mod dead_brokers;
mod deposed_controllers;
mod deposed_leaders;
mod durability;
mod epoch_order;
mod group_commits;
mod high_watermark;
mod idempotent_once;
mod idempotent_order;
mod isr_proposals;
mod leader_in_isr;
mod leader_per_epoch;
#[cfg(test)]
mod more_tests;
mod one_request;
mod parked_fetches;
mod refresh_pace;
mod shutdowns;
#[cfg(test)]
mod tests;
mod truncations;
mod votes;

use super::fact::{BrokerState, Fact, Refresh};
use super::ledger::Ledger;
use super::logs::Logs;
use super::record::{Checks as Record, Suspended, Violation};
use super::truth::Truth;
use crate::engine::Instant;
use crate::kafka::{NodeIx, PartitionIx};
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

    /// Whether the scenario breaks the premise.
    pub fn is_suspended(&self) -> bool {
        self.suspended.is_some()
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
    acknowledgements: acknowledgements::Acknowledgements,
    active_brokers: active_brokers::ActiveBrokers,
    beliefs: beliefs::Beliefs,
    dead_brokers: dead_brokers::DeadBrokers,
    deposed_controllers: deposed_controllers::DeposedControllers,
    deposed_leaders: deposed_leaders::DeposedLeaders,
    group_commits: group_commits::GroupCommits,
    idempotent_once: idempotent_once::IdempotentOnce,
    isr_proposals: isr_proposals::IsrProposals,
    one_request: one_request::OneRequest,
    parked_fetches: parked_fetches::ParkedFetches,
    refresh_pace: refresh_pace::RefreshPace,
    shutdowns: shutdowns::Shutdowns,
    truncations: truncations::Truncations,
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
            acknowledgements: acknowledgements::Acknowledgements::new(spec),
            active_brokers: active_brokers::ActiveBrokers::new(spec),
            beliefs: beliefs::Beliefs::new(spec),
            dead_brokers: dead_brokers::DeadBrokers::new(spec),
            deposed_controllers: deposed_controllers::DeposedControllers::new(spec),
            deposed_leaders: deposed_leaders::DeposedLeaders::new(),
            group_commits: group_commits::GroupCommits::new(spec),
            idempotent_once: idempotent_once::IdempotentOnce::new(),
            isr_proposals: isr_proposals::IsrProposals::new(),
            one_request: one_request::OneRequest::new(spec),
            parked_fetches: parked_fetches::ParkedFetches::new(spec),
            refresh_pace: refresh_pace::RefreshPace::new(spec),
            shutdowns: shutdowns::Shutdowns::new(),
            truncations: truncations::Truncations::new(spec),
        }
    }

    /// Shows a fact to the checks that it concerns. `truth` and `logs` are as they were *before* the fact.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact, truth: &Truth, logs: &Logs) {
        self.dead_brokers.passed(at);
        match fact {
            Fact::PartitionCommitted { partition, .. } => {
                self.acknowledgements.on_fact(at, fact, &self.committed_data);
                let before = truth.partition(*partition);
                self.leader_in_isr.committed(at, fact, before);
                self.epoch_order.committed(at, fact, before);
                self.leader_per_epoch.on_fact(at, fact);
                self.active_brokers.committed(at, fact, before);
                self.isr_proposals.committed(at, fact, before);
                self.committed_data.committed(at, fact);
                self.durability.committed(fact, &before.isr);
                self.consumers.registered(fact);
                self.shutdowns.on_fact(fact, truth);
                self.group_commits.on_fact(at, fact);
            }
            Fact::BrokerCommitted { broker, epoch, .. } => {
                self.epoch_order.broker(at, *broker, *epoch);
                self.shutdowns.on_fact(fact, truth);
                self.active_brokers.broker(at, fact, truth);
                self.dead_brokers.on_fact(at, fact);
            }
            Fact::BrokerStateChanged { broker, state } => {
                self.shutdowns.state(at, *broker, *state, truth);
                if *state == BrokerState::Recovery {
                    self.epoch_order.registered(at, *broker);
                }
            }
            Fact::ControllerActive { voter, epoch } => {
                self.active_controller.active(at, *voter, *epoch);
                self.epoch_order.raft(at, *voter, *epoch);
                self.quorum(at, fact, truth);
            }
            Fact::ControllerResigned { .. } | Fact::SessionExpired { .. } | Fact::LinksCut { .. } | Fact::LinksHealed { .. } => {
                self.quorum(at, fact, truth);
            }
            Fact::CandidateRaised { voter, epoch } => self.votes.voted(at, *voter, *voter, *epoch),
            Fact::Voted { voter, candidate, epoch } => self.votes.voted(at, *voter, *candidate, *epoch),
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, log_end, .. } => {
                // Nobody reads from one whose epoch is over, such as a process that takes the role of its former life.
                let is_read = truth.partition(*partition).leader_epoch <= *leader_epoch;
                let comes_back = logs.may_come_back(*broker, *partition, *log_end);
                if is_read && comes_back {
                    self.consumers.may_come_back(*partition);
                }
                if is_read && (comes_back || logs.lost_its_tail(*partition, *leader_epoch, *log_end)) {
                    self.truncations.leave_out(*partition);
                }
                self.leader_per_epoch.on_fact(at, fact);
                self.high_watermark.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.idempotent_order.on_fact(at, fact);
                self.acknowledgements.on_fact(at, fact, &self.committed_data);
            }
            Fact::Appended { partition, .. } => {
                self.leader_per_epoch.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.idempotent_order.on_fact(at, fact);
                self.idempotent_once.on_fact(fact);
                self.durability.appended(fact);
                self.acknowledgements.on_fact(at, fact, &self.committed_data);
            }
            Fact::HighWatermarkMoved { partition, .. } => {
                self.acknowledgements.on_fact(at, fact, &self.committed_data);
                self.parked_fetches.on_fact(at, fact);
                self.high_watermark.on_fact(at, fact);
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
            }
            Fact::FollowerRoleTaken { partition, .. } => {
                self.committed_data.on_fact(at, fact, truth.partition(*partition));
                self.deposed_leaders.on_fact(at, fact);
            }
            Fact::ReplicaDeleted { partition, .. }
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
                self.group_commits.on_fact(at, fact);
            }
            Fact::ProcessStarted { node } | Fact::ProcessEnded { node, .. } | Fact::Paused { node } | Fact::Resumed { node } => {
                self.process(at, *node, fact, truth);
            }
            Fact::PositionSet { client, partition, to, .. } => {
                self.consumers.position_set(*client, *partition, *to);
                self.truncations.position_set(*client, *partition);
                self.parked_fetches.on_fact(at, fact);
                self.group_commits.on_fact(at, fact);
            }
            Fact::Delivered { .. } => {
                self.consumers.delivered(at, fact, logs);
                self.truncations.delivered(at, fact, logs);
                self.parked_fetches.on_fact(at, fact);
            }
            Fact::EntrySent { .. } | Fact::EntryTaken { .. } | Fact::EntryAnswered { .. } | Fact::EntryUnreachable { .. } => {
                self.entry(at, fact);
            }
            Fact::IsrProposed { broker, partition, .. } => self.isr_proposals.proposed(*partition, *broker),
            Fact::ConnectionLost { .. } => self.one_request.on_fact(at, fact),
            Fact::BeliefChanged { .. } => self.beliefs.changed(at, fact),
            Fact::Refreshed { client, what: Refresh::Sent(_) } => self.refresh_pace.sent(at, *client),
            Fact::RecordDone { .. } => self.idempotent_once.on_fact(fact),
            Fact::Group { .. } => self.group_commits.on_fact(at, fact),
            Fact::AdminDone { .. } | Fact::TopicRemoved { .. } => self.acknowledgements.on_fact(at, fact, &self.committed_data),
            Fact::TopicCommitted { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::NetworkChanged { .. }
            | Fact::FaultApplied { .. }
            | Fact::ImageApplied { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RequestServed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::Refreshed { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntryReturned { .. }
            | Fact::Processed { .. }
            | Fact::ReplicaChosen { .. } => {}
        }
    }

    /// A process starts, ends, or is no longer or again scheduled.
    fn process(&mut self, at: Instant, node: NodeIx, fact: &Fact, truth: &Truth) {
        let broker = truth.broker_of(node);
        self.parked_fetches.disturbed(node, broker);
        self.deposed_leaders.disturbed(broker);
        if let Fact::ProcessStarted { .. } = fact {
            self.consumers.started(node);
            self.truncations.started(node);
            self.beliefs.started(node);
        }
        if let (Fact::ProcessStarted { .. }, Some(broker)) = (fact, broker) {
            self.epoch_order.started(at, broker);
        }
        if let Fact::ProcessEnded { .. } = fact {
            self.one_request.ended(broker);
        }
        self.quorum(at, fact, truth);
    }

    /// Something that may concern the quorum, or who is alive.
    fn quorum(&mut self, at: Instant, fact: &Fact, truth: &Truth) {
        self.dead_brokers.on_fact(at, fact);
        self.deposed_controllers.on_fact(at, fact);
        self.shutdowns.on_fact(fact, truth);
    }

    /// A request moves on.
    fn entry(&mut self, at: Instant, fact: &Fact) {
        self.acknowledgements.on_fact(at, fact, &self.committed_data);
        self.idempotent_once.on_fact(fact);
        self.parked_fetches.on_fact(at, fact);
        self.deposed_leaders.on_fact(at, fact);
        self.one_request.on_fact(at, fact);
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
        self.idempotent_once.finish(spec, end, ledger);
        self.deposed_controllers.finish(end);
        self.dead_brokers.passed(end);
        let of_consumers = [
            (self.parked_fetches.is_concerned(), self.parked_fetches.findings),
            (self.truncations.is_concerned(), self.truncations.findings),
            (self.group_commits.is_concerned(), self.group_commits.findings),
        ];
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
            self.active_brokers.findings,
            self.isr_proposals.findings,
            self.dead_brokers.findings,
            self.shutdowns.findings,
            self.deposed_controllers.findings,
            self.deposed_leaders.findings,
            self.acknowledgements.findings,
            self.idempotent_once.findings,
            self.one_request.findings,
            self.beliefs.findings,
            self.refresh_pace.findings,
        ]
        .into_iter()
        .chain(self.consumers.findings())
        .chain(of_consumers.into_iter().filter(|(concerned, _)| *concerned).map(|(_, findings)| findings))
        {
            findings.into_record(&mut record, count_from);
        }
        record
    }
}
