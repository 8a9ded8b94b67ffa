//! What a program may call, by subject.

mod append;
mod copies;
mod group;
pub(crate) mod log;
mod options;
pub(crate) mod query;
mod read;
mod sequencer;

use batuta_runtime::builtin_tables;

builtin_tables![
    append::TABLE => BT_DLOG_APPEND,
    copies::CORE_TABLE => BT_DLOG_COPIES_CORE,
    copies::DLOG_TABLE => BT_DLOG_COPIES,
    group::TABLE => BT_DLOG_GROUP,
    log::TABLE => BT_DLOG_LOG,
    query::CORE_TABLE => BT_DLOG_QUERY_CORE,
    query::DLOG_TABLE => BT_DLOG_QUERY,
    read::TABLE => BT_DLOG_READ,
    sequencer::TABLE => BT_DLOG_SEQUENCER,
];
