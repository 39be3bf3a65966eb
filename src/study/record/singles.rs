//! Single runs of a study: those that came off worst, and what each seed came to under two variants. They lead from a study to a run. The
//! answer as data does not have them, as the tables of a study have every run.

use std::collections::BTreeMap;

/// Single runs of a study.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Singles {
    /// For each variant, in order, the runs that are worth a look.
    pub variants: Vec<VariantSingles>,
    /// For each other variant of a comparison, in order, every pair of its runs with those of the first.
    pub pairs: Vec<Vec<PairedMetric>>,
}

/// The runs of one variant that are worth a look.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VariantSingles {
    /// Its name.
    pub variant: String,
    /// The seeds that came off worst, by metric. A metric that no run has a number of is not there.
    pub worst: Vec<Worst>,
    /// The commands that repeat these runs, by seed.
    pub commands: BTreeMap<u64, String>,
}

/// The seeds that came off worst in one metric.
#[derive(Clone, PartialEq, Debug)]
pub struct Worst {
    /// Its path.
    pub metric: String,
    /// What is bad in it.
    pub bad: Bad,
    /// Runs that have such a number.
    pub runs: u64,
    /// Half of them have at most so much.
    pub median: f64,
    /// The worst first, of equal ones the first seed; empty where all runs have the same.
    pub seeds: Vec<SeedValue>,
}

/// Which end of a metric is bad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bad {
    /// More is worse.
    Most,
    /// Less is worse: at least so much is required.
    Least,
}

/// What one run came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeedValue {
    /// Its seed.
    pub seed: u64,
    /// Its number.
    pub value: f64,
}

/// A metric of two variants under the same seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct PairedMetric {
    /// Its path.
    pub metric: String,
    /// Every seed with a number of both, in order.
    pub pairs: Vec<SeedPair>,
    /// The seeds in which the two are furthest apart, the furthest first; empty where they never differ.
    pub apart: Vec<u64>,
}

/// What the two runs of one seed came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeedPair {
    /// The seed.
    pub seed: u64,
    /// With the first variant.
    pub before: f64,
    /// With the other.
    pub after: f64,
}

impl SeedPair {
    /// The other's number minus the first one's.
    pub fn difference(&self) -> f64 {
        self.after - self.before
    }
}
