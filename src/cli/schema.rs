//! `kafkasim schema`: the JSON Schemas of what is read and written.

use super::api;
use super::exit::Failure;
use super::output::Output;
use crate::observe::RunRecord;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Print the JSON Schemas of the answer (`run --format json`) and of a scenario
#[derive(Args)]
pub struct Arguments {
    /// Only this one, instead of both in one object
    which: Option<Which>,
}

/// A schema.
#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// Of `run --format json`
    Answer,
    /// Of a scenario file
    Scenario,
}

/// Prints the schema asked for.
///
/// # Errors
/// When the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.which {
        Some(Which::Answer) => answer(),
        Some(Which::Scenario) => api::scenario_schema(),
        None => json!({ "answer": answer(), "scenario": api::scenario_schema() }),
    };
    let mut output = Output::open(None)?;
    output.write(&format!("{schema:#}\n"))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn answer() -> Value {
    schemars::schema_for!(RunRecord).to_value()
}
