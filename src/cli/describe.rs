//! `kafkasim describe`: the simulated cluster at a moment, as Kafka's own tools print it.

use super::api;
use super::arguments::{self, Changes};
use super::exit::Failure;
use super::output::Output;
use clap::Args;
use std::process::ExitCode;

/// Print the simulated cluster at a moment of a run, exactly as Kafka's own tools print a real one
#[derive(Args)]
pub struct Arguments {
    /// A scenario: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    scenario: String,
    /// The moment, counted as the scenario's faults are, e.g. 12s
    #[arg(long, value_name = "TIME")]
    at: String,
    /// Only partitions that are under-replicated, as `kafka-topics.sh --describe --under-replicated-partitions`
    #[arg(long, conflicts_with = "quorum")]
    under_replicated: bool,
    /// The controller quorum, as `kafka-metadata-quorum.sh describe --status`
    #[arg(long)]
    quorum: bool,
    #[command(flatten)]
    changes: Changes,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
}

/// Runs to the moment and prints.
///
/// # Errors
/// When the input is wrong or the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut output = Output::open(arguments.output.as_deref())?;
    let scenario = arguments::scenario(&arguments.scenario, &arguments.changes)?;
    let what = match (arguments.quorum, arguments.under_replicated) {
        (true, _) => api::View::Quorum,
        (false, true) => api::View::UnderReplicated,
        (false, false) => api::View::Topics,
    };
    output.write(&api::describe(&scenario, &arguments.at, what)?)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
