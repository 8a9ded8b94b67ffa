//! Any bytes can be read as a frame of a store.
//!
//! `cargo fuzz run frame`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dlog_log::fuzzing::frame(bytes));
