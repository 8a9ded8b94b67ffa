//! Acknowledged appends per second, beside a bare loop that does the same writes.
//!
//! `cargo bench -p dlog-log --bench append [-- DIR]` writes below DIR, or below the system's
//! directory for temporary files. The store and the bare loop take turns in blocks on the same disk;
//! what is printed are medians over the blocks and their ratio.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the bare loop goes around the device on purpose"
)]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use dlog_log::{AppendBatch, Datum, Durability, LogOptions, Row, Store, StoreOptions};

const BLOCKS: usize = 12;
const RECORD_BYTES: usize = 128;
/// What a commit of one such record takes in the journal.
const FRAME_BYTES: usize = 296;

fn main() {
    let base = std::env::args()
        .skip(1)
        .find(|arg| !arg.starts_with('-'))
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = base.join(format!("dlog-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("the directory can be written to");
    let store = Store::open(StoreOptions::new(dir.join("store"))).expect("a new store opens");
    for (log, durability) in [
        ("power", Durability::Power),
        ("process", Durability::Process),
    ] {
        store
            .create_log(
                log,
                LogOptions {
                    durability,
                    ..LogOptions::default()
                },
            )
            .expect("a new log is made");
    }
    println!(
        "{:<34}{:>14}{:>14}{:>8}",
        "records of 128 bytes, per second", "dlog", "bare", "ratio"
    );
    power(&store, &dir, 1, 100);
    power(&store, &dir, 64, 20);
    process_batches(&store, &dir);
    reopen(store, &dir);
    std::fs::remove_dir_all(&dir).expect("what was written can be removed");
}

fn record(n: i64) -> Row {
    thread_local! {
        static NAMES: [Arc<str>; 2] = ["n".into(), "text".into()];
        static TEXT: Arc<str> = "x".repeat(RECORD_BYTES - 8).into();
    }
    let [n_name, text_name] = NAMES.with(Clone::clone);
    Row(vec![
        (n_name, Datum::Int(n)),
        (text_name, Datum::Str(TEXT.with(Clone::clone))),
    ])
}

/// `writers` threads append one record at a time and wait for each.
fn power(store: &Store, dir: &Path, writers: usize, each: usize) {
    let bare = Bare::new(&dir.join(format!("bare-{writers}")));
    let mut rates = Vec::new();
    for _ in 0..BLOCKS {
        let before = store.cut().0.0;
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..writers {
                scope.spawn(|| {
                    (0..each).for_each(|n| append(store, "power", vec![record(n as i64)]))
                });
            }
        });
        let dlog = (writers * each) as f64 / start.elapsed().as_secs_f64();
        let records = store.cut().0.0 - before;
        // The bare loop writes groups of as many records as there are writers.
        let groups = (records as usize).div_ceil(writers);
        let start = Instant::now();
        (0..groups).for_each(|_| bare.write(writers * FRAME_BYTES, true));
        let rate = (groups * writers) as f64 / start.elapsed().as_secs_f64();
        rates.push((dlog, rate));
    }
    report(&format!(":power, {writers} writer(s)"), rates);
}

fn process_batches(store: &Store, dir: &Path) {
    let bare = Bare::new(&dir.join("bare-process"));
    let mut rates = Vec::new();
    for _ in 0..BLOCKS {
        let (count, each) = (500, 100);
        let start = Instant::now();
        (0..count).for_each(|_| append(store, "process", (0..each).map(record).collect()));
        let dlog = f64::from(count) * each as f64 / start.elapsed().as_secs_f64();
        let start = Instant::now();
        (0..count).for_each(|_| bare.write(each as usize * RECORD_BYTES, false));
        rates.push((
            dlog,
            f64::from(count) * each as f64 / start.elapsed().as_secs_f64(),
        ));
    }
    report(":process, batches of 100", rates);
}

fn append(store: &Store, log: &str, rows: Vec<Row>) {
    let ticket = store
        .append(vec![AppendBatch::rows(log, rows)], None)
        .expect("the record fits");
    ticket.wait().expect("the disk takes it");
}

fn reopen(store: Store, dir: &Path) {
    let records: u64 = ["power", "process"]
        .iter()
        .map(|log| store.describe(log).expect("it is there").record_count)
        .sum();
    drop(store);
    let start = Instant::now();
    let store = Store::open(StoreOptions::new(dir.join("store"))).expect("it opens again");
    println!(
        "reopened {records} records in {:.0} ms",
        start.elapsed().as_secs_f64() * 1000.0
    );
    drop(store);
}

fn report(what: &str, mut rates: Vec<(f64, f64)>) {
    let mut ratios: Vec<f64> = rates.iter().map(|(dlog, bare)| dlog / bare).collect();
    ratios.sort_by(f64::total_cmp);
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let dlog = rates[rates.len() / 2].0;
    rates.sort_by(|a, b| a.1.total_cmp(&b.1));
    let bare = rates[rates.len() / 2].1;
    println!(
        "{what:<34}{dlog:>14.0}{bare:>14.0}{:>8.2}",
        ratios[ratios.len() / 2]
    );
}

/// The same writes with nothing around them: into zeros that are on the device already.
struct Bare {
    file: File,
    position: std::cell::Cell<u64>,
    length: u64,
}

impl Bare {
    fn new(path: &Path) -> Self {
        let length = 64 << 20;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .expect("the file is new");
        let zeros = vec![0; 1 << 20];
        (0..length / zeros.len() as u64).for_each(|block| {
            file.write_all_at(&zeros, block << 20)
                .expect("the disk takes it")
        });
        file.sync_all().expect("the disk takes it");
        Self {
            file,
            position: std::cell::Cell::new(0),
            length,
        }
    }

    fn write(&self, bytes: usize, sync: bool) {
        let buffer = vec![7; bytes];
        let position = if self.position.get() + bytes as u64 > self.length {
            0
        } else {
            self.position.get()
        };
        self.file
            .write_all_at(&buffer, position)
            .expect("the disk takes it");
        self.position.set(position + bytes as u64);
        if sync {
            self.file.sync_data().expect("the disk takes it");
        }
    }
}
