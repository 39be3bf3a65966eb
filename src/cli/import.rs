//! `kafkasim import`: files of a real cluster become a scenario.

use super::api;
use super::arguments::Sources;
use super::exit::Failure;
use super::output::Output;
use crate::printable::escape;
use clap::Args;
use std::process::ExitCode;

/// Make a scenario from files of a real cluster
///
/// The scenario starts from the leaders and in-sync replicas that the files show. What was taken from them, what had to be assumed, and which keys are known but not modelled is said on standard error.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    sources: Sources,
    /// Write the scenario to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print nothing on standard error but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Reads, imports, writes.
///
/// # Errors
/// With every mistake in the files, or when the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.sources.topics.is_none() {
        return Err(Failure::new("--topics FILE is needed: the output of `kafka-topics.sh --bootstrap-server HOST:PORT --describe`"));
    }
    let mut output = Output::open(arguments.output.as_deref())?;
    let imported = api::import(&arguments.sources.read()?)?;
    output.write(&imported.scenario_toml)?;
    output.finish()?;
    if !arguments.quiet {
        notes("Taken from the files", &imported.took);
        notes("Assumed", &imported.assumed);
        notes("Known but not modelled", &imported.not_modelled);
    }
    Ok(ExitCode::SUCCESS)
}

fn notes(title: &str, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    eprintln!("{title}:");
    for note in notes {
        eprintln!("  - {}", escape(note));
    }
}
