//! The pictures of a comparison.

use super::{Plot, ends, recovery, words};
use crate::report::plot::{Change, DifferencePlot, DifferenceRow};
use crate::report::quantity::percent;
use crate::report::study::measure::{Measure, bounded};
use crate::report::study::variants::{Labels, ROWS};
use crate::study::record::{CompareRecord, Comparison, Difference};

/// The pictures of a comparison.
pub fn plots(record: &CompareRecord) -> Vec<Plot> {
    let mut plots = Vec::new();
    plots.extend(differences(record));
    plots.extend(recovery::plots(&record.study, &record.variants, &Labels::names()));
    plots
}

/// Every difference with its interval, as shares of the first variant's mean.
fn differences(record: &CompareRecord) -> Option<Plot> {
    let all = record.comparisons.iter().flat_map(|comparison| comparison.metrics.iter().map(move |difference| (comparison, difference)));
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
    let intervals = format!("Bars are paired intervals of the mean difference ({}), each alone.", percent(record.study.confidence));
    let words = words(&record.study, &title, description, &intervals);
    let x_label = format!("difference, in per cent of the mean with {against}");
    Some(Plot::new("differences.svg", &title, DifferencePlot { words, x_label, rows }.svg()))
}

fn row(comparison: &Comparison, difference: &Difference, alone: bool) -> DifferenceRow {
    let measure = Measure::of(&difference.metric);
    let name = if alone { measure.name() } else { format!("{}, {}", measure.name(), comparison.variant) };
    let before = difference.before.abs();
    let change = ends(&difference.difference).filter(|_| before > 0.0).map(|(low, high)| Change {
        mean: difference.difference.value / before,
        low: low / before,
        high: high / before,
    });
    DifferenceRow { name, change, text: bounded(&difference.difference, |value| measure.difference(value)) }
}
