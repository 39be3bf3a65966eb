//! What common random numbers were worth in a comparison, and when it stopped.

use super::measure::{Measure, bounded};
use crate::report::document::{Block, Table, heading, paragraph};
use crate::report::quantity::{count, decimal};
use crate::study::record::{CompareRecord, Difference, Stopping};

/// Where pairing saves fewer runs than this factor, the reader is told.
const WORTH_IT: f64 = 2.0;

/// How many times as many runs the same intervals would have taken without common random numbers.
pub fn section(record: &CompareRecord) -> Vec<Block> {
    let mut table = Table::new(&["Metric", "Variant", ">Times as many runs", ">Seeds that are equal"]);
    let mut poor = Vec::new();
    for comparison in &record.comparisons {
        for difference in &comparison.metrics {
            let Some(ratio) = &difference.pairing else { continue };
            let name = Measure::of(&difference.metric).name();
            let equal = format!("{} of {}", count(difference.equal), count(difference.pairs));
            table.row([name.clone(), comparison.variant.clone(), bounded(ratio, decimal), equal]);
            if ratio.value < WORTH_IT {
                poor.push(format!("{name} of {} ({}): {}", comparison.variant, decimal(ratio.value), reason(difference)));
            }
        }
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![
        heading("What common random numbers saved"),
        paragraph(
            "How many times as many runs the same interval would have taken if each variant had met its own arrivals, latencies and faults: the variance of an \
             unpaired difference over that of the paired one.",
        ),
        Block::Table(table),
    ];
    if !poor.is_empty() {
        blocks.push(paragraph(format!("Pairing bought less than a factor of {} for:", decimal(WORTH_IT))));
        blocks.push(Block::Items(poor));
    }
    blocks
}

/// Why pairing bought little, as far as the numbers tell.
fn reason(difference: &Difference) -> &'static str {
    if 2 * difference.equal >= difference.pairs {
        "it is the same in most seeds, so that it hardly varies with chance and there is little to save"
    } else {
        "what is drawn came apart between the two variants, as once a client acts at another moment it meets other draws, or the number depends on \
         details that no seed holds still"
    }
}

/// When it stopped, and what its intervals are worth.
pub fn stopping(stopping: &Stopping) -> Vec<Block> {
    let looks: Vec<String> = stopping.looks.iter().map(|seeds| count(*seeds)).collect();
    vec![
        heading("When it stopped"),
        Block::Pairs(vec![
            ("asked for".to_owned(), stopping.asked.clone()),
            ("reached".to_owned(), if stopping.reached { "yes" } else { "NO" }.to_owned()),
            ("looked at, seeds".to_owned(), looks.join(", ")),
            ("guarantee".to_owned(), stopping.guarantee.clone()),
        ]),
    ]
}
