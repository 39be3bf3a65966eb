//! `kafkasim show`: a scenario's text.

use super::arguments::scenario_text;
use super::exit::Failure;
use super::output::Output;
use crate::printable;
use clap::Args;
use std::process::ExitCode;

/// Print a scenario, to read it or to begin one of your own with it
#[derive(Args)]
pub struct Arguments {
    /// A name shown by `kafkasim list`
    scenario: String,
}

/// Prints the scenario as it is.
///
/// # Errors
/// When there is none, or the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut output = Output::open(None)?;
    output.write(&printable::toml(&scenario_text(&arguments.scenario)?.text))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
