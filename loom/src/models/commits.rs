//! Appenders of one store: they wait for their commits, drop or poll them, and the store is closed
//! meanwhile. The background thread is whoever comes last, if it was asked to write.

use std::collections::VecDeque;
use std::task::Waker;

use loom::thread;

use super::{try_with, waker};
use crate::queue::{CommitQueue, Committer, Queued};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex};
use crate::ticket::TicketState;

/// The number a commit was given, or that none was.
type Outcome = Result<usize, Closed>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Closed;

struct Commit(Arc<TicketState<Outcome>>);

impl Queued for Commit {
    type Outcome = Outcome;

    fn ticket(&self) -> &TicketState<Outcome> {
        &self.0
    }

    fn bytes(&self) -> usize {
        1
    }
}

/// What was written, and how many groups it was.
#[derive(Debug, Default)]
struct Writer {
    commits: usize,
    group: VecDeque<Commit>,
    is_gone: bool,
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Commit")
    }
}

struct Store {
    queue: CommitQueue<Commit, Writer>,
    is_closed: Mutex<bool>,
    is_background_asked: AtomicBool,
}

impl Committer for Store {
    type Commit = Commit;
    type Writer = Writer;

    fn queue(&self) -> &CommitQueue<Commit, Writer> {
        &self.queue
    }

    fn write_group(&self, writer: &mut Writer) {
        let mut group = std::mem::take(&mut writer.group);
        self.queue.take(&mut group, |_| true);
        for commit in group.drain(..) {
            if writer.is_gone {
                commit.0.complete(Err(Closed));
            } else {
                writer.commits += 1;
                commit.0.complete(Ok(writer.commits));
            }
        }
        writer.group = group;
    }

    fn wake_background(&self) {
        self.is_background_asked.store(true, Ordering::SeqCst);
    }
}

impl Store {
    fn new() -> Arc<Store> {
        Arc::new(Store {
            queue: CommitQueue::new(Writer::default()),
            is_closed: Mutex::new(false),
            is_background_asked: AtomicBool::new(false),
        })
    }

    fn append(&self) -> Result<Arc<TicketState<Outcome>>, Closed> {
        let ticket = TicketState::new();
        let refusal = || (*self.is_closed.lock()).then_some(Closed);
        self.queue.push(Commit(ticket.clone()), refusal)?;
        Ok(ticket)
    }

    fn append_and_wait(&self) -> Outcome {
        self.append().and_then(|ticket| self.wait(&ticket))
    }

    /// As a dropped ticket does.
    fn append_and_leave(&self) -> Arc<TicketState<Outcome>> {
        let ticket = self.append().expect("it is open");
        if ticket.leave() {
            self.wake_background();
        }
        ticket
    }

    fn close(&self) {
        self.queue.hold(|| *self.is_closed.lock() = true);
        let mut writer = self.writer();
        writer.write_all();
        writer.get().is_gone = true;
    }

    /// The background thread's turn, if it was asked.
    fn end(&self) {
        if self.is_background_asked.load(Ordering::SeqCst) {
            self.writer().write_all();
        }
        assert_eq!(self.queue.bytes(), 0, "a commit is left behind");
    }
}

#[test]
fn everybody_who_waits_is_told_of_a_commit_of_its_own() {
    try_with(3, || {
        let store = Store::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let store = store.clone();
                thread::spawn(move || store.append_and_wait())
            })
            .collect();
        let mut numbers = vec![store.append_and_wait()];
        numbers.extend(others.into_iter().map(|other| other.join().unwrap()));
        numbers.sort_by_key(|number| number.unwrap());
        assert_eq!(numbers, [Ok(1), Ok(2), Ok(3)]);
        store.end();
    });
}

#[test]
fn a_commit_whose_ticket_is_dropped_is_written_all_the_same() {
    try_with(3, || {
        let store = Store::new();
        let other = {
            let store = store.clone();
            thread::spawn(move || store.append_and_leave())
        };
        store.append_and_wait().unwrap();
        let left = other.join().unwrap();
        store.end();
        assert!(left.outcome().unwrap().is_ok());
    });
}

#[test]
fn a_task_that_polls_is_woken() {
    try_with(3, || {
        let store = Store::new();
        let (waker, is_woken) = waker();
        let other = {
            let store = store.clone();
            thread::spawn(move || {
                let ticket = store.append().expect("it is open");
                match ticket.poll(&waker) {
                    Ok(outcome) => return outcome.is_ok(),
                    Err(true) => store.wake_background(),
                    Err(false) => {}
                }
                false
            })
        };
        store.append_and_wait().unwrap();
        let was_ready = other.join().unwrap();
        store.end();
        assert!(was_ready || is_woken.is_set());
    });
}

#[test]
fn a_callback_is_called_once() {
    try_with(3, || {
        let store = Store::new();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let other = {
            let (store, calls) = (store.clone(), calls.clone());
            thread::spawn(move || {
                let ticket = store.append().expect("it is open");
                ticket.call_back(Box::new(move |outcome| calls.lock().push(outcome)));
                if ticket.leave() {
                    store.wake_background();
                }
            })
        };
        store.append_and_wait().unwrap();
        other.join().unwrap();
        store.end();
        assert!(matches!(calls.lock()[..], [Ok(_)]));
    });
}

#[test]
fn what_gets_in_before_the_end_is_written_and_nothing_after_it() {
    try_with(3, || {
        let store = Store::new();
        let other = {
            let store = store.clone();
            thread::spawn(move || store.append_and_wait())
        };
        store.close();
        let commits = store.writer().get().commits;
        let outcome = other.join().unwrap();
        assert_eq!(outcome.is_ok(), commits == 1);
        assert_eq!(store.append_and_wait(), Err(Closed));
        store.end();
    });
}

#[test]
fn a_waker_that_is_no_longer_wanted_does_no_harm() {
    try_with(3, || {
        let store = Store::new();
        let ticket = store.append().expect("it is open");
        assert_eq!(ticket.poll(Waker::noop()), Err(true));
        store.wake_background();
        let other = {
            let store = store.clone();
            thread::spawn(move || store.writer().write_all())
        };
        let outcome = store.wait(&ticket);
        other.join().unwrap();
        assert_eq!(outcome, Ok(1));
    });
}
