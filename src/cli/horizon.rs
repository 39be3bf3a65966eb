//! `kafkasim horizon`: weeks of a cluster, of which only the disturbances are simulated.

use super::api;
use super::arguments::{self, Changes};
use super::exit::{self, Failure};
use super::format::Format;
use super::output::Output;
use super::progress::Line;
use super::repeat::shell_words;
use crate::engine::Duration;
use crate::horizon::{Played, play};
use crate::report;
use clap::Args;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Simulate weeks: every fault in full until all is calm again, the calm between them by its rates
#[derive(Args)]
pub struct Arguments {
    /// A scenario whose `duration` is the horizon: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Write every episode as a scenario of its own to this directory, for `run`, `explain` and `watch`
    #[arg(long, value_name = "DIR")]
    episodes: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Draw no progress
    #[arg(short, long)]
    quiet: bool,
}

/// Plays the horizon, and writes the outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut answer = Output::open(arguments.output.as_deref())?;
    if let Some(directory) = &arguments.episodes {
        empty(directory)?;
    }
    let text = arguments::scenario_text(&arguments.scenario)?;
    let scenario = api::load(&text, &arguments.changes)?;
    let mut line = Line::new(arguments.quiet);
    let mut progress = |at: Duration| line.draw(|| format!("{} of {} days", days(at), days(scenario.duration)));
    let mut played = play(&scenario, &mut progress).map_err(Failure::new)?;
    drop(line);
    played.record.repeat = repeat(arguments, played.record.seed);
    let record = &played.record;
    let (document, json) = (|| report::horizon::document(record), || report::json(record));
    answer.write(&arguments.format.render(document, json, arguments.output.as_deref()))?;
    if let Some(directory) = &arguments.episodes {
        write(directory, &played)?;
    }
    answer.finish()?;
    let broken = record.episodes.iter().any(|episode| !episode.violated.is_empty());
    Ok(if broken { exit::violated(&record.repeat) } else { ExitCode::SUCCESS })
}

fn days(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() / 86_400.0)
}

/// Makes the directory; one that holds something is somebody's.
fn empty(directory: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("--episodes {directory}: {error}; name a directory that can be written"));
    fs::create_dir_all(directory).map_err(failed)?;
    match fs::read_dir(directory).map_err(failed)?.next() {
        Some(_) => Err(Failure::new(format!("--episodes {directory}: the directory is not empty; name a new one"))),
        None => Ok(()),
    }
}

fn write(directory: &str, played: &Played) -> Result<(), Failure> {
    for (episode, script) in played.record.episodes.iter().zip(&played.scripts) {
        let path = Path::new(directory).join(report::horizon::file_name(episode.number));
        let mut file = Output::open(Some(&path.to_string_lossy()))?;
        file.write(script)?;
        file.finish()?;
    }
    Ok(())
}

/// The command that gives this answer again.
fn repeat(arguments: &Arguments, seed: u64) -> String {
    let mut words = vec!["kafkasim".to_owned(), "horizon".to_owned(), arguments.scenario.clone()];
    words.extend(arguments.changes.words(seed));
    shell_words(&words)
}
