//! What the verbs call of the library, in the words of the command line: the only file of `cli` that knows its signatures.

use super::arguments::{Changes, Settings, SourceTexts, Text};
use super::exit::Failure;
use super::input;
use super::mistakes::Mistake;
use super::terminal;
use crate::engine::{Duration, Instant};
use crate::experiment;
use crate::observe::{Fact, RunRecord, trace};
use crate::printable;
use crate::scenario::import::{Imported, Input, Sources};
use crate::scenario::{self, Diagnostics, Override, Source};

pub use crate::scenario::Scenario;

/// Is shown every fact of a run with its moment.
pub type Sink<'a> = &'a mut dyn FnMut(Instant, &Fact);

pub use crate::experiment::View;

/// Parses and validates a scenario with changes applied.
///
/// # Errors
/// With every mistake in it, or when the file of `--costs` cannot be read.
pub fn load(source: &Text, changes: &Changes) -> Result<Scenario, Failure> {
    let seed = changes.seed.iter().map(|seed| Override::Seed(seed.to_string()));
    let overrides: Vec<Override> = seed.chain(overrides(&changes.settings)?).collect();
    scenario::load(&self::source(source), &overrides).map_err(|found| drawn(&found))
}

/// The text of a scenario, as the library takes it.
pub fn source(text: &Text) -> Source {
    Source { name: text.name.clone(), text: text.text.clone() }
}

/// The options as changes of a scenario.
///
/// # Errors
/// When the file of `--costs` cannot be read.
pub fn overrides(settings: &Settings) -> Result<Vec<Override>, Failure> {
    let costs = settings.costs.iter().map(|file| Ok(Override::Costs { name: file.clone(), text: input::read(file)? }));
    let mut overrides = costs.collect::<Result<Vec<_>, Failure>>()?;
    overrides.extend(settings.set.iter().map(|(key, value)| Override::Set { key: key.clone(), value: value.clone() }));
    overrides.extend(settings.fault.iter().cloned().map(Override::Fault));
    Ok(overrides)
}

/// Mistakes in a scenario with their places.
pub fn drawn(found: &Diagnostics) -> Failure {
    Failure::Drawn(found.render(terminal::message_look().colour))
}

/// How long it runs, warm-up included.
pub fn length(scenario: &Scenario) -> Duration {
    scenario.count_from + scenario.duration
}

/// Runs it.
///
/// # Errors
/// When it is too large, or is stopped at `max_events`.
pub fn run(scenario: &Scenario, max_events: Option<u64>, sink: Option<Sink<'_>>) -> Result<RunRecord, Failure> {
    // An estimate is good to a factor of a few; who says how many events may be spent gets that many.
    if max_events.is_none() {
        scenario.check_size(scenario::MAX_EVENTS).map_err(Failure::new)?;
    }
    let options = experiment::RunOptions { seed: None, max_events: max_events.unwrap_or(u64::MAX) };
    experiment::run(scenario, &options, sink)
        .map_err(|stopped| Failure::new(format!("{stopped}; shorten `duration`, lower the clients' rates, or raise --max-events")))
}

/// One fact as one line of JSON, without the line end.
pub fn trace_line(scenario: &Scenario, at: Instant, fact: &Fact) -> String {
    printable::json(&trace::line(&scenario.spec, Instant::ZERO + scenario.count_from, at, fact))
}

/// Makes a scenario from files of a real cluster.
///
/// # Errors
/// With every mistake in them.
pub fn import(texts: &SourceTexts) -> Result<Imported, Failure> {
    let input = |text: &Text| Input { name: text.name.clone(), text: text.text.clone() };
    let sources = Sources {
        topics: texts.topics.as_ref().map(input),
        brokers: texts.brokers.iter().map(input).collect(),
        clients: texts.clients.iter().map(|(name, text)| (name.clone(), input(text))).collect(),
        quorum: texts.quorum.as_ref().map(input),
        racks: texts.racks.clone(),
        loads: texts.load.clone(),
        kafka: texts.kafka.clone(),
    };
    scenario::import::import(&sources).map_err(|mistakes| {
        let drawn = mistakes.iter().map(|(name, error)| {
            let text = texts.named(name).map_or("", |text| text.text.as_str());
            let (message, help) = (error.message.as_str(), error.help.as_str());
            Mistake { name, text, line: error.line, column: error.column, length: error.length, message, help }.drawn()
        });
        Failure::Drawn(drawn.collect())
    })
}

/// The simulated cluster at the moment `at` (a duration in text, from when counting begins) as Kafka's own tools print it.
///
/// # Errors
/// When `at` is no moment of the run.
pub fn describe(scenario: &Scenario, at: &str, view: View) -> Result<String, Failure> {
    let after = crate::engine::parse_duration(at).map_err(|why| Failure::new(format!("--at: {why}")))?;
    if after > scenario.duration {
        return Err(Failure::new(format!(
            "--at {at}: the scenario ends at {}; give an earlier moment, or a longer run with --set duration=…",
            scenario.duration
        )));
    }
    Ok(experiment::describe(scenario, after, view))
}

/// The names of the scenarios in the catalogue.
pub fn catalogue_names() -> Vec<&'static str> {
    scenario::catalogue::names()
}

/// The text of a scenario of the catalogue.
pub fn catalogue_text(name: &str) -> Option<&'static str> {
    scenario::catalogue::find(name)
}

/// The JSON Schema of a scenario file.
pub fn scenario_schema() -> serde_json::Value {
    scenario::schema()
}
