//! What the runs came to for each client, where there are several.

use super::measure::Measure;
use super::variants::{Labels, ROWS, spread};
use crate::report::document::{Block, heading, paragraph};
use crate::report::quantity::count;
use crate::study::record::VariantRecord;
use std::collections::BTreeSet;

/// Clients in a table; the JSON answer has all of them.
const MOST_CLIENTS: usize = 10;

const COLUMNS: [&str; 4] = [">Stale requests", ">Stale window p99", ">Longest interruption", ">Metadata requests"];
const PATHS: [&str; 4] = ["requests.stale", "stale_window_ms.p99", "interruption_ms.max", "metadata_requests"];

/// A table for each client. Nothing where there is one client.
pub fn section(variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Block> {
    let names: BTreeSet<&String> = variants.iter().flat_map(|variant| variant.clients.keys()).collect();
    if names.len() < 2 {
        return Vec::new();
    }
    let clients = names.len().min(MOST_CLIENTS);
    let shown = spread(variants, (ROWS / clients).max(2));
    let mut blocks = vec![heading("Clients")];
    for name in names.iter().take(clients) {
        blocks.push(paragraph(format!("{name}:")));
        blocks.push(labels.table(&shown, COLUMNS, |variant| numbers(name, variant)));
    }
    if clients < names.len() || shown.len() < variants.len() {
        blocks.push(paragraph(format!(
            "{clients} of {} clients and {} of {} variants; all are in the JSON answer (--format json, or summary.json of --out).",
            count(names.len() as u64),
            shown.len(),
            count(variants.len() as u64)
        )));
    }
    blocks
}

fn numbers(client: &str, variant: &VariantRecord) -> [String; 4] {
    let metrics = variant.clients.get(client);
    PATHS.map(|path| Measure::of(path).cell(metrics.and_then(|metrics| metrics.get(path)), variant.runs))
}
