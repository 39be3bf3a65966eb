//! The two axes of a chart: grid, tick texts and labels.

use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::canvas::{Canvas, PX, Spot, Type};
use super::page::MARGIN;
use super::ruler::Ruler;
use super::{text, theme};

/// The distance of a tick's text from the axis.
const PAD: i32 = 8 * PX;
/// The room right of the data, for half of the last tick's text.
pub const RIGHT: i32 = MARGIN + 16 * PX;
/// The room below an axis' label.
const BELOW: i32 = 8 * PX;

/// Two rulers that span a chart.
pub struct Chart {
    pub x: Ruler,
    pub y: Ruler,
}

/// Where the data begin, right of the widest tick text of the rulers.
pub fn left_edge<'a>(upright: impl IntoIterator<Item = &'a Ruler>) -> i32 {
    MARGIN + upright.into_iter().map(Ruler::text_width).max().unwrap_or(0) + PAD
}

/// The lines of a label over a width.
fn label_lines(axis: &Axis, width: i32) -> Vec<String> {
    text::wrap(&text::clean(&axis.label), text::LABEL, width)
}

/// The height of the label that stands above a chart for its y axis.
pub fn label_height(axis: &Axis, width: i32) -> i32 {
    label_lines(axis, width - 2 * MARGIN).len() as i32 * text::line_height(text::LABEL) + PAD
}

/// Draws an axis' label from its top left.
pub fn draw_label(canvas: &Canvas<'_>, axis: &Axis, place: Spot, width: i32) {
    canvas.paragraph(&label_lines(axis, width - 2 * MARGIN), place, Type::new(text::LABEL, theme::INK));
}

/// The height of the texts and the label below a chart.
pub fn foot_height(axis: &Axis, ruler: &Ruler, width: i32) -> i32 {
    text_height(ruler) + label_lines(axis, width - 2 * MARGIN).len() as i32 * text::line_height(text::LABEL) + BELOW
}

fn text_height(ruler: &Ruler) -> i32 {
    PAD + if ruler.turned { ruler.text_width() } else { text::line_height(text::TICK) } + 5 * PX
}

impl Chart {
    /// Draws the grid and the texts of the y axis, with its label above.
    pub fn draw_upright(&self, canvas: &Canvas<'_>, axis: &Axis, width: i32) {
        let ((left, right), (_, top)) = (self.x.ends(), self.y.ends());
        for (y, words) in &self.y.ticks {
            canvas.line(&[(left, *y), (right, *y)], theme::GRID, PX);
            canvas.text(words, (left - PAD, *y), Type::new(text::TICK, theme::INK).across(HPos::Right));
        }
        draw_label(canvas, axis, (MARGIN, top + PX - label_height(axis, width)), width);
    }

    /// Draws the grid of the x axis.
    pub fn draw_columns(&self, canvas: &Canvas<'_>) {
        let (bottom, top) = self.y.ends();
        for (x, _) in &self.x.ticks {
            canvas.line(&[(*x, bottom), (*x, top)], theme::GRID, PX);
        }
    }

    /// Says that nothing could be drawn, where that is so.
    pub fn draw_note_if(&self, canvas: &Canvas<'_>, is_empty: bool) {
        if is_empty {
            let middle = |(start, end)| i32::midpoint(start, end);
            let look = Type::new(text::LABEL, theme::MUTED).across(HPos::Center);
            canvas.text("no data", (middle(self.x.ends()), middle(self.y.ends())), look);
        }
    }

    /// Draws the x axis with its texts and its label below.
    pub fn draw_foot(&self, canvas: &Canvas<'_>, axis: &Axis, width: i32) {
        let ((left, right), (bottom, _)) = (self.x.ends(), self.y.ends());
        canvas.line(&[(left, bottom), (right, bottom)], theme::INK, PX);
        draw_texts_below(canvas, &self.x, bottom, width);
        let lines = label_lines(axis, width - 2 * MARGIN);
        let half = text::widest(lines.iter().map(String::as_str), text::LABEL) / 2;
        let middle = within(i32::midpoint(left, right), half, width);
        canvas.paragraph(&lines, (middle, bottom + text_height(&self.x)), Type::new(text::LABEL, theme::INK).across(HPos::Center));
    }
}

/// Draws the texts of a ruler from left to right, with their tick marks, below a line.
pub fn draw_texts_below(canvas: &Canvas<'_>, ruler: &Ruler, line: i32, width: i32) {
    for (x, words) in &ruler.ticks {
        canvas.line(&[(*x, line), (*x, line + 4 * PX)], theme::INK, PX);
        let look = Type::new(text::TICK, theme::INK);
        if ruler.turned {
            canvas.text(words, (*x, line + PAD), Type { turned: true, ..look.across(HPos::Right) });
        } else {
            let x = within(*x, text::width(words, text::TICK) / 2, width);
            canvas.text(words, (x, line + PAD), look.across(HPos::Center).down(VPos::Top));
        }
    }
}

/// The middle of a text, moved so that both ends are inside the margins.
fn within(middle: i32, half: i32, width: i32) -> i32 {
    middle.min(width - MARGIN / 2 - half).max(MARGIN / 2 + half)
}
