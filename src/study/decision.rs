//! Decisions: the cheapest variant that meets a bound, the front of cost against staleness, and which key matters for what.

use super::record::singles::Bad;
use super::record::{Choice, Front, Interval, KeyShare, Sensitivity};
use super::results::{Column, Results};
use super::summary;
use crate::engine::parse_duration;
use crate::scenario::Op;
use crate::statistics::mean::average;
use crate::statistics::paired::paired;
use crate::statistics::sensitivity::{main_effects, rank_correlation};
use crate::statistics::{Confidence, pareto};

/// Metrics of which the sensitivity is told, when they differ at all.
const TELLING: [&str; 9] = [
    "requests.stale",
    "stale_window_ms.p99",
    "interruption_ms.max",
    "recovery_ms.p99",
    "latency_ms.p99",
    "records.failed",
    "records.lost",
    "metadata_requests",
    "connections_opened",
];

/// A bound that a setting must meet, such as `stale_window_ms.p99 < 2s`: it is held against the mean over the runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Requirement {
    /// As written.
    pub text: String,
    path: String,
    op: Op,
    bound: f64,
}

/// What is asked of a sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Wish {
    /// What a setting must meet.
    pub required: Vec<Requirement>,
    /// What is to be as little as possible: the cost.
    pub minimise: String,
    /// What stands for staleness where nothing is required.
    pub loss: String,
}

/// How the variants were chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Design {
    /// Every combination of the values.
    Grid,
    /// A sample of all combinations.
    Sample,
}

impl Requirement {
    /// Reads a metric, an operator and a number, a duration or a percentage.
    ///
    /// # Errors
    /// What is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Requirement, String> {
        let form = "write a metric, an operator and a number: `stale_window_ms.p99 < 2s`";
        let (path, op, bound) = Op::split(text).ok_or_else(|| format!("`{text}` compares nothing: {form}"))?;
        let bound = number(bound).ok_or_else(|| format!("`{bound}` is no number, duration or percentage: {form}"))?;
        Ok(Requirement { text: text.trim().to_owned(), path: path.to_owned(), op, bound })
    }

    /// Its metric, and which end of that is bad.
    pub fn bad(&self) -> (String, Bad) {
        let bad = match self.op {
            Op::Equal | Op::NotEqual | Op::Less | Op::AtMost => Bad::Most,
            Op::More | Op::AtLeast => Bad::Least,
        };
        (self.path.clone(), bad)
    }

    /// Whether an estimate meets it: for certain, certainly not, or not decided by its interval.
    fn met(&self, estimate: &Interval) -> Option<bool> {
        let holds = |value: f64| self.op.holds(value, self.bound);
        let (low, high) = (estimate.low.unwrap_or(estimate.value), estimate.high.unwrap_or(estimate.value));
        (holds(low) == holds(high)).then(|| holds(low))
    }
}

/// The cheapest variant that meets what is required; none when nothing is.
///
/// # Errors
/// When a metric does not exist.
pub fn choice(results: &Results<'_>, wish: &Wish, confidence: Confidence) -> Result<Option<Choice>, String> {
    let clients = results.clients(0);
    let cost = Column::parse(&wish.minimise, &clients)?;
    let columns = wish.required.iter().map(|r| Column::parse(&r.path, &clients)).collect::<Result<Vec<_>, _>>()?;
    if columns.is_empty() {
        return Ok(None);
    }
    let mean = |variant: usize, column: &Column| summary::average(&results.values(variant, column), confidence);
    let verdict = |variant: usize| {
        let each = wish.required.iter().zip(&columns).map(|(r, column)| r.met(&mean(variant, column)));
        each.reduce(|all, one| if all == Some(false) || one == Some(false) { Some(false) } else { all.and(one) }).flatten()
    };
    let variants: Vec<usize> = (0..results.study.variants.len()).filter(|variant| results.of(*variant).next().is_some()).collect();
    let name = |variant: &usize| results.study.variants[*variant].variant.name.clone();
    let met: Vec<usize> = variants.iter().copied().filter(|v| verdict(*v) == Some(true)).collect();
    let cheapest = met.iter().copied().min_by(|a, b| mean(*a, &cost).value.total_cmp(&mean(*b, &cost).value));
    let as_cheap =
        met.iter().filter(|other| cheapest.is_some_and(|best| best != **other && !differs(results, best, **other, &cost, confidence)));
    Ok(Some(Choice {
        required: wish.required.iter().map(|r| r.text.clone()).collect(),
        minimised: wish.minimise.clone(),
        variant: cheapest.as_ref().map(name),
        met_by: met.iter().map(name).collect(),
        undecided: variants.iter().filter(|v| verdict(**v).is_none()).map(name).collect(),
        as_cheap: as_cheap.map(name).collect(),
    }))
}

/// Whether the paired interval of a difference excludes zero.
fn differs(results: &Results<'_>, one: usize, other: usize, column: &Column, confidence: Confidence) -> bool {
    let (pairs, _) = results.pairs(one, other, column);
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    paired(&a, &b, confidence).is_some_and(|found| found.difference.excludes(0.0))
}

/// The variants that nothing beats in both cost and staleness.
///
/// # Errors
/// When a metric does not exist.
pub fn front(results: &Results<'_>, wish: &Wish) -> Result<Front, String> {
    let clients = results.clients(0);
    let loss = wish.required.first().map_or(&wish.loss, |required| &required.path);
    let columns = [Column::parse(&wish.minimise, &clients)?, Column::parse(loss, &clients)?];
    let mean = |variant: usize, column: &Column| average(&results.values(variant, column));
    let points: Vec<(usize, (f64, f64))> = (0..results.study.variants.len())
        .filter_map(|variant| Some((variant, (mean(variant, &columns[0])?, mean(variant, &columns[1])?))))
        .collect();
    let front = pareto::front(&points.iter().map(|(_, point)| *point).collect::<Vec<_>>());
    let mut on_front: Vec<&(usize, (f64, f64))> = front.into_iter().map(|i| &points[i]).collect();
    on_front.sort_by(|a, b| a.1.0.total_cmp(&b.1.0));
    let variants = on_front.into_iter().map(|(variant, _)| results.study.variants[*variant].variant.name.clone()).collect();
    Ok(Front { cost: wish.minimise.clone(), loss: loss.clone(), variants })
}

/// How much of the spread of each telling metric each key explains, the metrics that differ most first.
pub fn sensitivity(results: &Results<'_>, design: Design) -> Vec<Sensitivity> {
    let mut found: Vec<Sensitivity> = TELLING.iter().filter_map(|path| of_metric(results, design, path)).collect();
    let spread = |s: &Sensitivity| if s.greatest > 0.0 { (s.greatest - s.least) / s.greatest } else { 0.0 };
    found.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
    found
}

/// None when the metric is the same in all variants.
fn of_metric(results: &Results<'_>, design: Design, path: &str) -> Option<Sensitivity> {
    let column = Column::parse(path, &[]).expect("the path is one of the metrics");
    let study = results.study;
    let cells: Vec<(usize, f64)> =
        (0..study.variants.len()).filter_map(|variant| Some((variant, average(&results.values(variant, &column))?))).collect();
    let means: Vec<f64> = cells.iter().map(|(_, mean)| *mean).collect();
    let (least, greatest) = (means.iter().copied().reduce(f64::min)?, means.iter().copied().reduce(f64::max)?);
    if least == greatest {
        return None;
    }
    let all = study.levels();
    let levels: Vec<Vec<usize>> = cells.iter().map(|(variant, _)| all[*variant].clone()).collect();
    let shares = match design {
        Design::Grid => main_effects(&levels, &means),
        Design::Sample => (0..study.keys.len()).map(|key| explained(results, key, &cells, &levels)).collect(),
    };
    let mut keys: Vec<KeyShare> = study.keys.iter().cloned().zip(shares).map(|(key, share)| KeyShare { key, share }).collect();
    keys.sort_by(|a, b| b.share.total_cmp(&a.share));
    Some(Sensitivity { metric: path.to_owned(), least, greatest, keys })
}

/// What one key of a sample explains: by rank where its values are numbers, else as a grid would.
fn explained(results: &Results<'_>, key: usize, cells: &[(usize, f64)], levels: &[Vec<usize>]) -> f64 {
    let means: Vec<f64> = cells.iter().map(|(_, mean)| *mean).collect();
    let values: Option<Vec<f64>> =
        cells.iter().map(|(variant, _)| number(results.study.variants[*variant].variant.value(&results.study.keys[key])?)).collect();
    match values {
        Some(values) => rank_correlation(&values, &means).map_or(0.0, |rank| rank * rank),
        None => {
            let own: Vec<Vec<usize>> = levels.iter().map(|level| vec![level[key]]).collect();
            main_effects(&own, &means)[0]
        }
    }
}

/// A number, a duration in milliseconds, or a percentage as a share.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    match text.strip_suffix('%') {
        Some(share) => plain(share).map(|n| n / 100.0),
        None => plain(text).or_else(|| parse_duration(text).ok().map(|d| d.as_millis_f64())),
    }
}
