//! Any bytes can be opened as a counter, and the number after it is above what they say.
//!
//! `cargo fuzz run counter`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::counter(bytes));
