//! `kafkasim list`: the catalogue of scenarios.

use super::api;
use super::exit::Failure;
use super::output::Output;
use super::terminal;
use crate::report::document::{Block, Document, Table, Verdict};
use crate::report::text;
use clap::Args;
use std::process::ExitCode;

/// Show the scenarios that come with kafkasim
#[derive(Args)]
pub struct Arguments {}

/// Prints each name with what it shows.
///
/// # Errors
/// When the output cannot be written.
pub fn perform(_: &Arguments) -> Result<ExitCode, Failure> {
    let mut table = Table::new(&["Name", "What it shows"]);
    for name in api::catalogue_names() {
        let about = api::catalogue_text(name).map(first_sentence).unwrap_or_default();
        table.row([name.to_owned(), about]);
    }
    let document = Document {
        title: "Scenarios".to_owned(),
        verdict: Verdict { text: "Run one with `kafkasim run NAME`; `kafkasim show NAME` prints it.".to_owned(), good: true },
        blocks: vec![Block::Table(table)],
    };
    let mut output = Output::open(None)?;
    output.write(&text::render(&document, terminal::look(true)))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The first sentence of a scenario's `about`.
fn first_sentence(scenario: &str) -> String {
    let about = scenario.parse::<toml::Table>().ok().and_then(|table| Some(table.get("about")?.as_str()?.to_owned()));
    let words = about.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match words.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_listed_by_its_first_sentence() {
        assert_eq!(first_sentence("about = \"\"\"\nOne broker\nstops. Then more.\"\"\""), "One broker stops.");
        assert_eq!(first_sentence("seed = 1"), "");
    }
}
