//! The page around a plot: title and legend above it, the caption below it.

use super::canvas::{self, Canvas, PX, Type};
use super::legend::{Entry, Legend};
use super::{text, theme};

/// The words around a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The title above the plot; it is also the SVG's title.
    pub title: String,
    /// What the plot shows, for those who hear it rather than see it.
    pub description: String,
    /// The line below the plot: how many runs, what the intervals are, what made it.
    pub caption: String,
}

/// The width of a plot whose labels are of usual length.
pub const WIDTH: i32 = 720 * PX;
/// The empty border.
pub const MARGIN: i32 = 16 * PX;
const GAP: i32 = 12 * PX;

/// A page, laid out but not drawn.
pub struct Page<'a> {
    words: &'a Words,
    title: Vec<String>,
    legend: Legend,
    caption: Vec<String>,
    size: (i32, i32),
    body_top: i32,
}

impl<'a> Page<'a> {
    /// Lays out the page around a body of a width (margins included) and a height.
    pub fn new(words: &'a Words, entries: Vec<Entry>, (width, body_height): (i32, i32)) -> Self {
        let inner = width - 2 * MARGIN;
        let title = text::wrap(&text::clean(&words.title), text::TITLE, inner * 9 / 10);
        let caption = text::wrap(&text::clean(&words.caption), text::CAPTION, inner);
        let legend = Legend::new(entries, inner);
        let body_top = MARGIN + lines_height(&title, text::TITLE) + legend.height() + GAP;
        let height = body_top + body_height + lines_height(&caption, text::CAPTION) + MARGIN;
        Self { words, title, legend, caption, size: (width, height), body_top }
    }

    /// Draws the page; `body` is given the top of its place.
    pub fn svg(&self, body: impl FnOnce(&Canvas<'_>, i32)) -> String {
        let drawing = canvas::draw(self.size, |canvas| {
            canvas.ground();
            canvas.paragraph(&self.title, (MARGIN, MARGIN), Type { bold: true, ..Type::new(text::TITLE, theme::INK) });
            self.legend.draw(canvas, (MARGIN, MARGIN + lines_height(&self.title, text::TITLE)));
            body(canvas, self.body_top);
            let caption_top = self.size.1 - MARGIN - lines_height(&self.caption, text::CAPTION) + GAP / 2;
            canvas.paragraph(&self.caption, (MARGIN, caption_top), Type::new(text::CAPTION, theme::MUTED));
        });
        theme::dress(&drawing, self.size, &self.words.title, &self.words.description)
    }
}

/// The height of a paragraph with the gap after it; nothing without lines.
fn lines_height(lines: &[String], size: i32) -> i32 {
    if lines.is_empty() { 0 } else { text::line_height(size) * lines.len() as i32 + GAP / 2 }
}
