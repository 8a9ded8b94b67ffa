//! Acknowledged appends beside an embedded key-value store (fjall) and an embedded SQL database
//! (SQLite), each asked for the same durability. The sides take turns in blocks.
//!
//! `cargo run --release [-- DIR]` writes below DIR, or below the system's directory for temporary
//! files.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};

use dlog_log::{Durability, Store};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use rusqlite::Connection;

#[path = "../../../dlog-core/log/benches/common/mod.rs"]
mod common;

use common::{
    BLOCKS, Place, RECORD_BYTES, append, create, heading_beside, open, record, report_rate,
    take_turns,
};

const WRITERS: usize = 64;
/// Records of a writer in a block: the peers write each with a sync of its own.
const EACH: usize = 4;
const BATCH: usize = 100;
const BATCHES: usize = 200;

fn main() {
    let place = Place::new("peers");
    let store = open(&place.dir.join("store"));
    create(&store, "power", Durability::Power);
    create(&store, "process", Durability::Process);
    let fjall = Fjall::open(&place.dir.join("fjall"));
    let full = Sqlite::open(&place.dir.join("full.sqlite"), "FULL");
    let normal = Sqlite::open(&place.dir.join("normal.sqlite"), "NORMAL");
    heading_beside("peer");
    let own = || append(&store, "power", vec![record(1, RECORD_BYTES)]);
    writers("fjall, synced", ">= 3", &own, &|| fjall.insert_synced());
    writers("SQLite, FULL", ">= 5", &own, &|| full.insert(1));
    batches("fjall, buffered", ">= 3", &store, || fjall.insert_batch());
    batches("SQLite, NORMAL", ">= 5", &store, || normal.insert(BATCH));
}

/// Closed-loop writers of one record each, on both sides.
fn writers(what: &str, bar: &str, own: &(dyn Fn() + Sync), peer: &(dyn Fn() + Sync)) {
    let turns = Mutex::new(Vec::new());
    crew(&[own, peer], |run| {
        *turns.lock().expect("no thread panics") = take_turns(BLOCKS, |_| run(0), |_| run(1));
    });
    let turns = turns.into_inner().expect("no thread panics");
    let what = format!(":power, {WRITERS} writers; {what}");
    report_rate(&what, &turns, (WRITERS * EACH) as f64, bar);
}

/// Keeps threads that each do one of the works so often whenever they are told to.
fn crew(works: &[&(dyn Fn() + Sync)], lead: impl FnOnce(&dyn Fn(usize))) {
    let (start, end) = (Barrier::new(WRITERS + 1), Barrier::new(WRITERS + 1));
    let chosen = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                loop {
                    start.wait();
                    let chosen = *chosen.lock().expect("no thread panics");
                    let Some(work) = works.get(chosen) else {
                        return;
                    };
                    (0..EACH).for_each(|_| work());
                    end.wait();
                }
            });
        }
        lead(&|work| {
            *chosen.lock().expect("no thread panics") = work;
            start.wait();
            end.wait();
        });
        *chosen.lock().expect("no thread panics") = works.len();
        start.wait();
    });
}

fn batches(what: &str, bar: &str, store: &Store, peer: impl Fn()) {
    let turns = take_turns(
        BLOCKS,
        |_| {
            for _ in 0..BATCHES {
                let rows = (0..BATCH as i64).map(|n| record(n, RECORD_BYTES)).collect();
                append(store, "process", rows);
            }
        },
        |_| (0..BATCHES).for_each(|_| peer()),
    );
    let what = format!(":process, batches of {BATCH}; {what}");
    report_rate(&what, &turns, (BATCHES * BATCH) as f64, bar);
}

fn text() -> String {
    "x".repeat(RECORD_BYTES - 8)
}

struct Fjall {
    database: Database,
    records: Keyspace,
    next: AtomicU64,
    text: String,
}

impl Fjall {
    fn open(dir: &Path) -> Self {
        let database = Database::builder(dir).open().expect("it opens");
        let records = database.keyspace("records", KeyspaceCreateOptions::default);
        Self {
            records: records.expect("it is made"),
            database,
            next: AtomicU64::new(0),
            text: text(),
        }
    }

    fn key(&self) -> [u8; 8] {
        self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes()
    }

    fn insert_synced(&self) {
        let stored = self.records.insert(self.key(), &self.text);
        stored.expect("the disk takes it");
        let synced = self.database.persist(PersistMode::SyncData);
        synced.expect("the disk takes it");
    }

    fn insert_batch(&self) {
        let mut batch = self.database.batch().durability(Some(PersistMode::Buffer));
        for _ in 0..BATCH {
            batch.insert(&self.records, self.key(), self.text.as_str());
        }
        batch.commit().expect("the disk takes it");
    }
}

/// One connection that the writers share: each on its own would only wait for the others' locks.
struct Sqlite {
    connection: Mutex<Connection>,
    text: String,
}

impl Sqlite {
    fn open(path: &Path, synchronous: &str) -> Self {
        let connection = Connection::open(path).expect("it opens");
        let pragmas = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             CREATE TABLE records (n INTEGER PRIMARY KEY, text TEXT NOT NULL);"
        );
        connection.execute_batch(&pragmas).expect("it is made");
        Self {
            connection: Mutex::new(connection),
            text: text(),
        }
    }

    /// So many records in one transaction.
    fn insert(&self, count: usize) {
        let connection = self.connection.lock().expect("no thread panics");
        let transaction = connection.unchecked_transaction().expect("it begins");
        let mut insert = transaction
            .prepare_cached("INSERT INTO records (text) VALUES (?1)")
            .expect("the table is there");
        for _ in 0..count {
            insert.execute([&self.text]).expect("the disk takes it");
        }
        drop(insert);
        transaction.commit().expect("the disk takes it");
    }
}
