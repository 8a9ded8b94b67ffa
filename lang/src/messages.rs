//! Every message of this crate, one constructor each, grouped by the stage that gives it.
//!
//! A message says what happened, labels where, and hints at the way out.

pub(crate) mod expand;
pub(crate) mod read;
