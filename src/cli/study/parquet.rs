//! A table as Parquet: text as UTF-8, whole numbers as 64 bits, what was not measured as null.

use super::super::exit::Failure;
use super::super::output::Output;
use super::table::{Cell, Column, Kind, Table};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::SerializedFileReader;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::fs::File;
use std::sync::Arc;

/// Rows that are held in memory before they are written.
const ROWS_OF_A_GROUP: usize = 8192;

/// Writes the table.
///
/// # Errors
/// When it cannot be written.
pub fn write(table: Table<'_>, mut output: Output) -> Result<(), Failure> {
    let written = whole(table, &mut output);
    match written {
        Ok(()) => output.finish(),
        Err(error) => Err(output.failed(&error)),
    }
}

/// Whether the file is there and cannot be read to its end.
pub fn is_cut_short(path: &str) -> bool {
    File::open(path).is_ok_and(|file| SerializedFileReader::new(file).is_err())
}

fn whole(mut table: Table<'_>, output: &mut Output) -> Result<(), ParquetError> {
    let fields = table.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("run").with_fields(fields).build()?;
    let mut file = SerializedFileWriter::new(output, Arc::new(schema), Arc::new(WriterProperties::builder().build()))?;
    loop {
        let rows: Vec<Vec<Cell>> = table.rows.by_ref().take(ROWS_OF_A_GROUP).collect();
        if rows.is_empty() {
            file.close()?;
            return Ok(());
        }
        let mut group = file.next_row_group()?;
        write_group(&mut group, &table.columns, &rows)?;
        group.close()?;
    }
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Seed => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Kind::Whole => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    let field = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
    Ok(Arc::new(field.build()?))
}

fn write_group<W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    columns: &[Column],
    rows: &[Vec<Cell>],
) -> Result<(), ParquetError> {
    for (index, column) in columns.iter().enumerate() {
        let cells = rows.iter().map(|row| &row[index]);
        let writer = group.next_column()?.expect("the schema has as many columns as the table");
        match column.kind {
            Kind::Text => {
                put::<ByteArrayType>(
                    writer,
                    cells,
                    |cell| if let Cell::Text(text) = cell { Some(ByteArray::from(text.as_str())) } else { None },
                )
            }
            // The bits are the same: readers are told that they have no sign.
            Kind::Seed => put::<Int64Type>(writer, cells, |cell| if let Cell::Seed(seed) = cell { Some(seed.cast_signed()) } else { None }),
            Kind::Whole => put::<Int64Type>(writer, cells, |cell| if let Cell::Whole(number) = cell { Some(*number) } else { None }),
            Kind::Number => put::<DoubleType>(writer, cells, |cell| if let Cell::Number(number) = cell { Some(*number) } else { None }),
            Kind::Flag => put::<BoolType>(writer, cells, |cell| if let Cell::Flag(flag) = cell { Some(*flag) } else { None }),
        }?;
    }
    Ok(())
}

/// Writes the cells of a column; those without a value are null.
fn put<'c, T: DataType>(
    mut writer: SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'c Cell>,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.map(value).collect();
    let is_there: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    writer.typed::<T>().write_batch(&values, Some(&is_there), None)?;
    writer.close()
}
