//! What is in a store, record by record.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use dlog_log::Store;
use dlog_log::device::{Device, OpenMode};

use crate::script::{Attempt, CLONE, Found};

/// The records of a clone: partition, offset and number.
pub(crate) fn clone_contents(
    store: &Store,
    name: &str,
    cache: &mut SegmentCache,
) -> Vec<(i32, i64, i64)> {
    let records = records_in(store, name, cache).into_iter();
    let mut records: Vec<_> = records
        .map(|(_, partition, offset, id)| (partition, offset, id))
        .collect();
    records.sort_unstable();
    records
}

/// Everything in a store, by commit. Checks that offsets have no gaps.
pub(crate) fn contents(store: &Store) -> BTreeMap<u64, Vec<Found>> {
    contents_with(store, &mut SegmentCache::new())
}

/// What is in a segment, by the hash of its files: thousands of images share them.
pub(crate) type SegmentCache = HashMap<u64, Vec<Record>>;

/// Commit, partition, offset and number.
type Record = (u64, i32, i64, i64);

/// As [`contents`], not reading again what was read from the same bytes before.
pub(crate) fn contents_with(store: &Store, cache: &mut SegmentCache) -> BTreeMap<u64, Vec<Found>> {
    let mut found: BTreeMap<u64, Vec<Found>> = BTreeMap::new();
    for log in store.logs().iter().filter(|log| !log.starts_with(CLONE)) {
        let records = records_in(store, log, cache);
        let mut next: BTreeMap<i32, i64> = BTreeMap::new();
        for (commit, partition, offset, id) in records {
            let expected = next.entry(partition).or_default();
            assert_eq!(offset, *expected, "a gap in {log}/{partition}");
            *expected += 1;
            let place = (log.clone(), partition, offset, id);
            found.entry(commit).or_default().push(place);
        }
    }
    found.values_mut().for_each(|places| places.sort());
    found
}

/// Everything in a log.
fn records_in(store: &Store, log: &str, cache: &mut SegmentCache) -> Vec<Record> {
    let scan = store.scan(log, store.cut()).unwrap();
    let mut records = Vec::new();
    for segment in &scan.segments {
        let key = hash_of_files(store.device().as_ref(), segment.path());
        let own = cache.entry(key).or_insert_with(|| {
            let batches = segment.read(None, 1000).unwrap();
            batches
                .flat_map(|batch| records_of(&batch.unwrap()))
                .collect()
        });
        let visible = own.iter().filter(|record| record.0 <= scan.cut.0.0);
        records.extend(visible.copied());
    }
    records.extend(scan.tail.iter().flat_map(records_of));
    records
}

fn hash_of_files(device: &dyn Device, path: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for path in [path.to_owned(), path.replace(".parquet", ".check")] {
        let file = device.open(&path, OpenMode::Read).unwrap();
        let mut bytes = vec![0; file.length().unwrap() as usize];
        file.read_at(&mut bytes, 0).unwrap();
        (path, bytes).hash(&mut hasher);
    }
    hasher.finish()
}

fn records_of(batch: &RecordBatch) -> Vec<Record> {
    let number = |name| {
        let column = batch.column_by_name(name).unwrap();
        column.as_primitive::<Int64Type>()
    };
    let partitions = batch.column_by_name("_partition").unwrap();
    let partitions = partitions.as_primitive::<Int32Type>();
    let (offsets, commits) = (number("_offset"), number("_commit"));
    let ids = batch
        .column_by_name("id")
        .and_then(|column| column.as_primitive_opt::<Int64Type>());
    let id = |index| match ids {
        Some(ids) if !ids.is_null(index) => ids.value(index),
        _ => -1,
    };
    (0..batch.num_rows())
        .map(|index| {
            let commit = commits.value(index) as u64;
            (
                commit,
                partitions.value(index),
                offsets.value(index),
                id(index),
            )
        })
        .collect()
}

/// Whether a commit is in a store as its receipt says.
pub(crate) fn check_commit(attempt: &Attempt, found: Option<&Vec<Found>>) -> Result<(), String> {
    let found = found.ok_or_else(|| format!("{attempt:?} is missing"))?;
    let places: Vec<_> = found
        .iter()
        .map(|(log, partition, offset, _)| (log.clone(), *partition, *offset))
        .collect();
    let mut numbers: Vec<i64> = found.iter().map(|place| place.3).collect();
    numbers.sort_unstable();
    if places == attempt.places && numbers == attempt.numbers {
        Ok(())
    } else {
        Err(format!("{attempt:?} is now {found:?}"))
    }
}
