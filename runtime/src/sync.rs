//! What the lock-free modules are made of: atomics, locks and cells, under names that the package
//! `loom/` gives to types of its own, with which it tries every interleaving.
//!
//! A module that is modelled there takes them from here, and names nothing else of this crate.

pub(crate) use parking_lot::{Condvar, Mutex};

/// Atomics, as in `std`.
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
}

/// A cell whose user says why nobody else looks into it meanwhile.
#[derive(Debug, Default)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Shows where the value lies, to somebody who changes it.
    #[inline]
    pub(crate) fn with_mut<R>(&self, use_it: impl FnOnce(*mut T) -> R) -> R {
        use_it(self.0.get())
    }
}
