//! Logs of a bounded size, sealing by age, and many small writes over a long time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dlog_log::device::MemoryDevice;
use dlog_log::{
    Alteration, AppendBatch, AppendError, AppendOptions, Clock, Datum, LogOptions, Offset,
    PartitionId, Row, SizeLimit, Store, StoreOptions, WhenFull,
};

mod support;
use support::{append, batches, create, integers, number, open, open_with, row, text};

const MINUTE_US: i64 = 60_000_000;

/// A store whose time is what the test says.
fn timed(device: &MemoryDevice) -> (Store, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(1_700_000_000_000_000));
    let shown = time.clone();
    let options = StoreOptions {
        clock: Clock::new(move || shown.load(Ordering::SeqCst)),
        ..StoreOptions::new("memory")
    };
    (open_with(device, options), time)
}

fn segments(store: &Store, log: &str) -> usize {
    store.describe(log).unwrap().partitions[0].segments
}

/// Waits for the thread that seals.
fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..20_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("{what} does not come about");
}

#[test]
fn a_tail_is_sealed_when_it_is_an_hour_old_and_not_before() {
    let device = MemoryDevice::new();
    let (store, time) = timed(&device);
    create(&store, "a");
    create(&store, "b");
    append(&store, "a", vec![number(1)]);
    time.fetch_add(59 * MINUTE_US, Ordering::SeqCst);
    append(&store, "b", vec![number(2)]);
    assert_eq!((segments(&store, "a"), segments(&store, "b")), (0, 0));
    time.fetch_add(2 * MINUTE_US, Ordering::SeqCst);
    append(&store, "b", vec![number(3)]);
    until("the seal of a", || segments(&store, "a") == 1);
    assert_eq!(segments(&store, "b"), 0);
    // An opening knows how old the tail is.
    store.close().unwrap();
    drop(store);
    let now = time.load(Ordering::SeqCst) + 120 * MINUTE_US;
    let options = StoreOptions {
        clock: Clock::new(move || now),
        ..StoreOptions::new("memory")
    };
    let store = open_with(&device, options);
    until("the seal of b", || segments(&store, "b") == 1);
    assert_eq!(integers(&batches(&store, "b"), "n"), [2, 3]);
}

#[test]
fn a_year_of_one_record_a_minute_is_few_segments() {
    let device = MemoryDevice::new();
    let (store, time) = timed(&device);
    create(&store, "a");
    const MINUTES: i64 = 365 * 24 * 60;
    for n in 0..MINUTES {
        time.fetch_add(MINUTE_US, Ordering::SeqCst);
        append(&store, "a", vec![number(n)]);
    }
    until("a seal", || segments(&store, "a") > 0);
    store.seal("a").unwrap();
    let description = store.describe("a").unwrap();
    assert_eq!(description.record_count, MINUTES as u64);
    assert!(segments(&store, "a") <= 20, "{description:?}");
    let store = open(&device.image());
    assert_eq!(
        integers(&batches(&store, "a"), "n"),
        (0..MINUTES).collect::<Vec<_>>()
    );
}

#[test]
fn a_season_of_hourly_seals_is_few_segments() {
    let store = Store::memory();
    create(&store, "a");
    let mut most = 0;
    for hour in 0..90 * 24 {
        append(
            &store,
            "a",
            (0..60).map(|n| number(hour * 60 + n)).collect(),
        );
        store.seal("a").unwrap();
        most = most.max(segments(&store, "a"));
    }
    assert!(most <= 20, "{most} segments at a time");
    assert_eq!(store.describe("a").unwrap().record_count, 90 * 24 * 60);
}

fn bounded(bytes: u64, when_full: WhenFull) -> LogOptions {
    LogOptions {
        limit: Some(SizeLimit { bytes, when_full }),
        ..LogOptions::default()
    }
}

fn filled(n: i64) -> Row {
    // Of no pattern, so that segments are as large as what they hold.
    let noise = (0..40).map(|at| {
        let mixed = (n * 40 + at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
        format!("{:04x}", (mixed >> 40) & 0xffff)
    });
    row(&[
        ("n", Datum::Int(n)),
        ("fill", text(&noise.collect::<String>())),
    ])
}

#[test]
fn a_full_log_drops_its_oldest_records_and_takes_the_newest() {
    let device = MemoryDevice::new();
    let store = open(&device);
    let limit = 400_000;
    store
        .create_log("a", bounded(limit, WhenFull::DropOldest))
        .unwrap();
    for n in 0..300 {
        append(
            &store,
            "a",
            (0..20).map(|row| filled(n * 20 + row)).collect(),
        );
    }
    let check = |store: &Store| {
        let description = store.describe("a").unwrap();
        let partition = &description.partitions[0];
        let bytes = partition.tail_bytes + partition.segment_bytes;
        assert!(
            (limit / 4..limit + 10_000).contains(&bytes),
            "{bytes} bytes"
        );
        let batches = batches(store, "a");
        let numbers = integers(&batches, "n");
        assert_eq!(*numbers.last().unwrap(), 5_999);
        let first = numbers[0];
        assert!(first > 0, "the oldest are gone");
        assert_eq!(numbers, (first..6_000).collect::<Vec<_>>());
        assert_eq!(
            integers(&batches, "_offset"),
            numbers,
            "nothing is renumbered"
        );
    };
    check(&store);
    check(&open(&device.image()));
}

#[test]
fn a_full_log_refuses_until_it_may_be_larger() {
    let store = Store::memory();
    store
        .create_log("a", bounded(10_000, WhenFull::Reject))
        .unwrap();
    create(&store, "b");
    let mut stored = 0;
    let refused = loop {
        let batch = AppendBatch::rows("a", vec![filled(stored)]);
        match store.append(vec![batch], None) {
            Ok(ticket) => drop(ticket.wait().unwrap()),
            Err(error) => break error,
        }
        stored += 1;
        assert!(stored < 1_000);
    };
    let text = refused.to_string();
    assert!(
        matches!(refused, AppendError::LogFull { max: 10_000, .. }),
        "{text}"
    );
    append(&store, "b", vec![filled(1)]);
    assert_eq!(
        integers(&batches(&store, "a"), "n"),
        (0..stored).collect::<Vec<_>>()
    );
    let lifted = Alteration {
        limit: Some(None),
        ..Alteration::default()
    };
    store.alter_log("a", lifted).unwrap();
    append(&store, "a", vec![filled(stored)]);
    assert_eq!(store.describe("a").unwrap().options.limit, None);
}

#[test]
fn what_rides_with_positions_is_bounded_as_any_append_and_positions_alone_are_not() {
    for is_store_full in [false, true] {
        let options = StoreOptions {
            max_bytes: is_store_full.then_some(10_000),
            ..StoreOptions::new("memory")
        };
        let store = open_with(&MemoryDevice::new(), options);
        create(&store, "in");
        store
            .create_log("out", bounded(10_000, WhenFull::Reject))
            .unwrap();
        let mut member = store.join_group("g", &["in"]).unwrap();
        member.refresh();
        let mut next = 0;
        let commit = |next: u64, rows| {
            let output = vec![AppendBatch::rows("out", rows)];
            let positions = [("in", PartitionId(0), Offset(next))];
            member.append_and_commit(output, &AppendOptions::default(), &positions)
        };
        let refused = loop {
            match commit(next + 1, vec![filled(next as i64)]) {
                Ok(_) => next += 1,
                Err(error) => break error,
            }
            assert!(next < 1_000);
        };
        let is_as_told = match refused {
            AppendError::StoreFull { max: 10_000, .. } => is_store_full,
            AppendError::LogFull { max: 10_000, .. } => !is_store_full,
            _ => false,
        };
        assert!(is_as_told, "{refused}");
        let position = |store: &Store| store.group_lag("g", "in").unwrap()[0].position;
        assert_eq!(position(&store), Offset(next), "neither or both");
        assert_eq!(store.describe("out").unwrap().record_count, next);
        member
            .commit(&[("in", PartitionId(0), Offset(next + 7))])
            .unwrap();
        assert_eq!(position(&store), Offset(next + 7));
    }
}

#[test]
fn a_full_keyed_log_drops_what_was_replaced_and_never_a_living_record() {
    let store = Store::memory();
    let options = LogOptions {
        key: Some("n".to_owned()),
        ..bounded(100_000, WhenFull::DropOldest)
    };
    store.create_log("a", options).unwrap();
    // The same fifty keys, again and again.
    for n in 0..2_000 {
        append(&store, "a", vec![filled(n % 50)]);
    }
    let description = store.describe("a").unwrap();
    assert_eq!(description.live_count, Some(50));
    assert!(description.record_count < 2_000);
    for n in 0..50 {
        assert!(store.find_row("a", &Datum::Int(n)).unwrap().is_some());
    }
    // Nothing but living records: there is no room to be made.
    let mut n = 50;
    let refused = loop {
        let batch = AppendBatch::rows("a", vec![filled(n)]);
        match store.append(vec![batch], None) {
            Ok(ticket) => drop(ticket.wait().unwrap()),
            Err(error) => break error,
        }
        n += 1;
        assert!(n < 5_000);
    };
    assert!(matches!(refused, AppendError::LogFull { .. }), "{refused}");
    assert_eq!(store.describe("a").unwrap().live_count, Some(n as u64));
}
