//! The native builtins, by namespace: one table per file, joined here.
//!
//! A function that takes functions is Batuta code in the standard library, unless it asks for the
//! call with a signal and can be resumed (`sort`, `str/replace`). To add a builtin: a row in the
//! table of its file; to add a file: a line in [`TABLES`].

use crate::builtin::BuiltinTable;

pub mod actor;
pub mod actor_messages;
pub mod actor_tasks;
pub mod blake3;
pub mod bytes;
pub mod core_arithmetic;
pub mod core_arrays;
pub mod core_casts;
pub mod core_chunks;
pub mod core_collections;
pub mod core_comparison;
pub mod core_decimals;
pub mod core_errors;
pub mod core_hash;
pub mod core_lookup;
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

/// All tables of the runtime.
pub static TABLES: &[&BuiltinTable] = &[
    &actor::TABLE,
    &actor_messages::TABLE,
    &actor_tasks::TABLE,
    &blake3::TABLE,
    &bytes::BASE64_TABLE,
    &bytes::CORE_TABLE,
    &core_arithmetic::TABLE,
    &core_arrays::TABLE,
    &core_casts::TABLE,
    &core_chunks::TABLE,
    &core_collections::TABLE,
    &core_comparison::TABLE,
    &core_decimals::TABLE,
    &core_errors::TABLE,
    &core_hash::TABLE,
    &core_lookup::TABLE,
    &core_names::TABLE,
    &core_namespaces::TABLE,
    &core_predicates::TABLE,
    &core_print::TABLE,
    &core_queue::TABLE,
    &core_reading::TABLE,
    &core_sequences::TABLE,
    &core_sort::TABLE,
    &core_sorted::TABLE,
    &core_state::TABLE,
    &core_vars::TABLE,
    &csv::TABLE,
    &format::TABLE,
    &http::TABLE,
    &io::CORE_TABLE,
    &io::TABLE,
    &json::TABLE,
    &math::CORE_TABLE,
    &math::TABLE,
    &multimethods::TABLE,
    &os::TABLE,
    &rand::TABLE,
    &regex::RE_TABLE,
    &regex::TABLE,
    &string::TABLE,
    &string_builder::TABLE,
    &system::DOUBLE_TABLE,
    &system::INTEGER_TABLE,
    &system::LONG_TABLE,
    &system::SYSTEM_TABLE,
    &system::TABLE,
    &time::CORE_TABLE,
    &time::TABLE,
    &transient::TABLE,
    &types::TABLE,
    &uuid::CORE_TABLE,
    &uuid::TABLE,
];

#[cfg(test)]
mod tests;
