//! Acknowledged appends beside a bare loop that does the same writes.
//!
//! `cargo bench -p dlog-log --bench append [-- DIR] [PART…]` writes below DIR (`/…` or `./…`), or below
//! the system's directory for temporary files.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::{Barrier, Mutex};

use dlog_log::{Durability, Row, Store};

mod common;

use common::{
    BLOCK, BLOCKS, Bare, Place, RECORD_BYTES, append, create, frame_bytes, heading, is_wanted,
    median, open, percentile, record, report_rate, report_time, seconds, take_turns,
    take_turns_after,
};

/// What can be measured alone, by its name.
type Part = (&'static str, fn(&Store, &Path));

fn main() {
    let place = Place::new("append");
    let store = open(&place.dir.join("store"));
    create(&store, "power", Durability::Power);
    create(&store, "process", Durability::Process);
    heading();
    let parts: [Part; 4] = [
        ("one", one_writer),
        ("many", many_writers),
        ("batches", batches),
        ("single", single_appends),
    ];
    for (_, measure) in parts.iter().filter(|(name, _)| is_wanted(name)) {
        measure(&store, &place.dir);
    }
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
        |_| others.extend((0..BLOCK).map(|_| seconds(|| bare.write(frame_bytes(1), true)))),
    );
    report_time(":power, one writer", &turns, BLOCK as f64, "<= 1.2");
    let (own, others) = (percentile(&mut own, 99), percentile(&mut others, 99));
    let p99 = [(own, others)];
    report_time(":power, one writer, p99", &p99, 1.0, "<= 1.5");
}

/// Closed-loop writers of one record each, all there from the first block to the last. The bare loop
/// writes groups of as many records as were in one flush.
fn many_writers(store: &Store, dir: &Path) {
    let writers = 64;
    let mut bare = Bare::new(&dir.join("bare-many"));
    let each = BLOCK * 8 / writers;
    let records = each * writers;
    let mut groups = Vec::new();
    let group = Cell::new(writers / 2);
    let (start, end) = (Barrier::new(writers + 1), Barrier::new(writers + 1));
    let is_over = Mutex::new(false);
    std::thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                loop {
                    start.wait();
                    if *is_over.lock().expect("no thread panics") {
                        return;
                    }
                    for n in 0..each {
                        append(store, "power", vec![record(n as i64, RECORD_BYTES)]);
                    }
                    end.wait();
                }
            });
        }
        let turns = take_turns(
            BLOCKS,
            |_| {
                let before = store.flushes();
                start.wait();
                end.wait();
                let count = (store.flushes() - before).max(1) as usize;
                group.set(records.div_ceil(count));
                groups.push(group.get() as f64);
            },
            |_| {
                let groups = records.div_ceil(group.get());
                (0..groups).for_each(|_| bare.write(group.get() * frame_bytes(1), true));
            },
        );
        *is_over.lock().expect("no thread panics") = true;
        start.wait();
        let what = format!(":power, {writers} writers");
        report_rate(&what, &turns, records as f64, ">= 0.9");
    });
    println!(
        "{:<46}{:>14.0}{:>30}",
        "  records a flush",
        median(groups),
        ">= 30"
    );
}

/// What whoever appends has to do to have the records is not measured.
fn batches(store: &Store, dir: &Path) {
    let mut bare = Bare::new(&dir.join("bare-batches"));
    let count = 100;
    let make = || (0..count).map(|n| record(n, RECORD_BYTES)).collect();
    let made: RefCell<Vec<Vec<Row>>> = RefCell::default();
    let turns = take_turns_after(
        BLOCKS,
        |_| made.replace((0..BLOCK).map(|_| make()).collect()).clear(),
        |_| {
            for rows in made.take() {
                append(store, "process", rows);
            }
        },
        |_| (0..BLOCK).for_each(|_| bare.write(frame_bytes(count as usize), false)),
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
        |_| (0..BLOCK).for_each(|_| bare.write(frame_bytes(1), false)),
    );
    report_time(":process, single appends", &turns, BLOCK as f64, "<= 1.5");
}
