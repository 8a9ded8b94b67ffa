//! DLog as Batuta sees it: values and Arrow, query forms and plans, native builtins.
//!
//! [`TABLES`] is what a program may call, `query_template` makes plans of what the compiler leaves of
//! a `from`, `convert` is the only place where values meet Arrow, `database` opens the store at the
//! first use. To add a builtin: a row in `builtins/<subject>.rs`; a clause: an arm in
//! `query_template.rs`; a column type: an arm in each file of `convert/`.

mod builtins;
mod convert;
pub mod database;
mod fault;
mod instant;
mod query_template;
mod query_value;
mod table_text;

pub use builtins::log::set_copy_reporter;
pub use builtins::query::CALLED_BY_NAME;
pub use builtins::{SYMBOLS, TABLES};
pub use dlog_core::query::CopyProgress;
