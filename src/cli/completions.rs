//! `kafkasim completions`: completion scripts for shells.

use super::exit::Failure;
use super::output::Output;
use clap::Args;
use clap_complete::Shell;
use std::process::ExitCode;

/// Print a completion script for a shell
#[derive(Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When the output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "kafkasim", &mut script);
    let mut output = Output::open(None)?;
    output.write(&String::from_utf8_lossy(&script))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
