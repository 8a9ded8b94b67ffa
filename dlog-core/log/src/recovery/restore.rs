//! Logs put together again: from the manifest, then commit by commit from the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use crate::catalogue::{Change, LogOptions};
use crate::commit::FileContents;
use crate::error::OpenError;
use crate::frame::{Encoding, Entry, Frame};
use crate::groups::Groups;
use crate::ids::{LogId, PartitionId};
use crate::intake::decode_ipc;
use crate::journal::path_of;
use crate::limits::PARTITIONS_MAX;
use crate::log_state::{LogState, SchemaState};
use crate::manifest::{Manifest, ManifestLog};
use crate::partition::{Marks, Partition};
use crate::producers::{Producer, Producers};
use crate::recovery::Damage;
use crate::row_codec::decode_rows;
use crate::schema::LogSchema;
use crate::segment::SegmentRef;
use crate::tail::{BatchData, Stamp, TailBatch};
use crate::ticket::{Receipt, ReceiptPart};
use dlog_sequencer::device::Device;

/// The logs as they are being put together.
#[derive(Debug, Clone)]
pub(crate) struct Restored {
    pub(crate) logs: BTreeMap<LogId, Arc<LogState>>,
    pub(crate) next_log: u64,
    pub(crate) files: BTreeMap<u64, FileContents>,
    /// A log that the manifest still names was dropped.
    pub(super) is_manifest_stale: bool,
    /// Segments that cannot be read as a whole.
    pub(super) damage: Vec<Damage>,
    pub(crate) producers: Producers,
    pub(crate) groups: Groups,
    dropped: BTreeSet<LogId>,
    /// Records of logs that nothing names: what made them is damaged.
    lost: BTreeMap<LogId, Vec<LostPart>>,
}

#[derive(Debug, Clone)]
struct LostPart {
    entry: Entry,
    bytes: Bytes,
    stamp: Stamp,
}

impl Restored {
    pub(super) fn from_manifest(
        device: &Arc<dyn Device>,
        manifest: &Manifest,
    ) -> Result<Self, OpenError> {
        let mut logs = BTreeMap::new();
        let mut damage = Vec::new();
        let mut opened: BTreeMap<u64, SegmentRef> = BTreeMap::new();
        for log in &manifest.logs {
            let mut segments = vec![Vec::new(); log.options.partitions as usize];
            for meta in &log.segments {
                let place = segments.get_mut(meta.partition.0 as usize).ok_or_else(|| {
                    OpenError::Damaged {
                        file: "manifest".to_owned(),
                        text: format!("the log {} has no partition {}", log.name, meta.partition),
                    }
                })?;
                // Logs that share a segment share its handle, which counts them.
                let segment = match opened.get(&meta.id) {
                    Some(segment) => segment.share(),
                    None => {
                        let segment = SegmentRef::open(device, meta.clone());
                        damage.extend(segment.damage());
                        opened.insert(meta.id, segment.clone());
                        segment
                    }
                };
                place.push(segment);
            }
            logs.insert(log.id, Arc::new(restore_log(log, segments)));
        }
        Ok(Self {
            logs,
            next_log: manifest.next_log,
            files: BTreeMap::new(),
            is_manifest_stale: false,
            damage,
            producers: manifest.producers.clone(),
            groups: manifest.groups.clone(),
            dropped: BTreeSet::new(),
            lost: BTreeMap::new(),
        })
    }

    /// Takes in a commit, whose bytes are perhaps a part of others that are kept. Behind a damaged place, what it would have made or widened is found from
    /// the records themselves.
    pub(crate) fn apply(
        &mut self,
        frame: &Frame<'_>,
        file: Option<&Bytes>,
        generation: u64,
        is_behind_damage: bool,
    ) -> Result<(), OpenError> {
        let contents = self.files.entry(generation).or_default();
        let damaged = |text: String| OpenError::Damaged {
            file: path_of(generation),
            text: format!("commit {}: {text}", frame.head.commit),
        };
        let stamp = Stamp {
            commit: frame.head.commit,
            epoch: frame.head.epoch,
            append_time_us: frame.head.append_time_us,
        };
        let mut producer = None;
        let mut parts = Vec::new();
        for (entry, bytes) in frame.parts() {
            if entry.encoding == Encoding::Producer {
                let decoded = Producer::decode(bytes);
                producer = Some(decoded.ok_or_else(|| damaged("its producer".to_owned()))?);
                continue;
            }
            if entry.encoding == Encoding::Catalogue {
                let change = Change::decode(bytes).map_err(|error| damaged(error.to_string()))?;
                match &change {
                    Change::Drop { id } => drop(self.dropped.insert(*id)),
                    Change::Positions {
                        group,
                        generation,
                        positions,
                    } => self.groups.apply(group, *generation, positions),
                    _ => {}
                }
                self.is_manifest_stale |=
                    change_catalogue(&mut self.logs, &mut self.next_log, change);
                continue;
            }
            if entry.count == 0 {
                continue;
            }
            contents.insert(
                (entry.log, entry.partition),
                entry.first_offset.0 + entry.count - 1,
            );
            // A log that is gone was dropped; the file is only not freed yet.
            if let Some(log) = self.logs.get(&entry.log) {
                parts.push(ReceiptPart {
                    log: log.name.clone(),
                    partition: entry.partition,
                    first_offset: entry.first_offset,
                    count: entry.count,
                });
                if is_behind_damage {
                    widen_for(log, &entry, bytes);
                }
                restore_part(log, &entry, bytes, file, stamp).map_err(damaged)?;
            } else if is_behind_damage {
                self.lost.entry(entry.log).or_default().push(LostPart {
                    entry,
                    bytes: Bytes::copy_from_slice(bytes),
                    stamp,
                });
            }
        }
        if let Some(producer) = producer {
            let receipt = Receipt {
                commit: stamp.commit,
                epoch: stamp.epoch,
                append_time_us: stamp.append_time_us,
                parts,
            };
            self.producers.replay(&producer, receipt);
        }
        Ok(())
    }

    /// Gives the records of logs whose making is lost a log to be read from.
    pub(super) fn keep_lost_logs(&mut self) {
        for (id, parts) in std::mem::take(&mut self.lost) {
            if self.dropped.contains(&id) {
                continue;
            }
            let last = parts.iter().map(|part| part.entry.partition.0).max();
            let options = LogOptions {
                partitions: last.unwrap_or(0).min(PARTITIONS_MAX - 1) + 1,
                ..LogOptions::default()
            };
            let log = new_log(id, format!("lost-{id}"), options);
            for part in &parts {
                widen_for(&log, &part.entry, &part.bytes);
                if let Err(text) = restore_part(
                    &log,
                    &part.entry,
                    &part.bytes,
                    Some(&part.bytes),
                    part.stamp,
                ) {
                    tracing::warn!(log = log.name, text, "a commit of a lost log is not shown");
                }
            }
            self.logs.insert(id, Arc::new(log));
        }
    }
}

fn restore_log(log: &ManifestLog, segments: Vec<Vec<SegmentRef>>) -> LogState {
    let schema = SchemaState::new(log.schema.clone(), log.schema_version);
    let partitions = segments.into_iter().zip(0..).map(|(segments, number)| {
        let marks = log.marks.get(number as usize).copied().unwrap_or_default();
        Partition::new(PartitionId(number), segments, marks)
    });
    let restored = LogState::new(
        log.id,
        log.name.clone(),
        log.options.clone(),
        schema,
        partitions.collect(),
    );
    if log.is_frozen {
        restored.frozen()
    } else {
        restored
    }
}

/// A log without records.
pub(crate) fn new_log(id: LogId, name: String, options: LogOptions) -> LogState {
    let schema = options.schema.clone().unwrap_or_default();
    let partitions = (0..options.partitions)
        .map(|number| Partition::new(PartitionId(number), Vec::new(), Marks::default()));
    let partitions = partitions.collect();
    LogState::new(id, name, options, SchemaState::new(schema, 1), partitions)
}

/// Applies a change; whether it makes the manifest name files that are not wanted any more.
fn change_catalogue(
    logs: &mut BTreeMap<LogId, Arc<LogState>>,
    next_log: &mut u64,
    change: Change,
) -> bool {
    match change {
        Change::Create { id, name, options } => {
            *next_log = (*next_log).max(id.0 + 1);
            logs.entry(id)
                .or_insert_with(|| Arc::new(new_log(id, name, options)));
            false
        }
        Change::Drop { id } => {
            let dropped = logs.remove(&id);
            let partitions = dropped.iter().flat_map(|log| &log.partitions);
            let segments: Vec<SegmentRef> = partitions.flat_map(Partition::segments).collect();
            segments.iter().for_each(SegmentRef::unshare);
            !segments.is_empty()
        }
        Change::Schema {
            id,
            version,
            schema,
        } => {
            if let Some(log) = logs.get(&id) {
                log.replay_schema(schema, version);
            }
            false
        }
        Change::Alter { id, settings } => {
            if let Some(log) = logs.get(&id) {
                log.set_settings(settings);
            }
            false
        }
        Change::Rename { id, name } => {
            if let Some(log) = logs.get_mut(&id) {
                *log = Arc::new(log.renamed(name));
            }
            false
        }
        Change::Positions { .. } => false,
    }
}

/// Widens a log's schema by what the records have. What does not fit stays out, and reading says so.
fn widen_for(log: &LogState, entry: &Entry, bytes: &[u8]) {
    let widening = match entry.encoding {
        Encoding::Rows | Encoding::Tombstones => decode_rows(bytes, entry.count as usize)
            .ok()
            .and_then(|rows| log.widening_for_rows(&rows).ok()),
        Encoding::Arrow => decode_ipc(bytes)
            .ok()
            .and_then(|batches| LogSchema::from_arrow(&batches.first()?.schema()).ok())
            .and_then(|schema| log.widening_for_schema(&schema).ok()),
        Encoding::Catalogue | Encoding::Producer => None,
    };
    if let Some(widening) = widening.flatten() {
        log.install(&widening);
    }
}

/// From so many bytes on, a part of a journal file is kept as that and not copied: the whole file stays
/// in memory until it is sealed or read.
const SHARED_BYTES_MIN: usize = 4096;

fn kept(bytes: &[u8], file: Option<&Bytes>) -> Bytes {
    match file {
        Some(file) if bytes.len() >= SHARED_BYTES_MIN => file.slice_ref(bytes),
        _ => Bytes::copy_from_slice(bytes),
    }
}

fn restore_part(
    log: &LogState,
    entry: &Entry,
    bytes: &[u8],
    file: Option<&Bytes>,
    stamp: Stamp,
) -> Result<(), String> {
    let partition = log
        .partitions
        .get(entry.partition.0 as usize)
        .ok_or_else(|| format!("the log {} has no partition {}", log.name, entry.partition))?;
    let end = entry.first_offset.0 + entry.count;
    if end <= partition.sealed_until() {
        return Ok(());
    }
    let data = match entry.encoding {
        Encoding::Rows => BatchData::Rows(kept(bytes, file)),
        Encoding::Tombstones => BatchData::Tombstones(kept(bytes, file)),
        Encoding::Arrow => BatchData::Arrow(decode_ipc(bytes).map_err(|error| error.to_string())?),
        // Handled by the caller.
        Encoding::Catalogue | Encoding::Producer => return Ok(()),
    };
    partition.publish(TailBatch {
        first_offset: entry.first_offset.0,
        count: entry.count,
        stamp,
        bytes: entry.length,
        data,
    });
    partition.next_offset.store(end, Ordering::Release);
    Ok(())
}
