//! What a calibration found: the costs of these machines beside those of the profile `typical`.

use super::file::File;
use super::key::{Key, UNTOLD};
use super::machines::{Machines, Measured};
use super::samples::FEW;
use super::write;
use crate::engine::{Distribution, Draw, Duration};
use crate::model::cost::Costs;
use std::collections::BTreeMap;

/// What a calibration found.
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The files that it was made from.
    pub files: Vec<File>,
    /// The costs of all machines together.
    pub all: Measured,
    /// The costs of each broker, where there are several.
    pub each: BTreeMap<u32, Measured>,
    /// What its reader has to know.
    pub notes: Vec<String>,
}

/// A cost beside that of `typical`: each the median, 95th percentile and largest.
pub struct Comparison {
    /// The cost.
    pub key: Key,
    /// Samples.
    pub count: u64,
    /// Of these machines.
    pub here: [Duration; 3],
    /// Of `typical`.
    pub typical: [Duration; 3],
}

impl Profile {
    pub(super) fn new(name: String, files: Vec<File>, machines: Machines, notes: Vec<String>) -> Profile {
        let Machines { all, mut each, left_out: _ } = machines;
        if each.len() < 2 {
            each.clear();
        }
        Profile { name, files, all, each, notes }
    }

    /// As TOML: `[costs]`, and where there are several brokers a `[[cost_profile]]` for each.
    pub fn toml(&self) -> String {
        write::toml(self)
    }

    /// Each cost that was learnt, beside that of `typical`.
    pub fn comparisons(&self) -> Vec<Comparison> {
        let typical = Costs::default();
        let row = |(key, samples): (&Key, &super::Samples)| Comparison {
            key: *key,
            count: samples.count(),
            here: [50.0, 95.0, 100.0].map(|percent| samples.percentile(percent)),
            typical: [0.5, 0.95, 1.0].map(|u| quantile(key.of(&typical), u)),
        };
        self.all.iter().map(row).collect()
    }

    /// The costs that were learnt from few samples.
    pub fn few(&self) -> Vec<Key> {
        self.all.iter().filter(|(_, samples)| samples.count() < FEW).map(|(key, _)| *key).collect()
    }

    /// Each cost that was not learnt: its key, and what it takes, or why logs cannot tell it.
    pub fn missing(&self) -> Vec<(&'static str, String)> {
        let unlearnt =
            Key::ALL.iter().filter(|key| !self.all.contains_key(key)).map(|key| (key.name(), format!("it takes {}", key.needs())));
        unlearnt.chain(UNTOLD.map(|(key, why)| (key, why.to_owned()))).collect()
    }
}

/// The value of a distribution at `u` of 0 to 1.
fn quantile(distribution: &Distribution, u: f64) -> Duration {
    // A draw is 64 bits of chance; the cast ends at the largest.
    distribution.sample(Draw::from_bits((u * 2f64.powi(64)) as u64))
}
