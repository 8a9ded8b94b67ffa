//! Any bytes can be read as a manifest of a store.
//!
//! `cargo fuzz run manifest`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::manifest(bytes));
