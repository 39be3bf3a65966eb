//! The cache of offsets against Kafka's own rule, partition by partition.

use crate::engine::Instant;
use crate::kafka::config::TopicConfig;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, LeaderEpoch, MetadataOffset, PartitionIx, TopicIx};
use crate::model::client::bench::{broker_record, partition_record, spec};
use crate::model::client::cache::{Answer, Cache, Epochs, Hints, Learned, Policy, Reference};
use crate::model::message::LeaderHint;
use crate::model::metadata::{Record, TopicRegistration};
use crate::model::spec::{Spec, TopicSpec};
use crate::model::{History, Outbox};
use crate::observe::Fact;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Belief = (Option<BrokerIx>, LeaderEpoch);

/// `Metadata` as Kafka writes it: a map of partitions, a map of epochs, a set of nodes.
#[derive(Default)]
struct Literal {
    partitions: BTreeMap<PartitionIx, Belief>,
    last_seen: BTreeMap<PartitionIx, LeaderEpoch>,
    nodes: BTreeSet<BrokerIx>,
}

impl Literal {
    fn answer(&mut self, partitions: &[PartitionIx], offset: MetadataOffset, history: &History) -> Learned {
        let mut learned = Learned::default();
        for &p in partitions {
            let (error, leader, epoch) = history.leader_answer(p, offset);
            let seen = self.last_seen.get(&p).copied();
            if seen.is_none_or(|seen| epoch >= seen) {
                learned.newer |= seen.is_none_or(|seen| epoch > seen);
                self.last_seen.insert(p, epoch);
                self.partitions.insert(p, (leader, epoch));
            }
            learned.invalid |= error == ErrorCode::LeaderNotAvailable;
        }
        self.nodes = history.listed_brokers(offset).collect();
        learned
    }

    fn hint(&mut self, p: PartitionIx, hint: LeaderHint) {
        let newer = self.last_seen.get(&p).is_none_or(|seen| hint.leader_epoch > *seen);
        if newer && (hint.has_endpoint || self.nodes.contains(&hint.leader)) && self.partitions.contains_key(&p) {
            self.nodes.insert(hint.leader);
            self.last_seen.insert(p, hint.leader_epoch);
            self.partitions.insert(p, (Some(hint.leader), hint.leader_epoch));
        }
    }

    fn belief(&self, p: PartitionIx) -> Belief {
        let (leader, epoch) = self.partitions.get(&p).copied().unwrap_or_default();
        (leader.filter(|b| self.nodes.contains(b)), epoch)
    }
}

/// Two topics of two partitions each.
fn two_topics() -> (Spec, History) {
    let mut spec = spec("java-4.3", &[0, 1, 2, 0], &[]);
    let mut history = History::default();
    for b in 0..3 {
        history.commit(&broker_record(b, false));
    }
    spec.topics[0].partitions.truncate(2);
    let partitions = vec![PartitionIx(2), PartitionIx(3)];
    spec.topics.push(TopicSpec { name: "u".to_owned(), config: TopicConfig::default(), partitions, exists: true });
    spec.partitions[2].topic = TopicIx(1);
    spec.partitions[3].topic = TopicIx(1);
    for (i, topic) in spec.topics.iter().enumerate() {
        let registration = TopicRegistration { exists: true, config: TopicConfig::default(), partitions: topic.partitions.clone() };
        history.commit(&Record::Topic(TopicIx(i as u32), registration));
    }
    for p in 0..4 {
        history.commit(&partition_record(p, Some(p % 3), 0));
    }
    (spec, history)
}

/// A change of the cluster: a partition's new leader (3: none), or a broker fenced or not.
fn change() -> impl Strategy<Value = Result<(u32, u32), (u32, bool)>> {
    prop_oneof![3 => (0..4_u32, 0..4_u32).prop_map(Ok), 1 => (0..3_u32, any::<bool>()).prop_map(Err)]
}

/// What the client hears: an answer about some topics from an image (by age), or a hint about a partition from one.
#[derive(Clone, Debug)]
enum Heard {
    Answer { topics: u8, age: u64 },
    Hint { partition: u32, age: u64, has_endpoint: bool },
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![
        (0..4_u8, 0..20_u64).prop_map(|(topics, age)| Heard::Answer { topics, age }),
        (0..4_u32, 0..20_u64, any::<bool>()).prop_map(|(partition, age, has_endpoint)| Heard::Hint { partition, age, has_endpoint }),
    ]
}

proptest! {
    #[test]
    fn a_few_offsets_believe_what_a_map_of_partitions_would(changes in prop::collection::vec(change(), 0..20), hears in prop::collection::vec(heard(), 1..20)) {
        let (spec, mut history) = two_topics();
        let first = history.last();
        let mut epochs = [0; 4];
        for change in changes {
            match change {
                Ok((p, leader)) => {
                    epochs[p as usize] += 1;
                    history.commit(&partition_record(p, (leader < 3).then_some(leader), epochs[p as usize]))
                }
                Err((b, fenced)) => history.commit(&broker_record(b, fenced)),
            };
        }
        let read = Reference { history: &history, spec: &spec };
        let mut cache = Cache::new(ClientIx(0), Policy { epochs: Epochs::RejectOlder, hints: Hints::Newer });
        cache.add(TopicIx(0), Instant::MAX);
        cache.add(TopicIx(1), Instant::MAX);
        let mut literal = Literal::default();
        let mut out = Outbox::default();
        let mut told: BTreeMap<PartitionIx, Belief> = BTreeMap::new();
        for heard in hears {
            match heard {
                Heard::Answer { topics, age } => {
                    let offset = MetadataOffset(history.last().0.saturating_sub(age).max(first.0));
                    let topics: Vec<_> = (0..2).filter(|t| topics & (1 << t) != 0).map(TopicIx).collect();
                    let partitions: Vec<_> = topics.iter().flat_map(|t| spec.topics[t.index()].partitions.clone()).collect();
                    let answer = Answer { broker: BrokerIx(0), offset, topics: &topics };
                    let learned = cache.apply(&answer, Instant::ZERO, read, &mut out);
                    prop_assert_eq!(learned, literal.answer(&partitions, offset, &history));
                }
                Heard::Hint { partition, age, has_endpoint } => {
                    let offset = MetadataOffset(history.last().0.saturating_sub(age).max(first.0));
                    let (_, leader, leader_epoch) = history.leader_answer(PartitionIx(partition), offset);
                    let Some(leader) = leader else { continue };
                    let hint = LeaderHint { leader, leader_epoch, has_endpoint };
                    cache.take_hint(BrokerIx(0), PartitionIx(partition), hint, read, &mut out);
                    literal.hint(PartitionIx(partition), hint);
                }
            }
            for fact in out.facts.drain(..) {
                let Fact::BeliefChanged { partition, leader, leader_epoch, .. } = fact else { unreachable!() };
                prop_assert_ne!(told.insert(partition, (leader, leader_epoch)), Some((leader, leader_epoch)), "told twice");
            }
            for p in (0..4).map(PartitionIx) {
                prop_assert_eq!(cache.belief(p, read), literal.belief(p), "{:?}", p);
                prop_assert_eq!(told.get(&p).copied().unwrap_or_default(), literal.belief(p), "the facts tell of {:?}", p);
            }
        }
    }
}
