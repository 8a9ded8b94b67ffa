//! Any bytes can be read as a key file of a segment.
//!
//! `cargo fuzz run keys`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::keys(bytes));
