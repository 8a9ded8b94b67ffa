//! The only door to storage: files and directories as DLog sees them.
//!
//! Paths are relative to the device's root and use `/`. A write is durable after `sync_data` on its
//! file *and*, for a file that is new or renamed, `sync_dir` on its directory. Add another device
//! (an encrypted one, a remote one) as a sibling of `file`, `memory` and `faulty`.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub mod faulty;
mod file;
mod memory;

pub use file::FileDevice;
pub use memory::MemoryDevice;

/// How a file is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// A file that must not exist yet, for reading and writing.
    CreateNew,
}

/// Why a lock was not had.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else has it; the text names them.
    Held(String),
    /// The lock file could not be used at all.
    Io(io::Error),
}

/// A held lock; dropping it gives it back.
pub trait DeviceLock: Send + Sync + Debug {
    /// Whether it still keeps others out: a lock file that somebody deleted does not.
    fn is_held(&self) -> bool {
        true
    }
}

/// A place that holds files.
pub trait Device: Send + Sync + Debug {
    /// Opens or creates a file.
    ///
    /// # Errors
    /// What the system says: the file is missing, or is there already, or is not ours.
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn DeviceFile>>;

    /// Whether a file of this name is there.
    ///
    /// # Errors
    /// The directory could not be read.
    fn exists(&self, path: &str) -> io::Result<bool>;

    /// Gives a file a new name, replacing what has that name.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file's name away; open handles keep its content.
    ///
    /// # Errors
    /// What the system says; a missing file is an error.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// The names of the files of a directory, sorted; a missing directory has none.
    ///
    /// # Errors
    /// The directory could not be read.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes a directory and those above it, durably; no error if it is there.
    ///
    /// # Errors
    /// What the system says.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Makes the names of a directory durable.
    ///
    /// # Errors
    /// The sync failed: nothing is known of names changed since the last good one.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Takes the exclusive lock of this name without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] names the holder.
    fn lock(&self, path: &str) -> Result<Box<dyn DeviceLock>, LockError>;

    /// Whether files gain from being written ahead of use (a disk does, memory does not).
    fn prewrites(&self) -> bool;

    /// Bytes that may still be written, where that is known.
    ///
    /// # Errors
    /// What the system says.
    fn free_bytes(&self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    /// The directory on disk, where there is one.
    fn root(&self) -> Option<&Path>;
}

/// An open file; every access names its position, so that handles can be shared.
pub trait DeviceFile: Send + Sync + Debug {
    /// Reads up to `buffer.len()` bytes; fewer only at the end of the file.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// Writes all of `bytes`, growing the file if need be.
    ///
    /// # Errors
    /// What the system says; some of the bytes may have been written.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;

    /// Makes content and length durable.
    ///
    /// # Errors
    /// The sync failed: nothing is known of what was written since the last good one, and a
    /// second try proves nothing.
    fn sync_data(&self) -> io::Result<()>;

    /// The length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn length(&self) -> io::Result<u64>;

    /// Cuts or extends (with zeros) the file.
    ///
    /// # Errors
    /// What the system says.
    fn set_length(&self, length: u64) -> io::Result<()>;
}

/// Fills `buffer` from `position` or fails with `UnexpectedEof`.
///
/// # Errors
/// The file ends before the buffer is full, or the system failed.
pub fn read_exact_at(file: &dyn DeviceFile, buffer: &mut [u8], position: u64) -> io::Result<()> {
    let count = file.read_at(buffer, position)?;
    if count == buffer.len() {
        return Ok(());
    }
    let text = format!("{count} of {} bytes at {position}", buffer.len());
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, text))
}

/// The directory part of a path; the root is the empty string.
#[must_use]
pub fn parent_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Reads with `read` until the buffer is full or the file ends: systems may give less than was asked
/// for, and be interrupted.
fn read_full(
    buffer: &mut [u8],
    position: u64,
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(&mut buffer[filled..], position + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes with `write` until all is written.
fn write_full(
    bytes: &[u8],
    position: u64,
    mut write: impl FnMut(&[u8], u64) -> io::Result<usize>,
) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match write(&bytes[done..], position + done as u64) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero)),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
