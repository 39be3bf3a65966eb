//! A study: variants of a scenario, each run with the same seeds.

use super::{Outcome, Variant};
use crate::experiment::{self, RunOptions};
use crate::scenario::{self, Diagnostics, Override, Scenario, Source};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Version of what a run of a study leaves; raised when a metric is added or changes its meaning.
const FORMAT: &str = "kafkasim/study/1";

/// A variant, and the text that it changes.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The variant.
    pub variant: Variant,
    /// The scenario.
    pub source: Source,
    /// What is changed in it before the variant's own settings.
    pub changes: Vec<Override>,
}

/// A variant that can be run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The variant.
    pub variant: Variant,
    /// Its scenario, with all settings applied.
    pub scenario: Scenario,
}

/// Which seeds every variant is run with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seeds {
    /// The first; each further one is the next number.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// One part of a study that is split over several machines: every `of`-th run, beginning with the `index`-th.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

/// One run of a study.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    /// Its place in the study.
    pub number: u64,
    /// Which variant.
    pub variant: usize,
    /// With which seed.
    pub seed: u64,
}

/// Variants of a scenario, each run with the same seeds. Runs are numbered seed by seed, so that whatever is done in order is done for all variants.
#[derive(Clone, Debug)]
pub struct Study {
    /// The keys that differ between variants, in the order in which they were named.
    pub keys: Vec<String>,
    /// The variants; the first is the one that others are compared with.
    pub variants: Vec<Loaded>,
    /// The seeds.
    pub seeds: Seeds,
}

impl Study {
    /// Reads every variant's scenario.
    ///
    /// # Errors
    /// Every mistake of the first variant that has any.
    pub fn load(proposals: Vec<Proposal>, seeds: Seeds) -> Result<Study, Diagnostics> {
        let mut keys: Vec<String> = Vec::new();
        let mut variants = Vec::new();
        for proposal in proposals {
            for (key, _) in &proposal.variant.settings {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
            let changes: Vec<Override> = proposal.changes.into_iter().chain(proposal.variant.overrides()).collect();
            let scenario = scenario::load(&proposal.source, &changes)?;
            variants.push(Loaded { variant: proposal.variant, scenario });
        }
        Ok(Study { keys, variants, seeds })
    }

    /// The different values of a key, in the order of the variants.
    pub fn values(&self, key: usize) -> Vec<String> {
        let mut values = Vec::new();
        for value in self.variants.iter().filter_map(|loaded| loaded.variant.value(&self.keys[key])) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        values
    }

    /// Which of its values each key has, variant by variant.
    pub fn levels(&self) -> Vec<Vec<usize>> {
        let values: Vec<Vec<String>> = (0..self.keys.len()).map(|key| self.values(key)).collect();
        let level = |variant: &Variant, key: usize| {
            let value = variant.value(&self.keys[key]);
            values[key].iter().position(|v| Some(v) == value).unwrap_or(0)
        };
        self.variants.iter().map(|loaded| (0..self.keys.len()).map(|key| level(&loaded.variant, key)).collect()).collect()
    }

    /// How many runs it is.
    pub fn runs(&self) -> u64 {
        (self.variants.len() as u64).saturating_mul(self.seeds.count)
    }

    /// The run of this number.
    pub fn job(&self, number: u64) -> Job {
        let variants = self.variants.len().max(1) as u64;
        Job { number, variant: (number % variants) as usize, seed: self.seeds.first.wrapping_add(number / variants) }
    }

    /// Its numbers, in order; those of one shard.
    pub fn numbers(&self, shard: Shard) -> impl Iterator<Item = u64> + use<> {
        (shard.index - 1..self.runs()).step_by(usize::try_from(shard.of).unwrap_or(usize::MAX))
    }

    /// Runs one of its runs. The seed draws all chance in it, random faults too: every variant of a seed meets the same ones.
    pub fn run(&self, job: Job) -> Outcome {
        let scenario = self.variants[job.variant].scenario.with_seed(job.seed);
        let record = experiment::run(&scenario, &RunOptions::default(), None).expect("no number of events is too many");
        Outcome::of(job.number, &record)
    }

    /// The command that repeats a run.
    pub fn command(&self, job: Job) -> String {
        self.variants[job.variant].scenario.command(job.seed)
    }

    /// SHA-256 over everything that decides what its runs are, but for how many seeds there are, so that more can be added.
    pub fn digest(&self) -> String {
        let mut text = format!("{FORMAT}\n{}\nseeds from {}\n", env!("CARGO_PKG_VERSION"), self.seeds.first);
        for Loaded { variant, scenario } in &self.variants {
            text += &format!("{}\n{}\n", variant.name, scenario.digest);
        }
        Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes everything");
            hex
        })
    }
}

impl Shard {
    /// The whole study.
    pub const WHOLE: Shard = Shard { index: 1, of: 1 };

    /// Reads `I/N`.
    ///
    /// # Errors
    /// What to write.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| Some((index.trim().parse().ok()?, of.trim().parse().ok()?)));
        match numbers {
            Some((index, of)) if 1 <= index && index <= of => Ok(Shard { index, of }),
            _ => Err(format!("`{text}` is no shard: write I/N, from 1/N to N/N")),
        }
    }
}
