//! What a comparison found, of its runs: each variant against the first, seed by seed.

use super::decision::number;
use super::metric::Unit;
use super::record::{COMPARE_SCHEMA, CompareRecord, Comparison, Difference, Interval, Stopping};
use super::results::{Column, Results};
use super::{summary, sweep};
use crate::statistics::mean::{average, mean};
use crate::statistics::multiple::holm;
use crate::statistics::paired::paired;
use crate::statistics::Confidence;

/// Metrics that are compared when none are named.
pub const USUAL: [&str; 10] = [
    "requests.stale",
    "requests.leaderless",
    "stale_window_ms.p99",
    "interruption_ms.p99",
    "interruption_ms.max",
    "latency_ms.p99",
    "records.failed",
    "records.lost",
    "metadata_requests",
    "connections_opened",
];

/// How narrow an interval is wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Until {
    /// As written: `5%`, `200ms`, `3`.
    pub text: String,
    width: f64,
    /// Of the first variant's mean.
    relative: bool,
}

impl Until {
    /// Reads a percentage of the first variant's mean, a number or a duration.
    ///
    /// # Errors
    /// What to write.
    pub fn parse(text: &str) -> Result<Until, String> {
        let width = number(text).filter(|width| *width > 0.0);
        let width = width.ok_or_else(|| format!("`{text}` is no width of an interval: write 5%, a number such as 3, or a duration such as 200ms"))?;
        Ok(Until { text: text.trim().to_owned(), width, relative: text.trim().ends_with('%') })
    }

    /// Whether every difference of the metric is known so well. A difference of zero in all seeds is.
    pub fn met(&self, results: &Results<'_>, column: &Column, confidence: Confidence) -> bool {
        (1..results.study.variants.len()).all(|variant| {
            let (one, other) = columns(results, variant, column);
            let differences: Vec<f64> = one.iter().zip(&other).map(|(a, b)| b - a).collect();
            let Some(difference) = mean(&differences, confidence) else { return false };
            let scale = if self.relative { average(&one).unwrap_or(0.0).abs() } else { 1.0 };
            difference.half_width() <= self.width * scale
        })
    }
}

/// What a comparison found. `confidence` is that of the look at which it stopped.
///
/// # Errors
/// When a metric does not exist.
pub fn compare(results: &Results<'_>, metrics: &[String], stopping: Stopping, confidence: Confidence, repeat: &str) -> Result<CompareRecord, String> {
    let clients = results.clients(0);
    let columns = metrics.iter().map(|path| Column::parse(path, &clients)).collect::<Result<Vec<_>, _>>()?;
    let (variants, nominal) = (results.study.variants.len(), Confidence::default());
    let mut comparisons: Vec<Comparison> = (1..variants).map(|variant| against_first(results, variant, &columns, confidence)).collect();
    adjust(&mut comparisons, confidence, nominal);
    Ok(CompareRecord {
        schema: COMPARE_SCHEMA.to_owned(),
        study: sweep::study(results, nominal, repeat),
        stopping,
        variants: (0..variants).map(|variant| summary::variant(results, variant, confidence)).collect(),
        comparisons,
    })
}

/// The guarantee of a fixed number of seeds.
pub fn fixed(seeds: u64) -> Stopping {
    Stopping {
        asked: format!("{seeds} seeds"),
        reached: true,
        looks: vec![seeds],
        guarantee: "Each interval holds the true mean difference with the stated confidence, as far as a t interval does.".to_owned(),
    }
}

/// The guarantee of looking at these numbers of seeds until an interval was narrow enough.
pub fn sequential(until: &Until, metric: &str, reached: bool, planned: usize, seen: Vec<u64>) -> Stopping {
    Stopping {
        asked: format!("an interval of ±{} for {metric}", if until.relative { format!("{} of the first variant's mean", until.text) } else { until.text.clone() }),
        reached,
        looks: seen,
        guarantee: format!(
            "Each of {} planned looks has its share of the error (Bonferroni), so that whichever look it stops at, the interval of a metric holds the true mean difference with the stated confidence, as far as a t interval does.",
            planned
        ),
    }
}

fn against_first(results: &Results<'_>, variant: usize, metrics: &[Column], confidence: Confidence) -> Comparison {
    let name = |index: usize| results.study.variants[index].variant.name.clone();
    let metrics = metrics.iter().filter_map(|column| difference(results, variant, column, confidence)).collect();
    Comparison { variant: name(variant), against: name(0), metrics }
}

/// None when fewer than two seeds have a number of both.
fn difference(results: &Results<'_>, variant: usize, column: &Column, confidence: Confidence) -> Option<Difference> {
    let (_, unpaired) = results.pairs(0, variant, column);
    let (one, other) = columns(results, variant, column);
    let found = paired(&one, &other, confidence)?;
    Some(Difference {
        metric: column.path.clone(),
        unit: match column.unit {
            Unit::Count => String::new(),
            Unit::Milliseconds => "ms".to_owned(),
            Unit::Bytes => "bytes".to_owned(),
        },
        pairs: one.len() as u64,
        unpaired,
        before: average(&one)?,
        after: average(&other)?,
        difference: Interval::from(found.difference),
        lower: found.lower as u64,
        equal: found.ties as u64,
        higher: found.higher as u64,
        p: found.p_value,
        p_adjusted: found.p_value,
        supported: false,
        pairing: found.variance_ratio.map(Interval::from),
    })
}

fn columns(results: &Results<'_>, variant: usize, column: &Column) -> (Vec<f64>, Vec<f64>) {
    results.pairs(0, variant, column).0.into_iter().unzip()
}

/// Holm's correction over all metrics and variants of the answer, and Bonferroni's over all planned looks.
fn adjust(comparisons: &mut [Comparison], confidence: Confidence, nominal: Confidence) {
    let looks = nominal.alpha() / confidence.alpha();
    let p: Vec<f64> = comparisons.iter().flat_map(|c| c.metrics.iter().map(|m| m.p)).collect();
    let differences = comparisons.iter_mut().flat_map(|c| c.metrics.iter_mut());
    for (difference, adjusted) in differences.zip(holm(&p)) {
        difference.p_adjusted = (adjusted * looks).min(1.0);
        difference.supported = difference.p_adjusted < nominal.alpha();
    }
}
