//! A table as CSV (RFC 4180): a column of fractions has them in every row, so that readers that guess its type from the first rows guess right.

use super::super::exit::Failure;
use super::super::output::Output;
use super::table::{Cell, Table};
use csv::Writer;

/// Writes the table with its header.
///
/// # Errors
/// When it cannot be written.
pub fn write(table: Table<'_>, mut output: Output) -> Result<(), Failure> {
    let written = whole(table, Writer::from_writer(&mut output));
    match written {
        Ok(()) => output.finish(),
        Err(error) => Err(output.failed(&error)),
    }
}

fn whole(table: Table<'_>, mut writer: Writer<&mut Output>) -> Result<(), csv::Error> {
    writer.write_record(table.columns.iter().map(|column| &column.name))?;
    for row in table.rows {
        writer.write_record(row.iter().map(written))?;
    }
    Ok(writer.flush()?)
}

fn written(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Seed(seed) => seed.to_string(),
        Cell::Whole(number) => number.to_string(),
        // As Rust writes it for itself: `2.0`, never `2`, and the shortest text that gives the same number.
        Cell::Number(number) => format!("{number:?}"),
        Cell::Flag(flag) => flag.to_string(),
    }
}
