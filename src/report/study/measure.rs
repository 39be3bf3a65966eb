//! A metric of a study: what it is called, and how its numbers are written.

use crate::report::quantity::{NONE, bytes, count, counted, decimal, duration, interval, percent, signed};
use crate::report::words;
use crate::study::record::{Interval, MetricRecord, VariantRecord};

/// A metric.
pub struct Measure<'a> {
    /// Its path: `requests.stale`.
    path: &'a str,
    unit: Unit,
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

impl<'a> Measure<'a> {
    /// The metric of this path. Its unit is in its name, as everywhere at the edge.
    pub fn of(path: &'a str) -> Measure<'a> {
        let counts = path.ends_with(".count") || path.ends_with(".open");
        let unit = match path {
            _ if counts => Unit::Count,
            _ if path.split('.').any(|part| part.ends_with("_ms")) => Unit::Milliseconds,
            _ if path.ends_with("_bytes") => Unit::Bytes,
            _ => Unit::Count,
        };
        Measure { path, unit }
    }

    /// What it counts in.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// In plain words: `stale requests`.
    pub fn name(&self) -> String {
        words::metric(self.path)
    }

    /// In plain words, of one run: `stale requests a run`, `the stale window p99`.
    pub fn of_a_run(&self) -> String {
        match self.unit {
            Unit::Count | Unit::Bytes => format!("{} a run", self.name()),
            Unit::Milliseconds => format!("the {}", self.name()),
        }
    }

    /// `stale requests a run are 12.1 (11.4 to 12.8)`.
    pub fn told(&self, variant: &VariantRecord) -> String {
        format!("{} {} {}", self.of_a_run(), self.are(), self.mean(variant))
    }

    /// The verb's ending: things rise, a duration rises.
    pub fn verb(&self, verb: &str) -> String {
        match self.unit {
            Unit::Count | Unit::Bytes => verb.to_owned(),
            Unit::Milliseconds => format!("{verb}s"),
        }
    }

    /// Things are, a duration is.
    pub fn are(&self) -> &'static str {
        match self.unit {
            Unit::Count | Unit::Bytes => "are",
            Unit::Milliseconds => "is",
        }
    }

    /// One number.
    pub fn value(&self, value: f64) -> String {
        match self.unit {
            Unit::Count => decimal(value),
            Unit::Milliseconds => duration(value),
            Unit::Bytes if value < 0.0 => format!("-{}", bytes(value.abs().round() as u64)),
            Unit::Bytes => bytes(value.round() as u64),
        }
    }

    /// A difference with its sign. One of times that is below the precision of their text is none.
    pub fn difference(&self, difference: f64) -> String {
        let invisible = self.unit == Unit::Milliseconds && difference.abs() < 0.01;
        signed(if invisible { 0.0 } else { difference }, |value| self.value(value))
    }

    /// This metric of a variant, none where its runs have no such number.
    pub fn record<'v>(&self, variant: &'v VariantRecord) -> Option<&'v MetricRecord> {
        variant.metrics.get(self.path).filter(|metric| metric.runs > 0)
    }

    /// The mean over the runs of a variant, with its interval.
    pub fn mean(&self, variant: &VariantRecord) -> String {
        self.cell(variant.metrics.get(self.path), variant.runs)
    }

    /// The mean over runs with its interval, and how many runs it is where not all have such a number.
    pub fn cell(&self, metric: Option<&MetricRecord>, all_runs: u64) -> String {
        let Some(metric) = metric.filter(|metric| metric.runs > 0) else { return NONE.to_owned() };
        let some = if metric.runs < all_runs { format!(" in {} of {} runs", count(metric.runs), count(all_runs)) } else { String::new() };
        match (metric.runs, metric.mean.low, metric.mean.high) {
            (1, _, _) => format!("{} (1 run)", self.value(metric.mean.value)),
            (_, _, _) if metric.min == metric.max && some.is_empty() => format!("{} in every run", self.value(metric.mean.value)),
            // No metric is below zero, so neither is its mean, whatever a t interval of few runs says.
            (_, Some(low), Some(high)) => format!("{}{some}", interval(metric.mean.value, low.max(0.0), high, |value| self.value(value))),
            (_, _, _) => format!("{} ({})", self.value(metric.mean.value), counted(metric.runs, "run")),
        }
    }
}

/// A ratio of 0 to 1 in per cent, to as many digits as a small one needs.
pub fn per_cent(ratio: f64) -> String {
    format!("{} %", decimal(ratio * 100.0))
}

/// A number with its bounds, where it has both.
pub fn bounded(estimate: &Interval, text: impl Fn(f64) -> String) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => interval(estimate.value, low, high, text),
        (Some(low), None) => format!("{} (at least {})", text(estimate.value), text(low)),
        (None, _) => text(estimate.value),
    }
}

/// How much of `before` a difference is: `-70 %`, `+165 %`; none of nothing.
pub fn relative(difference: f64, before: f64) -> String {
    let ratio = difference / before.abs();
    match ratio {
        _ if !ratio.is_finite() => NONE.to_owned(),
        _ if ratio.abs() > 0.999 => format!("{} %", signed((ratio * 100.0).round(), decimal)),
        _ if ratio < 0.0 => format!("-{}", percent(-ratio)),
        _ if ratio > 0.0 => format!("+{}", percent(ratio)),
        _ => percent(ratio),
    }
}

/// Whether two intervals have a number in common, as far as they are known.
pub fn overlap(one: &Interval, other: &Interval) -> bool {
    match (one.low, one.high, other.low, other.high) {
        (Some(low), Some(high), Some(from), Some(to)) => low <= to && from <= high,
        (_, _, _, _) => true,
    }
}

/// `a`, `a and b`, `a, b and c`; the rest of a long list is counted.
pub fn listed(all: &[String], most: usize) -> String {
    let mut shown: Vec<String> = all.iter().take(most).cloned().collect();
    if all.len() > shown.len() {
        shown.push(format!("{} more", count((all.len() - shown.len()) as u64)));
    }
    match shown.pop() {
        Some(last) if shown.is_empty() => last,
        Some(last) => format!("{} and {last}", shown.join(", ")),
        None => NONE.to_owned(),
    }
}
