//! How workers fall asleep and are woken, and how others learn that nothing can happen any more.
//!
//! Invariants: who adds work calls [`Parking::wake_one`] after it, and who goes to sleep looks for
//! work after it has announced that, so no work is left with everybody asleep. A sleeper that is
//! told to wake counts as searching from that moment, so nobody wakes another for the same work, and
//! nobody takes the program for idle. Tried in every interleaving by `loom/src/models/parking.rs`.

use std::time::Instant;

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::sync::{Condvar, Mutex};

/// See the module's head.
pub(super) struct Parking {
    /// How many sleep when everybody does.
    places: usize,
    /// Workers that look for work in other queues.
    searching: AtomicUsize,
    sleepers: AtomicUsize,
    /// Threads that have lost their place and do not know it yet.
    away: AtomicUsize,
    /// How many sleepers were told to wake and have not noticed yet.
    woken: Mutex<usize>,
    wake_worker: Condvar,
    /// Those who wait until nothing can happen any more.
    wake_idle: Condvar,
    idle_waiters: AtomicUsize,
}

impl Parking {
    /// For so many workers, who are awake.
    pub(super) fn new(places: usize) -> Parking {
        Parking {
            places,
            searching: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            away: AtomicUsize::new(0),
            woken: Mutex::new(0),
            wake_worker: Condvar::new(),
            wake_idle: Condvar::new(),
            idle_waiters: AtomicUsize::new(0),
        }
    }

    /// For how many workers it is.
    pub(super) fn places(&self) -> usize {
        self.places
    }

    /// Work was added: wakes a sleeping worker, unless one is looking for work anyway. True: before
    /// that everybody slept.
    pub(super) fn wake_one(&self) -> bool {
        fence(Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) == 0 || self.searching.load(Ordering::SeqCst) > 0 {
            return false;
        }
        let mut woken = self.woken.lock();
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if sleepers == 0 {
            return false;
        }
        self.searching.fetch_add(1, Ordering::SeqCst);
        self.sleepers.store(sleepers - 1, Ordering::SeqCst);
        *woken += 1;
        drop(woken);
        self.wake_worker.notify_one();
        sleepers == self.places
    }

    /// Does anybody sleep?
    pub(super) fn somebody_sleeps(&self) -> bool {
        self.sleepers.load(Ordering::SeqCst) > 0
    }

    /// Do all workers sleep?
    pub(super) fn everybody_sleeps(&self) -> bool {
        self.sleepers.load(Ordering::SeqCst) == self.places && !self.is_anybody_away()
    }

    /// Has a thread lost its place without knowing it yet?
    pub(super) fn is_anybody_away(&self) -> bool {
        self.away.load(Ordering::SeqCst) > 0
    }

    /// A worker looks for work in other queues from now on.
    pub(super) fn begin_search(&self) {
        self.searching.fetch_add(1, Ordering::SeqCst);
    }

    /// It does so no longer; gives whether it was the last. Who has found work and was the last
    /// must wake another if there is more.
    pub(super) fn end_search(&self) -> bool {
        self.searching.fetch_sub(1, Ordering::SeqCst) == 1
    }

    /// A worker that searches sleeps until woken, or until the deadline if there is one, unless
    /// there is a reason not to; gives whether it was not the deadline. It searches again
    /// afterwards.
    pub(super) fn sleep(
        &self,
        deadline: Option<Instant>,
        stays_awake: impl FnOnce() -> bool,
    ) -> bool {
        let mut woken = self.woken.lock();
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        self.searching.fetch_sub(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let searches_again = || {
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
            self.searching.fetch_add(1, Ordering::SeqCst);
        };
        if stays_awake() {
            searches_again();
            return true;
        }
        if self.everybody_sleeps() {
            self.wake_idle.notify_all();
        }
        while *woken == 0 {
            match deadline {
                None => self.wake_worker.wait(&mut woken),
                Some(at) if self.wake_worker.wait_until(&mut woken, at).timed_out() => break,
                Some(_) => {}
            }
        }
        // Who woke a sleeper has counted for it.
        let is_woken = *woken > 0;
        match is_woken {
            true => *woken -= 1,
            false => searches_again(),
        }
        is_woken
    }

    /// Takes a worker's place from it, if it still is to lose it while nobody goes to sleep; gives
    /// whether that is so.
    pub(super) fn take_place(&self, lost: &AtomicBool, still: impl FnOnce() -> bool) -> bool {
        let _awake = self.woken.lock();
        let is_lost = still();
        if is_lost {
            self.away.fetch_add(1, Ordering::SeqCst);
            lost.store(true, Ordering::SeqCst);
        }
        is_lost
    }

    /// A thread knows that it has lost its place.
    pub(super) fn leave_place(&self, lost: &AtomicBool) {
        let _awake = self.woken.lock();
        lost.store(false, Ordering::SeqCst);
        self.away.fetch_sub(1, Ordering::SeqCst);
    }

    /// Somebody is going to wait until nothing can happen any more; as often as it says so, it
    /// says later that it does not.
    pub(super) fn expect(&self) {
        self.idle_waiters.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    pub(super) fn expect_no_more(&self) {
        self.idle_waiters.fetch_sub(1, Ordering::SeqCst);
    }

    /// Does anybody wait?
    pub(super) fn is_expected(&self) -> bool {
        self.idle_waiters.load(Ordering::SeqCst) > 0
    }

    /// Something has happened that those may want to know who wait until nothing can.
    pub(super) fn look_whether_idle(&self) {
        fence(Ordering::SeqCst);
        if self.is_expected() {
            drop(self.woken.lock());
            self.wake_idle.notify_all();
        }
    }

    /// Waits until `done` says so, or everybody sleeps and `is_idle`, or the time is over; gives
    /// the last answer of `done`. Only for who is expected.
    pub(super) fn wait_until_idle_or(
        &self,
        mut done: impl FnMut() -> bool,
        is_idle: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> bool {
        let mut guard = self.woken.lock();
        loop {
            // What was given before the workers slept is seen, so idleness is looked at first.
            let is_idle = self.everybody_sleeps() && is_idle();
            let answer = done();
            let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if answer || is_idle || is_late {
                return answer;
            }
            match deadline {
                Some(deadline) => {
                    self.wake_idle.wait_until(&mut guard, deadline);
                }
                None => self.wake_idle.wait(&mut guard),
            }
        }
    }
}
