//! The Obelisk counter: 1, 2, 3 … and no number twice.
//!
//! A ceiling is made durable first and numbers below it are handed out from memory, so most calls
//! are one atomic step. After a crash the counter continues at the ceiling; a clean close gives the
//! rest back. Blocks double from [`BLOCK_MIN`] to [`BLOCK_MAX`], so that a counter that is used
//! little skips little.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::device::Device;
use crate::state_file::{MAXIMUM_STEP, StateError, StateFile, SyncLevel};

/// The first block leased after an opening.
pub const BLOCK_MIN: u64 = 64;
/// The largest block leased at once, and the most numbers of one [`Counter::reserve`].
pub const BLOCK_MAX: u64 = 1 << 20;

/// What `last` is once the counter is closed; no addition gets past it.
const CLOSED: u64 = u64::MAX;

// A lease is one block plus one reservation beyond the ceiling.
const _: () = assert!(BLOCK_MAX * 2 <= MAXIMUM_STEP);

/// How much is made durable ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Blocks: a crash skips at most one.
    #[default]
    Leased,
    /// Every number on its own: a crash skips nothing that was not being handed out.
    Strict,
}

/// How a counter is opened.
#[derive(Debug, Clone, Copy)]
pub struct CounterOptions {
    /// How much is made durable ahead.
    pub mode: Mode,
    /// What the counter survives.
    pub level: SyncLevel,
    /// Whether a missing counter is started at zero.
    pub create: bool,
}

impl Default for CounterOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Leased,
            level: SyncLevel::Power,
            create: true,
        }
    }
}

/// Why no number was handed out.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The state file failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A reservation of nothing or of more than [`BLOCK_MAX`].
    #[error("cannot reserve {asked} numbers at once; ask for 1 to {BLOCK_MAX}")]
    Reservation {
        /// How many were asked for.
        asked: u64,
    },
    /// The counter was closed.
    #[error("the counter is closed; open it again")]
    Closed,
    /// There are no more 64-bit numbers.
    #[error("the counter has come to the end of its numbers; begin another one")]
    Exhausted,
}

/// A counter whose numbers never repeat.
#[derive(Debug)]
pub struct Counter {
    /// The last number handed out.
    last: AtomicU64,
    /// No number above this one is handed out; the state file holds at least this.
    ceiling: AtomicU64,
    closed_at: AtomicU64,
    mode: Mode,
    lease: Mutex<Option<Lease>>,
}

#[derive(Debug)]
struct Lease {
    state: StateFile,
    block: u64,
}

impl Counter {
    /// Opens the counter kept at `path`.
    ///
    /// # Errors
    /// The file is locked, damaged, missing without `create`, or the device failed.
    pub fn open(
        device: &Arc<dyn Device>,
        path: &str,
        options: CounterOptions,
    ) -> Result<Self, CounterError> {
        let state = StateFile::open(device.as_ref(), path, options.level, options.create)?;
        let start = state.ceiling();
        Ok(Self {
            last: AtomicU64::new(start),
            ceiling: AtomicU64::new(start),
            closed_at: AtomicU64::new(start),
            mode: options.mode,
            lease: Mutex::new(Some(Lease {
                state,
                block: BLOCK_MIN,
            })),
        })
    }

    /// The next number: the value after the addition.
    ///
    /// # Errors
    /// The lease could not be extended; no number was handed out.
    pub fn increment(&self) -> Result<u64, CounterError> {
        self.take(1)
    }

    /// The next `count` numbers at once.
    ///
    /// # Errors
    /// As [`increment`](Self::increment), and for a count of none or too many.
    pub fn reserve(&self, count: u64) -> Result<Range<u64>, CounterError> {
        if count == 0 || count > BLOCK_MAX {
            return Err(CounterError::Reservation { asked: count });
        }
        let last = self.take(count)?;
        Ok(last + 1 - count..last + 1)
    }

    /// The last number handed out or skipped.
    #[must_use]
    pub fn value(&self) -> u64 {
        match self.last.load(Ordering::SeqCst) {
            CLOSED => self.closed_at.load(Ordering::SeqCst),
            last => last,
        }
    }

    /// Gives the unused rest of the lease back and releases the file; later calls fail.
    ///
    /// # Errors
    /// The rest could not be given back; numbers will be skipped, none repeated.
    pub fn close(&self) -> Result<(), CounterError> {
        let Some(mut lease) = self.lease.lock().take() else {
            return Ok(());
        };
        // `last` stays CLOSED for good: were it put back, a thread that read it before could still
        // take a number that has been given back.
        let last = self.last.swap(CLOSED, Ordering::SeqCst);
        self.closed_at.store(last, Ordering::SeqCst);
        if last < lease.state.ceiling() {
            lease.state.write_ceiling(last)?;
        }
        Ok(())
    }

    /// Takes `count` numbers; the last of them.
    fn take(&self, count: u64) -> Result<u64, CounterError> {
        loop {
            if let Some(last) = self.take_leased(count) {
                return Ok(last);
            }
            self.extend(count)?;
        }
    }

    fn take_leased(&self, count: u64) -> Option<u64> {
        let step = |last: u64| {
            let next = last.checked_add(count)?;
            (next <= self.ceiling.load(Ordering::SeqCst)).then_some(next)
        };
        self.last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, step)
            .ok()
            .map(|last| last + count)
    }

    #[cold]
    fn extend(&self, count: u64) -> Result<(), CounterError> {
        let mut guard = self.lease.lock();
        let lease = guard.as_mut().ok_or(CounterError::Closed)?;
        let last = self.last.load(Ordering::SeqCst);
        let next = last.checked_add(count).ok_or(CounterError::Exhausted)?;
        if next <= self.ceiling.load(Ordering::SeqCst) {
            return Ok(());
        }
        let ahead = match self.mode {
            Mode::Leased => lease.block.max(count),
            Mode::Strict => count,
        };
        // The largest number stands for a counter that was closed.
        let ceiling = last.saturating_add(ahead).min(CLOSED - 1);
        if next > ceiling {
            return Err(CounterError::Exhausted);
        }
        lease.state.write_ceiling(ceiling)?;
        lease.block = (lease.block * 2).min(BLOCK_MAX);
        self.ceiling.store(ceiling, Ordering::SeqCst);
        Ok(())
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "a counter could not give its lease back: numbers will be skipped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{FileDevice, MemoryDevice};
    use std::collections::BTreeSet;

    fn open(device: &MemoryDevice, mode: Mode) -> Result<Counter, CounterError> {
        let device: Arc<dyn Device> = Arc::new(device.clone());
        Counter::open(
            &device,
            "counters/a",
            CounterOptions {
                mode,
                ..CounterOptions::default()
            },
        )
    }

    #[test]
    fn the_last_numbers_end_with_an_error() {
        let device: Arc<dyn Device> = Arc::new(MemoryDevice::new());
        let mut state = StateFile::open(device.as_ref(), "c", SyncLevel::Power, true).unwrap();
        state.write_ceiling(u64::MAX - 3).unwrap();
        drop(state);
        for mode in [Mode::Strict, Mode::Leased] {
            let options = CounterOptions {
                mode,
                ..CounterOptions::default()
            };
            let counter = Counter::open(&device, "c", options).unwrap();
            if mode == Mode::Strict {
                assert_eq!(counter.increment().unwrap(), u64::MAX - 2);
                assert_eq!(counter.reserve(1).unwrap(), u64::MAX - 1..u64::MAX);
            }
            assert!(matches!(counter.increment(), Err(CounterError::Exhausted)));
            assert!(matches!(counter.reserve(9), Err(CounterError::Exhausted)));
        }
    }

    #[test]
    fn counts_from_one_and_gives_the_rest_back() {
        let device = MemoryDevice::new();
        let counter = open(&device, Mode::Leased).unwrap();
        assert_eq!(
            (1..=100)
                .map(|_| counter.increment().unwrap())
                .collect::<Vec<_>>(),
            (1..=100).collect::<Vec<_>>()
        );
        assert_eq!(counter.reserve(5).unwrap(), 101..106);
        assert_eq!(counter.value(), 105);
        drop(counter);
        assert_eq!(
            open(&device, Mode::Leased).unwrap().increment().unwrap(),
            106
        );
    }

    #[test]
    fn a_crash_skips_but_never_repeats() {
        let mut device = MemoryDevice::new();
        let mut seen = BTreeSet::new();
        for round in 0..20 {
            let counter = open(&device, Mode::Leased).unwrap();
            for _ in 0..round * 17 {
                assert!(seen.insert(counter.increment().unwrap()));
            }
            device = device.image();
            drop(counter);
        }
    }

    #[test]
    fn strict_skips_nothing_in_a_crash() {
        let device = MemoryDevice::new();
        let counter = open(&device, Mode::Strict).unwrap();
        for expected in 1..=10 {
            assert_eq!(counter.increment().unwrap(), expected);
        }
        let image = device.image();
        assert_eq!(open(&image, Mode::Strict).unwrap().increment().unwrap(), 11);
    }

    #[test]
    fn a_second_handle_is_refused_and_a_closed_one_fails() {
        let device = MemoryDevice::new();
        let counter = open(&device, Mode::Leased).unwrap();
        let second = open(&device, Mode::Leased).unwrap_err();
        assert!(matches!(
            second,
            CounterError::State(StateError::Locked { .. })
        ));
        counter.close().unwrap();
        assert!(matches!(counter.increment(), Err(CounterError::Closed)));
        assert!(matches!(
            counter.reserve(0),
            Err(CounterError::Reservation { .. })
        ));
    }

    #[test]
    fn threads_share_without_repeating() {
        let device = MemoryDevice::new();
        let counter = open(&device, Mode::Leased).unwrap();
        let lists: Vec<Vec<u64>> = std::thread::scope(|scope| {
            let run = || (0..5000).map(|_| counter.increment().unwrap()).collect();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let all: BTreeSet<u64> = lists.into_iter().flatten().collect();
        assert_eq!(all, (1..=40_000).collect());
    }

    #[test]
    fn lives_on_a_real_disk() {
        let dir = tempfile::tempdir().unwrap();
        let device: Arc<dyn Device> = Arc::new(FileDevice::new(dir.path()));
        let counter = Counter::open(&device, "counters/n", CounterOptions::default()).unwrap();
        assert_eq!(counter.increment().unwrap(), 1);
        let second = Counter::open(&device, "counters/n", CounterOptions::default()).unwrap_err();
        assert!(
            second
                .to_string()
                .contains(&format!("process {}", std::process::id())),
            "{second}"
        );
        drop(counter);
        let counter = Counter::open(&device, "counters/n", CounterOptions::default()).unwrap();
        assert_eq!(counter.increment().unwrap(), 2);
    }
}
