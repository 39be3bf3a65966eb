//! Strips: a row each of single values around the line of zero, with their mean and its interval below them.

use plotters::style::text_anchor::HPos;

use super::axis::{Axis, Quantity, Scale};
use super::canvas::{Canvas, PX, Type};
use super::chart::{self, Chart};
use super::legend::{Entry, Sample};
use super::mark::Look;
use super::page::{MARGIN, Page, WIDTH, Words};
use super::ruler::{Ruler, Span};
use super::{text, theme};
use crate::report::quantity;
use std::collections::BTreeMap;

/// Single values of one measure, a row for each group of them.
#[derive(Debug, Clone, PartialEq)]
pub struct StripPlot {
    /// Title, description and caption.
    pub words: Words,
    /// What the values are.
    pub x: Axis,
    /// What one value is: `a seed`.
    pub one: String,
    /// What many values are: `seeds`.
    pub many: String,
    /// The rows from top to bottom.
    pub rows: Vec<StripRow>,
}

/// The values of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct StripRow {
    /// Its name.
    pub name: String,
    /// Its values, in any order.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// The mean, written out at the right.
    pub text: String,
}

const ROW: i32 = 84 * PX;
/// The room for the values of a row, around a line so far below its top.
const STRIP: i32 = 50 * PX;
const MIDDLE: i32 = 32 * PX;
/// How far below that line the mean stands.
const BELOW: i32 = 36 * PX;
const RADIUS: i32 = 25;
const PAD: i32 = 12 * PX;
const LEAST: i32 = 340 * PX;
/// The widest that a line of a name may be, and how many there may be.
const NAME: i32 = 200 * PX;
const MOST_LINES: usize = 4;

impl StripPlot {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let all = self
            .rows
            .iter()
            .flat_map(|row| row.values.iter().copied().chain([row.mean]).chain(row.interval.into_iter().flat_map(<[f64; 2]>::from)));
        let span = Span::over(&self.x, all.chain([0.0]), false);
        let names: Vec<Vec<String>> = self.rows.iter().map(StripRow::name_lines).collect();
        let left = MARGIN + text::widest(names.iter().flatten().map(String::as_str), text::LABEL) + PAD;
        let at_right = text::widest(self.rows.iter().map(|row| row.text.as_str()), text::TICK) + PAD + MARGIN;
        let right = (WIDTH - at_right).max(left + LEAST);
        let width = right + at_right;
        // The rows are no numbers: this axis only spans their height.
        let y = Axis { label: String::new(), scale: Scale::Named(Vec::new()), quantity: Quantity::Plain };
        let height = ROW * self.rows.len().max(1) as i32;
        let ruler = || Ruler::across(&self.x, span, left, right);
        let piles: Vec<Piles> = self.rows.iter().map(|row| Piles::of(row, &self.x, &ruler())).collect();
        let page = Page::new(&self.words, self.legend(&piles), (width, height + chart::foot_height(&self.x, &ruler(), width)));
        page.svg(|canvas, top| {
            let chart = Chart { x: ruler(), y: Ruler::up(&y, Span::over(&y, [], false), top + height, top) };
            chart.draw_columns(canvas);
            chart.draw_foot(canvas, &self.x, width);
            let zero = chart.x.at(0.0);
            canvas.line(&[(zero, top), (zero, top + height)], theme::INK, 15);
            for (i, (row, piles)) in self.rows.iter().zip(&piles).enumerate() {
                let middle = top + ROW * i as i32 + MIDDLE;
                canvas.line(&[(left, middle), (right, middle)], theme::GRID, PX);
                let above = names[i].len() as i32 * text::line_height(text::LABEL) / 2;
                canvas.paragraph(&names[i], (left - PAD, middle - above), Type::new(text::LABEL, theme::INK).across(HPos::Right));
                canvas.text(&row.text, (right + PAD, middle), Type::new(text::TICK, theme::INK));
                piles.draw(canvas, middle);
                row.draw_mean(canvas, &chart.x, &self.x, middle + BELOW);
            }
        })
    }

    fn legend(&self, piles: &[Piles]) -> Vec<Entry> {
        let entry = |sample, name: String| Entry { sample, name };
        let single = piles.iter().any(|piles| !piles.as_bars()).then(|| entry(Sample::Mark(values()), self.one.clone()));
        let highest = piles.iter().filter(|piles| piles.as_bars()).map(|piles| piles.highest).max();
        let as_high = |most: usize| format!("{}, as high as there are many, up to {}", self.many, quantity::count(most as u64));
        let bars = highest.map(|most| entry(Sample::Mark(bars()), as_high(most)));
        let mean = entry(Sample::Mark(mean()), "the mean, with its interval".to_owned());
        single.into_iter().chain(bars).chain([mean]).collect()
    }
}

fn values() -> Look {
    Look::disc(theme::SERIES[0])
}

fn bars() -> Look {
    Look::square(theme::SERIES[0])
}

fn mean() -> Look {
    Look::diamond(theme::SERIES[1])
}

/// The values of a row, piled up where they are as close as a disc is wide.
struct Piles {
    /// How many values stand at each place.
    at: BTreeMap<i32, usize>,
    highest: usize,
}

impl Piles {
    fn of(row: &StripRow, axis: &Axis, ruler: &Ruler) -> Piles {
        let mut at: BTreeMap<i32, usize> = BTreeMap::new();
        // Piles are counted from zero, so that what is zero stands on its line.
        let zero = ruler.at(0.0);
        for value in row.values.iter().filter_map(|value| axis.drawable(*value)) {
            let pile = (f64::from(ruler.at(value) - zero) / f64::from(2 * RADIUS)).round() as i32;
            *at.entry(zero + pile * 2 * RADIUS).or_default() += 1;
        }
        Piles { highest: at.values().copied().max().unwrap_or(0), at }
    }

    /// There are too many for a disc each.
    fn as_bars(&self) -> bool {
        self.highest > (STRIP / (2 * RADIUS)) as usize
    }

    fn draw(&self, canvas: &Canvas<'_>, middle: i32) {
        for (x, count) in &self.at {
            if self.as_bars() {
                let part = *count as f64 / self.highest as f64;
                let half = ((f64::from(STRIP / 2) * part).round() as i32).max(PX * 3 / 2);
                canvas.rectangle((x - RADIUS + 5, middle - half), (x + RADIUS - 5, middle + half), theme::SERIES[0]);
                continue;
            }
            for i in 0..*count as i32 {
                canvas.disc((*x, middle + RADIUS * (2 * i + 1 - *count as i32)), RADIUS, theme::SERIES[0]);
            }
        }
    }
}

impl StripRow {
    /// The lines of its name, as many as a row has room for.
    fn name_lines(&self) -> Vec<String> {
        let mut lines = text::wrap(&text::clean(&self.name), text::LABEL, NAME);
        if lines.len() > MOST_LINES {
            lines.truncate(MOST_LINES);
            lines[MOST_LINES - 1].push('…');
        }
        lines
    }

    fn draw_mean(&self, canvas: &Canvas<'_>, ruler: &Ruler, axis: &Axis, down: i32) {
        let Some(value) = axis.drawable(self.mean) else { return };
        if let Some((low, high)) = self.interval.and_then(|(low, high)| axis.drawable(low).zip(axis.drawable(high))) {
            mean().bar(canvas, (ruler.at(low), down), (ruler.at(high), down));
        }
        mean().mark(canvas, (ruler.at(value), down));
    }
}
