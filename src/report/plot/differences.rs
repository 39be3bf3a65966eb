//! Paired differences: a row each, its interval around the line of no difference.

use plotters::style::text_anchor::HPos;

use super::axis::{Axis, Quantity, Scale};
use super::canvas::{Canvas, PX, Type};
use super::chart::{self, Chart};
use super::legend::{Entry, Sample};
use super::mark::Look;
use super::page::{MARGIN, Page, WIDTH, Words};
use super::ruler::{Ruler, Span};
use super::{text, theme};

/// Paired differences of several metrics and variants.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferencePlot {
    /// Title, description and caption.
    pub words: Words,
    /// What the x axis measures: `change against base, per cent of the base's mean`.
    pub x_label: String,
    /// The rows from top to bottom.
    pub rows: Vec<DifferenceRow>,
}

/// The difference of one metric in one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceRow {
    /// The metric and the variant.
    pub name: String,
    /// The difference as a ratio of the base's mean (−0.12 is 12 % less); none where that mean is zero.
    pub change: Option<Change>,
    /// The difference in the metric's own unit, written out at the right.
    pub text: String,
}

/// A difference with its interval, as ratios of the base's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The estimate.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

const ROW: i32 = 26 * PX;
const PAD: i32 = 12 * PX;
const LEAST: i32 = 340 * PX;

impl Change {
    /// Whether the interval holds no zero: the data tell the variants apart.
    fn excludes_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

impl DifferencePlot {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let x = Axis { label: self.x_label.clone(), scale: Scale::Linear, quantity: Quantity::Share };
        let values = self.rows.iter().filter_map(|row| row.change).flat_map(|change| [change.mean, change.low, change.high]);
        let span = Span::over(&x, values.chain([0.0]), false);
        let left = MARGIN + text::widest(self.rows.iter().map(|row| row.name.as_str()), text::LABEL) + PAD;
        let at_right = text::widest(self.rows.iter().map(|row| row.text.as_str()), text::TICK) + PAD + MARGIN;
        let right = (WIDTH - at_right).max(left + LEAST);
        let width = right + at_right;
        // The rows are no numbers: this axis only spans their height.
        let y = Axis { label: String::new(), scale: Scale::Named(Vec::new()), quantity: Quantity::Plain };
        let height = ROW * self.rows.len().max(1) as i32;
        let ruler = || Ruler::across(&x, span, left, right);
        let page = Page::new(&self.words, legend(), (width, height + chart::foot_height(&x, &ruler(), width)));
        page.svg(|canvas, top| {
            let chart = Chart { x: ruler(), y: Ruler::up(&y, Span::over(&y, [], false), top + height, top) };
            let middle_of = |row: usize| top + ROW * row as i32 + ROW / 2;
            chart.draw_columns(canvas);
            chart.draw_foot(canvas, &x, width);
            for (i, row) in self.rows.iter().enumerate() {
                let middle = middle_of(i);
                canvas.line(&[(left, middle), (right, middle)], theme::GRID, PX);
                canvas.text(&row.name, (left - PAD, middle), Type::new(text::LABEL, theme::INK).across(HPos::Right));
                canvas.text(&row.text, (right + PAD, middle), Type::new(text::TICK, theme::INK));
            }
            let zero = chart.x.at(0.0);
            canvas.line(&[(zero, top), (zero, top + height)], theme::INK, 15);
            for (i, row) in self.rows.iter().enumerate() {
                if let Some(change) = row.change {
                    change.draw(canvas, &chart.x, &x, middle_of(i));
                }
            }
        })
    }
}

fn look() -> Look {
    Look::disc(theme::SERIES[0])
}

fn legend() -> Vec<Entry> {
    [(Sample::Mark(look()), "the interval excludes zero"), (Sample::Hollow(look()), "the interval includes zero")]
        .map(|(sample, name)| Entry { sample, name: name.to_owned() })
        .into()
}

impl Change {
    fn draw(&self, canvas: &Canvas<'_>, ruler: &Ruler, axis: &Axis, middle: i32) {
        let Some(mean) = axis.drawable(self.mean) else { return };
        if let Some((low, high)) = axis.drawable(self.low).zip(axis.drawable(self.high)) {
            look().bar(canvas, (ruler.at(low), middle), (ruler.at(high), middle));
        }
        if self.excludes_zero() {
            look().mark(canvas, (ruler.at(mean), middle));
        } else {
            look().mark_hollow(canvas, (ruler.at(mean), middle));
        }
    }
}
