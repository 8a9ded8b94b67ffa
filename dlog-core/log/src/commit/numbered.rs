//! A commit with its number, and its frame.

use std::sync::Arc;

use crate::catalogue::Change;
use crate::commit::{Core, Pending, PendingPart};
use crate::frame::{Encoding, Entry, FrameHead, encode_frame, frame_bytes};
use crate::ids::{CommitNumber, LogId, Offset, PartitionId};
use crate::producers::{PRODUCER_BYTES, ProducerState};
use crate::tail::Stamp;
use crate::ticket::{Outcome, Receipt, TicketState};
use dlog_sequencer::crc32c;

/// A commit with its number, written or about to be.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) pending: Pending,
    pub(super) stamp: Stamp,
    /// With the parts in their order.
    pub(super) receipt: Receipt,
    /// What was remembered of its producer before.
    pub(super) producer_before: Option<ProducerState>,
    /// Retries of this commit that came while it was on its way.
    pub(super) riders: Vec<Arc<TicketState<Outcome>>>,
    /// Schema changes that go with it, encoded in front of the payload.
    pub(super) schemas: Vec<Change>,
}

impl Numbered {
    /// The parts with their first offsets.
    pub(super) fn parts(&self) -> impl DoubleEndedIterator<Item = (&PendingPart, u64)> {
        let places = self.receipt.parts.iter();
        let offsets = places.map(|place| place.first_offset.0);
        self.pending.parts.iter().zip(offsets)
    }

    fn schema_payload(&self) -> Vec<Vec<u8>> {
        self.schemas.iter().map(Change::encode).collect()
    }

    pub(super) fn frame_bytes(&self) -> usize {
        let schemas: usize = self.schema_payload().iter().map(Vec::len).sum();
        let entries = self.schemas.len()
            + self.pending.changes.len()
            + usize::from(self.pending.conditions.producer.is_some())
            + self.pending.parts.len();
        frame_bytes(entries, schemas + self.pending.payload.len())
    }

    /// Writes the commit's frame behind what `out` holds; its checksum.
    pub(super) fn encode(
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
        entries.extend(self.parts().map(|(part, offset)| part_entry(part, offset)));
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
