//! What the benches share: a bare loop that writes as the store does, and blocks that take turns.
#![allow(dead_code, reason = "every bench uses its own part of this")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the bare loop goes around the device on purpose"
)]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dlog_log::{AppendBatch, Datum, Durability, LogOptions, Row, Store, StoreOptions};

/// Operations of a block.
pub(crate) const BLOCK: usize = 200;
/// Blocks of each side, at least.
pub(crate) const BLOCKS: usize = 60;
pub(crate) const RECORD_BYTES: usize = 128;

/// A directory of its own below the one that was asked for, removed at the end.
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    is_over: Arc<AtomicBool>,
}

impl Place {
    /// Below the first argument, or the system's directory for temporary files. Keeps one core
    /// awake: what a sleeping one costs is not what is measured. Whoever has work goes before.
    pub(crate) fn new(name: &str) -> Self {
        let base = arguments().find(|arg| arg.starts_with(['/', '.']));
        let base = base.map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = base.join(format!("dlog-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("the directory can be written to");
        let is_over = Arc::new(AtomicBool::new(false));
        let awake = is_over.clone();
        std::thread::spawn(move || {
            let own = rustix::thread::gettid();
            rustix::process::setpriority_process(Some(own), 19).expect("it may be nice");
            while !awake.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        Self { dir, is_over }
    }
}

/// What was asked for, without what cargo adds.
fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|arg| !arg.starts_with('-'))
}

/// Whether a part is to be measured: all are, unless some are named.
pub(crate) fn is_wanted(part: &str) -> bool {
    let mut named = arguments()
        .filter(|arg| !arg.starts_with(['/', '.']))
        .peekable();
    named.peek().is_none() || named.any(|name| name == part)
}

/// What a commit of so many of the usual records takes in the journal.
pub(crate) fn frame_bytes(records: usize) -> usize {
    let (header, entry, names, row) = (96, 48, 8, RECORD_BYTES);
    (header + entry + names + records * row).next_multiple_of(8)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        std::fs::remove_dir_all(&self.dir).expect("what was written can be removed");
    }
}

pub(crate) fn open(dir: &Path) -> Store {
    Store::open(StoreOptions::new(dir)).expect("a store opens")
}

pub(crate) fn create(store: &Store, log: &str, durability: Durability) {
    let options = LogOptions {
        durability,
        ..LogOptions::default()
    };
    store.create_log(log, options).expect("a new log is made");
}

/// A record of so many bytes: a number and a text.
pub(crate) fn record(n: i64, bytes: usize) -> Row {
    thread_local! {
        static NAMES: [Arc<str>; 2] = ["n".into(), "text".into()];
        static TEXT: Arc<str> = "x".repeat(256).into();
    }
    let [n_name, text_name] = NAMES.with(Clone::clone);
    let text = TEXT.with(|text| {
        if bytes == RECORD_BYTES {
            thread_local!(static USUAL: Arc<str> = "x".repeat(RECORD_BYTES - 8).into());
            USUAL.with(Clone::clone)
        } else {
            Arc::from(&text[..bytes - 8])
        }
    });
    Row(vec![(n_name, Datum::Int(n)), (text_name, Datum::Str(text))])
}

pub(crate) fn append(store: &Store, log: &str, rows: Vec<Row>) {
    let ticket = store
        .append(vec![AppendBatch::rows(log, rows)], None)
        .expect("the record fits");
    ticket.wait().expect("the disk takes it");
}

/// Seconds that something took.
pub(crate) fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Both sides take turns in blocks; seconds of each block.
pub(crate) fn take_turns(
    blocks: usize,
    dlog: impl FnMut(usize),
    bare: impl FnMut(usize),
) -> Vec<(f64, f64)> {
    take_turns_after(blocks, |_| (), dlog, bare)
}

/// As [`take_turns`], with something to be done before each block.
pub(crate) fn take_turns_after(
    blocks: usize,
    mut prepare: impl FnMut(usize),
    mut dlog: impl FnMut(usize),
    mut bare: impl FnMut(usize),
) -> Vec<(f64, f64)> {
    let mut turn = |block| {
        prepare(block);
        (seconds(|| dlog(block)), seconds(|| bare(block)))
    };
    // What is made at first use is not measured.
    turn(0);
    (0..blocks).map(turn).collect()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn percentile(values: &mut [f64], of_hundred: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * of_hundred / 100).min(values.len() - 1)]
}

pub(crate) fn heading() {
    heading_beside("bare");
}

pub(crate) fn heading_beside(other: &str) {
    println!("{:<46}{:>14}{other:>14}{:>8}  bar", "", "dlog", "ratio");
}

/// A line of operations per second; the ratio is the median of the blocks' ratios of rates.
pub(crate) fn report_rate(what: &str, turns: &[(f64, f64)], operations: f64, bar: &str) {
    let ratio = median(turns.iter().map(|(dlog, bare)| bare / dlog).collect());
    let dlog = operations / median(turns.iter().map(|turn| turn.0).collect());
    let bare = operations / median(turns.iter().map(|turn| turn.1).collect());
    println!("{what:<46}{dlog:>12.0}/s{bare:>12.0}/s{ratio:>8.2}  {bar}");
}

/// A line of times; the ratio is the median of the blocks' ratios of times.
pub(crate) fn report_time(what: &str, turns: &[(f64, f64)], operations: f64, bar: &str) {
    let ratio = median(turns.iter().map(|(dlog, bare)| dlog / bare).collect());
    let dlog = 1e6 * median(turns.iter().map(|turn| turn.0).collect()) / operations;
    let bare = 1e6 * median(turns.iter().map(|turn| turn.1).collect()) / operations;
    println!("{what:<46}{dlog:>12.3}us{bare:>12.3}us{ratio:>8.2}  {bar}");
}

/// The same writes with nothing around them: into zeros that are on the device already.
pub(crate) struct Bare {
    file: File,
    position: u64,
    length: u64,
    buffer: Vec<u8>,
}

impl Bare {
    pub(crate) fn new(path: &Path) -> Self {
        let length = 64 << 20;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .expect("the file is new");
        let zeros = vec![0; 1 << 20];
        for block in 0..length / zeros.len() as u64 {
            let written = file.write_all_at(&zeros, block << 20);
            written.expect("the disk takes it");
        }
        file.sync_all().expect("the disk takes it");
        Self {
            file,
            position: 0,
            length,
            buffer: vec![7; 4 << 20],
        }
    }

    pub(crate) fn write(&mut self, bytes: usize, sync: bool) {
        if self.position + bytes as u64 > self.length {
            self.position = 0;
        }
        let written = self.file.write_all_at(&self.buffer[..bytes], self.position);
        written.expect("the disk takes it");
        self.position += bytes as u64;
        if sync {
            self.file.sync_data().expect("the disk takes it");
        }
    }
}
