//! Writing a group: number the commits, write them as one, sync if asked for, publish.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::catalogue::{Change, Durability};
use crate::commit::numbered::Numbered;
use crate::commit::{Core, Pending};
use crate::error::AppendError;
use crate::ids::{CommitNumber, LogId, Offset, PartitionId};
use crate::journal::{Journal, WriteError};
use crate::limits::{GROUP_BYTES_MAX, JOURNAL_FILES_HARD_MAX, JOURNAL_FILES_MAX};
use crate::lookup;
use crate::producers::Producers;
use crate::tail::{Stamp, TailBatch};
use crate::ticket::{Receipt, ReceiptPart};

/// The highest offset that a journal file holds of each partition.
pub(crate) type FileContents = BTreeMap<(LogId, PartitionId), u64>;

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
    pub(crate) producers: Producers,
    pub(crate) space: Space,
}

/// Memory that is used by one group after the other.
#[derive(Debug, Default)]
pub(crate) struct Space {
    buffer: Vec<u8>,
    taken: VecDeque<Pending>,
    numbered: Vec<Numbered>,
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
        let mut group = std::mem::take(&mut self.space.taken);
        take_group(core, &mut group);
        if !group.is_empty() {
            self.write_taken(core, &mut group);
        }
        self.space.taken = group;
    }

    fn write_taken(&mut self, core: &Arc<Core>, group: &mut VecDeque<Pending>) {
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
        let mut numbered = std::mem::take(&mut self.space.numbered);
        for pending in group.drain(..) {
            match self.admit(&pending) {
                Ok(None) => numbered.push(self.number(core, pending)),
                Ok(Some(receipt)) => self.repeat(core, pending, receipt, &mut numbered),
                Err(refusal) => pending.ticket.complete(Err(refusal)),
            }
        }
        if !numbered.is_empty() {
            match self.write(core, &numbered) {
                Ok(()) => self.acknowledge(core, &mut numbered),
                Err(error) => self.give_up(core, &mut numbered, &before, error),
            }
        }
        self.space.numbered = numbered;
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
                part.log.partitions[part.partition].expect_next(&part.log, expected)?;
            }
        }
        for (part, key, path) in &conditions.absent {
            let part = &pending.parts[*part];
            let partition = &part.log.partitions[part.partition];
            let found = lookup::newest(&part.log, partition, key);
            let offset = found.and_then(|row| row.as_ref().map(lookup::offset_of).transpose());
            let offset = offset.map_err(|error| AppendError::Refused {
                text: error.to_string(),
            })?;
            if let Some(offset) = offset {
                return Err(AppendError::Present {
                    log: part.log.name.clone(),
                    path: path.clone(),
                    offset,
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
        let stamp = self.stamp(core);
        self.next_commit.0 += 1;
        let mut schemas = Vec::new();
        let mut parts = Vec::with_capacity(pending.parts.len());
        for part in &pending.parts {
            let partition = &part.log.partitions[part.partition];
            parts.push(ReceiptPart {
                log: part.log.name.clone(),
                partition: partition.number,
                first_offset: Offset(
                    partition
                        .next_offset
                        .fetch_add(part.count, Ordering::AcqRel),
                ),
                count: part.count,
            });
            schemas.extend(part.log.schema_to_journal());
        }
        let receipt = stamp.receipt(parts);
        let producer_before = match &pending.conditions.producer {
            Some(producer) => self.producers.note(producer, receipt.clone()),
            None => None,
        };
        Numbered {
            pending,
            stamp,
            receipt,
            producer_before,
            riders: Vec::new(),
            schemas,
        }
    }

    /// What the next commit will be stamped with.
    pub(crate) fn stamp(&mut self, core: &Core) -> Stamp {
        self.last_time_us = self.last_time_us.max(core.options.clock.now_us());
        Stamp {
            commit: self.next_commit,
            epoch: core.epoch,
            append_time_us: self.last_time_us,
        }
    }

    /// Writes and syncs a commit that has no records with this stamp.
    pub(crate) fn take_number(
        &mut self,
        core: &Arc<Core>,
        pending: Pending,
        stamp: Stamp,
    ) -> Result<(), AppendError> {
        let numbered = Numbered {
            receipt: stamp.receipt(Vec::new()),
            pending,
            stamp,
            producer_before: None,
            riders: Vec::new(),
            schemas: Vec::new(),
        };
        match self.write(core, &[numbered]) {
            Ok(()) => {}
            Err(WriteError::NotWritten(error)) => {
                return Err(AppendError::NotWritten {
                    text: error.to_string(),
                });
            }
            Err(WriteError::Unknown(error)) => return Err(self.poison(core, &error)),
        }
        self.next_commit = CommitNumber(stamp.commit.0 + 1);
        self.sync(core).map(drop)
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
        let mut buffer = std::mem::take(&mut self.space.buffer);
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
            self.space.buffer = buffer;
        }
        result?;
        let contents = self.files.entry(journal.generation()).or_default();
        for numbered in group {
            for (part, offset) in numbered.parts() {
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
        group: &mut Vec<Numbered>,
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
        for numbered in group.iter_mut().rev() {
            if let Some(producer) = &numbered.pending.conditions.producer {
                let before = numbered.producer_before.take();
                self.producers.restore(producer.id, before);
            }
            for (part, offset) in numbered.parts().rev() {
                part.log.partitions[part.partition]
                    .next_offset
                    .store(offset, Ordering::Release);
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
    fn acknowledge(&mut self, core: &Arc<Core>, group: &mut Vec<Numbered>) {
        let is_behind = self.files.len() > JOURNAL_FILES_HARD_MAX;
        core.is_behind.store(is_behind, Ordering::Release);
        if self.files.len() > JOURNAL_FILES_MAX {
            crate::seal::seal_in_background(core);
        }
        let is_first_synced = |numbered: &Numbered| numbered.pending.level == Durability::Power;
        let unsynced = group
            .iter()
            .position(is_first_synced)
            .unwrap_or(group.len());
        group
            .drain(..unsynced)
            .for_each(|numbered| publish(core, numbered));
        if group.is_empty() {
            if self.journal.as_ref().is_some_and(Journal::is_dirty) {
                core.background.wake_for_sync(core);
            }
            return;
        }
        match self.sync(core) {
            Ok(_) => group.drain(..).for_each(|numbered| publish(core, numbered)),
            Err(reason) => fail_numbered(group, &reason),
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
        if self.journal.as_ref().is_some_and(Journal::is_dirty) {
            core.flushes.fetch_add(1, Ordering::Relaxed);
        }
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

/// Takes what is queued, up to a group's size.
fn take_group(core: &Core, group: &mut VecDeque<Pending>) {
    let (mut bytes, mut count) = (0, 0);
    core.queue.take(group, |pending| {
        bytes += pending.payload.len();
        // Whether a key is absent is known of what is published, so such a commit begins a group.
        let is_first = !pending.conditions.absent.is_empty();
        let is_taken = count == 0 || (!is_first && bytes <= GROUP_BYTES_MAX);
        count += 1;
        is_taken
    });
}

fn fail(group: &mut VecDeque<Pending>, reason: &AppendError) {
    for pending in group.drain(..) {
        pending.ticket.complete(Err(reason.clone()));
    }
}

fn fail_numbered(group: &mut Vec<Numbered>, reason: &AppendError) {
    for numbered in group.drain(..) {
        let riders = numbered.riders.iter();
        riders.for_each(|rider| rider.complete(Err(reason.clone())));
        numbered.pending.ticket.complete(Err(reason.clone()));
    }
}

/// Shows a commit to readers and acknowledges it.
fn publish(core: &Arc<Core>, numbered: Numbered) {
    let Numbered {
        pending,
        stamp,
        receipt,
        riders,
        ..
    } = numbered;
    let mut is_seal_due = false;
    for (part, place) in pending.parts.into_iter().zip(&receipt.parts) {
        let partition = &part.log.partitions[part.partition];
        let bytes = part.length as u64;
        let tail_bytes = partition.publish(TailBatch {
            first_offset: place.first_offset.0,
            count: part.count,
            stamp,
            bytes,
            data: part.data,
        });
        is_seal_due |= tail_bytes >= part.log.seal_bytes(&core.options);
        core.note_age(partition);
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
    if is_seal_due || core.is_age_due(stamp.append_time_us) {
        crate::seal::seal_in_background(core);
    }
}
