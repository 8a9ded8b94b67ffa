//! The real device: a directory of the file system, and the one place of DLog that touches files.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "everything else goes through here"
)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Dir, FileType};

use super::{Device, DeviceFile, DeviceLock, LockError, OpenMode, read_full, write_full};

/// Files below one directory.
#[derive(Debug)]
pub struct FileDevice {
    root: PathBuf,
}

impl FileDevice {
    /// A device on `root`, which is made when the first directory is.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Device for FileDevice {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn DeviceFile>> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(mode != OpenMode::Read)
            .create_new(mode == OpenMode::CreateNew);
        Ok(Arc::new(DiskFile {
            file: options.open(self.root.join(path))?,
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.root.join(path).try_exists()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let opened = match File::open(self.root.join(dir)) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        // Not the standard library's iterator, which panics when closing the directory fails.
        let mut names = Vec::new();
        for entry in Dir::read_from(&opened)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = match entry.file_type() {
                FileType::Unknown => self.root.join(dir).join(&name).is_file(),
                found => found == FileType::RegularFile,
            };
            if is_file {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        make_dirs(&self.root.join(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.root.join(dir))?.sync_all()
    }

    fn lock(&self, path: &str) -> Result<Box<dyn DeviceLock>, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.root.join(path))
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(read_holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        file.set_len(0).map_err(LockError::Io)?;
        let holder = format!("process {}", std::process::id());
        file.write_all(holder.as_bytes()).map_err(LockError::Io)?;
        Ok(Box::new(DiskLock { file }))
    }

    fn prewrites(&self) -> bool {
        true
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        let system = rustix::fs::statvfs(&self.root)?;
        Ok(Some(system.f_bavail.saturating_mul(system.f_frsize)))
    }

    fn root(&self) -> Option<&Path> {
        Some(&self.root)
    }
}

/// Makes a directory and those above it; a name is durable only when the directory it stands in is
/// synced, so each new one's parent is.
fn make_dirs(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or(Path::new(""));
    make_dirs(parent)?;
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        other => other?,
    }
    let named = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    match File::open(named).and_then(|parent| parent.sync_all()) {
        // A directory that may not be read, such as one above a home, is not ours to sync.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Who has the lock, as far as the lock file tells.
fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}

/// The lock lasts as long as the open file, so it ends with the process, however that ends.
#[derive(Debug)]
struct DiskLock {
    file: File,
}

impl DeviceLock for DiskLock {
    fn is_held(&self) -> bool {
        rustix::fs::fstat(&self.file).is_ok_and(|stat| stat.st_nlink > 0)
    }
}

#[derive(Debug)]
struct DiskFile {
    file: File,
}

impl DeviceFile for DiskFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        read_full(buffer, position, |buffer, at| self.file.read_at(buffer, at))
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        write_full(bytes, position, |bytes, at| self.file.write_at(bytes, at))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
}
