//! Each file call of a session fails once: whatever was acknowledged is there afterwards, at the
//! offset that was told, once, and what was refused is not.
//!
//! The session is this test binary in a process of its own. `strace` counts the calls it makes in the
//! store's directory, then runs it once for each, with that call failing with EIO. Where `strace` is
//! missing or may not trace, nothing is tested, unless `DLOG_NEEDS_STRACE` is set.

#![expect(
    clippy::disallowed_methods,
    reason = "what strace writes is no file of a store"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dlog_log::device::{Device, FileDevice};
use dlog_log::{
    AppendBatch, AppendError, Datum, LogOptions, OpenError, Receipt, Store, StoreOptions, check,
};
use dlog_sequencer::{Counter, CounterOptions};

mod support;
use support::{append, batches, integers, number, row, text};

const RECORDS: i64 = 16;
/// Sessions at a time: they wait for the disk.
const THREADS: usize = 6;
/// Where the session keeps its store.
const DIRECTORY: &str = "DLOG_SESSION";

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        // Small files: the session goes through several.
        journal_file_bytes: 4_096 + 1_500,
        ..StoreOptions::new(dir)
    }
}

/// Tries what may fail once or, where it undoes something that failed, twice.
fn retry<T, E>(mut call: impl FnMut() -> Result<T, E>) -> Option<T> {
    (0..3).find_map(|_| call().ok())
}

/// A commit over two logs: both have a record of `n`, or neither.
fn commit(store: &Store, n: i64) -> Result<Receipt, AppendError> {
    let keyed = row(&[("key", text(&format!("k{}", n % 4))), ("n", Datum::Int(n))]);
    let batches = vec![
        AppendBatch::rows("a", vec![number(n)]),
        AppendBatch::rows("k", vec![keyed]),
    ];
    store.append(batches, None)?.wait()
}

fn make_logs(store: &Store) -> Option<()> {
    retry(|| store.create_log("a", LogOptions::default()))?;
    let keyed = LogOptions {
        key: Some("key".to_owned()),
        ..LogOptions::default()
    };
    retry(|| store.create_log("k", keyed.clone())).map(drop)
}

/// The process that is traced. Each line it prints is a promise.
#[test]
fn session() {
    let Some(dir) = std::env::var_os(DIRECTORY).map(PathBuf::from) else {
        return;
    };
    let open = || retry(|| Store::open(options(&dir)));
    let Some(mut store) = open() else { return };
    if make_logs(&store).is_none() {
        return;
    }
    for n in 0..RECORDS {
        match commit(&store, n) {
            Ok(receipt) => println!("promise stored {n} {}", receipt.parts[0].first_offset),
            Err(AppendError::NotWritten { .. }) => println!("promise refused {n}"),
            Err(_) => {
                // What became of it is unknown: opening the store again tells.
                drop(store);
                let Some(opened) = open() else { return };
                store = opened;
                let _ = make_logs(&store);
            }
        }
        match n {
            5 | 11 => drop(retry(|| store.seal("a"))),
            8 => drop(retry(|| store.compact("k", store.cut(), 0))),
            9 => drop(retry(|| store.seal("k"))),
            13 => drop(retry(|| store.purge("k", &text("none")))),
            _ => {}
        }
        if n % 8 == 3 {
            let number = Counter::open(store.device(), "counters/c", CounterOptions::default())
                .and_then(|counter| counter.increment());
            if let Ok(number) = number {
                println!("promise number {number}");
            }
        }
    }
    let _ = store.close();
}

/// A file call of the session: its name and which of its thread's calls of this name it is.
type Call = (String, usize);

fn traced(dir: &Path, arguments: &[String]) -> Output {
    let session = std::env::current_exe().expect("a running program has a path");
    Command::new("strace")
        .args(["-f", "-qq", "--seccomp-bpf"])
        .args(arguments)
        .arg(session)
        .args(["--exact", "session", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, dir)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("strace can be started")
}

/// Every call in the directory, as a run without failures makes them.
fn calls(dir: &Path) -> BTreeSet<Call> {
    let log = dir.with_extension("trace");
    let store = dir.join("store");
    let trace = ["-y", "-e", "trace=%file,%desc", "-o"].map(str::to_owned);
    let log_name = log.display().to_string();
    let output = traced(&store, &[&trace[..], &[log_name]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&log).expect("strace wrote it");
    let name = store.display().to_string();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let Some((call, arguments)) = call.trim_start().split_once('(') else {
            continue;
        };
        if call.starts_with('<') || call.starts_with('+') {
            continue;
        }
        let count = counts.entry((thread, call)).or_default();
        *count += 1;
        if arguments.contains(&name) && call != "execve" {
            found.insert((call.to_owned(), *count));
        }
    }
    found
}

/// What a session promised.
#[derive(Debug, Default)]
struct Promises {
    /// Offsets by number.
    stored: BTreeMap<i64, u64>,
    refused: BTreeSet<i64>,
    numbers: Vec<u64>,
}

fn promises(output: &Output) -> Promises {
    let mut promises = Promises::default();
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        // The test harness writes to the same line.
        let Some((_, line)) = line.split_once("promise ") else {
            continue;
        };
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["stored", n, offset] => {
                let offset = offset.parse().expect("an offset is a number");
                let before = promises.stored.insert(n.parse().expect("a number"), offset);
                assert_eq!(before, None);
            }
            ["refused", n] => drop(promises.refused.insert(n.parse().expect("a number"))),
            ["number", number] => promises.numbers.push(number.parse().expect("a number")),
            _ => panic!("an unexpected promise: {line}"),
        }
    }
    promises
}

/// Checks the records of a store; what is wrong with them.
fn broken_record(store: &Store, promises: &Promises) -> Option<String> {
    let stored = batches(store, "a");
    let found: Vec<i64> = integers(&stored, "n");
    let offsets = integers(&stored, "_offset");
    let expected: Vec<i64> = (0..found.len() as i64).collect();
    if offsets != expected {
        return Some(format!("offsets {offsets:?}"));
    }
    for (n, offset) in &promises.stored {
        if found.get(*offset as usize) != Some(n) {
            return Some(format!("{n} is not at {offset}: {found:?}"));
        }
    }
    let distinct: BTreeSet<i64> = found.iter().copied().collect();
    if distinct.len() != found.len() || !distinct.is_disjoint(&promises.refused) {
        return Some(format!("{found:?}, refused {:?}", promises.refused));
    }
    // The same commits brought the records of the other log, which is compacted.
    let commits: BTreeSet<i64> = integers(&stored, "_commit").into_iter().collect();
    let keyed = batches(store, "k");
    if !integers(&keyed, "_commit")
        .iter()
        .all(|commit| commits.contains(commit))
    {
        return Some("half a commit".to_owned());
    }
    None
}

/// Checks the store that a session left; what is wrong with it.
fn broken_promise(dir: &Path, promises: &Promises) -> Option<String> {
    let device: Arc<dyn Device> = Arc::new(FileDevice::new(dir));
    match check(&device, dir) {
        Ok(found) if !found.damage.is_empty() || !found.lost.is_empty() => {
            return Some(format!("it is damaged: {found:?}"));
        }
        // The session ended before there was a store.
        Err(OpenError::Missing { .. }) if promises.stored.is_empty() => return None,
        Err(error) => return Some(error.to_string()),
        Ok(_) => {}
    }
    let store = match Store::open(options(dir)) {
        Ok(store) => store,
        Err(error) => return Some(error.to_string()),
    };
    if !store.logs().contains(&"k".to_owned()) {
        return (!promises.stored.is_empty()).then(|| "its logs are gone".to_owned());
    }
    if let Some(broken) = broken_record(&store, promises) {
        return Some(broken);
    }
    let counter = Counter::open(store.device(), "counters/c", CounterOptions::default());
    let next = counter.and_then(|counter| counter.increment());
    let next = next.expect("nothing fails any more");
    let mut numbers = promises.numbers.clone();
    numbers.push(next);
    if numbers.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Some(format!("numbers {numbers:?}"));
    }
    append(&store, "a", vec![number(RECORDS)]);
    store.close().err().map(|error| error.to_string())
}

/// Runs a session with a failing call; what is wrong afterwards.
fn run(dir: &Path, (name, count): &Call) -> Option<String> {
    let store = dir.join(format!("{name}-{count}"));
    let inject = format!("inject={name}:error=EIO:when={count}");
    let trace = format!("trace={name}");
    let arguments = ["-e", &trace, "-e", &inject, "-o", "/dev/null"].map(str::to_owned);
    let output = traced(&store, &arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("panicked") {
        return Some(stderr.into_owned());
    }
    let broken = broken_promise(&store, &promises(&output));
    std::fs::remove_dir_all(&store).ok();
    broken
}

fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    traced.is_ok_and(|status| status.success())
}

#[test]
fn every_file_call_fails_once_and_no_promise_is_broken() {
    if !can_trace() {
        let is_needed = std::env::var_os("DLOG_NEEDS_STRACE").is_some();
        assert!(!is_needed, "strace is missing or may not trace");
        eprintln!("strace is missing or may not trace: nothing was tested");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let calls: Vec<Call> = calls(&scratch.path().join("whole")).into_iter().collect();
    let names: BTreeSet<&str> = calls.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["openat", "pwrite64", "fdatasync", "rename", "unlink"] {
        assert!(names.contains(name), "no call of {name} is seen: {names:?}");
    }
    assert!(calls.len() > 150, "only {} calls are seen", calls.len());
    let next = AtomicUsize::new(0);
    let broken = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(text) = run(scratch.path(), call) {
                        let mut broken = broken.lock().unwrap();
                        writeln!(broken, "{call:?}: {text}").unwrap();
                    }
                }
            });
        }
    });
    println!("{} calls failed once each", calls.len());
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "of {} calls:\n{broken}", calls.len());
}
