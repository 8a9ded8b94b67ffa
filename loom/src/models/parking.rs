//! Workers that fall asleep while work comes. A worker that nobody wakes, or somebody who waits for
//! the end in vain, is a deadlock, which loom tells of.

use std::sync::Arc;

use loom::thread::{self, JoinHandle};

use super::try_with;
use crate::parking::Parking;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Workers and their one queue, of which only the length matters. Adding to it orders nothing.
struct Scheduler {
    parking: Parking,
    queue: AtomicUsize,
    done: AtomicUsize,
    /// Every worker that takes something more goes home.
    is_over: AtomicBool,
}

impl Scheduler {
    fn new(places: usize) -> Arc<Scheduler> {
        Arc::new(Scheduler {
            parking: Parking::new(places),
            queue: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        })
    }

    fn add(&self, jobs: usize) {
        self.queue.fetch_add(jobs, Ordering::Relaxed);
        self.parking.wake_one();
    }

    fn take(&self) -> Option<()> {
        let less = |jobs: usize| jobs.checked_sub(1);
        let taken = self
            .queue
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.ok().map(|_| ())
    }

    fn has_work(&self) -> bool {
        self.queue.load(Ordering::Relaxed) > 0
    }

    /// As the scheduler's `search`.
    fn search(&self, stays_awake: impl FnOnce() -> bool) -> Option<()> {
        self.parking.begin_search();
        let mut found = self.take();
        if found.is_none() {
            self.parking
                .sleep(None, || self.has_work() || stays_awake());
            found = self.take();
        }
        if self.parking.end_search() && found.is_some() && self.has_work() {
            self.parking.wake_one();
        }
        found
    }

    /// The loop of a worker.
    fn work(&self, job: impl Fn(&Scheduler)) {
        loop {
            if self.take().or_else(|| self.search(|| false)).is_none() {
                continue;
            }
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            job(self);
        }
    }

    fn start(self: &Arc<Scheduler>, job: fn(&Scheduler)) -> JoinHandle<()> {
        let scheduler = self.clone();
        thread::spawn(move || scheduler.work(job))
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.add(1);
    }
}

fn count(scheduler: &Scheduler) {
    scheduler.done.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_worker_that_falls_asleep_as_work_comes_is_woken() {
    try_with(3, || {
        let scheduler = Scheduler::new(1);
        let worker = scheduler.start(|it| {
            count(it);
            if it.done.load(Ordering::SeqCst) == 2 {
                it.end();
            }
        });
        let adds = scheduler.clone();
        let adder = thread::spawn(move || adds.add(1));
        scheduler.add(1);
        adder.join().expect("it does not panic");
        worker.join().expect("it does not panic");
    });
}

#[test]
fn a_worker_that_has_found_work_wakes_another_for_the_rest() {
    try_with(2, || {
        let scheduler = Scheduler::new(2);
        // Each of the two jobs waits for the other, so one worker alone cannot do both.
        let together: fn(&Scheduler) = |it| {
            count(it);
            while it.done.load(Ordering::SeqCst) < 2 {
                thread::yield_now();
            }
            it.is_over.store(true, Ordering::SeqCst);
            it.add(1);
        };
        let workers = [scheduler.start(together), scheduler.start(together)];
        scheduler.add(2);
        for worker in workers {
            worker.join().expect("it does not panic");
        }
    });
}

#[test]
fn who_waits_for_a_result_learns_of_it_and_who_waits_for_nothing_of_the_end() {
    try_with(3, || {
        let scheduler = Scheduler::new(1);
        let worker = scheduler.start(|it| {
            count(it);
            it.parking.look_whether_idle();
        });
        scheduler.parking.expect();
        scheduler.add(1);
        let is_done = || scheduler.done.load(Ordering::SeqCst) == 1;
        let is_idle = || !scheduler.has_work();
        let answer = scheduler.parking.wait_until_idle_or(is_done, is_idle, None);
        assert!(answer, "it is not idle before the job is done");
        let answer = scheduler
            .parking
            .wait_until_idle_or(|| false, is_idle, None);
        assert!(!answer, "and then it is");
        scheduler.parking.expect_no_more();
        scheduler.end();
        worker.join().expect("it does not panic");
    });
}

#[test]
fn no_worker_loses_its_place_while_it_sleeps() {
    try_with(3, || {
        let scheduler = Scheduler::new(1);
        let (has_turn, lost) = (
            Arc::new(AtomicBool::new(true)),
            Arc::new(AtomicBool::new(false)),
        );
        let clock = {
            let (scheduler, has_turn, lost) = (scheduler.clone(), has_turn.clone(), lost.clone());
            thread::spawn(move || {
                let still = || has_turn.load(Ordering::SeqCst);
                scheduler.parking.take_place(&lost, still)
            })
        };
        let waker = {
            let scheduler = scheduler.clone();
            thread::spawn(move || scheduler.add(1))
        };
        has_turn.store(false, Ordering::Relaxed);
        let mut is_lost = false;
        while scheduler
            .take()
            .or_else(|| scheduler.search(|| lost.load(Ordering::Relaxed)))
            .is_none()
        {
            if lost.load(Ordering::Relaxed) {
                assert!(scheduler.parking.is_anybody_away());
                scheduler.parking.leave_place(&lost);
                is_lost = true;
            }
        }
        waker.join().expect("it does not panic");
        if clock.join().expect("it does not panic") && !is_lost {
            scheduler.parking.leave_place(&lost);
        }
        assert!(!scheduler.parking.is_anybody_away());
    });
}
