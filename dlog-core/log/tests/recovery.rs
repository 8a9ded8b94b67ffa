//! What a store is after its files were cut, torn, flipped or copied in the middle of things.

use std::sync::Arc;

use dlog_log::device::{Device, DeviceFile, MemoryDevice, OpenMode};
use dlog_log::{AppendBatch, AppendError, OpenError, Store, StoreOptions};

mod support;
use support::{append, batches, create, integers, number, open, open_with};

const JOURNAL: &str = "journal/0000000001.journal";

fn file(device: &MemoryDevice, path: &str) -> Arc<dyn DeviceFile> {
    device.open(path, OpenMode::Write).unwrap()
}

fn content(device: &MemoryDevice, path: &str) -> Vec<u8> {
    let file = file(device, path);
    let mut bytes = vec![0; file.length().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// A store that was killed after these many commits of one record each, and the journal's length
/// after each of them.
fn killed_after(commits: i64) -> (MemoryDevice, Vec<u64>) {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    let length = || file(&device, JOURNAL).length().unwrap();
    let mut ends = vec![length()];
    for n in 0..commits {
        append(&store, "a", vec![number(n)]);
        ends.push(length());
    }
    (device.image(), ends)
}

fn contents(store: &Store) -> Vec<i64> {
    let batches = batches(store, "a");
    let offsets = integers(&batches, "_offset");
    assert_eq!(offsets, (0..offsets.len() as i64).collect::<Vec<_>>());
    integers(&batches, "n")
}

#[test]
fn a_journal_cut_at_every_byte_gives_the_commits_before() {
    let (device, ends) = killed_after(6);
    for length in ends[2]..=ends[6] {
        let image = device.image();
        file(&image, JOURNAL).set_length(length).unwrap();
        let whole = ends.iter().filter(|end| **end <= length).count() as i64 - 1;
        let store = open(&image);
        assert_eq!(
            contents(&store),
            (0..whole).collect::<Vec<_>>(),
            "cut at {length}"
        );
        let is_torn = !ends.contains(&length);
        let dropped = store.recovery().dropped_tail.is_some();
        // The last bytes may be padding: all zero, so nothing is left to drop.
        assert!(is_torn || !dropped, "cut at {length}");
        append(&store, "a", vec![number(whole)]);
        drop(store);
        let store = open(&image);
        assert_eq!(
            contents(&store),
            (0..=whole).collect::<Vec<_>>(),
            "cut at {length}"
        );
        assert!(
            store.recovery().was_clean,
            "cut at {length} of {ends:?}: {:?}",
            store.recovery()
        );
        assert_eq!(store.epoch().0, 3);
    }
}

#[test]
fn a_torn_last_commit_is_dropped_with_a_message_and_zeroed() {
    let (device, ends) = killed_after(4);
    for position in (ends[3]..ends[4]).step_by(7) {
        let image = device.image();
        let journal = file(&image, JOURNAL);
        let zeros = vec![0; (ends[4] - position) as usize];
        journal.write_at(&zeros, position).unwrap();
        journal.write_at(&[9], ends[4] - 1).unwrap();
        let store = open(&image);
        assert_eq!(contents(&store), [0, 1, 2]);
        let tail = store.recovery().dropped_tail.clone().unwrap();
        assert_eq!((tail.file.as_str(), tail.position), (JOURNAL, ends[3]));
        assert!(store.recovery().to_string().contains("dropped"));
    }
}

#[test]
fn damage_in_the_middle_is_fenced_and_the_rest_readable() {
    let (device, ends) = killed_after(6);
    // The epoch of a second opening proves that everything before it was durable.
    open(&device).close().unwrap();
    for position in (ends[2]..ends[3]).step_by(5) {
        let image = device.image();
        let before = content(&image, JOURNAL);
        file(&image, JOURNAL)
            .write_at(&[before[position as usize] ^ 0x55], position)
            .unwrap();
        let store = open(&image);
        let report = store.recovery();
        if report.damage.is_empty() {
            // Padding: nothing is checked there, and nothing is stored.
            assert_eq!(contents(&store).len(), 6);
            continue;
        }
        assert_eq!(
            (report.damage[0].file.as_str(), report.damage[0].position),
            (JOURNAL, ends[2])
        );
        let batches = batches(&store, "a");
        assert_eq!(integers(&batches, "n"), [0, 1, 3, 4, 5]);
        assert_eq!(integers(&batches, "_offset"), [0, 1, 3, 4, 5]);
        let refused = store
            .append(vec![AppendBatch::rows("a", vec![number(9)])], None)
            .unwrap_err();
        assert!(
            matches!(&refused, AppendError::ReadOnly { why } if why.contains(JOURNAL)),
            "{refused}"
        );
        drop(store);
        let after = content(&image, JOURNAL);
        assert_eq!(after.len(), before.len());
        assert_eq!(
            after.iter().zip(&before).filter(|(a, b)| a != b).count(),
            1,
            "nothing is cut or written"
        );
    }
}

#[test]
fn a_missing_journal_file_is_damage() {
    let device = MemoryDevice::new();
    let options = StoreOptions {
        journal_file_bytes: 5_000,
        ..StoreOptions::new("memory")
    };
    let store = open_with(&device, options.clone());
    create(&store, "a");
    (0..10).for_each(|n| append(&store, "a", vec![number(n)]));
    let image = device.image();
    let names = image.list("journal").unwrap();
    assert!(names.len() > 2);
    for name in &names[..names.len() - 1] {
        let image = image.image();
        image.remove(&format!("journal/{name}")).unwrap();
        let store = open_with(&image, options.clone());
        assert!(!store.recovery().damage.is_empty(), "without {name}");
        assert!(store.is_read_only());
    }
    assert_eq!(
        contents(&open_with(&image, options)),
        (0..10).collect::<Vec<_>>()
    );
}

#[test]
fn what_the_manifest_does_not_name_is_removed() {
    let (device, _) = killed_after(3);
    for path in [
        "segments/000000000099.parquet",
        "segments/000000000099.check",
        "manifest-00000007.new",
    ] {
        device.open(path, OpenMode::CreateNew).unwrap();
    }
    let reader = open_with(&device, StoreOptions::new("memory").read_only());
    assert_eq!(contents(&reader), [0, 1, 2]);
    assert!(device.exists("segments/000000000099.parquet").unwrap());
    drop(reader);
    let store = open(&device);
    assert_eq!(store.recovery().removed_files.len(), 3);
    assert_eq!(contents(&store), [0, 1, 2]);
}

#[test]
fn an_unknown_format_and_a_ruined_manifest_are_refused() {
    let (device, _) = killed_after(1);
    let try_open = |device: &MemoryDevice| {
        let device: Arc<dyn Device> = Arc::new(device.clone());
        Store::open_on(device, StoreOptions::new("memory")).unwrap_err()
    };
    let image = device.image();
    let second = content(&image, "manifest-00000001").len() as u64 / 2;
    for copy in [0, second] {
        let manifest = file(&image, "manifest-00000001");
        manifest.write_at(&[9], copy + 4).unwrap();
    }
    assert!(matches!(
        try_open(&image),
        OpenError::UnknownFormat { version: 9, .. }
    ));
    let image = device.image();
    let manifest = file(&image, "manifest-00000001");
    manifest.write_at(b"X", 30).unwrap();
    let store = open(&image.image());
    assert_eq!(store.recovery().repaired.len(), 1);
    manifest.write_at(b"X", second + 30).unwrap();
    assert!(matches!(try_open(&image), OpenError::Damaged { .. }));
    let image = device.image();
    image.remove("manifest-00000001").unwrap();
    assert!(matches!(try_open(&image), OpenError::Damaged { .. }));
}

#[test]
fn a_flipped_byte_in_a_segment_is_named_and_never_read_as_data() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    (0..200).for_each(|n| append(&store, "a", vec![number(n)]));
    store.seal("a").unwrap();
    store.close().unwrap();
    drop(store);
    let path = "segments/000000000001.parquet";
    let length = content(&device, path).len();
    for position in (0..length).step_by(97) {
        let image = device.image();
        let byte = content(&image, path)[position];
        file(&image, path)
            .write_at(&[byte ^ 1], position as u64)
            .unwrap();
        let store = open(&image);
        let scan = store.scan("a", store.cut()).unwrap();
        let read: Result<Vec<_>, _> = scan.segments[0]
            .read(None, 1000)
            .and_then(Iterator::collect);
        match read {
            Ok(batches) => assert_eq!(integers(&batches, "n"), (0..200).collect::<Vec<_>>()),
            Err(error) => assert!(error.to_string().contains(path), "{error}"),
        }
    }
}

#[test]
fn every_state_between_two_writes_opens() {
    // Every prefix of what a session wrote is a state that a power cut may leave on a device that
    // keeps the order of writes.
    let device = MemoryDevice::new();
    let options = StoreOptions {
        seal_bytes: u64::MAX,
        journal_file_bytes: 6_000,
        ..StoreOptions::new("memory")
    };
    let store = open_with(&device, options.clone());
    create(&store, "a");
    let mut images = Vec::new();
    for n in 0..40 {
        append(&store, "a", vec![number(n)]);
        images.push((n, device.image()));
        if n % 13 == 12 {
            store.seal("a").unwrap();
            images.push((n, device.image()));
        }
    }
    for (last, image) in images {
        let store = open_with(&image, options.clone());
        assert_eq!(contents(&store), (0..=last).collect::<Vec<_>>());
        let again = image.image();
        assert_eq!(
            contents(&open_with(&again, options.clone())),
            (0..=last).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_creation_that_was_cut_short_is_begun_anew() {
    let device = MemoryDevice::new();
    drop(open(&device));
    let image = MemoryDevice::new();
    let header = content(&device, JOURNAL)[..4096].to_vec();
    image
        .open(JOURNAL, OpenMode::CreateNew)
        .unwrap()
        .write_at(&header, 0)
        .unwrap();
    let store = open(&image);
    create(&store, "a");
    append(&store, "a", vec![number(0)]);
    drop(store);
    assert_eq!(contents(&open(&image)), [0]);
    image.remove(JOURNAL).unwrap();
    let store = open(&image);
    assert!(store.is_read_only() && store.recovery().to_string().contains("missing"));
}
