//! A device in memory: for memory-only stores and for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::{Device, DeviceFile, DeviceLock, LockError, OpenMode, parent_of};

/// Files in memory; a clone is another view of the same files.
#[derive(Debug, Default, Clone)]
pub struct MemoryDevice {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
    locks: Mutex<BTreeSet<String>>,
}

impl MemoryDevice {
    /// An empty device.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A device that holds these files.
    #[must_use]
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let device = Self::new();
        *device.shared.files.lock() = files
            .into_iter()
            .map(|(path, bytes)| {
                let bytes = RwLock::new(bytes);
                (path, Arc::new(MemoryFile { bytes }))
            })
            .collect();
        device
    }

    /// All files with their content, by name.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.shared.files.lock();
        let copy = files
            .iter()
            .map(|(path, file)| (path.clone(), file.bytes.read().clone()));
        copy.collect()
    }

    /// A device with a copy of all files and no lock held: what a power cut would leave if every
    /// write had reached the disk.
    #[must_use]
    pub fn image(&self) -> Self {
        Self::with_files(self.files())
    }
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {path}"))
}

impl Device for MemoryDevice {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn DeviceFile>> {
        let mut files = self.shared.files.lock();
        match (files.get(path), mode) {
            (Some(_), OpenMode::CreateNew) => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{path} is there"),
            )),
            (Some(file), OpenMode::Read | OpenMode::Write) => Ok(file.clone()),
            (None, OpenMode::CreateNew) => {
                let file = Arc::new(MemoryFile::default());
                files.insert(path.to_owned(), file.clone());
                Ok(file)
            }
            (None, OpenMode::Read | OpenMode::Write) => Err(not_found(path)),
        }
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        Ok(self.shared.files.lock().contains_key(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.shared.files.lock();
        let file = files.remove(from).ok_or_else(|| not_found(from))?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.shared
            .files
            .lock()
            .remove(path)
            .map(drop)
            .ok_or_else(|| not_found(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let files = self.shared.files.lock();
        let names = files.keys().filter(|path| parent_of(path) == dir);
        Ok(names
            .map(|path| path.rsplit('/').next().unwrap_or(path).to_owned())
            .collect())
    }

    fn create_dir(&self, _dir: &str) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _dir: &str) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, path: &str) -> Result<Box<dyn DeviceLock>, LockError> {
        if !self.shared.locks.lock().insert(path.to_owned()) {
            return Err(LockError::Held("another handle of this process".to_owned()));
        }
        Ok(Box::new(MemoryLock {
            shared: self.shared.clone(),
            path: path.to_owned(),
        }))
    }

    fn prewrites(&self) -> bool {
        false
    }

    fn root(&self) -> Option<&Path> {
        None
    }
}

#[derive(Debug)]
struct MemoryLock {
    shared: Arc<Shared>,
    path: String,
}

impl DeviceLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.shared.locks.lock().remove(&self.path);
    }
}

#[derive(Debug, Default)]
struct MemoryFile {
    bytes: RwLock<Vec<u8>>,
}

impl DeviceFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let bytes = self.bytes.read();
        let start = usize::try_from(position).map_or(bytes.len(), |p| p.min(bytes.len()));
        let count = buffer.len().min(bytes.len() - start);
        buffer[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(count)
    }

    fn write_at(&self, new: &[u8], position: u64) -> io::Result<()> {
        let start = usize::try_from(position).map_err(io::Error::other)?;
        let end = start
            .checked_add(new.len())
            .ok_or_else(|| io::Error::other("file too long"))?;
        let mut bytes = self.bytes.write();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(new);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes.read().len() as u64)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.bytes.write().resize(length, 0);
        Ok(())
    }
}
