//! What emitted functions are made of: words, numbers, collections and calls of Batuta's runtime.
//!
//! A word is a value: small integers, floats, `nil` and booleans stand in it, all else it points
//! at. Each function takes the context of its coroutine and itself first. A failure is the word
//! `FAILED`; its reason lies in the context.

mod calls;
mod collections;
mod layout;
mod numbers;
mod words;

pub use calls::*;
pub use collections::*;
pub use layout::*;
pub use numbers::*;
pub use words::*;
