//! What the runs of one variant came to.

use super::metric;
use super::outcome::{Length, WindowOutcome};
use super::record::{Ended, EventRecord, Interval, LengthRecord, MetricRecord, RateRecord, VariantRecord};
use super::results::{Column, Results};
use crate::statistics::{Confidence, Estimate, Lifetime, Quantile, mean::mean, proportion::proportion, quantile::quantile, ratio::ratio, survival};
use std::collections::BTreeMap;

/// Shares that every answer has: name, count, and what it is a share of.
const RATES: [(&str, &str, &str); 6] = [
    ("stale", "requests.stale", "requests.total"),
    ("stale of requests to partitions that moved", "requests.stale", "requests.to_moved_partitions"),
    ("stale of requests in windows", "requests.stale", "requests.in_windows"),
    ("leaderless", "requests.leaderless", "requests.total"),
    ("records failed", "records.failed", "records.sent"),
    ("acknowledged records lost", "records.lost", "records.acknowledged"),
];

/// What happens in a run or does not: name, and the metric that is then above zero.
const EVENTS: [(&str, &str); 7] = [
    ("a request met a stale leader", "requests.stale"),
    ("a record failed to its application", "records.failed"),
    ("an acknowledged record was lost", "records.lost"),
    ("a message was lost", "messages.lost"),
    ("a message was written twice", "messages.extra_copies"),
    ("an unclean election", "unclean_elections"),
    ("a partition had no leader at the end", "cluster.leaderless_at_end"),
];

/// Points of a drawn curve.
const POINTS: usize = 200;

/// Which of a window's times.
type Which = fn(&WindowOutcome) -> Option<Length>;

const LENGTHS: [(&str, Which); 3] =
    [("interruption", |w| w.interruption), ("recovery", |w| Some(w.recovery)), ("stale_window", |w| w.stale_window)];

/// What the runs of one variant came to.
pub fn variant(results: &Results<'_>, index: usize, confidence: Confidence) -> VariantRecord {
    let loaded = &results.study.variants[index];
    let clients = results.clients(index);
    let column = |path: &str| Column::parse(path, &clients).expect("the path is one of the metrics");
    let of_run = metric::run_metrics().into_iter().map(|(path, _)| (path.to_owned(), of_runs(&results.values(index, &column(path)), confidence)));
    let of_client = |name: &&str| {
        let metrics = metric::client_metrics().into_iter().filter_map(|(path, _)| {
            let values = results.values(index, &column(&format!("clients.{name}.{path}")));
            (!values.is_empty()).then(|| (path.to_owned(), of_runs(&values, confidence)))
        });
        ((*name).to_owned(), metrics.collect())
    };
    let rate = |(name, count, of): (&str, &str, &str)| {
        (name.to_owned(), rate(&results.values(index, &column(count)), &results.values(index, &column(of)), confidence))
    };
    let event = |(name, path): (&str, &str)| (name.to_owned(), event(&results.values(index, &column(path)), confidence));
    let length = |(name, which): (&str, Which)| Some((name.to_owned(), length(results, index, which, confidence)?));
    VariantRecord {
        name: loaded.variant.name.clone(),
        settings: loaded.variant.settings.iter().cloned().collect(),
        scenario_digest: loaded.scenario.digest.clone(),
        runs: results.of(index).count() as u64,
        metrics: of_run.collect(),
        clients: clients.iter().map(of_client).collect(),
        rates: RATES.into_iter().map(rate).collect(),
        events: EVENTS.into_iter().map(event).collect(),
        lengths: LENGTHS.into_iter().filter_map(length).collect::<BTreeMap<_, _>>(),
        repeat: loaded.scenario.command(results.study.seeds.first),
    }
}

fn of_runs(values: &[f64], confidence: Confidence) -> MetricRecord {
    MetricRecord {
        runs: values.len() as u64,
        mean: average(values, confidence),
        median: quantile(values, 0.5, confidence).map(Interval::from).unwrap_or_default(),
        min: values.iter().copied().reduce(f64::min).unwrap_or(0.0),
        max: values.iter().copied().reduce(f64::max).unwrap_or(0.0),
    }
}

/// The mean of runs, with its bounds where there are enough.
pub fn average(values: &[f64], confidence: Confidence) -> Interval {
    let single = || Interval { value: values.first().copied().unwrap_or(0.0), low: None, high: None };
    mean(values, confidence).map_or_else(single, Interval::from)
}

fn rate(counts: &[f64], of: &[f64], confidence: Confidence) -> RateRecord {
    let (numerator, denominator) = (counts.iter().sum::<f64>(), of.iter().sum::<f64>());
    let alone = (denominator > 0.0).then(|| Interval { value: numerator / denominator, low: None, high: None });
    RateRecord { numerator, denominator, share: ratio(counts, of, confidence).map(Interval::from).or(alone) }
}

fn event(values: &[f64], confidence: Confidence) -> EventRecord {
    let (runs, of) = (values.iter().filter(|value| **value > 0.0).count() as u64, values.len() as u64);
    EventRecord { runs, of, chance: proportion(runs, of, confidence).map(Interval::from).unwrap_or_default() }
}

/// None when there were no such times.
fn length(results: &Results<'_>, variant: usize, which: Which, confidence: Confidence) -> Option<LengthRecord> {
    let lifetimes = |(run, windows): (usize, &[WindowOutcome])| -> Vec<Lifetime> {
        windows.iter().filter_map(which).map(|length| Lifetime { length: length.ms, ended: length.ended, run }).collect()
    };
    let all: Vec<Lifetime> = results.of(variant).enumerate().flat_map(|(run, outcome)| lifetimes((run, &outcome.windows))).collect();
    if all.is_empty() {
        return None;
    }
    let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|q| survival::bounded_quantile(&all, q, confidence).map(Interval::from));
    let curve: Vec<Ended> = survival::curve(&all).iter().map(|step| Ended { ms: step.time, share: 1.0 - step.surviving }).collect();
    let every = curve.len().div_ceil(POINTS).max(1);
    let last = curve.len().saturating_sub(1);
    Some(LengthRecord {
        count: all.len() as u64,
        open: all.iter().filter(|lifetime| !lifetime.ended).count() as u64,
        p50,
        p90,
        p99,
        ended: curve.into_iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last).map(|(_, step)| step).collect(),
    })
}

impl From<Estimate> for Interval {
    fn from(estimate: Estimate) -> Interval {
        Interval { value: estimate.value, low: Some(estimate.low), high: Some(estimate.high) }
    }
}

impl From<Quantile> for Interval {
    fn from(quantile: Quantile) -> Interval {
        Interval { value: quantile.value, low: quantile.low, high: quantile.high }
    }
}
