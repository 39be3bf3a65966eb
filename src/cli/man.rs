//! `kafkasim man`: manual pages.

use super::exit::Failure;
use super::output::Output;
use clap::Args;
use std::process::ExitCode;

/// Print the manual page of kafkasim or of a verb, for `man -l -`
#[derive(Args)]
pub struct Arguments {
    /// The verb, e.g. run
    verb: Option<String>,
}

/// Prints the page.
///
/// # Errors
/// When there is no such verb, or the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut command = super::command();
    command.build();
    let page = match &arguments.verb {
        None => command,
        Some(verb) => command.find_subcommand(verb).cloned().ok_or_else(|| Failure::new(format!("there is no verb `{verb}`")))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(|error| Failure::new(format!("the page cannot be made: {error}")))?;
    let mut output = Output::open(None)?;
    output.write(&String::from_utf8_lossy(&text))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
