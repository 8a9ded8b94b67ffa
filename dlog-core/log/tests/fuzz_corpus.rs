//! What the fuzzers begin with, and has once been found by them, is read again; and so are thousands
//! of small changes of it. `DLOG_WRITE_CORPUS=1` writes the seeds.

#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is in the source tree"
)]

use std::path::PathBuf;
use std::sync::Arc;

use dlog_log::device::{Device, MemoryDevice, OpenMode};
use dlog_log::{AppendBatch, Datum, LogOptions, fuzzing};
use dlog_sequencer::{Counter, CounterOptions, crc32c};

mod support;
use support::{append, create, number, open, row, text};

const CHANGES: usize = 4_000;

fn folder(target: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/corpus").join(target)
}

/// Bytes of each kind from a real store and a real counter.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![number(1), number(2)]);
    let odd = row(&[
        ("list", Datum::List(vec![Datum::Int(-1), Datum::Null])),
        ("name", Datum::Keyword("red".into())),
        ("deep", Datum::Struct(vec![("x".into(), text("y"))])),
        ("float", Datum::Float(1.5)),
    ]);
    append(&store, "a", vec![odd]);
    store
        .append(vec![AppendBatch::rows("a", vec![])], None)
        .unwrap()
        .wait()
        .unwrap();
    let journal = file(&device, "journal/0000000001.journal");
    store.seal("a").unwrap();
    let parquet = file(&device, "segments/000000000001.parquet");
    match target {
        "frame" => {
            let frames = journal[4096..].windows(4).enumerate();
            let starts: Vec<usize> = frames
                .filter(|(_, w)| w == b"DLfr")
                .map(|(at, _)| at)
                .collect();
            let frames = starts.iter().map(|start| journal[4096 + start..].to_vec());
            frames.collect()
        }
        "record" => {
            // Behind a frame's header of 96 bytes and its table; cut in many ways by the changes.
            let start = journal.windows(4).rposition(|w| w == b"deep").unwrap();
            let begin = journal[..start]
                .windows(4)
                .rposition(|w| w == b"list")
                .unwrap();
            vec![
                [&[1], &journal[begin - 2..]].concat(),
                vec![0, 0],
                vec![1, 0, 0],
            ]
        }
        "companion" => {
            let companion = file(&device, "segments/000000000001.check");
            vec![[&(parquet.len() as u64).to_le_bytes()[..], &companion].concat()]
        }
        "keys" => {
            let store = open(&MemoryDevice::new());
            let options = LogOptions {
                key: Some("n".to_owned()),
                ..LogOptions::default()
            };
            store.create_log("k", options).unwrap();
            append(&store, "k", (0..700).map(number).collect());
            store.seal("k").unwrap();
            let path = "segments/000000000001.keys";
            let file = store.device().open(path, OpenMode::Read).unwrap();
            let mut bytes = vec![0; file.length().unwrap() as usize];
            file.read_at(&mut bytes, 0).unwrap();
            // The reader is told another segment: its number and checksum are put in.
            bytes[8..20].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let checksum = crc32c(&bytes[..36]);
            bytes[36..40].copy_from_slice(&checksum.to_le_bytes());
            vec![[&700_u64.to_le_bytes()[..], &bytes].concat()]
        }
        "manifest" => {
            let whole = file(&device, "manifest-00000002");
            let length = u64::from_le_bytes(*whole[8..].first_chunk().unwrap());
            let body = whole[20..20 + length as usize].to_vec();
            vec![whole, body]
        }
        _ => {
            let handle: Arc<dyn Device> = Arc::new(device.clone());
            let counter = Counter::open(&handle, "c", CounterOptions::default()).unwrap();
            assert_eq!(counter.reserve(100).unwrap(), 1..101);
            drop(counter);
            vec![file(&device, "c")]
        }
    }
}

fn file(device: &MemoryDevice, path: &str) -> Vec<u8> {
    let files = device.files();
    files.into_iter().find(|(own, _)| own == path).unwrap().1
}

fn replay(target: &str, read: fn(&[u8])) {
    if std::env::var_os("DLOG_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(folder(target)).unwrap();
        for (number, seed) in seeds(target).iter().enumerate() {
            std::fs::write(folder(target).join(format!("seed-{number}")), seed).unwrap();
        }
    }
    let mut corpus = seeds(target);
    let entries = std::fs::read_dir(folder(target)).unwrap();
    corpus.extend(entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()));
    assert!(corpus.len() > 1, "no corpus of {target}");
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize
    };
    for bytes in &corpus {
        read(bytes);
        for _ in 0..CHANGES / corpus.len() {
            let mut changed = bytes.clone();
            for _ in 0..1 + next() % 4 {
                let at = next() % (changed.len() + 1);
                match next() % 5 {
                    0 => changed.truncate(at),
                    1 => changed.insert(at, next() as u8),
                    2 if at < changed.len() => changed[at] = [0, 1, 0x7f, 0xff][next() % 4],
                    3 if at < changed.len() => drop(changed.remove(at)),
                    _ if at < changed.len() => changed[at] ^= 1 << (next() % 8),
                    _ => {}
                }
            }
            read(&changed);
        }
    }
}

#[test]
fn frames() {
    replay("frame", fuzzing::frame);
}

#[test]
fn records() {
    replay("record", fuzzing::record);
}

#[test]
fn companions() {
    replay("companion", fuzzing::companion);
}

#[test]
fn key_files() {
    replay("keys", fuzzing::keys);
}

#[test]
fn manifests() {
    replay("manifest", fuzzing::manifest);
}

#[test]
fn counters() {
    replay("counter", fuzzing::counter);
}
