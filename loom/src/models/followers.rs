//! Readers that wait for the next commit to be shown, and those who show it or end it all.

use std::task::{Context, Poll};
use std::time::Instant;

use loom::thread;

use super::{try_with, waker};
use crate::followers::{Followers, Shown};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

struct Store {
    visible: AtomicU64,
    is_over: AtomicBool,
    followers: Followers,
}

impl Shown for Store {
    type Cut = u64;

    fn cut(&self) -> u64 {
        self.visible.load(Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

impl Store {
    fn new() -> Arc<Store> {
        Arc::new(Store {
            visible: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            followers: Followers::default(),
        })
    }

    fn show(&self, commit: u64) {
        self.visible.store(commit, Ordering::SeqCst);
        self.followers.notify();
    }

    fn close(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.followers.notify();
    }

    fn wait(&self, seen: u64) -> u64 {
        self.followers.wait(self, seen, Instant::now())
    }
}

#[test]
fn no_commit_is_slept_through() {
    try_with(3, || {
        let store = Store::new();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let store = store.clone();
                thread::spawn(move || store.wait(0))
            })
            .collect();
        store.show(1);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 1);
        }
    });
}

#[test]
fn one_who_follows_sees_every_commit() {
    try_with(3, || {
        let store = Store::new();
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let mut seen = 0;
                while seen < 2 {
                    let cut = store.wait(seen);
                    assert!(cut > seen);
                    seen = cut;
                }
            })
        };
        store.show(1);
        store.show(2);
        reader.join().unwrap();
    });
}

#[test]
fn a_task_is_woken_or_sees_it_at_once() {
    try_with(3, || {
        let store = Store::new();
        let (waker, is_woken) = waker();
        let reader = {
            let store = store.clone();
            thread::spawn(move || {
                let polled = store
                    .followers
                    .poll(&*store, 0, &Context::from_waker(&waker));
                polled == Poll::Ready(1)
            })
        };
        store.show(1);
        let was_ready = reader.join().unwrap();
        assert!(was_ready || is_woken.is_set());
    });
}

#[test]
fn the_end_wakes_everybody() {
    try_with(3, || {
        let store = Store::new();
        let reader = {
            let store = store.clone();
            thread::spawn(move || store.wait(0))
        };
        store.close();
        assert_eq!(reader.join().unwrap(), 0);
    });
}
