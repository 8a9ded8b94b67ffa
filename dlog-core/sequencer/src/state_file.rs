//! One durable number: two checked slots in turn, a lock, and a poison flag.
//!
//! The file holds the ceiling below which numbers may be handed out. A new ceiling goes to the slot
//! that does not hold the current one, so a torn write leaves the old ceiling readable. A slot that
//! cannot be read may have held a higher ceiling than the other: the state then continues
//! [`MAXIMUM_STEP`] above, further than one write can ever go, and skips instead of repeating.

use std::io;
use std::sync::Arc;

use crate::checksum::crc32c;
use crate::device::{Device, DeviceFile, DeviceLock, LockError, OpenMode, parent_of};

/// The furthest a single slot may be ahead of the other.
pub const MAXIMUM_STEP: u64 = 1 << 22;

const MAGIC: [u8; 4] = *b"DLct";
const FORMAT_VERSION: u16 = 1;
const SLOT_BYTES: usize = 32;
/// Slots stand in different sectors even on disks with 4 KiB ones.
const SLOT_DISTANCE: u64 = 4096;

/// When a new ceiling counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncLevel {
    /// Written to the operating system: survives a killed process.
    Process,
    /// Synced to the device: survives a power cut.
    #[default]
    Power,
}

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is no such file and none was to be created.
    #[error("there is no counter file {path}; open it with `create` to start one")]
    Missing {
        /// The file.
        path: String,
    },
    /// Another handle has it.
    #[error("{path} is in use by {holder}; close it there first")]
    Locked {
        /// The file.
        path: String,
        /// Who has it.
        holder: String,
    },
    /// The file is none of ours, or both slots are unreadable.
    #[error(
        "{path} is damaged: {text}; restore it from a backup and skip past every number handed out since"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        text: String,
    },
    /// A newer program wrote it.
    #[error(
        "{path} has format {version}, this program knows {FORMAT_VERSION}; use the program that wrote it"
    )]
    UnknownFormat {
        /// The file.
        path: String,
        /// What it says.
        version: u16,
    },
    /// An earlier sync failed: what is on the disk is unknown until the file is opened again.
    #[error("{path} had a failed sync; close and open it again")]
    Poisoned {
        /// The file.
        path: String,
    },
    /// The system failed.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    sequence: u64,
    ceiling: u64,
}

/// The file of one counter.
#[derive(Debug)]
pub struct StateFile {
    path: String,
    file: Arc<dyn DeviceFile>,
    current: Slot,
    level: SyncLevel,
    poisoned: bool,
    skipped: bool,
    _lock: Box<dyn DeviceLock>,
}

impl StateFile {
    /// Opens the file at `path`, or starts one at zero when `create` is set.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(
        device: &dyn Device,
        path: &str,
        level: SyncLevel,
        create: bool,
    ) -> Result<Self, StateError> {
        let io = |action| {
            move |source| StateError::Io {
                action,
                path: path.to_owned(),
                source,
            }
        };
        if create {
            device
                .create_dir(parent_of(path))
                .map_err(io("make the directory of"))?;
        } else if !device.exists(path).map_err(io("look for"))? {
            return Err(StateError::Missing {
                path: path.to_owned(),
            });
        }
        let lock = take_lock(device, path)?;
        if !device.exists(path).map_err(io("look for"))? {
            start_file(device, path).map_err(io("create"))?;
        } else if level == SyncLevel::Power {
            // Whoever made the file may have failed to make its name durable.
            device
                .sync_dir(parent_of(path))
                .map_err(io("sync the directory of"))?;
        }
        let file = device.open(path, OpenMode::Write).map_err(io("open"))?;
        let (current, skipped) = read_slots(file.as_ref(), path)?;
        let mut state = Self {
            path: path.to_owned(),
            file,
            current,
            level,
            poisoned: false,
            skipped,
            _lock: lock,
        };
        if skipped {
            tracing::warn!(
                path,
                ceiling = state.current.ceiling,
                "unreadable counter slot: numbers were skipped"
            );
            // Twice, so that both slots are good again.
            state.write_slot(state.current.ceiling)?;
            state.write_slot(state.current.ceiling)?;
        }
        Ok(state)
    }

    /// The ceiling in force.
    #[must_use]
    pub fn ceiling(&self) -> u64 {
        self.current.ceiling
    }

    /// Whether numbers were skipped at opening because a slot could not be read.
    #[must_use]
    pub fn has_skipped(&self) -> bool {
        self.skipped
    }

    /// Makes `ceiling` the one in force; it is durable to the file's level on return.
    ///
    /// # Errors
    /// After a failed write the old ceiling holds and the call may be repeated; after a failed sync
    /// the file is poisoned.
    pub fn write_ceiling(&mut self, ceiling: u64) -> Result<(), StateError> {
        if ceiling > self.current.ceiling.saturating_add(MAXIMUM_STEP) {
            // Too far for the other slot to vouch for: both must hold it before a number is used.
            self.write_slot(ceiling)?;
        }
        self.write_slot(ceiling)
    }

    fn write_slot(&mut self, ceiling: u64) -> Result<(), StateError> {
        if self.poisoned {
            return Err(StateError::Poisoned {
                path: self.path.clone(),
            });
        }
        let slot = Slot {
            sequence: self.current.sequence + 1,
            ceiling,
        };
        let io = |action, source| StateError::Io {
            action,
            path: self.path.clone(),
            source,
        };
        self.file
            .write_at(&encode_slot(slot), slot_position(slot.sequence))
            .map_err(|source| io("write", source))?;
        if self.level == SyncLevel::Power
            && let Err(source) = self.file.sync_data()
        {
            self.poisoned = true;
            return Err(io("sync", source));
        }
        self.current = slot;
        Ok(())
    }
}

fn take_lock(device: &dyn Device, path: &str) -> Result<Box<dyn DeviceLock>, StateError> {
    device
        .lock(&format!("{path}.lock"))
        .map_err(|error| match error {
            LockError::Held(holder) => StateError::Locked {
                path: path.to_owned(),
                holder,
            },
            LockError::Io(source) => StateError::Io {
                action: "lock",
                path: path.to_owned(),
                source,
            },
        })
}

/// Writes the whole file under another name first, so that a file that is there is complete.
fn start_file(device: &dyn Device, path: &str) -> io::Result<()> {
    let beside = format!("{path}.new");
    if device.exists(&beside)? {
        device.remove(&beside)?;
    }
    let file = device.open(&beside, OpenMode::CreateNew)?;
    for sequence in 0..2 {
        file.write_at(
            &encode_slot(Slot {
                sequence,
                ceiling: 0,
            }),
            slot_position(sequence),
        )?;
    }
    file.sync_data()?;
    device.rename(&beside, path)?;
    device.sync_dir(parent_of(path))
}

fn slot_position(sequence: u64) -> u64 {
    (sequence % 2) * SLOT_DISTANCE
}

fn encode_slot(slot: Slot) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..6].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes[8..16].copy_from_slice(&slot.sequence.to_le_bytes());
    bytes[16..24].copy_from_slice(&slot.ceiling.to_le_bytes());
    let sum = crc32c(&bytes[..28]);
    bytes[28..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// What a slot holds: `Ok(None)` for one that is not as it was written.
fn decode_slot(bytes: &[u8; SLOT_BYTES]) -> Result<Option<Slot>, u16> {
    let (body, sum) = bytes.split_at(28);
    if crc32c(body).to_le_bytes() != sum || body[..4] != MAGIC {
        return Ok(None);
    }
    let version = u16::from_le_bytes([body[4], body[5]]);
    if version != FORMAT_VERSION {
        return Err(version);
    }
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&body[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let slot = Slot {
        sequence: number(8),
        ceiling: number(16),
    };
    // No counter is written so often: the next sequences must have room.
    Ok((slot.sequence < u64::MAX - 8).then_some(slot))
}

/// What the file of a counter holds, read without taking it: the ceiling, where a slot can be read,
/// and the places of the slots that cannot.
///
/// # Errors
/// The file is of another format, or the system failed.
pub fn look_at_slots(
    device: &dyn Device,
    path: &str,
) -> Result<(Option<u64>, Vec<u64>), StateError> {
    let file = device
        .open(path, OpenMode::Read)
        .map_err(|source| StateError::Io {
            action: "open",
            path: path.to_owned(),
            source,
        })?;
    let slots = decode_slots(file.as_ref(), path)?;
    let ceiling = slots.iter().flatten().map(|slot| slot.ceiling).max();
    let damaged = (0..2).filter(|index| slots[*index as usize].is_none());
    Ok((ceiling, damaged.map(slot_position).collect()))
}

fn decode_slots(file: &dyn DeviceFile, path: &str) -> Result<[Option<Slot>; 2], StateError> {
    let mut slots = [None; 2];
    for (index, slot) in slots.iter_mut().enumerate() {
        let mut bytes = [0; SLOT_BYTES];
        file.read_at(&mut bytes, slot_position(index as u64))
            .map_err(|source| StateError::Io {
                action: "read",
                path: path.to_owned(),
                source,
            })?;
        let decoded = decode_slot(&bytes);
        *slot = decoded.map_err(|version| StateError::UnknownFormat {
            path: path.to_owned(),
            version,
        })?;
    }
    Ok(slots)
}

/// The slot in force, and whether it had to be guessed upwards.
fn read_slots(file: &dyn DeviceFile, path: &str) -> Result<(Slot, bool), StateError> {
    match decode_slots(file, path)? {
        [Some(even), Some(odd)] => Ok((
            if even.sequence > odd.sequence {
                even
            } else {
                odd
            },
            false,
        )),
        [Some(only), None] | [None, Some(only)] => {
            let ceiling = only.ceiling.saturating_add(MAXIMUM_STEP);
            // The lost slot had an adjoining sequence number; the next write must follow both.
            Ok((
                Slot {
                    sequence: only.sequence + 2,
                    ceiling,
                },
                true,
            ))
        }
        [None, None] => Err(StateError::Damaged {
            path: path.to_owned(),
            text: "neither slot is readable".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::MemoryDevice;
    use proptest::prelude::*;

    #[test]
    fn slots_take_turns_and_the_newest_wins() {
        let device = MemoryDevice::new();
        let mut state = StateFile::open(&device, "c", SyncLevel::Power, true).unwrap();
        for ceiling in [10, 20, 30] {
            state.write_ceiling(ceiling).unwrap();
        }
        drop(state);
        let state = StateFile::open(&device, "c", SyncLevel::Power, false).unwrap();
        assert_eq!(state.ceiling(), 30);
    }

    #[test]
    fn a_torn_slot_skips_and_never_repeats() {
        for torn in [0, SLOT_DISTANCE] {
            let device = MemoryDevice::new();
            let mut state = StateFile::open(&device, "c", SyncLevel::Power, true).unwrap();
            state.write_ceiling(100).unwrap();
            state.write_ceiling(200).unwrap();
            drop(state);
            device
                .open("c", OpenMode::Write)
                .unwrap()
                .write_at(b"torn", torn + 8)
                .unwrap();
            let state = StateFile::open(&device, "c", SyncLevel::Power, false).unwrap();
            assert!(state.ceiling() >= 200 && state.has_skipped());
            let ceiling = state.ceiling();
            drop(state);
            let state = StateFile::open(&device, "c", SyncLevel::Power, false).unwrap();
            assert_eq!((state.ceiling(), state.has_skipped()), (ceiling, false));
        }
    }

    #[test]
    fn a_missing_or_ruined_file_is_an_error() {
        let device = MemoryDevice::new();
        let missing = StateFile::open(&device, "c", SyncLevel::Power, false).unwrap_err();
        assert!(matches!(missing, StateError::Missing { .. }));
        device
            .open("c", OpenMode::CreateNew)
            .unwrap()
            .write_at(&[7; 9000], 0)
            .unwrap();
        let ruined = StateFile::open(&device, "c", SyncLevel::Power, true).unwrap_err();
        assert!(matches!(ruined, StateError::Damaged { .. }));
    }

    proptest! {
        #[test]
        fn hostile_slots_are_refused(bytes in proptest::array::uniform32(any::<u8>())) {
            prop_assert_eq!(decode_slot(&bytes), Ok(None));
        }
    }
}
