//! `kafkasim sweep`: every combination of settings, each with many seeds.

use super::api;
use super::arguments::{self, Settings};
use super::exit::Failure;
use super::study::{self, Asked, Doing, Plan, Question, Telling};
use crate::statistics::hypercube::hypercube;
use crate::study::{Requirement, Seeds, Shard, Vary, grid, sample as sample_of};
use clap::Args;
use std::process::ExitCode;

/// Run a scenario with many seeds for every combination of settings: what each comes to, with error bars, and which is best
#[derive(Args)]
pub struct Arguments {
    /// A scenario: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    scenario: String,
    /// Vary a key of the scenario or of Kafka (may be repeated): its values, or a range in even steps of a logarithmic scale, as `1s..5m x8`
    #[arg(long, value_name = "KEY=V1,V2,…", value_parser = Vary::parse)]
    vary: Vec<Vary>,
    /// Run so many variants, spread evenly over all ranges (a Latin hypercube), instead of every combination
    #[arg(long, value_name = "N", requires = "vary", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    sample: Option<u32>,
    /// How many seeds each variant is run with
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed; each further one is the next number
    #[arg(long, value_name = "N", default_value_t = 1)]
    first_seed: u64,
    #[command(flatten)]
    settings: Settings,
    /// What a setting must meet, e.g. "stale_window_ms.p99 < 2s" (may be repeated): the cheapest that does is named
    #[arg(long, value_name = "TEXT", value_parser = requirement)]
    require: Vec<String>,
    /// What is to be as little as possible
    #[arg(long, value_name = "METRIC", default_value = "metadata_requests")]
    minimise: String,
    /// Do only every N-th run, beginning with the I-th: N machines do a sweep together, and `kafkasim merge` joins it
    #[arg(long, value_name = "I/N", requires = "out", value_parser = Shard::parse)]
    shard: Option<Shard>,
    #[command(flatten)]
    doing: Doing,
    #[command(flatten)]
    telling: Telling,
}

/// Runs what is not done, answers, and writes all outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let teller = arguments.telling.open()?;
    let (plan, study) = Plan::new(asked(arguments)?)?;
    let mut runs = study::begin(&plan, &study, &arguments.doing, &arguments.telling)?;
    runs.run(&study)?;
    study::conclude(&plan, &study, runs, teller)
}

fn asked(arguments: &Arguments) -> Result<Asked, Failure> {
    distinct(&arguments.vary)?;
    let variants = match arguments.sample {
        Some(sample) => sample_of(&arguments.vary, &hypercube(arguments.vary.len(), sample as usize, arguments.first_seed)),
        None => grid(&arguments.vary).map_err(Failure::new)?,
    };
    Ok(Asked {
        command: command(arguments),
        question: Question::Sweep {
            sampled: arguments.sample.is_some(),
            require: arguments.require.clone(),
            minimise: arguments.minimise.clone(),
        },
        scenarios: vec![arguments::scenario_text(&arguments.scenario)?],
        changes: api::overrides(&arguments.settings)?,
        variants: variants.into_iter().map(|variant| (0, variant)).collect(),
        seeds: Seeds { first: arguments.first_seed, count: arguments.seeds },
        shard: arguments.shard.unwrap_or(Shard::WHOLE),
    })
}

fn distinct(vary: &[Vary]) -> Result<(), Failure> {
    match vary.iter().enumerate().find(|(i, one)| vary[..*i].iter().any(|other| other.key == one.key)) {
        Some((_, twice)) => Err(Failure::new(format!("`{}` is varied twice: give all its values in one --vary", twice.key))),
        None => Ok(()),
    }
}

/// The command that makes the whole sweep.
fn command(arguments: &Arguments) -> Vec<String> {
    let mut words: Vec<String> = ["kafkasim", "sweep", &arguments.scenario].map(str::to_owned).to_vec();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    arguments.vary.iter().for_each(|vary| option("--vary", vary.to_string()));
    arguments.sample.iter().for_each(|sample| option("--sample", sample.to_string()));
    option("--seeds", arguments.seeds.to_string());
    if arguments.first_seed != 1 {
        option("--first-seed", arguments.first_seed.to_string());
    }
    arguments.require.iter().for_each(|text| option("--require", text.clone()));
    option("--minimise", arguments.minimise.clone());
    words.extend(arguments.settings.words());
    words
}

/// Held against its form here; whether there is such a metric depends on the scenario.
fn requirement(text: &str) -> Result<String, String> {
    Requirement::parse(text).map(|requirement| requirement.text)
}
