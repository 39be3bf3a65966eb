//! `kafkasim horizon`: weeks of a cluster, of which only the disturbances are simulated.

mod many;
mod one;

use super::arguments::Changes;
use super::exit::Failure;
use super::format::Format;
use super::repeat::shell_words;
use clap::Args;
use std::process::ExitCode;

/// Simulate weeks: every fault in full until all is calm again, the calm between them by its rates
#[derive(Args)]
pub struct Arguments {
    /// A scenario whose `duration` is the horizon: a TOML file, a name shown by `kafkasim list`, or `-` for standard input
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Play so many horizons, each with the next seed, and say what one comes to: means, and chances
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    /// How many horizons go on side by side [default: one for each core]
    #[arg(long, value_name = "N", requires = "seeds", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
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

/// Plays the horizon, or many, and writes the outputs.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match (arguments.seeds, &arguments.episodes) {
        (1, _) => one::perform(arguments),
        (_, None) => many::perform(arguments),
        (_, Some(_)) => Err(Failure::new("--episodes are those of one horizon: leave --seeds away, and name the horizon by its --seed")),
    }
}

/// The command that plays the horizon of this seed alone.
fn repeat(arguments: &Arguments, seed: u64) -> String {
    shell_words(&words(arguments, seed))
}

fn words(arguments: &Arguments, seed: u64) -> Vec<String> {
    let mut words = vec!["kafkasim".to_owned(), "horizon".to_owned(), arguments.scenario.clone()];
    words.extend(arguments.changes.words(seed));
    words
}
