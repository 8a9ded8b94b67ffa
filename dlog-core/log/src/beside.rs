//! A reader beside the process that writes: it goes on reading the journal where it stopped.
//!
//! To look whether there is something new costs three short reads. What was committed is taken into
//! the logs that are open, commit by commit, as recovery does. Where the writer has sealed, or taken
//! back what it could not write whole, the reader must open the store again: its files may be gone.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use crate::commit::{Committer, Core};
use crate::error::OpenError;
use crate::frame::{self, Encoding, Frame, FrameError, HEADER_BYTES, decode_frame};
use crate::ids::{CommitNumber, StoreId};
use crate::journal::{Expected, FileHeader, HEADER_BLOCK, Replayed, path_of};
use crate::manifest;
use crate::recovery::Restored;
use crate::store::Store;
use dlog_sequencer::device::{Device, DeviceFile, OpenMode, read_exact_at};

/// What a reader found that looked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaughtUp {
    /// It has everything.
    Nothing,
    /// What was committed since is visible now.
    More,
    /// The store is to be opened again: its files are others.
    Outdated,
}

/// Where a reader stopped.
#[derive(Debug)]
pub(crate) struct Beside {
    store: StoreId,
    restored: Restored,
    generation: u64,
    position: u64,
    /// Where the last frame that was read begins, in the same file.
    last: Option<u64>,
    expected: Expected,
    file: Option<Arc<dyn DeviceFile>>,
    buffer: Vec<u8>,
}

impl Store {
    /// Takes in what the process that writes has committed since this store was opened to be read,
    /// or since the last call. A store that is open for writing has everything.
    ///
    /// # Errors
    /// A file cannot be read, or is of another format.
    pub fn catch_up(&self) -> Result<CaughtUp, OpenError> {
        let core = self.core();
        match core.beside.lock().as_mut() {
            Some(beside) => beside.catch_up(core),
            None => Ok(CaughtUp::Nothing),
        }
    }
}

impl Beside {
    /// Behind what an opening found.
    pub(crate) fn new(store: StoreId, restored: Restored, start: u64, found: &Replayed) -> Self {
        Self {
            store,
            restored,
            generation: found.generation.unwrap_or(start),
            position: found.position,
            last: found.last,
            expected: Expected {
                commit: CommitNumber(found.commit.0 + 1),
                previous_checksum: found.checksum,
                epoch: found.epoch,
            },
            file: None,
            buffer: Vec::new(),
        }
    }

    fn catch_up(&mut self, core: &Arc<Core>) -> Result<CaughtUp, OpenError> {
        let device = core.device.as_ref();
        if manifest::newest_number(device)? != Some(core.manifest.lock().number) {
            return Ok(CaughtUp::Outdated);
        }
        let mut result = CaughtUp::Nothing;
        let step = |result: io::Result<Step>, generation| {
            result.map_err(|source| OpenError::Io {
                action: "read",
                file: path_of(generation),
                source,
            })
        };
        loop {
            match step(self.step(device), self.generation)? {
                Step::Frame => {
                    let buffer = std::mem::take(&mut self.buffer);
                    let is_next = self.take_in(core, &buffer)?;
                    self.buffer = buffer;
                    if !is_next {
                        return Ok(CaughtUp::Outdated);
                    }
                    result = CaughtUp::More;
                }
                Step::NextFile => {}
                Step::End => return Ok(result),
                Step::Lost => return Ok(CaughtUp::Outdated),
            }
        }
    }

    /// Looks for the next frame, and has it in the buffer if it is there.
    fn step(&mut self, device: &dyn Device) -> io::Result<Step> {
        let file = match &self.file {
            Some(file) => file.clone(),
            None => match device.open(&path_of(self.generation), OpenMode::Read) {
                Ok(file) => self.file.insert(file).clone(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Step::Lost),
                Err(error) => return Err(error),
            },
        };
        if !self.is_last_there(file.as_ref())? {
            return Ok(Step::Lost);
        }
        if self.read_frame(file.as_ref())? {
            return Ok(Step::Frame);
        }
        let Some((next, header)) = self.next_file(device)? else {
            return Ok(Step::End);
        };
        // A file is begun when nothing more comes into the one before it.
        if self.read_frame(file.as_ref())? {
            return Ok(Step::Frame);
        }
        if !self.expected.begins(&header) || header.store != self.store {
            return Ok(Step::Lost);
        }
        self.generation = header.generation;
        self.position = HEADER_BLOCK;
        self.last = None;
        self.file = Some(next);
        Ok(Step::NextFile)
    }

    /// Whether the last frame still stands where it was read: what was not written whole is erased,
    /// and something else put there.
    fn is_last_there(&self, file: &dyn DeviceFile) -> io::Result<bool> {
        let Some(last) = self.last else {
            return Ok(true);
        };
        let mut checksum = [0; 4];
        let read = file.read_at(&mut checksum, last + frame::CHECKSUM_AT)?;
        Ok(read == checksum.len()
            && u32::from_le_bytes(checksum) == self.expected.previous_checksum)
    }

    /// Reads the bytes of what may be a whole frame.
    fn read_frame(&mut self, file: &dyn DeviceFile) -> io::Result<bool> {
        self.buffer.resize(HEADER_BYTES, 0);
        if file.read_at(&mut self.buffer, self.position)? < HEADER_BYTES {
            return Ok(false);
        }
        let Some(length) = frame::length_of(&self.buffer) else {
            return Ok(false);
        };
        if self.position + length as u64 > file.length()? {
            return Ok(false);
        }
        self.buffer.resize(length, 0);
        read_exact_at(file, &mut self.buffer, self.position)?;
        match decode_frame(&self.buffer) {
            // Of another format: whoever takes it in says so.
            Ok(_) | Err(FrameError::UnknownFormat(_)) => Ok(true),
            // The writer is at it.
            Err(_) => Ok(false),
        }
    }

    /// The file behind this one, once it has a header.
    fn next_file(
        &self,
        device: &dyn Device,
    ) -> io::Result<Option<(Arc<dyn DeviceFile>, FileHeader)>> {
        let file = match device.open(&path_of(self.generation + 1), OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = vec![0; HEADER_BLOCK as usize];
        let count = file.read_at(&mut bytes, 0)?;
        Ok(FileHeader::decode(&bytes[..count])
            .ok()
            .map(|header| (file, header)))
    }

    /// Takes in a frame; false if it is not the next one.
    fn take_in(&mut self, core: &Arc<Core>, bytes: &[u8]) -> Result<bool, OpenError> {
        let frame = match decode_frame(bytes) {
            Ok(frame) => frame,
            Err(FrameError::UnknownFormat(version)) => {
                let file = path_of(self.generation);
                return Err(OpenError::UnknownFormat { file, version });
            }
            Err(_) => return Ok(false),
        };
        let head = &frame.head;
        let is_ours = head.store == self.store && head.generation == self.generation;
        if !is_ours || !self.expected.is_met_by(head) {
            return Ok(false);
        }
        self.restored.apply(&frame, None, self.generation, false)?;
        // Only a writer wants to know which file has what.
        self.restored.files.clear();
        self.expected = Expected::behind(&frame);
        self.last = Some(self.position);
        self.position += head.frame_bytes() as u64;
        self.show(core, &frame);
        Ok(true)
    }

    fn show(&self, core: &Arc<Core>, frame: &Frame<'_>) {
        let has = |encoding| {
            let mut entries = frame.entries.iter();
            entries.any(|entry| entry.encoding == encoding)
        };
        if has(Encoding::Catalogue) {
            let logs = self.restored.logs.values();
            let by_name: BTreeMap<_, _> = logs.map(|log| (log.name.clone(), log.clone())).collect();
            let mut logs = core.logs.write();
            logs.by_name = by_name;
            logs.next_id = self.restored.next_log;
            drop(logs);
            *core.groups.lock() = self.restored.groups.clone();
        }
        let mut guard = core.writer();
        let writer = guard.get();
        writer.next_commit = self.expected.commit;
        writer.last_time_us = writer.last_time_us.max(frame.head.append_time_us);
        if has(Encoding::Producer) {
            writer.producers = self.restored.producers.clone();
        }
        drop(guard);
        core.show(frame.head.commit);
    }
}

enum Step {
    /// What is in the buffer.
    Frame,
    /// The next file was entered.
    NextFile,
    /// There is nothing more.
    End,
    /// What is there does not continue what was read.
    Lost,
}
