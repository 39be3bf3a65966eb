//! `kafkasim run`: one seeded run, answered.

use super::api::{self, Scenario};
use super::arguments::{self, Changes, Sources};
use super::exit::{self, Failure};
use super::format::Format;
use super::logs::Wanted;
use super::output::Output;
use super::pictures;
use super::progress::Progress;
use super::repeat::shell_words;
use crate::engine::Instant;
use crate::observe::{Fact, RunRecord};
use crate::report;
use crate::timeline::{Recorder, Timeline};
use clap::Args;
use std::process::ExitCode;

/// Run a scenario, or a question about a real cluster, and print what it found
#[derive(Args)]
#[command(override_usage = "kafkasim run [OPTIONS] SCENARIO\n       kafkasim run [OPTIONS] --topics FILE")]
pub struct Arguments {
    /// A scenario: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    #[arg(required_unless_present = "topics", conflicts_with = "topics")]
    scenario: Option<String>,
    #[command(flatten)]
    changes: Changes,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Write everything that happens to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    events: Option<String>,
    /// Write what brokers, controllers and clients would have logged into this directory, and what Kafka's tools would have shown
    #[arg(long, value_name = "DIR")]
    logs: Option<String>,
    #[command(flatten)]
    pictures: pictures::Arguments,
    /// Print nothing but errors: the exit code tells (outputs that name a file are still written)
    #[arg(short, long)]
    quiet: bool,
    /// Stop with an error after this many simulated events
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    #[command(flatten)]
    sources: Sources,
}

/// Runs, writes the outputs, and judges.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    distinct_outputs(arguments)?;
    let answer = if arguments.quiet && arguments.output.is_none() { None } else { Some(Output::open(arguments.output.as_deref())?) };
    let mut events = arguments.events.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let pictures = arguments.pictures.open()?;
    let scenario = scenario(arguments)?;
    let mut logs = Wanted::open(arguments.logs.as_deref(), &scenario)?;
    let (mut record, timeline) = simulate(arguments, &scenario, events.as_mut(), logs.as_mut(), pictures.recorder(&scenario))?;
    record.repeat = repeat(arguments, record.seed);
    if let Some(mut answer) = answer {
        let (document, json) = (|| report::run::document(&record), || report::json(&record));
        answer.write(&arguments.format.render(document, json, arguments.output.as_deref()))?;
        answer.finish()?;
    }
    if let Some(events) = events {
        events.finish()?;
    }
    if let Some(logs) = logs {
        logs.finish(&record.repeat)?;
    }
    if let Some(timeline) = timeline {
        pictures.write(&scenario, &record, &timeline)?;
    }
    Ok(judged(&record))
}

/// No two outputs go to one place. Standard output is the answer's, unless nobody wants to see that.
fn distinct_outputs(arguments: &Arguments) -> Result<(), Failure> {
    let answer = arguments.output.as_deref().or((!arguments.quiet).then_some("-"));
    let (answer, events) = (answer.map(|place| ("answer", place)), arguments.events.as_deref().map(|place| ("events", place)));
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for (what, place) in answer.into_iter().chain(events).chain(arguments.pictures.files()) {
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == place) {
            let place = if place == "-" { "standard output".to_owned() } else { format!("`{place}`") };
            return Err(Failure::new(format!("the {other} and the {what} cannot both go to {place}; give one of them another file")));
        }
        taken.push((what, place));
    }
    Ok(())
}

fn scenario(arguments: &Arguments) -> Result<Scenario, Failure> {
    match &arguments.scenario {
        Some(name) => arguments::scenario(name, &arguments.changes),
        None => {
            let imported = api::import(&arguments.sources.read()?)?;
            api::load(&arguments::Text { name: "imported".to_owned(), text: imported.scenario_toml }, &arguments.changes)
        }
    }
}

/// The run, and its timeline if there is a recorder. Its facts are looked at only when somebody wants to see them.
fn simulate(
    arguments: &Arguments,
    scenario: &Scenario,
    mut events: Option<&mut Output>,
    mut logs: Option<&mut Wanted<'_>>,
    mut recorder: Option<Recorder<'_>>,
) -> Result<(RunRecord, Option<Timeline>), Failure> {
    let mut progress = Progress::new(api::length(scenario), arguments.quiet);
    let mut failed = None;
    let watched = events.is_some() || logs.is_some() || recorder.is_some() || progress.is_some();
    let mut look = |at: Instant, fact: &Fact| {
        if let Some(progress) = progress.as_mut() {
            progress.tick(at);
        }
        if let Some(logs) = logs.as_mut() {
            logs.note(at, fact);
        }
        if let Some(recorder) = recorder.as_mut() {
            recorder.on_fact(at, fact);
        }
        let Some(events) = events.as_mut().filter(|_| failed.is_none()) else { return };
        failed = events.write(&(api::trace_line(scenario, at, fact) + "\n")).err();
    };
    let record = api::run(scenario, arguments.max_events, if watched { Some(&mut look) } else { None })?;
    failed.map_or(Ok(()), Err)?;
    Ok((record, recorder.map(Recorder::finish)))
}

/// The command that gives this record again.
fn repeat(arguments: &Arguments, seed: u64) -> String {
    let mut words = vec!["kafkasim".to_owned(), "run".to_owned()];
    words.extend(arguments.scenario.clone());
    words.extend(arguments.sources.words());
    words.extend(arguments.changes.words(seed));
    shell_words(&words)
}

fn judged(record: &RunRecord) -> ExitCode {
    if !record.checks.violated.is_empty() {
        return exit::violated(&record.repeat);
    }
    if record.expectations.iter().any(|expectation| !expectation.held) {
        return ExitCode::from(exit::EXPECTATION_FAILED);
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::record::{Expectation, Violation};
    use crate::scenario::{Override, Source};

    fn record() -> RunRecord {
        let source = Source::catalogue("preferred-election").expect("the catalogue has it");
        let short = ["duration=2s", "count_from=1s"].map(|set| set.split_once('=').expect("a key and a value"));
        let short = short.map(|(key, value)| Override::Set { key: key.to_owned(), value: value.to_owned() });
        let text = source.text.replace("at 40s", "at 1s");
        let scenario = crate::scenario::load(&Source { text, ..source }, &short).expect("it is a scenario");
        api::run(&scenario, None, None).ok().expect("it runs")
    }

    #[test]
    fn the_exit_code_says_how_it_went_and_a_broken_promise_counts_more_than_an_expectation() {
        let mut record = record();
        assert_eq!(judged(&record), ExitCode::SUCCESS);
        record.expectations.push(Expectation { text: "records.sent = 0".to_owned(), found: 1.0, held: false });
        assert_eq!(judged(&record), ExitCode::from(1));
        record.checks.violated.push(Violation { check: "leader in ISR".to_owned(), at_ms: 1.0, text: "it is not".to_owned() });
        assert_eq!(judged(&record), ExitCode::from(3));
    }
}
