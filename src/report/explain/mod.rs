//! The document of an explanation, made from its record alone.

mod levers;
mod recovery;
mod verdict;

use crate::explain::ExplanationRecord;
use crate::report::document::{Block, Document, heading, paragraph};
use crate::report::quantity::{counted, duration};

/// The whole answer.
pub fn document(record: &ExplanationRecord) -> Document {
    let mut blocks = Vec::new();
    if record.explained.is_empty() {
        blocks.extend(calm(record));
    } else {
        blocks.push(paragraph(HOW));
    }
    blocks.extend(record.explained.iter().flat_map(recovery::section));
    blocks.extend(repeat(record));
    blocks.extend(keep_in_mind(record));
    Document { title: title(record), verdict: verdict::verdict(record), blocks }
}

const HOW: &str = "How to read it: a recovery runs from the loss of the leader, or from the commit of its move, to the client's first success. Each step is what \
                   the next one waited for, found in what happened in the run; of several that a step waited for, the last. The lengths add up to the recovery.";

fn title(record: &ExplanationRecord) -> String {
    format!("{}: what its recoveries waited for, Kafka {}, seed {}", record.scenario, record.kafka, record.seed)
}

/// What there was instead, where nothing is to be explained.
fn calm(record: &ExplanationRecord) -> Vec<Block> {
    let pairs = [
        ("time that was counted", duration(record.simulated_ms)),
        ("leader changes, of all partitions", record.moves.to_string()),
        ("recoveries of what was asked for", record.recoveries.to_string()),
        ("of these not ended with the run", record.open.to_string()),
    ];
    vec![heading("What there was"), Block::Pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())]
}

fn repeat(record: &ExplanationRecord) -> Vec<Block> {
    let runs =
        if record.runs == 0 { String::new() } else { format!(" {} with something changed were made for it.", counted(record.runs, "run")) };
    vec![
        heading("To repeat this explanation"),
        Block::Command(record.repeat.clone()),
        paragraph(format!("The run that it explains has digest {} (kafkasim {}).{runs}", record.digest, record.kafkasim)),
    ]
}

fn keep_in_mind(record: &ExplanationRecord) -> Vec<Block> {
    let mut items = vec![
        "A run with a setting changed has the same faults and the same chance as this one. Its recovery is that of the same client and partition \
         that began nearest to this one; another seed gives other lengths (`kafkasim sweep` tells how they are spread)."
            .to_owned(),
    ];
    items.extend(record.notes.iter().cloned());
    vec![heading("What to keep in mind"), Block::Items(items)]
}

#[cfg(test)]
mod tests;
