//! The documents of studies, made from their records alone: of a sweep, and of a comparison.

mod change;
mod choice;
mod clients;
mod comparison;
mod decision;
mod events;
mod lengths;
mod measure;
mod pairing;
mod plots;
mod singles;
mod trust;
mod variants;

pub use plots::{Picture, Plot, compare_plots, plots, strips};
pub use singles::{Group, SingleRun, SingleRuns, of_comparison, of_sweep};

use super::document::{Block, Document, Verdict};
use super::quantity::counted;
use crate::study::record::{CompareRecord, StudyRecord, SweepRecord};
use variants::Labels;

/// The whole answer of a sweep.
pub fn sweep_document(record: &SweepRecord) -> Document {
    let study = &record.study;
    let labels = Labels::keys(study);
    let sections = [
        variants::section(&record.variants, &labels),
        pictures(plots(record)),
        decision::front(record, &labels),
        decision::sensitivity(record),
        lengths::section(&record.variants, &labels),
        events::section(&record.variants, &labels),
        clients::section(&record.variants, &labels),
        trust::method(study),
        trust::limits(study),
        trust::repeat(study),
    ];
    let sentences = choice::sentences(record).into_iter().chain(change::sentences(record));
    let good = record.choice.as_ref().is_none_or(|choice| choice.variant.is_some());
    Document {
        title: title(study, record.variants.len()),
        verdict: verdict(study, sentences, good),
        blocks: sections.into_iter().flatten().collect(),
    }
}

/// The whole answer of a comparison.
pub fn compare_document(record: &CompareRecord) -> Document {
    let study = &record.study;
    let labels = Labels::names();
    let sections = [
        comparison::variants(record),
        comparison::differences(record),
        pictures(compare_plots(record)),
        pairing::section(record),
        pairing::stopping(&record.stopping),
        variants::section(&record.variants, &labels),
        lengths::section(&record.variants, &labels),
        events::section(&record.variants, &labels),
        clients::section(&record.variants, &labels),
        trust::method(study),
        trust::limits(study),
        trust::repeat(study),
    ];
    Document {
        title: title(study, record.variants.len()),
        verdict: verdict(study, comparison::sentences(record).into_iter(), true),
        blocks: sections.into_iter().flatten().collect(),
    }
}

fn title(study: &StudyRecord, variants: usize) -> String {
    let what = match study.keys.as_slice() {
        [] => String::new(),
        keys => format!(" of {}", measure::listed(&keys.iter().map(|key| key.key.clone()).collect::<Vec<_>>(), variants::ROWS)),
    };
    format!("{}: {}{what}, {}", study.scenario, counted(variants as u64, "variant"), trust::seeds(study))
}

/// The answer, after whatever forbids to use it.
fn verdict(study: &StudyRecord, sentences: impl Iterator<Item = String>, good: bool) -> Verdict {
    let warnings = trust::warnings(study);
    let good = good && warnings.is_empty();
    Verdict { text: warnings.into_iter().chain(sentences).collect::<Vec<_>>().join(" "), good }
}

fn pictures(plots: Vec<Plot>) -> Vec<Block> {
    plots.into_iter().map(|plot| Block::Picture { title: plot.title, file: format!("plots/{}", plot.file) }).collect()
}

#[cfg(test)]
mod tests;
