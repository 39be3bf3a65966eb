//! Several horizons of one scenario: what each figure comes to over their seeds.

use super::record::{Figure, Horizon, HorizonRecord, HorizonsRecord, MANY_SCHEMA};
use crate::statistics::Confidence;
use crate::statistics::mean::mean;
use crate::statistics::proportion::proportion;

/// A figure: the name of its field, and how it is read.
type Column = (&'static str, fn(&Horizon) -> f64);

const COLUMNS: [Column; 12] = [
    ("moves", |horizon| horizon.counts.moves as f64),
    ("unclean_elections", |horizon| horizon.counts.unclean_elections as f64),
    ("stale", |horizon| horizon.counts.stale as f64),
    ("overtaken", |horizon| horizon.counts.overtaken as f64),
    ("leaderless", |horizon| horizon.counts.leaderless as f64),
    ("failed", |horizon| horizon.counts.failed as f64),
    ("lost", |horizon| horizon.counts.lost as f64),
    ("duplicated", |horizon| horizon.counts.duplicated as f64),
    ("delivered_again", |horizon| horizon.counts.delivered_again as f64),
    ("skipped", |horizon| horizon.counts.skipped as f64),
    ("episodes", |horizon| horizon.episodes as f64),
    ("longest_interruption_ms", |horizon| horizon.longest_interruption_ms),
];

impl Horizon {
    /// A horizon in one line.
    pub fn of(record: &HorizonRecord) -> Horizon {
        let episodes = || record.episodes.iter();
        Horizon {
            seed: record.seed,
            faults: record.faults,
            episodes: record.episodes.len() as u64,
            counts: record.total,
            longest_interruption_ms: episodes().map(|episode| episode.interruption_ms.max).fold(0.0, f64::max),
            repeat: record.repeat.clone(),
            violated: episodes().filter(|episode| !episode.violated.is_empty()).count() as u64,
        }
    }
}

/// All horizons together, of which `first` is one and tells what they have in common; `asked` were asked for. None of none.
pub fn gather(first: &HorizonRecord, horizons: Vec<Horizon>, asked: u64) -> HorizonsRecord {
    let confidence = Confidence::default();
    HorizonsRecord {
        schema: MANY_SCHEMA.to_owned(),
        kafkasim: first.kafkasim.clone(),
        scenario: first.scenario.clone(),
        scenario_digest: first.scenario_digest.clone(),
        kafka: first.kafka.clone(),
        costs: first.costs.clone(),
        assumed_rates: first.assumed_rates,
        length_ms: first.length_ms,
        asked,
        confidence: confidence.level(),
        figures: COLUMNS.iter().filter_map(|column| figure(*column, &horizons, confidence)).collect(),
        horizons,
        not_modelled: first.not_modelled.clone(),
        repeat: String::new(),
    }
}

/// None without a horizon.
fn figure((name, of): Column, horizons: &[Horizon], confidence: Confidence) -> Option<Figure> {
    let values: Vec<f64> = horizons.iter().map(of).collect();
    let most = values.iter().copied().reduce(f64::max)?;
    let seen_in = values.iter().filter(|value| **value > 0.0).count() as u64;
    Some(Figure {
        figure: name.to_owned(),
        mean: mean(&values, confidence),
        least: values.iter().copied().reduce(f64::min)?,
        most,
        most_seed: horizons.iter().find(|horizon| of(horizon) == most)?.seed,
        seen_in,
        chance: proportion(seen_in, values.len() as u64, confidence)?,
    })
}
