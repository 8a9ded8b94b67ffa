//! What emitted functions are made of: words, numbers, collections and calls of Batuta's runtime.
//!
//! A word is a value: small integers, floats, `nil` and booleans stand in it, all else it points
//! at. Each function takes the context of its coroutine and itself first. A failure is the word
//! `FAILED`; its reason lies in the context.

/// The quick way, else the slow one, unless that fails.
macro_rules! first {
    ($quick:expr; $slow:expr; $failed:expr) => {
        match $quick {
            Some(found) => found,
            None => match $slow {
                FAILED => $failed,
                found => found,
            },
        }
    };
}

/// The same for a comparison, whose slow way gives 1 or 0.
macro_rules! compared {
    ($quick:expr; $slow:expr; $failed:expr) => {
        match $quick {
            Some(found) => found,
            None => match $slow {
                FAILED => $failed,
                found => found == 1,
            },
        }
    };
}

/// The same for an equality, whose slow way gives a boolean of Batuta.
macro_rules! equal {
    ($quick:expr; $slow:expr; $failed:expr) => {
        match $quick {
            Some(found) => found,
            None => match $slow {
                FAILED => $failed,
                found => truthy(found),
            },
        }
    };
}

mod calls;
mod collections;
mod layout;
mod numbers;
mod plain;
mod words;

pub use calls::*;
pub use collections::*;
pub use layout::*;
pub use numbers::*;
pub use plain::*;
pub use words::*;
