//! Every call of a session to its device fails, once or from then on.

use dlog_log::device::faulty::{Failure, Fate, FaultyDevice, Plan};

use crate::contents::{check_commit, contents};
use crate::script::{Attempt, Outcome, Runner, open, script};

const SCRIPT_LENGTH: usize = 14;

/// After the failures: what was acknowledged is there, what was said to be nothing is not, what is
/// unknown is whole or absent; and the same after a power cut that follows at once.
fn check(runner: &Runner, what: &str) {
    runner.device.heal();
    let device = runner.device.kill();
    let store = open(&device).unwrap_or_else(|error| panic!("{what}: {error}"));
    compare(&runner.session.attempts, &store, what);
    drop(store);
    let device = device.kill();
    let store = open(&device).unwrap_or_else(|error| panic!("{what}, again: {error}"));
    compare(&runner.session.attempts, &store, what);
    let disk = device.disk();
    for fate in [Fate::Lost, Fate::Kept] {
        let image = disk.power_cut(&vec![fate; disk.unsynced().len()]);
        let image = FaultyDevice::over(dlog_log::device::faulty::Disk::with_files(image.files()));
        let store = open(&image).unwrap_or_else(|error| panic!("{what}, {fate:?}: {error}"));
        compare(
            &runner.session.attempts,
            &store,
            &format!("{what}, power cut, {fate:?}"),
        );
    }
}

fn compare(attempts: &[Attempt], store: &dlog_log::Store, what: &str) {
    assert!(
        store.recovery().damage.is_empty(),
        "{what}: {}",
        store.recovery()
    );
    let (found, logs) = (contents(store), store.logs());
    let present: std::collections::BTreeSet<i64> =
        found.values().flatten().map(|place| place.3).collect();
    for attempt in attempts {
        match attempt.outcome {
            Outcome::Acknowledged(commit, _) => {
                if attempt.places.iter().any(|place| logs.contains(&place.0)) {
                    check_commit(attempt, found.get(&commit))
                        .unwrap_or_else(|text| panic!("{what}: {text}"));
                }
            }
            Outcome::Nothing => {
                let ghost = attempt
                    .numbers
                    .iter()
                    .find(|n| **n >= 0 && present.contains(n));
                assert!(ghost.is_none(), "{what}: {attempt:?} is there after all");
            }
            Outcome::Unknown => {
                let own = attempt.numbers.iter().filter(|n| **n >= 0);
                let (here, gone): (Vec<i64>, Vec<i64>) = own.partition(|n| present.contains(n));
                assert!(
                    here.is_empty() || gone.is_empty(),
                    "{what}: half of {attempt:?}"
                );
            }
        }
    }
}

fn run(seed: u64, prepare: impl FnOnce(&FaultyDevice)) -> Runner {
    let device = FaultyDevice::new();
    prepare(&device);
    let mut runner = Runner::new(device);
    runner.run(&script(seed, SCRIPT_LENGTH));
    runner
}

#[test]
fn an_error_at_every_call_loses_nothing_and_adds_nothing() {
    for seed in 1..=3 {
        let count = run(seed, |_| {}).device.operations();
        for failure in [
            Failure::Io,
            Failure::Full,
            Failure::Half,
            Failure::Short,
            Failure::Interrupted,
        ] {
            for is_lasting in [false, true] {
                // Short and interrupted calls that last would never end.
                if is_lasting && matches!(failure, Failure::Interrupted) {
                    continue;
                }
                for after in 0..count {
                    let plan = Plan {
                        after,
                        failure,
                        is_lasting,
                    };
                    let runner = run(seed, |device| device.fail(plan));
                    check(&runner, &format!("seed {seed}, {plan:?}"));
                }
            }
        }
    }
}

#[test]
fn a_failed_sync_that_lies_afterwards_loses_nothing_acknowledged() {
    for seed in 1..=12 {
        for after in 0..60 {
            let runner = run(seed, |device| device.fail_sync(after));
            check(&runner, &format!("seed {seed}, sync {after}"));
        }
    }
}
