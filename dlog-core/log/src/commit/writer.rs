//! Writing a group: number the commits, write them as one, sync if asked for, publish.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::catalogue::{Change, Durability};
use crate::clock::now_us;
use crate::commit::{Core, Pending, PendingPart};
use crate::error::AppendError;
use crate::frame::{Encoding, Entry, FrameHead, encode_frame, frame_bytes};
use crate::ids::{CommitNumber, LogId, Offset, PartitionId};
use crate::journal::{Journal, WriteError};
use crate::limits::{GROUP_BYTES_MAX, JOURNAL_FILES_HARD_MAX, JOURNAL_FILES_MAX};
use crate::producers::{PRODUCER_BYTES, ProducerState, Producers};
use crate::tail::{Stamp, TailBatch};
use crate::ticket::{Receipt, ReceiptPart, TicketState};
use dlog_sequencer::crc32c;

/// The highest offset that a journal file holds of each partition.
pub(crate) type FileContents = HashMap<(LogId, PartitionId), u64>;

/// The end of the journal and the numbers to give out next.
#[derive(Debug)]
pub(crate) struct Writer {
    /// None in a store that is only read.
    pub(crate) journal: Option<Journal>,
    pub(crate) next_commit: CommitNumber,
    pub(crate) last_time_us: i64,
    /// The highest commit that is known to be on the device.
    pub(crate) durable: CommitNumber,
    /// What the journal files hold, by generation.
    pub(crate) files: BTreeMap<u64, FileContents>,
    pub(crate) buffer: Vec<u8>,
    pub(crate) producers: Producers,
}

/// A commit with its number, written or about to be.
struct Numbered {
    pending: Pending,
    stamp: Stamp,
    /// First offsets, in the order of the parts.
    offsets: Vec<u64>,
    receipt: Receipt,
    /// What was remembered of its producer before.
    producer_before: Option<ProducerState>,
    /// Retries of this commit that came while it was on its way.
    riders: Vec<Arc<TicketState>>,
    /// Schema changes that go with it, encoded in front of the payload.
    schemas: Vec<Change>,
}

/// What to put back when a group is not written.
struct Before {
    next_commit: CommitNumber,
    last_time_us: i64,
    checksum: u32,
}

impl Writer {
    /// The last commit that was numbered.
    pub(crate) fn last_commit(&self) -> CommitNumber {
        CommitNumber(self.next_commit.0 - 1)
    }

    /// Writes one group of what is queued.
    pub(crate) fn write_group(&mut self, core: &Arc<Core>) {
        let group = take_group(core);
        if group.is_empty() {
            return;
        }
        // Closing queues its mark first and refuses then: only what came before it is written.
        match core.refusal() {
            Some(refusal) if refusal != AppendError::Closed => return fail(group, &refusal),
            _ => {}
        }
        let Some(journal) = &self.journal else {
            return fail(group, &AppendError::Closed);
        };
        // Only where a sync is due anyhow: the question costs a system call.
        let is_synced = group
            .iter()
            .any(|pending| pending.level == Durability::Power);
        if is_synced && let Err(refusal) = core.check_lock() {
            return fail(group, &refusal);
        }
        let before = Before {
            next_commit: self.next_commit,
            last_time_us: self.last_time_us,
            checksum: journal.checksum,
        };
        let mut numbered: Vec<Numbered> = Vec::with_capacity(group.len());
        for pending in group {
            match self.admit(&pending) {
                Ok(None) => {
                    let next = self.number(core, pending);
                    numbered.push(next);
                }
                Ok(Some(receipt)) => self.repeat(core, pending, receipt, &mut numbered),
                Err(refusal) => pending.ticket.complete(Err(refusal)),
            }
        }
        if numbered.is_empty() {
            return;
        }
        if let Err(error) = self.write(core, &numbered) {
            self.give_up(core, numbered, &before, error);
            return;
        }
        self.acknowledge(core, numbered);
    }

    /// Whether a commit may have a number: `None`, or the receipt of the one it repeats.
    fn admit(&self, pending: &Pending) -> Result<Option<Receipt>, AppendError> {
        let conditions = &pending.conditions;
        if let Some(producer) = &conditions.producer
            && let Some(receipt) = self.producers.admit(producer)?
        {
            return Ok(Some(receipt));
        }
        if let Some(expected) = conditions.expect {
            for part in &pending.parts {
                let partition = &part.log.partitions[part.partition];
                let actual = Offset(partition.next());
                if actual != expected {
                    return Err(AppendError::Conflict {
                        log: part.log.name.clone(),
                        partition: partition.number,
                        expected,
                        actual,
                    });
                }
            }
        }
        for (part, key, path) in &conditions.absent {
            let part = &pending.parts[*part];
            let partition = &part.log.partitions[part.partition];
            let mut index = partition.index.lock();
            let caught_up = index.catch_up(partition, &part.log);
            caught_up.map_err(|error| AppendError::Refused {
                text: error.to_string(),
            })?;
            if let Some(offset) = index.find(key) {
                return Err(AppendError::Present {
                    log: part.log.name.clone(),
                    path: path.clone(),
                    offset: Offset(offset),
                });
            }
        }
        Ok(None)
    }

    /// Answers a retry as the commit it repeats was or will be.
    fn repeat(
        &mut self,
        core: &Arc<Core>,
        pending: Pending,
        receipt: Receipt,
        group: &mut [Numbered],
    ) {
        let own = group
            .iter_mut()
            .find(|numbered| numbered.stamp.commit == receipt.commit);
        if let Some(numbered) = own {
            numbered.pending.level = numbered.pending.level.max(pending.level);
            numbered.riders.push(pending.ticket);
            return;
        }
        let needs_sync = pending.level == Durability::Power && receipt.commit > self.durable;
        let outcome = if needs_sync {
            self.sync_written(core).map(|_| receipt)
        } else {
            Ok(receipt)
        };
        pending.ticket.complete(outcome);
    }

    fn number(&mut self, core: &Arc<Core>, pending: Pending) -> Numbered {
        self.last_time_us = self.last_time_us.max(now_us());
        let stamp = Stamp {
            commit: self.next_commit,
            epoch: core.epoch,
            append_time_us: self.last_time_us,
        };
        self.next_commit.0 += 1;
        let mut schemas = Vec::new();
        let mut offsets = Vec::with_capacity(pending.parts.len());
        for part in &pending.parts {
            offsets.push(
                part.log.partitions[part.partition]
                    .next_offset
                    .fetch_add(part.count, Ordering::AcqRel),
            );
            let schema = part.log.schema();
            if part
                .log
                .journalled_version
                .fetch_max(schema.version, Ordering::AcqRel)
                < schema.version
            {
                schemas.push(Change::Schema {
                    id: part.log.id,
                    version: schema.version,
                    schema: schema.schema.clone(),
                });
            }
        }
        let receipt = make_receipt(&pending, stamp, &offsets);
        let producer_before = match &pending.conditions.producer {
            Some(producer) => self.producers.note(producer, receipt.clone()),
            None => None,
        };
        Numbered {
            pending,
            stamp,
            offsets,
            receipt,
            producer_before,
            riders: Vec::new(),
            schemas,
        }
    }

    fn write(&mut self, core: &Arc<Core>, group: &[Numbered]) -> Result<(), WriteError> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let Some(first) = group.first() else {
            return Ok(());
        };
        let bytes: usize = group.iter().map(Numbered::frame_bytes).sum();
        journal.make_room(bytes as u64, core.epoch, first.stamp.commit)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut checksum = journal.checksum;
        for numbered in group {
            checksum = numbered.encode(
                core,
                self.durable,
                journal.generation(),
                checksum,
                &mut buffer,
            );
        }
        let result = journal.write(&buffer, checksum);
        // A large commit's buffer is not kept for small ones.
        if buffer.capacity() <= GROUP_BYTES_MAX {
            self.buffer = buffer;
        }
        result?;
        let contents = self.files.entry(journal.generation()).or_default();
        for numbered in group {
            for (part, offset) in numbered.pending.parts.iter().zip(&numbered.offsets) {
                let place = (part.log.id, part.log.partitions[part.partition].number);
                contents.insert(place, offset + part.count - 1);
            }
        }
        Ok(())
    }

    /// Puts the numbers of a group that was not written back, and tells its owners.
    fn give_up(
        &mut self,
        core: &Arc<Core>,
        group: Vec<Numbered>,
        before: &Before,
        error: WriteError,
    ) {
        let reason = match error {
            WriteError::NotWritten(error) => AppendError::NotWritten {
                text: error.to_string(),
            },
            WriteError::Unknown(error) => self.poison(core, &error),
        };
        self.next_commit = before.next_commit;
        self.last_time_us = before.last_time_us;
        if let Some(journal) = &mut self.journal {
            journal.checksum = before.checksum;
        }
        let mut group = group;
        for numbered in group.iter_mut().rev() {
            if let Some(producer) = &numbered.pending.conditions.producer {
                let before = numbered.producer_before.take();
                self.producers.restore(producer.id, before);
            }
            for (part, offset) in numbered.pending.parts.iter().zip(&numbered.offsets).rev() {
                part.log.partitions[part.partition]
                    .next_offset
                    .store(*offset, Ordering::Release);
            }
            for schema in &numbered.schemas {
                if let Change::Schema { id, version, .. } = schema {
                    let log = numbered
                        .pending
                        .parts
                        .iter()
                        .map(|part| &part.log)
                        .find(|log| log.id == *id);
                    if let Some(log) = log {
                        log.journalled_version.store(version - 1, Ordering::Release);
                    }
                }
            }
        }
        fail_numbered(group, &reason);
    }

    /// Publishes and acknowledges a written group: first what needs no sync, then the rest.
    fn acknowledge(&mut self, core: &Arc<Core>, group: Vec<Numbered>) {
        let is_behind = self.files.len() > JOURNAL_FILES_HARD_MAX;
        core.is_behind.store(is_behind, Ordering::Release);
        if self.files.len() > JOURNAL_FILES_MAX {
            crate::seal::seal_in_background(core);
        }
        let mut group = group.into_iter().peekable();
        while let Some(numbered) =
            group.next_if(|numbered| numbered.pending.level < Durability::Power)
        {
            publish(core, numbered);
        }
        if group.peek().is_none() {
            if self.journal.as_ref().is_some_and(Journal::is_dirty) {
                core.background.wake_for_sync(core);
            }
            return;
        }
        match self.sync(core) {
            Ok(_) => group.for_each(|numbered| publish(core, numbered)),
            Err(reason) => fail_numbered(group.collect(), &reason),
        }
    }

    /// Makes what was written before this group durable. Numbers are given out already, so the last
    /// one does not say what is written.
    fn sync_written(&mut self, core: &Arc<Core>) -> Result<(), AppendError> {
        match self.journal.as_mut().map_or(Ok(()), Journal::sync) {
            Ok(()) => Ok(()),
            Err(WriteError::Unknown(error) | WriteError::NotWritten(error)) => {
                Err(self.poison(core, &error))
            }
        }
    }

    /// Makes everything written durable; the last commit of it.
    pub(crate) fn sync(&mut self, core: &Arc<Core>) -> Result<CommitNumber, AppendError> {
        if let Some(journal) = &mut self.journal
            && let Err(WriteError::Unknown(error) | WriteError::NotWritten(error)) = journal.sync()
        {
            return Err(self.poison(core, &error));
        }
        self.durable = self.last_commit();
        Ok(self.durable)
    }

    fn poison(&mut self, core: &Arc<Core>, error: &std::io::Error) -> AppendError {
        tracing::error!(%error, "a sync of the journal failed: the store is read-only until it is reopened");
        core.refuse(AppendError::ReadOnly {
            why: format!("a sync failed ({error}); reopen the store"),
        });
        AppendError::Unknown {
            text: error.to_string(),
        }
    }
}

impl Numbered {
    fn schema_payload(&self) -> Vec<Vec<u8>> {
        self.schemas.iter().map(Change::encode).collect()
    }

    fn frame_bytes(&self) -> usize {
        let schemas: usize = self.schema_payload().iter().map(Vec::len).sum();
        let entries = self.schemas.len()
            + self.pending.changes.len()
            + usize::from(self.pending.conditions.producer.is_some())
            + self.pending.parts.len();
        frame_bytes(entries, schemas + self.pending.payload.len())
    }

    fn encode(
        &self,
        core: &Core,
        durable: CommitNumber,
        generation: u64,
        previous_checksum: u32,
        out: &mut Vec<u8>,
    ) -> u32 {
        let mut entries = Vec::with_capacity(
            self.schemas.len() + self.pending.changes.len() + self.pending.parts.len(),
        );
        let schemas = self.schema_payload();
        for (change, bytes) in self.schemas.iter().zip(&schemas) {
            entries.push(change_entry(change, bytes.len()));
        }
        for change in &self.pending.changes {
            entries.push(change_entry(change, change.encode().len()));
        }
        if self.pending.conditions.producer.is_some() {
            entries.push(Entry {
                encoding: Encoding::Producer,
                partition: PartitionId(0),
                log: LogId(0),
                first_offset: Offset(0),
                count: 0,
                length: PRODUCER_BYTES as u64,
            });
        }
        for (part, offset) in self.pending.parts.iter().zip(&self.offsets) {
            entries.push(part_entry(part, *offset));
        }
        let joined;
        let (payload, payload_checksum) = if schemas.is_empty() {
            (self.pending.payload.as_ref(), self.pending.payload_checksum)
        } else {
            joined = [schemas.concat().as_slice(), &self.pending.payload].concat();
            (joined.as_slice(), crc32c(&joined))
        };
        let head = FrameHead {
            flags: self.pending.flags,
            store: core.store,
            generation,
            epoch: core.epoch,
            commit: self.stamp.commit,
            durable,
            append_time_us: self.stamp.append_time_us,
            previous_checksum,
            // Bounded by FRAME_BYTES_MAX: commits are measured before they are queued.
            payload_length: payload.len() as u32,
            payload_checksum,
            entry_count: entries.len() as u32,
        };
        encode_frame(&head, &entries, payload, out)
    }
}

fn change_entry(change: &Change, length: usize) -> Entry {
    Entry {
        encoding: Encoding::Catalogue,
        partition: PartitionId(0),
        log: change.log(),
        first_offset: Offset(0),
        count: 0,
        length: length as u64,
    }
}

fn part_entry(part: &PendingPart, first_offset: u64) -> Entry {
    Entry {
        encoding: part.encoding,
        partition: part.log.partitions[part.partition].number,
        log: part.log.id,
        first_offset: Offset(first_offset),
        count: part.count,
        length: part.length as u64,
    }
}

/// What is queued, up to a group's size.
fn take_group(core: &Core) -> Vec<Pending> {
    let mut queue = core.queue.lock();
    let mut bytes = 0;
    let mut count = 0;
    for pending in &queue.commits {
        bytes += pending.payload.len();
        // Whether a key is absent is known of what is published, so such a commit begins a group.
        let is_first = !pending.conditions.absent.is_empty();
        if count > 0 && (is_first || bytes > GROUP_BYTES_MAX) {
            bytes -= pending.payload.len();
            break;
        }
        count += 1;
    }
    queue.bytes -= bytes;
    queue.commits.drain(..count).collect()
}

fn fail(group: Vec<Pending>, reason: &AppendError) {
    group
        .into_iter()
        .for_each(|pending| pending.ticket.complete(Err(reason.clone())));
}

fn fail_numbered(group: Vec<Numbered>, reason: &AppendError) {
    for numbered in group {
        let riders = numbered.riders.iter();
        riders.for_each(|rider| rider.complete(Err(reason.clone())));
        numbered.pending.ticket.complete(Err(reason.clone()));
    }
}

fn make_receipt(pending: &Pending, stamp: Stamp, offsets: &[u64]) -> Receipt {
    let parts = pending.parts.iter().zip(offsets);
    Receipt {
        commit: stamp.commit,
        epoch: stamp.epoch,
        append_time_us: stamp.append_time_us,
        parts: parts
            .map(|(part, first_offset)| ReceiptPart {
                log: part.log.name.clone(),
                partition: part.log.partitions[part.partition].number,
                first_offset: Offset(*first_offset),
                count: part.count,
            })
            .collect(),
    }
}

/// Shows a commit to readers and acknowledges it.
fn publish(core: &Arc<Core>, numbered: Numbered) {
    let Numbered {
        pending,
        stamp,
        offsets,
        receipt,
        riders,
        ..
    } = numbered;
    let mut is_seal_due = false;
    for (part, first_offset) in pending.parts.into_iter().zip(offsets) {
        let partition = &part.log.partitions[part.partition];
        let bytes = part.length as u64;
        let tail_bytes = partition.publish(TailBatch {
            first_offset,
            count: part.count,
            stamp,
            bytes,
            data: part.data,
        });
        is_seal_due |= tail_bytes >= core.options.seal_bytes;
    }
    for change in &pending.changes {
        if let Change::Positions {
            group,
            generation,
            positions,
        } = change
        {
            core.groups.lock().apply(group, *generation, positions);
        }
    }
    core.show(stamp.commit);
    for rider in riders {
        rider.complete(Ok(receipt.clone()));
    }
    pending.ticket.complete(Ok(receipt));
    if is_seal_due {
        crate::seal::seal_in_background(core);
    }
}
