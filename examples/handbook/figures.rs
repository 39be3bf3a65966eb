//! The numbers of a page: one scenario over many seeds.

use kafkasim::experiment::{RunOptions, run};
use kafkasim::report::quantity::{count, decimal, duration};
use kafkasim::scenario::{Handbook, Scenario, Source, load};
use rayon::prelude::*;

/// How many seeds every page is run with, from 1 on.
pub const SEEDS: u64 = 30;

/// The numbers of each figure.
pub type Values = Vec<Vec<f64>>;

/// A scenario of the catalogue that has a page, and what its runs came to.
pub struct Found {
    pub name: &'static str,
    pub scenario: Scenario,
    pub page: Handbook,
    /// For each figure its number in each run in which it was measured, sorted.
    pub values: Values,
    /// The same of the scenario that does it the other way.
    pub without: Option<Values>,
    /// What did not hold.
    pub broken: Vec<String>,
}

impl Found {
    /// Runs a scenario with every seed; none when it has no page.
    pub fn run(name: &'static str) -> Option<Found> {
        let scenario = read(name);
        let page = scenario.handbook.clone()?;
        let (values, mut broken) = over_seeds(name, &scenario, &page);
        let without = page.without.as_deref().map(|other| {
            let (values, more) = over_seeds(other, &read(other), &page);
            broken.extend(more);
            values
        });
        Some(Found { name, scenario, page, values, without, broken })
    }
}

fn read(name: &str) -> Scenario {
    let source = Source::catalogue(name).unwrap_or_else(|| panic!("the catalogue has no {name}"));
    load(&source, &[]).unwrap_or_else(|found| panic!("{name}: {found:?}"))
}

/// A scenario with every seed: the figures of a page, and what did not hold.
fn over_seeds(name: &str, scenario: &Scenario, page: &Handbook) -> (Values, Vec<String>) {
    let runs: Vec<(Vec<Option<f64>>, Vec<String>)> = (1..=SEEDS).into_par_iter().map(|seed| one(name, scenario, page, seed)).collect();
    let values = (0..page.figures.len()).map(|figure| sorted(runs.iter().filter_map(|(values, _)| values[figure]))).collect();
    (values, runs.into_iter().flat_map(|(_, broken)| broken).collect())
}

fn one(name: &str, scenario: &Scenario, page: &Handbook, seed: u64) -> (Vec<Option<f64>>, Vec<String>) {
    let seeded = scenario.with_seed(seed);
    let record = run(&seeded, &RunOptions::default(), None).unwrap_or_else(|stopped| panic!("{name}, seed {seed}: {stopped}"));
    let missed =
        record.expectations.iter().filter(|e| !e.held).map(|e| format!("{name}, seed {seed}: {} does not hold, found {}", e.text, e.found));
    let violated = record.checks.violated.iter().map(|v| format!("{name}, seed {seed}: {}: {}", v.check, v.text));
    let broken = missed.chain(violated).collect();
    let answer = serde_json::to_value(&record).expect("a record is plain data");
    (page.figures_of(&answer), broken)
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Median, lowest and highest; how many, where a figure was not measured in every run.
pub fn spread(path: &str, values: &[f64]) -> String {
    let (Some(lowest), Some(highest)) = (values.first(), values.last()) else { return "never measured".to_owned() };
    let median = values[(values.len() - 1) / 2];
    let is_time = path.split('.').any(|word| word.ends_with("_ms"));
    let text = |value: f64| {
        if is_time {
            duration(value)
        } else if value.fract() == 0.0 {
            count(value as u64)
        } else {
            decimal(value)
        }
    };
    let spread = if lowest == highest { text(median) } else { format!("{} ({} to {})", text(median), text(*lowest), text(*highest)) };
    let measured = values.len() as u64;
    if measured == SEEDS { spread } else { format!("{spread}, in {measured} of {SEEDS} runs") }
}
