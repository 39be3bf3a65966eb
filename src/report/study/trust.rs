//! What to think of a study's answer: how it was counted, what it leaves out, how to repeat it.

use crate::report::document::{Block, heading, paragraph};
use crate::report::quantity::{count, counted, duration, percent};
use crate::study::record::StudyRecord;

/// Commands of runs that broke a promise which are shown; the JSON answer has all of them.
const COMMANDS: usize = 10;

/// `200 seeds (1 to 200)`.
pub fn seeds(study: &StudyRecord) -> String {
    match study.seeds {
        0 | 1 => format!("seed {}", study.first_seed),
        seeds => format!("{} seeds ({} to {})", count(seeds), count(study.first_seed), count(study.first_seed.saturating_add(seeds - 1))),
    }
}

/// What forbids to use the answer, or to use it as it is.
pub fn warnings(study: &StudyRecord) -> Vec<String> {
    let mut warnings = Vec::new();
    let violated = study.violated.len() as u64;
    if violated > 0 {
        warnings.push(format!(
            "DO NOT USE THIS ANSWER: in {} of {} the simulated cluster broke a promise of Kafka's protocol, which is a bug of kafkasim.",
            count(violated),
            counted(study.runs, "run")
        ));
    }
    if study.missing > 0 {
        warnings.push(format!("INCOMPLETE: {} of {} are missing.", count(study.missing), counted(study.runs + study.missing, "run")));
    }
    warnings
}

/// How it was counted.
pub fn method(study: &StudyRecord) -> Vec<Block> {
    let mut items = vec![
        format!("Every variant is run with {}; {} in this answer{}.", seeds(study), runs_are(study.runs), missing(study)),
        "The run is the unit of every interval: requests and windows of one run are not independent of each other.".to_owned(),
        "Every variant of a seed meets the same arrivals, latencies and faults (common random numbers), so that variants differ by what was varied \
         rather than by luck. Two variants whose intervals overlap may differ all the same: `kafkasim compare` looks seed by seed."
            .to_owned(),
        format!(
            "Of a run (of the first variant) {} of warm-up are left out and the {} after them are counted.",
            duration(study.warmup_ms),
            duration(study.counted_ms)
        ),
        format!(
            "Intervals are at {} confidence, each alone: of means they are t intervals, of shares they are ratios over runs, of chances exact binomial bounds.",
            percent(study.confidence)
        ),
    ];
    if study.assumed_rates {
        items.push(
            "No rates were given (--load TOPIC=RATE), so the clients send at an assumed rate: every count of requests or records is a count at that \
             rate, not at yours. Read the shares and durations, and the counts against each other."
                .to_owned(),
        );
    }
    let mut blocks = vec![heading("How this was counted"), Block::Items(items)];
    blocks.extend(violations(study));
    blocks
}

fn runs_are(runs: u64) -> String {
    if runs == 1 { "1 run is".to_owned() } else { format!("{} runs are", count(runs)) }
}

fn missing(study: &StudyRecord) -> String {
    if study.missing == 0 {
        return String::new();
    }
    format!(", {} missing (--resume on the same output runs them)", runs_are(study.missing))
}

fn violations(study: &StudyRecord) -> Vec<Block> {
    if study.violated.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![
        heading("Broken promises"),
        paragraph("These runs broke a promise of Kafka's protocol; each repeats one of them and says which:"),
    ];
    blocks.extend(study.violated.iter().take(COMMANDS).cloned().map(Block::Command));
    if study.violated.len() > COMMANDS {
        blocks.push(paragraph(format!("{} more are in the JSON answer (--format json).", count((study.violated.len() - COMMANDS) as u64))));
    }
    blocks
}

/// What the runs leave out.
pub fn limits(study: &StudyRecord) -> Vec<Block> {
    let costs = format!(
        "Times of the machines' own work (handling a request, starting a process, writing to disk) are those of the cost profile{} {}.",
        if study.costs.len() == 1 { "" } else { "s" },
        study.costs.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    );
    let items = [vec![costs], study.not_modelled.clone()].concat();
    vec![heading("What to keep in mind"), Block::Items(items)]
}

/// The command that repeats it, and its digest.
pub fn repeat(study: &StudyRecord) -> Vec<Block> {
    vec![
        heading("To repeat this study"),
        Block::Command(study.repeat.clone()),
        paragraph(format!("It is study {} (kafkasim {}).", study.digest, study.kafkasim)),
    ]
}
