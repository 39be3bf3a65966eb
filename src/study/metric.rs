//! Metrics: the numbers of a run's answer that a study compares, under the paths that they have there.

use crate::observe::record::{ClientRecord, ConsumerRecord, Quantiles, RunRecord, Tally};

/// A number of an answer.
#[derive(Clone, Copy)]
pub struct Metric<T> {
    /// Its path in the answer, such as `requests.stale` or `recovery_ms.p99`.
    pub path: &'static str,
    /// What it counts in.
    pub unit: Unit,
    of: fn(&T) -> Option<f64>,
}

/// What a metric counts in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
}

impl<T> Metric<T> {
    const fn count(path: &'static str, of: fn(&T) -> Option<f64>) -> Self {
        Metric { path, unit: Unit::Count, of }
    }
    const fn ms(path: &'static str, of: fn(&T) -> Option<f64>) -> Self {
        Metric { path, unit: Unit::Milliseconds, of }
    }
}

/// A duration of which none was measured has no quantiles, rather than zero.
fn measured(of: &Quantiles, value: f64) -> Option<f64> {
    (of.count > 0).then_some(value)
}

fn sum(of: &std::collections::BTreeMap<String, u64>) -> f64 {
    of.values().sum::<u64>() as f64
}

macro_rules! counts {
    ($($path:literal => $($field:ident).+),* $(,)?) => { [$(Metric::count($path, |t| Some(t.$($field).+ as f64))),*] };
}
macro_rules! quantiles {
    ($($name:literal => $field:ident),* $(,)?) => { [$(
        Metric::count(concat!($name, ".count"), |t| Some(t.$field.count as f64)),
        Metric::count(concat!($name, ".open"), |t| Some(t.$field.open as f64)),
        Metric::ms(concat!($name, ".p50"), |t| measured(&t.$field, t.$field.p50)),
        Metric::ms(concat!($name, ".p99"), |t| measured(&t.$field, t.$field.p99)),
        Metric::ms(concat!($name, ".p999"), |t| measured(&t.$field, t.$field.p999)),
        Metric::ms(concat!($name, ".max"), |t| measured(&t.$field, t.$field.max)),
    )*] };
}
macro_rules! causes {
    ($($cause:literal),* $(,)?) => { [$(
        Metric::count(concat!("requests.stale_by_cause.", $cause), |t| Some(t.requests.stale_by_cause.get($cause).copied().unwrap_or(0) as f64)),
    )*] };
}

const COUNTS: [Metric<Tally>; 19] = counts!(
    "requests.total" => requests.total,
    "requests.stale" => requests.stale,
    "requests.overtaken" => requests.overtaken,
    "requests.leaderless" => requests.leaderless,
    "requests.to_moved_partitions" => requests.to_moved_partitions,
    "requests.in_windows" => requests.in_windows,
    "records.sent" => records.sent,
    "records.acknowledged" => records.acknowledged,
    "records.failed" => records.failed,
    "records.unfinished" => records.unfinished,
    "records.lost" => records.lost,
    "records.duplicated" => records.duplicated,
    "records.failed_but_written" => records.failed_but_written,
    "messages.handed_over" => messages.handed_over,
    "messages.lost" => messages.lost,
    "messages.extra_copies" => messages.extra_copies,
    "messages.open" => messages.open,
    "metadata_requests" => metadata_requests,
    "connections_opened" => connections_opened,
);

const COST: [Metric<Tally>; 3] = [
    Metric { path: "metadata_bytes", unit: Unit::Bytes, of: |t| Some(t.metadata_bytes as f64) },
    Metric::ms("metadata_broker_ms", |t| Some(t.metadata_broker_ms)),
    Metric::ms("longest_waiting_ms", |t| Some(t.longest_waiting_ms)),
];

const DURATIONS: [Metric<Tally>; 24] = quantiles!(
    "latency_ms" => latency_ms,
    "recovery_ms" => recovery_ms,
    "stale_window_ms" => stale_window_ms,
    "interruption_ms" => interruption_ms,
);

const CAUSES: [Metric<Tally>; 8] = causes!(
    "never told",
    "told by a broker whose own view was old",
    "hint older than truth",
    "in flight at the move",
    "ahead of the leader",
    "refresh pending",
    "refresh blocked",
    "refresh swallowed",
);

const OF_CLIENT: [Metric<ClientRecord>; 9] = [
    Metric::ms("longest_wait_ms", |c| Some(c.longest_wait_ms)),
    Metric::count("errors", |c| Some(sum(&c.errors))),
    Metric::count("consumer.delivered", |c| consumer(c, |d| d.delivered as f64)),
    Metric::count("consumer.delivered_again", |c| consumer(c, |d| d.delivered_again as f64)),
    Metric::count("consumer.skipped", |c| consumer(c, |d| d.skipped as f64)),
    Metric::count("consumer.lag_max", |c| consumer(c, |d| d.lag_max as f64)),
    Metric::count("consumer.position_resets", |c| consumer(c, |d| d.position_resets as f64)),
    Metric::ms("consumer.wait_ms.p99", |c| c.consumer.as_ref().and_then(|d| measured(&d.wait_ms, d.wait_ms.p99))),
    Metric::ms("consumer.wait_ms.max", |c| c.consumer.as_ref().and_then(|d| measured(&d.wait_ms, d.wait_ms.max))),
];

const OF_RUN: [Metric<RunRecord>; 10] = [
    Metric::count("moves", |r| Some(r.moves.len() as f64)),
    Metric::count("unclean_elections", |r| Some(r.moves.iter().filter(|m| m.unclean).count() as f64)),
    Metric::count("cluster.isr_shrinks", |r| Some(r.cluster.isr_shrinks as f64)),
    Metric::count("cluster.isr_expands", |r| Some(r.cluster.isr_expands as f64)),
    Metric::count("cluster.controller_elections", |r| Some(r.cluster.controller_elections as f64)),
    Metric::count("cluster.under_replicated_max", |r| Some(r.cluster.under_replicated_max as f64)),
    Metric::count("cluster.under_replicated_at_end", |r| Some(r.cluster.under_replicated_at_end as f64)),
    Metric::count("cluster.leaderless_at_end", |r| Some(r.cluster.leaderless_at_end as f64)),
    Metric::ms("last_change_ms", |r| r.cluster.timeline.last().map(|entry| entry.at_ms)),
    Metric::count("checks.violated", |r| Some(r.checks.violated.len() as f64)),
];

fn consumer(client: &ClientRecord, of: fn(&ConsumerRecord) -> f64) -> Option<f64> {
    client.consumer.as_ref().map(of)
}

fn of_tally() -> impl Iterator<Item = Metric<Tally>> {
    COUNTS.into_iter().chain(COST).chain(DURATIONS).chain(CAUSES)
}

/// The metrics of a client: path and unit, in the order of [`client_values`].
pub fn client_metrics() -> Vec<(&'static str, Unit)> {
    of_tally().map(|m| (m.path, m.unit)).chain(OF_CLIENT.iter().map(|m| (m.path, m.unit))).collect()
}

/// The metrics of a whole run: path and unit, in the order of [`run_values`].
pub fn run_metrics() -> Vec<(&'static str, Unit)> {
    of_tally().map(|m| (m.path, m.unit)).chain(OF_RUN.iter().map(|m| (m.path, m.unit))).collect()
}

/// What a client came to; none where nothing was measured.
pub fn client_values(client: &ClientRecord) -> Vec<Option<f64>> {
    of_tally().map(|m| (m.of)(&client.tally)).chain(OF_CLIENT.iter().map(|m| (m.of)(client))).collect()
}

/// What a whole run came to; none where nothing was measured.
pub fn run_values(record: &RunRecord) -> Vec<Option<f64>> {
    of_tally().map(|m| (m.of)(&record.total)).chain(OF_RUN.iter().map(|m| (m.of)(record))).collect()
}
