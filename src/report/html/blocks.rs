//! The parts of an answer as HTML.

use crate::printable;
use crate::report::document::{Align, Block, Table};

/// Text as it stands between tags and in quoted attributes; line breaks are shown as what they are.
pub fn escape(text: &str) -> String {
    marked(&printable::escape(text))
}

/// The same of each line: the line breaks stay.
pub fn escape_lines(text: &str) -> String {
    marked(&printable::escape_lines(text))
}

fn marked(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// One part. Pictures lie beside a document; a page of one file has none.
pub fn html(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("<h3>{}</h3>\n", escape(text)),
        Block::Paragraph(text) => format!("<p>{}</p>\n", escape(text)),
        Block::Table(table) => table_html(table),
        Block::Pairs(pairs) => {
            let rows: String = pairs.iter().map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value))).collect();
            format!("<dl>\n{rows}</dl>\n")
        }
        Block::Items(items) => {
            let rows: String = items.iter().map(|item| format!("<li>{}</li>\n", escape(item))).collect();
            format!("<ul>\n{rows}</ul>\n")
        }
        Block::Command(text) => format!("<pre tabindex=\"0\">{}</pre>\n", escape(text)),
        Block::Picture { .. } => String::new(),
    }
}

fn table_html(table: &Table) -> String {
    let class = |align: &Align| if *align == Align::Right { " class=\"n\"" } else { "" };
    let head: String =
        table.columns.iter().map(|(name, align)| format!("<th scope=\"col\"{}>{}</th>", class(align), escape(name))).collect();
    let row = |cells: &Vec<String>| -> String {
        let cells: String =
            cells.iter().zip(&table.columns).map(|(cell, (_, align))| format!("<td{}>{}</td>", class(align), escape(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    let name = table.columns.iter().map(|(name, _)| name.as_str()).find(|name| !name.is_empty()).unwrap_or("Table");
    format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Table: {}\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        escape(name)
    )
}
