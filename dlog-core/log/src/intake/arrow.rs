//! Arrow columns on their way in: brought to the types of a log's kinds, without loss, and encoded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    ArrowTimestampType, DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::{key_problem, no_key};
use crate::columns::datum_of_kind;
use crate::error::AppendError;
use crate::headers::{HEADERS_FIELD, check_header_column, headers_kind};
use crate::log_state::{LogState, TIME_FIELD};
use crate::schema::{Kind, LogSchema, Misfit, RESERVED_FIELDS, SYSTEM_COLUMNS, kind_of_field};

/// Columns in the types of the kinds, and the schema they have.
pub(super) fn bring_to_kinds(
    log: &LogState,
    batches: Vec<RecordBatch>,
) -> Result<(LogSchema, Vec<RecordBatch>), AppendError> {
    let Some(first) = batches.first() else {
        return Ok((LogSchema::default(), Vec::new()));
    };
    let misfit = |path: String, text: String, help: &str| {
        log.misfit(Misfit {
            path,
            text,
            help: help.to_owned(),
        })
    };
    for field in first.schema().fields() {
        let name = field.name().as_str();
        if SYSTEM_COLUMNS.contains(&name) && !RESERVED_FIELDS.contains(&name) {
            let text = "the name belongs to a system column".to_owned();
            return Err(misfit(
                format!(":{}", field.name()),
                text,
                "leave the column out",
            ));
        }
    }
    let schema = LogSchema::from_arrow(&first.schema()).map_err(|error| {
        misfit(
            error.path.clone(),
            format!("the type {}", error.data_type),
            error.help,
        )
    })?;
    let brought = batches.iter().map(|batch| {
        if batch.schema_ref().fields() != first.schema_ref().fields() {
            let text = "batches of one append have different columns".to_owned();
            return Err(misfit(
                "the batches".to_owned(),
                text,
                "append them one by one",
            ));
        }
        bring_batch(log, batch)
    });
    Ok((schema, brought.collect::<Result<_, _>>()?))
}

fn bring_batch(log: &LogState, batch: &RecordBatch) -> Result<RecordBatch, AppendError> {
    let state = log.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let (field, column) = bring_column(field, column).map_err(|misfit| log.misfit(misfit))?;
        let kind = kind_of_field(&field).unwrap_or(Kind::Unknown);
        let stored = state.schema.column(field.name()).map(|column| &column.kind);
        if stored == Some(&Kind::Float) && kind == Kind::Int {
            check_exact(&column, field.name()).map_err(|misfit| log.misfit(misfit))?;
        }
        if log.key.as_deref() == Some(field.name()) {
            check_key_column(log, &column, &kind)?;
        }
        if field.name() == HEADERS_FIELD {
            check_header_column(&column).map_err(|misfit| log.misfit(misfit))?;
        }
        fields.push(field);
        columns.push(column);
    }
    if let Some(key) = log
        .key
        .as_ref()
        .filter(|key| batch.column_by_name(key).is_none())
    {
        return Err(no_key(
            log,
            format!(":{key}"),
            "the columns lack it; add it",
        ));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(
        |error| AppendError::Refused {
            text: format!("columns for {}: {error}", log.name),
        },
    )
}

fn check_key_column(log: &LogState, column: &ArrayRef, kind: &Kind) -> Result<(), AppendError> {
    for row in 0..column.len() {
        if let Some(problem) = key_problem(&datum_of_kind(column, kind, row)) {
            let name = log.key.as_deref().unwrap_or_default();
            return Err(no_key(log, format!("row {row}, :{name}"), &problem));
        }
    }
    Ok(())
}

fn check_exact(column: &ArrayRef, name: &str) -> Result<(), Misfit> {
    let numbers = column.as_primitive::<Int64Type>();
    match (0..numbers.len())
        .find(|row| numbers.is_valid(*row) && numbers.value(*row).unsigned_abs() > 1 << 53)
    {
        Some(row) => Err(Misfit {
            path: format!("row {row}, :{name}"),
            text: "an integer that is not exact as a float".to_owned(),
            help: "cast the column before appending".to_owned(),
        }),
        None => Ok(()),
    }
}

/// A column in the type of its kind, if nothing is lost on the way.
fn bring_column(field: &Field, column: &ArrayRef) -> Result<(Field, ArrayRef), Misfit> {
    let misfit = |text: String, help: &str| Misfit {
        path: format!(":{}", field.name()),
        text,
        help: help.to_owned(),
    };
    let kind = match kind_of_field(field) {
        Ok(Kind::Instant) => Kind::Instant,
        Ok(_) if field.name() == TIME_FIELD => {
            return Err(misfit(
                "a record time that is no timestamp".to_owned(),
                "cast it to a timestamp",
            ));
        }
        Ok(kind) if field.name() == HEADERS_FIELD && kind != *headers_kind() => {
            let text = format!("headers of the kind {kind}");
            return Err(misfit(text, "give a list of {key, value}, both strings"));
        }
        Ok(kind) => kind,
        Err(error) => return Err(misfit(format!("the type {}", error.data_type), error.help)),
    };
    let field = kind.to_field(field.name());
    if column.data_type() == field.data_type() {
        return Ok((field, column.clone()));
    }
    // A zone only says how to show an instant; taking it off needs no table of zones.
    let is_instant = kind == Kind::Instant;
    let column = if is_instant {
        &without_zone(column)
    } else {
        column
    };
    let target = if is_instant {
        DataType::Timestamp(TimeUnit::Microsecond, None)
    } else {
        kind.to_arrow()
    };
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let cast = |column: &ArrayRef, to: &DataType| {
        cast_with_options(column, to, &options)
            .map_err(|error| misfit(error.to_string(), "cast it before appending"))
    };
    let brought = cast(column, &target)?;
    if loses_by_rounding(column.data_type(), &kind)
        && *cast(&brought, column.data_type())? != **column
    {
        let text = format!(
            "values of {} that {kind} cannot hold exactly",
            column.data_type()
        );
        return Err(misfit(text, "truncate the column before appending"));
    }
    if is_instant {
        let times = brought.as_primitive::<TimestampMicrosecondType>().clone();
        return Ok((field, Arc::new(times.with_timezone("UTC"))));
    }
    Ok((field, brought))
}

fn without_zone(column: &ArrayRef) -> ArrayRef {
    fn strip<T: ArrowTimestampType>(column: &ArrayRef) -> ArrayRef {
        Arc::new(
            column
                .as_primitive::<T>()
                .clone()
                .with_timezone_opt(None::<Arc<str>>),
        )
    }
    match column.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => strip::<TimestampSecondType>(column),
        DataType::Timestamp(TimeUnit::Millisecond, _) => strip::<TimestampMillisecondType>(column),
        DataType::Timestamp(TimeUnit::Microsecond, _) => strip::<TimestampMicrosecondType>(column),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => strip::<TimestampNanosecondType>(column),
        _ => column.clone(),
    }
}

fn loses_by_rounding(from: &DataType, kind: &Kind) -> bool {
    match kind {
        Kind::Instant => matches!(from, DataType::Timestamp(TimeUnit::Nanosecond, _)),
        Kind::Date => *from == DataType::Date64,
        // Nested instants and dates are compared as a whole.
        Kind::List(_) | Kind::Struct(_) => true,
        _ => false,
    }
}

/// Batches as an Arrow IPC stream.
pub(super) fn encode_ipc(batches: &[RecordBatch], out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let Some(first) = batches.first() else {
        return Ok(());
    };
    let mut writer = StreamWriter::try_new(out, first.schema_ref())?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()
}

/// The batches of an Arrow part of a frame.
pub(crate) fn decode_ipc(bytes: &[u8]) -> Result<Vec<RecordBatch>, ArrowError> {
    StreamReader::try_new(bytes, None)?.collect()
}
