//! One journal file: its header block, and zeros written ahead of the frames.
//!
//! Overwriting zeros that are on the device costs a flush half of what growing a file does, so the
//! file is grown ahead in steps that double, by a background thread where it can keep up.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::format_version;
use crate::frame::{u32_at, u64_at};
use crate::ids::{CommitNumber, Epoch, StoreId};
use crate::journal::WriteError;
use crate::limits::FREE_BYTES_MIN;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, DeviceFile, OpenMode};

/// The directory of the journal.
pub(crate) const DIRECTORY: &str = "journal";
/// Frames begin here; a block of its own, so that writing frames never touches the header.
pub(crate) const HEADER_BLOCK: u64 = 4096;
const MAGIC: [u8; 4] = *b"DLjr";
const CHECKED_BYTES: usize = 52;
const STEP_MIN: u64 = 256 << 10;
const STEP_MAX: u64 = 16 << 20;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The path of the file of a generation.
pub(crate) fn path_of(generation: u64) -> String {
    format!("{DIRECTORY}/{generation:010}.journal")
}

/// What the header block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileHeader {
    pub(crate) store: StoreId,
    pub(crate) generation: u64,
    pub(crate) epoch: Epoch,
    pub(crate) first_commit: CommitNumber,
    /// Of the last frame of the file before.
    pub(crate) previous_checksum: u32,
}

/// Why a header block is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// Another program's format.
    UnknownFormat(u16),
    /// Not as it was written.
    Damaged,
}

impl FileHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BLOCK as usize);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&format_version::CURRENT.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.store.0);
        for number in [self.generation, self.epoch.0, self.first_commit.0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.previous_checksum.to_le_bytes());
        let checksum = crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.resize(HEADER_BLOCK as usize, 0);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let head = bytes
            .get(..HEADER_BLOCK as usize)
            .ok_or(HeaderError::Damaged)?;
        if head[..4] != MAGIC || crc32c(&head[..CHECKED_BYTES]) != u32_at(head, CHECKED_BYTES) {
            return Err(HeaderError::Damaged);
        }
        let version = u16::from_le_bytes([head[4], head[5]]);
        if version != format_version::CURRENT {
            return Err(HeaderError::UnknownFormat(version));
        }
        let mut store = [0; 16];
        store.copy_from_slice(&head[8..24]);
        Ok(Self {
            store: StoreId(store),
            generation: u64_at(head, 24),
            epoch: Epoch(u64_at(head, 32)),
            first_commit: CommitNumber(u64_at(head, 40)),
            previous_checksum: u32_at(head, 48),
        })
    }
}

/// An open journal file.
#[derive(Debug)]
pub(crate) struct JournalFile {
    generation: u64,
    device: Arc<dyn Device>,
    file: Arc<dyn DeviceFile>,
    /// Zeros are on the device up to here.
    prepared: AtomicU64,
    growing: Mutex<()>,
    is_requested: AtomicBool,
    /// A sync by the background thread failed: the error is not reported to the next one.
    failed_sync: Mutex<Option<String>>,
}

impl JournalFile {
    /// Makes the file of a generation with its header, durably.
    pub(crate) fn create(device: &Arc<dyn Device>, header: &FileHeader) -> io::Result<Self> {
        check_room(device.as_ref(), HEADER_BLOCK)?;
        let path = path_of(header.generation);
        // Left by an attempt that failed: no frame is in it, or the writer would not be here.
        if device.exists(&path)? {
            device.remove(&path)?;
        }
        let file = device.open(&path, OpenMode::CreateNew)?;
        file.write_at(&header.encode(), 0)?;
        file.sync_data()?;
        device.sync_dir(DIRECTORY)?;
        Ok(Self::over(device, header.generation, file, HEADER_BLOCK))
    }

    /// A file that is there, with zeros or frames up to `prepared`.
    pub(crate) fn over(
        device: &Arc<dyn Device>,
        generation: u64,
        file: Arc<dyn DeviceFile>,
        prepared: u64,
    ) -> Self {
        Self {
            generation,
            device: device.clone(),
            file,
            prepared: AtomicU64::new(prepared),
            growing: Mutex::new(()),
            is_requested: AtomicBool::new(false),
            failed_sync: Mutex::new(None),
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.file.write_at(bytes, position)
    }

    /// Puts zeros, durably, wherever the file has bytes from `start` to `end`.
    pub(crate) fn erase(&self, start: u64, end: u64) -> io::Result<()> {
        let mut position = start;
        let end = end.min(self.file.length()?);
        if position >= end {
            return Ok(());
        }
        while position < end {
            let count = (end - position).min(ZEROS.len() as u64);
            self.file.write_at(&ZEROS[..count as usize], position)?;
            position += count;
        }
        self.sync()
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        if let Some(text) = self.failed_sync.lock().as_ref() {
            return Err(io::Error::other(text.clone()));
        }
        self.file.sync_data()
    }

    /// Makes sure that zeros are on the device up to `end`; on one that gains nothing from them, that
    /// there is room.
    pub(crate) fn prepare(&self, end: u64) -> Result<(), WriteError> {
        let prepared = self.prepared.load(Ordering::Acquire);
        if end <= prepared {
            return Ok(());
        }
        if self.device.prewrites() {
            return self.grow(end, false);
        }
        check_room(self.device.as_ref(), end - prepared).map_err(WriteError::NotWritten)?;
        self.prepared.fetch_max(end, Ordering::AcqRel);
        Ok(())
    }

    fn grow(&self, end: u64, is_ahead: bool) -> Result<(), WriteError> {
        let _guard = self.growing.lock();
        let start = self.prepared.load(Ordering::Acquire);
        let mut target = start.max(STEP_MIN / 2);
        while target < end || target == start {
            target += target.clamp(STEP_MIN, STEP_MAX);
        }
        // Whole steps: the first takes the header block with it.
        let target = target.next_multiple_of(STEP_MIN);
        // Where a whole step is too much, what is needed may still fit.
        let device = self.device.as_ref();
        let target = match check_room(device, target - start) {
            Ok(()) => target,
            Err(error) if is_ahead => return Err(WriteError::NotWritten(error)),
            Err(_) => {
                check_room(device, end.saturating_sub(start)).map_err(WriteError::NotWritten)?;
                end
            }
        };
        let mut position = start;
        while position < target {
            let count = (target - position).min(ZEROS.len() as u64);
            self.file
                .write_at(&ZEROS[..count as usize], position)
                .map_err(WriteError::NotWritten)?;
            position += count;
        }
        if let Err(error) = self.file.sync_data() {
            *self.failed_sync.lock() = Some(error.to_string());
            return Err(WriteError::Unknown(error));
        }
        self.prepared.store(target, Ordering::Release);
        Ok(())
    }

    /// Whether the background thread should grow the file now; true once per step.
    pub(crate) fn wants_more(&self, end: u64, file_bytes: u64) -> bool {
        let prepared = self.prepared.load(Ordering::Acquire);
        let reserve = (prepared / 2).min(STEP_MAX / 2);
        prepared < file_bytes
            && end + reserve > prepared
            && !self.is_requested.swap(true, Ordering::AcqRel)
    }

    /// Grows the file by a step, on the background thread.
    pub(crate) fn grow_ahead(&self) {
        let end = self.prepared.load(Ordering::Acquire) + 1;
        if let Err(WriteError::NotWritten(error) | WriteError::Unknown(error)) =
            self.grow(end, true)
        {
            tracing::warn!(generation = self.generation, %error, "the journal could not be written ahead");
        }
        self.is_requested.store(false, Ordering::Release);
    }
}

/// Whether so many bytes more leave enough of the disk free. Asked before the write: a full disk is
/// then an error that changes nothing, not a sync that fails.
fn check_room(device: &dyn Device, bytes: u64) -> io::Result<()> {
    match device.free_bytes()? {
        Some(free) if free < bytes.saturating_add(FREE_BYTES_MIN) => {
            let text = format!(
                "the disk is full: {free} bytes are free, of which {FREE_BYTES_MIN} are left for \
                 sealing; make room and try again"
            );
            Err(io::Error::new(io::ErrorKind::StorageFull, text))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlog_sequencer::device::faulty::FaultyDevice;
    use proptest::prelude::*;

    const HEADER: FileHeader = FileHeader {
        store: StoreId([1; 16]),
        generation: 2,
        epoch: Epoch(3),
        first_commit: CommitNumber(4),
        previous_checksum: 5,
    };

    #[test]
    fn a_header_comes_back_and_flips_are_seen() {
        let bytes = HEADER.encode();
        assert_eq!(FileHeader::decode(&bytes), Ok(HEADER));
        for at in 0..CHECKED_BYTES + 4 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 4;
            assert!(FileHeader::decode(&bytes).is_err());
        }
    }

    #[test]
    fn grows_in_doubling_steps_from_a_quarter_mebibyte() {
        let device: Arc<dyn Device> = Arc::new(FaultyDevice::new().prewriting());
        let file = JournalFile::create(&device, &HEADER).unwrap();
        let mut lengths = Vec::new();
        for _ in 0..4 {
            file.grow_ahead();
            lengths.push(file.file.length().unwrap() >> 10);
        }
        assert_eq!(lengths, [256, 512, 1024, 2048]);
        assert!(file.prepare(9 << 20).is_ok() && file.file.length().unwrap() >= 9 << 20);
    }

    proptest! {
        #[test]
        fn hostile_headers_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..8192)) {
            prop_assert!(FileHeader::decode(&bytes).is_err());
        }
    }
}
