//! The numbers of a part of a study, and how they are written in tables and drawn.

use crate::plans::Part;
use kafkasim::report::plot::{Axis, LinePlot, Panel, Point, Quantity, Scale, Series, Words};
use kafkasim::report::quantity::{count, counted, decimal};
use kafkasim::statistics::{Confidence, Estimate, mean::mean};
use kafkasim::study::{Column, Outcome, Results, metric::Unit};
use rayon::prelude::*;

/// A part of a study, and its runs.
pub struct Found<'s> {
    pub part: &'s Part,
    pub results: Results<'s>,
}

impl<'s> Found<'s> {
    /// Runs a part on all cores.
    ///
    /// # Panics
    /// When a run broke a promise of Kafka's protocol: its numbers are worth nothing.
    pub fn run(part: &'s Part) -> Found<'s> {
        let study = &part.study;
        let outcomes: Vec<Outcome> = (0..study.runs()).into_par_iter().map(|number| study.run(study.job(number))).collect();
        for outcome in &outcomes {
            assert!(outcome.violated.is_empty(), "{}: {:?}", study.command(study.job(outcome.job)), outcome.violated);
        }
        Found { part, results: Results::new(study, outcomes) }
    }

    /// The mean of a number of a whole run.
    pub fn of_run(&self, variant: usize, path: &str) -> Option<Estimate> {
        estimate(&self.values(variant, path, 1.0))
    }

    /// The mean of a number of a client; a count is that of one member of a fleet.
    pub fn of_client(&self, variant: usize, client: &str, path: &str) -> Option<Estimate> {
        let column = self.column(&format!("clients.{client}.{path}"));
        let members = self.results.all()[0].clients.iter().find(|c| c.name == client).map_or(1, |c| c.members);
        let per = if column.unit == Unit::Count { members as f64 } else { 1.0 };
        estimate(&self.values(variant, &column.path, per))
    }

    /// The mean of the greatest number of any client.
    pub fn of_worst_client(&self, variant: usize, path: &str) -> Option<Estimate> {
        let columns: Vec<Column> =
            self.results.clients(variant).into_iter().map(|client| self.column(&format!("clients.{client}.{path}"))).collect();
        let worst = |outcome: &Outcome| columns.iter().filter_map(|column| column.of(outcome)).reduce(f64::max);
        estimate(&self.results.of(variant).filter_map(worst).collect::<Vec<_>>())
    }

    /// A number of each run of a variant, divided by `per`.
    pub fn values(&self, variant: usize, path: &str, per: f64) -> Vec<f64> {
        self.results.values(variant, &self.column(path)).into_iter().map(|value| value / per).collect()
    }

    /// The name of the scenario.
    pub fn scenario(&self) -> &str {
        &self.part.study.variants[0].scenario.name
    }

    /// The beginning of the study's digest.
    pub fn digest(&self) -> String {
        self.part.study.digest().chars().take(16).collect()
    }

    fn column(&self, path: &str) -> Column {
        Column::parse(path, &self.results.clients(0)).unwrap_or_else(|why| panic!("{why}"))
    }
}

/// What was run, below a table or a picture of parts of one scenario.
pub fn caption(parts: &[&Found<'_>]) -> String {
    let digests: Vec<String> = parts.iter().map(|part| part.digest()).collect();
    let (scenario, seeds) = (parts[0].scenario(), counted(parts[0].part.study.seeds.count, "seed"));
    format!("Scenario {scenario}, {seeds} with each setting, kafkasim {}, study {}.", env!("CARGO_PKG_VERSION"), digests.join(" and "))
}

/// The mean over runs with its t interval, 95 %.
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    mean(values, Confidence::default())
}

/// A count with its interval.
pub fn counts(estimate: Option<Estimate>) -> String {
    written(estimate, "", decimal)
}

/// Milliseconds with their interval, in the unit that fits.
pub fn times(estimate: Option<Estimate>) -> String {
    let unit = |ms: f64| if ms < 1000.0 { (" ms", 1.0) } else { (" s", 1000.0) };
    let (name, size) = unit(estimate.map_or(0.0, |e| e.value));
    let text = |ms: f64| match ms / size {
        n if size > 1.0 && n < 100.0 => format!("{n:.1}"),
        n => count(n.round() as u64),
    };
    written(estimate, name, text)
}

fn written(estimate: Option<Estimate>, unit: &str, text: impl Fn(f64) -> String) -> String {
    match estimate {
        None => "none".to_owned(),
        Some(e) if e.value == 0.0 => "0".to_owned(),
        Some(e) => format!("{} ± {}{unit}", text(e.value), text(e.half_width())),
    }
}

/// A Markdown table; all columns but the first `words` hold numbers.
pub fn table(head: &[String], words: usize, rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = (0..head.len()).map(|i| if i < words { "---" } else { "---:" }.to_owned()).collect();
    [line(head), line(&rule)].into_iter().chain(rows.iter().map(|row| line(row))).collect()
}

/// A point of a line; none where nothing was measured.
pub fn point(x: f64, estimate: Option<Estimate>) -> Option<Point> {
    estimate.map(|e| Point { x, y: e.value, low: Some(e.low.max(0.0)), high: Some(e.high) })
}

/// A panel, on a logarithmic scale where all values are above zero and far apart.
pub fn panel(label: &str, quantity: Quantity, series: Vec<Series>) -> Panel {
    let values = || series.iter().flat_map(|s| s.points.iter().map(|p| p.y));
    let (least, greatest) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let scale = if least > 0.0 && greatest > 15.0 * least { Scale::Log } else { Scale::Linear };
    Panel { y: Axis { label: label.to_owned(), scale, quantity }, series }
}

/// Panels over a key that is a time.
pub fn over_time(parts: &[&Found<'_>], key: &str, title: &str, panels: Vec<Panel>) -> String {
    let x = Axis { label: key.to_owned(), scale: Scale::Log, quantity: Quantity::DurationMs };
    LinePlot { words: words(parts, title, &panels), x, panels }.svg()
}

/// The words around a picture: the first and the last point of each line for those who hear it.
pub fn words(parts: &[&Found<'_>], title: &str, panels: &[Panel]) -> Words {
    let ends = |label: &str, series: &Series| {
        let (first, last) = (series.points.first()?, series.points.last()?);
        Some(format!("{label}, {}: from {} to {}.", series.name, decimal(first.y), decimal(last.y)))
    };
    let description: Vec<String> = panels.iter().flat_map(|p| p.series.iter().filter_map(|s| ends(&p.y.label, s))).collect();
    Words {
        title: title.to_owned(),
        description: description.join(" "),
        caption: format!("{} Bands and bars are 95 % intervals of the mean over runs.", caption(parts)),
    }
}

/// A duration of a key, in milliseconds.
pub fn milliseconds(value: &str) -> f64 {
    kafkasim::engine::parse_duration(value).expect("the key is a time").as_millis_f64()
}
