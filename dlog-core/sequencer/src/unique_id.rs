//! Time-ordered 64-bit identifiers: 41 bits of milliseconds, 10 of node, 12 of sequence.
//!
//! One word holds the last (millisecond, sequence); a step back of the clock or more than 4,096
//! identifiers in a millisecond borrow from the future instead of repeating. No identifier is beyond
//! the durable time lease, so a restart begins above everything that was handed out. Two generators
//! never agree as long as their node numbers differ; between nodes the order is only as good as
//! their clocks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::device::Device;
use crate::state_file::{StateError, StateFile, SyncLevel};

/// 2024-01-01T00:00:00Z; 41 bits last until 2093.
pub const DEFAULT_EPOCH_MS: i64 = 1_704_067_200_000;

const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const MS_MAX: u64 = (1 << 41) - 1;
/// How far ahead of use the lease is made durable: one sync in this time.
const LEASE_MS: u64 = 3_000;
/// How far identifiers may run ahead of the clock before it is an error.
const AHEAD_MS_MAX: u64 = 60_000;

/// How a generator is opened.
#[derive(Debug, Clone, Copy)]
pub struct SnowflakeOptions {
    /// This generator's number, 0 to 1023, different from every other's.
    pub node: u16,
    /// The millisecond (since 1970) that is zero in the identifiers.
    pub epoch_ms: i64,
    /// Whether a missing state file is started.
    pub create: bool,
}

impl Default for SnowflakeOptions {
    fn default() -> Self {
        Self {
            node: 0,
            epoch_ms: DEFAULT_EPOCH_MS,
            create: true,
        }
    }
}

/// Why no identifier was made.
#[derive(Debug, thiserror::Error)]
pub enum SnowflakeError {
    /// The state file failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A node number of more than ten bits.
    #[error("node {node} is out of range; use 0 to 1023")]
    Node {
        /// What was asked for.
        node: u16,
    },
    /// The clock is far behind what was already handed out.
    #[error(
        "the clock is {behind_ms} ms behind identifiers already handed out; set it right and try again"
    )]
    ClockBehind {
        /// By how much.
        behind_ms: u64,
    },
    /// The clock is before the generator's epoch or beyond its 41 bits.
    #[error("the clock does not fit the generator: {ms} ms after its epoch; set the clock right")]
    ClockOutOfRange {
        /// The clock, relative to the epoch.
        ms: i64,
    },
}

/// An identifier; positive, and ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnowflakeId(pub i64);

impl SnowflakeId {
    /// Milliseconds since the generator's epoch, node and sequence.
    #[must_use]
    pub fn parts(self) -> (u64, u16, u16) {
        // Never negative: the sign bit is not part of the layout.
        let bits = self.0 as u64;
        let node = (bits >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1);
        let sequence = bits & ((1 << SEQUENCE_BITS) - 1);
        (
            bits >> (NODE_BITS + SEQUENCE_BITS),
            node as u16,
            sequence as u16,
        )
    }
}

impl fmt::Display for SnowflakeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since 1970, as the generator sees them.
enum Clock {
    /// Asked without a detour: that is most of what an identifier costs.
    System,
    Given(Box<dyn Fn() -> i64 + Send + Sync>),
}

/// A generator of identifiers that never repeat.
pub struct Snowflake {
    /// Millisecond and sequence of the last identifier, as `ms << 12 | sequence`.
    last: AtomicU64,
    /// No identifier has this millisecond or a later one.
    lease_end: AtomicU64,
    state: Mutex<StateFile>,
    clock: Clock,
    options: SnowflakeOptions,
}

impl fmt::Debug for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snowflake")
            .field("last", &self.last)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Snowflake {
    /// Opens the generator kept at `path`, on the system's clock.
    ///
    /// # Errors
    /// The node number is out of range, or the state file cannot be used.
    pub fn open(
        device: &Arc<dyn Device>,
        path: &str,
        options: SnowflakeOptions,
    ) -> Result<Self, SnowflakeError> {
        Self::open_on(device, path, options, Clock::System)
    }

    /// As [`open`](Self::open), on a given clock (milliseconds since 1970).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with_clock(
        device: &Arc<dyn Device>,
        path: &str,
        options: SnowflakeOptions,
        clock: Box<dyn Fn() -> i64 + Send + Sync>,
    ) -> Result<Self, SnowflakeError> {
        Self::open_on(device, path, options, Clock::Given(clock))
    }

    fn open_on(
        device: &Arc<dyn Device>,
        path: &str,
        options: SnowflakeOptions,
        clock: Clock,
    ) -> Result<Self, SnowflakeError> {
        if options.node >= 1 << NODE_BITS {
            return Err(SnowflakeError::Node { node: options.node });
        }
        let state = StateFile::open(device.as_ref(), path, SyncLevel::Power, options.create)?;
        let start = state.ceiling();
        Ok(Self {
            last: AtomicU64::new(start << SEQUENCE_BITS),
            lease_end: AtomicU64::new(start),
            state: Mutex::new(state),
            clock,
            options,
        })
    }

    /// The next identifier, above every one before it.
    ///
    /// # Errors
    /// The clock is unusable or the lease could not be extended; none was made.
    pub fn next_id(&self) -> Result<SnowflakeId, SnowflakeError> {
        loop {
            let last = self.last.load(Ordering::SeqCst);
            let now = self.now()?;
            let next = (last + 1).max(now << SEQUENCE_BITS);
            let ms = next >> SEQUENCE_BITS;
            if ms > now + AHEAD_MS_MAX {
                return Err(SnowflakeError::ClockBehind {
                    behind_ms: ms - now,
                });
            }
            if ms >= self.lease_end.load(Ordering::SeqCst) {
                self.extend(ms)?;
                continue;
            }
            if self
                .last
                .compare_exchange_weak(last, next, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
            {
                return Ok(self.compose(next));
            }
        }
    }

    /// The time an identifier of this generator was made, in milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(&self, id: SnowflakeId) -> i64 {
        // 41 bits fit.
        self.options.epoch_ms + id.parts().0 as i64
    }

    fn compose(&self, word: u64) -> SnowflakeId {
        let (ms, sequence) = (word >> SEQUENCE_BITS, word & ((1 << SEQUENCE_BITS) - 1));
        let bits = (((ms << NODE_BITS) | u64::from(self.options.node)) << SEQUENCE_BITS) | sequence;
        // 63 bits: `now` keeps `ms` within 41.
        SnowflakeId(bits as i64)
    }

    /// Milliseconds since the generator's epoch.
    fn now(&self) -> Result<u64, SnowflakeError> {
        let ms = match &self.clock {
            Clock::System => system_clock_ms(),
            Clock::Given(clock) => clock(),
        };
        let ms = ms - self.options.epoch_ms;
        match u64::try_from(ms) {
            Ok(now) if now <= MS_MAX - AHEAD_MS_MAX => Ok(now),
            _ => Err(SnowflakeError::ClockOutOfRange { ms }),
        }
    }

    #[cold]
    fn extend(&self, ms: u64) -> Result<(), SnowflakeError> {
        let mut state = self.state.lock();
        if ms < self.lease_end.load(Ordering::SeqCst) {
            return Ok(());
        }
        state.write_ceiling(ms + LEASE_MS)?;
        self.lease_end.store(ms + LEASE_MS, Ordering::SeqCst);
        Ok(())
    }
}

fn system_clock_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 1_000 - 1);
    seconds.saturating_mul(1_000) + i64::from(since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::MemoryDevice;
    use std::sync::atomic::AtomicI64;

    fn open(device: &MemoryDevice, clock: &Arc<AtomicI64>) -> Snowflake {
        let device: Arc<dyn Device> = Arc::new(device.clone());
        let clock = clock.clone();
        let options = SnowflakeOptions {
            node: 5,
            ..SnowflakeOptions::default()
        };
        let now = Box::new(move || clock.load(Ordering::SeqCst) + DEFAULT_EPOCH_MS);
        Snowflake::open_with_clock(&device, "s", options, now).unwrap()
    }

    #[test]
    fn ascends_through_overflow_clock_steps_and_crashes() {
        let mut device = MemoryDevice::new();
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let mut last = SnowflakeId(0);
        for step in [0, 5, -50, 2, 100_000, -2_000] {
            clock.fetch_add(step, Ordering::SeqCst);
            let ids = open(&device, &clock);
            for _ in 0..10_000 {
                let id = ids.next_id().unwrap();
                assert!(id > last && id.parts().1 == 5);
                last = id;
            }
            device = device.image();
        }
    }

    #[test]
    fn follows_the_clock() {
        let clock = Arc::new(AtomicI64::new(77_000));
        let ids = open(&MemoryDevice::new(), &clock);
        assert_eq!(ids.next_id().unwrap().parts(), (77_000, 5, 0));
        assert_eq!(ids.next_id().unwrap().parts(), (77_000, 5, 1));
        clock.store(77_003, Ordering::SeqCst);
        let id = ids.next_id().unwrap();
        assert_eq!(
            (id.parts(), ids.unix_ms(id)),
            ((77_003, 5, 0), DEFAULT_EPOCH_MS + 77_003)
        );
    }

    #[test]
    fn a_clock_far_behind_is_an_error() {
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let ids = open(&MemoryDevice::new(), &clock);
        ids.next_id().unwrap();
        clock.store(1_000, Ordering::SeqCst);
        assert!(matches!(
            ids.next_id(),
            Err(SnowflakeError::ClockBehind { .. })
        ));
        clock.store(-1, Ordering::SeqCst);
        assert!(matches!(
            ids.next_id(),
            Err(SnowflakeError::ClockOutOfRange { .. })
        ));
    }
}
