//! A run as a page and as a picture: the files that `kafkasim run` writes beside its answer.

use super::api::Scenario;
use super::exit::Failure;
use super::output::Output;
use crate::engine::{Duration, Instant, parse_duration};
use crate::observe::RunRecord;
use crate::report::html::{self, Page};
use crate::report::timeline::{Look, first_move, svg};
use crate::timeline::{Recorder, Timeline};
use clap::Args;

/// Pages and pictures of a run.
#[derive(Args, Clone, Default)]
#[group(skip)]
pub struct Arguments {
    /// Write the run as one HTML page to this file: a timeline to zoom and play, with all tables
    #[arg(long, value_name = "FILE")]
    pub report: Option<String>,
    /// Write the timeline as a picture (SVG) to this file
    #[arg(long, value_name = "FILE")]
    pub picture: Option<String>,
    /// What the picture shows: `run`, `move` (the first leader move), or a stretch of time such as `9.5s..12s`
    #[arg(long, value_name = "TEXT", requires = "picture", default_value = "run", value_parser = stretch)]
    pub picture_of: Stretch,
}

/// What a picture shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stretch {
    /// The counted time.
    #[default]
    Run,
    /// The first leader move in it.
    Move,
    /// From one moment to another, counted from the end of the warm-up.
    Between(Duration, Duration),
}

impl Arguments {
    /// What is written, and to which file.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let report = self.report.iter().map(|file| ("report", file.as_str()));
        report.chain(self.picture.iter().map(|file| ("picture", file.as_str())))
    }

    /// Opens the files, before the run.
    ///
    /// # Errors
    /// When one could not be written in the end.
    pub fn open(&self) -> Result<Pictures<'_>, Failure> {
        let open = |path: &Option<String>| path.as_deref().map(|path| Output::open(Some(path))).transpose();
        Ok(Pictures { arguments: self, report: open(&self.report)?, picture: open(&self.picture)? })
    }
}

/// The files, opened.
pub struct Pictures<'a> {
    arguments: &'a Arguments,
    report: Option<Output>,
    picture: Option<Output>,
}

impl Pictures<'_> {
    /// Who is to be shown the facts of the run: nobody, when no picture is wanted.
    pub fn recorder<'s>(&self, scenario: &'s Scenario) -> Option<Recorder<'s>> {
        let wanted = self.report.is_some() || self.picture.is_some();
        let count_from = Instant::ZERO + scenario.count_from;
        wanted.then(|| Recorder::new(&scenario.spec, count_from, count_from + scenario.duration))
    }

    /// Writes the files.
    ///
    /// # Errors
    /// When one cannot be written, or there is no leader move to be shown.
    pub fn write(self, scenario: &Scenario, record: &RunRecord, timeline: &Timeline) -> Result<(), Failure> {
        if let Some(mut report) = self.report {
            let document = crate::report::run::document(record);
            let page = Page {
                kafkasim: &record.kafkasim,
                document: &document,
                timeline,
                configuration: &scenario.canonical,
                command: &record.repeat,
            };
            report.write(&html::render(&page))?;
            report.finish()?;
        }
        if let Some(mut picture) = self.picture {
            let look = look(&scenario.name, self.arguments.picture_of, timeline)?;
            picture.write(&svg(timeline, look))?;
            picture.finish()?;
        }
        Ok(())
    }
}

fn look<'a>(title: &'a str, stretch: Stretch, timeline: &Timeline) -> Result<Look<'a>, Failure> {
    let (from, to) = match stretch {
        Stretch::Run => (None, None),
        Stretch::Move => {
            let none = || Failure::new("--picture-of move: no leader moved in this run; leave the option out to see the calm");
            let (from, to) = first_move(timeline).ok_or_else(none)?;
            (Some(from), Some(to))
        }
        Stretch::Between(from, to) => (Some(micros(from)), Some(micros(to))),
    };
    Ok(Look { title, from, to })
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn stretch(text: &str) -> Result<Stretch, String> {
    match text {
        "run" => return Ok(Stretch::Run),
        "move" => return Ok(Stretch::Move),
        _ => {}
    }
    let (from, to) = text.split_once("..").ok_or("`run`, `move`, or two moments with `..` between them are needed, such as 9.5s..12s")?;
    let moment = |text: &str| parse_duration(text.trim()).map_err(|why| format!("`{text}`: {why}"));
    let (from, to) = (moment(from)?, moment(to)?);
    if from >= to {
        return Err("the first moment must come before the second".to_owned());
    }
    Ok(Stretch::Between(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_the_run_a_move_or_two_moments_in_order() {
        assert_eq!(stretch("run"), Ok(Stretch::Run));
        assert_eq!(stretch("9.5s..12s"), Ok(Stretch::Between(Duration::from_millis(9_500), Duration::from_secs(12))));
        assert!(stretch("12s..9s").unwrap_err().contains("before"));
        assert!(stretch("12").unwrap_err().contains(".."));
        assert!(stretch("x..9s").unwrap_err().contains("`x`"));
    }
}
