//! A consumer does not read on after records that are gone from the log: it is sent back to where the log was cut off.
//! Source: KIP-320 (`OffsetFetcherUtils.validatePositionsOnMetadataChange`, `SubscriptionState.maybeCompleteValidation`).
//!
//! Only Java consumers are held to it; several other libraries do not look.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, NodeIx, Offset, PartitionIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::observe::fact::{BatchId, Fact};
use crate::observe::logs::Logs;
use std::collections::{BTreeMap, BTreeSet};

/// The check.
#[derive(Clone, Debug)]
pub struct Truncations {
    pub(super) findings: Findings,
    concerned: Vec<bool>,
    clients: BTreeMap<NodeIx, ClientIx>,
    /// The batch that each consumer was given last, and where its records ended.
    last: BTreeMap<(ClientIx, PartitionIx), (Option<BatchId>, Offset)>,
    /// Partitions in which a leader came back with records that another had written over: what stands there is not known.
    unknown: BTreeSet<PartitionIx>,
}

impl Truncations {
    pub(super) fn new(spec: &Spec) -> Self {
        let concerned = |c: &crate::model::spec::ClientSpec| c.profile.library == Library::Java && c.consumption().is_some();
        Truncations {
            findings: Findings::of("consumers notice truncations"),
            concerned: spec.clients.iter().map(concerned).collect(),
            clients: spec.clients.iter().enumerate().map(|(i, c)| (c.node, ClientIx(i as u32))).collect(),
            last: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Whether any consumer is held to the promise.
    pub(super) fn is_concerned(&self) -> bool {
        self.concerned.contains(&true)
    }

    /// A leader begins its term that may hold records that were written over elsewhere.
    pub(super) fn may_come_back(&mut self, partition: PartitionIx) {
        self.unknown.insert(partition);
    }

    /// A process started: what a consumer knew before is gone.
    pub(super) fn started(&mut self, node: NodeIx) {
        let Some(client) = self.clients.get(&node) else { return };
        self.last.retain(|(c, _), _| c != client);
    }

    /// A position was set: the consumer does not read on.
    pub(super) fn position_set(&mut self, client: ClientIx, partition: PartitionIx) {
        self.last.remove(&(client, partition));
    }

    pub(super) fn delivered(&mut self, at: Instant, fact: &Fact, logs: &Logs) {
        let Fact::Delivered { client, partition, batch, base, end } = fact else { return };
        if !self.concerned[client.index()] {
            return;
        }
        let Some((Some(before), last_end)) = self.last.insert((*client, *partition), (*batch, *end)) else { return };
        if last_end != *base || base.0 == 0 || self.unknown.contains(partition) {
            return;
        }
        let stands = |offset, batch: Option<BatchId>| logs.at(*partition, offset).map(|s| s.batch) == batch;
        if stands(*base, *batch) && !stands(Offset(base.0 - 1), Some(before)) {
            let text =
                format!("partition {partition}: {client:?} reads on at {base}, after batch {before}, which is not in the log any more");
            self.findings.violated(at, text);
        }
    }
}
