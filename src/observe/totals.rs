//! Sums: what was counted for each client, for each fleet of clients, and for all of them.

use super::Observers;
use super::fleets::{self, Fleet};
use super::interruptions::Interruptions;
use super::latency::Sample;
use super::record::{ClientRecord, Failures, Tally};
use super::silence;
use crate::engine::Duration;
use crate::kafka::{ClientIx, PartitionIx};
use crate::model::Spec;
use std::collections::BTreeMap;

/// Durations of one client, or of several together.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    pub latency: Sample,
    pub recovery: Sample,
    pub stale: Sample,
    pub interruptions: Interruptions,
}

impl Samples {
    fn merge(&mut self, other: &Samples) {
        self.latency.merge(&other.latency);
        self.recovery.merge(&other.recovery);
        self.stale.merge(&other.stale);
        self.interruptions.merge(&other.interruptions);
    }

    /// Puts the summaries into a tally.
    fn into_tally(self, tally: &mut Tally) {
        tally.latency_ms = self.latency.quantiles();
        tally.recovery_ms = self.recovery.quantiles();
        tally.stale_window_ms = self.stale.quantiles();
        tally.longest_waiting_ms = self.interruptions.longest_waiting.as_millis_f64();
        tally.interruption_ms = self.interruptions.lengths.quantiles();
    }
}

impl Observers {
    /// The record of each client or fleet by name, and the tally of all. `samples` has the durations of each client.
    pub(super) fn tallies(&self, spec: &Spec, samples: &[Samples]) -> (BTreeMap<String, ClientRecord>, Tally) {
        let moved = self.moves.moved_since(self.count_from);
        let (mut total, mut all) = (Tally::default(), Samples::default());
        let mut clients = BTreeMap::new();
        for fleet in fleets::of(spec) {
            let record = self.record(&fleet, spec, &moved, samples);
            add(&mut total, &record.tally);
            fleet.members().for_each(|member| all.merge(&samples[member.index()]));
            clients.insert(fleet.name.to_owned(), record);
        }
        all.into_tally(&mut total);
        (clients, total)
    }

    fn record(&self, fleet: &Fleet<'_>, spec: &Spec, moved: &[bool], samples: &[Samples]) -> ClientRecord {
        let members: Vec<Tally> = fleet.members().map(|member| self.tally(member, moved, &samples[member.index()])).collect();
        let (mut tally, mut together) = (Tally::default(), Samples::default());
        let mut errors = BTreeMap::new();
        let mut failures = Failures::default();
        let mut partitions = BTreeMap::new();
        for (member, one) in fleet.members().zip(&members) {
            add(&mut tally, one);
            together.merge(&samples[member.index()]);
            for (error, n) in self.errors.record(member) {
                *errors.entry(error).or_default() += n;
            }
            fleets::add_failures(&mut failures, self.ledger.failures(member));
            let silences = self.pairs.of_client(member).filter_map(|p| Some((p.partition, silence::record(p, spec, self.count_from)?)));
            silences.for_each(|(partition, silence)| fleets::keep_longest(&mut partitions, partition, silence));
        }
        together.into_tally(&mut tally);
        let waits: Vec<f64> = fleet.members().map(|member| self.longest_wait(member).as_millis_f64()).collect();
        let consumer = self.deliveries.record(fleet.members());
        ClientRecord {
            profile: spec.clients[fleet.first.index()].profile.name.clone().into_owned(),
            role: if consumer.is_some() { "consumer" } else { "producer" }.to_owned(),
            consumer,
            members: fleet.count,
            spread: (fleet.count > 1).then(|| fleets::spread(&members, &waits)),
            tally,
            errors,
            failures,
            longest_wait_ms: waits.into_iter().fold(0.0, f64::max),
            partitions: partitions.into_values().collect(),
        }
    }

    /// The longest wait of a record that a client sent, or that it was to be given.
    fn longest_wait(&self, client: ClientIx) -> Duration {
        self.deliveries.longest_wait(client).unwrap_or_else(|| self.ledger.longest_wait(client))
    }

    fn tally(&self, client: ClientIx, moved: &[bool], samples: &Samples) -> Tally {
        let has_moved = |p: PartitionIx| moved.get(p.index()).copied().unwrap_or(false);
        let to_moved = self.pairs.of_client(client).filter(|p| has_moved(p.partition)).map(|p| p.judged).sum();
        let state = self.clients.get(client);
        let cost = self.metadata[client.index()];
        let mut tally = Tally {
            requests: self.entries.requests(client, to_moved),
            records: self.ledger.records(client).clone(),
            messages: self.messages.record(client).clone(),
            metadata_requests: state.refreshes,
            metadata_bytes: cost.bytes,
            metadata_broker_ms: cost.busy.as_millis_f64(),
            connections_opened: state.connections,
            ..Tally::default()
        };
        samples.clone().into_tally(&mut tally);
        tally
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
    let (m, o) = (&mut total.messages, &one.messages);
    m.handed_over += o.handed_over;
    m.written += o.written;
    m.lost += o.lost;
    m.extra_copies += o.extra_copies;
    m.open += o.open;
    total.metadata_requests += one.metadata_requests;
    total.metadata_bytes += one.metadata_bytes;
    total.metadata_broker_ms += one.metadata_broker_ms;
    total.connections_opened += one.connections_opened;
}
