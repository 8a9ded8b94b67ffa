//! A commit on its way to the writer.

use std::sync::Arc;

use bytes::Bytes;

use crate::catalogue::{Change, Durability};
use crate::frame::Encoding;
use crate::ids::Offset;
use crate::log_state::LogState;
use crate::producers::Producer;
use crate::tail::BatchData;
use crate::ticket::{Outcome, TicketState};
use dlog_sequencer::crc32c;

/// A commit that has no number yet.
pub(crate) struct Pending {
    pub(crate) flags: u16,
    pub(crate) changes: Vec<Change>,
    pub(crate) parts: Vec<PendingPart>,
    /// The bytes of the changes, then those of the parts.
    pub(crate) payload: Bytes,
    pub(crate) payload_checksum: u32,
    pub(crate) level: Durability,
    pub(crate) conditions: Conditions,
    pub(crate) ticket: Arc<TicketState<Outcome>>,
}

/// What must hold when a commit gets its number.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) producer: Option<Producer>,
    pub(crate) expect: Option<Offset>,
    /// Keys that must have no living record, by part, with where they stand in what was given.
    pub(crate) absent: Vec<(usize, Vec<u8>, String)>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending")
            .field("parts", &self.parts.len())
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// The records of a commit for one partition.
#[derive(Debug)]
pub(crate) struct PendingPart {
    pub(crate) log: Arc<LogState>,
    /// An index into the log's partitions.
    pub(crate) partition: usize,
    pub(crate) count: u64,
    pub(crate) encoding: Encoding,
    pub(crate) length: usize,
    pub(crate) data: BatchData,
}

impl Pending {
    /// A commit of these parts.
    pub(crate) fn new(
        changes: Vec<Change>,
        parts: Vec<PendingPart>,
        payload: Bytes,
        level: Durability,
    ) -> Self {
        let payload_checksum = crc32c(&payload);
        Self {
            flags: 0,
            changes,
            parts,
            payload,
            payload_checksum,
            level,
            conditions: Conditions::default(),
            ticket: TicketState::new(),
        }
    }

    /// The same with a change of the catalogue in front.
    pub(crate) fn with_change(mut self, change: Change) -> Self {
        let mut payload = change.encode();
        payload.extend_from_slice(&self.payload);
        self.payload = Bytes::from(payload);
        self.payload_checksum = crc32c(&self.payload);
        self.changes.insert(0, change);
        self
    }

    /// A commit that only changes the catalogue.
    pub(crate) fn change(change: Change) -> Self {
        let payload = Bytes::from(change.encode());
        Self::new(vec![change], Vec::new(), payload, Durability::Power)
    }

    /// A commit that marks the beginning or the end of an epoch.
    pub(crate) fn mark(flags: u16) -> Self {
        Self {
            flags,
            ..Self::new(Vec::new(), Vec::new(), Bytes::new(), Durability::Power)
        }
    }
}
