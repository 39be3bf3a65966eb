//! The document as text for a terminal of a given width.

use super::document::{Align, Block, Document, Table};
use crate::printable::escape;
use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};

/// How the text is to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether colour and weight may be used.
    pub colour: bool,
}

/// Lines are never broken narrower than this.
const NARROWEST: usize = 40;
/// Running text is never wider than this, however wide the terminal: longer lines are hard to read.
const WIDEST_TEXT: usize = 120;
const INDENT: &str = "  ";

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Renders the document; the text ends with a line break.
pub fn render(document: &Document, look: Look) -> String {
    let mut lines = vec![styled(&escape(&document.title), BOLD, look), String::new()];
    let tone = if document.verdict.good { GOOD } else { BAD };
    lines.extend(text_lines(&document.verdict.text, look).into_iter().map(|line| styled(&line, tone, look)));
    for block in document.blocks.iter().map(|block| block_lines(block, look)).filter(|block| !block.is_empty()) {
        lines.push(String::new());
        lines.extend(block);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn block_lines(block: &Block, look: Look) -> Vec<String> {
    match block {
        Block::Heading(text) => vec![styled(&escape(text), BOLD, look)],
        Block::Paragraph(text) => indented(INDENT, INDENT, &wrap(&escape(text), text_width(look) - INDENT.len())),
        Block::Table(table) => table_lines(table, look),
        Block::Pairs(pairs) => pair_lines(pairs, look),
        Block::Items(items) => items.iter().flat_map(|item| item_lines(item, look)).collect(),
        // A command is copied whole, so it is never broken.
        Block::Command(text) => vec![format!("{INDENT}{}", escape(text))],
        Block::Picture { .. } => Vec::new(),
    }
}

fn styled(text: &str, style: Style, look: Look) -> String {
    if look.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn text_width(look: Look) -> usize {
    usize::from(look.width).clamp(NARROWEST, WIDEST_TEXT)
}

fn text_lines(text: &str, look: Look) -> Vec<String> {
    wrap(&escape(text), text_width(look))
}

fn item_lines(item: &str, look: Look) -> Vec<String> {
    indented("  - ", "    ", &wrap(&escape(item), text_width(look) - 4))
}

fn pair_lines(pairs: &[(String, String)], look: Look) -> Vec<String> {
    let names = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, value) in pairs {
        let padding = names - name.chars().count();
        let first = format!("{INDENT}{}{:padding$}  ", escape(name), "");
        let room = text_width(look).saturating_sub(names + 4).max(NARROWEST / 2);
        lines.extend(indented(&first, &" ".repeat(names + 4), &wrap(&escape(value), room)));
    }
    lines
}

fn indented(first: &str, further: &str, lines: &[String]) -> Vec<String> {
    lines.iter().enumerate().map(|(i, line)| format!("{}{line}", if i == 0 { first } else { further })).collect()
}

/// Breaks at spaces so that no line is longer than `width`; a longer word stays whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let length = line.chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

fn table_lines(table: &Table, look: Look) -> Vec<String> {
    let mut drawn = comfy_table::Table::new();
    drawn
        .force_no_tty()
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(look.width.max(NARROWEST as u16) - 1)
        .set_header(table.columns.iter().map(|(name, _)| escape(name)));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|cell| escape(cell)));
    }
    for (i, (column, (_, align))) in drawn.column_iter_mut().zip(&table.columns).enumerate() {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least_width(table, i))));
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    drawn.lines().map(|line| format!(" {}", line.trim_end())).collect()
}

/// The width, padding included, that a column needs so that no word and no number is broken; a very long name may be.
fn least_width(table: &Table, column: usize) -> u16 {
    const LONGEST_WHOLE_WORD: usize = 34;
    const PADDING: usize = 2;
    let (name, align) = &table.columns[column];
    let longest_word = |text: &str| escape(text).split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    let cells = table.rows.iter().map(|row| match align {
        Align::Left => longest_word(&row[column]),
        Align::Right => row[column].chars().count(),
    });
    let widest = cells.chain([longest_word(name)]).max().unwrap_or(0);
    (widest.min(LONGEST_WHOLE_WORD) + PADDING) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Verdict;

    fn document() -> Document {
        let mut table = Table::new(&["Client", ">Requests"]);
        table.row(["a\u{1b}[31m".to_owned(), "12".to_owned()]);
        Document {
            title: "a run".to_owned(),
            verdict: Verdict { text: "All was well, in a sentence that is longer than forty columns.".to_owned(), good: true },
            blocks: vec![
                Block::Heading("Clients".to_owned()),
                Block::Table(table),
                Block::Pairs(vec![("metadata requests".to_owned(), "12".to_owned()), ("bytes".to_owned(), "1.2 KB".to_owned())]),
                Block::Command("kafkasim run a-very-long-name-of-a-scenario --seed 1 --fault 'at 0s kill broker 1'".to_owned()),
            ],
        }
    }

    #[test]
    fn text_is_broken_at_the_width_but_a_command_is_not() {
        insta::assert_snapshot!(render(&document(), Look { width: 40, colour: false }));
    }

    #[test]
    fn colour_is_used_only_when_asked_for_and_names_never_reach_the_terminal_raw() {
        let plain = render(&document(), Look { width: 80, colour: false });
        assert!(!plain.contains('\u{1b}'), "{plain}");
        let coloured = render(&document(), Look { width: 80, colour: true });
        assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
        assert!(!coloured.contains("\u{1b}[31m"), "{coloured}");
    }
}
