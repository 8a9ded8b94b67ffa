//! A device that fails as disks do: for tests of everything that must survive it.
//!
//! It keeps what was written apart from what was synced, so that at any time the power can be cut
//! and every unsynced change kept, lost or torn; it records all that is done to it; and it can be
//! told to fail: errors once or from now on, short and interrupted reads and writes, a full disk, a
//! sync that fails, drops what it should have written and reports that once to each open handle.
//! What a disk holds is in `disk`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{
    Device, DeviceFile, DeviceLock, LockError, OpenMode, parent_of, read_full, write_full,
};

mod disk;

pub use disk::{Disk, Fate, FileId, Operation, Unsynced};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// With an error of the device; nothing of it happens.
    Io,
    /// With the disk full; nothing of it happens.
    Full,
    /// Interrupted by a signal; the system's callers try again.
    Interrupted,
    /// Half of a read or write is done, without an error.
    Short,
    /// Half of a write is done, then an error of the device.
    Half,
}

/// Which operations fail, counted over all that touch the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The first that fails; the next one to come is 0.
    pub after: u64,
    /// How.
    pub failure: Failure,
    /// Whether all later ones fail too.
    pub is_lasting: bool,
}

/// What happened, in order.
#[derive(Debug, Clone)]
pub enum Step {
    /// Something was done to the disk.
    Done(Operation),
    /// The test got this far; see [`FaultyDevice::mark`].
    Mark(u64),
}

/// See the module. A clone is the same process on the same disk.
#[derive(Debug, Clone)]
pub struct FaultyDevice {
    shared: Arc<Mutex<State>>,
    /// Handles of a process that was killed do nothing any more.
    process: u64,
    prewrites: bool,
}

#[derive(Debug, Default)]
struct State {
    disk: Disk,
    next_file: FileId,
    trace: Vec<Step>,
    operations: u64,
    plan: Option<Plan>,
    /// Syncs that fail, counted over syncs of files: the next is 0.
    failing_sync: Option<u64>,
    capacity: Option<u64>,
    process: u64,
    locks: BTreeSet<String>,
    /// Open handles of each file that have not been told of a failed sync.
    untold: BTreeMap<FileId, BTreeSet<u64>>,
    handles: BTreeMap<FileId, BTreeSet<u64>>,
    next_handle: u64,
}

impl Default for FaultyDevice {
    fn default() -> Self {
        Self::over(Disk::default())
    }
}

impl FaultyDevice {
    /// A device on an empty disk that does not fail yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A device on a disk that holds something.
    #[must_use]
    pub fn over(disk: Disk) -> Self {
        let state = State {
            next_file: disk.paths().count() as u64,
            disk,
            ..State::default()
        };
        Self {
            shared: Arc::new(Mutex::new(state)),
            process: 0,
            prewrites: false,
        }
    }

    /// The same, for files that gain from being written ahead.
    #[must_use]
    pub fn prewriting(mut self) -> Self {
        self.prewrites = true;
        self
    }

    /// Kills the process: its handles do nothing any more, its locks are gone, what it wrote is
    /// still seen. The device of the next process.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut state = self.shared.lock();
        state.process += 1;
        state.locks.clear();
        state.handles.clear();
        state.untold.clear();
        Self {
            shared: self.shared.clone(),
            process: state.process,
            prewrites: self.prewrites,
        }
    }

    /// Has operations fail.
    pub fn fail(&self, plan: Plan) {
        self.shared.lock().plan = Some(plan);
    }

    /// Has a sync of a file fail: the next one after so many good ones.
    pub fn fail_sync(&self, after: u64) {
        self.shared.lock().failing_sync = Some(after);
    }

    /// Ends all failures.
    pub fn heal(&self) {
        let mut state = self.shared.lock();
        state.plan = None;
        state.failing_sync = None;
        state.capacity = None;
    }

    /// Bounds what all files may have together.
    pub fn set_capacity(&self, bytes: u64) {
        self.shared.lock().capacity = Some(bytes);
    }

    /// How many operations have touched the device.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.shared.lock().operations
    }

    /// Notes in the trace how far the test got.
    pub fn mark(&self, mark: u64) {
        self.shared.lock().trace.push(Step::Mark(mark));
    }

    /// All that was done so far.
    #[must_use]
    pub fn trace(&self) -> Vec<Step> {
        self.shared.lock().trace.clone()
    }

    /// The disk as it is now.
    #[must_use]
    pub fn disk(&self) -> Disk {
        self.shared.lock().disk.clone()
    }

    /// Flips bits of a byte, synced or not.
    pub fn flip(&self, path: &str, position: u64, mask: u8) {
        self.shared.lock().disk.flip(path, position, mask);
    }

    /// Counts an operation; how it fails, if it does.
    fn enter(&self, state: &mut State) -> io::Result<Option<Failure>> {
        if state.process != self.process {
            return Err(io::Error::other("this process was killed"));
        }
        state.operations += 1;
        let Some(plan) = &mut state.plan else {
            return Ok(None);
        };
        if plan.after > 0 {
            plan.after -= 1;
            return Ok(None);
        }
        let failure = plan.failure;
        if !plan.is_lasting {
            state.plan = None;
        }
        match failure {
            Failure::Io => Err(io::Error::from_raw_os_error(5)),
            Failure::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
            Failure::Interrupted | Failure::Short | Failure::Half => Ok(Some(failure)),
        }
    }

    /// Does something that has no halves. Such calls are repeated by the system's library when a
    /// signal interrupts them, so nobody hears of that.
    fn perform(&self, make: impl Fn(&mut State) -> io::Result<Operation>) -> io::Result<()> {
        let mut state = self.shared.lock();
        if self.enter(&mut state)? == Some(Failure::Half) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let operation = make(&mut state)?;
        state.record(operation);
        Ok(())
    }
}

impl State {
    fn record(&mut self, operation: Operation) {
        self.disk.apply(&operation);
        self.trace.push(Step::Done(operation));
    }

    fn new_handle(&mut self, file: FileId) -> u64 {
        self.next_handle += 1;
        self.handles
            .entry(file)
            .or_default()
            .insert(self.next_handle);
        self.next_handle
    }

    /// Room for so many bytes in a file, at most.
    fn room(&self, file: FileId, end: u64) -> io::Result<()> {
        let length = self.disk.content(file)?.len() as u64;
        let growth = end.saturating_sub(length);
        match self.capacity {
            Some(capacity) if growth > 0 && self.disk.used_bytes() + growth > capacity => {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            _ => Ok(()),
        }
    }
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {path}"))
}

impl Device for FaultyDevice {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn DeviceFile>> {
        let mut state = self.shared.lock();
        self.enter(&mut state)?;
        let file = match (state.disk.find(path), mode) {
            (Some(_), OpenMode::CreateNew) => {
                let text = format!("{path} is there");
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
            }
            (Some(file), OpenMode::Read | OpenMode::Write) => file,
            (None, OpenMode::CreateNew) => {
                state.next_file += 1;
                let file = state.next_file;
                state.record(Operation::Create {
                    path: path.to_owned(),
                    file,
                });
                file
            }
            (None, OpenMode::Read | OpenMode::Write) => return Err(not_found(path)),
        };
        let handle = state.new_handle(file);
        Ok(Arc::new(FaultyFile {
            device: self.clone(),
            file,
            handle,
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let mut state = self.shared.lock();
        self.enter(&mut state)?;
        Ok(state.disk.find(path).is_some())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.perform(|state| match state.disk.find(from) {
            Some(_) => Ok(Operation::Rename {
                from: from.to_owned(),
                to: to.to_owned(),
            }),
            None => Err(not_found(from)),
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.perform(|state| match state.disk.find(path) {
            Some(_) => Ok(Operation::Remove {
                path: path.to_owned(),
            }),
            None => Err(not_found(path)),
        })
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut state = self.shared.lock();
        self.enter(&mut state)?;
        let names = state.disk.paths().filter(|path| parent_of(path) == dir);
        Ok(names
            .map(|path| path.rsplit('/').next().unwrap_or(path).to_owned())
            .collect())
    }

    fn create_dir(&self, _dir: &str) -> io::Result<()> {
        self.enter(&mut self.shared.lock()).map(drop)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.perform(|_| {
            Ok(Operation::SyncDir {
                dir: dir.to_owned(),
            })
        })
    }

    fn lock(&self, path: &str) -> Result<Box<dyn DeviceLock>, LockError> {
        let mut state = self.shared.lock();
        self.enter(&mut state).map_err(LockError::Io)?;
        if !state.locks.insert(path.to_owned()) {
            return Err(LockError::Held("another handle of this process".to_owned()));
        }
        Ok(Box::new(FaultyLock {
            device: self.clone(),
            path: path.to_owned(),
        }))
    }

    fn prewrites(&self) -> bool {
        self.prewrites
    }

    fn root(&self) -> Option<&Path> {
        None
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        let state = self.shared.lock();
        let used = state.disk.used_bytes();
        Ok(state.capacity.map(|capacity| capacity.saturating_sub(used)))
    }
}

#[derive(Debug)]
struct FaultyLock {
    device: FaultyDevice,
    path: String,
}

impl DeviceLock for FaultyLock {
    fn is_held(&self) -> bool {
        self.device.shared.lock().locks.contains(&self.path)
    }
}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        let mut state = self.device.shared.lock();
        if state.process == self.device.process {
            state.locks.remove(&self.path);
        }
    }
}

#[derive(Debug)]
struct FaultyFile {
    device: FaultyDevice,
    file: FileId,
    handle: u64,
}

impl FaultyFile {
    fn interruptible(&self, state: &mut State) -> io::Result<Option<Failure>> {
        match self.device.enter(state)? {
            Some(Failure::Interrupted) => Err(io::Error::from(io::ErrorKind::Interrupted)),
            failure => Ok(failure),
        }
    }

    fn read_some(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut state = self.device.shared.lock();
        let failure = self.interruptible(&mut state)?;
        let content = state.disk.content(self.file)?;
        let start = usize::try_from(position).map_or(content.len(), |p| p.min(content.len()));
        let mut count = buffer.len().min(content.len() - start);
        if failure.is_some() && count > 1 {
            count /= 2;
        }
        buffer[..count].copy_from_slice(&content[start..start + count]);
        Ok(count)
    }

    fn write_some(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        let mut state = self.device.shared.lock();
        let failure = self.interruptible(&mut state)?;
        let count = match failure {
            Some(_) if bytes.len() > 1 => bytes.len() / 2,
            _ => bytes.len(),
        };
        state.room(self.file, position + count as u64)?;
        state.record(Operation::Write {
            file: self.file,
            position,
            bytes: bytes[..count].into(),
        });
        if failure == Some(Failure::Half) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(count)
    }

    /// Whether this sync is the one that fails; tells every open handle but this one later.
    fn fails(&self, state: &mut State) -> bool {
        match &mut state.failing_sync {
            Some(0) => {
                state.failing_sync = None;
                let mut others = state.handles.get(&self.file).cloned().unwrap_or_default();
                others.remove(&self.handle);
                state.untold.insert(self.file, others);
                true
            }
            Some(after) => {
                *after -= 1;
                false
            }
            None => false,
        }
    }
}

impl DeviceFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        read_full(buffer, position, |buffer, at| self.read_some(buffer, at))
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        write_full(bytes, position, |bytes, at| self.write_some(bytes, at))
    }

    fn sync_data(&self) -> io::Result<()> {
        let has_failed = Cell::new(false);
        self.device.perform(|state| {
            let was_untold = state
                .untold
                .get_mut(&self.file)
                .is_some_and(|untold| untold.remove(&self.handle));
            has_failed.set(self.fails(state) || was_untold);
            Ok(if has_failed.get() {
                Operation::FailedSync { file: self.file }
            } else {
                Operation::Sync { file: self.file }
            })
        })?;
        if has_failed.get() {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let mut state = self.device.shared.lock();
        self.device.enter(&mut state)?;
        Ok(state.disk.content(self.file)?.len() as u64)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.device.perform(|state| {
            state.room(self.file, length)?;
            Ok(Operation::SetLength {
                file: self.file,
                length,
            })
        })
    }
}

impl Drop for FaultyFile {
    fn drop(&mut self) {
        let mut state = self.device.shared.lock();
        if let Some(handles) = state.handles.get_mut(&self.file) {
            handles.remove(&self.handle);
        }
    }
}

#[cfg(test)]
mod tests;
