//! Sums: what was counted for each client, and for all of them.

use super::Observers;
use super::latency::Sample;
use super::record::{ClientRecord, Tally};
use super::silence;
use crate::kafka::{ClientIx, PartitionIx};
use crate::model::Spec;
use std::collections::BTreeMap;

impl Observers {
    /// The record of each client, and the tally of all.
    pub(super) fn tallies(&self, spec: &Spec, samples: &[(Sample, Sample)]) -> (BTreeMap<String, ClientRecord>, Tally) {
        let moved = self.moves.moved_since(self.count_from);
        let mut total = Tally::default();
        let mut all = (Sample::default(), Sample::default(), Sample::default());
        let mut clients = BTreeMap::new();
        for (i, client) in spec.clients.iter().enumerate() {
            let (index, (stale, recovery)) = (ClientIx(i as u32), &samples[i]);
            let latency = self.ledger.latency(index);
            all.0.merge(latency);
            all.1.merge(recovery);
            all.2.merge(stale);
            let tally = self.tally(index, &moved, latency, recovery, stale);
            add(&mut total, &tally);
            let partitions = self.pairs.of_client(index).filter_map(|p| silence::record(p, spec, self.count_from)).collect();
            let consumer = self.deliveries.record(index);
            let role = if consumer.is_some() { "consumer" } else { "producer" };
            let longest_wait = consumer.as_ref().map_or(self.ledger.longest_wait(index), |(_, longest)| *longest);
            let record = ClientRecord {
                profile: client.profile.name.clone().into_owned(),
                role: role.to_owned(),
                consumer: consumer.map(|(record, _)| record),
                tally,
                errors: self.errors.record(index),
                failures: self.ledger.failures(index).clone(),
                longest_wait_ms: longest_wait.as_millis_f64(),
                partitions,
            };
            clients.insert(client.name.clone(), record);
        }
        total.latency_ms = all.0.quantiles();
        total.recovery_ms = all.1.quantiles();
        total.stale_window_ms = all.2.quantiles();
        (clients, total)
    }

    fn tally(&self, client: ClientIx, moved: &[bool], latency: &Sample, recovery: &Sample, stale: &Sample) -> Tally {
        let has_moved = |p: PartitionIx| moved.get(p.index()).copied().unwrap_or(false);
        let to_moved = self.pairs.of_client(client).filter(|p| has_moved(p.partition)).map(|p| p.judged).sum();
        let state = self.clients.get(client);
        let cost = self.metadata[client.index()];
        Tally {
            requests: self.entries.requests(client, to_moved),
            records: self.ledger.records(client).clone(),
            latency_ms: latency.clone().quantiles(),
            recovery_ms: recovery.clone().quantiles(),
            stale_window_ms: stale.clone().quantiles(),
            metadata_requests: state.refreshes,
            metadata_bytes: cost.bytes,
            metadata_broker_ms: cost.busy.as_millis_f64(),
            connections_opened: state.connections,
        }
    }
}

/// Adds all counts of a client to the total; quantiles are taken over all samples instead.
fn add(total: &mut Tally, one: &Tally) {
    let (r, o) = (&mut total.requests, &one.requests);
    r.total += o.total;
    r.stale += o.stale;
    r.overtaken += o.overtaken;
    r.leaderless += o.leaderless;
    r.to_moved_partitions += o.to_moved_partitions;
    r.in_windows += o.in_windows;
    for (sums, counts) in [(&mut r.stale_by_outcome, &o.stale_by_outcome), (&mut r.stale_by_cause, &o.stale_by_cause)] {
        for (name, n) in counts {
            *sums.entry(name.clone()).or_default() += n;
        }
    }
    let (r, o) = (&mut total.records, &one.records);
    r.sent += o.sent;
    r.acknowledged += o.acknowledged;
    r.failed += o.failed;
    r.unfinished += o.unfinished;
    r.lost += o.lost;
    r.duplicated += o.duplicated;
    r.failed_but_written += o.failed_but_written;
    total.metadata_requests += one.metadata_requests;
    total.metadata_bytes += one.metadata_bytes;
    total.metadata_broker_ms += one.metadata_broker_ms;
    total.connections_opened += one.connections_opened;
}
