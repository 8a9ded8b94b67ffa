//! Reading the tail and sealed segments, opening a large store, and following.
//!
//! `cargo bench -p dlog-log --bench read [-- DIR] [PART…]`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the hand-written loops go around the device on purpose"
)]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dlog_log::{Datum, Durability, Offset, PartitionId, Row, Store};
use dlog_sequencer::crc32c;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

mod common;

use common::{
    Place, RECORD_BYTES, append, create, heading, is_wanted, open, percentile, record, report_rate,
    seconds, take_turns,
};

const BATCH_ROWS: usize = 8192;

/// What can be measured alone, by its name.
type Part = (&'static str, fn(&Path));

/// What is put in front of the directory where a child fills a store.
const FILL: &str = "--fill=";

fn main() {
    if let Some(dir) = std::env::args().find_map(|arg| arg.strip_prefix(FILL).map(str::to_owned)) {
        return fill_until_told(Path::new(&dir));
    }
    let place = Place::new("read");
    heading();
    let parts: [Part; 4] = [
        ("tail", tail),
        ("sealed", sealed),
        ("follow", follow),
        ("reopen", reopen),
    ];
    for (_, measure) in parts.iter().filter(|(name, _)| is_wanted(name)) {
        measure(&place.dir);
    }
}

fn fill(store: &Store, log: &str, records: i64, bytes: usize) {
    for start in (0..records).step_by(1_000) {
        let rows = (start..start + 1_000).map(|n| record(n, bytes)).collect();
        append(store, log, rows);
    }
}

/// The journal of a store, walked by hand: read, headers followed, payloads checked.
fn walk(file: &File) -> u64 {
    let length = file.metadata().expect("it is there").len();
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0).expect("it can be read");
    let (mut at, mut frames) = (4096, 0);
    while bytes.get(at..at + 4) == Some(b"DLfr") {
        let number = |place: usize| {
            let field = &bytes[at + place..at + place + 4];
            u32::from_le_bytes(field.try_into().expect("four bytes")) as usize
        };
        let (payload, entries) = (number(68), number(76));
        let start = at + 96 + entries * 48;
        assert_eq!(crc32c(&bytes[start..start + payload]) as usize, number(72));
        at = (start + payload).next_multiple_of(8);
        frames += 1;
    }
    frames
}

fn read_all(store: &Store, log: &str) -> usize {
    let batches = store.read(log, PartitionId(0), Offset(0), usize::MAX);
    batches
        .expect("it can be read")
        .iter()
        .map(|batch| batch.num_rows())
        .sum()
}

/// Batches of a hundred, which fill one journal file and are not sealed.
fn tail(dir: &Path) {
    let dir = dir.join("tail");
    let records = 100_000;
    let store = open(&dir);
    create(&store, "a", Durability::Process);
    for start in (0..records).step_by(100) {
        append(
            &store,
            "a",
            (start..start + 100).map(|n| record(n, 128)).collect(),
        );
    }
    store.flush().expect("the disk takes it");
    let file = File::open(dir.join("journal/0000000001.journal")).expect("it is there");
    assert!(walk(&file) > 1_000);
    let count = records as f64;
    let turns = take_turns(
        30,
        |_| assert_eq!(read_all(&store, "a"), records as usize),
        |_| assert!(walk(&file) > 1_000),
    );
    report_rate("tail read, records", &turns, count, ">= 0.8");
    drop(store);
    // The first reader brings the records into columns, for all.
    let mut first = Vec::new();
    for _ in 0..15 {
        let store = open(&dir);
        let own = seconds(|| assert_eq!(read_all(&store, "a"), records as usize));
        first.push((own, seconds(|| assert!(walk(&file) > 1_000))));
    }
    report_rate("tail read, the first after an opening", &first, count, "");
}

/// A record of the usual size whose text no other has.
fn varied(n: i64) -> Row {
    let mut text = String::new();
    let mut state = n as u64;
    while text.len() < RECORD_BYTES - 8 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        text.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    text.truncate(RECORD_BYTES - 8);
    Row(vec![
        ("n".into(), Datum::Int(n)),
        ("text".into(), Datum::Str(text.into())),
    ])
}

fn sealed(dir: &Path) {
    let dir = dir.join("sealed");
    let records = 500_000;
    let store = open(&dir);
    create(&store, "a", Durability::Process);
    for start in (0..records).step_by(1_000) {
        let rows = (start..start + 1_000).map(varied).collect();
        append(&store, "a", rows);
    }
    store.seal("a").expect("the disk takes it");
    let segments = store
        .scan("a", store.cut())
        .expect("it can be read")
        .segments;
    let columns = ["n", "text"];
    let turns = take_turns(
        20,
        |_| {
            let mut rows = 0;
            for segment in &segments {
                let reader = segment.read(Some(&columns), BATCH_ROWS).expect("it opens");
                rows += reader
                    .map(|b| b.expect("it decodes").num_rows())
                    .sum::<usize>();
            }
            assert_eq!(rows, records as usize);
        },
        |_| {
            let mut rows = 0;
            for segment in &segments {
                let file = File::open(dir.join(segment.path())).expect("it is there");
                let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("it opens");
                let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
                let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
                let reader = reader.build().expect("it opens");
                rows += reader
                    .map(|b| b.expect("it decodes").num_rows())
                    .sum::<usize>();
            }
            assert_eq!(rows, records as usize);
        },
    );
    report_rate(
        "sealed scan, records; bare: arrow-rs",
        &turns,
        records as f64,
        ">= 0.85",
    );
}

/// From the acknowledgement to the reader that waits for it.
fn follow(dir: &Path) {
    let store = open(&dir.join("follow"));
    create(&store, "a", Durability::Process);
    let (sender, receiver) = std::sync::mpsc::channel();
    let count = 1_000;
    let mut reader = store
        .follow("a", PartitionId(0), Offset(0))
        .expect("it is there");
    let follower = std::thread::spawn(move || {
        let mut read = 0;
        while read < count {
            let batches = reader
                .wait(100, Duration::from_secs(10))
                .expect("it can be read");
            read += batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
            sender.send(Instant::now()).expect("it is listened to");
        }
    });
    let mut delays = Vec::new();
    for n in 0..count {
        std::thread::sleep(Duration::from_millis(1));
        append(&store, "a", vec![record(n as i64, 128)]);
        let acknowledged = Instant::now();
        let seen = receiver.recv().expect("the reader lives");
        delays.push(seen.saturating_duration_since(acknowledged).as_secs_f64());
    }
    follower.join().expect("the reader does not panic");
    let p99 = 1e3 * percentile(&mut delays, 99);
    println!(
        "{:<46}{p99:>12.3}ms{:>34}",
        "tailing reader, p99 after the acknowledgement", "<= 1 ms"
    );
}

/// Ten million records of a hundred bytes, closed as it should be and killed in use.
fn reopen(dir: &Path) {
    let records = 10_000_000;
    for (what, is_killed) in [("clean", false), ("after kill -9", true)] {
        let filled = dir.join("filled");
        let mut child = Command::new(std::env::current_exe().expect("it runs"))
            .arg(format!("{FILL}{}", filled.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs again");
        let mut said = String::new();
        let output = child.stdout.take().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut said)
            .expect("it says that all is there");
        if is_killed {
            child.kill().expect("it lives");
        }
        drop(child.stdin.take());
        child.wait().expect("it ends");
        let mut times = Vec::new();
        for _ in 0..5 {
            let copied = dir.join("again");
            copy(&filled, &copied);
            let start = Instant::now();
            let store = open(&copied);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            let count = store.describe("a").expect("it is there").record_count;
            assert_eq!(count, records as u64);
            drop(store);
            std::fs::remove_dir_all(&copied).expect("it can be removed");
        }
        std::fs::remove_dir_all(&filled).expect("it can be removed");
        let time = common::median(times);
        println!(
            "{:<46}{time:>12.0}ms{:>36}",
            format!("reopening 10M records, {what}"),
            "<= 200 ms"
        );
    }
}

/// Fills a store, says so, and closes it when nobody wants anything more.
fn fill_until_told(dir: &Path) {
    let store = open(dir);
    create(&store, "a", Durability::Process);
    fill(&store, "a", 10_000_000, 100);
    println!("filled");
    drop(std::io::read_to_string(std::io::stdin()));
    store.close().expect("the disk takes it");
}

/// The same files elsewhere, written out to the disk: opening is measured, not the copying.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the disk takes it");
    for entry in std::fs::read_dir(from).expect("it is there") {
        let path = entry.expect("it is there").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("the disk takes it");
            let copied = File::open(&target).expect("it was written");
            copied.sync_all().expect("the disk takes it");
        }
    }
}
