//! Whole actors under test. What stands for compiled code are Rust closures, entered through the
//! same way in.

mod calls;
mod failures;
mod harness;
mod messages;
mod program;
mod scheduling;
