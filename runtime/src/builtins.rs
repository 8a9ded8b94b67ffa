//! The native builtins, by namespace: one table per file, joined here.
//!
//! A function that takes functions is Batuta code in the standard library, unless it asks for the
//! call with a signal and can be resumed (`sort`, `str/replace`). To add a builtin: a row in the
//! table of its file; to add a file: a line in `builtin_tables!`.

use crate::builtin_tables;

pub mod actor;
pub mod actor_inspection;
pub mod actor_load;
pub mod actor_messages;
pub mod actor_supervision;
pub mod actor_tasks;
pub mod blake3;
pub mod bytes;
pub mod core_arithmetic;
pub mod core_arrays;
pub mod core_casts;
pub mod core_changes;
pub mod core_chunks;
pub mod core_collections;
pub mod core_comparison;
pub mod core_decimals;
pub mod core_errors;
pub mod core_hash;
pub mod core_lookup;
pub mod core_meta;
pub mod core_names;
pub mod core_namespaces;
pub mod core_predicates;
pub mod core_print;
pub mod core_queue;
pub mod core_reading;
pub mod core_sequences;
pub mod core_sort;
pub mod core_sorted;
pub mod core_state;
pub mod core_vars;
pub mod csv;
pub mod format;
pub mod http;
pub mod io;
pub mod json;
pub mod math;
pub mod multimethods;
mod options;
pub mod os;
pub mod rand;
pub mod regex;
pub mod string;
pub mod string_builder;
mod support;
pub mod system;
mod task;
pub mod time;
pub mod transient;
pub mod types;
pub mod uuid;

builtin_tables![
    actor::TABLE => BT_ACTOR,
    actor_inspection::TABLE => BT_ACTOR_INSPECTION,
    actor_load::CORE_TABLE => BT_ACTOR_LOAD_CORE,
    actor_load::TABLE => BT_ACTOR_LOAD,
    actor_messages::TABLE => BT_ACTOR_MESSAGES,
    actor_supervision::TABLE => BT_ACTOR_SUPERVISION,
    actor_tasks::TABLE => BT_ACTOR_TASKS,
    blake3::TABLE => BT_BLAKE3,
    bytes::BASE64_TABLE => BT_BYTES_BASE64,
    bytes::CORE_TABLE => BT_BYTES_CORE,
    core_arithmetic::TABLE => BT_CORE_ARITHMETIC,
    core_arrays::TABLE => BT_CORE_ARRAYS,
    core_casts::TABLE => BT_CORE_CASTS,
    core_chunks::TABLE => BT_CORE_CHUNKS,
    core_changes::TABLE => BT_CORE_CHANGES,
    core_collections::TABLE => BT_CORE_COLLECTIONS,
    core_comparison::TABLE => BT_CORE_COMPARISON,
    core_decimals::TABLE => BT_CORE_DECIMALS,
    core_errors::TABLE => BT_CORE_ERRORS,
    core_hash::TABLE => BT_CORE_HASH,
    core_lookup::TABLE => BT_CORE_LOOKUP,
    core_meta::TABLE => BT_CORE_META,
    core_names::TABLE => BT_CORE_NAMES,
    core_namespaces::TABLE => BT_CORE_NAMESPACES,
    core_predicates::TABLE => BT_CORE_PREDICATES,
    core_print::TABLE => BT_CORE_PRINT,
    core_queue::TABLE => BT_CORE_QUEUE,
    core_reading::TABLE => BT_CORE_READING,
    core_sequences::TABLE => BT_CORE_SEQUENCES,
    core_sort::TABLE => BT_CORE_SORT,
    core_sorted::TABLE => BT_CORE_SORTED,
    core_state::TABLE => BT_CORE_STATE,
    core_vars::TABLE => BT_CORE_VARS,
    csv::TABLE => BT_CSV,
    format::TABLE => BT_FORMAT,
    http::TABLE => BT_HTTP,
    io::CORE_TABLE => BT_IO_CORE,
    io::TABLE => BT_IO,
    json::TABLE => BT_JSON,
    math::CORE_TABLE => BT_MATH_CORE,
    math::TABLE => BT_MATH,
    multimethods::TABLE => BT_MULTIMETHODS,
    os::TABLE => BT_OS,
    rand::TABLE => BT_RAND,
    regex::RE_TABLE => BT_REGEX_RE,
    regex::TABLE => BT_REGEX,
    string::TABLE => BT_STRING,
    string_builder::TABLE => BT_STRING_BUILDER,
    system::DOUBLE_TABLE => BT_SYSTEM_DOUBLE,
    system::INTEGER_TABLE => BT_SYSTEM_INTEGER,
    system::LONG_TABLE => BT_SYSTEM_LONG,
    system::SYSTEM_TABLE => BT_SYSTEM_SYSTEM,
    system::TABLE => BT_SYSTEM,
    time::CORE_TABLE => BT_TIME_CORE,
    time::TABLE => BT_TIME,
    transient::TABLE => BT_TRANSIENT,
    types::TABLE => BT_TYPES,
    uuid::CORE_TABLE => BT_UUID_CORE,
    uuid::TABLE => BT_UUID,
];

#[cfg(test)]
mod tests;
