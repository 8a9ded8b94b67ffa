//! Queries over logs and files, planned and run by DataFusion.
//!
//! [`query::Query`] describes, `plan` resolves it into a DataFusion plan, [`engine::Engine`] runs it
//! at one cut and streams Arrow batches. [`table_provider::LogTable`] and [`file_table::FileTable`]
//! are what is read; [`ingest`] brings files into logs. Nothing here knows of Batuta.

pub mod engine;
pub mod error;
pub mod file_table;
mod functions;
pub mod ingest;
pub mod nearest;
mod plan;
pub mod query;
mod scan;
pub mod schema;
pub mod table_provider;

pub use engine::{Engine, EngineOptions, QueryStream};
pub use error::QueryError;
pub use ingest::copy_into::{CopyError, CopyProgress, CopyReport, copy_into};
pub use query::Query;
