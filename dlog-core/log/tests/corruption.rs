//! Each byte of a small store is flipped in turn: nothing panics, nothing wrong is read, what is
//! damaged is named by file and place, and everything else is still there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{AppendBatch, Datum, LogOptions, Row, Store, StoreOptions};

mod support;
use support::{append, number, open_with, row, text};

/// What a record was, by log, partition and offset.
type Records = BTreeMap<(String, i32, i64), (Option<i64>, Option<String>)>;

fn options() -> StoreOptions {
    StoreOptions {
        journal_file_bytes: 4_096 + 2_000,
        ..StoreOptions::new("memory")
    }
}

fn keyed(key: &str, n: i64) -> Row {
    row(&[("text", text(key)), ("n", Datum::Int(n))])
}

fn fill(store: &Store, commits: i64, seal_at: Option<i64>) {
    store
        .create_log(
            "plain",
            LogOptions {
                partitions: 2,
                ..LogOptions::default()
            },
        )
        .unwrap();
    let key = Some("text".to_owned());
    store
        .create_log(
            "keyed",
            LogOptions {
                key,
                ..LogOptions::default()
            },
        )
        .unwrap();
    for n in 0..commits {
        append(store, "plain", vec![number(n), number(n + 100)]);
        append(store, "keyed", vec![keyed(&format!("k{}", n % 3), n)]);
        if seal_at == Some(n) {
            store.seal("plain").unwrap();
            store.seal("keyed").unwrap();
        }
    }
    let deleted = AppendBatch::tombstones("keyed", vec![text("k1")]);
    store.append(vec![deleted], None).unwrap().wait().unwrap();
    append(store, "plain", vec![number(1000)]);
}

fn take(batch: &RecordBatch, log: &str, records: &mut Records) {
    let column = |name| batch.column_by_name(name);
    let partitions = column("_partition").unwrap().as_primitive::<Int32Type>();
    let offsets = column("_offset").unwrap().as_primitive::<Int64Type>();
    let numbers = column("n").map(|column| column.as_primitive::<Int64Type>());
    let texts = column("text").map(|column| column.as_string::<i32>());
    for index in 0..batch.num_rows() {
        let n = numbers.and_then(|column| column.is_valid(index).then(|| column.value(index)));
        let text = texts.and_then(|c| c.is_valid(index).then(|| c.value(index).to_owned()));
        let place = (
            log.to_owned(),
            partitions.value(index),
            offsets.value(index),
        );
        assert!(records.insert(place, (n, text)).is_none(), "a record twice");
    }
}

/// Everything that can be read, and what is said of the rest.
fn read(store: &Store, names: &BTreeMap<String, String>) -> (Records, Vec<String>) {
    let mut records = Records::new();
    let mut complaints: Vec<String> = Vec::new();
    for log in store.logs() {
        let name = names.get(&log).unwrap_or(&log);
        let scan = match store.scan(&log, store.cut()) {
            Ok(scan) => scan,
            Err(error) => {
                complaints.push(error.to_string());
                continue;
            }
        };
        for segment in &scan.segments {
            match segment.read(None, 1000).and_then(Iterator::collect) {
                Ok(batches) => {
                    let batches: Vec<RecordBatch> = batches;
                    batches
                        .iter()
                        .for_each(|batch| take(batch, name, &mut records));
                }
                Err(error) => complaints.push(error.to_string()),
            }
        }
        scan.tail
            .iter()
            .for_each(|batch| take(batch, name, &mut records));
    }
    (records, complaints)
}

fn check_flip(
    image: &MemoryDevice,
    path: &str,
    at: usize,
    whole: &Records,
    names: &BTreeMap<String, String>,
) {
    let device: Arc<dyn Device> = Arc::new(image.clone());
    let what = format!("{path}, byte {at}");
    let store = Store::open_on(device, options()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let report = store.recovery().clone();
    let (found, complaints) = read(&store, names);
    for (place, record) in &found {
        assert_eq!(
            whole.get(place),
            Some(record),
            "{what}: wrong data at {place:?}"
        );
    }
    for damage in report.damage.iter().chain(&report.repaired) {
        assert!(
            damage.file == path && damage.position as usize <= at,
            "{what}: {damage}"
        );
    }
    for complaint in &complaints {
        assert!(complaint.contains(path), "{what}: {complaint}");
    }
    if path.ends_with(".keys") {
        // Derived from its segment, it costs nothing.
        let value = |key: &str| store.find_row("keyed", &text(key)).unwrap();
        let (first, second) = (value("k0").unwrap(), value("k2").unwrap());
        let numbers = [first, second].map(|found| found.row.get("n").cloned());
        assert_eq!(numbers, [Some(Datum::Int(9)), Some(Datum::Int(11))]);
        assert!(value("k1").is_none() && value("k3").is_none());
    }
    if found.len() == whole.len() {
        return;
    }
    assert!(
        !report.damage.is_empty() || !complaints.is_empty(),
        "{what}: records are gone and nobody says so"
    );
    // A commit has up to three records, a sealed file those of one partition.
    let gone = whole.len() - found.len();
    let most = if path.starts_with("journal") { 3 } else { 12 };
    assert!(
        gone <= most,
        "{what}: {gone} records are gone with it: {report}"
    );
}

fn flip_every_byte(seal_at: Option<i64>) {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    fill(&store, 12, seal_at);
    let names = ["plain", "keyed"].map(|log| {
        (
            format!("lost-{}", store.describe(log).unwrap().id),
            log.to_owned(),
        )
    });
    let names = BTreeMap::from(names);
    store.close().unwrap();
    drop(store);
    let files = device.files();
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!((20_000..256 << 10).contains(&total), "{total} bytes");
    let (whole, complaints) = read(&open_with(&device.image(), options()), &names);
    assert!(complaints.is_empty() && whole.len() == 12 * 3 + 2);
    let next = AtomicUsize::new(0);
    let places: Vec<(usize, usize)> = files
        .iter()
        .enumerate()
        .filter(|(_, (path, _))| path != "LOCK")
        .flat_map(|(file, (_, bytes))| (0..bytes.len()).map(move |at| (file, at)))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((file, at)) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut changed = files.clone();
                    changed[*file].1[*at] ^= 1 << (at % 8);
                    let image = MemoryDevice::with_files(changed);
                    check_flip(&image, &files[*file].0, *at, &whole, &names);
                }
            });
        }
    });
}

#[test]
fn every_flipped_byte_of_a_journal_is_named_and_costs_one_commit() {
    flip_every_byte(None);
}

#[test]
fn every_flipped_byte_of_a_sealed_store_is_named_and_costs_one_file() {
    flip_every_byte(Some(7));
}

#[test]
fn a_missing_or_cut_segment_costs_its_records_and_nothing_else() {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    fill(&store, 12, Some(7));
    store.close().unwrap();
    drop(store);
    let files = device.files();
    let (whole, _) = read(&open_with(&device.image(), options()), &BTreeMap::new());
    let segments = files.iter().filter(|(path, _)| path.ends_with(".parquet"));
    for (path, bytes) in segments {
        for length in [None, Some(0), Some(bytes.len() - 1)] {
            let image = device.image();
            image.remove(path).unwrap();
            if let Some(length) = length {
                let file = image
                    .open(path, dlog_log::device::OpenMode::CreateNew)
                    .unwrap();
                file.write_at(&bytes[..length], 0).unwrap();
            }
            let store = open_with(&image, options());
            assert!(store.is_read_only(), "{path} is damaged");
            assert_eq!(store.recovery().damage[0].file, *path);
            let (found, complaints) = read(&store, &BTreeMap::new());
            assert!(complaints.len() == 1 && complaints[0].contains(path.as_str()));
            assert!(
                found.len() < whole.len() && found.iter().all(|(k, v)| whole.get(k) == Some(v))
            );
        }
    }
}

#[test]
fn a_missing_companion_is_made_anew() {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    fill(&store, 12, Some(7));
    store.close().unwrap();
    drop(store);
    let (whole, _) = read(&open_with(&device.image(), options()), &BTreeMap::new());
    for (path, _) in device.files() {
        if path.ends_with(".check") {
            device.remove(&path).unwrap();
        }
    }
    let (found, complaints) = read(&open_with(&device, options()), &BTreeMap::new());
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(found, whole);
}
