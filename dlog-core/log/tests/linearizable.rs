//! Histories of concurrent appends and reads of a partition, and that each could have happened one
//! operation at a time, in an order that real time allows.
//!
//! For a log this is simple to decide: offsets are the order, so an append that was acknowledged
//! before another was begun must have the lower offset, and a read must show everything that was
//! acknowledged before it was begun and nothing that was begun after it ended.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use dlog_log::{
    AppendBatch, Datum, Durability, LogOptions, Offset, PartitionId, Store, StoreOptions,
};

mod support;
use support::{integers, row};

#[derive(Debug, Clone)]
enum Event {
    Append { offset: u64 },
    Read { count: u64 },
}

#[derive(Debug, Clone)]
struct Operation {
    begun: u64,
    ended: u64,
    event: Event,
}

fn append(store: &Store, id: i64) -> u64 {
    let record = row(&[("id", Datum::Int(id))]);
    let ticket = store
        .append(vec![AppendBatch::rows("a", vec![record])], None)
        .unwrap();
    ticket.wait().unwrap().parts[0].first_offset.0
}

/// Reads everything; how many records there are.
fn read(store: &Store) -> u64 {
    let found = store
        .read("a", PartitionId(0), Offset(0), usize::MAX)
        .unwrap();
    let offsets = if found.is_empty() {
        Vec::new()
    } else {
        integers(&found, "_offset")
    };
    assert_eq!(offsets, (0..offsets.len() as i64).collect::<Vec<_>>());
    offsets.len() as u64
}

fn check(history: &[Operation]) {
    let mut offsets = Vec::new();
    for one in history {
        match one.event {
            Event::Append { offset } => {
                offsets.push(offset);
                for other in history.iter().filter(|other| one.ended < other.begun) {
                    if let Event::Append { offset: later } = other.event {
                        assert!(offset < later, "{one:?} was over before {other:?}");
                    }
                }
            }
            Event::Read { count } => {
                for other in history {
                    match other.event {
                        Event::Append { offset } if other.ended < one.begun => {
                            assert!(offset < count, "{one:?} misses {other:?}");
                        }
                        Event::Append { offset } if other.begun > one.ended => {
                            assert!(offset >= count, "{one:?} shows {other:?}");
                        }
                        Event::Read { count: later } if one.ended < other.begun => {
                            assert!(count <= later, "{one:?} saw more than {other:?}");
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    offsets.sort_unstable();
    assert_eq!(offsets, (0..offsets.len() as u64).collect::<Vec<_>>());
}

fn run(store: &Store) {
    let clock = AtomicU64::new(0);
    let history = Mutex::new(Vec::new());
    let record = |work: &dyn Fn() -> Event| {
        let begun = clock.fetch_add(1, Ordering::SeqCst);
        let event = work();
        let ended = clock.fetch_add(1, Ordering::SeqCst);
        history.lock().unwrap().push(Operation {
            begun,
            ended,
            event,
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..6_i64 {
            let record = &record;
            scope.spawn(move || {
                for n in 0..40 {
                    if thread < 4 {
                        record(&|| Event::Append {
                            offset: append(store, thread * 1_000 + n),
                        });
                    } else {
                        record(&|| Event::Read { count: read(store) });
                    }
                    if thread == 5 && n % 10 == 9 {
                        store.seal("a").unwrap();
                    }
                }
            });
        }
    });
    check(&history.into_inner().unwrap());
}

#[test]
fn concurrent_appends_and_reads_are_linearizable() {
    for durability in [Durability::Power, Durability::Process] {
        let options = LogOptions {
            durability,
            ..LogOptions::default()
        };
        for _ in 0..10 {
            let store = Store::memory();
            store.create_log("a", options.clone()).unwrap();
            run(&store);
        }
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions::new(dir.path())).unwrap();
        store.create_log("a", options).unwrap();
        run(&store);
    }
}
