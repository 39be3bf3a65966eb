//! One horizon, with its episodes.

use super::super::api;
use super::super::arguments;
use super::super::exit::{self, Failure};
use super::super::output::Output;
use super::super::progress::Line;
use super::Arguments;
use crate::engine::Duration;
use crate::horizon::{Played, play};
use crate::report;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Plays the horizon, and writes the outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub(super) fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
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
    played.record.repeat = super::repeat(arguments, played.record.seed);
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
