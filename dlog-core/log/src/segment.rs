//! A sealed segment: a Parquet file, read only through its companion's checksums.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use serde::{Deserialize, Serialize};

use crate::error::ReadError;
use crate::ids::{CommitNumber, Cut, LogId, Offset, PartitionId};
use crate::recovery::Damage;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, DeviceFile, OpenMode, read_exact_at};

mod companion;
mod examine;
mod keys;
mod lookup;
mod reading;
mod writer;

pub(crate) use companion::Companion;
pub(crate) use examine::LostGroup;
pub(crate) use keys::{KeyFile, hash_key};
pub use reading::SegmentReader;
pub(crate) use writer::{Contents, SegmentOf, write_files, write_segment};

/// The directory of the segments.
pub(crate) const DIRECTORY: &str = "segments";

/// What the manifest says of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentMeta {
    pub(crate) id: u64,
    pub(crate) log: LogId,
    pub(crate) partition: PartitionId,
    pub(crate) first_offset: Offset,
    pub(crate) last_offset: Offset,
    pub(crate) first_commit: CommitNumber,
    pub(crate) last_commit: CommitNumber,
    pub(crate) min_append_time_us: i64,
    pub(crate) max_append_time_us: i64,
    pub(crate) rows: u64,
    pub(crate) length: u64,
    pub(crate) schema_version: u32,
    /// Of the whole file.
    pub(crate) checksum: u32,
    /// Whether it has a key file.
    pub(crate) has_keys: bool,
}

impl SegmentMeta {
    /// A segment of which only the length matters.
    pub(crate) fn of_length(length: u64) -> Self {
        Self {
            id: 1,
            log: LogId(1),
            partition: PartitionId(0),
            first_offset: Offset(0),
            last_offset: Offset(0),
            first_commit: CommitNumber(1),
            last_commit: CommitNumber(1),
            min_append_time_us: 0,
            max_append_time_us: 0,
            rows: 1,
            length,
            schema_version: 1,
            checksum: 0,
            has_keys: false,
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("{DIRECTORY}/{:012}.parquet", self.id)
    }

    pub(crate) fn companion_path(&self) -> String {
        format!("{DIRECTORY}/{:012}.check", self.id)
    }

    pub(crate) fn keys_path(&self) -> String {
        format!("{DIRECTORY}/{:012}.keys", self.id)
    }

    /// All files of the segment.
    pub(crate) fn paths(&self) -> Vec<String> {
        let keys = self.has_keys.then(|| self.keys_path());
        [self.path(), self.companion_path()]
            .into_iter()
            .chain(keys)
            .collect()
    }
}

/// A sealed segment; its files stay as long as a clone lives.
#[derive(Debug, Clone)]
pub struct SegmentRef {
    shared: Arc<Segment>,
}

#[derive(Debug)]
struct Segment {
    meta: SegmentMeta,
    path: String,
    device: Arc<dyn Device>,
    file: Result<Arc<dyn DeviceFile>, Damage>,
    companion: OnceLock<Companion>,
    keys: OnceLock<KeyFile>,
    /// In the place of a key file that is damaged.
    made_keys: OnceLock<KeyFile>,
    metadata: OnceLock<ArrowReaderMetadata>,
    /// How many logs name it. When none does, the last reader takes the files away.
    names: AtomicUsize,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.names.load(Ordering::Acquire) == 0 {
            // What cannot be removed now is removed at the next opening.
            for path in self.meta.paths() {
                if let Err(error) = self.device.remove(&path) {
                    tracing::warn!(path, %error, "an obsolete segment stays until the next opening");
                }
            }
        }
    }
}

fn open_whole(device: &dyn Device, path: &str, length: u64) -> Result<Arc<dyn DeviceFile>, Damage> {
    let damage = |position, text| Damage {
        file: path.to_owned(),
        position,
        text,
    };
    let opened = device
        .open(path, OpenMode::Read)
        .and_then(|file| Ok((file.length()?, file)));
    match opened {
        Ok((found, file)) if found == length => Ok(file),
        Ok((found, _)) => {
            let text = format!("it has {found} bytes instead of {length}");
            Err(damage(found.min(length), text))
        }
        Err(error) => Err(damage(0, error.to_string())),
    }
}

impl SegmentRef {
    /// Opens the segment that the manifest names. One that is missing or cut is still a segment:
    /// reading it says what is wrong.
    pub(crate) fn open(device: &Arc<dyn Device>, meta: SegmentMeta) -> Self {
        let path = meta.path();
        let file = open_whole(device.as_ref(), &path, meta.length);
        let shared = Segment {
            meta,
            path,
            device: device.clone(),
            file,
            companion: OnceLock::new(),
            keys: OnceLock::new(),
            made_keys: OnceLock::new(),
            metadata: OnceLock::new(),
            names: AtomicUsize::new(1),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What is wrong with its file as a whole.
    pub(crate) fn damage(&self) -> Option<Damage> {
        self.shared.file.as_ref().err().cloned()
    }

    pub(crate) fn meta(&self) -> &SegmentMeta {
        &self.shared.meta
    }

    /// The same segment, named by one log more.
    pub(crate) fn share(&self) -> Self {
        self.shared.names.fetch_add(1, Ordering::AcqRel);
        self.clone()
    }

    /// One log less names it. After the last one the files are removed when nobody reads them any
    /// more.
    pub(crate) fn make_obsolete(&self) {
        self.unname(0);
    }

    /// One log less names it, unless it is the only one: an opening removes files by the manifest.
    pub(crate) fn unshare(&self) {
        self.unname(1);
    }

    fn unname(&self, least: usize) {
        let fewer = |names: usize| (names > least).then(|| names - 1);
        let names = &self.shared.names;
        // Where there are no more than the least, they stay.
        let _before = names.fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer);
    }

    /// Its number, unique in the store.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.meta.id
    }

    /// Its file, relative to the store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.shared.path
    }

    /// The file's length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a segment is never empty")]
    pub fn len(&self) -> u64 {
        self.shared.meta.length
    }

    /// Its records, tombstones included.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.shared.meta.rows
    }

    /// The partition whose records it holds.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        self.shared.meta.partition
    }

    /// The commit of its first record.
    #[must_use]
    pub fn first_commit(&self) -> CommitNumber {
        self.shared.meta.first_commit
    }

    /// The commit of its last record.
    #[must_use]
    pub fn last_commit(&self) -> CommitNumber {
        self.shared.meta.last_commit
    }

    /// The offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.shared.meta.first_offset
    }

    /// The offset of its last record.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.shared.meta.last_offset
    }

    /// The append time of its first record.
    #[must_use]
    pub fn min_append_time_us(&self) -> i64 {
        self.shared.meta.min_append_time_us
    }

    /// The append time of its last record.
    #[must_use]
    pub fn max_append_time_us(&self) -> i64 {
        self.shared.meta.max_append_time_us
    }

    /// The log's schema version when it was written.
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        self.shared.meta.schema_version
    }

    /// Whether it holds records beyond a cut, so that rows must be filtered by `_commit`.
    #[must_use]
    pub fn needs_cut(&self, cut: Cut) -> bool {
        self.last_commit() > cut.0
    }

    /// Bytes of the file, checked.
    ///
    /// # Errors
    /// The file or its companion is damaged or cannot be read.
    pub fn read_range(&self, range: Range<u64>) -> Result<Bytes, ReadError> {
        let companion = self.companion()?;
        let end = range.end.min(self.len());
        if range.start >= end {
            return Ok(Bytes::new());
        }
        let block = companion.block_bytes();
        let start = range.start / block * block;
        let stop = end.next_multiple_of(block).min(self.len());
        // Within the file, whose length was checked at opening.
        let mut bytes = vec![0; (stop - start) as usize];
        self.read_unchecked(&mut bytes, start)?;
        if let Err(position) = companion.check(&bytes, start) {
            let text = "the checksum of the block is wrong".to_owned();
            return Err(ReadError::Damaged {
                file: self.path().to_owned(),
                position,
                text,
            });
        }
        Ok(Bytes::from(bytes).slice((range.start - start) as usize..(end - start) as usize))
    }

    fn companion(&self) -> Result<&Companion, ReadError> {
        if let Some(companion) = self.shared.companion.get() {
            return Ok(companion);
        }
        let read = Companion::read(self.shared.device.as_ref(), &self.shared.meta);
        let companion = read.or_else(|error| self.make_companion(error))?;
        Ok(self.shared.companion.get_or_init(|| companion))
    }

    /// The companion made anew, if the file is as it was written.
    fn make_companion(&self, error: ReadError) -> Result<Companion, ReadError> {
        let meta = &self.shared.meta;
        let mut bytes = vec![0; meta.length as usize];
        self.read_unchecked(&mut bytes, 0)?;
        if crc32c(&bytes) != meta.checksum {
            return Err(error);
        }
        tracing::warn!(%error, "the companion is made anew");
        let made = Companion::encode(meta.id, &bytes);
        Companion::decode(&made, meta).map_err(|_| error)
    }

    fn read_unchecked(&self, buffer: &mut [u8], position: u64) -> Result<(), ReadError> {
        let file = self
            .shared
            .file
            .as_ref()
            .map_err(|damage| ReadError::Damaged {
                file: damage.file.clone(),
                position: damage.position,
                text: damage.text.clone(),
            })?;
        read_exact_at(file.as_ref(), buffer, position).map_err(|source| ReadError::Io {
            file: self.path().to_owned(),
            source,
        })
    }
}
