//! A key's newest record is found without reading the segments that do not have it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use dlog_log::device::{Device, DeviceFile, DeviceLock, LockError, MemoryDevice, OpenMode};
use dlog_log::{AppendBatch, Datum, LogOptions, Row, Store, StoreOptions};

mod support;
use support::{append, row, text};

/// Counts the reads and bytes of each file.
#[derive(Debug, Clone, Default)]
struct Counting {
    device: MemoryDevice,
    reads: Arc<Mutex<BTreeMap<String, (u64, u64)>>>,
}

#[derive(Debug)]
struct CountingFile {
    path: String,
    file: Arc<dyn DeviceFile>,
    reads: Arc<Mutex<BTreeMap<String, (u64, u64)>>>,
}

impl Counting {
    /// Reads since the last time, by file, with their bytes.
    fn take(&self) -> BTreeMap<String, (u64, u64)> {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }
}

impl Device for Counting {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn DeviceFile>> {
        Ok(Arc::new(CountingFile {
            path: path.to_owned(),
            file: self.device.open(path, mode)?,
            reads: self.reads.clone(),
        }))
    }
    fn exists(&self, path: &str) -> io::Result<bool> {
        self.device.exists(path)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.device.rename(from, to)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.device.remove(path)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.device.list(dir)
    }
    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.device.create_dir(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.device.sync_dir(dir)
    }
    fn lock(&self, path: &str) -> Result<Box<dyn DeviceLock>, LockError> {
        self.device.lock(path)
    }
    fn prewrites(&self) -> bool {
        false
    }
    fn root(&self) -> Option<&Path> {
        None
    }
}

impl DeviceFile for CountingFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut reads = self.reads.lock().unwrap();
        let (count, bytes) = reads.entry(self.path.clone()).or_default();
        *count += 1;
        *bytes += buffer.len() as u64;
        self.file.read_at(buffer, position)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.file.write_at(bytes, position)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.file.set_length(length)
    }
}

const SEGMENTS: i64 = 3;
const EACH: i64 = 20_000;

fn record(key: i64, value: i64) -> Row {
    row(&[
        ("key", Datum::Int(key)),
        ("value", Datum::Int(value)),
        ("fill", text(&format!("{value:032x}"))),
    ])
}

/// A store with the keys 0..EACH in its first segment, the next in the second, and so on, reopened.
fn sealed() -> (Store, Counting) {
    let device = Counting::default();
    let store = open(&device);
    let options = LogOptions {
        key: Some("key".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    for segment in 0..SEGMENTS {
        let keys = segment * EACH..(segment + 1) * EACH;
        append(&store, "a", keys.map(|key| record(key, key)).collect());
        store.seal("a").unwrap();
    }
    store.close().unwrap();
    drop(store);
    let store = open(&device);
    device.take();
    (store, device)
}

fn open(device: &Counting) -> Store {
    let device: Arc<dyn Device> = Arc::new(device.clone());
    Store::open_on(device, StoreOptions::new("test")).unwrap()
}

fn value(store: &Store, key: i64) -> Option<Datum> {
    let found = store.find_row("a", &Datum::Int(key)).unwrap()?;
    found.row.get("value").cloned()
}

#[test]
fn a_lookup_reads_pages_of_key_files_and_one_segment() {
    let (store, device) = sealed();
    let mut read_of_strangers = 0;
    for stranger in 0..100 {
        assert_eq!(value(&store, SEGMENTS * EACH + stranger), None);
        read_of_strangers += device
            .take()
            .keys()
            .filter(|path| path.ends_with(".parquet"))
            .count();
    }
    // A filter is wrong about one key of a hundred, and then the hashes say no.
    assert_eq!(read_of_strangers, 0);
    for key in [7, EACH + 7, 2 * EACH + 7] {
        assert_eq!(value(&store, key), Some(Datum::Int(key)));
        let reads = device.take();
        let segments: Vec<_> = reads
            .keys()
            .filter(|path| path.ends_with(".parquet"))
            .collect();
        assert_eq!(segments.len(), 1, "{reads:?}");
    }
    // Opened and read before: a lookup now reads pages, not files.
    assert_eq!(value(&store, 8), Some(Datum::Int(8)));
    let reads = device.take();
    let length = device
        .device
        .files()
        .iter()
        .map(|(_, bytes)| bytes.len() as u64)
        .sum::<u64>();
    let bytes: u64 = reads.values().map(|(_, bytes)| bytes).sum();
    assert!(bytes < length / 4, "{bytes} bytes of {length}: {reads:?}");
    for (path, (count, bytes)) in reads.iter().filter(|(path, _)| path.ends_with(".keys")) {
        assert!(
            *bytes <= count * 4096 && *count <= 4,
            "{path}: {count} reads"
        );
    }
}

#[test]
fn tail_and_newer_segments_hide_older_ones() {
    let (store, _) = sealed();
    append(&store, "a", vec![record(3, -3)]);
    assert_eq!(value(&store, 3), Some(Datum::Int(-3)));
    store.seal("a").unwrap();
    assert_eq!(value(&store, 3), Some(Datum::Int(-3)));
    let deleted = store.delete("a", &Datum::Int(3), None).unwrap();
    deleted.unwrap().wait().unwrap();
    let gone = |store: &Store| {
        assert_eq!(value(store, 3), None);
        assert!(store.delete("a", &Datum::Int(3), None).unwrap().is_none());
    };
    gone(&store);
    store.seal("a").unwrap();
    gone(&store);
    append(&store, "a", vec![record(3, 33)]);
    assert_eq!(value(&store, 3), Some(Datum::Int(33)));
}

#[test]
fn a_key_file_that_lies_is_made_anew() {
    let (store, device) = sealed();
    store.close().unwrap();
    drop(store);
    let files = device.device.files();
    let keys: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".keys"))
        .collect();
    assert_eq!(keys.len(), SEGMENTS as usize);
    for (path, own) in &keys {
        let mut flipped = own.clone();
        flipped.iter_mut().step_by(1000).for_each(|byte| *byte ^= 1);
        let other = keys.iter().find(|(other, _)| other != path).unwrap();
        for wrong in [None, Some(other.1.clone()), Some(flipped), Some(vec![])] {
            let image = device.device.image();
            image.remove(path).unwrap();
            if let Some(wrong) = wrong {
                let file = image.open(path, OpenMode::CreateNew).unwrap();
                file.write_at(&wrong, 0).unwrap();
            }
            let store = support::open(&image);
            for key in [0, EACH, 2 * EACH, 3 * EACH - 1] {
                assert_eq!(value(&store, key), Some(Datum::Int(key)), "{path}");
            }
            assert_eq!(value(&store, -1), None);
            let again = AppendBatch::rows("a", vec![record(5, 5)]);
            let options = dlog_log::AppendOptions {
                if_absent: true,
                ..Default::default()
            };
            let refused = store.append_with(vec![again], &options).unwrap().wait();
            assert!(matches!(
                refused,
                Err(dlog_log::AppendError::Present { .. })
            ));
        }
    }
}
