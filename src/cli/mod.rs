//! The command line: one file for each verb. The only code that touches files, standard output, the environment and the wall clock.

mod api;
mod arguments;
mod calibrate;
mod check;
mod clients;
mod compare;
mod completions;
mod crew;
mod describe;
mod exit;
mod explain;
mod format;
mod horizon;
mod import;
mod input;
mod list;
mod log_lines;
mod logs;
mod man;
mod merge;
mod mistakes;
mod output;
mod pictures;
mod progress;
mod repeat;
mod run;
mod schema;
mod show;
mod stop;
mod study;
mod sweep;
mod terminal;
mod triage;
mod watch;

use crate::printable::escape;
use clap::{CommandFactory, Parser, Subcommand};
use exit::Failure;
use std::ffi::OsString;
use std::process::ExitCode;

const AFTER_HELP: &str = "\
First steps:
  kafkasim run rolling-restart
  kafkasim run --topics describe.txt --client app=producer.properties \\
      --fault \"at 30s restart broker 2\"
  kafkasim sweep rolling-restart --vary metadata.max.age.ms=1s,30s,5m

Exit codes:
  0    all went well
  1    an expectation of the scenario did not hold
  2    the input is wrong: an argument, a file, an output path, or too many events
  3    the simulated cluster broke a promise of Kafka's protocol, or (`check`) did not heal:
       a bug of kafkasim
  4    the trouble that `triage` was shown goes on
  101  kafkasim itself failed
  On 3 and 101 the last line of standard error is the command that repeats it.

Environment:
  NO_COLOR  when set and not empty, no colour is used";

/// Simulates a Kafka cluster, deterministically: how often, for how long and why requests of clients meet a stale leader.
#[derive(Parser)]
#[command(name = "kafkasim", version, arg_required_else_help = true, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Run(run::Arguments),
    Explain(explain::Arguments),
    Watch(watch::Arguments),
    Sweep(sweep::Arguments),
    Compare(compare::Arguments),
    Merge(merge::Arguments),
    Horizon(horizon::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Calibrate(calibrate::Arguments),
    Triage(triage::Arguments),
    Describe(describe::Arguments),
    List(list::Arguments),
    Clients(clients::Arguments),
    Show(show::Arguments),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the program with the arguments of its process.
pub fn main() -> ExitCode {
    exit::explain_panics();
    let cli = match understand(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help for a reader that has gone away is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::BAD_INPUT));
        }
    };
    match perform(&cli.verb) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

/// What the words of a command line ask for.
///
/// # Errors
/// What is wrong with them, or the help that they ask for, with nothing in it that a terminal would obey.
pub fn understand(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(&words).map_err(|error| {
        // The message repeats some of the words: it is made again of words that can be shown.
        let shown = words.iter().map(|word| escape(&word.to_string_lossy()));
        Cli::try_parse_from(shown).err().unwrap_or(error)
    })
}

fn perform(verb: &Verb) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Run(arguments) => run::perform(arguments),
        Verb::Explain(arguments) => explain::perform(arguments),
        Verb::Watch(arguments) => watch::perform(arguments),
        Verb::Sweep(arguments) => sweep::perform(arguments),
        Verb::Compare(arguments) => compare::perform(arguments),
        Verb::Merge(arguments) => merge::perform(arguments),
        Verb::Horizon(arguments) => horizon::perform(arguments),
        Verb::Check(arguments) => check::perform(arguments),
        Verb::Import(arguments) => import::perform(arguments),
        Verb::Calibrate(arguments) => calibrate::perform(arguments),
        Verb::Triage(arguments) => triage::perform(arguments),
        Verb::Describe(arguments) => describe::perform(arguments),
        Verb::List(arguments) => list::perform(arguments),
        Verb::Clients(arguments) => clients::perform(arguments),
        Verb::Show(arguments) => show::perform(arguments),
        Verb::Schema(arguments) => schema::perform(arguments),
        Verb::Completions(arguments) => completions::perform(arguments),
        Verb::Man(arguments) => man::perform(arguments),
    }
}

/// The command line as clap knows it, for completions and the manual.
fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
