//! Any bytes are read as JSON or refused with a place, and what was read is read again from what it
//! is written as.
//!
//! `cargo fuzz run json`

#![no_main]

use batuta_runtime::builtins::json::{read_bytes, text_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match read_bytes(bytes) {
    // A fraction too large for a float is infinite, which JSON cannot write.
    Ok(value) => {
        if let Ok(text) = text_of(&value) {
            assert_eq!(read_bytes(text.as_bytes()).ok(), Some(value), "{text}");
        }
    }
    Err(fault) => assert!(fault.message.starts_with("JSON, line "), "{}", fault.message),
});
