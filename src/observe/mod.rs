//! What is seen of a run: facts, and the readers of facts.
//!
//! [`Observers`] is fed every fact of a run in order and keeps all accounts; nothing that it does can reach the run.
//! What each figure means, and from which facts it is measured, is told in `docs/OBSERVING.md`.

pub mod cause;
pub mod checks;
pub mod clients;
pub mod digest;
pub mod fact;
pub mod names;
pub mod pairs;
pub mod record;
pub mod sentence;
pub mod stale;
pub mod trace;
pub mod truth;

mod cluster;
#[cfg(test)]
mod consumer_stories;
mod deliveries;
mod fleets;
mod gauges;
mod groups;
mod interruptions;
mod latency;
mod ledger;
mod logs;
mod messages;
mod moves;
mod phase_sums;
mod phases;
mod silence;
#[cfg(test)]
mod stories;
#[cfg(test)]
pub(crate) mod story;
mod totals;
mod windows;

pub use fact::Fact;
pub use record::RunRecord;

use crate::engine::{Duration, Instant};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, NodeIx, Offset, PartitionIx};
use crate::model::Spec;
use crate::model::message::Acks;
use checks::Checks;
use clients::Clients;
use cluster::Cluster;
use deliveries::Deliveries;
use digest::Digest;
use fact::{Api, BatchId};
use gauges::Gauges;
use groups::Groups;
use ledger::{Errors, Ledger};
use logs::Logs;
use messages::Messages;
use moves::Moves;
use pairs::{Belief, PairIx, Pairs};
use phase_sums::PhaseSums;
use phases::Passage;
use record::{Checks as CheckRecord, ClientRecord, ClusterRecord, GroupRecord, Move, PhaseSummary, Tally, Window};
use stale::{Entries, Live, Sent, Verdict};
use std::collections::BTreeMap;
use totals::Samples;
use truth::Truth;
use windows::{Loss, Windows, loss_to, teller_knew};

/// What metadata cost the brokers for one client.
#[derive(Clone, Copy, Debug, Default)]
struct MetadataCost {
    bytes: u64,
    busy: Duration,
}

/// All readers of facts.
#[derive(Clone, Debug)]
pub struct Observers {
    count_from: Instant,
    digest: Digest,
    truth: Truth,
    pairs: Pairs,
    clients: Clients,
    entries: Entries,
    windows: Windows,
    moves: Moves,
    ledger: Ledger,
    messages: Messages,
    /// Which client a process is.
    client_of: BTreeMap<NodeIx, ClientIx>,
    errors: Errors,
    logs: Logs,
    deliveries: Deliveries,
    groups: Groups,
    metadata: Vec<MetadataCost>,
    cluster: Cluster,
    gauges: Gauges,
    checks: Checks,
    counting: bool,
    /// Clients that ask for no answers (acks=0).
    fire_and_forget: Vec<bool>,
    removed: Vec<bool>,
}

/// What the observers found: the parts of a [`RunRecord`] that come from facts.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// Digest over every fact.
    pub digest: String,
    /// Totals over all clients.
    pub total: Tally,
    /// The same for each client.
    pub clients: BTreeMap<String, ClientRecord>,
    /// Committed leader changes.
    pub moves: Vec<Move>,
    /// Windows of single clients.
    pub windows: Vec<Window>,
    /// Phases of all recoveries.
    pub recovery_phases: Vec<PhaseSummary>,
    /// Phases of all stale windows.
    pub window_phases: Vec<PhaseSummary>,
    /// What each consumer group went through.
    pub groups: BTreeMap<String, GroupRecord>,
    /// The protocol's promises.
    pub checks: CheckRecord,
    /// What the cluster went through.
    pub cluster: ClusterRecord,
    /// What the cluster's own metrics showed.
    pub gauges: record::gauges::Gauges,
}

impl Observers {
    /// Readers of a run of `spec` that counts from `count_from` on.
    pub fn new(spec: &Spec, count_from: Instant) -> Self {
        let truth = Truth::new(spec);
        let clients = spec.clients.len();
        Observers {
            count_from,
            digest: Digest::default(),
            pairs: Pairs::default(),
            clients: Clients::new(spec),
            entries: Entries::new(clients),
            windows: Windows::default(),
            moves: Moves::default(),
            ledger: Ledger::new(clients, count_from),
            messages: Messages::new(spec),
            client_of: spec.clients.iter().enumerate().map(|(i, c)| (c.node, ClientIx(i as u32))).collect(),
            errors: Errors::new(clients),
            logs: Logs::new(spec),
            deliveries: Deliveries::new(spec, count_from),
            groups: Groups::new(spec, count_from),
            metadata: vec![MetadataCost::default(); clients],
            cluster: Cluster::new(spec, &truth, count_from),
            gauges: Gauges::new(spec, count_from),
            checks: Checks::new(spec),
            counting: false,
            fire_and_forget: spec.clients.iter().map(|c| c.acks() == Some(Acks::None)).collect(),
            removed: vec![false; spec.partitions.len()],
            truth,
        }
    }

    /// Takes in the next fact. Facts must come in the order in which they happened.
    pub fn on_fact(&mut self, at: Instant, fact: &Fact) {
        self.digest.add(at, fact);
        if !self.counting && at >= self.count_from {
            self.counting = true;
            self.cluster.watch(at);
        }
        self.checks.on_fact(at, fact, &self.truth, &self.logs);
        if let Some((partition, from)) = self.logs.on_fact(fact) {
            self.deliveries.written_anew(at, partition, from);
        }
        self.cluster.on_fact(at, fact);
        self.gauges.on_fact(at, fact);
        self.messages.on_fact(fact);
        match fact {
            Fact::PartitionCommitted { partition, .. } => self.committed(at, *partition, fact),
            Fact::TopicRemoved { partitions, .. } => partitions.iter().for_each(|p| self.removed(at, *p)),
            Fact::ProcessStarted { node } | Fact::ProcessEnded { node, .. } | Fact::Paused { node } | Fact::Resumed { node } => {
                self.truth.on_fact(at, fact);
                self.reach_changed(at, Some(*node));
                if matches!(fact, Fact::ProcessEnded { .. }) {
                    self.process_ended(*node);
                }
            }
            Fact::LinksCut { .. } | Fact::LinksHealed { .. } => {
                self.truth.on_fact(at, fact);
                self.reach_changed(at, None);
            }
            Fact::ImageApplied { .. } | Fact::FollowerRoleTaken { .. } | Fact::ReplicaDeleted { .. } => self.truth.on_fact(at, fact),
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => {
                self.truth.on_fact(at, fact);
                self.moves.role_taken(at, *partition, *broker, *leader_epoch);
            }
            Fact::Appended { broker, partition, batch, end, .. } => {
                if self.truth.partition(*partition).leader != Some(*broker) {
                    self.entries.appended_deposed(*partition, *broker, *batch, *end);
                }
            }
            Fact::Truncated { broker, partition, from, to } | Fact::UnflushedLost { broker, partition, from, to } => {
                self.entries.truncated(*partition, *broker, *from.min(to));
            }
            Fact::RequestServed { client, api: Api::Metadata, busy, response_bytes, .. } => {
                if self.counting {
                    let cost = &mut self.metadata[client.index()];
                    cost.bytes += u64::from(*response_bytes);
                    cost.busy += *busy;
                }
            }
            Fact::ConnectionOpening { .. } | Fact::ConnectionReady { .. } | Fact::Refreshed { .. } => {
                self.clients.on_fact(at, fact, self.counting);
            }
            Fact::BeliefChanged { client, partition, leader, told, .. } => {
                let belief = Belief { leader: *leader, told: *told, since: at };
                self.believes(at, *client, *partition, belief);
            }
            Fact::RecordCreated { client, record, partition } => {
                self.ledger.created(at, *client, *record);
                self.messages.created(*client, *record, at >= self.count_from);
                let pair = self.pair(*client, *partition);
                if pair.outstanding == 0 {
                    pair.busy_since = at;
                }
                pair.outstanding += 1;
            }
            // `messages` alone is concerned.
            Fact::RecordRepeats { .. } | Fact::RecordRebatched { .. } => {}
            Fact::RecordDone { client, record, partition, batch, created_at, error } => {
                self.ledger.done(at, (*client, *partition), *record, *batch, *created_at, *error);
                self.messages.done((*client, *partition), *record, *batch, error.is_none());
                let count_from = self.count_from;
                let pair = self.pair(*client, *partition);
                pair.outstanding = pair.outstanding.saturating_sub(1);
                if error.is_none() {
                    silence::acknowledged(pair, at, count_from);
                }
                if let Some(batch) = batch {
                    self.deliveries.created(*batch, &self.logs);
                }
            }
            Fact::Delivered { client, partition, .. } => {
                let before = self.deliveries.delivered(at, fact, &self.logs);
                let count_from = self.count_from;
                let pair = self.pair(*client, *partition);
                pair.last_ack = before;
                silence::acknowledged(pair, at, count_from);
            }
            Fact::Processed { client, partition, end } => self.deliveries.processed(at, *client, *partition, *end),
            Fact::PositionSet { client, partition, from, .. } => {
                self.deliveries.position_set(at, fact);
                if from.is_none() {
                    // The partition is new to the consumer, which has been sent nowhere yet.
                    self.pair(*client, *partition).replica = None;
                }
            }
            Fact::ReplicaChosen { client, partition, replica } => self.pair(*client, *partition).replica = *replica,
            Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } => {
                if self.truth.partition(*partition).leader == Some(*broker) {
                    self.deliveries.committed(at, *partition, *high_watermark);
                }
            }
            Fact::EntrySent { .. }
            | Fact::EntryTaken { .. }
            | Fact::EntryAnswered { .. }
            | Fact::EntryReturned { .. }
            | Fact::EntryUnreachable { .. } => self.entry(at, fact),
            Fact::Group { group, what } => self.groups.on_fact(at, *group, *what),
            // Told by the readers above alone.
            Fact::TopicCommitted { .. }
            | Fact::BrokerCommitted { .. }
            | Fact::ControllerActive { .. }
            | Fact::ControllerResigned { .. }
            | Fact::CandidateRaised { .. }
            | Fact::Voted { .. }
            | Fact::SessionExpired { .. }
            | Fact::RegistrationRefused { .. }
            | Fact::AdminDone { .. }
            | Fact::NetworkChanged { .. }
            | Fact::FaultApplied { .. }
            | Fact::BrokerStateChanged { .. }
            | Fact::GroupAppended { .. }
            | Fact::Replicated { .. }
            | Fact::IsrProposed { .. }
            | Fact::IsrAnswered { .. }
            | Fact::ReplicaFetchError { .. }
            | Fact::LinkLost { .. }
            | Fact::HeartbeatGivenUp { .. }
            | Fact::RequestServed {
                api:
                    Api::ApiVersions
                    | Api::InitProducerId
                    | Api::Produce
                    | Api::Fetch
                    | Api::ListOffsets
                    | Api::OffsetsForLeaderEpoch
                    | Api::Group,
                ..
            }
            | Fact::ConnectionLost { .. } => {}
        }
    }

    fn pair(&mut self, client: ClientIx, partition: PartitionIx) -> &mut pairs::Pair {
        let pair = self.pairs.index(client, partition);
        self.pairs.get_mut(pair)
    }

    fn committed(&mut self, at: Instant, partition: PartitionIx, fact: &Fact) {
        let truth = self.truth.partition(partition);
        let (from, was) = (truth.leader, cluster::is_under_replicated(truth));
        let moved = self.truth.commit(at, fact);
        let truth = self.truth.partition(partition);
        let leader = truth.leader;
        self.cluster.partition_changed(was, truth);
        self.cluster.watch(at);
        if !moved {
            return;
        }
        let Some(index) = self.moves.commit(at, from, fact) else { return };
        if let Some(leader) = leader {
            self.windows.moved(at, &mut self.pairs, partition, index, leader);
            return;
        }
        for i in 0..self.pairs.of_partition(partition).len() {
            let pair = self.pairs.of_partition(partition)[i];
            self.windows.lost(at, &mut self.pairs, pair, Loss::Certain);
        }
    }

    fn removed(&mut self, at: Instant, partition: PartitionIx) {
        let truth = self.truth.partition(partition);
        let was = cluster::is_under_replicated(truth);
        self.truth.remove(partition);
        self.cluster.partition_changed(was, self.truth.partition(partition));
        self.cluster.watch(at);
        if self.removed.len() <= partition.index() {
            self.removed.resize(partition.index() + 1, false);
        }
        self.removed[partition.index()] = true;
    }

    /// A process or a link changed: which leaders are lost to which clients, and which are there again. `node` limits it to one process.
    fn reach_changed(&mut self, at: Instant, node: Option<NodeIx>) {
        let affected = |truth: &Truth, leader: BrokerIx| node.is_none_or(|n| truth.broker_of(n) == Some(leader));
        let led: Vec<(PartitionIx, BrokerIx)> = self
            .truth
            .partitions()
            .filter_map(|(partition, truth)| truth.leader.map(|leader| (partition, leader)))
            .filter(|(_, leader)| affected(&self.truth, *leader))
            .collect();
        for (partition, leader) in led {
            for i in 0..self.pairs.of_partition(partition).len() {
                let pair = self.pairs.of_partition(partition)[i];
                match loss_to(&self.truth, leader, self.pairs.get(pair).client) {
                    Some(loss) => self.windows.lost(at, &mut self.pairs, pair, loss),
                    None => self.windows.back(at, &self.pairs, pair),
                }
            }
        }
    }

    fn believes(&mut self, at: Instant, client: ClientIx, partition: PartitionIx, belief: Belief) {
        let pair = self.pairs.index(client, partition);
        self.pairs.get_mut(pair).belief = Some(belief);
        let right = belief.leader.is_some() && belief.leader == self.truth.partition(partition).leader;
        if right && !self.pairs.get(pair).open.is_empty() {
            let knew = teller_knew(&self.truth, partition, belief.told);
            self.windows.told(at, &mut self.pairs, pair, knew);
        }
    }

    fn entry(&mut self, at: Instant, fact: &Fact) {
        if let Fact::EntrySent { client, broker, partition, entry, batch, .. } = fact {
            let index = self.pairs.index(*client, *partition);
            let pair = self.pairs.get(index);
            let cause = cause::at_send(*broker, pair, self.clients.get(*client), self.truth.partition(*partition), &self.truth);
            let (in_window, unanswered) = (!pair.open.is_empty(), self.fire_and_forget[client.index()]);
            let on_purpose = batch.is_none() && pair.replica == Some(*broker);
            self.pairs.get_mut(index).sent += 1;
            self.clients.link(*client, *broker).outstanding += u32::from(!unanswered);
            let sent = Sent { at, pair: index, client: *client, broker: *broker, batch: *batch, unanswered, in_window, on_purpose, cause };
            self.entries.sent(*entry, sent);
        }
        if let Fact::EntryTaken { partition, entry, .. } = fact {
            self.taken(at, *partition, *entry);
        }
        if let Fact::EntryAnswered { client, partition, entry, error, .. } = fact {
            if self.counting && !error.is_none() {
                // A client that gave up is answered all the same.
                self.errors.add(*client, self.deliveries.is_consumer(*client), *error);
            }
            self.entries.answered(*entry, *partition, self.truth.partition(*partition), *error);
        }
        if let Fact::EntryReturned { partition, entry, error, .. } = fact {
            self.returned(at, *partition, *entry, *error);
        }
        if let Fact::EntryUnreachable { partition, entry, how, .. } = fact {
            let Some(live) = self.entries.get(*entry).copied() else { return };
            self.clients.link(live.client, live.broker).release(live.unanswered);
            let judged = self.entries.unreachable(*entry, *partition, self.truth.partition(*partition), *how, self.counting);
            if judged.is_some_and(|given_up| given_up.judged_now) && self.counting {
                self.pairs.get_mut(live.pair).judged += 1;
            }
        }
    }

    fn taken(&mut self, at: Instant, partition: PartitionIx, entry: fact::EntryId) {
        let Some((live, verdict)) = self.entries.taken(at, entry, self.truth.partition(partition), self.counting) else { return };
        if self.truth.is_cut_from_client(live.broker, live.client) {
            self.entries.part(entry);
        }
        if self.counting {
            self.pairs.get_mut(live.pair).judged += 1;
        }
        if verdict == Verdict::Right && !self.pairs.get(live.pair).open.is_empty() {
            let passage = self.passage(&live, at);
            self.windows.passed(&self.pairs, live.pair, passage);
            // With acks=0 the client called it a success when it left, and will hear no more; now it is one.
            if live.unanswered {
                self.windows.succeeded(at, &mut self.pairs, live.pair, passage);
            }
        }
    }

    fn returned(&mut self, at: Instant, partition: PartitionIx, entry: fact::EntryId, error: ErrorCode) {
        // The broker's own word of its answer came before; this one changes nothing then.
        self.entries.answered(entry, partition, self.truth.partition(partition), error);
        let Some(live) = self.entries.returned(entry) else { return };
        self.clients.link(live.client, live.broker).release(false);
        let Some(taken) = live.taken else { return };
        if error.is_none() && live.met_leader && !self.pairs.get(live.pair).open.is_empty() {
            let passage = self.passage(&live, taken);
            // A fetch that is answered without error had found its leader when it was taken: what it waited for there were records. Where a cut lay
            // on the way back, it waited for the answer too.
            let at = if live.batch.is_none() && !live.parted { taken } else { at };
            self.windows.succeeded(at, &mut self.pairs, live.pair, passage);
        }
    }

    fn passage(&self, live: &Live, taken: Instant) -> Passage {
        let link = self.clients.get(live.client).links[live.broker.index()];
        let busy_since = self.pairs.get(live.pair).busy_since;
        Passage { busy_since, opening: link.opening, ready: link.ready, sent: live.sent, taken }
    }

    /// A client's process takes with it what it had not been told of.
    fn process_ended(&mut self, node: NodeIx) {
        let Some(&client) = self.client_of.get(&node) else { return };
        let forgotten = self.ledger.ended(client);
        self.messages.ended(client, &forgotten);
        self.pairs.forget_records(client);
    }

    /// Who was given a message twice, in the order of each log.
    fn count_copies(&mut self) {
        let chains = self.messages.chains_by_batch();
        let mut met: BTreeMap<BatchId, u32> = BTreeMap::new();
        for (partition, stretch) in self.logs.stretches() {
            let nth = met.entry(stretch.batch).or_default();
            let of = chains.get(&stretch.batch).map_or(&[][..], Vec::as_slice);
            let copies = self.messages.copies(stretch.batch, *nth, of);
            *nth += 1;
            if copies > 0 {
                self.deliveries.copies(partition, stretch.base, copies);
            }
        }
    }

    /// The audit found one copy of a batch in the log of its partition's true leader. All of the audit comes before [`Observers::finish`].
    pub fn audit(&mut self, batch: BatchId) {
        self.ledger.audit(batch);
        self.messages.audit(batch);
    }

    /// The durations of each client.
    fn samples(&self, clients: usize, end: Instant) -> Vec<Samples> {
        let mut samples = vec![Samples::default(); clients];
        self.windows.measure(&self.pairs, self.count_from, &mut samples);
        for (i, sample) in samples.iter_mut().enumerate() {
            sample.latency = self.ledger.latency(ClientIx(i as u32)).clone();
        }
        let delivered = |i: usize| self.deliveries.longest_delivered(ClientIx(i as u32));
        let ordinary: Vec<Option<Duration>> = samples.iter().enumerate().map(|(i, s)| s.latency.longest().max(delivered(i))).collect();
        let felt = self.windows.felt(&self.pairs, self.count_from);
        let all = interruptions::of_clients(felt, end, clients, |p| self.pairs.get(p).client.index(), |client| ordinary[client]);
        samples.iter_mut().zip(all).for_each(|(sample, interruptions)| sample.interruptions = interruptions);
        samples
    }

    /// Whether nobody feels any longer what happened before `since`: every client that believes in a leader believes in the true one, whoever has
    /// something to write or to read is served again, and no record that was handed over before waits for its answer.
    /// A producer that has had nothing for a partition since its leader moved is not waited for.
    pub fn has_settled(&self, since: Instant) -> bool {
        self.ledger.waits_since().is_none_or(|oldest| oldest >= since) && self.pairs.iter().all(|pair| self.is_served(pair))
    }

    fn is_served(&self, pair: &pairs::Pair) -> bool {
        let truth = self.truth.partition(pair.partition).leader;
        let is_right = pair.believed_leader().is_none_or(|believed| Some(believed) == truth);
        let reads = || self.deliveries.lag(pair.client, pair.partition, Offset(0)).is_some();
        is_right && (pair.open.is_empty() || pair.outstanding == 0 && !reads())
    }

    /// How many (client, partition) have been used by a request.
    pub fn used(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.sent > 0).count()
    }

    /// All that was found, when the run is over at `end`. `spec` is that of the world at the end, with topics made during the run.
    pub fn finish(mut self, spec: &Spec, end: Instant) -> Found {
        let removed = std::mem::take(&mut self.removed);
        let is_removed = |p: PartitionIx| removed.get(p.index()).copied().unwrap_or(false);
        self.entries.close();
        self.ledger.close(end, is_removed);
        self.messages.close(is_removed);
        self.count_copies();
        let committed = |p: PartitionIx| self.logs.committed(p).filter(|_| !is_removed(p));
        self.deliveries.close(end, committed, &self.logs);
        if end >= self.count_from {
            let all: Vec<PairIx> = (0..self.pairs.iter().count() as PairIx).collect();
            for pair in all {
                let pair = self.pairs.get_mut(pair);
                // What waits for a consumer are the committed records that it has not been given.
                let lag = |hw| self.deliveries.lag(pair.client, pair.partition, hw);
                if let Some(lag) = self.logs.committed(pair.partition).and_then(lag) {
                    pair.outstanding = lag;
                }
                silence::close(pair, end);
            }
        }
        let samples = self.samples(spec.clients.len(), end);
        let (clients, total) = self.tallies(spec, &samples);
        let (mut windows, mut recovery, mut stale) = (Vec::new(), PhaseSums::default(), PhaseSums::default());
        for (client, window) in self.windows.records(&self.pairs, &self.moves, spec, self.count_from) {
            recovery.add(&window.recovery_phases);
            stale.add(&window.window_phases);
            if spec.clients[client.index()].fleet.is_none() {
                windows.push(window);
            }
        }
        Found {
            digest: self.digest.text(),
            total,
            clients,
            moves: self.moves.records(spec, self.count_from),
            windows,
            recovery_phases: recovery.summaries(),
            window_phases: stale.summaries(),
            groups: self.groups.finish(spec, end),
            checks: self.checks.finish(spec, end, self.count_from, &self.ledger, is_removed),
            cluster: self.cluster.finish(&self.truth),
            gauges: self.gauges.finish(spec, end),
        }
    }
}
