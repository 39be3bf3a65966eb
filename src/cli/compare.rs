//! `kafkasim compare`: variants under the same seeds, and whether they differ.

use super::api;
use super::arguments::{self, Settings};
use super::exit::Failure;
use super::study::{self, Asked, Doing, Plan, Question, Runs, Telling};
use crate::study::{Seeds, Shard, Study, Until, Variant};
use clap::Args;
use std::process::ExitCode;

/// Run variants with the same seeds, the first as what the others are compared with, and say which metrics differ and whether that is real
///
/// Under a seed all variants meet the same arrivals, latencies and faults, so that what differs is what was changed.
#[derive(Args)]
#[command(
    override_usage = "kafkasim compare [OPTIONS] SCENARIO --variant NAME:KEY=VALUE…\n       kafkasim compare [OPTIONS] SCENARIO SCENARIO…"
)]
pub struct Arguments {
    /// Scenarios: TOML files or names shown by `kafkasim list`; the first is what the others are compared with
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// A variant of the one scenario, which is compared with the scenario as it is (may be repeated)
    #[arg(long = "variant", value_name = "NAME:KEY=VALUE,…", value_parser = variant)]
    variants: Vec<Variant>,
    /// How many seeds each variant is run with [default: 100]
    #[arg(long, value_name = "N", conflicts_with = "until", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Run more seeds until the interval of the first metric's difference is at most so wide to each side: 5% (of the first variant's mean), 200ms, 3
    #[arg(long, value_name = "WIDTH", value_parser = Until::parse)]
    until: Option<Until>,
    /// With --until, the most seeds
    #[arg(long, value_name = "N", requires = "until", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(2..))]
    max_seeds: u64,
    /// The first seed; each further one is the next number
    #[arg(long, value_name = "N", default_value_t = 1)]
    first_seed: u64,
    /// Compare this metric, e.g. requests.stale or clients.app.latency_ms.p99 (may be repeated) [default: ten usual ones]
    #[arg(long = "metric", value_name = "PATH")]
    metrics: Vec<String>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    doing: Doing,
    #[command(flatten)]
    telling: Telling,
}

/// Seeds where neither they nor --until are given.
const SEEDS: u64 = 100;

/// Runs what is not done, answers, and writes all outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let teller = arguments.telling.open()?;
    let (plan, mut study) = Plan::new(asked(arguments)?)?;
    let mut runs = study::begin(&plan, &study, &arguments.doing, &arguments.telling)?;
    look_by_look(&plan.question, &mut study, &mut runs)?;
    study::conclude(&plan, &study, runs, teller)
}

/// Does the runs up to each planned look, until one of them is enough.
fn look_by_look(question: &Question, study: &mut Study, runs: &mut Runs) -> Result<(), Failure> {
    let Some(looks) = question.looks() else { return runs.run(study) };
    for look in looks {
        study.seeds.count = look.runs as u64;
        runs.run(study)?;
        if runs.stopped() || question.met(&runs.results(study), look.confidence) {
            break;
        }
    }
    Ok(())
}

fn asked(arguments: &Arguments) -> Result<Asked, Failure> {
    let scenarios = arguments.scenarios.iter().map(|name| arguments::scenario_text(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(Asked {
        command: command(arguments),
        question: Question::Compare {
            metrics: arguments.metrics.clone(),
            until: arguments.until.as_ref().map(|until| until.text.clone()),
            max_seeds: seeds(arguments),
        },
        scenarios,
        changes: api::overrides(&arguments.settings)?,
        variants: variants(arguments)?,
        seeds: Seeds { first: arguments.first_seed, count: seeds(arguments) },
        shard: Shard::WHOLE,
    })
}

fn seeds(arguments: &Arguments) -> u64 {
    if arguments.until.is_some() { arguments.max_seeds } else { arguments.seeds.unwrap_or(SEEDS) }
}

/// What is compared, each with the place of its scenario.
fn variants(arguments: &Arguments) -> Result<Vec<(usize, Variant)>, Failure> {
    let whole = |(place, name): (usize, &String)| (place, Variant { name: name.clone(), settings: Vec::new() });
    let all: Vec<(usize, Variant)> = match (arguments.scenarios.as_slice(), arguments.variants.as_slice()) {
        ([one], []) => {
            return Err(Failure::new(format!(
                "there is nothing to compare `{one}` with: give another scenario, or a variant of it, such as --variant short:metadata.max.age.ms=10s"
            )));
        }
        ([_], variants) => [Variant::of(Vec::new())].iter().chain(variants).map(|variant| (0, variant.clone())).collect(),
        (scenarios, []) => scenarios.iter().enumerate().map(whole).collect(),
        (_, _) => {
            return Err(Failure::new("several scenarios and --variant do not go together: give variants of one scenario, or scenarios"));
        }
    };
    match all.iter().enumerate().find(|(i, (_, one))| all[..*i].iter().any(|(_, other)| other.name == one.name)) {
        Some((_, (_, twice))) => Err(Failure::new(format!("two are called `{}`: give each a name of its own", twice.name))),
        None => Ok(all),
    }
}

/// The command that makes the whole comparison.
fn command(arguments: &Arguments) -> Vec<String> {
    let mut words: Vec<String> = ["kafkasim", "compare"].map(str::to_owned).to_vec();
    words.extend(arguments.scenarios.iter().cloned());
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    for Variant { name, settings } in &arguments.variants {
        let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        option("--variant", format!("{name}:{}", settings.join(",")));
    }
    match &arguments.until {
        Some(until) => {
            option("--until", until.text.clone());
            option("--max-seeds", arguments.max_seeds.to_string());
        }
        None => option("--seeds", seeds(arguments).to_string()),
    }
    if arguments.first_seed != 1 {
        option("--first-seed", arguments.first_seed.to_string());
    }
    arguments.metrics.iter().for_each(|metric| option("--metric", metric.clone()));
    words.extend(arguments.settings.words());
    words
}

fn variant(text: &str) -> Result<Variant, String> {
    let variant = Variant::parse(text)?;
    match variant.value("seed") {
        Some(_) => Err("the seed is not varied: every variant is run with every seed (--seeds)".to_owned()),
        None => Ok(variant),
    }
}
