//! `kafkasim merge`: the shards of a sweep, joined.

use super::exit::{self, Failure};
use super::study::{self, Found, Store, Telling};
use crate::report::quantity::counted;
use crate::study::{Outcome, Results};
use clap::Args;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Join the shards of a sweep (`sweep --shard I/N`): the outputs are those of the whole sweep, byte for byte
#[derive(Args)]
pub struct Arguments {
    /// The directories of all shards
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<String>,
    /// Write the whole sweep to this directory
    #[arg(long, value_name = "DIR")]
    out: String,
    #[command(flatten)]
    telling: Telling,
}

/// Joins, answers, and writes all outputs.
///
/// # Errors
/// When the shards are not those of one sweep, or one is missing or not done.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let teller = arguments.telling.open()?;
    let shards = arguments.shards.iter().map(|directory| Ok((directory.as_str(), Found::read(directory)?)));
    let shards = shards.collect::<Result<Vec<_>, Failure>>()?;
    fit(&shards)?;
    let (_, first) = &shards[0];
    let (plan, study) = (first.plan.whole(), first.study.clone());
    Store::open(&arguments.out, &plan, &study, false)?;
    let runs: BTreeMap<u64, Outcome> = shards.into_iter().flat_map(|(_, shard)| shard.kept.runs).collect();
    let results = Results::new(&study, runs.into_values().collect());
    let violated = study::tell(&plan, &results, &[], Some(&arguments.out), teller)?;
    Ok(violated.map_or(ExitCode::SUCCESS, |command| exit::violated(&command)))
}

/// Whether these are all shards of one sweep, each once and done.
fn fit(shards: &[(&str, Found)]) -> Result<(), Failure> {
    let (first_directory, first) = &shards[0];
    for (directory, shard) in shards {
        if shard.plan.digest != first.plan.digest {
            let (one, other) = (&first.plan.digest, &shard.plan.digest);
            return refuse(format!("`{directory}` holds another study ({other}) than `{first_directory}` ({one})"));
        }
        if shard.plan.whole() != first.plan.whole() {
            return refuse(format!(
                "`{directory}` was asked for otherwise than `{first_directory}`: {} and {}",
                shard.plan.command_text(&[]),
                first.plan.command_text(&[])
            ));
        }
        if shard.plan.shard().of != first.plan.shard().of {
            return refuse(format!("`{directory}` is shard {}, and `{first_directory}` is shard {}", shard.plan.shard, first.plan.shard));
        }
    }
    each_once(shards)?;
    shards.iter().try_for_each(|(directory, shard)| done(directory, shard))
}

fn each_once(shards: &[(&str, Found)]) -> Result<(), Failure> {
    let of = shards[0].1.plan.shard().of;
    let mut places: BTreeMap<u64, &str> = BTreeMap::new();
    for (directory, shard) in shards {
        if let Some(other) = places.insert(shard.plan.shard().index, directory) {
            return refuse(format!("`{other}` and `{directory}` are both shard {}", shard.plan.shard));
        }
    }
    let missing: Vec<String> = (1..=of).filter(|index| !places.contains_key(index)).take(10).map(|index| format!("{index}/{of}")).collect();
    if missing.is_empty() { Ok(()) } else { refuse(format!("of {of} shards these are missing: {}", missing.join(", "))) }
}

fn done(directory: &str, shard: &Found) -> Result<(), Failure> {
    let missing = shard.study.numbers(shard.plan.shard()).filter(|number| !shard.kept.runs.contains_key(number)).count();
    if missing == 0 {
        return Ok(());
    }
    refuse(format!(
        "`{directory}` is not done, {} missing; this command goes on with it: {}",
        counted(missing as u64, "run"),
        shard.plan.command_to_resume(directory)
    ))
}

fn refuse<T>(why: String) -> Result<T, Failure> {
    Err(Failure::new(why))
}
