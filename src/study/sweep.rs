//! What a sweep found, of its runs.

use super::decision::{self, Design, Wish, number};
use super::record::{KeyRecord, SWEEP_SCHEMA, StudyRecord, SweepRecord};
use super::results::Results;
use super::summary;
use crate::engine::parse_duration;
use crate::experiment::costs;
use crate::statistics::Confidence;

/// What a sweep found. `repeat` is the command that repeats it.
///
/// # Errors
/// When what is wished for names a metric that does not exist.
pub fn sweep(results: &Results<'_>, design: Design, wish: &Wish, repeat: &str) -> Result<SweepRecord, String> {
    let confidence = Confidence::default();
    Ok(SweepRecord {
        schema: SWEEP_SCHEMA.to_owned(),
        study: study(results, confidence, repeat),
        variants: (0..results.study.variants.len()).map(|variant| summary::variant(results, variant, confidence)).collect(),
        sensitivity: decision::sensitivity(results, design),
        front: decision::front(results, wish)?,
        choice: decision::choice(results, wish, confidence)?,
    })
}

/// What was run.
pub(super) fn study(results: &Results<'_>, confidence: Confidence, repeat: &str) -> StudyRecord {
    let study = results.study;
    let scenarios = || study.variants.iter().map(|loaded| &loaded.scenario);
    let first = scenarios().next().expect("a study has a variant");
    let key = |(index, key): (usize, &String)| key_record(key, study.values(index));
    StudyRecord {
        kafkasim: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: first.name.clone(),
        digest: study.digest(),
        costs: distinct(scenarios().map(costs)),
        keys: study.keys.iter().enumerate().map(key).collect(),
        first_seed: study.seeds.first,
        seeds: study.seeds.count,
        runs: results.all().len() as u64,
        missing: study.runs() - results.all().len() as u64,
        confidence: confidence.level(),
        warmup_ms: first.count_from.as_millis_f64(),
        counted_ms: first.duration.as_millis_f64(),
        assumed_rates: scenarios().any(|scenario| scenario.assumed_rates),
        violated: results.all().iter().filter(|o| !o.violated.is_empty()).map(|o| study.command(study.job(o.job))).collect(),
        not_modelled: distinct(scenarios().flat_map(|scenario| scenario.notes.iter().cloned())),
        repeat: repeat.to_owned(),
    }
}

fn key_record(key: &str, values: Vec<String>) -> KeyRecord {
    let numbers: Option<Vec<f64>> = values.iter().map(|value| number(value)).collect();
    // A bare number is in milliseconds where the key says so; a duration is always read as milliseconds.
    let is_duration = |value: &String| value.parse::<f64>().is_err() && parse_duration(value).is_ok();
    let is_time = key.ends_with("ms") || values.iter().any(is_duration);
    let unit = if numbers.is_some() && is_time { "ms" } else { "" };
    KeyRecord { key: key.to_owned(), values, numbers, unit: unit.to_owned() }
}

/// Each once, in the order in which they come.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}
