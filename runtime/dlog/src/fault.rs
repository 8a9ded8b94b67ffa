//! Failures of the database as faults of kind `:log`, each with what to try.

use batuta_runtime::collections::map;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use dlog_core::DatabaseError;
use dlog_core::log::{
    AppendError, CatalogError, MendError, OpenError, ProducerProblem, ReadError, RestoreError,
    SealError,
};
use dlog_core::query::{CopyError, QueryError};

fn log_fault(message: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Log, message.to_string())
}

pub(crate) fn database_fault(error: DatabaseError) -> Fault {
    match error {
        DatabaseError::Engine(error) => query_fault(error),
        other => log_fault(other),
    }
}

pub(crate) fn append_fault(error: AppendError) -> Fault {
    match error {
        AppendError::NoSuchLog { log, known } => unknown_log(&log, &known),
        AppendError::DoesNotFit {
            log,
            path,
            text,
            help,
        } => log_fault(format!("{path} does not fit the log :{log}: {text}")).hint(help),
        other => {
            let data = problem(&other);
            log_fault(other).data(data)
        }
    }
}

/// What a program may want to know of a refused append: `:problem`, and what belongs to it.
fn problem(error: &AppendError) -> Value {
    let number = |number: u64| number::from_i128(i128::from(number));
    let (name, more) = match error {
        AppendError::Conflict {
            expected, actual, ..
        } => {
            let more = [("expected", expected.0), ("actual", actual.0)];
            ("conflict", more.to_vec())
        }
        AppendError::Present { offset, .. } => ("present", vec![("offset", offset.0)]),
        AppendError::Producer { problem, .. } => match problem {
            ProducerProblem::Unknown => ("unknown-producer", Vec::new()),
            ProducerProblem::Fenced { current } => ("fenced", vec![("epoch", u64::from(*current))]),
            ProducerProblem::Gap { expected } => ("gap", vec![("expected", *expected)]),
            ProducerProblem::Forgotten => ("forgotten", Vec::new()),
        },
        AppendError::NotAssigned { generation, .. } => {
            ("not-assigned", vec![("generation", *generation)])
        }
        AppendError::StoreFull { bytes, max } | AppendError::LogFull { bytes, max, .. } => {
            ("full", vec![("bytes", *bytes), ("max", *max)])
        }
        AppendError::NotWritten { .. } => ("not-written", Vec::new()),
        AppendError::Unknown { .. } => ("unknown-outcome", Vec::new()),
        _ => return Value::NIL,
    };
    let name = (Value::keyword("problem"), Value::keyword(name));
    let more = more
        .into_iter()
        .map(|(name, value)| (Value::keyword(name), number(value)));
    map::from_pairs(std::iter::once(name).chain(more))
}

pub(crate) fn seal_fault(error: SealError) -> Fault {
    match error {
        SealError::Read(error) => read_fault(error),
        SealError::Append(error) => append_fault(error),
        SealError::Io { .. } => Fault::new(FaultKind::Io, error.to_string()),
        other => log_fault(other),
    }
}

pub(crate) fn open_fault(error: OpenError) -> Fault {
    match error {
        OpenError::Io { .. } => Fault::new(FaultKind::Io, error.to_string()),
        OpenError::Missing { .. } => log_fault(error).hint("name the directory of one"),
        other => log_fault(other),
    }
}

pub(crate) fn restore_fault(error: RestoreError) -> Fault {
    match error {
        RestoreError::Damaged(damage) => log_fault(format!("the backup is damaged: {damage}"))
            .hint("`batuta log repair` keeps what can be read of it"),
        RestoreError::Mend(MendError::Open(error)) => open_fault(error),
        RestoreError::Mend(MendError::Write(error)) => seal_fault(error),
    }
}

pub(crate) fn catalog_fault(error: CatalogError) -> Fault {
    match error {
        CatalogError::NoSuchLog { log, known } => unknown_log(&log, &known),
        CatalogError::Commit(error) => append_fault(error),
        other => log_fault(other),
    }
}

pub(crate) fn read_fault(error: ReadError) -> Fault {
    match error {
        ReadError::NoSuchLog { log, known } => unknown_log(&log, &known),
        other => log_fault(other),
    }
}

pub(crate) fn copy_fault(error: CopyError) -> Fault {
    match error {
        CopyError::Catalog(error) => catalog_fault(error),
        CopyError::Ingest(error) => Fault::new(FaultKind::Io, error.to_string()),
        other => log_fault(other),
    }
}

/// The message names what is not there, the hint what may have been meant.
pub(crate) fn query_fault(error: QueryError) -> Fault {
    match error {
        QueryError::UnknownLog { name, nearest } => {
            suggest(log_fault(format!("no log :{name}")), &keywords(&nearest))
        }
        QueryError::UnknownColumn {
            name,
            nearest,
            available,
        } => {
            let fault = log_fault(format!("no column :{name}"));
            match nearest.as_slice() {
                [] => fault.hint(format!(
                    "the columns are {}",
                    keywords(&available).join(" ")
                )),
                nearest => suggest(fault, &keywords(nearest)),
            }
        }
        QueryError::UnknownFunction { name, nearest } => suggest(
            log_fault(format!("no function `{name}` for queries")),
            &nearest,
        ),
        QueryError::AmbiguousColumn { name, candidates } => {
            let message = format!("column :{name} is in several sources");
            log_fault(message).hint(format!("write {}", keywords(&candidates).join(" or ")))
        }
        QueryError::Arithmetic { message } => Fault::new(FaultKind::Number, message),
        QueryError::Type { expression, reason } => {
            Fault::new(FaultKind::Type, format!("{expression}: {reason}"))
        }
        QueryError::Read(error) => read_fault(error),
        QueryError::Ingest(error) => Fault::new(FaultKind::Io, error.to_string()),
        other => log_fault(other),
    }
}

fn unknown_log(log: &str, known: &[String]) -> Fault {
    let nearest = dlog_core::query::nearest::find_nearest(log, known.iter().map(String::as_str));
    let fault = log_fault(format!("no log :{log}"));
    match (nearest.as_slice(), known) {
        ([], []) => fault.hint(format!("make one with (create-log :{log})")),
        ([], known) => fault.hint(format!("the logs are {}", keywords(known).join(" "))),
        (nearest, _) => suggest(fault, &keywords(nearest)),
    }
}

fn keywords(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!(":{name}")).collect()
}

fn suggest(fault: Fault, names: &[String]) -> Fault {
    match names {
        [] => fault,
        names => fault.hint(format!("did you mean {}?", names.join(" or "))),
    }
}
