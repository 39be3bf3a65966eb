//! The document of one run, made from its record alone.

mod clients;
mod cluster;
mod consumers;
mod gauges;
mod groups;
mod stale;
mod trust;
mod verdict;
mod windows;

pub(super) use trust::machines;
pub(super) use verdict::ASSUMED_RATES;

use super::document::{Block, Document, heading, paragraph};
use super::quantity::{count, duration};
use crate::observe::RunRecord;

/// Rows of a long table that are shown; the JSON answer has all of them.
const ROWS: usize = 20;

/// The whole answer.
pub fn document(record: &RunRecord) -> Document {
    let sections = [
        verdict::definitions(record),
        trust::expectations(record),
        clients::section(record),
        groups::section(record),
        stale::section(record),
        cluster::moves(record),
        gauges::section(&record.gauges),
        windows::section(record),
        clients::silences(record),
        clients::cost(record),
        cluster::timeline(record),
        trust::checks(record),
        trust::repeat(record),
        trust::limits(record),
    ];
    Document { title: title(record), verdict: verdict::verdict(record), blocks: sections.into_iter().flatten().collect() }
}

fn title(record: &RunRecord) -> String {
    format!(
        "{}: Kafka {}, seed {}, {} counted after {} of warm-up",
        record.scenario.name,
        record.kafka,
        record.seed,
        duration(record.simulated_ms),
        duration(record.warmup_ms)
    )
}

/// A sentence on what a table leaves out, if it does.
fn left_out(all: usize, what: &str) -> Option<Block> {
    let more = all.checked_sub(ROWS).filter(|more| *more > 0)?;
    Some(paragraph(format!("{} more {what} are in the JSON answer (--format json).", count(more as u64))))
}

/// `node.id` of a leader in a cell.
fn broker(id: Option<u32>) -> String {
    id.map_or_else(|| "none".to_owned(), |id| id.to_string())
}

#[cfg(test)]
mod tests;
