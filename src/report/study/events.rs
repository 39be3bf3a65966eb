//! What happens in some runs only: how many, and how likely that makes it.

use super::change::capital;
use super::variants::{Labels, chance, spread};
use crate::report::document::{Block, heading, paragraph};
use crate::report::quantity::{NONE, counted, percent};
use crate::study::record::{EventRecord, VariantRecord};
use std::collections::BTreeSet;

/// Variants that are shown of each event.
const ROWS: usize = 12;

/// A table of each event that happened in some runs and not in others; the rest is told in a sentence each.
pub fn section(variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Block> {
    let names: BTreeSet<&String> = variants.iter().flat_map(|variant| variant.events.keys()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading("What happens in some runs only")];
    let (mut never, mut always) = (Vec::new(), Vec::new());
    for name in names {
        let events: Vec<&EventRecord> = variants.iter().filter_map(|variant| variant.events.get(name)).collect();
        match events.as_slice() {
            events if events.iter().all(|event| event.runs == 0) => never.push(name.as_str()),
            events if events.iter().all(|event| event.runs == event.of) => always.push(name.as_str()),
            _ => blocks.push(table(name, variants, labels)),
        }
    }
    let mut items = Vec::new();
    if !never.is_empty() {
        items.push(format!("In no run: {}. {}", never.join("; "), bound(variants)));
    }
    if !always.is_empty() {
        items.push(format!("In every run: {}.", always.join("; ")));
    }
    if !items.is_empty() {
        blocks.push(Block::Items(items));
    }
    blocks.push(paragraph(
        "The bounds of a chance are exact (Clopper and Pearson): what was never seen has an upper bound and is not reported as zero.",
    ));
    blocks
}

fn table(name: &str, variants: &[VariantRecord], labels: &Labels<'_>) -> Block {
    let title = format!(">{}", capital(name));
    let cell = |variant: &VariantRecord| [variant.events.get(name).map_or_else(|| NONE.to_owned(), chance)];
    labels.table(&spread(variants, ROWS), [&title], cell)
}

/// What never having seen it says: the weakest bound of all variants.
fn bound(variants: &[VariantRecord]) -> String {
    let nothing = |variant: &VariantRecord| {
        variant.events.values().find(|event| event.runs == 0).and_then(|event| Some((event.of, event.chance.high?)))
    };
    let weakest = variants.iter().filter_map(nothing).max_by(|a, b| a.1.total_cmp(&b.1));
    weakest.map_or_else(String::new, |(runs, high)| {
        format!("With {} of a variant that still allows a chance of up to {} in a run.", counted(runs, "run"), percent(high))
    })
}
