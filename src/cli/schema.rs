//! `kafkasim schema`: the JSON Schemas of what is read and written.

use super::api;
use super::exit::Failure;
use super::output::Output;
use crate::explain::ExplanationRecord;
use crate::horizon::record::{HorizonRecord, HorizonsRecord};
use crate::observe::RunRecord;
use crate::study::record::{CompareRecord, SweepRecord};
use crate::triage::record::TriageRecord;
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Print the JSON Schemas of the answers (`--format json` of `run`, `sweep`, `compare`, `horizon`, `explain` and `triage`) and of a scenario
#[derive(Args)]
pub struct Arguments {
    /// Only this one, instead of all in one object
    which: Option<Which>,
}

/// A schema.
#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// Of `run --format json`
    Answer,
    /// Of `sweep --format json`
    Sweep,
    /// Of `compare --format json`
    Compare,
    /// Of `horizon --format json`
    Horizon,
    /// Of `horizon --seeds N --format json`
    Horizons,
    /// Of `explain --format json`
    Explain,
    /// Of `triage --format json`
    Triage,
    /// Of a scenario file
    Scenario,
}

/// Prints the schema asked for.
///
/// # Errors
/// When the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.which {
        Some(Which::Answer) => of::<RunRecord>(),
        Some(Which::Sweep) => of::<SweepRecord>(),
        Some(Which::Compare) => of::<CompareRecord>(),
        Some(Which::Horizon) => of::<HorizonRecord>(),
        Some(Which::Horizons) => of::<HorizonsRecord>(),
        Some(Which::Explain) => of::<ExplanationRecord>(),
        Some(Which::Triage) => of::<TriageRecord>(),
        Some(Which::Scenario) => api::scenario_schema(),
        None => json!({
            "answer": of::<RunRecord>(),
            "sweep": of::<SweepRecord>(),
            "compare": of::<CompareRecord>(),
            "horizon": of::<HorizonRecord>(),
            "horizons": of::<HorizonsRecord>(),
            "explain": of::<ExplanationRecord>(),
            "triage": of::<TriageRecord>(),
            "scenario": api::scenario_schema(),
        }),
    };
    let mut output = Output::open(None)?;
    output.write(&format!("{schema:#}\n"))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn of<R: JsonSchema>() -> Value {
    schemars::schema_for!(R).to_value()
}
