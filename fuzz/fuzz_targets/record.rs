//! Any bytes can be read as a record of a store.
//!
//! `cargo fuzz run record`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::record(bytes));
