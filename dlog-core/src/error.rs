//! What may go wrong with a database as a whole.

use dlog_log::{AppendError, OpenError};
use dlog_query::QueryError;
use dlog_sequencer::{CounterError, SnowflakeError};
use thiserror::Error;

/// A database that cannot be opened, or a part of it that cannot be had.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be closed.
    #[error(transparent)]
    Close(#[from] AppendError),
    /// The query engine cannot start.
    #[error(transparent)]
    Engine(#[from] QueryError),
    /// A counter cannot be opened or moved on.
    #[error(transparent)]
    Counter(#[from] CounterError),
    /// An id cannot be made.
    #[error(transparent)]
    Snowflake(#[from] SnowflakeError),
    /// A counter's name is empty or too long.
    #[error("{name:?} is no name for a counter: give it 1 to about 60 characters")]
    CounterName {
        /// The name given.
        name: String,
    },
}
