//! A record acknowledged with acks=all stands in the log of the true leader at the end, unless an election was unclean or every
//! member of the ISR lost unflushed data. Sources: KIP-101, KIP-966, `Partition.checkEnoughReplicasReachOffset`.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, PartitionIx, Replicas};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::model::message::Acks;
use crate::model::spec::ClientSpec;
use crate::observe::fact::{BatchId, Fact, Why};
use crate::observe::ledger::Ledger;
use std::collections::{BTreeMap, BTreeSet};

/// The check.
#[derive(Clone, Debug)]
pub struct Durability {
    pub(super) findings: Findings,
    /// Since 4.0 an unclean restart takes the broker out of the ISR (KAFKA-18106); before, it may lead with a shorter log.
    leaves_isr: bool,
    /// The last members of an ISR that is empty now: with them is what was committed.
    last_members: BTreeMap<PartitionIx, Replicas>,
    /// Members of the ISR, or the last of an empty one, that lost unflushed data.
    losers: BTreeMap<PartitionIx, Replicas>,
    /// Partitions in which acknowledged records may be lost, with the reason.
    excused: BTreeMap<PartitionIx, &'static str>,
    /// Clients that give a number to two batches, and why a leader may take the second for a copy of the first.
    gives_numbers_twice: BTreeMap<ClientIx, &'static str>,
    /// What was appended of theirs.
    appended: BTreeSet<BatchId>,
}

/// Why a batch that was acknowledged to franz-go may stand nowhere.
const TIMED_OUT: &str = "franz-go gives the number of a batch that a time-out ended to the next one, also where the leader had appended it before it \
                         answered NOT_LEADER_OR_FOLLOWER (sink.go, unsureIfProduced knows two other errors), and is told of a copy";

/// Why a batch that was acknowledged to sarama may stand nowhere.
const TAKEN_FOR_A_COPY: &str = "sarama before 1.61.1 sends a record again under its number in whatever epoch it has by then, and the \
                                leader answers that it has one of this number (partitionProducer.dispatch, produceSet.add)";

impl Durability {
    pub(super) fn new(spec: &Spec) -> Self {
        let findings = Findings::of("acks=all durability");
        let leaves_isr = spec.release.rules().unclean_restart_leaves_isr;
        let twice = |c: &ClientSpec| match c.profile.library {
            Library::Sarama => (c.profile.policy("produce.numbers-are-given") == Some("with-the-record")).then_some(TAKEN_FOR_A_COPY),
            Library::FranzGo => Some(TIMED_OUT),
            Library::Java | Library::Librdkafka | Library::KafkaPython | Library::Kafkajs | Library::KafkaGo => None,
        };
        let clients = (0..).map(ClientIx).zip(&spec.clients);
        Durability {
            findings,
            leaves_isr,
            last_members: BTreeMap::new(),
            losers: BTreeMap::new(),
            excused: BTreeMap::new(),
            gives_numbers_twice: clients.filter_map(|(ix, client)| Some((ix, twice(client)?))).collect(),
            appended: BTreeSet::new(),
        }
    }

    /// A leader appended a batch.
    pub(super) fn appended(&mut self, fact: &Fact) {
        if let Fact::Appended { client, batch, .. } = fact
            && self.gives_numbers_twice.contains_key(client)
        {
            self.appended.insert(*batch);
        }
    }

    /// A registration is committed; `before` is the ISR that it replaces.
    pub(super) fn committed(&mut self, fact: &Fact, before: &Replicas) {
        let Fact::PartitionCommitted { partition, isr, unclean, why, .. } = fact else { return };
        if *unclean || *why == Why::UncleanElection {
            self.excused.entry(*partition).or_insert("a leader was elected from outside the ISR");
        }
        if isr.is_empty() && !before.is_empty() {
            self.last_members.insert(*partition, before.clone());
        } else if !isr.is_empty() {
            self.last_members.remove(partition);
            if let Some(losers) = self.losers.get_mut(partition) {
                losers.retain(|b| isr.contains(b));
            }
        }
        self.judge(*partition, isr);
    }

    /// A broker lost unflushed data of a partition whose committed ISR is `isr`.
    pub(super) fn unflushed_lost(&mut self, broker: BrokerIx, partition: PartitionIx, isr: &Replicas) {
        let isr = if isr.is_empty() { self.last_members.get(&partition).cloned().unwrap_or_default() } else { isr.clone() };
        if !isr.contains(&broker) {
            return;
        }
        let losers = self.losers.entry(partition).or_default();
        if !losers.contains(&broker) {
            losers.push(broker);
        }
        if !self.leaves_isr {
            self.excused.entry(partition).or_insert("a member lost unflushed data and this release lets it lead again (KAFKA-18106)");
        }
        self.judge(partition, &isr);
    }

    fn judge(&mut self, partition: PartitionIx, isr: &Replicas) {
        let Some(losers) = self.losers.get(&partition) else { return };
        if !isr.is_empty() && isr.iter().all(|b| losers.contains(b)) {
            self.excused.entry(partition).or_insert("every member of the ISR lost unflushed data");
        }
    }

    /// The verdict, with the audit in the ledger.
    pub(super) fn finish(&mut self, spec: &Spec, end: Instant, ledger: &Ledger, removed: impl Fn(PartitionIx) -> bool) {
        let waits_for_all: Vec<bool> = spec.clients.iter().map(|c| c.acks() == Some(Acks::All)).collect();
        if !waits_for_all.contains(&true) {
            self.findings.suspend("no client asks for acks=all");
            return;
        }
        for (batch, fate) in ledger.batches() {
            let Some((client, partition)) = fate.owner else { continue };
            if fate.copies > 0 || !fate.any_acknowledged || !waits_for_all[client.index()] || removed(partition) {
                continue;
            }
            let name = spec.partition_name(partition);
            let taken_for_a_copy = self.gives_numbers_twice.get(&client).copied().filter(|_| !self.appended.contains(&batch));
            match self.excused.get(&partition).copied().or(taken_for_a_copy) {
                Some(reason) => self.findings.suspend(format!("{name}: {reason}")),
                None => {
                    let client = &spec.clients[client.index()].name;
                    self.findings
                        .violated(end, format!("{name}: batch {batch} of {client} was acknowledged and is not in the log of the leader"));
                }
            }
        }
    }
}
