//! Consumers' fetches that wait for records. Source: `DelayedOperationPurgatory`, `DelayedFetch`.

use super::api::fetch::ConsumerRequest;
use crate::engine::Instant;
use crate::kafka::PartitionIx;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Default)]
pub struct ParkedConsumers {
    requests: BTreeMap<u64, (Instant, ConsumerRequest)>,
    /// Which requests look at a partition.
    watchers: BTreeMap<PartitionIx, BTreeSet<u64>>,
    deadlines: BTreeSet<(Instant, u64)>,
    made: u64,
}

impl ParkedConsumers {
    /// Parks a request until `deadline`.
    pub(super) fn park(&mut self, request: ConsumerRequest, deadline: Instant) {
        self.made += 1;
        for entry in &request.entries {
            self.watchers.entry(entry.partition).or_default().insert(self.made);
        }
        self.deadlines.insert((deadline, self.made));
        self.requests.insert(self.made, (deadline, request));
    }

    /// The requests that look at a partition, in the order in which they came.
    pub(super) fn watching(&self, partition: PartitionIx) -> Vec<u64> {
        self.watchers.get(&partition).into_iter().flatten().copied().collect()
    }

    /// A parked request.
    pub(super) fn get(&self, id: u64) -> Option<&ConsumerRequest> {
        self.requests.get(&id).map(|(_, request)| request)
    }

    /// Takes a request out.
    pub(super) fn take(&mut self, id: u64) -> Option<ConsumerRequest> {
        let (deadline, request) = self.requests.remove(&id)?;
        self.deadlines.remove(&(deadline, id));
        for entry in &request.entries {
            if let Some(watchers) = self.watchers.get_mut(&entry.partition) {
                watchers.remove(&id);
            }
        }
        Some(request)
    }

    /// The next request whose time is over.
    pub(super) fn late(&self, now: Instant) -> Option<u64> {
        self.deadlines.first().filter(|(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// When the first of them runs out of time.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }
}
