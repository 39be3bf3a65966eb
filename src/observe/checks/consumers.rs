//! What consumers are given. Source: `Partition.fetchRecords` (up to the high watermark), `SubscriptionState.position`.

use super::Findings;
use crate::engine::Instant;
use crate::kafka::{ClientIx, NodeIx, Offset, PartitionIx};
use crate::model::Spec;
use crate::model::client::profile::Library;
use crate::observe::fact::{Fact, Why};
use crate::observe::logs::Logs;
use std::collections::{BTreeMap, BTreeSet};

/// Two checks: a consumer is given what is committed and stands in the log, and it is given it in order without gaps.
#[derive(Clone, Debug)]
pub struct Consumers {
    committed: Findings,
    order: Findings,
    positions: BTreeMap<(ClientIx, PartitionIx), Offset>,
    /// Partitions in which what stands is not known: committed records may be lost, by an unclean election or with unflushed data, or a leader
    /// came back with records that another had written over (an eligible leader replica, KIP-966).
    excused: BTreeSet<PartitionIx>,
    nodes: Vec<Option<ClientIx>>,
    /// Consumers whose library reads a partition from two brokers at once after its leader moved: KafkaJS (`consumer/fetcher.js`).
    reads_twice: Vec<bool>,
    concerned: bool,
}

impl Consumers {
    pub(super) fn new(spec: &Spec) -> Self {
        Consumers {
            committed: Findings::of("consumers are given committed records"),
            order: Findings::of("consumers read on without gaps"),
            positions: BTreeMap::new(),
            excused: BTreeSet::new(),
            nodes: spec.nodes.iter().map(|n| n.client).collect(),
            reads_twice: spec.clients.iter().map(|c| c.profile.library == Library::Kafkajs).collect(),
            concerned: spec.clients.iter().any(|c| c.consumption().is_some()),
        }
    }

    /// What was found; nothing is said of a run without consumers.
    pub(super) fn findings(self) -> impl Iterator<Item = Findings> {
        [self.committed, self.order].into_iter().filter(move |_| self.concerned)
    }

    /// A registration is committed.
    pub(super) fn registered(&mut self, fact: &Fact) {
        if let Fact::PartitionCommitted { partition, unclean, why, .. } = fact
            && (*unclean || *why == Why::UncleanElection)
        {
            self.excused.insert(*partition);
        }
    }

    /// A replica lost its unflushed tail.
    pub(super) fn unflushed_lost(&mut self, partition: PartitionIx) {
        self.excused.insert(partition);
    }

    /// A leader begins its term that may hold records that were written over elsewhere.
    pub(super) fn may_come_back(&mut self, partition: PartitionIx) {
        self.excused.insert(partition);
    }

    /// A process started: what a consumer knew before is gone.
    pub(super) fn started(&mut self, node: NodeIx) {
        let Some(client) = self.nodes.get(node.index()).copied().flatten() else { return };
        self.positions.retain(|(c, _), _| *c != client);
    }

    /// A position was set.
    pub(super) fn position_set(&mut self, client: ClientIx, partition: PartitionIx, to: Offset) {
        self.positions.insert((client, partition), to);
    }

    /// A delivery follows on the one before. KafkaJS may give records again, by a fetch that was under way when the leader moved; it passes
    /// none over.
    fn follows(&mut self, at: Instant, client: ClientIx, partition: PartitionIx, base: Offset, end: Offset) {
        let position = self.positions.get(&(client, partition)).copied().unwrap_or(base);
        let again = base < position && self.reads_twice[client.index()];
        self.positions.insert((client, partition), if again { position.max(end) } else { end });
        if again {
            self.order.suspend("KafkaJS reads from the old leader and from the new one at once, and gives records again");
        } else if base != position {
            let text = format!("partition {partition}: {client:?} is given records from {base} on, and its position was {position}");
            self.order.violated(at, text);
        }
    }

    pub(super) fn delivered(&mut self, at: Instant, fact: &Fact, logs: &Logs) {
        let Fact::Delivered { client, partition, batch, base, end } = fact else { return };
        self.follows(at, *client, *partition, *base, *end);
        let text = match logs.at(*partition, *base) {
            _ if logs.committed(*partition).is_some_and(|hw| *end > hw) => "which are not committed",
            Some(stretch) if Some(stretch.batch) == *batch && *end <= stretch.end => return,
            // Nobody in the run wrote them, and nobody has written there since.
            None if batch.is_none() => return,
            Some(_) | None => "which are not what stands in the log",
        };
        if self.excused.contains(partition) {
            return self
                .committed
                .suspend(format!("partition {partition}: committed records may be lost, or records that were written over came back"));
        }
        self.committed.violated(at, format!("partition {partition}: {client:?} is given records from {base} to {end}, {text}"));
    }
}
