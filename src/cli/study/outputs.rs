//! What is made of a study's runs when they are done: each file whole or not at all, and the same however the runs came about.

use super::super::exit::Failure;
use super::super::output::Output;
use super::question::Answer;
use super::store::{JOURNAL, path, put};
use super::{csv, journal, table};
use crate::report::markdown;
use crate::study::{Outcome, Results};
use std::fs;

#[cfg(feature = "parquet")]
const PARQUET: &str = "runs.parquet";

/// Writes all of them.
///
/// # Errors
/// When one cannot be written.
pub fn write(directory: &str, results: &Results<'_>, beyond: &[Outcome], answer: &Answer) -> Result<(), Failure> {
    let open = |file: &str| Output::open(Some(&path(directory, file)));
    sort_journal(results.all().iter().chain(beyond), open(JOURNAL)?)?;
    csv::write(table::runs(results), open("runs.csv")?)?;
    csv::write(table::windows(results), open("windows.csv")?)?;
    #[cfg(feature = "parquet")]
    super::parquet::write(table::runs(results), open(PARQUET)?)?;
    put(&path(directory, "summary.json"), &answer.json())?;
    put(&path(directory, "report.md"), &markdown::render(&answer.document()))?;
    let plots = path(directory, "plots");
    fs::create_dir_all(&plots).map_err(|error| Failure::new(format!("`{plots}` cannot be made: {error}")))?;
    answer.plots().iter().try_for_each(|plot| put(&path(&plots, &plot.file), &plot.svg))
}

/// Says what was damaged and is written anew.
pub fn tell_damage(directory: &str, torn: bool) {
    if torn {
        eprintln!("the last line of `{}` is not whole: its run is done again", path(directory, JOURNAL));
    }
    #[cfg(feature = "parquet")]
    if super::parquet::is_cut_short(&path(directory, PARQUET)) {
        eprintln!("`{}` is cut short: it is written anew from the journal, nothing is lost", path(directory, PARQUET));
    }
}

/// In the order of the runs, whichever were done first.
fn sort_journal<'o>(mut outcomes: impl Iterator<Item = &'o Outcome>, mut output: Output) -> Result<(), Failure> {
    outcomes.try_for_each(|outcome| output.write(&journal::line(outcome)))?;
    output.finish()
}
