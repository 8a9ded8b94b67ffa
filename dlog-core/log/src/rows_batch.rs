//! Rows as one batch, without a log: for queries over collections.
//!
//! The columns are those that a log made by appending the rows would have.

use arrow::array::{RecordBatch, RecordBatchOptions};

use crate::columns::build_array;
use crate::datum::{Datum, Row};
use crate::error::AppendError;
use crate::schema::{LogSchema, absorb_row};

/// What messages call the rows in the place of a log.
const NAME: &str = "rows";

/// The rows as one batch; columns in the order first seen, absent fields null.
///
/// # Errors
/// [`AppendError::DoesNotFit`] when values of one column are of kinds that do not go together.
pub fn rows_to_batch(rows: &[Row]) -> Result<RecordBatch, AppendError> {
    let mut schema = LogSchema::default();
    for (index, row) in rows.iter().enumerate() {
        absorb_row(&mut schema, &LogSchema::default(), row, index, &[]).map_err(|misfit| {
            AppendError::DoesNotFit {
                log: NAME.to_owned(),
                path: misfit.path,
                text: misfit.text,
                help: misfit.help,
            }
        })?;
    }
    let refused = |error: arrow::error::ArrowError| AppendError::Refused {
        text: format!("the rows do not make columns: {error}"),
    };
    let columns = schema.columns.iter().map(|column| {
        let values: Vec<Option<&Datum>> = rows.iter().map(|row| row.get(&column.name)).collect();
        build_array(&column.kind, &values)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema.to_arrow(), columns, &options).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_union_of_the_fields() {
        let first = Row(vec![("a".into(), Datum::Int(1))]);
        let second = Row(vec![
            ("b".into(), Datum::Str("x".into())),
            ("a".into(), Datum::Null),
        ]);
        let batch = rows_to_batch(&[first, second]).expect("the rows make columns");
        let names: Vec<&str> = batch
            .schema_ref()
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(batch.num_rows(), 2);
        assert_eq!(batch.column(0).null_count(), 1);
        assert_eq!(rows_to_batch(&[]).expect("no rows are rows").num_rows(), 0);
    }

    #[test]
    fn kinds_that_do_not_go_together_are_refused() {
        let first = Row(vec![("a".into(), Datum::Int(1))]);
        let second = Row(vec![("a".into(), Datum::Str("x".into()))]);
        assert!(matches!(
            rows_to_batch(&[first, second]),
            Err(AppendError::DoesNotFit { .. })
        ));
    }
}
