//! What the verbs call of the library, in the words of the command line: the only file of `cli` that knows its signatures.

use super::arguments::{Changes, SourceTexts, Text};
use super::exit::Failure;
use crate::engine::{Duration, Instant};
use crate::observe::{Fact, RunRecord};

/// A validated scenario.
pub struct Scenario {}

impl Scenario {
    /// How long it runs, warm-up included.
    pub fn length(&self) -> Duration {
        Duration::ZERO
    }
}

/// A scenario made from files of a real cluster.
pub struct Imported {
    /// The scenario.
    pub scenario_toml: String,
    /// What was taken from the files.
    pub took: Vec<String>,
    /// What had to be assumed.
    pub assumed: Vec<String>,
    /// What is known but not modelled.
    pub not_modelled: Vec<String>,
}

/// What to print of a cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// All topics.
    Topics,
    /// Partitions that are under-replicated.
    UnderReplicated,
    /// The controller quorum.
    Quorum,
}

/// Facts as lines of text.
pub struct Trace {}

impl Trace {
    /// For the names of this scenario.
    pub fn new(_: &Scenario) -> Trace {
        Trace {}
    }
    /// One fact as one line of JSON.
    pub fn line(&self, at: Instant, fact: &Fact) -> String {
        format!("{{\"at_ms\":{},\"fact\":{:?}}}", at.as_millis_f64(), format!("{fact:?}"))
    }
}

fn missing(what: &str) -> Failure {
    Failure::new(format!("{what} is not in this branch"))
}

/// Parses and validates a scenario with changes applied.
///
/// # Errors
/// With every mistake in it.
pub fn load(_source: &Text, _changes: &Changes) -> Result<Scenario, Failure> {
    Err(missing("scenario::load"))
}

/// Runs it.
///
/// # Errors
/// When it is stopped at `max_events`.
pub fn run(_scenario: &Scenario, _max_events: Option<u64>, _sink: Option<&mut dyn FnMut(Instant, &Fact)>) -> Result<RunRecord, Failure> {
    Err(missing("experiment::run"))
}

/// Makes a scenario from files of a real cluster.
///
/// # Errors
/// With every mistake in them.
pub fn import(_sources: &SourceTexts) -> Result<Imported, Failure> {
    Err(missing("scenario::import"))
}

/// The simulated cluster at the moment `at` (a duration in text) as Kafka's own tools print it.
///
/// # Errors
/// When `at` is no moment of the run.
pub fn describe(_scenario: &Scenario, _at: &str, _view: View) -> Result<String, Failure> {
    Err(missing("kafka::text::describe"))
}

/// The names of the scenarios in the catalogue.
pub fn catalogue_names() -> Vec<String> {
    Vec::new()
}

/// The text of a scenario of the catalogue.
pub fn catalogue_text(_name: &str) -> Option<String> {
    None
}

/// The JSON Schema of a scenario file.
pub fn scenario_schema() -> serde_json::Value {
    serde_json::Value::Null
}
