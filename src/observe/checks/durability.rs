//! A record acknowledged with acks=all stands in the log of the true leader at the end, unless an election was unclean or every
//! member of the ISR lost unflushed data. Sources: KIP-101, KIP-966, `Partition.checkEnoughReplicasReachOffset`.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, PartitionIx, Replicas};
use crate::model::Spec;
use crate::model::message::Acks;
use crate::observe::fact::{Fact, Why};
use crate::observe::ledger::Ledger;
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct Durability {
    pub(super) findings: Findings,
    /// Since 4.0 an unclean restart takes the broker out of the ISR (KAFKA-18106); before, it may lead with a shorter log.
    leaves_isr: bool,
    /// Members of the ISR that lost unflushed data while in it.
    losers: BTreeMap<PartitionIx, Replicas>,
    /// Partitions in which acknowledged records may be lost, with the reason.
    excused: BTreeMap<PartitionIx, &'static str>,
}

impl Durability {
    pub(super) fn new(spec: &Spec) -> Self {
        let findings = Findings::of("acks=all durability");
        let leaves_isr = spec.release.rules().unclean_restart_leaves_isr;
        Durability { findings, leaves_isr, losers: BTreeMap::new(), excused: BTreeMap::new() }
    }

    /// A registration is committed.
    pub(super) fn committed(&mut self, fact: &Fact) {
        let Fact::PartitionCommitted { partition, isr, unclean, why, .. } = fact else { return };
        if *unclean || *why == Why::UncleanElection {
            self.excused.entry(*partition).or_insert("a leader was elected from outside the ISR");
        }
        if let Some(losers) = self.losers.get_mut(partition) {
            losers.retain(|b| isr.contains(b));
        }
        self.judge(*partition, isr);
    }

    /// A broker lost unflushed data of a partition whose committed ISR is `isr`.
    pub(super) fn unflushed_lost(&mut self, broker: BrokerIx, partition: PartitionIx, isr: &Replicas) {
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
        self.judge(partition, isr);
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
            match self.excused.get(&partition) {
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
