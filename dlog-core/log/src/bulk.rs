//! Large columns straight to sealed segments, past the journal, as one commit.
//!
//! The tail of the partitions is sealed first, since segments stand before it. Then, with everybody
//! who numbers commits or writes manifests held off, the commit gets its number and offsets, its
//! segments are written and synced, its number is taken in the journal by a frame without records,
//! and one manifest names all the segments: it is the commit point. Without it the commit is one of
//! nothing, and its files are removed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, RecordBatch};
use parking_lot::MutexGuard;

use crate::commit::{Committer, Core, ManifestState, Pending, WriterGuard};
use crate::error::{AppendError, SealError};
use crate::frame::FLAG_BULK;
use crate::ids::{CommitNumber, Cut, Offset};
use crate::intake::{self, AppendBatch, ArrowPart, Rows};
use crate::limits::BULK_SEGMENT_BYTES;
use crate::log_state::LogState;
use crate::partition::Marks;
use crate::producers::AppendOptions;
use crate::seal::{self, Edit, Plan};
use crate::segment::{SegmentOf, SegmentRef, write_segment};
use crate::tail::{BatchData, Stamp, TailBatch, convert};
use crate::ticket::{AppendTicket, Receipt, ReceiptPart, TicketState};

/// Whether a commit is large enough, and nothing but columns. Retries are told by frames of the
/// journal, so a producer's commits all go there.
pub(crate) fn is_bulk(core: &Core, batches: &[AppendBatch], options: &AppendOptions) -> bool {
    if options.producer.is_some() || options.if_absent {
        return false;
    }
    let mut bytes = 0;
    for batch in batches {
        let Rows::Arrow(batches) = &batch.rows else {
            return false;
        };
        bytes += batches.iter().map(bytes_of).sum::<usize>();
    }
    bytes >= core.options.bulk_bytes
}

/// What a batch takes, without what its buffers have beyond it.
fn bytes_of(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns
        .map(|column| column.to_data().get_slice_memory_size().unwrap_or(0))
        .sum()
}

/// Stores columns as segments; done when it returns.
pub(crate) fn append(
    core: &Arc<Core>,
    logs: Vec<Arc<LogState>>,
    batches: Vec<AppendBatch>,
    options: &AppendOptions,
) -> Result<AppendTicket, AppendError> {
    if let Some(refusal) = core.refusal() {
        return Err(refusal);
    }
    let parts = intake::prepare_columns(logs, batches)?;
    if options.expect.is_some() && parts.len() != 1 {
        let text = "an offset can be expected of records for one partition only".to_owned();
        return Err(AppendError::Refused { text });
    }
    let mut logs: Vec<Arc<LogState>> = parts.iter().map(|part| part.log.clone()).collect();
    // In the order in which everybody takes several.
    logs.sort_by_key(|log| log.id);
    logs.dedup_by_key(|log| log.id);
    let no_seals: Vec<MutexGuard<'_, ()>> = logs.iter().map(|log| log.sealing.lock()).collect();
    let durable = core.flush()?;
    for log in &logs {
        seal::seal_until(core, log, durable).map_err(not_written)?;
    }
    let receipt = commit(core, &parts, options.expect);
    if receipt.is_ok() {
        logs.iter().for_each(|log| seal::tidy(core, log));
    }
    drop(no_seals);
    let ticket = TicketState::done(receipt);
    Ok(AppendTicket::new(ticket, core.clone()))
}

fn not_written(error: SealError) -> AppendError {
    match error {
        SealError::Append(error) => error,
        error => AppendError::NotWritten {
            text: error.to_string(),
        },
    }
}

/// The commit while it is made, with the right to number commits and write manifests.
struct Bulk<'c> {
    core: &'c Arc<Core>,
    state: MutexGuard<'c, ManifestState>,
    writer: WriterGuard<'c, Arc<Core>>,
    stamp: Stamp,
    /// New segments with the log they are for, in the order of their partitions' offsets.
    segments: Vec<(Arc<LogState>, SegmentRef)>,
    receipt: Vec<ReceiptPart>,
}

fn commit(
    core: &Arc<Core>,
    parts: &[ArrowPart],
    expect: Option<Offset>,
) -> Result<Receipt, AppendError> {
    // No log is made or dropped meanwhile: the manifest must name what there is.
    let _no_change = core.changing.lock();
    if let Some(part) = parts
        .iter()
        .find(|part| part.log.dropped.load(Ordering::Acquire))
    {
        return Err(AppendError::NoSuchLog {
            log: part.log.name.clone(),
            known: core.log_names(),
        });
    }
    let state = core.manifest.lock();
    let mut writer = core.writer();
    writer.write_all();
    if let Some(refusal) = core.refusal() {
        return Err(refusal);
    }
    core.check_lock()?;
    if let (Some(expected), [part]) = (expect, parts) {
        part.log.partitions[part.partition].expect_next(&part.log, expected)?;
    }
    writer.sync()?;
    let stamp = writer.get().stamp(core);
    let mut bulk = Bulk {
        core,
        state,
        writer,
        stamp,
        segments: Vec::new(),
        receipt: Vec::new(),
    };
    if let Err(error) = bulk.write_segments(parts) {
        bulk.take_away();
        return Err(not_written(error));
    }
    bulk.finish()
}

impl Bulk<'_> {
    fn write_segments(&mut self, parts: &[ArrowPart]) -> Result<(), SealError> {
        let mut next: std::collections::BTreeMap<_, u64> = std::collections::BTreeMap::new();
        for part in parts {
            let partition = &part.log.partitions[part.partition];
            let place = (part.log.id, partition.number);
            if !next.contains_key(&place) {
                // What came in since the seals.
                let before = CommitNumber(self.stamp.commit.0 - 1);
                let schema = part.log.schema().full.clone();
                let tail = partition
                    .settle(&part.log)?
                    .tail_until(Cut(before), &schema)?;
                if !tail.is_empty() {
                    self.write(part, &tail)?;
                }
            }
            let first = *next.get(&place).unwrap_or(&partition.next());
            let count = part
                .batches
                .iter()
                .map(|batch| batch.num_rows() as u64)
                .sum();
            self.write_part(part, first, count)?;
            next.insert(place, first + count);
            self.receipt.push(ReceiptPart {
                log: part.log.name.clone(),
                partition: partition.number,
                first_offset: Offset(first),
                count,
            });
        }
        Ok(())
    }

    /// The records of a part, as segments that can be encoded in memory.
    fn write_part(&mut self, part: &ArrowPart, first: u64, count: u64) -> Result<(), SealError> {
        let tail = TailBatch {
            first_offset: first,
            count,
            stamp: self.stamp,
            bytes: 0,
            data: BatchData::Arrow(part.batches.clone()),
        };
        let number = part.log.partitions[part.partition].number;
        let chunks = convert(&[tail], number, &part.log)?;
        let mut batches: Vec<RecordBatch> = Vec::new();
        let mut bytes = 0;
        for chunk in chunks {
            bytes += bytes_of(&chunk.batch);
            batches.push(chunk.batch);
            if bytes >= BULK_SEGMENT_BYTES {
                self.write(part, &std::mem::take(&mut batches))?;
                bytes = 0;
            }
        }
        if !batches.is_empty() {
            self.write(part, &batches)?;
        }
        Ok(())
    }

    fn write(&mut self, part: &ArrowPart, batches: &[RecordBatch]) -> Result<(), SealError> {
        let id = self.state.next_segment;
        self.state.next_segment += 1;
        let of = SegmentOf {
            id,
            log: part.log.id,
            log_name: &part.log.name,
            partition: part.log.partitions[part.partition].number,
            schema_version: part.log.schema().version,
        };
        let segment = write_segment(&self.core.device, of, batches)?;
        self.segments.push((part.log.clone(), segment));
        Ok(())
    }

    /// Lets go of segments that no manifest names.
    fn take_away(&self) {
        self.segments
            .iter()
            .for_each(|(_, segment)| segment.make_obsolete());
    }

    /// Takes the number, puts the manifest in force and shows the commit.
    fn finish(mut self) -> Result<Receipt, AppendError> {
        let core = self.core;
        let taken = self
            .writer
            .get()
            .take_number(core, Pending::mark(FLAG_BULK), self.stamp);
        if let Err(error) = taken {
            self.take_away();
            return Err(error);
        }
        let mut edit = Edit::default();
        for (log, segment) in &self.segments {
            let marks = Marks {
                sealed: segment.last_offset().0 + 1,
                ..log.partitions[segment.partition().0 as usize].marks()
            };
            edit.marks.insert((log.id, segment.partition()), marks);
            edit.added.push(segment.clone());
        }
        let plan = Plan::make(
            core,
            self.stamp.commit,
            &edit,
            &self.state,
            self.writer.get(),
        )?;
        if let Err(error) = plan.put_in_force(core, &mut self.state) {
            let text = error.source.to_string();
            if !error.may_be {
                self.take_away();
                // A commit of nothing has the number.
                core.show(self.stamp.commit);
                return Err(AppendError::NotWritten { text });
            }
            // Found in force at the next opening, it would name offsets that others have by then.
            let why = format!("a manifest could not be synced ({text}); reopen the store");
            core.refuse(AppendError::ReadOnly { why });
            return Err(AppendError::Unknown { text });
        }
        plan.forget(self.writer.get());
        for (log, segment) in &self.segments {
            let partition = &log.partitions[segment.partition().0 as usize];
            let end = segment.last_offset().0 + 1;
            partition.next_offset.fetch_max(end, Ordering::AcqRel);
            partition.replace_by(segment.clone());
            log.journalled_version
                .fetch_max(segment.schema_version(), Ordering::AcqRel);
        }
        core.show(self.stamp.commit);
        plan.free(core, &self.state);
        Ok(Receipt {
            commit: self.stamp.commit,
            epoch: self.stamp.epoch,
            append_time_us: self.stamp.append_time_us,
            parts: std::mem::take(&mut self.receipt),
        })
    }
}
