//! Real processes, really killed: what was acknowledged as `:power` is there, once, without gaps.
//!
//! The test starts itself again as the victim, which appends from several threads and prints every
//! acknowledgement; after a number of them it is killed with SIGKILL.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use dlog_log::{AppendBatch, Datum, Store, StoreOptions};

mod support;
use support::{batches, create, integers, row};

const VICTIM_DIR: &str = "DLOG_CRASH_VICTIM_DIR";
const WRITERS: i64 = 8;

/// Not a test of its own: the process to be killed, when the parent says so.
#[test]
fn victim() {
    let Some(dir) = std::env::var_os(VICTIM_DIR) else {
        return;
    };
    let store = Store::open(StoreOptions {
        seal_bytes: 64 << 10,
        ..StoreOptions::new(dir)
    })
    .unwrap();
    create(&store, "a");
    let epoch = store.epoch().0;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || append_for_ever(store, epoch, writer));
        }
    });
}

fn append_for_ever(store: &Store, epoch: u64, writer: i64) {
    for n in 0_i64.. {
        let id = (epoch as i64) << 40 | writer << 32 | n;
        let record = row(&[
            ("id", Datum::Int(id)),
            ("fill", Datum::Str("x".repeat(100).into())),
        ]);
        let receipt = store
            .append(vec![AppendBatch::rows("a", vec![record])], None)
            .unwrap()
            .wait()
            .unwrap();
        // One write: a line is printed whole or not at all.
        let line = format!("ack {id} {}\n", receipt.parts[0].first_offset);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

/// Runs a victim until it has acknowledged `count` records; all that it acknowledged.
fn run_victim(dir: &Path, count: usize) -> Vec<(i64, i64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture", "--test-threads=1"])
        .env(VICTIM_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        let Some(rest) = line.split_once("ack ").map(|(_, rest)| rest) else {
            continue;
        };
        let Some((id, offset)) = rest.split_once(' ') else {
            continue;
        };
        if let (Ok(id), Ok(offset)) = (id.parse(), offset.parse()) {
            acknowledged.push((id, offset));
        }
        if acknowledged.len() == count {
            // Lines already in the pipe are still read: they were acknowledged too.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged
}

#[test]
fn killed_writers_lose_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: HashMap<i64, i64> = HashMap::new();
    for round in 0..6 {
        acknowledged.extend(run_victim(dir.path(), 60 + round * 97));
        let reader = Store::open(StoreOptions::new(dir.path())).unwrap();
        assert!(reader.recovery().damage.is_empty(), "{}", reader.recovery());
        let batches = batches(&reader, "a");
        let ids = integers(&batches, "id");
        let offsets = integers(&batches, "_offset");
        assert_eq!(
            offsets,
            (0..offsets.len() as i64).collect::<Vec<_>>(),
            "offsets without gaps"
        );
        let place: HashMap<i64, i64> = ids.iter().copied().zip(offsets).collect();
        assert_eq!(place.len(), ids.len(), "no record twice");
        for (id, offset) in &acknowledged {
            assert_eq!(
                place.get(id),
                Some(offset),
                "record {id} was acknowledged at {offset}"
            );
        }
        for (id, n) in place.keys().map(|id| (id, id & 0xffff_ffff)) {
            assert!(
                n == 0 || place.contains_key(&(id - 1)),
                "record {id} without the one before it"
            );
        }
    }
}
