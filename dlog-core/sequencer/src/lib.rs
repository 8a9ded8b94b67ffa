//! Counters and identifiers that never repeat, and the device they are kept on.
//!
//! [`Counter`] hands out 1, 2, 3 … and never the same number twice, through a killed process and a
//! power cut; it may skip. [`Snowflake`] makes time-ordered 64-bit identifiers under the same
//! promise. Both keep one small [`state file`](StateFile) on a [`Device`](device::Device), which is
//! also what the log above stores everything on: no other part of DLog touches a file.

pub mod device;

mod checksum;
mod counter;
mod state_file;
mod unique_id;

pub use checksum::crc32c;
pub use counter::{BLOCK_MAX, BLOCK_MIN, Counter, CounterError, CounterOptions, Mode};
pub use state_file::{MAXIMUM_STEP, StateError, StateFile, SyncLevel, look_at_slots};
pub use unique_id::{DEFAULT_EPOCH_MS, Snowflake, SnowflakeError, SnowflakeId, SnowflakeOptions};
