//! A consumer's fetch that waits for records is answered when there are some, not when its time is up. Source: `DelayedFetch.tryComplete`,
//! `DelayedOperationPurgatory.checkAndComplete`.
//!
//! Only Java consumers with `fetch.min.bytes` of one are held to it, and with a wait that is worth the name: of them the facts tell where they read. What a process takes before it
//! has answered its first fetch is left out: that one may work on it for as long as its classes take to load (`costs.cold`), and answers
//! late what never waited.

use super::Findings;
use crate::engine::{Duration, Instant};
use crate::kafka::config::ClientConfig;
use crate::kafka::{BrokerIx, ClientIx, NodeIx, Offset, PartitionIx};
use crate::model::Spec;
use crate::model::spec::ClientSpec;
use crate::observe::fact::{EntryId, Fact};
use std::collections::{BTreeMap, BTreeSet};

/// A handler thread may have been that busy.
const SLACK: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
struct Parked {
    client: ClientIx,
    /// When its time is up at the earliest.
    expires: Instant,
    /// Since when there has been something to give.
    ripe: Option<Instant>,
}

/// The check.
#[derive(Clone, Debug)]
pub struct ParkedFetches {
    pub(super) findings: Findings,
    /// `fetch.max.wait.ms` of each client that is held to the promise.
    waits: Vec<Option<Duration>>,
    clients: BTreeMap<NodeIx, ClientIx>,
    positions: BTreeMap<(ClientIx, PartitionIx), Offset>,
    parked: BTreeMap<(BrokerIx, PartitionIx, EntryId), Parked>,
    /// Brokers that have answered a fetch since their processes began.
    warm: BTreeSet<BrokerIx>,
}

impl ParkedFetches {
    pub(super) fn new(spec: &Spec) -> Self {
        let wait = |c: &ClientSpec| {
            let ClientConfig::JavaConsumer(config) = &*c.config else { return None };
            (config.fetch_min_bytes <= 1 && config.fetch_max_wait > SLACK).then_some(config.fetch_max_wait)
        };
        ParkedFetches {
            findings: Findings::of("parked fetches are woken"),
            waits: spec.clients.iter().map(wait).collect(),
            clients: spec.clients.iter().enumerate().map(|(i, c)| (c.node, ClientIx(i as u32))).collect(),
            positions: BTreeMap::new(),
            parked: BTreeMap::new(),
            warm: BTreeSet::new(),
        }
    }

    /// Whether any client is held to the promise.
    pub(super) fn is_concerned(&self) -> bool {
        self.waits.iter().any(Option::is_some)
    }

    fn is_held(&self, client: ClientIx) -> bool {
        self.waits[client.index()].is_some()
    }

    pub(super) fn on_fact(&mut self, at: Instant, fact: &Fact) {
        if let Fact::PositionSet { client, partition, to, .. } = fact
            && self.is_held(*client)
        {
            self.positions.insert((*client, *partition), *to);
        }
        if let Fact::Delivered { client, partition, end, .. } = fact
            && self.is_held(*client)
        {
            self.positions.insert((*client, *partition), *end);
        }
        if let Fact::EntryTaken { client, broker, partition, entry } = fact
            && let Some(wait) = self.waits[client.index()]
            && self.warm.contains(broker)
        {
            self.parked.insert((*broker, *partition, *entry), Parked { client: *client, expires: at + wait, ripe: None });
        }
        if let Fact::HighWatermarkMoved { broker, partition, high_watermark, .. } = fact {
            let here = self.parked.range_mut((*broker, *partition, EntryId::MIN)..=(*broker, *partition, EntryId::MAX));
            for (_, parked) in here.filter(|(_, p)| p.ripe.is_none()) {
                let position = self.positions.get(&(parked.client, *partition));
                parked.ripe = position.filter(|position| *position < high_watermark).map(|_| at);
            }
        }
        if let Fact::EntryUnreachable { broker, partition, entry, .. } = fact {
            self.parked.remove(&(*broker, *partition, *entry));
        }
        if let Fact::EntryAnswered { client, broker, partition, entry, .. } = fact
            && self.is_held(*client)
        {
            self.warm.insert(*broker);
            if let Some(parked) = self.parked.remove(&(*broker, *partition, *entry)) {
                self.answered(at, *broker, *partition, &parked);
            }
        }
    }

    /// A process was started, stopped, paused or resumed: of what waits there nothing is known, and a consumer knows no position.
    pub(super) fn disturbed(&mut self, node: NodeIx, broker: Option<BrokerIx>) {
        self.parked.retain(|(b, _, _), _| Some(*b) != broker);
        self.warm.retain(|b| Some(*b) != broker);
        if let Some(client) = self.clients.get(&node) {
            self.positions.retain(|(c, _), _| c != client);
            self.parked.retain(|_, p| p.client != *client);
        }
    }

    fn answered(&mut self, at: Instant, broker: BrokerIx, partition: PartitionIx, parked: &Parked) {
        let Some(ripe) = parked.ripe.filter(|ripe| at >= parked.expires && *ripe + SLACK <= at) else { return };
        let (client, late) = (parked.client, at.since(ripe));
        let text = format!(
            "partition {partition}: a fetch of {client:?} is answered by {broker:?} when its time is up, {late} after there was news"
        );
        self.findings.violated(at, text);
    }
}
