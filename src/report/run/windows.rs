//! Recoveries and stale windows by phase: where the time went, and which setting governs it.

use super::{heading, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::{PhaseSummary, Quantiles};
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, duration, of, percent};
use crate::report::words;

/// How long service was interrupted, and in which phase the time went.
pub fn section(record: &RunRecord) -> Vec<Block> {
    let title = heading("How long until clients were served again, and where the time went");
    if touched(record) == 0 {
        return vec![title, paragraph("No client was touched by a change or loss of a leader.")];
    }
    let mut blocks = vec![title, lengths(record)];
    blocks.push(paragraph(
        "A recovery and a time of stale metadata are counted once for each move, client and partition. Not by the end: it had not ended when the run did, and is in no other figure of its line. \
         A recovery without an interruption harmed nobody: the client had nothing to send in the meantime.",
    ));
    let recovery = phases("Phase of the recovery", &record.recovery_phases);
    let window = phases("Phase of the stale metadata", &record.window_phases);
    if recovery.is_some() || window.is_some() {
        blocks.extend(recovery);
        blocks.extend(window);
        blocks.push(paragraph(
            "Share is of the time of all of them together; median and longest are over those in which the phase took any time. The setting or cost in the last \
             column is what to change to shorten the phase.",
        ));
    }
    blocks
}

/// How many windows there were, open ones too.
fn touched(record: &RunRecord) -> u64 {
    let (recovery, stale) = (&record.total.recovery_ms, &record.total.stale_window_ms);
    recovery.count + recovery.open + stale.count + stale.open
}

fn lengths(record: &RunRecord) -> Block {
    let mut table = Table::new(&["", ">Counted", ">Median", ">p99", ">Longest", ">Not by the end"]);
    let mut line = |name: &str, q: &Quantiles| {
        table.row([name.to_owned(), count(q.count), of(q, |q| q.p50), of(q, |q| q.p99), of(q, |q| q.max), count(q.open)]);
    };
    line("Recovery: leader moved or lost, until the first success", &record.total.recovery_ms);
    line("Stale metadata: leader moved, until the client knew the new leader", &record.total.stale_window_ms);
    line("Interruption: part of the recovery in which records were waiting", &record.total.interruption_ms);
    Block::Table(table)
}

/// The phases that took any time, in the order in which they follow each other; none when no phase did.
fn phases(title: &str, all: &[PhaseSummary]) -> Option<Block> {
    if all.is_empty() {
        return None;
    }
    let mut phases: Vec<&PhaseSummary> = all.iter().collect();
    phases.sort_by_key(|phase| words::phase_order(&phase.name));
    let whole: f64 = phases.iter().map(|phase| phase.total_ms).sum();
    let mut table = Table::new(&[title, ">Times", ">Share", ">Median", ">Longest", "Governed by"]);
    for phase in phases {
        table.row([
            words::phase(&phase.name),
            count(phase.times),
            percent(phase.total_ms / whole),
            duration(phase.p50_ms),
            duration(phase.max_ms),
            phase.governed_by.join("; "),
        ]);
    }
    Some(Block::Table(table))
}
