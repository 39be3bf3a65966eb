//! What a producer writes.

use super::super::diagnostic::Diagnostics;
use super::super::file::{ArrivalsFile, ClientFile};
use super::{consuming, refuse, times, topics_of};
use crate::engine::parse_duration;
use crate::model::spec::{ArrivalLaw, OnFailure, Partitioning, TopicSpec, Workload};
use std::ops::Range;

const DEFAULT_RATE: f64 = 10.0;
const DEFAULT_RECORD_BYTES: u32 = 200;
/// Most records a second of one client: a record each hundred nanoseconds.
const MOST_RATE: f64 = 1e7;

/// The keys that only a producer has, and where they are written.
pub(super) fn keys(client: &ClientFile) -> [(&'static str, Option<&Range<usize>>); 5] {
    [
        ("rate", client.rate.as_ref().map(|r| &r.span)),
        ("arrivals", client.arrivals.as_ref().map(|a| &a.span)),
        ("record_bytes", client.record_bytes.as_ref().map(|b| &b.span)),
        ("partitioning", client.partitioning.as_ref().map(|p| &p.span)),
        ("on_failure", client.on_failure.as_ref().map(|f| &f.span)),
    ]
}

/// What a producer sends.
pub(super) fn resolve(client: &ClientFile, topics: &[TopicSpec], seasoned: bool, found: &mut Diagnostics) -> Workload {
    refuse(client, &consuming::keys(client), "producer", "consumer", found);
    let rate = client.rate.as_ref().map_or(DEFAULT_RATE, |r| r.value);
    if let Some(written) = client.rate.as_ref().filter(|_| !(0.0..=MOST_RATE).contains(&rate)) {
        let help = format!("write a number from 0 (nothing but what a program sends through it) to {MOST_RATE}");
        found.add(Some(&written.span), format!("a rate of {rate} records a second cannot be sent"), help);
    }
    let (start, stop) = times(client, found);
    Workload {
        topics: topics_of(client, topics, found),
        rate,
        arrivals: match client.arrivals.as_deref() {
            Some(ArrivalsFile::Poisson) => ArrivalLaw::Poisson,
            Some(ArrivalsFile::Constant) | None => ArrivalLaw::Constant,
        },
        record_bytes: client.record_bytes.as_ref().map_or(DEFAULT_RECORD_BYTES, |b| b.value),
        partitioning: partitioning(client, found),
        seasoned,
        on_failure: on_failure(client, found),
        start,
        stop,
    }
}

/// What the application does when its library gives a record up.
fn on_failure(client: &ClientFile, found: &mut Diagnostics) -> OnFailure {
    let Some(written) = &client.on_failure else { return OnFailure::GiveUp };
    let after = |name: &str| written.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')').and_then(|d| parse_duration(d).ok());
    match (written.as_str(), after("retry"), after("crash")) {
        ("give-up", ..) => OnFailure::GiveUp,
        (_, Some(pause), _) => OnFailure::Retry(pause),
        (_, _, Some(pause)) => OnFailure::Crash(pause),
        _ => {
            let help =
                "write give-up, retry(100ms) (the same payload again as a new record) or crash(5s) (the process ends and is started again)";
            found.add(Some(&written.span), format!("`{}` is nothing that an application does when a record fails", **written), help);
            OnFailure::GiveUp
        }
    }
}

fn partitioning(client: &ClientFile, found: &mut Diagnostics) -> Partitioning {
    let Some(written) = &client.partitioning else { return Partitioning::Sticky };
    match written.as_str() {
        "round-robin" => return Partitioning::RoundRobin,
        "sticky" => return Partitioning::Sticky,
        _ => {}
    }
    let keys = written.strip_prefix("keyed(").and_then(|rest| rest.strip_suffix(')')).and_then(|n| n.trim().parse::<u32>().ok());
    if let Some(keys) = keys.filter(|n| *n > 0) {
        return Partitioning::Keyed(keys);
    }
    found.add(
        Some(&written.span),
        format!("`{}` is no partitioning", **written),
        "write round-robin, sticky, or keyed(1000) for 1000 keys",
    );
    Partitioning::Sticky
}
