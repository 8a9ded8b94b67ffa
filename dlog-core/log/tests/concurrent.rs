//! Several at a time: tickets in all their uses, many writers, readers beside a writer.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use dlog_log::{AppendBatch, AppendError, Durability, LogOptions, Store, StoreOptions};

mod support;
use support::{append, batches, create, integers, number};

struct ThreadWaker(std::thread::Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn tickets_can_be_awaited_called_back_and_dropped() {
    let store = Store::memory();
    create(&store, "a");
    let ticket = |n| {
        store
            .append(vec![AppendBatch::rows("a", vec![number(n)])], None)
            .unwrap()
    };
    assert_eq!(block_on(ticket(0)).unwrap().parts[0].first_offset.0, 0);
    let (sender, receiver) = std::sync::mpsc::channel();
    ticket(1).on_done(move |outcome| {
        sender
            .send(outcome.unwrap().parts[0].first_offset.0)
            .unwrap()
    });
    assert_eq!(receiver.recv().unwrap(), 1);
    drop(ticket(2));
    assert_eq!(ticket(3).wait().unwrap().parts[0].first_offset.0, 3);
    assert_eq!(integers(&batches(&store, "a"), "n"), [0, 1, 2, 3]);
}

#[test]
fn many_writers_share_flushes_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    create(&store, "a");
    store
        .create_log(
            "p",
            LogOptions {
                durability: Durability::Process,
                ..LogOptions::default()
            },
        )
        .unwrap();
    let per_thread = 40;
    std::thread::scope(|scope| {
        for thread in 0..16_i64 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..per_thread {
                    let log = if (thread + n) % 3 == 0 { "p" } else { "a" };
                    let ticket = store.append(
                        vec![AppendBatch::rows(log, vec![number(thread * 1000 + n)])],
                        None,
                    );
                    match n % 4 {
                        0 => drop(block_on(ticket.unwrap()).unwrap()),
                        1 => drop(ticket.unwrap()),
                        _ => drop(ticket.unwrap().wait().unwrap()),
                    }
                }
            });
        }
    });
    store.flush().unwrap();
    let check = |store: &Store| {
        let mut all = Vec::new();
        for log in ["a", "p"] {
            let batches = batches(store, log);
            let offsets = integers(&batches, "_offset");
            assert_eq!(offsets, (0..offsets.len() as i64).collect::<Vec<_>>());
            let commits = integers(&batches, "_commit");
            assert!(commits.is_sorted());
            all.extend(integers(&batches, "n"));
        }
        all.sort_unstable();
        let expected: Vec<i64> = (0..16)
            .flat_map(|thread| (0..per_thread).map(move |n| thread * 1000 + n))
            .collect();
        assert_eq!(all, expected);
    };
    check(&store);
    drop(store);
    check(&Store::open(StoreOptions::new(dir.path())).unwrap());
}

#[test]
fn a_second_process_is_told_who_has_the_store_and_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    let second = Store::open(StoreOptions::new(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(
        second.contains(&format!("process {}", std::process::id())),
        "{second}"
    );
    let reader = Store::open(StoreOptions::new(dir.path()).read_only()).unwrap();
    assert_eq!(integers(&batches(&reader, "a"), "n"), [1]);
    assert!(matches!(
        reader.append(vec![AppendBatch::rows("a", vec![])], None),
        Err(AppendError::ReadOnly { .. })
    ));
    drop(reader);
    append(&store, "a", vec![number(2)]);
    store.close().unwrap();
    assert_eq!(
        store
            .append(vec![AppendBatch::rows("a", vec![])], None)
            .unwrap_err(),
        AppendError::Closed
    );
    let missing = StoreOptions {
        create: false,
        ..StoreOptions::new(dir.path().join("none"))
    };
    assert!(matches!(
        Store::open(missing),
        Err(dlog_log::OpenError::Missing { .. })
    ));
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    assert_eq!(integers(&batches(&store, "a"), "n"), [1, 2]);
}

#[test]
fn a_reader_opens_while_a_writer_seals() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        journal_file_bytes: 10_000,
        ..StoreOptions::new(dir.path())
    };
    let store = Store::open(options.clone()).unwrap();
    create(&store, "a");
    append(&store, "a", vec![number(0)]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..60 {
                append(&store, "a", (0..20).map(|_| number(n)).collect());
                store.seal("a").unwrap();
            }
        });
        for _ in 0..40 {
            let reader = Store::open(options.clone().read_only()).unwrap();
            assert!(reader.recovery().damage.is_empty(), "{}", reader.recovery());
            let offsets = reader.describe("a").unwrap().record_count;
            assert!(offsets % 20 == 1, "half a commit: {offsets}");
        }
    });
}
