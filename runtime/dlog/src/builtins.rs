//! What a program may call, by subject.

pub(crate) mod log;
mod query;
mod sequencer;

use batuta_runtime::builtin::BuiltinTable;

/// All tables of this crate.
pub static TABLES: &[&BuiltinTable] = &[
    &log::TABLE,
    &query::CORE_TABLE,
    &query::DLOG_TABLE,
    &sequencer::TABLE,
];
