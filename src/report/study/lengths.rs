//! How long recoveries, stale windows and interruptions were over all runs, those included that had not ended.

use super::measure::bounded;
use super::variants::{Labels, spread};
use crate::report::document::{Block, heading, paragraph};
use crate::report::quantity::{count, duration};
use crate::study::record::{Interval, LengthRecord, VariantRecord};

/// Variants that are shown of each kind of time.
const ROWS: usize = 12;

/// (name in the record, what is said above its table).
const KINDS: [(&str, &str); 3] = [
    ("interruption", "Interruptions: the part of a recovery in which records were waiting"),
    ("recovery", "Recoveries: from the move or loss of a leader to the first success of a client on that partition"),
    ("stale_window", "Stale windows: from the commit of a move until the client knew the new leader"),
];

/// A table of each kind of time.
pub fn section(variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Block> {
    let tables: Vec<Block> = KINDS.iter().flat_map(|(name, title)| of_kind(name, title, variants, labels)).collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let meaning = "Over all runs of a variant together, counted once for each move, client and partition. Open are those that had not ended when their run did: they are censored and counted as such \
                   (estimates of Kaplan and Meier). The intervals come from drawing whole runs again, since the times of one run go together. \
                   A share that was never reached is not seen. Members of fleets are not counted here.";
    [vec![heading("How long clients were without their leader")], tables, vec![paragraph(meaning)]].concat()
}

/// Nothing where no variant had one.
fn of_kind(name: &str, title: &str, variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Block> {
    let length = |variant: &VariantRecord| variant.lengths.get(name).cloned().unwrap_or_else(nothing);
    if variants.iter().all(|variant| length(variant).count == 0) {
        return Vec::new();
    }
    let shown = spread(variants, ROWS);
    let more = if shown.len() < variants.len() {
        format!(" ({} of {} variants)", shown.len(), count(variants.len() as u64))
    } else {
        String::new()
    };
    let columns = [">Counted", ">Open", ">Half by", ">90 % by", ">99 % by"];
    let table = labels.table(&shown, columns, |variant| {
        let length = length(variant);
        let by = |quantile: &Option<Interval>| quantile.as_ref().map_or_else(|| "not seen".to_owned(), |by| bounded(by, duration));
        [count(length.count), count(length.open), by(&length.p50), by(&length.p90), by(&length.p99)]
    });
    vec![paragraph(format!("{title}{more}.")), table]
}

fn nothing() -> LengthRecord {
    LengthRecord { count: 0, open: 0, p50: None, p90: None, p99: None, ended: Vec::new() }
}
