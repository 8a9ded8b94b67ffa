//! What a program may call, by subject.

pub(crate) mod log;
pub(crate) mod query;
mod sequencer;

use batuta_runtime::builtin_tables;

builtin_tables![
    log::TABLE => BT_DLOG_LOG,
    query::CORE_TABLE => BT_DLOG_QUERY_CORE,
    query::DLOG_TABLE => BT_DLOG_QUERY,
    sequencer::TABLE => BT_DLOG_SEQUENCER,
];
