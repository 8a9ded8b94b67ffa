//! Every byte of a store looked at, without changing any: what is damaged, by file and place, and
//! what that costs.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use crate::error::OpenError;
use crate::ids::{CommitNumber, Offset, PartitionId};
use crate::journal;
use crate::log_state::LogState;
use crate::manifest;
use crate::partition::Partition;
use crate::recovery::{Damage, DroppedTail};
use crate::segment::LostGroup;
use crate::store::{Store, StoreOptions};
use dlog_sequencer::device::Device;
use dlog_sequencer::look_at_slots;

/// The directory of the counters that a program keeps beside its logs.
pub(crate) const COUNTERS: &str = "counters";
/// How often it is begun anew when a writer exchanges files meanwhile.
const ATTEMPTS: usize = 5;

/// What looking at every byte of a store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The last commit.
    pub commit: CommitNumber,
    /// Logs.
    pub logs: usize,
    /// Records that can be read.
    pub records: u64,
    /// Segments looked at.
    pub segments: usize,
    /// Their bytes.
    pub segment_bytes: u64,
    /// Commits read from the journal.
    pub journal_commits: u64,
    /// Counters looked at.
    pub counters: usize,
    /// An unfinished commit at the end of the journal: what a killed process leaves, or a running
    /// one is at. It was never acknowledged as durable.
    pub unfinished: Option<DroppedTail>,
    /// Places that cost something.
    pub damage: Vec<Damage>,
    /// Places that a second copy makes good; the next opening for writing writes some anew.
    pub repaired: Vec<Damage>,
    /// Records known to be gone.
    pub lost: Vec<LostRecords>,
}

/// Consecutive records that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRecords {
    /// The file they were in: a segment, or the journal.
    pub file: String,
    /// Their log.
    pub log: String,
    /// Their partition.
    pub partition: PartitionId,
    /// The offset of the first.
    pub first: Offset,
    /// The offset of the last.
    pub last: Offset,
    /// How many.
    pub records: u64,
}

impl LostRecords {
    fn of(file: &str, log: &LogState, partition: &Partition, first: u64, next: u64) -> Self {
        Self {
            file: file.to_owned(),
            log: log.name.clone(),
            partition: partition.number,
            first: Offset(first),
            last: Offset(next - 1),
            records: next - first,
        }
    }
}

/// Looks at every byte of the store on a device, beside whoever writes to it; `dir` names it in
/// messages.
///
/// # Errors
/// There is no store, or nothing of it can be read: no manifest is whole, a file is of another
/// format, or the system failed.
pub fn check(device: &Arc<dyn Device>, dir: &Path) -> Result<Checked, OpenError> {
    let mut attempts = 1;
    loop {
        let before = manifest::newest_number(device.as_ref())?;
        let result = check_once(device, dir);
        let is_whole = result
            .as_ref()
            .is_ok_and(|checked| checked.damage.is_empty() && checked.repaired.is_empty());
        let has_moved = manifest::newest_number(device.as_ref())? != before;
        if is_whole || !has_moved || attempts == ATTEMPTS {
            return result;
        }
        attempts += 1;
    }
}

fn check_once(device: &Arc<dyn Device>, dir: &Path) -> Result<Checked, OpenError> {
    let store = Store::open_on(device.clone(), StoreOptions::new(dir).read_only())?;
    let report = store.recovery();
    let mut checked = Checked {
        commit: store.cut().0,
        journal_commits: report.replayed_commits,
        unfinished: report.dropped_tail.clone(),
        damage: report.damage.clone(),
        repaired: report.repaired.clone(),
        ..Checked::default()
    };
    let logs: Vec<Arc<LogState>> = store.core().logs.read().by_name.values().cloned().collect();
    for log in &logs {
        checked.logs += 1;
        for partition in &log.partitions {
            checked.look_at_segments(log, partition);
            checked.look_at_tail(log, partition);
        }
    }
    checked.look_at_counters(device.as_ref())?;
    // A segment that is missing was found by opening the store and by looking at it.
    let mut seen = BTreeSet::new();
    checked
        .damage
        .retain(|damage| seen.insert((damage.file.clone(), damage.position)));
    Ok(checked)
}

impl Checked {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty() && self.repaired.is_empty() && self.lost.is_empty()
    }

    fn look_at_segments(&mut self, log: &LogState, partition: &Partition) {
        for segment in partition.segments() {
            let mut found = segment.examine();
            self.segments += 1;
            self.segment_bytes += found.bytes;
            self.damage.append(&mut found.damage);
            self.repaired.append(&mut found.repaired);
            let gone: u64 = found.lost.iter().map(|lost| lost.records).sum();
            self.records += segment.row_count() - gone.min(segment.row_count());
            self.lost.extend(found.lost.iter().map(|lost: &LostGroup| {
                let next = lost.last.0 + 1;
                LostRecords {
                    records: lost.records,
                    ..LostRecords::of(segment.path(), log, partition, lost.first.0, next)
                }
            }));
        }
    }

    /// The tail has no holes but those that damage makes.
    fn look_at_tail(&mut self, log: &LogState, partition: &Partition) {
        let (sealed, next) = (partition.sealed_until(), partition.next());
        let holes = match partition.contents(log) {
            Ok((_, batches)) => {
                self.records += batches.iter().map(|b| b.num_rows() as u64).sum::<u64>();
                holes(&batches, sealed)
            }
            Err(error) => {
                self.damage.push(Damage {
                    file: journal::DIRECTORY.to_owned(),
                    position: 0,
                    text: error.to_string(),
                });
                vec![(sealed, next)]
            }
        };
        let lost = holes
            .into_iter()
            .map(|(first, next)| LostRecords::of(journal::DIRECTORY, log, partition, first, next));
        self.lost.extend(lost);
    }

    fn look_at_counters(&mut self, device: &dyn Device) -> Result<(), OpenError> {
        for path in counter_files(device)? {
            self.counters += 1;
            let damage = |position, text: &str| Damage {
                file: path.clone(),
                position,
                text: text.to_owned(),
            };
            match look_at_slots(device, &path) {
                Ok((Some(_), slots)) => self.repaired.extend(
                    slots
                        .iter()
                        .map(|at| damage(*at, "a slot cannot be read; numbers will be skipped")),
                ),
                Ok((None, _)) => self.damage.push(damage(0, "neither slot can be read")),
                Err(error) => self.damage.push(damage(0, &error.to_string())),
            }
        }
        Ok(())
    }
}

/// The files of the counters beside the logs.
pub(crate) fn counter_files(device: &dyn Device) -> Result<Vec<String>, OpenError> {
    let names = device.list(COUNTERS).map_err(|source| OpenError::Io {
        action: "list",
        file: COUNTERS.to_owned(),
        source,
    })?;
    let is_counter = |name: &&String| !name.ends_with(".lock") && !name.ends_with(".new");
    let names = names.iter().filter(is_counter);
    Ok(names.map(|name| format!("{COUNTERS}/{name}")).collect())
}

/// The offsets missing in the tail, from the first to the one behind the last of each hole.
fn holes(batches: &[RecordBatch], sealed: u64) -> Vec<(u64, u64)> {
    let mut next = sealed;
    let mut found = Vec::new();
    let offsets = batches.iter().filter_map(|batch| {
        let column = batch.column_by_name("_offset")?;
        Some(column.as_primitive_opt::<Int64Type>()?.values())
    });
    for offset in offsets.flat_map(|values| values.iter()) {
        let offset = *offset as u64;
        if offset > next {
            found.push((next, offset));
        }
        next = next.max(offset + 1);
    }
    found
}
