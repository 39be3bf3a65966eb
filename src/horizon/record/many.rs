//! What several horizons came to, as data. The horizon is the unit of every interval: what happens within one shares its faults.

use super::Counts;
use crate::statistics::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of [`HorizonsRecord`]; raised when a field changes its meaning or goes away.
pub const MANY_SCHEMA: &str = "kafkasim/horizons/1";

/// Horizons of one scenario under many seeds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HorizonsRecord {
    /// Version of this schema.
    pub schema: String,
    /// Version of kafkasim.
    pub kafkasim: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Digest of its canonical text with all settings applied.
    pub scenario_digest: String,
    /// The Kafka release whose rules were used.
    pub kafka: String,
    /// Name of the machine costs that were used.
    pub costs: String,
    /// No rates were given, so that every count stands for an assumed rate.
    pub assumed_rates: bool,
    /// How long each horizon is, in milliseconds.
    pub length_ms: f64,
    /// Horizons that were asked for; those that are missing were not played before an end was asked for.
    pub asked: u64,
    /// How sure the intervals are, each alone.
    pub confidence: f64,
    /// What each figure comes to.
    pub figures: Vec<Figure>,
    /// Every horizon, by its seed.
    pub horizons: Vec<Horizon>,
    /// What is left out or had to be assumed, one sentence each.
    pub not_modelled: Vec<String>,
    /// The command that repeats it.
    pub repeat: String,
}

/// One horizon among several.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Horizon {
    /// Its seed.
    pub seed: u64,
    /// Its faults.
    pub faults: u64,
    /// Its episodes.
    pub episodes: u64,
    /// What was counted in these.
    #[serde(flatten)]
    pub counts: Counts,
    /// The longest that records of a client waited because of a leader, in milliseconds.
    pub longest_interruption_ms: f64,
    /// Episodes that broke a promise of Kafka's protocol: bugs of kafkasim.
    pub violated: u64,
    /// The command that plays it alone.
    pub repeat: String,
}

/// A figure over all horizons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// Which: a field of a horizon.
    pub figure: String,
    /// Its mean a horizon, with a t interval; null for one horizon.
    pub mean: Option<Estimate>,
    /// The least of any horizon.
    pub least: f64,
    /// The most of any horizon.
    pub most: f64,
    /// The first seed that had the most.
    pub most_seed: u64,
    /// Horizons in which it was not zero.
    pub seen_in: u64,
    /// How probable it is that a horizon has any, with the exact binomial interval.
    pub chance: Estimate,
}
