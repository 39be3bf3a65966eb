//! The pictures of a study, as they stand in its Markdown report.

mod compare;
mod recovery;
mod strips;
mod sweep;

pub use compare::plots as compare_plots;
pub use strips::strips;
pub use sweep::plots;

use super::change::capital;
use super::measure::{Measure, Unit};
use super::trust;
use crate::report::document::Table;
use crate::report::plot::{Axis, Point, Quantity, Scale, Words};
use crate::report::quantity::percent;
use crate::study::record::{Interval, StudyRecord};

/// A picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Plot {
    /// The name of its file.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// The text of the file.
    pub svg: String,
}

/// A picture and, where no table of the answer holds them, its numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    /// The picture.
    pub plot: Plot,
    /// Its numbers.
    pub numbers: Option<Table>,
}

impl Plot {
    fn new(file: &str, title: &str, svg: String) -> Plot {
        Plot { file: file.to_owned(), title: title.to_owned(), svg }
    }
}

/// The words around a plot; below it stands what was run.
fn words(study: &StudyRecord, title: &str, description: String, intervals: &str) -> Words {
    let caption = format!(
        "{}, {}. {intervals} kafkasim {}, study {}.",
        study.scenario,
        trust::seeds(study),
        study.kafkasim,
        study.digest.chars().take(12).collect::<String>()
    );
    Words { title: title.to_owned(), description, caption }
}

/// What bands and bars are.
fn of_the_mean(study: &StudyRecord) -> String {
    format!("Intervals are those of the mean over runs ({}).", percent(study.confidence))
}

/// An axis of a metric's means.
fn axis(measure: &Measure<'_>, values: impl Iterator<Item = f64>) -> Axis {
    let quantity = match measure.unit() {
        Unit::Milliseconds => Quantity::DurationMs,
        Unit::Count | Unit::Bytes => Quantity::Plain,
    };
    let label = if measure.unit() == Unit::Milliseconds { measure.name() } else { measure.of_a_run() };
    Axis { label, scale: scale(values, 100.0), quantity }
}

/// Logarithmic where all values are above zero and the greatest is so many times the least.
fn scale(values: impl Iterator<Item = f64>, times: f64) -> Scale {
    let (least, greatest) = values.fold((f64::INFINITY, 0.0), |(least, greatest), value| (value.min(least), value.max(greatest)));
    if least > 0.0 && greatest >= times * least { Scale::Log } else { Scale::Linear }
}

fn point(x: f64, estimate: &Interval) -> Point {
    Point { x, y: estimate.value, low: estimate.low, high: estimate.high }
}

fn ends(estimate: &Interval) -> Option<(f64, f64)> {
    estimate.low.zip(estimate.high)
}
