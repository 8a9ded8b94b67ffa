//! The power is cut after everything a session does to its device, and every call fails once.
//!
//! A seeded session of appends, seals, openings and changes of the catalogue runs on a device that
//! records it. From the record, `images` makes what a power cut could have left after each operation
//! and compares the store that opens there with the model; `failures` has the session meet an error
//! at each of its operations. `DLOG_CRASH_IMAGES` asks for more images, `DLOG_CRASH_SEED` for others.

#[path = "../support/mod.rs"]
mod support;

mod contents;
mod failures;
mod images;
mod script;
