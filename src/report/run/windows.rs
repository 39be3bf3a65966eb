//! Recoveries and stale windows by phase: where the time went, and which setting governs it.

use super::interruptions::Interruptions;
use super::{heading, paragraph};
use crate::observe::RunRecord;
use crate::observe::record::{Phase, Quantiles};
use crate::report::document::{Block, Table};
use crate::report::quantity::{count, duration, greatest, maybe, of, percent, quantile};
use crate::report::words;

/// How long service was interrupted, and in which phase the time went.
pub fn section(record: &RunRecord) -> Vec<Block> {
    let title = heading("How long until clients were served again, and where the time went");
    if record.windows.is_empty() {
        return vec![title, paragraph("No client was touched by a change or loss of a leader.")];
    }
    let mut blocks = vec![title, lengths(record)];
    blocks.push(paragraph(
        "A recovery and a time of stale metadata are counted once for each move, client and partition. Not by the end: it had not ended when the run did, and is in no other figure of its line. \
         A recovery without an interruption harmed nobody: the client had nothing to send in the meantime.",
    ));
    let recovery = phases("Phase of the recovery", record.windows.iter().map(|w| w.recovery_phases.as_slice()));
    let window = phases("Phase of the stale metadata", record.windows.iter().map(|w| w.window_phases.as_slice()));
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

fn lengths(record: &RunRecord) -> Block {
    let mut table = Table::new(&["", ">Counted", ">Median", ">p99", ">Longest", ">Not by the end"]);
    let mut line = |name: &str, q: &Quantiles| {
        table.row([name.to_owned(), count(q.count), of(q, |q| q.p50), of(q, |q| q.p99), of(q, |q| q.max), count(q.open)]);
    };
    line("Recovery: leader moved or lost, until the first success", &record.total.recovery_ms);
    line("Stale metadata: leader moved, until the client knew the new leader", &record.total.stale_window_ms);
    let interrupted = Interruptions::of(record, None);
    table.row([
        "Interruption: part of the recovery in which records were waiting".to_owned(),
        count(interrupted.lengths.len() as u64),
        interrupted.quantile(0.5),
        interrupted.quantile(0.99),
        interrupted.quantile(1.0),
        count(interrupted.waiting.len() as u64),
    ]);
    Block::Table(table)
}

/// The phases that took any time, in the order in which they follow each other; none when no phase did.
fn phases<'a>(title: &str, all: impl Iterator<Item = &'a [Phase]>) -> Option<Block> {
    let mut names: Vec<&str> = Vec::new();
    let mut found: Vec<&Phase> = Vec::new();
    for phase in all.flatten().filter(|phase| phase.ms > 0.0) {
        if !names.contains(&phase.name.as_str()) {
            names.push(&phase.name);
        }
        found.push(phase);
    }
    if found.is_empty() {
        return None;
    }
    names.sort_by_key(|name| words::phase_order(name));
    let whole: f64 = found.iter().map(|phase| phase.ms).sum();
    let mut table = Table::new(&[title, ">Times", ">Share", ">Median", ">Longest", "Governed by"]);
    for name in names {
        let same: Vec<&Phase> = found.iter().copied().filter(|phase| phase.name == name).collect();
        let lengths: Vec<f64> = same.iter().map(|phase| phase.ms).collect();
        table.row([
            words::phase(name),
            count(same.len() as u64),
            percent(lengths.iter().sum::<f64>() / whole),
            maybe(quantile(lengths.clone(), 0.5)),
            greatest(lengths).map_or_else(String::new, duration),
            governors(&same),
        ]);
    }
    Some(Block::Table(table))
}

/// What governs a phase: what took most of its time first.
fn governors(phases: &[&Phase]) -> String {
    let mut by_time: Vec<(&str, f64)> = Vec::new();
    for phase in phases {
        match by_time.iter_mut().find(|(name, _)| *name == phase.governed_by) {
            Some((_, ms)) => *ms += phase.ms,
            None => by_time.push((&phase.governed_by, phase.ms)),
        }
    }
    by_time.sort_by(|a, b| b.1.total_cmp(&a.1));
    by_time.iter().take(3).map(|(name, _)| *name).collect::<Vec<_>>().join("; ")
}
