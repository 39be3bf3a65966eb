//! `kafkasim check`: the swarm, random clusters under random faults, which must keep every promise and heal.

mod answer;
mod fleet;

use super::arguments::{self, Changes};
use super::crew::Crew;
use super::exit::{self, Failure};
use super::output::Output;
use super::repeat::shell_words;
use super::terminal;
use crate::report::text;
use crate::swarm::{self, Campaign, Complaint, Kind, Options, Shrunk};
use answer::Answer;
use clap::{Args, ValueEnum};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How many clusters are run when nothing is said.
const RUNS: u64 = 1000;
/// How many cases a search for the smallest one may run.
const TRIES: usize = 400;
/// How many failures are made smaller: the first of each kind, up to so many.
const SHRUNK: usize = 4;
/// A campaign that is over after so many minutes spends this share of them on that too, but no less than the least.
const SHRINKING: f64 = 0.2;
const SHRINKING_LEAST: Duration = Duration::from_secs(30);

/// Attack kafkasim itself: random clusters under random faults must keep every promise of Kafka's protocol, and heal
///
/// Each run draws a cluster, its clients, their settings and a storm of faults from a number, and then lets all be calm. A run fails when a
/// promise is broken, when kafkasim panics, or when something has not healed in the time that its settings ask for. What fails is made
/// smaller, and the smallest scenario that still fails is written as a file. Ctrl-C ends all of that with what is known by then.
#[derive(Args)]
#[command(override_usage = "kafkasim check [OPTIONS]\n       kafkasim check SCENARIO")]
pub struct Arguments {
    /// Judge this scenario instead: a TOML file, such as one that `check` wrote, or `-` for standard input
    #[arg(conflicts_with_all = ["runs", "minutes", "seed"])]
    scenario: Option<String>,
    /// How many clusters to run [default: 1000, or as many as --minutes allow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Start no run after so many minutes, and look for the smallest failing scenarios for a fifth of that (half a minute at least)
    #[arg(long, value_name = "M", value_parser = minutes)]
    minutes: Option<Duration>,
    /// The number of the first cluster; each further one has the next
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many runs go on side by side [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Where the smallest failing scenarios are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: String,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
}

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// A failure that was made smaller, and the file that holds it.
struct Found {
    shrunk: Shrunk,
    file: String,
}

/// Runs the swarm, or judges one scenario.
///
/// # Errors
/// When the input is wrong or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.scenario {
        Some(name) => one(name),
        None => many(arguments),
    }
}

/// Judges one scenario.
fn one(name: &str) -> Result<ExitCode, Failure> {
    let scenario = arguments::scenario(name, &Changes::default())?;
    let flight = swarm::judge(&scenario, &Options::default());
    if flight.is_good() {
        println!("{name}: every promise was kept and all is well in the end.");
        return Ok(ExitCode::SUCCESS);
    }
    flight.complaints.iter().for_each(|complaint| println!("{name}: {}", complaint.text));
    Ok(failed(&["kafkasim".to_owned(), "check".to_owned(), name.to_owned()]))
}

fn many(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if !Path::new(&arguments.out).is_dir() {
        return Err(Failure::new(format!("--out {}: there is no such directory", arguments.out)));
    }
    let mut output = Output::open(arguments.output.as_deref())?;
    let mission = fleet::Mission {
        first: arguments.seed,
        runs: arguments.runs.unwrap_or(if arguments.minutes.is_some() { u64::MAX } else { RUNS }),
        lasting: arguments.minutes,
    };
    let crew = Crew::new(arguments.threads)?;
    let campaign = fleet::fly(&mission, &crew)?;
    let shrinking = arguments.minutes.map(|lasting| lasting.mul_f64(SHRINKING).max(SHRINKING_LEAST));
    let found = smallest(&campaign, &crew, shrinking, &arguments.out)?;
    let answer = Answer::new(arguments.seed, &campaign, &found);
    output.write(&match arguments.format {
        Format::Text => text::render(&answer.document(), terminal::look(matches!(arguments.output.as_deref(), None | Some("-")))),
        Format::Json => answer.json(),
    })?;
    output.finish()?;
    let Some((number, _)) = campaign.failures().first() else { return Ok(ExitCode::SUCCESS) };
    Ok(failed(&repeat(*number)))
}

/// The command that runs one number again.
fn repeat(number: u64) -> Vec<String> {
    let number = number.to_string();
    ["kafkasim", "check", "--runs", "1", "--seed", &number].map(str::to_owned).to_vec()
}

/// The first failure of each kind made smaller, for so long at most and until Ctrl-C, each written to a file of its own.
fn smallest(campaign: &Campaign, crew: &Crew, lasting: Option<Duration>, directory: &str) -> Result<Vec<Found>, Failure> {
    let mut kinds: Vec<&Kind> = Vec::new();
    let mut jobs: Vec<(u64, &Complaint)> = Vec::new();
    for (number, complaints) in campaign.failures() {
        if let Some(complaint) = complaints.first().filter(|c| !kinds.contains(&&c.kind) && c.kind != Kind::Refused) {
            kinds.push(&complaint.kind);
            jobs.push((*number, complaint));
        }
    }
    jobs.truncate(SHRUNK);
    let started = Instant::now();
    let go_on = || !crew.stop.interrupted() && lasting.is_none_or(|lasting| started.elapsed() < lasting);
    let shrink = |(number, complaint): &(u64, &Complaint)| swarm::shrink(*number, &complaint.kind, &Options::default(), TRIES, &go_on);
    crew.each(&jobs, shrink)?.into_iter().flatten().map(|shrunk| write(shrunk, directory)).collect()
}

fn write(shrunk: Shrunk, directory: &str) -> Result<Found, Failure> {
    let name = format!("swarm-{}.toml", shrunk.flight.number);
    let path = Path::new(directory).join(&name).to_string_lossy().into_owned();
    let mut file = Output::open(Some(&path))?;
    let complaints = shrunk.flight.complaints.iter().map(|complaint| format!("# {}\n", complaint.text.replace('\n', " ")));
    file.write(&format!("# The smallest case that was found of number {} of the swarm.\n", shrunk.flight.number))?;
    file.write(&complaints.collect::<String>())?;
    file.write(&shrunk.flight.toml)?;
    file.finish()?;
    Ok(Found { shrunk, file: path })
}

fn failed(repeat: &[String]) -> ExitCode {
    eprintln!("{}", terminal::error_line("the simulated cluster failed: a bug of kafkasim. This command repeats it:"));
    eprintln!("{}", shell_words(repeat));
    ExitCode::from(exit::VIOLATED)
}

fn minutes(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no number of minutes above zero");
    let minutes: f64 = text.parse().map_err(|_| wrong())?;
    if minutes > 0.0 { Duration::try_from_secs_f64(minutes * 60.0).map_err(|_| wrong()) } else { Err(wrong()) }
}
