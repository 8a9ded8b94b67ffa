//! Any bytes can be opened as a counter, and the number after it is above what they say.
//!
//! `cargo fuzz run counter`

#![no_main]

use std::sync::Arc;

use dlog_sequencer::device::{Device, MemoryDevice};
use dlog_sequencer::{Counter, CounterOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let device = MemoryDevice::with_files([("c".to_owned(), bytes.to_vec())]);
    let device: Arc<dyn Device> = Arc::new(device);
    if let Ok(counter) = Counter::open(&device, "c", CounterOptions::default()) {
        let before = counter.value();
        if let Ok(number) = counter.increment() {
            assert!(number > before);
        }
    }
});
