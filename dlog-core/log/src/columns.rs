//! Values to Arrow columns and back, and columns to a wider schema.
//!
//! Everything here works on the canonical types of [`Kind`]; `intake` brings other Arrow types to
//! them first. Values were checked against the schema before, so a value that does not fit becomes
//! null instead of an error: the check is in one place.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    FixedSizeBinaryArray, Float64Array, Int64Array, ListArray, NullArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, FieldRef, Float64Type, Int64Type, SchemaRef,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use crate::datum::{Datum, find_field};
use crate::error::ReadError;
use crate::schema::{Column, Kind, coerce, kind_of_field, rescale};

/// One column of `values`; absent ones are null.
pub(crate) fn build_array(kind: &Kind, values: &[Option<&Datum>]) -> Result<ArrayRef, ArrowError> {
    let texts = || values.iter().map(|value| text_of(*value));
    Ok(match kind {
        Kind::Unknown => Arc::new(NullArray::new(values.len())),
        Kind::Bool => Arc::new(
            values
                .iter()
                .map(|v| {
                    pick(*v, |d| match d {
                        Datum::Bool(flag) => Some(*flag),
                        _ => None,
                    })
                })
                .collect::<BooleanArray>(),
        ),
        Kind::Int => Arc::new(
            values
                .iter()
                .map(|v| {
                    pick(*v, |d| match d {
                        Datum::Int(number) => Some(*number),
                        _ => None,
                    })
                })
                .collect::<Int64Array>(),
        ),
        Kind::Float => Arc::new(
            values
                .iter()
                .map(|v| {
                    pick(*v, |d| match coerce(kind, d) {
                        Datum::Float(number) => Some(number),
                        _ => None,
                    })
                })
                .collect::<Float64Array>(),
        ),
        Kind::Str | Kind::Keyword | Kind::Symbol => Arc::new(texts().collect::<StringArray>()),
        Kind::Bytes => Arc::new(
            values
                .iter()
                .map(|v| {
                    pick(*v, |d| match d {
                        Datum::Bytes(bytes) => Some(bytes.as_ref()),
                        _ => None,
                    })
                })
                .collect::<BinaryArray>(),
        ),
        Kind::Instant => {
            let times = values.iter().map(|v| {
                pick(*v, |d| match d {
                    Datum::Instant(time) => Some(*time),
                    _ => None,
                })
            });
            Arc::new(
                times
                    .collect::<TimestampMicrosecondArray>()
                    .with_timezone("UTC"),
            )
        }
        Kind::Date => Arc::new(
            values
                .iter()
                .map(|v| {
                    pick(*v, |d| match d {
                        Datum::Date(day) => Some(*day),
                        _ => None,
                    })
                })
                .collect::<Date32Array>(),
        ),
        Kind::Uuid => build_uuids(values)?,
        Kind::BigInt => build_decimals(values, 0)?,
        Kind::Decimal(scale) => build_decimals(values, *scale)?,
        Kind::List(item) => build_lists(item, values)?,
        Kind::Struct(columns) => build_structs(columns, values)?,
    })
}

fn pick<'d, T>(value: Option<&'d Datum>, of: impl Fn(&'d Datum) -> Option<T>) -> Option<T> {
    value.and_then(of)
}

fn text_of(value: Option<&Datum>) -> Option<&str> {
    match value {
        Some(Datum::Str(text) | Datum::Keyword(text) | Datum::Symbol(text)) => Some(text),
        _ => None,
    }
}

fn build_uuids(values: &[Option<&Datum>]) -> Result<ArrayRef, ArrowError> {
    let uuids = values.iter().map(|value| match value {
        Some(Datum::Uuid(bytes)) => Some(*bytes),
        _ => None,
    });
    Ok(Arc::new(
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16)?,
    ))
}

fn build_decimals(values: &[Option<&Datum>], scale: i8) -> Result<ArrayRef, ArrowError> {
    let digits = values
        .iter()
        .map(|value| value.and_then(|value| rescale(value, scale)));
    Ok(Arc::new(
        digits
            .collect::<Decimal128Array>()
            .with_precision_and_scale(38, scale)?,
    ))
}

fn build_lists(item: &Kind, values: &[Option<&Datum>]) -> Result<ArrayRef, ArrowError> {
    let mut lengths = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    let mut items = Vec::new();
    for value in values {
        let list: &[Datum] = match value {
            Some(Datum::List(list)) => list,
            _ => &[],
        };
        valid.push(matches!(value, Some(Datum::List(_))));
        lengths.push(list.len());
        items.extend(list.iter().map(Some));
    }
    let child = build_array(item, &items)?;
    let field = Arc::new(item.to_field("item"));
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(ListArray::try_new(
        field,
        OffsetBuffer::from_lengths(lengths),
        child,
        nulls,
    )?))
}

fn build_structs(columns: &[Column], values: &[Option<&Datum>]) -> Result<ArrayRef, ArrowError> {
    let valid: Vec<bool> = values
        .iter()
        .map(|value| matches!(value, Some(Datum::Struct(_))))
        .collect();
    let mut fields: Vec<FieldRef> = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for column in columns {
        let parts: Vec<Option<&Datum>> = values
            .iter()
            .map(|value| match value {
                Some(Datum::Struct(fields)) => find_field(fields, &column.name),
                _ => None,
            })
            .collect();
        arrays.push(build_array(&column.kind, &parts)?);
        fields.push(Arc::new(column.kind.to_field(&column.name)));
    }
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(StructArray::try_new(
        fields.into(),
        arrays,
        nulls,
    )?))
}

/// The value at `row` of a column with this field. Columns of types that no log holds give null.
#[must_use]
pub fn datum_at(array: &dyn Array, field: &Field, row: usize) -> Datum {
    match kind_of_field(field) {
        Ok(kind) if kind.to_arrow() == *array.data_type() => datum_of_kind(array, &kind, row),
        _ => Datum::Null,
    }
}

/// The value at `row` of a column that holds `kind`.
pub(crate) fn datum_of_kind(array: &dyn Array, kind: &Kind, row: usize) -> Datum {
    if array.is_null(row) {
        return Datum::Null;
    }
    match kind {
        Kind::Unknown => Datum::Null,
        Kind::Bool => Datum::Bool(array.as_boolean().value(row)),
        Kind::Int => Datum::Int(array.as_primitive::<Int64Type>().value(row)),
        Kind::Float => Datum::Float(array.as_primitive::<Float64Type>().value(row)),
        Kind::Str => Datum::Str(array.as_string::<i32>().value(row).into()),
        Kind::Keyword => Datum::Keyword(array.as_string::<i32>().value(row).into()),
        Kind::Symbol => Datum::Symbol(array.as_string::<i32>().value(row).into()),
        Kind::Bytes => Datum::Bytes(array.as_binary::<i32>().value(row).into()),
        Kind::Instant => {
            Datum::Instant(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        Kind::Date => Datum::Date(array.as_primitive::<Date32Type>().value(row)),
        Kind::Uuid => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(array.as_fixed_size_binary().value(row));
            Datum::Uuid(bytes)
        }
        Kind::BigInt => Datum::BigInt(array.as_primitive::<Decimal128Type>().value(row)),
        Kind::Decimal(scale) => Datum::Decimal {
            unscaled: array.as_primitive::<Decimal128Type>().value(row),
            scale: *scale,
        },
        Kind::List(item) => {
            let items = array.as_list::<i32>().value(row);
            Datum::List(
                (0..items.len())
                    .map(|index| datum_of_kind(&items, item, index))
                    .collect(),
            )
        }
        Kind::Struct(columns) => {
            let parts = columns.iter().zip(array.as_struct().columns());
            let part = |(column, array): (&Column, &ArrayRef)| {
                (column.name.clone(), datum_of_kind(array, &column.kind, row))
            };
            Datum::Struct(parts.map(part).collect())
        }
    }
}

/// Brings a batch to a wider schema: columns by name, missing ones null, parts of which only nulls
/// were known typed. Columns that `schema` does not name are left out.
///
/// # Errors
/// A column has a type that no widening leads from.
pub fn conform_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ReadError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let wrap = |source| ReadError::Arrow {
        context: "widen a batch to the log's schema".to_owned(),
        source,
    };
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match batch.column_by_name(field.name()) {
            Some(column) => conform_array(column, field.data_type()).map_err(wrap)?,
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(wrap)
}

fn conform_array(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == target {
        return Ok(array.clone());
    }
    match (array.data_type(), target) {
        (DataType::Null, _) => Ok(new_null_array(target, array.len())),
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = conform_array(list.values(), item.data_type())?;
            let offsets = list.offsets().clone();
            Ok(Arc::new(ListArray::try_new(
                item.clone(),
                offsets,
                values,
                list.nulls().cloned(),
            )?))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let parts = array.as_struct();
            let mut columns = Vec::with_capacity(fields.len());
            for field in fields {
                columns.push(match parts.column_by_name(field.name()) {
                    Some(column) => conform_array(column, field.data_type())?,
                    None => new_null_array(field.data_type(), array.len()),
                });
            }
            let nulls = parts.nulls().cloned();
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                nulls,
                array.len(),
            )?))
        }
        // Integers stored before their column was found to be wider, and Parquet's own choices.
        _ => arrow::compute::cast(array, target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::LogSchema;

    fn samples() -> Vec<(Kind, Datum)> {
        let pair = vec![
            Column {
                name: "x".into(),
                kind: Kind::Int,
            },
            Column {
                name: "y".into(),
                kind: Kind::Str,
            },
        ];
        let value = vec![("x".into(), Datum::Int(1)), ("y".into(), Datum::Null)];
        vec![
            (Kind::Bool, Datum::Bool(true)),
            (Kind::Int, Datum::Int(-5)),
            (Kind::Float, Datum::Float(0.25)),
            (Kind::Str, Datum::Str("s".into())),
            (Kind::Keyword, Datum::Keyword("k".into())),
            (Kind::Symbol, Datum::Symbol("y".into())),
            (Kind::Bytes, Datum::Bytes(vec![0, 255].into())),
            (Kind::Instant, Datum::Instant(-1)),
            (Kind::Date, Datum::Date(19_000)),
            (Kind::Uuid, Datum::Uuid([7; 16])),
            (Kind::BigInt, Datum::BigInt(10_i128.pow(37))),
            (
                Kind::Decimal(2),
                Datum::Decimal {
                    unscaled: -1234,
                    scale: 2,
                },
            ),
            (
                Kind::List(Box::new(Kind::Int)),
                Datum::List(vec![Datum::Int(1), Datum::Null]),
            ),
            (Kind::Struct(pair), Datum::Struct(value)),
        ]
    }

    #[test]
    fn every_kind_comes_back() {
        for (kind, value) in samples() {
            let array = build_array(
                &kind,
                &[Some(&value), None, Some(&Datum::Null), Some(&value)],
            )
            .unwrap();
            let field = kind.to_field("c");
            assert_eq!(array.data_type(), field.data_type());
            let back: Vec<Datum> = (0..4).map(|row| datum_at(&array, &field, row)).collect();
            assert_eq!(back, [value.clone(), Datum::Null, Datum::Null, value]);
        }
    }

    #[test]
    fn a_batch_widens_at_any_depth() {
        let narrow = LogSchema::new([
            ("a", Kind::List(Box::new(Kind::Unknown))),
            ("b", Kind::Unknown),
        ]);
        let empty = Datum::List(vec![Datum::Null]);
        let arrays = vec![
            build_array(&narrow.columns[0].kind, &[Some(&empty)]).unwrap(),
            build_array(&narrow.columns[1].kind, &[None]).unwrap(),
        ];
        let batch = RecordBatch::try_new(narrow.to_arrow(), arrays).unwrap();
        let wide = LogSchema::new([
            ("n", Kind::Int),
            ("b", Kind::Keyword),
            ("a", Kind::List(Box::new(Kind::Str))),
        ]);
        let batch = conform_batch(&batch, &wide.to_arrow()).unwrap();
        assert_eq!(datum_at(batch.column(2), batch.schema().field(2), 0), empty);
        assert!(batch.column(0).is_null(0) && batch.column(1).is_null(0));
    }
}
