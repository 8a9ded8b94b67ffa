//! A reader beside a writer: it sees what is committed without opening the store again, and knows when
//! it must.

use std::sync::Arc;

use dlog_log::device::{Device, MemoryDevice, OpenMode};
use dlog_log::{
    AppendBatch, CaughtUp, Datum, Durability, LogOptions, Offset, PartitionId, Store, StoreOptions,
};

mod support;
use support::{append, batches, create, integers, number, open_with, row, text};

fn options() -> StoreOptions {
    StoreOptions {
        journal_file_bytes: 16 << 10,
        ..StoreOptions::new("memory")
    }
}

/// A writer and a reader of its store.
fn pair() -> (MemoryDevice, Store, Store) {
    let device = MemoryDevice::new();
    let writer = open_with(&device, options());
    create(&writer, "a");
    append(&writer, "a", vec![number(0)]);
    let reader = open_with(&device, options().read_only());
    (device, writer, reader)
}

fn numbers(store: &Store, log: &str) -> Vec<i64> {
    integers(&batches(store, log), "n")
}

#[test]
fn commits_are_taken_in_one_by_one_over_many_journal_files() {
    let (_device, writer, reader) = pair();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::Nothing);
    for n in 1..150 {
        append(&writer, "a", vec![number(n)]);
        if n % 7 == 0 {
            assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
            assert_eq!(reader.cut(), writer.cut());
            assert_eq!(numbers(&reader, "a").last(), Some(&n));
        }
    }
    assert!(writer.journal_files().unwrap().len() > 2);
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::Nothing);
    assert_eq!(numbers(&reader, "a"), (0..150).collect::<Vec<_>>());
}

#[test]
fn the_catalogue_goes_on_as_well() {
    let (_device, writer, reader) = pair();
    let keyed = LogOptions {
        key: Some("id".to_owned()),
        durability: Durability::Process,
        ..LogOptions::default()
    };
    writer.create_log("k", keyed.clone()).unwrap();
    append(
        &writer,
        "k",
        vec![row(&[("id", text("x")), ("n", Datum::Int(1))])],
    );
    // A wider schema, and another name.
    append(
        &writer,
        "a",
        vec![row(&[("n", Datum::Int(7)), ("more", text("m"))])],
    );
    writer.rename_log("a", "b").unwrap();
    let mut member = writer.join_group("g", &["b"]).unwrap();
    member.refresh();
    member.commit(&[("b", PartitionId(0), Offset(1))]).unwrap();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(reader.logs(), ["b", "k"]);
    assert_eq!(numbers(&reader, "b"), [0, 7]);
    assert_eq!(reader.schema("b").unwrap(), writer.schema("b").unwrap());
    let found = reader.find_row("k", &text("x")).unwrap().unwrap();
    assert_eq!(found.row.get("n"), Some(&Datum::Int(1)));
    assert_eq!(
        reader.group_lag("g", "b").unwrap(),
        writer.group_lag("g", "b").unwrap()
    );
    writer.drop_log("k").unwrap();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(reader.logs(), ["b"]);
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::Nothing);
}

#[test]
fn it_goes_on_over_an_end_and_the_next_beginning() {
    let (device, writer, reader) = pair();
    append(&writer, "a", vec![number(1)]);
    writer.close().unwrap();
    drop(writer);
    let writer = open_with(&device, options());
    append(&writer, "a", vec![number(2)]);
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(numbers(&reader, "a"), [0, 1, 2]);
}

#[test]
fn what_is_sealed_or_cloned_needs_an_opening() {
    for change in 0..3 {
        let (_device, writer, reader) = pair();
        append(&writer, "a", vec![number(1)]);
        match change {
            0 => drop(writer.seal("a").unwrap()),
            1 => drop(writer.clone_log("a", "b", None).unwrap()),
            _ => drop(writer.snapshot_log("a", "b", None).unwrap()),
        }
        assert_eq!(reader.catch_up().unwrap(), CaughtUp::Outdated, "{change}");
    }
}

#[test]
fn half_a_frame_is_waited_for_and_another_in_its_place_seen() {
    let (device, writer, reader) = pair();
    append(&writer, "a", vec![number(1)]);
    let path = "journal/0000000001.journal";
    let file = device.open(path, OpenMode::Write).unwrap();
    let whole = device.image();
    let from = whole.open(path, OpenMode::Read).unwrap();
    let end = from.length().unwrap();
    // The last frame is cut at every byte, and then there after all.
    let last = |bytes: &mut [u8]| from.read_at(bytes, end - bytes.len() as u64).unwrap();
    let mut tail = vec![0; 32];
    assert_eq!(last(&mut tail), 32);
    file.write_at(&[0; 32], end - 32).unwrap();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::Nothing);
    file.write_at(&tail, end - 32).unwrap();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(numbers(&reader, "a"), [0, 1]);
    // What was read is taken back by the writer.
    file.write_at(&[0; 200], end - 200).unwrap();
    assert_eq!(reader.catch_up().unwrap(), CaughtUp::Outdated);
}

#[test]
fn a_writer_has_everything_itself() {
    let (_device, writer, _reader) = pair();
    append(&writer, "a", vec![number(1)]);
    assert_eq!(writer.catch_up().unwrap(), CaughtUp::Nothing);
}

#[test]
fn those_who_wait_are_woken() {
    let (_device, writer, reader) = pair();
    let shared: Arc<Store> = Arc::new(reader);
    let mut follower = shared.follow("a", PartitionId(0), Offset(1)).unwrap();
    let waiter = std::thread::spawn(move || {
        let batches = follower
            .wait(10, std::time::Duration::from_secs(60))
            .unwrap();
        integers(&batches, "n")
    });
    let ticket = writer.append(vec![AppendBatch::rows("a", vec![number(1)])], None);
    ticket.unwrap().wait().unwrap();
    assert_eq!(shared.catch_up().unwrap(), CaughtUp::More);
    assert_eq!(waiter.join().unwrap(), [1]);
}
