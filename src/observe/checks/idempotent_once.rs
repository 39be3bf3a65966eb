//! A batch of an idempotent producer stands once in a log, however often it is sent.
//! Sources: KIP-98, `ProducerStateManager`, `ProducerAppendInfo` (a new leader knows the producers of the log that it copied).
//!
//! A producer that raises its epoch sends what is unfinished under new numbers, and may write it twice: after a failed record or a refused
//! sequence nothing is promised for that producer and partition. Facts name no producer epoch.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, ErrorCode, PartitionIx};
use crate::model::Spec;
use crate::observe::fact::{BatchId, Fact};
use crate::observe::ledger::Ledger;
use std::collections::BTreeSet;

/// How a batch was numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbered {
    Always(u32),
    Anew,
}

/// The check.
#[derive(Clone, Debug)]
pub struct IdempotentOnce {
    pub(super) findings: Findings,
    batches: Vec<Option<Numbered>>,
    excused: BTreeSet<(ClientIx, PartitionIx)>,
}

impl IdempotentOnce {
    pub(super) const fn new() -> Self {
        IdempotentOnce { findings: Findings::of("idempotent batches stand once"), batches: Vec::new(), excused: BTreeSet::new() }
    }

    pub(super) fn on_fact(&mut self, fact: &Fact) {
        if let Fact::Appended { batch, sequence: Some(first), .. } = fact {
            self.numbered(*batch, *first);
        }
        if let Fact::RecordDone { client, partition, error, .. } = fact
            && !error.is_none()
        {
            self.excused.insert((*client, *partition));
        }
        if let Fact::EntryAnswered { client, partition, error, .. } = fact
            && matches!(error, ErrorCode::OutOfOrderSequenceNumber | ErrorCode::InvalidProducerEpoch | ErrorCode::UnknownProducerId)
        {
            self.excused.insert((*client, *partition));
        }
    }

    /// A first number of zero may be that of any epoch.
    fn numbered(&mut self, batch: BatchId, first: u32) {
        let index = batch as usize;
        if self.batches.len() <= index {
            self.batches.resize(index + 1, None);
        }
        let always = Numbered::Always(first);
        let known = self.batches[index].get_or_insert(always);
        if *known != always || first == 0 {
            *known = Numbered::Anew;
        }
    }

    /// The verdict, with the audit in the ledger.
    pub(super) fn finish(&mut self, spec: &Spec, end: Instant, ledger: &Ledger) {
        for (batch, fate) in ledger.batches().filter(|(_, fate)| fate.copies > 1) {
            let Some((client, partition)) = fate.owner else { continue };
            let numbered = matches!(self.batches.get(batch as usize), Some(Some(Numbered::Always(_))));
            if !numbered || self.excused.contains(&(client, partition)) {
                continue;
            }
            let (name, client) = (spec.partition_name(partition), &spec.clients[client.index()].name);
            self.findings.violated(end, format!("{name}: batch {batch} of {client} stands {} times in the log", fate.copies));
        }
    }
}
