//! Whether the clients are served.

use super::patience::{self, Patience};
use super::{Complaint, Kind};
use crate::engine::{Duration, Instant};
use crate::kafka::{ClientIx, ErrorCode, GroupIx, PartitionIx, TopicIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::message::Acks;
use crate::model::spec::ClientSpec;
use crate::observe::Fact;
use crate::observe::fact::{EntryId, RecordId, Why};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// A consumer that reads what others write may be so much later than they.
const ON_THE_WAY: Duration = Duration::from_secs(10);

/// What was seen of one client.
#[derive(Clone, Debug)]
struct Seen {
    /// What is expected of it, or why nothing is.
    patience: Result<Patience, &'static str>,
    /// It asks for no answers.
    fire_and_forget: bool,
    library: Library,
    /// Its `send()` waits until it has metadata of the topic, up to `max.block.ms`.
    send_blocks: bool,
    open: BTreeMap<RecordId, (PartitionIx, Instant)>,
    entries: BTreeMap<EntryId, (PartitionIx, Instant)>,
    /// Partitions whose leader has refused a batch as out of order: what waits there may be tried again for longer.
    out_of_order: BTreeSet<PartitionIx>,
    success: Option<Instant>,
    /// When it last wrote to each partition.
    written: BTreeMap<PartitionIx, Instant>,
    /// Partitions that were added since it began: most libraries read those that there were, a group hears of others by its leader's next look
    /// at the topic, which may be minutes away.
    added: BTreeSet<PartitionIx>,
    /// A record that failed although all had been well for longer than the client needs.
    failed: Option<(Instant, PartitionIx, ErrorCode)>,
}

/// What nobody can write to or read.
pub(super) struct Silent<'w> {
    /// Topics that were deleted.
    pub removed: &'w BTreeSet<TopicIx>,
    /// Partitions that have fewer replicas than an ISR needs, or nobody who may lead.
    pub starved: &'w BTreeSet<PartitionIx>,
}

impl Silent<'_> {
    fn is_silent(&self, partition: PartitionIx, spec: &Spec) -> bool {
        let is_gone = |topic: TopicIx| self.removed.contains(&topic);
        self.starved.contains(&partition) || spec.partitions.get(partition.index()).is_some_and(|p| is_gone(p.topic))
    }
}

/// What waits of a client: the complaint that it may become, its word, and since when.
type Waits = [(Kind, &'static str, Vec<(PartitionIx, Instant)>); 2];

/// All clients.
pub(super) struct Clients {
    seen: Vec<Seen>,
    /// The last moment at which leadership, an ISR, a broker or the controller changed.
    unrest: Instant,
}

impl Clients {
    pub fn new(spec: &Spec) -> Clients {
        let seen = |client: &ClientSpec| Seen {
            patience: patience::of_client(client, spec),
            fire_and_forget: client.acks() == Some(Acks::None),
            library: client.profile.library,
            send_blocks: matches!(client.profile.library, Library::Java | Library::KafkaPython),
            open: BTreeMap::new(),
            entries: BTreeMap::new(),
            out_of_order: BTreeSet::new(),
            success: None,
            written: BTreeMap::new(),
            added: BTreeSet::new(),
            failed: None,
        };
        Clients { seen: spec.clients.iter().map(seen).collect(), unrest: Instant::ZERO }
    }

    /// The patience that the most patient of them asks for.
    pub fn patience(&self) -> Duration {
        self.seen.iter().filter_map(|seen| seen.patience.ok()).map(|p| p.recovers).max().unwrap_or(Duration::ZERO)
    }

    /// Why clients are not judged.
    pub fn unjudged(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.seen.iter().filter_map(|seen| seen.patience.err())
    }

    /// The cluster changed.
    pub fn unrest(&mut self, at: Instant) {
        self.unrest = at;
    }

    /// A broker has started and serves: what failed before that failed in no calm. A process that was started while its machine worked slowly
    /// may take many times as long as usual.
    pub fn served(&mut self, at: Instant) {
        self.unrest = at;
        self.seen.iter_mut().for_each(|seen| seen.failed = None);
    }

    /// A fact of the run, and since when it has been calm.
    pub fn see(&mut self, at: Instant, fact: &Fact, calm_since: Instant) {
        if let Fact::RecordCreated { client, record, partition } = fact {
            self.seen[client.index()].open.insert(*record, (*partition, at));
        }
        if let Fact::RecordDone { client, record, partition, created_at, error, .. } = fact {
            let quiet_since = self.unrest.max(calm_since);
            self.seen[client.index()].done(at, *record, *partition, created_at.max(&quiet_since).since(quiet_since), *error);
        }
        if let Fact::PartitionCommitted { partition, why: Why::Created, .. } = fact {
            self.seen.iter_mut().for_each(|seen| _ = seen.added.insert(*partition));
        }
        if let Fact::Delivered { client, .. } = fact {
            self.seen[client.index()].success = Some(at);
        }
        if let Fact::EntrySent { client, partition, entry, .. } = fact {
            self.seen[client.index()].entries.insert(*entry, (*partition, at));
        }
        if let Fact::EntryReturned { client, entry, .. } | Fact::EntryUnreachable { client, entry, .. } = fact {
            self.seen[client.index()].entries.remove(entry);
        }
        if let Fact::EntryReturned { client, partition, error: ErrorCode::OutOfOrderSequenceNumber, .. } = fact {
            self.seen[client.index()].out_of_order.insert(*partition);
        }
        // A sarama consumer closes such a partition for good.
        if let Fact::EntryReturned { client, error: ErrorCode::OffsetOutOfRange, .. } = fact
            && self.seen[client.index()].library == Library::Sarama
        {
            self.seen[client.index()].patience = Err("a sarama consumer whose position was out of range");
        }
    }

    /// A process begins with the partitions that there are.
    pub fn started(&mut self, client: ClientIx) {
        self.seen[client.index()].added.clear();
    }

    /// What a process had does not outlive it.
    pub fn ended(&mut self, client: ClientIx) {
        let seen = &mut self.seen[client.index()];
        seen.entries.clear();
        seen.open.clear();
        seen.out_of_order.clear();
    }

    /// Who is not served now.
    pub fn complaints(&self, world: &World, silent: &Silent<'_>, calm_since: Instant, wrong: &mut Vec<Complaint>) {
        let (spec, now) = (world.spec(), world.now());
        for (client, seen) in self.clients(spec) {
            let Ok(patience) = seen.patience else { continue };
            let name = &client.name;
            let more = |p: PartitionIx| if seen.out_of_order.contains(&p) { patience.out_of_order } else { Duration::ZERO };
            for (kind, what, list) in seen.waits(client, silent) {
                let is_late = |(p, at): &(PartitionIx, Instant)| {
                    !silent.is_silent(*p, spec) && *at + (patience.between + ON_THE_WAY + more(*p)) < now
                };
                let late = list.into_iter().find(is_late);
                wrong.extend(
                    late.map(|(p, at)| Complaint::new(kind, format!("{what} of {name} to {} waits since {at:?}", spec.partition_name(p)))),
                );
            }
            if let Some((at, p, error)) = seen.failed.filter(|(_, p, _)| !silent.is_silent(*p, spec)) {
                let text = format!("{name} failed to write to {} at {at:?} in the calm: {}", spec.partition_name(p), error.name());
                wrong.push(Complaint::new(Kind::Failed, text));
            }
        }
        let has_silent = |topic: TopicIx| spec.topics[topic.index()].partitions.iter().any(|p| silent.is_silent(*p, spec));
        self.unserved(spec, now, calm_since, &has_silent, wrong);
    }

    /// Whether somebody has something in hand yet from before all was quiet: it has not recovered, even where that has not waited for too long.
    /// So a machine that was powered off answers nothing of what was sent before, and a client that may send no more until then hears of it
    /// when its request times out (`NetworkClient.handleTimedOutRequests`).
    pub fn are_behind(&self, spec: &Spec, silent: &Silent<'_>, calm_since: Instant) -> bool {
        let quiet_since = self.unrest.max(calm_since);
        self.clients(spec).filter(|(_, seen)| seen.patience.is_ok()).any(|(client, seen)| {
            let waits = seen.waits(client, silent).into_iter().flat_map(|(_, _, list)| list);
            waits.into_iter().any(|(p, at)| !silent.is_silent(p, spec) && at < quiet_since)
        })
    }

    fn clients<'a>(&'a self, spec: &'a Spec) -> impl Iterator<Item = (&'a ClientSpec, &'a Seen)> {
        spec.clients.iter().zip(&self.seen).filter(|(client, _)| !has_stopped(client))
    }

    /// Whether a partition was added since this one began, or another member of its group.
    fn is_added(&self, spec: &Spec, seen: &Seen, group: Option<GroupIx>, partition: PartitionIx) -> bool {
        let of_group = |group| spec.members(group).any(|(member, _)| self.seen[member.index()].added.contains(&partition));
        seen.added.contains(&partition) || group.is_some_and(of_group)
    }

    fn unserved(&self, spec: &Spec, now: Instant, calm_since: Instant, is_silent: &dyn Fn(TopicIx) -> bool, wrong: &mut Vec<Complaint>) {
        let served = |seen: &Seen, within: Duration| seen.success.is_some_and(|at| at > calm_since && at + within >= now);
        let mut groups: BTreeMap<GroupIx, bool> = BTreeMap::new();
        for (client, seen) in self.clients(spec) {
            let Ok(patience) = seen.patience else { continue };
            let Some(consumption) = client.consumption() else {
                let topics = &client.workload().expect("who does not read writes").topics;
                let within = patience.between + if seen.out_of_order.is_empty() { Duration::ZERO } else { patience.out_of_order };
                if !topics.iter().any(|t| is_silent(*t)) && !served(seen, within) {
                    wrong.push(unserved(&client.name, seen));
                }
                continue;
            };
            // Somebody who writes all the time to what it reads.
            let is_read = |p: PartitionIx| !self.is_added(spec, seen, consumption.group, p) && is_of(spec, p, &consumption.topics);
            let writer = self.clients(spec).filter_map(|(other, s)| Some((other.workload()?, s, s.patience.ok()?))).find(|(work, s, p)| {
                let last = s.written.iter().filter(|(p, _)| is_read(**p)).map(|(_, at)| *at).max();
                work.rate >= 1.0
                    && consumption.topics.iter().all(|t| work.topics.contains(t))
                    && last.is_some_and(|at| at > calm_since && at + p.between >= now)
            });
            let Some((_, _, writers)) = writer.filter(|_| !consumption.topics.iter().any(|t| is_silent(*t))) else { continue };
            let within = patience.between + writers.between + ON_THE_WAY;
            // A member of whom nothing is expected may hold all partitions of its group.
            let all_judged = |group: GroupIx| spec.members(group).all(|(member, _)| self.seen[member.index()].patience.is_ok());
            match consumption.group {
                Some(group) if !all_judged(group) => {}
                // What this one may read can be another's, who may read more.
                Some(group) => {
                    *groups.entry(group).or_default() |= spec.members(group).any(|(member, _)| served(&self.seen[member.index()], within));
                }
                None if !served(seen, within) => wrong.push(unserved(&client.name, seen)),
                None => {}
            }
        }
        // A group may have more members than partitions.
        let silent = groups.into_iter().filter(|(_, served)| !served);
        wrong
            .extend(silent.map(|(group, _)| {
                Complaint::new(Kind::Unserved, format!("nobody of group {} is served", spec.groups[group.index()].name))
            }));
    }
}

fn is_of(spec: &Spec, partition: PartitionIx, topics: &[TopicIx]) -> bool {
    spec.partitions.get(partition.index()).is_some_and(|p| topics.contains(&p.topic))
}

fn unserved(name: &str, seen: &Seen) -> Complaint {
    Complaint::new(Kind::Unserved, format!("{name} is not served, its last success was at {:?}", seen.success))
}

/// Whether it ends before the run does: then nothing is expected of it.
fn has_stopped(client: &ClientSpec) -> bool {
    client.workload().is_some_and(|w| w.stop.is_some()) || client.consumption().is_some_and(|c| c.stop.is_some())
}

impl Seen {
    /// What is in hand that must come to an end.
    fn waits(&self, client: &ClientSpec, silent: &Silent<'_>) -> Waits {
        // Where `send()` blocks for a topic that is gone, what the application would write to others waits with it.
        let is_blocked = self.send_blocks && client.workload().is_some_and(|w| w.topics.iter().any(|t| silent.removed.contains(t)));
        let records = if is_blocked { Vec::new() } else { self.open.values().copied().collect() };
        let requests = if self.fire_and_forget { Vec::new() } else { self.entries.values().copied().collect() };
        [(Kind::Waiting, "a record", records), (Kind::InFlight, "a request", requests)]
    }

    /// A record's fate is known; it was handed over so long after all was quiet.
    fn done(&mut self, at: Instant, record: RecordId, partition: PartitionIx, quiet: Duration, error: ErrorCode) {
        self.open.remove(&record);
        if error.is_none() {
            self.success = Some(at);
            self.written.insert(partition, at);
            return;
        }
        if error == ErrorCode::Fatal {
            self.patience = Err("an idempotent producer of librdkafka that died of a fatal error");
        }
        // An application that hands over more than its library holds is told so at once.
        let is_full = error == ErrorCode::QueueFull;
        if !is_full && self.patience.is_ok_and(|p| p.persistent && quiet > p.recovers) {
            self.failed = Some((at, partition, error));
        }
    }
}
