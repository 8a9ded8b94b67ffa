//! Acknowledged appends beside a bare loop that does the same writes.
//!
//! `cargo bench -p dlog-log --bench append [-- DIR]` writes below DIR, or below the system's
//! directory for temporary files.

use std::path::Path;
use std::sync::Mutex;

use dlog_log::{Durability, Store};

mod common;

use common::{
    BLOCK, BLOCKS, Bare, Place, RECORD_BYTES, append, create, heading, median, open, percentile,
    record, report_rate, report_time, seconds, take_turns,
};

/// What a commit of one such record takes in the journal.
const FRAME_BYTES: usize = 296;

fn main() {
    let place = Place::new("append");
    let store = open(&place.dir.join("store"));
    create(&store, "power", Durability::Power);
    create(&store, "process", Durability::Process);
    heading();
    one_writer(&store, &place.dir);
    many_writers(&store, &place.dir, 64);
    batches(&store, &place.dir);
    single_appends(&store, &place.dir);
}

fn one_writer(store: &Store, dir: &Path) {
    let mut bare = Bare::new(&dir.join("bare-one"));
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let turns = take_turns(
        BLOCKS,
        |_| {
            let one = || append(store, "power", vec![record(1, RECORD_BYTES)]);
            own.extend((0..BLOCK).map(|_| seconds(one)));
        },
        |_| others.extend((0..BLOCK).map(|_| seconds(|| bare.write(FRAME_BYTES, true)))),
    );
    report_time(":power, one writer", &turns, BLOCK as f64, "<= 1.2");
    let (own, others) = (percentile(&mut own, 99), percentile(&mut others, 99));
    let p99 = [(own, others)];
    report_time(":power, one writer, p99", &p99, 1.0, "<= 1.5");
}

/// Closed-loop writers of one record each. The bare loop writes groups of as many records as were in
/// one flush.
fn many_writers(store: &Store, dir: &Path, writers: usize) {
    let mut bare = Bare::new(&dir.join("bare-many"));
    let each = BLOCK * 4 / writers;
    let flushes = Mutex::new(Vec::new());
    let group = std::cell::Cell::new(writers / 2);
    let turns = take_turns(
        BLOCKS,
        |_| {
            let before = store.flushes();
            std::thread::scope(|scope| {
                for _ in 0..writers {
                    scope.spawn(|| {
                        for n in 0..each {
                            append(store, "power", vec![record(n as i64, RECORD_BYTES)]);
                        }
                    });
                }
            });
            let count = (store.flushes() - before).max(1) as usize;
            group.set((writers * each).div_ceil(count));
            flushes
                .lock()
                .expect("no thread panics")
                .push(group.get() as f64);
        },
        |_| {
            let groups = (writers * each).div_ceil(group.get());
            (0..groups).for_each(|_| bare.write(group.get() * FRAME_BYTES, true));
        },
    );
    let what = format!(":power, {writers} writers");
    report_rate(&what, &turns, (writers * each) as f64, ">= 0.9");
    let flushes = flushes.into_inner().expect("no thread panics");
    println!(
        "{:<46}{:>14.0}{:>30}",
        "  records a flush",
        median(flushes),
        ">= 30"
    );
}

fn batches(store: &Store, dir: &Path) {
    let mut bare = Bare::new(&dir.join("bare-batches"));
    let count = 100;
    let turns = take_turns(
        BLOCKS,
        |_| {
            for _ in 0..BLOCK {
                let rows = (0..count).map(|n| record(n, RECORD_BYTES)).collect();
                append(store, "process", rows);
            }
        },
        |_| (0..BLOCK).for_each(|_| bare.write(count as usize * RECORD_BYTES, false)),
    );
    let records = (BLOCK * count as usize) as f64;
    report_rate(
        ":process, batches of 100, records",
        &turns,
        records,
        ">= 3M/s",
    );
}

fn single_appends(store: &Store, dir: &Path) {
    let mut bare = Bare::new(&dir.join("bare-single"));
    let turns = take_turns(
        BLOCKS,
        |_| {
            for n in 0..BLOCK {
                append(store, "process", vec![record(n as i64, RECORD_BYTES)]);
            }
        },
        |_| (0..BLOCK).for_each(|_| bare.write(FRAME_BYTES, false)),
    );
    report_time(":process, single appends", &turns, BLOCK as f64, "<= 1.5");
}
