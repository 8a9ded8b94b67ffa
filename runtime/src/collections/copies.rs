//! Counts copies of collections and their nodes, for tests of reuse in place. Only tests read it.
//!
//! Whatever copies a block because it has another owner calls [`note`].

use std::sync::atomic::{AtomicUsize, Ordering};

static COPIES: AtomicUsize = AtomicUsize::new(0);

/// A block was copied because it has another owner.
#[inline]
pub(crate) fn note() {
    COPIES.fetch_add(1, Ordering::Relaxed);
}

/// Copies since the process began, by all actors.
pub fn count() -> usize {
    COPIES.load(Ordering::Relaxed)
}
