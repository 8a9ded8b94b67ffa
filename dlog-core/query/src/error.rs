//! What may go wrong with a query, with all that a helpful message needs.
//!
//! DataFusion's own errors are taken apart in `engine/failure.rs`; none reaches the caller without
//! the clause or operation it belongs to.

use dlog_log::ReadError;
use thiserror::Error;

use crate::ingest::IngestError;

/// A query that cannot be planned or could not be run to its end.
#[derive(Debug, Error)]
pub enum QueryError {
    /// No log of this name.
    #[error("no log {name}{}", did_you_mean(nearest))]
    UnknownLog {
        /// The name asked for.
        name: String,
        /// Names like it, best first.
        nearest: Vec<String>,
    },
    /// No column of this name where it is used.
    #[error("no column {name}{}", did_you_mean(nearest))]
    UnknownColumn {
        /// The name asked for.
        name: String,
        /// Names like it, best first.
        nearest: Vec<String>,
        /// Every column there is at this place.
        available: Vec<String>,
    },
    /// Several sources have a column of this name.
    #[error("column {name} is in several sources: write {}", candidates.join(" or "))]
    AmbiguousColumn {
        /// The name asked for.
        name: String,
        /// The qualified names it may mean.
        candidates: Vec<String>,
    },
    /// Two columns of the result would have one name.
    #[error("column {name} is given twice in {clause}")]
    DuplicateColumn {
        /// The name.
        name: String,
        /// The clause that gives it.
        clause: &'static str,
    },
    /// Two sources have one name.
    #[error("two sources are called {name}: give one a name of its own with (as source :name)")]
    DuplicateSource {
        /// The name.
        name: String,
    },
    /// No function of this name.
    #[error("no function {name} for queries{}", did_you_mean(nearest))]
    UnknownFunction {
        /// The name asked for.
        name: String,
        /// Names like it, best first.
        nearest: Vec<String>,
    },
    /// An aggregate outside `aggregate` and `window`.
    #[error("{name} is an aggregate: use it in (aggregate …)")]
    AggregateOutOfPlace {
        /// The function.
        name: String,
    },
    /// A function with the wrong number of arguments.
    #[error("{name} takes {expected} argument(s), not {given}")]
    Arity {
        /// The function.
        name: String,
        /// How many it takes, in words.
        expected: String,
        /// How many were given.
        given: usize,
    },
    /// Values of types that do not go together.
    #[error("{expression}: {reason}")]
    Type {
        /// The expression as written.
        expression: String,
        /// What does not fit.
        reason: String,
    },
    /// A clause that cannot stand where it does or lacks something.
    #[error("{clause}: {reason}")]
    Clause {
        /// The clause.
        clause: &'static str,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// A parameter that the execution did not get.
    #[error("parameter {} is missing: {given} given", index + 1)]
    MissingParameter {
        /// Its index, from zero.
        index: usize,
        /// How many were given.
        given: usize,
    },
    /// SQL text that cannot be read.
    #[error("{message}")]
    Sql {
        /// What is wrong.
        message: String,
    },
    /// An arithmetic fault in a row.
    #[error("{message}")]
    Arithmetic {
        /// What happened.
        message: String,
    },
    /// The query needs more memory than it may use.
    #[error("the query needs more than its {limit_bytes} bytes of memory: {message}")]
    Memory {
        /// The limit.
        limit_bytes: usize,
        /// Which operator asked for how much.
        message: String,
    },
    /// Reading a log failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Reading a file failed.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The execution stopped with a fault of another kind.
    #[error("{operation} failed: {message}")]
    Execution {
        /// What was being done.
        operation: &'static str,
        /// The cause.
        message: String,
    },
    /// The execution was cancelled.
    #[error("the query was cancelled")]
    Cancelled,
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!(", did you mean {}?", names.join(" or ")),
    }
}
