//! Looks at a run's facts and its record, and says what is wrong.

use kafkasim::engine::{Duration, Instant};
use kafkasim::kafka::{ClientIx, ErrorCode, PartitionIx, TopicIx};
use kafkasim::model::client::profile::Library;
use kafkasim::observe::{Fact, RunRecord};
use kafkasim::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// In the calm, a record that has waited this long is not being served.
const SERVED_WITHIN: Duration = Duration::from_secs(20);
/// Before the end, this long, nothing may fail any more.
const HEALED_FOR: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Default)]
pub struct Witness {
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
    pub fn see(&mut self, at: Instant, fact: &Fact) {
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
    pub fn complaints(&self, scenario: &Scenario, record: &RunRecord) -> Vec<String> {
        let end = Instant::ZERO + scenario.count_from + scenario.duration;
        let mut wrong: Vec<String> =
            record.checks.violated.iter().map(|v| format!("at {} ms {} violated: {}", v.at_ms, v.check, v.text)).collect();
        let cluster = &record.cluster;
        if cluster.leaderless_at_end + cluster.under_replicated_at_end > 0 {
            let (leaderless, short) = (cluster.leaderless_at_end, cluster.under_replicated_at_end);
            wrong.push(format!("after the calm {leaderless} partitions have no leader, {short} are under-replicated"));
        }
        wrong.extend(self.unserved(scenario, end));
        wrong
    }

    fn unserved(&self, scenario: &Scenario, end: Instant) -> Vec<String> {
        let gone = |p: PartitionIx| scenario.spec.partitions.get(p.index()).is_some_and(|p| self.removed.contains(&p.topic));
        let name = |c: ClientIx| &scenario.spec.clients[c.index()].name;
        let mut wrong = Vec::new();
        let waiting: Vec<_> = self.open.iter().filter(|(_, (p, since))| !gone(*p) && *since + SERVED_WITHIN < end).collect();
        if let Some(((client, id), (partition, since))) = waiting.first() {
            let (count, name) = (waiting.len(), name(*client));
            wrong.push(format!("{count} records wait too long, such as {id} of {name} for {partition:?} since {since:?}"));
        }
        let late = self.failed.iter().filter(|(at, _, p, _)| !gone(*p) && *at + HEALED_FOR > end);
        wrong.extend(late.take(3).map(|(at, c, p, error)| format!("{} failed {p:?} at {at:?} in the calm: {error}", name(*c))));
        let clients = (0..scenario.spec.clients.len() as u32).map(ClientIx);
        let silent = clients
            .filter(|c| !self.has_given_up(*c, scenario))
            .filter(|c| !self.is_served(*c, end) && self.has_something(*c, scenario, end));
        wrong.extend(silent.map(|c| format!("{} is not served, last success {:?}", name(c), self.last_success.get(&c))));
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
