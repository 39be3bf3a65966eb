//! The answers of studies, as data: versioned, documented, and the only thing that their reports read.
//! Times are milliseconds. The run is the unit of every interval: requests and windows of one run are not independent.

pub mod singles;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of [`SweepRecord`]; raised when a field changes its meaning or goes away.
pub const SWEEP_SCHEMA: &str = "kafkasim/sweep/1";
/// Version of [`CompareRecord`].
pub const COMPARE_SCHEMA: &str = "kafkasim/compare/1";

/// What a sweep found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SweepRecord {
    /// Version of this schema.
    pub schema: String,
    /// What was run.
    pub study: StudyRecord,
    /// What each variant came to.
    pub variants: Vec<VariantRecord>,
    /// How much of the spread of each metric between the variants each key explains, the most telling metrics first.
    pub sensitivity: Vec<Sensitivity>,
    /// The variants that nothing else beats in both cost and staleness.
    pub front: Front,
    /// The cheapest variant that meets what was required; null when nothing was.
    pub choice: Option<Choice>,
}

/// What a comparison found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CompareRecord {
    /// Version of this schema.
    pub schema: String,
    /// What was run.
    pub study: StudyRecord,
    /// How the number of seeds was decided.
    pub stopping: Stopping,
    /// What each variant came to; the first is what the others are compared with.
    pub variants: Vec<VariantRecord>,
    /// Each other variant against the first.
    pub comparisons: Vec<Comparison>,
}

/// What a study ran.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StudyRecord {
    /// Version of kafkasim.
    pub kafkasim: String,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 over everything that decides what its runs are, but for how many seeds there are.
    pub digest: String,
    /// The machine costs that were used, each name once.
    pub costs: Vec<String>,
    /// The keys that differ between variants, with their values in order.
    pub keys: Vec<KeyRecord>,
    /// The first seed.
    pub first_seed: u64,
    /// Seeds that were asked for.
    pub seeds: u64,
    /// Runs that are in the answer.
    pub runs: u64,
    /// Runs that were asked for and are not in it.
    pub missing: u64,
    /// How sure the intervals are.
    pub confidence: f64,
    /// Simulated time of a run before counting began, of the first variant.
    pub warmup_ms: f64,
    /// Simulated time of a run that was counted, of the first variant.
    pub counted_ms: f64,
    /// No rates were given, so that every count stands for an assumed rate.
    pub assumed_rates: bool,
    /// Commands that repeat the runs in which a promise of Kafka's protocol was broken: a bug of kafkasim.
    pub violated: Vec<String>,
    /// What the runs leave out or had to assume, one sentence each.
    pub not_modelled: Vec<String>,
    /// The command that repeats the study.
    pub repeat: String,
}

/// A key that differs between variants.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyRecord {
    /// Its name.
    pub key: String,
    /// Its values, in the order of the variants.
    pub values: Vec<String>,
    /// The same as numbers; null where one of them is none.
    pub numbers: Option<Vec<f64>>,
    /// The unit of the numbers: `ms`, or empty.
    pub unit: String,
}

/// What the runs of one variant came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VariantRecord {
    /// Its name.
    pub name: String,
    /// What it sets.
    pub settings: BTreeMap<String, String>,
    /// Digest of its scenario.
    pub scenario_digest: String,
    /// Its runs.
    pub runs: u64,
    /// Each metric of a whole run.
    pub metrics: BTreeMap<String, MetricRecord>,
    /// Each metric of each client.
    pub clients: BTreeMap<String, BTreeMap<String, MetricRecord>>,
    /// Shares of all runs together, each with its denominator.
    pub rates: BTreeMap<String, RateRecord>,
    /// In how many runs something happened at all.
    pub events: BTreeMap<String, EventRecord>,
    /// Recoveries, stale windows and interruptions of all runs together; those that had not ended are censored.
    pub lengths: BTreeMap<String, LengthRecord>,
    /// The command that runs it once.
    pub repeat: String,
}

/// A metric over the runs of a variant.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct MetricRecord {
    /// Runs that have such a number.
    pub runs: u64,
    /// Their mean, with a t interval.
    pub mean: Interval,
    /// Their median, with a distribution-free interval.
    pub median: Interval,
    /// The least of them.
    pub min: f64,
    /// The most of them.
    pub max: f64,
}

/// A number with its interval; a bound is null where there are too few runs for it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Its lower bound.
    pub low: Option<f64>,
    /// Its upper bound.
    pub high: Option<f64>,
}

/// A share of all runs together: the sum of one count over the sum of another. Its interval takes a run as the unit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RateRecord {
    /// The count.
    pub numerator: f64,
    /// What it is a share of.
    pub denominator: f64,
    /// The share; null when there is nothing to be a share of.
    pub share: Option<Interval>,
}

/// In how many runs something happened, with exact binomial bounds (Clopper and Pearson).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    /// Runs in which it happened.
    pub runs: u64,
    /// Of so many.
    pub of: u64,
    /// The chance that it happens in a run. Its upper bound is above zero when it never happened.
    pub chance: Interval,
}

/// Times that may not have ended when their run did: estimates of Kaplan and Meier, intervals by resampling whole runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LengthRecord {
    /// How many there were.
    pub count: u64,
    /// How many had not ended.
    pub open: u64,
    /// Half have ended by then; null when fewer than half ever did.
    pub p50: Option<Interval>,
    /// Nine of ten have ended by then.
    pub p90: Option<Interval>,
    /// 99 of 100 have ended by then.
    pub p99: Option<Interval>,
    /// The share that has ended by each time, thinned for drawing.
    pub ended: Vec<Ended>,
}

/// The share of times that has ended.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// By this time.
    pub ms: f64,
    /// This share.
    pub share: f64,
}

/// How much of the spread of a metric between the variants each key explains.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sensitivity {
    /// The metric.
    pub metric: String,
    /// Its least mean of a variant.
    pub least: f64,
    /// Its greatest mean of a variant.
    pub greatest: f64,
    /// What each key explains alone, the most first: of a grid its share of the variance between variants (main effect), of a sample the
    /// square of its rank correlation. They may add up to less than one where keys work together.
    pub keys: Vec<KeyShare>,
}

/// What one key explains.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyShare {
    /// The key.
    pub key: String,
    /// From 0 to 1.
    pub share: f64,
}

/// The variants that no other beats in both of two metrics, of which less is better.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Front {
    /// The metric that stands for cost.
    pub cost: String,
    /// The metric that stands for staleness.
    pub loss: String,
    /// Names of the variants on the front, the cheapest first.
    pub variants: Vec<String>,
}

/// The cheapest variant that meets what was required.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// What was required, as written.
    pub required: Vec<String>,
    /// What was to be as little as possible.
    pub minimised: String,
    /// Its name; null when none meets it.
    pub variant: Option<String>,
    /// Variants that meet it for certain: the whole interval of each metric does.
    pub met_by: Vec<String>,
    /// Variants of which the intervals do not decide it: more seeds are needed.
    pub undecided: Vec<String>,
    /// Variants whose cost cannot be told from that of the chosen one at this number of seeds.
    pub as_cheap: Vec<String>,
}

/// How the number of seeds of a comparison was decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stopping {
    /// What was asked for: `200 seeds`, or `an interval of ±5 % of the first variant's mean`.
    pub asked: String,
    /// Whether it was reached.
    pub reached: bool,
    /// At which numbers of seeds it was looked; one entry when the number was fixed.
    pub looks: Vec<u64>,
    /// What the intervals guarantee, in a sentence.
    pub guarantee: String,
}

/// One variant against the first, seed by seed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The variant.
    pub variant: String,
    /// What it is compared with.
    pub against: String,
    /// Each metric.
    pub metrics: Vec<Difference>,
}

/// A metric of two variants, seed by seed under common random numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Its path, `clients.NAME.` before it when it is one client's.
    pub metric: String,
    /// Its unit: `ms`, `bytes`, or empty for a count.
    pub unit: String,
    /// Seeds with a number of both.
    pub pairs: u64,
    /// Seeds without, which are left out.
    pub unpaired: u64,
    /// Mean of the first variant.
    pub before: f64,
    /// Mean of this one.
    pub after: f64,
    /// Mean of the differences (this one minus the first), with a paired t interval.
    pub difference: Interval,
    /// Seeds in which this one has less.
    pub lower: u64,
    /// Seeds in which both are equal.
    pub equal: u64,
    /// Seeds in which this one has more.
    pub higher: u64,
    /// The chance of so large a difference if there were none (paired t test); one when all pairs are equal.
    pub p: f64,
    /// The same after Holm's correction for all metrics and variants of this answer, and Bonferroni's for all planned looks.
    pub p_adjusted: f64,
    /// Whether the data support a difference, all metrics and variants of this answer taken together.
    pub supported: bool,
    /// Variance of an unpaired difference over that of the paired one: how many times as many runs the same interval would have taken
    /// without common random numbers. Null when all pairs differ equally.
    pub pairing: Option<Interval>,
}
