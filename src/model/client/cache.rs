//! What a client believes: a few offsets into the metadata log and a small overlay of leader hints.
//!
//! Leader epochs only grow along the log, so the rule that an older answer cannot roll a partition back
//! (`Metadata.updateLatestMetadata`) makes a topic's view the newest of all answers; the list of brokers is that of the last
//! answer, which may be older (`MetadataSnapshot.mergeWith`).

use crate::engine::{Instant, Stream, mix};
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, MetadataOffset, PartitionIx, TopicIx};
use crate::model::message::LeaderHint;
use crate::model::metadata::Changed;
use crate::model::{Broken, Channel, History, Outbox, Spec};
use crate::observe::Fact;
use crate::observe::fact::Told;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What differs between libraries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub epochs: Epochs,
    pub hints: Hints,
}

/// What an answer older than what is known does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Epochs {
    /// Nothing: a lower leader epoch is no news (`Metadata.updateLatestMetadata`).
    RejectOlder,
    /// It replaces what is known: the library compares no epochs.
    AcceptAny,
    /// Nothing, so many times in a row; then it is taken.
    RejectOlderTimes(u32),
}

/// Which leader hints count (KIP-951).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hints {
    /// Those with a higher epoch than known.
    Newer,
    /// Those with the same epoch too.
    NotOlder,
    /// Those with the same epoch too when they name another leader.
    NewerOrOtherLeader,
}

/// A client's metadata cache (`MetadataSnapshot` with `ProducerMetadata`'s topic set).
#[derive(Clone, Debug)]
pub(super) struct Cache {
    client: ClientIx,
    policy: Policy,
    nodes: Nodes,
    topics: BTreeMap<TopicIx, Topic>,
    /// Hints that are newer than the answers (KIP-951), ascending by partition.
    hints: Vec<(PartitionIx, BrokerIx, LeaderEpoch)>,
    /// Partitions of known topics without a leader in the newest answer, ascending.
    leaderless: Vec<PartitionIx>,
    /// Counts snapshots: each has its list of nodes in another random order.
    snapshot: u64,
}

/// The list of nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Nodes {
    /// The bootstrap addresses.
    Bootstrap,
    /// Those of the last answer, and those that hints have added since.
    Answered { offset: MetadataOffset, added: SmallVec<[BrokerIx; 2]> },
}

#[derive(Clone, Copy, Debug)]
struct Topic {
    /// The newest answer about it, over all answers; kept when the topic leaves the snapshot (`lastSeenLeaderEpochs`).
    offset: Option<MetadataOffset>,
    /// Whether it is in the snapshot.
    known: bool,
    /// No answer has listed it yet (`ProducerMetadata.newTopics`).
    new: bool,
    /// When it is forgotten unless it is used.
    expires_at: Instant,
    /// Answers in a row that were older than what is known.
    rewinds: u32,
}

/// A metadata answer.
pub(super) struct Answer<'a> {
    pub broker: BrokerIx,
    pub offset: MetadataOffset,
    pub topics: &'a [TopicIx],
}

/// What an answer meant for the next refresh.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Learned {
    /// Some partition's epoch is newer than any seen.
    pub newer: bool,
    /// Some topic or partition had an error that asks for another refresh.
    pub invalid: bool,
    /// Some topic had.
    pub unknown_topic: bool,
}

/// What the client reads: the committed metadata (only as far as its own offsets) and what things are called.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    pub history: &'a History,
    pub spec: &'a Spec,
}

type Belief = (Option<BrokerIx>, LeaderEpoch);

/// One partition before an answer or hint: what was believed, and the newest epoch seen.
struct Before {
    partition: PartitionIx,
    belief: Belief,
    seen: Option<LeaderEpoch>,
}

impl Epochs {
    /// Whether an older answer, after so many `rewinds` in a row, is no news. `rolls_back`: some partition's epoch is older in it.
    fn reject(self, rewinds: &mut u32, rolls_back: impl FnOnce() -> bool) -> bool {
        match self {
            Epochs::RejectOlder => true,
            Epochs::AcceptAny => false,
            Epochs::RejectOlderTimes(most) => {
                *rewinds = if rolls_back() { *rewinds + 1 } else { 0 };
                *rewinds <= most
            }
        }
    }
}

impl Cache {
    /// A cache that knows the bootstrap addresses only.
    pub(super) fn new(client: ClientIx, policy: Policy) -> Self {
        Cache { client, policy, nodes: Nodes::Bootstrap, topics: BTreeMap::new(), hints: Vec::new(), leaderless: Vec::new(), snapshot: 0 }
    }

    /// Whether a topic is in the snapshot, and with how many partitions.
    pub(super) fn partition_count(&self, topic: TopicIx, history: &History) -> Option<usize> {
        let known = self.topics.get(&topic).filter(|t| t.known)?;
        Some(history.topic(topic, known.offset?)?.partitions.len())
    }

    /// The partitions of a topic, none of them where an answer says that there is no such topic; nothing as long as no answer has told of it.
    pub(super) fn told(&self, topic: TopicIx, read: Reference<'_>) -> Option<Vec<PartitionIx>> {
        let answered = self.nodes != Nodes::Bootstrap && self.topics.get(&topic).is_some_and(|t| !t.new);
        let count = self.partition_count(topic, read.history).unwrap_or(0);
        answered.then(|| read.spec.topics[topic.index()].partitions.iter().take(count).copied().collect())
    }

    /// The topics that a full (or partial) request names (`ProducerMetadata.newMetadataRequestBuilder…`).
    pub(super) fn request_topics(&self, partial: bool) -> SmallVec<[TopicIx; 4]> {
        self.topics.iter().filter(|(_, t)| !partial || t.new).map(|(topic, _)| *topic).collect()
    }

    /// `ProducerMetadata.add`: a topic is used; true when it is new to the set.
    pub(super) fn add(&mut self, topic: TopicIx, expires_at: Instant) -> bool {
        let known = self.topics.get_mut(&topic);
        if let Some(t) = known {
            t.expires_at = expires_at;
            return false;
        }
        self.topics.insert(topic, Topic { offset: None, known: false, new: true, expires_at, rewinds: 0 });
        true
    }

    /// Whether a topic has been in no answer yet.
    pub(super) fn is_new(&self, topic: TopicIx) -> bool {
        self.topics.get(&topic).is_some_and(|t| t.new)
    }

    /// Takes a whole view as believed since long ago.
    pub(super) fn warm(&mut self, topics: &[TopicIx], offset: MetadataOffset, expires_at: Instant, read: Reference<'_>, out: &mut Outbox) {
        self.nodes = Nodes::Answered { offset, added: SmallVec::new() };
        for &topic in topics {
            if let Some(registration) = read.history.topic(topic, offset) {
                self.topics.insert(topic, Topic { offset: Some(offset), known: true, new: false, expires_at, rewinds: 0 });
                for &partition in &registration.partitions {
                    self.note_leaderless(partition, read.history.leader_answer(partition, offset).0);
                }
            }
        }
        for partition in self.all_partitions(read.history) {
            let (leader, leader_epoch) = self.belief(partition, read);
            let told = Told::Metadata(leader.unwrap_or(BrokerIx(0)), offset);
            out.fact(Fact::BeliefChanged { client: self.client, partition, leader, leader_epoch, told });
        }
    }

    /// The leader that the client would send to, and the epoch that it knows (`Cluster.leaderFor`,
    /// `MetadataSnapshot.leaderEpochFor`): no leader when its node is not in the list.
    pub(super) fn belief(&self, partition: PartitionIx, read: Reference<'_>) -> Belief {
        let Some(offset) = self.known_offset(partition, read.spec) else { return (None, LeaderEpoch(0)) };
        let (leader, epoch) = match self.hint(partition) {
            Some((leader, epoch)) => (Some(leader), epoch),
            None => {
                let (_, leader, epoch) = read.history.leader_answer(partition, offset);
                (leader, epoch)
            }
        };
        (leader.filter(|b| self.lists(*b, read.history)), epoch)
    }

    /// Whether the partition is in the snapshot at all.
    fn is_cached(&self, partition: PartitionIx, read: Reference<'_>) -> bool {
        self.known_offset(partition, read.spec).is_some_and(|offset| read.history.partition(partition, offset).is_some())
    }

    fn known_offset(&self, partition: PartitionIx, spec: &Spec) -> Option<MetadataOffset> {
        let topic = spec.partitions.get(partition.index())?.topic;
        self.topics.get(&topic).filter(|t| t.known)?.offset
    }

    fn hint(&self, partition: PartitionIx) -> Option<(BrokerIx, LeaderEpoch)> {
        let i = self.hints.binary_search_by_key(&partition, |h| h.0).ok()?;
        Some((self.hints[i].1, self.hints[i].2))
    }

    /// The newest epoch ever accepted (`lastSeenLeaderEpochs`).
    fn last_seen(&self, partition: PartitionIx, read: Reference<'_>) -> Option<LeaderEpoch> {
        let topic = read.spec.partitions.get(partition.index())?.topic;
        let base = self.topics.get(&topic)?.offset.and_then(|offset| read.history.partition(partition, offset)).map(|p| p.leader_epoch);
        base.max(self.hint(partition).map(|h| h.1))
    }

    /// How often the snapshot has been replaced as a whole (`Metadata.updateVersion`): by an answer, or by the bootstrap addresses.
    pub(super) fn version(&self) -> u64 {
        self.snapshot
    }

    /// Whether a broker is in the list of nodes.
    pub(super) fn lists(&self, broker: BrokerIx, history: &History) -> bool {
        match &self.nodes {
            Nodes::Bootstrap => false,
            Nodes::Answered { offset, added } => history.broker(broker, *offset).is_some_and(|r| !r.fenced) || added.contains(&broker),
        }
    }

    /// The nodes in this snapshot's own random order (`Cluster` shuffles its list).
    pub(super) fn nodes(&self, bootstrap: &[BrokerIx], read: Reference<'_>, shuffle: Stream) -> SmallVec<[(Channel, BrokerIx); 8]> {
        let mut nodes: SmallVec<[(Channel, BrokerIx); 8]> = match &self.nodes {
            Nodes::Bootstrap => bootstrap.iter().enumerate().map(|(i, b)| (Channel::Bootstrap(i as u32), *b)).collect(),
            Nodes::Answered { offset, added } => {
                let extra = added.iter().copied().filter(|b| read.history.broker(*b, *offset).is_none_or(|r| r.fenced));
                read.history.listed_brokers(*offset).chain(extra).map(|b| (Channel::Broker(b), b)).collect()
            }
        };
        nodes.sort_by_key(|(channel, _)| shuffle.at(mix(self.snapshot, read.spec.channel_key(*channel).bits())).bits());
        nodes
    }

    /// Takes an answer in (`Metadata.handleMetadataResponse`).
    pub(super) fn apply(&mut self, answer: &Answer<'_>, now: Instant, read: Reference<'_>, out: &mut Outbox) -> Learned {
        let epochs = if accepts_any(read) { Epochs::AcceptAny } else { self.policy.epochs };
        let before = self.before(answer, read);
        let mut learned = Learned::default();
        self.nodes = Nodes::Answered { offset: answer.offset, added: SmallVec::new() };
        self.snapshot += 1;
        let mut newest: SmallVec<[TopicIx; 4]> = SmallVec::new();
        for &topic in answer.topics {
            let Some(state) = self.topics.get_mut(&topic) else { continue };
            if state.expires_at <= now && !state.new {
                self.remove(topic, read.spec);
                continue;
            }
            state.new = false;
            state.known = read.history.topic(topic, answer.offset).is_some();
            if !state.known {
                // A topic-level UNKNOWN_TOPIC_OR_PARTITION: out of the snapshot, and ask again.
                learned.invalid = true;
                learned.unknown_topic = true;
                continue;
            }
            let older = state.offset.filter(|old| answer.offset < *old);
            if let Some(known) = older
                && epochs.reject(&mut state.rewinds, || rolls_back(read.history, topic, known, answer.offset))
            {
                learned.invalid |= has_leaderless(read.history, topic, answer.offset);
                continue;
            }
            state.rewinds = 0;
            state.offset = Some(answer.offset);
            newest.push(topic);
        }
        for b in &before {
            let (error, _, epoch) = read.history.leader_answer(b.partition, answer.offset);
            if newest.contains(&read.spec.partitions[b.partition.index()].topic) && error != ErrorCode::UnknownTopicOrPartition {
                learned.newer |= b.seen.is_none_or(|seen| epoch > seen);
                let keeps_newer_hints = epochs != Epochs::AcceptAny;
                self.hints.retain(|h| h.0 != b.partition || (keeps_newer_hints && h.2 > epoch));
                self.note_leaderless(b.partition, error);
            }
        }
        learned.invalid |= self.leaderless.iter().any(|p| newest.contains(&read.spec.partitions[p.index()].topic));
        self.tell(&before, Told::Metadata(answer.broker, answer.offset), read, out);
        learned
    }

    /// Takes the leader hint of an error in (`Metadata.updatePartitionLeadership`, KIP-951), if its epoch counts and its node is known or
    /// told beside it. True when it was taken.
    pub(super) fn take_hint(
        &mut self,
        from: BrokerIx,
        partition: PartitionIx,
        hint: LeaderHint,
        read: Reference<'_>,
        out: &mut Outbox,
    ) -> bool {
        let seen = self.last_seen(partition, read);
        let reachable = hint.has_endpoint || self.lists(hint.leader, read.history);
        let other_leader = self.belief(partition, read).0 != Some(hint.leader);
        let counts = |seen| match self.policy.hints {
            Hints::Newer => hint.leader_epoch > seen,
            Hints::NotOlder => hint.leader_epoch >= seen,
            Hints::NewerOrOtherLeader => hint.leader_epoch > seen || (hint.leader_epoch == seen && other_leader),
        };
        let counts = accepts_any(read) || seen.is_none_or(counts);
        if !counts || !reachable || !self.is_cached(partition, read) {
            return false;
        }
        // A node that the hint adds may be what other partitions' leaders were missing.
        let listed = self.lists(hint.leader, read.history);
        let before = self.look(if listed { vec![partition] } else { self.all_partitions(read.history) }, read);
        let entry = (partition, hint.leader, hint.leader_epoch);
        match self.hints.binary_search_by_key(&partition, |h| h.0) {
            Ok(i) => self.hints[i] = entry,
            Err(i) => self.hints.insert(i, entry),
        }
        if let Nodes::Answered { added, .. } = &mut self.nodes
            && !listed
        {
            added.push(hint.leader);
        }
        self.tell(&before, Told::Hint(from), read, out);
        true
    }

    /// `Metadata.rebootstrap`: the bootstrap addresses, no topics; the epochs seen are kept.
    pub(super) fn rebootstrap(&mut self, read: Reference<'_>, out: &mut Outbox) {
        let before = self.look(self.all_partitions(read.history), read);
        self.nodes = Nodes::Bootstrap;
        self.snapshot += 1;
        for topic in self.topics.values_mut() {
            topic.known = false;
        }
        self.tell(&before, Told::Forgot, read, out);
    }

    fn remove(&mut self, topic: TopicIx, spec: &Spec) {
        self.topics.remove(&topic);
        self.hints.retain(|h| spec.partitions[h.0.index()].topic != topic);
        self.leaderless.retain(|p| spec.partitions[p.index()].topic != topic);
    }

    fn note_leaderless(&mut self, partition: PartitionIx, error: ErrorCode) {
        match (self.leaderless.binary_search(&partition), error == ErrorCode::LeaderNotAvailable) {
            (Err(i), true) => self.leaderless.insert(i, partition),
            (Ok(i), false) => {
                self.leaderless.remove(i);
            }
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    /// Every partition that the answer may say something new about, as it is believed now.
    fn before(&self, answer: &Answer<'_>, read: Reference<'_>) -> Vec<Before> {
        let mut partitions = Vec::new();
        if self.node_list_changes(answer.offset, read.history) {
            partitions = self.all_partitions(read.history);
        }
        let mut from = answer.offset;
        for topic in answer.topics {
            match self.topics.get(topic) {
                Some(Topic { offset: Some(offset), known: true, .. }) if read.history.topic(*topic, answer.offset).is_some() => {
                    from = from.min(*offset);
                }
                // New to the snapshot, or about to leave it.
                Some(Topic { offset, .. }) => {
                    let registration = read.history.topic(*topic, offset.map_or(answer.offset, |o| o.max(answer.offset)));
                    let registration = registration.or_else(|| read.history.topic(*topic, (*offset)?));
                    partitions.extend(registration.map_or(&[][..], |r| &r.partitions[..]));
                }
                None => {}
            }
        }
        for changed in read.history.changes(from, answer.offset) {
            if let Changed::Partition(partition) = changed
                && answer.topics.contains(&read.spec.partitions[partition.index()].topic)
            {
                partitions.push(*partition);
            }
        }
        self.look(partitions, read)
    }

    fn look(&self, mut partitions: Vec<PartitionIx>, read: Reference<'_>) -> Vec<Before> {
        partitions.sort_unstable();
        partitions.dedup();
        let see = |partition| Before { partition, belief: self.belief(partition, read), seen: self.last_seen(partition, read) };
        partitions.into_iter().map(see).collect()
    }

    fn tell(&self, before: &[Before], told: Told, read: Reference<'_>, out: &mut Outbox) {
        for b in before {
            let (leader, leader_epoch) = self.belief(b.partition, read);
            if (leader, leader_epoch) == b.belief {
                continue;
            }
            // What is no longer in the snapshot was forgotten, whoever's answer it was.
            let told = if self.known_offset(b.partition, read.spec).is_some() { told } else { Told::Forgot };
            out.fact(Fact::BeliefChanged { client: self.client, partition: b.partition, leader, leader_epoch, told });
        }
    }

    fn node_list_changes(&self, offset: MetadataOffset, history: &History) -> bool {
        match &self.nodes {
            Nodes::Bootstrap => true,
            Nodes::Answered { offset: old, added } => {
                let between = history.changes((*old).min(offset), (*old).max(offset));
                !added.is_empty() || between.iter().any(|c| matches!(c, Changed::Broker(_)))
            }
        }
    }

    fn all_partitions(&self, history: &History) -> Vec<PartitionIx> {
        let known = self.topics.iter().filter(|(_, t)| t.known);
        let registrations = known.filter_map(|(topic, t)| history.topic(*topic, t.offset?));
        registrations.flat_map(|r| r.partitions.iter().copied()).collect()
    }
}

/// Whether a test has broken the rule that what is older is no news.
fn accepts_any(read: Reference<'_>) -> bool {
    read.spec.broken == Some(Broken::OlderMetadataAccepted)
}

/// Whether an older answer has an older epoch of some partition. Where it has none, it tells nothing that is not known.
fn rolls_back(history: &History, topic: TopicIx, known: MetadataOffset, answer: MetadataOffset) -> bool {
    let epoch = |partition, offset| history.partition(partition, offset).map(|p| p.leader_epoch);
    let registration = history.topic(topic, known);
    registration.is_some_and(|r| r.partitions.iter().any(|p| epoch(*p, answer) < epoch(*p, known)))
}

fn has_leaderless(history: &History, topic: TopicIx, offset: MetadataOffset) -> bool {
    let registration = history.topic(topic, offset);
    registration.is_some_and(|r| r.partitions.iter().any(|p| history.leader_answer(*p, offset).0 == ErrorCode::LeaderNotAvailable))
}
