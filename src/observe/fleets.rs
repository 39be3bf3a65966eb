//! Fleets: alike clients that are told of as one, with how their members differ.

use super::record::{Failures, Members, PartitionSilence, Spread, Tally};
use crate::kafka::{ClientIx, PartitionIx};
use crate::model::Spec;
use std::collections::BTreeMap;

/// Clients that stand beside each other in the specification; a client by itself is a fleet of one.
pub(super) struct Fleet<'a> {
    pub name: &'a str,
    pub first: ClientIx,
    pub count: u64,
}

impl Fleet<'_> {
    /// Its clients.
    pub(super) fn members(&self) -> impl Iterator<Item = ClientIx> + use<> {
        (self.first.0..self.first.0 + self.count as u32).map(ClientIx)
    }
}

/// All fleets, in the order of the specification.
pub(super) fn of(spec: &Spec) -> Vec<Fleet<'_>> {
    let mut fleets: Vec<Fleet<'_>> = Vec::new();
    for (i, client) in spec.clients.iter().enumerate() {
        match (client.fleet.as_deref(), fleets.last_mut()) {
            (Some(name), Some(fleet)) if fleet.name == name => fleet.count += 1,
            (fleet, _) => fleets.push(Fleet { name: fleet.unwrap_or(&client.name), first: ClientIx(i as u32), count: 1 }),
        }
    }
    fleets
}

/// Adds the failures of a member.
pub(super) fn add_failures(all: &mut Failures, one: &Failures) {
    let earlier = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::min);
    let later = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::max);
    all.count += one.count;
    all.first_ms = earlier(all.first_ms, one.first_ms);
    all.last_ms = later(all.last_ms, one.last_ms);
    for (error, n) in &one.by_error {
        *all.by_error.entry(error.clone()).or_default() += n;
    }
}

/// Keeps the longest silence of each partition over the members.
pub(super) fn keep_longest(all: &mut BTreeMap<PartitionIx, PartitionSilence>, partition: PartitionIx, one: PartitionSilence) {
    match all.get_mut(&partition) {
        Some(longest) if longest.longest_silence_ms >= one.longest_silence_ms => {}
        Some(longest) => *longest = one,
        None => {
            all.insert(partition, one);
        }
    }
}

/// How the members differ.
pub(super) fn spread(members: &[Tally], longest_waits: &[f64]) -> Spread {
    let over = |figure: &dyn Fn(&Tally) -> f64| Members::of(members.iter().map(figure).collect());
    let interrupted = members.iter().filter(|t| t.interruption_ms.count > 0);
    Spread {
        stale: over(&|t| t.requests.stale as f64),
        failed: over(&|t| t.records.failed as f64),
        longest_wait_ms: Members::of(longest_waits.to_vec()),
        longest_interruption_ms: Members::of(interrupted.map(|t| t.interruption_ms.max).collect()),
        metadata_requests: over(&|t| t.metadata_requests as f64),
    }
}
