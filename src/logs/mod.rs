//! What brokers, controllers and clients would have logged in a run, in their own formats, made of the facts of the run alone.
//!
//! A line is written only where facts hold what it says. Ids and addresses follow from names (`ids`), the clock from the run (`clock`).
//! `docs/LOGS.md` says which lines there are, what they were taken from, and what real logs hold beside them.

mod broker;
mod client;
mod clock;
mod cluster;
mod controller;
mod files;
mod ids;
mod java;
mod others;
mod peers;
mod roles;
#[cfg(test)]
mod tests;

pub use ids::uuid;

use self::broker::BrokerLog;
use self::client::{ClientLog, Pen};
use self::cluster::Cluster;
use self::controller::ControllerLog;
use self::files::Files;
use self::peers::Lost;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, NodeIx};
use crate::model::Spec;
use crate::observe::Fact;
use crate::observe::fact::{Ending, GroupFact, Refresh};

/// The logs of a run, written along as its facts come.
///
/// ```
/// use kafkasim::experiment::{self, RunOptions};
/// use kafkasim::logs::Logs;
/// use kafkasim::scenario::{self, Source};
///
/// let scenario = scenario::load(&Source::catalogue("broker-crash").unwrap(), &[]).unwrap();
/// let mut logs = Logs::new(&scenario.spec);
/// experiment::run(&scenario, &RunOptions::default(), Some(&mut |at, fact| logs.note(at, fact))).unwrap();
/// let files = logs.finish();
/// let (_, lines) = files.iter().find(|(name, _)| name == "controller-3000-controller.log").unwrap();
/// assert!(lines.iter().any(|line| line.contains("because its session has timed out")));
/// ```
pub struct Logs<'s> {
    cluster: Cluster<'s>,
    files: Files,
    brokers: Vec<BrokerLog>,
    controllers: ControllerLog,
    clients: Vec<Option<Box<dyn ClientLog>>>,
}

impl<'s> Logs<'s> {
    /// The logs of a cluster that has not run yet.
    pub fn new(spec: &'s Spec) -> Self {
        let cluster = Cluster::new(spec);
        let mut files = Files::default();
        let brokers = spec.brokers.iter().enumerate().map(|(i, b)| BrokerLog::new(BrokerIx(i as u32), b.id, &mut files)).collect();
        let controllers = ControllerLog::new(&cluster, &mut files);
        let clients = (0..spec.clients.len() as u32).map(|c| client::of(ClientIx(c), &cluster, &mut files)).collect();
        Logs { cluster, files, brokers, controllers, clients }
    }

    /// Every file that has lines: its name, which is one part of a path and safe as such, and its lines in order, without line ends.
    pub fn finish(mut self) -> Vec<(String, Vec<String>)> {
        self.controllers.end_write(&self.cluster, &mut self.files);
        self.clients.iter_mut().flatten().for_each(|client| client.finish(&mut self.files));
        self.files.in_order()
    }

    /// Takes the next fact of the run in.
    pub fn note(&mut self, at: Instant, fact: &Fact) {
        let Logs { cluster, files, brokers, controllers, .. } = self;
        match fact {
            Fact::PartitionCommitted { .. } => {
                controllers.changes(fact, cluster, files);
                cluster.committed(fact);
            }
            Fact::BrokerCommitted { broker, epoch, fenced, in_controlled_shutdown, offset } => {
                controllers.registers(fact, at, &brokers[broker.index()], cluster, files);
                cluster.broker_committed(*broker, *epoch, *fenced, *in_controlled_shutdown, *offset);
            }
            Fact::ControllerActive { voter, epoch } => {
                cluster.active = Some(*voter);
                controllers.claims(*voter, *epoch, at, cluster, files);
            }
            Fact::ControllerResigned { voter, epoch } => {
                controllers.renounces(*voter, *epoch, at, cluster, files);
                cluster.active = cluster.active.filter(|active| active != voter);
            }
            Fact::SessionExpired { broker, .. } => {
                controllers.end_write(cluster, files);
                controllers.expires(*broker, at, cluster, files);
            }
            // The controller that refuses notes it, and then the broker that hears so.
            Fact::RegistrationRefused { broker, error } => {
                let log = &mut brokers[broker.index()];
                if log.is_refused {
                    log.refused(*error, at, cluster, files);
                } else {
                    log.is_refused = true;
                    controllers.refuses(*error, at, cluster, files);
                }
            }
            Fact::AdminDone { what, error } => controllers.admin_done(what, *error, at, cluster, files),
            Fact::ProcessStarted { node } => self.started(*node, at),
            Fact::ProcessEnded { node, how } => self.ended(*node, *how, at),
            Fact::BrokerStateChanged { broker, state } => brokers[broker.index()].enters(*state, at, cluster, files),
            Fact::ImageApplied { broker, offset } => {
                let log = &mut brokers[broker.index()];
                if log.applied.is_none() {
                    log.loaded(at, cluster, files);
                }
                log.image_applied(*offset, at, cluster, files);
            }
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, log_end, high_watermark } => {
                cluster.set_end(*broker, *partition, *log_end, at);
                cluster.raise(*partition, *high_watermark);
                let log = &mut brokers[broker.index()];
                log.leads(*partition, *leader_epoch, (*log_end, *high_watermark), at, cluster, files);
                if at == Instant::ZERO {
                    log.is_warm(cluster);
                }
            }
            Fact::FollowerRoleTaken { broker, partition, leader_epoch, leader, log_end } => {
                cluster.set_end(*broker, *partition, *log_end, at);
                let log = &mut brokers[broker.index()];
                log.follows(*partition, (*leader, *leader_epoch), *log_end, at, cluster, files);
                if at == Instant::ZERO {
                    log.is_warm(cluster);
                }
            }
            Fact::Appended { broker, partition, end, .. }
            | Fact::GroupAppended { broker, partition, end, .. }
            | Fact::Replicated { broker, partition, end } => cluster.set_end(*broker, *partition, *end, at),
            Fact::HighWatermarkMoved { partition, high_watermark, .. } => cluster.raise(*partition, *high_watermark),
            Fact::Truncated { broker, partition, to, .. } => {
                cluster.set_end(*broker, *partition, *to, at);
                brokers[broker.index()].truncated(*partition, *to, at, cluster, files);
            }
            // Of what a power-off took a broker knows nothing.
            Fact::UnflushedLost { broker, partition, to, .. } => cluster.set_end(*broker, *partition, *to, at),
            Fact::IsrProposed { broker, partition, isr } => brokers[broker.index()].proposes(*partition, isr, at, cluster, files),
            Fact::IsrAnswered { broker, partition, error, .. } => {
                brokers[broker.index()].isr_answered(*partition, *error, at, cluster, files);
            }
            Fact::ReplicaFetchError { follower, leader, partition, error } => {
                brokers[follower.index()].fetch_failed((*partition, *leader), *error, at, cluster, files);
            }
            Fact::LinkLost { broker, to, link, how, was_connected, correlation, waited } => {
                let (was_connected, correlation, waited) = (*was_connected, *correlation, *waited);
                let lost = Lost { link: *link, to: *to, how: *how, was_connected, correlation, waited };
                brokers[broker.index()].lost(&lost, at, cluster, files);
            }
            Fact::HeartbeatGivenUp { broker, is_registered } => {
                brokers[broker.index()].heartbeat_unsent(*is_registered, at, cluster, files)
            }
            Fact::ConnectionOpening { client, broker } => self.client(*client, at, |log, pen| log.opens(*broker, pen)),
            Fact::ConnectionReady { client, broker } => self.client(*client, at, |log, pen| log.is_ready(*broker, pen)),
            Fact::ConnectionLost { client, broker, how } => self.client(*client, at, |log, pen| log.loses(*broker, *how, pen)),
            Fact::Refreshed { client, what: Refresh::Sent(_) } => self.client(*client, at, |log, _| log.asks()),
            Fact::BeliefChanged { client, partition, leader, leader_epoch, told } => {
                self.client(*client, at, |log, pen| log.believes(*partition, (*leader, *leader_epoch), *told, pen));
            }
            Fact::EntrySent { client, broker, entry, batch, attempt, .. } => {
                self.client(*client, at, |log, pen| log.sends(*broker, *entry, *batch, *attempt, pen));
            }
            Fact::EntryReturned { client, partition, entry, error } => {
                self.client(*client, at, |log, pen| log.returned(*partition, *entry, *error, pen));
            }
            Fact::EntryUnreachable { client, partition, entry, how, .. } => {
                self.client(*client, at, |log, pen| log.unreachable(*partition, *entry, *how, pen));
            }
            Fact::RecordDone { client, batch, error, .. } => self.client(*client, at, |log, pen| log.done(*batch, *error, pen)),
            Fact::PositionSet { client, partition, from, to, why } => {
                self.client(*client, at, |log, pen| log.positioned(*partition, (*from, *to), *why, pen));
            }
            Fact::Group { what: GroupFact::CoordinatorKnown { client, broker }, .. } => {
                self.client(*client, at, |log, pen| log.coordinated(*broker, pen));
            }
            Fact::Group { what: GroupFact::Assigned { client, generation, .. }, .. } => {
                self.client(*client, at, |log, pen| log.joined(*generation, pen));
            }
            // No log tells of these, or none at the level that Kafka's own configuration sets.
            Fact::TopicCommitted { .. }
            | Fact::TopicRemoved { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::Paused { .. }
            | Fact::Resumed { .. }
            | Fact::NetworkChanged { .. }
            | Fact::LinksCut { .. }
            | Fact::LinksHealed { .. }
            | Fact::FaultApplied { .. }
            | Fact::ReplicaDeleted { .. }
            | Fact::RequestServed { .. }
            | Fact::RecordCreated { .. }
            | Fact::RecordRepeats { .. }
            | Fact::RecordRebatched { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::Delivered { .. }
            | Fact::Processed { .. }
            | Fact::ReplicaChosen { .. }
            | Fact::Refreshed { what: Refresh::Wanted | Refresh::Answered(..) | Refresh::Failed | Refresh::Swallowed, .. }
            | Fact::Group {
                what:
                    GroupFact::CoordinatorLoaded { .. }
                    | GroupFact::RebalanceBegan { .. }
                    | GroupFact::Revoked { .. }
                    | GroupFact::Left { .. }
                    | GroupFact::SessionExpired { .. }
                    | GroupFact::Committed { .. }
                    | GroupFact::CommitRefused { .. },
                ..
            } => {}
        }
    }

    fn started(&mut self, node: NodeIx, at: Instant) {
        let broker = self.cluster.spec.nodes[node.index()].broker;
        if let Some(broker) = broker.filter(|_| at > Instant::ZERO) {
            self.brokers[broker.index()].started(at, &mut self.files);
        }
    }

    fn ended(&mut self, node: NodeIx, how: Ending, at: Instant) {
        let node = &self.cluster.spec.nodes[node.index()];
        if let Some(broker) = node.broker {
            self.brokers[broker.index()].ended(how, at, &self.cluster, &mut self.files);
        }
        if let Some(client) = node.client {
            self.client(client, at, |log, pen| log.ended(pen));
        }
    }

    fn client(&mut self, client: ClientIx, at: Instant, write: impl FnOnce(&mut dyn ClientLog, &mut Pen<'_, '_>)) {
        if let Some(log) = &mut self.clients[client.index()] {
            write(log.as_mut(), &mut Pen { at, cluster: &self.cluster, files: &mut self.files });
        }
    }
}
