//! Producers whose retries are stored once, and conditions on an append.
//!
//! A producer numbers its commits 0, 1, 2 …; the number travels in the commit's frame, so it is
//! durable exactly when the records are. The last few receipts of each are remembered: a repeated
//! number gets the receipt it got the first time. Everything here is decided with the journal's
//! writer held, where commits get their numbers.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::catalogue::Durability;
use crate::error::AppendError;
use crate::frame::{u32_at, u64_at};
use crate::ids::{CommitNumber, Offset};
use crate::limits::{PRODUCER_RECEIPTS, PRODUCERS_MAX};
use crate::ticket::Receipt;

/// Bytes of a producer's part of a frame.
pub(crate) const PRODUCER_BYTES: usize = 20;

/// Who appends, and which of its commits this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// Its number, which nobody else uses.
    pub id: u64,
    /// Raised by a successor, which begins with sequence 0; what has an older one is refused.
    pub epoch: u32,
    /// 0 for its first commit, one more for each.
    pub sequence: u64,
}

/// What an append asks for beside its records.
#[derive(Debug, Clone, Default)]
pub struct AppendOptions {
    /// What the acknowledgement is to survive, where that is more than the log's level.
    pub ack: Option<Durability>,
    /// Who appends: a retry is stored once.
    pub producer: Option<Producer>,
    /// The offset the first record must get; for commits to one partition.
    pub expect: Option<Offset>,
    /// Whether the keys of all records must be without a living record.
    pub if_absent: bool,
}

/// Why a producer's commit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProducerProblem {
    /// Nothing is known of it, and this is not its first commit.
    #[error("it is unknown, or was forgotten; begin with a new epoch and sequence 0")]
    Unknown,
    /// A successor has appended.
    #[error("a successor with epoch {current} has appended")]
    Fenced {
        /// The successor's epoch.
        current: u32,
    },
    /// Commits before this one are missing.
    #[error("sequence {expected} is missing")]
    Gap {
        /// The next sequence.
        expected: u64,
    },
    /// It was stored, too long ago for its receipt to be remembered.
    #[error("it was stored before, and its receipt is no longer remembered")]
    Forgotten,
}

/// What is remembered of a producer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProducerState {
    epoch: u32,
    next: u64,
    recent: VecDeque<(u64, Receipt)>,
}

/// What is remembered of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Producers {
    by_id: BTreeMap<u64, ProducerState>,
}

impl Producer {
    pub(crate) fn encode(&self) -> [u8; PRODUCER_BYTES] {
        let mut bytes = [0; PRODUCER_BYTES];
        bytes[..8].copy_from_slice(&self.id.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[12..].copy_from_slice(&self.sequence.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == PRODUCER_BYTES).then(|| Self {
            id: u64_at(bytes, 0),
            epoch: u32_at(bytes, 8),
            sequence: u64_at(bytes, 12),
        })
    }
}

impl Producers {
    /// Whether a commit may be stored: `None`, or the receipt of the one it repeats.
    pub(crate) fn admit(&self, producer: &Producer) -> Result<Option<Receipt>, AppendError> {
        let refused = |problem| AppendError::Producer {
            id: producer.id,
            sequence: producer.sequence,
            problem,
        };
        let state = self.by_id.get(&producer.id);
        let Some(state) = state.filter(|state| state.epoch >= producer.epoch) else {
            // Nobody, or a predecessor.
            let is_first = producer.sequence == 0;
            return if is_first {
                Ok(None)
            } else {
                Err(refused(ProducerProblem::Unknown))
            };
        };
        if producer.epoch < state.epoch {
            let current = state.epoch;
            return Err(refused(ProducerProblem::Fenced { current }));
        }
        if producer.sequence > state.next {
            let expected = state.next;
            return Err(refused(ProducerProblem::Gap { expected }));
        }
        if producer.sequence == state.next {
            return Ok(None);
        }
        let known = state
            .recent
            .iter()
            .find(|(sequence, _)| *sequence == producer.sequence);
        match known {
            Some((_, receipt)) => Ok(Some(receipt.clone())),
            None => Err(refused(ProducerProblem::Forgotten)),
        }
    }

    /// Notes a commit; what was remembered of its producer before.
    pub(crate) fn note(&mut self, producer: &Producer, receipt: Receipt) -> Option<ProducerState> {
        let before = self.by_id.get(&producer.id).cloned();
        let fresh = ProducerState {
            epoch: producer.epoch,
            next: 0,
            recent: VecDeque::new(),
        };
        let state = self.by_id.entry(producer.id).or_insert(fresh.clone());
        if state.epoch < producer.epoch {
            *state = fresh;
        }
        state.next = producer.sequence + 1;
        state.recent.push_back((producer.sequence, receipt));
        if state.recent.len() > PRODUCER_RECEIPTS {
            state.recent.pop_front();
        }
        if self.by_id.len() > PRODUCERS_MAX {
            self.forget_oldest();
        }
        before
    }

    /// As [`note`](Self::note), for what the journal repeats of what is known already.
    pub(crate) fn replay(&mut self, producer: &Producer, receipt: Receipt) {
        let is_known = self.by_id.get(&producer.id).is_some_and(|state| {
            (state.epoch, state.next) >= (producer.epoch, producer.sequence + 1)
        });
        if !is_known {
            self.note(producer, receipt);
        }
    }

    /// What was known when a commit was the last.
    pub(crate) fn until(&self, last: CommitNumber) -> Self {
        let mut known = self.clone();
        known.by_id.retain(|_, state| {
            while state
                .recent
                .back()
                .is_some_and(|(_, receipt)| receipt.commit > last)
            {
                state.recent.pop_back();
            }
            // The rest is unknown to the copy, and it says so.
            let newest = state.recent.back().map(|(sequence, _)| sequence + 1);
            state.next = newest.unwrap_or(0);
            newest.is_some()
        });
        known
    }

    /// Takes a note back.
    pub(crate) fn restore(&mut self, id: u64, before: Option<ProducerState>) {
        match before {
            Some(state) => drop(self.by_id.insert(id, state)),
            None => drop(self.by_id.remove(&id)),
        }
    }

    /// Forgets the eighth whose last commits are oldest; it is said to them when they come back.
    fn forget_oldest(&mut self) {
        let last = |state: &ProducerState| state.recent.back().map(|(_, receipt)| receipt.commit);
        let mut ages: Vec<_> = self
            .by_id
            .iter()
            .map(|(id, state)| (last(state), *id))
            .collect();
        ages.sort_unstable();
        for (_, id) in ages.into_iter().take(PRODUCERS_MAX / 8) {
            self.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    fn receipt(commit: u64) -> Receipt {
        Receipt {
            commit: CommitNumber(commit),
            epoch: Epoch(1),
            append_time_us: 0,
            parts: Vec::new(),
        }
    }

    fn producer(epoch: u32, sequence: u64) -> Producer {
        Producer {
            id: 7,
            epoch,
            sequence,
        }
    }

    fn problem(producers: &Producers, producer: Producer) -> ProducerProblem {
        match producers.admit(&producer) {
            Err(AppendError::Producer { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_table_of_decisions() {
        let mut producers = Producers::default();
        assert_eq!(
            problem(&producers, producer(0, 1)),
            ProducerProblem::Unknown
        );
        for sequence in 0..10 {
            assert_eq!(producers.admit(&producer(0, sequence)), Ok(None));
            producers.note(&producer(0, sequence), receipt(sequence + 100));
        }
        assert_eq!(producers.admit(&producer(0, 9)), Ok(Some(receipt(109))));
        assert_eq!(
            problem(&producers, producer(0, 1)),
            ProducerProblem::Forgotten
        );
        assert_eq!(
            problem(&producers, producer(0, 11)),
            ProducerProblem::Gap { expected: 10 }
        );
        assert_eq!(
            problem(&producers, producer(1, 3)),
            ProducerProblem::Unknown
        );
        producers.note(&producer(1, 0), receipt(200));
        assert_eq!(
            problem(&producers, producer(0, 10)),
            ProducerProblem::Fenced { current: 1 }
        );
        assert_eq!(producers.admit(&producer(1, 0)), Ok(Some(receipt(200))));
    }

    #[test]
    fn no_more_are_remembered_than_the_limit_says() {
        let mut producers = Producers::default();
        for id in 0..=PRODUCERS_MAX as u64 {
            let producer = Producer {
                id,
                epoch: 0,
                sequence: 0,
            };
            producers.note(&producer, receipt(id + 1));
        }
        assert!(producers.by_id.len() <= PRODUCERS_MAX);
        assert!(
            producers.by_id.contains_key(&(PRODUCERS_MAX as u64))
                && !producers.by_id.contains_key(&0)
        );
    }
}
