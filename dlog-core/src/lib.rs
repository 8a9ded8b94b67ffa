//! DLog: durable logs queried through Arrow and DataFusion.
//!
//! [`Database`] joins the parts: the [`Store`] of logs, the [`Engine`] that queries them, and the
//! counters and ids. Everything a user of the parts needs is re-exported here.

mod database;
mod error;

pub use database::{Database, DatabaseOptions};
pub use dlog_log as log;
pub use dlog_log::Store;
pub use dlog_query as query;
pub use dlog_query::{Engine, EngineOptions, QueryStream};
pub use dlog_sequencer as sequencer;
pub use error::DatabaseError;
