//! What the verbs of studies share: their plan and its directory, doing the runs, and telling what came of them.

mod csv;
mod estimate;
mod journal;
mod outputs;
mod page;
#[cfg(feature = "parquet")]
mod parquet;
mod plan;
mod question;
mod runs;
mod store;
mod table;

pub use plan::{Asked, Plan};
pub use question::Question;
pub use runs::Runs;
pub use store::{Found, Store};

use super::crew::Crew;
use super::exit::{self, Failure};
use super::format::Format;
use super::output::Output;
use crate::study::{Outcome, Results, Study};
use clap::Args;
use std::process::ExitCode;

/// How the runs of a study are done.
#[derive(Args)]
pub struct Doing {
    /// How many runs go on side by side [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Keep every run as it is done, and write tables, report and plots, to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<String>,
    /// Go on with the study in --out: what is done is not done again; --seeds may be more than before
    #[arg(long, requires = "out")]
    resume: bool,
}

/// How a study's answer is told.
#[derive(Args)]
pub struct Telling {
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Write the study as one HTML page to this file: its pictures and tables, and the commands that show the runs worth a look
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
    /// Print nothing but errors (files that are named are still written)
    #[arg(short, long)]
    quiet: bool,
}

/// Where an answer is told, opened before the work begins.
pub struct Teller<'a> {
    telling: &'a Telling,
    output: Option<Output>,
    report: Option<Output>,
}

impl Telling {
    /// Opens the outputs.
    ///
    /// # Errors
    /// When one could not be written in the end, or both go to one place.
    pub fn open(&self) -> Result<Teller<'_>, Failure> {
        let answer = self.output.as_deref().or((!self.quiet).then_some("-"));
        if let Some(place) = self.report.as_deref().filter(|report| answer == Some(*report)) {
            let place = if place == "-" { "standard output".to_owned() } else { format!("`{place}`") };
            return Err(Failure::new(format!("the answer and the report cannot both go to {place}; give one of them another file")));
        }
        let open = |place: Option<&str>| place.map(|place| Output::open(Some(place))).transpose();
        Ok(Teller { telling: self, output: open(answer)?, report: open(self.report.as_deref())? })
    }
}

/// Opens the directory of a study, where one is named.
///
/// # Errors
/// When what is asked for cannot be answered, or the directory holds something else.
pub fn begin(plan: &Plan, study: &Study, doing: &Doing, telling: &Telling) -> Result<Runs, Failure> {
    plan.question.check(study)?;
    let mut runs = Runs::new(Crew::new(doing.threads)?, plan.shard(), telling.quiet);
    if let Some(directory) = &doing.out {
        let (store, kept) = Store::open(directory, plan, study, doing.resume)?;
        outputs::tell_damage(directory, kept.torn);
        (runs.store, runs.done) = (Some(store), kept.runs);
    }
    Ok(runs)
}

/// Answers by the runs that are done, writes all outputs, and says how it ended.
///
/// # Errors
/// When an output cannot be written: the runs that are done are kept.
pub fn conclude(plan: &Plan, study: &Study, mut runs: Runs, teller: Teller<'_>) -> Result<ExitCode, Failure> {
    let missing = study.numbers(runs.shard).filter(|number| !runs.done.contains_key(number)).count();
    let directory = runs.store.take().map(|store| store.directory);
    let panicked = runs.panicked.take();
    let (results, beyond) = runs.split(study);
    let ended = tell(plan, &results, &beyond, directory.as_deref(), teller)?;
    if missing > 0 {
        tell_missing(plan, results.all().len(), missing, directory.as_deref());
    }
    Ok(match (panicked, ended) {
        (Some((command, panic)), _) => exit::panicked(&panic, &command),
        (None, Some(violated)) => exit::violated(&violated),
        (None, None) => ExitCode::SUCCESS,
    })
}

/// Writes the answer and all other outputs; gives the command of the first run that broke a promise. `beyond` is kept and not in the answer.
///
/// # Errors
/// When an output cannot be written.
pub fn tell(
    plan: &Plan,
    results: &Results<'_>,
    beyond: &[Outcome],
    directory: Option<&str>,
    teller: Teller<'_>,
) -> Result<Option<String>, Failure> {
    if results.all().is_empty() {
        return Ok(None);
    }
    let command = plan.command_text(&[]);
    let answer = plan.question.answer(results, &command).map_err(Failure::new)?;
    if let Some(directory) = directory {
        outputs::write(directory, results, beyond, &answer)?;
    }
    if let Some(mut output) = teller.output {
        let Telling { format, output: name, .. } = teller.telling;
        // The pictures lie beside the report in the directory only.
        output.write(&format.render(|| answer.document().without_pictures(), || answer.json(), name.as_deref()))?;
        output.finish()?;
    }
    if let Some(mut report) = teller.report {
        report.write(&page::html(&plan.question, results, &answer, &command).map_err(Failure::new)?)?;
        report.finish()?;
    }
    Ok(answer.study().violated.first().cloned())
}

fn tell_missing(plan: &Plan, done: usize, missing: usize, directory: Option<&str>) {
    eprintln!("{done} of {} runs are done and in the answer, {missing} missing.", done + missing);
    match directory {
        Some(directory) => eprintln!("This command goes on with them:\n{}", plan.command_to_resume(directory)),
        None => eprintln!("They were not kept: with --out DIR a study can be gone on with by --resume."),
    }
}
