//! The pictures of a comparison.

use super::{Plot, ends, recovery, words};
use crate::report::plot::{Change, DifferencePlot, DifferenceRow};
use crate::report::quantity::percent;
use crate::report::study::measure::{Measure, bounded, per_cent};
use crate::report::study::variants::{Labels, ROWS};
use crate::study::record::{CompareRecord, Comparison, Difference};

/// A difference of more than so many times the first variant's mean would leave all others no room: it is only written out.
const DRAWN: f64 = 3.0;

/// The pictures of a comparison.
pub fn plots(record: &CompareRecord) -> Vec<Plot> {
    let mut plots = Vec::new();
    plots.extend(differences(record));
    plots.extend(recovery::plots(&record.study, &record.variants, &Labels::names()));
    plots
}

/// Every difference that is one in some seed, with its interval, as a share of the first variant's mean.
fn differences(record: &CompareRecord) -> Option<Plot> {
    let all = record
        .comparisons
        .iter()
        .flat_map(|comparison| comparison.metrics.iter().map(move |difference| (comparison, difference)))
        .filter(|(_, difference)| difference.equal < difference.pairs);
    let alone = record.comparisons.len() == 1;
    let rows: Vec<DifferenceRow> = all.take(ROWS).map(|(comparison, difference)| row(comparison, difference, alone)).collect();
    let against = &record.comparisons.first()?.against;
    if rows.is_empty() {
        return None;
    }
    let title = match record.comparisons.as_slice() {
        [only] => format!("{} against {against}, seed by seed", only.variant),
        _ => format!("Differences from {against}, seed by seed"),
    };
    let description = rows.iter().map(|row| format!("{}: {}", row.name, row.text)).collect::<Vec<_>>().join("; ");
    let intervals = format!(
        "Bars are paired intervals of the mean difference ({}), each alone; one beyond {} is only written out.",
        percent(record.study.confidence),
        per_cent(DRAWN)
    );
    let words = words(&record.study, &title, description, &intervals);
    let x_label = format!("difference, in per cent of the mean of {against}");
    Some(Plot::new("differences.svg", &title, DifferencePlot { words, x_label, rows }.svg()))
}

fn row(comparison: &Comparison, difference: &Difference, alone: bool) -> DifferenceRow {
    let measure = Measure::of(&difference.metric);
    let name = if alone { measure.name() } else { format!("{}, {}", measure.name(), comparison.variant) };
    let before = difference.before.abs();
    let drawn = |(low, high): &(f64, f64)| before > 0.0 && low.abs().max(high.abs()) <= DRAWN * before;
    let change = ends(&difference.difference).filter(drawn).map(|(low, high)| Change {
        mean: difference.difference.value / before,
        low: low / before,
        high: high / before,
    });
    DifferenceRow { name, change, text: bounded(&difference.difference, |value| measure.difference(value)) }
}
