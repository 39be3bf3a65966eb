//! Variants in tables: what tells them apart, which of many are shown, and what the runs of each came to.

use super::measure::{Measure, per_cent};
use crate::report::document::{Block, Table, heading, paragraph};
use crate::report::quantity::{NONE, count, counted, interval, percent};
use crate::study::record::{EventRecord, KeyRecord, StudyRecord, VariantRecord};

/// Rows of variants that a table shows; the JSON answer has all of them.
pub const ROWS: usize = 30;

/// More keys than this are no columns: the variants are told apart by their names.
const MOST_KEYS: usize = 3;

/// What tells the variants apart in a table.
pub struct Labels<'a> {
    keys: Vec<&'a KeyRecord>,
}

impl<'a> Labels<'a> {
    /// The values of the keys that differ.
    pub fn keys(study: &'a StudyRecord) -> Labels<'a> {
        let keys = if study.keys.len() > MOST_KEYS { Vec::new() } else { study.keys.iter().collect() };
        Labels { keys }
    }

    /// Their names.
    pub fn names() -> Labels<'a> {
        Labels { keys: Vec::new() }
    }

    /// A table of variants: a row each with these columns.
    pub fn table<const N: usize>(
        &self,
        variants: &[&VariantRecord],
        columns: [&str; N],
        row: impl Fn(&VariantRecord) -> [String; N],
    ) -> Block {
        let own = self.columns();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let mut table = Table::new(&[own.as_slice(), &columns].concat());
        table.rows = variants.iter().map(|variant| [self.cells(variant), row(variant).into()].concat()).collect();
        Block::Table(table)
    }

    /// The names of the columns of [`Labels::cells`].
    pub fn columns(&self) -> Vec<String> {
        if self.keys.is_empty() { vec!["Variant".to_owned()] } else { self.keys.iter().map(|key| key.key.clone()).collect() }
    }

    /// The cells that tell a variant from the others.
    pub fn cells(&self, variant: &VariantRecord) -> Vec<String> {
        if self.keys.is_empty() {
            return vec![variant.name.clone()];
        }
        self.keys.iter().map(|key| variant.settings.get(&key.key).cloned().unwrap_or_else(|| "as it is".to_owned())).collect()
    }

    /// As short as it can be said: `10s`, or `10s, 3.9` of two keys.
    pub fn short(&self, variant: &VariantRecord) -> String {
        self.cells(variant).join(", ")
    }
}

/// So many of all variants, spread evenly over their order, the first and the last among them.
pub fn spread(variants: &[VariantRecord], most: usize) -> Vec<&VariantRecord> {
    if variants.len() <= most {
        return variants.iter().collect();
    }
    let steps = most.max(2) - 1;
    (0..=steps).map(|step| &variants[step * (variants.len() - 1) / steps]).collect()
}

/// A sentence on the variants that a table leaves out, if it does.
pub fn left_out(all: usize, shown: usize) -> Option<Block> {
    (all > shown).then(|| {
        paragraph(format!(
            "{} of {} variants, spread evenly over their order; all are in the JSON answer (--format json, or summary.json and runs.csv of --out).",
            count(shown as u64),
            count(all as u64)
        ))
    })
}

/// What the runs of each variant came to: staleness first, then what it cost and what was lost.
pub fn section(variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Block> {
    let shown = spread(variants, ROWS);
    let [stale, window, longest] = ["requests.stale", "stale_window_ms.p99", "interruption_ms.max"].map(Measure::of);
    let [failed, metadata] = ["records.failed", "metadata_requests"].map(Measure::of);
    let staleness = labels.table(&shown, [">Stale requests", ">Stale share", ">Stale window p99", ">Longest interruption"], |variant| {
        let share = variant.rates.get("stale").and_then(|rate| rate.share.as_ref());
        [
            stale.mean(variant),
            share.map_or_else(|| NONE.to_owned(), |share| per_cent(share.value)),
            window.mean(variant),
            longest.mean(variant),
        ]
    });
    let columns = [">Metadata requests", ">Records failed", ">Acknowledged record lost", ">Runs"];
    let cost = labels.table(&shown, columns, |variant| {
        let lost = variant.events.get("an acknowledged record was lost");
        [metadata.mean(variant), failed.mean(variant), lost.map_or_else(|| NONE.to_owned(), chance), count(variant.runs)]
    });
    let mut blocks = vec![heading("What each variant came to"), staleness, cost];
    blocks.extend(left_out(variants.len(), shown.len()));
    blocks.push(paragraph(
        "Each number is the mean over the runs of a variant with the interval of that mean; p99 and longest are of each run. The stale share is of \
         all requests of all its runs. A count that is the same in every run has no interval, but with more runs another one may turn up: how likely at most, is \
         said below.",
    ));
    blocks
}

/// In how many runs something happened, and how likely it is to happen in one; never a bare zero.
pub fn chance(event: &EventRecord) -> String {
    let runs = format!("{} of {}", count(event.runs), counted(event.of, "run"));
    match (event.chance.low, event.chance.high) {
        (_, Some(high)) if event.runs == 0 => format!("{runs} (at most {})", percent(high)),
        (Some(low), _) if event.runs == event.of => format!("{runs} (at least {})", percent(low)),
        (Some(low), Some(high)) => format!("{runs}: {}", interval(event.chance.value, low, high, percent)),
        (_, _) => runs,
    }
}
