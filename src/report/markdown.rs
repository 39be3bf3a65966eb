//! The document as Markdown (tables of GitHub's dialect).

use super::document::{Align, Block, Document, Table};
use crate::printable::escape;

/// Renders the document; the text ends with a line break.
pub fn render(document: &Document) -> String {
    let mut parts = vec![format!("# {}", prose(&document.title)), format!("**{}**", prose(&document.verdict.text))];
    parts.extend(document.blocks.iter().map(block));
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("## {}", prose(text)),
        Block::Paragraph(text) => prose(text),
        Block::Table(table) => table_text(table),
        Block::Pairs(pairs) => lines(pairs.iter().map(|(name, value)| format!("- {}: {}", prose(name), prose(value)))),
        Block::Items(items) => lines(items.iter().map(|item| format!("- {}", prose(item)))),
        Block::Command(text) => format!("```sh\n{}\n```", escape(text)),
        Block::Picture { title, file } => format!("![{}]({file})", prose(title)),
    }
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("\n")
}

fn table_text(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let mut rows = vec![
        row(table.columns.iter().map(|(name, _)| prose(name)).collect()),
        row(table.columns.iter().map(|(_, align)| if *align == Align::Right { "---:" } else { "---" }.to_owned()).collect()),
    ];
    rows.extend(table.rows.iter().map(|cells| row(cells.iter().map(|cell| prose(cell)).collect())));
    rows.join("\n")
}

/// Text in which Markdown sees no markup of its own.
fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in escape(text).chars() {
        if matches!(c, '\\' | '&' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_markup_stay_names_and_bars_do_not_split_a_row() {
        let mut table = Table::new(&["Error", ">Count"]);
        table.row(["produce:NOT_LEADER|x".to_owned(), "3".to_owned()]);
        assert_eq!(table_text(&table), "| Error | Count |\n| --- | ---: |\n| produce:NOT\\_LEADER\\|x | 3 |");
        assert_eq!(prose("<script>"), "\\<script\\>");
    }
}
