//! A copy of a store as of one commit, made while it is in use.
//!
//! Everything up to the commit is sealed, the segments are copied with their checksums checked, and
//! the copy gets a manifest and an identity of its own: it is a store like any other, and what is
//! appended to it is never taken for what is appended to the original.

use std::io;
use std::sync::Arc;

use crate::check::{COUNTERS, counter_files};
use crate::commit::Committer;
use crate::error::SealError;
use crate::ids::{Cut, Offset, StoreId};
use crate::journal;
use crate::log_state::LogState;
use crate::manifest;
use crate::partition::Partition;
use crate::seal::{self, Edit};
use crate::segment::{self, Companion, Contents, SegmentRef, write_files};
use crate::store::Store;
use dlog_sequencer::device::{Device, OpenMode, read_exact_at};

impl Store {
    /// Copies the store to another device, which must hold none; the cut that the copy is of. It is
    /// opened like any store.
    ///
    /// # Errors
    /// The target holds a store, a segment is damaged, or a file could not be written; what is on
    /// the target then is no store.
    pub fn backup(&self, target: &Arc<dyn Device>) -> Result<Cut, SealError> {
        let core = self.core();
        let io = |action| {
            move |source| SealError::Io {
                action,
                file: "the backup".to_owned(),
                source,
            }
        };
        if !target.list("").map_err(io("look at"))?.is_empty() {
            let source = io::Error::new(io::ErrorKind::AlreadyExists, "the target is not empty");
            return Err(io("make")(source));
        }
        let mut logs: Vec<Arc<LogState>> = core.logs.read().by_name.values().cloned().collect();
        // In the order in which everybody takes several.
        logs.sort_by_key(|log| log.id);
        // No log is sealed beyond the cut while all are sealed up to it.
        let _no_seals: Vec<_> = logs.iter().map(|log| log.sealing.lock()).collect();
        let durable = core.flush()?;
        for log in &logs {
            seal::seal_until(core, log, durable)?;
        }
        let no_change = core.changing.lock();
        let mut content = seal::describe(core, durable, &Edit::default());
        let mut segments: Vec<SegmentRef> = logs
            .iter()
            .flat_map(|log| log.partitions.iter().flat_map(Partition::segments))
            .collect();
        segments.sort_by_key(SegmentRef::id);
        segments.dedup_by_key(|segment| segment.id());
        content.groups = content.groups.within(|id, number| {
            let log = logs.iter().find(|log| log.id == id);
            let partition = log.and_then(|log| log.partitions.get(number.0 as usize));
            partition.map_or(Offset(0), |partition| Offset(partition.sealed_until()))
        });
        content.producers = core.writer().get().producers.until(durable);
        content.append_time_us = core.writer().get().last_time_us;
        content.next_segment = core.manifest.lock().next_segment;
        drop(no_change);
        let store = StoreId::random();
        content.store = store.to_string();
        content.journal_start = 1;
        for dir in ["", segment::DIRECTORY] {
            target
                .create_dir(dir)
                .map_err(io("make the directories of"))?;
        }
        copy_segments(&segments, target.as_ref())?;
        copy_counters(core.device.as_ref(), target.as_ref()).map_err(io("copy counters to"))?;
        journal::start(target, store, durable).map_err(io("begin the journal of"))?;
        let written = manifest::write(target.as_ref(), 1, &content);
        written.map_err(|error| io("write the manifest of")(error.into()))?;
        Ok(Cut(durable))
    }
}

fn copy_segments(segments: &[SegmentRef], target: &dyn Device) -> Result<(), SealError> {
    segments
        .iter()
        .try_for_each(|segment| copy_segment(segment, target))
}

/// Copies a segment with its checksums checked.
pub(crate) fn copy_segment(segment: &SegmentRef, target: &dyn Device) -> Result<(), SealError> {
    let meta = segment.meta();
    let parquet = segment.read_range(0..meta.length)?;
    let contents = Contents {
        companion: Companion::encode(meta.id, &parquet),
        keys: segment.encode_keys()?,
        parquet: parquet.into(),
    };
    write_files(target, meta, &contents)
}

/// Counters that the program keeps beside its logs are copied too.
fn copy_counters(source: &dyn Device, target: &dyn Device) -> io::Result<()> {
    let counters = counter_files(source).map_err(io::Error::other)?;
    if counters.is_empty() {
        return Ok(());
    }
    target.create_dir(COUNTERS)?;
    for path in &counters {
        copy_counter(source, target, path)?;
    }
    target.sync_dir(COUNTERS)
}

/// Copies the file of a counter. One that is written meanwhile may be torn; it then skips, as after
/// a crash.
pub(crate) fn copy_counter(source: &dyn Device, target: &dyn Device, path: &str) -> io::Result<()> {
    let file = source.open(path, OpenMode::Read)?;
    let mut bytes = vec![0; usize::try_from(file.length()?).map_err(io::Error::other)?];
    read_exact_at(file.as_ref(), &mut bytes, 0)?;
    let copy = target.open(path, OpenMode::CreateNew)?;
    copy.write_at(&bytes, 0)?;
    copy.sync_data()
}
