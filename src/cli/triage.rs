//! `kafkasim triage`: logs and dumps of a real cluster become a verdict, causes with their evidence, and what to do.

use super::exit::{self, Failure};
use super::format::Format;
use super::log_lines::{self, Line};
use super::output::Output;
use super::{input, progress};
use crate::kafka::text::log_time::{LogTime, log_time, utc_offset};
use crate::report;
use crate::triage::record::{TriageRecord, Verdict};
use crate::triage::{Options, Triage};
use clap::Args;
use std::process::ExitCode;

/// Longest part of a line that is looked at. Lines of thousands of partitions are longer, and say nothing more behind that.
const LONGEST_LINE: usize = 1 << 20;

/// Tell from logs and dumps whether leadership errors are transient or sustained, and what caused them
///
/// All files are read leniently, and the share of each that was understood is said. Logs may be compressed with gzip, rotated, and prefixed by journalctl, docker or kubectl; `-` is standard input. docs/TRIAGE.md says how to collect the files and what is concluded from what. The exit code is 0 when it is transient or nothing is wrong, and 4 when it is sustained.
#[derive(Args)]
pub struct Arguments {
    /// Output of `kafka-topics.sh --describe`; several in the order of time (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    topics: Vec<String>,
    /// A log: server.log, state-change.log, controller.log, journalctl, or of a client of Java, librdkafka, franz-go, sarama or kafkajs (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    log: Vec<String>,
    /// Output of `kafka-metadata-quorum.sh describe --status`; several in the order of time (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    quorum: Vec<String>,
    /// Output of `kafka-broker-api-versions.sh` (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    api_versions: Vec<String>,
    /// A broker's server.properties (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    broker: Vec<String>,
    /// Output of `ss -ltnp` on a broker's machine (may be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    ss: Vec<String>,
    /// Only what happened from this time on, e.g. "2026-11-22 10:00:00"; without a zone it is on the logs' own clocks
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<LogTime>,
    /// Only what happened up to this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<LogTime>,
    /// How far clocks of logs without a zone are ahead of UTC, e.g. +02:00
    #[arg(long, value_name = "OFFSET", default_value = "Z", allow_hyphen_values = true, value_parser = offset)]
    utc_offset: i64,
    /// Write the scenario that reproduces the suspected cause on the described cluster to this file
    #[arg(long, value_name = "FILE")]
    scenario: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Print nothing but errors: the exit code tells (outputs that name a file are still written)
    #[arg(short, long)]
    quiet: bool,
}

/// Reads everything, answers, and writes the scenario if one is asked for.
///
/// # Errors
/// When a file cannot be read, nothing in any could be understood, or an output cannot be written.
pub fn perform(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let answer = if arguments.quiet && arguments.output.is_none() { None } else { Some(Output::open(arguments.output.as_deref())?) };
    let scenario = arguments.scenario.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let mut triage = Triage::new(Options { ahead_ms: arguments.utc_offset, since: arguments.since, until: arguments.until });
    dumps(arguments, &mut triage)?;
    let mut line = progress::Line::new(arguments.quiet);
    for path in in_order(&arguments.log)? {
        log(path, &mut triage, &mut line)?;
    }
    drop(line);
    let (record, reproduction) = triage.finish();
    judge_input(&record)?;
    if let Some(mut answer) = answer {
        let (document, json) = (|| report::triage::document(&record), || report::json(&record));
        answer.write(&arguments.format.render(document, json, arguments.output.as_deref()))?;
        answer.finish()?;
    }
    if let Some(mut output) = scenario {
        let (text, assumed) = reproduction.toml().map_err(|why| Failure::new(format!("--scenario: {why}")))?;
        output.write(&text)?;
        output.finish()?;
        if !arguments.quiet {
            assumed.iter().for_each(|note| eprintln!("scenario: assumed: {}", crate::printable::escape(note)));
        }
    }
    Ok(if record.verdict == Verdict::Sustained { ExitCode::from(exit::SUSTAINED) } else { ExitCode::SUCCESS })
}

/// What is small, and read whole.
fn dumps(arguments: &Arguments, triage: &mut Triage) -> Result<(), Failure> {
    type Take = fn(&mut Triage, &str, &str);
    let all: [(&[String], Take); 5] = [
        (&arguments.topics, Triage::topics),
        (&arguments.quorum, Triage::quorum),
        (&arguments.api_versions, Triage::api_versions),
        (&arguments.broker, Triage::broker),
        (&arguments.ss, Triage::sockets),
    ];
    for (path, take) in all.iter().flat_map(|(paths, take)| paths.iter().map(move |path| (path, take))) {
        take(triage, path, &input::read(path)?);
    }
    Ok(())
}

/// Logs whose lines have dates first: they tell on which day the others lie.
fn in_order(paths: &[String]) -> Result<Vec<&str>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let first = log_lines::first(path, crate::triage::time_of)?;
        all.push((matches!(first, None | Some(LogTime::TimeOfDay(_))), path.as_str()));
    }
    all.sort_by_key(|(dateless, _)| *dateless);
    Ok(all.into_iter().map(|(_, path)| path).collect())
}

fn log(path: &str, triage: &mut Triage, progress: &mut progress::Line) -> Result<(), Failure> {
    triage.begin(path);
    let mut read = 0u64;
    let told = log_lines::lenient(path, LONGEST_LINE, &mut |line: Line| {
        read += line.bytes.len() as u64 + 1;
        progress.draw(|| format!("{path}: {} MiB read", read >> 20));
        triage.line(&String::from_utf8_lossy(line.bytes), line.whole);
    })?;
    if let Some(note) = told {
        triage.note(note);
    }
    triage.end();
    Ok(())
}

/// An answer of nothing would be none.
fn judge_input(record: &TriageRecord) -> Result<(), Failure> {
    if record.files.is_empty() {
        return Err(Failure::new(
            "there is nothing to look at; give --log FILE or --topics FILE (docs/TRIAGE.md says how to collect them)",
        ));
    }
    if record.files.iter().all(|file| file.understood == 0) {
        return Err(Failure::new(
            "not one line of these files is of a log or tool that is known; docs/TRIAGE.md says which are, and how to collect them",
        ));
    }
    Ok(())
}

fn moment(text: &str) -> Result<LogTime, String> {
    let whole = log_time(text).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
    whole
        .ok_or_else(|| format!("`{text}` is no time; write it as the logs do, such as \"2026-11-22 10:00:00\" or \"2026-11-22T10:00:00Z\""))
}

fn offset(text: &str) -> Result<i64, String> {
    utc_offset(text).ok_or_else(|| format!("`{text}` is no offset from UTC; write it as +02:00 or -03:30"))
}
