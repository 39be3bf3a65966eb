//! `kafkasim explain`: why recoveries took as long as they did, and what would have shortened them.

use super::api;
use super::arguments::{self, Changes};
use super::exit::Failure;
use super::format::Format;
use super::output::Output;
use super::repeat::shell_words;
use crate::engine::Instant;
use crate::explain::{self, ExplanationRecord, Made, Perfetto, Question, Trouble};
use crate::observe::Fact;
use crate::report;
use crate::scenario::{Override, Source};
use clap::Args;
use std::process::ExitCode;

/// Explain why clients had to wait after a leader was lost or moved, and what would have shortened it
#[derive(Args)]
pub struct Arguments {
    /// A scenario: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Only recoveries of this client
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Only recoveries of this partition, e.g. orders-3
    #[arg(long, value_name = "TOPIC-N", value_parser = explain::partition)]
    partition: Option<(String, u32)>,
    /// How many recoveries are explained, those first in which records waited the longest
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    slowest: u16,
    /// Explain only; make no further runs to find out what would have shortened it
    #[arg(long)]
    no_tries: bool,
    /// Write the whole run as a trace for Perfetto or Chrome's trace viewer to this file, with the explained paths
    #[arg(long, value_name = "FILE")]
    perfetto: Option<String>,
    /// Write the cluster and the explained paths as a Graphviz graph to this file
    #[arg(long, value_name = "FILE")]
    dot: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Stop with an error after this many simulated events of one run
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
}

/// Runs, explains, and writes the outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    distinct_outputs(arguments)?;
    let mut answer = Output::open(arguments.output.as_deref())?;
    let mut trace = arguments.perfetto.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let mut graph = arguments.dot.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let text = arguments::scenario_text(&arguments.scenario)?;
    let (source, overrides) = (api::source(&text), overrides(arguments)?);
    size(arguments, &source, &overrides)?;
    let question = question(arguments);
    let made = Made::run(&source, &overrides, &question).map_err(failure)?;
    let mut record = explained(&made, &question, trace.as_mut())?;
    record.repeat = repeat(arguments, record.seed);
    if let Some(graph) = &mut graph {
        graph.write(&explain::dot(&made.spec, &record.explained))?;
    }
    let (document, json) = (|| report::explain::document(&record), || report::json(&record));
    answer.write(&arguments.format.render(document, json, arguments.output.as_deref()))?;
    [Some(answer), trace, graph].into_iter().flatten().try_for_each(Output::finish)?;
    Ok(ExitCode::SUCCESS)
}

fn question(arguments: &Arguments) -> Question {
    Question {
        client: arguments.client.clone(),
        partition: arguments.partition.clone(),
        slowest: usize::from(arguments.slowest),
        tries: !arguments.no_tries,
        max_events: arguments.max_events.unwrap_or(u64::MAX),
    }
}

/// Two outputs in one place would overwrite each other.
fn distinct_outputs(arguments: &Arguments) -> Result<(), Failure> {
    let places = [Some(arguments.output.as_deref().unwrap_or("-")), arguments.perfetto.as_deref(), arguments.dot.as_deref()];
    let places: Vec<&str> = places.into_iter().flatten().collect();
    let twice = places.iter().enumerate().find(|(nth, place)| places[..*nth].contains(place));
    let Some((_, place)) = twice else { return Ok(()) };
    let place = if *place == "-" { "standard output".to_owned() } else { format!("`{place}`") };
    Err(Failure::new(format!("two outputs cannot both go to {place}; give one of them another file")))
}

fn overrides(arguments: &Arguments) -> Result<Vec<Override>, Failure> {
    let seed = arguments.changes.seed.iter().map(|seed| Override::Seed(seed.to_string()));
    Ok(seed.chain(api::overrides(&arguments.changes.settings)?).collect())
}

/// Refuses a scenario that is too large to be run, before it is.
fn size(arguments: &Arguments, source: &Source, overrides: &[Override]) -> Result<(), Failure> {
    let scenario = crate::scenario::load(source, overrides).map_err(|found| api::drawn(&found))?;
    if arguments.max_events.is_some() {
        return Ok(());
    }
    scenario.check_size(crate::scenario::MAX_EVENTS).map_err(Failure::new)
}

fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Mistaken(found) => api::drawn(&found),
        Trouble::Stopped(stopped) => {
            Failure::new(format!("{stopped}; shorten `duration`, lower the clients' rates, or raise --max-events"))
        }
        Trouble::Unknown(message) => Failure::new(message),
    }
}

/// The explanation; the run is written as a trace while it is watched, if somebody wants it.
fn explained(made: &Made<'_>, question: &Question, trace: Option<&mut Output>) -> Result<ExplanationRecord, Failure> {
    let Some(out) = trace else { return made.explain(question, None).map_err(failure) };
    let mut failed = None;
    let mut sink = |text: &str| {
        if failed.is_none() {
            failed = out.write(text).err();
        }
    };
    let mut perfetto = Perfetto::begin(&made.spec, &mut sink);
    let record = made.explain(question, Some(&mut |at: Instant, fact: &Fact| perfetto.see(at, fact))).map_err(failure)?;
    perfetto.finish(&made.record, &record.explained);
    failed.map_or(Ok(record), Err)
}

/// The command that gives this explanation again.
fn repeat(arguments: &Arguments, seed: u64) -> String {
    let mut words = vec!["kafkasim".to_owned(), "explain".to_owned(), arguments.scenario.clone()];
    words.extend(arguments.changes.words(seed));
    let mut option = |name: &str, value: Option<String>| words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    option("--client", arguments.client.clone());
    option("--partition", arguments.partition.as_ref().map(|(topic, index)| format!("{topic}-{index}")));
    option("--slowest", (arguments.slowest > 1).then(|| arguments.slowest.to_string()));
    words.extend(arguments.no_tries.then(|| "--no-tries".to_owned()));
    shell_words(&words)
}
