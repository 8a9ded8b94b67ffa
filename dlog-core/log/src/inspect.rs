//! What a store is made of, for people and tools that look at it; nothing here changes anything.

use crate::error::{OpenError, ReadError};
use crate::ids::{CommitNumber, Offset, PartitionId};
use crate::journal;
use crate::segment::SegmentRef;
use crate::store::Store;
use dlog_sequencer::device::OpenMode;

/// Where a partition's records are.
#[derive(Debug, Clone)]
pub struct PartitionLayout {
    /// Which.
    pub partition: PartitionId,
    /// No record before this offset is kept.
    pub low: Offset,
    /// The offset behind the last sealed record.
    pub sealed: Offset,
    /// The offset that the next record gets.
    pub next: Offset,
    /// What was visible before this commit can no longer be shown.
    pub floor: CommitNumber,
    /// Sealed records, by offset.
    pub segments: Vec<SegmentRef>,
}

/// A file of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFileSize {
    /// Its name, relative to the store.
    pub file: String,
    /// Its length, written ahead or not.
    pub bytes: u64,
}

impl Store {
    /// Where the records of a log are, by partition.
    ///
    /// # Errors
    /// There is no such log.
    pub fn layout(&self, log: &str) -> Result<Vec<PartitionLayout>, ReadError> {
        let log = self.core().log_for_reading(log)?;
        let partitions = log.partitions.iter().map(|partition| {
            let marks = partition.marks();
            PartitionLayout {
                partition: partition.number,
                low: Offset(marks.low),
                sealed: Offset(marks.sealed),
                next: Offset(partition.next()),
                floor: marks.floor,
                segments: partition.segments(),
            }
        });
        Ok(partitions.collect())
    }

    /// The consumer groups and the generation each is at.
    #[must_use]
    pub fn groups(&self) -> Vec<(String, u64)> {
        self.core().groups.lock().generations()
    }

    /// The files of the journal that are there now, oldest first.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn journal_files(&self) -> Result<Vec<JournalFileSize>, OpenError> {
        let device = self.device().as_ref();
        let failed = |file: String| {
            move |source| OpenError::Io {
                action: "look at",
                file,
                source,
            }
        };
        let names = device
            .list(journal::DIRECTORY)
            .map_err(failed(journal::DIRECTORY.to_owned()))?;
        let mut files = Vec::new();
        for name in names.iter().filter(|name| name.ends_with(".journal")) {
            let file = format!("{}/{name}", journal::DIRECTORY);
            match device.open(&file, OpenMode::Read).and_then(|f| f.length()) {
                Ok(bytes) => files.push(JournalFileSize { file, bytes }),
                // Given up by the writer meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(failed(file)(source)),
            }
        }
        Ok(files)
    }
}
