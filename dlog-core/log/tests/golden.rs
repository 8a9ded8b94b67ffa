//! A store written when the format was frozen is opened by every later program, and what is written
//! today is the same to the byte.
//!
//! `DLOG_WRITE_GOLDEN=1` writes the fixture of a new format number; one that is there is never
//! written again.

#![expect(
    clippy::disallowed_methods,
    reason = "the fixture is in the source tree"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{
    Alteration, AppendBatch, AppendOptions, Clock, Cut, Datum, Durability, LogOptions, Offset,
    OpenError, PartitionId, Producer, Retention, Row, SizeLimit, Store, StoreOptions, WhenFull,
    rows_to_batch,
};
use dlog_sequencer::{Counter, CounterOptions, crc32c};

mod support;
use support::{batches, row, rows, text};

const FIXTURE: &str = "tests/golden/format-1";
const SECOND_US: i64 = 1_000_000;

fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(FIXTURE)
        .join(part)
}

fn read_tree(root: &Path, dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_tree(root, &path, files);
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        files.push((name.to_owned(), std::fs::read(&path).unwrap()));
    }
}

fn load(part: &str) -> MemoryDevice {
    let (root, mut files) = (folder(part), Vec::new());
    read_tree(&root, &root, &mut files);
    MemoryDevice::with_files(files)
}

fn save(part: &str, device: &MemoryDevice) {
    for (path, bytes) in device.files() {
        let path = folder(part).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// A store whose clock goes on by a second with each step of the script.
struct Scripted {
    store: Store,
    device: MemoryDevice,
    time: Arc<AtomicI64>,
}

impl Scripted {
    fn open(device: MemoryDevice) -> Self {
        let time = Arc::new(AtomicI64::new(1_800_000_000 * SECOND_US));
        let shown = time.clone();
        let options = StoreOptions {
            clock: Clock::new(move || shown.load(Ordering::SeqCst)),
            bulk_bytes: 1_000,
            journal_file_bytes: 12_000,
            ..StoreOptions::new("golden")
        };
        let shared: Arc<dyn Device> = Arc::new(device.clone());
        Self {
            store: Store::open_on(shared, options).unwrap(),
            device,
            time,
        }
    }

    fn append(&self, batches: Vec<AppendBatch>, options: &AppendOptions) {
        self.time.fetch_add(SECOND_US, Ordering::SeqCst);
        let ticket = self.store.append_with(batches, options).unwrap();
        ticket.wait().unwrap();
    }

    fn rows(&self, log: &str, rows: Vec<Row>) {
        self.append(
            vec![AppendBatch::rows(log, rows)],
            &AppendOptions::default(),
        );
    }
}

fn every_kind() -> Row {
    row(&[
        ("flag", Datum::Bool(true)),
        ("int", Datum::Int(-12)),
        ("float", Datum::Float(0.1)),
        ("text", text("blåbær")),
        ("word", Datum::Keyword("ns/word".into())),
        ("symbol", Datum::Symbol("plus".into())),
        ("bytes", Datum::Bytes([0, 255, 7].as_slice().into())),
        ("at", Datum::Instant(1_234_567_890_123_456)),
        ("day", Datum::Date(-3)),
        ("id", Datum::Uuid(*b"0123456789abcdef")),
        ("big", Datum::BigInt(-(10_i128.pow(37)))),
        (
            "price",
            Datum::Decimal {
                unscaled: 1_999,
                scale: 2,
            },
        ),
        (
            "list",
            Datum::List(vec![Datum::Int(1), Datum::Null, Datum::Int(3)]),
        ),
        (
            "deep",
            Datum::Struct(vec![("x".into(), Datum::List(vec![text("y")]))]),
        ),
        ("_time", Datum::Instant(1_000_000)),
        (
            "_headers",
            Datum::Struct(vec![("trace".into(), text("00-4b"))]),
        ),
    ])
}

fn keyed(key: i64, value: &str) -> Row {
    row(&[("key", Datum::Int(key)), ("value", text(value))])
}

fn create_logs(store: &Store) {
    store.create_log("kinds", LogOptions::default()).unwrap();
    let options = LogOptions {
        key: Some("key".to_owned()),
        partitions: 1,
        ..LogOptions::default()
    };
    store.create_log("keyed", options).unwrap();
    let options = LogOptions {
        partitions: 3,
        retention: Retention {
            max_age_us: Some(1 << 50),
            max_bytes: None,
        },
        limit: Some(SizeLimit {
            bytes: 1 << 30,
            when_full: WhenFull::DropOldest,
        }),
        ..LogOptions::default()
    };
    store.create_log("spread", options).unwrap();
    store.create_log("gone", LogOptions::default()).unwrap();
}

/// Something of everything that has a place in the files.
fn script(run: &Scripted) {
    let store = &run.store;
    create_logs(store);
    run.rows("kinds", vec![every_kind(), row(&[("int", Datum::Int(7))])]);
    run.rows(
        "kinds",
        vec![row(&[("later", Datum::Keyword("column".into()))])],
    );
    for n in 0..8 {
        run.rows("keyed", vec![keyed(n % 5, &format!("value {n}"))]);
    }
    let deleted = AppendBatch::tombstones("keyed", vec![Datum::Int(3)]);
    run.append(vec![deleted], &AppendOptions::default());
    run.rows("gone", vec![keyed(1, "dropped")]);
    store.seal("keyed").unwrap();
    store.seal("gone").unwrap();
    store.drop_log("gone").unwrap();
    let producer = AppendOptions {
        producer: Some(Producer {
            id: 77,
            epoch: 2,
            sequence: 0,
        }),
        ..AppendOptions::default()
    };
    let batch = |partition| AppendBatch {
        partition: Some(PartitionId(partition)),
        ..AppendBatch::rows("spread", vec![keyed(i64::from(partition), "spread")])
    };
    run.append(vec![batch(0), batch(2)], &producer);
    let columns = rows_to_batch(&[keyed(10, "column"), keyed(11, "column")]).unwrap();
    run.append(
        vec![AppendBatch::arrow("keyed", vec![columns])],
        &AppendOptions::default(),
    );
    let many: Vec<Row> = (100..130).map(|n| keyed(n, "many")).collect();
    let columns = rows_to_batch(&many).unwrap();
    run.append(
        vec![AppendBatch::arrow("keyed", vec![columns])],
        &AppendOptions::default(),
    );
    store.clone_log("keyed", "copy", None).unwrap();
    store
        .snapshot_log("keyed", "then", Some(Cut(dlog_log::CommitNumber(12))))
        .unwrap();
    store.compact("keyed", store.cut(), 0).unwrap();
    let alteration = Alteration {
        retention: Some(Retention {
            max_age_us: None,
            max_bytes: Some(1 << 40),
        }),
        ..Alteration::default()
    };
    store.alter_log("copy", alteration).unwrap();
    store.rename_log("copy", "renamed").unwrap();
    let member = store.join_group("readers", &["spread"]).unwrap();
    member
        .commit(&[("spread", PartitionId(0), Offset(1))])
        .unwrap();
    drop(member);
    store.flush().unwrap();
    run.rows("renamed", vec![keyed(5, "after")]);
    let device: Arc<dyn Device> = Arc::new(run.device.clone());
    let counter = Counter::open(&device, "counters/c", CounterOptions::default()).unwrap();
    assert_eq!(counter.reserve(100).unwrap(), 1..101);
    drop(counter);
    store.close().unwrap();
}

/// Everything there is to be read, as text.
fn dump(store: &Store) -> String {
    let mut out = String::new();
    for log in store.logs() {
        let description = store.describe(&log).unwrap();
        writeln!(
            out,
            "{log} {} {:?} snapshot {}\n{} version {}",
            description.id,
            description.options,
            description.is_snapshot,
            description.schema,
            description.schema_version
        )
        .unwrap();
        for values in rows(&batches(store, &log)) {
            writeln!(out, "  {values:?}").unwrap();
        }
        for key in [0, 1, 3, 10, 105] {
            if let Ok(Some(found)) = store.find_row(&log, &Datum::Int(key)) {
                // As what was found was written when the fixture was made.
                writeln!(
                    out,
                    "  {key}: FoundRow {{ row: {:?}, partition: {:?}, offset: {:?}, commit: {:?}, \
                     append_time_us: {:?}, headers: {:?} }}",
                    found.row,
                    found.partition,
                    found.offset,
                    found.commit,
                    found.append_time_us,
                    found.headers
                )
                .unwrap();
            }
        }
    }
    writeln!(out, "{:?}", store.group_lag("readers", "spread").unwrap()).unwrap();
    out
}

fn write_fixture() {
    assert!(!folder("").exists(), "the fixture is there for ever");
    let device = MemoryDevice::new();
    Scripted::open(device.clone()).store.close().unwrap();
    save("begin", &device);
    script(&Scripted::open(device.clone()));
    save("end", &device);
    let store = support::open(&device.image());
    std::fs::write(folder("expected.txt"), dump(&store)).unwrap();
}

#[test]
fn a_store_of_the_format_is_read_and_goes_on() {
    if std::env::var_os("DLOG_WRITE_GOLDEN").is_some() {
        write_fixture();
    }
    let device = load("end");
    let expected = std::fs::read_to_string(folder("expected.txt")).unwrap();
    let beside: Arc<dyn Device> = Arc::new(device.clone());
    let reader = Store::open_on(beside, StoreOptions::new("golden").read_only()).unwrap();
    assert!(reader.recovery().was_clean, "{}", reader.recovery());
    assert_eq!(dump(&reader), expected);
    drop(reader);
    let store = support::open(&device);
    assert!(store.recovery().was_clean && !store.is_read_only());
    assert_eq!(dump(&store), expected);
    // A retry that the old program acknowledged is known to this one.
    let options = AppendOptions {
        producer: Some(Producer {
            id: 77,
            epoch: 2,
            sequence: 0,
        }),
        ..AppendOptions::default()
    };
    let again = AppendBatch::rows("spread", vec![keyed(0, "spread")]);
    let receipt = store
        .append_with(vec![again], &options)
        .unwrap()
        .wait()
        .unwrap();
    assert!(receipt.commit < store.cut().0);
    support::append(&store, "keyed", vec![keyed(1, "today")]);
    store.seal("keyed").unwrap();
    store.close().unwrap();
    drop(store);
    let store = support::open(&device);
    let found = store.find_row("keyed", &Datum::Int(1)).unwrap().unwrap();
    assert_eq!(found.row.get("value"), Some(&text("today")));
    let handle: Arc<dyn Device> = Arc::new(device);
    let counter = Counter::open(&handle, "counters/c", CounterOptions::default()).unwrap();
    assert!(counter.increment().unwrap() > 100);
}

/// What of a file does not depend on how Parquet encodes.
fn own_bytes(path: &str, mut bytes: Vec<u8>) -> Vec<u8> {
    if path.ends_with(".keys") {
        // The first page names the checksum of the Parquet file.
        return bytes.split_off(40);
    }
    if !path.starts_with("manifest") {
        return bytes;
    }
    let length = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
    let body = String::from_utf8(bytes[20..20 + length].to_vec()).unwrap();
    let mut own = String::new();
    for part in body.split_inclusive(',') {
        if !part.starts_with("\"length\"") && !part.starts_with("\"checksum\"") {
            own.push_str(part);
        }
    }
    own.into_bytes()
}

#[test]
fn what_is_written_today_is_the_same_to_the_byte() {
    let device = load("begin");
    script(&Scripted::open(device.clone()));
    let (made, kept) = (device.files(), load("end").files());
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(path, _)| path.clone()).collect()
    };
    assert_eq!(names(&made), names(&kept));
    for ((path, made), (_, kept)) in made.into_iter().zip(kept) {
        if path.ends_with(".parquet") || path.ends_with(".check") {
            continue;
        }
        let same = own_bytes(&path, made) == own_bytes(&path, kept);
        assert!(same, "{path} is written otherwise");
    }
    let store = support::open(&device);
    let expected = std::fs::read_to_string(folder("expected.txt")).unwrap();
    assert_eq!(dump(&store), expected);
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

/// Gives a file's parts another version, with the right checksums.
fn set_version(path: &str, bytes: &mut [u8], version: u16) {
    let set = |bytes: &mut [u8]| bytes[4..6].copy_from_slice(&version.to_le_bytes());
    if path.starts_with("manifest") {
        let half = bytes.len() / 2;
        bytes.chunks_mut(half).for_each(set);
    } else if path.ends_with("header") {
        set(bytes);
        let checksum = crc32c(&bytes[..52]);
        put(bytes, 52, checksum);
    } else if path.ends_with("frame") {
        let frame = &mut bytes[4096..];
        set(frame);
        let entries = u32::from_le_bytes(frame[76..80].try_into().unwrap()) as usize;
        let table = crc32c(&frame[96..96 + entries * 48]);
        let checksum = crc32c(&[&frame[..88], &table.to_le_bytes()].concat());
        put(frame, 88, checksum);
    } else if path.starts_with("counters") {
        for start in [0, 4096] {
            let Some(slot) = bytes.get_mut(start..start + 32) else {
                continue;
            };
            set(slot);
            let checksum = crc32c(&slot[..28]);
            put(slot, 28, checksum);
        }
    } else {
        // Key files and companions are checked as they are read.
        set(bytes);
        let end = if path.ends_with(".keys") {
            40
        } else {
            bytes.len()
        } - 4;
        let checksum = crc32c(&bytes[..end]);
        put(bytes, end, checksum);
    }
}

fn with_version(path: &str, place: &str, version: u16) -> MemoryDevice {
    let mut files = load("end").files();
    let file = files.iter_mut().find(|(own, _)| own == path).unwrap();
    set_version(place, &mut file.1, version);
    MemoryDevice::with_files(files)
}

#[test]
fn other_versions_are_refused() {
    let files = load("end").files();
    let first = |beginning: &str| {
        let found = files.iter().find(|(path, _)| path.starts_with(beginning));
        found.unwrap().0.clone()
    };
    let (manifest, journal) = (first("manifest"), first("journal"));
    for version in [0, 2, u16::MAX] {
        for (path, place) in [
            (&manifest, "manifest"),
            (&journal, "header"),
            (&journal, "frame"),
        ] {
            let device: Arc<dyn Device> = Arc::new(with_version(path, place, version));
            match Store::open_on(device, StoreOptions::new("golden")) {
                Err(OpenError::UnknownFormat {
                    file,
                    version: found,
                }) => {
                    assert_eq!((&file, found), (path, version), "{place}");
                }
                other => panic!("{place}: {other:?}"),
            }
        }
        let device: Arc<dyn Device> = Arc::new(with_version("counters/c", "counters/c", version));
        let refused = Counter::open(&device, "counters/c", CounterOptions::default());
        assert!(refused.unwrap_err().to_string().contains("format"));
    }
    // What is derived is made anew from what it is derived from.
    let expected = std::fs::read_to_string(folder("expected.txt")).unwrap();
    for (path, _) in files
        .iter()
        .filter(|(path, _)| path.ends_with(".check") || path.ends_with(".keys"))
    {
        let store = support::open(&with_version(path, path, 2));
        assert_eq!(dump(&store), expected, "{path}");
    }
}

#[test]
fn the_fixture_is_small() {
    let bytes: usize = ["begin", "end"]
        .iter()
        .flat_map(|part| load(part).files())
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(bytes < 128 << 10, "{bytes} bytes");
    assert_eq!(
        Durability::default(),
        Durability::Power,
        "the script is deterministic"
    );
}
