//! DataFusion's errors in terms of the query.

use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, SchemaError};

use crate::error::QueryError;
use crate::nearest::find_nearest;

/// The error of an operation, with what DataFusion wraps around it taken off.
pub(crate) fn explain(operation: &'static str, error: DataFusionError) -> QueryError {
    match error {
        DataFusionError::External(source) => match source.downcast::<QueryError>() {
            Ok(own) => *own,
            Err(other) => QueryError::Execution {
                operation,
                message: other.to_string(),
            },
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            explain(operation, *inner)
        }
        DataFusionError::Shared(inner) => explain_shared(operation, &inner),
        DataFusionError::ArrowError(error, _) => explain_arrow(operation, *error),
        DataFusionError::ResourcesExhausted(message) => QueryError::Memory {
            limit_bytes: 0,
            message,
        },
        DataFusionError::SQL(error, _) => QueryError::Sql {
            message: error
                .to_string()
                .trim_start_matches("sql parser error: ")
                .to_owned(),
        },
        DataFusionError::SchemaError(error, _) => explain_schema(operation, *error),
        DataFusionError::Collection(errors) => match errors.into_iter().next() {
            Some(first) => explain(operation, first),
            None => QueryError::Cancelled,
        },
        other => QueryError::Execution {
            operation,
            message: reason(&other),
        },
    }
}

/// An error that several streams share keeps its kind as far as its text tells it.
fn explain_shared(operation: &'static str, error: &DataFusionError) -> QueryError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => QueryError::Memory {
            limit_bytes: 0,
            message: message.clone(),
        },
        DataFusionError::ArrowError(error, _) => match arithmetic(error) {
            Some(message) => QueryError::Arithmetic { message },
            None => QueryError::Execution {
                operation,
                message: error.to_string(),
            },
        },
        root => QueryError::Execution {
            operation,
            message: reason(root),
        },
    }
}

fn explain_arrow(operation: &'static str, error: ArrowError) -> QueryError {
    if let Some(message) = arithmetic(&error) {
        return QueryError::Arithmetic { message };
    }
    match error {
        ArrowError::ExternalError(source) => match source.downcast::<DataFusionError>() {
            Ok(inner) => explain(operation, *inner),
            Err(other) => QueryError::Execution {
                operation,
                message: other.to_string(),
            },
        },
        other => QueryError::Execution {
            operation,
            message: other.to_string(),
        },
    }
}

fn arithmetic(error: &ArrowError) -> Option<String> {
    match error {
        ArrowError::DivideByZero => Some("division by zero".to_owned()),
        ArrowError::ArithmeticOverflow(text) => {
            let operation = text.trim_start_matches("Overflow happened on: ");
            Some(format!("integer overflow: {operation}"))
        }
        ArrowError::CastError(text) => Some(text.clone()),
        _ => None,
    }
}

fn explain_schema(operation: &'static str, error: SchemaError) -> QueryError {
    match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            let available: Vec<String> = valid_fields
                .iter()
                .map(|column| column.name.clone())
                .collect();
            let nearest = find_nearest(&field.name, available.iter().map(String::as_str));
            QueryError::UnknownColumn {
                name: field.flat_name(),
                nearest,
                available,
            }
        }
        other => QueryError::Execution {
            operation,
            message: other.to_string(),
        },
    }
}

/// The text of an error, without the words DataFusion puts before it.
pub(crate) fn reason(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    let prefixes = [
        "Error during planning: ",
        "Execution error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
        "Invalid or Unsupported Configuration: ",
        "SQL error: ",
    ];
    let mut rest = text.as_str();
    while let Some(shorter) = prefixes.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = shorter;
    }
    rest.lines().next().unwrap_or(rest).trim_end().to_owned()
}
