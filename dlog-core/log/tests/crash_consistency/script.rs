//! A session and what must be true of it afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use dlog_log::device::Device;
use dlog_log::device::faulty::FaultyDevice;
use dlog_log::{
    AppendBatch, AppendError, CatalogError, Datum, Durability, LogOptions, PartitionId, Row, Store,
    StoreOptions, rows_to_batch,
};

use crate::support::{integers, row, text};

/// A small generator of numbers that are the same for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// One step of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Records for a log; `extra` is the last of those that come and go.
    Append {
        log: &'static str,
        rows: u64,
    },
    /// Records for two logs in one commit.
    Both {
        rows: u64,
    },
    Delete {
        key: u64,
    },
    Seal {
        log: &'static str,
    },
    /// Columns past the journal.
    Bulk {
        log: &'static str,
        rows: u64,
    },
    Flush,
    /// A clone of the keyed log.
    Clone,
    Create,
    Drop,
    Close,
    Kill,
}

/// The steps of a seed.
pub(crate) fn script(seed: u64, length: usize) -> Vec<Action> {
    let mut random = Random(seed);
    let mut any_log = {
        let mut random = random.clone();
        move || ["power", "process", "keyed", "extra"][random.below(4) as usize]
    };
    let mut action = || match random.below(23) {
        0..=7 => Action::Append {
            log: any_log(),
            rows: 1 + random.below(4),
        },
        8..=9 => Action::Both {
            rows: 1 + random.below(3),
        },
        10..=11 => Action::Delete {
            key: random.below(4),
        },
        12..=14 => Action::Seal { log: any_log() },
        15 => Action::Flush,
        16 => Action::Create,
        17 => Action::Drop,
        18 => Action::Close,
        19 => Action::Clone,
        20..=21 => Action::Bulk {
            log: any_log(),
            rows: 1 + random.below(5),
        },
        _ => Action::Kill,
    };
    (0..length).map(|_| action()).collect()
}

/// Where a record is and what it is: log, partition, offset, number (-1 for a tombstone).
pub(crate) type Found = (String, i32, i64, i64);

/// What became of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Acknowledged, at this level, with this commit number.
    Acknowledged(u64, Durability),
    /// Said to have changed nothing.
    Nothing,
    /// Not known.
    Unknown,
}

/// A commit of the session.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The numbers of its records, sorted; -1 for tombstones.
    pub(crate) numbers: Vec<i64>,
    /// Where the receipt says they are, sorted.
    pub(crate) places: Vec<(String, i32, i64)>,
    pub(crate) outcome: Outcome,
    /// Columns past the journal.
    pub(crate) is_bulk: bool,
}

/// How far a session had got at a mark.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// The last commit acknowledged at a level that a power cut leaves standing.
    pub(crate) durable: u64,
    /// The last commit that was numbered at all.
    pub(crate) last: u64,
    pub(crate) epoch: u64,
    /// How many clones were acknowledged.
    pub(crate) clones: usize,
}

/// A finished session.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) attempts: Vec<Attempt>,
    /// Of each log, the commits that made and dropped it; 0 for not known, the maximum for never.
    pub(crate) logs: BTreeMap<String, (u64, u64)>,
    pub(crate) progress: Vec<Progress>,
    /// The cut of each clone of the keyed log, in the order they were asked for.
    pub(crate) clones: Vec<u64>,
    next_number: i64,
    created: u64,
}

pub(crate) fn options() -> StoreOptions {
    StoreOptions {
        // Small files: their changes are what is tested.
        journal_file_bytes: 6_000,
        bulk_bytes: 1,
        ..StoreOptions::new("test")
    }
}

pub(crate) fn open(device: &FaultyDevice) -> Result<Store, dlog_log::OpenError> {
    let device: Arc<dyn Device> = Arc::new(device.clone());
    Store::open_on(device, options())
}

fn log_options(log: &str) -> LogOptions {
    LogOptions {
        key: (log == "keyed").then(|| "key".to_owned()),
        partitions: 2,
        durability: if log == "process" {
            Durability::Process
        } else {
            Durability::Power
        },
        ..LogOptions::default()
    }
}

/// Runs a session on a device; errors are part of it.
pub(crate) struct Runner {
    pub(crate) device: FaultyDevice,
    pub(crate) session: Session,
    store: Option<Store>,
}

impl Runner {
    pub(crate) fn new(device: FaultyDevice) -> Self {
        Self::numbered(device, 0)
    }

    /// A session whose records and logs are others than those of sessions with other numbers.
    pub(crate) fn numbered(device: FaultyDevice, session: u64) -> Self {
        let session = Session {
            progress: vec![Progress::default()],
            next_number: session as i64 * 10_000,
            created: session * 100,
            ..Session::default()
        };
        Self {
            device,
            session,
            store: None,
        }
    }

    pub(crate) fn run(&mut self, actions: &[Action]) {
        self.reopen();
        for log in ["power", "process", "keyed"] {
            self.create(log.to_owned());
            self.mark();
        }
        for action in actions {
            self.perform(action);
            self.mark();
        }
    }

    fn mark(&mut self) {
        let mut progress = *self.session.progress.last().unwrap();
        if let Some(store) = &self.store {
            progress.last = progress.last.max(store.cut().0.0);
            progress.epoch = progress.epoch.max(store.epoch().0);
        }
        let acknowledged = self.session.attempts.iter().rev();
        let durable = acknowledged.filter_map(|attempt| match attempt.outcome {
            Outcome::Acknowledged(commit, Durability::Power) => Some(commit),
            _ => None,
        });
        progress.durable = progress.durable.max(durable.take(1).sum());
        self.session.progress.push(progress);
        self.device.mark(self.session.progress.len() as u64 - 1);
    }

    /// Everything written so far is known to be durable.
    fn all_is_durable(&mut self) {
        let cut = self.store.as_ref().map_or(0, |store| store.cut().0.0);
        let mut progress = *self.session.progress.last().unwrap();
        progress.durable = progress.durable.max(cut);
        self.session.progress.push(progress);
    }

    fn reopen(&mut self) {
        for _ in 0..3 {
            match open(&self.device) {
                Ok(store) => {
                    self.store = Some(store);
                    return;
                }
                // An error met at opening: the next attempt may go well.
                Err(_) => self.store = None,
            }
        }
    }

    fn perform(&mut self, action: &Action) {
        match action {
            Action::Append { log, rows } => {
                if let Some(log) = self.actual(log) {
                    let batch = self.batch(&log, *rows);
                    self.append(vec![batch]);
                }
            }
            Action::Bulk { log, rows } => {
                if let Some(log) = self.actual(log) {
                    let batch = columns_of(self.batch(&log, *rows));
                    self.append(vec![batch]);
                }
            }
            Action::Both { rows } => {
                let batches = vec![self.batch("power", *rows), self.batch("keyed", *rows)];
                self.append(batches);
            }
            Action::Delete { key } => {
                let batch = AppendBatch::tombstones("keyed", vec![text(&format!("k{key}"))]);
                self.append(vec![batch]);
            }
            Action::Seal { log } => {
                if let (Some(log), Some(store)) = (self.actual(log), &self.store) {
                    drop(store.seal(&log));
                }
            }
            Action::Flush => {
                let is_good = self
                    .store
                    .as_ref()
                    .is_some_and(|store| store.flush().is_ok());
                if is_good {
                    self.all_is_durable();
                }
            }
            Action::Clone => self.clone_keyed(),
            Action::Create => {
                self.session.created += 1;
                self.create(format!("extra{}", self.session.created));
            }
            Action::Drop => self.drop_newest(),
            Action::Close => {
                let closed = self
                    .store
                    .as_ref()
                    .is_some_and(|store| store.close().is_ok());
                if closed {
                    self.all_is_durable();
                }
                self.store = None;
                self.reopen();
            }
            Action::Kill => {
                self.device = self.device.kill();
                self.store = None;
                self.reopen();
            }
        }
    }

    fn actual(&self, log: &str) -> Option<String> {
        if log != "extra" {
            return Some(log.to_owned());
        }
        let names = self.store.as_ref()?.logs();
        names.into_iter().find(|name| name.starts_with("extra"))
    }

    fn batch(&mut self, log: &str, rows: u64) -> AppendBatch {
        let rows: Vec<Row> = (0..rows)
            .map(|_| {
                self.session.next_number += 1;
                let number = self.session.next_number;
                row(&[
                    ("id", Datum::Int(number)),
                    ("key", text(&format!("k{}", number % 4))),
                    ("fill", text(&"x".repeat(number as usize * 7 % 90))),
                ])
            })
            .collect();
        let mut batch = AppendBatch::rows(log, rows);
        if log != "keyed" {
            batch.partition = Some(PartitionId(self.session.next_number as u32 % 2));
        }
        batch
    }

    fn append(&mut self, batches: Vec<AppendBatch>) {
        let Some(store) = &self.store else { return };
        let mut numbers: Vec<i64> = batches.iter().flat_map(numbers_of).collect();
        numbers.sort_unstable();
        // Columns are always synced.
        let is_power = batches
            .iter()
            .any(|batch| batch.log != "process" || matches!(batch.rows, dlog_log::Rows::Arrow(_)));
        let level = if is_power {
            Durability::Power
        } else {
            Durability::Process
        };
        let is_columns = |batch: &AppendBatch| matches!(batch.rows, dlog_log::Rows::Arrow(_));
        let is_bulk = batches.iter().all(is_columns);
        let result = store.append(batches.clone(), None).and_then(|t| t.wait());
        let mut places = Vec::new();
        let outcome = match result {
            Ok(receipt) => {
                for part in &receipt.parts {
                    for index in 0..part.count {
                        let offset = (part.first_offset.0 + index) as i64;
                        let partition = part.partition.0 as i32;
                        places.push((part.log.clone(), partition, offset));
                    }
                }
                places.sort();
                Outcome::Acknowledged(receipt.commit.0, level)
            }
            Err(AppendError::Unknown { .. }) => Outcome::Unknown,
            Err(_) => Outcome::Nothing,
        };
        self.session.attempts.push(Attempt {
            numbers,
            places,
            outcome,
            is_bulk,
        });
    }

    fn create(&mut self, log: String) {
        let Some(store) = &self.store else { return };
        let result = store.create_log(&log, log_options(&log));
        let made = match result {
            Ok(_) => store.cut().0.0,
            Err(CatalogError::Commit(AppendError::Unknown { .. })) => 0,
            Err(_) => return,
        };
        self.session.logs.insert(log, (made, u64::MAX));
    }

    fn clone_keyed(&mut self) {
        let Some(store) = &self.store else { return };
        let cut = store.cut();
        let name = clone_name(self.session.clones.len());
        self.session.clones.push(cut.0.0);
        if store.clone_log("keyed", &name, Some(cut)).is_ok() {
            // What a clone has is durable, and all before it.
            self.all_is_durable();
            let mut progress = *self.session.progress.last().unwrap();
            progress.clones = self.session.clones.len();
            self.session.progress.push(progress);
        }
    }

    fn drop_newest(&mut self) {
        let Some(store) = &self.store else { return };
        let Some(log) = self.actual("extra") else {
            return;
        };
        let dropped = match store.drop_log(&log) {
            Ok(_) => store.cut().0.0,
            Err(CatalogError::Commit(AppendError::Unknown { .. })) => 0,
            Err(_) => return,
        };
        if let Some(life) = self.session.logs.get_mut(&log) {
            life.1 = dropped;
        }
    }
}

/// The name of a clone by its place among them.
pub(crate) fn clone_name(place: usize) -> String {
    format!("{CLONE}{place}")
}

pub(crate) const CLONE: &str = "clone";

/// The rows of a batch as columns.
fn columns_of(batch: AppendBatch) -> AppendBatch {
    let dlog_log::Rows::Rows(rows) = &batch.rows else {
        return batch;
    };
    let columns = vec![rows_to_batch(rows).unwrap()];
    AppendBatch {
        rows: dlog_log::Rows::Arrow(columns),
        ..batch
    }
}

fn numbers_of(batch: &AppendBatch) -> Vec<i64> {
    match &batch.rows {
        dlog_log::Rows::Rows(rows) => {
            let number = |row: &Row| match row.get("id") {
                Some(Datum::Int(number)) => *number,
                _ => -1,
            };
            rows.iter().map(number).collect()
        }
        dlog_log::Rows::Tombstones(keys) => vec![-1; keys.len()],
        dlog_log::Rows::Arrow(batches) => integers(batches, "id"),
    }
}
