//! Record batches to rows: maps with keyword keys, in column order.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use batuta_runtime::collections::map;
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::log::{KIND_METADATA, datum_at};
use dlog_core::query::schema::{cast_batch, stored_schema};

use super::datum;
use crate::instant;

/// The rows of a batch.
pub(crate) fn rows(batch: &RecordBatch) -> Vec<Value> {
    let batch = in_stored_types(batch);
    let schema = batch.schema();
    let columns: Vec<(Value, Column<'_>)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| (Value::keyword(field.name()), Column::new(array, field)))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            map::from_pairs(
                columns
                    .iter()
                    .map(|(key, column)| (key.clone(), column.value(row))),
            )
        })
        .collect()
}

/// The one value of a batch of one row, by column.
pub(crate) fn cell(batch: &RecordBatch, column: usize, row: usize) -> Value {
    let field = batch.schema_ref().field(column).clone();
    Column::new(batch.column(column), &field).value(row)
}

/// Results of DataFusion's own functions may have types that no log stores.
pub(crate) fn in_stored_types(batch: &RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let known = schema
        .fields()
        .iter()
        .all(|field| reads_directly(field.data_type()));
    if known {
        return batch.clone();
    }
    // A type that cannot be cast is left as it is; its cells print as text.
    cast_batch(batch, &stored_schema(&schema)).unwrap_or_else(|_| batch.clone())
}

fn reads_directly(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null
        | DataType::Boolean
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt64
        | DataType::Float64
        | DataType::Utf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::Date32
        | DataType::FixedSizeBinary(16)
        | DataType::Decimal128(_, _)
        | DataType::Timestamp(TimeUnit::Microsecond, _) => true,
        DataType::List(item) => reads_directly(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| reads_directly(field.data_type())),
        _ => false,
    }
}

/// How texts of a column are read.
#[derive(Clone, Copy)]
enum TextKind {
    Str,
    Keyword,
    Symbol,
}

/// A column ready to be read cell by cell.
struct Column<'a> {
    array: &'a ArrayRef,
    field: &'a Field,
    text: TextKind,
}

impl<'a> Column<'a> {
    fn new(array: &'a ArrayRef, field: &'a Field) -> Self {
        let text = match field.metadata().get(KIND_METADATA).map(String::as_str) {
            Some("keyword") => TextKind::Keyword,
            Some("symbol") => TextKind::Symbol,
            _ => TextKind::Str,
        };
        Self { array, field, text }
    }

    fn value(&self, row: usize) -> Value {
        let array = self.array;
        if array.is_null(row) {
            return Value::NIL;
        }
        match array.data_type() {
            DataType::Null => Value::NIL,
            DataType::Boolean => Value::bool(array.as_boolean().value(row)),
            DataType::Int64 => number::int(array.as_primitive::<Int64Type>().value(row)),
            DataType::Int32 => number::int(i64::from(array.as_primitive::<Int32Type>().value(row))),
            DataType::UInt64 => {
                number::from_i128(i128::from(array.as_primitive::<UInt64Type>().value(row)))
            }
            DataType::Float64 => Value::float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => self.text(array.as_string::<i32>().value(row)),
            DataType::Utf8View => self.text(array.as_string_view().value(row)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                instant::make(array.as_primitive::<TimestampMicrosecondType>().value(row))
            }
            DataType::Decimal128(_, 0) => {
                number::from_i128(array.as_primitive::<Decimal128Type>().value(row))
            }
            data_type if reads_directly(data_type) => {
                datum::value(&datum_at(array, self.field, row))
            }
            _ => other_text(array, row),
        }
    }

    fn text(&self, text: &str) -> Value {
        match self.text {
            TextKind::Str => Value::str(text),
            TextKind::Keyword => Value::keyword(text),
            TextKind::Symbol => Value::symbol(text),
        }
    }
}

fn other_text(array: &ArrayRef, row: usize) -> Value {
    let text = arrow::util::display::array_value_to_string(array, row);
    text.map_or(Value::NIL, Value::string)
}
