//! The legend: samples with their names in columns above the data, so that it never covers them.

use super::canvas::{Canvas, PX, Spot, Type};
use super::mark::Look;
use super::{text, theme};

/// What stands before a name.
#[derive(Clone, Copy)]
pub enum Sample {
    /// A line with a marker.
    Line(Look),
    /// A marker alone.
    Mark(Look),
    /// An outlined marker.
    Hollow(Look),
    /// The tick of an observation that ended before its event.
    Censored,
}

/// One sample and its name.
pub struct Entry {
    pub sample: Sample,
    pub name: String,
}

/// The entries laid out in columns.
pub struct Legend {
    entries: Vec<(Sample, Vec<String>)>,
    columns: usize,
    column_width: i32,
}

const SAMPLE: i32 = 30 * PX;
const INDENT: i32 = 38 * PX;
const GAP: i32 = 22 * PX;
const ROW: i32 = 18 * PX;

impl Legend {
    /// Lays the entries out over a width.
    pub fn new(entries: Vec<Entry>, width: i32) -> Self {
        let widest = text::widest(entries.iter().map(|entry| entry.name.as_str()), text::LABEL);
        let column_width = (INDENT + widest + GAP).min(width);
        let columns = (width / column_width.max(1)).max(1) as usize;
        let lines = |entry: Entry| (entry.sample, text::wrap(&text::clean(&entry.name), text::LABEL, column_width - INDENT));
        Self { entries: entries.into_iter().map(lines).collect(), columns, column_width }
    }

    /// The height of all rows.
    pub fn height(&self) -> i32 {
        self.rows().map(row_height).sum()
    }

    fn rows(&self) -> impl Iterator<Item = &[(Sample, Vec<String>)]> {
        self.entries.chunks(self.columns)
    }

    /// Draws it from its top left.
    pub fn draw(&self, canvas: &Canvas<'_>, (left, top): Spot) {
        let mut top = top;
        for row in self.rows() {
            for (column, (sample, lines)) in row.iter().enumerate() {
                let left = left + self.column_width * column as i32;
                sample.draw(canvas, (left, top + ROW / 2));
                canvas.paragraph(lines, (left + INDENT, top + (ROW - text::LABEL) / 2), Type::new(text::LABEL, theme::INK));
            }
            top += row_height(row);
        }
    }
}

fn row_height(row: &[(Sample, Vec<String>)]) -> i32 {
    let lines = row.iter().map(|(_, lines)| lines.len()).max().unwrap_or(1).max(1);
    ROW + (lines as i32 - 1) * text::line_height(text::LABEL)
}

impl Sample {
    fn draw(self, canvas: &Canvas<'_>, (left, middle): Spot) {
        let centre = (left + SAMPLE / 2, middle);
        match self {
            Self::Line(look) => {
                canvas.line(&[(left, middle), (left + SAMPLE, middle)], look.colour, 2 * PX);
                look.mark_on_lines(canvas, centre);
            }
            Self::Mark(look) => look.mark(canvas, centre),
            Self::Hollow(look) => look.mark_hollow(canvas, centre),
            Self::Censored => censored(canvas, centre, Look::disc(theme::INK)),
        }
    }
}

/// The small tick on a curve where an observation ended before its event.
pub fn censored(canvas: &Canvas<'_>, (x, y): Spot, look: Look) {
    canvas.rectangle((x - PX / 2, y - 5 * PX), (x + PX / 2, y + 5 * PX), look.colour);
}
