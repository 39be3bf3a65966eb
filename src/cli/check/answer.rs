//! What a campaign came to, as text and as JSON.

use super::super::repeat::shell_words;
use super::{Found, repeat};
use crate::report::document::{Block, Document, Table, Verdict};
use crate::swarm::{Campaign, Coverage, Dimension};
use serde::Serialize;
use std::collections::BTreeMap;

/// Failures that a text lists.
const LISTED: usize = 20;
const SECONDS_A_DAY: f64 = 86_400.0;

/// The answer for programs.
#[derive(Serialize)]
pub(super) struct Answer {
    /// The number of the first cluster.
    first: u64,
    /// How many clusters were run.
    runs: u64,
    /// Simulated seconds of all runs.
    simulated_seconds: f64,
    /// Events of all runs.
    events: u64,
    /// Draws that rules between settings refused; each was drawn again.
    redrawn: u64,
    /// What failed, by number.
    failures: Vec<FailureAnswer>,
    /// What was reached, in how many runs, and what never was.
    coverage: BTreeMap<&'static str, Covered>,
}

/// One number that failed.
#[derive(Serialize)]
struct FailureAnswer {
    number: u64,
    complaints: Vec<String>,
    repeat: String,
    /// The file that holds its smallest case, where one was looked for.
    file: Option<String>,
    /// How many cases were run to find that.
    tried: Option<usize>,
}

/// One dimension.
#[derive(Serialize)]
struct Covered {
    reached: BTreeMap<String, u64>,
    never: Vec<&'static str>,
    /// What no run can show, and why.
    beyond: BTreeMap<&'static str, &'static str>,
}

impl Answer {
    pub(super) fn new(first: u64, campaign: &Campaign, found: &[Found]) -> Answer {
        let failure = |(number, complaints): &(u64, Vec<crate::swarm::Complaint>)| {
            let found = found.iter().find(|found| found.shrunk.flight.number == *number);
            FailureAnswer {
                number: *number,
                complaints: complaints.iter().map(|complaint| complaint.text.clone()).collect(),
                repeat: shell_words(&repeat(*number)),
                file: found.map(|found| found.file.clone()),
                tried: found.map(|found| found.shrunk.tried),
            }
        };
        let covered = |dimension: Dimension| {
            let reached = campaign.coverage.reached(dimension).map(|(name, runs)| (name.to_owned(), runs)).collect();
            (
                dimension.name(),
                Covered { reached, never: campaign.coverage.never(dimension), beyond: Coverage::beyond(dimension).collect() },
            )
        };
        Answer {
            first,
            runs: campaign.runs,
            simulated_seconds: campaign.simulated.as_secs_f64(),
            events: campaign.events,
            redrawn: campaign.redrawn,
            failures: campaign.failures().iter().map(failure).collect(),
            coverage: Dimension::ALL.into_iter().map(covered).collect(),
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("an answer is plain data with text keys") + "\n"
    }

    pub(super) fn document(&self) -> Document {
        let mut blocks = vec![Block::Pairs(self.sums())];
        if !self.failures.is_empty() {
            blocks.push(Block::Heading("What failed".to_owned()));
            blocks.extend(self.failures.iter().take(LISTED).flat_map(told));
        }
        blocks.push(Block::Heading("What was reached".to_owned()));
        blocks.push(Block::Table(self.table()));
        let beyond = self.coverage.values().flat_map(|covered| &covered.beyond).map(|(name, why)| format!("{name} cannot be: {why}"));
        blocks.push(Block::Items(beyond.collect()));
        Document {
            title: format!("The swarm, numbers {} to {}", self.first, self.first + self.runs.saturating_sub(1)),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        let failed = self.failures.len();
        let text = match failed {
            0 => format!("{} clusters kept every promise and healed.", self.runs),
            _ => format!("{failed} of {} clusters failed.", self.runs),
        };
        Verdict { text, good: failed == 0 }
    }

    fn sums(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        vec![
            pair("clusters", self.runs.to_string()),
            pair("simulated", format!("{:.2} days", self.simulated_seconds / SECONDS_A_DAY)),
            pair("events", self.events.to_string()),
            pair("draws refused and repeated", self.redrawn.to_string()),
        ]
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["what", ">reached", "never reached"]);
        for dimension in Dimension::ALL {
            let covered = &self.coverage[dimension.name()];
            table.row([dimension.name().to_owned(), covered.reached.len().to_string(), covered.never.join(", ")]);
        }
        table
    }
}

fn told(failure: &FailureAnswer) -> Vec<Block> {
    let mut items: Vec<String> = failure.complaints.iter().take(3).map(|text| format!("{}: {text}", failure.number)).collect();
    if let Some(file) = &failure.file {
        items.push(format!("the smallest case that was found: {file}"));
    }
    vec![Block::Items(items), Block::Command(failure.repeat.clone())]
}
