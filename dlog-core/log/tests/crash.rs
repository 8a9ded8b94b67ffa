//! Real processes, really killed: an acknowledged offset names the record it was given for, for ever.
//!
//! The test starts itself again as the victim, which appends from several threads, half of them to a
//! `:power` log and half to a `:process` log, and prints every acknowledgement; after a number of
//! them it is killed with SIGKILL. `DLOG_KILL_ROUNDS` asks for more rounds.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use dlog_log::{AppendBatch, Datum, Durability, LogOptions, OpenError, Store, StoreOptions};

mod support;
use support::{batches, integers, row};

const VICTIM_DIR: &str = "DLOG_CRASH_VICTIM_DIR";
const WRITERS: i64 = 8;
const LOGS: [(&str, Durability); 2] = [
    ("power", Durability::Power),
    ("process", Durability::Process),
];
const DEFAULT_ROUNDS: usize = 200;

fn log_of(id: i64) -> &'static str {
    LOGS[(id >> 32 & 1) as usize].0
}

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
    for (log, durability) in LOGS {
        let options = LogOptions {
            durability,
            ..LogOptions::default()
        };
        store.create_log(log, options).unwrap();
    }
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
            .append(vec![AppendBatch::rows(log_of(id), vec![record])], None)
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
        if acknowledged.len() == 1 {
            // Two processes: the second is told, and does no harm.
            let second = Store::open(StoreOptions::new(dir)).unwrap_err();
            assert!(
                matches!(&second, OpenError::Locked { holder, .. } if holder.contains(&child.id().to_string())),
                "{second}"
            );
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
fn an_acknowledged_offset_never_names_a_second_record_after_a_kill() {
    let rounds = std::env::var("DLOG_KILL_ROUNDS").ok();
    let rounds = rounds
        .and_then(|n| n.parse().ok())
        .unwrap_or(DEFAULT_ROUNDS);
    let dir = tempfile::tempdir().unwrap();
    // What every offset that was seen names, acknowledged or only found by an opening.
    let mut known: HashMap<(&str, i64), i64> = HashMap::new();
    let mut acknowledged: HashMap<i64, i64> = HashMap::new();
    for round in 0..rounds {
        acknowledged.extend(run_victim(dir.path(), 1 + round * 13 % 40));
        let store = Store::open(StoreOptions::new(dir.path())).unwrap();
        assert!(store.recovery().damage.is_empty(), "{}", store.recovery());
        let mut place: HashMap<i64, i64> = HashMap::new();
        for (log, _) in LOGS {
            let batches = batches(&store, log);
            let ids = integers(&batches, "id");
            let offsets = integers(&batches, "_offset");
            assert_eq!(
                offsets,
                (0..offsets.len() as i64).collect::<Vec<_>>(),
                "offsets without gaps"
            );
            for (id, offset) in ids.iter().copied().zip(offsets) {
                assert!(place.insert(id, offset).is_none(), "record {id} twice");
                let first = *known.entry((log, offset)).or_insert(id);
                assert_eq!(first, id, "offset {offset} of {log} names a second record");
            }
        }
        for (id, offset) in &acknowledged {
            let found = place.get(id);
            assert_eq!(
                found,
                Some(offset),
                "record {id} was acknowledged at {offset}"
            );
        }
        for (id, n) in place.keys().map(|id| (id, id & 0xffff_ffff)) {
            let has_before = n == 0 || place.contains_key(&(id - 1));
            assert!(has_before, "record {id} without the one before it");
        }
    }
}
