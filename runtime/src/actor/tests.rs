//! Whole actors under test. What stands for compiled code are Rust closures, entered through the
//! same way in.

#![expect(
    clippy::cloned_ref_to_slice_refs,
    reason = "argument lists read alike in all calls"
)]

mod calls;
mod failures;
pub(crate) mod harness;
mod messages;
mod program;
mod scheduling;
