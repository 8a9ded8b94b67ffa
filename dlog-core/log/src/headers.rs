//! A record's headers: names and texts that travel beside its columns.
//!
//! A row carries them as the field `_headers`, a map of names to strings; columns carry them as a
//! list of `{key, value}`, which is also how segments have them. They never decide where a record
//! goes, and a log without any pays nothing for them in its files.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use crate::columns::build_array;
use crate::datum::{Datum, Row};
use crate::limits::{HEADER_BYTES_MAX, HEADERS_MAX};
use crate::schema::{Column, Kind, Misfit};

/// The field of a row that holds its headers, and the system column.
pub(crate) const HEADERS_FIELD: &str = "_headers";

/// Names and values, in the order given.
pub type Headers = Vec<(Arc<str>, Arc<str>)>;

static HEADERS_KIND: LazyLock<Kind> = LazyLock::new(|| {
    let part = |name: &str| Column {
        name: name.into(),
        kind: Kind::Str,
    };
    Kind::List(Box::new(Kind::Struct(vec![part("key"), part("value")])))
});

/// What the column holds.
pub(crate) fn headers_kind() -> &'static Kind {
    &HEADERS_KIND
}

/// The Arrow type of the column.
pub(crate) fn headers_type() -> DataType {
    HEADERS_KIND.to_arrow()
}

fn misfit(index: usize, text: String, help: &str) -> Misfit {
    Misfit {
        path: format!("row {index}, :{HEADERS_FIELD}"),
        text,
        help: help.to_owned(),
    }
}

/// Whether the headers of rows are what headers can be.
pub(crate) fn check_headers(rows: &[Row]) -> Result<(), Misfit> {
    for (index, row) in rows.iter().enumerate() {
        let fields = match row.reserved(HEADERS_FIELD) {
            None | Some(Datum::Null) => continue,
            Some(Datum::Struct(fields)) => fields,
            Some(other) => {
                let text = format!("{} as the headers", other.kind_name());
                return Err(misfit(index, text, "give a map of names to strings"));
            }
        };
        let mut bytes = 0;
        for (name, value) in fields {
            let Datum::Str(value) = value else {
                let text = format!("{} as the header {name}", value.kind_name());
                let help = "a header is a string; put other values into a column";
                return Err(misfit(index, text, help));
            };
            bytes += name.len() + value.len();
        }
        check_size(index, fields.len(), bytes)?;
    }
    Ok(())
}

fn check_size(index: usize, count: usize, bytes: usize) -> Result<(), Misfit> {
    if count > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        let text = format!("{count} headers of {bytes} bytes");
        let help = "a record has at most 1,024 of 64 KiB; put the rest into a column";
        return Err(misfit(index, text, help));
    }
    Ok(())
}

/// As [`check_headers`], for a column of the right type.
pub(crate) fn check_header_column(column: &ArrayRef) -> Result<(), Misfit> {
    let lists = column.as_list::<i32>();
    for index in (0..lists.len()).filter(|index| lists.is_valid(*index)) {
        let list = lists.value(index);
        let parts = list.as_struct();
        let (keys, values) = (parts.column(0), parts.column(1));
        if parts.null_count() + keys.null_count() + values.null_count() > 0 {
            let text = "a header without a name or a value".to_owned();
            return Err(misfit(index, text, "leave the header out"));
        }
        check_size(index, list.len(), length_of(keys) + length_of(values))?;
    }
    Ok(())
}

fn length_of(texts: &ArrayRef) -> usize {
    texts
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::len)
        .sum()
}

/// The column of rows that have passed the check; of nothing but nulls where none has any.
pub(crate) fn build_headers(rows: &[Row]) -> Result<ArrayRef, ArrowError> {
    let lists: Vec<Option<Datum>> = rows
        .iter()
        .map(|row| row.reserved(HEADERS_FIELD).and_then(to_list))
        .collect();
    if lists.iter().all(Option::is_none) {
        return Ok(no_headers(rows.len()));
    }
    let values: Vec<Option<&Datum>> = lists.iter().map(Option::as_ref).collect();
    build_array(&HEADERS_KIND, &values)
}

/// The column of so many records without headers.
pub(crate) fn no_headers(rows: usize) -> ArrayRef {
    new_null_array(&headers_type(), rows)
}

fn to_list(headers: &Datum) -> Option<Datum> {
    let Datum::Struct(fields) = headers else {
        return None;
    };
    let item = |(name, value): &(Arc<str>, Datum)| {
        Datum::Struct(vec![
            ("key".into(), Datum::Str(name.clone())),
            ("value".into(), value.clone()),
        ])
    };
    Some(Datum::List(fields.iter().map(item).collect()))
}

/// The headers of a row of a batch; none where the batch does not have the column.
#[must_use]
pub fn headers_at(batch: &RecordBatch, row: usize) -> Headers {
    let Some(lists) = batch
        .column_by_name(HEADERS_FIELD)
        .and_then(|column| column.as_list_opt::<i32>())
        .filter(|lists| lists.is_valid(row))
    else {
        return Headers::new();
    };
    let list = lists.value(row);
    let Some(parts) = list.as_struct_opt() else {
        return Headers::new();
    };
    let text = |place: usize, at: usize| {
        let texts = parts.columns().get(place)?.as_string_opt::<i32>()?;
        texts.is_valid(at).then(|| Arc::from(texts.value(at)))
    };
    let header = |at| Some((text(0, at)?, text(1, at)?));
    (0..parts.len()).filter_map(header).collect()
}
