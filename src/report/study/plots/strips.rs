//! What every seed says: the differences of a comparison one by one, a picture for each metric.

use super::{Picture, Plot, ends, words};
use crate::report::document::Table;
use crate::report::plot::{Axis, Quantity, Scale, StripPlot, StripRow};
use crate::report::quantity::{count, percent, quantile};
use crate::report::study::measure::{Measure, Unit, bounded};
use crate::study::record::singles::{PairedMetric, SeedPair, Singles};
use crate::study::record::{CompareRecord, Comparison, Difference};

/// Variants that can be told apart in one picture; the table below it has all of them.
const MOST_ROWS: usize = 12;

/// A variant's differences of a metric, with what came of them.
struct Row<'a> {
    comparison: &'a Comparison,
    difference: &'a Difference,
    pairs: &'a [SeedPair],
}

/// A picture of each metric that differs in some seed, in the order in which they are compared.
pub fn strips(record: &CompareRecord, singles: &Singles) -> Vec<Picture> {
    let mut metrics: Vec<&str> = Vec::new();
    for difference in record.comparisons.iter().flat_map(|comparison| &comparison.metrics) {
        if difference.equal < difference.pairs && !metrics.contains(&difference.metric.as_str()) {
            metrics.push(&difference.metric);
        }
    }
    metrics.into_iter().map(|metric| picture(record, metric, &rows(record, singles, metric))).collect()
}

fn rows<'a>(record: &'a CompareRecord, singles: &'a Singles, metric: &str) -> Vec<Row<'a>> {
    let row = |(comparison, metrics): (&'a Comparison, &'a Vec<PairedMetric>)| {
        let difference = comparison.metrics.iter().find(|difference| difference.metric == metric)?;
        let pairs = &metrics.iter().find(|paired| paired.metric == metric)?.pairs;
        Some(Row { comparison, difference, pairs })
    };
    record.comparisons.iter().zip(&singles.pairs).filter_map(row).collect()
}

fn picture(record: &CompareRecord, metric: &str, rows: &[Row<'_>]) -> Picture {
    let measure = Measure::of(metric);
    let against = rows.first().map_or("", |row| &row.comparison.against);
    let title = format!("{} seed by seed, against {against}", super::capital(&measure.name()));
    let quantity = if measure.unit() == Unit::Milliseconds { Quantity::DurationMs } else { Quantity::Plain };
    let x = Axis { label: format!("difference in {}, seed by seed", measure.of_a_run()), scale: Scale::Linear, quantity };
    let shown = &rows[..rows.len().min(MOST_ROWS)];
    let intervals = format!("Intervals are paired ({}), each alone.", percent(record.study.confidence));
    let words = words(&record.study, &title, description(rows, &measure), &intervals);
    let plot = StripPlot {
        words,
        x,
        one: "a seed".to_owned(),
        many: "seeds".to_owned(),
        rows: shown.iter().map(|row| strip(row, &measure)).collect(),
    };
    Picture { plot: Plot::new(&format!("seeds-{metric}.svg"), &title, plot.svg()), numbers: Some(table(rows, &measure)) }
}

fn strip(row: &Row<'_>, measure: &Measure<'_>) -> StripRow {
    StripRow {
        name: row.comparison.variant.clone(),
        values: row.pairs.iter().map(SeedPair::difference).collect(),
        mean: row.difference.difference.value,
        interval: ends(&row.difference.difference),
        text: mean(row, measure),
    }
}

fn mean(row: &Row<'_>, measure: &Measure<'_>) -> String {
    bounded(&row.difference.difference, |value| measure.difference(value))
}

/// What the picture shows, in words.
fn description(rows: &[Row<'_>], measure: &Measure<'_>) -> String {
    let one = |row: &Row<'_>| {
        let Difference { lower, equal, higher, .. } = row.difference;
        let [lower, equal, higher] = [lower, equal, higher].map(|seeds| count(*seeds));
        format!("{}: less in {lower} seeds, equal in {equal}, more in {higher}; on average {}", row.comparison.variant, mean(row, measure))
    };
    rows.iter().map(one).collect::<Vec<_>>().join(". ")
}

fn table(rows: &[Row<'_>], measure: &Measure<'_>) -> Table {
    let columns =
        ["Variant", ">Least", ">A quarter at most", ">Half at most", ">Three quarters at most", ">Greatest", ">Mean", ">Seeds -/=/+"];
    let mut table = Table::new(&columns);
    for row in rows {
        let differences: Vec<f64> = row.pairs.iter().map(SeedPair::difference).collect();
        let at = |q: f64| quantile(differences.clone(), q).map_or_else(String::new, |value| measure.difference(value));
        let Difference { lower, equal, higher, .. } = row.difference;
        let seeds = [lower, equal, higher].map(|seeds| count(*seeds)).join("/");
        table.row([row.comparison.variant.clone(), at(0.0), at(0.25), at(0.5), at(0.75), at(1.0), mean(row, measure), seeds]);
    }
    table
}
