//! What a disk holds and what is still on its way to it.
//!
//! Every file has two contents: what readers see, and what a power cut leaves; between them stand
//! the changes made since the last sync, in their order. The names of a directory are kept the same
//! way until the directory is synced. A power cut asks for the fate of every change that stands
//! between, so that any order and any tearing can be had.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::device::{MemoryDevice, parent_of};

/// A file, whatever its name.
pub type FileId = u64;

/// What became of one change that was not synced when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It reached the disk.
    Kept,
    /// It did not.
    Lost,
    /// Only this many of its first bytes did; of a name or a length, none.
    Torn(usize),
    /// The file got its new length but not the bytes: zeros stand there. Of a name: kept.
    LengthOnly,
}

/// A change that is not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// Bytes of a file, so many.
    Write(usize),
    /// A file's length.
    Length,
    /// A name given, taken or changed.
    Name,
}

/// One thing that was done to the disk.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Bytes were written.
    Write {
        /// The file.
        file: FileId,
        /// Where.
        position: u64,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// A file was cut or extended.
    SetLength {
        /// The file.
        file: FileId,
        /// Its new length.
        length: u64,
    },
    /// A file was synced.
    Sync {
        /// The file.
        file: FileId,
    },
    /// A sync failed: what was not synced is off the list of what to write, and was not written.
    FailedSync {
        /// The file.
        file: FileId,
    },
    /// A file was made.
    Create {
        /// Its name.
        path: String,
        /// The file.
        file: FileId,
    },
    /// A file was given another name.
    Rename {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// A name was taken away.
    Remove {
        /// The name.
        path: String,
    },
    /// A directory was synced.
    SyncDir {
        /// The directory.
        dir: String,
    },
}

#[derive(Debug, Clone)]
enum Change {
    Write { position: u64, bytes: Arc<[u8]> },
    Length(u64),
}

#[derive(Debug, Clone)]
enum NameChange {
    Create { path: String, file: FileId },
    Rename { from: String, to: String },
    Remove { path: String },
}

#[derive(Debug, Clone, Default)]
struct Inode {
    content: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    files: BTreeMap<FileId, Inode>,
    names: BTreeMap<String, FileId>,
    durable_names: BTreeMap<String, FileId>,
    unsynced_names: Vec<NameChange>,
}

fn put(content: &mut Vec<u8>, position: u64, bytes: &[u8]) {
    // Positions come from files in memory, so they are within usize.
    let start = position as usize;
    let end = start + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(bytes);
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { position, bytes } => put(content, *position, bytes),
            Self::Length(length) => content.resize(*length as usize, 0),
        }
    }

    fn kind(&self) -> Unsynced {
        match self {
            Self::Write { bytes, .. } => Unsynced::Write(bytes.len()),
            Self::Length(_) => Unsynced::Length,
        }
    }

    fn suffer(&self, fate: Fate, content: &mut Vec<u8>) {
        match (self, fate) {
            (_, Fate::Lost) | (Self::Length(_), Fate::Torn(_)) => {}
            (_, Fate::Kept) | (Self::Length(_), Fate::LengthOnly) => self.apply(content),
            (Self::Write { position, bytes }, Fate::Torn(count)) => {
                put(content, *position, &bytes[..count.min(bytes.len())]);
            }
            (Self::Write { position, bytes }, Fate::LengthOnly) => {
                let end = *position as usize + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
            }
        }
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, FileId>) {
        match self {
            Self::Create { path, file } => {
                names.insert(path.clone(), *file);
            }
            Self::Rename { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove { path } => {
                names.remove(path);
            }
        }
    }

    fn paths(&self) -> [&str; 2] {
        match self {
            Self::Create { path, .. } | Self::Remove { path } => [path, path],
            Self::Rename { from, to } => [from, to],
        }
    }
}

impl Disk {
    /// A disk on which all of these files are safe.
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut disk = Self::default();
        for (file, (path, content)) in (0..).zip(files) {
            let inode = Inode {
                durable: content.clone(),
                content,
                unsynced: Vec::new(),
            };
            disk.files.insert(file, inode);
            disk.names.insert(path.clone(), file);
            disk.durable_names.insert(path, file);
        }
        disk
    }

    /// Does one thing. What cannot be done to this disk changes nothing.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Write {
                file,
                position,
                bytes,
            } => self.change(
                *file,
                Change::Write {
                    position: *position,
                    bytes: bytes.clone(),
                },
            ),
            Operation::SetLength { file, length } => self.change(*file, Change::Length(*length)),
            Operation::Sync { file } => {
                if let Some(inode) = self.files.get_mut(file) {
                    for change in inode.unsynced.drain(..) {
                        change.apply(&mut inode.durable);
                    }
                }
            }
            Operation::FailedSync { file } => {
                if let Some(inode) = self.files.get_mut(file) {
                    inode.unsynced.clear();
                }
            }
            Operation::Create { path, file } => {
                self.files.insert(*file, Inode::default());
                self.change_name(NameChange::Create {
                    path: path.clone(),
                    file: *file,
                });
            }
            Operation::Rename { from, to } => self.change_name(NameChange::Rename {
                from: from.clone(),
                to: to.clone(),
            }),
            Operation::Remove { path } => {
                self.change_name(NameChange::Remove { path: path.clone() })
            }
            Operation::SyncDir { dir } => self.sync_dir(dir),
        }
    }

    fn change(&mut self, file: FileId, change: Change) {
        if let Some(inode) = self.files.get_mut(&file) {
            change.apply(&mut inode.content);
            inode.unsynced.push(change);
        }
    }

    fn change_name(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn sync_dir(&mut self, dir: &str) {
        let durable = &mut self.durable_names;
        self.unsynced_names.retain(|change| {
            let is_here = parent_of(change.paths()[1]) == dir;
            if is_here {
                change.apply(durable);
            }
            !is_here
        });
    }

    /// The file of a name.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.names.get(path).copied()
    }

    /// All names, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The bytes readers see in a file.
    ///
    /// # Errors
    /// There is no such file on this disk.
    pub fn content(&self, file: FileId) -> io::Result<&[u8]> {
        let inode = self.files.get(&file);
        inode.map(|inode| inode.content.as_slice()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("no file number {file}"))
        })
    }

    /// Changes bytes where they stand, synced and not, as a failing disk does.
    pub fn flip(&mut self, path: &str, position: u64, mask: u8) {
        let inode = self
            .names
            .get(path)
            .and_then(|file| self.files.get_mut(file));
        if let Some(inode) = inode {
            for content in [&mut inode.content, &mut inode.durable] {
                if let Some(byte) = content.get_mut(position as usize) {
                    *byte ^= mask;
                }
            }
        }
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        let named = self.names.values().filter_map(|file| self.files.get(file));
        named.map(|inode| inode.content.len() as u64).sum()
    }

    /// The changes that a power cut now decides on: names first, then files by number, each in the
    /// order they were made. [`power_cut`](Self::power_cut) asks in this order.
    #[must_use]
    pub fn unsynced(&self) -> Vec<Unsynced> {
        let names = self.unsynced_names.iter().map(|_| Unsynced::Name);
        let changes = self.files.values().flat_map(|inode| &inode.unsynced);
        names.chain(changes.map(Change::kind)).collect()
    }

    /// The files after a power cut, given the fate of each unsynced change; what has none is lost.
    #[must_use]
    pub fn power_cut(&self, fates: &[Fate]) -> MemoryDevice {
        let mut fates = fates.iter().copied().chain(std::iter::repeat(Fate::Lost));
        let mut names = self.durable_names.clone();
        let mut lost: Vec<&str> = Vec::new();
        for change in &self.unsynced_names {
            let fate = fates.next().unwrap_or(Fate::Lost);
            let paths = change.paths();
            let is_kept = matches!(fate, Fate::Kept | Fate::LengthOnly);
            // What follows on a name whose change is lost is lost with it.
            if is_kept && !paths.iter().any(|path| lost.contains(path)) {
                change.apply(&mut names);
            } else {
                lost.extend(paths);
            }
        }
        let mut contents: BTreeMap<FileId, Vec<u8>> = BTreeMap::new();
        for (file, inode) in &self.files {
            let mut content = inode.durable.clone();
            for change in &inode.unsynced {
                change.suffer(fates.next().unwrap_or(Fate::Lost), &mut content);
            }
            contents.insert(*file, content);
        }
        MemoryDevice::with_files(
            names
                .into_iter()
                .map(|(path, file)| (path, contents.get(&file).cloned().unwrap_or_default())),
        )
    }
}
