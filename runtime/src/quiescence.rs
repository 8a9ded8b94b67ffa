//! When what a shared cell held may be released.
//!
//! A reader takes a word out of a cell (a var, an atom, a promise) and counts it; in between, a
//! writer on another thread may replace it. So what a store replaces is *retired*: it is dropped
//! only after every worker has passed a scheduling point, where no reader is in between. (Known as
//! quiescent-state-based reclamation: Hart, McKenney, Brown, Walpole, 2007.)
//!
//! Time is counted in eras. Invariant: a reader whose published era is later than the era in which
//! something was retired began after it had left its cell, or has counted it.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use parking_lot::{Mutex, RwLock};

use crate::value::Value;

/// What a reader publishes while it holds nothing from any cell.
const AWAY: u64 = u64::MAX;
/// So many things are collected together.
const BATCH: usize = 64;

static ERA: AtomicU64 = AtomicU64::new(1);
static READERS: RwLock<Vec<Arc<AtomicU64>>> = RwLock::new(Vec::new());
static RETIRED: Mutex<Vec<Retired>> = Mutex::new(Vec::new());
/// Length of `RETIRED`, to look at without the lock.
static WAITING: AtomicUsize = AtomicUsize::new(0);

struct Retired {
    era: u64,
    _thing: Thing,
}

#[expect(dead_code, reason = "held to be dropped")]
enum Thing {
    Value(Value),
    Boxed(Box<dyn Any + Send>),
}

/// Drops a value after every worker has passed a scheduling point. From any thread.
pub fn retire(value: Value) {
    if value.header().is_some_and(|header| !header.is_immortal()) {
        value.publish();
        add(Thing::Value(value));
    }
}

/// Drops anything after every worker has passed a scheduling point. From any thread.
pub fn retire_boxed(thing: Box<dyn Any + Send>) {
    add(Thing::Boxed(thing));
}

fn add(thing: Thing) {
    // The new era begins after the thing has left its cell.
    let era = ERA.fetch_add(1, Ordering::SeqCst);
    let mut retired = RETIRED.lock();
    retired.push(Retired { era, _thing: thing });
    let waiting = retired.len();
    WAITING.store(waiting, Ordering::Relaxed);
    drop(retired);
    if waiting.is_multiple_of(BATCH) {
        collect();
    }
}

/// Drops what no reader can be looking at any more.
pub(crate) fn collect() {
    if WAITING.load(Ordering::Relaxed) == 0 {
        return;
    }
    fence(Ordering::SeqCst);
    let eras = READERS
        .read()
        .iter()
        .map(|reader| reader.load(Ordering::Acquire))
        .min();
    let safe_before = eras.unwrap_or(AWAY);
    let mut retired = RETIRED.lock();
    // Threads may have entered the list in another order than their eras.
    let (free, kept) = std::mem::take(&mut *retired)
        .into_iter()
        .partition(|r| r.era < safe_before);
    *retired = kept;
    WAITING.store(retired.len(), Ordering::Relaxed);
    drop(retired);
    let free: Vec<Retired> = free;
    drop(free);
}

/// A thread's place among the readers.
pub(crate) struct Reader(Arc<AtomicU64>);

impl Reader {
    /// Enters the calling thread, away.
    pub(crate) fn new() -> Reader {
        let era = Arc::new(AtomicU64::new(AWAY));
        READERS.write().push(era.clone());
        Reader(era)
    }

    /// A scheduling point: the thread holds nothing uncounted from any cell.
    #[inline]
    pub(crate) fn tick(&self) {
        self.0.store(ERA.load(Ordering::SeqCst), Ordering::Release);
    }

    /// The thread is about to read; also after it was away.
    pub(crate) fn enter(&self) {
        self.tick();
        fence(Ordering::SeqCst);
    }

    /// The thread reads nothing until it enters again.
    pub(crate) fn leave(&self) {
        self.0.store(AWAY, Ordering::Release);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS
            .write()
            .retain(|reader| !Arc::ptr_eq(reader, &self.0));
    }
}

thread_local! {
    static PINNED: Cell<u32> = const { Cell::new(0) };
    static OWN: Reader = Reader::new();
}

/// Tells that the calling thread is a worker, which is always among the readers.
pub(crate) fn mark_worker() {
    PINNED.set(1);
}

/// While it lives, the thread may read shared cells. Threads that are not workers need one;
/// keep it short.
#[derive(Debug)]
pub struct Pin(std::marker::PhantomData<*const ()>);

/// Lets the calling thread read shared cells. Nests; costs nothing on workers.
pub fn pin() -> Pin {
    let depth = PINNED.get();
    PINNED.set(depth + 1);
    if depth == 0 {
        OWN.with(Reader::enter);
    }
    Pin(std::marker::PhantomData)
}

impl Drop for Pin {
    fn drop(&mut self) {
        let depth = PINNED.get() - 1;
        PINNED.set(depth);
        if depth == 0 {
            OWN.with(Reader::leave);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    struct Bell(Arc<AtomicBool>);

    impl Drop for Bell {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn nothing_is_dropped_while_a_reader_of_its_era_is_inside() {
        let reader = Reader::new();
        reader.enter();
        let dropped = Arc::new(AtomicBool::new(false));
        retire_boxed(Box::new(Bell(dropped.clone())));
        collect();
        assert!(!dropped.load(Ordering::SeqCst));
        reader.tick();
        // Other tests of the process may have readers inside; each leaves soon.
        while !dropped.load(Ordering::SeqCst) {
            collect();
            std::thread::yield_now();
        }
        drop(reader);
    }

    #[test]
    fn a_pin_counts_like_a_reader_and_nests() {
        let dropped = Arc::new(AtomicBool::new(false));
        let outer = pin();
        let inner = pin();
        retire_boxed(Box::new(Bell(dropped.clone())));
        drop(inner);
        collect();
        assert!(!dropped.load(Ordering::SeqCst));
        drop(outer);
        while !dropped.load(Ordering::SeqCst) {
            collect();
            std::thread::yield_now();
        }
    }
}
