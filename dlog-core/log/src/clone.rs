//! A log as another one: clones, which go on by themselves, and snapshots, which stay as they are.
//!
//! The records up to the cut are sealed first, and the segments are shared: nothing is copied but the
//! part of one segment a partition, where the cut lies within it. A segment's files go when no log
//! names it any more. The manifest that names the new log is what makes it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::compute::filter_record_batch;

use crate::catalogue::{LogOptions, Retention, check_name};
use crate::columns::conform_batch;
use crate::commit::Core;
use crate::error::{CatalogError, ReadError, SealError};
use crate::ids::{CommitNumber, Cut, LogId};
use crate::log_state::{LogState, SchemaState};
use crate::partition::{Marks, Partition};
use crate::scan::numbers;
use crate::seal::{self, Edit};
use crate::segment::{SegmentOf, SegmentRef, write_segment};
use crate::store::Store;

const BATCH_ROWS: usize = 65_536;

/// What becomes of the new log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copying {
    /// It takes appends and has the options of its source.
    Clone,
    /// It stays as it is.
    Snapshot,
}

impl Store {
    /// Makes a log that has what another one had at a cut, or has now, and goes on by itself: with
    /// offsets and commits as they are, and the same options. The cut it was made at.
    ///
    /// # Errors
    /// There is no such log, it can no longer be shown as of the cut, the name is taken or cannot be
    /// one, or a file could not be written.
    pub fn clone_log(&self, log: &str, name: &str, cut: Option<Cut>) -> Result<Cut, CatalogError> {
        self.copy_log(log, name, cut, Copying::Clone)
    }

    /// As [`clone_log`](Self::clone_log), of a log that takes no appends and lets go of nothing.
    ///
    /// # Errors
    /// As [`clone_log`](Self::clone_log).
    pub fn snapshot_log(
        &self,
        log: &str,
        name: &str,
        cut: Option<Cut>,
    ) -> Result<Cut, CatalogError> {
        self.copy_log(log, name, cut, Copying::Snapshot)
    }

    fn copy_log(
        &self,
        log: &str,
        name: &str,
        cut: Option<Cut>,
        copying: Copying,
    ) -> Result<Cut, CatalogError> {
        check_name(name)?;
        let core = self.core();
        let source = self.find_log(log)?;
        let visible = core.cut();
        let cut = cut.unwrap_or(visible);
        if cut > visible {
            let (wanted, last) = (cut.0, visible.0);
            let text = format!("there is no commit {wanted} yet; the last one is {last}");
            return Err(CatalogError::Invalid { text });
        }
        let _no_seals = source.sealing.lock();
        let durable = core.flush()?;
        seal::seal_until(core, &source, durable)?;
        let _no_change = core.changing.lock();
        if source.dropped.load(Ordering::Acquire) {
            return Err(CatalogError::NoSuchLog {
                log: log.to_owned(),
                known: core.log_names(),
            });
        }
        if core.find_log(name).is_some() {
            let log = name.to_owned();
            return Err(CatalogError::Taken { log });
        }
        let mut logs = core.logs.write();
        // Never used again, even if this fails: the manifest may be there all the same.
        let id = LogId(logs.next_id);
        logs.next_id += 1;
        drop(logs);
        let made = Maker {
            core,
            source: &source,
            id,
            name,
            cut,
        };
        let copy = Arc::new(made.make(copying)?);
        let edit = Edit {
            new_logs: vec![copy.clone()],
            ..Edit::default()
        };
        if let Err(error) = seal::write_manifest(core, durable, &edit) {
            // It may be in force after a crash: what was written for it stays until the next opening.
            release(&copy);
            return Err(error.into());
        }
        core.logs.write().by_name.insert(name.to_owned(), copy);
        Ok(cut)
    }
}

fn release(log: &LogState) {
    for partition in &log.partitions {
        partition.segments().iter().for_each(SegmentRef::unshare);
    }
}

struct Maker<'m> {
    core: &'m Arc<Core>,
    source: &'m LogState,
    id: LogId,
    name: &'m str,
    cut: Cut,
}

impl Maker<'_> {
    fn make(&self, copying: Copying) -> Result<LogState, SealError> {
        let mut partitions: Vec<Partition> = Vec::new();
        for partition in &self.source.partitions {
            match self.copy(partition) {
                Ok(copy) => partitions.push(copy),
                Err(error) => {
                    let made = partitions.iter().flat_map(Partition::segments);
                    made.for_each(|segment| segment.make_obsolete());
                    return Err(error);
                }
            }
        }
        let state = self.source.schema();
        let schema = SchemaState::new(state.schema.clone(), state.version);
        let mut options = self.source.options();
        if copying == Copying::Snapshot {
            options = LogOptions {
                retention: Retention::default(),
                limit: None,
                ..options
            };
        }
        let log = LogState::new(self.id, self.name.to_owned(), options, schema, partitions);
        Ok(match copying {
            Copying::Clone => log,
            Copying::Snapshot => log.frozen(),
        })
    }

    /// A partition with the segments up to the cut.
    fn copy(&self, partition: &Partition) -> Result<Partition, SealError> {
        let mut marks = partition.marks();
        if self.cut.0 < marks.floor {
            return Err(ReadError::HistoryGone {
                log: self.source.name.clone(),
                floor: marks.floor,
                asked: self.cut.0,
            }
            .into());
        }
        let all = partition.segments();
        let within = |segment: &&SegmentRef| segment.last_commit() <= self.cut.0;
        let mut segments: Vec<SegmentRef> =
            all.iter().filter(within).map(SegmentRef::share).collect();
        let crossing = all
            .iter()
            .find(|segment| segment.needs_cut(self.cut) && segment.first_commit() <= self.cut.0);
        if let Some(segment) = crossing {
            match self.cut_off(partition, segment) {
                Ok(part) => segments.push(part),
                Err(error) => {
                    segments.iter().for_each(SegmentRef::make_obsolete);
                    return Err(error);
                }
            }
        }
        if all.iter().any(|segment| segment.needs_cut(self.cut)) {
            let last = segments.last();
            marks = Marks {
                sealed: last.map_or(marks.low, |last| last.last_offset().0 + 1),
                ..marks
            };
        }
        Ok(Partition::new(partition.number, segments, marks))
    }

    /// The rows of a segment up to the cut, as a segment of the new log.
    fn cut_off(
        &self,
        partition: &Partition,
        segment: &SegmentRef,
    ) -> Result<SegmentRef, SealError> {
        let state = self.source.schema();
        let CommitNumber(last) = self.cut.0;
        let mut batches = Vec::new();
        for batch in segment.read(None, BATCH_ROWS)? {
            let batch = conform_batch(&batch?, &state.full)?;
            let commits = numbers(&batch, "_commit")?;
            let mask = commits.iter().map(|commit| Some(*commit as u64 <= last));
            let kept = filter_record_batch(&batch, &mask.collect());
            let kept = kept.map_err(|source| ReadError::Arrow {
                context: "cut a segment off".to_owned(),
                source,
            })?;
            if kept.num_rows() > 0 {
                batches.push(kept);
            }
        }
        let of = SegmentOf {
            id: seal::next_segment(self.core),
            log: self.id,
            log_name: self.name,
            partition: partition.number,
            schema_version: state.version,
        };
        write_segment(&self.core.device, of, &batches)
    }
}
