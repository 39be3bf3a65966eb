//! A measure over two keys: a cell each, coloured and written out.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, ViridisRGB};
use plotters::style::text_anchor::HPos;

use super::axis::{Axis, Quantity, Scale};
use super::canvas::{Canvas, PX, Type};
use super::chart::{self, Chart};
use super::page::{MARGIN, Page, WIDTH, Words};
use super::ruler::{Ruler, Span};
use super::{number, text, theme};

/// One measure over two varied keys.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Title, description and caption.
    pub words: Words,
    /// The key from left to right.
    pub x: Key,
    /// The key from top to bottom.
    pub y: Key,
    /// What the cells hold; `Scale::Log` spreads the colours over ratios.
    pub value: Axis,
    /// The rows of cells, one for each value of `y`, each with one cell for each value of `x`; none where nothing was measured.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// A varied key and the texts of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub label: String,
    /// Its values.
    pub values: Vec<String>,
}

/// The distance of a row's text from its cells.
const PAD: i32 = 8 * PX;
const CELL_WIDTH: i32 = 58 * PX;
const CELL_HEIGHT: i32 = 34 * PX;
const BAR_WIDTH: i32 = 260 * PX;
const BAR_HEIGHT: i32 = 12 * PX;
const BAR_STRIPES: i32 = 52;

impl Key {
    fn axis(&self) -> Axis {
        Axis { label: self.label.clone(), scale: Scale::Named(self.values.clone()), quantity: Quantity::Plain }
    }
}

impl HeatMap {
    /// The picture as the text of an SVG file.
    pub fn svg(&self) -> String {
        let (x, y) = (self.x.axis(), self.y.axis());
        let (columns, rows) = (self.x.values.len().max(1) as i32, self.y.values.len().max(1) as i32);
        let height = rows * CELL_HEIGHT;
        let left = MARGIN + text::widest(self.y.values.iter().map(String::as_str), text::TICK) + PAD;
        let texts: Vec<String> = self.values().map(|value| number::value(value, self.value.quantity)).collect();
        let least = CELL_WIDTH.max(text::widest(texts.iter().map(String::as_str), text::TICK) + 10 * PX);
        let cell_width = least.max(((WIDTH - chart::RIGHT - left) / columns).min(2 * CELL_WIDTH));
        let right = left + columns * cell_width;
        let width = (right + chart::RIGHT).max(WIDTH);
        let across = || Ruler::across(&x, Span::over(&x, [], false), left, right);
        let head = chart::label_height(&y, width);
        let above_scale = head + height + chart::foot_height(&x, &across(), width);
        let scale_height = chart::label_height(&self.value, width) + BAR_HEIGHT + text::line_height(text::TICK) + 20 * PX;
        let page = Page::new(&self.words, Vec::new(), (width, above_scale + scale_height));
        page.svg(|canvas, top| {
            chart::draw_label(canvas, &y, (MARGIN, top), width);
            let chart = Chart { x: across(), y: Ruler::up(&y, Span::over(&y, [], false), top + head + height, top + head) };
            chart.draw_foot(canvas, &x, width);
            for (row, words) in self.y.values.iter().enumerate() {
                let middle = top + head + CELL_HEIGHT * row as i32 + CELL_HEIGHT / 2;
                canvas.text(words, (left - PAD, middle), Type::new(text::TICK, theme::INK).across(HPos::Right));
            }
            self.draw_cells(canvas, (left, top + head), cell_width);
            self.draw_scale(canvas, top + above_scale, width);
        })
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.cells.iter().flatten().filter_map(|cell| self.value.drawable((*cell)?))
    }

    /// The ruler of the colours.
    fn shades(&self, start: i32, end: i32) -> Ruler {
        Ruler::across(&self.value, Span::over(&self.value, self.values(), true), start, end)
    }

    fn draw_cells(&self, canvas: &Canvas<'_>, (left, top): (i32, i32), cell_width: i32) {
        let shades = self.shades(0, 1000);
        for (row, cells) in self.cells.iter().enumerate().take(self.y.values.len()) {
            for (column, cell) in cells.iter().enumerate().take(self.x.values.len()) {
                let (x, y) = (left + column as i32 * cell_width, top + row as i32 * CELL_HEIGHT);
                let centre = (x + cell_width / 2, y + CELL_HEIGHT / 2);
                let Some(value) = cell.and_then(|value| self.value.drawable(value)) else {
                    canvas.text("none", centre, Type::new(text::TICK, theme::MUTED).across(HPos::Center));
                    continue;
                };
                let colour = shade(f64::from(shades.at(value)) / 1000.0);
                canvas.rectangle((x + PX, y + PX), (x + cell_width - PX, y + CELL_HEIGHT - PX), colour);
                let look = Type::new(text::TICK, theme::text_on(colour)).across(HPos::Center);
                canvas.text(&number::value(value, self.value.quantity), centre, look);
            }
        }
    }

    /// Draws what the colours mean.
    fn draw_scale(&self, canvas: &Canvas<'_>, top: i32, width: i32) {
        chart::draw_label(canvas, &self.value, (MARGIN, top), width);
        let top = top + chart::label_height(&self.value, width);
        let left = MARGIN;
        let stripe = BAR_WIDTH / BAR_STRIPES;
        // Each stripe reaches to the end and the next covers it: no seams.
        for i in 0..BAR_STRIPES {
            let x = left + i * stripe;
            canvas.rectangle((x, top), (left + BAR_WIDTH, top + BAR_HEIGHT), shade(f64::from(i) / f64::from(BAR_STRIPES - 1)));
        }
        chart::draw_texts_below(canvas, &self.shades(left, left + BAR_WIDTH), top + BAR_HEIGHT, width);
    }
}

/// The colour of a part of 0 to 1: even steps look even, to every kind of colour vision.
pub(super) fn shade(part: f64) -> RGBColor {
    ViridisRGB.get_color(part)
}
