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
pub use counter::{Counter, CounterError, CounterOptions, Mode, BLOCK_MAX, BLOCK_MIN};
pub use state_file::{StateError, StateFile, SyncLevel, MAXIMUM_STEP};
pub use unique_id::{Snowflake, SnowflakeError, SnowflakeId, SnowflakeOptions, DEFAULT_EPOCH_MS};
