//! The journal: where the next frame goes.
//!
//! Files are numbered by generation and begin with a header block; frames follow without gaps. A
//! file is left for the next one when it is full, and only after it was synced: whatever stands in
//! an older file is durable. Writing ahead is in `journal::file`, reading back in `journal::replay`.

use std::io;
use std::sync::Arc;

use crate::ids::{CommitNumber, Epoch, StoreId};
use dlog_sequencer::device::Device;

mod file;
mod preparer;
mod replay;

pub(crate) use file::{DIRECTORY, FileHeader, HEADER_BLOCK, JournalFile, path_of};
pub(crate) use preparer::Preparer;
pub(crate) use replay::{Expected, Replayed, is_unused, replay};

/// Why a group of frames is not where it should be.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// Nothing of it counts; it may be tried again.
    NotWritten(io::Error),
    /// A sync failed: nothing is known.
    Unknown(io::Error),
}

/// Makes the first file of a new store's journal, behind a commit that is elsewhere.
pub(crate) fn start(
    device: &Arc<dyn Device>,
    store: StoreId,
    behind: CommitNumber,
) -> io::Result<()> {
    device.create_dir(DIRECTORY)?;
    let header = FileHeader {
        store,
        generation: 1,
        epoch: Epoch(0),
        first_commit: CommitNumber(behind.0 + 1),
        previous_checksum: 0,
    };
    JournalFile::create(device, &header).map(drop)
}

/// The end of the journal.
#[derive(Debug)]
pub(crate) struct Journal {
    device: Arc<dyn Device>,
    store: StoreId,
    file: Arc<JournalFile>,
    position: u64,
    /// Of the last frame written.
    pub(crate) checksum: u32,
    file_bytes: u64,
    preparer: Option<Preparer>,
    is_dirty: bool,
}

impl Journal {
    /// Continues behind what recovery found.
    pub(crate) fn at(
        device: &Arc<dyn Device>,
        store: StoreId,
        file: JournalFile,
        position: u64,
        checksum: u32,
        file_bytes: u64,
    ) -> Self {
        Self {
            device: device.clone(),
            store,
            file: Arc::new(file),
            position,
            checksum,
            file_bytes,
            preparer: device.prewrites().then(Preparer::start),
            // What a killed process wrote last is not synced, and the next file says that it was.
            is_dirty: true,
        }
    }

    /// The number of the file that is written to.
    pub(crate) fn generation(&self) -> u64 {
        self.file.generation()
    }

    /// Bytes of frames in that file.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.position - HEADER_BLOCK
    }

    /// Makes sure that `bytes` more belong into the present file, or goes on to the next.
    pub(crate) fn make_room(
        &mut self,
        bytes: u64,
        epoch: Epoch,
        first_commit: CommitNumber,
    ) -> Result<(), WriteError> {
        if self.position + bytes > self.file_bytes && self.used_bytes() > 0 {
            self.roll(epoch, first_commit)?;
        }
        Ok(())
    }

    /// Goes on to the next file.
    pub(crate) fn roll(
        &mut self,
        epoch: Epoch,
        first_commit: CommitNumber,
    ) -> Result<(), WriteError> {
        self.sync()?;
        let header = FileHeader {
            store: self.store,
            generation: self.generation() + 1,
            epoch,
            first_commit,
            previous_checksum: self.checksum,
        };
        let file = JournalFile::create(&self.device, &header).map_err(WriteError::NotWritten)?;
        self.file = Arc::new(file);
        self.position = HEADER_BLOCK;
        Ok(())
    }

    /// Writes encoded frames, the last of which has `checksum`.
    pub(crate) fn write(&mut self, frames: &[u8], checksum: u32) -> Result<(), WriteError> {
        let end = self.position + frames.len() as u64;
        self.file.prepare(end)?;
        if let Err(error) = self.file.write_at(frames, self.position) {
            // Some of it may stand there, whole frames even: it must not come back as commits that
            // were said not to be written.
            self.file
                .erase(self.position, end)
                .map_err(WriteError::Unknown)?;
            return Err(WriteError::NotWritten(error));
        }
        self.position = end;
        self.checksum = checksum;
        self.is_dirty = true;
        if let Some(preparer) = &self.preparer
            && self.file.wants_more(end, self.file_bytes)
        {
            preparer.request(&self.file);
        }
        Ok(())
    }

    /// Makes everything written durable.
    pub(crate) fn sync(&mut self) -> Result<(), WriteError> {
        if self.is_dirty {
            self.file.sync().map_err(WriteError::Unknown)?;
            self.is_dirty = false;
        }
        Ok(())
    }

    /// Whether something written waits for a sync.
    pub(crate) fn is_dirty(&self) -> bool {
        self.is_dirty
    }
}
