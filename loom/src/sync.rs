//! What the included modules are made of, as loom has it, under the names and with the manners of
//! `parking_lot` and `std`.
//!
//! Loom takes a sequentially consistent access for one that acquires or releases, which is weaker
//! than what the hardware gives and would cry wolf. So what writes such a word puts a fence behind
//! it, as compilers do on x86.

use std::ops::{Deref, DerefMut};
use std::time::Instant;

pub(crate) use loom::sync::Arc;

/// Atomics of loom, with fences for what is sequentially consistent.
pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::{Ordering, fence};

    fn settle(order: Ordering) {
        if order == Ordering::SeqCst {
            fence(Ordering::SeqCst);
        }
    }

    macro_rules! atomics {
        ($($name:ident $word:ty,)*) => {$(
            #[derive(Debug)]
            pub(crate) struct $name(loom::sync::atomic::$name);

            impl $name {
                pub(crate) fn new(word: $word) -> $name {
                    $name(loom::sync::atomic::$name::new(word))
                }

                #[track_caller]
                pub(crate) fn load(&self, order: Ordering) -> $word {
                    self.0.load(order)
                }

                #[track_caller]
                pub(crate) fn store(&self, word: $word, order: Ordering) {
                    self.0.store(word, order);
                    settle(order);
                }

                #[track_caller]
                pub(crate) fn swap(&self, word: $word, order: Ordering) -> $word {
                    let old = self.0.swap(word, order);
                    settle(order);
                    old
                }

                #[track_caller]
                pub(crate) fn compare_exchange(
                    &self,
                    old: $word,
                    new: $word,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$word, $word> {
                    let result = self.0.compare_exchange(old, new, success, failure);
                    settle(success);
                    result
                }

                #[track_caller]
                pub(crate) fn compare_exchange_weak(
                    &self,
                    old: $word,
                    new: $word,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$word, $word> {
                    self.compare_exchange(old, new, success, failure)
                }
            }

            impl Default for $name {
                fn default() -> $name {
                    $name::new(Default::default())
                }
            }
        )*};
    }

    atomics! {
        AtomicBool bool,
        AtomicUsize usize,
        AtomicU64 u64,
        AtomicI32 i32,
    }

    macro_rules! counters {
        ($($name:ident $word:ty,)*) => {$(
            impl $name {
                #[track_caller]
                pub(crate) fn fetch_add(&self, more: $word, order: Ordering) -> $word {
                    let old = self.0.fetch_add(more, order);
                    settle(order);
                    old
                }

                #[track_caller]
                pub(crate) fn fetch_sub(&self, less: $word, order: Ordering) -> $word {
                    let old = self.0.fetch_sub(less, order);
                    settle(order);
                    old
                }

                #[track_caller]
                pub(crate) fn fetch_update(
                    &self,
                    success: Ordering,
                    failure: Ordering,
                    change: impl FnMut($word) -> Option<$word>,
                ) -> Result<$word, $word> {
                    let result = self.0.fetch_update(success, failure, change);
                    settle(success);
                    result
                }
            }
        )*};
    }

    counters! {
        AtomicUsize usize,
        AtomicU64 u64,
        AtomicI32 i32,
    }

    /// As the others; loom's own.
    pub(crate) type AtomicPtr<T> = loom::sync::atomic::AtomicPtr<T>;
}

/// Loom sees each access, and tells of two that nothing orders.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(loom::cell::UnsafeCell::new(value))
    }

    #[track_caller]
    pub(crate) fn with_mut<R>(&self, use_it: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(use_it)
    }
}

/// A lock that nothing poisons: a panic ends the model.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

/// Gives the lock back with its end. Empty only while its condition is awaited.
pub(crate) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().expect("a panic ends the model")))
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|guard| MutexGuard(Some(guard)))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("nobody looks while it waits")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("nobody looks while it waits")
    }
}

/// As `parking_lot`'s.
#[derive(Debug, Default)]
pub(crate) struct Condvar(loom::sync::Condvar);

/// Was it the time?
pub(crate) struct WaitTimeoutResult(());

impl WaitTimeoutResult {
    pub(crate) fn timed_out(&self) -> bool {
        false
    }
}

impl Condvar {
    pub(crate) fn new() -> Condvar {
        Condvar(loom::sync::Condvar::new())
    }

    #[track_caller]
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.0.take().expect("nobody else waits with this guard");
        guard.0 = Some(self.0.wait(held).expect("a panic ends the model"));
    }

    /// There is no time here, so nothing is ever over.
    #[track_caller]
    pub(crate) fn wait_until<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        _: Instant,
    ) -> WaitTimeoutResult {
        self.wait(guard);
        WaitTimeoutResult(())
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}
