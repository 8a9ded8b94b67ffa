//! Rows straight into columns: what most records are made of needs no value in between.
//!
//! Whatever is not of the usual kinds (lists, maps, decimals, a field named twice, bytes that are no
//! rows) is left to those who make rows of it first, and say what is wrong.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, FixedSizeBinaryBuilder, Float64Builder,
    Int64Builder, NullArray, StringBuilder, TimestampMicrosecondBuilder,
};

use super::Reader;
use crate::schema::{Column, Kind};

/// The columns of batches of rows, each with its count; `None` where rows must be made first.
pub(crate) fn decode_columns<'b>(
    batches: impl Iterator<Item = (&'b [u8], usize)>,
    columns: &[Column],
) -> Option<Vec<ArrayRef>> {
    let mut filling: Vec<Filling> = columns
        .iter()
        .map(|column| Filling::new(&column.kind))
        .collect::<Option<_>>()?;
    let (mut row, mut places) = (0, Vec::new());
    for (bytes, count) in batches {
        let mut reader = Reader { bytes, position: 0 };
        read_names(&mut reader, columns, &mut places)?;
        for _ in 0..count {
            row += 1;
            read_row(&mut reader, &places, row, &mut filling)?;
        }
        if reader.position != bytes.len() {
            return None;
        }
    }
    Some(filling.into_iter().map(Filling::finish).collect())
}

/// Finds the columns of the names that rows use.
fn read_names(reader: &mut Reader<'_>, columns: &[Column], places: &mut Vec<usize>) -> Option<()> {
    places.clear();
    for _ in 0..reader.count(1).ok()? {
        let name = reader.blob().ok()?;
        let is_own = |column: &Column| column.name.as_bytes() == name;
        places.push(columns.iter().position(is_own)?);
    }
    Some(())
}

fn read_row(
    reader: &mut Reader<'_>,
    places: &[usize],
    row: usize,
    filling: &mut [Filling],
) -> Option<()> {
    let fields = reader.count(2).ok()?;
    for _ in 0..fields {
        let index = usize::try_from(reader.unsigned().ok()?).ok()?;
        let column = &mut filling[*places.get(index)?];
        if column.rows == row {
            return None;
        }
        column.values.read(reader)?;
        column.rows = row;
    }
    if fields < filling.len() {
        for column in filling.iter_mut().filter(|column| column.rows < row) {
            column.values.put_null();
            column.rows = row;
        }
    }
    Some(())
}

/// A column that is being filled.
struct Filling {
    values: Values,
    rows: usize,
}

impl Filling {
    fn new(kind: &Kind) -> Option<Self> {
        let values = Values::of(kind)?;
        Some(Self { values, rows: 0 })
    }

    fn finish(self) -> ArrayRef {
        match self.values {
            Values::Nothing => Arc::new(NullArray::new(self.rows)),
            Values::Bool(mut values) => Arc::new(values.finish()),
            Values::Int(mut values) => Arc::new(values.finish()),
            Values::Float(mut values) => Arc::new(values.finish()),
            Values::Text(mut values, _) => Arc::new(values.finish()),
            Values::Bytes(mut values) => Arc::new(values.finish()),
            Values::Instant(mut values) => Arc::new(values.finish().with_timezone("UTC")),
            Values::Date(mut values) => Arc::new(values.finish()),
            Values::Uuid(mut values) => Arc::new(values.finish()),
        }
    }
}

enum Values {
    Nothing,
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    /// With the tag of its kind.
    Text(StringBuilder, u8),
    Bytes(BinaryBuilder),
    Instant(TimestampMicrosecondBuilder),
    Date(Date32Builder),
    Uuid(FixedSizeBinaryBuilder),
}

impl Values {
    fn of(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Unknown => Self::Nothing,
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
            Kind::Int => Self::Int(Int64Builder::new()),
            Kind::Float => Self::Float(Float64Builder::new()),
            Kind::Str => Self::Text(StringBuilder::new(), 5),
            Kind::Keyword => Self::Text(StringBuilder::new(), 6),
            Kind::Symbol => Self::Text(StringBuilder::new(), 7),
            Kind::Bytes => Self::Bytes(BinaryBuilder::new()),
            Kind::Instant => Self::Instant(TimestampMicrosecondBuilder::new()),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::Uuid => Self::Uuid(FixedSizeBinaryBuilder::new(16)),
            Kind::BigInt | Kind::Decimal(_) | Kind::List(_) | Kind::Struct(_) => return None,
        })
    }

    /// Reads the next value into the column, if it is one of its kind.
    fn read(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        match (reader.byte().ok()?, &mut *self) {
            (0, _) => self.put_null(),
            (tag @ 1..=2, Self::Bool(values)) => values.append_value(tag == 2),
            (3, Self::Int(values)) => values.append_value(reader.signed().ok()?),
            (3, Self::Float(values)) => values.append_value(reader.signed().ok()? as f64),
            (4, Self::Float(values)) => {
                let bits = u64::from_le_bytes(reader.array().ok()?);
                values.append_value(f64::from_bits(bits));
            }
            (tag, Self::Text(values, own)) if tag == *own => {
                values.append_value(std::str::from_utf8(reader.blob().ok()?).ok()?);
            }
            (8, Self::Bytes(values)) => values.append_value(reader.blob().ok()?),
            (9, Self::Instant(values)) => values.append_value(reader.signed().ok()?),
            (10, Self::Date(values)) => {
                values.append_value(i32::try_from(reader.signed().ok()?).ok()?);
            }
            (11, Self::Uuid(values)) => {
                let bytes: [u8; 16] = reader.array().ok()?;
                values.append_value(bytes).ok()?;
            }
            _ => return None,
        }
        Some(())
    }

    fn put_null(&mut self) {
        match self {
            Self::Nothing => {}
            Self::Bool(values) => values.append_null(),
            Self::Int(values) => values.append_null(),
            Self::Float(values) => values.append_null(),
            Self::Text(values, _) => values.append_null(),
            Self::Bytes(values) => values.append_null(),
            Self::Instant(values) => values.append_null(),
            Self::Date(values) => values.append_null(),
            Self::Uuid(values) => values.append_null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::build_array;
    use crate::datum::{Datum, Row};
    use crate::row_codec::encode_rows;
    use proptest::prelude::*;

    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    fn columns() -> Vec<Column> {
        let kinds = [
            Kind::Bool,
            Kind::Int,
            Kind::Float,
            Kind::Str,
            Kind::Bytes,
            Kind::Instant,
            Kind::Uuid,
            Kind::Unknown,
        ];
        let columns = NAMES.iter().zip(kinds);
        let column = |(name, kind): (&&str, Kind)| Column {
            name: Arc::from(*name),
            kind,
        };
        columns.map(column).collect()
    }

    fn value(place: usize) -> BoxedStrategy<Datum> {
        let own = match place {
            0 => any::<bool>().prop_map(Datum::Bool).boxed(),
            1 => any::<i64>().prop_map(Datum::Int).boxed(),
            2 => prop_oneof![
                any::<i32>().prop_map(|n| Datum::Float(f64::from(n) / 3.0)),
                any::<i32>().prop_map(|n| Datum::Int(i64::from(n))),
            ]
            .boxed(),
            3 => ".{0,9}"
                .prop_map(|text| Datum::Str(text.as_str().into()))
                .boxed(),
            4 => any::<[u8; 3]>()
                .prop_map(|bytes| Datum::Bytes(bytes.to_vec().into()))
                .boxed(),
            5 => any::<i64>().prop_map(Datum::Instant).boxed(),
            6 => any::<[u8; 16]>().prop_map(Datum::Uuid).boxed(),
            _ => Just(Datum::Null).boxed(),
        };
        prop_oneof![1 => Just(Datum::Null), 4 => own].boxed()
    }

    /// Some of the fields in some order.
    fn row() -> impl Strategy<Value = Row> {
        let fields = proptest::sample::subsequence((0..NAMES.len()).collect::<Vec<_>>(), 0..=8);
        fields.prop_shuffle().prop_flat_map(|places| {
            let fields: Vec<_> = places
                .into_iter()
                .map(|place| (Just(Arc::<str>::from(NAMES[place])), value(place)))
                .collect();
            fields.prop_map(Row)
        })
    }

    proptest! {
        #[test]
        fn columns_are_what_rows_would_make(batches in proptest::collection::vec(proptest::collection::vec(row(), 1..6), 1..4)) {
            let encoded: Vec<(Vec<u8>, usize)> = batches
                .iter()
                .map(|rows| {
                    let mut bytes = Vec::new();
                    encode_rows(rows.iter(), &mut bytes);
                    (bytes, rows.len())
                })
                .collect();
            let given = encoded.iter().map(|(bytes, count)| (bytes.as_slice(), *count));
            let decoded = decode_columns(given, &columns()).unwrap();
            let rows: Vec<&Row> = batches.iter().flatten().collect();
            for (column, array) in columns().iter().zip(&decoded) {
                let values: Vec<Option<&Datum>> = rows.iter().map(|row| row.get(&column.name)).collect();
                let expected = build_array(&column.kind, &values).unwrap();
                prop_assert_eq!(array.as_ref(), expected.as_ref());
            }
        }

        #[test]
        fn a_changed_byte_does_not_panic(rows in proptest::collection::vec(row(), 1..4), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
            let mut bytes = Vec::new();
            encode_rows(rows.iter(), &mut bytes);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            drop(decode_columns([(bytes.as_slice(), rows.len())].into_iter(), &columns()));
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_others() {
        let unusual = [
            vec![("a", Datum::Int(1))],
            vec![("a", Datum::Bool(true)), ("a", Datum::Bool(false))],
            vec![("_time", Datum::Instant(1))],
            vec![("d", Datum::Keyword("k".into()))],
        ];
        for fields in unusual {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (Arc::from(name), value));
            let mut bytes = Vec::new();
            encode_rows([Row(fields.collect())].iter(), &mut bytes);
            assert!(decode_columns([(bytes.as_slice(), 1)].into_iter(), &columns()).is_none());
        }
    }
}
