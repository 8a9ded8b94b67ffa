//! Any bytes can be read as a companion of a store.
//!
//! `cargo fuzz run companion`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::companion(bytes));
