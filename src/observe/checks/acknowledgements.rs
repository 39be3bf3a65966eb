//! An acks=all request is answered well when its batch is below the leader's high watermark and stands on `min.insync.replicas` replicas.
//! Sources: `DelayedProduce`, `Partition.checkEnoughReplicasReachOffset`, `appendRecordsToLeader` (NOT_ENOUGH_REPLICAS).

use super::Findings;
use super::committed_data::CommittedData;
use crate::engine::Instant;
use crate::kafka::{BrokerIx, ClientIx, ErrorCode, Offset, PartitionIx};
use crate::model::Spec;
use crate::model::message::Acks;
use crate::observe::fact::{BatchId, EntryId, Fact};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The check.
#[derive(Clone, Debug)]
pub struct Acknowledgements {
    pub(super) findings: Findings,
    /// Clients that ask for acks=all.
    all: Vec<bool>,
    /// `min.insync.replicas` of each partition as the run begins, but never more than the fewest replicas it has had (`Partition.effectiveMinIsr`),
    /// which are none once its topic is deleted.
    min_isr: Vec<usize>,
    /// An operator has changed it.
    min_isr_changed: bool,
    open: BTreeMap<EntryId, BatchId>,
    /// Where each batch ends in the log of each leader that appended it.
    ends: Vec<SmallVec<[(BrokerIx, Offset); 1]>>,
    high_watermarks: BTreeMap<(PartitionIx, BrokerIx), Offset>,
}

impl Acknowledgements {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut findings = Findings::of("acks=all waits");
        let all: Vec<bool> = spec.clients.iter().map(|c| c.acks() == Some(Acks::All)).collect();
        if !all.contains(&true) {
            findings.suspend("no client asks for acks=all");
        }
        let min_isr = |p: &crate::model::spec::PartitionSpec| {
            (spec.topics[p.topic.index()].config.min_insync_replicas as usize).min(p.replicas.len())
        };
        Acknowledgements {
            findings,
            all,
            min_isr: spec.partitions.iter().map(min_isr).collect(),
            min_isr_changed: false,
            open: BTreeMap::new(),
            ends: Vec::new(),
            high_watermarks: BTreeMap::new(),
        }
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact, logs: &CommittedData) {
        if self.findings.is_suspended() {
            return;
        }
        if let Fact::EntrySent { client, entry, batch: Some(batch), .. } = fact
            && self.waits(*client)
        {
            self.open.insert(*entry, *batch);
        }
        if let Fact::Appended { broker, batch, end, client, .. } = fact
            && self.waits(*client)
        {
            self.appended(*broker, *batch, *end);
        }
        if let Fact::LeaderRoleTaken { broker, partition, high_watermark, .. }
        | Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } = fact
        {
            self.high_watermarks.insert((*partition, *broker), *high_watermark);
        }
        if let Fact::EntryUnreachable { entry, .. } = fact {
            self.open.remove(entry);
        }
        if let Fact::PartitionCommitted { partition, replicas, .. } = fact
            && let Some(least) = self.min_isr.get_mut(partition.index())
        {
            *least = (*least).min(replicas.len());
        }
        // The replicas of a deleted topic go one by one, while what waited at its leader is still answered.
        if let Fact::TopicRemoved { partitions, .. } = fact {
            for partition in partitions {
                self.min_isr.get_mut(partition.index()).into_iter().for_each(|least| *least = 0);
            }
        }
        if let Fact::AdminDone { what, .. } = fact {
            self.min_isr_changed |= what.contains("config");
        }
        if let Fact::EntryAnswered { broker, partition, entry, error, .. } = fact
            && let Some(batch) = self.open.remove(entry)
            && *error == ErrorCode::None
        {
            self.answered(at, *broker, *partition, batch, logs);
        }
    }

    fn waits(&self, client: ClientIx) -> bool {
        self.all.get(client.index()) == Some(&true)
    }

    fn appended(&mut self, broker: BrokerIx, batch: BatchId, end: Offset) {
        let index = batch as usize;
        if self.ends.len() <= index {
            self.ends.resize_with(index + 1, SmallVec::new);
        }
        let ends = &mut self.ends[index];
        match ends.iter_mut().find(|(b, _)| *b == broker) {
            Some((_, known)) => *known = end,
            None => ends.push((broker, end)),
        }
    }

    fn answered(&mut self, at: Instant, broker: BrokerIx, partition: PartitionIx, batch: BatchId, logs: &CommittedData) {
        // A copy is answered for where the first one stands.
        let Some(end) = self.ends.get(batch as usize).and_then(|ends| ends.iter().map(|(_, end)| *end).min()) else { return };
        let high_watermark = self.high_watermarks.get(&(partition, broker)).copied();
        if let Some(high_watermark) = high_watermark.filter(|hw| *hw < end) {
            let text =
                format!("partition {partition}: {broker:?} acknowledges batch {batch}, which ends at {end}; committed is {high_watermark}");
            return self.findings.violated(at, text);
        }
        let wanted = self.min_isr.get(partition.index()).copied().filter(|_| !self.min_isr_changed).unwrap_or(0);
        let holders = logs.holders(partition, end);
        if holders < wanted {
            let text = format!("partition {partition}: {broker:?} acknowledges batch {batch}, which {holders} replicas have of {wanted}");
            self.findings.violated(at, text);
        }
    }
}
