//! A table as CSV (RFC 4180). Text always stands in quotes and numbers never do, and a column of fractions has them in every row: readers that
//! guess the type of a column from its first rows guess right.

use super::super::exit::Failure;
use super::super::output::Output;
use super::table::{Cell, Table};

/// Writes the table with its header.
///
/// # Errors
/// When it cannot be written.
pub fn write(table: Table<'_>, mut output: Output) -> Result<(), Failure> {
    output.write(&line(table.columns.iter().map(|column| quoted(&column.name))))?;
    for row in table.rows {
        output.write(&line(row.iter().map(written)))?;
    }
    output.finish()
}

fn line(fields: impl Iterator<Item = String>) -> String {
    fields.collect::<Vec<_>>().join(",") + "\n"
}

fn written(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => quoted(text),
        Cell::Seed(seed) => seed.to_string(),
        Cell::Whole(number) => number.to_string(),
        // As Rust writes it for itself: `2.0`, never `2`, and the shortest text that gives the same number.
        Cell::Number(number) => format!("{number:?}"),
        Cell::Flag(flag) => flag.to_string(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
