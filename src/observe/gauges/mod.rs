//! What the cluster's own metrics show over a run, as an operator's monitoring reads them: each broker's from that broker's own state, the
//! controllers' from committed metadata, and none from a process that is down or paused. Definitions: `docs/OBSERVING.md`.

mod broker;
mod course;
mod metric;
mod processes;
#[cfg(test)]
mod property;
mod quorum;

mod registrations;
#[cfg(test)]
mod stories;

use crate::engine::Instant;
use crate::kafka::{BrokerIx, NodeIx, Release, TopicIx, VoterIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::BrokerState;
use crate::observe::record::gauges as record;
use broker::{Broker, Counts, Meters, MinIsr};
use course::{Course, SCRAPE};
use metric::{Metric, Source};
use processes::Processes;
use quorum::Quorum;
use registrations::Registrations;
use std::collections::BTreeMap;

type Shown<Of> = (Metric, fn(Of) -> u64);
/// What a broker's gauges are of.
const GAUGES: [Shown<Counts>; 6] = [
    (Metric::UnderReplicatedPartitions, |c| c.under_replicated),
    (Metric::UnderMinIsrPartitionCount, |c| c.under_min_isr),
    (Metric::AtMinIsrPartitionCount, |c| c.at_min_isr),
    (Metric::LeaderCount, |c| c.leaders),
    (Metric::PartitionCount, |c| c.partitions),
    (Metric::ReassigningPartitions, |c| c.reassigning),
];
/// What a broker's meters are of.
const METERS: [Shown<Meters>; 3] = [
    (Metric::IsrShrinksPerSec, |m| m.isr_shrinks),
    (Metric::IsrExpandsPerSec, |m| m.isr_expands),
    (Metric::FailedIsrUpdatesPerSec, |m| m.failed_isr_updates),
];

/// One metric: its total, and what each node shows.
#[derive(Clone, Debug)]
struct Line {
    total: Course,
    nodes: Vec<Course>,
}

/// The observer.
#[derive(Clone, Debug)]
pub struct Gauges {
    from: Instant,
    counting: bool,
    registrations: Registrations,
    min_isr: MinIsr,
    topics: Vec<bool>,
    /// A topic came or changed during the run, with a `min.insync.replicas` that facts do not tell.
    min_isr_unknown: bool,
    brokers: Vec<Broker>,
    quorum: Quorum,
    processes: Processes,
    lines: BTreeMap<Metric, Line>,
    first_connection_lost: Option<Instant>,
    first_request_error: Option<Instant>,
    first_record_failed: Option<Instant>,
}

impl Gauges {
    /// The metrics of a run of `spec` that counts from `from` on.
    pub fn new(spec: &Spec, from: Instant) -> Self {
        // Of the controllers' metrics only this one differs from one to the other.
        let nodes = |metric: Metric| match metric.source() {
            Source::Brokers => spec.brokers.len(),
            Source::Controllers if metric == Metric::ActiveControllerCount => spec.voters.len(),
            Source::Controllers | Source::Monitoring | Source::Metadata => 0,
        };
        let line = |metric: Metric| Line::new(metric, from, nodes(metric));
        let min = |p: &crate::model::spec::PartitionSpec| spec.topics[p.topic.index()].config.min_insync_replicas;
        Gauges {
            from,
            counting: false,
            registrations: Registrations::default(),
            min_isr: MinIsr { of: spec.partitions.iter().map(min).collect(), capped: spec.release.rules().min_isr_at_most_replicas },
            topics: vec![false; spec.topics.len()],
            min_isr_unknown: false,
            brokers: (0..spec.brokers.len() as u32).map(|b| Broker::new(BrokerIx(b))).collect(),
            quorum: Quorum::new(spec.voters.len(), spec.brokers.len(), spec.release < Release::V4_1),
            processes: Processes::new(spec),
            lines: Metric::ALL.into_iter().filter(|m| spec.release >= m.since()).map(|m| (m, line(m))).collect(),
            first_connection_lost: None,
            first_request_error: None,
            first_record_failed: None,
        }
    }

    /// Takes in the next fact. Facts must come in the order in which they happened.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if !self.counting && at >= self.from {
            self.begin();
        }
        let (registrations, min) = (&self.registrations, &self.min_isr);
        match fact {
            Fact::ProcessStarted { node } => {
                self.processes.started(*node);
                self.show_node(at, *node);
            }
            Fact::ProcessEnded { node, .. } => self.process_ended(at, *node),
            Fact::Paused { node } | Fact::Resumed { node } => {
                self.processes.paused(*node, matches!(fact, Fact::Paused { .. }));
                self.show_node(at, *node);
            }
            Fact::LinksCut { cut, from, to, .. } => {
                let away = self.processes.cut(*cut, from, to);
                away.into_iter().for_each(|node| self.show_node(at, node));
            }
            Fact::LinksHealed { cut } => {
                let back = self.processes.healed(*cut);
                back.into_iter().for_each(|node| self.show_node(at, node));
            }
            Fact::BrokerStateChanged { broker, state: BrokerState::Running } => self.expose(at, *broker),
            Fact::TopicCommitted { topic } => self.topic_committed(*topic),
            Fact::TopicRemoved { partitions, .. } => {
                for partition in partitions {
                    if let Some(before) = self.registrations.remove(*partition) {
                        self.quorum.forget(&before);
                    }
                }
                self.show_controllers(at);
            }
            Fact::PartitionCommitted { partition, offset, .. } => {
                let before = self.registrations.commit(fact);
                if let Some(now) = self.registrations.at(*partition, *offset) {
                    self.quorum.partition(before.as_ref(), now, fact);
                }
                self.show_controllers(at);
            }
            Fact::BrokerCommitted { broker, epoch, fenced, in_controlled_shutdown, .. } => {
                if self.quorum.broker(*broker, *epoch, *fenced, *in_controlled_shutdown) {
                    self.expose(at, *broker);
                }
                self.show_controllers(at);
            }
            Fact::ControllerActive { voter, .. } => {
                self.quorum.claimed(*voter);
                self.show_controllers(at);
            }
            Fact::ControllerResigned { voter, .. } => {
                self.quorum.resigned(*voter);
                self.show_controllers(at);
            }
            Fact::ImageApplied { broker, offset } => {
                self.brokers[broker.index()].image_applied(*offset, registrations, min);
                self.expose(at, *broker);
            }
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => {
                self.brokers[broker.index()].leader_role_taken(*partition, *leader_epoch, registrations, min);
                self.show_broker(at, *broker);
            }
            Fact::FollowerRoleTaken { broker, partition, leader_epoch, .. } => {
                self.brokers[broker.index()].follower_role_taken(*partition, *leader_epoch, registrations, min);
                self.show_broker(at, *broker);
            }
            Fact::ReplicaDeleted { broker, partition } => {
                self.brokers[broker.index()].deleted(*partition, registrations, min);
                self.show_broker(at, *broker);
            }
            Fact::IsrProposed { broker, partition, isr } => self.brokers[broker.index()].proposed(*partition, isr),
            Fact::IsrAnswered { broker, partition, error, shrink } => {
                self.brokers[broker.index()].answered(*partition, *error, *shrink, registrations, min);
                self.show_broker(at, *broker);
            }
            Fact::EntryReturned { error, .. } if error.is_none() => {}
            Fact::EntryReturned { .. } | Fact::EntryUnreachable { .. } => {
                if self.counting {
                    self.first_request_error.get_or_insert(at);
                }
            }
            Fact::ConnectionLost { .. } => {
                if self.counting {
                    self.first_connection_lost.get_or_insert(at);
                }
            }
            Fact::RecordDone { error, .. } => {
                if self.counting && !error.is_none() {
                    self.first_record_failed.get_or_insert(at);
                }
            }
            // Nothing that a metric shows.
            Fact::BrokerStateChanged { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::SessionExpired { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::AdminDone { .. }
            | Fact::NetworkChanged { .. }
            | Fact::FaultApplied { .. }
            | Fact::HighWatermarkMoved { .. }
            | Fact::Appended { .. }
            | Fact::GroupAppended { .. }
            | Fact::Replicated { .. }
            | Fact::Truncated { .. }
            | Fact::UnflushedLost { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RequestServed { .. }
            | Fact::ConnectionOpening { .. }
            | Fact::ConnectionReady { .. }
            | Fact::Refreshed { .. }
            | Fact::BeliefChanged { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntrySent { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::PositionSet { .. }
            | Fact::Group { .. }
            | Fact::ReplicaChosen { .. } => {}
        }
    }

    /// Counting begins: what counts up begins at zero.
    fn begin(&mut self) {
        self.counting = true;
        self.quorum.count_from_now();
        self.brokers.iter_mut().for_each(Broker::count_from_now);
        (0..self.brokers.len() as u32).for_each(|b| self.show_broker(self.from, BrokerIx(b)));
        self.show_controllers(self.from);
    }

    fn process_ended(&mut self, at: Instant, node: NodeIx) {
        self.processes.ended(node);
        let (broker, voter) = self.processes.of(node);
        if let Some(broker) = broker {
            self.brokers[broker.index()].ended();
        }
        if let Some(voter) = voter {
            self.quorum.resigned(voter);
        }
        self.show_node(at, node);
    }

    /// Of a topic that comes, or changes, facts do not tell `min.insync.replicas`.
    fn topic_committed(&mut self, topic: TopicIx) {
        match self.topics.get_mut(topic.index()) {
            Some(seen) if !*seen => *seen = true,
            Some(_) | None => self.min_isr_unknown = true,
        }
    }

    fn expose(&mut self, at: Instant, broker: BrokerIx) {
        self.processes.expose(broker);
        self.show_broker(at, broker);
    }

    fn show_node(&mut self, at: Instant, node: NodeIx) {
        let (broker, voter) = self.processes.of(node);
        if let Some(broker) = broker {
            self.show_broker(at, broker);
        }
        if voter.is_some() {
            self.show_controllers(at);
        }
        let up = (0..self.brokers.len() as u32).filter(|b| self.processes.broker_answers(BrokerIx(*b))).count();
        self.total(at, Metric::Up, Some(up as u64));
    }

    /// A broker's own metrics, and the totals that they are in.
    fn show_broker(&mut self, at: Instant, broker: BrokerIx) {
        let shows = self.processes.broker_shows(broker);
        for (metric, value) in GAUGES {
            let value = value(self.brokers[broker.index()].counts());
            if self.show_node_of(at, metric, broker, shows.then_some(value)) {
                let shown = self.lines.get(&metric).and_then(|line| line.nodes.iter().filter_map(Course::now).reduce(|a, b| a + b));
                self.total(at, metric, shown);
            }
        }
        for (metric, value) in METERS {
            let mine = value(self.brokers[broker.index()].meters());
            // What a process had counted before it ended stays counted (`increase()`), so a gap takes nothing away.
            if self.show_node_of(at, metric, broker, shows.then_some(mine)) {
                let all = self.brokers.iter().map(|b| value(b.meters())).sum();
                self.total(at, metric, Some(all));
            }
        }
    }

    /// One node's own value of a metric; says whether it changed.
    fn show_node_of(&mut self, at: Instant, metric: Metric, broker: BrokerIx, value: Option<u64>) -> bool {
        let Some(node) = self.lines.get_mut(&metric).map(|line| &mut line.nodes[broker.index()]) else { return false };
        let changes = node.now() != value;
        node.set(at, value);
        changes
    }

    /// The controllers' metrics, as those show them that have read all of the metadata log.
    fn show_controllers(&mut self, at: Instant) {
        let voters = (0..self.quorum_size() as u32).map(VoterIx);
        let shown: Vec<Option<u64>> =
            voters.map(|v| self.processes.controller_shows(v).then_some(u64::from(self.quorum.is_active(v)))).collect();
        let anybody = shown.iter().any(Option::is_some);
        if let Some(line) = self.lines.get_mut(&Metric::ActiveControllerCount) {
            line.nodes.iter_mut().zip(&shown).for_each(|(node, value)| node.set(at, *value));
        }
        let quorum = &self.quorum;
        let values = [
            (Metric::ActiveControllerCount, shown.iter().flatten().sum()),
            (Metric::NewActiveControllersCount, quorum.elections),
            (Metric::FencedBrokerCount, quorum.fenced()),
            (Metric::ActiveBrokerCount, quorum.unfenced()),
            (Metric::ControlledShutdownBrokerCount, quorum.in_controlled_shutdown()),
            (Metric::OfflinePartitionsCount, quorum.offline),
            (Metric::PreferredReplicaImbalanceCount, quorum.imbalanced),
            (Metric::UncleanLeaderElectionsPerSec, quorum.unclean_elections),
        ];
        let epochs = quorum.leader_epochs;
        values.into_iter().for_each(|(metric, value)| self.total(at, metric, anybody.then_some(value)));
        self.total(at, Metric::LeaderEpochs, Some(epochs));
    }

    fn quorum_size(&self) -> usize {
        self.lines.get(&Metric::ActiveControllerCount).map_or(0, |line| line.nodes.len())
    }

    fn total(&mut self, at: Instant, metric: Metric, value: Option<u64>) {
        if let Some(line) = self.lines.get_mut(&metric) {
            line.total.set(at, value);
        }
    }

    /// All that was shown, when the run is over at `end`.
    pub fn finish(mut self, spec: &Spec, end: Instant) -> record::Gauges {
        if !self.counting && end >= self.from {
            self.begin();
        }
        let after = |at: Option<Instant>| at.map(|at| at.millis_after(self.from));
        let first_request_error_ms = after(self.first_request_error);
        let mut not_told = Vec::new();
        let mut metrics = Vec::new();
        for metric in Metric::ALL {
            let Some(line) = self.lines.get_mut(&metric) else {
                not_told.push(format!("{} came to KRaft with Kafka {}.", metric.name(), metric.since()));
                continue;
            };
            if metric.needs_min_isr() && self.min_isr_unknown {
                not_told.push(format!("{} is not told where a topic is created or configured during the run.", metric.name()));
                continue;
            }
            metrics.push(line.finish(metric, spec, end, first_request_error_ms));
        }
        record::Gauges {
            first_connection_lost_ms: after(self.first_connection_lost),
            first_request_error_ms,
            first_record_failed_ms: after(self.first_record_failed),
            scrape_every_ms: SCRAPE.as_millis_f64(),
            metrics,
            not_told,
        }
    }
}

impl Line {
    fn new(metric: Metric, from: Instant, nodes: usize) -> Line {
        let course = |keeps_steps| Course::new(from, metric.alarm(), keeps_steps);
        Line { total: course(true), nodes: vec![course(false); nodes] }
    }

    fn finish(&mut self, metric: Metric, spec: &Spec, end: Instant, first_error_ms: Option<f64>) -> record::Gauge {
        self.total.finish(end);
        self.nodes.iter_mut().for_each(|node| node.finish(end));
        let id = |i: usize| match metric.source() {
            Source::Controllers => spec.voters[i].id,
            Source::Brokers | Source::Monitoring | Source::Metadata => spec.brokers[i].id,
        };
        let (steps, steps_thinned_to_ms) = self.total.steps();
        record::Gauge {
            name: metric.name().to_owned(),
            mbean: metric.bean().map(|bean| format!("{bean},name={}", metric.name())),
            total_is: total_is(metric).to_owned(),
            counts_up: metric.counts_up(),
            total: self.total.record(),
            nodes: self.nodes.iter().enumerate().map(|(i, node)| (id(i), node.record())).collect(),
            page_when: metric.alarm().sign().to_owned(),
            page: self.total.page(first_error_ms),
            steps,
            steps_thinned_to_ms,
        }
    }
}

fn total_is(metric: Metric) -> &'static str {
    match metric.source() {
        Source::Brokers => "sum over brokers",
        Source::Controllers if metric == Metric::ActiveControllerCount => "sum over controllers",
        Source::Controllers => "greatest of the controllers",
        Source::Monitoring => "brokers that answer a scrape",
        Source::Metadata => "counted in the committed metadata",
    }
}
