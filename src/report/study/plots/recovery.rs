//! The share of recoveries and stale windows that are over by each time, a curve for each variant.

use super::{Plot, scale, words};
use crate::report::plot::{Axis, Curve, EcdfPlot, Quantity};
use crate::report::quantity::{count, counted};
use crate::report::study::variants::{Labels, spread};
use crate::study::record::{LengthRecord, StudyRecord, VariantRecord};

/// Curves that can be told apart in one picture.
const MOST_CURVES: usize = 8;

/// (name in the record, file, plural, what the times count from).
const KINDS: [(&str, &str, &str, &str); 2] = [
    ("recovery", "recovery.svg", "recoveries", "time since the leader moved or was lost"),
    ("stale_window", "stale-window.svg", "stale windows", "time since the move was committed"),
];

/// A picture of each kind of time that was seen.
pub fn plots(study: &StudyRecord, variants: &[VariantRecord], labels: &Labels<'_>) -> Vec<Plot> {
    let shown = spread(variants, MOST_CURVES);
    let picture = |(name, file, plural, since): (&str, &str, &str, &str)| {
        let lengths: Vec<(String, &LengthRecord)> = shown
            .iter()
            .filter_map(|variant| Some((labels.short(variant), variant.lengths.get(name).filter(|l| !l.ended.is_empty())?)))
            .collect();
        if lengths.is_empty() {
            return None;
        }
        let title = format!("Share of {plural} that are over");
        let times = lengths.iter().flat_map(|(_, length)| length.ended.iter().map(|step| step.ms));
        let x = Axis { label: since.to_owned(), scale: scale(times, 10.0), quantity: Quantity::DurationMs };
        let description = format!("A step curve for each of {}: {}.", counted(lengths.len() as u64, "variant"), open(&lengths));
        let words = words(study, &title, description, "Estimates of Kaplan and Meier over all runs of a variant.");
        let curves = lengths.iter().map(|(name, length)| curve(name, length)).collect();
        Some(Plot::new(file, &title, EcdfPlot { words, x, y_label: format!("share of {plural}"), curves }.svg()))
    };
    KINDS.into_iter().filter_map(picture).collect()
}

fn curve(name: &str, length: &LengthRecord) -> Curve {
    let open = if length.open > 0 { format!(" ({} of {} not by the end)", count(length.open), count(length.count)) } else { String::new() };
    Curve { name: format!("{name}{open}"), steps: length.ended.iter().map(|step| (step.ms, step.share)).collect(), censored: Vec::new() }
}

fn open(lengths: &[(String, &LengthRecord)]) -> String {
    let one = |(name, length): &(String, &LengthRecord)| {
        format!("{name}: {} of {} not over by the end of their run", count(length.open), count(length.count))
    };
    lengths.iter().map(one).collect::<Vec<_>>().join("; ")
}
