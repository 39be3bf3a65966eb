//! `kafkasim calibrate`: logs of real brokers become the costs of a scenario.

use super::exit::Failure;
use super::output::Output;
use super::{log_lines, terminal};
use crate::calibrate::{Calibration, Kind, Options, Profile, Window, Zone};
use crate::engine::{Duration, parse_duration};
use crate::kafka::text::log_time::{LogTime, log_time, utc_offset};
use crate::printable;
use crate::report::document::{Block, Document, Table, Verdict};
use crate::report::quantity::{count, counted, duration};
use crate::report::text;
use clap::Args;
use std::path::Path;
use std::process::ExitCode;

/// Measure the costs of your machines from the logs of their brokers
///
/// Writes TOML for `kafkasim run --costs FILE`. What was learnt, beside the profile `typical`, and what these files cannot tell is said on standard error. Rotated files may be given in any order; `-` is standard input. docs/CALIBRATING.md says how to switch the request log on.
#[derive(Args)]
pub struct Arguments {
    /// A broker's kafka-request.log; its id tells the brokers apart (may be repeated)
    #[arg(long, value_name = "[ID=]FILE", value_parser = named_file, num_args = 1..)]
    request_log: Vec<(Option<u32>, String)>,
    /// A broker's state-change.log (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    state_change_log: Vec<String>,
    /// A broker's server.log (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    server_log: Vec<String>,
    /// Output of `kafka-dump-log.sh --cluster-metadata-decoder` (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    metadata_dump: Vec<String>,
    /// Name of the profile, as answers print it [default: that of the output file, or `calibrated`]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only from this time of the logs on, e.g. "2026-11-22 10:00:00"
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<LogTime>,
    /// Only up to this time of the logs
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<LogTime>,
    /// How far the logs' clock is ahead of UTC, which the metadata dump has, e.g. +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: i64,
    /// controller.quorum.append.linger.ms of the controllers, which the model adds itself
    #[arg(long, value_name = "TIME", default_value = "25ms", value_parser = parse_duration)]
    linger: Duration,
    /// num.io.threads of a broker
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    io_threads: u32,
    /// Write the costs to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print nothing on standard error but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Reads the logs, writes the costs, and says what they are.
///
/// # Errors
/// When a file cannot be read, too much of one is unreadable, or nothing can be learnt.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let files = files(arguments)?;
    let mut output = Output::open(arguments.output.as_deref())?;
    let mut calibration = Calibration::new(options(arguments));
    for (kind, broker, path) in files {
        calibration.begin(kind, path, broker);
        log_lines::each(path, &mut |line| calibration.line(line))?;
        calibration.end().map_err(Failure::new)?;
    }
    let profile = calibration.finish().map_err(Failure::new)?;
    output.write(&printable::toml(&profile.toml()))?;
    output.finish()?;
    if !arguments.quiet {
        eprint!("{}", text::render(&document(&profile, arguments.output.as_deref()), terminal::message_look()));
    }
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &Arguments) -> Options {
    let stem = || Path::new(arguments.output.as_deref()?).file_stem()?.to_str().filter(|stem| *stem != "-").map(str::to_owned);
    Options {
        name: arguments.name.clone().or_else(stem).unwrap_or_else(|| "calibrated".to_owned()),
        window: Window { from: arguments.from, to: arguments.to },
        zone: Zone { ahead_ms: arguments.utc_offset },
        linger: arguments.linger,
        handlers: arguments.io_threads,
    }
}

/// A file, what it holds, and the broker that it is said to be of.
type Named<'a> = (Kind, Option<u32>, &'a str);

/// The files in the order in which they are to be read: what others are held against first, each kind in the order of time.
fn files(arguments: &Arguments) -> Result<Vec<Named<'_>>, Failure> {
    let mut all: Vec<Named<'_>> = Vec::new();
    all.extend(arguments.metadata_dump.iter().map(|file| (Kind::MetadataDump, None, file.as_str())));
    all.extend(arguments.server_log.iter().map(|file| (Kind::ServerLog, None, file.as_str())));
    all.extend(arguments.state_change_log.iter().map(|file| (Kind::StateChangeLog, None, file.as_str())));
    all.extend(arguments.request_log.iter().map(|(broker, file)| (Kind::RequestLog, *broker, file.as_str())));
    if all.is_empty() {
        return Err(Failure::new(
            "there is nothing to measure; give --request-log, --state-change-log, --server-log or --metadata-dump FILE (docs/CALIBRATING.md)",
        ));
    }
    if let Some((_, (_, _, path))) = all.iter().enumerate().find(|(i, (_, _, path))| all[..*i].iter().any(|(_, _, other)| other == path)) {
        return Err(Failure::new(format!("`{path}` is given twice; its times would count twice")));
    }
    let mut timed = Vec::new();
    for file in all {
        let first = log_lines::first(file.2, |line| log_time(line).map(|(time, _)| begins(time)))?;
        timed.push((first, file));
    }
    timed.sort_by_key(|(first, file)| (file.0, *first));
    Ok(timed.into_iter().map(|(_, file)| file).collect())
}

fn begins(time: LogTime) -> i64 {
    match time {
        LogTime::Utc(ms) | LogTime::Local(ms) | LogTime::TimeOfDay(ms) => ms,
    }
}

fn document(profile: &Profile, output: Option<&str>) -> Document {
    let mut blocks = vec![Block::Table(table(profile))];
    let few: Vec<&str> = profile.few().into_iter().map(|key| key.name()).collect();
    let mut notes = profile.notes.clone();
    if !few.is_empty() {
        notes.insert(0, format!("few samples (less than {}), so their spread is hardly known: {}", crate::calibrate::FEW, few.join(", ")));
    }
    if !notes.is_empty() {
        blocks.extend([Block::Heading("To keep in mind".to_owned()), Block::Items(notes)]);
    }
    let missing = profile.missing().into_iter().map(|(key, why)| format!("{key}: {why}")).collect();
    blocks.extend([Block::Heading("Not in these files: as in `typical`".to_owned()), Block::Items(missing)]);
    if let Some(file) = output.filter(|file| *file != "-") {
        blocks.extend([Block::Heading("To use it".to_owned()), Block::Command(format!("kafkasim run SCENARIO --costs {file}"))]);
    }
    let learnt = profile.all.len() as u64;
    let text = format!(
        "{} learnt from {}; nothing lies beyond what was measured.",
        counted(learnt, "cost"),
        counted(profile.files.len() as u64, "file")
    );
    Document { title: format!("Costs of `{}`", profile.name), verdict: Verdict { text, good: true }, blocks }
}

fn table(profile: &Profile) -> Table {
    let mut table = Table::new(&["cost", ">n", ">p50", ">p95", ">max", ">typical p50", ">p95", ">max"]);
    for row in profile.comparisons() {
        let [here, typical] = [row.here, row.typical].map(|times| times.map(|time| duration(time.as_millis_f64())));
        let ([p50, p95, max], [typical_p50, typical_p95, typical_max]) = (here, typical);
        table.row([row.key.name().to_owned(), count(row.count), p50, p95, max, typical_p50, typical_p95, typical_max]);
    }
    table
}

/// `102=FILE`, or a file alone.
fn named_file(text: &str) -> Result<(Option<u32>, String), String> {
    let named = text.split_once('=').and_then(|(id, file)| Some((Some(id.parse().ok()?), file.to_owned())));
    Ok(named.unwrap_or((None, text.to_owned())))
}

fn moment(text: &str) -> Result<LogTime, String> {
    let whole = log_time(text).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
    whole.ok_or_else(|| {
        format!("`{text}` is no time; write it as the logs do, such as \"2026-11-22 10:00:00\" or \"2026-11-22 10:00:00,250\"")
    })
}

fn offset(text: &str) -> Result<i64, String> {
    utc_offset(text).ok_or_else(|| format!("`{text}` is no offset from UTC; write it as +02:00 or -03:30"))
}
