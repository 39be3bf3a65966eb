//! The quantities that were measured, taken from a run in the same way.

use kafkasim::engine::Instant;
use kafkasim::kafka::{BrokerIx, LeaderEpoch, PartitionIx};
use kafkasim::observe::Fact;
use kafkasim::observe::record::{ClientRecord, RunRecord};
use kafkasim::scenario::Scenario;
use std::collections::BTreeMap;

/// By (who, quantity).
pub type Found = BTreeMap<(String, String), f64>;

/// The partitions that broker 102 leads, or is to lead.
const MOVED: [u32; 4] = [1, 4, 7, 10];
/// The answers that tell a client or follower that it asked the wrong broker.
const STALE: [&str; 3] = ["NOT_LEADER_OR_FOLLOWER", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"];

/// Looks on while a case runs. The real metadata log bears the moment at which the controller made a record, so that is taken here too.
pub struct Watch {
    count_from: Instant,
    broker_102: BrokerIx,
    first_move: Option<Instant>,
    /// The leaders that the first move named, and how long after it each took its role.
    first_moved: Vec<(PartitionIx, BrokerIx, LeaderEpoch, Option<f64>)>,
    left_ms: Option<f64>,
    /// The broker epoch at the start of the run, and when it registered anew.
    first_epoch: Option<u64>,
    registered_ms: Option<f64>,
    unfenced_ms: Option<f64>,
    was_fenced: bool,
    replica_fetch_errors: f64,
}

impl Watch {
    /// Before the run.
    pub fn new(scenario: &Scenario) -> Self {
        let position = scenario.spec.brokers.iter().position(|b| b.id == 102).expect("all cases are about broker 102");
        Watch {
            count_from: Instant::ZERO + scenario.count_from,
            broker_102: BrokerIx(position as _),
            first_move: None,
            first_moved: Vec::new(),
            left_ms: None,
            first_epoch: None,
            registered_ms: None,
            unfenced_ms: None,
            was_fenced: false,
            replica_fetch_errors: 0.0,
        }
    }

    /// Takes in a fact.
    pub fn see(&mut self, at: Instant, fact: &Fact) {
        if let Fact::BrokerCommitted { broker, epoch, .. } = fact
            && *broker == self.broker_102
        {
            self.first_epoch.get_or_insert(epoch.0);
        }
        if at < self.count_from {
            return;
        }
        match fact {
            Fact::PartitionCommitted { partition, old_leader, leader: Some(leader), leader_epoch, decided_at, .. }
                if *old_leader != Some(*leader) =>
            {
                self.moved(*partition, *leader, *leader_epoch, *decided_at);
            }
            Fact::LeaderRoleTaken { broker, partition, leader_epoch, .. } => self.role_taken(at, *broker, *partition, *leader_epoch),
            Fact::BrokerCommitted { broker, epoch, fenced, in_controlled_shutdown, .. } if *broker == self.broker_102 => {
                self.registration(at, epoch.0, *fenced, *in_controlled_shutdown);
            }
            Fact::ReplicaFetchError { .. } => self.replica_fetch_errors += 1.0,
            _ => {}
        }
    }

    fn moved(&mut self, partition: PartitionIx, leader: BrokerIx, epoch: LeaderEpoch, decided: Instant) {
        if *self.first_move.get_or_insert(decided) == decided {
            self.first_moved.push((partition, leader, epoch, None));
        }
    }

    fn role_taken(&mut self, at: Instant, broker: BrokerIx, partition: PartitionIx, epoch: LeaderEpoch) {
        let Some(moved) = self.first_move else { return };
        let mine = self.first_moved.iter_mut().find(|(p, b, e, _)| (*p, *b, *e) == (partition, broker, epoch));
        if let Some((.., taken)) = mine {
            taken.get_or_insert(at.millis_after(moved));
        }
    }

    fn registration(&mut self, at: Instant, epoch: u64, fenced: bool, leaving: bool) {
        let ms = at.millis_after(self.count_from);
        if fenced || leaving {
            self.left_ms.get_or_insert(ms);
        }
        if self.first_epoch != Some(epoch) {
            self.registered_ms.get_or_insert(ms);
        }
        if self.was_fenced && !fenced {
            self.unfenced_ms.get_or_insert(ms);
        }
        self.was_fenced |= fenced;
    }

    /// Everything, when the run is over.
    pub fn found(self, record: &RunRecord) -> Found {
        let taken: Vec<f64> = self.first_moved.iter().filter_map(|(.., taken)| *taken).collect();
        let first = self.first_move.map(|at| at.millis_after(self.count_from));
        // An election counts from its commit.
        let first = if record.scenario.name.ends_with("elect") { first.map(|_| 0.0) } else { first };
        let cluster = [
            ("first leader change committed", first),
            ("commit to leader role taken, first partition", taken.iter().copied().reduce(f64::min)),
            ("commit to leader role taken, last partition", taken.iter().copied().reduce(f64::max)),
            ("broker 102 fenced (or leaving) committed", self.left_ms),
            ("broker 102 registered again", self.registered_ms),
            ("broker 102 unfenced", self.unfenced_ms),
            ("replica fetch errors (partition entries)", Some(self.replica_fetch_errors)),
        ];
        let cluster = cluster.into_iter().filter_map(|(name, value)| Some((("cluster".to_owned(), name.to_owned()), value?)));
        let clients = record.clients.iter().flat_map(|(name, client)| {
            of_client(client).into_iter().map(move |(quantity, value)| ((name.clone(), quantity.to_owned()), value))
        });
        cluster.chain(clients).collect()
    }
}

fn of_client(client: &ClientRecord) -> [(&'static str, f64); 7] {
    let records = &client.tally.records;
    let stale: u64 = client.errors.iter().filter(|(e, _)| STALE.iter().any(|s| e.ends_with(s))).map(|(_, n)| n).sum();
    let silences = |moved: bool| -> Vec<f64> {
        client.partitions.iter().filter(|p| MOVED.contains(&p.partition) == moved).map(|p| p.longest_silence_ms).collect()
    };
    let longest = |of: &[f64]| of.iter().copied().fold(0.0, f64::max);
    let (moved, others) = (silences(true), silences(false));
    [
        ("records not served", (records.failed + records.unfinished) as f64),
        ("stale answers", stale as f64),
        ("metadata requests", client.tally.metadata_requests as f64),
        ("longest wait", client.longest_wait_ms),
        ("longest silence, moved, max of 4", longest(&moved)),
        ("longest silence, moved, median of 4", crate::rule::median(&moved)),
        ("longest silence, others", longest(&others)),
    ]
}
