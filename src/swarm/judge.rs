//! Looks at a run's facts and its record, and says what is wrong.

use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, PartitionIx, TopicIx};
use crate::model::client::profile::Library;
use crate::observe::{Fact, RunRecord};
use crate::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// In the calm, a record that has waited this long is not being served.
const SERVED_WITHIN: Duration = Duration::from_secs(20);
/// Before the end, this long, nothing may fail any more.
const HEALED_FOR: Duration = Duration::from_secs(30);

/// What a complaint is about: a smaller scenario shows the same failure when it gives a complaint of the same kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The scenario was refused.
    Refused,
    /// The simulator panicked.
    Panicked,
    /// The run took more events than it was allowed.
    TooManyEvents,
    /// A promise of the protocol was broken: the name of the check.
    Violated(String),
    /// After the calm a partition has no leader.
    Leaderless,
    /// After the calm the ISR of a partition is not full.
    UnderReplicated,
    /// After the calm a record waits.
    Waiting,
    /// In the calm a record failed.
    Failed,
    /// After the calm a client is not served.
    Unserved,
}

/// Something that is wrong with a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// What it is about.
    pub kind: Kind,
    /// The rest in words.
    pub text: String,
}

impl Complaint {
    fn new(kind: Kind, text: String) -> Complaint {
        Complaint { kind, text }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Witness {
    open: BTreeMap<(ClientIx, u64), (PartitionIx, Instant)>,
    failed: Vec<(Instant, ClientIx, PartitionIx, String)>,
    last_success: BTreeMap<ClientIx, Instant>,
    removed: BTreeSet<TopicIx>,
    /// Clients that were told OFFSET_OUT_OF_RANGE: a sarama consumer closes that partition for good.
    out_of_range: BTreeSet<ClientIx>,
    /// Idempotent producers of librdkafka that have died of a fatal error: that is what they do, until their application makes another.
    dead: BTreeSet<ClientIx>,
}

impl Witness {
    /// A fact of the run.
    pub(super) fn see(&mut self, at: Instant, fact: &Fact) {
        match fact {
            Fact::RecordCreated { client, record, partition } => {
                self.open.insert((*client, *record), (*partition, at));
            }
            Fact::RecordDone { client, record, partition, error, .. } => {
                self.open.remove(&(*client, *record));
                if error.is_none() {
                    self.last_success.insert(*client, at);
                } else if *error == ErrorCode::Fatal {
                    self.dead.insert(*client);
                } else {
                    self.failed.push((at, *client, *partition, format!("{error:?}")));
                }
            }
            Fact::EntryReturned { client, error: ErrorCode::OffsetOutOfRange, .. } => {
                self.out_of_range.insert(*client);
            }
            Fact::Delivered { client, .. } => {
                self.last_success.insert(*client, at);
            }
            Fact::TopicRemoved { topic } => {
                self.removed.insert(*topic);
            }
            _ => {}
        }
    }

    /// Everything that is wrong when the run has ended.
    pub(super) fn complaints(&self, scenario: &Scenario, record: &RunRecord) -> Vec<Complaint> {
        let end = Instant::ZERO + scenario.count_from + scenario.duration;
        let violated = record.checks.violated.iter();
        let mut wrong: Vec<Complaint> = violated
            .map(|v| Complaint::new(Kind::Violated(v.check.clone()), format!("at {} ms {} violated: {}", v.at_ms, v.check, v.text)))
            .collect();
        let (leaderless, short) = (record.cluster.leaderless_at_end, record.cluster.under_replicated_at_end);
        if leaderless > 0 {
            wrong.push(Complaint::new(Kind::Leaderless, format!("after the calm {leaderless} partitions have no leader")));
        }
        if short > 0 {
            wrong.push(Complaint::new(Kind::UnderReplicated, format!("after the calm {short} partitions are under-replicated")));
        }
        wrong.extend(self.unserved(scenario, end));
        wrong
    }

    fn unserved(&self, scenario: &Scenario, end: Instant) -> Vec<Complaint> {
        let gone = |p: PartitionIx| scenario.spec.partitions.get(p.index()).is_some_and(|p| self.removed.contains(&p.topic));
        let name = |c: ClientIx| &scenario.spec.clients[c.index()].name;
        let mut wrong = Vec::new();
        let waiting: Vec<_> = self.open.iter().filter(|(_, (p, since))| !gone(*p) && *since + SERVED_WITHIN < end).collect();
        if let Some(((client, id), (partition, since))) = waiting.first() {
            let (count, name) = (waiting.len(), name(*client));
            let text = format!("{count} records wait too long, such as {id} of {name} for {partition:?} since {since:?}");
            wrong.push(Complaint::new(Kind::Waiting, text));
        }
        let late = self.failed.iter().filter(|(at, _, p, _)| !gone(*p) && *at + HEALED_FOR > end);
        wrong
            .extend(late.take(3).map(|(at, c, p, error)| {
                Complaint::new(Kind::Failed, format!("{} failed {p:?} at {at:?} in the calm: {error}", name(*c)))
            }));
        let clients = (0..scenario.spec.clients.len() as u32).map(ClientIx);
        let silent = clients
            .filter(|c| !self.has_given_up(*c, scenario))
            .filter(|c| !self.is_served(*c, end) && self.has_something(*c, scenario, end));
        wrong.extend(
            silent.map(|c| {
                Complaint::new(Kind::Unserved, format!("{} is not served, last success {:?}", name(c), self.last_success.get(&c)))
            }),
        );
        wrong
    }

    fn has_given_up(&self, client: ClientIx, scenario: &Scenario) -> bool {
        let library = scenario.spec.clients[client.index()].profile.library;
        self.dead.contains(&client) || (library == Library::Sarama && self.out_of_range.contains(&client))
    }

    fn is_served(&self, client: ClientIx, end: Instant) -> bool {
        self.last_success.get(&client).is_some_and(|at| *at + SERVED_WITHIN >= end)
    }

    /// A producer always has; a consumer while somebody's records to its topics are acknowledged.
    fn has_something(&self, client: ClientIx, scenario: &Scenario, end: Instant) -> bool {
        let clients = &scenario.spec.clients;
        let Some(consumption) = clients[client.index()].consumption() else { return true };
        let writes = |c: &ClientIx| clients[c.index()].workload().is_some_and(|w| w.topics.iter().any(|t| consumption.topics.contains(t)));
        (0..clients.len() as u32).map(ClientIx).filter(writes).any(|c| self.is_served(c, end))
    }
}
